// A series as runs of states: what each value means, how long it held, and which run a column shows.
// Comes between the fields of a panel and StateTimelinePainter; knows no cells but their number.

import Dashboards
import MetricModel

/// What one value means to the reader. Equal states are one where they follow each other.
struct SeriesState: Hashable {
    enum Label: Hashable {
        /// The words of a mapping.
        case mapped(String)
        /// The place of a threshold: all values up to the next.
        case step(Int)
        case value(Double)
    }
    var label: Label
    var color: RGB
    /// Worse states are greater.
    var rank: Int
    /// The threshold that gives the colour.
    var step: Int?

    /// - `isStep`: the colour is that of the threshold.
    init(label: Label, color: RGB, step: Int, isStep: Bool) {
        self.label = label
        self.color = color
        self.step = isStep ? step : nil
        // Red is what is wrong now, whichever end of the thresholds it stands at; among equals the higher threshold.
        let redness = max(0, Int(color.red) - Int(max(color.green, color.blue)))
        rank = redness * 64 + min(step, 63)
    }
}

/// The states of one field's values, each found once.
struct StateReader {
    /// Values remembered; more are found again each time.
    private static let knownMax = 4096
    private let configuration: FieldConfiguration
    private let seriesColor: RGB
    private let merges: Bool
    private var known: [UInt64: SeriesState?] = [:]

    init(_ field: DataField, merges: Bool) {
        configuration = field.configuration
        seriesColor = field.color
        self.merges = merges
    }

    /// Nil where there is nothing to show: NaN that no mapping takes.
    mutating func state(of value: Double) -> SeriesState? {
        if let found = known[value.bitPattern] { return found }
        let found = find(value)
        if known.count < Self.knownMax { known[value.bitPattern] = .some(found) }
        return found
    }

    private func find(_ value: Double) -> SeriesState? {
        let mapping = configuration.mapping(of: value)
        if value.isNaN, mapping == nil { return nil }
        let step = value.isNaN ? 0 : place(of: value) ?? 0
        let own = value.isNaN ? seriesColor : configuration.color(of: value, seriesColor: seriesColor)
        let color = mapping?.color.flatMap { RGB.named($0) } ?? own
        if let text = mapping?.text {
            return SeriesState(label: .mapped(text), color: color, step: step, isStep: false)
        }
        let isStep =
            configuration.color == .thresholds && mapping == nil && !configuration.thresholds.steps.isEmpty
        return SeriesState(
            label: isStep && merges ? .step(step) : .value(value), color: color, step: step, isStep: isStep)
    }

    private func place(of value: Double) -> Int? {
        configuration.thresholds.place(of: value, min: configuration.min, max: configuration.max)
    }
}

/// A length of time in one state, in milliseconds; `end` is the first moment after it.
struct StateRun: Hashable {
    var start: Int64
    var end: Int64
    var state: SeriesState
    /// The value it began with.
    var value: Double
    /// All of its samples have that value.
    var isUniform = true
}

extension DataField {
    /// A sample holds until the next one, or for a step where the next is too far away to be joined.
    ///
    /// - `merges`: neighbours of the same state are one run; otherwise each sample is one.
    func stateRuns(merges: Bool) -> [StateRun] {
        var reader = StateReader(self, merges: merges)
        var runs: [StateRun] = []
        var open: StateRun?
        var last: Int64 = 0
        let spans = configuration.graph.spanNulls != .never
        for index in 0..<sampleCount {
            let time = timestamps[index].milliseconds
            let state = reader.state(of: values[index])
            if state == nil, spans { continue }
            if var run = open {
                let (distance, overflow) = time.subtractingReportingOverflow(last)
                let isJoined = !overflow && isJoined(over: distance)
                if isJoined, merges, state == run.state {
                    run.isUniform = run.isUniform && values[index].bitPattern == run.value.bitPattern
                    open = run
                    last = time
                    continue
                }
                run.end = isJoined ? time : min(time, afterStep(last))
                runs.append(run)
                open = nil
            }
            guard let state else { continue }
            open = StateRun(start: time, end: time, state: state, value: values[index])
            last = time
        }
        if var run = open {
            run.end = afterStep(last)
            runs.append(run)
        }
        return runs
    }

    private func afterStep(_ time: Int64) -> Int64 {
        let (end, overflow) = time.addingReportingOverflow(max(1, step.count))
        return overflow ? .max : end
    }
}

extension [StateRun] {
    /// For each of `count` equal parts of the span the run that is shown there; -1 where there is none.
    ///
    /// The run that fills most of a part has it; but where one is too short to be seen otherwise, the worst.
    /// - `shortBelow`: parts that a run must take not to count as short.
    /// - Cost: parts plus runs.
    func parts(_ count: Int, _ span: TimeSpan, shortBelow: Double) -> [Int] {
        guard count > 0 else { return [] }
        var shown = Array<Int>(repeating: -1, count: count)
        var overlaps = Array<Double>(repeating: 0, count: count)
        func place(_ time: Int64) -> Double {
            let share = (Double(time) - Double(span.start)) / span.length * Double(count)
            return Swift.max(0, Swift.min(Double(count), share))
        }
        func isShort(_ run: Int) -> Bool {
            let length = (Double(self[run].end) - Double(self[run].start)) / span.length * Double(count)
            return length < shortBelow
        }
        for index in indices {
            let from = place(self[index].start)
            let to = place(self[index].end)
            guard to > from else { continue }
            for part in Int(from)..<Swift.min(count, Int(to.rounded(.up))) {
                let overlap = Swift.min(to, Double(part + 1)) - Swift.max(from, Double(part))
                let before = shown[part]
                if before >= 0 {
                    let (ours, theirs) = (self[index].state.rank, self[before].state.rank)
                    let decidesRank = ours != theirs && (isShort(index) || isShort(before))
                    guard decidesRank ? ours > theirs : overlap > overlaps[part] else { continue }
                }
                shown[part] = index
                overlaps[part] = overlap
            }
        }
        return shown
    }
}
