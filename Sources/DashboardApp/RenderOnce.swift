// One frame of a dashboard without a terminal: for pipes, `ferula render`, and tests of whole dashboards.
// Stands beside SessionLoop: the same update and render, one question a panel, no second look.

import Dashboards
import Frames
import MetricModel
import Panels
import Querying

/// Which picture of a dashboard is wanted.
package struct Still: Sendable {
    package static let heightLeast = 10
    /// Of a picture as high as its dashboard.
    package static let heightMost = 2000

    package var dashboard: Dashboard
    package var width: Int
    /// Nil fits the whole dashboard, at least `heightLeast` rows and at most `heightMost`.
    package var height: Int?
    package var capabilities: TerminalCapabilities
    /// Nil: the one that suits the capabilities.
    package var theme: PaintTheme?
    package var now: Timestamp
    /// Local time minus UTC at `now`.
    package var utcOffset = Milliseconds.zero
    /// Ends at `now`; nil: the dashboard's own range.
    package var range: Milliseconds?
    /// In place of `range`.
    package var view: TimeView?
    /// The top line says which day: `now` is not the reader's.
    package var isDated = false
    /// Every closed row is open.
    package var opensRows = false
    package var tab = 0
    /// Distance of two samples where no target says.
    package var scrapeInterval: Milliseconds?
    package var source: SessionLoop.Source?

    package init(
        _ dashboard: Dashboard, width: Int, height: Int? = nil, capabilities: TerminalCapabilities, now: Timestamp
    ) {
        self.dashboard = dashboard
        self.width = width
        self.height = height
        self.capabilities = capabilities
        self.now = now
    }

    enum Wake: Hashable, Sendable { case mail, timeUp }

    fileprivate func state() -> AppState {
        var state = AppState(
            dashboard: dashboard, size: Size(width: width, height: height ?? Self.heightLeast),
            capabilities: capabilities, now: now, utcOffset: utcOffset, range: range)
        state.isStill = true
        state.isHeightGiven = height != nil
        state.isDated = isDated
        if let theme { state.theme = theme }
        if let view { state.time = view }
        if let scrapeInterval { state.scrapeIntervalGiven = scrapeInterval }
        if let source { state.take(source) }
        if opensRows { _ = state.perform(.expandRows) }
        if dashboard.tabs.indices.contains(tab) { state.activeTab = tab }
        state.relayout()
        if height == nil { state.fitHeight() }
        return state
    }
}

/// The picture, and how each of its panels fared.
package struct StillPicture: Sendable {
    package struct PanelOutcome: Hashable, Sendable {
        package enum State: Hashable, Sendable {
            case drawn
            /// Why there is nothing, where that was found out.
            case empty(String?)
            case failed(String)
            /// The time was up before its answer came.
            case unanswered
        }
        package var title: String
        /// Grafana's name of the kind.
        package var kind: String
        package var state: State
    }

    package var frame: Frame
    /// Of the panels that are on the picture, from top to bottom; rows are none.
    package var panels: [PanelOutcome]
    /// How many panels lie beneath the picture's end.
    package var panelsBelow: Int
    package var variables: [DashboardVariable]
    /// Of variables whose queries failed.
    package var notices: [String]
    /// Set when nobody was there to answer any question.
    package var silence: QueryFailure?
}

/// Asks every panel once and returns the picture; a panel that has no answer when `limit` returns says so.
///
/// - `height`: nil fits the whole dashboard, at least `Still.heightLeast` rows.
/// - `limit`: returns when the waiting is to end, such as after some seconds of sleep.
package func renderOnce(
    dashboard: Dashboard, backend: any QueryBackend, status: any StatusSource, width: Int, height: Int? = nil,
    capabilities: TerminalCapabilities, now: Timestamp, utcOffset: Milliseconds = .zero, range: Milliseconds? = nil,
    source: SessionLoop.Source? = nil, limit: @escaping @Sendable () async -> Void
) async -> Frame {
    var still = Still(dashboard, width: width, height: height, capabilities: capabilities, now: now)
    still.utcOffset = utcOffset
    still.range = range
    still.source = source
    return await renderOnce(still, backend: backend, status: status, limit: limit).frame
}

/// - `progress`: called with the panels that have their answers and those that were asked.
package func renderOnce(
    _ still: Still, backend: any QueryBackend, status: any StatusSource,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }, limit: @escaping @Sendable () async -> Void
) async -> StillPicture {
    var state = still.state()
    let effects = update(&state, .tick(still.now, utcOffset: still.utcOffset))
    let settled = await settle(
        &state, effects, fitsHeight: still.height == nil, backend: backend, status: status, progress: progress,
        limit: limit)
    let (panels, panelsBelow) = state.outcomes
    return StillPicture(
        frame: render(state), panels: panels, panelsBelow: panelsBelow, variables: state.document.variables,
        notices: settled.notices, silence: settled.silence)
}

/// What was learnt beside the panels' answers.
struct Settled: Sendable {
    /// Of variables whose queries failed.
    var notices: [String] = []
    /// Set when nobody was there to answer any question.
    var silence: QueryFailure?
}

/// Carries out effects, and what their answers give rise to, until every panel has its answer or `limit` returns.
///
/// - `fitsHeight`: the state's height is the dashboard's, which variables may change.
func settle(
    _ state: inout AppState, _ first: [Effect], fitsHeight: Bool, backend: any QueryBackend,
    status: any StatusSource, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in },
    limit: @escaping @Sendable () async -> Void
) async -> Settled {
    let (wakes, continuation) = AsyncStream.makeStream(of: Still.Wake.self)
    let mailbox = Mailbox(wake: { continuation.yield(.mail) })
    let queue = QuestionQueue(backend: backend, status: status, mailbox: mailbox, runningMax: 8)
    var tasks = [
        Task.detached {
            await limit()
            continuation.yield(.timeUp)
        }
    ]
    var effects = first
    /// By panel: the generation of the newest question. An older one that was cancelled for it has no answer.
    var asked: [Int: Int] = [:]
    var waitingFor = 0
    var settled = Settled()
    var silences = Silences()
    var wake = wakes.makeAsyncIterator()
    while true {
        for effect in effects {
            switch effect {
            case .query(let question):
                queue.ask(question)
                asked[question.panel] = question.generation
            case .fetchTargets:
                waitingFor += 1
                tasks.append(Task.detached { mailbox.post(.targets(await status.targets())) })
            case .resolveVariables(let question):
                waitingFor += 1
                tasks.append(Task.detached { mailbox.post(await question.answer(by: backend)) })
            // No key is pressed and no other screen is opened.
            default: continue
            }
        }
        effects = []
        progress(silences.answered, silences.answered + asked.count)
        guard waitingFor > 0 || !asked.isEmpty, await wake.next() == .mail else { break }
        for event in mailbox.drain() {
            switch event {
            case .answered(let panel, let generation, let answers, _, _, _):
                if asked[panel] == generation {
                    asked[panel] = nil
                    silences.take(answers)
                }
            case .variables(_, let words, _):
                settled.notices += words
                waitingFor -= 1
            case .targets: waitingFor -= 1
            // Nothing else was asked.
            default: break
            }
            effects += update(&state, event)
            if fitsHeight, state.fitHeight() { effects += state.questions() }
        }
    }
    queue.cancelAll()
    for task in tasks { task.cancel() }
    settled.silence = silences.ofAll
    return settled
}

/// Counts answers, and those that are none because nobody was there.
private struct Silences {
    private(set) var answered = 0
    private var count = 0
    private var first: QueryFailure?

    mutating func take(_ answers: PanelAnswers) {
        answered += 1
        for answer in answers.values {
            guard case .failure(let failure) = answer, failure.kind == .unavailable else { return }
            if first == nil { first = failure }
        }
        if !answers.isEmpty { count += 1 }
    }

    var ofAll: QueryFailure? { count == answered ? first : nil }
}

extension AppState {
    /// As many rows as the dashboard takes. True when that changed the size.
    @discardableResult
    mutating func fitHeight() -> Bool {
        let chrome = size.height - body.height
        let height = min(max(Still.heightLeast, contentHeight + chrome), Still.heightMost)
        let fitted = Size(width: size.width, height: height)
        guard fitted != size else { return false }
        size = fitted
        relayout()
        return true
    }

    fileprivate var outcomes: ([StillPicture.PanelOutcome], below: Int) {
        let shown = visiblePlacements.filter { !$0.panel.isRow }.sorted {
            ($0.rect.y, $0.rect.x) < ($1.rect.y, $1.rect.x)
        }
        let outcomes = shown.map { placement in
            StillPicture.PanelOutcome(
                title: placement.panel.title, kind: placement.panel.typeName, state: outcome(of: placement.panel))
        }
        return (outcomes, placements.count { !$0.panel.isRow } - shown.count)
    }

    private func outcome(of panel: Panel) -> StillPicture.PanelOutcome.State {
        guard let panelState = panels[panel.id], !panelState.isInFlight else { return .unanswered }
        guard panelState.plan?.queries.isEmpty == false else { return .drawn }
        let data = shownData(of: panel)
        if let failure = data.failure { return .failed(failure) }
        return data.isEmpty ? .empty(data.notices.first) : .drawn
    }
}
