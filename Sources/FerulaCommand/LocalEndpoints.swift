// What else serves metrics on this machine: the ports that exporters and servers usually have, asked on loopback.
// Used by `ferula` without arguments, beside the machine's own dashboard; nothing waits for it.

import DashboardApp
import Dashboards
import FerulaConfiguration
import FerulaServer
import HTTPAccess
import MetricModel
import Querying
import Scraping
import Synchronization

struct LocalEndpoint: Hashable, Sendable {
    var port: UInt16
    var path = "/metrics"
    /// What usually has this port; empty: anything.
    var name = ""

    var address: String { "localhost:\(port)" }
    var url: String { "http://localhost:\(port)\(path)" }

    /// Source: Prometheus wiki, default port allocations, and the programs' own documentation.
    static let usual = [
        LocalEndpoint(port: 9090, name: "Prometheus"), LocalEndpoint(port: 9100, name: "node_exporter"),
        LocalEndpoint(port: 8080), LocalEndpoint(port: 8000), LocalEndpoint(port: 8081), LocalEndpoint(port: 8888),
        LocalEndpoint(port: 9000), LocalEndpoint(port: 2112), LocalEndpoint(port: 5000), LocalEndpoint(port: 9464),
        LocalEndpoint(port: 3000, name: "Grafana"), LocalEndpoint(port: 9093, name: "Alertmanager"),
        LocalEndpoint(port: 9091, name: "Pushgateway"), LocalEndpoint(port: 8428, name: "VictoriaMetrics"),
        LocalEndpoint(port: 9187, name: "postgres_exporter"), LocalEndpoint(port: 9121, name: "redis_exporter"),
        LocalEndpoint(port: 9104, name: "mysqld_exporter"), LocalEndpoint(port: 9113, name: "nginx exporter"),
        LocalEndpoint(port: 9115, name: "blackbox_exporter"), LocalEndpoint(port: 8404, name: "HAProxy"),
        LocalEndpoint(port: 9144, name: "log exporter"),
        LocalEndpoint(port: 9114, name: "elasticsearch_exporter"), LocalEndpoint(port: 2379, name: "etcd"),
        LocalEndpoint(port: 9901, path: "/stats/prometheus", name: "Envoy"),
        LocalEndpoint(port: 15692, name: "RabbitMQ"), LocalEndpoint(port: 2019, name: "Caddy"),
    ]

    /// All that answer with metrics within `limit`, in the order of `candidates`; those that are slower are not waited for.
    static func answering(
        _ candidates: [LocalEndpoint] = usual, within limit: Duration = .milliseconds(300)
    ) async -> [LocalEndpoint] {
        let client = Client(userAgent: "ferula/\(Program.version)")
        let found = await withTaskGroup(of: LocalEndpoint?.self) { group in
            for candidate in candidates {
                group.addTask {
                    do throws(ScrapeFailure) {
                        _ = try await findMetrics(candidate.url, client: client, timeout: limit)
                        return candidate
                    } catch {
                        return nil
                    }
                }
            }
            var found: Set<LocalEndpoint> = []
            for await endpoint in group { if let endpoint { found.insert(endpoint) } }
            return found
        }
        await client.shutdown()
        return candidates.filter { found.contains($0) }
    }
}

/// What is offered beside the machine's dashboard, and scraped when it is chosen.
final class LocalOffers: Sendable {
    private static let interval = Milliseconds.seconds(1)
    private static let patience = Duration.seconds(5)

    private let process: FerulaProcess
    /// Guards the jobs of what was chosen so far.
    private let jobs = Mutex<[ScrapeConfiguration]>([])

    init(_ process: FerulaProcess) { self.process = process }

    static func found() async -> [Offer] {
        await LocalEndpoint.answering().map { Offer(address: $0.address, name: $0.name) }
    }

    func open(_ offer: Offer) async -> Result<Dashboard, QueryFailure> {
        guard let endpoint = LocalEndpoint.usual.first(where: { $0.address == offer.address }) else {
            return .failure(QueryFailure(.notFound, "\(offer.address): nothing was found there"))
        }
        var job = ScrapeConfiguration(
            jobName: "local-\(endpoint.port)", interval: Self.interval, timeout: Self.interval)
        job.metricsPath = endpoint.path
        job.groups = [TargetGroup(addresses: [endpoint.address])]
        var configuration = Configuration()
        configuration.scrapes = jobs.withLock { jobs in
            if !jobs.contains(where: { $0.jobName == job.jobName }) { jobs.append(job) }
            return jobs
        }
        await process.apply(configuration)
        if let failure = await twoScrapes(of: endpoint) { return .failure(failure) }
        let title = endpoint.name.isEmpty ? endpoint.address : endpoint.name
        let made = await automaticDashboard(
            of: process.backend, matchers: [Matcher("instance", equals: endpoint.address)], title: title,
            now: Clock.now())
        return made.map { dashboard in
            var dashboard = dashboard
            // Made of one target, it is not the one that `:auto` makes of all.
            dashboard.uid = job.jobName
            return dashboard
        }
    }

    /// Waits until rates have something to show, too.
    private func twoScrapes(of endpoint: LocalEndpoint) async -> QueryFailure? {
        var first: Timestamp?
        let deadline = ContinuousClock.now + Self.patience
        while ContinuousClock.now < deadline {
            let targets = await process.status.targets()
            if let target = targets.first(where: { $0.labels["instance"] == endpoint.address }),
                let last = target.lastScrape
            {
                if target.health == .down {
                    return QueryFailure(.unavailable, "\(endpoint.url): \(target.lastError)")
                }
                first = first ?? last
                if let first, last > first { return nil }
            }
            // A cancelled wait ends with whatever is there.
            guard (try? await Task.sleep(for: .milliseconds(20))) != nil else { break }
        }
        return first == nil ? QueryFailure(.timeout, "\(endpoint.url): no answer") : nil
    }
}
