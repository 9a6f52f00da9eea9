// JSON as dashboards write it, kept whole: unknown keys, order and every type survive until the import asks.
// JSONReader makes it from bytes; the import and the transformations read it leniently.

/// One JSON value. Numbers are doubles, as in the language that writes these files.
package indirect enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    package subscript(key: String) -> JSONValue? {
        if case .object(let object) = self { return object[key] }
        return nil
    }

    /// For messages: `an object`, `a number`.
    package var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    /// A string, or the text of a number or a boolean.
    package var looseString: String? {
        switch self {
        case .string(let text): text
        case .number(let number): numberText(number)
        case .bool(let flag): flag ? "true" : "false"
        case .null, .array, .object: nil
        }
    }

    /// A number as it is written here.
    package static func text(of number: Double) -> String { numberText(number) }

    /// A number, or a string that holds nothing else. Never NaN or infinite.
    package var looseNumber: Double? {
        switch self {
        case .number(let number): return number.isFinite ? number : nil
        case .string(let text):
            guard let number = Double(text.trimmingSpaces), number.isFinite else { return nil }
            return number
        case .bool(let flag): return flag ? 1 : 0
        case .null, .array, .object: return nil
        }
    }

    package var looseBool: Bool? {
        switch self {
        case .bool(let flag): flag
        case .number(let number): number != 0
        case .string(let text): text == "true" ? true : text == "false" || text.isEmpty ? false : nil
        case .null, .array, .object: nil
        }
    }
}

/// Keys in their order in the file; of two equal ones the later counts.
package struct JSONObject: Hashable, Sendable {
    package var keys: [String] = []
    package var values: [JSONValue] = []

    package init() {}
    package init(_ members: KeyValuePairs<String, JSONValue>) {
        keys = members.map(\.key)
        values = members.map(\.value)
    }

    /// Cost: linear, the objects of dashboards have a handful of keys.
    package subscript(key: String) -> JSONValue? {
        guard let index = keys.lastIndex(of: key), index < values.count else { return nil }
        return values[index]
    }
}

extension JSONValue {
    /// Puts a value at the end of a path of keys, objects on the way being made.
    mutating func set(_ path: [String], _ value: JSONValue) {
        guard let first = path.first else {
            self = value
            return
        }
        var object: JSONObject
        if case .object(let found) = self { object = found } else { object = JSONObject() }
        var inner = object[first] ?? .object(JSONObject())
        inner.set(Array(path.dropFirst()), value)
        if let index = object.keys.lastIndex(of: first), index < object.values.count {
            object.values[index] = inner
        } else {
            object.keys.append(first)
            object.values.append(inner)
        }
        self = .object(object)
    }

    /// The same for one key, whatever characters it holds.
    package mutating func set(_ key: String, _ value: JSONValue) { set([key], value) }

    /// Takes over another object's members, objects within objects member by member.
    mutating func merge(_ other: JSONValue) {
        guard case .object(let added) = other, case .object(var object) = self else {
            self = other
            return
        }
        for (key, value) in zip(added.keys, added.values) {
            if let index = object.keys.lastIndex(of: key), index < object.values.count {
                object.values[index].merge(value)
            } else {
                object.keys.append(key)
                object.values.append(value)
            }
        }
        self = .object(object)
    }

    /// Takes what stands at the end of a path away and gives it back; objects that become empty go too.
    @discardableResult
    mutating func remove(_ path: [String]) -> JSONValue? {
        guard let first = path.first, case .object(var object) = self,
            let index = object.keys.lastIndex(of: first), index < object.values.count
        else { return nil }
        var found: JSONValue?
        if path.count == 1 {
            found = object.values[index]
        } else {
            found = object.values[index].remove(Array(path.dropFirst()))
            guard found != nil else { return nil }
        }
        if path.count == 1 || object.values[index] == .object(JSONObject()) {
            object.keys.remove(at: index)
            object.values.remove(at: index)
        }
        self = .object(object)
        return found
    }

    func at(_ path: [String]) -> JSONValue? {
        var value = self
        for key in path {
            guard let found = value[key] else { return nil }
            value = found
        }
        return value == .null ? nil : value
    }
}

extension StringProtocol {
    package var trimmingSpaces: String {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0d) }
        let text = Substring(self)
        let bytes = text.utf8
        var start = bytes.startIndex
        var end = bytes.endIndex
        while start < end, isSpace(bytes[start]) { start = bytes.index(after: start) }
        while end > start, isSpace(bytes[bytes.index(before: end)]) { end = bytes.index(before: end) }
        return String(text[start..<end])
    }
}
