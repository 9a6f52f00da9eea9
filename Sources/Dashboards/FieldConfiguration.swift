// How a value is written and coloured: unit, decimals, thresholds, mappings, and the drawing of a line.

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

    public init() {
        thresholds = Thresholds()
        mappings = []
        color = .paletteClassic
        graph = GraphStyle()
        isHidden = false
    }
}

public enum CellMode: Hashable, Sendable { case plain, colorText, colorBackground, gauge }

/// Steps ascending; the first one reaches down to minus infinity whatever its value.
public struct Thresholds: Hashable, Sendable {
    public struct Step: Hashable, Sendable {
        public var value: Double
        /// Grafana's colour: a name (`dark-red`), `#rrggbb`, `rgba(...)`.
        public var color: String
        public init(value: Double, color: String) {
            self.value = value
            self.color = color
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
    public var isOnRightAxis = false
    public var isNegativeY = false
    /// 0: linear.
    public var logBase: Double = 0
    public var softMin: Double?
    public var softMax: Double?
    public var isHidden = false
    public var axisLabel = ""
    public init() {}
}

public struct FieldOverride: Hashable, Sendable {
    public enum Matching: Hashable, Sendable {
        case name(String)
        case names([String])
        /// Compared with the display name.
        case regexp(String)
        case frameRefID(String)
        case type(String)
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
        case rightAxis
        case hideFromGraph
        case hidden
        case cellMode(CellMode)
        case widthPixels(Int)
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
