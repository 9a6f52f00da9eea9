// Sources that change while the program runs: real files, real HTTP servers, a manager that scrapes what they name.

import FerulaConfiguration
import HTTPAccess
import HTTPService
import Logging
import MetricModel
import Querying
import Synchronization
import Testing
import TimeSeriesStore

@testable import Scraping

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A folder that goes with the test.
private final class Folder: Sendable {
    let path: String
    init() throws {
        var template = Array("/tmp/ferula-discovery-XXXXXX".utf8CString)
        let made = try #require(mkdtemp(&template))
        path = String(cString: made)
    }
    /// Replaces the file in one step, as careful writers do.
    func write(_ name: String, _ text: String) throws {
        let part = "\(path)/.\(name).part"
        let file = try #require(fopen(part, "w"))
        fputs(text, file)
        fclose(file)
        #expect(rename(part, "\(path)/\(name)") == 0)
    }
    func remove(_ name: String) { unlink("\(path)/\(name)") }
    deinit {
        for file in files(matching: "\(path)/*") { unlink(file) }
        rmdir(path)
    }
}

/// Lines of a log.
private final class Lines: Sendable {
    private let state = Mutex<[String]>([])
    var all: [String] { state.withLock { $0 } }
    fileprivate func append(_ line: String) { state.withLock { $0.append(line) } }
    var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }

    private struct Handler: LogHandler {
        var lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) { lines.append("\(event.level): \(event.message)") }
    }
}

private func until(_ condition: () async throws -> Bool) async throws {
    while try await !condition() { try await Task.sleep(for: .milliseconds(5)) }
}

private func withClient(_ body: (Client) async throws -> Void) async throws {
    let client = Client()
    do {
        try await body(client)
    } catch {
        await client.shutdown()
        throw error
    }
    await client.shutdown()
}

private func whileRunning(_ manager: ScrapeManager, _ body: () async throws -> Void) async throws {
    let running = Task { await manager.run() }
    do {
        try await body()
    } catch {
        running.cancel()
        await running.value
        throw error
    }
    running.cancel()
    await running.value
}

private func configuration(_ text: String) throws -> Configuration { try Configuration(parsing: text, file: "p.yml") }

private func addresses(_ manager: ScrapeManager) async -> [String] {
    await manager.targets().compactMap { $0.discoveredLabels["__address__"] }.sorted()
}

@Suite("discovery", .timeLimit(.minutes(1)))
struct DiscoveryTests {
    // MARK: Files

    @Test("files are watched: new, changed and removed ones count; a bad one keeps its targets and is told once")
    func files() async throws {
        let folder = try Folder()
        let lines = Lines()
        try folder.write("a.json", #"[{"targets": ["x:1"], "labels": {"env": "t"}}]"#)
        try folder.write("b.yml", "- targets: ['y:1', 'y:2']\n")
        let file = FileDiscoveryConfiguration(patterns: ["\(folder.path)/*.json", "\(folder.path)/b.yml"])
        let record = DiscoveryRecord(.file(file), logger: lines.logger) {}
        let running = Task { await FileDiscoverer(file, pause: .milliseconds(20)).run(record) }
        func targets() -> [String] { record.groups.flatMap { $0.targets.compactMap { $0["__address__"] } } }
        try await until { targets() == ["x:1", "y:1", "y:2"] }
        #expect(record.groups.first?.labels == ["env": "t", "__meta_filepath": "\(folder.path)/a.json"])
        #expect(record.groups.map(\.key) == ["\(folder.path)/a.json:0", "\(folder.path)/b.yml:0"])

        try folder.write("c.json", #"[{"targets": ["z:1"]}]"#)
        try await until { targets().contains("z:1") }
        try folder.write("b.yml", "- targets: ['y:3']\n  label: {}\n")
        let failure = "\(folder.path)/b.yml:2:3: unknown field `label` in target group; did you mean `labels`?"
        try await until { record.report.lastError == failure }
        #expect(targets().contains("y:2"))
        try folder.write("a.json", "[]")
        try await until { !targets().contains("x:1") }
        #expect(record.report.lastError == failure)
        try folder.write("b.yml", "- targets: ['y:4']\n")
        try await until { record.report.lastError == nil }
        #expect(targets().sorted() == ["y:4", "z:1"])
        folder.remove("c.json")
        try await until { targets() == ["y:4"] }
        running.cancel()
        await running.value
        let title = "file discovery \(folder.path)/*.json, \(folder.path)/b.yml"
        #expect(lines.all == ["warning: \(title): \(failure)", "info: \(title): answers again"])
        #expect(record.report.counters[.fileReadError] == 1)
    }

    @Test(
        "mistakes in files of targets are named with their place",
        arguments: [
            ("a.json", "{}", "1:1: expected an array, found `{`"),
            ("a.json", "[\n  null]", "2:3: expected a target group, group 0 is null, found `n`"),
            (
                "a.json", "[{\"targets\": [], \"label\": {}}]",
                "1:27: expected targets and labels in a target group, not `label`, found `{`"
            ),
            ("a.json", "[{\"targets\": [1]}]", "1:15: expected a string, found `1`"),
            ("a.json", "[{\"labels\": {\"\": \"x\"}}]", "1:18: expected a label's name that is not empty, found `\"`"),
            ("a.json", "[] x", "1:4: expected the end, found `x`"),
            ("a.yml", "targets: []", "1:1: a list of target groups is wanted"),
            ("a.yml", "- targets: x", "1:12: targets: a list is wanted, found `x`"),
            ("a.yml", "- [a", "2:1: not YAML: did not find expected ',' or ']' while parsing a flow sequence"),
        ])
    func badFiles(name: String, text: String, message: String) throws {
        let folder = try Folder()
        try folder.write(name, text)
        let failure = #expect(throws: DiscoveryFailure.self) { try FileDiscoverer.read("\(folder.path)/\(name)") }
        #expect(failure?.description == "\(folder.path)/\(name):\(message)")
    }

    @Test(
        "empty files have no targets; null stands for nothing",
        arguments: [
            ("a.json", "null"), ("a.yml", ""), ("a.yml", "null"), ("a.json", "[{\"targets\": null, \"labels\": null}]"),
        ])
    func emptyFiles(name: String, text: String) throws {
        let folder = try Folder()
        try folder.write(name, text)
        #expect(try FileDiscoverer.read("\(folder.path)/\(name)").flatMap(\.targets) == [])
    }

    // MARK: HTTP

    @Test("an HTTP server lists targets; a failure of any kind keeps the last ones")
    func http() async throws {
        let answer = Mutex<(status: Int, type: String, text: String)>(
            (200, "application/json; charset=utf-8", #"[{"targets":["a:1"],"labels":{"x":"y"}},{"targets":["b:1"]}]"#))
        let seen = Mutex<[String]>([])
        let route = Route("/sd") { request in
            seen.withLock {
                $0 = ["accept", "authorization", "x-prometheus-refresh-interval-seconds", "x-own"].map {
                    request.header($0) ?? ""
                }
            }
            let (status, type, text) = answer.withLock { $0 }
            return Response(status: status, contentType: type, body: .bytes(Array(text.utf8)))
        }
        try await Server(routes: [route]).whileRunning { address in
            try await withClient { client in
                let job = try #require(
                    try configuration(
                        """
                        scrape_configs:
                          - job_name: a
                            http_sd_configs:
                              - url: http://\(address)/sd
                                refresh_interval: 20ms
                                authorization: {credentials: secret}
                                http_headers: {X-Own: {values: [v]}}
                        """
                    ).scrapes.first)
                let source = try #require(job.discoveries.first)
                let record = DiscoveryRecord(source) {}
                let discoverer = source.makeDiscoverer(client: client)
                let running = Task { await discoverer.run(record) }
                func targets() -> [String] { record.groups.flatMap { $0.targets.compactMap { $0["__address__"] } } }
                try await until { targets() == ["a:1", "b:1"] }
                let url = "http://\(address)/sd"
                #expect(record.groups.map(\.key) == ["\(url):0", "\(url):1"])
                #expect(record.groups.first?.labels == ["x": "y", "__meta_url": .init(url)])
                #expect(seen.withLock { $0 } == ["application/json", "Bearer secret", "0.02", "v"])

                for (status, type, text, error) in [
                    (503, "application/json", "[]", "HTTP status 503 Service Unavailable"),
                    (204, "application/json", "", "HTTP status 204 No Content"),
                    (200, "text/plain", "[]", "unsupported content type \"text/plain\", application/json is wanted"),
                    (200, "application/json", "[{\"targets\":3}]", "expected an array, found `3` at byte 12"),
                ] {
                    answer.withLock { $0 = (status, type, text) }
                    try await until { record.report.lastError == error }
                    #expect(targets() == ["a:1", "b:1"])
                }
                answer.withLock { $0 = (200, "application/json", "[{\"targets\":[\"c:1\"]}]") }
                try await until { targets() == ["c:1"] }
                #expect(record.report.lastError == nil)
                running.cancel()
                await running.value
            }
        }
    }

    @Test("a source may have so many targets and not one more; over it keeps what it had")
    func targetsMax() {
        let record = DiscoveryRecord(.file(FileDiscoveryConfiguration(patterns: ["x.json"])), targetsMax: 2) {}
        func group(_ key: String, _ count: Int) -> DiscoveredGroup {
            DiscoveredGroup(key: key, labels: .empty, targets: (0..<count).map { ["__address__": "\(key)\($0)"] })
        }
        record.replaceAll(with: [group("a", 1), group("b", 1)])
        #expect(record.report.lastError == nil)
        record.replaceAll(with: [group("a", 3)])
        #expect(record.report.lastError == "more than 2 targets")
        #expect(record.groups == [group("a", 1), group("b", 1)])
        record.replace([group("c", 1)])
        #expect(record.report.lastError == "more than 2 targets")
        record.update([], removing: ["b"])
        record.replace([group("c", 1)])
        #expect(record.report.lastError == nil)
        #expect(record.report.targetCount == 2)
    }

    // MARK: The manager

    @Test("targets of files are relabelled and scraped; one that vanishes ends its series, the others do not notice")
    func scraping() async throws {
        let folder = try Folder()
        let requests = Mutex<[String: Int]>([:])
        let route = Route("/metrics") { request in
            requests.withLock { $0[request.query["name"] ?? "", default: 0] += 1 }
            return .text("a 1\n")
        }
        try await Server(routes: [route]).whileRunning { address in
            try await withClient { client in
                func write(_ names: [String]) throws {
                    let groups = names.map { "- targets: ['\(address)']\n  labels: {__param_name: \($0), at: home}\n" }
                    try folder.write("t.yml", groups.joined())
                }
                try write(["one", "two", "left-out"])
                let store = TimeSeriesStore()
                let manager = ScrapeManager(
                    configuration: try configuration(
                        """
                        scrape_configs:
                          - job_name: app
                            scrape_interval: 100ms
                            file_sd_configs: [{files: ["\(folder.path)/t.yml"]}]
                            relabel_configs:
                              - {action: drop, source_labels: [__param_name], regex: left-out}
                              - {source_labels: [__param_name], target_label: name}
                        """), client: client, sink: store, spreadsTargets: false)
                try await whileRunning(manager) {
                    try await until { await manager.targets().filter { $0.health == .up }.count == 2 }
                    let labels = await manager.targets().map(\.labels)
                    #expect(
                        Set(labels) == [
                            ["job": "app", "instance": "\(address)", "at": "home", "name": "one"],
                            ["job": "app", "instance": "\(address)", "at": "home", "name": "two"],
                        ])
                    #expect(await manager.droppedTargets().map { $0.discoveredLabels["__param_name"] } == ["left-out"])
                    #expect(await manager.droppedTargetCounts() == ["app": 1])
                    let sources = await manager.discoveries()
                    #expect(
                        sources == [
                            DiscoveryStatus(
                                title: "file discovery \(folder.path)/t.yml", scrapePools: ["app"], targetCount: 3)
                        ])
                    try write(["two"])
                    try await until { await manager.targets().count == 1 }
                    func last(_ name: String) async throws -> Double? {
                        let all = Selection(
                            matchers: [Matcher(LabelSet.metricNameLabel, equals: "a"), Matcher("name", equals: name)],
                            start: .distantPast, end: .distantFuture)
                        return try await store.select([all], limits: SelectionLimits()).first?.first?.samples.floats?
                            .last
                    }
                    try await until { try await last("one")?.isStaleMarker == true }
                    try await until { try await last("two") == 1 }
                    let before = requests.withLock { $0["two"] ?? 0 }
                    try await until { requests.withLock { $0["two"] ?? 0 } > before + 1 }
                }
            }
        }
    }

    @Test("targets that stay keep their loops, whatever else of their job changes; a new request restarts them")
    func unchangedTargets() async throws {
        let open = Mutex(0)
        let route = Route("/metrics") { _ in
            open.withLock { $0 += 1 }
            return .text("a 1\n")
        }
        try await Server(routes: [route]).whileRunning { address in
            try await withClient { client in
                func text(_ extra: String, _ targets: String = "") -> String {
                    """
                    scrape_configs:
                      - job_name: app
                        scrape_interval: 1h
                        scrape_timeout: 10s
                        static_configs: [{targets: ["\(address)"\(targets)]}]
                    \(extra)
                    """
                }
                let manager = ScrapeManager(
                    configuration: try configuration(text("")), client: client, sink: TimeSeriesStore(),
                    spreadsTargets: false)
                try await whileRunning(manager) {
                    try await until { await manager.targets().first?.health == .up }
                    let first = await manager.targets().first?.lastScrape
                    for (extra, targets) in [
                        ("", ", \"127.0.0.1:1\""), ("    relabel_configs: [{regex: zzz, action: labeldrop}]", ""),
                        ("    target_limit: 7", ""), ("    keep_dropped_targets: 7", ""),
                    ] {
                        let before = manager.discoveryReport.syncCount
                        await manager.apply(try configuration(text(extra, targets)))
                        try await until { manager.discoveryReport.syncCount > before }
                        #expect(await manager.targets().first { $0.url.contains("\(address)") }?.lastScrape == first)
                    }
                    // A loop whose requests differ is another loop: it scrapes at once.
                    await manager.apply(try configuration(text("    sample_limit: 7")))
                    try await until { open.withLock { $0 } == 2 }
                }
            }
        }
    }

    @Test("over the target limit nobody is asked; under it again the same loops go on")
    func targetLimit() async throws {
        let folder = try Folder()
        try await Server(routes: [Route("/metrics") { _ in .text("a 1\n") }]).whileRunning { address in
            try await withClient { client in
                try folder.write("t.json", "[{\"targets\":[\"\(address)\"]}]")
                let manager = ScrapeManager(
                    configuration: try configuration(
                        """
                        scrape_configs:
                          - job_name: app
                            scrape_interval: 100ms
                            target_limit: 1
                            file_sd_configs: [{files: ["\(folder.path)/t.json"], refresh_interval: 20ms}]
                        """), client: client, sink: TimeSeriesStore(), spreadsTargets: false)
                try await whileRunning(manager) {
                    try await until { await manager.targets().map(\.health) == [.up] }
                    try folder.write("t.json", "[{\"targets\":[\"\(address)\", \"127.0.0.1:1\"]}]")
                    let error = "target_limit exceeded (number of targets: 2, limit: 1)"
                    try await until { await manager.targets().map(\.lastError) == [error, error] }
                    #expect(manager.discoveryReport.exceededCount == 1)
                    try folder.write("t.json", "[{\"targets\":[\"\(address)\"]}]")
                    try await until { await manager.targets().map(\.health) == [.up] }
                }
            }
        }
    }

    @Test("keep_dropped_targets bounds what is listed, not what is counted")
    func keptDropped() throws {
        let job = try #require(
            try configuration(
                """
                global: {keep_dropped_targets: 2}
                scrape_configs:
                  - job_name: app
                    static_configs: [{targets: [a, b]}]
                    relabel_configs: [{action: keep, source_labels: [__address__], regex: "e.*"}]
                """
            ).scrapes.first)
        var pool = ScrapePool(job)
        let group = DiscoveredGroup(
            key: "g", labels: .empty, targets: ["c", "d", "e/x"].map { ["__address__": $0] })
        let entries = [DiscoveryRecord.Entry(group: group, version: 1, position: 0)]
        let change = pool.synchronize([entries])
        #expect(pool.dropped.map { $0.discoveredLabels["__address__"] } == ["a", "b"])
        #expect(pool.droppedCount == 5)
        #expect(pool.discoveredCount == 5)
        #expect(change.refused.map(\.reason) == ["`e/x` is no host:port"])
        // Said once, not at each update.
        #expect(pool.synchronize([entries]).refused == [])
        var next = entries
        next[0].version = 2
        next[0].group.targets.append(["__address__": "e/y"])
        #expect(pool.synchronize([next]).refused.map(\.reason) == ["`e/y` is no host:port"])
    }

    @Test("two jobs with the same source share it; it ends when no job wants it")
    func sharedSource() async throws {
        let folder = try Folder()
        try folder.write("t.json", "[{\"targets\":[\"127.0.0.1:1\"]}]")
        let source = "file_sd_configs: [{files: [\"\(folder.path)/t.json\"]}]"
        try await withClient { client in
            let manager = ScrapeManager(
                configuration: try configuration(
                    "scrape_configs: [{job_name: a, \(source)}, {job_name: b, \(source)}]"), client: client,
                sink: TimeSeriesStore())
            try await whileRunning(manager) {
                try await until { await manager.targets().count == 2 }
                #expect(manager.discoveryReport.sources.map(\.jobs) == [["a", "b"]])
                await manager.apply(try configuration("scrape_configs: [{job_name: a}]"))
                try await until { await manager.targets().isEmpty }
                #expect(manager.discoveryReport.sources.isEmpty)
            }
        }
    }

    @Test("a reload with 1,000 targets takes less than a second, and keeps those that stay")
    func reload() async throws {
        try await withClient { client in
            func text(_ numbers: Range<Int>) -> String {
                let groups = numbers.map { "{targets: [\"127.0.0.1:1\"], labels: {number: \"\($0)\"}}" }
                return
                    "scrape_configs: [{job_name: a, scrape_interval: 1h, static_configs: [\(groups.joined(separator: ", "))]}]"
            }
            let manager = ScrapeManager(
                configuration: try configuration(text(0..<1000)), client: client, sink: TimeSeriesStore())
            try await whileRunning(manager) {
                try await until { await manager.targets().count == 1000 }
                let clock = ContinuousClock()
                var shortest = Duration.seconds(60)
                // Other tests run beside this one and take its processor now and then: of three the shortest counts.
                for begin in [500, 0, 500] {
                    let next = try configuration(text(begin..<begin + 1000))
                    let before = manager.discoveryReport.syncCount
                    let start = clock.now
                    await manager.apply(next)
                    try await until { manager.discoveryReport.syncCount > before }
                    shortest = min(shortest, clock.now - start)
                }
                #expect(shortest < .seconds(1), "took \(shortest)")
                try await until {
                    await manager.targets().compactMap { $0.labels["number"].flatMap(Int.init) }.sorted()
                        == Array(500..<1500)
                }
            }
        }
    }

    @Test("after 10,000 changes of targets there are the last ones and no others")
    func noGrowth() async throws {
        try await withClient { client in
            func pages(_ number: Int) throws -> Configuration {
                try configuration(
                    """
                    scrape_configs:
                      - job_name: a
                        scrape_interval: 1h
                        static_configs: [{targets: [\((0..<50).map { "\"127.0.0.1:\(1 + (number * 50 + $0) % 60000)\"" }.joined(separator: ","))]}]
                    """)
            }
            let manager = ScrapeManager(
                configuration: try pages(0), client: client, sink: TimeSeriesStore())
            try await whileRunning(manager) {
                // The first pass over the targets may come later than a reload: each wait below may see the one before.
                for number in 1...200 {
                    let before = manager.discoveryReport.syncCount
                    await manager.apply(try pages(number))
                    try await until { manager.discoveryReport.syncCount > before }
                }
                // What it leaves in memory ReloadPeerTests asks of a process of its own.
                let expected = (0..<50).map { "http://127.0.0.1:\(1 + 200 * 50 + $0)/metrics" }.sorted()
                try await until {
                    await manager.targets().map { AddressParts($0.url).address }.sorted() == expected
                }
            }
        }
    }
}
