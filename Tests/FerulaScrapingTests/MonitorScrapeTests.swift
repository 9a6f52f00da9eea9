// A server under test, scraped into a monitor.

import Ferula
import FerulaScraping
import FerulaTestKit
import HTTPService
import Synchronization
import Testing

@Suite("Scraping in a test", .timeLimit(.minutes(2)))
struct MonitorScrapeTests {
    private static func page(_ text: String, _ contentType: String = "text/plain; version=0.0.4") -> Response {
        Response(contentType: contentType, body: .bytes(Array(text.utf8)))
    }

    @Test("rates of a counter that a server shows, and the end of a series that its page lacks")
    func rates() async throws {
        let count = Atomic<Int>(0)
        let route = Route("/metrics") { _ in
            let round = count.add(1, ordering: .relaxed).newValue
            return Self.page("served_total \(round * 30)\n" + (round < 3 ? "depth 1\n" : ""))
        }
        let monitor = Monitor()
        try await Server(routes: [route]).whileRunning { address in
            for second in stride(from: 0.0, through: 30, by: 15) {
                let report = try await monitor.scrape("\(address)", at: .second(second), labels: ["job": "a"])
                #expect(report.outcome.appended == (second < 30 ? 2 : 1))
            }
        }
        try await monitor.expect(#"rate(served_total{job="a"}[30s])"#, .equals(2))
        try await monitor.expect("depth", .empty)
    }

    @Test("OpenMetrics is read as such")
    func openMetrics() async throws {
        let monitor = Monitor()
        let route = Route("/m") { _ in
            Self.page("# TYPE a counter\na_total 1.0\n# EOF\n", "application/openmetrics-text; version=1.0.0")
        }
        try await Server(routes: [route]).whileRunning { address in
            _ = try await monitor.scrape("http://\(address)/m", at: .second(0))
        }
        try await monitor.expect("a_total", .equals(1))
    }

    @Test("a status, a malformed page and nobody there are told with the URL, and end the series")
    func failures() async throws {
        let round = Atomic<Int>(0)
        let route = Route("/metrics") { _ in
            switch round.add(1, ordering: .relaxed).newValue {
            case 1: return Self.page("a 1\n")
            case 2: return Self.page("a one\n")
            default: return Response.text("busy\n", status: 503)
            }
        }
        let monitor = Monitor()
        let url = try await Server(routes: [route]).whileRunning { address in
            let url = "http://\(address)/metrics"
            try await monitor.scrape(url, at: .second(0))
            let malformed = await #expect(throws: ScrapeError.self) { try await monitor.scrape(url, at: .second(1)) }
            #expect(malformed?.description.hasPrefix("\(url): 1:3: expected ") == true, "\(malformed as Any)")
            let busy = await #expect(throws: ScrapeError.self) { try await monitor.scrape(url, at: .second(2)) }
            #expect(busy?.status == 503)
            return url
        }
        try await monitor.expect("a", .equals(1), at: .second(0))
        try await monitor.expect("a", .empty, at: .second(1))
        let refused = await #expect(throws: ScrapeError.self) { try await monitor.scrape(url, at: .second(3)) }
        #expect(refused?.description == "\(url): connection refused")
        let bad = await #expect(throws: ScrapeError.self) { try await monitor.scrape("ftp://x/", at: .second(3)) }
        #expect(bad?.url == "ftp://x/")
    }

    @Test("samples that are not stored are told with the URL, or counted")
    func dropped() async throws {
        let count = Atomic<Int>(0)
        let route = Route("/metrics") { _ in
            Self.page("a \(count.add(1, ordering: .relaxed).newValue)\nb 1\n")
        }
        try await Server(routes: [route]).whileRunning { address in
            let url = "http://\(address)/metrics"
            let monitor = Monitor()
            try await monitor.scrape(url, at: .second(5))
            let failure = await #expect(throws: ScrapeError.self) { try await monitor.scrape(url, at: .second(5)) }
            #expect(
                failure?.description
                    == "\(url): the page at second 5: 1 of 2 samples were not stored; 1 of a time that has another value "
                    + "already, or twice in the page; times must ascend from page to page")
            #expect(failure?.status == nil)
            let counting = Monitor(drops: .counted)
            try await counting.scrape(url, at: .second(5))
            #expect(try await counting.scrape(url, at: .second(5)).samplesDropped == 1)
        }
    }

    @Test("examples of doc comments")
    func examples() async throws {
        let monitor = Monitor()
        let route = Route("/metrics") { _ in Self.page("http_requests_total 1\n") }
        try await Server(routes: [route]).whileRunning { address in
            let port = String("\(address)".split(separator: ":").last ?? "")
            // begin snippet
            try await monitor.scrape("http://127.0.0.1:\(port)/metrics", at: .second(15))
            // end snippet
            let url = "\(address)"
            // begin snippet
            try await monitor.eventually("http_requests_total", .atLeast(1), on: ContinuousClock()) { now in
                try await monitor.scrape(url, at: now)
            }
            // end snippet
        }
    }

    @Test(
        "what a short address means",
        arguments: [
            ("localhost:8080", "http://localhost:8080/metrics"), ("http://a:1", "http://a:1/metrics"),
            ("https://a/x", "https://a/x"), ("a/x", "http://a/x"),
        ])
    func addresses(short: String, url: String) { #expect(Monitor.completed(short) == url) }
}
