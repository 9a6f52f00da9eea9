// Which element of one vector meets which of the other: by all labels, on some, ignoring some, one to one or many to one.
// Matching keys are made once for all steps; the steps then work with small numbers.

import MetricModel
import PromQLSyntax
import Querying

/// The part of a label set that decides about matching or grouping, as an ordinal: equal parts have equal numbers.
struct LabelKeys {
    private var ordinals = LabelPositions()
    private(set) var count = 0

    /// Of each series, labels that `names` select (or, with `isKeeping` false, all but those and the name).
    mutating func ordinals(
        of labels: [LabelSet], _ names: [String], isKeeping: Bool, _ evaluator: Evaluator
    ) throws(QueryFailure) -> [Int] {
        var result: [Int] = []
        result.reserveCapacity(labels.count)
        for set in labels {
            try evaluator.work(80)
            let key = isKeeping ? set.keeping(names) : set.without(names + [LabelSet.metricNameLabel])
            let known = ordinals[key] ?? count
            if known == count {
                _ = try evaluator.chargeLabels(key)
                ordinals.insert(key, known)
                count += 1
            }
            result.append(known)
        }
        return result
    }

    /// Once all series have their ordinals.
    mutating func letGo(_ evaluator: Evaluator) throws(QueryFailure) { try ordinals.letGo(evaluator) }
}

extension Evaluator {
    // MARK: and, or, unless

    func setOperation(
        _ plan: BinaryPlan, _ left: [StepSeries], _ right: [StepSeries], _ grid: EvaluationGrid
    ) throws(QueryFailure) -> [StepSeries] {
        var keys = LabelKeys()
        let matching = plan.matching
        let leftKeys = try keys.ordinals(of: try allLabels(left), matching.labels, isKeeping: matching.isOn, self)
        let rightKeys = try keys.ordinals(of: try allLabels(right), matching.labels, isKeeping: matching.isOn, self)
        try keys.letGo(self)
        let steps = grid.count
        let decider = plan.operation == .or ? left : right
        let deciderKeys = plan.operation == .or ? leftKeys : rightKeys
        /// By key and step: whether the deciding side has an element there.
        try checkRoom(columns: keys.count, grid)
        var isPresent = [Bool](repeating: false, count: keys.count * steps)
        for (series, key) in zip(decider, deciderKeys) {
            try work(20 + steps)
            for step in 0..<steps where series.column.isPresent(step) { isPresent[key * steps + step] = true }
        }
        func filtered(_ series: [StepSeries], _ keys: [Int], keepsPresent: Bool) -> [StepSeries] {
            var result: [StepSeries] = []
            for (index, var one) in series.enumerated() {
                if isInterrupted(after: 20 + 2 * steps) { break }
                for step in 0..<steps where one.column.isPresent(step) {
                    if isPresent[keys[index] * steps + step] != keepsPresent { one.column.clear(step) }
                }
                if !one.column.isEmpty { result.append(one) }
            }
            return result
        }
        switch plan.operation {
        case .and: return filtered(left, leftKeys, keepsPresent: true)
        case .unless: return filtered(left, leftKeys, keepsPresent: false)
        default:
            let both = left + filtered(right, rightKeys, keepsPresent: false)
            if grid.isInstant, options.delaysNameRemoval { return both }
            var result = try merged(options.delaysNameRemoval ? both : try settled(both))
            for index in result.indices {
                try work(4)
                result[index].isFromSource = false
            }
            return result
        }
    }

    // MARK: Arithmetic and comparison

    /// The output of one pair of series, kept between steps.
    private struct Output {
        var position: Int
        var labels: LabelSet
    }

    func matched(
        _ plan: BinaryPlan, _ left: [StepSeries], _ right: [StepSeries], _ grid: EvaluationGrid
    ) throws(QueryFailure) -> [StepSeries] {
        let matching = plan.matching
        let isSwapped = matching.cardinality == .oneToMany
        var matcher = PairMatcher(
            plan: plan, many: isSwapped ? right : left, one: isSwapped ? left : right, steps: grid.count,
            isSwapped: isSwapped, dropsName: !options.delaysNameRemoval && plan.returnsBool)
        matcher.manyLabels = try allLabels(matcher.many)
        matcher.oneLabels = try allLabels(matcher.one)
        try matcher.prepare(self)
        if let pairs = try matcher.fixedPairs(self) { return try combined(matcher, pairs, grid) }
        for step in 0..<grid.count {
            try work(4 * (matcher.many.count + matcher.one.count))
            try match(&matcher, step)
        }
        var result: [StepSeries] = []
        result.reserveCapacity(matcher.outputs.count)
        for output in matcher.outputs where !output.column.isEmpty { result.append(output) }
        if grid.isInstant, options.delaysNameRemoval { return result }
        return try merged(result)
    }

    /// The common case: every series has the same partner, or none, at every step. Whole columns are combined then.
    private func combined(
        _ matcher: PairMatcher, _ pairs: [FixedPair], _ grid: EvaluationGrid
    ) throws(QueryFailure) -> [StepSeries] {
        let plan = matcher.plan
        var result: [StepSeries] = []
        result.reserveCapacity(pairs.count)
        var growth = Growth()
        for pair in pairs {
            try work(50 + grid.count)
            let many = matcher.many[pair.many].column
            let one = matcher.one[pair.one].column
            let column = matcher.isSwapped ? combine(plan, one, many) : combine(plan, many, one)
            try throwInterruption()
            if column.isEmpty { continue }
            try grow(&growth, result, column)
            result.append(
                StepSeries(
                    labels: pair.labels, isNameDropped: plan.returnsBool, labelCells: pair.labelCells,
                    column: column))
        }
        try checkInterruption()
        if grid.isInstant, options.delaysNameRemoval { return result }
        return try merged(result)
    }

    private func combine(_ plan: BinaryPlan, _ left: StepColumn, _ right: StepColumn) -> StepColumn {
        var column = StepColumn(count: left.count)
        let operation = plan.operation
        if left.hasHistograms || right.hasHistograms || operation == .trimLower || operation == .trimUpper {
            for step in 0..<column.count {
                guard let one = left.value(step), let other = right.value(step) else { continue }
                if isInterrupted(after: 200) { break }
                guard let outcome = combine(plan, one, other) else { continue }
                if plan.returnsBool {
                    column.set(step, outcome.holds ? 1 : 0)
                } else if outcome.holds {
                    column.set(step, outcome.value)
                }
            }
            return column
        }
        let count = column.count
        column.cells.withUnsafeMutableBufferPointer { cells in
            column.floats.withUnsafeMutableBufferPointer { floats in
                left.cells.withUnsafeBufferPointer { one in
                    right.cells.withUnsafeBufferPointer { other in
                        for step in 0..<count { cells[step] = one[step] & other[step] }
                    }
                }
                left.floats.withUnsafeBufferPointer { one in
                    right.floats.withUnsafeBufferPointer { other in
                        func run(_ operation: (Double, Double) -> Double) {
                            for step in 0..<count { floats[step] = operation(one[step], other[step]) }
                        }
                        switch operation {
                        case .add: run { $0 + $1 }
                        case .subtract: run { $0 - $1 }
                        case .multiply: run { $0 * $1 }
                        case .divide: run { $0 / $1 }
                        case .modulo, .power, .atan2, .and, .or, .unless, .trimUpper, .trimLower:
                            run { ScalarOperation.calculate(operation, $0, $1) }
                        case .equal, .notEqual, .greater, .less, .greaterOrEqual, .lessOrEqual:
                            for step in 0..<count where cells[step] != Cell.absent {
                                // As the operator was written, the left value is what a filter keeps.
                                let holds = ScalarOperation.compare(operation, one[step], other[step])
                                floats[step] = plan.returnsBool ? (holds ? 1 : 0) : one[step]
                                if !holds, !plan.returnsBool { cells[step] = Cell.absent }
                            }
                        }
                    }
                }
            }
        }
        return column
    }

    private func match(_ matcher: inout PairMatcher, _ step: Int) throws(QueryFailure) {
        let plan = matcher.plan
        let matching = plan.matching
        let hasMany = matcher.many.contains { $0.column.isPresent(step) }
        let hasOne = matcher.one.contains { $0.column.isPresent(step) }
        if !hasMany, !hasOne { return }
        // Nothing can match: duplicates are not looked for then.
        if !hasMany || !hasOne, matching.fillLeft == nil, matching.fillRight == nil { return }

        matcher.begin(step)
        for index in matcher.one.indices where matcher.one[index].column.isPresent(step) {
            try work(4)
            let key = matcher.oneKeys[index]
            if let other = matcher.oneByKey[key] { throw duplicate(matcher, index, other) }
            matcher.oneByKey[key] = index
        }
        // With group_right, too, Prometheus fills the "one" side by fill_right and the "many" side by fill_left.
        let fillOne = matching.fillRight
        let fillMany = matching.fillLeft
        for index in matcher.many.indices where matcher.many[index].column.isPresent(step) {
            let key = matcher.manyKeys[index]
            let partner = matcher.oneByKey[key]
            if partner == nil, fillOne == nil { continue }
            guard let value = matcher.many[index].column.value(step) else { continue }
            let other = partner.flatMap { matcher.one[$0].column.value(step) } ?? .float(fillOne ?? 0)
            try pair(&matcher, key: key, many: index, value, one: partner, other, step)
        }
        guard let fillMany else { return }
        for index in matcher.one.indices where matcher.one[index].column.isPresent(step) {
            let key = matcher.oneKeys[index]
            if matcher.hasMatched(key) { continue }
            guard let value = matcher.one[index].column.value(step) else { continue }
            try pair(&matcher, key: key, many: nil, .float(fillMany), one: index, value, step)
        }
    }

    private func pair(
        _ matcher: inout PairMatcher, key: Int, many: Int?, _ manyValue: SampleValue, one: Int?,
        _ oneValue: SampleValue, _ step: Int
    ) throws(QueryFailure) {
        let plan = matcher.plan
        let outcome =
            matcher.isSwapped ? combine(plan, oneValue, manyValue) : combine(plan, manyValue, oneValue)
        guard let outcome else { return }
        try work(100)
        let position = try matcher.output(many: many, one: one, self)
        guard matcher.claim(key: key, output: position) else {
            let isOneToOne = plan.matching.cardinality == .oneToOne
            throw QueryFailure(
                .execution,
                isOneToOne
                    ? "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
                    : "multiple matches for labels: grouping labels must ensure unique matches",
                bytes: plan.range.start..<plan.range.end)
        }
        if plan.returnsBool {
            matcher.outputs[position].column.set(step, outcome.holds ? 1 : 0)
        } else if outcome.holds {
            matcher.outputs[position].column.set(step, outcome.value)
        }
    }

    private func duplicate(_ matcher: PairMatcher, _ index: Int, _ other: Int) -> QueryFailure {
        let matching = matcher.plan.matching
        let labels = matcher.oneLabels[index]
        let group = labels.matching(matching)
        let names = [labels.goDescription, matcher.oneLabels[other].goDescription].sorted { $0.isBefore($1) }
        let side = matcher.isSwapped ? "left" : "right"
        return QueryFailure(
            .execution,
            "found duplicate series for the match group \(group.goDescription) on the \(side) hand-side of the "
                + "operation: [\(names[0]), \(names[1])];many-to-many matching not allowed: "
                + "matching labels must be unique on one side",
            bytes: matcher.plan.range.start..<matcher.plan.range.end)
    }
}

/// Two series that meet at every step.
private struct FixedPair {
    var many: Int
    var one: Int
    var labels: LabelSet
    var labelCells: Int32
}

/// The two sides of a match and what they have produced so far. Of one-to-one matches, the left side is the "many" one.
private struct PairMatcher {
    let plan: BinaryPlan
    let many: [StepSeries]
    let one: [StepSeries]
    let steps: Int
    let isSwapped: Bool
    /// The name goes from the result at once.
    let dropsName: Bool
    var manyLabels: [LabelSet] = []
    var oneLabels: [LabelSet] = []
    private(set) var manyKeys: [Int] = []
    private(set) var oneKeys: [Int] = []
    private var keyCount = 0
    /// Of this step: the element of the one side that has a key.
    var oneByKey: [Int?] = []
    /// Of this step: outputs by key, to notice two elements that come out the same.
    private var claimed: [[LabelSet]] = []
    var outputs: [StepSeries] = []
    private var growth = Evaluator.Growth()
    private var outputByPair: [Pair: Int] = [:]

    private struct Pair: Hashable {
        var many: Int
        var one: Int
    }

    init(
        plan: BinaryPlan, many: [StepSeries], one: [StepSeries], steps: Int, isSwapped: Bool, dropsName: Bool
    ) {
        self.plan = plan
        self.many = many
        self.one = one
        self.steps = steps
        self.isSwapped = isSwapped
        self.dropsName = dropsName
    }

    mutating func prepare(_ evaluator: Evaluator) throws(QueryFailure) {
        var keys = LabelKeys()
        let matching = plan.matching
        manyKeys = try keys.ordinals(of: manyLabels, matching.labels, isKeeping: matching.isOn, evaluator)
        oneKeys = try keys.ordinals(of: oneLabels, matching.labels, isKeeping: matching.isOn, evaluator)
        keyCount = keys.count
        try keys.letGo(evaluator)
    }

    /// The pairs, when no step can find two candidates for one place and nothing is filled; nil otherwise.
    func fixedPairs(
        _ evaluator: Evaluator
    ) throws(QueryFailure) -> [FixedPair]? {
        let matching = plan.matching
        guard matching.fillLeft == nil, matching.fillRight == nil else { return nil }
        var partner = [Int](repeating: -1, count: keyCount)
        for (index, key) in oneKeys.enumerated() {
            guard partner[key] < 0 else { return nil }
            partner[key] = index
        }
        var pairs: [FixedPair] = []
        pairs.reserveCapacity(many.count)
        var isTaken = [Bool](repeating: false, count: keyCount)
        var seen = LabelPositions()
        for (index, key) in manyKeys.enumerated() where partner[key] >= 0 {
            try evaluator.work(150)
            let labels = resultLabels(manyLabels[index], oneLabels[partner[key]], dropsName: dropsName)
            if matching.cardinality == .oneToOne {
                guard !isTaken[key] else { return nil }
                isTaken[key] = true
            } else {
                guard seen[labels] == nil else { return nil }
                seen.insert(labels, index)
            }
            let cells = try evaluator.chargeLabels(labels)
            pairs.append(FixedPair(many: index, one: partner[key], labels: labels, labelCells: cells))
        }
        try seen.letGo(evaluator)
        return pairs
    }

    mutating func begin(_ step: Int) {
        oneByKey = [Int?](repeating: nil, count: keyCount)
        claimed = [[LabelSet]](repeating: [], count: keyCount)
    }

    func hasMatched(_ key: Int) -> Bool { !claimed[key].isEmpty }

    /// False when this step has such an element already.
    mutating func claim(key: Int, output: Int) -> Bool {
        if plan.matching.cardinality == .oneToOne {
            guard claimed[key].isEmpty else { return false }
        } else if claimed[key].contains(outputs[output].labels) {
            return false
        }
        claimed[key].append(outputs[output].labels)
        return true
    }

    /// The output series of a pair; nil stands for a filled side.
    mutating func output(many: Int?, one: Int?, _ evaluator: Evaluator) throws(QueryFailure) -> Int {
        let pair = Pair(many: many ?? -1, one: one ?? -1)
        if let known = outputByPair[pair] { return known }
        let manySide = many.map { manyLabels[$0] } ?? oneLabels[one ?? 0].matching(plan.matching)
        let oneSide = one.map { oneLabels[$0] } ?? manyLabels[many ?? 0].matching(plan.matching)
        let labels = resultLabels(manySide, oneSide, dropsName: dropsName)
        let column = StepColumn(count: steps)
        try evaluator.work(150 + steps)
        try evaluator.grow(&growth, outputs, column)
        let cells = try evaluator.chargeLabels(labels)
        outputs.append(
            StepSeries(labels: labels, isNameDropped: plan.returnsBool, labelCells: cells, column: column))
        outputByPair[pair] = outputs.count - 1
        return outputs.count - 1
    }

    /// Source: Prometheus resultMetric.
    private func resultLabels(_ many: LabelSet, _ one: LabelSet, dropsName: Bool) -> LabelSet {
        let matching = plan.matching
        var labels = plan.operation.changesMetric || dropsName ? many.withoutMetadata : many
        if matching.cardinality == .oneToOne {
            labels = matching.isOn ? labels.keeping(matching.labels) : labels.without(matching.labels)
        }
        for name in matching.include { labels = labels.setting(name, to: one[name] ?? "") }
        return labels
    }
}

extension LabelSet {
    /// The labels that decide about a match.
    func matching(_ matching: VectorMatching) -> LabelSet {
        matching.isOn
            ? keeping(matching.labels)
            : without(matching.labels + [LabelSet.metricNameLabel])
    }

    /// As Prometheus writes label sets in errors: `{__name__="a", b="c"}`.
    var goDescription: String {
        let parts = labels.map { label in
            let name = label.name.isClassicLabelName ? label.name : label.name.quotedForPrometheus
            return "\(name)=\(label.value.quotedForPrometheus)"
        }
        return "{" + parts.joined(separator: ", ") + "}"
    }
}
