// The API's handlers of what is stored: series, label names and values, metadata.
// Between APIServer's routes and the backend.

import HTTPService
import MetricModel
import PromQLSyntax
import Querying

extension APIServer {
    @Sendable
    func series(_ request: Request) async throws -> Response {
        let parameters = request.parameters
        guard !parameters.all("match[]").isEmpty else {
            throw APIError(kind: .badData, message: "no match[] parameter provided")
        }
        let limit = try parameters.limit()
        let (start, end) = try bounds(parameters)
        let selectors: [String]
        do {
            selectors = try Self.selectors(parameters)
        } catch {
            throw APIError.parameter("match[]", error.message)
        }
        let found = try await inTurn {
            try await Self.rethrowing { () async throws(QueryFailure) in
                try await backend.series(selectors, start: start, end: end, limit: Self.oneMore(limit))
            }
        }
        return Self.list(found, limit) { labels, bytes in JSONText.append(labels, to: &bytes) }
    }

    @Sendable
    func labels(_ request: Request) async throws -> Response {
        let parameters = request.parameters
        let limit = try parameters.limit()
        let (start, end) = try bounds(parameters)
        let selectors = try Self.selectors(parameters)
        let found = try await inTurn {
            try await Self.rethrowing { () async throws(QueryFailure) in
                try await backend.labelNames(selectors, start: start, end: end, limit: Self.oneMore(limit))
            }
        }
        return Self.list(found, limit) { name, bytes in JSONText.append(name, to: &bytes) }
    }

    @Sendable
    func labelValues(_ request: Request) async throws -> Response {
        let parameters = request.parameters
        let name = EscapedName.decode(request.pathParameters["name"] ?? "")
        guard !name.isEmpty else { throw APIError(kind: .badData, message: "invalid label name: \"\"") }
        let limit = try parameters.limit()
        let (start, end) = try bounds(parameters)
        let selectors = try Self.selectors(parameters)
        let found = try await inTurn {
            try await Self.rethrowing { () async throws(QueryFailure) in
                try await backend.labelValues(name, selectors, start: start, end: end, limit: Self.oneMore(limit))
            }
        }
        return Self.list(found, limit) { value, bytes in JSONText.append(value, to: &bytes) }
    }

    @Sendable
    func metadata(_ request: Request) async throws -> Response {
        let parameters = request.parameters
        let limit = try parameters.limit()
        let perMetric = try parameters.limit("limit_per_metric")
        let metric = parameters["metric"].flatMap { $0.isEmpty ? nil : $0 }
        let found = try await Self.rethrowing { () async throws(QueryFailure) in
            try await backend.metadata(metric: metric)
        }
        let names = found.keys.sorted { $0.isBefore($1) }
        return Self.success { bytes in
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

    // MARK: Parameters

    func bounds(_ parameters: Parameters) throws(APIError) -> (Timestamp, Timestamp) {
        (try parameters.optionalTime("start") ?? .distantPast, try parameters.optionalTime("end") ?? .distantFuture)
    }

    /// The texts of `match[]`, each of which must be a selector that does not select everything.
    static func selectors(_ parameters: Parameters) throws(APIError) -> [String] {
        let texts = parameters.all("match[]")
        _ = try matcherSets(texts)
        return texts
    }

    /// Source: Prometheus web/api/v1, parseMatchersParam.
    static func matcherSets(_ texts: [String], mayMatchEverything: Bool = false) throws(APIError) -> [[Matcher]] {
        var sets: [[Matcher]] = []
        for text in texts {
            let matchers: [Matcher]
            do {
                matchers = try VectorSelector(parsing: text, mayMatchEverything: true).matchers
            } catch {
                throw APIError(kind: .badData, message: placed(error, in: text))
            }
            guard mayMatchEverything || !matchers.allSatisfy(\.matchesEmpty) else {
                throw APIError(kind: .badData, message: "match[] must contain at least one non-empty matcher")
            }
            sets.append(matchers)
        }
        return sets
    }

    /// What is found beyond the limit tells that something is cut.
    private static func oneMore(_ limit: Int) -> Int { limit == 0 ? 0 : limit + 1 }

    private static func list<Element>(
        _ elements: [Element], _ limit: Int, _ write: (Element, inout [UInt8]) -> Void
    ) -> Response {
        let isCut = limit > 0 && elements.count > limit
        let annotations = isCut ? [QueryAnnotation(severity: .warning, message: "results truncated due to limit")] : []
        return success(annotations: annotations) { bytes in
            JSONText.list(isCut ? elements.prefix(limit) : elements[...], to: &bytes, write)
        }
    }
}

extension Expression {
    /// The matchers of every selector in the query, from left to right.
    var selectors: [[Matcher]] {
        switch self {
        case .number, .string: []
        case .vectorSelector(let node): [node.matchers]
        case .matrixSelector(let node): [node.selector.matchers]
        case .subquery(let node): node.expression.selectors
        case .call(let node): node.arguments.flatMap(\.selectors)
        case .aggregation(let node): (node.parameter?.selectors ?? []) + node.expression.selectors
        case .binary(let node): node.left.selectors + node.right.selectors
        case .unary(let node): node.expression.selectors
        case .parenthesized(let node): node.expression.selectors
        }
    }
}
