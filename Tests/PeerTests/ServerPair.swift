// A real Prometheus and the own program over the same samples.
// Started by the tests that compare their answers.

import Foundation
import Testing

/// A Prometheus and a ferula over the same samples.
struct ServerPair {
    let prometheus: PeerProcess
    let ferula: PeerProcess
    let theirs: String
    let ours: String

    func end() {
        prometheus.end()
        ferula.end()
    }

    static func start(with text: String) async throws -> ServerPair {
        let folder = try Peers.temporaryFolder()
        let file = folder + "/data.om"
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        let made = try await PeerProcess.run(
            Peers.program("promtool"), ["tsdb", "create-blocks-from", "openmetrics", file, folder + "/tsdb"])
        #expect(made.status == 0, "promtool refuses what we load: \(made.errors)")
        try "".write(toFile: folder + "/prometheus.yml", atomically: true, encoding: .utf8)
        let port = try Peers.freePort(), ownPort = try Peers.freePort()
        let prometheus = try PeerProcess(
            Peers.program("prometheus"),
            [
                "--config.file=\(folder)/prometheus.yml", "--storage.tsdb.path=\(folder)/tsdb", "--log.level=warn",
                "--web.listen-address=127.0.0.1:\(port)",
            ], log: folder + "/prometheus.log")
        let ferula = try PeerProcess(
            Peers.ownProgram(), ["serve", "--load", file, "--listen", "127.0.0.1:\(ownPort)"],
            log: folder + "/ferula.log")
        let pair = ServerPair(
            prometheus: prometheus, ferula: ferula, theirs: "http://127.0.0.1:\(port)",
            ours: "http://127.0.0.1:\(ownPort)")
        do {
            try await prometheus.waitUntilReady(pair.theirs + "/-/ready")
            try await ferula.waitUntilReady(pair.ours + "/-/ready")
        } catch {
            pair.end()
            throw error
        }
        return pair
    }
}
