// rate, increase, delta, irate and idelta over windows with histograms, start timestamps, or reaching beyond their ends.
// Called by MixedRangeFunctions. Source: Prometheus extrapolatedRate, histogramRate, extendedRate, instantValue.

import MetricModel
import PromQLSyntax
import Querying

extension Evaluator {
    func extrapolated(_ window: MixedWindow, _ call: RangeCall, isCounter: Bool, isRate: Bool) -> SampleValue? {
        if window.isMixed {
            annotations.mixedFloatsHistograms(metric: window.metric, call.place)
            return nil
        }
        if call.isExtended {
            return window.histograms.isEmpty
                ? extendedFloat(window, call, isCounter: isCounter, isRate: isRate)
                : extendedHistogram(window, call, isCounter: isCounter, isRate: isRate)
        }
        return window.histograms.isEmpty
            ? floatIncrease(window, call, isCounter: isCounter, isRate: isRate)
            : histogramIncrease(window, call, isCounter: isCounter, isRate: isRate)
    }

    /// The time at which the first sample's count began, when that lies within the window and before the sample.
    private func usableStart(_ start: Int64, _ window: MixedWindow, firstTime: Int64, isCounter: Bool) -> Int64? {
        guard isCounter, options.usesStartTimestamps, start != 0, start > window.start, start < firstTime else {
            return nil
        }
        return start
    }

    private func floatIncrease(
        _ window: MixedWindow, _ call: RangeCall, isCounter: Bool, isRate: Bool
    ) -> SampleValue? {
        let samples = window.samples
        let low = window.floats.lowerBound
        let last = window.floats.upperBound - 1
        var increase = samples.floats[last] - samples.floats[low]
        if isCounter {
            let usesStarts = options.usesStartTimestamps && !samples.floatStarts.isEmpty
            var hasOverlap = false
            for index in window.floats.dropFirst() {
                var startedAnew = false
                if usesStarts {
                    let before = (window.floatStart(index - 1), window.floatTime(index - 1))
                    if !hasOverlap, StartTimestamps.overlaps(before.0, before.1, window.floatStart(index)) {
                        annotations.startTimeOverlap(metric: window.metric, call.place)
                        hasOverlap = true
                    }
                    startedAnew = StartTimestamps.isReset(
                        before.0, before.1, window.floatStart(index), window.floatTime(index))
                }
                if samples.floats[index] < samples.floats[index - 1] || startedAnew {
                    increase += samples.floats[index - 1]
                }
            }
        }
        let firstTime = window.floatTime(low)
        let start = usableStart(window.floatStart(low), window, firstTime: firstTime, isCounter: isCounter)
        if start != nil { increase += samples.floats[low] }
        guard
            let factor = factor(
                window, call, firstTime: firstTime, lastTime: window.floatTime(last), count: window.floats.count,
                start: start, first: samples.floats[low], increase: increase, isCounter: isCounter, isRate: isRate)
        else { return nil }
        return .float(increase * factor)
    }

    /// Nil when one sample is all there is and its start is unknown.
    ///
    /// - `start`: when the count began, if that is to be used: nothing is extrapolated to the left then.
    private func factor(
        _ window: MixedWindow, _ call: RangeCall, firstTime: Int64, lastTime: Int64, count: Int, start: Int64?,
        first: Double, increase: Double, isCounter: Bool, isRate: Bool
    ) -> Double? {
        var sampled = Double(lastTime - firstTime) / 1000
        let between = count > 1 ? sampled / Double(count - 1) : 0
        let threshold = between * 1.1
        var toStart = Double(firstTime - window.start) / 1000
        var toEnd = Double(window.end - lastTime) / 1000
        if let start {
            toStart = 0
            sampled = Double(lastTime - start) / 1000
        } else if count < 2 {
            return nil
        } else {
            if toStart >= threshold { toStart = between / 2 }
            if isCounter, increase > 0, first >= 0 {
                let toZero = sampled * (first / increase)
                if toZero < toStart { toStart = toZero }
            }
        }
        if toEnd >= threshold { toEnd = between / 2 }
        var factor = 1.0
        if sampled != 0 { factor = (sampled + toStart + toEnd) / sampled }
        if isRate { factor /= call.seconds }
        return factor
    }

    // MARK: Histograms

    private func histogramIncrease(
        _ window: MixedWindow, _ call: RangeCall, isCounter: Bool, isRate: Bool
    ) -> SampleValue? {
        let low = window.histograms.lowerBound
        let last = window.histograms.upperBound - 1
        let first = window.samples.histograms[low]
        var result: NativeHistogram?
        if window.histograms.count > 1 {
            guard let difference = histogramDifference(window, call, isCounter: isCounter) else { return nil }
            result = difference
        }
        let firstTime = window.histogramTime(low)
        let start = usableStart(window.histogramStart(low), window, firstTime: firstTime, isCounter: isCounter)
        if start != nil {
            if result == nil {
                result = first
            } else if let outcome = result?.add(first) {
                if outcome.reconciledBounds { annotations.mismatchedCustomBuckets(.addition, call.place) }
            } else {
                annotations.mixedExponentialCustom(metric: window.metric, call.place)
                return nil
            }
        }
        guard
            let factor = factor(
                window, call, firstTime: firstTime, lastTime: window.histogramTime(last),
                count: window.histograms.count, start: start, first: first.count, increase: result?.count ?? 0,
                isCounter: isCounter, isRate: isRate), var result
        else { return nil }
        result.multiply(by: factor)
        return .histogram(result)
    }

    /// Last minus first, resets added; at least two histograms. Nil, with the warning, when their buckets do not fit.
    private func histogramDifference(_ window: MixedWindow, _ call: RangeCall, isCounter: Bool) -> NativeHistogram? {
        let points = window.samples.histograms
        let range = window.histograms
        let low = range.lowerBound
        let final = points[range.upperBound - 1]
        let metric = window.metric
        let place = call.place
        func startsAnew(_ index: Int) -> Bool {
            options.usesStartTimestamps
                && StartTimestamps.isReset(
                    window.histogramStart(index - 1), window.histogramTime(index - 1), window.histogramStart(index),
                    window.histogramTime(index))
        }
        var first = points[low]
        var notes = annotations
        if isCounter, first.counterResetHint == .gauge || final.counterResetHint == .gauge {
            notes.notCounter(metric: metric, place)
        }
        if isCounter {
            let second = points[low + 1]
            // The first sample's counts are gone by the second: count from nothing, in the second's buckets.
            if startsAnew(low + 1) || second.isReset(after: first) {
                first = NativeHistogram()
                first.schema = second.schema
                first.customValues = second.customValues
            }
        }
        if final.usesCustomBuckets != first.usesCustomBuckets {
            notes.mixedExponentialCustom(metric: metric, place)
            annotations = notes
            return nil
        }
        var schema = min(final.schema, first.schema)
        if isCounter {
            for index in range.dropFirst().dropLast() {
                let point = points[index]
                if point.counterResetHint == .gauge { notes.notCounter(metric: metric, place) }
                schema = min(schema, point.schema)
                if point.usesCustomBuckets != first.usesCustomBuckets {
                    annotations.mixedExponentialCustom(metric: metric, place)
                    return nil
                }
            }
        }
        var result = final.reduced(toSchema: schema)
        guard let outcome = result.subtract(first) else {
            annotations.mixedExponentialCustom(metric: metric, place)
            return nil
        }
        if outcome.reconciledBounds { notes.mismatchedCustomBuckets(.subtraction, place) }
        if isCounter {
            let hasStarts = options.usesStartTimestamps && !window.samples.histogramStarts.isEmpty
            var hasOverlap = false
            var previous = first
            for index in range.dropFirst() {
                if hasStarts, !hasOverlap,
                    StartTimestamps.overlaps(
                        window.histogramStart(index - 1), window.histogramTime(index - 1), window.histogramStart(index))
                {
                    notes.startTimeOverlap(metric: metric, place)
                    hasOverlap = true
                }
                let current = points[index]
                if startsAnew(index) || current.isReset(after: previous) {
                    guard let outcome = result.add(previous) else {
                        annotations.mixedExponentialCustom(metric: metric, place)
                        return nil
                    }
                    if outcome.reconciledBounds { notes.mismatchedCustomBuckets(.addition, place) }
                }
                previous = current
            }
        } else if points[low].counterResetHint != .gauge || final.counterResetHint != .gauge {
            notes.notGauge(metric: metric, place)
        }
        annotations = notes
        result.counterResetHint = .gauge
        result.compact()
        return result
    }

    // MARK: irate, idelta

    private struct Point {
        var time: Int64
        var start: Int64
        var value: SampleValue
    }

    /// The last two samples, whatever their kind, in order of time.
    private func lastTwo(_ window: MixedWindow) -> (Point, Point)? {
        var points: [Point] = []
        for index in window.floats.suffix(2) {
            points.append(
                Point(
                    time: window.floatTime(index), start: window.floatStart(index),
                    value: .float(window.samples.floats[index])))
        }
        for index in window.histograms.suffix(2) {
            points.append(
                Point(
                    time: window.histogramTime(index), start: window.histogramStart(index),
                    value: .histogram(window.samples.histograms[index])))
        }
        points.sort { $0.time < $1.time }
        guard points.count >= 2 else { return nil }
        return (points[points.count - 2], points[points.count - 1])
    }

    func instantRate(_ window: MixedWindow, _ call: RangeCall, isRate: Bool) -> SampleValue? {
        guard let (before, now) = lastTwo(window), now.time != before.time else { return nil }
        let startedAnew =
            options.usesStartTimestamps
            && StartTimestamps.isReset(before.start, before.time, now.start, now.time)
        let seconds = Double(now.time - before.time) / 1000
        switch (before.value, now.value) {
        case (.float(let old), .float(let new)):
            guard isRate else { return .float(new - old) }
            return .float((new < old || startedAnew ? new : new - old) / seconds)
        case (.histogram(let old), .histogram(let new)):
            let isGauge = new.counterResetHint == .gauge || old.counterResetHint == .gauge
            if isRate, isGauge { annotations.notCounter(metric: window.metric, call.place) }
            if !isRate, new.counterResetHint != .gauge || old.counterResetHint != .gauge {
                annotations.notGauge(metric: window.metric, call.place)
            }
            var result = new
            if !isRate || (!startedAnew && !new.isReset(after: old)) {
                guard let outcome = result.subtract(old) else {
                    annotations.mixedExponentialCustom(metric: window.metric, call.place)
                    return nil
                }
                if outcome.reconciledBounds { annotations.mismatchedCustomBuckets(.subtraction, call.place) }
            }
            result.counterResetHint = .gauge
            result.compact()
            if isRate { result.divide(by: seconds) }
            return .histogram(result)
        default:
            annotations.mixedFloatsHistograms(metric: window.metric, call.place)
            return nil
        }
    }
}
