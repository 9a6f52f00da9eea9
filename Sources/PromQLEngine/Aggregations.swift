// sum, avg, min, max, count, group, stddev, stdvar, quantile, count_values: over step columns, by a group index made once.
// topk and its kin, which keep whole series, are in SelectingAggregations.

import MetricModel
import PromQLSyntax
import Querying

extension Evaluator {
    func aggregate(_ plan: AggregationPlan, _ grid: EvaluationGrid) throws(QueryFailure) -> [StepSeries] {
        if plan.operation == .countValues { return try countValues(plan, grid) }
        var parameter: [Double] = []
        if let node = plan.parameter { parameter = try scalar(node, grid) }
        var input = try vector(plan.input, grid)
        let grouping = try groups(of: input, plan)
        switch plan.operation {
        case .topk, .bottomk, .limitk, .limitRatio:
            return try selectSeries(plan, input, grouping, parameter, grid)
        case .quantile: noteQuantiles(parameter, plan)
        default: break
        }
        if grid.count == 0 { return [] }
        // Every group's column is made at once, and accumulators beside it.
        try checkRoom(columns: grouping.count, grid)

        var columns: [StepColumn]
        if input.contains(where: { $0.column.hasHistograms }) {
            columns = mixedGroups(plan, input, grouping, parameter, grid)
        } else if plan.operation == .quantile {
            columns = quantiles(input, grouping, parameter, grid)
        } else {
            columns = FloatAggregation(plan.operation, steps: grid.count, self).columns(input, grouping)
        }
        var isDropped = [Bool](repeating: false, count: grouping.count)
        for (index, series) in input.enumerated() where series.isNameDropped {
            isDropped[grouping.groupOfSeries[index]] = true
        }
        try throwInterruption()
        var result: [StepSeries] = []
        // An array that grows copies itself in one stretch: of a million groups that takes a tenth of a second.
        result.reserveCapacity(columns.count)
        for group in columns.indices where !columns[group].isEmpty {
            try work(60)
            result.append(
                StepSeries(
                    labels: grouping.labels[group], isNameDropped: options.delaysNameRemoval && isDropped[group],
                    labelCells: grouping.labelCells[group], column: columns[group]))
        }
        try letGo(&input)
        return result
    }

    func groups(of input: [StepSeries], _ plan: AggregationPlan) throws(QueryFailure) -> Grouping {
        var grouping = Grouping(groupOfSeries: [], labels: [], sizes: [])
        if !plan.isWithout, plan.grouping.isEmpty {
            grouping.groupOfSeries = [Int](repeating: 0, count: input.count)
            if !input.isEmpty {
                grouping.labels = [.empty]
                grouping.labelCells = [0]
                grouping.sizes = [input.count]
            }
            return grouping
        }
        grouping.groupOfSeries.reserveCapacity(input.count)
        if !plan.isWithout {
            try groupByValues(input, plan.grouping, &grouping)
            return grouping
        }
        let dropped = plan.grouping + [LabelSet.metricNameLabel]
        var positions = LabelPositions()
        for series in input {
            try work(80)
            let key = labels(series).without(dropped)
            if let position = positions[key] {
                grouping.groupOfSeries.append(position)
                grouping.sizes[position] += 1
            } else {
                positions.insert(key, grouping.labels.count)
                grouping.groupOfSeries.append(grouping.labels.count)
                grouping.labelCells.append(try chargeLabels(key))
                grouping.labels.append(key)
                grouping.sizes.append(1)
            }
        }
        try positions.letGo(self)
        return grouping
    }

    /// `by`: compares the values of the few labels named, and makes a label set only for a group that is new.
    private func groupByValues(
        _ input: [StepSeries], _ names: [String], _ grouping: inout Grouping
    ) throws(QueryFailure) {
        /// Groups by the hash of their values; the values settle who is who. As many tables as keep each small.
        var candidates = [[Int: [Int]]](repeating: [:], count: 1 + input.count >> 12)
        var values = [String](repeating: "", count: names.count)
        var groupValues: [[String]] = []
        for series in input {
            try work(60 + 20 * names.count)
            var hasher = Hasher()
            for (index, name) in names.enumerated() {
                values[index] = value(of: name, in: series)
                hasher.combine(values[index])
            }
            let hash = hasher.finalize()
            let table = Int(UInt(bitPattern: hash) % UInt(candidates.count))
            let known = candidates[table][hash, default: []].first { group in
                zip(groupValues[group], values).allSatisfy { $0.isSameBytes(as: $1) }
            }
            if let known {
                grouping.groupOfSeries.append(known)
                grouping.sizes[known] += 1
            } else {
                candidates[table][hash, default: []].append(groupValues.count)
                grouping.groupOfSeries.append(groupValues.count)
                groupValues.append(values)
                let key = labels(series).keeping(names)
                grouping.labelCells.append(try chargeLabels(key))
                grouping.labels.append(key)
                grouping.sizes.append(1)
            }
        }
        // Of a million groups these are two million arrays.
        for table in candidates.indices {
            try work(30 * candidates[table].count)
            candidates[table] = [:]
        }
        for group in groupValues.indices {
            try work(30)
            groupValues[group] = []
        }
    }

    /// Empty for an absent label, and for the name once it is dropped.
    private func value(of name: String, in series: StepSeries) -> String {
        if series.isNameDropped, !options.delaysNameRemoval, LabelSet.metadataLabels.contains(name) { return "" }
        return series.labels[name] ?? ""
    }

    private func noteQuantiles(_ parameter: [Double], _ plan: AggregationPlan) {
        let range = plan.parameterRange
        if parameter.contains(where: { $0.isNaN }) { annotations.invalidQuantile(.nan, range) }
        let numbers = parameter.filter { !$0.isNaN }
        if let greatest = numbers.max(), greatest > 1 { annotations.invalidQuantile(greatest, range) }
        if let least = numbers.min(), least < 0 { annotations.invalidQuantile(least, range) }
    }

    private func quantiles(
        _ input: [StepSeries], _ grouping: Grouping, _ parameter: [Double], _ grid: EvaluationGrid
    ) -> [StepColumn] {
        var columns = [StepColumn](repeating: StepColumn(count: grid.count), count: grouping.count)
        var values = [[Double]](repeating: [], count: grouping.count)
        for step in 0..<grid.count {
            if isInterrupted(after: input.count * 8 + grouping.count * 8) { break }
            for group in values.indices { values[group].removeAll(keepingCapacity: true) }
            for (index, series) in input.enumerated() where series.column.cells[step] == Cell.float {
                values[grouping.groupOfSeries[index]].append(series.column.floats[step])
            }
            for group in values.indices where !values[group].isEmpty {
                columns[group].set(step, Quantile.of(parameter[step], &values[group]))
            }
        }
        return columns
    }

    // MARK: With histograms

    /// State of one group at one step.
    private struct MixedGroup {
        var float: FloatGroup?
        var histogram: HistogramGroup?
        /// Elements of any kind, for count and group.
        var elements = 0
        var values: [Double] = []
    }

    private func mixedGroups(
        _ plan: AggregationPlan, _ input: [StepSeries], _ grouping: Grouping, _ parameter: [Double],
        _ grid: EvaluationGrid
    ) -> [StepColumn] {
        var columns = [StepColumn](repeating: StepColumn(count: grid.count), count: grouping.count)
        let isSum = plan.operation == .sum || plan.operation == .avg
        let countsAll = plan.operation == .count || plan.operation == .group
        for step in 0..<grid.count {
            if isInterrupted(after: grouping.count * 30) { break }
            var groups = [MixedGroup](repeating: MixedGroup(), count: grouping.count)
            for (index, series) in input.enumerated() {
                guard let value = series.column.value(step) else { continue }
                if isInterrupted(after: series.column.cells[step] == Cell.histogram ? 200 : 10) { return columns }
                let group = grouping.groupOfSeries[index]
                groups[group].elements += 1
                switch value {
                case .float(let float):
                    groups[group].values.append(float)
                    if groups[group].float == nil {
                        groups[group].float = FloatGroup(float, plan.operation)
                    } else {
                        groups[group].float?.add(float, plan.operation)
                    }
                case .histogram(let histogram):
                    if isSum {
                        add(histogram, to: &groups[group].histogram, series, plan)
                    } else if !countsAll {
                        annotations.histogramIgnored(in: plan.operation.rawValue, plan.inputRange)
                    }
                }
            }
            for group in groups.indices {
                guard let value = result(groups[group], plan, parameter.isEmpty ? 0 : parameter[step]) else { continue }
                columns[group].set(step, value)
            }
        }
        return columns
    }

    private func add(
        _ histogram: NativeHistogram, to group: inout HistogramGroup?, _ series: StepSeries, _ plan: AggregationPlan
    ) {
        guard group != nil else {
            group = HistogramGroup(histogram, isMean: plan.operation == .avg)
            return
        }
        let wasIncompatible = group?.isIncompatible ?? false
        group?.add(histogram)
        if !wasIncompatible, group?.isIncompatible ?? false {
            annotations.mixedExponentialCustom(metric: series.labels.metricName ?? "", plan.inputRange)
        }
    }

    private func result(_ group: MixedGroup, _ plan: AggregationPlan, _ parameter: Double) -> SampleValue? {
        if group.elements == 0 { return nil }
        switch plan.operation {
        case .count: return .float(Double(group.elements))
        case .group: return .float(1)
        case .sum, .avg:
            if group.float != nil, group.histogram != nil {
                annotations.mixedFloatsHistogramsInAggregation(plan.inputRange)
                return nil
            }
            if let histogram = group.histogram {
                if histogram.hasReconciled { annotations.mismatchedCustomBuckets(.aggregation, plan.inputRange) }
                if histogram.isIncompatible { return nil }
                if histogram.hasCollision { annotations.counterResetCollision(.aggregation, plan.inputRange) }
                return .histogram(histogram.result)
            }
            return group.float.map { .float($0.value(plan.operation)) }
        case .quantile:
            guard !group.values.isEmpty else { return nil }
            var values = group.values
            return .float(Quantile.of(parameter, &values))
        default:
            return group.float.map { .float($0.value(plan.operation)) }
        }
    }

    // MARK: count_values

    private func countValues(_ plan: AggregationPlan, _ grid: EvaluationGrid) throws(QueryFailure) -> [StepSeries] {
        guard case .string(let name)? = plan.parameter else {
            throw QueryFailure(.internalError, "count_values needs a label name")
        }
        if name.isEmpty {
            throw QueryFailure(
                .execution, "invalid label name \"\"",
                bytes: plan.parameterRange.start..<plan.parameterRange.end)
        }
        let input = try vector(plan.input, grid)
        var positions = LabelPositions()
        var result: [StepSeries] = []
        let dropped = plan.grouping + [LabelSet.metricNameLabel]
        let kept = plan.grouping + [name]
        var growth = Growth()
        for series in input {
            let base = labels(series)
            /// Most series repeat few values: the label set of each is made once.
            var known: [UInt64: Int] = [:]
            for step in 0..<grid.count {
                try work(20)
                guard let value = series.column.value(step) else { continue }
                let position: Int
                if case .float(let float) = value, let seen = known[float.bitPattern] {
                    position = seen
                } else {
                    try work(300 + grid.count)
                    // Its text has a number a bucket; a bucket is half a sample.
                    if case .histogram(let histogram) = value { try work(1000 * histogram.sampleSize) }
                    let text = Self.countedText(value)
                    let labelled = base.setting(name, to: text)
                    let key = plan.isWithout ? labelled.without(dropped) : labelled.keeping(kept)
                    if let existing = positions[key] {
                        position = existing
                    } else {
                        position = result.count
                        positions.insert(key, position)
                        let column = StepColumn(count: grid.count)
                        try grow(&growth, result, column)
                        let cells = try chargeLabels(key, newBytes: text.utf8.count)
                        result.append(StepSeries(labels: key, labelCells: cells, column: column))
                    }
                    if case .float(let float) = value { known[float.bitPattern] = position }
                }
                let count = result[position].column.isPresent(step) ? result[position].column.floats[step] : 0
                result[position].column.set(step, count + 1)
            }
        }
        try positions.letGo(self)
        return result
    }

    private static func countedText(_ value: SampleValue) -> String {
        switch value {
        case .float(let float): goPlainFloat(float)
        case .histogram(let histogram): histogram.goDescription
        }
    }
}
