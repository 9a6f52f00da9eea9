// Dots, two by four a cell, in layers: each cell takes the colour of the layer with most dots in it.
// Painters draw lines into it; `draw(on:)` turns it into cells.

public struct BrailleCanvas: Sendable {
    /// In cells.
    public let size: Size
    public var dotWidth: Int { size.width * 2 }
    public var dotHeight: Int { size.height * 4 }
    private var mask: [UInt8]
    private var most: [UInt8]
    private var color: [Color]
    private var layer: [UInt8]
    private var touched: [Int32] = []
    /// Dots are set only in columns whose bit (x modulo 8) is set here: dashes.
    public var columnsKept: UInt8 = 0xff

    public init(size: Size) {
        self.size = size
        let count = size.width * size.height
        mask = Array(repeating: 0, count: count)
        most = mask
        layer = mask
        color = Array(repeating: .terminal, count: count)
    }

    private static let bits: [UInt8] = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80]

    /// Outside the canvas: nothing.
    public mutating func set(_ x: Int, _ y: Int) {
        guard x >= 0, y >= 0, x < dotWidth, y < dotHeight, columnsKept >> UInt8(x & 7) & 1 == 1 else { return }
        let cell = (y >> 2) * size.width + (x >> 1)
        if layer[cell] == 0 { touched.append(Int32(cell)) }
        layer[cell] |= Self.bits[(y & 3) << 1 | (x & 1)]
    }

    /// A vertical run of dots, both ends included, in either order.
    public mutating func column(_ x: Int, _ from: Int, _ to: Int) {
        guard x >= 0, x < dotWidth else { return }
        let low = max(0, min(from, to))
        let high = min(dotHeight - 1, max(from, to))
        guard low <= high else { return }
        for y in low...high { set(x, y) }
    }

    /// Bresenham's line, both ends included. Ends may lie outside; cost is the length of the longer side.
    public mutating func line(_ x0: Int, _ y0: Int, _ x1: Int, _ y1: Int) {
        let dx = abs(x1 - x0)
        let dy = -abs(y1 - y0)
        let stepX = x0 < x1 ? 1 : -1
        let stepY = y0 < y1 ? 1 : -1
        var error = dx + dy
        var x = x0
        var y = y0
        while true {
            set(x, y)
            if x == x1, y == y1 { return }
            let doubled = 2 * error
            if doubled >= dy {
                error += dy
                x += stepX
            }
            if doubled <= dx {
                error += dx
                y += stepY
            }
        }
    }

    /// Ends a layer: its dots join the picture, and where it has at least as many dots as any layer before, the cell takes its colour.
    public mutating func endLayer(color layerColor: Color) {
        for index in touched {
            let cell = Int(index)
            let dots = layer[cell]
            let count = UInt8(truncatingIfNeeded: dots.nonzeroBitCount)
            mask[cell] |= dots
            if count >= most[cell] {
                most[cell] = count
                color[cell] = layerColor
            }
            layer[cell] = 0
        }
        touched.removeAll(keepingCapacity: true)
    }

    /// Dots of a cell, 0 outside.
    public func dots(_ x: Int, _ y: Int) -> UInt8 {
        guard x >= 0, y >= 0, x < size.width, y < size.height else { return 0 }
        return mask[y * size.width + x]
    }

    /// Cells without dots leave the frame as it is; the others keep its background, or the colour of a block beneath.
    public func draw(on frame: inout Frame, x: Int, y: Int, attributes: Style.Attributes = []) {
        for row in 0..<size.height {
            for column in 0..<size.width {
                let cell = row * size.width + column
                let dots = mask[cell]
                guard dots != 0 else { continue }
                let under = frame[x + column, y + row]
                let isBlock = under.glyph == "█" || under.glyph == "▇" || under.glyph == "▆"
                let background = isBlock ? under.style.foreground : under.style.background
                frame[x + column, y + row] = Cell(
                    Glyphs.braille[Int(dots)],
                    Style(foreground: color[cell], background: background, attributes: attributes))
            }
        }
    }
}
