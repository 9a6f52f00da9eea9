// Where a column of the screen lies in time: the way back from a picture to its data, for clicks and drags.
// Beside PanelPainter; lays the graph out as painting does, and draws nothing.

import Dashboards
import Frames
import MetricModel

extension PanelPainter {
    /// The moment that a graph draws in this column; nil outside its plot and for panels without a time axis.
    public static func time(
        atColumn x: Int, of panel: Panel, _ data: PanelData, in rect: Rect, context: PaintContext
    ) -> Timestamp? {
        let canvas = canvas(of: panel, data, in: rect, context)
        guard !canvas.rect.isEmpty else { return nil }
        let plot: Rect
        var share = Double(x)
        switch (panel.kind, data.content) {
        case (.timeSeries(let options), .fields):
            var graph = Graph(options, canvas)
            graph.layOut()
            plot = graph.plot
            share = (share - Double(plot.x)) / Double(max(1, plot.width - 1))
        case (.heatmap(let options), .heatmap(let heatmap)):
            plot = HeatmapPicture(options, heatmap, canvas).plot
            // The middle of the column, which is what its colour is of.
            share = (share - Double(plot.x) + 0.5) / Double(max(1, plot.width))
        default: return nil
        }
        guard plot.width > 1, x >= plot.x, x < plot.maxX else { return nil }
        let distance = Int64(saturating: (share * TimeSpan(data.start, data.end).length).rounded())
        return min(max(data.start + Milliseconds(distance), data.start), data.end)
    }

    /// Place among the fields of the series whose entry in a graph's legend is there.
    public static func legendSeries(
        atX x: Int, y: Int, of panel: Panel, _ data: PanelData, in rect: Rect, context: PaintContext
    ) -> Int? {
        guard case .timeSeries(let options) = panel.kind, case .fields = data.content else { return nil }
        var graph = Graph(options, canvas(of: panel, data, in: rect, context))
        graph.layOut()
        return graph.legend.entry(atX: x, y: y, in: graph.legendRect)?.index
    }

    /// Name of the column whose heading is there.
    public static func tableColumn(
        atX x: Int, y: Int, of panel: Panel, _ data: PanelData, in rect: Rect, context: PaintContext
    ) -> String? {
        guard case .table(let options) = panel.kind else { return nil }
        return TablePainter.heading(atX: x, y: y, options, canvas(of: panel, data, in: rect, context))
    }

    private static func canvas(
        of panel: Panel, _ data: PanelData, in rect: Rect, _ context: PaintContext
    ) -> PanelCanvas {
        let hasBorder = PanelBorder(panel, data, context).fits(rect, panel)
        return PanelCanvas(
            rect: hasBorder ? rect.inset(by: 1) : rect, hasBorder: hasBorder, panel: panel, data: data,
            context: context)
    }
}
