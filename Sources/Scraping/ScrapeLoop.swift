// One target's loop: sleep, fetch, ingest, report. Cache, buffer and state belong to its task alone.
// Started by ScrapeManager; what it measures goes back there as TargetStatus.

import Exposition
import FerulaConfiguration
import HTTPAccess
import Ingestion
import MetricModel
import Querying

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The one place where Scraping reads the wall clock.
enum WallClock {
    static func now() -> Timestamp {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Timestamp(milliseconds: Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000)
    }
}

/// One fetch and what is done with its body. A value with state: use it from one task at a time.
struct Scrape: Sendable {
    /// A body that takes longer to read than other targets may wait is read on another thread.
    private static let bodyBytesOnLoopMax = 256 << 10
    /// Whatever the configuration says: offsets of the line cache have 32 bits, and it may have the keys of two bodies.
    private static let bodyBytesMax = 1 << 30

    let request: Request
    private var prepared: PreparedRequest?
    private let client: Client
    let loop: NetworkLoop
    private let authentication: AuthenticationFields?
    private let headers: [HeaderFields]
    private let refusal: PoolRefusal?
    private let fallback: ScrapeProtocol?
    /// Of the series about the scrape itself that not every job wants; nil: this one does not.
    private let extraMetrics: (timeoutSeconds: Double, sampleLimit: Int)?
    /// Of the last body, decompressed: 0 when there was none, -1 when it was over its limit.
    private var bodyBytes = 0
    private var ingestor: TargetIngestor
    /// When it ran last.
    private(set) var lastTimestamp: Timestamp?

    struct Outcome: Sendable {
        var report: IngestionReport
        var failure: ScrapeFailure?
        var duration: Milliseconds
    }

    init(
        url: String, job: ScrapeConfiguration?, timeout: Milliseconds, client: Client, sink: any SampleSink,
        options: IngestionOptions, refusal: PoolRefusal? = nil
    ) {
        request = Self.request(
            url: url, job: job, timeout: timeout, accept: job?.protocols.acceptHeader ?? AcceptHeader.value())
        self.client = client
        loop = NetworkLoop.next()
        authentication = job?.authentication
        headers = job?.headers ?? []
        fallback = job?.fallbackProtocol
        extraMetrics =
            job?.reportsExtraMetrics == true ? (timeout.seconds, options.limits.samplesMax) : nil
        self.refusal = refusal
        ingestor = TargetIngestor(sink: sink, options: options)
    }

    /// Without credentials and the job's own headers: they are read when it is sent.
    private static func request(
        url: String, job: ScrapeConfiguration?, timeout: Milliseconds, accept: String
    ) -> Request {
        var request = Request(url: url)
        request.timeout = .milliseconds(timeout.count)
        request.headers = [
            Header("Accept", accept), Header("X-Prometheus-Scrape-Timeout-Seconds", GoFloat.plain(timeout.seconds)),
        ]
        // A path is no host; what curl says of a socket.
        if url.hasPrefix("http+unix:") || url.hasPrefix("https+unix:") {
            request.headers.append(Header("Host", "localhost"))
        }
        if let job {
            if job.limits.bodyBytes > 0 { request.bodyBytesMax = min(job.limits.bodyBytes, bodyBytesMax) }
            request.acceptsGzip = job.acceptsGzip
            request.followsRedirects = job.followsRedirects
            request.tls = job.tls.map { TLSOptions($0) }
            request.proxies = job.proxy.map { ProxyRule($0) }
        }
        return request
    }

    /// What the target answers now, as text where it can be had; nothing of it is kept.
    static func page(
        url: String, job: ScrapeConfiguration, timeout: Milliseconds, client: Client, refusal: PoolRefusal
    ) async throws(ScrapeFailure) -> TargetPage {
        if let reason = refusal.reason { throw ScrapeFailure(url: url, reason: reason) }
        let accept = AcceptHeader.value(
            job.protocols.accepted.filter { $0 != .protobuf }, escaping: job.protocols.acceptedEscaping)
        var request = request(url: url, job: job, timeout: timeout, accept: accept)
        request.bodyBytesMax = min(request.bodyBytesMax, TargetPage.bodyBytesMax)
        if let authentication = job.authentication { request.authentication = try authentication.read(for: url) }
        try request.add(job.headers)
        var body: [UInt8] = []
        do throws(AccessFailure) {
            let answer = try await client.send(request, into: &body)
            return TargetPage(contentType: answer.contentType, body: body)
        } catch {
            throw ScrapeFailure(error)
        }
    }

    /// Scrapes once and writes samples, staleness markers and the synthetic series at `timestamp`.
    ///
    /// Nil when the task was cancelled meanwhile: nothing is written then.
    mutating func run(at timestamp: Timestamp) async -> Outcome? {
        let clock = ContinuousClock()
        let start = clock.now
        lastTimestamp = timestamp
        bodyBytes = 0
        var report = IngestionReport()
        var failure: ScrapeFailure?
        do throws(ScrapeFailure) {
            report = try await fetchAndIngest(at: timestamp, &report)
        } catch {
            guard !Task.isCancelled else { return nil }
            failure = error
        }
        let seconds = clock.now - start
        let durationSeconds = seconds / .seconds(1)
        ingestor.report(
            ScrapeSummary(
                isUp: failure == nil, durationSeconds: durationSeconds, report: report,
                timeoutSeconds: extraMetrics?.timeoutSeconds, sampleLimit: extraMetrics?.sampleLimit,
                bodyBytes: extraMetrics == nil ? nil : bodyBytes), at: timestamp)
        return Outcome(report: report, failure: failure, duration: Milliseconds(seconds: durationSeconds))
    }

    private mutating func fetchAndIngest(
        at timestamp: Timestamp, _ partial: inout IngestionReport
    ) async throws(ScrapeFailure) -> IngestionReport {
        do throws(ScrapeFailure) {
            if let refusal = refusal?.reason { throw ScrapeFailure(url: request.url, reason: refusal) }
            var body = loop.takeBuffer()
            defer { loop.giveBack(&body) }
            let prepared = try ready()
            let answer: Answer
            do throws(AccessFailure) {
                answer = try await client.send(prepared, into: &body, on: loop)
                bodyBytes = body.count
            } catch {
                if error.kind == .bodyTooLarge { bodyBytes = -1 }
                throw ScrapeFailure(error)
            }
            let form: BodyForm
            do throws(BodyFormError) {
                form = try BodyForm(contentType: answer.contentType, fallback: fallback)
            } catch {
                throw ScrapeFailure(url: request.url, reason: error.description)
            }
            do throws(IngestionFailure) {
                return try await ingest(body, form, at: timestamp)
            } catch {
                partial = error.report
                throw ScrapeFailure(url: request.url, error)
            }
        } catch {
            // A cancelled task ends the process or the target; the latter is marked by `end`.
            if !Task.isCancelled { ingestor.markAllStale(at: timestamp) }
            throw error
        }
    }

    private mutating func ingest(
        _ body: [UInt8], _ form: BodyForm, at timestamp: Timestamp
    ) async throws(IngestionFailure) -> IngestionReport {
        guard body.count > Self.bodyBytesOnLoopMax else {
            return try ingestor.ingest(body, form: form, at: timestamp)
        }
        return try await withTaskExecutorPreference(globalConcurrentExecutor) { () async throws(IngestionFailure) in
            try ingestor.ingest(body, form: form, at: timestamp)
        }
    }

    /// The request as it is to be sent now: made ready anew only when a secret has changed.
    private mutating func ready() throws(ScrapeFailure) -> PreparedRequest {
        var request = request
        if let authentication { request.authentication = try authentication.read(for: request.url) }
        try request.add(headers)
        if let prepared, prepared.wanted == request, prepared.isCurrent { return prepared }
        do throws(AccessFailure) {
            let fresh = try client.prepare(request)
            prepared = fresh
            return fresh
        } catch {
            throw ScrapeFailure(error)
        }
    }

    /// Takes the place of another one with the same labels: series that this one has as well go on, the others end with
    /// its first scrape.
    ///
    /// Returns the interval of the other one, nil when it has left nothing. What it left is let go of here: it is as
    /// large as the target's page.
    mutating func goOn(from predecessor: StopSignal) -> Milliseconds? {
        guard let legacy = predecessor.takeLegacy() else { return nil }
        lastTimestamp = lastTimestamp ?? legacy.scrape.lastTimestamp
        ingestor.goOn(from: legacy.scrape.ingestor)
        return legacy.interval
    }

    /// The target is gone: its series end here.
    mutating func end(at timestamp: Timestamp) {
        ingestor.markAllStale(at: timestamp)
        ingestor.endSynthetic(at: timestamp)
    }
}

/// Repeats a target's scrape on its schedule until the task is cancelled. Its task prefers the scrape's network loop.
struct ScrapeLoop: Sendable {
    let target: ScrapeTarget
    let schedule: ScrapeSchedule
    /// False: the first scrape is at once, the others follow in the interval from there.
    let isSpread: Bool
    let counts: ScrapeCounts

    /// - `former`: the interval of the loop that this one goes on from; nil: there was none.
    func run(
        _ scrape: inout Scrape, former: Milliseconds? = nil, stop: StopSignal,
        report: (Timestamp, Scrape.Outcome) -> Void
    ) async {
        let clock = ContinuousClock()
        // Ticks are counted on the wall clock's axis from one anchor, and slept on the steady clock: a wall clock
        // that is set does not stall the loop.
        let anchorWall = WallClock.now()
        let anchor = clock.now
        func wall(_ instant: ContinuousClock.Instant) -> Timestamp {
            anchorWall + Milliseconds(seconds: (instant - anchor) / .seconds(1))
        }
        // At once: then the schedule begins now.
        let schedule =
            isSpread
            ? schedule
            : ScrapeSchedule(
                interval: schedule.interval, offset: Milliseconds(anchorWall.milliseconds % schedule.interval.count))
        var tick = schedule.firstTick(from: anchorWall)
        if let former, let last = scrape.lastTimestamp {
            tick = schedule.firstTick(from: anchorWall, after: last, every: former)
        }
        while !Task.isCancelled {
            let due = anchor + .milliseconds((tick - anchorWall).count)
            do {
                try await scrape.loop.sleep(for: due - clock.now)
            } catch {
                return
            }
            guard stop.beginScrape() else { return }
            counts.count(lateness: clock.now - due)
            let timestamp = schedule.align(WallClock.now(), due: tick)
            guard let outcome = await scrape.run(at: timestamp) else { return }
            report(timestamp, outcome)
            guard stop.endScrape() else { return }
            tick = schedule.nextTick(after: tick, now: wall(clock.now))
        }
    }
}

extension TLSOptions {
    package init(_ fields: TLSFields) {
        self.init(
            authorityFile: fields.authorityFile, certificateFile: fields.certificateFile, keyFile: fields.keyFile,
            skipsVerification: fields.skipsVerification)
        authorityText = fields.authorityText
        certificateText = fields.certificateText
        keyText = fields.keyText
        minVersion = fields.minVersion.map { Version($0) }
        maxVersion = fields.maxVersion.map { Version($0) }
        serverName = fields.serverName
    }
}

extension TLSOptions.Version {
    fileprivate init(_ version: WebConfiguration.TLSVersion) {
        self =
            switch version {
            case .tls10: .tls10
            case .tls11: .tls11
            case .tls12: .tls12
            case .tls13: .tls13
            }
    }
}

extension Request {
    /// Values in files are read at each use, as secrets are.
    mutating func add(_ fields: [HeaderFields]) throws(ScrapeFailure) {
        for field in fields {
            do throws(ConfigurationFailure) {
                headers.append(Header(field.name, try field.value.text()))
            } catch {
                throw ScrapeFailure(url: url, reason: "header file \(error)")
            }
        }
    }
}

extension ProxyRule {
    package init(_ fields: ProxyFields, environment: (String) -> String? = KubernetesAccess.variable) {
        if let url = fields.url {
            self.init(url, name: "proxy_url", exceptions: fields.exceptions.map { ProxyExceptions($0) })
        } else {
            self.init(environment: environment)
        }
        add(
            headers: fields.headers.compactMap { field in
                if case .value(let value) = field.value { Header(field.name, value) } else { nil }
            })
    }
}

extension AuthenticationFields {
    /// Secrets in files are read at each use, so that a rotated one counts at once.
    func read(for url: String) throws(ScrapeFailure) -> Authentication {
        do throws(ConfigurationFailure) {
            let text = try secret.text()
            guard let userName else { return .credentials(type: type, text) }
            return .basic(name: try userName.text(), password: text)
        } catch {
            throw ScrapeFailure(url: url, reason: "credentials file \(error)")
        }
    }
}
