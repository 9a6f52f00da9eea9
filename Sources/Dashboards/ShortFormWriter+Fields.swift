// Settings of series in the short form, of a panel and of its overrides.
// Part of ShortFormWriter; ShortFormPanel reads them again.

extension ShortFormWriter {
    /// Colours, thresholds, mappings, stacking and scales: words where they say all, left alone otherwise.
    ///
    /// - `keepsPlain`: what is the default anyway is said too, for an override takes something back with it.
    func special(
        _ source: inout JSONValue, below prefix: [String], keepsPlain: Bool = false, to result: inout JSONValue
    ) {
        func move(_ key: String, _ read: (JSONValue) -> (String, JSONValue)?) {
            let path = prefix + key.split(separator: ".").map(String.init)
            guard let found = source.at(path), case (let word, var value)? = read(found) else { return }
            if value == .null, keepsPlain {
                guard let plain = ["stack": "none", "threshold_style": "off", "dash": "solid"][word] else { return }
                value = .string(plain)
            }
            source.remove(path)
            if value != .null { result.set([word], value) }
        }
        move("color", Self.color)
        move("thresholds", Self.thresholds)
        move("mappings", Self.mappings)
        move("custom.stacking", Self.stacking)
        move("custom.thresholdsStyle") { Self.only("mode", $0, ShortForm.thresholdStyles, word: "threshold_style") }
        move("custom.lineStyle") { Self.only("fill", $0, ShortForm.dashes, word: "dash") }
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
                guard let said = inner[word] else { continue }
                // A result of another type has no words here.
                guard case .string = said else { return nil }
                result.set([word], said)
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

    /// An object with nothing but one key of known words; the first of them is what is there anyway.
    private static func only(
        _ key: String, _ value: JSONValue, _ words: [String], word: String
    ) -> (String, JSONValue)? {
        guard case .object(let object) = value, object.keys == [key], case .string(let found)? = object[key],
            words.contains(found)
        else { return nil }
        return (word, found == words[0] ? .null : .string(found))
    }

    private static func scale(_ value: JSONValue) -> (String, JSONValue)? {
        guard case .object(let object) = value else { return nil }
        if object.keys == ["type"], object["type"] == .string("linear") { return ("log", .null) }
        guard object["type"] == .string("log"), object.keys.allSatisfy({ $0 == "type" || $0 == "log" }),
            case .number(let base)? = object["log"], base == base.rounded(), base >= 2, base < 1e9
        else { return nil }
        return ("log", .number(base))
    }

    func override(_ value: JSONValue) -> JSONValue {
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
}
