// One place in a document being imported: its value, its path, and where to report what is wrong with it.
// Every step of GrafanaImport reads through this, leniently: a wrong type is a notice and the default.

import MetricModel

/// Collects the notices of one import.
final class NoticeSink {
    /// Notices kept of one document.
    static let noticesMax = 5000
    private(set) var notices: [ImportNotice] = []
    /// A place gets each message once.
    private var seen: Set<ImportNotice> = []

    func report(_ path: String, _ message: String, as kind: ImportNotice.Kind = .fault) {
        let notice = ImportNotice(path: path, message: message, kind: kind)
        guard notices.count < Self.noticesMax, seen.insert(notice).inserted else { return }
        notices.append(notice)
    }
}

struct ImportNode {
    let value: JSONValue
    let path: String
    let sink: NoticeSink

    init(_ value: JSONValue, path: String, sink: NoticeSink) {
        self.value = value
        self.path = path
        self.sink = sink
    }

    /// An object with nothing in it, for a part that is missing.
    static func empty(_ sink: NoticeSink) -> ImportNode { ImportNode(.object(JSONObject()), path: "", sink: sink) }

    func report(_ message: String, as kind: ImportNotice.Kind = .fault) { sink.report(path, message, as: kind) }
    func pathOf(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// The value of a key; nil when it is absent or null, which mean the same in these files.
    func raw(_ key: String) -> JSONValue? {
        guard let found = value[key], found != .null else { return nil }
        return found
    }

    /// A value of any kind below a key.
    func any(_ key: String) -> ImportNode? { raw(key).map { ImportNode($0, path: pathOf(key), sink: sink) } }

    /// An object below a key. Anything else but null, `""` and `[]` is reported.
    func object(_ key: String) -> ImportNode? {
        guard let found = raw(key) else { return nil }
        if case .object = found { return ImportNode(found, path: pathOf(key), sink: sink) }
        if found != .string(""), found != .array([]), found != .bool(false) { reportType(key, found, "an object") }
        return nil
    }

    /// An object below a key, an empty one when there is none.
    func objectOrEmpty(_ key: String) -> ImportNode {
        object(key) ?? ImportNode(.object(JSONObject()), path: pathOf(key), sink: sink)
    }

    /// The elements of an array below a key, none when it is missing.
    func items(_ key: String) -> [ImportNode] {
        guard let found = raw(key) else { return [] }
        guard case .array(let elements) = found else {
            if found != .string(""), found != .object(JSONObject()) { reportType(key, found, "an array") }
            return []
        }
        let base = pathOf(key)
        return elements.enumerated().map { ImportNode($0.element, path: "\(base)[\($0.offset)]", sink: sink) }
    }

    /// The elements that are objects; others are reported.
    func objects(_ key: String) -> [ImportNode] {
        items(key).filter { item in
            if case .object = item.value { return true }
            if item.value != .null { item.report("expected an object, found \(item.value.kindName)") }
            return false
        }
    }

    /// Text, or the text of a number.
    func string(_ key: String) -> String? {
        guard let found = raw(key) else { return nil }
        guard let text = found.looseString else {
            if found != .object(JSONObject()), found != .array([]) { reportType(key, found, "a string") }
            return nil
        }
        return text
    }

    /// Text that is not empty.
    func text(_ key: String) -> String? {
        guard let text = string(key), !text.isEmpty else { return nil }
        return text
    }

    /// A number, or a string that holds one. The empty string is no number and no fault.
    func number(_ key: String) -> Double? {
        guard let found = raw(key) else { return nil }
        if let number = found.looseNumber { return number }
        switch found {
        case .string(let text) where text.trimmingSpaces.isEmpty || text == "auto" || text.contains("$"): return nil
        case .object(let object) where object.keys.isEmpty: return nil
        case .array(let items) where items.isEmpty: return nil
        case .string(let text): sink.report(pathOf(key), "expected a number, found \"\(text.prefix(40))\"")
        default: reportType(key, found, "a number")
        }
        return nil
    }

    func integer(_ key: String) -> Int? {
        guard let number = number(key), number.magnitude < 1e15 else { return nil }
        return Int(number.rounded(.down))
    }

    func bool(_ key: String) -> Bool? {
        guard let found = raw(key) else { return nil }
        if let flag = found.looseBool { return flag }
        if found != .object(JSONObject()), found != .array([]) { reportType(key, found, "true or false") }
        return nil
    }

    /// `15s`, `1m`, `>5m`, `60` (seconds); nil for a variable or anything else.
    func duration(_ key: String) -> Milliseconds? {
        guard let text = text(key) else { return nil }
        if let duration = Milliseconds(grafana: text) { return duration }
        if !text.contains("$"), text != "auto", text != "0" {
            sink.report(pathOf(key), "expected a duration, found \"\(text.prefix(40))\"")
        }
        return nil
    }

    private func reportType(_ key: String, _ found: JSONValue, _ wanted: String) {
        sink.report(pathOf(key), "expected \(wanted), found \(found.kindName)")
    }
}

extension Milliseconds {
    /// Prometheus' durations, Grafana's `>10s`, bare seconds, and `M` for a month. Never zero or negative.
    package init?(grafana text: String) {
        var text = text.trimmingSpaces
        if text.hasPrefix(">") { text = text.dropFirst().trimmingSpaces }
        if let parsed = Milliseconds(parsing: text), parsed.count > 0 {
            self = parsed
        } else if let seconds = Double(text), seconds > 0, seconds < 1e12 {
            self.init(seconds: seconds)
        } else if text.hasSuffix("M"), let months = Int64(text.dropLast()), months > 0, months < 12000 {
            self.init(months * 30 * 86_400_000)
        } else {
            return nil
        }
    }
}
