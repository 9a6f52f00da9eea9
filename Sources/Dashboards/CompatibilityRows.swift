// The rows of Compatibility: each thing a dashboard can say, and what becomes of it.
// Whoever makes a painter or a reader understand one of these changes its row here; tests hold rows and import together.

extension Compatibility {
    private static func drawn(_ names: String...) -> [CompatibilityRow] {
        names.map { CompatibilityRow(name: $0, treatment: .drawn) }
    }
    private static func immaterial(_ why: String, _ names: String...) -> [CompatibilityRow] {
        names.map { CompatibilityRow(name: $0, treatment: .immaterial(why)) }
    }
    private static func ignored(_ name: String, _ why: String, unless plain: JSONValue...) -> CompatibilityRow {
        CompatibilityRow(name: name, treatment: .ignored(why), plainValues: plain)
    }
    private static func nearly(_ name: String, _ how: String, unless plain: JSONValue...) -> CompatibilityRow {
        CompatibilityRow(name: name, treatment: .approximated(how), plainValues: plain)
    }
    private static func missing(_ name: String, _ why: String) -> CompatibilityRow {
        CompatibilityRow(name: name, treatment: .notDrawn(why))
    }

    // MARK: Panels

    static let panels: [CompatibilityRow] =
        drawn(
            "timeseries", "graph", "barchart", "stat", "singlestat", "grafana-singlestat-panel", "gauge", "bargauge",
            "table", "table-old", "text", "row", "state-timeline", "status-history", "heatmap", "heatmap-new",
            "histogram", "alertlist", "dashlist")
        + [
            nearly("trend", "drawn over time"),
            nearly("piechart", "drawn as one bar of parts above a table, as a disc where there is room"),
            nearly("grafana-piechart-panel", "drawn as a piechart, small parts are not put together"),
            nearly("marcusolsson-treemap-panel", "drawn as bars, the largest first"),
            nearly("grafana-polystat-panel", "drawn as tiles"),
            nearly("geomap", "drawn as the table of its data"),
            nearly("grafana-worldmap-panel", "drawn as the table of its data"),
            missing("logs", "there is no data source for logs"), missing("nodeGraph", "not drawn"),
            missing("news", "nothing is fetched from the web"), missing("xychart", "not drawn"),
            missing("candlestick", "not drawn"), missing("flamegraph", "not drawn"), missing("traces", "not drawn"),
            missing("canvas", "not drawn"), missing("annolist", "not drawn"), missing("welcome", "not drawn"),
        ]

    // MARK: Settings of any panel

    private static let links = CompatibilityRow(name: "links", treatment: .drawn)

    static let panelSettings: [CompatibilityRow] =
        drawn(
            "type", "title", "description", "transparent", "gridPos", "datasource", "targets", "options", "fieldConfig",
            "transformations", "repeat", "repeatDirection", "maxPerRow", "minSpan", "interval", "maxDataPoints",
            "timeFrom", "timeShift", "hideTimeOverride")
        + [
            links, ignored("alert", "rules of alerts are not run"),
            missing("libraryPanel", "the file holds its name alone"),
        ]

    // MARK: Options

    private static let tooltips = immaterial(
        "there is no pointer to show values at", "tooltip.mode", "tooltip.sort", "tooltip.hideZeros",
        "tooltip.maxHeight", "tooltip.maxWidth")
    private static let reductions =
        drawn("reduceOptions.calcs", "reduceOptions.values", "reduceOptions.fields")
        + drawn(
            "reduceOptions.limit", "fieldOptions.calcs", "fieldOptions.values", "fieldOptions.defaults",
            "fieldOptions.overrides", "fieldOptions.thresholds", "fieldOptions.mappings", "fieldOptions.limit",
            "valueOptions.stat", "valueOptions.unit", "valueOptions.decimals", "thresholds", "valueMappings",
            "minValue",
            "maxValue")
        + [ignored("valueOptions.prefix", "not written"), ignored("valueOptions.suffix", "not written")]
        + immaterial("the first step of the thresholds says it", "baseColor")
    private static let textSizes = immaterial(
        "text in a terminal has one size", "text")
    /// Left by an earlier type of the same panel.
    private static let leftovers = immaterial(
        "left behind by another type of panel", "legend", "tooltip", "alertThreshold", "dataLinks", "footer",
        "showHeader", "cellHeight")

    static let timeSeriesOptions: [CompatibilityRow] =
        drawn(
            "legend.showLegend", "legend.displayMode", "legend.placement", "legend.calcs", "legend.sortBy",
            "legend.sortDesc", "legend.asTable", "legend.isVisible") + tooltips
        + immaterial("the legend takes what its names need", "legend.width", "legend.limit", "legend.maxHeight")
        + immaterial("annotations take one row", "annotations.clustering", "annotations.multiLane")
        + immaterial("left behind by another type of panel", "alertThreshold", "dataLinks", "reduceOptions", "graph")
        + [
            nearly("timezone", "the dashboard's time zone is shown", unless: .array([.string("")])),
            ignored("timeCompare", "no earlier period is drawn beside"), ignored("orientation", "drawn horizontally"),
            ignored("legend.overflow", "the legend is cut at its end"),
        ]

    static let statOptions: [CompatibilityRow] =
        drawn("colorMode", "graphMode", "textMode", "orientation", "showPercentChange") + reductions
        + textSizes + leftovers
        + immaterial("values stand in the middle", "justifyMode", "wideLayout")
        + [
            nearly("percentChangeColorMode", "the change has the value's colour", unless: .string("standard"))
        ]

    static let gaugeOptions: [CompatibilityRow] =
        drawn("showThresholdMarkers") + reductions + textSizes + leftovers
        + immaterial(
            "sizes follow the cells", "minVizHeight", "minVizWidth", "sizing", "barWidthFactor", "segmentCount",
            "segmentSpacing", "endpointMarker", "barShape", "effects.barGlow", "effects.centerGlow", "effects.gradient",
            "neutral")
        + [
            ignored("orientation", "gauges stand beside each other", unless: .string("auto"), .string("horizontal")),
            nearly("shape", "drawn as an arc", unless: .string("gauge")),
            ignored("showThresholdLabels", "limits are not written"), ignored("sparkline", "no sparkline in a gauge"),
            ignored("textMode", "name and value are shown", unless: .string("auto")),
            ignored("glow", "without glow"),
        ]

    static let barGaugeOptions: [CompatibilityRow] =
        drawn("displayMode", "orientation", "showUnfilled") + reductions + textSizes + leftovers
        + immaterial("sizes follow the cells", "minVizHeight", "minVizWidth", "maxVizHeight", "sizing")
        + [
            nearly("valueMode", "values have the bar's colour", unless: .string("color"), .string("hidden")),
            nearly("namePlacement", "names stand on the left", unless: .string("auto"), .string("left")),
        ]

    static let pieChartOptions: [CompatibilityRow] =
        drawn("pieType", "displayLabels", "sort", "legend.values", "legend.placement") + reductions + tooltips
        + textSizes
        + immaterial("the table takes what its names need", "legend.displayMode", "legend.calcs", "legend.width")
        + immaterial("names and shares always stand beside the picture", "legend.showLegend")
        + [
            nearly("legend.sortBy", "the table has the order of the parts"),
            nearly("legend.sortDesc", "the table has the order of the parts"),
        ]

    static let barChartOptions: [CompatibilityRow] =
        drawn(
            "orientation", "stacking", "showValue", "xField", "colorByField", "legend.showLegend",
            "legend.displayMode", "legend.placement", "legend.calcs", "legend.sortBy", "legend.sortDesc") + tooltips
        + textSizes
        + immaterial(
            "sizes follow the cells", "barWidth", "groupWidth", "barRadius", "xTickLabelRotation",
            "xTickLabelMaxLength", "xTickLabelSpacing", "legend.width", "fullHighlight")
        + immaterial("left behind by another type of panel", "reduceOptions", "dataLinks", "alertThreshold")

    static let tableOptions: [CompatibilityRow] =
        drawn(
            "showHeader", "sortBy", "frameIndex", "footer.show", "footer.reducer", "footer.fields", "footer.countRows")
        + immaterial(
            "rows scroll", "footer.enablePagination", "enablePagination", "cellHeight", "showSearch", "filterable",
            "showTypeIcons", "disableKeyboardEvents")
        + immaterial("left behind by another type of panel", "legend", "tooltip", "showRowNums")
        + [
            nearly("frozenColumns", "the first column stays when scrolling")
        ]

    static let textOptions: [CompatibilityRow] =
        drawn("mode", "content")
        + immaterial("plain text", "code")

    static let alertListOptions: [CompatibilityRow] =
        drawn(
            "maxItems", "sortOrder", "alertName", "alertInstanceLabelFilter", "stateFilter", "stateFilter.firing",
            "stateFilter.pending")
        + immaterial("Prometheus knows no such state", "stateFilter.noData", "stateFilter.error")
        + immaterial("every alert has a line", "showInstances")
        + [
            ignored("stateFilter.normal", "rules that do not fire are not listed"),
            ignored("showInactiveAlerts", "rules that do not fire are not listed"),
            ignored("dashboardAlerts", "alerts of all rules are shown"),
            ignored("folder", "rules have no folders"),
            nearly("datasource", "alerts are those of the server that is asked"),
            nearly("groupBy", "alerts are not grouped"),
            nearly("groupMode", "alerts are not grouped", unless: .string("default")),
            nearly("viewMode", "drawn as a list", unless: .string("list")),
        ]

    static let dashboardListOptions: [CompatibilityRow] =
        drawn(
            "showSearch", "showRecentlyViewed", "showHeadings", "maxItems", "query", "tags", "keepTime", "includeVars")
        + [
            ignored("showStarred", "which dashboards are starred is not known"),
            ignored("folderId", "dashboards have no folders", unless: .number(0)),
            ignored("folderUID", "dashboards have no folders"),
            ignored("showFolderNames", "dashboards have no folders"),
        ]

    static let heatmapOptions: [CompatibilityRow] =
        drawn(
            "calculate", "calculation.xBuckets", "calculation.yBuckets", "rowsFrame.layout", "bucketFrame.layout",
            "color.mode", "color.scheme", "color.fill", "color.exponent", "color.scale", "color.reverse", "color.min",
            "color.max", "filterValues.le", "filterValues.ge", "yAxis.unit", "yAxis.decimals", "yAxis.min", "yAxis.max",
            "yAxis.reverse", "yAxis.axisPlacement", "yAxis.axisLabel", "cellValues.unit", "cellValues.decimals",
            "legend.show")
        + immaterial("sizes follow the cells", "cellGap", "cellRadius", "yAxis.axisWidth")
        + immaterial("a scheme has sixteen colours", "color.steps")
        + immaterial("the axis needs no name of the counts", "rowsFrame.value", "bucketFrame.value")
        + immaterial(
            "the crosshair shows the counts of its column", "tooltip.show", "tooltip.mode", "tooltip.yHistogram",
            "tooltip.showColorScale", "tooltip.maxHeight", "tooltip.maxWidth")
        + immaterial("times are always written", "xAxis", "selectionMode")
        + immaterial("exemplars are not asked for", "exemplars")
        + immaterial("annotations take one row", "annotations.clustering", "annotations.multiLane")
        + [
            ignored("showValue", "no numbers in the cells", unless: .string("never"), .string("auto"))
        ]

    static let legacyHeatmapSettings: [CompatibilityRow] =
        drawn(
            "type", "title", "description", "dataFormat", "yAxis.format", "yAxis.decimals", "yAxis.min", "yAxis.max",
            "yAxis.show", "yAxis.logBase", "yAxis.splitFactor", "yBucketBound", "reverseYBuckets", "xBucketSize",
            "xBucketNumber", "yBucketSize", "yBucketNumber", "color.mode", "color.colorScheme", "color.cardColor",
            "color.colorScale", "color.exponent", "color.min", "color.max", "tooltipDecimals", "legend.show",
            "targets", "datasource", "gridPos", "span", "height", "repeat", "repeatDirection", "maxPerRow", "minSpan",
            "timeFrom", "timeShift", "hideTimeOverride", "interval", "maxDataPoints", "transparent", "transformations")
        + immaterial("zero is not drawn, as in Grafana since version 9", "hideZeroBuckets")
        + immaterial("the crosshair shows the counts of its column", "tooltip", "highlightCards")
        + immaterial("sizes follow the cells", "cards", "yAxis.width")
        + immaterial("times are always written", "xAxis")
        + immaterial("of the type that came after it", "fieldConfig", "heatmap")
        + immaterial(
            "for the editor", "id", "pluginVersion", "editable", "error", "isNew", "cacheTimeout", "$$hashKey",
            "scopedVars", "repeatPanelId", "repeatIteration", "repeatedByRow", "libraryPanel", "queryCachingTTL",
            "renderer", "panels", "collapsed")
        + [links]

    static let histogramOptions: [CompatibilityRow] =
        drawn(
            "bucketSize", "bucketCount", "bucketOffset", "combine", "legend.showLegend", "legend.placement",
            "legend.displayMode", "legend.isVisible", "legend.asTable", "legend.calcs")
        + tooltips
        + immaterial("the legend takes what its names need", "legend.width", "legend.limit", "legend.maxHeight")
        + immaterial("left behind by another type of panel", "reduceOptions", "orientation", "graph", "dataLinks")
        + [
            ignored("legend.sortBy", "the legend follows the queries"),
            ignored("legend.sortDesc", "the legend follows the queries"),
            ignored("legend.overflow", "the legend is cut at its end"),
        ]

    static let stateTimelineOptions: [CompatibilityRow] =
        drawn(
            "showValue", "mergeValues", "alignValue", "legend.showLegend", "legend.displayMode", "legend.placement",
            "legend.isVisible", "legend.asTable") + tooltips
        + immaterial("a state has no number of its own", "legend.calcs", "legend.sortBy", "legend.sortDesc")
        + immaterial("sizes follow the cells", "rowHeight", "colWidth")
        + immaterial("rows scroll", "perPage")
        + immaterial("the legend takes what its names need", "legend.width", "legend.limit", "legend.maxHeight")
        + immaterial("annotations take one row", "annotations.clustering", "annotations.multiLane")
        + immaterial("left behind by another type of panel", "reduceOptions", "orientation", "graph", "dataLinks")
        + [
            nearly("timezone", "the dashboard's time zone is shown", unless: .array([.string("")])),
            ignored("legend.overflow", "the legend is cut at its end"),
        ]

    // MARK: Fields

    static let fieldSettings: [CompatibilityRow] =
        drawn(
            "unit", "decimals", "min", "max", "displayName", "noValue", "color", "thresholds", "mappings", "custom",
            "title")
        + immaterial(
            "for the editor", "description", "unitScale", "nullValueMode", "writeable", "path", "displayNameFromDS")
        + [
            links,
            ignored("fieldMinMax", "limits are those of all series"), ignored("filterable", "cells are no filters"),
            ignored("actions", "nothing is sent anywhere"),
        ]

    static let customSettings: [CompatibilityRow] =
        drawn(
            "drawStyle", "fillOpacity", "lineWidth", "stacking", "stacking.mode", "stacking.group", "spanNulls",
            "axisLabel", "hideFrom", "hideFrom.viz", "hideFrom.graph", "hideFrom.legend", "hideFrom.table",
            "showPoints",
            "thresholdsStyle", "thresholdsStyle.mode", "axisSoftMin", "axisSoftMax", "axisCenteredZero", "hidden",
            "align", "cellOptions", "cellOptions.mode", "scaleDistribution",
            "scaleDistribution.type", "scaleDistribution.log", "axisPlacement")
        + [
            nearly("transform", "drawn as its values", unless: .string("negative-Y")),
            nearly(
                "cellOptions.type", "drawn as plain text", unless: .string("auto"), .string("color-text"),
                .string("color-background"), .string("gauge"), .string("sparkline")),
            nearly(
                "cellOptions.valueDisplayMode", "numbers have the colour of their bar", unless: .string("color")),
            ignored("cellOptions.applyToRow", "the cell alone has the colour"),
            nearly("fillBelowTo", "filled down to the axis"),
            nearly(
                "gradientMode", "a series has one colour", unless: .string("none"), .string("opacity"), .string("hue")),
            nearly("scaleDistribution.linearThreshold", "a symlog scale is drawn as a log scale, above zero"),
            nearly(
                "lineInterpolation", "drawn straight", unless: .string("linear"), .string("stepBefore"),
                .string("stepAfter")),
            nearly("lineStyle", "dashes have one length", unless: solidLine),
            nearly(
                "displayMode", "drawn as plain text", unless: .string("auto"), .string("color-text"),
                .string("color-background"), .string("color-background-solid"), .string("gradient-gauge"),
                .string("lcd-gauge"), .string("basic")),
            nearly("insertNulls", "lines break at missing samples alone"),
            ignored("barAlignment", "bars stand at their time", unless: .number(0)),
            ignored("showValues", "no numbers at the points"),
            ignored("footer.reducers", "no footer of one column"),
            ignored("axisGridShow", "the grid is always there", unless: .bool(true)),
        ]
        + immaterial(
            "sizes follow the cells", "width", "pointSize", "barWidthFactor", "barMaxWidth",
            "minWidth", "axisWidth", "axisBorderShow", "axisColorMode", "wrapHeaderText", "cellOptions.wrapText",
            "wrapText",
            "pointSymbol", "tooltip", "graph")
        + immaterial("the mouse has no tooltip", "hideFrom.tooltip", "inspect", "filterable", "legend")

    private static let solidLine: JSONValue = .object(GrafanaImport.object("fill", .string("solid")))

    // MARK: Before version 7

    static let legacyGraphSettings: [CompatibilityRow] =
        drawn(
            "type", "title", "description", "fill", "linewidth", "lines", "bars", "points", "stack", "percentage",
            "steppedLine", "nullPointMode", "yaxes", "y_formats", "legend", "seriesOverrides", "aliasColors", "dashes",
            "thresholds", "decimals", "targets", "datasource", "gridPos", "span", "height", "repeat",
            "repeatDirection", "maxPerRow", "minSpan", "timeFrom", "timeShift", "hideTimeOverride", "interval",
            "maxDataPoints", "transparent", "transformations", "xaxis", "grid", "leftYAxisLabel", "rightYAxisLabel",
            "y-axis")
        + immaterial("of the type that came after it", "fieldConfig", "options")
        + immaterial("times are always written", "x-axis")
        + immaterial("there is no pointer to show values at", "tooltip")
        + immaterial("of rows and of copies that a repeat made", "id", "panels", "collapsed", "scopedVars")
        + immaterial(
            "sizes follow the cells", "dashLength", "spaceLength", "pointradius", "fillGradient", "yaxis", "renderer",
            "pluginVersion", "editable", "error", "isNew", "cacheTimeout", "hiddenSeries", "zerofill", "resolution",
            "scale", "$$hashKey", "repeatPanelId", "repeatIteration", "repeatedByRow",
            "transformation", "loadingState", "libraryPanel", "queryCachingTTL")
        + [
            links, ignored("timeRegions", "no shading of times of day"),
            ignored("alert", "rules of alerts are not run"),
        ]

    static let legacyStatSettings: [CompatibilityRow] =
        drawn(
            "type", "title", "description", "format", "decimals", "nullText", "thresholds", "colors", "valueMaps",
            "rangeMaps", "valueName", "gauge", "colorBackground", "colorValue", "sparkline", "prefix", "postfix",
            "targets", "datasource", "gridPos", "span", "height", "repeat", "repeatDirection", "maxPerRow",
            "minSpan", "timeFrom", "timeShift", "hideTimeOverride", "interval", "maxDataPoints", "transparent",
            "transformations", "mappingType", "tableColumn", "nullPointMode")
        + immaterial("of the type that came after it", "fieldConfig", "options")
        + immaterial("for the editor", "id", "mappingTypes")
        + immaterial(
            "text in a terminal has one size", "postfixFontSize", "prefixFontSize", "valueFontSize", "cacheTimeout",
            "pluginVersion", "editable", "error", "isNew", "$$hashKey", "scopedVars", "repeatPanelId",
            "repeatIteration", "repeatedByRow", "hideFromLegend", "libraryPanel", "queryCachingTTL")
        + [
            links, nearly("colorPrefix", "the prefix has its own colour"),
            nearly("colorPostfix", "the same colour throughout"),
        ]

    // MARK: The rest

    static let matchers: [CompatibilityRow] =
        drawn("byName", "byNames", "byRegexp", "byRegex", "byFrameRefID", "byType", "byTypes", "byValue", "numeric")
        + drawn("time", "firstTimeField")

    static let colorModes: [CompatibilityRow] =
        drawn("palette-classic", "thresholds", "fixed")
        + drawn(
            "continuous-GrYlRd", "continuous-RdYlGr", "continuous-BlYlRd", "continuous-YlRd", "continuous-BlPu",
            "continuous-YlBl", "continuous-blues", "continuous-reds", "continuous-greens", "continuous-purples")
        + [
            nearly("palette-classic-by-name", "colours follow the order of series"),
            nearly("shades", "every series has the same shade"),
            nearly("continuous-viridis", "drawn in the colours of GrYlRd"),
            nearly("continuous-magma", "drawn in the colours of GrYlRd"),
            nearly("continuous-plasma", "drawn in the colours of GrYlRd"),
            nearly("continuous-inferno", "drawn in the colours of GrYlRd"),
            nearly("continuous-cividis", "drawn in the colours of GrYlRd"),
        ]

    static let transformations: [CompatibilityRow] =
        drawn(
            "merge", "organize", "joinByField", "seriesToColumns", "filterFieldsByName", "sortBy", "renameByRegex",
            "filterByRefId", "filterFrames", "limit", "groupBy", "calculateField", "reduce", "labelsToFields",
            "seriesToRows", "filterByValue", "convertFieldType", "concatenate", "prepareTimeSeries", "extractFields",
            "groupingToMatrix", "configFromData",
            "timeSeriesTable", "rowsToFields", "formatTime", "formatString", "joinByLabels", "partitionByValues",
            "transpose")
        + [
            missing("fieldLookup", "not applied"),
            missing("groupToNestedTable", "not applied"), missing("histogram", "not applied"),
            missing("heatmap", "not applied"), missing("spatial", "not applied"), missing("smoothing", "not applied"),
            missing("regression", "not applied"), missing("convertFrameType", "not applied"),
        ]

    static let variables: [CompatibilityRow] =
        drawn("query", "custom", "interval", "constant", "textbox", "datasource", "switch", "adhoc")
        + [
            missing("groupby", "not applied"),
            missing("system", "not applied"), missing("snapshot", "not applied"),
        ]

    static let documentParts: [CompatibilityRow] =
        drawn(
            "title", "uid", "time", "refresh", "timezone", "templating", "panels", "rows", "annotations", "elements",
            "layout", "timeSettings", "variables")
        + [links]
        + immaterial("there is no pointer to show values at", "graphTooltip", "sharedCrosshair", "cursorSync")
        + immaterial("a list of dashboards would show it", "description", "tags")
        + immaterial("a document is read by its shape", "schemaVersion")
        + immaterial(
            "for the server and its editor", "timepicker", "id", "version", "editable", "gnetId", "hideControls",
            "iteration", "style", "__inputs", "__requires", "__elements", "revision", "liveNow", "preload", "weekStart",
            "fiscalYearStartMonth", "timeRangeUpdatedDuringEditOrView", "originalTitle", "snapshot", "scopedMeta",
            "meta", "overwrite", "folderId", "folderUid", "message", "kind", "apiVersion", "metadata", "status")
}
