// A dashboard over data made for it: for every selector of its queries and variables series that it finds.
// Tests load it into a real store and ask the real engine; the same dashboard has the same samples every time.

import Dashboards
import Ferula

package struct SeededDashboard {
    package let dashboard: Dashboard
    package let monitor: Monitor
    package let seriesCount: Int
    /// The end of the data.
    package let now: Timestamp

    /// 2026-01-15 09:00 UTC.
    package static let end = Timestamp(milliseconds: 1_768_467_600_000)
    package static let interval = Milliseconds.seconds(15)

    /// - `length`: of the data before `end`, and of the range that variables are asked for.
    package init(_ dashboard: Dashboard, length: Milliseconds = .minutes(35)) async {
        self.dashboard = dashboard
        now = Self.end
        let range = TimeRange(start: Self.end - length, end: Self.end)
        var wishes = SeriesWishes()
        var variables = dashboard.variables
        var filled = Self.store(wishes, length)
        // A variable's options come from the series, and which series are wanted from the variables: three times are
        // enough for variables that follow from each other.
        for _ in 0..<3 {
            for variable in variables { Self.wish(variable, variables, range, &wishes) }
            filled = Self.store(wishes, length)
            variables = await VariableResolver.resolve(
                dashboard.variables, backend: filled.monitor.queryBackend, range: range
            ).variables
        }
        for _ in 0..<2 {
            Self.wish(dashboard, variables, range, &wishes)
            filled = Self.store(wishes, length)
            variables = await VariableResolver.resolve(
                dashboard.variables, backend: filled.monitor.queryBackend, range: range
            ).variables
        }
        monitor = filled.monitor
        seriesCount = filled.series
    }

    // MARK: What is wanted

    private static func wish(
        _ variable: DashboardVariable, _ variables: [DashboardVariable], _ range: TimeRange,
        _ wishes: inout SeriesWishes
    ) {
        guard case .query(let text) = variable.kind else { return }
        for context in contexts(variables, range) {
            guard let query = VariableQuery(parsing: context.interpolate(text, .query)) else { continue }
            switch query {
            case .labelValues(let selector, let label):
                for sample in PatternSamples.of(trimmed(variable.regex)) where !sample.isEmpty {
                    wishes.add(value: sample, of: label)
                }
                wishes.add(query: selector.isEmpty ? "up" : selector, labels: [label])
            case .queryResult(let expression): wishes.add(query: expression, labels: labels(in: variable.regex))
            case .series(let selector): wishes.add(query: selector, labels: labels(in: variable.regex))
            case .metrics(let pattern):
                for sample in PatternSamples.of(pattern) { wishes.add(query: sample) }
            case .labelNames: break
            }
        }
    }

    private static func wish(
        _ dashboard: Dashboard, _ variables: [DashboardVariable], _ range: TimeRange, _ wishes: inout SeriesWishes
    ) {
        func flattened(_ panels: [Panel]) -> [Panel] { panels.flatMap { [$0] + flattened($0.collapsedPanels) } }
        for context in contexts(variables, range) {
            for panel in flattened(dashboard.panels) {
                let columns = columns(panel)
                if case .alertList = panel.kind {
                    wishes.add(query: "ALERTS{alertstate=\"firing\"}", labels: ["alertname"])
                    wishes.add(query: "ALERTS_FOR_STATE", labels: ["alertname"])
                }
                for target in panel.targets where target.foreignDatasource == nil {
                    wishes.add(
                        query: context.interpolate(target.expression, .query),
                        labels: bracketed(target.legendFormat).union(columns))
                }
            }
            for annotation in dashboard.annotations {
                wishes.add(query: context.interpolate(annotation.expression, .query))
            }
        }
    }

    /// As they are chosen, and one value of each variable at a time, up to the third: what repeats over them asks so.
    private static func contexts(_ variables: [DashboardVariable], _ range: TimeRange) -> [VariableContext] {
        var plain = VariableContext(range: range)
        plain.interval = interval
        plain.rateInterval = .minutes(1)
        for variable in variables { plain.set(variable) }
        let chosen = plain.choices
        let most = chosen.values.map(\.values.count).max() ?? 0
        guard most > 1 else { return [plain] }
        // Several values at once are a pattern, which no label has; what a file writes for All is taken as it is.
        for (name, choice) in plain.choices where choice.values.count > 1 && choice.allValue == nil {
            plain.set(name, VariableContext.Choice(values: [choice.values[0]]))
        }
        return [plain]
            + (0..<min(3, most)).map { place in
                var context = plain
                for (name, choice) in chosen where choice.values.count > 1 {
                    let value = choice.values[min(place, choice.values.count - 1)]
                    context.set(name, VariableContext.Choice(values: [value]))
                }
                return context
            }
    }

    /// `{{label}}` of a legend.
    private static func bracketed(_ legend: String) -> Set<String> {
        var names: Set<String> = []
        var rest = legend[...]
        while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}") {
            names.insert(String(rest[open.upperBound..<close.lowerBound].filter { $0 != " " }))
            rest = rest[close.upperBound...]
        }
        return names
    }

    /// Labels that transformations of a table name as columns.
    private static func columns(_ panel: Panel) -> Set<String> {
        var names: Set<String> = []
        for step in panel.transformations {
            for key in ["renameByName", "indexByName", "excludeByName"] {
                guard case .object(let object)? = step.options[key] else { continue }
                names.formUnion(object.keys)
            }
            let pattern = step.options["include"]?["pattern"]?.looseString ?? ""
            names.formUnion(pattern.split(separator: "|").map(String.init))
        }
        return names.filter { name in
            !name.hasPrefix("__") && !["Value", "Time", "Metric"].contains(name) && name.isClassicLabelName
        }
    }

    /// Words before an equals sign: what a filter of a variable cuts out of a printed series.
    private static func labels(in regex: String) -> Set<String> {
        Set(
            regex.split(separator: "=").dropLast().compactMap { part in
                let word = part.reversed().prefix { $0.isLetter || $0.isNumber || $0 == "_" }
                return word.isEmpty ? nil : String(word.reversed())
            })
    }

    private static func trimmed(_ regex: String) -> String {
        guard regex.hasPrefix("/"), let end = regex.lastIndex(of: "/"), end > regex.startIndex else { return regex }
        return String(regex[regex.index(after: regex.startIndex)..<end])
    }

    // MARK: The store

    private static func store(_ wishes: SeriesWishes, _ length: Milliseconds) -> (monitor: Monitor, series: Int) {
        let seeded = SeededSeries(wishes)
        let monitor = Monitor(limits: StoreLimits(retention: .hours(24 * 400)))
        let near = stride(from: (end - length).milliseconds, through: end.milliseconds, by: Int(interval.count))
            .map { Timestamp(milliseconds: $0) }
        var series = 0
        for name in seeded.metrics.keys.sorted() {
            var times = near
            for shift in (seeded.metrics[name]?.shifts ?? []).sorted() {
                let moved = stride(
                    from: (end - length).milliseconds - shift, through: end.milliseconds - shift, by: 60_000)
                times = moved.map { Timestamp(milliseconds: $0) } + times
            }
            times = Set(times).sorted()
            for labels in seeded.labelSets(name) {
                let values = seeded.samples(name, labels, at: times, end: end)
                series += 1
                // A series over the store's limits is one that the picture lacks.
                guard let ref = try? monitor.store.register(labels) else { continue }
                var batch = AppendBatch()
                batch.reserveCapacity(times.count)
                for (time, value) in zip(times, values) { batch.append(ref, time, value) }
                _ = monitor.store.append(batch)
            }
        }
        return (monitor, series)
    }
}
