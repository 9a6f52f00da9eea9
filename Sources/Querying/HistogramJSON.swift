// A native histogram from the API's JSON, which has the bounds of its buckets but not their schema.
// Used by APIJSONReader.

import MetricModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// `{"count":"5","sum":"18.4","buckets":[[0,"0.7","1","2"],…]}`. Source: Prometheus docs, querying/api, "Histograms".
///
/// Lost on the way, because the API does not carry it: the counter reset hint, the threshold of an empty zero bucket, and
/// of custom buckets the bounds of those without observations. Custom bounds that are all powers of one base
/// that a schema has are taken for that schema.
enum HistogramJSON {
    /// Bounds as a server writes them differ from ours by rounding only.
    private static let tolerance = 1e-9

    static func read(_ cursor: inout JSONCursor) throws(JSONFailure) -> NativeHistogram {
        var histogram = NativeHistogram()
        var buckets: [(lower: Double, upper: Double, count: Double)] = []
        try cursor.object { field, cursor throws(JSONFailure) in
            switch (field, cursor.kind) {
            case ("count", _): histogram.count = try cursor.value()
            case ("sum", _): histogram.sum = try cursor.value()
            case ("buckets", .array):
                try cursor.array { cursor throws(JSONFailure) in
                    var numbers: [Double] = []
                    try cursor.array { cursor throws(JSONFailure) in
                        guard numbers.count < 4 else { throw cursor.failure("expected four numbers in a bucket") }
                        numbers.append(try cursor.value())
                    }
                    guard numbers.count == 4, numbers[1] <= numbers[2], numbers[1] >= buckets.last?.upper ?? -.infinity
                    else { throw cursor.failure("expected buckets in the order of their bounds") }
                    buckets.append((numbers[1], numbers[2], numbers[3]))
                }
            default: try cursor.skip()
            }
        }
        if !fillExponential(&histogram, buckets) { fillCustom(&histogram, buckets) }
        return histogram
    }

    private typealias Buckets = [(lower: Double, upper: Double, count: Double)]

    /// False, and nothing changed, when the bounds are not those of one schema.
    private static func fillExponential(_ histogram: inout NativeHistogram, _ buckets: Buckets) -> Bool {
        var positive: [NativeHistogram.Entry] = []
        var negative: [NativeHistogram.Entry] = []
        var zero: (threshold: Double, count: Double) = (0, 0)
        guard let schema = schema(of: buckets) else { return false }
        for bucket in buckets {
            if bucket.lower <= 0, bucket.upper >= 0, bucket.lower == -bucket.upper {
                zero = (bucket.upper, bucket.count)
            } else if bucket.lower > 0, let index = index(bucket.lower, bucket.upper, schema) {
                positive.append(NativeHistogram.Entry(index: index, count: bucket.count))
            } else if bucket.upper < 0, let index = index(-bucket.upper, -bucket.lower, schema) {
                negative.append(NativeHistogram.Entry(index: index, count: bucket.count))
            } else {
                return false
            }
        }
        histogram.schema = schema
        (histogram.zeroThreshold, histogram.zeroCount) = zero
        (histogram.positiveSpans, histogram.positiveBuckets) = NativeHistogram.spans(of: positive)
        (histogram.negativeSpans, histogram.negativeBuckets) = NativeHistogram.spans(of: negative.reversed())
        return true
    }

    /// From the first bucket with two finite bounds on one side of zero: upper is lower times 2^(2^-schema).
    private static func schema(of buckets: Buckets) -> Int32? {
        for bucket in buckets {
            let lower = min(bucket.lower.magnitude, bucket.upper.magnitude)
            let upper = max(bucket.lower.magnitude, bucket.upper.magnitude)
            guard bucket.lower > 0 || bucket.upper < 0, upper < .greatestFiniteMagnitude else { continue }
            let exponent = -log2(log2(upper) - log2(lower))
            guard exponent.isFinite, exponent > -4.5, exponent < 8.5 else { return nil }
            return Int32(exponent.rounded())
        }
        return 0
    }

    /// Index of the bucket with these bounds, both above zero; nil when the schema has none such.
    private static func index(_ lower: Double, _ upper: Double, _ schema: Int32) -> Int32? {
        let perOctave = scalbn(1, schema)
        let index = (log2(lower) * perOctave).rounded() + 1
        guard index.magnitude < 1e6 else { return nil }
        let found = Int32(index)
        let bounds = [found - 1, found].map { NativeHistogram.bound($0, schema: schema, customValues: []) }
        guard isNear(bounds[0], lower), isNear(bounds[1], upper) else { return nil }
        return found
    }

    private static func isNear(_ one: Double, _ other: Double) -> Bool {
        one == other || (one - other).magnitude <= tolerance * one.magnitude
    }

    private static func fillCustom(_ histogram: inout NativeHistogram, _ buckets: Buckets) {
        histogram.schema = NativeHistogram.customBucketsSchema
        var bounds: [Double] = []
        var entries: [NativeHistogram.Entry] = []
        for bucket in buckets {
            if bucket.lower.isFinite, bucket.lower != bounds.last { bounds.append(bucket.lower) }
            entries.append(NativeHistogram.Entry(index: Int32(clamping: bounds.count), count: bucket.count))
            if bucket.upper.isFinite, bucket.upper != bounds.last { bounds.append(bucket.upper) }
        }
        histogram.customValues = bounds
        (histogram.positiveSpans, histogram.positiveBuckets) = NativeHistogram.spans(of: entries)
    }
}
