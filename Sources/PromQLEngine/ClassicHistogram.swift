// Quantiles and fractions of classic histograms: cumulative counts by upper bound.
// Used by HistogramFunctions, one histogram and step at a time. Source: Prometheus promql/quantile.go.

import MetricModel

struct ClassicHistogram {
    struct Bucket {
        var upper: Double
        /// Observations up to `upper`.
        var count: Double
    }

    /// What had to be changed so that counts do not fall.
    struct Repair {
        var leastBucket = Double.infinity
        var greatestBucket = -Double.infinity
        var greatestDifference = 0.0
    }

    private(set) var buckets: [Bucket]

    /// `buckets` ascend by upper bound and are not empty; those with one bound are added up.
    init(_ buckets: [Bucket]) {
        var joined: [Bucket] = []
        joined.reserveCapacity(buckets.count)
        for bucket in buckets {
            if let last = joined.last, last.upper == bucket.upper {
                joined[joined.count - 1].count += bucket.count
            } else {
                joined.append(bucket)
            }
        }
        self.buckets = joined
    }

    private var endsInInfinity: Bool { buckets.last?.upper == .infinity }

    /// Linear within a bucket; a lowest bucket above zero begins at zero; in the last one, its lower bound.
    func quantile(_ phi: Double) -> (value: Double, repair: Repair?) {
        if phi.isNaN { return (.nan, nil) }
        if phi < 0 { return (-.infinity, nil) }
        if phi > 1 { return (.infinity, nil) }
        guard endsInInfinity else { return (.nan, nil) }
        var fixed = self
        let repair = fixed.makeMonotonic()
        let buckets = fixed.buckets
        let last = buckets.count - 1
        let observations = buckets[last].count
        if buckets.count < 2 || observations == 0 { return (.nan, repair) }
        var rank = phi * observations
        var low = 0
        var high = last
        while low < high {
            let middle = (low + high) / 2
            if buckets[middle].count >= rank { high = middle } else { low = middle + 1 }
        }
        if low == last { return (buckets[last - 1].upper, repair) }
        if low == 0, buckets[0].upper <= 0 { return (buckets[0].upper, repair) }
        var start = 0.0
        var count = buckets[low].count
        if low > 0 {
            start = buckets[low - 1].upper
            count -= buckets[low - 1].count
            rank -= buckets[low - 1].count
        }
        return (start + (buckets[low].upper - start) * (rank / count), repair)
    }

    /// Ignores differences that rounding makes, and lifts counts that fell. Nil when none fell.
    private mutating func makeMonotonic() -> Repair? {
        var repair: Repair?
        var previous = buckets[0].count
        for index in buckets.indices.dropFirst() {
            let count = buckets[index].count
            if count == previous { continue }
            if isAlmostEqual(previous, count, 1e-12) {
                buckets[index].count = previous
            } else if count < previous {
                buckets[index].count = previous
                var known = repair ?? Repair()
                known.leastBucket = min(known.leastBucket, buckets[index].upper)
                known.greatestBucket = max(known.greatestBucket, buckets[index].upper)
                known.greatestDifference = max(known.greatestDifference, previous - count)
                repair = known
            } else {
                previous = count
            }
        }
        return repair
    }

    func fraction(from lower: Double, to upper: Double) -> Double {
        guard endsInInfinity, let total = buckets.last?.count else { return .nan }
        if total == 0 || lower.isNaN || upper.isNaN { return .nan }
        if lower >= upper { return 0 }
        var rank = 0.0
        var lowerRank: Double?
        var upperRank: Double?
        var start = buckets[0].upper <= 0 ? -Double.infinity : 0
        for bucket in buckets {
            func rankBelow(_ value: Double) -> Double {
                if start == -.infinity { return bucket.count }
                return rank + (bucket.count - rank) * (value - start) / (bucket.upper - start)
            }
            if lowerRank == nil, start >= lower { lowerRank = rank }
            if upperRank == nil, start >= upper { upperRank = rank }
            if lowerRank != nil, upperRank != nil { break }
            if lowerRank == nil, start < lower, bucket.upper > lower { lowerRank = rankBelow(lower) }
            if upperRank == nil, start < upper, bucket.upper > upper { upperRank = rankBelow(upper) }
            if lowerRank != nil, upperRank != nil { break }
            rank = bucket.count
            start = bucket.upper
        }
        return (min(upperRank ?? total, total) - min(lowerRank ?? total, total)) / total
    }
}

/// Relative difference below `epsilon`; 0 equals only what is nearly the least normal number. Source: Prometheus util/almost.
package func isAlmostEqual(_ left: Double, _ right: Double, _ epsilon: Double) -> Bool {
    if left.isStaleMarker || right.isStaleMarker { return left.isStaleMarker && right.isStaleMarker }
    if left.isNaN, right.isNaN { return true }
    if left == right { return true }
    let sum = left.magnitude + right.magnitude
    let difference = (left - right).magnitude
    if left == 0 || right == 0 || sum < .leastNormalMagnitude { return difference < epsilon * .leastNormalMagnitude }
    return difference / min(sum, .greatestFiniteMagnitude) < epsilon
}
