// The screens beside the dashboard: lists of targets, metrics, alerts and what the program had to say.
// Which one is shown, how keys change it, and what each asks for; ListScreen draws them.

import Dashboards
import Frames
import MetricModel
import Querying

package enum ScreenName: Hashable, Sendable, CaseIterable {
    case dashboard, explore, metrics, targets, page, alerts, log

    var isList: Bool {
        switch self {
        case .dashboard, .explore: false
        case .metrics, .targets, .page, .alerts, .log: true
        }
    }

    var title: String {
        switch self {
        case .dashboard: "Dashboard"
        case .explore: "Explore"
        case .metrics: "Metrics"
        case .targets: "Targets"
        case .page: "Page"
        case .alerts: "Alerts"
        case .log: "Log"
        }
    }
}

extension AppState {
    mutating func show(_ screen: ScreenName) {
        // A page may be large: it goes with its screen.
        if screen != .page { page = nil }
        self.screen = screen
        fullScreen = nil
        crosshair = nil
        isDetailOpen = false
        dragStart = nil
        // What is asked for by the screen is asked when it opens.
        screenAskedAt = nil
        matchKey = nil
        refreshMatches()
    }

    /// Keys that mean something else on a list. Nil: as on every screen.
    mutating func performInList(_ action: Action) -> [Effect]? {
        guard screen.isList else { return nil }
        let page = max(1, listRows - 1)
        var list = lists[screen] ?? ListState()
        let count = matches.count
        switch action {
        case .back:
            if isDetailOpen {
                isDetailOpen = false
            } else if !list.filter.isEmpty {
                list.filter = ""
            } else {
                show(screen == .page ? .targets : .dashboard)
            }
        case .previousDashboard:
            if isDetailOpen { isDetailOpen = false } else { show(screen == .page ? .targets : .dashboard) }
        // Details that are longer than their box are scrolled by pages, lines go on choosing.
        case .scrollPageDown where isDetailOpen, .scrollHalfDown where isDetailOpen: scrollDetail(by: 1)
        case .scrollPageUp where isDetailOpen, .scrollHalfUp where isDetailOpen: scrollDetail(by: -1)
        case .open: return openEntry()
        case .focusDown, .focusNext: list.selected += 1
        case .focusUp, .focusPrevious: list.selected -= 1
        case .scrollPageDown: list.selected += page
        case .scrollPageUp: list.selected -= page
        case .scrollHalfDown: list.selected += page / 2
        case .scrollHalfUp: list.selected -= page / 2
        case .scrollTop: list.selected = 0
        case .scrollBottom: list.selected = count
        case .search:
            list.filter = ""
            list.selected = 0
            prompt = Prompt(kind: .filter, text: "")
        case .refresh:
            screenAskedAt = nil
            (metricsAskedAt, coursesAskedAt) = (nil, nil)
            if screen == .page { return fetchPageAgain() }
        // A list has no columns to go to and no range of its own.
        case .focusLeft, .focusRight, .crosshair, .compare, .sort, .reverseSorting, .variables, .links, .expandRows,
            .collapseRows, .legends,
            .kiosk,
            .nextTab, .previousTab:
            break
        default: return nil
        }
        list.selected = max(0, min(list.selected, count - 1))
        lists[screen] = list
        return []
    }

    private mutating func openEntry() -> [Effect] {
        switch screen {
        case .dashboard, .explore: break
        // Of nothing there are no details.
        case .targets, .page, .alerts, .log: isDetailOpen = !isDetailOpen && !matches.isEmpty
        case .metrics: exploreMetric()
        }
        return []
    }

    /// The questions of the screen that is shown, when they are due.
    mutating func screenQuestions() -> [Effect] {
        if screen == .metrics { return metricQuestions() }
        // Explore proposes metrics as one types.
        if screen == .explore { return explore.isEditing ? metricQuestions() : [] }
        // A server's lists may be long, and others ask it, too.
        let interval = max(sourceName == nil ? .seconds(1) : .seconds(15), refreshNow ?? .seconds(5))
        // Without a refresh nothing is asked but on opening and by `r`.
        if screenAskedAt != nil, refreshNow == nil { return [] }
        if let asked = screenAskedAt, (now - asked).count >= 0, now - asked < interval { return [] }
        switch screen {
        case .dashboard: return newMetricQuestions() + missingMetricQuestions()
        case .explore, .metrics, .page, .log: return []
        case .targets:
            // Those of this process the line on top asks for.
            guard sourceName != nil, !isFetchingServerTargets else { return [] }
            screenAskedAt = now
            isFetchingServerTargets = true
            return [.fetchListedTargets]
        case .alerts:
            guard !isFetchingAlerts else { return [] }
            screenAskedAt = now
            isFetchingAlerts = true
            return [.fetchAlerts]
        }
    }
}

/// What of a list is shown.
package struct ListState: Hashable, Sendable {
    /// Place among those that the filter lets pass.
    var selected = 0
    /// Names the chosen line of a list whose lines come and go.
    var chosen: String?
    /// Words that must all occur.
    var filter = ""
}

/// One line of a list.
struct ListEntry {
    var cells: [StyledText]
    /// Place in the list without the filter.
    var index: Int
    /// Heights of a little graph at the end of the line, 0...1; NaN where there is nothing.
    var course: [Double] = []
}

struct ListColumn {
    var title: String
    var isNumber = false
    /// May be cut where room is short, the last of them first.
    var mayShrink = false
}
