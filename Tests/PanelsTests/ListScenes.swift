// Lists of alerts and of dashboards for goldens and the gallery.

import Dashboards
import Frames
import MetricModel
import Testing

@testable import Panels

extension Scenes {
    static func alerts(_ count: Int = 5) -> (Panel, PanelData) {
        let rows: [(String, ListedAlert.State, LabelSet, Int64)] = [
            ("HighErrorRate", .firing, ["severity": "critical", "service": "checkout", "cluster": "eu-1"], 754),
            ("InstanceDown", .firing, ["severity": "critical", "instance": "10.0.3.14:9100", "cluster": "eu-1"], 90),
            (
                "DiskWillFill", .pending,
                ["severity": "warning", "instance": "db-1", "mountpoint": "/", "cluster": "eu-1"], 31
            ),
            (
                "CertificateExpires", .firing, ["severity": "warning", "host": "shop.example", "cluster": "eu-1"],
                260_000
            ),
            ("Watchdog", .firing, ["severity": "none", "cluster": "eu-1"], 5_000_000),
        ]
        let alerts = (0..<count).map { index -> ListedAlert in
            let row = rows[index % rows.count]
            return ListedAlert(
                name: row.0, state: row.1, labels: row.2, since: Samples.end - .seconds(row.3 + Int64(index / 5)))
        }
        var data = Samples.data([])
        data.content = .alerts(AlertListing(alerts))
        return (Samples.panel(.alertList(AlertListOptions()), "Alerts"), data)
    }

    static func noAlerts(_ rules: Int?) -> (Panel, PanelData) {
        var data = Samples.data([])
        data.content = .alerts(AlertListing([]))
        data.notices = [AlertListOptions().emptyWords(rules: rules)]
        return (Samples.panel(.alertList(AlertListOptions()), "Alerts"), data)
    }

    static func dashboards(_ groups: Int = 1) -> (Panel, PanelData) {
        let titles = ["Checkout / overview", "Nodes", "PostgreSQL", "Redis", "SLO report of the quarter"]
        let choices = titles.map { LinkChoice(title: $0, url: "/d/" + $0) }
        var data = Samples.data([])
        data.content = .dashboards(
            Array(
                [
                    DashboardGroup(heading: "Search", choices: choices),
                    DashboardGroup(heading: "Recently viewed", choices: Array(choices.prefix(2))),
                ].prefix(groups)))
        return (Samples.panel(.dashboardList(DashboardListOptions()), "Go to"), data)
    }
}

extension Goldens {
    static var lists: [Goldens] {
        let least = Size(width: 16, height: 4)
        var goldens = [
            Goldens(name: "alerts", scene: Scenes.alerts(), width: 80, height: 8, least: least),
            Goldens(
                name: "alerts-many", scene: Scenes.alerts(30), width: 35, height: 8, least: Size(width: 15, height: 6)),
            Goldens(name: "alerts-none", scene: Scenes.noAlerts(3), width: 40, height: 5, least: least),
            Goldens(name: "dashboards", scene: Scenes.dashboards(), width: 30, height: 6, least: least),
            Goldens(name: "dashboards-groups", scene: Scenes.dashboards(2), width: 40, height: 12, least: least),
            Goldens(
                name: "alerts-ascii", scene: Scenes.alerts(), width: 80, height: 8, depth: .none, unicode: false,
                least: least),
        ]
        for (name, depth) in [("256", ColorDepth.indexed256), ("mono", .none)] {
            goldens.append(
                Goldens(
                    name: "alerts-\(name)", scene: Scenes.alerts(), width: 60, height: 7, depth: depth, least: least))
            goldens.append(
                Goldens(
                    name: "dashboards-\(name)", scene: Scenes.dashboards(), width: 30, height: 6, depth: depth,
                    least: least))
        }
        return goldens
    }
}

extension Gallery {
    static func lists(_ depth: ColorDepth = .trueColor, isUnicode: Bool = true) -> Frame {
        var frame = Frame(size: Size(width: 120, height: 32))
        let context = PaintContext(capabilities: TerminalCapabilities(colors: depth, isUnicode: isUnicode))
        func put(_ scene: (Panel, PanelData), _ x: Int, _ y: Int, _ width: Int, _ height: Int) {
            PanelPainter.paint(
                scene.0, scene.1, in: Rect(x: x, y: y, width: width, height: height), on: &frame, context: context)
        }
        put(Scenes.alerts(), 0, 0, 80, 8)
        put(Scenes.alerts(30), 80, 0, 40, 8)
        put(Scenes.alerts(3), 0, 8, 35, 6)
        put(Scenes.alerts(3), 35, 8, 15, 6)
        put(Scenes.noAlerts(3), 50, 8, 30, 6)
        put(Scenes.noAlerts(nil), 80, 8, 40, 6)
        put(Scenes.dashboards(), 0, 14, 30, 8)
        put(Scenes.dashboards(2), 30, 14, 40, 12)
        put(Scenes.dashboards(), 70, 14, 15, 6)
        var expanded = Samples.panel(.row(isCollapsed: false), "Memory details")
        expanded.title = "Open row"
        put((expanded, Samples.data([])), 0, 27, 120, 1)
        var closed = Samples.panel(.row(isCollapsed: true), "Memory details")
        closed.collapsedPanels = [Scenes.stat().0, Scenes.lines().0]
        put((closed, Samples.data([])), 0, 28, 120, 1)
        put((closed, Samples.data([])), 0, 30, 20, 1)
        return frame
    }
}

@Suite struct ListPainterTests {
    @Test(
        "a list that is too long counts what it hides, and scrolls to its end",
        arguments: [
            // rows, total, height, scroll, then first, count, hidden
            ([5, 5, 5, 0], [0, 5, 0]), ([6, 6, 5, 0], [0, 4, 2]), ([6, 6, 5, 1], [1, 5, 0]),
            ([6, 6, 5, 99], [1, 5, 0]),
            ([6, 9, 5, 99], [1, 4, 4]), ([6, 6, 1, 0], [0, 1, 5]), ([0, 0, 5, 3], [0, 0, 0]),
            ([5, 7, 6, -2], [0, 5, 2]),
        ])
    func window(input: [Int], expected: [Int]) {
        let window = ListWindow(input[0], total: input[1], height: input[2], scroll: input[3])
        #expect([window.first, window.count, window.hidden] == expected)
    }

    @Test("labels begin with the severity and end with what all alerts have")
    func labels() {
        let scene = Scenes.alerts(2)
        let text = Samples.paint(scene.0, scene.1, 90, 5).plainText
        #expect(text.contains("severity=critical service=checkout cluster=eu-1"), "\(text)")
        #expect(text.contains(" 2 firing "))
        #expect(text.contains("▲ InstanceDown"))
        #expect(text.contains("90 s │"))
    }
}
