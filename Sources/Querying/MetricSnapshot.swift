// What a source has at one moment: its series with values and rates, and what it says of its metrics.
// One side of a comparison; made from the samples of a window that ends then.

import MetricModel

package struct MetricSnapshot: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        package var labels: LabelSet
        /// The newest; of a native histogram its count.
        package var value: Double
        /// Increase a second within the window, resets left out of it; nil with fewer than two samples.
        package var rate: Double?

        package init(labels: LabelSet, value: Double, rate: Double? = nil) {
            self.labels = labels
            self.value = value
            self.rate = rate
        }
    }

    package var entries: [Entry]
    /// By the name of the family.
    package var metadata: [String: Metadata]

    package init(entries: [Entry] = [], metadata: [String: Metadata] = [:]) {
        self.entries = entries
        self.metadata = metadata
    }

    /// Of a range selector's answer. Series that ended before the window's end are not there any more.
    package init(_ series: [Series], metadata: [String: Metadata] = [:]) {
        self.metadata = metadata
        entries = series.compactMap { series in
            let values = (0..<series.samples.count).map { index in
                switch series.samples[index] {
                case .float(let number): number
                case .histogram(let histogram): histogram.count
                }
            }
            guard let first = series.timestamps.first, let last = series.timestamps.last, let newest = values.last
            else { return nil }
            let seconds = (last - first).seconds
            // What falls was reset, and has risen from zero since.
            let increase = zip(values, values.dropFirst()).reduce(0) { $0 + ($1.1 >= $1.0 ? $1.1 - $1.0 : $1.1) }
            return Entry(labels: series.labels, value: newest, rate: seconds > 0 ? increase / seconds : nil)
        }
    }

    /// Metadata of a sample's metric, whose name may have the ending of a histogram's or a counter's part.
    package func metadata(of metric: String) -> (family: String, metadata: Metadata)? {
        if let found = metadata[metric] { return (metric, found) }
        for ending in ["_bucket", "_count", "_sum", "_total", "_created", "_info"] where metric.hasSuffix(ending) {
            let family = String(metric.dropLast(ending.count))
            if let found = metadata[family] { return (family, found) }
        }
        return nil
    }

    /// Whether a metric only grows: by its type, else by its name.
    package func isCounter(_ metric: String) -> Bool {
        if let (family, found) = metadata(of: metric), found.kind != .unknown {
            switch found.kind {
            case .counter: return true
            case .histogram, .summary: return family != metric || found.kind == .histogram
            case .gauge, .gaugehistogram, .info, .stateset, .unknown: return false
            }
        }
        return ["_total", "_count", "_sum", "_bucket"].contains { metric.hasSuffix($0) }
    }
}
