// info(): adds labels of info metrics (target_info and the like) to the series that share their job and instance.
// Called by InstantFunctions. Source: Prometheus promql/info.go.

import MetricModel
import PromQLSyntax
import Querying

extension Evaluator {
    private static let identifyingLabels = ["instance", "job"]

    func info(_ plan: CallPlan, _ grid: EvaluationGrid) throws(QueryFailure) -> StepValue {
        let base = try argument(plan, 0, grid)
        guard let info = plan.info else { return .vector(base) }
        let bytes = plan.range.start..<plan.range.end
        let baseLabels = try allLabels(base)
        /// Info metrics themselves pass unchanged.
        var isIgnored: [Bool] = []
        isIgnored.reserveCapacity(base.count)
        for labels in baseLabels {
            try work(100)
            isIgnored.append(info.nameMatchers.allSatisfy { $0.matches(labels) })
        }
        let infoSeries = try fetched(info, baseLabels, isIgnored, grid)
        let joined = try InfoJoin(infoSeries, steps: grid.count, self)
        var growth = Growth()

        var result: [StepSeries] = []
        var positions = LabelPositions()
        func put(_ labels: LabelSet, _ series: StepSeries, _ step: Int) throws(QueryFailure) {
            guard let value = series.column.value(step) else { return }
            let position = positions[labels] ?? result.count
            if position == result.count {
                positions.insert(labels, position)
                let column = StepColumn(count: grid.count)
                try grow(&growth, result, column)
                let cells = try chargeLabels(labels)
                result.append(
                    StepSeries(
                        labels: labels, isNameDropped: series.isNameDropped && options.delaysNameRemoval,
                        labelCells: cells, column: column))
            }
            if result[position].column.isPresent(step) { throw QueryFailure.sameLabels }
            result[position].column.set(step, value)
        }
        for (index, series) in base.enumerated() {
            try work(200)
            let own = baseLabels[index]
            let key = own.keeping(Self.identifyingLabels)
            /// The same partners, the same labels: made anew only when a partner changes.
            var known: (partners: [Int], labels: LabelSet?)?
            for step in 0..<grid.count where series.column.isPresent(step) {
                try work(80)
                if isIgnored[index] {
                    try put(own, series, step)
                    continue
                }
                let partners = joined.partners(key, step)
                if known?.partners != partners {
                    known = (partners, try joined.labels(own, partners, infoSeries, info, bytes))
                }
                if let labels = known?.labels { try put(labels, series, step) }
            }
        }
        return .vector(result)
    }

    /// Info series that can have a partner: identifying labels of the base series are the only ones looked for.
    private func fetched(
        _ info: InfoPlan, _ base: [LabelSet], _ isIgnored: [Bool], _ grid: EvaluationGrid
    ) throws(QueryFailure) -> [StepSeries] {
        var wanted: [String: Set<String>] = [:]
        for (labels, ignored) in zip(base, isIgnored) where !ignored {
            try work(60)
            for name in Self.identifyingLabels {
                if let value = labels[name] { wanted[name, default: []].insert(value) }
            }
        }
        if wanted.isEmpty { return [] }
        var series: [StepSeries] = []
        for one in try select(info.selector, grid, yield: .originalMilliseconds) {
            try work(60)
            guard wanted.allSatisfy({ name, values in one.labels[name].map(values.contains) ?? false }) else {
                continue
            }
            if one.column.hasHistograms {
                throw QueryFailure(
                    .execution, "this should be an info metric, with float samples: \(one.labels.goDescription)")
            }
            series.append(one)
        }
        return series
    }

    /// Which info series speaks for which identity at each step: of two of one metric, the one with the newer sample.
    private struct InfoJoin {
        private let steps: Int
        /// By identity: for each info metric, the position of the info series at each step, -1 for none.
        private var byIdentity: [LabelSet: [LabelSet: [Int]]] = [:]

        init(_ series: [StepSeries], steps: Int, _ evaluator: Evaluator) throws(QueryFailure) {
            self.steps = steps
            for (index, one) in series.enumerated() {
                try evaluator.work(200 + 2 * steps)
                // Its own column, which nobody else counts, and a position a step.
                try evaluator.charge(cells: 2 * steps)
                let identity = one.labels.keeping(Evaluator.identifyingLabels)
                let name = one.labels.keeping(CollectionOfOne(LabelSet.metricNameLabel))
                var chosen = byIdentity[identity]?[name] ?? [Int](repeating: -1, count: steps)
                for step in 0..<steps where one.column.isPresent(step) {
                    guard chosen[step] >= 0 else {
                        chosen[step] = index
                        continue
                    }
                    let other = series[chosen[step]]
                    let old = other.column.floats[step]
                    let new = one.column.floats[step]
                    if old == new {
                        throw QueryFailure(
                            .execution,
                            "found duplicate series for info metric: existing \(other.labels.goDescription) @ "
                                + "\(Int64(old)), new \(one.labels.goDescription) @ \(Int64(new))")
                    }
                    if new > old { chosen[step] = index }
                }
                byIdentity[identity, default: [:]][name] = chosen
            }
        }

        func partners(_ identity: LabelSet, _ step: Int) -> [Int] {
            guard let metrics = byIdentity[identity] else { return [] }
            return metrics.values.compactMap { $0[step] >= 0 ? $0[step] : nil }.sorted()
        }

        /// Nil when the element goes: it has no partner and a matcher asks for a label.
        func labels(
            _ base: LabelSet, _ partners: [Int], _ series: [StepSeries], _ info: InfoPlan, _ bytes: Range<Int>
        ) throws(QueryFailure) -> LabelSet? {
            if partners.isEmpty { return info.dataMatchers.allSatisfy(\.matchesEmpty) ? base : nil }
            var added: [Label] = []
            for partner in partners {
                for label in series[partner].labels.labels where label.name != LabelSet.metricNameLabel {
                    if !info.dataMatchers.isEmpty, !info.dataMatchers.contains(where: { $0.name == label.name }) {
                        continue
                    }
                    if let other = added.first(where: { $0.name == label.name }), other != label {
                        throw QueryFailure(.execution, "conflicting label: \(label.name)", bytes: bytes)
                    }
                    if base[label.name] == nil { added.append(label) }
                }
            }
            return LabelSet(base.labels + added)
        }
    }
}
