// The reader's choices for variables: opened by `v`, made in a Picker, and what they set going.
// A choice resolves what depends on it and asks those panels anew whose questions became others.

import Dashboards
import Frames
import MetricModel

extension AppState {
    /// The dashboard's variables, or the values of the only one.
    mutating func openVariables() {
        let variables = visibleVariables
        guard let first = variables.first else {
            message = Message(text: "this dashboard has no variables", isError: false)
            return
        }
        if variables.count == 1, picker == nil {
            openValues(of: first)
            return
        }
        picker = Picker(
            .variables, title: "Variables",
            items: variables.map {
                Picker.Item(value: $0.name, text: $0.shownName, note: $0.shownValues)
            })
    }

    mutating func openValues(of variable: DashboardVariable) {
        switch variable.kind {
        case .textbox:
            picker = nil
            prompt = Prompt(kind: .variable(variable.name), text: variable.current.first ?? "")
        case .toggle(let on, let off):
            picker = nil
            let next = variable.current.first == on ? off : on
            set(variable.name, to: [next])
        case .query, .custom, .interval, .constant, .datasource, .adhoc, .unsupported:
            var values = variable.options
            if variable.includesAll, !values.contains("$__all") { values.insert("$__all", at: 0) }
            picker = Picker(
                .values(of: variable.name), title: variable.shownName,
                items: values.map { Picker.Item(value: $0, text: variable.shownText(of: $0)) },
                isMulti: variable.isMulti, chosen: variable.current)
        }
    }

    mutating func choose(_ values: [String], in picker: Picker) -> [Effect] {
        switch picker.subject {
        case .variables:
            if let variable = visibleVariables.first(where: { $0.name == values[0] }) { openValues(of: variable) }
        case .range:
            self.picker = nil
            setRange(values[0])
        case .places:
            self.picker = nil
            return go(toPlace: values[0])
        case .values(let name):
            self.picker = nil
            set(name, to: values)
        }
        return []
    }

    /// Those made from this one are asked for their options; until they are known no panel is asked.
    mutating func set(_ name: String, to values: [String]) {
        guard let index = document.variables.firstIndex(where: { $0.name == name }),
            document.variables[index].current != values
        else { return }
        document.variables[index].current = values
        if isResolvingVariables {
            // The answer under way knows the choice before this one only.
            variablesGeneration += 1
            isResolvingVariables = false
            areVariablesStale = true
        }
        let dependents = VariableResolver.dependents(of: name, in: document.variables)
        if !dependents.isEmpty {
            variablesGeneration += 1
            isResolvingVariables = false
            areVariablesReady = false
            variablesWanted.formUnion(dependents)
        }
        showDocument()
        variablesRevision += 1
    }
}

extension DashboardVariable {
    var shownName: String { label.isEmpty ? name : label }

    func shownText(of value: String) -> String {
        if value == "$__all" { return "All" }
        if value.hasPrefix("$__auto_interval") { return "auto" }
        let text = texts[value] ?? value
        return text.isEmpty ? "(empty)" : text
    }

    /// As the line of variables has them.
    var shownValues: String {
        current.map { value in
            guard value == "$__all" else { return shownText(of: value) }
            // All of one is that one.
            let others = options.filter { $0 != "$__all" }
            return others.count == 1 ? shownText(of: others[0]) : "All"
        }.joined(separator: " + ")
    }
}
