// Pies: one bar of parts above a table of names, values and shares; a disc instead of the bar where there is room.
// A circle wastes cells, and its small parts vanish: the bar is the usual form.

import Dashboards
import Frames

enum PieChartPainter {
    static func paint(_ options: PieChartOptions, _ canvas: PanelCanvas, on frame: inout Frame) {
        guard !canvas.rect.isEmpty else { return }
        let parts = PieParts(canvas.fields, order: options.order, canvas.context)
        guard parts.hasWhole else {
            drawNothing(parts, canvas, on: &frame)
            return
        }
        PiePicture(parts, options, canvas).draw(on: &frame)
    }

    private static func drawNothing(_ parts: PieParts, _ canvas: PanelCanvas, on frame: inout Frame) {
        let rect = canvas.rect
        let lines = [parts.parts.isEmpty ? "" : "every part is zero", parts.leftOutText].filter { !$0.isEmpty }
        let wrapped = lines.flatMap { TextLines.wrap($0, width: rect.width) }.prefix(rect.height)
        let y = rect.y + (rect.height - wrapped.count) / 2
        for (row, line) in wrapped.enumerated() {
            frame.draw(line, x: rect.x, y: y + row, width: rect.width, style: canvas.theme.dim, alignment: .center)
        }
    }
}

private struct PiePicture {
    private let parts: PieParts
    private let options: PieChartOptions
    private let canvas: PanelCanvas
    private let table: PieTable
    private var context: PaintContext { canvas.context }
    private var theme: PaintTheme { canvas.theme }

    init(_ parts: PieParts, _ options: PieChartOptions, _ canvas: PanelCanvas) {
        self.parts = parts
        self.options = options
        self.canvas = canvas
        table = PieTable(parts, options, canvas.context)
    }

    func draw(on frame: inout Frame) {
        var area = canvas.rect
        if area.width >= 24 {
            area.x += 1
            area.width -= 2
        }
        if parts.leftOut > 0, area.height >= 4 {
            area.height -= 1
            let fits = parts.leftOutText.utf8.count <= area.width
            frame.draw(
                fits ? parts.leftOutText : "\(parts.leftOut) left out", x: area.x, y: area.maxY, width: area.width,
                style: theme.dim)
        }
        let showsTable = context.showsLegend && table.count > 0
        if canvas.rect.width >= 24, canvas.rect.height >= 10, drawDisc(in: area, showsTable, on: &frame) { return }
        drawBar(in: area, showsTable && area.height > 1, on: &frame)
    }

    // MARK: Bar

    private func drawBar(in area: Rect, _ showsTable: Bool, on frame: inout Frame) {
        guard showsTable else {
            let height = min(area.height, 3)
            let y = area.y + (area.height - height) / 2
            drawParts(x: area.x, y: y, width: area.width, height: height, on: &frame)
            drawNames(x: area.x, y: y + height / 2, width: area.width, on: &frame)
            return
        }
        let rows = table.rows(width: area.width, limit: area.height - 1)
        var spare = area.height - 1 - rows
        // Room goes to a line between bar and table, then to the bar, then around both.
        let gap = spare > 0 ? 1 : 0
        spare -= gap
        let height = spare > 1 ? 2 : 1
        spare -= height - 1
        let y = area.y + (spare > 1 ? min(spare / 2, 2) : 0)
        drawParts(x: area.x, y: y, width: area.width, height: height, on: &frame)
        let top = y + height + gap
        table.draw(in: Rect(x: area.x, y: top, width: area.width, height: area.maxY - top), on: &frame)
    }

    private func drawParts(x: Int, y: Int, width: Int, height: Int, on frame: inout Frame) {
        var segments: [Segment] = []
        var start = 0
        for (part, end) in zip(parts.parts, parts.ends(over: width * 8)) where end > start {
            segments.append(Segment(low: start, high: end, color: part.color, shade: part.place))
            start = end
        }
        SegmentPen(.right, hasColor: context.hasColor).cells(segments, count: width) { column, cell in
            for row in 0..<height { frame[x + column, y + row] = cell }
        }
    }

    /// Names and shares on the parts they fit in, where there is no table.
    private func drawNames(x: Int, y: Int, width: Int, on frame: inout Frame) {
        var start = 0
        for (part, end) in zip(parts.parts, parts.ends(over: width)) where end > start {
            let room = end - start - 2
            let share = shareText(part.share, decimals: 0) + " %"
            let texts = [part.name + " " + share, part.name, share].map { ($0, TextWidth.cells(of: $0)) }
            if let (text, cells) = texts.first(where: { $0.1 <= room }), cells > 0 {
                let style =
                    context.hasColor
                    ? Style(foreground: part.color.contrast.color, background: part.color.color) : theme.text
                frame.draw(" " + text + " ", x: x + start + (room - cells) / 2, y: y, style: style)
            }
            start = end
        }
    }

    // MARK: Disc

    /// Beside the table or above it. False when no disc of a fair size fits.
    private func drawDisc(in area: Rect, _ showsTable: Bool, on frame: inout Frame) -> Bool {
        guard showsTable else {
            PieDisc(parts, options, context).draw(in: area, on: &frame)
            return true
        }
        let beside = besideTable(area)
        let above = aboveTable(area)
        let prefersBeside = options.legendIsRight || area.width > 2 * area.height
        guard let (disc, list) = prefersBeside ? beside ?? above : above ?? beside else { return false }
        PieDisc(parts, options, context).draw(in: disc, on: &frame)
        table.draw(in: list, on: &frame)
        return true
    }

    private static let rowsLeast = 7
    private static let rowsMost = 32

    private func besideTable(_ area: Rect) -> (disc: Rect, list: Rect)? {
        let rows = table.rows(width: area.width / 2, limit: area.height)
        let wanted = min(table.naturalWidth(rows: rows), area.width * 3 / 5)
        let height = min(area.height, (area.width - wanted - 3) / 2, Self.rowsMost)
        guard height >= Self.rowsLeast else { return nil }
        let width = height * 2
        // Disc and table stand in the middle as one.
        let rest = area.width - width - 3
        let listWidth = min(rest, max(wanted, table.count > rows ? rest : wanted))
        let left = area.x + max(0, rest - listWidth) / 2
        return (
            Rect(x: left, y: area.y + (area.height - height) / 2, width: width, height: height),
            Rect(x: left + width + 3, y: area.y + (area.height - rows) / 2, width: listWidth, height: rows)
        )
    }

    private func aboveTable(_ area: Rect) -> (disc: Rect, list: Rect)? {
        let rows = table.rows(width: area.width, limit: max(2, area.height / 2))
        let height = min(area.height - rows - 1, area.width / 2, Self.rowsMost)
        guard height >= Self.rowsLeast else { return nil }
        let top = area.y + max(0, area.height - rows - 1 - height) / 2
        let width = height * 2
        let wanted = min(area.width, table.naturalWidth(rows: rows))
        let listWidth = table.count > rows ? area.width : wanted
        return (
            Rect(x: area.x + (area.width - width) / 2, y: top, width: width, height: height),
            Rect(x: area.x + (area.width - listWidth) / 2, y: top + height + 1, width: listWidth, height: rows)
        )
    }
}
