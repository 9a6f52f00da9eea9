// How Explore looks: the query in its colours, what is wrong with it, the proposals over the pictures beneath.
// Called by render; the pictures themselves are drawn as every panel is.

import Frames
import MetricModel
import Panels
import PromQLSyntax

extension AppState {
    /// Where each character of the query stands, and the place after the last. Wide ones are not broken over rows.
    private var explorePlaces: [(x: Int, row: Int)] {
        let room = max(2, size.width - 4)
        var places: [(x: Int, row: Int)] = []
        var (x, row) = (0, 0)
        for character in explore.text {
            let width = TextWidth.cells(of: String(character))
            if x + width > room { (x, row) = (0, row + 1) }
            places.append((x, row))
            x += width
        }
        if x >= room { (x, row) = (0, row + 1) }
        return places + [(x, row)]
    }

    /// Rows of text that the query takes at this width.
    private var exploreTextRows: Int {
        // Most queries take one row; only a long one is walked through.
        if explore.text.utf8.count < size.width - 4 { return 1 }
        return max(1, min((explorePlaces.last?.row ?? 0) + 1, max(1, body.height / 3)))
    }

    /// What the pictures have beneath the query.
    var exploreArea: Rect {
        var area = body
        let taken = min(area.height, exploreTextRows + 2 + 1)
        area.y += taken
        area.height -= taken
        return area
    }

    func drawExplore(into frame: inout Frame) {
        let area = body
        guard area.height >= 3, area.width >= 12 else { return }
        let rows = exploreTextRows
        let box = Rect(x: area.x, y: area.y, width: area.width, height: rows + 2)
        frame.drawBox(box, style: explore.isEditing ? theme.focusedBorder : theme.border)
        frame.put(StyledText(" Query ", theme.title), x: box.x + 2, y: box.y)
        let places = explorePlaces
        let cursorPlace = places[min(explore.cursor, places.count - 1)]
        let styles = Self.styles(of: explore.text, theme: theme)
        let characters = Array(explore.text)
        // The row of the cursor is always among those shown.
        let firstRow = max(0, cursorPlace.row - rows + 1)
        for (index, character) in characters.enumerated() {
            let row = places[index].row - firstRow
            guard row >= 0, row < rows else { continue }
            frame.draw(
                String(character), x: box.x + 2 + places[index].x, y: box.y + 1 + row, width: 2,
                style: styles[min(index, styles.count - 1)])
        }
        let cursorRow = cursorPlace.row - firstRow
        let cursorX = box.x + 2 + cursorPlace.x
        if explore.isEditing, cursorRow >= 0, cursorRow < rows {
            frame.restyle(Rect(x: cursorX, y: box.y + 1 + cursorRow, width: 1, height: 1)) {
                $0.attributes.formUnion(.reverse)
            }
        }
        let line = exploreLine
        frame.put(line, x: box.x + 2, y: box.maxY, limit: area.maxX - 1)
        if explore.asked.isEmpty {
            let hint =
                "Type a query, Enter runs it; Tab takes a proposal"
                + (keys.hint(.metrics).map { "; \($0) lists the metrics." } ?? ".")
            frame.put(
                StyledText(hint, chrome.dim), x: max(1, (size.width - hint.count) / 2), y: exploreArea.y + 1,
                limit: area.maxX)
        }
        if explore.isEditing { drawProposals(x: cursorX, y: box.y + 2 + max(0, cursorRow), into: &frame) }
    }

    /// What is wrong with the text, or what is known about the answer.
    private var exploreLine: StyledText {
        guard !explore.text.isEmpty else { return StyledText() }
        do {
            _ = try Expression(parsing: explore.text)
        } catch {
            let place = error.range.position(in: explore.text)
            let words = "\(place.line):\(place.column): \(error)"
            // Whoever is still typing has not gone wrong yet.
            let isUnfinished = explore.isEditing && error.range.end >= explore.text.utf8.count
            return isUnfinished ? StyledText("… " + words, chrome.dim) : StyledText("✗ " + words, chrome.bad)
        }
        if explore.text != explore.asked { return StyledText("Enter runs it", chrome.dim) }
        let notes = (panels[ExploreState.graphID]?.annotations ?? []).joined(separator: "; ")
        if !notes.isEmpty { return StyledText("! " + notes, chrome.warning) }
        guard case .fields(let fields)? = panels[ExploreState.graphID]?.data?.content else { return StyledText() }
        return StyledText("\(fields.count) series", chrome.dim)
    }

    /// A style for each character: names of functions, strings and numbers, brackets, each in its colour.
    private static func styles(of text: String, theme: PaintTheme) -> [Style] {
        var styles: [Style] = []
        let characters = Array(text)
        var index = 0
        let functions = Set(BuiltinFunction.allCases.map(\.rawValue) + AggregationOperator.allCases.map(\.rawValue))
        while index < characters.count {
            let character = characters[index]
            var end = index + 1
            var style = Style.plain
            if "\"'`".contains(character) {
                while end < characters.count, characters[end] != character {
                    end += characters[end] == "\\" && character != "`" ? 2 : 1
                }
                end = min(end + 1, characters.count)
                style = Style(foreground: theme.good)
            } else if character.isNumber {
                while end < characters.count,
                    characters[end].isNumber || characters[end].isLetter || characters[end] == "."
                {
                    end += 1
                }
                style = Style(foreground: theme.warning)
            } else if character.isLetter || character == "_" {
                while end < characters.count,
                    characters[end].isLetter || characters[end].isNumber || "_:".contains(characters[end])
                {
                    end += 1
                }
                let word = String(characters[index..<end]).lowercased()
                if functions.contains(word) {
                    style = Style(foreground: theme.accent, attributes: .bold)
                } else if [
                    "by", "without", "on", "ignoring", "group_left", "group_right", "and", "or", "unless", "offset",
                    "bool",
                ].contains(word) {
                    style = Style(foreground: theme.accent)
                }
            } else if character == "#" {
                end = characters.count
                style = theme.dim
            } else if !character.isWhitespace {
                style = theme.dim
            }
            styles += Array(repeating: style, count: end - index)
            index = end
        }
        return styles
    }

    private func drawProposals(x: Int, y: Int, into frame: inout Frame) {
        let proposals = explore.proposals
        let room = min(body.maxY - y - 3, 10)
        guard !proposals.isEmpty, room >= 1, size.width >= 24 else { return }
        let rows = min(room, proposals.count)
        let chosen = explore.chosenProposal ?? 0
        let first = max(0, min(chosen - rows / 2, proposals.count - rows))
        let shown = proposals.dropFirst(first).prefix(rows)
        let textWidth = min(shown.map { TextWidth.cells(of: $0.text) }.max() ?? 0, size.width - 18)
        let noteWidth = shown.map { TextWidth.cells(of: $0.note) }.max() ?? 0
        let help = proposals[min(chosen, proposals.count - 1)].help
        let helpWidth = min(TextWidth.cells(of: help) + 4, size.width * 2 / 3)
        let width = min(size.width - 2, max(textWidth + noteWidth + 6, helpWidth))
        let left = max(0, min(x - TextWidth.cells(of: explore.completion.typed) - 2, size.width - width))
        let box = Rect(x: left, y: y, width: width, height: rows + (help.isEmpty ? 2 : 3))
        frame.fill(box, with: Cell())
        frame.drawBox(box, style: chrome.border)
        if !help.isEmpty {
            frame.put(StyledText(help, chrome.dim), x: box.x + 2, y: box.maxY - 2, limit: box.maxX - 1)
        }
        for (row, proposal) in shown.enumerated() {
            let isChosen = first + row == explore.chosenProposal
            let line = box.y + 1 + row
            frame.put(
                StyledText(proposal.text, isChosen ? chrome.bold : chrome.plain), x: box.x + 2, y: line,
                limit: box.x + 2 + textWidth)
            frame.put(
                StyledText(proposal.note, chrome.dim), x: box.x + 2 + textWidth + 2, y: line, limit: box.maxX - 1)
            if isChosen {
                frame.restyle(Rect(x: box.x + 1, y: line, width: box.width - 2, height: 1)) {
                    $0.attributes.formUnion(.reverse)
                }
            }
        }
        if proposals.count > rows {
            let count = StyledText(" \(proposals.count) ", chrome.dim)
            frame.put(count, x: max(box.x, box.maxX - count.width - 2), y: box.maxY - 1)
        }
    }
}
