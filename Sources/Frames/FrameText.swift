// Text into cells: clipped with an ellipsis, aligned, free of control characters.
// Used by every painter; TextWidth says what a character takes.

public enum TextAlignment: Hashable, Sendable { case left, center, right }

extension Frame {
    /// Draws one line of text from (x, y), at most `width` cells of it; what does not fit ends in `…`. Returns the cells taken.
    @discardableResult
    public mutating func draw(
        _ text: some StringProtocol, x: Int, y: Int, width: Int = .max, style: Style, alignment: TextAlignment = .left
    ) -> Int {
        draw(String(text), x: x, y: y, width: width, style: style, alignment: alignment)
    }

    /// Not generic: most of what is drawn is a String, and most Strings are ASCII.
    @discardableResult
    public mutating func draw(
        _ text: String, x: Int, y: Int, width: Int = .max, style: Style, alignment: TextAlignment = .left
    ) -> Int {
        guard width > 0, y >= clip.y, y < clip.maxY else { return 0 }
        let needed = TextWidth.cells(of: text)
        let taken = min(needed, width)
        var column = x
        switch alignment {
        case .left: break
        case .center: column = x + (width - taken) / 2
        case .right: column = x + width - taken
        }
        let end = column + taken
        if needed <= width, needed == text.utf8.count {
            drawASCII(text, column, y, style)
        } else if needed <= width {
            for character in text { put(character, &column, y, style) }
        } else {
            for character in text {
                if column + TextWidth.cells(of: character) > end - 1 { break }
                put(character, &column, y, style)
            }
            self[column, y] = Cell("…", style)
            column += 1
        }
        return taken
    }

    /// As many cells as bytes; what is not ASCII after all goes the longer way.
    private mutating func drawASCII(_ text: String, _ x: Int, _ y: Int, _ style: Style) {
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) else {
            var column = x
            for character in text { put(character, &column, y, style) }
            return
        }
        var column = x
        for byte in text.utf8 {
            self[column, y] = Cell(Glyph(Unicode.Scalar(byte)), style)
            column += 1
        }
    }

    private mutating func put(_ character: Character, _ column: inout Int, _ y: Int, _ style: Style) {
        if let ascii = character.asciiValue, ascii >= 0x20, ascii < 0x7f {
            self[column, y] = Cell(Glyph(Unicode.Scalar(ascii)), style)
            column += 1
            return
        }
        let shown = TextWidth.printable(character)
        switch TextWidth.cells(of: shown) {
        case 0: return
        case 1:
            self[column, y] = Cell(shown, style)
            column += 1
        default:
            // Half a wide character cannot be shown: at the clip's edge it becomes a blank.
            if column >= clip.x, column + 1 < clip.maxX {
                self[column, y] = Cell(shown, style)
                self[column + 1, y] = Cell(Glyph.none, style)
            } else {
                self[column, y] = Cell(" ", style)
                self[column + 1, y] = Cell(" ", style)
            }
            column += 2
        }
    }

    /// `╭─╮` around `rect`; a rect thinner than two cells draws what it can.
    public mutating func drawBox(_ rect: Rect, style: Style, isRounded: Bool = true) {
        guard !rect.isEmpty else { return }
        let right = rect.maxX - 1
        let bottom = rect.maxY - 1
        if rect.width > 2 {
            for x in max(rect.x + 1, clip.x)..<max(rect.x + 1, clip.x, min(right, clip.maxX)) {
                self[x, rect.y] = Cell("─", style)
                self[x, bottom] = Cell("─", style)
            }
        }
        if rect.height > 2 {
            for y in max(rect.y + 1, clip.y)..<max(rect.y + 1, clip.y, min(bottom, clip.maxY)) {
                self[rect.x, y] = Cell("│", style)
                self[right, y] = Cell("│", style)
            }
        }
        self[rect.x, rect.y] = Cell(isRounded ? "╭" : "┌", style)
        self[right, rect.y] = Cell(isRounded ? "╮" : "┐", style)
        self[rect.x, bottom] = Cell(isRounded ? "╰" : "└", style)
        self[right, bottom] = Cell(isRounded ? "╯" : "┘", style)
    }

    /// Replaces what is not ASCII by its nearest likeness, for terminals without UTF-8.
    public mutating func reduceToASCII(in rect: Rect) {
        mapCells(in: rect) { cell in
            if cell.glyph.isASCII { return }
            cell.text = cell.text.map { Glyphs.ascii(for: $0) } ?? " "
        }
    }
}

extension StringProtocol {
    /// At most `width` cells, ending in `…` when something was left out.
    public func clipped(toCells width: Int) -> String {
        guard TextWidth.cells(of: self) > width else { return String(self) }
        guard width > 0 else { return "" }
        var used = 0
        var result = ""
        for character in self {
            let cells = TextWidth.cells(of: character)
            if used + cells > width - 1 { break }
            result.append(character)
            used += cells
        }
        return result + "…"
    }
}
