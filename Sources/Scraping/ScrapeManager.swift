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
        var exceededCount = 0
        var ledger = DiscoveryLedger()
        var syncCount = 0
    }
    /// Targets that cannot be scraped and are logged one by one when they appear together.
    private static let refusedLogged = 10

    /// What is over: counters go on from there.
    private var ledger = DiscoveryLedger()

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
    /// Nil: it is the newest there is.
    package func apply(_ next: Configuration, number: Int? = nil) {
        let number = number ?? newestNumber
        guard number >= newestNumber else { return }
        newestNumber = number
        configuration = next
        isConfigurationNew = true
        wake.yield()
    }

    private func synchronize(in group: inout DiscardingTaskGroup) {
        var ended = EndedLoops()
        if isConfigurationNew { takeConfiguration(&ended, in: &group) }
        var added: [(job: String, target: ScrapeTarget)] = []
        for name in jobNames {
            guard var pool = pools.removeValue(forKey: name) else { continue }
            let entries = pool.job.discoveries.map { sources[$0]?.record.entries() ?? [] }
            let change = pool.synchronize(entries)
            logRefused(change.refused, name)
            ended.add(change.removed)
            added += change.added.map { (name, $0) }
            pools[name] = pool
        }
        for (name, target) in added {
            let predecessor = ended.take(for: target)
            predecessor?.replace()
            start(target, of: name, after: predecessor, in: &group)
        }
        for stop in ended.rest { stop.remove() }
        publish()
    }

    private func logRefused(_ refused: [DroppedTargetStatus], _ job: String) {
        for target in refused.prefix(Self.refusedLogged) {
            let address = target.discoveredLabels["__address__"] ?? ""
            logger.error("target \(address) of job \(job) is not scraped: \(target.reason)")
        }
        guard refused.count > Self.refusedLogged else { return }
        logger.error(
            "\(refused.count - Self.refusedLogged) more targets of job \(job) are not scraped; see /api/v1/targets")
    }

    private func takeConfiguration(_ ended: inout EndedLoops, in group: inout DiscardingTaskGroup) {
        isConfigurationNew = false
        jobNames = configuration.scrapes.map(\.jobName)
        let names = Set(jobNames)
        let reports = sources.mapValues(\.record.report)
        for (name, pool) in pools where !names.contains(name) {
            var pool = pool
            ended.add(pool.endAll())
            ledger.end(job: name, exceededCount: pool.exceededCount)
            pools[name] = nil
        }
        for job in configuration.scrapes {
            guard var pool = pools.removeValue(forKey: job.jobName) else {
                pools[job.jobName] = ScrapePool(job)
                continue
            }
            for source in Set(pool.job.discoveries).subtracting(job.discoveries) {
                if let report = reports[source] { ledger.leave(job.jobName, report) }
            }
            ended.add(pool.apply(job))
            pools[job.jobName] = pool
        }
        let wanted = Set(configuration.scrapes.flatMap(\.discoveries))
        for (source, entry) in sources where !wanted.contains(source) {
            entry.stop.remove()
            if let report = reports[source] { ledger.end(report) }
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

    /// Its first scrape comes after the last one of `predecessor`, and its series go on from there.
    private func start(
        _ target: ScrapeTarget, of jobName: String, after predecessor: StopSignal?, in group: inout DiscardingTaskGroup
    ) {
        guard let pool = pools[jobName] else { return }
        let stop = StopSignal()
        let job = pool.job
        let record = TargetRecord(
            TargetStatus(
                scrapePool: job.jobName, url: target.shownURL, labels: target.labels,
                discoveredLabels: target.discoveredLabels,
                interval: target.interval, timeout: target.timeout))
        pools[jobName]?.loops[ScrapePool.TargetKey(target)] = ScrapePool.LoopEntry(record: record, stop: stop)
        let loop = ScrapeLoop(
            target: target,
            schedule: ScrapeSchedule(interval: target.interval, spreading: "\(target.labels)\(target.url)"),
            isSpread: isSpread, counts: counts)
        let scrape = Scrape(
            url: target.url, job: job, timeout: target.timeout, client: client, sink: sink,
            options: IngestionOptions(job, labels: target.labels), refusal: pool.refusal)
        // Before what can wait, such as the answers of the API.
        group.addTask(executorPreference: scrape.loop, priority: .high) { [logger] in
            await predecessor?.waitForEnd()
            let last = await stop.race { [scrape] in
                var own = scrape
                let former = predecessor.flatMap { own.goOn(from: $0) }
                await loop.run(&own, former: former, stop: stop) { timestamp, outcome in
                    guard let message = record.note(timestamp, outcome) else { return }
                    logger.log(level: message.level, "\(message.text)", metadata: ["job": "\(job.jobName)"])
                }
                return own
            }
            if var last {
                if stop.isRemoved { last.end(at: WallClock.now()) }
                if stop.isReplaced { stop.leave(StopSignal.Legacy(scrape: last, interval: target.interval)) }
            }
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

    package func page(of target: TargetStatus) async throws(QueryFailure) -> TargetPage {
        // What is shown of a target may leave out what its request needs: it is found again here.
        let found = pools[target.scrapePool]?.loops.first { entry in
            entry.value.record.status.url == target.url && entry.value.record.status.labels == target.labels
        }
        guard let pool = pools[target.scrapePool], let key = found?.key else {
            throw QueryFailure(.notFound, "\(target.url) is no target any more")
        }
        do throws(ScrapeFailure) {
            return try await Scrape.page(
                url: key.url, job: pool.job, timeout: key.timeout, client: client, refusal: pool.refusal)
        } catch {
            throw QueryFailure(.unavailable, "\(error)")
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
                    targetLimit: pool.job.limits.targets)
            }
        }
        reports.withLock { reports in
            reports.records = records
            reports.pools = poolReports
            reports.exceededCount = pools.values.reduce(0) { $0 + $1.exceededCount }
            reports.ledger = ledger
            reports.syncCount += 1
        }
    }

    package nonisolated var discoveryReport: DiscoveryReport {
        let known = reports.withLock { $0 }
        var report = DiscoveryReport()
        report.sources = known.records.map { entry in
            var source = entry.record.report
            source.jobs = entry.jobs
            return source
        }
        report.pools = known.pools
        report.exceededCount = known.exceededCount
        report.syncCount = known.syncCount
        known.ledger.complete(&report)
        return report
    }
}

/// Loops that end in one update. A new target with the same labels goes on where one of them ends.
private struct EndedLoops {
    private var byLabels: [LabelSet: [ScrapePool.EndedLoop]] = [:]

    mutating func add(_ loops: [ScrapePool.EndedLoop]) {
        for loop in loops { byLabels[loop.key.labels, default: []].append(loop) }
    }

    /// One that asked the same address goes before others.
    mutating func take(for target: ScrapeTarget) -> StopSignal? {
        guard let loops = byLabels[target.labels], !loops.isEmpty else { return nil }
        let place = loops.firstIndex { $0.key.url == target.url } ?? 0
        return byLabels[target.labels]?.remove(at: place).stop
    }

    var rest: [StopSignal] { byLabels.values.joined().map(\.stop) }
}

extension IngestionOptions {
    init(_ job: ScrapeConfiguration, labels: LabelSet) {
        self.init(
            targetLabels: labels, honorLabels: job.honorsLabels, honorTimestamps: job.honorsTimestamps,
            trackTimestampsStaleness: job.tracksTimestampsStaleness, legacyNames: job.protocols.wantsLegacyNames,
            metricRelabeling: job.metricRelabeling,
            limits: IngestionLimits(
                samplesMax: job.limits.samples, labelsMax: job.limits.labels,
                labelNameBytesMax: job.limits.labelNameLength, labelValueBytesMax: job.limits.labelValueLength),
            histograms: NativeHistogramOptions(job.protocols))
    }
}
