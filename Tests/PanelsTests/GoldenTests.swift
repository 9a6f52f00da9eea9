// Every painter at its normal, its least and at no size, compared with the texts under Golden.
// UPDATE_GOLDEN=1 writes them anew: look at each one before it is committed.

import Dashboards
import Frames
import Testing

@testable import Panels

@Suite struct GoldenTests {
    @Test("a panel of normal size is drawn as its golden", arguments: Goldens.normal.map(\.name))
    func normal(name: String) throws {
        let golden = try #require(Goldens.normal.first { $0.name == name })
        try compare(golden, golden.frame())
    }

    @Test("a panel of least size is drawn as its golden", arguments: Goldens.normal.map(\.name))
    func least(name: String) throws {
        var golden = try #require(Goldens.normal.first { $0.name == name })
        golden.name += "-least"
        golden.width = golden.least.width
        golden.height = golden.least.height
        try compare(golden, golden.frame())
    }

    @Test("a panel of no size draws nothing", arguments: Goldens.normal.map(\.name))
    func zero(name: String) throws {
        let golden = try #require(Goldens.normal.first { $0.name == name })
        var frame = Frame(size: Size(width: 4, height: 2), fill: Cell("#"))
        let before = frame
        PanelPainter.paint(
            golden.scene.0, golden.scene.1, in: Rect(x: 1, y: 1, width: 0, height: 0), on: &frame,
            context: PaintContext())
        #expect(frame == before)
    }

    private func compare(_ golden: Goldens, _ frame: Frame) throws {
        try GoldenFile(golden.name).compare(GoldenText.write(frame, depth: golden.depth))
    }
}

struct Goldens {
    var name: String
    var scene: (Panel, PanelData)
    var width: Int
    var height: Int
    var depth: ColorDepth = .trueColor
    var unicode = true
    var least = Size(width: 24, height: 6)
    var scrollColumns = 0

    func frame() -> Frame {
        Samples.paint(scene.0, scene.1, width, height, depth: depth, unicode: unicode) {
            $0.scrollColumns = scrollColumns
        }
    }

    static var normal: [Goldens] {
        let small = Size(width: 8, height: 3)
        var goldens = [
            Goldens(name: "lines", scene: Scenes.lines(), width: 60, height: 12),
            Goldens(name: "stack", scene: Scenes.stack(), width: 72, height: 14),
            Goldens(name: "percent", scene: Scenes.stack(percent: true), width: 60, height: 12),
            Goldens(name: "negative", scene: Scenes.network(), width: 60, height: 12),
            Goldens(name: "area", scene: Scenes.area(), width: 48, height: 14),
            Goldens(name: "bars", scene: Scenes.bars(), width: 60, height: 12),
            Goldens(name: "points", scene: Scenes.points(), width: 48, height: 12),
            Goldens(name: "log", scene: Scenes.logarithmic(), width: 48, height: 12),
            Goldens(name: "two-axes", scene: Scenes.twoAxes(), width: 60, height: 12),
            Goldens(name: "two-units", scene: Scenes.units(["bytes", "percent"]), width: 60, height: 12),
            Goldens(
                name: "hidden-unit", scene: Scenes.units(["bytes", "percent"], hidden: ["bytes"]), width: 60, height: 12
            ),
            Goldens(name: "three-units", scene: Scenes.units(["bytes", "percent", "reqps"]), width: 60, height: 12),
            Goldens(name: "three-units-narrow", scene: Scenes.units(["s", "percent", "reqps"]), width: 36, height: 10),
            Goldens(name: "legend-right", scene: Scenes.rightLegend(), width: 80, height: 12),
            Goldens(name: "legend-table", scene: Scenes.tableLegend(), width: 60, height: 16),
            Goldens(name: "many-series", scene: Scenes.manySeries(), width: 50, height: 12),
            Goldens(name: "threshold-area", scene: Scenes.thresholdArea(), width: 40, height: 12),
            Goldens(name: "stat", scene: Scenes.stat(), width: 20, height: 5, least: small),
            Goldens(name: "stat-big", scene: Scenes.stat(), width: 30, height: 9, least: Size(width: 30, height: 1)),
            Goldens(name: "stat-tiles", scene: Scenes.statTiles(), width: 50, height: 9, least: small),
            Goldens(name: "stat-background", scene: Scenes.statBackground(), width: 20, height: 7, least: small),
            Goldens(name: "gauge", scene: Scenes.gauge(), width: 20, height: 6, least: small),
            Goldens(name: "gauge-arc", scene: Scenes.gauge(), width: 40, height: 14, least: Size(width: 24, height: 9)),
            Goldens(name: "gauges", scene: Scenes.gauge(3), width: 60, height: 6, least: small),
            Goldens(name: "bar-gauge", scene: Scenes.barGauge(.gradient), width: 40, height: 7, least: small),
            Goldens(name: "bar-gauge-lcd", scene: Scenes.barGauge(.lcd), width: 50, height: 11, least: small),
            Goldens(
                name: "bar-gauge-up", scene: Scenes.barGauge(.basic, vertical: true), width: 40, height: 9,
                least: Size(width: 12, height: 4)),
            Goldens(name: "table", scene: Scenes.table(), width: 100, height: 7, least: Size(width: 20, height: 4)),
            Goldens(name: "text", scene: Scenes.text(), width: 40, height: 14, least: Size(width: 12, height: 2)),
        ]
        goldens += states + lists + counts
        for depth in [ColorDepth.indexed256, .ansi16, .none] {
            let names: [ColorDepth: String] = [.indexed256: "256", .ansi16: "16", .none: "mono"]
            for (name, scene) in [("lines", Scenes.lines()), ("stack", Scenes.stack()), ("stat", Scenes.stat(56))] {
                goldens.append(
                    Goldens(
                        name: "\(name)-\(names[depth] ?? "")", scene: scene, width: 50, height: 9, depth: depth,
                        least: Size(width: 16, height: 4)))
            }
        }
        goldens.append(
            Goldens(name: "lines-ascii", scene: Scenes.lines(), width: 60, height: 12, depth: .none, unicode: false))
        return goldens + shares + tables
    }
}
