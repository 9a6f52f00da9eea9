// Where `/` leads: the panels of this dashboard by their titles, those in closed rows and on other tabs, other dashboards.
// Opened by an action, searched in a Picker, which comes back here with what was chosen.

import Dashboards
import Frames

extension AppState {
    mutating func openPlaces() {
        var items: [Picker.Item] = []
        func add(_ panel: Panel, _ note: String, _ words: String) {
            let title = String(panel.title.filter { !$0.isControl })
            if !title.isEmpty { items.append(Picker.Item(value: words, text: title, note: note)) }
        }
        let order = placements.sorted { ($0.rect.y, $0.rect.x) < ($1.rect.y, $1.rect.x) }.map(\.panel)
        for panel in order {
            add(panel, panel.isRow ? "row" : "", "panel \(panel.id)")
            guard panel.kind.isCollapsedRow else { continue }
            for inside in panel.collapsedPanels { add(inside, "in " + panel.title, "closed \(panel.id) \(inside.id)") }
        }
        for (tab, name) in document.tabs.enumerated() where tab != activeTab {
            for panel in document.panels where panel.tab == tab && !panel.isRow {
                add(panel, "on " + name, "tab \(tab) \(panel.id)")
            }
        }
        let shown = LinkChoice(dashboard: DashboardName(document))
        for place in libraryOrder {
            let choice = LinkChoice(dashboard: DashboardName(library[place]))
            guard choice != shown else { continue }
            items.append(
                Picker.Item(
                    value: Self.placeOfDashboard(place), text: String(choice.title.filter { !$0.isControl }),
                    note: "dashboard")
            )
        }
        picker = Picker(.places, title: "Panels and dashboards", items: items)
    }

    /// How a list of places names one of the library, which only grows.
    static func placeOfDashboard(_ place: Int) -> String { "dashboard \(place)" }

    mutating func go(toPlace words: String) -> [Effect] {
        if words.hasPrefix(Self.placeOnShelf) { return unshelve(words.dropFirst(Self.placeOnShelf.count)) }
        let parts = words.split(separator: " ")
        let numbers = parts.dropFirst().compactMap { Int($0) }
        guard let kind = parts.first, let last = numbers.last else { return [] }
        switch kind {
        case "dashboard":
            if library.indices.contains(last) { open(library[last]) }
            return []
        case "offer": return open(offer: last)
        case "closed": if let row = numbers.first { toggleRow(row) }
        case "tab": if let tab = numbers.first { showTab(tab) }
        default: break
        }
        if placements.contains(where: { $0.panel.id == last && !($0.panel.isRow && fullScreen != nil) }) {
            setFocus(last)
        }
        return []
    }

    /// The first panel of the dashboard, or the last one.
    mutating func focusEnd(isLast: Bool) {
        guard fullScreen == nil else { return }
        let order = placements.sorted { ($0.rect.y, $0.rect.x) < ($1.rect.y, $1.rect.x) }
        if let end = isLast ? order.last : order.first { setFocus(end.panel.id) }
    }
}

extension InputEvent {
    private var isDrag: Bool {
        if case .mouse(let mouse) = self { mouse.action == .drag } else { false }
    }

    /// Of a pointer's way only where it got to: what lies between was never on the screen.
    static func withoutPassedDrags(_ events: [InputEvent]) -> [InputEvent] {
        events.indices.filter { index in
            !(events[index].isDrag && index + 1 < events.count && events[index + 1].isDrag)
        }.map { events[$0] }
    }
}
