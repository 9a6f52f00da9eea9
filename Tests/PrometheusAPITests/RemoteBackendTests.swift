// What RemoteBackend sends and how it takes what comes back: real HTTP over loopback, servers of every temper.
// Whole answers beside the embedded backend: Tests/BackendContractTests.

import FerulaConfiguration
import HTTPAccess
import HTTPService
import MetricModel
import Querying
import Synchronization
import Testing

@testable import PrometheusAPI

/// The requests that a server got, each as one line: method, path, sorted fields.
private final class Log: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ request: HTTPService.Request) {
        let fields = request.parameters.fields.map { "\($0.name)=\($0.value)" }.sorted().joined(separator: " ")
        lines.withLock { $0.append("\(request.method) \(request.path) \(fields)") }
    }
    var all: [String] { lines.withLock { $0 } }
}

private let empty = #"{"status":"success","data":{"resultType":"vector","result":[]}}"#

/// Asks a server whose routes below `/api/v1` all answer as `respond` does.
private func withServer<Value: Sendable>(
    _ respond: @escaping @Sendable (HTTPService.Request) async throws -> Response, prefix: String = "",
    change: @Sendable (inout RemoteServer) -> Void = { _ in },
    _ body: @escaping @Sendable (RemoteBackend) async throws -> Value
) async throws -> Value {
    let paths = ["query", "query_range", "series", "labels", "label/:name/values", "metadata", "moved"]
    let routes = paths.map { Route(["GET", "POST"], "\(prefix)/api/v1/\($0)", respond) }
    let change = change
    return try await Server(routes: routes).whileRunning { address in
        let client = Client()
        var server = try RemoteServer("http://\(address)\(prefix)")
        change(&server)
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(RemoteBackend(server, client: client)))
        } catch {
            result = .failure(error)
        }
        await client.shutdown()
        return try result.get()
    }
}

private func json(_ text: String, status: Int = 200) -> Response {
    Response(status: status, contentType: "application/json", body: .bytes(Array(text.utf8)))
}

private let moment = Timestamp(milliseconds: 1_700_000_000_013)

/// The failure of `up` against an answer, its server's address replaced.
private func failure(
    _ response: Response, query: String = "up", change: @escaping @Sendable (inout RemoteServer) -> Void = { _ in }
) async throws -> QueryFailure {
    try await withServer({ _ in response }, change: change) { backend in
        do throws(QueryFailure) {
            _ = try await backend.instant(InstantRequest(query: query, time: moment))
            return QueryFailure(.internalError, "no failure")
        } catch {
            var failure = error
            if failure.message.hasPrefix(backend.server.url) {
                failure.message = "SERVER" + failure.message.dropFirst(backend.server.url.count)
            }
            return failure
        }
    }
}

@Suite("Remote backend", .timeLimit(.minutes(1)))
struct RemoteBackendTests {
    @Test("each question as the server gets it, under a path prefix")
    func requests() async throws {
        let log = Log()
        try await withServer(
            { request in
                log.add(request)
                return request.path.hasSuffix("query") || request.path.hasSuffix("query_range")
                    ? json(empty)
                    : json(#"{"status":"success","data":\#(request.path.hasSuffix("metadata") ? "{}" : "[]")}"#)
            }, prefix: "/prometheus"
        ) { backend in
            let (start, end) = (Timestamp(milliseconds: 1500), Timestamp(milliseconds: 61_500))
            _ = try await backend.instant(
                InstantRequest(
                    query: "up{a=\"b & c\"}", time: moment,
                    options: QueryOptions(lookback: .seconds(30), timeout: Milliseconds(2500), seriesLimit: 7)))
            let grid = StepGrid(start: start, end: end, step: Milliseconds(1500))
            _ = try await backend.range(RangeRequest(query: "up", grid: grid))
            _ = try await backend.series([], start: .distantPast, end: .distantFuture, limit: 0)
            _ = try await backend.labelNames(["up", "down"], start: start, end: end, limit: 3)
            _ = try await backend.labelValues("job", ["up"], start: start, end: end, limit: 0)
            _ = try await backend.labelValues("a/ä_b", [], start: start, end: end, limit: 0)
            _ = try await backend.metadata(metric: "up")
        }
        #expect(
            log.all == [
                "POST /prometheus/api/v1/query limit=7 lookback_delta=30 query=up{a=\"b & c\"} time=1700000000.013 timeout=2.5",
                "POST /prometheus/api/v1/query_range end=61.5 query=up start=1.5 step=1.5 timeout=30",
                "POST /prometheus/api/v1/series match[]={__name__=~\".+\"} timeout=30",
                "POST /prometheus/api/v1/labels end=61.5 limit=3 match[]=down match[]=up start=1.5 timeout=30",
                "GET /prometheus/api/v1/label/job/values end=61.5 match[]=up start=1.5 timeout=30",
                "GET /prometheus/api/v1/label/U__a_2f__e4___b/values end=61.5 start=1.5 timeout=30",
                "GET /prometheus/api/v1/metadata metric=up timeout=30",
            ])
    }

    @Test("a server that refuses POST is asked by GET, and only once by POST", arguments: [405, 501])
    func formsRefused(status: Int) async throws {
        let log = Log()
        try await withServer({ request in
            log.add(request)
            return request.method == "POST" ? .text("no", status: status) : json(empty)
        }) { backend in
            for _ in 0..<2 { _ = try await backend.instant(InstantRequest(query: "a+b", time: moment)) }
        }
        let line = "/api/v1/query query=a+b time=1700000000.013 timeout=30"
        #expect(log.all == ["POST " + line, "GET " + line, "GET " + line])
    }

    @Test("a redirected form stays a form; a loop of redirects ends")
    func redirects() async throws {
        let log = Log()
        try await withServer({ request in
            log.add(request)
            if request.path.hasSuffix("moved") { return json(empty) }
            var moved = Response.redirect(to: "/api/v1/moved")
            moved.status = 308
            return moved
        }) { backend in _ = try await backend.instant(InstantRequest(query: "x", time: moment)) }
        #expect(
            log.all.map { $0.split(separator: " ").prefix(2).joined(separator: " ") }
                == ["POST /api/v1/query", "POST /api/v1/moved"])
        let loop = try await failure(.redirect(to: "/api/v1/query"))
        #expect(loop == QueryFailure(.unavailable, "SERVER: redirect loop"))
    }

    @Test("headers and credentials go along; a rotated secret counts at once")
    func credentials() async throws {
        let seen = Log()
        let got = Mutex<[String]>([])
        try await withServer(
            { request in
                seen.add(request)
                got.withLock {
                    $0.append("\(request.header("authorization") ?? "-") \(request.header("x-scope-orgid") ?? "-")")
                }
                return json(empty)
            },
            change: { server in
                server.headers = [Header("X-Scope-OrgID", "team-a")]
                server.authentication = AuthenticationFields(
                    userName: .value("ada"), secret: .value("love:lace"))
            }
        ) { backend in _ = try await backend.instant(InstantRequest(query: "x", time: moment)) }
        #expect(got.withLock { $0 } == ["Basic YWRhOmxvdmU6bGFjZQ== team-a"])
    }

    @Test("a secret's file that is not there is said")
    func missingSecret() async throws {
        let failure = try await failure(json(empty)) { server in
            server.authentication = AuthenticationFields(secret: .file("/nonexistent/token"))
        }
        #expect(failure == QueryFailure(.unavailable, "SERVER: /nonexistent/token: No such file or directory"))
    }

    static let pages: [(Response, QueryFailure)] = [
        (
            .text("<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body></body></html>", status: 502),
            QueryFailure(.unavailable, "SERVER: HTTP status 502 Bad Gateway: 502 Bad Gateway")
        ),
        (
            .text("no org id\n", status: 401),
            QueryFailure(
                .unavailable, "SERVER: HTTP status 401 Unauthorized: no org id",
                hint: "--header 'X-Scope-OrgID: TENANT' names the tenant")
        ),
        (
            .text("Unauthorized\n", status: 401),
            QueryFailure(
                .unavailable, "SERVER: HTTP status 401 Unauthorized: Unauthorized",
                hint: "give --username and --password-file, or --bearer-token-file")
        ),
        (
            .text("404 page not found\n", status: 404),
            QueryFailure(
                .notFound, "SERVER: HTTP status 404 Not Found: 404 page not found",
                hint: "is the path prefix right? Mimir has /prometheus, VictoriaMetrics' cluster /select/0/prometheus")
        ),
        (
            .html("<!DOCTYPE html><html><head><TITLE>Sign in</TITLE></head></html>"),
            QueryFailure(
                .notFound, "SERVER: not the Prometheus API: answered with text/html: Sign in",
                hint: "is the path prefix right? Mimir has /prometheus, VictoriaMetrics' cluster /select/0/prometheus")
        ),
        (
            json(#"{"message":"Not found"}"#, status: 404),
            QueryFailure(
                .notFound, "SERVER: HTTP status 404 Not Found: Not found",
                hint: "is the path prefix right? Mimir has /prometheus, VictoriaMetrics' cluster /select/0/prometheus")
        ),
        (.text("", status: 504), QueryFailure(.timeout, "SERVER: HTTP status 504 Gateway Timeout")),
        (
            json(#"{"status":"success","data":{"resultType":"vector","result":[1]}}"#),
            QueryFailure(.internalError, "SERVER: malformed answer: expected an object, found `1` at byte 60")
        ),
    ]

    @Test("pages that are no answers", arguments: pages.indices)
    func foreign(row: Int) async throws {
        let (page, expected) = Self.pages[row]
        #expect(try await failure(page) == expected)
    }

    static let errors: [(query: String, type: String, status: Int, text: String, QueryFailure)] = [
        (
            "sum(rat(up))", "bad_data", 400,
            #"invalid parameter \"query\": 1:5: parse error: unknown function with name \"rat\""#,
            QueryFailure(
                .badData, #"unknown function with name "rat""#, bytes: 4..<7, hint: "did you mean `rate`?")
        ),
        (
            "a +\nb +", "bad_data", 400, #"2:4: parse error: unexpected end of input"#,
            QueryFailure(.badData, "unexpected end of input", bytes: 7..<7)
        ),
        (
            "metricsql_only(up)", "bad_data", 400, #"1:1: parse error: no"#,
            QueryFailure(.badData, "no", bytes: 0..<14)
        ),
        ("up", "bad_data", 400, "1:9: beyond the query", QueryFailure(.badData, "1:9: beyond the query")),
        ("up", "execution", 422, "many-to-many", QueryFailure(.execution, "many-to-many")),
        ("up", "timeout", 503, "query timed out", QueryFailure(.timeout, "query timed out")),
        ("up", "422", 422, "unsupported", QueryFailure(.execution, "unsupported")),
        ("up", "unavailable", 500, "not ready", QueryFailure(.unavailable, "not ready")),
        ("up", "not_found", 404, "gone", QueryFailure(.notFound, "gone")),
        ("up", "brand_new", 500, "x", QueryFailure(.internalError, "x")),
    ]

    @Test("errors of the API: kind, words, place", arguments: errors.indices)
    func envelope(row: Int) async throws {
        let (query, type, status, text, expected) = Self.errors[row]
        let answer = json(#"{"status":"error","errorType":"\#(type)","error":"\#(text)"}"#, status: status)
        #expect(try await failure(answer, query: query) == expected)
    }

    @Test("nobody listens")
    func refused() async throws {
        // Bound and closed again: a loopback port that is free.
        let address = try await Server(routes: []).whileRunning { $0 }
        let client = Client()
        let backend = RemoteBackend(try RemoteServer("\(address)"), client: client)
        do throws(QueryFailure) {
            _ = try await backend.metadata(metric: nil)
            Issue.record("no failure")
        } catch {
            #expect(error == QueryFailure(.unavailable, "http://\(address): connection refused"))
        }
        await client.shutdown()
    }

    @Test("an answer of the greatest size is read, one byte more is not")
    func bodyLimit() async throws {
        let limit = empty.utf8.count
        let fits = try await withServer({ _ in json(empty) }, change: { $0.bodyBytesMax = limit }) { backend in
            try await backend.instant(InstantRequest(query: "x", time: moment)).value
        }
        #expect(fits == .vector([]))
        #expect(
            try await failure(json(empty)) { $0.bodyBytesMax = limit - 1 }
                == QueryFailure(
                    .execution, "SERVER: the answer is larger than \(limit - 1) bytes",
                    hint: "ask for fewer series or a longer step"))
    }

    @Test("a server that never answers is given up, and cancelling closes the request", arguments: [true, false])
    func silence(isCancelled: Bool) async throws {
        let (arrived, arrival) = AsyncStream.makeStream(of: Void.self)
        let failure = try await withServer(
            { _ in
                arrival.finish()
                try await Task.sleep(for: .seconds(600))
                return json(empty)
            }, change: { $0.timeout = isCancelled ? .seconds(600) : .milliseconds(20) }
        ) { backend in
            let asking = Task { () -> QueryFailure? in
                do throws(QueryFailure) {
                    _ = try await backend.instant(InstantRequest(query: "x", time: moment))
                    return nil
                } catch {
                    return error
                }
            }
            for await _ in arrived {}
            if isCancelled { asking.cancel() }
            let failure = await asking.value
            return (failure, backend.server.url)
        }
        let expected =
            isCancelled
            ? QueryFailure(.canceled, "\(failure.1): cancelled")
            : QueryFailure(.timeout, "\(failure.1): no answer within 20 ms")
        #expect(failure.0 == expected)
    }
}

@Suite("Remote server")
struct RemoteServerTests {
    @Test(
        "addresses as people write them",
        arguments: [
            ("localhost:9090", "http://localhost:9090"), ("http://a:1/", "http://a:1"),
            ("HTTPS://a/mimir/prometheus//", "https://a/mimir/prometheus"),
            ("http://a:1/api/v1/query?query=up", "http://a:1"), ("http://a:1/p/graph?g0.expr=up", "http://a:1/p"),
            ("http://ada:secret@a:1", "http://a:1"), ("http://[::1]:9090/#x", "http://[::1]:9090"),
        ])
    func addresses(text: String, url: String) throws {
        #expect(try RemoteServer(text).url == url)
        #expect("\(try RemoteServer(text))" == url)
    }

    @Test("a name and password in the address become the authentication")
    func userInformation() throws {
        #expect(
            try RemoteServer("http://ada:se%40cret@a:1").authentication
                == AuthenticationFields(userName: .value("ada"), secret: .value("se@cret")))
    }

    @Test(
        "what is no address is refused",
        arguments: [
            ("ftp://a", "ftp://a: http or https is wanted, found `ftp`"),
            ("http://", "http://: a server's URL is wanted, such as http://localhost:9090"),
            ("a b", "a b: a server's URL is wanted, such as http://localhost:9090"),
            ("http://ana:secret@host:", "http://host:: a server's URL is wanted, such as http://localhost:9090"),
        ])
    func refusals(text: String, message: String) {
        do throws(RemoteServer.Refusal) {
            _ = try RemoteServer(text)
            Issue.record("taken")
        } catch {
            #expect(error.description == message)
        }
    }
}
