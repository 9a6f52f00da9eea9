// JSONValue to text: indented JSON, and YAML that says the same.
// The last step of `ferula dashboard convert`.

enum JSONPrinter {
    /// Two spaces a level, as Grafana exports; ends with a line feed.
    static func json(_ value: JSONValue) -> String {
        var text = ""
        write(value, indent: 0, to: &text)
        return text + "\n"
    }

    private static func write(_ value: JSONValue, indent: Int, to text: inout String) {
        let inner = String(repeating: " ", count: indent + 2)
        func list<Item>(_ items: [Item], _ open: String, _ close: String, _ each: (Item) -> Void) {
            guard !items.isEmpty else {
                text += open + close
                return
            }
            text += open
            for (place, item) in items.enumerated() {
                text += (place == 0 ? "\n" : ",\n") + inner
                each(item)
            }
            text += "\n" + String(repeating: " ", count: indent) + close
        }
        switch value {
        case .array(let items): list(items, "[", "]") { write($0, indent: indent + 2, to: &text) }
        case .object(let object):
            list(Array(zip(object.keys, object.values)), "{", "}") { pair in
                text += VariableFormat.jsonQuoted(pair.0) + ": "
                write(pair.1, indent: indent + 2, to: &text)
            }
        case .null, .bool, .number, .string: text += scalar(value)
        }
    }

    /// What no number can be in JSON is null.
    private static func scalar(_ value: JSONValue) -> String {
        switch value {
        case .bool(let flag): flag ? "true" : "false"
        case .number(let number): number.isFinite ? numberText(number) : "null"
        case .string(let text): VariableFormat.jsonQuoted(text)
        case .null, .array, .object: "null"
        }
    }

    // MARK: YAML

    /// Block style: texts of several lines as blocks, short lists of plain words on one line.
    static func yaml(_ value: JSONValue) -> String {
        var text = ""
        block(value, indent: 0, to: &text)
        return text
    }

    private static func block(_ value: JSONValue, indent: Int, to text: inout String) {
        let pad = String(repeating: " ", count: indent)
        switch value {
        case .object(let object) where !object.keys.isEmpty:
            for (key, inner) in zip(object.keys, object.values) {
                text += pad + plain(key, .key) + ":"
                entry(inner, indent: indent, to: &text)
            }
        case .array(let items) where !items.isEmpty:
            for item in items {
                guard case .object(let object) = item, !object.keys.isEmpty else {
                    text += pad + "-"
                    entry(item, indent: indent, to: &text)
                    continue
                }
                // The first field stands behind the dash.
                var lines = ""
                block(item, indent: indent + 2, to: &lines)
                text += pad + "- " + lines.dropFirst(indent + 2)
            }
        case .null, .bool, .number, .string, .array, .object: text += pad + flow(value) + "\n"
        }
    }

    /// What stands behind a colon or a dash, with the end of the line.
    private static func entry(_ value: JSONValue, indent: Int, to text: inout String) {
        switch value {
        case .object(let object) where !object.keys.isEmpty:
            text += "\n"
            block(value, indent: indent + 2, to: &text)
        case .array(let items) where !items.isEmpty:
            let line = flow(value)
            if line.utf8.count <= 60, items.allSatisfy(isShort) {
                text += " " + line + "\n"
            } else {
                text += "\n"
                block(value, indent: indent + 2, to: &text)
            }
        case .string(let string) where isBlock(string):
            text += string.hasSuffix("\n") ? " |\n" : " |-\n"
            let pad = String(repeating: " ", count: indent + 2)
            let lines = (string.hasSuffix("\n") ? String(string.dropLast()) : string)
                .split(separator: "\n", omittingEmptySubsequences: false)
            for line in lines { text += line.isEmpty ? "\n" : pad + line + "\n" }
        case .string(let string): text += " " + plain(string, .block) + "\n"
        case .null, .bool, .number, .array, .object: text += " " + flow(value) + "\n"
        }
    }

    private static func isShort(_ value: JSONValue) -> Bool {
        switch value {
        case .string(let text): text.utf8.count < 30 && !text.contains("\n")
        case .number, .bool: true
        case .null, .array, .object: false
        }
    }

    /// Several lines without what a block cannot hold: spaces in front of the first one, control characters, blank ends.
    private static func isBlock(_ text: String) -> Bool {
        guard text.contains("\n"), let first = text.first, !first.isWhitespace, !text.hasSuffix("\n\n") else {
            return false
        }
        return text.unicodeScalars.allSatisfy { $0 == "\n" || isPrintable($0) }
    }

    private static func isPrintable(_ scalar: UnicodeScalar) -> Bool {
        switch scalar.value {
        case 0x20..<0x7f, 0xa0..<0x2028, 0x202a..<0xd800, 0xe000..<0xfeff, 0xff00..<0xfffe, 0x10000...: true
        default: false
        }
    }

    private static func flow(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): plain(text, .flow)
        case .array(let items): "[" + items.map(flow).joined(separator: ", ") + "]"
        case .object(let object):
            "{" + zip(object.keys, object.values).map { plain($0, .key) + ": " + flow($1) }.joined(separator: ", ")
                + "}"
        case .null, .bool, .number: scalar(value)
        }
    }

    private enum Standing { case key, flow, block }

    /// Words that some reader of YAML takes for no text.
    private static let words: Set = ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "~", "nan", "inf"]

    /// Bare where every reader of YAML takes it for this text, else in double quotes with JSON's escapes.
    private static func plain(_ text: String, _ standing: Standing) -> String {
        guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last, text.utf8.count < 2000,
            !words.contains(text.lowercased()), Double(text) == nil, begins(text, first),
            last != ":", last != " ", !text.contains(": "), !text.contains(" #"),
            text.unicodeScalars.allSatisfy({ isPlain($0, standing) })
        else { return quoted(text) }
        return text
    }

    /// In double quotes; what YAML takes for the end of a line, or forbids, escaped.
    private static func quoted(_ text: String) -> String {
        var result = ""
        for scalar in VariableFormat.jsonQuoted(text).unicodeScalars {
            if isPrintable(scalar) {
                result.unicodeScalars.append(scalar)
            } else {
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: max(0, 4 - hex.utf8.count)) + hex
            }
        }
        return result
    }

    /// A letter and what expressions begin with; or digits with letters behind them, such as `30s`.
    private static func begins(_ text: String, _ first: UnicodeScalar) -> Bool {
        if first.properties.isAlphabetic || first == "_" || first == "$" || first == "/" || first == "(" { return true }
        let rest = text.unicodeScalars.drop { $0.value >= 0x30 && $0.value <= 0x39 }
        guard rest.count < text.unicodeScalars.count, let next = rest.first else { return false }
        return (next.properties.isAlphabetic || next == " ")
            && rest.allSatisfy { $0.properties.isAlphabetic || $0 == " " }
    }

    private static func isPlain(_ scalar: UnicodeScalar, _ standing: Standing) -> Bool {
        guard isPrintable(scalar) else { return false }
        switch standing {
        case .block: return true
        case .flow: return !"[]{},\"'`&*!|>%@#\\?".unicodeScalars.contains(scalar)
        case .key: return !"[]{},\"'`&*!|>%@#\\?:".unicodeScalars.contains(scalar)
        }
    }
}

extension ShortForm {
    /// A short form as the text of a file.
    package static func yaml(_ value: JSONValue) -> String { JSONPrinter.yaml(value) }
    /// Grafana's JSON as the text of a file.
    package static func json(_ value: JSONValue) -> String { JSONPrinter.json(value) }
}
