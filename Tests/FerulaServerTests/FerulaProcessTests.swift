// The whole process on loopback ports: own exporter, scraping, store, engine, API.

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

@Suite("the process as one value", .timeLimit(.minutes(1)))
struct FerulaProcessTests {
    @Test("the own exporter is scraped at once, asked by PromQL and over the API, and ends with the process")
    func ownExporter() async throws {
        var options = ProcessOptions()
        options.exporter = OwnExporter(
            instance: "here", registry: HostMetrics.registry(), interval: Milliseconds(100))
        options.spreadsTargets = false
        options.listen = .loopback
        options.version = "1.2.3"
        let process = FerulaProcess(options)
        let (addresses, continuation) = AsyncStream<ListenAddress?>.makeStream()
        let running = Task { try await process.run { continuation.yield($0) } }
        var iterator = addresses.makeAsyncIterator()
        let address = try #require(await iterator.next() ?? nil)
        while await process.status.targets().first?.health != .up { try await Task.sleep(for: .milliseconds(5)) }
        let target = try #require(await process.status.targets().first)
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
        #expect(own.contains("\nprocess_resident_memory_bytes "))
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
        let process = FerulaProcess(options)
        let (readiness, continuation) = AsyncStream<Void>.makeStream()
        let running = Task { try await process.run { _ in continuation.yield() } }
        var iterator = readiness.makeAsyncIterator()
        await iterator.next()
        await process.apply(
            try Configuration(
                parsing: "scrape_configs: [{job_name: a, static_configs: [{targets: ['localhost:1']}]}]", file: "p"))
        while await process.status.targets().count < 2 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(await process.status.targets().map(\.scrapePool) == ["a", "node"])
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
