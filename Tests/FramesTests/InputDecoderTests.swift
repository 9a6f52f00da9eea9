// Bytes of keyboards and mice as terminals send them, whole and cut.
// Stands before every test of the application that presses a key.

import Testing

@testable import Frames

@Suite("Input decoder")
struct InputDecoderTests {
    private func decode(_ text: String) -> [InputEvent] {
        var decoder = InputDecoder()
        return decoder.feed(text.utf8) + decoder.flush()
    }

    @Test(
        "a sequence that is cut means nothing: half an arrow is neither Escape nor a letter",
        arguments: ["\u{1b}[", "\u{1b}O"])
    func cut(text: String) {
        var decoder = InputDecoder()
        #expect(decoder.feed(text.utf8) + decoder.flush() == [])
        #expect(decoder.feed("A".utf8) == [.key(.character("A"))])
    }

    @Test(
        "keys read from what terminals send",
        arguments: [
            ("q", Key.character("q")), ("é", .character("é")), ("界", .character("界")), (" ", .character(" ")),
            ("\r", .enter), ("\t", .tab), ("\u{7f}", .backspace), ("\u{8}", .backspace), ("\u{3}", .control("c")),
            ("\u{1a}", .control("z")), ("\u{0}", .control(" ")), ("\u{1f}", .control("_")), ("\u{1b}", .escape),
            ("\u{1b}x", .alt("x")), ("\u{1b}[A", .up), ("\u{1b}OB", .down), ("\u{1b}[1;2C", .shiftRight),
            ("\u{1b}[1;5D", .left), ("\u{1b}[a", .shiftUp), ("\u{1b}[Z", .backTab), ("\u{1b}[H", .home),
            ("\u{1b}[4~", .end), ("\u{1b}[8~", .end), ("\u{1b}[5~", .pageUp), ("\u{1b}[6~", .pageDown),
            ("\u{1b}[3~", .delete), ("\u{1b}OP", .function(1)), ("\u{1b}[15~", .function(5)),
            ("\u{1b}[24~", .function(12)), ("\u{1b}[[B", .function(2)),
        ])
    func keys(bytes: String, key: Key) {
        #expect(decode(bytes) == [.key(key)])
    }

    @Test("a sequence cut at any byte reads the same")
    func cuts() {
        let bytes = Array("\u{1b}[1;2Aé\u{1b}[<64;300;9M\u{1b}[200~a\u{1b}b\u{1b}[201~x".utf8)
        let whole: [InputEvent] = [
            .key(.shiftUp), .key(.character("é")), .mouse(Mouse(action: .wheelUp, x: 299, y: 8)),
            .paste("a\u{1b}b"), .key(.character("x")),
        ]
        for cut in 0...bytes.count {
            var decoder = InputDecoder()
            #expect(decoder.feed(bytes[..<cut]) + decoder.feed(bytes[cut...]) == whole, "cut at \(cut)")
            #expect(!decoder.isWaiting)
        }
    }

    @Test("the left button presses, drags and lets go; other buttons and motion say nothing")
    func mouse() {
        #expect(
            decode("\u{1b}[<0;5;3M\u{1b}[<32;6;3M\u{1b}[<0;6;3m\u{1b}[<2;1;1M\u{1b}[<35;1;1M\u{1b}[<65;1;1M") == [
                .mouse(Mouse(action: .press, x: 4, y: 2)), .mouse(Mouse(action: .drag, x: 5, y: 2)),
                .mouse(Mouse(action: .release, x: 5, y: 2)), .mouse(Mouse(action: .wheelDown, x: 0, y: 0)),
            ])
    }

    @Test("unknown, broken and endless sequences are dropped whole, and what follows is read")
    func junk() {
        #expect(decode("\u{1b}[?1;2cq") == [.key(.character("q"))])
        #expect(decode("\u{1b}[99999999;1Aq") == [.key(.character("q"))])
        #expect(decode("\u{1b}[" + String(repeating: "1", count: 500) + "Aq") == [.key(.character("q"))])
        #expect(decode("\u{1b}[<0;0;0Mq") == [.key(.character("q"))])
        #expect(decode("\u{1b}\u{1b}") == [.key(.escape), .key(.escape)])
        var decoder = InputDecoder()
        #expect(
            decoder.feed([0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0x71]) == [.key(.character("(")), .key(.character("q"))])
    }

    @Test("a paste keeps its first mebibyte")
    func pasteLimit() {
        let text = String(repeating: "a", count: InputDecoder.pasteBytesMax)
        #expect(decode("\u{1b}[200~" + text + "\u{1b}[201~") == [.paste(text)])
        #expect(decode("\u{1b}[200~" + text + "b\u{1b}[201~") == [.paste(text)])
    }

    @Test("any bytes are read without a trap")
    func anyBytes() {
        let seed = UInt64.random(in: .min ... .max)
        var state = seed
        var decoder = InputDecoder()
        for _ in 0..<200_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let byte = UInt8(truncatingIfNeeded: state >> 33)
            // Every other byte from those that sequences are made of.
            let alphabet = Array("\u{1b}[<O;0123456789MmA~".utf8)
            _ = decoder.feed([state >> 63 == 0 ? byte : alphabet[Int(byte) % alphabet.count]])
        }
        _ = decoder.flush()
        #expect(decoder.feed("\u{1b}[201~".utf8).count >= 0, "seed \(seed)")
    }
}

@Suite("Colour choice")
struct ColorChoiceTests {
    @Test(
        "the flag comes first, then NO_COLOR, then forcing, then the terminal",
        arguments: [
            (ColorWish.auto, [:], true, 256, ColorDepth.indexed256),
            (.auto, ["COLORTERM": "truecolor"], true, 256, .trueColor),
            (.auto, ["TERM": "linux"], true, 8, .ansi16),
            (.auto, ["NO_COLOR": "1", "FORCE_COLOR": "1"], true, 256, .none),
            (.auto, ["NO_COLOR": ""], true, 256, .indexed256),
            (.always, ["NO_COLOR": "1"], true, 256, .indexed256),
            (.never, ["FORCE_COLOR": "1"], true, 256, .none),
            (.auto, ["CLICOLOR": "0"], true, 256, .none),
            (.auto, ["CLICOLOR": "0", "CLICOLOR_FORCE": "1"], true, 256, .indexed256),
            (.auto, ["TERM": "dumb"], true, 8, .none),
            (.auto, ["TERM": "xterm-256color"], false, 0, .none),
            (.always, ["TERM": "xterm-256color"], false, 0, .indexed256),
            (.auto, ["TERM": "vt100"], true, 0, .none),
        ] as [(ColorWish, [String: String], Bool, Int, ColorDepth)])
    func precedence(wish: ColorWish, environment: [String: String], isTerminal: Bool, colors: Int, depth: ColorDepth) {
        #expect(
            ColorDepth.chosen(wish: wish, environment: environment, isTerminal: isTerminal, terminfoColors: colors)
                == depth)
    }
}
