// One entry of templating.list (or of schema v2's variables) to a DashboardVariable.
// Part of GrafanaImport; VariableResolver fills the options, Interpolation reads the choice.

import MetricModel

extension GrafanaImport {
    func variable(_ node: ImportNode) -> DashboardVariable? {
        guard let name = node.text("name") else {
            node.report("a variable without a name is left out")
            return nil
        }
        let type = node.string("type") ?? "query"
        var variable = DashboardVariable(name: name, kind: kind(type, node))
        readShared(node, into: &variable)
        if variable.kind != .datasource { variable.datasourceType = "" }
        variable.isHidden = (node.integer("hide") ?? 0) == 2 || type == "constant" && node.raw("hide") == nil
        variable.sort = node.integer("sort") ?? 0
        switch node.raw("refresh") {
        case .number(let number): variable.refresh = number == 0 ? .never : number == 2 ? .onTimeChange : .onLoad
        case .string("time"): variable.refresh = .onTimeChange
        case .bool(false): variable.refresh = .never
        default: variable.refresh = .onLoad
        }
        readChoice(node, into: &variable)
        if variable.includesAll, variable.allValue == nil, let format = node.text("allFormat"),
            format.hasSuffix("wildcard")
        {
            variable.allValue = ".*"
        }
        return variable
    }

    /// What the classic form and schema v2 write alike.
    func readShared(_ node: ImportNode, into variable: inout DashboardVariable) {
        variable.label = node.string("label") ?? ""
        variable.isMulti = node.bool("multi") ?? false
        variable.includesAll = node.bool("includeAll") ?? node.bool("allowAll") ?? false
        variable.allValue = node.text("allValue")
        variable.regex = node.string("regex") ?? ""
        variable.datasourceType = (node.raw("query") ?? node.raw("pluginId"))?.looseString ?? ""
        if node.bool("auto") == true {
            variable.automaticCount = max(1, min(node.integer("auto_count") ?? 30, 10_000))
            variable.automaticMinimum = node.duration("auto_min")
        }
        variable.filters = node.items("filters").compactMap { filter($0) }
    }

    /// A filter with label and value; Grafana leaves out the others too. `=|` is one of several values, any text each.
    private func filter(_ node: ImportNode) -> AdHocFilter? {
        guard case .object = node.value, let key = node.text("key") else { return nil }
        let operation = node.text("operator") ?? "="
        if operation == "=|" || operation == "!=|" {
            let values = node.items("values").compactMap { $0.value.looseString }
            guard !values.isEmpty else { return nil }
            return AdHocFilter(
                key: key, operation: operation == "=|" ? "=~" : "!~",
                value: values.map(VariableFormat.regexEscaped).joined(separator: "|"))
        }
        guard let value = node.text("value") else { return nil }
        return AdHocFilter(key: key, operation: operation, value: value)
    }

    private func kind(_ type: String, _ node: ImportNode) -> DashboardVariable.Kind {
        if type == "adhoc", let foreign = foreignDatasource(node) {
            node.report("adhoc: data source \"\(foreign)\" is not asked", as: .notDrawn)
            return .unsupported(foreign)
        }
        node.reportName(.variable, type)
        switch type {
        case "query": return foreignDatasource(node).map { .unsupported($0) } ?? .query(queryText(node))
        case "custom": return .custom(node.string("query") ?? "")
        case "interval": return .interval(node.string("query") ?? "")
        case "constant": return .constant(node.string("query") ?? "")
        case "textbox": return .textbox(node.string("query") ?? "")
        case "datasource": return .datasource
        case "adhoc": return .adhoc
        case "switch":
            return .toggle(on: node.text("enabledValue") ?? "true", off: node.text("disabledValue") ?? "false")
        default:
            if Compatibility.row(.variable, type) == nil {
                node.report("variable type \"\(type.prefix(40))\" is not known")
            }
            return .unsupported(type)
        }
    }

    /// The query as text, whether it is one or an object that holds one.
    private func queryText(_ node: ImportNode) -> String {
        switch node.raw("query") {
        case .string(let text): return text
        case .object:
            let query = node.objectOrEmpty("query")
            let text = query.string("query") ?? query.string("expr") ?? ""
            // 3 is a query whose result is listed, written without the function.
            if query.integer("qryType") == 3, !text.hasPrefix("query_result") { return "query_result(\(text))" }
            if text.isEmpty, query.integer("qryType") == 0 { return "label_names()" }
            return text
        default: return node.string("definition") ?? ""
        }
    }

    func readChoice(_ node: ImportNode, into variable: inout DashboardVariable) {
        for option in node.items("options") {
            guard case .object = option.value, let value = option.string("value") ?? option.string("text") else {
                continue
            }
            if value == "$__all" { continue }
            variable.options.append(value)
            if let text = option.string("text"), text != value { variable.texts[value] = text }
        }
        let current = node.objectOrEmpty("current")
        variable.current = texts(current.raw("value"))
        let shown = texts(current.raw("text"))
        if variable.current.isEmpty { variable.current = shown }
        // Files of version 4 wrote All as its text beside an empty value.
        if shown == ["All"], variable.includesAll,
            variable.current.allSatisfy({ ["", "all", ".*", "All"].contains($0) })
        {
            variable.current = ["$__all"]
        }
        if variable.current == ["All"], variable.includesAll { variable.current = ["$__all"] }
        for (value, text) in zip(variable.current, shown) where value != text && value != "$__all" {
            variable.texts[value] = text
        }
    }

    /// A string, a list of strings, or the same one level deeper.
    private func texts(_ value: JSONValue?) -> [String] {
        switch value {
        case .array(let elements): elements.compactMap(\.looseString)
        case .object: texts(value?["value"])
        case .some(let single): single.looseString.map { [$0] } ?? []
        case nil: []
        }
    }
}
