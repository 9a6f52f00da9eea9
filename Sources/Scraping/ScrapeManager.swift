// Starts and ends sources and loops as the configuration says, and knows how each target is doing.
// Run by FerulaServer; asked by the app and by /api/v1/targets.

import FerulaConfiguration
import HTTPAccess
import Ingestion
import Logging
import MetricModel
import Querying
import Synchronization

package actor ScrapeManager: StatusSource {
    /// Between two updates because of what sources said; longer when an update took long, so that at most a tenth of
    /// the time goes into them.
    static let pauseBetweenUpdates = Duration.milliseconds(100)

    private let client: Client
    private let sink: any SampleSink
    private let logger: Logger
    /// False: targets are scraped as soon as they are known, as a dashboard wants it.
    private let isSpread: Bool
    package nonisolated let counts = ScrapeCounts()
    private var configuration: Configuration
    private var isConfigurationNew = true
    private var newestNumber = 0
    /// By job name; `jobNames` has their order.
    private var pools: [String: ScrapePool] = [:]
    private var jobNames: [String] = []
    private var sources: [DiscoveryConfiguration: SourceEntry] = [:]
    private let (wakes, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    /// The newest report; read without the actor.
    private nonisolated let reports = Mutex(Reports())

    private struct SourceEntry {
        var record: DiscoveryRecord
        var stop: StopSignal
    }
    private struct Reports {
        var records: [(record: DiscoveryRecord, jobs: [String])] = []
        var pools: [DiscoveryReport.Pool] = []
        var syncCount = 0
    }

    /// A target that cannot be scraped.
    package struct DroppedTarget: Hashable, Sendable {
        package var scrapePool: String
        package var discoveredLabels: LabelSet
        package var reason: String
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

    /// Scrapes until the task is cancelled. May be called once.
    package func run() async {
        let clock = ContinuousClock()
        wake.yield()
        await withDiscardingTaskGroup { group in
            var earliest = clock.now
            for await _ in wakes {
                // Many changes within a moment are one update; a new configuration does not wait.
                if !isConfigurationNew { try? await clock.sleep(until: earliest) }
                let start = clock.now
                synchronize(in: &group)
                let end = clock.now
                let length: Duration = end - start
                earliest = end + max(Self.pauseBetweenUpdates, length * 9)
            }
            group.cancelAll()
        }
    }

    /// Takes another configuration while `run` is running: targets that stay the same go on undisturbed, the
    /// series of those that are gone end with staleness markers.
    ///
    /// `number` counts the configurations: of two that come at once the later one stays, in whatever order they arrive.
    package func apply(_ next: Configuration, number: Int = .max) {
        guard number >= newestNumber else { return }
        if number != .max { newestNumber = number }
        configuration = next
        isConfigurationNew = true
        wake.yield()
    }

    private func synchronize(in group: inout DiscardingTaskGroup) {
        if isConfigurationNew { takeConfiguration(in: &group) }
        for name in jobNames {
            guard var pool = pools.removeValue(forKey: name) else { continue }
            let entries = pool.job.discoveries.map { sources[$0]?.record.entries() ?? [] }
            let change = pool.synchronize(entries)
            for target in change.refused { logger.error("target of job \(name): \(target.reason)") }
            for entry in change.removed { entry.stop.remove() }
            for target in change.added { start(target, &pool, in: &group) }
            pools[name] = pool
        }
        predecessors = [:]
        publish()
    }

    /// Loops that end because their job is scraped in another way now: who follows waits for their end.
    private var predecessors: [String: [ScrapePool.TargetKey: ScrapePool.LoopEntry]] = [:]

    private func takeConfiguration(in group: inout DiscardingTaskGroup) {
        isConfigurationNew = false
        jobNames = configuration.scrapes.map(\.jobName)
        let names = Set(jobNames)
        for (name, pool) in pools where !names.contains(name) {
            for entry in pool.loops.values { entry.stop.remove() }
            pools[name] = nil
        }
        for job in configuration.scrapes {
            guard var pool = pools.removeValue(forKey: job.jobName) else {
                pools[job.jobName] = ScrapePool(job)
                continue
            }
            let ended = pool.apply(job)
            for entry in ended.values { entry.stop.remove() }
            predecessors[job.jobName] = ended
            pools[job.jobName] = pool
        }
        let wanted = Set(configuration.scrapes.flatMap(\.discoveries))
        for (source, entry) in sources where !wanted.contains(source) {
            entry.stop.remove()
            sources[source] = nil
        }
        for source in wanted where sources[source] == nil { start(source, in: &group) }
    }

    private func start(_ source: DiscoveryConfiguration, in group: inout DiscardingTaskGroup) {
        let record = DiscoveryRecord(source, logger: logger) { [wake] in wake.yield() }
        let stop = StopSignal()
        sources[source] = SourceEntry(record: record, stop: stop)
        let discoverer = source.makeDiscoverer(client: client)
        group.addTask { _ = await stop.race { await discoverer.run(record) } }
    }

    private func start(_ target: ScrapeTarget, _ pool: inout ScrapePool, in group: inout DiscardingTaskGroup) {
        let stop = StopSignal()
        let job = pool.job
        let record = TargetRecord(
            TargetStatus(
                scrapePool: job.jobName, url: AddressParts(target.url).address, labels: target.labels,
                discoveredLabels: target.discoveredLabels,
                interval: target.interval, timeout: target.timeout))
        let key = ScrapePool.TargetKey(target)
        pool.loops[key] = ScrapePool.LoopEntry(record: record, stop: stop)
        let predecessor = predecessors[job.jobName]?[key]?.stop
        let loop = ScrapeLoop(
            target: target,
            schedule: ScrapeSchedule(interval: target.interval, spreading: "\(target.labels)\(target.url)"),
            isSpread: isSpread, counts: counts)
        let scrape = Scrape(
            url: target.url, job: job, timeout: target.timeout, client: client, sink: sink,
            options: IngestionOptions(job, labels: target.labels), refusal: pool.refusal)
        // Before what can wait, such as the answers of the API.
        group.addTask(executorPreference: scrape.loop, priority: .high) { [logger] in
            // Its staleness markers come before the first sample of this one.
            await predecessor?.waitForEnd()
            let last = await stop.race { [scrape] in
                var own = scrape
                await loop.run(&own) { timestamp, outcome in
                    let isFailingAnew = record.note(timestamp, outcome)
                    if let failure = outcome.failure, isFailingAnew { logger.warning("\(failure)") }
                }
                return own
            }
            if stop.isRemoved, var last { last.end(at: WallClock.now()) }
            stop.ended()
        }
    }

    // MARK: StatusSource

    package func targets() async -> [TargetStatus] {
        pools.values.flatMap(\.loops.values).map(\.record.status).sorted {
            $0.scrapePool.isSameBytes(as: $1.scrapePool)
                ? $0.url.isBefore($1.url) : $0.scrapePool.isBefore($1.scrapePool)
        }
    }

    package func droppedTargets() async -> [DroppedTargetStatus] { jobNames.flatMap { pools[$0]?.dropped ?? [] } }

    package func droppedTargetCounts() async -> [String: Int] { pools.mapValues(\.droppedCount) }

    package func scrapePools() async -> [String] { jobNames.sorted { $0.isBefore($1) } }

    package func discoveries() async -> [DiscoveryStatus] {
        discoveryReport.sources.map { source in
            DiscoveryStatus(
                title: source.title, scrapePools: source.jobs, targetCount: source.targetCount,
                lastError: source.lastError ?? "")
        }
    }

    /// Those that cannot be scraped, with the reason.
    package func refusedTargets() -> [DroppedTarget] { jobNames.flatMap { pools[$0]?.refused ?? [] } }

    // MARK: Reports

    private func publish() {
        var jobs: [DiscoveryConfiguration: [String]] = [:]
        var inOrder: [DiscoveryConfiguration] = []
        for job in configuration.scrapes {
            for source in job.discoveries where jobs[source]?.last != job.jobName {
                if jobs[source] == nil { inOrder.append(source) }
                jobs[source, default: []].append(job.jobName)
            }
        }
        let records = inOrder.compactMap { source in
            sources[source].map { (record: $0.record, jobs: jobs[source] ?? []) }
        }
        let poolReports = jobNames.compactMap { name in
            pools[name].map { pool in
                DiscoveryReport.Pool(
                    jobName: name, discoveredCount: pool.discoveredCount, targetCount: pool.loops.count,
                    targetLimit: pool.job.limits.targets, exceededCount: pool.exceededCount)
            }
        }
        reports.withLock { reports in
            reports.records = records
            reports.pools = poolReports
            reports.syncCount += 1
        }
    }

    package nonisolated var discoveryReport: DiscoveryReport {
        let (records, pools, count) = reports.withLock { ($0.records, $0.pools, $0.syncCount) }
        var report = DiscoveryReport()
        report.sources = records.map { entry in
            var source = entry.record.report
            source.jobs = entry.jobs
            return source
        }
        report.pools = pools
        report.syncCount = count
        return report
    }
}

extension IngestionOptions {
    init(_ job: ScrapeConfiguration, labels: LabelSet) {
        self.init(
            targetLabels: labels, honorLabels: job.honorsLabels, honorTimestamps: job.honorsTimestamps,
            metricRelabeling: job.metricRelabeling,
            limits: IngestionLimits(
                samplesMax: job.limits.samples, labelsMax: job.limits.labels,
                labelNameBytesMax: job.limits.labelNameLength, labelValueBytesMax: job.limits.labelValueLength),
            histograms: NativeHistogramOptions(job.protocols))
    }
}
