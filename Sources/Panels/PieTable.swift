// The names, values and shares beside the picture of a pie: rows in one or several columns.
// Laid out by PieChartPainter.

import Dashboards
import Frames

struct PieTable {
    /// What is dropped or shortened as room gets less, in this order.
    private struct Form {
        var showsValue: Bool
        var showsPercent: Bool
        var decimals: Int
        var isTight = false
    }
    private let parts: [PieParts.Part]
    private let options: PieChartOptions
    private let context: PaintContext
    private var theme: PaintTheme { context.theme }
    var count: Int { parts.count }

    init(_ parts: PieParts, _ options: PieChartOptions, _ context: PaintContext) {
        self.parts = parts.parts.filter(\.isInLegend)
        self.options = options
        self.context = context
    }

    private var forms: [Form] {
        let said = options.legendValues + options.labels
        let isSilent = !said.contains { $0 != .name }
        let value = isSilent || said.contains(.value)
        let percent = isSilent || said.contains(.percent)
        let decimals = max(0, min(parts.first?.configuration.decimals ?? 1, 6))
        var forms = [Form(showsValue: value, showsPercent: percent, decimals: decimals)]
        guard percent else { return forms }
        forms.append(Form(showsValue: value, showsPercent: true, decimals: 0))
        if value {
            forms.append(Form(showsValue: false, showsPercent: true, decimals: decimals))
            forms.append(Form(showsValue: false, showsPercent: true, decimals: 0))
        }
        forms.append(Form(showsValue: false, showsPercent: true, decimals: 0, isTight: true))
        return forms
    }

    /// Texts of some rows, as wide as the widest of them.
    private struct Block {
        var rows: ArraySlice<PieParts.Part>
        var values: [ValueText]
        var shares: [String]
        var form: Form
        var name = 0
        var number = 0
        var unit = 0
        var share = 0
        var width: Int {
            2 + name + (form.showsValue ? 2 + number + unit : 0)
                + (form.showsPercent ? (form.isTight ? 1 : 2) + share : 0)
        }
        /// Without the names.
        var rest: Int { width - name }
    }

    private func block(_ rows: ArraySlice<PieParts.Part>, _ form: Form) -> Block {
        let values =
            form.showsValue
            ? ValueText.aligned(
                rows.map { ($0.value, $0.configuration) }, offsetSeconds: context.timeZoneOffsetSeconds) : []
        let shares =
            form.showsPercent
            ? rows.map { shareText($0.share, decimals: form.decimals) + (form.isTight ? "%" : " %") } : []
        var block = Block(rows: rows, values: values, shares: shares, form: form)
        block.name = rows.map { TextWidth.cells(of: $0.name) }.max() ?? 0
        block.number = values.map(\.numberWidth).max() ?? 0
        block.unit = values.map(\.unitWidth).max() ?? 0
        block.share = shares.map(\.utf8.count).max() ?? 0
        return block
    }

    /// The most telling form that leaves the names a fair part of `width`.
    private func fitting(_ rows: ArraySlice<PieParts.Part>, _ width: Int) -> Block {
        var last = block(rows, Form(showsValue: false, showsPercent: false, decimals: 0))
        for form in forms {
            var block = block(rows, form)
            let least = min(block.name, max(6, width * 3 / 5))
            last = block
            guard block.rest + least <= width else { continue }
            block.name = min(block.name, width - block.rest)
            return block
        }
        last.name = max(0, min(last.name, width - last.rest))
        return last
    }

    /// Cells that the rows would like, with all there is to say.
    func naturalWidth(rows: Int) -> Int {
        guard let form = forms.first else { return 0 }
        return block(parts.prefix(max(1, min(rows, 200))), form).width
    }

    /// Rows over `width` when there is no end of room.
    func rows(width: Int, limit: Int) -> Int {
        let shown = min(parts.count, 200)
        let natural = naturalWidth(rows: shown)
        let columns = max(1, min((width + 4) / max(1, natural + 4), 6))
        return min(limit, parts.count <= limit ? parts.count : (parts.count + columns - 1) / columns)
    }

    func draw(in rect: Rect, on frame: inout Frame) {
        guard rect.width >= 3, rect.height > 0, !parts.isEmpty else { return }
        let natural = naturalWidth(rows: min(parts.count, rect.height * 6))
        let most = max(1, min((rect.width + 4) / max(1, natural + 4), 6))
        let columns = min(most, (parts.count + rect.height - 1) / rect.height)
        let capacity = columns * rect.height
        let first = max(0, min(context.scroll, parts.count - capacity))
        var shown = parts.dropFirst(first).prefix(capacity)
        let hidden = parts.dropFirst(first + capacity).count
        if hidden > 0, shown.count > 1 { shown.removeLast() }
        let slot = (rect.width - 4 * (columns - 1)) / columns
        // All columns have one shape, so that they are read as one table.
        var block = fitting(shown, slot)
        for (place, part) in shown.enumerated() {
            let x = rect.x + place / rect.height * (min(slot, block.width) + 4)
            drawRow(part, place, block, x: x, y: rect.y + place % rect.height, on: &frame)
        }
        guard hidden > 0 else { return }
        block.rows = parts.dropFirst(first + shown.count)
        drawRest(block, shown.count, rect, slot, on: &frame)
    }

    private func drawRow(
        _ part: PieParts.Part, _ place: Int, _ block: Block, x: Int, y: Int, on frame: inout Frame
    ) {
        frame[x, y] = Cell(
            context.hasColor ? "■" : SegmentPen.shadeGlyph(part.place), Style(foreground: part.color.color))
        var x = x + 2
        frame.draw(part.name, x: x, y: y, width: block.name, style: theme.text)
        x += block.name
        if block.form.showsValue, place < block.values.count {
            let text = block.values[place]
            x += 2
            frame.draw(text.number, x: x, y: y, width: block.number, style: theme.text, alignment: .right)
            frame.draw(text.unit, x: x + block.number, y: y, style: theme.dim)
            x += block.number + block.unit
        }
        guard block.form.showsPercent, place < block.shares.count else { return }
        x += block.form.isTight ? 1 : 2
        frame.draw(
            block.shares[place], x: x, y: y, width: block.share,
            style: block.form.showsValue ? theme.dim : theme.text, alignment: .right)
    }

    /// What does not fit is counted, with its share of the whole.
    private func drawRest(_ block: Block, _ shown: Int, _ rect: Rect, _ slot: Int, on frame: inout Frame) {
        let width = min(slot, block.width)
        let x = rect.x + shown / rect.height * (width + 4)
        let y = rect.y + shown % rect.height
        let share = block.rows.reduce(0) { $0 + $1.share }
        let drawn = frame.draw("+\(block.rows.count) more", x: x + 2, y: y, width: width - 2, style: theme.dim)
        guard block.form.showsPercent else { return }
        let text = shareText(share, decimals: block.form.decimals) + (block.form.isTight ? "%" : " %")
        guard 2 + drawn + 1 + text.utf8.count <= width else { return }
        frame.draw(text, x: x + width - text.utf8.count, y: y, style: theme.dim)
    }
}
