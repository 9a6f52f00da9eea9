// From the bytes of a scrape to the cells of a panel: every module of the pure band in one test, on a clock of ours.

import DashboardApp
import Dashboards
import Ferula
import Frames
import Querying
import Testing

private struct OneTarget: StatusSource {
    func targets() async -> [TargetStatus] {
        [
            TargetStatus(
                scrapePool: "shop", url: "http://shop:8080/metrics", labels: ["instance": "shop:8080"],
                discoveredLabels: .empty, health: .up, lastScrape: Timestamp(seconds: 1_700_000_300),
                samplesScraped: 3, interval: .seconds(5), timeout: .seconds(5))
        ]
    }
}

@Suite("From a scrape to a frame")
struct ScrapeToFrameTests {
    private static let dashboard = #"""
        {"title": "Shop", "time": {"from": "now-5m", "to": "now"}, "panels": [
          {"type": "stat", "title": "Requests", "gridPos": {"x": 0, "y": 0, "w": 12, "h": 3},
           "targets": [{"refId": "A", "expr": "sum(rate(http_requests_total[1m]))"}],
           "fieldConfig": {"defaults": {"unit": "reqps", "decimals": 1}}},
          {"type": "stat", "title": "Errors", "gridPos": {"x": 12, "y": 0, "w": 12, "h": 3},
           "targets": [{"refId": "A", "expr":
             "sum(rate(http_requests_total{code=\"500\"}[1m])) / sum(rate(http_requests_total[1m]))"}],
           "fieldConfig": {"defaults": {"unit": "percentunit", "decimals": 1}}},
          {"type": "timeseries", "title": "By code", "gridPos": {"x": 0, "y": 3, "w": 24, "h": 6},
           "targets": [{"refId": "A", "expr": "sum by (code) (rate(http_requests_total[1m]))",
                        "legendFormat": "code {{code}}"}],
           "fieldConfig": {"defaults": {"unit": "reqps", "decimals": 1}}},
          {"type": "stat", "title": "Missing", "gridPos": {"x": 0, "y": 9, "w": 24, "h": 3},
           "targets": [{"refId": "A", "expr": "no_such_metric"}]}
        ]}
        """#

    /// Five minutes of scrapes at 5 s: eight good requests a second and two bad ones.
    private static let start = 1_700_000_000

    private func frame(width: Int) async throws -> Frame {
        let monitor = Monitor(labels: ["job": "shop", "instance": "shop:8080"])
        for second in stride(from: 0, through: 300, by: 5) {
            try monitor.ingest(
                """
                # HELP http_requests_total Requests by code.
                # TYPE http_requests_total counter
                http_requests_total{code="200"} \(second * 8)
                http_requests_total{code="500"} \(second * 2)

                """, at: Timestamp(seconds: Double(Self.start + second)))
        }
        let document = try Dashboard(grafanaJSON: Array(Self.dashboard.utf8), fileName: "shop.json")
        return await renderOnce(
            dashboard: document, backend: monitor.queryBackend, status: OneTarget(), width: width,
            capabilities: TerminalCapabilities(colors: .none), now: Timestamp(seconds: Double(Self.start + 300)),
            // Cut short as soon as every panel has its answer.
            limit: { try? await Task.sleep(for: .seconds(60)) })
    }

    @Test("counters become the numbers and the legend of panels")
    func numbers() async throws {
        let text = try await frame(width: 120).plainText
        #expect(text.contains("10.0 req/s"), "\(text)")
        #expect(text.contains("20.0 %") || text.contains("20.0%"), "\(text)")
        #expect(text.contains("code 200 8.0 req/s"), "\(text)")
        #expect(text.contains("code 500 2.0 req/s"), "\(text)")
        #expect(text.contains("1 of 1 targets up"), "\(text)")
    }

    @Test("a panel without data says so inside itself")
    func empty() async throws {
        let lines = try await frame(width: 120).plainText.split(separator: "\n").map(String.init)
        let title = try #require(lines.firstIndex { $0.contains("Missing") })
        let inside = lines[title...].prefix(6).joined(separator: "\n")
        #expect(inside.lowercased().contains("no data") || inside.contains("no_such_metric"), "\(inside)")
    }

    @Test("the same data gives the same frame twice")
    func deterministic() async throws {
        let one = try await frame(width: 100)
        let other = try await frame(width: 100)
        #expect(one == other)
    }
}
