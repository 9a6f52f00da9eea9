// The whole process on loopback ports: own exporter, scraping, store, engine, API.

import ExporterKit
import FerulaConfiguration
import Foundation
import HTTPAccess
import HTTPService
import HostExporter
import MetricModel
import Querying
import Synchronization
import Testing

@testable import FerulaServer

private func text(_ url: String, _ client: Client) async throws -> String {
    var body: [UInt8] = []
    _ = try await client.send(Request(url: url), into: &body)
    return String(decoding: body, as: UTF8.self)
}

/// Tells of each collection.
private struct Bell: Collector {
    let name = "bell"
    let ring: @Sendable () -> Void
    func collect(into families: inout MetricFamilies) throws { ring() }
}

@Suite("the process as one value", .timeLimit(.minutes(1)))
struct FerulaProcessTests {
    @Test("the own exporter is scraped at once, asked by PromQL and over the API, and ends with the process")
    func ownExporter() async throws {
        var options = ProcessOptions()
        let (collections, collected) = AsyncStream<Void>.makeStream()
        options.exporter = OwnExporter(
            instance: "here", registry: Registry([Bell { collected.yield() }]), interval: Milliseconds(100))
        options.spreadsTargets = false
        options.listen = .loopback
        options.version = "1.2.3"
        let process = FerulaProcess(options)
        let (addresses, continuation) = AsyncStream<ListenAddress?>.makeStream()
        let running = Task { try await process.run { continuation.yield($0) } }
        var iterator = addresses.makeAsyncIterator()
        let address = try #require(await iterator.next() ?? nil)
        // With the second collection the samples of the first one are stored.
        var rings = collections.makeAsyncIterator()
        await rings.next()
        await rings.next()
        let target = try #require(await process.status.targets().first)
        #expect(target.health == .up)
        #expect(target.labels == ["job": "node", "instance": "here"])

        let client = Client()
        let ready = try await text("http://\(address)/-/ready", client)
        #expect(ready == "Ferula is ready.\n")
        let answer = try await text(
            "http://\(address)/api/v1/query?query=up&time=\(target.lastScrape?.seconds ?? 0)", client)
        #expect(
            answer.hasPrefix(
                #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"up","#))
        let version = try await text("http://\(address)/api/v1/status/buildinfo", client)
        #expect(version.contains(#""version":"1.2.3""#))
        let own = try await text("http://\(address)/metrics", client)
        #expect(own.contains("\nferula_series "))
        #expect(own.contains("\nprometheus_config_last_reload_successful 1\n"))
        #expect(own.contains("\nferula_scrapes_total "))
        #expect(own.contains("\nferula_scrapes_late_total "))
        // As Prometheus' own client library has them.
        for name in [
            "process_cpu_seconds_total", "process_open_fds", "process_max_fds", "process_virtual_memory_bytes",
            "process_virtual_memory_max_bytes", "process_resident_memory_bytes", "process_start_time_seconds",
            "process_network_receive_bytes_total", "process_network_transmit_bytes_total",
        ] {
            let line = own.split(separator: "\n").first { $0.hasPrefix(name + " ") }
            #expect(line.flatMap { Double($0.dropFirst(name.utf8.count + 1)) } ?? 0 > 0, "\(name)")
        }
        #expect(own.contains("# TYPE ferula_samples_appended_total counter\n"))

        running.cancel()
        try await running.value
        var body: [UInt8] = []
        let failure = await #expect(throws: AccessFailure.self) {
            try await client.send(Request(url: target.url), into: &body)
        }
        #expect(failure?.kind == .refused)
        await client.shutdown()
    }

    @Test("an address that is taken ends the process with one clear line")
    func addressTaken() async throws {
        try await Server(routes: []).whileRunning { address in
            var options = ProcessOptions()
            options.listen = address
            let process = FerulaProcess(options)
            let failure = await #expect(throws: ServiceFailure.self) { try await process.run { _ in } }
            #expect(failure?.description == "cannot listen on \(address): Address already in use")
        }
    }

    @Test("a new configuration keeps the own exporter")
    func reload() async throws {
        var options = ProcessOptions()
        options.exporter = OwnExporter(registry: HostMetrics.registry(root: "/nonexistent"))
        options.spreadsTargets = false
        let process = FerulaProcess(options)
        let (readiness, continuation) = AsyncStream<Void>.makeStream()
        let running = Task { try await process.run { _ in continuation.yield() } }
        var iterator = readiness.makeAsyncIterator()
        await iterator.next()
        let (questions, asked) = AsyncStream<Void>.makeStream()
        let route = Route("/metrics") { _ in
            asked.yield()
            return .text("a 1\n")
        }
        try await Server(routes: [route]).whileRunning { address in
            await process.apply(
                try Configuration(
                    parsing: "scrape_configs: [{job_name: a, static_configs: [{targets: ['\(address)']}]}]", file: "p"))
            var questions = questions.makeAsyncIterator()
            await questions.next()
            #expect(await process.status.targets().map(\.scrapePool) == ["a", "node"])
        }
        running.cancel()
        try await running.value
    }

    @Test("reload over HTTP takes the new file, a bad one stays out and is said; quit ends the process")
    func lifecycle() async throws {
        let next = Mutex<Result<Configuration, ConfigurationFailure>>(
            .failure(ConfigurationFailure(file: "p.yml", line: 2, column: 3, "no luck")))
        var options = ProcessOptions()
        options.configuration = try Configuration(parsing: "global: {scrape_interval: 9s}", file: "p.yml")
        options.listen = .loopback
        options.allowsLifecycle = true
        options.readConfiguration = { () throws(ConfigurationFailure) in try next.withLock { $0 }.get() }
        let process = FerulaProcess(options)
        let (addresses, continuation) = AsyncStream<ListenAddress?>.makeStream()
        let running = Task { try await process.run { continuation.yield($0) } }
        var iterator = addresses.makeAsyncIterator()
        let address = try #require(await iterator.next() ?? nil)
        let client = Client()
        func post(_ path: String) async throws -> (status: Int, body: String) {
            var request = Request(url: "http://\(address)\(path)")
            request.form = []
            request.acceptsAnyStatus = true
            var body: [UInt8] = []
            let answer = try await client.send(request, into: &body)
            return (answer.status, String(decoding: body, as: UTF8.self))
        }
        let failed = try await post("/-/reload")
        #expect(failed.status == 500)
        #expect(failed.body == "failed to reload config: p.yml:2:3: no luck\n")
        let old = try await text("http://\(address)/api/v1/status/config", client)
        #expect(old == #"{"status":"success","data":{"yaml":"global:\n  scrape_interval: 9s\n"}}"#)
        let runtime = try await text("http://\(address)/api/v1/status/runtimeinfo", client)
        #expect(runtime.contains(#""reloadConfigSuccess":false"#))
        #expect(runtime.contains(#""storageRetention":"1d or 1024MiB""#))

        let good = try Configuration(parsing: "global: {scrape_interval: 7s}", file: "p.yml")
        next.withLock { $0 = .success(good) }
        #expect(try await post("/-/reload").status == 200)
        let new = try await text("http://\(address)/api/v1/status/config", client)
        #expect(new.contains("scrape_interval: 7s"))
        let head = try await text("http://\(address)/api/v1/status/tsdb", client)
        #expect(head.contains(#""numSeries":0"#))
        #expect(head.contains(#""minTime":9223372036854775807,"maxTime":-9223372036854775808"#))

        #expect(try await post("/-/quit").status == 200)
        try await running.value
        await client.shutdown()
    }

    @Test(
        "of two reloads the one that began later stays, though the earlier one ends last; so does what was applied first"
    )
    func order() async throws {
        func configuration(_ job: String) throws -> Configuration {
            try Configuration(
                parsing: "scrape_configs: [{job_name: \(job), static_configs: [{targets: ['localhost:1']}]}]", file: "p"
            )
        }
        let (begun, begin) = AsyncStream<Void>.makeStream()
        let slow = DispatchSemaphore(value: 0)
        let count = Atomic(0)
        let (old, new) = (try configuration("old"), try configuration("new"))
        var options = ProcessOptions()
        options.configuration = try configuration("first")
        options.listen = .loopback
        options.readConfiguration = { () throws(ConfigurationFailure) in
            guard count.add(1, ordering: .relaxed).newValue == 1 else { return new }
            begin.yield()
            slow.wait()
            return old
        }
        let process = FerulaProcess(options)
        // Before it runs: what it was made with must not take its place later.
        await process.apply(try configuration("second"))
        let (addresses, ready) = AsyncStream<ListenAddress?>.makeStream()
        let running = Task { try await process.run { ready.yield($0) } }
        var iterator = addresses.makeAsyncIterator()
        let address = try #require(await iterator.next() ?? nil)
        var begins = begun.makeAsyncIterator()
        let client = Client()
        func jobs() async throws -> [String] {
            let shown = try await text("http://\(address)/api/v1/status/config", client)
            return ["first", "second", "old", "new", "last"].filter { shown.contains("job_name: \($0)") }
        }
        #expect(try await jobs() == ["second"])

        // On a thread of its own: reading blocks it.
        let late = Task.detached { await process.reload() }
        await begins.next()
        #expect(await process.reload() == nil)
        slow.signal()
        #expect(await late.value == nil)
        #expect(try await jobs() == ["new"])
        await process.apply(try configuration("last"))
        #expect(try await jobs() == ["last"])
        running.cancel()
        try await running.value
        await client.shutdown()
    }

    @Test("a reload that failed stays failed, though one that began before it ends well later")
    func failureOrder() async throws {
        let (begun, begin) = AsyncStream<Void>.makeStream()
        let slow = DispatchSemaphore(value: 0)
        let count = Atomic(0)
        let good = try Configuration(parsing: "global: {scrape_interval: 7s}", file: "p")
        var options = ProcessOptions()
        options.listen = .loopback
        options.readConfiguration = { () throws(ConfigurationFailure) in
            switch count.add(1, ordering: .relaxed).newValue {
            case 1:
                begin.yield()
                slow.wait()
                return good
            case 2: throw ConfigurationFailure(file: "p.yml", line: 2, column: 3, "no luck")
            default: return good
            }
        }
        let process = FerulaProcess(options)
        let (addresses, ready) = AsyncStream<ListenAddress?>.makeStream()
        let running = Task { try await process.run { ready.yield($0) } }
        var iterator = addresses.makeAsyncIterator()
        let address = try #require(await iterator.next() ?? nil)
        var begins = begun.makeAsyncIterator()
        let client = Client()
        func isRead() async throws -> Bool {
            try await text("http://\(address)/api/v1/status/runtimeinfo", client)
                .contains(#""reloadConfigSuccess":true"#)
        }
        #expect(try await isRead())
        // Reading blocks its thread, and tasks have one a core.
        let early = Task(executorPreference: ComputingThreads.shared) { await process.reload() }
        await begins.next()
        #expect(await process.reload() == "p.yml:2:3: no luck")
        #expect(try await !isRead())
        slow.signal()
        #expect(await early.value == nil)
        // What it read is newer than what there was, and older than what could not be read.
        #expect(try await text("http://\(address)/api/v1/status/config", client).contains("scrape_interval: 7s"))
        #expect(try await !isRead())
        #expect(try await text("http://\(address)/metrics", client).contains("reload_successful 0\n"))
        #expect(await process.reload() == nil)
        #expect(try await isRead())
        running.cancel()
        try await running.value
        await client.shutdown()
    }

    @Test("a file that changes is read again: its jobs count, a bad one is told once and changes nothing")
    func followed() async throws {
        let folder = NSTemporaryDirectory() + "ferula-followed-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let main = folder + "/p.yml", jobs = folder + "/jobs-1.yml"
        func job(_ name: String) -> String {
            "scrape_configs: [{job_name: \(name), static_configs: [{targets: ['localhost:1']}]}]\n"
        }
        try ("scrape_config_files: [jobs-*.yml]\n" + job("a")).write(toFile: main, atomically: true, encoding: .utf8)
        let (outcomes, told) = AsyncStream<ConfigurationFailure?>.makeStream()
        var options = ProcessOptions()
        options.configuration = try Configuration(file: main)
        options.readConfiguration = { () throws(ConfigurationFailure) in try Configuration(file: main) }
        options.followsConfiguration = .milliseconds(5)
        options.configurationFollowed = { told.yield($0) }
        let process = FerulaProcess(options)
        let running = Task { try await process.run { _ in } }
        var iterator = outcomes.makeAsyncIterator()

        try job("b").write(toFile: jobs, atomically: false, encoding: .utf8)
        #expect(await iterator.next() == .some(nil))
        #expect(await process.status.targets().map(\.scrapePool) == ["a", "b"])

        try "scrape_configs: [{job_nam: c}]\n".write(toFile: jobs, atomically: false, encoding: .utf8)
        let failure = try #require(await iterator.next() ?? nil)
        #expect(
            failure.description
                == "\(jobs):1:19: unknown field `job_nam` in scrape_configs; did you mean `job_name`?")
        #expect(await process.status.targets().map(\.scrapePool) == ["a", "b"])

        try FileManager.default.removeItem(atPath: jobs)
        #expect(await iterator.next() == .some(nil))
        #expect(await process.status.targets().map(\.scrapePool) == ["a"])
        running.cancel()
        try await running.value
    }
}
