// Cells as ncurses wants them: wide characters it can place, attributes, colour pairs it can express.
// Comes between a Frame's rows and mvwadd_wchnstr; used on the terminal's thread only.

import CNcurses
import Frames

struct CursesInk {
    let depth: ColorDepth
    private let colors: Int

    /// After newterm: starts ncurses' colours when there are to be any.
    init(depth wanted: ColorDepth) {
        guard wanted != .none, has_colors() else {
            depth = .none
            colors = 0
            return
        }
        start_color()
        use_default_colors()
        colors = Int(cn_colors())
        depth = wanted
    }

    /// One element a character: ncurses itself skips the right half of a wide one.
    func fill(_ row: inout [cchar_t], from cells: ArraySlice<Cell>) {
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

    private func look(of style: Style) -> (attr_t, Int32) {
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
    private func number(of color: Color) -> Int {
        switch color {
        case .terminal: return -1
        case .ansi(let index): return min(Int(index), 15)
        case .rgb(let red, let green, let blue):
            switch depth {
            case .none: return -1
            case .ansi16: return Self.nearestANSI(red, green, blue)
            case .indexed256: return Self.nearestIndexed(red, green, blue)
            case .trueColor:
                let value = Int(red) << 16 | Int(green) << 8 | Int(blue)
                // The numbers below are the palette's: the darkest blues become the darkest green.
                return value < DirectColorTerminfo.paletteColors ? 0x000100 : value
            }
        }
    }

    /// The 6x6x6 cube or the grey ramp of the 256 colours, whichever is nearer.
    static func nearestIndexed(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> Int {
        let levels = [0, 95, 135, 175, 215, 255]
        func nearestLevel(_ value: Int) -> Int {
            value < 48 ? 0 : value < 115 ? 1 : min(5, (value - 35) / 40)
        }
        let (r, g, b) = (Int(red), Int(green), Int(blue))
        let (i, j, k) = (nearestLevel(r), nearestLevel(g), nearestLevel(b))
        let gray = min(23, max(0, ((r + g + b) / 3 - 3) / 10))
        let level = 8 + 10 * gray
        func distance(_ x: Int, _ y: Int, _ z: Int) -> Int { (r - x) * (r - x) + (g - y) * (g - y) + (b - z) * (b - z) }
        let isCubeNearer = distance(levels[i], levels[j], levels[k]) <= distance(level, level, level)
        return isCubeNearer ? 16 + 36 * i + 6 * j + k : 232 + gray
    }

    /// By hue first: the 16 colours differ from terminal to terminal, their names do not.
    static func nearestANSI(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> Int {
        let (r, g, b) = (Int(red), Int(green), Int(blue))
        let most = max(r, g, b)
        let least = min(r, g, b)
        if most - least < 40 {
            return most < 48 ? 0 : most < 140 ? 8 : most < 220 ? 7 : 15
        }
        let half = least + (most - least) / 2
        let hue = (r > half ? 1 : 0) | (g > half ? 2 : 0) | (b > half ? 4 : 0)
        return most > 190 && least > 90 ? hue + 8 : hue
    }
}
