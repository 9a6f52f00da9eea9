// The wall between Ingestion and whatever keeps samples; rules and the self-metrics write through it too.
// Batches cross it: one call a scrape, never one a sample.

/// Names a series within one sink, for as long as the sink keeps that series. Opaque to everyone else.
public struct SeriesRef: Hashable, Sendable {
    /// What the sink made of it.
    public let rawValue: UInt64
    /// For sinks.
    public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// Samples of one scrape, column by column.
public struct AppendBatch: Sendable {
    /// `refs`, `timestamps` and `values` have the same count. Where `histograms[i]` exists, `values[i]` is unused.
    public var refs: [SeriesRef] = []
    /// One for each ref.
    public var timestamps: [Timestamp] = []
    /// One for each ref.
    public var values: [Double] = []
    /// By position in the batch.
    public var histograms: [Int: NativeHistogram] = [:]

    /// An empty batch.
    public init() {}

    /// Adds a number.
    public mutating func append(_ ref: SeriesRef, _ timestamp: Timestamp, _ value: Double) {
        refs.append(ref)
        timestamps.append(timestamp)
        values.append(value)
    }
    /// Adds a native histogram.
    public mutating func append(_ ref: SeriesRef, _ timestamp: Timestamp, _ histogram: NativeHistogram) {
        histograms[refs.count] = histogram
        append(ref, timestamp, 0)
    }
    /// Makes room for so many samples.
    public mutating func reserveCapacity(_ count: Int) {
        refs.reserveCapacity(count)
        timestamps.reserveCapacity(count)
        values.reserveCapacity(count)
    }
    /// Keeps the room.
    public mutating func removeAll() {
        refs.removeAll(keepingCapacity: true)
        timestamps.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        histograms.removeAll(keepingCapacity: true)
    }
    /// Samples.
    public var count: Int { refs.count }
}

/// What became of a batch. Nothing here is an error of the scrape: Prometheus counts and goes on, and so do we.
public struct AppendOutcome: Hashable, Sendable {
    /// Samples that were stored.
    public var appended = 0
    /// Same series and time, another value: the first one is kept.
    public var duplicates = 0
    /// Older than the newest sample of their series.
    public var outOfOrder = 0
    /// Older than the retention allows.
    public var tooOld = 0
    /// Positions in the batch whose ref the sink no longer knows (the series was dropped): register again and repeat.
    public var unknownRefs: [Int] = []

    /// Nothing yet.
    public init() {}

    /// Adds the counts; positions in `unknownRefs` are put one after the other.
    public static func += (left: inout AppendOutcome, right: AppendOutcome) {
        left.appended += right.appended
        left.duplicates += right.duplicates
        left.outOfOrder += right.outOfOrder
        left.tooOld += right.tooOld
        left.unknownRefs += right.unknownRefs
    }
}

/// Why a sink would not take a new series.
public enum RegistrationRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// As many series as it may hold.
    case seriesLimit(Int)
    /// As many bytes as it may hold.
    case byteLimit(Int)
    /// More labels than a series may have.
    case labelLimit(Int)

    public var description: String {
        switch self {
        case .seriesLimit(let limit): "series limit of \(limit) reached"
        case .labelLimit(let limit): "more than \(limit) labels"
        case .byteLimit(let limit): "memory limit of \(limit) bytes reached"
        }
    }
}

/// Takes samples: a store.
public protocol SampleSink: Sendable {
    /// The ref of a series, made when the sink has none yet. Same labels, same ref, until the series is dropped.
    func register(_ labels: LabelSet) throws(RegistrationRefusal) -> SeriesRef
    /// Appends in the order of the batch. A staleness marker is a value like any other.
    func append(_ batch: borrowing AppendBatch) -> AppendOutcome
    /// Records what a scrape said of metric families, by family name.
    func record(_ metadata: [String: Metadata])
    /// Keeps the newest exemplars, up to the sink's limit.
    func append(_ exemplar: Exemplar, for ref: SeriesRef)
}

extension SampleSink {
    public func record(_ metadata: [String: Metadata]) {}
    public func append(_ exemplar: Exemplar, for ref: SeriesRef) {}
}
