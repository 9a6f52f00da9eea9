// What a terminal is sent to copy a text, and what graphs are drawn with where braille is not wanted.

import Testing

@testable import Frames

@Suite("Clipboard")
struct ClipboardTests {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test(
        "base64 as RFC 4648 has it",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"), ("ÿ?>", "w78/Pg=="),
        ])
    func base64(plain: String, coded: String) {
        #expect(text(Clipboard.base64(Array(plain.utf8))) == coded)
    }

    @Test("one sequence for a terminal, two ways for tmux, short pieces for screen")
    func sequences() {
        #expect(text(Clipboard.sequence("foo")) == "\u{1b}]52;c;Zm9v\u{7}")
        #expect(
            text(Clipboard.sequence("foo", .tmux))
                == "\u{1b}]52;c;Zm9v\u{7}\u{1b}Ptmux;\u{1b}\u{1b}]52;c;Zm9v\u{7}\u{1b}\\")
        #expect(text(Clipboard.sequence("foo", .screen)) == "\u{1b}P\u{1b}]52;c;Zm9v\u{7}\u{1b}\\")
        let long = text(Clipboard.sequence(String(repeating: "a", count: 100), .screen))
        #expect(long.components(of: "\u{1b}P") == 2)
    }

    @Test("tmux before screen, and neither where nothing says so")
    func wrapping() {
        func wrapping(_ variables: [String: String]) -> Clipboard.Wrapping { Clipboard.Wrapping { variables[$0] } }
        #expect(wrapping([:]) == .none)
        #expect(wrapping(["TMUX": "", "STY": ""]) == .none)
        #expect(wrapping(["TMUX": "/tmp/tmux-0/default,1,0"]) == .tmux)
        #expect(wrapping(["STY": "1.pts-0"]) == .screen)
        #expect(wrapping(["TMUX": "x", "STY": "y"]) == .tmux)
    }

    @Test("control characters are left out, line ends and tabs stay")
    func cleaned() {
        #expect(Clipboard.cleaned("a\u{1b}]0;x\u{7}b\tc\nd\r\u{9b}e\u{7f}é🦄") == "a]0;xb\tc\ndeé🦄")
    }

    @Test("48 KiB are copied, one byte more is cut to whole lines or characters")
    func limit() {
        let most = String(repeating: "a", count: Clipboard.bytesMax)
        #expect(Clipboard.clipped(most) == most)
        #expect(Clipboard.clipped(most + "b") == most)
        #expect(Clipboard.clipped("line\n" + most) == "line")
        #expect(Clipboard.clipped(String(most.dropLast()) + "é").utf8.count == Clipboard.bytesMax - 1)
    }

    @Test("braille becomes quarters or letters, blocks become letters, words stay")
    func inks() {
        var frame = Frame(size: Size(width: 7, height: 1))
        frame.draw("⠁⣀⣿▅é漢", x: 0, y: 0, width: 7, style: .plain)
        func drawn(_ ink: GraphInk) -> String {
            var frame = frame
            frame.redraw(in: frame.bounds, with: ink)
            return frame.plainText
        }
        #expect(drawn(.braille) == frame.plainText)
        #expect(drawn(.block).hasPrefix("▘▄█▅é"))
        #expect(drawn(.ascii).hasPrefix("'.|=é"))
        #expect(Glyphs.quadrant(ofDots: 0x40) == "▖" && Glyphs.quadrant(ofDots: 0x20) == "▗")
    }
}

extension String {
    fileprivate func components(of mark: String) -> Int { ranges(of: mark).count }
}
