// What each key does to the state.
// Called by update; geometry comes from Screen.swift, commands are in Commands.swift.

import Dashboards
import Frames
import MetricModel

extension AppState {
    mutating func perform(_ action: Action) -> [Effect] {
        if isHelpOpen, let effects = performInHelp(action) { return effects }
        if chooser != nil, let effects = performInChooser(action) { return effects }
        if let effects = performInList(action) { return effects }
        if crosshair != nil, performInCrosshair(action) { return [] }
        if isNothingInExplore(action) { return [] }
        switch action {
        case .quit: return [.quit]
        case .suspend: return [.suspend]
        case .redraw: return [.redraw]
        case .help:
            isHelpOpen.toggle()
            helpScroll = 0
        case .command: prompt = Prompt()
        case .back:
            // A dashboard that a list opened is left the way it was entered.
            if fullScreen != nil {
                fullScreen = nil
            } else if let visit = visits.last, visit.screen != .dashboard {
                goBack()
            }
        case .kiosk:
            isKiosk.toggle()
            relayout()
            keepScrollValid()
        case .refresh:
            revision += 1
            areVariablesStale = document.hasQueryVariables
        case .copy: return copy()
        case .copyValues: return copyValues()
        case .mouse: return setMouse("")
        case .zoomIn: time.zoomIn(now: now)
        case .zoomOut: time.zoomOut(now: now)
        case .panBack: time.panBack(now: now)
        case .panForward: time.panForward(now: now)
        case .live: time.goLive()
        case .pause: time.togglePause(now: now)
        case .open: open()
        case .focusNext: moveFocus(by: 1)
        case .focusPrevious: moveFocus(by: -1)
        case .focusUp: moveFocus(toward: .up)
        case .focusDown: moveFocus(toward: .down)
        case .focusLeft: moveFocus(toward: .left)
        case .focusRight: moveFocus(toward: .right)
        case .scrollPageUp: scroll(by: -max(1, body.height - 2))
        case .scrollPageDown: scroll(by: max(1, body.height - 2))
        case .scrollHalfUp: scroll(by: -max(1, body.height / 2))
        case .scrollHalfDown: scroll(by: max(1, body.height / 2))
        case .scrollTop:
            focusEnd(isLast: false)
            scroll(by: fullScreen == nil ? -contentHeight : -fullScreenRowCount)
        case .scrollBottom:
            focusEnd(isLast: true)
            scroll(by: fullScreen == nil ? contentHeight : fullScreenRowCount)
        case .expandRows: setRows(areCollapsed: false)
        case .collapseRows: setRows(areCollapsed: true)
        case .nextTab: showTab(activeTab + 1)
        case .previousTab: showTab(activeTab - 1)
        case .links: openLinks()
        case .home: goHome()
        case .explore: openExplore()
        case .metrics: show(.metrics)
        case .targets: show(.targets)
        case .page: return openPage()
        case .alerts: show(.alerts)
        case .log: show(.log)
        case .search: if !openFilter() { openPlaces() }
        case .sort: sortNext()
        case .reverseSorting: reverseSorting()
        case .variables: openVariables()
        case .ranges: openRanges()
        case .utc: toggleUTC()
        case .crosshair: toggleCrosshair()
        case .compare: compareWithNext()
        case .legends: areLegendsOff.toggle()
        case .allSeries: showAllSeries()
        // Which of the keys it was decides, see takeSeries.
        case .series, .onlySeries: break
        case .dashboards: openDashboards()
        case .previousDashboard: goBack()
        }
        return []
    }

    /// False when the action means the same as without the crosshair.
    private mutating func performInCrosshair(_ action: Action) -> Bool {
        switch action {
        case .focusLeft: moveCrosshair(by: -1)
        case .focusRight: moveCrosshair(by: 1)
        case .panBack: moveCrosshair(by: -10)
        case .panForward: moveCrosshair(by: 10)
        case .back: crosshair = nil
        default: return false
        }
        return true
    }

    /// Local time, or that of the rest of the world.
    mutating func toggleUTC() {
        isInUTC.toggle()
        utcGiven = isInUTC
        utcOffset = isInUTC ? .zero : localOffset
        showDocument()
    }

    /// Nil when the action means the same as without the help.
    private mutating func performInHelp(_ action: Action) -> [Effect]? {
        switch action {
        case .back, .open: isHelpOpen = false
        // The first `q` closes what lies on top, as in pagers.
        case .quit: isHelpOpen = false
        case .focusDown: helpScroll += 1
        case .focusUp: helpScroll = max(0, helpScroll - 1)
        case .scrollPageDown, .scrollHalfDown: helpScroll += max(1, body.height / 2)
        case .scrollPageUp, .scrollHalfUp: helpScroll = max(0, helpScroll - max(1, body.height / 2))
        case .scrollTop: helpScroll = 0
        case .scrollBottom: helpScroll = .max / 2
        default: return nil
        }
        return []
    }

    private mutating func open() {
        if fullScreen != nil {
            fullScreen = nil
            return
        }
        guard let focus, let panel = panel(focus) else { return }
        if panel.isRow {
            toggleRow(focus)
        } else if !openListed(of: panel) {
            fullScreen = focus
        }
    }

    mutating func toggleRow(_ id: Int) {
        if toggledRows.remove(id) == nil { toggledRows.insert(id) }
        keepScrollValid()
    }

    private mutating func setRows(areCollapsed: Bool) {
        toggledRows = Set(document.rows.filter { $0.isCollapsed != areCollapsed }.map(\.id))
        keepScrollValid()
    }

    // MARK: Focus

    enum Direction: Hashable, Sendable { case up, down, left, right }

    private mutating func moveFocus(by step: Int) {
        let order = placements.sorted { ($0.rect.y, $0.rect.x) < ($1.rect.y, $1.rect.x) }
            .filter { fullScreen == nil || !$0.panel.isRow }.map(\.panel.id)
        guard !order.isEmpty else { return }
        let index = focus.flatMap { order.firstIndex(of: $0) } ?? (step > 0 ? -1 : 0)
        setFocus(order[(index + step + order.count) % order.count])
    }

    private mutating func moveFocus(toward direction: Direction) {
        if fullScreen != nil {
            let step = direction == .up || direction == .left ? -1 : 1
            guard let table = fullScreenTable else {
                moveFocus(by: step)
                return
            }
            switch direction {
            case .up, .down: scroll(by: step)
            case .left, .right: panelColumn = max(0, min(panelColumn + step, table.columns.count - 2))
            }
            return
        }
        guard let from = placements.first(where: { $0.panel.id == focus })?.rect else {
            moveFocus(by: 1)
            return
        }
        if let next = Self.neighbour(of: from, toward: direction, among: placements) {
            setFocus(next)
        } else if direction == .up || direction == .down {
            // Nothing beyond: what lies above or below the last panel comes into view at least.
            scroll(by: direction == .up ? -contentHeight : contentHeight)
        }
    }

    /// The nearest panel on that side, one that overlaps in the other direction before one that does not.
    static func neighbour(of from: Rect, toward direction: Direction, among placements: [Placement]) -> Int? {
        var best: (cost: Int, id: Int)?
        for placement in placements {
            let to = placement.rect
            let gap: Int
            let miss: Int
            switch direction {
            case .up, .down:
                gap = direction == .up ? from.y - to.maxY : to.y - from.maxY
                miss = max(to.x - from.maxX + 1, from.x - to.maxX + 1, 0)
            case .left, .right:
                gap = direction == .left ? from.x - to.maxX : to.x - from.maxX
                miss = max(to.y - from.maxY + 1, from.y - to.maxY + 1, 0)
            }
            guard gap >= 0 else { continue }
            let offset =
                direction == .up || direction == .down ? abs(to.x - from.x) : abs(to.y - from.y)
            // Left and right stay within the row.
            if miss > 0, direction == .left || direction == .right { continue }
            let cost = gap * 1000 + miss * 100 + offset
            if best.map({ cost < $0.cost }) ?? true { best = (cost, placement.panel.id) }
        }
        return best?.id
    }

    mutating func setFocus(_ id: Int) {
        focus = id
        if fullScreen != nil { fullScreen = id }
        guard fullScreen == nil, let rect = placements.first(where: { $0.panel.id == id })?.rect else { return }
        if rect.maxY > scroll + body.height { scroll = rect.maxY - body.height }
        if rect.y < scroll { scroll = rect.y }
        keepScrollValid()
    }

    /// After rows closed: the focus goes to the first panel that is still there.
    mutating func keepFocusValid() {
        if isStill { return }
        if let focus, shown.panels.contains(where: { $0.id == focus }) { return }
        fullScreen = nil
        focus = placements.first?.panel.id
    }

    mutating func scroll(by rows: Int) {
        guard fullScreen == nil else {
            let last = fullScreenRowCount - max(1, fullScreenRect.height - 4)
            panelRow = max(0, min(panelRow + rows, last))
            return
        }
        scroll += rows
        keepScrollValid()
    }

    mutating func keepScrollValid() { scroll = max(0, min(scroll, contentHeight - body.height)) }
}
