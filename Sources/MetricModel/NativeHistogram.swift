// A native histogram sample: exponential or custom buckets, as floats.
// A sample kind beside floats from the store's chunks to the engine's columns.

/// Source: Prometheus model/histogram, FloatHistogram. Immutable once shared; a value type with array storage.
public struct NativeHistogram: Hashable, Sendable {
    /// How this sample relates to the one before it in the same series.
    public enum CounterResetHint: UInt8, Hashable, Sendable { case unknown, reset, notReset, gauge }

    /// A run of `length` buckets that begins `offset` buckets after the end of the run before it
    /// (the first: after bucket index 0).
    public struct Span: Hashable, Sendable {
        public var offset: Int32
        public var length: UInt32
        public init(offset: Int32, length: UInt32) {
            self.offset = offset
            self.length = length
        }
    }

    /// -4...8: exponential, base 2^(2^-schema). -53: custom bounds.
    public var schema: Int32 = 0
    public var counterResetHint: CounterResetHint = .unknown
    public var zeroThreshold: Double = 0
    public var zeroCount: Double = 0
    public var count: Double = 0
    public var sum: Double = 0
    public var positiveSpans: [Span] = []
    public var negativeSpans: [Span] = []
    /// Absolute counts, one for each bucket of the spans.
    public var positiveBuckets: [Double] = []
    public var negativeBuckets: [Double] = []
    /// Upper bounds, ascending, without +Inf; only for `customBucketsSchema`.
    public var customValues: [Double] = []

    public static let customBucketsSchema: Int32 = -53

    public init() {}

    public var usesCustomBuckets: Bool { schema == Self.customBucketsSchema }

    /// A staleness marker of a histogram series carries Prometheus' stale NaN as its sum.
    public static let stale: NativeHistogram = {
        var marker = NativeHistogram()
        marker.sum = .staleMarker
        return marker
    }()
    public var isStaleMarker: Bool { sum.isStaleMarker }
}
