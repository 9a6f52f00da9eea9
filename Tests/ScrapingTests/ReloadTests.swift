// A configuration that changes while targets are scraped: what goes on, what ends, and what is counted.

import FerulaConfiguration
import HTTPAccess
import HTTPService
import MetricModel
import Querying
import Synchronization
import Testing
import TimeSeriesStore

@testable import Scraping

private func samples(_ store: TimeSeriesStore, _ metric: String) async throws -> [String] {
    let all = Selection(
        matchers: [Matcher(LabelSet.metricNameLabel, equals: metric)], start: .distantPast, end: .distantFuture)
    let found = try await store.select([all], limits: SelectionLimits()).first ?? []
    return found.first?.samples.floats?.map { $0.isStaleMarker ? "stale" : "\($0)" } ?? []
}

/// The suite's time limit ends a wait in vain.
private func until(_ condition: () async throws -> Bool) async throws {
    while try await !condition() { try await Task.sleep(for: .milliseconds(5)) }
}

private func whileRunning(
    _ configuration: Configuration, _ store: TimeSeriesStore, _ body: (ScrapeManager) async throws -> Void
) async throws {
    let client = Client()
    let manager = ScrapeManager(configuration: configuration, client: client, sink: store, spreadsTargets: false)
    let running = Task { await manager.run() }
    let result: Result<Void, any Error>
    do {
        result = .success(try await body(manager))
    } catch {
        result = .failure(error)
    }
    running.cancel()
    await running.value
    await client.shutdown()
    try result.get()
}

@Suite("reload", .timeLimit(.minutes(1)))
struct ReloadTests {
    private static func configuration(
        _ address: ListenAddress, _ version: String, every interval: String, _ extra: String = ""
    ) throws -> Configuration {
        try Configuration(
            parsing: """
                scrape_configs:
                  - job_name: app
                    scrape_interval: \(interval)
                    params: {v: ["\(version)"]}
                    static_configs: [{targets: ["\(address)"]}]
                \(extra)
                """, file: "p.yml")
    }

    @Test(
        "a target asked in another way goes on: its scrape is finished, only what it does not bring any more ends")
    func goesOn() async throws {
        let (arrivals, arrived) = AsyncStream<String>.makeStream()
        let (gate, release) = AsyncStream<Void>.makeStream()
        let pages = ["1": "a 1\nb 1\n", "2": "a 2\nb 2\n", "3": "a 3\n"]
        let route = Route("/metrics") { request in
            let version = request.query["v"] ?? ""
            arrived.yield(version)
            // Held until the configuration has changed.
            if version == "1" { for await _ in gate {} }
            return .text(pages[version] ?? "")
        }
        let store = TimeSeriesStore()
        try await Server(routes: [route]).whileRunning { address in
            try await whileRunning(try Self.configuration(address, "1", every: "1m"), store) { manager in
                var arrivals = arrivals.makeAsyncIterator()
                #expect(await arrivals.next() == "1")
                await manager.apply(try Self.configuration(address, "2", every: "50s"))
                try await until { await manager.targets().map(\.interval) == [.seconds(50)] }
                #expect(try await samples(store, "up") == [])
                release.finish()
                #expect(await arrivals.next() == "2")
                try await until { try await samples(store, "up").count == 2 }
                #expect(try await samples(store, "a") == ["1.0", "2.0"])
                #expect(try await samples(store, "scrape_series_added") == ["2.0", "0.0"])

                await manager.apply(
                    try Self.configuration(address, "3", every: "50s", "    honor_timestamps: false"))
                #expect(await arrivals.next() == "3")
                try await until { try await samples(store, "up").count == 3 }
                #expect(try await samples(store, "a") == ["1.0", "2.0", "3.0"])
                #expect(try await samples(store, "b") == ["1.0", "2.0", "stale"])
                #expect(try await samples(store, "up") == ["1.0", "1.0", "1.0"])

                // The same labels, and another address that nobody listens at.
                var gone = try Self.configuration(address, "3", every: "50s")
                gone.scrapes[0].groups = [TargetGroup(addresses: ["127.0.0.1:1"], labels: ["instance": "\(address)"])]
                await manager.apply(gone)
                try await until { try await samples(store, "up").count == 4 }
                #expect(try await samples(store, "a") == ["1.0", "2.0", "3.0", "stale"])
                #expect(try await samples(store, "up") == ["1.0", "1.0", "1.0", "0.0"])
            }
        }
    }

    @Test("a target that goes before its first scrape ends what it was to go on with")
    func removedBeforeItBegan() async throws {
        let (arrivals, arrived) = AsyncStream<Void>.makeStream()
        let (gate, release) = AsyncStream<Void>.makeStream()
        let count = Atomic(0)
        let route = Route("/metrics") { _ in
            arrived.yield()
            if count.add(1, ordering: .relaxed).newValue == 2 { for await _ in gate {} }
            return .text("a 1\n")
        }
        let store = TimeSeriesStore()
        try await Server(routes: [route]).whileRunning { address in
            try await whileRunning(try Self.configuration(address, "1", every: "1m"), store) { manager in
                var arrivals = arrivals.makeAsyncIterator()
                await arrivals.next()
                try await until { try await samples(store, "up") == ["1.0"] }
                await manager.apply(try Self.configuration(address, "2", every: "1m"))
                await arrivals.next()
                // A change while that scrape is under way: the third loop has never run when it is removed.
                await manager.apply(try Self.configuration(address, "3", every: "1m"))
                try await until { await manager.targets().map(\.url).first?.hasSuffix("v=3") == true }
                await manager.apply(Configuration())
                try await until { await manager.targets().isEmpty }
                release.finish()
                try await until { try await samples(store, "up").last == "stale" }
                #expect(try await samples(store, "up") == ["1.0", "1.0", "stale"])
                #expect(try await samples(store, "a") == ["1.0", "1.0", "stale"])
            }
        }
    }

    @Test("counters of discovery do not fall when sources change; two sources of a job are one series")
    func counters() async throws {
        func configuration(_ sources: [String], other: Bool = true) throws -> Configuration {
            let list = sources.map { "{url: 'http://127.0.0.1:1/\($0)'}" }.joined(separator: ", ")
            return try Configuration(
                parsing: """
                    scrape_configs:
                      - job_name: a
                        http_sd_configs: [\(list)]
                    """ + (other ? "\n  - job_name: b\n    http_sd_configs: [{url: 'http://127.0.0.1:1/x'}]" : ""),
                file: "p.yml")
        }
        let a = DiscoveryReport.JobMechanism(job: "a", mechanism: "http")
        let b = DiscoveryReport.JobMechanism(job: "b", mechanism: "http")
        try await whileRunning(try configuration(["x", "y"]), TimeSeriesStore()) { manager in
            try await until { manager.discoveryReport.failures == [a: 2, b: 1] }
            await manager.apply(try configuration(["z"]))
            try await until { manager.discoveryReport.failures == [a: 3, b: 1] }
            #expect(manager.discoveryReport.ended.map(\.failureCount) == [1])
            #expect(manager.discoveryReport.sources.map(\.failureCount) == [1, 1])
            await manager.apply(try configuration(["z"], other: false))
            try await until { manager.discoveryReport.failures == [a: 3] }
            #expect(manager.discoveryReport.ended.map(\.failureCount) == [2])
        }
    }
}
