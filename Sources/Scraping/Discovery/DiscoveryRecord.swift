// What one source of targets has said last: groups by key, its error, its counts.
// Written by the source's own task, read by ScrapeManager when it is woken.

import FerulaConfiguration
import HTTPAccess
import Logging
import MetricModel
import Querying
import Synchronization

/// Targets that are replaced together: those of one file's entry, of one DNS name, of one pod.
package struct DiscoveredGroup: Hashable, Sendable {
    /// A later group with the same key takes the place of this one.
    package var key: String
    package var labels: LabelSet
    /// `__address__` and what is the target's own.
    package var targets: [LabelSet]

    package init(key: String, labels: LabelSet, targets: [LabelSet]) {
        self.key = key
        self.labels = labels
        self.targets = targets
    }

    package init(key: String, _ group: TargetGroup, adding labels: [Label] = []) {
        self.init(
            key: key, labels: LabelSet(group.labels.labels + labels),
            targets: group.addresses.map { ["__address__": $0] })
    }
}

/// Why a source could not be asked, in one line.
struct DiscoveryFailure: Error, Hashable, Sendable, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = printable(description) }
}

package final class DiscoveryRecord: Sendable {
    /// A source that says more is as wrong as one that does not answer: it keeps what it had.
    package static let targetsMaxDefault = 200_000

    package let configuration: DiscoveryConfiguration
    private let targetsMax: Int
    private let wake: @Sendable () -> Void
    private let logger: Logger

    /// A group with the number of its last change.
    struct Entry: Sendable {
        var group: DiscoveredGroup
        var version: Int
        /// Of its first appearance: the order in which groups are listed.
        var position: Int
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var targetCount = 0
        var version = 0
        var nextPosition = 0
        var updateCount = 0
        var failureCount = 0
        var counters: [DiscoveryCounter: Int] = [:]
        var lastError: String?
        var hasAnswered = false
    }
    /// Guards everything the source has said.
    private let state = Mutex(State())

    package init(
        _ configuration: DiscoveryConfiguration, targetsMax: Int = DiscoveryRecord.targetsMaxDefault,
        logger: Logger? = nil, wake: @escaping @Sendable () -> Void
    ) {
        self.configuration = configuration
        self.targetsMax = targetsMax
        self.logger = logger ?? Logger(label: "discovery") { _ in SwiftLogNoOpLogHandler() }
        self.wake = wake
    }

    // MARK: Written by the source

    /// These groups, and no others, are there now. `failure` is of a part that kept its former groups.
    package func replaceAll(with groups: [DiscoveredGroup], failure: String? = nil) {
        let count = groups.reduce(0) { $0 + $1.targets.count }
        guard count <= targetsMax else { return failed("more than \(targetsMax) targets") }
        change(failure) { state in
            var kept: Set<String> = []
            var isChanged = false
            for group in groups {
                kept.insert(group.key)
                if Self.put(group, in: &state) { isChanged = true }
            }
            for (key, entry) in state.entries where !kept.contains(key) {
                state.entries[key] = nil
                state.targetCount -= entry.group.targets.count
                isChanged = true
            }
            return isChanged
        }
    }

    /// These groups are new or different, all others stay. `failure` is why some of the others are not among these.
    package func replace(_ groups: [DiscoveredGroup], failure: String? = nil) {
        var isOver = false
        change(failure) { state in
            var isChanged = false
            for group in groups {
                let known = state.entries[group.key]?.group.targets.count ?? 0
                guard group.targets.count <= known || state.targetCount + group.targets.count - known <= targetsMax
                else {
                    isOver = true
                    continue
                }
                if Self.put(group, in: &state) { isChanged = true }
            }
            return isChanged
        }
        if isOver { failed("more than \(targetsMax) targets") }
    }

    /// These groups are new or different, those with the keys are gone, all others stay.
    package func update(_ groups: [DiscoveredGroup], removing keys: [String], failure: String? = nil) {
        change(failure) { state in
            var isChanged = false
            for key in keys {
                guard let entry = state.entries.removeValue(forKey: key) else { continue }
                state.targetCount -= entry.group.targets.count
                isChanged = true
            }
            return isChanged
        }
        if !groups.isEmpty { replace(groups, failure: failure) }
    }

    /// What was known stays. Said once in the log, until the source answers again or fails in another way.
    package func failed(_ reason: String) {
        let (isNew, isFirst) = state.withLock { state in
            defer {
                state.lastError = reason
                state.failureCount += 1
                state.hasAnswered = true
            }
            return (state.lastError != reason, !state.hasAnswered)
        }
        if isNew { logger.warning("\(configuration.title): \(reason)") }
        if isFirst { wake() }
    }

    func count(_ counter: DiscoveryCounter) { state.withLock { $0.counters[counter, default: 0] += 1 } }

    /// `body` is true when it changed a group.
    private func change(_ failure: String? = nil, _ body: (inout State) -> Bool) {
        let (wakes, former) = state.withLock { state in
            let isFirst = !state.hasAnswered
            let former = state.lastError
            state.hasAnswered = true
            state.lastError = failure
            if failure == nil { state.updateCount += 1 } else if failure != former { state.failureCount += 1 }
            return (body(&state) || isFirst, former)
        }
        if let failure, failure != former { logger.warning("\(configuration.title): \(failure)") }
        if failure == nil, former != nil { logger.info("\(configuration.title): answers again") }
        if wakes { wake() }
    }

    /// True when the group was not there, or not like this.
    private static func put(_ group: DiscoveredGroup, in state: inout State) -> Bool {
        let known = state.entries[group.key]
        if let known, known.group == group { return false }
        state.version += 1
        state.targetCount += group.targets.count - (known?.group.targets.count ?? 0)
        state.entries[group.key] = Entry(
            group: group, version: state.version, position: known?.position ?? state.nextPosition)
        if known == nil { state.nextPosition += 1 }
        return true
    }

    // MARK: Read by others

    /// In the order in which they appeared.
    func entries() -> [Entry] {
        state.withLock { Array($0.entries.values) }.sorted { $0.position < $1.position }
    }

    package var groups: [DiscoveredGroup] { entries().map(\.group) }

    /// It has given targets, or failed, once.
    package var hasAnswered: Bool { state.withLock { $0.hasAnswered } }

    package var report: DiscoveryReport.Source {
        state.withLock { state in
            DiscoveryReport.Source(
                mechanism: configuration.mechanism, title: configuration.title, targetCount: state.targetCount,
                updateCount: state.updateCount, failureCount: state.failureCount, counters: state.counters,
                lastError: state.lastError)
        }
    }
}

extension DiscoveryConfiguration {
    /// For logs and screens: `file discovery targets/*.json`.
    package var title: String {
        switch self {
        case .file(let file): "file discovery \(file.patterns.joined(separator: ", "))"
        case .http(let http):
            "HTTP discovery " + PublicText.withoutSecretParameters(AddressParts(http.url).address)
        case .dns(let dns): "DNS discovery \(dns.type.rawValue) \(dns.names.joined(separator: ", "))"
        case .kubernetes(let kubernetes):
            "Kubernetes discovery \(kubernetes.role.rawValue) "
                + (kubernetes.server.map { AddressParts($0).address } ?? kubernetes.kubeconfigFile ?? "in cluster")
        }
    }
}
