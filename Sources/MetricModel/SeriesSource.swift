// The wall between the store and the engine: selectors go in, whole columns come out.
// Implemented by TimeSeriesStore; the engine and the API know only this.

/// What one selector of a query reads.
public struct Selection: Hashable, Sendable {
    /// A series must satisfy all of them.
    public var matchers: [Matcher]
    /// Samples with `start < t <= end`: left-open, as Prometheus 3 selects.
    public var start: Timestamp
    /// The last time that counts.
    public var end: Timestamp

    /// What one selector reads.
    public init(matchers: [Matcher], start: Timestamp, end: Timestamp) {
        self.matchers = matchers
        self.start = start
        self.end = end
    }
}

/// Limits of one fetch; over them the fetch fails, it never answers in part.
public struct SelectionLimits: Sendable {
    /// Samples of all selections together, a native histogram by its size as the engine counts it. Looked at before room
    /// for them is made.
    public var samplesMax: Int
    /// A look at it costs a reading of a clock; sources look once in a few milliseconds of work.
    public var deadline: Deadline?
    /// Told why the fetch ends early, before what it holds by then is given back: that may take longer than the fetch
    /// has a right to. A source need not call it.
    public var whenEnding: (@Sendable (SourceFailure) -> Void)?
    /// Without a deadline, unless one is set.
    public init(samplesMax: Int = 50_000_000, deadline: Deadline? = nil) {
        self.samplesMax = samplesMax
        self.deadline = deadline
    }
}

/// Why a source does not answer.
public enum SourceFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// More samples than one fetch may bring.
    case tooManySamples(limit: Int)
    /// The task was cancelled.
    case cancelled
    /// The deadline has passed.
    case timedOut
    /// A source beyond this process failed.
    case unavailable(String)

    public var description: String {
        switch self {
        case .tooManySamples(let limit): "query selects more than \(limit) samples"
        case .cancelled: "cancelled"
        case .timedOut: "timed out"
        case .unavailable(let reason): reason
        }
    }
}

/// Answers what series there are and what samples they have: a store.
public protocol SeriesSource: Sendable {
    /// For each selection its series, sorted by labels, each with at least one sample in the window.
    /// Staleness markers are included: what they hide depends on who asks.
    func select(_ selections: [Selection], limits: SelectionLimits) async throws(SourceFailure) -> [[Series]]

    /// Label sets of series that match all matchers of at least one of the sets and have data in the closed
    /// range; sorted. An empty `matcherSets` means every series. `limit` 0: none.
    func series(_ matcherSets: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int)
        async throws(SourceFailure) -> [LabelSet]
    /// Names of labels of such series, sorted.
    func labelNames(_ matcherSets: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int)
        async throws(SourceFailure) -> [String]
    /// Values of one label of such series, sorted.
    func labelValues(_ name: String, _ matcherSets: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int)
        async throws(SourceFailure) -> [String]

    /// By family name; `metric` nil means all.
    func metadata(metric: String?) async throws(SourceFailure) -> [String: [Metadata]]

    /// Times of the oldest and newest sample held, nil when there is none.
    var timeRange: ClosedRange<Timestamp>? { get }
}
