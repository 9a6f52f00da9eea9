// The dashboard as it is shown: rows opened and closed as the user left them, repeats spread out, titles filled in.
// Comes between the document and the layout: what a closed row holds takes no place and is never queried.

import Dashboards
import MetricModel

extension AppState {
    /// Of a document: panels with their places in the grid, each row saying whether it is closed.
    static func shown(
        _ document: Dashboard, tab: Int = 0, toggled: Set<Int>, range: TimeRange, clock: DisplayClock
    ) -> Dashboard {
        let variables = VariableContext(dashboard: document, range: range, clock: clock)
        var shown = document
        shown.panels = GridLayout.place(
            document.panels.filter { $0.tab == nil || $0.tab == tab }, toggled: toggled, variables: variables
        ).map { placed in
            var panel = placed.panel
            panel.position = placed.position
            if panel.isRow {
                panel.kind = .row(isCollapsed: placed.isCollapsed)
                panel.memberCount = placed.memberCount
            }
            let scoped = panel.scopedVariables.isEmpty ? variables : variables.scoped(panel.scopedVariables)
            panel.title = scoped.interpolate(panel.title)
            return panel
        }
        return shown
    }
}

extension Dashboard {
    /// Rows of the document with whether each is collapsed there.
    var rows: [(id: Int, isCollapsed: Bool)] {
        panels.filter(\.isRow).map { ($0.id, $0.kind.isCollapsedRow) }
    }
    /// Its author wants the same hours everywhere.
    package var isInUTC: Bool { timeZone == "utc" || timeZone == "UTC" }
    var hasQueryVariables: Bool {
        variables.contains { variable in
            if case .query = variable.kind { return true }
            return false
        }
    }
}

extension Panel {
    var isRow: Bool {
        if case .row = kind { return true }
        return false
    }
}
