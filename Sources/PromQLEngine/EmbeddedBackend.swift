// The engine behind the wall: query text in, one fetch, a pure evaluation, the result out.
// Used by the app, the API server, rules and tests; over any SeriesSource.

import MetricModel
import PromQLSyntax
import Querying

public struct EmbeddedBackend: QueryBackend {
    private let source: any SeriesSource
    public let options: EngineOptions

    public init(source: any SeriesSource, options: EngineOptions = .user) {
        self.source = source
        self.options = options
    }

    public func instant(_ request: InstantRequest) async throws(QueryFailure) -> QueryResult {
        let expression = try parse(request.query)
        let time = request.time.milliseconds
        let grid = EvaluationGrid(start: time, step: 1, count: 1)
        let plan = try Planner.plan(
            expression, grid: grid, step: 0, end: time, lookback: lookback(request.options), isInstant: true,
            options: options)
        return try await run(plan, request.query, request.options)
    }

    public func range(_ request: RangeRequest) async throws(QueryFailure) -> QueryResult {
        let expression = try parse(request.query)
        let type = expression.planType
        guard type == .scalar || type == .instantVector else {
            throw QueryFailure(
                .badData,
                "invalid expression type \"\(type.rawValue)\" for range query, must be Scalar or instant Vector",
                bytes: expression.range.start..<expression.range.end)
        }
        guard request.grid.count <= options.stepsMax else {
            throw QueryFailure(
                .badData, "exceeded maximum resolution of \(options.stepsMax) points per timeseries",
                hint: "use a longer step or a shorter range")
        }
        let grid = EvaluationGrid(
            start: request.grid.start.milliseconds, step: request.grid.step.count, count: request.grid.count)
        let plan = try Planner.plan(
            expression, grid: grid, step: request.grid.step.count, end: request.grid.end.milliseconds,
            lookback: lookback(request.options), isInstant: false, options: options)
        return try await run(plan, request.query, request.options)
    }

    private func lookback(_ request: QueryOptions) -> Int64 {
        let lookback = request.lookback ?? options.lookback
        return lookback.count > 0 ? lookback.count : options.lookback.count
    }

    private func parse(_ query: String) throws(QueryFailure) -> Expression {
        do throws(SyntaxError) {
            return try Expression(parsing: query)
        } catch {
            let end = max(error.range.start, error.range.end)
            throw QueryFailure(.badData, error.message, bytes: error.range.start..<end, hint: error.hint)
        }
    }

    // MARK: Fetch and evaluate

    private func run(
        _ plan: QueryPlan, _ query: String, _ request: QueryOptions
    ) async throws(QueryFailure) -> QueryResult {
        try await EarlyAnswer<QueryResult>.first { answer in
            do throws(QueryFailure) {
                try await run(plan, query, request, answer)
            } catch {
                answer.give(.failure(error))
            }
        }
    }

    private func run(
        _ plan: QueryPlan, _ query: String, _ request: QueryOptions, _ answer: EarlyAnswer<QueryResult>
    ) async throws(QueryFailure) {
        let timeout = request.timeout ?? options.timeout
        let deadline = timeout.flatMap { timeout in
            options.now.map { Deadline(milliseconds: $0() + timeout.count, now: $0) }
        }
        let data = try await fetch(plan, deadline, answer)
        let evaluator = Evaluator(plan: plan, data: data, options: options, deadline: deadline) {
            answer.give(.failure($0))
        }
        var value = try evaluator.result(of: plan)
        var annotations = evaluator.annotations.queryAnnotations(in: query)
        if request.seriesLimit > 0, value.truncate(to: request.seriesLimit) {
            annotations.append(
                QueryAnnotation(severity: .warning, message: "results truncated due to limit"))
        }
        var statistics = QueryStatistics()
        for series in data.joined() {
            statistics.seriesRead += 1
            statistics.samplesRead += series.timestamps.count
            try evaluator.work(2)
        }
        statistics.peakSamples = evaluator.samplesPeak
        try evaluator.checkInterruption()
        answer.give(.success(QueryResult(value: value, annotations: annotations, statistics: statistics)))
        // Only now may the samples go.
        withExtendedLifetime(evaluator) {}
    }

    private func fetch(
        _ plan: QueryPlan, _ deadline: Deadline?, _ answer: EarlyAnswer<QueryResult>
    ) async throws(QueryFailure) -> [[Series]] {
        if plan.selections.isEmpty { return [] }
        var limits = SelectionLimits(samplesMax: options.samplesFetchedMax, deadline: deadline)
        limits.whenEnding = { answer.give(.failure(QueryFailure($0))) }
        return try await throughWall { () async throws(SourceFailure) in
            try await source.select(plan.selections, limits: limits)
        }
    }

    private func throughWall<Value>(
        _ body: () async throws(SourceFailure) -> Value
    ) async throws(QueryFailure) -> Value {
        do throws(SourceFailure) {
            return try await body()
        } catch {
            throw QueryFailure(error)
        }
    }

    // MARK: Labels and metadata

    private func matcherSets(_ selectors: [String]) throws(QueryFailure) -> [[Matcher]] {
        var sets: [[Matcher]] = []
        for text in selectors {
            let expression = try parse(text)
            guard case .vectorSelector(let selector) = expression, selector.at == nil, selector.offset == nil else {
                throw QueryFailure(
                    .badData, "expected a series selector", bytes: expression.range.start..<expression.range.end)
            }
            sets.append(selector.matchers)
        }
        return sets
    }

    /// A list that is cancelled ends at once: its source looks when it can, and gives back what it holds after that.
    private func list<Value: Sendable>(
        _ body: @escaping @Sendable () async throws(SourceFailure) -> Value
    ) async throws(QueryFailure) -> Value {
        try await EarlyAnswer<Value>.first(whenCancelled: QueryFailure(SourceFailure.cancelled)) { answer in
            do throws(SourceFailure) {
                answer.give(.success(try await body()))
            } catch {
                answer.give(.failure(QueryFailure(error)))
            }
        }
    }

    public func series(
        _ selectors: [String], start: Timestamp, end: Timestamp, limit: Int
    ) async throws(QueryFailure) -> [LabelSet] {
        let sets = try matcherSets(selectors)
        return try await list { () async throws(SourceFailure) in
            try await source.series(sets, start: start, end: end, limit: limit)
        }
    }

    public func labelNames(
        _ selectors: [String], start: Timestamp, end: Timestamp, limit: Int
    ) async throws(QueryFailure) -> [String] {
        let sets = try matcherSets(selectors)
        return try await list { () async throws(SourceFailure) in
            try await source.labelNames(sets, start: start, end: end, limit: limit)
        }
    }

    public func labelValues(
        _ name: String, _ selectors: [String], start: Timestamp, end: Timestamp, limit: Int
    ) async throws(QueryFailure) -> [String] {
        let sets = try matcherSets(selectors)
        return try await list { () async throws(SourceFailure) in
            try await source.labelValues(name, sets, start: start, end: end, limit: limit)
        }
    }

    public func metadata(metric: String?) async throws(QueryFailure) -> [String: [Metadata]] {
        try await throughWall { () async throws(SourceFailure) in try await source.metadata(metric: metric) }
    }
}

extension QueryValue {
    /// True when something was cut.
    fileprivate mutating func truncate(to limit: Int) -> Bool {
        switch self {
        case .vector(let elements) where elements.count > limit:
            self = .vector(Array(elements.prefix(limit)))
        case .matrix(let series) where series.count > limit:
            self = .matrix(Array(series.prefix(limit)))
        case .scalar, .string, .vector, .matrix: return false
        }
        return true
    }
}

extension QueryFailure {
    fileprivate init(_ failure: SourceFailure) {
        switch failure {
        case .tooManySamples: self = .tooManySamples
        case .cancelled: self.init(.canceled, "query was canceled in query execution")
        case .timedOut: self.init(.timeout, "query timed out in query execution")
        case .unavailable(let reason): self.init(.unavailable, reason)
        }
    }
}
