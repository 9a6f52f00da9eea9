// Annotations of a dashboard: their queries are asked like a panel's, what they find is marked on every time axis.
// Between AppState's questions and its panels' data. Source: grafana-prometheus, annotations.ts.

import Dashboards
import Frames
import MetricModel

extension AppState {
    /// No panel of a document has this number.
    static let annotationsID = -1

    /// The queries of all annotations that are switched on, as one panel that has no place.
    var annotationPanel: Panel? {
        let asked = document.annotations.filter(\.isEnabled)
        guard !asked.isEmpty else { return nil }
        var panel = Panel(
            id: Self.annotationsID, kind: .timeSeries(TimeSeriesOptions()), title: "",
            position: GridPosition(x: 0, y: 0, width: 24, height: 1))
        panel.targets = asked.enumerated().map { place, annotation in
            PanelTarget(refID: "\(place)", expression: annotation.expression, legendFormat: annotation.name)
        }
        return panel
    }

    /// Asked while a graph is on the screen.
    var annotationPlacement: Placement? {
        let showsGraph = visiblePlacements.contains { $0.panel.kind.isGraph }
        guard showsGraph, let panel = annotationPanel else { return nil }
        return Placement(panel: panel, rect: Rect(x: 0, y: 0, width: size.width, height: 1))
    }

    /// Marks of one look at the screen.
    static let marksMax = 1000

    /// Where a series of an annotation rises above zero: one mark for each run of points, however long.
    var annotationMarks: [PanelMark] {
        guard case .fields(let fields)? = panels[Self.annotationsID]?.data?.content else { return [] }
        let colors = document.annotations.filter(\.isEnabled).map { RGB.named($0.color) ?? .text }
        var marks: Set<PanelMark> = []
        for field in fields {
            guard let place = Int(field.refID), colors.indices.contains(place) else { continue }
            var before: Timestamp?
            for (time, value) in zip(field.timestamps, field.values) where value > 0 {
                if before.map({ time - $0 > field.step }) ?? true, marks.count < Self.marksMax {
                    marks.insert(PanelMark(time: time, color: colors[place]))
                }
                before = time
            }
        }
        return marks.sorted { $0.time < $1.time }
    }
}
