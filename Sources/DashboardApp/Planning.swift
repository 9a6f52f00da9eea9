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
            panel: panel, range: range, widthColumns: max(2, widthCells - Self.axisCells),
            scrapeInterval: scrapeInterval, variables: variableContext(range: range)
        ).applyingFilters()
    }

    /// Of a graph's width, what borders and axis take.
    private static let axisCells = 8

    /// The slowest target's, so that no rate comes out empty; before the targets are known what was given.
    var scrapeInterval: Milliseconds { targets.map(\.interval).max() ?? scrapeIntervalGiven }
}
