// A dashboard as Ferula draws it: what import makes of Grafana's JSON, whatever its age and flavour.
// Comes after GrafanaImport; QueryPlanning and PanelData read it.

import MetricModel

public struct Dashboard: Sendable {
    public var uid: String
    public var title: String
    public var description = ""
    public var tags: [String]
    /// `now-1h`, `now`, or absolute; the app may override both.
    public var timeFrom: String
    public var timeTo: String
    /// Nil: no automatic refresh.
    public var refresh: Milliseconds?
    public var variables: [DashboardVariable]
    /// In reading order; a row's children follow it, or are its `collapsedPanels`.
    public var panels: [Panel]
    /// `browser`, `utc` or a zone's name; empty: the reader's own.
    public var timeZone: String = ""
    /// One crosshair for all panels.
    public var sharesCrosshair = false
    public var annotations: [AnnotationQuery] = []
    /// Names of the tabs its panels are on, one of which is shown at a time; empty: there are none.
    public var tabs: [String] = []
    public var links: [DashboardLink] = []
    /// What the import did not understand or will not draw, each with its place in the document.
    public var notices: [ImportNotice]
    /// Where it comes from, to be written again; nil for one that the program put together.
    package var source: DashboardSource?

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

/// Marks on the time axis of every panel, asked as a PromQL query. A series' time of being above zero is one mark.
public struct AnnotationQuery: Hashable, Sendable {
    public var name: String
    public var expression: String
    public var color: String
    public var isEnabled: Bool
    public init(name: String, expression: String, color: String = "red", isEnabled: Bool = true) {
        self.name = name
        self.expression = expression
        self.color = color
        self.isEnabled = isEnabled
    }
}

public struct ImportNotice: Hashable, Sendable, CustomStringConvertible {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// A value of the wrong type or of no known meaning; the default stands in its place.
        case fault
        /// Understood, and without effect here.
        case ignored
        /// Drawn, though otherwise than Grafana does.
        case approximated
        case notDrawn
    }
    /// JSON path such as `panels[3].targets[0].expr`.
    public var path: String
    public var message: String
    public var kind: Kind
    public init(path: String, message: String, kind: Kind = .fault) {
        self.path = path
        self.message = message
        self.kind = kind
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
    /// Where the document has it, such as `panels[3]`; notices about it begin with this.
    public var path = ""
    /// Grafana's name of the kind, as the document writes it.
    public var typeName = ""
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
    /// True: no word on the override is drawn beside the title.
    public var hidesTimeOverride = false
    /// Children of a collapsed row: not shown, never queried.
    public var collapsedPanels: [Panel]
    /// Of a row on the screen: how many panels belong to it, wherever the document has them; nil in a document.
    public var memberCount: Int?
    public var transformations: [TransformationStep] = []
    public var links: [DashboardLink] = []
    /// Place among the dashboard's tabs; nil: on all of them.
    public var tab: Int?
    /// Drawn once for each chosen value of this variable.
    public var repeating: PanelRepeat?
    /// Set on copies made by a repeat: one value for the variable, before those of the dashboard.
    public var scopedVariables: [String: String] = [:]

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

public struct PanelRepeat: Hashable, Sendable {
    public var variable: String
    public var isVertical: Bool
    public var maxPerRow: Int
    public init(variable: String, isVertical: Bool = false, maxPerRow: Int = 4) {
        self.variable = variable
        self.isVertical = isVertical
        self.maxPerRow = maxPerRow
    }
}

/// One step of a panel's transformations, still as Grafana wrote its options.
public struct TransformationStep: Sendable {
    public var id: String
    package var options: JSONValue
    package init(id: String, options: JSONValue) {
        self.id = id
        self.options = options
    }
}

public struct PanelTarget: Hashable, Sendable {
    public var refID: String
    public var expression: String
    public var legendFormat: String
    public var isInstant: Bool
    public var isTable: Bool
    /// Cumulative buckets become counts between neighbouring bounds.
    public var isHeatmap = false
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
    /// Name of a calculation (`Max`) or `Name`; nil: query order.
    public var sortBy: String?
    public var sortsDescending = false
    /// Series without any value, or with zeros only, leave the legend.
    public var hidesEmpty = false
    public var hidesZero = false
    public init() {}
}

public struct TimeSeriesOptions: Hashable, Sendable {
    public enum TooltipSort: Hashable, Sendable { case none, ascending, descending }
    public var legend = LegendOptions()
    public var tooltipSort: TooltipSort = .none
    public init() {}
}

/// How stat, gauge and bar gauge come to one number a series.
public struct ReduceOptions: Hashable, Sendable {
    public var calculations: [Reducer] = [.lastNotNull]
    /// One tile a row of the data instead of one a series.
    public var showsAllValues = false
    /// Rows shown with `showsAllValues`; nil: as many as fit.
    public var limit: Int?
    /// Which fields are reduced: a name or `/regex/`; empty: every number.
    public var fields = ""
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
    /// The change from the first value to the last stands beside the number.
    public var showsPercentChange = false
    /// Written around the value as they are; singlestat's.
    public var prefix = ""
    public var postfix = ""
    public init() {}
}

public struct GaugeOptions: Hashable, Sendable {
    public var reduce = ReduceOptions()
    public var showsThresholdMarkers = true
    public var showsThresholdLabels = false
    public init() {}
}

public struct BarGaugeOptions: Hashable, Sendable {
    public enum DisplayMode: Hashable, Sendable { case gradient, lcd, basic }
    public var reduce = ReduceOptions()
    public var displayMode: DisplayMode = .gradient
    public var isVertical = false
    public var showsUnfilled = true
    /// False: bars without their numbers.
    public var showsValues = true
    /// By the first calculation; nil: query order.
    public var order: Order?
    public enum Order: Hashable, Sendable { case ascending, descending }
    public init() {}
}

public struct TableOptions: Hashable, Sendable {
    public var showsHeader = true
    public var sortField: String?
    public var sortsDescending = false
    /// Reducers of the footer row; empty: no footer.
    public var footer: [Reducer] = []
    /// Names of the columns that have a footer; empty: every number.
    public var footerFields: [String] = []
    /// A footer that counts, counts all rows, not those of a column.
    public var footerCountsRows = false
    /// Which of several tables is shown first.
    public var frameIndex = 0
    public init() {}
}

public struct TextOptions: Hashable, Sendable {
    public enum Mode: Hashable, Sendable { case markdown, html, code }
    public var mode: Mode = .markdown
    public var content = ""
    public init() {}
}

/// Counts over time and value as colours.
public struct HeatmapOptions: Hashable, Sendable {
    public enum Size: Hashable, Sendable {
        case automatic
        /// Of one bucket: of values, or in milliseconds.
        case size(Double)
        /// Of all buckets, about; on a logarithmic scale of those between two powers.
        case count(Int)
    }
    public struct Buckets: Hashable, Sendable {
        public var size: Size = .automatic
        /// 0: linear.
        public var logBase: Double = 0
        public init() {}
    }
    /// Which bound a series' name is.
    public enum Layout: Hashable, Sendable { case upper, lower, unknown }
    public enum AxisPlacement: Hashable, Sendable { case left, right, hidden }
    public struct Colors: Hashable, Sendable {
        /// Of ColorBrewer and D3, such as `Oranges`.
        public var scheme = "Oranges"
        /// Set: one colour, the more of it the higher the count; the scheme has no say then.
        public var fill: String?
        /// With `fill`: how opacity grows with the count; 1 is evenly.
        public var exponent = 0.5
        public var isReversed = false
        /// Counts of the first and the last colour; nil: of what is seen.
        public var min: Double?
        public var max: Double?
        public init() {}
    }
    /// False: every series is a bucket, named by its upper bound. True: values are counted into buckets first.
    public var calculates = false
    public var xBuckets = Buckets()
    public var yBuckets = Buckets()
    public var layout: Layout = .upper
    public var colors = Colors()
    /// Counts not above this are not drawn.
    public var hidesUpTo = 1e-9
    /// Counts from here on are not drawn.
    public var hidesFrom: Double?
    public var axisPlacement: AxisPlacement = .left
    public var axisLabel = ""
    /// Buckets beyond these are not drawn.
    public var axisMin: Double?
    public var axisMax: Double?
    /// The lowest bucket on top.
    public var isReversed = false
    /// Of the counts.
    public var countUnit: String?
    public var countDecimals: Int?
    /// The strip of colours.
    public var showsLegend = true
    public init() {}
}

/// How often which value occurs, over the whole range.
public struct HistogramOptions: Hashable, Sendable {
    /// Of one bar; nil: a round number.
    public var bucketSize: Double?
    /// Bars wanted of a round size.
    public var bucketCount = 30
    public var bucketOffset = 0.0
    /// All series as one.
    public var combines = false
    public var legend = LegendOptions()
    public init() {}
}

/// Parts of a whole.
public struct PieChartOptions: Hashable, Sendable {
    public enum Label: String, Hashable, Sendable { case name, value, percent }
    public enum Order: Hashable, Sendable { case descending, ascending, query }
    public var reduce = ReduceOptions()
    public var isDonut = false
    public var order: Order = .descending
    /// What is written on the parts.
    public var labels: [Label] = []
    /// What stands beside each name.
    public var legendValues: [Label] = []
    public var legendIsRight = false
    public init() {}
}

/// Bars a category: the rows of a table, or times.
public struct BarChartOptions: Hashable, Sendable {
    public enum Orientation: Hashable, Sendable { case automatic, horizontal, vertical }
    public enum ShownValues: Hashable, Sendable { case automatic, always, never }
    public var legend = LegendOptions()
    public var orientation: Orientation = .automatic
    public var stacking: GraphStyle.Stacking = .none
    public var shownValues: ShownValues = .automatic
    /// The field that names the categories; nil: the first text, else the time.
    public var categoryField: String?
    /// The field whose values colour the bars; nil: a colour a series.
    public var colorField: String?
    public init() {}
}

/// A row a series, coloured by its state; status-history, too.
public struct StateTimelineOptions: Hashable, Sendable {
    public enum ValueText: Hashable, Sendable { case whereItFits, always, never }
    /// One cell a sample, never merged: Grafana's status-history.
    public var isHistory = false
    /// Neighbours of the same state are one run.
    public var mergesValues = true
    public var valueText: ValueText = .whereItFits
    /// Of the text within its run.
    public var alignment: CellAlignment = .center
    public var legend = LegendOptions()
    public init() {}
}
