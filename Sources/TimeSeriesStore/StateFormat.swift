// The lossless form of a whole store as bytes: what stands where, and how numbers are written.
// StateWriter makes it, StateReader takes it back; FerulaCommand keeps it in a file.

/// A header of 16 bytes (magic, version, checksum), then blocks: kind (1), length (4), checksum of kind, length and
/// payload (4), payload. The last block is `end`, with what must have come before it. Numbers are little-endian.
package enum StateFormat {
    /// How the bytes begin.
    package static let magic = Array("ferulast".utf8)
    static let version: UInt32 = 1
    static let headerBytes = 16
    static let blockHeaderBytes = 9
    /// A block is closed when it has grown past this.
    static let blockBytes = 1 << 20
    /// No block is longer; a length above it is damage.
    static let blockBytesMax = 1 << 30

    enum BlockKind: UInt8 {
        /// Texts, then series with their chunks.
        case series = 1
        case metadata = 2
        case exemplars = 3
        /// Numbers of blocks, series and samples.
        case end = 4
    }

    enum ChunkKind: UInt8 { case floats, histograms }

    static func header() -> [UInt8] {
        var writer = StateBytes()
        writer.bytes = magic
        writer.fixed(version)
        writer.fixed(writer.bytes.withUnsafeBytes { CRC32C.checksum($0) })
        return writer.bytes
    }

    static func block(_ kind: BlockKind, _ payload: [UInt8]) -> [UInt8] {
        var writer = StateBytes()
        writer.bytes.reserveCapacity(blockHeaderBytes + payload.count)
        writer.bytes.append(kind.rawValue)
        writer.fixed(UInt32(payload.count))
        let head = writer.bytes.withUnsafeBytes { CRC32C.checksum($0) }
        writer.fixed(payload.withUnsafeBytes { CRC32C.checksum($0, seed: head) })
        writer.bytes.append(contentsOf: payload)
        return writer.bytes
    }
}

/// Why bytes are no state, and where.
public struct StateFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Bytes from the beginning of the state.
    public var offset: Int
    public var reason: String

    public init(offset: Int, reason: String) {
        self.offset = offset
        self.reason = reason
    }

    public var description: String { "byte \(offset): \(reason)" }
}

/// Bytes that grow at the end.
struct StateBytes {
    var bytes: [UInt8] = []

    mutating func fixed<Number: FixedWidthInteger>(_ number: Number) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
    mutating func double(_ value: Double) { fixed(value.bitPattern) }

    /// Seven bits a byte, least significant first.
    mutating func varint(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
    mutating func count(_ count: Int) { varint(UInt64(count)) }
    mutating func signed(_ number: Int64) { varint(number.zigzag) }

    mutating func text(_ text: String) {
        count(text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }
}

/// Reads a block's payload; every read is checked against its end.
struct StateCursor {
    private let bytes: [UInt8]
    private(set) var index = 0
    /// Where the payload begins in the state.
    private let base: Int

    init(_ bytes: [UInt8], base: Int) {
        self.bytes = bytes
        self.base = base
    }

    var isAtEnd: Bool { index == bytes.count }

    func failure(_ reason: String) -> StateFailure { StateFailure(offset: base + index, reason: reason) }

    mutating func byte() throws(StateFailure) -> UInt8 {
        guard index < bytes.count else { throw failure("the block ends early") }
        index += 1
        return bytes[index - 1]
    }

    mutating func take(_ count: Int) throws(StateFailure) -> ArraySlice<UInt8> {
        guard count <= bytes.count - index else { throw failure("the block ends early") }
        index += count
        return bytes[index - count..<index]
    }

    mutating func fixed() throws(StateFailure) -> UInt64 {
        var word: UInt64 = 0
        for (place, byte) in try take(8).enumerated() { word |= UInt64(byte) << UInt64(8 * place) }
        return word
    }
    mutating func double() throws(StateFailure) -> Double { Double(bitPattern: try fixed()) }

    mutating func varint() throws(StateFailure) -> UInt64 {
        var number: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try byte()
            guard shift < 63 || byte <= 1 else { throw failure("a number of more than 64 bits") }
            number |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return number }
            shift += 7
        }
    }
    mutating func signed() throws(StateFailure) -> Int64 { Int64(zigzag: try varint()) }

    /// A number of things that take at least `bytesEach` bytes each, so that a false one cannot ask for much memory.
    mutating func count(bytesEach: Int = 1) throws(StateFailure) -> Int {
        let number = try varint()
        guard number <= UInt64((bytes.count - index) / bytesEach) else {
            throw failure("\(number) of something where no more than \((bytes.count - index) / bytesEach) fit")
        }
        return Int(number)
    }

    mutating func text() throws(StateFailure) -> String {
        let taken = try take(try count())
        guard let text = String(validating: taken, as: UTF8.self) else { throw failure("a text that is no UTF-8") }
        return text
    }
}
