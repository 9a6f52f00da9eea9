// Braille, bars, differences, reduction of colours, and the texts made of frames.

import Testing

@testable import Frames

@Suite struct CanvasTests {
    @Test("a cell takes the colour of the layer with most dots in it, the later one of two equals")
    func brailleColors() {
        var dots = BrailleCanvas(size: Size(width: 2, height: 1))
        dots.line(0, 0, 3, 0)
        dots.endLayer(color: .ansi(1))
        dots.column(0, 0, 3)
        dots.endLayer(color: .ansi(2))
        dots.line(2, 3, 3, 3)
        dots.endLayer(color: .ansi(3))
        var frame = Frame(size: Size(width: 2, height: 1))
        dots.draw(on: &frame, x: 0, y: 0)
        #expect(frame.plainText == "⡏⣉\n")
        #expect(frame[0, 0].style.foreground == .ansi(2))
        #expect(frame[1, 0].style.foreground == .ansi(3))
    }

    @Test("bars end in an eighth", arguments: [(0, ""), (1, "▏"), (8, "█"), (13, "█▋"), (99, "████")])
    func bar(eighths: Int, text: String) {
        var frame = Frame(size: Size(width: 4, height: 1))
        frame.drawBar(x: 0, y: 0, width: 4, eighths: eighths, style: .plain)
        #expect(frame.plainText == text + "\n")
    }

    @Test("the difference of two frames is the runs that changed")
    func diff() {
        var old = Frame(size: Size(width: 20, height: 2))
        old.draw("same text here", x: 0, y: 0, style: .plain)
        var new = old
        new.draw("t", x: 0, y: 0, style: .plain)
        new.draw("a", x: 2, y: 0, style: .plain)
        new.draw("x", x: 12, y: 0, style: .plain)
        #expect(FrameDiff(from: old, to: new).runs == [.init(x: 0, y: 0, width: 3), .init(x: 12, y: 0, width: 1)])
        #expect(FrameDiff(from: new, to: new).runs == [])
        #expect(FrameDiff(from: nil, to: new).runs.count == 2)
    }

    @Test("true colours find their nearest of 256 and of 16")
    func reduction() {
        #expect(ColorReduction.nearest256(255, 0, 0) == 196)
        #expect(ColorReduction.nearest256(118, 118, 118) == 243)
        #expect(ColorReduction.nearest16(115, 191, 105) == 2)
        #expect(ColorReduction.nearest16(242, 73, 92) == 1)
        #expect(ColorReduction.nearest16(250, 222, 42) == 11)
        #expect(ColorReduction.nearest16(87, 148, 242) == 4)
        #expect(ColorReduction.nearest16(80, 84, 92) == 8)
    }

    @Test("ANSI text changes style only where the style changes, and resets at the end of a row")
    func ansi() {
        var frame = Frame(size: Size(width: 6, height: 1))
        frame.draw("ab", x: 0, y: 0, style: Style(foreground: .rgb(1, 2, 3), attributes: .bold))
        frame.draw("c", x: 2, y: 0, style: .plain)
        #expect(frame.ansiText(depth: .trueColor) == "\u{1b}[0;1;38;2;1;2;3mab\u{1b}[0mc\n")
        #expect(frame.ansiText(depth: .none) == "\u{1b}[0;1mab\u{1b}[0mc\n")
    }

    @Test("a golden text has glyph rows, style rows and the meaning of each letter")
    func golden() {
        var frame = Frame(size: Size(width: 4, height: 1))
        frame.draw("hi", x: 1, y: 0, style: Style(foreground: .ansi(2), attributes: .dim))
        #expect(GoldenText.write(frame) == "4x1\n hi\nstyles\n.aa.\na 2 dim\n")
    }

    @Test("a scripted terminal hands out its batches, follows resizes and keeps frames")
    func scripted() {
        let terminal = ScriptedTerminal(
            size: Size(width: 10, height: 2), script: [[.key(.enter)], [.resize(Size(width: 20, height: 3))]])
        #expect(terminal.waitForInput(timeoutMilliseconds: 5) == [.key(.enter)])
        #expect(terminal.waitForInput(timeoutMilliseconds: nil) == [.resize(Size(width: 20, height: 3))])
        #expect(terminal.size == Size(width: 20, height: 3))
        #expect(terminal.waitForInput(timeoutMilliseconds: 5) == [])
        terminal.present(Frame(size: terminal.size))
        terminal.wake()
        #expect(terminal.frames.count == 1)
        #expect(terminal.wakeCount == 1)
    }
}
