// What a test pays for a monitor with ten thousand series and a question about them.
// `Bench --store-in-tests`: making it, taking in the page and asking, by series; 50 ms in all are 5,000 ns each.

import Ferula

struct StoreInTests {
    let rounds: Int
    let seriesCount: Int

    func run() async throws {
        let page = (0..<seriesCount).map {
            "http_requests_total{code=\"\($0 % 7)\",instance=\"host-\($0 / 100)\",path=\"/items/\($0 % 100)\"} \($0)\n"
        }.joined()
        let bytes = Array(page.utf8)
        let plain = await Measure.best(rounds: rounds, units: seriesCount, prepare: {}) { _ in
            var hash = WorkHash()
            for byte in bytes where byte == 0x0a { hash.add(1) }
            return hash.value
        }
        let whole = try await Measure.best(rounds: rounds, units: seriesCount, prepare: {}) { _ in
            let monitor = Monitor()
            try monitor.ingest(page, at: .second(0))
            let sum = try await monitor.value("sum(http_requests_total)", at: .second(0))
            var hash = WorkHash()
            hash.add(sum ?? 0)
            return hash.value
        }
        Measure.report("monitor in a test, a series", whole, beside: plain, "line feeds of the page")
    }
}
