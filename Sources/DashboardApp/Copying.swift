// What `y` and `Y` copy: a query or a line, or the values as lines with tabs, as sheets take them.
// The terminal's clipboard is reached by SessionLoop; the words are chosen here.

import Dashboards
import Frames
import MetricModel

extension AppState {
    /// The text that says most of what has the focus.
    mutating func copy() -> [Effect] {
        switch screen {
        case .dashboard:
            guard let id = panelAtHand, let panel = panel(id) else { return copied(nil, "") }
            let asked = panels[id]?.plan?.queries.map(\.expression) ?? []
            let queries = asked.isEmpty ? panel.targets.filter { !$0.isHidden }.map(\.expression) : asked
            return copied(queries.joined(separator: "\n"), "the query of \(panel.title)")
        case .explore: return copied(explore.text, "the query")
        case .metrics: return copied(selectedIndex.map { metrics[$0].name }, "the metric's name")
        case .targets: return copied(selectedIndex.map { listedTargets[$0].url }, "the target's URL")
        case .page: return copied(selectedIndex.flatMap { page?.lines[$0] }, "the line")
        case .alerts: return copied(selectedIndex.map { alerts[$0].labels.description }, "the alert's labels")
        case .log: return copied(selectedIndex.map { log[$0].notice.text }, "the message")
        }
    }

    /// What is shown, as lines with tabs.
    mutating func copyValues() -> [Effect] {
        if screen.isList {
            // Cells of each line, as many lines as the list shows.
            var lines: [String] = []
            var bytes = 0
            for index in matches where bytes <= Clipboard.bytesMax {
                let line = entry(index).cells.map { $0.plain.tabless }.joined(separator: "\t")
                bytes += line.utf8.count + 1
                lines.append(line)
            }
            return copied(lines.joined(separator: "\n"), "the list")
        }
        let id = screen == .explore ? ExploreState.tableID : panelAtHand
        guard let id, let panel = panel(id), let data = panels[id]?.data else { return copied(nil, "") }
        let shown = filtered(data, of: id)
        return copied(valuesText(of: panel, shown), "the values of \(panel.title)")
    }

    private mutating func copied(_ text: String?, _ name: String) -> [Effect] {
        let cleaned = Clipboard.cleaned(text ?? "")
        guard !cleaned.isEmpty else {
            message = Message(text: "there is nothing to copy here", isError: false)
            return []
        }
        let clipped = Clipboard.clipped(cleaned)
        let lines = clipped.split(separator: "\n", omittingEmptySubsequences: false).count
        let length = lines > 1 ? "\(lines) lines" : "\(clipped.count) character\(clipped.count == 1 ? "" : "s")"
        let rest = clipped.utf8.count < cleaned.utf8.count ? "; a terminal takes no more, the rest is left out" : ""
        message = Message(text: "copied \(name), \(length)\(rest)", isError: false)
        return [.copy(clipped)]
    }

    // MARK: Values

    private func valuesText(of panel: Panel, _ data: PanelData) -> String {
        switch data.content {
        case .fields(let fields) where panel.kind.isGraph: graphText(fields)
        case .fields(let fields):
            fields.map { field in
                let value = field.reduced.first.flatMap { $0 } ?? field.values.last
                return field.name.tabless + "\t" + (value.map { JSONValue.text(of: $0) } ?? "")
            }.joined(separator: "\n")
        case .table(let table): tableText(table)
        case .text(let text): text
        case .alerts(let listing):
            listing.alerts.map { "\($0.state)\t\($0.name.tabless)" }.joined(separator: "\n")
        case .histogram, .heatmap, .dashboards, .none: ""
        }
    }

    /// A line for each moment, a column for each series that is not switched off; the newest last.
    private func graphText(_ fields: [DataField]) -> String {
        let hidden = panelAtHand.flatMap { hiddenSeries[$0] } ?? []
        let view = panelAtHand.flatMap { views[$0] }
        let fields = fields.filter { !hidden.contains($0.name) && view?.passes($0.name) ?? true }
        let moments = Set(fields.flatMap(\.timestamps)).sorted()
        var places = [Int](repeating: 0, count: fields.count)
        var text = (["time"] + fields.map(\.name.tabless)).joined(separator: "\t")
        for moment in moments where text.utf8.count <= Clipboard.bytesMax {
            text += "\n" + timeText(moment)
            for (index, field) in fields.enumerated() {
                text += "\t"
                guard places[index] < field.timestamps.count, field.timestamps[places[index]] == moment else {
                    continue
                }
                text += JSONValue.text(of: field.values[places[index]])
                places[index] += 1
            }
        }
        return text
    }

    private func tableText(_ table: DataTable) -> String {
        let columns = table.columns.filter { !$0.configuration.isHidden }
        var text = columns.map(\.name.tabless).joined(separator: "\t")
        for row in 0..<(columns.map(\.cells.count).min() ?? 0) where text.utf8.count <= Clipboard.bytesMax {
            text += "\n" + columns.map { cellText($0.cells[row]) }.joined(separator: "\t")
        }
        return text
    }

    private func cellText(_ cell: TableCell) -> String {
        switch cell {
        case .text(let text): text.tabless
        case .number(let number), .trend(let number, _): JSONValue.text(of: number)
        case .time(let moment): timeText(moment)
        case .empty: ""
        }
    }

    private func timeText(_ moment: Timestamp) -> String {
        ClockText.date(moment, offset: utcOffset) + " " + ClockText.time(moment, offset: utcOffset)
    }
}

extension String {
    /// In one cell of a sheet.
    fileprivate var tabless: String { String(map { $0 == "\t" || $0.isNewline ? " " : $0 }) }
}
