// Targets behind a real nginx: TLS, client certificates, users, and bodies that no client would wish for.
// Each has its verdict and its reason, none disturbs another, and the program's memory stays bounded.

import Foundation
import Testing

/// One job: where nginx serves it, what the job says of the request, and what becomes of the scrape.
private struct Row {
    var name: String
    /// The location block of nginx.
    var location: String
    /// More lines of the job, YAML.
    var job: String = ""
    var scheme = "http"
    /// The certificate names localhost and 127.0.0.1.
    var host = "127.0.0.1"
    /// Nil: up. Else the whole of lastError.
    var reason: String?

    /// `proxyPort`: a proxy that lets `ferula` with the password `fennel` pass; on `closedPort` nobody listens.
    static func all(certificates: String, files: String, proxyPort: Int, closedPort: Int) -> [Row] {
        let own = "tls_config: {ca_file: \(certificates)/authority.crt"
        let client = "cert_file: \(certificates)/client.crt, key_file: \(certificates)/client.key"
        let good = "root \(files); rewrite ^ /good break;"
        func quoted(_ name: String) -> String {
            let text = (try? String(contentsOfFile: "\(certificates)/\(name)", encoding: .utf8)) ?? ""
            return "\"" + text.replacingOccurrences(of: "\n", with: "\\n") + "\""
        }
        return [
            Row(name: "plain", location: good),
            Row(
                name: "tls", location: good, job: own + ", \(client)}",
                scheme: "https"),
            Row(
                name: "tls-without-certificate", location: good, job: own + "}",
                scheme: "https", reason: "HTTP status 400 Bad Request"),
            Row(
                name: "tls-unknown-authority", location: good,
                job: "tls_config: {\(client)}", scheme: "https",
                reason: "TLS: the server's certificate is not trusted: unknown authority, expired, or signed by itself"),
            Row(
                name: "tls-unverified", location: good,
                job: "tls_config: {\(client), insecure_skip_verify: true}", scheme: "https"),
            Row(
                name: "tls-inline", location: good,
                job: "tls_config: {ca: \(quoted("authority.crt")), cert: \(quoted("client.crt")), "
                    + "key: \(quoted("client.key")), min_version: TLS13}",
                scheme: "https"),
            Row(
                name: "tls-too-old", location: good, job: own + ", \(client), max_version: TLS12}", scheme: "https",
                reason: "TLS: handshake failed: tlsv1 alert protocol version"),
            Row(
                name: "tls-server-name",
                location: "if ($http_host !~ ^127) { return 421; } if ($ssl_server_name != localhost) { return 421; }"
                    + good,
                job: own + ", \(client), server_name: localhost}", scheme: "https", host: "127.0.0.2"),
            Row(
                name: "tls-other-address", location: good, job: own + ", \(client)}", scheme: "https",
                host: "127.0.0.2", reason: "TLS: the server's certificate is for another host"),
            Row(
                name: "tls-other-name", location: good, job: own + ", \(client), server_name: fennel.test}",
                scheme: "https", host: "127.0.0.2",
                reason: "TLS: the server's certificate is for another host"),
            Row(
                name: "header-file",
                location: "if ($http_x_team != \"fennel\") { return 403; }" + good,
                job: "http_headers: {X-Team: {files: [\(files)/team]}}"),
            Row(
                name: "proxy", location: good,
                job: "proxy_url: http://ferula:fennel@127.0.0.1:\(proxyPort)"),
            Row(
                name: "proxy-tls", location: good,
                job: "proxy_url: http://ferula:fennel@127.0.0.1:\(proxyPort)\n    \(own), \(client)}", scheme: "https"),
            Row(
                name: "proxy-refuses", location: good, job: "proxy_url: http://ferula:dill@127.0.0.1:\(proxyPort)",
                // It answers 401 where 407 is meant.
                reason: "the proxy 127.0.0.1:\(proxyPort) opens no connection to the host"),
            Row(
                name: "proxy-unknown", location: good, job: "proxy_url: http://127.0.0.1:\(proxyPort)",
                reason: "the proxy 127.0.0.1:\(proxyPort) wants credentials"),
            Row(
                name: "no-proxy", location: good,
                job: "proxy_url: http://127.0.0.1:\(closedPort)\n    no_proxy: 127.0.0.0/8"),
            Row(
                name: "proxy-gone", location: good, job: "proxy_url: http://127.0.0.1:\(closedPort)",
                reason: "the proxy 127.0.0.1:\(closedPort): connection refused"),
            Row(
                name: "user",
                location: "auth_basic a; auth_basic_user_file \(files)/users; root \(files); rewrite ^ /good break;",
                job: "basic_auth: {username: ferula, password: fennel}"),
            Row(
                name: "wrong-password",
                location: "auth_basic a; auth_basic_user_file \(files)/users; root \(files); rewrite ^ /good break;",
                job: "basic_auth: {username: ferula, password: dill}",
                reason: "HTTP status 401 Unauthorized"),
            Row(
                name: "bearer",
                location:
                    "if ($http_authorization != \"Bearer fennel\") { return 403; } root \(files); rewrite ^ /good break;",
                job: "authorization: {credentials: fennel}"),
            Row(
                name: "bomb", location: "root \(files); rewrite ^ /bomb break; add_header Content-Encoding gzip;",
                reason: "body exceeds 64 MiB"),
            Row(
                name: "bomb-with-limit",
                location: "root \(files); rewrite ^ /bomb break; add_header Content-Encoding gzip;",
                job: "body_size_limit: 1MB", reason: "body exceeds 1 MiB"),
            Row(
                name: "cut-gzip", location: "root \(files); rewrite ^ /cut break; add_header Content-Encoding gzip;",
                reason: "gzip body is damaged"),
            Row(
                name: "no-gzip", location: "root \(files); rewrite ^ /good break; add_header Content-Encoding gzip;",
                reason: "gzip body is damaged"),
            Row(
                name: "long-line", location: "root \(files); rewrite ^ /gigabyte break;", reason: "body exceeds 64 MiB"),
            Row(
                name: "slow", location: "limit_rate 100; root \(files); rewrite ^ /slow break;",
                reason: "timed out after 5 s"),
            Row(
                name: "socket", location: good,
                job: "relabel_configs: [{target_label: __unix_socket__, replacement: \(files)/socket}]"),
            Row(
                name: "no-socket", location: good,
                job: "relabel_configs: [{target_label: __unix_socket__, replacement: \(files)/none}]",
                reason: "No such file or directory"),
            Row(name: "loop", location: "return 302 /loop;", reason: "redirect loop"),
            Row(name: "redirect", location: "return 302 /plain;"),
            Row(
                name: "turns-html", location: "root \(files); rewrite ^ /html break;",
                reason:
                    "2:1: expected a metric name, `{` or `#`, found \"<html><body>moved</body></html>\": this looks like HTML"
            ),
            Row(
                name: "goes-on-behind-eof",
                location:
                    "root \(files); rewrite ^ /eof break; default_type 'application/openmetrics-text; version=1.0.0';",
                reason: "4:1: expected nothing after # EOF, found \"fennel\""),
            Row(name: "hangs-up", location: "return 444;", reason: "connection closed before the answer was complete"),
        ]
    }
}

@Suite("Targets of a real nginx", .enabled(if: Peers.isRequested, "run by make test-peers"), .serialized)
struct HostileTargetTests {
    private static let certificates =
        (#filePath as NSString).deletingLastPathComponent + "/../HTTPServiceTests/Certificates"

    @Test("each has its verdict and its reason; memory stays bounded", .timeLimit(.minutes(3)))
    func verdicts() async throws {
        let folder = try Peers.temporaryFolder()
        try await Self.writeBodies(to: folder)
        let port = try Peers.freePort(), securePort = try Peers.freePort(), ownPort = try Peers.freePort()
        let proxyPort = try Peers.freePort()
        let rows = Row.all(
            certificates: Self.certificates, files: folder, proxyPort: proxyPort, closedPort: try Peers.freePort())
        let proxy = try Self.startProxy(folder, proxyPort)
        defer { proxy.end() }
        let nginx = try Self.startNginx(rows, folder, port, securePort)
        defer { nginx.end() }
        try await nginx.waitUntilReady("http://127.0.0.1:\(port)/plain")
        let jobs = rows.map { row in
            """
              - job_name: \(row.name)
                metrics_path: /\(row.name)
                scheme: \(row.scheme)
                static_configs: [{targets: ['\(row.host):\(row.scheme == "https" ? securePort : port)']}]
                \(row.job)

            """
        }
        let configuration = "global: {scrape_interval: 5s, scrape_timeout: 5s}\nscrape_configs:\n" + jobs.joined()
        try configuration.write(toFile: folder + "/prometheus.yml", atomically: true, encoding: .utf8)
        let ferula = try PeerProcess(
            Peers.ownProgram(),
            ["serve", "--config.file", folder + "/prometheus.yml", "--listen", "127.0.0.1:\(ownPort)"],
            log: folder + "/ferula.log")
        defer { ferula.end() }
        let base = "http://127.0.0.1:\(ownPort)"
        try await ferula.waitUntilReady(base + "/-/ready")
        // Twice each: what the first scrape left behind must not change the second's verdict.
        for round in 1...2 {
            let targets = try await Self.targets(base, count: rows.count, scrapes: round)
            for row in rows {
                let target = targets[row.name]
                #expect(target?.health == (row.reason == nil ? "up" : "down"), "\(row.name): \(target?.error ?? "")")
                #expect(target?.error == row.reason ?? "", "\(row.name)")
            }
        }
        let passed = try String(contentsOfFile: folder + "/tinyproxy.out", encoding: .utf8)
        #expect(passed.contains("CONNECT 127.0.0.1:\(port) "))
        #expect(passed.contains("CONNECT 127.0.0.1:\(securePort) "))
        // Three bodies of 64 MiB may be on their way at once, and a buffer that grows is copied.
        let peak = try ferula.peakResidentBytes()
        print("most resident: \(peak >> 20) MiB")
        #expect(peak < 600 << 20)
    }

    private static func writeBodies(to folder: String) async throws {
        func write(_ name: String, _ bytes: Data) throws { try bytes.write(to: URL(filePath: "\(folder)/\(name)")) }
        try write("good", Data("# TYPE fennel gauge\nfennel 1\n".utf8))
        try write("slow", Data(String(repeating: "fennel{seed=\"1\"} 1\n", count: 100).utf8))
        try write("html", Data("fennel 1\n<html><body>moved</body></html>\n".utf8))
        try write("eof", Data("# TYPE fennel gauge\nfennel 1\n# EOF\nfennel 2\n".utf8))
        try write("team", Data("fennel\n".utf8))
        try write("users", Data("ferula:{PLAIN}fennel\n".utf8))
        // A gigabyte of one line, on no disk.
        try write("gigabyte", Data())
        let line = try FileHandle(forWritingTo: URL(filePath: folder + "/gigabyte"))
        try line.truncate(atOffset: 1 << 30)
        try line.close()
        // And the same as a megabyte of gzip.
        let gzip = try await PeerProcess.run("/bin/sh", ["-c", "gzip -c '\(folder)/gigabyte' > '\(folder)/bomb'"])
        #expect(gzip.status == 0)
        let bomb = try Data(contentsOf: URL(filePath: folder + "/bomb"))
        #expect(bomb.count < 2 << 20)
        try write("whole", Data(String(repeating: "fennel 1\n", count: 1000).utf8))
        let pages = try await PeerProcess.run("/bin/sh", ["-c", "gzip -c '\(folder)/whole' > '\(folder)/gz'"])
        #expect(pages.status == 0)
        try write("cut", try Data(contentsOf: URL(filePath: folder + "/gz")).dropLast(20))
    }

    private static func startProxy(_ folder: String, _ port: Int) throws -> PeerProcess {
        let text = """
            Port \(port)
            Listen 127.0.0.1
            Timeout 60
            MaxClients 100
            LogLevel Connect
            LogFile "\(folder)/tinyproxy.out"
            BasicAuth ferula fennel
            """
        try text.write(toFile: folder + "/tinyproxy.conf", atomically: true, encoding: .utf8)
        return try PeerProcess(
            Peers.program("tinyproxy"), ["-d", "-c", folder + "/tinyproxy.conf"], log: folder + "/tinyproxy.log")
    }

    private static func startNginx(
        _ rows: [Row], _ folder: String, _ port: Int, _ securePort: Int
    ) throws -> PeerProcess {
        let locations = rows.map { "location = /\($0.name) { \($0.location) }" }.joined(separator: "\n")
        let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \(folder)/\($0);" }
        let text = """
            pid \(folder)/pid; daemon off; error_log \(folder)/error.log; worker_processes 1; events {}
            http {
              access_log off; default_type 'text/plain; version=0.0.4'; types {}
              \(paths.joined(separator: " "))
              server { listen 127.0.0.1:\(port); listen unix:\(folder)/socket; \(locations) }
              server {
                listen 127.0.0.1:\(securePort) ssl; listen 127.0.0.2:\(securePort) ssl;
                ssl_certificate \(certificates)/server.crt; ssl_certificate_key \(certificates)/server.key;
                ssl_client_certificate \(certificates)/authority.crt; ssl_verify_client on; ssl_protocols TLSv1.3;
                \(locations)
              }
            }
            """
        try text.write(toFile: folder + "/nginx.conf", atomically: true, encoding: .utf8)
        // nginx drops root for a user that must be able to read the files.
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder)
        return try PeerProcess(
            Peers.program("nginx", folder: "sbin"), ["-e", folder + "/error.log", "-c", folder + "/nginx.conf"],
            log: folder + "/nginx.log")
    }

    /// Every target by job, once each was scraped `scrapes` times.
    private static func targets(
        _ base: String, count: Int, scrapes: Int
    ) async throws -> [String: (health: String, error: String)] {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            let taken = try await PrometheusAnswer.instant(base, "count_over_time(up[1m])")
            if taken.count == count, taken.values.allSatisfy({ ($0.first?.value ?? 0) >= Double(scrapes) }) { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        let (status, body) = try await Web.get(base + "/api/v1/targets")
        let document = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
        guard status == 200, let data = document?["data"] as? [String: Any],
            let active = data["activeTargets"] as? [[String: Any]]
        else { throw PeerFailure("no targets: \(status)") }
        var found: [String: (health: String, error: String)] = [:]
        for target in active {
            guard let labels = target["labels"] as? [String: String], let job = labels["job"] else { continue }
            found[job] = (target["health"] as? String ?? "", target["lastError"] as? String ?? "")
        }
        return found
    }
}
