// The panels' places and pictures: this module's only door to the painters.
// Comes after Screen's geometry; Panels do the work.

import Dashboards
import Frames
import MetricModel
import Panels

extension AppState {
    /// What the layout depends on; a new value means laying out anew.
    struct LayoutKey: Hashable {
        var size: Size
        var fillsScreen: Bool
        /// Raised whenever `shown` changes.
        var shownRevision: Int
    }

    /// Rows a unit of the grid takes where the dashboard is longer than the screen.
    private static let rowsPerUnit = 1.6
    private static let rowsPerUnitMost = 2.5

    /// A dashboard that fits onto the screen fills it; a longer one keeps a readable height and scrolls.
    mutating func relayout() {
        var area = isKiosk ? Rect(x: 0, y: 0, width: size.width, height: size.height) : body
        // The bar of time comes and goes with a pause; panels that moved with it would be hard to follow.
        if hasScrubBar { area.height += 1 }
        let key = LayoutKey(
            size: Size(width: area.width, height: area.height), fillsScreen: !isStill || isHeightGiven,
            shownRevision: shownRevision)
        guard key != layoutKey else { return }
        layoutKey = key
        var layout = DashboardPainter.layout(shown.panels, width: area.width, rowsPerUnit: Self.rowsPerUnit)
        if key.fillsScreen, !layout.isNarrow {
            var scale = DashboardPainter.rowsPerUnit(fitting: area.height, shown.panels)
            scale = min(scale, Self.rowsPerUnitMost)
            // Headings of rows take a line whatever the scale, so the first guess may be a little too long.
            for _ in 0..<4 {
                let fitted = DashboardPainter.layout(shown.panels, width: area.width, rowsPerUnit: scale)
                if fitted.height <= area.height {
                    layout = fitted
                    break
                }
                scale *= Double(area.height) / Double(fitted.height)
                if scale < 1.25 { break }
            }
        }
        placements = layout.panels.compactMap { placed in
            guard shown.panels.indices.contains(placed.index) else { return nil }
            return Placement(panel: shown.panels[placed.index], rect: placed.rect)
        }
    }

    func paint(_ placement: Placement, _ data: PanelData, on frame: inout Frame) {
        let data = filtered(data, of: placement.panel.id)
        PanelPainter.paint(
            placement.panel, data, in: placement.rect, on: &frame, context: paintContext(of: placement, data))
    }

    var fullScreenTable: DataTable? {
        guard let fullScreen, case .table(let table)? = panels[fullScreen]?.data?.content else { return nil }
        return table
    }

    /// Rows that the full-screen panel could show: of a table, or one for each series or category.
    var fullScreenRowCount: Int {
        guard let fullScreen, let data = panels[fullScreen]?.data.map({ filtered($0, of: fullScreen) }) else {
            return 0
        }
        if case .table(let table) = data.content { return table.columns.first?.cells.count ?? 0 }
        if case .fields(let fields) = data.content { return data.categories?.cells.count ?? fields.count }
        return 0
    }

    var isTooSmall: Bool {
        size.width < DashboardPainter.least.width || size.height < DashboardPainter.least.height
    }

    var paintContext: PaintContext {
        var capabilities = capabilities
        // Painters tell things apart by shape then.
        if theme.isColorless { capabilities.colors = .none }
        return PaintContext(
            theme: theme, capabilities: capabilities, timeZoneOffsetSeconds: Int(clamping: utcOffset.count / 1000))
    }
}
