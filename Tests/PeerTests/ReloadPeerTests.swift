// Ten thousand changes of targets in a program of its own: its memory is nobody else's.
// Beside the peers because they, too, are real programs; DiscoveryTests holds what becomes of the targets.

import Foundation
import Testing

@Suite("Reloads of a program", .enabled(if: Peers.isRequested, "run by make test-peers"), .timeLimit(.minutes(5)))
struct ReloadPeerTests {
    private static func configuration(_ number: Int) -> String {
        let addresses = (0..<50).map { "'127.0.0.1:\(1 + (number * 50 + $0) % 60000)'" }
        return """
            scrape_configs:
              - job_name: a
                scrape_interval: 1h
                static_configs: [{targets: [\(addresses.joined(separator: ", "))]}]

            """
    }

    @Test("the second 5,000 of 10,000 changes of targets add less than 8 MiB")
    func growth() async throws {
        let folder = try Peers.temporaryFolder()
        let file = folder + "/prometheus.yml"
        try Self.configuration(0).write(toFile: file, atomically: true, encoding: .utf8)
        let port = try Peers.freePort()
        let ferula = try PeerProcess(
            Peers.ownProgram(),
            ["serve", "--config.file", file, "--listen", "127.0.0.1:\(port)", "--web.enable-lifecycle"],
            log: folder + "/ferula.log")
        defer { ferula.end() }
        let base = "http://127.0.0.1:\(port)"
        try await ferula.waitUntilReady(base + "/-/ready")
        var halfway = 0.0
        for number in 1...200 {
            try Self.configuration(number).write(toFile: file, atomically: true, encoding: .utf8)
            #expect(try await Web.post(base + "/-/reload", [], type: "text/plain") == 200)
            try await Self.waitForTarget("127.0.0.1:\(1 + number * 50)", base)
            if number == 100 { halfway = try await Self.metric("process_resident_memory_bytes", base) }
        }
        let growth = try await Self.metric("process_resident_memory_bytes", base) - halfway
        print("5,000 changes of targets added \(Int(growth)) bytes to \(Int(halfway))")
        #expect(halfway > 0)
        #expect(growth < 8 * 1024 * 1024)
    }

    /// Changes come into force at most ten times a second.
    private static func waitForTarget(_ address: String, _ base: String) async throws {
        for _ in 0..<1000 {
            let (_, body) = try await Web.get(base + "/api/v1/targets?state=active")
            if String(decoding: body, as: UTF8.self).contains("\"__address__\":\"\(address)\"") { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw PeerFailure("\(address) has not become a target")
    }

    private static func metric(_ name: String, _ base: String) async throws -> Double {
        let (_, body) = try await Web.get(base + "/metrics")
        let lines = String(decoding: body, as: UTF8.self).split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix(name + " ") }),
            let value = line.split(separator: " ").last.flatMap({ Double($0) })
        else { throw PeerFailure("no \(name)") }
        return value
    }
}
