// Starts and ends the loops as the configuration says, and knows how each target is doing.
// Run by FerulaServer; asked by the app and by /api/v1/targets.

import FerulaConfiguration
import HTTPAccess
import Ingestion
import Logging
import MetricModel
import Querying
import Synchronization

package actor ScrapeManager: StatusSource {
    private let client: Client
    private let sink: any SampleSink
    private let logger: Logger
    /// False: targets are scraped as soon as they are known, as a dashboard wants it.
    private let isSpread: Bool
    private var configuration: Configuration
    private var newestNumber = 0
    private var loops: [LoopKey: LoopEntry] = [:]
    private var dropped: [DroppedTarget] = []
    private var generations: AsyncStream<Configuration>.Continuation?

    private struct LoopKey: Hashable {
        var job: ScrapeConfiguration
        var target: ScrapeTarget
        /// Why the target's scrapes all fail without a request; nil for every other target.
        var refusal: String?
    }
    /// Two addresses of a job that relabelling made the same are one target.
    private struct Identity: Hashable {
        var url: String
        var labels: LabelSet
    }
    private struct LoopEntry {
        var record: TargetRecord
        var stop: StopSignal
    }

    /// A target that relabelling left out, or that cannot be scraped.
    package struct DroppedTarget: Hashable, Sendable {
        package var scrapePool: String
        package var discoveredLabels: LabelSet
        /// Nil: left out on purpose.
        package var reason: String?
    }

    package init(
        configuration: Configuration, client: Client, sink: any SampleSink, spreadsTargets: Bool = true,
        logger: Logger? = nil
    ) {
        self.configuration = configuration
        self.client = client
        self.sink = sink
        isSpread = spreadsTargets
        self.logger = logger ?? Logger(label: "scrape") { _ in SwiftLogNoOpLogHandler() }
    }

    /// Scrapes until the task is cancelled.
    package func run() async {
        let (stream, continuation) = AsyncStream<Configuration>.makeStream()
        generations = continuation
        continuation.yield(configuration)
        await withDiscardingTaskGroup { group in
            for await next in stream { start(next, in: &group) }
            group.cancelAll()
        }
        generations = nil
    }

    /// Takes another configuration while `run` is running: targets that stay the same go on undisturbed, the
    /// series of those that are gone end with staleness markers.
    ///
    /// `number` counts the configurations: of two that come at once the later one stays, in whatever order they arrive.
    package func apply(_ next: Configuration, number: Int = .max) {
        guard number >= newestNumber else { return }
        if number != .max { newestNumber = number }
        configuration = next
        generations?.yield(next)
    }

    private func start(_ next: Configuration, in group: inout DiscardingTaskGroup) {
        var wanted: [(key: LoopKey, pool: String)] = []
        dropped = []
        for job in next.scrapes {
            let outcomes = job.targets()
            let count = outcomes.count { if case .target = $0 { true } else { false } }
            var known: Set<Identity> = []
            let limit = job.limits.targets
            let refusal =
                limit > 0 && count > limit
                ? "target_limit exceeded (number of targets: \(count), limit: \(limit))" : nil
            for outcome in outcomes {
                switch outcome {
                case .target(let target):
                    guard known.insert(Identity(url: target.url, labels: target.labels)).inserted else { continue }
                    wanted.append((LoopKey(job: job, target: target, refusal: refusal), job.jobName))
                case .dropped(let labels):
                    dropped.append(DroppedTarget(scrapePool: job.jobName, discoveredLabels: labels))
                case .refused(let labels, let reason):
                    logger.error("target of job \(job.jobName): \(reason)")
                    dropped.append(
                        DroppedTarget(scrapePool: job.jobName, discoveredLabels: labels, reason: reason))
                }
            }
        }
        let keys = Set(wanted.map(\.key))
        for (key, entry) in loops where !keys.contains(key) {
            entry.stop.remove()
            loops[key] = nil
        }
        for (key, pool) in wanted where loops[key] == nil { start(key, pool, in: &group) }
    }

    private func start(_ key: LoopKey, _ pool: String, in group: inout DiscardingTaskGroup) {
        let target = key.target
        let stop = StopSignal()
        let record = TargetRecord(
            TargetStatus(
                scrapePool: pool, url: AddressParts(target.url).address, labels: target.labels,
                discoveredLabels: target.discoveredLabels,
                interval: target.interval, timeout: target.timeout))
        loops[key] = LoopEntry(record: record, stop: stop)
        let loop = ScrapeLoop(
            target: target,
            schedule: ScrapeSchedule(interval: target.interval, spreading: "\(target.labels)\(target.url)"),
            isSpread: isSpread)
        let scrape = Scrape(
            url: target.url, job: key.job, timeout: target.timeout, client: client, sink: sink,
            options: IngestionOptions(key.job, labels: target.labels), refusal: key.refusal)
        // Before what can wait, such as the answers of the API.
        group.addTask(executorPreference: scrape.loop, priority: .high) { [logger] in
            var scrape = scrape
            scrape = await withTaskGroup(of: Scrape?.self, returning: Scrape.self) { [scrape] race in
                race.addTask {
                    var own = scrape
                    await loop.run(&own) { timestamp, outcome in
                        let isFailingAnew = record.note(timestamp, outcome)
                        if let failure = outcome.failure, isFailingAnew { logger.warning("\(failure)") }
                    }
                    return own
                }
                race.addTask {
                    await stop.wait()
                    return nil
                }
                var last = scrape
                for await ended in race {
                    if let ended { last = ended }
                    race.cancelAll()
                }
                return last
            }
            if stop.isRemoved { scrape.end(at: WallClock.now()) }
        }
    }

    // MARK: StatusSource

    package func targets() async -> [TargetStatus] {
        loops.values.map(\.record.status).sorted {
            $0.scrapePool.isSameBytes(as: $1.scrapePool)
                ? $0.url.isBefore($1.url) : $0.scrapePool.isBefore($1.scrapePool)
        }
    }

    package func droppedTargets() async -> [DroppedTargetStatus] {
        dropped.filter { $0.reason == nil }
            .map { DroppedTargetStatus(scrapePool: $0.scrapePool, discoveredLabels: $0.discoveredLabels) }
    }

    package func scrapePools() async -> [String] {
        configuration.scrapes.map(\.jobName).sorted { $0.isBefore($1) }
    }

    /// Those that cannot be scraped, with the reason.
    package func refusedTargets() -> [DroppedTarget] { dropped.filter { $0.reason != nil } }
}

/// How one target is doing: written by its loop once a scrape, read by whoever asks.
private final class TargetRecord: Sendable {
    private let state: Mutex<TargetStatus>

    init(_ status: TargetStatus) { state = Mutex(status) }

    var status: TargetStatus { state.withLock { $0 } }

    /// True when the target fails and did not before.
    func note(_ timestamp: Timestamp, _ outcome: Scrape.Outcome) -> Bool {
        state.withLock { status in
            let wasUp = status.health != .down
            status.health = outcome.failure == nil ? .up : .down
            status.lastError = outcome.failure?.reason ?? ""
            status.lastScrape = timestamp
            status.lastScrapeDuration = outcome.duration
            status.samplesScraped = outcome.report.samplesScraped
            return wasUp && outcome.failure != nil
        }
    }
}

/// Ends one loop from outside its task.
private final class StopSignal: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let removed = Atomic(false)

    init() { (stream, continuation) = AsyncStream.makeStream() }

    /// The target is no longer wanted.
    func remove() {
        removed.store(true, ordering: .releasing)
        continuation.finish()
    }
    var isRemoved: Bool { removed.load(ordering: .acquiring) }

    func wait() async {
        for await _ in stream {}
    }
}

extension IngestionOptions {
    init(_ job: ScrapeConfiguration, labels: LabelSet) {
        self.init(
            targetLabels: labels, honorLabels: job.honorsLabels, honorTimestamps: job.honorsTimestamps,
            metricRelabeling: job.metricRelabeling,
            limits: IngestionLimits(
                samplesMax: job.limits.samples, labelsMax: job.limits.labels,
                labelNameBytesMax: job.limits.labelNameLength, labelValueBytesMax: job.limits.labelValueLength))
    }
}
