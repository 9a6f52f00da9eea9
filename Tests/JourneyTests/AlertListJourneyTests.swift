// Alerts from a store to a panel: the series that Prometheus writes of its rules, asked and drawn.

import DashboardApp
import Dashboards
import Ferula
import Frames
import Querying
import Testing

@Suite("From alerts to a frame")
struct AlertListJourneyTests {
    private struct NoTargets: StatusSource {
        func targets() async -> [TargetStatus] { [] }
    }

    private static let end = 1_700_000_300

    private func text(_ options: String, _ samples: String) async throws -> String {
        let monitor = Monitor(labels: [:])
        try monitor.ingest(samples, at: Timestamp(seconds: Double(Self.end)))
        let json =
            #"{"title": "On call", "panels": [{"type": "alertlist", "title": "Alerts", "#
            + #""gridPos": {"x": 0, "y": 0, "w": 24, "h": 6}, "options": \#(options)}]}"#
        let document = try Dashboard(grafanaJSON: Array(json.utf8), fileName: "alerts.json")
        return await renderOnce(
            dashboard: document, backend: monitor.queryBackend, status: NoTargets(), width: 100,
            capabilities: TerminalCapabilities(colors: .none), now: Timestamp(seconds: Double(Self.end)),
            limit: { try? await Task.sleep(for: .seconds(60)) }
        ).plainText
    }

    private static let samples = """
        ALERTS{alertname="DiskWillFill",alertstate="pending",severity="warning",instance="db-1"} 1
        ALERTS{alertname="InstanceDown",alertstate="firing",severity="critical",instance="web-1"} 1
        ALERTS_FOR_STATE{alertname="DiskWillFill",severity="warning",instance="db-1"} \(end - 30)
        ALERTS_FOR_STATE{alertname="InstanceDown",severity="critical",instance="web-1"} \(end - 754)

        """

    @Test("firing and pending alerts are listed with their labels and for how long")
    func listed() async throws {
        let text = try await text(#"{"sortOrder": 3}"#, Self.samples)
        let lines = text.split(separator: "\n").filter { $0.contains("severity=") }
        #expect(text.contains(" 1 firing, 1 pending "))
        try #require(lines.count == 2, "\(text)")
        #expect(lines[0].contains("▲ InstanceDown  severity=critical instance=web-1") && lines[0].contains("12 min"))
        #expect(lines[1].contains("● DiskWillFill  severity=warning instance=db-1") && lines[1].contains("30 s"))
    }

    @Test("a panel chooses by state, labels and name")
    func chosen() async throws {
        let pending = try await text(#"{"stateFilter": {"pending": true}}"#, Self.samples)
        #expect(pending.contains("DiskWillFill") && !pending.contains("InstanceDown"), "\(pending)")
        let labelled = try await text(#"{"alertInstanceLabelFilter": "{severity=~\"crit.*\"}"}"#, Self.samples)
        #expect(!labelled.contains("DiskWillFill") && labelled.contains("InstanceDown"), "\(labelled)")
        let named = try await text(#"{"alertName": "DISK"}"#, Self.samples)
        #expect(named.contains("DiskWillFill") && !named.contains("InstanceDown"), "\(named)")
    }

    @Test("a filter that is no selector is told as such")
    func wrongFilter() async throws {
        let text = try await text(#"{"alertInstanceLabelFilter": "{severity}"}"#, Self.samples)
        #expect(text.contains(#" unexpected "}" in label matching, expected label matching operator "#), "\(text)")
        #expect(text.contains(" ✗ "))
    }

    @Test("a store without rules says that there are none")
    func none() async throws {
        let text = try await text("{}", "up 1\n")
        #expect(text.contains(" no alerting rules loaded "), "\(text)")
        // Alerts that came from elsewhere had rules there.
        let others = try await self.text(#"{"alertName": "nope"}"#, Self.samples)
        #expect(others.contains(" no alert is firing of those that the panel chooses "), "\(others)")
    }
}
