// Clients that leave while their query runs, and answers that are too long to be held.

import HTTPAccess
import HTTPService
import MetricModel
import PromQLEngine
import Querying
import Testing
import TimeSeriesStore

@testable import PrometheusAPI

/// The engine, and when it begins and ends a range query.
private struct WatchedBackend: QueryBackend {
    var base: EmbeddedBackend
    var note: @Sendable (String) -> Void

    func range(_ request: RangeRequest) async throws(QueryFailure) -> QueryResult {
        note("begun")
        do {
            let result = try await base.range(request)
            note("answered")
            return result
        } catch {
            note(error.kind.rawValue)
            throw error
        }
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

private func appendSamples(_ count: Int, series: Int, to store: TimeSeriesStore) throws {
    for number in 0..<series {
        let ref = try store.register(LabelSet(metric: "x", ["n": "\(number)"]))
        var batch = AppendBatch()
        for step in 0..<count {
            batch.append(ref, Timestamp(milliseconds: Int64(step) * 1000), Double((step * 7 + number) % 1013))
        }
        _ = store.append(batch)
    }
}

@Suite("Clients that leave, and long answers", .timeLimit(.minutes(2)), .serialized)
struct VanishedClientTests {
    @Test("the query of a client that is gone ends at once", arguments: [true, false])
    func vanished(closesWhole: Bool) async throws {
        let store = TimeSeriesStore()
        // A thousand million samples to look at: minutes, unless somebody ends it.
        try appendSamples(3600, series: 100, to: store)
        let (events, continuation) = AsyncStream<String>.makeStream()
        let backend = WatchedBackend(base: EmbeddedBackend(source: store)) { continuation.yield($0) }
        let server = APIServer(
            backend: backend, status: FixedStatus(), process: APIProcess(now: { apiNow }))
        try await Server(routes: server.routes).whileRunning { address in
            let query = percentEncoded("sum(quantile_over_time(0.5, x[50m]))")
            let target = "/api/v1/query_range?query=\(query)&start=0&end=3599&step=0.5"
            let socket = try await onBlockingThread { Result { try RawSocket(address) } }.get()
            socket.send(Array("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
            var iterator = events.makeAsyncIterator()
            #expect(await iterator.next() == "begun")
            let left = ContinuousClock.now
            if closesWhole { socket.close() } else { socket.endSending() }
            #expect(await iterator.next() == "canceled")
            // Seconds where the machine is busy; the query itself takes minutes.
            #expect(left.duration(to: .now) < .seconds(20))
            if !closesWhole { socket.close() }
        }
    }

    @Test("a connection is kept from one answer to the next")
    func keptAlive() async throws {
        let server = APIServer(
            backend: EmbeddedBackend(source: try filledStore()), status: FixedStatus(),
            process: APIProcess(now: { apiNow }))
        let answer = try await Server(routes: server.routes).whileRunning { address in
            let head = "GET /api/v1/query?query=1 HTTP/1.1\r\nHost: a\r\n"
            return try await RawSocket.exchange(
                address, Array((head + "\r\n" + head + "\r\n" + head + "Connection: close\r\n\r\n").utf8),
                endsSending: false)
        }
        let text = String(decoding: answer ?? [], as: UTF8.self)
        #expect(text.ranges(of: "HTTP/1.1 200 OK").count == 3)
    }

    @Test("a long answer arrives whole, in chunks, plain and compressed")
    func longAnswer() async throws {
        let store = TimeSeriesStore()
        try appendSamples(10_000, series: 20, to: store)
        let target = "/api/v1/query?query=x%5B3h%5D&time=10000"
        let answer = try await ask(target, store: store)
        var expected = #"{"status":"success","data":{"resultType":"matrix","result":["#
        let names = (0..<20).map { "\($0)" }.sorted()
        expected += names.map { name in
            let number = Int(name) ?? 0
            let points = (0..<10_000).map { "[\($0),\"\(($0 * 7 + number) % 1013)\"]" }.joined(separator: ",")
            return #"{"metric":{"__name__":"x","n":"\#(name)"},"values":[\#(points)]}"#
        }.joined(separator: ",")
        expected += "]}}"
        #expect(answer.body == expected)
        #expect(answer["content-encoding"] == "gzip")
        let plain = try await ask(target, headers: [Header("Accept-Encoding", "identity")], store: store)
        #expect(plain.body == expected)
        #expect(plain["transfer-encoding"] == "chunked")
        #expect(plain["content-length"] == nil)
    }
}
