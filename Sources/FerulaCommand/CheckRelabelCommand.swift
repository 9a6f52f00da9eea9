// `ferula check relabel FILE JOB [LABELS]`: what each relabelling rule of a job makes of a label set.
// Reads with FerulaConfiguration, asks Relabeling to explain, prints.

import ArgumentParser
import Exposition
import FerulaConfiguration
import MetricModel
import Relabeling
import Scraping

struct CheckRelabelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "relabel",
        abstract: "Show what each relabelling rule of a job makes of a label set.",
        discussion: """
            ferula check relabel prometheus.yml node
            ferula check relabel prometheus.yml pods '{__address__="10.0.0.7:80",__meta_kubernetes_pod_name="api-1"}'
            ferula check relabel prometheus.yml node --metric 'http_requests_total{path="/"}'

            Without LABELS every target is shown that stands in the file. Labels that each target of the job has, such as
            __scheme__, are added where LABELS has none of the name. Exit codes: 0, or 1 when the file is refused, there is
            no such job, or LABELS cannot be read.
            """)

    @Argument(
        help: ArgumentHelp("A configuration in Prometheus' format.", valueName: "FILE"),
        completion: .file())
    var file: String

    @Argument(help: ArgumentHelp("The job whose rules are followed.", valueName: "JOB"))
    var job: String

    @Argument(
        help: ArgumentHelp("Labels of a target as its source gives them: {name=\"value\",...}.", valueName: "LABELS"))
    var labels: String?

    @Option(
        help: ArgumentHelp(
            "Follow metric_relabel_configs with this series, as the target writes it, instead of the target's rules.",
            valueName: "SERIES"))
    var metric: String?

    @OptionGroup
    var reading: ConfigurationOptions

    func run() throws {
        let configuration = try Setup.configuration(file, reading)
        let job = try Setup.job(job, of: configuration, file: file)
        if let metric {
            let series = try Self.labels(metric)
            return try print([("metric_relabel_configs", job.metricRelabeling, series)])
        }
        if let labels {
            let found = job.completed(try Self.labels(labels))
            return try print([("relabel_configs", job.relabeling, found)])
        }
        let targets = job.targets().map { ("relabel_configs", job.relabeling, $0.discoveredLabels) }
        guard !targets.isEmpty else {
            throw CommandFailure(
                "\(file): no target of job `\(job.jobName)` stands in the file; give its labels as the third argument")
        }
        try print(targets)
    }

    private func print(_ rows: [(section: String, rules: [RelabelRule], labels: LabelSet)]) throws {
        let texts = rows.map { RelabelText.text($0.rules.explain($0.labels), of: $0.labels, section: $0.section) }
        try Program.output(Array(texts.joined(separator: "\n").utf8))
    }

    /// A series as a page of metrics has it.
    private static func labels(_ text: String) throws(CommandFailure) -> LabelSet {
        // A target's labels need no name, which a page's series does.
        let isNameless = text.hasPrefix("{")
        let line = (isNameless ? "a" : "") + text + " 0\n"
        let read = Array(line.utf8).withUnsafeBufferPointer { body -> Result<LabelSet, ExpositionError> in
            var parser = ExpositionParser(body, format: .text)
            do throws(ExpositionError) {
                guard try parser.next() == .series else { return .success(.empty) }
                return .success(try parser.labels())
            } catch {
                return .failure(error)
            }
        }
        guard case .success(let labels) = read, !labels.isEmpty else {
            throw CommandFailure("`\(text)` is no label set; wanted {name=\"value\",...}", status: ExitStatus.usage)
        }
        return isNameless ? LabelSet(labels.labels.filter { $0.name != LabelSet.metricNameLabel }) : labels
    }
}

extension TargetOutcome {
    fileprivate var discoveredLabels: LabelSet {
        switch self {
        case .target(let target): target.discoveredLabels
        case .dropped(let labels), .refused(let labels, _): labels
        }
    }
}

/// The steps in words. Apart from the command for tests.
enum RelabelText {
    static func text(_ steps: [RelabelStep], of labels: LabelSet, section: String) -> String {
        var text = labels.labels.map { "  \(line($0))\n" }.joined()
        if steps.isEmpty { text += "\nno \(section)\n" }
        for step in steps {
            text += "\n\(section)[\(step.ruleNumber)] \(DiscoveryText.printable(describe(step.rule)))\n"
            guard let output = step.output else {
                text += "  dropped\n"
                return text
            }
            let before = step.input, after = output
            var changes = ""
            for label in before.labels where after[label.name] == nil { changes += "  - \(line(label))\n" }
            for label in after.labels where before[label.name] != label.value {
                changes += (before[label.name] == nil ? "  + " : "  ~ ") + line(label) + "\n"
            }
            text += changes.isEmpty ? "  no change\n" : changes
        }
        let last = steps.last?.output ?? labels
        var left = last.labels.filter { !$0.name.hasPrefix("__") || $0.name == "__name__" }
        // What every target without an instance is given.
        if last["__name__"] == nil, last["instance"] == nil, let address = last["__address__"] {
            left = LabelSet(left + [Label("instance", address)]).labels
        }
        return text + "\nleft  {" + left.map(line).joined(separator: ",") + "}\n"
    }

    private static func line(_ label: Label) -> String {
        DiscoveryText.printable("\(label.name)=\"\(label.value)\"")
    }

    /// The fields that the action reads and that differ from their defaults.
    private static func describe(_ rule: RelabelRule) -> String {
        var fields = ["action: \(rule.action.rawValue)"]
        if !rule.sourceLabels.isEmpty { fields.append("source_labels: [\(rule.sourceLabels.joined(separator: ", "))]") }
        if rule.separator != RelabelRule.defaultSeparator { fields.append("separator: '\(rule.separator)'") }
        if rule.regex.pattern != RelabelRule.defaultRegex { fields.append("regex: '\(rule.regex.pattern)'") }
        if rule.modulus > 0 { fields.append("modulus: \(rule.modulus)") }
        if !rule.targetLabel.isEmpty { fields.append("target_label: \(rule.targetLabel)") }
        if rule.replacement != RelabelRule.defaultReplacement { fields.append("replacement: '\(rule.replacement)'") }
        return "{" + fields.joined(separator: ", ") + "}"
    }
}
