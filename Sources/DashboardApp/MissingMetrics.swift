// A dashboard over data that it was not made for: said once, when most of its panels ask for metrics that are not there.
// Update asks for the names after the first answers; what comes back is counted here.

import Dashboards
import MetricModel
import PromQLSyntax

/// Of the dashboard on the screen.
struct MissingMetrics: Hashable, Sendable {
    var isAsked = false
    /// Panels that were told to be without data; one that gets some takes the words away.
    var panels: Set<Int> = []
    var words: String?
}

extension AppState {
    /// Fewer panels are a matter of the panels.
    private static let missingLeast = 2

    /// When most of the panels that were answered say that there is no such metric: which names are there?
    mutating func missingMetricQuestions() -> [Effect] {
        guard !missing.isAsked, !isStill, !document.isAutomatic, screen == .dashboard, !isFetchingMetrics,
            sourceName != nil || hasSecondScrape
        else { return [] }
        let answered = panels.filter { $0.key >= 0 && $0.value.plan?.queries.isEmpty == false }.compactMap(\.value.data)
        let without = answered.count { $0.notices.contains(where: Explanation.saysNoMetric) }
        guard without >= Self.missingLeast, without * 2 > answered.count else { return [] }
        missing.isAsked = true
        isFetchingMetrics = true
        isFetchUnasked = true
        metricsAskedAt = now
        return [.fetchMetrics(time.range(now: now))]
    }

    mutating func lookForMissing(_ metrics: [MetricEntry]) {
        // Of a list that was cut nobody knows what is missing.
        guard missing.isAsked, missing.words == nil, !document.isAutomatic, metrics.count < Self.metricsMost
        else { return }
        let names = Set(metrics.map(\.name))
        let range = time.range(now: now)
        let asking = document.panels.flatMap { [$0] + $0.collapsedPanels }.filter { !$0.isRow && !$0.targets.isEmpty }
        let without = asking.filter { panel in
            let queries = plan(panel, range: range, widthCells: Self.planWidth).queries
            // A metric that ended before the range has no name in it either, and its panel says when it was there.
            if let data = panels[panel.id]?.data, !data.notices.contains(where: Explanation.saysNoMetric) {
                return false
            }
            return !queries.isEmpty && queries.allSatisfy { Self.hasNone($0.expression, of: names) }
        }
        guard without.count >= Self.missingLeast, without.count * 2 > asking.count else { return }
        missing.panels = Set(without.map(\.id))
        let whose =
            sourceName != nil
            ? "the server has none of their metrics"
            : targets.count == 1 ? "this target exports none of their metrics" : "no target exports their metrics"
        let notice = Notice(
            "\(without.count) of \(asking.count) panels have no data: \(whose); :auto draws what there is")
        missing.words = notice.text
        note(notice)
        if message == nil { message = Message(text: notice.text, isError: false) }
    }

    /// Data came after all.
    mutating func foundAfterAll(_ panel: Int) {
        guard missing.panels.contains(panel) else { return }
        if message?.text == missing.words { message = nil }
        missing.panels = []
    }

    private static let planWidth = 80

    /// Whether all that the query selects by name is absent; of a query that is not understood nothing is known.
    static func hasNone(_ query: String, of names: Set<String>) -> Bool {
        // `try?`: a syntax error is told by the query's own failure.
        guard let selectors = (try? Expression(parsing: query))?.selectors, !selectors.isEmpty else { return false }
        return selectors.allSatisfy { selector in
            if let name = selector.metricName { return !names.contains(name) }
            return selector.nameMatchers.contains(where: \.isPositive) && !selector.isOfOne(of: names)
        }
    }
}

extension Matcher {
    /// Whether it says what a value is, not what it is not.
    var isPositive: Bool { operation == .equal || operation == .regex }
}

extension VectorSelector {
    /// What it says of the metric's name.
    var nameMatchers: [Matcher] { matchers.filter { $0.name.isSameBytes(as: LabelSet.metricNameLabel) } }

    /// True where nothing is said of the name.
    func isOfOne(of names: some Sequence<String>) -> Bool {
        let matchers = nameMatchers
        return matchers.isEmpty || names.contains { name in matchers.allSatisfy { $0.matches(name) } }
    }
}
