// The groups of an aggregation, and positions by label set.
// Made by Aggregations once for all steps; the aggregations then work with small numbers.

import MetricModel

/// Which group each input series belongs to.
struct Grouping {
    var groupOfSeries: [Int]
    var labels: [LabelSet]
    /// By group: the number of input series.
    var sizes: [Int]
    /// By group: room of its labels.
    var labelCells: [Int32] = []
    var count: Int { labels.count }

    /// Series by group, in their order.
    struct Members {
        fileprivate var order: [Int]
        fileprivate var starts: [Int]

        func of(_ group: Int) -> ArraySlice<Int> { order[starts[group]..<starts[group + 1]] }
    }

    var members: Members {
        var starts = [0]
        starts.reserveCapacity(count + 1)
        for size in sizes { starts.append(starts[starts.count - 1] + size) }
        var next = starts
        var order = [Int](repeating: 0, count: groupOfSeries.count)
        for (index, group) in groupOfSeries.enumerated() {
            order[next[group]] = index
            next[group] += 1
        }
        return Members(order: order, starts: starts)
    }
}

/// Positions by label set, in many small tables: one that has to grow does not hold up the query, as a single one of
/// millions would.
struct LabelPositions {
    private var tables = [[LabelSet: Int]](repeating: [:], count: 256)

    subscript(labels: LabelSet) -> Int? {
        get { tables[labels.hashValue & 255][labels] }
        set { tables[labels.hashValue & 255][labels] = newValue }
    }
}
