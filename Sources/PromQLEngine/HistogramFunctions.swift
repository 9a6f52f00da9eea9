// histogram_quantile and its kin over vectors that hold native histograms, classic ones, or both.
// Called by InstantFunctions; the numbers come from NativeHistogramStatistics and ClassicHistogram.

import MetricModel
import PromQLSyntax
import Querying

/// The histograms of a vector: classic ones put together from their `le` series, once for all steps.
struct HistogramVector {
    struct Histogram {
        /// Without `le`.
        var labels: LabelSet
        var isFromSource: Bool
        /// Of the labels, when they are not the series' own.
        var labelCells: Int32 = 0
        /// Positions of the bucket series with their bounds, ascending.
        var buckets: [(upper: Double, series: Int)] = []
        /// Series whose samples are native histograms.
        var natives: [Int] = []
    }
    var histograms: [Histogram] = []

    enum Element {
        case native(NativeHistogram)
        case classic(ClassicHistogram)
    }
}

extension Evaluator {
    /// Source: Prometheus EvalNodeHelper.resetHistograms.
    private func histograms(of input: [StepSeries], _ place: SourceRange) throws(QueryFailure) -> HistogramVector {
        var result = HistogramVector()
        var positions = LabelPositions()
        func position(_ labels: LabelSet, _ series: StepSeries) -> Int {
            if let known = positions[labels] { return known }
            positions.insert(labels, result.histograms.count)
            result.histograms.append(
                HistogramVector.Histogram(labels: labels, isFromSource: series.isFromSource))
            return result.histograms.count - 1
        }
        for (index, series) in input.enumerated() {
            try work(150 + series.column.count)
            let labels = labels(series)
            if series.column.cells.contains(Cell.histogram) {
                result.histograms[position(labels, series)].natives.append(index)
            }
            guard series.column.cells.contains(Cell.float) else { continue }
            let text = labels["le"] ?? ""
            guard let upper = goParsedFloat(text) else {
                let metric = options.delaysNameRemoval ? labels.metricName ?? "" : ""
                annotations.badBucketLabel(metric: metric, value: text, place)
                continue
            }
            let known = result.histograms.count
            let place = position(labels.without(CollectionOfOne("le")), series)
            if place == known {
                result.histograms[place].labelCells = try chargeLabels(result.histograms[place].labels)
            }
            result.histograms[place].buckets.append((upper, index))
        }
        for index in result.histograms.indices {
            try work(20)
            result.histograms[index].buckets = try sorted(result.histograms[index].buckets, cost: 4) {
                $0.upper < $1.upper
            }
        }
        return result
    }

    /// What a histogram holds at a step. A native beside a classic one of the same labels cancels both.
    private func element(
        _ histogram: HistogramVector.Histogram, _ input: [StepSeries], _ step: Int, _ place: SourceRange
    ) -> HistogramVector.Element? {
        var buckets: [ClassicHistogram.Bucket] = []
        buckets.reserveCapacity(histogram.buckets.count)
        for bucket in histogram.buckets where input[bucket.series].column.cells[step] == Cell.float {
            buckets.append(
                ClassicHistogram.Bucket(upper: bucket.upper, count: input[bucket.series].column.floats[step]))
        }
        for index in histogram.natives {
            guard let native = input[index].column.histogram(step) else { continue }
            if buckets.isEmpty { return .native(native) }
            let metric = options.delaysNameRemoval ? histogram.labels.metricName ?? "" : ""
            annotations.mixedClassicNative(metric: metric, place)
            return nil
        }
        return buckets.isEmpty ? nil : .classic(ClassicHistogram(buckets))
    }

    private func quantile(
        _ phi: Double, _ element: HistogramVector.Element, _ labels: LabelSet, _ time: Int64, _ place: SourceRange
    ) -> Double {
        let metric = labels.metricName ?? ""
        switch element {
        case .native(let native):
            let (value, note) = native.quantile(phi)
            switch note {
            case .quantileIsNaN: annotations.quantileNaNResult(metric: metric, place)
            case .quantileIsSkewed: annotations.quantileNaNSkew(metric: metric, place)
            case .fractionExcludesNaN, nil: break
            }
            return value
        case .classic(let classic):
            let (value, repair) = classic.quantile(phi)
            if let repair {
                annotations.forcedMonotonicity(
                    metric: options.delaysNameRemoval ? metric : "", place,
                    EngineAnnotations.Monotonicity(
                        firstTime: time, lastTime: time, leastBucket: repair.leastBucket,
                        greatestBucket: repair.greatestBucket, greatestDifference: repair.greatestDifference))
            }
            return value
        }
    }

    private func noteQuantile(_ phi: Double, _ place: SourceRange) {
        if phi.isNaN || phi < 0 || phi > 1 { annotations.invalidQuantile(phi, place) }
    }

    func histogramQuantile(_ plan: CallPlan, _ grid: EvaluationGrid) throws(QueryFailure) -> StepValue {
        let phi = try number(plan, 0, grid)
        let place = plan.arguments[1].range
        for value in phi { noteQuantile(value, plan.arguments[0].range) }
        return try eachHistogram(plan, 1, grid) { element, labels, step in
            quantile(phi[step], element, labels, grid.time(step), place)
        }
    }

    func histogramFraction(_ plan: CallPlan, _ grid: EvaluationGrid) throws(QueryFailure) -> StepValue {
        let lower = try number(plan, 0, grid)
        let upper = try number(plan, 1, grid)
        let place = plan.arguments[2].range
        return try eachHistogram(plan, 2, grid) { element, labels, step in
            switch element {
            case .classic(let classic): return classic.fraction(from: lower[step], to: upper[step])
            case .native(let native):
                let (value, note) = native.fraction(from: lower[step], to: upper[step])
                if note != nil { annotations.fractionNaN(metric: labels.metricName ?? "", place) }
                return value
            }
        }
    }

    private func eachHistogram(
        _ plan: CallPlan, _ position: Int, _ grid: EvaluationGrid,
        _ value: (HistogramVector.Element, LabelSet, Int) -> Double
    ) throws(QueryFailure) -> StepValue {
        let input = try argument(plan, position, grid)
        let place = plan.arguments[position].range
        let vector = try histograms(of: input, place)
        var result: [StepSeries] = []
        result.reserveCapacity(vector.histograms.count)
        var growth = Growth()
        for histogram in vector.histograms {
            var column = StepColumn(count: grid.count)
            for step in 0..<grid.count {
                // A native histogram's buckets count more than a classic one's, but are not known before.
                try work(50 + 30 * histogram.buckets.count + 300 * histogram.natives.count)
                guard let element = element(histogram, input, step, place) else { continue }
                column.set(step, value(element, histogram.labels, step))
            }
            if column.isEmpty { continue }
            try grow(&growth, result, column)
            result.append(
                StepSeries(
                    labels: histogram.labels, isNameDropped: true, isFromSource: histogram.isFromSource,
                    labelCells: histogram.labelCells, column: column))
        }
        return .vector(try unified(result, grid))
    }

    func histogramQuantiles(_ plan: CallPlan, _ grid: EvaluationGrid) throws(QueryFailure) -> StepValue {
        let input = try argument(plan, 0, grid)
        let label = try text(plan, 1)
        let place = plan.arguments[0].range
        var phis: [[Double]] = []
        for index in 2..<max(2, plan.arguments.count) {
            let phi = try number(plan, index, grid)
            for value in phi { noteQuantile(value, plan.arguments[index].range) }
            phis.append(phi)
        }
        let vector = try histograms(of: input, place)
        var growth = Growth()
        var result: [StepSeries] = []
        var positions = LabelPositions()
        for phi in phis {
            for histogram in vector.histograms {
                for step in 0..<grid.count {
                    try work(300 + 30 * histogram.buckets.count + 300 * histogram.natives.count)
                    guard let element = element(histogram, input, step, place) else { continue }
                    let text = phi[step].isNaN ? "NaN" : openMetricsFloat(phi[step])
                    let labels = histogram.labels.setting(label, to: text)
                    let position = positions[labels] ?? result.count
                    if position == result.count {
                        positions.insert(labels, position)
                        let column = StepColumn(count: grid.count)
                        try grow(&growth, result, column)
                        let cells = try chargeLabels(labels, newBytes: text.utf8.count)
                        result.append(
                            StepSeries(labels: labels, isNameDropped: true, labelCells: cells, column: column))
                    }
                    if result[position].column.isPresent(step) { throw QueryFailure.sameLabels }
                    let value = quantile(phi[step], element, histogram.labels, grid.time(step), place)
                    result[position].column.set(step, value)
                }
            }
        }
        return .vector(try unified(result, grid))
    }

    /// Native histograms to floats; floats are left out.
    func histogramMapped(
        _ plan: CallPlan, _ grid: EvaluationGrid, _ value: (NativeHistogram) -> Double
    ) throws(QueryFailure) -> StepValue {
        var result: [StepSeries] = []
        for var series in try argument(plan, 0, grid) {
            guard series.column.hasHistograms else { continue }
            try work(100 * grid.count)
            var column = StepColumn(count: grid.count)
            for step in 0..<grid.count {
                if let histogram = series.column.histogram(step) { column.set(step, value(histogram)) }
            }
            if column.isEmpty { continue }
            series.isNameDropped = true
            series.column = column
            result.append(series)
        }
        return .vector(try unified(result, grid))
    }
}

/// strconv.ParseFloat as far as bucket bounds need it: decimal and hexadecimal numbers, infinities and NaN in any case.
func goParsedFloat(_ text: String) -> Double? {
    guard let first = text.utf8.first, first != 0x20 else { return nil }
    switch text.lowercased() {
    case "inf", "+inf", "infinity", "+infinity": return .infinity
    case "-inf", "-infinity": return -.infinity
    case "nan": return .nan
    default: break
    }
    guard text.utf8.allSatisfy({ ($0 >= 0x2b && $0 <= 0x39) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7a) }) else {
        return nil
    }
    return Double(text)
}
