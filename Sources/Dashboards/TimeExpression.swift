// Points in time as people and dashboards write them: `now-1h/d`, `-15m`, dates, Unix times.
// The dashboard's range, --start and --end, and the time prompt read through this.

import MetricModel

/// A range of time that panels show, with the texts it came from.
public struct TimeRange: Hashable, Sendable {
    public var start: Timestamp
    public var end: Timestamp
    public init(start: Timestamp, end: Timestamp) {
        self.start = min(start, end)
        self.end = max(start, end)
    }
    public var length: Milliseconds { end - start }

    /// Both ends of a dashboard's range; an end that cannot be read falls back to the last hour.
    public init(from: String, to: String, now: Timestamp, offset: Milliseconds = .zero) {
        let end = (try? TimeExpression.parse(to, now: now, roundingUp: true, offset: offset)) ?? now
        // The fallback is what Grafana shows for a range it cannot read.
        let start = (try? TimeExpression.parse(from, now: now, offset: offset)) ?? (end - .hours(1))
        self.init(start: start, end: end)
    }
}

public struct TimeExpressionError: Error, Hashable, Sendable, CustomStringConvertible {
    public var text: String
    /// Byte offset of what was not understood.
    public var offset: Int
    public var description: String {
        "cannot read the time \"\(text)\" at byte \(offset + 1); write now-1h, 15m, 2026-01-31 12:00 or Unix seconds"
    }
}

public enum TimeExpression {
    /// `now`, `now-1h`, `now-1d/d`, `now/M`, `1h` and `-1h` (ago), RFC 3339 with `T` or a space, `YYYY-MM-DD`,
    /// Unix seconds or milliseconds.
    ///
    /// - `roundingUp`: `/d` goes to the last millisecond of the day instead of its first, as the end of a range does.
    /// - `offset`: local time minus UTC, for rounding and for dates without a zone.
    public static func parse(
        _ text: String, now: Timestamp, roundingUp: Bool = false, offset: Milliseconds = .zero
    ) throws(TimeExpressionError) -> Timestamp {
        let trimmed = text.trimmingSpaces
        let bytes = Array(trimmed.utf8)
        guard !bytes.isEmpty else { throw TimeExpressionError(text: text, offset: 0) }
        if bytes.starts(with: "now".utf8) {
            return try math(bytes, from: 3, text: trimmed, now: now, roundingUp: roundingUp, offset: offset)
        }
        if let time = absolute(trimmed, offset: offset) { return time }
        // A bare length is that long ago.
        let length = bytes[0] == UInt8(ascii: "-") ? String(trimmed.dropFirst()) : trimmed
        if let ago = Milliseconds(parsing: length) { return now - ago }
        if let number = Double(trimmed), number.isFinite { return unix(number) }
        return try math(
            bytes[0] == UInt8(ascii: "-") || bytes[0] == UInt8(ascii: "+") ? bytes : Array("-".utf8) + bytes, from: 0,
            text: trimmed, now: now, roundingUp: roundingUp, offset: offset)
    }

    /// Numbers of twelve digits and more are milliseconds.
    private static func unix(_ number: Double) -> Timestamp {
        number.magnitude >= 1e11 ? Timestamp(milliseconds: Int64(saturating: number)) : Timestamp(seconds: number)
    }

    private static func math(
        _ bytes: [UInt8], from start: Int, text: String, now: Timestamp, roundingUp: Bool, offset: Milliseconds
    ) throws(TimeExpressionError) -> Timestamp {
        var local = now + offset
        var index = start
        while index < bytes.count {
            let sign = bytes[index]
            guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") || sign == UInt8(ascii: "/") else {
                throw TimeExpressionError(text: text, offset: index)
            }
            index += 1
            var count: Int64 = 0
            let digits = index
            while index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39, index - digits < 10 {
                count = count * 10 + Int64(bytes[index] - 0x30)
                index += 1
            }
            if index == digits { count = 1 }
            // Fiscal years are calendar years here: `fQ` and `fy` read as `Q` and `y`.
            if index + 1 < bytes.count, bytes[index] == UInt8(ascii: "f") { index += 1 }
            guard index < bytes.count else { throw TimeExpressionError(text: text, offset: index) }
            var unit = String(UnicodeScalar(bytes[index]))
            if unit == "m", index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "s") {
                unit = "ms"
                index += 1
            }
            index += 1
            if sign == UInt8(ascii: "/") {
                guard index - digits == 1 || bytes[digits] == UInt8(ascii: "f"),
                    let rounded = round(local, unit, up: roundingUp)
                else { throw TimeExpressionError(text: text, offset: digits) }
                local = rounded
            } else {
                guard let moved = move(local, sign == UInt8(ascii: "-") ? -count : count, unit) else {
                    throw TimeExpressionError(text: text, offset: index - 1)
                }
                local = moved
            }
        }
        return local - offset
    }

    private static func move(_ time: Timestamp, _ count: Int64, _ unit: String) -> Timestamp? {
        let lengths: [String: Int64] = [
            "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000,
        ]
        if let length = lengths[unit] {
            let (product, overflow) = count.multipliedReportingOverflow(by: length)
            return overflow ? nil : time + Milliseconds(product)
        }
        guard let months = ["M": 1, "Q": 3, "y": 12][unit] as Int64?, count.magnitude < 100_000 else { return nil }
        var date = CalendarDate(milliseconds: time.milliseconds)
        date.add(months: count * months)
        return Timestamp(milliseconds: date.milliseconds)
    }

    private static func round(_ time: Timestamp, _ unit: String, up: Bool) -> Timestamp? {
        var date = CalendarDate(milliseconds: time.milliseconds)
        date.millisecond = 0
        let units = ["s", "m", "h", "d", "w", "M", "Q", "y"]
        guard let rank = units.firstIndex(of: unit) else { return nil }
        if rank >= 1 { date.second = 0 }
        if rank >= 2 { date.minute = 0 }
        if rank >= 3 { date.hour = 0 }
        if unit == "M" || unit == "Q" || unit == "y" { date.day = 1 }
        if unit == "Q" { date.month = (date.month - 1) / 3 * 3 + 1 }
        if unit == "y" { date.month = 1 }
        var start = Timestamp(milliseconds: date.milliseconds)
        if unit == "w" {
            // Weeks begin on Monday, as they do for ISO 8601.
            start = start - Milliseconds((date.weekday + 6) % 7 * 86_400_000)
        }
        return up ? move(start, 1, unit).map { $0 - Milliseconds(1) } : start
    }

    /// `2026-01-31`, with a time after `T` or a space, seconds and zone optional; nil for anything else.
    private static func absolute(_ text: String, offset: Milliseconds) -> Timestamp? {
        var bytes = Array(text.utf8)[...]
        func number(_ digits: Int) -> Int64? {
            guard bytes.count >= digits else { return nil }
            var value: Int64 = 0
            for byte in bytes.prefix(digits) {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                value = value * 10 + Int64(byte - 0x30)
            }
            bytes = bytes.dropFirst(digits)
            return value
        }
        func skip(_ character: UInt8) -> Bool {
            guard bytes.first == character else { return false }
            bytes = bytes.dropFirst()
            return true
        }
        guard let year = number(4), skip(UInt8(ascii: "-")), let month = number(2), skip(UInt8(ascii: "-")),
            let day = number(2), (1...12).contains(month), day >= 1,
            day <= CalendarDate.days(inMonth: month, ofYear: year)
        else { return nil }
        var date = CalendarDate(year: year, month: month, day: day)
        if bytes.isEmpty { return Timestamp(milliseconds: date.milliseconds) - offset }
        guard skip(UInt8(ascii: "T")) || skip(UInt8(ascii: " ")) || skip(UInt8(ascii: "t")) else { return nil }
        guard let hour = number(2), skip(UInt8(ascii: ":")), let minute = number(2), hour < 24, minute < 60 else {
            return nil
        }
        date.hour = hour
        date.minute = minute
        if skip(UInt8(ascii: ":")) {
            guard let second = number(2), second < 61 else { return nil }
            date.second = second
            if skip(UInt8(ascii: ".")) {
                var scale: Int64 = 100
                while let byte = bytes.first, byte >= 0x30, byte <= 0x39 {
                    date.millisecond += Int64(byte - 0x30) * scale
                    scale /= 10
                    bytes = bytes.dropFirst()
                }
            }
        }
        let time = Timestamp(milliseconds: date.milliseconds)
        if bytes.isEmpty { return time - offset }
        if skip(UInt8(ascii: "Z")) || skip(UInt8(ascii: "z")) { return bytes.isEmpty ? time : nil }
        _ = skip(UInt8(ascii: " "))
        let isWest = bytes.first == UInt8(ascii: "-")
        guard skip(UInt8(ascii: "+")) || skip(UInt8(ascii: "-")), let hours = number(2) else { return nil }
        _ = skip(UInt8(ascii: ":"))
        guard let minutes = number(2), bytes.isEmpty else { return nil }
        let zone = Milliseconds((hours * 60 + minutes) * 60_000 * (isWest ? -1 : 1))
        return time - zone
    }
}
