// Graphs over time: lays out legend, axes and plot, and hands the series to lines, areas and bars.
// The largest painter; TimeSeriesLines, TimeSeriesStacks and GraphDecoration do the drawing.

import Dashboards
import Frames
import MetricModel

enum TimeSeriesPainter {
    /// Returns the unit of the axis, for the border.
    static func paint(_ options: TimeSeriesOptions, _ canvas: PanelCanvas, on frame: inout Frame) -> String {
        guard !canvas.rect.isEmpty else { return "" }
        var graph = Graph(options, canvas)
        graph.layOut()
        graph.draw(on: &frame)
        return graph.unitLabel
    }
}

/// One series that is drawn.
struct GraphSeries {
    var field: DataField
    /// Place among all fields: colours and markers stay when others go.
    var index: Int
    var color: RGB
    /// Place among the graph's axes.
    var axis: Int
    var graph: GraphStyle { field.configuration.graph }
    var isStacked: Bool { graph.stacking != .none && graph.drawStyle != .points }
}

struct Graph {
    let canvas: PanelCanvas
    let span: TimeSpan
    var series: [GraphSeries] = []
    /// The same at an earlier time.
    var past: [GraphSeries] = []
    var legend = Legend(entries: [], columns: [], isTable: false)
    var plot = Rect(x: 0, y: 0, width: 0, height: 0)
    var legendRect = Rect(x: 0, y: 0, width: 0, height: 0)
    /// Nil when there is no room for axes.
    var axisRow: Int?
    var gutter = 0
    var rightGutter = 0
    var axes: GraphAxes
    /// The axis whose labels are on the left, or the only one there is; grid and thresholds follow it.
    var left: AxisScale { axes.axes[leftAxis].scale }
    /// Nil without an axis on the right, or when it is the only one: its labels are on the left then.
    var right: AxisScale? { shown(.left) == nil ? nil : shown(.right).map { axes.axes[$0].scale } }
    private var leftAxis: Int { shown(.left) ?? shown(.right) ?? axes.first(.left) ?? axes.first(.right) ?? 0 }
    /// The axis of that side; one whose series are all hidden has nothing to say.
    private func shown(_ side: GraphAxes.Side) -> Int? {
        axes.axes.indices.first { axis in
            axes.axes[axis].side == side && series.contains { $0.axis == axis }
        }
    }
    private let options: TimeSeriesOptions
    /// What the legend's values are made from, in its order.
    var legendNumbers: [[Double?]] = []

    var context: PaintContext { canvas.context }
    var theme: PaintTheme { canvas.theme }

    var unitLabel: String {
        guard gutter > 0 || rightGutter > 0 else { return "" }
        var names: [String] = []
        for (axis, side) in [(Optional(leftAxis), gutter), (shown(.right), rightGutter)] where side > 0 {
            guard let axis else { continue }
            let name = axisName(axis)
            if !name.isEmpty, !names.contains(name) { names.append(name) }
        }
        for axis in axes.axes.indices where axes.axes[axis].side != .none && !isLabelled(axis) {
            guard series.contains(where: { $0.axis == axis }) else { continue }
            let name = "(" + axisName(axis) + ")"
            if name != "()", !names.contains(name) { names.append(name) }
        }
        let label = names.joined(separator: " ╎ ")
        // Beside a title, a border takes no more than this; the first unit is the one that helps most.
        return TextWidth.cells(of: label) > canvas.rect.width - 12 ? names.first ?? "" : label
    }

    init(_ options: TimeSeriesOptions, _ canvas: PanelCanvas) {
        self.options = options
        self.canvas = canvas
        span = TimeSpan(canvas.data.start, canvas.data.end)
        axes = GraphAxes(canvas.fields)
        let context = canvas.context
        for (index, field) in canvas.fields.enumerated() {
            if field.configuration.graph.isHidden || context.hiddenSeries.contains(index) { continue }
            var color = field.color
            if let chosen = context.highlightedSeries, chosen != index {
                color = color.blended(0.3, over: context.theme.background)
            }
            series.append(
                GraphSeries(field: field, index: index, color: color, axis: axes.places[index]))
        }
        if context.highlightedSeries != nil {
            // The chosen one is drawn last, on top.
            let chosen = series.filter { $0.index == context.highlightedSeries }
            series.removeAll { $0.index == context.highlightedSeries }
            series += chosen
        }
        past = pastSeries()
        makeLegend()
        orderLegend()
        addPastToLegend()
    }

    private mutating func makeLegend() {
        let calculations = options.legend.calculations
        legend.columns = calculations.isEmpty ? ["last"] : calculations.map(\.heading)
        legend.isTable = options.legend.isTable
        if context.crosshair != nil { legend.columns = ["last"] }
        let filled = Set(
            canvas.fields.map(\.configuration.graph)
                .filter { $0.stacking != .none && ($0.fillOpacity > 0 || $0.drawStyle == .bars) }
                .map(\.stackingGroup))
        var sortKeys: [Double] = []
        var legendValues: [([Double?], FieldConfiguration)] = []
        let sortIndex = options.legend.sortBy.flatMap { name in
            calculations.firstIndex { $0.matches(name) }
        }
        for (index, field) in canvas.fields.enumerated() {
            let style = field.configuration.graph
            if style.isHidden || style.isHiddenFromLegend { continue }
            let last = field.lastFinite
            if options.legend.hidesEmpty, last == nil { continue }
            if options.legend.hidesZero, !field.values.contains(where: { $0 != 0 && $0.isFinite }) { continue }
            var values: [Double?] = calculations.isEmpty ? [last] : field.reduced
            if values.count > calculations.count, !calculations.isEmpty {
                values.removeLast(values.count - calculations.count)
            }
            if let crosshair = context.crosshair { values = [field.value(at: crosshair)] }
            let isOff =
                context.hiddenSeries.contains(index)
                || context.highlightedSeries.map { $0 != index } ?? false
            legend.entries.append(
                LegendEntry(
                    name: field.name, color: field.color, values: [],
                    marker: Self.marker(index, style, filled: filled), isDimmed: isOff, index: index))
            legendValues.append((values, field.configuration))
            if let sortIndex {
                sortKeys.append(sortIndex < values.count ? values[sortIndex] ?? -.infinity : -.infinity)
            }
        }
        for column in legend.columns.indices {
            let texts = ValueText.aligned(
                legendValues.map { (column < $0.count ? $0[column] : nil, $1) },
                offsetSeconds: context.timeZoneOffsetSeconds)
            for (index, text) in texts.enumerated() { legend.entries[index].values.append(text) }
        }
        legendNumbers = legendValues.map(\.0)
        guard sortIndex != nil else { return }
        let sign = options.legend.sortsDescending ? -1.0 : 1.0
        let order = legend.entries.indices.sorted {
            let a = sortKeys[$0] * sign
            let b = sortKeys[$1] * sign
            return a == b || a.isNaN || b.isNaN ? $0 < $1 : a < b
        }
        legend.entries = order.map { legend.entries[$0] }
        legendNumbers = order.map { legendNumbers[$0] }
    }

    /// As the series itself is drawn where there is no colour: a kind of line, or the shade of its area or bars.
    ///
    /// - `filled`: stacking groups with a fill; one member with a fill fills its whole stack.
    private static func marker(_ index: Int, _ style: GraphStyle, filled: Set<String>) -> Glyph {
        let isArea = style.stacking != .none && style.drawStyle == .line && filled.contains(style.stackingGroup)
        guard isArea || style.drawStyle == .bars else { return Glyphs.markers[index % Glyphs.markers.count] }
        return SegmentPen.shadeGlyph(index)
    }

    mutating func layOut() {
        var area = canvas.rect
        let showsLegend = options.legend.placement != .hidden && context.showsLegend
        if showsLegend, options.legend.placement == .right, area.width >= 50, area.height >= 3 {
            // Beyond two fifths only for columns that would be lost, with names cut to ten cells.
            let wanted = min(
                legend.naturalWidth(), max(area.width * 2 / 5, min(legend.leastWidth(), area.width / 2)))
            legend.isTable = true
            legendRect = Rect(x: area.maxX - wanted - 1, y: area.y, width: wanted, height: area.height)
            area.width -= wanted + 3
        } else if showsLegend, area.height >= 5, area.width >= 12 {
            var limit = area.height < 8 ? 1 : max(1, area.height * 3 / 10)
            if legend.isTable {
                // A table with a line or two of its series says less than a list.
                let tableLimit = area.height * 2 / 5
                legend.isTable = tableLimit >= min(legend.entries.count + 1, 5)
                if legend.isTable { limit = tableLimit }
            }
            if !legend.isTable, legend.rows(width: area.width - 2, limit: .max) > limit {
                let isPlain =
                    Set(series.map(\.axis)).count < 2
                    && series.allSatisfy { $0.field.configuration.mappings.isEmpty }
                if isPlain { legend.count(in: scale(series, area), legendNumbers) }
            }
            let rows = legend.rows(width: area.width - 2, limit: limit)
            legendRect = Rect(x: area.x + 1, y: area.maxY - rows, width: area.width - 2, height: rows)
            area.height -= rows
        }
        let hasAxes = area.width >= 16 && area.height >= 3
        if hasAxes {
            axisRow = area.maxY - 1
            area.height -= 1
        }
        let members = Dictionary(grouping: series, by: \.axis)
        for axis in axes.axes.indices { axes.setScale(scale(members[axis] ?? [], area), of: axis) }
        if hasAxes {
            gutter = min(9, left.longestLabel) + 2
            let isHidden = !series.isEmpty && series.allSatisfy { $0.graph.axisPlacement == .hidden }
            if isHidden || area.width - gutter < 8 { gutter = 0 }
            if gutter > 0 {
                area.x += gutter
                area.width -= gutter + (area.width > 24 ? 1 : 0)
            }
            if let right, canvas.rect.width >= 40, area.width > 24 {
                rightGutter = min(9, right.longestLabel) + 1
                area.width -= rightGutter
            }
        }
        plot = area
    }

    private func scale(_ members: [GraphSeries], _ area: Rect) -> AxisScale {
        var request = AxisScale.Request(least: .infinity, most: -.infinity, rows: area.height)
        let past = past.filter { old in members.contains { $0.axis == old.axis } }
        for member in members + past where !member.isStacked {
            guard let (least, most) = member.field.extent else { continue }
            request.least = min(request.least, least)
            request.most = max(request.most, most)
        }
        let stacks = [members, past].flatMap { GraphStack.all($0, columns: min(area.width, 400), span) }
        for stack in stacks {
            guard let (least, most) = stack.extent else { continue }
            request.least = min(request.least, least)
            request.most = max(request.most, most)
        }
        var isCentered = false
        for member in members {
            let configuration = member.field.configuration
            let graph = configuration.graph
            if let value = configuration.min, !value.isNaN { request.hardMin = min(request.hardMin ?? value, value) }
            if let value = configuration.max, !value.isNaN { request.hardMax = max(request.hardMax ?? value, value) }
            if let value = graph.softMin { request.softMin = min(request.softMin ?? value, value) }
            if let value = graph.softMax { request.softMax = max(request.softMax ?? value, value) }
            if graph.drawStyle == .bars || member.isStacked || graph.fillOpacity >= 20 { request.includesZero = true }
            if graph.logBase > 1, !member.isStacked { request.logBase = graph.logBase }
            if graph.isNegativeY, configuration.min.map({ $0 >= 0 }) ?? false { request.hardMin = nil }
            isCentered = isCentered || graph.isAxisCenteredOnZero
        }
        if request.logBase > 1, !(request.least > 0) {
            request.least = leastPositive(members)
        }
        if members.contains(where: { $0.graph.isNegativeY }) { request.hardMin = nil }
        if isCentered, request.least.isFinite, request.most.isFinite {
            let reach = max(abs(request.least), abs(request.most))
            request.least = -reach
            request.most = reach
        }
        let isPercent = members.contains { $0.isStacked && $0.graph.stacking == .percent }
        request.unit = AxisUnit(unit: isPercent ? "percent" : members.first?.field.configuration.unit)
        if isPercent {
            request.hardMin = request.least < 0 ? -100 : 0
            request.hardMax = 100
        }
        return AxisScale(request)
    }

    private func leastPositive(_ members: [GraphSeries]) -> Double {
        var least = Double.infinity
        for member in members {
            for value in member.field.values where value > 0 && value < least { least = value }
        }
        return least.isFinite ? least : 1
    }

    func scale(of series: GraphSeries) -> AxisScale { axes.axes[series.axis].scale }

    private func axisName(_ axis: Int) -> String {
        let name = axes.axes[axis].scale.unitLabel
        return name.isEmpty ? series.first { $0.axis == axis }?.graph.axisLabel ?? "" : name
    }

    private func isLabelled(_ axis: Int) -> Bool {
        gutter > 0 && axis == leftAxis || rightGutter > 0 && axis == shown(.right)
    }

    func draw(on frame: inout Frame) {
        guard !plot.isEmpty else { return }
        frame.clipped(to: plot) { frame in
            drawThresholdAreas(on: &frame)
            drawFills(on: &frame)
            drawStacks(on: &frame)
            drawBars(on: &frame)
            drawPast(on: &frame)
            drawLines(on: &frame)
            drawMarks(on: &frame)
            drawThresholdLines(on: &frame)
            drawCrosshair(on: &frame)
            drawMoments(on: &frame)
            drawGrid(on: &frame)
        }
        drawLabels(on: &frame)
        legend.draw(in: legendRect, on: &frame, context)
    }
}

extension Reducer {
    /// Whether a legend's or table's sort key means this calculation: Grafana stores the heading people see.
    func matches(_ name: String) -> Bool {
        let lower = name.lowercased()
        if lower == rawValue.lowercased() || lower == heading { return true }
        switch self {
        case .lastNotNull: return lower == "last *" || lower == "current"
        case .mean: return lower == "avg"
        case .sum: return lower == "total"
        default: return false
        }
    }
}
