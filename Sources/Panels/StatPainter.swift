// Stats: the number is the hero, bold and in its threshold's colour, with its history as a row of blocks beneath.
// One tile a series; small panels are the usual case.

import Dashboards
import Frames

enum StatPainter {
    static func paint(_ options: StatOptions, _ canvas: PanelCanvas, on frame: inout Frame) {
        let fields = canvas.fields.filter { !$0.configuration.isHidden }
        let rect = canvas.rect
        guard !fields.isEmpty, !rect.isEmpty else { return }
        let tiles = TileGrid(count: fields.count, rect: rect, options.orientation)
        for (index, tile) in tiles.tiles.enumerated() {
            if index == tiles.tiles.count - 1, tiles.hidden > 0 {
                frame.draw(
                    "+\(tiles.hidden)", x: tile.x, y: tile.y + tile.height / 2, width: tile.width,
                    style: canvas.theme.dim, alignment: .center)
                continue
            }
            StatTile(fields[index], options, canvas, isAlone: fields.count == 1).draw(in: tile, on: &frame)
        }
    }
}

/// Splits a rectangle into tiles of about 2.2 to 1 in shape; counts what does not fit.
struct TileGrid {
    var tiles: [Rect] = []
    /// Values without a tile; the last tile says so.
    var hidden = 0

    init(count: Int, rect: Rect, _ orientation: StatOptions.Orientation, least: Size = Size(width: 8, height: 2)) {
        guard count > 0, !rect.isEmpty else { return }
        var best = (columns: 1, rows: 1)
        var bestScore = -Double.infinity
        let columnsMax = max(1, min(count, rect.width / least.width))
        let rowsMax = max(1, rect.height / least.height)
        for columns in 1...columnsMax {
            let rows = (count + columns - 1) / columns
            if orientation == .horizontal, columns > 1, rows > 1, rowsMax >= count { continue }
            let shown = min(count, columns * min(rows, rowsMax))
            let usedRows = min(rows, rowsMax)
            let shape = Double(rect.width / columns) / Double(max(1, rect.height / usedRows)) / 2 / 2.2
            let mismatch = shape > 1 ? shape : 1 / max(shape, 0.01)
            let empty = columns * usedRows - shown
            let score = Double(shown) * 1000 - mismatch * 10 - Double(empty) * 4
            if score > bestScore {
                bestScore = score
                best = (columns, usedRows)
            }
        }
        let places = best.columns * best.rows
        hidden = count > places ? count - places + 1 : 0
        for index in 0..<min(count, places) {
            let column = index % best.columns
            let row = index / best.columns
            let x0 = rect.x + rect.width * column / best.columns
            let x1 = rect.x + rect.width * (column + 1) / best.columns
            let y0 = rect.y + rect.height * row / best.rows
            let y1 = rect.y + rect.height * (row + 1) / best.rows
            tiles.append(Rect(x: x0, y: y0, width: x1 - x0, height: y1 - y0))
        }
    }
}

struct StatTile {
    let field: DataField
    let options: StatOptions
    let canvas: PanelCanvas
    private let value: ValueText
    private let color: RGB?
    private let name: String?
    private let showsValue: Bool

    init(_ field: DataField, _ options: StatOptions, _ canvas: PanelCanvas, isAlone: Bool) {
        self.field = field
        self.options = options
        self.canvas = canvas
        let reduced = field.reduced.first ?? field.lastFinite
        var text = canvas.value(reduced, field.configuration)
        text.number = options.prefix + text.number
        text.unit += options.postfix
        if options.showsPercentChange { text.unit += Self.change(field) }
        value = text
        color = reduced.flatMap { $0.isNaN ? nil : field.configuration.color(of: $0, seriesColor: field.color) }
        showsValue = options.textMode != .name && options.textMode != .none
        switch options.textMode {
        case .automatic: name = isAlone && canvas.hasBorder ? nil : isAlone ? canvas.panel.title : field.name
        case .valueAndName, .name: name = field.name
        case .value, .none: name = nil
        }
    }

    /// From the first value to the last, as a percentage of the first.
    private static func change(_ field: DataField) -> String {
        guard let share = Reducer.diffperc.reduce(field.values), share.isFinite else { return "" }
        let text = UnitFormatter.format(share.magnitude, unit: "percentunit").description
        return (share < 0 ? " ▼" : share > 0 ? " ▲" : " ") + text
    }

    func draw(in rect: Rect, on frame: inout Frame) {
        guard !rect.isEmpty else { return }
        let theme = canvas.theme
        let hasBackground = options.colorMode == .background && canvas.context.capabilities.colors > .none
        var ink = theme.text
        var quiet = theme.dim
        if let color {
            if hasBackground {
                paintBackground(color, rect, on: &frame)
                ink = Style(foreground: color.contrast.color)
                quiet = Style(foreground: color.contrast.blended(0.75, over: color).color)
            } else if options.colorMode != .none {
                ink.foreground = color.color
            }
        }
        if rect.height == 1 || rect.width < 10 && rect.height < 3 {
            drawLine(in: rect, ink, quiet, on: &frame)
            return
        }
        var area = rect
        let history = showsValue ? historyRows(rect) : 0
        if history > 0 {
            var style = ink
            if hasBackground {
                style = quiet
            } else if let color {
                style.foreground = color.blended(0.55, over: theme.background).color
            }
            if !canvas.context.hasColor { style.attributes.insert(.dim) }
            let pad = rect.width >= 10 ? 1 : 0
            Sparkline(field, TimeSpan(canvas.data.start, canvas.data.end)).draw(
                in: Rect(x: rect.x + pad, y: rect.maxY - history, width: rect.width - 2 * pad, height: history),
                style: style, keepsBackground: hasBackground, on: &frame)
            area.height -= history
        }
        if let name, !name.isEmpty, area.height >= 2 {
            let line = Rect(x: area.x + 1, y: area.y, width: area.width - 2, height: 1)
            if showsValue {
                draw(name, line, quiet, .center, on: &frame)
                area.y += 1
                area.height -= 1
            } else {
                draw(
                    name, Rect(x: line.x, y: area.y + area.height / 2, width: line.width, height: 1), ink, .center,
                    on: &frame)
            }
        }
        if showsValue { drawValue(in: area, ink, quiet, on: &frame) }
    }

    private func draw(_ text: String, _ line: Rect, _ style: Style, _ alignment: TextAlignment, on frame: inout Frame) {
        frame.draw(
            text, x: line.x, y: line.y, width: line.width, style: over(style, frame[line.x, line.y]),
            alignment: alignment)
    }

    private func over(_ style: Style, _ cell: Cell) -> Style {
        var style = style
        style.background = cell.style.background
        return style
    }

    private func historyRows(_ rect: Rect) -> Int {
        guard options.showsSparkline, field.sampleCount > 1 else { return 0 }
        switch rect.height {
        case ..<2: return 0
        case 2..<7: return 1
        case 7..<10: return 2
        default: return rect.height / 4
        }
    }

    private func paintBackground(_ color: RGB, _ rect: Rect, on frame: inout Frame) {
        let isSmooth = canvas.context.capabilities.colors == .trueColor
        for row in 0..<rect.height {
            let share = isSmooth ? 1 - 0.18 * Double(row) / Double(max(1, rect.height - 1)) : 1
            let shade = color.blended(share, over: RGB(0, 0, 0)).color
            frame.fill(
                Rect(x: rect.x, y: rect.y + row, width: rect.width, height: 1),
                with: Cell(" ", Style(background: shade)))
        }
    }

    /// Name left, value right: what is left of a stat in one row.
    private func drawLine(in rect: Rect, _ ink: Style, _ quiet: Style, on frame: inout Frame) {
        let y = rect.y + (rect.height - 1) / 2
        var bold = over(ink, frame[rect.x, y])
        bold.attributes.insert(.bold)
        let label = name ?? ""
        guard !label.isEmpty, rect.width >= value.width + 5 else {
            let width = value.width <= rect.width ? value.width : TextWidth.cells(of: value.number)
            let x = rect.x + max(0, (rect.width - width) / 2)
            let drawn = frame.draw(value.number, x: x, y: y, width: rect.width, style: bold)
            if value.width <= rect.width {
                frame.draw(value.unit, x: x + drawn, y: y, style: over(quiet, frame[rect.x, y]))
            }
            return
        }
        let room = rect.width - value.width - 2
        let used = frame.draw(
            label, x: rect.x, y: y, width: min(room, rect.width * 3 / 5), style: over(quiet, frame[rect.x, y]))
        let x = rect.maxX - value.width - (rect.width > value.width + used + 3 ? 1 : 0)
        // Between name and value there may be room for the history.
        let gap = x - rect.x - used - 4
        if options.showsSparkline, gap >= 8, field.sampleCount > 1 {
            let width = min(gap, 32)
            var style = ink
            if let color { style.foreground = color.blended(0.55, over: canvas.theme.background).color }
            Sparkline(field, TimeSpan(canvas.data.start, canvas.data.end)).draw(
                in: Rect(x: x - width - 2, y: y, width: width, height: 1), style: style,
                keepsBackground: true, on: &frame)
        }
        let drawn = frame.draw(value.number, x: x, y: y, style: bold)
        frame.draw(value.unit, x: x + drawn, y: y, style: over(quiet, frame[rect.x, y]))
    }

    private func drawValue(in area: Rect, _ ink: Style, _ quiet: Style, on frame: inout Frame) {
        guard !area.isEmpty else { return }
        let sign = canvas.context.hasColor ? "" : warningSign
        let unit = value.unit
        let unitCells = TextWidth.cells(of: unit)
        if area.height >= 4 || area.height == 3 && canvas.rect.height >= 5,
            let big = BigDigits(sign.isEmpty ? value.number : ""), big.width + unitCells + 2 <= area.width
        {
            let x = area.x + (area.width - big.width - unitCells) / 2
            let y = area.y + (area.height - 3) / 2
            big.draw(x: x, y: y, style: ink, on: &frame)
            frame.draw(unit, x: x + big.width, y: y + 2, style: over(quiet, frame[x, y + 2]))
            return
        }
        let y = area.y + (area.height - 1) / 2
        var bold = over(ink, frame[area.x, y])
        bold.attributes.insert(.bold)
        let number = sign + value.number
        let numberCells = TextWidth.cells(of: number)
        let fitsUnit = numberCells + unitCells <= area.width
        let x = area.x + max(0, (area.width - numberCells - (fitsUnit ? unitCells : 0)) / 2)
        let drawn = frame.draw(number, x: x, y: y, width: area.maxX - x, style: bold)
        var small = over(ink, frame[area.x, y])
        small.attributes = []
        if fitsUnit { frame.draw(unit, x: x + drawn, y: y, style: small) }
    }

    /// For those who see no colour: red and orange states carry a sign.
    private var warningSign: String {
        guard options.colorMode != .none, field.configuration.color == .thresholds, let color else { return "" }
        if color.red > 180, color.green < 120 { return "✗ " }
        if color.red > 180, color.green < 230, color.blue < 120 { return "▲ " }
        return ""
    }
}

/// A series as blocks over a few rows, from its least to its greatest value.
struct Sparkline {
    private let field: DataField
    private let span: TimeSpan

    init(_ field: DataField, _ span: TimeSpan) {
        self.field = field
        self.span = span
    }

    func draw(in rect: Rect, style: Style, keepsBackground: Bool, on frame: inout Frame) {
        guard !rect.isEmpty else { return }
        let values = field.columns(rect.width, span, rule: .maximum)
        var least = Double.infinity
        var most = -Double.infinity
        for value in values where value.isFinite {
            least = min(least, value)
            most = max(most, value)
        }
        guard least <= most else { return }
        // Against zero when the values are not far from it, so that small changes of large numbers still show.
        if least > 0, least < most * 0.5 { least = 0 }
        let steps = Double(rect.height * 8 - 1)
        for (column, value) in values.enumerated() where value.isFinite {
            let share = most > least ? (value / 2 - least / 2) / (most / 2 - least / 2) : 0.4
            let eighths = 1 + Int((max(0, min(1, share)) * steps).rounded())
            var ink = style
            if keepsBackground { ink.background = frame[rect.x + column, rect.maxY - 1].style.background }
            frame.drawColumn(
                x: rect.x + column, bottom: rect.maxY - 1, height: rect.height, eighths: eighths, style: ink)
        }
    }
}
