// The JSON Schema of the short form, for editors: printed from the tables that the reader reads by.
// docs/dashboard.schema.json is its text; a test holds the two together, and the written examples to both.

extension ShortForm {
    /// JSON Schema, draft 2020-12.
    package static func schema() -> JSONValue {
        var root = object(dashboard, "Dashboard in Ferula's short form", parts: dashboardParts)
        root.set(["$schema"], .string("https://json-schema.org/draft/2020-12/schema"))
        func part(_ name: String, _ value: JSONValue) { root.set(["properties", name], value) }
        part(
            "time",
            either([type("string"), closed(["from": type("string"), "to": type("string")], order: ["from", "to"])]))
        for name in ["variable", "panel", "row", "annotation", "link", "override", "query"] {
            root.set(["$defs", name], definition(name))
        }
        part("variables", list("variable"))
        part("panels", list("panel"))
        part("rows", list("row"))
        part("annotations", list("annotation"))
        part("links", list("link"))
        return root
    }

    private static func definition(_ name: String) -> JSONValue {
        var result: JSONValue
        switch name {
        case "variable":
            result = object(variable, "What $name stands for", parts: ["grafana"])
            for (word, type) in variableTypes {
                let isList = type == "custom" || type == "interval"
                result.set(["properties", word], type == "adhoc" ? self.type("boolean") : isList ? texts : text)
            }
            result.set(["properties", "value"], texts)
            result.set(["required"], .array([.string("name")]))
        case "query":
            var inner = object(target, "One query of several", parts: ["grafana"])
            inner.set(["properties", "query", "type"], .string("string"))
            result = either([type("string"), inner])
        case "panel":
            result = object(panel + field.filter { $0.name != "width" }, "A panel", parts: panelParts)
            for (word, value) in fieldParts { result.set(["properties", word], value) }
            for word in ["query", "legend"] { result.set(["properties", word], text) }
            result.set(["properties", "format"], value(of: target.first { $0.name == "format" }))
            result.set(["properties", "instant"], type("boolean"))
            result.set(["properties", "queries"], list("query"))
            for word in ["width", "height", "x", "y"] { result.set(["properties", word], type("integer")) }
            result.set(["properties", "overrides"], list("override"))
            result.set(["properties", "transform"], array(either([type("string"), type("object")])))
            result.set(["properties", "sort"], text)
        case "override":
            result = object(field, "Other settings for some series", parts: overrideParts)
            for (word, value) in fieldParts { result.set(["properties", word], value) }
            var match = JSONValue.object(JSONObject())
            match.set(["type"], .string("object"))
            for (word, _) in matchers { match.set(["properties", word], text) }
            match.set(["properties", "id"], text)
            match.set(["properties", "options"], .bool(true))
            match.set(["additionalProperties"], .bool(false))
            match.set(["minProperties"], .number(1))
            result.set(["properties", "match"], match)
            result.set(["required"], .array([.string("match")]))
        case "row":
            result = closed(
                [
                    "title": text, "collapsed": type("boolean"), "repeat": text, "panels": list("panel"),
                    "grafana": type("object"),
                ],
                order: rowParts)
        case "annotation":
            result = closed(
                ["name": text, "query": text, "color": text, "on": type("boolean"), "grafana": type("object")],
                order: ["name", "query", "color", "on", "grafana"])
        default:
            result = closed(
                ["title": text, "url": text, "grafana": type("object")], order: ["title", "url", "grafana"])
        }
        return result
    }

    /// Settings of a panel and of an override that are more than a value at a place.
    private static var fieldParts: [(String, JSONValue)] {
        var mapping = type("object")
        mapping.set(
            ["additionalProperties"], either([text, closed(["text": text, "color": text], order: ["text", "color"])]))
        func oneOf(_ words: [String]) -> JSONValue {
            .object(GrafanaImport.object("enum", .array(words.map { .string($0) })))
        }
        var log = type("integer")
        log.set(["minimum"], .number(2))
        return [
            ("color", type("string")), ("thresholds", array(type("string"))),
            ("percent_thresholds", array(type("string"))), ("mappings", mapping),
            ("stack", oneOf(stackings)), ("log", log), ("threshold_style", oneOf(thresholdStyles)),
            ("dash", oneOf(dashes)), ("links", list("link")),
        ]
    }

    // MARK: Pieces

    private static func type(_ name: String) -> JSONValue { .object(GrafanaImport.object("type", .string(name))) }
    /// A text; YAML takes `title: 5` for a number, which is as good.
    private static var text: JSONValue {
        .object(GrafanaImport.object("type", .array([.string("string"), .string("number"), .string("boolean")])))
    }
    private static var texts: JSONValue { either([text, array(text)]) }
    private static func array(_ items: JSONValue) -> JSONValue {
        var result = type("array")
        result.set(["items"], items)
        return result
    }
    private static func list(_ name: String) -> JSONValue {
        array(.object(GrafanaImport.object("$ref", .string("#/$defs/\(name)"))))
    }
    private static func either(_ choices: [JSONValue]) -> JSONValue {
        .object(GrafanaImport.object("anyOf", .array(choices)))
    }

    private static func closed(_ properties: [String: JSONValue], order: [String]) -> JSONValue {
        var result = type("object")
        for name in order { result.set(["properties", name], properties[name] ?? .bool(true)) }
        result.set(["additionalProperties"], .bool(false))
        return result
    }

    private static func object(_ keys: [ShortFormKey], _ title: String, parts: [String]) -> JSONValue {
        var result = JSONValue.object(JSONObject())
        result.set(["title"], .string(title))
        result.set(["type"], .string("object"))
        for key in keys {
            var found = value(of: key)
            found.set(["description"], .string(key.help))
            result.set(["properties", key.name], found)
        }
        for part in parts where result.at(["properties", part]) == nil {
            result.set(["properties", part], part == "grafana" ? type("object") : .bool(true))
        }
        result.set(["additionalProperties"], .bool(false))
        return result
    }

    private static func value(of key: ShortFormKey?) -> JSONValue {
        switch key?.kind {
        case .text: return text
        case .number: return type("number")
        case .whole:
            var result = type("integer")
            result.set(["minimum"], .number(0))
            return result
        case .flag: return type("boolean")
        case .texts: return texts
        case .word(let words):
            return .object(GrafanaImport.object("enum", .array(words.map { .string($0.word) })))
        case nil: return .bool(true)
        }
    }
}
