// Pies and bar charts: shares, what is no part, which way bars go, and how long they are.

import Dashboards
import Frames
import MetricModel
import Testing

@testable import Panels

@Suite struct ShareTests {
    private func parts(
        _ values: [Double?], _ order: PieChartOptions.Order = .descending,
        _ change: (inout PaintContext) -> Void = { _ in }
    ) -> PieParts {
        var context = PaintContext()
        change(&context)
        let fields = values.enumerated().map { index, value in
            var field = Samples.field("p\(index)", [], color: index)
            field.reduced = [value]
            return field
        }
        return PieParts(fields, order: order, context)
    }

    @Test(
        "a share is a value over the sum of all that can be a part",
        arguments: [
            ([50, 25, 25], [0.5, 0.25, 0.25]), ([1], [1]), ([0, 4], [1, 0]),
            ([1e308, 1e308, 1e308, 1e308], [0.25, 0.25, 0.25, 0.25]),
            ([.nan, 3, -1, 1, .infinity], [0.75, 0.25]), ([1e-300, 3e-300], [0.75, 0.25]),
        ] as [([Double], [Double])])
    func shares(values: [Double], shares: [Double]) {
        #expect(parts(values).parts.map(\.share) == shares)
    }

    @Test("what is negative, infinite or no number is left out and counted")
    func leftOut() {
        #expect(parts([-1, .nan, .infinity, -.infinity, nil, 0, 5]).leftOut == 5)
        #expect(parts([1, 2]).leftOutText == "")
        #expect(parts([1, .nan, -2]).leftOutText == "2 left out: negative or no number")
    }

    @Test("parts stand by size or as they were asked; equal ones keep their order")
    func order() {
        let values: [Double?] = [2, 5, 2, 9]
        #expect(parts(values).parts.map(\.name) == ["p3", "p1", "p0", "p2"])
        #expect(parts(values, .ascending).parts.map(\.name) == ["p0", "p2", "p1", "p3"])
        #expect(parts(values, .query).parts.map(\.name) == ["p0", "p1", "p2", "p3"])
    }

    @Test("a series that is switched off is no part of the whole")
    func hidden() {
        let parts = parts([1, 3, 4]) { $0.hiddenSeries = [2] }
        #expect(parts.parts.map(\.share) == [0.75, 0.25])
        #expect(parts.leftOut == 0)
    }

    @Test("the last part ends where the bar ends", arguments: [1, 7, 8, 80, 1000])
    func ends(length: Int) {
        #expect(parts([1, 1, 1]).ends(over: length).last == length)
        #expect(parts([0.1, 0.2, 0.3, 0.7, 1e-9]).ends(over: length).last == length)
    }

    @Test(
        "shares are written with their decimals, and something is never written as nothing",
        arguments: [
            (0.5, 0, "50"), (0.125, 1, "12.5"), (0.004, 0, "<1"), (0.0004, 1, "<0.1"), (0, 1, "0.0"), (1, 0, "100"),
            (0.00001, 2, "<0.01"), (0.0005, 1, "0.1"),
        ])
    func shareTexts(share: Double, decimals: Int, text: String) {
        #expect(shareText(share, decimals: decimals) == text)
    }

    @Test("a pie without a part says so")
    func emptyPies() {
        func text(_ values: [(String, Double)]) -> String {
            let scene = Scenes.pie(values)
            return Samples.paint(scene.0, scene.1, 44, 6).plainText
        }
        #expect(text([("a", 0), ("b", 0)]).contains("every part is zero"))
        #expect(text([("a", -1), ("b", .nan)]).contains("2 left out: negative or no number"))
        #expect(!text([("a", -1), ("b", .nan)]).contains("zero"))
    }

    @Test("of ten thousand parts the greatest are named, the rest is one share")
    func manyParts() {
        let scene = Scenes.pie((0..<10_000).map { ("part \($0)", Double($0)) })
        let text = Samples.paint(scene.0, scene.1, 30, 10).plainText
        #expect(text.contains("part 9999"))
        #expect(text.contains("+9994 more"))
        #expect(text.contains("99.9 %"))
    }

    @Test("columns and rows of ten thousand series and categories are drawn")
    func manyBars() {
        let series = (0..<10_000).map { ("s\($0)", [Double($0), 1]) }
        for stacking in [GraphStyle.Stacking.none, .normal, .percent] {
            for orientation in [BarChartOptions.Orientation.vertical, .horizontal] {
                let scene = Scenes.barChart(["a", "b"], series) {
                    $0.stacking = stacking
                    $0.orientation = orientation
                }
                #expect(Samples.paint(scene.0, scene.1, 60, 12).plainText.contains("+99"))
            }
        }
        let names = (0..<10_000).map { "category \($0)" }
        let scene = Scenes.barChart(names, [("a", names.indices.map(Double.init))])
        #expect(Samples.paint(scene.0, scene.1, 60, 12).plainText.contains("+9991 more"))
    }

    // MARK: Bar charts

    private func chart(_ scene: (Panel, PanelData), _ options: BarChartOptions = BarChartOptions()) -> BarChart {
        var chart = BarChart(
            options,
            PanelCanvas(
                rect: Rect(x: 0, y: 0, width: 60, height: 12), hasBorder: true, panel: scene.0, data: scene.1,
                context: PaintContext()))
        chart.makeScales(0..<chart.count, rows: 10)
        return chart
    }

    @Test(
        "columns turn to rows where a name is longer than its column, or the panel is higher than wide",
        arguments: [
            (["a", "b"], 60, 12, true), (["a-long-name-of-a-service", "b"], 40, 12, false),
            (["a", "b"], 20, 12, false),
            (["12345678", "b"], 24, 12, true), (["123456789", "b"], 24, 12, false), (["a", "b"], 60, 2, false),
        ])
    func orientation(names: [String], width: Int, height: Int, isUpward: Bool) {
        let scene = Scenes.barChart(names, [("s", [1, 2])])
        #expect(chart(scene).isUpward(Rect(x: 0, y: 0, width: width, height: height)) == isUpward)
    }

    @Test("what the panel says of its orientation counts, whatever the names")
    func saidOrientation() {
        let scene = Scenes.barsAcross()
        var options = BarChartOptions()
        options.orientation = .vertical
        #expect(chart(scene, options).isUpward(Rect(x: 0, y: 0, width: 20, height: 12)))
        options.orientation = .horizontal
        #expect(!chart(scene, options).isUpward(Rect(x: 0, y: 0, width: 90, height: 12)))
    }

    @Test("bars reach from zero to their value in eighths of a cell; no number is no bar, a small one still is one")
    func lengths() {
        let scene = Scenes.barChart(["a", "b", "c", "d"], [("s", [10, -5, .nan, 0.0001])])
        let chart = chart(scene)
        func ends(_ category: Int) -> [Int] {
            chart.segments(chart.series, category, eighths: 80).flatMap { [$0.low, $0.high] }
        }
        #expect((chart.axes.axes[0].scale.low, chart.axes.axes[0].scale.high) == (-5, 10))
        #expect(ends(0) == [27, 80])
        #expect(ends(1) == [0, 27])
        #expect(ends(2) == [])
        #expect(ends(3) == [27, 28])
    }

    @Test("stacks add up, parts of a percent stack end at a hundred; values below zero go the other way")
    func stacks() {
        let scene = Scenes.barChart(["a"], [("s", [30]), ("t", [10]), ("u", [-40])])
        var options = BarChartOptions()
        options.stacking = .normal
        let normal = chart(scene, options)
        #expect(normal.sums(0) == (40, -40))
        #expect(
            normal.segments(normal.series, 0, eighths: 80).map { [$0.low, $0.high] } == [
                [40, 70], [70, 80], [0, 40],
            ])
        options.stacking = .percent
        let percent = chart(scene, options)
        #expect(percent.axes.axes[0].scale.unitLabel == "%")
        #expect(
            percent.segments(percent.series, 0, eighths: 80).map { [$0.low, $0.high] } == [
                [40, 55], [55, 60], [20, 40],
            ])
    }

    @Test("numbers beside bars share the axis' unit, unless that makes nothing of one of them")
    func values() {
        func texts(_ values: [Double]) -> [String] {
            let scene = Scenes.barChart(values.indices.map { "\($0)" }, [("s", values)], unit: "bytes")
            let chart = chart(scene)
            return chart.values(chart.series, 0..<chart.count).map(\.text)
        }
        #expect(texts([1_610_612_736, 536_870_912, 0]) == ["1.50 GiB", "0.50 GiB", "0.00 GiB"])
        #expect(texts([1_610_612_736, 12]) == ["1.5 GiB", "12 B"])
        #expect(texts([20, .nan]) == ["20 B", "—"])
    }

    @Test("of moments that do not fit the newest are shown, of names the first")
    func cut() {
        let times = Scenes.barsOverTime(200)
        #expect(Samples.paint(times.0, times.1, 60, 12).plainText.contains("21:40"))
        var scene = Scenes.barsAcross { $0.orientation = .horizontal }
        let frame = Samples.paint(scene.0, scene.1, 40, 9).plainText
        #expect(frame.contains("payments-gat"))
        #expect(frame.contains("+4 more"))
        scene.0.kind = .barChart(BarChartOptions())
        let scrolled = Samples.paint(scene.0, scene.1, 40, 9) { $0.scroll = 99 }.plainText
        #expect(scrolled.contains("mailer"))
    }
}
