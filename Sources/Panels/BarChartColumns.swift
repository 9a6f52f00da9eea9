// Bar charts upward: a value axis at the left, columns, categories beneath.
// Part of BarChart.

import Dashboards
import Frames
import MetricModel

extension BarChart {
    /// Returns the unit of the axis.
    mutating func drawColumns(in area: Rect, on frame: inout Frame) -> String {
        var plot = area
        plot.height -= 1
        // The axis' labels decide how much is left for the columns, which decide which ones are shown.
        makeScales(0..<count, rows: plot.height)
        let scale = axes.axes[axes.first(.left) ?? 0].scale
        var gutter = min(9, scale.longestLabel) + 2
        let isAxisHidden = series.allSatisfy { $0.field.configuration.graph.axisPlacement == .hidden }
        if area.width < 16 || area.height < 4 || isAxisHidden || area.width - gutter < 8 { gutter = 0 }
        plot.x += gutter
        plot.width -= gutter + (gutter > 0 && area.width > 24 ? 1 : 0)
        guard plot.width > 0, plot.height > 0 else { return "" }
        let columns = BarColumns(self, plot, unit: gutter > 0 ? scale.unitLabel : nil)
        columns.draw(on: &frame)
        drawGrid(scale, plot, on: &frame)
        if gutter > 0 { drawGutter(scale, plot, x: area.x, width: gutter - 1, on: &frame) }
        columns.drawNames(on: &frame)
        return gutter > 0 ? scale.unitLabel : ""
    }

    private func row(_ value: Double, _ scale: AxisScale, _ plot: Rect) -> Int {
        Int(((1 - scale.position(value)) * Double(plot.height) + 1e-6).rounded(.down))
    }

    private func drawGrid(_ scale: AxisScale, _ plot: Rect, on frame: inout Frame) {
        let hasBothSigns = scale.low < 0 && scale.high > 0
        for tick in scale.ticks {
            let isZero = hasBothSigns && tick.value == 0
            guard isZero || context.hasColor else { continue }
            let y = plot.y + row(tick.value, scale, plot)
            guard y >= plot.y, y < plot.maxY else { continue }
            for x in plot.x..<plot.maxX where frame[x, y].glyph == " " && frame[x, y].style == .plain {
                frame[x, y] = Cell(isZero ? "─" : "┈", isZero ? theme.border : theme.grid)
            }
        }
    }

    private func drawGutter(_ scale: AxisScale, _ plot: Rect, x: Int, width: Int, on frame: inout Frame) {
        var taken: Set<Int> = []
        for tick in scale.ticks {
            let offset = row(tick.value, scale, plot)
            guard offset >= 0, offset <= plot.height, taken.insert(offset).inserted else { continue }
            frame.draw(tick.label, x: x, y: plot.y + offset, width: width, style: theme.dim, alignment: .right)
        }
    }
}

/// Which categories are shown where.
private struct BarColumns {
    private let chart: BarChart
    private let plot: Rect
    private let shown: Range<Int>
    /// Cells from one category to the next.
    private let slot: Int
    private let barWidth: Int
    private let members: [BarChart.Series]
    private let left: Int
    private let hasAxis: Bool
    private let unit: String

    /// - `unit`: the axis'; nil without one.
    init(_ chart: BarChart, _ plot: Rect, unit: String?) {
        self.chart = chart
        hasAxis = unit != nil
        self.unit = unit ?? ""
        self.plot = plot
        members = chart.isStacked ? chart.series : Array(chart.series.prefix(plot.width))
        let group = chart.isStacked ? 1 : members.count
        let fitting = max(1, plot.width / (group > 1 ? group + 1 : 1))
        let most = min(chart.count, fitting)
        // Of moments the newest are shown, of names the first.
        let first = chart.hasTimes ? chart.count - most : max(0, min(chart.context.scroll, chart.count - most))
        shown = first..<(first + most)
        slot = max(1, plot.width / most)
        let gap = slot <= group ? 0 : max(1, min(slot / 4, 4))
        barWidth = max(1, min((slot - gap) / group, 16))
        left = plot.x + (plot.width - slot * most) / 2
    }

    private var groupWidth: Int { barWidth * (chart.isStacked ? 1 : members.count) }
    private func start(_ place: Int) -> Int { left + place * slot + (slot - groupWidth) / 2 }

    func draw(on frame: inout Frame) {
        let pen = SegmentPen(.up, hasColor: chart.context.hasColor)
        for (place, category) in shown.enumerated() {
            let bars = chart.isStacked ? [members] : members.map { [$0] }
            for (bar, parts) in bars.enumerated() {
                let x = start(place) + bar * barWidth
                let segments = chart.segments(parts, category, eighths: plot.height * 8)
                pen.cells(segments, count: plot.height) { row, cell in
                    for column in 0..<barWidth where x + column < plot.maxX {
                        frame[x + column, plot.maxY - 1 - row] = cell
                    }
                }
            }
        }
        drawValues(on: &frame)
    }

    private func drawValues(on frame: inout Frame) {
        let options = chart.options
        guard options.shownValues != .never, plot.height >= 3, !(chart.isStacked && chart.isPercent) else { return }
        let bars = chart.isStacked ? 1 : members.count
        let texts = chart.values(members, shown)
        let room = bars == 1 ? slot : barWidth
        // The border names a unit that all of them share.
        let sharesUnit = hasAxis && texts.allSatisfy { $0.unit.isEmpty || $0.unit == " " + unit }
        let words = texts.map { sharesUnit ? $0.number : $0.text }
        let space = bars == 1 ? 1 : 0
        if options.shownValues == .automatic, words.contains(where: { TextWidth.cells(of: $0) + space > room }) {
            return
        }
        for (index, word) in words.enumerated() where word != "—" {
            let cells = TextWidth.cells(of: word)
            guard cells <= room, cells > 0 else { continue }
            let category = shown.lowerBound + index / bars
            let parts = chart.isStacked ? members : [members[index % bars]]
            let x = start(index / bars) + index % bars * barWidth + (barWidth - cells) / 2
            drawValue(word, cells, x: x, category, parts, on: &frame)
        }
    }

    /// Above a bar, or beneath one that hangs; where there is no room, on it near its end.
    private func drawValue(
        _ word: String, _ cells: Int, x: Int, _ category: Int, _ parts: [BarChart.Series], on frame: inout Frame
    ) {
        let segments = chart.segments(parts, category, eighths: plot.height * 8)
        let zero = parts.first.map { chart.place(0, chart.axes.axes[$0.axis].scale, plot.height * 8) } ?? 0
        let high = segments.map(\.high).max() ?? zero
        let low = segments.map(\.low).min() ?? zero
        let hangs = high <= zero && low < zero
        let y = hangs ? plot.maxY - low / 8 : plot.maxY - 1 - (high + 7) / 8
        if y >= plot.y, y < plot.maxY {
            frame.draw(word, x: x, y: y, style: chart.theme.text)
            return
        }
        guard cells <= barWidth, chart.context.hasColor, let last = parts.last else { return }
        let color = chart.color(last, category)
        let inside = high - low >= 24 ? 1 : 0
        frame.draw(
            word, x: x, y: hangs ? plot.maxY - 1 - inside : plot.y + inside,
            style: Style(foreground: color.contrast.color, background: color.color))
    }

    func drawNames(on frame: inout Frame) {
        let theme = chart.theme
        let y = plot.maxY
        guard chart.hasTimes else {
            for (place, category) in shown.enumerated() {
                let x = left + place * slot
                frame.draw(
                    chart.name(category), x: x, y: y, width: slot > 2 ? slot - 1 : slot, style: theme.dim,
                    alignment: .center)
            }
            let hidden = chart.count - shown.upperBound
            if hidden > 0 {
                let note = " +\(hidden)"
                frame.draw(note, x: plot.maxX - note.utf8.count, y: y, style: theme.dim)
            }
            return
        }
        // Every so many moments have a label; the newest one always has.
        let widest = chart.name(shown.upperBound - 1).utf8.count
        let stride = max(1, (widest + 2 + slot - 1) / slot)
        var free = plot.maxX
        for (place, category) in shown.enumerated().reversed() where (shown.count - 1 - place) % stride == 0 {
            let label = chart.name(category)
            let middle = start(place) + groupWidth / 2
            let x = min(middle - label.utf8.count / 2, plot.maxX - label.utf8.count)
            guard x >= plot.x, x + label.utf8.count <= free else { continue }
            frame.draw(label, x: x, y: y, style: theme.dim)
            free = x - 2
        }
    }
}
