// Fields of a job that change what one scrape stores, over a real server: staleness of timestamps, series about the
// scrape, histograms that are converted, names that are refused.

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

@Suite("fields of a job that change what is stored", .timeLimit(.minutes(1)))
struct ScrapeFieldsTests {
    private static let start = Timestamp(milliseconds: 1_700_000_000_000)

    private struct Result {
        var failures: [String?] = []
        /// The newest sample of each series, by its name.
        var newest: [String: String] = [:]
        var accept = ""
    }

    /// Scrapes each of the pages, ten seconds apart; an empty one is answered with status 503.
    private static func scrape(_ fields: String, global: String = "", _ pages: String...) async throws -> Result {
        let rest = Mutex(pages)
        let accept = Mutex("")
        let route = Route("/metrics") { request in
            accept.withLock { $0 = request.header("accept") ?? "" }
            let page = rest.withLock { $0.removeFirst() }
            return page.isEmpty ? .text("no", status: 503) : .text(page)
        }
        let result = Mutex(Result())
        try await Server(routes: [route]).whileRunning { address in
            let text = "global: {\(global)}\nscrape_configs: [{job_name: a, \(fields)}]"
            let job = try #require(try Configuration(parsing: text, file: "p.yml").scrapes.first)
            let client = Client()
            let store = TimeSeriesStore()
            var scrape = Scrape(
                url: "http://\(address)/metrics", job: job, timeout: .seconds(10), client: client, sink: store,
                options: IngestionOptions(job, labels: ["job": "a"]))
            for number in pages.indices {
                let outcome = await scrape.run(at: start + Milliseconds.seconds(Int64(number * 10)))
                result.withLock { $0.failures.append(outcome?.failure?.reason) }
            }
            await client.shutdown()
            let all = Selection(matchers: [], start: .distantPast, end: .distantFuture)
            for series in try await store.select([all], limits: SelectionLimits())[0] {
                guard let last = series.timestamps.indices.last, let name = series.labels.metricName else { continue }
                let shown =
                    switch series.samples[last] {
                    case .float(let value): value.isStaleMarker ? "stale" : "\(value)"
                    case .histogram(let histogram): "\(histogram.positiveBuckets) below \(histogram.customValues)"
                    }
                result.withLock { $0.newest[name] = shown }
            }
        }
        result.withLock { $0.accept = accept.withLock { $0 } }
        return result.withLock { $0 }
    }

    @Test("a series with timestamps of its own ends when it vanishes if track_timestamps_staleness says so")
    func timestampsStaleness() async throws {
        let page = "a 1 1700000000000\n"
        #expect(try await Self.scrape("honor_labels: false", page, "b 1\n").newest["a"] == "1.0")
        #expect(try await Self.scrape("track_timestamps_staleness: true", page, "b 1\n").newest["a"] == "stale")
    }

    @Test("extra_scrape_metrics: timeout, limit of samples, bytes of the body; -1 for one over its limit, 0 for none")
    func extraMetrics() async throws {
        let names = ["scrape_timeout_seconds", "scrape_sample_limit", "scrape_body_size_bytes"]
        let without = try await Self.scrape("sample_limit: 5", "a 1\n").newest
        #expect(names.map { without[$0] } == [nil, nil, nil])
        let fields = "sample_limit: 5, body_size_limit: 8B"
        for (page, bytes) in [("a 123\n", "6.0"), ("a 1234567\n", "-1.0"), ("", "0.0"), ("a x\n", "4.0")] {
            let newest = try await Self.scrape("extra_scrape_metrics: true, " + fields, page).newest
            #expect(names.map { newest[$0] } == ["10.0", "5.0", bytes], "\(page)")
        }
        let inherited = try await Self.scrape(fields, global: "extra_scrape_metrics: true", "a 1\n").newest
        #expect(inherited["scrape_body_size_bytes"] == "4.0")
        let own = try await Self.scrape(
            "extra_scrape_metrics: false", global: "extra_scrape_metrics: true", "a 1\n"
        ).newest
        #expect(own["scrape_body_size_bytes"] == nil)
    }

    @Test("convert_classic_histograms_to_nhcb stores one native series in place of the classic ones")
    func converted() async throws {
        let page = "# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 5\nh_sum 3\nh_count 5\n"
        let field = "convert_classic_histograms_to_nhcb: true"
        for result in [
            try await Self.scrape(field, page), try await Self.scrape("honor_labels: false", global: field, page),
        ] {
            #expect(result.newest["h"] == "[2.0, 3.0] below [1.0]")
            #expect(result.newest["h_bucket"] == nil && result.newest["h_sum"] == nil)
        }
        let both = try await Self.scrape(field + ", always_scrape_classic_histograms: true", page).newest
        #expect(both["h"] == "[2.0, 3.0] below [1.0]" && both["h_sum"] == "3.0")
        let neither = try await Self.scrape("honor_labels: false", page).newest
        #expect(neither["h"] == nil && neither["h_sum"] == "3.0")
    }

    @Test("legacy names: another one fails the scrape; escaping is asked for as the scheme says")
    func names() async throws {
        let legacy = "metric_name_validation_scheme: legacy"
        for (fields, page, failure, escaping) in [
            ("honor_labels: false", "{\"a.b\"} 1\n", nil, "allow-utf-8"),
            (legacy, "{\"a.b\"} 1\n", "invalid metric name or label names: {\"a.b\", job=\"a\"}", "underscores"),
            (
                legacy + ", metric_name_escaping_scheme: values", "a{\"b.c\"=\"1\"} 1\n",
                "invalid metric name or label names: a{\"b.c\"=\"1\", job=\"a\"}", "values"
            ),
            (legacy, "a:b_1{c=\"d.e\"} 1\n", nil, "underscores"),
            ("metric_name_escaping_scheme: dots", "a 1\n", nil, "dots"),
        ] as [(String, String, String?, String)] {
            let result = try await Self.scrape(fields, page)
            #expect(result.failures == [failure])
            #expect(result.accept.contains(";escaping=\(escaping);"), "\(fields): \(result.accept)")
        }
        let inherited = try await Self.scrape("honor_labels: false", global: legacy, "{\"a.b\"} 1\n")
        #expect(inherited.failures != [nil])
        let own = try await Self.scrape("metric_name_validation_scheme: utf8", global: legacy, "{\"a.b\"} 1\n")
        #expect(own.failures == [nil])
    }
}
