// A screen that is a list: columns as wide as they need, one line chosen, words to filter by, details beneath.
// Called by render for every screen but the dashboard; the entries come from the screens' own files.

import Dashboards
import Frames
import MetricModel

extension AppState {
    /// Rows between the heading and the line at the bottom.
    var listRows: Int { max(0, body.height - 1 - (isDetailOpen ? detailHeight : 0)) }

    private var detailHeight: Int { min(max(4, detailLines.count + 2), max(4, body.height / 2)) }

    /// How many lines the list has without its filter.
    private var listCount: Int {
        switch screen {
        case .dashboard, .explore: 0
        case .metrics: metrics.count
        case .targets: listedTargets.count
        case .page: page?.lines.count ?? 0
        case .alerts: alerts.count
        case .log: log.count
        }
    }

    /// What the filter looks in.
    private func searched(_ index: Int) -> String {
        switch screen {
        case .dashboard, .explore: ""
        case .metrics: searchedInMetric(index)
        case .targets: searchedInTarget(index)
        case .page: page?.lines[index] ?? ""
        case .alerts: "\(alerts[index].state) \(alerts[index].labels)"
        case .log: log[index].notice.text
        }
    }

    /// Cells of one line; made for those on the screen alone.
    func entry(_ index: Int) -> ListEntry {
        switch screen {
        case .dashboard, .explore: ListEntry(cells: [], index: index)
        case .metrics: metricEntry(index)
        case .targets: targetEntry(index)
        case .page: pageEntry(index)
        case .alerts: alertEntry(index)
        case .log: logEntry(index)
        }
    }

    /// Goes through the list anew when it or its filter changed: a list may have fifty thousand lines, and a frame or a
    /// key must not walk them.
    mutating func refreshMatches() {
        guard screen.isList else { return }
        let key = MatchKey(
            screen: screen, filter: lists[screen]?.filter ?? "", revision: listRevision, count: listCount)
        guard key != matchKey else {
            rememberChosen()
            return
        }
        matchKey = key
        let words = key.filter.lowercased().split(separator: " ")
        let places = screen == .log ? Array((0..<listCount).reversed()) : Array(0..<listCount)
        matches =
            words.isEmpty
            ? places
            : places.filter { index in
                let text = searched(index).lowercased()
                return words.allSatisfy { text.contains($0) }
            }
        var list = lists[screen, default: ListState()]
        // A target that comes or goes must not move the choice to another one.
        if let chosen = list.chosen, let place = matches.firstIndex(where: { identity($0) == chosen }) {
            list.selected = place
        }
        list.selected = max(0, min(list.selected, matches.count - 1))
        lists[screen] = list
        rememberChosen()
    }

    /// What tells a line of the list from the others when the list comes anew; nil where lines keep their places.
    private func identity(_ index: Int) -> String? {
        switch screen {
        case .targets: listedTargets[index].scrapePool + "\n" + listedTargets[index].url
        case .alerts: alerts[index].labels.description
        case .metrics, .dashboard, .explore, .page, .log: nil
        }
    }

    /// Of what is chosen now, for when the list comes anew.
    private mutating func rememberChosen() {
        guard screen == .targets || screen == .alerts else { return }
        let chosen = selectedIndex.flatMap { identity($0) }
        if lists[screen]?.chosen != chosen { lists[screen, default: ListState()].chosen = chosen }
    }

    struct MatchKey: Hashable, Sendable {
        var screen: ScreenName
        var filter: String
        var revision: Int
        var count: Int
    }

    private var listColumns: [ListColumn] {
        switch screen {
        case .dashboard, .explore: []
        case .metrics: Self.metricColumns
        case .targets: Self.targetColumns
        case .page: pageColumns
        case .alerts: Self.alertColumns
        case .log: Self.logColumns
        }
    }

    private var emptyWords: String {
        if !(lists[screen]?.filter ?? "").isEmpty { return "nothing matches; \(hint(.back)) shows all" }
        switch screen {
        case .dashboard, .explore: return ""
        case .metrics: return metricsAreKnown ? "no metrics in this range" : "asking for the metrics"
        case .targets:
            if sourceName == nil { return "no targets" }
            if let serverTargetsFailure { return "\(serverTargetsFailure); explore `up`" }
            return serverTargetsAreKnown ? "the server has no targets" : "asking for the targets"
        case .page: return page?.emptyWords ?? "no page"
        case .alerts: return alertsAreKnown ? "no alert is pending or firing" : "asking for the alerts"
        case .log: return "nothing was said so far"
        }
    }

    /// Place of the chosen line in the list without its filter.
    var selectedIndex: Int? {
        let selected = lists[screen]?.selected ?? 0
        return matches.indices.contains(selected) ? matches[selected] : matches.last
    }

    /// First line on the screen, so that the chosen one is among those shown.
    func firstListRow(_ count: Int) -> Int {
        let selected = min(lists[screen]?.selected ?? 0, count - 1)
        return max(0, min(selected - listRows / 2, count - listRows))
    }

    func drawList(into frame: inout Frame) {
        let area = body
        guard area.height >= 2 else { return }
        let first = firstListRow(matches.count)
        let shown = matches.dropFirst(first).prefix(listRows).map { entry($0) }
        let columns = listColumns
        let widths = widths(columns, shown, area.width)
        var x = 1
        for (column, width) in zip(columns, widths) where width > 0 {
            let title = StyledText(column.title, Style(foreground: theme.header.foreground, attributes: .bold))
            frame.put(title, x: column.isNumber ? x + max(0, width - title.width) : x, y: area.y, limit: x + width)
            x += width + 2
        }
        if let filter = lists[screen]?.filter, !filter.isEmpty {
            let words = StyledText(" /\(filter)  \(matches.count) ", chrome.accent)
            frame.put(words, x: max(0, area.maxX - words.width), y: area.y)
        }
        if matches.isEmpty {
            frame.put(StyledText(emptyWords, chrome.dim), x: 1, y: area.y + 1, limit: area.maxX)
        }
        for (row, entry) in shown.enumerated() {
            draw(
                entry, columns, widths, isSelected: first + row == min(lists[screen]?.selected ?? 0, matches.count - 1),
                y: area.y + 1 + row, into: &frame)
        }
        if isDetailOpen { drawDetail(into: &frame) }
    }

    private func draw(
        _ entry: ListEntry, _ columns: [ListColumn], _ widths: [Int], isSelected: Bool, y: Int, into frame: inout Frame
    ) {
        var x = 1
        for (index, width) in widths.enumerated() where width > 0 && index < entry.cells.count {
            let cell = entry.cells[index]
            frame.put(cell, x: columns[index].isNumber ? x + max(0, width - cell.width) : x, y: y, limit: x + width)
            x += width + 2
        }
        if !entry.course.isEmpty, x + 8 <= body.maxX {
            let room = min(entry.course.count, body.maxX - x - 1)
            for (column, height) in entry.course.suffix(room).enumerated() where height.isFinite {
                let eighths = max(1, min(8, Int((height * 7).rounded()) + 1))
                frame[x + column, y] = Cell(Glyphs.vertical[eighths], Style(foreground: theme.accent))
            }
        }
        if isSelected {
            frame.restyle(Rect(x: 0, y: y, width: size.width, height: 1)) { $0.attributes.formUnion(.reverse) }
        }
    }

    /// What each column needs, less where all together need more than there is: the last shrinkable ones give way, then
    /// the last columns go.
    private func widths(_ columns: [ListColumn], _ shown: [ListEntry], _ total: Int) -> [Int] {
        let needed = columns.enumerated().map { index, column in
            max(
                TextWidth.cells(of: column.title),
                shown.map { index < $0.cells.count ? $0.cells[index].width : 0 }.max() ?? 0)
        }
        for count in stride(from: columns.count, through: 1, by: -1) {
            var widths = Array(needed.prefix(count)) + Array(repeating: 0, count: columns.count - count)
            var excess = widths.reduce(0) { $0 + ($1 > 0 ? $1 + 2 : 0) } - total
            for index in columns.indices.reversed() where excess > 0 && columns[index].mayShrink {
                // The first column says what the line is: rather than cut it short, others go.
                let least = index == 0 && count > 1 ? max(12, total * 2 / 3) : 12
                let taken = min(excess, max(0, widths[index] - least))
                widths[index] -= taken
                excess -= taken
            }
            if excess <= 0 || count == 1 { return widths }
        }
        return needed
    }

    // MARK: Details

    private var detailLines: [StyledText] {
        guard let index = selectedIndex else { return [] }
        switch screen {
        case .dashboard, .explore, .metrics: return []
        case .targets: return targetDetail(index)
        case .page: return pageDetail(index)
        case .alerts: return alertDetail(index)
        case .log: return logDetail(index)
        }
    }

    /// By pages of the box.
    mutating func scrollDetail(by pages: Int) {
        let rows = max(1, detailHeight - 2)
        detailScroll = max(0, min(detailScroll + pages * rows, detailLines.count - rows))
    }

    private func drawDetail(into frame: inout Frame) {
        let lines = detailLines
        let height = detailHeight
        let rect = Rect(x: 0, y: body.maxY - height, width: size.width, height: height)
        frame.fill(rect, with: Cell())
        frame.drawBox(rect, style: chrome.border)
        for (row, line) in lines.dropFirst(detailScroll).prefix(height - 2).enumerated() {
            frame.put(line, x: 2, y: rect.y + 1 + row, limit: rect.maxX - 2)
        }
        if lines.count > height - 2 {
            let last = min(detailScroll + height - 2, lines.count)
            let more = StyledText(" \(detailScroll + 1)–\(last) of \(lines.count)  PgUp PgDn ", chrome.dim)
            frame.put(more, x: rect.maxX - more.width - 2, y: rect.maxY - 1)
        }
    }

    /// A line for each label, names aligned.
    func lines(of labels: LabelSet, title: String) -> [StyledText] {
        guard !labels.isEmpty else { return [] }
        let width = labels.labels.map { TextWidth.cells(of: $0.name) }.max() ?? 0
        var lines = [StyledText(title, chrome.accent)]
        for label in labels.labels {
            let gap = String(repeating: " ", count: width - TextWidth.cells(of: label.name) + 2)
            lines.append(StyledText("  " + label.name + gap, chrome.dim) + StyledText(label.value))
        }
        return lines
    }
}
