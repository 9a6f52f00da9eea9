// Values of variables that were asked for by name, as `ferula render --var` does, and what of them is no option.
// Put into a dashboard before it is shown; VariableResolver then leaves the choice as it is.

extension Dashboard {
    /// Chooses these values whatever the options turn out to be. False when there is no such variable.
    ///
    /// A value may be written as its option is shown; `All` and `$__all` are all, where the variable has that. Of a
    /// variable that takes one value the first counts. Ad hoc filters are written `label|=|value`.
    @discardableResult
    public mutating func give(_ name: String, _ values: [String]) -> Bool {
        guard let index = variables.firstIndex(where: { $0.name == name }), !values.isEmpty else { return false }
        switch variables[index].kind {
        case .constant: variables[index].kind = .constant(values[0])
        case .unsupported: variables[index].current = values
        case .query, .custom, .interval, .textbox, .datasource, .adhoc, .toggle: variables[index].choose(values)
        }
        variables[index].isGiven = true
        variables[index].replaceTexts()
        return true
    }
}

extension DashboardVariable {
    /// Options as they are shown, by the values they stand for, into those values.
    mutating func replaceTexts() {
        let known = Set(options)
        current = current.map { given in
            if known.contains(given) { return given }
            return options.first { texts[$0] == given } ?? given
        }
    }

    /// Of the values that were given, those that are none of the options. Empty where any value will do, and while no
    /// options are known.
    public var strangeValues: [String] {
        guard isGiven else { return [] }
        switch kind {
        case .query, .custom, .datasource, .toggle:
            let known = Set(options)
            return options.isEmpty ? [] : current.filter { $0 != "$__all" && !known.contains($0) }
        case .interval, .constant, .textbox, .adhoc, .unsupported: return []
        }
    }
}
