// Gauges: a number and how far along its scale it is; a bar when small, an arc when there is room.
// One tile a series.

import Dashboards
import Frames

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#endif

enum GaugePainter {
    static func paint(_ options: GaugeOptions, _ canvas: PanelCanvas, on frame: inout Frame) {
        let fields = canvas.fields.filter { !$0.configuration.isHidden }
        guard !fields.isEmpty, !canvas.rect.isEmpty else { return }
        let grid = TileGrid(count: fields.count, rect: canvas.rect, .automatic, least: Size(width: 10, height: 2))
        for (index, tile) in grid.tiles.enumerated() {
            if grid.hidden > 0, index == grid.tiles.count - 1 {
                frame.draw(
                    "+\(grid.hidden)", x: tile.x, y: tile.y + tile.height / 2, width: tile.width,
                    style: canvas.theme.dim, alignment: .center)
                continue
            }
            GaugeTile(fields[index], options, canvas, isAlone: fields.count == 1).draw(in: tile, on: &frame)
        }
    }
}

struct GaugeTile {
    private let canvas: PanelCanvas
    private let options: GaugeOptions
    private let scale: GaugeScale
    private let value: Double?
    private let text: ValueText
    private let name: String?

    init(_ field: DataField, _ options: GaugeOptions, _ canvas: PanelCanvas, isAlone: Bool) {
        self.canvas = canvas
        self.options = options
        value = field.reduced.first ?? field.lastFinite
        var values = field.values
        if let value { values.append(value) }
        scale = GaugeScale(field.configuration, values: values, seriesColor: field.color)
        text = canvas.value(value, field.configuration)
        name = isAlone ? (canvas.hasBorder ? nil : canvas.panel.title) : field.name
    }

    private var theme: PaintTheme { canvas.theme }
    private var ink: Style { Style(foreground: scale.color(of: value).color) }

    func draw(in rect: Rect, on frame: inout Frame) {
        guard !rect.isEmpty else { return }
        if rect.width >= 22, rect.height >= 7 {
            drawArc(in: rect, on: &frame)
        } else {
            drawBar(in: rect, on: &frame)
        }
    }

    private func drawText(x: Int, y: Int, width: Int, alignment: TextAlignment, on frame: inout Frame) {
        var bold = ink
        bold.attributes.insert(.bold)
        let fitsUnit = text.width <= width
        let cells = fitsUnit ? text.width : min(width, text.numberWidth)
        var column = x
        switch alignment {
        case .left: break
        case .center: column += (width - cells) / 2
        case .right: column += width - cells
        }
        column += frame.draw(text.number, x: column, y: y, width: x + width - column, style: bold)
        if fitsUnit { frame.draw(text.unit, x: column, y: y, style: ink) }
    }

    /// Value, bar, and beneath it which colour begins where.
    private func drawBar(in rect: Rect, on frame: inout Frame) {
        if rect.height == 1 {
            var x = rect.x
            if let name, rect.width >= text.width + 12 {
                x += frame.draw(name, x: x, y: rect.y, width: rect.width * 2 / 5, style: theme.dim) + 1
            }
            let bar = rect.maxX - x - text.width - 2
            if bar >= 6 {
                drawTrack(x: x, y: rect.y, width: bar, on: &frame)
                drawText(x: x + bar + 1, y: rect.y, width: text.width, alignment: .right, on: &frame)
            } else {
                drawText(x: x, y: rect.y, width: rect.maxX - x, alignment: .center, on: &frame)
            }
            return
        }
        let pad = rect.width >= 10 ? 1 : 0
        let width = rect.width - 2 * pad
        let showsStrip = options.showsThresholdMarkers && canvas.context.hasColor && rect.height >= 3
        let showsName = name != nil && rect.height >= (showsStrip ? 4 : 3)
        let used = 2 + (showsStrip ? 1 : 0) + (showsName ? 1 : 0)
        var y = rect.y + (rect.height - used) / 2
        if showsName, let name {
            frame.draw(name, x: rect.x + pad, y: y, width: width, style: theme.dim, alignment: .center)
            y += 1
        }
        drawText(x: rect.x + pad, y: y, width: width, alignment: .center, on: &frame)
        drawTrack(x: rect.x + pad, y: y + 1, width: width, on: &frame)
        guard showsStrip else { return }
        for column in 0..<width {
            let share = (Double(column) + 0.5) / Double(width)
            frame[rect.x + pad + column, y + 2] = Cell("▔", Style(foreground: scale.color(at: share).color))
        }
    }

    private func drawTrack(x: Int, y: Int, width: Int, on frame: inout Frame) {
        BarTrack(theme: theme, hasColor: canvas.context.hasColor).draw(x: x, y: y, width: width, on: &frame)
        var style = ink
        if canvas.context.hasColor { style.background = theme.trough }
        frame.drawBar(
            x: x, y: y, width: width, eighths: Int((scale.share(value) * Double(width * 8)).rounded()), style: style)
    }

    /// 240 degrees from lower left to lower right; an outer line shows the thresholds.
    private func drawArc(in rect: Rect, on frame: inout Frame) {
        let labelRows = rect.height >= 8 ? 1 : 0
        let height = rect.height - labelRows
        var dots = BrailleCanvas(size: Size(width: rect.width, height: height))
        let radius = min(Double(dots.dotWidth) / 2 - 1, Double(dots.dotHeight - 1) / 1.5)
        let centerX = Double(dots.dotWidth - 1) / 2
        let centerY = radius + max(0, (Double(dots.dotHeight - 1) - radius * 1.5) / 2)
        let hasMarkers = options.showsThresholdMarkers && canvas.context.hasColor && radius >= 12
        let outer = hasMarkers ? radius - 2.5 : radius
        let inner = outer - max(3, radius * 0.24)
        let reached = scale.share(value)
        plotRing(&dots, centerX, centerY, inner...outer) { $0 <= reached && reached > 0 ? ink.foreground : nil }
        if canvas.context.hasColor {
            plotRing(&dots, centerX, centerY, inner...outer) { $0 > reached || reached == 0 ? theme.trough : nil }
        } else {
            plotRing(&dots, centerX, centerY, (outer - 0.8)...outer) { $0 > reached ? theme.trough : nil }
        }
        if hasMarkers {
            var colors: [Color] = []
            for index in 0..<64 {
                let color = scale.color(at: (Double(index) + 0.5) / 64).color
                if !colors.contains(color) { colors.append(color) }
            }
            for color in colors {
                plotRing(&dots, centerX, centerY, (radius - 1)...radius) {
                    scale.color(at: $0).color == color ? color : nil
                }
            }
        }
        dots.draw(on: &frame, x: rect.x, y: rect.y)
        drawArcTexts(
            rect, centerRow: rect.y + Int(centerY / 4), inner: Int(inner), labelRows, (outer + inner) / 2, on: &frame)
    }

    private func drawArcTexts(
        _ rect: Rect, centerRow: Int, inner: Int, _ labelRows: Int, _ radius: Double, on frame: inout Frame
    ) {
        let room = inner - 1
        if let big = BigDigits(text.number), big.width + text.unitWidth <= room, inner >= 14 {
            let x = rect.x + (rect.width - big.width - text.unitWidth) / 2
            let y = min(centerRow - 1, rect.maxY - 3)
            big.draw(x: x, y: y, style: ink, on: &frame)
            frame.draw(text.unit, x: x + big.width, y: y + 2, style: theme.dim)
        } else {
            let width = min(rect.width, max(room, text.width))
            drawText(
                x: rect.x + (rect.width - width) / 2, y: centerRow, width: width, alignment: .center, on: &frame)
        }
        if labelRows > 0 {
            let y = rect.maxY - 1
            let low = canvas.value(scale.low, scale.field)
            let high = canvas.value(scale.high, scale.field)
            let reach = Int(radius * 0.87 / 2)
            let middle = rect.x + rect.width / 2
            if name == nil || rect.width >= 30 {
                frame.draw(
                    low.number, x: middle - reach - 4, y: y, width: 8, style: theme.dim, alignment: .center)
                frame.draw(
                    high.number, x: middle + reach - 4, y: y, width: 8, style: theme.dim, alignment: .center)
            }
            if let name {
                let width = rect.width >= 30 ? max(4, 2 * reach - 12) : rect.width - 2
                frame.draw(name, x: middle - width / 2, y: y, width: width, style: theme.text, alignment: .center)
            }
        }
    }

    private func plotRing(
        _ dots: inout BrailleCanvas, _ centerX: Double, _ centerY: Double, _ ring: ClosedRange<Double>,
        _ color: (Double) -> Color?
    ) {
        var used: Color?
        for y in 0..<dots.dotHeight {
            for x in 0..<dots.dotWidth {
                let dx = Double(x) - centerX
                let dy = centerY - Double(y)
                let distance = (dx * dx + dy * dy).squareRoot()
                guard ring.contains(distance) else { continue }
                var angle = atan2(dy, dx) * 180 / .pi
                if angle < -90 { angle += 360 }
                // 210 degrees is the start, -30 the end.
                let share = (210 - angle) / 240
                guard share >= 0, share <= 1, let found = color(share) else { continue }
                used = found
                dots.set(x, y)
            }
        }
        if let used { dots.endLayer(color: used) }
    }
}

/// The unfilled part of a bar.
struct BarTrack {
    let theme: PaintTheme
    let hasColor: Bool

    func draw(x: Int, y: Int, width: Int, on frame: inout Frame) {
        guard width > 0 else { return }
        let cell = hasColor ? Cell(" ", Style(background: theme.trough)) : Cell("·", theme.dim)
        frame.fill(Rect(x: x, y: y, width: width, height: 1), with: cell)
    }
}
