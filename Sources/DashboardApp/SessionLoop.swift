// The loop that owns the state: waits for input, answers and time, updates, draws, and sends effects on their way.
// Stands between a Terminal, a QueryBackend and a StatusSource; runs on the thread that calls run().

import Dashboards
import Frames
import MetricModel
import Querying
import Synchronization

/// Events from other threads, in order, and the call that wakes the loop for them.
final class Mailbox: Sendable {
    private let events = Mutex<[AppEvent]>([])
    private let wake: @Sendable () -> Void

    init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

    func post(_ event: AppEvent) {
        events.withLock { $0.append(event) }
        wake()
    }
    func drain() -> [AppEvent] {
        events.withLock { events in
            defer { events = [] }
            return events
        }
    }
}

package final class SessionLoop {
    package struct Settings: Sendable {
        /// Nil: the dashboard's own range and refresh.
        package var range: Milliseconds?
        package var refresh: Milliseconds?
        /// Of a dashboard that names none.
        package var refreshDefault = Milliseconds.seconds(1)
        /// Panels asked at one time; more wait their turn.
        package var questionsMax = 8
        /// Of a store that this process fills itself: nothing is older. The dashboard's range is grown into, and new
        /// samples are shown as they come. Nil: the dashboard's range and refresh.
        package var dataStart: Timestamp?
        /// The server that is asked, and how often it scrapes; nil: this process's own data.
        package var source: Source?
        /// What the numbers are read from, where no target is scraped: what is waited for, and the top line's words.
        package var input: String?
        /// Dashboards that links may lead to beside the one that is shown first.
        package var library: [Dashboard] = []
        /// Queries of earlier runs, the oldest first.
        package var history: [String] = []
        /// Called on the loop's thread with each query that is run.
        package var remember: @Sendable (String) -> Void = { _ in }
        /// Said on the screen as they come.
        package var notices: AsyncStream<Notice>?
        /// Of the time before the first screen, for the log.
        package var said: [Notice] = []
        /// Moments that other programs mark, as they come.
        package var marks: AsyncStream<SessionMark>?
        /// Its end ends the session.
        package var ending: AsyncStream<Void>?
        package var appearance = Appearance()
        /// The panel that has the whole screen first.
        package var fullScreen: Int?
        /// Which series automatic dashboards are made of; empty: all.
        package var matchers: [Matcher] = []
        /// Writes a text to a file, or says why not; the last argument allows to replace one. Called off the loop's thread.
        package var save: @Sendable (String, _ path: String, _ replaces: Bool) -> Notice = { _, _, _ in
            Notice("nothing can be written from here", isError: true)
        }
        /// What else serves metrics near by; found while the screen is there already.
        package var offers: @Sendable () async -> [Offer] = { [] }
        /// Begins to scrape one of them, and makes a dashboard of what it says.
        package var open: @Sendable (Offer) async -> Result<Dashboard, QueryFailure> = { offer in
            .failure(QueryFailure(.unavailable, "\(offer.address): nothing can be opened from here"))
        }
        /// Dashboards that come with the program and are not loaded, and how one is read, with those its links lead to.
        package var shelf: [ShelvedDashboard] = []
        package var unshelve: @Sendable (ShelvedDashboard) -> Result<[UnshelvedDashboard], QueryFailure> = { one in
            .failure(QueryFailure(.notFound, "\(one.name): cannot be read from here"))
        }
        package init(range: Milliseconds? = nil, refresh: Milliseconds? = nil, dataStart: Timestamp? = nil) {
            self.range = range
            self.refresh = refresh
            self.dataStart = dataStart
        }
    }

    /// A server with data of its own.
    package struct Source: Sendable {
        /// Host and port, or what else is short enough for the top line.
        package var name: String
        package var scrapeInterval: Milliseconds
        package init(name: String, scrapeInterval: Milliseconds) {
            self.name = name
            self.scrapeInterval = scrapeInterval
        }
    }

    package private(set) var state: AppState
    private let terminal: any Terminal
    private let status: any StatusSource
    private let backend: any QueryBackend
    private let now: @Sendable () -> Timestamp
    private let utcOffset: @Sendable (Timestamp) -> Milliseconds
    private let mailbox: Mailbox
    private let asking: QuestionQueue
    private let remember: @Sendable (String) -> Void
    private let save: @Sendable (String, String, Bool) -> Notice
    private let matchers: [Matcher]
    private let unshelve: @Sendable (ShelvedDashboard) -> Result<[UnshelvedDashboard], QueryFailure>
    private let open: @Sendable (Offer) async -> Result<Dashboard, QueryFailure>
    private var otherTasks: [Task<Void, Never>] = []
    private var renderer = Renderer()
    private var shown: Frame?
    private var drawnAt = Timestamp.distantPast
    private var tickedAt = Timestamp.distantPast
    private var isDirty = true
    private var isEnded = false

    /// Least time between two frames: 30 a second for data, twice as many under a key.
    private static let framesApart = Milliseconds(33)
    private static let framesApartUnderInput = Milliseconds(16)

    /// - `now`: the wall clock, in steps of a millisecond.
    /// - `utcOffset`: local time minus UTC at a moment.
    package init(
        dashboard: Dashboard, terminal: any Terminal, backend: any QueryBackend, status: any StatusSource,
        settings: Settings = Settings(), now: @escaping @Sendable () -> Timestamp,
        utcOffset: @escaping @Sendable (Timestamp) -> Milliseconds = { _ in .zero }
    ) {
        self.terminal = terminal
        self.backend = backend
        self.status = status
        self.now = now
        self.utcOffset = utcOffset
        remember = settings.remember
        save = settings.save
        matchers = settings.matchers
        open = settings.open
        unshelve = settings.unshelve
        mailbox = Mailbox(wake: terminal.wake)
        asking = QuestionQueue(
            backend: backend, status: status, mailbox: mailbox, runningMax: settings.questionsMax,
            explanationAge: settings.source == nil
                ? QuestionQueue.explanationAgeEmbedded : QuestionQueue.explanationAgeRemote)
        let moment = now()
        state = AppState(
            dashboard: dashboard, size: terminal.size, capabilities: terminal.capabilities, now: moment,
            utcOffset: utcOffset(moment), range: settings.range, refresh: settings.refresh,
            refreshDefault: settings.refreshDefault)
        state.explore.begin(with: settings.history)
        state.followsScrapes = settings.dataStart != nil
        state.dataStart = settings.dataStart
        state.library = [dashboard] + settings.library
        state.shelf = settings.shelf
        state.inputName = settings.input
        state.take(settings.appearance)
        state.fullScreen = settings.fullScreen
        if let source = settings.source { state.take(source) }
        for notice in settings.said { state.note(notice) }
        if let notices = settings.notices {
            start { [mailbox] in
                for await notice in notices { mailbox.post(.notice(notice)) }
            }
        }
        if let marks = settings.marks {
            start { [mailbox] in
                for await mark in marks { mailbox.post(.mark(mark.text, at: mark.time)) }
            }
        }
        start { [mailbox, offers = settings.offers] in
            let found = await offers()
            if !found.isEmpty { mailbox.post(.offered(found)) }
        }
        if let ending = settings.ending {
            start { [mailbox] in
                for await _ in ending {}
                if !Task.isCancelled { mailbox.post(.end) }
            }
        }
        if settings.range == nil, let start = settings.dataStart { state.time.startGrowing(since: start, now: moment) }
    }

    /// Until the user quits. The terminal stays open: whoever made it closes it.
    package func run() {
        while !isEnded { turn() }
        asking.cancelAll()
        for task in otherTasks { task.cancel() }
    }

    /// One round: wait, update, draw. Apart from `run` for tests.
    package func turn() {
        let moment = now()
        let inputs = InputEvent.withoutPassedDrags(terminal.waitForInput(timeoutMilliseconds: timeout(at: moment)))
        let events = inputs.map(AppEvent.input) + mailbox.drain()
        let later = now()
        if isTickDue(at: later) {
            tickedAt = later
            take(.tick(later, utcOffset: utcOffset(later)))
        }
        for event in events { take(event) }
        if isEnded { return }
        draw(at: later, underInput: !inputs.isEmpty)
    }

    private func take(_ event: AppEvent) {
        isDirty = true
        for effect in update(&state, event) { perform(effect) }
    }

    private func perform(_ effect: Effect) {
        switch effect {
        case .query(let question): asking.ask(question)
        case .fetchTargets:
            start { [status, mailbox] in mailbox.post(.targets(await status.targets())) }
        case .fetchAlerts:
            start { [status, backend, mailbox, now] in
                mailbox.post(.alerts(await activeAlerts(from: status, backend, now: now())))
            }
        case .fetchListedTargets:
            start { [status, mailbox] in
                do throws(QueryFailure) {
                    mailbox.post(.listedTargets(.success(try await status.listedTargets())))
                } catch {
                    mailbox.post(.listedTargets(.failure(error)))
                }
            }
        case .fetchPage(let target):
            start { [status, mailbox] in
                do throws(QueryFailure) {
                    mailbox.post(.page(.success(PageLines(try await status.page(of: target))), of: target))
                } catch {
                    mailbox.post(.page(.failure(error), of: target))
                }
            }
        case .fetchWords(let question, let range):
            start { [backend, mailbox] in
                mailbox.post(.words(await words(question, from: backend, over: range), of: question))
            }
        case .fetchMetrics(let range):
            start { [backend, mailbox] in mailbox.post(.metrics(await metrics(from: backend, over: range))) }
        case .fetchCourses(let names, let counters, let range):
            start { [backend, mailbox] in
                mailbox.post(.courses(await courses(of: names, counters: counters, from: backend, over: range)))
            }
        case .resolveVariables(let question):
            start { [backend, mailbox] in mailbox.post(await question.answer(by: backend)) }
        case .open(let offer): start { [open, mailbox] in mailbox.post(.opened(offer, await open(offer))) }
        case .unshelve(let one): start { [unshelve, mailbox] in mailbox.post(.unshelved(unshelve(one))) }
        case .makeAutomatic:
            start { [backend, mailbox, now, matchers] in
                let title = matchers.isEmpty ? "Metrics" : matchers.map(\.description).joined(separator: ", ")
                mailbox.post(
                    .automatic(await automaticDashboard(of: backend, matchers: matchers, title: title, now: now())))
            }
        case .save(let text, let path, let replaces):
            start { [save, mailbox] in mailbox.post(.notice(save(text, path, replaces))) }
        case .cancel(let panels): asking.cancel(panels)
        case .remember(let query): remember(query)
        case .redraw:
            terminal.redraw()
            shown = nil
        case .suspend:
            terminal.suspend()
            shown = nil
            // The window may have changed meanwhile, and nobody listened.
            if terminal.size != state.size { take(.input(.resize(terminal.size))) }
        case .setMouse(let isOn): terminal.setMouse(isOn)
        case .copy(let text): terminal.copy(text)
        case .quit: isEnded = true
        }
    }

    private func start(_ body: @escaping @Sendable () async -> Void) {
        // At most one of each kind is under way, so this list stays short.
        if otherTasks.count > 16 { otherTasks.removeFirst(8) }
        otherTasks.append(Task.detached { await body() })
    }

    // MARK: Time

    /// The clock on the top line, and refreshes: each second, more often when the refresh is shorter.
    private var tickInterval: Int64 { max(50, min(1000, state.refreshNow?.count ?? 1000)) }

    private func isTickDue(at moment: Timestamp) -> Bool {
        let interval = tickInterval
        if moment < tickedAt || tickedAt == .distantPast { return true }
        return moment.milliseconds / interval != tickedAt.milliseconds / interval
    }

    private func timeout(at moment: Timestamp) -> Int {
        if tickedAt == .distantPast { return 0 }
        let interval = tickInterval
        var wait = interval - moment.milliseconds % interval
        if isDirty { wait = min(wait, max(0, (drawnAt + Self.framesApart - moment).count)) }
        return Int(max(0, min(wait, interval)))
    }

    private func draw(at moment: Timestamp, underInput: Bool) {
        guard isDirty else { return }
        let apart = underInput ? Self.framesApartUnderInput : Self.framesApart
        // A clock that was set back must not stop the drawing.
        if moment >= drawnAt, moment < drawnAt + apart { return }
        isDirty = false
        let frame = renderer.render(state)
        if frame == shown { return }
        terminal.present(frame)
        shown = frame
        drawnAt = moment
    }
}

extension AppState {
    mutating func take(_ source: SessionLoop.Source) {
        sourceName = source.name
        scrapeIntervalGiven = source.scrapeInterval
    }
}
