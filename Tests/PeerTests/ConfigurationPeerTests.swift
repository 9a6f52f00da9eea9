// The table of configurations, read by a real promtool: it takes and refuses the same, but for the differences named.

import ConfigurationRows
import Foundation
import Testing

@Suite("Configurations beside promtool", .enabled(if: Peers.isRequested, "run by make test-peers"))
struct ConfigurationPeerTests {
    @Test("every row has the same verdict, or a reason for another", .timeLimit(.minutes(2)))
    func verdicts() async throws {
        let folder = try Peers.temporaryFolder()
        for row in ConfigurationRow.all {
            try row.text.write(toFile: folder + "/p.yml", atomically: true, encoding: .utf8)
            let run = try await PeerProcess.run(
                Peers.program("promtool"), ["check", "config", folder + "/p.yml"])
            let isSame = (run.status == 0) == (row.message == nil)
            #expect(isSame == (row.difference == nil), "\(row.text): \(run.errors)")
        }
        #expect(ConfigurationRow.all.count >= 100)
    }
}
