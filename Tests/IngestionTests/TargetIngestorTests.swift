// Bodies into a real store: what is kept, what is refused, and what vanished series leave behind.

import Exposition
import MetricModel
import Relabeling
import Testing
import TimeSeriesStore

@testable import Ingestion

/// A store and an ingestor over it.
struct Fixture {
    let store: TimeSeriesStore
    var ingestor: TargetIngestor

    init(_ options: IngestionOptions = IngestionOptions(), limits: StoreLimits = StoreLimits()) {
        store = TimeSeriesStore(limits: limits)
        ingestor = TargetIngestor(sink: store, options: options)
    }

    @discardableResult
    mutating func ingest(
        _ body: String, at seconds: Int64, format: ExpositionFormat = .text
    ) throws(IngestionFailure) -> IngestionReport {
        try ingestor.ingest(Array(body.utf8), format: format, at: Timestamp(milliseconds: seconds * 1000))
    }

    /// `labels: time=value ...`, times in seconds, `stale` for markers, one line a series.
    func dump() async throws -> [String] {
        let selection = Selection(matchers: [], start: .distantPast, end: .distantFuture)
        return try await store.select([selection], limits: SelectionLimits())[0].map { series in
            let samples = zip(series.timestamps, series.samples.floats ?? []).map { time, value in
                "\(time)=\(value.isStaleMarker ? "stale" : value.description)"
            }
            return "\(series.labels): " + samples.joined(separator: " ")
        }
    }
}

@Suite("Target ingestor")
struct TargetIngestorTests {
    @Test("the same lines again are the same series, and a vanished one gets a staleness marker once")
    func staleness() async throws {
        var fixture = Fixture()
        let first = try fixture.ingest("a 1\nb{x=\"1\"} 2\nc 3\n", at: 10)
        #expect(first.samplesScraped == 3)
        #expect(first.seriesAdded == 3)
        let second = try fixture.ingest("a 2\nc 4\n", at: 20)
        #expect(second.seriesAdded == 0)
        #expect(second.staleMarkers == 1)
        try fixture.ingest("a 3\nc 5\n", at: 30)
        let third = try fixture.ingest("c 6\nb{x=\"1\"} 7\na 4\n", at: 40)
        #expect(third.seriesAdded == 1)
        #expect(
            try await fixture.dump() == [
                "a: 10=1.0 20=2.0 30=3.0 40=4.0", "b{x=\"1\"}: 10=2.0 20=stale 40=7.0",
                "c: 10=3.0 20=4.0 30=5.0 40=6.0",
            ])
    }

    @Test("lines may come in any order, be inserted and be taken out: the result is that of a parser without memory")
    func randomBodies() async throws {
        let seed: UInt64 = 7
        print("seed \(seed)")
        var random = SplitMix(state: seed)
        var fixture = Fixture()
        var known: [String: [String]] = [:]
        var present: Set<String> = []
        for round in 1...60 {
            var names = (0..<30).map { "m{n=\"\($0)\"}" }.filter { _ in Int.random(in: 0..<10, using: &random) > 1 }
            if Int.random(in: 0..<4, using: &random) == 0 { names.shuffle(using: &random) }
            var body = ""
            for name in names {
                if Int.random(in: 0..<6, using: &random) == 0 { body += "# HELP m some help \(round % 3)\n" }
                if Int.random(in: 0..<9, using: &random) == 0 { body += "\n" }
                let value = Double(Int.random(in: 0..<100, using: &random))
                body += "\(name) \(value)\n"
                known[name, default: []].append("\(round)=\(value)")
            }
            for name in present.subtracting(names) { known[name, default: []].append("\(round)=stale") }
            present = Set(names)
            try fixture.ingest(body, at: Int64(round))
        }
        let expected = known.map { "\($0.key): " + $0.value.joined(separator: " ") }
        #expect(try await Set(fixture.dump()) == Set(expected))
    }

    @Test("one bad line stores nothing of the body and marks all earlier series as stale")
    func badLine() async throws {
        var fixture = Fixture()
        try fixture.ingest("a 1\nb 2\n", at: 10)
        #expect(throws: IngestionFailure.self) { try fixture.ingest("a 2\nnew 1\nb x\n", at: 20) }
        let after = try fixture.ingest("a 3\nnew 1\n", at: 30)
        #expect(after.seriesAdded == 1)
        #expect(
            try await fixture.dump() == ["a: 10=1.0 20=stale 30=3.0", "b: 10=2.0 20=stale", "new: 30=1.0"])
    }

    @Test("the message of a bad line names its place")
    func badLineMessage() {
        var fixture = Fixture()
        do throws(IngestionFailure) {
            try fixture.ingest("a 1\nb 2 x\n", at: 10)
            Issue.record("the line was taken")
        } catch {
            guard case .malformed(let malformed) = error.reason else {
                Issue.record("\(error)")
                return
            }
            #expect(malformed.line == 2)
            #expect(error.report.samplesScraped == 1)
        }
    }

    @Test("the same series twice in a body: the first is kept, the second counted, also when lines are known")
    func repeated() async throws {
        var fixture = Fixture()
        for time in [10, 20] {
            let report = try fixture.ingest("a 1\na 2\na 1\n", at: Int64(time))
            #expect(report.samplesScraped == 3)
            #expect(report.samplesPostRelabeling == 3)
            #expect(report.outcome.duplicates == 2)
            #expect(report.outcome.appended == 1)
        }
        // Other spellings of one series meet in the store.
        #expect(try fixture.ingest("b{x=\"1\"} 1\nb{x=\"1\",} 2\n", at: 30).outcome.duplicates == 1)
        #expect(try await fixture.dump().first == "a: 10=1.0 20=1.0 30=stale")
    }

    @Test("series with timestamps of their own get no staleness markers, unless the target asks for them")
    func explicitTimestamps() async throws {
        for (tracks, expected) in [(false, ["a: 1=1.0"]), (true, ["a: 1=1.0 20=stale"])] {
            var fixture = Fixture(IngestionOptions(trackTimestampsStaleness: tracks))
            try fixture.ingest("a 1 1000\n", at: 10)
            try fixture.ingest("", at: 20)
            #expect(try await fixture.dump() == expected)
        }
        var fixture = Fixture(IngestionOptions(honorTimestamps: false))
        try fixture.ingest("a 1 1000\n", at: 10)
        try fixture.ingest("", at: 20)
        #expect(try await fixture.dump() == ["a: 10=1.0 20=stale"])
    }

    @Test("a series that begins to carry timestamps is ended once")
    func timestampsBegin() async throws {
        var fixture = Fixture()
        try fixture.ingest("a 1\n", at: 10)
        try fixture.ingest("a 2 15000\n", at: 20)
        try fixture.ingest("a 3 25000\n", at: 30)
        #expect(try await fixture.dump() == ["a: 10=1.0 15=2.0 20=stale 25=3.0"])
    }

    @Test("a timestamp ten minutes ahead is taken, one past that is not")
    func farAhead() async throws {
        var fixture = Fixture()
        #expect(try fixture.ingest("a 1 610000\nb 1 610001\n", at: 10).tooFarAhead == 1)
        #expect(try await fixture.dump() == ["a: 610=1.0"])
    }

    @Test("target labels are added; labels of the body give way or win by honor_labels")
    func targetLabels() async throws {
        let target: LabelSet = ["job": "j", "instance": "i"]
        let body = "m{job=\"x\",exported_job=\"y\",instance=\"\"} 1\n"
        var fixture = Fixture(IngestionOptions(targetLabels: target))
        try fixture.ingest(body, at: 10)
        #expect(
            try await fixture.dump() == [
                "m{exported_exported_job=\"x\", exported_job=\"y\", instance=\"i\", job=\"j\"}: 10=1.0"
            ])
        var honoring = Fixture(IngestionOptions(targetLabels: target, honorLabels: true))
        try honoring.ingest(body, at: 10)
        #expect(
            try await honoring.dump() == ["m{exported_job=\"y\", job=\"x\"}: 10=1.0"],
            "an empty label that is honoured keeps the target's out")
        try honoring.ingest(body + "m{job=\"x\"} 2\n", at: 20)
        #expect(
            try await honoring.dump() == [
                "m{exported_job=\"y\", job=\"x\"}: 10=1.0 20=1.0", "m{instance=\"i\", job=\"x\"}: 20=2.0",
            ])
    }

    @Test("relabelling drops and rewrites series, and both counts are reported")
    func relabelling() async throws {
        let rules = [
            try RelabelRule(action: .drop, sourceLabels: ["__name__"], regex: "b"),
            try RelabelRule(sourceLabels: ["__name__"], targetLabel: "was"),
        ]
        var fixture = Fixture(IngestionOptions(metricRelabeling: rules))
        for time in [10, 20] {
            let report = try fixture.ingest("a 1\nb 2\n", at: Int64(time))
            #expect(report.samplesScraped == 2)
            #expect(report.samplesPostRelabeling == 1)
        }
        #expect(try await fixture.dump() == ["a{was=\"a\"}: 10=1.0 20=1.0"])
    }

    @Test("relabelling that takes the name away fails the scrape")
    func nameless() throws {
        let rules = [try RelabelRule(action: .labeldrop, regex: "__name__")]
        var fixture = Fixture(IngestionOptions(metricRelabeling: rules))
        do throws(IngestionFailure) {
            try fixture.ingest("a{x=\"1\"} 1\n", at: 10)
            Issue.record("the series was taken")
        } catch {
            #expect(error.description == "missing metric name (__name__ label): {x=\"1\"}")
        }
    }

    struct LimitRow: Sendable {
        var limits: IngestionLimits
        var good: String
        var bad: String
        var message: String
    }

    @Test(
        "a scrape at a limit is taken, one past it fails as a whole",
        arguments: [
            LimitRow(
                limits: IngestionLimits(samplesMax: 2), good: "a 1\nb 1\n", bad: "a 1\nb 1\nc 1\n",
                message: "sample limit exceeded: more than 2 samples after relabelling"),
            LimitRow(
                limits: IngestionLimits(labelsMax: 2), good: "a{x=\"1\"} 1\n", bad: "a{x=\"1\",y=\"1\"} 1\n",
                message: "label_limit exceeded (metric: a, number of labels: 3, limit: 2)"),
            LimitRow(
                limits: IngestionLimits(labelNameBytesMax: 8), good: "a{x2345678=\"1\"} 1\n",
                bad: "a{x23456789=\"1\"} 1\n",
                message: "label_name_length_limit exceeded (metric: a, label name: x23456789, length: 9, limit: 8)"),
            LimitRow(
                limits: IngestionLimits(labelValueBytesMax: 3), good: "a{x=\"123\"} 1\n", bad: "a{x=\"1234\"} 1\n",
                message: "label_value_length_limit exceeded (metric: a, label name: x, value: \"1234\", "
                    + "length: 4, limit: 3)"),
        ])
    func limits(row: LimitRow) async throws {
        var fixture = Fixture(IngestionOptions(limits: row.limits))
        try fixture.ingest(row.good, at: 10)
        do throws(IngestionFailure) {
            try fixture.ingest(row.bad, at: 20)
            Issue.record("past the limit, and taken")
        } catch {
            #expect(error.description == row.message)
        }
        #expect(try await fixture.dump().allSatisfy { $0.hasSuffix("20=stale") })
    }

    @Test("series that the store refuses are counted and tried again")
    func refused() async throws {
        var fixture = Fixture(limits: StoreLimits(seriesMax: 1))
        for time in [10, 20] {
            let report = try fixture.ingest("a 1\nb 2\n", at: Int64(time))
            #expect(report.samplesRefused == 1)
            #expect(report.refusal == .seriesLimit(1))
            #expect(report.outcome.appended == 1)
        }
        #expect(try await fixture.dump() == ["a: 10=1.0 20=1.0"])
    }

    @Test("series that the store dropped meanwhile are registered again, with the labels they had")
    func droppedMeanwhile() async throws {
        var fixture = Fixture(limits: StoreLimits(retention: .seconds(60)))
        let body = "# TYPE h histogram\nh_bucket{le=\"1\"} 1 1000\nh_count 1\n"
        try fixture.ingest(body, at: 1)
        try fixture.ingest(body, at: 100)
        fixture.store.enforceRetention()
        let late = "# TYPE h histogram\nh_bucket{le=\"1\"} 2 200000\nh_count 1\n"
        let report = try fixture.ingest(late, at: 200)
        #expect(report.outcome.appended == 2)
        #expect(report.outcome.unknownRefs.isEmpty)
        #expect(try await fixture.dump() == ["h_bucket{le=\"1.0\"}: 200=2.0", "h_count: 200=1.0"])
    }

    @Test("metadata of as many families as allowed is kept, not of one more; those that vanish make room")
    func familyLimit() async throws {
        let fixture = Fixture()
        var ingestor = TargetIngestor(sink: fixture.store, options: IngestionOptions(familiesMax: 2))
        let time = Timestamp(milliseconds: 1000)
        let two = try ingestor.ingest(Array("# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n".utf8), format: .text, at: time)
        #expect(two.metadataRefused == 0)
        let three = try ingestor.ingest(
            Array("# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# TYPE c gauge\nc 1\n".utf8), format: .text,
            at: time + .seconds(1))
        #expect(three.metadataRefused == 1)
        #expect(three.outcome.appended == 3)
        #expect(try await fixture.store.metadata(metric: nil).keys.sorted() == ["a", "b"])
        // `a` goes, `d` comes: it has its place, and what `b` was said to be before is not lost.
        let next = try ingestor.ingest(
            Array("# TYPE b gauge\n# HELP b B.\nb 1\n# TYPE d gauge\nd 1\n".utf8), format: .text,
            at: time + .seconds(2))
        #expect(next.metadataRefused == 0)
        #expect(try await fixture.store.metadata(metric: "b")["b"]?.first == Metadata(kind: .gauge, help: "B."))
        #expect(try await fixture.store.metadata(metric: "d")["d"]?.first == Metadata(kind: .gauge))
    }

    @Test("a family whose name has spaces and quotation marks is known again")
    func quotedFamily() throws {
        let fixture = Fixture()
        var ingestor = TargetIngestor(sink: fixture.store, options: IngestionOptions(familiesMax: 1))
        let time = Timestamp(milliseconds: 1000)
        let body = "# TYPE \"a \\\"b\" gauge\n{\"a \\\"b\"} 1\n"
        #expect(try ingestor.ingest(Array(body.utf8), format: .text, at: time).metadataRefused == 0)
        let more = try ingestor.ingest(Array((body + "# TYPE c gauge\nc 1\n").utf8), format: .text, at: time)
        #expect(more.metadataRefused == 1)
    }

    @Test("metadata reaches the store by family")
    func metadata() async throws {
        var fixture = Fixture()
        try fixture.ingest("# HELP a It counts.\n# TYPE a counter\na 1\n", at: 10)
        #expect(try await fixture.store.metadata(metric: "a")["a"] == [Metadata(kind: .counter, help: "It counts.")])
        try fixture.ingest("# HELP a It counts more.\n# TYPE a counter\na 1\n", at: 20)
        #expect(try await fixture.store.metadata(metric: "a")["a"]?.first?.help == "It counts more.")
    }

    @Test("exemplars of OpenMetrics reach the store with the sample's time")
    func exemplars() throws {
        var fixture = Fixture()
        let body = "# TYPE a counter\na_total 1 # {trace_id=\"t\"} 0.5\n# EOF\n"
        try fixture.ingest(body, at: 10, format: .openMetrics)
        let found = fixture.store.exemplars([[]], start: .distantPast, end: .distantFuture)
        #expect(
            found.first?.exemplars == [
                Exemplar(labels: ["trace_id": "t"], value: 0.5, timestamp: Timestamp(milliseconds: 10_000))
            ])
    }

    @Test("a scrape reports on itself with the target's labels, and a removed target ends all of its series")
    func synthetic() async throws {
        var fixture = Fixture(IngestionOptions(targetLabels: ["job": "j"]))
        let report = try fixture.ingest("a 1\n", at: 10)
        let time = Timestamp(milliseconds: 10_000)
        fixture.ingestor.report(ScrapeSummary(isUp: true, durationSeconds: 0.25, report: report), at: time)
        let end = Timestamp(milliseconds: 20_000)
        fixture.ingestor.markAllStale(at: end)
        fixture.ingestor.endSynthetic(at: end)
        #expect(
            try await fixture.dump() == [
                "a{job=\"j\"}: 10=1.0 20=stale",
                "scrape_duration_seconds{job=\"j\"}: 10=0.25 20=stale",
                "scrape_samples_post_metric_relabeling{job=\"j\"}: 10=1.0 20=stale",
                "scrape_samples_scraped{job=\"j\"}: 10=1.0 20=stale",
                "scrape_series_added{job=\"j\"}: 10=1.0 20=stale",
                "up{job=\"j\"}: 10=1.0 20=stale",
            ])
    }
}

/// SplitMix64.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}
