// A frame as HTML: a `<pre>` whose text can be selected, with every cell in its place whatever the font is.
// Called by Frame.htmlText.

struct HTMLWriter {
    private let colors: PictureColors
    private var classes: [Style: String] = [:]
    private var rules = ""

    init(_ colors: PictureColors) { self.colors = colors }

    mutating func write(_ frame: Frame, title: String) -> String {
        var rows = ""
        for y in 0..<frame.size.height { rows += row(frame, y) + "\n" }
        let background = PictureColors.hex(colors.background)
        let foreground = PictureColors.hex(colors.foreground)
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <title>\(Markup.escaped(title.isEmpty ? "ferula" : title))</title>
            <style>
            body{margin:0;background:\(background);color:\(foreground)}
            pre{margin:0;padding:.5em;width:max-content;white-space:pre;line-height:1.2;\
            font-family:"DejaVu Sans Mono",Menlo,Consolas,"Liberation Mono",monospace;\
            font-size:min(14px,calc(100vw/\(Self.emsTimesTen(frame.size.width))*10))}
            i,u{display:inline-block;height:1.2em;vertical-align:top;text-align:center;\
            text-decoration:none;font-style:inherit;overflow:hidden}
            i{width:1ch}
            u{width:2ch}
            \(Self.blockRules)\(rules)</style>
            </head>
            <body>
            <pre>
            \(rows)</pre>
            </body>
            </html>

            """
    }

    /// The width of the text in tenths of its font's size, the padding with it: a character is 0.602 of it wide.
    private static func emsTimesTen(_ columns: Int) -> Int { max(1, (columns * 602 + 99) / 100 + 12) }

    /// Blocks are backgrounds with the character, which can be copied, invisible on top: fonts draw them with gaps.
    private static let blockRules: String = {
        let fill = "-webkit-text-fill-color:transparent;background-image:linear-gradient"
        var rules = ""
        for eighths in 1...8 {
            let share = eighths == 8 ? "100" : "\(eighths * 125 / 10)" + (eighths % 2 == 1 ? ".5" : "")
            rules += ".v\(eighths){\(fill)(0deg,currentColor \(share)%,transparent 0)}\n"
            if eighths < 8 { rules += ".h\(eighths){\(fill)(90deg,currentColor \(share)%,transparent 0)}\n" }
        }
        rules += ".t4{\(fill)(180deg,currentColor 50%,transparent 0)}\n"
        rules += ".r4{\(fill)(270deg,currentColor 50%,transparent 0)}\n"
        return rules
    }()

    private mutating func row(_ frame: Frame, _ y: Int) -> String {
        // Blanks at the end say nothing, unless they have a colour.
        var end = frame.size.width
        while end > 0, frame[end - 1, y].text == " ", isInvisible(frame[end - 1, y].style) { end -= 1 }
        var text = ""
        var x = 0
        while x < end {
            let style = frame[x, y].style
            var run = ""
            while x < end, frame[x, y].style == style { run += cells(frame, &x, y, end) }
            text += style == .plain ? run : "<span class=\(name(of: style))>\(run)</span>"
        }
        return text
    }

    private func isInvisible(_ style: Style) -> Bool {
        style.background == .terminal && style.attributes.isDisjoint(with: [.reverse, .underline])
    }

    /// One cell, two of a wide character, or as many as are alike.
    private func cells(_ frame: Frame, _ x: inout Int, _ y: Int, _ end: Int) -> String {
        let cell = frame[x, y]
        let start = x
        x += 1
        guard let character = cell.text else { return "" }
        if x < frame.size.width, frame[x, y].text == nil {
            x += 1
            return "<u>\(Markup.escaped("\(character)"))</u>"
        }
        guard let value = character.unicodeScalars.first?.value, value >= 0x300 || character.unicodeScalars.count > 1
        else { return Markup.escaped("\(character)") }
        let block = Self.block(value).map { " class=\($0)" } ?? ""
        let canBeWide = !block.isEmpty || (0x2500...0x2509).contains(value)
        while canBeWide, x < end, frame[x, y] == cell { x += 1 }
        let run = String(repeating: Markup.escaped("\(character)"), count: x - start)
        return "<i\(block)\(x - start > 1 ? " style=width:\(x - start)ch" : "")>\(run)</i>"
    }

    private static func block(_ value: UInt32) -> String? {
        switch value {
        case 0x2580: "t4"
        case 0x2581...0x2588: "v\(value - 0x2580)"
        case 0x2589...0x258f: "h\(0x2590 - value)"
        case 0x2590: "r4"
        default: nil
        }
    }

    private mutating func name(of style: Style) -> String {
        if let name = classes[style] { return name }
        let name = "s\(classes.count)"
        classes[style] = name
        let (ink, paper) = colors.colors(style)
        var rule = "color:\(ink)"
        // As high as the line: the background of plain text is as high as its letters.
        if let paper { rule += ";background:\(paper);display:inline-block;height:1.2em;vertical-align:top" }
        if style.attributes.contains(.bold) { rule += ";font-weight:bold" }
        if style.attributes.contains(.italic) { rule += ";font-style:italic" }
        if style.attributes.contains(.underline) { rule += ";text-decoration:underline" }
        rules += ".\(name){\(rule)}\n"
        return name
    }
}
