// A screen's worth of cells, owned and complete: what painters fill and a terminal shows.
// Painters write into it through clipped rectangles; FrameDiff and Terminal read it.

public struct Size: Hashable, Sendable {
    public var width: Int
    public var height: Int
    public init(width: Int, height: Int) {
        self.width = max(0, width)
        self.height = max(0, height)
    }
}

/// Cells, not pixels; `x` to the right, `y` down.
public struct Rect: Hashable, Sendable {
    public var x: Int
    public var y: Int
    public var width: Int
    public var height: Int
    public init(x: Int, y: Int, width: Int, height: Int) {
        self.x = x
        self.y = y
        self.width = max(0, width)
        self.height = max(0, height)
    }
    public var maxX: Int { x + width }
    public var maxY: Int { y + height }
    public var isEmpty: Bool { width == 0 || height == 0 }
    public func inset(by cells: Int) -> Rect {
        Rect(x: x + cells, y: y + cells, width: width - 2 * cells, height: height - 2 * cells)
    }
    public func intersection(_ other: Rect) -> Rect {
        let left = max(x, other.x)
        let top = max(y, other.y)
        return Rect(
            x: left, y: top, width: min(maxX, other.maxX) - left, height: min(maxY, other.maxY) - top)
    }
}

/// The terminal's own colour, one of its 16, or a true colour that the terminal reduces to what it has.
public enum Color: Hashable, Sendable {
    case terminal
    case ansi(UInt8)
    case rgb(UInt8, UInt8, UInt8)
}

public struct Style: Hashable, Sendable {
    public struct Attributes: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        public static let bold = Attributes(rawValue: 1)
        public static let dim = Attributes(rawValue: 2)
        public static let underline = Attributes(rawValue: 4)
        public static let reverse = Attributes(rawValue: 8)
        public static let italic = Attributes(rawValue: 16)
    }
    public var foreground: Color
    public var background: Color
    public var attributes: Attributes
    public init(foreground: Color = .terminal, background: Color = .terminal, attributes: Attributes = []) {
        self.foreground = foreground
        self.background = background
        self.attributes = attributes
    }
    public static let plain = Style()
}

public struct Cell: Hashable, Sendable {
    /// One grapheme without control characters; `none` in the right half of a character two cells wide.
    public var glyph: Glyph
    public var style: Style

    public init(_ glyph: Glyph = " ", _ style: Style = .plain) {
        self.glyph = glyph
        self.style = style
    }
    public init(_ text: Character?, _ style: Style = .plain) {
        glyph = text.map { Glyph($0) } ?? .none
        self.style = style
    }

    /// The grapheme as text; nil for `none`.
    public var text: Character? {
        get { glyph.character }
        set { glyph = newValue.map { Glyph($0) } ?? .none }
    }
}

public struct Frame: Sendable {
    public let size: Size
    /// Row by row, `size.width * size.height` of them.
    public private(set) var cells: [Cell]
    /// Nothing is written outside; always within the bounds. Not part of what makes two frames equal.
    public private(set) var clip: Rect

    public init(size: Size, fill: Cell = Cell()) {
        self.size = size
        cells = Array(repeating: fill, count: size.width * size.height)
        clip = Rect(x: 0, y: 0, width: size.width, height: size.height)
    }

    public var bounds: Rect { Rect(x: 0, y: 0, width: size.width, height: size.height) }

    /// Outside the frame: reads a blank. Outside the clip: writes nothing.
    public subscript(x: Int, y: Int) -> Cell {
        get {
            guard x >= 0, y >= 0, x < size.width, y < size.height else { return Cell() }
            return cells[y * size.width + x]
        }
        set {
            guard x >= clip.x, y >= clip.y, x < clip.maxX, y < clip.maxY else { return }
            cells[y * size.width + x] = newValue
        }
    }

    /// Narrows the clip to `rect` while `paint` runs: what a painter is given, it cannot leave.
    public mutating func clipped(to rect: Rect, _ paint: (inout Frame) -> Void) {
        let outer = clip
        clip = outer.intersection(rect)
        paint(&self)
        clip = outer
    }

    public mutating func fill(_ rect: Rect, with cell: Cell) {
        let area = clip.intersection(rect)
        for y in area.y..<area.maxY {
            for x in area.x..<area.maxX { cells[y * size.width + x] = cell }
        }
    }

    /// Changes styles and leaves the text.
    public mutating func restyle(_ rect: Rect, _ change: (inout Style) -> Void) {
        let area = clip.intersection(rect)
        for y in area.y..<area.maxY {
            for x in area.x..<area.maxX { change(&cells[y * size.width + x].style) }
        }
    }

    /// Changes whole cells, row by row.
    public mutating func mapCells(in rect: Rect, _ change: (inout Cell) -> Void) {
        let area = clip.intersection(rect)
        for y in area.y..<area.maxY {
            for x in area.x..<area.maxX { change(&cells[y * size.width + x]) }
        }
    }
}

extension Frame: Hashable {
    public static func == (left: Frame, right: Frame) -> Bool { left.size == right.size && left.cells == right.cells }
    public func hash(into hasher: inout Hasher) {
        hasher.combine(size)
        hasher.combine(cells)
    }
}
