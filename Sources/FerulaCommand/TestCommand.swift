// `ferula test promql FILE...`: runs scripts of Prometheus' test language against the engine and prints the score.
// The runner is FerulaTestKit's; here are only files, the table and the exit code.

import ArgumentParser
import FerulaTestKit

struct TestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Run promqltest scripts against the query engine.",
        subcommands: [TestPromQLCommand.self])
}

struct TestPromQLCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promql",
        abstract: "Run scripts of Prometheus' promqltest language.",
        discussion: """
            ferula test promql FILE...

            Prints every eval that failed with file:line, then the score by file and by what the evals use: the stable language
            over floats, experimental features over floats, native histograms. Exit code 1 when one failed.
            """)

    @Argument(help: "Scripts to run; - is standard input.", completion: .file())
    var files: [String]

    func run() async throws {
        var reports: [PromQLTestReport] = []
        for file in files {
            let text = String(decoding: try FileSystem.read(file), as: UTF8.self)
            let report = await PromQLTestRunner().run(text, name: file == "-" ? "standard input" : file)
            for line in Self.failures(of: report) { print(line) }
            reports.append(report)
        }
        for line in Self.table(reports) { print(line) }
        let failed = reports.reduce(0) { $0 + $1.total - $1.passed }
        let problems = reports.reduce(0) { $0 + $1.problems.count }
        if failed + problems > 0 {
            throw CommandFailure("ferula: \(failed) evals failed, \(problems) lines could not be carried out")
        }
    }

    private static func failures(of report: PromQLTestReport) -> [String] {
        var lines = report.problems
        for outcome in report.outcomes {
            guard let failure = outcome.failure else { continue }
            lines.append("\(report.name):\(outcome.line): \(outcome.expression)")
            lines.append("    \(failure)")
        }
        return lines
    }

    /// A line a file and one of totals; columns by what evals use.
    private static func table(_ reports: [PromQLTestReport]) -> [String] {
        let features = PromQLTestReport.FeatureClass.allCases
        var rows = [["file", "passed"] + features.map(\.rawValue)]
        var totals = [(passed: Int, total: Int)](repeating: (0, 0), count: features.count + 1)
        for report in reports {
            let scores = [(passed: report.passed, total: report.total)] + features.map(report.score)
            for (index, score) in scores.enumerated() {
                totals[index].passed += score.passed
                totals[index].total += score.total
            }
            let name = report.name.split(separator: "/").last.map(String.init) ?? report.name
            rows.append([name] + scores.map { "\($0.passed)/\($0.total)" })
        }
        rows.append(["total"] + totals.map { "\($0.passed)/\($0.total)" })
        let widths = rows[0].indices.map { column in rows.map { $0[column].utf8.count }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { index, text in
                let padding = String(repeating: " ", count: widths[index] - text.utf8.count)
                return index == 0 ? text + padding : padding + text
            }
            return cells.joined(separator: "  ")
        }
    }
}
