// Panels to queries, answers to panel data, variables to values.
import Dashboards
import MetricModel
import Querying

package struct PlannedQuery: Sendable {
    package enum Request: Sendable { case instant(InstantRequest), range(RangeRequest) }
    package var refID: String
    package var request: Request
}
extension AppState {
    func plannedQueries(_ panel: Panel, range: TimeRange, widthCells: Int) -> [PlannedQuery] {
        panel.targets.map {
            PlannedQuery(
                refID: $0.refID,
                request: .range(
                    RangeRequest(
                        query: $0.expression, grid: StepGrid(start: range.start, end: range.end, step: .seconds(1)))))
        }
    }
    func panelData(_ panel: Panel, range: TimeRange, answers: [PanelAnswer]) -> PanelData {
        PanelData(content: .none, start: range.start, end: range.end)
    }
}
func resolve(_ variables: [DashboardVariable], range: TimeRange, backend: any QueryBackend) async -> [DashboardVariable]
{ variables }
