// Writes every scene as SVG and text into the folder named by GALLERY, for people to look at.

import Dashboards
import Frames
import MetricModel
import Testing

@testable import Panels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct GalleryTests {
    @Test("the gallery is written when a folder is named")
    func writeGallery() throws {
        guard let folder = getenv("GALLERY").map({ String(cString: $0) }) else { return }
        for (name, frame) in Gallery.frames() {
            try #require(write(frame.svgText(), to: "\(folder)/\(name).svg"))
            try #require(write(frame.plainText, to: "\(folder)/\(name).txt"))
        }
    }

    private func write(_ text: String, to path: String) -> Bool {
        guard let file = fopen(path, "w") else { return false }
        defer { fclose(file) }
        return fputs(text, file) >= 0
    }
}

enum Gallery {
    static func frames() -> [(String, Frame)] {
        var host = Frame(size: Size(width: 120, height: 38))
        let context = PaintContext()
        for column in 0..<6 {
            let (panel, data) = Scenes.stat(UInt64(51 + column))
            PanelPainter.paint(
                panel, data, in: Rect(x: column * 20, y: 0, width: 20, height: 5), on: &host, context: context)
        }
        let places: [((Panel, PanelData), Rect)] = [
            (Scenes.stack(), Rect(x: 0, y: 5, width: 72, height: 14)),
            (Scenes.area(), Rect(x: 72, y: 5, width: 48, height: 14)),
            (Scenes.network(), Rect(x: 0, y: 19, width: 60, height: 12)),
            (Scenes.lines(), Rect(x: 60, y: 19, width: 60, height: 12)),
            (Scenes.table(), Rect(x: 0, y: 31, width: 120, height: 7)),
        ]
        for (scene, rect) in places { PanelPainter.paint(scene.0, scene.1, in: rect, on: &host, context: context) }

        var small = Frame(size: Size(width: 120, height: 44))
        let smallPlaces: [((Panel, PanelData), Rect)] = [
            (Scenes.stat(57), Rect(x: 0, y: 0, width: 30, height: 9)),
            (Scenes.statTiles(), Rect(x: 30, y: 0, width: 50, height: 9)),
            (Scenes.statBackground(), Rect(x: 80, y: 0, width: 20, height: 9)),
            (Scenes.gauge(), Rect(x: 100, y: 0, width: 20, height: 9)),
            (Scenes.barGauge(.gradient), Rect(x: 0, y: 9, width: 40, height: 9)),
            (Scenes.barGauge(.lcd), Rect(x: 40, y: 9, width: 40, height: 9)),
            (Scenes.barGauge(.basic, vertical: true), Rect(x: 80, y: 9, width: 40, height: 9)),
            (Scenes.gauge(), Rect(x: 0, y: 18, width: 30, height: 12)),
            (Scenes.gauge(2), Rect(x: 30, y: 18, width: 60, height: 12)),
            (Scenes.text(), Rect(x: 90, y: 18, width: 30, height: 12)),
            (Scenes.bars(), Rect(x: 0, y: 30, width: 60, height: 14)),
            (Scenes.stack(percent: true), Rect(x: 60, y: 30, width: 60, height: 14)),
        ]
        for (scene, rect) in smallPlaces {
            PanelPainter.paint(scene.0, scene.1, in: rect, on: &small, context: context)
        }
        let lines = Scenes.lines()
        return [
            ("host", host), ("small", small), ("more", more()), ("narrow", narrow()), ("states", states()),
            ("lists", lists()), ("lists-ascii", lists(.none, isUnicode: false)),
            ("states-mono", states(.none)), ("states-ascii", states(.none, isUnicode: false)),
            ("states-16", states(.ansi16)), ("shares", shares()), ("bars", bars()), ("tables", tables()),
            ("counts", counts()), ("counts-mono", counts(.none)),
            ("counts-ascii", counts(.none, isUnicode: false)), ("counts-16", counts(.ansi16)),
            ("mono", Samples.paint(lines.0, lines.1, 80, 16, depth: .none)),
            ("ascii", Samples.paint(lines.0, lines.1, 80, 16, depth: .none, unicode: false)),
        ]
    }
}

extension Gallery {
    static func more() -> Frame {
        var frame = Frame(size: Size(width: 120, height: 46))
        let context = PaintContext()
        func put(_ scene: (Panel, PanelData), _ x: Int, _ y: Int, _ width: Int, _ height: Int, _ context: PaintContext)
        {
            PanelPainter.paint(
                scene.0, scene.1, in: Rect(x: x, y: y, width: width, height: height), on: &frame, context: context)
        }
        var focused = context
        focused.isFocused = true
        focused.crosshair = Samples.start + Milliseconds(500_000)
        put(Scenes.rightLegend(), 0, 0, 70, 12, focused)
        put(Scenes.manySeries(), 70, 0, 50, 12, context)
        put(Scenes.logarithmic(), 0, 12, 40, 12, context)
        put(Scenes.twoAxes(), 40, 12, 50, 12, context)
        var stale = Scenes.stat()
        stale.1.staleFor = .seconds(12)
        put(stale, 90, 12, 30, 6, context)
        var failed = Scenes.stat()
        failed.1.content = .none
        failed.1.failure = "1:5: unknown function `rat`, did you mean `rate`?"
        put(failed, 90, 18, 30, 6, context)
        var empty = Scenes.lines()
        empty.1.content = .fields([])
        empty.1.notices = ["no series matches instance=\"web-02\"", "up has: web-01"]
        put(empty, 0, 24, 40, 8, context)
        empty.1.isLoading = true
        empty.1.notices = []
        put(empty, 40, 24, 40, 8, context)
        put((Samples.panel(.unsupported("nodeGraph"), "Topology"), Samples.data([])), 80, 24, 40, 8, context)
        put((Samples.panel(.row(isCollapsed: true), "Memory details"), Samples.data([])), 0, 32, 120, 1, context)
        put(Scenes.points(), 0, 33, 40, 13, context)
        put(Scenes.tableLegend(), 40, 33, 45, 13, context)
        put(Scenes.thresholdArea(), 85, 33, 35, 13, context)
        return frame
    }

    static func narrow() -> Frame {
        let scenes = [
            Scenes.stat(51), Scenes.stat(52), Scenes.stat(55), Scenes.gauge(), Scenes.lines(), Scenes.text(),
        ]
        let layout = DashboardPainter.layout(scenes.map(\.0), width: 40)
        var frame = Frame(size: Size(width: 40, height: layout.height))
        for placed in layout.panels {
            PanelPainter.paint(
                scenes[placed.index].0, scenes[placed.index].1, in: placed.rect, on: &frame, context: PaintContext())
        }
        return frame
    }
}
