// Options of `ferula serve` that Prometheus' users know: --web.* and --query.*.
// Read by ServeCommand into ProcessOptions.

import ArgumentParser
import FerulaConfiguration
import FerulaServer
import LinearRegex
import MetricModel
import PrometheusAPI

struct ServeWebOptions: ParsableArguments {
    @Option(
        name: .customLong("web.cors.origin"),
        help: ArgumentHelp("Web pages of which origins may read answers; default .*", valueName: "REGEX"))
    var origins = ".*"

    @Option(
        name: .customLong("web.config.file"),
        help: ArgumentHelp("TLS, users and headers of the HTTP server, in Prometheus' format.", valueName: "FILE"),
        completion: .file())
    var configurationFile: String?

    @Flag(
        name: .customLong("web.enable-lifecycle"),
        help: "Let POST requests to /-/reload and /-/quit read the configuration again and end the program.")
    var allowsLifecycle = false

    @Flag(
        name: .customLong("web.enable-remote-write-receiver"),
        help: "Let other programs write samples by POST to /api/v1/write (remote write 1.0 and 2.0).")
    var receivesWrites = false

    @Option(
        name: .customLong("query.lookback-delta"),
        help: ArgumentHelp("How far back the newest sample may lie; default 5m.", valueName: "duration"))
    var lookback = "5m"

    @Option(
        name: .customLong("query.timeout"),
        help: ArgumentHelp("A query that takes longer is ended; default 2m.", valueName: "duration"))
    var timeout = "2m"

    @Option(
        name: .customLong("query.max-samples"),
        help: ArgumentHelp("Samples a query may hold at once; default 50000000.", valueName: "count"))
    var samplesMax = 50_000_000

    func apply(to options: inout ProcessOptions) throws {
        do {
            options.allowedOrigins = try AllowedOrigins(pattern: origins)
        } catch {
            throw CommandFailure("--web.cors.origin: \(error)", status: ExitStatus.usage)
        }
        options.allowsLifecycle = allowsLifecycle
        options.receivesWrites = receivesWrites
        if let configurationFile {
            // Refused before anything is loaded; what is not used is said once.
            do throws(ConfigurationFailure) {
                for warning in try WebConfiguration(file: configurationFile).warnings {
                    Program.write(line: warning, to: 2)
                }
            } catch {
                throw CommandFailure(error.description)
            }
            options.webConfigurationFile = configurationFile
        }
        options.engine.lookback = try QueryCommand.duration(lookback, "--query.lookback-delta")
        options.engine.timeout = try QueryCommand.duration(timeout, "--query.timeout")
        guard samplesMax > 0 else {
            throw CommandFailure(
                "--query.max-samples: \(samplesMax) is no count above 0", status: ExitStatus.usage)
        }
        options.engine.samplesMax = samplesMax
        options.engine.samplesFetchedMax = samplesMax
    }

    /// How the server is spoken to.
    func scheme() throws -> String {
        try configurationFile.map { try WebConfiguration(file: $0) }?.tls == nil ? "http" : "https"
    }

    var flags: [String: String] {
        [
            "web.config.file": configurationFile ?? "", "web.cors.origin": origins,
            "web.enable-lifecycle": "\(allowsLifecycle)",
            "web.enable-remote-write-receiver": "\(receivesWrites)",
            "query.lookback-delta": lookback, "query.timeout": timeout, "query.max-samples": "\(samplesMax)",
        ]
    }
}
