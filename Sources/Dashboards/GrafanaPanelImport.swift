// One panel of Grafana's JSON: kind, options, queries, place.
// Part of GrafanaImport; GrafanaLegacyImport reads what older schemas keep elsewhere.

import MetricModel

extension GrafanaImport {
    /// A panel with its children; width 0 when the document gives it no place.
    mutating func panel(_ node: ImportNode) -> Panel {
        var panel = Panel(
            id: takeID(), kind: .unsupported(""), title: node.string("title") ?? "", position: position(node))
        panel.path = node.path
        panel.description = node.string("description") ?? ""
        panel.isTransparent = node.bool("transparent") ?? false
        panel.maxDataPoints = node.integer("maxDataPoints").flatMap { $0 > 0 ? $0 : nil }
        panel.interval = node.duration("interval")
        panel.timeFrom = node.text("timeFrom")
        panel.timeShift = node.text("timeShift")
        panel.hidesTimeOverride = node.bool("hideTimeOverride") ?? false
        panel.links = links(node.objects("links"))
        panel.repeating = repeating(node)
        panel.transformations = node.objects("transformations").compactMap { step in
            guard let id = step.text("id"), step.bool("disabled") != true else { return nil }
            if !step.reportName(.transformation, id) {
                step.report("transformation \"\(id.prefix(40))\" is not applied", as: .notDrawn)
            }
            return TransformationStep(id: id, options: step.raw("options") ?? .object(JSONObject()))
        }
        (panel.fields, panel.overrides) = fieldConfiguration(node)
        let type = node.string("type") ?? ""
        panel.typeName = type
        panel.kind = kind(type, node, &panel)
        completeDefaults(node, &panel)
        noteAxes(node, panel)
        panel.targets = targets(node, panel.kind)
        note(node, panel)
        for nested in node.objects("panels") where nextPanelID < Dashboard.panelsMax {
            panel.collapsedPanels.append(self.panel(nested))
        }
        if case .row(let isCollapsed) = panel.kind {
            panel.collapsedPanels = isCollapsed ? ordered(panel.collapsedPanels) : []
        }
        return panel
    }

    /// What Grafana assumes where a file says nothing: colours by threshold outside of graphs, red from 80 on.
    private func completeDefaults(_ node: ImportNode, _ panel: inout Panel) {
        let defaults = node.objectOrEmpty("fieldConfig").objectOrEmpty("defaults")
        switch panel.kind {
        case .stat, .gauge, .barGauge, .table:
            if defaults.raw("color") == nil, panel.fields.color == .paletteClassic { panel.fields.color = .thresholds }
            if defaults.raw("thresholds") == nil, panel.fields.thresholds.steps.isEmpty {
                panel.fields.thresholds.steps = [
                    Thresholds.Step(value: -.infinity, color: "green"), Thresholds.Step(value: 80, color: "red"),
                ]
            }
        case .stateTimeline(let options): completeStates(defaults, options, &panel)
        case .timeSeries, .heatmap, .histogram, .pieChart, .barChart, .alertList, .dashboardList, .text, .row,
            .unsupported:
            break
        }
    }

    /// Grafana stacks further axes beside the second one.
    private func noteAxes(_ node: ImportNode, _ panel: Panel) {
        guard ["timeseries", "trend", "graph"].contains(panel.typeName), case .timeSeries = panel.kind else { return }
        var units: Set<String> = [panel.fields.unit ?? ""]
        for override in panel.overrides where !override.apply.contains(.hideFromGraph) {
            for case .unit(let unit) in override.apply { units.insert(unit) }
        }
        guard units.count > 2 else { return }
        node.report(
            "\(units.count) units: the axes of two are labelled, the border names the units of the others",
            as: .approximated)
    }

    private func ordered(_ panels: [Panel]) -> [Panel] {
        panels.enumerated().sorted {
            ($0.element.position.y, $0.element.position.x, $0.offset) < (
                $1.element.position.y, $1.element.position.x, $1.offset
            )
        }.map(\.element)
    }

    private func repeating(_ node: ImportNode) -> PanelRepeat? {
        guard let variable = node.text("repeat") else { return nil }
        let legacy = node.integer("minSpan").map { $0 > 0 ? max(1, 24 / min($0 * 2, 24)) : 4 }
        return PanelRepeat(
            variable: variable, isVertical: node.string("repeatDirection") == "v",
            maxPerRow: max(1, node.integer("maxPerRow") ?? legacy ?? 4))
    }

    private func position(_ node: ImportNode) -> GridPosition {
        guard let grid = node.object("gridPos") else { return GridPosition(x: 0, y: 0, width: 0, height: 0) }
        func cell(_ key: String, _ fallback: Int, _ range: ClosedRange<Int>) -> Int {
            guard let number = grid.number(key) else { return fallback }
            return Int(min(max(number.rounded(), Double(range.lowerBound)), Double(range.upperBound)))
        }
        let width = cell("w", 12, 1...24)
        return GridPosition(
            x: cell("x", 0, 0...23), y: cell("y", 0, 0...1_000_000), width: width, height: cell("h", 8, 1...1000))
    }

    private mutating func kind(_ type: String, _ node: ImportNode, _ panel: inout Panel) -> PanelKind {
        let options = node.objectOrEmpty("options")
        let isKnown = node.reportName(.panel, type)
        let isLegacy =
            type == "graph" || type == "singlestat" && options.raw("reduceOptions") == nil
            || type == "heatmap" && isLegacyHeatmap(node, options)
        if type != "row", !isLegacy {
            reportPanelSettings(node, options)
        }
        switch type {
        case "timeseries", "trend":
            var series = timeSeries(options)
            // These three and the texts around a stat have no setting today; the short form keeps them of old panels.
            series.legend.hidesEmpty = node.objectOrEmpty("legend").bool("hideEmpty") ?? false
            series.legend.hidesZero = node.objectOrEmpty("legend").bool("hideZero") ?? false
            panel.fields.graph.fillsGapsWithZero = node.string("nullPointMode") == "null as zero"
            return .timeSeries(series)
        case "graph":
            node.reportSettings(.legacyGraph)
            return legacyGraph(node, &panel)
        case "stat", "grafana-singlestat-panel":
            var stat = stat(options)
            stat.prefix = node.string("prefix") ?? ""
            stat.postfix = node.string("postfix") ?? ""
            panel.fields.graph.fillsGapsWithZero = node.string("nullPointMode") == "null as zero"
            return .stat(stat)
        case "grafana-polystat-panel": return .stat(stat(.empty(sink)))
        case "singlestat":
            // Generators stamp the old type on panels of the new shape.
            if options.raw("reduceOptions") != nil { return .stat(stat(options)) }
            node.reportSettings(.legacyStat)
            return legacySingleStat(node, &panel)
        case "gauge": return .gauge(gauge(options))
        case "bargauge": return .barGauge(barGauge(options))
        case "piechart": return .pieChart(pieChart(options))
        case "grafana-piechart-panel": return .pieChart(legacyPieChart(node, options, &panel))
        case "barchart": return .barChart(barChart(options))
        case "marcusolsson-treemap-panel": return .barGauge(shares(options))
        case "state-timeline", "status-history":
            return .stateTimeline(stateTimeline(options, isHistory: type == "status-history"))
        case "alertlist": return .alertList(alertList(node, options))
        case "dashlist": return .dashboardList(dashboardList(node, options))
        case "heatmap", "heatmap-new": return .heatmap(heatmap(node, options, &panel))
        case "histogram": return .histogram(histogram(options))
        case "geomap", "grafana-worldmap-panel": return .table(TableOptions())
        case "table":
            return node.raw("styles") != nil && node.raw("fieldConfig") == nil
                ? legacyTable(node, &panel) : .table(table(options))
        case "table-old": return legacyTable(node, &panel)
        case "text": return .text(text(node, options))
        case "row": return .row(isCollapsed: node.bool("collapsed") ?? false)
        default:
            if !isKnown {
                node.report(
                    type.isEmpty ? "this panel has no type" : "panel type \"\(type.prefix(60))\" is not drawn",
                    as: .notDrawn)
            }
            return .unsupported(type.isEmpty ? "unknown" : type)
        }
    }

    /// A library panel that was exported with its content is drawn from that.
    private func reportPanelSettings(_ node: ImportNode, _ options: ImportNode) {
        var value = node.value
        if !options.value.isBlank || !(node.raw("targets")?.isBlank ?? true) { value.set(["libraryPanel"], .null) }
        ImportNode(value, path: node.path, sink: sink).reportSettings(.panelSetting, namesUnknown: false)
    }

    // MARK: Options

    private func timeSeries(_ options: ImportNode) -> TimeSeriesOptions {
        options.reportSettings(.timeSeriesOption)
        var series = TimeSeriesOptions()
        series.legend = legend(options.objectOrEmpty("legend"))
        switch options.objectOrEmpty("tooltip").string("sort") {
        case "asc": series.tooltipSort = .ascending
        case "desc": series.tooltipSort = .descending
        default: break
        }
        return series
    }

    func legend(_ node: ImportNode) -> LegendOptions {
        var legend = LegendOptions()
        legend.placement = node.string("placement") == "right" ? .right : .bottom
        if node.bool("showLegend") == false || node.bool("isVisible") == false || node.string("displayMode") == "hidden"
        {
            legend.placement = .hidden
        }
        legend.isTable = node.string("displayMode") == "table" || node.bool("asTable") == true
        legend.calculations = reducers(node, "calcs")
        legend.sortBy = node.text("sortBy")
        legend.sortsDescending = node.bool("sortDesc") ?? false
        return legend
    }

    func reducers(_ node: ImportNode, _ key: String) -> [Reducer] {
        node.items(key).compactMap { item in
            guard let id = item.value.looseString else { return nil }
            guard let reducer = Reducer(id: id) else {
                item.report("unknown calculation \"\(id.prefix(40))\"")
                return nil
            }
            return reducer
        }
    }

    func reduce(_ options: ImportNode) -> ReduceOptions {
        var reduce = ReduceOptions()
        // Schemas 18 to 22 called it fieldOptions.
        let node = options.object("reduceOptions") ?? options.objectOrEmpty("fieldOptions")
        if let name = options.object("valueOptions")?.text("stat"), let reducer = Reducer(id: name) {
            reduce.calculations = [reducer]
        }
        let calculations = reducers(node, "calcs")
        if !calculations.isEmpty { reduce.calculations = calculations }
        reduce.showsAllValues = node.bool("values") ?? false
        reduce.limit = node.integer("limit")
        reduce.fields = node.string("fields") ?? ""
        return reduce
    }

    private func stat(_ options: ImportNode) -> StatOptions {
        options.reportSettings(.statOption)
        var stat = StatOptions()
        stat.reduce = reduce(options)
        switch options.string("colorMode") {
        case "background", "background_solid": stat.colorMode = .background
        case "none": stat.colorMode = .none
        default: stat.colorMode = .value
        }
        switch options.string("textMode") {
        case "value": stat.textMode = .value
        case "value_and_name": stat.textMode = .valueAndName
        case "name": stat.textMode = .name
        case "none": stat.textMode = .none
        default: stat.textMode = .automatic
        }
        switch options.string("orientation") {
        case "horizontal": stat.orientation = .horizontal
        case "vertical": stat.orientation = .vertical
        default: stat.orientation = .automatic
        }
        stat.showsSparkline = (options.string("graphMode") ?? "area") == "area"
        stat.showsPercentChange = options.bool("showPercentChange") ?? false
        return stat
    }

    private func gauge(_ options: ImportNode) -> GaugeOptions {
        options.reportSettings(.gaugeOption)
        var gauge = GaugeOptions()
        gauge.reduce = reduce(options)
        gauge.showsThresholdMarkers = options.bool("showThresholdMarkers") ?? true
        gauge.showsThresholdLabels = options.bool("showThresholdLabels") ?? false
        return gauge
    }

    private func barGauge(_ options: ImportNode) -> BarGaugeOptions {
        options.reportSettings(.barGaugeOption)
        var bars = BarGaugeOptions()
        bars.reduce = reduce(options)
        bars.displayMode = gaugeMode(options.string("displayMode")) ?? .gradient
        bars.isVertical = options.string("orientation") == "vertical"
        bars.showsUnfilled = options.bool("showUnfilled") ?? true
        bars.showsValues = options.string("valueMode") != "hidden"
        return bars
    }

    func gaugeMode(_ name: String?) -> BarGaugeOptions.DisplayMode? {
        switch name {
        case "gradient", "gradient-gauge": .gradient
        case "lcd", "lcd-gauge": .lcd
        case "basic": .basic
        default: nil
        }
    }

    private func table(_ options: ImportNode) -> TableOptions {
        options.reportSettings(.tableOption)
        var table = TableOptions()
        table.showsHeader = options.bool("showHeader") ?? true
        if let sort = options.objects("sortBy").first {
            table.sortField = sort.text("displayName")
            table.sortsDescending = sort.bool("desc") ?? false
        }
        table.frameIndex = max(0, options.integer("frameIndex") ?? 0)
        let footer = options.objectOrEmpty("footer")
        if footer.bool("show") == true {
            table.footer = reducers(footer, "reducer")
            table.footerFields = footer.items("fields").compactMap { $0.value.looseString }.filter { !$0.isEmpty }
            table.footerCountsRows = footer.bool("countRows") ?? false
        }
        return table
    }

    private func text(_ node: ImportNode, _ options: ImportNode) -> TextOptions {
        options.reportSettings(.textOption)
        var text = TextOptions()
        // Before version 7 the text stood at the panel itself.
        text.content = options.string("content") ?? node.string("content") ?? ""
        switch options.string("mode") ?? node.string("mode") {
        case "html": text.mode = .html
        case "code", "text": text.mode = .code
        default: text.mode = .markdown
        }
        return text
    }

    // MARK: Targets

    private func targets(_ node: ImportNode, _ kind: PanelKind) -> [PanelTarget] {
        switch kind {
        case .text, .row, .alertList, .dashboardList: return []
        default: break
        }
        let panelForeign = foreignDatasource(node)
        var used: Set<String> = []
        var targets: [PanelTarget] = []
        let nodes = node.objects("targets")
        let named = Set(nodes.compactMap { $0.text("refId") })
        for item in nodes {
            var refID = item.text("refId") ?? ""
            // Results are kept by refId: a missing or repeated one gets the next free letter.
            if refID.isEmpty || used.contains(refID) { refID = freeRefID(used.union(named)) }
            used.insert(refID)
            var target = PanelTarget(refID: refID, expression: item.string("expr") ?? "")
            target.legendFormat = item.string("legendFormat") ?? ""
            let format = item.string("format") ?? ""
            target.isTable = format == "table"
            target.isHeatmap = format == "heatmap"
            // Before Explore's query types `instant` stood alone; with both set, a graph wants the range.
            target.isInstant = item.bool("instant") == true && item.bool("range") != true
            target.isHidden = item.bool("hide") ?? false
            target.intervalFactor = max(1, min(item.integer("intervalFactor") ?? 1, 1000))
            target.interval = item.duration("interval")
            target.foreignDatasource = item.raw("datasource") == nil ? panelForeign : foreignDatasource(item)
            if target.foreignDatasource == nil, target.expression.trimmingSpaces.isEmpty {
                if let type = item.text("type"), item.raw("expr") == nil { target.foreignDatasource = type }
            }
            targets.append(target)
        }
        for foreign in Set(targets.compactMap(\.foreignDatasource)).sorted() {
            node.report("data source \"\(foreign)\" is not asked", as: .notDrawn)
        }
        return targets
    }

    // MARK: Results of other panels

    /// Remembers what panels that show another one's results need: the numbers of panels in the document.
    private mutating func note(_ node: ImportNode, _ panel: Panel) {
        if let number = node.integer("id"), shared[number] == nil { shared[number] = panel }
        let source = node.raw("datasource")
        let name = source?.looseString ?? source?["uid"]?.looseString
        guard name == "-- Dashboard --" else { return }
        let first = node.objects("targets").first
        guard let number = first?.integer("panelId") else {
            node.report("no panel is named whose results are shown", as: .notDrawn)
            return
        }
        borrowing[panel.id] = (number, first?.bool("withTransforms") ?? false)
    }

    /// Gives panels that show another one's results its queries.
    func lend(to panels: inout [Panel]) {
        guard !borrowing.isEmpty else { return }
        for index in panels.indices {
            lend(to: &panels[index].collapsedPanels)
            guard let (number, takesSteps) = borrowing[panels[index].id] else { continue }
            guard let lender = shared[number], lender.id != panels[index].id else {
                sink.report(
                    panels[index].path, "there is no panel \(number) whose results could be shown", as: .notDrawn)
                continue
            }
            panels[index].targets = lender.targets
            if takesSteps { panels[index].transformations = lender.transformations + panels[index].transformations }
        }
    }

    private func freeRefID(_ used: Set<String>) -> String {
        for scalar in UInt8(ascii: "A")...UInt8(ascii: "Z") {
            let letter = String(UnicodeScalar(scalar))
            if !used.contains(letter) { return letter }
        }
        var number = 1
        while used.contains("A\(number)") { number += 1 }
        return "A\(number)"
    }
}

extension Reducer {
    /// Grafana's id, or one of the older names for it.
    package init?(id: String) {
        switch id {
        case "current": self = .lastNotNull
        case "avg": self = .mean
        case "total": self = .sum
        case "last (not null)": self = .lastNotNull
        default:
            guard let reducer = Reducer(rawValue: id) else { return nil }
            self = reducer
        }
    }

    /// As Grafana heads a legend's column.
    public var title: String {
        switch self {
        case .lastNotNull: "Last *"
        case .last: "Last"
        case .firstNotNull: "First *"
        case .first: "First"
        case .min: "Min"
        case .max: "Max"
        case .mean: "Mean"
        case .sum: "Total"
        case .count: "Count"
        case .range: "Range"
        case .delta: "Delta"
        case .step: "Step"
        case .diff: "Difference"
        case .logmin: "Min (above zero)"
        case .allIsZero: "All zeros"
        case .allIsNull: "All nulls"
        case .changeCount: "Change count"
        case .distinctCount: "Distinct count"
        case .diffperc: "Difference percent"
        case .allValues: "All values"
        case .uniqueValues: "All unique values"
        case .median: "Median"
        case .stdDev: "StdDev"
        case .variance: "Variance"
        }
    }
}
