// Seeded random numbers and short ways to fill and read a store in tests.
// Used by every suite of this target.

import MetricModel

@testable import TimeSeriesStore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// SplitMix64: the same numbers for the same seed on every platform.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }

    /// `FUZZ_SEED` of the environment, or a fixed seed; printed by the tests that use it.
    static var seed: UInt64 { environment("FUZZ_SEED") ?? 20_250_101 }
    static var rounds: Int { Int(environment("FUZZ_ROUNDS") ?? 1) }

    private static func environment(_ name: String) -> UInt64? {
        guard let text = getenv(name) else { return nil }
        return UInt64(String(cString: text))
    }
}

extension TimeSeriesStore {
    /// Registers and appends, one batch; times in milliseconds.
    @discardableResult
    func add(_ labels: LabelSet, _ samples: [(Int64, Double)]) throws -> AppendOutcome {
        let ref = try register(labels)
        var batch = AppendBatch()
        for (time, value) in samples { batch.append(ref, Timestamp(milliseconds: time), value) }
        return append(batch)
    }

    func read(
        _ matchers: [Matcher], from start: Int64 = .min, to end: Int64 = .max, samplesMax: Int = 1_000_000
    ) async throws -> [Series] {
        let selection = Selection(
            matchers: matchers, start: Timestamp(milliseconds: start), end: Timestamp(milliseconds: end))
        return try await select([selection], limits: SelectionLimits(samplesMax: samplesMax))[0]
    }
}

extension Series {
    var times: [Int64] { timestamps.map(\.milliseconds) }
    var bits: [UInt64] { (samples.floats ?? []).map(\.bitPattern) }
}
