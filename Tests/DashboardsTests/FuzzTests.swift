// Any bytes into the importer, and real dashboards with their types shuffled: errors and notices, never a trap.
// FUZZ_SEED and FUZZ_ROUNDS in the environment repeat or lengthen a run.

import MetricModel
import Querying
import Testing

@testable import Dashboards

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

@Suite struct FuzzTests {
    static func number(_ name: String, _ fallback: UInt64) -> UInt64 {
        getenv(name).flatMap { UInt64(String(cString: $0)) } ?? fallback
    }

    /// Loads, plans and builds with whatever came out.
    static func exercise(_ bytes: [UInt8], _ random: inout SeededGenerator) {
        // Being refused is one of the good ends here.
        guard let dashboard = try? Dashboard(grafanaJSON: bytes, fileName: "fuzz.json") else { return }
        // What is written in the short form must read back; schema v2 is refused.
        if let short = try? ShortForm.write(grafanaJSON: bytes, fileName: "fuzz.json") {
            _ = ShortForm.yaml(short)
            do {
                _ = try Dashboard(grafana: try ShortForm.expand(short), fileName: "fuzz.json")
            } catch {
                Issue.record("\(error) of \(String(decoding: bytes, as: UTF8.self))")
            }
        }
        let now = Timestamp(milliseconds: 1_700_000_000_000)
        let range = TimeRange(from: dashboard.timeFrom, to: dashboard.timeTo, now: now)
        let context = VariableContext(dashboard: dashboard, range: range)
        for placed in GridLayout.place(dashboard.panels, variables: context).prefix(60) {
            let panel = placed.panel
            let plan = PanelQueryPlan(
                panel: panel, range: range, widthColumns: Int.random(in: 0...200, using: &random),
                scrapeInterval: .seconds(1), variables: context)
            var results: [String: Result<QueryResult, QueryFailure>] = [:]
            for query in plan.queries {
                let values = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                    [0, 1, -1, .nan, .infinity, 1e300, -1e-300].randomElement(using: &random) ?? 0
                }
                let series = Series(
                    labels: ["job": "a", "x": "y"], timestamps: values.indices.map { now + .seconds(Int64($0)) },
                    samples: .floats(values))
                results[query.refID] = .success(QueryResult(value: .matrix([series, series])))
            }
            let data = PanelDataBuilder.build(panel: panel, plan: plan, results: results)
            guard case .fields(let fields) = data.content else { continue }
            for field in fields {
                for value in field.values { _ = field.configuration.text(of: value) }
                _ = UnitFormatter.axisLabels(
                    [-1, 0, 1e9], unit: field.configuration.unit, decimals: field.configuration.decimals)
            }
        }
    }

    @Test("any bytes are refused or loaded")
    func bytes() {
        let seed = Self.number("FUZZ_SEED", 1)
        var random = SeededGenerator(state: seed)
        let pieces = [
            "{", "}", "[", "]", ",", ":", "\"panels\"", "\"rows\"", "\"a\"", "1", "-", "e5", "null", "\\u12", "\"",
            "\u{fe}", " ",
        ]
        for _ in 0..<Self.number("FUZZ_ROUNDS", 2000) {
            var text: [UInt8] = []
            for _ in 0..<Int.random(in: 0...40, using: &random) {
                text += Array((pieces.randomElement(using: &random) ?? "").utf8)
                if Int.random(in: 0..<20, using: &random) == 0 {
                    text.append(UInt8.random(in: 0...255, using: &random))
                }
            }
            Self.exercise(text, &random)
        }
    }

    @Test("a real dashboard with values of other types in it still loads")
    func shuffledTypes() throws {
        let seed = Self.number("FUZZ_SEED", 1)
        var random = SeededGenerator(state: seed)
        var documents = [try #require(Files.read(Files.path("dashboards/host.json")))]
        documents += Files.corpus.map(\.bytes).filter { $0.count < 60_000 }.prefix(10)
        for bytes in documents {
            let value = try JSONReader.read(bytes, fileName: "")
            for _ in 0..<max(3, Self.number("FUZZ_ROUNDS", 60) / 20) {
                let changed = Self.mutated(value, &random)
                Self.exercise(Array(Self.text(changed).utf8), &random)
            }
        }
    }

    @Test("a document of each thing that can be said, with fields missing, of other types, or nested deep, still loads")
    func everyFeature() throws {
        let seed = Self.number("FUZZ_SEED", 1)
        var random = SeededGenerator(state: seed)
        let documents = try CompatibilityTests.cases.map { test in
            try CompatibilityTests.document(test, try CompatibilityTests.sample(test))
        }
        for _ in 0..<max(1, Self.number("FUZZ_ROUNDS", 2000) / 2000) {
            for document in documents {
                Self.exercise(Array(Self.text(Self.mutated(document, &random, odds: 8)).utf8), &random)
            }
        }
    }

    @Test("any values into the short form are refused in words or expanded")
    func shortForm() {
        let seed = Self.number("FUZZ_SEED", 1)
        var random = SeededGenerator(state: seed)
        let words =
            ShortForm.dashboard.map(\.name) + ShortForm.panel.map(\.name) + ShortForm.field.map(\.name)
            + ShortForm.target.map(\.name) + ShortForm.variable.map(\.name) + ShortForm.panelParts
            + ShortForm.dashboardParts + ShortForm.rowParts + ShortForm.overrideParts + ["values", "match"]
        func value(_ depth: Int) -> JSONValue {
            switch Int.random(in: 0..<(depth > 4 ? 4 : 8), using: &random) {
            case 0: return .string(["x", "", "green", "5 red", "up", "All", "1h"].randomElement(using: &random) ?? "")
            case 1: return .number([0, 1, -1, 1e300, 0.5].randomElement(using: &random) ?? 0)
            case 2: return .bool(.random(using: &random))
            case 3: return .null
            case 4, 5: return .array((0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth + 1) })
            default:
                var object = JSONObject()
                for _ in 0..<Int.random(in: 0...4, using: &random) {
                    object.keys.append(words.randomElement(using: &random) ?? "title")
                    object.values.append(value(depth + 1))
                }
                return .object(object)
            }
        }
        var expanded = 0
        for _ in 0..<Self.number("FUZZ_ROUNDS", 2000) {
            var document = value(0)
            if case .object = document {} else { document = .object(JSONObject(["panels": document])) }
            // Being refused is what happens to most.
            guard let json = try? ShortForm.expand(document) else { continue }
            expanded += 1
            Self.exercise(Array(Self.text(json).utf8), &random)
        }
        #expect(expanded > 0)
    }

    @Test("any text into patterns, templates, times and units")
    func texts() {
        var random = SeededGenerator(state: Self.number("FUZZ_SEED", 1))
        let pieces = [
            "${", "}", "$", "[[", "]]", "a", ":", ".", "{{", "}}", "now", "-", "/", "1", "d", "é", "\"", "(", "\\",
            "si:", "%", "__field", "__data.fields", "[\"a\"]", "json", "lucene", "date", "join", "customqueryparam",
            "/d/", "?var-a=", "&", "=", "%4", "#", "?",
        ]
        var context = InterpolationTests.context
        context.datum = LinkDatum(name: "n", labels: ["a": "b"], value: .nan, cells: [("a", "c")])
        for _ in 0..<Self.number("FUZZ_ROUNDS", 2000) {
            let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }
            .joined()
            _ = context.interpolate(text, .query)
            var link = DashboardLink(title: text, url: text)
            link.keepsTime = true
            for choice in link.choices(context, library: []) { _ = choice.address?.variables }
            _ = FieldNaming.replaceLabels(text, ["a": "b"])
            _ = VariableQuery(parsing: text)
            _ = VariableResolver.custom(text)
            _ = RGB.named(text)
            // Most of these are no times.
            _ = try? TimeExpression.parse(text, now: Timestamp(milliseconds: 0))
            for value in [0, -1.5, 1e308, -1e-308, .nan, .infinity] { _ = UnitFormatter.format(value, unit: text) }
        }
        for unit in UnitCatalog.styles.keys {
            for value in [0, 1, -1, 0.1, 1e300, -1e300, 1e-300, .greatestFiniteMagnitude, .nan, -.infinity] {
                for decimals in [nil, 0, 3, 30] as [Int?] {
                    _ = UnitFormatter.format(value, unit: unit, decimals: decimals)
                }
            }
        }
    }

    /// Some values of other types, some fields gone, some nested deep; one in `odds` changes.
    private static func mutated(_ value: JSONValue, _ random: inout SeededGenerator, odds: Int = 60) -> JSONValue {
        if Int.random(in: 0..<odds, using: &random) == 0 {
            let others: [JSONValue] = [
                .null, .bool(true), .number(-1), .number(1e300), .number(0.5), .string(""), .string("x"), .string("$a"),
                .array([]), .array([.null]), .object(JSONObject()), .array([value, value]),
                .object(JSONObject(["a": value])),
                (0..<Int.random(in: 1...150, using: &random)).reduce(value) { inner, _ in .array([inner]) },
            ]
            return others.randomElement(using: &random) ?? .null
        }
        switch value {
        case .array(let elements): return .array(elements.map { mutated($0, &random, odds: odds) })
        case .object(var object):
            if !object.keys.isEmpty, Int.random(in: 0..<odds, using: &random) == 0 {
                let gone = Int.random(in: 0..<object.keys.count, using: &random)
                object.keys.remove(at: gone)
                object.values.remove(at: gone)
            }
            object.values = object.values.map { mutated($0, &random, odds: odds) }
            return .object(object)
        default: return value
        }
    }

    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .number(let number): numberText(number)
        case .string(let text): VariableFormat.jsonQuoted(text)
        case .array(let elements): "[" + elements.map(text).joined(separator: ",") + "]"
        case .object(let object):
            "{"
                + zip(object.keys, object.values).map { VariableFormat.jsonQuoted($0) + ":" + text($1) }
                .joined(separator: ",") + "}"
        }
    }
}
