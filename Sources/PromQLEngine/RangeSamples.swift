// One series as range functions see it: no staleness markers, floats and histograms apart, and the windows over them.
// Made from fetched series or from the steps of a subquery.

import MetricModel

final class RangeSamples {
    let labels: LabelSet
    /// The name was dropped inside the subquery these samples come from.
    let isNameDropped: Bool
    let isFromSource: Bool
    let floatTimes: [Timestamp]
    let floats: [Double]
    let histogramTimes: [Timestamp]
    let histograms: [NativeHistogram]
    /// Milliseconds, 0 for unknown; empty when the source has none at all.
    let floatStarts: [Int64]
    let histogramStarts: [Int64]

    /// Positions of the samples in a left-open window.
    struct Window {
        var floats: Range<Int>
        var histograms: Range<Int>
        var isEmpty: Bool { floats.isEmpty && histograms.isEmpty }
    }

    init(_ series: Series) {
        labels = series.labels
        isNameDropped = false
        isFromSource = true
        let hasStarts = !series.startTimestamps.isEmpty
        if case .floats(let values) = series.samples, !hasStarts, !values.contains(where: { $0.isStaleMarker }) {
            floatTimes = series.timestamps
            floats = values
            floatStarts = []
            histogramTimes = []
            histograms = []
            histogramStarts = []
            return
        }
        var split = Split()
        for index in series.timestamps.indices {
            let value = series.samples[index]
            if value.isStaleMarker { continue }
            split.append(series.timestamps[index], value, start: hasStarts ? series.startTimestamp(index) : nil)
        }
        (floatTimes, floats, floatStarts) = (split.floatTimes, split.floats, split.floatStarts)
        (histogramTimes, histograms, histogramStarts) = (split.histogramTimes, split.histograms, split.histogramStarts)
    }

    /// Steps of a subquery. Reset hints speak of neighbours that are no neighbours any more, so they become unknown.
    init(_ series: StepSeries, _ grid: EvaluationGrid, _ evaluator: Evaluator) {
        labels = series.labels
        isNameDropped = series.isNameDropped
        isFromSource = series.isFromSource
        if !series.column.hasHistograms {
            let column = series.column
            let count = column.sampleCount
            floats = count == column.count ? column.floats : column.presentFloats(count)
            floatTimes = [Timestamp](unsafeUninitializedCapacity: count) { times, initialized in
                for step in 0..<column.count where column.cells[step] != Cell.absent {
                    times.initializeElement(at: initialized, to: Timestamp(milliseconds: grid.time(step)))
                    initialized += 1
                }
            }
            floatStarts = []
            (histogramTimes, histograms, histogramStarts) = ([], [], [])
            return
        }
        var split = Split()
        for step in 0..<grid.count {
            if step & 0xffff == 0xffff, evaluator.isInterrupted(after: 0x80000) { break }
            guard var value = series.column.value(step) else { continue }
            if case .histogram(var histogram) = value, histogram.counterResetHint != .gauge {
                histogram.counterResetHint = .unknown
                value = .histogram(histogram)
            }
            split.append(Timestamp(milliseconds: grid.time(step)), value, start: nil)
        }
        (floatTimes, floats, floatStarts) = (split.floatTimes, split.floats, [])
        (histogramTimes, histograms, histogramStarts) = (split.histogramTimes, split.histograms, [])
    }

    private struct Split {
        var floatTimes: [Timestamp] = []
        var floats: [Double] = []
        var floatStarts: [Int64] = []
        var histogramTimes: [Timestamp] = []
        var histograms: [NativeHistogram] = []
        var histogramStarts: [Int64] = []

        mutating func append(_ time: Timestamp, _ value: SampleValue, start: Int64?) {
            switch value {
            case .float(let float):
                floatTimes.append(time)
                floats.append(float)
                if let start { floatStarts.append(start) }
            case .histogram(let histogram):
                histogramTimes.append(time)
                histograms.append(histogram)
                if let start { histogramStarts.append(start) }
            }
        }
    }

    var metric: String { labels.metricName ?? "" }
    var count: Int { floats.count + histograms.count }

    func window(after start: Int64, through end: Int64) -> Window {
        Window(
            floats: Self.positions(floatTimes, after: start, through: end),
            histograms: Self.positions(histogramTimes, after: start, through: end))
    }

    private static func positions(_ times: [Timestamp], after start: Int64, through end: Int64) -> Range<Int> {
        let low = firstIndex(times, after: start)
        let high = firstIndex(times, after: end)
        return low..<max(low, high)
    }

    /// Position of the first time later than `bound`.
    static func firstIndex(_ times: [Timestamp], after bound: Int64) -> Int {
        var low = 0
        var high = times.count
        while low < high {
            let middle = (low + high) / 2
            if times[middle].milliseconds > bound { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
