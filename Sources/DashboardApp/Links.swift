// Links and the dashboards they lead to: what may be chosen, the way there, and the way back.
// Called by the actions; DashboardLink knows the addresses, Chooser.swift the list on the screen.

import Dashboards
import MetricModel

/// A dashboard as it was left, to come back to.
struct Visit: Sendable {
    var dashboard: Dashboard
    var time: TimeView
    var toggledRows: Set<Int>
    var focus: Int?
    var scroll: Int
    var tab: Int
    var screen: ScreenName
}

extension AppState {
    /// Dashboards on the way back.
    static let visitsMax = 50
    /// Links of one list.
    static let linksMax = 500
    /// Series or rows of a panel that have a link each.
    static let linkedSeriesMax = 50

    // MARK: What may be chosen

    /// Those of the panel that has the focus, then the dashboard's.
    var linkChoices: [LinkChoice] {
        let names = library.map { DashboardName($0) }
        var context = linkContext
        var choices: [LinkChoice] = []
        if let panel = (fullScreen ?? focus).flatMap({ self.panel($0) }) {
            let scoped = context.scoped(panel.scopedVariables)
            for link in panel.links { choices += link.choices(scoped, library: names) }
            choices += seriesChoices(of: panel, scoped, names)
            choices += panels[panel.id]?.data?.listedChoices ?? []
        }
        context.datum = nil
        for link in document.links { choices += link.choices(context, library: names) }
        return Array(choices.prefix(Self.linksMax))
    }

    /// Addresses carry the texts of a live range, so that the other end is live too.
    private var linkContext: VariableContext {
        var context = variableContext(range: time.range(now: now))
        if time.isLive {
            // A view that still grows is on its way to this length.
            context.rangeTexts = ("now-" + Self.wholeText(time.growth?.goal ?? time.length), "now")
        }
        return context
    }

    /// `15m`, not `1h30m`, which Grafana cannot read: a length in one unit.
    private static func wholeText(_ length: Milliseconds) -> String {
        let text = length.description
        let units = text.split { $0.isNumber }
        return units.count == 1 && units[0] != "ms" ? text : "\(max(1, length.count / 1000))s"
    }

    /// Links of series: each once, or once for each series or row where the address speaks of it.
    private func seriesChoices(of panel: Panel, _ context: VariableContext, _ names: [DashboardName]) -> [LinkChoice] {
        var choices: [LinkChoice] = []
        var seen: Set<LinkChoice> = []
        for (links, datum) in panels[panel.id]?.data?.linkedData ?? [] {
            for link in links {
                var context = context
                context.datum = datum
                for var choice in link.choices(context, library: names) {
                    if LinkDatum.isMeant(by: link), !datum.name.isEmpty, !choice.title.contains(datum.name) {
                        choice.title += " · " + datum.name
                    }
                    if seen.insert(choice).inserted { choices.append(choice) }
                }
            }
        }
        return choices
    }

    /// Places in the library, by the titles.
    var libraryOrder: [Int] { library.indices.sorted { (library[$0].title, $0) < (library[$1].title, $1) } }

    /// What a panel that lists dashboards has to show; for other kinds what the builder makes of nothing.
    func dataWithoutQuestion(of panel: Panel, _ plan: PanelQueryPlan) -> PanelData {
        var data = PanelDataBuilder.build(panel: panel, plan: plan, results: [:])
        guard case .dashboardList(let options) = panel.kind else { return data }
        let context = linkContext.scoped(panel.scopedVariables)
        let groups = options.groups(
            context, library: library.map { DashboardName($0) },
            recent: visits.reversed().map { DashboardName($0.dashboard) }, shown: DashboardName(document))
        data.content = .dashboards(groups)
        if groups.isEmpty { data.notices = [options.emptyWords(context)] }
        return data
    }

    /// Of a panel that lists dashboards: the only one at once, else a list to choose from. False where there is none.
    mutating func openListed(of panel: Panel) -> Bool {
        let choices = panels[panel.id]?.data?.listedChoices ?? []
        guard let first = choices.first else { return false }
        if choices.count == 1 {
            follow(first)
        } else {
            chooser = Chooser(title: panel.title.isEmpty ? "Dashboards" : panel.title, choices: choices)
        }
        return true
    }

    /// Whether the focused panel or the dashboard has any, for the line of keys.
    var hasLinks: Bool {
        if !document.links.isEmpty { return true }
        guard let panel = (fullScreen ?? focus).flatMap({ self.panel($0) }) else { return false }
        return !panel.links.isEmpty || !panel.fields.links.isEmpty
            || panel.overrides.contains { $0.apply.contains { if case .links = $0 { true } else { false } } }
    }

    // MARK: There and back

    mutating func openLinks() {
        let choices = linkChoices
        guard !choices.isEmpty else {
            let hint = library.count > 1 ? "; g d lists the dashboards" : ""
            message = Message(text: "no links here" + hint, isError: false)
            return
        }
        chooser = Chooser(title: "Links", choices: choices)
    }

    mutating func openDashboards() {
        let shown = LinkChoice(dashboard: DashboardName(document))
        let items = libraryOrder.map { place in
            let choice = LinkChoice(dashboard: DashboardName(library[place]))
            return Picker.Item(
                value: Self.placeOfDashboard(place), text: String(choice.title.filter { !$0.isControl }),
                note: choice == shown ? "on the screen" : "")
        }
        let chosen = items.first { !$0.note.isEmpty }.map { [$0.value] } ?? []
        picker = Picker(.places, title: "Dashboards", items: items + offerItems + shelfItems, chosen: chosen)
    }

    mutating func follow(_ choice: LinkChoice) {
        chooser = nil
        guard let address = choice.address, let found = library.first(where: { address.names(DashboardName($0)) })
        else {
            let words = choice.address == nil ? "no dashboard: " : "this dashboard is not loaded: "
            message = Message(text: words + String(choice.url.filter { !$0.isControl }), isError: false)
            return
        }
        open(found, address)
    }

    /// As an address wants it, when it came from one.
    mutating func open(_ found: Dashboard, _ address: DashboardAddress? = nil) {
        chooser = nil
        var dashboard = found
        if let address { dashboard.choose(address) }
        let offset = dashboard.isInUTC ? Milliseconds.zero : localOffset
        var time =
            rangeGiven.map { TimeView(length: $0) }
            ?? TimeView(from: dashboard.timeFrom, to: dashboard.timeTo, now: now, offset: offset)
        if let address, let from = address.from {
            time = TimeView(from: from, to: address.to ?? "now", now: now, offset: offset)
        }
        if let dataStart, rangeGiven == nil { time.startGrowing(since: dataStart, now: now) }
        visit(dashboard, time: time)
    }

    /// Another dashboard, from which there is a way back.
    mutating func visit(_ dashboard: Dashboard, time: TimeView) {
        visits.append(
            Visit(
                dashboard: document, time: self.time, toggledRows: toggledRows, focus: focus, scroll: scroll,
                tab: activeTab, screen: screen))
        if visits.count > Self.visitsMax { visits.removeFirst(visits.count - Self.visitsMax) }
        show(dashboard, time: time)
    }

    /// The dashboard that a list was opened from, or the one on the screen.
    mutating func goHome() {
        while let visit = visits.last, visit.screen != .dashboard { goBack() }
        show(.dashboard)
    }

    mutating func goBack() {
        guard let visit = visits.popLast() else {
            message = Message(text: "no dashboard before this one", isError: false)
            return
        }
        show(visit.dashboard, time: visit.time)
        screen = visit.screen
        activeTab = visit.tab
        toggledRows = visit.toggledRows
        focus = visit.focus
        scroll = visit.scroll
        keepScrollValid()
    }

    /// Another document from its top; answers to questions of the one before are dropped.
    mutating func show(_ dashboard: Dashboard, time: TimeView) {
        generationFloor = panels.values.map(\.generation).max() ?? generationFloor
        panels = [:]
        missing = MissingMetrics()
        screen = .dashboard
        chooser = nil
        document = dashboard
        self.time = time
        isInUTC = utcGiven ?? dashboard.isInUTC
        utcOffset = isInUTC ? .zero : localOffset
        crosshair = nil
        hiddenSeries = [:]
        views = [:]
        scrubDrag = nil
        dragStart = nil
        refresh = isRefreshOff ? nil : refreshGiven ?? dashboard.refresh ?? refreshDefault
        fullScreen = nil
        scroll = 0
        activeTab = 0
        variablesGeneration += 1
        isResolvingVariables = false
        variablesAsked = nil
        variablesFailedAt = nil
        areVariablesReady = !dashboard.hasQueryVariables
        areVariablesStale = dashboard.hasQueryVariables
        toggledRows = []
        focus = placements.first { !$0.panel.isRow }?.panel.id
    }
}

extension PanelData {
    /// Each dashboard once.
    var listedChoices: [LinkChoice] {
        guard case .dashboards(let groups) = content else { return [] }
        var seen: Set<LinkChoice> = []
        return groups.flatMap(\.choices).filter { seen.insert($0).inserted }
    }

    /// Series, or rows of a table, with the links that their settings give them.
    fileprivate var linkedData: [(links: [DashboardLink], datum: LinkDatum)] {
        switch content {
        case .fields(let fields):
            return fields.filter { !$0.configuration.links.isEmpty }.prefix(AppState.linkedSeriesMax).map { field in
                let last = field.values.last
                return (
                    field.configuration.links,
                    LinkDatum(
                        name: field.name, labels: field.labels, value: last, time: field.timestamps.last,
                        text: last.map { "\(field.configuration.text(of: $0))" } ?? "")
                )
            }
        case .table(let table):
            let linked = table.columns.filter { !$0.configuration.links.isEmpty }
            guard !linked.isEmpty else { return [] }
            let rows = min(linked.map(\.cells.count).max() ?? 0, AppState.linkedSeriesMax)
            return (0..<rows).flatMap { row in
                let cells = table.columns.map { column in
                    (name: column.name, text: row < column.cells.count ? column.cells[row].linkText : "")
                }
                return linked.map { column in
                    let cell = row < column.cells.count ? column.cells[row] : .empty
                    return (
                        column.configuration.links,
                        LinkDatum(name: column.name, value: cell.linkNumber, text: cell.linkText, cells: cells)
                    )
                }
            }
        case .heatmap, .histogram, .text, .alerts, .dashboards, .none: return []
        }
    }
}

extension TableCell {
    fileprivate var linkText: String {
        switch self {
        case .text(let text): text
        case .number(let number), .trend(let number, _): JSONValue.text(of: number)
        case .time(let time): "\(time.milliseconds)"
        case .empty: ""
        }
    }
    fileprivate var linkNumber: Double? {
        switch self {
        case .number(let number), .trend(let number, _): number
        case .text, .time, .empty: nil
        }
    }
}
