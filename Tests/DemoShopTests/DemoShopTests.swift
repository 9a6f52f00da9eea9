// The demo's shop: the same for the same seed, calm before its incidents, and readable as any target's pages are.

import Exposition
import Ferula
import MetricModel
import Testing

@testable import DemoShop

@Suite("Demo shop")
struct DemoShopTests {
    static let start = Timestamp(milliseconds: 1_800_000_000_000)

    @Test(
        "an incident grows for ten seconds, ends within ten, and comes every three minutes, before the start too",
        arguments: [
            (0, 0), (29, 0), (30, 0.1), (34, 0.5), (39, 1), (79, 1), (85, 0.5), (89, 0.1), (90, 0), (209, 0),
            (210, 0.1), (-141, 1), (-151, 0),
        ])
    func severity(second: Int64, expected: Double) {
        let shop = DemoShop(start: Self.start)
        #expect(abs(shop.severity(at: Self.start + .seconds(second)) - expected) < 1e-9)
    }

    @Test("one seed makes one shop, another seed another")
    func seeds() {
        func page(_ seed: UInt64) -> String? {
            var shop = DemoShop(start: Self.start, seed: seed)
            for _ in 0..<20 { shop.pass() }
            return shop.page(0)
        }
        #expect(page(1) == page(1))
        #expect(page(1) != page(2))
    }

    @Test("while the incident ends the payments are away, and come back with another version and fresh counters")
    func restart() async throws {
        let monitor = Monitor()
        var feed = DemoFeed(DemoShop(start: Self.start), into: monitor.store)
        feed.advance(to: Self.start + .seconds(100))
        func value(_ query: String, _ second: Int64) async throws -> Double? {
            try await monitor.value(query, at: Self.start + .seconds(second))
        }
        #expect(try await value("up{job=\"payments\"}", 81) == 1)
        #expect(try await value("up{job=\"payments\"}", 82) == 0)
        #expect(try await value("up{job=\"payments\"}", 89) == 0)
        #expect(try await value("up{job=\"payments\"}", 90) == 1)
        #expect(try await value("count(http_requests_total{job=\"payments\"})", 85) == nil)
        #expect(try await value("count(build_info{job=\"payments\",version=\"2.4.0\"})", 81) == 1)
        #expect(try await value("count(build_info{job=\"payments\",version=\"2.4.1\"})", 90) == 1)
        #expect(try await value("resets(http_requests_total{job=\"payments\",code=\"200\"}[20s])", 95) == 1)
        #expect(try await value("sum(up)", 10) == 5)
    }

    @Test("an incident is seen: errors, latency, a queue, a breaker and alerts, and they pass")
    func incident() async throws {
        let monitor = Monitor()
        var feed = DemoFeed(DemoShop(start: Self.start, history: .minutes(1)), into: monitor.store)
        feed.advance(to: Self.start + .seconds(140))
        func value(_ query: String, _ second: Int64) async throws -> Double {
            try await monitor.value(query, at: Self.start + .seconds(second)) ?? .nan
        }
        let errors = "sum(rate(http_requests_total{code=~\"5..\"}[10s])) / sum(rate(http_requests_total[10s]))"
        #expect(try await value(errors, 25) < 0.01)
        #expect(try await value(errors, 70) > 0.05)
        let slow = "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[10s])))"
        #expect(try await value(slow, 70) > 3 * value(slow, 25))
        let native = "histogram_quantile(0.95, sum(rate(shop_answer_seconds{job=\"payments\"}[10s])))"
        #expect(try await value(native, 70) > 3 * value(native, 25))
        #expect(try await value("sum(shop_queue_depth{queue=\"fulfilment\"})", 79) > 200)
        #expect(try await value("payment_breaker_state{state=\"open\"}", 70) == 1)
        #expect(try await value("payment_breaker_state{state=\"closed\"}", 25) == 1)
        let firing = "count(ALERTS{alertstate=\"firing\"})"
        #expect(try await value(firing, 25).isNaN)
        #expect(try await value("count(ALERTS{alertstate=\"pending\"})", 36) == 1)
        #expect(try await value(firing, 70) == 2)
        #expect(try await value(firing, 130).isNaN)
    }

    @Test("after a gap the shop goes on where the clock is, and nothing is told of the time between")
    func gap() async throws {
        let monitor = Monitor()
        var feed = DemoFeed(DemoShop(start: Self.start), into: monitor.store)
        feed.advance(to: Self.start + .seconds(5))
        feed.skip(to: Self.start + .minutes(120))
        feed.skip(to: Self.start)
        feed.advance(to: Self.start + .minutes(120) + .seconds(5))
        func count(_ second: Int64) async throws -> Double? {
            try await monitor.value("count(http_requests_total)", at: Self.start + .seconds(second))
        }
        let (before, between, after) = (try await count(5), try await count(6), try await count(7205))
        #expect((before ?? 0) > 0 && between == nil && (after ?? 0) > 0)
        #expect(feed.shop.time == Self.start + .seconds(7205))
    }

    @Test("its pages are text that a parser takes, of every type")
    func pages() throws {
        var shop = DemoShop(start: Self.start)
        for _ in 0..<5 { shop.pass() }
        var samples = 0
        for place in 0..<shop.targetCount {
            let page = try #require(shop.page(place))
            let report = try Monitor().ingest(page, at: Self.start)
            samples += report.samplesScraped
            for type in ["counter", "gauge", "histogram"] { #expect(page.contains(" \(type)\n")) }
        }
        #expect((150..<600).contains(samples), "\(samples) samples")
        #expect(shop.page(4)?.contains("# TYPE payment_provider_seconds summary\n") == true)
    }

    @Test("a quarter of an hour of it keeps its series and its bounds")
    func bounded() async throws {
        let monitor = Monitor()
        var feed = DemoFeed(DemoShop(start: Self.start, history: .minutes(15)), into: monitor.store)
        feed.advance(to: Self.start)
        let series = try await monitor.value("count({__name__=~\".+\"})", at: Self.start)
        #expect((series ?? 0) > 200 && (series ?? 0) < 600, "\(series ?? .nan) series")
        #expect(try await monitor.value("max_over_time(max(shop_queue_depth)[15m:5s])", at: Self.start) ?? .nan <= 900)
        #expect(try await monitor.value("min_over_time(min(shop_stock_items)[15m:5s])", at: Self.start) ?? .nan > 0)
    }
}
