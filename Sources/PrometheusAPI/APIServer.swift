// Prometheus' HTTP API over any backend: other tools' door into a running Ferula.
// Routes for HTTPService and the envelope; the handlers stand by area in APIServer+*.swift.

import HTTPService
import MetricModel
import PromQLSyntax
import Querying

/// Source: Prometheus 3.14, querying/api and management_api.
package struct APIServer: Sendable {
    package enum Limits {
        /// Points a series in a range answer. Source: Prometheus web/api/v1, query_range.
        package static let pointsMax: Int64 = 11_000
        /// Queries evaluated at a time; others wait in the order of their coming. Source: --query.max-concurrency.
        package static let queriesMax = 20
        /// Entries of each list of status/tsdb. Source: Prometheus web/api/v1, serveTSDBStatus.
        package static let headEntriesMax = 10_000
    }

    let backend: any QueryBackend
    let status: any StatusSource
    let process: APIProcess
    let gate = TurnGate(limit: Limits.queriesMax)

    package init(backend: any QueryBackend, status: any StatusSource, process: APIProcess) {
        self.backend = backend
        self.status = status
        self.process = process
    }

    /// - `selfMetrics`: the page of `/metrics`, text format 0.0.4.
    /// - `now`: the evaluation time of queries that give none.
    package init(
        backend: any QueryBackend, status: any StatusSource, version: String, now: @escaping @Sendable () -> Timestamp,
        isReady: @escaping @Sendable () -> Bool = { true }, selfMetrics: @escaping @Sendable () async -> [UInt8]
    ) {
        var process = APIProcess(now: now)
        process.version = version
        process.isReady = isReady
        process.selfMetrics = selfMetrics
        self.init(backend: backend, status: status, process: process)
    }

    package var routes: [Route] { queryRoutes + statusRoutes + refusedRoutes + pageRoutes }

    private var queryRoutes: [Route] {
        let both = ["GET", "POST"]
        return [
            api(both, "/query", query),
            api(both, "/query_range", queryRange),
            api(both, "/query_exemplars", queryExemplars),
            api(both, "/format_query", formatQuery),
            api(both, "/parse_query", parseQuery),
            api(both, "/series", series),
            api(both, "/labels", labels),
            api(["GET"], "/label/:name/values", labelValues),
            api(["GET"], "/metadata", metadata),
        ]
    }

    private var statusRoutes: [Route] {
        let get = ["GET"]
        return [
            api(get, "/targets", targets),
            api(get, "/targets/metadata", targetMetadata),
            api(get, "/scrape_pools", scrapePools),
            api(get, "/rules", rules),
            api(get, "/alerts", alerts),
            api(get, "/alertmanagers", alertmanagers),
            api(get, "/status/buildinfo", buildInformation),
            api(get, "/status/runtimeinfo", runtimeInformation),
            api(get, "/status/config", configuration),
            api(get, "/status/flags", flags),
            api(get, "/status/tsdb", headStatus),
            api(["OPTIONS"], "/*", { _ in Self.noContent }),
        ]
    }

    /// What Prometheus answers where a feature is off.
    private var refusedRoutes: [Route] {
        let write = "remote write receiver needs to be enabled with --web.enable-remote-write-receiver\n"
        let otlp = "otlp write receiver needs to be enabled with --web.enable-otlp-receiver\n"
        return [
            Route(["POST"], "/api/v1/write") { request in
                try await process.writes?.answer(request) ?? .text(write, status: 404)
            }.refusing { request in
                guard let writes = process.writes else { return .text(write, status: 404) }
                return refusalOfPage(request) ?? writes.refusal(request)
            },
            Route(["POST"], "/api/v1/otlp/v1/metrics") { _ in .text(otlp, status: 404) },
            Route(["POST"], "/api/v1/read") { _ in .text("not found\n", status: 404) },
        ]
            + ["delete_series", "clean_tombstones", "snapshot"].map { name in
                api(["POST", "PUT"], "/admin/tsdb/\(name)") { _ in
                    throw APIError(kind: .unavailable, message: "admin APIs disabled")
                }
            }
    }

    private var pageRoutes: [Route] {
        [
            // Clients ask for it to see whether somebody answers.
            Route("/") { _ in
                .text("Ferula \(process.version): the Prometheus HTTP API is under /api/v1, own metrics at /metrics.\n")
            },
            Route("/-/healthy") { _ in .text("Ferula is healthy.\n") },
            Route("/-/ready") { _ in
                process.isReady() ? .text("Ferula is ready.\n") : .text("Ferula is starting.\n", status: 503)
            },
            Route(["POST", "PUT"], "/-/reload") { _ in await reload() }.refusing(refusalOfPage),
            Route(["POST", "PUT"], "/-/quit") { _ in await quit() }.refusing(refusalOfPage),
            Route("/federate") { await federate($0) },
            Route("/metrics") { _ in
                Response(contentType: Self.textContentType, body: .bytes(await process.selfMetrics()))
            },
        ]
    }

    /// Work over many series: when it is its turn, on threads of its own, so that no scrape stands behind it.
    func inTurn<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        try await gate.through { try await withTaskExecutorPreference(ComputingThreads.shared) { try await body() } }
    }

    static let textContentType = "text/plain; version=0.0.4; charset=utf-8"

    // MARK: Envelope

    private func api(
        _ methods: [String], _ path: String, _ handler: @escaping @Sendable (Request) async throws -> Response
    ) -> Route {
        Route(methods, "/api/v1\(path)") { request in
            var response = await Self.answer(request, handler)
            response.headers.append(("Vary", "Origin"))
            response.headers += crossOriginHeaders(request)
            return response
        }
    }

    private static func answer(
        _ request: Request, _ handler: @Sendable (Request) async throws -> Response
    ) async -> Response {
        do {
            return try await handler(request)
        } catch let error as APIError {
            return failed(error)
        } catch is CancellationError {
            return failed(APIError(kind: .canceled, message: "context canceled"))
        } catch {
            return failed(APIError(kind: .internalError, message: "\(error)"))
        }
    }

    /// Source: Prometheus util/httputil, SetCORS.
    private func crossOriginHeaders(_ request: Request) -> [(name: String, value: String)] {
        guard let origin = request.header("origin"), !origin.isEmpty else { return [] }
        let allowed = process.allowedOrigins.header(for: origin)
        return [
            ("Access-Control-Allow-Headers", "Accept, Authorization, Content-Type, Origin"),
            ("Access-Control-Allow-Methods", "GET, POST, OPTIONS"), ("Access-Control-Expose-Headers", "Date"),
        ] + (allowed.map { [("Access-Control-Allow-Origin", $0)] } ?? [])
    }

    /// For what changes something. A page of any site can make its visitor's browser send a POST here, without asking
    /// first when there is no type or a plain one: that the page may not read the answer comes too late.
    func refusalOfPage(_ request: Request) -> Response? {
        guard let origin = request.header("origin"), !process.allowedOrigins.mayChange(origin) else { return nil }
        return .text(
            "a web page asks, and --web.cors.origin does not name its origin; the default .* is for reading\n",
            status: 403)
    }

    private static func failed(_ error: APIError) -> Response {
        json(APIJSON.failure(error.kind.rawValue, error.message), status: error.status)
    }

    static func json(_ bytes: [UInt8], status: Int = 200) -> Response {
        Response(status: status, contentType: "application/json", body: .bytes(bytes))
    }

    static func success(
        annotations: [QueryAnnotation] = [], _ body: (inout [UInt8]) -> Void
    ) -> Response {
        json(APIJSON.success(annotations: annotations, body))
    }

    /// The preflight request of a page of another origin, and questions whose answer has no data.
    static var noContent: Response {
        var response = Response(status: 204, contentType: "", body: .bytes([]))
        response.headers = []
        return response
    }

    static func object(_ fields: [(String, String)], to bytes: inout [UInt8]) {
        JSONText.list(fields, open: "{", close: "}", to: &bytes) { field, bytes in
            JSONText.append(field.0, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            JSONText.append(field.1, to: &bytes)
        }
    }

    static func rethrowing<Value>(_ body: () async throws(QueryFailure) -> Value) async throws(APIError) -> Value {
        do {
            return try await body()
        } catch {
            throw APIError(kind: error.kind, message: error.description)
        }
    }

    /// `1:5: parse error: …`, line and column in bytes counted from one.
    static func placed(_ message: String, _ offset: Int, in query: String) -> String {
        let (line, column) = SourceRange(offset, offset).position(in: query)
        return "\(line):\(column): parse error: \(message)"
    }

    static func placed(_ error: SyntaxError, in query: String) -> String {
        placed(error.description, error.range.start, in: query)
    }
}
