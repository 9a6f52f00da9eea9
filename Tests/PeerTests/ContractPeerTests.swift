// The contract of QueryBackend asked of other people's servers through RemoteBackend: the same rows as our own backends
// answer in BackendContractTests, over the same samples. Where a server differs, the row says so and why.

import BackendContract
import Foundation
import HTTPAccess
import PrometheusAPI
import Testing

@Suite("Contract of a backend, other servers", .enabled(if: Peers.isRequested, "run by make test-peers"), .serialized)
struct ContractPeerTests {
    @Test("a real Prometheus 2.42")
    func prometheus() async throws {
        let folder = try Peers.temporaryFolder()
        let file = folder + "/data.om"
        try ContractData.openMetrics.write(toFile: file, atomically: true, encoding: .utf8)
        let made = try await PeerProcess.run(
            Peers.program("promtool"), ["tsdb", "create-blocks-from", "openmetrics", file, folder + "/tsdb"])
        #expect(made.status == 0, "promtool refuses the data: \(made.errors)")
        try "".write(toFile: folder + "/prometheus.yml", atomically: true, encoding: .utf8)
        let port = try Peers.freePort()
        let server = try PeerProcess(
            Peers.program("prometheus"),
            [
                "--config.file=\(folder)/prometheus.yml", "--storage.tsdb.path=\(folder)/tsdb", "--log.level=warn",
                // The samples are years old.
                "--storage.tsdb.retention.time=100y", "--web.listen-address=127.0.0.1:\(port)",
            ], log: folder + "/prometheus.log")
        defer { server.end() }
        try await server.waitUntilReady("http://127.0.0.1:\(port)/-/ready")
        try await hold(.prometheus242, at: "http://127.0.0.1:\(port)")
    }

    @Test("a real VictoriaMetrics 1.79")
    func victoriaMetrics() async throws {
        let folder = try Peers.temporaryFolder()
        let port = try Peers.freePort()
        let server = try PeerProcess(
            Peers.program("victoria-metrics"),
            [
                "-storageDataPath=\(folder)/data", "-httpListenAddr=127.0.0.1:\(port)", "-retentionPeriod=100y",
                "-search.disableCache", "-search.latencyOffset=0s", "-loggerLevel=ERROR",
            ], log: folder + "/victoria-metrics.log")
        defer { server.end() }
        let base = "http://127.0.0.1:\(port)"
        try await server.waitUntilReady(base + "/health")
        let status = try await Web.post(
            base + "/api/v1/import/prometheus", Array(ContractData.classic.utf8), type: "text/plain")
        #expect(status == 204)
        #expect(try await Web.get(base + "/internal/force_flush").status == 200)
        try await hold(.victoriaMetrics, at: base)
    }

    private func hold(_ subject: ContractSubject, at base: String) async throws {
        let client = Client(userAgent: "ferula-tests")
        let backend = RemoteBackend(try RemoteServer(base), client: client)
        for row in ContractRows.all {
            let answer = await row.ask(backend)
            #expect(answer == row.answer(of: subject), "\(row.name)")
        }
        await client.shutdown()
    }
}
