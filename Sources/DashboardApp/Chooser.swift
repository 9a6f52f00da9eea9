// A list over the screen from which one thing is chosen: links, dashboards.
// Opened by actions and drawn by render; what a choice does is said in Links.swift.

import Dashboards
import Frames

package struct Chooser: Hashable, Sendable {
    var title: String
    /// At least one.
    var choices: [LinkChoice]
    var selected = 0
}

extension AppState {
    /// Nil when the action means the same as without the list.
    mutating func performInChooser(_ action: Action) -> [Effect]? {
        guard var chooser else { return nil }
        let page = max(1, body.height - 4)
        switch action {
        case .back, .quit, .links, .dashboards:
            self.chooser = nil
            return []
        case .open:
            if chooser.choices.indices.contains(chooser.selected) { follow(chooser.choices[chooser.selected]) }
            return []
        case .focusDown, .focusNext: chooser.selected += 1
        case .focusUp, .focusPrevious: chooser.selected -= 1
        case .scrollPageDown, .scrollHalfDown: chooser.selected += page
        case .scrollPageUp, .scrollHalfUp: chooser.selected -= page
        case .scrollTop: chooser.selected = 0
        case .scrollBottom: chooser.selected = chooser.choices.count
        case .help, .redraw, .suspend: return nil
        // What lies behind the list must not be acted upon.
        default: break
        }
        chooser.selected = max(0, min(chooser.selected, chooser.choices.count - 1))
        self.chooser = chooser
        return []
    }

    func drawChooser(_ chooser: Chooser, into frame: inout Frame) {
        let area = body
        guard area.width >= 12, area.height >= 3 else { return }
        let lines = chooser.choices.map { (StyledText($0.title), StyledText($0.url, chrome.dim)) }
        let titleWidth = min(lines.map(\.0.width).max() ?? 0, area.width / 2)
        let wanted = titleWidth + 3 + (lines.map(\.1.width).max() ?? 0)
        let width = min(area.width, max(wanted, chooser.title.count + 4) + 6)
        let height = min(area.height, lines.count + 2)
        let rect = Rect(
            x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width: width, height: height)
        frame.fill(rect, with: Cell())
        frame.drawBox(rect, style: chrome.border)
        frame.put(StyledText(" \(chooser.title) ", chrome.accent), x: rect.x + 2, y: rect.y, limit: rect.maxX - 2)
        let rows = height - 2
        // The chosen one stays in the middle while there is more on both sides.
        let first = max(0, min(chooser.selected - rows / 2, lines.count - rows))
        for row in 0..<rows where first + row < lines.count {
            let (title, url) = lines[first + row]
            let isChosen = first + row == chooser.selected
            let y = rect.y + 1 + row
            frame.put(StyledText(isChosen ? "▸" : " ", chrome.accent), x: rect.x + 2, y: y)
            let style = isChosen ? chrome.bold : chrome.plain
            frame.put(
                StyledText(title.runs.map(\.text).joined(), style), x: rect.x + 4, y: y,
                limit: min(rect.x + 4 + titleWidth, rect.maxX - 1))
            frame.put(url, x: rect.x + 4 + titleWidth + 2, y: y, limit: rect.maxX - 2)
        }
        if lines.count > rows {
            let place = StyledText(" \(chooser.selected + 1) of \(lines.count) ", chrome.dim)
            frame.put(place, x: rect.maxX - place.width - 2, y: rect.maxY - 1)
        }
    }
}
