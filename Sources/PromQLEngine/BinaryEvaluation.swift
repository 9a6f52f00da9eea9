// Binary operators between scalars, vectors and both: one value with one value.
// Pairs of vectors are found by VectorMatching; the arithmetic of a pair is here.

import MetricModel
import PromQLSyntax
import Querying

extension Evaluator {
    func binary(_ plan: BinaryPlan, _ grid: EvaluationGrid) throws(QueryFailure) -> StepValue {
        if plan.leftIsScalar, plan.rightIsScalar {
            var left = try scalar(plan.left, grid)
            let right = try scalar(plan.right, grid)
            try work(4 * left.count)
            for step in left.indices { left[step] = ScalarOperation.apply(plan.operation, left[step], right[step]) }
            return .scalar(left)
        }
        if plan.leftIsScalar {
            let numbers = try scalar(plan.left, grid)
            let series = try vector(plan.right, grid)
            return .vector(try unified(withScalar(plan, series, numbers, scalarIsLeft: true), grid))
        }
        if plan.rightIsScalar {
            let series = try vector(plan.left, grid)
            let numbers = try scalar(plan.right, grid)
            return .vector(try unified(withScalar(plan, series, numbers, scalarIsLeft: false), grid))
        }
        let left = try vector(plan.left, grid)
        let right = try vector(plan.right, grid)
        if plan.operation.isSetOperation { return .vector(try setOperation(plan, left, right, grid)) }
        return .vector(try matched(plan, left, right, grid))
    }

    // MARK: Vector and scalar

    private func withScalar(
        _ plan: BinaryPlan, _ series: [StepSeries], _ numbers: [Double], scalarIsLeft: Bool
    ) -> [StepSeries] {
        var result: [StepSeries] = []
        result.reserveCapacity(series.count)
        let dropsName = plan.operation.changesMetric || plan.returnsBool
        for var one in series {
            if isInterrupted(after: 4 + numbers.count) { break }
            if dropsName { one.isNameDropped = true }
            if one.column.hasHistograms {
                mixedWithScalar(plan, &one.column, numbers, scalarIsLeft: scalarIsLeft)
            } else {
                floatsWithScalar(plan, &one.column, numbers, scalarIsLeft: scalarIsLeft)
            }
            if !one.column.isEmpty { result.append(one) }
        }
        return result
    }

    private func floatsWithScalar(
        _ plan: BinaryPlan, _ column: inout StepColumn, _ numbers: [Double], scalarIsLeft: Bool
    ) {
        let operation = plan.operation
        let count = column.count
        column.cells.withUnsafeMutableBufferPointer { cells in
            column.floats.withUnsafeMutableBufferPointer { floats in
                numbers.withUnsafeBufferPointer { numbers in
                    /// One loop an operator: the switch stays outside.
                    func run(_ operation: (Double, Double) -> Double) {
                        if scalarIsLeft {
                            for step in 0..<count { floats[step] = operation(numbers[step], floats[step]) }
                        } else {
                            for step in 0..<count { floats[step] = operation(floats[step], numbers[step]) }
                        }
                    }
                    switch operation {
                    case .add: run { $0 + $1 }
                    case .subtract: run { $0 - $1 }
                    case .multiply: run { $0 * $1 }
                    case .divide: run { $0 / $1 }
                    case .modulo, .power, .atan2: run { ScalarOperation.calculate(operation, $0, $1) }
                    case .equal, .notEqual, .greater, .less, .greaterOrEqual, .lessOrEqual:
                        for step in 0..<count where cells[step] != Cell.absent {
                            let left = scalarIsLeft ? numbers[step] : floats[step]
                            let right = scalarIsLeft ? floats[step] : numbers[step]
                            let holds = ScalarOperation.compare(operation, left, right)
                            if plan.returnsBool {
                                floats[step] = holds ? 1 : 0
                            } else if !holds {
                                cells[step] = Cell.absent
                            }
                        }
                    case .trimUpper, .trimLower:
                        for step in 0..<count where cells[step] != Cell.absent {
                            annotations.incompatibleTypes("float", operation.rawValue, "float", plan.range)
                            cells[step] = Cell.absent
                        }
                    case .and, .or, .unless: return
                    }
                }
            }
        }
    }

    private func mixedWithScalar(
        _ plan: BinaryPlan, _ column: inout StepColumn, _ numbers: [Double], scalarIsLeft: Bool
    ) {
        for step in 0..<column.count {
            guard let value = column.value(step) else { continue }
            if isInterrupted(after: 100) { return }
            let number = SampleValue.float(numbers[step])
            let outcome = scalarIsLeft ? combine(plan, number, value) : combine(plan, value, number)
            guard let outcome else {
                column.clear(step)
                continue
            }
            if plan.returnsBool {
                column.set(step, outcome.holds ? 1 : 0)
            } else if !outcome.holds {
                column.clear(step)
            } else if plan.operation.isComparison {
                // The vector's value stays, whichever side it is on.
                column.set(step, value)
            } else {
                column.set(step, outcome.value)
            }
        }
    }

    // MARK: A pair of values

    struct PairOutcome {
        var value: SampleValue
        /// False when a comparison does not hold.
        var holds = true
    }

    /// Nil, with the annotation, when the operator is not for these kinds. Source: Prometheus vectorElemBinop.
    func combine(_ plan: BinaryPlan, _ left: SampleValue, _ right: SampleValue) -> PairOutcome? {
        let operation = plan.operation
        switch (left, right) {
        case (.float(let one), .float(let other)):
            if operation == .trimUpper || operation == .trimLower { break }
            if operation.isComparison {
                return PairOutcome(value: left, holds: ScalarOperation.compare(operation, one, other))
            }
            return PairOutcome(value: .float(ScalarOperation.calculate(operation, one, other)))
        case (.float(let factor), .histogram(var histogram)):
            guard operation == .multiply else { break }
            histogram.multiply(by: factor)
            return PairOutcome(value: .histogram(histogram.compacted))
        case (.histogram(var histogram), .float(let number)):
            switch operation {
            case .multiply: histogram.multiply(by: number)
            case .divide: histogram.divide(by: number)
            case .trimUpper: return PairOutcome(value: .histogram(histogram.trimmed(above: number)))
            case .trimLower: return PairOutcome(value: .histogram(histogram.trimmed(below: number)))
            default:
                annotations.incompatibleTypes("histogram", operation.rawValue, "float", plan.range)
                return nil
            }
            return PairOutcome(value: .histogram(histogram.compacted))
        case (.histogram(let one), .histogram(let other)):
            switch operation {
            case .add: return sum(plan, one, other, isDifference: false)
            case .subtract: return sum(plan, one, other, isDifference: true)
            case .equal: return PairOutcome(value: left, holds: one.isEqual(to: other))
            case .notEqual: return PairOutcome(value: left, holds: !one.isEqual(to: other))
            default: break
            }
        }
        func kind(_ value: SampleValue) -> String {
            if case .float = value { return "float" }
            return "histogram"
        }
        annotations.incompatibleTypes(kind(left), operation.rawValue, kind(right), plan.range)
        return nil
    }

    private func sum(
        _ plan: BinaryPlan, _ left: NativeHistogram, _ right: NativeHistogram, isDifference: Bool
    ) -> PairOutcome? {
        var result = left
        guard let outcome = isDifference ? result.subtract(right) : result.add(right) else {
            annotations.incompatibleBucketLayout(plan.operation.rawValue, plan.range)
            return nil
        }
        let place: HistogramOperation = isDifference ? .subtraction : .addition
        if outcome.counterResetCollision {
            annotations.counterResetCollision(place, plan.range)
            // Prometheus takes a collision for a failed pair.
            return nil
        }
        if outcome.reconciledBounds { annotations.mismatchedCustomBuckets(place, plan.range) }
        if isDifference { result.counterResetHint = .gauge }
        result.compact()
        return PairOutcome(value: .histogram(result))
    }
}
