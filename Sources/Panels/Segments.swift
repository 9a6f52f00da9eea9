// Bars made of coloured stretches, in eighths of a cell: where two stretches meet within a cell, it has both colours.
// Drawn by stacks of graphs, bar charts and pies; upward or to the right.

import Dashboards
import Frames

/// A stretch of one colour along a bar, in eighths of a cell from the bar's start; `low` below `high`.
struct Segment {
    var low: Int
    var high: Int
    var color: RGB
    /// Chooses the shade where there is no colour.
    var shade: Int
}

struct SegmentPen {
    enum Direction { case up, right }
    private let glyphs: [Glyph]
    private let hasColor: Bool
    /// Beneath what a bar leaves free of its cells.
    var paper: Color = .terminal

    init(_ direction: Direction, hasColor: Bool) {
        glyphs = direction == .up ? Glyphs.vertical : Glyphs.horizontal
        self.hasColor = hasColor
    }

    /// Hands over the cells that have something in them, by their distance from the start. Of a cell with more than two
    /// colours, the two with the greatest share are shown. Their order does not matter; where they overlap, the one that
    /// begins first is seen.
    ///
    /// Cost: sorts the segments, then one pass over them and the cells.
    func cells(_ segments: [Segment], count: Int, _ put: (Int, Cell) -> Void) {
        let sorted = segments.sorted { $0.low < $1.low }
        var next = 0
        var parts: [Part] = []
        for cell in 0..<max(0, count) {
            let start = cell * 8
            parts.removeAll(keepingCapacity: true)
            while next < sorted.count, sorted[next].high <= start { next += 1 }
            var index = next
            while index < sorted.count, sorted[index].low < start + 8 {
                let segment = sorted[index]
                index += 1
                // Bars behind each other may overlap: one that ended lies among those that go on.
                guard segment.high > start else { continue }
                parts.append(
                    Part(
                        low: max(segment.low, start) - start, high: min(segment.high, start + 8) - start,
                        color: segment.color, shade: segment.shade))
            }
            if parts.count > 2 { Self.reduce(&parts) }
            guard let lower = parts.first else {
                if next == sorted.count { return }
                continue
            }
            put(cell, self.cell(lower, parts.count > 1 ? parts[1] : nil))
        }
    }

    /// What a segment covers of one cell.
    private typealias Part = Segment

    /// Keeps the two greatest parts and lets them meet, over the whole length that all of them covered.
    private static func reduce(_ parts: inout [Part]) {
        let low = parts.map(\.low).min() ?? 0
        let high = parts.map(\.high).max() ?? 0
        parts.sort { $0.high - $0.low > $1.high - $1.low }
        parts.removeLast(parts.count - 2)
        parts.sort { $0.low < $1.low }
        parts[0].low = low
        parts[0].high = parts[1].low
        parts[1].high = high
    }

    private func cell(_ lower: Part, _ upper: Part?) -> Cell {
        let full = shadeGlyph(lower)
        let color = lower.color.color
        if let upper {
            guard hasColor else { return Cell(upper.high - upper.low > 4 ? shadeGlyph(upper) : full, .plain) }
            // Upper colour as background fills the rest of the cell, which may be a little too much at its end.
            if lower.low == 0, upper.high == 8 {
                return Cell(glyphs[lower.high], Style(foreground: color, background: upper.color.color))
            }
            if lower.low == 0 {
                let isUpper = upper.high - upper.low > lower.high
                return Cell(
                    glyphs[upper.high], Style(foreground: isUpper ? upper.color.color : color, background: paper))
            }
        }
        if lower.low == 0, lower.high == 8 { return Cell(full, Style(foreground: color)) }
        if lower.low == 0 { return Cell(glyphs[lower.high], Style(foreground: color, background: paper)) }
        // Hanging from the far end: the near part is drawn in the background's colour.
        return Cell(glyphs[lower.low], Style(foreground: color, background: paper, attributes: .reverse))
    }

    private func shadeGlyph(_ part: Part) -> Glyph {
        hasColor ? "█" : Self.shadeGlyph(part.shade)
    }

    /// Four shades, the fullest first.
    static func shadeGlyph(_ shade: Int) -> Glyph { Glyphs.shades[4 - (shade % 4 + 4) % 4] }
}
