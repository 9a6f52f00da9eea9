// `ferula run -- CMD`: starts a program, finds where it serves its metrics, and shows them while it runs.
// ChildProcess starts and ends it, ListeningPorts finds it, DashCommand shows what it has.

import ArgumentParser
import DashboardApp
import FerulaConfiguration
import FerulaServer
import Frames
import Glibc
import HTTPAccess
import Logging
import MetricModel
import Scraping
import Synchronization
import UnixSignals

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Start a program, find its metrics, and show them while it runs.",
        discussion: """
            ferula run -- python3 service.py
            ferula run -d service.yml -- ./service --port 8080
            ferula run --save metrics.om.gz -- ./load-test.sh        # in CI: no screen, the data are kept

            The ports that CMD and what it starts listen on are asked for /metrics until one answers. The screen ends with
            CMD, and CMD (SIGTERM, after 5 s SIGKILL) with the screen; what CMD wrote meanwhile is printed then. Without a
            terminal CMD writes where it always writes, and nothing is drawn.

            The exit code is CMD's; 127 when there is no such program.
            """)

    @Argument(
        parsing: .postTerminator, help: ArgumentHelp("The program and its arguments, behind --.", valueName: "CMD"))
    var words: [String] = []

    @Option(help: ArgumentHelp("The port of its metrics; otherwise all that it listens on are tried.", valueName: "N"))
    var port: UInt16?

    @Option(help: ArgumentHelp("The path of its metrics.", valueName: "PATH"))
    var path = "/metrics"

    @Option(
        name: [.customShort("d"), .customLong("dashboard")],
        help: ArgumentHelp("Dashboard to show; otherwise one is made of its metrics.", valueName: "FILE"),
        completion: .file())
    var dashboards: [String] = []

    @Option(help: ArgumentHelp("How often to scrape.", valueName: "duration"))
    var interval = "1s"

    @Option(
        help: ArgumentHelp(
            "At the end, write all samples as OpenMetrics text, gzip for *.gz; replaces only such a file.",
            valueName: "FILE"),
        completion: .file())
    var save: String?

    @Flag(help: "Keep the screen when CMD has ended, until it is left by q.")
    var hold = false

    @Option(help: "auto, always or never; NO_COLOR is honoured.")
    var color: ColorWish = .auto

    func validate() throws {
        guard !words.isEmpty else { throw ValidationError("no program: ferula run -- CMD") }
        if port == 0 { throw ValidationError("--port: 1 to 65535 is wanted") }
        guard port != nil || ListeningPorts.isKnown else {
            throw ValidationError("on this system the port cannot be found: give --port")
        }
        guard path.hasPrefix("/") else { throw ValidationError("--path begins with /") }
    }

    func run() async throws {
        // What can be wrong is said before anything starts.
        _ = try QueryCommand.duration(interval, "--interval")
        for dashboard in dashboards { _ = try DashCommand.dashboards(dashboard) }
        if let save { try SaveFile.check(save) }
        let isShown = DashCommand.isTerminal
        let output = isShown ? try CapturedOutput() : nil
        // Trapped before the program is there: a signal that ends this process must not leave it behind. What is ignored
        // stays so, as under `nohup`.
        let trapped = [UnixSignal.sigterm, .sigint, .sighup].filter { !Self.isIgnored(Self.number(of: $0)) }
        let ignored = Set([SIGTERM, SIGINT, SIGHUP]).subtracting(trapped.map { Self.number(of: $0) })
        let signals = await UnixSignalsSequence(trapping: trapped)
        let child = try ChildProcess(words, output: output?.writeEnd, ignored: ignored)
        output?.start()
        let (ending, end) = AsyncStream.makeStream(of: Void.self)
        let asked = Asked()
        let forwarding = Task {
            for await signal in signals {
                // What is typed reaches a program without a screen by itself.
                if isShown || signal != .sigint || !Self.isInputTerminal { child.signal(Self.number(of: signal)) }
                asked.set()
                end.finish()
            }
        }
        let watching = Task {
            _ = await child.end()
            if !hold { end.finish() }
        }
        var failure: (any Error)?
        do {
            try await watch(child, output, ending, asked)
        } catch {
            failure = error
        }
        let ended = isShown ? nil : await child.end()
        let code = if let ended { ended } else { await child.stop() }
        watching.cancel()
        forwarding.cancel()
        await output?.finish()
        if let failure {
            // A failure of the screen must not hide behind a program that went well.
            throw failure
        }
        if code != 0 { throw CommandFailure("", status: code) }
    }

    private func watch(
        _ child: ChildProcess, _ output: CapturedOutput?, _ ending: AsyncStream<Void>, _ asked: Asked
    ) async throws {
        guard let url = await find(child, asked) else {
            if child.exitCode != nil {
                Self.say("\(words[0]) ended before it served metrics\(hint)")
            }
            return
        }
        Self.say("metrics at \(url)")
        if output == nil {
            try await keep(url, until: child)
        } else {
            output?.hide()
            let program = RunningProgram(ending: ending) {
                _ = await child.stop()
                await output?.finish()
            }
            try await RunningProgram.$current.withValue(program) {
                let dash = try DashCommand.parse(
                    [url, "--interval", interval, "--color", color.rawValue]
                        + dashboards.flatMap { ["--dashboard", $0] } + (save.map { ["--save", $0] } ?? []))
                try await dash.run()
            }
        }
    }

    private var hint: String {
        save == nil ? "" : "; nothing is saved"
    }

    /// Scrapes while the program runs, and keeps what `--save` names.
    private func keep(_ url: String, until child: ChildProcess) async throws {
        let dash = try DashCommand.parse([url, "--interval", interval])
        let process = FerulaProcess(
            try await dash.options(url: url, configurationPath: nil, notices: AsyncStream.makeStream().continuation),
            logger: .warnings())
        let running = Task { try await process.run() }
        _ = await child.end()
        running.cancel()
        // `try?`: it was cancelled; what the scrapes brought counts.
        _ = try? await running.value
        let statistics = process.store.statistics
        Self.say("\(statistics.seriesCount) series of \(url)")
        if let save { try await SaveFile.save(process.store, to: save) }
    }

    // MARK: Finding it

    /// A port that did not answer with metrics is asked again after so long.
    private static let retryAfter = Duration.seconds(1)
    private static let lookEvery = Duration.milliseconds(50)
    private static let answerWithin = Duration.seconds(2)

    /// Nil when the program ended first, or somebody asked for the end.
    private func find(_ child: ChildProcess, _ asked: Asked) async -> String? {
        let client = Client(userAgent: "ferula/\(Program.version)")
        var tried: [String: ContinuousClock.Instant] = [:]
        var told: Set<String> = []
        var found: String?
        while found == nil, child.exitCode == nil, !asked.isSet {
            let addresses = port.map { ["127.0.0.1:\($0)"] } ?? ListeningPorts.addresses(of: child.pid)
            for address in addresses {
                if let last = tried[address], ContinuousClock.now - last < Self.retryAfter { continue }
                tried[address] = .now
                do throws(ScrapeFailure) {
                    found = try await findMetrics(address + path, client: client, timeout: Self.answerWithin)
                    break
                } catch {
                    // A port that is named may not be open yet; one that listens says why it has no metrics, once.
                    if port == nil, told.insert(address).inserted {
                        Self.say("\(address) is no place of metrics yet: \(error.reason)")
                    }
                }
            }
            // A cancelled wait ends with whatever is there.
            guard found == nil, (try? await Task.sleep(for: Self.lookEvery)) != nil else { break }
        }
        await client.shutdown()
        return found
    }

    private static func say(_ line: String) { Program.write(line: "ferula: \(line)", to: 2) }

    private static var isInputTerminal: Bool { isatty(0) == 1 }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    private static func number(of signal: UnixSignal) -> Int32 {
        switch signal {
        case .sigint: SIGINT
        case .sighup: SIGHUP
        default: SIGTERM
        }
    }
}

/// Whether a signal asked for the end.
private final class Asked: Sendable {
    private let flag = Atomic(false)
    var isSet: Bool { flag.load(ordering: .acquiring) }
    func set() { flag.store(true, ordering: .releasing) }
}

/// What a screen is told that belongs to a program.
struct RunningProgram: Sendable {
    @TaskLocal static var current: RunningProgram?
    /// Its end is the screen's.
    var ending: AsyncStream<Void>
    /// Called when the screen is gone: ends the program, and prints its last words before anything is said of what is saved.
    var lastWords: @Sendable () async -> Void
}
