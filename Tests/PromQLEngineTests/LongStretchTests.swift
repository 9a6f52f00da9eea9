// No stretch of a query is so long that nobody looks whether it is to end: measured between looks, in the thread's own time.
// Over a real store, from resolving matchers to the sorted matrix; `Bench --interruptions` does the same on the wall clock.

import MetricModel
import Querying
import Synchronization
import Testing
import TimeSeriesStore

@testable import PromQLEngine

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("stretches between looks")
struct LongStretchTests {
    /// A clock that stands still and remembers the longest time of its thread between two readings.
    final class Stretches: Sendable {
        private let last = Mutex<(thread: Int, time: Int64)>((0, 0))
        private let longest = Atomic<Int64>(0)
        let readings = Atomic<Int>(0)

        func read() -> Int64 {
            readings.add(1, ordering: .relaxed)
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            let now = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
            let thread = pthread_self().hashValue
            let before = last.withLock { last in
                defer { last = (thread, now) }
                return last
            }
            // Two threads' clocks have nothing to do with each other.
            if before.thread == thread, now - before.time > longest.load(ordering: .relaxed) {
                longest.store(now - before.time, ordering: .relaxed)
            }
            return 0
        }
        var longestMilliseconds: Double { Double(longest.load(ordering: .relaxed)) / 1e6 }
    }

    /// 2,000 series with 50 samples each.
    static let store: TimeSeriesStore? = {
        let store = TimeSeriesStore()
        var refs: [SeriesRef] = []
        for number in 0..<2000 {
            let name = number % 4 == 0 ? "c_total" : number % 4 == 1 ? "g" : number % 4 == 2 ? "h_bucket" : "nh"
            var labels = ["id": "client-\(number &* 7919 % 10_007)", "zone": "z\(number % 10)"]
            if name == "h_bucket" { labels = ["le": "\(number / 4 % 10)", "zone": "z\(number / 40)"] }
            // The store has room for them: its limits are millions.
            guard let ref = try? store.register(LabelSet(metric: name, labels)) else { return nil }
            refs.append(ref)
        }
        var histogram = NativeHistogram()
        histogram.positiveSpans = [NativeHistogram.Span(offset: 0, length: 20)]
        for sample in 0..<50 {
            var batch = AppendBatch()
            let time = Timestamp(milliseconds: Int64(sample) * 15_000)
            histogram.positiveBuckets = (0..<20).map { Double(sample * $0) }
            histogram.count = Double(sample * 190)
            for (number, ref) in refs.enumerated() {
                if number % 4 == 3 {
                    batch.append(ref, time, histogram)
                } else {
                    batch.append(ref, time, Double((sample &* 7919 &+ number) % 1009) + 0.1)
                }
            }
            guard store.append(batch).appended == 2000 else { return nil }
        }
        return store
    }()

    static let queries: [(query: String, steps: Int)] = [
        ("{zone!=\"\"}[12m]", 1),
        ("count({id=~\".*(7.*3|9.*1).*[05]\"})", 1),
        ("sort_by_label({zone!=\"\"}, \"id\")", 1),
        ("sort_desc(g)", 1),
        ("c_total", 400),
        ("quantile_over_time(0.9, g[10m])", 100),
        ("mad_over_time(g[10m])", 30),
        ("quantile_over_time(2, g[10m])", 100),
        ("max_over_time(rate(c_total[2m])[5m:5s])", 40),
        ("max_over_time((sin(vector(time())))[2d:1s])", 1),
        ("max_over_time(clamp(vector(time()), 3, 9)[2d:1s])", 1),
        ("topk(50, c_total)", 200),
        ("topk by (id) (1, c_total)", 100),
        ("quantile by (zone) (0.5, g)", 200),
        ("count_values(\"v\", g)", 10),
        ("count_values by (id, zone) (\"v\", g)", 40),
        ("count_values without (zone) (\"v\", nh)", 5),
        ("label_replace(c_total, \"y\", \"$2-$1\", \"id\", \"(.*)-([0-9]+)\")", 100),
        ("label_join(c_total, \"y\", \"-\", \"id\", \"zone\")", 100),
        // A template of many references, and texts that are long.
        (
            "label_replace(c_total, \"y\", \"" + String(repeating: "$1", count: 5000) + "\", \"zone\", \"(.*)\")", 1
        ),
        (
            "label_join(label_join(c_total, \"y\", \"" + String(repeating: "-", count: 5000)
                + "\", \"zone\", \"zone\"), \"y\", \"\", \"y\", \"y\", \"y\", \"y\")", 1
        ),
        ("label_replace(info(c_total), \"y\", \"$1$1\", \"id\", \"(.*)\") + on (id) group_left (y) c_total", 40),
        ("c_total * on (id) group_left (zone) c_total", 200),
        ("c_total + on (id) fill (0) g", 20),
        ("c_total or g", 200),
        ("c_total unless on (zone) g", 200),
        ("-c_total", 400),
        ("stddev by (id) (c_total)", 200),
        ("sum without (id) (c_total)", 200),
        ("info(c_total)", 40),
        ("rate(c_total[5m] smoothed)", 40),
        ("c_total smoothed", 40),
        ("rate(nh[5m])", 10),
        ("sum by (zone) (nh)", 20),
        ("nh * 2", 20),
        ("nh + nh", 20),
        ("histogram_quantile(0.9, rate(h_bucket[5m]))", 100),
        ("histogram_quantile(0.9, nh)", 20),
        ("histogram_quantiles(nh, \"q\", 0.5, 0.9, 0.99)", 10),
        ("histogram_quantiles(h_bucket, \"q\", 0.1, 0.5, 0.9, 0.99)", 100),
        ("limit_ratio(0.5, c_total)", 100),
        ("absent(c_total)", 200),
        ("scalar(g) + timestamp(c_total)", 200),
    ]

    private func run(_ query: String, steps: Int, _ options: EngineOptions) async throws -> QueryFailure? {
        let backend = EmbeddedBackend(source: try #require(Self.store), options: options)
        let end: Int64 = 735_000
        do throws(QueryFailure) {
            if steps == 1 {
                _ = try await backend.instant(InstantRequest(query: query, time: Timestamp(milliseconds: end)))
            } else {
                let step = end / Int64(steps - 1)
                let grid = StepGrid(
                    start: Timestamp(milliseconds: 0), end: Timestamp(milliseconds: step * Int64(steps - 1)),
                    step: Milliseconds(step))
                _ = try await backend.range(RangeRequest(query: query, grid: grid))
            }
            return nil
        } catch {
            return error
        }
    }

    @Test("no stretch of select or evaluation comes near 100 ms", arguments: queries)
    func stretches(query: String, steps: Int) async throws {
        let clock = Stretches()
        var options = EngineOptions.user
        options.timeout = Milliseconds(1 << 40)
        options.now = { clock.read() }
        // The engine's last look is just before the answer; a reading here would be of another task's thread.
        #expect(try await run(query, steps: steps, options) == nil)
        // Time of the thread, so that a busy machine does not count; most are below 10 ms in a debug build.
        #expect(clock.longestMilliseconds < 100)
        // The start, the fetch, the node and the end: a query over this store looks more often than that.
        #expect(clock.readings.load(ordering: .relaxed) > 6)
    }

    @Test("a query over the sample limit is refused before its result is made", arguments: queries)
    func refusal(query: String, steps: Int) async throws {
        let whole = Stretches()
        var options = EngineOptions.user
        options.timeout = Milliseconds(1 << 40)
        options.now = { whole.read() }
        _ = try await run(query, steps: steps, options)
        let refused = Stretches()
        options.now = { refused.read() }
        options.samplesMax = 20
        let failure = try await run(query, steps: steps, options)
        // The few that hold at most twenty samples at any time are answered.
        if let failure {
            #expect(failure.kind == .execution)
            #expect(
                failure.message == "query processing would load too many samples into memory in query execution")
        }
        #expect(refused.readings.load(ordering: .relaxed) <= whole.readings.load(ordering: .relaxed))
    }

    @Test("series times steps have a limit, present or not")
    func cells() async throws {
        var options = EngineOptions.user
        // 500 series at 100 steps, of which each has samples at all: refused one cell below.
        options.cellsMax = 50_000
        #expect(try await run("c_total", steps: 100, options) == nil)
        options.cellsMax = 49_999
        let message = "query processing would load too many samples into memory in query execution"
        #expect(try await run("c_total", steps: 100, options)?.message == message)
        // A sample at the first step alone: the cells count all the same.
        #expect(try await run("c_total @ 0 and on () (vector(time()) == 0)", steps: 100, options)?.message == message)
    }

    @Test("a subquery has as many steps as allowed, not one more")
    func subquerySteps() async throws {
        var options = EngineOptions.user
        options.subqueryStepsMax = 100
        #expect(try await run("max_over_time(vector(1)[100s:1s])", steps: 1, options) == nil)
        #expect(
            try await run("max_over_time(vector(1)[101s:1s])", steps: 1, options)?.message
                == "query processing would load too many samples into memory in query execution")
    }
}
