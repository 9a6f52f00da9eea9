// One panel into its rectangle: border, title, state, and the painter of its kind.
// The app calls it once for each visible panel; it never writes outside the rectangle.

import Dashboards
import Frames

public enum PanelPainter {
    /// Any size, any values: what does not fit is left out in the order legend, axes, border, and named when nothing is left.
    public static func paint(
        _ panel: Panel, _ data: PanelData, in rect: Rect, on frame: inout Frame, context: PaintContext
    ) {
        guard !rect.intersection(frame.clip).isEmpty else { return }
        let data = context.theme.recolored(data)
        frame.clipped(to: rect) { frame in
            if case .row(let isCollapsed) = panel.kind {
                RowPainter.paint(panel, isCollapsed: isCollapsed, in: rect, on: &frame, context)
            } else {
                paintContent(panel, data, in: rect, on: &frame, context)
            }
            if data.staleFor != nil { dim(rect, on: &frame) }
            if !context.capabilities.isUnicode { frame.reduceToASCII(in: rect) }
        }
    }

    private static func paintContent(
        _ panel: Panel, _ data: PanelData, in rect: Rect, on frame: inout Frame, _ context: PaintContext
    ) {
        var border = PanelBorder(panel, data, context)
        let hasBorder = border.fits(rect, panel)
        let inner = hasBorder ? rect.inset(by: 1) : rect
        if let message = PanelMessage(panel, data, context) {
            message.draw(in: inner, on: &frame, titleIfBorderless: hasBorder ? nil : panel.title, context)
        } else {
            let canvas = PanelCanvas(rect: inner, hasBorder: hasBorder, panel: panel, data: data, context: context)
            switch panel.kind {
            case .timeSeries(let options):
                border.unit = TimeSeriesPainter.paint(options, canvas, on: &frame)
            case .stat(let options): StatPainter.paint(options, canvas, on: &frame)
            case .gauge(let options): GaugePainter.paint(options, canvas, on: &frame)
            case .barGauge(let options): BarGaugePainter.paint(options, canvas, on: &frame)
            case .table(let options): TablePainter.paint(options, canvas, on: &frame)
            case .text(let options): TextPainter.paint(options, canvas, on: &frame)
            case .stateTimeline(let options): StateTimelinePainter.paint(options, canvas, on: &frame)
            case .pieChart(let options): PieChartPainter.paint(options, canvas, on: &frame)
            case .barChart(let options): border.unit = BarChartPainter.paint(options, canvas, on: &frame)
            case .alertList: border.unit = AlertListPainter.paint(canvas, on: &frame)
            case .dashboardList: DashboardListPainter.paint(canvas, on: &frame)
            case .heatmap(let options): border.unit = HeatmapPainter.paint(options, canvas, on: &frame)
            case .histogram(let options): HistogramPainter.paint(options, canvas, on: &frame)
            case .row, .unsupported: break
            }
        }
        if hasBorder {
            border.draw(rect, on: &frame, context)
        } else if context.isFocused, rect.height == 1 {
            // A line has no border to be bright: its title is turned about, which is seen without colours, too.
            let width = min(rect.width, max(1, TextWidth.cells(of: panel.title)))
            frame.restyle(Rect(x: rect.x, y: rect.y, width: width, height: 1)) { $0.attributes.formUnion(.reverse) }
        }
    }

    /// The picture stays, dimmed; the border's word does not.
    private static func dim(_ rect: Rect, on frame: inout Frame) {
        frame.restyle(rect.inset(by: 1)) { $0.attributes.formUnion(.dim) }
    }
}

/// What the painter of one kind gets.
struct PanelCanvas {
    var rect: Rect
    var hasBorder: Bool
    var panel: Panel
    var data: PanelData
    var context: PaintContext

    var theme: PaintTheme { context.theme }
    var fields: [DataField] {
        if case .fields(let fields) = data.content { return fields }
        return []
    }
    func value(_ value: Double?, _ field: FieldConfiguration) -> ValueText {
        ValueText(value, field, offsetSeconds: context.timeZoneOffsetSeconds)
    }
}

/// The line around a panel: title at the left, unit and state at the right.
struct PanelBorder {
    var title: String
    var unit = ""
    private var state: [(String, Style)] = []

    init(_ panel: Panel, _ data: PanelData, _ context: PaintContext) {
        title = panel.title
        let theme = context.theme
        if data.failure != nil { state.append(("✗", Style(foreground: theme.bad, attributes: .bold))) }
        if data.failure == nil, !data.notices.isEmpty, PanelMessage.hasContent(data) {
            state.append(("!", Style(foreground: theme.warning, attributes: .bold)))
        }
        if let stale = data.staleFor {
            state.append(("stale " + stale.spacedDescription, Style(foreground: theme.warning)))
        }
        if !context.note.isEmpty { state.append((context.note, Style(foreground: theme.accent))) }
        if let timeFrom = panel.timeFrom, !panel.hidesTimeOverride, !timeFrom.isEmpty {
            state.append((timeFrom, theme.dim))
        }
    }

    func fits(_ rect: Rect, _ panel: Panel) -> Bool {
        guard rect.width >= 4, rect.height >= 3 else { return false }
        if case .text = panel.kind, panel.isTransparent || rect.height <= 3 && title.isEmpty { return false }
        return true
    }

    func draw(_ rect: Rect, on frame: inout Frame, _ context: PaintContext) {
        let theme = context.theme
        let line = context.isFocused ? theme.focusedBorder : theme.border
        frame.drawBox(rect, style: line)
        var right = rect.maxX - 2
        let titleWidth = TextWidth.cells(of: title)
        var words = state
        if !unit.isEmpty { words.insert((unit, theme.dim), at: 0) }
        for (word, style) in words.reversed() {
            let width = TextWidth.cells(of: word)
            // State and unit give way to the title's first letters.
            guard right - width - 2 > rect.x + 2 + min(titleWidth + 2, 8) else { continue }
            right -= width + 2
            frame.draw(" " + word + " ", x: right, y: rect.y, width: width + 2, style: style)
            right -= 1
        }
        guard !title.isEmpty else { return }
        let room = right - rect.x - 4
        guard room > 0 else { return }
        var style = theme.title
        if context.isFocused { style.foreground = theme.focusedBorder.foreground }
        frame.draw(" ", x: rect.x + 2, y: rect.y, style: line)
        let drawn = frame.draw(title, x: rect.x + 3, y: rect.y, width: room, style: style)
        frame.draw(" ", x: rect.x + 3 + drawn, y: rect.y, style: line)
    }
}

/// Why there is no picture, in one or two lines.
struct PanelMessage {
    var lines: [String]
    var style: Style
    /// The lines are the reason why there is nothing.
    private var isEmptiness = false

    /// Nil when there is something to draw.
    init?(_ panel: Panel, _ data: PanelData, _ context: PaintContext) {
        let theme = context.theme
        style = theme.dim
        switch panel.kind {
        case .text, .row: return nil
        case .unsupported(let name):
            lines = ["panel type \"\(name)\" is not drawn"]
            return
        case .timeSeries, .stat, .gauge, .barGauge, .table, .heatmap, .histogram, .pieChart, .barChart, .stateTimeline,
            .alertList, .dashboardList:
            break
        }
        if Self.hasContent(data) { return nil }
        if let failure = data.failure {
            lines = [failure]
            style = Style(foreground: theme.bad)
            return
        }
        if data.isLoading {
            lines = ["loading …"]
            return
        }
        if !data.notices.isEmpty {
            lines = Array(data.notices.prefix(2))
            isEmptiness = true
            return
        }
        if case .stat = panel.kind, let noValue = panel.fields.noValue {
            lines = [noValue]
            return
        }
        lines = ["no data"]
    }

    fileprivate static func hasContent(_ data: PanelData) -> Bool {
        switch data.content {
        case .fields(let fields): !fields.isEmpty
        case .table(let table): table.columns.contains { !$0.cells.isEmpty }
        case .heatmap(let heatmap): !heatmap.counts.isEmpty
        case .histogram(let histogram): !histogram.series.isEmpty && histogram.rangeCount > 0
        case .text(let text): !text.isEmpty
        case .alerts(let listing): !listing.alerts.isEmpty
        case .dashboards(let groups): !groups.isEmpty
        case .none: false
        }
    }

    func draw(in rect: Rect, on frame: inout Frame, titleIfBorderless title: String?, _ context: PaintContext) {
        guard !rect.isEmpty else { return }
        var y = rect.y
        var room = rect.height
        if let title, !title.isEmpty, rect.height > 1 {
            frame.draw(title, x: rect.x, y: y, width: rect.width, style: context.theme.title)
            y += 1
            room -= 1
        }
        let width = max(1, rect.width - 2)
        var wrapped: [String] = []
        for line in lines { wrapped += TextLines.wrap(line, width: width) }
        // Of a reason without room for it, the fact remains.
        if wrapped.count > room, isEmptiness { wrapped = TextLines.wrap("no data", width: width) }
        if wrapped.count > room {
            wrapped.removeLast(wrapped.count - room)
            if let last = wrapped.popLast() { wrapped.append((last + " …").clipped(toCells: width)) }
        }
        y += max(0, (room - wrapped.count) / 2)
        for line in wrapped {
            frame.draw(line, x: rect.x + 1, y: y, width: width, style: style, alignment: .center)
            y += 1
        }
    }
}

enum RowPainter {
    /// `▾ Title ──────────── 8 panels`
    static func paint(
        _ panel: Panel, isCollapsed: Bool, in rect: Rect, on frame: inout Frame, _ context: PaintContext
    ) {
        let theme = context.theme
        let line = context.isFocused ? theme.focusedBorder : theme.border
        frame.fill(Rect(x: rect.x, y: rect.y, width: rect.width, height: 1), with: Cell("─", line))
        var note = ""
        if isCollapsed {
            let count = panel.memberCount ?? panel.collapsedPanels.count
            note = count == 1 ? " 1 panel " : " \(count) panels "
        }
        let noteWidth = TextWidth.cells(of: note)
        let showsNote = !note.isEmpty && rect.width > noteWidth + 16
        if showsNote { frame.draw(note, x: rect.maxX - noteWidth - 1, y: rect.y, style: theme.dim) }
        var style = theme.title
        if context.isFocused { style.foreground = theme.focusedBorder.foreground }
        let room = rect.width - 4 - (showsNote ? noteWidth + 2 : 0)
        frame.draw(isCollapsed ? "▸ " : "▾ ", x: rect.x, y: rect.y, width: max(0, rect.width), style: line)
        let drawn = frame.draw(panel.title, x: rect.x + 2, y: rect.y, width: room, style: style)
        frame.draw(" ", x: rect.x + 2 + drawn, y: rect.y, style: line)
    }
}

/// Wrapping of plain text.
enum TextLines {
    /// At blanks; a word longer than the line is cut. At least one line.
    static func wrap(_ text: String, width: Int) -> [String] {
        guard width > 0 else { return [] }
        var lines: [String] = []
        var line = ""
        var used = 0
        for word in text.split(whereSeparator: { $0 == " " || $0.isNewline }) {
            var word = String(word)
            var cells = TextWidth.cells(of: word)
            if used > 0, used + 1 + cells <= width {
                line += " " + word
                used += 1 + cells
                continue
            }
            if used > 0 { lines.append(line) }
            while cells > width {
                var head = ""
                var headCells = 0
                for character in word {
                    let next = TextWidth.cells(of: character)
                    if headCells + next > width, headCells > 0 { break }
                    head.append(character)
                    headCells += next
                }
                lines.append(head)
                word = String(word.dropFirst(head.count))
                cells = TextWidth.cells(of: word)
                if lines.count > 1000 { return lines }
            }
            line = word
            used = cells
        }
        if used > 0 || lines.isEmpty { lines.append(line) }
        return lines
    }
}
