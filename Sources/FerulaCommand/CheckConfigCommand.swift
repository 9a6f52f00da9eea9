// `ferula check config FILE...`: whether a prometheus.yml is one, and what would be scraped of what it names itself.
// Reads with FerulaConfiguration, lets Scraping make the targets, prints.

import ArgumentParser
import FerulaConfiguration
import HTTPAccess
import MetricModel
import Querying
import Scraping

struct CheckConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Read configurations and show what would be scraped.",
        discussion: """
            ferula check config prometheus.yml
            ferula check config staging.yml production.yml --strict

            A mistake is one line on standard error: FILE:LINE:COLUMN, what is wrong, and the name that was probably meant.
            Parts that belong to Prometheus but are not used here are warnings there. Sources of targets (files, DNS,
            Kubernetes) are named and not asked: ferula check service-discovery asks them. Exit codes: 0 every file can
            be read, 1 one cannot, 3 there are warnings and --strict.
            """)

    @Argument(
        help: ArgumentHelp("Configurations in Prometheus' format; - is standard input.", valueName: "FILE"),
        completion: .file())
    var files: [String]

    @Flag(name: [.customLong("strict"), .customLong("lint-fatal")], help: "Exit with 3 when there is any warning.")
    var isStrict = false

    @OptionGroup
    var reading: ConfigurationOptions

    func run() throws {
        var failures: [String] = []
        var warningCount = 0
        for file in files {
            let text: String
            do throws(ConfigurationFailure) {
                let configuration = try reading.read(file)
                for warning in configuration.warnings { Program.write(line: warning, to: 2) }
                warningCount += configuration.warnings.count
                text = ConfigText.text(configuration, file: file)
            } catch {
                failures.append(error.description)
                continue
            }
            try Program.output(Array(text.utf8))
        }
        guard failures.isEmpty else { throw CommandFailure(failures.joined(separator: "\n")) }
        guard !isStrict || warningCount == 0 else {
            throw CommandFailure(
                "\(warningCount == 1 ? "1 warning" : "\(warningCount) warnings")", status: ExitStatus.findings)
        }
    }
}

/// How a configuration is read, by whatever command reads one.
struct ConfigurationOptions: ParsableArguments {
    @Flag(
        name: [.customLong("config.expand-env")],
        help: "In the configuration, ${NAME} stands for the value of that environment variable.")
    var expandsEnvironment = false

    func read(_ path: String) throws(ConfigurationFailure) -> Configuration {
        try Configuration(
            file: path == "-" ? "/dev/stdin" : path, environment: OutputTerminal.environment,
            expandsVariables: expandsEnvironment)
    }
}

extension ConfigurationOptions {
    /// `warn` is told what the file has that is not ours.
    func read(_ path: String, warn: (String) -> Void) throws(ConfigurationFailure) -> Configuration {
        let configuration = try read(path)
        for warning in configuration.warnings { warn(warning) }
        return configuration
    }
}

/// Jobs and their own targets in words. Apart from the command for tests.
enum ConfigText {
    static func text(_ configuration: Configuration, file: String) -> String {
        let jobs = configuration.scrapes
        var text = "\(file): \(jobs.count == 1 ? "1 job" : "\(jobs.count) jobs")\n"
        for job in jobs { text += "\n" + lines(job) }
        return text
    }

    private static func lines(_ job: ScrapeConfiguration) -> String {
        var text = "job \(DiscoveryText.printable(job.jobName)): every \(job.interval), timeout \(job.timeout)\n"
        for outcome in job.targets() {
            switch outcome {
            case .target(let target):
                let labels = target.labels.labels.map { "\($0.name)=\"\($0.value)\"" }.joined(separator: " ")
                let url = DiscoveryText.printable(target.shownURL)
                text += "  \(url)  \(DiscoveryText.printable(labels))\n"
            case .dropped(let labels):
                text += "  (dropped by relabelling: \(DiscoveryText.printable(labels["__address__"] ?? "")))\n"
            case .refused(let labels, let reason):
                text +=
                    "  (\(DiscoveryText.printable(reason)): \(DiscoveryText.printable(labels["__address__"] ?? "")))\n"
            }
        }
        var counts: [(mechanism: String, count: Int)] = []
        for source in job.discoveries {
            if let index = counts.firstIndex(where: { $0.mechanism == source.mechanism }) {
                counts[index].count += 1
            } else {
                counts.append((source.mechanism, 1))
            }
        }
        for (mechanism, count) in counts {
            text += "  targets of \(count == 1 ? "a source" : "\(count) sources"): \(mechanism)_sd_configs\n"
        }
        return text
    }
}
