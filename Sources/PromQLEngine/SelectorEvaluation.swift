// Instant selectors: for each step the newest sample within the lookback, over all steps in one walk of a series.
// Called by Evaluator; timestamp() and info() walk the same way but keep the sample's times.

import MetricModel
import PromQLSyntax
import Querying

extension Evaluator {
    /// What a selector yields for the sample it finds.
    enum SelectorYield {
        case value
        /// Seconds.
        case timestamp
        /// Seconds; only where the source has start timestamps.
        case startTimestamp
        /// Milliseconds.
        case originalMilliseconds
    }

    func select(
        _ plan: SelectorPlan, _ grid: EvaluationGrid, yield: SelectorYield = .value
    ) throws(QueryFailure) -> [StepSeries] {
        if plan.isSmoothed, yield == .value { return try selectSmoothed(plan, grid) }
        let source = data[plan.selection]
        var result: [StepSeries] = []
        result.reserveCapacity(source.count)
        var growth = Growth()
        for series in source {
            try work(40 + series.timestamps.count + grid.count)
            let column: StepColumn
            if yield == .value, case .floats(let values) = series.samples {
                column = floatColumn(series.timestamps, values, plan, grid)
            } else {
                column = generalColumn(series, plan, grid, yield)
            }
            if column.isEmpty { continue }
            try grow(&growth, result, column)
            result.append(StepSeries(labels: series.labels, isFromSource: true, column: column))
        }
        return result
    }

    private func floatColumn(
        _ timestamps: [Timestamp], _ values: [Double], _ plan: SelectorPlan, _ grid: EvaluationGrid
    ) -> StepColumn {
        var column = StepColumn(count: grid.count)
        let lookback = lookback
        let count = timestamps.count
        timestamps.withUnsafeBufferPointer { times in
            values.withUnsafeBufferPointer { values in
                column.cells.withUnsafeMutableBufferPointer { cells in
                    column.floats.withUnsafeMutableBufferPointer { floats in
                        var next = 0
                        for step in 0..<grid.count {
                            let time = plan.lookupTime(grid.time(step))
                            while next < count, times[next].milliseconds <= time { next &+= 1 }
                            guard next > 0, times[next - 1].milliseconds > time &- lookback else { continue }
                            let value = values[next - 1]
                            if value.isStaleMarker { continue }
                            cells[step] = Cell.float
                            floats[step] = value
                        }
                    }
                }
            }
        }
        return column
    }

    private func generalColumn(
        _ series: Series, _ plan: SelectorPlan, _ grid: EvaluationGrid, _ yield: SelectorYield
    ) -> StepColumn {
        var column = StepColumn(count: grid.count)
        let (timestamps, lookback) = (series.timestamps, lookback)
        var next = 0
        for step in 0..<grid.count {
            // Looked at now and then: each look is an access that is checked.
            if step & 63 == 0, isInterrupted(after: 640) { break }
            let time = plan.lookupTime(grid.time(step))
            while next < timestamps.count, timestamps[next].milliseconds <= time { next += 1 }
            guard next > 0 else { continue }
            let found = timestamps[next - 1].milliseconds
            guard found > time &- lookback else { continue }
            let value = series.samples[next - 1]
            if value.isStaleMarker { continue }
            switch yield {
            case .value: column.set(step, value)
            case .timestamp: column.set(step, Double(found) / 1000)
            case .originalMilliseconds:
                // A histogram shows that this is no info metric.
                if case .histogram = value { column.set(step, value) } else { column.set(step, Double(found)) }
            case .startTimestamp:
                guard options.usesStartTimestamps else { continue }
                column.set(step, Double(series.startTimestamp(next - 1)) / 1000)
            }
        }
        return column
    }

    // MARK: smoothed

    /// Values interpolated at the step's time between the samples around it.
    private func selectSmoothed(_ plan: SelectorPlan, _ grid: EvaluationGrid) throws(QueryFailure) -> [StepSeries] {
        var result: [StepSeries] = []
        var growth = Growth()
        for series in data[plan.selection] {
            try work(series.timestamps.count)
            let samples = RangeSamples(series)
            let metric = series.labels.metricName ?? ""
            var column = StepColumn(count: grid.count)
            for step in 0..<grid.count {
                let time = plan.lookupTime(grid.time(step))
                let window = samples.window(after: time - lookback, through: time + lookback)
                try work(20 + window.floats.count + 100 * window.histograms.count)
                if window.isEmpty { continue }
                if !window.floats.isEmpty, !window.histograms.isEmpty {
                    annotations.mixedFloatsHistograms(metric: metric, plan.range)
                } else if window.histograms.isEmpty {
                    if let value = smoothedFloat(samples, window, time) { column.set(step, value) }
                } else if let value = smoothedHistogram(samples, window, time, metric, plan.range) {
                    column.set(step, value)
                }
            }
            if column.isEmpty { continue }
            try grow(&growth, result, column)
            result.append(StepSeries(labels: series.labels, isFromSource: true, column: column))
        }
        return result
    }

    private func smoothedFloat(_ samples: RangeSamples, _ window: RangeSamples.Window, _ time: Int64) -> Double? {
        let times = samples.floatTimes
        let next = window.floats.first { times[$0].milliseconds >= time } ?? window.floats.upperBound
        if next < window.floats.upperBound, times[next].milliseconds == time { return samples.floats[next] }
        guard next > window.floats.lowerBound else { return nil }
        guard next < window.floats.upperBound else { return samples.floats[next - 1] }
        return Interpolation.float(
            samples.floats[next - 1], times[next - 1], samples.floats[next], times[next], at: time, isCounter: false)
    }

    private func smoothedHistogram(
        _ samples: RangeSamples, _ window: RangeSamples.Window, _ time: Int64, _ metric: String, _ range: SourceRange
    ) -> NativeHistogram? {
        let times = samples.histogramTimes
        let next = window.histograms.first { times[$0].milliseconds >= time } ?? window.histograms.upperBound
        if next < window.histograms.upperBound, times[next].milliseconds == time { return samples.histograms[next] }
        guard next > window.histograms.lowerBound else { return nil }
        guard next < window.histograms.upperBound else {
            var held = samples.histograms[next - 1]
            held.counterResetHint = .unknown
            return held
        }
        let before = samples.histograms[next - 1]
        let after = samples.histograms[next]
        let isCounter = before.counterResetHint != .gauge || after.counterResetHint != .gauge
        return interpolated(
            before, times[next - 1], after, times[next], at: time, isCounter: isCounter, metric: metric, range)
    }
}

extension Series {
    /// Milliseconds, 0 when not known.
    func startTimestamp(_ index: Int) -> Int64 {
        index < startTimestamps.count ? startTimestamps[index].milliseconds : 0
    }
}

/// Straight lines between two samples. Source: Prometheus promql/functions.go, interpolate.
enum Interpolation {
    static func float(
        _ first: Double, _ firstTime: Timestamp, _ second: Double, _ secondTime: Timestamp, at time: Int64,
        isCounter: Bool
    ) -> Double {
        // A counter that fell started again from zero.
        let base = isCounter && second < first ? 0 : first
        let elapsed = Double(time - firstTime.milliseconds)
        return base + (second - base) * elapsed / Double((secondTime - firstTime).count)
    }
}

extension Evaluator {
    /// Nil, with the warning, when the two have other kinds of buckets.
    func interpolated(
        _ first: NativeHistogram, _ firstTime: Timestamp, _ second: NativeHistogram, _ secondTime: Timestamp,
        at time: Int64, isCounter: Bool, metric: String, _ range: SourceRange
    ) -> NativeHistogram? {
        if first.usesCustomBuckets != second.usesCustomBuckets {
            annotations.mixedExponentialCustom(metric: metric, range)
            return nil
        }
        if time == firstTime.milliseconds { return first }
        if time == secondTime.milliseconds { return second }
        let fraction = Double(time - firstTime.milliseconds) / Double((secondTime - firstTime).count)
        var result = second
        if isCounter, second.isReset(after: first) {
            result.multiply(by: fraction)
            return result
        }
        if result.subtract(first)?.reconciledBounds == true { annotations.mismatchedCustomBuckets(.subtraction, range) }
        result.multiply(by: fraction)
        if result.add(first)?.reconciledBounds == true { annotations.mismatchedCustomBuckets(.addition, range) }
        return result
    }
}
