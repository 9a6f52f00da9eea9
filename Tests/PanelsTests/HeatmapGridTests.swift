// Counts to cells, cells to colours: what is joined, averaged, left out.

import Dashboards
import Frames
import MetricModel
import Testing

@testable import Panels

@Suite struct HeatmapGridTests {
    static func data(_ rows: [[Double]], seconds: Int64 = 10) -> HeatmapData {
        HeatmapData(
            buckets: rows.indices.map { HeatmapData.Bucket(lower: Double($0), upper: Double($0 + 1), name: "\($0)") },
            naming: .upper,
            columns: (rows.first ?? []).indices.map { Timestamp(milliseconds: Int64($0) * seconds * 1000) },
            width: .seconds(seconds), counts: rows.flatMap { $0 })
    }

    /// Top row first; `-` where nothing is drawn.
    static func rows(
        _ data: HeatmapData, columns: Int, rows: Int, seconds: Int64 = 40,
        _ change: (inout HeatmapOptions) -> Void = { _ in }
    ) -> [String] {
        var options = HeatmapOptions()
        change(&options)
        let span = TimeSpan(Timestamp(milliseconds: 0), Timestamp(milliseconds: seconds * 1000))
        let grid = HeatmapGrid(data, options, columnCount: columns, rowCount: rows, span)
        return (0..<rows).reversed().map { row in
            (0..<columns).map { column in
                let value = grid.value(row: row, column: column)
                return value.isNaN ? "-" : NumberText.fixed(value, value == value.rounded() ? 0 : 1)
            }.joined(separator: " ")
        }
    }

    @Test("a column of a cell's width is that cell")
    func plain() {
        #expect(Self.rows(Self.data([[1, 2, 3, 4], [5, 6, 7, 8]]), columns: 4, rows: 2) == ["5 6 7 8", "1 2 3 4"])
    }

    @Test("columns within one cell are averaged, without those that know nothing; wider ones fill their cells")
    func time() {
        #expect(Self.rows(Self.data([[1, 2, .nan, 4]]), columns: 2, rows: 1) == ["1.5 4"])
        #expect(Self.rows(Self.data([[1, 2, 3, 4]]), columns: 8, rows: 1) == ["1 1 2 2 3 3 4 4"])
        #expect(Self.rows(Self.data([[7]]), columns: 4, rows: 1) == ["7 - - -"])
    }

    @Test("few buckets take several rows, many share one and are summed, as many for each row")
    func buckets() {
        #expect(Self.rows(Self.data([[1], [2]], seconds: 40), columns: 1, rows: 5) == ["2", "2", "2", "1", "1"])
        #expect(
            Self.rows(Self.data([[1], [2], [4], [8], [16]], seconds: 40), columns: 1, rows: 3) == ["16", "12", "3"])
    }

    @Test("counts that are hidden, buckets beyond the axis, the lowest bucket on top")
    func options() {
        let data = Self.data([[0], [2], [9]], seconds: 40)
        #expect(Self.rows(data, columns: 1, rows: 3) == ["9", "2", "-"])
        #expect(Self.rows(data, columns: 1, rows: 3) { $0.hidesUpTo = 2 } == ["9", "-", "-"])
        #expect(Self.rows(data, columns: 1, rows: 3) { $0.hidesFrom = 9 } == ["-", "2", "-"])
        #expect(Self.rows(data, columns: 1, rows: 2) { $0.axisMin = 1 } == ["9", "2"])
        #expect(Self.rows(data, columns: 1, rows: 2) { $0.axisMax = 2 } == ["2", "-"])
        #expect(Self.rows(data, columns: 1, rows: 3) { $0.isReversed = true } == ["-", "2", "9"])
    }

    @Test("numbers that are none are not drawn")
    func numbers() {
        #expect(Self.rows(Self.data([[.infinity, -.infinity, .nan, -1]]), columns: 4, rows: 1) == ["- - - -"])
    }

    @Test(
        "a scheme begins dark on a dark ground and bright on a bright one",
        arguments: [
            ("Oranges", RGB(0x7f, 0x27, 0x04), RGB(0xff, 0xf5, 0xeb)),
            ("Spectral", RGB(0x5e, 0x4f, 0xa2), RGB(0x9e, 0x01, 0x42)),
            ("Viridis", RGB(0x44, 0x01, 0x54), RGB(0xfd, 0xe7, 0x25)),
            ("nonsense", RGB(0x7f, 0x27, 0x04), RGB(0xff, 0xf5, 0xeb)),
        ])
    func schemes(name: String, low: RGB, high: RGB) {
        var options = HeatmapOptions.Colors()
        options.scheme = name
        let dark = HeatmapColors(options, extent: (0, 16), background: PaintTheme.dark.background)
        #expect(dark.color(at: dark.share(0)) == low)
        #expect(dark.color(at: dark.share(16)) == high)
        #expect(dark.color(at: dark.share(0.99)) == low)
        #expect(dark.color(at: dark.share(1.01)) != low)
        options.isReversed = true
        let turned = HeatmapColors(options, extent: (0, 16), background: PaintTheme.dark.background)
        #expect(turned.color(at: 0) == high)
        let bright = HeatmapColors(options, extent: (0, 16), background: PaintTheme.light.background)
        #expect(bright.color(at: 0) == (name == "Spectral" ? high : low))
    }

    @Test("opacity grows by its exponent; the least count is seen")
    func opacity() {
        var options = HeatmapOptions.Colors()
        options.fill = "#ffffff"
        let black = RGB(0, 0, 0)
        func grey(_ share: Double) -> UInt8 {
            HeatmapColors(options, extent: (0, 1), background: black).color(at: share).red
        }
        #expect([grey(0), grey(0.2), grey(1)] == [63, 127, 255])
        options.exponent = 1
        #expect([grey(0), grey(0.2), grey(1)] == [15, 63, 255])
    }

    @Test("limits of the file hold, whatever is seen")
    func limits() {
        var options = HeatmapOptions.Colors()
        (options.min, options.max) = (10, 20)
        let colors = HeatmapColors(options, extent: (0, 100), background: RGB(0, 0, 0))
        #expect([colors.share(5), colors.share(15), colors.share(25)] == [0, 0.5, 1])
    }

    @Test("bounds in the unit, without zeros that say nothing; equal ones get the decimals they need")
    func bounds() {
        func labels(_ bounds: [Double], _ unit: String?, decimals: Int? = nil) -> [String] {
            var data = Self.data(bounds.map { _ in [1] })
            for (place, bound) in bounds.enumerated() { data.buckets[place].upper = bound }
            data.configuration.unit = unit
            data.configuration.decimals = decimals
            return BoundText.labels(data)
        }
        #expect(labels([0.005, 0.25, 1, 2.5, .infinity], "s") == ["5 ms", "250 ms", "1 s", "2.5 s", "+Inf"])
        #expect(labels([1024, 16384], "bytes") == ["1 KiB", "16 KiB"])
        #expect(labels([0.005, 10_000_000, 1.0905077326652577], nil) == ["0.005", "10 Mil", "1.09"])
        #expect(labels([1, 5], "s", decimals: 0) == ["1 s", "5 s"])
        #expect(labels([1.2, 1.4], "s", decimals: 0) == ["1.2 s", "1.4 s"])
    }

    @Test("ten thousand series of one panel are drawn")
    func manySeries() {
        let heatmap = Scenes.heatmap(
            HeatmapData(
                buckets: (0..<10_000).map { HeatmapData.Bucket(lower: .nan, upper: .nan, name: "s\($0)") },
                naming: .name, columns: [Samples.start], width: .seconds(900),
                counts: (0..<10_000).map { Double($0) }))
        #expect(Samples.paint(heatmap.0, heatmap.1, 60, 12).plainText.contains("s9999"))
        let histogram = Scenes.histogram(10_000)
        #expect(Samples.paint(histogram.0, histogram.1, 60, 12).plainText.contains("+99"))
    }

    @Test("a click on a column is the time of which the crosshair is drawn there")
    func clicks() throws {
        let (panel, data) = Scenes.heatmap()
        let rect = Rect(x: 0, y: 0, width: 60, height: 13)
        func time(_ x: Int) -> Timestamp? {
            PanelPainter.time(atColumn: x, of: panel, data, in: rect, context: PaintContext())
        }
        #expect(time(8) == nil)
        #expect(time(58) == nil)
        for x in [9, 20, 57] {
            let moment = try #require(time(x))
            let frame = Samples.paint(panel, data, 60, 13) { $0.crosshair = moment }
            #expect((1..<59).filter { frame[$0, 1].text == "│" } == [x])
        }
    }
}
