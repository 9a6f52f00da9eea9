// Which samples a protobuf body means: names, labels, values, times, metadata, exemplars.

import Ingestion
import MetricModel
import Testing
import TimeSeriesStore

@testable import PrometheusProtobuf

@Suite("What a protobuf body means")
struct MeaningTests {
    @Test("counters, gauges and untyped metrics are one sample each")
    func plain() async throws {
        var target = Scraped(IngestionOptions(targetLabels: ["job": "j"]))
        let counter = Metric.with {
            $0.label = pairs([("code", "200"), ("path", "/\"a\"\n\\")])
            $0.counter.value = 7
        }
        let untyped = Metric.with { $0.untyped.value = -.infinity }
        let report = try target.ingest([
            family("hits_total", .counter, [counter]),
            family("temperature", .gauge, [gauge(-1.5), gauge(2, [("a", "é")])]),
            family("other", .untyped, [untyped]), family("empty", .gauge, []),
        ])
        #expect(report.samplesScraped == 4)
        #expect(
            try await target.lines() == [
                #"hits_total{code="200", job="j", path="/\"a\"\n\\"} 7@1000"#,
                #"other{job="j"} -Inf@1000"#,
                #"temperature{a="é", job="j"} 2@1000"#,
                #"temperature{job="j"} -1.5@1000"#,
            ])
    }

    @Test("a summary has quantiles, sum and count; a number in a label is written as OpenMetrics does")
    func summary() async throws {
        var target = Scraped()
        let summary = Metric.with {
            $0.summary.sampleCount = 10
            $0.summary.sampleSum = 2.5
            for (quantile, value) in [(0.5, 0.1), (1, 4), (0.00001, 0)] {
                $0.summary.quantile.append(
                    .with {
                        $0.quantile = quantile
                        $0.value = value
                    })
            }
        }
        try target.ingest([family("s", .summary, [summary, .with { $0.label = pairs([("x", "y")]) }])])
        #expect(
            try await target.lines() == [
                #"s_count 10@1000"#, #"s_count{x="y"} 0@1000"#, #"s_sum 2.5@1000"#, #"s_sum{x="y"} 0@1000"#,
                #"s{quantile="0.5"} 0.1@1000"#, #"s{quantile="1.0"} 4@1000"#, #"s{quantile="1e-05"} 0@1000"#,
            ])
    }

    @Test("a classic histogram gets the bucket of +Inf when it has none; buckets behind that one do not count")
    func classic() async throws {
        var target = Scraped()
        let open = histogram {
            $0.sampleCount = 5
            $0.sampleSum = 6.5
            $0.bucket = [bucket(0.5, 1), bucket(1, 3)]
        }
        let closed = histogram([("x", "y")]) {
            $0.sampleCountFloat = 2.5
            $0.bucket = [bucket(.infinity, 2), bucket(7, 2)]
            $0.bucket[0].cumulativeCountFloat = 2.5
        }
        try target.ingest([family("h", .histogram, [open]), family("g", .gaugeHistogram, [closed])])
        #expect(
            try await target.lines() == [
                #"g_bucket{le="+Inf", x="y"} 2.5@1000"#, #"g_count{x="y"} 2.5@1000"#, #"g_sum{x="y"} 0@1000"#,
                #"h_bucket{le="+Inf"} 5@1000"#, #"h_bucket{le="0.5"} 1@1000"#, #"h_bucket{le="1.0"} 3@1000"#,
                #"h_count 5@1000"#, #"h_sum 6.5@1000"#,
            ])
    }

    @Test("a native histogram is one sample of whole counts, compact, without a counter reset hint")
    func native() async throws {
        var target = Scraped()
        let metric = histogram {
            fillNative(&$0)
            $0.positiveSpan = [span(0, 3), span(0, 1), span(2, 0)]
            $0.positiveDelta = [1, 1, -2, 1]
            $0.bucket = [bucket(1, 2)]
        }
        try target.ingest([family("h", .histogram, [metric])])
        #expect(try await target.lines() == ["h histogram of 7@1000"])
        var expected = NativeHistogram()
        expected.schema = 1
        expected.zeroThreshold = 0.001
        expected.zeroCount = 1
        expected.count = 7
        expected.sum = 9.5
        expected.positiveSpans = [.init(offset: 0, length: 2), .init(offset: 1, length: 1)]
        expected.positiveBuckets = [1, 2, 1]
        expected.negativeSpans = [.init(offset: 0, length: 1)]
        expected.negativeBuckets = [2]
        #expect(try await target.histograms() == [expected])
    }

    @Test("a native histogram of floats, of a gauge")
    func nativeFloats() async throws {
        var target = Scraped()
        let metric = histogram {
            $0.sampleCountFloat = 2.5
            $0.zeroCountFloat = 0.5
            $0.schema = -1
            $0.positiveSpan = [span(-3, 1)]
            $0.positiveCount = [2]
        }
        try target.ingest([family("h", .gaugeHistogram, [metric])])
        var expected = NativeHistogram()
        expected.schema = -1
        expected.counterResetHint = .gauge
        expected.zeroCount = 0.5
        expected.count = 2.5
        expected.positiveSpans = [.init(offset: -3, length: 1)]
        expected.positiveBuckets = [2]
        #expect(try await target.histograms() == [expected])
    }

    @Test("one span of no length is a native histogram without observations; no span at all is a classic one")
    func emptyNative() async throws {
        var target = Scraped()
        try target.ingest([
            family("n", .histogram, [histogram { $0.positiveSpan = [span(0, 0)] }]),
            family("c", .histogram, [histogram { _ in }]),
        ])
        #expect(
            try await target.lines() == [
                #"c_bucket{le="+Inf"} 0@1000"#, "c_count 0@1000", "c_sum 0@1000", "n histogram of 0@1000",
            ])
    }

    @Test("a histogram in both forms: native, both, or classic, as the options say")
    func forms() async throws {
        let metric = histogram {
            fillNative(&$0)
            $0.bucket = [bucket(1, 4)]
        }
        let classic = [
            #"h_bucket{le="+Inf"} 7@1000"#, #"h_bucket{le="1.0"} 4@1000"#, "h_count 7@1000", "h_sum 9.5@1000",
        ]
        for (options, lines) in [
            (NativeHistogramOptions(), ["h histogram of 7@1000"]),
            (NativeHistogramOptions(keepsClassic: true), ["h histogram of 7@1000"] + classic),
            (NativeHistogramOptions(isRead: false), classic),
        ] {
            var target = Scraped(IngestionOptions(histograms: options))
            try target.ingest([family("h", .histogram, [metric])])
            #expect(try await target.lines() == lines.sorted())
        }
    }

    @Test("times of the body count unless honor_timestamps is off")
    func times() async throws {
        for (honors, time) in [(true, 900), (false, 1000)] {
            var target = Scraped(IngestionOptions(honorTimestamps: honors))
            try target.ingest([family("a", .gauge, [gauge(1, at: 900)])])
            #expect(try await target.lines() == ["a 1@\(time)"])
        }
    }

    @Test("type, help and unit are kept; UTF-8 names too")
    func metadata() async throws {
        var target = Scraped()
        try target.ingest([
            family(
                "wait_seconds_total", .counter, help: "Waited\nlong.", unit: "seconds", [.with { $0.counter.value = 1 }]
            ),
            family("a.b c", .gaugeHistogram, help: "H", [histogram([("x.y", "z")]) { $0.sampleCount = 1 }]),
        ])
        #expect(
            try await target.store.metadata(metric: nil) == [
                "wait_seconds_total": [Metadata(kind: .counter, help: "Waited\nlong.", unit: "seconds")],
                "a.b c": [Metadata(kind: .gaugehistogram, help: "H")],
            ])
        #expect(
            try await target.lines() == [
                "wait_seconds_total 1@1000", #"{"a.b c_bucket", le="+Inf", "x.y"="z"} 1@1000"#,
                #"{"a.b c_count", "x.y"="z"} 1@1000"#, #"{"a.b c_sum", "x.y"="z"} 0@1000"#,
            ])
    }

    @Test("exemplars of counters, buckets and native histograms; of the last only those with a time")
    func exemplars() async throws {
        func exemplar(_ value: Double, seconds: Int64? = nil) -> Io_Prometheus_Client_Exemplar {
            .with {
                $0.label = pairs([("trace", "t")])
                $0.value = value
                if let seconds {
                    $0.timestamp.seconds = seconds
                    $0.timestamp.nanos = 5_000_000
                }
            }
        }
        var target = Scraped()
        let classic = histogram {
            $0.bucket = [bucket(1, 1)]
            $0.bucket[0].exemplar = exemplar(0.5)
        }
        let native = histogram {
            fillNative(&$0)
            $0.exemplars = [exemplar(1), exemplar(2, seconds: 3)]
        }
        let nativeOfBuckets = histogram([("x", "y")]) {
            fillNative(&$0)
            $0.bucket = [bucket(1, 1), bucket(2, 2)]
            $0.bucket[0].exemplar = exemplar(3, seconds: 4)
            $0.bucket[1].exemplar = exemplar(4)
        }
        let counter = Metric.with {
            $0.counter.value = 1
            $0.counter.exemplar = exemplar(9, seconds: 1)
        }
        try target.ingest([
            family("c_total", .counter, [counter]), family("h", .histogram, [classic]),
            family("n", .histogram, [native, nativeOfBuckets]),
        ])
        let matcher = try Matcher(LabelSet.metricNameLabel, .regex, ".+")
        let found = target.store.exemplars([[matcher]], start: .distantPast, end: .distantFuture)
        #expect(
            found.flatMap { series in
                series.exemplars.map { exemplar in
                    "\(series.labels) \(exemplar.labels) \(GoFloat.format(exemplar.value))"
                        + "@\(exemplar.timestamp?.milliseconds ?? -1)"
                }
            }.sorted() == [
                #"c_total {trace="t"} 9@1005"#, #"h_bucket{le="1.0"} {trace="t"} 0.5@1000"#, #"n {trace="t"} 2@3005"#,
                #"n{x="y"} {trace="t"} 3@4005"#,
            ])
    }
}
