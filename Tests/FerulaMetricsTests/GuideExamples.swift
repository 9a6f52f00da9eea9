// What docs/testing.md, the DocC articles and doc comments show, as code that runs.
// SnippetTests holds each part between the marks against the documents, line for line.

import Ferula
import FerulaMetrics
import FerulaTestKit
import Metrics
import Testing

/// A service that counts what it restocks; made with a clock, as the articles say.
private func restock(_ item: String, every period: Duration, clock: any Clock<Duration>) async throws {
    let counter = Counter(label: "restocked_total")
    while true {
        try await clock.sleep(for: period)
        counter.increment()
    }
}

private func pollForever(every period: Duration, clock: any Clock<Duration>) async throws {
    while true { try await clock.sleep(for: period) }
}

private struct Shop {
    private let sold = Counter(label: "sold_total")
    func sell() async { sold.increment() }
}

@Suite("Examples of the guides")
struct GuideExamples {
    @Test("docs/testing.md: expectations")
    func expectations() async throws {
        let monitor = Monitor()
        try monitor.load(
            every: .seconds(15),
            """
            http_requests_total{code="200"} 0+71.25x20
            http_requests_total{code="500"} 0+3.75x20
            up 1x20
            queue_length 99x20
            """)
        // begin snippet
        try await monitor.expect("sum(rate(http_requests_total[1m]))", .equals(5))
        try await monitor.expect(
            "sum by (code) (http_requests_total)", .vector([#"{code="200"}"#: 1425, #"{code="500"}"#: 75]))
        try await monitor.expect("up == 0", .empty)
        try await monitor.expect("queue_length", .below(100), at: .minute(3))
        // end snippet
        // begin snippet
        try await monitor.expect("sum(rate(http_requests_total[1m]))", .equals(5))
        // end snippet
    }

    @Test("docs/testing.md: a failure is recorded and the test goes on")
    func failure() async throws {
        let monitor = Monitor()
        try monitor.load("up", "1", every: .seconds(15))
        // begin snippet
        if let failure = await monitor.failure(of: "up", .equals(1)) {
            Issue.record(
                failure,
                sourceLocation: SourceLocation(
                    fileID: failure.fileID, filePath: failure.filePath, line: failure.line, column: failure.column))
        }
        // end snippet
    }

    @Test("docs/testing.md: time")
    func time() async throws {
        let monitor = Monitor()
        let metrics = MonitorMetricsFactory(monitor)
        Counter(label: "jobs_done_total", factory: metrics).increment(by: 3)
        // begin snippet
        let clock = ManualClock()
        try clock.every(.seconds(15)) { now in  // now, and at each 15 seconds it is moved
            do { try metrics.record(at: now) } catch { Issue.record(error) }
        }
        clock.advance(by: .minutes(5))
        try await monitor.eventually("jobs_done_total", .atLeast(3), on: clock, step: .seconds(1), within: .minutes(10))
        // end snippet
        #expect(clock.now == .minute(5))
    }

    @Test("docs/testing.md: laws about all series, pages, scripts")
    func laws() async throws {
        let monitor = Monitor()
        let page = "a 100.5\nprocess_start_time_seconds 7\n"
        let wanted = "a 100\nprocess_start_time_seconds 1\n"
        let script = "load 1m\n  up 1\n\neval instant at 0 up\n  up 1\n"
        // begin snippet
        try await monitor.expect(.neverLabel("user_id"))
        try await monitor.expect(.noMetricOver(series: 100))
        try expectExposition(
            page, equals: wanted, within: .relative(0.01), ignoringValuesOf: ["process_start_time_seconds"])
        try await expectPromQLTest(script)
        // end snippet
        // begin snippet
        try await monitor.expect(.neverLabel("user_id"))
        try await monitor.expect(.noMetricOver(series: 100))
        // end snippet
        let other = "a 100\n"
        try expectExposition(other, equals: other)
    }

    @Test("doc comments: pages, scripts, notation")
    func notations() async throws {
        let page = "a 100\nprocess_start_time_seconds 7\n"
        let wanted = "a 100\nprocess_start_time_seconds 1\n"
        let monitor = Monitor()
        // begin snippet
        try expectExposition(page, equals: wanted, ignoringValuesOf: ["process_start_time_seconds"])
        // end snippet
        // begin snippet
        try await expectPromQLTest(
            """
            load 15s
              http_requests_total{job="a"} 0+5x20

            eval instant at 1m rate(http_requests_total[1m])
              {job="a"} 0.3333333
            """)
        // end snippet
        // begin snippet
        try monitor.load(#"http_requests_total{job="a"}"#, "0+5x20", every: .seconds(15))
        // end snippet
        // begin snippet
        try monitor.load(
            every: .seconds(15),
            """
            http_requests_total{code="200"} 0+5x20
            http_requests_total{code="500"} 0x10 1x10
            """)
        // end snippet
        try await monitor.expect("sum(http_requests_total)", .equals(201))
    }

    @Test("doc comments: waits")
    func waits() async throws {
        let monitor = Monitor()
        let metrics = MonitorMetricsFactory(monitor)
        Counter(label: "jobs_done_total", factory: metrics).increment(by: 3)
        do {
            let clock = ManualClock()
            // begin snippet
            try await monitor.eventually("sum(jobs_done_total)", .equals(3), on: clock) { now in
                try metrics.record(at: now)
            }
            // end snippet
        }
        // begin snippet
        let clock = ManualClock()
        let worker = Task { try await pollForever(every: .seconds(10), clock: clock) }
        try await clock.untilSleeping()
        clock.advance(by: .seconds(10))
        // end snippet
        try await clock.untilSleeping()
        #expect(clock.now == .second(10))
        worker.cancel()
    }

    @Test("doc comment: a factory within a task")
    func factory() async throws {
        // begin snippet
        let monitor = Monitor()
        let metrics = MonitorMetricsFactory(monitor)
        try await withMetricsFactory(metrics) {
            let shop = Shop()  // makes its metrics here, or later within
            try metrics.record(at: .second(0))
            await shop.sell()
            try metrics.record(at: .second(15))
        }
        try await monitor.expect("increase(sold_total[1m])", .equals(1))
        // end snippet
    }

    @Test("the article of Ferula")
    func ferula() async throws {
        // begin snippet
        let monitor = Monitor()
        try monitor.ingest(#"http_requests_total{code="200"} 0"#, at: .second(0))
        try monitor.ingest(#"http_requests_total{code="200"} 60"#, at: .second(60))
        let requests = try await monitor.value("sum(increase(http_requests_total[2m]))", at: .second(60))
        // end snippet
        #expect(requests == 60)
    }

    @Test("the article TestingMetrics, from the second step on")
    func article() async throws {
        let monitor = Monitor()
        // begin snippet
        try monitor.load(#"http_requests_total{code="200"}"#, "0+80x20", every: .seconds(15))
        try monitor.load(#"http_requests_total{code="500"}"#, "0x10 1x9", every: .seconds(15))
        // end snippet
        // begin snippet
        try await monitor.expect(#"sum(rate(http_requests_total{code="500"}[5m]))"#, .below(0.1))
        try await monitor.expect(
            "sum by (code) (http_requests_total)",
            .vector(
                """
                {code="200"} 1600
                {code="500"} 1
                """))
        // end snippet
        let metrics = MonitorMetricsFactory(monitor)
        try await withMetricsFactory(metrics) {
            // begin snippet
            let clock = ManualClock()
            let worker = Task { try await restock("tea", every: .seconds(60), clock: clock) }
            try await clock.untilSleeping()
            try await monitor.eventually("restocked_total", .equals(3), on: clock, within: .minutes(10)) { now in
                try await clock.untilSleeping()
                try metrics.record(at: now)
            }
            worker.cancel()
            // end snippet
            #expect(clock.now == .minute(3))
        }
    }
}
