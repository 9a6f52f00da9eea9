// One panel of the short form to Grafana's JSON.
// Part of ShortFormReader; ShortFormWriter goes the other way.

enum ShortFormPanel {
    static func panel(_ node: ShortFormNode) throws(ShortFormFailure) -> JSONValue {
        let keys = ShortForm.panel.map(\.name) + ShortForm.field.map(\.name) + ShortForm.panelParts
        try node.onlyKeys(keys, "a panel")
        var panel = JSONValue.object(JSONObject())
        panel.set(["type"], .string(try node["type"]?.text() ?? "timeseries"))
        panel.set(["title"], .string(try node["title"]?.text() ?? ""))
        // `width` means the panel here, `interval` the panel and no query.
        try ShortFormReader.read(ShortForm.panel.filter { $0.name != "type" && $0.name != "title" }, node, into: &panel)
        let defaults = ["fieldConfig", "defaults"]
        try ShortFormReader.read(
            ShortForm.field.filter { $0.name != "width" }, node, below: defaults, into: &panel)
        for (id, value) in try special(node) { panel.set(defaults + id.split(separator: ".").map(String.init), value) }
        if let list = node["overrides"] {
            var overrides: [JSONValue] = []
            for item in try list.items() { overrides.append(try override(item)) }
            panel.set(["fieldConfig", "overrides"], .array(overrides))
        }
        let targets = try targets(node)
        if !targets.isEmpty { panel.set(["targets"], .array(targets)) }
        if let steps = node["transform"] { panel.set(["transformations"], .array(try transformations(steps))) }
        if let sort = node["sort"] {
            let text = try sort.text()
            var rule = JSONValue.object(JSONObject())
            rule.set(["displayName"], .string(text.hasPrefix("-") ? String(text.dropFirst()) : text))
            rule.set(["desc"], .bool(text.hasPrefix("-")))
            panel.set(["options", "sortBy"], .array([rule]))
        }
        if let links = node["links"] { panel.set(["links"], try ShortFormReader.links(links)) }
        try ShortFormReader.addRest(node, to: &panel)
        return panel
    }

    // MARK: Queries

    private static func targets(_ node: ShortFormNode) throws(ShortFormFailure) -> [JSONValue] {
        if let list = node["queries"] {
            guard node["query"] == nil else { throw node.failure("a panel has `query` or `queries`, not both") }
            var targets: [JSONValue] = []
            for (place, item) in try list.items().enumerated() { targets.append(try target(item, place)) }
            return targets
        }
        guard node["query"] != nil else { return [] }
        var target = JSONValue.object(JSONObject())
        target.set(["refId"], .string("A"))
        let own = ShortForm.target.filter { ["query", "legend", "instant", "format"].contains($0.name) }
        try ShortFormReader.read(own, node, into: &target)
        return [target]
    }

    private static func target(_ item: ShortFormNode, _ place: Int) throws(ShortFormFailure) -> JSONValue {
        var target = JSONValue.object(JSONObject())
        target.set(["refId"], .string(letter(place)))
        guard case .object = item.value else {
            target.set(["expr"], .string(try item.text()))
            return target
        }
        try item.onlyKeys(ShortForm.target.map(\.name) + ["grafana"], "a query")
        guard item["query"] != nil || item["grafana"] != nil else { throw item.failure("a query without `query`") }
        try ShortFormReader.read(ShortForm.target, item, into: &target)
        try ShortFormReader.addRest(item, to: &target)
        return target
    }

    static func letter(_ place: Int) -> String {
        place < 26 ? String(UnicodeScalar(UInt8(ascii: "A") + UInt8(place))) : "A\(place - 25)"
    }

    private static func transformations(_ node: ShortFormNode) throws(ShortFormFailure) -> [JSONValue] {
        var steps: [JSONValue] = []
        for item in try node.items() {
            var step = JSONValue.object(JSONObject())
            if case .object(let object) = item.value {
                if object["id"] != nil {
                    // As Grafana writes it: with a filter, or switched off.
                    steps.append(item.value)
                    continue
                }
                guard object.keys.count == 1, let id = object.keys.first else {
                    throw item.failure("a transformation is one name with its options")
                }
                step.set(["id"], .string(id))
                step.set(["options"], object[id].flatMap { $0 == .null ? nil : $0 } ?? .object(JSONObject()))
            } else {
                step.set(["id"], .string(try item.text()))
                step.set(["options"], .object(JSONObject()))
            }
            steps.append(step)
        }
        return steps
    }

    // MARK: Fields

    private static func override(_ node: ShortFormNode) throws(ShortFormFailure) -> JSONValue {
        try node.onlyKeys(ShortForm.field.map(\.name) + ShortForm.overrideParts, "an override")
        guard let match = node["match"] else { throw node.failure("an override without `match`") }
        try match.onlyKeys(ShortForm.matchers.map(\.word) + ["id", "options"], "match")
        if let id = match["id"] {
            return try override(node, id: try id.text(), options: match["options"]?.value ?? .null)
        }
        let found = ShortForm.matchers.filter { match[$0.word] != nil }
        guard found.count == 1, let matcher = found.first, let options = match[matcher.word] else {
            throw match.failure("match has one of " + ShortForm.matchers.map(\.word).joined(separator: ", "))
        }
        return try override(node, id: matcher.id, options: .string(try options.text()))
    }

    private static func override(
        _ node: ShortFormNode, id: String, options: JSONValue
    ) throws(ShortFormFailure) -> JSONValue {
        var result = JSONValue.object(JSONObject())
        result.set(["matcher", "id"], .string(id))
        result.set(["matcher", "options"], options)
        var properties: [JSONValue] = []
        func add(_ id: String, _ value: JSONValue) {
            var property = JSONValue.object(JSONObject())
            property.set(["id"], .string(id))
            property.set(["value"], value)
            properties.append(property)
        }
        for key in ShortForm.field {
            guard let value = node[key.name] else { continue }
            add(key.path.joined(separator: "."), try ShortFormReader.value(value, key.kind))
        }
        for (id, value) in try special(node) { add(id, value) }
        if let links = node["links"] { add("links", try ShortFormReader.links(links)) }
        if let rest = node["grafana"] {
            guard case .object(let object) = rest.value else { throw rest.wanted("a mapping") }
            for (id, value) in zip(object.keys, object.values) { add(id, value) }
        }
        result.set(["properties"], .array(properties))
        return result
    }

    /// Field settings that are more than a value at a place: ids and values.
    private static func special(_ node: ShortFormNode) throws(ShortFormFailure) -> [(id: String, value: JSONValue)] {
        var found: [(id: String, value: JSONValue)] = []
        if let color = node["color"] { found.append(("color", Self.color(try color.text()))) }
        for (word, mode) in [("thresholds", "absolute"), ("percent_thresholds", "percentage")] {
            if let list = node[word] { found.append(("thresholds", try thresholds(list, mode))) }
        }
        if let map = node["mappings"] { found.append(("mappings", try mappings(map))) }
        if let stack = node["stack"] {
            var value = JSONValue.object(JSONObject())
            value.set(["mode"], try oneOf(ShortForm.stackings, stack))
            value.set(["group"], .string("A"))
            found.append(("custom.stacking", value))
        }
        if let log = node["log"] {
            var value = JSONValue.object(JSONObject())
            value.set(["type"], .string("log"))
            value.set(["log"], .number(Double(try log.whole(atLeast: 2))))
            found.append(("custom.scaleDistribution", value))
        }
        for (word, id, key, words) in [
            ("threshold_style", "custom.thresholdsStyle", "mode", ShortForm.thresholdStyles),
            ("dash", "custom.lineStyle", "fill", ShortForm.dashes),
        ] {
            guard let style = node[word] else { continue }
            found.append((id, .object(GrafanaImport.object(key, try oneOf(words, style)))))
        }
        return found
    }

    private static func oneOf(_ words: [String], _ node: ShortFormNode) throws(ShortFormFailure) -> JSONValue {
        try ShortFormReader.value(node, .word(words.map { ($0, .string($0)) }))
    }

    /// A mode's name, or a colour that every series then has.
    private static func color(_ text: String) -> JSONValue {
        var value = JSONValue.object(JSONObject())
        if Compatibility.row(.colorMode, text) != nil, text != "fixed" {
            value.set(["mode"], .string(text))
        } else {
            value.set(["mode"], .string("fixed"))
            value.set(["fixedColor"], .string(text))
        }
        return value
    }

    /// `green`, then `70 orange`: a value from which on the colour holds.
    private static func thresholds(_ node: ShortFormNode, _ mode: String) throws(ShortFormFailure) -> JSONValue {
        var steps: [JSONValue] = []
        for (place, item) in try node.items().enumerated() {
            let text = try item.text().trimmingSpaces
            var step = JSONValue.object(JSONObject())
            if place == 0 {
                step.set(["color"], .string(text))
                step.set(["value"], .null)
            } else {
                let words = text.split(separator: " ", maxSplits: 1)
                guard words.count == 2, let value = Double(words[0]), value.isFinite else {
                    throw item.failure("a number and a colour are wanted, found `\(text.prefix(40))`")
                }
                step.set(["color"], .string(words[1].trimmingSpaces))
                step.set(["value"], .number(value))
            }
            steps.append(step)
        }
        var value = JSONValue.object(JSONObject())
        value.set(["mode"], .string(mode))
        value.set(["steps"], .array(steps))
        return value
    }

    /// `0: Down`, or `0: {text: Down, color: red}`.
    private static func mappings(_ node: ShortFormNode) throws(ShortFormFailure) -> JSONValue {
        guard case .object(let object) = node.value else { throw node.wanted("a mapping") }
        var options = JSONValue.object(JSONObject())
        for (place, key) in object.keys.enumerated() {
            guard let item = node[key] else { continue }
            var result = JSONValue.object(JSONObject())
            if case .object = item.value {
                try item.onlyKeys(["text", "color"], "a mapping's result")
                for word in ["text", "color"] {
                    if let found = item[word] { result.set([word], .string(try found.text())) }
                }
            } else {
                result.set(["text"], .string(try item.text()))
            }
            result.set(["index"], .number(Double(place)))
            options.set([key], result)
        }
        var mapping = JSONValue.object(JSONObject())
        mapping.set(["type"], .string("value"))
        mapping.set(["options"], options)
        return .array([mapping])
    }
}
