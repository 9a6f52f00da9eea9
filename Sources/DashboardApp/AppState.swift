// Everything the dashboard knows: a value. update changes it, render draws it, nothing else touches it.
// Owned by the session loop's thread; made from a dashboard and a few settings.

import Dashboards
import Frames
import MetricModel
import Panels
import Querying

/// One panel's questions and what came of them.
package struct PanelState: Sendable {
    /// Number of the newest question; answers with another number are dropped.
    package var generation = 0
    package var isInFlight = false
    package var askedAt: Timestamp?
    /// What the newest question depended on; another value now means asking again.
    var askedFor: QuestionKey?
    /// The state of the variables at which the question was looked at last.
    var variablesRevision = 0
    /// The newest question.
    package var plan: PanelQueryPlan?
    /// The last picture, kept while a newer answer is under way.
    package var data: PanelData? { didSet { version += 1 } }
    /// Raised with every new picture.
    package private(set) var version = 0
    /// Of an empty picture: how far behind the range that was asked for the first samples lie.
    var laterBy: Milliseconds?
    /// True while `data` is an older picture kept because the answer was empty and a target is down.
    package var isKept = false
    /// Why the newest question got no answer, while `data` is the picture of an earlier one.
    package var trouble: String?
    /// When the answer came that `data` was made of, and what it was a picture of.
    var answeredAt: Timestamp?
    var picture: PictureKey?
    /// Warnings and infos of the last answer.
    package var annotations: [String] = []

    /// The next question has the number after this.
    /// - `version`: where another state of the same panel was drawn before, the version after that one's.
    package init(generation: Int = 0, version: Int = 0) {
        self.generation = generation
        self.version = version
    }
}

/// What a panel's answer depends on besides the moment of asking.
struct QuestionKey: Hashable, Sendable {
    var view: TimeView
    /// How far back: nil for what is shown as the present.
    var past: Milliseconds?
    var widthCells: Int
    var scrapeInterval: Milliseconds
    /// Raised by `r`.
    var revision: Int
}

/// What a picture shows, apart from the moment: another one does not stand for it.
struct PictureKey: Hashable, Sendable {
    var view: TimeView
    var variablesRevision: Int
}

package struct AppState: Sendable {
    /// The document, with its variables as they are chosen now.
    package var document: Dashboard
    /// Of rows, by panel id: those the user opened or closed.
    package var toggledRows: Set<Int> = [] { didSet { showDocument() } }
    /// Which of the document's tabs is shown; its panels alone have a place and are asked.
    package internal(set) var activeTab = 0 { didSet { showDocument() } }
    /// `document` with `toggledRows` applied.
    package private(set) var shown: Dashboard
    private(set) var shownRevision = 0
    /// Every panel of the dashboard at this size, whether or not it is on the screen. Made by `relayout()`.
    package internal(set) var placements: [Placement] = []
    var layoutKey: LayoutKey?

    package var size: Size
    package var capabilities: TerminalCapabilities
    package var theme: PaintTheme
    /// Those that may be chosen.
    package internal(set) var themes = NamedTheme.all
    package internal(set) var graph = GraphInk.braille
    package internal(set) var isMouseOn = true
    package var now: Timestamp
    /// Local time minus UTC at `now`, or nothing where the dashboard is in UTC.
    package var utcOffset: Milliseconds
    var localOffset: Milliseconds
    /// The reader's choice, or the dashboard's own.
    var isInUTC: Bool
    var utcGiven: Bool?
    /// What the user asked for in place of any dashboard's own.
    private(set) var rangeGiven: Milliseconds?
    var refreshGiven: Milliseconds?
    /// The reader switched refreshing off, whatever a dashboard wants.
    var isRefreshOff = false
    /// Of a dashboard that names none.
    let refreshDefault: Milliseconds
    /// Nothing is older than this; a live view grows into its length.
    var dataStart: Timestamp?
    package var time: TimeView
    /// Nil: asks only when told to.
    package var refresh: Milliseconds?
    /// The data are this process's own: new ones are shown as they come, however seldom the dashboard would ask a server.
    package var followsScrapes = false

    /// The step's least length where no target says.
    package var scrapeIntervalGiven = Milliseconds.seconds(1)

    /// The server that is asked, as the top line names it; nil when the data are this process's own.
    package var sourceName: String?
    /// What numbers are read from in place of targets.
    var inputName: String?
    /// Of the newest answer: nil when the server gave one, else why it did not.
    package internal(set) var sourceFailure: QueryFailure.Kind?
    /// What was said of it at the bottom, to be taken away when it is over.
    var sourceComplaint: String?
    /// When the server answered anything last.
    package internal(set) var sourceAnsweredAt: Timestamp?
    /// When the variables' queries failed; they are asked again.
    var variablesFailedAt: Timestamp?

    package var panels: [Int: PanelState] = [:]
    package var focus: Int?
    package var fullScreen: Int? {
        didSet { if fullScreen != oldValue { (panelRow, panelColumn) = (0, 0) } }
    }
    /// The first row and column that the full-screen panel shows of a long list or a wide table.
    package var panelRow = 0
    package var panelColumn = 0
    /// First row of the dashboard that is on the screen.
    package var scroll = 0
    package var isKiosk = false
    package internal(set) var screen = ScreenName.dashboard
    /// When the list on the screen was asked for last.
    var screenAskedAt: Timestamp?
    package internal(set) var explore = ExploreState()
    var lists: [ScreenName: ListState] = [:]
    var isDetailOpen = false { didSet { detailScroll = 0 } }
    var metrics: [MetricEntry] = []
    var metricsAreKnown = false
    var courses: [String: MetricCourse] = [:]
    /// Of the list on the screen: places of the lines that its filter lets pass, in their order.
    var matches: [Int] = []
    var matchKey: MatchKey?
    /// Raised when what a list shows changes.
    var listRevision = 0
    /// Names that were there when the automatic dashboard was made; nil: not asked yet.
    var automaticNames: Set<String>?
    var isMakingAutomatic = false
    /// What else could be looked at.
    var offers: [Offer] = []
    /// Dashboards that come with the program and are not loaded.
    var shelf: [ShelvedDashboard] = []
    var missing = MissingMetrics()
    var isFetchingMetrics = false
    /// Nobody chose a list of metrics: a failure of that question is not told.
    var isFetchUnasked = false
    var metricsAskedAt: Timestamp?
    var isFetchingCourses = false
    var coursesAskedAt: Timestamp?
    var coursesAsked: [String] = []
    var coursesView: TimeView?
    /// Asked without an answer; the next round asks again.
    var coursesRefused: Set<String> = []
    var isFetchingAlerts = false
    var alerts: [AlertStatus] = []
    var alertsAreKnown = false
    var log: [LoggedNotice] = []
    /// Of the server that is asked; the targets of this process are in `targets`.
    var serverTargets: [TargetStatus] = []
    var serverTargetsFailure: String?
    var serverTargetsAreKnown = false
    var isFetchingServerTargets = false
    var page: PageState?
    /// First line of the details that is shown.
    var detailScroll = 0
    /// The moment at which every graph says its values; nil: at their ends.
    package internal(set) var crosshair: Timestamp?
    /// By panel: names of series that are switched off.
    var hiddenSeries: [Int: Set<String>] = [:]
    /// By panel: orders and filters.
    var views: [Int: ChosenView] = [:]
    var scrubDrag: ScrubDrag?
    /// Graphs show what they showed so long before, too.
    package internal(set) var comparison: Milliseconds?
    /// Moments that somebody marked, in the order they did.
    package internal(set) var sessionMarks: [SessionMark] = []
    var areLegendsOff = false
    /// Where the mouse went down on a graph.
    var dragStart: (panel: Int, time: Timestamp)?
    /// One picture and no keys: no focus, no line at the bottom, no second question.
    package var isStill = false {
        didSet {
            focus = nil
            refresh = nil
        }
    }
    /// Of a still picture: its height is a screen's, which a short dashboard fills.
    package var isHeightGiven = false
    /// The top line says which day is shown, even if it is today's.
    package var isDated = false
    package var isHelpOpen = false
    package var helpScroll = 0
    /// The line at the bottom while something is typed into it.
    package var prompt: Prompt?
    /// Links or dashboards to choose from, over everything else.
    package internal(set) var chooser: Chooser?
    /// A list to search in, over everything else.
    package internal(set) var picker: Picker?
    /// Dashboards that links may lead to, the one that is shown among them.
    package var library: [Dashboard] = []
    /// The way back.
    var visits: [Visit] = []
    /// Panels of a dashboard that was shown before had questions up to this number.
    var generationFloor = 0
    /// What the keys mean, and what hints call them.
    package var keys = KeyMap.standard
    /// First key of a chord.
    package var pendingKeys: [Key] = []
    package var message: Message?

    package var targets: [TargetStatus] = []
    package var isFetchingTargets = false
    package var targetsFetchedAt: Timestamp?
    /// By pool and URL: when the target was last seen up.
    package var lastUp: [String: Timestamp] = [:]
    /// The first scrape seen, and whether a later one was seen too.
    package var firstScrape: Timestamp?
    package var hasSecondScrape = false

    /// False while the first values of query variables are on their way: nothing is asked before.
    package var areVariablesReady: Bool
    package var isResolvingVariables = false
    /// Their options are to be asked: at the start, after the first scrape, and by `r`.
    var areVariablesStale: Bool
    /// The view and the moment of the newest question about them.
    var variablesAsked: (view: TimeView, at: Timestamp)?
    /// Of the dashboard that is shown, as `VariableQuestion` has it.
    var variablesGeneration = 0
    package var revision = 0
    /// Raised by every change of a variable; panels whose questions stay the same are not asked for it.
    var variablesRevision = 0
    /// Variables to be asked for their options because one they are made from was chosen anew.
    var variablesWanted: Set<String> = []

    /// What is typed, and what it is for.
    package struct Prompt: Hashable, Sendable {
        package enum Kind: Hashable, Sendable {
            case command
            /// The text of this variable.
            case variable(String)
            /// Words to search a list for.
            case filter
            /// Which series or rows of this panel are shown.
            case panelFilter(Int)
        }
        package var kind = Kind.command
        package var text = "" { didSet { if text != oldValue { chosen = nil } } }
        /// Place in the palette; nil: Enter takes what is typed.
        package var chosen: Int?
        static let lengthMost = 10_000

        package init(kind: Kind = .command, text: String = "") {
            self.kind = kind
            self.text = text
        }
    }

    package struct Message: Hashable, Sendable {
        package var text: String
        package var isError: Bool
    }

    /// - `range`: nil takes the dashboard's own.
    /// - `refresh`: nil takes the dashboard's own, or one second.
    package init(
        dashboard: Dashboard, size: Size, capabilities: TerminalCapabilities = TerminalCapabilities(),
        now: Timestamp, utcOffset: Milliseconds = .zero, range: Milliseconds? = nil, refresh: Milliseconds? = nil,
        refreshDefault: Milliseconds = .seconds(1)
    ) {
        document = dashboard
        shown = dashboard
        self.size = size
        self.capabilities = capabilities
        theme = .standard(for: capabilities.colors)
        self.now = now
        self.utcOffset = dashboard.isInUTC ? .zero : utcOffset
        isInUTC = dashboard.isInUTC
        localOffset = utcOffset
        rangeGiven = range
        refreshGiven = refresh
        self.refreshDefault = refreshDefault
        time =
            range.map { TimeView(length: $0) }
            ?? TimeView(from: dashboard.timeFrom, to: dashboard.timeTo, now: now, offset: self.utcOffset)
        self.refresh = refresh ?? dashboard.refresh ?? refreshDefault
        areVariablesReady = !dashboard.hasQueryVariables
        areVariablesStale = dashboard.hasQueryVariables
        showDocument()
        focus = placements.first { !$0.panel.isRow }?.panel.id
    }

    mutating func showDocument() {
        shown = Self.shown(
            document, tab: activeTab, toggled: toggledRows, range: time.range(now: now),
            clock: DisplayClock(now: now, offset: utcOffset))
        shownRevision += 1
        relayout()
    }

    func panel(_ id: Int) -> Panel? {
        id < 0 ? explorePanels.first { $0.id == id } : shown.panels.first { $0.id == id }
    }
}

// MARK: Refreshing

extension AppState {
    /// How often panels are asked again. Nil: only when told to.
    package var refreshNow: Milliseconds? {
        guard let refresh, followsScrapes else { return refresh }
        return min(refresh, max(.seconds(1), targets.map(\.interval).min() ?? .seconds(1)))
    }
}

// MARK: The server that is asked

extension AppState {
    /// How the server keeps silent.
    struct Silence: Hashable {
        /// Since its last answer; nil: there was none.
        var age: Milliseconds?
        var isUnreachable: Bool
    }

    /// Shorter waits are no news.
    private static let patienceLeast = Milliseconds.seconds(2)

    /// Nil while the server answers, and when the data are this process's own.
    ///
    /// It keeps silent when its newest answer was none, or when a question has waited for longer than a refresh takes
    /// and nothing else was answered meanwhile.
    var sourceSilence: Silence? {
        guard sourceName != nil else { return nil }
        let isUnreachable = sourceFailure == .unavailable
        let age = sourceAnsweredAt.map { max(.zero, now - $0).inWholeSeconds }
        if sourceFailure != nil { return Silence(age: age, isUnreachable: isUnreachable) }
        guard let asked = panels.values.filter(\.isInFlight).compactMap(\.askedAt).min() else { return nil }
        let patience = max(Self.patienceLeast, refreshNow ?? .seconds(5))
        guard now - max(asked, sourceAnsweredAt ?? asked) >= patience else { return nil }
        return Silence(age: age, isUnreachable: false)
    }
}

extension Milliseconds {
    var inWholeSeconds: Milliseconds { Milliseconds(count / 1000 * 1000) }
}

// MARK: Targets

extension AppState {
    package var targetsUp: Int { targets.count { $0.health == .up } }
    var isAnyTargetDown: Bool { targets.contains { $0.health == .down } }

    /// Time since any target was up, while none is. Nil otherwise, and when none ever was.
    var silence: Milliseconds? {
        guard !targets.isEmpty, targets.allSatisfy({ $0.health == .down }), let last = lastUp.values.max() else {
            return nil
        }
        return max(.zero, now - last)
    }

    mutating func take(_ targets: [TargetStatus]) {
        self.targets = targets
        isFetchingTargets = false
        listRevision += 1
        // Those that are gone are forgotten: pods come and go for days.
        var seen: [String: Timestamp] = [:]
        for target in targets {
            let key = target.scrapePool + " " + target.url
            seen[key] = target.health == .up ? target.lastScrape ?? now : lastUp[key]
        }
        lastUp = seen
        guard let newest = targets.compactMap(\.lastScrape).max() else { return }
        if let firstScrape {
            if newest > firstScrape { hasSecondScrape = true }
        } else {
            firstScrape = newest
            areVariablesStale = document.hasQueryVariables && !isStill
        }
    }
}
