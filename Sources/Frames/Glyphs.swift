// Ready characters for bars, braille and boxes, and their likeness in ASCII.
// Made once, so that painting builds no string for a cell.

public enum Glyphs {
    /// 0...8 eighths of a cell from the bottom.
    public static let vertical: [Glyph] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    /// 0...8 eighths of a cell from the left.
    public static let horizontal: [Glyph] = [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"]
    /// Lightest to full.
    public static let shades: [Glyph] = [" ", "░", "▒", "▓", "█"]
    /// By mask of quarters: 1 upper left, 2 upper right, 4 lower left, 8 lower right.
    public static let quadrants: [Glyph] = [
        " ", "▘", "▝", "▀", "▖", "▌", "▞", "▛", "▗", "▚", "▐", "▜", "▄", "▙", "▟", "█",
    ]
    /// By dot mask; no dots is a blank, so that plain text stays clean.
    public static let braille: [Glyph] = (0..<256).map { mask in
        guard mask > 0, let scalar = Unicode.Scalar(0x2800 + UInt32(mask)) else { return " " }
        return Glyph(scalar)
    }
    /// What tells lines apart where there is no colour.
    public static let markers: [Glyph] = ["─", "┄", "═", "•"]

    static func ascii(for character: Character) -> Character {
        guard let value = character.unicodeScalars.first?.value else { return " " }
        switch value {
        case 0x2800...0x28ff: return brailleASCII(UInt8(value & 0xff))
        case 0x2504: return ":"
        case 0x2500, 0x2501, 0x2508, 0x254c, 0x2574, 0x2576: return "-"
        case 0x2550: return "="
        case 0x2502, 0x2503, 0x2506, 0x250a, 0x254e, 0x2551, 0x258f, 0x258e, 0x258d, 0x258c: return "|"
        case 0x250c...0x254b, 0x2552...0x2570: return "+"
        case 0x2581, 0x2582: return "_"
        case 0x2583, 0x2584: return "-"
        case 0x2585, 0x2586: return "="
        case 0x2587, 0x2588, 0x2589, 0x258a, 0x258b: return "#"
        case 0x2580, 0x2594, 0x2598, 0x259d: return "'"
        case 0x2596, 0x2597: return "."
        case 0x2590: return "|"
        case 0x2599...0x259c, 0x259e, 0x259f: return "#"
        case 0x2591: return "."
        case 0x2592: return ":"
        case 0x2593: return "%"
        case 0x25a0, 0x25cf, 0x2022, 0x25aa: return "*"
        case 0x2026: return "~"
        case 0x2014, 0x2013, 0x2212: return "-"
        case 0x00b5, 0x03bc: return "u"
        case 0x00b0: return "o"
        case 0x00d7: return "x"
        case 0x25b2, 0x25b4: return "^"
        case 0x25bc, 0x25be: return "v"
        case 0x25b8, 0x25b6, 0x2192: return ">"
        case 0x25c2, 0x2190: return "<"
        case 0x2717, 0x2718: return "x"
        case 0x2713, 0x2714: return "+"
        case 0x00b7: return "."
        case 0x00a0, 0x2009, 0x202f: return " "
        default: return "?"
        }
    }

    private static func brailleASCII(_ mask: UInt8) -> Character {
        let top = mask & 0x09 != 0
        let middle = mask & 0x36 != 0
        let bottom = mask & 0xc0 != 0
        switch (top, middle, bottom) {
        case (true, false, false): return "'"
        case (false, false, true): return "."
        case (false, true, false): return "-"
        case (true, _, true): return "|"
        case (true, true, false): return "\""
        case (false, true, true): return ","
        case (false, false, false): return " "
        }
    }
}
