// The sum of two native histograms, for series of test scripts that count up.
// Used by HistogramNotation only; the engine has its own arithmetic.

import MetricModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

enum HistogramSum {
    struct Refusal: Error { var reason: String }

    private typealias Buckets = [Int: Double]

    /// `left + factor * right`. The right side may be of finer resolution than the left one, never of coarser.
    /// Source: Prometheus, model/histogram, FloatHistogram.Add.
    static func of(
        _ left: NativeHistogram, _ right: NativeHistogram, factor: Double
    ) throws(Refusal) -> NativeHistogram {
        guard left.schema <= right.schema else {
            throw Refusal(reason: "cannot merge from schema \(right.schema) to \(left.schema)")
        }
        guard left.usesCustomBuckets == right.usesCustomBuckets else {
            throw Refusal(reason: "one has custom buckets, the other exponential ones")
        }
        var sum = left
        sum.count += factor * right.count
        sum.sum += factor * right.sum
        sum.counterResetHint = hint(left.counterResetHint, right.counterResetHint)
        if left.usesCustomBuckets {
            let bounds = left.customValues.filter { right.customValues.contains($0) }
            var positive = rebounded(left, to: bounds)
            add(rebounded(right, to: bounds), factor, to: &positive)
            sum.customValues = bounds
            (sum.positiveSpans, sum.positiveBuckets) = spans(positive)
            return sum
        }
        var shift = right.schema - left.schema
        shift = min(max(shift, 0), 31)
        var positive = buckets(left.positiveSpans, left.positiveBuckets, shift: 0)
        var negative = buckets(left.negativeSpans, left.negativeBuckets, shift: 0)
        var rightPositive = buckets(right.positiveSpans, right.positiveBuckets, shift: shift)
        var rightNegative = buckets(right.negativeSpans, right.negativeBuckets, shift: shift)
        var rightZero = right.zeroCount
        var threshold = max(left.zeroThreshold, right.zeroThreshold)
        if left.zeroThreshold != right.zeroThreshold {
            // A wider zero bucket swallows whole buckets; one that it cuts widens it further, until none is cut.
            while true {
                let wider = max(
                    swallow(&positive, &negative, below: threshold, left.schema, into: &sum.zeroCount),
                    swallow(&rightPositive, &rightNegative, below: threshold, left.schema, into: &rightZero))
                if wider <= threshold { break }
                threshold = wider
            }
        }
        sum.zeroThreshold = threshold
        sum.zeroCount += factor * rightZero
        add(rightPositive, factor, to: &positive)
        add(rightNegative, factor, to: &negative)
        (sum.positiveSpans, sum.positiveBuckets) = spans(positive)
        (sum.negativeSpans, sum.negativeBuckets) = spans(negative)
        return sum
    }

    private static func hint(
        _ left: NativeHistogram.CounterResetHint, _ right: NativeHistogram.CounterResetHint
    ) -> NativeHistogram.CounterResetHint {
        if left == right { return left }
        return left == .gauge || right == .gauge ? .gauge : .unknown
    }

    /// By index; `shift` halves the resolution that often.
    private static func buckets(_ spans: [NativeHistogram.Span], _ counts: [Double], shift: Int32) -> Buckets {
        var buckets: Buckets = [:]
        var index = 0
        var next = 0
        for span in spans {
            index += Int(span.offset)
            for _ in 0..<span.length where next < counts.count {
                buckets[shift == 0 ? index : ((index - 1) >> Int(shift)) + 1, default: 0] += counts[next]
                next += 1
                index += 1
            }
        }
        return buckets
    }

    private static func add(_ other: Buckets, _ factor: Double, to buckets: inout Buckets) {
        for (index, count) in other { buckets[index, default: 0] += factor * count }
    }

    /// Moves buckets that begin below the threshold into the zero bucket. Returns where the last of them ends.
    private static func swallow(
        _ positive: inout Buckets, _ negative: inout Buckets, below threshold: Double, _ schema: Int32,
        into zeroCount: inout Double
    ) -> Double {
        var end = threshold
        func bound(_ index: Int) -> Double { exp2(Double(index) * exp2(-Double(schema))) }
        func move(_ buckets: inout Buckets) {
            for index in buckets.keys.sorted() where bound(index - 1) < threshold {
                let count = buckets.removeValue(forKey: index) ?? 0
                zeroCount += count
                if count != 0 { end = max(end, bound(index)) }
            }
        }
        move(&positive)
        move(&negative)
        return end
    }

    /// Custom buckets put together under fewer bounds; those above the last go to the overflow bucket.
    private static func rebounded(_ histogram: NativeHistogram, to bounds: [Double]) -> Buckets {
        var result: Buckets = [:]
        for (index, count) in buckets(histogram.positiveSpans, histogram.positiveBuckets, shift: 0) {
            let upper = histogram.customValues.indices.contains(index) ? histogram.customValues[index] : .infinity
            result[bounds.firstIndex { $0 >= upper } ?? bounds.count, default: 0] += count
        }
        return result
    }

    private static func spans(_ buckets: Buckets) -> ([NativeHistogram.Span], [Double]) {
        var spans: [NativeHistogram.Span] = []
        var counts: [Double] = []
        var end = 0
        for index in buckets.keys.sorted() {
            if index == end, !spans.isEmpty {
                spans[spans.count - 1].length += 1
            } else {
                spans.append(NativeHistogram.Span(offset: Int32(clamping: index - end), length: 1))
            }
            counts.append(buckets[index] ?? 0)
            end = index + 1
        }
        return (spans, counts)
    }
}
