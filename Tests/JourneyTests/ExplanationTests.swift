// Why a panel is empty, asked of a store: where the nearest samples are, for a few series and for very many.

import Ferula
import MetricModel
import PromQLSyntax
import Querying
import Synchronization
import Testing

@testable import DashboardApp

@Suite("Explanations from a store")
struct ExplanationTests {
    private static let sample = Timestamp(seconds: 1_700_000_000)

    private static func monitor(series: Int) throws -> Monitor {
        let monitor = Monitor(labels: [:])
        try monitor.ingest((0..<series).map { "many{id=\"\($0)\"} 1\n" }.joined(), at: sample)
        return monitor
    }

    @Test(
        "the nearest sample outside the range is found, however many series match", arguments: [1, 20, 21, 500],
        [Milliseconds.minutes(-50), .minutes(-700), .hours(-300), .minutes(50), .hours(20)])
    func outside(series: Int, distance: Milliseconds) async throws {
        let monitor = try Self.monitor(series: series)
        let edge = Self.sample - distance
        let isBefore = distance < .zero
        let span = Explanation.Span(
            start: isBefore ? edge : edge - .minutes(5), end: isBefore ? edge + .minutes(5) : edge,
            step: .seconds(15))
        let reason = await Explanation.reason("sum(many)", backend: monitor.queryBackend, span: span)
        #expect(reason == .outside("many", nearest: Self.sample, distance: distance))
    }

    @Test("of many series the one with the nearest sample is found, whatever its name", arguments: [0, 7, 63])
    func nearestOfMany(place: Int) async throws {
        let monitor = Monitor(labels: [:])
        let late = Self.sample + .hours(22)
        for series in 0..<64 {
            let time = series == place ? late : Self.sample + .seconds(Int64(series))
            try monitor.ingest("many{id=\"\(series)\"} 1\n", at: time, target: "\(series)")
        }
        let start = late + .minutes(65)
        let span = Explanation.Span(start: start, end: start + .minutes(5), step: .seconds(15))
        let reason = await Explanation.reason("sum(many)", backend: monitor.queryBackend, span: span)
        #expect(reason == .outside("many", nearest: late, distance: .minutes(-65)))
    }

    @Test("series that differ in their name alone are told apart")
    func names() async throws {
        let monitor = Monitor(labels: [:])
        for series in 0..<30 { try monitor.ingest("many_\(series) 1\n", at: Self.sample, target: "\(series)") }
        let start = Self.sample + .minutes(50)
        let span = Explanation.Span(start: start, end: start + .minutes(5), step: .seconds(15))
        guard case .vectorSelector(let selector) = try Expression(parsing: #"{__name__=~"many_.*"}"#) else {
            Issue.record("no selector")
            return
        }
        let reason = await Explanation.Search(backend: monitor.queryBackend, span: span).outside(selector)
        guard case .outside(_, let nearest, _)? = reason else {
            Issue.record("\(String(describing: reason))")
            return
        }
        #expect(nearest == Self.sample)
    }

    /// Counts what it is asked, and how much of it at once.
    private final class CountingBackend: QueryBackend {
        private let inner: any QueryBackend
        private let asked = Mutex<(questions: Int, peak: Int)>((0, 0))
        var counts: (questions: Int, peak: Int) { asked.withLock { $0 } }

        init(_ inner: any QueryBackend) { self.inner = inner }

        func instant(_ request: InstantRequest) async throws(QueryFailure) -> QueryResult {
            let result = try await inner.instant(request)
            asked.withLock { $0 = ($0.questions + 1, max($0.peak, result.statistics.peakSamples)) }
            return result
        }
        func range(_ request: RangeRequest) async throws(QueryFailure) -> QueryResult {
            try await inner.range(request)
        }
        func series(
            _ selectors: [String], start: Timestamp, end: Timestamp, limit: Int
        ) async throws(QueryFailure) -> [LabelSet] {
            asked.withLock { $0.questions += 1 }
            return try await inner.series(selectors, start: start, end: end, limit: limit)
        }
        func labelNames(
            _ selectors: [String], start: Timestamp, end: Timestamp, limit: Int
        ) async throws(QueryFailure) -> [String] {
            try await inner.labelNames(selectors, start: start, end: end, limit: limit)
        }
        func labelValues(
            _ name: String, _ selectors: [String], start: Timestamp, end: Timestamp, limit: Int
        ) async throws(QueryFailure) -> [String] {
            try await inner.labelValues(name, selectors, start: start, end: end, limit: limit)
        }
        func metadata(metric: String?) async throws(QueryFailure) -> [String: [Metadata]] {
            try await inner.metadata(metric: metric)
        }
    }

    @Test("ten thousand series of one moment are explained without asking for thirty days of them")
    func onePage() async throws {
        let backend = CountingBackend(try Self.monitor(series: 10_000).queryBackend)
        let span = Explanation.Span(
            start: Self.sample - .minutes(5), end: Self.sample, step: .seconds(15))
        let reason = await Explanation.reason("sum(rate(many[5m]))", backend: backend, span: span)
        guard case .tooFewSamples? = reason else {
            Issue.record("\(String(describing: reason))")
            return
        }
        // Thirty days at four minutes are 10,800 steps of each series.
        #expect(backend.counts.peak < 10 * 10_000)
        #expect(backend.counts.questions < 100)
    }
}
