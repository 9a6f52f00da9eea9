// What is read from which logs, and which metrics come of it: the configuration as values.
// FerulaConfiguration reads it from YAML, LineReader and LogStore work by it.

import LinearRegex
import MetricModel

package struct LogConfiguration: Hashable, Sendable {
    package enum Limits {
        /// Combinations of captured labels that one metric has series for, unless `labels_max` says otherwise.
        package static let labels = 1000
        package static let labelsMax = 100_000
        package static let lineBytes = 64 << 10
        package static let lineBytesLeast = 64
        package static let lineBytesMax = 16 << 20
        /// Files followed at once; each is one open descriptor.
        package static let files = 500
        package static let filesMax = 10_000
        package static let logsMax = 100
        package static let metricsMax = 1000
        package static let bucketsMax = 200
        /// Of a captured label's value; what is longer is cut between characters.
        package static let labelValueBytesMax = 512
    }

    package var logs: [LogDefinition] = []
    package var lineBytesMax = Limits.lineBytes
    package var filesMax = Limits.files

    package init() {}
}

/// Files of one kind, and the metrics made from their lines.
package struct LogDefinition: Hashable, Sendable {
    /// Unique; label `log` of the exporter's own metrics.
    package var name: String
    /// Patterns of file names; `-` is the standard input.
    package var paths: [String]
    package var format = LogFormat.none
    /// A line must match one of these, when there are any, and none of `ignore`; other lines are ignored.
    package var match: [LinePattern] = []
    package var ignore: [LinePattern] = []
    /// On every series of its metrics.
    package var labels: [Label] = []
    /// Label that gets the file's path.
    package var fileLabel: String?
    /// Whether files that are there at the start are read from their first line.
    package var readsFromStart = false
    package var metrics: [LogMetric] = []

    package init(name: String, paths: [String]) {
        self.name = name
        self.paths = paths
    }
}

package struct LogMetric: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable { case counter, gauge, histogram }
    /// What a value does to a gauge.
    package enum Operation: String, Hashable, Sendable, CaseIterable { case set, add, subtract }
    /// A label and the field it is taken from.
    package struct LabelSource: Hashable, Sendable {
        package var label: String
        package var field: String
        package init(label: String, field: String) {
            self.label = label
            self.field = field
        }
    }
    /// A field that must match as a whole.
    package struct Condition: Hashable, Sendable {
        package var field: String
        package var pattern: LinearRegex
        package init(field: String, pattern: LinearRegex) {
            self.field = field
            self.pattern = pattern
        }
    }

    package var name: String
    package var kind: Kind
    package var help = ""
    package var unit = ""
    /// Searched in the line, or in the field `subject`; its named groups are fields of this metric alone.
    package var pattern: LinePattern?
    package var subject: String?
    package var conditions: [Condition] = []
    /// Nil: a counter counts lines; a gauge that adds or subtracts does so by one.
    package var value: String?
    /// Of numbers without a unit.
    package var valueUnit: MeasuredText.Unit?
    package var operation = Operation.set
    package var labels: [LabelSource] = []
    package var labelsMax = LogConfiguration.Limits.labels
    /// Upper bounds, ascending, without infinity.
    package var buckets = Self.defaultBuckets

    /// Seconds, as client libraries have them.
    package static let defaultBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    package init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }
}

/// A pattern that is searched in lines, with a quick way to say that it is not there.
package struct LinePattern: Hashable, Sendable {
    package let regex: LinearRegex
    /// Says whether, never where: an automaton that passes over most lines ten times faster than groups are found.
    private let quick: LinearRegex?

    package init(_ pattern: String) throws(RegexError) {
        regex = try LinearRegex(searching: pattern)
        do {
            quick = try LinearRegex(anchored: ".*(?:\(pattern)).*")
        } catch {
            // Too large with what is around it: slower, not wrong.
            quick = nil
        }
    }

    package func matches(_ line: String) -> Bool { quick?.matches(line) ?? regex.matches(line) }

    package func firstMatch(in line: String) -> Match? {
        if let quick, !quick.matches(line) { return nil }
        return regex.firstMatch(in: line)
    }

    /// Names of its groups, each once.
    package var fields: [String] {
        var names: [String] = []
        for case let name? in regex.groupNames where !names.contains(name) { names.append(name) }
        return names
    }
}
