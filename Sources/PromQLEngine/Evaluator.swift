// Walks a plan over fetched columns: no waiting, no clock, nothing outside the values it was given.
// Comes after the fetch of EmbeddedBackend; the operations are in extensions, one file a family.

import MetricModel
import PromQLSyntax
import Querying

final class Evaluator {
    let options: EngineOptions
    let lookback: Int64
    /// By selection of the plan: sorted by labels, staleness markers included.
    let data: [[Series]]
    private var pace: WorkPace
    /// What the answer was made from: kept so that it is not given back before the answer is given.
    var lastVectors: [[StepSeries]] = []
    private let whenEnding: (@Sendable (QueryFailure) -> Void)?
    var annotations = EngineAnnotations()
    /// Samples held by results that are still needed.
    var samplesAlive = 0
    var samplesPeak = 0
    /// Room that results take which are still needed: see `StepColumn.cellCost`.
    private var cellsAlive = 0

    /// - `whenEnding`: told why the query is to end, before what it holds by then is given back.
    init(
        plan: QueryPlan, data: [[Series]], options: EngineOptions, deadline: Deadline?,
        whenEnding: (@Sendable (QueryFailure) -> Void)? = nil
    ) {
        self.options = options
        self.data = data
        self.whenEnding = whenEnding
        pace = WorkPace(deadline: deadline) { whenEnding?($0 == .cancelled ? .cancelled : .timedOut) }
        lookback = plan.lookback
    }

    // MARK: Limits

    /// Samples or cells looked at between two looks at the clock.
    static let workBetweenChecks = WorkPace.unitsBetweenLooks

    /// For loops that cannot throw: true once the query is to end, after which `throwInterruption` says why. What such a
    /// loop has made by then is thrown away.
    @inline(__always)
    func isInterrupted(after work: Int) -> Bool { pace.isOver(after: work) }

    func throwInterruption() throws(QueryFailure) {
        switch pace.reason {
        case nil: return
        case .cancelled: throw .cancelled
        case .timedOut: throw .timedOut
        }
    }

    /// What a query over its limits is refused with.
    func refusal() -> QueryFailure {
        whenEnding?(.tooManySamples)
        return .tooManySamples
    }

    /// Counts work of a loop that may throw.
    @inline(__always)
    func work(_ units: Int) throws(QueryFailure) {
        if pace.isOver(after: units) { try throwInterruption() }
    }

    /// Called between pieces of work that take well under a millisecond each.
    func checkInterruption() throws(QueryFailure) {
        if pace.look() != nil { try throwInterruption() }
    }

    /// Sorts, and ends within a comparison when the query is to end. `cost`: units of work of one comparison.
    func sorted<Element>(
        _ elements: [Element], cost: Int, _ isBefore: (Element, Element) -> Bool
    ) throws(QueryFailure) -> [Element] {
        do throws(SourceFailure) {
            return try pace.sorted(elements, cost: cost, isBefore)
        } catch {
            try throwInterruption()
            return elements
        }
    }

    /// Counts room that is not a column's until the node that is being evaluated is done.
    func charge(cells: Int) throws(QueryFailure) {
        cellsAlive += cells
        if cellsAlive > options.cellsMax { throw refusal() }
    }

    func hold(_ count: Int) throws(QueryFailure) {
        samplesAlive += count
        samplesPeak = max(samplesPeak, samplesAlive)
        if samplesAlive > options.samplesMax { throw refusal() }
    }

    /// What an operation has made so far. While a bound from above stays below the limit nothing is counted.
    struct Growth {
        fileprivate var bound = 0
        fileprivate var counted = 0
        fileprivate var seriesCounted = 0
        fileprivate var cells = 0
    }

    /// Called before `next` is added to `result`, so that a result over a limit is refused while it is being made.
    func grow(_ growth: inout Growth, _ result: [StepSeries], _ next: StepColumn) throws(QueryFailure) {
        growth.cells += next.cellCost
        growth.bound += next.hasHistograms ? next.sampleCount : next.count
        if cellsAlive + growth.cells > options.cellsMax { throw refusal() }
        if samplesAlive + growth.bound <= options.samplesMax { return }
        while growth.seriesCounted < result.count {
            growth.counted += result[growth.seriesCounted].column.sampleCount
            growth.seriesCounted += 1
        }
        growth.bound = growth.counted + next.sampleCount
        if samplesAlive + growth.bound > options.samplesMax { throw refusal() }
    }

    /// Whether so many columns may be made at once.
    func checkRoom(columns: Int, _ grid: EvaluationGrid) throws(QueryFailure) {
        let (cells, overflow) = columns.multipliedReportingOverflow(by: grid.count)
        if overflow || cells > options.cellsMax - cellsAlive { throw refusal() }
    }

    // MARK: Nodes

    func evaluate(_ node: PlanNode, _ grid: EvaluationGrid) throws(QueryFailure) -> StepValue {
        try checkInterruption()
        let samplesBefore = samplesAlive
        let cellsBefore = cellsAlive
        let value = try value(of: node, grid)
        try throwInterruption()
        switch value {
        case .scalar(let numbers): try hold(numbers.count)
        case .vector(let series):
            var count = 0
            var cells = 0
            for one in series {
                try work(20 + grid.count >> 3)
                count += one.column.sampleCount
                cells += one.column.cellCost + Int(one.labelCells)
            }
            try hold(count)
            samplesAlive = samplesBefore + count
            cellsAlive = cellsBefore + cells
            if cellsAlive > options.cellsMax { throw refusal() }
        case .string: break
        }
        return value
    }

    private func value(of node: PlanNode, _ grid: EvaluationGrid) throws(QueryFailure) -> StepValue {
        switch node {
        case .number(let number): return .scalar([Double](repeating: number, count: grid.count))
        case .string(let text): return .string(text)
        case .selector(let plan): return .vector(try select(plan, grid))
        case .range: throw QueryFailure(.internalError, "range vector outside of a function")
        case .call(let plan): return try call(plan, grid)
        case .aggregation(let plan): return .vector(try aggregate(plan, grid))
        case .binary(let plan): return try binary(plan, grid)
        case .negation(let inner): return try negate(try evaluate(inner, grid))
        case .invariant(let inner):
            let once = try evaluate(inner, grid.first)
            switch once {
            case .string: return once
            case .scalar(let numbers):
                return .scalar([Double](repeating: numbers.first ?? .nan, count: grid.count))
            case .vector(let series):
                var result: [StepSeries] = []
                result.reserveCapacity(series.count)
                var growth = Growth()
                for var one in series {
                    try work(grid.count)
                    one.column = one.column.spread(over: grid.count)
                    try grow(&growth, result, one.column)
                    result.append(one)
                }
                return .vector(result)
            }
        }
    }

    func vector(_ node: PlanNode, _ grid: EvaluationGrid) throws(QueryFailure) -> [StepSeries] {
        guard case .vector(let series) = try evaluate(node, grid) else {
            throw QueryFailure(.internalError, "expected an instant vector")
        }
        return series
    }

    func scalar(_ node: PlanNode, _ grid: EvaluationGrid) throws(QueryFailure) -> [Double] {
        guard case .scalar(let numbers) = try evaluate(node, grid) else {
            throw QueryFailure(.internalError, "expected a scalar")
        }
        return numbers
    }

    private func negate(_ value: StepValue) throws(QueryFailure) -> StepValue {
        switch value {
        case .string: return value
        case .scalar(let numbers): return .scalar(numbers.map { -$0 })
        case .vector(var series):
            for index in series.indices {
                try work(40 + series[index].column.cellCost)
                series[index].isNameDropped = true
                for step in series[index].column.floats.indices {
                    series[index].column.floats[step] = -series[index].column.floats[step]
                }
                for step in series[index].column.histograms.indices {
                    series[index].column.histograms[step]?.multiply(by: -1)
                }
            }
            if !options.delaysNameRemoval { series = try merged(try settled(series)) }
            return .vector(series)
        }
    }

    /// Gives back what a vector holds that is not needed any more, in pieces. It should be the only one that holds it.
    func letGo(_ series: inout [StepSeries]) throws(QueryFailure) {
        for index in series.indices {
            try work(40 + series[index].column.count >> 4)
            _ = series[index].take()
        }
        series = []
    }

    // MARK: Names and collisions

    /// Labels as operations see them: without the name once it is dropped, unless names go at the end of the query.
    func labels(_ series: StepSeries) -> LabelSet {
        series.isNameDropped && !options.delaysNameRemoval ? series.labels.withoutMetadata : series.labels
    }

    func allLabels(_ series: [StepSeries]) throws(QueryFailure) -> [LabelSet] {
        var result: [LabelSet] = []
        result.reserveCapacity(series.count)
        for one in series {
            try work(30)
            result.append(labels(one))
        }
        return result
    }

    /// The same series with the dropped names really gone.
    func settled(_ series: [StepSeries]) throws(QueryFailure) -> [StepSeries] {
        var series = series
        for index in series.indices where series[index].isNameDropped {
            try work(40)
            let bare = series[index].labels.withoutMetadata
            if bare.count == series[index].labels.count { continue }
            series[index].labelCells = try chargeLabels(bare)
            series[index].labels = bare
        }
        return series
    }

    /// Series with the same labels become one where they do not overlap in time, and fail the query where they do.
    func merged(_ series: [StepSeries]) throws(QueryFailure) -> [StepSeries] {
        try throwInterruption()
        guard series.count > 1 else { return series }
        var positions = LabelPositions(expecting: series.count)
        var result: [StepSeries] = []
        result.reserveCapacity(series.count)
        for one in series {
            try work(60)
            if let position = positions[one.labels] {
                try work(one.column.count)
                guard result[position].column.merge(one.column) else { throw QueryFailure.sameLabels }
            } else {
                positions.insert(one.labels, result.count)
                result.append(one)
            }
        }
        try positions.letGo(self)
        return result
    }

    /// What follows an operation that may give two elements the same labels: of one step that is an error, over several
    /// steps they are one series. With delayed name removal an instant vector may hold both until the end.
    func unified(_ series: [StepSeries], _ grid: EvaluationGrid) throws(QueryFailure) -> [StepSeries] {
        if grid.isInstant, options.delaysNameRemoval { return series }
        if options.delaysNameRemoval { return try merged(series) }
        if !(try mayCollide(series)) { return series }
        return try merged(try settled(series))
    }

    /// False when dropping names cannot make two label sets equal: all series had the same name before.
    func mayCollide(_ series: [StepSeries]) throws(QueryFailure) -> Bool {
        guard let first = series.first else { return false }
        guard let name = first.labels.metricName else { return true }
        for one in series {
            try work(30)
            guard one.isNameDropped == first.isNameDropped, one.isFromSource, one.labels["__type__"] == nil,
                one.labels["__unit__"] == nil, one.labels.metricName?.isSameBytes(as: name) ?? false
            else { return true }
        }
        return false
    }
}
