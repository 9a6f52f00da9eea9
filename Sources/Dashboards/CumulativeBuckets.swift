// Prometheus' buckets count everything up to their bound; what lies between two bounds is the difference.
// Called by FrameBuilder for queries in Grafana's format `heatmap`. Source: grafana-prometheus, result_transformer.ts.

import MetricModel

enum CumulativeBuckets {
    /// Rows in order of their `le`, each with what its bucket alone counts. Rows that share all other labels are one
    /// histogram; those without a bound stay as they are, behind the others.
    ///
    /// A sample is less by that of the next lower bound at the same time, never below zero: two bounds of one scrape may
    /// be a sample apart.
    static func separated(_ rows: [FrameBuilder.Row]) -> [FrameBuilder.Row] {
        let bounds = rows.map { $0.labels["le"].flatMap(BucketBound.parse) }
        guard bounds.contains(where: { $0 != nil }) else { return rows }
        let order = rows.indices.sorted { left, right in
            let (one, other) = (bounds[left] ?? .infinity, bounds[right] ?? .infinity)
            if one != other { return one < other }
            if (bounds[left] == nil) != (bounds[right] == nil) { return bounds[left] != nil }
            return left < right
        }
        var below: [LabelSet: FrameBuilder.Row] = [:]
        return order.map { index in
            guard bounds[index] != nil else { return rows[index] }
            let key = rows[index].labels.without(["le"])
            let (alone, upTo) = difference(rows[index], below[key])
            below[key] = upTo
            return alone
        }
    }

    /// What `row` has more than `below`, and the newest count up to this bound at every moment that either knows.
    private static func difference(
        _ row: FrameBuilder.Row, _ below: FrameBuilder.Row?
    ) -> (alone: FrameBuilder.Row, upTo: FrameBuilder.Row) {
        guard let below else { return (row, row) }
        var alone = row
        var upTo = row
        upTo.timestamps = []
        upTo.values = []
        upTo.timestamps.reserveCapacity(row.timestamps.count)
        upTo.values.reserveCapacity(row.timestamps.count)
        var lower = 0
        func passLower() {
            upTo.timestamps.append(below.timestamps[lower])
            upTo.values.append(below.values[lower])
            lower += 1
        }
        for index in row.timestamps.indices {
            let time = row.timestamps[index]
            while lower < below.timestamps.count, below.timestamps[lower] < time { passLower() }
            var value = row.values[index]
            if lower < below.timestamps.count, below.timestamps[lower] == time {
                let less = below.values[lower]
                lower += 1
                if value.isNaN {
                    value = less
                } else if !less.isNaN {
                    alone.values[index] = max(0, value - less)
                }
            }
            upTo.timestamps.append(time)
            upTo.values.append(value)
        }
        while lower < below.timestamps.count { passLower() }
        return (alone, upTo)
    }
}
