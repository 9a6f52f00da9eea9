// What a native histogram says: quantiles, fractions, variance, what is left after trimming, and how it is written.
// Used by histogram functions and by the trim operators. Source: Prometheus promql/quantile.go, FloatHistogram.TrimBuckets.

import MetricModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension NativeHistogram.Bucket {
    /// Share of the bucket's observations below `value`, linear or on a logarithmic scale; `value` lies within.
    func fractionBelow(_ value: Double, isLinear: Bool) -> Double {
        if isLinear { return (value - lower) / (upper - lower) }
        let low = log2(lower.magnitude)
        let high = log2(upper.magnitude)
        let at = log2(value.magnitude)
        return value > 0 ? (at - low) / (high - low) : 1 - (at - high) / (low - high)
    }

    /// `(1,2]:3`
    var goDescription: String {
        (lowerInclusive ? "[" : "(") + "\(goFloat(lower)),\(goFloat(upper))" + (upperInclusive ? "]" : ")")
            + ":\(goFloat(count))"
    }
}

extension NativeHistogram {
    /// What a computation over a histogram with NaN observations has to say.
    enum Note {
        case quantileIsNaN, quantileIsSkewed, fractionExcludesNaN
    }

    /// The zero bucket ends at zero when the histogram has buckets on one side only.
    private func clipped(_ bucket: Bucket) -> Bucket {
        var bucket = bucket
        if negativeBuckets.isEmpty, !positiveBuckets.isEmpty {
            bucket.lower = 0
        } else if positiveBuckets.isEmpty, !negativeBuckets.isEmpty {
            bucket.upper = 0
        }
        return bucket
    }

    func quantile(_ phi: Double) -> (value: Double, note: Note?) {
        if phi < 0 { return (-.infinity, nil) }
        if phi > 1 { return (.infinity, nil) }
        if count == 0 || phi.isNaN { return (.nan, nil) }
        let isForward = sum.isNaN || phi < 0.5
        let ordered = isForward ? buckets : buckets.reversed()
        var rank = (isForward ? phi : 1 - phi) * count
        var bucket = Bucket(
            lower: 0, upper: 0, lowerInclusive: false, upperInclusive: false, count: 0, index: 0)
        var seen = 0.0
        var next = 0
        while next < ordered.count {
            bucket = ordered[next]
            next += 1
            if bucket.count == 0 { continue }
            seen += bucket.count
            if seen >= rank { break }
        }
        if usesCustomBuckets {
            if bucket.lower == -.infinity {
                if bucket.upper <= 0 { return (bucket.upper, nil) }
                bucket.lower = 0
            } else if bucket.upper == .infinity {
                return (bucket.lower, nil)
            }
        } else if bucket.lower < 0, bucket.upper > 0 {
            bucket = clipped(bucket)
        }
        seen = min(seen, count)
        // Only NaN observations, which are in no bucket, can leave the rank above all of them.
        if seen < rank { return sum.isNaN ? (.nan, .quantileIsNaN) : (bucket.upper, nil) }
        rank = isForward ? rank - (seen - bucket.count) : seen - rank
        var note: Note?
        if sum.isNaN {
            let total = ordered[next...].reduce(seen) { $0 + $1.count }
            if total < count { note = .quantileIsSkewed }
        }
        let fraction = rank / bucket.count
        if usesCustomBuckets || (bucket.lower <= 0 && bucket.upper >= 0) {
            return (bucket.lower + (bucket.upper - bucket.lower) * fraction, note)
        }
        let low = log2(bucket.lower.magnitude)
        let high = log2(bucket.upper.magnitude)
        if bucket.lower > 0 { return (exp2(low + (high - low) * fraction), note) }
        return (-exp2(high + (low - high) * (1 - fraction)), note)
    }

    func fraction(from lower: Double, to upper: Double) -> (value: Double, note: Note?) {
        if count == 0 || lower.isNaN || upper.isNaN { return (.nan, nil) }
        if lower >= upper { return (0, nil) }
        var seen = 0.0
        var rank = 0.0
        var lowerRank: Double?
        var upperRank: Double?
        var total = 0.0
        for original in buckets { total += original.count }
        for original in buckets {
            var bucket = original
            seen += bucket.count
            var isLinear = usesCustomBuckets
            if bucket.lower <= 0, bucket.upper >= 0 {
                isLinear = true
                bucket = clipped(bucket)
            }
            func rankBelow(_ value: Double) -> Double {
                if isLinear, bucket.lower == -.infinity { return bucket.count }
                return rank + bucket.count * bucket.fractionBelow(value, isLinear: isLinear)
            }
            if lowerRank == nil, bucket.lower >= lower { lowerRank = rank }
            if upperRank == nil, bucket.lower >= upper { upperRank = rank }
            if lowerRank != nil, upperRank != nil { break }
            if lowerRank == nil, bucket.lower < lower, bucket.upper > lower { lowerRank = rankBelow(lower) }
            if upperRank == nil, bucket.lower < upper, bucket.upper > upper { upperRank = rankBelow(upper) }
            if lowerRank != nil, upperRank != nil { break }
            rank += bucket.count
        }
        var note: Note?
        var known = count
        if sum.isNaN {
            known = total
            if known < count { note = .fractionExcludesNaN }
        }
        let low = min(lowerRank ?? known, known)
        let high = min(upperRank ?? known, known)
        return ((high - low) / count, note)
    }

    /// Variance around the mean, each bucket's observations at its middle.
    var variance: Double {
        let mean = sum / count
        var total = KahanSum()
        for bucket in buckets where bucket.count != 0 {
            var middle: Double
            if usesCustomBuckets {
                middle = (bucket.upper + bucket.lower) / 2
            } else if bucket.lower <= 0, bucket.upper >= 0 {
                middle = 0
            } else {
                middle = (bucket.upper * bucket.lower).squareRoot()
                if bucket.upper < 0 { middle = -middle }
            }
            let delta = middle - mean
            total.add(bucket.count * delta * delta)
        }
        return total.value / count
    }

    // MARK: Trimming

    func trimmed(above bound: Double) -> NativeHistogram { trimmed(bound, keepsLower: true) }
    func trimmed(below bound: Double) -> NativeHistogram { trimmed(bound, keepsLower: false) }

    private func trimmed(_ bound: Double, keepsLower: Bool) -> NativeHistogram {
        var result = self
        var keptCount = 0.0
        var keptSum = 0.0
        var hasChanged = false
        func trim(_ bucket: Bucket, isPositive: Bool) -> Double {
            if bucket.count == 0 { return 0 }
            let isWhole = keepsLower ? bucket.upper <= bound : bucket.lower >= bound
            let isCut = keepsLower ? bucket.lower < bound : bucket.upper > bound
            var kept = 0.0
            if isWhole {
                kept = bucket.count
                keptSum += middle(bucket.lower, bucket.upper, isPositive) * kept
            } else if isCut {
                let (count, middle) = part(of: bucket, bound, keepsLower: keepsLower, isPositive: isPositive)
                kept = count
                keptSum += middle * kept
            }
            keptCount += kept
            if kept != bucket.count { hasChanged = true }
            return kept
        }
        var hasPositive = false
        var hasNegative = false
        for (index, entry) in positiveEntries.enumerated() {
            let bucket = positiveBucket(at: entry)
            hasPositive = hasPositive || bucket.count != 0
            result.positiveBuckets[index] = trim(bucket, isPositive: true)
        }
        for (index, entry) in negativeEntries.enumerated() {
            let bucket = negativeBucket(at: entry)
            hasNegative = hasNegative || bucket.count != 0
            result.negativeBuckets[index] = trim(bucket, isPositive: false)
        }
        if zeroCount > 0 {
            let (kept, middle) = zeroPart(
                bound, keepsLower: keepsLower, hasNegative: hasNegative, hasPositive: hasPositive)
            if kept != zeroCount { hasChanged = true }
            result.zeroCount = kept
            keptSum += middle * kept
            keptCount += kept
        }
        guard hasChanged else { return self }
        result.count = keptCount
        result.sum = keptSum
        result.compact()
        return result
    }

    /// How much of a bucket that holds `bound` stays, and the middle of what stays.
    private func part(
        of bucket: Bucket, _ bound: Double, keepsLower: Bool, isPositive: Bool
    ) -> (count: Double, middle: Double) {
        if bucket.lower == -.infinity || bucket.upper == .infinity {
            return Self.infinitePart(of: bucket, bound, keepsLower: keepsLower)
        }
        var under = bucket.count * bucket.fractionBelow(bound, isLinear: usesCustomBuckets)
        if bound <= bucket.lower { under = 0 }
        if bound >= bucket.upper { under = bucket.count }
        if keepsLower { return (under, middle(bucket.lower, bound, isPositive)) }
        return (bucket.count - under, middle(bound, bucket.upper, isPositive))
    }

    private static func infinitePart(
        of bucket: Bucket, _ bound: Double, keepsLower: Bool
    ) -> (count: Double, middle: Double) {
        func finite(_ value: Double) -> Double { value.isInfinite ? 0 : value }
        if bucket.lower == -.infinity {
            if keepsLower {
                if bound >= bucket.upper { return (bucket.count, 0) }
                if bound > 0, bucket.upper > 0, bucket.upper != .infinity {
                    return (bucket.count * bound / bucket.upper, bound / 2)
                }
                return bucket.upper <= 0 ? (bucket.count, bound) : (0, finite(bucket.upper))
            }
            if bound <= bucket.lower { return (bucket.count, 0) }
            if bound >= 0, bucket.upper > bound, bucket.upper != .infinity {
                return (bucket.count * (1 - bound / bucket.upper), (bound + bucket.upper) / 2)
            }
            return (0, finite(bucket.upper))
        }
        if keepsLower { return (0, finite(bucket.lower)) }
        return bound >= bucket.lower ? (bucket.count, bound) : (0, finite(bucket.lower))
    }

    private func zeroPart(
        _ bound: Double, keepsLower: Bool, hasNegative: Bool, hasPositive: Bool
    ) -> (count: Double, middle: Double) {
        let lower = hasPositive && !hasNegative ? 0 : -zeroThreshold
        let upper = hasNegative && !hasPositive ? 0 : zeroThreshold
        let whole = (zeroCount, (lower + upper) / 2)
        if keepsLower {
            if bound <= lower { return (0, 0) }
            if bound >= upper { return whole }
            return (zeroCount * ((bound - lower) / (upper - lower)), (lower + bound) / 2)
        }
        if bound <= lower { return whole }
        if bound >= upper { return (0, 0) }
        return (zeroCount * ((upper - bound) / (upper - lower)), (bound + upper) / 2)
    }

    /// Arithmetic middle for custom buckets, geometric for exponential ones.
    private func middle(_ lower: Double, _ upper: Double, _ isPositive: Bool) -> Double {
        if lower.isInfinite {
            if upper.isInfinite { return 0 }
            return upper > 0 ? upper / 2 : upper
        }
        if upper.isInfinite { return lower }
        if usesCustomBuckets { return (lower + upper) / 2 }
        let mean = (lower * upper).magnitude.squareRoot()
        return isPositive ? mean : -mean
    }

    // MARK: Text

    /// `{count:3, sum:4, [-0.001,0.001]:1, (1,2]:2}`
    var goDescription: String {
        let parts = ["count:\(goFloat(count))", "sum:\(goFloat(sum))"]
        return "{" + (parts + buckets.filter { $0.count != 0 }.map(\.goDescription)).joined(separator: ", ") + "}"
    }
}
