// A source of targets as a task: asks, tells its record, waits, asks again.
// Started by ScrapeManager, one for each different configuration; also run by `ferula check service-discovery`.

import FerulaConfiguration
import HTTPAccess
import Logging
import MetricModel

package protocol Discoverer: Sendable {
    /// Tells `record` until the task is cancelled. Never throws: a failure is told too.
    func run(_ record: DiscoveryRecord) async
}

extension DiscoveryConfiguration {
    package func makeDiscoverer(client: Client) -> any Discoverer {
        switch self {
        case .file(let file): FileDiscoverer(file)
        case .http(let http): HTTPDiscoverer(http, client: client)
        case .dns(let dns): DNSDiscoverer(dns)
        case .kubernetes(let kubernetes): KubernetesDiscoverer(kubernetes, client: client)
        }
    }
}

/// A source that is asked for everything, again and again.
protocol RefreshingDiscoverer: Discoverer {
    var refreshInterval: Milliseconds { get }
    func refresh(_ record: DiscoveryRecord) async throws(DiscoveryFailure) -> Refreshed
}

/// All groups there are, or with a failure those that could be had: then the others stay as they were.
struct Refreshed {
    var groups: [DiscoveredGroup]
    var failure: String?
}

extension RefreshingDiscoverer {
    package func run(_ record: DiscoveryRecord) async {
        while !Task.isCancelled {
            do throws(DiscoveryFailure) {
                let refreshed = try await refresh(record)
                if let failure = refreshed.failure {
                    if !Task.isCancelled { record.replace(refreshed.groups, failure: failure) }
                } else {
                    record.replaceAll(with: refreshed.groups)
                }
            } catch {
                // What a cancelled request says is no failure of the source.
                if !Task.isCancelled { record.failed(error.description) }
            }
            do {
                try await Task.sleep(for: .milliseconds(refreshInterval.count))
            } catch {
                return
            }
        }
    }
}
