// Bar gauges: one bar a series, as gradient, segments or plain, across or upward.

import Dashboards
import Frames

enum BarGaugePainter {
    static func paint(_ options: BarGaugeOptions, _ canvas: PanelCanvas, on frame: inout Frame) {
        let fields = canvas.fields.filter { !$0.configuration.isHidden }
        guard !fields.isEmpty, !canvas.rect.isEmpty else { return }
        let gauges = BarGauges(options, fields, canvas)
        if options.isVertical, canvas.rect.height >= 4, canvas.rect.width >= 6 {
            gauges.drawUpward(on: &frame)
        } else {
            gauges.drawAcross(on: &frame)
        }
    }
}

private struct BarGauges {
    struct Bar {
        var name: String
        var value: Double?
        var text: ValueText
        var scale: GaugeScale
    }
    private let options: BarGaugeOptions
    private let canvas: PanelCanvas
    private var bars: [Bar] = []
    private var theme: PaintTheme { canvas.theme }

    init(_ options: BarGaugeOptions, _ fields: [DataField], _ canvas: PanelCanvas) {
        self.options = options
        self.canvas = canvas
        let values = fields.map { $0.reduced.first ?? $0.lastFinite }
        let texts = ValueText.aligned(
            zip(values, fields).map { ($0, $1.configuration) }, offsetSeconds: canvas.context.timeZoneOffsetSeconds)
        let known = values.compactMap { $0 }
        for (index, field) in fields.enumerated() {
            bars.append(
                Bar(
                    name: field.name, value: values[index], text: texts[index],
                    scale: GaugeScale(field.configuration, values: known, seriesColor: field.color)))
        }
    }

    func drawAcross(on frame: inout Frame) {
        let rect = canvas.rect
        let first = max(0, min(canvas.context.scroll, bars.count - rect.height))
        var shown = Array(bars.dropFirst(first).prefix(rect.height))
        let hidden = bars.count - first - shown.count
        if hidden > 0, shown.count > 1 { shown.removeLast() }
        let pad = rect.width >= 24 ? 1 : 0
        let width = rect.width - 2 * pad
        let number = shown.map(\.text.numberWidth).max() ?? 0
        let unit = shown.map(\.text.unitWidth).max() ?? 0
        let longest = shown.map { TextWidth.cells(of: $0.name) }.max() ?? 0
        let hasNames = bars.count > 1 || !canvas.hasBorder
        let valueWidth = options.showsValues ? number + unit : 0
        var nameWidth = hasNames ? min(longest, width * 2 / 5) : 0
        if nameWidth + 1 + valueWidth > width { nameWidth = max(0, width - valueWidth - 1) }
        if nameWidth < 3, nameWidth < longest { nameWidth = 0 }
        var track = width - nameWidth - (nameWidth > 0 ? 1 : 0) - valueWidth - (valueWidth > 0 ? 1 : 0)
        if track < 4 { track = 0 }
        // Bars stand apart when there is room, all by the same distance.
        let rows = hidden > 0 ? rect.height - 1 : rect.height
        let gap = shown.count > 1 ? max(0, min(2, (rows - shown.count) / (shown.count - 1))) : 0
        let top = max(0, (rows - shown.count - gap * (shown.count - 1)) / 2)
        for (index, bar) in shown.enumerated() {
            let y = rect.y + top + index * (1 + gap)
            var x = rect.x + pad
            if nameWidth > 0 {
                frame.draw(bar.name, x: x, y: y, width: nameWidth, style: theme.text)
                x += nameWidth + 1
            }
            if track > 0 {
                drawTrack(bar, x: x, y: y, width: track, on: &frame)
                x += track + 1
            }
            guard valueWidth > 0 else { continue }
            var style = Style(foreground: bar.scale.color(of: bar.value).color, attributes: .bold)
            let right = rect.maxX - pad
            let start = max(x, right - valueWidth)
            if start + valueWidth > right {
                frame.draw(bar.text.text, x: start, y: y, width: right - start, style: style)
                continue
            }
            frame.draw(bar.text.number, x: start, y: y, width: number, style: style, alignment: .right)
            style.attributes = []
            frame.draw(bar.text.unit, x: start + number, y: y, style: style)
        }
        if hidden > 0, rect.height > 1 {
            frame.draw(
                "+\(bars.count - first - shown.count) more", x: rect.x + pad, y: rect.maxY - 1, width: width,
                style: theme.dim)
        }
    }

    private func drawTrack(_ bar: Bar, x: Int, y: Int, width: Int, on frame: inout Frame) {
        let share = bar.scale.share(bar.value)
        let hasColor = canvas.context.hasColor
        if options.displayMode == .lcd {
            let lit = share > 0 ? max(1, Int((share * Double(width)).rounded())) : 0
            for column in 0..<width {
                let place = (Double(column) + 0.5) / Double(width)
                let color = column < lit ? bar.scale.color(at: place).color : theme.trough
                guard column < lit || options.showsUnfilled else { continue }
                frame[x + column, y] = Cell(column < lit || hasColor ? "▊" : "·", Style(foreground: color))
            }
            return
        }
        if options.showsUnfilled {
            BarTrack(theme: theme, hasColor: hasColor).draw(x: x, y: y, width: width, on: &frame)
        }
        let eighths = Int((share * Double(width * 8)).rounded())
        let paper: Color = options.showsUnfilled && hasColor ? theme.trough : .terminal
        for column in 0..<width where column * 8 < eighths {
            let place = (Double(column) + 0.5) / Double(width)
            let color =
                options.displayMode == .gradient ? bar.scale.gradient(at: place) : bar.scale.color(of: bar.value)
            frame[x + column, y] = Cell(
                Glyphs.horizontal[min(8, eighths - column * 8)], Style(foreground: color.color, background: paper))
        }
    }

    func drawUpward(on frame: inout Frame) {
        let rect = canvas.rect
        let fitting = max(1, min(bars.count, rect.width / 4))
        let first = max(0, min(canvas.context.scroll, bars.count - fitting))
        let shown = bars.dropFirst(first).prefix(fitting)
        let hidden = bars.count - first - shown.count
        let slots = shown.count
        let height = rect.height - 2
        for (index, bar) in shown.enumerated() {
            let x0 = rect.x + rect.width * index / slots
            let x1 = rect.x + rect.width * (index + 1) / slots
            let slot = x1 - x0
            let width = max(1, min(slot - 1, slot * 2 / 3 + 1))
            let x = x0 + (slot - width) / 2
            let share = bar.scale.share(bar.value)
            let eighths = Int((share * Double(height * 8)).rounded())
            for column in 0..<width { drawColumn(bar, x: x + column, rect, height, eighths, on: &frame) }
            let style = Style(foreground: bar.scale.color(of: bar.value).color, attributes: .bold)
            let text = bar.text.width <= slot ? bar.text.text : bar.text.number
            if options.showsValues {
                frame.draw(text, x: x0, y: rect.y, width: slot, style: style, alignment: .center)
            }
            frame.draw(
                bar.name, x: x0, y: rect.maxY - 1, width: max(1, slot - 1), style: theme.dim, alignment: .center)
        }
        if hidden > 0 {
            frame.draw("+\(hidden)", x: rect.maxX - 4, y: rect.y, width: 4, style: theme.dim, alignment: .right)
        }
    }

    private func drawColumn(
        _ bar: Bar, x: Int, _ rect: Rect, _ height: Int, _ eighths: Int, on frame: inout Frame
    ) {
        let hasColor = canvas.context.hasColor
        for row in 0..<height {
            let y = rect.maxY - 2 - row
            let place = (Double(row) + 0.5) / Double(height)
            let filled = max(0, min(8, eighths - row * 8))
            let paper: Color = options.showsUnfilled && hasColor ? theme.trough : .terminal
            let color =
                switch options.displayMode {
                case .basic: bar.scale.color(of: bar.value)
                case .gradient: bar.scale.gradient(at: place)
                case .lcd: bar.scale.color(at: place)
                }
            if options.displayMode == .lcd {
                let isLit = filled >= 4
                guard isLit || options.showsUnfilled else { continue }
                frame[x, y] = Cell(isLit || hasColor ? "▆" : "·", Style(foreground: isLit ? color.color : theme.trough))
            } else if filled > 0 || hasColor && options.showsUnfilled {
                frame[x, y] = Cell(Glyphs.vertical[filled], Style(foreground: color.color, background: paper))
            }
        }
    }
}
