// Frames as SVG and HTML, for documents and `ferula render`: what both have in common, and their doors.
// SVGWriter and HTMLWriter draw; GlyphShapes says which characters become shapes.

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
    ///
    /// Blocks, braille and lines are shapes and text is placed run by run, so that cells align whatever the reader's
    /// font is. Nothing in it refers to anything outside, and no text of the frame is more than text.
    ///
    /// - `title`: said by browsers and screen readers, not drawn.
    public func svgText(
        background: (UInt8, UInt8, UInt8) = (17, 18, 23), foreground: (UInt8, UInt8, UInt8) = (204, 204, 220),
        title: String = ""
    ) -> String {
        var writer = SVGWriter(PictureColors(background: background, foreground: foreground))
        return writer.write(self, title: title)
    }

    /// A whole HTML document without scripts, which refers to nothing outside: one `<pre>` that can be selected and
    /// searched, as wide as the window at most.
    public func htmlText(
        background: (UInt8, UInt8, UInt8) = (17, 18, 23), foreground: (UInt8, UInt8, UInt8) = (204, 204, 220),
        title: String = ""
    ) -> String {
        var writer = HTMLWriter(PictureColors(background: background, foreground: foreground))
        return writer.write(self, title: title)
    }
}

enum Markup {
    /// Text between tags, of XML and of HTML: no character of it is markup, and none is forbidden there.
    static func escaped(_ text: some StringProtocol) -> String {
        var result = ""
        // By scalars: a mark behind `<` makes another character of it, and not another sign for a reader of XML.
        for scalar in text.lazy.flatMap({ TextWidth.printable($0).unicodeScalars }) {
            switch scalar {
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            // XML has no such characters, not even by their numbers.
            case _ where scalar.value & 0xfffe == 0xfffe: result.unicodeScalars.append("\u{fffd}")
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

/// What the colours of a style are in a picture: reversed and dimmed as a terminal would.
struct PictureColors {
    var background: (UInt8, UInt8, UInt8)
    var foreground: (UInt8, UInt8, UInt8)

    static func hex(_ rgb: (UInt8, UInt8, UInt8)) -> String {
        "#" + GoldenText.hex(rgb.0) + GoldenText.hex(rgb.1) + GoldenText.hex(rgb.2)
    }

    private func rgb(_ color: Color, _ own: (UInt8, UInt8, UInt8)) -> (UInt8, UInt8, UInt8) {
        switch color {
        case .terminal: own
        case .ansi(let index): ColorReduction.rgb(ofIndex: index)
        case .rgb(let red, let green, let blue): (red, green, blue)
        }
    }

    /// Nil paper: the picture's own.
    func colors(_ style: Style) -> (ink: String, paper: String?) {
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
        return (Self.hex(ink), paper.map(Self.hex))
    }
}

/// Values in the order in which their keys came first.
struct OrderedGroups<Key: Hashable, Value> {
    private var places: [Key: Int] = [:]
    private(set) var groups: [(key: Key, value: Value)] = []
    private let empty: Value

    init(empty: Value) { self.empty = empty }

    subscript(key: Key) -> Value {
        get { places[key].map { groups[$0].value } ?? empty }
        _modify {
            let place: Int
            if let known = places[key] {
                place = known
            } else {
                place = groups.count
                places[key] = place
                groups.append((key, empty))
            }
            yield &groups[place].value
        }
    }
}
