// Tabs of a dashboard: one line of their names, and the one whose panels are shown.
// Between the actions and the layout; ShownPanels leaves out what is on other tabs.

import Dashboards
import Frames

extension AppState {
    /// Round at both ends; the new one from its top.
    mutating func showTab(_ wanted: Int) {
        let count = document.tabs.count
        guard count > 1 else {
            message = Message(text: "this dashboard has no tabs", isError: false)
            return
        }
        activeTab = (wanted % count + count) % count
        fullScreen = nil
        scroll = 0
        focus = placements.first { !$0.panel.isRow }?.panel.id
    }

    /// Names with the columns they stand at, from the first that leaves the active one its room.
    private var tabPlaces: [(tab: Int, x: Int, name: String)] {
        let names = document.tabs.map { " " + $0 + " " }
        let widths = names.map { TextWidth.cells(of: $0) + 1 }
        var first = 0
        while first < activeTab, widths[first...activeTab].reduce(1, +) > size.width { first += 1 }
        var x = 1
        return names.indices.dropFirst(first).map { tab in
            defer { x += widths[tab] }
            return (tab, x, names[tab])
        }
    }

    func tab(atColumn column: Int) -> Int? {
        tabPlaces.last { $0.x <= column }.flatMap { place in
            column < place.x + TextWidth.cells(of: place.name) ? place.tab : nil
        }
    }

    func drawTabs(into frame: inout Frame, y: Int) {
        frame.fill(Rect(x: 0, y: y, width: size.width, height: 1), with: Cell())
        for (tab, x, name) in tabPlaces where x < size.width {
            var style = chrome.dim
            if tab == activeTab {
                style = chrome.accent
                style.attributes.insert(.reverse)
            }
            frame.put(StyledText(name, style), x: x, y: y)
        }
    }
}
