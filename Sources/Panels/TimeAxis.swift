// The time axis: round moments within a range, and their labels in the caller's zone.
// Painters of graphs draw it beneath the plot; no clock, no time zone database.

import Dashboards
import Frames
import MetricModel

struct TimeAxis {
    struct Tick {
        var time: Timestamp
        var label: String
    }
    var ticks: [Tick] = []

    /// Labels at least `spacing` cells apart over `width` cells.
    init(start: Timestamp, end: Timestamp, width: Int, offsetSeconds: Int, spacing: Int = 12) {
        let first = start.milliseconds
        let (length, overflow) = end.milliseconds.subtractingReportingOverflow(first)
        guard !overflow, length > 0, width > 0 else { return }
        let offset = Int64(offsetSeconds) * 1000
        let least = Double(length) * Double(spacing) / Double(width)
        guard let step = Self.steps.first(where: { Double($0) >= least }) ?? Self.steps.last else { return }
        guard length / step < 1000 else { return }
        let (local, localOverflow) = first.addingReportingOverflow(offset)
        guard !localOverflow, local > Int64.min / 2, local < Int64.max / 2 else { return }
        var moment = local - floorModulo(local, step)
        if moment < local { moment += step }
        while moment - offset <= end.milliseconds {
            ticks.append(
                Tick(
                    time: Timestamp(milliseconds: moment - offset),
                    label: Self.label(local: moment, step: step, length: length)))
            moment += step
        }
    }

    private static let steps: [Int64] = {
        let seconds: [Int64] = [
            1, 2, 5, 10, 15, 30, 60, 120, 180, 300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600, 43200, 86400,
            172_800, 432_000, 604_800, 1_209_600, 2_592_000, 7_776_000, 31_536_000, 315_360_000, 3_153_600_000,
        ]
        return [1, 10, 100, 500] + seconds.map { $0 * 1000 }
    }()

    private static func label(local: Int64, step: Int64, length: Int64) -> String {
        let clock = CivilTime(localMilliseconds: local)
        let hourMinute = two(clock.hour) + ":" + two(clock.minute)
        if step < 1000 { return ":" + two(clock.second) + "." + three(clock.millisecond) }
        if step < 60_000 { return hourMinute + ":" + two(clock.second) }
        if step < 86_400_000 {
            return clock.hour == 0 && clock.minute == 0 && length > 86_400_000
                ? two(clock.month) + "/" + two(clock.day) : hourMinute
        }
        if step < 28 * 86_400_000 { return two(clock.month) + "/" + two(clock.day) }
        return "\(clock.year)-" + two(clock.month)
    }
}

/// The row beneath a plot: times, the arrows of annotations, the crosshair's moment.
struct TimeAxisRow {
    var x: Int
    var y: Int
    var width: Int
    var start: Timestamp
    var end: Timestamp
    private let canvas: PanelCanvas
    private var context: PaintContext { canvas.context }
    private var span: TimeSpan { TimeSpan(start, end) }

    /// Over the range of the panel.
    init(_ canvas: PanelCanvas, x: Int, y: Int, width: Int) {
        self.canvas = canvas
        self.x = x
        self.y = y
        self.width = width
        start = canvas.data.start
        end = canvas.data.end
    }

    func draw(on frame: inout Frame) {
        let names = markNames()
        drawTimes(around: names.map { ($0.x, $0.x + TextWidth.cells(of: $0.text)) }, on: &frame)
        for name in names { frame.draw(name.text, x: name.x, y: y, style: style(of: name.mark)) }
        for mark in canvas.data.marks {
            guard let column = column(of: mark) else { continue }
            frame.draw("▲", x: column, y: y, style: style(of: mark))
        }
        drawCrosshair(on: &frame)
    }

    private func column(of mark: PanelMark) -> Int? {
        let share = span.share(mark.time)
        return share >= 0 && share <= 1 ? x + span.column(mark.time, of: width) : nil
    }

    private func style(of mark: PanelMark) -> Style {
        Style(foreground: context.hasColor ? mark.color.color : context.theme.text.foreground)
    }

    /// Names of marks beside their arrows: behind, or before where there is no room behind. The newest have their place
    /// first; a name without one is left out.
    private func markNames() -> [(text: String, x: Int, mark: PanelMark)] {
        var names: [(text: String, x: Int, mark: PanelMark)] = []
        var taken = canvas.data.marks.compactMap { column(of: $0) }.map { ($0, $0 + 1) }
        for mark in canvas.data.marks.reversed() where !mark.text.isEmpty {
            guard let column = column(of: mark) else { continue }
            let text = mark.text.clipped(toCells: min(24, width / 2))
            let cells = TextWidth.cells(of: text)
            guard cells > 0 else { continue }
            let places = [column + 1, column - cells].filter { $0 >= x && $0 + cells <= x + width }
            let free = places.first { place in !taken.contains { $0.0 < place + cells && $0.1 > place } }
            guard let free else { continue }
            taken.append((free, free + cells))
            names.append((text, free, mark))
        }
        return names
    }

    private func drawTimes(around names: [(Int, Int)], on frame: inout Frame) {
        let offset = context.timeZoneOffsetSeconds
        var axis = TimeAxis(start: start, end: end, width: width, offsetSeconds: offset)
        if axis.ticks.count < 2 {
            axis = TimeAxis(start: start, end: end, width: width, offsetSeconds: offset, spacing: 8)
        }
        let crosshair = crosshairLabel()
        var free = x
        for tick in axis.ticks {
            let cells = tick.label.utf8.count
            // The newest label stays at the edge while its moment is nearer to it than its own length.
            let column = min(x + span.column(tick.time, of: width), x + width - cells)
            guard column >= free else { continue }
            if let crosshair, column <= crosshair.x + crosshair.text.utf8.count, column + cells >= crosshair.x {
                continue
            }
            if names.contains(where: { column <= $0.1 && column + cells >= $0.0 }) { continue }
            free = column + frame.draw(tick.label, x: column, y: y, style: context.theme.dim) + 2
        }
    }

    private func drawCrosshair(on frame: inout Frame) {
        guard let crosshair = crosshairLabel() else { return }
        var style = context.theme.text
        style.attributes.insert(.reverse)
        frame.draw(crosshair.text, x: crosshair.x, y: y, style: style)
    }

    private func crosshairLabel() -> (text: String, x: Int)? {
        guard let time = context.crosshair, span.share(time) >= 0, span.share(time) <= 1 else { return nil }
        let (local, overflow) = time.milliseconds.addingReportingOverflow(Int64(context.timeZoneOffsetSeconds) * 1000)
        guard !overflow else { return nil }
        let civil = CivilTime(localMilliseconds: local)
        let label = " " + two(civil.hour) + ":" + two(civil.minute) + ":" + two(civil.second) + " "
        let middle = x + span.column(time, of: width) - label.utf8.count / 2
        return (label, max(x, min(middle, x + width - label.utf8.count)))
    }
}

/// A moment in the proleptic Gregorian calendar.
struct CivilTime {
    var year: Int
    var month: Int
    var day: Int
    var hour: Int
    var minute: Int
    var second: Int
    var millisecond: Int

    /// Milliseconds since the epoch plus the zone's offset. Source: Hinnant, civil_from_days.
    init(localMilliseconds: Int64) {
        let inDay = Int(floorModulo(localMilliseconds, 86_400_000))
        let days = Int((localMilliseconds - Int64(inDay)) / 86_400_000) + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shifted + 2) / 5 + 1
        month = shifted < 10 ? shifted + 3 : shifted - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        hour = inDay / 3_600_000
        minute = inDay / 60_000 % 60
        second = inDay / 1000 % 60
        millisecond = inDay % 1000
    }

    /// `2026-11-24 10:04:24`
    var text: String {
        "\(year)-" + two(month) + "-" + two(day) + " " + two(hour) + ":" + two(minute) + ":" + two(second)
    }
}

func floorModulo(_ value: Int64, _ modulus: Int64) -> Int64 {
    let rest = value % modulus
    return rest < 0 ? rest + modulus : rest
}

func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
private func three(_ number: Int) -> String { number < 100 ? "0" + two(number) : "\(number)" }
