// sum, avg, min, max, count, group, stddev and stdvar of float columns: a pass over each, a group at a time.
// Called by Aggregations, which has the groups; columns with histograms go another way there.

import MetricModel
import PromQLSyntax

/// One group of floats at one step.
struct FloatGroup {
    private var sum: KahanSum
    private var mean: KahanMean
    private var runningMean: Double
    private var squares: Double
    private var count = 1.0
    private var extreme: Double

    init(_ first: Double, _ operation: AggregationOperator) {
        sum = KahanSum(first)
        mean = KahanMean(first)
        runningMean = first
        squares = first.isFinite ? 0 : .nan
        extreme = first
    }

    mutating func add(_ value: Double, _ operation: AggregationOperator) {
        count += 1
        switch operation {
        case .sum: sum.add(value)
        case .avg: mean.add(value)
        case .min: if value < extreme || extreme.isNaN { extreme = value }
        case .max: if value > extreme || extreme.isNaN { extreme = value }
        case .stddev, .stdvar:
            let delta = value - runningMean
            runningMean += delta / count
            squares += delta * (value - runningMean)
        case .group, .count, .quantile, .topk, .bottomk, .limitk, .limitRatio, .countValues: return
        }
    }

    func value(_ operation: AggregationOperator) -> Double {
        switch operation {
        case .sum: sum.value
        case .avg: mean.value
        case .min, .max: extreme
        case .stdvar: squares / count
        case .stddev: (squares / count).squareRoot()
        case .group: 1
        case .count: count
        case .quantile, .topk, .bottomk, .limitk, .limitRatio, .countValues: .nan
        }
    }
}

/// Groups of float columns: one pass over each input column, a group at a time where accumulators are needed.
struct FloatAggregation {
    let operation: AggregationOperator
    let steps: Int
    private let evaluator: Evaluator

    init(_ operation: AggregationOperator, steps: Int, _ evaluator: Evaluator) {
        self.operation = operation
        self.steps = steps
        self.evaluator = evaluator
    }

    func columns(_ input: [StepSeries], _ grouping: Grouping) -> [StepColumn] {
        switch operation {
        case .sum: return sums(input, grouping)
        case .min: return folded(input, grouping) { $1 < $0 || $0.isNaN ? $1 : $0 }
        case .max: return folded(input, grouping) { $1 > $0 || $0.isNaN ? $1 : $0 }
        case .count, .group: return counts(input, grouping)
        default: return general(input, grouping)
        }
    }

    private func empty(_ grouping: Grouping) -> [StepColumn] {
        [StepColumn](repeating: StepColumn(count: steps), count: grouping.count)
    }

    @inline(__always)
    private func folded(
        _ input: [StepSeries], _ grouping: Grouping, _ combine: (Double, Double) -> Double
    ) -> [StepColumn] {
        var columns = empty(grouping)
        for (index, series) in input.enumerated() {
            if evaluator.isInterrupted(after: 20 + steps) { break }
            let group = grouping.groupOfSeries[index]
            update(&columns[group], series.column) { step, cells, floats, value in
                floats[step] = cells[step] == Cell.absent ? value : combine(floats[step], value)
                cells[step] = Cell.float
            }
        }
        return columns
    }

    private func counts(_ input: [StepSeries], _ grouping: Grouping) -> [StepColumn] {
        var columns = empty(grouping)
        let isCount = operation == .count
        for (index, series) in input.enumerated() {
            if evaluator.isInterrupted(after: 20 + steps) { break }
            update(&columns[grouping.groupOfSeries[index]], series.column) { step, cells, floats, _ in
                floats[step] = isCount ? floats[step] + 1 : 1
                cells[step] = Cell.float
            }
        }
        return columns
    }

    private func sums(_ input: [StepSeries], _ grouping: Grouping) -> [StepColumn] {
        var columns = empty(grouping)
        let members = grouping.members
        // Of one group at a time: of all together they would be as large as the columns.
        var compensations = [Double](repeating: 0, count: steps)
        compensations.withUnsafeMutableBufferPointer { compensations in
            for group in columns.indices {
                compensations.update(repeating: 0)
                for index in members.of(group) {
                    if evaluator.isInterrupted(after: 20 + steps) { return }
                    update(&columns[group], input[index].column) { step, cells, floats, value in
                        if cells[step] == Cell.absent {
                            cells[step] = Cell.float
                            floats[step] = value
                        } else {
                            var sum = KahanSum(floats[step], compensation: compensations[step])
                            sum.add(value)
                            floats[step] = sum.sum
                            compensations[step] = sum.compensation
                        }
                    }
                }
                if evaluator.isInterrupted(after: 20 + steps) { return }
                for step in 0..<steps { columns[group].floats[step] += compensations[step] }
            }
        }
        return columns
    }

    /// Some accumulators take the room of ten cells: they are made for one group and so many steps, and used again.
    private static let blockSteps = 1024

    private func general(_ input: [StepSeries], _ grouping: Grouping) -> [StepColumn] {
        var columns = empty(grouping)
        let members = grouping.members
        var states = [FloatGroup?](repeating: nil, count: min(steps, Self.blockSteps))
        for group in columns.indices {
            for start in stride(from: 0, to: steps, by: Self.blockSteps) {
                let block = start..<min(steps, start + Self.blockSteps)
                for index in members.of(group) {
                    if evaluator.isInterrupted(after: 20 + block.count) { return columns }
                    for step in block where input[index].column.cells[step] == Cell.float {
                        let value = input[index].column.floats[step]
                        if states[step - start] == nil {
                            states[step - start] = FloatGroup(value, operation)
                        } else {
                            states[step - start]?.add(value, operation)
                        }
                    }
                }
                if evaluator.isInterrupted(after: 4 * block.count) { return columns }
                for step in block {
                    if let state = states[step - start] { columns[group].set(step, state.value(operation)) }
                    states[step - start] = nil
                }
            }
        }
        return columns
    }

    /// Calls `body` for each float of `input` with the target's cells and floats.
    @inline(__always)
    private func update(
        _ target: inout StepColumn, _ input: StepColumn,
        _ body: (Int, UnsafeMutableBufferPointer<UInt8>, UnsafeMutableBufferPointer<Double>, Double) -> Void
    ) {
        target.cells.withUnsafeMutableBufferPointer { cells in
            target.floats.withUnsafeMutableBufferPointer { floats in
                input.cells.withUnsafeBufferPointer { present in
                    input.floats.withUnsafeBufferPointer { values in
                        for step in 0..<steps where present[step] == Cell.float {
                            body(step, cells, floats, values[step])
                        }
                    }
                }
            }
        }
    }
}
