// `check service-discovery` beside promtool's, over the same file.
// Its promtool (2.42) panics at the end of file discovery, so the targets are static ones.
// Run by `make test-peers`.

import Foundation
import Testing

@Suite(
    "check service-discovery beside promtool", .enabled(if: Peers.isRequested, "run by make test-peers"),
    .timeLimit(.minutes(2)))
struct DiscoveryPeerTests {
    private struct Entry: Decodable, Hashable {
        var discoveredLabels: [String: String]
        var labels: [String: String]?
    }

    @Test("the same targets with the same labels, before and after relabelling")
    func sameLabels() async throws {
        let folder = try Peers.temporaryFolder()
        try """
        global: {scrape_interval: 7s, scrape_timeout: 3s}
        scrape_configs:
          - job_name: app
            metrics_path: /m
            params: {module: [a, b]}
            static_configs:
              - {targets: ["s:1", "drop-me:2"], labels: {env: x}}
              - {targets: ["j:1", "j:2"], labels: {name: é}}
            relabel_configs:
              - {action: drop, source_labels: [__address__], regex: "drop.*"}
              - {action: labelmap, regex: "(e)nv", replacement: "${1}nvironment"}
              - {source_labels: [name], regex: "(.+)", target_label: instance}
        """.write(toFile: folder + "/p.yml", atomically: true, encoding: .utf8)
        let words = ["check", "service-discovery", folder + "/p.yml", "app"]
        let theirs = try await PeerProcess.run(Peers.program("promtool"), words + ["--timeout=3s"])
        let ours = try await PeerProcess.run(Peers.ownProgram(), words + ["-o", "json"])
        #expect(theirs.status == 0 && ours.status == 0, "\(theirs.errors) \(ours.errors)")
        func entries(_ text: String) throws -> Set<Entry> {
            Set(
                try JSONDecoder().decode([Entry].self, from: Data(text.utf8)).map { entry in
                    var entry = entry
                    if entry.labels == nil { entry.labels = [:] }
                    return entry
                })
        }
        let expected = try entries(theirs.output)
        #expect(expected.count == 4)
        #expect(try entries(ours.output) == expected)
    }
}
