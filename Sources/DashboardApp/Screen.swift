// Where everything lies on the screen: one line on top, the panels, one line at the bottom.
// Used by update (focus, scrolling, what is visible) and by render alike, so that both mean the same cells.

import Dashboards
import Frames

/// A panel's place; `rect` counts from the top of the whole dashboard, of which the screen shows a part.
package struct Placement: Sendable {
    package var panel: Panel
    package var rect: Rect
}

extension AppState {
    var hasChrome: Bool { !isKiosk && size.height >= 4 }
    var visibleVariables: [DashboardVariable] {
        shown.variables.filter { variable in
            if variable.isHidden { return false }
            switch variable.kind {
            case .query, .custom, .interval, .textbox, .toggle: return true
            case .constant, .datasource, .adhoc, .unsupported: return false
            }
        }
    }
    var hasVariablesLine: Bool { screen == .dashboard && hasChrome && size.height >= 16 && !visibleVariables.isEmpty }

    var hasTabsLine: Bool { screen == .dashboard && hasChrome && size.height >= 6 && !document.tabs.isEmpty }

    /// The part of the screen where panels are.
    package var body: Rect {
        let top = hasChrome ? 1 + (hasVariablesLine ? 1 : 0) + (hasTabsLine ? 1 : 0) : 0
        let bottom = hasChrome && !isStill || prompt != nil || message != nil || !pendingKeys.isEmpty ? 1 : 0
        let scrub = hasScrubBar ? 1 : 0
        return Rect(x: 0, y: top, width: size.width, height: size.height - top - bottom - scrub)
    }

    package var contentHeight: Int { placements.map(\.rect.maxY).max() ?? 0 }

    /// What the screen shows now; only these panels are asked and drawn. Rectangles are the screen's.
    package var visiblePlacements: [Placement] {
        if screen == .explore { return explorePlacements }
        guard screen == .dashboard else { return [] }
        let body = body
        if let fullScreen, let panel = panel(fullScreen) {
            return [Placement(panel: panel, rect: fullScreenRect)]
        }
        // Of a long dashboard few panels are in sight, and a panel is much to copy.
        return placements.indices.compactMap { index in
            var rect = placements[index].rect
            rect.x += body.x
            rect.y += body.y - scroll
            return rect.intersection(body).isEmpty ? nil : Placement(panel: placements[index].panel, rect: rect)
        }
    }

    /// A full-screen panel leaves room for its queries beneath.
    var fullScreenRect: Rect {
        var rect = body
        rect.height -= fullScreenNotes.count
        return rect
    }

    /// Description, queries and warnings of the full-screen panel, a line each.
    var fullScreenNotes: [String] {
        guard body.height >= 16, let fullScreen, let panel = panel(fullScreen) else { return [] }
        let queries = panel.targets.filter { !$0.isHidden }.map { "\($0.refID)  \($0.expression)" }
        let notes = (panels[fullScreen]?.trouble.map { ["✗ " + $0] } ?? []) + (panels[fullScreen]?.annotations ?? [])
        var lines = panel.description.split(whereSeparator: \.isNewline).map(String.init)
        for line in queries + notes where !lines.contains(line) { lines.append(line) }
        let room = max(1, body.height / 5)
        guard lines.count > room else { return lines }
        return lines.prefix(room - 1) + ["+\(lines.count - room + 1) more"]
    }
}

extension Rect {
    func contains(x: Int, y: Int) -> Bool { x >= self.x && x < maxX && y >= self.y && y < maxY }
}
