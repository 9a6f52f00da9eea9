// Range functions over windows that hold histograms, carry start timestamps, or reach beyond their ends (anchored, smoothed).
// One window at a time; RangeFunctions keeps the fast loops for plain floats.

import MetricModel
import PromQLSyntax
import Querying

/// A window of one series, ready for a function.
struct MixedWindow {
    var samples: RangeSamples
    var floats: Range<Int>
    var histograms: Range<Int>
    /// Of the window as written, without what anchored and smoothed read around it.
    var start: Int64
    var end: Int64
    var step: Int

    var isMixed: Bool { !floats.isEmpty && !histograms.isEmpty }
    var metric: String { samples.metric }

    func floatTime(_ index: Int) -> Int64 { samples.floatTimes[index].milliseconds }
    func histogramTime(_ index: Int) -> Int64 { samples.histogramTimes[index].milliseconds }
    func floatStart(_ index: Int) -> Int64 { index < samples.floatStarts.count ? samples.floatStarts[index] : 0 }
    func histogramStart(_ index: Int) -> Int64 {
        index < samples.histogramStarts.count ? samples.histogramStarts[index] : 0
    }
}

extension Evaluator {
    func window(_ samples: RangeSamples, _ call: RangeCall, _ step: Int) -> MixedWindow {
        let end = call.source.windowEnd(call.grid.time(step))
        let start = end &- call.source.window
        var from = start
        var through = end
        if call.isExtended { from &-= lookback }
        if call.source.isSmoothed { through &+= lookback }
        let found = samples.window(after: from, through: through)
        return MixedWindow(
            samples: samples, floats: found.floats, histograms: found.histograms, start: start, end: end, step: step)
    }

    func mixedColumn(_ samples: RangeSamples, _ call: RangeCall) -> StepColumn {
        var column = StepColumn(count: call.grid.count)
        var scratch: [Double] = []
        for step in 0..<call.grid.count {
            let window = window(samples, call, step)
            // A histogram is worth about a hundred floats.
            if isInterrupted(after: 20 &+ window.floats.count &+ 200 &* window.histograms.count) { break }
            if window.floats.isEmpty, window.histograms.isEmpty { continue }
            if let value = value(window, call, &scratch) { column.set(step, value) }
        }
        return column
    }

    private func value(_ window: MixedWindow, _ call: RangeCall, _ scratch: inout [Double]) -> SampleValue? {
        let samples = window.samples
        switch call.function {
        case .rate: return extrapolated(window, call, isCounter: true, isRate: true)
        case .increase: return extrapolated(window, call, isCounter: true, isRate: false)
        case .delta: return extrapolated(window, call, isCounter: false, isRate: false)
        case .irate: return instantRate(window, call, isRate: true)
        case .idelta: return instantRate(window, call, isRate: false)
        case .sumOverTime, .avgOverTime: return total(window, call)
        case .countOverTime: return .float(Double(window.floats.count + window.histograms.count))
        case .presentOverTime, .absentOverTime: return .float(1)
        case .lastOverTime:
            guard let float = window.floats.last else {
                return window.histograms.last.map { .histogram(samples.histograms[$0]) }
            }
            if let histogram = window.histograms.last, window.histogramTime(histogram) >= window.floatTime(float) {
                return .histogram(samples.histograms[histogram])
            }
            return .float(samples.floats[float])
        case .firstOverTime:
            guard let float = window.floats.first else {
                return window.histograms.first.map { .histogram(samples.histograms[$0]) }
            }
            if let histogram = window.histograms.first, window.histogramTime(histogram) <= window.floatTime(float) {
                return .histogram(samples.histograms[histogram])
            }
            return .float(samples.floats[float])
        case .tsOfFirstOverTime:
            let float = window.floats.first.map(window.floatTime) ?? .max
            let histogram = window.histograms.first.map(window.histogramTime) ?? .max
            return .float(Double(min(float, histogram)) / 1000)
        case .tsOfLastOverTime:
            let float = window.floats.last.map(window.floatTime) ?? 0
            let histogram = window.histograms.last.map(window.histogramTime) ?? 0
            return .float(Double(max(float, histogram)) / 1000)
        case .changes: return changes(window, call)
        case .resets: return resets(window, call)
        case .minOverTime, .maxOverTime, .tsOfMaxOverTime, .tsOfMinOverTime, .stddevOverTime, .stdvarOverTime,
            .quantileOverTime, .madOverTime, .deriv, .predictLinear, .doubleExponentialSmoothing:
            return floatsOnly(window, call, &scratch)
        default:
            return nil
        }
    }

    /// Functions that look at the floats of a window and say so when there are histograms beside them.
    private func floatsOnly(_ window: MixedWindow, _ call: RangeCall, _ scratch: inout [Double]) -> SampleValue? {
        let samples = window.samples
        if window.floats.isEmpty { return nil }
        if call.function == .quantileOverTime {
            let phi = call.parameters[0][window.step]
            if phi.isNaN || phi < 0 || phi > 1 { annotations.invalidQuantile(phi, call.place) }
        }
        if !window.histograms.isEmpty { annotations.histogramIgnoredInRange(metric: window.metric, call.place) }
        let low = window.floats.lowerBound
        let high = window.floats.upperBound
        return samples.floatTimes.withUnsafeBufferPointer { times in
            samples.floats.withUnsafeBufferPointer { values -> SampleValue? in
                switch call.function {
                case .minOverTime: return .float(FloatKernels.minimum(values, low, high))
                case .maxOverTime: return .float(FloatKernels.maximum(values, low, high))
                case .tsOfMaxOverTime: return .float(times[FloatKernels.positionOfMaximum(values, low, high)].seconds)
                case .tsOfMinOverTime: return .float(times[FloatKernels.positionOfMinimum(values, low, high)].seconds)
                case .stdvarOverTime: return .float(FloatKernels.variance(values, low, high))
                case .stddevOverTime: return .float(FloatKernels.variance(values, low, high).squareRoot())
                case .madOverTime: return .float(FloatKernels.medianDeviation(values, low, high, &scratch))
                case .quantileOverTime:
                    return .float(
                        FloatKernels.quantile(call.parameters[0][window.step], values, low, high, &scratch))
                case .deriv where high - low >= 2:
                    let origin = times[low].milliseconds
                    return .float(FloatKernels.regression(times, values, low, high, origin: origin).slope)
                case .predictLinear where high - low >= 2:
                    let origin = call.grid.time(window.step)
                    let line = FloatKernels.regression(times, values, low, high, origin: origin)
                    return .float(line.slope * call.parameters[0][window.step] + line.intercept)
                case .doubleExponentialSmoothing where high - low >= 2:
                    return .float(
                        FloatKernels.smoothed(
                            values, low, high, smoothing: call.parameters[0][window.step],
                            trend: call.parameters[1][window.step]))
                default: return nil
                }
            }
        }
    }

    // MARK: Sums

    private func total(_ window: MixedWindow, _ call: RangeCall) -> SampleValue? {
        let isSum = call.function == .sumOverTime
        if window.isMixed {
            annotations.mixedFloatsHistograms(metric: window.metric, call.place)
            return nil
        }
        if window.histograms.isEmpty {
            return window.samples.floats.withUnsafeBufferPointer { values in
                let low = window.floats.lowerBound
                let high = window.floats.upperBound
                return .float(
                    isSum ? FloatKernels.sum(values, low, high) : FloatKernels.average(values, low, high))
            }
        }
        var group = HistogramGroup(window.samples.histograms[window.histograms.lowerBound], isMean: !isSum)
        for index in window.histograms.dropFirst() { group.add(window.samples.histograms[index]) }
        if group.isIncompatible {
            annotations.mixedExponentialCustom(metric: window.metric, call.place)
            return nil
        }
        if group.hasCollision { annotations.counterResetCollision(.aggregation, call.place) }
        if group.hasReconciled { annotations.mismatchedCustomBuckets(.aggregation, call.place) }
        return .histogram(group.result)
    }

    // MARK: Changes and resets

    private struct Step {
        var time: Int64
        var float: Double
        var histogram: NativeHistogram?
        var start: Int64
    }

    /// Where an anchored window begins: with the last sample at or before its start. Nil when nothing lies within.
    private func first(_ window: MixedWindow, _ call: RangeCall) -> (float: Int, histogram: Int)? {
        let floats = window.floats
        let histograms = window.histograms
        guard call.source.isAnchored else { return (floats.lowerBound, histograms.lowerBound) }
        let float = floats.first { window.floatTime($0) > window.start } ?? floats.upperBound
        let histogram = histograms.first { window.histogramTime($0) > window.start } ?? histograms.upperBound
        if float >= floats.upperBound, histogram >= histograms.upperBound { return nil }
        let hasFloat = float > floats.lowerBound
        let hasHistogram = histogram > histograms.lowerBound
        if !hasFloat, !hasHistogram { return (floats.lowerBound, histograms.lowerBound) }
        if !hasHistogram || (hasFloat && window.floatTime(float - 1) >= window.histogramTime(histogram - 1)) {
            return (float - 1, histogram)
        }
        return (float, histogram - 1)
    }

    /// Counts neighbours, floats and histograms in order of time.
    private func countNeighbours(
        _ window: MixedWindow, _ call: RangeCall, _ isCounted: (Step, Step) -> Bool
    ) -> SampleValue? {
        guard var (float, histogram) = first(window, call) else { return nil }
        var previous: Step?
        var count = 0
        while float < window.floats.upperBound || histogram < window.histograms.upperBound {
            let current: Step
            let takesFloat =
                histogram >= window.histograms.upperBound
                || (float < window.floats.upperBound && window.floatTime(float) < window.histogramTime(histogram))
            if takesFloat {
                current = Step(
                    time: window.floatTime(float), float: window.samples.floats[float], histogram: nil,
                    start: window.floatStart(float))
                float += 1
            } else {
                current = Step(
                    time: window.histogramTime(histogram), float: 0, histogram: window.samples.histograms[histogram],
                    start: window.histogramStart(histogram))
                histogram += 1
            }
            if let previous, isCounted(previous, current) { count += 1 }
            previous = current
        }
        return .float(Double(count))
    }

    private func changes(_ window: MixedWindow, _ call: RangeCall) -> SampleValue? {
        countNeighbours(window, call) { before, now in
            switch (before.histogram, now.histogram) {
            case (nil, nil): before.float != now.float && !(before.float.isNaN && now.float.isNaN)
            case (let one?, let other?): !other.isEqual(to: one)
            default: true
            }
        }
    }

    private func resets(_ window: MixedWindow, _ call: RangeCall) -> SampleValue? {
        let usesStarts = options.usesStartTimestamps
        return countNeighbours(window, call) { before, now in
            let startedAnew =
                usesStarts
                && StartTimestamps.isReset(before.start, before.time, now.start, now.time)
            switch (before.histogram, now.histogram) {
            case (nil, nil): return now.float < before.float || startedAnew
            case (let one?, let other?): return startedAnew || other.isReset(after: one)
            default: return true
            }
        }
    }
}

/// What start timestamps say about two neighbours. Source: Prometheus isStartTimestampReset, checkStartTimeOverlap.
enum StartTimestamps {
    /// Whether counting began anew between the samples. 0 is unknown.
    static func isReset(_ previousStart: Int64, _ previousTime: Int64, _ start: Int64, _ time: Int64) -> Bool {
        if start == 0 || start >= time || start < previousTime { return false }
        if start > previousTime { return true }
        // It began at the previous sample's very time: a reset, unless that one's start says nothing or the same.
        if previousStart > previousTime { return false }
        return previousStart != 0 && previousStart != previousTime
    }

    static func overlaps(_ previousStart: Int64, _ previousTime: Int64, _ start: Int64) -> Bool {
        start != 0 && start < previousTime && start != previousStart
    }
}

/// Sum or mean of histograms, with what was noticed on the way. Used by range functions and by aggregations.
struct HistogramGroup {
    private let isMean: Bool
    private var sum: HistogramSum
    private var count = 1.0
    private var isRunning = false
    private var sawReset = false
    private var sawNotReset = false
    private(set) var isIncompatible = false
    private(set) var hasReconciled = false

    var hasCollision: Bool { sawReset && sawNotReset }

    init(_ first: NativeHistogram, isMean: Bool) {
        self.isMean = isMean
        sum = HistogramSum(first)
        track(first)
    }

    private mutating func track(_ histogram: NativeHistogram) {
        sawReset = sawReset || histogram.counterResetHint == .reset
        sawNotReset = sawNotReset || histogram.counterResetHint == .notReset
    }

    mutating func add(_ histogram: NativeHistogram) {
        if isIncompatible { return }
        track(histogram)
        count += 1
        if !isRunning {
            var next = sum
            guard let outcome = next.combine(histogram) else {
                isIncompatible = true
                return
            }
            if !isMean || !next.hasOverflow {
                hasReconciled = hasReconciled || outcome.reconciledBounds
                sum = next
                return
            }
            isRunning = true
            sum.divide(by: count - 1)
        }
        sum.scale(by: (count - 1) / count)
        var share = histogram
        share.divide(by: count)
        guard let outcome = sum.combine(share) else {
            isIncompatible = true
            return
        }
        hasReconciled = hasReconciled || outcome.reconciledBounds
    }

    var result: NativeHistogram {
        guard isMean, !isRunning else { return sum.histogram }
        var mean = sum
        mean.divide(by: count)
        return mean.histogram
    }
}
