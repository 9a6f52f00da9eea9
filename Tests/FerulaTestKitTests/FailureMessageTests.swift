// Every failure message, word for word, as files under Golden: what a test author reads when a test fails.
// UPDATE_GOLDEN=1 writes them anew: look at each one before it is committed.

import Ferula
import Synchronization
import Testing

@testable import FerulaTestKit

@Suite("Messages of failures")
struct FailureMessageTests {
    @Test("another number, with graphs of what was read")
    func number() async throws {
        try await golden("number") { file, line in
            try await shop().expect(
                #"sum(rate(http_requests_total{code="200"}[1m]))"#, .equals(0.25), fileID: file, line: line)
        }
    }

    @Test("what the article TestingMetrics shows")
    func article() async throws {
        let monitor = Monitor()
        try monitor.load(#"http_requests_total{code="200"}"#, "0+80x20", every: .seconds(15))
        try monitor.load(#"http_requests_total{code="500"}"#, "0x10 1x9", every: .seconds(15))
        try await golden("article") { _, _ in
            try await monitor.expect(
                "sum by (code) (http_requests_total)", .vector("{code=\"200\"} 1500\n{code=\"500\"} 1"),
                fileID: "ShopTests/ErrorTests.swift", line: 9)
        }
    }

    @Test("a number where many elements are")
    func many() async throws {
        try await golden("number-many") { file, line in
            try await shop().expect("http_requests_total", .equals(5), fileID: file, line: line)
        }
    }

    @Test("a vector with an element missing, one too many and another value")
    func vector() async throws {
        try await golden("vector") { file, line in
            try await shop().expect(
                "sum by (code, job) (increase(http_requests_total[1m]))",
                .vector(
                    """
                    {code="200", job="shop"} 20
                    {code="404", job="shop"} 1
                    """), fileID: file, line: line)
        }
        try await golden("vector-names") { file, line in
            try await shop().expect(
                "up", .vector([#"{job="shop"}"#: 1], within: .relative(0.01)), fileID: file, line: line)
        }
    }

    @Test("a vector wanted of a scalar")
    func scalar() async throws {
        try await golden("vector-of-scalar") { file, line in
            try await shop().expect("1 + 1", .vector("{} 2"), fileID: file, line: line)
        }
    }

    @Test("emptiness, and elements where none should be")
    func emptiness() async throws {
        try await golden("empty") { file, line in
            try await shop().expect("up == 1", .empty, fileID: file, line: line)
        }
        try await golden("present") { file, line in
            try await shop().expect("up == 0", .present, fileID: file, line: line)
        }
    }

    @Test("bounds, of one element and of many")
    func bounds() async throws {
        try await golden("bound") { file, line in
            try await shop().expect("sum(http_requests_total)", .below(100), fileID: file, line: line)
        }
        try await golden("bound-many") { file, line in
            try await shop().expect("http_requests_total", .between(0...10), fileID: file, line: line)
        }
    }

    @Test("a native histogram")
    func histogram() async throws {
        try await golden("histogram") { file, line in
            try await shop().expect(
                "latency_seconds", .equals(histogram: "{{schema:0 sum:4 count:4 buckets:[1 3]}}"), fileID: file,
                line: line)
        }
    }

    @Test("no series: a label that differs, a name that is nearly right, a name that nothing has")
    func nearest() async throws {
        try await golden("nearest-label") { file, line in
            try await shop().expect(
                #"http_requests_total{code="404", job=~"sh.*"}"#, .equals(1), fileID: file, line: line)
        }
        try await golden("nearest-name") { file, line in
            try await shop().expect("rate(http_request_total[1m])", .equals(1), fileID: file, line: line)
        }
        try await golden("nearest-none") { file, line in
            try await shop().expect("jobs_done", .equals(1), fileID: file, line: line)
        }
        try await golden("nearest-empty-store") { file, line in
            try await Monitor().expect("up", .equals(1), fileID: file, line: line)
        }
        try await golden("nearest-absent-label") { file, line in
            try await shop().expect(#"{method="GET"}"#, .present, fileID: file, line: line)
        }
    }

    @Test("a series that ended, and one that is too old or too new for the query")
    func outsideOfTheWindow() async throws {
        try await golden("ended") { file, line in
            try await shop().expect("queue_length", .equals(6), fileID: file, line: line)
        }
        try await golden("too-old") { file, line in
            try await shop().expect("up", .equals(1), at: .minute(30), fileID: file, line: line)
        }
        try await golden("too-early") { file, line in
            try await shop().expect("up", .equals(1), at: .second(-60), fileID: file, line: line)
        }
    }

    @Test("a query that is no PromQL is shown with its place")
    func query() async throws {
        try await golden("query") { file, line in
            try await shop().expect("sum(rat(http_requests_total[1m]))", .equals(5), fileID: file, line: line)
        }
    }

    @Test("an expectation that cannot be read")
    func unreadable() async throws {
        try await golden("unreadable-vector") { file, line in
            try await shop().expect("up", .vector("{job=shop} 1"), fileID: file, line: line)
        }
        try await golden("unreadable-element") { file, line in
            try await shop().expect("up", .vector(#"up{job="shop"}"#), fileID: file, line: line)
        }
        try await golden("unreadable-histogram") { file, line in
            try await shop().expect(
                "latency_seconds", .equals(histogram: "{{summe:3}}"), fileID: file, line: line)
        }
    }

    @Test("notation that cannot be loaded, and samples that are refused")
    func loading() async throws {
        try await golden("load-labels") { file, line in
            try shop().load(#"up{job="a""#, "1", every: .seconds(15), fileID: file, line: line)
        }
        try await golden("load-values") { file, line in
            try shop().load("x", "1 2 drei", every: .seconds(15), fileID: file, line: line)
        }
        try await golden("load-late") { file, line in
            try shop().load(#"up{job="shop"}"#, "1x3", every: .seconds(15), fileID: file, line: line)
        }
        try await golden("load-old") { file, line in
            try Monitor(limits: StoreLimits(retention: .hours(1)))
                .load("up", "1x300", every: .minutes(1), fileID: file, line: line)
        }
        try await golden("load-limit") { file, line in
            try Monitor(limits: StoreLimits(seriesMax: 1))
                .load(every: .minutes(1), "a 1\nb 1", fileID: file, line: line)
        }
        try await golden("load-step") { file, line in
            try Monitor().load("up", "1x3", every: .zero, fileID: file, line: line)
        }
        try await golden("load-label-limit") { file, line in
            try Monitor(limits: StoreLimits(labelsMax: 1)).load(
                #"up{job="a"}"#, "1", every: .seconds(1), fileID: file, line: line)
        }
        try await golden("load-lines") { file, line in
            try shop().load(every: .minutes(1), "# two\r\n\r\na 1\r\n \tb{ 1\r\n", fileID: file, line: line)
        }
        try await golden("load-early") { file, line in
            try shop().load(
                #"up{job="shop"}"#, "2 1x3", every: .minutes(1), from: .minute(5), fileID: file, line: line)
        }
        try await golden("load-nameless") { file, line in
            try Monitor().load(#"{job="a"}"#, "1", every: .minutes(1), fileID: file, line: line)
        }
    }

    @Test("a wait that ends, on a manual clock and on a real one")
    func waits() async throws {
        try await golden("eventually-manual") { file, line in
            try await shop().eventually(
                "sum(up)", .equals(2), on: ManualClock(at: .minute(5)), step: .seconds(10), within: .minutes(1),
                fileID: file, line: line)
        }
        try await golden("eventually-threw") { file, line in
            try await shop().eventually(
                "sum(up)", .equals(2), on: ManualClock(), fileID: file, line: line,
                before: { _ in throw CancellationError() })
        }
        let failure = await #expect(throws: ExpectationFailure.self) {
            try await shop().eventually(
                "sum(up)", .equals(2), on: ContinuousClock(), every: .milliseconds(1), within: .milliseconds(20))
        }
        #expect(failure?.kind == .deadline)
        #expect(failure?.summary.hasPrefix("still another answer than expected after ") == true)
    }

    @Test("the report is made of the last try alone, and of none when the answer comes")
    func pictures() async throws {
        let made = Mutex(0)
        await FailurePicture.$onMade.withValue({ made.withLock { $0 += 1 } }) {
            await #expect(throws: ExpectationFailure.self) {
                try await shop().eventually("sum(up)", .equals(2), on: ManualClock(), within: .seconds(9))
            }
            #expect(made.withLock { $0 } == 1)
            await #expect(throws: ExpectationFailure.self) {
                try await shop().eventually(
                    "sum(up)", .equals(2), on: ContinuousClock(), every: .milliseconds(1), within: .milliseconds(20))
            }
            #expect(made.withLock { $0 } == 2)
            await #expect(throws: Never.self) {
                try await shop().eventually("http_requests_total{code=\"200\"}", .equals(20), on: ManualClock())
            }
            #expect(made.withLock { $0 } == 2)
        }
    }

    @Test("nobody sleeps on a clock")
    func sleepers() async throws {
        try await golden("clock-nobody") { file, line in
            try await ManualClock(at: .minute(5)).untilSleeping(within: .milliseconds(1), fileID: file, line: line)
        }
    }

    @Test("offsets: a query that looks ahead, one that looks back, one that does both")
    func offsets() async throws {
        let rows = [("ahead", "-2m"), ("back", "2m"), ("far-ahead", "-(1h)")]
        for (name, offset) in rows {
            try await golden("offset-\(name)") { file, line in
                try await shop().expect(
                    "sum_over_time(up[30s] offset \(offset))", .equals(0), at: .minute(2), fileID: file, line: line)
            }
        }
        try await golden("offset-both") { file, line in
            try await shop().expect(
                "sum_over_time((up offset -1m)[1m:15s] offset 30s)", .equals(0), at: .minute(2), fileID: file,
                line: line)
        }
    }

    @Test("guards of cardinality")
    func guards() async throws {
        let monitor = Monitor()
        for user in 0..<12 {
            try monitor.append(
                1, to: ["__name__": "logins_total", "user_id": "\(user)", "zone": "z\(user % 2)"], at: .second(0))
        }
        try monitor.append(1, to: ["__name__": "sessions", "user_id": "7"], at: .second(0))
        try await golden("guard-label") { file, line in
            try await monitor.expect(.neverLabel("user_id"), fileID: file, line: line)
        }
        try await golden("guard-series") { file, line in
            try await monitor.expect(.noMetricOver(series: 11), fileID: file, line: line)
        }
        try await monitor.expect(.noMetricOver(series: 12))
        try await monitor.expect(.neverLabel("email"))
    }

    @Test("pages of metrics that differ, and one that is malformed")
    func expositions() async throws {
        let wanted = """
            # TYPE a_total counter
            a_total{code="200"} 10
            a_total{code="500"} 1
            b 2
            """
        try await golden("exposition") { file, line in
            try expectExposition(
                """
                # TYPE a_total gauge
                b 2.5
                a_total{code="200"} 10.000001
                c{x="1"} 4
                """, equals: wanted, fileID: file, line: line)
        }
        try await golden("exposition-types") { file, line in
            try expectExposition(
                "# TYPE b gauge\na_total 1\nb 2\n", equals: "# TYPE a_total counter\na_total 1\nb 2\n", fileID: file,
                line: line)
        }
        try await golden("exposition-one") { file, line in
            try expectExposition("a 1\n", equals: "a 2\n", within: .exact, fileID: file, line: line)
        }
        try await golden("exposition-long") { file, line in
            try expectExposition(
                "", equals: (10..<31).map { "a{n=\"\($0)\"} 1\n" }.joined(), fileID: file, line: line)
        }
        try await golden("exposition-wanted") { file, line in
            try expectExposition("a 1\n", equals: "a one\n", fileID: file, line: line)
        }
        try await golden("exposition-format") { file, line in
            try expectExposition("a 1\n", equals: "a 1\n", format: .openMetrics, fileID: file, line: line)
        }
        try await golden("exposition-malformed") { file, line in
            try expectExposition("a_total{code=200} 1\n", equals: wanted, fileID: file, line: line)
        }
    }

    @Test("a promqltest script with an eval that does not hold and a line that cannot be read")
    func script() async throws {
        try await golden("script") { file, line in
            try await expectPromQLTest(
                """
                load 15s
                  up{job="a"} 1x4

                eval instant at 1m sum(up)
                  {} 2

                evil instant
                """, fileID: file, line: line)
        }
        try await golden("script-empty") { file, line in
            try await expectPromQLTest("clear\n", fileID: file, line: line)
        }
    }
}
