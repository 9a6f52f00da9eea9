// Made-up panel data, the same in every run: curves from a small generator.

import Dashboards
import Frames
import MetricModel

@testable import Panels

struct Generator: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }
    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_f491_4f6c_dd1d
    }
}

enum Samples {
    /// 2026-11-24 21:25:00 UTC and a quarter of an hour.
    static let start = Timestamp(milliseconds: 1_795_555_500_000)
    static let end = Timestamp(milliseconds: 1_795_555_500_000 + 900_000)

    /// A wandering curve within low...high.
    static func walk(
        _ seed: UInt64, _ low: Double, _ high: Double, count: Int = 181, roughness: Double = 0.15
    ) -> [Double] {
        var generator = Generator(seed: seed)
        var level = Double.random(in: 0.2...0.8, using: &generator)
        return (0..<count).map { _ in
            level += Double.random(in: -roughness...roughness, using: &generator)
            level = max(0.02, min(0.98, level + (0.5 - level) * 0.05))
            return low + (high - low) * level
        }
    }

    static func field(
        _ name: String, _ values: [Double], color: Int = 0, start: Timestamp = start, end: Timestamp = end,
        _ configure: (inout FieldConfiguration) -> Void = { _ in }
    ) -> DataField {
        let length = (end - start).count
        let step = max(1, length / Int64(max(1, values.count - 1)))
        var configuration = FieldConfiguration()
        configure(&configuration)
        return DataField(
            name: name, refID: "A", labels: .empty,
            timestamps: values.indices.map { start + Milliseconds(Int64($0) * step) }, values: values,
            step: Milliseconds(step), configuration: configuration, color: RGB.palette(color),
            reduced: [values.last { $0.isFinite }])
    }

    static func data(_ fields: [DataField]) -> PanelData {
        PanelData(content: .fields(fields), start: start, end: end)
    }

    static func panel(_ kind: PanelKind, _ title: String) -> Panel {
        Panel(id: 1, kind: kind, title: title, position: GridPosition(x: 0, y: 0, width: 12, height: 8))
    }

    static func thresholds(_ steps: [(Double, String)]) -> Thresholds {
        var thresholds = Thresholds()
        thresholds.steps = steps.map { Thresholds.Step(value: $0.0, color: $0.1) }
        return thresholds
    }

    static func paint(
        _ panel: Panel, _ data: PanelData, _ width: Int, _ height: Int, depth: ColorDepth = .trueColor,
        unicode: Bool = true, _ change: (inout PaintContext) -> Void = { _ in }
    ) -> Frame {
        var context = PaintContext(capabilities: TerminalCapabilities(colors: depth, isUnicode: unicode))
        change(&context)
        var frame = Frame(size: Size(width: width, height: height))
        PanelPainter.paint(panel, data, in: frame.bounds, on: &frame, context: context)
        return frame
    }
}

/// The panels that goldens, galleries and fuzzing are made of.
enum Scenes {
    static func lines() -> (Panel, PanelData) {
        let panel = Samples.panel(.timeSeries(TimeSeriesOptions()), "Load")
        return (
            panel,
            Samples.data([
                Samples.field("1m", Samples.walk(1, 0.4, 2.9, roughness: 0.22), color: 0),
                Samples.field("5m", Samples.walk(2, 0.8, 1.9, roughness: 0.08), color: 1),
                Samples.field("15m", Samples.walk(3, 1.0, 1.6, roughness: 0.04), color: 2),
            ])
        )
    }

    static func stack(percent: Bool = false) -> (Panel, PanelData) {
        var options = TimeSeriesOptions()
        options.legend.calculations = [.lastNotNull]
        let names = ["user", "system", "iowait", "steal"]
        let tops = [30.0, 14, 8, 3]
        let fields = names.enumerated().map { index, name in
            Samples.field(
                name, Samples.walk(UInt64(10 + index), tops[index] * 0.3, tops[index], count: 61), color: index
            ) {
                $0.unit = "percent"
                $0.graph.stacking = percent ? .percent : .normal
                $0.graph.fillOpacity = 60
                $0.min = 0
                if !percent { $0.max = 100 }
            }
        }
        return (Samples.panel(.timeSeries(options), "CPU by mode"), Samples.data(fields))
    }

    static func network() -> (Panel, PanelData) {
        var options = TimeSeriesOptions()
        options.legend.calculations = [.lastNotNull]
        let panel = Samples.panel(.timeSeries(options), "Network")
        return (
            panel,
            Samples.data([
                Samples.field("eth0 in", Samples.walk(21, 2e6, 19e6), color: 5) { $0.unit = "Bps" },
                Samples.field("eth0 out", Samples.walk(22, 1e6, 9e6), color: 3) {
                    $0.unit = "Bps"
                    $0.graph.isNegativeY = true
                },
            ])
        )
    }

    static func area() -> (Panel, PanelData) {
        var values = Samples.walk(31, 4e9, 13e9, count: 121, roughness: 0.06)
        for index in 40..<48 { values[index] = .nan }
        return (
            Samples.panel(.timeSeries(TimeSeriesOptions()), "Memory"),
            Samples.data([
                Samples.field("used", values, color: 0) {
                    $0.unit = "bytes"
                    $0.graph.fillOpacity = 30
                    $0.graph.thresholdStyle = .line
                    $0.thresholds = Samples.thresholds([(0, "green"), (12e9, "red")])
                    $0.max = 16 * 1_073_741_824
                }
            ])
        )
    }

    static func bars() -> (Panel, PanelData) {
        (
            Samples.panel(.timeSeries(TimeSeriesOptions()), "Errors"),
            Samples.data([
                Samples.field("5xx", Samples.walk(41, 0, 40, count: 16, roughness: 0.5), color: 4) {
                    $0.graph.drawStyle = .bars
                    $0.unit = "reqps"
                    $0.graph.fillOpacity = 100
                }
            ])
        )
    }

    static func stat(_ seed: UInt64 = 51) -> (Panel, PanelData) {
        let panel = Samples.panel(.stat(StatOptions()), "CPU busy")
        return (
            panel,
            Samples.data([
                Samples.field("cpu", Samples.walk(seed, 5, 60, count: 40)) {
                    $0.unit = "percent"
                    $0.color = .thresholds
                    $0.thresholds = Samples.thresholds([(0, "green"), (30, "yellow"), (45, "red")])
                }
            ])
        )
    }

    static func statTiles() -> (Panel, PanelData) {
        let names = ["api-1", "api-2", "db-primary", "db-replica", "cache", "queue"]
        return (
            Samples.panel(.stat(StatOptions()), "Latency"),
            Samples.data(
                names.enumerated().map { index, name in
                    Samples.field(name, Samples.walk(UInt64(60 + index), 0.01, 0.9, count: 40)) {
                        $0.unit = "s"
                        $0.color = .thresholds
                        $0.thresholds = Samples.thresholds([(0, "green"), (0.5, "yellow"), (0.8, "red")])
                    }
                })
        )
    }

    static func statBackground() -> (Panel, PanelData) {
        var options = StatOptions()
        options.colorMode = .background
        var scene = stat(53)
        scene.0.kind = .stat(options)
        return scene
    }

    static func gauge(_ count: Int = 1) -> (Panel, PanelData) {
        (
            Samples.panel(.gauge(GaugeOptions()), "Disk /"),
            Samples.data(
                (0..<count).map { index in
                    Samples.field("disk \(index)", [20, 72.9 - Double(index) * 30]) {
                        $0.unit = "percent"
                        $0.color = .thresholds
                        $0.min = 0
                        $0.max = 100
                        $0.thresholds = Samples.thresholds([(0, "green"), (70, "yellow"), (90, "red")])
                    }
                })
        )
    }

    static func barGauge(_ mode: BarGaugeOptions.DisplayMode, vertical: Bool = false) -> (Panel, PanelData) {
        var options = BarGaugeOptions()
        options.displayMode = mode
        options.isVertical = vertical
        let values = [("/", 72.9), ("/data", 42.4), ("/boot", 9.5), ("/home", 91.2), ("/var/lib/docker", 55.0)]
        return (
            Samples.panel(.barGauge(options), "Filesystems"),
            Samples.data(
                values.map { name, value in
                    Samples.field(name, [value, value]) {
                        $0.unit = "percent"
                        $0.color = .thresholds
                        $0.min = 0
                        $0.max = 100
                        $0.thresholds = Samples.thresholds([(0, "green"), (70, "yellow"), (90, "red")])
                    }
                })
        )
    }

    static func table() -> (Panel, PanelData) {
        var bytes = FieldConfiguration()
        bytes.unit = "bytes"
        var percent = FieldConfiguration()
        percent.unit = "percent"
        percent.cellMode = .gauge
        percent.min = 0
        percent.max = 100
        percent.color = .thresholds
        percent.thresholds = Samples.thresholds([(0, "green"), (70, "yellow"), (90, "red")])
        var state = FieldConfiguration()
        state.cellMode = .colorBackground
        state.color = .thresholds
        state.thresholds = Samples.thresholds([(0, "red"), (1, "green")])
        let plain = FieldConfiguration()
        let table = DataTable(columns: [
            .init(
                name: "mount", configuration: plain, cells: [.text("/"), .text("/data"), .text("/boot"), .text("/日本")]),
            .init(
                name: "device", configuration: plain,
                cells: [.text("/dev/vda1"), .text("/dev/vdb"), .text("/dev/vda15"), .empty]),
            .init(
                name: "size", configuration: bytes,
                cells: [
                    .number(80 * 1_073_741_824), .number(500 * 1_073_741_824), .number(124 * 1_048_576), .number(0),
                ]),
            .init(
                name: "used", configuration: bytes,
                cells: [.number(58.3 * 1_073_741_824), .number(212e9), .number(11.8 * 1_048_576), .number(.nan)]),
            .init(
                name: "use", configuration: percent, cells: [.number(72.9), .number(42.4), .number(9.5), .number(93)]),
            .init(name: "up", configuration: state, cells: [.number(1), .number(1), .number(0), .empty]),
        ])
        var data = Samples.data([])
        data.content = .table(table)
        return (Samples.panel(.table(TableOptions()), "Filesystems"), data)
    }

    static func text() -> (Panel, PanelData) {
        var options = TextOptions()
        options.content = """
            # Checkout service
            Everything about **orders** and `payments`, owned by *team blue*.

            - [Runbook](https://example.com/run)
            - pager: `blue-oncall`

            | env | region |
            |-----|--------|
            | prod | eu-1 |
            """
        return (Samples.panel(.text(options), "About"), Samples.data([]))
    }
}

extension Scenes {
    static func rightLegend() -> (Panel, PanelData) {
        var options = TimeSeriesOptions()
        options.legend.placement = .right
        options.legend.calculations = [.max, .mean, .lastNotNull]
        options.legend.sortBy = "Max"
        options.legend.sortsDescending = true
        let names = ["GET /api/orders", "POST /api/orders", "GET /health", "GET /api/customers/{id}"]
        let fields = names.enumerated().map { index, name in
            let values = Samples.walk(UInt64(80 + index), 0.01, 0.12 * Double(index + 1), roughness: 0.1)
            var field = Samples.field(name, values, color: index) { $0.unit = "s" }
            field.reduced = [values.max(), values.reduce(0, +) / Double(values.count), values.last]
            return field
        }
        return (Samples.panel(.timeSeries(options), "Request duration, 99th percentile"), Samples.data(fields))
    }

    static func tableLegend() -> (Panel, PanelData) {
        var scene = rightLegend()
        var options = TimeSeriesOptions()
        options.legend.isTable = true
        options.legend.calculations = [.max, .mean, .lastNotNull]
        scene.0.kind = .timeSeries(options)
        return scene
    }

    static func manySeries() -> (Panel, PanelData) {
        let fields = (0..<20).map { index in
            Samples.field("cpu\(index)", Samples.walk(UInt64(100 + index), 0, 1, roughness: 0.1), color: index) {
                $0.unit = "percentunit"
            }
        }
        return (Samples.panel(.timeSeries(TimeSeriesOptions()), "Cores"), Samples.data(fields))
    }

    static func logarithmic() -> (Panel, PanelData) {
        let values = Samples.walk(130, 0, 5).map { value in
            (0..<Int(value * 10)).reduce(1.0) { total, _ in total * 1.26 }
        }
        return (
            Samples.panel(.timeSeries(TimeSeriesOptions()), "Rows scanned"),
            Samples.data([Samples.field("orders", values, color: 6) { $0.graph.logBase = 10 }])
        )
    }

    static func twoAxes() -> (Panel, PanelData) {
        (
            Samples.panel(.timeSeries(TimeSeriesOptions()), "Traffic and errors"),
            Samples.data([
                Samples.field("requests", Samples.walk(140, 400, 3000), color: 0) { $0.unit = "reqps" },
                Samples.field("errors", Samples.walk(141, 0, 8), color: 4) {
                    $0.unit = "percent"
                    $0.graph.axisPlacement = .right
                },
            ])
        )
    }

    /// One series of each unit, which the panel gives no side.
    static func units(_ units: [String], hidden: Set<String> = []) -> (Panel, PanelData) {
        let tops: [String: Double] = ["bytes": 3e9, "percent": 80, "reqps": 20_000, "s": 0.4]
        return (
            Samples.panel(.timeSeries(TimeSeriesOptions()), "Units"),
            Samples.data(
                units.enumerated().map { place, unit in
                    let top = tops[unit] ?? 1
                    return Samples.field(
                        unit, Samples.walk(160 + UInt64(place), 0, top, roughness: 0.3), color: place * 2
                    ) {
                        $0.unit = unit
                        $0.graph.isHidden = hidden.contains(unit)
                    }
                })
        )
    }

    static func points() -> (Panel, PanelData) {
        (
            Samples.panel(.timeSeries(TimeSeriesOptions()), "Deploys"),
            Samples.data([
                Samples.field("duration", Samples.walk(150, 30, 600, count: 12, roughness: 0.4), color: 2) {
                    $0.graph.drawStyle = .points
                    $0.unit = "s"
                },
                Samples.field("queue", Samples.walk(151, 30, 300, count: 12, roughness: 0.4), color: 3) {
                    $0.graph.interpolation = .stepAfter
                    $0.unit = "s"
                },
            ])
        )
    }

    static func thresholdArea() -> (Panel, PanelData) {
        (
            Samples.panel(.timeSeries(TimeSeriesOptions()), "Temperature"),
            Samples.data([
                Samples.field("core", Samples.walk(160, 45, 95), color: 1) {
                    $0.unit = "celsius"
                    $0.min = 40
                    $0.max = 100
                    $0.graph.thresholdStyle = .area
                    $0.thresholds = Samples.thresholds([(0, "green"), (70, "yellow"), (85, "red")])
                }
            ])
        )
    }
}
