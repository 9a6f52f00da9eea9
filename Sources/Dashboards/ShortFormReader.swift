// The short form of a dashboard to Grafana's JSON, from which the one import makes the model.
// FerulaConfiguration brings the values out of YAML and puts lines and columns to the failures.

import MetricModel

/// A step from a value to one inside it.
package enum ShortFormStep: Hashable, Sendable {
    case key(String)
    case index(Int)
}

/// What is wrong in a short form, and where.
package struct ShortFormFailure: Error, Hashable, Sendable {
    package var path: [ShortFormStep]
    package var message: String
    package var hint: String?
}

extension ShortForm {
    /// Grafana's JSON of a short form.
    package static func expand(_ value: JSONValue) throws(ShortFormFailure) -> JSONValue {
        var reader = ShortFormReader()
        return try reader.dashboard(ShortFormNode(value: value, path: []))
    }
}

/// A value of a short form with its path.
struct ShortFormNode {
    let value: JSONValue
    let path: [ShortFormStep]

    func failure(_ message: String, hint: String? = nil) -> ShortFormFailure {
        ShortFormFailure(path: path, message: message, hint: hint)
    }

    subscript(key: String) -> ShortFormNode? {
        guard let found = value[key], found != .null else { return nil }
        return ShortFormNode(value: found, path: path + [.key(key)])
    }

    func items() throws(ShortFormFailure) -> [ShortFormNode] {
        guard case .array(let elements) = value else { throw wanted("a list") }
        return elements.enumerated().map { ShortFormNode(value: $0.element, path: path + [.index($0.offset)]) }
    }

    func text() throws(ShortFormFailure) -> String {
        guard let text = value.looseString else { throw wanted("a text") }
        return text
    }

    func texts() throws(ShortFormFailure) -> [String] {
        if case .array = value {
            var texts: [String] = []
            for item in try items() { texts.append(try item.text()) }
            return texts
        }
        return [try text()]
    }

    /// A number, also one that YAML took for a text for its way of writing.
    func number() throws(ShortFormFailure) -> Double {
        if case .bool = value { throw wanted("a number") }
        guard let number = value.looseNumber else { throw wanted("a number") }
        return number
    }

    func whole(atLeast least: Int = 0) throws(ShortFormFailure) -> Int {
        let number = if case .bool = value { Double.nan } else { value.looseNumber ?? .nan }
        guard number == number.rounded(), number >= Double(least), number < 1e9 else {
            throw wanted(least > 0 ? "a whole number from \(least) on" : "a whole number")
        }
        return Int(number)
    }

    func flag() throws(ShortFormFailure) -> Bool {
        guard case .bool(let flag) = value else { throw wanted("true or false") }
        return flag
    }

    func wanted(_ what: String) -> ShortFormFailure {
        let found =
            switch value {
            case .string(let text): "`\(text.prefix(40))`"
            case .number(let number): numberText(number)
            case .bool(let flag): "\(flag)"
            case .null: "nothing"
            case .array: "a list"
            case .object: "a mapping"
            }
        return failure("\(what) is wanted, found \(found)")
    }

    /// Refuses keys that nobody reads.
    func onlyKeys(_ keys: [String], _ what: String) throws(ShortFormFailure) {
        guard case .object(let object) = value else { throw wanted("a mapping") }
        for key in object.keys where !keys.contains(key) {
            let near = keys.map { ($0, editDistance($0, key)) }.min { $0.1 < $1.1 }
            throw ShortFormFailure(
                path: path + [.key(key)], message: "\(what) has no `\(key)`",
                hint: near.flatMap { $0.1 <= max(1, key.count / 3) ? "did you mean `\($0.0)`?" : nil })
        }
    }
}

/// Insertions, deletions and changes between two words.
private func editDistance(_ one: String, _ other: String) -> Int {
    let (left, right) = (Array(one), Array(other))
    var line = Array(0...right.count)
    for (row, character) in left.enumerated() {
        var before = line[0]
        line[0] = row + 1
        for column in right.indices {
            let kept = before + (character == right[column] ? 0 : 1)
            before = line[column + 1]
            line[column + 1] = min(kept, before + 1, line[column] + 1)
        }
    }
    return line[right.count]
}

struct ShortFormReader {
    private var panelCount = 0

    mutating func dashboard(_ node: ShortFormNode) throws(ShortFormFailure) -> JSONValue {
        try node.onlyKeys(ShortForm.dashboard.map(\.name) + ShortForm.dashboardParts, "a dashboard")
        var result = JSONValue.object(JSONObject())
        try Self.read(ShortForm.dashboard, node, into: &result)
        result.set(["schemaVersion"], .number(39))
        if let time = node["time"] { result.set(["time"], try Self.time(time)) }
        if let list = node["variables"] {
            var variables: [JSONValue] = []
            for item in try list.items() { variables.append(try Self.variable(item)) }
            result.set(["templating", "list"], .array(variables))
        }
        if let list = node["annotations"] {
            var annotations: [JSONValue] = []
            for item in try list.items() { annotations.append(try Self.annotation(item)) }
            result.set(["annotations", "list"], .array(annotations))
        }
        if let links = node["links"] { result.set(["links"], try Self.links(links, isDashboard: true)) }
        var panels: [JSONValue] = []
        var y = 0
        if let list = node["panels"] { panels += try flow(list, y: &y) }
        if let list = node["rows"] {
            for item in try list.items() { panels += try row(item, y: &y) }
        }
        result.set(["panels"], .array(panels))
        try Self.addRest(node, to: &result)
        return result
    }

    /// What the short form has no word for, as Grafana writes it.
    static func addRest(_ node: ShortFormNode, to result: inout JSONValue) throws(ShortFormFailure) {
        guard let rest = node["grafana"] else { return }
        guard case .object = rest.value else { throw rest.wanted("a mapping") }
        result.merge(rest.value)
    }

    // MARK: Tables

    /// Every word of a table that the node has, at its place in Grafana's JSON.
    static func read(
        _ keys: [ShortFormKey], _ node: ShortFormNode, below prefix: [String] = [], into result: inout JSONValue
    ) throws(ShortFormFailure) {
        for key in keys {
            guard let found = node[key.name] else { continue }
            result.set(prefix + key.path, try value(found, key.kind))
        }
    }

    static func value(_ node: ShortFormNode, _ kind: ShortFormKey.Kind) throws(ShortFormFailure) -> JSONValue {
        switch kind {
        case .text: return .string(try node.text())
        case .number: return .number(try node.number())
        case .whole: return .number(Double(try node.whole()))
        case .flag: return .bool(try node.flag())
        case .texts: return .array(try node.texts().map { .string($0) })
        case .word(let words):
            let text = try node.text()
            guard let found = words.first(where: { $0.word == text }) else {
                throw node.failure(
                    "`\(text.prefix(40))` is none of " + words.map(\.word).joined(separator: ", "))
            }
            return found.value
        }
    }

    // MARK: Parts of a dashboard

    /// `1h` is the last hour; a mapping has both ends.
    private static func time(_ node: ShortFormNode) throws(ShortFormFailure) -> JSONValue {
        var result = JSONValue.object(JSONObject())
        if case .object = node.value {
            try node.onlyKeys(["from", "to"], "time")
            for key in ["from", "to"] {
                result.set([key], .string(try node[key]?.text() ?? (key == "to" ? "now" : "now-6h")))
            }
        } else {
            result.set(["from"], .string("now-" + (try node.text())))
            result.set(["to"], .string("now"))
        }
        return result
    }

    private static func variable(_ node: ShortFormNode) throws(ShortFormFailure) -> JSONValue {
        let types = ShortForm.variableTypes.map(\.word)
        try node.onlyKeys(ShortForm.variable.map(\.name) + types + ["value", "grafana"], "a variable")
        guard node["name"] != nil else { throw node.failure("a variable without `name`") }
        let kinds = ShortForm.variableTypes.filter { node[$0.word] != nil }
        guard kinds.count == 1, let kind = kinds.first, let content = node[kind.word] else {
            // A type that has no word here may stand as Grafana writes it.
            if kinds.isEmpty, node["grafana"]?["type"] != nil {
                var result = JSONValue.object(JSONObject())
                try read(ShortForm.variable, node, into: &result)
                try addRest(node, to: &result)
                return result
            }
            throw node.failure("a variable has one of " + types.joined(separator: ", "))
        }
        var result = JSONValue.object(JSONObject())
        result.set(["type"], .string(kind.type))
        try read(ShortForm.variable, node, into: &result)
        if kind.type == "custom" || kind.type == "interval" {
            let texts = try content.texts()
            // A comma within one of several values is no end of it.
            let isList = if case .array = content.value { true } else { false }
            result.set(
                ["query"],
                .string(texts.map { isList ? escapingCommas($0) : $0 }.joined(separator: isList ? ", " : "")))
        } else if kind.type != "adhoc" {
            result.set(["query"], .string(try content.text()))
        } else {
            _ = try content.flag()
        }
        if let value = node["value"] {
            let texts = try value.texts()
            let chosen = texts.map { $0 == "All" ? "$__all" : $0 }
            func one(_ list: [String]) -> JSONValue {
                if case .array = value.value { return .array(list.map { .string($0) }) }
                return .string(list.first ?? "")
            }
            result.set(["current", "text"], one(texts))
            result.set(["current", "value"], one(chosen))
        }
        try addRest(node, to: &result)
        return result
    }

    private static func escapingCommas(_ text: String) -> String {
        text.split(separator: ",", omittingEmptySubsequences: false).joined(separator: "\\,")
    }

    private static func annotation(_ node: ShortFormNode) throws(ShortFormFailure) -> JSONValue {
        try node.onlyKeys(["name", "query", "color", "on", "grafana"], "an annotation")
        guard node["query"] != nil || node["grafana"] != nil else {
            throw node.failure("an annotation without `query`")
        }
        var result = JSONValue.object(JSONObject())
        result.set(["name"], .string(try node["name"]?.text() ?? ""))
        if let query = node["query"] { result.set(["expr"], .string(try query.text())) }
        if let color = node["color"] { result.set(["iconColor"], .string(try color.text())) }
        result.set(["enable"], .bool(try node["on"]?.flag() ?? true))
        try addRest(node, to: &result)
        return result
    }

    static func links(_ node: ShortFormNode, isDashboard: Bool = false) throws(ShortFormFailure) -> JSONValue {
        var links: [JSONValue] = []
        for item in try node.items() {
            try item.onlyKeys(["title", "url", "grafana"], "a link")
            var link = JSONValue.object(JSONObject())
            if isDashboard { link.set(["type"], .string("link")) }
            link.set(["title"], .string(try item["title"]?.text() ?? ""))
            link.set(["url"], .string(try item["url"]?.text() ?? ""))
            try addRest(item, to: &link)
            links.append(link)
        }
        return .array(links)
    }

    // MARK: Layout

    private mutating func row(_ node: ShortFormNode, y: inout Int) throws(ShortFormFailure) -> [JSONValue] {
        try node.onlyKeys(ShortForm.rowParts, "a row")
        if node["title"] == nil, node["collapsed"] == nil, node["repeat"] == nil, node["grafana"] == nil {
            // Without a heading: panels below a closed row that are none of its own.
            return try node["panels"].map { list throws(ShortFormFailure) in try flow(list, y: &y) } ?? []
        }
        var row = JSONValue.object(JSONObject())
        row.set(["id"], .number(Double(nextID())))
        row.set(["type"], .string("row"))
        row.set(["title"], .string(try node["title"]?.text() ?? ""))
        let isCollapsed = try node["collapsed"]?.flag() ?? false
        row.set(["collapsed"], .bool(isCollapsed))
        if let variable = node["repeat"] { row.set(["repeat"], .string(try variable.text())) }
        row.set(["gridPos"], Self.position(x: 0, y: y, width: 24, height: 1))
        y += 1
        let children = try node["panels"].map { list throws(ShortFormFailure) in try flow(list, y: &y) } ?? []
        row.set(["panels"], .array(isCollapsed ? children : []))
        try Self.addRest(node, to: &row)
        return isCollapsed ? [row] : [row] + children
    }

    private mutating func nextID() -> Int {
        panelCount += 1
        return panelCount
    }

    /// Panels from left to right, a new line where the next one does not fit; `x` and `y` within the row begin anew.
    private mutating func flow(_ list: ShortFormNode, y: inout Int) throws(ShortFormFailure) -> [JSONValue] {
        var panels: [JSONValue] = []
        var pen = ShortFormPen()
        for item in try list.items() {
            guard panelCount < ShortForm.panelsMost else {
                throw item.failure("more than \(ShortForm.panelsMost) panels")
            }
            var panel = try ShortFormPanel.panel(item)
            let size = ShortForm.size(panel["type"]?.looseString ?? "")
            let width = min(24, try item["width"]?.whole(atLeast: 1) ?? size.width)
            let height = try item["height"]?.whole(atLeast: 1) ?? size.height
            let place = pen.place(
                width: width, height: height, x: try item["x"]?.whole(), y: try item["y"]?.whole())
            let number = nextID()
            if panel["id"] == nil { panel.set(["id"], .number(Double(number))) }
            panel.set(["gridPos"], Self.position(x: place.x, y: y + place.y, width: width, height: height))
            panels.append(panel)
        }
        y += pen.bottom
        return panels
    }

    static func position(x: Int, y: Int, width: Int, height: Int) -> JSONValue {
        var position = JSONValue.object(JSONObject())
        for (key, value) in [("x", x), ("y", y), ("w", width), ("h", height)] {
            position.set([key], .number(Double(value)))
        }
        return position
    }
}

/// Where the next panel goes: the reader puts it there, the writer leaves out what comes out anyway.
struct ShortFormPen {
    private var x = 0
    private var y = 0
    private var lineHeight = 0
    private(set) var bottom = 0

    mutating func place(width: Int, height: Int, x wantedX: Int? = nil, y wantedY: Int? = nil) -> (x: Int, y: Int) {
        if x + width > 24 {
            y += lineHeight
            x = 0
            lineHeight = 0
        }
        let place = (x: wantedX ?? x, y: wantedY ?? y)
        if place.y != y { lineHeight = 0 }
        x = place.x + width
        y = place.y
        lineHeight = max(lineHeight, height)
        bottom = max(bottom, place.y + height)
        return place
    }
}
