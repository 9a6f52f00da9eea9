// What a panel draws, with the options of its kind.
// Part of Dashboard; read by the imports, planned by QueryPlanning, drawn by Panels.

public enum PanelKind: Sendable {
    case timeSeries(TimeSeriesOptions)
    case stat(StatOptions)
    case gauge(GaugeOptions)
    case barGauge(BarGaugeOptions)
    case table(TableOptions)
    case heatmap(HeatmapOptions)
    case histogram(HistogramOptions)
    case pieChart(PieChartOptions)
    case barChart(BarChartOptions)
    case stateTimeline(StateTimelineOptions)
    case alertList(AlertListOptions)
    case dashboardList(DashboardListOptions)
    case text(TextOptions)
    case row(isCollapsed: Bool)
    /// Drawn as one dim line that names the type.
    case unsupported(String)
}

extension PanelKind {
    /// Kinds that show data.
    public var asksQueries: Bool {
        switch self {
        case .timeSeries, .stat, .gauge, .barGauge, .table, .heatmap, .histogram, .pieChart, .barChart, .stateTimeline,
            .alertList:
            true
        case .dashboardList, .text, .row, .unsupported: false
        }
    }

    public var isAlertList: Bool { if case .alertList = self { true } else { false } }

    /// Kinds whose samples lie on a time axis: their step is the grid's, and colours by value are those of a reducer.
    public var isGraph: Bool {
        switch self {
        case .timeSeries, .heatmap, .stateTimeline: true
        default: false
        }
    }

    /// Kinds that show something at every step: graphs, and bars for moments.
    var hasTimeSteps: Bool {
        if case .barChart = self { return true }
        return isGraph
    }

    /// How series become one number each; nil where they stay series.
    public var reduceOptions: ReduceOptions? {
        switch self {
        case .stat(let options): options.reduce
        case .gauge(let options): options.reduce
        case .barGauge(let options): options.reduce
        case .pieChart(let options): options.reduce
        case .timeSeries, .table, .heatmap, .histogram, .barChart, .stateTimeline, .alertList, .dashboardList, .text,
            .row, .unsupported:
            nil
        }
    }

    /// The calculations whose results stand in `DataField.reduced`.
    public var calculations: [Reducer] {
        switch self {
        case .timeSeries(let options): options.legend.calculations
        case .barChart(let options): options.legend.calculations
        case .histogram(let options): options.legend.calculations
        default: reduceOptions?.calculations ?? []
        }
    }
}
