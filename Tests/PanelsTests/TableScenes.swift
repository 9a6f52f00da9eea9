// Tables that goldens, galleries and tests are made of.

import Dashboards
import Frames
import MetricModel

@testable import Panels

extension Scenes {
    static func cell(_ mode: CellMode?, _ change: (inout FieldConfiguration) -> Void = { _ in }) -> FieldConfiguration {
        var field = FieldConfiguration()
        field.cellMode = mode
        field.color = .thresholds
        field.thresholds = Samples.thresholds([(0, "green"), (70, "yellow"), (90, "red")])
        change(&field)
        return field
    }

    /// Every kind of cell, sorted by a number, with a footer.
    static func tableCells(_ change: (inout TableOptions) -> Void = { _ in }) -> (Panel, PanelData) {
        var options = TableOptions()
        options.sortField = "memory"
        options.sortsDescending = true
        options.footer = [.mean]
        change(&options)
        func percent(_ field: inout FieldConfiguration) {
            field.unit = "percent"
            (field.min, field.max) = (0, 100)
        }
        func gauge(_ mode: BarGaugeOptions.DisplayMode) -> FieldConfiguration {
            cell(.gauge) {
                percent(&$0)
                $0.cellGauge = mode
            }
        }
        let loads = (0..<4).map { Samples.walk(UInt64(300 + $0), 0.2, 6, count: 30) }
        let table = DataTable(columns: [
            .init(
                name: "instance", configuration: FieldConfiguration(),
                cells: ["web-01:9100", "web-02:9100", "db-primary.eu-1:9100", "cache:9100"].map { .text($0) }),
            .init(
                name: "state",
                configuration: cell(.colorText) { $0.thresholds = Samples.thresholds([(0, "red"), (1, "green")]) },
                cells: [.number(1), .number(1), .number(0), .empty]),
            .init(
                name: "cpu", configuration: gauge(.basic),
                cells: [.number(91.5), .number(12.25), .number(75), .number(.nan)]
            ),
            .init(
                name: "memory", configuration: gauge(.lcd),
                cells: [.number(40), .number(71), .number(97.5), .number(3)]),
            .init(
                name: "disk", configuration: gauge(.gradient),
                cells: [.number(72.9), .number(42.4), .number(9.5), .number(100)]),
            .init(
                name: "load", configuration: FieldConfiguration(),
                cells: loads.map { .trend($0.last ?? 0, $0) }),
            .init(
                name: "errors", configuration: cell(.colorBackground, percent),
                cells: [.number(0.5), .number(74), .number(93.25), .number(12)]),
        ])
        var data = Samples.data([])
        data.content = .table(table)
        return (Samples.panel(.table(options), "Instances"), data)
    }

    /// More columns than a panel takes.
    static func tableWide() -> (Panel, PanelData) {
        let columns = (0..<14).map { index in
            DataTable.Column(
                name: index == 0 ? "pod" : "quota \(index)", configuration: FieldConfiguration(),
                cells: (0..<30).map { row in
                    index == 0 ? .text("checkout-\(row)") : .number(Double(index * 1000 + row) / 8)
                })
        }
        var data = Samples.data([])
        data.content = .table(DataTable(columns: columns))
        return (Samples.panel(.table(TableOptions()), "Quotas"), data)
    }
}

extension Goldens {
    static var tables: [Goldens] {
        let least = Size(width: 20, height: 4)
        var goldens = [
            // The width of 80, 120 and 240 columns.
            Goldens(name: "table-cells", scene: Scenes.tableCells(), width: 120, height: 9, least: least),
            Goldens(name: "table-cells-80", scene: Scenes.tableCells(), width: 80, height: 9, least: least),
            Goldens(
                name: "table-cells-240", scene: Scenes.tableCells(), width: 240, height: 9,
                least: Size(width: 60, height: 7)),
            Goldens(name: "table-wide", scene: Scenes.tableWide(), width: 80, height: 12, least: least),
            Goldens(
                name: "table-scrolled", scene: Scenes.tableWide(), width: 80, height: 12, least: least, scrollColumns: 4
            ),
        ]
        for (depth, name) in [(ColorDepth.indexed256, "256"), (.none, "mono")] {
            goldens.append(
                Goldens(
                    name: "table-cells-\(name)", scene: Scenes.tableCells(), width: 100, height: 9, depth: depth,
                    least: least))
        }
        goldens.append(
            Goldens(
                name: "table-cells-ascii", scene: Scenes.tableCells(), width: 100, height: 9, depth: .none,
                unicode: false, least: least))
        return goldens
    }
}

extension Gallery {
    static func tables() -> Frame {
        board(
            Goldens.tables.filter { $0.width <= 170 }.flatMap { golden in
                var least = golden
                least.width = least.least.width
                least.height = least.least.height
                return [golden.frame(), least.frame()]
            })
    }
}
