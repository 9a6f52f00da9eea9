// A running Ferula as one value: store, scraping, engine and, when asked for, the HTTP API.
// FerulaCommand makes one for `serve` and one for a dashboard, runs it, and cancels it to end it.

import ExporterKit
import FerulaConfiguration
import HTTPAccess
import HTTPService
import Logging
import MetricModel
import PromQLEngine
import PrometheusAPI
import Querying
import Scraping
import ServiceLifecycle
import Synchronization
import TimeSeriesStore

/// An exporter that lives in this process and is scraped like any other: over HTTP, on a loopback port that the
/// system chooses, which ends with the process.
package struct OwnExporter: Sendable {
    package var jobName: String
    package var instance: String
    package var registry: Registry
    package var interval: Milliseconds

    package init(
        jobName: String = "node", instance: String = "localhost", registry: Registry,
        interval: Milliseconds = .seconds(1)
    ) {
        self.jobName = jobName
        self.instance = instance
        self.registry = registry
        self.interval = interval
    }
}

package struct ProcessOptions: Sendable {
    package var configuration = Configuration()
    package var storeLimits = StoreLimits()
    /// Nil: no HTTP API.
    package var listen: ListenAddress?
    package var exporter: OwnExporter?
    /// False: every target is scraped at once, as someone who waits for the first frame wants it.
    package var spreadsTargets = true
    package var version = "0.0.0"
    package var engine = EngineOptions.user
    package var allowedOrigins = AllowedOrigins.all
    /// TLS and users of the API; nil: plain HTTP for everybody.
    package var webConfigurationFile: String?
    /// For /api/v1/status/flags: as they were given or are by default.
    package var flags: [String: String] = [:]
    /// Reads the configuration again; nil: there is none to read.
    package var readConfiguration: (@Sendable () throws(ConfigurationFailure) -> Configuration)?
    /// How often the files of the configuration are looked at; nil: they are not followed.
    package var followsConfiguration: Duration? = .seconds(1)
    /// Called after a reload because a file changed; nil: it went well.
    package var configurationFollowed: @Sendable (ConfigurationFailure?) -> Void = { _ in }
    /// Whether POST to /-/reload and /-/quit does anything.
    package var allowsLifecycle = false
    /// Whether POST to /api/v1/write does anything.
    package var receivesWrites = false

    package init() {}
}

package final class FerulaProcess: Sendable {
    package let store: TimeSeriesStore
    package let backend: any QueryBackend
    /// What every target is doing.
    package var status: any StatusSource { manager }

    private let options: ProcessOptions
    private let manager: ScrapeManager
    private let client: Client
    private let logger: Logger
    private let selfMetrics: SelfMetrics
    private let receiver: RemoteWriteReceiver?
    private struct Shared {
        /// Added to every configuration once its port is known.
        var ownJob: ScrapeConfiguration?
        var configuration: Configuration
        var configurationTime: Timestamp
        /// Of the configuration, and the last one given: they are counted when they begin to be read.
        var number = 0
        var lastNumber = 0
        /// Of the newest attempt that failed: one that began before it and ends well does not undo that.
        var failedNumber = 0
        var isConfigurationRead: Bool { number >= failedNumber }
        var watch = ConfigurationWatch()
    }
    /// Guards the newest configuration and what is added to it.
    private let shared: Mutex<Shared>
    private let isReady = Atomic(false)
    private let startTime = SelfMetrics.now()
    /// Finished when somebody asks the process to end.
    private let (ending, endingContinuation) = AsyncStream<Void>.makeStream()

    package init(_ options: ProcessOptions = ProcessOptions(), logger: Logger? = nil) {
        self.options = options
        let logger = logger ?? Logger(label: "ferula") { _ in SwiftLogNoOpLogHandler() }
        self.logger = logger
        store = TimeSeriesStore(limits: options.storeLimits)
        var engine = options.engine
        engine.now = { SelfMetrics.monotonicMilliseconds() }
        backend = EmbeddedBackend(source: store, options: engine)
        client = Client(userAgent: "ferula/\(options.version)")
        manager = ScrapeManager(
            configuration: options.configuration, client: client, sink: store,
            spreadsTargets: options.spreadsTargets, logger: logger)
        receiver = options.receivesWrites ? RemoteWriteReceiver(sink: store) { SelfMetrics.now() } : nil
        selfMetrics = SelfMetrics(store: store, version: options.version, scrapes: manager.counts, receiver) {
            [manager] in
            manager.discoveryReport
        }
        shared = Mutex(Shared(configuration: options.configuration, configurationTime: startTime))
    }

    /// In place of `run`, when something else than the process is amiss.
    package func abandon() async { await client.shutdown() }

    /// Runs until the task is cancelled; answers under way are finished, connections closed, then it returns.
    ///
    /// `ready` is called once, when targets are being scraped and the API (if any) can be asked, with its address.
    package func run(
        ready: @escaping @Sendable (ListenAddress?) async -> Void = { _ in }
    ) async throws(ServiceFailure) {
        let result: Result<Void, ServiceFailure>
        do {
            try await runParts(ready)
            result = .success(())
        } catch let failure as ServiceFailure {
            result = .failure(failure)
        } catch {
            // Only a cancellation is left, and that is how this ends.
            result = .success(())
        }
        isReady.store(false, ordering: .releasing)
        await client.shutdown()
        try result.get()
    }

    private func runParts(_ ready: @escaping @Sendable (ListenAddress?) async -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            let web = try options.webConfigurationFile.map { try WebConfigurationFile($0) }
            let exporterAddress = try await start(
                options.exporter.map { exporter in
                    (
                        ExporterServer(title: exporter.jobName, registry: exporter.registry).routes,
                        ListenAddress.loopback
                    )
                }, in: &group)
            if let exporterAddress, let exporter = options.exporter {
                shared.withLock { $0.ownJob = Self.job(of: exporter, at: exporterAddress) }
            }
            let (first, number) = shared.withLock { (Self.merged($0), $0.number) }
            await manager.apply(first, number: number)
            group.addTask { [manager] in await manager.run() }
            group.addTask { [ending] in
                for await _ in ending {}
            }
            if let read = options.readConfiguration, let pause = options.followsConfiguration {
                group.addTask { [self] in await followConfiguration(read, every: pause) }
            }
            let apiAddress = try await start(options.listen.map { (apiRoutes, $0) }, web, in: &group)
            isReady.store(true, ordering: .releasing)
            await ready(apiAddress)
            // The first part that ends by itself ends the others: a server that failed, or the cancellation.
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Starts a server in the group and returns when it is bound.
    private func start(
        _ service: (routes: [Route], address: ListenAddress)?, _ web: WebConfigurationFile? = nil,
        in group: inout ThrowingTaskGroup<Void, any Error>
    ) async throws -> ListenAddress? {
        guard let service else { return nil }
        let (bound, continuation) = AsyncThrowingStream<ListenAddress, any Error>.makeStream()
        var security: (@Sendable () throws -> ServerSecurity)?
        if let web { security = { try web.security() } }
        // Where it listens is said by whoever starts this process.
        var serverLogger = logger
        serverLogger.logLevel = max(logger.logLevel, .warning)
        let server = Server(routes: service.routes, security: security, logger: serverLogger)
        group.addTask {
            do throws(ServiceFailure) {
                try await server.run(on: service.address) { continuation.yield($0) }
                continuation.finish(throwing: CancellationError())
            } catch {
                continuation.finish(throwing: error)
                throw error
            }
        }
        for try await address in bound { return address }
        throw CancellationError()
    }

    private var apiRoutes: [Route] {
        APIServer(backend: backend, status: manager, process: apiProcess).routes
    }

    /// Another configuration for a process that runs: unchanged targets are not disturbed.
    package func apply(_ configuration: Configuration) async { await apply(configuration, number: nextNumber()) }

    /// Taken before a configuration is read: what is read later is newer, in whatever order both arrive.
    private func nextNumber() -> Int {
        shared.withLock { shared in
            shared.lastNumber += 1
            return shared.lastNumber
        }
    }

    private func apply(_ configuration: Configuration, number: Int) async {
        let merged = shared.withLock { shared -> Configuration? in
            guard number > shared.number else { return nil }
            shared.number = number
            shared.configuration = configuration
            shared.configurationTime = SelfMetrics.now()
            if shared.isConfigurationRead { shared.watch.succeeded() }
            return Self.merged(shared)
        }
        if let merged { await manager.apply(merged, number: number) }
    }

    /// Reads the configuration again. A bad one changes nothing: the reason comes back, nil when all is well.
    package func reload() async -> String? {
        guard let read = options.readConfiguration else { return "there is no configuration file" }
        return await reload(read)?.description
    }

    private func reload(
        _ read: @Sendable () throws(ConfigurationFailure) -> Configuration
    ) async -> ConfigurationFailure? {
        let number = nextNumber()
        // Looked at before the text is: a change between the two is one more change.
        let before = shared.withLock { $0.watch.looked(at: $0.configuration) }
        do throws(ConfigurationFailure) {
            await apply(try read(), number: number)
            return nil
        } catch {
            shared.withLock { shared in
                // A newer one may have gone well meanwhile, or failed by itself.
                guard number > max(shared.number, shared.failedNumber) else { return }
                shared.failedNumber = number
                shared.watch.failed(error, shared.configuration, before)
            }
            return error
        }
    }

    /// Reloads when a file of the configuration has changed, until the task is cancelled.
    private func followConfiguration(
        _ read: @Sendable () throws(ConfigurationFailure) -> Configuration, every pause: Duration
    ) async {
        // A sleep fails when the task is cancelled, and for nothing else.
        while (try? await Task.sleep(for: pause)) != nil {
            guard shared.withLock({ $0.watch.isDue($0.configuration) }) else { continue }
            options.configurationFollowed(await reload(read))
        }
    }

    /// Ends the process as a cancellation does, from within.
    package func end() { endingContinuation.finish() }

    private static func merged(_ shared: Shared) -> Configuration {
        guard let job = shared.ownJob else { return shared.configuration }
        var configuration = shared.configuration
        configuration.scrapes.insert(job, at: 0)
        return configuration
    }

    private static func job(of exporter: OwnExporter, at address: ListenAddress) -> ScrapeConfiguration {
        var job = ScrapeConfiguration(
            jobName: exporter.jobName, interval: exporter.interval, timeout: exporter.interval)
        job.groups = [TargetGroup(addresses: ["\(address)"], labels: ["instance": exporter.instance])]
        // It is the same machine: compressing costs more than it saves.
        job.acceptsGzip = false
        return job
    }
}

// MARK: What the API tells of this process

extension FerulaProcess {
    fileprivate var apiProcess: APIProcess {
        var process = APIProcess(now: { SelfMetrics.now() })
        process.version = options.version
        process.isReady = { [self] in isReady.load(ordering: .acquiring) }
        process.selfMetrics = { [self] in
            let (isRead, time) = shared.withLock { ($0.isConfigurationRead, $0.configurationTime) }
            return selfMetrics.text(isConfigurationRead: isRead, configurationTime: time)
        }
        process.allowedOrigins = options.allowedOrigins
        process.source = store
        process.lookback = options.engine.lookback
        process.limits = { [engine = options.engine] in
            let deadline = engine.timeout.map { timeout in
                Deadline(milliseconds: SelfMetrics.monotonicMilliseconds() + timeout.count) {
                    SelfMetrics.monotonicMilliseconds()
                }
            }
            return SelectionLimits(samplesMax: engine.samplesMax, deadline: deadline)
        }
        process.externalLabels = { [self] in shared.withLock { $0.configuration.global.externalLabels } }
        process.exemplars = { [store] in store.exemplars($0, start: $1, end: $2) }
        process.head = { [store] limit in HeadStatus(store, limit: limit) }
        process.configurationText = { [self] in shared.withLock { $0.configuration.publicText } }
        process.flags = options.flags
        process.runtime = { [self] in runtimeStatus }
        if let receiver {
            process.writes = APIProcess.WriteReceiver(
                refusal: { receiver.refusal($0) }, answer: { try await receiver.answer($0) })
        }
        if options.allowsLifecycle {
            process.lifecycle = APIProcess.Lifecycle(
                reload: { [self] in await reload() }, quit: { [self] in end() })
        }
        return process
    }

    private var runtimeStatus: RuntimeStatus {
        var status = SelfMetrics.machine()
        status.startTime = startTime
        shared.withLock {
            status.isConfigurationRead = $0.isConfigurationRead
            status.configurationTime = $0.configurationTime
        }
        let bytes = options.storeLimits.bytesMax
        let size = bytes % (1 << 20) == 0 ? "\(bytes >> 20)MiB" : "\(bytes)B"
        status.storageRetention = "\(options.storeLimits.retention) or \(size)"
        return status
    }
}

extension HeadStatus {
    init(_ store: TimeSeriesStore, limit: Int) {
        self.init()
        let cardinality = store.cardinality(limit: limit)
        func entries(_ list: [StoreCardinality.Entry]) -> [Entry] { list.map { Entry(name: $0.name, count: $0.count) } }
        seriesCount = store.statistics.seriesCount
        labelPairCount = cardinality.labelPairCount
        chunkCount = cardinality.chunkCount
        timeRange = store.timeRange
        seriesCountByMetricName = entries(cardinality.seriesCountByMetricName)
        labelValueCountByLabelName = entries(cardinality.labelValueCountByLabelName)
        memoryInBytesByLabelName = entries(cardinality.memoryInBytesByLabelName)
        seriesCountByLabelValuePair = entries(cardinality.seriesCountByLabelValuePair)
    }
}

extension FerulaProcess: Service {
    /// Ends on the group's graceful shutdown as well as on cancellation.
    package func run() async throws {
        try await cancelWhenGracefulShutdown { try await self.run(ready: { _ in }) }
    }
}
