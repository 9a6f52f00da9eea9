// Buckets of our own over a range of values: of one size, or of one share on a logarithmic scale.
// HeatmapBuilder and HistogramBuilder count values by it.

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

struct BucketGrid {
    private(set) var size: Double
    private(set) var count: Int
    /// Place of the first bucket, in sizes from zero; of exponents on a logarithmic scale.
    private let first: Double
    private let offset: Double
    private let logBase: Double

    /// Wanted of a grid; what is more becomes wider buckets.
    static let countMax = 500

    /// The bucket size is a round number near the one wanted; automatic: about ten of them, as Grafana makes.
    ///
    /// - `least` and `most`: finite, `least` not above `most`, above zero on a logarithmic scale.
    init(_ options: HeatmapOptions.Buckets, least: Double, most: Double) {
        let logBase = options.logBase > 1 && options.logBase.isFinite && least > 0 ? options.logBase : 0
        let low = logBase > 1 ? log(least) / log(logBase) : least
        let high = logBase > 1 ? log(most) / log(logBase) : most
        let size: Double
        switch options.size {
        case .size(let wanted) where wanted > 0 && wanted.isFinite: size = wanted
        case .count(let count) where logBase <= 1:
            size = Self.niceSize(atMost: (high - low) / Double(max(1, count - 1)))
        case .count(let count): size = 1 / Double(max(1, min(count, 100)))
        case .size, .automatic:
            size = logBase > 1 ? 1 : Self.niceSize(atMost: (high - low) / 9)
        }
        self.init(size: size, offset: 0, low: low, high: high, logBase: logBase)
    }

    /// Buckets of that size that begin at `offset` and its multiples.
    init(size: Double, offset: Double, low: Double, high: Double, logBase: Double = 0) {
        self.logBase = logBase
        self.offset = offset.isFinite ? offset : 0
        var size = size > 0 && size.isFinite ? size : 1
        let span = (high - low).magnitude
        while span / size >= Double(Self.countMax) { size *= 2 }
        // Beside numbers this large the size would vanish.
        size = max(size, max(low.magnitude, high.magnitude) * 1e-13)
        self.size = size
        first = ((low - self.offset) / size + 1e-9).rounded(.down)
        let last = ((high - self.offset) / size + 1e-9).rounded(.down)
        count = last >= first && last - first < Double(Self.countMax) * 2 ? Int(last - first) + 1 : 1
    }

    func place(of value: Double) -> Int {
        let scaled = logBase > 1 ? log(value) / log(logBase) : value
        let place = ((scaled - offset) / size + 1e-9).rounded(.down) - first
        return place > 0 ? Int(min(place, Double(count - 1))) : 0
    }

    /// Where the bucket at `place` begins, and the one before it ends.
    func bound(_ place: Int) -> Double {
        let scaled = (first + Double(place)) * size + offset
        return logBase > 1 ? pow(logBase, scaled) : Self.rounded(scaled, to: size)
    }

    /// A multiple of a decimal size has no more digits than the size has.
    private static func rounded(_ value: Double, to size: Double) -> Double {
        let digits = 10 - log10(size).rounded(.down)
        guard digits > 0, digits < 300 else { return value }
        let power = pow(10, digits)
        let whole = (value * power).rounded()
        return whole.magnitude < 9e15 ? whole / power : value
    }

    /// The greatest of 1, 2, 2.5 and 5 times a power of ten that is not above; 1 for nothing.
    static func niceSize(atMost wanted: Double) -> Double {
        guard wanted > 0, wanted.isFinite else { return 1 }
        let power = pow(10, log10(wanted).rounded(.down))
        guard power > 0, power.isFinite else { return wanted }
        let factor = [5, 2.5, 2, 1].first { $0 * power <= wanted * (1 + 1e-9) } ?? 1
        return factor * power
    }

    /// The least of 1, 2, 2.5 (4 between one and ten, where counts are whole) and 5 times a power of ten that is above.
    static func niceSize(above wanted: Double) -> Double {
        guard wanted > 0, wanted.isFinite else { return 1 }
        let power = pow(10, log10(wanted).rounded(.down))
        guard power > 0, power.isFinite else { return wanted }
        let factors: [Double] = power == 1 ? [1, 2, 4, 5] : [1, 2, 2.5, 5]
        return (factors.first { $0 * power > wanted * (1 + 1e-9) } ?? 10) * power
    }
}
