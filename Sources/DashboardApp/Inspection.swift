// Looking closer at what graphs show: the crosshair shared by all of them, series switched off, legends put away.
// Actions move it; Painting hands it to the painters, whose legends then say the values at that time.

import Dashboards
import Frames
import MetricModel
import Panels

extension AppState {
    /// On at the right edge, or off.
    mutating func toggleCrosshair() {
        if crosshair != nil {
            crosshair = nil
        } else if !visiblePlacements.contains(where: { $0.panel.kind.isGraph }) {
            message = Message(text: "no graph on the screen", isError: false)
        } else {
            crosshair = time.range(now: now).end
            moveCrosshair(by: 0)
        }
    }

    /// By so many columns of the panel that has the focus; it stays within the range.
    mutating func moveCrosshair(by columns: Int) {
        guard let crosshair else { return }
        let range = time.range(now: now)
        let panel = panelAtHand
        let width = visiblePlacements.first { $0.panel.id == panel }?.rect.width ?? size.width
        let step = panel.flatMap { panels[$0]?.plan?.queries.map(\.step.count).min() } ?? 0
        let column = range.length.count / Int64(max(8, width - 10))
        // Whole steps, and at least a column.
        let distance = step > 0 ? max(1, (column + step - 1) / step) * step : max(1, column)
        let (moved, overflow) = distance.multipliedReportingOverflow(by: Int64(columns))
        var place = overflow ? crosshair : crosshair + Milliseconds(moved)
        // On a step there is a value.
        if step > 0 { place = Timestamp(milliseconds: place.milliseconds - Self.remainder(place.milliseconds, step)) }
        self.crosshair = min(max(place, range.start), range.end)
    }

    private static func remainder(_ value: Int64, _ step: Int64) -> Int64 {
        let rest = value % step
        return rest < 0 ? rest + step : rest
    }

    /// Nil where no time is.
    func graphTime(atColumn x: Int, in placement: Placement) -> Timestamp? {
        guard panels[placement.panel.id]?.data != nil else { return nil }
        let data = shownData(of: placement.panel)
        return PanelPainter.time(
            atColumn: x, of: placement.panel, data, in: placement.rect, context: paintContext(of: placement, data))
    }

    // MARK: Series

    /// The series with this number in the legend's order of colours, counted from 1, is hidden or shown again.
    mutating func toggleSeries(_ number: Int, of given: Int? = nil) {
        guard let id = given ?? panelAtHand, let names = panels[id]?.data?.seriesNames,
            names.indices.contains(number - 1)
        else { return }
        let name = names[number - 1]
        if hiddenSeries[id, default: []].remove(name) == nil { hiddenSeries[id, default: []].insert(name) }
    }

    /// Every series of the panel with the focus is shown.
    mutating func showAllSeries() {
        guard let id = panelAtHand else { return }
        hiddenSeries[id] = nil
        views[id]?.setFilter("")
    }

    /// Only the series with this number; again: all.
    mutating func showOnlySeries(_ number: Int, of given: Int? = nil) {
        guard let id = given ?? panelAtHand, let names = panels[id]?.data?.seriesNames,
            names.indices.contains(number - 1)
        else { return }
        let others = Set(names).subtracting([names[number - 1]])
        hiddenSeries[id] = hiddenSeries[id] == others ? nil : others
    }

    /// The panel that keys mean.
    var panelAtHand: Int? { screen == .explore ? ExploreState.graphID : fullScreen ?? focus }

    func paintContext(of placement: Placement, _ data: PanelData) -> PaintContext {
        var context = paintContext
        let id = placement.panel.id
        context.isFocused = id == focus && fullScreen == nil && screen == .dashboard
        context.crosshair = crosshair
        context.showsLegend = !areLegendsOff
        context.namesPast = crosshair != nil || id == fullScreen
        if id == ExploreState.tableID { context.scroll = explore.tableRow }
        if id == fullScreen { (context.scroll, context.scrollColumns) = (panelRow, panelColumn) }
        choose(in: &context, for: id, data)
        return context
    }
}
