// The fields of one line, in slots that were numbered when the configuration was read.
// Filled by LineReader for each line; pure, linear in the line's bytes.

import LinearRegex
import MetricModel
import Querying

/// Only fields that somebody asks for have a slot; all others are passed over.
struct LogFields {
    private(set) var slots: [String: Int] = [:]
    private(set) var values: [String?] = []

    /// The slot of a field, made at the first request.
    mutating func slot(of field: String) -> Int {
        if let slot = slots[field] { return slot }
        slots[field] = values.count
        values.append(nil)
        return values.count - 1
    }

    /// Nil when the line has no such field.
    subscript(slot: Int) -> String? { values.indices.contains(slot) ? values[slot] : nil }

    /// False when the line is not written this way; the fields are then those of no line.
    mutating func read(_ line: String, _ format: LogFormat) -> Bool {
        for index in values.indices { values[index] = nil }
        switch format {
        case .none: return true
        case .json: return readJSON(line)
        case .logfmt: return readLogfmt(line)
        case .patterns(let patterns):
            for pattern in patterns {
                guard let match = pattern.firstMatch(in: line) else { continue }
                take(match, of: line)
                return true
            }
            return false
        }
    }

    private mutating func take(_ match: Match, of line: String) {
        for (number, name) in match.names.enumerated() {
            // A name may stand in several branches: the one that took part gives the value.
            guard let name, let slot = slots[name], let text = match.group(number, of: line) else { continue }
            values[slot] = text
        }
    }

    // MARK: JSON

    private mutating func readJSON(_ line: String) -> Bool {
        guard let start = line.utf8.firstIndex(of: UInt8(ascii: "{")) else { return false }
        var cursor = JSONCursor(Array(line.utf8[start...]))
        do {
            try readObject(&cursor, prefix: "")
            try cursor.end()
            return true
        } catch {
            for index in values.indices { values[index] = nil }
            return false
        }
    }

    private mutating func readObject(_ cursor: inout JSONCursor, prefix: String) throws(JSONFailure) {
        // The cursor's closure cannot hold an inout self.
        var fields = self
        try cursor.object { key, cursor throws(JSONFailure) in
            let name = prefix + key
            switch cursor.kind {
            case .object:
                // Names grow with the depth: only as long as the longest that was asked for.
                if fields.hasFields(below: name) {
                    try fields.readObject(&cursor, prefix: name + ".")
                } else {
                    try cursor.skip()
                }
            case .string, .number, .bool:
                guard let slot = fields.slots[name] else {
                    try cursor.skip()
                    return
                }
                fields.values[slot] = try Self.scalar(&cursor)
            default: try cursor.skip()
            }
        }
        self = fields
    }

    private func hasFields(below name: String) -> Bool {
        slots.keys.contains { $0.utf8.count > name.utf8.count + 1 && $0.hasPrefix(name + ".") }
    }

    private static func scalar(_ cursor: inout JSONCursor) throws(JSONFailure) -> String {
        switch cursor.kind {
        case .string: return try cursor.string()
        case .bool: return try cursor.bool() ? "true" : "false"
        default:
            let number = try cursor.value()
            guard number.magnitude < 1e15, number == number.rounded() else { return "\(number)" }
            return "\(Int64(number))"
        }
    }

    // MARK: logfmt

    /// At least one `key=value` must stand there. A key alone is `true`.
    private mutating func readLogfmt(_ line: String) -> Bool {
        let bytes = Array(line.utf8)
        var index = 0
        var hasPair = false
        while index < bytes.count {
            guard bytes[index] > 0x20 else {
                index += 1
                continue
            }
            let start = index
            while index < bytes.count, bytes[index] > 0x20, bytes[index] != UInt8(ascii: "=") { index += 1 }
            let key = bytes[start..<index]
            guard index < bytes.count, bytes[index] == UInt8(ascii: "=") else {
                set(key, "true")
                continue
            }
            index += 1
            if index < bytes.count, bytes[index] == UInt8(ascii: "\"") {
                set(key, Self.quoted(bytes, &index))
            } else {
                let begin = index
                while index < bytes.count, bytes[index] > 0x20 { index += 1 }
                set(key, String(decoding: bytes[begin..<index], as: UTF8.self))
            }
            if !key.isEmpty { hasPair = true }
        }
        return hasPair
    }

    private mutating func set(_ key: ArraySlice<UInt8>, _ value: @autoclosure () -> String) {
        guard let slot = slots[String(decoding: key, as: UTF8.self)] else {
            _ = value()
            return
        }
        values[slot] = value()
    }

    /// From the opening quote to behind the closing one, or to the end.
    private static func quoted(_ bytes: [UInt8], _ index: inout Int) -> String {
        var text: [UInt8] = []
        index += 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count {
                index += 1
                switch bytes[index] {
                case UInt8(ascii: "n"): text.append(0x0a)
                case UInt8(ascii: "t"): text.append(0x09)
                case UInt8(ascii: "r"): text.append(0x0d)
                default: text.append(bytes[index])
                }
            } else {
                text.append(bytes[index])
            }
            index += 1
        }
        index = min(bytes.count, index + 1)
        return String(decoding: text, as: UTF8.self)
    }
}
