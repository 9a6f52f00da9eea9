// A real Prometheus that writes what it scrapes to us.
// It scrapes a node_exporter; what it stored itself is what we must have.

import Foundation
import Testing

@Suite("Remote write", .enabled(if: Peers.isRequested, "run by make test-peers"), .timeLimit(.minutes(3)))
struct RemoteWritePeerTests {
    @Test("series, values, times and metadata of a real Prometheus that writes to us are its own")
    func prometheus() async throws {
        let folder = try Peers.temporaryFolder()
        let nodePort = try Peers.freePort(), port = try Peers.freePort(), ownPort = try Peers.freePort()
        let node = try PeerProcess(
            Peers.program("prometheus-node-exporter"), ["--web.listen-address=127.0.0.1:\(nodePort)"],
            log: folder + "/node.log")
        defer { node.end() }
        try await node.waitUntilReady("http://127.0.0.1:\(nodePort)/metrics")
        let ours = "http://127.0.0.1:\(ownPort)", theirs = "http://127.0.0.1:\(port)"
        let ferula = try PeerProcess(
            Peers.ownProgram(), ["serve", "--listen", "127.0.0.1:\(ownPort)", "--web.enable-remote-write-receiver"],
            log: folder + "/ferula.log")
        defer { ferula.end() }
        try await ferula.waitUntilReady(ours + "/-/ready")
        try """
        scrape_configs:
          - job_name: node
            scrape_interval: 1s
            static_configs: [{targets: ['127.0.0.1:\(nodePort)']}]
        remote_write:
          - url: \(ours)/api/v1/write
            metadata_config: {send_interval: 1s}

        """.write(toFile: folder + "/prometheus.yml", atomically: true, encoding: .utf8)
        let prometheus = try PeerProcess(
            Peers.program("prometheus"),
            [
                "--config.file=\(folder)/prometheus.yml", "--storage.tsdb.path=\(folder)/tsdb", "--log.level=warn",
                "--web.listen-address=127.0.0.1:\(port)",
            ], log: folder + "/prometheus.log")
        defer { prometheus.end() }
        try await prometheus.waitUntilReady(theirs + "/-/ready")

        // Their newest scrapes arrive a little later here: wait until we have what they had.
        try await Self.wait(theirs, "count_over_time(up[1h]) >= 5")
        let newest = try await PrometheusAnswer.instant(theirs, "timestamp(up)")
        let time = try #require(newest.first?.value.first?.value)
        try await Self.wait(ours, "timestamp(up) >= \(time)")
        let wanted = try await PrometheusAnswer.instant(theirs, "{job=\"node\"}[30s]", time: "\(time)")
        let got = try await PrometheusAnswer.instant(ours, "{job=\"node\"}[30s]", time: "\(time)")
        #expect(Set(got.keys) == Set(wanted.keys))
        var samples = 0
        for (labels, values) in wanted {
            let own = got[labels] ?? []
            #expect(own.map(\.time) == values.map(\.time), "\(labels)")
            #expect(own.map(\.value.bitPattern) == values.map(\.value.bitPattern), "\(labels)")
            samples += values.count
        }
        print("\(wanted.count) series, \(samples) samples that Prometheus wrote are its own")
        #expect(wanted.count > 300 && samples > 1500)

        // Families are written once a second.
        let families = try await Self.metadata(theirs)
        #expect(families.count > 100)
        for _ in 0..<200 where try await Self.metadata(ours) != families {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(try await Self.metadata(ours) == families)
    }

    private static func wait(_ base: String, _ query: String) async throws {
        for _ in 0..<600 {
            if try await !PrometheusAnswer.instant(base, query).isEmpty { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw PeerFailure("\(base): `\(query)` stays empty")
    }

    /// Family -> type, help and unit.
    private static func metadata(_ base: String) async throws -> [String: [[String: String]]] {
        let (_, body) = try await Web.get(base + "/api/v1/metadata")
        let document = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
        return try #require(document?["data"] as? [String: [[String: String]]])
    }
}
