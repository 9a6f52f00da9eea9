// Chunks give back every bit of what was put in, and choose the small forms where they may.

import MetricModel
import Testing

@testable import TimeSeriesStore

@Suite("Float chunks")
struct ChunkTests {
    static func roundTrip(_ times: [Int64], _ values: [Double]) -> (chunk: FloatChunk, times: [Int64], bits: [UInt64]) {
        let encoder = ChunkEncoder()
        for (index, time) in times.enumerated() { encoder.times[index] = time }
        for (index, value) in values.enumerated() { encoder.values[index] = value }
        let chunk = encoder.encode(count: times.count)
        let columns = ChunkColumns()
        chunk.decodeTimes(into: columns.times)
        chunk.decodeValues(into: columns.values)
        let count = chunk.count
        return (
            chunk, (0..<count).map { columns.times[$0] }, (0..<count).map { columns.values[$0].bitPattern }
        )
    }

    /// The same samples as a chunk of another series of the same target, whose times have been seen.
    static func secondChunk(_ times: [Int64], _ values: [Double]) -> (chunk: FloatChunk, times: [Int64]) {
        let encoder = ChunkEncoder()
        for (index, time) in times.enumerated() { encoder.times[index] = time }
        for (index, value) in values.enumerated() { encoder.values[index] = value }
        _ = encoder.encode(count: times.count)
        let chunk = encoder.encode(count: times.count)
        let columns = ChunkColumns()
        chunk.decodeTimes(into: columns.times)
        return (chunk, (0..<chunk.count).map { columns.times[$0] })
    }

    @Test("series that are scraped together share their irregular times from the second chunk on")
    func sharedTimes() {
        let encoder = ChunkEncoder()
        let times: [Int64] = [0, 1000, 2003, 3000, 4011]
        let chunks = (0..<3).map { series in
            for (index, time) in times.enumerated() {
                encoder.times[index] = time
                encoder.values[index] = Double(series)
            }
            return encoder.encode(count: times.count)
        }
        #expect(chunks.map(\.timeForm) == [.packed, .shared, .shared])
        #expect(chunks[1].sharedTimes === chunks[2].sharedTimes)
        #expect(chunks.map(\.bytes.count) == [11 + 8 + 8 + 1 + 2 + 8, 11 + 8, 11 + 8])
        #expect(chunks.map(\.end) == [4011, 4011, 4011])
        #expect(FloatChunk(validating: chunks[1].bytes) == nil)
        #expect(FloatChunk(validating: chunks[1].standaloneBytes)?.end == 4011)
    }

    static let regular = (0..<100).map { Int64($0) * 15_000 }

    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var form: FloatChunk.ValueForm
        var byteCount: Int
        var values: [Double]

        init(_ name: String, _ form: FloatChunk.ValueForm, _ byteCount: Int, value: (Int) -> Double) {
            testDescription = name
            self.form = form
            self.byteCount = byteCount
            values = (0..<100).map { value($0) }
        }
    }

    static let rows: [Row] = [
        Row("equal values", .constant, 23) { _ in 7.5 },
        Row("a steady counter", .scaledDeltas, 33) { Double($0 * 60) },
        Row("a counter of uneven steps", .scaledDeltas, 71) { Double($0 * 60 + $0 % 4) },
        Row("two decimals", .scaledFrame, 108) { Double($0 * 37 % 64) / 100 + 20 },
        Row("fractions that are no decimals", .xor, 714) { 1 / Double($0 + 1) },
        Row("bits without a pattern", .raw, 815) { Double(bitPattern: UInt64($0 + 1) &* 0x9e37_79b9_7f4a_7c15) },
        Row("minus zero among zeros", .xor, 38) { $0 == 50 ? -0.0 : 0.0 },
    ]

    @Test("a chunk takes the smallest form that is exact", arguments: rows)
    func smallestForm(row: Row) {
        let values = row.values
        let (chunk, times, bits) = Self.roundTrip(Self.regular, values)
        #expect(times == Self.regular)
        #expect(bits == values.map(\.bitPattern))
        #expect(chunk.valueForm == row.form)
        #expect(chunk.bytes.count == row.byteCount)
    }

    @Test("regular times cost four bytes a chunk")
    func regularTimes() {
        let (chunk, _, _) = Self.roundTrip(Self.regular, Self.regular.map { _ in 0 })
        #expect(chunk.timeForm == .regular32)
        #expect(chunk.bytes.count == 11 + 4 + 8)
        #expect(chunk.start == 0)
        #expect(chunk.end == 1_485_000)
    }

    @Test(
        "extreme times come back",
        arguments: [
            [Int64.min, Int64.max], [Int64.min, -1, 0, Int64.max], [Int64.min], [Int64.max],
            [Int64.max - 2, Int64.max - 1, Int64.max], [Int64.min, 0], [-5, -4, 7, 1 << 40],
        ])
    func extremeTimes(times: [Int64]) {
        let (chunk, decoded, _) = Self.roundTrip(times, times.map { _ in 1 })
        #expect(decoded == times)
        #expect(chunk.start == times.first)
        #expect(chunk.end == times.last)
    }

    @Test("random samples of every shape come back bit for bit")
    func randomRoundTrips() {
        print("seed \(SeededGenerator.seed)")
        var random = SeededGenerator(seed: SeededGenerator.seed)
        for round in 0..<2_000 * SeededGenerator.rounds {
            let count = Int.random(in: 1...FloatChunk.countMax, using: &random)
            let times = Self.randomTimes(count, &random)
            let values = Self.randomValues(count, &random)
            let (chunk, decodedTimes, bits) = Self.roundTrip(times, values)
            guard decodedTimes == times, bits == values.map(\.bitPattern), chunk.end == times.last else {
                Issue.record("round \(round): \(chunk.timeForm) \(chunk.valueForm)")
                return
            }
            let shared = Self.secondChunk(times, values)
            guard shared.times == times, shared.chunk.end == times.last,
                shared.chunk.standaloneBytes == chunk.bytes, FloatChunk(validating: chunk.bytes) != nil
            else {
                Issue.record("round \(round), shared: \(chunk.timeForm) \(chunk.valueForm)")
                return
            }
        }
    }

    static func randomTimes(_ count: Int, _ random: inout SeededGenerator) -> [Int64] {
        let shape = Int.random(in: 0..<4, using: &random)
        var time = shape == 3 ? Int64.min : Int64.random(in: -1_000_000...1_700_000_000_000, using: &random)
        let step = Int64.random(in: 1...60_000, using: &random)
        var times: [Int64] = []
        for _ in 0..<count {
            times.append(time)
            switch shape {
            case 0: time += step
            case 1: time += step + Int64.random(in: 0...3, using: &random)
            case 2: time += Int64.random(in: 1...1_000_000_000, using: &random)
            default: time += Int64.random(in: 1...(1 << 56), using: &random)
            }
        }
        return times
    }

    static func randomValues(_ count: Int, _ random: inout SeededGenerator) -> [Double] {
        let special: [Double] = [
            .nan, .staleMarker, .normalNaN, Double(bitPattern: 0x7ff0_0000_0000_0001), .infinity, -.infinity, -0.0, 0,
            .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .greatestFiniteMagnitude, 0x1p53, -0x1p53, 0x1p53 - 1,
            9_007_199_254_740_994, 0.1, 1e-12, 1e22, 1e300,
        ]
        let shape = Int.random(in: 0..<7, using: &random)
        var counter = Double(Int.random(in: 0...1_000_000, using: &random))
        let power = DecimalScale.powers[Int.random(in: 0...12, using: &random)]
        return (0..<count).map { index in
            switch shape {
            case 0: return special[Int.random(in: 0..<special.count, using: &random)]
            case 1:
                counter += Double(Int.random(in: 0...1000, using: &random))
                return counter
            case 2: return Double(Int.random(in: -100_000...100_000, using: &random)) / power
            case 3: return Double(bitPattern: random.next())
            case 4: return Double(Int.random(in: 0...1, using: &random))
            case 5: return index % 30 == 29 ? special[index % special.count] : Double(index)
            default: return Double(Int64.random(in: -(1 << 53)...(1 << 53), using: &random))
            }
        }
    }
}
