// Ticks in the unit, times at round moments, values that stand under each other.

import Dashboards
import Frames
import MetricModel
import Testing

@testable import Panels

@Suite struct AxisTests {
    @Test(
        "ticks are round in the unit of the axis",
        arguments: [
            (nil, 0.0, 2.9, "", ["0", "1", "2", "3"]),
            ("bytes", 0, 13e9, "GiB", ["0", "4", "8", "12", "16"]),
            ("Bps", -9e6, 19e6, "MB/s", ["-10", "0", "10", "20"]),
            ("percentunit", 0, 1, "%", ["0", "25", "50", "75", "100"]),
            ("s", 0, 0.4, "ms", ["0", "100", "200", "300", "400"]),
            ("s", 0, 3000, "", ["0", "15m", "30m", "45m", "1h"]),
            ("short", 0, 43_000, "", ["0", "20K", "40K", "60K"]),
        ])
    func ticks(unit: String?, least: Double, most: Double, label: String, ticks: [String]) {
        let scale = AxisScale(AxisScale.Request(least: least, most: most, unit: AxisUnit(unit: unit), rows: 10))
        #expect(scale.unitLabel == label)
        #expect(scale.ticks.map(\.label) == ticks)
    }

    @Test("values without an extent still have an axis", arguments: [(0.0, 0.0), (5, 5), (.infinity, -.infinity)])
    func flat(least: Double, most: Double) {
        let scale = AxisScale(AxisScale.Request(least: least, most: most, rows: 10))
        #expect(scale.high > scale.low)
        #expect(scale.ticks.count >= 2)
    }

    @Test("times are labelled at round moments of the caller's zone")
    func times() {
        let start = Timestamp(milliseconds: 1_795_555_500_000)
        let quarter = TimeAxis(start: start, end: start + Milliseconds(900_000), width: 66, offsetSeconds: 32400)
        #expect(quarter.ticks.map(\.label) == ["06:27", "06:30", "06:33", "06:36", "06:39"])
        let week = TimeAxis(start: start, end: start + Milliseconds(7 * 86_400_000), width: 60, offsetSeconds: 0)
        #expect(week.ticks.map(\.label) == ["11/25", "11/27", "11/29", "12/01"])
    }

    @Test("values that share a unit get the same decimals")
    func aligned() {
        var percent = FieldConfiguration()
        percent.unit = "percent"
        let texts = ValueText.aligned([13.24, 5.284, 0.5, nil, .nan].map { ($0, percent) })
        #expect(texts.map(\.text) == ["13.2 %", "5.3 %", "0.5 %", "—", "—"])
    }

    @Test("a heading takes one row whatever the rows of a unit, and edges meet")
    func layout() {
        var heading = Samples.panel(.row(isCollapsed: false), "row")
        heading.position = GridPosition(x: 0, y: 0, width: 24, height: 1)
        var left = Scenes.lines().0
        left.position = GridPosition(x: 0, y: 1, width: 5, height: 4)
        var right = Scenes.lines().0
        right.position = GridPosition(x: 5, y: 1, width: 19, height: 4)
        let layout = DashboardPainter.layout([heading, left, right], width: 121, rowsPerUnit: 2, scroll: 1)
        #expect(
            layout.panels.map(\.rect) == [
                Rect(x: 0, y: -1, width: 121, height: 1), Rect(x: 0, y: 0, width: 25, height: 8),
                Rect(x: 25, y: 0, width: 96, height: 8),
            ])
        #expect(layout.height == 9)
        #expect(DashboardPainter.layout([left], width: 19).panels.isEmpty)
    }

    @Test("a legend short of room counts in the axis' unit, unless a value would vanish")
    func legendInTheAxisUnit() {
        let scale = AxisScale(
            AxisScale.Request(least: 0, most: 20 * 1024 * 1024 * 1024, unit: .binary("B"), rows: 10))
        func texts(_ values: [Double?]) -> [String] {
            let entries = values.map { _ in
                LegendEntry(name: "a", color: RGB(0, 0, 0), values: [ValueText(number: "7", unit: " x")], marker: "-")
            }
            var legend = Legend(entries: entries, columns: ["last"], isTable: false)
            legend.count(in: scale, values.map { [$0] })
            return legend.entries.map { $0.values[0].text }
        }
        #expect(texts([939 * 1024 * 1024, 17.6 * 1024 * 1024 * 1024, 0, nil]) == ["0.9", "17.6", "0", "—"])
        #expect(texts([1024 * 1024, 17.6 * 1024 * 1024 * 1024]) == ["7 x", "7 x"])
    }
}
