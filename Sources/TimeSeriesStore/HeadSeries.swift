// The state of one series in the head, and how a sample is added to it.
// HeadStripe keeps these side by side and calls them under its lock.

import MetricModel

/// 64 bytes a series, beside its open samples and its sealed chunks.
///
/// Open values are all equal (no buffer) or in a buffer. Open times are regular (no buffer), regular but for a few
/// seconds (a buffer of 16-bit offsets: a machine under load scrapes late), or any (a buffer of times).
struct HeadSeries {
    /// Time of the newest sample; of a series without samples the store's newest time when it was registered.
    var newest: Int64 = .min
    var openStart: Int64 = 0
    var lastValue: Double = 0
    var values: UnsafeMutablePointer<Double>?
    /// Int16 offsets from `openStart + openStep * index`, or Int64 times when `timesAreWide`.
    var times: UnsafeMutableRawPointer?
    var chunks: [SealedChunk] = []
    var openStep: UInt32 = 0
    /// Told apart from earlier series at the same place; 0: never used.
    var generation: UInt32 = 0
    var openCount: UInt8 = 0
    /// Of the buffers that there are.
    var openCapacity: UInt8 = 0
    /// Buffers are sealed at this many samples: at `openCountMax`, but a series begins with fewer.
    var openLimit = UInt8(openCountMax)
    var timesAreWide = false
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
            if times != nil || !isRegular(time) { placeIrregular(time, encoder, &bytes) }
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
        } else if openCapacity > 0 {
            if openCount == openCapacity { grow(&bytes) }
            values?[Int(openCount)] = value
            if times != nil { write(time) }
        }
        openCount += 1
        lastValue = value
        newest = time
        hasSamples = true
        lastIsHistogram = false
        if openCapacity > 0 ? openCount >= openLimit : Int(openCount) == Self.constantCountMax {
            seal(encoder, &bytes)
        }
    }

    /// Learns the step from the second sample; false when a later one misses it.
    @inline(__always)
    private mutating func isRegular(_ time: Int64) -> Bool {
        let step = UInt64(bitPattern: time &- newest)
        guard openCount == 1 else { return step == UInt64(openStep) }
        guard let short = UInt32(exactly: step) else { return false }
        openStep = short
        return true
    }

    /// Makes room for a time that is not on the grid: as an offset if it is near, else closes the chunk where a run worth
    /// keeping ends, else keeps the times as they are.
    private mutating func placeIrregular(_ time: Int64, _ encoder: ChunkEncoder, _ bytes: inout Int) {
        if timesAreWide { return }
        if times == nil, Int(openCount) >= Self.openCountMax { return seal(encoder, &bytes) }
        if offset(of: time) != nil {
            if times == nil { addTimes(wide: false, &bytes) }
        } else if openCount >= 8 {
            seal(encoder, &bytes)
        } else {
            addTimes(wide: true, &bytes)
        }
    }

    /// Distance of the next sample's time from the grid, nil when it does not fit.
    private func offset(of time: Int64) -> Int16? {
        guard openStep > 0 else { return nil }
        return Int16(exactly: time &- (openStart &+ Int64(openStep) &* Int64(openCount)))
    }

    private mutating func write(_ time: Int64) {
        let index = Int(openCount)
        if timesAreWide {
            times?.storeBytes(of: time, toByteOffset: index * 8, as: Int64.self)
        } else {
            // `placeIrregular` has made the times wide, or the chunk new, if this does not fit.
            times?.storeBytes(of: offset(of: time) ?? 0, toByteOffset: index * 2, as: Int16.self)
        }
    }

    private func openTime(_ index: Int) -> Int64 {
        let regular = openStart &+ Int64(openStep) &* Int64(index)
        guard let times else { return regular }
        if timesAreWide { return times.load(fromByteOffset: index * 8, as: Int64.self) }
        return regular &+ Int64(times.load(fromByteOffset: index * 2, as: Int16.self))
    }

    private var timeBytes: Int { times == nil ? 0 : Int(openCapacity) * (timesAreWide ? 8 : 2) + 8 }

    /// From regular times or offsets to a buffer of offsets or of times.
    private mutating func addTimes(wide: Bool, _ bytes: inout Int) {
        if openCapacity == 0 { openCapacity = UInt8(Self.capacity(holding: Int(openCount) + 1)) }
        bytes -= timeBytes
        let buffer = Self.buffer(Int(openCapacity), wide)
        for index in 0..<Int(openCount) {
            if wide {
                buffer.storeBytes(of: openTime(index), toByteOffset: index * 8, as: Int64.self)
            } else {
                buffer.storeBytes(of: 0, toByteOffset: index * 2, as: Int16.self)
            }
        }
        times?.deallocate()
        times = buffer
        timesAreWide = wide
        bytes += timeBytes
    }

    private static func buffer(_ capacity: Int, _ isWide: Bool) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer.allocate(byteCount: capacity * (isWide ? 8 : 2), alignment: 8)
    }

    /// From the constant shape to a buffer of values.
    private mutating func materialise(_ bytes: inout Int) {
        if openCapacity == 0 { openCapacity = UInt8(Self.capacity(holding: Int(openCount) + 1)) }
        let buffer = UnsafeMutablePointer<Double>.allocate(capacity: Int(openCapacity))
        buffer.update(repeating: lastValue, count: Int(openCount))
        values = buffer
        bytes += Int(openCapacity) * 8 + 8
    }

    private static func capacity(holding count: Int) -> Int {
        count <= 3 ? 3 : min(count | 7, openCountMax)
    }

    private mutating func grow(_ bytes: inout Int) {
        bytes -= openBytes
        let capacity = Self.capacity(holding: Int(openCount) + 1)
        if let old = values {
            let buffer = UnsafeMutablePointer<Double>.allocate(capacity: capacity)
            buffer.update(from: old, count: Int(openCount))
            old.deallocate()
            values = buffer
        }
        if let old = times {
            let buffer = Self.buffer(capacity, timesAreWide)
            buffer.copyMemory(from: old, byteCount: Int(openCount) * (timesAreWide ? 8 : 2))
            old.deallocate()
            times = buffer
        }
        openCapacity = UInt8(capacity)
        bytes += openBytes
    }

    func copyOpen(times timeColumn: UnsafeMutablePointer<Int64>, values valueColumn: UnsafeMutablePointer<Double>) {
        let count = Int(openCount)
        for index in 0..<count { timeColumn[index] = openTime(index) }
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
        openLimit = limitThatFills()
    }

    /// The last chunk takes what it still has room for, so that the chunks of a series that began with few become full.
    private func limitThatFills() -> UInt8 {
        guard case .floats(let last) = chunks.last else { return UInt8(Self.openCountMax) }
        let room = FloatChunk.countMax - last.count
        return room >= 8 && room < Self.openCountMax ? UInt8(room) : UInt8(Self.openCountMax)
    }

    /// Series registered together would all hold full buffers at the same scrape: told their slot, they seal in turns.
    /// Those of 64 slots stay together, to share the times of their chunks; 11 spreads what neighbours hold.
    mutating func beginInTurn(_ slot: UInt32) {
        openLimit = 8 + UInt8((slot >> 6) &* 11 % UInt32(Self.openCountMax - 7))
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

    private var openBytes: Int { (values == nil ? 0 : Int(openCapacity) * 8 + 8) + timeBytes }

    private mutating func releaseOpen() {
        values?.deallocate()
        times?.deallocate()
        values = nil
        times = nil
        timesAreWide = false
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
