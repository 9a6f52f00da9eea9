// What code records through swift-metrics, as queries find it.

import Ferula
import FerulaMetrics
import FerulaTestKit
import Metrics
import Testing

@Suite("swift-metrics into a monitor")
struct MonitorMetricsFactoryTests {
    @Test("a store that stays empty is said to have no record, with what may have been missed")
    func emptyStore() async throws {
        let monitor = Monitor()
        let metrics = MonitorMetricsFactory(monitor)
        Counter(label: "sold_total").increment()
        try metrics.record(at: .second(0))
        let failure = await monitor.failure(of: "sold_total", .equals(1))
        #expect(failure?.details.suffix(2).first == "sold_total: no series, the store is empty")
        #expect(failure?.details.last?.hasPrefix("  nothing was recorded: ") == true)
    }

    @Test("every kind of metric, with names, labels, units and buckets as swift-prometheus has them")
    func kinds() throws {
        let metrics = MonitorMetricsFactory(Monitor())
        withMetricsFactory(metrics) {
            Counter(label: "sold_total", dimensions: [("shop", "a b")]).increment(by: 3)
            Counter(label: "sold_total", dimensions: [("shop", "a b")]).increment()
            FloatingPointCounter(label: "litres").increment(by: 0.5)
            Gauge(label: "queue.length").record(7)
            Meter(label: "temperature").set(21.5)
            Meter(label: "temperature").decrement(by: 1)
            Recorder(label: "size", aggregate: false).record(12)
            Recorder(label: "weight").record(20)
            Timer(label: "request-duration").recordMilliseconds(30)
            Timer(label: "request-duration").recordSeconds(11)
        }
        try expectExposition(
            metrics.exposition(),
            equals: """
                # TYPE sold_total counter
                sold_total{shop="a b"} 4
                # TYPE litres counter
                litres 0.5
                # TYPE queue_length gauge
                queue_length 7
                # TYPE temperature gauge
                temperature 20.5
                # TYPE size gauge
                size 12
                # TYPE weight histogram
                weight_bucket{le="5.0"} 0
                weight_bucket{le="10.0"} 0
                weight_bucket{le="25.0"} 1
                weight_bucket{le="50.0"} 1
                weight_bucket{le="100.0"} 1
                weight_bucket{le="250.0"} 1
                weight_bucket{le="500.0"} 1
                weight_bucket{le="1000.0"} 1
                weight_bucket{le="2500.0"} 1
                weight_bucket{le="5000.0"} 1
                weight_bucket{le="10000.0"} 1
                weight_bucket{le="+Inf"} 1
                weight_sum 20
                weight_count 1
                # TYPE request_duration histogram
                request_duration_bucket{le="0.005"} 0
                request_duration_bucket{le="0.01"} 0
                request_duration_bucket{le="0.025"} 0
                request_duration_bucket{le="0.05"} 1
                request_duration_bucket{le="0.1"} 1
                request_duration_bucket{le="0.25"} 1
                request_duration_bucket{le="0.5"} 1
                request_duration_bucket{le="1.0"} 1
                request_duration_bucket{le="2.5"} 1
                request_duration_bucket{le="5.0"} 1
                request_duration_bucket{le="10.0"} 1
                request_duration_bucket{le="+Inf"} 2
                request_duration_sum 11.03
                request_duration_count 2
                """)
    }

    @Test("records are scrapes: rates come out, what is destroyed ends, a reset is a counter's reset")
    func records() async throws {
        let monitor = Monitor()
        let metrics = MonitorMetricsFactory(monitor)
        let counter = Counter(label: "jobs_total", factory: metrics)
        let gauge = Gauge(label: "depth", factory: metrics)
        for second in 0...4 {
            try metrics.record(at: .second(Double(second) * 15))
            counter.increment(by: 30)
            gauge.record(second)
        }
        try await monitor.expect("rate(jobs_total[1m])", .equals(2), at: .minute(1))
        counter.reset()
        gauge.destroy()
        let report = try metrics.record(at: .second(75))
        #expect(report.staleMarkers == 1)
        try await monitor.expect("resets(jobs_total[1m])", .equals(1))
        try await monitor.expect("depth", .empty)
    }

    @Test("with options: buckets by name, a sanitizer, labels for all")
    func options() async throws {
        let monitor = Monitor()
        var options = MonitorMetricsOptions()
        options.labels = ["job": "shop"]
        options.durationHistogramBuckets["app_wait"] = [.seconds(1), .milliseconds(500), .seconds(1)]
        options.nameAndLabelSanitizer = { ("app_" + $0, $1 + [("zone", "z")]) }
        let metrics = MonitorMetricsFactory(monitor, options: options)
        Timer(label: "wait", factory: metrics).recordMilliseconds(700)
        try metrics.record(at: .second(0))
        try await monitor.expect(
            "app_wait_bucket",
            .vector(
                """
                app_wait_bucket{job="shop", le="0.5", zone="z"} 0
                app_wait_bucket{job="shop", le="1.0", zone="z"} 1
                app_wait_bucket{job="shop", le="+Inf", zone="z"} 1
                """))
    }

    @Test(
        "names outside of the classic alphabet",
        arguments: [
            ("http.requests", "http_requests"), ("9lives", "_lives"), ("a:b", "a:b"), ("ümlaut", "_mlaut"), ("", "_"),
            ("e\u{301}a", "_a"),
        ])
    func names(label: String, name: String) throws {
        let metrics = MonitorMetricsFactory(Monitor())
        Counter(label: label, dimensions: [("a.b:c", "v")], factory: metrics).increment()
        #expect(metrics.exposition().contains("\(name){a_b_c=\"v\"} 1\n"))
    }

    @Test("wrong uses are told by the next record")
    func misuses() throws {
        let metrics = MonitorMetricsFactory(Monitor())
        Counter(label: "x", factory: metrics).increment()
        Gauge(label: "x", factory: metrics).record(1)
        Counter(label: "y", factory: metrics).increment(by: -1)
        FloatingPointCounter(label: "y", factory: metrics).increment(by: Double.nan)
        let failure = #expect(throws: MetricsFailure.self) { try metrics.record(at: .second(0)) }
        #expect(
            failure?.description == """
                `x` is a counter and was made again as a gauge
                the counter `y` was increased by -1.0
                the counter `y` was increased by nan
                """)
    }

    @Test("what would write one series twice, or one label, is told and not kept")
    func collisions() throws {
        let metrics = MonitorMetricsFactory(Monitor())
        Counter(label: "x", dimensions: [("__name__", "y"), ("a.b", "1"), ("a_b", "2")], factory: metrics).increment()
        Timer(label: "t", dimensions: [("le", "3")], factory: metrics).recordSeconds(1)
        Counter(label: "t_count", factory: metrics).increment()
        Counter(label: "u_sum", factory: metrics).increment()
        Timer(label: "u", factory: metrics).recordSeconds(1)
        Counter(label: "t_counts", factory: metrics).increment()
        let failure = #expect(throws: MetricsFailure.self) { try metrics.record(at: .second(0)) }
        #expect(
            failure?.misuses == [
                "a dimension of `x` was left out: the label `__name__` is taken",
                "a dimension of `x` was left out: the label `a_b` is taken",
                "a dimension of `t` was left out: the label `le` is taken",
                "`t_count` and `t` would write the same series",
                "`u` and `u_sum` would write the same series",
            ])
        let page = metrics.exposition()
        #expect(page.contains("x{a_b=\"1\"} 1\n") && page.contains("t_counts 1\n") && page.contains("u_sum 1\n"))
        #expect(page.contains("t_count 1\n") && !page.contains("u_bucket") && !page.contains("y"))
    }

    @Test("a monitor's own labels are on what is recorded, as on what is ingested")
    func monitorLabels() async throws {
        let monitor = Monitor(labels: ["job": "shop"])
        var options = MonitorMetricsOptions()
        options.labels = ["zone": "z"]
        let metrics = MonitorMetricsFactory(monitor, options: options)
        Counter(label: "sold_total", factory: metrics).increment()
        try metrics.record(at: .second(0))
        try await monitor.expect(#"sold_total{job="shop",zone="z"}"#, .equals(1))
    }

    @Test("samples that the monitor does not store are told by the record that brings them, unless it counts them")
    func dropped() throws {
        let monitor = Monitor(limits: StoreLimits(seriesMax: 1))
        let metrics = MonitorMetricsFactory(monitor)
        let counter = Counter(label: "a", factory: metrics)
        try metrics.record(at: .second(10))
        counter.increment()
        let late = #expect(throws: MetricsFailure.self) { try metrics.record(at: .second(9)) }
        #expect(
            late?.description == """
                the page at second 9: 1 of 1 samples were not stored; 1 older than the newest of their series; \
                times must ascend from page to page
                """)
        Counter(label: "b", factory: metrics).increment()
        let full = #expect(throws: MetricsFailure.self) { try metrics.record(at: .second(11)) }
        #expect(
            full?.description
                == "the page at second 11: 1 of 2 samples were not stored; 1 of new series: series limit of 1 reached")
        let counting = MonitorMetricsFactory(Monitor(limits: StoreLimits(seriesMax: 1), drops: .counted))
        for label in ["a", "b"] { Counter(label: label, factory: counting).increment() }
        #expect(try counting.record(at: .second(0)).samplesRefused == 1)
    }

    @Test("wrong uses are told up to twenty, the same one once")
    func manyMisuses() throws {
        func told(_ count: Int) -> [String] {
            let metrics = MonitorMetricsFactory(Monitor())
            for number in 0..<count {
                for _ in 0..<2 { Counter(label: "c\(number + 10)", factory: metrics).increment(by: -1) }
            }
            return #expect(throws: MetricsFailure.self) { try metrics.record(at: .second(0)) }?.misuses ?? []
        }
        #expect(told(20).count == 20)
        #expect(told(21) == told(20))
        #expect(told(20).last == "the counter `c29` was increased by -1.0")
    }

    @Test("at the limit of metrics all is well, one past it is told")
    func limit() throws {
        var options = MonitorMetricsOptions()
        options.metricsMax = 2
        let metrics = MonitorMetricsFactory(Monitor(), options: options)
        for name in ["a", "b", "a"] { Counter(label: name, factory: metrics).increment() }
        try metrics.record(at: .second(0))
        Counter(label: "c", factory: metrics).increment()
        let failure = #expect(throws: MetricsFailure.self) { try metrics.record(at: .second(1)) }
        #expect(failure?.description == "metrics were not kept: the limit is 2")
    }
}

/// Two hundred tests at once, each with a factory of its task: what one counts no other sees.
@Suite("Parallel tests with factories of their own")
struct ParallelFactoriesTests {
    /// As a service under test would: it knows nothing of the factory.
    private func serve(_ requests: Int) async {
        await withTaskGroup { group in
            for request in 0..<requests {
                group.addTask {
                    Counter(label: "requests_total", dimensions: [("parity", "\(request % 2)")]).increment()
                    Timer(label: "latency").recordMilliseconds(request)
                    await Task.yield()
                    Gauge(label: "last").record(requests)
                }
            }
        }
    }

    @Test("counts are its own", arguments: 0..<200)
    func ownCounts(number: Int) async throws {
        let monitor = Monitor()
        let metrics = MonitorMetricsFactory(monitor)
        try await withMetricsFactory(metrics) {
            try metrics.record(at: .second(0))
            await serve(number + 2)
            try metrics.record(at: .second(15))
        }
        try await monitor.expect("sum(requests_total)", .equals(Double(number + 2), within: .exact))
        try await monitor.expect("latency_count", .equals(Double(number + 2), within: .exact))
        try await monitor.expect("last", .equals(Double(number + 2), within: .exact))
        try await monitor.expect("count(requests_total)", .equals(2))
    }
}
