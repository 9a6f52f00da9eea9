// How often values occur: a bar for each range of values, in eighths of a cell.
// Over HistogramData; several series stand behind each other, the higher ones behind.

import Dashboards
import Frames

enum HistogramPainter {
    static func paint(_ options: HistogramOptions, _ canvas: PanelCanvas, on frame: inout Frame) {
        guard case .histogram(let data) = canvas.data.content, !canvas.rect.isEmpty, data.rangeCount > 0 else { return }
        var picture = HistogramPicture(options, data, canvas)
        picture.draw(on: &frame)
    }
}

private struct HistogramPicture {
    /// A series that is drawn.
    struct Layer {
        var place: Int
        var color: RGB
        /// One for each bar.
        var counts: [Double]
    }
    let options: HistogramOptions
    let data: HistogramData
    let canvas: PanelCanvas
    private var layers: [Layer] = []
    private var legend = Legend(entries: [], columns: [], isTable: false)
    private var plot: Rect
    private var legendRect = Rect(x: 0, y: 0, width: 0, height: 0)
    private var axisRow: Int?
    private var gutter = 0
    private var scale = AxisScale(AxisScale.Request(least: 0, most: 1, rows: 1))
    /// Ranges a bar, and cells a bar with its gap.
    private var joined = 1
    private var barCells = 1

    private var context: PaintContext { canvas.context }
    private var theme: PaintTheme { canvas.theme }
    private var barCount: Int { (data.rangeCount + joined - 1) / joined }

    init(_ options: HistogramOptions, _ data: HistogramData, _ canvas: PanelCanvas) {
        self.options = options
        self.data = data
        self.canvas = canvas
        plot = canvas.rect
        makeLegend()
        layOut()
    }

    private mutating func makeLegend() {
        let calculations = options.legend.calculations
        legend.columns = calculations.map(\.heading)
        legend.isTable = options.legend.isTable
        for (place, series) in data.series.enumerated() where !series.configuration.graph.isHiddenFromLegend {
            let isOff =
                context.hiddenSeries.contains(place) || context.highlightedSeries.map { $0 != place } ?? false
            legend.entries.append(
                LegendEntry(
                    name: series.name, color: series.color,
                    values: series.reduced.prefix(calculations.count).map { canvas.value($0, series.configuration) },
                    marker: Self.shade(place), isDimmed: isOff))
        }
    }

    private mutating func layOut() {
        var area = canvas.rect
        if options.legend.placement != .hidden, context.showsLegend {
            if options.legend.placement == .right, area.width >= 50, area.height >= 3 {
                let wanted = min(legend.naturalWidth(), area.width * 2 / 5)
                legend.isTable = true
                legendRect = Rect(x: area.maxX - wanted - 1, y: area.y, width: wanted, height: area.height)
                area.width -= wanted + 3
            } else if area.height >= (legend.entries.count > 1 ? 5 : 8), area.width >= 12 {
                legend.isTable = legend.isTable && area.height * 2 / 5 >= legend.entries.count + 1
                let limit = legend.isTable ? area.height * 2 / 5 : area.height < 8 ? 1 : max(1, area.height * 3 / 10)
                let rows = legend.rows(width: area.width - 2, limit: limit)
                legendRect = Rect(x: area.x + 1, y: area.maxY - rows, width: area.width - 2, height: rows)
                area.height -= rows
            }
        }
        let hasAxes = area.width >= 16 && area.height >= 3
        if hasAxes {
            axisRow = area.maxY - 1
            area.height -= 1
        }
        // The gutter decides how many bars there are, and they how high the axis is: counts of single ranges come near.
        joined = max(1, (data.rangeCount + max(1, area.width - 8) - 1) / max(1, area.width - 8))
        makeLayers()
        let most = layers.reduce(0.0) { max($0, $1.counts.max() ?? 0) }
        scale = AxisScale(AxisScale.Request(least: 0, most: most, hardMin: 0, includesZero: true, rows: area.height))
        if hasAxes {
            gutter = min(9, scale.longestLabel) + 2
            if area.width - gutter < 8 { gutter = 0 }
            area.x += gutter
            area.width -= gutter + (gutter > 0 && area.width - gutter > 24 ? 1 : 0)
        }
        while barCount > max(1, area.width) {
            joined += 1
            makeLayers()
        }
        barCells = max(1, area.width / max(1, barCount))
        plot = area
    }

    private mutating func makeLayers() {
        layers = []
        for (place, series) in data.series.enumerated() where !context.hiddenSeries.contains(place) {
            var counts = Array(repeating: 0.0, count: barCount)
            for (range, count) in series.counts.enumerated() where count.isFinite && count > 0 {
                if range / joined < counts.count { counts[range / joined] += count }
            }
            var color = series.color
            if let chosen = context.highlightedSeries, chosen != place {
                color = color.blended(0.3, over: theme.background)
            }
            layers.append(Layer(place: place, color: color, counts: counts))
        }
    }

    mutating func draw(on frame: inout Frame) {
        guard !plot.isEmpty else { return }
        frame.clipped(to: plot) { frame in
            drawGrid(on: &frame)
            for bar in 0..<barCount { drawBar(bar, on: &frame) }
        }
        drawLabels(on: &frame)
        legend.draw(in: legendRect, on: &frame, context)
    }

    // MARK: Bars

    /// Eighths of a cell from the bottom; what was counted at all is seen.
    private func eighths(_ count: Double) -> Int {
        guard count > 0 else { return 0 }
        let share = max(0, min(1, scale.position(count)))
        return max(1, Int((share * Double(plot.height * 8)).rounded()))
    }

    private func drawBar(_ bar: Int, on frame: inout Frame) {
        // By height: the layer that ends there; of several the last one, or the chosen one.
        var ends: [Int?] = Array(repeating: nil, count: plot.height * 8 + 1)
        var top = 0
        for (index, layer) in layers.enumerated() {
            let height = min(eighths(layer.counts[bar]), plot.height * 8)
            guard height > 0 else { continue }
            if let other = ends[height], layers[other].place == context.highlightedSeries { continue }
            ends[height] = index
            top = max(top, height)
        }
        guard top > 0 else { return }
        // From the top down: which layer is seen at each eighth.
        var seen = Array(repeating: 0, count: top)
        var current = 0
        for height in stride(from: top, through: 1, by: -1) {
            if let layer = ends[height] { current = layer }
            seen[height - 1] = current
        }
        let x = plot.x + bar * barCells
        let width = barCells >= 3 ? barCells - 1 : barCells
        for row in 0...((top - 1) / 8) {
            let cell = cell(seen, row)
            for column in 0..<width { frame[x + column, plot.maxY - 1 - row] = cell }
        }
    }

    /// Two layers in one cell are fore- and background; of three the middle one gives way.
    private func cell(_ seen: [Int], _ row: Int) -> Cell {
        let low = layers[seen[row * 8]]
        var filled = 1
        while filled < 8, row * 8 + filled < seen.count, seen[row * 8 + filled] == seen[row * 8] { filled += 1 }
        guard context.hasColor else {
            if layers.count == 1 { return Cell(Glyphs.vertical[filled], theme.text) }
            let middle = min(row * 8 + 4, seen.count - 1)
            return Cell(Self.shade(layers[seen[middle]].place), theme.text)
        }
        var style = Style(foreground: low.color.color)
        if filled < 8, row * 8 + filled < seen.count {
            style.background = layers[seen[min(row * 8 + 7, seen.count - 1)]].color.color
        }
        return Cell(Glyphs.vertical[filled], style)
    }

    private static func shade(_ place: Int) -> Glyph { Glyphs.shades[4 - place % 4] }

    // MARK: Axes

    private func row(of value: Double) -> Int {
        Int(((1 - scale.position(value)) * Double(plot.height) + 1e-6).rounded(.down))
    }

    private func drawGrid(on frame: inout Frame) {
        guard context.hasColor, gutter > 0 else { return }
        for tick in scale.ticks {
            let y = plot.y + row(of: tick.value)
            guard y >= plot.y, y < plot.maxY else { continue }
            for x in plot.x..<plot.maxX { frame[x, y] = Cell("┈", theme.grid) }
        }
    }

    private func drawLabels(on frame: inout Frame) {
        guard let axisRow else { return }
        if gutter > 0 {
            for tick in scale.ticks {
                let offset = row(of: tick.value)
                // Zero would stand beside the first bound.
                guard offset >= 0, offset < plot.height else { continue }
                frame.draw(
                    tick.label, x: canvas.rect.x, y: plot.y + offset, width: gutter - 1, style: theme.dim,
                    alignment: .right)
            }
        }
        drawBounds(axisRow, on: &frame)
    }

    /// Each where its bar begins; as many as have room.
    private func drawBounds(_ y: Int, on frame: inout Frame) {
        let field = data.series.first?.configuration ?? FieldConfiguration()
        let texts = (0...barCount).map { bar -> String in
            let bound = data.bounds[min(bar * joined, data.bounds.count - 1)]
            return bound == -.infinity ? "" : BoundText.text(bound, field)
        }
        let longest = texts.map { TextWidth.cells(of: $0) }.max() ?? 0
        guard longest > 0 else { return }
        let step = max(1, (longest + 2 + barCells - 1) / barCells)
        let rightmost =
            gutter > 0 ? canvas.rect.maxX - (legendRect.x > plot.maxX ? canvas.rect.maxX - plot.maxX : 0) : plot.maxX
        for bar in stride(from: 0, through: barCount, by: step) {
            let x = plot.x + bar * barCells
            let cells = TextWidth.cells(of: texts[bar])
            guard cells > 0, x + cells <= rightmost else { continue }
            frame.draw(texts[bar], x: x, y: y, style: theme.dim)
        }
    }
}
