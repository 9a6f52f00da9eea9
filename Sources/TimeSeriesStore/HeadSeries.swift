// The state of one series in the head, and how a sample is added to it.
// HeadStripe keeps these side by side and calls them under its lock.

import MetricModel

/// 64 bytes a series, beside its open samples and its sealed chunks.
///
/// Open floats are in one of three shapes, cheapest first: all values equal (no buffer), values at regular times (a value
/// buffer), values at any times (a value and a time buffer).
struct HeadSeries {
    /// Time of the newest sample; of a series without samples the store's newest time when it was registered.
    var newest: Int64 = .min
    var openStart: Int64 = 0
    var lastValue: Double = 0
    var values: UnsafeMutablePointer<Double>?
    var times: UnsafeMutablePointer<Int64>?
    var chunks: [SealedChunk] = []
    var openStep: UInt32 = 0
    /// Told apart from earlier series at the same place; 0: never used.
    var generation: UInt32 = 0
    var openCount: UInt8 = 0
    var openCapacity: UInt8 = 0
    var isLive = false
    var hasSamples = false
    var lastIsHistogram = false

    /// Sizes that fill the allocator's blocks (16 n - 8 bytes) exactly.
    static let openCountMax = 31
    static let constantCountMax = 255

    enum Verdict { case appended, unchanged, duplicate, outOfOrder }

    /// The order and duplicate rules, before the kind of the sample matters. Nil: the sample is newer.
    @inline(__always)
    func verdict(at time: Int64, _ value: Double) -> Verdict? {
        guard hasSamples, time <= newest else { return nil }
        if time < newest { return .outOfOrder }
        return !lastIsHistogram && lastValue.bitPattern == value.bitPattern ? .unchanged : .duplicate
    }

    // MARK: Open floats

    /// `time` must be later than `newest`. Adds to `bytes` what the series' memory grew by.
    @inline(__always)
    mutating func appendFloat(_ time: Int64, _ value: Double, _ encoder: ChunkEncoder, _ bytes: inout Int) {
        if openCount > 0 {
            if times == nil { keepRegular(time, encoder, &bytes) }
            if values == nil, openCount > 0, value.bitPattern != lastValue.bitPattern {
                if Int(openCount) >= Self.openCountMax {
                    seal(encoder, &bytes)
                } else {
                    materialise(&bytes)
                }
            }
        }
        if openCount == 0 {
            openStart = time
            openStep = 0
        } else if let values {
            if openCount == openCapacity { grow(&bytes) }
            (self.values ?? values)[Int(openCount)] = value
            times?[Int(openCount)] = time
        }
        openCount += 1
        lastValue = value
        newest = time
        hasSamples = true
        lastIsHistogram = false
        if values != nil ? Int(openCount) == Self.openCountMax : Int(openCount) == Self.constantCountMax {
            seal(encoder, &bytes)
        }
    }

    /// Learns the step from the second sample; later ones that miss it make the open times irregular, or close the chunk
    /// where a regular run worth keeping ends.
    @inline(__always)
    private mutating func keepRegular(_ time: Int64, _ encoder: ChunkEncoder, _ bytes: inout Int) {
        let step = UInt64(bitPattern: time &- newest)
        if openCount == 1, let short = UInt32(exactly: step) {
            openStep = short
        } else if step != UInt64(openStep) || openCount == 1 {
            if openCount >= 8 {
                seal(encoder, &bytes)
            } else {
                loseRegularity(&bytes)
            }
        }
    }

    private mutating func loseRegularity(_ bytes: inout Int) {
        if values == nil { materialise(&bytes) }
        let buffer = UnsafeMutablePointer<Int64>.allocate(capacity: Int(openCapacity))
        bytes += Int(openCapacity) * 8 + 8
        for index in 0..<Int(openCount) {
            buffer[index] = openStart &+ Int64(openStep) &* Int64(index)
        }
        times = buffer
    }

    /// From the constant shape to a buffer of values.
    private mutating func materialise(_ bytes: inout Int) {
        let capacity = Self.capacity(holding: Int(openCount) + 1)
        let buffer = UnsafeMutablePointer<Double>.allocate(capacity: capacity)
        buffer.update(repeating: lastValue, count: Int(openCount))
        values = buffer
        openCapacity = UInt8(capacity)
        bytes += capacity * 8 + 8
    }

    private static func capacity(holding count: Int) -> Int {
        count <= 3 ? 3 : count <= 7 ? 7 : count <= 15 ? 15 : openCountMax
    }

    private mutating func grow(_ bytes: inout Int) {
        let capacity = Self.capacity(holding: Int(openCount) + 1)
        bytes += (capacity - Int(openCapacity)) * (times == nil ? 8 : 16)
        if let old = values {
            let buffer = UnsafeMutablePointer<Double>.allocate(capacity: capacity)
            buffer.update(from: old, count: Int(openCount))
            old.deallocate()
            values = buffer
        }
        if let old = times {
            let buffer = UnsafeMutablePointer<Int64>.allocate(capacity: capacity)
            buffer.update(from: old, count: Int(openCount))
            old.deallocate()
            times = buffer
        }
        openCapacity = UInt8(capacity)
    }

    func copyOpen(times timeColumn: UnsafeMutablePointer<Int64>, values valueColumn: UnsafeMutablePointer<Double>) {
        let count = Int(openCount)
        if let times {
            timeColumn.update(from: times, count: count)
        } else {
            for index in 0..<count { timeColumn[index] = openStart &+ Int64(openStep) &* Int64(index) }
        }
        if let values {
            valueColumn.update(from: values, count: count)
        } else {
            valueColumn.update(repeating: lastValue, count: count)
        }
    }

    // MARK: Sealing

    /// Makes the open floats a chunk, or part of the last chunk when both fit into one.
    mutating func seal(_ encoder: ChunkEncoder, _ bytes: inout Int) {
        guard openCount > 0 else { return }
        let before = openBytes
        let count = Int(openCount)
        if !extendConstant(encoder, &bytes) {
            var merged = 0
            if case .floats(let last) = chunks.last, canMerge(last) {
                last.decodeTimes(into: encoder.times)
                last.decodeValues(into: encoder.values)
                merged = last.count
                chunks.removeLast()
                bytes -= last.byteCost + 8
            }
            copyOpen(times: encoder.times + merged, values: encoder.values + merged)
            push(.floats(encoder.encode(count: merged + count)), &bytes)
        }
        releaseOpen()
        bytes -= before
    }

    private mutating func extendConstant(_ encoder: ChunkEncoder, _ bytes: inout Int) -> Bool {
        guard values == nil, times == nil else { return false }
        let count = Int(openCount)
        if case .floats(let last) = chunks.last, last.count + count <= FloatChunk.constantCountMax,
            let value = last.constantValue, value.bitPattern == lastValue.bitPattern, continues(last)
        {
            chunks.removeLast()
            bytes -= last.byteCost + 8
            let step = last.count > 1 ? last.step ?? 0 : UInt64(bitPattern: openStart &- last.end)
            let chunk = encoder.encodeConstant(lastValue, start: last.start, step: step, count: last.count + count)
            push(.floats(chunk), &bytes)
            return true
        }
        if case .floats(let last) = chunks.last, count < Self.openCountMax, canMerge(last) { return false }
        push(
            .floats(encoder.encodeConstant(lastValue, start: openStart, step: UInt64(openStep), count: count)), &bytes)
        return true
    }

    /// One regular run: the last chunk's step leads to the open samples and goes on in them.
    private func continues(_ last: FloatChunk) -> Bool {
        guard times == nil, let step = last.step else { return false }
        let gap = UInt64(bitPattern: openStart &- last.end)
        return (last.count == 1 || gap == step) && (openCount == 1 || gap == UInt64(openStep))
    }

    private func canMerge(_ last: FloatChunk) -> Bool {
        guard last.count + Int(openCount) <= FloatChunk.countMax else { return false }
        // A late scrape breaks a regular run. Half a chunk each would cost more in headers than packed times do.
        return continues(last) || last.step == nil || last.count < FloatChunk.countMax / 2
    }

    private mutating func push(_ chunk: SealedChunk, _ bytes: inout Int) {
        // Grow the list by few places: most series hold few chunks.
        if chunks.count == chunks.capacity { chunks.reserveCapacity(chunks.count + 2 + chunks.count / 4) }
        chunks.append(chunk)
        bytes += chunk.byteCost
    }

    private var openBytes: Int {
        (values == nil ? 0 : Int(openCapacity) * 8 + 8) + (times == nil ? 0 : Int(openCapacity) * 8 + 8)
    }

    private mutating func releaseOpen() {
        values?.deallocate()
        times?.deallocate()
        values = nil
        times = nil
        openCount = 0
        openCapacity = 0
        openStep = 0
    }

    mutating func sealHistograms(_ open: OpenHistograms, _ bytes: inout Int) {
        guard !open.times.isEmpty else { return }
        push(.histograms(HistogramChunk(times: open.times, histograms: open.histograms)), &bytes)
    }

    /// Frees everything; returns the bytes that were held beside the state itself.
    mutating func clear() -> Int {
        let held = openBytes + chunks.reduce(0) { $0 + $1.byteCost }
        releaseOpen()
        chunks = []
        newest = .min
        isLive = false
        hasSamples = false
        lastIsHistogram = false
        return held
    }

    /// Drops chunks that end before `cutoff`; returns their bytes.
    mutating func dropChunks(before cutoff: Int64) -> Int {
        let count = chunks.prefix { $0.end < cutoff }.count
        guard count > 0 else { return 0 }
        let freed = chunks.prefix(count).reduce(0) { $0 + $1.byteCost }
        chunks = Array(chunks.dropFirst(count))
        return freed
    }
}

/// Open native histograms of a series; few series have any, so the stripe keeps these beside the states.
struct OpenHistograms {
    var times: [Int64] = []
    var histograms: [NativeHistogram] = []
    /// The bytes of `histograms`, as they were counted when each was added.
    var bytes = 0
}
