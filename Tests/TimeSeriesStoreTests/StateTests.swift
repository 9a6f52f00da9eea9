// The store as bytes and back: nothing is lost, and no damage gets through or traps.
// StateWriter and StateReader over stores with every kind of sample.

import MetricModel
import Testing

@testable import TimeSeriesStore

private func bytes(of store: TimeSeriesStore) -> [UInt8] {
    var writer = StateWriter(store)
    var bytes: [UInt8] = []
    while let piece = writer.next() { bytes += piece }
    return bytes
}

private func restore(
    _ bytes: [UInt8], piece: Int = 4096, limits: StoreLimits = StoreLimits()
) throws(StateFailure) -> (store: TimeSeriesStore, contents: StateContents) {
    let store = TimeSeriesStore(limits: limits)
    var reader = StateReader(into: store)
    var start = 0
    while start < bytes.count {
        let part = Array(bytes[start..<min(bytes.count, start + piece)])
        start += part.count
        try part.withUnsafeBufferPointer { part throws(StateFailure) in try reader.read(UnsafeRawBufferPointer(part)) }
    }
    return (store, try reader.finish())
}

/// The reason of a refusal, nil when it was taken.
private func refusal(_ bytes: [UInt8]) -> String? {
    do {
        _ = try restore(bytes)
        return nil
    } catch {
        return error.description
    }
}

private func histogram(_ count: Double) -> NativeHistogram {
    var histogram = NativeHistogram()
    histogram.schema = 3
    histogram.counterResetHint = .notReset
    histogram.zeroThreshold = 1e-128
    histogram.count = count
    histogram.sum = -0.0
    histogram.positiveSpans = [.init(offset: -5, length: 2), .init(offset: 3, length: 1)]
    histogram.positiveBuckets = [1, 2, count - 3]
    return histogram
}

/// 600 series over every stripe and chunk form, with open and sealed samples.
private func fullStore(_ random: inout SeededGenerator) throws -> TimeSeriesStore {
    let store = TimeSeriesStore()
    for number in 0..<600 {
        let labels = LabelSet(metric: "m\(number % 7)", ["n": "\(number)", "é": "a\n\"b\\"])
        var time = Int64.random(in: 0..<1000, using: &random)
        var samples: [(Int64, Double)] = []
        for _ in 0..<Int.random(in: 0...300, using: &random) {
            time += number % 3 == 0 ? Int64.random(in: 1...40_000, using: &random) : 15_000
            samples.append((time, ModelTests.randomValue(number, time, &random)))
        }
        try store.add(labels, samples)
    }
    let ref = try store.register(LabelSet(metric: "native"))
    var batch = AppendBatch()
    for place in 1...40 {
        batch.append(ref, Timestamp(milliseconds: Int64(place) * 1000), histogram(Double(place) + 3))
    }
    batch.append(ref, Timestamp(milliseconds: 50_000), .stale)
    _ = store.append(batch)
    try store.add(LabelSet(metric: "extreme"), [(.min + 1, 1), (0, 2)])
    store.record(["m1": Metadata(kind: .counter, help: "Help.\n", unit: "s"), "m2": Metadata(kind: .info)])
    store.record(["m1": Metadata(kind: .gauge)])
    let exemplar = Exemplar(labels: ["trace_id": "x"], value: .infinity, timestamp: Timestamp(milliseconds: 7))
    store.append(exemplar, for: try store.register(LabelSet(metric: "m1", ["n": "1", "é": "a\n\"b\\"])))
    return store
}

@Suite("State as bytes")
struct StateTests {
    @Test(
        "every series, sample, exemplar and metadata comes back bit for bit, in pieces of any size",
        arguments: [1, 97, 1 << 20])
    func roundTrip(piece: Int) async throws {
        var random = SeededGenerator(seed: SeededGenerator.seed)
        let limits = StoreLimits(retention: Milliseconds(.max))
        let store = try fullStore(&random)
        let written = bytes(of: store)
        let (back, contents) = try restore(written, piece: piece, limits: limits)
        #expect(contents.series == 602 && contents.exemplars == 1 && contents.bytes == written.count)
        #expect(contents.samples == store.statistics.samplesAppended)
        let all = try Matcher("__name__", .regex, ".+")
        let one = try await store.read([all]), other = try await back.read([all])
        #expect(one.map(\.labels) == other.map(\.labels))
        for (left, right) in zip(one, other) {
            #expect(left.timestamps == right.timestamps, "\(left.labels)")
            for place in left.timestamps.indices {
                switch (left.samples[place], right.samples[place]) {
                case (.float(let a), .float(let b)): #expect(a.bitPattern == b.bitPattern)
                case (.histogram(let a), .histogram(let b)):
                    #expect(a.isSameBits(as: b) && a.counterResetHint == b.counterResetHint)
                default: Issue.record("a sample changed its kind")
                }
            }
        }
        let metadata = try await back.metadata(metric: nil)
        #expect(metadata == (try await store.metadata(metric: nil)))
        let exemplars = back.exemplars([[]], start: .distantPast, end: .distantFuture)
        #expect(exemplars == store.exemplars([[]], start: .distantPast, end: .distantFuture))
        #expect(back.timeRange == store.timeRange)
    }

    @Test("a restored series goes on: newer samples are appended, older and repeated ones refused")
    func goesOn() async throws {
        let store = TimeSeriesStore()
        try store.add(LabelSet(metric: "m"), [(1000, 1), (2000, 2), (3000, 3)])
        let (back, _) = try restore(bytes(of: store))
        let outcome = try back.add(LabelSet(metric: "m"), [(2000, 9), (3000, 9), (3000, 3), (4000, 4)])
        #expect(outcome.outOfOrder == 1 && outcome.duplicates == 1 && outcome.appended == 1)
        let found = try await back.read([try Matcher("__name__", .equal, "m")])
        #expect(found.first?.times == [1000, 2000, 3000, 4000])
        #expect(back.statistics.seriesCount == 1)
    }

    @Test("an empty store is a state, too")
    func empty() throws {
        let (back, contents) = try restore(bytes(of: TimeSeriesStore()))
        #expect(contents.series == 0 && back.statistics.seriesCount == 0 && back.timeRange == nil)
    }

    @Test("a restored store forgets what its retention does not allow")
    func retention() throws {
        let store = TimeSeriesStore()
        try store.add(LabelSet(metric: "old"), [(0, 1)])
        try store.add(LabelSet(metric: "new"), [(3_600_000, 1)])
        let (back, _) = try restore(bytes(of: store), limits: StoreLimits(retention: .minutes(10)))
        #expect(back.statistics.seriesCount == 1)
    }

    @Test("series past the limit are left out, not trapped on")
    func limit() throws {
        let store = TimeSeriesStore()
        for number in 0..<3 { try store.add(LabelSet(metric: "m\(number)"), [(1, 1)]) }
        let back = TimeSeriesStore(limits: StoreLimits(seriesMax: 2))
        var reader = StateReader(into: back)
        try bytes(of: store).withUnsafeBufferPointer { bytes throws(StateFailure) in
            try reader.read(UnsafeRawBufferPointer(bytes))
        }
        _ = try reader.finish()
        #expect(reader.seriesRefused == 1 && reader.refusal == .seriesLimit(2))
        #expect(back.statistics.seriesCount == 2)
    }

    @Test("damage is told with its place")
    func messages() throws {
        let store = TimeSeriesStore()
        try store.add(LabelSet(metric: "m"), [(1, 1)])
        let good = bytes(of: store)
        #expect(refusal([]) == "byte 0: ends within the header")
        #expect(refusal(Array("ferulast".utf8)) == "byte 8: ends within the header")
        #expect(refusal(Array("# TYPE x counter\nx_total 1\n".utf8)) == "byte 0: not a state of ferula")
        #expect(refusal(Array(good.dropLast())) == "byte \(good.count - 1): ends early: the last block is missing")
        #expect(refusal(good + [0]) == "byte \(good.count): bytes after the last block")
        var flipped = good
        flipped[30] ^= 1
        #expect(refusal(flipped)?.hasPrefix("byte 16: the checksum of a block of ") == true)
        var newer = good
        newer[8] = 2
        let checksum = newer[..<12].withUnsafeBytes { CRC32C.checksum($0) }
        withUnsafeBytes(of: checksum.littleEndian) { newer.replaceSubrange(12..<16, with: $0) }
        #expect(refusal(newer) == "byte 8: version 2, this program reads version 1")
    }

    @Test("no truncation and no flipped bit of a state is taken")
    func damage() throws {
        var random = SeededGenerator(seed: SeededGenerator.seed)
        print("seed \(SeededGenerator.seed)")
        let good = bytes(of: try fullStore(&random))
        for _ in 0..<60 * SeededGenerator.rounds {
            #expect(refusal(Array(good.prefix(Int.random(in: 0..<good.count, using: &random)))) != nil)
            var flipped = good
            flipped[Int.random(in: 0..<good.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            #expect(refusal(flipped) != nil)
        }
    }

    @Test("damage below a right checksum neither traps nor hangs, and what is taken can be read and written")
    func forged() async throws {
        var random = SeededGenerator(seed: SeededGenerator.seed &+ 1)
        print("seed \(SeededGenerator.seed &+ 1)")
        let store = TimeSeriesStore()
        for number in 0..<6 {
            let samples = (1...70).map {
                (
                    Int64($0) * (number == 2 ? Int64($0) : 15_000),
                    ModelTests.randomValue(number, Int64($0) * 1000, &random)
                )
            }
            try store.add(LabelSet(metric: "m", ["n": "\(number)"]), samples)
        }
        var batch = AppendBatch()
        batch.append(try store.register(LabelSet(metric: "native")), Timestamp(milliseconds: 5), histogram(9))
        _ = store.append(batch)
        let good = bytes(of: store)
        let size = Int(UInt32(good[17]) | UInt32(good[18]) << 8 | UInt32(good[19]) << 16 | UInt32(good[20]) << 24)
        let payload = Array(good[25..<25 + size])
        let rest = good[(25 + size)...]
        var taken = 0
        for _ in 0..<4000 * SeededGenerator.rounds {
            var changed = payload
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                changed[Int.random(in: 0..<size, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let forged = good[..<16] + StateFormat.block(.series, changed) + rest
            guard let (back, _) = try? restore(Array(forged)) else { continue }
            taken += 1
            _ = try await back.read([try Matcher("__name__", .regex, ".*")])
            _ = bytes(of: back)
        }
        #expect(taken > 0)
    }

    @Test("the checksum is CRC-32C")
    func checksum() {
        // Source: RFC 3720, appendix B.4.
        #expect(Array("123456789".utf8).withUnsafeBytes { CRC32C.checksum($0) } == 0xe306_9283)
        #expect([UInt8](repeating: 0, count: 32).withUnsafeBytes { CRC32C.checksum($0) } == 0x8a91_36aa)
        #expect([UInt8](repeating: 0xff, count: 32).withUnsafeBytes { CRC32C.checksum($0) } == 0x62a8_ab43)
    }
}

@Suite("Names that vanish")
struct VanishedNamesTests {
    @Test("label names of dropped series leave the index, and their places are used again")
    func vanishedNames() async throws {
        let store = TimeSeriesStore(limits: StoreLimits(retention: .seconds(10)))
        for round in 0..<100 {
            try store.add(LabelSet(metric: "m", ["label_\(round)": "x"]), [(Int64(round) * 20_000, 1)])
            store.enforceRetention()
        }
        #expect(store.index.withLock { $0.names.count } <= 4)
        let names = try await store.labelNames([], start: .distantPast, end: .distantFuture, limit: 0)
        #expect(names == ["__name__", "label_99"])
        let found = try await store.read([try Matcher("label_99", .equal, "x")])
        #expect(found.count == 1)
    }
}
