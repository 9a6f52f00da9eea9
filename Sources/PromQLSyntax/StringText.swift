// Quoted strings of a query to the text they stand for.
// Called by Parser and SeriesNotation on `.string` tokens.

import MetricModel

enum StringText {
    struct Refusal: Error {
        /// Byte offsets in the token.
        var start: Int
        var end: Int
        var reason: String
    }

    /// `quoted` has its quotes. Escapes are Go's; bytes written as `\x..` or octal must make valid UTF-8 together.
    static func unquote(_ quoted: ArraySlice<UInt8>) throws(Refusal) -> String {
        guard quoted.count >= 2, let quote = quoted.first else {
            throw Refusal(start: 0, end: quoted.count, reason: "unterminated quoted string")
        }
        let content = quoted.dropFirst().dropLast()
        let isRaw = quote == UInt8(ascii: "`")
        if isRaw || !content.contains(UInt8(ascii: "\\")) { return String(decoding: content, as: UTF8.self) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(content.count)
        var index = content.startIndex
        while index < content.endIndex {
            if content[index] == UInt8(ascii: "\\") {
                let start = index - quoted.startIndex
                do {
                    try appendEscape(content, &index, quote, to: &bytes)
                } catch {
                    let end = min(index, content.endIndex) - quoted.startIndex
                    throw Refusal(start: start, end: max(end, start + 1), reason: error.reason)
                }
            } else {
                bytes.append(content[index])
                index += 1
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Refusal(start: 0, end: quoted.count, reason: "escaped bytes are not valid UTF-8")
        }
        return text
    }

    private struct EscapeRefusal: Error { var reason: String }

    private static func appendEscape(
        _ content: ArraySlice<UInt8>, _ index: inout Int, _ quote: UInt8, to bytes: inout [UInt8]
    ) throws(EscapeRefusal) {
        index += 1
        guard index < content.endIndex else { throw EscapeRefusal(reason: "escape sequence not terminated") }
        let letter = content[index]
        index += 1
        switch letter {
        case UInt8(ascii: "a"): bytes.append(0x07)
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0c)
        case UInt8(ascii: "n"): bytes.append(0x0a)
        case UInt8(ascii: "r"): bytes.append(0x0d)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "v"): bytes.append(0x0b)
        case UInt8(ascii: "\\"), quote: bytes.append(letter)
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            index -= 1
            let value = try digits(content, &index, count: 3, radix: 8)
            guard value <= 255 else { throw EscapeRefusal(reason: "escape sequence is an invalid Unicode code point") }
            bytes.append(UInt8(value))
        case UInt8(ascii: "x"): bytes.append(UInt8(try digits(content, &index, count: 2, radix: 16)))
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            let count = letter == UInt8(ascii: "u") ? 4 : 8
            guard let scalar = Unicode.Scalar(try digits(content, &index, count: count, radix: 16)) else {
                throw EscapeRefusal(reason: "escape sequence is an invalid Unicode code point")
            }
            bytes.append(contentsOf: Array(String(Character(scalar)).utf8))
        default:
            while index < content.endIndex, content[index] & 0xc0 == 0x80 { index += 1 }
            throw EscapeRefusal(reason: "unknown escape sequence")
        }
    }

    private static func digits(
        _ content: ArraySlice<UInt8>, _ index: inout Int, count: Int, radix: UInt32
    ) throws(EscapeRefusal) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard index < content.endIndex else { throw EscapeRefusal(reason: "escape sequence not terminated") }
            let byte = content[index]
            let digit: UInt32
            switch byte {
            case 0x30...0x39: digit = UInt32(byte - 0x30)
            case 0x61...0x66, 0x41...0x46: digit = UInt32((byte | 0x20) - 0x61 + 10)
            default: digit = 99
            }
            guard digit < radix else { throw EscapeRefusal(reason: "illegal character in escape sequence") }
            // Eight hex digits fill the 32 bits exactly.
            value = value &* radix &+ digit
            index += 1
        }
        return value
    }
}
