// How a value is written and coloured: unit, decimals, thresholds, mappings, and the drawing of a line.
// Read by GrafanaImport; PanelDataBuilder applies the overrides, painters read what remains.

import MetricModel

/// Defaults of a panel, or what remains for one field after the overrides. Nil everywhere means Grafana's default.
public struct FieldConfiguration: Hashable, Sendable {
    public var unit: String?
    public var decimals: Int?
    public var min: Double?
    public var max: Double?
    public var displayName: String?
    public var noValue: String?
    public var thresholds: Thresholds
    public var mappings: [ValueMapping]
    public var color: FieldColor
    public var graph: GraphStyle
    /// Table cells.
    public var cellMode: CellMode?
    public var widthPixels: Int?
    public var isHidden: Bool
    public var alignment: CellAlignment = .automatic
    /// How a gauge in a table cell is drawn.
    public var cellGauge: BarGaugeOptions.DisplayMode = .gradient
    /// Which of its values colours a whole series by threshold or scheme.
    public var colorReducer: Reducer = .last
    public var links: [DashboardLink] = []

    public init() {
        thresholds = Thresholds()
        mappings = []
        color = .paletteClassic
        graph = GraphStyle()
        isHidden = false
    }
}

public enum CellAlignment: Hashable, Sendable { case automatic, left, center, right }

public enum CellMode: Hashable, Sendable { case plain, colorText, colorBackground, gauge }

/// Steps ascending; the first one reaches down to minus infinity whatever its value.
public struct Thresholds: Hashable, Sendable {
    public struct Step: Hashable, Sendable {
        public var value: Double
        /// Grafana's colour: a name (`dark-red`), `#rrggbb`, `rgba(...)`.
        public var color: String { didSet { rgb = RGB.named(color) } }
        /// What that colour is; nil for none and for what is not known.
        public private(set) var rgb: RGB?
        public init(value: Double, color: String) {
            self.value = value
            self.color = color
            rgb = RGB.named(color)
        }
    }
    public var steps: [Step] = []
    /// Relative to min and max.
    public var isPercentage = false
    public init() {}
}

public enum ValueMapping: Hashable, Sendable {
    case value(String, MappingResult)
    case range(from: Double?, to: Double?, MappingResult)
    case regex(String, MappingResult)
    /// `null`, `nan`, `null+nan`, `true`, `false`, `empty`.
    case special(String, MappingResult)
}

public struct MappingResult: Hashable, Sendable {
    public var text: String?
    public var color: String?
    public init(text: String? = nil, color: String? = nil) {
        self.text = text
        self.color = color
    }
}

public enum FieldColor: Hashable, Sendable {
    case paletteClassic
    case thresholds
    case fixed(String)
    /// `continuous-GrYlRd` and its kind.
    case continuous(String)
}

public struct GraphStyle: Hashable, Sendable {
    public enum DrawStyle: Hashable, Sendable { case line, bars, points }
    public enum Interpolation: Hashable, Sendable { case linear, stepBefore, stepAfter }
    public enum Stacking: Hashable, Sendable { case none, normal, percent }
    public enum ThresholdStyle: Hashable, Sendable { case off, line, area, lineAndArea }
    public enum SpanNulls: Hashable, Sendable { case never, always, shorterThan(Int64) }
    public var drawStyle: DrawStyle = .line
    public var interpolation: Interpolation = .linear
    /// 0...100
    public var fillOpacity: Double = 0
    public var lineWidth: Double = 1
    public var stacking: Stacking = .none
    public var stackingGroup = "A"
    public var thresholdStyle: ThresholdStyle = .off
    public var spanNulls: SpanNulls = .never
    /// Steps without a sample count as zero, as old graphs could be told.
    public var fillsGapsWithZero = false
    public var axisPlacement: AxisPlacement = .automatic
    public var isNegativeY = false
    /// 0: linear.
    public var logBase: Double = 0
    public var softMin: Double?
    public var softMax: Double?
    public var isHidden = false
    public var axisLabel = ""
    /// True: also where lines are drawn, a mark on every sample. Nil: where samples are far apart.
    public var showsPoints: Bool?
    public var isDashed = false
    public var isHiddenFromLegend = false
    public var gradient: Gradient = .none
    /// Name of the field down to which the area is filled; nil: down to the axis.
    public var fillBelowTo: String?
    /// 0: linear. Linear between plus and minus this, logarithmic outside.
    public var symmetricLogThreshold: Double = 0
    public var isAxisCenteredOnZero = false
    /// Automatic: left for the first axis of a graph, right for a further one.
    public enum AxisPlacement: Hashable, Sendable { case automatic, left, right, hidden }
    public enum Gradient: Hashable, Sendable { case none, opacity, hue, scheme }
    public init() {}
}

public struct FieldOverride: Hashable, Sendable {
    public enum Matching: Hashable, Sendable {
        case name(String)
        case names([String])
        /// Compared with the display name.
        case regexp(String)
        case frameRefID(String)
        /// `number`, `string`, `time`.
        case types([String])
        case namesExcept([String])
        /// A reduced value against a number: `gte`, `lt`, `eq` and so on.
        case value(Reducer, String, Double)
        case everything
    }
    public var matching: Matching
    /// Applied in order onto the panel's defaults.
    public var apply: [Property]

    public enum Property: Hashable, Sendable {
        case unit(String)
        case decimals(Int)
        case min(Double)
        case max(Double)
        case displayName(String)
        case color(FieldColor)
        case thresholds(Thresholds)
        case mappings([ValueMapping])
        case fillOpacity(Double)
        case lineWidth(Double)
        case drawStyle(GraphStyle.DrawStyle)
        case stacking(GraphStyle.Stacking, group: String)
        case negativeY
        case axis(GraphStyle.AxisPlacement)
        case hideFromGraph
        case hidden
        case cellMode(CellMode)
        case widthPixels(Int)
        case noValue(String)
        case interpolation(GraphStyle.Interpolation)
        case spanNulls(GraphStyle.SpanNulls)
        case thresholdStyle(GraphStyle.ThresholdStyle)
        case softMin(Double)
        case softMax(Double)
        case logBase(Double)
        case axisLabel(String)
        case showsPoints(Bool?)
        case dashed(Bool)
        case hideFromLegend
        case fillBelowTo(String)
        case gradient(GraphStyle.Gradient)
        case alignment(CellAlignment)
        case cellGauge(BarGaugeOptions.DisplayMode)
        case axisCentered(Bool)
        case symmetricLog(Double)
        case links([DashboardLink])
    }
    public init(matching: Matching, apply: [Property]) {
        self.matching = matching
        self.apply = apply
    }
}

/// Grafana's reducers by their ids.
public enum Reducer: String, Hashable, Sendable, CaseIterable {
    case lastNotNull, last, firstNotNull, first, min, max, mean, sum, count, range, delta, step, diff, logmin
    case allIsZero, allIsNull, changeCount, distinctCount, diffperc, allValues, uniqueValues, median
    case stdDev, variance
}

public struct AdHocFilter: Hashable, Sendable {
    public var key: String
    public var operation: String
    public var value: String
    public init(key: String, operation: String, value: String) {
        self.key = key
        self.operation = operation
        self.value = value
    }
}

/// One template variable and its current choice.
public struct DashboardVariable: Sendable {
    public enum Kind: Hashable, Sendable {
        case query(String)
        case custom(String)
        case interval(String)
        case constant(String)
        case textbox(String)
        case datasource
        case unsupported(String)
        /// Matchers added to every selector.
        case adhoc
        /// One of two values.
        case toggle(on: String, off: String)
    }
    public var name: String
    public var label: String
    public var kind: Kind
    public var isMulti: Bool
    public var includesAll: Bool
    public var allValue: String?
    public var regex: String
    public var sort: Int
    public var isHidden: Bool
    /// Values now chosen; `$__all` stands for all options.
    public var current: [String]
    public var options: [String]
    /// What the reader sees for a value, where it differs from the value.
    public var texts: [String: String] = [:]
    /// When options are asked anew.
    public var refresh: Refresh = .onLoad
    /// Matchers of an ad hoc variable: label, operator, value.
    public var filters: [AdHocFilter] = []
    /// Of an interval variable: `auto` is range divided by this count, at least `automaticMinimum`.
    public var automaticCount: Int?
    public var automaticMinimum: Milliseconds?
    /// Names the kind of a data source variable, such as `prometheus`.
    public var datasourceType = ""
    /// The reader named the values: they stay whatever the options are.
    public internal(set) var isGiven = false
    public enum Refresh: Hashable, Sendable { case never, onLoad, onTimeChange }

    public init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
        label = ""
        isMulti = false
        includesAll = false
        regex = ""
        sort = 0
        isHidden = false
        current = []
        options = []
    }
}
