// How many cells a grapheme takes, and which graphemes may reach a terminal at all.
// Comes before all drawing of text; CursesTerminal trusts what passed here.

public enum TextWidth {
    /// 0 for a mark without a base, 2 for East Asian wide and emoji, 1 otherwise; control characters count as the one
    /// cell of their replacement.
    public static func cells(of character: Character) -> Int {
        var scalars = character.unicodeScalars.makeIterator()
        guard let first = scalars.next() else { return 0 }
        if first.value < 0x300 { return character.isEmojiPresented(after: first) ? 2 : 1 }
        if isControl(first) { return 1 }
        let width = cells(of: first)
        if width == 2 { return 2 }
        return character.isEmojiPresented(after: first) ? 2 : width
    }

    public static func cells(of text: some StringProtocol) -> Int { cells(of: String(text)) }

    public static func cells(of text: String) -> Int {
        var total = 0
        var isASCII = true
        for byte in text.utf8 {
            if byte >= 0x80 || byte == 0x0d {
                isASCII = false
                break
            }
            total += 1
        }
        if isASCII { return total }
        total = 0
        for character in text { total += cells(of: character) }
        return total
    }

    /// What may be shown in the place of `character`: white space becomes a blank, any other control character and
    /// anything that changes the direction of text becomes `\u{FFFD}`, and a pile of marks loses all of them.
    public static func printable(_ character: Character) -> Character {
        var count = 0
        var isClean = true
        for scalar in character.unicodeScalars {
            count += 1
            if isControl(scalar) { isClean = false }
        }
        guard let first = character.unicodeScalars.first else { return " " }
        if isClean { return count <= 12 ? character : Character(first) }
        switch first.value {
        case 0x09, 0x0a, 0x0d, 0x85, 0x2028, 0x2029: return " "
        default: return "\u{FFFD}"
        }
    }

    static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f..<0xa0: true
        case 0xad, 0x61c, 0x180e, 0x200e, 0x200f, 0x2028...0x202e, 0x2060...0x206f, 0xfeff, 0xfff9...0xfffb: true
        case 0xe0000...0xe0fff: scalar.value < 0xe0020 || scalar.value > 0xe007f
        default: false
        }
    }

    static func cells(of scalar: Unicode.Scalar) -> Int {
        let value = scalar.value
        if value < 0x300 { return 1 }
        if value < 0x1100 { return isMark(scalar) ? 0 : 1 }
        // Box drawing, blocks, braille and arrows: most of what a dashboard draws.
        if value >= 0x2500, value <= 0x25fc || (0x2800...0x28ff).contains(value) { return 1 }
        if (0x1160...0x11ff).contains(value) { return 0 }
        var low = 0
        var high = wide.count
        while low < high {
            let middle = (low + high) / 2
            if wide[middle].1 < value { low = middle + 1 } else { high = middle }
        }
        if low < wide.count, wide[low].0 <= value { return 2 }
        return isMark(scalar) ? 0 : 1
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: true
        default: false
        }
    }

    /// East_Asian_Width W and F, ascending. Source: Unicode 16, EastAsianWidth.txt, neighbouring ranges joined.
    private static let wide: [(UInt32, UInt32)] = [
        (0x1100, 0x115f), (0x231a, 0x231b), (0x2329, 0x232a), (0x23e9, 0x23ec), (0x23f0, 0x23f0), (0x23f3, 0x23f3),
        (0x25fd, 0x25fe), (0x2614, 0x2615), (0x2630, 0x2637), (0x2648, 0x2653), (0x267f, 0x267f), (0x268a, 0x268f),
        (0x2693, 0x2693), (0x26a1, 0x26a1), (0x26aa, 0x26ab), (0x26bd, 0x26be), (0x26c4, 0x26c5), (0x26ce, 0x26ce),
        (0x26d4, 0x26d4), (0x26ea, 0x26ea), (0x26f2, 0x26f3), (0x26f5, 0x26f5), (0x26fa, 0x26fa), (0x26fd, 0x26fd),
        (0x2705, 0x2705), (0x270a, 0x270b), (0x2728, 0x2728), (0x274c, 0x274c), (0x274e, 0x274e), (0x2753, 0x2755),
        (0x2757, 0x2757), (0x2795, 0x2797), (0x27b0, 0x27b0), (0x27bf, 0x27bf), (0x2b1b, 0x2b1c), (0x2b50, 0x2b50),
        (0x2b55, 0x2b55), (0x2e80, 0x3029), (0x3030, 0x303e), (0x3041, 0x3098), (0x309b, 0x3247), (0x3250, 0xa4cf),
        (0xa960, 0xa97c), (0xac00, 0xd7a3), (0xf900, 0xfaff), (0xfe10, 0xfe19), (0xfe30, 0xfe6b), (0xff01, 0xff60),
        (0xffe0, 0xffe6), (0x16fe0, 0x16fe3), (0x17000, 0x18cff), (0x1aff0, 0x1b2ff), (0x1d300, 0x1d376),
        (0x1f004, 0x1f004), (0x1f0cf, 0x1f0cf), (0x1f18e, 0x1f18e), (0x1f191, 0x1f19a), (0x1f200, 0x1f320),
        (0x1f32d, 0x1f335), (0x1f337, 0x1f37c), (0x1f37e, 0x1f393), (0x1f3a0, 0x1f3ca), (0x1f3cf, 0x1f3d3),
        (0x1f3e0, 0x1f3f0), (0x1f3f4, 0x1f3f4), (0x1f3f8, 0x1f43e), (0x1f440, 0x1f440), (0x1f442, 0x1f4fc),
        (0x1f4ff, 0x1f53d), (0x1f54b, 0x1f54e), (0x1f550, 0x1f567), (0x1f57a, 0x1f57a), (0x1f595, 0x1f596),
        (0x1f5a4, 0x1f5a4), (0x1f5fb, 0x1f64f), (0x1f680, 0x1f6c5), (0x1f6cc, 0x1f6cc), (0x1f6d0, 0x1f6d2),
        (0x1f6d5, 0x1f6d7), (0x1f6dc, 0x1f6df), (0x1f6eb, 0x1f6ec), (0x1f6f4, 0x1f6fc), (0x1f7e0, 0x1f7eb),
        (0x1f7f0, 0x1f7f0), (0x1f90c, 0x1f93a), (0x1f93c, 0x1f945), (0x1f947, 0x1f9ff), (0x1fa70, 0x1faff),
        (0x20000, 0x3fffd),
    ]
}

extension Character {
    /// An emoji by variation selector 16, or a flag of two regional indicators.
    fileprivate func isEmojiPresented(after first: Unicode.Scalar) -> Bool {
        var rest = unicodeScalars.makeIterator()
        _ = rest.next()
        guard let second = rest.next() else { return false }
        if second.value == 0xfe0f { return first.properties.isEmoji }
        let regional: ClosedRange<UInt32> = 0x1f1e6...0x1f1ff
        return regional.contains(first.value) && regional.contains(second.value)
    }
}
