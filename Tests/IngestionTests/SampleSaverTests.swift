// `--save` and `--load` are each other's inverse, as far as OpenMetrics text goes; what it cannot carry is counted.
// SampleSaver over a real store, SampleLoader back into another one.

import Exposition
import Ingestion
import MetricModel
import Testing
import TimeSeriesStore

private func add(_ store: TimeSeriesStore, _ labels: LabelSet, _ samples: [(Int64, Double)]) throws {
    let ref = try store.register(labels)
    var batch = AppendBatch()
    for (time, value) in samples { batch.append(ref, Timestamp(milliseconds: time), value) }
    _ = store.append(batch)
}

private func save(
    _ store: TimeSeriesStore, exemplars: [LabelSet: [Exemplar]] = [:]
) async throws -> (text: String, report: SaveReport) {
    var bytes: [UInt8] = []
    var saver = SampleSaver(store, exemplars: exemplars)
    let report = try await saver.save { bytes += $0 }
    return (String(decoding: bytes, as: UTF8.self), report)
}

@Suite("Saving as OpenMetrics")
struct SampleSaverTests {
    @Test("families are grouped, with metadata where it is legal, and the last line is the end mark")
    func grouped() async throws {
        let store = TimeSeriesStore()
        try add(store, LabelSet(metric: "req_total", ["code": "200"]), [(1000, 1), (2500, 2)])
        try add(store, LabelSet(metric: "lat_bucket", ["le": "+Inf"]), [(1000, 3)])
        try add(store, LabelSet(metric: "lat_count"), [(1000, 3)])
        try add(store, LabelSet(metric: "lat_sum"), [(1000, 0.5)])
        try add(store, LabelSet(metric: "odd"), [(1000, 7)])
        try add(store, LabelSet(metric: "temp_celsius"), [(1000, -0.5)])
        try add(store, LabelSet(metric: "free", ["a": "x\"y"]), [(1000, .infinity)])
        store.record([
            "req_total": Metadata(kind: .counter, help: "Requests."), "lat": Metadata(kind: .histogram),
            "odd": Metadata(kind: .counter), "temp_celsius": Metadata(kind: .gauge, unit: "celsius"),
        ])
        let (text, report) = try await save(store)
        #expect(
            text == """
                free{a="x\\"y"} +Inf 1
                # TYPE lat histogram
                lat_bucket{le="+Inf"} 3.0 1
                lat_count 3.0 1
                lat_sum 0.5 1
                # TYPE odd unknown
                odd 7.0 1
                # HELP req Requests.
                # TYPE req counter
                req_total{code="200"} 1.0 1
                req_total{code="200"} 2.0 2.5
                # TYPE temp_celsius gauge
                # UNIT temp_celsius celsius
                temp_celsius -0.5 1
                # EOF

                """)
        #expect(report.series == 7 && report.samples == 8 && report.losses.isEmpty)
    }

    @Test("what the text cannot carry is counted, with the reason")
    func losses() async throws {
        let store = TimeSeriesStore()
        try add(store, LabelSet(metric: "a"), [(1, 1), (2, .staleMarker), (3, .nan), (4, .normalNaN)])
        try add(store, ["job": "x"], [(1, 1), (2, 2)])
        var batch = AppendBatch()
        batch.append(try store.register(LabelSet(metric: "h")), Timestamp(milliseconds: 5), NativeHistogram())
        _ = store.append(batch)
        let exemplar = Exemplar(labels: [:], value: 1, timestamp: Timestamp(milliseconds: 1))
        let (_, report) = try await save(store, exemplars: [LabelSet(metric: "a"): [exemplar]])
        #expect(report.samples == 3)
        #expect(
            report.losses == [
                "1 native histogram samples left out: OpenMetrics 1.0 text has no form for them",
                "1 staleness markers left out: OpenMetrics text has no form for them",
                "2 samples of series without a metric name left out: every line begins with one",
                "1 exemplars left out: they stand on counters and buckets, at a sample that is not older",
                "1 NaNs lost their payload: text knows one NaN",
            ])
    }

    @Test("loading what was saved gives the same samples and exemplars, to the millisecond")
    func roundTrip() async throws {
        let store = TimeSeriesStore()
        // Among these are times whose seconds, times 1000, come out a hair below the whole number.
        let samples = (0..<2000).map { (1_700_000_000_000 + Int64($0) * 1_037, Double($0) / 7) }
        let counter = LabelSet(metric: "c_total", ["utf.8": "ü\n"])
        try add(store, counter, samples)
        try add(store, LabelSet(metric: "dotted.name"), [(1_700_000_000_001, 1e300)])
        store.record(["c": Metadata(kind: .counter)])
        let exemplar = Exemplar(
            labels: ["trace_id": "t"], value: 0.25, timestamp: Timestamp(milliseconds: 1_700_000_000_999))
        let (text, report) = try await save(store, exemplars: [counter: [exemplar]])
        #expect(report.exemplars == 1 && report.losses.isEmpty)

        let back = TimeSeriesStore()
        var loader = SampleLoader(sink: back, format: .openMetrics)
        try Array(text.utf8).withUnsafeBufferPointer { piece throws(ExpositionError) in try loader.load(piece) }
        _ = try loader.finish()
        let all = Selection(
            matchers: [try Matcher("__name__", .regex, ".+")], start: .distantPast, end: .distantFuture)
        let one = try await store.select([all], limits: SelectionLimits())
        let other = try await back.select([all], limits: SelectionLimits())
        #expect(one == other)
        let found = back.exemplars([[]], start: .distantPast, end: .distantFuture)
        #expect(found == [SeriesExemplars(labels: counter, exemplars: [exemplar])])
    }
}

@Suite("The longest line of a file")
struct LineLimitTests {
    @Test("a line at the limit is kept until it ends, one past it is refused with its number")
    func lineLimit() throws {
        var loader = SampleLoader(
            sink: TimeSeriesStore(), format: .text, defaultTimestamp: Timestamp(milliseconds: 1), lineBytesMax: 8)
        func load(_ text: String) -> String? {
            do {
                try Array(text.utf8).withUnsafeBufferPointer { piece throws(ExpositionError) in try loader.load(piece) }
                return nil
            } catch {
                return error.description
            }
        }
        #expect(load("a 1\nbcdefg 2") == nil)
        #expect(load("\nc 12345") == nil)
        #expect(load("67") == "3:9: expected a line feed within 8 bytes, found a longer line")
        #expect(loader.report.samplesRead == 2)
    }
}
