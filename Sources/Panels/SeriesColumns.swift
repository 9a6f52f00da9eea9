// A series as one value a column: what areas, stacks, bars and sparklines are drawn from.
// Comes after PanelData; lines are drawn from the samples themselves.

import Dashboards
import MetricModel

/// Where the range lies and how time becomes a column.
struct TimeSpan {
    var start: Int64
    /// Positive, in milliseconds, as a Double: ranges may be absurd.
    var length: Double

    init(_ start: Timestamp, _ end: Timestamp) {
        self.start = start.milliseconds
        let distance = Double(end.milliseconds) - Double(start.milliseconds)
        length = distance > 0 ? distance : 1
    }

    /// 0 at the start, 1 at the end; kept within -1...2.
    func share(_ time: Timestamp) -> Double {
        max(-1, min(2, (Double(time.milliseconds) - Double(start)) / length))
    }

    func column(_ time: Timestamp, of count: Int) -> Int {
        nearest(share(time) * Double(max(1, count) - 1))
    }
}

/// As `rounded()`, which is a call on some machines.
func nearest(_ value: Double) -> Int { Int(value < 0 ? value - 0.5 : value + 0.5) }

extension DataField {
    /// Whether the samples at `index - 1` and `index` are joined by a line.
    func isJoined(_ index: Int) -> Bool {
        let (distance, overflow) = timestamps[index].milliseconds.subtractingReportingOverflow(
            timestamps[index - 1].milliseconds)
        return !overflow && isJoined(over: distance)
    }

    /// Half a step more than a step; steps may be absurd.
    private var gapLimit: Int64 {
        let step = max(1, min(step.count, Int64.max / 4))
        return step + step / 2
    }

    func isJoined(over distance: Int64) -> Bool {
        switch configuration.graph.spanNulls {
        case .always: return true
        case .shorterThan(let limit): return distance < limit || distance <= gapLimit
        case .never: return step.count <= 0 || distance <= gapLimit
        }
    }

    /// Samples both sides have; a caller may have given fewer values than times.
    var sampleCount: Int { min(timestamps.count, values.count) }

    enum ColumnRule { case mean, maximum, last }

    /// One value for each of `count` columns, NaN where there is nothing. Columns between joined samples are
    /// interpolated, or hold the earlier sample when `holds`.
    func columns(_ count: Int, _ span: TimeSpan, rule: ColumnRule, holds: Bool = false) -> [Double] {
        guard count > 0 else { return [] }
        var result = Array(repeating: Double.nan, count: count)
        var weights = Array(repeating: 0.0, count: rule == .mean ? count : 0)
        var previous = -1
        var previousColumn = 0
        let sign = configuration.graph.isNegativeY ? -1.0 : 1.0
        for index in 0..<sampleCount {
            let value = values[index] * sign
            guard value.isFinite else { continue }
            let column = span.column(timestamps[index], of: count)
            if previous >= 0, column - previousColumn > 1 {
                let (distance, overflow) = timestamps[index].milliseconds.subtractingReportingOverflow(
                    timestamps[previous].milliseconds)
                if !overflow, isJoined(over: distance) {
                    Self.bridge(&result, previousColumn, values[previous] * sign, column, value, holds)
                }
            }
            previous = index
            previousColumn = column
            guard column >= 0, column < count else { continue }
            let old = result[column]
            switch rule {
            case .last: result[column] = value
            case .maximum: result[column] = old.isNaN || abs(value) > abs(old) ? value : old
            case .mean:
                result[column] = weights[column] == 0 ? value : old + (value - old) / (weights[column] + 1)
                weights[column] += 1
            }
        }
        if holds, previous >= 0 { holdLast(&result, previous, span, sign) }
        return result
    }

    private static func bridge(
        _ result: inout [Double], _ first: Int, _ low: Double, _ last: Int, _ high: Double, _ holds: Bool
    ) {
        for column in max(0, first + 1)..<max(0, first + 1, min(last, result.count)) {
            let share = Double(column - first) / Double(last - first)
            result[column] = holds ? low : low + (high - low) * share
        }
    }

    /// A bar as wide as the step follows the last sample too.
    private func holdLast(_ result: inout [Double], _ index: Int, _ span: TimeSpan, _ sign: Double) {
        let first = span.column(timestamps[index], of: result.count)
        let last = span.column(timestamps[index] + step, of: result.count)
        guard last - first > 1, first + 1 < result.count else { return }
        for column in max(0, first + 1)..<max(0, first + 1, min(last, result.count)) where result[column].isNaN {
            result[column] = values[index] * sign
        }
    }

    /// Least and greatest finite value, after negative-Y.
    var extent: (Double, Double)? {
        var least = Double.infinity
        var most = -Double.infinity
        for value in values where value.isFinite {
            if value < least { least = value }
            if value > most { most = value }
        }
        guard least <= most else { return nil }
        return configuration.graph.isNegativeY ? (-most, -least) : (least, most)
    }

    var lastFinite: Double? { values.last { $0.isFinite } }

    /// The value at `time`: that of the newest sample not after it, when it is not farther than a gap.
    func value(at time: Timestamp) -> Double? {
        var low = 0
        var high = sampleCount
        while low < high {
            let middle = (low + high) / 2
            if timestamps[middle] <= time { low = middle + 1 } else { high = middle }
        }
        guard low > 0, (time - timestamps[low - 1]).count <= gapLimit else { return nil }
        return values[low - 1]
    }
}
