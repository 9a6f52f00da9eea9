// Numbers that are the same in every run and on every machine, and the walks that series take with them.
// Used by SeededSeries.

/// SplitMix64.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    /// FNV-1a of a text, so that a series has the same numbers whatever other series there are.
    init(_ text: String) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        state = hash
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// 0 to 1, without what the library may change.
    mutating func unit() -> Double { Double(next() >> 11) / 9_007_199_254_740_992 }
}

/// A value that wanders between two bounds, in small steps, with a pull to the middle.
struct Walk {
    private var numbers: SeededNumbers
    private let low: Double
    private let high: Double
    private(set) var value: Double

    init(_ text: String, from low: Double, to high: Double) {
        numbers = SeededNumbers(text)
        self.low = low
        self.high = high
        value = low + (high - low) * (0.2 + 0.6 * numbers.unit())
    }

    mutating func next() -> Double {
        let span = high - low
        let middle = (low + high) / 2
        value += (numbers.unit() - 0.5) * span * 0.16 + (middle - value) * 0.02
        value = min(high, max(low, value))
        return value
    }
}
