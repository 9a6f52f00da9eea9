// Every kind of panel as dashboards of four screens draw it, in true colour, in 256 colours and in none.
// UPDATE_GOLDEN=1 writes Golden/screens anew: look at what comes out before it is committed.

import Dashboards
import Frames
import Testing

@testable import Panels

@Suite struct ScreenGoldenTests {
    @Test("no kind of panel is missing in the list")
    func everyKind() {
        let listed = Set(ScreenScene.all.map { KindName($0.scene.0.kind) })
        #expect(Set(KindName.allCases).subtracting(listed).isEmpty)
    }

    @Test("a panel is drawn as its golden", arguments: ScreenScene.all.map(\.name), ScreenScene.screens)
    func picture(name: String, screen: [Int]) throws {
        let place = try #require(ScreenScene.all.firstIndex { $0.name == name })
        let rect = try #require(ScreenScene.rects(width: screen[0])[place])
        let scene = ScreenScene.all[place].scene
        var text = ""
        var colored = ""
        let depths = [(ColorDepth.trueColor, "true colour"), (.indexed256, "256 colours"), (.none, "mono")]
        for (depth, title) in depths {
            let frame = Samples.paint(scene.0, scene.1, rect.width, rect.height, depth: depth)
            let cells = frame.plainText
            text +=
                "\(title)\n" + (cells == colored ? "the same text\n" : cells)
                + GoldenText.styleRuns(frame, depth: depth)
            if depth == .trueColor { colored = cells }
        }
        try GoldenFile("screens/\(name)-\(screen[0])x\(screen[1])").compare("\(rect.width)x\(rect.height)\n" + text)
    }
}

/// A panel with its place on a dashboard of the usual kind.
struct ScreenScene {
    var name: String
    var scene: (Panel, PanelData)
    /// In units of the grid.
    var width: Int
    var height: Int

    static let screens = [[80, 24], [120, 40], [160, 50], [240, 70]]

    /// Where each scene lies on a screen of that width: what DashboardPainter gives a dashboard of all of them, with the
    /// rows a unit that the app gives one which is longer than the screen.
    static func rects(width: Int) -> [Rect?] {
        var (x, y, line) = (0, 0, 0)
        let panels = all.map { scene in
            if x + scene.width > GridLayout.columns { (x, y, line) = (0, y + line, 0) }
            var panel = scene.scene.0
            panel.position = GridPosition(x: x, y: y, width: scene.width, height: scene.height)
            x += scene.width
            line = max(line, scene.height)
            return panel
        }
        var rects = [Rect?](repeating: nil, count: panels.count)
        for placed in DashboardPainter.layout(panels, width: width, rowsPerUnit: 1.6).panels {
            rects[placed.index] = placed.rect
        }
        return rects
    }

    static let all: [ScreenScene] = {
        func row(_ isCollapsed: Bool) -> (Panel, PanelData) {
            var panel = Samples.panel(.row(isCollapsed: isCollapsed), "Memory details")
            if isCollapsed { panel.collapsedPanels = [Scenes.stat().0, Scenes.lines().0] }
            return (panel, Samples.data([]))
        }
        var failed = Scenes.lines()
        failed.1.content = .none
        failed.1.failure = "1:5: unknown function `rat`, did you mean `rate`?"
        let unsupported = (Samples.panel(.unsupported("nodeGraph"), "Topology"), Samples.data([]))
        func scene(_ name: String, _ scene: (Panel, PanelData), _ width: Int, _ height: Int) -> ScreenScene {
            ScreenScene(name: name, scene: scene, width: width, height: height)
        }
        return [
            scene("row", row(false), 24, 1),
            scene("stat", Scenes.stat(), 4, 4), scene("stat-background", Scenes.statBackground(), 4, 4),
            scene("gauge", Scenes.gauge(), 4, 4), scene("stat-tiles", Scenes.statTiles(), 12, 4),
            scene("lines", Scenes.lines(), 12, 8), scene("stack", Scenes.stack(), 12, 8),
            scene("negative", Scenes.network(), 8, 7), scene("area", Scenes.area(), 8, 7),
            scene("bars", Scenes.bars(), 8, 7),
            scene("legend-right", Scenes.rightLegend(), 16, 8), scene("many-series", Scenes.manySeries(), 8, 8),
            scene("bar-gauge", Scenes.barGauge(.gradient), 8, 6), scene("bar-gauge-lcd", Scenes.barGauge(.lcd), 8, 6),
            scene("bar-gauge-up", Scenes.barGauge(.basic, vertical: true), 8, 6),
            scene("table", Scenes.table(), 24, 6), scene("table-cells", Scenes.tableCells(), 24, 7),
            scene("heatmap", Scenes.heatmap(), 12, 8), scene("heatmap-fine", Scenes.fineHeatmap(), 12, 8),
            scene("histogram", Scenes.histogram(2), 8, 7), scene("pie", Scenes.pie(), 6, 7),
            scene("bar-chart", Scenes.barsGrouped(), 10, 7),
            scene("bar-chart-across", Scenes.barsAcross(), 12, 10),
            scene("bar-chart-stacks", Scenes.barsGrouped { $0.stacking = .normal }, 12, 10),
            scene("state-timeline", Scenes.states(), 12, 8), scene("status-history", Scenes.history(), 12, 8),
            scene("alerts", Scenes.alerts(), 12, 6), scene("dashboards", Scenes.dashboards(), 6, 6),
            scene("unsupported", unsupported, 6, 6),
            scene("text", Scenes.text(), 8, 8), scene("failed", failed, 8, 8),
            scene("row-closed", row(true), 24, 1),
        ]
    }()
}
