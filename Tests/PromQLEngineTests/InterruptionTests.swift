// How often a running query looks whether it should go on: counted in looks at its clock, not in time.

import MetricModel
import Querying
import Synchronization
import Testing

@testable import PromQLEngine

@Suite("interrupting a query")
struct InterruptionTests {
    /// A clock that counts how often it is read, and cancels or runs out at a given reading.
    private final class Readings: Sendable {
        let count = Atomic<Int64>(0)
        let cancelsAt: Int64
        init(cancelsAt: Int64 = .max) { self.cancelsAt = cancelsAt }

        func read() -> Int64 {
            let reading = count.add(1, ordering: .relaxed).newValue
            if reading >= cancelsAt { withUnsafeCurrentTask { $0?.cancel() } }
            return reading
        }
    }

    /// 30,000 seconds of samples, one a second; of eight series the floats, of two the histograms.
    private static let source: MemorySource = {
        let times = (0..<30_000).map { Timestamp(milliseconds: Int64($0) * 1000) }
        var series = (0..<8).map { number in
            Series(
                labels: LabelSet(metric: "a_total", ["x": "\(number)", "y": "\(number % 2)"]), timestamps: times,
                samples: .floats(times.indices.map { Double(($0 * 7919 + number) % 1009) + 0.1 }))
        }
        var histogram = NativeHistogram()
        histogram.count = 3
        histogram.positiveSpans = [NativeHistogram.Span(offset: 0, length: 2)]
        histogram.positiveBuckets = [1, 2]
        series += (0..<2).map { number in
            Series(
                labels: LabelSet(metric: "h", ["x": "\(number)"]), timestamps: Array(times.prefix(2000)),
                samples: .histograms([NativeHistogram](repeating: histogram, count: 2000)))
        }
        return MemorySource(series)
    }()

    private func run(_ query: String, steps: Int, _ options: EngineOptions) async -> QueryFailure? {
        let grid = StepGrid(
            start: Timestamp(milliseconds: 1_000_000),
            end: Timestamp(milliseconds: 1_000_000 + Int64(steps - 1) * 1000),
            step: Milliseconds(1000))
        do throws(QueryFailure) {
            _ = try await EmbeddedBackend(source: Self.source, options: options)
                .range(RangeRequest(query: query, grid: grid))
            return nil
        } catch {
            return error
        }
    }

    /// Each evaluates for long; the numbers are samples or cells looked at in all.
    static let heavy: [(query: String, steps: Int, work: Int)] = [
        ("stddev_over_time(a_total{x=\"1\"}[15m])", 2000, 2000 * 900),
        ("sum_over_time(a_total[15m])", 500, 8 * 500 * 900),
        ("quantile_over_time(0.5, a_total[15m])", 500, 8 * 500 * 900),
        ("mad_over_time(a_total{x=\"1\"}[15m])", 1000, 1000 * 900),
        ("rate(h[15m])", 30, 2 * 30 * 900 * 100),
        ("sum(a_total + on (x) a_total)", 20_000, 3 * 8 * 20_000),
        ("quantile by (y) (0.5, a_total)", 5000, 8 * 5000),
        ("count_values(\"v\", a_total)", 2000, 8 * 2000),
        ("a_total > on (x) group_left () a_total or a_total == 3", 20_000, 4 * 8 * 20_000),
    ]

    @Test("evaluation looks at its clock at least once in a few milliseconds of work", arguments: heavy)
    func checksOften(query: String, steps: Int, work: Int) async {
        let clock = Readings()
        var options = EngineOptions.user
        options.timeout = Milliseconds(1 << 40)
        options.now = { clock.read() }
        #expect(await run(query, steps: steps, options) == nil)
        #expect(clock.count.load(ordering: .relaxed) >= Int64(work / (2 * Evaluator.workBetweenChecks)))
    }

    @Test("a query cancelled while it runs ends at its next look", arguments: heavy)
    func cancelled(query: String, steps: Int, work: Int) async {
        // The first readings are the start and the entry of the first node.
        let clock = Readings(cancelsAt: 3)
        var options = EngineOptions.user
        options.timeout = Milliseconds(1 << 40)
        options.now = { clock.read() }
        let failure = await Task { await run(query, steps: steps, options) }.value
        // Work of fewer readings than that is over before it is cancelled.
        if failure == nil {
            #expect(clock.count.load(ordering: .relaxed) <= 3)
        } else {
            #expect(failure?.kind == .canceled)
            #expect(failure?.message == "query was canceled in expression evaluation")
            #expect(clock.count.load(ordering: .relaxed) == 3)
        }
    }

    @Test("a query out of time ends at its next look")
    func timeout() async {
        let clock = Readings()
        var options = EngineOptions.user
        options.timeout = Milliseconds(4)
        options.now = { clock.read() }
        let failure = await run("stddev_over_time(a_total[15m])", steps: 2000, options)
        #expect(failure?.kind == .timeout)
        #expect(failure?.message == "query timed out in expression evaluation")
        #expect(clock.count.load(ordering: .relaxed) == 6)
    }

    @Test("nesting has a limit, with a clear error on the far side")
    func depth() async {
        func nested(_ depth: Int) -> String {
            String(repeating: "(", count: depth) + "1" + String(repeating: ")", count: depth)
        }
        #expect(await run(nested(50), steps: 1, .user) == nil)
        let failure = await run(nested(100_000), steps: 1, .user)
        #expect(failure?.kind == .badData)
        #expect(failure?.message == "expression nests more than 500 levels deep")
        let sign = await run(String(repeating: "-", count: 100_000) + "1", steps: 1, .user)
        #expect(sign?.kind == .badData)
        let chain = String(repeating: "a_total + ", count: 20_000) + "1"
        _ = await run(chain, steps: 1, .user)
    }
}
