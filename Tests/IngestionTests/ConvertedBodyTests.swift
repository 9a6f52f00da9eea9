// Classic histograms of a text body that come out as native ones with custom buckets.

import Exposition
import MetricModel
import Testing
import TimeSeriesStore

@testable import Ingestion

@Suite("classic histograms converted")
struct ConvertedBodyTests {
    private static let body = """
        # TYPE h histogram
        h_bucket{p="a",le="0.5"} 1
        h_bucket{p="a",le="2"} 4 # {t="x"} 1.5
        h_bucket{p="a",le="+Inf"} 5
        h_sum{p="a"} 7.5
        h_count{p="a"} 5
        h_bucket{p="b",le="0.5"} 2
        h_bucket{p="b",le="+Inf"} 2
        h_count{p="b"} 2
        h_sum{p="b"} 0.5
        # TYPE g gauge
        g 3
        g_bucket{le="1"} 9
        # EOF

        """

    private static func dump(_ store: TimeSeriesStore) async throws -> [String] {
        let selection = Selection(matchers: [], start: .distantPast, end: .distantFuture)
        return try await store.select([selection], limits: SelectionLimits())[0].map { series in
            let samples = series.timestamps.indices.map { index -> String in
                let time = "\(series.timestamps[index].milliseconds / 1000)="
                switch series.samples[index] {
                case .float(let value): return time + (value.isStaleMarker ? "stale" : "\(value)")
                case .histogram(let histogram):
                    guard !histogram.isStaleMarker else { return time + "stale histogram" }
                    return time
                        + "\(histogram.count)/\(histogram.sum) \(histogram.positiveBuckets) \(histogram.customValues)"
                }
            }
            return "\(series.labels): " + samples.joined(separator: "; ")
        }
    }

    private static func fixture(keepsClassic: Bool = false, limits: IngestionLimits = IngestionLimits()) -> Fixture {
        Fixture(
            IngestionOptions(
                targetLabels: ["job": "j"], limits: limits,
                histograms: NativeHistogramOptions(keepsClassic: keepsClassic, convertsClassic: true)))
    }

    @Test("each label set of a histogram is one native series; what is of no histogram stays as it is")
    func converted() async throws {
        var fixture = Self.fixture()
        let first = try fixture.ingest(Self.body, at: 10, format: .openMetrics)
        #expect((first.samplesScraped, first.seriesAdded) == (4, 4))
        let second = try fixture.ingest(Self.body, at: 20, format: .openMetrics)
        #expect((second.seriesAdded, second.staleMarkers) == (0, 0))
        try fixture.ingest("g 4\n", at: 30)
        #expect(
            try await Self.dump(fixture.store) == [
                #"g{job="j"}: 10=3.0; 20=3.0; 30=4.0"#,
                #"g_bucket{job="j", le="1"}: 10=9.0; 20=9.0; 30=stale"#,
                #"h{job="j", p="a"}: 10=5.0/7.5 [1.0, 3.0, 1.0] [0.5, 2.0]; "#
                    + #"20=5.0/7.5 [1.0, 3.0, 1.0] [0.5, 2.0]; 30=stale histogram"#,
                #"h{job="j", p="b"}: 10=2.0/0.5 [2.0] [0.5]; 20=2.0/0.5 [2.0] [0.5]; 30=stale histogram"#,
            ])
        let exemplars = fixture.store.exemplars([[]], start: .distantPast, end: .distantFuture)
        #expect(exemplars.first?.labels == LabelSet(metric: "h", ["job": "j", "p": "a"]))
        #expect(exemplars.first?.exemplars.first?.labels == ["t": "x"])
        #expect(try await fixture.store.metadata(metric: "h")["h"]?.first?.kind == .histogram)
    }

    @Test("with always_scrape_classic_histograms both forms are stored, bounds in their normal form")
    func both() async throws {
        var fixture = Self.fixture(keepsClassic: true)
        try fixture.ingest(
            "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n", at: 10)
        #expect(
            try await Self.dump(fixture.store) == [
                #"h{job="j"}: 10=1.0/1.0 [1.0] [1.0]"#,
                #"h_bucket{job="j", le="+Inf"}: 10=1.0"#, #"h_bucket{job="j", le="1.0"}: 10=1.0"#,
                #"h_count{job="j"}: 10=1.0"#, #"h_sum{job="j"}: 10=1.0"#,
            ])
    }

    @Test(
        "without a last bucket the count closes it; what does not add up is left out",
        arguments: [
            ("h_bucket{le=\"1\"} 1\nh_sum 3\nh_count 4\n", "h: 10=4.0/3.0 [1.0, 3.0] [1.0]"),
            ("h_bucket{le=\"1\"} 1\n", "h: 10=1.0/0.0 [1.0] [1.0]"),
            ("h_sum 3\nh_count 4\n", "h: 10=4.0/3.0 [4.0] []"),
            ("h_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\n", nil),
            ("h_bucket{le=\"+Inf\"} 1\nh_count 2\n", nil), ("h_bucket{le=\"1\"} -1\nh_count 2\n", nil),
        ] as [(String, String?)])
    func rows(lines: String, stored: String?) async throws {
        var fixture = Fixture(IngestionOptions(histograms: NativeHistogramOptions(convertsClassic: true)))
        try fixture.ingest("# TYPE h histogram\n" + lines, at: 10)
        #expect(try await Self.dump(fixture.store) == (stored.map { [$0] } ?? []))
    }

    @Test("a malformed body keeps its line and column, and its limits count what is stored")
    func refusals() throws {
        var fixture = Self.fixture(limits: IngestionLimits(samplesMax: 4))
        try fixture.ingest(Self.body, at: 10, format: .openMetrics)
        for (body, message) in [
            ("# TYPE h histogram\nh_bucket{le=\"1\"} x\n", "2:18: expected "),
            ("a 1\nb 1\nc 1\nd 1\ne 1\n", "sample limit exceeded: more than 4 samples after relabelling"),
        ] {
            do throws(IngestionFailure) {
                try fixture.ingest(body, at: 20)
                Issue.record("it was taken: \(body)")
            } catch {
                #expect(error.description.hasPrefix(message), "\(error)")
            }
        }
    }
}
