// What range functions compute over the floats of one window: loops over pointers and two positions.
// Called for each step by RangeFunctions, and by the path for mixed windows.

import MetricModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Windows are `low..<high`, never empty. Source of all formulas: Prometheus promql/functions.go.
enum FloatKernels {
    typealias Times = UnsafeBufferPointer<Timestamp>
    typealias Values = UnsafeBufferPointer<Double>

    @inline(__always)
    static func sum(_ values: Values, _ low: Int, _ high: Int) -> Double {
        let (sum, owed) = compensated(values, low, high, from: 0)
        let value = sum + owed
        if value.isFinite { return value }
        var total = KahanSum()
        for index in low..<high { total.add(values[index]) }
        return total.sum.isInfinite ? total.sum : total.value
    }

    /// A compensated sum without comparisons: the same bits as KahanSum's as long as nothing overflows.
    @inline(__always)
    private static func compensated(
        _ values: Values, _ low: Int, _ high: Int, from first: Double
    ) -> (sum: Double, owed: Double) {
        var sum = first
        var owed = 0.0
        for index in low..<high {
            let value = values[index]
            let total = sum + value
            let part = total - sum
            owed += (sum - (total - part)) + (value - part)
            sum = total
        }
        return (sum, owed)
    }

    /// The mean of the sum; once the sum overflows, a running mean.
    @inline(__always)
    static func average(_ values: Values, _ low: Int, _ high: Int) -> Double {
        let count = Double(high - low)
        // Once infinite, a sum never is a number again: a finite one means that the running mean was not needed.
        let (sum, owed) = compensated(values, low + 1, max(high, low + 1), from: values[low])
        if (sum + owed).isFinite { return sum / count + owed / count }
        var total = KahanSum(values[low])
        for index in (low + 1)..<max(high, low + 1) { total.add(values[index]) }
        if total.sum.isFinite { return total.sum / count + total.compensation / count }
        var mean = KahanMean(values[low])
        for index in (low + 1)..<max(high, low + 1) { mean.add(values[index]) }
        return mean.value
    }

    @inline(__always)
    static func maximum(_ values: Values, _ low: Int, _ high: Int) -> Double {
        var best = values[low]
        for index in low..<high where values[index] > best || best.isNaN { best = values[index] }
        return best
    }

    @inline(__always)
    static func minimum(_ values: Values, _ low: Int, _ high: Int) -> Double {
        var best = values[low]
        for index in low..<high where values[index] < best || best.isNaN { best = values[index] }
        return best
    }

    /// Of equal extremes the last one counts.
    static func positionOfMaximum(_ values: Values, _ low: Int, _ high: Int) -> Int {
        var best = low
        for index in low..<high where values[index] >= values[best] || values[best].isNaN { best = index }
        return best
    }

    static func positionOfMinimum(_ values: Values, _ low: Int, _ high: Int) -> Int {
        var best = low
        for index in low..<high where values[index] <= values[best] || values[best].isNaN { best = index }
        return best
    }

    @inline(__always)
    static func variance(_ values: Values, _ low: Int, _ high: Int) -> Double {
        var count = 0.0
        var mean = KahanSum()
        var squares = KahanSum()
        for index in low..<high {
            count += 1
            let delta = values[index] - mean.value
            mean.add(delta / count)
            squares.add(delta * (values[index] - mean.value))
        }
        return squares.value / count
    }

    static func quantile(_ phi: Double, _ values: Values, _ low: Int, _ high: Int, _ scratch: inout [Double]) -> Double
    {
        if phi.isNaN { return .nan }
        if phi < 0 { return -.infinity }
        if phi > 1 { return .infinity }
        scratch.removeAll(keepingCapacity: true)
        scratch.append(contentsOf: values[low..<high])
        return Quantile.ofUnsorted(phi, &scratch)
    }

    static func medianDeviation(_ values: Values, _ low: Int, _ high: Int, _ scratch: inout [Double]) -> Double {
        for index in low..<high where values[index].isNaN { return .nan }
        let median = quantile(0.5, values, low, high, &scratch)
        for index in scratch.indices { scratch[index] = (scratch[index] - median).magnitude }
        return Quantile.ofUnsorted(0.5, &scratch)
    }

    /// Least squares over at least two samples; the intercept is at `origin`.
    static func regression(
        _ times: Times, _ values: Values, _ low: Int, _ high: Int, origin: Int64
    ) -> (slope: Double, intercept: Double) {
        let first = values[low]
        var isConstant = true
        // x, y, xy and xx side by side.
        var sums = SIMD4<Double>.zero
        var owed = SIMD4<Double>.zero
        for index in low..<high {
            let y = values[index]
            if y != first, index > low { isConstant = false }
            let x = Double(times[index].milliseconds &- origin) / 1e3
            let added = SIMD4(x, y, x * y, x * x)
            // The rounding error of an addition is a number; this way of finding it needs no comparison.
            let total = sums + added
            let part = total - sums
            owed += (sums - (total - part)) + (added - part)
            sums = total
        }
        if isConstant { return first.isInfinite ? (.nan, .nan) : (0, first) }
        let result = sums + owed
        // An overflow ends the compensation of its sum, which only the plain addition does.
        guard result.x.isFinite, result.y.isFinite, result.z.isFinite, result.w.isFinite else {
            return plainRegression(times, values, low, high, origin: origin)
        }
        return line(high - low, x: result.x, y: result.y, xy: result.z, xx: result.w)
    }

    private static func plainRegression(
        _ times: Times, _ values: Values, _ low: Int, _ high: Int, origin: Int64
    ) -> (slope: Double, intercept: Double) {
        var sumX = KahanSum()
        var sumY = KahanSum()
        var sumXY = KahanSum()
        var sumXX = KahanSum()
        for index in low..<high {
            let x = Double(times[index].milliseconds &- origin) / 1e3
            let y = values[index]
            sumX.add(x)
            sumY.add(y)
            sumXY.add(x * y)
            sumXX.add(x * x)
        }
        return line(high - low, x: sumX.value, y: sumY.value, xy: sumXY.value, xx: sumXX.value)
    }

    @inline(__always)
    static func line(
        _ count: Int, x: Double, y: Double, xy: Double, xx: Double
    ) -> (slope: Double, intercept: Double) {
        let n = Double(count)
        let covariance = xy - x * y / n
        let variance = xx - x * x / n
        let slope = covariance / variance
        return (slope, y / n - slope * x / n)
    }

    /// Holt's double exponential smoothing over at least two samples.
    static func smoothed(_ values: Values, _ low: Int, _ high: Int, smoothing: Double, trend: Double) -> Double {
        var before = 0.0
        var level = values[low]
        var slope = values[low + 1] - values[low]
        for index in (low + 1)..<high {
            let x = smoothing * values[index]
            if index > low + 1 { slope = trend * (level - before) + (1 - trend) * slope }
            let y = (1 - smoothing) * (level + slope)
            (before, level) = (level, x + y)
        }
        return level
    }

    /// The factor that stretches what was seen between the samples to the whole window.
    ///
    /// - `increase`: last minus first, resets added. - `count`: samples, at least two.
    /// Source: Prometheus extrapolatedRate with the half-interval limit before the one at zero.
    @inline(__always)
    static func extrapolated(
        _ increase: Double, firstValue: Double, firstTime: Int64, lastTime: Int64, count: Int, start: Int64, end: Int64,
        isCounter: Bool, perSecond: Double?
    ) -> Double {
        let sampled = Double(lastTime &- firstTime) / 1000
        let between = sampled / Double(count &- 1)
        let threshold = between * 1.1
        var toStart = Double(firstTime &- start) / 1000
        if toStart >= threshold { toStart = between / 2 }
        if isCounter, increase > 0, firstValue >= 0 {
            let toZero = sampled * (firstValue / increase)
            if toZero < toStart { toStart = toZero }
        }
        var toEnd = Double(end &- lastTime) / 1000
        if toEnd >= threshold { toEnd = between / 2 }
        var factor = 1.0
        if sampled != 0 { factor = (sampled + toStart + toEnd) / sampled }
        if let perSecond { factor /= perSecond }
        return increase * factor
    }
}

/// Mean by compensated sum, falling back to a running mean when the sum overflows.
struct KahanMean {
    private var total: KahanSum
    private(set) var count = 1.0
    private var isRunning = false

    @inline(__always)
    init(_ first: Double) { total = KahanSum(first) }

    @inline(__always)
    mutating func add(_ value: Double) {
        count += 1
        if !isRunning {
            var next = total
            next.add(value)
            if !next.sum.isInfinite {
                total = next
                return
            }
            isRunning = true
            total = KahanSum(total.sum / (count - 1), compensation: total.compensation / (count - 1))
        }
        let share = (count - 1) / count
        total = KahanSum(share * total.sum, compensation: share * total.compensation)
        total.add(value / count)
    }

    @inline(__always)
    var value: Double { isRunning ? total.value : total.sum / count + total.compensation / count }
}

enum Quantile {
    /// Between two values, a weighted mean of them. NaN sorts first. `values` is not empty and is left in another order.
    static func ofUnsorted(_ phi: Double, _ values: inout [Double]) -> Double {
        values.sort { $0 < $1 || ($0.isNaN && !$1.isNaN) }
        return ofSorted(phi, values)
    }

    /// `values` is not empty and in order, NaN first.
    @inline(__always)
    static func ofSorted(_ phi: Double, _ values: [Double]) -> Double {
        if phi.isNaN { return .nan }
        if phi < 0 { return -.infinity }
        if phi > 1 { return .infinity }
        let rank = phi * Double(values.count - 1)
        let floor = rank.rounded(.down)
        let lower = min(max(0, Int(floor)), values.count - 1)
        let upper = min(values.count - 1, lower + 1)
        let weight = rank - floor
        return values[lower] * (1 - weight) + values[upper] * weight
    }

    static func of(_ phi: Double, _ values: inout [Double]) -> Double {
        if values.isEmpty || phi.isNaN { return .nan }
        if phi < 0 { return -.infinity }
        if phi > 1 { return .infinity }
        return ofUnsorted(phi, &values)
    }
}
