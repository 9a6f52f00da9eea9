// A source of fixed series, for tests of the engine alone.
// Stands where the store stands in the product.

import MetricModel

struct MemorySource: SeriesSource {
    var all: [Series]

    init(_ all: [Series]) { self.all = all.sorted { $0.labels < $1.labels } }

    func select(_ selections: [Selection], limits: SelectionLimits) async throws(SourceFailure) -> [[Series]] {
        selections.map { selection in
            all.compactMap { series in
                guard selection.matchers.allSatisfy({ $0.matches(series.labels) }) else { return nil }
                let inside = series.timestamps.indices.filter {
                    series.timestamps[$0] > selection.start && series.timestamps[$0] <= selection.end
                }
                if inside.isEmpty { return nil }
                let samples: SampleColumn
                switch series.samples {
                case .floats(let values): samples = .floats(inside.map { values[$0] })
                case .histograms(let values): samples = .histograms(inside.map { values[$0] })
                case .mixed(let values): samples = .mixed(inside.map { values[$0] })
                }
                return Series(
                    labels: series.labels, timestamps: inside.map { series.timestamps[$0] }, samples: samples)
            }
        }
    }

    func series(
        _ matcherSets: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int
    ) async throws(SourceFailure) -> [LabelSet] {
        all.map(\.labels).filter { labels in
            matcherSets.isEmpty || matcherSets.contains { $0.allSatisfy { $0.matches(labels) } }
        }
    }

    func labelNames(
        _ matcherSets: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int
    ) async throws(SourceFailure) -> [String] { [] }

    func labelValues(
        _ name: String, _ matcherSets: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int
    ) async throws(SourceFailure) -> [String] { [] }

    func metadata(metric: String?) async throws(SourceFailure) -> [String: [Metadata]] { [:] }

    var timeRange: ClosedRange<Timestamp>? { nil }
}
