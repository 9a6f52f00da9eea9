// Grafana's schema v2: panels are named elements, a layout of grids, rows and tabs refers to them.
// Part of GrafanaImport; each element is rewritten into the classic shape and imported as such.

import MetricModel

extension GrafanaImport {
    mutating func importSchemaV2(_ root: ImportNode, into dashboard: inout Dashboard) {
        let time = root.objectOrEmpty("timeSettings")
        dashboard.timeFrom = time.text("from") ?? "now-6h"
        dashboard.timeTo = time.text("to") ?? "now"
        dashboard.refresh = time.duration("autoRefresh")
        dashboard.timeZone = timeZone(time)
        dashboard.sharesCrosshair = ["Crosshair", "Tooltip"].contains(root.string("cursorSync") ?? "")
        for node in root.objects("variables") {
            if let variable = variableV2(node) { dashboard.variables.append(variable) }
        }
        var y = 0
        for node in root.objects("annotations") {
            if let annotation = annotationV2(node) { dashboard.annotations.append(annotation) }
        }
        let elements = root.objectOrEmpty("elements")
        let layout = root.objectOrEmpty("layout")
        guard layout.string("kind") == "TabsLayout" else {
            dashboard.panels = self.layout(layout, elements, y: &y, Nesting())
            return
        }
        for node in layout.objectOrEmpty("spec").objects("tabs").prefix(Dashboard.tabsMax) {
            let spec = node.objectOrEmpty("spec")
            reportConditions(spec)
            if spec.object("repeat")?.text("value") != nil { node.report("a tab is not repeated", as: .approximated) }
            let inside = self.layout(spec.objectOrEmpty("layout"), elements, y: &y, Nesting(depth: 1))
            for var panel in inside {
                panel.tab = dashboard.tabs.count
                dashboard.panels.append(panel)
            }
            dashboard.tabs.append(spec.text("title") ?? "Tab \(dashboard.tabs.count + 1)")
        }
    }

    private mutating func variableV2(_ node: ImportNode) -> DashboardVariable? {
        let spec = node.objectOrEmpty("spec")
        let kind = node.string("kind") ?? ""
        let types = [
            "QueryVariable": "query", "CustomVariable": "custom", "IntervalVariable": "interval",
            "ConstantVariable": "constant", "TextVariable": "textbox", "DatasourceVariable": "datasource",
            "AdhocVariable": "adhoc", "SwitchVariable": "switch", "GroupByVariable": "groupby",
        ]
        guard case .object(var object) = spec.value else { return nil }
        func set(_ key: String, _ value: JSONValue) {
            if let place = object.keys.lastIndex(of: key), place < object.values.count {
                object.values[place] = value
            } else {
                object.keys.append(key)
                object.values.append(value)
            }
        }
        set("type", .string(types[kind] ?? kind))
        if kind == "QueryVariable" {
            let inner = spec.objectOrEmpty("query").objectOrEmpty("spec")
            let text = inner.text("query") ?? inner.text("__legacyStringValue") ?? inner.text("expr") ?? ""
            let wrapped =
                inner.integer("qryType") == 3 && !text.hasPrefix("query_result") ? "query_result(\(text))" : text
            let group = spec.objectOrEmpty("query").string("group") ?? spec.objectOrEmpty("query").string("kind") ?? ""
            set("query", .string(wrapped.isEmpty ? spec.string("definition") ?? "" : wrapped))
            if !group.isEmpty { set("datasource", .object(Self.object("type", .string(group)))) }
        }
        if kind == "DatasourceVariable", let plugin = spec.raw("pluginId") { set("query", plugin) }
        if kind == "AdhocVariable", let group = node.text("group") {
            set("datasource", .object(Self.object("type", .string(group))))
        }
        if let sort = spec.text("sort") {
            let names = [
                "disabled", "alphabeticalAsc", "alphabeticalDesc", "numericalAsc", "numericalDesc",
                "alphabeticalCaseInsensitiveAsc", "alphabeticalCaseInsensitiveDesc", "naturalAsc", "naturalDesc",
            ]
            set("sort", .number(Double(names.firstIndex(of: sort) ?? 0)))
        }
        switch spec.string("hide") {
        case "hideVariable": set("hide", .number(2))
        case "hideLabel": set("hide", .number(1))
        case .some: set("hide", .number(0))
        case nil: break
        }
        switch spec.string("refresh") {
        case "never": set("refresh", .number(0))
        case "onTimeRangeChanged": set("refresh", .number(2))
        default: set("refresh", .number(1))
        }
        classicParts?.variables.append(.object(object))
        return variable(ImportNode(.object(object), path: spec.path, sink: sink))
    }

    /// An annotation's query is wrapped as a panel's is; before, it stood in the spec itself.
    private mutating func annotationV2(_ node: ImportNode) -> AnnotationQuery? {
        let spec = node.objectOrEmpty("spec")
        var value = Self.target(spec)
        for key in ["name", "enable", "iconColor", "datasource", "expr"] {
            if value[key] == nil, let found = spec.raw(key) { value.set([key], found) }
        }
        classicParts?.annotations.append(value)
        return annotation(ImportNode(value, path: spec.path, sink: sink))
    }

    /// What a layout inherits: the headings above it, and whether they are closed.
    private struct Nesting {
        var depth = 0
        var titles: [String] = []
        var isCollapsed = false
    }

    /// The panels of one layout, from row `y` on; `y` ends below them.
    private mutating func layout(
        _ node: ImportNode, _ elements: ImportNode, y: inout Int, _ nesting: Nesting
    ) -> [Panel] {
        guard nesting.depth < 8 else {
            node.report("layouts nested more than 8 deep are left out")
            return []
        }
        let spec = node.objectOrEmpty("spec")
        switch node.string("kind") ?? "GridLayout" {
        case "RowsLayout": return sections(spec.objects("rows"), elements, y: &y, nesting)
        case "TabsLayout":
            node.report("tabs within a layout: rows below each other, the first one open", as: .approximated)
            return sections(spec.objects("tabs"), elements, y: &y, nesting, areTabs: true)
        case "AutoGridLayout", "ResponsiveGridLayout": return automatic(spec, elements, y: &y)
        default: return grid(spec, elements, y: &y, nesting)
        }
    }

    /// Rows or tabs, each with a heading. Rows within another one stand beside it, under both headings: a row here
    /// holds panels, no rows.
    private mutating func sections(
        _ nodes: [ImportNode], _ elements: ImportNode, y: inout Int, _ nesting: Nesting, areTabs: Bool = false
    ) -> [Panel] {
        var panels: [Panel] = []
        for (place, node) in nodes.enumerated() {
            let spec = node.objectOrEmpty("spec")
            let title = spec.string("title") ?? ""
            let isClosed = spec.bool("collapse") ?? spec.bool("collapsed") ?? false
            let isCollapsed = nesting.isCollapsed || isClosed || areTabs && place > 0
            reportConditions(spec)
            let inner = spec.objectOrEmpty("layout")
            var deeper = Nesting(
                depth: nesting.depth + 1, titles: nesting.titles + [title], isCollapsed: isCollapsed)
            if ["RowsLayout", "TabsLayout"].contains(inner.string("kind") ?? "") {
                if spec.object("repeat")?.text("value") != nil {
                    node.report("a row of rows is not repeated", as: .approximated)
                }
                panels += layout(inner, elements, y: &y, deeper)
                continue
            }
            if spec.bool("hideHeader") == true, nesting.titles.isEmpty, !isCollapsed {
                deeper.titles = nesting.titles
                panels += layout(inner, elements, y: &y, deeper)
                continue
            }
            let heading = (nesting.titles + [title]).filter { !$0.isEmpty }.joined(separator: " / ")
            var header = Panel(
                id: takeID(), kind: .row(isCollapsed: isCollapsed), title: heading,
                position: GridPosition(x: 0, y: y, width: 24, height: 1))
            if let variable = spec.object("repeat")?.text("value") {
                header.repeating = PanelRepeat(variable: variable)
            }
            y += 1
            let top = y
            let children = layout(inner, elements, y: &y, deeper)
            if isCollapsed {
                header.collapsedPanels = children
                panels.append(header)
                y = top
            } else {
                panels.append(header)
                panels += children
            }
        }
        return panels
    }

    private func reportConditions(_ spec: ImportNode) {
        if let found = spec.any("conditionalRendering"), !found.objectOrEmpty("spec").items("items").isEmpty {
            found.report("conditionalRendering: always shown", as: .ignored)
        }
    }

    private mutating func grid(
        _ spec: ImportNode, _ elements: ImportNode, y: inout Int, _ nesting: Nesting
    ) -> [Panel] {
        var panels: [Panel] = []
        let top = y
        for item in spec.objects("items") {
            let itemSpec = item.objectOrEmpty("spec")
            if item.string("kind") == "GridLayoutRow" {
                y = max(y, top)
                panels += sections([rowItem(item)], elements, y: &y, nesting)
                continue
            }
            guard var panel = element(itemSpec, elements) else { continue }
            func cell(_ key: String, _ fallback: Double, _ most: Double) -> Int {
                Int(min(max(itemSpec.number(key) ?? fallback, 0), most).rounded())
            }
            panel.position = GridPosition(
                x: cell("x", 0, 23), y: top + cell("y", 0, 1_000_000), width: max(1, cell("width", 12, 24)),
                height: max(1, cell("height", 8, 1000)))
            y = max(y, panel.position.y + panel.position.height)
            panels.append(panel)
        }
        return panels
    }

    /// The first releases put rows into grids, with their panels as `elements`.
    private func rowItem(_ item: ImportNode) -> ImportNode {
        var value = item.value
        let elements = item.objectOrEmpty("spec").raw("elements") ?? .array([])
        if value["spec"]?["layout"] == nil {
            value.set(["spec", "layout", "kind"], .string("GridLayout"))
            value.set(["spec", "layout", "spec", "items"], elements)
        }
        return ImportNode(value, path: item.path, sink: sink)
    }

    private mutating func automatic(_ spec: ImportNode, _ elements: ImportNode, y: inout Int) -> [Panel] {
        let columns = max(1, min(spec.integer("maxColumnCount") ?? 3, 24))
        let width = 24 / columns
        let height = ["short": 4, "tall": 13][spec.string("rowHeightMode") ?? spec.string("rowHeight") ?? ""] ?? 8
        var panels: [Panel] = []
        var column = 0
        for item in spec.objects("items") {
            guard var panel = element(item.objectOrEmpty("spec"), elements) else { continue }
            if column == columns {
                column = 0
                y += height
            }
            panel.position = GridPosition(x: column * width, y: y, width: width, height: height)
            column += 1
            panels.append(panel)
        }
        y += height
        return panels
    }

    /// The panel an item refers to, in the classic shape.
    private mutating func element(_ item: ImportNode, _ elements: ImportNode) -> Panel? {
        guard nextPanelID < Dashboard.panelsMax else { return nil }
        let reference = item.objectOrEmpty("element").string("name") ?? ""
        guard let found = elements.object(reference) else {
            item.report("there is no element \"\(reference.prefix(60))\"")
            return nil
        }
        let spec = found.objectOrEmpty("spec")
        reportConditions(item)
        if found.string("kind") == "LibraryPanel" {
            found.report("a library panel: the file holds its name alone", as: .notDrawn)
        }
        var object = JSONObject()
        func set(_ key: String, _ value: JSONValue?) {
            guard let value else { return }
            object.keys.append(key)
            object.values.append(value)
        }
        for key in ["title", "description", "links", "transparent"] { set(key, spec.raw(key)) }
        let visualization = spec.objectOrEmpty("vizConfig")
        // First releases wrote the type as the kind, later ones as the group.
        let kind = visualization.text("group") ?? visualization.string("kind")
        set("type", (kind == "VizConfig" ? nil : kind).map { .string($0) })
        set("options", visualization.objectOrEmpty("spec").raw("options"))
        set("fieldConfig", visualization.objectOrEmpty("spec").raw("fieldConfig"))
        let data = spec.objectOrEmpty("data").objectOrEmpty("spec")
        set("targets", .array(data.objects("queries").map { Self.target($0.objectOrEmpty("spec")) }))
        set(
            "transformations",
            .array(
                data.objects("transformations").map { step in
                    var inner = step.objectOrEmpty("spec").value
                    if case .object(var fields) = inner, fields["id"] == nil {
                        fields.keys.append("id")
                        fields.values.append(step.raw("group") ?? step.raw("kind") ?? .null)
                        inner = .object(fields)
                    }
                    return inner
                }))
        let options = data.objectOrEmpty("queryOptions")
        for key in ["timeFrom", "timeShift", "maxDataPoints", "interval", "hideTimeOverride"] {
            set(key, options.raw(key))
        }
        if let again = item.object("repeat") {
            set("repeat", again.raw("value"))
            set("repeatDirection", again.raw("direction"))
            set("maxPerRow", again.raw("maxPerRow"))
        }
        let panel = panel(ImportNode(.object(object), path: found.path, sink: sink))
        classicParts?.panels[panel.id] = .object(object)
        return panel
    }

    private static func target(_ spec: ImportNode) -> JSONValue {
        let query = spec.objectOrEmpty("query")
        var object = JSONObject()
        if case .object(let inner) = query.objectOrEmpty("spec").value { object = inner }
        func set(_ key: String, _ value: JSONValue?) {
            guard let value else { return }
            object.keys.append(key)
            object.values.append(value)
        }
        set("refId", spec.raw("refId"))
        set("hide", spec.raw("hidden"))
        let group = query.text("group") ?? query.text("kind") ?? ""
        if group != "DataQuery", !group.isEmpty { set("datasource", .object(Self.object("type", .string(group)))) }
        return .object(object)
    }
}
