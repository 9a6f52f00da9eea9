// Frames as SVG and HTML: every cell in its place, shapes for what fonts draw otherwise, and no text that is markup.

import Foundation
import Testing

@testable import Frames

#if canImport(FoundationXML)
    import FoundationXML
#endif

private func frame(_ rows: String..., style: Style = .plain) -> Frame {
    let width = rows.map { TextWidth.cells(of: $0) }.max() ?? 0
    var frame = Frame(size: Size(width: width, height: rows.count))
    for (y, row) in rows.enumerated() { frame.draw(row, x: 0, y: y, style: style) }
    return frame
}

/// What stands between the background and the end.
private func body(_ frame: Frame) -> [String] {
    frame.svgText().split(separator: "\n").dropFirst(2).dropLast().map(String.init)
}

private let ink = Style(foreground: .rgb(1, 2, 3))

@Suite struct SVGTests {
    @Test("a frame is one document with its size, its colours and its title")
    func document() {
        let picture = frame("ab").svgText(background: (1, 2, 3), foreground: (254, 255, 0), title: "a & b")
        #expect(
            picture == """
                <svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 16 16" role="img" \
                font-family="DejaVu Sans Mono,Menlo,Consolas,Liberation Mono,monospace" font-size="13.288">
                <title>a &amp; b</title>
                <rect width="16" height="16" fill="#010203"/>
                <g fill="#feff00">
                <text x="0" y="12" textLength="16">ab</text>
                </g>
                </svg>

                """)
    }

    @Test(
        "characters that fonts draw otherwise are shapes, and alike neighbours one",
        arguments: [
            ("▄▄█", "M0 8h16v8h-16zM16 0h8v16h-8z"), ("▁▇", "M0 14h8v2h-8zM8 2h8v14h-8z"), ("▌", "M0 0h4v16h-4z"),
            ("▐▀", "M4 0h4v16h-4zM8 0h8v8h-8z"), ("▚", "M0 0h4v8h-4zM4 8h4v8h-4z"), ("■", "M1 5h6v7h-6z"),
            ("█ █", "M0 0h8v16h-8zM16 0h8v16h-8z"),
        ])
    func boxes(text: String, path: String) {
        let expected = "<path fill=\"#010203\" shape-rendering=\"crispEdges\" d=\"\(path)\"/>"
        #expect(body(frame(text, style: ink)) == [expected])
    }

    @Test(
        "quadrants are where their names say",
        arguments: [
            ("▖", [0, 8]), ("▗", [4, 8]), ("▘", [0, 0]), ("▝", [4, 0]), ("▙", [0, 0, 0, 8, 4, 8]), ("▞", [4, 0, 0, 8]),
            ("▛", [0, 0, 4, 0, 0, 8]), ("▜", [0, 0, 4, 0, 4, 8]), ("▟", [4, 0, 0, 8, 4, 8]),
        ] as [(Character, [Int])])
    func quadrants(text: Character, corners: [Int]) {
        let boxes = stride(from: 0, to: corners.count, by: 2).map {
            GlyphShape.Box(corners[$0], corners[$0 + 1], 4, 8)
        }
        #expect(GlyphShape(text) == .boxes(boxes))
    }

    @Test("braille is dots where the character has them")
    func braille() {
        let line = "<path stroke=\"#010203\" stroke-width=\"3\" stroke-linecap=\"round\" d=\"M2 2h0M10 14h0M14 14h0\"/>"
        #expect(body(frame("⠁⣀", style: ink)) == [line])
    }

    @Test("lines go through from cell to cell, corners are round, shades are the ink thinned")
    func lines() {
        #expect(
            body(frame("╭──╮", style: ink)) == [
                "<path fill=\"none\" stroke=\"#010203\" d=\"M0 0m4.5 16v-4.5q0-3 3-3h.5M8 8.5h16"
                    + "M24 0m0 8.5h1.5q3 0 3 3v4.5\"/>"
            ])
        #expect(
            body(frame("┈┈▒", style: ink)) == [
                "<path fill=\"#010203\" fill-opacity=\".50\" shape-rendering=\"crispEdges\" d=\"M16 0h8v16h-8z\"/>",
                "<path fill=\"none\" stroke=\"#010203\" stroke-dasharray=\"1 1\" d=\"M0 8.5h16\"/>",
            ])
    }

    @Test("text keeps its columns: runs end where two blanks stand, where a wide or a strange character does")
    func texts() {
        #expect(
            body(frame("a b  c 日x✓y")) == [
                "<g fill=\"#ccccdc\">", "<text x=\"0\" y=\"12\" textLength=\"24\">a b</text>",
                "<text x=\"40\" y=\"12\">c</text>", "<text x=\"72\" y=\"12\">x</text>",
                "<text x=\"88\" y=\"12\">y</text>", "</g>", "<g fill=\"#ccccdc\" text-anchor=\"middle\">",
                "<text x=\"64\" y=\"12\">日</text>", "<text x=\"84\" y=\"12\">✓</text>", "</g>",
            ])
    }

    @Test("backgrounds are one box a run; reversed and dimmed colours are what a terminal shows")
    func styles() {
        let reversed = Style(foreground: .rgb(9, 9, 9), attributes: [.reverse, .bold, .underline])
        #expect(
            body(frame("ab", style: reversed)) == [
                "<path fill=\"#090909\" shape-rendering=\"crispEdges\" d=\"M0 0h16v16h-16z\"/>",
                "<g fill=\"#111217\" font-weight=\"bold\">",
                "<text x=\"0\" y=\"12\" textLength=\"16\" text-decoration=\"underline\">ab</text>", "</g>",
            ])
        let dim = Style(foreground: .rgb(100, 200, 0), attributes: .dim)
        #expect(body(frame("a", style: dim)).first == "<g fill=\"#427f09\">")
    }

    @Test("colours are reduced to what a depth has")
    func reduced() {
        #expect(
            frame("a", style: Style(foreground: .rgb(255, 0, 0))).reduced(to: .indexed256)[0, 0].style.foreground
                == .ansi(196))
        #expect(frame("a", style: ink).reduced(to: .none)[0, 0].style.foreground == .terminal)
        #expect(frame("a", style: ink).reduced(to: .trueColor)[0, 0].style.foreground == .rgb(1, 2, 3))
    }
}

@Suite struct HTMLTests {
    private func rows(_ frame: Frame) -> [Substring] {
        let text = frame.htmlText()
        guard let start = text.firstRange(of: "<pre>\n"), let end = text.firstRange(of: "</pre>") else { return [] }
        return text[start.upperBound..<end.lowerBound].split(separator: "\n", omittingEmptySubsequences: false)
    }

    @Test("rows are lines of text, with their colours as classes; blanks at the end say nothing")
    func plain() {
        #expect(rows(frame("", "a <b>", "c  ")) == ["", "a &lt;b&gt;", "c", ""])
        #expect(rows(frame("ab", style: ink)) == ["<span class=s0>ab</span>", ""])
        #expect(frame("ab", style: ink).htmlText().contains("\n.s0{color:#010203}\n"))
    }

    @Test("characters of unknown width have a box of their cells, blocks are drawn by the box")
    func cells() {
        #expect(rows(frame("⣀x日y")) == ["<i>⣀</i>x<u>日</u>y", ""])
        #expect(
            rows(frame("▃▃▃█▌▀")) == [
                "<i class=v3 style=width:3ch>▃▃▃</i><i class=v8>█</i><i class=h4>▌</i><i class=t4>▀</i>", "",
            ])
        #expect(rows(frame("╭──╮")) == ["<i>╭</i><i style=width:2ch>──</i><i>╮</i>", ""])
    }

    @Test("a background is as high as its line")
    func papers() {
        let style = Style(foreground: .rgb(1, 2, 3), background: .rgb(4, 5, 6))
        #expect(
            frame("a", style: style).htmlText().contains(
                "\n.s0{color:#010203;background:#040506;display:inline-block;height:1.2em;vertical-align:top}\n"))
    }

    @Test("a document refers to nothing outside and runs nothing")
    func closed() {
        let text = frame("a").htmlText(title: "x")
        #expect(text.hasPrefix("<!DOCTYPE html>\n"))
        #expect(text.contains("content=\"default-src 'none'; style-src 'unsafe-inline'\""))
        for word in ["http:", "https:", "src=", "href=", "url(", "<script", "@import"] { #expect(!text.contains(word)) }
    }
}

@Suite struct PictureSafetyTests {
    private static let hostile = [
        "<script>alert(1)</script>", "</pre><img src=x onerror=alert(1)>", "]]><!--", "&lt;&#60;", "\"'><svg onload=x>",
        "\u{1b}]8;;x\u{7}", "\u{0}\u{8}\u{b}\u{1f}\u{7f}\u{85}", "a\u{202e}b", "\u{fffe}\u{ffff}\u{1fffe}",
        "x\u{301}\u{fffe}",
    ]

    private final class Reader: NSObject, XMLParserDelegate {
        var names: Set<String> = []
        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) { names.insert(name) }
    }

    @Test("no text and no title becomes markup, and what XML forbids is replaced", arguments: hostile)
    func escapes(text: String) {
        let frame = frame(text + "    ", text)
        let reader = Reader()
        let parser = XMLParser(data: Data(frame.svgText(title: text).utf8))
        parser.delegate = reader
        #expect(parser.parse(), "\(String(describing: parser.parserError))")
        #expect(reader.names.isSubset(of: ["svg", "title", "rect", "path", "g", "text"]), "\(reader.names)")
        let page = frame.htmlText(title: text)
        for word in ["<script", "<img", "<svg", "<!--", "\u{1b}", "\u{0}", "\u{202e}", "\u{fffe}"] {
            #expect(!page.contains(word), "\(word)")
        }
        #expect(page.components(separatedBy: "</pre>").count == 2)
    }

    @Test("a frame without cells is a document as well")
    func empty() {
        #expect(Frame(size: Size(width: 0, height: 0)).svgText().hasSuffix("</svg>\n"))
        #expect(Frame(size: Size(width: 0, height: 3)).htmlText().contains("<pre>\n\n\n\n</pre>"))
    }
}
