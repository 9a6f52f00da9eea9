// Dashboards in YAML: places of mistakes, limits, and the examples of docs/dashboards.md, which must all be good ones.

import Dashboards
import Foundation
import Testing

@testable import FerulaConfiguration

@Suite struct ShortDashboardTests {
    @Test("a dashboard of five lines")
    func fiveLines() throws {
        let dashboard = try ShortDashboard.read(
            """
            title: Web
            panels:
              - title: Requests
                query: sum by (code) (rate(http_requests_total[$__rate_interval]))
                unit: reqps
            """, file: "web.yml")
        #expect(dashboard.title == "Web")
        #expect(dashboard.notices == [])
        #expect(dashboard.panels.map(\.title) == ["Requests"])
        #expect(
            dashboard.panels[0].targets.map(\.expression) == [
                "sum by (code) (rate(http_requests_total[$__rate_interval]))"
            ])
        #expect(dashboard.panels[0].fields.unit == "reqps")
    }

    @Test(
        "a mistake has its line and column",
        arguments: [
            ("", "d.yml: an empty file is no dashboard"),
            ("panels: [", "d.yml:2:1: not YAML: did not find expected node content while parsing a flow node"),
            ("title: a\npanles: []\n", "d.yml:2:1: a dashboard has no `panles`; did you mean `panels`?"),
            ("panels:\n  - query: up\n    filll: 3\n", "d.yml:3:5: a panel has no `filll`; did you mean `fill`?"),
            ("panels:\n  - query: up\n    fill: much\n", "d.yml:3:5: a number is wanted, found `much`"),
            (
                "panels:\n  - query: up\n    thresholds: [green, red]\n",
                "d.yml:3:25: a number and a colour are wanted, found `red`"
            ),
            ("panels:\n  - queries:\n      - legend: x\n", "d.yml:3:9: a query without `query`"),
            ("variables:\n  - query: x\npanels: []\n", "d.yml:2:5: a variable without `name`"),
            ("- a\n", "d.yml:1:1: a mapping is wanted, found a list"),
            ("? [a]\n: b\n", "d.yml:1:3: a field's name is wanted, found a list"),
            ("title: a\ntitle: b\n", "d.yml:1:1: field `title` stands twice in one mapping"),
        ])
    func mistakes(text: String, message: String) {
        let error = #expect(throws: ConfigurationFailure.self) { try ShortDashboard.read(text, file: "d.yml") }
        #expect(error?.description == message)
    }

    @Test("texts stay as they are written, numbers are numbers where one is wanted")
    func scalars() throws {
        let dashboard = try ShortDashboard.read(
            """
            title: 1.10
            panels:
              - title: 5
                query: 42
                max: 1e3
                decimals: "2"
                mappings: {1: yes, "2": 'no'}
            """, file: "d.yml")
        let panel = dashboard.panels[0]
        #expect(dashboard.title == "1.10")
        #expect(panel.title == "5")
        #expect(panel.targets[0].expression == "42")
        #expect(panel.fields.max == 1000)
        #expect(panel.fields.decimals == 2)
        #expect([1, 2].map { panel.fields.text(of: $0).description } == ["yes", "no"])
    }

    @Test("what anchors repeat is counted, to the limit and one past it; nesting too")
    func limits() throws {
        func nested(_ depth: Int) -> String {
            "grafana: " + String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: Never.self) { try ShortDashboard.values(nested(ShortDashboard.depthMax), file: "d.yml") }
        let deep = #expect(throws: ConfigurationFailure.self) {
            try ShortDashboard.values(nested(ShortDashboard.depthMax + 1), file: "d.yml")
        }
        #expect(deep?.message == "nested more than 100 deep")
        // Ten lists of ten of the one before: a few lines that would be ten thousand million values.
        var bomb = "a0: &a0 [x]\n"
        for level in 1...10 {
            bomb +=
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
                + "]\n"
        }
        let large = #expect(throws: ConfigurationFailure.self) { try ShortDashboard.values(bomb, file: "d.yml") }
        #expect(large?.message == "more than 200000 values")
        // A mapping, its list, and so many values in it.
        func list(_ count: Int) -> String { "a: [" + Array(repeating: "1", count: count).joined(separator: ",") + "]" }
        #expect(throws: Never.self) { try ShortDashboard.values(list(ShortDashboard.valuesMax - 2), file: "d.yml") }
        #expect(throws: ConfigurationFailure.self) {
            try ShortDashboard.values(list(ShortDashboard.valuesMax - 1), file: "d.yml")
        }
    }

    // MARK: What is written is read

    static func folder() -> String {
        var parts = "\(#filePath)".split(separator: "/")
        parts.removeLast(3)
        return "/" + parts.joined(separator: "/")
    }

    @Test(
        "texts of every kind come back from YAML",
        arguments: [
            "", " ", "a", "5", "1.10", "0x1f", "true", "no", "null", "~", "a: b", "a:", "- a", "#x", "a #b", "{{job}}",
            "[a]", "@x", "`x`", "%x", "!x",
            "&a", "*a", "|", ">", "'", "\"", "\\", "a\nb", "a\n", "\na", "a\n\n", "a\n  b\nc", "  a\nb", "\t", "\u{1}",
            "日本 🔥", "é", "\u{85}",
            "sum by (a) (rate(x{b=~\"c|d\"}[5m])) / 100", "a=b", "x, y", "2024-01-01", "12:30:45", "?", "? a", ":", "-",
            "--- a", "...", "=", "<<",
        ])
    func texts(text: String) throws {
        var value = JSONValue.object(JSONObject())
        value.set("title", .string(text))
        value.set("list", .array([.string(text), .string(text)]))
        value.set(text + "k", .string("v"))
        let yaml = ShortForm.yaml(value)
        #expect(try ShortDashboard.values(yaml, file: "d.yml") == value, "\(yaml)")
    }

    @Test("real dashboards come back from YAML as they went")
    func realDashboards() throws {
        let folders = ["/../shared/corpus/dashboards", "/../../shared/corpus/dashboards"].map { Self.folder() + $0 }
        // No folder means that there is nothing to test here.
        guard let folder = folders.first(where: { FileManager.default.fileExists(atPath: $0) }) else { return }
        for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() where name.hasSuffix(".json") {
            let bytes = try #require(FileManager.default.contents(atPath: folder + "/" + name))
            let short = try ShortForm.write(grafanaJSON: Array(bytes), fileName: name)
            let yaml = ShortForm.yaml(short)
            #expect(try ShortDashboard.values(yaml, file: name) == short, "\(name)")
            _ = try ShortDashboard.read(yaml, file: name)
        }
    }

    @Test("a byte order mark before the first word is no part of it")
    func byteOrderMark() throws {
        let dashboard = try ShortDashboard.read("\u{feff}title: T\npanels:\n  - query: up\n", file: "d.yml")
        #expect(dashboard.title == "T")
        let error = #expect(throws: ConfigurationFailure.self) {
            try ShortDashboard.read("\u{feff}tilte: T\npanels: []\n", file: "d.yml")
        }
        #expect("\(error.map { "\($0)" } ?? "")".hasPrefix("d.yml:1:1: a dashboard has no `tilte`"))
    }

    // MARK: Schema and examples

    static func schema() throws -> JSONValue {
        try ShortDashboard.values(
            String(
                decoding: try Data(contentsOf: URL(fileURLWithPath: folder() + "/docs/dashboard.schema.json")),
                as: UTF8.self),
            file: "dashboard.schema.json")
    }

    static func examples() throws -> [String] {
        let text = String(
            decoding: try Data(contentsOf: URL(fileURLWithPath: folder() + "/docs/dashboards.md")), as: UTF8.self)
        return text.components(separatedBy: "```yaml\n").dropFirst().compactMap {
            $0.components(separatedBy: "```").first
        }
    }

    @Test("the schema in docs is printed from the tables")
    func schemaFile() throws {
        let path = Self.folder() + "/docs/dashboard.schema.json"
        let text = ShortForm.json(ShortForm.schema())
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }

    @Test(
        "each example of the guide is valid by the schema, is read without a word, and survives the way there and back")
    func guide() throws {
        let schema = Validator(root: ShortForm.schema())
        let examples = try Self.examples()
        #expect(examples.count == 7)
        #expect(examples.first?.split(separator: "\n").count == 5)
        for example in examples {
            let value = try ShortDashboard.values(example, file: "example.yml")
            #expect(schema.faults(of: value) == [], "\(example)")
            let grafana = try ShortDashboard.expand(example, file: "example.yml")
            let dashboard = try Dashboard(grafana: grafana, fileName: "example.yml")
            #expect(dashboard.notices.map(\.description) == [], "\(example)")
            let again = try ShortForm.write(grafanaJSON: Array(ShortForm.json(grafana).utf8), fileName: "example.json")
            #expect(
                try ShortDashboard.expand(ShortForm.yaml(again), file: "again.yml") == grafana,
                "\(ShortForm.yaml(again))")
        }
    }

    @Test(
        "the schema refuses what the reader refuses",
        arguments: [
            "panles: []", "panels: {}", "panels: [{qery: up}]", "panels: [{query: [up]}]", "panels: [{max: low}]",
            "panels: [{gaps: 3}]",
            "panels: [{draw: lines}]", "panels: [{thresholds: green}]", "panels: [{overrides: [{unit: s}]}]",
            "variables: [{query: x}]",
            "time: {form: now}", "panels: [{queries: [{legends: x}]}]", "rows: [{name: x}]", "panels: [{log: 1}]",
        ])
    func refused(text: String) throws {
        #expect(throws: ConfigurationFailure.self) { try ShortDashboard.expand(text, file: "d.yml") }
        let faults = Validator(root: ShortForm.schema()).faults(of: try ShortDashboard.values(text, file: "d.yml"))
        #expect(faults.count == 1, "\(faults)")
    }
}

/// As much of JSON Schema as the printed one uses; a word beyond that is a fault of the schema.
struct Validator {
    let root: JSONValue

    func faults(of value: JSONValue) -> [String] { faults(of: value, by: root, at: "") }

    private func faults(of value: JSONValue, by schema: JSONValue, at path: String) -> [String] {
        guard case .object(let words) = schema else {
            return schema == .bool(true) ? [] : ["\(path): nothing may stand here"]
        }
        var faults: [String] = []
        for (word, rule) in zip(words.keys, words.values) {
            switch (word, rule) {
            case ("$ref", .string(let name)):
                let found = root["$defs"]?[String(name.dropFirst("#/$defs/".count))]
                faults += found.map { self.faults(of: value, by: $0, at: path) } ?? ["\(name) is not defined"]
            case ("type", .string(let type)): if !isA(value, type) { faults.append("\(path): no \(type)") }
            case ("type", .array(let types)):
                if !types.contains(where: { isA(value, $0.looseString ?? "") }) { faults.append("\(path): of no type") }
            case ("enum", .array(let values)):
                if !values.contains(value) { faults.append("\(path): none of the words") }
            case ("anyOf", .array(let choices)):
                let results = choices.map { self.faults(of: value, by: $0, at: path) }
                if !results.contains([]) {
                    faults.append(results.min { $0.count < $1.count }?.first ?? "\(path): no choice")
                }
            case ("minimum", .number(let least)):
                if case .number(let number) = value, number < least { faults.append("\(path): too small") }
            case ("minProperties", .number(let least)):
                if case .object(let object) = value, Double(object.keys.count) < least {
                    faults.append("\(path): empty")
                }
            case ("required", .array(let names)):
                for name in names where value[name.looseString ?? ""] == nil {
                    faults.append("\(path): without \(name)")
                }
            case ("items", _):
                guard case .array(let items) = value else { continue }
                for (place, item) in items.enumerated() {
                    faults += self.faults(of: item, by: rule, at: "\(path)[\(place)]")
                }
            case ("properties", .object(let rules)):
                for (name, inner) in zip(rules.keys, rules.values) {
                    if let found = value[name], found != .null {
                        faults += self.faults(of: found, by: inner, at: "\(path).\(name)")
                    }
                }
            case ("additionalProperties", _):
                guard case .object(let object) = value else { continue }
                for (name, inner) in zip(object.keys, object.values) where schema["properties"]?[name] == nil {
                    faults += self.faults(of: inner, by: rule, at: "\(path).\(name)")
                }
            case ("$schema", _), ("$defs", _), ("title", _), ("description", _): break
            default: faults.append("the schema says \(word)")
            }
        }
        return faults
    }

    private func isA(_ value: JSONValue, _ type: String) -> Bool {
        switch (type, value) {
        case ("object", .object), ("array", .array), ("string", .string), ("number", .number), ("boolean", .bool): true
        case ("integer", .number(let number)): number == number.rounded()
        default: false
        }
    }
}
