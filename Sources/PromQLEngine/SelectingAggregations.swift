// topk, bottomk, limitk and limit_ratio: aggregations that keep some of the input series as they are.
// Called by Aggregations. Source: Prometheus aggregationK.

import MetricModel
import PromQLSyntax
import Querying

extension Evaluator {
    func selectSeries(
        _ plan: AggregationPlan, _ input: [StepSeries], _ grouping: Grouping, _ parameter: [Double],
        _ grid: EvaluationGrid
    ) throws(QueryFailure) -> [StepSeries] {
        guard try validate(plan, parameter) else { return [] }
        /// In the order in which an instant query shows them.
        var order: [Int] = []
        var columns = [StepColumn?](repeating: nil, count: input.count)
        var members = [[Int]](repeating: [], count: grouping.count)
        for (index, group) in grouping.groupOfSeries.enumerated() { members[group].append(index) }
        var offsets: [Double] = []
        if plan.operation == .limitRatio {
            offsets.reserveCapacity(input.count)
            for series in input {
                try work(100)
                offsets.append(ratioOffset(labels(series)))
            }
        }
        for step in 0..<grid.count {
            for group in members {
                try work(50 + group.count * 12)
                let kept: [Int]
                switch plan.operation {
                case .limitRatio:
                    let ratio = min(max(parameter[step], -1), 1)
                    if ratio == 0 { continue }
                    kept = group.filter { index in
                        input[index].column.isPresent(step)
                            && (ratio >= 0 ? offsets[index] < ratio : offsets[index] >= 1 + ratio)
                    }
                case .limitk:
                    let count = min(Int(parameter[step]), input.count)
                    if count < 1 { continue }
                    kept = Array(group.lazy.filter { input[$0].column.isPresent(step) }.prefix(count))
                default:
                    let count = min(Int(parameter[step]), input.count)
                    if count < 1 { continue }
                    kept = extremes(plan, input, group, count, step)
                }
                try work(kept.count * 50)
                for index in kept {
                    if columns[index] == nil {
                        try work(grid.count)
                        try checkRoom(columns: order.count + 1, grid)
                        columns[index] = StepColumn(count: grid.count)
                        order.append(index)
                    }
                    if let value = input[index].column.value(step) { columns[index]?.set(step, value) }
                }
            }
        }
        var result: [StepSeries] = []
        result.reserveCapacity(order.count)
        for index in order {
            try work(20)
            guard let column = columns[index] else { continue }
            var series = input[index]
            series.column = column
            result.append(series)
        }
        return result
    }

    /// False when nothing is asked for at any step.
    private func validate(_ plan: AggregationPlan, _ parameter: [Double]) throws(QueryFailure) -> Bool {
        let bytes = plan.parameterRange.start..<plan.parameterRange.end
        let hasNaN = parameter.contains { $0.isNaN }
        let numbers = parameter.filter { !$0.isNaN }
        let greatest = numbers.max() ?? .nan
        let least = numbers.min() ?? .nan
        if plan.operation == .limitRatio {
            if greatest == 0, least == 0, !hasNaN { return false }
            if hasNaN { throw QueryFailure(.execution, "Ratio value is NaN", bytes: bytes) }
            if greatest > 1 { annotations.invalidRatio(greatest, cappedTo: 1, plan.parameterRange) }
            if least < -1 { annotations.invalidRatio(least, cappedTo: -1, plan.parameterRange) }
            return true
        }
        if greatest < 1, !hasNaN { return false }
        if hasNaN { throw QueryFailure(.execution, "Parameter value is NaN", bytes: bytes) }
        if least <= -0x1p63 {
            throw QueryFailure(.execution, "Scalar value \(goFloat(least)) underflows int64", bytes: bytes)
        }
        if greatest >= 0x1p63 {
            throw QueryFailure(.execution, "Scalar value \(goFloat(greatest)) overflows int64", bytes: bytes)
        }
        return true
    }

    /// The `count` members with the greatest (least) floats, best first, NaN last; of equal ones the earlier stay.
    private func extremes(
        _ plan: AggregationPlan, _ input: [StepSeries], _ group: [Int], _ count: Int, _ step: Int
    ) -> [Int] {
        let isTop = plan.operation == .topk
        var heap = ExtremeHeap(capacity: min(count, group.count), isTop: isTop)
        for index in group {
            switch input[index].column.cells[step] {
            case Cell.float: heap.offer(input[index].column.floats[step], index)
            case Cell.histogram: annotations.histogramIgnored(in: plan.operation.rawValue, plan.range)
            default: break
            }
        }
        return heap.ordered
    }

    /// Where in 0..<1 a series lies: the hash Prometheus takes of its labels, so that both keep the same ones.
    private func ratioOffset(_ labels: LabelSet) -> Double {
        var bytes: [UInt8] = []
        func append(_ text: String) {
            let count = text.utf8.count
            if count < 255 {
                bytes.append(UInt8(count))
            } else {
                bytes += [255, UInt8(count & 0xff), UInt8(count >> 8 & 0xff), UInt8(count >> 16 & 0xff)]
            }
            bytes += Array(text.utf8)
        }
        for label in labels.labels {
            append(label.name)
            append(label.value)
        }
        return Double(XXHash64.hash(bytes)) / Double(UInt64.max)
    }
}

/// Keeps the best so far with the worst of them on top.
private struct ExtremeHeap {
    private var items: [(value: Double, index: Int)] = []
    private let capacity: Int
    private let isTop: Bool

    init(capacity: Int, isTop: Bool) {
        self.capacity = capacity
        self.isTop = isTop
        items.reserveCapacity(capacity)
    }

    /// Whether `left` is worse: further from the extreme, NaN worst.
    private func isWorse(_ left: Double, _ right: Double) -> Bool {
        if left.isNaN { return true }
        return isTop ? left < right : left > right
    }

    mutating func offer(_ value: Double, _ index: Int) {
        if items.count < capacity {
            items.append((value, index))
            var child = items.count - 1
            while child > 0 {
                let parent = (child - 1) / 2
                guard isWorse(items[child].value, items[parent].value) else { break }
                items.swapAt(child, parent)
                child = parent
            }
            return
        }
        let worst = items[0].value
        let isBetter = isTop ? worst < value : worst > value
        guard isBetter || (worst.isNaN && !value.isNaN) else { return }
        items[0] = (value, index)
        var parent = 0
        while true {
            let left = 2 * parent + 1
            guard left < items.count else { break }
            let right = left + 1
            let child = right < items.count && isWorse(items[right].value, items[left].value) ? right : left
            guard isWorse(items[child].value, items[parent].value) else { break }
            items.swapAt(child, parent)
            parent = child
        }
    }

    /// Best first.
    var ordered: [Int] {
        items.sorted { one, other in
            if one.value.isNaN || other.value.isNaN {
                return one.value.isNaN == other.value.isNaN ? one.index < other.index : other.value.isNaN
            }
            if one.value == other.value { return one.index < other.index }
            return isTop ? one.value > other.value : one.value < other.value
        }.map(\.index)
    }
}
