// What lines and bars are drawn with: a choice of whoever looks, for fonts and terminals that show no braille.
// Applied to a finished frame; painters always draw in braille and eighths.

/// `--graph`.
public enum GraphInk: String, Hashable, Sendable, CaseIterable {
    case braille, block, ascii
}

extension Frame {
    /// Braille as quarters of cells, or braille and blocks as letters.
    public mutating func redraw(in rect: Rect, with ink: GraphInk) {
        guard ink != .braille else { return }
        mapCells(in: rect) { cell in
            guard let text = cell.text, let value = text.unicodeScalars.first?.value else { return }
            switch value {
            case 0x2801...0x28ff:
                if ink == .ascii {
                    cell.text = Glyphs.ascii(for: text)
                } else {
                    cell.glyph = Glyphs.quadrant(ofDots: UInt8(value & 0xff))
                }
            case 0x2580...0x259f: if ink == .ascii { cell.text = Glyphs.ascii(for: text) }
            default: break
            }
        }
    }
}

extension Glyphs {
    /// A quarter is filled where one of its two dots is.
    static func quadrant(ofDots mask: UInt8) -> Glyph {
        let quarters: [UInt8] = [0x01 | 0x02, 0x08 | 0x10, 0x04 | 0x40, 0x20 | 0x80]
        var index = 0
        for (place, dots) in quarters.enumerated() where mask & dots != 0 { index |= 1 << place }
        return quadrants[index]
    }
}
