// Turns the open samples of a series into the smallest chunk that gives back every bit.
// One encoder (and its scratch space) belongs to each head stripe and is used under that stripe's lock.

import MetricModel

/// Scratch columns and the choice of form. `count` samples lie in `times` and `values`.
final class ChunkEncoder {
    static let capacity = 256
    let times = UnsafeMutablePointer<Int64>.allocate(capacity: capacity)
    let values = UnsafeMutablePointer<Double>.allocate(capacity: capacity)
    private let scaled = UnsafeMutablePointer<Int64>.allocate(capacity: capacity)
    // The worst form is XOR: 8 + 10 bytes a sample; times take at most 9 more.
    private let scratch = UnsafeMutablePointer<UInt8>.allocate(capacity: 64 + 20 * capacity)
    private let scratchXOR = UnsafeMutablePointer<UInt8>.allocate(capacity: 64 + 20 * capacity)
    /// False: every chunk has its times in its own bytes.
    private let sharesTimes: Bool
    private var recentTimes = RecentTimes()

    init(sharesTimes: Bool = true) { self.sharesTimes = sharesTimes }

    deinit {
        times.deallocate()
        values.deallocate()
        scaled.deallocate()
        scratch.deallocate()
        scratchXOR.deallocate()
    }

    /// A chunk of the first `count` samples of the scratch columns; `count` 1...capacity, times ascending.
    func encode(count: Int) -> FloatChunk {
        precondition(count > 0 && count <= Self.capacity, "ChunkEncoder: count outside its capacity")
        var timeForm = writeTimes(count: count)
        var shared: SharedTimes?
        if sharesTimes, timeForm.form == .packed {
            let packed = UnsafeBufferPointer(
                start: scratch + FloatChunk.headerBytes, count: timeForm.end - FloatChunk.headerBytes)
            shared = recentTimes.shared(start: times[0], count: count, packed)
            if shared != nil { timeForm = (.shared, FloatChunk.headerBytes) }
        }
        let valueForm = writeValues(count: count, at: timeForm.end)
        return finish(
            count: count, start: times[0], timeForm.form, valueForm.form, byteCount: valueForm.end, shared: shared)
    }

    /// A chunk of equal values at regular times; 1...`FloatChunk.constantCountMax` samples.
    func encodeConstant(_ value: Double, start: Int64, step: UInt64, count: Int) -> FloatChunk {
        let form = writeStep(step)
        store(value.bitPattern, at: form.end)
        return finish(count: count, start: start, form.form, .constant, byteCount: form.end + 8)
    }

    private func finish(
        count: Int, start: Int64, _ timeForm: FloatChunk.TimeForm, _ valueForm: FloatChunk.ValueForm, byteCount: Int,
        shared: SharedTimes? = nil
    ) -> FloatChunk {
        scratch[0] = valueForm.rawValue | timeForm.rawValue << 4
        store(UInt16(count), at: 1)
        store(start, at: 3)
        return FloatChunk(bytes: Array(UnsafeBufferPointer(start: scratch, count: byteCount)), sharedTimes: shared)
    }

    private func store<Number: FixedWidthInteger>(_ number: Number, at offset: Int) {
        UnsafeMutableRawPointer(scratch + offset).storeBytes(of: number.littleEndian, as: Number.self)
    }

    // MARK: Times

    private func writeStep(_ step: UInt64) -> (form: FloatChunk.TimeForm, end: Int) {
        if let short = UInt32(exactly: step) {
            store(short, at: FloatChunk.headerBytes)
            return (.regular32, FloatChunk.headerBytes + 4)
        }
        store(step, at: FloatChunk.headerBytes)
        return (.regular64, FloatChunk.headerBytes + 8)
    }

    /// Differences wrap around: as unsigned numbers they are exact for any ascending times.
    private func writeTimes(count: Int) -> (form: FloatChunk.TimeForm, end: Int) {
        guard count > 1 else { return writeStep(0) }
        let firstDelta = times[1] &- times[0]
        var previous = firstDelta
        var all: UInt64 = 0
        for index in 2..<max(count, 2) {
            let delta = times[index] &- times[index - 1]
            all |= (delta &- previous).zigzag
            previous = delta
        }
        if all == 0 { return writeStep(UInt64(bitPattern: firstDelta)) }
        let width = all.bitsNeeded
        store(times[count - 1], at: 11)
        store(firstDelta, at: 19)
        scratch[27] = UInt8(width)
        var writer = BitWriter(scratch, at: 28)
        previous = firstDelta
        for index in 2..<count {
            let delta = times[index] &- times[index - 1]
            writer.write((delta &- previous).zigzag, width: width)
            previous = delta
        }
        writer.finish()
        return (.packed, writer.byteCount)
    }

    // MARK: Values

    private func writeValues(count: Int, at offset: Int) -> (form: FloatChunk.ValueForm, end: Int) {
        let first = values[0].bitPattern
        var isConstant = true
        for index in 1..<max(count, 1) where values[index].bitPattern != first {
            isConstant = false
            break
        }
        if isConstant {
            store(first, at: offset)
            return (.constant, offset + 8)
        }
        let rawBytes = 8 * count
        var best = rawBytes
        var form = FloatChunk.ValueForm.raw
        var frame = Frame()
        if let exponent = scaleAll(count: count) {
            frame = Frame(scaled, count: count, exponent: exponent)
            if frame.byteCount < best {
                best = frame.byteCount
                form = frame.asDeltas ? .scaledDeltas : .scaledFrame
            }
        }
        // Where frames take less than a byte and a half a sample, XOR has never been seen to win.
        if best * 2 > count * 3 + 36 {
            let end = writeXOR(count: count)
            if end < best {
                (scratch + offset).update(from: scratchXOR, count: end)
                return (.xor, offset + end)
            }
        }
        switch form {
        case .scaledDeltas, .scaledFrame: return (form, write(frame, count: count, at: offset))
        case .constant, .xor, .raw:
            for index in 0..<count { store(values[index].bitPattern, at: offset + 8 * index) }
            return (.raw, offset + rawBytes)
        }
    }

    /// The least exponent at which every value is a whole number that divides back to the same bits, nil for none.
    /// Fills `scaled`.
    private func scaleAll(count: Int) -> Int? {
        let powers = DecimalScale.powers
        var exponent = 0
        var index = 0
        var verified = 0  // samples in a row that hold at the present exponent
        while verified < count {
            guard let whole = Self.scale(values[index], by: powers[exponent], exponent) else {
                exponent += 1
                verified = 0
                if exponent > DecimalScale.exponentMax { return nil }
                continue
            }
            scaled[index] = whole
            verified += 1
            index = index + 1 == count ? 0 : index + 1
        }
        return exponent
    }

    @inline(__always)
    private static func scale(_ value: Double, by power: Double, _ exponent: Int) -> Int64? {
        let product = (value * power).rounded()
        guard abs(product) < 0x1p53 else { return nil }  // also false for NaN
        let whole = Int64(product)
        let back = exponent == 0 ? Double(whole) : Double(whole) / power
        return back.bitPattern == value.bitPattern ? whole : nil
    }

    /// A bit-packed frame: either the numbers less their least, or their differences less the least difference.
    private struct Frame {
        var exponent = 0
        var asDeltas = false
        var least: Int64 = 0
        var width = 0
        var byteCount = Int.max

        init() {}

        /// Numbers are below 2^53, so that no difference overflows.
        init(_ numbers: UnsafeMutablePointer<Int64>, count: Int, exponent: Int) {
            self.exponent = exponent
            var leastNumber = numbers[1]
            var greatestNumber = leastNumber
            var leastDelta = numbers[1] - numbers[0]
            var greatestDelta = leastDelta
            for index in 2..<max(count, 2) {
                let number = numbers[index]
                let delta = number &- numbers[index - 1]
                leastNumber = min(leastNumber, number)
                greatestNumber = max(greatestNumber, number)
                leastDelta = min(leastDelta, delta)
                greatestDelta = max(greatestDelta, delta)
            }
            let numberBits = UInt64(greatestNumber - leastNumber).bitsNeeded
            let deltaBits = UInt64(greatestDelta - leastDelta).bitsNeeded
            asDeltas = deltaBits < numberBits
            least = asDeltas ? leastDelta : leastNumber
            width = min(deltaBits, numberBits)
            byteCount = 18 + (width * (count - 1) + 7) / 8
        }
    }

    private func write(_ frame: Frame, count: Int, at offset: Int) -> Int {
        scratch[offset] = UInt8(frame.exponent)
        store(scaled[0], at: offset + 1)
        store(frame.least, at: offset + 9)
        scratch[offset + 17] = UInt8(frame.width)
        var writer = BitWriter(scratch, at: offset + 18)
        for index in 1..<count {
            let number = frame.asDeltas ? scaled[index] &- scaled[index - 1] : scaled[index]
            writer.write(UInt64(bitPattern: number &- frame.least), width: frame.width)
        }
        writer.finish()
        return writer.byteCount
    }

    /// Source: "Gorilla: a fast, scalable, in-memory time series database", section 4.1.2. Returns the bytes used.
    private func writeXOR(count: Int) -> Int {
        var previous = values[0].bitPattern
        UnsafeMutableRawPointer(scratchXOR).storeBytes(of: previous.littleEndian, as: UInt64.self)
        var writer = BitWriter(scratchXOR, at: 8)
        var leading = -1
        var trailing = 0
        for index in 1..<count {
            let bits = values[index].bitPattern
            let difference = bits ^ previous
            previous = bits
            if difference == 0 {
                writer.write(0, width: 1)
                continue
            }
            let newLeading = min(31, difference.leadingZeroBitCount)
            let newTrailing = difference.trailingZeroBitCount
            if leading >= 0, newLeading >= leading, newTrailing >= trailing {
                writer.write(0b01, width: 2)
            } else {
                leading = newLeading
                trailing = newTrailing
                writer.write(0b11, width: 2)
                writer.write(UInt64(leading), width: 5)
                writer.write(UInt64(63 - leading - trailing), width: 6)
            }
            writer.write(difference &>> UInt64(trailing), width: 64 - leading - trailing)
        }
        writer.finish()
        return writer.byteCount
    }
}

/// The irregular times of the last few chunks, so that the next chunk of the same target can share them.
private struct RecentTimes {
    private struct Entry {
        var start: Int64
        var count: Int
        var bytes: [UInt8]
        /// Made when the times come a second time: those of a lone series are cheaper in its own bytes.
        var shared: SharedTimes?
    }
    /// Chunks of a few targets may be sealed in turn.
    private static let countMax = 8

    private var entries: [Entry] = []
    private var next = 0

    mutating func shared(start: Int64, count: Int, _ packed: UnsafeBufferPointer<UInt8>) -> SharedTimes? {
        for index in entries.indices
        where entries[index].start == start && entries[index].count == count
            && entries[index].bytes.elementsEqual(packed)
        {
            if let shared = entries[index].shared { return shared }
            let shared = SharedTimes(packed)
            entries[index].shared = shared
            return shared
        }
        let entry = Entry(start: start, count: count, bytes: Array(packed))
        if entries.count < Self.countMax {
            entries.append(entry)
        } else {
            entries[next] = entry
            next = (next + 1) % Self.countMax
        }
        return nil
    }
}
