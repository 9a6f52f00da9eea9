// Functions that change labels or the order of elements: label_replace, label_join, sort and sort_by_label.
// Called by InstantFunctions.

import LinearRegex
import MetricModel
import PromQLSyntax
import Querying

extension Evaluator {
    func labelReplace(_ plan: CallPlan, _ grid: EvaluationGrid) throws(QueryFailure) -> StepValue {
        let target = try text(plan, 1)
        let template = try text(plan, 2)
        let source = try text(plan, 3)
        let pattern = try text(plan, 4)
        let bytes = plan.range.start..<plan.range.end
        guard let regex = try? LinearRegex(anchored: pattern) else {
            // The pattern's own error adds nothing to this one, which is Prometheus'.
            throw QueryFailure(
                .execution, "invalid regular expression in label_replace(): \(pattern)", bytes: bytes)
        }
        if target.isEmpty {
            throw QueryFailure(
                .execution, "invalid destination label name in label_replace(): \(target)", bytes: bytes)
        }
        let replacement = ReplacementTemplate(template, for: regex)
        var result = try argument(plan, 0, grid)
        for index in result.indices {
            let labels = labels(result[index])
            let value = labels[source] ?? ""
            // A byte may cost as many instructions as the pattern has.
            try work(200 + 100 * value.utf8.count)
            guard let match = regex.captures(in: value) else { continue }
            let count = replacement.byteCount(match)
            try checkLabelValue(count, in: "label_replace", bytes)
            try work(count + 10 * replacement.pieceCount)
            try relabel(&result[index], labels.setting(target, to: replacement.expand(match, in: value)), target, count)
        }
        return .vector(try merged(options.delaysNameRemoval ? result : try settled(result)))
    }

    func labelJoin(_ plan: CallPlan, _ grid: EvaluationGrid) throws(QueryFailure) -> StepValue {
        let target = try text(plan, 1)
        let separator = try text(plan, 2)
        var sources: [String] = []
        for index in 3..<max(3, plan.arguments.count) { sources.append(try text(plan, index)) }
        let bytes = plan.range.start..<plan.range.end
        if sources.contains("") {
            throw QueryFailure(.execution, "invalid source label name in label_join(): ", bytes: bytes)
        }
        if target.isEmpty {
            throw QueryFailure(.execution, "invalid destination label name in label_join(): ", bytes: bytes)
        }
        var result = try argument(plan, 0, grid)
        for index in result.indices {
            let labels = labels(result[index])
            try work(200 + 40 * sources.count)
            let parts = sources.map { labels[$0] ?? "" }
            let count = parts.reduce(separator.utf8.count * max(0, parts.count - 1)) { $0 + $1.utf8.count }
            try checkLabelValue(count, in: "label_join", bytes)
            try work(count)
            try relabel(&result[index], labels.setting(target, to: parts.joined(separator: separator)), target, count)
        }
        return .vector(try merged(options.delaysNameRemoval ? result : try settled(result)))
    }

    /// A name given by hand is not dropped any more. `newBytes`: of the text that is new.
    private func relabel(
        _ series: inout StepSeries, _ labels: LabelSet, _ target: String, _ newBytes: Int
    ) throws(QueryFailure) {
        series.labelCells = try chargeLabels(labels, newBytes: newBytes)
        series.labels = labels
        series.isFromSource = false
        if target == LabelSet.metricNameLabel || !options.delaysNameRemoval { series.isNameDropped = false }
    }

    // MARK: Order

    /// Elements with histograms are left out. Only the result of an instant query keeps the order.
    func sorted(_ plan: CallPlan, _ grid: EvaluationGrid) throws(QueryFailure) -> StepValue {
        var result = try argument(plan, 0, grid)
        noteSortInRange(plan, grid)
        for index in result.indices {
            try work(4)
            _ = result[index].column.dropHistograms()
        }
        result.removeAll { isInterrupted(after: 10) || $0.column.isEmpty }
        try throwInterruption()
        guard grid.isInstant else { return .vector(result) }
        let isDescending = plan.function == .sortDesc
        var values: [Double] = []
        values.reserveCapacity(result.count)
        for one in result {
            try work(10)
            values.append(one.column.floats[0])
        }
        let order = try sorted(Array(result.indices), cost: 4) { one, other in
            let left = values[one]
            let right = values[other]
            if left.isNaN || right.isNaN {
                return left.isNaN == right.isNaN ? one < other : right.isNaN
            }
            if left == right { return one < other }
            return isDescending ? left > right : left < right
        }
        return .vector(try taken(order, from: &result))
    }

    func sortedByLabel(_ plan: CallPlan, _ grid: EvaluationGrid) throws(QueryFailure) -> StepValue {
        var result = try argument(plan, 0, grid)
        noteSortInRange(plan, grid)
        guard grid.isInstant else { return .vector(result) }
        var names: [String] = []
        for index in 1..<max(1, plan.arguments.count) { names.append(try text(plan, index)) }
        let isDescending = plan.function == .sortByLabelDesc
        let keys = try allLabels(result)
        let order = try sorted(Array(result.indices), cost: 60 + 40 * names.count) { one, other in
            let (left, right) = isDescending ? (keys[other], keys[one]) : (keys[one], keys[other])
            for name in names {
                let first = left[name] ?? ""
                let second = right[name] ?? ""
                if first.isSameBytes(as: second) { continue }
                return NaturalOrder.isBefore(first, second)
            }
            return left < right
        }
        return .vector(try taken(order, from: &result))
    }

    /// Moves the elements into another order; nothing stays that would be let go of at once at the end.
    private func taken(_ order: [Int], from series: inout [StepSeries]) throws(QueryFailure) -> [StepSeries] {
        var result: [StepSeries] = []
        result.reserveCapacity(order.count)
        for place in order {
            try work(60)
            result.append(series[place].take())
        }
        return result
    }

    private func noteSortInRange(_ plan: CallPlan, _ grid: EvaluationGrid) {
        if !grid.isInstant { annotations.sortInRangeQuery(plan.range) }
    }
}

/// Runs of digits compare as numbers: `node2` comes before `node10`.
enum NaturalOrder {
    static func isBefore(_ left: String, _ right: String) -> Bool {
        let one = Array(left.utf8)
        let other = Array(right.utf8)
        var i = 0
        var j = 0
        while i < one.count, j < other.count {
            if isDigit(one[i]), isDigit(other[j]) {
                let first = digits(one, &i)
                let second = digits(other, &j)
                let (a, b) = (first.drop { $0 == 0x30 }, second.drop { $0 == 0x30 })
                if a.count != b.count { return a.count < b.count }
                if !a.elementsEqual(b) { return a.lexicographicallyPrecedes(b) }
                if first.count != second.count { return first.count < second.count }
            } else {
                if one[i] != other[j] { return one[i] < other[j] }
                i += 1
                j += 1
            }
        }
        return one.count - i < other.count - j
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private static func digits(_ bytes: [UInt8], _ index: inout Int) -> ArraySlice<UInt8> {
        let start = index
        while index < bytes.count, isDigit(bytes[index]) { index += 1 }
        return bytes[start..<index]
    }
}
