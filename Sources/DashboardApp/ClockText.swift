// Points in time as people read them on the top line.
// Takes the offset from UTC as a number: nothing here asks the system for a zone.

import Dashboards
import MetricModel

enum ClockText {
    /// `21:40:05`
    static func time(_ moment: Timestamp, offset: Milliseconds) -> String {
        let date = CalendarDate(milliseconds: (moment + offset).milliseconds)
        return "\(two(date.hour)):\(two(date.minute)):\(two(date.second))"
    }

    /// `2026-01-31`
    static func date(_ moment: Timestamp, offset: Milliseconds) -> String {
        let date = CalendarDate(milliseconds: (moment + offset).milliseconds)
        return "\(date.year)-\(two(date.month))-\(two(date.day))"
    }

    /// `+09:00`
    static func offset(_ offset: Milliseconds) -> String {
        let minutes = Int64(clamping: offset.count.magnitude / 60_000)
        return "\(offset.count < 0 ? "-" : "+")\(two(minutes / 60)):\(two(minutes % 60))"
    }

    private static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
