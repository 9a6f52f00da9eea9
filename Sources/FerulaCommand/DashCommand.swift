// `ferula [TARGET]`: the dashboard, in the terminal or as one frame of text.
// Puts the running process, the dashboard and the session loop together.

import ArgumentParser
import CursesTerminal
import DashboardApp
import Dashboards
import FerulaConfiguration
import FerulaServer
import Frames
import Glibc
import HTTPAccess
import HostExporter
import MetricModel
import PrometheusAPI
import Querying
import Scraping
import ShippedDashboards

extension ColorWish: ExpressibleByArgument {}

struct DashCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dash",
        abstract: "Show a dashboard (the default): of this machine, of a URL, of a configuration's targets.",
        discussion: """
            ferula                             this machine
            ferula localhost:8080              scrapes http://localhost:8080/metrics every second,
                                               as a dashboard made of what it finds
            ferula -c prometheus.yml -d x.json your targets under your Grafana dashboard
            ferula --server URL -d x.json      a Prometheus, Thanos, Mimir or VictoriaMetrics under it

            ? lists the keys. When standard output is no terminal, one frame is printed as text.
            """)

    @Argument(
        help: "URL or host:port to scrape, a dashboard (.json) or a configuration (.yml). Default: this machine.",
        completion: .file())
    var target: String?

    @Option(
        name: [.customShort("d"), .customLong("dashboard")],
        help: ArgumentHelp(
            """
            Dashboard to show: a file, a shipped one by its name, such as `envoy` (`ferula dashboard list`), or `auto`, made \
            of the metrics there are. A folder \
            is all of its dashboards; given again, links lead from one to the other.
            """, valueName: "FILE"),
        completion: DashboardChoice.completion)
    var dashboardFiles: [String] = []

    @Option(
        name: [.customShort("c"), .customLong("config.file"), .customLong("config")],
        help: ArgumentHelp("Targets to scrape, in Prometheus' format.", valueName: "FILE"),
        completion: .file())
    var configurationFile: String?

    @Option(
        help: ArgumentHelp(
            "How often to scrape TARGET, default 1s; with --server, how often it scrapes, default 15s.",
            valueName: "duration"))
    var interval: String?

    @Option(help: ArgumentHelp("Time to show, such as 15m; default the dashboard's.", valueName: "duration"))
    var range: String?

    @Option(help: "auto, always or never; NO_COLOR is honoured.")
    var color: ColorWish = .auto

    @Option(
        help: ArgumentHelp("Begin with the samples of this file.", valueName: "FILE"),
        completion: .file())
    var load: String?

    @Option(
        help: ArgumentHelp(
            "Keep everything in this file: loaded at the start, written every minute and at the end.", valueName: "FILE"
        ), completion: .file())
    var state: String?

    @Option(
        help: ArgumentHelp(
            "At the end, write all samples as OpenMetrics text, gzip for *.gz; replaces only such a file.",
            valueName: "FILE"),
        completion: .file())
    var save: String?

    @Option(
        help: ArgumentHelp(
            "Make the dashboard of these series alone, such as job=api; with --server for a big installation.",
            valueName: "MATCHERS"))
    var auto: String?

    @OptionGroup(title: "Screen") var appearance: AppearanceOptions

    @OptionGroup var reading: ConfigurationOptions

    @OptionGroup(title: "Server") var serverOptions: ServerOptions

    func validate() throws {
        if serverOptions.isServerGiven {
            if let target, !Self.isDashboard(target) { throw ValidationError("give either TARGET or --server") }
            if configurationFile != nil { throw ValidationError("give either --config.file or --server") }
            for (flag, value) in [("--load", load), ("--state", state), ("--save", save)] where value != nil {
                throw ValidationError("\(flag) is about samples of this process; with --server there are none")
            }
        }
        if configurationFile != nil, let target, !Self.isDashboard(target) {
            throw ValidationError("give either TARGET or --config.file")
        }
    }

    /// Grafana's JSON by its name; YAML by its words, for a configuration is called the same.
    private static func isDashboard(_ path: String) -> Bool {
        path.hasSuffix(".json") || isConfiguration(path) && DashboardFile.isShortForm(path)
    }
    private static func isConfiguration(_ path: String) -> Bool { path.hasSuffix(".yml") || path.hasSuffix(".yaml") }

    func run() async throws {
        if appearance.defaultSettings {
            try Program.output(Array(AppearanceOptions.defaultText.utf8))
            return
        }
        var files = dashboardFiles
        var configurationPath = configurationFile
        var url: String?
        if let target {
            if Self.isDashboard(target), FileSystem.exists(target) {
                files.insert(target, at: 0)
            } else if Self.isConfiguration(target), FileSystem.exists(target) {
                configurationPath = target
            } else if FileSystem.exists(target), !FirstArgument.isHostAndPort(target) {
                throw CommandFailure(
                    "\(target): neither a dashboard (.json, .yml) nor a configuration (.yml); "
                        + "ask about saved samples with `ferula query --load \(target)`", status: ExitStatus.usage)
            } else {
                url = target
            }
        }
        // What can be wrong in files is said before anything starts.
        let every = try appearance.interval()
        // One frame of text has no colours or keys; a file that was named is looked at all the same.
        let look = isAttended || appearance.settings != nil ? try appearance.chosen() : AppearanceOptions.Chosen()
        let matchers = try auto.map(AutomaticChoice.matchers) ?? []
        let isAutomatic = auto != nil || files.first == AutomaticChoice.name
        files.removeAll { $0 == AutomaticChoice.name }
        let chosen = try files.flatMap(Self.dashboards)
        let shelf = DashboardShelf.rest(after: files)
        if configurationPath != nil, let flag = serverOptions.strayFlag {
            throw CommandFailure(
                "\(flag) is about TARGET and --server: the targets of a configuration have their own there",
                status: ExitStatus.usage)
        }
        if url == nil, let server = try server(isLocal: configurationPath != nil) {
            try await RemoteDash(
                server: server, dashboards: chosen, shelf: shelf, isAutomatic: isAutomatic, matchers: matchers,
                range: try range.map { try QueryCommand.duration($0, "--range") },
                scrapeInterval: try interval.map { try QueryCommand.duration($0, "--interval") }, color: color,
                look: look, plain: appearance.plain, every: every
            ).run()
            return
        }
        let (notices, noticed) = AsyncStream.makeStream(of: Notice.self, bufferingPolicy: .bufferingNewest(8))
        let process = FerulaProcess(
            try await options(url: url, configurationPath: configurationPath, notices: noticed),
            logger: Self.isTerminal && !appearance.plain ? .notices { noticed.yield($0) } : .warnings())
        let showsHost = url == nil && configurationPath == nil
        let kept = Kept(state: state, load: load, save: save)
        try await kept.begin(process)
        try await kept.around(process.store) {
            try await self.run(
                process, dashboards: chosen, shelf: shelf, showsHost: showsHost,
                automatic: isAutomatic ? matchers : nil, look, notices: notices)
        }
    }

    /// The server to ask. What the environment says gives way to anything that is about data of this process.
    private func server(isLocal: Bool) throws(CommandFailure) -> RemoteServer? {
        let isOwn = isLocal || load != nil || state != nil || save != nil
        if isOwn, !serverOptions.isServerGiven, serverOptions.strayFlag == nil { return nil }
        return try serverOptions.remoteServer { Program.write(line: $0, to: 2) }
    }

    // MARK: What is shown and scraped

    /// Of a folder all that are dashboards, by their files' names; what is none is said and left out.
    static func dashboards(_ name: String) throws(CommandFailure) -> [Dashboard] {
        // What is made of the metrics is no file.
        if name == AutomaticChoice.name { return [] }
        if let shipped = ShippedDashboards.named(name) {
            return try ([shipped] + ShippedDashboards.companions(of: shipped)).map(DashboardFile.dashboard)
        }
        guard FileSystem.isFolder(name) else { return [try dashboard(name)] }
        let files = try FileSystem.files(in: name).filter {
            $0.hasSuffix(".json") || isConfiguration($0) && DashboardFile.isShortForm($0)
        }
        var found: [Dashboard] = []
        for file in files.prefix(libraryMax) {
            do {
                found.append(try dashboard(file))
            } catch {
                Program.write(line: "ferula: \(error)", to: 2)
            }
        }
        if files.count > libraryMax {
            Program.write(line: "ferula: \(name): more than \(libraryMax) dashboards, the rest is left out", to: 2)
        }
        guard !found.isEmpty else { throw CommandFailure("\(name): there is no dashboard in this folder") }
        return found
    }
    /// Files of one folder.
    private static let libraryMax = 500

    static func dashboard(_ name: String) throws(CommandFailure) -> Dashboard {
        if let shipped = ShippedDashboards.named(name) { return try DashboardFile.dashboard(shipped) }
        // A bare word is meant as a name.
        if name != "-", !name.contains(where: { $0 == "/" || $0 == "." }), !FileSystem.exists(name) {
            throw DashboardChoice.unknown(name)
        }
        return try DashboardFile.dashboard(try FileSystem.read(name), name)
    }

    func options(
        url: String?, configurationPath: String?, notices: AsyncStream<Notice>.Continuation
    ) async throws -> ProcessOptions {
        var options = ProcessOptions()
        options.version = Program.version
        options.spreadsTargets = false
        let given = try interval.map { try QueryCommand.duration($0, "--interval") }
        let every = given ?? .seconds(1)
        if let configurationPath {
            options.configuration = try Setup.configuration(configurationPath, reading)
            let reading = reading
            options.readConfiguration = { () throws(ConfigurationFailure) in try reading.read(configurationPath) }
            if !isAttended || !FileSystem.isRegularFile(configurationPath) { options.followsConfiguration = nil }
            options.configurationFollowed = { [notices] failure in
                notices.yield(
                    failure.map { Notice("\($0); the configuration read before stays", isError: true) }
                        ?? Notice("configuration read again"))
            }
        } else if let url {
            options.configuration.scrapes = [try await scrape(url, every)]
        } else {
            options.exporter = OwnExporter(
                instance: Self.hostName, registry: HostMetrics.registry(),
                interval: given ?? (isAttended ? .seconds(1) : Self.stillInterval))
        }
        return options
    }

    /// Finds where the target's metrics are; a target that does not answer is an error, not an empty dashboard.
    private func scrape(_ text: String, _ interval: Milliseconds) async throws -> ScrapeConfiguration {
        let access = try serverOptions.access { Program.write(line: $0, to: 2) }
        let timeout = try serverOptions.timeout()
        let client = Client(userAgent: "ferula/\(Program.version)")
        let found: String
        do throws(ScrapeFailure) {
            found = try await findMetrics(
                serverOptions.address(text), client: client, access: access,
                timeout: timeout.map { .milliseconds($0.count) } ?? .seconds(5))
            await client.shutdown()
        } catch {
            await client.shutdown()
            throw CommandFailure(scrape: error)
        }
        guard let parts = TargetText(found) else { throw CommandFailure("\(found): no URL") }
        var job = ScrapeConfiguration(
            jobName: "ferula", interval: interval, timeout: min(interval, timeout ?? interval))
        job.scheme = parts.scheme ?? "http"
        let path = parts.path ?? "/metrics"
        job.metricsPath = String(path.prefix { $0 != "?" })
        job.parameters = Self.parameters(path)
        // A name and password in the URL go with the request; nothing that is shown has them.
        if case .basic(let name, let password)? = AddressParts(parts.hostAndPort).authentication {
            job.authentication = AuthenticationFields(userName: .value(name), secret: .value(password))
        }
        job.use(access)
        job.groups = [TargetGroup(addresses: [parts.publicHostAndPort])]
        return job
    }

    private static func parameters(_ path: String) -> [(name: String, values: [String])] {
        guard let mark = path.firstIndex(of: "?") else { return [] }
        return path[path.index(after: mark)...].split(separator: "&").map { field in
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return (parts.first ?? "", [parts.dropFirst().first ?? ""])
        }
    }

    static var isTerminal: Bool { isatty(1) == 1 }
    /// Somebody looks or listens for a while: not one frame and done.
    private var isAttended: Bool { Self.isTerminal || appearance.plain }

    /// A still frame is waited for: more scrapes of this machine in less time.
    private static let stillInterval = Milliseconds(500)

    private static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    // MARK: Running

    private func run(
        _ process: FerulaProcess, dashboards: [Dashboard], shelf: [ShelvedDashboard], showsHost: Bool,
        automatic: [Matcher]?, _ look: AppearanceOptions.Chosen, notices: AsyncStream<Notice>
    ) async throws {
        let begun = Clock.now()
        let (started, announce) = AsyncStream.makeStream(of: Void.self)
        let running = Task { () async -> String? in
            do {
                try await process.run { _ in announce.finish() }
                return nil
            } catch {
                announce.finish()
                return "\(error)"
            }
        }
        for await _ in started {}
        var shown = dashboards.first
        var library = Array(dashboards.dropFirst())
        if let automatic {
            shown = try await automaticDashboard(process, automatic)
            library = dashboards
        } else if shown == nil {
            shown = showsHost ? try Self.dashboard("host") : try await automaticDashboard(process, nil)
        }
        if let shown {
            let rangeWanted = try range.map { try QueryCommand.duration($0, "--range") }
            if appearance.plain {
                // Rates need two scrapes within the range that is asked for.
                await Self.waitForScrapes(process, limit: .seconds(8)) { _ in 3 }
                var settings = SessionLoop.Settings(range: rangeWanted ?? look.range, dataStart: begun)
                settings.appearance = look.appearance
                try await PlainDash(
                    dashboard: shown, backend: process.backend, status: process.status, settings: settings,
                    every: try appearance.interval(), patience: .seconds(10)
                ).run()
            } else if Self.isTerminal {
                var settings = SessionLoop.Settings(
                    range: rangeWanted ?? look.range, refresh: look.refresh, dataStart: begun)
                settings.appearance = look.appearance
                settings.notices = notices
                settings.library = library
                settings.shelf = DashboardShelf.rest(shelf, beside: shown)
                settings.unshelve = DashboardShelf.read
                settings.matchers = automatic ?? []
                if showsHost, dashboards.isEmpty {
                    let offers = LocalOffers(process)
                    settings.offers = { await LocalOffers.found() }
                    settings.open = { await offers.open($0) }
                }
                let session = Session(
                    dashboard: shown, backend: process.backend, status: process.status, settings: settings,
                    color: color)
                if let failure = await session.run() { throw CommandFailure("ferula: \(failure)") }
            } else {
                try await still(shown, process, rangeWanted, since: begun)
            }
        }
        running.cancel()
        if let failure = await running.value { throw CommandFailure("ferula: \(failure)") }
    }

    /// Waits for the first scrape, then makes a dashboard of what it brought; a machine's metrics get the shipped one.
    ///
    /// - `matchers`: nil where nobody asked for a made one.
    private func automaticDashboard(_ process: FerulaProcess, _ matchers: [Matcher]?) async throws -> Dashboard {
        await Self.waitForScrapes(process, limit: .seconds(10)) { _ in 1 }
        if matchers == nil {
            let metadata = try await process.backend.metadata(metric: nil)
            if metadata["node_cpu_seconds_total"] != nil, metadata["node_memory_MemTotal_bytes"] != nil {
                return try Self.dashboard("host")
            }
        }
        let targets = await process.status.targets()
        let title = targets.count == 1 ? targets[0].labels["instance"] ?? "Target" : "\(targets.count) targets"
        return try await AutomaticChoice.dashboard(
            of: process.backend, matchers: matchers ?? [], title: title, now: Clock.now())
    }

    /// One frame as text, of what a few scrapes brought: rates need two, a graph that can be read some more. Without a
    /// range of the user's it shows the time that has been watched and no empty past.
    private func still(
        _ dashboard: Dashboard, _ process: FerulaProcess, _ given: Milliseconds?, since begun: Timestamp
    ) async throws(CommandFailure) {
        let first = await Self.waitForScrapes(process, limit: .seconds(8)) {
            max(4, min(8, 2000 / max(1, $0.interval.count)))
        }
        let output = OutputTerminal.detect()
        let now = Clock.now()
        let watched = Milliseconds(((now - (first ?? begun)).count + 999) / 1000 * 1000)
        let range = given ?? min(watched, TimeView(from: dashboard.timeFrom, to: dashboard.timeTo, now: now).length)
        var still = Still(
            dashboard, width: OutputTerminal.environment("COLUMNS") == nil ? 120 : output.columns,
            capabilities: TerminalCapabilities(colors: .none), now: now)
        still.utcOffset = Clock.localOffset(now)
        still.range = range
        // Cancelled as soon as every panel has its answer.
        let picture = await renderOnce(still, backend: process.backend, status: process.status) {
            try? await Task.sleep(for: .seconds(10))
        }
        try Program.output(Array(picture.frame.plainText.utf8))
        if let words = DashboardShelf.missingWords(picture.panels) { Program.write(line: "ferula: " + words, to: 2) }
    }

    /// Until every target has been scraped so often, or the time is up: then the picture says what is missing.
    /// Returns the moment of the first scrape seen.
    @discardableResult
    private static func waitForScrapes(
        _ process: FerulaProcess, limit: Duration, times: (TargetStatus) -> Int64
    ) async -> Timestamp? {
        let deadline = ContinuousClock.now + limit
        var seen: [String: Set<Timestamp>] = [:]
        while ContinuousClock.now < deadline {
            let targets = await process.status.targets()
            for target in targets {
                if let last = target.lastScrape { seen[target.url, default: []].insert(last) }
            }
            if !targets.isEmpty, targets.allSatisfy({ (seen[$0.url]?.count ?? 0) >= times($0) }) { break }
            // A cancelled wait ends with whatever is there.
            guard (try? await Task.sleep(for: .milliseconds(20))) != nil else { break }
        }
        return seen.values.compactMap { $0.min() }.min()
    }
}
