// A list over the screen in which one types to search: variables, and the values of one.
// Opened by actions, fed by keys before the key map sees them, drawn by render; Choices.swift says what a choice does.

import Dashboards
import Frames

package struct Picker: Hashable, Sendable {
    enum Subject: Hashable, Sendable {
        case variables
        case range
        case values(of: String)
        /// Panels and dashboards.
        case places
    }
    struct Item: Hashable, Sendable {
        /// What is chosen; unique within the list.
        var value: String
        var text: String
        /// Said beside the text.
        var note = ""
        /// Searched, and not shown.
        var also = ""
    }

    var subject: Subject
    var title: String
    private(set) var items: [Item]
    /// Several may be chosen.
    var isMulti = false
    /// Values, in the order they were chosen.
    private(set) var chosen: [String]
    /// The reader changed `chosen`: Enter takes it, not the line at hand.
    private(set) var isTouched = false
    private(set) var filter = ""
    /// Places in `items` that the filter lets pass.
    private(set) var matches: [Int]
    /// Place in `matches`.
    private(set) var selected = 0

    init(_ subject: Subject, title: String, items: [Item], isMulti: Bool = false, chosen: [String] = []) {
        self.subject = subject
        self.title = title
        self.items = items
        self.isMulti = isMulti
        self.chosen = chosen
        matches = Array(items.indices)
        selected = items.firstIndex { $0.value == chosen.first } ?? 0
    }

    var emptyWords: String {
        if items.isEmpty { return "nothing to choose from" }
        return subject == .range ? "Enter takes what is typed: FROM to UNTIL" : "nothing matches"
    }

    var selectedItem: Item? { matches.indices.contains(selected) ? items[matches[selected]] : nil }

    /// Every word must occur, in any case.
    mutating func setFilter(_ text: String) {
        filter = String(text.filter { !$0.isControl }.prefix(200))
        let words = filter.lowercased().split(separator: " ")
        matches = items.indices.filter { index in
            let text = items[index].text.lowercased()
            let also = items[index].also.lowercased()
            return words.allSatisfy { text.contains($0) || also.contains($0) }
        }
        // The thing itself first, then what begins so.
        let typed = filter.lowercased()
        func rank(_ index: Int) -> Int {
            let text = items[index].text.lowercased()
            return text == typed ? 0 : text.hasPrefix(typed) ? 1 : 2
        }
        if !typed.isEmpty { matches.sort { (rank($0), $0) < (rank($1), $1) } }
        selected = 0
    }

    mutating func move(by rows: Int) {
        let (moved, overflow) = selected.addingReportingOverflow(rows)
        selected = max(0, min(overflow ? selected : moved, matches.count - 1))
    }

    /// The line at hand joins the chosen ones or leaves them; `all` stands alone.
    mutating func toggle(all: String = "$__all") {
        guard isMulti, let value = selectedItem?.value else { return }
        isTouched = true
        if let place = chosen.firstIndex(of: value) {
            chosen.remove(at: place)
        } else if value == all {
            chosen = [all]
        } else {
            chosen.removeAll { $0 == all }
            chosen.append(value)
        }
    }

    /// What Enter takes: what was ticked, else the line at hand. Empty when nothing is.
    var outcome: [String] {
        if isMulti, isTouched, !chosen.isEmpty { return chosen }
        return selectedItem.map { [$0.value] } ?? []
    }
}

extension AppState {
    /// Keys while the list is open: letters search, arrows move.
    mutating func takePicker(_ key: Key) -> [Effect] {
        guard var picker else { return [] }
        let page = max(1, body.height - 6)
        switch key {
        case .escape: return closePicker()
        case .enter:
            // What no preset is may be a range of its own.
            if picker.subject == .range, picker.matches.isEmpty {
                if setRange(picker.filter) { self.picker = nil }
                return []
            }
            let outcome = picker.outcome
            // Nothing found: there is nothing to take.
            return outcome.isEmpty ? [] : choose(outcome, in: picker)
        case .down, .control("n"), .control("j"): picker.move(by: 1)
        case .up, .control("p"), .control("k"): picker.move(by: -1)
        case .pageDown, .control("d"): picker.move(by: page)
        case .pageUp: picker.move(by: -page)
        case .home: picker.move(by: -picker.matches.count)
        case .end: picker.move(by: picker.matches.count)
        case .tab where picker.isMulti, .character(" ") where picker.isMulti && picker.filter.isEmpty:
            picker.toggle()
            if key == .tab { picker.move(by: 1) }
        case .backspace where picker.filter.isEmpty: return closePicker()
        case .backspace: picker.setFilter(String(picker.filter.dropLast()))
        case .control("u"): picker.setFilter("")
        case .character(let character): picker.setFilter(picker.filter + String(character))
        default: break
        }
        self.picker = picker
        return []
    }

    mutating func pasteIntoPicker(_ text: String) {
        guard let filter = picker?.filter else { return }
        picker?.setFilter(filter + text)
    }

    /// From a variable's values back to the variables, if the way led over them.
    private mutating func closePicker() -> [Effect] {
        if case .values = picker?.subject, visibleVariables.count > 1 { openVariables() } else { picker = nil }
        return []
    }

    func drawPicker(_ picker: Picker, into frame: inout Frame) {
        let area = body
        guard area.width >= 16, area.height >= 4 else { return }
        let mark = picker.isMulti ? 2 : 0
        let shown = picker.matches
        // As wide as all of them need, so that the box stays while one types.
        let textWidth = min(
            picker.items.prefix(1000).map { TextWidth.cells(of: $0.text) }.max() ?? 0, area.width * 2 / 3)
        let noteWidth = min(picker.items.prefix(1000).map { TextWidth.cells(of: $0.note) }.max() ?? 0, area.width / 2)
        let keys = picker.isMulti ? "Space tick  Enter take  Esc close" : "Enter take  Esc close"
        let wanted = max(mark + textWidth + (noteWidth > 0 ? 2 + noteWidth : 0), keys.count, picker.title.count + 12)
        let width = min(area.width, wanted + 8)
        let height = min(area.height, max(1, picker.items.count) + 4)
        let rect = Rect(
            x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width: width, height: height)
        frame.fill(rect, with: Cell())
        frame.drawBox(rect, style: chrome.border)
        frame.put(StyledText(" \(picker.title) ", chrome.accent), x: rect.x + 2, y: rect.y, limit: rect.maxX - 2)
        let search =
            StyledText("/ ", chrome.dim) + StyledText(picker.filter) + StyledText("▏", chrome.accent)
            + (picker.filter.isEmpty ? StyledText("type to search", chrome.dim) : StyledText())
        frame.put(search, x: rect.x + 2, y: rect.y + 1, limit: rect.maxX - 2)
        let rows = max(0, height - 4)
        let first = max(0, min(picker.selected - rows / 2, shown.count - rows))
        if shown.isEmpty {
            frame.put(
                StyledText(picker.emptyWords, chrome.dim),
                x: rect.x + 4, y: rect.y + 2, limit: rect.maxX - 2)
        }
        for row in 0..<rows where first + row < shown.count {
            let item = picker.items[shown[first + row]]
            let isSelected = first + row == picker.selected
            let y = rect.y + 2 + row
            frame.put(StyledText(isSelected ? "▸" : " ", chrome.accent), x: rect.x + 2, y: y)
            var text = StyledText()
            if picker.isMulti { text += StyledText(picker.chosen.contains(item.value) ? "✓ " : "  ", chrome.good) }
            text += StyledText(item.text, isSelected ? chrome.bold : chrome.plain)
            frame.put(text, x: rect.x + 4, y: y, limit: min(rect.x + 4 + mark + textWidth, rect.maxX - 2))
            frame.put(
                StyledText(item.note, chrome.dim), x: rect.x + 4 + mark + textWidth + 2, y: y, limit: rect.maxX - 2)
        }
        frame.put(StyledText(keys, chrome.dim), x: rect.x + 4, y: rect.maxY - 2, limit: rect.maxX - 2)
        let count =
            shown.count == picker.items.count ? "\(shown.count)" : "\(shown.count) of \(picker.items.count)"
        let place = StyledText(" \(count) ", chrome.dim)
        frame.put(place, x: max(rect.x + 1, rect.maxX - place.width - 2), y: rect.maxY - 1)
    }
}
