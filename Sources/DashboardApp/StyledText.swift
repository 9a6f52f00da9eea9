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
