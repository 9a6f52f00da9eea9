// Lines in braille with their envelope, points, and the tint beneath lines.
// Called by Graph once the plot and its scales are known.

import Dashboards
import Frames

extension Graph {
    func drawLines(on frame: inout Frame) {
        var dots = BrailleCanvas(size: Size(width: plot.width, height: plot.height))
        let tellsByDashes = !context.hasColor && series.count > 1
        for member in series {
            let graph = member.graph
            if graph.drawStyle == .bars { continue }
            if member.isStacked, graph.fillOpacity > 0 || graph.drawStyle != .line { continue }
            dots.columnsKept = graph.isDashed ? 0b0011_1011 : 0xff
            var isThick = graph.lineWidth >= 3
            if tellsByDashes {
                switch member.index % 4 {
                case 1: dots.columnsKept = 0b0011_0011
                case 2: isThick = true
                case 3: dots.columnsKept = 0b0001_0001
                default: break
                }
            }
            if member.isStacked { continue }
            if graph.drawStyle == .points || graph.lineWidth == 0 {
                dots.columnsKept = 0xff
                plotPoints(member, on: &dots)
            } else {
                var pen = LinePen(scale: scale(of: member), span: span, isThick: isThick)
                pen.draw(member.field, on: &dots)
            }
            dots.endLayer(color: member.color.color)
        }
        dots.columnsKept = 0xff
        drawStackedLines(of: series, on: &dots)
        dots.draw(on: &frame, x: plot.x, y: plot.y)
    }

    /// Stacks without a fill: lines at the sums.
    func drawStackedLines(of series: [GraphSeries], on dots: inout BrailleCanvas) {
        for stack in GraphStack.all(series, columns: dots.dotWidth, span, filled: false) {
            for (layer, member) in stack.members.enumerated() {
                let scale = scale(of: member)
                var previous: Int?
                for column in 0..<dots.dotWidth {
                    let value = stack.top(layer, column)
                    guard value.isFinite else {
                        previous = nil
                        continue
                    }
                    let y = LinePen.row(scale, value, dots.dotHeight)
                    if let previous { dots.line(column - 1, previous, column, y) } else { dots.set(column, y) }
                    previous = y
                }
                dots.endLayer(color: member.color.color)
            }
        }
    }

    private func plotPoints(_ member: GraphSeries, on dots: inout BrailleCanvas) {
        let scale = scale(of: member)
        let sign = member.graph.isNegativeY ? -1.0 : 1.0
        for index in 0..<member.field.sampleCount {
            let value = member.field.values[index] * sign
            guard value.isFinite else { continue }
            let x = span.column(member.field.timestamps[index], of: dots.dotWidth)
            dots.set(x, LinePen.row(scale, value, dots.dotHeight))
        }
    }

    /// `•` where a sample stands apart: points two or more cells from each other, and samples between gaps.
    func drawMarks(on frame: inout Frame) {
        for member in series where member.graph.drawStyle != .bars && !member.isStacked {
            let field = member.field
            let spacing = Double(field.step.count) / span.length * Double(plot.width)
            let isPoints = member.graph.drawStyle == .points || member.graph.lineWidth == 0
            let marksAll = spacing >= 2 && (isPoints || member.graph.showsPoints == true)
            let count = field.sampleCount
            guard marksAll || !isPoints else { continue }
            let scale = scale(of: member)
            let sign = member.graph.isNegativeY ? -1.0 : 1.0
            for index in 0..<count where field.values[index].isFinite {
                if !marksAll {
                    let joinsBefore = index > 0 && field.values[index - 1].isFinite && field.isJoined(index)
                    let joinsAfter =
                        index + 1 < count && field.values[index + 1].isFinite && field.isJoined(index + 1)
                    if joinsBefore || joinsAfter { continue }
                }
                let x = span.column(field.timestamps[index], of: plot.width * 2) / 2
                let y = LinePen.row(scale, field.values[index] * sign, plot.height * 4)
                guard x >= 0, x < plot.width, y >= 0, y < plot.height * 4 else { continue }
                let background = frame[plot.x + x, plot.y + y / 4].style.background
                frame[plot.x + x, plot.y + y / 4] = Cell(
                    "•", Style(foreground: member.color.color, background: background))
            }
        }
    }

    /// The tint between a line and zero. A cell the line crosses is tinted when the line runs in its upper half.
    func drawFills(on frame: inout Frame) {
        // A dashed past is not seen in a tint of its own colour.
        guard context.capabilities.colors >= .indexed256, past.isEmpty else { return }
        let lines = series.filter { $0.graph.drawStyle == .line && !$0.isStacked }
        for member in lines {
            let opacity = member.graph.fillOpacity
            // A faint tint under each of many lines is noise.
            guard opacity >= 20 || opacity > 0 && lines.count == 1 else { continue }
            let alpha = max(0.14, min(0.85, opacity / 100 * 0.8))
            let plain = member.color.blended(alpha, over: theme.background).color
            let scale = scale(of: member)
            let base = scale.logBase > 1 ? 0 : scale.position(0) * Double(plot.height)
            let values = member.field.columns(
                plot.width, span, rule: .mean, holds: member.graph.interpolation == .stepAfter)
            for (column, value) in values.enumerated() where value.isFinite {
                let top = scale.position(value) * Double(plot.height)
                let low = max(0, Int(min(base, top).rounded()))
                let high = min(plot.height, Int(max(base, top).rounded()))
                guard low < high else { continue }
                let rect = Rect(x: plot.x + column, y: plot.maxY - high, width: 1, height: high - low)
                frame.restyle(rect) { style in
                    guard case .rgb(let red, let green, let blue) = style.background else {
                        style.background = plain
                        return
                    }
                    style.background = member.color.blended(alpha, over: RGB(red, green, blue)).color
                }
            }
        }
    }
}

/// Draws one series as a line: within a dot column from least to greatest, so that a spike survives any zoom.
struct LinePen {
    let scale: AxisScale
    let span: TimeSpan
    let isThick: Bool
    private var column = Int.min
    private var low = 0
    private var high = 0
    private var last = 0

    init(scale: AxisScale, span: TimeSpan, isThick: Bool) {
        self.scale = scale
        self.span = span
        self.isThick = isThick
    }

    /// Dot row, 0 at the top; far outside for values far outside.
    static func row(_ scale: AxisScale, _ value: Double, _ height: Int) -> Int {
        nearest((1 - scale.position(value)) * Double(max(1, height) - 1))
    }

    mutating func draw(_ field: DataField, on dots: inout BrailleCanvas) {
        let sign = field.configuration.graph.isNegativeY ? -1.0 : 1.0
        let interpolation = field.configuration.graph.interpolation
        let spansGaps = field.configuration.graph.spanNulls != .never
        var previous = -1
        for index in 0..<field.sampleCount {
            let value = field.values[index] * sign
            guard value.isFinite else {
                if !spansGaps { previous = -1 }
                continue
            }
            let x = span.column(field.timestamps[index], of: dots.dotWidth)
            let y = Self.row(scale, value, dots.dotHeight)
            var joins = previous >= 0
            if joins {
                let (distance, overflow) = field.timestamps[index].milliseconds.subtractingReportingOverflow(
                    field.timestamps[previous].milliseconds)
                joins = !overflow && field.isJoined(over: distance)
            }
            previous = index
            if joins, x == column {
                low = min(low, y)
                high = max(high, y)
                last = y
                continue
            }
            flush(&dots)
            if joins { join(to: x, y, interpolation, &dots) }
            column = x
            low = y
            high = y
            last = y
        }
        flush(&dots)
    }

    private func join(
        to x: Int, _ y: Int, _ interpolation: GraphStyle.Interpolation, _ dots: inout BrailleCanvas
    ) {
        switch interpolation {
        case .linear: stroke(column, last, x, y, &dots)
        case .stepAfter:
            stroke(column, last, x, last, &dots)
            stroke(x, last, x, y, &dots)
        case .stepBefore:
            stroke(column, last, column, y, &dots)
            stroke(column, y, x, y, &dots)
        }
    }

    private func stroke(_ x0: Int, _ y0: Int, _ x1: Int, _ y1: Int, _ dots: inout BrailleCanvas) {
        dots.line(x0, y0, x1, y1)
        if isThick { dots.line(x0, y0 - 1, x1, y1 - 1) }
    }

    private func flush(_ dots: inout BrailleCanvas) {
        guard column != Int.min else { return }
        dots.column(column, low, high)
        if isThick { dots.column(column, low - 1, high - 1) }
    }
}
