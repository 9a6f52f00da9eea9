// The groups of an aggregation, and positions by label set.
// Made by Aggregations once for all steps; the aggregations then work with small numbers.

import MetricModel
import Querying

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

/// Positions by label set, in many small tables once they are many: one that has to grow, or is given back, does not
/// hold up the query as a single one of millions would.
struct LabelPositions {
    /// The only one as long as it is small.
    private var first: [LabelSet: Int] = [:]
    private var others: [[LabelSet: Int]] = []
    private static let firstMax = 1 << 12
    private static let othersCount = 256

    init(expecting count: Int = 0) { first.reserveCapacity(min(count, Self.firstMax)) }

    subscript(labels: LabelSet) -> Int? {
        if let position = first[labels] { return position }
        return others.isEmpty ? nil : others[labels.hashValue & (Self.othersCount - 1)][labels]
    }

    /// `labels` must not have a position yet.
    mutating func insert(_ labels: LabelSet, _ position: Int) {
        if first.count < Self.firstMax {
            first[labels] = position
            return
        }
        if others.isEmpty { others = [[LabelSet: Int]](repeating: [:], count: Self.othersCount) }
        others[labels.hashValue & (Self.othersCount - 1)][labels] = position
    }

    /// Gives the tables back one by one.
    mutating func letGo(_ evaluator: Evaluator) throws(QueryFailure) {
        first = [:]
        for table in others.indices {
            try evaluator.work(20 * others[table].count)
            others[table] = [:]
        }
        others = []
    }
}
