// What `ferula plot` asks of its store: the chart is drawn of every number that came, not of one a step.
// Between the session and the Monitor's own backend, which answers all other questions.

import MetricModel
import Querying

struct PlotBackend: QueryBackend {
    /// Of one series; where there are more, each stretch of a long range keeps its first, least, greatest and last one.
    static let samplesMax = 20_000
    /// Of all series together, as long as each keeps `samplesLeast`: four for each point of the widest screens.
    static let samplesTotalMax = 100_000
    static let samplesLeast = 2_000

    let base: any QueryBackend
    let now: @Sendable () -> Timestamp

    /// Lines come closer together than the points of a graph, whose step is a second or more: between two points a least or
    /// greatest value would be lost, and with it the legend's.
    func range(_ request: RangeRequest) async throws(QueryFailure) -> QueryResult {
        guard request.query == PlotDashboard.metric else { return try await base.range(request) }
        let (start, end) = Self.stretch(of: request.grid, now: now())
        // A window is open at its begin: the sample that lies there belongs to the range.
        let window = end + Milliseconds(1) - start
        var result = try await base.instant(InstantRequest(query: "\(request.query)[\(window)]", time: end))
        guard case .matrix(let series) = result.value else { return result }
        let most = Self.samplesEach(of: series.count)
        result.value = .matrix(series.map { Self.thinned($0, most: most) })
        return result
    }

    /// The last point of a live range lies up to a step before now; what came since then is shown, too. A range that
    /// was scrolled back ends where it ends.
    static func stretch(of grid: StepGrid, now: Timestamp) -> (start: Timestamp, end: Timestamp) {
        let next = grid.end + grid.step
        return (grid.start, now <= next ? max(grid.end, now) : grid.end)
    }

    static func samplesEach(of seriesCount: Int) -> Int {
        max(samplesLeast, min(samplesMax, samplesTotalMax / max(1, seriesCount)))
    }

    static func thinned(_ series: Series, most: Int) -> Series {
        guard series.timestamps.count > most, let values = series.samples.floats else { return series }
        let stretches = max(1, most / 4)
        let count = values.count
        var timestamps: [Timestamp] = []
        var kept: [Double] = []
        for stretch in 0..<stretches {
            let places = count * stretch / stretches..<count * (stretch + 1) / stretches
            guard let first = places.first, let last = places.last else { continue }
            let least = places.min { values[$0] < values[$1] } ?? first
            let greatest = places.max { values[$0] < values[$1] } ?? first
            for place in Set([first, least, greatest, last]).sorted() {
                timestamps.append(series.timestamps[place])
                kept.append(values[place])
            }
        }
        return Series(labels: series.labels, timestamps: timestamps, samples: .floats(kept))
    }

    func instant(_ request: InstantRequest) async throws(QueryFailure) -> QueryResult {
        try await base.instant(request)
    }

    func series(
        _ selectors: [String], start: Timestamp, end: Timestamp, limit: Int
    ) async throws(QueryFailure) -> [LabelSet] {
        try await base.series(selectors, start: start, end: end, limit: limit)
    }

    func labelNames(
        _ selectors: [String], start: Timestamp, end: Timestamp, limit: Int
    ) async throws(QueryFailure) -> [String] {
        try await base.labelNames(selectors, start: start, end: end, limit: limit)
    }

    func labelValues(
        _ name: String, _ selectors: [String], start: Timestamp, end: Timestamp, limit: Int
    ) async throws(QueryFailure) -> [String] {
        try await base.labelValues(name, selectors, start: start, end: end, limit: limit)
    }

    func metadata(metric: String?) async throws(QueryFailure) -> [String: [Metadata]] {
        try await base.metadata(metric: metric)
    }
}
