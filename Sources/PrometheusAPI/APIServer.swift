// Prometheus' HTTP API over any backend: other tools' door into a running Ferula.
// Routes for HTTPService; parameters in APIParameters, JSON in Querying/APIJSON.

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
    }

    private let backend: any QueryBackend
    private let status: any StatusSource
    private let version: String
    private let now: @Sendable () -> Timestamp
    private let selfMetrics: @Sendable () async -> [UInt8]
    private let isReady: @Sendable () -> Bool
    private let gate = QueryGate(limit: Limits.queriesMax)

    /// - `selfMetrics`: the page of `/metrics`, text format 0.0.4.
    /// - `now`: the evaluation time of queries that give none.
    package init(
        backend: any QueryBackend, status: any StatusSource, version: String, now: @escaping @Sendable () -> Timestamp,
        isReady: @escaping @Sendable () -> Bool = { true }, selfMetrics: @escaping @Sendable () async -> [UInt8]
    ) {
        self.backend = backend
        self.status = status
        self.version = version
        self.now = now
        self.isReady = isReady
        self.selfMetrics = selfMetrics
    }

    package var routes: [Route] {
        let both = ["GET", "POST"]
        return [
            Route(both, "/api/v1/query") { await self.answer($0, self.query) },
            Route(both, "/api/v1/query_range") { await self.answer($0, self.queryRange) },
            Route(both, "/api/v1/series") { await self.answer($0, self.series) },
            Route(both, "/api/v1/labels") { await self.answer($0, self.labels) },
            Route("/api/v1/label/:name/values") { await self.answer($0, self.labelValues) },
            Route(both, "/api/v1/format_query") { await self.answer($0, self.formatQuery) },
            Route("/api/v1/metadata") { await self.answer($0, self.metadata) },
            Route("/api/v1/targets") { await self.answer($0, self.targets) },
            Route("/api/v1/rules") { await self.answer($0) { _ in Self.constant(#"{"groups":[]}"#) } },
            Route("/api/v1/alerts") { await self.answer($0) { _ in Self.constant(#"{"alerts":[]}"#) } },
            Route("/api/v1/status/buildinfo") { await self.answer($0, self.buildInformation) },
            Route("/-/healthy") { _ in .text("Ferula is healthy.\n") },
            Route("/-/ready") { _ in
                self.isReady() ? .text("Ferula is ready.\n") : .text("Ferula is starting.\n", status: 503)
            },
            Route("/metrics") { _ in
                Response(
                    contentType: "text/plain; version=0.0.4; charset=utf-8", body: .bytes(await self.selfMetrics()))
            },
        ]
    }

    // MARK: Queries

    private func query(_ request: Request) async throws -> [UInt8] {
        let parameters = request.parameters
        let time = try parameters.time("time") ?? now()
        let text = parameters["query"] ?? ""
        do {
            let request = InstantRequest(query: text, time: time, options: try options(parameters))
            let result = try await gate.through { try await backend.instant(request) }
            return try APIJSON.answer(result)
        } catch let failure as QueryFailure {
            throw Self.error(failure, query: text)
        }
    }

    private func queryRange(_ request: Request) async throws -> [UInt8] {
        let parameters = request.parameters
        let grid = try grid(parameters)
        let text = parameters["query"] ?? ""
        do {
            let request = RangeRequest(query: text, grid: grid, options: try options(parameters))
            let result = try await gate.through { try await backend.range(request) }
            return try APIJSON.answer(result)
        } catch let failure as QueryFailure {
            throw Self.error(failure, query: text)
        }
    }

    private func grid(_ parameters: Parameters) throws(APIError) -> StepGrid {
        guard let start = try parameters.time("start") else {
            throw .parameter("start", "cannot parse \"\" to a valid timestamp")
        }
        guard let end = try parameters.time("end") else {
            throw .parameter("end", "cannot parse \"\" to a valid timestamp")
        }
        guard start <= end else { throw .parameter("end", "end timestamp must not be before start time") }
        guard let step = try parameters.duration("step") else {
            throw .parameter("step", "cannot parse \"\" to a valid duration")
        }
        guard step.count > 0 else {
            throw .parameter(
                "step", "zero or negative query resolution step widths are not accepted. Try a positive integer")
        }
        // So many steps that the answer could not be drawn are a mistake in the step.
        guard (end - start).count / step.count <= Limits.pointsMax else {
            throw APIError(
                kind: .badData,
                message: "exceeded maximum resolution of 11,000 points per timeseries. "
                    + "Try decreasing the query resolution (?step=XX)")
        }
        return StepGrid(start: start, end: end, step: step)
    }

    private func options(_ parameters: Parameters) throws(APIError) -> QueryOptions {
        QueryOptions(
            lookback: try parameters.duration("lookback_delta"), timeout: try parameters.duration("timeout"),
            seriesLimit: try parameters.limit())
    }

    private func formatQuery(_ request: Request) async throws -> [UInt8] {
        let text = request.parameters["query"] ?? ""
        do {
            let printed = try Expression(parsing: text).prettyPrinted()
            return APIJSON.success { JSONText.append(printed, to: &$0) }
        } catch {
            throw APIError.parameter("query", Self.placed(error.description, error.range.start, in: text))
        }
    }

    // MARK: Series and labels

    private func series(_ request: Request) async throws -> [UInt8] {
        let parameters = request.parameters
        let selectors = parameters.all("match[]")
        guard !selectors.isEmpty else { throw APIError(kind: .badData, message: "no match[] parameter provided") }
        let (start, end) = try bounds(parameters)
        let limit = try parameters.limit()
        let found = try await Self.rethrowing { () async throws(QueryFailure) in
            try await self.backend.series(selectors, start: start, end: end, limit: limit == 0 ? 0 : limit + 1)
        }
        return Self.list(found, limit) { labels, bytes in JSONText.append(labels, to: &bytes) }
    }

    private func labels(_ request: Request) async throws -> [UInt8] {
        let parameters = request.parameters
        let (start, end) = try bounds(parameters)
        let limit = try parameters.limit()
        let found = try await Self.rethrowing { () async throws(QueryFailure) in
            try await self.backend.labelNames(
                parameters.all("match[]"), start: start, end: end, limit: limit == 0 ? 0 : limit + 1)
        }
        return Self.list(found, limit) { name, bytes in JSONText.append(name, to: &bytes) }
    }

    private func labelValues(_ request: Request) async throws -> [UInt8] {
        let parameters = request.parameters
        let (start, end) = try bounds(parameters)
        let limit = try parameters.limit()
        let name = EscapedName.decode(request.pathParameters["name"] ?? "")
        guard !name.isEmpty else { throw APIError(kind: .badData, message: "invalid label name: \"\"") }
        let found = try await Self.rethrowing { () async throws(QueryFailure) in
            try await self.backend.labelValues(
                name, parameters.all("match[]"), start: start, end: end, limit: limit == 0 ? 0 : limit + 1)
        }
        return Self.list(found, limit) { value, bytes in JSONText.append(value, to: &bytes) }
    }

    private func bounds(_ parameters: Parameters) throws(APIError) -> (Timestamp, Timestamp) {
        (try parameters.time("start") ?? .distantPast, try parameters.time("end") ?? .distantFuture)
    }

    /// One more than the limit was asked for: that tells whether something is cut.
    private static func list<Element>(
        _ elements: [Element], _ limit: Int, _ write: (Element, inout [UInt8]) -> Void
    ) -> [UInt8] {
        let isCut = limit > 0 && elements.count > limit
        let annotations = isCut ? [QueryAnnotation(severity: .warning, message: "results truncated due to limit")] : []
        return APIJSON.success(annotations: annotations) { bytes in
            JSONText.list(isCut ? elements.prefix(limit) : elements[...], to: &bytes, write)
        }
    }

    // MARK: Metadata and status

    private func metadata(_ request: Request) async throws -> [UInt8] {
        let parameters = request.parameters
        let limit = try parameters.limit()
        let perMetric = try parameters.limit("limit_per_metric")
        let metric = parameters["metric"].flatMap { $0.isEmpty ? nil : $0 }
        let found = try await Self.rethrowing { () async throws(QueryFailure) in
            try await self.backend.metadata(metric: metric)
        }
        let names = found.keys.sorted { $0.isBefore($1) }
        return APIJSON.success { bytes in
            let shown = limit > 0 ? names.prefix(limit) : names[...]
            JSONText.list(shown, open: "{", close: "}", to: &bytes) { name, bytes in
                JSONText.append(name, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                let entries = found[name] ?? []
                JSONText.list(perMetric > 0 ? entries.prefix(perMetric) : entries[...], to: &bytes) { entry, bytes in
                    Self.object(
                        [("type", entry.kind.rawValue), ("help", entry.help), ("unit", entry.unit)], to: &bytes)
                }
            }
        }
    }

    private func targets(_ request: Request) async throws -> [UInt8] {
        let parameters = request.parameters
        let state = parameters["state"]?.lowercased() ?? "any"
        let pool = parameters["scrapePool"] ?? ""
        let all = await status.targets()
        let showsActive = ["", "any", "active"].contains(state)
        let showsDropped = ["", "any", "dropped"].contains(state)
        let shown = !showsActive ? [] : all.filter { pool.isEmpty || $0.scrapePool.isSameBytes(as: pool) }
        let allDropped = await status.droppedTargets()
        let dropped = !showsDropped ? [] : allDropped.filter { pool.isEmpty || $0.scrapePool.isSameBytes(as: pool) }
        // Every pool has its count, those that lost no target too.
        let counts = Dictionary(grouping: allDropped, by: \.scrapePool).mapValues(\.count)
            .merging(all.map { ($0.scrapePool, 0) }) { counted, _ in counted }
        return APIJSON.success { bytes in
            bytes += #"{"activeTargets":"#.utf8
            JSONText.list(shown, to: &bytes) { target, bytes in
                bytes += #"{"discoveredLabels":"#.utf8
                JSONText.append(target.discoveredLabels, to: &bytes)
                bytes += #","labels":"#.utf8
                JSONText.append(target.labels, to: &bytes)
                for (key, value) in [
                    ("scrapePool", target.scrapePool), ("scrapeUrl", target.url), ("globalUrl", target.url),
                    ("lastError", target.lastError),
                    ("lastScrape", target.lastScrape.map(APITime.rfc3339) ?? "0001-01-01T00:00:00Z"),
                    ("health", target.health.rawValue), ("scrapeInterval", target.interval.description),
                    ("scrapeTimeout", target.timeout.description),
                ] {
                    bytes += ",\"\(key)\":".utf8
                    JSONText.append(value, to: &bytes)
                }
                bytes += ",\"lastScrapeDuration\":\(GoFloat.format(target.lastScrapeDuration.seconds))}".utf8
            }
            bytes += #","droppedTargets":"#.utf8
            JSONText.list(dropped, to: &bytes) { target, bytes in
                bytes += #"{"discoveredLabels":"#.utf8
                JSONText.append(target.discoveredLabels, to: &bytes)
                bytes += #","scrapePool":"#.utf8
                JSONText.append(target.scrapePool, to: &bytes)
                bytes.append(UInt8(ascii: "}"))
            }
            bytes += #","droppedTargetCounts":"#.utf8
            JSONText.list(counts.sorted { $0.key.isBefore($1.key) }, open: "{", close: "}", to: &bytes) {
                JSONText.append($0.key, to: &$1)
                $1 += ":\($0.value)".utf8
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private func buildInformation(_ request: Request) async throws -> [UInt8] {
        APIJSON.success { bytes in
            Self.object(
                [
                    ("version", version), ("revision", ""), ("branch", ""), ("buildUser", ""), ("buildDate", ""),
                    ("goVersion", ""),
                ], to: &bytes)
        }
    }

    // MARK: Envelope

    private func answer(_ request: Request, _ handler: (Request) async throws -> [UInt8]) async -> Response {
        do {
            return Response(contentType: "application/json", body: .bytes(try await handler(request)))
        } catch let error as APIError {
            return Self.failed(error)
        } catch is CancellationError {
            return Self.failed(APIError(kind: .canceled, message: "context canceled"))
        } catch {
            return Self.failed(APIError(kind: .internalError, message: "\(error)"))
        }
    }

    private static func failed(_ error: APIError) -> Response {
        Response(
            status: error.status, contentType: "application/json",
            body: .bytes(APIJSON.failure(error.kind.rawValue, error.message)))
    }

    private static func constant(_ data: String) -> [UInt8] { APIJSON.success { $0 += data.utf8 } }

    private static func object(_ fields: [(String, String)], to bytes: inout [UInt8]) {
        JSONText.list(fields, open: "{", close: "}", to: &bytes) { field, bytes in
            JSONText.append(field.0, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            JSONText.append(field.1, to: &bytes)
        }
    }

    private static func rethrowing<Value>(_ body: () async throws(QueryFailure) -> Value) async throws(APIError)
        -> Value
    {
        do {
            return try await body()
        } catch {
            if error.kind == .badData {
                throw .parameter("match[]", error.description)
            }
            throw APIError(kind: error.kind, message: error.description)
        }
    }

    private static func error(_ failure: QueryFailure, query: String) -> APIError {
        guard failure.kind == .badData else { return APIError(kind: failure.kind, message: failure.description) }
        let text = failure.bytes.map { placed(failure.description, $0.lowerBound, in: query) } ?? failure.description
        return .parameter("query", text)
    }

    /// `1:5: parse error: …`, line and column in characters counted from one.
    private static func placed(_ message: String, _ offset: Int, in query: String) -> String {
        let before = query.utf8.prefix(max(0, offset))
        let line = before.reduce(1) { $1 == 0x0a ? $0 + 1 : $0 }
        let lineStart = before.lastIndex(of: 0x0a).map { query.utf8.index(after: $0) } ?? query.startIndex
        let column = query.utf8.distance(from: lineStart, to: before.endIndex) + 1
        return "\(line):\(column): parse error: \(message)"
    }
}

/// Label names in a URL's path: `U__` and escapes stand for a name that is no classic one.
/// Source: Prometheus, UTF-8 guide, "value encoding" escaping: `_1F600_` is a scalar, `__` an underscore.
enum EscapedName {
    /// A classic name stands as it is; others are written in ASCII.
    static func encode(_ name: String) -> String {
        guard !name.isClassicLabelName else { return name }
        var result = "U__"
        for scalar in name.unicodeScalars {
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
            if isPlain || scalar == ":" {
                result.unicodeScalars.append(scalar)
            } else {
                result += scalar == "_" ? "__" : "_\(String(scalar.value, radix: 16))_"
            }
        }
        return result
    }

    static func decode(_ text: String) -> String {
        guard text.hasPrefix("U__") else { return text }
        var result = ""
        var rest = text.unicodeScalars.dropFirst(3)
        while let scalar = rest.popFirst() {
            guard scalar == "_" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            let escape = rest.prefix { $0 != "_" }
            guard escape.endIndex < rest.endIndex else { return text }
            rest = rest[rest.index(after: escape.endIndex)...]
            if escape.isEmpty {
                result += "_"
            } else if escape.count <= 6, let value = UInt32(String(escape), radix: 16), let named = UnicodeScalar(value)
            {
                result.unicodeScalars.append(named)
            } else {
                return text
            }
        }
        return result
    }
}
