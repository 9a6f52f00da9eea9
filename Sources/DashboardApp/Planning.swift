// Panels to questions, answers to panel data: this module's door to the plans and builders of Dashboards.
// Called by update on both ways.

import Dashboards
import MetricModel
import Querying

/// By refID of the plan's queries.
package typealias PanelAnswers = [String: Result<QueryResult, QueryFailure>]

extension AppState {
    /// What variables stand for in queries, titles and texts now.
    func variableContext(range: TimeRange) -> VariableContext {
        VariableContext(dashboard: shown, range: range, clock: DisplayClock(now: now, offset: utcOffset))
    }

    func plan(_ panel: Panel, range: TimeRange, widthCells: Int) -> PanelQueryPlan {
        PanelQueryPlan(
            panel: panel, range: withFirstScrape(range), widthColumns: max(2, widthCells - Self.axisCells),
            scrapeInterval: scrapeInterval, variables: variableContext(range: range)
        ).applyingFilters()
    }

    /// The points of graphs lie at whole seconds. In the first ones the point behind now would lie before the first
    /// scrape, and there would be nothing to see until the next.
    private func withFirstScrape(_ range: TimeRange) -> TimeRange {
        guard let dataStart, sourceName == nil, time.isLive, !isStill, now >= dataStart, now - dataStart < .seconds(3)
        else { return range }
        let second = (range.end.milliseconds + 999) / 1000 * 1000
        return TimeRange(start: range.start, end: Timestamp(milliseconds: second))
    }

    /// Of a graph's width, what borders and axis take.
    private static let axisCells = 8

    /// The slowest target's, so that no rate comes out empty; before the targets are known what was given.
    var scrapeInterval: Milliseconds { targets.map(\.interval).max() ?? scrapeIntervalGiven }
}

extension PanelQueryPlan {
    /// Everything about the panel in which its variables stand, the moment apart: other words are another picture.
    func words(of panel: Panel) -> [String] {
        var words = queries.flatMap { [$0.refID, $0.expression] }
        words += panel.targets.map { variables.interpolate($0.legendFormat, .text) }
        if case .text(let options) = panel.kind { words.append(variables.interpolate(options.content, .text)) }
        if let unit = panel.fields.unit { words.append(variables.interpolate(unit, .plain)) }
        for override in panel.overrides {
            for case .displayName(let name) in override.apply { words.append(variables.interpolate(name, .text)) }
        }
        return words
    }
}
