// The part of markdown that dashboards' texts use: headings, emphasis, code, links, lists, quotes, tables, rules.
// Text to lines of spans; TextPainter wraps and colours them.

import Frames

enum Markdown {
    static func lines(_ text: String) -> [TextLine] {
        var lines: [TextLine] = []
        var paragraph = ""
        var table: [[String]] = []
        var isCode = false
        func endParagraph() {
            if !paragraph.isEmpty { lines.append(TextLine(spans: spans(paragraph), indent: 0)) }
            paragraph = ""
            if !table.isEmpty { lines += tableLines(table) }
            table = []
        }
        for raw in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            let line = trimmed(raw)
            if line.hasPrefix("```") || line.hasPrefix("~~~") {
                endParagraph()
                isCode.toggle()
                continue
            }
            if isCode {
                let code = TextSpan(text: "  " + String(raw), kind: .code)
                lines.append(TextLine(spans: [code], indent: 0, isVerbatim: true))
                continue
            }
            if line.hasPrefix("|") {
                if !paragraph.isEmpty { endParagraph() }
                table.append(tableCells(line))
                continue
            }
            if line.isEmpty {
                endParagraph()
                if let last = lines.last, !last.spans.isEmpty { lines.append(TextLine(spans: [], indent: 0)) }
                continue
            }
            if let block = block(line, indent: raw.prefix { $0 == " " || $0 == "\t" }.count) {
                endParagraph()
                lines.append(block)
                continue
            }
            let breaks = raw.hasSuffix("  ") || raw.hasSuffix("\\")
            paragraph += (paragraph.isEmpty ? "" : " ") + (line.hasSuffix("\\") ? String(line.dropLast()) : line)
            if breaks { endParagraph() }
        }
        endParagraph()
        return lines
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" || last == "\r" { text.removeLast() }
        return String(text)
    }

    private static func block(_ line: String, indent: Int) -> TextLine? {
        let hashes = line.prefix { $0 == "#" }.count
        if (1...6).contains(hashes), line.dropFirst(hashes).first.map({ $0 == " " }) ?? true {
            var title = trimmed(line.dropFirst(hashes))
            while title.hasSuffix("#") { title.removeLast() }
            return TextLine(spans: spans(title).map { TextSpan(text: $0.text, kind: .heading) }, indent: 0)
        }
        if line.count >= 3, let mark = line.first, "-*_".contains(mark), line.allSatisfy({ $0 == mark || $0 == " " }) {
            return TextLine(
                spans: [TextSpan(text: String(repeating: "─", count: 12), kind: .dim)], indent: 0, isVerbatim: true)
        }
        let depth = min(indent / 2, 4) * 2
        let margin = TextSpan(text: String(repeating: " ", count: depth), kind: .plain)
        if line.hasPrefix("- ") || line.hasPrefix("* ") || line.hasPrefix("+ ") {
            return TextLine(
                spans: [margin, TextSpan(text: "• ", kind: .dim)] + spans(trimmed(line.dropFirst(2))), indent: depth + 2
            )
        }
        let digits = line.prefix { $0.isASCII && $0.isNumber }.count
        if (1...4).contains(digits), line.dropFirst(digits).hasPrefix(". ") {
            return TextLine(
                spans: [margin, TextSpan(text: String(line.prefix(digits + 2)), kind: .dim)]
                    + spans(trimmed(line.dropFirst(digits + 2))),
                indent: depth + digits + 2)
        }
        if line.hasPrefix(">") {
            return TextLine(
                spans: [TextSpan(text: "│ ", kind: .dim)] + spans(trimmed(line.dropFirst(1))), indent: 2)
        }
        return nil
    }

    private static func tableCells(_ line: String) -> [String] {
        var cells = line.split(separator: "|", omittingEmptySubsequences: false).map { trimmed($0) }
        if cells.first?.isEmpty ?? false { cells.removeFirst() }
        if cells.last?.isEmpty ?? false { cells.removeLast() }
        return cells
    }

    private static func tableLines(_ rows: [[String]]) -> [TextLine] {
        let isRuled =
            rows.count > 1
            && rows[1].allSatisfy { cell in
                !cell.isEmpty && cell.allSatisfy { "-: ".contains($0) }
            }
        var widths: [Int] = []
        var content: [[[TextSpan]]] = []
        for (index, row) in rows.enumerated() where !(isRuled && index == 1) {
            let cells = row.map { spans($0) }
            for (column, cell) in cells.enumerated() {
                let width = min(30, cell.reduce(0) { $0 + TextWidth.cells(of: $1.text) })
                if column < widths.count { widths[column] = max(widths[column], width) } else { widths.append(width) }
            }
            content.append(cells)
        }
        return content.enumerated().map { index, cells in
            var line: [TextSpan] = []
            for (column, cell) in cells.enumerated() {
                let width = cell.reduce(0) { $0 + TextWidth.cells(of: $1.text) }
                line += index == 0 && isRuled ? cell.map { TextSpan(text: $0.text, kind: .strong) } : cell
                let space = max(0, widths[column] - width) + 2
                if column + 1 < cells.count {
                    line.append(TextSpan(text: String(repeating: " ", count: space), kind: .plain))
                }
            }
            return TextLine(spans: line, indent: 0, isVerbatim: true)
        }
    }

    /// Emphasis, code, links and images within a line.
    static func spans(_ text: String) -> [TextSpan] {
        let characters = Array(text)
        var spans: [TextSpan] = []
        var plain = ""
        var index = 0
        func flush() {
            if !plain.isEmpty { spans.append(TextSpan(text: plain, kind: .plain)) }
            plain = ""
        }
        func closing(_ mark: [Character], from start: Int) -> Int? {
            var at = start
            while at + mark.count <= characters.count {
                if Array(characters[at..<at + mark.count]) == mark { return at }
                at += 1
            }
            return nil
        }
        while index < characters.count {
            let character = characters[index]
            let next = index + 1 < characters.count ? characters[index + 1] : " "
            if character == "\\", "\\`*_{}[]()#+-.!|<>".contains(next) {
                plain.append(next)
                index += 2
                continue
            }
            if character == "`", let end = closing(["`"], from: index + 1), end > index + 1 {
                flush()
                spans.append(TextSpan(text: String(characters[index + 1..<end]), kind: .code))
                index = end + 1
                continue
            }
            if character == "*" || character == "_", next == character,
                let end = closing([character, character], from: index + 2), end > index + 2
            {
                flush()
                spans.append(TextSpan(text: String(characters[index + 2..<end]), kind: .strong))
                index = end + 2
                continue
            }
            let isInWord =
                character == "_" && index > 0 && (characters[index - 1].isLetter || characters[index - 1].isNumber)
            if character == "*" || character == "_", next != " ", next != character, !isInWord,
                let end = closing([character], from: index + 1), end > index + 1, characters[end - 1] != " "
            {
                flush()
                spans.append(TextSpan(text: String(characters[index + 1..<end]), kind: .emphasis))
                index = end + 1
                continue
            }
            if character == "[" || character == "!" && next == "[", let link = link(characters, index, closing) {
                flush()
                spans += link.spans
                index = link.end
                continue
            }
            plain.append(character)
            index += 1
        }
        flush()
        return spans
    }

    private static func link(
        _ characters: [Character], _ start: Int, _ closing: ([Character], Int) -> Int?
    ) -> (spans: [TextSpan], end: Int)? {
        let isImage = characters[start] == "!"
        let open = start + (isImage ? 1 : 0)
        guard let middle = closing(["]"], open + 1), middle + 1 < characters.count, characters[middle + 1] == "(",
            let end = closing([")"], middle + 2)
        else { return nil }
        let text = String(characters[open + 1..<middle])
        let address = String(characters[middle + 2..<end].prefix { $0 != " " })
        if isImage { return ([TextSpan(text: text.isEmpty ? "[image]" : "[image: \(text)]", kind: .dim)], end + 1) }
        var spans = [TextSpan(text: text.isEmpty ? address : text, kind: .link)]
        if !address.isEmpty, !text.isEmpty, address != text {
            spans.append(TextSpan(text: " (\(address))", kind: .address))
        }
        return (spans, end + 1)
    }
}
