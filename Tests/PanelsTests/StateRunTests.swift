// What a series of states comes to: runs, the run a column shows, the words of thresholds.

import Dashboards
import Frames
import MetricModel
import Testing

@testable import Panels

@Suite struct StateRunTests {
    /// Samples ten seconds apart from zero on.
    private static func field(
        _ values: [Double], at times: [Int64]? = nil, _ change: (inout FieldConfiguration) -> Void = { _ in }
    ) -> DataField {
        var configuration = FieldConfiguration()
        configuration.color = .thresholds
        configuration.thresholds = Samples.thresholds([(0, "green"), (50, "yellow"), (80, "red")])
        change(&configuration)
        return DataField(
            name: "a", refID: "A", labels: .empty,
            timestamps: (times ?? values.indices.map { Int64($0) * 10 }).map { Timestamp(milliseconds: $0 * 1000) },
            values: values, step: .seconds(10), configuration: configuration, color: RGB(1, 2, 3), reduced: [])
    }

    private static func text(_ runs: [StateRun], _ field: DataField) -> String {
        let ink = StateInk(PaintContext(), offsetSeconds: 0)
        return runs.map { "\($0.start / 1000)-\($0.end / 1000) \(ink.words($0, field.configuration))" }
            .joined(separator: ", ")
    }

    @Test(
        "neighbours of one threshold are a run, which holds a step after its last sample",
        arguments: [
            ("", ""), ("10", "0-10 10"), ("10 10 10", "0-30 10"), ("10 20 30", "0-30 < 50"),
            ("10 60 90", "0-10 10, 10-20 60, 20-30 90"), ("60 70 90 95", "0-20 50–80, 20-40 80+"),
            ("nan 10 nan 10", "10-20 10, 30-40 10"), ("10 inf -inf", "0-10 10, 10-20 ∞, 20-30 -∞"),
        ])
    func runs(values: String, expected: String) {
        let field = Self.field(values.split(separator: " ").compactMap { Double($0) })
        #expect(Self.text(field.stateRuns(merges: true), field) == expected)
    }

    @Test("without merging each sample is a run of its own value")
    func unmerged() {
        let field = Self.field([10, 10, 90])
        #expect(Self.text(field.stateRuns(merges: false), field) == "0-10 10, 10-20 10, 20-30 90")
    }

    @Test(
        "a missing sample ends a run after one step, unless gaps are spanned",
        arguments: [
            (GraphStyle.SpanNulls.never, "0-20 10, 50-70 10"), (.always, "0-70 10"),
            (.shorterThan(41_000), "0-70 10"), (.shorterThan(40_000), "0-20 10, 50-70 10"),
        ])
    func gaps(spans: GraphStyle.SpanNulls, expected: String) {
        let field = Self.field([10, 10, 10, 10], at: [0, 10, 50, 60]) { $0.graph.spanNulls = spans }
        #expect(Self.text(field.stateRuns(merges: true), field) == expected)
    }

    @Test("mapped values are runs of their words, NaN among them")
    func mapped() {
        let field = Self.field([0, 1, 1, .nan]) {
            $0.mappings = [
                .value("0", MappingResult(text: "Down", color: "red")),
                .range(from: 1, to: 2, MappingResult(text: "Up", color: "green")),
                .special("nan", MappingResult(text: "Lost", color: "blue")),
            ]
        }
        let runs = field.stateRuns(merges: true)
        #expect(Self.text(runs, field) == "0-10 Down, 10-30 Up, 30-40 Lost")
        #expect(runs.map(\.state.color) == [RGB.named("red"), RGB.named("green"), RGB.named("blue")])
    }

    /// `length:value` of each run, in seconds; shown by the first digit of the value.
    @Test(
        "a part shows the run that fills most of it, and of short ones the worst",
        arguments: [
            // Ten parts of ten seconds.
            ("40:10 60:60", "1111666666"), ("44:10 56:60", "1111666666"), ("46:10 54:60", "1111166666"),
            ("41:10 2:90 57:10", "1111911111"), ("41:10 2:60 2:90 2:60 53:10", "1111911111"),
            ("41:90 2:10 57:90", "9999999999"), ("30:60", "666......."),
        ])
    func parts(lengths: String, expected: String) {
        var runs: [StateRun] = []
        var start: Int64 = 0
        for word in lengths.split(separator: " ") {
            let parts = word.split(separator: ":").compactMap { Int64($0) }
            let (length, value) = (parts[0], Double(parts[1]))
            let field = Self.field([value])
            var run = field.stateRuns(merges: true)[0]
            run.start = start * 1000
            run.end = (start + length) * 1000
            start += length
            runs.append(run)
        }
        let span = TimeSpan(Timestamp(milliseconds: 0), Timestamp(milliseconds: 100_000))
        let shown = runs.parts(10, span, shortBelow: 1)
        #expect(shown.map { $0 < 0 ? "." : "\(Int(runs[$0].value) / 10)" }.joined() == expected)
    }

    @Test("red is worse than a higher threshold: a short outage of what is up at 1 is seen")
    func worst() {
        let field = Self.field([1, 0, 1]) {
            $0.thresholds = Samples.thresholds([(0, "red"), (1, "green")])
        }
        var runs = field.stateRuns(merges: true)
        runs[0].end = 49_000
        (runs[1].start, runs[1].end) = (49_000, 50_000)
        (runs[2].start, runs[2].end) = (50_000, 100_000)
        let span = TimeSpan(Timestamp(milliseconds: 0), Timestamp(milliseconds: 100_000))
        #expect(runs.parts(10, span, shortBelow: 1) == [0, 0, 0, 0, 1, 2, 2, 2, 2, 2])
    }

    @Test(
        "names too long for their room are cut in the middle",
        arguments: [
            ("node-exporter-1", 15, "node-exporter-1"), ("node-exporter-1", 14, "node-ex…rter-1"),
            ("node-exporter-1", 5, "no…-1"), ("node-exporter-1", 4, "nod…"), ("日本語サーバー", 7, "日本…ー"), ("a\nb", 9, "a b"),
        ])
    func names(name: String, cells: Int, expected: String) {
        #expect(NameText.shortened(name, cells: cells) == expected)
        #expect(TextWidth.cells(of: NameText.shortened(name, cells: cells)) <= cells)
    }

    @Test("more series than rows are counted, and scrolling shows the later ones")
    func scrolling() {
        let scene = Scenes.busyHosts(30)
        let frame = Samples.paint(scene.0, scene.1, 48, 10)
        #expect(frame.plainText.contains("+25 more"))
        let last = Samples.paint(scene.0, scene.1, 48, 10) { $0.scroll = 1000 }
        #expect(last.plainText.contains("-30"))
        #expect(!last.plainText.contains("-22 "))
    }

    @Test("ten thousand series cost no more than those on the screen")
    func manySeries() {
        let fields = (0..<10_000).map { Samples.field("s\($0)", [Double($0), 1, 2], color: $0) }
        let panel = Samples.panel(.stateTimeline(StateTimelineOptions()), "many")
        #expect(Samples.paint(panel, Samples.data(fields), 60, 12).plainText.contains("+9992 more"))
    }
}
