// Panels of kinds that Grafana has retired, in the settings of those that took their place.
// Between Grafana's JSON and the short form, which has words for today's settings; GrafanaLegacyImport knows the old ones.

enum ModernPanel {
    /// The panel as Grafana would write it today. Nil for today's kinds, and where the settings of today cannot say
    /// all that the old ones do: what is drawn must not change.
    static func panel(_ source: JSONValue) -> JSONValue? {
        if source["type"] == .string("text") { return text(source) }
        guard let result = rewritten(source) else { return nil }
        return meaning(result) == meaning(source) ? result : nil
    }

    /// Nil for today's kinds.
    static func rewritten(_ source: JSONValue) -> JSONValue? {
        guard case .string(let type)? = source["type"], type == "graph" || type == "singlestat" else { return nil }
        if type == "singlestat", source.at(["options", "reduceOptions"]) != nil {
            // The old type is stamped on a panel of the new shape.
            var result = source
            result.set(["type"], .string("stat"))
            return result
        }
        let before = imported(source)
        guard let kind = options(before), !before.overrides.contains(where: { matcher($0.matching) == nil }) else {
            return nil
        }
        var result = source
        for key in retired { result.remove([key]) }
        result.set(["type"], .string(kind.type))
        if case .object(let object) = kind.options, !object.keys.isEmpty { result.set(["options"], kind.options) }
        let fields = fields(before.fields, kind.type)
        if case .object(let object) = fields, !object.keys.isEmpty { result.set(["fieldConfig", "defaults"], fields) }
        if !before.overrides.isEmpty {
            result.set(["fieldConfig", "overrides"], .array(before.overrides.map(override)))
        }
        if result.remove(["minSpan"]) != nil, let again = before.repeating {
            result.set(["maxPerRow"], .number(Double(again.maxPerRow)))
        }
        keepWordless(before, in: &result)
        return result
    }

    private static func imported(_ source: JSONValue) -> Panel {
        var importer = GrafanaImport()
        return importer.panel(ImportNode(source, path: "", sink: NoticeSink()))
    }

    /// All that is drawn. The word for the kind is what changes.
    static func meaning(_ source: JSONValue) -> String {
        var panel = imported(source)
        panel.typeName = ""
        return "\(panel)"
    }

    /// Settings of the old kinds, which go or come back under another name.
    private static let retired = [
        "aliasColors", "bars", "cacheTimeout", "colorBackground", "colorPostfix", "colorPrefix", "colorValue", "colors",
        "dashLength", "dashes", "decimals", "fieldConfig", "fill", "fillGradient", "format", "gauge", "grid",
        "hiddenSeries", "leftYAxisLabel", "legend", "lines", "linewidth", "mappingType", "mappingTypes",
        "nullPointMode", "nullText", "options", "percentage", "pointradius", "points", "postfix", "postfixFontSize",
        "prefix", "prefixFontSize", "rangeMaps", "renderer", "rightYAxisLabel", "seriesOverrides", "spaceLength",
        "sparkline", "stack", "steppedLine", "tableColumn", "thresholds", "timeRegions", "tooltip", "valueFontSize",
        "valueMaps", "valueName", "x-axis", "xaxis", "y-axis", "y_formats", "yaxes", "yaxis",
    ]

    /// Before version 7 a text stood at the panel itself.
    private static func text(_ source: JSONValue) -> JSONValue? {
        var result = source
        for key in ["content", "mode"] where source.at(["options", key]) == nil {
            guard case .string(let text)? = result.remove([key]) else { continue }
            result.set(["options", key], .string(key == "mode" && text == "text" ? "code" : text))
        }
        return result == source ? nil : result
    }

    /// What the import reads from today's panels too, for the sake of these.
    private static func keepWordless(_ panel: Panel, in result: inout JSONValue) {
        if panel.fields.graph.fillsGapsWithZero { result.set(["nullPointMode"], .string("null as zero")) }
        switch panel.kind {
        case .timeSeries(let series):
            if series.legend.hidesEmpty { result.set(["legend", "hideEmpty"], .bool(true)) }
            if series.legend.hidesZero { result.set(["legend", "hideZero"], .bool(true)) }
        case .stat(let stat):
            if !stat.prefix.isEmpty { result.set(["prefix"], .string(stat.prefix)) }
            if !stat.postfix.isEmpty { result.set(["postfix"], .string(stat.postfix)) }
        default: break
        }
    }

    // MARK: Options

    private static func options(_ panel: Panel) -> (type: String, options: JSONValue)? {
        var options = JSONValue.object(JSONObject())
        func set(_ path: String, _ value: JSONValue) { options.set(path.split(separator: ".").map(String.init), value) }
        func set(_ reduce: ReduceOptions) {
            if reduce.calculations != [.lastNotNull] {
                set("reduceOptions.calcs", .array(reduce.calculations.map { .string($0.rawValue) }))
            }
            if !reduce.fields.isEmpty { set("reduceOptions.fields", .string(reduce.fields)) }
        }
        switch panel.kind {
        case .timeSeries(let series):
            let legend = series.legend
            switch legend.placement {
            case .bottom: break
            case .right: set("legend.placement", .string("right"))
            case .hidden: set("legend.showLegend", .bool(false))
            }
            if legend.isTable { set("legend.displayMode", .string("table")) }
            if !legend.calculations.isEmpty {
                set("legend.calcs", .array(legend.calculations.map { .string($0.rawValue) }))
            }
            if let name = legend.sortBy { set("legend.sortBy", .string(name)) }
            if legend.sortsDescending { set("legend.sortDesc", .bool(true)) }
            switch series.tooltipSort {
            case .none: break
            case .ascending: set("tooltip.sort", .string("asc"))
            case .descending: set("tooltip.sort", .string("desc"))
            }
            return ("timeseries", options)
        case .stat(let stat):
            set(stat.reduce)
            switch stat.colorMode {
            case .value: break
            case .background: set("colorMode", .string("background"))
            case .none: set("colorMode", .string("none"))
            }
            if !stat.showsSparkline { set("graphMode", .string("none")) }
            if stat.textMode == .name { set("textMode", .string("name")) }
            return ("stat", options)
        case .gauge(let gauge):
            set(gauge.reduce)
            if !gauge.showsThresholdMarkers { set("showThresholdMarkers", .bool(false)) }
            if gauge.showsThresholdLabels { set("showThresholdLabels", .bool(true)) }
            return ("gauge", options)
        case .barGauge(let bars):
            set(bars.reduce)
            set("displayMode", .string("basic"))
            set("orientation", .string("vertical"))
            return ("bargauge", options)
        default: return nil
        }
    }

    // MARK: Fields

    private static func fields(_ fields: FieldConfiguration, _ type: String) -> JSONValue {
        var result = JSONValue.object(JSONObject())
        func set(_ id: String, _ value: JSONValue?) {
            if let value { result.set(id.split(separator: ".").map(String.init), value) }
        }
        set("unit", fields.unit.map { .string($0) })
        set("decimals", fields.decimals.map { .number(Double($0)) })
        set("min", fields.min.map { .number($0) })
        set("max", fields.max.map { .number($0) })
        set("noValue", fields.noValue.map { .string($0) })
        if !fields.thresholds.steps.isEmpty { set("thresholds", thresholds(fields.thresholds)) }
        if !fields.mappings.isEmpty { set("mappings", mappings(fields.mappings)) }
        if fields.color != (type == "timeseries" ? .paletteClassic : .thresholds) { set("color", color(fields.color)) }
        if !fields.links.isEmpty { set("links", links(fields.links)) }
        let graph = fields.graph
        let plain = GraphStyle()
        if graph.drawStyle != plain.drawStyle { set("custom.drawStyle", draw(graph.drawStyle)) }
        if graph.interpolation != plain.interpolation {
            set("custom.lineInterpolation", interpolation(graph.interpolation))
        }
        if graph.fillOpacity != plain.fillOpacity { set("custom.fillOpacity", .number(graph.fillOpacity)) }
        if graph.lineWidth != plain.lineWidth { set("custom.lineWidth", .number(graph.lineWidth)) }
        if graph.stacking != plain.stacking { set("custom.stacking", stacking(graph.stacking, graph.stackingGroup)) }
        if graph.thresholdStyle != plain.thresholdStyle {
            set("custom.thresholdsStyle.mode", thresholdStyle(graph.thresholdStyle))
        }
        if graph.spanNulls == .always { set("custom.spanNulls", .bool(true)) }
        if graph.axisPlacement != plain.axisPlacement { set("custom.axisPlacement", axis(graph.axisPlacement)) }
        if graph.logBase > 1 {
            set("custom.scaleDistribution.type", .string("log"))
            set("custom.scaleDistribution.log", .number(graph.logBase))
        }
        if !graph.axisLabel.isEmpty { set("custom.axisLabel", .string(graph.axisLabel)) }
        if let shows = graph.showsPoints { set("custom.showPoints", .string(shows ? "always" : "never")) }
        if graph.isDashed { set("custom.lineStyle.fill", .string("dash")) }
        return result
    }

    private static func draw(_ style: GraphStyle.DrawStyle) -> JSONValue {
        switch style {
        case .line: .string("line")
        case .bars: .string("bars")
        case .points: .string("points")
        }
    }
    private static func interpolation(_ interpolation: GraphStyle.Interpolation) -> JSONValue {
        switch interpolation {
        case .linear: .string("linear")
        case .stepBefore: .string("stepBefore")
        case .stepAfter: .string("stepAfter")
        }
    }
    private static func stacking(_ stacking: GraphStyle.Stacking, _ group: String) -> JSONValue {
        let mode =
            switch stacking {
            case .none: "none"
            case .normal: "normal"
            case .percent: "percent"
            }
        return .object(JSONObject(["mode": .string(mode), "group": .string(group)]))
    }
    private static func thresholdStyle(_ style: GraphStyle.ThresholdStyle) -> JSONValue {
        switch style {
        case .off: .string("off")
        case .line: .string("line")
        case .area: .string("area")
        case .lineAndArea: .string("line+area")
        }
    }
    private static func axis(_ placement: GraphStyle.AxisPlacement) -> JSONValue {
        switch placement {
        case .automatic: .string("auto")
        case .left: .string("left")
        case .right: .string("right")
        case .hidden: .string("hidden")
        }
    }

    private static func color(_ color: FieldColor) -> JSONValue {
        switch color {
        case .paletteClassic: .object(JSONObject(["mode": .string("palette-classic")]))
        case .thresholds: .object(JSONObject(["mode": .string("thresholds")]))
        case .fixed(let name): .object(JSONObject(["mode": .string("fixed"), "fixedColor": .string(name)]))
        case .continuous(let name): .object(JSONObject(["mode": .string(name)]))
        }
    }

    private static func thresholds(_ thresholds: Thresholds) -> JSONValue {
        let steps = thresholds.steps.map { step -> JSONValue in
            let value: JSONValue = step.value.isFinite ? .number(step.value) : .null
            return .object(JSONObject(["color": .string(step.color), "value": value]))
        }
        let mode = thresholds.isPercentage ? "percentage" : "absolute"
        return .object(JSONObject(["mode": .string(mode), "steps": .array(steps)]))
    }

    /// Values in a row are one mapping.
    private static func mappings(_ mappings: [ValueMapping]) -> JSONValue {
        var result: [JSONValue] = []
        var values = JSONObject()
        func mapping(_ type: String, _ options: JSONObject) -> JSONValue {
            .object(JSONObject(["type": .string(type), "options": .object(options)]))
        }
        func flush() {
            if !values.keys.isEmpty { result.append(mapping("value", values)) }
            values = JSONObject()
        }
        for (place, item) in mappings.enumerated() {
            func text(_ result: MappingResult) -> JSONValue {
                var object = JSONObject()
                for (key, value) in [("text", result.text), ("color", result.color)] {
                    guard let value else { continue }
                    object.keys.append(key)
                    object.values.append(.string(value))
                }
                object.keys.append("index")
                object.values.append(.number(Double(place)))
                return .object(object)
            }
            switch item {
            case .value(let value, let found):
                values.keys.append(value)
                values.values.append(text(found))
            case .range(let from, let to, let found):
                flush()
                func limit(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
                result.append(
                    mapping("range", JSONObject(["from": limit(from), "to": limit(to), "result": text(found)])))
            case .regex(let pattern, let found):
                flush()
                result.append(mapping("regex", JSONObject(["pattern": .string(pattern), "result": text(found)])))
            case .special(let match, let found):
                flush()
                result.append(mapping("special", JSONObject(["match": .string(match), "result": text(found)])))
            }
        }
        flush()
        return .array(result)
    }

    private static func links(_ links: [DashboardLink]) -> JSONValue {
        .array(links.map { .object(JSONObject(["title": .string($0.title), "url": .string($0.url)])) })
    }

    // MARK: Overrides

    private static func matcher(_ matching: FieldOverride.Matching) -> JSONValue? {
        switch matching {
        case .name(let name): .object(JSONObject(["id": .string("byName"), "options": .string(name)]))
        case .regexp(let pattern): .object(JSONObject(["id": .string("byRegexp"), "options": .string(pattern)]))
        case .names, .frameRefID, .types, .namesExcept, .value, .everything: nil
        }
    }

    private static func override(_ override: FieldOverride) -> JSONValue {
        let properties = override.apply.compactMap { property -> JSONValue? in
            self.property(property).map { .object(JSONObject(["id": .string($0.id), "value": $0.value])) }
        }
        return .object(JSONObject(["matcher": matcher(override.matching) ?? .null, "properties": .array(properties)]))
    }

    /// Of those that old panels have; nil for the others.
    private static func property(_ property: FieldOverride.Property) -> (id: String, value: JSONValue)? {
        switch property {
        case .unit(let unit): ("unit", .string(unit))
        case .min(let value): ("min", .number(value))
        case .max(let value): ("max", .number(value))
        case .color(let found): ("color", color(found))
        case .fillOpacity(let opacity): ("custom.fillOpacity", .number(opacity))
        case .lineWidth(let width): ("custom.lineWidth", .number(width))
        case .drawStyle(let style): ("custom.drawStyle", draw(style))
        case .stacking(let found, let group): ("custom.stacking", stacking(found, group))
        case .negativeY: ("custom.transform", .string("negative-Y"))
        case .axis(let placement): ("custom.axisPlacement", axis(placement))
        case .hideFromGraph: ("custom.hideFrom", .object(JSONObject(["viz": .bool(true)])))
        case .hideFromLegend: ("custom.hideFrom", .object(JSONObject(["legend": .bool(true)])))
        case .interpolation(let found): ("custom.lineInterpolation", interpolation(found))
        case .spanNulls(.always): ("custom.spanNulls", .bool(true))
        case .axisLabel(let label): ("custom.axisLabel", .string(label))
        case .dashed(let isDashed):
            ("custom.lineStyle", .object(JSONObject(["fill": .string(isDashed ? "dash" : "solid")])))
        case .fillBelowTo(let name): ("custom.fillBelowTo", .string(name))
        case .decimals, .displayName, .thresholds, .mappings, .hidden, .cellMode, .widthPixels, .noValue, .spanNulls,
            .thresholdStyle, .softMin, .softMax, .logBase, .showsPoints, .gradient, .alignment, .cellGauge,
            .axisCentered, .symmetricLog, .links:
            nil
        }
    }
}
