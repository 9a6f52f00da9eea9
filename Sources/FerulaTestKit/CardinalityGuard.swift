// Laws about a monitor's series as a whole: a label that must not be, and how many series a metric may have.
// Asked by tests after the code under test has run.

import Ferula
import MetricModel
import Querying

/// A law that all series of a monitor must keep, whenever they had samples.
public struct CardinalityGuard: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case label(String)
        case series(Int)
    }
    let kind: Kind

    /// No series has this label: `user_id`, `email`, whatever has a value for each user.
    public static func neverLabel(_ name: String) -> CardinalityGuard { CardinalityGuard(kind: .label(name)) }
    /// No metric name has more series than this. A classic histogram's buckets are series of `NAME_bucket`.
    public static func noMetricOver(series limit: Int) -> CardinalityGuard { CardinalityGuard(kind: .series(limit)) }
}

extension Monitor {
    /// Throws unless all series keep the law.
    ///
    /// ```swift
    /// try await monitor.expect(.neverLabel("user_id"))
    /// try await monitor.expect(.noMetricOver(series: 100))
    /// ```
    ///
    /// - Throws: `ExpectationFailure` that names the metrics that break it, with series as examples and the labels
    ///   that have the most values.
    public func expect(
        _ law: CardinalityGuard, fileID: String = #fileID, filePath: String = #filePath, line: Int = #line,
        column: Int = #column
    ) async throws(ExpectationFailure) {
        let place = SourcePlace(fileID: fileID, filePath: filePath, line: line, column: column)
        let all: [LabelSet]
        do throws(SourceFailure) {
            all = try await store.series([], start: .distantPast, end: .distantFuture, limit: 0)
        } catch {
            throw ExpectationFailure(.query, "the series cannot be listed", ["\(error)"], at: place)
        }
        switch law.kind {
        case .label(let name):
            let bad = all.filter { $0[name] != nil }
            guard !bad.isEmpty else { return }
            throw ExpectationFailure(
                .mismatch, "the label `\(name)` is on \(CardinalityText.count(bad.count))",
                CardinalityText.metrics(bad) { series in CardinalityText.examples(series) }, at: place)
        case .series(let limit):
            let byMetric = Dictionary(grouping: all) { $0.metricName ?? "" }
            let bad = byMetric.filter { $0.value.count > limit }
            guard !bad.isEmpty else { return }
            let metrics = bad.count == 1 ? "a metric has" : "\(bad.count) metrics have"
            throw ExpectationFailure(
                .mismatch, "\(metrics) more than \(limit) series",
                CardinalityText.metrics(bad.values.flatMap(\.self)) { series in CardinalityText.labels(series) },
                at: place)
        }
    }
}

private enum CardinalityText {
    private static let metricsMax = 5
    private static let examplesMax = 3

    static func count(_ series: Int) -> String { "\(series) series" }

    /// For each metric, those with the most series first, its count and what `body` says of it.
    static func metrics(_ series: [LabelSet], _ body: ([LabelSet]) -> [String]) -> [String] {
        let byMetric = Dictionary(grouping: series) { $0.metricName ?? "(no name)" }
            .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
        var lines: [String] = []
        for (name, series) in byMetric.prefix(metricsMax) {
            lines.append("\(name): \(count(series.count))")
            lines += body(series.sorted()).map { "  " + $0 }
        }
        if byMetric.count > metricsMax {
            let more = byMetric.count - metricsMax
            lines.append("... and \(more) more \(more == 1 ? "metric" : "metrics")")
        }
        return lines
    }

    static func examples(_ series: [LabelSet]) -> [String] {
        var lines = series.prefix(examplesMax).map { "\($0)" }
        if series.count > examplesMax { lines.append("... and \(series.count - examplesMax) more") }
        return lines
    }

    /// `path: 1150 values: "/a", "/b", ...`, those with the most values first.
    static func labels(_ series: [LabelSet]) -> [String] {
        var values: [String: Set<String>] = [:]
        for labels in series {
            for label in labels.labels where label.name != LabelSet.metricNameLabel {
                values[label.name, default: []].insert(label.value)
            }
        }
        let sorted = values.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
        return sorted.prefix(examplesMax).map { name, values in
            let shown = values.sorted { $0.isBefore($1) }.prefix(examplesMax).map(\.quotedForPrometheus)
            let noun = values.count == 1 ? "1 value" : "\(values.count) values"
            let dots = values.count > examplesMax ? ", ..." : ""
            return "\(name): \(noun): \(shown.joined(separator: ", "))\(dots)"
        }
    }
}
