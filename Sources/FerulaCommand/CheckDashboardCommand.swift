// `ferula check dashboard FILE...`: what of each dashboard is drawn, nearly drawn or not, and which queries do not parse.
// Reads with Dashboards, lets DashboardApp judge, prints.

import ArgumentParser
import DashboardApp
import Dashboards
import Querying

struct CheckDashboardCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dashboard",
        abstract: "Say what of a dashboard is drawn, nearly drawn or not drawn, and why.",
        discussion: """
            ferula check dashboard node.json
            ferula check dashboard dashboards/*.json -o json
            ferula check dashboard node.json --strict

            Dashboards are Grafana's JSON of any age. No server is asked: queries are parsed, not run. What each
            setting becomes stands in docs/dashboard-compatibility.md. Exit codes: 0 every file can be read, 1 one
            cannot, 3 something is not drawn as Grafana draws it and --strict.
            """)

    @Argument(
        help: ArgumentHelp("Dashboards; - is standard input.", valueName: "FILE"),
        completion: .file())
    var files: [String]

    @Flag(
        name: [.customLong("strict"), .customLong("lint-fatal")],
        help: "Exit with 3 when anything is not drawn as Grafana draws it.")
    var isStrict = false

    @Option(
        name: [.customShort("o"), .customLong("output"), .customLong("format")], help: "How to print: text or json.")
    var output: CheckMetricsCommand.Form = .text

    func run() throws {
        var failures: [String] = []
        var reports: [DashboardReport] = []
        for file in files {
            do {
                let dashboard = try DashCommand.dashboard(file)
                reports.append(DashboardReport(dashboard, fileName: file == "-" ? "standard input" : file))
            } catch {
                failures.append("\(error)")
            }
        }
        try Program.output(bytes(reports))
        guard failures.isEmpty else { throw CommandFailure(failures.joined(separator: "\n")) }
        let faulty = reports.count { !$0.isClean }
        guard !isStrict || faulty == 0 else {
            throw CommandFailure(
                "\(faulty) of \(reports.count == 1 ? "1 dashboard" : "\(reports.count) dashboards") with findings",
                status: ExitStatus.findings)
        }
    }

    private func bytes(_ reports: [DashboardReport]) -> [UInt8] {
        var bytes: [UInt8] = []
        switch output {
        case .text:
            let text = reports.map { DashboardReportText.text($0) }.joined(separator: "\n")
            // Titles come from others: no control character of theirs reaches the terminal.
            bytes = Array(
                text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
                    DiscoveryText.printable(String(line))
                }.joined(separator: "\n").utf8)
        case .json:
            bytes += "{\"dashboards\":".utf8
            JSONText.list(reports, to: &bytes) { report, bytes in DashboardReportText.json(report, to: &bytes) }
            bytes += "}\n".utf8
        }
        return bytes
    }
}
