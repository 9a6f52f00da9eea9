// Why a query was refused, and the three lines that show it.
// Thrown by Parser, TypeCheck and SeriesNotation; the command and the dashboard print it.

import MetricModel

/// Why a query was refused. `range` is in bytes of the query.
public struct SyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    public var range: SourceRange
    /// What was found and what was wanted, without place or hint.
    public var message: String
    /// "did you mean `rate`?"
    public var hint: String?

    public init(range: SourceRange, message: String, hint: String? = nil) {
        self.range = range
        self.message = message
        self.hint = hint
    }
    public var description: String { hint.map { "\(message) (\($0))" } ?? message }
}

extension SourceRange {
    /// Line and column of the start, both from 1; the column counts bytes, as Prometheus' positions do.
    public func position(in query: String) -> (line: Int, column: Int) {
        var line = 1
        var column = 1
        for byte in query.utf8.prefix(max(start, 0)) {
            if byte == 0x0a {
                line += 1
                column = 1
            } else {
                column += 1
            }
        }
        return (line, column)
    }
}

extension SyntaxError {
    /// Position and message, the source line, and a line that underlines the range and gives the hint.
    ///
    /// Underlines count characters, so that they stand under what they mean in text beyond ASCII; a range over
    /// several lines is underlined on its first one. Tabs become blanks, and so do other control characters.
    public func rendered(in query: String) -> String {
        let (line, column) = range.position(in: query)
        let bytes = Array(query.utf8)
        let start = min(max(range.start, 0), bytes.count)
        let end = min(max(range.end, start), bytes.count)
        var lineStart = start
        while lineStart > 0, bytes[lineStart - 1] != 0x0a { lineStart -= 1 }
        var lineEnd = start
        while lineEnd < bytes.count, bytes[lineEnd] != 0x0a { lineEnd += 1 }
        let source = Self.printable(bytes[lineStart..<lineEnd])
        let indent = Self.printable(bytes[lineStart..<start]).count
        let width = max(Self.printable(bytes[start..<min(end, lineEnd)]).count, 1)
        var underline = String(repeating: " ", count: indent) + "^" + String(repeating: "~", count: width - 1)
        if let hint { underline += " " + hint }
        return "\(line):\(column): \(message)\n  \(source)\n  \(underline)"
    }

    private static func printable(_ bytes: ArraySlice<UInt8>) -> String {
        String(
            String.UnicodeScalarView(
                String(decoding: bytes, as: UTF8.self).unicodeScalars.map {
                    $0.value < 0x20 || (0x7f...0x9f).contains($0.value) ? " " : $0
                }))
    }
}
