// What leaves the store, when, and that its memory is given back.

import MetricModel
import Testing

@testable import TimeSeriesStore

@Suite("Retention")
struct RetentionTests {
    static func series(_ number: Int) -> LabelSet {
        ["__name__": "m", "job": "j", "id": "a rather long label value, number \(number)"]
    }

    @Test("series whose newest sample is past the retention leave the index, and their refs are unknown then")
    func seriesLeave() async throws {
        let store = TimeSeriesStore(limits: StoreLimits(retention: .seconds(60)))
        let old = try store.register(Self.series(1))
        try store.add(Self.series(1), [(1000, 1)])
        try store.add(Self.series(2), [(61_000, 1)])
        store.enforceRetention()
        #expect(store.statistics.seriesCount == 2)
        try store.add(Self.series(2), [(61_001, 1)])
        store.enforceRetention()
        #expect(store.statistics.seriesCount == 1)
        #expect(store.statistics.seriesDropped == 1)
        var batch = AppendBatch()
        batch.append(try store.register(Self.series(2)), Timestamp(milliseconds: 62_000), 1)
        batch.append(old, Timestamp(milliseconds: 62_000), 1)
        let outcome = store.append(batch)
        #expect(outcome.appended == 1)
        #expect(outcome.unknownRefs == [1])
        let again = try store.register(Self.series(1))
        #expect(again != old)
        #expect(try await store.read([Matcher("id", equals: Self.series(1)["id"] ?? "")]).isEmpty)
        #expect(store.cardinality().seriesCountByMetricName == [.init(name: "m", count: 2)])
    }

    @Test("a query sees nothing older than the retention, though its chunk is still held")
    func clamped() async throws {
        let store = TimeSeriesStore(limits: StoreLimits(retention: .seconds(10)))
        try store.add(Self.series(1), (0...20).map { (Int64($0) * 1000, Double($0 * $0)) })
        let found = try await store.read([])
        #expect(found.first?.times.first == 10_000)
        #expect(store.timeRange == Timestamp(milliseconds: 10_000)...Timestamp(milliseconds: 20_000))
    }

    @Test("churn does not grow the store: dropped series give back what they took")
    func churn() throws {
        let store = TimeSeriesStore(limits: StoreLimits(retention: .seconds(60)))
        var peak = 0
        for round in 0..<60 {
            var batch = AppendBatch()
            for number in 0..<200 {
                let ref = try store.register(Self.series(round * 200 + number))
                for second in 0..<10 {
                    batch.append(
                        ref, Timestamp(milliseconds: Int64(round * 10 + second) * 1000),
                        Double(number * second) + 0.5)
                }
            }
            #expect(store.append(batch).appended == 2000)
            if round == 20 { peak = store.statistics.chunkBytes + store.statistics.indexBytes }
        }
        let statistics = store.statistics
        #expect(statistics.seriesCreated == 12_000)
        #expect(statistics.seriesCount < 2000)
        #expect(statistics.chunkBytes + statistics.indexBytes < peak * 5 / 4)
    }

    @Test("over the byte limit the oldest chunks go, and the newest samples stay")
    func byteLimit() async throws {
        let limit = 400_000
        let store = TimeSeriesStore(limits: StoreLimits(bytesMax: limit, retention: .hours(1_000_000)))
        var random = SeededGenerator(seed: 1)
        for time in 0..<3000 {
            var batch = AppendBatch()
            for number in 0..<20 {
                batch.append(
                    try store.register(Self.series(number)), Timestamp(milliseconds: Int64(time) * 1000),
                    Double.random(in: 0...1, using: &random))
            }
            #expect(store.append(batch).appended == 20)
            #expect(store.statistics.chunkBytes <= limit + 20_000)
        }
        #expect(store.statistics.seriesCount == 20)
        let found = try await store.read([])
        #expect(found.count == 20)
        #expect(found.allSatisfy { $0.times.last == 2_999_000 })
        #expect(found.allSatisfy { ($0.times.first ?? 0) > 0 })
    }

    @Test("over the byte limit with nothing to drop, new series are refused")
    func byteLimitRefusal() throws {
        let store = TimeSeriesStore(limits: StoreLimits(bytesMax: 1))
        _ = try store.register(Self.series(1))
        #expect(throws: RegistrationRefusal.byteLimit(1)) { try store.register(Self.series(2)) }
        #expect(RegistrationRefusal.byteLimit(1).description == "memory limit of 1 bytes reached")
        #expect(store.statistics.refusedSeries == 1)
    }

    @Test("a store that has dropped everything holds little")
    func emptied() throws {
        let store = TimeSeriesStore(limits: StoreLimits(retention: .seconds(1)))
        for number in 0..<1000 {
            try store.add(Self.series(number), (0..<300).map { (Int64($0), Double($0 * number) / 7) })
        }
        let full = store.statistics.chunkBytes
        try store.add(LabelSet(metric: "new"), [(1_000_000, 1)])
        store.enforceRetention()
        #expect(store.statistics.seriesCount == 1)
        // The states' own places stay, for the series to come.
        #expect(store.statistics.chunkBytes < full / 10)
        #expect(store.statistics.chunkBytes <= 2048 * MemoryLayout<HeadSeries>.stride * 2)
    }
}
