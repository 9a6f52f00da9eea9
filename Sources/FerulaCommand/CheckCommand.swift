// `ferula check ...`: looks for mistakes before anything runs. Here: `check metrics`, the linter of a page.
// Reads the page, asks Exposition's LintReport, prints.

import ArgumentParser
import Exposition
import Frames
import HTTPAccess
import Querying
import Scraping

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Look for mistakes in what others wrote.",
        subcommands: [
            CheckMetricsCommand.self, CheckConfigCommand.self, CheckDiscoveryCommand.self, CheckRelabelCommand.self,
            CheckDashboardCommand.self,
        ])
}

struct CheckMetricsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "Lint a page of metrics: names, units, types, buckets, and what each label costs.",
        discussion: """
            curl -s localhost:8080/metrics | ferula check metrics
            ferula check metrics localhost:8080 --extended
            ferula check metrics saved.prom --lint-fatal

            One line a problem on standard output: FILE:LINE:COLUMN: METRIC what is wrong, in promtool's words where promtool
            knows the rule. Exit codes: 0 the page can be read, 1 it cannot, 3 problems under --lint-fatal.
            """)

    @Argument(help: "URL, host:port or file; - is standard input, which is the default.", completion: .file())
    var page = "-"

    @Flag(help: "Print what each metric and each label costs, in series and bytes.")
    var extended = false

    @Flag(name: [.customLong("lint-fatal"), .customLong("strict")], help: "Exit with 3 when there is any problem.")
    var lintFatal = false

    @Option(
        name: [.customShort("o"), .customLong("output"), .customLong("format")], help: "How to print: text or json.")
    var output: Form = .text

    enum Form: String, ExpressibleByArgument, CaseIterable { case text, json }

    func run() async throws {
        let (name, bytes, format) = try await read()
        let report = LintReport(bytes, format: format, extended: extended)
        switch output {
        case .json: try Program.output(LintText.json(report))
        case .text: try Program.output(Array(LintText.text(report, name: name, columns: columns).utf8))
        }
        let summary = LintText.summary(report)
        guard report.isComplete else { throw CommandFailure("\(name): cannot be read to its end; \(summary)") }
        if lintFatal, !report.problems.isEmpty { throw CommandFailure(summary, status: ExitStatus.findings) }
        if output == .text { Program.write(line: summary, to: 2) }
    }

    private var columns: Int { OutputTerminal.detect().columns }

    private func read() async throws -> (name: String, bytes: [UInt8], format: ExpositionFormat) {
        let isURL = page.hasPrefix("http://") || page.hasPrefix("https://")
        if isURL || (page != "-" && !FileSystem.exists(page) && FirstArgument.isHostAndPort(page)) {
            return try await fetch()
        }
        let bytes = try FileSystem.read(page)
        // A pipe from a service that is down is no page without problems.
        if page == "-", bytes.isEmpty { throw CommandFailure("standard input is empty") }
        return (
            page == "-" ? "standard input" : page, bytes,
            LoadFile.endsWithMark(bytes.suffix(16)) ? .openMetrics : .text
        )
    }

    private func fetch() async throws -> (name: String, bytes: [UInt8], format: ExpositionFormat) {
        let client = Client(userAgent: "ferula/\(Program.version)")
        let result: Result<(name: String, bytes: [UInt8], format: ExpositionFormat), any Error>
        do {
            let url = try await findMetrics(page, client: client)
            var request = Request(url: url)
            request.headers = [Header("Accept", "text/plain;version=0.0.4,*/*;q=0.1")]
            var body: [UInt8] = []
            let answer = try await client.send(request, into: &body)
            let format = try ExpositionFormat(contentType: answer.contentType, fallback: .text)
            result = .success((url, body, format))
        } catch {
            result = .failure(CommandFailure("\(error)"))
        }
        await client.shutdown()
        return try result.get()
    }
}

/// A report in words. Apart from the command for tests.
enum LintText {
    static func text(_ report: LintReport, name: String, columns: Int) -> String {
        var text = report.problems.map { "\(name):\($0.description)\n" }.joined()
        if !report.costs.isEmpty {
            if !text.isEmpty { text += "\n" }
            text += costs(report, columns: columns)
        }
        return text
    }

    /// `3 problems in 240 metrics, 1234 series`
    static func summary(_ report: LintReport) -> String {
        func count(_ number: Int, _ one: String, _ many: String) -> String { "\(number) \(number == 1 ? one : many)" }
        let problems = report.problems.isEmpty ? "no problems" : count(report.problems.count, "problem", "problems")
        return "\(problems) in \(count(report.metricCount, "metric", "metrics")), \(report.seriesCount) series"
    }

    // MARK: Costs

    private static let barCells = 10

    /// Metrics by series; under each its labels, with what dropping one would save.
    private static func costs(_ report: LintReport, columns: Int) -> String {
        let total = max(1, report.seriesCount)
        let names = report.costs.flatMap { [$0.name] + $0.labels.map { "  " + $0.name } }.map {
            TextWidth.cells(of: $0)
        }
        let width = min(max(8, columns - 44), max(6, names.max() ?? 0))
        func line(_ cells: (name: String, series: String, share: String, bytes: String, bar: String)) -> String {
            let text =
                fitted(cells.name, width) + padded(cells.series, 10) + padded(cells.share, 8)
                + padded(cells.bytes, 12) + "  " + cells.bar
            return String(text.reversed().drop { $0 == " " }.reversed()) + "\n"
        }
        var text = line(("metric", "series", "share", "bytes", ""))
        for metric in report.costs {
            let share = Double(metric.series) / Double(total)
            text += line((metric.name, "\(metric.series)", percent(share), "\(metric.bytes)", bar(share)))
            for label in metric.labels {
                let values = label.values == 1 ? "1 value" : "\(label.values) values"
                let saved = Double(label.seriesSaved) / Double(total)
                text += line(
                    (
                        "  " + label.name, "-\(label.seriesSaved)", percent(saved), "-\(label.bytesSaved)",
                        label.seriesSaved == 0 ? values : bar(saved) + " " + values
                    ))
            }
        }
        return text
    }

    private static func percent(_ share: Double) -> String {
        let tenths = Int((share * 1000).rounded())
        return "\(tenths / 10).\(tenths % 10)%"
    }

    private static func bar(_ share: Double) -> String {
        let eighths = max(1, Int((share * Double(barCells * 8)).rounded()))
        let rest = eighths % 8
        return String(repeating: "█", count: eighths / 8) + (rest > 0 ? String(Array("▏▎▍▌▋▊▉")[rest - 1]) : "")
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
    }

    private static func fitted(_ raw: String, _ width: Int) -> String {
        let text = String(raw.map(TextWidth.printable))
        let shown = TextWidth.cells(of: text) > width ? String(text.prefix(width - 1)) + "…" : text
        return shown + String(repeating: " ", count: max(0, width - TextWidth.cells(of: shown)))
    }

    // MARK: JSON

    /// `{"problems":[{"line":1,…}],"metrics":3,"series":5,"complete":true,"cardinality":[…]}`
    static func json(_ report: LintReport) -> [UInt8] {
        var bytes = Array(#"{"problems":"#.utf8)
        JSONText.list(report.problems, to: &bytes) { problem, bytes in
            bytes += "{\"line\":\(problem.place.line),\"column\":\(problem.place.column),\"metric\":".utf8
            JSONText.append(problem.metric, to: &bytes)
            bytes += ",\"rule\":\"\(problem.rule.rawValue)\",\"text\":".utf8
            JSONText.append(problem.text, to: &bytes)
            bytes.append(UInt8(ascii: "}"))
        }
        bytes += ",\"metrics\":\(report.metricCount),\"series\":\(report.seriesCount)".utf8
        bytes += ",\"complete\":\(report.isComplete)".utf8
        if !report.costs.isEmpty {
            bytes += ",\"cardinality\":".utf8
            JSONText.list(report.costs, to: &bytes, append)
        }
        return bytes + Array("}\n".utf8)
    }

    private static func append(_ metric: MetricCost, to bytes: inout [UInt8]) {
        bytes += "{\"metric\":".utf8
        JSONText.append(metric.name, to: &bytes)
        bytes += ",\"series\":\(metric.series),\"bytes\":\(metric.bytes),\"labels\":".utf8
        JSONText.list(metric.labels, to: &bytes) { label, bytes in
            bytes += "{\"label\":".utf8
            JSONText.append(label.name, to: &bytes)
            bytes += ",\"values\":\(label.values),\"series_saved\":\(label.seriesSaved)".utf8
            bytes += ",\"bytes_saved\":\(label.bytesSaved)}".utf8
        }
        bytes.append(UInt8(ascii: "}"))
    }
}
