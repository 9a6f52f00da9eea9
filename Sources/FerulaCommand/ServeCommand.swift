// `ferula serve`: scraping and the HTTP API without a screen, until SIGTERM or SIGINT.

import ArgumentParser
import FerulaConfiguration
import FerulaServer
import HTTPService
import Logging
import MetricModel
import ServiceLifecycle
import UnixSignals

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Scrape and answer the Prometheus HTTP API, without a screen.",
        discussion: """
            ferula serve --listen 127.0.0.1:9090 --config.file prometheus.yml
            ferula serve --listen 127.0.0.1:9090 --load saved.om.gz
            ferula serve --config.file prometheus.yml --state metrics.state

            Answers /api/v1/query, /api/v1/query_range and their companions, /metrics, /-/healthy and /-/ready.
            SIGTERM and SIGINT end it after the answers under way. The configuration is read again when a file of it
            changes and at SIGHUP; a bad one is reported and the old one stays. What goes wrong on the way (targets that
            fail, sources of targets that do not answer) is said on standard error, a line of logfmt each.
            """)

    @Option(
        name: [.long, .customLong("web.listen-address")],
        help: ArgumentHelp("Where to listen; port 0 lets the system choose.", valueName: "HOST:PORT"))
    var listen = "127.0.0.1:9090"

    @Option(
        name: [.customShort("c"), .customLong("config.file"), .customLong("config")],
        help: ArgumentHelp("Targets to scrape, in Prometheus' format.", valueName: "FILE"),
        completion: .file())
    var configurationFile: String?

    @Option(
        help: ArgumentHelp("Begin with the samples of this file; - is standard input.", valueName: "FILE"),
        completion: .file())
    var load: String?

    @Option(
        help: ArgumentHelp(
            "Keep everything in this file: loaded at the start, written every minute and at the end.", valueName: "FILE"
        ), completion: .file())
    var state: String?

    @Option(
        name: .customLong("state.interval"),
        help: ArgumentHelp("How often --state is written; default 1m.", valueName: "duration"))
    var stateInterval: String?

    @Option(
        help: ArgumentHelp(
            "At the end, write all samples as OpenMetrics text, gzip for *.gz; replaces only such a file.",
            valueName: "FILE"),
        completion: .file())
    var save: String?

    @Option(
        name: .customLong("log.level"),
        help: ArgumentHelp(
            "What is written to standard error: debug, info, warn or error and all that is worse.", valueName: "LEVEL"))
    var logLevel = "info"

    @OptionGroup
    var reading: ConfigurationOptions

    @OptionGroup(title: "Web and query options, as Prometheus has them")
    var web: ServeWebOptions

    func run() async throws {
        guard let address = ListenAddress(parsing: listen) else {
            throw CommandFailure(
                "--listen: `\(listen)` is no HOST:PORT; wanted something like 127.0.0.1:9090", status: ExitStatus.usage)
        }
        let log = LogQueue()
        let logger = Logger.lines(try level(), to: log)
        let reloads = Logger.lines(try level(), to: log, collapses: false)
        var options = ProcessOptions()
        options.version = Program.version
        options.listen = address
        try web.apply(to: &options)
        options.flags = flags
        if let configurationFile {
            let reading = reading
            options.configuration = try Setup.configuration(configurationFile, reading)
            options.readConfiguration = { () throws(ConfigurationFailure) in
                try reading.read(configurationFile) { reloads.warning("\($0)") }
            }
            if !FileSystem.isRegularFile(configurationFile) { options.followsConfiguration = nil }
            options.configurationFollowed = { Reloading.log(configurationFile, $0?.description, reloads) }
        }
        let process = FerulaProcess(options, logger: logger)
        var kept = Kept(state: state, load: load, save: save, say: { log.add($0) })
        if let stateInterval {
            let interval = try QueryCommand.duration(stateInterval, "--state.interval")
            kept.stateInterval = .milliseconds(max(1, interval.count))
        }
        try await kept.begin(process)
        let service = AnnouncedProcess(
            process: process, configurationFile: configurationFile, scheme: try web.scheme(), logger: reloads,
            say: { log.add($0) })
        let quiet = Logger(label: "ferula") { _ in SwiftLogNoOpLogHandler() }
        let group = ServiceGroup(
            services: [service], gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
        let ending: Result<Void, any Error>
        do {
            ending = .success(try await kept.around(process.store) { try await group.run() })
        } catch let failure as ServiceFailure {
            ending = .failure(CommandFailure("ferula: \(failure)"))
        } catch {
            ending = .failure(error)
        }
        await log.finish()
        try ending.get()
    }
}

extension ServeCommand {
    private func level() throws(CommandFailure) -> Logger.Level {
        if let known = LogLine.levels.first(where: { $0.key == logLevel }) { return known.value }
        throw CommandFailure(
            "--log.level: `\(logLevel)` is no level; wanted debug, info, warn or error", status: ExitStatus.usage)
    }

    /// What `/api/v1/status/flags` says.
    private var flags: [String: String] {
        var flags = web.flags
        flags["web.listen-address"] = listen
        flags["config.file"] = configurationFile ?? ""
        flags["state"] = state ?? ""
        flags["load"] = load ?? ""
        flags["save"] = save ?? ""
        flags["log.level"] = logLevel
        flags["state.interval"] = stateInterval ?? "1m"
        return flags
    }
}

/// The process as a service that says where it listens.
private struct AnnouncedProcess: Service {
    var process: FerulaProcess
    /// Read again at SIGHUP; nil: SIGHUP ends the program, as for any other.
    var configurationFile: String?
    var scheme: String
    var logger: Logger
    var say: @Sendable (String) -> Void

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            try await withThrowingTaskGroup(of: Void.self) { group in
                if let configurationFile {
                    // Caught before anything is announced: who waits for the address may send the signal at once.
                    let hangups = await UnixSignalsSequence(trapping: .sighup)
                    group.addTask {
                        for await _ in hangups { await reload(configurationFile) }
                    }
                }
                group.addTask {
                    try await process.run { address in
                        if let address { say("listening on \(scheme)://\(address)") }
                    }
                }
                defer { group.cancelAll() }
                try await group.next()
            }
        }
    }

    private func reload(_ file: String) async {
        Reloading.log(file, await process.reload(), logger)
    }
}

/// What is said of a configuration that was read again.
private enum Reloading {
    /// `reason`: why it was refused.
    static func log(_ file: String, _ reason: String?, _ logger: Logger) {
        if let reason {
            logger.error("\(reason); the configuration read before stays")
        } else {
            logger.info("configuration read again: \(file)")
        }
    }
}

/// What several subcommands read before they start.
enum Setup {
    /// A prometheus.yml; what it has that is not ours is said on standard error.
    static func configuration(
        _ path: String, _ reading: ConfigurationOptions
    ) throws(CommandFailure) -> Configuration {
        do {
            return try reading.read(path) { Program.write(line: $0, to: 2) }
        } catch {
            throw CommandFailure(error.description)
        }
    }

    static func job(
        _ name: String, of configuration: Configuration, file: String
    ) throws(CommandFailure) -> ScrapeConfiguration {
        if let job = configuration.scrapes.first(where: { $0.jobName == name }) { return job }
        let names = configuration.scrapes.map(\.jobName)
        let near = nearestName(to: name, among: names).map { "; did you mean `\($0)`?" }
        let known = names.isEmpty ? "; it has no job" : "; its jobs: \(names.joined(separator: ", "))"
        throw CommandFailure("\(file): no job `\(name)`\(near ?? known)")
    }
}
