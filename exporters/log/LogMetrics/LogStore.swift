// The metrics that lines have made so far: families, their series, and the limits on them.
// Written by LineReader, read at each scrape; its owner guards it.

import Exposition
import MetricModel

/// One family as it is written on the page.
package struct LogFamily: Hashable, Sendable {
    package struct Sample: Hashable, Sendable {
        /// `_bucket`, `_sum`, `_count`, or empty.
        package var suffix: String
        package var labels: [Label]
        package var value: Double

        package init(suffix: String = "", labels: [Label], value: Double) {
            self.suffix = suffix
            self.labels = labels
            self.value = value
        }
    }
    package var name: String
    package var kind: Metadata.Kind
    package var help: String
    package var unit: String
    package var samples: [Sample]

    package init(name: String, kind: Metadata.Kind, help: String, unit: String = "", samples: [Sample] = []) {
        self.name = name
        self.kind = kind
        self.help = help
        self.unit = unit
        self.samples = samples
    }
}

package struct LogStore: Sendable {
    /// Stands for every value of a captured label beyond `labels_max` combinations.
    package static let otherValue = "other"

    struct Series: Sendable {
        var labels: LabelSet
        /// Of a counter or gauge; of a histogram the sum.
        var value = 0.0
        /// One for each bound and one for infinity, not cumulated; empty but for histograms.
        var buckets: [Double] = []
    }

    struct Family: Sendable {
        var metric: LogMetric
        var series: [Series] = []
        var places: [LabelSet: Int] = [:]
        /// Updates that went to the series of `other`.
        var overLimitCount = 0.0
        /// Values that are no number, or not one for this kind.
        var valueErrorCount = 0.0
    }

    private(set) var families: [Family] = []
    private var places: [String: Int] = [:]

    package init() {}

    /// The family of a metric. Metrics of one name are one family; the configuration has seen to it that they agree.
    mutating func family(_ metric: LogMetric) -> Int {
        if let place = places[metric.name] {
            families[place].metric.labelsMax = max(families[place].metric.labelsMax, metric.labelsMax)
            return place
        }
        places[metric.name] = families.count
        families.append(Family(metric: metric))
        return families.count - 1
    }

    /// The series of `fixed` and `captured` labels, made when it is new; that of `other` where there are too many.
    mutating func series(family: Int, fixed: [Label], captured: [Label]) -> (place: Int, isOther: Bool) {
        let labels = LabelSet(fixed + captured)
        if let place = families[family].places[labels] { return (place, false) }
        guard !captured.isEmpty, families[family].series.count >= families[family].metric.labelsMax else {
            return (add(labels, to: family), false)
        }
        let other = LabelSet(fixed + captured.map { Label($0.name, Self.otherValue) })
        return (families[family].places[other] ?? add(other, to: family), true)
    }

    private mutating func add(_ labels: LabelSet, to family: Int) -> Int {
        let isHistogram = families[family].metric.kind == .histogram
        let bucketCount = isHistogram ? families[family].metric.buckets.count + 1 : 0
        let place = families[family].series.count
        families[family].series.append(Series(labels: labels, buckets: Array(repeating: 0, count: bucketCount)))
        families[family].places[labels] = place
        return place
    }

    mutating func countOverLimit(_ family: Int) { families[family].overLimitCount += 1 }
    mutating func countValueError(_ family: Int) { families[family].valueErrorCount += 1 }

    mutating func apply(_ value: Double, _ operation: LogMetric.Operation, family: Int, series: Int) {
        switch families[family].metric.kind {
        case .counter: families[family].series[series].value += value
        case .gauge:
            switch operation {
            case .set: families[family].series[series].value = value
            case .add: families[family].series[series].value += value
            case .subtract: families[family].series[series].value -= value
            }
        case .histogram:
            let bounds = families[family].metric.buckets
            let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
            families[family].series[series].value += value
            families[family].series[series].buckets[bucket] += 1
        }
    }

    // MARK: Reading

    /// All families, those without series too: their names are known.
    package func snapshot() -> [LogFamily] {
        families.map { family in
            let metric = family.metric
            let kind: Metadata.Kind =
                switch metric.kind {
                case .counter: .counter
                case .gauge: .gauge
                case .histogram: .histogram
                }
            var result = LogFamily(name: metric.name, kind: kind, help: metric.help, unit: metric.unit)
            for series in family.series {
                guard metric.kind == .histogram else {
                    result.samples.append(.init(labels: series.labels.labels, value: series.value))
                    continue
                }
                result.samples += Self.samples(of: series, bounds: metric.buckets)
            }
            return result
        } + ownFamilies()
    }

    private static func samples(of series: Series, bounds: [Double]) -> [LogFamily.Sample] {
        var samples: [LogFamily.Sample] = []
        var sum = 0.0
        for (index, count) in series.buckets.enumerated() {
            sum += count
            let bound = index < bounds.count ? bounds[index] : .infinity
            samples.append(
                .init(
                    suffix: "_bucket", labels: series.labels.labels + [Label("le", GoFloat.openMetrics(bound))],
                    value: sum))
        }
        samples.append(.init(suffix: "_sum", labels: series.labels.labels, value: series.value))
        samples.append(.init(suffix: "_count", labels: series.labels.labels, value: sum))
        return samples
    }

    /// What the exporter says of its own metrics.
    private func ownFamilies() -> [LogFamily] {
        func family(
            _ name: String, _ kind: Metadata.Kind, _ help: String, _ value: (Family) -> Double
        ) -> LogFamily {
            LogFamily(
                name: Self.ownPrefix + name, kind: kind, help: help,
                samples: families.map {
                    .init(labels: [Label("metric", $0.metric.name)], value: value($0))
                })
        }
        return [
            family("series", .gauge, "Series that a metric has.") { Double($0.series.count) },
            family("labels_over_limit_total", .counter, "Updates that went to the series `other`: labels_max.") {
                $0.overLimitCount
            },
            family("value_errors_total", .counter, "Values that are no number, or none for the metric's type.") {
                $0.valueErrorCount
            },
        ]
    }

    /// Of the exporter's own metrics; no metric of a configuration begins with it.
    package static let ownPrefix = "ferula_log_"
}

extension [LogFamily] {
    /// As text 0.0.4, sorted by name.
    package func text(_ format: ExpositionFormat = .text) -> [UInt8] {
        var writer = ExpositionWriter(format)
        for family in sorted(by: { $0.name.isBefore($1.name) }) {
            writer.family(family.name, Metadata(kind: family.kind, help: family.help, unit: family.unit))
            let name = Label(LabelSet.metricNameLabel, family.name)
            for sample in family.samples {
                writer.sample(LabelSet([name] + sample.labels), suffix: sample.suffix, sample.value)
            }
        }
        writer.finish()
        return writer.bytes
    }
}
