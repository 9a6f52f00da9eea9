// What surrounds the series of a graph: thresholds, grid, crosshair, labels of both axes.
// Drawn by Graph after the series, only where nothing is drawn yet.

import Dashboards
import Frames
import MetricModel

extension Graph {
    /// The row of a value, counted from the top of the plot; the bottom of the range is the row below the plot.
    private func row(of value: Double, _ scale: AxisScale) -> Int {
        let edge = (1 - scale.position(value)) * Double(plot.height)
        return Int((edge + 1e-6).rounded(.down))
    }

    private func isBlank(_ cell: Cell) -> Bool { cell.glyph == " " }

    func drawGrid(on frame: inout Frame) {
        let hasBothSigns = left.low < 0 && left.high > 0 && left.logBase <= 1
        for tick in left.ticks {
            let isZero = hasBothSigns && tick.value == 0
            guard isZero || context.hasColor else { continue }
            let y = plot.y + row(of: tick.value, left)
            guard y >= plot.y, y < plot.maxY, gutter > 0 else { continue }
            let style = isZero ? theme.border : theme.grid
            for x in plot.x..<plot.maxX where isBlank(frame[x, y]) {
                frame[x, y] = Cell(
                    isZero ? "─" : "┈",
                    Style(
                        foreground: style.foreground, background: frame[x, y].style.background,
                        attributes: style.attributes))
            }
        }
    }

    /// The first series that shows its thresholds, and the scale they are drawn by.
    private var thresholdFields: (FieldConfiguration, AxisScale)? {
        series.first { $0.graph.thresholdStyle != .off }.map { ($0.field.configuration, scale(of: $0)) }
    }

    private func limit(_ step: Thresholds.Step, _ fields: FieldConfiguration, _ scale: AxisScale) -> Double {
        fields.thresholds.limit(of: step, min: fields.min ?? scale.low, max: fields.max ?? scale.high)
    }

    func drawThresholdLines(on frame: inout Frame) {
        guard let (fields, scale) = thresholdFields else { return }
        let style = fields.graph.thresholdStyle
        guard style == .line || style == .lineAndArea else { return }
        for step in fields.thresholds.steps.dropFirst() {
            guard let color = step.rgb else { continue }
            let y = plot.y + LinePen.row(scale, limit(step, fields, scale), plot.height * 4) / 4
            guard y >= plot.y, y < plot.maxY else { continue }
            let dimmed = color.blended(0.75, over: theme.background).color
            for x in plot.x..<plot.maxX where isBlank(frame[x, y]) {
                frame[x, y] = Cell("╌", Style(foreground: dimmed, background: frame[x, y].style.background))
            }
        }
    }

    func drawThresholdAreas(on frame: inout Frame) {
        guard let (fields, scale) = thresholdFields, context.capabilities.colors >= .indexed256 else { return }
        let style = fields.graph.thresholdStyle
        guard style == .area || style == .lineAndArea else { return }
        let steps = fields.thresholds.steps
        for (index, step) in steps.enumerated() {
            guard let color = step.rgb else { continue }
            let low = index == 0 ? scale.low : limit(step, fields, scale)
            let high = index + 1 < steps.count ? limit(steps[index + 1], fields, scale) : scale.high
            let bottom = Int((scale.position(max(low, scale.low)) * Double(plot.height)).rounded())
            let top = Int((scale.position(min(high, scale.high)) * Double(plot.height)).rounded())
            guard max(0, bottom) < min(top, plot.height) else { continue }
            let tinted = color.blended(0.13, over: theme.background).color
            for row in max(0, bottom)..<min(top, plot.height) {
                for x in plot.x..<plot.maxX { frame[x, plot.maxY - 1 - row].style.background = tinted }
            }
        }
    }

    func drawCrosshair(on frame: inout Frame) {
        guard let time = context.crosshair else { return }
        let share = span.share(time)
        guard share >= 0, share <= 1 else { return }
        let x = plot.x + span.column(time, of: plot.width)
        for y in plot.y..<plot.maxY where isBlank(frame[x, y]) {
            frame[x, y] = Cell("│", Style(foreground: theme.dim.foreground, background: frame[x, y].style.background))
        }
    }

    func drawLabels(on frame: inout Frame) {
        guard let axisRow else { return }
        if gutter > 0 {
            drawGutter(left, x: canvas.rect.x, width: gutter - 1, alignment: .right, axisRow, on: &frame)
        }
        if rightGutter > 0, let right {
            drawGutter(right, x: plot.maxX + 1, width: rightGutter - 1, alignment: .left, axisRow, on: &frame)
        }
        TimeAxisRow(canvas, x: plot.x, y: axisRow, width: plot.width).draw(on: &frame)
    }

    private func drawGutter(
        _ scale: AxisScale, x: Int, width: Int, alignment: TextAlignment, _ axisRow: Int, on frame: inout Frame
    ) {
        var taken: Set<Int> = []
        for tick in scale.ticks {
            let offset = row(of: tick.value, scale)
            guard offset >= 0, offset <= plot.height, taken.insert(offset).inserted else { continue }
            let y = offset == plot.height ? axisRow : plot.y + offset
            frame.draw(tick.label, x: x, y: y, width: width, style: theme.dim, alignment: alignment)
        }
    }
}
