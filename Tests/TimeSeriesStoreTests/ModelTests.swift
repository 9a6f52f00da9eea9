// The store against a plain dictionary, under random appends, queries and retention.

import MetricModel
import Testing

@testable import TimeSeriesStore

/// What the store should hold: every accepted sample of every series.
private struct Model {
    var samples: [LabelSet: [(time: Int64, bits: UInt64)]] = [:]
    var newest = Int64.min
    let retention: Int64

    var cutoff: Int64 { newest == .min ? .min : newest - retention }

    mutating func append(
        _ labels: LabelSet, _ time: Int64, _ value: Double, cutoff: Int64, _ outcome: inout AppendOutcome
    ) {
        if time < cutoff {
            outcome.tooOld += 1
        } else if let last = samples[labels]?.last, time <= last.time {
            if time < last.time {
                outcome.outOfOrder += 1
            } else if last.bits != value.bitPattern {
                outcome.duplicates += 1
            }
        } else {
            samples[labels, default: []].append((time, value.bitPattern))
            outcome.appended += 1
            newest = max(newest, time)
        }
    }

    /// Forgets series as the store may: a dropped series takes older samples anew, but those are too old anyway.
    func select(_ matchers: [Matcher], _ start: Int64, _ end: Int64) -> [(LabelSet, [Int64], [UInt64])] {
        var result: [(LabelSet, [Int64], [UInt64])] = []
        for (labels, all) in samples where matchers.allSatisfy({ $0.matches(labels) }) {
            let seen = all.filter { $0.time > start && $0.time <= end && $0.time >= cutoff }
            if !seen.isEmpty { result.append((labels, seen.map(\.time), seen.map(\.bits))) }
        }
        return result.sorted { $0.0 < $1.0 }
    }
}

@Suite("Store against a dictionary")
struct ModelTests {
    static func randomLabels(_ random: inout SeededGenerator, generation: Int) -> LabelSet {
        var labels: [Label] = [Label("__name__", "m\(Int.random(in: 0..<3, using: &random))")]
        if Bool.random(using: &random) { labels.append(Label("a", "\(Int.random(in: 0..<4, using: &random))")) }
        if Bool.random(using: &random) {
            labels.append(Label("b", ["x", "y", "\u{e9}"].randomElement(using: &random) ?? "x"))
        }
        if Int.random(in: 0..<4, using: &random) == 0 { labels.append(Label("gen", "\(generation)")) }
        return LabelSet(labels)
    }

    static func randomMatchers(_ random: inout SeededGenerator) throws -> [Matcher] {
        let names = ["__name__", "a", "b", "gen", "none"]
        let values = ["", "m0", "m1", "0", "1", "x", "\u{e9}"]
        let patterns = ["", "m.*", "m0|m1", "0|", ".+", ".*", "x|y", "m[12]", "1?", "[^x]"]
        return try (0..<Int.random(in: 0...3, using: &random)).map { _ in
            let operation = Matcher.Operation.allCases.randomElement(using: &random) ?? .equal
            let isPattern = operation == .regex || operation == .notRegex
            let value = (isPattern ? patterns : values).randomElement(using: &random) ?? ""
            return try Matcher(names.randomElement(using: &random) ?? "a", operation, value)
        }
    }

    static func randomValue(_ shape: Int, _ time: Int64, _ random: inout SeededGenerator) -> Double {
        switch shape % 6 {
        case 0: 1
        case 1: Double(time / 500)
        case 2: Double(Int.random(in: 0..<10_000, using: &random)) / 100
        case 3: Double.random(in: 0...1, using: &random)
        case 4:
            [0, -0.0, .normalNaN, .staleMarker, .infinity, .leastNonzeroMagnitude].randomElement(using: &random) ?? 0
        default: time % 40_000 < 30_000 ? 7 : Double(time)
        }
    }

    @Test("random work gives what a dictionary gives", arguments: 0..<6)
    func againstDictionary(number: Int) async throws {
        let seed = SeededGenerator.seed &+ UInt64(number)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let retention: Int64 = [3_600_000, 200_000, 30_000][number % 3]
        let store = TimeSeriesStore(limits: StoreLimits(retention: Milliseconds(retention)))
        var model = Model(retention: retention)
        var time: Int64 = number % 2 == 0 ? 1_700_000_000_000 : -500_000
        var pool: [LabelSet] = (0..<40).map { _ in Self.randomLabels(&random, generation: 0) }
        for round in 0..<300 * SeededGenerator.rounds {
            time += [1000, 1000, 1000, 1001, 7000].randomElement(using: &random) ?? 1000
            if round % 20 == 19 {
                for place in 0..<10 { pool[place] = Self.randomLabels(&random, generation: round) }
                pool.shuffle(using: &random)
            }
            var batch = AppendBatch()
            var expected = AppendOutcome()
            let cutoff = model.cutoff
            for labels in pool where Int.random(in: 0..<10, using: &random) > 0 {
                let isOdd = Int.random(in: 0..<20, using: &random) == 0
                let at = isOdd ? time - Int64.random(in: -5000...100_000, using: &random) : time
                let shape = Int(
                    labels.labels.reduce(0) { $0 + $1.value.utf8.count * 7 + Int($1.value.utf8.first ?? 0) })
                let value = Self.randomValue(shape, at, &random)
                batch.append(try store.register(labels), Timestamp(milliseconds: at), value)
                model.append(labels, at, value, cutoff: cutoff, &expected)
            }
            try #require(store.append(batch) == expected, "seed \(seed) round \(round)")
            if round % 7 == 0 { store.enforceRetention() }
            if round % 5 == 0 {
                let start = time - Int64.random(in: 0...400_000, using: &random)
                let end = start + Int64.random(in: 0...400_000, using: &random)
                try await Self.compare(
                    store, model, try Self.randomMatchers(&random), start, end, "seed \(seed) round \(round)")
            }
        }
        try await Self.compare(store, model, [], .min, .max, "seed \(seed) at the end")
        // Far enough ahead, everything is dropped.
        try store.add(LabelSet(metric: "last"), [(time + 10_000_000_000, 1)])
        store.enforceRetention()
        #expect(store.statistics.seriesCount == 1)
    }

    private static func compare(
        _ store: TimeSeriesStore, _ model: Model, _ matchers: [Matcher], _ start: Int64, _ end: Int64, _ place: String
    ) async throws {
        let found = try await store.read(matchers, from: start, to: end)
        let expected = model.select(matchers, start, end)
        let comment = Comment(rawValue: "\(place) \(matchers)")
        try #require(found.map(\.labels) == expected.map { $0.0 }, comment)
        for (series, (_, times, bits)) in zip(found, expected) {
            try #require(series.times == times, comment)
            try #require(series.bits == bits, comment)
        }
        // The closed range of series() against the left-open one of select().
        let labels = try await store.series(
            [matchers], start: Timestamp(milliseconds: start) + Milliseconds(1), end: Timestamp(milliseconds: end),
            limit: 0)
        try #require(labels == expected.map { $0.0 }, comment)
    }

    @Test("queries run while scrapes append: every answer is whole and in order")
    func concurrentIngestAndQuery() async throws {
        let store = TimeSeriesStore(limits: StoreLimits(retention: .seconds(120)))
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<3 {
                group.addTask {
                    for round in 0..<300 {
                        var batch = AppendBatch()
                        for number in 0..<50 {
                            // A tenth of the series is new in each ten rounds.
                            let id = number < 5 ? "\(number)-\(round / 10)" : "\(number)"
                            let labels: LabelSet = ["__name__": "m", "writer": "\(writer)", "id": "\(id)"]
                            guard let ref = try? store.register(labels) else { continue }
                            batch.append(ref, Timestamp(milliseconds: Int64(round) * 1000), Double(round))
                        }
                        _ = store.append(batch)
                    }
                }
            }
            for reader in 0..<2 {
                group.addTask {
                    for _ in 0..<60 {
                        let matcher = Matcher("writer", equals: "\(reader)")
                        guard let found = try? await store.read([matcher]) else {
                            Issue.record("a query failed")
                            return
                        }
                        for series in found {
                            let isWhole = zip(series.times, series.samples.floats ?? []).allSatisfy {
                                Double($0.0) == $0.1 * 1000
                            }
                            let ascends = zip(series.times, series.times.dropFirst()).allSatisfy { $0.0 < $0.1 }
                            if !isWhole || !ascends { Issue.record("\(series.labels)") }
                        }
                        _ = store.cardinality()
                        _ = try? await store.labelValues("id", [], start: .distantPast, end: .distantFuture, limit: 0)
                    }
                }
            }
        }
        let statistics = store.statistics
        #expect(statistics.duplicates == 0)
        #expect(statistics.outOfOrder == 0)
        #expect(statistics.samplesAppended + statistics.tooOld + statistics.unknownRefs == 3 * 300 * 50)
        let last = try await store.read([], from: 298_000, to: 299_000)
        #expect(last.count == 150)
    }
}
