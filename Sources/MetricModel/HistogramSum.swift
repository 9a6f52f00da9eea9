// A running sum of native histograms with compensated counts.
// sum(), avg(), sum_over_time() and avg_over_time() keep one a group; plain addition uses it without compensation.

/// Source: FloatHistogram.Add, Sub and KahanAdd. Schemas, zero thresholds and custom bounds of what is added are brought to
/// a common form first.
package struct HistogramSum: Sendable {
    package var schema: Int32
    package var counterResetHint: NativeHistogram.CounterResetHint
    package var zeroThreshold: Double
    package var customValues: [Double]
    package var zero: KahanSum
    package var count: KahanSum
    package var sum: KahanSum
    package var positive: [NativeHistogram.Entry]
    package var negative: [NativeHistogram.Entry]

    package init(_ histogram: NativeHistogram) {
        schema = histogram.schema
        counterResetHint = histogram.counterResetHint
        zeroThreshold = histogram.zeroThreshold
        customValues = histogram.customValues
        zero = KahanSum(histogram.zeroCount)
        count = KahanSum(histogram.count)
        sum = KahanSum(histogram.sum)
        positive = histogram.positiveEntries
        negative = histogram.negativeEntries
    }

    var usesCustomBuckets: Bool { schema == NativeHistogram.customBucketsSchema }

    /// Compensation included; empty buckets left out.
    package var histogram: NativeHistogram {
        var result = NativeHistogram()
        result.schema = schema
        result.counterResetHint = counterResetHint
        result.zeroThreshold = zeroThreshold
        result.customValues = customValues
        result.zeroCount = zero.value
        result.count = count.value
        result.sum = sum.value
        func settled(_ entries: [NativeHistogram.Entry]) -> [NativeHistogram.Entry] {
            entries.map { NativeHistogram.Entry(index: $0.index, count: $0.count + $0.compensation) }
        }
        (result.positiveSpans, result.positiveBuckets) = NativeHistogram.spans(of: settled(positive))
        (result.negativeSpans, result.negativeBuckets) = NativeHistogram.spans(of: settled(negative))
        return result
    }

    package var hasOverflow: Bool {
        zero.sum.isInfinite || count.sum.isInfinite || sum.sum.isInfinite
            || positive.contains { $0.count.isInfinite } || negative.contains { $0.count.isInfinite }
    }

    /// Multiplies what was summed and what is owed.
    package mutating func scale(by factor: Double) {
        apply { $0 * factor }
        if factor < 0 { counterResetHint = .gauge }
    }

    package mutating func divide(by divisor: Double) {
        apply { $0 / divisor }
    }

    private mutating func apply(_ change: (Double) -> Double) {
        zero = KahanSum(change(zero.sum), compensation: change(zero.compensation))
        count = KahanSum(change(count.sum), compensation: change(count.compensation))
        sum = KahanSum(change(sum.sum), compensation: change(sum.compensation))
        for index in positive.indices {
            positive[index].count = change(positive[index].count)
            positive[index].compensation = change(positive[index].compensation)
        }
        for index in negative.indices {
            negative[index].count = change(negative[index].count)
            negative[index].compensation = change(negative[index].compensation)
        }
    }

    /// Nil, and nothing changed, when the kinds of buckets differ.
    package mutating func combine(
        _ other: NativeHistogram, subtracting: Bool = false, compensated: Bool = true
    ) -> NativeHistogram.Combination? {
        guard usesCustomBuckets == other.usesCustomBuckets else { return nil }
        var outcome = NativeHistogram.Combination()
        outcome.counterResetCollision = adjustHint(other.counterResetHint)
        let sign: Double = subtracting ? -1 : 1
        func join(_ total: inout KahanSum, _ value: Double) {
            if compensated { total.add(sign * value) } else { total.sum += sign * value }
        }
        var addend = HistogramSum(other)
        if !usesCustomBuckets {
            reconcileZero(with: &addend)
            join(&zero, addend.zero.value)
        }
        join(&count, other.count)
        join(&sum, other.sum)

        if usesCustomBuckets {
            if customValues != other.customValues {
                outcome.reconciledBounds = true
                let common = NativeHistogram.commonBounds(customValues, other.customValues)
                positive = NativeHistogram.rolledUp(positive, bounds: customValues, to: common)
                addend.positive = NativeHistogram.rolledUp(addend.positive, bounds: other.customValues, to: common)
                customValues = common
            }
        } else if other.schema < schema {
            reduceResolution(to: other.schema)
        } else {
            addend.reduceResolution(to: schema)
        }
        let floor = usesCustomBuckets ? 0 : zeroThreshold
        positive = Self.merged(positive, addend.positive, sign, compensated, schema: schema, floor: floor)
        negative = Self.merged(negative, addend.negative, sign, compensated, schema: schema, floor: floor)
        return outcome
    }

    package mutating func reduceResolution(to target: Int32) {
        guard target < schema else { return }
        positive = NativeHistogram.reduced(positive, from: schema, to: target)
        negative = NativeHistogram.reduced(negative, from: schema, to: target)
        schema = target
    }

    /// Entries of `added` that lie within the zero bucket are counted there already.
    private static func merged(
        _ base: [NativeHistogram.Entry], _ added: [NativeHistogram.Entry], _ sign: Double, _ compensated: Bool,
        schema: Int32, floor: Double
    ) -> [NativeHistogram.Entry] {
        if added.isEmpty { return base }
        var result: [NativeHistogram.Entry] = []
        result.reserveCapacity(base.count + added.count)
        var position = 0
        for var entry in added {
            if floor > 0, NativeHistogram.bound(entry.index, schema: schema, customValues: []) <= floor { continue }
            while position < base.count, base[position].index < entry.index {
                result.append(base[position])
                position += 1
            }
            let value = sign * (entry.count + entry.compensation)
            if position < base.count, base[position].index == entry.index {
                let old = base[position]
                position += 1
                if compensated {
                    var total = KahanSum(old.count, compensation: old.compensation)
                    total.add(value)
                    entry.count = total.sum
                    entry.compensation = total.compensation
                } else {
                    entry.count = old.count + value
                    entry.compensation = old.compensation
                }
            } else {
                entry.count = value
                entry.compensation = 0
            }
            result.append(entry)
        }
        result += base[position...]
        return result
    }

    /// True when one side says "reset" and the other "not reset". Source: FloatHistogram.adjustCounterReset.
    private mutating func adjustHint(_ other: NativeHistogram.CounterResetHint) -> Bool {
        if other == counterResetHint || counterResetHint == .gauge { return false }
        if other == .gauge {
            counterResetHint = .gauge
            return false
        }
        if counterResetHint == .unknown { return false }
        counterResetHint = .unknown
        return other != .unknown
    }

    private mutating func reconcileZero(with other: inout HistogramSum) {
        while other.zeroThreshold != zeroThreshold {
            // Not a number never compares equal: leave such thresholds alone.
            guard !other.zeroThreshold.isNaN, !zeroThreshold.isNaN else { return }
            if zeroThreshold > other.zeroThreshold {
                other.widenZeroBucket(to: zeroThreshold)
            } else {
                widenZeroBucket(to: other.zeroThreshold)
            }
        }
    }

    /// Moves the buckets within `threshold` into the zero bucket; a populated bucket that straddles it widens it further.
    /// Returns the threshold reached. Source: FloatHistogram.zeroCountForLargerThreshold.
    @discardableResult
    package mutating func widenZeroBucket(to threshold: Double) -> Double {
        guard threshold > zeroThreshold else { return zeroThreshold }
        var wanted = threshold
        var changed = true
        while changed {
            changed = false
            for entry in positive + negative where entry.count != 0 {
                let lower = NativeHistogram.bound(entry.index &- 1, schema: schema, customValues: [])
                let upper = NativeHistogram.bound(entry.index, schema: schema, customValues: [])
                if lower < wanted, upper > wanted {
                    wanted = upper
                    changed = true
                }
            }
        }
        func absorb(_ entries: inout [NativeHistogram.Entry]) {
            var kept: [NativeHistogram.Entry] = []
            for entry in entries {
                if NativeHistogram.bound(entry.index &- 1, schema: schema, customValues: []) < wanted {
                    zero.add(entry.count)
                    if entry.compensation != 0 { zero.add(entry.compensation) }
                } else {
                    kept.append(entry)
                }
            }
            entries = kept
        }
        absorb(&positive)
        absorb(&negative)
        zeroThreshold = wanted
        return wanted
    }
}
