// A native histogram sample: exponential or custom buckets, as floats.
// A sample kind beside floats from the store's chunks to the engine's columns.

/// Source: Prometheus model/histogram, FloatHistogram. Immutable once shared; a value type with array storage.
public struct NativeHistogram: Hashable, Sendable {
    /// How this sample relates to the one before it in the same series.
    public enum CounterResetHint: UInt8, Hashable, Sendable {
        /// Nothing is known: readers compare both.
        case unknown
        /// The counts began anew with this sample.
        case reset
        /// The counts go on.
        case notReset
        /// The counts may fall: it is no counter.
        case gauge
    }

    /// A run of `length` buckets that begins `offset` buckets after the end of the run before it
    /// (the first: after bucket index 0).
    public struct Span: Hashable, Sendable {
        /// Buckets left out before the run; negative for the first one only.
        public var offset: Int32
        /// Buckets in the run.
        public var length: UInt32
        /// A run of buckets.
        public init(offset: Int32, length: UInt32) {
            self.offset = offset
            self.length = length
        }
    }

    /// -4...8: exponential, base 2^(2^-schema). -53: custom bounds.
    public var schema: Int32 = 0
    /// How this sample relates to the one before it.
    public var counterResetHint: CounterResetHint = .unknown
    /// Upper bound of the zero bucket's magnitude.
    public var zeroThreshold: Double = 0
    /// Observations in the zero bucket.
    public var zeroCount: Double = 0
    /// Observations in all.
    public var count: Double = 0
    /// Sum of the observations, in the metric's unit; a stale NaN in a staleness marker.
    public var sum: Double = 0
    /// Which buckets of positive values there are.
    public var positiveSpans: [Span] = []
    /// Which buckets of negative values there are.
    public var negativeSpans: [Span] = []
    /// Absolute counts, one for each bucket of the spans.
    public var positiveBuckets: [Double] = []
    /// Absolute counts, one for each bucket of the negative spans.
    public var negativeBuckets: [Double] = []
    /// Upper bounds, ascending, without +Inf; only for `customBucketsSchema`.
    public var customValues: [Double] = []

    /// The schema of histograms with bounds of their own.
    public static let customBucketsSchema: Int32 = -53

    /// An empty histogram of schema 0.
    public init() {}

    /// Whether the bounds are `customValues`.
    public var usesCustomBuckets: Bool { schema == Self.customBucketsSchema }

    /// A staleness marker of a histogram series carries Prometheus' stale NaN as its sum.
    public static let stale: NativeHistogram = {
        var marker = NativeHistogram()
        marker.sum = .staleMarker
        return marker
    }()
    /// Whether this is a staleness marker.
    public var isStaleMarker: Bool { sum.isStaleMarker }
}
