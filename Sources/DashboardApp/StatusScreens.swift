// Targets, alerts, and what the program said: the lists that come from the process, not from queries.
// Entries and details for ListScreen.

import Dashboards
import Frames
import MetricModel
import Querying

/// Something the program said, and when.
struct LoggedNotice: Hashable, Sendable {
    var time: Timestamp
    var notice: Notice
}

extension AppState {
    // MARK: Targets

    var listedTargets: [TargetStatus] { sourceName == nil ? targets : serverTargets }

    mutating func take(listedTargets outcome: Result<[TargetStatus], QueryFailure>) {
        isFetchingServerTargets = false
        listRevision += 1
        switch outcome {
        case .success(let targets):
            serverTargetsAreKnown = true
            serverTargetsFailure = nil
            serverTargets = targets
        case .failure(let failure):
            serverTargetsFailure = "the server does not list its targets: \(failure)"
            // What it said last is still the best there is.
            if !serverTargets.isEmpty { complain(failure) }
        }
    }

    static let targetColumns = [
        ListColumn(title: "State"), ListColumn(title: "Job"), ListColumn(title: "Target", mayShrink: true),
        ListColumn(title: "Scraped", isNumber: true), ListColumn(title: "Took", isNumber: true),
        ListColumn(title: "Samples", isNumber: true), ListColumn(title: "Error", mayShrink: true),
    ]

    func searchedInTarget(_ index: Int) -> String {
        let target = listedTargets[index]
        return "\(target.health) \(target.scrapePool) \(target.url) \(target.labels) \(target.lastError)"
    }

    func targetEntry(_ index: Int) -> ListEntry {
        let target = listedTargets[index]
        let health: StyledText =
            switch target.health {
            case .up: StyledText("● up", chrome.good)
            case .down: StyledText("✗ down", chrome.bad)
            case .unknown: StyledText("… waiting", chrome.warning)
            }
        let age = target.lastScrape.map { max(.zero, now - $0).inWholeSeconds }
        return ListEntry(
            cells: [
                health, StyledText(target.scrapePool), StyledText(target.url),
                StyledText(age.map { "\($0) ago" } ?? "—", chrome.dim),
                StyledText(target.lastScrape == nil ? "—" : "\(target.lastScrapeDuration)"),
                // A server does not tell.
                StyledText(target.lastScrape == nil || sourceName != nil ? "—" : "\(target.samplesScraped)"),
                StyledText(target.lastError, chrome.bad),
            ], index: index)
    }

    func targetDetail(_ index: Int) -> [StyledText] {
        guard listedTargets.indices.contains(index) else { return [] }
        let target = listedTargets[index]
        var lines = [StyledText(target.url, chrome.bold)]
        if !target.lastError.isEmpty { lines.append(StyledText("✗ " + target.lastError, chrome.bad)) }
        lines.append(
            StyledText("every \(target.interval), at most \(target.timeout)", chrome.dim))
        lines += self.lines(of: target.labels, title: "Labels")
        return lines + self.lines(of: target.discoveredLabels, title: "Before relabelling")
    }

    // MARK: Alerts

    static let alertColumns = [
        ListColumn(title: "State"), ListColumn(title: "Alert"), ListColumn(title: "Since", isNumber: true),
        ListColumn(title: "Value", isNumber: true), ListColumn(title: "Labels", mayShrink: true),
    ]

    func alertEntry(_ index: Int) -> ListEntry {
        let alert = alerts[index]
        let state: StyledText =
            switch alert.state {
            case .firing: StyledText("▲ firing", chrome.bad)
            case .pending: StyledText("● pending", chrome.warning)
            case .inactive: StyledText("  inactive", chrome.dim)
            }
        let since = alert.activeAt.map { "\(max(.zero, now - $0).inWholeSeconds)" } ?? "—"
        return ListEntry(
            cells: [
                state, StyledText(alert.labels["alertname"] ?? "", chrome.bold), StyledText(since),
                StyledText(alert.value.isNaN ? "—" : JSONValue.text(of: alert.value)),
                StyledText(alert.labels.description, chrome.dim),
            ], index: index)
    }

    func alertDetail(_ index: Int) -> [StyledText] {
        guard alerts.indices.contains(index) else { return [] }
        return lines(of: alerts[index].annotations, title: "Annotations")
            + lines(of: alerts[index].labels, title: "Labels")
    }

    mutating func take(alerts: [AlertStatus]) {
        alertsAreKnown = true
        isFetchingAlerts = false
        listRevision += 1
        // What is firing comes first, the oldest of it on top.
        self.alerts = alerts.sorted { left, right in
            let (a, b) = (left.state == .firing ? 0 : 1, right.state == .firing ? 0 : 1)
            return a == b ? (left.activeAt ?? now) < (right.activeAt ?? now) : a < b
        }
    }

    // MARK: The log

    static let logColumns = [ListColumn(title: "Time"), ListColumn(title: "Message", mayShrink: true)]
    static let logMost = 1000

    func logEntry(_ index: Int) -> ListEntry {
        let line = log[index]
        return ListEntry(
            cells: [
                StyledText(ClockText.time(line.time, offset: utcOffset), chrome.dim),
                StyledText(line.notice.text, line.notice.isError ? chrome.bad : chrome.plain),
            ], index: index)
    }

    func logDetail(_ index: Int) -> [StyledText] {
        guard log.indices.contains(index) else { return [] }
        let line = log[index]
        let lines = [
            StyledText(
                ClockText.date(line.time, offset: utcOffset) + " " + ClockText.time(line.time, offset: utcOffset),
                chrome.dim)
        ]
        return lines + broken(line.notice.text)
    }

    /// A list that cannot be asked for: said once, not with every round.
    mutating func complain(_ failure: QueryFailure) {
        let notice = Notice(failure.description, isError: true)
        guard log.last?.notice != notice else { return }
        message = Message(text: notice.text, isError: true)
        note(notice)
    }

    mutating func note(_ notice: Notice) {
        log.append(LoggedNotice(time: now, notice: notice))
        listRevision += 1
        if log.count > Self.logMost { log.removeFirst(log.count - Self.logMost) }
    }
}

/// The alerts of rules in this process; else those that the series `ALERTS` tell of, as every server with rules writes them.
func activeAlerts(
    from status: any StatusSource, _ backend: any QueryBackend, now: Timestamp
) async -> Result<[AlertStatus], QueryFailure> {
    let own = await status.alerts()
    if !own.isEmpty { return .success(own) }
    do throws(QueryFailure) {
        let active = try await backend.instant(InstantRequest(query: "ALERTS", time: now))
        guard case .vector(let elements) = active.value, !elements.isEmpty else { return .success([]) }
        let since = try await backend.instant(InstantRequest(query: "ALERTS_FOR_STATE", time: now))
        var starts: [LabelSet: Timestamp] = [:]
        if case .vector(let times) = since.value {
            for element in times {
                guard case .float(let seconds) = element.value, seconds.magnitude < 1e12 else { continue }
                starts[element.labels.withoutMetricName] = Timestamp(seconds: seconds)
            }
        }
        return .success(
            elements.map { element in
                let labels = element.labels.withoutMetricName.without(["alertstate"])
                return AlertStatus(
                    labels: labels, state: AlertStatus.State(rawValue: element.labels["alertstate"] ?? "") ?? .firing,
                    activeAt: starts[labels], value: .nan)
            })
    } catch {
        return .failure(error)
    }
}
