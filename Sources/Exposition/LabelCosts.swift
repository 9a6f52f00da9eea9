// What metrics and labels cost: series and bytes of a page, and what would be left without one label.
// Counted after the linter, for `ferula check metrics --extended`.

import MetricModel

package struct LabelCost: Hashable, Sendable {
    package var name: String
    package var values: Int
    /// Series that would fall together with others if the label were dropped.
    package var seriesSaved: Int
    /// Bytes of the page that would go with them, and with the label in the lines that stay.
    package var bytesSaved: Int
}

package struct MetricCost: Hashable, Sendable {
    package var name: String
    package var series: Int
    /// Of the samples' lines.
    package var bytes: Int
    /// The costliest first.
    package var labels: [LabelCost]

    /// The metric with most series first.
    static func all(of families: [LintFamily]) -> [MetricCost] {
        families.map(cost).sorted { left, right in
            left.series == right.series ? left.name.isBefore(right.name) : left.series > right.series
        }
    }

    private struct Count {
        var values: Set<String> = []
        var remaining: Set<UInt64> = []
        var linesGone = 0
        var labelBytes = 0
    }

    /// Cost: series times labels. A series without one label is known by the sum of the hashes of its others: 64 bits, so
    /// that a million series collide about once in thirty million pages.
    private static func cost(_ family: LintFamily) -> MetricCost {
        var counts: [String: Count] = [:]
        let sums = family.samples.map { sample in
            sample.labels.labels.reduce(hash(sample.name)) { $0 &+ hash($1) }
        }
        for sample in family.samples { for label in sample.labels.labels { counts[label.name] = Count() } }
        for name in counts.keys.sorted() {
            var count = Count()
            for (sample, sum) in zip(family.samples, sums) {
                guard let value = sample.labels[name] else {
                    count.remaining.insert(sum)
                    continue
                }
                count.values.insert(value)
                if count.remaining.insert(sum &- hash(Label(name, value))).inserted {
                    // `name="value",`
                    count.labelBytes += name.utf8.count + value.utf8.count + 4
                } else {
                    count.linesGone += sample.range.count
                }
            }
            counts[name] = count
        }
        let labels = counts.map { name, count in
            LabelCost(
                name: name, values: count.values.count, seriesSaved: family.samples.count - count.remaining.count,
                bytesSaved: count.linesGone + count.labelBytes)
        }
        return MetricCost(
            name: family.name, series: family.samples.count,
            bytes: family.samples.reduce(0) { $0 + $1.range.count },
            labels: labels.sorted { left, right in
                if left.seriesSaved != right.seriesSaved { return left.seriesSaved > right.seriesSaved }
                return left.bytesSaved == right.bytesSaved
                    ? left.name.isBefore(right.name) : left.bytesSaved > right.bytesSaved
            })
    }

    private static func hash(_ value: some Hashable) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(value)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}
