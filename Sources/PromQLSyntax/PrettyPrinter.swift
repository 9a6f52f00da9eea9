// Syntax tree to indented text, for queries too long for a line.
// `ferula` and rule pages show it; Printer's line is used wherever it is short enough.

extension Expression {
    /// Breaks every node longer than a line, two blanks an indent. Source: Prometheus, promql/parser/prettier.go.
    public func prettyPrinted(lineMax: Int = 100) -> String { pretty(level: 0, lineMax).text }

    private typealias Piece = (text: String, line: String)

    /// The indented text and the one-line form, so that each node is printed once and not once a level.
    private func pretty(level: Int, _ lineMax: Int) -> Piece {
        let indent = String(repeating: "  ", count: level)
        switch self {
        case .number, .string, .vectorSelector, .matrixSelector:
            let line = description
            return (indent + line, line)
        case .subquery(let node):
            let inner = node.expression.pretty(level: level, lineMax)
            let line = inner.line + node.timeSuffix
            // Without a break Prometheus leaves out the indent here as well.
            return (line.utf8.count > lineMax ? inner.text + node.timeSuffix : line, line)
        case .unary(let node):
            let inner = node.expression.pretty(level: level, lineMax)
            let sign = node.isNegation ? "-" : "+"
            return (indent + sign + inner.text.drop(while: { $0 == " " || $0 == "\n" }), sign + inner.line)
        case .parenthesized(let node):
            let inner = node.expression.pretty(level: level + 1, lineMax)
            let line = "(\(inner.line))"
            return (line.utf8.count > lineMax ? "\(indent)(\n\(inner.text)\n\(indent))" : indent + line, line)
        case .call(let node):
            let pieces = node.arguments.map { $0.pretty(level: level + 1, lineMax) }
            return list(node.function.rawValue, pieces, indent, lineMax)
        case .aggregation(let node):
            let arguments = (node.parameter.map { [$0] } ?? []) + [node.expression]
            return list(node.head, arguments.map { $0.pretty(level: level + 1, lineMax) }, indent, lineMax)
        case .binary(let node):
            var left = node.left.pretty(level: level + 1, lineMax)
            if node.operation == .power, left.line == "+Inf" { left = (indent + "  Inf", "Inf") }
            let right = node.right.pretty(level: level + 1, lineMax)
            let line = "\(left.line) \(node.middle) \(right.line)"
            let isLong = line.utf8.count > lineMax
            return (isLong ? "\(left.text)\n\(indent)\(node.middle)\n\(right.text)" : indent + line, line)
        }
    }

    private func list(_ head: String, _ pieces: [Piece], _ indent: String, _ lineMax: Int) -> Piece {
        let line = "\(head)(\(pieces.map(\.line).joined(separator: ", ")))"
        guard line.utf8.count > lineMax else { return (indent + line, line) }
        return ("\(indent)\(head)(\n\(pieces.map(\.text).joined(separator: ",\n"))\n\(indent))", line)
    }
}
