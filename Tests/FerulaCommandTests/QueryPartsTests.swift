// The pure parts of the one-shot commands: words, files of queries, waiting, histograms in every form.

import MetricModel
import PromQLSyntax
import Querying
import Testing

@testable import FerulaCommand

@Suite("The words of a query command")
struct CommandWordsTests {
    @Test(
        "promtool's spellings become our own",
        arguments: [
            ("query instant http://h:9090 up", "query --server http://h:9090 -o promql up"),
            ("query instant --time=5 http://h:9090 up", "query --server http://h:9090 -o promql --time=5 up"),
            ("query instant -o json h:9090 up", "query --server h:9090 -o json up"),
            ("query range http://h up --step 1m", "query --server http://h -o promql --start 5m up --step 1m"),
            ("query range --start 1 --end 9 http://h up", "query --server http://h -o promql --start 1 --end 9 up"),
            ("query series http://h --match up", "series --server http://h -o promql --match up"),
            ("query labels http://h job", "labels --server http://h -o promql job"),
            // A metric of that name.
            ("query instant", "query instant"),
            ("query range --load x", "query range --load x"),
            ("serve instant http://h up", "serve instant http://h up"),
        ])
    func promtool(typed: String, expected: String) {
        let words = typed.split(separator: " ").map(String.init)
        #expect(CommandWords.canonical(words).joined(separator: " ") == expected)
    }

    @Test(
        "--watch needs no length",
        arguments: [
            ("query --watch up", "query --watch 2s up"),
            ("query up --watch", "query up --watch 2s"),
            ("query --watch 5s up", "query --watch 5s up"),
            ("query --watch 0.5 up", "query --watch 0.5 up"),
            ("query --watch=1m up", "query --watch=1m up"),
        ])
    func watch(typed: String, expected: String) {
        let words = typed.split(separator: " ").map(String.init)
        #expect(CommandWords.canonical(words).joined(separator: " ") == expected)
    }
}

@Suite("Files of queries")
struct QueryFileTests {
    @Test("a block of whole queries holds one a line, any other block is one query")
    func blocks() throws {
        let text = "up\n# comment\nb = down == 1\n\nsum(\n  up\n)\nup\n+ up\n"
        #expect(
            try QueryFile.parse("up\n# comment\nb = down == 1\n\n c=sum(\n  up\n)\r\n", name: "f") == [
                NamedQuery(text: "up", line: 1), NamedQuery(name: "b", text: "down == 1", line: 3, column: 5),
                NamedQuery(name: "c", text: "sum(\n  up\n)", line: 5, column: 4),
            ])
        #expect(throws: CommandFailure.self) { try QueryFile.parse(text, name: "f") }
        // An operator at a line's beginning goes on with the line before.
        #expect(try QueryFile.parse("up\n+ up\n", name: "f").map(\.text) == ["up\n+ up"])
    }

    @Test("a comparison is no name")
    func names() {
        #expect(QueryFile.named("a == 1", line: 1) == NamedQuery(text: "a == 1"))
        #expect(QueryFile.named("a=b", line: 1) == NamedQuery(name: "a", text: "b", column: 3))
        #expect(QueryFile.named("a:b = c", line: 1) == NamedQuery(text: "a:b = c"))
        #expect(QueryFile.named("1 = c", line: 1) == NamedQuery(text: "1 = c"))
    }

    @Test("a mistake is told with the file's line and column, also behind a name")
    func mistakes() {
        let failure = #expect(throws: CommandFailure.self) { try QueryFile.parse("up\n\nx = rat(up)", name: "f") }
        #expect(failure?.description == "f:3:5: unknown function `rat`\n  rat(up)\n  ^~~ did you mean `rate`?")
        let empty = #expect(throws: CommandFailure.self) { try QueryFile.parse("# nothing\n", name: "f") }
        #expect(empty?.description == "f: no query in it")
    }

    @Test("as many queries as allowed, and one more")
    func limit() throws {
        let most = String(repeating: "1\n\n", count: QueryFile.queriesMax)
        #expect(try QueryFile.parse(most, name: "f").count == 10_000)
        let failure = #expect(throws: CommandFailure.self) { try QueryFile.parse(most + "1", name: "f") }
        #expect(failure?.description == "f: more than 10000 queries")
    }
}

@Suite("How long an assertion looks")
struct AssertionWaitTests {
    private func looks(_ wait: AssertionWait, _ holds: [Bool]) -> [AssertionWait.Step] {
        var wait = wait
        return holds.enumerated().map { wait.look($1, at: Timestamp(milliseconds: Int64($0) * 1000)) }
    }

    @Test("one look decides when nothing is said")
    func once() {
        #expect(looks(AssertionWait(), [true]) == [.passed])
        #expect(looks(AssertionWait(), [false]) == [.failed])
    }

    @Test("--for: every look must hold, until the time is reached")
    func holdFor() {
        let wait = AssertionWait(holdFor: .seconds(2))
        #expect(looks(wait, [true, true, true]) == [.lookAgain, .lookAgain, .passed])
        #expect(looks(wait, [true, false]) == [.lookAgain, .failed])
    }

    @Test("--timeout: looks until it holds or the time is up")
    func timeout() {
        let wait = AssertionWait(timeout: .seconds(2))
        #expect(looks(wait, [false, true]) == [.lookAgain, .passed])
        #expect(looks(wait, [false, false, false]) == [.lookAgain, .lookAgain, .failed])
    }

    @Test("what is left of --timeout counts from the beginning, the first look included")
    func timeLeft() {
        var wait = AssertionWait(timeout: .seconds(3))
        wait.begin(at: Timestamp(milliseconds: 0))
        #expect(wait.timeLeft(at: Timestamp(milliseconds: 1000)) == .seconds(2))
        #expect(wait.look(false, at: Timestamp(milliseconds: 2999)) == .lookAgain)
        #expect(wait.look(false, at: Timestamp(milliseconds: 3000)) == .failed)
        #expect(AssertionWait().timeLeft(at: Timestamp(milliseconds: 0)) == nil)
    }

    @Test("both: a break begins the time anew, within the timeout")
    func both() {
        let wait = AssertionWait(holdFor: .seconds(2), timeout: .seconds(4))
        #expect(
            looks(wait, [true, false, true, true, true]) == [
                .lookAgain, .lookAgain, .lookAgain, .lookAgain, .passed,
            ])
        #expect(
            looks(wait, [false, false, false, true, true]) == [
                .lookAgain, .lookAgain, .lookAgain, .lookAgain, .failed,
            ])
    }
}

@Suite("Native histograms in the forms of output")
struct HistogramFormTests {
    private static let time = Timestamp(milliseconds: 1_700_000_000_500)
    private static let histogram: NativeHistogram = {
        var histogram = NativeHistogram()
        histogram.count = 6
        histogram.sum = 9.5
        histogram.zeroThreshold = 0.001
        histogram.zeroCount = 1
        histogram.positiveSpans = [NativeHistogram.Span(offset: 0, length: 2)]
        histogram.positiveBuckets = [2, 3]
        return histogram
    }()
    private static let answer = Answer(
        query: "h",
        result: QueryResult(
            value: .vector([
                VectorElement(labels: ["__name__": "h", "a": "b"], timestamp: time, value: .histogram(histogram))
            ])), start: time, end: time)

    @Test(
        "a form shows count, sum and buckets",
        arguments: [
            (
                OutputForm.table,
                "__name__  a                                                     value\n"
                    + "h         b  {count:6, sum:9.5, [-0.001,0.001]:1, (0.5,1]:2, (1,2]:3}\n"
            ),
            (
                .csv,
                "__name__,a,timestamp,value\n"
                    + "h,b,1700000000.5,\"{count:6, sum:9.5, [-0.001,0.001]:1, (0.5,1]:2, (1,2]:3}\"\n"
            ),
            (
                .jsonl,
                #"{"metric":{"__name__":"h","a":"b"},"timestamp":1700000000.5,"count":6,"sum":9.5,"#
                    + #""buckets":[[3,-0.001,0.001,1],[0,0.5,1,2],[0,1,2,3]]}"# + "\n"
            ),
            (
                .json,
                #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"h","a":"b"},"#
                    + #""histogram":[1700000000.5,{"count":"6","sum":"9.5","buckets":[[3,"-0.001","0.001","1"],"#
                    + #"[0,"0.5","1","2"],[0,"1","2","3"]]}]}]}}"# + "\n"
            ),
            (
                .promql,
                #"h{a="b"} => Count: 6.000000, Sum: 9.500000, "#
                    + "Buckets: [[-0.001,0.001]:1 (0.5,1]:2 (1,2]:3] @[1700000000.5]\n"
            ),
            (
                .openmetrics,
                """
                # TYPE h histogram
                h_bucket{a="b",le="0.001"} 1.0 1700000000.5
                h_bucket{a="b",le="1.0"} 3.0 1700000000.5
                h_bucket{a="b",le="2.0"} 6.0 1700000000.5
                h_bucket{a="b",le="+Inf"} 6.0 1700000000.5
                h_sum{a="b"} 9.5 1700000000.5
                h_count{a="b"} 6.0 1700000000.5
                # EOF

                """
            ),
        ])
    func form(form: OutputForm, expected: String) throws {
        let printer = ResultPrinter(form: form, zone: TimeZoneChoice(isUTC: true))
        #expect(String(decoding: try printer.print([Self.answer]), as: UTF8.self) == expected)
    }
}

@Suite("The grid of a range")
struct RangeGridTests {
    @Test(
        "a step that nobody chose ends at the end; a chosen one begins at the start",
        arguments: [
            (TimeWish(start: "1h"), 6_400_002_000, 14_000), (TimeWish(start: "1h", step: "14s"), 6_400_000_000, 14_000),
            (TimeWish(start: "5m"), 6_403_300_000, 1000), (TimeWish(start: "1500ms"), 6_403_600_000 - 1000, 1000),
        ] as [(TimeWish, Int64, Int64)])
    func grid(wish: TimeWish, start: Int64, step: Int64) throws {
        let now = Timestamp(milliseconds: 6_403_600_000)
        let grid = StepGrid(start: Timestamp(milliseconds: start), end: now, step: Milliseconds(step))
        #expect(try wish.moment(now: now) == .range(grid))
    }
}
