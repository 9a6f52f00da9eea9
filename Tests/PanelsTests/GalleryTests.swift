// Writes every scene as SVG and text into the folder named by GALLERY, for people to look at.

import Dashboards
import Frames
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
            ("host", host), ("small", small),
            ("mono", Samples.paint(lines.0, lines.1, 80, 16, depth: .none)),
            ("ascii", Samples.paint(lines.0, lines.1, 80, 16, depth: .none, unicode: false)),
        ]
    }
}
