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
        case .heatmap, .histogram, .text, .alerts, .dashboards, .none: return
        }
        var grid = TableGrid(table, options, canvas)
        grid.layOut()
        grid.draw(on: &frame)
    }

    /// Name of the column whose heading is there.
    static func heading(atX x: Int, y: Int, _ options: TableOptions, _ canvas: PanelCanvas) -> String? {
        guard case .table(let table) = canvas.data.content, canvas.rect.width > 2, canvas.rect.height > 1,
            options.showsHeader, y == canvas.rect.y
        else { return nil }
        var grid = TableGrid(table, options, canvas)
        grid.layOut()
        return grid.column(atX: x)
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

struct TableGrid {
    struct Column {
        var name: String
        var source: DataTable.Column
        var texts: [ValueText]
        var isNumeric: Bool
        /// Holds courses of values, drawn before their numbers.
        var isTrend: Bool
        /// Nil: the rows are not sorted by it.
        var sortsDescending: Bool?
        var width = 0
        /// What its content would take.
        var wanted = 0
        var numberWidth = 0
        var unitWidth = 0
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
    let canvas: PanelCanvas
    private let options: TableOptions
    private var columns: [Column] = []
    private var rowCount = 0
    private var order: [Int] = []
    /// Columns that found no room at the right.
    private var hiddenColumns = 0
    /// Columns behind the first one that were scrolled away.
    private var passedColumns = 0

    var theme: PaintTheme { canvas.theme }

    init(_ table: DataTable, _ options: TableOptions, _ canvas: PanelCanvas) {
        self.canvas = canvas
        var options = options
        if let order = canvas.context.tableOrder {
            (options.sortField, options.sortsDescending) = (order.column, order.isDescending)
        }
        self.options = options
        rowCount = table.columns.map(\.cells.count).max() ?? 0
        order = Self.sorted(table, options, rowCount)
        // Only rows that can be seen are measured; scrolling must not make columns jump, so a few hundred are.
        let seen = Array(order.prefix(500))
        let first = max(0, min(canvas.context.scroll, rowCount))
        let visible = Set(seen).union(order.dropFirst(first).prefix(canvas.rect.height))
        let sorted = options.sortField.flatMap { name in table.columns.firstIndex { $0.name == name } }
        for (index, source) in table.columns.enumerated() where !source.configuration.isHidden {
            columns.append(column(source, visible))
            if index == sorted { columns[columns.count - 1].sortsDescending = options.sortsDescending }
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
            case .number(let number), .trend(let number, _):
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
        let isTrend = rows.contains { if case .trend = source.cells[$0] { true } else { false } }
        if isNumeric {
            for row in rows where source.cells[row] == .empty && texts[row].number.isEmpty { texts[row].number = "—" }
        }
        return Column(
            name: source.name, source: source, texts: texts, isNumeric: isNumeric, isTrend: isTrend,
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
            case (.number(let a), .number(let b)), (.trend(let a, _), .trend(let b, _)):
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
            columns[index].unitWidth = unit
            var width = number + unit
            if columns[index].isGauge { width += 9 }
            if columns[index].isTrend { width += 13 }
            if options.showsHeader { width = max(width, min(TextWidth.cells(of: heading(columns[index])), 24)) }
            columns[index].wanted = max(2, min(width, 44))
            columns[index].width = columns[index].wanted
        }
        passOver(room)
        fit(room)
        spread(hiddenColumns > 0 ? room - 1 - String(hiddenColumns).utf8.count : room)
        var x = canvas.rect.x + 1
        for index in columns.indices {
            columns[index].x = x
            x += columns[index].width + gap
        }
    }

    /// The name, with the way it is sorted on the side away from the edge that its values are aligned to.
    private func heading(_ column: Column) -> String {
        guard let isDown = column.sortsDescending else { return column.name }
        let mark = isDown ? "▾" : "▴"
        return column.alignment == .right ? mark + " " + column.name : column.name + " " + mark
    }

    /// Scrolls columns away behind the first one, which stays: not farther than until the last one is in view.
    private mutating func passOver(_ room: Int) {
        var rest = total
        var count = 0
        while count < canvas.context.scrollColumns, count < columns.count - 2, rest > room {
            rest -= columns[1 + count].width + gap
            count += 1
        }
        guard count > 0 else { return }
        columns.removeSubrange(1...count)
        passedColumns = count
    }

    private var gap = 2

    private var total: Int { columns.reduce(0) { $0 + $1.width } + max(0, columns.count - 1) * gap }

    /// Wide texts shrink first, the first column least of all, for it names the row; then columns leave at the right,
    /// where they are counted.
    private mutating func fit(_ room: Int) {
        let nameLeast = max(7, room * 3 / 10)
        var limit = room
        while total > limit {
            let widest = columns.indices.filter {
                !columns[$0].isNumeric && columns[$0].width > ($0 == 0 ? nameLeast : 7)
            }.max { columns[$0].width < columns[$1].width }
            if let widest {
                columns[widest].width -= 1
            } else if let gauge = columns.indices.first(where: {
                (columns[$0].isGauge || columns[$0].isTrend) && columns[$0].width > columns[$0].numberWidth + 7
            }) {
                columns[gauge].width -= 1
            } else if columns.count > 1 {
                columns.removeLast()
                hiddenColumns += 1
                limit = room - 1 - String(hiddenColumns).utf8.count
            } else {
                if let first = columns.indices.first { columns[first].width = max(1, room) }
                return
            }
        }
    }

    /// Columns stand close enough to read a row across; gauges take what is left, up to a comfortable length.
    private mutating func spread(_ room: Int) {
        // Columns that left give back more than they had to.
        for index in columns.indices where columns[index].width < columns[index].wanted && total < room {
            columns[index].width = min(columns[index].wanted, columns[index].width + room - total)
        }
        if columns.count > 1 { gap += max(0, min(2, (room - total) / (columns.count - 1))) }
        var rest = room - total
        for index in columns.indices where (columns[index].isGauge || columns[index].isTrend) && rest > 0 {
            let grown = min(rest, max(0, 48 - columns[index].width))
            columns[index].width += grown
            rest -= grown
        }
    }

    func draw(on frame: inout Frame) {
        let rect = canvas.rect
        var y = rect.y
        if options.showsHeader, rect.height > 1 {
            drawHeader(y, on: &frame)
            y += 1
        }
        let hasFooter = !options.footer.isEmpty && rect.height > 4
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

    func column(atX x: Int) -> String? { columns.first { x >= $0.x && x < $0.x + $0.width }?.name }

    private func drawHeader(_ y: Int, on frame: inout Frame) {
        let rect = canvas.rect
        for column in columns {
            frame.draw(
                heading(column), x: column.x, y: y, width: column.width, style: theme.header,
                alignment: column.alignment)
        }
        if passedColumns > 0, columns.count > 1 {
            frame.draw("◂", x: columns[1].x - 2, y: y, width: 1, style: theme.dim)
        }
        if hiddenColumns > 0 {
            frame.draw("+\(hiddenColumns)", x: rect.maxX - 3, y: y, width: 3, style: theme.dim, alignment: .right)
        }
    }

    private func drawFooter(_ y: Int, on frame: inout Frame) {
        guard let reducer = options.footer.first else { return }
        if reducer == .count, options.footerCountsRows {
            guard let first = columns.first else { return }
            frame.draw(
                "\(rowCount) rows", x: first.x, y: y, width: max(first.width, min(12, canvas.rect.width - 2)),
                style: theme.header)
            return
        }
        for (index, column) in columns.enumerated() {
            let isMeant = options.footerFields.isEmpty || options.footerFields.contains(column.name)
            var values: [Double] = []
            for cell in column.source.cells {
                switch cell {
                case .number(let value), .trend(let value, _): values.append(value)
                case .text, .time, .empty: break
                }
            }
            if isMeant, column.isNumeric, let value = reducer.reduce(values) {
                drawNumber(column, canvas.value(value, column.source.configuration), y, theme.header, on: &frame)
            } else if index == 0 {
                frame.draw(reducer.heading, x: column.x, y: y, width: column.width, style: theme.dim)
            }
        }
    }
}
