// Ten whole dashboards over seeded data, as goldens: what a change of any painter does to a screen is seen here.
// UPDATE_GOLDEN=1 writes them anew: look at each one before it is committed.

import DashboardApp
import Dashboards
import Ferula
import FerulaConfiguration
import Foundation
import Frames
import Ingestion
import SeededDashboards
import ShippedDashboards
import Testing

private enum Fixtures {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    static let names = [
        "host", "web", "prometheus", "states", "shares", "cluster", "queue", "database", "network", "slo",
    ]

    static func dashboard(_ name: String) throws -> Dashboard {
        if name == "host" { return try Dashboard(grafanaJSON: ShippedDashboards.host.bytes, fileName: "host.json") }
        let path = folder.appending(path: "Fixtures/\(name).yml")
        return try ShortDashboard.read(String(contentsOf: path, encoding: .utf8), file: path.lastPathComponent)
    }
}

@Suite("Whole dashboards", .timeLimit(.minutes(10)))
struct WholeDashboardTests {
    @Test("a dashboard over seeded data looks as it did", arguments: Fixtures.names)
    func golden(name: String) async throws {
        let seeded = await SeededDashboard(try Fixtures.dashboard(name))
        for look in SeededDashboard.looks {
            let frame = await seeded.picture(look.width, look.height, look.depth).frame
            let text = GoldenText.write(frame, depth: look.depth)
            let path = Fixtures.folder.appending(path: "Golden/\(name)-\(look.name).txt")
            if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
                try text.write(to: path, atomically: true, encoding: .utf8)
                continue
            }
            #expect(try text == String(contentsOf: path, encoding: .utf8), "\(name) \(look.name)")
        }
    }

    @Test("every panel of the fixtures has data, but the one that says why it has none", arguments: Fixtures.names)
    func filled(name: String) async throws {
        let picture = await SeededDashboard(try Fixtures.dashboard(name)).picture(160, nil, opensRows: true)
        let empty = picture.panels.filter { $0.state != .drawn }
        #expect(empty.map(\.title) == (name == "network" ? ["No such thing"] : []), "\(empty)")
    }

    @Test("the fixtures have a panel of every kind that is drawn")
    func kinds() throws {
        func kinds(_ panels: [Panel]) -> [String] { panels.flatMap { [$0.typeName] + kinds($0.collapsedPanels) } }
        let found = Set(try Fixtures.names.flatMap { kinds(try Fixtures.dashboard($0).panels) })
        let wanted: Set = [
            "timeseries", "stat", "gauge", "bargauge", "table", "heatmap", "histogram", "piechart", "barchart",
            "state-timeline", "status-history", "text", "row", "alertlist", "dashlist",
        ]
        #expect(wanted.subtracting(found) == [])
    }

    /// For `make pictures`, which draws them with the program itself.
    @Test(
        "the data of a dashboard are written as OpenMetrics text",
        .enabled(if: ProcessInfo.processInfo.environment["FERULA_PICTURE_DATA"] != nil), arguments: Fixtures.names)
    func data(name: String) async throws {
        let folder = try #require(ProcessInfo.processInfo.environment["FERULA_PICTURE_DATA"])
        let seeded = await SeededDashboard(try Fixtures.dashboard(name))
        var bytes: [UInt8] = []
        var saver = SampleSaver(seeded.monitor.store)
        _ = try await saver.save { bytes += $0 }
        #expect(bytes.count > 1000)
        try Data(bytes).write(to: URL(filePath: folder).appending(path: "\(name).om"))
    }
}
