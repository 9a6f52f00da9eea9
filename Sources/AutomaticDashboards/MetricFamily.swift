// One family of metrics as it is known before anything is drawn: type, help, unit, labels and newest values.
// Made by MetricSurvey; the drafting of panels reads nothing else.

import MetricModel

/// One series of a family: its labels without the name, `le` and `quantile`, and its newest value.
package struct SurveyedSeries: Hashable, Sendable {
    package var labels: LabelSet
    /// Of a histogram or summary: how often something was observed.
    package var value: Double
    package init(labels: LabelSet, value: Double) {
        self.labels = labels
        self.value = value
    }
}

/// A label of a family with the share that each of its values has of the whole.
package struct LabelShape: Hashable, Sendable {
    package var name: String
    /// By value: share of the sum of the newest values, or of the number of series where that sum is not positive.
    /// Together 1.
    package var shares: [String: Double]
    package init(name: String, shares: [String: Double]) {
        self.name = name
        self.shares = shares
    }
    package var valueCount: Int { shares.count }
}

package struct MetricFamily: Sendable {
    package enum Kind: Hashable, Sendable {
        case counter, gauge, info
        case classicHistogram
        case nativeHistogram
        /// With quantiles of its own, or only a sum and a count.
        case summary(hasQuantiles: Bool)
        /// One of several states holds, a series for each, 1 for the one that does; the label names the state.
        case states(label: String)
        /// 0 or 1 a series.
        case flags
    }

    /// Without `_total`, `_bucket` and their like where a type says so.
    package var name: String
    /// What the series are called: `x_total` of a counter in OpenMetrics; of a histogram the family.
    package var metric: String
    package var kind: Kind
    package var help: String
    package var unit: String
    /// Empty: nothing but the name is known.
    package var series: [SurveyedSeries]
    /// Sorted by name; `job` and `instance` among them.
    package var labels: [LabelShape]
    /// Buckets beside each other, `+Inf` counted: of a classic histogram.
    package var bucketCount = 0
    /// The highest bound that is a number.
    package var boundMost: Double?
    /// Of a summary.
    package var quantiles: [String] = []

    /// Words of the name, in order; never empty.
    package var words: [String]

    package init(
        name: String, metric: String? = nil, kind: Kind, help: String = "", unit: String = "",
        series: [SurveyedSeries] = []
    ) {
        self.name = name
        self.metric = metric ?? name
        self.kind = kind
        self.help = help
        self.unit = unit
        self.series = series
        labels = Self.shapes(of: series)
        let found = Wording.words(of: name)
        words = found.isEmpty ? ["metric"] : found
    }

    /// Series that are looked at for the shape of labels.
    static let shapedSeriesMax = 4000

    private static func shapes(of series: [SurveyedSeries]) -> [LabelShape] {
        let looked = series.prefix(shapedSeriesMax)
        var sums: [String: [String: (count: Double, sum: Double)]] = [:]
        for one in looked {
            let value = one.value.isFinite ? max(0, one.value) : 0
            for label in one.labels.labels {
                var entry = sums[label.name, default: [:]][label.value, default: (0, 0)]
                entry.count += 1
                entry.sum += value
                sums[label.name, default: [:]][label.value] = entry
            }
        }
        let all = looked.reduce(0.0) { $0 + ($1.value.isFinite ? max(0, $1.value) : 0) }
        return sums.map { name, values in
            var values = values
            let counted = values.values.reduce(0) { $0 + $1.count }
            if counted < Double(looked.count) {
                // Series without the label are a value of their own.
                values[""] = (Double(looked.count) - counted, max(0, all - values.values.reduce(0) { $0 + $1.sum }))
            }
            let isBySum = all > 0 && all.isFinite
            return LabelShape(
                name: name,
                shares: values.mapValues { isBySum ? $0.sum / all : $0.count / Double(max(1, looked.count)) })
        }.sorted { $0.name.isBefore($1.name) }
    }

    // MARK: What the newest values say

    /// Nothing was counted or measured so far.
    package var isQuiet: Bool { !series.isEmpty && series.allSatisfy { $0.value == 0 || $0.value.isNaN } }

    package var largest: Double { series.map(\.value).filter(\.isFinite).max() ?? 0 }

    package var total: Double { series.reduce(0) { $0 + ($1.value.isFinite ? $1.value : 0) } }

    /// Labels that tell series apart.
    package var varying: [LabelShape] { labels.filter { $0.valueCount > 1 } }

    /// The fewest labels that tell all series apart, as a greedy search finds them: the label of most values first,
    /// of two like that the one that people read.
    package func tellingLabels() -> [String] {
        var candidates = varying
        guard !candidates.isEmpty else { return [] }
        let looked = series.prefix(Self.shapedSeriesMax)
        var classes = [Int](repeating: 0, count: looked.count)
        var classCount = 1
        var chosen: [String] = []
        while classCount < looked.count, chosen.count < 4, !candidates.isEmpty {
            var best: (place: Int, classes: [Int], count: Int, rank: Double)?
            for (place, candidate) in candidates.enumerated() {
                var numbers: [ClassKey: Int] = [:]
                let refined = looked.enumerated().map { index, one in
                    let key = ClassKey(before: classes[index], value: one.labels[candidate.name] ?? "")
                    if let number = numbers[key] { return number }
                    numbers[key] = numbers.count
                    return numbers.count - 1
                }
                let rank = LabelSplit.meaning(of: candidate.name)
                if best.map({ numbers.count > $0.count || numbers.count == $0.count && rank > $0.rank }) ?? true {
                    best = (place, refined, numbers.count, rank)
                }
            }
            guard let best, best.count > classCount else { break }
            chosen.append(candidates[best.place].name)
            candidates.remove(at: best.place)
            classes = best.classes
            classCount = best.count
        }
        return chosen
    }

    private struct ClassKey: Hashable {
        var before: Int
        var value: String
    }
}
