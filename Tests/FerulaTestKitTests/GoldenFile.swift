// A text under Golden; UPDATE_GOLDEN=1 writes it instead of comparing.
// Used for the messages of failures: each is kept word for word.

import Ferula
import FerulaTestKit
import Foundation
import Testing

struct GoldenFile {
    let name: String
    init(_ name: String) { self.name = name }

    private var url: URL {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(name).txt")
    }

    func compare(_ text: String) throws {
        let text = text + "\n"
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
            try Data(text.utf8).write(to: url)
            return
        }
        let golden = try String(contentsOf: url, encoding: .utf8)
        #expect(text == golden, "\(name) differs from its golden; UPDATE_GOLDEN=1 writes it anew")
    }
}

/// A store with a counter by code and job, a gauge that ends, and a native histogram.
func shop() throws -> Monitor {
    let monitor = Monitor()
    try monitor.load(
        every: .seconds(15),
        """
        http_requests_total{code="200", job="shop"} 0+5x20
        http_requests_total{code="500", job="shop"} 0x10 1x9
        queue_length{job="shop"} 3 8 2 9 4 7 1 0 5 6 stale
        up{job="shop"} 1x20
        latency_seconds{job="shop"} {{schema:0 sum:4 count:3 buckets:[1 2]}}x20
        """)
    return monitor
}

/// The failure of a call, with the place that goldens have.
func golden(
    _ name: String, _ body: (String, Int) async throws -> Void
) async throws {
    let failure = await #expect(throws: ExpectationFailure.self) { try await body("ShopTests/CheckoutTests.swift", 12) }
    try GoldenFile(name).compare("\(try #require(failure))")
}
