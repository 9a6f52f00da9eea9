// The API's handlers of queries: instant, range, exemplars, and a query's text in other forms.
// Between APIServer's routes and the backend; long answers leave in pieces.

import HTTPService
import MetricModel
import PromQLSyntax
import Querying
import Synchronization

extension APIServer {
    @Sendable
    func query(_ request: Request) async throws -> Response {
        let parameters = request.parameters
        let limit = try parameters.limit()
        let time = try parameters.optionalTime("time") ?? process.now()
        let text = parameters["query"] ?? ""
        let instant = InstantRequest(query: text, time: time, options: try options(parameters, limit))
        return try await answer(parameters, text) { () async throws(QueryFailure) in
            try await backend.instant(instant)
        }
    }

    @Sendable
    func queryRange(_ request: Request) async throws -> Response {
        let parameters = request.parameters
        let limit = try parameters.limit()
        let grid = try grid(parameters)
        let text = parameters["query"] ?? ""
        let range = RangeRequest(query: text, grid: grid, options: try options(parameters, limit))
        return try await answer(parameters, text) { () async throws(QueryFailure) in try await backend.range(range) }
    }

    /// Runs the query when it is its turn. Whether it fails is known before the first byte of the answer.
    private func answer(
        _ parameters: Parameters, _ text: String,
        _ evaluate: @Sendable () async throws(QueryFailure) -> QueryResult
    ) async throws -> Response {
        let wanted = parameters["stats"] ?? ""
        let asked = ContinuousClock.now
        var result: QueryResult
        var times = QueryTimes()
        do {
            (result, times.evaluation) = try await inTurn {
                let started = ContinuousClock.now
                let result = try await evaluate()
                return (result, started.duration(to: .now))
            }
        } catch let failure as QueryFailure {
            throw Self.error(failure, query: text)
        }
        times.total = asked.duration(to: .now)
        if !["", "true", "all"].contains(wanted) {
            result.annotations.append(
                QueryAnnotation(
                    severity: .warning,
                    message: "value \(wanted.quotedForPrometheus) for parameter \"stats\" is deprecated and will be "
                        + "rejected in the next major release, use \"true\" or \"all\""))
        }
        return Self.respond(
            AnswerPieces(result, statistics: wanted.isEmpty ? nil : times.json(result.statistics)))
    }

    /// A short answer has its length and may be compressed as a whole; a long one is never held as a whole.
    private static func respond(_ pieces: AnswerPieces) -> Response {
        var pieces = pieces
        let first = pieces.next() ?? []
        if pieces.isFinished { return json(first) }
        let rest = LongAnswer(pieces)
        return Response(
            contentType: "application/json",
            body: .stream { writer in
                try await writer.write(first)
                try await rest.write(to: &writer)
            })
    }

    private func grid(_ parameters: Parameters) throws(APIError) -> StepGrid {
        let start = try parameters.time("start")
        let end = try parameters.time("end")
        guard start <= end else { throw .parameter("end", "end timestamp must not be before start time") }
        let step = try parameters.duration("step") ?? .zero
        guard parameters["step"]?.isEmpty == false else {
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

    private func options(_ parameters: Parameters, _ limit: Int) throws(APIError) -> QueryOptions {
        let timeout = try parameters.duration("timeout")
        do {
            return QueryOptions(
                lookback: try parameters.duration("lookback_delta"), timeout: timeout, seriesLimit: limit)
        } catch {
            let reason = error.message.replacingPrefix("invalid parameter \"lookback_delta\": ", with: "")
            throw APIError(kind: .badData, message: "error parsing lookback delta duration: \(reason)")
        }
    }

    private static func error(_ failure: QueryFailure, query: String) -> APIError {
        guard failure.kind == .badData else { return APIError(kind: failure.kind, message: failure.description) }
        let text = failure.bytes.map { placed(failure.description, $0.lowerBound, in: query) } ?? failure.description
        return .parameter("query", text)
    }

    // MARK: A query's text

    @Sendable
    func formatQuery(_ request: Request) async throws -> Response {
        let text = request.parameters["query"] ?? ""
        let printed = try parsed(text).prettyPrinted()
        return Self.success { JSONText.append(printed, to: &$0) }
    }

    @Sendable
    func parseQuery(_ request: Request) async throws -> Response {
        let expression = try parsed(request.parameters["query"] ?? "")
        return Self.success { ExpressionJSON.append(expression, to: &$0) }
    }

    private func parsed(_ text: String) throws(APIError) -> Expression {
        do {
            return try Expression(parsing: text)
        } catch {
            throw .parameter("query", Self.placed(error, in: text))
        }
    }

    // MARK: Exemplars

    @Sendable
    func queryExemplars(_ request: Request) async throws -> Response {
        let parameters = request.parameters
        let (start, end) = try bounds(parameters)
        guard start <= end else {
            throw APIError(kind: .badData, message: "end timestamp must not be before start timestamp")
        }
        let text = parameters["query"] ?? ""
        let selectors: [[Matcher]]
        do {
            selectors = try Expression(parsing: text).selectors
        } catch {
            throw APIError(kind: .badData, message: Self.placed(error, in: text))
        }
        guard !selectors.isEmpty else { return Self.noContent }
        let found = await process.exemplars(selectors, start, end)
        return Self.success { bytes in
            JSONText.list(found, to: &bytes) { series, bytes in
                bytes += #"{"seriesLabels":"#.utf8
                JSONText.append(series.labels, to: &bytes)
                bytes += #","exemplars":"#.utf8
                JSONText.list(series.exemplars, to: &bytes, Self.append)
                bytes.append(UInt8(ascii: "}"))
            }
        }
    }

    private static func append(_ exemplar: Exemplar, to bytes: inout [UInt8]) {
        bytes += #"{"labels":"#.utf8
        JSONText.append(exemplar.labels, to: &bytes)
        bytes += ",\"value\":\"\(GoFloat.format(exemplar.value))\",\"timestamp\":".utf8
        bytes += (exemplar.timestamp ?? Timestamp(milliseconds: 0)).description.utf8
        bytes.append(UInt8(ascii: "}"))
    }
}

/// The rest of an answer while it leaves. What a large one has held goes back to the system with it, whether the client
/// took all of it or left: each thread that evaluates would keep as much for its next answer.
private final class LongAnswer: Sendable {
    /// Less is left to the allocator: its own work and the next answer's are cheaper then.
    private static let samplesKeptMax = 1_000_000

    private let pieces: Mutex<AnswerPieces?>
    private let isLarge: Bool

    init(_ pieces: AnswerPieces) {
        isLarge = pieces.sampleCount > Self.samplesKeptMax
        self.pieces = Mutex(pieces)
    }

    func write(to writer: inout any BodyWriter) async throws {
        while let piece = pieces.withLock({ $0?.next() }) { try await writer.write(piece) }
    }

    deinit {
        pieces.withLock { $0 = nil }
        if isLarge { FreedMemory.giveBack() }
    }
}

/// How long a query took, from being asked to its result.
private struct QueryTimes {
    var evaluation = Duration.zero
    var total = Duration.zero

    /// The object `stats` of an answer. Preparing and sorting are part of the evaluation here. Samples are counted as
    /// they are read, once each: windows that overlap do not count them again.
    func json(_ statistics: QueryStatistics) -> [UInt8] {
        let inner = GoFloat.plain(evaluation / .seconds(1))
        let queue = GoFloat.plain((total - evaluation) / .seconds(1))
        let whole = GoFloat.plain(total / .seconds(1))
        let timings =
            "\"evalTotalTime\":\(inner),\"resultSortTime\":0,\"queryPreparationTime\":0,\"innerEvalTime\":\(inner),"
            + "\"execQueueTime\":\(queue),\"execTotalTime\":\(whole)"
        let samples =
            "\"totalQueryableSamples\":\(statistics.samplesRead),\"samplesRead\":\(statistics.samplesRead),"
            + "\"peakSamples\":\(statistics.peakSamples)"
        return Array("{\"timings\":{\(timings)},\"samples\":{\(samples)}}".utf8)
    }
}

extension String {
    fileprivate func replacingPrefix(_ prefix: String, with other: String) -> String {
        hasPrefix(prefix) ? other + dropFirst(prefix.count) : self
    }
}
