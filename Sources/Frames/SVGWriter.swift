// A frame as SVG: one path a colour for what are shapes, one group a style for what is text.
// Called by Frame.svgText; GlyphShapes says what is a shape.

struct SVGWriter {
    private static let cellWidth = GlyphShape.width
    private static let cellHeight = GlyphShape.height
    private static let baseline = 12
    /// Of the usual monospaced fonts a character is 0.602 of this wide: a cell.
    private static let fontSize = "13.288"

    /// How a path looks besides its colour. The order is that in which they are drawn.
    private enum Layer: Hashable {
        case paper, boxes, shade(Int), strokes(GlyphShape.Pen), outline, dots

        var order: Int {
            switch self {
            case .paper: 0
            case .boxes: 1
            case .shade(let quarters): 1 + quarters
            case .strokes: 5
            case .outline: 6
            case .dots: 7
            }
        }

        func attributes(_ color: String) -> String {
            switch self {
            case .paper, .boxes: return "fill=\"\(color)\" shape-rendering=\"crispEdges\""
            case .shade(let quarters):
                return "fill=\"\(color)\" fill-opacity=\".\(quarters * 25)\" shape-rendering=\"crispEdges\""
            case .outline: return "fill=\"\(color)\""
            case .dots: return "stroke=\"\(color)\" stroke-width=\"3\" stroke-linecap=\"round\""
            case .strokes(let pen):
                switch pen {
                case .light: return "fill=\"none\" stroke=\"\(color)\""
                case .heavy: return "fill=\"none\" stroke=\"\(color)\" stroke-width=\"2\""
                case .dashed(let dashes): return "fill=\"none\" stroke=\"\(color)\" stroke-dasharray=\"\(dashes)\""
                }
            }
        }
    }
    private struct PathKey: Hashable {
        var layer: Layer
        var color: String
    }
    private struct TextKey: Hashable {
        var color: String
        var attributes: Style.Attributes
        /// Placed by its middle: a character of unknown width.
        var isCentred: Bool
    }
    /// What goes on in the next cell.
    private struct Run {
        var key: PathKey
        var shape: GlyphShape
        var start: Int
    }

    private let colors: PictureColors
    private var paths = OrderedGroups<PathKey, String>(empty: "")
    private var texts = OrderedGroups<TextKey, String>(empty: "")
    private var run: Run?

    init(_ colors: PictureColors) { self.colors = colors }

    mutating func write(_ frame: Frame, title: String) -> String {
        for y in 0..<frame.size.height {
            writePapers(frame, y)
            writeShapes(frame, y)
            writeTexts(frame, y)
        }
        let width = frame.size.width * Self.cellWidth
        let height = frame.size.height * Self.cellHeight
        var text =
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height)\" "
            + "viewBox=\"0 0 \(width) \(height)\" role=\"img\" "
            + "font-family=\"DejaVu Sans Mono,Menlo,Consolas,Liberation Mono,monospace\" "
            + "font-size=\"\(Self.fontSize)\">\n"
        if !title.isEmpty { text += "<title>\(Markup.escaped(title))</title>\n" }
        text += "<rect width=\"\(width)\" height=\"\(height)\" fill=\"\(PictureColors.hex(colors.background))\"/>\n"
        let ordered = paths.groups.enumerated().sorted {
            ($0.element.key.layer.order, $0.offset) < ($1.element.key.layer.order, $1.offset)
        }
        for (_, group) in ordered {
            text += "<path \(group.key.layer.attributes(group.key.color)) d=\"\(group.value)\"/>\n"
        }
        for group in texts.groups {
            text += "<g fill=\"\(group.key.color)\"\(Self.attributes(group.key))>\n\(group.value)</g>\n"
        }
        return text + "</svg>\n"
    }

    private static func attributes(_ key: TextKey) -> String {
        var text = key.isCentred ? " text-anchor=\"middle\"" : ""
        if key.attributes.contains(.bold) { text += " font-weight=\"bold\"" }
        if key.attributes.contains(.italic) { text += " font-style=\"italic\"" }
        return text
    }

    // MARK: Shapes

    private static func box(_ x: Int, _ y: Int, _ width: Int, _ height: Int) -> String {
        "M\(x) \(y)h\(width)v\(height)h-\(width)z"
    }

    /// Backgrounds, run by run.
    private mutating func writePapers(_ frame: Frame, _ y: Int) {
        var x = 0
        while x < frame.size.width {
            let start = x
            let paper = colors.colors(frame[x, y].style).paper
            while x < frame.size.width, frame[x, y].style == frame[start, y].style { x += 1 }
            guard let paper else { continue }
            paths[PathKey(layer: .paper, color: paper)] += Self.box(
                start * Self.cellWidth, y * Self.cellHeight, (x - start) * Self.cellWidth, Self.cellHeight)
        }
    }

    private mutating func writeShapes(_ frame: Frame, _ y: Int) {
        for x in 0..<frame.size.width {
            let cell = frame[x, y]
            guard let character = cell.text, character != " ", let shape = GlyphShape(character) else {
                endRun(at: x, y)
                continue
            }
            let color = colors.colors(cell.style).ink
            let key = PathKey(layer: Self.layer(of: shape), color: color)
            if let run, run.key == key, run.shape == shape { continue }
            endRun(at: x, y)
            if shape.isAsWideAsTheCell {
                run = Run(key: key, shape: shape, start: x)
            } else {
                paths[key] += Self.path(shape, x, y)
            }
        }
        endRun(at: frame.size.width, y)
    }

    private mutating func endRun(at x: Int, _ y: Int) {
        guard let run else { return }
        self.run = nil
        let left = run.start * Self.cellWidth
        let width = (x - run.start) * Self.cellWidth
        let top = y * Self.cellHeight
        switch run.shape {
        case .boxes(let boxes):
            for box in boxes { paths[run.key] += Self.box(left, top + box.y, width, box.height) }
        case .shade: paths[run.key] += Self.box(left, top, width, Self.cellHeight)
        case .across(let heights, _):
            for height in heights { paths[run.key] += "M\(left) \(Self.number(Double(top) + height))h\(width)" }
        case .braille, .strokes, .outline: break
        }
    }

    private static func layer(of shape: GlyphShape) -> Layer {
        switch shape {
        case .boxes: .boxes
        case .shade(let quarters): .shade(quarters)
        case .braille: .dots
        case .across(_, let pen), .strokes(_, let pen): .strokes(pen)
        case .outline: .outline
        }
    }

    /// Of a shape that stands by itself.
    private static func path(_ shape: GlyphShape, _ column: Int, _ row: Int) -> String {
        let x = column * cellWidth
        let y = row * cellHeight
        switch shape {
        case .boxes(let boxes):
            return boxes.map { box(x + $0.x, y + $0.y, $0.width, $0.height) }.joined()
        case .braille(let mask):
            let places = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)]
            return places.indices.filter { mask >> $0 & 1 == 1 }.map { bit in
                "M\(x + 2 + places[bit].0 * 4) \(y + 2 + places[bit].1 * 4)h0"
            }.joined()
        case .strokes(let path, _), .outline(let path): return "M\(x) \(y)" + path
        case .shade, .across: return ""
        }
    }

    /// A half is the only fraction there is.
    private static func number(_ value: Double) -> String {
        let whole = Int(value)
        return value == Double(whole) ? "\(whole)" : "\(whole).5"
    }

    // MARK: Text

    private mutating func writeTexts(_ frame: Frame, _ y: Int) {
        var x = 0
        while x < frame.size.width {
            let cell = frame[x, y]
            guard let character = cell.text, character != " ", GlyphShape(character) == nil else {
                x += 1
                continue
            }
            var key = TextKey(
                color: colors.colors(cell.style).ink,
                attributes: cell.style.attributes.intersection([.bold, .italic, .underline]), isCentred: false)
            if Self.hasCommonWidth(character), TextWidth.cells(of: character) == 1 {
                let (run, cells) = Self.run(frame, x, y)
                let length = cells > 1 ? " textLength=\"\(cells * Self.cellWidth)\"" : ""
                texts[key] += Self.element(x * Self.cellWidth, y, length + Self.line(key), run)
                x += cells
            } else {
                let cells = frame[x + 1, y].text == nil && x + 1 < frame.size.width ? 2 : 1
                key.isCentred = true
                texts[key] += Self.element(
                    x * Self.cellWidth + cells * Self.cellWidth / 2, y, Self.line(key), "\(character)")
                x += cells
            }
        }
    }

    /// Each text has its own: a group does not hand it on.
    private static func line(_ key: TextKey) -> String {
        key.attributes.contains(.underline) ? " text-decoration=\"underline\"" : ""
    }

    private static func element(_ x: Int, _ row: Int, _ length: String, _ text: String) -> String {
        "<text x=\"\(x)\" y=\"\(row * cellHeight + baseline)\"\(length)>\(Markup.escaped(text))</text>\n"
    }

    /// Text of one style, single blanks in it: more than one would be taken for one.
    private static func run(_ frame: Frame, _ start: Int, _ y: Int) -> (text: String, cells: Int) {
        let style = frame[start, y].style
        var text = ""
        var x = start
        while x < frame.size.width, frame[x, y].style == style, let character = frame[x, y].text {
            if character == " " {
                let next = frame[x + 1, y]
                guard x + 1 < frame.size.width, next.style == style, let following = next.text, following != " ",
                    hasCommonWidth(following), TextWidth.cells(of: following) == 1
                else { break }
            } else if !hasCommonWidth(character) || TextWidth.cells(of: character) != 1 {
                break
            }
            text.append(character)
            x += 1
        }
        return (text, x - start)
    }

    /// Letters and signs that a monospaced font has itself, not another one in its place.
    private static func hasCommonWidth(_ character: Character) -> Bool {
        guard character.unicodeScalars.count == 1, let value = character.unicodeScalars.first?.value else {
            return false
        }
        return value < 0x300 || (0x370..<0x483).contains(value) || (0x2010...0x2026).contains(value)
    }
}

extension GlyphShape {
    /// Several of it in a row are one.
    fileprivate var isAsWideAsTheCell: Bool {
        switch self {
        case .boxes(let boxes): boxes.allSatisfy { $0.x == 0 && $0.width == Self.width }
        case .shade, .across: true
        case .braille, .strokes, .outline: false
        }
    }
}
