// What the store takes, refuses, finds and forgets.

import MetricModel
import Testing

@testable import TimeSeriesStore

@Suite("Store")
struct StoreTests {
    static let up: LabelSet = ["__name__": "up", "job": "a"]

    @Test("samples come back in a left-open window, staleness markers among them")
    func leftOpenWindow() async throws {
        let store = TimeSeriesStore()
        let outcome = try store.add(Self.up, [(1000, 1), (2000, .staleMarker), (3000, 3)])
        #expect(outcome.appended == 3)
        let all = try await store.read([Matcher("job", equals: "a")], from: 1000, to: 3000)
        #expect(all.map(\.labels) == [Self.up])
        #expect(all.first?.times == [2000, 3000])
        #expect(all.first?.bits == [Double.staleMarker.bitPattern, 3.0.bitPattern])
        #expect(try await store.read([Matcher("job", equals: "a")], from: 3000, to: 4000).isEmpty)
        #expect(store.timeRange == Timestamp(milliseconds: 1000)...Timestamp(milliseconds: 3000))
    }

    @Test("a sample at the newest time is ignored when equal bit for bit, a duplicate when not, and late before it")
    func duplicatesAndOrder() throws {
        let store = TimeSeriesStore()
        try store.add(Self.up, [(1000, 1), (2000, .normalNaN)])
        #expect(try store.add(Self.up, [(2000, .normalNaN)]) == AppendOutcome())
        #expect(try store.add(Self.up, [(2000, .staleMarker)]).duplicates == 1)
        #expect(try store.add(Self.up, [(1999, 1)]).outOfOrder == 1)
        #expect(try store.add(Self.up, [(1000, 1)]).outOfOrder == 1)
        let zero = LabelSet(metric: "zero")
        try store.add(zero, [(2000, 0)])
        #expect(try store.add(zero, [(2000, -0.0)]).duplicates == 1)
        let statistics = store.statistics
        #expect(statistics.samplesAppended == 3)
        #expect(statistics.duplicates == 2)
        #expect(statistics.outOfOrder == 2)
        #expect(statistics.seriesCount == 2)
    }

    @Test("a sample as old as the retention is taken, one older is too old")
    func tooOld() throws {
        let store = TimeSeriesStore(limits: StoreLimits(retention: .seconds(10)))
        try store.add(Self.up, [(20_000, 1)])
        #expect(try store.add(LabelSet(metric: "a"), [(10_000, 1)]).appended == 1)
        #expect(try store.add(LabelSet(metric: "b"), [(9_999, 1)]).tooOld == 1)
        #expect(store.statistics.tooOld == 1)
    }

    @Test("the same labels get the same ref")
    func sameRef() throws {
        let store = TimeSeriesStore()
        let one = try store.register(["__name__": "a", "x": "1"])
        #expect(try store.register(["x": "1", "__name__": "a"]) == one)
        #expect(try store.register(["x": "1"]) != one)
        #expect(try store.register([:]) != one)
        #expect(store.statistics.seriesCount == 3)
    }

    @Test("label values that differ only in their bytes are different series")
    func canonicallyEquivalentValues() async throws {
        let store = TimeSeriesStore()
        let composed = try store.register(["a": "\u{e9}"])
        let decomposed = try store.register(["a": "e\u{301}"])
        #expect(composed != decomposed)
    }

    static let labelled: [LabelSet] = [
        ["__name__": "m", "a": "x"], ["__name__": "m", "a": "y", "b": "1"], ["__name__": "m", "a": "z"],
        ["__name__": "m", "b": "1"], ["__name__": "n", "a": "x"],
    ]

    static func matcherRows() throws -> [([Matcher], [Int])] {
        try [
            ([Matcher("a", .equal, "x")], [0, 4]),
            ([Matcher("a", .equal, "")], [3]),
            ([Matcher("a", .notEqual, "")], [0, 1, 2, 4]),
            ([Matcher("a", .notEqual, "x")], [1, 2, 3]),
            ([Matcher("c", .equal, "")], [0, 1, 2, 3, 4]),
            ([Matcher("c", .notEqual, "")], []),
            ([Matcher("c", .notEqual, "x")], [0, 1, 2, 3, 4]),
            ([Matcher("c", .equal, "x")], []),
            ([Matcher("__name__", .equal, "m"), Matcher("a", .notEqual, "x")], [1, 2, 3]),
            ([Matcher("__name__", .equal, "m"), Matcher("b", .equal, "")], [0, 2]),
            ([Matcher("__name__", .equal, "m"), Matcher("b", .equal, "1"), Matcher("a", .equal, "y")], [1]),
            ([Matcher("a", .notEqual, "x"), Matcher("a", .notEqual, "")], [1, 2]),
            ([Matcher("a", .equal, "x"), Matcher("a", .equal, "y")], []),
            ([], [0, 1, 2, 3, 4]),
            ([Matcher("a", .regex, "x|z")], [0, 2, 4]),
            ([Matcher("a", .regex, "x|")], [0, 3, 4]),
            ([Matcher("a", .regex, "[xy]")], [0, 1, 4]),
            ([Matcher("a", .regex, "x|none|x")], [0, 4]),
            ([Matcher("a", .regex, "(?i)X")], [0, 4]),
            ([Matcher("a", .regex, "")], [3]),
            ([Matcher("a", .regex, ".*")], [0, 1, 2, 3, 4]),
            ([Matcher("a", .regex, ".+")], [0, 1, 2, 4]),
            ([Matcher("a", .notRegex, ".+")], [3]),
            ([Matcher("a", .notRegex, "x|y")], [2, 3]),
            ([Matcher("a", .notRegex, "")], [0, 1, 2, 4]),
            ([Matcher("a", .notRegex, "x|")], [1, 2]),
            ([Matcher("__name__", .regex, "m|n"), Matcher("b", .notRegex, ".*")], []),
            ([Matcher("c", .regex, "x?")], [0, 1, 2, 3, 4]),
            ([Matcher("c", .regex, "x")], []),
        ]
    }

    @Test("matchers choose series, absent labels counting as empty", arguments: try matcherRows())
    func matchers(matchers: [Matcher], expected: [Int]) async throws {
        let store = TimeSeriesStore()
        for labels in Self.labelled { try store.add(labels, [(1000, 1)]) }
        let found = try await store.read(matchers)
        #expect(found.map(\.labels) == expected.map { Self.labelled[$0] }.sorted())
    }

    @Test("series, names and values are those with data in the closed range, sorted and cut at the limit")
    func labelQueries() async throws {
        let store = TimeSeriesStore()
        try store.add(["__name__": "m", "a": "late"], [(9000, 1)])
        try store.add(["__name__": "m", "a": "x", "b": "1"], [(1000, 1), (2000, 2)])
        try store.add(["__name__": "n", "a": "y"], [(2000, 1)])
        let (start, end) = (Timestamp(milliseconds: 2000), Timestamp(milliseconds: 5000))
        let series = try await store.series([], start: start, end: end, limit: 0)
        #expect(series == [["__name__": "m", "a": "x", "b": "1"], ["__name__": "n", "a": "y"]])
        #expect(try await store.series([], start: start, end: end, limit: 1).count == 1)
        #expect(try await store.labelNames([], start: start, end: end, limit: 0) == ["__name__", "a", "b"])
        let only = [[Matcher("__name__", equals: "n")]]
        #expect(try await store.labelNames(only, start: start, end: end, limit: 0) == ["__name__", "a"])
        #expect(try await store.labelValues("a", [], start: start, end: end, limit: 0) == ["x", "y"])
        #expect(try await store.labelValues("a", [], start: start, end: .distantFuture, limit: 2) == ["late", "x"])
        #expect(try await store.labelValues("none", [], start: start, end: end, limit: 0).isEmpty)
    }

    @Test("a query at the sample limit is answered, one past it fails")
    func sampleLimit() async throws {
        let store = TimeSeriesStore()
        for name in ["a", "b"] {
            try store.add(LabelSet(metric: name), (1...500).map { ($0 * 1000, Double($0 * $0)) })
        }
        #expect(try await store.read([], samplesMax: 1000).count == 2)
        #expect(try await store.read([], samplesMax: .max).count == 2)
        await #expect(throws: SourceFailure.tooManySamples(limit: 999)) {
            try await store.read([], samplesMax: 999)
        }
        #expect(SourceFailure.tooManySamples(limit: 999).description == "query selects more than 999 samples")
    }

    @Test("a cancelled query says so")
    func cancellation() async throws {
        let store = TimeSeriesStore()
        try store.add(Self.up, [(1000, 1)])
        let task = Task { () -> SourceFailure? in
            withUnsafeCurrentTask { $0?.cancel() }
            do {
                _ = try await store.select(
                    [Selection(matchers: [], start: .distantPast, end: .distantFuture)], limits: SelectionLimits())
                return nil
            } catch let failure as SourceFailure {
                return failure
            } catch {
                return nil
            }
        }
        #expect(await task.value == .cancelled)
    }

    @Test("the series limit is reached by the last series and refuses the next one, not known ones")
    func seriesLimit() throws {
        let store = TimeSeriesStore(limits: StoreLimits(seriesMax: 2))
        let first = try store.register(LabelSet(metric: "a"))
        _ = try store.register(LabelSet(metric: "b"))
        #expect(throws: RegistrationRefusal.seriesLimit(2)) { try store.register(LabelSet(metric: "c")) }
        #expect(try store.register(LabelSet(metric: "a")) == first)
        #expect(store.statistics.refusedSeries == 1)
        #expect(RegistrationRefusal.seriesLimit(2).description == "series limit of 2 reached")
    }

    @Test("the label limit is reached by the last label and refuses one more")
    func labelLimit() throws {
        let store = TimeSeriesStore(limits: StoreLimits(labelsMax: 2))
        _ = try store.register(["a": "1", "b": "2"])
        #expect(throws: RegistrationRefusal.labelLimit(2)) { try store.register(["a": "1", "b": "2", "c": "3"]) }
        #expect(RegistrationRefusal.labelLimit(2).description == "more than 2 labels")
    }

    @Test("histograms are kept beside floats, equal ones ignored, and a staleness marker takes their kind")
    func histograms() async throws {
        let store = TimeSeriesStore()
        let ref = try store.register(LabelSet(metric: "h"))
        var histogram = NativeHistogram()
        histogram.count = 3
        histogram.positiveSpans = [.init(offset: 0, length: 1)]
        histogram.positiveBuckets = [3]
        var batch = AppendBatch()
        batch.append(ref, Timestamp(milliseconds: 1), 5)
        for time in 2...40 { batch.append(ref, Timestamp(milliseconds: Int64(time)), histogram) }
        batch.append(ref, Timestamp(milliseconds: 40), histogram)
        batch.append(ref, Timestamp(milliseconds: 40), 1)
        batch.append(ref, Timestamp(milliseconds: 41), .staleMarker)
        let outcome = store.append(batch)
        #expect(outcome.appended == 41)
        #expect(outcome.duplicates == 1)
        let mixed = try await store.read([])[0]
        #expect(mixed.samples[0] == .float(5))
        #expect(mixed.samples[1] == .histogram(histogram))
        #expect(mixed.samples[40].isStaleMarker)
        let only = try await store.read([], from: 1, to: 40)[0]
        #expect(only.samples == .histograms(Array(repeating: histogram, count: 39)))
    }

    @Test("metadata has a sixteenth of the store's bytes, and takes it from samples; at the limit it fits, past it not")
    func metadataBytes() async throws {
        var limits = StoreLimits()
        limits.bytesMax = 16_000
        let store = TimeSeriesStore(limits: limits)
        // A family is 64 bytes and its name, an entry 64 and its texts.
        func said(_ count: Int) -> Metadata { Metadata(kind: .gauge, help: String(repeating: "h", count: count)) }
        store.record(["a": said(1_000 - 129 + 1)])
        #expect(store.statistics.metadataBytes == 0)
        store.record(["a": said(1_000 - 129)])
        #expect(store.statistics.metadataBytes == 1_000)
        store.record(["b": said(0)])
        #expect(try await store.metadata(metric: nil).keys.sorted() == ["a"])
        // The newest goes before those it takes the place of.
        store.record(["a": said(7)])
        #expect(try await store.metadata(metric: "a")["a"]?.map(\.help.count) == [7])
        #expect(store.statistics.metadataBytes == 136)
        store.record(["a": said(8)])
        #expect(try await store.metadata(metric: "a")["a"]?.map(\.help.count) == [8, 7])
        #expect(store.statistics.metadataBytes == 208)
    }

    @Test("what metadata takes is missing for series")
    func metadataDisplaces() throws {
        func seriesThatFit(_ metadata: [String: Metadata]) -> Int {
            var limits = StoreLimits()
            limits.bytesMax = 1 << 20
            let store = TimeSeriesStore(limits: limits)
            store.record(metadata)
            var count = 0
            while (try? store.register(LabelSet(metric: "m\(count)"))) != nil { count += 1 }
            return count
        }
        let help = String(repeating: "h", count: 60_000)
        #expect(seriesThatFit(["a": Metadata(kind: .gauge, help: help)]) < seriesThatFit([:]))
    }

    @Test("metadata is kept by family, the newest first")
    func metadata() async throws {
        let store = TimeSeriesStore()
        store.record(["a": Metadata(kind: .counter, help: "old"), "b": Metadata(kind: .gauge)])
        store.record(["a": Metadata(kind: .counter, help: "new")])
        #expect(try await store.metadata(metric: "a")["a"]?.map(\.help) == ["new", "old"])
        #expect(try await store.metadata(metric: nil).count == 2)
        #expect(try await store.metadata(metric: "c").isEmpty)
    }

    @Test("the exemplar ring keeps the newest, up to its limit, and drops late and overlong ones")
    func exemplars() throws {
        let store = TimeSeriesStore(limits: StoreLimits(exemplarsMax: 2))
        let ref = try store.register(LabelSet(metric: "e"))
        func exemplar(_ time: Int64, _ id: String = "1") -> Exemplar {
            Exemplar(labels: ["trace_id": id], value: 1, timestamp: Timestamp(milliseconds: time))
        }
        for time in [1, 2, 3, 2] { store.append(exemplar(Int64(time)), for: ref) }
        store.append(exemplar(4, String(repeating: "x", count: 121)), for: ref)
        let found = store.exemplars(
            [[Matcher("__name__", equals: "e")]], start: .distantPast, end: .distantFuture)
        #expect(found.map(\.labels) == [LabelSet(metric: "e")])
        #expect(found.first?.exemplars == [exemplar(2), exemplar(3)])
        store.append(exemplar(4, String(repeating: "x", count: 120)), for: ref)
        #expect(store.statistics.exemplarsAppended == 4)
    }

    @Test("cardinality names the largest first")
    func cardinality() throws {
        let store = TimeSeriesStore()
        for number in 0..<3 { _ = try store.register(["__name__": "m", "id": "\(number)"]) }
        _ = try store.register(["__name__": "n", "id": "0"])
        let cardinality = store.cardinality(limit: 1)
        #expect(cardinality.seriesCountByMetricName == [.init(name: "m", count: 3)])
        #expect(cardinality.labelValueCountByLabelName == [.init(name: "id", count: 3)])
        #expect(cardinality.seriesCountByLabelValuePair == [.init(name: "__name__=m", count: 3)])
        #expect(cardinality.labelPairCount == 5)
    }

    @Test(
        "open samples keep their times, near the grid and far from it",
        arguments: [
            [0, 1000, 2030, 3001, 3999, 5000], [0, 1000, 34_767, 34_768], [0, 1000, 34_768, 34_769],
            [0, 32_769, 32_770, 65_539], [0, 1, 2, 3, 4, 5, 6, 7, 8, 40_000, 40_001, 80_000],
            [0, 1 << 33, (1 << 33) + 1, (1 << 33) + 5], [0, 10, 20, 35, 1_000_000, 1_000_010],
            Array(0..<40) + [45, 46, 48], [-(1 << 40), -5, 0, 1 << 40],
        ] as [[Int64]])
    func openTimes(times: [Int64]) async throws {
        for isConstant in [true, false] {
            let store = TimeSeriesStore(limits: StoreLimits(retention: Milliseconds(.max)))
            let values = times.indices.map { isConstant ? 7.5 : Double($0) }
            for (time, value) in zip(times, values) { try store.add(["__name__": "m"], [(time, value)]) }
            let series = try await store.read([Matcher("__name__", equals: "m")])
            #expect(series.first?.times == times)
            #expect(series.first?.bits == values.map(\.bitPattern))
        }
    }

    @Test("a late scrape costs a series two bytes an open sample")
    func lateTimes() throws {
        let store = TimeSeriesStore()
        try store.add(["__name__": "m"], [(0, 1), (1000, 1)])
        let before = store.statistics.chunkBytes
        try store.add(["__name__": "m"], [(2005, 1)])
        #expect(store.statistics.chunkBytes - before == 3 * 2 + 8)
        try store.add(["__name__": "m"], (3..<6).map { ($0 * 1000, 1) })
        #expect(store.statistics.chunkBytes - before == 7 * 2 + 8)
    }

    @Test("series registered together do not all hold full buffers at the same scrape, and their chunks become full")
    func sealingInTurns() async throws {
        let store = TimeSeriesStore()
        let refs = try (0..<1536).map { try store.register(["__name__": "m", "n": "\($0)"]) }
        let empty = store.statistics.chunkBytes
        var most = 0
        for scrape in 0..<(248 + 31) {
            var batch = AppendBatch()
            for ref in refs { batch.append(ref, Timestamp(milliseconds: Int64(scrape) * 1000), Double(scrape % 2)) }
            _ = store.append(batch)
            if scrape < 31 { most = max(most, store.statistics.chunkBytes - empty) }
        }
        // Full buffers of all would be 31 * 8 + 8 bytes each.
        #expect(most < 1536 * 220)
        // A full chunk of a bit a sample, and a second one of at most 31 samples or a buffer.
        #expect(store.statistics.chunkBytes - empty < 1536 * (248 / 8 + 29 + 56 + 31 * 8 + 8))
    }
}
