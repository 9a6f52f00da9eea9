// Pies and bar charts that goldens, galleries and tests are made of.

import Dashboards
import Frames
import MetricModel

@testable import Panels

extension Scenes {
    static func pie(
        _ parts: [(String, Double)] = [("Healthy", 41), ("Progressing", 6), ("Degraded", 3), ("Unknown", 1)],
        unit: String? = nil, _ change: (inout PieChartOptions) -> Void = { _ in }
    ) -> (Panel, PanelData) {
        var options = PieChartOptions()
        change(&options)
        let fields = parts.enumerated().map { index, part in
            Samples.field(part.0, [part.1], color: index) { $0.unit = unit }
        }
        return (Samples.panel(.pieChart(options), "Health Status"), Samples.data(fields))
    }

    static func pieOfMany(_ change: (inout PieChartOptions) -> Void = { _ in }) -> (Panel, PanelData) {
        let names = [
            "prod-eu/prometheus-0", "prod-us/prometheus-0", "staging/prometheus-0", "tenant-17", "tenant-3",
            "tenant-44",
            "tenant-5", "tenant-61", "tenant-72", "tenant-81", "tenant-9", "tenant-90",
        ]
        let parts = names.enumerated().map { ($1, 4.2e9 / Double($0 * $0 + 1)) }
        var scene = pie(parts, unit: "bytes", change)
        scene.0.title = "Disk space usage by tenant"
        return scene
    }

    /// Two parts that cannot be: one below zero, one without a number.
    static func pieWithout() -> (Panel, PanelData) {
        pie([("used", 72), ("free", 28), ("debt", -4), ("unknown", .nan)], unit: "percent")
    }

    static func barChart(
        _ names: [String], _ series: [(String, [Double])], unit: String? = nil, title: String = "Requests",
        _ change: (inout BarChartOptions) -> Void = { _ in }
    ) -> (Panel, PanelData) {
        var options = BarChartOptions()
        change(&options)
        let fields = series.enumerated().map { index, one in
            var field = Samples.field(one.0, one.1, color: index) { $0.unit = unit }
            field.timestamps = []
            field.reduced = options.legend.calculations.map { $0.reduce(one.1) }
            return field
        }
        var data = Samples.data(fields)
        data.categories = DataCategories(cells: names.map { .text($0) })
        return (Samples.panel(.barChart(options), title), data)
    }

    static let regions = ["eu-1", "eu-2", "us-1", "us-2", "ap-1"]
    static let codes: [(String, [Double])] = [
        ("2xx", [840, 655, 1220, 310, 95]), ("4xx", [120, 88, 64, 30, 12]), ("5xx", [9, 41, 3, 0, 60]),
    ]

    static func barsOne() -> (Panel, PanelData) { barChart(regions, [codes[0]], unit: "reqps") }
    static func barsGrouped(_ change: (inout BarChartOptions) -> Void = { _ in }) -> (Panel, PanelData) {
        barChart(regions, codes, unit: "reqps", change)
    }
    static func barsAcross(_ change: (inout BarChartOptions) -> Void = { _ in }) -> (Panel, PanelData) {
        barChart(
            ["payments-gateway", "checkout", "catalogue-search", "user-profile", "mailer"], codes, unit: "reqps", change
        )
    }
    static func barsNegative() -> (Panel, PanelData) {
        barChart(
            ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], [("growth", [12, -4, 7, .nan, -9, 3, 15])],
            unit: "percent", title: "Growth")
    }

    static func barsOverTime(_ count: Int = 15) -> (Panel, PanelData) {
        var scene = barChart([], [("tasks", Samples.walk(201, 0, 60, count: count, roughness: 0.4))], title: "Tasks")
        let step = 900_000 / Int64(count)
        scene.1.categories = DataCategories(
            cells: (0..<count).map { .time(Samples.start + Milliseconds(Int64($0 + 1) * step)) })
        return scene
    }

    static func barsByState() -> (Panel, PanelData) {
        var scene = barChart(regions, [("errors", [2, 55, 91, 12, 70])], unit: "percent", title: "Busy") {
            $0.orientation = .horizontal
        }
        guard case .fields(var fields) = scene.1.content else { return scene }
        fields[0].configuration.color = .thresholds
        fields[0].configuration.thresholds = Samples.thresholds([(0, "green"), (50, "yellow"), (80, "red")])
        scene.1.content = .fields(fields)
        return scene
    }
}

extension Goldens {
    static var shares: [Goldens] {
        let least = Size(width: 15, height: 6)
        func percent(_ options: inout BarChartOptions) { options.stacking = .percent }
        func stacked(_ options: inout BarChartOptions) { options.stacking = .normal }
        func donut(_ options: inout PieChartOptions) {
            options.isDonut = true
            options.legendIsRight = true
            options.labels = [.percent]
        }
        var goldens = [
            // 6x5 and 6x6 units of 120 columns; 8x8 of 160; 4x14 of 120; 12x8 of 240.
            Goldens(name: "pie", scene: Scenes.pie(), width: 30, height: 10, least: least),
            Goldens(name: "pie-disc", scene: Scenes.pie(), width: 53, height: 16, least: Size(width: 20, height: 8)),
            Goldens(name: "pie-tall", scene: Scenes.pieOfMany(), width: 20, height: 28, least: least),
            Goldens(
                name: "pie-donut", scene: Scenes.pieOfMany(donut), width: 80, height: 20,
                least: Size(width: 40, height: 12)),
            Goldens(name: "pie-without", scene: Scenes.pieWithout(), width: 40, height: 8, least: least),
            Goldens(name: "bar-chart", scene: Scenes.barsOne(), width: 60, height: 16, least: least),
            Goldens(
                name: "bar-chart-groups", scene: Scenes.barsGrouped(), width: 80, height: 20,
                least: Size(width: 40, height: 12)),
            Goldens(name: "bar-chart-stacks", scene: Scenes.barsGrouped(stacked), width: 60, height: 16, least: least),
            Goldens(
                name: "bar-chart-across", scene: Scenes.barsAcross(), width: 60, height: 22,
                least: Size(width: 30, height: 10)),
            Goldens(name: "bar-chart-percent", scene: Scenes.barsAcross(percent), width: 60, height: 12, least: least),
            Goldens(name: "bar-chart-negative", scene: Scenes.barsNegative(), width: 53, height: 14, least: least),
            Goldens(name: "bar-chart-times", scene: Scenes.barsOverTime(), width: 60, height: 16, least: least),
            Goldens(name: "bar-chart-states", scene: Scenes.barsByState(), width: 40, height: 8, least: least),
        ]
        for (depth, name) in [(ColorDepth.indexed256, "256"), (.ansi16, "16"), (.none, "mono")] {
            goldens.append(
                Goldens(name: "pie-\(name)", scene: Scenes.pie(), width: 30, height: 10, depth: depth, least: least))
            goldens.append(
                Goldens(
                    name: "bar-chart-\(name)", scene: Scenes.barsGrouped(stacked), width: 40, height: 12, depth: depth,
                    least: least))
        }
        goldens.append(
            Goldens(
                name: "pie-ascii", scene: Scenes.pie(), width: 40, height: 14, depth: .none, unicode: false,
                least: least))
        return goldens
    }
}

extension Gallery {
    static func shares() -> Frame { board(shareGoldens(0..<9)) }
    static func bars() -> Frame { board(shareGoldens(9..<99)) }

    private static func shareGoldens(_ range: Range<Int>) -> [Frame] {
        Goldens.shares.enumerated().filter { range.contains($0.offset) }.flatMap { golden in
            var least = golden.element
            least.width = least.least.width
            least.height = least.least.height
            return [golden.element.frame(), least.frame()]
        }
    }

    /// Pictures beside each other, as many as 170 columns take.
    static func board(_ pictures: [Frame]) -> Frame {
        var places: [(frame: Frame, x: Int, y: Int)] = []
        var (x, y, height) = (0, 0, 0)
        for picture in pictures {
            if x + picture.size.width > 170 {
                y += height + 1
                (x, height) = (0, 0)
            }
            places.append((picture, x, y))
            x += picture.size.width + 2
            height = max(height, picture.size.height)
        }
        var board = Frame(size: Size(width: 170, height: y + height))
        for place in places {
            for row in 0..<place.frame.size.height {
                for column in 0..<place.frame.size.width {
                    board[place.x + column, place.y + row] = place.frame[column, row]
                }
            }
        }
        return board
    }
}

extension Wild {
    static func pieChart(_ random: inout Generator) -> PanelKind {
        var options = PieChartOptions()
        options.isDonut = Bool.random(using: &random)
        options.order = [.descending, .ascending, .query].randomElement(using: &random) ?? .query
        options.labels = [[], [.percent], [.name, .value]].randomElement(using: &random) ?? []
        options.legendValues = [[], [.percent], [.value]].randomElement(using: &random) ?? []
        options.legendIsRight = Bool.random(using: &random)
        return .pieChart(options)
    }

    static func barChart(_ random: inout Generator) -> PanelKind {
        var options = BarChartOptions()
        options.orientation = [.automatic, .vertical, .horizontal].randomElement(using: &random) ?? .automatic
        options.stacking = [.none, .normal, .percent].randomElement(using: &random) ?? .none
        options.shownValues = [.automatic, .always, .never].randomElement(using: &random) ?? .never
        options.legend.placement = [.bottom, .right, .hidden].randomElement(using: &random) ?? .bottom
        if Bool.random(using: &random) { options.legend.calculations = [.max, .sum] }
        options.legend.sortBy = "Max"
        return .barChart(options)
    }
}
