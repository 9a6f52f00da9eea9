// The one-shot commands over a server and over scrapes: every output form, exit code and refusal, by the real program
// against a real API and a real page on loopback. What depends on the clock or the port is masked.

import Ferula
import Foundation
import HTTPService
import PromQLEngine
import PrometheusAPI
import Querying
import Synchronization
import Testing
import TimeSeriesStore

@testable import FerulaCommand

private struct NoTargets: StatusSource {
    func targets() async -> [TargetStatus] { [] }
}

/// The API over data.om, and a page whose counter rises by one a scrape.
private func withSources<Value: Sendable>(_ body: @escaping @Sendable (String) async throws -> Value) async throws
    -> Value
{
    let store = TimeSeriesStore()
    let newest = Timestamp(milliseconds: 1_700_000_120_000)
    _ = try LoadFile.load(RealBinary.goldenFolder + "/data.om", into: store, defaultTime: newest)
    let api = APIServer(
        backend: EmbeddedBackend(source: store), status: NoTargets(), process: APIProcess(now: { newest }))
    let scrapes = Atomic(0)
    let page = Route("/metrics") { _ in
        let count = scrapes.wrappingAdd(1, ordering: .relaxed).newValue
        return .text("# TYPE jobs_total counter\njobs_total{kind=\"a\"} \(count)\n# TYPE up_since gauge\nup_since 7\n")
    }
    return try await Server(routes: [page] + api.routes).whileRunning { try await body("\($0)") }
}

private struct Live: Sendable {
    var name: String
    /// `SERVER` stands for the address.
    var arguments: [String]

    static func server(_ name: String, _ arguments: String...) -> Live {
        Live(name: "server-" + name, arguments: ["query", "--server", "SERVER"] + arguments)
    }
    static func scrape(_ name: String, _ arguments: String...) -> Live {
        Live(name: "scrape-" + name, arguments: ["query", "--scrape", "SERVER"] + arguments)
    }

    private static let forms = [
        "table", "graph", "json", "jsonl", "csv", "tsv", "md", "prom", "openmetrics", "promql",
    ]
    private static let time = "2023-11-14T22:15:20Z"
    private static let rate = "rate(http_requests_total[1m])"

    static let all: [Live] =
        forms.map { server("instant-\($0)", "temperature_celsius", "--time", time, "-o", $0) }
        + forms.map {
            server(
                "range-\($0)", rate, "--start", "2023-11-14T22:14:20Z", "--end", time, "--step", "30s", "-o", $0)
        }
        + forms.map { scrape("instant-\($0)", "up_since", "-o", $0) }
        + [
            server("raw", "-q", "sum(http_requests_total)", "--time", time),
            server("file", "--file", "queries.promql", "--time", time),
            server("empty-metric", "http_request_total", "--time", time),
            server("empty-matcher", "http_requests_total{code=\"404\"}", "--time", time),
            server("empty-fail", "nothing", "--time", time, "--fail-on-empty"),
            server("assert-holds", "--assert", "up >= 0", "--time", time),
            server("assert-false", "--assert", "up == 1", "--time", time),
            server("error-syntax", "sum(rat(up))"),
            server("error-evaluation", "up * on () up", "--time", time),
            Live(name: "server-error-prefix", arguments: ["query", "--server", "SERVER/nowhere", "up"]),
            server("error-usage", "up", "--username", "ann"),
            scrape("raw", "-q", "up_since"),
            scrape("empty-metric", "up_sinc"),
            scrape("empty-fail", "nothing", "--fail-on-empty"),
            scrape("assert-holds", "--assert", "up_since == 7"),
            scrape("assert-false", "--assert", "up_since == 8"),
            scrape("assert-waits", "--assert", "jobs_total > 2", "--timeout", "1m", "--interval", "10ms"),
            scrape("assert-in-vain", "--assert", "up_since > 7", "--timeout", "30ms", "--interval", "10ms"),
            Live(name: "scrape-error-path", arguments: ["query", "--scrape", "http://SERVER/nowhere", "up"]),
            Live(name: "server-series", arguments: ["series", "--server", "SERVER", "up", "--start", "2023-11-14"]),
            Live(
                name: "server-labels",
                arguments: ["labels", "--server", "SERVER", "code", "--start", "2023-11-14", "-o", "json"]),
            Live(name: "server-metadata", arguments: ["metadata", "--server", "SERVER", "up"]),
            Live(
                name: "server-promtool",
                arguments: ["query", "instant", "http://SERVER", "sum(http_requests_total)", "--time", time]),
            Live(name: "scrape-series", arguments: ["series", "--scrape", "SERVER"]),
            Live(name: "scrape-metadata", arguments: ["metadata", "--scrape", "SERVER"]),
        ]
}

@Suite("Goldens over a server and over scrapes", .serialized, .timeLimit(.minutes(5)))
struct LiveSourceTests {
    @Test("a command line prints its golden and ends with its code", arguments: Live.all.map(\.name))
    func golden(name: String) async throws {
        let live = try #require(Live.all.first { $0.name == name })
        let text = try await withSources { address in
            let arguments = live.arguments
            let outcome = try await RealBinary.run(
                arguments.map { $0.replacingOccurrences(of: "SERVER", with: address) })
            let shown = arguments.map { word in
                word.allSatisfy { $0.isLetter || $0.isNumber || "-._=:/".contains($0) } ? word : "'\(word)'"
            }
            let text =
                "$ ferula \(shown.joined(separator: " "))\n\(outcome.output)"
                + "--- standard error\n\(outcome.errors)--- exit \(outcome.status)\n"
            return masked(text.replacingOccurrences(of: address, with: "SERVER"), isScrape: name.hasPrefix("scrape"))
        }
        let path = "\(RealBinary.goldenFolder)/live/\(name).txt"
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            return
        }
        #expect(try text == String(contentsOfFile: path, encoding: .utf8))
    }

    /// Of a scrape now: Unix times become T, times of day H.
    private func masked(_ text: String, isScrape: Bool) -> String {
        guard isScrape else { return text }
        return text.replacing(/1[0-9]{9}([0-9]{3})?(\.[0-9]+)?/, with: "T")
            .replacing(/[0-9]{2}:[0-9]{2}(:[0-9]{2})?(\.[0-9]+)?/, with: "H")
    }

    @Test("a server gives what the file gives, in every form", arguments: ["table", "graph", "json", "csv", "prom"])
    func sameAsFile(form: String) async throws {
        let words = ["http_requests_total", "-o", form]
        let fromFile = try await RealBinary.run(
            ["query", "--load", "data.om", "--start", "2m", "--step", "30s"] + words)
        let fromServer = try await withSources { address in
            try await RealBinary.run(
                ["query", "--server", address, "--start", "1700000000", "--end", "1700000120", "--step", "30s"] + words)
        }
        #expect(fromServer.output == fromFile.output)
        #expect(!fromFile.output.isEmpty)
    }

    @Test("nobody listens: exit 1 and the reason", arguments: ["--server", "--scrape"])
    func refused(flag: String) async throws {
        // Bound and closed again: a loopback port that is free.
        let address = try await withSources { $0 }
        let outcome = try await RealBinary.run(["query", flag, address, "up"])
        #expect(outcome.status == 1)
        #expect(outcome.output == "")
        let shown = outcome.errors.replacingOccurrences(of: address, with: "SERVER")
        #expect(
            shown
                == (flag == "--server"
                    ? "http://SERVER: connection refused\n" : "http://SERVER/metrics: connection refused\n"))
    }

    @Test(
        "--watch scrapes and asks again until a signal ends it, with the signal's code",
        arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
    func watch(signal: Int32, status: Int32) async throws {
        let (lines, ended) = try await withSources { address in
            try await RealBinary.lines(
                3, of: ["query", "--scrape", address, "-q", "jobs_total", "--watch", "10ms"], thenSignal: signal)
        }
        // The first scrape is the one that looks whether the page is there.
        #expect(lines == ["2", "3", "4"])
        #expect(ended == status)
    }

    @Test("--watch asks a server again; a header stands once")
    func watchServer() async throws {
        let (lines, ended) = try await withSources { address in
            try await RealBinary.lines(
                3,
                of: [
                    "query", "--server", address, "vector(7)", "-o", "csv", "--watch", "10ms",
                ], thenSignal: SIGINT)
        }
        #expect(lines.map { $0.split(separator: ",").last } == ["value", "7", "7"])
        #expect(ended == 130)
    }
}

@Suite("a target on the command line", .timeLimit(.minutes(1)))
struct TargetOnCommandLineTests {
    @Test("an interval below a second is the timeout as well, and the target is scraped")
    func shortInterval() async throws {
        let timeouts = Mutex<[String]>([])
        let page = Route("/metrics") { request in
            timeouts.withLock { $0.append(request.header("x-prometheus-scrape-timeout-seconds") ?? "") }
            return .text("# TYPE temperature_celsius gauge\ntemperature_celsius 21.5\n")
        }
        let outcome = try await Server(routes: [page]).whileRunning { address in
            try await RealBinary.run(["\(address)", "--interval", "500ms"])
        }
        #expect(outcome.errors == "")
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("temperature 21.5 °C"))
        // The first question looks whether there are metrics at all.
        let asked = timeouts.withLock { $0.dropFirst() }
        #expect(asked.count >= 4)
        #expect(asked.allSatisfy { $0 == "0.5" }, "\(asked)")
    }
}

/// A page behind TLS and a password, the certificates of the server's own tests, and what was sent along.
@Suite("how a page of metrics is asked", .timeLimit(.minutes(1)))
struct ScrapeAccessTests {
    private static let certificates =
        ((#filePath as NSString).deletingLastPathComponent as NSString).deletingLastPathComponent
        + "/HTTPServiceTests/Certificates"

    private static let secured: @Sendable () -> ServerSecurity = {
        var security = ServerSecurity()
        security.tls = ServerSecurity.TLS(
            certificate: .file(certificates + "/server.crt"), key: .file(certificates + "/server.key"),
            clientAuthority: .file(certificates + "/authority.crt"))
        security.tls?.clientCertificate = .verified
        // `fennel`, cost 4.
        security.users = ["ann": "$2b$04$KkCdWnMsGqfXvBzPyR5HeOHkS4J6mBd4bv/bfWgW.eGQOFiP1VAGe"]
        return security
    }

    /// Runs the program against the page; `PAGE` stands for its address, `PASSWORD` for a file with the right one.
    private func run(_ words: [String]) async throws -> (RealBinary.Outcome, tenants: [String]) {
        let tenants = Mutex<[String]>([])
        let page = Route("/metrics") { request in
            tenants.withLock { $0.append(request.header("x-scope-orgid") ?? "") }
            return .text("# TYPE up_since gauge\nup_since 7\n")
        }
        let password = NSTemporaryDirectory() + "ferula-password-" + UUID().uuidString
        try "fennel".write(toFile: password, atomically: false, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: password) }
        let outcome = try await Server(routes: [page], security: Self.secured).whileRunning { address in
            var outcome = try await RealBinary.run(
                words.map {
                    $0.replacingOccurrences(of: "PAGE", with: "\(address)")
                        .replacingOccurrences(of: "PASSWORD", with: password)
                        .replacingOccurrences(of: "CERTIFICATES", with: Self.certificates)
                })
            outcome.errors = outcome.errors.replacingOccurrences(of: "\(address)", with: "PAGE")
                .replacingOccurrences(of: Self.certificates, with: "CERTIFICATES")
            return outcome
        }
        return (outcome, tenants.withLock { $0 })
    }

    private static let certificate = [
        "--tls-ca-file", "CERTIFICATES/authority.crt", "--tls-cert-file", "CERTIFICATES/client.crt", "--tls-key-file",
        "CERTIFICATES/client.key",
    ]
    private static let user = ["--username", "ann", "--password-file", "PASSWORD"]

    @Test("certificates, credentials and headers go to the page that is scraped, at the first look and later")
    func query() async throws {
        let (outcome, tenants) = try await run(
            ["query", "--scrape", "PAGE", "-q", "up_since", "--header", "X-Scope-OrgID: hill"] + Self.certificate
                + Self.user)
        #expect(outcome.errors == "")
        #expect(outcome.output == "7\n")
        #expect(tenants == ["hill", "hill"])
    }

    @Test("and to the target of a dashboard")
    func dashboard() async throws {
        let (outcome, tenants) = try await run(
            ["https://PAGE", "--interval", "1s", "--server-timeout", "50s", "--header", "X-Scope-OrgID: hill"]
                + Self.certificate + Self.user)
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("since"))
        #expect(tenants.count > 2)
        #expect(Set(tenants) == ["hill"])
    }

    @Test(
        "what is missing is said with the flag that gives it",
        arguments: [
            (
                ["--tls-skip-verify"] + user,
                "https://PAGE/metrics: TLS: the server wants a client certificate\n"
                    + "  --tls-cert-file and --tls-key-file name the one to show\n"
            ),
            (
                [],
                "https://PAGE/metrics: TLS: the server's certificate is not trusted: unknown authority, expired, or "
                    + "signed by itself\n  --tls-ca-file names the authority to trust\n"
            ),
            (
                certificate,
                "https://PAGE/metrics: HTTP status 401 Unauthorized\n"
                    + "  --username and --password-file, or --bearer-token-file, say who asks\n"
            ),
            (
                ["--tls-ca-file", "CERTIFICATES/server.key"],
                "--tls-ca-file: CERTIFICATES/server.key: has a private key, where a certificate is wanted\n"
            ),
            (
                ["--tls-cert-file", "CERTIFICATES/client.crt", "--tls-key-file", "CERTIFICATES/server.key"],
                "--tls-key-file: CERTIFICATES/server.key: not the private key of the certificate in "
                    + "CERTIFICATES/client.crt\n"
            ),
        ] as [([String], String)])
    func refusals(flags: [String], said: String) async throws {
        let (outcome, _) = try await run(["query", "--scrape", "https://PAGE", "up_since"] + flags)
        #expect(outcome.errors == said)
        #expect(outcome.status == 1)
    }
}

@Suite("a target that is starting", .timeLimit(.minutes(1)))
struct StartingTargetTests {
    @Test("--assert with --timeout asks again until the target answers; without it the first refusal ends it")
    func waits() async throws {
        let asked = Atomic(0)
        let page = Route("/metrics") { _ in
            guard asked.wrappingAdd(1, ordering: .relaxed).newValue > 3 else { return .text("starting\n", status: 503) }
            return .text("# TYPE up_since gauge\nup_since 7\n")
        }
        let words = ["query", "--assert", "up_since == 7", "--interval", "10ms"]
        try await Server(routes: [page]).whileRunning { address in
            let refused = try await RealBinary.run(words + ["--scrape", "\(address)"])
            #expect(refused.status == 1)
            #expect(refused.errors == "http://\(address)/metrics: HTTP status 503 Service Unavailable\n")
            let waited = try await RealBinary.run(words + ["--scrape", "\(address)", "--timeout", "1m"])
            #expect(waited.status == 0)
            #expect(waited.errors == "")
        }
    }

    @Test("where nobody listens it gives up when the time is over", arguments: ["--server", "--scrape"])
    func inVain(flag: String) async throws {
        // Bound and closed again: a loopback port that is free.
        let address = try await Server(routes: []).whileRunning { "\($0)" }
        let outcome = try await RealBinary.run([
            "query", "--assert", "up", flag, address, "--interval", "10ms", "--timeout", "50ms",
        ])
        #expect(outcome.status == 1)
        #expect(outcome.errors.hasSuffix(": connection refused\n"))
    }
}
