// `:auto`: a dashboard of whatever metrics there are, made anew in its place; and `:write`, which keeps any dashboard.
// AutomaticDashboards decides what is shown; the loop asks and writes.

import AutomaticDashboards
import Dashboards
import MetricModel
import Querying

extension Dashboard {
    package static let automaticUID = "automatic"
    var isAutomatic: Bool { uid == Self.automaticUID }
}

/// - `matchers`: which series are meant; empty: all.
package func automaticDashboard(
    of backend: any QueryBackend, matchers: [Matcher] = [], title: String, now: Timestamp
) async -> Result<Dashboard, QueryFailure> {
    do throws(QueryFailure) {
        let survey = try await MetricSurvey.ask(backend, matchers: matchers, at: now)
        return .success(AutomaticDashboard(title: title, survey: survey, matchers: matchers).dashboard())
    } catch {
        return .failure(error)
    }
}

extension AppState {
    /// How long after the last look the names are asked for again.
    private static let newMetricsAge = Milliseconds.seconds(15)

    mutating func makeAutomatic() -> [Effect] {
        guard !isMakingAutomatic else { return [] }
        isMakingAutomatic = true
        return [.makeAutomatic]
    }

    /// In the place of an older one, with the rows as they were and the same panel in focus; else beside what is shown.
    mutating func take(automatic outcome: Result<Dashboard, QueryFailure>) {
        isMakingAutomatic = false
        switch outcome {
        case .failure(let failure): complain(failure)
        case .success(var made):
            automaticNames = nil
            metricsAskedAt = nil
            guard document.isAutomatic else {
                made.refresh = refresh ?? made.refresh
                library.removeAll(where: \.isAutomatic)
                library.append(made)
                visit(made, time: time)
                return
            }
            made.title = document.title
            made.setTime(from: document.timeFrom, to: document.timeTo, refresh: document.refresh)
            library = library.map { $0.isAutomatic ? made : $0 }
            renew(made)
        }
    }

    private mutating func renew(_ made: Dashboard) {
        let opened = Dictionary(
            document.panels.filter(\.isRow).map { ($0.title, $0.kind.isCollapsedRow != toggledRows.contains($0.id)) },
            uniquingKeysWith: { $1 })
        let focused = focus.flatMap { panel($0) }.map(\.title)
        let (range, row, asked) = (time, scroll, refresh)
        show(made, time: range)
        refresh = asked
        let toggled = made.panels.filter { row in
            row.isRow && opened[row.title].map { $0 != row.kind.isCollapsedRow } ?? false
        }
        toggledRows = Set(toggled.map(\.id))
        if let place = placements.first(where: { $0.panel.title == focused }) { focus = place.panel.id }
        scroll = row
        keepScrollValid()
    }

    // MARK: What came since

    /// While an automatic dashboard of this process's own data is on the screen: are there metrics that it lacks?
    mutating func newMetricQuestions() -> [Effect] {
        guard document.isAutomatic, !isStill, sourceName == nil, firstScrape != nil, !isFetchingMetrics,
            isOld(metricsAskedAt, automaticNames == nil ? .seconds(2) : Self.newMetricsAge)
        else { return [] }
        isFetchingMetrics = true
        isFetchUnasked = true
        metricsAskedAt = now
        return [.fetchMetrics(time.range(now: now))]
    }

    mutating func lookForNewMetrics(_ metrics: [MetricEntry]) {
        guard document.isAutomatic, !isStill, sourceName == nil else { return }
        let names = Set(metrics.map(\.name))
        guard let known = automaticNames else {
            automaticNames = names
            return
        }
        let count = names.subtracting(known).count
        guard count > 0 else { return }
        // Said once; those that go and come again are no news.
        automaticNames = known.union(names)
        message = Message(
            text: "\(count) new \(count == 1 ? "metric" : "metrics"); :auto makes the dashboard anew", isError: false)
    }

    // MARK: Writing

    mutating func write(to name: String, replaces: Bool) -> [Effect] {
        let path = name.isEmpty ? Self.fileName(of: document.title) : name
        do {
            guard let text = try document.text(forFile: path) else {
                message = Message(text: "this dashboard has no document to write", isError: true)
                return []
            }
            return [.save(text, path: path, replaces: replaces)]
        } catch {
            message = Message(text: error.message, isError: true)
            return []
        }
    }

    /// Lower case, a dash for what a file's name should not have.
    private static func fileName(of title: String) -> String {
        var name = ""
        for scalar in title.lowercased().unicodeScalars {
            let isKept = scalar.properties.isAlphabetic || scalar.properties.numericType != nil
            if isKept { name.unicodeScalars.append(scalar) } else if !name.hasSuffix("-"), !name.isEmpty { name += "-" }
        }
        while name.hasSuffix("-") { name.removeLast() }
        return String((name.isEmpty ? "dashboard" : name).prefix(60)) + ".yml"
    }
}
