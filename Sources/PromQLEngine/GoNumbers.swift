// Numbers as Go writes and compares them: Prometheus' texts and a few edge cases of its arithmetic come from there.
// Used by annotations, count_values and the quantile labels.

/// `%g`: the shortest digits that read back, with an exponent below 1e-4 and from 1e6 on. With `digits`, `%.<digits>g`.
func goFloat(_ value: Double, digits: Int? = nil) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    var decimal = DecimalDigits(value)
    if let digits { decimal.round(to: digits) }
    let exponent = decimal.digits.isEmpty ? 0 : decimal.point - 1
    let threshold = digits ?? 6
    if exponent < -4 || exponent >= threshold { return decimal.scientific }
    return decimal.plain
}

/// `strconv.FormatFloat(v, 'f', -1, 64)`: never an exponent.
func goPlainFloat(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    return DecimalDigits(value).plain
}

/// OpenMetrics' form: whole numbers end in `.0`. Source: Prometheus labels.FormatOpenMetricsFloat.
func openMetricsFloat(_ value: Double) -> String {
    let text = goFloat(value)
    guard value.isFinite, !text.utf8.contains(where: { $0 == 0x2e || $0 == 0x65 }) else { return text }
    return text + ".0"
}

/// math.Max: +Inf wins over NaN, NaN over the rest, +0 over -0.
@inline(__always)
func goMax(_ left: Double, _ right: Double) -> Double {
    if left == .infinity || right == .infinity { return .infinity }
    if left.isNaN || right.isNaN { return .nan }
    if left == 0, right == 0 { return left.sign == .minus ? right : left }
    return left > right ? left : right
}

@inline(__always)
func goMin(_ left: Double, _ right: Double) -> Double {
    if left == -.infinity || right == -.infinity { return -.infinity }
    if left.isNaN || right.isNaN { return .nan }
    if left == 0, right == 0 { return left.sign == .minus ? left : right }
    return left < right ? left : right
}

/// `2006-01-02T15:04:05Z` of a time in milliseconds, whole seconds.
func rfc3339(_ milliseconds: Int64) -> String {
    let seconds = (milliseconds >= 0 ? milliseconds : milliseconds - 999) / 1000
    let date = CivilTime(secondsSinceEpoch: seconds)
    func padded(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
    return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
        + "T\(padded(date.hour, 2)):\(padded(date.minute, 2)):\(padded(date.second, 2))Z"
}

/// The shortest decimal digits of a finite number: 0.`digits` times ten to the `point`.
private struct DecimalDigits {
    var isNegative: Bool
    var digits: [UInt8] = []
    var point = 0

    init(_ value: Double) {
        isNegative = value.sign == .minus
        var exponent = 0
        var sawPoint = false
        var wholeDigits = 0
        var text = Substring(value.magnitude.description)
        if let mark = text.firstIndex(where: { $0 == "e" || $0 == "E" }) {
            exponent = Int(text[text.index(after: mark)...]) ?? 0
            text = text[..<mark]
        }
        for byte in text.utf8 {
            if byte == 0x2e {
                sawPoint = true
            } else {
                digits.append(byte)
                if !sawPoint { wholeDigits += 1 }
            }
        }
        point = wholeDigits + exponent
        while digits.first == 0x30 {
            digits.removeFirst()
            point -= 1
        }
        while digits.last == 0x30 { digits.removeLast() }
        if digits.isEmpty { point = 0 }
    }

    mutating func round(to count: Int) {
        guard digits.count > count else { return }
        let roundsUp = digits[count] >= 0x35
        digits.removeSubrange(count...)
        if roundsUp {
            var index = count - 1
            while index >= 0 {
                if digits[index] == 0x39 {
                    digits[index] = 0x30
                    index -= 1
                } else {
                    digits[index] += 1
                    break
                }
            }
            if index < 0 {
                digits.insert(0x31, at: 0)
                point += 1
            }
        }
        while digits.last == 0x30 { digits.removeLast() }
    }

    var plain: String {
        var text = isNegative ? "-" : ""
        if digits.isEmpty { return text + "0" }
        if point <= 0 {
            text += "0." + String(repeating: "0", count: -point) + String(decoding: digits, as: UTF8.self)
        } else if point >= digits.count {
            text += String(decoding: digits, as: UTF8.self) + String(repeating: "0", count: point - digits.count)
        } else {
            text +=
                String(decoding: digits[..<point], as: UTF8.self) + "."
                + String(decoding: digits[point...], as: UTF8.self)
        }
        return text
    }

    var scientific: String {
        var text = isNegative ? "-" : ""
        text += String(decoding: digits.prefix(1), as: UTF8.self)
        if digits.count > 1 { text += "." + String(decoding: digits.dropFirst(), as: UTF8.self) }
        let exponent = point - 1
        let magnitude = String(abs(exponent))
        return text + "e" + (exponent < 0 ? "-" : "+") + (magnitude.utf8.count < 2 ? "0" : "") + magnitude
    }
}

/// Date and time in UTC, proleptic Gregorian calendar.
struct CivilTime {
    var year: Int
    var month: Int
    var day: Int
    var hour: Int
    var minute: Int
    var second: Int
    /// Sunday is 0.
    var weekday: Int
    /// 1 January is 1.
    var dayOfYear: Int

    private static let secondsBeforeEpoch: Int64 = 9_223_372_028_715_321_600

    /// Source: H. Hinnant, chrono-compatible low-level date algorithms, civil_from_days.
    init(secondsSinceEpoch seconds: Int64) {
        // Go counts from the first of January of the year -292277022399 in 64 bits without a sign, and wraps before it.
        let absolute = UInt64(bitPattern: seconds &+ Self.secondsBeforeEpoch)
        let days = Int(absolute / 86_400) - Int(Self.secondsBeforeEpoch / 86_400)
        let rest = Int(absolute % 86_400)
        hour = rest / 3600
        minute = rest % 3600 / 60
        second = rest % 60
        weekday = ((days + 4) % 7 + 7) % 7
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayFromMarch = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayFromMarch + 2) / 153
        day = dayFromMarch - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let isLeap = Self.isLeap(year)
        let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][month - 1]
        dayOfYear = before + day + (isLeap && month > 2 ? 1 : 0)
    }

    var daysInMonth: Int {
        if month == 2 { return Self.isLeap(year) ? 29 : 28 }
        return [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }

    private static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
}
