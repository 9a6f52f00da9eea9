// Protobuf over HTTP: what is asked for, what a Content-Type means, and a native histogram on its way into a store.

import Exposition
import FerulaConfiguration
import HTTPAccess
import HTTPService
import Ingestion
import MetricModel
import Synchronization
import Testing
import TimeSeriesStore

@testable import Scraping

/// A family `h` of one native histogram: two observations in bucket 1 of schema 3, a sum of 2.5; behind its length.
private let nativeBody: [UInt8] = [
    30, 0x0a, 1, 0x68, 0x18, 4, 0x22, 23,  // name, type, metric
    0x3a, 21, 0x08, 2, 0x11, 0, 0, 0, 0, 0, 0, 4, 0x40,  // histogram, count, sum
    0x28, 6, 0x62, 4, 0x08, 2, 0x10, 1, 0x68, 4,  // schema, span, delta
]
private let delimited = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"

@Suite("protobuf over HTTP", .timeLimit(.minutes(1)))
struct ProtobufScrapeTests {
    @Test("a job that wants native histograms asks for protobuf first, and gets them")
    func negotiation() async throws {
        let asked = Mutex<[String]>([])
        let server = Server(routes: [
            Route("/metrics") { request in
                let accept = request.header("accept") ?? ""
                asked.withLock { $0.append(accept) }
                guard accept.hasPrefix("application/vnd.google.protobuf;") else { return .text("h_count 2\n") }
                return Response(contentType: delimited, body: .bytes(nativeBody))
            }
        ])
        for (fields, first, metric) in [
            (
                "scrape_native_histograms: true",
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
                    + "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,", "h"
            ),
            (
                "scrape_protocols: [PrometheusProto]",
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
                    + "*/*;q=0.5", "h_bucket"
            ),
            (
                "honor_labels: false", "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,",
                "h_count"
            ),
        ] {
            let store = TimeSeriesStore()
            try await scrapeOnce(server, fields, into: store) { outcome in
                #expect(outcome.failure == nil)
            }
            #expect(asked.withLock { $0.last }?.hasPrefix(first) == true)
            let selection = Selection(
                matchers: [Matcher(LabelSet.metricNameLabel, equals: metric)], start: .distantPast, end: .distantFuture)
            let found = try await store.select([selection], limits: SelectionLimits()).first
            let series = try #require(found?.first)
            guard metric == "h" else { continue }
            guard case .histogram(let histogram) = series.samples[0] else {
                Issue.record("no native histogram: \(series)")
                continue
            }
            #expect(histogram.schema == 3 && histogram.count == 2 && histogram.sum == 2.5)
            #expect(histogram.positiveSpans == [.init(offset: 1, length: 1)])
            #expect(histogram.positiveBuckets == [2])
        }
    }

    @Test("damaged protobuf and protobuf of another encoding are failed scrapes that say why")
    func failures() async throws {
        for (type, body, reason) in [
            (delimited, Array(nativeBody.dropLast()), "byte 0: a message of 30 bytes is announced, 29 are left"),
            (
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=text", nativeBody,
                "received Content-Type \"application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
                    + "encoding=text\"; of protobuf only proto=io.prometheus.client.MetricFamily with "
                    + "encoding=delimited is read"
            ),
        ] {
            let server = Server(routes: [
                Route("/metrics") { _ in Response(contentType: type, body: .bytes(body)) }
            ])
            try await scrapeOnce(server, "scrape_native_histograms: true", into: TimeSeriesStore()) { outcome in
                #expect(outcome.failure?.reason == reason)
            }
        }
    }

    @Test(
        "the form of a body by its Content-Type",
        arguments: [
            (delimited, nil, .protobuf),
            ("Application/VND.google.protobuf", nil, .protobuf),
            ("application/vnd.google.protobuf;encoding=\"delimited\"", nil, .protobuf),
            ("text/plain; version=0.0.4", .protobuf, .text(.text)),
            ("", .protobuf, .protobuf),
            ("application/octet-stream", .protobuf, .protobuf),
            ("application/octet-stream", .openMetrics001, .text(.openMetrics)),
            ("application/octet-stream", .text100, .text(.text)),
        ] as [(String, ScrapeProtocol?, BodyForm)])
    func forms(type: String, fallback: ScrapeProtocol?, form: BodyForm) throws {
        #expect(try BodyForm(contentType: type, fallback: fallback) == form)
    }

    @Test(
        "other protobuf is refused, with a fallback too",
        arguments: [
            "application/vnd.google.protobuf; encoding=compact-text",
            "application/vnd.google.protobuf; proto=io.prometheus.write.v2.Request",
        ])
    func otherForms(type: String) {
        let error = #expect(throws: BodyFormError.self) { try BodyForm(contentType: type, fallback: .text004) }
        #expect(
            error?.description
                == "received Content-Type \"\(type)\"; of protobuf only proto=io.prometheus.client.MetricFamily with "
                + "encoding=delimited is read")
    }

    @Test(
        "native_histogram_min_bucket_factor names the finest schema whose buckets grow as much",
        arguments: [
            (0, 8), (1, 8), (1.0027, 8), (1.003, 7), (1.09, 3), (1.1, 2), (2, 0), (4, -1), (65536, -4), (1e300, -4),
        ]
            as [(Double, Int32)])
    func bucketFactor(factor: Double, schema: Int32) {
        #expect(NativeHistogramOptions.schema(bucketFactorMin: factor) == schema)
    }

    private func scrapeOnce(
        _ server: Server, _ fields: String, into store: TimeSeriesStore, check: @Sendable (Scrape.Outcome) -> Void
    ) async throws {
        try await server.whileRunning { address in
            let text = "scrape_configs: [{job_name: a, \(fields)}]"
            let job = try #require(try Configuration(parsing: text, file: "p.yml").scrapes.first)
            let client = Client()
            var scrape = Scrape(
                url: "http://\(address)/metrics", job: job, timeout: .seconds(10), client: client, sink: store,
                options: IngestionOptions(job, labels: ["job": "a"]))
            let outcome = await scrape.run(at: Timestamp(milliseconds: 1_700_000_000_000))
            await client.shutdown()
            check(try #require(outcome))
        }
    }
}
