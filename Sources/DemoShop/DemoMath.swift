// Elementary functions of the C library, under names that say what they take.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

enum DemoMath {
    /// - `turns`: 1 is the whole circle.
    static func sine(_ turns: Double) -> Double { sin(turns * 2 * .pi) }

    static func power2(_ exponent: Double) -> Double { exp2(exponent) }

    /// Index of the exponential bucket that ends at or above `value`; the bound of index i is 2^(i / perPower).
    static func bucketIndex(of value: Double, perPower: Double) -> Int32 {
        guard value > 1e-9, value < 1e9 else { return value > 1 ? Int32(30 * perPower) : Int32(-30 * perPower) }
        return Int32((log2(value) * perPower).rounded(.up))
    }
}
