// Collectors by name, and what one scrape of all of them gives.
// Asked by ExporterServer for each request.

import MetricModel

/// Reads one source of metrics. Called once a scrape, from any thread.
public protocol Collector: Sendable {
    /// Unique within a registry: `cpu`, `filesystem`.
    var name: String { get }
    /// Adds samples. What it adds before throwing is kept.
    func collect(into families: inout MetricFamilies) throws
}

/// Collectors that are asked together.
public struct Registry: Sendable {
    private let collectors: [any Collector]
    private let selfPrefix: String?

    /// Collectors are asked in their order. `selfPrefix` such as `node` adds `node_scrape_collector_success` and
    /// `..._duration_seconds`; nil adds nothing.
    public init(_ collectors: [any Collector], selfPrefix: String? = nil) {
        self.collectors = collectors
        self.selfPrefix = selfPrefix
    }

    /// Asks every collector once. One that throws keeps what it had added; the others are asked all the same.
    public func collect() -> MetricFamilies {
        var families = MetricFamilies()
        var outcomes: [(name: String, seconds: Double, succeeded: Bool)] = []
        let clock = ContinuousClock()
        for collector in collectors {
            var succeeded = true
            let elapsed = clock.measure {
                do {
                    try collector.collect(into: &families)
                } catch {
                    succeeded = false
                }
            }
            outcomes.append((collector.name, elapsed / .seconds(1), succeeded))
        }
        guard let selfPrefix else { return families }
        for outcome in outcomes {
            families.add(
                "\(selfPrefix)_scrape_collector_duration_seconds", .gauge, help: "Time one collector took.",
                ["collector": outcome.name], outcome.seconds)
            families.add(
                "\(selfPrefix)_scrape_collector_success", .gauge, help: "1 when the collector succeeded, else 0.",
                ["collector": outcome.name], outcome.succeeded ? 1 : 0)
        }
        return families
    }
}
