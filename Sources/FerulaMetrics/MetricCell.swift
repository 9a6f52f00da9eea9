// One metric with its dimensions: a number, or counts by bucket.
// Written by the code under test through swift-metrics' handlers, read by MetricsRegistry.

import CoreMetrics
import Exposition
import MetricModel
import Synchronization

/// What a factory's metrics were used wrongly for; shared by its cells.
final class MisuseNotes: Sendable {
    private static let notesMax = 20
    private let notes = Mutex<[String]>([])

    var all: [String] { notes.withLock { $0 } }

    func add(_ note: String) {
        notes.withLock { notes in
            if notes.count < Self.notesMax, !notes.contains(note) { notes.append(note) }
        }
    }
}

final class MetricCell: Sendable {
    private struct State {
        /// A counter's or gauge's value, a histogram's sum.
        var value = 0.0
        /// Observations; a histogram's only.
        var count = 0
        /// Observations between the bound before and this one.
        var counts: [Int]
    }
    let labels: LabelSet
    private let kind: Metadata.Kind
    /// Ascending, without infinity.
    private let bounds: [Double]
    private let notes: MisuseNotes
    private let state: Mutex<State>

    init(_ labels: LabelSet, _ kind: Metadata.Kind, bounds: [Double], _ notes: MisuseNotes) {
        self.labels = labels
        self.kind = kind
        self.bounds = Set(bounds.filter { $0.isFinite }).sorted()
        self.notes = notes
        state = Mutex(State(counts: [Int](repeating: 0, count: self.bounds.count)))
    }

    private func increase(by amount: Double) {
        guard amount >= 0, amount.isFinite else {
            notes.add("the counter `\(labels)` was increased by \(amount)")
            return
        }
        state.withLock { $0.value += amount }
    }

    private func observe(_ value: Double) {
        // The first bound that is not below it; NaN is in none but the last.
        let place = bounds.firstIndex { value <= $0 }
        state.withLock { state in
            state.value += value
            state.count += 1
            if let place { state.counts[place] += 1 }
        }
    }

    func write(to writer: inout ExpositionWriter) {
        let (value, count, counts) = state.withLock { ($0.value, $0.count, $0.counts) }
        guard kind == .histogram else { return writer.sample(labels, value) }
        var below = 0
        for (bound, count) in zip(bounds, counts) {
            below += count
            let le = Label("le", GoFloat.openMetrics(bound))
            writer.sample(labels, suffix: "_bucket", extra: le, Double(below))
        }
        writer.sample(labels, suffix: "_bucket", extra: Label("le", "+Inf"), Double(count))
        writer.sample(labels, suffix: "_sum", value)
        writer.sample(labels, suffix: "_count", Double(count))
    }
}

extension MetricCell: CounterHandler, FloatingPointCounterHandler {
    func increment(by amount: Int64) { increase(by: Double(amount)) }
    /// Of a counter and of a meter.
    func increment(by amount: Double) {
        if kind == .counter { increase(by: amount) } else { state.withLock { $0.value += amount } }
    }
    func reset() { state.withLock { $0.value = 0 } }
}

extension MetricCell: MeterHandler {
    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { state.withLock { $0.value = value } }
    func decrement(by amount: Double) { state.withLock { $0.value -= amount } }
}

extension MetricCell: RecorderHandler {
    func record(_ value: Int64) { record(Double(value)) }
    func record(_ value: Double) {
        if kind == .histogram { observe(value) } else { set(value) }
    }
}

extension MetricCell: TimerHandler {
    func recordNanoseconds(_ duration: Int64) { observe(Double(duration) / 1e9) }
}
