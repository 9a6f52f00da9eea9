// Painters against rectangles of any size and values of any kind: nothing outside is touched, nothing traps.
// FUZZ_SEED and FUZZ_ROUNDS choose; the seed is printed when a round fails.

import Dashboards
import Frames
import MetricModel
import Testing

@testable import Panels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct FuzzTests {
    @Test("a painter writes within its rectangle only, whatever the data")
    func paintersStayInside() {
        let seed = getenv("FUZZ_SEED").flatMap { UInt64(String(cString: $0)) } ?? 20_261_124
        let rounds = getenv("FUZZ_ROUNDS").flatMap { Int(String(cString: $0)) } ?? 400
        for round in 0..<rounds {
            var random = Generator(seed: seed &+ UInt64(round) &* 7919)
            paintOnce(&random, "FUZZ_SEED=\(seed) round \(round)")
        }
    }

    @Test("every kind of panel is drawn at sizes from nothing to 400x200", arguments: KindName.allCases)
    func everyKind(name: KindName) {
        let sizes = [
            (0, 0), (0, 9), (9, 0), (1, 1), (2, 2), (3, 3), (400, 1), (1, 200), (400, 2), (2, 200), (399, 4), (5, 199),
            (20, 5), (400, 200),
        ]
        for (place, size) in sizes.enumerated() {
            var random = Generator(seed: 31 &+ UInt64(place))
            let kind = Wild.kind(name, &random)
            let context = Wild.context(&random)
            paint(
                Wild.panel(kind, &random), in: Rect(x: 2, y: 1, width: size.0, height: size.1), context,
                "\(name) \(size.0)x\(size.1)")
        }
    }

    @Test(
        "every kind of panel draws ten thousand series, one point, and none that is a number",
        arguments: KindName.allCases)
    func manyAndFew(name: KindName) {
        let many = (0..<10_000).map { Samples.field("s\($0)", [Double($0), 1, 2], color: $0) }
        let contents: [(String, PanelData.Content)] = [
            ("ten thousand", .fields(many)),
            ("one point", .fields([Samples.field("one", [1])])),
            ("no number", .fields([Samples.field("nan", Array(repeating: .nan, count: 30))])),
            ("infinite", .fields([Samples.field("inf", [.infinity, -.infinity, .infinity])])),
            ("a long name", .fields([Samples.field(String(repeating: "日本", count: 5_000), [1, 2, 3])])),
        ]
        for (what, content) in contents {
            // Made of ten thousand, one picture a kind is slow enough.
            for size in what == "ten thousand" ? [(60, 12)] : [(60, 12), (200, 40), (7, 3)] {
                var random = Generator(seed: 77)
                let panel = Samples.panel(Wild.kind(name, &random), what)
                let data = PanelData(content: content, start: Samples.start, end: Samples.end)
                paint(
                    (panel, data), in: Rect(x: 2, y: 1, width: size.0, height: size.1), PaintContext(),
                    "\(name) \(what) \(size.0)x\(size.1)")
            }
        }
    }

    private func paintOnce(_ random: inout Generator, _ place: String) {
        let most =
            switch Int.random(in: 0..<48, using: &random) {
            case 0: (400, 200)
            case 1...4: (200, 60)
            default: (70, 22)
            }
        let rect = Rect(
            x: Int.random(in: -3...8, using: &random), y: Int.random(in: -3...5, using: &random),
            width: Int.random(in: 0...most.0, using: &random), height: Int.random(in: 0...most.1, using: &random))
        let context = Wild.context(&random)
        let name = KindName.allCases.randomElement(using: &random) ?? .text
        let kind = Wild.kind(name, &random)
        paint(Wild.panel(kind, &random), in: rect, context, place)
    }

    /// Paints and looks at every cell.
    private func paint(_ scene: (Panel, PanelData), in rect: Rect, _ context: PaintContext, _ place: String) {
        var frame = Frame(size: Size(width: rect.width + 6, height: rect.height + 4), fill: Cell("@"))
        PanelPainter.paint(scene.0, scene.1, in: rect, on: &frame, context: context)
        let width = frame.size.width
        let isUnicode = context.capabilities.isUnicode
        for (index, cell) in frame.cells.enumerated() {
            let (y, x) = index.quotientAndRemainder(dividingBy: width)
            guard x >= rect.x && x < rect.maxX && y >= rect.y && y < rect.maxY else {
                if cell.text == "@", cell.style == .plain { continue }
                Issue.record("\(place): cell \(x),\(y) outside \(rect) was written by \(scene.0.kind)")
                return
            }
            guard let text = cell.text else { continue }
            if let ascii = text.asciiValue {
                if ascii >= 0x20, ascii != 0x7f { continue }
            } else if isUnicode {
                if !text.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7f..<0xa0).contains($0.value) }) {
                    continue
                }
            } else {
                Issue.record("\(place): \(text) at \(x),\(y) is not ASCII")
                return
            }
            Issue.record("\(place): control character at \(x),\(y)")
            return
        }
    }

    @Test("ten thousand series of one panel are drawn")
    func manySeries() {
        let fields = (0..<10_000).map { Samples.field("s\($0)", [Double($0), 1, 2], color: $0) }
        let frame = Samples.paint(
            Samples.panel(.timeSeries(TimeSeriesOptions()), "many"), Samples.data(fields), 60, 12)
        #expect(frame.plainText.contains("+99"))
    }

    @Test("layouts share no cell at any width and keep every panel")
    func layoutsDoNotOverlap() {
        var random = Generator(seed: 5)
        for width in stride(from: 20, through: 240, by: 7) {
            var panels: [Panel] = []
            var y = 0
            for row in 0..<6 {
                if row % 3 == 0 {
                    var heading = Samples.panel(.row(isCollapsed: false), "row")
                    heading.position = GridPosition(x: 0, y: y, width: 24, height: 1)
                    panels.append(heading)
                    y += 1
                }
                let count = Int.random(in: 1...8, using: &random)
                for column in 0..<count {
                    var panel = column % 2 == 0 ? Scenes.stat().0 : Scenes.lines().0
                    panel.position = GridPosition(x: column * 24 / count, y: y, width: 24 / count, height: 4)
                    panels.append(panel)
                }
                y += 4
            }
            let layout = DashboardPainter.layout(panels, width: width, rowsPerUnit: 1.5)
            #expect(layout.panels.count == panels.count)
            var taken = Set<Int>()
            for placed in layout.panels {
                #expect(placed.rect.x >= 0 && placed.rect.maxX <= width && placed.rect.maxY <= layout.height)
                for y in placed.rect.y..<placed.rect.maxY {
                    for x in placed.rect.x..<placed.rect.maxX {
                        if !taken.insert(y * 1000 + x).inserted { Issue.record("\(width): \(x),\(y) is taken twice") }
                    }
                }
            }
        }
    }
}

/// Data nobody would send.
enum Wild {
    static let numbers: [Double] = [
        .nan, .infinity, -.infinity, 0, -0.0, 1, -1, 1e308, -1e308, .leastNonzeroMagnitude, 1e15, 123_456.789, 0.001,
        100, 1e-9,
    ]
    static let texts = [
        "", "a", "cpu busy", "日本語のラベル", "e\u{301}\u{301}\u{301}", "\u{1b}[31mred\u{7}", "tab\there\r\nline", "👨‍👩‍👧👍🇩🇪",
        "\u{202e}evil", String(repeating: "long ", count: 40), "| a | b |\n|---|---|\n| 1 |", "<script>x</script><b>y",
        "# t\n- **b\n`c\n[l](u\n![i](", "\u{301}", "\u{200b}x",
    ]
    static let units = [
        nil, "bytes", "percent", "percentunit", "s", "ms", "ns", "short", "Bps", "dateTimeAsIso", "dtdurations", "bool",
        "suffix:日", "currencyUSD", "\u{1b}x", "none",
    ]
    static let colors = ["green", "red", "#12", "nonsense", "#ff00ff", "transparent", "dark-blue"]

    static func number(_ random: inout Generator) -> Double {
        Bool.random(using: &random)
            ? Double.random(in: -100...1000, using: &random) : numbers.randomElement(using: &random) ?? 0
    }

    static func text(_ random: inout Generator) -> String { texts.randomElement(using: &random) ?? "" }

    static func configuration(_ random: inout Generator) -> FieldConfiguration {
        var field = FieldConfiguration()
        field.unit = units.randomElement(using: &random) ?? nil
        if Bool.random(using: &random) { field.min = number(&random) }
        if Bool.random(using: &random) { field.max = number(&random) }
        if Int.random(in: 0..<4, using: &random) == 0 { field.decimals = Int.random(in: -2...20, using: &random) }
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            field.thresholds.steps.append(
                .init(value: number(&random), color: colors.randomElement(using: &random) ?? ""))
        }
        field.thresholds.isPercentage = Bool.random(using: &random)
        field.color =
            [.thresholds, .paletteClassic, .fixed("blue"), .continuous("continuous-GrYlRd")]
            .randomElement(using: &random) ?? .thresholds
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            let result = MappingResult(text: text(&random), color: colors.randomElement(using: &random))
            field.mappings.append(
                [
                    .value("1", result), .range(from: nil, to: number(&random), result),
                    .special(["nan", "null", "null+nan"].randomElement(using: &random) ?? "", result),
                ].randomElement(using: &random) ?? .value("0", result))
        }
        field.cellGauge = [.gradient, .lcd, .basic].randomElement(using: &random) ?? .basic
        field.cellMode = [nil, .plain, .gauge, .colorText, .colorBackground].randomElement(using: &random) ?? nil
        field.graph.drawStyle = [.line, .bars, .points].randomElement(using: &random) ?? .line
        field.graph.interpolation = [.linear, .stepAfter, .stepBefore].randomElement(using: &random) ?? .linear
        field.graph.fillOpacity = [0, 10, 50, 100, .nan, -5].randomElement(using: &random) ?? 0
        field.graph.lineWidth = [0, 1, 3].randomElement(using: &random) ?? 1
        field.graph.stacking = [.none, .none, .normal, .percent].randomElement(using: &random) ?? .none
        field.graph.thresholdStyle = [.off, .line, .area, .lineAndArea].randomElement(using: &random) ?? .off
        field.graph.spanNulls = [.never, .always, .shorterThan(5)].randomElement(using: &random) ?? .never
        field.graph.axisPlacement =
            [.automatic, .automatic, .left, .right, .hidden].randomElement(using: &random) ?? .automatic
        field.graph.isNegativeY = Int.random(in: 0..<4, using: &random) == 0
        field.graph.logBase = [0, 0, 2, 10, .nan].randomElement(using: &random) ?? 0
        if Bool.random(using: &random) { field.graph.softMax = number(&random) }
        return field
    }

    static func field(_ random: inout Generator) -> DataField {
        let count = Int.random(in: 0...40, using: &random)
        let start = Samples.start.milliseconds - 100_000
        let step = [1, 1000, 25_000, 900_000].randomElement(using: &random) ?? 1000
        var times = (0..<count).map { Timestamp(milliseconds: start + Int64($0 * step)) }
        if Int.random(in: 0..<10, using: &random) == 0 { times = [.distantPast, .distantFuture] }
        return DataField(
            name: text(&random), refID: "A", labels: .empty, timestamps: times,
            values: (0..<Int.random(in: 0...max(1, count), using: &random)).map { _ in number(&random) },
            step: Milliseconds(Int64([0, -1, step, Int.max].randomElement(using: &random) ?? 0)),
            configuration: configuration(&random), color: RGB(1, 200, 30),
            reduced: Bool.random(using: &random) ? [] : [number(&random), nil])
    }

    static func context(_ random: inout Generator) -> PaintContext {
        var context = PaintContext(
            capabilities: TerminalCapabilities(
                colors: [.none, .ansi16, .indexed256, .trueColor].randomElement(using: &random) ?? .none,
                isUnicode: Bool.random(using: &random)))
        context.isFocused = Bool.random(using: &random)
        context.scroll = Int.random(in: -5...30, using: &random)
        context.scrollColumns = Int.random(in: -2...6, using: &random)
        if Bool.random(using: &random) { context.crosshair = Samples.start + Milliseconds(400_000) }
        if Bool.random(using: &random) { context.highlightedSeries = Int.random(in: 0...5, using: &random) }
        context.timeZoneOffsetSeconds = [0, 32400, -12600, Int(Int32.max)].randomElement(using: &random) ?? 0
        return context
    }

    static func kind(_ name: KindName, _ random: inout Generator) -> PanelKind {
        switch name {
        case .heatmap:
            var options = HeatmapOptions()
            options.colors.scheme =
                ["Oranges", "Spectral", "Viridis", text(&random)].randomElement(using: &random) ?? ""
            options.colors.fill = [nil, "red", text(&random)].randomElement(using: &random) ?? nil
            options.colors.exponent = number(&random)
            if Bool.random(using: &random) { options.colors.min = number(&random) }
            if Bool.random(using: &random) { options.colors.max = number(&random) }
            if Bool.random(using: &random) { options.axisMin = number(&random) }
            if Bool.random(using: &random) { options.axisMax = number(&random) }
            options.hidesUpTo = number(&random)
            if Bool.random(using: &random) { options.hidesFrom = number(&random) }
            options.isReversed = Bool.random(using: &random)
            options.axisPlacement = [.left, .right, .hidden].randomElement(using: &random) ?? .left
            return .heatmap(options)
        case .histogram:
            var options = HistogramOptions()
            options.legend.placement = [.bottom, .right, .hidden].randomElement(using: &random) ?? .bottom
            options.legend.isTable = Bool.random(using: &random)
            if Bool.random(using: &random) { options.legend.calculations = [.max] }
            return .histogram(options)
        case .alertList: return .alertList(AlertListOptions())
        case .dashboardList: return .dashboardList(DashboardListOptions())
        case .stateTimeline, .statusHistory:
            var options = StateTimelineOptions()
            options.isHistory = name == .statusHistory
            options.mergesValues = Bool.random(using: &random)
            options.valueText = [.whereItFits, .always, .never].randomElement(using: &random) ?? .always
            options.alignment = [.left, .center, .right].randomElement(using: &random) ?? .left
            options.legend.placement = [.bottom, .right, .hidden].randomElement(using: &random) ?? .bottom
            return .stateTimeline(options)
        case .pieChart: return pieChart(&random)
        case .barChart: return barChart(&random)
        case .timeSeries:
            var options = TimeSeriesOptions()
            options.legend.placement = [.bottom, .right, .hidden].randomElement(using: &random) ?? .bottom
            options.legend.isTable = Bool.random(using: &random)
            if Bool.random(using: &random) { options.legend.calculations = [.max, .mean] }
            options.legend.sortBy = "Max"
            return .timeSeries(options)
        case .stat:
            var options = StatOptions()
            options.colorMode = [.value, .background, .none].randomElement(using: &random) ?? .value
            options.textMode =
                [.automatic, .value, .valueAndName, .name, .none].randomElement(using: &random) ?? .automatic
            return .stat(options)
        case .gauge: return .gauge(GaugeOptions())
        case .barGauge:
            var options = BarGaugeOptions()
            options.displayMode = [.gradient, .lcd, .basic].randomElement(using: &random) ?? .basic
            options.isVertical = Bool.random(using: &random)
            options.showsUnfilled = Bool.random(using: &random)
            return .barGauge(options)
        case .table:
            var options = TableOptions()
            options.sortField = "a"
            options.sortsDescending = Bool.random(using: &random)
            options.footer = Bool.random(using: &random) ? [.sum] : []
            return .table(options)
        case .text:
            var options = TextOptions()
            options.mode = [.markdown, .html, .code].randomElement(using: &random) ?? .markdown
            options.content = (0..<6).map { _ in text(&random) }.joined(separator: "\n")
            return .text(options)
        case .row: return .row(isCollapsed: Bool.random(using: &random))
        case .unsupported: return .unsupported(text(&random))
        }
    }

    static func panel(_ kind: PanelKind, _ random: inout Generator) -> (Panel, PanelData) {
        let panel = Samples.panel(kind, text(&random))
        var content: PanelData.Content = .none
        switch panel.kind.isCount ? 2 : Int.random(in: 0..<6, using: &random) {
        case 0: content = .none
        case 1:
            content = .table(
                DataTable(
                    columns: (0..<Int.random(in: 0...6, using: &random)).map { _ in
                        DataTable.Column(
                            name: text(&random), configuration: configuration(&random),
                            cells: (0..<Int.random(in: 0...9, using: &random)).map { _ in
                                [
                                    .number(number(&random)), .text(text(&random)), .empty, .time(.distantFuture),
                                    .trend(number(&random), (0..<7).map { _ in number(&random) }),
                                ]
                                .randomElement(using: &random) ?? .empty
                            })
                    }))
        case 2 where panel.kind.isAlertList:
            let alerts = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                ListedAlert(
                    name: text(&random), state: Bool.random(using: &random) ? .firing : .pending,
                    labels: ["severity": text(&random), "a": text(&random)],
                    since: [nil, Samples.start, .distantPast, .distantFuture].randomElement(using: &random) ?? nil)
            }
            content = .alerts(AlertListing(alerts, limit: Int.random(in: -1...30, using: &random)))
        case 3:
            content = .dashboards(
                (0..<Int.random(in: 0...3, using: &random)).map { _ in
                    DashboardGroup(heading: text(&random), choices: [LinkChoice(title: text(&random), url: "/d/a")])
                })
        case 2 where panel.kind.isCount: content = counts(&random)
        default: content = .fields((0..<Int.random(in: 0...9, using: &random)).map { _ in field(&random) })
        }
        var data = PanelData(content: content, start: Samples.start, end: Samples.end)
        switch Int.random(in: 0..<12, using: &random) {
        case 0: data.end = data.start
        case 1: data.end = .distantFuture
        case 2: data.start = .distantPast
        case 3: data.start = .distantFuture
        default: break
        }
        if Bool.random(using: &random) { data.notices = [text(&random)] }
        if Bool.random(using: &random) {
            let cells = (0..<Int.random(in: 0...40, using: &random)).map { _ -> TableCell in
                [.number(number(&random)), .text(text(&random)), .empty, .time(.distantFuture), .time(.distantPast)]
                    .randomElement(using: &random) ?? .empty
            }
            data.categories = DataCategories(
                cells: cells, configuration: configuration(&random),
                colors: Bool.random(using: &random) ? [] : [RGB(1, 2, 3)])
        }
        if Int.random(in: 0..<4, using: &random) == 0 { data.failure = text(&random) }
        if Int.random(in: 0..<4, using: &random) == 0 { data.staleFor = Milliseconds(.max) }
        data.isLoading = Bool.random(using: &random)
        return (panel, data)
    }
}

extension PanelKind {
    fileprivate var isCount: Bool {
        switch self {
        case .heatmap, .histogram: true
        default: false
        }
    }
}

extension Wild {
    /// As many counts as are wanted, or more, or fewer; bounds in any order.
    static func counts(_ random: inout Generator) -> PanelData.Content {
        let buckets = [0, 1, 3, 17, 120].randomElement(using: &random) ?? 0
        let columns = [0, 1, 2, 40, 300].randomElement(using: &random) ?? 0
        if Bool.random(using: &random) {
            let start = Samples.start.milliseconds - 100_000
            let width: Int64 = [0, 1, 3000, 25_000, 900_000, Int64.max].randomElement(using: &random) ?? 0
            let places: Int64 = [0, 1, 30_000].randomElement(using: &random) ?? 0
            return .heatmap(
                HeatmapData(
                    buckets: (0..<buckets).map { _ in
                        HeatmapData.Bucket(lower: number(&random), upper: number(&random), name: text(&random))
                    }, naming: [.upper, .lower, .name].randomElement(using: &random) ?? .name,
                    columns: (0..<columns).map { Timestamp(milliseconds: start + Int64($0) * places) },
                    width: Milliseconds(width),
                    counts: (0..<max(0, buckets * columns + Int.random(in: -2...2, using: &random))).map { _ in
                        number(&random)
                    }, configuration: configuration(&random)))
        }
        return .histogram(
            HistogramData(
                bounds: (0..<buckets).map { _ in number(&random) },
                series: (0..<Int.random(in: 0...5, using: &random)).map { place in
                    HistogramData.Series(
                        name: text(&random), color: RGB.palette(place),
                        counts: (0..<max(0, buckets - Int.random(in: 0...2, using: &random))).map { _ in
                            number(&random)
                        }, configuration: configuration(&random), reduced: [number(&random)])
                }))
    }
}
