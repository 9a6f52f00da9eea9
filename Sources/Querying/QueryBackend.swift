// The wall between whoever asks PromQL questions and whoever answers them.
// Implemented by EmbeddedBackend (over any SeriesSource) and RemoteBackend (over /api/v1); the app, the API server,
// rules and the command line know only this.

import MetricModel

/// Evaluation times of a range query, both ends included when `end` lies on the grid.
public struct StepGrid: Hashable, Sendable {
    public let start: Timestamp
    public let end: Timestamp
    /// Positive.
    public let step: Milliseconds

    public init(start: Timestamp, end: Timestamp, step: Milliseconds) {
        precondition(start <= end, "StepGrid: start after end")
        precondition(step.count > 0, "StepGrid: step must be positive")
        self.start = start
        self.end = end
        self.step = step
    }

    public var count: Int {
        let span = (end - start).count / step.count
        return span >= Int64(Int.max) ? Int.max : Int(span) + 1
    }
    public func timestamp(_ index: Int) -> Timestamp { start + Milliseconds(Int64(index) * step.count) }
}

public struct QueryOptions: Hashable, Sendable {
    /// How far an instant selector looks back for the newest sample; nil: the backend's own.
    public var lookback: Milliseconds?
    /// Nil: the backend's own limit.
    public var timeout: Milliseconds?
    /// Series in the answer; 0: all. What is cut is said in a warning.
    public var seriesLimit: Int

    public init(lookback: Milliseconds? = nil, timeout: Milliseconds? = nil, seriesLimit: Int = 0) {
        self.lookback = lookback
        self.timeout = timeout
        self.seriesLimit = seriesLimit
    }
}

public struct InstantRequest: Hashable, Sendable {
    public var query: String
    public var time: Timestamp
    public var options: QueryOptions
    public init(query: String, time: Timestamp, options: QueryOptions = QueryOptions()) {
        self.query = query
        self.time = time
        self.options = options
    }
}

public struct RangeRequest: Hashable, Sendable {
    public var query: String
    public var grid: StepGrid
    public var options: QueryOptions
    public init(query: String, grid: StepGrid, options: QueryOptions = QueryOptions()) {
        self.query = query
        self.grid = grid
        self.options = options
    }
}

/// One element of an instant vector.
public struct VectorElement: Hashable, Sendable {
    /// The labels that name it.
    public var labels: LabelSet
    /// When the query was evaluated.
    public var timestamp: Timestamp
    /// Its value.
    public var value: SampleValue
    /// An element.
    public init(labels: LabelSet, timestamp: Timestamp, value: SampleValue) {
        self.labels = labels
        self.timestamp = timestamp
        self.value = value
    }
}

/// What an expression comes to.
public enum QueryValue: Hashable, Sendable {
    /// One number.
    case scalar(Timestamp, Double)
    /// One text.
    case string(Timestamp, String)
    /// One value for each series, at one time.
    case vector([VectorElement])
    /// Values of each series at several times.
    case matrix([Series])

    /// No series; a scalar and a string are never empty.
    package var isEmpty: Bool {
        switch self {
        case .scalar, .string: false
        case .vector(let elements): elements.isEmpty
        case .matrix(let series): series.isEmpty
        }
    }
}

/// A warning or an info of the engine, in Prometheus' words: `PromQL info: ... (1:5)`.
public struct QueryAnnotation: Hashable, Sendable {
    /// How much it matters.
    public enum Severity: Hashable, Sendable {
        /// The answer may be wrong.
        case warning
        /// The query may be meant otherwise.
        case info
    }
    /// How much it matters.
    public var severity: Severity
    /// In Prometheus' words, with its place in the query.
    public var message: String
    /// An annotation.
    public init(severity: Severity, message: String) {
        self.severity = severity
        self.message = message
    }
}

/// What a query has cost.
public struct QueryStatistics: Hashable, Sendable {
    /// Samples that the store gave.
    public var samplesRead = 0
    /// Samples alive at once.
    public var peakSamples = 0
    /// Series that the store gave.
    public var seriesRead = 0
    /// Nothing yet.
    public init() {}
}

/// An answer with what is to be said about it.
public struct QueryResult: Hashable, Sendable {
    /// The answer.
    public var value: QueryValue
    /// Warnings and infos.
    public var annotations: [QueryAnnotation]
    /// What it has cost.
    public var statistics: QueryStatistics
    /// An answer.
    public init(
        value: QueryValue, annotations: [QueryAnnotation] = [], statistics: QueryStatistics = QueryStatistics()
    ) {
        self.value = value
        self.annotations = annotations
        self.statistics = statistics
    }
}

/// Why a query has no answer. `kind` maps to the API's errorType.
public struct QueryFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// As the HTTP API's `errorType` has it.
    public enum Kind: String, Hashable, Sendable {
        /// The query itself is wrong.
        case badData = "bad_data"
        /// It failed while it was evaluated.
        case execution
        /// The task was cancelled.
        case canceled
        /// It took longer than it may.
        case timeout
        /// Whoever should answer cannot be reached.
        case unavailable
        /// A mistake of the program.
        case internalError = "internal"
        /// There is no such thing.
        case notFound = "not_found"
    }
    /// What kind of failure it is.
    public var kind: Kind
    /// Prometheus' words where it has some.
    public var message: String
    /// Half-open byte range in the query text, when the failure has a place in it.
    public var bytes: Range<Int>?
    /// `did you mean ...?`
    public var hint: String?

    /// A failure.
    public init(_ kind: Kind, _ message: String, bytes: Range<Int>? = nil, hint: String? = nil) {
        self.kind = kind
        self.message = message
        self.bytes = bytes
        self.hint = hint
    }
    public var description: String { hint.map { "\(message) (\($0))" } ?? message }
}

public protocol QueryBackend: Sendable {
    func instant(_ request: InstantRequest) async throws(QueryFailure) -> QueryResult
    func range(_ request: RangeRequest) async throws(QueryFailure) -> QueryResult
    /// As `SeriesSource.series`; selectors are PromQL text such as `up{job="a"}`. An empty list means every series.
    func series(_ selectors: [String], start: Timestamp, end: Timestamp, limit: Int)
        async throws(QueryFailure) -> [LabelSet]
    func labelNames(_ selectors: [String], start: Timestamp, end: Timestamp, limit: Int)
        async throws(QueryFailure) -> [String]
    func labelValues(_ name: String, _ selectors: [String], start: Timestamp, end: Timestamp, limit: Int)
        async throws(QueryFailure) -> [String]
    func metadata(metric: String?) async throws(QueryFailure) -> [String: [Metadata]]
}
