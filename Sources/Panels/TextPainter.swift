// Text panels: a subset of markdown, HTML reduced to it, code as it is.
// Markdown makes spans; here they are wrapped and drawn.

import Dashboards
import Frames

enum TextPainter {
    static func paint(_ options: TextOptions, _ canvas: PanelCanvas, on frame: inout Frame) {
        var content = options.content
        if case .text(let interpolated) = canvas.data.content { content = interpolated }
        let pad = canvas.rect.width >= 8 ? 1 : 0
        let width = canvas.rect.width - 2 * pad
        guard width > 0, canvas.rect.height > 0 else { return }
        // A document of any length: no more of it is read than could ever be scrolled to.
        let text = String(content.prefix(200_000))
        let lines: [TextLine]
        switch options.mode {
        case .markdown: lines = Markdown.lines(HTMLText.reduced(text))
        case .html: lines = Markdown.lines(HTMLText.reduced(text, isDocument: true))
        case .code:
            lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
                TextLine(spans: [TextSpan(text: String($0), kind: .code)], indent: 0, isVerbatim: true)
            }
        }
        var rows: [[TextSpan]] = []
        let first = max(0, canvas.context.scroll)
        for line in lines where rows.count < first + canvas.rect.height + 1 { rows += line.wrapped(width) }
        while rows.last?.isEmpty ?? false { rows.removeLast() }
        let visible = rows.dropFirst(max(0, min(first, rows.count - canvas.rect.height)))
        let hasMore = visible.count > canvas.rect.height
        for (index, row) in visible.prefix(canvas.rect.height).enumerated() {
            let y = canvas.rect.y + index
            if hasMore, index == canvas.rect.height - 1, canvas.rect.height > 1 {
                frame.draw("…", x: canvas.rect.x + pad, y: y, style: canvas.theme.dim)
                break
            }
            var x = canvas.rect.x + pad
            for span in row {
                x += frame.draw(
                    span.text, x: x, y: y, width: canvas.rect.maxX - x, style: style(span.kind, canvas.theme))
            }
        }
    }

    private static func style(_ kind: TextSpan.Kind, _ theme: PaintTheme) -> Style {
        var style = theme.text
        switch kind {
        case .plain: break
        case .heading: style = Style(foreground: theme.accent, attributes: .bold)
        case .strong: style.attributes.insert(.bold)
        case .emphasis: style.attributes.insert(.italic)
        case .code: style.foreground = theme.good
        case .link: style = Style(foreground: theme.accent, attributes: .underline)
        case .address, .dim: style = theme.dim
        }
        return style
    }
}

struct TextSpan: Hashable {
    enum Kind: Hashable { case plain, heading, strong, emphasis, code, link, address, dim }
    var text: String
    var kind: Kind
}

struct TextLine: Hashable {
    var spans: [TextSpan]
    /// Continuation lines begin this far in.
    var indent: Int
    /// Never wrapped: code and tables.
    var isVerbatim = false

    /// Rows of at most `width` cells, broken at blanks; continuation rows hang by the indent.
    func wrapped(_ width: Int) -> [[TextSpan]] {
        if isVerbatim || spans.isEmpty { return [spans] }
        let hang = min(indent, max(0, width / 3))
        var rows: [[TextSpan]] = []
        var row: [TextSpan] = []
        var used = 0
        func startRow() {
            rows.append(row)
            row = hang > 0 ? [TextSpan(text: String(repeating: " ", count: hang), kind: .plain)] : []
            used = hang
        }
        for word in words(width) {
            let cells = word.reduce(0) { $0 + TextWidth.cells(of: $1.text) }
            let isBlank = word.count == 1 && word[0].text == " "
            if used + cells <= width {
                // Blanks at the beginning of a first row are its margin; elsewhere they go.
                if isBlank, used == hang, !rows.isEmpty { continue }
                row += word
                used += cells
                continue
            }
            if isBlank { continue }
            if used > hang { startRow() }
            if used + cells <= width {
                row += word
                used += cells
                continue
            }
            // A word longer than a line is cut into lines.
            for span in word {
                for piece in TextLines.wrap(span.text, width: max(1, width - hang)) {
                    let cells = TextWidth.cells(of: piece)
                    if used + cells > width { startRow() }
                    row.append(TextSpan(text: piece, kind: span.kind))
                    used += cells
                }
            }
        }
        rows.append(row)
        return rows
    }

    /// Words, each of one or more spans with no blank between them, and single blanks.
    private func words(_ width: Int) -> [[TextSpan]] {
        var words: [[TextSpan]] = []
        var word: [TextSpan] = []
        func endWord() {
            if !word.isEmpty { words.append(word) }
            word = []
        }
        for span in spans {
            // Where a link goes is worth a line's room only when there is room.
            if span.kind == .address, width < 60 { continue }
            var text = ""
            for character in span.text {
                guard character == " " || character == "\t" else {
                    text.append(character)
                    continue
                }
                if !text.isEmpty { word.append(TextSpan(text: text, kind: span.kind)) }
                text = ""
                endWord()
                words.append([TextSpan(text: " ", kind: span.kind)])
            }
            if !text.isEmpty { word.append(TextSpan(text: text, kind: span.kind)) }
        }
        endWord()
        return words
    }
}
