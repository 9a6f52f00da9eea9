// Made-up heatmaps and histograms, their goldens and their page of the gallery.

import Dashboards
import Frames
import MetricModel

@testable import Panels

extension Scenes {
    static let latencyBounds: [Double] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, .infinity]

    /// Requests by duration: most lie around a wandering middle, some far above.
    static func heatmapData(
        _ bounds: [Double] = latencyBounds, columns: Int = 90, unit: String? = "s", seed: UInt64 = 7
    ) -> HeatmapData {
        var random = Generator(seed: seed)
        let middle = Samples.walk(seed, 0.25, 0.6, count: columns, roughness: 0.12)
        var counts: [Double] = []
        for place in bounds.indices {
            let height = (Double(place) + 0.5) / Double(bounds.count)
            for column in 0..<columns {
                let distance = (height - middle[column]) * 5
                let bell = 60 / (1 + distance * distance * distance * distance * 4)
                let noise = Double.random(in: 0...1, using: &random)
                let isOutage = column > columns * 3 / 5 && column < columns * 7 / 10
                let count =
                    isOutage ? (height > 0.6 ? 22 * noise : 0) : (bell < 1.5 ? (noise > 0.9 ? 1 : 0) : bell * noise)
                counts.append(count.rounded())
            }
        }
        if columns > 20 {
            // A scrape that failed.
            for place in bounds.indices { counts[place * columns + columns / 3] = .nan }
        }
        var configuration = FieldConfiguration()
        configuration.unit = unit
        let step = 900_000 / Int64(columns)
        return HeatmapData(
            buckets: bounds.indices.map { place in
                HeatmapData.Bucket(
                    lower: place > 0 ? bounds[place - 1] : -.infinity, upper: bounds[place], name: "\(bounds[place])")
            }, naming: .upper,
            columns: (0..<columns).map { Samples.start + Milliseconds(Int64($0) * step) }, width: Milliseconds(step),
            counts: counts, configuration: configuration)
    }

    static func heatmap(
        _ data: HeatmapData = heatmapData(), _ change: (inout HeatmapOptions) -> Void = { _ in }
    ) -> (Panel, PanelData) {
        var options = HeatmapOptions()
        change(&options)
        return (
            Samples.panel(.heatmap(options), "Request duration"),
            PanelData(content: .heatmap(data), start: Samples.start, end: Samples.end)
        )
    }

    /// More buckets than rows, as native histograms have them.
    static func fineHeatmap() -> (Panel, PanelData) {
        var bound = 0.001
        var bounds: [Double] = []
        while bound < 8 {
            bounds.append(bound)
            bound *= 1.189207115002721
        }
        return heatmap(heatmapData(bounds, seed: 11)) { $0.colors.scheme = "Spectral" }
    }

    static func histogram(_ count: Int = 1, ranges: Int = 24, stacked: Bool = false) -> (Panel, PanelData) {
        let names = ["api", "web", "batch"]
        let series = (0..<count).map { place -> HistogramData.Series in
            let middle = 0.3 + 0.2 * Double(place)
            var configuration = FieldConfiguration()
            configuration.unit = "s"
            if stacked { configuration.graph.stacking = .normal }
            let counts = (0..<ranges).map { range -> Double in
                let distance = ((Double(range) + 0.5) / Double(ranges) - middle) * 6
                return (80 / (1 + distance * distance * distance * distance)).rounded(.down)
            }
            return HistogramData.Series(
                name: place < names.count ? names[place] : "s\(place)", color: RGB.palette(place), counts: counts,
                configuration: configuration)
        }
        return (
            Samples.panel(.histogram(HistogramOptions()), "Duration"),
            PanelData(
                content: .histogram(
                    HistogramData(bounds: (0...ranges).map { Double($0) * 0.02 }, series: series)),
                start: Samples.start, end: Samples.end)
        )
    }
}

extension Goldens {
    /// At the sizes that dashboards of 80x24, 120x40, 160x50 and 240x70 cells give a panel of 12x8.
    static var counts: [Goldens] {
        let sizes = [(40, 8), (60, 13), (80, 16), (120, 23)]
        let small = Size(width: 20, height: 6)
        let least = Size(width: 16, height: 4)
        var goldens: [Goldens] = []
        for (width, height) in sizes {
            goldens.append(
                Goldens(name: "heatmap-\(width)", scene: Scenes.heatmap(), width: width, height: height, least: small))
            goldens.append(
                Goldens(
                    name: "histogram-\(width)", scene: Scenes.histogram(2), width: width, height: height, least: least))
        }
        goldens.append(
            Goldens(name: "heatmap-fine", scene: Scenes.fineHeatmap(), width: 60, height: 13, least: small))
        goldens.append(Goldens(name: "histogram-one", scene: Scenes.histogram(), width: 30, height: 8, least: least))
        for (depth, name) in [(ColorDepth.indexed256, "256"), (.ansi16, "16"), (.none, "mono")] {
            goldens.append(
                Goldens(
                    name: "heatmap-\(name)", scene: Scenes.heatmap(), width: 60, height: 13, depth: depth, least: small)
            )
            goldens.append(
                Goldens(
                    name: "histogram-\(name)", scene: Scenes.histogram(2), width: 60, height: 13, depth: depth,
                    least: least))
        }
        goldens.append(
            Goldens(
                name: "heatmap-ascii", scene: Scenes.heatmap(), width: 60, height: 13, depth: .none, unicode: false,
                least: small))
        goldens.append(
            Goldens(
                name: "histogram-ascii", scene: Scenes.histogram(2), width: 60, height: 13, depth: .none,
                unicode: false, least: least))
        return goldens
    }
}

extension Gallery {
    static func counts(_ depth: ColorDepth = .trueColor, isUnicode: Bool = true) -> Frame {
        var frame = Frame(size: Size(width: 140, height: 66))
        func put(
            _ scene: (Panel, PanelData), _ x: Int, _ y: Int, _ width: Int, _ height: Int,
            _ change: (inout PaintContext) -> Void = { _ in }
        ) {
            var context = PaintContext(capabilities: TerminalCapabilities(colors: depth, isUnicode: isUnicode))
            change(&context)
            PanelPainter.paint(
                scene.0, scene.1, in: Rect(x: x, y: y, width: width, height: height), on: &frame, context: context)
        }
        put(Scenes.heatmap(), 0, 0, 70, 16)
        put(Scenes.fineHeatmap(), 70, 0, 70, 16)
        put(Scenes.heatmap { $0.colors.scheme = "RdYlGn" }, 0, 16, 50, 13) {
            $0.crosshair = Samples.start + Milliseconds(500_000)
        }
        put(
            Scenes.heatmap(Scenes.heatmapData([64, 256, 1024, 4096, 16384, .infinity], columns: 30, unit: "bytes")) {
                $0.colors.fill = "blue"
                $0.axisPlacement = .right
            }, 50, 16, 50, 13)
        put(Scenes.heatmap { $0.colors.scheme = "Blues" }, 100, 16, 40, 8)
        put(Scenes.heatmap { $0.colors.scheme = "Turbo" }, 100, 24, 20, 6)
        put(Scenes.heatmap { $0.colors.scheme = "Greens" }, 120, 24, 15, 6)
        put(Scenes.heatmap(Scenes.heatmapData(columns: 7)) { $0.isReversed = true }, 0, 29, 40, 14)
        put(Scenes.heatmap { $0.colors.scheme = "Viridis" }, 40, 29, 100, 14)
        put(Scenes.histogram(), 0, 43, 60, 12)
        put(Scenes.histogram(2), 60, 43, 60, 12)
        put(Scenes.histogram(3, ranges: 60), 0, 55, 50, 11)
        put(Scenes.histogram(1, ranges: 6), 50, 55, 40, 11)
        put(Scenes.histogram(3, stacked: true), 90, 55, 30, 11)
        put(Scenes.histogram(), 120, 43, 20, 6)
        put(Scenes.histogram(), 120, 49, 15, 6)
        return frame
    }
}
