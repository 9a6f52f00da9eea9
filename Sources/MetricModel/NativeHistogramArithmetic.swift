// Adding, subtracting, scaling and comparing native histograms.
// The engine's operators, aggregations and range functions are made of these; so are series written as `{{..}}+{{..}}x5`.

extension NativeHistogram {
    /// What had to be done to combine two histograms.
    package struct Combination: Hashable, Sendable {
        /// One says "reset", the other "not reset".
        package var counterResetCollision = false
        /// Custom bounds differed; only the common ones are left.
        package var reconciledBounds = false
    }

    /// Nil, and nothing changed, when one has exponential and the other custom buckets. Source: FloatHistogram.Add.
    @discardableResult
    package mutating func add(_ other: NativeHistogram) -> Combination? {
        var sum = HistogramSum(self)
        guard let outcome = sum.combine(other, subtracting: false, compensated: false) else { return nil }
        self = sum.histogram
        return outcome
    }

    /// As `add`. The counter reset hint is adjusted the same way; callers that mean a gauge set it.
    @discardableResult
    package mutating func subtract(_ other: NativeHistogram) -> Combination? {
        var sum = HistogramSum(self)
        guard let outcome = sum.combine(other, subtracting: true, compensated: false) else { return nil }
        self = sum.histogram
        return outcome
    }

    package mutating func multiply(by factor: Double) {
        zeroCount *= factor
        count *= factor
        sum *= factor
        for index in positiveBuckets.indices { positiveBuckets[index] *= factor }
        for index in negativeBuckets.indices { negativeBuckets[index] *= factor }
        if factor < 0 { counterResetHint = .gauge }
    }

    /// Division by zero leaves count and sum infinite or NaN and no buckets.
    package mutating func divide(by divisor: Double) {
        zeroCount /= divisor
        count /= divisor
        sum /= divisor
        guard divisor != 0 else {
            positiveSpans = []
            negativeSpans = []
            positiveBuckets = []
            negativeBuckets = []
            return
        }
        for index in positiveBuckets.indices { positiveBuckets[index] /= divisor }
        for index in negativeBuckets.indices { negativeBuckets[index] /= divisor }
        if divisor < 0 { counterResetHint = .gauge }
    }

    /// Coarser buckets; `schema` must be at most this one's.
    package func reduced(toSchema target: Int32) -> NativeHistogram {
        guard target < schema, !usesCustomBuckets, target != Self.customBucketsSchema else { return self }
        var result = self
        result.counterResetHint = .unknown
        result.schema = target
        (result.positiveSpans, result.positiveBuckets) = Self.spans(
            of: Self.reduced(positiveEntries, from: schema, to: target))
        (result.negativeSpans, result.negativeBuckets) = Self.spans(
            of: Self.reduced(negativeEntries, from: schema, to: target))
        return result
    }

    static func reduced(_ entries: [Entry], from schema: Int32, to target: Int32) -> [Entry] {
        guard target < schema else { return entries }
        let shift = schema &- target
        var result: [Entry] = []
        for entry in entries {
            let index = ((entry.index &- 1) >> shift) &+ 1
            if let last = result.last, last.index == index {
                var sum = KahanSum(last.count, compensation: last.compensation)
                sum.add(entry.count)
                sum.add(entry.compensation)
                result[result.count - 1].count = sum.sum
                result[result.count - 1].compensation = sum.compensation
            } else {
                result.append(Entry(index: index, count: entry.count, compensation: entry.compensation))
            }
        }
        return result
    }

    /// Same buckets, bounds and counts bit for bit; the hint does not count. Source: FloatHistogram.Equals.
    package func isEqual(to other: NativeHistogram) -> Bool {
        guard schema == other.schema, count.bitPattern == other.count.bitPattern,
            sum.bitPattern == other.sum.bitPattern, zeroThreshold == other.zeroThreshold,
            zeroCount.bitPattern == other.zeroCount.bitPattern,
            !usesCustomBuckets || customValues == other.customValues
        else { return false }
        return Self.isSame(positiveEntries, other.positiveEntries)
            && Self.isSame(negativeEntries, other.negativeEntries)
    }

    private static func isSame(_ left: [Entry], _ right: [Entry]) -> Bool {
        left.count == right.count
            && zip(left, right).allSatisfy { $0.index == $1.index && $0.count.bitPattern == $1.count.bitPattern }
    }

    package var hasOverflow: Bool {
        zeroCount.isInfinite || count.isInfinite || sum.isInfinite || positiveBuckets.contains { $0.isInfinite }
            || negativeBuckets.contains { $0.isInfinite }
    }

    /// Whether a counter was reset between `previous` and this sample. Source: FloatHistogram.DetectReset.
    package func isReset(after previous: NativeHistogram) -> Bool {
        switch counterResetHint {
        case .reset: return true
        case .notReset: return false
        case .unknown, .gauge: break
        }
        if count < previous.count { return true }
        if usesCustomBuckets {
            guard previous.usesCustomBuckets else { return true }
            if customValues != previous.customValues { return isResetWithOtherBounds(after: previous) }
        } else if previous.usesCustomBuckets {
            return true
        }
        if schema > previous.schema || zeroThreshold < previous.zeroThreshold { return true }
        var widened = HistogramSum(previous)
        let threshold = widened.widenZeroBucket(to: zeroThreshold)
        if threshold != zeroThreshold || zeroCount < widened.zero.value { return true }
        widened.reduceResolution(to: schema)
        let floor = zeroThreshold
        return Self.hasFallen(positiveEntries, since: widened.positive, schema: schema, floor: floor)
            || Self.hasFallen(negativeEntries, since: widened.negative, schema: schema, floor: floor)
    }

    /// Whether any bucket above `floor` holds less than it did.
    private static func hasFallen(_ entries: [Entry], since old: [Entry], schema: Int32, floor: Double) -> Bool {
        var position = 0
        for before in old where before.count != 0 {
            if floor > 0, bound(before.index, schema: schema, customValues: []) <= floor { continue }
            while position < entries.count, entries[position].index < before.index { position += 1 }
            guard position < entries.count, entries[position].index == before.index else { return true }
            if entries[position].count < before.count { return true }
        }
        return false
    }

    /// Compares the counts between the bounds both have.
    private func isResetWithOtherBounds(after previous: NativeHistogram) -> Bool {
        let common = Self.commonBounds(customValues, previous.customValues)
        let now = Self.rolledUp(positiveEntries, bounds: customValues, to: common)
        let before = Self.rolledUp(previous.positiveEntries, bounds: previous.customValues, to: common)
        return zip(now, before).contains { $0.count < $1.count }
    }

    /// Ascending bounds that are in both lists.
    static func commonBounds(_ left: [Double], _ right: [Double]) -> [Double] {
        var common: [Double] = []
        var i = 0
        var j = 0
        while i < left.count, j < right.count {
            if left[i] == right[j] {
                common.append(left[i])
                i += 1
                j += 1
            } else if left[i] < right[j] {
                i += 1
            } else {
                j += 1
            }
        }
        return common
    }

    /// One entry for each target bucket, the one up to +Inf last.
    static func rolledUp(_ entries: [Entry], bounds: [Double], to target: [Double]) -> [Entry] {
        var sums = [KahanSum](repeating: KahanSum(), count: target.count + 1)
        var place = 0
        for entry in entries {
            var index = target.count
            if entry.index >= 0, Int(entry.index) < bounds.count {
                let upper = bounds[Int(entry.index)]
                while place < target.count, target[place] < upper { place += 1 }
                index = place
            }
            sums[index].add(entry.count)
            if entry.compensation != 0 { sums[index].add(entry.compensation) }
        }
        return sums.enumerated().map {
            Entry(index: Int32($0.offset), count: $0.element.sum, compensation: $0.element.compensation)
        }
    }
}
