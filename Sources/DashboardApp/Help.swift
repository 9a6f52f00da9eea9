// The help over the screen: every key that means something here.
// Called by render when it is open; made from KeyMap, so that it cannot name a key that does nothing.

import Frames

extension AppState {
    func drawHelp(into frame: inout Frame) {
        let area = body
        guard area.width >= 20, area.height >= 5 else { return }
        let columns = helpColumns(isTwo: area.width >= 100)
        let widths = columns.map { $0.map(\.width).max() ?? 0 }
        let lineCount = columns.map(\.count).max() ?? 0
        let width = min(area.width, widths.reduce(0, +) + 4 * columns.count + 2)
        let height = min(area.height, lineCount + 2)
        let rect = Rect(
            x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width: width, height: height)
        frame.fill(rect, with: Cell())
        frame.drawBox(rect, style: chrome.border)
        frame.put(StyledText(" Keys ", chrome.accent), x: rect.x + 2, y: rect.y, limit: rect.maxX - 2)
        let first = max(0, min(helpScroll, lineCount - (height - 2)))
        var x = rect.x + 3
        for (index, column) in columns.enumerated() {
            for (row, line) in column.dropFirst(first).prefix(height - 2).enumerated() {
                frame.put(line, x: x, y: rect.y + 1 + row, limit: rect.maxX - 2)
            }
            x += widths[index] + 4
        }
        if first + height - 2 < lineCount {
            let more = StyledText(" ↓ \(lineCount - first - height + 2) more ", chrome.dim)
            frame.put(more, x: rect.maxX - more.width - 2, y: rect.maxY - 1)
        }
    }

    /// How far the help may be scrolled is decided here, not when a key is pressed: it depends on the size.
    private func helpColumns(isTwo: Bool) -> [[StyledText]] {
        let groups = [["Panels", "Series", "Scroll"], ["Time", "Screens", "Program"]]
        let columns = groups.map { names in
            names.enumerated().flatMap { index, group in
                (index == 0 ? [] : [StyledText()]) + lines(of: group)
            }
        }
        return isTwo ? columns : [columns[0] + [StyledText()] + columns[1]]
    }

    private func lines(of group: String) -> [StyledText] {
        let bindings = keys.bindings.filter { $0.group == group && !$0.keysText.isEmpty }
        let names = bindings.map(\.keysText)
        let width = names.map { TextWidth.cells(of: $0) }.max() ?? 0
        return [StyledText(group, chrome.accent)]
            + zip(names, bindings).map { name, binding in
                StyledText(name + String(repeating: " ", count: width - TextWidth.cells(of: name) + 2), chrome.bold)
                    + StyledText(binding.help)
            }
    }
}
