// Grafana's JSON to the short form: by the same tables as ShortFormReader, backwards.
// What the short form has no word for stays under `grafana`, so that reading it again gives the same dashboard.

extension ShortForm {
    /// The short form of Grafana's JSON with `panels` or `rows`, wrapped or not.
    package static func write(grafanaJSON bytes: [UInt8], fileName: String) throws(DashboardError) -> JSONValue {
        let document = try JSONReader.read(HelmEscapes.undone(bytes) ?? bytes, fileName: fileName)
        var value = document
        // A file that is no dashboard is refused in the import's words.
        _ = try Dashboard(grafanaJSON: bytes, fileName: fileName)
        for key in ["dashboard", "spec"] {
            if value["panels"] == nil, value["rows"] == nil, value["elements"] == nil, let inner = value[key],
                case .object = inner
            {
                value = inner
            }
        }
        if value["elements"] != nil { value = try ClassicDocument.of(value, in: document, fileName: fileName) }
        var writer = ShortFormWriter()
        writer.keepsIDs = writer.namesPanels(value)
        return writer.dashboard(value)
    }
}

struct ShortFormWriter {
    /// Some panel shows another one's results and names it by its number.
    var keepsIDs = false

    fileprivate func namesPanels(_ value: JSONValue) -> Bool {
        switch value {
        case .array(let items): items.contains(where: namesPanels)
        case .object(let object): object.keys.contains("panelId") || object.values.contains(where: namesPanels)
        case .null, .bool, .number, .string: false
        }
    }

    /// Of no more meaning than the one source there is.
    func dropSource(_ source: inout JSONValue) {
        let node = ImportNode(source, path: "", sink: NoticeSink())
        let name = source["datasource"]?.looseString ?? source.at(["datasource", "uid"])?.looseString ?? ""
        if GrafanaImport().foreignDatasource(node) == nil, !name.hasPrefix("-- ") { source.remove(["datasource"]) }
    }

    // MARK: Tables

    /// Moves what the table has words for from Grafana's object to the short form.
    func take(
        _ keys: [ShortFormKey], from source: inout JSONValue, below prefix: [String] = [], to result: inout JSONValue
    ) {
        for key in keys {
            let path = prefix + key.path
            guard let found = source.at(path), let word = word(for: found, key.kind) else { continue }
            source.remove(path)
            if found != key.plain, found != .array([]) { result.set([key.name], word) }
        }
    }

    /// Nil when the reader would make something else of it.
    func word(for value: JSONValue, _ kind: ShortFormKey.Kind) -> JSONValue? {
        switch (kind, value) {
        case (.text, .string), (.flag, .bool): return value
        case (.number, .number(let number)): return number.isFinite ? value : nil
        case (.whole, .number(let number)):
            return number == number.rounded() && number >= 0 && number < 1e9 ? value : nil
        case (.texts, .array(let items)):
            let texts = items.allSatisfy { if case .string = $0 { true } else { false } }
            return !texts ? nil : items.count == 1 ? items[0] : value
        case (.word(let words), _): return words.first { $0.value == value }.map { .string($0.word) }
        default: return nil
        }
    }

    /// What is left goes under `grafana`; what says nothing goes.
    func keep(_ rest: JSONValue, without ignored: Set<String> = [], in result: inout JSONValue) {
        guard case .object(let object) = rest else { return }
        var kept = JSONObject()
        for (key, value) in zip(object.keys, object.values) where !ignored.contains(key) && value != .null {
            if case .object(let inner) = value, inner.keys.isEmpty { continue }
            if value == .array([]) { continue }
            kept.keys.append(key)
            kept.values.append(value)
        }
        if !kept.keys.isEmpty { result.set(["grafana"], .object(kept)) }
    }

    func items(_ value: JSONValue?) -> [JSONValue] { if case .array(let items)? = value { items } else { [] } }

    // MARK: Dashboard

    func dashboard(_ document: JSONValue) -> JSONValue {
        var source = document
        var result = JSONValue.object(JSONObject())
        take(ShortForm.dashboard, from: &source, to: &result)
        time(&source, to: &result)
        let variables = items(source.remove(["templating", "list"]))
            .filter { if case .string(let name)? = $0["name"] { !name.isEmpty } else { false } }.map(variable)
        let annotations = items(source.remove(["annotations", "list"])).filter { $0["builtIn"]?.looseNumber != 1 }
            .map(annotation).filter { $0["query"] != nil || $0["grafana"] != nil }
        let (links, otherLinks) = links(source.remove(["links"]), isDashboard: true)
        if let otherLinks { source.set(["links"], otherLinks) }
        let rows = source.remove(["rows"])
        var panels = items(source.remove(["panels"]))
        if panels.isEmpty { panels = Self.panels(ofRows: items(rows)) }
        if !variables.isEmpty { result.set(["variables"], .array(variables)) }
        if !annotations.isEmpty { result.set(["annotations"], .array(annotations)) }
        if let links { result.set(["links"], links) }
        keep(
            source,
            without: [
                "id", "version", "schemaVersion", "editable", "gnetId", "iteration", "__inputs", "__requires",
                "__elements", "style", "fiscalYearStartMonth", "hideControls", "sharedCrosshair",
            ], in: &result)
        lay(panels, to: &result)
        return result
    }

    private func time(_ source: inout JSONValue, to result: inout JSONValue) {
        guard let time = source.remove(["time"]) else { return }
        let (from, to) = (time["from"]?.looseString ?? "now-6h", time["to"]?.looseString ?? "now")
        if to == "now", from.hasPrefix("now-"), !from.contains("/") {
            result.set(["time"], .string(String(from.dropFirst(4))))
        } else {
            result.set(["time", "from"], .string(from))
            result.set(["time", "to"], .string(to))
        }
    }
}
