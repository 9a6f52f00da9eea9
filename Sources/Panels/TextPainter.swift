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
        case .dim: style = theme.dim
        }
        return style
    }
}

struct TextSpan: Hashable {
    enum Kind: Hashable { case plain, heading, strong, emphasis, code, link, dim }
    var text: String
    var kind: Kind
}

struct TextLine: Hashable {
    var spans: [TextSpan]
    /// Continuation lines begin this far in.
    var indent: Int
    /// Never wrapped: code and tables.
    var isVerbatim = false

    /// Rows of at most `width` cells, broken at blanks.
    func wrapped(_ width: Int) -> [[TextSpan]] {
        if isVerbatim || spans.isEmpty { return [spans] }
        var rows: [[TextSpan]] = []
        var row: [TextSpan] = []
        var used = 0
        func pad(_ cells: Int) -> TextSpan { TextSpan(text: String(repeating: " ", count: cells), kind: .plain) }
        let hang = min(indent, max(0, width / 3))
        for span in spans {
            for word in Self.words(span.text) {
                let cells = TextWidth.cells(of: word)
                if used + cells <= width {
                    row.append(TextSpan(text: word, kind: span.kind))
                    used += cells
                    continue
                }
                if word == " " { continue }
                if used > hang {
                    rows.append(row)
                    row = hang > 0 ? [pad(hang)] : []
                    used = hang
                }
                // A word longer than a line is cut into lines.
                for piece in TextLines.wrap(word, width: max(1, width - hang)) {
                    let cells = TextWidth.cells(of: piece)
                    if used + cells > width {
                        rows.append(row)
                        row = hang > 0 ? [pad(hang)] : []
                        used = hang
                    }
                    row.append(TextSpan(text: piece, kind: span.kind))
                    used += cells
                }
            }
        }
        rows.append(row)
        return rows
    }

    /// Words and single blanks in turn.
    private static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        for character in text {
            if character == " " || character == "\t" {
                if !word.isEmpty { words.append(word) }
                word = ""
                words.append(" ")
            } else {
                word.append(character)
            }
        }
        if !word.isEmpty { words.append(word) }
        return words
    }
}
