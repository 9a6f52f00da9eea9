// Real servers on loopback ports, scraped into a real store.

import FerulaConfiguration
import HTTPAccess
import HTTPService
import MetricModel
import Querying
import Synchronization
import Testing
import TimeSeriesStore

@testable import Scraping

/// A server whose answer can be changed while it runs.
private final class ChangingBody: Sendable {
    let body: Mutex<(status: Int, type: String, text: String)>
    init(_ text: String, type: String = "text/plain; version=0.0.4") { body = Mutex((200, type, text)) }
    func set(_ text: String, status: Int = 200, type: String = "text/plain; version=0.0.4") {
        body.withLock { $0 = (status, type, text) }
    }
    var server: Server {
        Server(routes: [
            Route("/metrics") { _ in
                let (status, type, text) = self.body.withLock { $0 }
                return Response(status: status, contentType: type, body: .bytes(Array(text.utf8)))
            },
            Route("/page") { _ in .html("<html></html>") },
        ])
    }
}

private func withClient<Value>(_ body: (Client) async throws -> Value) async throws -> Value {
    let client = Client()
    do {
        let value = try await body(client)
        await client.shutdown()
        return value
    } catch {
        await client.shutdown()
        throw error
    }
}

private func values(_ store: TimeSeriesStore, _ metric: String) async throws -> [Series] {
    let all = Selection(
        matchers: [Matcher(LabelSet.metricNameLabel, equals: metric)], start: .distantPast, end: .distantFuture)
    return try await store.select([all], limits: SelectionLimits()).first ?? []
}

/// Waits until a condition holds; the suite's time limit ends a wait in vain.
private func until(_ condition: () async throws -> Bool) async throws {
    while try await !condition() { try await Task.sleep(for: .milliseconds(5)) }
}

@Suite("scraping over HTTP", .timeLimit(.minutes(1)))
struct ScrapeTests {
    @Test("one-shot scrapes land on an even grid, with the synthetic series")
    func oneShot() async throws {
        let served = ChangingBody("a_total{x=\"1\"} 5\n")
        let store = TimeSeriesStore()
        try await served.server.whileRunning { address in
            try await withClient { client in
                let url = "http://\(address)/metrics"
                let scrape = OneShotScrape(url: url, times: 3, interval: Milliseconds(250))
                try await scrape.run(client: client, sink: store)
            }
            let series = try await values(store, "a_total")
            #expect(
                series.map(\.labels) == [
                    LabelSet(metric: "a_total", ["x": "1", "job": "scrape", "instance": "\(address)"])
                ])
            #expect(series.first?.samples == .floats([5, 5, 5]))
            #expect(try await values(store, "up").first?.samples == .floats([1, 1, 1]))
            #expect(try await values(store, "scrape_samples_scraped").first?.samples == .floats([1, 1, 1]))
            #expect(try await values(store, "scrape_series_added").first?.samples == .floats([1, 0, 0]))
        }
    }

    @Test("a malformed body is one line with URL, line and column, and has an excerpt")
    func malformed() async throws {
        let served = ChangingBody("a 1\nb x\n")
        try await served.server.whileRunning { address in
            try await withClient { client in
                let url = "http://\(address)/metrics"
                let failure = await #expect(throws: ScrapeFailure.self) {
                    try await OneShotScrape(url: url, times: 1, interval: .seconds(1))
                        .run(client: client, sink: TimeSeriesStore())
                }
                #expect(failure?.description.hasPrefix("\(url): 2:3: expected ") == true)
                #expect(failure?.rendered.contains("\n  b x\n    ^") == true)
            }
        }
    }

    @Test("what is no metrics page is named; a page that is one is found")
    func guessing() async throws {
        let served = ChangingBody("a 1\n")
        try await served.server.whileRunning { address in
            try await withClient { client in
                let found = try await findMetrics("\(address)", client: client)
                #expect(found == "http://\(address)/metrics")
                let page = await #expect(throws: ScrapeFailure.self) {
                    try await findMetrics("http://\(address)/page", client: client)
                }
                #expect(page?.description == "http://\(address)/page: answers with an HTML page, not with metrics")
                served.set("nothing", status: 404)
                let missing = await #expect(throws: ScrapeFailure.self) {
                    try await findMetrics("\(address)", client: client)
                }
                #expect(
                    missing?.description
                        == "http://\(address)/metrics: HTTP status 404 Not Found; "
                        + "if its metrics are at another path, give the whole URL")
            }
        }
    }

    private func configuration(
        _ address: ListenAddress, every interval: String = "300ms", extra: String = ""
    ) throws -> Configuration {
        try Configuration(
            parsing: """
                scrape_configs:
                  - job_name: app
                    scrape_interval: \(interval)
                    static_configs: [{targets: ["\(address)"]}]
                \(extra)
                """, file: "p.yml")
    }

    @Test("a target goes down with staleness markers, and comes up again")
    func downAndUp() async throws {
        let served = ChangingBody("a 1\n")
        let store = TimeSeriesStore()
        try await served.server.whileRunning { address in
            try await withClient { client in
                let manager = ScrapeManager(
                    configuration: try configuration(address), client: client, sink: store, spreadsTargets: false)
                let running = Task { await manager.run() }
                try await until { await manager.targets().first?.health == .up }
                served.set("a 1\n", status: 503)
                try await until {
                    await manager.targets().first?.lastError == "HTTP status 503 Service Unavailable"
                }
                #expect(try await values(store, "a").first?.samples.floats?.last?.isStaleMarker == true)
                #expect(try await values(store, "up").first?.samples.floats?.last == 0)
                served.set("a 2\n")
                try await until { await manager.targets().first?.health == .up }
                try await until { try await values(store, "a").first?.samples.floats?.last == 2 }
                let target = try #require(await manager.targets().first)
                #expect(target.labels == ["job": "app", "instance": "\(address)"])
                #expect(target.samplesScraped == 1)
                #expect(target.lastError == "")
                running.cancel()
                await running.value
            }
        }
    }

    @Test("a removed target ends its series; the others go on")
    func removal() async throws {
        let served = ChangingBody("a 1\n")
        let store = TimeSeriesStore()
        try await served.server.whileRunning { address in
            try await withClient { client in
                // Scraped once, at the start: a scrape that is late on a busy machine would end the series too.
                let both = "  - {job_name: b, static_configs: [{targets: [\"\(address)\"]}]}"
                let manager = ScrapeManager(
                    configuration: try configuration(address, every: "1m", extra: both), client: client, sink: store,
                    spreadsTargets: false)
                let running = Task { await manager.run() }
                try await until { await manager.targets().filter { $0.health == .up }.count == 2 }
                await manager.apply(try configuration(address, every: "1m"))
                try await until { await manager.targets().count == 1 }
                try await until {
                    try await values(store, "up").first { $0.labels["job"] == "b" }?
                        .samples.floats?.last?.isStaleMarker == true
                }
                let ended = try await values(store, "a").first { $0.labels["job"] == "b" }
                #expect(ended?.samples.floats?.last?.isStaleMarker == true)
                let kept = try await values(store, "a").first { $0.labels["job"] == "app" }
                #expect(kept?.samples.floats?.contains { $0.isStaleMarker } == false)
                running.cancel()
                await running.value
            }
        }
    }

    @Test("over the sample limit or the body limit the whole scrape fails")
    func limits() async throws {
        let served = ChangingBody("a 1\nb 2\n")
        for (limit, reason) in [
            ("sample_limit: 1", "sample limit exceeded: more than 1 samples after relabelling"),
            ("body_size_limit: 7B", "body exceeds 7 bytes"),
        ] {
            let store = TimeSeriesStore()
            try await served.server.whileRunning { address in
                try await withClient { client in
                    let manager = ScrapeManager(
                        configuration: try configuration(address, extra: "    \(limit)"), client: client, sink: store,
                        spreadsTargets: false)
                    let running = Task { await manager.run() }
                    try await until { await manager.targets().first?.lastError == reason }
                    #expect(await manager.targets().first?.health == .down)
                    #expect(try await values(store, "a").isEmpty)
                    running.cancel()
                    await running.value
                }
            }
        }
    }

    @Test("over the target limit every target of the job is down, and none is asked")
    func targetLimit() async throws {
        let served = ChangingBody("a 1\n")
        let store = TimeSeriesStore()
        try await served.server.whileRunning { address in
            try await withClient { client in
                let two = """
                      - job_name: two
                        scrape_interval: 300ms
                        target_limit: 1
                        static_configs: [{targets: ["\(address)", "127.0.0.1:1"]}]
                    """
                let manager = ScrapeManager(
                    configuration: try configuration(address, extra: two), client: client, sink: store,
                    spreadsTargets: false)
                let running = Task { await manager.run() }
                try await until { await manager.targets().filter { $0.health == .down }.count == 2 }
                let down = await manager.targets().filter { $0.scrapePool == "two" }
                #expect(
                    down.map(\.lastError)
                        == Array(repeating: "target_limit exceeded (number of targets: 2, limit: 1)", count: 2))
                let ups = try await values(store, "up").filter { $0.labels["job"] == "two" }
                #expect(ups.map { $0.samples.floats?.last } == [0, 0])
                #expect(try await values(store, "a").allSatisfy { $0.labels["job"] == "app" })
                running.cancel()
                await running.value
            }
        }
    }

    @Test("two addresses that relabelling makes the same are one target")
    func sameTarget() async throws {
        let served = ChangingBody("a 1\n")
        try await served.server.whileRunning { address in
            try await withClient { client in
                let text = """
                    scrape_configs:
                      - job_name: app
                        scrape_interval: 300ms
                        static_configs: [{targets: ["x:1", "y:1"]}]
                        relabel_configs:
                          - {target_label: __address__, replacement: "\(address)"}
                    """
                let manager = ScrapeManager(
                    configuration: try Configuration(parsing: text, file: "p.yml"), client: client,
                    sink: TimeSeriesStore(), spreadsTargets: false)
                let running = Task { await manager.run() }
                try await until { await manager.targets().first?.health == .up }
                #expect(await manager.targets().count == 1)
                running.cancel()
                await running.value
            }
        }
    }

    @Test("fallback_scrape_protocol reads what has no usable type")
    func fallbackProtocol() async throws {
        let served = ChangingBody("a 1\n", type: "application/octet-stream")
        try await served.server.whileRunning { address in
            try await withClient { client in
                for (extra, health, reason) in [
                    (
                        "", TargetStatus.Health.down,
                        "received unsupported Content-Type \"application/octet-stream\" and no "
                            + "fallback_scrape_protocol specified for target"
                    ),
                    ("    fallback_scrape_protocol: PrometheusText0.0.4", .up, ""),
                ] {
                    let manager = ScrapeManager(
                        configuration: try configuration(address, extra: extra), client: client,
                        sink: TimeSeriesStore(), spreadsTargets: false)
                    let running = Task { await manager.run() }
                    // On a busy machine a scrape may time out first: the next one says what it is.
                    try await until {
                        await manager.targets().first.map { $0.health == health && $0.lastError == reason } ?? false
                    }
                    running.cancel()
                    await running.value
                }
            }
        }
    }

    @Test("a name and password in an address reach the target, and no label, status or error")
    func userInformation() async throws {
        let routes = [
            Route("/metrics") { request in
                request.header("authorization") == "Basic bWU6c2VjcmV0" ? .text("a 1\n") : .text("who?", status: 401)
            }
        ]
        try await Server(routes: routes).whileRunning { address in
            try await withClient { client in
                let store = TimeSeriesStore()
                let url = try await findMetrics("me:secret@\(address)", client: client)
                try await OneShotScrape(url: url, times: 1, interval: .seconds(1)).run(client: client, sink: store)
                #expect(try await values(store, "a").map { $0.labels["instance"] } == ["\(address)"])
                let text = """
                    scrape_configs:
                      - {job_name: b, scrape_interval: 1s, static_configs: [{targets: ["me:secret@\(address)"]}]}
                    """
                let manager = ScrapeManager(
                    configuration: try Configuration(parsing: text, file: "p.yml"), client: client, sink: store,
                    spreadsTargets: false)
                let running = Task { await manager.run() }
                try await until { await manager.targets().first?.health == .up }
                let shown = try #require(await manager.targets().first)
                #expect(shown.url == "http://\(address)/metrics")
                #expect(shown.labels["instance"] == "\(address)")
                #expect(shown.discoveredLabels["__address__"] == "\(address)")
                running.cancel()
                await running.value
            }
        }
        #expect(ScrapeFailure(url: "http://me:secret@h:1/", reason: "x").description == "http://h:1/: x")
    }
}
