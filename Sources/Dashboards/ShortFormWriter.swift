// Grafana's JSON to the short form: by the same tables as ShortFormReader, backwards.
// What the short form has no word for stays under `grafana`, so that reading it again gives the same dashboard.

extension ShortForm {
    /// The short form of Grafana's JSON with `panels` or `rows`, wrapped or not.
    package static func write(grafanaJSON bytes: [UInt8], fileName: String) throws(DashboardError) -> JSONValue {
        var value = try JSONReader.read(HelmEscapes.undone(bytes) ?? bytes, fileName: fileName)
        // A file that is no dashboard is refused in the import's words.
        _ = try Dashboard(grafanaJSON: bytes, fileName: fileName)
        for key in ["dashboard", "spec"] {
            if value["panels"] == nil, value["rows"] == nil, let inner = value[key], case .object = inner {
                value = inner
            }
        }
        if value["elements"] != nil {
            throw DashboardError(
                fileName: fileName, message: "schema v2 cannot be written in the short form yet",
                hint: "export it in the classic form")
        }
        var writer = ShortFormWriter()
        writer.keepsIDs = writer.namesPanels(value)
        return writer.dashboard(value)
    }
}

struct ShortFormWriter {
    /// Some panel shows another one's results and names it by its number.
    fileprivate var keepsIDs = false

    fileprivate func namesPanels(_ value: JSONValue) -> Bool {
        switch value {
        case .array(let items): items.contains(where: namesPanels)
        case .object(let object): object.keys.contains("panelId") || object.values.contains(where: namesPanels)
        case .null, .bool, .number, .string: false
        }
    }

    /// Of no more meaning than the one source there is.
    private func dropSource(_ source: inout JSONValue) {
        let node = ImportNode(source, path: "", sink: NoticeSink())
        let name = source["datasource"]?.looseString ?? source.at(["datasource", "uid"])?.looseString ?? ""
        if GrafanaImport().foreignDatasource(node) == nil, !name.hasPrefix("-- ") { source.remove(["datasource"]) }
    }

    // MARK: Tables

    /// Moves what the table has words for from Grafana's object to the short form.
    private func take(
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
    private func word(for value: JSONValue, _ kind: ShortFormKey.Kind) -> JSONValue? {
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
    private func keep(_ rest: JSONValue, without ignored: Set<String> = [], in result: inout JSONValue) {
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

    private func items(_ value: JSONValue?) -> [JSONValue] { if case .array(let items)? = value { items } else { [] } }

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

    private func variable(_ value: JSONValue) -> JSONValue {
        var source = value
        var result = JSONValue.object(JSONObject())
        take(ShortForm.variable, from: &source, to: &result)
        let type = source["type"]?.looseString ?? "query"
        if let known = ShortForm.variableTypes.first(where: { $0.type == type }) {
            let text = source["query"] ?? source.at(["query", "query"]) ?? .string("")
            if case .string = text, known.type != "adhoc" {
                result.set([known.word], text)
                source.remove(["query"])
                source.remove(["type"])
            } else if case .string(let inner)? = source.at(["query", "query"]),
                source.at(["query", "qryType"]) != .number(3)
            {
                result.set([known.word], .string(inner))
                source.remove(["query"])
                source.remove(["type"])
            } else if known.type == "adhoc" {
                result.set([known.word], .bool(true))
                source.remove(["type"])
            } else {
                // A query in pieces: the words are there, the pieces stand beside.
                result.set([known.word], .string(""))
                source.remove(["type"])
            }
        }
        if let text = source.at(["current", "text"]), let chosen = source.at(["current", "value"]),
            isSame(text, chosen)
        {
            source.remove(["current"])
            result.set(["value"], text)
        }
        // Of a query the options are asked anew.
        if result["query"] != nil, source["refresh"] == nil { source.remove(["options"]) }
        if result["values"] != nil || result["intervals"] != nil { source.remove(["options"]) }
        dropSource(&source)
        keep(source, without: ["definition", "skipUrlSync", "tagValuesQuery", "tagsQuery", "useTags"], in: &result)
        return result
    }

    /// `All` is the text of `$__all`; every other value that is said in one word is its own text.
    private func isSame(_ text: JSONValue, _ value: JSONValue) -> Bool {
        func all(_ value: JSONValue) -> JSONValue { value == .string("$__all") ? .string("All") : value }
        if case .array(let values) = value {
            guard case .array(let texts) = text else { return false }
            return texts == values.map(all) && texts.allSatisfy { if case .string = $0 { true } else { false } }
        }
        if case .string = text { return text == all(value) }
        return false
    }

    private func annotation(_ value: JSONValue) -> JSONValue {
        var source = value
        var result = JSONValue.object(JSONObject())
        for (word, key) in [("name", "name"), ("query", "expr"), ("color", "iconColor")] {
            guard case .string? = source[key] else { continue }
            result.set([word], source.remove([key]) ?? .null)
        }
        if source["enable"] == .bool(true) { source.remove(["enable"]) }
        if source["enable"] == .bool(false) {
            source.remove(["enable"])
            result.set(["on"], .bool(false))
        }
        dropSource(&source)
        keep(source, in: &result)
        return result
    }

    /// Links in the short form, or nil and the list as it is.
    private func links(_ value: JSONValue?, isDashboard: Bool = false) -> (JSONValue?, JSONValue?) {
        let links = items(value)
        guard !links.isEmpty else { return (nil, nil) }
        return (
            .array(
                links.map { link in
                    var source = link
                    var result = JSONValue.object(JSONObject())
                    for key in ["title", "url"] {
                        guard case .string(let text)? = source[key] else { continue }
                        source.remove([key])
                        if !text.isEmpty { result.set([key], .string(text)) }
                    }
                    if isDashboard, source["type"] == .string("link") { source.remove(["type"]) }
                    keep(source, in: &result)
                    return result
                }), nil
        )
    }

    // MARK: Layout

    /// Rows of old files as panels: twelve spans a line, a row above its panels.
    private static func panels(ofRows rows: [JSONValue]) -> [JSONValue] {
        var y = 0
        var panels: [JSONValue] = []
        for row in rows {
            var header = JSONValue.object(JSONObject())
            header.set(["type"], .string("row"))
            header.set(["title"], row["title"] ?? .string(""))
            header.set(["collapsed"], .bool(row["collapse"]?.looseBool ?? false))
            if let variable = row["repeat"], !variable.isBlank { header.set(["repeat"], variable) }
            header.set(["gridPos"], ShortFormReader.position(x: 0, y: y, width: 24, height: 1))
            y += 1
            var pen = ShortFormPen()
            var members: [JSONValue] = []
            if case .array(let children)? = row["panels"] {
                for child in children {
                    var panel = child
                    let span = min(max(panel.remove(["span"])?.looseNumber ?? 4, 0), 12)
                    let width = span < 1 ? 8 : Int(span) * 2
                    let height = GrafanaImport.rowUnits(panel.remove(["height"]) ?? row["height"]) ?? 7
                    let place = pen.place(width: width, height: height)
                    panel.set(
                        ["gridPos"], ShortFormReader.position(x: place.x, y: y + place.y, width: width, height: height))
                    members.append(panel)
                }
            }
            if header["collapsed"] == .bool(true) { header.set(["panels"], .array(members)) }
            panels.append(header)
            if header["collapsed"] != .bool(true) { panels += members }
            y += pen.bottom
        }
        return panels
    }

    private func position(_ panel: JSONValue) -> GridPosition? {
        func cell(_ key: String, _ most: Double) -> Int? {
            panel.at(["gridPos", key])?.looseNumber.map { Int(min(max($0.rounded(), 0), most)) }
        }
        guard let x = cell("x", 23), let y = cell("y", 1_000_000), let width = cell("w", 24),
            let height = cell("h", 1000)
        else { return nil }
        return GridPosition(x: x, y: y, width: max(1, width), height: max(1, height))
    }

    private func inOrder(_ panels: [JSONValue]) -> [JSONValue] {
        func key(_ offset: Int, _ panel: JSONValue) -> (Int, Int, Int) {
            let place = position(panel)
            return (place?.y ?? .max, place?.x ?? 0, offset)
        }
        return panels.enumerated().map { (key($0.offset, $0.element), $0.element) }.sorted { $0.0 < $1.0 }.map(\.1)
    }

    /// Panels before the first row, then each row with what follows it.
    private func lay(_ panels: [JSONValue], to result: inout JSONValue) {
        var first: [JSONValue] = []
        /// Without a header: what follows a closed row, whose panels are inside.
        var rows: [(header: JSONValue?, members: [JSONValue])] = []
        for panel in inOrder(panels) {
            if panel["type"] == .string("row") {
                let isClosed = panel["collapsed"]?.looseBool == true
                rows.append((panel, isClosed ? inOrder(items(panel["panels"])) : []))
            } else if rows.isEmpty {
                first.append(panel)
            } else if rows[rows.count - 1].header?["collapsed"]?.looseBool == true {
                rows.append((nil, [panel]))
            } else {
                rows[rows.count - 1].members.append(panel)
            }
        }
        if !first.isEmpty || rows.isEmpty { result.set(["panels"], .array(flow(first))) }
        guard !rows.isEmpty else { return }
        result.set(
            ["rows"],
            .array(
                rows.map { row in
                    var words = JSONValue.object(JSONObject())
                    guard var source = row.header else {
                        words.set(["panels"], .array(flow(row.members)))
                        return words
                    }
                    words.set(["title"], .string(source["title"]?.looseString ?? ""))
                    if source["title"]?.looseString != nil { source.remove(["title"]) }
                    let isCollapsed = source.remove(["collapsed"])?.looseBool == true
                    if isCollapsed { words.set(["collapsed"], .bool(true)) }
                    if case .string(let variable)? = source["repeat"] {
                        source.remove(["repeat"])
                        if !variable.isEmpty { words.set(["repeat"], .string(variable)) }
                    }
                    let ignored: Set = ["id", "type", "gridPos", "panels", "datasource", "targets", "scopedVars"]
                    keep(source, without: ignored, in: &words)
                    words.set(["panels"], .array(flow(row.members)))
                    return words
                }))
    }

    private func flow(_ panels: [JSONValue]) -> [JSONValue] {
        let top = panels.compactMap { position($0)?.y }.min() ?? 0
        var pen = ShortFormPen()
        return panels.map { panel in
            var words = self.panel(panel)
            let usual = ShortForm.size(panel["type"]?.looseString ?? "")
            let box = position(panel)
            let (width, height) = (box?.width ?? usual.width, box?.height ?? usual.height)
            var trial = pen
            let place = trial.place(width: width, height: height)
            if width != usual.width { words.set(["width"], .number(Double(width))) }
            if height != usual.height { words.set(["height"], .number(Double(height))) }
            let x = box.flatMap { $0.x == place.x ? nil : $0.x }
            let y = box.flatMap { $0.y - top == place.y ? nil : $0.y - top }
            if let x { words.set(["x"], .number(Double(x))) }
            if let y { words.set(["y"], .number(Double(y))) }
            _ = pen.place(width: width, height: height, x: x, y: y)
            return words
        }
    }

    // MARK: Panel

    func panel(_ value: JSONValue) -> JSONValue {
        var source = value
        var result = JSONValue.object(JSONObject())
        take(ShortForm.panel.filter { $0.name == "title" || $0.name == "type" }, from: &source, to: &result)
        if result["type"] == .string("timeseries") { result.remove(["type"]) }
        if result["title"] == .string("") { result.remove(["title"]) }
        targets(&source, to: &result)
        take(ShortForm.panel.filter { $0.name != "title" && $0.name != "type" }, from: &source, to: &result)
        let defaults = ["fieldConfig", "defaults"]
        take(ShortForm.field.filter { $0.name != "width" }, from: &source, below: defaults, to: &result)
        special(&source, below: defaults, to: &result)
        if case .array(let overrides)? = source.at(["fieldConfig", "overrides"]) {
            source.remove(["fieldConfig", "overrides"])
            if !overrides.isEmpty { result.set(["overrides"], .array(overrides.map(override))) }
        }
        if case .array(let steps)? = source["transformations"] {
            source.remove(["transformations"])
            // A step without a name is none.
            let named = steps.filter { if case .string(let id)? = $0["id"] { !id.isEmpty } else { false } }
            if !named.isEmpty { result.set(["transform"], .array(named.map(transformation))) }
        }
        if case .array(let rules)? = source.at(["options", "sortBy"]), rules.count == 1,
            case .string(let name)? = rules[0]["displayName"], !name.hasPrefix("-")
        {
            source.remove(["options", "sortBy"])
            result.set(["sort"], .string((rules[0]["desc"]?.looseBool == true ? "-" : "") + name))
        }
        if let words = links(source.remove(["links"])).0 { result.set(["links"], words) }
        dropSource(&source)
        var ignored: Set = ["gridPos", "pluginVersion", "$$hashKey", "editable", "error", "renderer", "span", "height"]
        if !keepsIDs { ignored.insert("id") }
        keep(source, without: ignored, in: &result)
        return result
    }

    private func targets(_ source: inout JSONValue, to result: inout JSONValue) {
        guard case .array(let targets)? = source["targets"] else { return }
        // A target's own source says something where the panel has another one.
        let isForeign = GrafanaImport().foreignDatasource(ImportNode(source, path: "", sink: NoticeSink())) != nil
        source.remove(["targets"])
        let queries = targets.enumerated().map { place, target -> JSONValue in
            var rest = target
            var words = JSONValue.object(JSONObject())
            take(ShortForm.target, from: &rest, to: &words)
            if words["as"] == .string(ShortFormPanel.letter(place)) { words.remove(["as"]) }
            for (word, usual) in [("hide", JSONValue.bool(false)), ("instant", .bool(false)), ("legend", .string(""))] {
                if words[word] == usual { words.remove([word]) }
            }
            if words["format"] == .string("time_series") { words.remove(["format"]) }
            if words["range"] == .bool(true), words["instant"] == nil { words.remove(["range"]) }
            if words["range"] == .bool(false), words["instant"] != nil { words.remove(["range"]) }
            if !isForeign { dropSource(&rest) }
            let ignored: Set = ["editorMode", "step", "legendLink", "useBackend", "exemplar", "metric", "target"]
            keep(rest, without: ignored, in: &words)
            if words["query"] == nil { words.set(["query"], .string("")) }
            return words
        }
        guard queries.count == 1, case .object(let only) = queries[0],
            only.keys.allSatisfy({ ["query", "legend", "instant", "format"].contains($0) }), only["query"] != nil
        else {
            if !queries.isEmpty { result.set(["queries"], .array(queries.map(shortest))) }
            return
        }
        for (key, value) in zip(only.keys, only.values) { result.set([key], value) }
    }

    /// A query with nothing beside its text is that text.
    private func shortest(_ query: JSONValue) -> JSONValue {
        if case .object(let object) = query, object.keys == ["query"], let text = object["query"] { return text }
        return query
    }

    // MARK: Fields

    /// Colours, thresholds, mappings, stacking and scales: words where they say all, left alone otherwise.
    ///
    /// - `keepsPlain`: what is the default anyway is said too, for an override takes something back with it.
    private func special(
        _ source: inout JSONValue, below prefix: [String], keepsPlain: Bool = false, to result: inout JSONValue
    ) {
        func move(_ key: String, _ read: (JSONValue) -> (String, JSONValue)?) {
            let path = prefix + key.split(separator: ".").map(String.init)
            guard let found = source.at(path), case (let word, var value)? = read(found) else { return }
            if value == .null, keepsPlain {
                guard word == "stack" else { return }
                value = .string("none")
            }
            source.remove(path)
            if value != .null { result.set([word], value) }
        }
        move("color", Self.color)
        move("thresholds", Self.thresholds)
        move("mappings", Self.mappings)
        move("custom.stacking", Self.stacking)
        move("custom.scaleDistribution", Self.scale)
    }

    private static func color(_ value: JSONValue) -> (String, JSONValue)? {
        guard case .object(let object) = value, case .string(let mode)? = object["mode"] else { return nil }
        if mode == "fixed", object.keys.count == 2, case .string(let name)? = object["fixedColor"],
            Compatibility.row(.colorMode, name) == nil
        {
            return ("color", .string(name))
        }
        guard object.keys.count == 1, Compatibility.row(.colorMode, mode) != nil else { return nil }
        return ("color", .string(mode))
    }

    private static func thresholds(_ value: JSONValue) -> (String, JSONValue)? {
        guard case .object(let object) = value, case .array(let steps)? = object["steps"], !steps.isEmpty,
            object.keys.allSatisfy({ $0 == "steps" || $0 == "mode" })
        else { return nil }
        var words: [JSONValue] = []
        for (place, step) in steps.enumerated() {
            guard case .object(let inner) = step, inner.keys.allSatisfy({ $0 == "color" || $0 == "value" }),
                case .string(let color)? = inner["color"], !color.isEmpty
            else { return nil }
            let limit = inner["value"] ?? .null
            if place == 0 {
                guard limit == .null else { return nil }
                words.append(.string(color))
            } else {
                guard case .number(let number) = limit, number.isFinite else { return nil }
                words.append(.string("\(numberText(number)) \(color)"))
            }
        }
        return (object["mode"] == .string("percentage") ? "percent_thresholds" : "thresholds", .array(words))
    }

    private static func mappings(_ value: JSONValue) -> (String, JSONValue)? {
        guard case .array(let mappings) = value, mappings.count == 1, mappings[0]["type"] == .string("value"),
            case .object(let options)? = mappings[0]["options"], !options.keys.isEmpty
        else { return value == .array([]) ? ("mappings", .null) : nil }
        var words = JSONObject()
        let places = zip(options.keys, options.values).enumerated().map {
            ($0.element.1["index"]?.looseNumber ?? 0, $0.offset)
        }
        // The order of the words is the order of the results.
        guard places.map(\.1) == places.sorted(by: <).map(\.1) else { return nil }
        for (key, found) in zip(options.keys, options.values) {
            guard case .object(let inner) = found,
                inner.keys.allSatisfy({ ["text", "color", "index"].contains($0) })
            else { return nil }
            var result = JSONValue.object(JSONObject())
            for word in ["text", "color"] {
                if case .string? = inner[word] { result.set([word], inner[word] ?? .null) }
            }
            words.keys.append(key)
            words.values.append(inner["color"] == nil ? inner["text"] ?? .string("") : result)
        }
        return ("mappings", .object(words))
    }

    private static func stacking(_ value: JSONValue) -> (String, JSONValue)? {
        guard case .object(let object) = value, case .string(let mode)? = object["mode"],
            ["none", "normal", "percent"].contains(mode), (object["group"] ?? .string("A")) == .string("A"),
            object.keys.allSatisfy({ $0 == "mode" || $0 == "group" })
        else { return nil }
        return ("stack", mode == "none" ? .null : .string(mode))
    }

    private static func scale(_ value: JSONValue) -> (String, JSONValue)? {
        guard case .object(let object) = value else { return nil }
        if object.keys == ["type"], object["type"] == .string("linear") { return ("log", .null) }
        guard object["type"] == .string("log"), object.keys.allSatisfy({ $0 == "type" || $0 == "log" }),
            case .number(let base)? = object["log"], base == base.rounded(), base >= 2, base < 1e9
        else { return nil }
        return ("log", .number(base))
    }

    private func override(_ value: JSONValue) -> JSONValue {
        var result = JSONValue.object(JSONObject())
        let id = value.at(["matcher", "id"])?.looseString ?? ""
        let options = value.at(["matcher", "options"]) ?? .null
        if let known = ShortForm.matchers.first(where: { $0.id == id }), case .string = options {
            result.set(["match", known.word], options)
        } else {
            result.set(["match", "id"], .string(id))
            if options != .null { result.set(["match", "options"], options) }
        }
        var rest = JSONObject()
        for property in items(value["properties"]) {
            guard let id = property["id"]?.looseString else { continue }
            let found = property["value"] ?? .null
            let key = ShortForm.field.first { $0.path.joined(separator: ".") == id }
            if let key, let word = word(for: found, key.kind) {
                result.set([key.name], word)
                continue
            }
            var source = JSONValue.object(JSONObject())
            let path = id.split(separator: ".").map(String.init)
            source.set(path, found)
            special(&source, below: [], keepsPlain: true, to: &result)
            if source.at(path) == nil, found != .null, path.count < 3 { continue }
            let words = links(id == "links" ? found : nil).0
            if let words {
                result.set(["links"], words)
            } else {
                rest.keys.append(id)
                rest.values.append(found)
            }
        }
        if !rest.keys.isEmpty { result.set(["grafana"], .object(rest)) }
        return result
    }

    private func transformation(_ value: JSONValue) -> JSONValue {
        let id = value["id"]?.looseString ?? ""
        guard case .object(let object) = value, object.keys.allSatisfy({ $0 == "id" || $0 == "options" }) else {
            return value
        }
        let options = value["options"] ?? .object(JSONObject())
        if options.isBlank { return .string(id) }
        var words = JSONValue.object(JSONObject())
        words.set([id], options)
        return words
    }
}
