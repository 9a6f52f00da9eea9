// Ten recorded pages as the dashboards made of them: goldens at 120x40, and every panel asked.
// UPDATE_GOLDEN=1 writes them anew: look at each one before it is committed.

import AutomaticDashboards
import DashboardApp
import Dashboards
import Foundation
import PromQLSyntax
import Testing

@Suite("Recorded pages", .timeLimit(.minutes(10)))
struct RecordedExpositionTests {
    @Test("a recorded page's first screen looks as it did", arguments: RecordedTarget.names)
    func golden(name: String) async throws {
        let target = try RecordedTarget(name)
        let text = try await target.picture(width: 120, height: 40).frame.plainText
        let path = RecordedTarget.folder.appending(path: "Golden/\(name).txt")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
            try text.write(to: path, atomically: true, encoding: .utf8)
            if let folder = ProcessInfo.processInfo.environment["FERULA_SHOW"] {
                let whole = try await target.picture(width: 120, height: nil, opensRows: true)
                try whole.frame.plainText.write(
                    to: URL(filePath: folder).appending(path: "\(name).txt"), atomically: true, encoding: .utf8)
                let document = AutomaticDashboard(title: name, survey: try await target.survey()).document
                try ShortForm.yaml(document).write(
                    to: URL(filePath: folder).appending(path: "\(name).yml"), atomically: true, encoding: .utf8)
            }
            return
        }
        #expect(try text == String(contentsOf: path, encoding: .utf8), "\(name)")
    }

    @Test(
        "every query of a recorded page is answered, and nearly every panel is filled", arguments: RecordedTarget.names)
    func answered(name: String) async throws {
        let picture = try await RecordedTarget(name).picture(width: 120, height: nil, opensRows: true)
        var empty: [String] = []
        for panel in picture.panels {
            switch panel.state {
            case .drawn: continue
            case .empty(let reason): empty.append("\(panel.title): \(reason ?? "")")
            case .failed(let reason): Issue.record("\(panel.title): \(reason)")
            case .unanswered: Issue.record("\(panel.title): unanswered")
            }
        }
        // Distributions of what never happened have no quantiles.
        let unexpected = empty.filter { !$0.contains("quantile") && !$0.contains("heatmap") }
        #expect(unexpected == [], "\(name)")
    }

    @Test("what is made is written and read again, as JSON and in the short form", arguments: RecordedTarget.names)
    func written(name: String) async throws {
        let made = try await RecordedTarget(name).dashboard()
        #expect(made.notices == [])
        let json = try #require(try made.text(forFile: "x.json"))
        let read = try Dashboard(grafanaJSON: Array(json.utf8), fileName: "x.json")
        #expect(read.notices == [])
        func queries(_ dashboard: Dashboard) -> [[String]] {
            dashboard.panels.flatMap { [$0] + $0.collapsedPanels }
                .map { [$0.typeName, $0.title] + $0.targets.map(\.expression) }
        }
        #expect(queries(read) == queries(made))
        let short = try ShortForm.write(grafanaJSON: Array(json.utf8), fileName: "x.json")
        let again = try Dashboard(grafana: try ShortForm.expand(short), fileName: "x.yml")
        #expect(again.notices == [])
        #expect(queries(again) == queries(made))
        #expect(again.panels.map(\.position) == made.panels.map(\.position))
    }
}
