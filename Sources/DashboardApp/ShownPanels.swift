// The dashboard with the rows opened and closed as the user left them.
// Comes between the document and the layout: a closed row's children take no place and are never queried.

import Dashboards

extension Dashboard {
    /// `toggled`: ids of rows whose state is the opposite of the document's. Later panels move up or down to fit.
    func withRows(toggled: Set<Int>) -> Dashboard {
        guard !toggled.isEmpty else { return self }
        var shown: [Panel] = []
        var shift = 0
        var isHiding = false
        var hiddenFrom = 0
        var hiddenTo = 0
        for panel in panels {
            guard case .row(let isCollapsed) = panel.kind else {
                if isHiding {
                    hiddenTo = max(hiddenTo, panel.position.y + panel.position.height)
                } else {
                    shown.append(panel.moved(by: shift))
                }
                continue
            }
            if isHiding { shift -= max(0, min(hiddenTo, panel.position.y) - hiddenFrom) }
            isHiding = false
            guard toggled.contains(panel.id) else {
                shown.append(panel.moved(by: shift))
                continue
            }
            var row = panel.moved(by: shift)
            row.kind = .row(isCollapsed: !isCollapsed)
            if isCollapsed {
                let children = panel.collapsedPanels
                row.collapsedPanels = []
                shown.append(row)
                let top = children.map(\.position.y).min() ?? 0
                let bottom = children.map { $0.position.y + $0.position.height }.max() ?? 0
                let move = row.position.y + row.position.height - top
                shown += children.map { $0.moved(by: move) }
                shift += bottom - top
            } else {
                shown.append(row)
                isHiding = true
                hiddenFrom = panel.position.y + panel.position.height
                hiddenTo = hiddenFrom
            }
        }
        var dashboard = self
        dashboard.panels = shown
        return dashboard
    }

    /// Rows of the document with whether each is collapsed there.
    var rows: [(id: Int, isCollapsed: Bool)] {
        panels.compactMap { panel in
            if case .row(let isCollapsed) = panel.kind { return (panel.id, isCollapsed) }
            return nil
        }
    }
}

extension Panel {
    func moved(by rows: Int) -> Panel {
        var panel = self
        panel.position.y += rows
        return panel
    }
    var isRow: Bool {
        if case .row = kind { return true }
        return false
    }
}
