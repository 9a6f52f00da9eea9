// What the demo's services count with: histograms of both kinds, chance, and the text of a page.
// Used by DemoTarget alone.

import MetricModel

struct ClassicCounts: Sendable {
    /// Seconds; the last bucket is everything.
    static let bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, .infinity]
    /// Cumulative, as they are exposed.
    private(set) var counts = Array(repeating: 0.0, count: bounds.count)
    private(set) var sum = 0.0

    mutating func observe(_ seconds: Double) {
        sum += seconds
        for (place, bound) in Self.bounds.enumerated() where seconds <= bound { counts[place] += 1 }
    }
}

/// Exponential buckets of schema 3: eight to a power of two.
struct NativeCounts: Sendable {
    private static let schema: Int32 = 3
    private static let bucketsMax = 160
    private var buckets: [Int32: Double] = [:]
    private var sum = 0.0
    private var count = 0.0

    mutating func observe(_ seconds: Double) {
        let index = DemoMath.bucketIndex(of: seconds, perPower: 8)
        guard buckets[index] != nil || buckets.count < Self.bucketsMax else { return }
        buckets[index, default: 0] += 1
        sum += seconds
        count += 1
    }

    var histogram: NativeHistogram {
        var histogram = NativeHistogram()
        histogram.schema = Self.schema
        histogram.zeroThreshold = 1e-6
        histogram.count = count
        histogram.sum = sum
        let entries = buckets.sorted { $0.key < $1.key }.map { NativeHistogram.Entry(index: $0.key, count: $0.value) }
        (histogram.positiveSpans, histogram.positiveBuckets) = NativeHistogram.spans(of: entries)
        return histogram
    }
}

/// SplitMix64: the same shop for the same seed, everywhere.
struct DemoRandom: Sendable {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// 0..<1
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Near enough to the normal distribution: the sum of twelve, less six.
    mutating func gaussian() -> Double {
        var sum = -6.0
        for _ in 0..<12 { sum += unit() }
        return sum
    }
}

/// Text format 0.0.4, line by line.
struct DemoPage {
    private(set) var text = ""

    mutating func family(_ name: String, _ type: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    mutating func sample(_ name: String, _ labels: [(String, String)], _ value: Double) {
        text += name
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0.0)=\"\($0.1)\"" }.joined(separator: ",") + "}"
        }
        text += value.isNaN ? " NaN\n" : " \(value)\n"
    }

    mutating func histogram(_ name: String, _ labels: [(String, String)], _ counts: ClassicCounts) {
        for (bound, count) in zip(ClassicCounts.bounds, counts.counts) {
            sample(name + "_bucket", labels + [("le", bound.isFinite ? "\(bound)" : "+Inf")], count)
        }
        sample(name + "_sum", labels, counts.sum)
        sample(name + "_count", labels, counts.counts.last ?? 0)
    }
}
