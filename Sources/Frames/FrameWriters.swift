// Frames as text: plain, with ANSI sequences, and golden files.
// For pipes, `ferula render`, failing tests; the interactive screen goes through Terminal.

extension Frame {
    /// Rows without their trailing blanks, each ended by a line feed; trailing empty rows stay.
    public var plainText: String {
        var text = ""
        text.reserveCapacity(cells.count + size.height)
        for y in 0..<size.height {
            text += plainRow(y)
            text += "\n"
        }
        return text
    }

    func plainRow(_ y: Int) -> String {
        var row = ""
        var blanks = 0
        for x in 0..<size.width {
            guard let character = cells[y * size.width + x].text else { continue }
            if character == " " {
                blanks += 1
                continue
            }
            while blanks > 0 {
                row.append(" ")
                blanks -= 1
            }
            row.append(TextWidth.printable(character))
        }
        return row
    }

    /// Rows with SGR sequences for `depth`, each reset at its end and ended by a line feed. No cursor movement.
    public func ansiText(depth: ColorDepth) -> String {
        var writer = ANSIWriter(depth: depth)
        for y in 0..<size.height {
            writer.write(self, x: 0, y: y, width: size.width, trimsTrailingBlanks: true)
            writer.endRow()
        }
        return writer.text
    }
}

/// Cells to SGR sequences; writes only what changes from cell to cell.
public struct ANSIWriter {
    public private(set) var text = ""
    private var reduction: ColorReduction
    private var current: Style?

    public init(depth: ColorDepth) { reduction = ColorReduction(depth: depth) }

    public mutating func write(_ frame: Frame, x: Int, y: Int, width: Int, trimsTrailingBlanks: Bool = false) {
        var end = x + width
        if trimsTrailingBlanks {
            while end > x, frame[end - 1, y] == Cell() { end -= 1 }
        }
        for column in x..<max(x, end) {
            let cell = frame[column, y]
            guard let character = cell.text else { continue }
            if current != cell.style { select(cell.style) }
            text.append(TextWidth.printable(character))
        }
    }

    public mutating func endRow() {
        if let current, current != .plain { text += "\u{1b}[0m" }
        current = nil
        text += "\n"
    }

    private mutating func select(_ style: Style) {
        if current == nil, style == .plain {
            current = style
            return
        }
        var codes = "0"
        if style.attributes.contains(.bold) { codes += ";1" }
        if style.attributes.contains(.dim) { codes += ";2" }
        if style.attributes.contains(.italic) { codes += ";3" }
        if style.attributes.contains(.underline) { codes += ";4" }
        if style.attributes.contains(.reverse) { codes += ";7" }
        codes += code(style.foreground, isBackground: false)
        codes += code(style.background, isBackground: true)
        text += "\u{1b}[\(codes)m"
        current = style
    }

    private mutating func code(_ color: Color, isBackground: Bool) -> String {
        let base = isBackground ? 40 : 30
        switch reduction.reduce(color) {
        case .terminal: return ""
        case .indexed(let index) where index < 8: return ";\(base + Int(index))"
        case .indexed(let index) where index < 16: return ";\(base + 60 + Int(index) - 8)"
        case .indexed(let index): return ";\(base + 8);5;\(index)"
        case .rgb(let red, let green, let blue): return ";\(base + 8);2;\(red);\(green);\(blue)"
        }
    }
}

/// A frame as a text that people read and diffs show: glyph rows, then style rows, then what each style letter means.
public enum GoldenText {
    /// `.` is the plain style; others are lettered in order of appearance. Colours are written as they are at `depth`.
    public static func write(_ frame: Frame, depth: ColorDepth = .trueColor) -> String {
        var reduction = ColorReduction(depth: depth)
        var letters: [String: Character] = ["": "."]
        var meanings: [(Character, String)] = []
        var styleRows = ""
        for y in 0..<frame.size.height {
            for x in 0..<frame.size.width {
                let meaning = describe(frame[x, y].style, &reduction)
                if let letter = letters[meaning] {
                    styleRows.append(letter)
                    continue
                }
                let letter = alphabet[min(meanings.count, alphabet.count - 1)]
                letters[meaning] = letter
                meanings.append((letter, meaning))
                styleRows.append(letter)
            }
            styleRows.append("\n")
        }
        var text = "\(frame.size.width)x\(frame.size.height)\n" + frame.plainText + "styles\n" + styleRows
        for (letter, meaning) in meanings { text += "\(letter) \(meaning)\n" }
        return text
    }

    /// The styles alone, and shorter: of each row its letters with how many cells each takes, `"` for a row that is as the
    /// one before, then what each letter means at `depth`. After the letters come numbers in brackets.
    public static func styleRuns(_ frame: Frame, depth: ColorDepth = .trueColor) -> String {
        var reduction = ColorReduction(depth: depth)
        var names: [String: String] = ["": "."]
        var meanings = ""
        var rows = ""
        var previous = ""
        for y in 0..<frame.size.height {
            var row = ""
            var run = (name: "", count: 0)
            func endRun() { row += run.count > 1 ? "\(run.name)\(run.count)" : run.count == 1 ? run.name : "" }
            for x in 0..<frame.size.width {
                let meaning = describe(frame[x, y].style, &reduction)
                let place = names.count - 1
                let name = names[meaning] ?? (place < runAlphabet.count ? String(runAlphabet[place]) : "(\(place))")
                if names[meaning] == nil {
                    names[meaning] = name
                    meanings += "\(name) \(meaning)\n"
                }
                if name == run.name {
                    run.count += 1
                } else {
                    endRun()
                    run = (name, 1)
                }
            }
            endRun()
            rows += row == previous ? "\"\n" : row + "\n"
            previous = row
        }
        return "styles\n" + rows + meanings
    }

    private static let runAlphabet = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZαβγδεζηθλμξπρσφχψω")
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789?")

    private static func describe(_ style: Style, _ reduction: inout ColorReduction) -> String {
        var words: [String] = []
        if let name = describe(reduction.reduce(style.foreground)) { words.append(name) }
        if let name = describe(reduction.reduce(style.background)) { words.append("on " + name) }
        if style.attributes.contains(.bold) { words.append("bold") }
        if style.attributes.contains(.dim) { words.append("dim") }
        if style.attributes.contains(.underline) { words.append("underline") }
        if style.attributes.contains(.reverse) { words.append("reverse") }
        if style.attributes.contains(.italic) { words.append("italic") }
        return words.joined(separator: " ")
    }

    private static func describe(_ color: ReducedColor) -> String? {
        switch color {
        case .terminal: return nil
        case .indexed(let index): return "\(index)"
        case .rgb(let red, let green, let blue): return "#" + hex(red) + hex(green) + hex(blue)
        }
    }

    static func hex(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }
}
