// The library as other people's tests use it.

import Ferula
import Testing

@Suite("A monitor in a test")
struct MonitorTests {
    @Test("rates of pages that are taken in")
    func ingestedRates() async throws {
        let monitor = Monitor()
        for second in stride(from: 0, through: 60, by: 20) {
            try monitor.ingest(
                """
                # TYPE http_requests_total counter
                http_requests_total{code="200"} \(second * 4)
                http_requests_total{code="500"} \(second / 20)
                """, at: .second(Double(second)))
        }
        let perSecond = try await monitor.value(#"sum(rate(http_requests_total{code="200"}[1m]))"#, at: .minute(1))
        #expect(perSecond == 4)
        #expect(monitor.timeRange == .second(0)...(.second(60)))
    }

    @Test("a page ends only series of its own target")
    func targets() async throws {
        let monitor = Monitor(labels: ["job": "x"])
        try monitor.ingest("a 1\n", at: .second(0), target: "one")
        try monitor.ingest("b 1\n", at: .second(1), target: "two")
        try monitor.ingest("c 1\n", at: .second(2), target: "two")
        #expect(try await monitor.value(#"a{job="x"}"#, at: .second(2)) == 1)
        #expect(try await monitor.value("b", at: .second(2)) == nil)
    }

    @Test("targets up to the limit are told apart, one more is refused, which harms no other")
    func targetLimit() async throws {
        let monitor = Monitor()
        for number in 1..<Monitor.targetsMax {
            try monitor.ingest("a{n=\"\(number)\"} 1\n", at: .second(0), target: "\(number)")
        }
        try monitor.ingest("last 1\n", at: .second(0), target: "last")
        let failure = #expect(throws: IngestionFailure.self) {
            try monitor.ingest("over 1\n", at: .second(0), target: "over")
        }
        // The line of a call within a macro is the macro's.
        #expect(failure?.description.hasPrefix("FerulaTests/MonitorTests.swift:") == true)
        #expect(failure?.description.hasSuffix(": more than 10000 targets") == true)
        #expect(monitor.endSeries(of: "over", at: .second(1)) == 0)
        try monitor.ingest("last 2\n", at: .second(1), target: "last")
        #expect(try await monitor.value("last", at: .second(1)) == 2)
        #expect(try await monitor.value("over", at: .second(1)) == nil)
        #expect(try await monitor.value("count(a)", at: .second(1)) == 9999)
    }

    @Test("a target that failed before its first page has the labels of that page")
    func failedFirst() async throws {
        let monitor = Monitor(labels: ["zone": "z"])
        #expect(monitor.endSeries(of: "one", at: .second(0)) == 0)
        _ = try monitor.ingest(
            Array("a 1\n".utf8), at: .second(1), format: .text, target: "one", adding: ["job": "x"])
        #expect(try await monitor.value(#"a{job="x",zone="z"}"#, at: .second(1)) == 1)
    }

    @Test("one number asked of a native histogram is refused with what to take of it")
    func histogramValue() async throws {
        let monitor = Monitor()
        var batch = AppendBatch()
        var histogram = NativeHistogram()
        histogram.count = 1
        batch.append(try monitor.store.register(LabelSet(metric: "h")), .second(0), histogram)
        _ = monitor.store.append(batch)
        let failure = await #expect(throws: QueryFailure.self) { try await monitor.value("h", at: .second(0)) }
        #expect(
            failure?.description
                == "`h` is a native histogram where one number was asked for "
                + "(take histogram_count, histogram_sum or histogram_quantile of it)")
    }

    @Test("a series that a page no longer has ends at once")
    func staleness() async throws {
        let monitor = Monitor()
        try monitor.ingest("a 1\nb 1\n", at: Timestamp(seconds: 0))
        try monitor.ingest("a 2\n", at: Timestamp(seconds: 10))
        #expect(try await monitor.value("b", at: Timestamp(seconds: 9)) == 1)
        #expect(try await monitor.value("b", at: Timestamp(seconds: 10)) == nil)
        #expect(try await monitor.value("a", at: Timestamp(seconds: 10)) == 2)
    }

    @Test("a malformed page stores nothing and says where")
    func malformed() async throws {
        let monitor = Monitor()
        let failure = try #require(throws: IngestionFailure.self) {
            try monitor.ingest("a 1\nb{x=\"y\" oops\n", at: Timestamp(seconds: 0))
        }
        #expect(failure.description.hasPrefix("FerulaTests/MonitorTests.swift:"))
        #expect(
            failure.description.hasSuffix(
                ": the page is malformed at 2:13: expected `=` after the label name, found the end of the line\n"
                    + "  b{x=\"y\" oops\n              ^"))
        #expect(try await monitor.value("a", at: Timestamp(seconds: 0)) == nil)
    }

    @Test("an appended sample is found; one that is not stored is told, or counted where that is asked for")
    func append() async throws {
        let monitor = Monitor(limits: StoreLimits(seriesMax: 1, retention: .hours(1)))
        let labels: LabelSet = ["__name__": "a", "x": "1"]
        func failure(_ value: Double, _ labels: LabelSet, _ time: Timestamp) -> String? {
            #expect(throws: SampleRefusal.self) { try monitor.append(value, to: labels, at: time) }?.description
        }
        #expect(try monitor.append(1, to: labels, at: .second(3610)))
        #expect(
            failure(2, labels, .second(3600))
                == #"a{x="1"} at second 3600: the series has a newer sample; times must ascend"#)
        #expect(
            failure(2, labels, .second(3610))
                == #"a{x="1"} at second 3610: the series has another value at this time"#)
        #expect(
            failure(2, labels, .second(9))
                == #"a{x="1"} at second 9: older than the retention; "#
                + "Monitor(limits: StoreLimits(retention: ...)) lengthens it")
        #expect(
            failure(1, LabelSet(metric: "b"), .second(3610))
                == "b at second 3610: series limit of 1 reached; Monitor(limits:) raises it")
        // The same value again is no loss.
        #expect(try monitor.append(1, to: labels, at: .second(3610)))
        #expect(try await monitor.value("a", at: .second(3610)) == 1)
        let counting = Monitor(drops: .counted)
        #expect(try counting.append(1, to: labels, at: .second(10)))
        #expect(try !counting.append(2, to: labels, at: .second(5)))
        #expect(try !counting.append(2, to: labels, at: .second(10)))
    }

    @Test(
        "a page of which something was not stored is an error that says what, and the rest is stored",
        arguments: [
            (
                "old 1\nnew 1\n", 5.0,
                """
                the page at second 5: 1 of 2 samples were not stored; 1 older than the newest of their series; \
                times must ascend from page to page
                """
            ),
            (
                "old 2\nnew 1\n", 10,
                """
                the page at second 10: 1 of 2 samples were not stored; 1 of a time that has another value already, or \
                twice in the page; times must ascend from page to page
                """
            ),
            (
                "old 2\nnew 1\nnew 1\n", 11,
                """
                the page at second 11: 1 of 3 samples were not stored; 1 of a time that has another value already, or \
                twice in the page; times must ascend from page to page
                """
            ),
            (
                "old 2\nnew 1\nlast 1\n", 11,
                "the page at second 11: 1 of 3 samples were not stored; 1 of new series: series limit of 2 reached"
            ),
            (
                "old 2\nnew 1\nnew 3 1000\nnew 3 611001\n", 11,
                """
                the page at second 11: 2 of 4 samples were not stored; 1 older than the retention; \
                1 more than 10m ahead of the page
                """
            ),
            (
                "new 1\n", 10,
                """
                the page at second 10: a series that the page lacks could not be ended before the newest sample; \
                times must ascend from page to page
                """
            ),
        ])
    func dropped(page: String, second: Double, words: String) async throws {
        let limits = StoreLimits(seriesMax: 2, retention: .seconds(8))
        let monitor = Monitor(limits: limits)
        try monitor.ingest("old 1\n", at: .second(10))
        let failure = #expect(throws: IngestionFailure.self) { try monitor.ingest(page, at: .second(second)) }
        #expect(failure?.description == "FerulaTests/MonitorTests.swift:\(#line - 1): " + words)
        #expect(failure?.reason == .dropped(at: .second(second)))
        #expect(try await monitor.value("new", at: .second(20)) == 1)
        let counting = Monitor(limits: limits, drops: .counted)
        try counting.ingest("old 1\n", at: .second(10))
        #expect(try counting.ingest(page, at: .second(second)) == failure?.report)
    }

    @Test("two series that could not be ended are counted")
    func markersDropped() throws {
        let monitor = Monitor(drops: .counted)
        try monitor.ingest("a 1\nb 1\nc 1\n", at: .second(10))
        let report = try monitor.ingest("a 1\n", at: .second(10))
        #expect(report.staleMarkers == 0 && report.staleMarkersDropped == 2)
        #expect(
            report.droppedSamples == [
                "2 series that the page lacks could not be ended before the newest sample",
                "times must ascend from page to page",
            ])
    }

    @Test("the same page at the same time again loses nothing")
    func repeated() throws {
        let monitor = Monitor()
        for _ in 0..<2 { try monitor.ingest("a 1\nb 1\n", at: .second(10)) }
    }

    @Test("an unknown function is refused with its place and the nearest name")
    func unknownFunction() async throws {
        let monitor = Monitor()
        let failure = await #expect(throws: QueryFailure.self) {
            _ = try await monitor.query("sum(rat(a[5m]))", at: Timestamp(seconds: 0))
        }
        #expect(failure?.bytes?.lowerBound == 4)
        #expect(failure?.hint == "did you mean `rate`?")
    }

    @Test("a range answers at every step")
    func range() async throws {
        let monitor = Monitor()
        for second in 0..<10 {
            try monitor.append(Double(second), to: ["__name__": "a"], at: Timestamp(seconds: Double(second)))
        }
        let result = try await monitor.query(
            "a * 2", from: Timestamp(seconds: 2), to: Timestamp(seconds: 6), step: .seconds(2))
        guard case .matrix(let series) = result.value else {
            Issue.record("no matrix: \(result.value)")
            return
        }
        #expect(series.map(\.samples) == [.floats([4, 8, 12])])
        let failure = await #expect(throws: QueryFailure.self) {
            _ = try await monitor.query("a", from: Timestamp(seconds: 2), to: Timestamp(seconds: 1), step: .seconds(1))
        }
        #expect(failure?.description == "end timestamp must not be before start time")
        for step in [Milliseconds.zero, Milliseconds(-1)] {
            let failure = await #expect(throws: QueryFailure.self) {
                _ = try await monitor.query("a", from: .second(2), to: .second(2), step: step)
            }
            #expect(failure?.description == "the step must be positive")
        }
        // At their limits both are answered.
        _ = try await monitor.query("a", from: .second(2), to: .second(2), step: Milliseconds(1))
    }

    @Test("a value that is many is refused")
    func manyValues() async throws {
        let monitor = Monitor()
        try monitor.ingest("a{x=\"1\"} 1\na{x=\"2\"} 1\n", at: Timestamp(seconds: 0))
        let failure = await #expect(throws: QueryFailure.self) {
            _ = try await monitor.value("a", at: Timestamp(seconds: 0))
        }
        #expect(
            failure?.description
                == "`a` has 2 elements where one number was asked for (aggregate it, or ask with query(_:at:))")
    }

    @Test("what is no number has none", arguments: ["a[1m]", "\"text\""])
    func noNumber(query: String) async throws {
        let failure = await #expect(throws: QueryFailure.self) { try await Monitor().value(query, at: .second(0)) }
        #expect(failure?.description == "`\(query)` is no number")
    }
}
