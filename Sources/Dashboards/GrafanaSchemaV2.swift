// Grafana's schema v2: panels are named elements, a layout of grids, rows and tabs refers to them.
// Part of GrafanaImport; each element is rewritten into the classic shape and imported as such.

import MetricModel

extension GrafanaImport {
    mutating func importSchemaV2(_ root: ImportNode, into dashboard: inout Dashboard) {
        let time = root.objectOrEmpty("timeSettings")
        dashboard.timeFrom = time.text("from") ?? "now-6h"
        dashboard.timeTo = time.text("to") ?? "now"
        dashboard.refresh = time.duration("autoRefresh")
        dashboard.timeZone = time.string("timezone") ?? ""
        dashboard.sharesCrosshair = ["Crosshair", "Tooltip"].contains(root.string("cursorSync") ?? "")
        dashboard.variables = root.objects("variables").compactMap { variableV2($0) }
        var y = 0
        dashboard.panels = layout(root.objectOrEmpty("layout"), root.objectOrEmpty("elements"), y: &y, depth: 0)
    }

    private func variableV2(_ node: ImportNode) -> DashboardVariable? {
        let spec = node.objectOrEmpty("spec")
        let kind = node.string("kind") ?? ""
        let types = [
            "QueryVariable": "query", "CustomVariable": "custom", "IntervalVariable": "interval",
            "ConstantVariable": "constant", "TextVariable": "textbox", "DatasourceVariable": "datasource",
            "AdhocVariable": "adhoc", "SwitchVariable": "switch",
        ]
        guard case .object(var object) = spec.value else { return nil }
        func set(_ key: String, _ value: JSONValue) {
            object.keys.append(key)
            object.values.append(value)
        }
        set("type", .string(types[kind] ?? kind))
        let inner = spec.objectOrEmpty("query").objectOrEmpty("spec")
        if kind == "QueryVariable" {
            let text = inner.text("query") ?? inner.text("__legacyStringValue") ?? inner.text("expr") ?? ""
            let wrapped =
                inner.integer("qryType") == 3 && !text.hasPrefix("query_result") ? "query_result(\(text))" : text
            let group = spec.objectOrEmpty("query").string("group") ?? spec.objectOrEmpty("query").string("kind") ?? ""
            set("query", .string(wrapped.isEmpty ? spec.string("definition") ?? "" : wrapped))
            if !group.isEmpty { set("datasource", .object(Self.object("type", .string(group)))) }
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
        return variable(ImportNode(.object(object), path: spec.path, sink: sink))
    }

    /// The panels of one layout, from row `y` on; `y` ends below them.
    private mutating func layout(
        _ node: ImportNode, _ elements: ImportNode, y: inout Int, depth: Int
    ) -> [Panel] {
        guard depth < 8 else {
            node.report("layouts nested more than 8 deep are left out")
            return []
        }
        let spec = node.objectOrEmpty("spec")
        switch node.string("kind") ?? "GridLayout" {
        case "RowsLayout": return sections(spec.objects("rows"), elements, y: &y, depth: depth)
        case "TabsLayout":
            node.report("tabs are shown as rows below each other")
            return sections(spec.objects("tabs"), elements, y: &y, depth: depth)
        case "AutoGridLayout", "ResponsiveGridLayout": return automatic(spec, elements, y: &y)
        default: return grid(spec, elements, y: &y)
        }
    }

    private mutating func sections(
        _ nodes: [ImportNode], _ elements: ImportNode, y: inout Int, depth: Int
    ) -> [Panel] {
        var panels: [Panel] = []
        for node in nodes {
            let spec = node.objectOrEmpty("spec")
            let isCollapsed = spec.bool("collapse") ?? spec.bool("collapsed") ?? false
            var header = Panel(
                id: takeID(), kind: .row(isCollapsed: isCollapsed), title: spec.string("title") ?? "",
                position: GridPosition(x: 0, y: y, width: 24, height: 1))
            if let variable = spec.object("repeat")?.text("value") {
                header.repeating = PanelRepeat(variable: variable)
            }
            let hidesHeader = spec.bool("hideHeader") ?? false
            if !hidesHeader { y += 1 }
            let top = y
            let children = layout(spec.objectOrEmpty("layout"), elements, y: &y, depth: depth + 1)
            if hidesHeader {
                panels += children
            } else if isCollapsed {
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

    private mutating func grid(_ spec: ImportNode, _ elements: ImportNode, y: inout Int) -> [Panel] {
        var panels: [Panel] = []
        let top = y
        for item in spec.objects("items") {
            let itemSpec = item.objectOrEmpty("spec")
            if item.string("kind") == "GridLayoutRow" {
                y = max(y, top)
                panels += sections([item], elements, y: &y, depth: 1)
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
        return panel(ImportNode(.object(object), path: found.path, sink: sink))
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
