// Calendar dates from milliseconds and back, and dates as Grafana's units write them. No time zone data: the caller
// gives the offset.
// UnitFormatter and TimeExpression use it.

import MetricModel

/// A date of the proleptic Gregorian calendar and a time of day.
package struct CalendarDate: Hashable, Sendable {
    package var year: Int64
    /// 1...12
    package var month: Int64
    /// 1...31
    package var day: Int64
    package var hour: Int64 = 0
    package var minute: Int64 = 0
    package var second: Int64 = 0
    package var millisecond: Int64 = 0

    /// Years that are written: outside of them dates saturate.
    private static let daysMax: Int64 = 3_650_000_0

    package init(milliseconds: Int64) {
        let day = max(-Self.daysMax, min(Self.daysMax, floorDivide(milliseconds, 86_400_000)))
        let rest = max(0, min(86_399_999, milliseconds.subtractingReportingOverflow(day * 86_400_000).partialValue))
        // Days from the epoch to a civil date: shift the year's start to March so that the leap day is its last.
        let shifted = day + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        self.day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        hour = rest / 3_600_000
        minute = rest / 60_000 % 60
        second = rest / 1000 % 60
        millisecond = rest % 1000
    }

    package init(year: Int64, month: Int64, day: Int64, hour: Int64 = 0, minute: Int64 = 0, second: Int64 = 0) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    package var milliseconds: Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = floorDivide(shiftedYear, 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        return days * 86_400_000 + hour * 3_600_000 + minute * 60_000 + second * 1000 + millisecond
    }

    /// Adds months, keeping the day where the month has it.
    package mutating func add(months: Int64) {
        let index = year * 12 + month - 1 + months
        year = floorDivide(index, 12)
        month = index - year * 12 + 1
        day = min(day, Self.days(inMonth: month, ofYear: year))
    }

    package static func days(inMonth month: Int64, ofYear year: Int64) -> Int64 {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        default: 31
        }
    }

    /// 0 is Sunday.
    package var weekday: Int64 {
        let days = floorDivide(milliseconds, 86_400_000)
        return ((days + 4) % 7 + 7) % 7
    }
}

func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
}

public enum DateText {
    /// `2026-11-24 09:56:05`
    public static func iso(_ time: Timestamp, offset: Milliseconds = .zero) -> String {
        let date = CalendarDate(milliseconds: (time + offset).milliseconds)
        return isoDate(date) + " " + isoTime(date)
    }

    /// Milliseconds since the epoch, as Grafana's date units take them.
    static func text(_ value: Double, style: DateTimeStyle, clock: DisplayClock) -> String {
        let local = Timestamp(milliseconds: Int64(saturating: value)) + clock.offset
        let date = CalendarDate(milliseconds: local.milliseconds)
        let today = CalendarDate(milliseconds: (clock.now + clock.offset).milliseconds)
        let isToday = date.year == today.year && date.month == today.month && date.day == today.day
        switch style {
        case .iso(let hidesToday): return hidesToday && isToday ? isoTime(date) : isoDate(date) + " " + isoTime(date)
        case .us(let hidesToday):
            let time = pattern("h:mm:ss a", date, clock)
            return hidesToday && isToday ? time : pattern("MM/DD/YYYY ", date, clock) + time
        case .pattern(let text): return pattern(text, date, clock)
        }
    }

    private static func isoDate(_ date: CalendarDate) -> String {
        "\(fourDigits(date.year))-\(twoDigits(date.month))-\(twoDigits(date.day))"
    }
    private static func isoTime(_ date: CalendarDate) -> String {
        "\(twoDigits(date.hour)):\(twoDigits(date.minute)):\(twoDigits(date.second))"
    }
    private static func fourDigits(_ number: Int64) -> String {
        number >= 0 && number < 1000
            ? String(repeating: "0", count: 4 - "\(number)".utf8.count) + "\(number)" : "\(number)"
    }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    private static let tokens = [
        "YYYY", "YY", "MMMM", "MMM", "MM", "M", "DD", "Do", "D", "dddd", "ddd", "HH", "H", "hh", "h", "mm", "m", "SSS",
        "ss", "s", "A", "a", "ZZ", "Z", "X", "x",
    ]

    /// A date by a moment.js pattern; text in square brackets stands as it is, unknown letters too.
    public static func pattern(_ pattern: String, _ time: Timestamp, offset: Milliseconds = .zero) -> String {
        self.pattern(
            pattern, CalendarDate(milliseconds: (time + offset).milliseconds), DisplayClock(now: time, offset: offset))
    }

    static func pattern(_ pattern: String, _ date: CalendarDate, _ clock: DisplayClock) -> String {
        var rest = Substring(pattern)
        var text = ""
        while let first = rest.first {
            if first == "[", let end = rest.firstIndex(of: "]") {
                text += rest[rest.index(after: rest.startIndex)..<end]
                rest = rest[rest.index(after: end)...]
            } else if let token = tokens.first(where: { rest.hasPrefix($0) }) {
                text += part(token, date, clock)
                rest = rest.dropFirst(token.count)
            } else {
                text.append(first)
                rest = rest.dropFirst()
            }
        }
        return text
    }

    private static func part(_ token: String, _ date: CalendarDate, _ clock: DisplayClock) -> String {
        let hour12 = date.hour % 12 == 0 ? 12 : date.hour % 12
        switch token {
        case "YYYY": return fourDigits(date.year)
        case "YY": return twoDigits((date.year % 100 + 100) % 100)
        case "MMMM": return name(months, date.month - 1)
        case "MMM": return String(name(months, date.month - 1).prefix(3))
        case "MM": return twoDigits(date.month)
        case "M": return "\(date.month)"
        case "DD": return twoDigits(date.day)
        case "D": return "\(date.day)"
        case "Do": return "\(date.day)\(ordinal(date.day))"
        case "dddd": return name(weekdays, date.weekday)
        case "ddd": return String(name(weekdays, date.weekday).prefix(3))
        case "HH": return twoDigits(date.hour)
        case "H": return "\(date.hour)"
        case "hh": return twoDigits(hour12)
        case "h": return "\(hour12)"
        case "mm": return twoDigits(date.minute)
        case "m": return "\(date.minute)"
        case "ss": return twoDigits(date.second)
        case "s": return "\(date.second)"
        case "SSS": return threeDigits(date.millisecond)
        case "A": return date.hour < 12 ? "AM" : "PM"
        case "a": return date.hour < 12 ? "am" : "pm"
        case "X": return "\(floorDivide(date.milliseconds - clock.offset.count, 1000))"
        case "x": return "\(date.milliseconds - clock.offset.count)"
        default:
            let minutes = clock.offset.count / 60_000
            let colon = token == "Z" ? ":" : ""
            let size = abs(minutes)
            return (minutes < 0 ? "-" : "+") + twoDigits(size / 60) + colon + twoDigits(size % 60)
        }
    }

    private static func name(_ names: [String], _ index: Int64) -> String {
        index >= 0 && index < Int64(names.count) ? names[Int(index)] : ""
    }
    private static func ordinal(_ day: Int64) -> String {
        if day % 100 >= 11 && day % 100 <= 13 { return "th" }
        return day % 10 == 1 ? "st" : day % 10 == 2 ? "nd" : day % 10 == 3 ? "rd" : "th"
    }

    /// `3 hours ago`, `in 2 days`. Source of the steps: moment.js, relative time thresholds.
    static func fromNow(_ value: Double, clock: DisplayClock) -> String {
        let seconds = (value - Double(clock.now.milliseconds)) / 1000
        let words = age(seconds.magnitude)
        return seconds > 0 ? "in \(words)" : "\(words) ago"
    }

    private static func age(_ seconds: Double) -> String {
        let rounded = seconds.rounded()
        let minutes = (seconds / 60).rounded()
        let hours = (seconds / 3600).rounded()
        let days = (seconds / 86400).rounded()
        let months = (seconds / 86400 / 30.436875).rounded()
        let years = (seconds / 86400 / 365.2425).rounded()
        if rounded < 45 { return "a few seconds" }
        if minutes <= 1 { return "a minute" }
        if minutes < 45 { return "\(numberText(minutes)) minutes" }
        if hours <= 1 { return "an hour" }
        if hours < 22 { return "\(numberText(hours)) hours" }
        if days <= 1 { return "a day" }
        if days < 26 { return "\(numberText(days)) days" }
        if months <= 1 { return "a month" }
        if months < 11 { return "\(numberText(months)) months" }
        if years <= 1 { return "a year" }
        return "\(numberText(years)) years"
    }
}
