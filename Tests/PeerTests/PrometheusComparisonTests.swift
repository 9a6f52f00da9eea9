// The same data and the same targets in a real Prometheus and in `ferula serve`: the same answers.

import Foundation
import Testing

@Suite("Beside a real Prometheus", .enabled(if: Peers.isRequested, "run by make test-peers"), .serialized)
struct PrometheusComparisonTests {
    /// Ten queries of everyday shape: selectors with all four matchers, rates, *_over_time, aggregations, arithmetic
    /// and comparison with vector matching.
    static let loadedQueries = [
        #"requests_total{code="500", method!="POST", instance=~"a|b", job!~"x.*"}"#,
        "rate(requests_total[2m])",
        "sum by (code) (rate(requests_total[5m]))",
        "sum without (instance) (increase(requests_total[3m]))",
        "irate(requests_total[2m]) > 0.5",
        "avg_over_time(queue_length[2m]) + max_over_time(queue_length[2m]) - min_over_time(queue_length[2m])",
        "delta(queue_length[4m])",
        #"sum by (instance) (rate(requests_total{code="500"}[5m])) / on (instance) sum by (instance) (rate(requests_total[5m]))"#,
        "requests_total / on (instance) group_left queue_length",
        "topk(2, sum by (instance, code) (rate(requests_total[5m]))) or quantile(0.9, queue_length)",
        "count(queue_length > bool 5) + stddev(queue_length)",
        "stddev_over_time(queue_length[5m]) and on (instance) (queue_length >= 3)",
    ]

    /// Half an hour at 15 s of two counters a code (with a reset) and a gauge, for three instances.
    private static func openMetrics(from start: Int) -> String {
        var text = "# TYPE requests counter\n"
        for (index, instance) in ["a", "b", "c"].enumerated() {
            for (rank, code) in ["200", "500"].enumerated() {
                for method in ["GET", "POST"] {
                    var total = 0
                    for step in 0..<120 {
                        if index == 1 && step == 70 { total = 0 }
                        total += (step * 7 + index * 3 + rank) % 11
                        let labels = #"code="\#(code)",instance="\#(instance)",job="shop",method="\#(method)""#
                        text += "requests_total{\(labels)} \(total) \(start + step * 15)\n"
                    }
                }
            }
        }
        text += "# TYPE queue_length gauge\n"
        for (index, instance) in ["a", "b", "c"].enumerated() {
            for step in 0..<120 {
                let value = Double((step * 13 + index * 5) % 17) + 0.25
                text += #"queue_length{instance="\#(instance)",job="shop"} \#(value) \#(start + step * 15)"# + "\n"
            }
        }
        return text + "# EOF\n"
    }

    @Test("answers about the same file are equal, instant and over a range")
    func loadedFile() async throws {
        // A whole number of blocks ago, so that Prometheus loads it beside an empty head.
        let start = (Int(Date().timeIntervalSince1970) / 7200 - 3) * 7200
        let pair = try await ServerPair.start(with: Self.openMetrics(from: start))
        defer { pair.end() }
        let (theirs, ours) = (pair.theirs, pair.ours)

        // Half a second off the samples' grid: 2.42 still counts a sample on a window's left border, we do not.
        let time = "\(start + 1500).5"
        for query in Self.loadedQueries {
            let one = try await PrometheusAnswer.instant(theirs, query, time: time)
            let other = try await PrometheusAnswer.instant(ours, query, time: time)
            #expect(!one.isEmpty, "\(query) answers nothing")
            #expect(PrometheusAnswer.difference(one, other, tolerance: 1e-12) == nil, "\(query)")
            let wide = try await PrometheusAnswer.range(theirs, query, start: start + 301, end: start + 1501, step: 20)
            let own = try await PrometheusAnswer.range(ours, query, start: start + 301, end: start + 1501, step: 20)
            #expect(PrometheusAnswer.difference(wide, own, tolerance: 1e-12) == nil, "\(query), range")
        }
    }

    /// Queries about a live node_exporter with the difference two scrapers may have: they read at other moments.
    static let liveQueries: [(query: String, tolerance: Double)] = [
        ("up", 0),
        (#"count by (mode) (node_cpu_seconds_total{cpu=~".+"})"#, 0),
        ("node_memory_MemTotal_bytes / 1024 / 1024", 0),
        ("node_boot_time_seconds", 1e-9),
        (#"node_filesystem_size_bytes{fstype!="tmpfs"} >= 0"#, 0),
        ("sum(rate(node_cpu_seconds_total[10s]))", 0.15),
        ("max_over_time(node_memory_MemTotal_bytes[10s]) - min_over_time(node_memory_MemTotal_bytes[10s])", 0),
        ("count(node_network_up) unless on () vector(0) > 1", 0),
        (#"node_uname_info * on (instance) group_left count by (instance) (node_cpu_seconds_total{mode="idle"})"#, 0),
        ("rate(node_time_seconds[10s])", 0.1),
    ]

    @Test("the same live target gives the same answers")
    func liveTarget() async throws {
        let folder = try Peers.temporaryFolder()
        let nodePort = try Peers.freePort(), port = try Peers.freePort(), ownPort = try Peers.freePort()
        let node = try PeerProcess(
            Peers.program("prometheus-node-exporter"), ["--web.listen-address=127.0.0.1:\(nodePort)"],
            log: folder + "/node.log")
        try """
        global: {scrape_interval: 1s, scrape_timeout: 1s}
        scrape_configs:
          - job_name: node
            static_configs:
              - targets: ["127.0.0.1:\(nodePort)"]
                labels: {site: here}
        """.write(toFile: folder + "/prometheus.yml", atomically: true, encoding: .utf8)
        try await node.waitUntilReady("http://127.0.0.1:\(nodePort)/metrics")
        let prometheus = try PeerProcess(
            Peers.program("prometheus"),
            [
                "--config.file=\(folder)/prometheus.yml", "--storage.tsdb.path=\(folder)/tsdb", "--log.level=warn",
                "--web.listen-address=127.0.0.1:\(port)",
            ], log: folder + "/prometheus.log")
        let ferula = try PeerProcess(
            Peers.ownProgram(),
            ["serve", "--config.file", folder + "/prometheus.yml", "--listen", "127.0.0.1:\(ownPort)"],
            log: folder + "/ferula.log")
        defer {
            for process in [node, prometheus, ferula] { process.end() }
        }
        let theirs = "http://127.0.0.1:\(port)", ours = "http://127.0.0.1:\(ownPort)"
        try await prometheus.waitUntilReady(theirs + "/-/ready")
        try await ferula.waitUntilReady(ours + "/-/ready")
        // Both need scrapes over the whole of the longest window; Prometheus begins five seconds after its start.
        for server in [theirs, ours] { try await Self.waitForScrapes(server) }

        for (query, tolerance) in Self.liveQueries {
            let one = try await PrometheusAnswer.instant(theirs, query)
            let other = try await PrometheusAnswer.instant(ours, query)
            #expect(!one.isEmpty, "\(query) answers nothing")
            let difference = PrometheusAnswer.difference(one, other, tolerance: tolerance, timeTolerance: 5)
            #expect(difference == nil, "\(query)")
        }
    }

    private static func waitForScrapes(_ server: String) async throws {
        let deadline = ContinuousClock.now + .seconds(40)
        while ContinuousClock.now < deadline {
            let answer = try await PrometheusAnswer.instant(server, "count_over_time(up[10s]) >= 10")
            if !answer.isEmpty { return }
            try await Task.sleep(for: .milliseconds(200))
        }
        throw PeerFailure("\(server) has no ten scrapes in ten seconds")
    }

    @Test("a rate over scrapes of a real node_exporter agrees with two readings subtracted by hand")
    func queryScrape() async throws {
        let folder = try Peers.temporaryFolder()
        let port = try Peers.freePort()
        let node = try PeerProcess(
            Peers.program("prometheus-node-exporter"), ["--web.listen-address=127.0.0.1:\(port)"],
            log: folder + "/node.log")
        defer { node.end() }
        let url = "http://127.0.0.1:\(port)/metrics"
        try await node.waitUntilReady(url)

        let before = try await Self.cpuSecondsByMode(url)
        let started = ContinuousClock.now
        let run = try await PeerProcess.run(
            Peers.ownProgram(),
            ["query", "--scrape", url, "sum by (mode)(rate(node_cpu_seconds_total[5s]))", "-o", "csv"])
        let after = try await Self.cpuSecondsByMode(url)
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        #expect(run.status == 0, "\(run.errors)")

        var rates: [String: Double] = [:]
        for line in run.output.split(separator: "\n").dropFirst() {
            let columns = line.split(separator: ",")
            if let mode = columns.first, let value = columns.last.flatMap({ Double($0) }) {
                rates[String(mode)] = value
            }
        }
        #expect(Set(rates.keys) == Set(after.keys))
        for (mode, rate) in rates {
            let byHand = ((after[mode] ?? 0) - (before[mode] ?? 0)) / seconds
            // Two windows that differ by a scrape at each end: a tenth of a core a CPU of the machine.
            #expect(
                abs(rate - byHand) < 0.1 * Double(ProcessInfo.processInfo.processorCount), "\(mode): \(rate), \(byHand)"
            )
        }
    }

    private static func cpuSecondsByMode(_ url: String) async throws -> [String: Double] {
        let (_, body) = try await Web.get(url)
        var sums: [String: Double] = [:]
        for line in String(decoding: body, as: UTF8.self).split(separator: "\n")
        where line.hasPrefix("node_cpu_seconds_total{") {
            guard let mode = line.split(separator: "\"").dropLast().last, let value = line.split(separator: " ").last
            else { continue }
            sums[String(mode), default: 0] += Double(value) ?? 0
        }
        return sums
    }
}
