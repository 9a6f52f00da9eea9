// The contract of QueryBackend, held by both of our backends: the engine itself, and the engine behind HTTP.
// Real servers answer the same rows in PeerTests/ContractPeerTests.

import BackendContract
import HTTPAccess
import HTTPService
import Ingestion
import MetricModel
import PromQLEngine
import PrometheusAPI
import Querying
import Synchronization
import Testing
import TimeSeriesStore

private struct NoTargets: StatusSource {
    func targets() async -> [TargetStatus] { [] }
}

enum Subject: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case embedded
    case remote = "remote, over loopback HTTP"
    var testDescription: String { rawValue }
    var contract: ContractSubject { self == .embedded ? .embedded : .loopback }

    /// The engine over `source`, or a RemoteBackend in front of an API server over that engine.
    func with<Value: Sendable>(
        _ source: any SeriesSource, _ options: EngineOptions = .user,
        _ body: @escaping @Sendable (any QueryBackend) async throws -> Value
    ) async throws -> Value {
        let embedded = EmbeddedBackend(source: source, options: options)
        if self == .embedded { return try await body(embedded) }
        let api = APIServer(
            backend: embedded, status: NoTargets(), version: "0", now: { ContractData.time(0) }, selfMetrics: { [] })
        return try await Server(routes: api.routes).whileRunning { address in
            let client = Client()
            let result: Result<Value, any Error>
            do {
                result = .success(try await body(RemoteBackend(try RemoteServer("\(address)"), client: client)))
            } catch {
                result = .failure(error)
            }
            await client.shutdown()
            return try result.get()
        }
    }
}

private let filled: TimeSeriesStore = {
    let store = TimeSeriesStore()
    var loader = SampleLoader(sink: store, format: .openMetrics)
    let bytes = Array(ContractData.openMetrics.utf8)
    do {
        try bytes.withUnsafeBufferPointer { buffer in try loader.load(buffer) }
        _ = try loader.finish()
    } catch {
        Issue.record("the data cannot be loaded: \(error)")
    }
    return store
}()

@Suite("Contract of a backend", .timeLimit(.minutes(1)))
struct BackendContractTests {
    @Test("every row", arguments: Subject.allCases)
    func rows(subject: Subject) async throws {
        let answers = try await subject.with(filled) { backend in
            var answers: [[String]] = []
            for row in ContractRows.all { answers.append(await row.ask(backend)) }
            return answers
        }
        for (row, answer) in zip(ContractRows.all, answers) {
            #expect(answer == row.answer(of: subject.contract), "\(row.name)")
        }
    }

    @Test("native histograms cross the wire with schema, buckets and zero bucket", arguments: Subject.allCases)
    func histograms(subject: Subject) async throws {
        var histogram = NativeHistogram()
        histogram.schema = 2
        (histogram.count, histogram.sum, histogram.zeroThreshold, histogram.zeroCount) = (10, 18.5, 0.001, 1)
        histogram.positiveSpans = [
            NativeHistogram.Span(offset: -3, length: 2), NativeHistogram.Span(offset: 4, length: 1),
        ]
        histogram.positiveBuckets = [1, 3, 2]
        histogram.negativeSpans = [NativeHistogram.Span(offset: 0, length: 1)]
        histogram.negativeBuckets = [3]
        let store = TimeSeriesStore()
        var batch = AppendBatch()
        batch.append(try store.register(LabelSet(metric: "h")), ContractData.time(0), histogram)
        #expect(store.append(batch).appended == 1)
        let value = try await subject.with(store) { backend in
            try await backend.instant(InstantRequest(query: "h", time: ContractData.time(1))).value
        }
        guard case .vector(let elements) = value, case .histogram(let read)? = elements.first?.value else {
            Issue.record("\(value)")
            return
        }
        #expect(read.compacted == histogram)
    }

    @Test("a query past its time ends as a timeout", arguments: Subject.allCases)
    func timeout(subject: Subject) async throws {
        // The deadline is reckoned at the first reading; at the next one years have passed.
        let readings = Readings()
        var options = EngineOptions.user
        options.now = { readings.next() == 0 ? 0 : 1 << 50 }
        let failure = try await subject.with(filled, options) { backend in
            await Self.failure(of: "sum(stddev_over_time(queue_length[10m:1s]))", backend, timeout: .seconds(5))
        }
        #expect(failure?.kind == .timeout)
        #expect(failure?.message == "query timed out in query execution")
    }

    @Test("cancelling the task that asks ends the question", arguments: Subject.allCases)
    func cancellation(subject: Subject) async throws {
        let (arrived, arrival) = AsyncStream.makeStream(of: Void.self)
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        let source = WaitingSource(arrival: arrival, released: released)
        let failure = try await subject.with(source) { backend in
            let asking = Task { await Self.failure(of: "up", backend) }
            for await _ in arrived {}
            asking.cancel()
            let failure = await asking.value
            // The server may go on for a moment; it need not hold up the test.
            release.finish()
            return failure
        }
        #expect(failure?.kind == .canceled)
    }

    private static func failure(
        of query: String, _ backend: any QueryBackend, timeout: Milliseconds? = nil
    ) async -> QueryFailure? {
        let request = InstantRequest(
            query: query, time: ContractData.time(300), options: QueryOptions(timeout: timeout))
        do throws(QueryFailure) {
            _ = try await backend.instant(request)
            return nil
        } catch {
            return error
        }
    }
}

private final class Readings: Sendable {
    private let count = Atomic<Int64>(0)
    /// 0, 1, 2, ...
    func next() -> Int64 { count.add(1, ordering: .relaxed).oldValue }
}

/// Says that a question has come, and answers when it is released or cancelled.
private struct WaitingSource: SeriesSource {
    let arrival: AsyncStream<Void>.Continuation
    let released: AsyncStream<Void>
    var timeRange: ClosedRange<Timestamp>? { nil }

    func select(_ selections: [Selection], limits: SelectionLimits) async throws(SourceFailure) -> [[Series]] {
        arrival.finish()
        for await _ in released {}
        throw .cancelled
    }
    func series(
        _ matcherSets: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int
    ) async throws(SourceFailure) -> [LabelSet] { [] }
    func labelNames(
        _ matcherSets: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int
    ) async throws(SourceFailure) -> [String] { [] }
    func labelValues(
        _ name: String, _ matcherSets: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int
    ) async throws(SourceFailure) -> [String] { [] }
    func metadata(metric: String?) async throws(SourceFailure) -> [String: [Metadata]] { [:] }
}
