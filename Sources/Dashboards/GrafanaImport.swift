// Grafana's JSON to a Dashboard: finds the document in its wrapping and imports it by its shape, not by its
// schemaVersion, which many generators stamp wrongly.
// Comes after JSONReader; GrafanaPanelImport, GrafanaFieldImport and the legacy files do the parts.

import MetricModel

extension Dashboard {
    /// Panels of one document, collapsed ones included.
    package static let panelsMax = 5000
    package static let tabsMax = 100

    /// Reads a dashboard of any age. What is not understood is named in `notices`; only a document that is no
    /// dashboard at all is an error.
    public init(grafanaJSON bytes: [UInt8], fileName: String) throws(DashboardError) {
        self = try Dashboard(
            grafana: try JSONReader.read(HelmEscapes.undone(bytes) ?? bytes, fileName: fileName), fileName: fileName)
        source = .bytes(bytes)
    }

    /// The same of a document that is read already.
    package init(grafana document: JSONValue, fileName: String) throws(DashboardError) {
        var importer = GrafanaImport()
        self = try importer.dashboard(document, fileName: fileName)
        source = .value(document)
    }
}

struct GrafanaImport {
    let sink = NoticeSink()
    /// Panels get their numbers in document order.
    var nextPanelID = 0
    /// By the number that the document gives a panel.
    var shared: [Int: Panel] = [:]
    /// Panels by our number that show the results of another, by the document's number.
    var borrowing: [Int: (panel: Int, takesSteps: Bool)] = [:]
    /// Set to be given what a schema v2 document is in the classic shape.
    var classicParts: ClassicParts?

    mutating func takeID() -> Int {
        defer { nextPanelID += 1 }
        return nextPanelID
    }

    mutating func dashboard(_ value: JSONValue, fileName: String) throws(DashboardError) -> Dashboard {
        var root = ImportNode(value, path: "", sink: sink)
        guard case .object = value else {
            throw DashboardError(
                fileName: fileName, message: "not a dashboard: the document is \(value.kindName), not an object")
        }
        // A ConfigMap holds the dashboard as a text; the sidecars of charts read these.
        if !Self.isDashboard(root), root.string("kind") == "ConfigMap", let data = root.object("data") {
            guard case .object(let files) = data.value, files.values.count == 1,
                case .string(let text)? = files.values.first
            else {
                throw DashboardError(
                    fileName: fileName, message: "a ConfigMap of several files", hint: "extract the one that is meant")
            }
            root = ImportNode(try JSONReader.read(Array(text.utf8), fileName: fileName), path: "", sink: sink)
        }
        // {"dashboard": {...}} of the HTTP API, and Kubernetes' {"kind": "Dashboard", "spec": {...}}.
        for key in ["dashboard", "spec"] {
            if !Self.isDashboard(root), let inner = root.object(key), Self.isDashboard(inner) { root = inner }
        }
        guard Self.isDashboard(root) else { throw Self.refusal(value, fileName: fileName) }
        var dashboard = Dashboard()
        dashboard.title = root.string("title") ?? ""
        dashboard.description = root.string("description") ?? ""
        dashboard.uid = root.string("uid") ?? value["metadata"]?["name"]?.looseString ?? ""
        dashboard.tags = root.items("tags").compactMap { $0.value.looseString }
        dashboard.links = links(root.objects("links"))
        root.reportSettings(.document)
        if root.raw("elements") != nil {
            importSchemaV2(root, into: &dashboard)
        } else {
            importClassic(root, into: &dashboard)
        }
        lend(to: &dashboard.panels)
        VariableResolver.settleLocally(&dashboard.variables)
        if dashboard.title.isEmpty { dashboard.title = Self.titleFromName(fileName) }
        dashboard.notices = sink.notices
        return dashboard
    }

    private static func isDashboard(_ node: ImportNode) -> Bool {
        if case .array = node.value["panels"] { return true }
        if case .array = node.value["rows"] { return true }
        if case .object = node.value["elements"] { return true }
        // A dashboard nobody has put a panel on yet.
        return node.value["schemaVersion"] != nil && node.value["title"] != nil
    }

    private static func refusal(_ value: JSONValue, fileName: String) -> DashboardError {
        guard case .object(let object) = value else {
            return DashboardError(fileName: fileName, message: "not a dashboard")
        }
        let keys = object.keys.prefix(5).map { "`\($0.prefix(30))`" }.joined(separator: ", ")
        let hint: String? =
            object["resultType"] != nil || object["status"] != nil
            ? "this looks like an answer of a query"
            : object["type"] != nil && object["targets"] != nil ? "this looks like a single panel" : nil
        return DashboardError(
            fileName: fileName,
            message: "not a dashboard: wanted `panels`, `rows` or `elements`, found "
                + (keys.isEmpty ? "an empty object" : keys), hint: hint)
    }

    private static func titleFromName(_ fileName: String) -> String {
        let name = fileName.split(separator: "/").last.map(String.init) ?? fileName
        return name.hasSuffix(".json") ? String(name.dropLast(5)) : name
    }

    private mutating func importClassic(_ root: ImportNode, into dashboard: inout Dashboard) {
        let time = root.objectOrEmpty("time")
        dashboard.timeFrom = time.text("from") ?? "now-6h"
        dashboard.timeTo = time.text("to") ?? "now"
        if let refresh = root.raw("refresh"), case .string = refresh { dashboard.refresh = root.duration("refresh") }
        dashboard.timeZone = timeZone(root)
        dashboard.sharesCrosshair = (root.integer("graphTooltip") ?? 0) > 0 || root.bool("sharedCrosshair") == true
        dashboard.variables = root.objectOrEmpty("templating").objects("list").compactMap { variable($0) }
        dashboard.annotations = root.objectOrEmpty("annotations").objects("list").compactMap { annotation($0) }
        let rows = root.objects("rows")
        if !rows.isEmpty, root.items("panels").isEmpty {
            dashboard.panels = legacyRows(rows)
        } else {
            dashboard.panels = panels(root.objects("panels"))
        }
    }

    /// Top-level panels, completed with positions, in reading order.
    mutating func panels(_ nodes: [ImportNode]) -> [Panel] {
        var panels: [Panel] = []
        for node in nodes {
            guard nextPanelID < Dashboard.panelsMax else {
                node.report("more than \(Dashboard.panelsMax) panels, the rest is left out")
                break
            }
            panels.append(panel(node))
        }
        placeMissing(&panels)
        return panels.enumerated().sorted { left, right in
            let (one, other) = (left.element.position, right.element.position)
            if one.y != other.y { return one.y < other.y }
            if one.x != other.x { return one.x < other.x }
            return left.offset < right.offset
        }.map(\.element)
    }

    /// Panels without a gridPos (width 0) go below all others, two charts beside each other.
    private func placeMissing(_ panels: inout [Panel]) {
        var bottom = panels.filter { $0.position.width > 0 }.map { $0.position.y + $0.position.height }.max() ?? 0
        var x = 0
        var rowHeight = 0
        for index in panels.indices where panels[index].position.width == 0 {
            let (width, height) = Self.defaultSize(panels[index].kind)
            if x + width > 24 {
                bottom += rowHeight
                x = 0
                rowHeight = 0
            }
            panels[index].position = GridPosition(x: x, y: bottom, width: width, height: height)
            x += width
            rowHeight = max(rowHeight, height)
        }
    }

    static func defaultSize(_ kind: PanelKind) -> (width: Int, height: Int) {
        switch kind {
        case .stat, .gauge: (6, 4)
        case .row: (24, 1)
        case .text: (12, 4)
        default: (12, 8)
        }
    }

    /// The reader's own and UTC are known here; another one's hours are not.
    func timeZone(_ node: ImportNode) -> String {
        let name = node.string("timezone") ?? ""
        if !["", "browser", "default", "utc", "UTC"].contains(name) {
            sink.report(
                node.pathOf("timezone"), "time zone \"\(name.prefix(40))\": times are the reader's own",
                as: .approximated)
        }
        return name
    }

    func links(_ nodes: [ImportNode]) -> [DashboardLink] {
        nodes.map { node in
            var link = DashboardLink(
                title: node.string("title") ?? "", url: node.string("url") ?? node.string("linkUrl") ?? "",
                tags: node.items("tags").compactMap { $0.value.looseString })
            link.listsDashboards = node.string("type") == "dashboards"
            link.keepsTime = node.bool("keepTime") ?? false
            link.includesVariables = node.bool("includeVars") ?? false
            if link.url.isEmpty, !link.listsDashboards { readOldLink(node, into: &link) }
            return link
        }
    }

    /// Panels before version 7 named a dashboard, and its address in part.
    private func readOldLink(_ node: ImportNode, into link: inout DashboardLink) {
        let name = node.text("dashboard") ?? ""
        guard let path = node.text("dashUri") ?? (name.isEmpty ? nil : "db/" + DashboardAddress.slug(of: name)) else {
            return
        }
        link.url = "/dashboard/" + path + (node.text("params").map { "?" + $0 } ?? "")
        if link.title.isEmpty { link.title = name }
    }

    func annotation(_ node: ImportNode) -> AnnotationQuery? {
        let expression = node.text("expr") ?? node.object("target")?.text("expr")
        let isEnabled = node.bool("enable") ?? true
        // The server's own, of alerts and notes, stand in nearly every file.
        if let foreign = foreignDatasource(node), foreign != "grafana" {
            if isEnabled { node.report("annotations: data source \"\(foreign)\" is not asked", as: .notDrawn) }
            return nil
        }
        guard let expression, foreignDatasource(node) == nil else { return nil }
        return AnnotationQuery(
            name: node.string("name") ?? "", expression: expression, color: node.text("iconColor") ?? "red",
            isEnabled: isEnabled)
    }

    /// Kinds of data source that speak PromQL.
    private static let prometheusTypes: Set<String> = [
        "prometheus", "victoriametrics-metrics-datasource", "victoriametrics-datasource",
        "grafana-amazonprometheus-datasource", "grafana-azureprometheus-datasource", "mimir", "thanos", "cortex",
    ]

    /// The kind of a data source that is clearly not Prometheus, nil for everything else: names, variables and
    /// missing ones all mean the one backend there is.
    func foreignDatasource(_ node: ImportNode) -> String? {
        guard let source = node.raw("datasource") else { return nil }
        switch source {
        case .object:
            if let type = source["type"]?.looseString, !type.isEmpty, !type.contains("$") {
                if type == "datasource" {
                    let uid = source["uid"]?.looseString ?? ""
                    return uid == "-- Mixed --" || uid == "mixed" || uid == "-- Dashboard --"
                        ? nil : uid == "grafana" || uid == "-- Grafana --" ? "grafana" : nil
                }
                return Self.prometheusTypes.contains(type) ? nil : type
            }
            return source["uid"]?.looseString.flatMap { Self.foreignName($0) }
        case .string(let name): return Self.foreignName(name)
        default: return nil
        }
    }

    /// A name gives its kind away only when it contains one.
    private static func foreignName(_ name: String) -> String? {
        if name == "-- Grafana --" { return "grafana" }
        let lowered = name.lowercased()
        return ["loki", "elasticsearch", "cloudwatch", "influxdb", "graphite", "jaeger", "tempo", "zipkin"].first {
            lowered == $0 || lowered == "${ds_\($0)}" || lowered == "$\($0)" || lowered == "${\($0)}"
        }
    }
}
