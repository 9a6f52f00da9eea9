// One panel in the short form: options, queries, transformations.
// Part of ShortFormWriter; ShortFormPanel reads it again.

extension ShortFormWriter {
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

    func transformation(_ value: JSONValue) -> JSONValue {
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
