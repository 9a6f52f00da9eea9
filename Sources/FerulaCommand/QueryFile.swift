// The queries of `ferula query --file`: one a line or one a block, with comments and names.
// Pure; QueryCommand reads the file and asks them in order.

import PromQLSyntax

/// A query of a file, or the only one of a command line.
struct NamedQuery: Equatable {
    /// Nil: none was given.
    var name: String?
    var text: String
    /// Where it begins in its file, both from 1.
    var line = 1
    var column = 1
}

enum QueryFile {
    /// Queries in one file.
    static let queriesMax = 10_000

    /// - Blank lines separate blocks. A block of which every line is a query by itself holds one a line; any other block
    ///   is one query over several lines.
    /// - `# ...` is a comment, as in PromQL. `name = query` names a query.
    /// - Throws: for a query that is not understood, with the file's line and column.
    static func parse(_ text: String, name file: String) throws(CommandFailure) -> [NamedQuery] {
        var queries: [NamedQuery] = []
        var block: [(line: Int, text: String)] = []
        func finish() throws(CommandFailure) {
            guard let first = block.first else { return }
            let single = block.map { named($0.text, line: $0.line) }
            let isOneEach =
                block.count == 1
                || zip(block, single).allSatisfy { line, query in
                    !continues(line.text) && (try? Expression(parsing: query.text)) != nil
                }
            let found = isOneEach ? single : [named(block.map(\.text).joined(separator: "\n"), line: first.line)]
            for query in found { try check(query, file) }
            queries += found
            block = []
            guard queries.count <= queriesMax else {
                throw CommandFailure("\(file): more than \(queriesMax) queries")
            }
        }
        // A line feed, alone or behind a carriage return, is one character.
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        for (index, line) in lines.enumerated() {
            let trimmed = line.drop { $0 == " " || $0 == "\t" }
            if trimmed.isEmpty {
                try finish()
            } else if !trimmed.hasPrefix("#") {
                block.append((index + 1, String(line)))
            }
        }
        try finish()
        guard !queries.isEmpty else { throw CommandFailure("\(file): no query in it") }
        return queries
    }

    /// Indented, or begun with an operator: not a query of its own, even where it could be read as one (`+ x`).
    private static func continues(_ line: String) -> Bool {
        guard let first = line.first else { return false }
        return " \t+-*/%^=!<>)".contains(first)
    }

    /// Takes a name off: a word before a single `=`, which PromQL has only inside braces.
    static func named(_ text: String, line: Int) -> NamedQuery {
        let body = text.drop { $0 == " " || $0 == "\t" }
        let word = body.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        let rest = body.dropFirst(word.count).drop { $0 == " " || $0 == "\t" }
        guard let first = word.first, !first.isNumber, rest.first == "=",
            !["=", "~"].contains(rest.dropFirst().first ?? " ")
        else { return NamedQuery(text: String(body), line: line, column: text.utf8.count - body.utf8.count + 1) }
        let query = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
        return NamedQuery(
            name: String(word), text: String(query), line: line, column: text.utf8.count - query.utf8.count + 1)
    }

    private static func check(_ query: NamedQuery, _ file: String) throws(CommandFailure) {
        do throws(SyntaxError) {
            _ = try Expression(parsing: query.text)
        } catch {
            let name = file == "-" ? "standard input" : file
            let (line, column) = error.range.position(in: query.text)
            // The rendering begins with the place within the query.
            let words = error.rendered(in: query.text).dropFirst("\(line):\(column)".count)
            let place = line == 1 ? column + query.column - 1 : column
            throw CommandFailure("\(name):\(query.line + line - 1):\(place)\(words)")
        }
    }
}
