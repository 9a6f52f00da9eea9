// Counts over time and value: a colour for each column and bucket, half a cell high where buckets are many.
// HeatmapGrid brings the counts to cells, HeatmapColors gives them colour; without colours shades tell them apart.

import Dashboards
import Frames
import MetricModel

enum HeatmapPainter {
    /// Returns the name of the axis, for the border.
    static func paint(_ options: HeatmapOptions, _ canvas: PanelCanvas, on frame: inout Frame) -> String {
        guard case .heatmap(let data) = canvas.data.content, !canvas.rect.isEmpty else { return "" }
        HeatmapPicture(options, data, canvas).draw(on: &frame)
        return options.axisLabel
    }
}

struct HeatmapPicture {
    let options: HeatmapOptions
    let data: HeatmapData
    let canvas: PanelCanvas
    private(set) var plot: Rect
    private var axisRow: Int?
    private var legendRow: Int?
    private var numbersRow: Int?
    /// Quantiles and the count a minute.
    private let numbers: [String]
    private var gutter = 0
    private var labels: [String] = []
    private let grid: HeatmapGrid
    private let colors: HeatmapColors
    /// Two rows of the picture a cell.
    private let isHalved: Bool

    private var context: PaintContext { canvas.context }
    private var theme: PaintTheme { canvas.theme }

    init(_ options: HeatmapOptions, _ data: HeatmapData, _ canvas: PanelCanvas) {
        self.options = options
        self.data = data
        self.canvas = canvas
        let capabilities = canvas.context.capabilities
        isHalved = capabilities.isUnicode && capabilities.colors >= .indexed256
        numbers = HeatmapNumbers.texts(data)
        var area = canvas.rect
        if options.showsLegend, canvas.context.showsLegend, area.height >= 10, area.width >= 24 {
            // A tall picture has a row for each; in a low one the numbers go before the colours.
            let hasBoth = !numbers.isEmpty && area.height >= 14
            legendRow = area.maxY - (hasBoth ? 2 : 1)
            numbersRow = numbers.isEmpty ? nil : area.maxY - 1
            area.height -= hasBoth ? 2 : 1
        }
        if area.width >= 16, area.height >= 3 {
            axisRow = area.maxY - 1
            area.height -= 1
            labels = BoundText.labels(data)
            let longest = min(10, labels.map { TextWidth.cells(of: $0) }.max() ?? 0)
            if longest > 0, options.axisPlacement != .hidden, area.width - longest - 2 >= 8 { gutter = longest + 2 }
        }
        if gutter > 0 {
            if options.axisPlacement == .left { area.x += gutter }
            area.width -= gutter
        }
        if area.width > 24 {
            if options.axisPlacement == .right { area.x += 1 }
            area.width -= 1
        }
        plot = area
        grid = HeatmapGrid(
            data, options, columnCount: area.width, rowCount: area.height * (isHalved ? 2 : 1),
            TimeSpan(canvas.data.start, canvas.data.end))
        colors = HeatmapColors(options.colors, extent: grid.extent, background: canvas.theme.background)
    }

    func draw(on frame: inout Frame) {
        guard !plot.isEmpty else { return }
        for y in 0..<plot.height {
            for x in 0..<plot.width { drawCell(x, y, on: &frame) }
        }
        if gutter > 0 { drawBounds(on: &frame) }
        drawCrosshair(on: &frame)
        if let axisRow { TimeAxisRow(canvas, x: plot.x, y: axisRow, width: plot.width).draw(on: &frame) }
        drawLines(on: &frame)
    }

    // MARK: Cells

    private func drawCell(_ x: Int, _ y: Int, on frame: inout Frame) {
        let fromBottom = plot.height - 1 - y
        guard isHalved else {
            let value = grid.value(row: fromBottom, column: x)
            guard !value.isNaN else { return }
            let share = colors.share(value)
            let style = context.hasColor ? Style(foreground: colors.color(at: share).color) : theme.text
            frame[plot.x + x, plot.y + y] = Cell(HeatmapColors.shade(at: share), style)
            return
        }
        let upper = color(grid.value(row: fromBottom * 2 + 1, column: x))
        let lower = color(grid.value(row: fromBottom * 2, column: x))
        switch (upper, lower) {
        case (nil, nil): return
        case (let upper?, let lower?) where upper == lower:
            frame[plot.x + x, plot.y + y] = Cell(" ", Style(background: upper))
        case (let upper?, let lower?): frame.drawHalves(x: plot.x + x, y: plot.y + y, upper: upper, lower: lower)
        case (let upper?, nil): frame[plot.x + x, plot.y + y] = Cell("▀", Style(foreground: upper))
        case (nil, let lower?): frame[plot.x + x, plot.y + y] = Cell("▄", Style(foreground: lower))
        }
    }

    private func color(_ value: Double) -> Color? {
        value.isNaN ? nil : colors.color(at: colors.share(value)).color
    }

    // MARK: Bounds

    /// Row of the plot in which a bucket's own bound lies: its upper edge or its lower one.
    private func row(of group: HeatmapGrid.Group) -> Int {
        let isUpper = (data.naming == .upper) != options.isReversed
        let inPicture =
            data.naming == .name
            ? (group.rows.lowerBound + max(group.rows.lowerBound, group.rows.upperBound - 1)) / 2
            : isUpper ? max(group.rows.lowerBound, group.rows.upperBound - 1) : group.rows.lowerBound
        return plot.height - 1 - inPicture / (isHalved ? 2 : 1)
    }

    private func drawBounds(on frame: inout Frame) {
        let isCrowded = grid.groups.count > plot.height
        let isRight = options.axisPlacement == .right
        var last: Int?
        // The highest bucket is the one that matters most: labels are counted from there.
        for group in grid.groups.reversed() {
            let row = row(of: group)
            if let last, (row - last).magnitude < (isCrowded ? 2 : 1) { continue }
            last = row
            let bucket = data.naming == .lower ? group.buckets.lowerBound : group.buckets.upperBound - 1
            guard bucket >= 0, bucket < labels.count else { continue }
            frame.draw(
                labels[bucket], x: isRight ? plot.maxX + 1 : canvas.rect.x, y: plot.y + row, width: gutter - 1,
                style: theme.dim, alignment: isRight ? .left : .right)
        }
    }

    // MARK: Crosshair

    /// A line where the reader is, and beside it what was counted then.
    private func drawCrosshair(on frame: inout Frame) {
        let span = TimeSpan(canvas.data.start, canvas.data.end)
        guard let time = context.crosshair, span.share(time) >= 0, span.share(time) <= 1 else { return }
        let column = min(plot.width - 1, Int(span.share(time) * Double(plot.width)))
        for y in plot.y..<plot.maxY {
            let cell = frame[plot.x + column, y]
            var style = theme.dim
            style.background = cell.style.background
            if cell.glyph == "▀" { style.background = cell.style.foreground }
            if case .rgb(let red, let green, let blue) = style.background {
                style.foreground = RGB(red, green, blue).contrast.color
            }
            frame[plot.x + column, y] = Cell("│", style)
        }
        var rows: [Int: Double] = [:]
        for (place, group) in grid.groups.enumerated() {
            let value = grid.value(place, column)
            if !value.isNaN { rows[row(of: group), default: 0] += value }
        }
        let field = countField
        let aligned = ValueText.aligned(rows.map { ($0.value, field) })
        let texts = zip(rows.keys, aligned).map { (row: $0, text: $1.text) }
        let width = texts.map { TextWidth.cells(of: $0.text) }.max() ?? 0
        guard width > 0, width + 3 < plot.width else { return }
        let fitsRight = column + width + 3 <= plot.width
        let x = plot.x + (fitsRight ? column + 1 : column - width - 2)
        for (row, text) in texts {
            frame.draw(
                String(repeating: " ", count: width + 2), x: x, y: plot.y + row, width: width + 2, style: theme.text)
            frame.draw(text, x: x + 1, y: plot.y + row, width: width, style: theme.text, alignment: .right)
        }
    }

    private var countField: FieldConfiguration {
        var field = FieldConfiguration()
        field.unit = options.countUnit ?? "short"
        field.decimals = options.countDecimals
        return field
    }

    private func count(_ value: Double) -> ValueText {
        BoundText.short(ValueText(value, countField), isFixed: options.countDecimals != nil)
    }

    // MARK: Legend

    /// Numbers and colours, each in its row or both in one, as far as they fit.
    private func drawLines(on frame: inout Frame) {
        guard let legendRow else { return }
        guard let numbersRow else {
            drawLegend(legendRow, x: plot.x, on: &frame)
            return
        }
        if numbersRow != legendRow { drawLegend(legendRow, x: plot.x, on: &frame) }
        let legendWidth = legendTexts.map { $0.width + $1.width + 10 } ?? 0
        for (text, isWhole) in HeatmapNumbers.choices(numbers) {
            let width = TextWidth.cells(of: text)
            guard width <= plot.width else { continue }
            frame.draw(text, x: plot.x, y: numbersRow, style: theme.text)
            if numbersRow == legendRow, isWhole, legendWidth > 0, width + 3 + legendWidth <= plot.width {
                drawLegend(legendRow, x: plot.x + width + 3, on: &frame)
            }
            return
        }
        if numbersRow == legendRow { drawLegend(legendRow, x: plot.x, on: &frame) }
    }

    private var legendTexts: (least: ValueText, most: ValueText)? {
        grid.extent.map { (count(options.colors.min ?? $0.least), count(options.colors.max ?? $0.most)) }
    }

    /// `0.2 ░░▒▒▓▓██ 14`
    private func drawLegend(_ y: Int, x start: Int, on frame: inout Frame) {
        guard let (least, most) = legendTexts else { return }
        let room = plot.maxX - start - least.width - most.width - 2
        let steps = room >= HeatmapColors.stepCount ? HeatmapColors.stepCount : 8
        var x = start
        x += frame.draw(least.text, x: x, y: y, style: theme.dim) + 1
        for step in 0..<steps {
            let share = Double(step) / Double(steps - 1)
            let color = colors.color(at: share).color
            frame[x, y] =
                isHalved
                ? Cell(" ", Style(background: color))
                : Cell(
                    HeatmapColors.shade(at: share * 0.999),
                    context.hasColor ? Style(foreground: color) : theme.text)
            x += 1
        }
        frame.draw(most.text, x: x + 1, y: y, style: theme.dim)
    }
}
