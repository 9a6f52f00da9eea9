// Functions of range vectors: each series is walked once for all steps with a sliding window.
// Floats go through the loops here; a series with histograms or start timestamps goes through MixedRangeFunctions.

import MetricModel
import PromQLSyntax
import Querying

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// One call, with what does not change from series to series.
struct RangeCall {
    var function: BuiltinFunction
    var source: RangePlan
    var grid: EvaluationGrid
    /// Arguments other than the range vector, one number a step.
    var parameters: [[Double]]
    /// Where annotations point: the first argument, as in Prometheus.
    var place: SourceRange

    /// End of the first window, and how far it moves each step.
    var firstEnd: Int64 { source.windowEnd(grid.start) }
    var stride: Int64 { source.isFixed ? 0 : grid.step }
    var seconds: Double { Double(source.window) / 1000 }
    var isExtended: Bool { source.isAnchored || source.isSmoothed }
}

/// Where the loops write.
private struct Sink {
    var cells: UnsafeMutableBufferPointer<UInt8>
    var floats: UnsafeMutableBufferPointer<Double>

    @inline(__always)
    func put(_ step: Int, _ value: Double) {
        cells[step] = Cell.float
        floats[step] = value
    }
}

extension Evaluator {
    func rangeCall(_ plan: CallPlan, _ position: Int, _ grid: EvaluationGrid) throws(QueryFailure) -> StepValue {
        guard case .range(let source) = plan.arguments[position].node else {
            throw QueryFailure(.internalError, "expected a range vector")
        }
        let before = samplesAlive
        // Each series is made ready when its turn comes: a copy of all of them may be large.
        var stepped: [StepSeries] = []
        var stored: [Series] = []
        switch source.source {
        case .selector(let selector): stored = data[selector.selection]
        case .subquery(let subquery): stepped = try self.stepped(subquery)
        }
        var call = RangeCall(
            function: plan.function, source: source, grid: grid, parameters: [],
            place: plan.arguments.first?.range ?? plan.range)
        for (index, argument) in plan.arguments.enumerated() where index != position {
            call.parameters.append(try scalar(argument.node, grid))
        }
        if grid.count > 0 { try validate(call) }
        var result: [StepSeries] = []
        result.reserveCapacity(stored.count + stepped.count)
        var growth = Growth()
        for index in 0..<(stored.count + stepped.count) {
            let samples: RangeSamples
            if case .subquery(let subquery) = source.source {
                try work(1000 + 8 * subquery.grid.count)
                samples = RangeSamples(stepped[index], subquery.grid, self)
            } else {
                try work(1000 + stored[index].timestamps.count + grid.count)
                samples = RangeSamples(stored[index])
            }
            if samples.count == 0 { continue }
            try checkWindowSize(samples, call)
            let usesFloatsOnly = samples.histograms.isEmpty && samples.floatStarts.isEmpty && !call.isExtended
            let column = usesFloatsOnly ? floatColumn(samples, call) : mixedColumn(samples, call)
            if column.isEmpty { continue }
            try throwInterruption()
            try grow(&growth, result, column)
            noteCounterName(samples, call, column)
            let keepsName = plan.function == .lastOverTime || plan.function == .firstOverTime
            result.append(
                StepSeries(
                    labels: samples.labels, isNameDropped: samples.isNameDropped || !keepsName,
                    isFromSource: samples.isFromSource, column: column))
        }
        stored = []
        stepped = []
        samplesAlive = before
        if plan.function == .absentOverTime {
            return .vector(absent(result, labels: plan.absentLabels, grid, isNameDropped: true))
        }
        if !options.delaysNameRemoval, result.count > 1 { result = try distinct(result) }
        return .vector(result)
    }

    private func stepped(_ subquery: SubqueryPlan) throws(QueryFailure) -> [StepSeries] {
        guard subquery.grid.count > 0 else { return [] }
        switch try evaluate(subquery.node, subquery.grid) {
        case .scalar(let numbers):
            return [StepSeries(labels: .empty, column: StepColumn(floats: numbers))]
        case .vector(let series):
            return options.delaysNameRemoval ? series : try settled(series)
        case .string:
            throw QueryFailure(.internalError, "subquery over a string")
        }
    }

    /// Two series that end up with one label set fail the query even when they never meet in time.
    private func distinct(_ series: [StepSeries]) throws(QueryFailure) -> [StepSeries] {
        guard try mayCollide(series) else { return series }
        let series = try settled(series)
        var seen = LabelPositions(expecting: series.count)
        for (index, one) in series.enumerated() {
            try work(60)
            if seen[one.labels] != nil { throw QueryFailure.sameLabels }
            seen.insert(one.labels, index)
        }
        try seen.letGo(self)
        return series
    }

    /// A window may not hold more samples than the limit leaves room for.
    private func checkWindowSize(_ samples: RangeSamples, _ call: RangeCall) throws(QueryFailure) {
        var size = samples.floats.count
        for histogram in samples.histograms { size += histogram.sampleSize }
        if samplesAlive + size <= options.samplesMax {
            samplesPeak = max(samplesPeak, samplesAlive + size)
            return
        }
        for step in 0..<call.grid.count {
            let window = window(samples, call, step)
            try work(20 + 10 * window.histograms.count)
            var size = window.floats.count
            for index in window.histograms { size += samples.histograms[index].sampleSize }
            if samplesAlive + size > options.samplesMax { throw refusal() }
        }
    }

    private func validate(_ call: RangeCall) throws(QueryFailure) {
        guard call.function == .doubleExponentialSmoothing, call.parameters.count == 2 else { return }
        for (name, values) in zip(["smoothing", "trend"], call.parameters) {
            let letter = name == "smoothing" ? "sf" : "tf"
            for value in values where value <= 0 || value >= 1 {
                throw QueryFailure(
                    .execution, "invalid \(name) factor. Expected: 0 < \(letter) < 1, got: \(fixed(value))",
                    bytes: call.place.start..<call.place.end)
            }
        }
    }

    /// rate() and increase() of something that does not look like a counter.
    private func noteCounterName(_ samples: RangeSamples, _ call: RangeCall, _ column: StepColumn) {
        guard call.function == .rate || call.function == .increase else { return }
        let metric = samples.metric
        guard !metric.isEmpty, column.cells.contains(Cell.float) else { return }
        if options.usesTypeAndUnitLabels {
            let type = samples.labels["__type__"] ?? ""
            if type != "counter", type != "histogram" {
                annotations.possibleNonCounterLabel(metric: metric, type: type, call.place)
            }
        } else if !["_total", "_sum", "_count", "_bucket"].contains(where: metric.hasSuffix) {
            annotations.possibleNonCounter(metric: metric, call.place)
        }
    }

    func absent(
        _ series: [StepSeries], labels: LabelSet, _ grid: EvaluationGrid, isNameDropped: Bool
    ) -> [StepSeries] {
        var column = StepColumn(floats: [Double](repeating: 1, count: grid.count))
        for one in series {
            if isInterrupted(after: grid.count) { break }
            for step in 0..<grid.count where one.column.isPresent(step) { column.clear(step) }
        }
        if column.isEmpty { return [] }
        return [StepSeries(labels: labels, isNameDropped: isNameDropped, column: column)]
    }

    // MARK: Floats only

    /// Calls `body` for each step whose window holds a sample, with the window's positions (and its end).
    @inline(__always)
    private func slide(_ times: FloatKernels.Times, _ call: RangeCall, _ body: (Int, Int, Int) -> Void) {
        slideEnds(times, call) { step, low, high, _ in body(step, low, high) }
    }

    @inline(__always)
    private func slideEnds(_ times: FloatKernels.Times, _ call: RangeCall, _ body: (Int, Int, Int, Int64) -> Void) {
        let count = times.count
        let length = call.source.window
        let stride = call.stride
        var end = call.firstEnd
        var low = 0
        var high = 0
        for step in 0..<call.grid.count {
            let start = end &- length
            while high < count, times[high].milliseconds <= end { high &+= 1 }
            while low < high, times[low].milliseconds <= start { low &+= 1 }
            if low < high { body(step, low, high, end) }
            if isInterrupted(after: high &- low &+ 4) { return }
            end &+= stride
        }
    }

    private func floatColumn(_ samples: RangeSamples, _ call: RangeCall) -> StepColumn {
        var column = StepColumn(count: call.grid.count)
        samples.floatTimes.withUnsafeBufferPointer { times in
            samples.floats.withUnsafeBufferPointer { values in
                column.cells.withUnsafeMutableBufferPointer { cells in
                    column.floats.withUnsafeMutableBufferPointer { floats in
                        fill(Sink(cells: cells, floats: floats), times, values, call)
                    }
                }
            }
        }
        return column
    }

    private func fill(
        _ sink: Sink, _ times: FloatKernels.Times, _ values: FloatKernels.Values, _ call: RangeCall
    ) {
        switch call.function {
        case .rate: fillRate(sink, times, values, call, isCounter: true, perSecond: call.seconds)
        case .increase: fillRate(sink, times, values, call, isCounter: true, perSecond: nil)
        case .delta: fillRate(sink, times, values, call, isCounter: false, perSecond: nil)
        case .irate, .idelta: fillInstantRate(sink, times, values, call)
        case .sumOverTime, .avgOverTime: fillSums(sink, times, values, call)
        case .minOverTime where call.grid.count < 3:
            slide(times, call) { sink.put($0, FloatKernels.minimum(values, $1, $2)) }
        case .maxOverTime where call.grid.count < 3:
            slide(times, call) { sink.put($0, FloatKernels.maximum(values, $1, $2)) }
        case .minOverTime, .maxOverTime:
            var extreme = SlidingExtreme(isGreatest: call.function == .maxOverTime)
            slide(times, call) { sink.put($0, extreme.value(values, $1, $2)) }
        case .countOverTime: slide(times, call) { sink.put($0, Double($2 - $1)) }
        case .lastOverTime: slide(times, call) { sink.put($0, values[$2 - 1]) }
        case .firstOverTime: slide(times, call) { step, low, _ in sink.put(step, values[low]) }
        case .presentOverTime, .absentOverTime: slide(times, call) { step, _, _ in sink.put(step, 1) }
        case .tsOfLastOverTime: slide(times, call) { sink.put($0, times[$2 - 1].seconds) }
        case .tsOfFirstOverTime: slide(times, call) { step, low, _ in sink.put(step, times[low].seconds) }
        case .tsOfMaxOverTime:
            slide(times, call) { sink.put($0, times[FloatKernels.positionOfMaximum(values, $1, $2)].seconds) }
        case .tsOfMinOverTime:
            slide(times, call) { sink.put($0, times[FloatKernels.positionOfMinimum(values, $1, $2)].seconds) }
        case .stdvarOverTime: slide(times, call) { sink.put($0, FloatKernels.variance(values, $1, $2)) }
        case .stddevOverTime: slide(times, call) { sink.put($0, FloatKernels.variance(values, $1, $2).squareRoot()) }
        case .madOverTime:
            var scratch: [Double] = []
            slide(times, call) { sink.put($0, FloatKernels.medianDeviation(values, $1, $2, &scratch)) }
        case .quantileOverTime:
            var order = SlidingOrder()
            slide(times, call) { step, low, high in
                let phi = call.parameters[0][step]
                if phi.isNaN || phi < 0 || phi > 1 {
                    _ = isInterrupted(after: 200)
                    annotations.invalidQuantile(phi, call.place)
                }
                order.move(values, low, high)
                sink.put(step, Quantile.ofSorted(phi, order.sorted))
            }
        case .changes: fillCounts(sink, times, values, call) { $0 != $1 && !($0.isNaN && $1.isNaN) }
        case .resets: fillCounts(sink, times, values, call) { $1 < $0 }
        case .deriv:
            let regression = call.grid.count < 3 ? nil : SlidingRegression(times, values)
            slide(times, call) { step, low, high in
                guard high - low >= 2 else { return }
                let origin = times[low].milliseconds
                let line =
                    regression?.line(low, high, origin: origin)
                    ?? FloatKernels.regression(times, values, low, high, origin: origin)
                sink.put(step, line.slope)
            }
        case .predictLinear:
            let regression = call.grid.count < 3 ? nil : SlidingRegression(times, values)
            slide(times, call) { step, low, high in
                guard high - low >= 2 else { return }
                let origin = call.grid.time(step)
                let line =
                    regression?.line(low, high, origin: origin)
                    ?? FloatKernels.regression(times, values, low, high, origin: origin)
                sink.put(step, line.slope * call.parameters[0][step] + line.intercept)
            }
        case .doubleExponentialSmoothing:
            slide(times, call) { step, low, high in
                guard high - low >= 2 else { return }
                sink.put(
                    step,
                    FloatKernels.smoothed(
                        values, low, high, smoothing: call.parameters[0][step], trend: call.parameters[1][step]))
            }
        case .abs, .absent, .acos, .acosh, .asin, .asinh, .atan, .atanh, .ceil, .clamp, .cos, .cosh, .deg, .end, .exp,
            .floor, .hour, .info, .ln, .log10, .log2, .minute, .month, .pi, .rad, .range, .round, .scalar, .sgn, .sin,
            .sinh, .sort, .sqrt, .start, .step, .tan, .tanh, .time, .timestamp, .vector, .year, .clampMax, .clampMin,
            .dayOfMonth, .dayOfWeek, .dayOfYear, .daysInMonth, .histogramAvg, .histogramCount, .histogramFraction,
            .histogramQuantile, .histogramQuantiles, .histogramStddev, .histogramStdvar, .histogramSum, .labelJoin,
            .labelReplace, .maxOf, .minOf, .sortByLabel, .sortByLabelDesc, .sortDesc, .startTimestamp:
            // The type rules give these no range vector.
            return
        }
    }

    /// Resets are found once for the series; a window adds those that lie in it, in Prometheus' order of additions.
    private func fillRate(
        _ sink: Sink, _ times: FloatKernels.Times, _ values: FloatKernels.Values, _ call: RangeCall, isCounter: Bool,
        perSecond: Double?
    ) {
        var resets: [Int] = []
        if isCounter {
            for index in 1..<max(values.count, 1) where values[index] < values[index - 1] { resets.append(index) }
        }
        let length = call.source.window
        var firstReset = 0
        resets.withUnsafeBufferPointer { resets in
            slideEnds(times, call) { step, low, high, end in
                guard high &- low >= 2 else { return }
                var increase = values[high - 1] - values[low]
                while firstReset < resets.count, resets[firstReset] <= low { firstReset &+= 1 }
                var reset = firstReset
                while reset < resets.count, resets[reset] < high {
                    increase += values[resets[reset] - 1]
                    reset &+= 1
                }
                sink.put(
                    step,
                    FloatKernels.extrapolated(
                        increase, firstValue: values[low], firstTime: times[low].milliseconds,
                        lastTime: times[high - 1].milliseconds, count: high &- low, start: end &- length, end: end,
                        isCounter: isCounter, perSecond: perSecond))
            }
        }
    }

    private func fillSums(
        _ sink: Sink, _ times: FloatKernels.Times, _ values: FloatKernels.Values, _ call: RangeCall
    ) {
        let isSum = call.function == .sumOverTime
        if call.grid.count > 2, let exact = ExactSums(values) {
            slide(times, call) { step, low, high in
                let sum = exact.sum(low, high)
                sink.put(step, isSum ? sum : sum / Double(high &- low))
            }
        } else if isSum {
            slide(times, call) { sink.put($0, FloatKernels.sum(values, $1, $2)) }
        } else {
            slide(times, call) { sink.put($0, FloatKernels.average(values, $1, $2)) }
        }
    }

    private func fillInstantRate(
        _ sink: Sink, _ times: FloatKernels.Times, _ values: FloatKernels.Values, _ call: RangeCall
    ) {
        let isRate = call.function == .irate
        slide(times, call) { step, low, high in
            guard high &- low >= 2 else { return }
            let last = values[high - 1]
            let before = values[high - 2]
            let interval = times[high - 1].milliseconds &- times[high - 2].milliseconds
            guard interval != 0 else { return }
            guard isRate else { return sink.put(step, last - before) }
            sink.put(step, (last < before ? last : last - before) / (Double(interval) / 1000))
        }
    }

    /// How many neighbours in the window satisfy `isCounted(earlier, later)`: a difference of two running counts.
    @inline(__always)
    private func fillCounts(
        _ sink: Sink, _ times: FloatKernels.Times, _ values: FloatKernels.Values, _ call: RangeCall,
        _ isCounted: (Double, Double) -> Bool
    ) {
        var counts = [Int32](repeating: 0, count: values.count)
        for index in 1..<max(values.count, 1) {
            counts[index] = counts[index - 1] &+ (isCounted(values[index - 1], values[index]) ? 1 : 0)
        }
        slide(times, call) { step, low, high in sink.put(step, Double(counts[high - 1] &- counts[low])) }
    }
}

/// `%f` of Go.
private func fixed(_ value: Double) -> String {
    if !value.isFinite { return goFloat(value) }
    let scaled = (value.magnitude * 1e6).rounded()
    guard scaled < 1e18 else { return goPlainFloat(value) + ".000000" }
    let digits = String(Int64(scaled) % 1_000_000)
    let padding = String(repeating: "0", count: 6 - digits.utf8.count)
    return (value.sign == .minus ? "-" : "") + "\(Int64(scaled) / 1_000_000).\(padding)\(digits)"
}
