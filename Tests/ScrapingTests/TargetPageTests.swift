// The page of a running manager's target: the request of its job, the answer as it came.

import FerulaConfiguration
import HTTPAccess
import HTTPService
import MetricModel
import Querying
import Synchronization
import Testing
import TimeSeriesStore

@testable import Scraping

@Suite("the page of a target", .timeLimit(.minutes(1)))
struct TargetPageTests {
    /// A manager over one server whose page wants a password; `body` gets it when the target was scraped once.
    private static func running(
        _ job: String, _ body: @Sendable (ScrapeManager, TargetStatus) async throws -> Void
    ) async throws {
        let server = Server(routes: [
            Route("/metrics") { request in
                guard request.header("authorization") == "Basic dTpw" else {
                    return Response(status: 401, contentType: "text/plain", body: .bytes([]))
                }
                let accept = request.header("accept") ?? ""
                let name = request.header("x-scope") ?? "none"
                let text = "# scope \(name)\n# protobuf \(accept.contains("protobuf"))\na 1\n"
                return Response(status: 200, contentType: "text/plain", body: .bytes(Array(text.utf8)))
            }
        ])
        try await server.whileRunning { address in
            let configuration = try Configuration(
                parsing: """
                    scrape_configs:
                      - job_name: a
                        scrape_interval: 1h
                        scrape_timeout: 5s
                        static_configs: [{targets: ["\(address)"]}]
                    \(job)
                    """, file: "p.yml")
            let client = Client()
            let manager = ScrapeManager(
                configuration: configuration, client: client, sink: TimeSeriesStore(), spreadsTargets: false)
            let run = Task { await manager.run() }
            do {
                while await manager.targets().first?.lastScrape == nil { try await Task.sleep(for: .milliseconds(5)) }
                let target = try #require(await manager.targets().first)
                try await body(manager, target)
            } catch {
                run.cancel()
                await run.value
                await client.shutdown()
                throw error
            }
            run.cancel()
            await run.value
            await client.shutdown()
        }
    }

    @Test("it is asked with the job's credentials and headers, as text, and given as it came")
    func page() async throws {
        let job = """
                basic_auth: {username: u, password: p}
                scrape_protocols: [PrometheusProto, PrometheusText0.0.4]
                http_headers: {X-Scope: {values: [tenant]}}
            """
        try await Self.running(job) { manager, target in
            let page = try await manager.page(of: target)
            #expect(String(decoding: page.body, as: UTF8.self) == "# scope tenant\n# protobuf false\na 1\n")
            #expect(page.contentType == "text/plain")
        }
    }

    @Test("a refused request, a body over the job's limit and a target that is gone are said in words")
    func failures() async throws {
        try await Self.running("") { manager, target in
            let refused = await #expect(throws: QueryFailure.self) { try await manager.page(of: target) }
            #expect(refused?.description == "\(target.url): HTTP status 401 Unauthorized")
            var other = target
            other.url += "x"
            let gone = await #expect(throws: QueryFailure.self) { try await manager.page(of: other) }
            #expect(gone?.description == "\(other.url) is no target any more")
        }
        let limited = "    basic_auth: {username: u, password: p}\n    body_size_limit: 10B"
        try await Self.running(limited) { manager, target in
            let large = await #expect(throws: QueryFailure.self) { try await manager.page(of: target) }
            #expect(large?.description.contains("10") == true)
        }
    }
}
