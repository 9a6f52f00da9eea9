// Draws again only the panels that look different from last time: a clock's tick costs one line, not a screen.
// Held by SessionLoop; gives the same cells as render, which a test checks.

import Dashboards
import Frames
import MetricModel
import Panels

package struct Renderer {
    /// Everything a panel's cells depend on. Data are told apart by their number, not compared.
    private struct Look: Hashable {
        var rect: Rect
        var isFocused: Bool
        var version: Int
        var isLoading: Bool
        var staleFor: Milliseconds?
        var failure: String?
        var notices: [String]
        var marks: [PanelMark]
        /// Only while there are no data, whose place the range then takes.
        var start: Timestamp?
        var title: String
        var hiddenSeries: Set<String>
        /// Number of the picture of the past; nil without one.
        var past: Int?
        var view: ChosenView?
        var row = 0
        var column = 0
    }
    /// What every panel depends on.
    private struct Setting: Hashable {
        var size: Size
        var body: Rect
        var capabilities: TerminalCapabilities
        var theme: PaintTheme
        var utcOffset: Milliseconds
        var panels: [Int]
        var shownRevision: Int
        var crosshair: Timestamp?
        var areLegendsOff: Bool
        var comparison: Milliseconds?
    }
    private var setting: Setting?
    private var looks: [Int: Look] = [:]
    /// Panels alone: lines and help are drawn onto a copy.
    private var canvas = Frame(size: Size(width: 0, height: 0))

    package init() {}

    package mutating func render(_ state: AppState) -> Frame {
        if state.isTooSmall {
            setting = nil
            var frame = Frame(size: state.size)
            DashboardPainter.paintTooSmall(in: frame.bounds, on: &frame, context: state.paintContext)
            return frame
        }
        let placements = state.visiblePlacements
        let wanted = Setting(
            size: state.size, body: state.body, capabilities: state.capabilities, theme: state.theme,
            utcOffset: state.utcOffset, panels: placements.map(\.panel.id), shownRevision: state.shownRevision,
            crosshair: state.crosshair, areLegendsOff: state.areLegendsOff, comparison: state.comparison)
        if setting != wanted {
            setting = wanted
            looks = [:]
            canvas = Frame(size: state.size)
        } else if placements.contains(where: { looks[$0.panel.id]?.rect != $0.rect }) {
            looks = [:]
            canvas = Frame(size: state.size)
        }
        canvas.clipped(to: state.body) { canvas in
            for placement in placements {
                let data = state.shownData(of: placement.panel)
                let look = Self.look(of: placement, data, in: state)
                if looks[placement.panel.id] == look { continue }
                looks[placement.panel.id] = look
                canvas.fill(placement.rect, with: Cell())
                state.paint(placement, data, on: &canvas)
            }
        }
        var frame = canvas
        state.drawSurroundings(on: &frame)
        return frame
    }

    private static func look(of placement: Placement, _ data: PanelData, in state: AppState) -> Look {
        let id = placement.panel.id
        let version = state.panels[id].map { $0.data == nil ? -1 : $0.version } ?? -1
        return Look(
            rect: placement.rect, isFocused: id == state.focus && state.fullScreen == nil, version: version,
            isLoading: data.isLoading, staleFor: data.staleFor, failure: data.failure, notices: data.notices,
            marks: data.marks,
            start: version < 0 ? data.start : nil, title: placement.panel.title,
            hiddenSeries: state.hiddenSeries[id] ?? [],
            past: data.past == nil ? nil : state.panels[AppState.pastID(of: id)]?.version,
            view: state.views[id],
            row: id == state.fullScreen ? state.panelRow : id == ExploreState.tableID ? state.explore.tableRow : 0,
            column: id == state.fullScreen ? state.panelColumn : 0)
    }
}
