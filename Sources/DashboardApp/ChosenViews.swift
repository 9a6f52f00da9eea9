// How the reader wants to see one panel: in which order its legend or its rows, and which of them at all.
// Kept by panel beside the series that are switched off; Painting hands it to the painters, update feeds the filter.

import Dashboards
import Frames
import LinearRegex
import MetricModel
import Panels

/// What was chosen for one panel.
struct ChosenView: Hashable, Sendable {
    var legendOrder: LegendOrder?
    var tableOrder: TableOrder?
    /// As it is typed; of graphs a pattern, of tables words.
    private(set) var filter = ""
    /// Of the newest filter that can be read.
    private(set) var pattern: LinearRegex?
    /// Why the filter cannot be read.
    private(set) var complaint: String?

    /// In any case, unless there is a capital letter in it.
    mutating func setFilter(_ text: String) {
        filter = text
        complaint = nil
        guard !text.isEmpty else {
            pattern = nil
            return
        }
        let prefix = text.contains(where: \.isUppercase) ? "" : "(?i)"
        do throws(RegexError) {
            pattern = try LinearRegex(searching: prefix + text)
        } catch {
            complaint = error.description
        }
    }

    func passes(_ name: String) -> Bool { pattern?.matches(name) ?? true }
}

extension AppState {
    /// Panels whose views are remembered.
    static let viewsMost = 1000

    private mutating func setView(of id: Int, _ change: (inout ChosenView) -> Void) {
        var view = views[id] ?? ChosenView()
        change(&view)
        views[id] = view == ChosenView() ? nil : view
        if views.count > Self.viewsMost { views = [id: view] }
    }

    // MARK: Sorting

    mutating func sortNext() {
        guard let id = panelAtHand, let data = panels[id]?.data, let panel = panel(id) else { return }
        switch (panel.kind, data.content) {
        case (.timeSeries, .fields):
            let keys = LegendOrder.Key.allCases
            let place = views[id]?.legendOrder.flatMap { keys.firstIndex(of: $0.key) }.map { $0 + 1 } ?? 0
            let order = place < keys.count ? LegendOrder(keys[place], isDescending: keys[place] != .name) : nil
            setView(of: id) { $0.legendOrder = order }
        case (.table, .table(let table)):
            let names = table.columns.filter { !$0.configuration.isHidden }.map(\.name)
            let place = views[id]?.tableOrder.flatMap { names.firstIndex(of: $0.column) }.map { $0 + 1 } ?? 0
            sort(id, by: place < names.count ? names[place] : nil, in: table)
        default: message = Message(text: "nothing to sort here", isError: false)
        }
        saySorting(id)
    }

    mutating func reverseSorting() {
        guard let id = panelAtHand else { return }
        guard views[id]?.legendOrder != nil || views[id]?.tableOrder != nil else {
            message = Message(text: "nothing is sorted; \(hint(.sort)) sorts", isError: false)
            return
        }
        setView(of: id) {
            $0.legendOrder?.isDescending.toggle()
            $0.tableOrder?.isDescending.toggle()
        }
        saySorting(id)
    }

    /// Numbers begin with the greatest, words with the first.
    private mutating func sort(_ id: Int, by column: String?, in table: DataTable) {
        let cells = column.flatMap { name in table.columns.first { $0.name == name }?.cells } ?? []
        let isNumeric = cells.contains { cell in
            switch cell {
            case .number, .trend, .time: true
            case .text, .empty: false
            }
        }
        setView(of: id) { $0.tableOrder = column.map { TableOrder($0, isDescending: isNumeric) } }
    }

    private mutating func saySorting(_ id: Int) {
        guard message == nil else { return }
        if let order = views[id]?.tableOrder {
            let way = order.isDescending ? "the greatest first" : "the least first"
            message = Message(text: "sorted by \(order.column), \(way)", isError: false)
        } else if let order = views[id]?.legendOrder {
            let ways = order.key == .name ? ("the last first", "the first first") : ("the greatest", "the least")
            let way = order.key == .name ? "" : ", \(order.isDescending ? ways.0 : ways.1) first"
            message = Message(text: "legend by \(order.key.rawValue)\(way)", isError: false)
        } else {
            message = Message(text: "in the panel's own order", isError: false)
        }
    }

    // MARK: Filtering

    /// True where a filter may be typed: over a graph or a table that fills the screen.
    mutating func openFilter() -> Bool {
        guard let fullScreen, isFilterable(fullScreen) else { return false }
        prompt = Prompt(kind: .panelFilter(fullScreen), text: views[fullScreen]?.filter ?? "")
        return true
    }

    private func isFilterable(_ id: Int) -> Bool {
        guard let data = panels[id]?.data, let kind = panel(id)?.kind else { return false }
        switch kind {
        case .timeSeries, .histogram: return !data.seriesNames.isEmpty
        default: return data.isTable
        }
    }

    mutating func setFilter(_ text: String, of id: Int) {
        setView(of: id) { $0.setFilter(text) }
        if id == fullScreen { panelRow = 0 }
    }

    /// What a filter that is not typed any more has come to.
    mutating func endFilter(of id: Int) {
        guard let view = views[id] else { return }
        if let complaint = view.complaint, panels[id]?.data?.isTable == false {
            setFilter("", of: id)
            message = Message(text: "`\(view.filter)`: \(complaint)", isError: true)
        } else if let data = panels[id]?.data, let words = filterCount(id, data) {
            message = Message(text: words, isError: false)
        }
    }

    mutating func filter(command text: String) {
        guard let id = panelAtHand, isFilterable(id) else {
            message = Message(text: "neither a graph nor a table has the focus", isError: true)
            return
        }
        setFilter(text, of: id)
        endFilter(of: id)
    }

    /// `3 of 8 series match`
    private func filterCount(_ id: Int, _ data: PanelData) -> String? {
        guard let view = views[id], !view.filter.isEmpty else { return nil }
        if case .table(let table) = data.content {
            let all = table.columns.first?.cells.count ?? 0
            return "\(rows(of: table, view.filter).count) of \(all) rows match"
        }
        let names = data.seriesNames
        return "\(names.count { view.passes($0) }) of \(names.count) series match"
    }

    /// The data with the rows that pass, as the panel is to be painted.
    func filtered(_ data: PanelData, of id: Int) -> PanelData {
        guard let filter = views[id]?.filter, !filter.isEmpty, case .table(let table) = data.content else {
            return data
        }
        let places = rows(of: table, filter)
        var data = data
        data.content = .table(
            DataTable(
                columns: table.columns.map { column in
                    var column = column
                    column.cells = places.map { $0 < column.cells.count ? column.cells[$0] : .empty }
                    return column
                }))
        if places.isEmpty { data.notices = ["no row has `\(filter)`"] }
        return data
    }

    /// Those in which every word occurs, in any case.
    private func rows(of table: DataTable, _ filter: String) -> [Int] {
        let words = filter.lowercased().split(separator: " ")
        let count = table.columns.map(\.cells.count).max() ?? 0
        let columns = table.columns.filter { !$0.configuration.isHidden }
        let clock = DisplayClock(now: now, offset: utcOffset)
        return (0..<count).filter { row in
            let text = columns.map { column in
                guard row < column.cells.count else { return "" }
                let parts = column.configuration.display(column.cells[row], clock: clock).text
                return parts.prefix + parts.number + parts.suffix
            }.joined(separator: " ").lowercased()
            return words.allSatisfy { text.contains($0) }
        }
    }

    /// Of the painters' context what the reader chose for this panel.
    func choose(in context: inout PaintContext, for id: Int, _ data: PanelData) {
        let names = data.seriesNames
        let hidden = hiddenSeries[id] ?? []
        let view = views[id]
        if !hidden.isEmpty || view?.pattern != nil {
            context.hiddenSeries = Set(
                names.indices.filter { hidden.contains(names[$0]) || view?.passes(names[$0]) == false })
        }
        guard let view else { return }
        context.legendOrder = view.legendOrder
        context.tableOrder = view.tableOrder
        guard !view.filter.isEmpty else { return }
        switch data.content {
        case .table(let table):
            let shown = table.columns.first?.cells.count ?? 0
            var all = shown
            if case .table(let whole)? = panels[id]?.data?.content { all = whole.columns.first?.cells.count ?? 0 }
            context.note = "/\(view.filter) \(shown) of \(all)"
        default: context.note = "/\(view.filter) \(names.count { view.passes($0) }) of \(names.count)"
        }
    }

    // MARK: Clicks

    /// A click on an entry of a legend leaves that series alone, with Control or Alt it hides it; one on a table's
    /// heading sorts by that column, again the other way round. False where neither is.
    mutating func clickInPanel(_ mouse: Mouse) -> Bool {
        guard let hit = visiblePlacements.first(where: { $0.rect.contains(x: mouse.x, y: mouse.y) }) else {
            return false
        }
        let id = hit.panel.id
        guard body.contains(x: mouse.x, y: mouse.y), let known = panels[id]?.data else { return false }
        let data = filtered(shownData(of: hit.panel), of: id)
        let context = paintContext(of: hit, data)
        if let series = PanelPainter.legendSeries(
            atX: mouse.x, y: mouse.y, of: hit.panel, data, in: hit.rect, context: context)
        {
            if screen == .dashboard { focus = id }
            if mouse.modifiers.isEmpty { showOnlySeries(series + 1, of: id) } else { toggleSeries(series + 1, of: id) }
            return true
        }
        if case .table(let table) = known.content,
            let column = PanelPainter.tableColumn(
                atX: mouse.x, y: mouse.y, of: hit.panel, data, in: hit.rect, context: context)
        {
            if screen == .dashboard { focus = id }
            if views[id]?.tableOrder?.column == column {
                setView(of: id) { $0.tableOrder?.isDescending.toggle() }
            } else {
                sort(id, by: column, in: table)
            }
            return true
        }
        return false
    }
}

extension PanelData {
    fileprivate var isTable: Bool {
        if case .table = content { true } else { false }
    }
}
