// Stacked areas and bars in eighths of a cell; where two series meet within a cell, it has both colours.
// Called by Graph; the sums are made here.

import Dashboards
import Frames

/// Series of one stacking group, summed column by column. Values below zero stack downward.
struct GraphStack {
    var members: [GraphSeries]
    /// Sum up to and with each member, by member and column; NaN where it has no value.
    private var tops: [[Double]] = []
    private var bottoms: [[Double]] = []
    let isBars: Bool

    func top(_ member: Int, _ column: Int) -> Double { tops[member][column] }
    func bottom(_ member: Int, _ column: Int) -> Double { bottoms[member][column] }

    /// `filled`: only those that are, or only those that are not.
    static func all(
        _ series: [GraphSeries], columns: Int, _ span: TimeSpan, filled: Bool? = nil
    ) -> [GraphStack] {
        guard columns > 0 else { return [] }
        var groups: [(key: String, members: [GraphSeries])] = []
        for member in series where member.isStacked {
            let key = member.graph.stackingGroup + "\u{1}\(member.axis)"
            if let index = groups.firstIndex(where: { $0.key == key }) {
                groups[index].members.append(member)
            } else {
                groups.append((key, [member]))
            }
        }
        return groups.compactMap { group in
            if let filled, Self.isFilled(group.members) != filled { return nil }
            return GraphStack(group.members, columns, span)
        }
    }

    private static func isFilled(_ members: [GraphSeries]) -> Bool {
        members.contains { $0.graph.drawStyle == .bars || $0.graph.fillOpacity > 0 }
    }

    private init(_ members: [GraphSeries], _ columns: Int, _ span: TimeSpan) {
        self.members = members
        isBars = members.contains { $0.graph.drawStyle == .bars }
        let isPercent = members.contains { $0.graph.stacking == .percent }
        var up = Array(repeating: 0.0, count: columns)
        var down = up
        var values: [[Double]] = []
        var totals = up
        for member in members {
            let graph = member.graph
            let row = member.field.columns(
                columns, span, rule: isPercent ? .mean : .maximum,
                holds: graph.interpolation != .linear || graph.drawStyle == .bars)
            for (column, value) in row.enumerated() where value.isFinite { totals[column] += abs(value) }
            values.append(row)
        }
        for row in values {
            var top = row
            var bottom = row
            for column in 0..<columns where row[column].isFinite {
                var value = row[column]
                if isPercent { value = totals[column] > 0 ? value / totals[column] * 100 : 0 }
                if value >= 0 {
                    bottom[column] = up[column]
                    up[column] += value
                    top[column] = up[column]
                } else {
                    bottom[column] = down[column]
                    down[column] += value
                    top[column] = down[column]
                }
            }
            tops.append(top)
            bottoms.append(bottom)
        }
    }

    var extent: (Double, Double)? {
        var least = Double.infinity
        var most = -Double.infinity
        for row in tops {
            for value in row where value.isFinite {
                least = min(least, value)
                most = max(most, value)
            }
        }
        return least <= most ? (min(0, least), max(0, most)) : nil
    }

    /// A bar keeps a blank cell to its right-hand neighbour when there is room.
    mutating func leaveGaps(_ span: TimeSpan) {
        for (member, series) in members.enumerated() {
            for column in barGaps(series.field, tops[member].count, span) { tops[member][column] = .nan }
        }
    }
}

/// The columns before each bar, when bars are three or more cells wide.
func barGaps(_ field: DataField, _ columns: Int, _ span: TimeSpan) -> [Int] {
    guard Double(field.step.count) / span.length * Double(columns) >= 3 else { return [] }
    return field.timestamps.prefix(field.sampleCount).compactMap { time in
        let column = span.column(time, of: columns) - 1
        return column >= 0 && column < columns ? column : nil
    }
}

extension Graph {
    func drawStacks(on frame: inout Frame) {
        for var stack in GraphStack.all(series, columns: plot.width, span, filled: true) {
            if stack.isBars { stack.leaveGaps(span) }
            guard let first = stack.members.first else { continue }
            let scale = scale(of: first)
            let eighths = Double(plot.height * 8)
            let fills = stack.members.map { fillColor($0) }
            var segments: [Segment] = []
            for column in 0..<plot.width {
                segments.removeAll(keepingCapacity: true)
                for member in stack.members.indices {
                    let top = stack.top(member, column)
                    guard top.isFinite else { continue }
                    let a = Int((scale.position(stack.bottom(member, column)) * eighths).rounded())
                    let b = Int((scale.position(top) * eighths).rounded())
                    guard a != b else { continue }
                    segments.append(
                        Segment(
                            low: min(a, b), high: max(a, b), color: fills[member], shade: stack.members[member].index))
                }
                drawSegments(segments, x: plot.x + column, on: &frame)
            }
        }
    }

    /// Bars that are not stacked stand behind each other, the lowest in front.
    func drawBars(on frame: inout Frame) {
        let bars = series.filter { $0.graph.drawStyle == .bars && !$0.isStacked }
        guard !bars.isEmpty else { return }
        let eighths = Double(plot.height * 8)
        var columns: [[Double]] = []
        for member in bars {
            var row = member.field.columns(plot.width, span, rule: .maximum, holds: true)
            for column in barGaps(member.field, plot.width, span) { row[column] = .nan }
            columns.append(row)
        }
        var segments: [Segment] = []
        for column in 0..<plot.width {
            segments.removeAll(keepingCapacity: true)
            for (row, member) in zip(columns, bars) where row[column].isFinite {
                let scale = scale(of: member)
                let base = scale.logBase > 1 ? 0 : Int((scale.position(0) * eighths).rounded())
                var end = Int((scale.position(row[column]) * eighths).rounded())
                // Something is not nothing.
                if end == base, row[column] != 0 { end += row[column] > 0 ? 1 : -1 }
                segments.append(
                    Segment(
                        low: min(base, end), high: max(base, end), color: fillColor(member), shade: member.index))
            }
            if segments.count > 1 { Self.overlap(&segments) }
            drawSegments(segments, x: plot.x + column, on: &frame)
        }
    }

    /// Cuts bars of one column that start at one line into the stretches in which each is seen.
    private static func overlap(_ segments: inout [Segment]) {
        segments.sort { $0.high - $0.low < $1.high - $1.low }
        var top = Int.min
        var bottom = Int.max
        for index in segments.indices {
            let isDown = segments[index].low < (segments.first?.low ?? 0)
            if isDown {
                let low = segments[index].low
                segments[index].high = min(segments[index].high, bottom)
                bottom = min(bottom, low)
            } else {
                let high = segments[index].high
                segments[index].low = max(segments[index].low, top)
                top = max(top, high)
            }
        }
        segments.removeAll { $0.low >= $0.high }
        segments.sort { $0.low < $1.low }
    }

    /// Areas are calmer than lines: their colour is mixed with the background, less so the higher the opacity.
    private func fillColor(_ member: GraphSeries) -> RGB {
        guard context.hasColor else { return member.color }
        let opacity = max(0, min(100, member.graph.fillOpacity))
        return member.color.blended(0.72 + 0.28 * opacity / 100, over: theme.background)
    }

    private func drawSegments(_ segments: [Segment], x: Int, on frame: inout Frame) {
        SegmentPen(.up, hasColor: context.hasColor).cells(segments, count: plot.height) { row, cell in
            frame[x, plot.maxY - 1 - row] = cell
        }
    }
}
