// Two recorded pages of a target, 15 s apart, as five minutes of scrapes: what grew between the two goes on growing.
// Used by the goldens of automatic dashboards.

import AutomaticDashboards
import DashboardApp
import Dashboards
import Ferula
import Foundation
import Frames
import Querying
import Testing

struct RecordedTarget {
    static let names = [
        "node", "envoy", "etcd", "haproxy", "redis", "nginx", "prometheus", "jvm", "python", "apiserver",
    ]
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    static let interval: Int64 = 15
    static let scrapes = 20
    static let start: Int64 = 1_795_732_200

    let name: String
    let monitor: Monitor
    let now: Timestamp

    init(_ name: String) throws {
        self.name = name
        monitor = Monitor(labels: ["job": "ferula", "instance": "\(name):8080"])
        let first = try Self.page(name, 1)
        let second = try Self.page(name, 2)
        now = Timestamp(seconds: Double(Self.start + Self.interval * Int64(Self.scrapes)))
        for scrape in 0...Self.scrapes {
            let text = Self.page(of: scrape, between: first, second)
            try monitor.ingest(text, at: Timestamp(seconds: Double(Self.start + Self.interval * Int64(scrape))))
        }
    }

    static func page(_ name: String, _ number: Int) throws -> [String] {
        let path = folder.appending(path: "Fixtures/expositions/\(name)-\(number).prom")
        return try String(contentsOf: path, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    /// Ascends by one a scrape on average, now more, now less.
    static func course(_ scrape: Int) -> Double { Double(scrape) + 0.8 * sin(Double(scrape) * 0.9) }

    /// The page of a scrape: what rises goes back from the second page in a straight line, not below 0; what rises and
    /// falls does so between the two pages, which is where it was seen.
    private static func page(of scrape: Int, between first: [String], _ second: [String]) -> String {
        var before: [Substring: Double] = [:]
        for line in first where !line.hasPrefix("#") {
            if let (series, value) = parts(line) { before[series] = value }
        }
        var isGauge = false
        return second.map { line in
            if line.hasPrefix("# TYPE ") { isGauge = line.hasSuffix(" gauge") || line.hasSuffix(" untyped") }
            guard !line.hasPrefix("#"), let (series, value) = parts(line), let old = before[series], value.isFinite,
                old.isFinite, value != old
            else { return line }
            if isGauge {
                let phase = Double(series.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) % 360 }) / 57.3
                let place = scrape == scrapes ? 1 : 0.5 + 0.5 * sin(Double(scrape) * 0.7 + phase)
                return "\(series) \(old + (value - old) * place)"
            }
            return "\(series) \(max(0, value - (value - old) * (course(scrapes) - course(scrape))))"
        }.joined(separator: "\n") + "\n"
    }

    private static func parts(_ line: String) -> (Substring, Double)? {
        guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
            return nil
        }
        return (line[..<space], value)
    }

    func survey() async throws -> MetricSurvey { try await MetricSurvey.ask(monitor.queryBackend, at: now) }

    func dashboard() async throws -> Dashboard {
        AutomaticDashboard(title: "\(name):8080", survey: try await survey()).dashboard()
    }

    func picture(width: Int, height: Int?, opensRows: Bool = false) async throws -> StillPicture {
        var still = Still(
            try await dashboard(), width: width, height: height, capabilities: TerminalCapabilities(colors: .none),
            now: now)
        still.scrapeInterval = Milliseconds.seconds(Self.interval)
        still.opensRows = opensRows
        return await renderOnce(
            still, backend: monitor.queryBackend, status: OneTarget(name: name, now: now),
            limit: { try? await Task.sleep(for: .seconds(120)) })
    }

    private struct OneTarget: StatusSource {
        var name: String
        var now: Timestamp
        func targets() async -> [TargetStatus] {
            [
                TargetStatus(
                    scrapePool: "ferula", url: "http://\(name):8080/metrics", labels: ["instance": "\(name):8080"],
                    discoveredLabels: .empty, health: .up, lastScrape: now, samplesScraped: 3,
                    interval: .seconds(RecordedTarget.interval), timeout: .seconds(5))
            ]
        }
    }
}
