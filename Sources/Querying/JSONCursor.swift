// Walks JSON bytes from value to value without making a tree: an answer of 100 MB becomes columns as it is read.
// Under APIJSONReader; documents that people write are read by Dashboards' JSONReader, which knows lines and columns.

import MetricModel

/// Why bytes are no JSON, or not the JSON that was wanted.
package struct JSONFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// In bytes from the document's begin.
    package var offset: Int
    /// "expected a string, found `[`"
    package var message: String

    package init(offset: Int, message: String) {
        self.offset = offset
        self.message = message
    }
    package var description: String { "\(message) at byte \(offset)" }
}

/// A place in a document. Every step is linear in the bytes it passes; no input makes it trap.
package struct JSONCursor {
    /// Arrays and objects within each other, in what is passed over as in what is read.
    package static let depthMax = 200

    private let bytes: [UInt8]
    private var index = 0
    private var depth = 0

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { index = 3 }
        skipSpace()
    }

    /// A place to come back to: values that stand before the one that says how to read them are passed over first.
    package struct Mark {
        fileprivate var index: Int
        fileprivate var depth: Int
    }
    package var mark: Mark { Mark(index: index, depth: depth) }
    package mutating func go(to mark: Mark) {
        index = mark.index
        depth = mark.depth
    }

    package enum Kind: Hashable, Sendable { case object, array, string, number, bool, null }

    /// What stands here; nil for the end and for what begins no value.
    package var kind: Kind? {
        guard index < bytes.count else { return nil }
        switch bytes[index] {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        default: return nil
        }
    }

    package func failure(_ message: String) -> JSONFailure {
        let found: String
        if index >= bytes.count {
            found = "the end"
        } else if bytes[index] < 0x20 {
            found = "a control character"
        } else {
            let rest = bytes[index..<min(bytes.count, index + 4)]
            found = "`\(String(decoding: rest, as: UTF8.self).prefix(1))`"
        }
        return JSONFailure(offset: index, message: "\(message), found \(found)")
    }

    /// Nothing but blanks may follow.
    package mutating func end() throws(JSONFailure) {
        skipSpace()
        guard index == bytes.count else { throw failure("expected the end") }
    }

    private mutating func skipSpace() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x09, 0x0a, 0x0d: index += 1
            default: return
            }
        }
    }

    private mutating func take(_ byte: UInt8, _ message: String) throws(JSONFailure) {
        guard index < bytes.count, bytes[index] == byte else { throw failure(message) }
        index += 1
    }

    private mutating func enter() throws(JSONFailure) {
        depth += 1
        guard depth <= Self.depthMax else {
            throw JSONFailure(offset: index, message: "more than \(Self.depthMax) levels of nesting")
        }
        index += 1
        skipSpace()
    }

    // MARK: Objects and arrays

    /// Calls `field` at each value; it must read or pass over that value.
    package mutating func object(
        _ field: (String, inout JSONCursor) throws(JSONFailure) -> Void
    ) throws(JSONFailure) {
        guard kind == .object else { throw failure("expected an object") }
        try enter()
        if index < bytes.count, bytes[index] == UInt8(ascii: "}") {
            index += 1
        } else {
            repeat {
                skipSpace()
                guard kind == .string else { throw failure("expected a key") }
                let key = try string()
                skipSpace()
                try take(UInt8(ascii: ":"), "expected a colon after a key")
                skipSpace()
                try field(key, &self)
            } while try continues(until: UInt8(ascii: "}"), "expected a comma or a closing brace")
        }
        depth -= 1
    }

    /// Calls `element` at each element; it must read or pass over it.
    package mutating func array(_ element: (inout JSONCursor) throws(JSONFailure) -> Void) throws(JSONFailure) {
        guard kind == .array else { throw failure("expected an array") }
        try enter()
        if index < bytes.count, bytes[index] == UInt8(ascii: "]") {
            index += 1
        } else {
            repeat {
                skipSpace()
                try element(&self)
            } while try continues(until: UInt8(ascii: "]"), "expected a comma or a closing bracket")
        }
        depth -= 1
    }

    /// After a value: true behind a comma, false behind `closing`.
    private mutating func continues(until closing: UInt8, _ message: String) throws(JSONFailure) -> Bool {
        skipSpace()
        guard index < bytes.count, bytes[index] == UInt8(ascii: ",") || bytes[index] == closing else {
            throw failure(message)
        }
        index += 1
        return bytes[index - 1] != closing
    }

    /// Exactly two elements, as samples are: `[1700000000,"1"]`.
    package mutating func pair<First, Second>(
        _ first: (inout JSONCursor) throws(JSONFailure) -> First,
        _ second: (inout JSONCursor) throws(JSONFailure) -> Second
    ) throws(JSONFailure) -> (First, Second) {
        guard kind == .array else { throw failure("expected an array of two") }
        try enter()
        let one = try first(&self)
        skipSpace()
        try take(UInt8(ascii: ","), "expected a comma")
        skipSpace()
        let other = try second(&self)
        skipSpace()
        try take(UInt8(ascii: "]"), "expected a closing bracket after two elements")
        depth -= 1
        return (one, other)
    }

    /// Passes over one value of any kind.
    package mutating func skip() throws(JSONFailure) {
        switch kind {
        case .object: try object { _, cursor throws(JSONFailure) in try cursor.skip() }
        case .array: try array { cursor throws(JSONFailure) in try cursor.skip() }
        case .string: try skipString()
        case .number: _ = try numberText()
        case .bool: try word(bytes[index] == UInt8(ascii: "t") ? "true" : "false")
        case .null: try word("null")
        case nil: throw failure("expected a value")
        }
    }

    private mutating func word(_ text: StaticString) throws(JSONFailure) {
        let length = text.utf8CodeUnitCount
        let isThere = text.withUTF8Buffer { word in
            index + length <= bytes.count && bytes[index..<(index + length)].elementsEqual(word)
        }
        guard isThere else { throw failure("expected a value") }
        index += length
    }

    package mutating func bool() throws(JSONFailure) -> Bool {
        guard kind == .bool else { throw failure("expected true or false") }
        let isTrue = bytes[index] == UInt8(ascii: "t")
        try word(isTrue ? "true" : "false")
        return isTrue
    }

    // MARK: Numbers

    private mutating func numberText() throws(JSONFailure) -> Range<Int> {
        let start = index
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
                UInt8(ascii: "e"), UInt8(ascii: "E"):
                index += 1
                continue
            default: break
            }
            break
        }
        guard index > start else { throw failure("expected a number") }
        return start..<index
    }

    private func float(_ range: Range<Int>) -> Double? {
        bytes.withUnsafeBufferPointer { buffer in
            // Both ways to be no number are told at the number's place.
            buffer.baseAddress.flatMap { try? NumberParsing.float($0 + range.lowerBound, range.count) }
        }
    }

    /// A JSON number, or a number in quotes, with `NaN`, `+Inf` and `-Inf`: the API writes values as strings.
    package mutating func value() throws(JSONFailure) -> Double {
        guard kind == .string else {
            let start = index
            let range = try numberText()
            guard let number = float(range) else {
                index = start
                throw failure("expected a number")
            }
            return number
        }
        let start = index
        var end = index + 1
        while end < bytes.count, bytes[end] != UInt8(ascii: "\""), bytes[end] != UInt8(ascii: "\\") { end += 1 }
        guard end < bytes.count, bytes[end] == UInt8(ascii: "\""), let number = float((start + 1)..<end) else {
            throw failure("expected a number in quotes")
        }
        index = end + 1
        return number
    }

    /// Seconds as a JSON number, exact to the millisecond and rounded to it: `1700000000.013`.
    package mutating func timestamp() throws(JSONFailure) -> Timestamp {
        let start = index
        let range = try numberText()
        if let time = exactTime(range) { return time }
        guard let seconds = float(range), seconds.magnitude < 9.2e15 else {
            index = start
            throw failure("expected a time in seconds")
        }
        return Timestamp(milliseconds: Int64((seconds * 1000).rounded()))
    }

    /// Digits and at most three decimals, which is what servers write; nil for any other form.
    private func exactTime(_ range: Range<Int>) -> Timestamp? {
        guard range.count <= 20 else { return nil }
        var index = range.lowerBound
        let isNegative = bytes[index] == UInt8(ascii: "-")
        if isNegative { index += 1 }
        var milliseconds: Int64 = 0
        var wholeDigits = 0
        var decimals = 0
        var isFraction = false
        while index < range.upperBound {
            let byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "."), !isFraction, wholeDigits > 0 {
                isFraction = true
                continue
            }
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            if isFraction { decimals += 1 } else { wholeDigits += 1 }
            guard wholeDigits <= 14, decimals <= 3 else { return nil }
            milliseconds = milliseconds * 10 + Int64(byte - 0x30)
        }
        guard wholeDigits > 0, isFraction == (decimals > 0) else { return nil }
        while decimals < 3 {
            milliseconds *= 10
            decimals += 1
        }
        return Timestamp(milliseconds: isNegative ? -milliseconds : milliseconds)
    }

    // MARK: Strings

    private mutating func skipString() throws(JSONFailure) {
        let opening = index
        index += 1
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                index += 1
                return
            case UInt8(ascii: "\\"): index += 2
            default: index += 1
            }
        }
        index = opening
        throw failure("expected a string with an end")
    }

    /// Invalid UTF-8 and halves of surrogate pairs become the replacement character.
    package mutating func string() throws(JSONFailure) -> String {
        guard kind == .string else { throw failure("expected a string") }
        let opening = index
        index += 1
        let start = index
        while index < bytes.count, bytes[index] != UInt8(ascii: "\""), bytes[index] != UInt8(ascii: "\\") { index += 1 }
        if index < bytes.count, bytes[index] == UInt8(ascii: "\"") {
            index += 1
            return String(decoding: bytes[start..<(index - 1)], as: UTF8.self)
        }
        var text = Array(bytes[start..<min(index, bytes.count)])
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: text, as: UTF8.self) }
            if byte == UInt8(ascii: "\\") { try escape(into: &text) } else { text.append(byte) }
        }
        index = opening
        throw failure("expected a string with an end")
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONFailure) {
        do {
            try JSONEscape.read(bytes, &index, into: &text)
        } catch {
            switch error {
            case .unknown where index >= bytes.count: throw failure("expected an escaped character")
            case .unknown: throw failure("expected an escape that JSON knows")
            case .digits: throw failure("expected four hexadecimal digits")
            }
        }
    }
}
