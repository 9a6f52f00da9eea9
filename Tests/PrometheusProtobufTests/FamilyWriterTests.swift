// The protobuf form of /federate: what is written reads back as it was, and who gets it.

import Ingestion
import MetricModel
import Testing
import TimeSeriesStore

@testable import PrometheusProtobuf

@Suite("Families written in protobuf")
struct FamilyWriterTests {
    /// Integer counts, negative buckets, a zero bucket.
    private static let histogram: NativeHistogram = {
        var histogram = NativeHistogram()
        histogram.schema = 3
        histogram.count = 10
        histogram.sum = -1.5
        histogram.zeroThreshold = 0.001
        histogram.zeroCount = 3
        histogram.positiveSpans = [
            NativeHistogram.Span(offset: -2, length: 1), NativeHistogram.Span(offset: 4, length: 1),
        ]
        histogram.positiveBuckets = [1, 2]
        histogram.negativeSpans = [NativeHistogram.Span(offset: 5, length: 1)]
        histogram.negativeBuckets = [4]
        return histogram
    }()

    private func readBack(_ body: [UInt8]) async throws -> [Series] {
        let store = TimeSeriesStore()
        var ingestor = TargetIngestor(sink: store)
        _ = try ingestor.ingest(protobuf: body, at: Timestamp(milliseconds: 9_000))
        let all = Selection(
            matchers: [try Matcher(LabelSet.metricNameLabel, .regex, ".+")], start: .distantPast, end: .distantFuture)
        return (try await store.select([all], limits: SelectionLimits()).first ?? []).sorted { $0.labels < $1.labels }
    }

    @Test("floats, histograms and histograms that are gauges come back with their labels and times")
    func roundTrip() async throws {
        var gauge = Self.histogram
        gauge.counterResetHint = .gauge
        var writer = FamilyWriter()
        let job = [Label("job", "a")]
        writer.add("a", job, .float(0), at: Timestamp(milliseconds: 1_000))
        writer.add("a", [Label("job", "b")], .float(-2.5), at: Timestamp(milliseconds: 2_000))
        writer.add("b", job, .histogram(Self.histogram), at: Timestamp(milliseconds: 3_000))
        writer.add("c", job, .histogram(gauge), at: Timestamp(milliseconds: 4_000))
        writer.add("d", job, .histogram(NativeHistogram()), at: Timestamp(milliseconds: 5_000))
        var custom = NativeHistogram()
        custom.schema = NativeHistogram.customBucketsSchema
        writer.add("e", job, .histogram(custom), at: Timestamp(milliseconds: 6_000))
        let series = try await readBack(writer.drain())
        #expect(
            series.map(\.labels.description) == [
                #"a{job="a"}"#, #"a{job="b"}"#, #"b{job="a"}"#, #"c{job="a"}"#, #"d{job="a"}"#,
            ])
        #expect(series.flatMap(\.timestamps).map(\.milliseconds) == [1_000, 2_000, 3_000, 4_000, 5_000])
        let values = series.map { $0.samples[0] }
        #expect(values.prefix(2) == [.float(0), .float(-2.5)])
        #expect(values[2] == .histogram(Self.histogram))
        #expect(values[3] == .histogram(gauge))
        guard case .histogram(let empty) = values[4] else { throw Unexpected() }
        #expect(empty.count == 0 && empty.positiveBuckets.isEmpty)
        #expect(writer.drain() == [])
    }
    private struct Unexpected: Error {}

    @Test(
        "who prefers protobuf gets it",
        arguments: [
            ("", false), ("*/*", false), ("text/plain;version=0.0.4", false),
            ("application/vnd.google.protobuf", false),
            ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text", false),
            ("application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited", true),
            (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
                    + "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2", true
            ),
            (
                "text/plain;version=0.0.4;q=0.6,"
                    + "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.5",
                false
            ),
            (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0", false
            ),
        ])
    func negotiation(accept: String, isWanted: Bool) {
        #expect(FamilyWriter.isWanted(accept: accept) == isWanted)
    }
}
