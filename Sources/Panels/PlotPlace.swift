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
        guard case .timeSeries(let options) = panel.kind, case .fields = data.content else { return nil }
        let hasBorder = PanelBorder(panel, data, context).fits(rect, panel)
        let canvas = PanelCanvas(
            rect: hasBorder ? rect.inset(by: 1) : rect, hasBorder: hasBorder, panel: panel, data: data,
            context: context)
        guard !canvas.rect.isEmpty else { return nil }
        var graph = Graph(options, canvas)
        graph.layOut()
        guard graph.plot.width > 1, x >= graph.plot.x, x < graph.plot.maxX else { return nil }
        let share = Double(x - graph.plot.x) / Double(graph.plot.width - 1)
        let distance = Int64(saturating: (share * graph.span.length).rounded())
        return min(max(data.start + Milliseconds(distance), data.start), data.end)
    }
}
