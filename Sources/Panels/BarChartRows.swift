// Bar charts across: a row a bar, categories at the left, numbers at the right.
// Part of BarChart.

import Dashboards
import Frames

extension BarChart {
    /// Returns the unit of the axis, where there is one.
    mutating func drawRows(in area: Rect, on frame: inout Frame) -> String {
        let pad = area.width >= 24 ? 1 : 0
        var rect = Rect(x: area.x + pad, y: area.y, width: area.width - 2 * pad, height: area.height)
        let showsValues = options.shownValues != .never && !(isStacked && isPercent)
        let hasAxis = !showsValues && rect.height >= 4 && rect.width >= 24
        if hasAxis { rect.height -= 1 }
        let members = isStacked ? series : Array(series.prefix(max(1, rect.height)))
        let group = isStacked ? 1 : members.count
        guard rect.height > 0, rect.width > 0 else { return "" }
        // Categories stand apart by a line where all fit so, groups of several bars also where no more fit without.
        func fitting(_ apart: Int, _ rows: Int) -> Int { max(1, (rows + apart) / (group + apart)) }
        let isCut = fitting(0, rect.height) < count && rect.height > 2
        let rows = rect.height - (isCut ? 1 : 0)
        let isLoose = fitting(1, rows) >= count || group > 1 && fitting(1, rows) >= fitting(0, rows)
        let apart = isLoose ? 1 : 0
        let shownCount = min(count, fitting(apart, rows))
        let first = hasTimes ? count - shownCount : max(0, min(context.scroll, count - shownCount))
        let shown = first..<min(count, first + shownCount)
        makeScales(0..<count, rows: max(2, rect.width / 6), isExact: !hasAxis)
        var texts = showsValues ? values(members, shown) : []

        let number = texts.map(\.numberWidth).max() ?? 0
        var unit = texts.map(\.unitWidth).max() ?? 0
        var borderUnit = ""
        // In little room the border says a unit that all of them share.
        if number + unit > rect.width * 2 / 5, let common = texts.first(where: { !$0.unit.isEmpty })?.unit,
            texts.allSatisfy({ $0.unit == common || $0.unit.isEmpty })
        {
            borderUnit = common.trimmingSpaces
            texts = texts.map { ValueText(number: $0.number) }
            unit = 0
        }
        var layout = RowLayout(rect, longestName: shown.map { TextWidth.cells(of: name($0)) }.max() ?? 0)
        layout.fit(number: number, unit: unit)
        let used = shown.count * (group + apart) - apart
        var y = rect.y + (hasAxis ? 0 : max(0, rows - used) / 2)
        var index = 0
        for category in shown {
            if layout.name > 0 {
                frame.draw(name(category), x: rect.x, y: y, width: layout.name, style: theme.text)
            }
            for bar in 0..<group where y + bar < rect.maxY {
                drawBar(isStacked ? members : [members[bar]], category, layout, y: y + bar, on: &frame)
                if index < texts.count { drawValue(texts[index], layout, y: y + bar, on: &frame) }
                index += 1
            }
            y += group + apart
        }
        if isCut {
            let hidden = count - shown.count
            let note = hasTimes ? "+\(hidden) earlier" : "+\(count - shown.upperBound) more"
            frame.draw(note, x: rect.x, y: rect.maxY - 1, width: rect.width, style: theme.dim)
        }
        guard hasAxis, layout.track > 0 else { return borderUnit }
        return drawAxis(layout, y: isCut ? rect.maxY : y - apart, on: &frame)
    }

    private func drawBar(
        _ parts: [Series], _ category: Int, _ layout: RowLayout, y: Int, on frame: inout Frame
    ) {
        guard layout.track > 0 else { return }
        let segments = segments(parts, category, eighths: layout.track * 8)
        SegmentPen(.right, hasColor: context.hasColor).cells(segments, count: layout.track) { column, cell in
            frame[layout.x + column, y] = cell
        }
        drawParts(segments, parts, category, layout, y, on: &frame)
        // The zero line, where bars go either way.
        guard let member = parts.first else { return }
        let scale = axes.axes[member.axis].scale
        guard scale.low < 0, scale.high > 0 else { return }
        let zero = layout.x + place(0, scale, layout.track * 8) / 8
        if frame[zero, y].glyph == " " { frame[zero, y] = Cell("│", theme.border) }
    }

    /// Numbers on the parts of a stack that have room for them.
    private func drawParts(
        _ segments: [Segment], _ parts: [Series], _ category: Int, _ layout: RowLayout, _ y: Int,
        on frame: inout Frame
    ) {
        guard isStacked, context.hasColor, options.shownValues != .never else { return }
        let sums = sums(category)
        for segment in segments {
            guard segment.high - segment.low >= 24, let member = parts.first(where: { $0.index == segment.shade })
            else { continue }
            let value = member.value(category)
            let text =
                isPercent
                ? shareText(value / (sums.up - sums.down), decimals: 0) + " %"
                : canvas.value(value, member.field.configuration).text
            let from = (segment.low + 7) / 8
            let room = segment.high / 8 - from
            let cells = TextWidth.cells(of: text)
            guard cells + 2 <= room else { continue }
            frame.draw(
                text, x: layout.x + from + (room - cells) / 2, y: y,
                style: Style(foreground: segment.color.contrast.color, background: segment.color.color))
        }
    }

    private func drawValue(_ text: ValueText, _ layout: RowLayout, y: Int, on frame: inout Frame) {
        guard layout.number > 0 else { return }
        let x = layout.valueX
        frame.draw(text.number, x: x, y: y, width: layout.number, style: theme.text, alignment: .right)
        frame.draw(text.unit, x: x + layout.number, y: y, style: theme.dim)
    }

    private func drawAxis(_ layout: RowLayout, y: Int, on frame: inout Frame) -> String {
        guard let member = series.first else { return "" }
        let scale = axes.axes[member.axis].scale
        var free = layout.x
        for tick in scale.ticks {
            let cells = TextWidth.cells(of: tick.label)
            let at = layout.x + place(tick.value, scale, layout.track * 8) / 8
            let x = max(layout.x, min(at - cells / 2, layout.x + layout.track - cells))
            guard x >= free else { continue }
            free = x + frame.draw(tick.label, x: x, y: y, style: theme.dim) + 2
        }
        return scale.unitLabel
    }
}

/// The columns of a row: name, bar, number.
struct RowLayout {
    let rect: Rect
    private(set) var name: Int
    private(set) var number = 0
    private(set) var track = 0
    var x: Int { rect.x + name + (name > 0 ? 1 : 0) }
    private(set) var valueX = 0

    init(_ rect: Rect, longestName: Int) {
        self.rect = rect
        name = min(longestName, max(3, rect.width * 2 / 5))
    }

    /// The bar takes what name and number leave; below three cells it goes, then the number.
    mutating func fit(number wanted: Int, unit: Int) {
        number = wanted
        var value = wanted + unit
        if value + 3 > rect.width {
            number = 0
            value = 0
        }
        if name + 1 + value > rect.width { name = max(0, rect.width - value - 1) }
        track = rect.maxX - x - value - (value > 0 ? 1 : 0)
        if track < 3 {
            name = max(0, rect.width - value - 1)
            track = 0
        }
        valueX = rect.maxX - value
    }
}
