// Cells of a table: texts, numbers, colours, gauges and courses of values.
// Part of TableGrid, which says where each cell is.

import Dashboards
import Frames

extension TableGrid {
    func drawCell(_ column: Column, _ row: Int, _ y: Int, on frame: inout Frame) {
        guard row < column.texts.count, row < column.source.cells.count else { return }
        let text = column.texts[row]
        let cell = column.source.cells[row]
        var style = theme.text
        let color = column.source.configuration.display(cell).color
        switch column.source.configuration.cellMode {
        case .colorText:
            if let color { style.foreground = color.color }
        case .colorBackground:
            if let color, canvas.context.hasColor {
                style = Style(foreground: color.contrast.color, background: color.color)
                frame.fill(
                    Rect(x: column.x - 1, y: y, width: column.width + 2, height: 1).intersection(canvas.rect),
                    with: Cell(" ", style))
            }
        case .gauge:
            if column.isGauge, let value = cell.shownNumber {
                drawGauge(column, value, text, y, on: &frame)
                return
            }
        case .plain, nil:
            if case .trend(_, let values) = cell { drawTrend(column, values, y, on: &frame) }
        }
        guard column.isNumeric, column.alignment == .right, text.width <= column.width else {
            frame.draw(text.text, x: column.x, y: y, width: column.width, style: style, alignment: column.alignment)
            return
        }
        drawNumber(column, text, y, style, on: &frame)
    }

    /// Numbers end in one column, units begin in the next.
    func drawNumber(_ column: Column, _ text: ValueText, _ y: Int, _ style: Style, on frame: inout Frame) {
        let unitX = column.x + column.width - column.unitWidth
        let isMark = text.unit.isEmpty && column.unitWidth > 0 && text.number == "—"
        let end = isMark ? column.x + column.width : unitX
        var quiet = style
        if style.foreground == theme.text.foreground, style.background == .terminal { quiet = theme.dim }
        frame.draw(
            text.number, x: column.x, y: y, width: end - column.x, style: isMark ? quiet : style, alignment: .right)
        frame.draw(text.unit, x: unitX, y: y, style: quiet)
    }

    private func track(_ column: Column) -> Int { column.width - column.numberWidth - column.unitWidth - 1 }

    private func drawGauge(_ column: Column, _ value: Double, _ text: ValueText, _ y: Int, on frame: inout Frame) {
        let track = track(column)
        let color = column.scale.color(of: value)
        let mode = column.source.configuration.cellGauge
        if track >= 3, mode == .lcd {
            drawSegments(column, value, track, y, on: &frame)
        } else if track >= 3 {
            let hasColor = canvas.context.hasColor
            BarTrack(theme: theme, hasColor: hasColor).draw(x: column.x, y: y, width: track, on: &frame)
            let eighths = Int((column.scale.share(value) * Double(track * 8)).rounded())
            for step in 0..<track where step * 8 < eighths {
                let place = (Double(step) + 0.5) / Double(track)
                let ink = mode == .gradient ? column.scale.gradient(at: place) : color
                frame[column.x + step, y] = Cell(
                    Glyphs.horizontal[min(8, eighths - step * 8)],
                    Style(foreground: ink.color, background: hasColor ? theme.trough : .terminal))
            }
        }
        drawNumber(column, text, y, Style(foreground: color.color), on: &frame)
    }

    /// Each segment has the colour of its own place.
    private func drawSegments(_ column: Column, _ value: Double, _ track: Int, _ y: Int, on frame: inout Frame) {
        let share = column.scale.share(value)
        let lit = share > 0 ? max(1, Int((share * Double(track)).rounded())) : 0
        for step in 0..<track {
            let isLit = step < lit
            let color = column.scale.color(at: (Double(step) + 0.5) / Double(track)).color
            frame[column.x + step, y] = Cell(
                isLit || canvas.context.hasColor ? "▊" : "·", Style(foreground: isLit ? color : theme.trough))
        }
    }

    /// The course of values over time as blocks, from their least to their greatest; the greatest of each column counts.
    private func drawTrend(_ column: Column, _ values: [Double], _ y: Int, on frame: inout Frame) {
        let track = min(track(column), max(values.count, 8))
        guard track >= 3 else { return }
        var least = Double.infinity
        var most = -Double.infinity
        var columns = Array(repeating: -Double.infinity, count: track)
        for (index, value) in values.enumerated() where value.isFinite {
            least = min(least, value)
            most = max(most, value)
            let place = values.count < 2 ? track - 1 : index * (track - 1) / (values.count - 1)
            columns[place] = max(columns[place], value)
        }
        guard least <= most else { return }
        // Against zero when the values are not far from it, so that small changes of large numbers still show.
        if least > 0, least < most * 0.5 { least = 0 }
        let ink = theme.accent
        for (step, value) in columns.enumerated() where value.isFinite {
            let share = most > least ? (value / 2 - least / 2) / (most / 2 - least / 2) : 0.4
            // A line stays free to the row above.
            let eighths = 1 + Int((max(0, min(1, share)) * 6).rounded())
            frame[column.x + step, y] = Cell(Glyphs.vertical[eighths], Style(foreground: ink))
        }
    }
}

extension TableCell {
    fileprivate var shownNumber: Double? {
        switch self {
        case .number(let number), .trend(let number, _): number
        case .text, .time, .empty: nil
        }
    }
}
