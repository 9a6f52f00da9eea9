// The entry point: decides what the first word means, runs the subcommand, turns errors into one message and a code.

import ArgumentParser
import Glibc
import MetricModel

@main
enum Program {
    static let version = "0.1.0"

    static func main() async {
        Descriptors.occupyStandard()
        let words = Array(CommandLine.arguments.dropFirst())
        // Asked for by every package script; answered before anything else is set up.
        if words == ["--version"] {
            print("ferula \(version)")
            return
        }
        // A reader that goes away (`ferula query ... | head`) is not an error to be signalled.
        signal(SIGPIPE, SIG_IGN)
        let names = FerulaCommand.configuration.subcommands.compactMap { $0.configuration.commandName }
        let first = FirstArgument(words.first, subcommands: names + ["help"], fileExists: FileSystem.exists)
        if case .unknown(let word, let nearest) = first {
            end(FirstArgument.refusal(of: word, nearest: nearest))
        }
        var variables: [String] = []
        do {
            let merged = try EnvironmentWords(
                CommandWords.canonical(words), environment: ferulaEnvironment,
                isServerNamed: ServerOptions.isServerInEnvironment, help: ManualCommand.help)
            variables = merged.used
            // A shell that completes is no place for messages.
            for doubt in merged.doubts where words.first != "---completion" { write(line: doubt, to: 2) }
            var command = try FerulaCommand.parseAsRoot(merged.words)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let failure as CommandFailure {
            end(failure)
        } catch is CancellationError {
            exit(128 + SIGINT)
        } catch {
            let code = FerulaCommand.exitCode(for: error)
            let message = FerulaCommand.fullMessage(for: error)
            if code.isSuccess {
                print(message)
                exit(0)
            }
            // `try?`: without its own help the program says what ArgumentParser does.
            if code == .validationFailure, let help = try? ManualCommand.help(),
                let unknown = UnknownWord(in: CommandWords.canonical(words), help: help)
            {
                end(unknown.refusal)
            }
            // What was refused may be nothing that was typed.
            let origin =
                variables.isEmpty ? "" : "\nFlags were also taken from \(variables.joined(separator: ", "))"
            end(
                CommandFailure(
                    message + origin, status: code == .validationFailure ? ExitStatus.usage : ExitStatus.failure))
        }
    }

    /// The variables of the environment that stand for flags; nothing else of it is looked at.
    static var ferulaEnvironment: [(name: String, value: String)] {
        // `try?`: a system without /proc, where flags are all there is.
        guard let bytes = try? FileSystem.read("/proc/self/environ") else { return [] }
        return bytes.split(separator: 0).compactMap { entry in
            guard entry.starts(with: EnvironmentWords.prefix.utf8) else { return nil }
            let parts = entry.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { return nil }
            return (String(decoding: parts[0], as: UTF8.self), String(decoding: parts[1], as: UTF8.self))
        }
    }

    private static func end(_ failure: CommandFailure) -> Never {
        if !failure.description.isEmpty { write(line: failure.description, to: 2) }
        exit(failure.status)
    }

    /// Writes an answer to standard output. A reader that went away got what it wanted; a full disk is a failure.
    static func output(_ bytes: [UInt8]) throws(CommandFailure) {
        if let failure = write(bytes: bytes, to: 1), failure != EPIPE {
            throw CommandFailure("standard output: \(String(cString: strerror(failure)))")
        }
    }

    /// One line or several. Whatever is said in them, by a peer or in a file, does nothing to a terminal.
    static func write(line: String, to descriptor: Int32) {
        let lines = line.split(separator: "\n", omittingEmptySubsequences: false)
        let shown = lines.map { printable($0, charactersMax: 64 << 10) }.joined(separator: "\n")
        write(bytes: Array((shown + "\n").utf8), to: descriptor)
    }

    /// Writes all of it, however slowly the reader reads; nil, or the error's number.
    @discardableResult
    static func write(bytes: [UInt8], to descriptor: Int32) -> Int32? {
        bytes.withUnsafeBytes { buffer -> Int32? in
            var rest = buffer[...]
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                let failure = errno
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if failure == EAGAIN {
                    // The other end of a shared pipe or terminal made it non-blocking.
                    var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&waiting, 1, 1000)
                } else if failure != EINTR {
                    return failure
                }
            }
            return nil
        }
    }
}

struct FerulaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ferula",
        abstract: "Scrapes metrics, keeps them in memory, answers PromQL, draws Grafana dashboards in this terminal.",
        discussion: """
            ferula                        the dashboard of this machine
            ferula localhost:9100         scrape that every second and show it
            ferula -d FILE.json           a Grafana dashboard over this machine's metrics
            ferula query --scrape URL 'sum by (mode) (rate(node_cpu_seconds_total[5s]))'
            ferula --server URL           the same screens over a Prometheus-compatible server
            ferula render host --scrape localhost:9100 -o svg > host.svg
            ferula serve --listen 127.0.0.1:9090 --config.file prometheus.yml
            curl -s URL | ferula check metrics
            ferula diff before.prom localhost:8080
            ping example.org | ferula plot --only time
            curl -s URL | ferula query 'sum by (code) (http_requests_total)'

            Exit codes: 0 ok, 1 error, 2 wrong usage, 3 findings (lint, strict),
            4 assertion false, 5 empty (--fail-on-empty), 128+n ended by signal n.
            """,
        version: "ferula \(Program.version)",
        subcommands: [
            DashCommand.self, QueryCommand.self, SeriesCommand.self, LabelsCommand.self, MetadataCommand.self,
            RenderCommand.self, ServeCommand.self, CheckCommand.self, DashboardCommand.self, ParseCommand.self,
            TestCommand.self, MarkCommand.self, DiffCommand.self, PlotCommand.self, DemoCommand.self, RunCommand.self,
            CompletionCommand.self,
            ManualCommand.self, InfoCommand.self,
        ],
        defaultSubcommand: DashCommand.self)
}
