// Queries over very many series with hardly a sample each: tables by label set, and lists of series, end in pieces.
// Beside LongStretchTests, whose store is deep where this one is wide.

import LinearRegex
import MetricModel
import Querying
import Testing
import TimeSeriesStore

@testable import PromQLEngine

@Suite("stretches over many series")
struct WideStretchTests {
    static let seriesCount = 50_000
    static let store: TimeSeriesStore? = {
        let store = TimeSeriesStore()
        var batch = AppendBatch()
        for number in 0..<seriesCount {
            let labels = ["id": "client-\(number &* 7919 % 1_000_003)", "le": "1", "zone": "z\(number % 10)"]
            // The store has room for them: its limits are millions.
            guard let ref = try? store.register(LabelSet(metric: "w", labels)) else { return nil }
            batch.append(ref, Timestamp(milliseconds: 60_000), Double(number % 1009))
        }
        return store.append(batch).appended == seriesCount ? store : nil
    }()

    @Test(
        "no table of many label sets grows, or is given back, in one stretch",
        arguments: [
            "sort(w)", "sum by (id) (w)", "sum without (zone) (w)", "w + on (id) w", "w unless on (id) (w > 500)",
            "histogram_quantile(0.9, w)", "info(w)", "w * on (id, zone) group_left () w",
            "label_replace(w, \"y\", \"$1\", \"id\", \"(.*)\")", "last_over_time(w[5m])",
        ])
    func stretches(query: String) async throws {
        let clock = LongStretchTests.Stretches()
        var options = EngineOptions.user
        options.timeout = Milliseconds(1 << 40)
        options.now = { clock.read() }
        let backend = EmbeddedBackend(source: try #require(Self.store), options: options)
        _ = try await backend.instant(InstantRequest(query: query, time: Timestamp(milliseconds: 60_000)))
        #expect(clock.longestMilliseconds < 100)
    }

    @Test("very many series of a range come in the order of their labels, each with its own samples")
    func order() async throws {
        let time = Timestamp(milliseconds: 60_000)
        let backend = EmbeddedBackend(source: try #require(Self.store), options: .user)
        let grid = StepGrid(start: time, end: time, step: Milliseconds(1000))
        let answer = try await backend.range(RangeRequest(query: "w", grid: grid))
        guard case .matrix(let series) = answer.value else {
            Issue.record("a range gives a matrix")
            return
        }
        var values: [String: Double] = [:]
        for number in 0..<Self.seriesCount {
            values["client-\(number &* 7919 % 1_000_003)"] = Double(number % 1009)
        }
        #expect(series.count == Self.seriesCount)
        #expect(zip(series, series.dropFirst()).allSatisfy { $0.labels < $1.labels })
        let wrong = series.filter { one in
            guard case .floats(let floats) = one.samples else { return true }
            return one.timestamps != [time] || floats != [values[one.labels["id"] ?? ""]]
        }
        #expect(wrong.isEmpty)
    }

    /// A source that answers when it is told to, and does not look whether anybody waits.
    private struct HoldingSource: SeriesSource {
        let held = Lock<CheckedContinuation<Void, Never>?>(nil)
        private func hold() async { await withCheckedContinuation { one in held.withLock { $0 = one } } }

        func select(_ selections: [Selection], limits: SelectionLimits) async throws(SourceFailure) -> [[Series]] { [] }
        func series(
            _ matcherSets: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int
        ) async throws(SourceFailure) -> [LabelSet] {
            await hold()
            return []
        }
        func labelNames(
            _ matcherSets: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int
        ) async throws(SourceFailure) -> [String] {
            await hold()
            return []
        }
        func labelValues(
            _ name: String, _ matcherSets: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int
        ) async throws(SourceFailure) -> [String] {
            await hold()
            return []
        }
        func metadata(metric: String?) async throws(SourceFailure) -> [String: [Metadata]] { [:] }
        var timeRange: ClosedRange<Timestamp>? { nil }
    }

    @Test("a cancelled list ends at once, whatever its source does", arguments: ["series", "names", "values"])
    func lists(kind: String) async throws {
        let source = HoldingSource()
        let backend = EmbeddedBackend(source: source)
        let task = Task {
            let (start, end) = (Timestamp(milliseconds: 0), Timestamp(milliseconds: 1))
            do throws(QueryFailure) {
                switch kind {
                case "series": _ = try await backend.series(["w"], start: start, end: end, limit: 0)
                case "names": _ = try await backend.labelNames(["w"], start: start, end: end, limit: 0)
                default: _ = try await backend.labelValues("id", ["w"], start: start, end: end, limit: 0)
                }
                return nil as QueryFailure?
            } catch {
                return error
            }
        }
        while source.held.withLock({ $0 == nil }) { await Task.yield() }
        task.cancel()
        source.held.withLock { $0 }?.resume()
        let failure = await task.value
        #expect(failure?.kind == .canceled)
        #expect(failure?.message == "query was canceled in query execution")
    }
}
