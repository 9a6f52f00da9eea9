// The targets of one job: groups in, relabelled targets out, and which loops that means.
// Owned by ScrapeManager. Pure but for the loops' handles; a group that has not changed is not relabelled again.

import FerulaConfiguration
import MetricModel
import Querying

struct ScrapePool {
    /// Two targets that relabelling made the same are one.
    struct TargetKey: Hashable {
        var url: String
        var labels: LabelSet
        var interval: Milliseconds
        var timeout: Milliseconds

        init(_ target: ScrapeTarget) {
            url = target.url
            labels = target.labels
            interval = target.interval
            timeout = target.timeout
        }
    }
    struct LoopEntry {
        var record: TargetRecord
        var stop: StopSignal
    }
    struct EndedLoop {
        var key: TargetKey
        var stop: StopSignal
    }

    /// What became of the targets of one group.
    private struct GroupOutcome {
        var version: Int
        var discoveredCount = 0
        var targets: [ScrapeTarget] = []
        var droppedCount = 0
        /// Left out by relabelling, or not to be scraped; at most as many as are kept of the whole job.
        var dropped: [DroppedTargetStatus] = []
        /// Those that cannot be scraped.
        var refused: [DroppedTargetStatus] = []
        /// Of the last walk over all groups that met this one.
        var walk = 0
    }
    private struct GroupKey: Hashable {
        /// Its place in the job's list of sources; the static groups are the first.
        var source: Int
        var key: String
    }

    private(set) var job: ScrapeConfiguration
    let refusal = PoolRefusal()
    var loops: [TargetKey: LoopEntry] = [:]
    private var outcomes: [GroupKey: GroupOutcome] = [:]
    private var order: [GroupKey] = []
    private var walk = 0
    private(set) var exceededCount = 0

    init(_ job: ScrapeConfiguration) { self.job = job }

    /// Takes another configuration; returns the loops that can no longer go on as they are.
    mutating func apply(_ next: ScrapeConfiguration) -> [EndedLoop] {
        guard next != job else { return [] }
        let isSameRequest = next.forLoops == job.forLoops
        job = next
        outcomes = [:]
        return isSameRequest ? [] : endAll()
    }

    mutating func endAll() -> [EndedLoop] {
        defer { loops = [:] }
        return loops.map { EndedLoop(key: $0, stop: $1.stop) }
    }

    struct Change {
        var removed: [EndedLoop] = []
        var added: [ScrapeTarget] = []
        /// Targets that cannot be scraped, and were not seen before.
        var refused: [DroppedTargetStatus] = []
    }

    /// Brings targets and loops up to date with the groups of all sources, in the order of the configuration.
    mutating func synchronize(_ sources: [[DiscoveryRecord.Entry]]) -> Change {
        var change = Change()
        walk += 1
        order = []
        let statics = job.staticGroups.enumerated().map {
            DiscoveryRecord.Entry(group: $1, version: 0, position: $0)
        }
        for (source, entries) in ([statics] + sources).enumerated() {
            for entry in entries {
                let key = GroupKey(source: source, key: entry.group.key)
                order.append(key)
                if outcomes[key]?.version != entry.version {
                    let outcome = resolve(entry)
                    let known = Set(outcomes[key]?.refused ?? [])
                    change.refused += outcome.refused.filter { !known.contains($0) }
                    outcomes[key] = outcome
                }
                outcomes[key]?.walk = walk
            }
        }
        if outcomes.count > order.count { outcomes = outcomes.filter { $0.value.walk == walk } }
        synchronizeLoops(&change)
        return change
    }

    private func resolve(_ entry: DiscoveryRecord.Entry) -> GroupOutcome {
        var result = GroupOutcome(version: entry.version, discoveredCount: entry.group.targets.count)
        let kept = job.limits.droppedTargets
        for outcome in job.targets(of: entry.group) {
            var dropped = DroppedTargetStatus(scrapePool: job.jobName, discoveredLabels: .empty)
            switch outcome {
            case .target(let target):
                result.targets.append(target)
                continue
            case .dropped(let labels): dropped.discoveredLabels = labels
            case .refused(let labels, let reason):
                dropped.discoveredLabels = labels
                dropped.reason = reason
                result.refused.append(dropped)
            }
            result.droppedCount += 1
            if kept == 0 || result.dropped.count < kept { result.dropped.append(dropped) }
        }
        return result
    }

    private mutating func synchronizeLoops(_ change: inout Change) {
        var wanted: [TargetKey: ScrapeTarget] = [:]
        var inOrder: [TargetKey] = []
        for key in order {
            for target in outcomes[key]?.targets ?? [] {
                let key = TargetKey(target)
                if wanted.updateValue(target, forKey: key) == nil { inOrder.append(key) }
            }
        }
        let limit = job.limits.targets
        let isOver = limit > 0 && inOrder.count > limit
        if isOver, refusal.reason == nil { exceededCount += 1 }
        refusal.set(
            isOver ? "target_limit exceeded (number of targets: \(inOrder.count), limit: \(limit))" : nil)
        for (key, entry) in loops where wanted[key] == nil {
            change.removed.append(EndedLoop(key: key, stop: entry.stop))
            loops[key] = nil
        }
        for key in inOrder {
            guard let target = wanted[key] else { continue }
            if let entry = loops[key] {
                entry.record.rediscovered(target.discoveredLabels)
            } else {
                change.added.append(target)
            }
        }
    }

    // MARK: What can be asked

    var discoveredCount: Int { outcomes.values.reduce(0) { $0 + $1.discoveredCount } }
    var droppedCount: Int { outcomes.values.reduce(0) { $0 + $1.droppedCount } }

    var dropped: [DroppedTargetStatus] {
        let all = order.lazy.flatMap { outcomes[$0]?.dropped ?? [] }
        return job.limits.droppedTargets == 0 ? Array(all) : Array(all.prefix(job.limits.droppedTargets))
    }
}

extension ScrapeConfiguration {
    /// What a loop depends on besides its target: a change of anything else disturbs no target that stays.
    fileprivate var forLoops: ScrapeConfiguration {
        var job = self
        job.groups = []
        job.discoveries = []
        job.relabeling = []
        job.limits.targets = 0
        job.limits.droppedTargets = 0
        // These are in the target itself.
        job.interval = .zero
        job.timeout = .zero
        job.metricsPath = ""
        job.scheme = ""
        job.parameters = []
        return job
    }
}
