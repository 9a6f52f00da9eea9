// `ferula --server URL`: the screens over somebody else's data. Nothing is scraped, nothing is kept.
// Called by DashCommand; the backend is PrometheusAPI's RemoteBackend.

import AutomaticDashboards
import CursesTerminal
import DashboardApp
import Dashboards
import Frames
import HTTPAccess
import MetricModel
import PrometheusAPI
import Querying

struct RemoteDash {
    /// Grafana's own default for a Prometheus data source.
    static let scrapeIntervalDefault = Milliseconds.seconds(15)
    /// Of dashboards that name none: a server is not asked each second.
    static let refreshDefault = Milliseconds.seconds(5)
    /// Of a made dashboard: some points at the interval of most servers.
    static let automaticRange = "now-1h"

    var server: RemoteServer
    /// The first is shown; links lead to the others.
    var dashboards: [Dashboard]
    var shelf: [ShelvedDashboard] = []
    /// One is made of what the server has, of these series.
    var isAutomatic = false
    var matchers: [Matcher] = []
    var range: Milliseconds?
    var scrapeInterval: Milliseconds?
    var color: ColorWish
    var look = AppearanceOptions.Chosen()
    var plain = false
    /// Of plain mode: nil when only asked.
    var every: Milliseconds?

    func run() async throws {
        let client = Client(userAgent: "ferula/\(Program.version)")
        let result: Result<Void, any Error>
        do {
            try await show(RemoteBackend(server, client: client))
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await client.shutdown()
        try result.get()
    }

    private func show(_ backend: RemoteBackend) async throws {
        let shown: Dashboard
        var library = Array(dashboards.dropFirst())
        if !isAutomatic, let first = dashboards.first {
            shown = first
        } else {
            shown = try await automaticDashboard(backend)
            library = dashboards
        }
        let source = SessionLoop.Source(
            name: server.shortName, scrapeInterval: scrapeInterval ?? Self.scrapeIntervalDefault)
        var settings = SessionLoop.Settings(range: range ?? look.range, refresh: look.refresh)
        settings.appearance = look.appearance
        settings.refreshDefault = Self.refreshDefault
        settings.source = source
        settings.library = library
        settings.shelf = DashboardShelf.rest(shelf, beside: shown)
        settings.unshelve = DashboardShelf.read
        settings.matchers = matchers
        try await DashView(
            dashboard: shown, backend: backend, status: RemoteStatus(backend), settings: settings, color: color,
            plain: plain, every: every, patience: server.timeout + .seconds(2)
        ).run()
    }

    static func adapted(_ dashboard: Dashboard) -> Dashboard {
        var made = dashboard
        made.setTime(from: automaticRange, to: made.timeTo, refresh: refreshDefault)
        return made
    }

    /// The shipped dashboard where the server has a machine's metrics, else one made of what it has.
    private func automaticDashboard(_ backend: RemoteBackend) async throws(CommandFailure) -> Dashboard {
        do {
            let now = Clock.now()
            if !matchers.isEmpty {
                let made = try await AutomaticChoice.dashboard(
                    of: backend, matchers: matchers, title: server.shortName, now: now)
                if made.panels.isEmpty {
                    throw await AutomaticChoice.nothing(of: matchers, in: backend, "\(server)", now: now)
                }
                return Self.adapted(made)
            }
            let names = try await backend.labelValues(
                LabelSet.metricNameLabel, [], start: now - .hours(1), end: now, limit: 0)
            guard !names.isEmpty else { throw QueryFailure(.notFound, "\(server): it has no series of the last hour") }
            if !isAutomatic, names.contains("node_cpu_seconds_total"), names.contains("node_memory_MemTotal_bytes") {
                var host = try DashCommand.dashboard("host")
                host.refresh = Self.refreshDefault
                return host
            }
            // The newest values of all that a big server has would be too much to ask: names must do.
            let metadata = try await backend.metadata(metric: nil)
            let survey = MetricSurvey(names: names, metadata: metadata.compactMapValues(\.first))
            return Self.adapted(AutomaticDashboard(title: server.shortName, survey: survey).dashboard())
        } catch let failure as QueryFailure {
            throw CommandFailure("\(failure)")
        } catch {
            throw error as? CommandFailure ?? CommandFailure("\(error)")
        }
    }
}
