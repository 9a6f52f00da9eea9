// A dashboard as Ferula draws it: what import makes of Grafana's JSON, whatever its age and flavour.
// Comes after GrafanaImport; QueryPlanning and PanelData read it.

import MetricModel

public struct Dashboard: Sendable {
    public var uid: String
    public var title: String
    public var tags: [String]
    /// `now-1h`, `now`, or absolute; the app may override both.
    public var timeFrom: String
    public var timeTo: String
    /// Nil: no automatic refresh.
    public var refresh: Milliseconds?
    public var variables: [DashboardVariable]
    /// In reading order; a row's children follow it, or are its `collapsedPanels`.
    public var panels: [Panel]
    /// What the import did not understand or will not draw, each with its place in the document.
    public var notices: [ImportNotice]

    public init(
        uid: String = "", title: String = "", tags: [String] = [], timeFrom: String = "now-15m", timeTo: String = "now",
        refresh: Milliseconds? = nil, variables: [DashboardVariable] = [], panels: [Panel] = [],
        notices: [ImportNotice] = []
    ) {
        self.uid = uid
        self.title = title
        self.tags = tags
        self.timeFrom = timeFrom
        self.timeTo = timeTo
        self.refresh = refresh
        self.variables = variables
        self.panels = panels
        self.notices = notices
    }
}

public struct ImportNotice: Hashable, Sendable, CustomStringConvertible {
    /// JSON path such as `panels[3].targets[0].expr`.
    public var path: String
    public var message: String
    public init(path: String, message: String) {
        self.path = path
        self.message = message
    }
    public var description: String { path.isEmpty ? message : "\(path): \(message)" }
}

/// Grafana's grid: 24 columns, rows of about 30 pixels.
public struct GridPosition: Hashable, Sendable {
    public var x: Int
    public var y: Int
    public var width: Int
    public var height: Int
    public init(x: Int, y: Int, width: Int, height: Int) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }
}

public struct Panel: Sendable {
    /// Unlike Grafana's `id`, unique within the dashboard: the panel's place in the document.
    public var id: Int
    public var kind: PanelKind
    public var title: String
    public var description: String
    public var isTransparent: Bool
    public var position: GridPosition
    public var targets: [PanelTarget]
    public var fields: FieldConfiguration
    public var overrides: [FieldOverride]
    /// Upper bound on points a query returns; nil: the panel's width decides.
    public var maxDataPoints: Int?
    /// Least step.
    public var interval: Milliseconds?
    /// Time override such as `6h` or `now-24h`; nil: the dashboard's range.
    public var timeFrom: String?
    public var timeShift: String?
    /// Children of a collapsed row: not shown, never queried.
    public var collapsedPanels: [Panel]

    public init(id: Int, kind: PanelKind, title: String, position: GridPosition) {
        self.id = id
        self.kind = kind
        self.title = title
        self.position = position
        description = ""
        isTransparent = false
        targets = []
        fields = FieldConfiguration()
        overrides = []
        collapsedPanels = []
    }
}

public enum PanelKind: Sendable {
    case timeSeries(TimeSeriesOptions)
    case stat(StatOptions)
    case gauge(GaugeOptions)
    case barGauge(BarGaugeOptions)
    case table(TableOptions)
    case text(TextOptions)
    case row(isCollapsed: Bool)
    /// Drawn as one dim line that names the type.
    case unsupported(String)
}

public struct PanelTarget: Hashable, Sendable {
    public var refID: String
    public var expression: String
    public var legendFormat: String
    public var isInstant: Bool
    public var isTable: Bool
    public var isHidden: Bool
    /// Multiplies the step; 1 in modern files.
    public var intervalFactor: Int
    public var interval: Milliseconds?
    /// Name of a data source kind we do not ask, such as `loki`; nil for Prometheus.
    public var foreignDatasource: String?

    public init(refID: String, expression: String, legendFormat: String = "") {
        self.refID = refID
        self.expression = expression
        self.legendFormat = legendFormat
        isInstant = false
        isTable = false
        isHidden = false
        intervalFactor = 1
    }
}

public struct LegendOptions: Hashable, Sendable {
    public enum Placement: Hashable, Sendable { case bottom, right, hidden }
    public var placement: Placement = .bottom
    public var isTable = false
    public var calculations: [Reducer] = []
    public init() {}
}

public struct TimeSeriesOptions: Hashable, Sendable {
    public var legend = LegendOptions()
    public init() {}
}

/// How stat, gauge and bar gauge come to one number a series.
public struct ReduceOptions: Hashable, Sendable {
    public var calculations: [Reducer] = [.lastNotNull]
    /// One tile a row of the data instead of one a series.
    public var showsAllValues = false
    public init() {}
}

public struct StatOptions: Hashable, Sendable {
    public enum ColorMode: Hashable, Sendable { case value, background, none }
    public enum TextMode: Hashable, Sendable { case automatic, value, valueAndName, name, none }
    public enum Orientation: Hashable, Sendable { case automatic, horizontal, vertical }
    public var reduce = ReduceOptions()
    public var colorMode: ColorMode = .value
    public var textMode: TextMode = .automatic
    public var orientation: Orientation = .automatic
    public var showsSparkline = true
    public init() {}
}

public struct GaugeOptions: Hashable, Sendable {
    public var reduce = ReduceOptions()
    public var showsThresholdMarkers = true
    public init() {}
}

public struct BarGaugeOptions: Hashable, Sendable {
    public enum DisplayMode: Hashable, Sendable { case gradient, lcd, basic }
    public var reduce = ReduceOptions()
    public var displayMode: DisplayMode = .gradient
    public var isVertical = false
    public var showsUnfilled = true
    public init() {}
}

public struct TableOptions: Hashable, Sendable {
    public var showsHeader = true
    public var sortField: String?
    public var sortsDescending = false
    public init() {}
}

public struct TextOptions: Hashable, Sendable {
    public enum Mode: Hashable, Sendable { case markdown, html, code }
    public var mode: Mode = .markdown
    public var content = ""
    public init() {}
}
