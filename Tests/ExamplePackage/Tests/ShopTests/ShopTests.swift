// The shop's tests in Swift Testing: what it counts, what its page shows, what its labels cost.

import Ferula
import FerulaMetrics
import FerulaScraping
import FerulaTestKit
import Hummingbird
import HummingbirdTesting
import Metrics
import Shop
import Testing

@Suite("Shop")
struct ShopTests {
    @Test("every item sold is counted, whatever the size of the sale")
    func sales() async throws {
        let monitor = Monitor()
        let metrics = MonitorMetricsFactory(monitor)
        try await withMetricsFactory(metrics) {
            let shop = Application(router: shopRouter { metrics.exposition() })
            try await shop.test(.router) { client in
                // A counter that is made by its first increase has no value before it: nothing has increased then.
                try await client.execute(uri: "/sales/tea", method: .post) { #expect($0.status == .ok) }
                try metrics.record(at: .second(0))
                try await client.execute(uri: "/sales/tea?amount=4", method: .post)
                try await client.execute(uri: "/sales/cup?amount=0", method: .post) {
                    #expect($0.status == .badRequest)
                }
                try metrics.record(at: .second(60))
            }
        }
        try await monitor.expect("sum(shop_sold_total - shop_sold_total offset 1m)", .equals(4))
        try await monitor.expect("shop_sold_total", .vector([#"shop_sold_total{item="tea"}"#: 5]))
        try await monitor.expect("sum(shop_refused_total)", .equals(1))
        try await monitor.expect(#"shop_sale_size_bucket{le="5.0"}"#, .equals(2))
        try await monitor.expect(
            "sum by (http_response_status_code) (hb_requests)",
            .vector(
                """
                {http_response_status_code="200"} 2
                {http_response_status_code="400"} 1
                """))
        try await monitor.expect(.noMetricOver(series: 50))
        try await monitor.expect(.neverLabel("amount"))
    }

    @Test("a running shop's page is scraped")
    func page() async throws {
        let monitor = Monitor()
        let metrics = MonitorMetricsFactory(Monitor())
        try await withMetricsFactory(metrics) {
            let shop = Application(
                router: shopRouter { metrics.exposition() },
                configuration: .init(address: .hostname("127.0.0.1", port: 0)))
            try await shop.test(.live) { client in
                let port = try #require(client.port)
                try await monitor.eventually(
                    "shop_sold_total", .atLeast(3), on: ContinuousClock(), within: .seconds(20)
                ) { now in
                    try await client.execute(uri: "/sales/tea", method: .post)
                    try await monitor.scrape("127.0.0.1:\(port)", at: now)
                }
            }
        }
        try await monitor.expect(.neverLabel("amount"))
    }

    @Test("the shelf is filled once a minute, on the test's own clock")
    func restocking() async throws {
        let monitor = Monitor()
        let metrics = MonitorMetricsFactory(monitor)
        let clock = ManualClock()
        try await withMetricsFactory(metrics) {
            let worker = Task { try await restock("tea", every: .seconds(60), clock: clock) }
            defer { worker.cancel() }
            try await clock.untilSleeping()
            try await monitor.eventually(
                "shop_restocked_total", .equals(3), on: clock, step: .seconds(60), within: .minutes(30)
            ) { now in
                try await clock.untilSleeping()
                try metrics.record(at: now)
            }
        }
        #expect(clock.now == .minute(3))
    }
}
