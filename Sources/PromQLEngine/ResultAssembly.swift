// From step columns to what crosses the wall: vectors of one time, matrices without gaps, sorted by labels.
// The last stretch of an evaluation, called by EmbeddedBackend.

import MetricModel
import PromQLSyntax
import Querying

extension Evaluator {
    func result(of plan: QueryPlan) throws(QueryFailure) -> QueryValue {
        let time = Timestamp(milliseconds: plan.grid.start)
        if case .range(let range) = plan.root { return .matrix(try matrix(range, plan.grid)) }
        switch try evaluate(plan.root, plan.grid) {
        case .string(let text): return .string(time, text)
        case .scalar(let numbers):
            if plan.isInstantQuery { return .scalar(time, numbers.first ?? .nan) }
            let series = StepSeries(labels: .empty, column: StepColumn(floats: numbers))
            return .matrix([series].compactMap { $0.series(plan.grid) })
        case .vector(let series):
            let named = try finished(series)
            lastVectors = [series, named]
            guard plan.isInstantQuery else { return .matrix(try assembled(named, plan.grid)) }
            var elements: [VectorElement] = []
            elements.reserveCapacity(named.count)
            for one in named {
                try work(40)
                guard let value = one.column.value(0) else { continue }
                elements.append(VectorElement(labels: one.labels, timestamp: time, value: value))
            }
            return .vector(elements)
        }
    }

    /// Names that were to be dropped are dropped now, at the latest.
    private func finished(_ series: [StepSeries]) throws(QueryFailure) -> [StepSeries] {
        let settled = try settled(series)
        return options.delaysNameRemoval ? try merged(settled) : settled
    }

    private func assembled(_ series: [StepSeries], _ grid: EvaluationGrid) throws(QueryFailure) -> [Series] {
        var result: [Series] = []
        result.reserveCapacity(series.count)
        for one in series {
            try work(20 + 2 * one.column.cellCost)
            if let found = one.series(grid) { result.append(found) }
        }
        return try sorted(result)
    }

    private func sorted(_ series: consuming [Series]) throws(QueryFailure) -> [Series] {
        if series.count < Self.sortedInPlaceMax { return try sorted(series, cost: 16) { $0.labels < $1.labels } }
        // A sort copies its elements first, all in one stretch: of many series the places are sorted, and the series
        // moved one by one.
        var series = series
        let order = try sorted(Array(series.indices), cost: 16) { series[$0].labels < series[$1].labels }
        var result: [Series] = []
        result.reserveCapacity(order.count)
        let none = Series(labels: .empty, timestamps: [], samples: .floats([]))
        for place in order {
            try work(40)
            result.append(none)
            swap(&result[result.count - 1], &series[place])
        }
        return result
    }

    private static let sortedInPlaceMax = 10_000

    /// A range vector as the whole answer: raw samples of a selector, steps of a subquery.
    private func matrix(_ range: RangePlan, _ grid: EvaluationGrid) throws(QueryFailure) -> [Series] {
        switch range.source {
        case .subquery(let subquery):
            guard subquery.grid.count > 0 else { return [] }
            switch try evaluate(subquery.node, subquery.grid) {
            case .string: return []
            case .scalar(let numbers):
                let series = StepSeries(labels: .empty, column: StepColumn(floats: numbers))
                return [series].compactMap { $0.series(subquery.grid) }
            case .vector(let series):
                return try assembled(try finished(series), subquery.grid)
            }
        case .selector(let selector):
            let end = selector.lookupTime(grid.start)
            let start = end - range.window
            var result: [Series] = []
            for series in data[selector.selection] {
                try work(100 + series.timestamps.count)
                let samples = RangeSamples(series)
                let found: Series?
                if selector.isAnchored || selector.isSmoothed {
                    found = try extended(samples, selector, start, end)
                } else {
                    found = samples.series(samples.window(after: start, through: end))
                }
                if let found { result.append(found) }
            }
            return try sorted(result)
        }
    }

    /// The samples within the window with values at its very borders. Source: Prometheus extendFloats.
    private func extended(
        _ samples: RangeSamples, _ selector: SelectorPlan, _ start: Int64, _ end: Int64
    ) throws(QueryFailure) -> Series? {
        let isSmoothed = selector.isSmoothed
        let window = samples.window(after: start - lookback, through: isSmoothed ? end + lookback : end)
        if !window.histograms.isEmpty {
            throw QueryFailure(
                .execution, "\(isSmoothed ? "smoothed" : "anchored") modifier is not supported with histograms")
        }
        guard !window.floats.isEmpty else { return nil }
        let times = samples.floatTimes
        var last = window.floats.upperBound - 1
        let after = (window.floats.lowerBound..<last).first { times[$0].milliseconds > start } ?? last
        var first = max(window.floats.lowerBound, after - 1)
        if isSmoothed { last = (window.floats.lowerBound..<last).first { times[$0].milliseconds >= end } ?? last }
        if times[last].milliseconds <= start { return nil }
        func between(_ index: Int, _ time: Int64) -> Double {
            Interpolation.float(
                samples.floats[index], times[index], samples.floats[index + 1], times[index + 1], at: time,
                isCounter: false)
        }
        var left = samples.floats[first]
        if isSmoothed, times[first].milliseconds < start, first + 1 < window.floats.upperBound {
            left = between(first, start)
        }
        var right = samples.floats[last]
        if isSmoothed, last > window.floats.lowerBound, times[last].milliseconds > end {
            right = between(last - 1, end)
        }
        if times[first].milliseconds <= start { first += 1 }
        if times[last].milliseconds >= end { last -= 1 }
        let inner = first..<max(first, last + 1)
        return Series(
            labels: samples.labels,
            timestamps: [Timestamp(milliseconds: start)] + times[inner] + [Timestamp(milliseconds: end)],
            samples: .floats([left] + samples.floats[inner] + [right]))
    }
}

extension StepSeries {
    /// Nil when no step has a value.
    func series(_ grid: EvaluationGrid) -> Series? {
        var timestamps: [Timestamp] = []
        timestamps.reserveCapacity(grid.count)
        if !column.hasHistograms {
            var values: [Double] = []
            values.reserveCapacity(grid.count)
            for step in 0..<grid.count where column.cells[step] != Cell.absent {
                timestamps.append(Timestamp(milliseconds: grid.time(step)))
                values.append(column.floats[step])
            }
            return values.isEmpty ? nil : Series(labels: labels, timestamps: timestamps, samples: .floats(values))
        }
        var values: [SampleValue] = []
        for step in 0..<grid.count {
            guard let value = column.value(step) else { continue }
            timestamps.append(Timestamp(milliseconds: grid.time(step)))
            values.append(value)
        }
        return values.isEmpty ? nil : Series(labels: labels, timestamps: timestamps, samples: SampleColumn(values))
    }
}

extension RangeSamples {
    /// The samples of a window in order of time; nil when there is none.
    func series(_ window: Window) -> Series? {
        if window.isEmpty { return nil }
        if window.histograms.isEmpty {
            return Series(
                labels: labels, timestamps: Array(floatTimes[window.floats]),
                samples: .floats(Array(floats[window.floats])))
        }
        var points: [(Timestamp, SampleValue)] = window.floats.map { (floatTimes[$0], .float(floats[$0])) }
        points += window.histograms.map { (histogramTimes[$0], .histogram(histograms[$0])) }
        points.sort { $0.0 < $1.0 }
        return Series(labels: labels, timestamps: points.map(\.0), samples: SampleColumn(points.map(\.1)))
    }
}

extension SampleColumn {
    /// The narrowest kind that holds the values.
    package init(_ values: [SampleValue]) {
        var floats: [Double] = []
        var histograms: [NativeHistogram] = []
        for value in values {
            switch value {
            case .float(let float): floats.append(float)
            case .histogram(let histogram): histograms.append(histogram)
            }
        }
        if histograms.isEmpty {
            self = .floats(floats)
        } else if floats.isEmpty {
            self = .histograms(histograms)
        } else {
            self = .mixed(values)
        }
    }
}
