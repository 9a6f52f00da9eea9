// topk, bottomk, limitk and limit_ratio: aggregations that keep some of the input series as they are.
// Called by Aggregations. Source: Prometheus aggregationK.

import MetricModel
import PromQLSyntax
import Querying

/// The series that a selecting aggregation keeps, in the order in which an instant query shows them.
private struct KeptSeries {
    private(set) var order: [Int] = []
    private(set) var columns: [StepColumn?]

    init(of input: [StepSeries]) { columns = [StepColumn?](repeating: nil, count: input.count) }

    /// Room for one more, unless it has some.
    mutating func add(_ index: Int, _ column: @autoclosure () -> StepColumn) {
        if columns[index] != nil { return }
        columns[index] = column()
        order.append(index)
    }

    mutating func set(_ index: Int, _ step: Int, _ value: SampleValue) { columns[index]?.set(step, value) }
}

extension Evaluator {
    func selectSeries(
        _ plan: AggregationPlan, _ input: [StepSeries], _ grouping: Grouping, _ parameter: [Double],
        _ grid: EvaluationGrid
    ) throws(QueryFailure) -> [StepSeries] {
        guard try validate(plan, parameter) else { return [] }
        var kept = KeptSeries(of: input)
        let members = grouping.members
        var offsets: [Double] = []
        if plan.operation == .limitRatio {
            offsets.reserveCapacity(input.count)
            for series in input {
                try work(100)
                offsets.append(ratioOffset(labels(series)))
            }
        }
        let isExtreme = plan.operation == .topk || plan.operation == .bottomk
        let least = isExtreme ? parameter.min() ?? 0 : 0
        var heap = ExtremeHeap(isTop: plan.operation == .topk)
        var chosen: [Int] = []
        // A group at a time: its columns are few, and stay near while all steps are looked at.
        for number in 0..<grouping.count {
            let group = members.of(number)
            // Every member is among the best so many; of several, an instant query wants their order too.
            let isWhole = isExtreme && Double(group.count) <= least && (group.count == 1 || !grid.isInstant)
            if isWhole, group.allSatisfy({ !input[$0].column.hasHistograms }) {
                for index in group where !input[index].column.isEmpty {
                    try work(10 + grid.count)
                    try checkRoom(columns: kept.order.count + 1, grid)
                    kept.add(index, input[index].column)
                }
                continue
            }
            for step in 0..<grid.count {
                try choose(plan, input, group, parameter[step], offsets, step, &heap, &chosen)
                try work(chosen.count * 50)
                for index in chosen {
                    if kept.columns[index] == nil {
                        try work(grid.count)
                        try checkRoom(columns: kept.order.count + 1, grid)
                        kept.add(index, StepColumn(count: grid.count))
                    }
                    if let value = input[index].column.value(step) { kept.set(index, step, value) }
                }
            }
        }
        var result: [StepSeries] = []
        result.reserveCapacity(kept.order.count)
        for index in kept.order {
            try work(20)
            guard let column = kept.columns[index] else { continue }
            var series = input[index]
            series.column = column
            result.append(series)
        }
        return result
    }

    /// The members of a group that stay at one step, into `chosen`.
    private func choose(
        _ plan: AggregationPlan, _ input: [StepSeries], _ group: ArraySlice<Int>, _ parameter: Double,
        _ offsets: [Double], _ step: Int, _ heap: inout ExtremeHeap, _ chosen: inout [Int]
    ) throws(QueryFailure) {
        chosen.removeAll(keepingCapacity: true)
        try work(50)
        if plan.operation == .limitRatio {
            let ratio = min(max(parameter, -1), 1)
            if ratio == 0 { return }
            for index in group where input[index].column.isPresent(step) {
                try work(12)
                if ratio >= 0 ? offsets[index] < ratio : offsets[index] >= 1 + ratio { chosen.append(index) }
            }
            return
        }
        let count = min(Int(parameter), group.count)
        if count < 1 { return }
        if plan.operation == .limitk {
            for index in group where input[index].column.isPresent(step) {
                try work(12)
                chosen.append(index)
                if chosen.count == count { return }
            }
            return
        }
        heap.clear(capacity: count)
        // Counted in parts: to count each would cost as much as the work.
        for start in stride(from: group.startIndex, to: group.endIndex, by: 1024) {
            let part = group[start..<min(group.endIndex, start + 1024)]
            try work(12 * part.count)
            for index in part {
                switch input[index].column.cells[step] {
                case Cell.float: heap.offer(input[index].column.floats[step], index)
                case Cell.histogram: annotations.histogramIgnored(in: plan.operation.rawValue, plan.range)
                default: break
                }
            }
        }
        try heap.takeOrdered(into: &chosen, self)
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

/// Keeps the best so far, as many as its capacity, with the worst of them on top. Used again for each step and group.
private struct ExtremeHeap {
    private var items: [(value: Double, index: Int)] = []
    private var capacity = 0
    private let isTop: Bool

    init(isTop: Bool) { self.isTop = isTop }

    mutating func clear(capacity: Int) {
        self.capacity = capacity
        items.removeAll(keepingCapacity: true)
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

    /// Best first, NaN last; of equal ones the earlier.
    mutating func takeOrdered(into chosen: inout [Int], _ evaluator: Evaluator) throws(QueryFailure) {
        let isTop = isTop
        func isBefore(_ one: (value: Double, index: Int), _ other: (value: Double, index: Int)) -> Bool {
            if one.value.isNaN || other.value.isNaN {
                return one.value.isNaN == other.value.isNaN ? one.index < other.index : other.value.isNaN
            }
            if one.value == other.value { return one.index < other.index }
            return isTop ? one.value > other.value : one.value < other.value
        }
        if items.count > 1000 {
            items = try evaluator.sorted(items, cost: 6, isBefore)
        } else if items.count > 1 {
            items.sort(by: isBefore)
        }
        for item in items { chosen.append(item.index) }
    }
}
