// Where a one-shot command's data comes from: a server, scrapes of a URL, a file, or standard input.
// Opened once by query, series, labels, metadata and render; then asked like any other QueryBackend.

import ArgumentParser
import Ferula
import Glibc
import HTTPAccess
import PromQLEngine
import PromQLSyntax
import PrometheusAPI
import Querying
import Scraping
import TimeSeriesStore

struct SourceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Scrape this URL or host:port, as often as the question needs.", valueName: "URL"))
    var scrape: String?

    @Option(
        help: ArgumentHelp("Read a page of metrics or saved samples; - is standard input.", valueName: "FILE"),
        completion: .file())
    var load: String?

    @Option(
        help: ArgumentHelp("Distance of two scrapes, or of two looks of --assert; default 1s.", valueName: "duration"))
    var interval: String?

    @Option(
        name: .customLong("query.timeout"),
        help: ArgumentHelp(
            "End a query over scraped or loaded samples that takes longer; default 2m.", valueName: "duration"))
    var queryTimeout: String?

    static let fourWays = """
        nothing to ask: no source was given. One of these:
          --server URL    a Prometheus-compatible server (or PROMETHEUS_URL in the environment)
          --scrape URL    a page of metrics, scraped as often as the question needs
          --load FILE     a page of metrics or saved samples in a file
          ... | ferula    a page of metrics on standard input
        """

    @OptionGroup(title: "Server") var server: ServerOptions

    enum Choice: Hashable {
        case server(RemoteServer)
        case scrape(String)
        case load(String)
        case standardInput
    }

    func validate() throws {
        let given = [
            server.server.map { _ in "--server" }, scrape.map { _ in "--scrape" }, load.map { _ in "--load" },
        ].compactMap(\.self)
        if given.count > 1 { throw ValidationError("\(given.joined(separator: " and ")) exclude each other") }
    }

    /// Flags first, then PROMETHEUS_URL, then standard input.
    func choice() throws(CommandFailure) -> Choice {
        if let scrape { return .scrape(scrape) }
        if let load {
            if let flag = server.strayFlag {
                throw CommandFailure(
                    "\(flag) is about --server and --scrape: a file is just read", status: ExitStatus.usage)
            }
            return .load(load)
        }
        if let remote = try server.remoteServer(warn: { Program.write(line: $0, to: 2) }) {
            if !server.isServerGiven, Self.isFed {
                Program.write(
                    line: "standard input is not read: \(remote) is asked, as the environment says; --load - reads it",
                    to: 2)
            }
            return .server(remote)
        }
        if isatty(0) == 1 { throw CommandFailure(Self.fourWays, status: ExitStatus.usage) }
        return .standardInput
    }

    /// Whether something waits on standard input already.
    private static var isFed: Bool {
        var status = stat()
        guard fstat(0, &status) == 0 else { return false }
        let kind = status.st_mode & S_IFMT
        guard kind == S_IFIFO || kind == S_IFREG && status.st_size > 0 else { return false }
        var waiting = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
        return poll(&waiting, 1, 0) == 1 && waiting.revents & Int16(POLLIN) != 0
    }

    private static var isPipe: Bool {
        var status = stat()
        return fstat(0, &status) == 0 && [S_IFIFO, S_IFSOCK, S_IFREG].contains(status.st_mode & S_IFMT)
    }

    func wantedInterval() throws(CommandFailure) -> Milliseconds? {
        guard let interval else { return nil }
        return try DurationText.read(interval, "--interval")
    }

    /// - `expressions`: what will be asked; tells how long to scrape.
    /// - `times`: the range that is asked about; scrapes fill it.
    func open(for expressions: [Expression], _ times: TimeOptions?) async throws -> QuestionSource {
        try await open(try choice()) { () throws(CommandFailure) in
            ScrapePlan(for: expressions, interval: try wantedInterval(), length: try times?.length() ?? .zero)
        }
    }

    /// - `plan`: how often and how long to scrape; asked for only then.
    func open(_ choice: Choice, plan: () throws(CommandFailure) -> ScrapePlan) async throws -> QuestionSource {
        switch choice {
        case .server(let remote):
            let source = QuestionSource(backend: RemoteBackend(remote, client: OneShotClient.shared))
            source.name = remote.shortName
            return source
        case .load(let file): return try Self.loaded(file, engineOptions(), saysWays: false)
        case .standardInput: return try Self.loaded("-", engineOptions(), saysWays: true)
        case .scrape(let text):
            let source = try await scraped(text, try plan(), engineOptions())
            source.name = TargetText(text)?.publicHostAndPort
            return source
        }
    }

    private func engineOptions() throws(CommandFailure) -> EngineOptions {
        var options = EngineOptions.user
        options.now = { Clock.monotonicMilliseconds() }
        if let queryTimeout { options.timeout = try DurationText.read(queryTimeout, "--query.timeout") }
        return options
    }

    private static func loaded(_ file: String, _ options: EngineOptions, saysWays: Bool) throws -> QuestionSource {
        let store = TimeSeriesStore()
        let report = try LoadFile.load(file, into: store, defaultTime: Clock.now())
        if saysWays, report.bytesRead == 0 {
            // Who has a pipe there has chosen; the null device is what is there when nobody has.
            if Self.isPipe { throw CommandFailure("standard input was empty: no page of metrics came through it") }
            throw CommandFailure("standard input is empty\n" + fourWays, status: ExitStatus.usage)
        }
        if report.outcome.outOfOrder + report.outcome.tooOld + report.samplesRefused > 0 {
            let refusal = report.refusal.map { ", \(report.samplesRefused) refused (\($0))" } ?? ""
            Program.write(
                line: "not loaded: \(report.outcome.outOfOrder) samples out of order, \(report.outcome.tooOld) too old"
                    + refusal, to: 2)
        }
        return QuestionSource(store: store, options, newest: store.timeRange?.upperBound ?? Clock.now())
    }

    private func scraped(
        _ text: String, _ plan: ScrapePlan, _ options: EngineOptions
    ) async throws -> QuestionSource {
        let store = TimeSeriesStore()
        let client = OneShotClient.shared
        let access = try server.access { Program.write(line: $0, to: 2) }
        let timeout = try server.timeout()
        do throws(ScrapeFailure) {
            let url = try await findMetrics(
                server.address(text), client: client, access: access,
                timeout: timeout.map { .milliseconds($0.count) } ?? .seconds(5))
            var shot = OneShotScrape(url: url, times: plan.scrapes, interval: plan.interval)
            shot.access = access
            shot.timeout = timeout ?? shot.timeout
            var scrape = RepeatedScrape(shot, client: client, sink: store)
            let showsProgress = isatty(2) == 1 && plan.scrapes > 1
            let last = try await scrape.next(times: plan.scrapes) { done in
                guard showsProgress else { return }
                let left = Milliseconds(plan.interval.count * Int64(plan.scrapes - done))
                Program.write(
                    bytes: Array("\r\u{1b}[Kscraped \(done) of \(plan.scrapes), \(left) left".utf8), to: 2)
            }
            if showsProgress { Program.write(bytes: Array("\r\u{1b}[K".utf8), to: 2) }
            return QuestionSource(store: store, options, newest: last, scrape: scrape)
        } catch {
            throw CommandFailure(scrape: error)
        }
    }
}

/// An opened source. Used from one task.
final class QuestionSource {
    enum Kind { case live, scraped, fixed }

    /// Samples of a file or of one scrape: no rule looks at them.
    private struct NoRules: StatusSource {
        func targets() async -> [TargetStatus] { [] }
    }

    let backend: any QueryBackend
    let status: any StatusSource
    let kind: Kind
    /// Host and port of who is asked; nil for a file.
    fileprivate(set) var name: String?
    /// What `now` means: the wall clock for a server, the last scrape, a file's newest sample.
    private(set) var now: Timestamp
    private let store: TimeSeriesStore?
    private var scrape: RepeatedScrape?

    init(store: TimeSeriesStore, _ options: EngineOptions, newest: Timestamp, scrape: RepeatedScrape? = nil) {
        backend = EmbeddedBackend(source: store, options: options)
        status = NoRules()
        kind = scrape == nil ? .fixed : .scraped
        now = newest
        self.store = store
        self.scrape = scrape
    }

    init(backend: RemoteBackend) {
        self.backend = backend
        status = RemoteStatus(backend)
        kind = .live
        now = Clock.now()
        store = nil
    }

    var dataRange: ClosedRange<Timestamp>? { store?.timeRange }

    /// The usual distance of two samples at the end of a file; nil where there is none, or no file.
    ///
    /// Of up to a hundred series, those of `up` where there are any, each has its median; nine in ten are not slower
    /// than the answer.
    func sampleDistance() async -> Milliseconds? {
        guard let store, let end = store.timeRange?.upperBound else { return nil }
        let start = end - .hours(1)
        // A source in this process fails only where a limit is reached: then nothing is known.
        let up = [[Matcher(LabelSet.metricNameLabel, equals: "up")]]
        var labels = (try? await store.series(up, start: start, end: end, limit: 100)) ?? []
        if labels.isEmpty { labels = (try? await store.series([], start: start, end: end, limit: 100)) ?? [] }
        let selections = labels.map { labels in
            Selection(
                matchers: labels.labels.map { Matcher($0.name, equals: $0.value) }, start: start,
                end: end)
        }
        guard let found = try? await store.select(selections, limits: SelectionLimits()) else { return nil }
        let medians = found.compactMap { series -> Int64? in
            guard let times = series.first?.timestamps, times.count > 1 else { return nil }
            let distances = zip(times, times.dropFirst()).map { ($1 - $0).count }.sorted()
            return distances[distances.count / 2]
        }.sorted()
        return medians.isEmpty ? nil : Milliseconds(medians[(medians.count - 1) * 9 / 10])
    }

    /// Brings `now` up to date: scrapes again, or looks at the clock. Nothing for a file.
    func refresh() async throws(CommandFailure) {
        switch kind {
        case .fixed: break
        case .live: now = Clock.now()
        case .scraped:
            do throws(ScrapeFailure) {
                if let last = try await scrape?.next() { now = last }
            } catch {
                throw CommandFailure(scrape: error)
            }
        }
    }
}

/// The client of a process that asks and ends. It is never shut down: that waits for threads to be made and to end,
/// and the end of the process closes its connections as well.
enum OneShotClient {
    static let shared: Client = {
        NetworkLoop.limitToOne()
        return Client(userAgent: "ferula/\(Program.version)")
    }()
}

extension CommandFailure {
    /// With the flag that may help; a target that does not answer may do so later.
    init(scrape failure: ScrapeFailure) {
        let hints = [
            ("not trusted", "--tls-ca-file names the authority to trust"),
            ("client certificate", "--tls-cert-file and --tls-key-file name the one to show"),
            ("HTTP status 401", "--username and --password-file, or --bearer-token-file, say who asks"),
        ]
        let hint = hints.first { failure.reason.contains($0.0) }.map { "\n  " + $0.1 } ?? ""
        self.init(failure.rendered + hint)
        mayPass = true
    }
}

extension SourceOptions {
    func with<Value>(
        _ expressions: [Expression], _ times: TimeOptions? = nil, _ body: (QuestionSource) async throws -> Value
    ) async throws -> Value {
        try await body(try await open(for: expressions, times))
    }
}
