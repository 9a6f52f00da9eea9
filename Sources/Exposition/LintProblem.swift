// What the linter says: which metric, which rule, where, in one line.
// Made by LintPage and LintRules; printed by `ferula check metrics`.

import MetricModel

package struct LintProblem: Hashable, Sendable {
    /// Names of rules, as `-o json` prints them.
    package enum Rule: String, Hashable, Sendable, CaseIterable {
        case syntax, order, help, type, unit, abbreviation, counter, reserved, characters, duplicate, timestamp
        case typeInName = "type_in_name"
        case camelCase = "camel_case"
        case histogram, summary, label, value
    }
    package var rule: Rule
    /// Empty for what belongs to no metric.
    package var metric: String
    package var text: String
    package var place: LintPlace

    init(_ rule: Rule, _ metric: String, _ text: String, _ place: LintPlace) {
        self.rule = rule
        self.metric = metric
        self.text = text
        self.place = place
    }

    init(_ error: ExpositionError) {
        let hint = error.hint.map { ": \($0)" } ?? ""
        self.init(
            .syntax, "", "expected \(error.wanted), found \(error.found)\(hint)",
            LintPlace(line: error.line, column: error.column))
    }

    /// `3:8: http_requests counter metrics should have "_total" suffix`; the words behind the place are promtool's.
    package var description: String {
        let name = metric.isEmpty ? "" : ExpositionError.printable(metric) + " "
        return "\(place.line):\(place.column): \(name)\(ExpositionError.printable(text))"
    }
}

/// A page, looked through.
package struct LintReport: Sendable {
    /// In the order of their places.
    package var problems: [LintProblem]
    package var metricCount: Int
    package var seriesCount: Int
    /// False when a mistake ended the reading.
    package var isComplete: Bool
    package var costs: [MetricCost]

    /// - `extended`: counts what each metric and label costs, too.
    package init(_ body: [UInt8], format: ExpositionFormat, extended: Bool = false) {
        let page = body.withUnsafeBufferPointer { LintPage($0, format: format) }
        var found = page.problems
        for family in page.families where !family.samples.isEmpty || family.typePlace != nil {
            found += LintRules(family: family, format: format, body: body).problems()
        }
        problems = found.sorted { left, right in
            left.place == right.place ? left.text.isBefore(right.text) : left.place < right.place
        }
        let sampled = page.families.filter { !$0.samples.isEmpty }
        metricCount = sampled.count
        seriesCount = sampled.reduce(0) { $0 + $1.samples.count }
        isComplete = page.isComplete
        costs = extended ? MetricCost.all(of: sampled) : []
    }
}
