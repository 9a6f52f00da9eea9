// Why a body was refused, with its place.
// Thrown by ExpositionParser and by the content type rules; shown by targets, `check metrics` and the log.

import MetricModel

/// What is wrong with a page of metrics, and where.
public struct ExpositionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Counted from 1; lines end at line feeds.
    public var line: Int
    /// Bytes from the start of the line, counted from 1.
    public var column: Int
    /// What was there, printable and shortened.
    public var found: String
    /// What the format has at this place.
    public var wanted: String
    /// What was probably meant.
    public var hint: String?
    /// The part of the line around the place, printable, and where in it the place is (in characters, from 0).
    public var excerpt: String
    /// In characters, from 0.
    public var excerptOffset: Int

    /// `3:15: expected a value, found "x": values are Go floats`
    public var description: String {
        let hinted = hint.map { ": " + $0 } ?? ""
        return "\(line):\(column): expected \(wanted), found \(found)\(hinted)"
    }

    /// The description, the line, and a caret under the place.
    public var rendered: String {
        var text = "\(line):\(column): expected \(wanted), found \(found)\n"
        text += "  \(excerpt)\n  \(String(repeating: " ", count: excerptOffset))^"
        if let hint { text += " \(hint)" }
        return text
    }

    /// Most bytes of a line that an error repeats, to both sides of its place.
    static let excerptBytesMax = 60

    init(
        _ body: UnsafeBufferPointer<UInt8>, at offset: Int, wanted: String, found: String? = nil, hint: String? = nil
    ) {
        let offset = min(max(offset, 0), body.count)
        var line = 1
        var lineStart = 0
        for index in 0..<offset where body[index] == 0x0a {
            line += 1
            lineStart = index + 1
        }
        self.line = line
        column = offset - lineStart + 1
        self.wanted = wanted
        self.found = found ?? Self.describe(body, at: offset)
        self.hint = hint
        let start = max(lineStart, offset - Self.excerptBytesMax)
        var end = offset
        while end < body.count, body[end] != 0x0a, end - offset < Self.excerptBytesMax { end += 1 }
        let before = Self.printable(body[start..<offset])
        excerpt = before + Self.printable(body[offset..<end])
        excerptOffset = before.unicodeScalars.count
    }

    /// A line that has not ended after so many bytes.
    package init(line: Int, longerThan bytesMax: Int) {
        self.line = line
        column = bytesMax + 1
        wanted = "a line feed within \(bytesMax) bytes"
        found = "a longer line"
        hint = nil
        excerpt = ""
        excerptOffset = 0
    }

    /// The token at a place, or what else stands there.
    private static func describe(_ body: UnsafeBufferPointer<UInt8>, at offset: Int) -> String {
        guard offset < body.count else { return "the end of the body" }
        switch body[offset] {
        case 0x0a: return "the end of the line"
        case 0x20: return "a blank"
        case 0x09: return "a tab"
        default: break
        }
        var end = offset + 1
        func isToken(_ byte: UInt8) -> Bool { byte > 0x20 && !"{}=,\"#".utf8.contains(byte) }
        if isToken(body[offset]) {
            while end < body.count, end - offset < 40, isToken(body[end]) { end += 1 }
        } else {
            // A whole scalar where one begins; the rest of a line is not one token.
            while end < body.count, body[end] & 0xc0 == 0x80, end - offset < 4 { end += 1 }
        }
        return "\"\(printable(body[offset..<end]))\""
    }

    /// Control characters and malformed bytes as escapes, so that a body cannot write to a terminal.
    static func printable(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> String {
        printable(String(decoding: bytes, as: UTF8.self))
    }

    static func printable(_ raw: String) -> String {
        var text = ""
        for scalar in raw.unicodeScalars {
            switch scalar {
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\n": text += "\\n"
            default:
                if scalar.value < 0x20 || (scalar.value >= 0x7f && scalar.value < 0xa0) {
                    let hex = String(scalar.value, radix: 16)
                    text += "\\x" + (hex.utf8.count < 2 ? "0" : "") + hex
                } else if (scalar.value >= 0x202a && scalar.value <= 0x202e)
                    || (scalar.value >= 0x2066 && scalar.value <= 0x2069)
                {
                    text += "\u{fffd}"
                } else {
                    text.unicodeScalars.append(scalar)
                }
            }
        }
        return text
    }
}
