// Snappy's block format, in which bodies of remote write are compressed. Reading only: nothing here writes any.
// Between the body of a request and WriteBodyReader. Source: google/snappy, format_description.txt.

package struct SnappyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Byte of the compressed text, from 0.
    package var offset: Int
    package var problem: String

    package var description: String { "snappy: byte \(offset): \(problem)" }
}

package enum Snappy {
    /// - Throws: for a text that is malformed, or longer than `bytesMax` when it is decompressed.
    package static func decompress(_ text: [UInt8], bytesMax: Int) throws(SnappyError) -> [UInt8] {
        var reading = SnappyReading(text)
        let count = try reading.number(bytesMax: 5)
        guard count <= UInt64(max(0, bytesMax)) else {
            throw reading.failure("announces \(count) bytes; at most \(bytesMax) are taken", at: 0)
        }
        // Elements of three bytes give 64 at most: more cannot follow, and room for it would be room for nothing.
        guard count <= UInt64(text.count) * 22 else { throw reading.failure("announces \(count) bytes", at: 0) }
        var written = [UInt8](repeating: 0, count: Int(count))
        var cursor = 0
        while let element = try reading.element() {
            guard element.count <= written.count - cursor else {
                throw reading.failure("goes on after the \(count) bytes that it announces", at: element.place)
            }
            switch element.source {
            case .literal(let start):
                for index in 0..<element.count { written[cursor + index] = text[start + index] }
            case .copy(let distance):
                guard distance > 0, distance <= cursor else {
                    throw reading.failure("copies from \(distance) bytes back, after \(cursor)", at: element.place)
                }
                // A copy may reach into what it writes: it repeats.
                for index in 0..<element.count { written[cursor + index] = written[cursor - distance + index] }
            }
            cursor += element.count
        }
        guard cursor == written.count else {
            throw reading.failure("ends after \(cursor) of \(count) bytes", at: text.count)
        }
        return written
    }
}

private struct SnappyReading {
    struct Element {
        enum Source {
            /// Bytes of the compressed text.
            case literal(start: Int)
            /// Bytes that were written so long ago.
            case copy(distance: Int)
        }
        var place: Int
        var count: Int
        var source: Source
    }

    private let text: [UInt8]
    private var cursor = 0

    init(_ text: [UInt8]) { self.text = text }

    func failure(_ problem: String, at place: Int) -> SnappyError { SnappyError(offset: place, problem: problem) }

    /// Seven bits a byte, the lowest first.
    mutating func number(bytesMax: Int) throws(SnappyError) -> UInt64 {
        var number: UInt64 = 0
        for index in 0..<bytesMax {
            guard cursor < text.count else { throw failure("the length is cut off", at: 0) }
            let byte = text[cursor]
            cursor += 1
            number |= UInt64(byte & 0x7f) << UInt64(7 * index)
            if byte < 0x80 { return number }
        }
        throw failure("the length has more than \(bytesMax) bytes", at: 0)
    }

    /// Nil at the end of the text. The lowest two bits of the first byte tell the kind.
    mutating func element() throws(SnappyError) -> Element? {
        let place = cursor
        guard cursor < text.count else { return nil }
        let tag = text[cursor]
        cursor += 1
        let upper = Int(tag >> 2)
        switch tag & 3 {
        case 0:
            let count = upper < 60 ? upper + 1 : try littleEndian(bytes: upper - 59, place) + 1
            guard count <= text.count - cursor else { throw failure("a literal is cut off", at: place) }
            let start = cursor
            cursor += count
            return Element(place: place, count: count, source: .literal(start: start))
        case 1:
            let low = try littleEndian(bytes: 1, place)
            return Element(
                place: place, count: (upper & 7) + 4, source: .copy(distance: Int(tag >> 5) << 8 | low))
        case 2:
            return Element(
                place: place, count: upper + 1, source: .copy(distance: try littleEndian(bytes: 2, place)))
        default:
            return Element(
                place: place, count: upper + 1, source: .copy(distance: try littleEndian(bytes: 4, place)))
        }
    }

    private mutating func littleEndian(bytes: Int, _ place: Int) throws(SnappyError) -> Int {
        guard bytes <= text.count - cursor else { throw failure("an element is cut off", at: place) }
        var number = 0
        for index in 0..<bytes { number |= Int(text[cursor + index]) << (8 * index) }
        cursor += bytes
        return number
    }
}
