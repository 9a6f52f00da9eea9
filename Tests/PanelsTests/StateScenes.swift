// State timelines and histories for goldens and the gallery: services that fail, hosts that are busy.

import Dashboards
import Frames
import MetricModel

@testable import Panels

extension Scenes {
    private static let health: [ValueMapping] = [
        .value("0", MappingResult(text: "Down", color: "red")),
        .value("1", MappingResult(text: "Up", color: "green")),
        .value("2", MappingResult(text: "Degraded", color: "yellow")),
        .special("null+nan", MappingResult(text: nil, color: nil)),
    ]

    /// Runs written as `value * count`; NaN is a gap.
    static func values(_ runs: [(Double, Int)]) -> [Double] { runs.flatMap { Array(repeating: $0.0, count: $0.1) } }

    private static let services: [(String, [(Double, Int)])] = [
        ("checkout", [(1, 40), (2, 22), (0, 9), (1, 50)]),
        ("payments-worker", [(1, 84), (0, 1), (1, 36)]),
        ("search", [(.nan, 30), (1, 33), (.nan, 18), (1, 40)]),
        ("catalogue-import", [(2, 15), (1, 16), (2, 16), (1, 14), (2, 15), (1, 15), (0, 30)]),
        ("mail", [(0, 61), (1, 60)]),
    ]

    static func states(_ count: Int = 5, _ change: (inout StateTimelineOptions) -> Void = { _ in }) -> (
        Panel, PanelData
    ) {
        var options = StateTimelineOptions()
        change(&options)
        let fields = services.prefix(count).enumerated().map { index, service in
            Samples.field(service.0, values(service.1), color: index) {
                $0.mappings = Array(health.prefix(3))
                $0.color = .thresholds
            }
        }
        return (Samples.panel(.stateTimeline(options), "Health"), Samples.data(Array(fields)))
    }

    static func busyHosts(_ count: Int = 6) -> (Panel, PanelData) {
        let fields = (0..<count).map { index in
            Samples.field(
                "node-exporter-\(index + 1)", Samples.walk(UInt64(200 + index), 10, 110, count: 121, roughness: 0.06)
            ) {
                $0.unit = "percent"
                $0.decimals = 0
                $0.color = .thresholds
                $0.thresholds = Samples.thresholds([(0, "green"), (60, "yellow"), (80, "red")])
            }
        }
        return (Samples.panel(.stateTimeline(StateTimelineOptions()), "CPU busy"), Samples.data(fields))
    }

    static func history(_ count: Int = 3, samples: Int = 16) -> (Panel, PanelData) {
        var options = StateTimelineOptions()
        options.isHistory = true
        let names = ["backup", "compaction", "replication"]
        let fields = names.prefix(count).enumerated().map { index, name in
            Samples.field(name, Samples.walk(UInt64(220 + index), 0, 100, count: samples, roughness: 0.4)) {
                $0.color = .thresholds
                $0.decimals = 0
                $0.thresholds = Samples.thresholds([(0, "green"), (50, "orange"), (70, "red")])
            }
        }
        return (Samples.panel(.stateTimeline(options), "Job minutes"), Samples.data(Array(fields)))
    }
}

extension Goldens {
    static var states: [Goldens] {
        let least = Size(width: 16, height: 4)
        var goldens = [
            Goldens(name: "states", scene: Scenes.states(), width: 60, height: 12, least: least),
            Goldens(
                name: "states-one", scene: Scenes.states(1), width: 40, height: 6, least: Size(width: 15, height: 6)),
            Goldens(name: "states-many", scene: Scenes.busyHosts(30), width: 48, height: 10, least: least),
            Goldens(name: "states-steps", scene: Scenes.busyHosts(), width: 80, height: 14, least: least),
            Goldens(name: "history", scene: Scenes.history(), width: 70, height: 10, least: least),
            Goldens(name: "history-dense", scene: Scenes.history(3, samples: 100), width: 50, height: 8, least: least),
        ]
        for (name, depth) in [("256", ColorDepth.indexed256), ("16", .ansi16), ("mono", .none)] {
            goldens.append(
                Goldens(
                    name: "states-\(name)", scene: Scenes.states(), width: 60, height: 10, depth: depth, least: least))
            goldens.append(
                Goldens(
                    name: "history-\(name)", scene: Scenes.history(), width: 60, height: 8, depth: depth, least: least))
        }
        goldens.append(
            Goldens(
                name: "states-ascii", scene: Scenes.states(), width: 60, height: 10, depth: .none, unicode: false,
                least: least))
        return goldens
    }
}

extension Gallery {
    static func states(_ depth: ColorDepth = .trueColor, isUnicode: Bool = true) -> Frame {
        var frame = Frame(size: Size(width: 120, height: 52))
        func put(
            _ scene: (Panel, PanelData), _ x: Int, _ y: Int, _ width: Int, _ height: Int,
            _ change: (inout PaintContext) -> Void = { _ in }
        ) {
            var context = PaintContext(capabilities: TerminalCapabilities(colors: depth, isUnicode: isUnicode))
            change(&context)
            PanelPainter.paint(
                scene.0, scene.1, in: Rect(x: x, y: y, width: width, height: height), on: &frame, context: context)
        }
        put(Scenes.states(), 0, 0, 72, 14)
        put(Scenes.states(1), 72, 0, 48, 8)
        put(Scenes.states(1), 72, 8, 15, 6)
        put(Scenes.states(2), 87, 8, 33, 6)
        put(Scenes.busyHosts(), 0, 14, 60, 10)
        put(Scenes.busyHosts(30), 60, 14, 60, 10)
        put(Scenes.history(), 0, 24, 60, 9)
        put(Scenes.history(2, samples: 100), 60, 24, 60, 9)
        put(Scenes.history(1, samples: 8), 0, 33, 40, 6)
        put(Scenes.states(3) { $0.alignment = .left }, 40, 33, 80, 10) {
            $0.crosshair = Samples.start + Milliseconds(500_000)
            $0.highlightedSeries = 1
        }
        put(Scenes.states(3) { $0.legend.placement = .right }, 0, 43, 80, 9)
        put(Scenes.states(5) { $0.mergesValues = false }, 80, 43, 40, 9)
        return frame
    }
}
