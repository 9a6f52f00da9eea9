// What differs between two moments or two sources: metrics, their types, labels and series, and what moved most.
// A value from two values; `ferula diff` reads the two and prints this.

import MetricModel

package struct SnapshotComparison: Hashable, Sendable {
    package struct Options: Hashable, Sendable {
        /// Taken off every series first: two targets always differ in `instance`. Series that become one are added up.
        package var ignoredLabels: Set<String> = []
        /// What has moved by no more than this share of the larger value has not moved.
        package var tolerance = 0.0

        package init(ignoredLabels: Set<String> = [], tolerance: Double = 0) {
            self.ignoredLabels = ignoredLabels
            self.tolerance = tolerance
        }
    }

    package struct Metric: Hashable, Sendable {
        package var name: String
        package var kind: Metadata.Kind
        package var seriesCount: Int
    }

    /// Type, unit or help of a metric that both have and describe.
    package struct Description: Hashable, Sendable {
        package var metric: String
        /// `type`, `unit`, `help`
        package var part: String
        package var before: String
        package var after: String
    }

    /// Of a metric that both have.
    package struct LabelNames: Hashable, Sendable {
        package var metric: String
        package var added: [String]
        package var removed: [String]
    }

    package struct SeriesCounts: Hashable, Sendable {
        package var metric: String
        package var before: Int
        package var after: Int
        package var new: Int
        package var gone: Int
    }

    package struct Move: Hashable, Sendable {
        package var labels: LabelSet
        package var before: Double
        package var after: Double
        /// Difference as a share of the larger of both: 1 for what came from or went to nothing, 2 for a change of sign.
        package var share: Double

        /// Infinite to or from what is no number.
        fileprivate var difference: Double {
            let difference = (after - before).magnitude
            return difference.isNaN ? .infinity : difference
        }
    }

    /// In A and not in B.
    package var missing: [Metric] = []
    package var new: [Metric] = []
    package var descriptions: [Description] = []
    package var labelNames: [LabelNames] = []
    package var series: [SeriesCounts] = []
    /// Largest share first; of one share the largest difference.
    package var counters: [Move] = []
    package var gauges: [Move] = []
    /// Series of each kind that both have.
    package var counterCount = 0
    package var gaugeCount = 0
    /// Counters are compared by their rates; else, where a side has one sample of each, by their totals.
    package var comparesRates = false

    /// Anything but moved values.
    package var isStructureChanged: Bool {
        !(missing.isEmpty && new.isEmpty && descriptions.isEmpty && labelNames.isEmpty && series.isEmpty)
    }
    package var hasMoves: Bool { !counters.isEmpty || !gauges.isEmpty }

    package init(_ before: MetricSnapshot, _ after: MetricSnapshot, _ options: Options = Options()) {
        let one = Self.byMetric(before, options), other = Self.byMetric(after, options)
        comparesRates = Self.hasRates(before) && Self.hasRates(after)
        for (name, series) in one where other[name] == nil { missing.append(Self.metric(name, series, before)) }
        for (name, series) in other where one[name] == nil { new.append(Self.metric(name, series, after)) }
        for (name, series) in one {
            guard let others = other[name] else { continue }
            compare(name, series, others)
            move(name, series, others, isCounter: after.isCounter(name), options.tolerance)
        }
        compareDescriptions(before, after)
        sort()
    }

    private typealias Group = [LabelSet: MetricSnapshot.Entry]

    private static func byMetric(_ snapshot: MetricSnapshot, _ options: Options) -> [String: Group] {
        var groups: [String: Group] = [:]
        for entry in snapshot.entries {
            let name = entry.labels.metricName ?? ""
            let labels = options.ignoredLabels.isEmpty ? entry.labels : entry.labels.without(options.ignoredLabels)
            guard let other = groups[name]?[labels] else {
                groups[name, default: [:]][labels] = MetricSnapshot.Entry(
                    labels: labels, value: entry.value, rate: entry.rate)
                continue
            }
            let rate = entry.rate.flatMap { rate in other.rate.map { $0 + rate } } ?? entry.rate ?? other.rate
            groups[name]?[labels] = MetricSnapshot.Entry(
                labels: labels, value: entry.value + other.value, rate: rate)
        }
        return groups
    }

    private static func hasRates(_ snapshot: MetricSnapshot) -> Bool { snapshot.entries.contains { $0.rate != nil } }

    private static func metric(_ name: String, _ series: Group, _ snapshot: MetricSnapshot) -> Metric {
        Metric(name: name, kind: snapshot.metadata(of: name)?.metadata.kind ?? .unknown, seriesCount: series.count)
    }

    private mutating func compare(_ name: String, _ one: Group, _ other: Group) {
        func names(_ group: Group) -> Set<String> {
            group.keys.reduce(into: []) { names, labels in
                for label in labels.labels where label.name != LabelSet.metricNameLabel { names.insert(label.name) }
            }
        }
        let before = names(one), after = names(other)
        if before != after {
            labelNames.append(
                LabelNames(
                    metric: name, added: after.subtracting(before).sorted(), removed: before.subtracting(after).sorted()
                ))
        }
        let gone = one.keys.reduce(0) { $0 + (other[$1] == nil ? 1 : 0) }
        let new = other.keys.reduce(0) { $0 + (one[$1] == nil ? 1 : 0) }
        guard gone + new > 0 else { return }
        series.append(SeriesCounts(metric: name, before: one.count, after: other.count, new: new, gone: gone))
    }

    private mutating func move(
        _ name: String, _ one: Group, _ other: Group, isCounter: Bool, _ tolerance: Double
    ) {
        // A bucket moves with its count, and the moment of a birth is no measurement.
        guard !name.hasSuffix("_bucket"), !name.hasSuffix("_created") else { return }
        for (labels, before) in one {
            guard let after = other[labels] else { continue }
            if isCounter { counterCount += 1 } else { gaugeCount += 1 }
            let (from, to): (Double, Double)
            if isCounter, comparesRates {
                guard let rate = before.rate, let otherRate = after.rate else { continue }
                (from, to) = (rate, otherRate)
            } else {
                (from, to) = (before.value, after.value)
            }
            guard let share = Self.share(from, to), share > tolerance else { continue }
            let move = Move(labels: labels, before: from, after: to, share: share)
            if isCounter { counters.append(move) } else { gauges.append(move) }
        }
    }

    /// Nil for what has not moved. To or from what is no finite number is as much as to or from nothing.
    package static func share(_ before: Double, _ after: Double) -> Double? {
        if before == after || (before.isNaN && after.isNaN) { return nil }
        guard before.isFinite, after.isFinite else { return 1 }
        // Halves: the difference of the two largest numbers is infinite.
        let larger = max(before.magnitude, after.magnitude)
        return (after / larger - before / larger).magnitude
    }

    private mutating func compareDescriptions(_ before: MetricSnapshot, _ after: MetricSnapshot) {
        // Families that nobody asked for have no series here.
        let used = Set(
            (before.entries + after.entries).compactMap { $0.labels.metricName }.flatMap { name in
                [before, after].compactMap { $0.metadata(of: name)?.family }
            })
        for (name, one) in before.metadata where used.contains(name) {
            guard let other = after.metadata[name] else { continue }
            let parts = [
                ("type", one.kind.rawValue, other.kind.rawValue), ("unit", one.unit, other.unit),
                ("help", one.help, other.help),
            ]
            for (part, from, to) in parts where !from.isSameBytes(as: to) {
                descriptions.append(Description(metric: name, part: part, before: from, after: to))
            }
        }
    }

    private mutating func sort() {
        missing.sort { $0.name < $1.name }
        new.sort { $0.name < $1.name }
        descriptions.sort { ($0.metric, $0.part) < ($1.metric, $1.part) }
        labelNames.sort { $0.metric < $1.metric }
        series.sort { ($1.new + $1.gone, $0.metric) < ($0.new + $0.gone, $1.metric) }
        counters.sort(by: Self.isBefore)
        gauges.sort(by: Self.isBefore)
    }

    private static func isBefore(_ one: Move, _ other: Move) -> Bool {
        if one.share != other.share { return one.share > other.share }
        let difference = one.difference, otherDifference = other.difference
        if difference != otherDifference { return difference > otherDifference }
        return one.labels < other.labels
    }
}
