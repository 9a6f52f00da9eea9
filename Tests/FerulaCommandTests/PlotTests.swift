// `ferula plot` by the real program, into a pipe: one chart at the end of the input.
// UPDATE_GOLDEN=1 writes the goldens anew: look at each one before it is committed.

import Testing

private struct Row: Sendable, CustomTestStringConvertible {
    var name: String
    var arguments: [String]
    var input: String?
    var testDescription: String { name }

    init(_ name: String, _ arguments: String..., input: String?) {
        self.name = name
        self.arguments = ["plot"] + arguments
        self.input = input
    }

    private static let squares = (0..<40).map { "\($0 * $0)\n" }.joined()

    static let all = [
        Row("plot-bare", "--title", "squares", input: squares),
        Row("plot-rate", "--rate", "--unit", "bytes", "--title", "growth", input: squares),
        Row("plot-range", "--range", "10s", "--min", "-100", "--max", "2000", input: squares),
        Row("plot-columns", input: (0..<30).map { "\($0) \(30 - $0) 15\n" }.joined()),
        Row(
            "plot-pairs", "--only", "time", "--unit", "s",
            input: (1..<30).map { "64 bytes: seq=\($0) time=\(10 + $0 % 7) ms\n" }.joined()),
        Row("plot-names", "--interval", "1m", input: "cpu 1\nmemory 5\ncpu 3\nmemory 4\nnothing here\ncpu 2\n"),
        Row("plot-one", input: "5\n"),
        Row("plot-many", input: (0...65).map { "n\($0) \($0)\n" }.joined()),
        Row("plot-nothing", input: "no numbers\nat all\n"),
        Row("plot-empty", input: ""),
        Row("plot-bad-ends", "--min", "5", "--max", "5", input: "1\n"),
        Row("plot-bad-interval", "--interval", "soon", input: "1\n"),
    ]
}

@Suite("ferula plot", .timeLimit(.minutes(2)))
struct PlotTests {
    @Test("numbers become a chart", arguments: Row.all)
    fileprivate func golden(row: Row) async throws {
        try await CommandGolden.compare(row.name, row.arguments, input: row.input)
    }
}
