// An immutable run of float samples of one series, in one allocation, and how it is read.
// Made by ChunkEncoder when a head series seals its open samples; decoded by StoreSelection into columns.

import MetricModel

/// Little-endian bytes: form (values | times << 4), count (2), first time (8), times, values.
///
/// Times: regular32 = step (4); regular64 = step (8); packed = last time (8), first delta (8), width (1), then
/// `count - 2` zigzag differences of deltas; shared = nothing here, the bytes of packed are in `sharedTimes`. Values: see
/// `ValueForm`.
struct FloatChunk: Hashable, Sendable {
    enum TimeForm: UInt8 { case regular32, regular64, packed, shared }

    enum ValueForm: UInt8 {
        /// Eight bytes, the same for all samples.
        case constant
        /// Exponent (1), first (8), least (8), width (1), then each sample less the least.
        case scaledFrame
        /// Exponent (1), first (8), least delta (8), width (1), then each delta less the least.
        case scaledDeltas
        /// Eight bytes, then Gorilla's XOR bits.
        case xor
        /// Eight bytes a sample.
        case raw
    }

    static let headerBytes = 11
    /// More than this many samples are only held by constant chunks of regular times.
    static let countMax = 248
    static let constantCountMax = 1024
    /// What an array's storage costs beside its bytes, with the allocator's own share.
    static let allocationBytes = 40

    let bytes: [UInt8]
    let sharedTimes: SharedTimes?

    init(bytes: [UInt8], sharedTimes: SharedTimes? = nil) {
        self.bytes = bytes
        self.sharedTimes = sharedTimes
    }

    var count: Int { Int(bytes[1]) | Int(bytes[2]) << 8 }
    /// Of shared times an eighth: nobody counts the chunks that share them, and mostly they are hundreds.
    var byteCost: Int { bytes.count + Self.allocationBytes + 8 + (sharedTimes?.bytes.count ?? 0) / 8 }
    var start: Int64 { load(3) }
    var timeForm: TimeForm { TimeForm(rawValue: bytes[0] >> 4) ?? .packed }
    var valueForm: ValueForm { ValueForm(rawValue: bytes[0] & 15) ?? .raw }

    /// Distance between samples when all are alike; 0 for a single sample, nil when they differ.
    var step: UInt64? {
        switch timeForm {
        case .regular32: UInt64(load(11, as: UInt32.self))
        case .regular64: load(11)
        case .packed, .shared: nil
        }
    }

    var end: Int64 {
        guard let step else { return sharedTimes?.end ?? load(11) }
        return Int64(bitPattern: UInt64(bitPattern: start) &+ step &* UInt64(count - 1))
    }

    var constantValue: Double? {
        guard valueForm == .constant else { return nil }
        return Double(bitPattern: load(valuesOffset))
    }

    private var valuesOffset: Int {
        switch timeForm {
        case .regular32: Self.headerBytes + 4
        case .regular64: Self.headerBytes + 8
        case .packed: Self.headerBytes + 17 + (max(0, count - 2) * Int(bytes[27]) + 7) / 8
        case .shared: Self.headerBytes
        }
    }

    /// The chunk in bytes that stand alone: with its times.
    var standaloneBytes: [UInt8] {
        guard let sharedTimes else { return bytes }
        var alone = bytes
        alone[0] = valueForm.rawValue | TimeForm.packed.rawValue << 4
        alone.insert(contentsOf: sharedTimes.bytes, at: Self.headerBytes)
        return alone
    }

    private func load<Number: FixedWidthInteger>(_ offset: Int, as type: Number.Type = Number.self) -> Number {
        bytes.withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self)) }
    }

    /// Writes `count` times into `times`.
    func decodeTimes(into times: UnsafeMutablePointer<Int64>) {
        let count = count
        var time = UInt64(bitPattern: start)
        if let step {
            for index in 0..<count {
                times[index] = Int64(bitPattern: time)
                time &+= step
            }
            return
        }
        if let sharedTimes {
            sharedTimes.bytes.withUnsafeBytes { Self.decodePacked($0, 0, start: time, count, into: times) }
        } else {
            bytes.withUnsafeBytes { Self.decodePacked($0, Self.headerBytes, start: time, count, into: times) }
        }
    }

    private static func decodePacked(
        _ bytes: UnsafeRawBufferPointer, _ offset: Int, start: UInt64, _ count: Int,
        into times: UnsafeMutablePointer<Int64>
    ) {
        var time = start
        var delta = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
        let width = Int(bytes[offset + 16])
        times[0] = Int64(bitPattern: time)
        var reader = BitReader(bytes, at: offset + 17)
        for index in 1..<max(count, 1) {
            if index > 1 { delta &+= UInt64(bitPattern: Int64(zigzag: reader.read(width: width))) }
            time &+= delta
            times[index] = Int64(bitPattern: time)
        }
    }

    /// Writes `count` values into `values`.
    func decodeValues(into values: UnsafeMutablePointer<Double>) {
        let count = count
        let offset = valuesOffset
        let form = valueForm
        bytes.withUnsafeBytes { bytes in
            switch form {
            case .constant:
                let value = Double(
                    bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
                values.update(repeating: value, count: count)
            case .scaledFrame: Self.decodeScaled(bytes, offset, count, asDeltas: false, into: values)
            case .scaledDeltas: Self.decodeScaled(bytes, offset, count, asDeltas: true, into: values)
            case .xor: Self.decodeXOR(bytes, offset, count, into: values)
            case .raw:
                for index in 0..<count {
                    values[index] = Double(
                        bitPattern: UInt64(
                            littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 8 * index, as: UInt64.self)))
                }
            }
        }
    }

    private static func decodeScaled(
        _ bytes: UnsafeRawBufferPointer, _ offset: Int, _ count: Int, asDeltas: Bool,
        into values: UnsafeMutablePointer<Double>
    ) {
        let exponent = Int(bytes[offset])
        let scale = DecimalScale.powers[exponent]
        var current = Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 1, as: Int64.self))
        let least = Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 9, as: Int64.self))
        let width = Int(bytes[offset + 17])
        var reader = BitReader(bytes, at: offset + 18)
        values[0] = exponent == 0 ? Double(current) : Double(current) / scale
        if exponent == 0 {
            for index in 1..<max(count, 1) {
                let packed = Int64(bitPattern: reader.read(width: width)) &+ least
                current = asDeltas ? current &+ packed : packed
                values[index] = Double(current)
            }
        } else {
            for index in 1..<max(count, 1) {
                let packed = Int64(bitPattern: reader.read(width: width)) &+ least
                current = asDeltas ? current &+ packed : packed
                values[index] = Double(current) / scale
            }
        }
    }

    private static func decodeXOR(
        _ bytes: UnsafeRawBufferPointer, _ offset: Int, _ count: Int, into values: UnsafeMutablePointer<Double>
    ) {
        var bits = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        var reader = BitReader(bytes, at: offset + 8)
        var trailing = 0
        var significant = 0
        values[0] = Double(bitPattern: bits)
        for index in 1..<max(count, 1) {
            if reader.read(width: 1) == 1 {
                if reader.read(width: 1) == 1 {
                    let leading = Int(reader.read(width: 5))
                    significant = Int(reader.read(width: 6)) + 1
                    trailing = 64 - leading - significant
                }
                bits ^= reader.read(width: significant) &<< UInt64(max(0, trailing))
            }
            values[index] = Double(bitPattern: bits)
        }
    }
}

/// Times of the samples of many chunks: the series of a target are scraped at the same moments.
final class SharedTimes: Hashable, Sendable {
    /// As in a packed chunk, from the last time on.
    let bytes: [UInt8]
    let end: Int64

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = Array(bytes)
        end = Int64(littleEndian: UnsafeRawBufferPointer(bytes).loadUnaligned(as: Int64.self))
    }

    static func == (left: SharedTimes, right: SharedTimes) -> Bool { left.bytes == right.bytes }
    func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}

/// Decimal fractions as whole numbers: `number / 10^exponent` gives back the very bits, or the value is not scaled.
enum DecimalScale {
    static let exponentMax = 12
    static let powers: [Double] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12]
}
