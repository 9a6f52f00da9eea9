// Bar charts: groups or stacks of bars, one for each category; upward as columns, or across as rows.
// BarChartColumns and BarChartRows draw; what both need is made here.

import Dashboards
import Frames
import MetricModel

enum BarChartPainter {
    /// Returns the unit of the axis, for the border.
    static func paint(_ options: BarChartOptions, _ canvas: PanelCanvas, on frame: inout Frame) -> String {
        guard !canvas.rect.isEmpty else { return "" }
        var chart = BarChart(options, canvas)
        guard !chart.series.isEmpty, chart.count > 0 else { return "" }
        let area = chart.layOutLegend()
        let isUpward = chart.isUpward(area)
        chart.legend.draw(in: chart.legendRect, on: &frame, canvas.context)
        return isUpward ? chart.drawColumns(in: area, on: &frame) : chart.drawRows(in: area, on: &frame)
    }
}

struct BarChart {
    struct Series {
        var field: DataField
        /// Place among all fields: colours and shades stay when others go.
        var index: Int
        /// Place among the axes.
        var axis: Int
        func value(_ category: Int) -> Double {
            category < field.values.count ? field.values[category] : .nan
        }
    }
    let options: BarChartOptions
    let canvas: PanelCanvas
    private(set) var series: [Series] = []
    let count: Int
    var axes: GraphAxes
    var legend = Legend(entries: [], columns: [], isTable: false)
    var legendRect = Rect(x: 0, y: 0, width: 0, height: 0)
    private let categories: DataCategories
    let hasTimes: Bool

    var context: PaintContext { canvas.context }
    var theme: PaintTheme { canvas.theme }
    var isStacked: Bool { options.stacking != .none && series.count > 1 }
    var isPercent: Bool { options.stacking == .percent }

    init(_ options: BarChartOptions, _ canvas: PanelCanvas) {
        self.options = options
        self.canvas = canvas
        axes = GraphAxes(canvas.fields)
        let most = canvas.fields.map(\.values.count).max() ?? 0
        var categories = canvas.data.categories ?? DataCategories(cells: [])
        if categories.cells.isEmpty { categories.cells = (0..<most).map { .number(Double($0 + 1)) } }
        self.categories = categories
        count = min(most, categories.cells.count)
        if case .time = categories.cells.first { hasTimes = true } else { hasTimes = false }
        for (index, field) in canvas.fields.enumerated() {
            let isHidden = field.configuration.isHidden || field.configuration.graph.isHidden
            if isHidden || canvas.context.hiddenSeries.contains(index) { continue }
            series.append(Series(field: field, index: index, axis: axes.places[index]))
        }
        makeLegend()
    }

    // MARK: Legend

    private mutating func makeLegend() {
        let calculations = options.legend.calculations
        legend.columns = calculations.map(\.heading)
        legend.isTable = options.legend.isTable
        let shown = canvas.fields.enumerated().filter { _, field in
            let graph = field.configuration.graph
            return !(field.configuration.isHidden || graph.isHidden || graph.isHiddenFromLegend)
        }
        guard shown.count > 1 || !calculations.isEmpty else { return }
        var rows: [(entry: LegendEntry, numbers: [Double?], field: FieldConfiguration)] = shown.map { index, field in
            let isOff =
                context.hiddenSeries.contains(index) || context.highlightedSeries.map { $0 != index } ?? false
            let entry = LegendEntry(
                name: field.name, color: field.color, values: [], marker: SegmentPen.shadeGlyph(index), isDimmed: isOff)
            return (entry, Array(field.reduced.prefix(calculations.count)), field.configuration)
        }
        if let sort = options.legend.sortBy, let key = calculations.firstIndex(where: { $0.matches(sort) }) {
            let keys = rows.map { key < $0.numbers.count ? $0.numbers[key] ?? -.infinity : -.infinity }
            let order = rows.indices.sorted { left, right in
                let (a, b) = (keys[left], keys[right])
                return a == b || a.isNaN || b.isNaN ? left < right : (a < b) != options.legend.sortsDescending
            }
            rows = order.map { rows[$0] }
        }
        for column in calculations.indices {
            let texts = ValueText.aligned(
                rows.map { (column < $0.numbers.count ? $0.numbers[column] : nil, $0.field) },
                offsetSeconds: context.timeZoneOffsetSeconds)
            for (row, text) in texts.enumerated() { rows[row].entry.values.append(text) }
        }
        legend.entries = rows.map(\.entry)
    }

    /// What is left for the bars.
    mutating func layOutLegend() -> Rect {
        var area = canvas.rect
        guard options.legend.placement != .hidden, context.showsLegend, !legend.entries.isEmpty else { return area }
        if options.legend.placement == .right, area.width >= 50, area.height >= 3 {
            let wanted = min(legend.naturalWidth(), area.width * 2 / 5)
            legend.isTable = !legend.columns.isEmpty || legend.isTable
            legendRect = Rect(x: area.maxX - wanted - 1, y: area.y, width: wanted, height: area.height)
            area.width -= wanted + 3
        } else if area.height >= 5, area.width >= 12 {
            let limit = area.height < 8 ? 1 : max(1, area.height * 3 / 10)
            if legend.isTable, limit < min(legend.entries.count + 1, 4) { legend.isTable = false }
            let rows = legend.rows(width: area.width - 2, limit: limit)
            legendRect = Rect(x: area.x + 1, y: area.maxY - rows, width: area.width - 2, height: rows)
            area.height -= rows
        }
        return area
    }

    // MARK: Which way

    /// Bars of one category beside each other.
    var groupSize: Int { isStacked ? 1 : series.count }

    func isUpward(_ area: Rect) -> Bool {
        guard area.height >= 3 else { return false }
        switch options.orientation {
        case .horizontal: return false
        case .vertical: return true
        case .automatic:
            // Cells are twice as high as wide.
            guard area.width >= 2 * area.height else { return false }
            if hasTimes { return true }
            let slot = (area.width - 6) / max(1, count)
            // Names that would be cut are read better in rows.
            return (0..<min(count, 200)).allSatisfy { TextWidth.cells(of: name($0)) < slot }
        }
    }

    // MARK: Texts and colours

    func name(_ category: Int) -> String {
        let cell = categories.cells[category]
        if case .time(let time) = cell { return timeText(time) }
        let clock = DisplayClock(offset: .seconds(Int64(context.timeZoneOffsetSeconds)))
        let parts = categories.configuration.display(cell, clock: clock).text
        let text = parts.prefix + parts.number + parts.suffix
        return text.isEmpty ? "—" : text
    }

    /// As fine as the range asks for.
    private func timeText(_ time: Timestamp) -> String {
        let (local, overflow) = time.milliseconds.addingReportingOverflow(Int64(context.timeZoneOffsetSeconds) * 1000)
        guard !overflow, local > Int64.min / 2, local < Int64.max / 2 else { return "—" }
        let civil = CivilTime(localMilliseconds: local)
        let clock = two(civil.hour) + ":" + two(civil.minute)
        let day = two(civil.month) + "/" + two(civil.day)
        let length = TimeSpan(canvas.data.start, canvas.data.end).length
        if length <= 600_000 { return clock + ":" + two(civil.second) }
        if length <= 86_400_000 { return clock }
        return length <= 7 * 86_400_000 ? day + " " + clock : day
    }

    func color(_ member: Series, _ category: Int) -> RGB {
        var color = member.field.color
        let configuration = member.field.configuration
        if category < categories.colors.count {
            color = categories.colors[category]
        } else {
            switch configuration.color {
            case .thresholds, .continuous:
                let value = member.value(category)
                if !value.isNaN { color = configuration.color(of: value, seriesColor: color) }
            case .paletteClassic, .fixed: break
            }
        }
        if let chosen = context.highlightedSeries, chosen != member.index {
            color = color.blended(0.3, over: theme.background)
        }
        return color
    }

    // MARK: Scales

    /// The sums of a stack's values above and below zero.
    func sums(_ category: Int) -> (up: Double, down: Double) {
        var (up, down) = (0.0, 0.0)
        for member in series {
            let value = member.value(category)
            guard value.isFinite else { continue }
            if value > 0 { up += value } else { down += value }
        }
        return (up, down)
    }

    /// - `isExact`: the ends are those of the values, where these are written beside their bars.
    mutating func makeScales(_ shown: Range<Int>, rows: Int, isExact: Bool = false) {
        let sides = Dictionary(grouping: series, by: \.axis)
        for axis in axes.axes.indices {
            guard let members = sides[axis], let first = members.first else { continue }
            var request = extent(members, shown)
            request.rows = rows
            request.includesZero = true
            request.unit = AxisUnit(unit: isStacked && isPercent ? "percent" : first.field.configuration.unit)
            for member in members {
                let configuration = member.field.configuration
                let graph = configuration.graph
                if let value = configuration.min, !value.isNaN {
                    request.hardMin = min(request.hardMin ?? value, value)
                }
                if let value = configuration.max, !value.isNaN {
                    request.hardMax = max(request.hardMax ?? value, value)
                }
                if let value = graph.softMin { request.softMin = min(request.softMin ?? value, value) }
                if let value = graph.softMax { request.softMax = max(request.softMax ?? value, value) }
                if graph.logBase > 1, !isStacked { request.logBase = graph.logBase }
            }
            if isStacked, isPercent {
                request.hardMin = request.least < 0 ? -100 : 0
                request.hardMax = 100
            } else if isExact, request.logBase <= 1 {
                request.hardMin = request.hardMin ?? min(0, request.least)
                if request.most > 0 { request.hardMax = request.hardMax ?? max(request.most, request.softMax ?? 0) }
            }
            axes.setScale(AxisScale(request), of: axis)
        }
    }

    private func extent(_ members: [Series], _ shown: Range<Int>) -> AxisScale.Request {
        var request = AxisScale.Request(least: .infinity, most: -.infinity, rows: 1)
        var leastPositive = Double.infinity
        func take(_ value: Double) {
            guard value.isFinite else { return }
            request.least = min(request.least, value)
            request.most = max(request.most, value)
            if value > 0 { leastPositive = min(leastPositive, value) }
        }
        for category in shown {
            if isStacked {
                let sums = sums(category)
                take(max(-1e300, min(1e300, sums.up)))
                take(max(-1e300, min(1e300, sums.down)))
            } else {
                for member in members { take(member.value(category)) }
            }
        }
        let isLogarithmic = !isStacked && members.contains { $0.field.configuration.graph.logBase > 1 }
        if isLogarithmic, leastPositive.isFinite { request.least = max(request.least, leastPositive) }
        return request
    }

    // MARK: Bars

    /// The stretches of one bar, or of all that are stacked on it, in eighths of a cell.
    func segments(_ members: [Series], _ category: Int, eighths: Int) -> [Segment] {
        var result: [Segment] = []
        var (up, down) = (0.0, 0.0)
        let sums = isStacked ? sums(category) : (up: 0, down: 0)
        let total = isStacked && isPercent ? sums.up - sums.down : 0
        for member in members {
            var value = member.value(category)
            guard !value.isNaN else { continue }
            value = max(-1e300, min(1e300, value))
            let scale = axes.axes[member.axis].scale
            var from = 0.0
            if isStacked {
                if isPercent { value = total > 0 ? value / total * 100 : 0 }
                from = value >= 0 ? up : down
                value += from
                if value >= from { up = value } else { down = value }
            }
            let base = scale.logBase > 1 ? 0 : place(from, scale, eighths)
            var end = place(value, scale, eighths)
            // Something is not nothing.
            if end == base, !isStacked, value != 0 { end += value > 0 ? 1 : -1 }
            guard end != base else { continue }
            result.append(
                Segment(
                    low: min(base, end), high: max(base, end), color: color(member, category), shade: member.index))
        }
        return result
    }

    func place(_ value: Double, _ scale: AxisScale, _ eighths: Int) -> Int {
        Int((max(0, min(1, scale.position(value))) * Double(eighths)).rounded())
    }

    /// Number and unit of each bar, or of each stack's sum; all in the unit of their axis, unless that makes nothing of
    /// some of them.
    func values(_ members: [Series], _ shown: Range<Int>) -> [ValueText] {
        guard let first = members.first else { return [] }
        var pairs: [(value: Double?, field: FieldConfiguration)] = []
        for category in shown {
            if isStacked {
                let sums = sums(category)
                pairs.append((sums.up + sums.down, first.field.configuration))
            } else {
                for member in members { pairs.append((member.value(category), member.field.configuration)) }
            }
        }
        let hasOneAxis = members.allSatisfy { $0.axis == first.axis }
        if hasOneAxis, let texts = counted(pairs, axes.axes[first.axis].scale) { return texts }
        return ValueText.aligned(pairs.map { ($0.value, $0.field) }, offsetSeconds: context.timeZoneOffsetSeconds)
    }

    private func counted(_ pairs: [(value: Double?, field: FieldConfiguration)], _ scale: AxisScale) -> [ValueText]? {
        var most = 0.0
        var isWhole = true
        for (value, field) in pairs {
            guard field.mappings.isEmpty, field.noValue == nil else { return nil }
            guard let value, !value.isNaN, value != 0 else { continue }
            let counted = abs(value / scale.unitSize)
            guard counted >= 0.1, counted < 1e5 else { return nil }
            most = max(most, counted)
            isWhole = isWhole && counted == counted.rounded()
        }
        let decimals =
            pairs.lazy.compactMap(\.field.decimals).first ?? (isWhole || most >= 1000 ? 0 : most >= 10 ? 1 : 2)
        return pairs.map { value, _ in
            guard let value, !value.isNaN else { return ValueText(number: "—") }
            let unit = scale.unitLabel
            return ValueText(
                number: scale.label(value, decimals: max(0, min(decimals, 12))), unit: unit.isEmpty ? "" : " " + unit)
        }
    }
}
