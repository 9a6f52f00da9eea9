// What may come next at a cursor, written `|` in the queries of these tests.
// Covers Completion.

import MetricModel
import PromQLSyntax
import Testing

@Suite("Completion")
struct CompletionTests {
    /// Short words for expectations: M metric, F function, A aggregation, `l(x)` label of x, `v(a of x)` value.
    private func words(_ expectations: [Completion.Expectation]) -> String {
        func name(_ context: Completion.SelectorContext?) -> String {
            guard let context else { return "?" }
            return (context.metricName ?? "") + context.matchers.map { ",\($0)" }.joined()
        }
        return expectations.map {
            switch $0 {
            case .metricName: "M"
            case .function: "F"
            case .aggregation: "A"
            case .labelName(let context): "l(\(name(context)))"
            case .labelValue(let label, let context): "v(\(label) of \(name(context)))"
            case .matchOperator: "op"
            case .keyword(let word): word
            case .durationUnit: "unit"
            case .duration: "duration"
            }
        }.joined(separator: " ")
    }

    @Test(
        "the place decides what may come, and what it replaces",
        arguments: [
            ("|", "M F A", ""), ("ra|te(x[5m])", "M F A", "rate"), ("sum(|", "M F A", ""),
            ("sum(htt|p_x)", "M F A", "http_x"),
            ("node:cp|u:x", "M F A", "node:cpu:x"), ("topk(5, |)", "M F A", ""),
            ("x |", "offset anchored smoothed and or unless atan2", ""),
            ("x off|", "offset anchored smoothed and or unless atan2", "off"),
            ("sum(x) b|", "by without and or unless atan2", "b"), ("rate(x[5m]) |", "and or unless atan2", ""),
            ("sum |", "by without", ""), ("x + |", "M F A on ignoring fill fill_left fill_right", ""),
            ("x > |", "M F A bool on ignoring fill fill_left fill_right", ""), ("-|", "M F A", ""),
            ("x * on(a) |", "M F A group_left group_right fill fill_left fill_right", ""),
            ("x * on(a) group_left() |", "M F A fill fill_left fill_right", ""), ("1 |", "and or unless atan2", ""),
            ("x{|}", "l(x)", ""), ("x{jo|b=\"a\"}", "l(x)", "job"),
            ("x{a=\"1\",|,b=~\"2\"}", "l(x,a=\"1\",b=~\"2\")", ""),
            ("{__name__=\"y\", |}", "l(,__name__=\"y\")", ""), ("{\"a.b\", |}", "l(a.b)", ""), ("x{a |}", "op", ""),
            ("x{a=\"|\"}", "v(a of x)", ""), ("x{a=\"fo|o\", b=\"c\"}", "v(a of x,b=\"c\")", "foo"),
            ("x{a=\"fo|, b=\"c\"}", "v(a of x)", "fo"), ("x{\"l m\"!~'a|", "v(l m of x)", "a"), ("{\"a|", "M l()", "a"),
            ("sum by (|) (x)", "l(x)", ""), ("sum by (a, b|) (rate(x[5m]))", "l(x)", "b"),
            ("sum(x) by (|)", "l(x)", ""),
            ("x * on (|) y", "l(x)", ""), ("sum by (|", "l(?)", ""),
            ("x[|", "duration step() range() min_of( max_of(", ""), ("x[5|", "unit", "5"), ("x[5m|]", "unit", "5m"),
            ("x[5m:|]", "duration step() range() min_of( max_of(", ""),
            ("x offset |", "duration step() range()", ""), ("x offset 1|", "unit", "1"), ("x @ |", "start() end()", ""),
            ("x @ st|", "start() end()", "st"),
            ("by |", "offset anchored smoothed and or unless atan2", ""), ("x # sum(|", "", ""),
            ("label_replace(x, \"a|\")", "", "a"),
            ("sum(x{a=\"b\"} / |)", "M F A on ignoring fill fill_left fill_right", ""),
        ] as [(String, String, String)])
    func places(marked: String, expected: String, piece: String) throws {
        let cursor = try #require(marked.utf8.firstIndex(of: UInt8(ascii: "|")))
        let query = marked.replacing("|", with: "")
        let completion = Completion(of: query, at: marked.utf8.distance(from: marked.startIndex, to: cursor))
        #expect(words(completion.expectations) == expected)
        let bytes = Array(query.utf8)[completion.range.start..<completion.range.end]
        #expect(String(decoding: bytes, as: UTF8.self) == piece)
        #expect(piece.hasPrefix(completion.typed))
    }

    @Test("a cursor outside the text is taken to its end")
    func cursorOutside() {
        #expect(Completion(of: "x", at: 99).range == SourceRange(0, 1))
        #expect(Completion(of: "x", at: -5).range == SourceRange(0, 1))
    }

    @Test("every function has a usage")
    func usage() {
        #expect(BuiltinFunction.rate.usage == "rate(range vector)")
        #expect(BuiltinFunction.round.usage == "round(instant vector, [scalar])")
        #expect(BuiltinFunction.labelJoin.usage == "label_join(instant vector, string, string, [string], ...)")
        #expect(BuiltinFunction.time.usage == "time()")
    }
}
