// Limits, cancellation and refusals: what ends a query, at which point, and with which words.

import MetricModel
import Querying
import Synchronization
import Testing

@testable import PromQLEngine

@Suite("engine limits and errors")
struct EngineLimitTests {
    static func counter(_ name: String, _ labels: [String: String] = [:], count: Int = 20) -> Series {
        Series(
            labels: LabelSet(metric: name, labels),
            timestamps: (0..<count).map { Timestamp(milliseconds: Int64($0) * 60_000) },
            samples: .floats((0..<count).map { Double($0) * 60 }))
    }

    static let source = MemorySource([
        counter("a_total", ["x": "1"]), counter("a_total", ["x": "2"]), counter("b_total", ["x": "1"]),
        counter("b_total", ["x": "1", "y": "2"]),
    ])

    private func message(_ query: String, _ options: EngineOptions = .user) async -> QueryFailure? {
        let backend = EmbeddedBackend(source: Self.source, options: options)
        do throws(QueryFailure) {
            _ = try await backend.instant(InstantRequest(query: query, time: Timestamp(milliseconds: 600_000)))
            return nil
        } catch {
            return error
        }
    }

    @Test("a query that holds as many samples as it may is answered, one more ends it")
    func sampleLimit() async {
        var options = EngineOptions.user
        options.samplesMax = 2
        #expect(await message("a_total", options) == nil)
        options.samplesMax = 1
        let failure = await message("a_total", options)
        #expect(failure?.kind == .execution)
        #expect(
            failure?.message
                == "query processing would load too many samples into memory in query execution")
    }

    @Test("a window counts against the sample limit")
    func windowLimit() async {
        var options = EngineOptions.user
        options.samplesMax = 10
        #expect(await message("sum_over_time(a_total{x=\"1\"}[9m])", options) == nil)
        options.samplesMax = 8
        #expect(await message("sum_over_time(a_total{x=\"1\"}[9m])", options) != nil)
    }

    @Test("a range query has as many steps as allowed, not one more")
    func stepLimit() async throws {
        var options = EngineOptions.user
        options.stepsMax = 10
        let backend = EmbeddedBackend(source: Self.source, options: options)
        func run(_ last: Int64) async throws(QueryFailure) {
            let grid = StepGrid(
                start: Timestamp(milliseconds: 0), end: Timestamp(milliseconds: last), step: Milliseconds(1000))
            _ = try await backend.range(RangeRequest(query: "1", grid: grid))
        }
        try await run(9000)
        await #expect(throws: QueryFailure.self) { try await run(10_000) }
    }

    @Test("the deadline is kept by the caller's clock")
    func deadline() async {
        final class Clock: Sendable {
            let time = Atomic<Int64>(0)
        }
        let clock = Clock()
        var options = EngineOptions.user
        options.timeout = Milliseconds(2)
        options.now = { clock.time.add(1, ordering: .relaxed).newValue }
        #expect(await message("1", options) == nil)
        let failure = await message("a_total + a_total + a_total", options)
        #expect(failure?.kind == .timeout)
        #expect(failure?.message == "query timed out in expression evaluation")
    }

    @Test("a cancelled task ends its query")
    func cancellation() async {
        let backend = EmbeddedBackend(source: Self.source)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            do throws(QueryFailure) {
                _ = try await backend.instant(InstantRequest(query: "a_total", time: Timestamp(milliseconds: 0)))
                return QueryFailure.Kind.internalError
            } catch {
                return error.kind
            }
        }
        #expect(await task.value == .canceled)
    }

    @Test(
        "each refusal has Prometheus' words",
        arguments: [
            (
                "a_total + on () b_total",
                "found duplicate series for the match group {} on the right hand-side of the operation: "
                    + "[{__name__=\"b_total\", x=\"1\", y=\"2\"}, {__name__=\"b_total\", x=\"1\"}]"
                    + ";many-to-many matching not allowed: matching labels must be unique on one side"
            ),
            (
                "b_total + on (x) a_total",
                "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
            ),
            (
                "label_replace(b_total, \"y\", \"\", \"\", \"\")",
                "vector cannot contain metrics with the same labelset"
            ),
            (
                "label_replace(a_total, \"y\", \"\", \"x\", \"(\")",
                "invalid regular expression in label_replace(): ("
            ),
            ("label_replace(a_total, \"\", \"\", \"x\", \"\")", "invalid destination label name in label_replace(): "),
            ("topk(NaN, a_total)", "Parameter value is NaN"),
            ("limit_ratio(NaN, a_total)", "Ratio value is NaN"),
            ("topk(1e30, a_total)", "Scalar value 1e+30 overflows int64"),
            (
                "double_exponential_smoothing(a_total[5m], 2, 0.5)",
                "invalid smoothing factor. Expected: 0 < sf < 1, got: 2.000000"
            ),
            (
                "max_over_time(a_total[5m] smoothed)",
                "smoothed modifier can only be used with: delta, increase, rate - not with max_over_time"
            ),
        ])
    func refusals(query: String, text: String) async {
        #expect(await message(query)?.message == text)
    }

    @Test(
        "warnings and infos carry their place",
        arguments: [
            ("rate(a_total[5m]) + rate(c[5m])", []),
            ("quantile(2, a_total)", ["PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)"]),
            (
                "histogram_quantile(0.5, a_total)",
                ["PromQL warning: bucket label \"le\" is missing or has a malformed value of \"\" (1:25)"]
            ),
            (
                "limit_ratio(-3,\n  a_total)",
                ["PromQL warning: ratio value should be between -1 and 1, got -3, capping to -1 (1:13)"]
            ),
        ] as [(String, [String])])
    func annotations(query: String, texts: [String]) async throws {
        let backend = EmbeddedBackend(source: Self.source)
        let result = try await backend.instant(
            InstantRequest(query: query, time: Timestamp(milliseconds: 600_000)))
        #expect(result.annotations.map(\.message) == texts)
    }

    @Test(
        "a number that is no time has the date of the least 64-bit second, as Go's conversion gives",
        arguments: [
            ("year(vector(NaN))", 292_277_026_596), ("month(vector(1e300))", 12), ("day_of_month(vector(-Inf))", 4),
            ("hour(vector(NaN))", 15), ("minute(vector(NaN))", 30), ("day_of_week(vector(NaN))", 0),
            ("year(vector(-62135596801))", 0), ("day_of_week(vector(-1))", 3), ("hour(vector(-1))", 23),
        ] as [(String, Double)])
    func dates(query: String, value: Double) async throws {
        let backend = EmbeddedBackend(source: Self.source)
        let result = try await backend.instant(InstantRequest(query: query, time: Timestamp(milliseconds: 0)))
        guard case .vector(let elements) = result.value, case .float(let number)? = elements.first?.value else {
            Issue.record("no vector")
            return
        }
        #expect(number == value)
    }

    @Test("times at the ends of what fits end in an answer or an error, never a trap")
    func extremes() async {
        for query in [
            "a_total @ 9e15", "a_total offset 292y", "rate(a_total[290y])", "a_total[1000d:1s]", "time() ^ 100",
            "day_of_month(vector(1e300))", "month(vector(-1e300))", "topk(-5, a_total)", "a_total @ -9e15 offset -200y",
            "sum_over_time(a_total[100y:50y] offset -150y)", "limitk(9e18, a_total)", "round(a_total, 0)",
            "vector(1e300)[5m:1ms]", "count_values(\"a\", a_total * 1e300 * 1e300)",
        ] {
            _ = await message(query)
        }
    }
}
