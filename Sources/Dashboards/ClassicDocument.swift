// A schema v2 document in the classic shape, by the same steps as its import.
// Before ShortFormWriter, which knows the classic shape alone.

/// What the import of schema v2 rewrites on its way.
struct ClassicParts {
    var variables: [JSONValue] = []
    var annotations: [JSONValue] = []
    /// By the panel's number in the import.
    var panels: [Int: JSONValue] = [:]
}

enum ClassicDocument {
    /// `root` has the elements and the layout; `document` is what it stands in.
    static func of(_ root: JSONValue, in document: JSONValue, fileName: String) throws(DashboardError) -> JSONValue {
        var importer = GrafanaImport()
        importer.classicParts = ClassicParts()
        let dashboard = try importer.dashboard(document, fileName: fileName)
        let parts = importer.classicParts ?? ClassicParts()
        var result = JSONValue.object(JSONObject())
        result.set(["title"], .string(dashboard.title))
        if !dashboard.uid.isEmpty { result.set(["uid"], .string(dashboard.uid)) }
        for key in ["description", "tags", "links"] {
            if let found = root[key] { result.set([key], found) }
        }
        let time = root["timeSettings"]
        result.set(["time", "from"], .string(dashboard.timeFrom))
        result.set(["time", "to"], .string(dashboard.timeTo))
        if let refresh = time?["autoRefresh"], !refresh.isBlank { result.set(["refresh"], refresh) }
        if let zone = time?["timezone"], !zone.isBlank { result.set(["timezone"], zone) }
        if dashboard.sharesCrosshair { result.set(["graphTooltip"], .number(1)) }
        if !parts.variables.isEmpty { result.set(["templating", "list"], .array(parts.variables)) }
        if !parts.annotations.isEmpty { result.set(["annotations", "list"], .array(parts.annotations)) }
        let panels = dashboard.tabs.isEmpty ? dashboard.panels : rows(ofTabs: dashboard)
        result.set(["panels"], .array(panels.map { panel($0, parts) }))
        return result
    }

    /// The classic shape has no tabs: each is a row, the first one open, and its rows stand beside it under both names.
    private static func rows(ofTabs dashboard: Dashboard) -> [Panel] {
        var result: [Panel] = []
        for (place, title) in dashboard.tabs.enumerated() {
            var members = dashboard.panels.filter { $0.tab == place }
            if members.first.map({ if case .row = $0.kind { false } else { true } }) ?? true {
                let y = members.first?.position.y ?? result.last.map { $0.position.y + $0.position.height } ?? 0
                let position = GridPosition(x: 0, y: y, width: 24, height: 1)
                members.insert(
                    Panel(id: -1 - place, kind: .row(isCollapsed: false), title: "", position: position), at: 0)
            }
            for var panel in members {
                if case .row(let isCollapsed) = panel.kind {
                    panel.title = panel.title.isEmpty ? title : title + " / " + panel.title
                    panel.kind = .row(isCollapsed: isCollapsed || place > 0)
                    result.append(panel)
                } else if place > 0, let last = result.indices.last {
                    result[last].collapsedPanels.append(panel)
                } else {
                    result.append(panel)
                }
            }
        }
        // One below the other: a heading takes a line of its own.
        return result
    }

    private static func panel(_ panel: Panel, _ parts: ClassicParts) -> JSONValue {
        var result = parts.panels[panel.id] ?? .object(JSONObject())
        if case .row(let isCollapsed) = panel.kind {
            result.set(["type"], .string("row"))
            result.set(["title"], .string(panel.title))
            result.set(["collapsed"], .bool(isCollapsed))
            if let variable = panel.repeating?.variable { result.set(["repeat"], .string(variable)) }
            result.set(["panels"], .array(panel.collapsedPanels.map { self.panel($0, parts) }))
        }
        let place = panel.position
        result.set(
            ["gridPos"], ShortFormReader.position(x: place.x, y: place.y, width: place.width, height: place.height))
        return result
    }
}
