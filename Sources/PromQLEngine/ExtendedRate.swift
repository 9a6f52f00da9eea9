// rate, increase and delta of `anchored` and `smoothed` selectors: from border to border, nothing extrapolated.
// Called by RateFunctions. Source: Prometheus extendedRate, extendedHistogramRate.

import MetricModel
import PromQLSyntax
import Querying

extension Evaluator {
    /// First and last sample that count: the one before the window's start (or the first), and the last one within (anchored)
    /// or the first one at or after its end (smoothed). Nil when the window has nothing to say.
    private func bounds(_ times: [Timestamp], _ range: Range<Int>, _ window: MixedWindow, isSmoothed: Bool) -> (
        Int, Int
    )? {
        var last = range.upperBound - 1
        let after = (range.lowerBound..<last).first { times[$0].milliseconds > window.start } ?? last
        let first = max(range.lowerBound, after - 1)
        if isSmoothed {
            last = (range.lowerBound..<last).first { times[$0].milliseconds >= window.end } ?? last
        }
        if times[last].milliseconds <= window.start { return nil }
        if isSmoothed, times[first].milliseconds > window.end { return nil }
        return (first, last)
    }

    func extendedFloat(_ window: MixedWindow, _ call: RangeCall, isCounter: Bool, isRate: Bool) -> SampleValue? {
        let samples = window.samples
        let times = samples.floatTimes
        let isSmoothed = call.source.isSmoothed
        guard var (first, last) = bounds(times, window.floats, window, isSmoothed: isSmoothed) else { return nil }
        func between(_ index: Int, _ time: Int64) -> Double {
            Interpolation.float(
                samples.floats[index], times[index], samples.floats[index + 1], times[index + 1], at: time,
                isCounter: isCounter)
        }
        var left = samples.floats[first]
        if isSmoothed, times[first].milliseconds < window.start, first + 1 < window.floats.upperBound {
            left = between(first, window.start)
        }
        var right = samples.floats[last]
        if isSmoothed, last > window.floats.lowerBound, times[last].milliseconds > window.end {
            right = between(last - 1, window.end)
        }
        var result = right - left
        if isCounter {
            if times[first].milliseconds <= window.start { first += 1 }
            if times[last].milliseconds >= window.end { last -= 1 }
            var correction = 0.0
            var previous = left
            for index in first..<max(first, last + 1) {
                if samples.floats[index] < previous { correction += previous }
                previous = samples.floats[index]
            }
            if right < previous { correction += previous }
            result += correction
        }
        if isRate { result /= call.seconds }
        return .float(result)
    }

    func extendedHistogram(_ window: MixedWindow, _ call: RangeCall, isCounter: Bool, isRate: Bool) -> SampleValue? {
        let points = window.samples.histograms
        let times = window.samples.histogramTimes
        let isSmoothed = call.source.isSmoothed
        guard let (first, last) = bounds(times, window.histograms, window, isSmoothed: isSmoothed) else { return nil }
        for index in first...max(first, last) {
            if points[index].usesCustomBuckets != points[first].usesCustomBuckets {
                annotations.mixedExponentialCustom(metric: window.metric, call.place)
                return nil
            }
            if isCounter, points[index].counterResetHint == .gauge {
                annotations.notCounter(metric: window.metric, call.place)
            }
        }
        func between(_ index: Int, _ time: Int64) -> NativeHistogram? {
            interpolated(
                points[index], times[index], points[index + 1], times[index + 1], at: time, isCounter: isCounter,
                metric: window.metric, call.place)
        }
        var left = points[first]
        if isSmoothed, times[first].milliseconds < window.start, first + 1 < window.histograms.upperBound {
            guard let value = between(first, window.start) else { return nil }
            left = value
        }
        var right = points[last]
        if isSmoothed, last > window.histograms.lowerBound, times[last].milliseconds > window.end {
            guard let value = between(last - 1, window.end) else { return nil }
            right = value
        }
        if !isCounter, left.counterResetHint != .gauge || right.counterResetHint != .gauge {
            annotations.notGauge(metric: window.metric, call.place)
        }
        var result = right
        guard combine(&result, left, subtracting: true, window, call) else { return nil }
        if isCounter {
            guard let corrections = resetCorrections(window, first, last, left, right, isSmoothed: isSmoothed, call)
            else { return nil }
            if let corrections, !combine(&result, corrections, subtracting: false, window, call) { return nil }
        }
        if isRate { result.divide(by: call.seconds) }
        result.counterResetHint = .gauge
        result.compact()
        return .histogram(result)
    }

    private func combine(
        _ base: inout NativeHistogram, _ other: NativeHistogram, subtracting: Bool, _ window: MixedWindow,
        _ call: RangeCall
    ) -> Bool {
        guard let outcome = subtracting ? base.subtract(other) : base.add(other) else {
            annotations.mixedExponentialCustom(metric: window.metric, call.place)
            return false
        }
        if outcome.reconciledBounds {
            annotations.mismatchedCustomBuckets(subtracting ? .subtraction : .addition, call.place)
        }
        return true
    }

    /// What was lost in resets between the borders: `.some(nil)` for nothing, nil when histograms would not add up.
    private func resetCorrections(
        _ window: MixedWindow, _ firstPoint: Int, _ lastPoint: Int, _ left: NativeHistogram, _ right: NativeHistogram,
        isSmoothed: Bool, _ call: RangeCall
    ) -> NativeHistogram?? {
        let points = window.samples.histograms
        var first = firstPoint + 1
        var previous = left
        if isSmoothed, window.histogramTime(firstPoint) < window.start, first < window.histograms.upperBound,
            points[first].isReset(after: points[firstPoint])
        {
            // The left border was interpolated from zero already: this reset is counted.
            previous = points[first]
            first += 1
        }
        if first > lastPoint { return .some(nil) }
        var correction: NativeHistogram?
        func correct() -> Bool {
            guard var sum = correction else {
                correction = previous
                return true
            }
            guard combine(&sum, previous, subtracting: false, window, call) else { return false }
            correction = sum
            return true
        }
        for index in first..<lastPoint {
            if points[index].isReset(after: previous), !correct() { return nil }
            previous = points[index]
        }
        if right.isReset(after: previous), !correct() { return nil }
        return .some(correction)
    }
}
