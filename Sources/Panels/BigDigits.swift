// Digits three rows high, of half blocks, for numbers with room around them.

import Frames

struct BigDigits {
    private var rows: [[Character]] = [[], [], []]
    var width: Int { rows[0].count }

    /// Nil when the text is empty or has a character without a large form.
    init?(_ text: String) {
        guard !text.isEmpty else { return nil }
        for (index, character) in text.enumerated() {
            guard let glyph = Self.glyphs[character] else { return nil }
            for row in 0..<3 {
                if index > 0 { rows[row].append(" ") }
                rows[row] += glyph[row]
            }
        }
    }

    func draw(x: Int, y: Int, style: Style, on frame: inout Frame) {
        for row in 0..<3 {
            for (column, glyph) in rows[row].enumerated() where glyph != " " {
                var ink = style
                ink.background = frame[x + column, y + row].style.background
                frame[x + column, y + row] = Cell(glyph, ink)
            }
        }
    }

    private static let glyphs: [Character: [[Character]]] = {
        let forms: [(Character, String, String, String)] = [
            ("0", "█▀█", "█ █", "▀▀▀"), ("1", "▀█ ", " █ ", "▀▀▀"), ("2", "▀▀█", "█▀▀", "▀▀▀"),
            ("3", "▀▀█", " ▀█", "▀▀▀"), ("4", "█ █", "▀▀█", "  ▀"), ("5", "█▀▀", "▀▀█", "▀▀▀"),
            ("6", "█▀▀", "█▀█", "▀▀▀"), ("7", "▀▀█", "  █", "  ▀"), ("8", "█▀█", "█▀█", "▀▀▀"),
            ("9", "█▀█", "▀▀█", "▀▀▀"), (".", " ", " ", "▀"), (",", " ", " ", "▀"), (":", "▄", " ", "▀"),
            ("-", "  ", "▀▀", "  "), ("+", "   ", "▀█▀", "   "),
        ]
        var result: [Character: [[Character]]] = [:]
        for (character, top, middle, bottom) in forms {
            result[character] = [Array(top), Array(middle), Array(bottom)]
        }
        return result
    }()
}
