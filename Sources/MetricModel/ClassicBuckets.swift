// A classic histogram of one moment, series by series, to the native histogram with custom buckets that it means.
// Filled by Ingestion from a body, and by the test kit from its scripts.

/// Source: Prometheus util/convertnhcb.
package struct ClassicBuckets: Sendable {
    private var buckets: [(upper: Double, count: Double)] = []
    package var count: Double?
    package var sum = 0.0

    package init() {}

    package var isEmpty: Bool { buckets.isEmpty && count == nil }

    /// `le` as it stands in the label; nil when it is no bound.
    package static func bound(_ text: String) -> Double? {
        let bound: Double? =
            switch text.lowercased() {
            case "+inf", "inf": .infinity
            case "-inf": -.infinity
            default: Double(text)
            }
        return bound.flatMap { $0.isNaN ? nil : $0 }
    }

    /// All up to and including `upper`, as the classic form counts. Of a bound that comes again the first count stays.
    package mutating func add(upTo upper: Double, _ count: Double) {
        guard !buckets.contains(where: { $0.upper == upper }) else { return }
        buckets.append((upper, count))
    }

    /// Nil when counts fall with the bound, are negative, or do not agree with the whole.
    package func native() -> NativeHistogram? {
        var buckets = buckets.sorted { $0.upper < $1.upper }
        let total = count ?? buckets.last?.count ?? 0
        if buckets.last?.upper != .infinity { buckets.append((.infinity, total)) }
        guard buckets.last?.count == total else { return nil }
        var histogram = NativeHistogram()
        histogram.schema = NativeHistogram.customBucketsSchema
        histogram.count = total
        histogram.sum = sum
        histogram.positiveSpans = [NativeHistogram.Span(offset: 0, length: UInt32(buckets.count))]
        var previous = 0.0
        for bucket in buckets {
            guard bucket.count >= previous else { return nil }
            histogram.positiveBuckets.append(bucket.count - previous)
            if bucket.upper != .infinity { histogram.customValues.append(bucket.upper) }
            previous = bucket.count
        }
        histogram.compact()
        return histogram
    }
}
