// Calls: dispatch over every function of the language, and those that work value by value.
// Range functions, label functions and histogram functions have files of their own.

import MetricModel
import PromQLSyntax
import Querying

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension Evaluator {
    func call(_ plan: CallPlan, _ grid: EvaluationGrid) throws(QueryFailure) -> StepValue {
        if let position = plan.rangeArgument { return try rangeCall(plan, position, grid) }
        switch plan.function {
        case .abs: return try mapped(plan, grid) { $0.magnitude }
        case .ceil: return try mapped(plan, grid) { $0.rounded(.up) }
        case .floor: return try mapped(plan, grid) { $0.rounded(.down) }
        case .exp: return try mapped(plan, grid) { exp($0) }
        case .sqrt: return try mapped(plan, grid) { $0.squareRoot() }
        case .ln: return try mapped(plan, grid) { log($0) }
        case .log2: return try mapped(plan, grid) { log2($0) }
        case .log10: return try mapped(plan, grid) { log10($0) }
        case .sin: return try mapped(plan, grid) { sin($0) }
        case .cos: return try mapped(plan, grid) { cos($0) }
        case .tan: return try mapped(plan, grid) { tan($0) }
        case .asin: return try mapped(plan, grid) { asin($0) }
        case .acos: return try mapped(plan, grid) { acos($0) }
        case .atan: return try mapped(plan, grid) { atan($0) }
        case .sinh: return try mapped(plan, grid) { sinh($0) }
        case .cosh: return try mapped(plan, grid) { cosh($0) }
        case .tanh: return try mapped(plan, grid) { tanh($0) }
        case .asinh: return try mapped(plan, grid) { asinh($0) }
        case .acosh: return try mapped(plan, grid) { acosh($0) }
        case .atanh: return try mapped(plan, grid) { atanh($0) }
        case .rad: return try mapped(plan, grid) { $0 * .pi / 180 }
        case .deg: return try mapped(plan, grid) { $0 * 180 / .pi }
        case .sgn: return try mapped(plan, grid) { $0 < 0 ? -1 : $0 > 0 ? 1 : $0 }
        case .round: return try round(plan, grid)
        case .clamp, .clampMin, .clampMax: return try clamp(plan, grid)
        case .dayOfMonth: return try dated(plan, grid) { $0.day }
        case .dayOfWeek: return try dated(plan, grid) { $0.weekday }
        case .dayOfYear: return try dated(plan, grid) { $0.dayOfYear }
        case .daysInMonth: return try dated(plan, grid) { $0.daysInMonth }
        case .hour: return try dated(plan, grid) { $0.hour }
        case .minute: return try dated(plan, grid) { $0.minute }
        case .month: return try dated(plan, grid) { $0.month }
        case .year: return try dated(plan, grid) { $0.year }
        case .time:
            var times: [Double] = []
            times.reserveCapacity(grid.count)
            for step in 0..<grid.count {
                try work(1)
                times.append(Double(grid.time(step)) / 1000)
            }
            return .scalar(times)
        case .scalar: return .scalar(try singleValues(plan, grid))
        case .vector:
            return .vector([StepSeries(labels: .empty, column: StepColumn(floats: try number(plan, 0, grid)))])
        case .minOf:
            return .scalar(zip(try number(plan, 0, grid), try number(plan, 1, grid)).map { goMin($0.0, $0.1) })
        case .maxOf:
            return .scalar(zip(try number(plan, 0, grid), try number(plan, 1, grid)).map { goMax($0.0, $0.1) })
        case .timestamp: return try timestamps(plan, grid, yield: .timestamp)
        case .startTimestamp: return try timestamps(plan, grid, yield: .startTimestamp)
        case .absent:
            return .vector(
                absent(try argument(plan, 0, grid), labels: plan.absentLabels, grid, isNameDropped: false))
        case .sort, .sortDesc: return try sorted(plan, grid)
        case .sortByLabel, .sortByLabelDesc: return try sortedByLabel(plan, grid)
        case .labelReplace: return try labelReplace(plan, grid)
        case .labelJoin: return try labelJoin(plan, grid)
        case .info: return try info(plan, grid)
        case .histogramCount: return try histogramMapped(plan, grid) { $0.count }
        case .histogramSum: return try histogramMapped(plan, grid) { $0.sum }
        case .histogramAvg: return try histogramMapped(plan, grid) { $0.sum / $0.count }
        case .histogramStdvar: return try histogramMapped(plan, grid) { $0.variance }
        case .histogramStddev: return try histogramMapped(plan, grid) { $0.variance.squareRoot() }
        case .histogramQuantile: return try histogramQuantile(plan, grid)
        case .histogramQuantiles: return try histogramQuantiles(plan, grid)
        case .histogramFraction: return try histogramFraction(plan, grid)
        case .pi, .start, .end, .range, .step, .changes, .delta, .idelta, .increase, .irate, .deriv, .rate, .resets,
            .absentOverTime, .avgOverTime, .countOverTime, .doubleExponentialSmoothing, .firstOverTime, .lastOverTime,
            .madOverTime, .maxOverTime, .minOverTime, .predictLinear, .presentOverTime, .quantileOverTime,
            .stddevOverTime, .stdvarOverTime, .sumOverTime, .tsOfFirstOverTime, .tsOfLastOverTime, .tsOfMaxOverTime,
            .tsOfMinOverTime:
            // Constants are folded by the planner, and range functions have a range argument.
            throw QueryFailure(.internalError, "\(plan.function.rawValue) without its argument")
        }
    }

    func argument(_ plan: CallPlan, _ index: Int, _ grid: EvaluationGrid) throws(QueryFailure) -> [StepSeries] {
        guard index < plan.arguments.count else { throw QueryFailure(.internalError, "missing argument") }
        return try vector(plan.arguments[index].node, grid)
    }

    func number(_ plan: CallPlan, _ index: Int, _ grid: EvaluationGrid) throws(QueryFailure) -> [Double] {
        guard index < plan.arguments.count else { throw QueryFailure(.internalError, "missing argument") }
        return try scalar(plan.arguments[index].node, grid)
    }

    func text(_ plan: CallPlan, _ index: Int) throws(QueryFailure) -> String {
        guard index < plan.arguments.count, case .string(let text) = plan.arguments[index].node else {
            throw QueryFailure(.internalError, "expected a string literal")
        }
        return text
    }

    // MARK: Value by value

    /// Floats only: histograms are left out.
    @inline(__always)
    private func mapped(
        _ plan: CallPlan, _ grid: EvaluationGrid, _ change: (Double) -> Double
    ) throws(QueryFailure) -> StepValue {
        var result = try argument(plan, 0, grid)
        var hasEmpty = false
        for index in result.indices {
            try work(40 + 4 * grid.count)
            result[index].isNameDropped = true
            hasEmpty = result[index].column.dropHistograms() || hasEmpty
            result[index].column.floats.withUnsafeMutableBufferPointer { floats in
                // A sine takes tens of nanoseconds: of a column of millions, parts.
                var next = 0
                while next < floats.count {
                    if isInterrupted(after: 0xffff) { break }
                    for step in next..<min(floats.count, next + 0xffff) { floats[step] = change(floats[step]) }
                    next += 0xffff
                }
            }
        }
        if hasEmpty { result.removeAll { $0.column.isEmpty } }
        return .vector(try unified(result, grid))
    }

    private func round(_ plan: CallPlan, _ grid: EvaluationGrid) throws(QueryFailure) -> StepValue {
        guard plan.arguments.count > 1 else { return try mapped(plan, grid) { ($0 + 0.5).rounded(.down) } }
        let nearest = try number(plan, 1, grid)
        return try stepMapped(plan, grid) { step, value in
            let inverse = 1 / nearest[step]
            return (value * inverse + 0.5).rounded(.down) / inverse
        }
    }

    private func clamp(_ plan: CallPlan, _ grid: EvaluationGrid) throws(QueryFailure) -> StepValue {
        let low = plan.function == .clampMax ? nil : try number(plan, 1, grid)
        let high = plan.function == .clampMin ? nil : try number(plan, plan.function == .clamp ? 2 : 1, grid)
        return try stepMapped(plan, grid) { step, value in
            let least = low?[step] ?? -.infinity
            let greatest = high?[step] ?? .infinity
            return greatest < least ? nil : goMax(least, goMin(greatest, value))
        }
    }

    /// As `mapped`, with the step at hand; nil leaves the element out.
    private func stepMapped(
        _ plan: CallPlan, _ grid: EvaluationGrid, _ change: (Int, Double) -> Double?
    ) throws(QueryFailure) -> StepValue {
        var result = try argument(plan, 0, grid)
        for index in result.indices {
            result[index].isNameDropped = true
            _ = result[index].column.dropHistograms()
            for step in 0..<grid.count where result[index].column.isPresent(step) {
                try work(10)
                if let value = change(step, result[index].column.floats[step]) {
                    result[index].column.floats[step] = value
                } else {
                    result[index].column.clear(step)
                }
            }
        }
        result.removeAll { $0.column.isEmpty }
        return .vector(try unified(result, grid))
    }

    private func dated(
        _ plan: CallPlan, _ grid: EvaluationGrid, _ part: (CivilTime) -> Int
    ) throws(QueryFailure) -> StepValue {
        if plan.arguments.isEmpty {
            let values = (0..<grid.count).map { Double(part(CivilTime(secondsSinceEpoch: grid.time($0) / 1000))) }
            return .vector([StepSeries(labels: .empty, column: StepColumn(floats: values))])
        }
        return try stepMapped(plan, grid) { _, value in
            // Go's conversion of what no Int64 holds, NaN among it, gives the least one (on the processors that matter).
            let seconds = Int64(exactly: value.rounded(.towardZero)) ?? .min
            return Double(part(CivilTime(secondsSinceEpoch: seconds)))
        }
    }

    /// The one float element of each step; NaN for none or several.
    private func singleValues(_ plan: CallPlan, _ grid: EvaluationGrid) throws(QueryFailure) -> [Double] {
        let input = try argument(plan, 0, grid)
        var values = [Double](repeating: .nan, count: grid.count)
        var counts = [Int](repeating: 0, count: grid.count)
        for series in input {
            try work(40 + grid.count)
            for step in 0..<grid.count where series.column.cells[step] == Cell.float {
                counts[step] += 1
                values[step] = counts[step] == 1 ? series.column.floats[step] : .nan
            }
        }
        return values
    }

    /// Of a selector the time of the sample itself, of anything else the time of evaluation.
    private func timestamps(
        _ plan: CallPlan, _ grid: EvaluationGrid, yield: SelectorYield
    ) throws(QueryFailure) -> StepValue {
        if case .selector(let selector)? = plan.arguments.first?.node {
            var result = try select(selector, grid, yield: yield)
            for index in result.indices { result[index].isNameDropped = true }
            return .vector(try unified(result, grid))
        }
        var result = try argument(plan, 0, grid)
        if yield == .startTimestamp { return .vector([]) }
        for index in result.indices {
            result[index].isNameDropped = true
            try work(40 + 4 * grid.count)
            for step in 0..<grid.count where result[index].column.isPresent(step) {
                result[index].column.set(step, Double(grid.time(step)) / 1000)
            }
        }
        return .vector(try unified(result, grid))
    }
}

extension StepColumn {
    /// True when histograms were dropped, and cells with them.
    mutating func dropHistograms() -> Bool {
        guard hasHistograms else { return false }
        for step in cells.indices where cells[step] == Cell.histogram { cells[step] = Cell.absent }
        histograms = []
        return true
    }
}
