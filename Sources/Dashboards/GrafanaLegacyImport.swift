// Panels of Grafana before version 7: rows with spans, graph, singlestat, the old table. Mapped to the modern kinds.
// Part of GrafanaImport. Source of the row rules: Grafana's DashboardMigrator, upgradeToGridLayout.

import MetricModel

extension GrafanaImport {
    // MARK: Rows

    /// `rows[].panels[].span` to panels on the grid of 24 columns.
    mutating func legacyRows(_ rows: [ImportNode]) -> [Panel] {
        // Headers appear for all rows as soon as one row has a reason to be seen.
        let showsHeaders = rows.contains {
            $0.bool("collapse") == true || $0.bool("showTitle") == true || $0.text("repeat") != nil
        }
        var panels: [Panel] = []
        var y = 0
        for row in rows {
            let height = Self.rowUnits(row.raw("height")) ?? 7
            let isCollapsed = row.bool("collapse") ?? false
            var header: Panel?
            if showsHeaders {
                var panel = Panel(
                    id: takeID(), kind: .row(isCollapsed: isCollapsed), title: row.string("title") ?? "",
                    position: GridPosition(x: 0, y: y, width: 24, height: 1))
                if let variable = row.text("repeat") { panel.repeating = PanelRepeat(variable: variable) }
                header = panel
                y += 1
            }
            let (children, bottom) = spanned(row.objects("panels"), y: y, height: height)
            if var header {
                if isCollapsed { header.collapsedPanels = children }
                panels.append(header)
            }
            if isCollapsed && header != nil { continue }
            panels += children
            y = bottom
        }
        return panels
    }

    private mutating func spanned(_ nodes: [ImportNode], y top: Int, height: Int) -> ([Panel], bottom: Int) {
        var panels: [Panel] = []
        var x = 0
        var y = top
        var lineHeight = 0
        for node in nodes where nextPanelID < Dashboard.panelsMax {
            var panel = panel(node)
            let span = node.number("span") ?? 0
            let width = min(24, max(1, Int(min(max(span, 0), 12).rounded(.down))) * 2)
            let size = (span >= 1 ? width : 8, Self.rowUnits(node.raw("height")) ?? height)
            if x + size.0 > 24 {
                x = 0
                y += lineHeight
                lineHeight = 0
            }
            panel.position = GridPosition(x: x, y: y, width: size.0, height: size.1)
            x += size.0
            lineHeight = max(lineHeight, size.1)
            panels.append(panel)
        }
        return (panels, y + lineHeight)
    }

    /// Pixels (`250px`, `"250"`, 250) in grid units of 38.
    static func rowUnits(_ value: JSONValue?) -> Int? {
        var pixels = value?.looseNumber
        if pixels == nil, case .string(let text) = value, text.hasSuffix("px") { pixels = Double(text.dropLast(2)) }
        guard let pixels, pixels > 0 else { return nil }
        return Int((min(max(pixels, 90), 38000) / 38).rounded(.up))
    }

    // MARK: graph

    mutating func legacyGraph(_ node: ImportNode, _ panel: inout Panel) -> PanelKind {
        var style = GraphStyle()
        style.fillOpacity = max(0, min((node.number("fill") ?? 1) * 10, 100))
        style.lineWidth = max(0, min(node.number("linewidth") ?? 1, 100))
        if node.bool("bars") == true {
            style.drawStyle = .bars
            style.fillOpacity = 100
        } else if node.bool("lines") == false, node.bool("points") == true {
            style.drawStyle = .points
        }
        if node.bool("points") == true { style.showsPoints = true }
        if node.bool("steppedLine") == true { style.interpolation = .stepAfter }
        if node.bool("stack") == true { style.stacking = node.bool("percentage") == true ? .percent : .normal }
        switch node.string("nullPointMode") {
        case "connected": style.spanNulls = .always
        case "null as zero": style.fillsGapsWithZero = true
        default: break
        }
        if node.bool("dashes") == true { style.isDashed = true }
        readLegacyThresholds(node, into: &panel.fields, style: &style)
        let axes = node.raw("yaxes") == nil ? oldestAxes(node) : node.objects("yaxes")
        let left = axes.first ?? .empty(sink)
        panel.fields.graph = style
        readLegacyAxis(left, into: &panel.fields)
        if let decimals = node.integer("decimals") { panel.fields.decimals = max(0, min(decimals, 20)) }
        panel.fields.color = .paletteClassic
        panel.overrides = legacyOverrides(node, right: axes.count > 1 ? axes[1] : nil)
        let dataLinks = links(node.objectOrEmpty("options").objects("dataLinks"))
        if !dataLinks.isEmpty { panel.fields.links = dataLinks }
        switch node.objectOrEmpty("xaxis").string("mode") {
        case "series": return barPerSeries(node)
        case "histogram": node.report("graph: a histogram is drawn over time", as: .approximated)
        default: break
        }
        var series = TimeSeriesOptions()
        series.legend = legacyLegend(node.objectOrEmpty("legend"))
        switch node.objectOrEmpty("tooltip").integer("sort") {
        case 1: series.tooltipSort = .ascending
        case 2: series.tooltipSort = .descending
        default: break
        }
        return .timeSeries(series)
    }

    /// A graph without time: one bar for each series.
    private func barPerSeries(_ node: ImportNode) -> PanelKind {
        var bars = BarGaugeOptions()
        bars.isVertical = true
        bars.displayMode = .basic
        let names = node.objectOrEmpty("xaxis").items("values").compactMap { $0.value.looseString }
        if let reducer = names.first.flatMap({ Reducer(id: $0) }) { bars.reduce.calculations = [reducer] }
        return .barGauge(bars)
    }

    private func readLegacyAxis(_ axis: ImportNode, into fields: inout FieldConfiguration) {
        fields.unit = axis.text("format")
        fields.min = axis.number("min")
        fields.max = axis.number("max")
        if let decimals = axis.integer("decimals") { fields.decimals = max(0, min(decimals, 20)) }
        if let base = axis.number("logBase"), base > 1 { fields.graph.logBase = base }
        fields.graph.axisLabel = axis.string("label") ?? ""
        if axis.bool("show") == false { fields.graph.axisPlacement = .hidden }
    }

    /// Before version 3 axes stood in pieces: units, labels, and limits in `grid`.
    private func oldestAxes(_ node: ImportNode) -> [ImportNode] {
        let units = node.items("y_formats")
        let grid = node.objectOrEmpty("grid")
        return ["left", "right"].enumerated().map { place, side in
            var axis = JSONValue.object(JSONObject())
            if place < units.count { axis.set(["format"], units[place].value) }
            for (key, name) in [("min", "Min"), ("max", "Max"), ("logBase", "LogBase")] {
                if let found = grid.raw(side + name) { axis.set([key], found) }
            }
            if let label = node.raw(side + "YAxisLabel") { axis.set(["label"], label) }
            if let shows = node.raw("y-axis") { axis.set(["show"], shows) }
            return ImportNode(axis, path: node.path, sink: sink)
        }
    }

    /// `grid.threshold1` and `threshold2`, which colour from there on; a line when there is `thresholdLine`.
    private func oldestThresholds(_ node: ImportNode) -> [ImportNode] {
        let grid = node.objectOrEmpty("grid")
        let limits = ["threshold1", "threshold2"].compactMap { key in grid.number(key).map { (key, $0) } }
        let isFalling = limits.count == 2 && limits[0].1 > limits[1].1
        return limits.map { key, limit in
            var entry = JSONValue.object(JSONObject())
            entry.set(["value"], .number(limit))
            entry.set(["op"], .string(isFalling ? "lt" : "gt"))
            entry.set(["colorMode"], .string("custom"))
            entry.set([grid.bool("thresholdLine") == true ? "line" : "fill"], .bool(true))
            let color = grid.text(key + "Color") ?? (key == "threshold1" ? "orange" : "red")
            entry.set(["fillColor"], .string(color))
            return ImportNode(entry, path: grid.path, sink: sink)
        }
    }

    private func readLegacyThresholds(
        _ node: ImportNode, into fields: inout FieldConfiguration, style: inout GraphStyle
    ) {
        let found = node.raw("thresholds") == nil ? oldestThresholds(node) : node.objects("thresholds")
        let entries = found.filter { $0.number("value") != nil }
        guard !entries.isEmpty else { return }
        var steps = [Thresholds.Step(value: -.infinity, color: "transparent")]
        for entry in entries {
            let mode = entry.string("colorMode") ?? "critical"
            let named = ["critical": "red", "warning": "orange", "ok": "green"][mode]
            let color = named ?? entry.text("lineColor") ?? entry.text("fillColor") ?? "red"
            let value = entry.number("value") ?? 0
            if entry.string("op") == "lt" {
                // Below the value is what matters: the colour comes first and ends there.
                steps[0].color = color
                steps.append(Thresholds.Step(value: value, color: "transparent"))
            } else {
                steps.append(Thresholds.Step(value: value, color: color))
            }
        }
        fields.thresholds.steps = steps
        fields.thresholds.sort()
        let fills = entries.contains { $0.bool("fill") == true }
        let lines = entries.contains { $0.bool("line") == true }
        style.thresholdStyle = fills ? (lines ? .lineAndArea : .area) : lines ? .line : .off
    }

    private func legacyLegend(_ node: ImportNode) -> LegendOptions {
        var legend = LegendOptions()
        legend.placement = node.bool("rightSide") == true ? .right : .bottom
        if node.bool("show") == false { legend.placement = .hidden }
        legend.isTable = node.bool("alignAsTable") ?? false
        if node.bool("values") == true {
            let calculations: [(String, Reducer)] = [
                ("min", .min), ("max", .max), ("avg", .mean), ("current", .lastNotNull), ("total", .sum),
            ]
            legend.calculations = calculations.filter { node.bool($0.0) == true }.map(\.1)
        }
        if let sort = node.text("sort") { legend.sortBy = Reducer(id: sort)?.title }
        legend.sortsDescending = node.bool("sortDesc") ?? false
        legend.hidesEmpty = node.bool("hideEmpty") ?? false
        legend.hidesZero = node.bool("hideZero") ?? false
        return legend
    }

    func aliasColors(_ node: ImportNode) -> [FieldOverride] {
        guard let colors = node.object("aliasColors"), case .object(let object) = colors.value else { return [] }
        return object.keys.compactMap { key in
            guard let color = object[key]?.looseString else { return nil }
            return FieldOverride(matching: .name(key), apply: [.color(.fixed(color))])
        }
    }

    private func legacyOverrides(_ node: ImportNode, right: ImportNode?) -> [FieldOverride] {
        var overrides = aliasColors(node)
        for item in node.objects("seriesOverrides") {
            guard let alias = item.text("alias") else { continue }
            let isPattern = alias.hasPrefix("/") && alias.count > 1
            let properties = legacyProperties(item, right: right)
            if !properties.isEmpty {
                overrides.append(
                    FieldOverride(matching: isPattern ? .regexp(alias) : .name(alias), apply: properties))
            }
        }
        return overrides
    }

    private func legacyProperties(_ item: ImportNode, right: ImportNode?) -> [FieldOverride.Property] {
        var properties: [FieldOverride.Property] = []
        if let color = item.text("color") { properties.append(.color(.fixed(color))) }
        if let fill = item.number("fill") { properties.append(.fillOpacity(max(0, min(fill * 10, 100)))) }
        if let width = item.number("linewidth") { properties.append(.lineWidth(max(0, min(width, 100)))) }
        if item.bool("bars") == true {
            properties.append(.drawStyle(.bars))
        } else if item.bool("lines") == true {
            properties.append(.drawStyle(.line))
        } else if item.bool("points") == true, item.bool("lines") == false {
            properties.append(.drawStyle(.points))
        }
        if let stack = item.raw("stack") {
            switch stack {
            case .bool(let on): properties.append(.stacking(on ? .normal : .none, group: "A"))
            case .string(let group): properties.append(.stacking(.normal, group: group))
            default: break
            }
        }
        if item.string("transform") == "negative-Y" { properties.append(.negativeY) }
        if item.bool("dashes") == true { properties.append(.dashed(true)) }
        if item.bool("steppedLine") == true { properties.append(.interpolation(.stepAfter)) }
        if item.bool("hiddenSeries") == true { properties.append(.hideFromGraph) }
        if item.bool("legend") == false { properties.append(.hideFromLegend) }
        if let name = item.text("fillBelowTo") { properties.append(.fillBelowTo(name)) }
        if item.string("nullPointMode") == "connected" { properties.append(.spanNulls(.always)) }
        if item.integer("yaxis") == 2 {
            properties.append(.axis(.right))
            if let right {
                if let unit = right.text("format") { properties.append(.unit(unit)) }
                if let min = right.number("min") { properties.append(.min(min)) }
                if let max = right.number("max") { properties.append(.max(max)) }
                if let label = right.text("label") { properties.append(.axisLabel(label)) }
            }
        }
        return properties
    }

    // MARK: singlestat

    mutating func legacySingleStat(_ node: ImportNode, _ panel: inout Panel) -> PanelKind {
        panel.fields.unit = node.text("format")
        panel.fields.decimals = node.integer("decimals").map { max(0, min($0, 20)) }
        panel.fields.noValue = node.text("nullText")
        panel.fields.thresholds = legacySteps(node.raw("thresholds"), colors: node.items("colors"))
        panel.fields.color = .thresholds
        // 1: values, 2: ranges. Without a word the values count, where there are any.
        let maps = node.objects("valueMaps")
        let usesRanges = node.integer("mappingType").map { $0 == 2 } ?? maps.isEmpty
        panel.fields.mappings = (usesRanges ? node.objects("rangeMaps") : maps).compactMap { legacyMapping($0) }
        if node.string("nullPointMode") == "null as zero" { panel.fields.graph.fillsGapsWithZero = true }
        var reduce = ReduceOptions()
        if let column = node.text("tableColumn") { reduce.fields = column }
        if let name = node.text("valueName"), name != "name" {
            if let reducer = Reducer(id: name) { reduce.calculations = [reducer] }
        }
        let gauge = node.objectOrEmpty("gauge")
        if gauge.bool("show") == true {
            panel.fields.min = gauge.number("minValue") ?? 0
            panel.fields.max = gauge.number("maxValue") ?? 100
            var options = GaugeOptions()
            options.reduce = reduce
            options.showsThresholdMarkers = gauge.bool("thresholdMarkers") ?? true
            options.showsThresholdLabels = gauge.bool("thresholdLabels") ?? false
            return .gauge(options)
        }
        var stat = StatOptions()
        stat.reduce = reduce
        let colorsBackground = node.bool("colorBackground") ?? false
        stat.colorMode = colorsBackground ? .background : node.bool("colorValue") == true ? .value : .none
        stat.showsSparkline = node.objectOrEmpty("sparkline").bool("show") ?? false
        stat.textMode = node.string("valueName") == "name" ? .name : .automatic
        stat.prefix = node.string("prefix") ?? ""
        stat.postfix = node.string("postfix") ?? ""
        return .stat(stat)
    }

    /// `"50,80"` or `["50", "80"]` between three colours.
    private func legacySteps(_ value: JSONValue?, colors: [ImportNode]) -> Thresholds {
        var limits: [Double] = []
        switch value {
        case .string(let text): limits = text.split(separator: ",").compactMap { Double($0.trimmingSpaces) }
        case .array(let elements): limits = elements.compactMap(\.looseNumber)
        case .number(let number): limits = [number]
        default: break
        }
        let names = colors.compactMap { $0.value.looseString }
        func color(_ index: Int) -> String {
            index < names.count ? names[index] : ["green", "orange", "red"][min(index, 2)]
        }
        var thresholds = Thresholds()
        thresholds.steps = [Thresholds.Step(value: -.infinity, color: color(0))]
        for (index, limit) in limits.enumerated() where limit.isFinite {
            thresholds.steps.append(Thresholds.Step(value: limit, color: color(index + 1)))
        }
        thresholds.sort()
        return thresholds
    }

    // MARK: The old table

    mutating func legacyTable(_ node: ImportNode, _ panel: inout Panel) -> PanelKind {
        panel.fields.color = .thresholds
        for style in node.objects("styles") {
            guard let pattern = style.text("pattern") else { continue }
            let properties = legacyStyle(style)
            if properties.isEmpty { continue }
            let matching: FieldOverride.Matching = pattern.hasPrefix("/") ? .regexp(pattern) : .name(pattern)
            panel.overrides.append(FieldOverride(matching: matching, apply: properties))
        }
        switch node.string("transform") ?? "table" {
        case "table", "timeseries_to_columns", "timeseries_to_rows": break
        case "timeseries_aggregations":
            var options = JSONObject()
            options.keys = ["reducers"]
            options.values = [.array(node.objects("columns").compactMap { $0.raw("value") })]
            panel.transformations.insert(TransformationStep(id: "reduce", options: .object(options)), at: 0)
        case let name: node.report("table transform \"\(name.prefix(40))\" is shown as rows", as: .approximated)
        }
        var table = TableOptions()
        table.showsHeader = node.bool("showHeader") ?? true
        if let sort = node.object("sort"), let column = sort.integer("col") {
            table.sortField = "#\(column)"
            table.sortsDescending = sort.bool("desc") ?? false
        }
        return .table(table)
    }

    private func legacyStyle(_ style: ImportNode) -> [FieldOverride.Property] {
        var properties: [FieldOverride.Property] = []
        if let alias = style.text("alias") { properties.append(.displayName(alias)) }
        switch style.string("type") {
        case "hidden": return [.hidden]
        case "date": properties.append(.unit("time:" + (style.text("dateFormat") ?? "YYYY-MM-DD HH:mm:ss")))
        case "number":
            properties.append(.unit(style.text("unit") ?? "short"))
            if let decimals = style.integer("decimals") { properties.append(.decimals(max(0, min(decimals, 20)))) }
        default: break
        }
        if let mode = style.text("colorMode") {
            properties.append(.cellMode(mode == "value" ? .colorText : .colorBackground))
            properties.append(.thresholds(legacySteps(style.raw("thresholds"), colors: style.items("colors"))))
        }
        let maps = (style.objects("valueMaps") + style.objects("rangeMaps")).compactMap { legacyMapping($0) }
        if !maps.isEmpty { properties.append(.mappings(maps)) }
        return properties
    }
}
