// Variables, annotations and links of a dashboard in the short form.
// Part of ShortFormWriter, which calls it for each of a document's lists.

extension ShortFormWriter {
    func variable(_ value: JSONValue) -> JSONValue {
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

    func annotation(_ value: JSONValue) -> JSONValue {
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
    func links(_ value: JSONValue?, isDashboard: Bool = false) -> (JSONValue?, JSONValue?) {
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
}
