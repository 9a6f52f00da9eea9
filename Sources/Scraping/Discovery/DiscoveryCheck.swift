// What a job would scrape, target by target: labels as they are found and after relabelling.
// Called by `ferula check service-discovery`; asks the same sources as a running process.

import FerulaConfiguration
import HTTPAccess
import MetricModel
import Relabeling

package struct DiscoveryCheck: Sendable {
    package struct Target: Hashable, Sendable {
        package var jobName: String
        package var discoveredLabels: LabelSet
        /// Of its series. Empty: left out.
        package var labels: LabelSet
        /// With `__address__` and its like, which say how it is asked; without `__meta_*`.
        package var relabeledLabels: LabelSet
        /// Nil unless it is scraped.
        package var url: String?
        /// Empty, or why it cannot be scraped.
        package var error: String
    }
    package var targets: [Target] = []
    /// One line for each source that did not answer.
    package var failures: [String] = []

    /// Asks every source of the jobs, until each has answered or failed once, at most for `timeout`.
    package init(_ jobs: [ScrapeConfiguration], client: Client, timeout: Duration) async {
        let (wakes, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        var records: [DiscoveryConfiguration: DiscoveryRecord] = [:]
        for source in jobs.flatMap(\.discoveries) where records[source] == nil {
            records[source] = DiscoveryRecord(source) { wake.yield() }
        }
        await withTaskGroup(of: Void.self) { [records] group in
            for (source, record) in records {
                let discoverer = source.makeDiscoverer(client: client)
                group.addTask { await discoverer.run(record) }
            }
            group.addTask {
                try? await Task.sleep(for: timeout)
                wake.finish()
            }
            if !records.isEmpty {
                for await _ in wakes where records.values.allSatisfy(\.hasAnswered) { break }
            }
            group.cancelAll()
        }
        for job in jobs {
            var groups = job.staticGroups
            for source in job.discoveries { groups += records[source]?.groups ?? [] }
            targets += groups.flatMap { job.targets(of: $0) }.map { Target($0, job) }
        }
        var isTold: Set<DiscoveryConfiguration> = []
        for source in jobs.flatMap(\.discoveries) where isTold.insert(source).inserted {
            guard let record = records[source] else { continue }
            if let error = record.report.lastError {
                failures.append("\(source.title): \(error)")
            } else if !record.hasAnswered {
                failures.append("\(source.title): no answer within \(describe(timeout))")
            }
        }
    }
}

extension DiscoveryCheck.Target {
    fileprivate init(_ outcome: TargetOutcome, _ job: ScrapeConfiguration) {
        jobName = job.jobName
        labels = .empty
        relabeledLabels = .empty
        error = ""
        switch outcome {
        case .target(let target):
            discoveredLabels = target.discoveredLabels
            labels = target.labels
            let relabeled = job.relabeling.apply(to: target.discoveredLabels) ?? .empty
            relabeledLabels = LabelSet(
                relabeled.labels.filter { !$0.name.hasPrefix("__meta_") } + target.labels.labels)
            url = target.shownURL
        case .dropped(let found): discoveredLabels = found
        case .refused(let found, let reason):
            discoveredLabels = found
            error = reason
        }
    }
}
