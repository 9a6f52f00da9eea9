// From a histogram's message to a native histogram, with the checks that make its spans and counts one thing.
// Used by ProtobufBody and WriteBodyReader for every sample of that kind; limits on resolution come later, in Ingestion.

import Ingestion
import MetricModel

/// What is wrong with a histogram. Source: Prometheus model/histogram, Validate.
enum HistogramProblem: Error, Hashable, CustomStringConvertible {
    case schema(Int32)
    case negativeOffset(span: Int, Int32)
    case spanMismatch(wanted: UInt64, buckets: Int)
    case bucketPlace
    case negativeBucket(Int)
    case tooLarge
    case negativeCount
    case countMismatch(buckets: UInt64, count: UInt64)
    case customBounds
    case customBuckets

    var description: String {
        switch self {
        case .schema(let schema): "histogram: there is no schema \(schema)"
        case .negativeOffset(let span, let offset):
            "histogram: span \(span) has the offset \(offset); only the first may have one below 0"
        case .spanMismatch(let wanted, let buckets): "histogram: spans of \(wanted) buckets, \(buckets) buckets"
        case .bucketPlace: "histogram: spans beyond bucket \(NativeHistogram.bucketIndexMax)"
        case .negativeBucket(let index): "histogram: bucket \(index) has a count below 0"
        case .tooLarge: "histogram: counts beyond the range of 64 bits"
        case .negativeCount: "histogram: a count below 0"
        case .countMismatch(let buckets, let count):
            "histogram: \(buckets) observations in buckets, \(count) in all"
        case .customBounds: "histogram: custom bounds must be finite and ascend"
        case .customBuckets: "histogram: buckets beside its custom bounds"
        }
    }
}

extension Io_Prometheus_Client_Histogram {
    /// Spans (even one of no length), a zero bucket with a width or a count: a native histogram.
    var isNative: Bool {
        !positiveSpan.isEmpty || !negativeSpan.isEmpty || zeroThreshold > 0 || zeroCount > 0 || zeroCountFloat > 0
    }

    /// Of the classic form.
    var count: Double { sampleCountFloat == 0 ? Double(sampleCount) : sampleCountFloat }

    /// Client libraries keep ten.
    static var nativeExemplarsMax: Int { 100 }

    /// Those with a timestamp; the classic buckets' where the histogram has none of its own. The last ones of many.
    var nativeExemplars: [Exemplar] {
        guard exemplars.isEmpty else {
            return exemplars.filter(\.hasTimestamp).suffix(Self.nativeExemplarsMax).map { Exemplar($0) }
        }
        return bucket.filter { $0.hasExemplar && $0.exemplar.hasTimestamp }.suffix(Self.nativeExemplarsMax)
            .map { Exemplar($0.exemplar) }
    }
}

extension Exemplar {
    init(_ message: Io_Prometheus_Client_Exemplar) {
        let time = message.timestamp
        self.init(
            labels: LabelSet(message.label.map { Label($0.name, $0.value) }), value: message.value,
            timestamp: message.hasTimestamp
                ? Timestamp(milliseconds: time.seconds &* 1000 &+ Int64(time.nanos / 1_000_000)) : nil)
    }
}

extension NativeHistogram {
    /// Finer schemas than 8 are reserved: their histograms are read as of schema 8.
    static let reservedSchemas: ClosedRange<Int32> = 9...52
    /// Below zero, too; of schema 8, where doubles end at 262144. Whoever counts on from an index cannot overflow, and
    /// the store's state takes no more.
    static let bucketIndexMax: Int64 = 1 << 24 - 1

    init(_ message: Io_Prometheus_Client_Histogram, isGauge: Bool) throws(HistogramProblem) {
        self.init()
        schema = message.schema
        guard
            (NativeHistogramOptions.schemaMin...NativeHistogramOptions.schemaMax).contains(schema)
                || Self.reservedSchemas.contains(schema)
        else { throw .schema(schema) }
        counterResetHint = isGauge ? .gauge : .unknown
        zeroThreshold = message.zeroThreshold
        sum = message.sampleSum
        if message.sampleCountFloat > 0 || message.zeroCountFloat > 0 {
            count = message.sampleCountFloat
            zeroCount = message.zeroCountFloat
            guard !(count < 0), !(zeroCount < 0) else { throw .negativeCount }
            positiveBuckets = try Self.checked(message.positiveCount)
            negativeBuckets = try Self.checked(message.negativeCount)
        } else {
            count = Double(message.sampleCount)
            zeroCount = Double(message.zeroCount)
            var observations = message.zeroCount
            positiveBuckets = try Self.counts(message.positiveDelta, &observations)
            negativeBuckets = try Self.counts(message.negativeDelta, &observations)
            // An observation of NaN is in no bucket.
            guard sum.isNaN ? observations <= message.sampleCount : observations == message.sampleCount else {
                throw .countMismatch(buckets: observations, count: message.sampleCount)
            }
        }
        positiveSpans = try Self.checked(
            Self.spans(message.positiveSpan), buckets: positiveBuckets.count, schema: schema)
        negativeSpans = try Self.checked(
            Self.spans(message.negativeSpan), buckets: negativeBuckets.count, schema: schema)
        if schema > NativeHistogramOptions.schemaMax { self = reduced(toSchema: NativeHistogramOptions.schemaMax) }
        compact()
    }

    static func checked(_ counts: [Double]) throws(HistogramProblem) -> [Double] {
        if let index = counts.firstIndex(where: { $0 < 0 }) { throw .negativeBucket(index) }
        return counts
    }

    static func counts(_ deltas: [Int64], _ observations: inout UInt64) throws(HistogramProblem) -> [Double] {
        var counts: [Double] = []
        counts.reserveCapacity(deltas.count)
        var count: Int64 = 0
        for (index, delta) in deltas.enumerated() {
            let (sum, overflows) = count.addingReportingOverflow(delta)
            guard !overflows else { throw .tooLarge }
            guard sum >= 0 else { throw .negativeBucket(index) }
            count = sum
            let (total, isTooLarge) = observations.addingReportingOverflow(UInt64(sum))
            guard !isTooLarge else { throw .tooLarge }
            observations = total
            counts.append(Double(count))
        }
        return counts
    }

    /// The spans, if they have places for so many buckets and all of them lie where buckets can.
    static func checked(_ spans: [Span], buckets: Int, schema: Int32) throws(HistogramProblem) -> [Span] {
        var wanted: UInt64 = 0
        var place: Int64 = 0
        let finer = Int64(min(max(schema - NativeHistogramOptions.schemaMax, 0), 7))
        let farthest = bucketIndexMax << finer
        let places = -farthest...farthest
        for (index, span) in spans.enumerated() {
            if index > 0, span.offset < 0 { throw .negativeOffset(span: index + 1, span.offset) }
            wanted += UInt64(span.length)
            place += Int64(span.offset)
            guard places.contains(place), places.contains(place + Int64(span.length)) else { throw .bucketPlace }
            place += Int64(span.length)
        }
        guard wanted == UInt64(buckets) else { throw .spanMismatch(wanted: wanted, buckets: buckets) }
        return spans
    }

    private static func spans(_ spans: [Io_Prometheus_Client_BucketSpan]) -> [Span] {
        spans.map { Span(offset: $0.offset, length: $0.length) }
    }
}
