// Values of one series at every step of an evaluation, and the grid of those steps.
// Between Evaluator's operations everything is a list of these; QueryResult is made from the last one.

import MetricModel

/// Evaluation times, in milliseconds. A step-invariant part is evaluated on a grid of one step and spread afterwards.
struct EvaluationGrid: Hashable, Sendable {
    var start: Int64
    /// Positive.
    var step: Int64
    /// Zero when the parent's window holds no step of a subquery.
    var count: Int

    init(start: Int64, step: Int64, count: Int) {
        self.start = start
        self.step = step
        self.count = count
    }

    @inline(__always)
    func time(_ index: Int) -> Int64 { start &+ Int64(index) &* step }
    var end: Int64 { time(max(count - 1, 0)) }
    var isInstant: Bool { count == 1 }
    var first: EvaluationGrid { EvaluationGrid(start: start, step: step, count: 1) }
}

/// What a cell of a column holds. Absent is told apart from NaN.
enum Cell {
    static let absent: UInt8 = 0
    static let float: UInt8 = 1
    static let histogram: UInt8 = 2
}

/// One value, or none, a step.
///
/// `cells` and `floats` have one entry a step. `histograms` is empty while no cell holds a histogram, else it has one entry
/// a step too: that is the column's kind, and readers that only know floats must look at `cells`.
struct StepColumn {
    var cells: [UInt8]
    var floats: [Double]
    var histograms: [NativeHistogram?] = []

    init(count: Int) {
        cells = [UInt8](repeating: Cell.absent, count: count)
        floats = [Double](repeating: 0, count: count)
    }

    /// A float at each step.
    init(floats: [Double]) {
        cells = [UInt8](repeating: Cell.float, count: floats.count)
        self.floats = floats
    }

    var count: Int { cells.count }
    var hasHistograms: Bool { !histograms.isEmpty }

    @inline(__always)
    func isPresent(_ step: Int) -> Bool { cells[step] != Cell.absent }

    mutating func set(_ step: Int, _ value: Double) {
        cells[step] = Cell.float
        floats[step] = value
        if !histograms.isEmpty { histograms[step] = nil }
    }

    mutating func set(_ step: Int, _ histogram: NativeHistogram) {
        if histograms.isEmpty { histograms = [NativeHistogram?](repeating: nil, count: cells.count) }
        cells[step] = Cell.histogram
        histograms[step] = histogram
    }

    mutating func set(_ step: Int, _ value: SampleValue) {
        switch value {
        case .float(let float): set(step, float)
        case .histogram(let histogram): set(step, histogram)
        }
    }

    mutating func clear(_ step: Int) {
        cells[step] = Cell.absent
        if !histograms.isEmpty { histograms[step] = nil }
    }

    func histogram(_ step: Int) -> NativeHistogram? { histograms.isEmpty ? nil : histograms[step] }

    func value(_ step: Int) -> SampleValue? {
        switch cells[step] {
        case Cell.float: return .float(floats[step])
        case Cell.histogram: return histogram(step).map { .histogram($0) }
        default: return nil
        }
    }

    /// Room it takes, in cells of nine bytes.
    var cellCost: Int {
        hasHistograms ? cells.count * (1 + MemoryLayout<NativeHistogram>.stride / 9) : cells.count
    }

    var isEmpty: Bool { !cells.contains { $0 != Cell.absent } }

    /// Number of present cells, histograms by their size as the sample limit counts them.
    var sampleCount: Int {
        if histograms.isEmpty { return cells.reduce(0) { $0 &+ Int($1 & 1) } }
        var total = 0
        for step in cells.indices {
            switch cells[step] {
            case Cell.float: total += 1
            case Cell.histogram: total += histograms[step]?.sampleSize ?? 0
            default: break
            }
        }
        return total
    }

    /// The floats that are there, of a column without histograms; `count` of them.
    func presentFloats(_ count: Int) -> [Double] {
        [Double](unsafeUninitializedCapacity: count) { values, initialized in
            for step in cells.indices where cells[step] != Cell.absent {
                values.initializeElement(at: initialized, to: floats[step])
                initialized += 1
            }
        }
    }

    /// The first step's value at each of `count` steps.
    func spread(over count: Int) -> StepColumn {
        guard self.count == 1, count != 1 else { return self }
        var column = StepColumn(count: 0)
        column.cells = [UInt8](repeating: cells[0], count: count)
        column.floats = [Double](repeating: floats[0], count: count)
        if let histogram = histogram(0) {
            column.histograms = [NativeHistogram?](repeating: histogram, count: count)
        }
        return column
    }

    /// Takes over the cells of `other` where this column has none. False when both have a value at one step.
    mutating func merge(_ other: StepColumn) -> Bool {
        for step in cells.indices where other.cells[step] != Cell.absent {
            guard cells[step] == Cell.absent, let value = other.value(step) else { return false }
            set(step, value)
        }
        return true
    }
}

extension NativeHistogram {
    /// What the sample limit counts for one histogram point. Source: Prometheus promql, HPoint.size: bytes over 16.
    var sampleSize: Int {
        let spans = (positiveSpans.count + negativeSpans.count) * 8
        let values = (positiveBuckets.count + negativeBuckets.count + customValues.count) * 8
        return (168 + 8 + spans + values) / 16
    }
}

/// A series of a step vector.
struct StepSeries {
    /// As the source or the last operation gave them; `isNameDropped` says whether the metadata labels still count.
    var labels: LabelSet
    /// The name (with `__type__` and `__unit__`) goes: at once, or with delayed name removal at the end of the query.
    var isNameDropped = false
    /// The labels are still those of a source: among series of one name they stay distinct without it.
    var isFromSource = false
    /// Room of the labels, when an operation made them: see `LabelRoom`.
    var labelCells: Int32 = 0
    var column: StepColumn

    /// The same, leaving an empty one: of a million series the memory goes back one by one, between looks at the clock.
    mutating func take() -> StepSeries {
        let taken = self
        self = StepSeries(labels: .empty, column: StepColumn(count: 0))
        return taken
    }
}

/// What an expression is worth at every step.
enum StepValue {
    /// One number a step.
    case scalar([Double])
    case vector([StepSeries])
    case string(String)
}

extension LabelSet {
    /// The labels that describe the metric instead of the series. Source: Prometheus schema.IsMetadataLabel.
    static let metadataLabels = [LabelSet.metricNameLabel, "__type__", "__unit__"]

    var withoutMetadata: LabelSet {
        for label in labels where label.isMetadata { return without(LabelSet.metadataLabels) }
        return self
    }
}

extension Label {
    var isMetadata: Bool {
        name.utf8.first == 0x5f && (name == LabelSet.metricNameLabel || name == "__type__" || name == "__unit__")
    }
}
