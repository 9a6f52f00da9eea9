// scrape_protocols and what is said of native histograms, in global and in jobs.

import Exposition
import Testing

@testable import FerulaConfiguration

private func job(_ fields: String, global: String = "") throws -> ScrapeConfiguration {
    let text = "global: {\(global)}\nscrape_configs:\n- {job_name: a, \(fields)}\n"
    let configuration = try Configuration(parsing: text, file: "p.yml")
    #expect(configuration.warnings.isEmpty)
    return try #require(configuration.scrapes.first)
}

@Suite("Protocols of a scrape")
struct ProtocolReadingTests {
    @Test(
        "the job's list, else that of global, else protobuf first where native histograms are wanted",
        arguments: [
            ("", "", [.openMetrics100, .openMetrics001, .text100, .text004]),
            (
                "scrape_native_histograms: true", "",
                [.protobuf, .openMetrics100, .openMetrics001, .text100, .text004]
            ),
            (
                "", "scrape_native_histograms: true",
                [.protobuf, .openMetrics100, .openMetrics001, .text100, .text004]
            ),
            (
                "scrape_native_histograms: false", "scrape_native_histograms: true",
                [.openMetrics100, .openMetrics001, .text100, .text004]
            ),
            (
                "scrape_native_histograms: true", "scrape_protocols: [PrometheusText0.0.4]",
                [.text004]
            ),
            (
                "scrape_protocols: [PrometheusProto, OpenMetricsText0.0.1]", "scrape_protocols: [PrometheusText0.0.4]",
                [.protobuf, .openMetrics001]
            ),
        ] as [(String, String, [ScrapeProtocol])])
    func accepted(own: String, global: String, protocols: [ScrapeProtocol]) throws {
        #expect(try job(own, global: global).protocols.accepted == protocols)
    }

    @Test("what is kept of native histograms")
    func histograms() throws {
        let read = try job(
            "native_histogram_bucket_limit: 160, native_histogram_min_bucket_factor: 1.1, "
                + "fallback_scrape_protocol: PrometheusProto",
            global: "scrape_native_histograms: true, always_scrape_classic_histograms: true")
        #expect(read.protocols.readsNativeHistograms && read.protocols.keepsClassicHistograms)
        #expect(read.protocols.bucketsMax == 160)
        #expect(read.protocols.bucketFactorMin == 1.1)
        #expect(read.fallbackProtocol == .protobuf)
        let plain = try job("metrics_path: /m")
        #expect(!plain.protocols.readsNativeHistograms && !plain.protocols.keepsClassicHistograms)
        #expect(plain.protocols.bucketsMax == 0)
        #expect(plain.protocols.bucketFactorMin == 0)
    }

    @Test(
        "mistakes are named at their place",
        arguments: [
            (
                "scrape_protocols: [PrometheusText0.0.3]",
                "p.yml:3:36: scrape_protocols: `PrometheusText0.0.3` is no scrape protocol; "
                    + "did you mean `PrometheusText0.0.4`?"
            ),
            (
                "scrape_protocols: [PrometheusProto, PrometheusProto]",
                "p.yml:3:53: scrape_protocols: `PrometheusProto` stands there twice"
            ),
            ("scrape_protocols: []", "p.yml:3:17: scrape_protocols: at least one protocol is wanted"),
            (
                "native_histogram_bucket_limit: -1",
                "p.yml:3:48: native_histogram_bucket_limit: a count is wanted, found `-1`"
            ),
            (
                "native_histogram_min_bucket_factor: x",
                "p.yml:3:53: native_histogram_min_bucket_factor: `x` is no factor; such as 1.1"
            ),
            (
                "native_histogram_min_bucket_factor: -1",
                "p.yml:3:53: native_histogram_min_bucket_factor: `-1` is no factor; such as 1.1"
            ),
            (
                "scrape_native_histograms: 3",
                "p.yml:3:43: scrape_native_histograms: true or false is wanted, found `3`"
            ),
        ])
    func mistakes(fields: String, message: String) {
        let failure = #expect(throws: ConfigurationFailure.self) { try job(fields) }
        #expect(failure?.description == message)
    }
}
