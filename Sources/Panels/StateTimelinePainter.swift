// State timelines and status histories: a row a series, its runs as coloured stretches, their words inside.
// Lays out names, rows, legend and time axis; StateRuns says what each column shows, StateInk how it looks.

import Dashboards
import Frames
import MetricModel

enum StateTimelinePainter {
    static func paint(_ options: StateTimelineOptions, _ canvas: PanelCanvas, on frame: inout Frame) {
        guard !canvas.rect.isEmpty else { return }
        var timeline = StateTimeline(options, canvas)
        timeline.layOut()
        timeline.draw(on: &frame)
    }
}

private struct StateTimeline {
    private struct Row {
        var name: String
        var field: FieldConfiguration
        var runs: [StateRun]
        var isDimmed: Bool
        var step: Int64
        /// False: the words of some samples would not fit, so none has any.
        var hasWords = true
    }
    private let options: StateTimelineOptions
    private let canvas: PanelCanvas
    private var span: TimeSpan
    /// Those that are not hidden, with their places among all.
    private var fields: [(offset: Int, element: DataField)] = []
    private var rows: [Row] = []
    /// Series below the last row that is drawn.
    private var hiddenCount = 0
    private var legend = Legend(entries: [], columns: [], isTable: false)
    private var legendRect = Rect(x: 0, y: 0, width: 0, height: 0)
    private var ink: StateInk
    private var plot: Rect
    private var gutter = 0
    /// Where names begin.
    private var left = 0
    private var axisRow: Int?
    /// Cells of one row of the picture, and blank ones below it.
    private var band = 1
    private var gap = 0
    /// Of a history: cells a sample has, with the gap after it.
    private var slot = 0
    private var slotCount = 0

    private var merges: Bool { options.mergesValues && !options.isHistory }
    private var context: PaintContext { canvas.context }
    private var theme: PaintTheme { canvas.theme }

    init(_ options: StateTimelineOptions, _ canvas: PanelCanvas) {
        self.options = options
        self.canvas = canvas
        span = TimeSpan(canvas.data.start, canvas.data.end)
        plot = canvas.rect
        ink = StateInk(canvas.context, offsetSeconds: canvas.context.timeZoneOffsetSeconds)
        fields = canvas.fields.enumerated().filter { index, field in
            !field.configuration.graph.isHidden && !canvas.context.hiddenSeries.contains(index)
        }
        showRows(plot.height)
        ink.learn(rows.map { ($0.runs, $0.field) })
    }

    /// From the row to which was scrolled on, as many as fit.
    private mutating func showRows(_ count: Int) {
        let first = max(0, min(context.scroll, fields.count - count))
        rows = fields.dropFirst(first).prefix(max(0, count)).map { index, field in
            Row(
                name: field.name, field: field.configuration,
                runs: field.stateRuns(merges: merges),
                isDimmed: context.highlightedSeries.map { $0 != index } ?? false, step: max(1, field.step.count))
        }
        hiddenCount = fields.count - first - rows.count
    }

    // MARK: Layout

    mutating func layOut() {
        plot = canvas.rect
        layOutLegend()
        if plot.width >= 16, plot.height >= 3 {
            axisRow = plot.maxY - 1
            plot.height -= 1
        }
        let room = plot.height
        if fields.count > room {
            showRows(room)
            // The last row counts what does not fit.
            if hiddenCount > 0, rows.count > 1 {
                rows.removeLast()
                hiddenCount += 1
            }
        }
        let count = max(1, rows.count)
        band = count * 4 - 1 <= room ? 3 : count * 3 - 1 <= room ? 2 : 1
        gap = count * (band + 1) - 1 <= room ? 1 : 0
        if hiddenCount == 0, plot.width >= 4 {
            let used = count * (band + gap) - gap
            plot.y += (room - used) / 2
        }
        layOutGutter()
        if options.isHistory { layOutSlots() }
    }

    private mutating func layOutLegend() {
        guard options.legend.placement != .hidden, context.showsLegend else { return }
        legend.entries = ink.legendEntries
        guard !legend.entries.isEmpty else { return }
        if options.legend.placement == .right, plot.width >= 50, plot.height >= 3 {
            let width = min(plot.width / 4, 2 + (legend.entries.map { TextWidth.cells(of: $0.name) }.max() ?? 0))
            legendRect = Rect(x: plot.maxX - width - 1, y: plot.y, width: width, height: plot.height)
            plot.width -= width + 3
        } else if plot.height >= 4, plot.height > min(rows.count, 3), plot.width >= 12 {
            let limit = plot.height < 10 ? 1 : 2
            let height = legend.rows(width: plot.width - 2, limit: limit)
            legendRect = Rect(x: plot.x + 1, y: plot.maxY - height, width: plot.width - 2, height: height)
            plot.height -= height
        }
    }

    private var longestName: Int { rows.map { TextWidth.cells(of: $0.name) }.max() ?? 0 }

    /// Names take what they need, a quarter at most.
    private mutating func layOutGutter() {
        let pad = plot.width >= 24 ? 1 : 0
        plot.x += pad
        left = plot.x
        plot.width -= 2 * pad
        let longest = longestName
        gutter = min(longest, plot.width / 4)
        // Of a single series the title says more than three of its letters.
        if gutter < longest, gutter < (rows.count == 1 ? 6 : 3) { gutter = 0 }
        guard gutter > 0 else { return }
        plot.x += gutter + 1
        plot.width -= gutter + 1
    }

    /// Samples of equal width that end at the right edge; none when there are more of them than columns.
    private mutating func layOutSlots() {
        guard let step = rows.map(\.step).min(), plot.width > 0 else { return }
        let first = floorModulo(span.start, step)
        let start = span.start - (first < span.start || span.start >= 0 ? first : 0)
        let count = (Double(span.start) + span.length - Double(start)) / Double(step)
        guard count >= 0, count < Double(plot.width) else { return }
        let samples = Int(count) + 1
        slot = plot.width / samples
        guard slot > 0 else { return }
        slotCount = samples
        // What is left over makes long names whole; the rest of it makes some samples a cell wider.
        if gutter > 0, longestName > gutter {
            let more = min(longestName - gutter, plot.width - samples * slot)
            gutter += more
            plot.x += more
            plot.width -= more
        }
        let cell = slot > 1 ? slot - 1 : 1
        for index in rows.indices where options.valueText == .whereItFits {
            let row = rows[index]
            rows[index].hasWords = row.runs.allSatisfy { TextWidth.cells(of: ink.words($0, row.field)) <= cell }
        }
        span.start = start
        span.length = Double(samples) * Double(step)
    }

    // MARK: Drawing

    func draw(on frame: inout Frame) {
        for (index, row) in rows.enumerated() {
            let y = plot.y + index * (band + gap)
            if gutter > 0 {
                let name = NameText.shortened(row.name, cells: gutter)
                frame.draw(
                    name, x: left, y: y + (band - 1) / 2, width: gutter, style: row.isDimmed ? theme.dim : theme.text)
            }
            if slot > 0 {
                drawSlots(row, y, on: &frame)
            } else {
                drawRuns(row, y, isOdd: index % 2 == 1 && gap == 0, on: &frame)
            }
        }
        if hiddenCount > 0, !rows.isEmpty, canvas.rect.height > 1 {
            let y = plot.y + rows.count * (band + gap)
            if y < (axisRow ?? canvas.rect.maxY) {
                frame.draw("+\(hiddenCount) more", x: left, y: y, width: plot.maxX - left, style: theme.dim)
            }
        }
        drawCrosshair(on: &frame)
        if let axisRow, plot.width >= 8 {
            var axis = TimeAxisRow(canvas, x: plot.x, y: axisRow, width: plot.width)
            if slot > 0 {
                axis.start = Timestamp(milliseconds: span.start)
                let (end, overflow) = span.start.addingReportingOverflow(Int64(min(span.length, 9e15)))
                if !overflow { axis.end = Timestamp(milliseconds: end) }
            }
            axis.draw(on: &frame)
        }
        legend.draw(in: legendRect, on: &frame, context)
    }

    private func drawRuns(_ row: Row, _ y: Int, isOdd: Bool, on frame: inout Frame) {
        let halves = ink.hasHalves ? 2 : 1
        let parts = row.runs.parts(plot.width * halves, span, shortBelow: Double(halves))
        let tones =
            merges ? row.runs.tones : Array(repeating: false, count: row.runs.count)
        func look(_ run: Int) -> StateInk.Look? {
            run < 0 ? nil : ink.look(row.runs[run].state, isDimmed: row.isDimmed, isDarker: tones[run] != isOdd)
        }
        var from = 0
        while from < plot.width {
            let (left, right) = (parts[from * halves], parts[from * halves + halves - 1])
            var to = from + 1
            if left == right {
                while to < plot.width, parts[to * halves] == left, parts[to * halves + halves - 1] == left { to += 1 }
            }
            for line in 0..<band {
                for column in from..<to {
                    ink.draw(look(left), look(right), x: plot.x + column, y: y + line, on: &frame)
                }
            }
            if left == right, left >= 0, let look = look(left) {
                drawWords(row, left, x: plot.x + from, y + (band - 1) / 2, width: to - from, look, pad: 1, on: &frame)
            }
            from = to
        }
    }

    private func drawSlots(_ row: Row, _ y: Int, on frame: inout Frame) {
        let count = max(1, slotCount)
        for (number, run) in row.runs.enumerated() {
            let place = (Double(run.start) - Double(span.start)) / span.length * Double(count)
            guard place > -0.5, place < Double(count) - 0.5 else { continue }
            let index = nearest(place)
            let x = plot.x + plot.width * index / count
            let width = max(1, plot.x + plot.width * (index + 1) / count - x - (slot > 1 ? 1 : 0))
            let look = ink.look(run.state, isDimmed: row.isDimmed, isDarker: false)
            for line in 0..<band {
                for column in 0..<width { ink.draw(look, look, x: x + column, y: y + line, on: &frame) }
            }
            drawWords(row, number, x: x, y + (band - 1) / 2, width: width, look, pad: 0, on: &frame)
        }
    }

    /// The words of a run where they fit; without colours at least its first letter.
    private func drawWords(
        _ row: Row, _ run: Int, x: Int, _ y: Int, width: Int, _ look: StateInk.Look, pad: Int, on frame: inout Frame
    ) {
        guard options.valueText != .never, row.hasWords, width > 0 else { return }
        let text = ink.words(row.runs[run], row.field)
        let cells = TextWidth.cells(of: text)
        guard cells > 0 else { return }
        var shown = text
        if cells + 2 * pad > width {
            if options.valueText == .always, width >= 3 {
                shown = text.clipped(toCells: width)
            } else if !context.hasColor, let first = text.first, first.isLetter {
                shown = String(first)
            } else {
                return
            }
        }
        let taken = TextWidth.cells(of: shown)
        guard taken <= width else { return }
        let inset = min(pad, (width - taken) / 2)
        let start =
            switch options.alignment {
            case .left: x + inset
            case .right: x + width - taken - inset
            case .automatic, .center: x + (width - taken) / 2
            }
        ink.drawWords(shown, look, x: start, y: y, within: x..<(x + width), on: &frame)
    }

    private func drawCrosshair(on frame: inout Frame) {
        guard let time = context.crosshair else { return }
        let share = (Double(time.milliseconds) - Double(span.start)) / span.length
        guard share >= 0, share <= 1, plot.width > 0 else { return }
        let x = plot.x + min(plot.width - 1, Int(share * Double(plot.width)))
        for y in plot.y..<max(plot.y, plot.y + rows.count * (band + gap) - gap) {
            var style = frame[x, y].style
            let isBlank = style.background == .terminal
            style.foreground = isBlank || !context.hasColor ? theme.dim.foreground : .rgb(255, 255, 255)
            frame[x, y] = Cell("│", style)
        }
    }
}

extension [StateRun] {
    /// Of neighbours with one colour and two states every second is darker: the border between them is seen.
    fileprivate var tones: [Bool] {
        var tones: [Bool] = []
        tones.reserveCapacity(count)
        for index in indices {
            guard index > 0 else {
                tones.append(false)
                continue
            }
            let (before, now) = (self[index - 1], self[index])
            let isBorder = before.end == now.start && before.state.color == now.state.color
            tones.append(isBorder && !tones[index - 1])
        }
        return tones
    }
}

enum NameText {
    /// Cut in the middle: names of a list differ at their ends as often as at their beginnings.
    static func shortened(_ name: String, cells: Int) -> String {
        let printable = String(name.map { TextWidth.printable($0) })
        guard TextWidth.cells(of: printable) > cells else { return printable }
        guard cells >= 5 else { return printable.clipped(toCells: cells) }
        let tailCells = (cells - 1) / 2
        var tail: [Character] = []
        var used = 0
        for character in printable.reversed() {
            let next = TextWidth.cells(of: character)
            if used + next > tailCells { break }
            tail.append(character)
            used += next
        }
        let head = printable.clipped(toCells: cells - used)
        return head + String(tail.reversed())
    }
}
