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
        var total = KahanSum()
        for index in low..<high { total.add(values[index]) }
        return total.sum.isInfinite ? total.sum : total.value
    }

    /// The mean of the sum; once the sum overflows, a running mean.
    @inline(__always)
    static func average(_ values: Values, _ low: Int, _ high: Int) -> Double {
        // Once infinite, a sum never is a number again: a finite one means that the running mean was not needed.
        var total = KahanSum(values[low])
        for index in (low + 1)..<max(high, low + 1) { total.add(values[index]) }
        let count = Double(high - low)
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
        var n = 0.0
        var sumX = KahanSum()
        var sumY = KahanSum()
        var sumXY = KahanSum()
        var sumXX = KahanSum()
        let first = values[low]
        var isConstant = true
        for index in low..<high {
            let y = values[index]
            if index > low, y != first { isConstant = false }
            n += 1
            let x = Double(times[index].milliseconds &- origin) / 1e3
            sumX.add(x)
            sumY.add(y)
            sumXY.add(x * y)
            sumXX.add(x * x)
        }
        if isConstant { return first.isInfinite ? (.nan, .nan) : (0, first) }
        let x = sumX.value
        let y = sumY.value
        let covariance = sumXY.value - x * y / n
        let variance = sumXX.value - x * x / n
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
