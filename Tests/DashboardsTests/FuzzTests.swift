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

    @Test("any text into patterns, templates, times and units")
    func texts() {
        var random = SeededGenerator(state: Self.number("FUZZ_SEED", 1))
        let pieces = [
            "${", "}", "$", "[[", "]]", "a", ":", ".", "{{", "}}", "now", "-", "/", "1", "d", "é", "\"", "(", "\\",
            "si:", "%",
        ]
        let context = InterpolationTests.context
        for _ in 0..<Self.number("FUZZ_ROUNDS", 2000) {
            let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }
            .joined()
            _ = context.interpolate(text, .query)
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

    private static func mutated(_ value: JSONValue, _ random: inout SeededGenerator) -> JSONValue {
        if Int.random(in: 0..<60, using: &random) == 0 {
            let others: [JSONValue] = [
                .null, .bool(true), .number(-1), .number(1e300), .number(0.5), .string(""), .string("x"), .string("$a"),
                .array([]), .array([.null]), .object(JSONObject()),
            ]
            return others.randomElement(using: &random) ?? .null
        }
        switch value {
        case .array(let elements): return .array(elements.map { mutated($0, &random) })
        case .object(var object):
            object.values = object.values.map { mutated($0, &random) }
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
