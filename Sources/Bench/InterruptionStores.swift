// What Interruptions asks, and of what: a store of many samples and a store of many series.
// Every query here reads, makes or writes so much that it runs for long.

import MetricModel
import PromQLEngine
import Querying
import TimeSeriesStore

struct InterruptionStores {
    struct Sizes {
        /// Series of the first store, each with `samples` samples at 15 s.
        var series: Int
        var samples: Int
        /// Series of the second store, with three samples each.
        var wide: Int
        var steps: Int

        static let large = Sizes(series: 20_000, samples: 500, wide: 1_000_000, steps: 4000)
        static let smoke = Sizes(series: 200, samples: 50, wide: 1000, steps: 20)
    }

    struct Work: Sendable {
        var name: String
        /// The deadline is the engine's; what the API asks of the store alone has none.
        var keepsTime = true
        /// Calls its second argument when the answer is there or refused; letting go of it comes after that.
        var run: @Sendable (EngineOptions, () -> Void) async -> QueryFailure?
    }

    private let deep = TimeSeriesStore(limits: StoreLimits(bytesMax: .max / 4))
    private let wide = TimeSeriesStore(limits: StoreLimits(bytesMax: .max / 4))
    private let sizes: Sizes
    private static let start: Int64 = 1_700_000_000_000
    private var end: Int64 { Self.start + Int64(sizes.samples - 1) * 15_000 }

    init(_ sizes: Sizes) throws {
        self.sizes = sizes
        try fillDeep()
        try fillWide()
    }

    private func fillDeep() throws {
        var refs: [SeriesRef] = []
        for number in 0..<sizes.series {
            // Of ten series: five counters, four gauges, a bucket; every hundredth is a native histogram.
            let kind = number % 10
            var labels = ["job": "job-\(number % 7)", "instance": "host-\(number / 10):9100", "path": "/p/\(number)"]
            if kind == 9 { labels["le"] = number / 10 % 10 == 9 ? "+Inf" : "\(number / 10 % 10).0" }
            if kind == 9 { labels["instance"] = "host-\(number / 100):9100" }
            if kind == 9 { labels["path"] = nil }
            let name = number % 100 == 8 ? "nh" : kind < 5 ? "c_total" : kind < 9 ? "g" : "h_bucket"
            refs.append(try deep.register(LabelSet(metric: name, labels)))
        }
        let info = try (0..<sizes.series / 10).map { number in
            try deep.register(
                LabelSet(
                    metric: "target_info",
                    ["job": "job-\(number * 10 % 7)", "instance": "host-\(number):9100", "version": "v\(number % 9)"]))
        }
        var state: UInt64 = 99
        var batch = AppendBatch()
        for sample in 0..<sizes.samples {
            batch.removeAll()
            let time = Timestamp(milliseconds: Self.start + Int64(sample) * 15_000)
            for (number, ref) in refs.enumerated() {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let kind = number % 10
                if number % 100 == 8 {
                    batch.append(ref, time, Self.histogram(sample, number))
                } else if kind < 5 {
                    batch.append(ref, time, Double(sample * (number % 13 + 1)) + 0.5)
                } else if kind < 9 {
                    batch.append(ref, time, Double(state >> 40) / 64)
                } else {
                    batch.append(ref, time, Double(sample * (number / 10 % 10 + 1)))
                }
            }
            for ref in info { batch.append(ref, time, 1) }
            _ = deep.append(batch)
        }
    }

    private static func histogram(_ sample: Int, _ number: Int) -> NativeHistogram {
        var histogram = NativeHistogram()
        histogram.positiveSpans = [NativeHistogram.Span(offset: 0, length: 40)]
        histogram.positiveBuckets = (0..<40).map { Double(sample * ($0 + number % 5)) }
        histogram.count = histogram.positiveBuckets.reduce(0, +)
        histogram.sum = histogram.count * 2
        return histogram
    }

    private func fillWide() throws {
        var refs: [SeriesRef] = []
        for number in 0..<sizes.wide {
            let labels = ["id": "client-\((number &* 7919) % 1_000_003)-\(number)", "zone": "z\(number % 10)"]
            refs.append(try wide.register(LabelSet(metric: "wide", labels)))
        }
        var batch = AppendBatch()
        for sample in 0..<3 {
            batch.removeAll()
            let time = Timestamp(milliseconds: Self.start + Int64(sample) * 15_000)
            for (number, ref) in refs.enumerated() { batch.append(ref, time, Double((number &* 31) % 1009)) }
            _ = wide.append(batch)
        }
    }

    // MARK: Works

    private func range(_ query: String, steps: Int) -> Work {
        let step = max(1, (end - Self.start) / Int64(max(1, steps - 1)))
        let grid = StepGrid(
            start: Timestamp(milliseconds: Self.start),
            end: Timestamp(milliseconds: Self.start + step * Int64(steps - 1)),
            step: Milliseconds(step))
        let source = deep
        return Work(name: query) { options, hasEnded in
            await Self.failure(hasEnded) {
                () async throws(QueryFailure) in
                try await EmbeddedBackend(source: source, options: options)
                    .range(RangeRequest(query: query, grid: grid))
            }
        }
    }

    private func instant(_ query: String, on source: TimeSeriesStore, at time: Int64) -> Work {
        Work(name: query) { options, hasEnded in
            await Self.failure(hasEnded) {
                () async throws(QueryFailure) in
                try await EmbeddedBackend(source: source, options: options)
                    .instant(InstantRequest(query: query, time: Timestamp(milliseconds: time)))
            }
        }
    }

    private static func failure<Answer>(
        _ hasEnded: () -> Void, _ body: () async throws(QueryFailure) -> Answer
    ) async -> QueryFailure? {
        do throws(QueryFailure) {
            let answer = try await body()
            withExtendedLifetime(answer, hasEnded)
            return nil
        } catch {
            hasEnded()
            return error
        }
    }

    var works: [Work] {
        let steps = sizes.steps
        let wideTime = Self.start + 30_000
        let backend = EmbeddedBackend(source: wide)
        let points = sizes.series * 5
        let one = Series(
            labels: LabelSet(metric: "a", ["x": "1"]),
            timestamps: (0..<points).map { Timestamp(milliseconds: Self.start + Int64($0) * 1000) },
            samples: .floats((0..<points).map { Double($0) * 0.37 }))
        let result = QueryResult(value: .matrix([Series](repeating: one, count: 100)))
        let (first, last) = (Timestamp(milliseconds: Self.start), Timestamp(milliseconds: wideTime))
        return [
            range("quantile_over_time(0.9, g[30m])", steps: steps / 8),
            range("stddev_over_time(g[1h])", steps: steps / 40),
            range("mad_over_time(g[1h])", steps: steps / 160),
            range("predict_linear(g[1h], 60)", steps: steps / 40),
            range("max_over_time(rate(c_total[5m])[30m:15s])", steps: steps / 4),
            range("sum_over_time(max_over_time(rate(c_total[5m])[10m:15s])[1h:15s])", steps: steps / 10),
            instant("max_over_time(vector(time())[57d:1s])", on: deep, at: end),
            instant("sum_over_time((sin(vector(time())) + 1)[4900000s:1s] @ 1e8)", on: deep, at: end),
            range("topk(100, c_total)", steps: steps / 4),
            range("topk by (path) (1, c_total)", steps: steps / 100),
            range("quantile by (job) (0.5, g)", steps: steps),
            range("count_values(\"v\", g)", steps: steps / 40),
            range("count_values by (path) (\"v\", g)", steps: steps / 400),
            range("topk(2, c_total) by (job)", steps: steps / 40),
            range("label_replace(c_total, \"y\", \"$2-$1\", \"path\", \"(/.)/([0-9]+)\")", steps: steps / 2),
            range("c_total * on (job, instance) group_left (version) target_info", steps: steps / 4),
            range("c_total + on (path) fill (0) g", steps: steps / 10),
            range("c_total or g", steps: steps / 4),
            range("c_total > 5 unless on (instance) g", steps: steps / 4),
            range("-c_total", steps: steps / 4),
            range("sum by (path) (c_total)", steps: steps / 4),
            range("stddev by (path) (c_total)", steps: steps / 4),
            range("info(c_total)", steps: steps / 10),
            range("rate(c_total[5m] smoothed)", steps: steps / 10),
            range("rate(nh[5m])", steps: steps / 4),
            range("sum by (job) (nh)", steps: steps),
            range("histogram_quantile(0.9, rate(h_bucket[5m]))", steps: steps),
            range("histogram_quantile(0.9, nh)", steps: steps),
            range("c_total", steps: steps * 11 / 4),
            range("absent(c_total{path=~\"/p/1.*\"})", steps: steps),
            instant("{job=~\".+\"}[3h]", on: deep, at: end),
            instant("sort(wide)", on: wide, at: wideTime),
            instant("sort_by_label(wide, \"id\")", on: wide, at: wideTime),
            instant("wide[1m]", on: wide, at: wideTime),
            instant("count(wide{id=~\".*(7.*3|9.*1).*[05]\"})", on: wide, at: wideTime),
            instant("count(wide{id!~\".*(7.*3|9.*1).*[05]\",zone!=\"z3\"})", on: wide, at: wideTime),
            instant("sum by (id) (wide)", on: wide, at: wideTime),
            instant("count without (zone) (wide)", on: wide, at: wideTime),
            instant("wide + on (id) wide", on: wide, at: wideTime),
            instant("label_join(wide, \"j\", \"-\", \"id\", \"zone\")", on: wide, at: wideTime),
            instant("count_values(\"v\", wide)", on: wide, at: wideTime),
            instant("limit_ratio(0.5, wide)", on: wide, at: wideTime),
            instant("topk(1000000, wide)", on: wide, at: wideTime),
            instant("count_values by (id) (\"v\", wide)", on: wide, at: wideTime),
            instant("label_replace(wide, \"y\", \"$1-$1\", \"id\", \"client-(.*)\")", on: wide, at: wideTime),
            instant("wide * on (id) group_left (zone) wide", on: wide, at: wideTime),
            instant("-wide", on: wide, at: wideTime),
            instant("histogram_quantile(0.5, wide)", on: wide, at: wideTime),
            Work(name: "JSON of 10,000,000 points", keepsTime: false) { _, hasEnded in
                await Self.failure(hasEnded) { () async throws(QueryFailure) in try APIJSON.answer(result) }
            },
            Work(name: "series()", keepsTime: false) { _, hasEnded in
                await Self.failure(hasEnded) {
                    () async throws(QueryFailure) in
                    try await backend.series(["{zone!=\"\"}"], start: first, end: last, limit: 0)
                }
            },
            Work(name: "labelValues(id)", keepsTime: false) { _, hasEnded in
                await Self.failure(hasEnded) {
                    () async throws(QueryFailure) in
                    try await backend.labelValues("id", [], start: first, end: last, limit: 0)
                }
            },
            Work(name: "labelNames()", keepsTime: false) { _, hasEnded in
                await Self.failure(hasEnded) {
                    () async throws(QueryFailure) in
                    try await backend.labelNames(["wide{id=~\".*7.*\"}"], start: first, end: last, limit: 0)
                }
            },
        ]
    }
}
