// What the series of a graph were at an earlier time: dashed lines beneath the present, in the colours they belong to.
// Called by Graph; the app asks the questions and moves the samples.

import Dashboards
import Frames
import MetricModel

extension Graph {
    /// The series of the past, each beside the present one with the same labels. What is gone meanwhile has no colour
    /// of its own; what is switched off now is switched off then.
    func pastSeries() -> [GraphSeries] {
        guard let past = canvas.data.past else { return [] }
        let present = canvas.fields
        var places: [PastKey: Int] = [:]
        for (index, field) in present.enumerated() {
            places[.labels(field.refID, field.labels)] = index
            places[.name(field.refID, field.name)] = index
        }
        return past.fields.compactMap { field in
            let place =
                places[.labels(field.refID, field.labels)] ?? places[.name(field.refID, field.name)]
            if let place {
                if present[place].configuration.graph.isHidden || context.hiddenSeries.contains(place) { return nil }
                if let chosen = context.highlightedSeries, chosen != place { return nil }
            } else if field.configuration.graph.isHidden || !context.hiddenSeries.isEmpty
                || context.highlightedSeries != nil
            {
                return nil
            }
            var field = field
            if field.configuration.graph.drawStyle == .bars, field.configuration.graph.stacking == .none {
                field.configuration.graph.interpolation = .stepAfter
            }
            field.configuration.graph.fillOpacity = 0
            if field.configuration.graph.drawStyle != .points { field.configuration.graph.drawStyle = .line }
            if let place { field.name = present[place].name }
            return GraphSeries(
                field: field, index: place ?? -1, color: place.map { pastColor(present[$0]) } ?? goneColor,
                axis: place.map { axes.places[$0] } ?? axisLike(field))
        }
    }

    private enum PastKey: Hashable {
        case labels(String, LabelSet)
        case name(String, String)
    }

    /// Half way to the background, or over a fill of the same colour half way to the text. Sixteen colours have no
    /// halves.
    private func pastColor(_ field: DataField) -> RGB {
        guard context.capabilities.colors >= .indexed256 else { return field.color }
        let graph = field.configuration.graph
        let isOverFill = graph.drawStyle == .bars || graph.stacking != .none && graph.fillOpacity > 0
        return field.color.blended(0.5, over: isOverFill ? RGB.text : theme.background)
    }

    private var goneColor: RGB { RGB.text.blended(0.45, over: theme.background) }

    private func axisLike(_ field: DataField) -> Int {
        let place = canvas.fields.firstIndex { $0.configuration.unit == field.configuration.unit }
        return place.map { axes.places[$0] } ?? 0
    }

    /// Beside each series where they are named one by one, else one entry for all of them.
    mutating func addPastToLegend() {
        guard let words = canvas.data.past?.words, !past.isEmpty, !legend.entries.isEmpty else { return }
        guard context.namesPast else {
            legend.entries.append(
                LegendEntry(name: words, color: goneColor, values: [], marker: "┄", isPast: true))
            legendNumbers.append([])
            return
        }
        var entries: [LegendEntry] = []
        var numbers: [[Double?]] = []
        for (entry, values) in zip(legend.entries, legendNumbers) {
            entries.append(entry)
            numbers.append(values)
            guard let place = entry.index else { continue }
            for old in past where old.index == place { add(old, words, &entries, &numbers) }
        }
        for old in past where old.index < 0 { add(old, words, &entries, &numbers) }
        legend.entries = entries
        legendNumbers = numbers
    }

    private func add(_ old: GraphSeries, _ words: String, _ entries: inout [LegendEntry], _ numbers: inout [[Double?]])
    {
        var values: [Double?] = old.field.reduced
        if values.count > legend.columns.count { values.removeLast(values.count - legend.columns.count) }
        if values.isEmpty { values = [old.field.lastFinite] }
        if let crosshair = context.crosshair { values = [old.field.value(at: crosshair)] }
        let texts = values.map { value in
            ValueText.aligned([(value, old.field.configuration)], offsetSeconds: context.timeZoneOffsetSeconds)
        }
        entries.append(
            LegendEntry(
                name: old.field.name + " " + words, color: old.color, values: texts.flatMap { $0 }, marker: "┄",
                isPast: true))
        numbers.append(values)
    }

    func drawPast(on frame: inout Frame) {
        guard !past.isEmpty else { return }
        var dots = BrailleCanvas(size: Size(width: plot.width, height: plot.height))
        dots.columnsKept = 0b0011_0011
        for member in past where !member.isStacked {
            var pen = LinePen(scale: scale(of: member), span: span, isThick: false)
            pen.draw(member.field, on: &dots)
            dots.endLayer(color: member.color.color)
        }
        drawStackedLines(of: past, on: &dots)
        let isFaint = context.capabilities.colors < .indexed256
        dots.draw(on: &frame, x: plot.x, y: plot.y, attributes: isFaint ? .dim : [])
    }

    /// A line for each moment that has a name, where nothing is drawn.
    func drawMoments(on frame: inout Frame) {
        for mark in canvas.data.marks where !mark.text.isEmpty {
            let share = span.share(mark.time)
            guard share >= 0, share <= 1 else { continue }
            let x = plot.x + span.column(mark.time, of: plot.width)
            let color = context.hasColor ? mark.color.color : theme.text.foreground
            for y in plot.y..<plot.maxY where frame[x, y].glyph == " " {
                frame[x, y] = Cell("┊", Style(foreground: color, background: frame[x, y].style.background))
            }
        }
    }
}
