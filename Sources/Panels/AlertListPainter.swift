// Lists: alerts with their state, labels and age, and other dashboards to go to.
// Rows scroll; what does not fit is counted in the last one.

import Dashboards
import Frames
import MetricModel

enum AlertListPainter {
    /// Returns how many there are, for the border.
    static func paint(_ canvas: PanelCanvas, on frame: inout Frame) -> String {
        guard case .alerts(let listing) = canvas.data.content, !canvas.rect.isEmpty else { return "" }
        AlertRows(listing, canvas).draw(on: &frame)
        var counts: [String] = []
        if listing.firingCount > 0 { counts.append("\(listing.firingCount) firing") }
        if listing.pendingCount > 0 { counts.append("\(listing.pendingCount) pending") }
        return counts.joined(separator: ", ")
    }
}

/// Which rows of a list are shown, and how many are not.
struct ListWindow {
    var first: Int
    var count: Int
    /// Below the last one; more than zero means that they are counted in a row of their own.
    var hidden: Int

    /// - `total`: with those that the list itself leaves out.
    init(_ rows: Int, total: Int, height: Int, scroll: Int) {
        first = max(0, min(scroll, rows - height))
        count = max(0, min(height, rows - first))
        hidden = max(0, max(rows, total) - first - count)
        guard hidden > 0, height > 1 else { return }
        if count == height {
            count -= 1
            hidden += 1
        }
    }
}

private struct AlertRows {
    private let canvas: PanelCanvas
    private let alerts: [ListedAlert]
    private let window: ListWindow
    private var theme: PaintTheme { canvas.theme }

    init(_ listing: AlertListing, _ canvas: PanelCanvas) {
        self.canvas = canvas
        window = ListWindow(
            listing.alerts.count, total: listing.firingCount + listing.pendingCount, height: canvas.rect.height,
            scroll: canvas.context.scroll)
        alerts = Array(listing.alerts.dropFirst(window.first).prefix(window.count))
    }

    func draw(on frame: inout Frame) {
        let rect = canvas.rect
        let pad = rect.width >= 24 ? 1 : 0
        let width = rect.width - 2 * pad
        var ages = alerts.map(age)
        if ages.allSatisfy(\.isEmpty) { ages = [] }
        var ageWidth = ages.map { TextWidth.cells(of: $0) }.max() ?? 0
        if width < ageWidth + 10 { ageWidth = 0 }
        let room = max(0, width - 2 - (ageWidth > 0 ? ageWidth + 2 : 0))
        let longest = alerts.map { TextWidth.cells(of: $0.name) }.max() ?? 0
        let labels = labelWords()
        // The name goes before the labels.
        let hasLabels = labels.contains { !$0.isEmpty } && room - longest >= 14
        let nameWidth = min(longest, room)
        for (row, alert) in alerts.enumerated() {
            let y = rect.y + row
            var x = rect.x + pad
            let isFiring = alert.state == .firing
            let sign = Style(foreground: isFiring ? theme.bad : theme.warning, attributes: .bold)
            frame.draw(isFiring ? "▲" : "●", x: x, y: y, width: width, style: sign)
            x += 2
            var style = theme.text
            if isFiring { style.attributes.insert(.bold) }
            frame.draw(alert.name, x: x, y: y, width: nameWidth, style: style)
            x += nameWidth + 2
            if hasLabels {
                let cells = room - nameWidth - 2
                frame.draw(Self.whole(labels[row], cells: cells), x: x, y: y, width: cells, style: theme.dim)
            }
            if ageWidth > 0, row < ages.count {
                frame.draw(
                    ages[row], x: rect.maxX - pad - ageWidth, y: y, width: ageWidth, style: theme.text,
                    alignment: .right)
            }
        }
        if window.hidden > 0, rect.height > 1 {
            frame.draw("+\(window.hidden) more", x: rect.x + pad, y: rect.maxY - 1, width: width, style: theme.dim)
        }
    }

    /// As many words as fit; the first one even when it does not.
    private static func whole(_ words: [String], cells: Int) -> String {
        var text = words.first ?? ""
        var used = TextWidth.cells(of: text)
        for word in words.dropFirst() {
            used += 1 + TextWidth.cells(of: word)
            if used > cells { break }
            text += " " + word
        }
        return text
    }

    private func age(_ alert: ListedAlert) -> String {
        guard let since = alert.since else { return "" }
        let (length, overflow) = canvas.data.end.milliseconds.subtractingReportingOverflow(since.milliseconds)
        return overflow ? "" : Milliseconds(max(0, length)).spacedDescription
    }

    /// The severity first, then what tells the alerts apart, then what all of them have.
    private func labelWords() -> [[String]] {
        var counts: [Label: Int] = [:]
        for alert in alerts {
            for label in alert.labels.labels { counts[label, default: 0] += 1 }
        }
        func weight(_ label: Label) -> Int {
            label.name == "severity" ? 0 : counts[label] == alerts.count && alerts.count > 1 ? 2 : 1
        }
        return alerts.map { alert in
            alert.labels.labels.enumerated()
                .sorted { (weight($0.element), $0.offset) < (weight($1.element), $1.offset) }
                .map { $0.element.name + "=" + $0.element.value }
        }
    }
}

enum DashboardListPainter {
    static func paint(_ canvas: PanelCanvas, on frame: inout Frame) {
        guard case .dashboards(let groups) = canvas.data.content, !canvas.rect.isEmpty else { return }
        let rect = canvas.rect
        let theme = canvas.theme
        var lines: [(text: String, isHeading: Bool)] = []
        // A heading above the only list says what the panel's title says.
        let hasHeadings = groups.count > 1
        for group in groups {
            if hasHeadings, !group.heading.isEmpty { lines.append((group.heading, true)) }
            lines += group.choices.map { ($0.title, false) }
        }
        let window = ListWindow(lines.count, total: 0, height: rect.height, scroll: canvas.context.scroll)
        let pad = rect.width >= 24 ? 1 : 0
        let width = rect.width - 2 * pad
        for (row, line) in lines.dropFirst(window.first).prefix(window.count).enumerated() {
            let y = rect.y + row
            if line.isHeading {
                frame.draw(line.text, x: rect.x + pad, y: y, width: width, style: theme.header)
                continue
            }
            frame.draw("▸", x: rect.x + pad, y: y, style: Style(foreground: theme.accent))
            frame.draw(line.text, x: rect.x + pad + 2, y: y, width: width - 2, style: theme.text)
        }
        if window.hidden > 0, rect.height > 1 {
            frame.draw("+\(window.hidden) more", x: rect.x + pad, y: rect.maxY - 1, width: width, style: theme.dim)
        }
    }
}
