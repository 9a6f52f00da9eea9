// The same from XCTest: expectations throw, and what they throw names its place.

import Ferula
import FerulaMetrics
import FerulaTestKit
import Hummingbird
import HummingbirdTesting
import Metrics
import Shop
import XCTest

final class ShopXCTests: XCTestCase {
    func testSalesAreCounted() async throws {
        let monitor = Monitor()
        let metrics = MonitorMetricsFactory(monitor)
        try await withMetricsFactory(metrics) {
            let shop = Application(router: shopRouter { metrics.exposition() })
            try await shop.test(.router) { client in
                try await client.execute(uri: "/sales/tea?amount=2", method: .post) { _ in }
            }
        }
        try metrics.record(at: .second(0))
        try await monitor.expect("shop_sold_total", .equals(2))
        let failure = await monitor.failure(of: #"shop_sold_total{item="coffee"}"#, .equals(2))
        XCTAssertEqual(failure?.fileID, "ShopTests/ShopXCTests.swift")
        XCTAssertTrue("\(failure as Any)".contains(#"item is "tea", the query has item="coffee""#))
    }
}
