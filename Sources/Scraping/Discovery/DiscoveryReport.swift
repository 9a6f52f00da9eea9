// Discovery in numbers, and what is kept of sources that are gone: a counter must not fall when a configuration changes.
// Filled by ScrapeManager from its records; read by /metrics and by StatusSource.

/// What some mechanisms count besides failures.
package enum DiscoveryCounter: Hashable, Sendable {
    case fileReadError, dnsLookup, dnsLookupFailure, kubernetesFailure
    case kubernetesEvent(role: String, event: String)
}

/// Discovery in numbers, for our own /metrics and for StatusSource.
package struct DiscoveryReport: Sendable {
    package struct Source: Sendable {
        package var mechanism: String
        package var title: String
        package var jobs: [String] = []
        package var targetCount: Int
        package var updateCount: Int
        package var failureCount: Int
        package var counters: [DiscoveryCounter: Int]
        package var lastError: String?
    }
    package struct Pool: Sendable {
        package var jobName: String
        package var discoveredCount = 0
        package var targetCount = 0
        /// Zero: none.
        package var targetLimit = 0
    }
    package struct JobMechanism: Hashable, Sendable {
        package var job: String
        package var mechanism: String
    }
    package var sources: [Source] = []
    /// What sources counted that are gone, one for each mechanism.
    package var ended: [Source] = []
    /// Of each job and mechanism, the sources included that the job had before.
    package var failures: [JobMechanism: Int] = [:]
    package var pools: [Pool] = []
    /// How often a job got more targets than it may have; of all jobs that there were.
    package var exceededCount = 0
    /// How often pools were brought up to date.
    package var syncCount = 0

    package init() {}
}

/// What was counted by sources and jobs that are gone, or that no longer belong together.
struct DiscoveryLedger {
    private var ended: [String: DiscoveryReport.Source] = [:]
    private var failures: [DiscoveryReport.JobMechanism: Int] = [:]
    private var exceededCount = 0

    /// That job takes no more targets from the source.
    mutating func leave(_ job: String, _ source: DiscoveryReport.Source) {
        failures[DiscoveryReport.JobMechanism(job: job, mechanism: source.mechanism), default: 0] += source.failureCount
    }

    /// No job takes targets from the source.
    mutating func end(_ source: DiscoveryReport.Source) {
        var sum =
            ended[source.mechanism]
            ?? DiscoveryReport.Source(
                mechanism: source.mechanism, title: "", targetCount: 0, updateCount: 0, failureCount: 0, counters: [:])
        sum.updateCount += source.updateCount
        sum.failureCount += source.failureCount
        sum.counters.merge(source.counters, uniquingKeysWith: +)
        ended[source.mechanism] = sum
    }

    /// The job is gone, and the series that have its name.
    mutating func end(job: String, exceededCount: Int) {
        self.exceededCount += exceededCount
        for key in failures.keys where key.job == job { failures[key] = nil }
    }

    /// Adds what is over to what is now.
    func complete(_ report: inout DiscoveryReport) {
        report.ended = ended.values.sorted { $0.mechanism < $1.mechanism }
        report.failures = failures
        for source in report.sources {
            for job in source.jobs {
                let key = DiscoveryReport.JobMechanism(job: job, mechanism: source.mechanism)
                report.failures[key, default: 0] += source.failureCount
            }
        }
        report.exceededCount += exceededCount
    }
}
