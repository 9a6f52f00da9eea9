// The same pages of real programs, read by a real Prometheus and by us: equal series, labels, values and metadata.
// Run by `make test-real`, which starts the programs and says in FERULA_TARGETS where they are.

import Foundation
import Testing

private enum RealTargets {
    /// `node=http://127.0.0.1:9100/metrics blackbox=…`, separated by blanks.
    static let all: [(job: String, url: URL)] = {
        let text = ProcessInfo.processInfo.environment["FERULA_TARGETS"] ?? ""
        return text.split(separator: " ").compactMap { entry in
            let parts = entry.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, let url = URL(string: parts[1]) else { return nil }
            return (parts[0], url)
        }
    }()
    static let isRequested = !all.isEmpty
}

@Suite("Real targets beside a real Prometheus", .enabled(if: RealTargets.isRequested, "run by make test-real"))
struct RealTargetsTests {
    /// What a scrape says of itself, and differs from one to the next.
    private static let ownMeasurements = ["scrape_duration_seconds"]

    /// `le` and `quantile` are written in full by us, as by Prometheus 3, and as they stand on the page by 2.42: `1` is
    /// `1.0` here.
    private static func canonical(_ labels: [String: String]) -> String {
        labels.sorted { $0.key < $1.key }.map { name, value in
            guard ["le", "quantile"].contains(name), let number = Double(value) else { return "\(name)=\(value)" }
            return "\(name)=\(number)"
        }.joined(separator: ",")
    }

    private static func object(_ url: String) async throws -> Any {
        let (status, body) = try await Web.get(url)
        let document = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
        guard status == 200, let data = document?["data"] else {
            throw PeerFailure("\(url): \(status) \(String(decoding: body.prefix(300), as: UTF8.self))")
        }
        return data
    }

    private static func values(_ base: String, _ job: String) async throws -> [String: String] {
        let url = base + "/api/v1/query?query=%7Bjob%3D%22\(job)%22%7D"
        guard let data = try await object(url) as? [String: Any], let rows = data["result"] as? [[String: Any]] else {
            throw PeerFailure("\(url): no result")
        }
        var values: [String: String] = [:]
        for row in rows {
            guard let labels = row["metric"] as? [String: String], let pair = row["value"] as? [Any], pair.count == 2,
                let value = pair[1] as? String
            else { continue }
            let isOwn = ownMeasurements.contains(labels["__name__"] ?? "")
            values[canonical(labels)] = isOwn ? "-" : value
        }
        return values
    }

    private static func failures(_ base: String) async throws -> [String] {
        let data = try await object(base + "/api/v1/targets") as? [String: Any]
        let targets = data?["activeTargets"] as? [[String: Any]] ?? []
        return targets.map { "\($0["scrapePool"] ?? "") \($0["health"] ?? ""): \($0["lastError"] ?? "")" }
    }

    /// `type help` of each family.
    private static func metadata(_ base: String) async throws -> [String: Set<String>] {
        guard let data = try await object(base + "/api/v1/metadata") as? [String: [[String: String]]] else {
            throw PeerFailure("no metadata")
        }
        return data.mapValues { Set($0.map { "\($0["type"] ?? "") \($0["help"] ?? "")" }) }
    }

    @Test("node_exporter, blackbox, haproxy, etcd, Envoy: the same page is the same series", .timeLimit(.minutes(2)))
    func samePages() async throws {
        let folder = try Peers.temporaryFolder()
        let port = try Peers.freePort(), theirPort = try Peers.freePort(), ownPort = try Peers.freePort()
        let nginx = try Self.startCache(folder, port)
        defer { nginx.end() }
        let jobs = RealTargets.all.map { job, url in
            """
              - job_name: \(job)
                metrics_path: /\(job)\(url.path)
                params: {\(Self.parameters(url))}
                static_configs: [{targets: ['127.0.0.1:\(port)']}]

            """
        }
        let configuration = "global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n" + jobs.joined()
        try configuration.write(toFile: folder + "/prometheus.yml", atomically: true, encoding: .utf8)
        // The pages are kept when the first of the two asks: from then on both see the same bytes.
        let prometheus = try PeerProcess(
            Peers.program("prometheus"),
            [
                "--config.file=\(folder)/prometheus.yml", "--storage.tsdb.path=\(folder)/tsdb", "--log.level=warn",
                "--web.listen-address=127.0.0.1:\(theirPort)",
            ], log: folder + "/prometheus.log")
        defer { prometheus.end() }
        let ferula = try PeerProcess(
            Peers.ownProgram(),
            ["serve", "--config.file", folder + "/prometheus.yml", "--listen", "127.0.0.1:\(ownPort)"],
            log: folder + "/ferula.log")
        defer { ferula.end() }
        let theirs = "http://127.0.0.1:\(theirPort)", ours = "http://127.0.0.1:\(ownPort)"
        try await prometheus.waitUntilReady(theirs + "/-/ready")
        try await ferula.waitUntilReady(ours + "/-/ready")
        for base in [theirs, ours] {
            let deadline = ContinuousClock.now + .seconds(40)
            // Three scrapes: then scrape_series_added is 0 again.
            while try await PrometheusAnswer.instant(base, "count_over_time(up[1m]) >= 3 and up == 1").count
                < RealTargets.all.count
            {
                guard ContinuousClock.now < deadline else {
                    throw PeerFailure("not all targets are up: \(try await Self.failures(base))")
                }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
        for (job, _) in RealTargets.all {
            let one = try await Self.values(theirs, job), other = try await Self.values(ours, job)
            print("\(job): \(one.count) series")
            #expect(one.count > 5, "\(job)")
            #expect(Set(one.keys).subtracting(other.keys).sorted().prefix(5) == [], "\(job): only theirs")
            #expect(Set(other.keys).subtracting(one.keys).sorted().prefix(5) == [], "\(job): only ours")
            let different = one.filter { other[$0.key] != nil && other[$0.key] != $0.value }
            #expect(different.map { "\($0.key): \($0.value), \(other[$0.key] ?? "")" }.sorted().prefix(5) == [])
        }
        let one = try await Self.metadata(theirs), other = try await Self.metadata(ours)
        #expect(one.count > 100)
        let different = one.filter { other[$0.key] != $0.value }
        #expect(different.map { "\($0.key): \($0.value), \(other[$0.key] ?? [])" }.sorted().prefix(5) == [])
        #expect(Set(other.keys).subtracting(one.keys).sorted().prefix(5) == [])
    }

    private static func parameters(_ url: URL) -> String {
        let items = URLComponents(url: url, resolvingAgainstBaseURL: false)?.queryItems ?? []
        return items.map { "\($0.name): ['\($0.value ?? "")']" }.joined(separator: ", ")
    }

    /// An nginx in front of all targets that asks each once and keeps its page.
    private static func startCache(_ folder: String, _ port: Int) throws -> PeerProcess {
        let locations = RealTargets.all.map { job, url in
            "location /\(job)/ { proxy_pass http://\(url.host() ?? ""):\(url.port ?? 80)/; }"
        }
        let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \(folder)/\($0);" }
        let text = """
            pid \(folder)/pid; daemon off; error_log \(folder)/error.log; worker_processes 1; events {}
            http {
              access_log off; \(paths.joined(separator: " "))
              proxy_cache_path \(folder)/cache keys_zone=pages:1m;
              proxy_cache pages; proxy_cache_key $uri$is_args$args; proxy_cache_valid 200 1h; proxy_cache_lock on;
              proxy_ignore_headers Vary Cache-Control Expires Set-Cookie X-Accel-Expires;
              proxy_set_header Accept-Encoding ""; proxy_http_version 1.1;
              server { listen 127.0.0.1:\(port); \(locations.joined(separator: "\n")) }
            }
            """
        try text.write(toFile: folder + "/nginx.conf", atomically: true, encoding: .utf8)
        // nginx drops root for a user that must be able to enter the folder.
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder)
        return try PeerProcess(
            Peers.program("nginx", folder: "sbin"), ["-e", folder + "/error.log", "-c", folder + "/nginx.conf"],
            log: folder + "/nginx.log")
    }
}
