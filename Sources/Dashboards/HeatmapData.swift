// Counts over time and value, and counts over value alone: what heatmaps and histograms draw.
// Part of PanelData; HeatmapBuilder and HistogramBuilder make them from a panel's answers.

import MetricModel

/// Counts of values by time and bucket.
public struct HeatmapData: Sendable {
    public struct Bucket: Hashable, Sendable {
        /// Infinite where the bucket is open; NaN on both sides when only its name is known.
        public var lower: Double
        public var upper: Double
        /// As the series is named. Painters write the bound that `naming` says, in the unit, where it is a number.
        public var name: String
        public init(lower: Double, upper: Double, name: String) {
            self.lower = lower
            self.upper = upper
            self.name = name
        }
    }
    /// Which bound a bucket is called by.
    public enum Naming: Hashable, Sendable { case upper, lower, name }

    /// Lowest first.
    public var buckets: [Bucket]
    public var naming: Naming
    /// When each column begins, ascending; it lasts for `width`.
    public var columns: [Timestamp]
    public var width: Milliseconds
    /// Bucket by bucket, `columns.count` each; NaN where nothing is known.
    public var counts: [Double]
    /// Unit and decimals of the bounds.
    public var configuration: FieldConfiguration
    /// How many events a minute one count stands for; nil where counts are no events, or of an unknown length of time.
    public var perMinute: Double?

    public init(
        buckets: [Bucket], naming: Naming, columns: [Timestamp], width: Milliseconds, counts: [Double],
        configuration: FieldConfiguration = FieldConfiguration()
    ) {
        self.buckets = buckets
        self.naming = naming
        self.columns = columns
        self.width = width
        self.counts = counts
        self.configuration = configuration
    }

    /// Of a picture; more are joined, neighbour by neighbour.
    public static let bucketsMax = 1000

    /// What was counted in each bucket over all columns.
    public var totals: [Double] {
        var totals = Array(repeating: 0.0, count: buckets.count)
        guard !columns.isEmpty else { return totals }
        for (place, count) in counts.enumerated() where count.isFinite {
            let bucket = place / columns.count
            if bucket < totals.count { totals[bucket] += count }
        }
        return totals
    }
}

/// How often values lie in each of several ranges.
public struct HistogramData: Sendable {
    public struct Series: Sendable {
        public var name: String
        public var color: RGB
        /// One for each range.
        public var counts: [Double]
        public var configuration: FieldConfiguration
        /// Of the values themselves: one for each of the legend's calculations.
        public var reduced: [Double?]
        public init(
            name: String, color: RGB, counts: [Double], configuration: FieldConfiguration, reduced: [Double?] = []
        ) {
            self.name = name
            self.color = color
            self.counts = counts
            self.configuration = configuration
            self.reduced = reduced
        }
    }
    /// Where the ranges begin, ascending, and the end of the last one: one more than there are ranges.
    public var bounds: [Double]
    public var series: [Series]

    public init(bounds: [Double], series: [Series]) {
        self.bounds = bounds
        self.series = series
    }

    public var rangeCount: Int { max(0, bounds.count - 1) }
}
