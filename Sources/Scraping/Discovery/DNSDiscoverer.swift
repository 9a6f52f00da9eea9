// dns_sd_configs: the records of names, each a target.
// One of the discoverers.

import FerulaConfiguration
import MetricModel

struct DNSDiscoverer: RefreshingDiscoverer {
    private let configuration: DNSDiscoveryConfiguration
    /// Nil: the machine's own, read at each refresh.
    private let resolver: DNSResolver?

    init(_ configuration: DNSDiscoveryConfiguration, resolver: DNSResolver? = nil) {
        self.configuration = configuration
        self.resolver = resolver
    }

    var refreshInterval: Milliseconds { configuration.refreshInterval }

    /// A name that cannot be resolved keeps its former targets; the others are brought up to date.
    package func refresh(_ record: DiscoveryRecord) async throws(DiscoveryFailure) -> Refreshed {
        var groups: [DiscoveredGroup] = []
        let resolver = try currentResolver()
        var failures: [String] = []
        for name in configuration.names {
            record.count(.dnsLookup)
            do throws(DiscoveryFailure) {
                let records = try await resolver.records(name, type: configuration.type.number)
                groups.append(
                    DiscoveredGroup(
                        key: name, labels: .empty, targets: records.compactMap { target(name, $0) }))
            } catch {
                record.count(.dnsLookupFailure)
                failures.append(error.description)
            }
        }
        return Refreshed(groups: groups, failure: failures.isEmpty ? nil : failures.joined(separator: "; "))
    }

    private func currentResolver() throws(DiscoveryFailure) -> DNSResolver {
        if let resolver { return resolver }
        return try DNSResolver()
    }

    /// Source: Prometheus docs, `<dns_sd_config>`.
    private func target(_ name: String, _ record: DNSRecord) -> LabelSet? {
        var labels = [Label("__meta_dns_name", name)]
        func add(_ host: String, _ port: Int) {
            labels.append(Label("__address__", host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"))
        }
        switch (record, configuration.type) {
        case (.address(let address), .a) where !address.contains(":"): add(address, configuration.port)
        case (.address(let address), .aaaa) where address.contains(":"): add(address, configuration.port)
        case (.service(let target, let port), .srv):
            add(target, Int(port))
            labels.append(Label("__meta_dns_srv_record_target", target + "."))
            labels.append(Label("__meta_dns_srv_record_port", "\(port)"))
        case (.mailExchange(let target), .mx):
            add(target, configuration.port)
            labels.append(Label("__meta_dns_mx_record_target", target + "."))
        case (.nameServer(let target), .ns):
            add(target, configuration.port)
            labels.append(Label("__meta_dns_ns_record_target", target + "."))
        default: return nil
        }
        return LabelSet(labels)
    }
}

extension DNSDiscoveryConfiguration.RecordType {
    /// In a question.
    var number: UInt16 {
        switch self {
        case .a: 1
        case .ns: 2
        case .mx: 15
        case .aaaa: 28
        case .srv: 33
        }
    }
}
