// Series in memory for test scripts: sorted, with start timestamps, nothing evicted.
// Filled by PromQLTestRunner's loads; a SeriesSource for the engine under test.

import MetricModel
import Synchronization

/// Small and slow on purpose: a selection walks every series.
package final class ScriptStorage: SeriesSource {
    private struct Stored {
        var timestamps: [Timestamp] = []
        var values: [SampleValue] = []
        var starts: [Timestamp] = []
        var hasStarts = false
    }
    private struct State {
        var series: [LabelSet: Stored] = [:]
        var sorted: [LabelSet]?
        var histogramsServed = 0
    }
    /// Guards everything.
    private let state = Mutex(State())

    package init() {}

    /// Why a sample was not taken.
    package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        package var description: String
    }

    package func removeAll() { state.withLock { $0 = State() } }

    /// Appends behind the newest sample; the newest one again, with its value, is ignored.
    ///
    /// - `start`: when what the sample counts began, zero for unknown.
    package func append(
        _ labels: LabelSet, _ timestamp: Timestamp, _ value: SampleValue, start: Timestamp = Timestamp(milliseconds: 0)
    ) throws(Refusal) {
        let refusal: Refusal? = state.withLock { state in
            if state.series[labels] == nil { state.sorted = nil }
            if let last = state.series[labels]?.timestamps.last, timestamp <= last {
                if timestamp == last, let known = state.series[labels]?.values.last, known.isSameSample(as: value) {
                    return nil
                }
                return Refusal(description: "out of order sample for \(labels) at \(timestamp)")
            }
            state.series[labels, default: Stored()].timestamps.append(timestamp)
            state.series[labels, default: Stored()].values.append(value)
            state.series[labels, default: Stored()].starts.append(start)
            if start.milliseconds != 0 { state.series[labels, default: Stored()].hasStarts = true }
            return nil
        }
        if let refusal { throw refusal }
    }

    /// How many histogram samples selections have brought so far.
    var histogramsServed: Int { state.withLock { $0.histogramsServed } }

    package func select(_ selections: [Selection], limits: SelectionLimits) async throws(SourceFailure) -> [[Series]] {
        let answer: [[Series]] = state.withLock { state in
            let sorted = state.sorted ?? state.series.keys.sorted()
            state.sorted = sorted
            return selections.map { selection in
                sorted.compactMap { labels in
                    guard selection.matchers.allSatisfy({ $0.matches(labels) }), let stored = state.series[labels]
                    else { return nil }
                    guard let series = Self.series(labels, stored, selection) else { return nil }
                    if case .floats = series.samples { return series }
                    state.histogramsServed += series.timestamps.count
                    return series
                }
            }
        }
        let total = answer.joined().reduce(0) { $0 + $1.timestamps.count }
        if total > limits.samplesMax { throw .tooManySamples(limit: limits.samplesMax) }
        return answer
    }

    private static func series(_ labels: LabelSet, _ stored: Stored, _ selection: Selection) -> Series? {
        let first = stored.timestamps.firstIndex { $0 > selection.start } ?? stored.timestamps.count
        let end = stored.timestamps.firstIndex { $0 > selection.end } ?? stored.timestamps.count
        guard first < end else { return nil }
        return Series(
            labels: labels, timestamps: Array(stored.timestamps[first..<end]),
            samples: column(stored.values[first..<end]),
            startTimestamps: stored.hasStarts ? Array(stored.starts[first..<end]) : [])
    }

    private static func column(_ values: ArraySlice<SampleValue>) -> SampleColumn {
        var floats: [Double] = []
        var histograms: [NativeHistogram] = []
        for value in values {
            switch value {
            case .float(let float): floats.append(float)
            case .histogram(let histogram): histograms.append(histogram)
            }
        }
        if histograms.isEmpty { return .floats(floats) }
        return floats.isEmpty ? .histograms(histograms) : .mixed(Array(values))
    }

    package func series(
        _ matcherSets: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int
    ) async throws(SourceFailure) -> [LabelSet] {
        let found = state.withLock { state in
            state.series.filter { labels, stored in
                let matches =
                    matcherSets.isEmpty || matcherSets.contains { $0.allSatisfy { $0.matches(labels) } }
                return matches && stored.timestamps.contains { $0 >= start && $0 <= end }
            }.keys.sorted()
        }
        return limit > 0 ? Array(found.prefix(limit)) : found
    }

    package func labelNames(
        _ matcherSets: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int
    ) async throws(SourceFailure) -> [String] {
        let found = try await series(matcherSets, start: start, end: end, limit: 0)
        let names = Set(found.flatMap { $0.labels.map(\.name) }).sorted { $0.isBefore($1) }
        return limit > 0 ? Array(names.prefix(limit)) : names
    }

    package func labelValues(
        _ name: String, _ matcherSets: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int
    ) async throws(SourceFailure) -> [String] {
        let found = try await series(matcherSets, start: start, end: end, limit: 0)
        let values = Set(found.compactMap { $0[name] }).sorted { $0.isBefore($1) }
        return limit > 0 ? Array(values.prefix(limit)) : values
    }

    package func metadata(metric: String?) async throws(SourceFailure) -> [String: [Metadata]] { [:] }

    package var timeRange: ClosedRange<Timestamp>? {
        state.withLock { state in
            let first = state.series.values.compactMap(\.timestamps.first).min()
            let last = state.series.values.compactMap(\.timestamps.last).max()
            guard let first, let last else { return nil }
            return first...last
        }
    }
}

extension SampleValue {
    fileprivate func isSameSample(as other: SampleValue) -> Bool {
        switch (self, other) {
        case (.float(let one), .float(let two)): one.bitPattern == two.bitPattern
        case (.histogram(let one), .histogram(let two)): one.isEqual(to: two)
        default: false
        }
    }
}
