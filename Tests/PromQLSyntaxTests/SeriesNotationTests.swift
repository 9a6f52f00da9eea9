// Series lines of test scripts: every kind of item, and what is refused.
// Covers SeriesNotation, HistogramNotation and HistogramSum.

import MetricModel
import PromQLSyntax
import Testing

@Suite("Series notation")
struct SeriesNotationTests {
    private func floats(_ line: String) throws -> [Double?] {
        try SeriesNotation.parse(line).items.map {
            guard case .float(let value) = $0.value else { return nil }
            return value
        }
    }

    private func histograms(_ line: String) throws -> [NativeHistogram] {
        try SeriesNotation.parse(line).items.compactMap {
            guard case .histogram(let value) = $0.value else { return nil }
            return value
        }
    }

    @Test(
        "floats: alone, repeated, counting up and down, absent",
        arguments: [
            ("x 1 2.5 -3e2 +4", [1, 2.5, -300, 4]), ("x 1x2", [1, 1, 1]), ("x 0+5x3", [0, 5, 10, 15]),
            ("x 1-1x2", [1, 0, -1]), ("x -1--1x1", []), ("x _ 1 _x2", [nil, 1, nil, nil]), ("x 1x0", [1]),
            ("x", []), ("x   ", []), ("{} inf -Inf", [.infinity, -.infinity]), ("x 0+.5x1", [0, 0.5]),
            ("x 1+-1x1", []),
        ] as [(String, [Double?])])
    func floatItems(line: String, expected: [Double?]) throws {
        guard line != "x -1--1x1", line != "x 1+-1x1" else {
            #expect(throws: SyntaxError.self) { try SeriesNotation.parse(line) }
            return
        }
        #expect(try floats(line) == expected)
    }

    @Test("a stale marker keeps its bits, a NaN is an ordinary one")
    func staleness() throws {
        let items = try floats("x stale NaN")
        #expect(items.map { $0?.bitPattern } == [0x7ff0_0000_0000_0002, 0x7ff8_0000_0000_0001])
    }

    @Test(
        "labels: name before or inside the braces, quoted names, any quotes",
        arguments: [
            ("x{b=\"2\", a='1',} 1", LabelSet(metric: "x", ["a": "1", "b": "2"])),
            ("{\"a.b\", \"l m\"=`n`} 1", LabelSet(metric: "a.b", ["l m": "n"])), ("{} 1", .empty),
            ("sum:x {a=\"}\"} 1", LabelSet(metric: "sum:x", ["a": "}"])),
            (#"{a="\"\n"} 1"#, ["a": "\"\n"] as LabelSet),
        ] as [(String, LabelSet)])
    func labels(line: String, expected: LabelSet) throws {
        let parsed = try SeriesNotation.parse(line)
        #expect(parsed.labels == expected)
        #expect(parsed.items.count == 1)
    }

    @Test("a histogram with every key")
    func histogram() throws {
        let line =
            "x {{schema:1 sum:-0.3 count:3.1 z_bucket:7.1 z_bucket_w:0.05 buckets:[5.1 10 7 ] offset:-3"
            + " n_buckets:[4 5] n_offset:5 counter_reset_hint:gauge}}"
        let item = try #require(try SeriesNotation.parse(line).items.first)
        var expected = NativeHistogram()
        expected.schema = 1
        expected.sum = -0.3
        expected.count = 3.1
        expected.zeroCount = 7.1
        expected.zeroThreshold = 0.05
        expected.positiveBuckets = [5.1, 10, 7]
        expected.positiveSpans = [.init(offset: -3, length: 3)]
        expected.negativeBuckets = [4, 5]
        expected.negativeSpans = [.init(offset: 5, length: 2)]
        expected.counterResetHint = .gauge
        #expect(item.value == .histogram(expected))
        #expect(item.hasCounterResetHint)
        #expect(try SeriesNotation.parse("x {{}} {{ }}x2").items.count == 4)
    }

    @Test("histograms add up, the finer into the coarser")
    func histogramSums() throws {
        let up = try histograms("x {{schema:0 sum:4 count:4 buckets:[1 2 1]}}+{{sum:2 count:1 buckets:[1] offset:1}}x2")
        #expect(up.map(\.count) == [4, 5, 6])
        #expect(up.map(\.sum) == [4, 6, 8])
        #expect(up.map(\.positiveBuckets) == [[1, 2, 1], [1, 3, 1], [1, 4, 1]])
        let finer = try histograms("x {{buckets:[5]}}+{{buckets:[1 2] schema:1}}x2")
        #expect(finer.map(\.positiveBuckets) == [[5], [6, 2], [7, 4]])
        let down = try histograms("x {{buckets:[5 10 7]}}-{{buckets:[1 2 3]}}x1")
        #expect(down.map(\.positiveBuckets) == [[5, 10, 7], [4, 8, 4]])
        let custom = try histograms(
            "x {{schema:-53 custom_values:[1 5 10] buckets:[1 1 1]}}+{{schema:-53 custom_values:[5 10] buckets:[2 2 2]}}x1"
        )
        #expect(custom.last?.customValues == [5, 10])
        #expect(custom.last?.positiveBuckets == [4, 3, 2])
        let zero = try histograms("x {{z_bucket:1 buckets:[1 1 1]}}+{{z_bucket:1 z_bucket_w:1.5}}x1")
        #expect(zero.last?.zeroThreshold == 2)
        #expect(zero.last?.zeroCount == 4)
        #expect(zero.last?.positiveBuckets == [1])
    }

    @Test("start timestamps are offsets, one a sample")
    func startTimestamps() throws {
        let line = try #require(try SeriesNotation.parseStartTimestamps("x{a=\"b\"}@st _ -1m -30s-1mx2 0 _x2 1sx1"))
        #expect(line.labels == LabelSet(metric: "x", ["a": "b"]))
        #expect(
            line.offsets.map { $0?.count } == [
                nil, -60_000, -30_000, -90_000, -150_000, 0, nil, nil, 1000, 1000,
            ])
        #expect(try SeriesNotation.parseStartTimestamps("x 1 2") == nil)
    }

    @Test(
        "what is refused, and where",
        arguments: [
            ("x a", 2, 3, "unexpected \"a\" in series values, expected number or \"stale\"", nil),
            ("x 0x1F", 5, 6, "unexpected \"F\" in series values, expected a blank", nil),
            ("x 1+1", 5, 5, "unexpected end of input in series values, expected x and a number of repetitions", nil),
            ("x{a=1} 1", 4, 6, "unexpected \"1}\" in series values, expected string", nil),
            ("x{a=\"1\" 1", 8, 9, "unexpected \"1\" in series values, expected \",\" or \"}\"", nil),
            ("x {{sun:1}}", 4, 7, "bad histogram descriptor found: \"sun\"", "did you mean `sum`?"),
            ("x {{schema:1 schema:1}}", 13, 19, "duplicate key \"schema\" in histogram", nil),
            ("x {{schema :1}}", 4, 10, "missing `:` for histogram descriptor", nil),
            (
                "x {{schema:1}}+{{schema:0}}x2", 15, 29,
                "error combining histograms: cannot merge from schema 0 to 1", nil
            ),
            ("x 1x99999999", 2, 12, "more than 10000000 items in a series", nil),
        ] as [(String, Int, Int, String, String?)])
    func refusals(line: String, start: Int, end: Int, message: String, hint: String?) {
        #expect(throws: SyntaxError(range: SourceRange(start, end), message: message, hint: hint)) {
            try SeriesNotation.parse(line)
        }
    }
}
