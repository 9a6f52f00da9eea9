// Two snapshots to what differs between them.

import MetricModel
import Testing

@testable import Querying

private func entry(_ name: String, _ labels: [String: String] = [:], _ value: Double, rate: Double? = nil)
    -> MetricSnapshot.Entry
{
    MetricSnapshot.Entry(labels: LabelSet(metric: name, labels), value: value, rate: rate)
}

@Test("equal snapshots do not differ")
func equalSnapshots() {
    let snapshot = MetricSnapshot(
        entries: [entry("a", ["x": "1"], 1), entry("b_total", [:], .nan, rate: 2)],
        metadata: ["a": Metadata(kind: .gauge, help: "A.")])
    let comparison = SnapshotComparison(snapshot, snapshot)
    #expect(!comparison.isStructureChanged && !comparison.hasMoves)
    #expect(comparison.counterCount == 1 && comparison.gaugeCount == 1 && comparison.comparesRates)
    #expect(
        SnapshotComparison(MetricSnapshot(), MetricSnapshot()) == SnapshotComparison(MetricSnapshot(), MetricSnapshot())
    )
}

@Test("metrics, types, label names and series that one side alone has are named")
func structure() {
    let before = MetricSnapshot(
        entries: [
            entry("old", ["a": "1"], 1), entry("old", ["a": "2"], 1), entry("both", ["a": "1", "b": "1"], 1),
            entry("both", ["a": "2", "b": "1"], 1),
        ],
        metadata: [
            "old": Metadata(kind: .gauge), "both": Metadata(kind: .gauge, help: "H", unit: "s"),
            "unused": Metadata(kind: .counter),
        ])
    let after = MetricSnapshot(
        entries: [
            entry("new", [:], 1), entry("both", ["a": "1", "c": "1"], 1), entry("both", ["a": "3", "b": "1"], 1),
        ],
        metadata: ["both": Metadata(kind: .counter, help: "I", unit: "s"), "new": Metadata(kind: .info)])
    let comparison = SnapshotComparison(before, after)
    #expect(comparison.missing == [.init(name: "old", kind: .gauge, seriesCount: 2)])
    #expect(comparison.new == [.init(name: "new", kind: .info, seriesCount: 1)])
    #expect(
        comparison.descriptions == [
            .init(metric: "both", part: "help", before: "H", after: "I"),
            .init(metric: "both", part: "type", before: "gauge", after: "counter"),
        ])
    #expect(comparison.labelNames == [.init(metric: "both", added: ["c"], removed: [])])
    #expect(comparison.series == [.init(metric: "both", before: 2, after: 2, new: 2, gone: 2)])
    #expect(comparison.isStructureChanged && !comparison.hasMoves)
}

@Test("what moved most stands first: by share, then by difference, then by labels")
func ranking() {
    let before = MetricSnapshot(entries: [
        entry("g", ["n": "half"], 10), entry("g", ["n": "from0"], 0), entry("g", ["n": "sign"], -5),
        entry("g", ["n": "big"], 0), entry("g", ["n": "same"], 7), entry("g", ["n": "nan"], .nan),
    ])
    let after = MetricSnapshot(entries: [
        entry("g", ["n": "half"], 5), entry("g", ["n": "from0"], 3), entry("g", ["n": "sign"], 5),
        entry("g", ["n": "big"], 1000), entry("g", ["n": "same"], 7), entry("g", ["n": "nan"], 1),
    ])
    let comparison = SnapshotComparison(before, after)
    #expect(comparison.gauges.map { $0.labels["n"] ?? "" }.filter { $0 != "nan" } == ["sign", "big", "from0", "half"])
    #expect(comparison.gauges.first?.share == 2)
    #expect(comparison.gauges.last?.share == 0.5)
    #expect(comparison.gaugeCount == 6)
}

@Test("counters are compared by rates where both sides have them, else by totals")
func counters() {
    let types = ["a_total": Metadata(kind: .counter)]
    let before = MetricSnapshot(entries: [entry("a_total", [:], 100, rate: 1)], metadata: types)
    let after = MetricSnapshot(entries: [entry("a_total", [:], 150, rate: 4)], metadata: types)
    let rates = SnapshotComparison(before, after)
    #expect(rates.comparesRates)
    #expect(rates.counters.map { [$0.before, $0.after, $0.share] } == [[1, 4, 0.75]])
    let page = MetricSnapshot(entries: [entry("a_total", [:], 200)], metadata: types)
    let totals = SnapshotComparison(before, page)
    #expect(!totals.comparesRates)
    #expect(totals.counters.map { [$0.before, $0.after, $0.share] } == [[100, 200, 0.5]])
}

@Test("a move of the tolerance is none, a larger one is")
func tolerance() {
    let before = MetricSnapshot(entries: [entry("g", [:], 100)])
    func moves(_ value: Double) -> Int {
        SnapshotComparison(before, MetricSnapshot(entries: [entry("g", [:], value)]), .init(tolerance: 0.25)).gauges
            .count
    }
    #expect(moves(75) == 0)
    #expect(moves(74.9) == 1)
}

@Test("labels that are ignored are taken off, and what becomes one series is added up")
func ignored() {
    let before = MetricSnapshot(entries: [
        entry("a_total", ["instance": "x", "code": "1"], 1, rate: 1),
        entry("a_total", ["instance": "y", "code": "1"], 2, rate: 2),
    ])
    let after = MetricSnapshot(entries: [entry("a_total", ["instance": "z", "code": "1"], 3, rate: 3)])
    let comparison = SnapshotComparison(before, after, .init(ignoredLabels: ["instance"]))
    #expect(!comparison.isStructureChanged && !comparison.hasMoves)
    #expect(SnapshotComparison(before, after).isStructureChanged)
}

@Test(
    "what only grows is told by type, else by name",
    arguments: [
        ("c", true), ("c_total", true), ("g_total", false), ("h_count", true), ("h_bucket", true), ("s_sum", true),
        ("s", false), ("h", true), ("unknown_total", true), ("unknown", false), ("plain", false),
    ])
func isCounter(name: String, expected: Bool) {
    let snapshot = MetricSnapshot(metadata: [
        "c": Metadata(kind: .counter), "g_total": Metadata(kind: .gauge), "h": Metadata(kind: .histogram),
        "s": Metadata(kind: .summary), "unknown": Metadata(kind: .unknown),
    ])
    #expect(snapshot.isCounter(name) == expected)
}

@Test("a window of samples gives the newest value and the rate without resets")
func window() {
    func series(_ values: [Double]) -> Series {
        Series(
            labels: LabelSet(metric: "a_total"),
            timestamps: values.indices.map { Timestamp(milliseconds: Int64($0) * 10_000) },
            samples: .floats(values))
    }
    let rates = MetricSnapshot([series([5, 15, 5, 10]), series([7]), series([])])
    #expect(rates.entries.map(\.value) == [10, 7])
    #expect(rates.entries.map(\.rate) == [20.0 / 30, nil])
}

@Test(
    "shares of anything are in bounds",
    arguments: [(1e308, -1e308, 2.0), (0, .leastNonzeroMagnitude, 1), (.infinity, 1, 1), (-0.0, 0, nil)])
func shares(before: Double, after: Double, expected: Double?) {
    #expect(SnapshotComparison.share(before, after) == expected)
}
