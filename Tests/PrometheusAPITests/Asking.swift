// What the tests of this folder ask: an API over a real store and engine, over a real socket.

import HTTPAccess
import HTTPService
import Ingestion
import MetricModel
import PromQLEngine
import Querying
import TimeSeriesStore

@testable import PrometheusAPI

struct FixedStatus: StatusSource {
    func targets() async -> [TargetStatus] {
        [
            TargetStatus(
                scrapePool: "app", url: "http://a:1/metrics", labels: ["instance": "a:1", "job": "app"],
                discoveredLabels: ["__address__": "a:1", "job": "app"], health: .down,
                lastError: "connection refused", lastScrape: Timestamp(milliseconds: 1_700_000_000_013),
                lastScrapeDuration: Milliseconds(2), interval: .seconds(15), timeout: .seconds(10))
        ]
    }
    func droppedTargets() async -> [DroppedTargetStatus] {
        [DroppedTargetStatus(scrapePool: "app", discoveredLabels: ["__address__": "b:1", "job": "app"])]
    }
}

func filledStore() throws -> TimeSeriesStore {
    let store = TimeSeriesStore()
    var ingestor = TargetIngestor(sink: store)
    let head = "# HELP http_requests_total Requests.\n# TYPE http_requests_total counter\n"
    for (second, first, other) in [(0, "10", "1e-9"), (15, "20", "2890021420083890000")] {
        let body =
            head + "http_requests_total{code=\"200\"} \(first)\nhttp_requests_total{code=\"500\"} \(other)\n"
            + "zero -0\nbig 2.5e21\nnotnumber NaN\ninfinite +Inf\nquoted{v=\"a\\\"b\\nc\"} 1\n"
        _ = try ingestor.ingest(
            Array(body.utf8), format: .text, at: Timestamp(milliseconds: 1_700_000_000_000 + Int64(second) * 1000))
    }
    return store
}

/// One answer of the API, as a client sees it.
struct APIAnswer {
    var status: Int
    var type: String
    var body: String
    var headers: [Header]
    subscript(name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
}

/// The time that the API takes for now.
let apiNow = Timestamp(milliseconds: 1_700_000_015_000)

/// Asks an API over a socket. `prepare` may change what it says of its process.
func ask(
    _ target: String, form: [Header]? = nil, method: String? = nil, headers: [Header] = [],
    status: any StatusSource = FixedStatus(), store: TimeSeriesStore? = nil,
    process prepare: (inout APIProcess, TimeSeriesStore) -> Void = { _, _ in }
) async throws -> APIAnswer {
    let store = try store ?? filledStore()
    var process = APIProcess(now: { apiNow })
    process.version = "1.2.3"
    process.selfMetrics = { Array("a 1\n".utf8) }
    prepare(&process, store)
    let server = APIServer(backend: EmbeddedBackend(source: store), status: status, process: process)
    return try await Server(routes: server.routes).whileRunning { address in
        if let method { return try await raw(method, target, headers, address) }
        let client = Client()
        var request = HTTPAccess.Request(url: "http://\(address)\(target)")
        request.acceptsAnyStatus = true
        request.form = form
        request.headers += headers
        var body: [UInt8] = []
        let result: Result<Answer, AccessFailure>
        do throws(AccessFailure) {
            result = .success(try await client.send(request, into: &body))
        } catch {
            result = .failure(error)
        }
        await client.shutdown()
        let answer = try result.get()
        return APIAnswer(
            status: answer.status, type: answer.contentType, body: String(decoding: body, as: UTF8.self),
            headers: answer.headers)
    }
}

/// By a method that our client has no word for.
private func raw(
    _ method: String, _ target: String, _ headers: [Header], _ address: ListenAddress
) async throws -> APIAnswer {
    let fields = headers.map { "\($0.name): \($0.value)\r\n" }.joined()
    let head = "\(method) \(target) HTTP/1.1\r\nHost: \(address)\r\n\(fields)Connection: close\r\n\r\n"
    let answer = try await onBlockingThread { () -> [UInt8]? in
        guard let socket = try? RawSocket(address) else { return nil }
        defer { socket.close() }
        socket.send(Array(head.utf8))
        return socket.readAll()
    }
    let text = String(decoding: answer ?? [], as: UTF8.self)
    guard let end = text.firstRange(of: "\r\n\r\n") else { throw RawSocket.Failure(what: "no answer: \(text)") }
    let lines = text[..<end.lowerBound].split(separator: "\r\n")
    let found = lines.dropFirst().map { line in
        let parts = line.split(separator: ":", maxSplits: 1).map { $0.drop { $0 == " " } }
        return Header(String(parts.first ?? ""), String(parts.count > 1 ? parts[1] : ""))
    }
    var result = APIAnswer(
        status: Int(lines.first?.split(separator: " ").dropFirst().first ?? "") ?? 0, type: "",
        body: String(text[end.upperBound...]), headers: found)
    result.type = result["content-type"] ?? ""
    return result
}

func success(_ data: String) -> String { #"{"status":"success","data":\#(data)}"# }
func failure(_ kind: String, _ text: String) -> String {
    #"{"status":"error","errorType":"\#(kind)","error":"\#(text)"}"#
}
