// The words of our own short form of a dashboard, each with its place in Grafana's JSON: one table for both ways.
// ShortFormReader expands by it, ShortFormWriter goes back, the JSON Schema in docs/ is printed from it.

/// One word of the short form.
struct ShortFormKey: Sendable {
    enum Kind: Sendable {
        case text, number, whole, flag
        /// One text or a list of them; always a list in Grafana's JSON.
        case texts
        /// Words with a meaning: what is written, and what it is in Grafana's JSON.
        case word([(word: String, value: JSONValue)])
    }
    var name: String
    var kind: Kind
    /// Keys from the object of the dashboard, panel, field or target down.
    var path: [String]
    var help: String
    /// What Grafana assumes anyway: not written.
    var plain: JSONValue?
}

package enum ShortForm {
    private static func key(
        _ name: String, _ kind: ShortFormKey.Kind, _ path: String, _ help: String, plain: JSONValue? = nil
    ) -> ShortFormKey {
        ShortFormKey(
            name: name, kind: kind, path: path.split(separator: ".").map(String.init), help: help, plain: plain)
    }
    private static func words(_ names: String...) -> ShortFormKey.Kind { .word(names.map { ($0, .string($0)) }) }

    static let dashboard: [ShortFormKey] = [
        key("title", .text, "title", "Name of the dashboard."),
        key("uid", .text, "uid", "What links name it by."),
        key("description", .text, "description", "What it is for."),
        key("tags", .texts, "tags", "Words to find it by."),
        key("refresh", .text, "refresh", "How often it is asked anew, such as 30s."),
        key("timezone", .text, "timezone", "browser, utc or the name of a zone."),
        key(
            "crosshair", .word([("own", .number(0)), ("shared", .number(1)), ("tooltip", .number(2))]), "graphTooltip",
            "Whether the crosshair is in all panels."),
    ]

    static let panel: [ShortFormKey] = [
        key("title", .text, "title", "Heading of the panel; may hold variables."),
        key("type", .text, "type", "timeseries (the default), stat, gauge, bargauge, table, text, ..."),
        key("description", .text, "description", "Shown below the panel when it fills the screen."),
        key("transparent", .flag, "transparent", "Without a border."),
        key("interval", .text, "interval", "Least step of its queries, such as 1m."),
        key("max_points", .whole, "maxDataPoints", "Most points of a query."),
        key("time", .text, "timeFrom", "A range of its own, such as 6h."),
        key("shift", .text, "timeShift", "Moves its range into the past, such as 1d."),
        key("hide_time", .flag, "hideTimeOverride", "Says nothing of its own range."),
        key("repeat", .text, "repeat", "Name of a variable: one panel for each of its values."),
        key("repeat_direction", .word([("h", .string("h")), ("v", .string("v"))]), "repeatDirection", "h or v."),
        key("per_row", .whole, "maxPerRow", "Most repeated panels beside each other."),
        key("calc", .texts, "options.reduceOptions.calcs", "lastNotNull, mean, max, ...: of a series to one number."),
        key("all_values", .flag, "options.reduceOptions.values", "One tile for each row of the answer."),
        key("fields", .text, "options.reduceOptions.fields", "Which fields are reduced: a name or /pattern/."),
        key(
            "graph", words("none", "area"), "options.graphMode", "Of a stat: the sparkline.",
            plain: .string("area")),
        key(
            "color_mode", words("none", "value", "background", "background_solid"), "options.colorMode", "Of a stat.",
            plain: .string("value")),
        key(
            "text", words("auto", "value", "value_and_name", "name", "none"), "options.textMode", "Of a stat.",
            plain: .string("auto")),
        key(
            "orientation", words("auto", "horizontal", "vertical"), "options.orientation", "Of stat and bargauge.",
            plain: .string("auto")),
        key(
            "display", words("gradient", "lcd", "basic"), "options.displayMode", "Of a bargauge.",
            plain: .string("gradient")),
        key("markers", .flag, "options.showThresholdMarkers", "Of a gauge.", plain: .bool(true)),
        key("header", .flag, "options.showHeader", "Of a table.", plain: .bool(true)),
        key("frame", .whole, "options.frameIndex", "Of a table: which of several answers."),
        key("content", .text, "options.content", "Of a text panel."),
        key("mode", words("markdown", "html", "code"), "options.mode", "Of a text panel."),
        key(
            "legend_at", words("bottom", "right"), "options.legend.placement", "Where the legend is.",
            plain: .string("bottom")),
        key("legend_shown", .flag, "options.legend.showLegend", "false: no legend.", plain: .bool(true)),
        key(
            "legend_as", words("list", "table", "hidden"), "options.legend.displayMode", "How the legend is drawn.",
            plain: .string("list")),
        key("legend_calcs", .texts, "options.legend.calcs", "Numbers beside each name."),
        key("legend_sort", .text, "options.legend.sortBy", "Which number the legend is sorted by."),
        key("legend_descending", .flag, "options.legend.sortDesc", "The largest first."),
        key(
            "tooltip", words("single", "multi", "none"), "options.tooltip.mode", "What a pointer shows, in Grafana.",
            plain: .string("single")),
        key(
            "tooltip_sort", words("none", "asc", "desc"), "options.tooltip.sort", "Order of values in a tooltip.",
            plain: .string("none")),
    ]

    /// Of a panel, below `fieldConfig.defaults`; of an override, ids of properties.
    static let field: [ShortFormKey] = [
        key("unit", .text, "unit", "An id of Grafana's, such as bytes, s, percentunit."),
        key("decimals", .whole, "decimals", "Digits after the point."),
        key("min", .number, "min", "Least value of the axis or gauge."),
        key("max", .number, "max", "Greatest value of the axis or gauge."),
        key("name", .text, "displayName", "In place of the series' own name."),
        key("no_value", .text, "noValue", "What is shown without a value."),
        key(
            "draw", words("line", "bars", "points"), "custom.drawStyle", "How a series is drawn.",
            plain: .string("line")),
        key(
            "line", words("linear", "smooth", "stepBefore", "stepAfter"), "custom.lineInterpolation",
            "Between two points.", plain: .string("linear")),
        key("line_width", .number, "custom.lineWidth", "0 draws no line.", plain: .number(1)),
        key("fill", .number, "custom.fillOpacity", "0 to 100, under the line.", plain: .number(0)),
        key(
            "points", words("auto", "always", "never"), "custom.showPoints", "Marks on samples.", plain: .string("auto")
        ),
        key("gaps", .flag, "custom.spanNulls", "true: lines go on over missing samples."),
        key(
            "axis", words("auto", "left", "right", "hidden"), "custom.axisPlacement", "Which side the axis is on.",
            plain: .string("auto")),
        key("axis_label", .text, "custom.axisLabel", "Beside the axis."),
        key("soft_min", .number, "custom.axisSoftMin", "The axis reaches down to this at least."),
        key("soft_max", .number, "custom.axisSoftMax", "The axis reaches up to this at least."),
        key("negative", .word([("y", .string("negative-Y"))]), "custom.transform", "y: drawn below zero."),
        key("below", .text, "custom.fillBelowTo", "Name of the series down to which is filled."),
        key(
            "gradient", words("none", "opacity", "hue", "scheme"), "custom.gradientMode", "Of the fill.",
            plain: .string("none")),
        key("width", .whole, "custom.width", "Of a table's column, in pixels."),
        key(
            "align", words("auto", "left", "center", "right"), "custom.align", "Of a table's column.",
            plain: .string("auto")),
        key("hidden", .flag, "custom.hidden", "Leaves out a table's column."),
    ]

    static let target: [ShortFormKey] = [
        key("query", .text, "expr", "PromQL."),
        key("legend", .text, "legendFormat", "Name of a series, with {{label}}."),
        key("as", .text, "refId", "Name of the query, such as A."),
        key("instant", .flag, "instant", "The newest value alone."),
        key("range", .flag, "range", "Values over the whole range."),
        key("format", words("time_series", "table", "heatmap"), "format", "Shape of the answer."),
        key("interval", .text, "interval", "Least step."),
        key("factor", .whole, "intervalFactor", "Multiplies the step."),
        key("hide", .flag, "hide", "Not asked."),
    ]

    static let variable: [ShortFormKey] = [
        key("name", .text, "name", "What $name stands for."),
        key("label", .text, "label", "What the reader sees."),
        key("multi", .flag, "multi", "Several values may be chosen."),
        key("all", .flag, "includeAll", "There is a choice of all values."),
        key("all_value", .text, "allValue", "What All stands for in queries, such as .*"),
        key("regex", .text, "regex", "Which values are kept, and which part of them."),
        key("sort", .whole, "sort", "0 to 8, as Grafana numbers its orders."),
        key(
            "hide", .word([("no", .number(0)), ("label", .number(1)), ("yes", .number(2))]), "hide",
            "Whether the reader sees it."),
        key(
            "refresh", .word([("never", .number(0)), ("load", .number(1)), ("time", .number(2))]), "refresh",
            "When its values are asked anew."),
        key("auto", .flag, "auto", "Of an interval: one that fits the range."),
        key("auto_count", .whole, "auto_count", "Of an interval: steps in the range."),
        key("auto_min", .text, "auto_min", "Of an interval: the least one."),
    ]

    /// What a variable is made of: the word of the short form, and Grafana's type.
    static let variableTypes: [(word: String, type: String)] = [
        ("query", "query"), ("values", "custom"), ("intervals", "interval"), ("constant", "constant"),
        ("textbox", "textbox"), ("datasource", "datasource"), ("adhoc", "adhoc"),
    ]

    /// Words that are read by code and not by the tables.
    static let dashboardParts = ["time", "variables", "rows", "panels", "annotations", "links", "grafana"]
    static let panelParts = [
        "query", "legend", "instant", "format", "queries", "width", "height", "x", "y", "color", "thresholds",
        "mappings", "stack", "overrides", "transform", "sort", "links", "percent_thresholds", "log", "threshold_style",
        "dash", "grafana",
    ]
    static let overrideParts = [
        "match", "color", "thresholds", "mappings", "stack", "links", "percent_thresholds", "log", "threshold_style",
        "dash", "grafana",
    ]
    static let stackings = ["none", "normal", "percent"]
    static let thresholdStyles = ["off", "line", "dashed", "area", "line+area", "dashed+area", "series"]
    static let dashes = ["solid", "dash", "dot"]
    static let matchers: [(word: String, id: String)] = [
        ("name", "byName"), ("regex", "byRegexp"), ("query", "byFrameRefID"), ("type", "byType"),
    ]
    static let rowParts = ["title", "collapsed", "repeat", "panels", "grafana"]

    static let panelsMost = 2000
    static func size(_ type: String) -> (width: Int, height: Int) {
        switch type {
        case "stat", "gauge": (6, 4)
        case "row": (24, 1)
        case "text": (24, 3)
        default: (12, 8)
        }
    }
}
