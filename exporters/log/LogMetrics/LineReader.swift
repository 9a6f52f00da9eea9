// One line to updates of metrics: is it wanted, does it fit the format, which metrics does it concern.
// Between the followed files and LogStore; pure, and linear in the line however the patterns are written.

import LinearRegex
import MetricModel

/// What became of a line.
package enum LineOutcome: Hashable, Sendable {
    /// It fits the format (without a format: a metric).
    case matched
    case unmatched
    /// Not among `match`, or among `ignore`.
    case ignored
}

/// The lines of one log. A value of its own for each log; the store is shared.
package struct LineReader: Sendable {
    /// Where a name in a metric's definition gets its text from.
    private enum Source: Sendable {
        case log(slot: Int)
        /// Groups of the metric's own pattern; a name may stand in several branches.
        case own(groups: [Int])
    }

    private struct Condition: Sendable {
        var source: Source
        var pattern: LinearRegex
    }

    private struct Reading: Sendable {
        var metric: LogMetric
        var family: Int
        var subject: Int?
        var conditions: [Condition]
        var value: Source?
        var labels: [(name: String, source: Source)]
        /// Series of label values that have been here; never more than the family has.
        var known: [[String]: Int] = [:]
    }

    private let log: LogDefinition
    private var fields = LogFields()
    private var readings: [Reading] = []

    package init(_ log: LogDefinition, store: inout LogStore) {
        self.log = log
        for metric in log.metrics {
            let own = metric.pattern?.regex.groupNames ?? []
            func source(_ name: String, _ fields: inout LogFields) -> Source {
                let groups = own.indices.filter { own[$0] == name }
                return groups.isEmpty ? .log(slot: fields.slot(of: name)) : .own(groups: groups)
            }
            let reading = Reading(
                metric: metric, family: store.family(metric), subject: metric.subject.map { fields.slot(of: $0) },
                conditions: metric.conditions.map { Condition(source: source($0.field, &fields), pattern: $0.pattern) },
                value: metric.value.map { source($0, &fields) },
                labels: metric.labels.map { ($0.label, source($0.field, &fields)) })
            readings.append(reading)
            // A counter that has not counted yet is 0, and `rate` needs to see it.
            if metric.labels.isEmpty, log.fileLabel == nil, metric.kind != .gauge || metric.operation != .set {
                _ = store.series(family: reading.family, fixed: log.labels, captured: [])
            }
        }
    }

    package mutating func read(_ line: String, file: String, into store: inout LogStore) -> LineOutcome {
        if !log.match.isEmpty, !log.match.contains(where: { $0.matches(line) }) { return .ignored }
        if log.ignore.contains(where: { $0.matches(line) }) { return .ignored }
        guard fields.read(line, log.format) else { return .unmatched }
        var isUsed = false
        for index in readings.indices where update(&readings[index], line, file, &store) { isUsed = true }
        return isUsed || log.format != .none ? .matched : .unmatched
    }

    /// False when the metric has nothing to do with the line.
    private func update(
        _ reading: inout Reading, _ line: String, _ file: String, _ store: inout LogStore
    ) -> Bool {
        var match: Match?
        var subject = line
        if let slot = reading.subject {
            guard let text = fields[slot] else { return false }
            subject = text
        }
        if let pattern = reading.metric.pattern {
            guard let found = pattern.firstMatch(in: subject) else { return false }
            match = found
        }
        func text(_ source: Source) -> String? {
            switch source {
            case .log(let slot): fields[slot]
            case .own(let groups): groups.lazy.compactMap { match?.group($0, of: subject) }.first
            }
        }
        for condition in reading.conditions {
            guard let found = text(condition.source), condition.pattern.matches(found) else { return false }
        }
        var value = 1.0
        if let source = reading.value {
            // Servers write a minus where there is no number.
            guard let found = text(source), !found.isEmpty, found != "-" else { return false }
            guard let number = Self.number(found, reading.metric) else {
                store.countValueError(reading.family)
                return true
            }
            value = number
        }
        let values = reading.labels.map { Self.cut(text($0.source) ?? "") } + (log.fileLabel == nil ? [] : [file])
        let place = series(&reading, values, &store)
        store.apply(value, reading.metric.operation, family: reading.family, series: place)
        return true
    }

    private func series(_ reading: inout Reading, _ values: [String], _ store: inout LogStore) -> Int {
        if let place = reading.known[values] { return place }
        let names = reading.labels.map(\.name) + (log.fileLabel.map { [$0] } ?? [])
        let (place, isOther) = store.series(
            family: reading.family, fixed: log.labels, captured: zip(names, values).map { Label($0, $1) })
        if isOther {
            store.countOverLimit(reading.family)
        } else {
            reading.known[values] = place
        }
        return place
    }

    private static func number(_ text: String, _ metric: LogMetric) -> Double? {
        guard let number = MeasuredText.value(text, unit: metric.valueUnit) else { return nil }
        switch metric.kind {
        case .counter: return number >= 0 && number.isFinite ? number : nil
        case .histogram: return number.isFinite ? number : nil
        case .gauge: return number.isFinite || metric.operation == .set ? number : nil
        }
    }

    /// At most so many bytes, cut between characters.
    private static func cut(_ text: String) -> String {
        let limit = LogConfiguration.Limits.labelValueBytesMax
        guard text.utf8.count > limit else { return text }
        var bytes = Array(text.utf8.prefix(limit + 1))
        // Back to the first byte of the character that would be cut.
        while let last = bytes.popLast(), last & 0xc0 == 0x80 {}
        return String(decoding: bytes, as: UTF8.self)
    }
}
