// The log exporter's program: lines of logs as metrics at /metrics.
// LogExporter follows and counts, ExporterKit serves.

import ArgumentParser
import LogExporter

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@main
struct LogExporterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ferula-log-exporter",
        abstract: "Follows logs and serves what is in them as metrics.",
        discussion: """
            ferula-log-exporter -c log-exporter.yml              follow, serve http://127.0.0.1:9144/metrics
            ferula-log-exporter -c log-exporter.yml --history    first what rotation has left, .gz too
            ferula-log-exporter -c log-exporter.yml --once       read everything, print the page, end
            journalctl -f -o json | ferula-log-exporter -c journal.yml    with `files: ["-"]`
            ferula localhost:9144                                see it

            A configuration:

              logs:
                - files: /var/log/nginx/access.log
                  format: nginx          # apache, combined, nginx, json, logfmt; or patterns: [...]
                  metrics:
                    - {name: http_requests_total, kind: counter, labels: [method, status]}
                    - {name: http_request_duration_seconds, kind: histogram, value: request_time}

            Files may be rotated by renaming or by copying and truncating, and may come later.
            Exit codes: 0 ok, 1 error, 2 wrong usage.
            """)

    @Option(
        name: [.customShort("c"), .customLong("config.file"), .customLong("config")],
        help: ArgumentHelp("What to follow and which metrics to make.", valueName: "file"))
    var configurationFile: String

    @Option(help: "Address to listen on, HOST:PORT; with port 0 the system chooses.")
    var listen = "127.0.0.1:9144"

    @Flag(help: "Read what rotation has left once, compressed files too, then everything from its first line.")
    var history = false

    @Flag(help: "Read files that are there at the start from their first line.")
    var fromStart = false

    @Flag(help: "Read everything to its end, print the page and end; nothing is served.")
    var once = false

    /// As ArgumentParser's own, but for the exit code of wrong usage, which is that of `ferula`.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            guard exitCode(for: error) == .validationFailure else { Self.exit(withError: error) }
            let message = Array((fullMessage(for: error) + "\n").utf8)
            _ = write(2, message, message.count)
            Self.exit(withError: ExitCode(2))
        }
    }

    func run() async throws {
        let program = LogProgram(
            file: configurationFile, listen: listen, history: history, fromStart: fromStart, once: once)
        if let failure = await program.run() { throw ExitCode(failure) }
    }
}
