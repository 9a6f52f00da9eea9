// What is found on this machine without being named: only what answers with metrics, and within the time there is.

import HTTPService
import Synchronization
import Testing

@testable import FerulaCommand

@Suite("Endpoints of this machine", .timeLimit(.minutes(1)))
struct LocalEndpointTests {
    private static let page = Route("/metrics") { _ in .text("# TYPE up_since gauge\nup_since 7\n") }
    /// Other programs have these paths for something else.
    private static let other = Route("/other") { _ in .html("<html>hello</html>") }

    @Test("what answers with metrics is found, a page of something else and a closed port are not")
    func found() async throws {
        let found = try await Server(routes: [Self.page, Self.other]).whileRunning { address in
            let port = UInt16("\(address)".split(separator: ":").last ?? "") ?? 0
            let candidates = [
                LocalEndpoint(port: 1), LocalEndpoint(port: port, path: "/other"),
                LocalEndpoint(port: port, name: "ours"), LocalEndpoint(port: port, path: "/nothing"),
            ]
            return await LocalEndpoint.answering(candidates, within: .seconds(10))
        }
        #expect(found.map(\.name) == ["ours"])
        #expect(found.first?.url.hasSuffix("/metrics") == true)
    }

    @Test("no two of the usual ones have one port, and each is asked on loopback")
    func usual() {
        #expect(Set(LocalEndpoint.usual.map(\.port)).count == LocalEndpoint.usual.count)
        #expect(LocalEndpoint.usual.allSatisfy { $0.url.hasPrefix("http://localhost:") && $0.path.hasPrefix("/") })
    }
}
