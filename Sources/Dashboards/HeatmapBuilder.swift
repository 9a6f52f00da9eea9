// Frames and native histograms to counts by time and bucket.
// Part of PanelDataBuilder. Source: grafana, features/transformers/calculateHeatmap/heatmap.ts.

import MetricModel
import Querying

struct HeatmapBuilder {
    let options: HeatmapOptions
    let configuration: FieldConfiguration
    let range: TimeRange

    /// Series that are buckets, or values that are counted into buckets of our own.
    func build(_ frames: [DataFrame]) -> HeatmapData {
        options.calculates ? calculated(frames) : bounded(rows(frames))
    }

    private var nothing: HeatmapData {
        HeatmapData(
            buckets: [], naming: .name, columns: [], width: .seconds(1), counts: [], configuration: configuration)
    }

    // MARK: Series as buckets

    /// One bucket: its bound when it is a number, and a count for each moment.
    struct Row {
        var bound: Double?
        var name: String
        var times: [Timestamp]
        var values: [Double]
        var step: Milliseconds
    }

    private func rows(_ frames: [DataFrame]) -> [Row] {
        var rows: [Row] = []
        for frame in frames {
            let time = frame.timeField?.cells ?? []
            for column in frame.fields where column.kind == .number {
                var row = Row(
                    bound: BucketBound.parse(column.shownName) ?? column.labels["le"].flatMap(BucketBound.parse),
                    name: column.shownName, times: [], values: [], step: column.step)
                for (place, cell) in column.cells.enumerated() {
                    guard let number = cell.number else { continue }
                    var at = range.end
                    if place < time.count, case .time(let found) = time[place] { at = found }
                    // Times must ascend; a table of labels has one time for all its rows.
                    if let last = row.times.last, at <= last { continue }
                    row.times.append(at)
                    row.values.append(number)
                }
                rows.append(row)
            }
        }
        return rows
    }

    /// Rows of one bound are one bucket. Bounds ascend when all are numbers; otherwise the order is the queries'.
    private func bounded(_ rows: [Row]) -> HeatmapData {
        guard !rows.isEmpty else { return nothing }
        let isNumeric = rows.allSatisfy { $0.bound != nil }
        var places: [Int] = []
        var heads: [Row] = []
        if isNumeric {
            let bounds = Set(rows.compactMap(\.bound)).sorted()
            let rank = Dictionary(bounds.enumerated().map { ($0.element, $0.offset) }) { first, _ in first }
            heads = bounds.map { Row(bound: $0, name: "", times: [], values: [], step: .zero) }
            for row in rows {
                let place = rank[row.bound ?? 0] ?? 0
                places.append(place)
                heads[place].name = row.name
            }
        } else {
            var known: [String: Int] = [:]
            for row in rows {
                let place = known[row.name] ?? heads.count
                if place == heads.count {
                    known[row.name] = place
                    heads.append(row)
                }
                places.append(place)
            }
        }
        let naming: HeatmapData.Naming =
            !isNumeric || options.layout == .unknown ? .name : options.layout == .lower ? .lower : .upper
        let buckets = heads.indices.map { place in
            bucket(
                heads[place], below: place > 0 ? heads[place - 1].bound : nil,
                above: place + 1 < heads.count ? heads[place + 1].bound : nil, naming)
        }
        return table(rows, places, buckets, naming)
    }

    private func bucket(_ row: Row, below: Double?, above: Double?, _ naming: HeatmapData.Naming) -> HeatmapData.Bucket
    {
        guard let bound = row.bound else { return HeatmapData.Bucket(lower: .nan, upper: .nan, name: row.name) }
        switch naming {
        case .upper: return HeatmapData.Bucket(lower: below ?? -.infinity, upper: bound, name: row.name)
        case .lower: return HeatmapData.Bucket(lower: bound, upper: above ?? .infinity, name: row.name)
        case .name: return HeatmapData.Bucket(lower: bound, upper: bound, name: row.name)
        }
    }

    /// Rows as columns of counts. A sample stands for the step that ends with it.
    private func table(
        _ rows: [Row], _ places: [Int], _ buckets: [HeatmapData.Bucket], _ naming: HeatmapData.Naming
    ) -> HeatmapData {
        let joined = max(1, (buckets.count + HeatmapData.bucketsMax - 1) / HeatmapData.bucketsMax)
        var times: [Timestamp] = []
        for row in rows where row.times != times { times = merged(times, row.times) }
        let groups = stride(from: 0, to: buckets.count, by: joined).map { first in
            let last = min(first + joined, buckets.count) - 1
            return HeatmapData.Bucket(
                lower: buckets[first].lower, upper: buckets[last].upper,
                name: buckets[naming == .lower ? first : last].name)
        }
        var counts = Array(repeating: Double.nan, count: groups.count * times.count)
        for (row, place) in zip(rows, places) {
            let base = place / joined * times.count
            var column = 0
            for (time, value) in zip(row.times, row.values) where !value.isNaN {
                while column < times.count, times[column] < time { column += 1 }
                guard column < times.count else { break }
                let old = counts[base + column]
                counts[base + column] = old.isNaN ? value : old + value
            }
        }
        let step = rows.map(\.step).max() ?? .zero
        let width = step.count > 0 ? step : .seconds(1)
        return HeatmapData(
            buckets: groups, naming: naming, columns: times.map { $0 - width }, width: width, counts: counts,
            configuration: configuration)
    }

    private func merged(_ left: [Timestamp], _ right: [Timestamp]) -> [Timestamp] {
        if left.isEmpty { return right }
        var result: [Timestamp] = []
        result.reserveCapacity(left.count + right.count)
        var (i, j) = (0, 0)
        while i < left.count || j < right.count {
            if j == right.count || i < left.count && left[i] <= right[j] {
                if j < right.count, left[i] == right[j] { j += 1 }
                result.append(left[i])
                i += 1
            } else {
                result.append(right[j])
                j += 1
            }
        }
        return result
    }

    // MARK: Values into buckets

    private func calculated(_ frames: [DataFrame]) -> HeatmapData {
        let rows = rows(frames)
        var (least, most) = (Double.infinity, -Double.infinity)
        var (first, last) = (Timestamp.distantFuture, Timestamp.distantPast)
        let logBase = options.yBuckets.logBase
        func isCounted(_ value: Double) -> Bool {
            value.isFinite && value.magnitude < 1e300 && (logBase <= 1 || value > 0)
        }
        for row in rows {
            for (time, value) in zip(row.times, row.values) where isCounted(value) {
                least = min(least, value)
                most = max(most, value)
                first = min(first, time)
                last = max(last, time)
            }
        }
        guard least <= most else { return nothing }
        let step = rows.map(\.step).max() ?? .zero
        let grid = BucketGrid(options.yBuckets, least: least, most: most)
        let width = columnWidth(step)
        let start = floorDivide(first.milliseconds, width) * width
        let (distance, overflow) = last.milliseconds.subtractingReportingOverflow(start)
        guard !overflow else { return nothing }
        let columnCount = Int(distance / width) + 1
        guard columnCount <= PanelQueryPlan.pointsMax, grid.count > 0 else { return nothing }
        var counts = Array(repeating: 0.0, count: grid.count * columnCount)
        for row in rows {
            for (time, value) in zip(row.times, row.values) where isCounted(value) {
                let column = Int((time.milliseconds - start) / width)
                counts[grid.place(of: value) * columnCount + column] += 1
            }
        }
        let buckets = (0..<grid.count).map { place in
            let (lower, upper) = (grid.bound(place), grid.bound(place + 1))
            return HeatmapData.Bucket(lower: lower, upper: upper, name: numberText(lower))
        }
        return HeatmapData(
            buckets: buckets, naming: .lower,
            columns: (0..<columnCount).map { Timestamp(milliseconds: start + Int64($0) * width) },
            width: Milliseconds(width), counts: counts, configuration: configuration)
    }

    /// In whole steps, so that every column counts as many moments as its neighbour.
    private func columnWidth(_ step: Milliseconds) -> Int64 {
        let step = max(1, step.count)
        var wanted: Int64
        switch options.xBuckets.size {
        case .size(let size) where size >= 1 && size < 1e15: wanted = Int64(size)
        case .count(let count) where count >= 1: wanted = range.length.count / Int64(min(count, 10_000))
        case .size, .count, .automatic: wanted = range.length.count / 30
        }
        wanted = max(wanted, range.length.count / Int64(PanelQueryPlan.pointsMax - 2) + 1)
        return max(1, wanted / step) * step
    }
}

/// Bounds as Prometheus writes them.
enum BucketBound {
    static func parse(_ text: String) -> Double? {
        let text = text.trimmingSpaces
        guard let first = text.utf8.first, first != UInt8(ascii: "n"), first != UInt8(ascii: "N") else { return nil }
        guard let number = Double(text), !number.isNaN else { return nil }
        return number
    }
}
