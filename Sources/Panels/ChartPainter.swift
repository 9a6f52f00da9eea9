// One graph without a dashboard: series, axes, legend. For `ferula query -o graph` and failing tests.
// Over the same painter as dashboards' graphs.

import Dashboards
import Frames
import MetricModel

public struct ChartSeries: Sendable {
    public var name: String
    /// Ascending, as many as `values`.
    public var timestamps: [Timestamp]
    public var values: [Double]
    /// Nil: by its place in the list.
    public var color: RGB?
    public init(name: String, timestamps: [Timestamp], values: [Double], color: RGB? = nil) {
        self.name = name
        self.timestamps = timestamps
        self.values = values
        self.color = color
    }
}

public struct Chart: Sendable {
    public var title = ""
    public var series: [ChartSeries]
    public var start: Timestamp
    public var end: Timestamp
    /// Neighbouring samples farther apart than this and a half are not joined.
    public var step: Milliseconds
    /// A unit id of Grafana's, such as `bytes`.
    public var unit: String?
    public var isStacked = false
    /// Ends of the value axis; nil: as the values need.
    package var minimum: Double?
    package var maximum: Double?
    /// Said when there is no series.
    public var emptyText = "no data"

    public init(
        series: [ChartSeries], start: Timestamp, end: Timestamp, step: Milliseconds, unit: String? = nil,
        title: String = ""
    ) {
        self.series = series
        self.start = start
        self.end = end
        self.step = step
        self.unit = unit
        self.title = title
    }
}

public enum ChartPainter {
    public static func paint(_ chart: Chart, in rect: Rect, on frame: inout Frame, context: PaintContext) {
        let (panel, data) = panel(chart)
        PanelPainter.paint(panel, data, in: rect, on: &frame, context: context)
    }

    /// A frame of that size with nothing but the chart.
    public static func frame(_ chart: Chart, size: Size, context: PaintContext) -> Frame {
        var frame = Frame(size: size)
        paint(chart, in: frame.bounds, on: &frame, context: context)
        return frame
    }

    private static func panel(_ chart: Chart) -> (Panel, PanelData) {
        var options = TimeSeriesOptions()
        options.legend.calculations = []
        var panel = Panel(
            id: 0, kind: .timeSeries(options), title: chart.title,
            position: GridPosition(x: 0, y: 0, width: 24, height: 8))
        panel.fields.unit = chart.unit
        var configuration = FieldConfiguration()
        configuration.unit = chart.unit
        configuration.min = chart.minimum
        configuration.max = chart.maximum
        if chart.isStacked {
            configuration.graph.stacking = .normal
            configuration.graph.fillOpacity = 50
        }
        let fields = chart.series.enumerated().map { index, series in
            DataField(
                name: series.name, refID: "A", labels: .empty, timestamps: series.timestamps, values: series.values,
                step: chart.step, configuration: configuration,
                color: series.color ?? RGB.palette(index), reduced: [])
        }
        let data = PanelData(
            content: .fields(fields), start: chart.start, end: chart.end,
            notices: chart.series.isEmpty ? [chart.emptyText] : [])
        return (panel, data)
    }
}
