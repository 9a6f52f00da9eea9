// Text widths, clipping, and what never reaches a cell.

import Testing

@testable import Frames

@Suite struct TextTests {
    @Test(
        "a grapheme takes none, one or two cells",
        arguments: [
            ("a", 1), ("é", 1), ("e\u{301}", 1), ("日", 2), ("ｱ", 1), ("한", 2), ("👍", 2), ("👨‍👩‍👧", 2), ("🇩🇪", 2),
            ("❤️", 2), ("❤", 1), ("█", 1), ("⣿", 1), ("─", 1), ("…", 1), ("\u{301}", 0), ("", 0), ("\u{1b}", 1),
            ("µ", 1),
        ])
    func width(text: String, cells: Int) { #expect(TextWidth.cells(of: text) == cells) }

    @Test("text that does not fit ends in an ellipsis within its width")
    func ellipsis() {
        var frame = Frame(size: Size(width: 8, height: 1))
        #expect(frame.draw("abcdefgh", x: 1, y: 0, width: 5, style: .plain) == 5)
        #expect(frame.plainText == " abcd…\n")
    }

    @Test("a wide character is not cut in half by the ellipsis")
    func wideEllipsis() {
        var frame = Frame(size: Size(width: 6, height: 1))
        frame.draw("日本語x", x: 0, y: 0, width: 6, style: .plain)
        #expect(frame.plainText == "日本…\n")
    }

    @Test("half a wide character at the clip's edge becomes blanks")
    func wideAtEdge() {
        var frame = Frame(size: Size(width: 4, height: 1), fill: Cell("."))
        frame.clipped(to: Rect(x: 0, y: 0, width: 3, height: 1)) { frame in
            frame.draw("日本", x: 0, y: 0, style: .plain)
        }
        #expect(frame.plainText == "日 .\n")
    }

    @Test("control characters and changes of direction are replaced")
    func control() {
        var frame = Frame(size: Size(width: 12, height: 1))
        frame.draw("a\u{1b}[31m\tb\u{202e}c\r\nd", x: 0, y: 0, style: .plain)
        #expect(frame.plainText == "a\u{FFFD}[31m b\u{FFFD}c d\n")
    }

    @Test("text aligns to the right and to the middle")
    func alignment() {
        var frame = Frame(size: Size(width: 7, height: 2))
        frame.draw("ab", x: 0, y: 0, width: 7, style: .plain, alignment: .right)
        frame.draw("abc", x: 0, y: 1, width: 7, style: .plain, alignment: .center)
        #expect(frame.plainText == "     ab\n  abc\n")
    }

    @Test("ASCII stands in for boxes, blocks and braille")
    func ascii() {
        var frame = Frame(size: Size(width: 6, height: 3))
        frame.drawBox(frame.bounds, style: .plain)
        frame[1, 1] = Cell("⠉")
        frame[2, 1] = Cell("⣀")
        frame[3, 1] = Cell("█")
        frame[4, 1] = Cell("µ")
        frame.reduceToASCII(in: frame.bounds)
        #expect(frame.plainText == "+----+\n|'.#u|\n+----+\n")
    }

    @Test("nothing is written outside the clip")
    func clip() {
        var frame = Frame(size: Size(width: 5, height: 3))
        frame.clipped(to: Rect(x: 1, y: 1, width: 3, height: 1)) { frame in
            frame.draw("abcdefgh", x: -2, y: 1, style: .plain)
            frame.draw("xxxxx", x: 0, y: 0, style: .plain)
            frame.fill(Rect(x: -9, y: 2, width: 99, height: 99), with: Cell("#"))
        }
        #expect(frame.plainText == "\n def\n\n")
    }
}

@Suite struct GlyphTests {
    @Test(
        "a grapheme of up to six scalars comes back as it was",
        arguments: [
            "a", " ", "\u{7e}", "─", "⣿", "日", "e\u{301}", "👍🏽", "🇩🇪", "👨‍👩‍👧", "a\u{301}\u{302}\u{303}\u{304}\u{305}",
        ] as [Character])
    func roundTrip(character: Character) {
        #expect(Glyph(character).character == character)
        #expect(Cell(character).text == character)
    }

    @Test("of a grapheme of more than six scalars the first six stay")
    func long() {
        #expect(
            Glyph("a\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}").character == "a\u{301}\u{302}\u{303}\u{304}\u{305}")
    }

    @Test("no glyph is no text, and NUL never is one")
    func none() {
        #expect(Glyph.none.character == nil)
        #expect(Cell(nil).glyph == .none)
        #expect(Glyph("\0" as Character).character == "\u{FFFD}")
        #expect(!Glyph.none.isASCII)
    }

    @Test("a literal and a character of the same scalar are equal")
    func literal() {
        let character: Character = "█"
        #expect(Glyph(character) == "█")
        #expect(Cell("█") == Cell(character))
        #expect(Glyph("e\u{301}" as Character).singleScalar == nil)
        #expect(Glyph("x" as Character).singleScalar == "x")
    }
}
