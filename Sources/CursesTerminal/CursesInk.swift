// Cells as ncurses wants them: wide characters it can place, attributes, colour pairs it can express.
// Comes between a Frame's rows and mvwadd_wchnstr; used on the terminal's thread only.

import CNcurses
import Frames

struct CursesInk {
    let depth: ColorDepth
    private let colors: Int
    private var reduction: ColorReduction

    /// After newterm: starts ncurses' colours when there are to be any.
    init(depth wanted: ColorDepth) {
        guard wanted != .none, has_colors() else {
            depth = .none
            colors = 0
            reduction = ColorReduction(depth: .none)
            return
        }
        start_color()
        use_default_colors()
        colors = Int(cn_colors())
        depth = wanted
        reduction = ColorReduction(depth: wanted)
    }

    /// One element a character: ncurses itself skips the right half of a wide one.
    mutating func fill(_ row: inout [cchar_t], from cells: ArraySlice<Cell>) {
        row.removeAll(keepingCapacity: true)
        var style: Style?
        var attributes: attr_t = 0
        var pair: Int32 = 0
        var index = cells.startIndex
        while index < cells.endIndex {
            let cell = cells[index]
            if cell.style != style {
                style = cell.style
                (attributes, pair) = look(of: cell.style)
            }
            let isWide = index + 1 < cells.endIndex && cells[index + 1].text == nil
            var text = Self.wideText(of: cell.text, columns: isWide ? 2 : 1)
            var element = cchar_t()
            cn_setcell(&element, &text.scalars, attributes, pair)
            row.append(element)
            index += 1
            if isWide {
                // The terminal thinks it narrower than the painter did: the second half becomes a blank.
                if text.columns == 1 {
                    var blank: [wchar_t] = [0x20, 0]
                    cn_setcell(&element, &blank, attributes, pair)
                    row.append(element)
                }
                index += 1
            }
        }
    }

    /// One spacing character with up to four marks, and how many columns it takes; `?` for what has no such form.
    static func wideText(of character: Character?, columns: Int) -> (scalars: [wchar_t], columns: Int) {
        guard let character else { return ([0x20, 0], 1) }
        var scalars: [wchar_t] = []
        var width = 0
        for scalar in character.unicodeScalars {
            let value = wchar_t(scalar.value)
            let columns = Int(wcwidth(value))
            if scalars.isEmpty {
                guard columns > 0 else { return ([0x3f, 0], 1) }
                width = columns
                scalars.append(value)
            } else if columns == 0, scalars.count < 5 {
                scalars.append(value)
            }
        }
        guard width <= columns, !scalars.isEmpty else { return ([0x3f, 0], 1) }
        return (scalars + [0], width)
    }

    private mutating func look(of style: Style) -> (attr_t, Int32) {
        var attributes: attr_t = 0
        if style.attributes.contains(.bold) { attributes |= cn_A_BOLD }
        if style.attributes.contains(.dim) { attributes |= cn_A_DIM }
        if style.attributes.contains(.underline) { attributes |= cn_A_UNDERLINE }
        if style.attributes.contains(.reverse) { attributes |= cn_A_REVERSE }
        if style.attributes.contains(.italic) { attributes |= cn_A_ITALIC }
        guard depth != .none else { return (attributes, 0) }
        var foreground = number(of: style.foreground)
        var background = number(of: style.background)
        if colors < 16 {
            // Bright colours of a terminal with eight: bold ones in front, plain ones behind.
            if foreground >= 8 {
                foreground -= 8
                attributes |= cn_A_BOLD
            }
            if background >= 8 { background -= 8 }
        }
        if foreground < 0 && background < 0 { return (attributes, 0) }
        let pair = alloc_pair(Int32(foreground), Int32(background))
        return (attributes, max(0, pair))
    }

    /// ncurses' number of a colour; -1 is the terminal's own.
    private mutating func number(of color: Color) -> Int {
        switch reduction.reduce(color) {
        case .terminal: return -1
        case .indexed(let index): return Int(index)
        case .rgb(let red, let green, let blue):
            let value = Int(red) << 16 | Int(green) << 8 | Int(blue)
            // The numbers below are the palette's: the darkest blues become the darkest green.
            return value < DirectColorTerminfo.paletteColors ? 0x000100 : value
        }
    }
}
