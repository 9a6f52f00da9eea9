// Why a panel is empty, asked of a store: where the nearest samples are, for a few series and for very many.

import Ferula
import MetricModel
import Querying
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

    @Test("ten thousand series of one moment are explained without asking for thirty days of them")
    func onePage() async throws {
        let monitor = try Self.monitor(series: 10_000)
        let span = Explanation.Span(
            start: Self.sample - .minutes(5), end: Self.sample, step: .seconds(15))
        let clock = ContinuousClock()
        var reason: Explanation.Reason?
        let time = await clock.measure {
            reason = await Explanation.reason("sum(rate(many[5m]))", backend: monitor.queryBackend, span: span)
        }
        guard case .tooFewSamples? = reason else {
            Issue.record("\(String(describing: reason))")
            return
        }
        // Minutes, were they asked for; less than a second as it is, in a debug build.
        #expect(time < .seconds(20))
    }
}
