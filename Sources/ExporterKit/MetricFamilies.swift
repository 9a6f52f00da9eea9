// What a collector fills: families with help and type, samples with labels.
// Between collectors and the text that /metrics answers.

import MetricModel

/// A metric name with its type, its help and its samples.
public struct MetricFamily: Hashable, Sendable {
    /// One line of the page.
    public struct Sample: Hashable, Sendable {
        /// In the order of writing; without the name.
        public var labels: [Label]
        /// In the unit that the name ends with.
        public var value: Double
        /// `_bucket`, `_sum`, `_count` of a histogram; empty otherwise.
        package var suffix = ""
    }
    /// That of the samples, with suffixes such as `_total`.
    public var name: String
    /// What `# TYPE` says.
    public var kind: Metadata.Kind
    /// What `# HELP` says; empty: no such line.
    public var help: String
    /// In the order in which they were added.
    public var samples: [Sample]
    package var unit = ""
}

/// Families in the order of their first sample; a family named twice is one family.
public struct MetricFamilies: Sendable {
    /// In the order of their first sample.
    public private(set) var all: [MetricFamily] = []
    private var positions: [String: Int] = [:]

    /// No family.
    public init() {}

    /// Adds one sample. Kind and help of the first one of a name stand for all. Labels in the order of writing.
    public mutating func add(
        _ name: String, _ kind: Metadata.Kind, help: @autoclosure () -> String,
        _ labels: KeyValuePairs<String, String>, _ value: Double
    ) {
        add(name, kind, help: help(), labels: labels.map { Label($0.key, $0.value) }, value)
    }

    /// Adds one sample without labels.
    public mutating func add(
        _ name: String, _ kind: Metadata.Kind, help: @autoclosure () -> String, _ value: Double
    ) {
        add(name, kind, help: help(), labels: [], value)
    }

    /// Adds one sample with labels that are made, not written.
    public mutating func add(
        _ name: String, _ kind: Metadata.Kind, help: @autoclosure () -> String, labels: [Label], _ value: Double
    ) {
        let sample = MetricFamily.Sample(labels: labels, value: value)
        if let position = positions[name] {
            all[position].samples.append(sample)
        } else {
            positions[name] = all.count
            all.append(MetricFamily(name: name, kind: kind, help: help(), samples: [sample]))
        }
    }

    /// A whole family, as an exporter that keeps its own counts has it.
    package mutating func add(
        _ name: String, _ kind: Metadata.Kind, help: String, unit: String,
        samples: [(suffix: String, labels: [Label], value: Double)]
    ) {
        let new = samples.map { MetricFamily.Sample(labels: $0.labels, value: $0.value, suffix: $0.suffix) }
        if let position = positions[name] {
            all[position].samples += new
        } else {
            positions[name] = all.count
            all.append(MetricFamily(name: name, kind: kind, help: help, samples: new, unit: unit))
        }
    }

    /// Value of the sample with exactly these labels, nil when there is none. For tests and small lookups.
    public func value(_ name: String, _ labels: KeyValuePairs<String, String> = [:]) -> Double? {
        guard let position = positions[name] else { return nil }
        let wanted = LabelSet(labels.map { Label($0.key, $0.value) })
        return all[position].samples.first { LabelSet($0.labels) == wanted }?.value
    }
}
