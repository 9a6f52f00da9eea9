// fieldConfig of a panel: defaults, custom drawing options, thresholds, mappings, overrides.
// Part of GrafanaImport; PanelDataBuilder applies what is read here.

import MetricModel

extension GrafanaImport {
    func fieldConfiguration(_ panel: ImportNode) -> (FieldConfiguration, [FieldOverride]) {
        var fields = FieldConfiguration()
        let config = panel.objectOrEmpty("fieldConfig")
        var defaults = config.objectOrEmpty("defaults")
        // Schemas 18 to 22 kept both inside the options.
        let older = panel.objectOrEmpty("options").objectOrEmpty("fieldOptions")
        if config.raw("defaults") == nil, let found = older.object("defaults") { defaults = found }
        readDefaults(defaults, into: &fields)
        let options = panel.objectOrEmpty("options")
        if fields.thresholds.steps.isEmpty, let steps = older.any("thresholds") ?? options.any("thresholds") {
            fields.thresholds = thresholds(steps)
        }
        if fields.mappings.isEmpty {
            fields.mappings = mappings(older.items("mappings") + options.items("valueMappings"))
        }
        // The first gauges, of 6.0 and 6.1.
        if let values = options.object("valueOptions") {
            fields.unit = fields.unit ?? values.text("unit")
            fields.decimals = fields.decimals ?? values.integer("decimals").map { max(0, min($0, 20)) }
            fields.min = fields.min ?? options.number("minValue")
            fields.max = fields.max ?? options.number("maxValue")
        }
        let overrides = config.objects("overrides") + older.objects("overrides")
        return (fields, overrides.compactMap { fieldOverride($0) })
    }

    private func readDefaults(_ node: ImportNode, into fields: inout FieldConfiguration) {
        node.reportSettings(.field)
        fields.unit = node.text("unit")
        fields.decimals = node.integer("decimals").map { max(0, min($0, 20)) }
        fields.min = node.number("min")
        fields.max = node.number("max")
        fields.displayName = node.text("displayName") ?? node.text("title")
        fields.noValue = node.text("noValue")
        if let found = node.any("thresholds") { fields.thresholds = thresholds(found) }
        fields.mappings = mappings(node.items("mappings"))
        if let found = node.object("color") {
            fields.color = color(found)
            fields.colorReducer = colorReducer(found)
        }
        fields.links = links(node.objects("links"))
        let custom = node.objectOrEmpty("custom")
        custom.reportSettings(.custom)
        readGraphStyle(custom, into: &fields.graph)
        if let stacking = custom.object("stacking") {
            (fields.graph.stacking, fields.graph.stackingGroup) = self.stacking(stacking)
        }
        fields.isHidden = custom.bool("hidden") ?? custom.objectOrEmpty("hideFrom").bool("table") ?? false
        fields.widthPixels = custom.integer("width")
        fields.alignment = alignment(custom.string("align"))
        let cell = custom.object("cellOptions") ?? custom
        if let mode = cellMode(cell) {
            fields.cellMode = mode
            fields.cellGauge = cellGauge(cell)
        }
    }

    private func axisPlacement(_ word: String?) -> GraphStyle.AxisPlacement {
        switch word {
        case "left": .left
        case "right": .right
        case "hidden": .hidden
        default: .automatic
        }
    }

    private func readGraphStyle(_ custom: ImportNode, into style: inout GraphStyle) {
        style.drawStyle = drawStyle(custom.string("drawStyle")) ?? .line
        style.interpolation = interpolation(custom.string("lineInterpolation"))
        style.fillOpacity = max(0, min(custom.number("fillOpacity") ?? 0, 100))
        style.lineWidth = max(0, min(custom.number("lineWidth") ?? 1, 100))
        style.thresholdStyle = thresholdStyle(custom.object("thresholdsStyle")?.string("mode"))
        if let span = custom.raw("spanNulls") { style.spanNulls = spanNulls(span) }
        style.axisPlacement = axisPlacement(custom.string("axisPlacement"))
        style.isNegativeY = custom.string("transform") == "negative-Y"
        (style.logBase, style.symmetricLogThreshold) = scale(custom.objectOrEmpty("scaleDistribution"))
        style.softMin = custom.number("axisSoftMin")
        style.softMax = custom.number("axisSoftMax")
        style.axisLabel = custom.string("axisLabel") ?? ""
        style.isAxisCenteredOnZero = custom.bool("axisCenteredZero") ?? false
        style.showsPoints = showPoints(custom.string("showPoints"))
        style.isDashed = isDashed(custom.object("lineStyle"))
        style.gradient = gradient(custom.string("gradientMode"))
        style.fillBelowTo = custom.text("fillBelowTo")
        let hide = custom.objectOrEmpty("hideFrom")
        style.isHidden = hide.bool("viz") ?? hide.bool("graph") ?? false
        style.isHiddenFromLegend = hide.bool("legend") ?? false
    }

    // MARK: Single values, shared with the overrides

    private func drawStyle(_ name: String?) -> GraphStyle.DrawStyle? {
        switch name {
        case "line": .line
        case "bars": .bars
        case "points": .points
        default: nil
        }
    }
    private func interpolation(_ name: String?) -> GraphStyle.Interpolation {
        switch name {
        case "stepBefore": .stepBefore
        case "stepAfter": .stepAfter
        default: .linear
        }
    }
    private func thresholdStyle(_ mode: String?) -> GraphStyle.ThresholdStyle {
        switch mode {
        case "line", "dashed": .line
        case "area", "series": .area
        case "line+area", "dashed+area": .lineAndArea
        default: .off
        }
    }
    private func spanNulls(_ value: JSONValue) -> GraphStyle.SpanNulls {
        switch value {
        case .bool(true): return .always
        case .number(let length) where length > 0: return .shorterThan(Int64(saturating: length))
        default: return .never
        }
    }
    private func scale(_ node: ImportNode) -> (base: Double, symmetric: Double) {
        switch node.string("type") {
        case "log": (max(2, node.number("log") ?? 2), 0)
        case "symlog": (max(2, node.number("log") ?? 2), max(1e-12, node.number("linearThreshold") ?? 1))
        default: (0, 0)
        }
    }
    private func showPoints(_ name: String?) -> Bool? { name == "always" ? true : name == "never" ? false : nil }
    private func isDashed(_ node: ImportNode?) -> Bool {
        let fill = node?.string("fill")
        return fill == "dash" || fill == "dot"
    }
    private func gradient(_ name: String?) -> GraphStyle.Gradient {
        switch name {
        case "opacity": .opacity
        case "hue": .hue
        case "scheme": .scheme
        default: .none
        }
    }
    private func alignment(_ name: String?) -> CellAlignment {
        switch name {
        case "left": .left
        case "center": .center
        case "right": .right
        default: .automatic
        }
    }
    private func stacking(_ node: ImportNode) -> (GraphStyle.Stacking, String) {
        let group = node.text("group") ?? "A"
        switch node.string("mode") {
        case "normal": return (.normal, group)
        case "percent": return (.percent, group)
        default: return (.none, group)
        }
    }

    /// `{"type": "color-background"}`, or the older `"displayMode": "color-background"`.
    private func cellMode(_ node: ImportNode) -> CellMode? {
        switch node.string("type") ?? node.string("displayMode") {
        case "color-text": .colorText
        case "color-background", "color-background-solid": .colorBackground
        case "gauge", "basic", "gradient-gauge", "lcd-gauge": .gauge
        case "auto", nil, "": nil
        default: .plain
        }
    }
    private func cellGauge(_ node: ImportNode) -> BarGaugeOptions.DisplayMode {
        if node.string("type") == "gauge" { return gaugeMode(node.string("mode")) ?? .gradient }
        return gaugeMode(node.string("displayMode")) ?? .gradient
    }

    func color(_ node: ImportNode) -> FieldColor {
        let fixed = node.text("fixedColor")
        let mode = node.text("mode") ?? (fixed == nil ? "palette-classic" : "fixed")
        if !node.reportName(.colorMode, mode) {
            node.report("unknown colour mode \"\(mode.prefix(40))\"")
        }
        switch mode {
        case "thresholds": return .thresholds
        case "fixed", "shades": return .fixed(fixed ?? "green")
        case let mode where mode.hasPrefix("continuous-"): return .continuous(mode)
        default: return .paletteClassic
        }
    }
    private func colorReducer(_ node: ImportNode) -> Reducer {
        switch node.string("seriesBy") {
        case "min": .min
        case "max": .max
        default: .last
        }
    }

    /// `{"mode", "steps"}`, or the bare array of steps of older schemas.
    func thresholds(_ node: ImportNode) -> Thresholds {
        var thresholds = Thresholds()
        let steps: [ImportNode]
        if case .array(let elements) = node.value {
            steps = elements.enumerated().map { ImportNode($0.element, path: "\(node.path)[\($0.offset)]", sink: sink) }
        } else if case .object = node.value {
            thresholds.isPercentage = node.string("mode") == "percentage"
            steps = node.objects("steps")
        } else {
            return thresholds
        }
        thresholds.steps = steps.compactMap { step in
            guard case .object = step.value else { return nil }
            return Thresholds.Step(
                value: step.number("value") ?? -.infinity, color: step.text("color") ?? "text")
        }
        thresholds.sort()
        return thresholds
    }

    // MARK: Mappings

    func mappings(_ nodes: [ImportNode]) -> [ValueMapping] {
        var mappings: [(order: Int, mapping: ValueMapping)] = []
        for node in nodes {
            switch node.raw("type") {
            case .string("value"): mappings += valueMappings(node)
            case .string("range"):
                let options = node.objectOrEmpty("options")
                let (result, order) = mappingResult(options.objectOrEmpty("result"))
                mappings.append((order, .range(from: options.number("from"), to: options.number("to"), result)))
            case .string("regex"):
                let options = node.objectOrEmpty("options")
                let (result, order) = mappingResult(options.objectOrEmpty("result"))
                mappings.append((order, .regex(options.string("pattern") ?? "", result)))
            case .string("special"):
                let options = node.objectOrEmpty("options")
                let (result, order) = mappingResult(options.objectOrEmpty("result"))
                mappings.append((order, .special(options.string("match") ?? "null", result)))
            default:
                // Schemas before 30: type 1 maps a value, type 2 a range, all as strings.
                if let mapping = legacyMapping(node) { mappings.append((0, mapping)) }
            }
        }
        return mappings.map(\.mapping)
    }

    private func valueMappings(_ node: ImportNode) -> [(order: Int, mapping: ValueMapping)] {
        guard let options = node.object("options"), case .object(let object) = options.value else { return [] }
        return object.keys.compactMap { key in
            guard let entry = options.object(key) else { return nil }
            let (result, order) = mappingResult(entry)
            return (order, .value(key, result))
        }
    }

    private func mappingResult(_ node: ImportNode) -> (MappingResult, order: Int) {
        (MappingResult(text: node.text("text"), color: node.text("color")), node.integer("index") ?? 0)
    }

    func legacyMapping(_ node: ImportNode) -> ValueMapping? {
        guard case .object = node.value else { return nil }
        let result = MappingResult(text: node.string("text"))
        if node.raw("from") != nil || node.raw("to") != nil, node.integer("type") != 1 {
            if node.string("from") == "null" { return .special("null", result) }
            return .range(from: node.raw("from")?.looseNumber, to: node.raw("to")?.looseNumber, result)
        }
        guard let value = node.string("value") else { return nil }
        return value == "null" || value == "N/A" ? .special("null", result) : .value(value, result)
    }

    // MARK: Overrides

    private func fieldOverride(_ node: ImportNode) -> FieldOverride? {
        let matcher = node.objectOrEmpty("matcher")
        guard let matching = matching(matcher) else { return nil }
        var properties: [FieldOverride.Property] = []
        for item in node.objects("properties") {
            guard let id = item.text("id") else { continue }
            properties += property(id, item)
        }
        return properties.isEmpty ? nil : FieldOverride(matching: matching, apply: properties)
    }

    func matching(_ node: ImportNode) -> FieldOverride.Matching? {
        let options = node.raw("options") ?? .null
        switch node.string("id") ?? "" {
        case "byName": return .name(options.looseString ?? "")
        case "byRegexp", "byRegex": return .regexp(options.looseString ?? "")
        case "byFrameRefID": return .frameRefID(options.looseString ?? "")
        case "byType": return .types([options.looseString ?? ""])
        case "byTypes": return .types(node.items("options").compactMap { $0.value.looseString })
        case "numeric": return .types(["number"])
        case "time", "firstTimeField": return .types(["time"])
        case "byNames":
            let inner = node.objectOrEmpty("options")
            let names = inner.items("names").compactMap { $0.value.looseString }
            return inner.string("mode") == "exclude" ? .namesExcept(names) : .names(names)
        case "byValue":
            let inner = node.objectOrEmpty("options")
            guard let reducer = inner.string("reducer").flatMap({ Reducer(id: $0) }) else { return nil }
            return .value(reducer, inner.string("op") ?? "gte", inner.number("value") ?? 0)
        case let id:
            node.report("unknown matcher \"\(id.prefix(40))\"")
            return nil
        }
    }

    private func property(_ id: String, _ node: ImportNode) -> [FieldOverride.Property] {
        let value = node.raw("value")
        let object = node.any("value") ?? .empty(sink)
        let custom = id.hasPrefix("custom.") ? String(id.dropFirst(7)) : nil
        if let row = Compatibility.row(custom == nil ? .field : .custom, custom ?? id) {
            node.report(row, value ?? .null, at: node.path)
            // What stands inside is looked at as in the defaults.
            if let custom, Compatibility.looksInside(.custom, row) {
                node.any("value")?.reportSettings(.custom, prefix: custom + ".", depth: 1)
            }
        } else {
            node.report("override property \"\(id.prefix(60))\" is ignored", as: .ignored)
        }
        if let custom { return customProperty(custom, node, value, object) }
        switch id {
        case "unit": return [.unit(node.string("value") ?? "")]
        case "decimals": return node.integer("value").map { [.decimals(max(0, min($0, 20)))] } ?? []
        case "min": return node.number("value").map { [.min($0)] } ?? []
        case "max": return node.number("value").map { [.max($0)] } ?? []
        case "displayName", "title": return node.string("value").map { [.displayName($0)] } ?? []
        case "noValue": return node.string("value").map { [.noValue($0)] } ?? []
        case "color":
            if case .string(let name) = value { return [.color(.fixed(name))] }
            if case .object = value { return [.color(color(object))] }
            return []
        case "thresholds": return [.thresholds(thresholds(object))]
        case "mappings": return [.mappings(mappings(node.items("value")))]
        case "links": return [.links(links(node.objects("value")))]
        default: return []
        }
    }

    private func customProperty(
        _ id: String, _ node: ImportNode, _ value: JSONValue?, _ object: ImportNode
    ) -> [FieldOverride.Property] {
        switch id {
        case "fillOpacity": return node.number("value").map { [.fillOpacity(max(0, min($0, 100)))] } ?? []
        case "lineWidth": return node.number("value").map { [.lineWidth(max(0, min($0, 100)))] } ?? []
        case "drawStyle": return drawStyle(node.string("value")).map { [.drawStyle($0)] } ?? []
        case "stacking":
            if case .object = value {
                let (mode, group) = stacking(object)
                return [.stacking(mode, group: group)]
            }
            return [.stacking(value == .bool(true) ? .normal : .none, group: "A")]
        case "transform": return node.string("value") == "negative-Y" ? [.negativeY] : []
        case "axisPlacement":
            return [.axis(axisPlacement(node.string("value")))]
        case "hideFrom":
            guard case .object = value else { return [] }
            return (object.bool("viz") ?? object.bool("graph") == true ? [.hideFromGraph] : [])
                + (object.bool("legend") == true ? [.hideFromLegend] : [])
        case "hideFrom.viz", "hideFrom.graph": return node.bool("value") == true ? [.hideFromGraph] : []
        case "hideFrom.legend": return node.bool("value") == true ? [.hideFromLegend] : []
        case "hidden", "hideFrom.table": return node.bool("value") == true ? [.hidden] : []
        case "cellOptions":
            guard case .object = value, let mode = cellMode(object) else { return [] }
            return [.cellMode(mode), .cellGauge(cellGauge(object))]
        case "displayMode":
            let wrapped = ImportNode(.object(Self.object("displayMode", value ?? .null)), path: node.path, sink: sink)
            return cellMode(wrapped).map { [.cellMode($0), .cellGauge(cellGauge(wrapped))] } ?? []
        case "width": return node.integer("value").map { [.widthPixels($0)] } ?? []
        case "align": return [.alignment(alignment(node.string("value")))]
        case "lineInterpolation": return [.interpolation(interpolation(node.string("value")))]
        case "spanNulls": return value.map { [.spanNulls(spanNulls($0))] } ?? []
        case "thresholdsStyle": return [.thresholdStyle(thresholdStyle(object.string("mode")))]
        case "axisSoftMin": return node.number("value").map { [.softMin($0)] } ?? []
        case "axisSoftMax": return node.number("value").map { [.softMax($0)] } ?? []
        case "scaleDistribution":
            let (base, symmetric) = scale(object)
            return [.logBase(base), .symmetricLog(symmetric)]
        case "axisLabel": return [.axisLabel(node.string("value") ?? "")]
        case "showPoints": return [.showsPoints(showPoints(node.string("value")))]
        case "lineStyle": return [.dashed(isDashed(object))]
        case "gradientMode": return [.gradient(gradient(node.string("value")))]
        case "fillBelowTo": return node.text("value").map { [.fillBelowTo($0)] } ?? []
        case "axisCenteredZero": return [.axisCentered(node.bool("value") ?? false)]
        default: return []
        }
    }

    static func object(_ key: String, _ value: JSONValue) -> JSONObject {
        var object = JSONObject()
        object.keys = [key]
        object.values = [value]
        return object
    }
}

extension Thresholds {
    /// Ascending; the first step reaches down to minus infinity by rule, whatever the file says.
    mutating func sort() {
        guard !steps.isEmpty else { return }
        steps[0].value = -.infinity
        steps = steps.enumerated().sorted { ($0.element.value, $0.offset) < ($1.element.value, $1.offset) }.map(
            \.element)
    }
}
