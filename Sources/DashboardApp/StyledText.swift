// Runs of text, each in its style, put into a frame one after the other.
// Used by the chrome; panels have their own painters.

import Frames

struct StyledText: Hashable {
    struct Run: Hashable {
        var text: String
        var style: Style
    }
    var runs: [Run] = []

    init() {}
    init(_ text: String, _ style: Style = .plain) { runs = [Run(text: text, style: style)] }

    static func + (left: StyledText, right: StyledText) -> StyledText {
        var sum = left
        sum.runs += right.runs
        return sum
    }
    static func += (left: inout StyledText, right: StyledText) { left.runs += right.runs }

    var plain: String { runs.map(\.text).joined() }
    var width: Int { runs.reduce(0) { $0 + TextWidth.cells(of: $1.text) } }
}

extension Frame {
    /// Returns the column after the last cell written; what does not fit before `limit` is cut with an ellipsis.
    @discardableResult
    mutating func put(_ text: StyledText, x: Int, y: Int, limit: Int? = nil) -> Int {
        let limit = min(limit ?? size.width, size.width)
        var x = x
        for run in text.runs where x < limit {
            x += draw(run.text, x: x, y: y, width: limit - x, style: run.style)
        }
        return x
    }

    /// The chrome's own signs where there is no UTF-8; panels have reduced themselves already.
    mutating func reduceToASCII() {
        for y in 0..<size.height {
            for x in 0..<size.width {
                switch self[x, y].glyph {
                case "↑": self[x, y].glyph = "^"
                case "↓": self[x, y].glyph = "v"
                case "↻": self[x, y].glyph = "@"
                case "‖": self[x, y].glyph = "="
                default: break
                }
            }
        }
        reduceToASCII(in: bounds)
    }
}

extension String {
    /// In lines no wider than that, broken at blanks; a word that is wider is broken where it must be. At least one.
    func wrapped(toCells cells: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        var width = 0
        for word in split(separator: " ") {
            let wide = TextWidth.cells(of: String(word))
            if width > 0, width + 1 + wide <= cells {
                line += " " + word
                width += 1 + wide
                continue
            }
            if width > 0 { lines.append(line) }
            (line, width) = ("", 0)
            for character in word {
                let next = TextWidth.cells(of: character)
                if width + next > cells, width > 0 {
                    lines.append(line)
                    (line, width) = ("", 0)
                }
                line.append(character)
                width += next
            }
        }
        return width > 0 || lines.isEmpty ? lines + [line] : lines
    }

    /// As much of the end as fits into `cells`.
    func lastCells(_ cells: Int) -> String {
        var width = 0
        var start = endIndex
        while start > startIndex {
            let before = index(before: start)
            width += TextWidth.cells(of: String(self[before]))
            if width > cells { break }
            start = before
        }
        return String(self[start...])
    }
}
