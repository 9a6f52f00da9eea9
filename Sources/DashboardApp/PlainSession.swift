// `--plain`: the dashboard as sentences, and commands as lines. No screen, no boxes, nothing that moves.
// Stands where SessionLoop stands, over the same state and questions; the command brings lines and prints answers.

import Dashboards
import Frames
import MetricModel
import PromQLSyntax
import Querying

package final class PlainSession {
    /// What one line is answered with.
    package struct Reply: Sendable {
        package var lines: [String]
        package var isEnd = false
        /// Set by `every`: from now on everything is said so often; zero: no longer.
        package var every: Milliseconds?

        package init(_ lines: [String]) { self.lines = lines }
    }

    private var state: AppState
    private let backend: any QueryBackend
    private let status: any StatusSource
    private let now: @Sendable () -> Timestamp
    private let utcOffset: @Sendable (Timestamp) -> Milliseconds
    private let limit: @Sendable () async -> Void
    /// The panel that is read alone, by its place; nil: all are.
    private var place: Int?

    package static let everyLeast = Milliseconds.seconds(1)
    private static let widthCells = 120

    /// - `limit`: returns when the waiting for answers is to end, such as after some seconds of sleep.
    package init(
        dashboard: Dashboard, backend: any QueryBackend, status: any StatusSource, settings: SessionLoop.Settings,
        now: @escaping @Sendable () -> Timestamp, utcOffset: @escaping @Sendable (Timestamp) -> Milliseconds,
        limit: @escaping @Sendable () async -> Void
    ) {
        self.backend = backend
        self.status = status
        self.now = now
        self.utcOffset = utcOffset
        self.limit = limit
        let moment = now()
        state = AppState(
            dashboard: dashboard, size: Size(width: Self.widthCells, height: Still.heightLeast),
            capabilities: TerminalCapabilities(colors: .none), now: moment, utcOffset: utcOffset(moment),
            range: settings.range)
        state.isStill = true
        if let wanted = settings.appearance.isInUTC, wanted != state.isInUTC { state.toggleUTC() }
        if let source = settings.source { state.take(source) }
        if settings.range == nil, let start = settings.dataStart { state.time.startGrowing(since: start, now: moment) }
        _ = state.perform(.expandRows)
        state.relayout()
        state.fitHeight()
    }

    // MARK: Commands

    private static let commands: [(name: String, arguments: String, help: String)] = [
        ("all", "", "every panel"),
        ("next", "", "the next panel; Enter reads it again"),
        ("previous", "", "the panel before"),
        ("panel", "NAME", "one panel by its name, the begin of it, or its number, with all it has"),
        ("panels", "", "the panels' names and numbers"),
        ("tabs", "", "the dashboard's tabs"),
        ("tab", "NAME", "the panels of another tab, by its name, the begin of it, or its number"),
        ("range", "LENGTH", "another time, such as 1h, or 2026-01-31 10:00 to 2026-01-31 12:00"),
        ("alerts", "", "what is firing or pending"),
        ("targets", "", "what is scraped, and how it fares"),
        ("variables", "", "the dashboard's variables"),
        ("set", "NAME=VALUE", "another value of a variable"),
        ("every", "LENGTH", "say it again so often, everything or the panel at hand; every off stops it"),
        ("help", "", "this list"),
        ("quit", "", "end; so does the end of the input"),
    ]

    /// The first thing said.
    package func begin() async -> Reply { await again(isFirst: true) }

    /// An empty line says the same again, with new values.
    package func answer(_ line: String) async -> Reply {
        let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
        guard let typed = words.first?.lowercased() else { return await again() }
        let rest = words.dropFirst().joined(separator: " ")
        let names = Self.commands.map(\.name)
        let beginning = names.filter { $0.hasPrefix(typed) }
        // `n` is next, as `p` is previous: panel and panels are not read one after the other.
        let short = [
            "p": "previous", "n": "next", "q": "quit", "h": "help", "?": "help", "exit": "quit", "t": "targets",
            "ta": "targets",
        ]
        let name = short[typed] ?? (names.contains(typed) ? typed : beginning.count == 1 ? beginning[0] : typed)
        switch name {
        case "all":
            place = nil
            return await again()
        case "next": return await move(by: 1)
        case "previous": return await move(by: -1)
        case "panel": return await choose(rest)
        case "panels": return Reply(panels.enumerated().map { "\($0 + 1). \($1.title.spoken)" })
        case "tabs": return tabs()
        case "tab": return await showTab(rest)
        case "range": return await change(rest)
        case "alerts": return await alerts()
        case "targets": return await targets()
        case "variables": return variables()
        case "set": return await set(rest)
        case "every": return every(rest)
        case "help":
            return Reply(
                ["Enter says the same again with new values. Commands, of which the begin is enough:"]
                    + Self.commands.map { command in
                        "\(command.name)\(command.arguments.isEmpty ? "" : " " + command.arguments): \(command.help)."
                    })
        case "quit":
            var reply = Reply([])
            reply.isEnd = true
            return reply
        default:
            let near = NearestName.of(typed, among: names) ?? beginning.first
            let hint = near.map { "Did you mean \($0)?" } ?? "help lists the commands."
            return Reply(["There is no command \(typed.spoken). \(hint)"])
        }
    }

    /// Panels from top to bottom; rows are none.
    private var panels: [Panel] {
        state.placements.filter { !$0.panel.isRow }.sorted { ($0.rect.y, $0.rect.x) < ($1.rect.y, $1.rect.x) }
            .map(\.panel)
    }

    private func move(by step: Int) async -> Reply {
        let count = panels.count
        guard count > 0 else { return await again() }
        place = ((place ?? (step > 0 ? -1 : 0)) + step + count) % count
        return await again()
    }

    private func choose(_ name: String) async -> Reply {
        guard !name.isEmpty else { return Reply(["Which panel? panels lists them."]) }
        let titles = panels.map { $0.title.lowercased() }
        let wanted = name.lowercased()
        let number = Int(name).flatMap { titles.indices.contains($0 - 1) ? $0 - 1 : nil }
        let found =
            titles.firstIndex(of: wanted) ?? number ?? titles.firstIndex { $0.hasPrefix(wanted) }
            ?? titles.firstIndex { $0.contains(wanted) }
        guard let found else {
            let near = NearestName.of(wanted, among: titles).flatMap { titles.firstIndex(of: $0) }
            let hint = near.map { "Did you mean \(panels[$0].title.spoken)?" } ?? "panels lists them."
            return Reply(["There is no panel \(name.spoken). \(hint)"])
        }
        place = found
        return await again()
    }

    private func tabs() -> Reply {
        let tabs = state.document.tabs
        guard !tabs.isEmpty else { return Reply(["This dashboard has no tabs."]) }
        return Reply(
            tabs.enumerated().map {
                "\($0 + 1). \($1.spoken)" + ($0 == state.activeTab ? ", the one that is read." : "")
            })
    }

    private func showTab(_ name: String) async -> Reply {
        let tabs = state.document.tabs.map { $0.lowercased() }
        guard !tabs.isEmpty else { return Reply(["This dashboard has no tabs."]) }
        guard !name.isEmpty else { return Reply(["Which tab? tabs lists them."]) }
        let wanted = name.lowercased()
        let number = Int(name).flatMap { tabs.indices.contains($0 - 1) ? $0 - 1 : nil }
        guard let found = tabs.firstIndex(of: wanted) ?? number ?? tabs.firstIndex(where: { $0.hasPrefix(wanted) })
        else {
            let near = NearestName.of(wanted, among: tabs).flatMap { tabs.firstIndex(of: $0) }
            let hint = near.map { "Did you mean \(state.document.tabs[$0].spoken)?" } ?? "tabs lists them."
            return Reply(["There is no tab \(name.spoken). \(hint)"])
        }
        place = nil
        state.showTab(found)
        state.relayout()
        state.fitHeight()
        return await again()
    }

    private func change(_ text: String) async -> Reply {
        guard !text.isEmpty else { return Reply([rangeWords]) }
        state.now = now()
        state.message = nil
        guard state.setRange(text) else { return Reply([state.message?.text.spoken ?? ""]) }
        return await again()
    }

    private func every(_ text: String) -> Reply {
        if text == "off" {
            var reply = Reply(["Said only when asked."])
            reply.every = .zero
            return reply
        }
        guard let length = Milliseconds(parsing: text), length >= Self.everyLeast else {
            return Reply(["every wants a length from 1s on, such as 1m, or off."])
        }
        var reply = Reply(["Said again every \(length.inWords)."])
        reply.every = length
        return reply
    }

    // MARK: What is not on the dashboard

    private func alerts() async -> Reply {
        switch await activeAlerts(from: status, backend, now: now()) {
        case .failure(let failure): return Reply(["Alerts: failed: \(failure.description.spoken)"])
        case .success(let alerts):
            let active = alerts.filter { $0.state != .inactive }
            guard !active.isEmpty else { return Reply(["No alert is pending or firing."]) }
            let firing = active.count { $0.state == .firing }
            return Reply(
                ["\(firing) firing, \(active.count - firing) pending."]
                    + active.sorted { ($0.state == .firing ? 0 : 1) < ($1.state == .firing ? 0 : 1) }.prefix(100).map {
                        alert in
                        let since = alert.activeAt.map { " for \(max(.zero, now() - $0).inWords)" } ?? ""
                        let labels = alert.labels.without(["alertname"])
                        let rest = labels.isEmpty ? "" : ", " + labels.description.spoken
                        return "\((alert.labels["alertname"] ?? "An alert").spoken) is \(alert.state)\(since)\(rest)."
                    })
        }
    }

    private func targets() async -> Reply {
        let targets: [TargetStatus]
        do throws(QueryFailure) {
            targets = try await status.listedTargets()
        } catch {
            return Reply(["The targets are not known: \(error.description.spoken)."])
        }
        guard !targets.isEmpty else { return Reply(["There are no targets."]) }
        let up = targets.count { $0.health == .up }
        return Reply(
            ["\(up) of \(PanelSentences.counted(targets.count, "target")) up."]
                + targets.sorted { $0.health != .up && $1.health == .up }.prefix(100).map { target in
                    let age = target.lastScrape.map { ", scraped \(max(.zero, now() - $0).inWords) ago" } ?? ""
                    let error = target.lastError.isEmpty ? "" : ": \(target.lastError.spoken)"
                    let health = target.health == .unknown ? "not yet scraped" : "\(target.health)"
                    return "\(target.url.spoken) is \(health)\(age)\(error)."
                })
    }

    private func variables() -> Reply {
        let variables = state.visibleVariables
        guard !variables.isEmpty else { return Reply(["This dashboard has no variables."]) }
        return Reply(
            variables.map { variable in
                let options = variable.options.prefix(20).map { variable.shownText(of: $0).spoken }
                let more = variable.options.count > 20 ? " and \(variable.options.count - 20) more" : ""
                let choice = options.isEmpty ? "" : "; may be \(options.joined(separator: ", "))\(more)"
                return "\(variable.name.spoken) is \(variable.shownValues.spoken)\(choice)."
            })
    }

    private func set(_ text: String) async -> Reply {
        guard let mark = text.firstIndex(of: "=") else { return Reply(["set wants NAME=VALUE; variables lists them."]) }
        let name = text[..<mark].filter { $0 != " " }
        let value = String(text[text.index(after: mark)...].drop { $0 == " " })
        guard let variable = state.visibleVariables.first(where: { $0.name == name }) else {
            let near = NearestName.of(name, among: state.visibleVariables.map(\.name))
            return Reply([
                "There is no variable \(name.spoken). "
                    + (near.map { "Did you mean \($0)?" } ?? "variables lists them.")
            ])
        }
        let options = variable.options
        let option = options.first { $0 == value || variable.shownText(of: $0) == value }
        guard option != nil || options.isEmpty else {
            return Reply(["\(name) cannot be \(value.spoken); variables says what it may be."])
        }
        state.set(name, to: [option ?? value])
        return await again()
    }

    // MARK: Saying

    private var rangeWords: String {
        let range = state.time.range(now: state.now)
        let clock =
            ClockText.date(range.end, offset: state.utcOffset) + " "
            + ClockText.time(range.end, offset: state.utcOffset)
        return state.time.isLive
            ? "The last \(range.length.inWords), until \(clock)." : "\(range.length.inWords) until \(clock)."
    }

    private func again(isFirst: Bool = false) async -> Reply {
        await ask()
        let clock = DisplayClock(now: state.now, offset: state.utcOffset)
        func sentences(_ panel: Panel, _ length: PanelSentences.Length) -> [String] {
            let lines = PanelSentences(
                panel: panel, data: state.shownData(of: panel), length: length, clock: clock
            ).lines
            // Who listens cannot see that a picture is an older one.
            let isOld = state.panels[panel.id]?.isInFlight == true && state.panels[panel.id]?.data != nil
            return isOld ? lines + ["  There was no answer in time: that was what the last one said."] : lines
        }
        if let place, panels.indices.contains(place) {
            let panel = panels[place]
            var lines = ["Panel \(place + 1) of \(panels.count)."] + sentences(panel, .full)
            if !panel.description.isEmpty { lines.append("  Description: \(panel.description.spoken)") }
            return Reply(lines)
        }
        let tabs = state.document.tabs
        let tab = tabs.indices.contains(state.activeTab) ? ", tab \(tabs[state.activeTab].spoken)" : ""
        var lines = ["\(state.shown.title.spoken)\(tab). \(rangeWords)"]
        if let silence = state.sourceFailure, let name = state.sourceName {
            lines.append("\(name.spoken) does not answer (\(silence)).")
        }
        if !state.targets.isEmpty, state.sourceName == nil {
            lines[0] += " \(state.targetsUp) of \(PanelSentences.counted(state.targets.count, "target")) up."
        }
        let order = state.placements.sorted { ($0.rect.y, $0.rect.x) < ($1.rect.y, $1.rect.x) }
        for placement in order { lines += sentences(placement.panel, .brief) }
        if panels.isEmpty { lines.append("This dashboard has no panels.") }
        if isFirst { lines.append("Enter says this again with new values; help lists the commands.") }
        return Reply(lines)
    }

    /// Every panel anew, until each has its answer or the time is up.
    private func ask() async {
        let moment = now()
        var asked = state
        asked.revision += 1
        // What was given up last time is asked anew.
        asked.isFetchingTargets = false
        asked.isResolvingVariables = false
        let effects = update(&asked, .tick(moment, utcOffset: utcOffset(moment)))
        _ = await settle(&asked, effects, fitsHeight: true, backend: backend, status: status, limit: limit)
        state = asked
    }
}
