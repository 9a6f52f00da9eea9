// Frames as SVG and HTML, for documents and `ferula render`.
// Blocks and braille become shapes, so that the picture does not depend on the reader's fonts.

extension Frame {
    /// The same with the nearest colours that `depth` has.
    public func reduced(to depth: ColorDepth) -> Frame {
        guard depth != .trueColor else { return self }
        var reduction = ColorReduction(depth: depth)
        func color(_ color: Color) -> Color {
            switch reduction.reduce(color) {
            case .terminal: .terminal
            case .indexed(let index): .ansi(index)
            case .rgb(let red, let green, let blue): .rgb(red, green, blue)
            }
        }
        var frame = self
        frame.mapCells(in: bounds) { cell in
            cell.style.foreground = color(cell.style.foreground)
            cell.style.background = color(cell.style.background)
        }
        return frame
    }

    /// A whole SVG document; `background` fills it and `foreground` is the terminal's own text colour.
    public func svgText(
        background: (UInt8, UInt8, UInt8) = (17, 18, 23), foreground: (UInt8, UInt8, UInt8) = (204, 204, 220)
    ) -> String {
        var writer = SVGWriter(background: background, foreground: foreground)
        return writer.write(self)
    }

    /// One `<pre>` element with inline colours.
    public func htmlText(
        background: (UInt8, UInt8, UInt8) = (17, 18, 23), foreground: (UInt8, UInt8, UInt8) = (204, 204, 220)
    ) -> String {
        let picture = PictureColors(background: background, foreground: foreground)
        var text =
            "<pre style=\"line-height:1.2;font-family:monospace;background:\(picture.hex(background));"
            + "color:\(picture.hex(foreground))\">"
        for y in 0..<size.height {
            var x = 0
            while x < size.width {
                let style = self[x, y].style
                var run = ""
                while x < size.width, self[x, y].style == style {
                    if let character = self[x, y].text { run += markupEscaped(TextWidth.printable(character)) }
                    x += 1
                }
                guard style != .plain else {
                    text += run
                    continue
                }
                text += "<span style=\"\(picture.css(style))\">\(run)</span>"
            }
            text += "\n"
        }
        return text + "</pre>\n"
    }
}

private func markupEscaped(_ character: Character) -> String {
    switch character {
    case "<": "&lt;"
    case ">": "&gt;"
    case "&": "&amp;"
    case "\"": "&quot;"
    default: String(character)
    }
}

/// What the colours of a style are in a picture: reversed and dimmed as a terminal would.
private struct PictureColors {
    var background: (UInt8, UInt8, UInt8)
    var foreground: (UInt8, UInt8, UInt8)

    func hex(_ rgb: (UInt8, UInt8, UInt8)) -> String {
        "#" + GoldenText.hex(rgb.0) + GoldenText.hex(rgb.1) + GoldenText.hex(rgb.2)
    }

    private func rgb(_ color: Color, _ own: (UInt8, UInt8, UInt8)) -> (UInt8, UInt8, UInt8) {
        switch color {
        case .terminal: own
        case .ansi(let index): ColorReduction.rgb(ofIndex: index)
        case .rgb(let red, let green, let blue): (red, green, blue)
        }
    }

    /// Nil background: the terminal's own.
    func colors(_ style: Style) -> (ink: (UInt8, UInt8, UInt8), paper: (UInt8, UInt8, UInt8)?) {
        var ink = rgb(style.foreground, foreground)
        var paper: (UInt8, UInt8, UInt8)? = style.background == .terminal ? nil : rgb(style.background, background)
        if style.attributes.contains(.dim) {
            func half(_ a: UInt8, _ b: UInt8) -> UInt8 { UInt8((Int(a) * 6 + Int(b) * 4) / 10) }
            let under = paper ?? background
            ink = (half(ink.0, under.0), half(ink.1, under.1), half(ink.2, under.2))
        }
        if style.attributes.contains(.reverse) {
            let under = paper ?? background
            paper = ink
            ink = under
        }
        return (ink, paper)
    }

    func css(_ style: Style) -> String {
        let (ink, paper) = colors(style)
        var text = "color:\(hex(ink))"
        if let paper { text += ";background:\(hex(paper))" }
        if style.attributes.contains(.bold) { text += ";font-weight:bold" }
        if style.attributes.contains(.italic) { text += ";font-style:italic" }
        if style.attributes.contains(.underline) { text += ";text-decoration:underline" }
        return text
    }
}

private struct SVGWriter {
    static let cellWidth = 8
    static let cellHeight = 16
    let picture: PictureColors
    private var body = ""

    init(background: (UInt8, UInt8, UInt8), foreground: (UInt8, UInt8, UInt8)) {
        picture = PictureColors(background: background, foreground: foreground)
    }

    mutating func write(_ frame: Frame) -> String {
        let width = frame.size.width * Self.cellWidth
        let height = frame.size.height * Self.cellHeight
        body =
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height)\" "
            + "viewBox=\"0 0 \(width) \(height)\" font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" "
            + "font-size=\"13\">\n<rect width=\"\(width)\" height=\"\(height)\" "
            + "fill=\"\(picture.hex(picture.background))\"/>\n"
        for y in 0..<frame.size.height { writePapers(frame, y) }
        for y in 0..<frame.size.height { writeInks(frame, y) }
        return body + "</svg>\n"
    }

    private mutating func rect(_ x: Double, _ y: Double, _ width: Double, _ height: Double, _ fill: String) {
        body += "<rect x=\"\(x)\" y=\"\(y)\" width=\"\(width)\" height=\"\(height)\" fill=\"\(fill)\"/>\n"
    }

    /// Backgrounds, run by run.
    private mutating func writePapers(_ frame: Frame, _ y: Int) {
        var x = 0
        while x < frame.size.width {
            let start = x
            let style = frame[x, y].style
            while x < frame.size.width, frame[x, y].style == style { x += 1 }
            guard let paper = picture.colors(style).paper else { continue }
            rect(
                Double(start * Self.cellWidth), Double(y * Self.cellHeight), Double((x - start) * Self.cellWidth),
                Double(Self.cellHeight), picture.hex(paper))
        }
    }

    private mutating func writeInks(_ frame: Frame, _ y: Int) {
        var x = 0
        while x < frame.size.width {
            let cell = frame[x, y]
            guard let character = cell.text, character != " " else {
                x += 1
                continue
            }
            if writeShape(character, x, y, picture.hex(picture.colors(cell.style).ink)) {
                x += 1
                continue
            }
            let start = x
            var run = ""
            while x < frame.size.width, frame[x, y].style == cell.style, let next = frame[x, y].text, next != " ",
                !Self.isShape(next)
            {
                run += markupEscaped(TextWidth.printable(next))
                x += 1
                if x < frame.size.width, frame[x, y].text == nil {
                    x += 1
                    break
                }
                // Runs of ASCII keep their places; anything else is placed by itself.
                if !next.isASCII { break }
            }
            var attributes = ""
            if cell.style.attributes.contains(.bold) { attributes += " font-weight=\"bold\"" }
            if cell.style.attributes.contains(.italic) { attributes += " font-style=\"italic\"" }
            if cell.style.attributes.contains(.underline) { attributes += " text-decoration=\"underline\"" }
            body +=
                "<text x=\"\(start * Self.cellWidth)\" y=\"\(y * Self.cellHeight + 12)\" textLength=\""
                + "\((x - start) * Self.cellWidth)\" fill=\"\(picture.hex(picture.colors(cell.style).ink))\""
                + "\(attributes)>\(run)</text>\n"
        }
    }

    private static func isShape(_ character: Character) -> Bool {
        guard let value = character.unicodeScalars.first?.value else { return false }
        return (0x2580...0x2590).contains(value) || (0x2596...0x259f).contains(value)
            || (0x2800...0x28ff).contains(value) || lineEnds[value] != nil
            || (0x2591...0x2593).contains(value) || value == 0x2508 || value == 0x254c || value == 0x25a0
    }

    /// Box drawing as strokes from the cell's middle: 1 up, 2 right, 4 down, 8 left.
    private static let lineEnds: [UInt32: Int] = [
        0x2500: 10, 0x2502: 5, 0x250c: 6, 0x2510: 12, 0x2514: 3, 0x2518: 9, 0x256d: 6, 0x256e: 12, 0x256f: 9,
        0x2570: 3, 0x251c: 7, 0x2524: 13, 0x252c: 14, 0x2534: 11, 0x253c: 15,
    ]

    private mutating func writeShape(_ character: Character, _ column: Int, _ row: Int, _ fill: String) -> Bool {
        guard let value = character.unicodeScalars.first?.value, Self.isShape(character) else { return false }
        let x = Double(column * Self.cellWidth)
        let y = Double(row * Self.cellHeight)
        let width = Double(Self.cellWidth)
        let height = Double(Self.cellHeight)
        switch value {
        case 0x2580: rect(x, y, width, height / 2, fill)
        case 0x2581...0x2588:
            let part = height * Double(value - 0x2580) / 8
            rect(x, y + height - part, width, part, fill)
        case 0x2589...0x258f: rect(x, y, width * Double(0x2590 - value) / 8, height, fill)
        case 0x2591...0x2593:
            body +=
                "<rect x=\"\(x)\" y=\"\(y)\" width=\"\(width)\" height=\"\(height)\" fill=\"\(fill)\" "
                + "fill-opacity=\"\(Double(value - 0x2590) / 4)\"/>\n"
        case 0x2590: rect(x + width / 2, y, width / 2, height, fill)
        case 0x2596...0x259f:
            // Upper left 1, upper right 2, lower left 4, lower right 8, in the order of the code points.
            let masks = [4, 8, 1, 13, 9, 7, 11, 2, 6, 14]
            let mask = masks[Int(value - 0x2596)]
            for quarter in 0..<4 where mask >> quarter & 1 == 1 {
                rect(
                    x + Double(quarter & 1) * width / 2, y + Double(quarter >> 1) * height / 2, width / 2, height / 2,
                    fill)
            }
        case 0x25a0: rect(x, y + 5, 7, 7, fill)
        case 0x2508: for dot in 0..<2 { rect(x + Double(dot) * 4 + 1, y + 7.5, 2, 1, fill) }
        case 0x254c: for dot in 0..<2 { rect(x + Double(dot) * 4, y + 7.5, 3, 1, fill) }
        case 0x2800...0x28ff:
            let bits: [(UInt32, Double, Double)] = [
                (1, 0, 0), (8, 1, 0), (2, 0, 1), (16, 1, 1), (4, 0, 2), (32, 1, 2), (64, 0, 3), (128, 1, 3),
            ]
            for (bit, dx, dy) in bits where (value & 0xff) & bit != 0 {
                body += "<circle cx=\"\(x + 2 + dx * 4)\" cy=\"\(y + 2 + dy * 4)\" r=\"1.6\" fill=\"\(fill)\"/>\n"
            }
        default:
            let ends = Self.lineEnds[value] ?? 0
            if ends & 1 != 0 { rect(x + 3.5, y, 1, 8.5, fill) }
            if ends & 4 != 0 { rect(x + 3.5, y + 7.5, 1, 8.5, fill) }
            if ends & 2 != 0 { rect(x + 3.5, y + 7.5, 4.5, 1, fill) }
            if ends & 8 != 0 { rect(x, y + 7.5, 4.5, 1, fill) }
        }
        return true
    }
}
