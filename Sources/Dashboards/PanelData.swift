// What a painter draws: a panel's answers, reduced, named, configured and coloured.
// Made by PanelDataBuilder from query results; the last stop before cells.

import MetricModel

/// The data of one panel at one time. A value: painting it twice gives the same cells.
public struct PanelData: Sendable {
    public var content: Content
    /// The range the panel shows; the right edge is its end.
    public var start: Timestamp
    public var end: Timestamp
    /// One or two short lines, shown in the panel when there is nothing to draw, or beside the picture as a warning.
    public var notices: [String]
    /// An error of a query; the panel shows it and keeps what else it has.
    public var failure: String?
    /// Set while the first answer is on its way.
    public var isLoading: Bool
    /// Moments to mark on the time axis, from the dashboard's annotations.
    public var marks: [PanelMark] = []
    /// What a graph's series were at an earlier time.
    public var past: PanelPast?
    /// Set for bar charts: what the values of the fields stand for, in their order.
    public var categories: DataCategories?
    /// Length of time since the newest sample when the source has stopped answering: "stale 12 s" in the border.
    public var staleFor: Milliseconds?

    public enum Content: Sendable {
        /// One entry a series, in query order.
        case fields([DataField])
        case table(DataTable)
        case heatmap(HeatmapData)
        case histogram(HistogramData)
        case text(String)
        case alerts(AlertListing)
        /// Other dashboards to choose from.
        case dashboards([DashboardGroup])
        case none
    }

    public init(
        content: Content, start: Timestamp, end: Timestamp, notices: [String] = [], failure: String? = nil,
        isLoading: Bool = false, staleFor: Milliseconds? = nil
    ) {
        self.content = content
        self.start = start
        self.end = end
        self.notices = notices
        self.failure = failure
        self.isLoading = isLoading
        self.staleFor = staleFor
    }
}

/// The groups of bars of a bar chart.
public struct DataCategories: Sendable {
    /// As many as each field has values.
    public var cells: [TableCell]
    public var configuration: FieldConfiguration
    /// Of each category's bars, from another field; empty: bars have the colours of their series.
    public var colors: [RGB]
    public init(cells: [TableCell], configuration: FieldConfiguration = FieldConfiguration(), colors: [RGB] = []) {
        self.cells = cells
        self.configuration = configuration
        self.colors = colors
    }
}

extension PanelData {
    /// Names of the series that can be switched off, in the order of `PaintContext.hiddenSeries`; empty where none can.
    public var seriesNames: [String] {
        switch content {
        case .fields(let fields): fields.map(\.name)
        case .histogram(let histogram): histogram.series.map(\.name)
        default: []
        }
    }
}

/// A moment that an annotation's query found, or that somebody marked.
public struct PanelMark: Hashable, Sendable {
    public var time: Timestamp
    public var color: RGB
    /// Said on the axis, with a line up through the graph; empty: an arrow is all there is.
    public var text: String
    public init(time: Timestamp, color: RGB, text: String = "") {
        self.time = time
        self.color = color
        self.text = text
    }
}

/// One series of numbers with everything needed to draw it.
public struct DataField: Sendable {
    /// After legend format and displayName override; control characters may still be inside, painters drop them.
    public var name: String
    public var refID: String
    public var labels: LabelSet
    /// Ascend strictly. A missing step is a gap; NaN draws as a gap too.
    public var timestamps: [Timestamp]
    public var values: [Double]
    /// Distance of two neighbouring points; a larger distance is a gap.
    public var step: Milliseconds
    public var configuration: FieldConfiguration
    /// Colour of the series: by palette index, fixed, or of its last value by thresholds. `#rrggbb`.
    public var color: RGB
    /// One entry for each of the panel's calculations, in their order; nil when there was nothing to reduce.
    public var reduced: [Double?]

    public init(
        name: String, refID: String, labels: LabelSet, timestamps: [Timestamp], values: [Double], step: Milliseconds,
        configuration: FieldConfiguration, color: RGB, reduced: [Double?]
    ) {
        self.name = name
        self.refID = refID
        self.labels = labels
        self.timestamps = timestamps
        self.values = values
        self.step = step
        self.configuration = configuration
        self.color = color
        self.reduced = reduced
    }
}

public struct DataTable: Sendable {
    public struct Column: Sendable {
        public var name: String
        public var configuration: FieldConfiguration
        public var cells: [TableCell]
        public init(name: String, configuration: FieldConfiguration, cells: [TableCell]) {
            self.name = name
            self.configuration = configuration
            self.cells = cells
        }
    }
    /// All of one length.
    public var columns: [Column]
    public init(columns: [Column]) { self.columns = columns }
}

public enum TableCell: Hashable, Sendable {
    case text(String)
    case number(Double)
    case time(Timestamp)
    /// A number and the values over time that it was reduced from.
    case trend(Double, [Double])
    case empty
}

public struct RGB: Hashable, Sendable {
    public var red: UInt8
    public var green: UInt8
    public var blue: UInt8
    public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }
}
