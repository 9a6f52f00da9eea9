// Questions put to a Prometheus-compatible server over /api/v1: the other implementation of QueryBackend.
// Requests by RemoteRequests; answers read by Querying/APIJSONReader; what went wrong is said by RemoteFailures.

import HTTPAccess
import MetricModel
import Querying

/// One server and the client that is shared with other requests. Nothing is kept between questions but whether the server takes forms.
///
/// Cancelling a task closes its request, and the server stops evaluating.
package struct RemoteBackend: QueryBackend {
    package let server: RemoteServer
    private let requests: RemoteRequests

    package init(_ server: RemoteServer, client: Client) {
        self.server = server
        requests = RemoteRequests(server: server, client: client)
    }

    package func instant(_ request: InstantRequest) async throws(QueryFailure) -> QueryResult {
        let fields = [Header("query", request.query), Header("time", request.time.description)]
        return try await ask("query", fields, request.query, request.options)
    }

    package func range(_ request: RangeRequest) async throws(QueryFailure) -> QueryResult {
        let fields = [
            Header("query", request.query), Header("start", request.grid.start.description),
            Header("end", request.grid.end.description), Header("step", seconds(request.grid.step)),
        ]
        return try await ask("query_range", fields, request.query, request.options)
    }

    private func ask(
        _ endpoint: String, _ fields: [Header], _ query: String, _ options: QueryOptions
    ) async throws(QueryFailure) -> QueryResult {
        var fields = fields
        if let lookback = options.lookback { fields.append(Header("lookback_delta", seconds(lookback))) }
        if options.seriesLimit > 0 { fields.append(Header("limit", "\(options.seriesLimit)")) }
        let answer = try await requests.send(endpoint, fields, timeout: options.timeout)
        var (value, annotations) = try answer.read(of: query) { body throws(JSONFailure) in
            try APIJSONReader.result(body)
        }
        // Servers that do not know the limit answer everything.
        if options.seriesLimit > 0, value.truncate(to: options.seriesLimit) {
            annotations.append(QueryAnnotation(severity: .warning, message: "results truncated due to limit"))
        }
        return QueryResult(value: value, annotations: annotations)
    }

    // MARK: Labels and metadata

    package func series(
        _ selectors: [String], start: Timestamp, end: Timestamp, limit: Int
    ) async throws(QueryFailure) -> [LabelSet] {
        // The endpoint wants a selector; this one matches every series.
        let chosen = selectors.isEmpty ? [#"{__name__=~".+"}"#] : selectors
        let answer = try await requests.send("series", fields(chosen, start, end, limit))
        let found = try answer.read(of: chosen) { body throws(JSONFailure) in try APIJSONReader.labelSets(body) }
        return cut(found.sorted(), limit)
    }

    package func labelNames(
        _ selectors: [String], start: Timestamp, end: Timestamp, limit: Int
    ) async throws(QueryFailure) -> [String] {
        try await texts("labels", selectors, start, end, limit, takesForms: true)
    }

    package func labelValues(
        _ name: String, _ selectors: [String], start: Timestamp, end: Timestamp, limit: Int
    ) async throws(QueryFailure) -> [String] {
        guard !name.isEmpty else { return [] }
        let path = "label/\(percentEncoded(EscapedName.encode(name)))/values"
        return try await texts(path, selectors, start, end, limit, takesForms: false)
    }

    private func texts(
        _ endpoint: String, _ selectors: [String], _ start: Timestamp, _ end: Timestamp, _ limit: Int,
        takesForms: Bool
    ) async throws(QueryFailure) -> [String] {
        let fields = fields(selectors, start, end, limit)
        let answer = try await requests.send(endpoint, fields, takesForms: takesForms)
        let found = try answer.read(of: selectors) { body throws(JSONFailure) in try APIJSONReader.texts(body) }
        return cut(found.sorted { $0.isBefore($1) }, limit)
    }

    package func metadata(metric: String?) async throws(QueryFailure) -> [String: [Metadata]] {
        let fields = metric.map { [Header("metric", $0)] } ?? []
        let answer = try await requests.send("metadata", fields, takesForms: false)
        return try answer.read(of: []) { body throws(JSONFailure) in try APIJSONReader.metadata(body) }
    }

    /// Rules that may fire. Some servers answer about queries alone.
    package func alertingRuleCount() async throws(QueryFailure) -> Int {
        let answer = try await requests.send("rules", [Header("type", "alert")], takesForms: false)
        return try answer.read(of: []) { body throws(JSONFailure) in try APIJSONReader.alertingRuleCount(body) }
    }

    /// The targets that the server scrapes; engines without a scraper do not know the question.
    package func targets() async throws(QueryFailure) -> [TargetStatus] {
        let answer = try await requests.send("targets", [Header("state", "active")], takesForms: false)
        return try answer.read(of: []) { body throws(JSONFailure) in
            try APIJSONReader.targets(body, time: APITime.parse)
        }
    }

    private func fields(_ selectors: [String], _ start: Timestamp, _ end: Timestamp, _ limit: Int) -> [Header] {
        var fields = selectors.map { Header("match[]", $0) }
        // No bound is what a request without the field means.
        if start != .distantPast { fields.append(Header("start", start.description)) }
        if end != .distantFuture { fields.append(Header("end", end.description)) }
        if limit > 0 { fields.append(Header("limit", "\(limit)")) }
        return fields
    }

    private func cut<Element>(_ elements: [Element], _ limit: Int) -> [Element] {
        limit > 0 && elements.count > limit ? Array(elements.prefix(limit)) : elements
    }
}

/// Seconds with up to three decimals, which every server takes for a duration.
func seconds(_ length: Milliseconds) -> String { Timestamp(milliseconds: length.count).description }

extension RemoteAnswer {
    /// The value of an answer to a query, with what the server noted.
    fileprivate func read<Value>(
        of query: String, _ reader: ([UInt8]) throws(JSONFailure) -> APIReply<Value>
    ) throws(QueryFailure) -> (Value, [QueryAnnotation]) {
        switch try reply(reader) {
        case .success(let value, let annotations): return (value, annotations)
        case .failure(let kind, let message): throw failure(kind, message, query: query)
        }
    }

    /// The value of an answer about selectors. Warnings have no place to go there.
    fileprivate func read<Value>(
        of selectors: [String], _ reader: ([UInt8]) throws(JSONFailure) -> APIReply<Value>
    ) throws(QueryFailure) -> Value {
        switch try reply(reader) {
        case .success(let value, _): return value
        case .failure(let kind, let message):
            // A position is one within the only selector there is.
            throw failure(kind, message, query: selectors.count == 1 ? selectors.first : nil)
        }
    }
}

extension QueryValue {
    /// True when something was cut.
    fileprivate mutating func truncate(to limit: Int) -> Bool {
        switch self {
        case .vector(let elements) where elements.count > limit: self = .vector(Array(elements.prefix(limit)))
        case .matrix(let series) where series.count > limit: self = .matrix(Array(series.prefix(limit)))
        case .scalar, .string, .vector, .matrix: return false
        }
        return true
    }
}
