// Targets that answer protobuf: real ones in both forms, and native histograms beside what a real Prometheus makes of them.
// The histograms are pushed to a real Pushgateway, which keeps them as they are.

import Exposition
import Foundation
import HTTPAccess
import Ingestion
import MetricModel
import SwiftProtobuf
import Testing
import TimeSeriesStore

@testable import PrometheusProtobuf

private let protobufType =
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"

@Suite("Targets that answer protobuf", .enabled(if: Peers.isRequested, "run by make test-peers"), .serialized)
struct ProtobufTargetTests {
    // MARK: The same target in both forms

    @Test(
        "a target scraped as text and as protobuf gives equal series, labels, values and metadata",
        arguments: ["prometheus", "prometheus-node-exporter", "prometheus-pushgateway", "etcd"])
    func bothForms(program: String) async throws {
        let folder = try Peers.temporaryFolder()
        let port = try Peers.freePort()
        var arguments = ["--web.listen-address=127.0.0.1:\(port)"]
        if program == "etcd" {
            let client = "http://127.0.0.1:\(port)", peer = "http://127.0.0.1:\(try Peers.freePort())"
            arguments = [
                "--data-dir=\(folder)/etcd", "--listen-client-urls=\(client)", "--advertise-client-urls=\(client)",
                "--listen-peer-urls=\(peer)", "--initial-advertise-peer-urls=\(peer)",
                "--initial-cluster=default=\(peer)",
            ]
        }
        if program == "prometheus" {
            try "".write(toFile: folder + "/prometheus.yml", atomically: true, encoding: .utf8)
            arguments += ["--config.file=\(folder)/prometheus.yml", "--storage.tsdb.path=\(folder)/tsdb"]
        }
        if program == "prometheus-pushgateway" { arguments.append("--persistence.file=") }
        let target = try PeerProcess(Peers.program(program), arguments, log: folder + "/log")
        defer { target.end() }
        let url = "http://127.0.0.1:\(port)/metrics"
        try await target.waitUntilReady(url)
        // A few requests, so that its own histograms and summaries hold something.
        for _ in 0..<3 { _ = try await Web.get(url) }
        // Text between two protobuf scrapes: what these agree on, it must say too. What moves all the time (running
        // processes) may come back to where it was between them, so that it has more rounds to agree in: fifty in which
        // contradictions are found, then as many again that can only settle them.
        var agreed: Set<LabelSet> = [], contradicted: Set<LabelSet> = []
        for round in 0..<100 {
            if round >= 3, contradicted.subtracting(agreed).isEmpty { break }
            let before = try await Self.scrape(url, protobufType), text = try await Self.scrape(url, "text/plain")
            let after = try await Self.scrape(url, protobufType)
            #expect(text.metadata == before.metadata)
            #expect(Set(text.values.keys) == Set(before.values.keys))
            for (key, value) in before.values where after.values[key] == value {
                // How long this very scrape took: two of them may be alike and the one between them another.
                if key["__name__"] == "node_scrape_collector_duration_seconds" { continue }
                if text.values[key] == value {
                    agreed.insert(key)
                } else if round < 50 {
                    contradicted.insert(key)
                }
            }
        }
        #expect(agreed.count > 20)
        #expect(contradicted.subtracting(agreed).isEmpty)
    }

    /// Everything of one scrape: values by series, their bits for NaN's sake.
    private static func scrape(
        _ url: String, _ accept: String
    ) async throws -> (values: [LabelSet: UInt64], metadata: [String: [Metadata]]) {
        let (type, body) = try await Web.get(url, accept: accept)
        #expect(type == (accept == protobufType ? protobufType : "text/plain; version=0.0.4; charset=utf-8"))
        let store = TimeSeriesStore()
        var ingestor = TargetIngestor(sink: store)
        let now = Timestamp(milliseconds: 1_700_000_000_000)
        if accept == protobufType {
            _ = try ingestor.ingest(protobuf: body, at: now)
        } else {
            _ = try ingestor.ingest(body, format: .text, at: now)
        }
        let all = Selection(
            matchers: [try Matcher(LabelSet.metricNameLabel, .regex, ".+")], start: .distantPast, end: .distantFuture)
        var values: [LabelSet: UInt64] = [:]
        for series in try await store.select([all], limits: SelectionLimits()).first ?? [] {
            values[series.labels] = try #require(series.samples.floats?.first).bitPattern
        }
        return (values, try await store.metadata(metric: nil))
    }

    // MARK: Native histograms

    @Test("native histograms of a real Pushgateway are what a real Prometheus stores of it, and answer the same")
    func nativeHistograms() async throws {
        let folder = try Peers.temporaryFolder()
        let port = try Peers.freePort()
        let gateway = try PeerProcess(
            Peers.program("prometheus-pushgateway"),
            ["--web.listen-address=127.0.0.1:\(port)", "--persistence.file="],
            log: folder + "/gateway.log")
        defer { gateway.end() }
        try await gateway.waitUntilReady("http://127.0.0.1:\(port)/-/ready")
        let pushed = try Self.pushedBody()
        #expect(
            try await Web.post("http://127.0.0.1:\(port)/metrics/job/batch/instance/one", pushed, type: protobufType)
                == 200)
        // Of no instance: the Pushgateway says `instance=""`, and honor_labels keeps its own address out.
        #expect(
            try await Web.post(
                "http://127.0.0.1:\(port)/metrics/job/plain", Array("backup_done 1\n".utf8), type: "text/plain") == 200)

        let configuration = """
            global: {scrape_interval: 1s, scrape_timeout: 1s}
            scrape_configs:
              - job_name: gateway
                honor_labels: true
                static_configs: [{targets: ["127.0.0.1:\(port)"]}]

            """
        try configuration.write(toFile: folder + "/theirs.yml", atomically: true, encoding: .utf8)
        try configuration.replacing("timeout: 1s}", with: "timeout: 1s, scrape_native_histograms: true}")
            .write(toFile: folder + "/ours.yml", atomically: true, encoding: .utf8)
        let theirPort = try Peers.freePort(), ownPort = try Peers.freePort()
        let prometheus = try PeerProcess(
            Peers.program("prometheus"),
            [
                "--config.file=\(folder)/theirs.yml", "--storage.tsdb.path=\(folder)/tsdb", "--log.level=error",
                "--enable-feature=native-histograms", "--web.listen-address=127.0.0.1:\(theirPort)",
            ], log: folder + "/prometheus.log")
        let ferula = try PeerProcess(
            Peers.ownProgram(),
            ["serve", "--config.file", folder + "/ours.yml", "--listen", "127.0.0.1:\(ownPort)"],
            log: folder + "/ferula.log")
        defer {
            prometheus.end()
            ferula.end()
        }
        let theirs = "http://127.0.0.1:\(theirPort)", ours = "http://127.0.0.1:\(ownPort)"
        try await prometheus.waitUntilReady(theirs + "/-/ready")
        try await ferula.waitUntilReady(ours + "/-/ready")
        for base in [theirs, ours] { try await Self.waitForSamples(base) }

        // Behind the samples of both.
        let time = String(Int(Date().timeIntervalSince1970) + 2)
        // Left to our own tests: quantiles within a bucket (2.42 interpolates in a line, 3.x does not), a histogram times
        // a number (2.42 leaves it as it is), and a native
        // histogram without observations (2.42 does not know it by its one span of no length).
        for query in [
            "latency", "level", "push_time_seconds", "histogram_count(latency)", "histogram_sum(latency)",
            "histogram_quantile(0.5, latency{method=\"get\"})", "histogram_quantile(0, latency)", "sum(latency)",
            "histogram_count(level)", "{__name__=~\"classic_.*\"}",
            "count({job=\"batch\", __name__!~\"empty.*\"})", "{job=\"plain\"}",
        ] {
            let one = try await PrometheusAnswer.rows(theirs, query, time: time)
            let other = try await PrometheusAnswer.rows(ours, query, time: time)
            #expect(!one.isEmpty, "\(query) has no answer")
            #expect(one.keys.sorted() == other.keys.sorted(), "\(query)")
            for (labels, numbers) in one {
                let own = other[labels] ?? []
                let isEqual =
                    numbers.count == own.count
                    && zip(numbers, own).allSatisfy { abs($0 - $1) <= 1e-12 * max(abs($0), abs($1)) }
                #expect(isEqual, "\(query) \(labels): \(numbers) and \(own)")
            }
        }
        let median = try await PrometheusAnswer.rows(
            ours, "histogram_quantile(0.5, latency{method=\"get\"})", time: time)
        #expect(median.values.first?.last == 1)
        #expect(try await PrometheusAnswer.rows(ours, "histogram_count(empty)", time: time).values.first?.last == 0)
    }

    private static func waitForSamples(_ base: String) async throws {
        for _ in 0..<100 {
            if try await !PrometheusAnswer.rows(base, "latency", time: nil).isEmpty { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw PeerFailure("\(base): no native histogram came")
    }

    private static func pushedBody() throws -> [UInt8] {
        func metric(_ method: String, _ histogram: Io_Prometheus_Client_Histogram) -> Metric {
            .with {
                $0.label = [
                    .with {
                        $0.name = "method"
                        $0.value = method
                    }
                ]
                $0.histogram = histogram
            }
        }
        func span(_ offset: Int32, _ length: UInt32) -> Io_Prometheus_Client_BucketSpan {
            .with {
                $0.offset = offset
                $0.length = length
            }
        }
        let both = Io_Prometheus_Client_Histogram.with {
            $0.sampleCount = 8
            $0.sampleSum = 7.25
            $0.schema = 1
            $0.zeroThreshold = 0.001
            $0.zeroCount = 1
            $0.positiveSpan = [span(0, 3), span(2, 1)]
            $0.positiveDelta = [1, 1, -2, 2]
            $0.negativeSpan = [span(0, 1)]
            $0.negativeDelta = [2]
        }
        let fine = Io_Prometheus_Client_Histogram.with {
            $0.sampleCount = 1000
            $0.sampleSum = 123.456
            $0.schema = 5
            $0.zeroThreshold = 1e-128
            $0.positiveSpan = [span(-60, 10), span(7, 10)]
            $0.positiveDelta = [50, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 0, 0, 0, 0, 0, 0, 0, 0, -8]
            $0.sampleCount = UInt64(
                $0.positiveDelta.reduce(into: (Int64(0), Int64(0))) { sums, delta in
                    sums.0 += delta
                    sums.1 += sums.0
                }.1)
        }
        let classic = Io_Prometheus_Client_Histogram.with {
            $0.sampleCount = 5
            $0.sampleSum = 6.5
            for (bound, count) in [(0.5, 1), (1, 3)] as [(Double, UInt64)] {
                $0.bucket.append(
                    .with {
                        $0.upperBound = bound
                        $0.cumulativeCount = count
                    })
            }
        }
        let families: [(String, Io_Prometheus_Client_MetricType, [Metric])] = [
            ("latency", .histogram, [metric("get", both), metric("put", fine)]),
            ("level", .gaugeHistogram, [metric("get", both)]),
            ("empty", .histogram, [metric("get", .with { $0.positiveSpan = [span(0, 0)] })]),
            ("classic", .histogram, [metric("get", classic)]),
        ]
        return try families.flatMap { name, type, metrics in
            let bytes: [UInt8] = try MetricFamily.with {
                $0.name = name
                $0.help = "Pushed."
                $0.type = type
                $0.metric = metrics
            }.serializedBytes()
            let length =
                bytes.count < 128 ? [UInt8(bytes.count)] : [UInt8(bytes.count & 0x7f) | 0x80, UInt8(bytes.count >> 7)]
            return length + bytes
        }
    }
}
