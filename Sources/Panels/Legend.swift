// Names, colours and values of the series of a graph: packed lines below, or a table.
// Laid out before the plot, so that the plot knows what height is left.

import Dashboards
import Frames

struct LegendEntry {
    var name: String
    var color: RGB
    /// One text for each column of the legend.
    var values: [ValueText]
    var marker: Glyph
    var isDimmed = false
    /// Place among the fields; nil for what is no series of the present.
    var index: Int?
    var isPast = false
}

struct Legend {
    var entries: [LegendEntry]
    /// Headings of the values; `last` goes without saying.
    var columns: [String]
    var isTable: Bool

    /// Rows that `draw` would use over `width` cells, at most `limit`.
    func rows(width: Int, limit: Int) -> Int {
        guard limit > 0, !entries.isEmpty, width > 3 else { return 0 }
        if isTable { return min(limit, entries.count + 1) }
        var rows = 1
        var used = 0
        for entry in entries {
            let cells = min(width, entryWidth(entry))
            if used > 0, used + 2 + cells > width {
                rows += 1
                used = 0
                if rows > limit { return limit }
            }
            used += (used > 0 ? 2 : 0) + cells
        }
        return rows
    }

    func draw(in rect: Rect, on frame: inout Frame, _ context: PaintContext) {
        guard rect.width > 3, rect.height > 0, !entries.isEmpty else { return }
        if isTable, rect.height >= 2 {
            drawTable(in: rect, on: &frame, context)
        } else {
            drawList(in: rect, on: &frame, context)
        }
    }

    /// Where room is short: the border names the axis' unit already, so that values counted in it need not. Only when
    /// none of them would become too small to be told from nothing.
    ///
    /// - `values`: of each entry, one for each column.
    mutating func count(in scale: AxisScale, _ values: [[Double?]]) {
        guard !scale.unitLabel.isEmpty, scale.logBase <= 1, values.count == entries.count else { return }
        let shares = values.map { $0.map { $0.map { $0 / scale.unitSize } } }
        let all = shares.flatMap { $0.compactMap { $0 } }
        guard all.allSatisfy({ $0 == 0 || abs($0) >= 0.1 && abs($0) < 1e5 }) else { return }
        let decimals = all.contains { abs($0) >= 100 } ? 0 : 1
        for index in entries.indices where shares[index].count == entries[index].values.count {
            entries[index].values = shares[index].map { share in
                ValueText(number: share.map { $0 == 0 ? "0" : NumberText.fixed($0, decimals) } ?? "—")
            }
        }
    }

    private func heading(_ index: Int) -> String {
        index < columns.count && columns[index] != "last" ? columns[index] : ""
    }

    private func entryWidth(_ entry: LegendEntry) -> Int {
        var width = 2 + TextWidth.cells(of: entry.name)
        for (index, value) in entry.values.enumerated() {
            let heading = heading(index)
            width += 1 + value.width + (heading.isEmpty ? 0 : heading.utf8.count + 1)
        }
        return width
    }

    /// Where each entry of a packed list is, and where those that do not fit are counted.
    private func listPlaces(in rect: Rect) -> (entries: [(index: Int, rect: Rect)], rest: (x: Int, y: Int)?) {
        var places: [(index: Int, rect: Rect)] = []
        var x = rect.x
        var y = rect.y
        for (index, entry) in entries.enumerated() {
            let rest = entries.count - index
            let width = min(rect.width, entryWidth(entry))
            let isLastRow = y == rect.maxY - 1
            // The last row keeps room to count what does not fit.
            let reserve = isLastRow && rest > 1 ? 3 + String(rest - 1).utf8.count : 0
            let start = x == rect.x ? x : x + 2
            if start + width > rect.maxX - (isLastRow ? reserve : 0) {
                if !isLastRow {
                    y += 1
                    x = rect.x
                } else if x > rect.x {
                    return (places, (start, y))
                }
            }
            let from = x == rect.x ? x : x + 2
            let limit = rect.maxX - from - (y == rect.maxY - 1 && rest > 1 && from == rect.x ? reserve : 0)
            let room = max(4, min(width, limit))
            places.append((index, Rect(x: from, y: y, width: room, height: 1)))
            x = from + drawnWidth(entry, width: room)
        }
        return (places, nil)
    }

    private func drawList(in rect: Rect, on frame: inout Frame, _ context: PaintContext) {
        let places = listPlaces(in: rect)
        for (index, place) in places.entries {
            drawEntry(entries[index], x: place.x, y: place.y, width: place.width, on: &frame, context)
        }
        if let rest = places.rest {
            let count = "+\(entries.count - places.entries.count)"
            frame.draw(count, x: rest.x, y: rest.y, width: rect.maxX - rest.x, style: context.theme.dim)
        }
    }

    /// What is at that place of a legend drawn in `rect`.
    func entry(atX x: Int, y: Int, in rect: Rect) -> LegendEntry? {
        guard rect.width > 3, x >= rect.x, x < rect.maxX, y >= rect.y, y < rect.maxY else { return nil }
        if isTable, rect.height >= 2 {
            let row = y - rect.y - 1
            return row >= 0 && row < tableLines(rect) ? entries[row] : nil
        }
        let hit = listPlaces(in: rect).entries.first { $0.rect.y == y && x >= $0.rect.x && x < $0.rect.maxX }
        return hit.map { entries[$0.index] }
    }

    /// The last row of a table counts what does not fit.
    private func tableLines(_ rect: Rect) -> Int {
        let shown = min(entries.count, rect.height - 1)
        return entries.count > shown && shown > 1 ? shown - 1 : shown
    }

    /// The name gives way to the values.
    private func nameWidth(_ entry: LegendEntry, width: Int) -> (name: Int, hasValues: Bool) {
        let nameCells = TextWidth.cells(of: entry.name)
        let valueCells = entryWidth(entry) - 2 - nameCells
        let hasValues = width - 2 - valueCells >= min(nameCells, 3)
        return (max(0, min(nameCells, width - 2 - (hasValues ? valueCells : 0))), hasValues)
    }

    private func drawnWidth(_ entry: LegendEntry, width: Int) -> Int {
        let (name, hasValues) = nameWidth(entry, width: width)
        let clipped = TextWidth.cells(of: entry.name.clipped(toCells: name))
        return 2 + clipped + (hasValues ? entryWidth(entry) - 2 - TextWidth.cells(of: entry.name) : 0)
    }

    private func drawEntry(
        _ entry: LegendEntry, x: Int, y: Int, width: Int, on frame: inout Frame, _ context: PaintContext
    ) {
        let theme = context.theme
        let (nameWidth, hasValues) = nameWidth(entry, width: width)
        drawMarker(entry, x: x, y: y, on: &frame, context)
        var column = x + 2
        column += frame.draw(
            entry.name, x: column, y: y, width: nameWidth, style: entry.isDimmed ? theme.dim : theme.text)
        guard hasValues else { return }
        for (index, value) in entry.values.enumerated() {
            let heading = heading(index)
            column += 1
            if !heading.isEmpty {
                column += frame.draw(heading, x: column, y: y, style: theme.dim) + 1
            }
            column += frame.draw(value.number, x: column, y: y, style: theme.text)
            column += frame.draw(value.unit, x: column, y: y, style: theme.dim)
        }
    }

    private func drawMarker(
        _ entry: LegendEntry, x: Int, y: Int, on frame: inout Frame, _ context: PaintContext
    ) {
        var style = Style(foreground: entry.color.color)
        if entry.isDimmed { style = context.theme.dim }
        if entry.isPast {
            frame[x, y] = Cell("┄", context.hasColor ? style : context.theme.dim)
            return
        }
        frame[x, y] = Cell(context.hasColor ? "■" : entry.marker, context.hasColor ? style : context.theme.text)
    }

    private func drawTable(in rect: Rect, on frame: inout Frame, _ context: PaintContext) {
        let theme = context.theme
        let lines = tableLines(rect)
        var widths = columns.map { max(4, TextWidth.cells(of: $0)) }
        for entry in entries.prefix(lines) {
            for (index, value) in entry.values.enumerated() where index < widths.count {
                widths[index] = max(widths[index], value.width)
            }
        }
        var longest = 6
        for entry in entries.prefix(lines) { longest = max(longest, TextWidth.cells(of: entry.name)) }
        // Columns leave from the right until the names keep at least eight cells.
        while widths.count > 1, rect.width - 2 - widths.reduce(0, { $0 + $1 + 2 }) < 8 { widths.removeLast() }
        let nameWidth = max(0, min(longest, rect.width - 2 - widths.reduce(0) { $0 + $1 + 2 }))
        var x = rect.x + 2 + nameWidth
        for (index, width) in widths.enumerated() {
            frame.draw(columns[index], x: x + 2, y: rect.y, width: width, style: theme.dim, alignment: .right)
            x += width + 2
        }
        for (row, entry) in entries.prefix(lines).enumerated() {
            let y = rect.y + 1 + row
            drawMarker(entry, x: rect.x, y: y, on: &frame, context)
            frame.draw(
                entry.name, x: rect.x + 2, y: y, width: nameWidth, style: entry.isDimmed ? theme.dim : theme.text)
            var x = rect.x + 2 + nameWidth
            for (index, width) in widths.enumerated() {
                if index < entry.values.count {
                    frame.draw(
                        entry.values[index].text, x: x + 2, y: y, width: width, style: theme.text,
                        alignment: .right)
                }
                x += width + 2
            }
        }
        if lines < entries.count {
            frame.draw("+\(entries.count - lines)", x: rect.x + 2, y: rect.maxY - 1, style: theme.dim)
        }
    }

    /// Cells of the widest row, for a legend at the right.
    func naturalWidth() -> Int { width(ofNames: .max) }

    /// The same with short names: what all columns need.
    func leastWidth() -> Int { width(ofNames: 10) }

    private func width(ofNames most: Int) -> Int {
        var name = 6
        var widths = columns.map { max(4, TextWidth.cells(of: $0)) }
        for entry in entries.prefix(200) {
            name = max(name, TextWidth.cells(of: entry.name))
            for (index, value) in entry.values.enumerated() where index < widths.count {
                widths[index] = max(widths[index], value.width)
            }
        }
        return 2 + min(name, most) + widths.reduce(0) { $0 + $1 + 2 }
    }
}

extension Reducer {
    /// As headings of legends and tables write it.
    var heading: String {
        switch self {
        case .lastNotNull, .last: "last"
        case .firstNotNull, .first: "first"
        case .allIsZero: "zero"
        case .allIsNull: "null"
        case .changeCount: "changes"
        case .distinctCount: "distinct"
        case .diffperc: "diff %"
        case .allValues: "values"
        case .uniqueValues: "unique"
        case .stdDev: "stddev"
        case .min, .max, .mean, .sum, .count, .range, .delta, .step, .diff, .logmin, .median, .variance: rawValue
        }
    }
}
