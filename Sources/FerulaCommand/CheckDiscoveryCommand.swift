// `ferula check service-discovery FILE [JOB]`: what would be scraped, and what relabelling makes of each target.
// Asks Scraping's DiscoveryCheck, prints.

import ArgumentParser
import FerulaConfiguration
import Frames
import HTTPAccess
import MetricModel
import Querying
import Scraping

struct CheckDiscoveryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "service-discovery",
        abstract: "Ask the sources of targets and show what relabelling makes of each target.",
        discussion: """
            ferula check service-discovery prometheus.yml
            ferula check service-discovery prometheus.yml node -o json

            Each source is asked until it has answered once. -o json prints what promtool prints. Exit codes: 0 all
            sources answered, 1 the file is refused, there is no such job, or a source failed.
            """)

    @Argument(
        help: ArgumentHelp("The configuration, in Prometheus' format.", valueName: "FILE"),
        completion: .file())
    var file: String

    @Argument(help: ArgumentHelp("One job; all without it.", valueName: "JOB"))
    var job: String?

    @Option(help: ArgumentHelp("How long to wait for the sources; default 30s.", valueName: "duration"))
    var timeout: String?

    @Option(
        name: [.customShort("o"), .customLong("output"), .customLong("format")], help: "How to print: text or json.")
    var output: CheckMetricsCommand.Form = .text

    @OptionGroup
    var reading: ConfigurationOptions

    func run() async throws {
        let timeout = try timeout.map { try QueryCommand.duration($0, "--timeout") } ?? .seconds(30)
        let configuration = try Setup.configuration(file, reading)
        var jobs = configuration.scrapes
        if let job {
            jobs = [try Setup.job(job, of: configuration, file: file)]
        }
        let client = Client(userAgent: "ferula/\(Program.version)")
        let check = await DiscoveryCheck(jobs, client: client, timeout: .milliseconds(timeout.count))
        await client.shutdown()
        switch output {
        case .json: try Program.output(DiscoveryText.json(check))
        case .text: try Program.output(Array(DiscoveryText.text(check, jobs: jobs.map(\.jobName)).utf8))
        }
        guard check.failures.isEmpty else { throw CommandFailure(check.failures.joined(separator: "\n")) }
    }
}

/// Targets in words. Apart from the command for tests.
enum DiscoveryText {
    static func text(_ check: DiscoveryCheck, jobs: [String]) -> String {
        jobs.map { job in
            let targets = check.targets.filter { $0.jobName.isSameBytes(as: job) }
            let scraped = targets.count { $0.url != nil }
            let count = targets.count == 1 ? "1 target" : "\(targets.count) targets"
            let title = "job \(printable(job)): \(count) found, \(scraped) scraped\n"
            return title + targets.map(lines).joined()
        }.joined(separator: "\n")
    }

    private static func lines(_ target: DiscoveryCheck.Target) -> String {
        let end = target.error.isEmpty ? "dropped by relabelling" : target.error
        var text = "\n  \(printable(target.url ?? "(\(end))"))\n"
        if target.url != nil { text += "    labels      \(printable(target.labels.description))\n" }
        text += "    discovered  "
        let found = target.discoveredLabels.labels
        let width = found.map { TextWidth.cells(of: printable($0.name)) }.max() ?? 0
        text += found.map { label in
            let name = printable(label.name)
            return name + String(repeating: " ", count: width - TextWidth.cells(of: name)) + "  "
                + printable(label.value)
        }.joined(separator: "\n                ")
        return text + "\n"
    }

    /// Labels come from others: no control character of theirs reaches the terminal.
    static func printable(_ text: String) -> String { String(text.map(TextWidth.printable)) }

    /// As promtool has it: `[{"discoveredLabels":{…},"labels":{…},"error":"…"}]`.
    static func json(_ check: DiscoveryCheck) -> [UInt8] {
        var bytes: [UInt8] = []
        JSONText.list(check.targets, to: &bytes) { target, bytes in
            bytes += "{\"discoveredLabels\":".utf8
            JSONText.append(target.discoveredLabels, to: &bytes)
            bytes += ",\"labels\":".utf8
            JSONText.append(target.relabeledLabels, to: &bytes)
            if !target.error.isEmpty {
                bytes += ",\"error\":".utf8
                JSONText.append(target.error, to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
        return bytes + Array("\n".utf8)
    }
}
