// A heatmap's counts brought to the cells of a plot: one value for each column and row of half or whole cells.
// Comes after HeatmapData; HeatmapPainter colours what is left.

import Dashboards
import MetricModel

struct HeatmapGrid {
    /// Neighbouring buckets that share a row: places in the data, lowest first, and the rows from the bottom they take.
    struct Group {
        var buckets: Range<Int>
        var rows: Range<Int>
    }
    let columnCount: Int
    private(set) var groups: [Group] = []
    /// By group and column; NaN where nothing is known or nothing is to be drawn.
    private var values: [Double] = []
    /// By row from the bottom: its group; nil above the last one.
    private var groupOfRow: [Int?] = []
    /// Of what is drawn; nil when nothing is.
    private(set) var extent: (least: Double, most: Double)?

    /// - `rowCount`: rows of the picture, two a cell where a cell has two colours.
    init(_ data: HeatmapData, _ options: HeatmapOptions, columnCount: Int, rowCount: Int, _ span: TimeSpan) {
        self.columnCount = max(0, columnCount)
        let shown = data.buckets.indices.filter { Self.isShown(data.buckets[$0], options) }
        guard let first = shown.first, let last = shown.last, columnCount > 0, rowCount > 0 else { return }
        makeGroups(first..<(last + 1), rowCount: rowCount, isReversed: options.isReversed)
        sum(data, options, span)
    }

    func value(_ group: Int, _ column: Int) -> Double {
        let place = group * columnCount + column
        return column >= 0 && column < columnCount && place >= 0 && place < values.count ? values[place] : .nan
    }

    /// Rows count from the bottom.
    func value(row: Int, column: Int) -> Double {
        guard row >= 0, row < groupOfRow.count, let group = groupOfRow[row] else { return .nan }
        return value(group, column)
    }

    private static func isShown(_ bucket: HeatmapData.Bucket, _ options: HeatmapOptions) -> Bool {
        if let min = options.axisMin, bucket.upper <= min, bucket.lower < min { return false }
        if let max = options.axisMax, bucket.lower >= max { return false }
        return true
    }

    /// As many buckets a row as are needed, the same for each; the rows of the picture are shared out among them.
    private mutating func makeGroups(_ buckets: Range<Int>, rowCount: Int, isReversed: Bool) {
        let joined = (buckets.count + rowCount - 1) / rowCount
        let count = (buckets.count + joined - 1) / joined
        groupOfRow = Array(repeating: nil, count: rowCount)
        for place in 0..<count {
            let position = isReversed ? count - 1 - place : place
            let rows = position * rowCount / count..<(position + 1) * rowCount / count
            let lower = buckets.lowerBound + place * joined
            groups.append(Group(buckets: lower..<min(lower + joined, buckets.upperBound), rows: rows))
            for row in rows { groupOfRow[row] = place }
        }
    }

    /// Mean over time, so that columns of more samples are no brighter, and sum over buckets.
    private mutating func sum(_ data: HeatmapData, _ options: HeatmapOptions, _ span: TimeSpan) {
        values = Array(repeating: .nan, count: groups.count * columnCount)
        let sources = Self.sources(data, columnCount, span)
        let stride = data.columns.count
        for (place, group) in groups.enumerated() {
            for bucket in group.buckets where (bucket + 1) * stride <= data.counts.count {
                for column in 0..<columnCount {
                    var (sum, known) = (0.0, 0)
                    for source in sources[column] {
                        let count = data.counts[bucket * stride + source]
                        guard count.isFinite else { continue }
                        sum += count
                        known += 1
                    }
                    guard known > 0, sum.isFinite else { continue }
                    let old = values[place * columnCount + column]
                    let mean = sum / Double(known)
                    values[place * columnCount + column] = old.isNaN ? mean : old + mean
                }
            }
        }
        for place in values.indices where !values[place].isNaN {
            let value = values[place]
            if !value.isFinite || value <= options.hidesUpTo || options.hidesFrom.map({ value >= $0 }) ?? false {
                values[place] = .nan
                continue
            }
            extent = (min(extent?.least ?? value, value), max(extent?.most ?? value, value))
        }
    }

    /// For each column those of the data whose middle lies in it, or else the one that covers its own middle.
    private static func sources(_ data: HeatmapData, _ count: Int, _ span: TimeSpan) -> [Range<Int>] {
        let width = Double(max(1, data.width.count))
        func start(_ place: Int) -> Double { Double(data.columns[place].milliseconds) - Double(span.start) }
        var (first, covering) = (0, 0)
        return (0..<count).map { column in
            let (from, to) = (
                span.length * Double(column) / Double(count), span.length * Double(column + 1) / Double(count)
            )
            while first < data.columns.count, start(first) + width / 2 < from { first += 1 }
            var last = first
            while last < data.columns.count, start(last) + width / 2 < to { last += 1 }
            if last > first { return first..<last }
            let middle = (from + to) / 2
            while covering < data.columns.count, start(covering) + width <= middle { covering += 1 }
            guard covering < data.columns.count, start(covering) <= middle else { return 0..<0 }
            return covering..<covering + 1
        }
    }
}
