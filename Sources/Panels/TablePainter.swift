// Tables: a heading, columns as wide as their content, numbers aligned on the decimal point, gauges and colours in cells.
// What does not fit is counted.

import Dashboards
import Frames
import MetricModel

enum TablePainter {
    static func paint(_ options: TableOptions, _ canvas: PanelCanvas, on frame: inout Frame) {
        guard canvas.rect.width > 2, canvas.rect.height > 0 else { return }
        let table: DataTable
        switch canvas.data.content {
        case .table(let given): table = given
        case .fields(let fields): table = Self.table(of: fields)
        case .text, .alerts, .dashboards, .none: return
        }
        var grid = TableGrid(table, options, canvas)
        grid.layOut()
        grid.draw(on: &frame)
    }

    /// Series without a table of their own: one row each, name and value.
    private static func table(of fields: [DataField]) -> DataTable {
        guard let first = fields.first else { return DataTable(columns: []) }
        return DataTable(columns: [
            .init(name: "series", configuration: FieldConfiguration(), cells: fields.map { .text($0.name) }),
            .init(
                name: "value", configuration: first.configuration,
                cells: fields.map { field in
                    (field.reduced.first ?? field.lastFinite).map { .number($0) } ?? .empty
                }),
        ])
    }
}

private struct TableGrid {
    private struct Column {
        var name: String
        var source: DataTable.Column
        var texts: [ValueText]
        var isNumeric: Bool
        var width = 0
        var numberWidth = 0
        var x = 0
        var isGauge: Bool { source.configuration.cellMode == .gauge && isNumeric }
        var scale: GaugeScale
        var alignment: TextAlignment {
            switch source.configuration.alignment {
            case .automatic: isNumeric ? .right : .left
            case .left: .left
            case .center: .center
            case .right: .right
            }
        }
    }
    private let canvas: PanelCanvas
    private let options: TableOptions
    private var columns: [Column] = []
    private var rowCount = 0
    private var order: [Int] = []
    private var hiddenColumns = 0
    private let footer: [Reducer]

    private var theme: PaintTheme { canvas.theme }

    init(_ table: DataTable, _ options: TableOptions, _ canvas: PanelCanvas) {
        self.canvas = canvas
        self.options = options
        footer = options.footer
        rowCount = table.columns.map(\.cells.count).max() ?? 0
        order = Self.sorted(table, options, rowCount)
        // Only rows that can be seen are measured; scrolling must not make columns jump, so a few hundred are.
        let seen = Array(order.prefix(500))
        let first = max(0, min(canvas.context.scroll, rowCount))
        let visible = Set(seen).union(order.dropFirst(first).prefix(canvas.rect.height))
        for source in table.columns where !source.configuration.isHidden {
            columns.append(column(source, visible))
        }
    }

    private func column(_ source: DataTable.Column, _ visible: Set<Int>) -> Column {
        let offset = canvas.context.timeZoneOffsetSeconds
        let rows = order.filter { visible.contains($0) && $0 < source.cells.count }
        var numbers: [(Double?, FieldConfiguration)] = []
        var numberRows: [Int] = []
        var texts = Array(repeating: ValueText(number: ""), count: rowCount)
        var values: [Double] = []
        for row in rows {
            switch source.cells[row] {
            case .number(let number):
                numbers.append((number, source.configuration))
                numberRows.append(row)
                values.append(number)
            case .text, .time, .empty:
                let clock = DisplayClock(offset: .seconds(Int64(offset)))
                let parts = source.configuration.display(source.cells[row], clock: clock).text
                texts[row] = ValueText(number: parts.prefix + parts.number, unit: ValueText.short(parts.suffix))
            }
        }
        for (row, text) in zip(numberRows, ValueText.aligned(numbers, offsetSeconds: offset)) { texts[row] = text }
        let isNumeric = !numberRows.isEmpty
        if isNumeric {
            for row in rows where source.cells[row] == .empty && texts[row].number.isEmpty { texts[row].number = "—" }
        }
        return Column(
            name: source.name, source: source, texts: texts, isNumeric: isNumeric,
            scale: GaugeScale(source.configuration, values: values, seriesColor: RGB.text))
    }

    private static func sorted(_ table: DataTable, _ options: TableOptions, _ rowCount: Int) -> [Int] {
        let rows = Array(0..<rowCount)
        guard let name = options.sortField, let column = table.columns.first(where: { $0.name == name }) else {
            return rows
        }
        func isBefore(_ left: Int, _ right: Int) -> Bool? {
            guard left < column.cells.count, right < column.cells.count else { return nil }
            switch (column.cells[left], column.cells[right]) {
            case (.number(let a), .number(let b)):
                if a.isNaN || b.isNaN { return a.isNaN && b.isNaN ? nil : b.isNaN != options.sortsDescending }
                return a == b ? nil : a < b
            case (.time(let a), .time(let b)): return a == b ? nil : a < b
            case (.text(let a), .text(let b)): return a.isSameBytes(as: b) ? nil : a.isBefore(b)
            case (.empty, .empty): return nil
            // What is empty comes last either way.
            case (.empty, _): return options.sortsDescending
            case (_, .empty): return !options.sortsDescending
            case (.number, _): return true
            case (_, .number): return false
            default: return nil
            }
        }
        return rows.sorted { left, right in
            guard let before = isBefore(left, right) else { return left < right }
            return before != options.sortsDescending
        }
    }

    mutating func layOut() {
        let room = canvas.rect.width - 2
        for index in columns.indices {
            var number = 0
            var unit = 0
            for text in columns[index].texts {
                number = max(number, text.numberWidth)
                unit = max(unit, text.unitWidth)
            }
            columns[index].numberWidth = number
            var width = number + unit
            if columns[index].isGauge { width += 9 }
            if options.showsHeader { width = max(width, min(TextWidth.cells(of: columns[index].name), 24)) }
            columns[index].width = max(2, min(width, 44))
        }
        fit(room)
        spread(room)
        var x = canvas.rect.x + 1
        for index in columns.indices {
            columns[index].x = x
            x += columns[index].width + gap
        }
    }

    private var gap = 2

    private var total: Int { columns.reduce(0) { $0 + $1.width } + max(0, columns.count - 1) * gap }

    /// Wide texts shrink first; then columns leave at the right.
    private mutating func fit(_ room: Int) {
        while total > room {
            let widest = columns.indices.filter { !columns[$0].isNumeric && columns[$0].width > 7 }
                .max { columns[$0].width < columns[$1].width }
            if let widest {
                columns[widest].width -= 1
            } else if let gauge = columns.indices.first(where: {
                columns[$0].isGauge && columns[$0].width > columns[$0].numberWidth + 7
            }) {
                columns[gauge].width -= 1
            } else if columns.count > 1 {
                columns.removeLast()
                hiddenColumns += 1
            } else {
                if let first = columns.indices.first { columns[first].width = max(1, room) }
                return
            }
        }
    }

    /// Columns stand close enough to read a row across; gauges take what is left, up to a comfortable length.
    private mutating func spread(_ room: Int) {
        if columns.count > 1 { gap += max(0, min(2, (room - total) / (columns.count - 1))) }
        var rest = room - total
        for index in columns.indices where columns[index].isGauge && rest > 0 {
            let grown = min(rest, max(0, 48 - columns[index].width))
            columns[index].width += grown
            rest -= grown
        }
    }

    func draw(on frame: inout Frame) {
        let rect = canvas.rect
        var y = rect.y
        if options.showsHeader, rect.height > 1 {
            for column in columns {
                frame.draw(
                    column.name, x: column.x, y: y, width: column.width, style: theme.header,
                    alignment: column.alignment)
            }
            if hiddenColumns > 0 {
                frame.draw("+\(hiddenColumns)", x: rect.maxX - 3, y: y, width: 3, style: theme.dim, alignment: .right)
            }
            y += 1
        }
        let hasFooter = !footer.isEmpty && rect.height > 4
        var room = rect.maxY - y - (hasFooter ? 1 : 0)
        guard room > 0 else { return }
        let first = max(0, min(canvas.context.scroll, rowCount - room))
        let isCut = rowCount - first > room && room > 2
        if isCut { room -= 1 }
        for row in order.dropFirst(first).prefix(room) {
            for column in columns { drawCell(column, row, y, on: &frame) }
            y += 1
        }
        if isCut {
            frame.draw("+\(rowCount - first - room) more", x: rect.x + 1, y: y, width: rect.width - 2, style: theme.dim)
        }
        if hasFooter { drawFooter(rect.maxY - 1, on: &frame) }
    }

    private func drawCell(_ column: Column, _ row: Int, _ y: Int, on frame: inout Frame) {
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
            if case .number(let value) = cell, column.isGauge {
                drawGauge(column, value, text, y, on: &frame)
                return
            }
        case .plain, nil: break
        }
        guard column.isNumeric, column.alignment == .right, text.width <= column.width else {
            frame.draw(text.text, x: column.x, y: y, width: column.width, style: style, alignment: column.alignment)
            return
        }
        drawNumber(column, text, y, style, on: &frame)
    }

    /// Numbers end in one column, units begin in the next.
    private func drawNumber(_ column: Column, _ text: ValueText, _ y: Int, _ style: Style, on frame: inout Frame) {
        let unitRoom = column.texts.map(\.unitWidth).max() ?? 0
        let unitX = column.x + column.width - unitRoom
        let isMark = text.unit.isEmpty && unitRoom > 0 && text.number == "—"
        let end = isMark ? column.x + column.width : unitX
        var quiet = style
        if style.foreground == theme.text.foreground, style.background == .terminal { quiet = theme.dim }
        frame.draw(
            text.number, x: column.x, y: y, width: end - column.x, style: isMark ? quiet : style, alignment: .right)
        frame.draw(text.unit, x: unitX, y: y, style: quiet)
    }

    private func drawGauge(_ column: Column, _ value: Double, _ text: ValueText, _ y: Int, on frame: inout Frame) {
        let unitRoom = column.texts.map(\.unitWidth).max() ?? 0
        let track = column.width - column.numberWidth - unitRoom - 1
        let color = column.scale.color(of: value)
        if track >= 3 {
            let hasColor = canvas.context.hasColor
            BarTrack(theme: theme, hasColor: hasColor).draw(x: column.x, y: y, width: track, on: &frame)
            let eighths = Int((column.scale.share(value) * Double(track * 8)).rounded())
            let isGradient = column.source.configuration.cellGauge == .gradient
            for step in 0..<track where step * 8 < eighths {
                let place = (Double(step) + 0.5) / Double(track)
                let ink = isGradient ? column.scale.gradient(at: place) : color
                frame[column.x + step, y] = Cell(
                    Glyphs.horizontal[min(8, eighths - step * 8)],
                    Style(foreground: ink.color, background: hasColor ? theme.trough : .terminal))
            }
        }
        drawNumber(column, text, y, Style(foreground: color.color), on: &frame)
    }

    private func drawFooter(_ y: Int, on frame: inout Frame) {
        guard let reducer = footer.first else { return }
        for (index, column) in columns.enumerated() {
            var values: [Double] = []
            for case .number(let value) in column.source.cells { values.append(value) }
            if column.isNumeric, let value = reducer.reduce(values) {
                drawNumber(column, canvas.value(value, column.source.configuration), y, theme.header, on: &frame)
            } else if index == 0 {
                frame.draw(reducer.heading, x: column.x, y: y, width: column.width, style: theme.dim)
            }
        }
    }
}
