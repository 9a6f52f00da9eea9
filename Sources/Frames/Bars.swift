// Bars in eighths of a cell: upward, to the right, and rows of history.
// Painters of stats, gauges and tables draw with these.

extension Frame {
    /// A bar of `eighths` eighths of a cell to the right. The end cell keeps the background given by `style`.
    public mutating func drawBar(x: Int, y: Int, width: Int, eighths: Int, style: Style) {
        let filled = max(0, min(eighths, width * 8))
        for column in 0..<(filled / 8) { self[x + column, y] = Cell("█", style) }
        let rest = filled % 8
        if rest > 0 { self[x + filled / 8, y] = Cell(Glyphs.horizontal[rest], style) }
    }

    /// A column of `eighths` eighths upward from the bottom row `y`, at most `height` rows.
    public mutating func drawColumn(x: Int, bottom y: Int, height: Int, eighths: Int, style: Style) {
        let filled = max(0, min(eighths, height * 8))
        for row in 0..<(filled / 8) { self[x, y - row] = Cell("█", style) }
        let rest = filled % 8
        if rest > 0 { self[x, y - filled / 8] = Cell(Glyphs.vertical[rest], style) }
    }

    /// Two colours in one cell: the upper and the lower half.
    public mutating func drawHalves(x: Int, y: Int, upper: Color, lower: Color) {
        self[x, y] = Cell("▀", Style(foreground: upper, background: lower))
    }
}
