// Reads JSON bytes into JSONValue, with the line and column of what is wrong.
// The first step of an import; no input makes it trap.

import Querying

/// What is wrong with a dashboard file, and where.
public struct DashboardError: Error, Hashable, Sendable, CustomStringConvertible {
    public var fileName: String
    /// From 1; nil when the whole document is meant.
    public var line: Int?
    /// From 1, in characters of the line.
    public var column: Int?
    public var message: String
    public var hint: String?
    /// The line of the file around the place, without control characters; nil when the whole document is meant.
    public var excerpt: String?
    /// Cells before the caret in `excerpt`.
    public var caretOffset: Int

    package init(
        fileName: String, line: Int? = nil, column: Int? = nil, message: String, hint: String? = nil,
        excerpt: String? = nil, caretOffset: Int = 0
    ) {
        self.fileName = fileName
        self.line = line
        self.column = column
        self.message = message
        self.hint = hint
        self.excerpt = excerpt
        self.caretOffset = caretOffset
    }

    /// One line: `host.json:3:14: expected a comma or a closing brace after a value, found "\"unit"`.
    public var description: String {
        var place = fileName
        if let line { place += (place.isEmpty ? "" : ":") + "\(line)" + (column.map { ":\($0)" } ?? "") }
        return (place.isEmpty ? message : "\(place): \(message)") + (hint.map { "; \($0)" } ?? "")
    }

    /// The line, the excerpt and a caret under the place.
    public var diagnostic: String {
        guard let excerpt else { return description }
        return "\(description)\n  \(excerpt)\n  \(String(repeating: " ", count: caretOffset))^"
    }
}

package struct JSONReader {
    /// Bytes of a document.
    package static let documentBytesMax = 64 << 20
    /// Arrays and objects within each other.
    package static let depthMax = 200

    private let bytes: [UInt8]
    private let fileName: String
    private var index = 0
    private var depth = 0

    /// The one value of a document; a byte order mark before it is skipped.
    package static func read(_ bytes: [UInt8], fileName: String) throws(DashboardError) -> JSONValue {
        guard bytes.count <= documentBytesMax else {
            throw DashboardError(
                fileName: fileName,
                message: "the document has \(bytes.count) bytes, the most that is read is \(documentBytesMax)")
        }
        var reader = JSONReader(bytes: bytes, fileName: fileName)
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { reader.index = 3 }
        reader.skipSpace()
        guard reader.index < bytes.count else {
            throw DashboardError(fileName: fileName, message: "the file is empty")
        }
        let value = try reader.value()
        reader.skipSpace()
        guard reader.index == bytes.count else { throw reader.error("expected the end after the document") }
        return value
    }

    private init(bytes: [UInt8], fileName: String) {
        self.bytes = bytes
        self.fileName = fileName
    }

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipSpace() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x09, 0x0a, 0x0d: index += 1
            default: return
            }
        }
    }

    private mutating func value() throws(DashboardError) -> JSONValue {
        switch current ?? 0 {
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
        default: throw error("expected a value")
        }
    }

    private mutating func word(_ text: StaticString, _ value: JSONValue) throws(DashboardError) -> JSONValue {
        let expected = text.withUTF8Buffer { Array($0) }
        guard index + expected.count <= bytes.count, bytes[index..<(index + expected.count)].elementsEqual(expected)
        else { throw error("expected a value") }
        index += expected.count
        return value
    }

    private mutating func enter() throws(DashboardError) {
        depth += 1
        guard depth <= Self.depthMax else { throw error("more than \(Self.depthMax) levels of nesting") }
        index += 1
        skipSpace()
    }

    private mutating func object() throws(DashboardError) -> JSONObject {
        try enter()
        var object = JSONObject()
        if current == UInt8(ascii: "}") {
            index += 1
            depth -= 1
            return object
        }
        while true {
            guard current == UInt8(ascii: "\"") else { throw error("expected a key in double quotes") }
            object.keys.append(try string())
            skipSpace()
            guard current == UInt8(ascii: ":") else { throw error("expected a colon after a key") }
            index += 1
            skipSpace()
            object.values.append(try value())
            skipSpace()
            let separator = current
            guard separator == UInt8(ascii: ",") || separator == UInt8(ascii: "}") else {
                throw error("expected a comma or a closing brace after a value")
            }
            index += 1
            if separator == UInt8(ascii: "}") { break }
            skipSpace()
            if current == UInt8(ascii: "}") { throw error("expected a key after the comma") }
        }
        depth -= 1
        return object
    }

    private mutating func array() throws(DashboardError) -> [JSONValue] {
        try enter()
        var values: [JSONValue] = []
        if current == UInt8(ascii: "]") {
            index += 1
            depth -= 1
            return values
        }
        while true {
            values.append(try value())
            skipSpace()
            let separator = current
            guard separator == UInt8(ascii: ",") || separator == UInt8(ascii: "]") else {
                throw error("expected a comma or a closing bracket after a value")
            }
            index += 1
            if separator == UInt8(ascii: "]") { break }
            skipSpace()
            if current == UInt8(ascii: "]") { throw error("expected a value after the comma") }
        }
        depth -= 1
        return values
    }

    private mutating func number() throws(DashboardError) -> Double {
        let start = index
        while let byte = current {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
                UInt8(ascii: "e"), UInt8(ascii: "E"):
                index += 1
                continue
            default: break
            }
            break
        }
        // Most numbers are short whole ones; they need no text.
        if index - start <= 15, bytes[start..<index].allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) {
            var whole = 0
            for byte in bytes[start..<index] { whole = whole * 10 + Int(byte - 0x30) }
            return Double(whole)
        }
        guard let number = Double(String(decoding: bytes[start..<index], as: UTF8.self)) else {
            index = start
            throw error("malformed number")
        }
        return number
    }

    private mutating func string() throws(DashboardError) -> String {
        let opening = index
        index += 1
        let start = index
        while index < bytes.count, bytes[index] != UInt8(ascii: "\""), bytes[index] != UInt8(ascii: "\\") { index += 1 }
        guard index < bytes.count else {
            index = opening
            throw error("this string has no end")
        }
        if bytes[index] == UInt8(ascii: "\"") {
            index += 1
            return String(decoding: bytes[start..<(index - 1)], as: UTF8.self)
        }
        var text = Array(bytes[start..<index])
        while let byte = current {
            index += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: text, as: UTF8.self) }
            if byte != UInt8(ascii: "\\") {
                text.append(byte)
            } else {
                try escape(into: &text)
            }
        }
        index = opening
        throw error("this string has no end")
    }

    private mutating func escape(into text: inout [UInt8]) throws(DashboardError) {
        do {
            try JSONEscape.read(bytes, &index, into: &text)
        } catch {
            switch error {
            case .unknown: throw self.error("unknown escape after a backslash")
            case .digits: throw self.error("expected four hexadecimal digits")
            }
        }
    }

    /// An error at `index`, with what stands there.
    private func error(_ message: String) -> DashboardError {
        let at = min(index, bytes.count)
        let newline = UInt8(ascii: "\n")
        let line = bytes[..<at].reduce(into: 1) { $0 += $1 == newline ? 1 : 0 }
        let lineStart = bytes[..<at].lastIndex(of: newline).map { $0 + 1 } ?? 0
        let lineEnd = bytes[at...].firstIndex(of: newline) ?? bytes.count
        let column = String(decoding: bytes[lineStart..<at], as: UTF8.self).count + 1
        // A minified file is one line of megabytes: show a window of it.
        let windowStart = max(lineStart, at - 40)
        let before = Self.printable(bytes[windowStart..<at])
        let after = Self.printable(bytes[at..<min(lineEnd, at + 40)])
        let found: String
        if at == bytes.count {
            found = "the end of the file"
        } else {
            let character = Self.printable(bytes[at..<min(bytes.count, at + 4)]).prefix(1)
            found = character == " " ? "a control character" : "`\(character)`"
        }
        return DashboardError(
            fileName: fileName, line: line, column: column,
            message: message.hasPrefix("expected") ? "\(message), found \(found)" : message,
            excerpt: before + after, caretOffset: before.count)
    }

    private static func printable(_ bytes: ArraySlice<UInt8>) -> String {
        // Cut in the middle of a character, the decoder repairs both ends.
        String(String(decoding: bytes, as: UTF8.self).map { $0.isASCII && ($0.asciiValue ?? 0) < 0x20 ? " " : $0 })
    }
}
