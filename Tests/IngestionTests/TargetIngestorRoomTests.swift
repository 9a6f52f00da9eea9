// What an ingestor leaves to the next one of the same target, and the room that it gives back.

import MetricModel
import Testing

@testable import Ingestion

@Suite("Target ingestor in the place of another")
struct TargetIngestorLegacyTests {
    private static let labels: LabelSet = ["job": "j"]

    @Test("with other options the series of both go on, those that only the former had end with the first body")
    func goesOn() async throws {
        var fixture = Fixture(IngestionOptions(targetLabels: Self.labels))
        try fixture.ingest("a 1\nb 2\n", at: 10)
        fixture.ingestor.report(
            ScrapeSummary(isUp: true, durationSeconds: 0.25, sampleLimit: 7), at: Timestamp(milliseconds: 10_000))
        var next = TargetIngestor(
            sink: fixture.store, options: IngestionOptions(targetLabels: Self.labels, honorTimestamps: false))
        next.goOn(from: fixture.ingestor)
        fixture.ingestor = next
        let report = try fixture.ingest("a 3\nc 4\n", at: 20)
        #expect(report.staleMarkers == 1)
        fixture.ingestor.report(
            ScrapeSummary(isUp: true, durationSeconds: 0.25), at: Timestamp(milliseconds: 20_000))
        try fixture.ingest("a 5\nc 6\n", at: 30)
        #expect(
            try await fixture.dump() == [
                "a{job=\"j\"}: 10=1.0 20=3.0 30=5.0", "b{job=\"j\"}: 10=2.0 20=stale",
                "c{job=\"j\"}: 20=4.0 30=6.0",
                "scrape_duration_seconds{job=\"j\"}: 10=0.25 20=0.25",
                "scrape_sample_limit{job=\"j\"}: 10=7.0 20=stale",
                "scrape_samples_post_metric_relabeling{job=\"j\"}: 10=0.0 20=0.0",
                "scrape_samples_scraped{job=\"j\"}: 10=0.0 20=0.0",
                "scrape_series_added{job=\"j\"}: 10=0.0 20=0.0",
                "up{job=\"j\"}: 10=1.0 20=1.0",
            ])
    }

    @Test("a first body that is refused ends what was inherited, through one that never had a body")
    func failure() async throws {
        var fixture = Fixture(IngestionOptions(targetLabels: Self.labels))
        try fixture.ingest("a 1\n", at: 10)
        let former = fixture.ingestor
        for honorsTimestamps in [false, true] {
            var next = TargetIngestor(
                sink: fixture.store,
                options: IngestionOptions(
                    targetLabels: Self.labels, honorLabels: true, honorTimestamps: honorsTimestamps))
            next.goOn(from: honorsTimestamps ? fixture.ingestor : former)
            fixture.ingestor = next
        }
        #expect(throws: IngestionFailure.self) { try fixture.ingest("a x\n", at: 20) }
        fixture.ingestor.markAllStale(at: Timestamp(milliseconds: 30_000))
        #expect(try await fixture.dump() == ["a{job=\"j\"}: 10=1.0 20=stale"])
    }

    @Test("with the same options, but for the sample limit, no series is new again")
    func sameOptions() async throws {
        var fixture = Fixture(IngestionOptions(targetLabels: Self.labels))
        try fixture.ingest("a 1\n", at: 10)
        var next = TargetIngestor(
            sink: fixture.store,
            options: IngestionOptions(targetLabels: Self.labels, limits: IngestionLimits(samplesMax: 1)))
        next.goOn(from: fixture.ingestor)
        fixture.ingestor = next
        #expect(try fixture.ingest("a 2\n", at: 20).seriesAdded == 0)
        #expect(throws: IngestionFailure.self) { try fixture.ingest("a 3\nb 1\n", at: 30) }
        #expect(try await fixture.dump() == ["a{job=\"j\"}: 10=1.0 20=2.0 30=stale"])
    }
}

@Suite("Room of the cache of lines")
struct LineCacheRoomTests {
    private static func body(_ range: Range<Int>) -> String {
        range.map { "requests_total{path=\"/a/path/of/some/length/\($0)\"} 1\n" }.joined()
    }

    @Test("after one body a thousand times as large the cache is as small as before")
    func exploded() throws {
        var fixture = Fixture()
        try fixture.ingest(Self.body(0..<100), at: 10)
        let before = fixture.ingestor.cache.byteCost
        #expect(before < 30_000)
        try fixture.ingest(Self.body(0..<100_000), at: 20)
        #expect(fixture.ingestor.cache.byteCost > 8_000_000)
        try fixture.ingest(Self.body(0..<100), at: 30)
        #expect(fixture.ingestor.cache.byteCost <= before + before / 8)
        let report = try fixture.ingest(Self.body(0..<100), at: 40)
        #expect((report.seriesAdded, report.staleMarkers, report.samplesScraped) == (0, 0, 100))
    }

    @Test("a body over the sample limit is counted to its end, and no line past the limit is kept meanwhile")
    func overLimit() throws {
        var fixture = Fixture(IngestionOptions(limits: IngestionLimits(samplesMax: 100)))
        try fixture.ingest(Self.body(0..<100), at: 10)
        let before = fixture.ingestor.cache.byteCost
        for time in 2..<4 {
            do throws(IngestionFailure) {
                try fixture.ingest(Self.body(1..<20_001), at: Int64(time * 10))
                Issue.record("past the limit, and taken")
            } catch {
                #expect(error.report.samplesScraped == 20_000)
                #expect(error.report.samplesPostRelabeling == 20_000)
            }
            #expect(fixture.ingestor.cache.byteCost <= before + before / 8)
        }
        #expect(try fixture.ingest(Self.body(0..<100), at: 40).seriesAdded == 0)
    }
}
