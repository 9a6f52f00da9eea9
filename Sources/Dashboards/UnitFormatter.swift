// A value and its unit as text, as Grafana writes them: number, prefix and ending apart, so that painters can style them.
// Comes after UnitCatalog; DisplayValue, axes, legends and tables call it.

import MetricModel

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The parts of a written value. `description` is Grafana's text.
public struct FormattedValue: Hashable, Sendable, CustomStringConvertible {
    public var prefix: String
    public var number: String
    /// With its leading space where Grafana has one: ` GiB`, `%`.
    public var suffix: String

    public init(prefix: String = "", number: String, suffix: String = "") {
        self.prefix = prefix
        self.number = number
        self.suffix = suffix
    }
    /// The ending without space around it: `GiB`, `%`.
    public var unit: String { suffix.trimmingSpaces }
    public var description: String { prefix + number + suffix }
}

/// What dates and ages are relative to.
public struct DisplayClock: Hashable, Sendable {
    public var now: Timestamp
    /// Local time minus UTC.
    public var offset: Milliseconds
    public init(now: Timestamp = Timestamp(milliseconds: 0), offset: Milliseconds = .zero) {
        self.now = now
        self.offset = offset
    }
}

public enum UnitFormatter {
    /// `1536` in `bytes` is `1.50 KiB`. Nil decimals: about three significant digits, as Grafana chooses them.
    ///
    /// NaN and infinities are written without a unit. An unknown unit id stands after the number as it is.
    public static func format(
        _ value: Double, unit: String?, decimals: Int? = nil, clock: DisplayClock = DisplayClock()
    ) -> FormattedValue {
        let style = UnitCatalog.style(unit)
        guard value.isFinite else { return FormattedValue(number: numberText(value)) }
        switch style {
        case .fixed(let ending):
            return FormattedValue(
                number: fixedText(value, decimals: decimals), suffix: ending.isEmpty ? "" : " " + ending)
        case .prefixed(let text): return FormattedValue(prefix: text, number: fixedText(value, decimals: decimals))
        case .scaled(let factor, let units, let offset):
            return scaled(value, factor: factor, units: units, offset: offset, decimals: decimals)
        case .percent(let factor):
            return FormattedValue(number: fixedText(value * factor, decimals: decimals), suffix: "%")
        case .seconds(let factor): return seconds(value * factor, decimals)
        case .nanoseconds: return ladder(value, decimals, nanosecondSteps)
        case .microseconds: return ladder(value, decimals, microsecondSteps)
        case .milliseconds: return ladder(value, decimals, millisecondSteps)
        case .minutes: return ladder(value, decimals, minuteSteps)
        case .hours: return ladder(value, decimals, hourSteps)
        case .days: return ladder(value, decimals, daySteps)
        case .duration(let factor, let unit): return duration(value, factor: factor, unit: unit, decimals: decimals)
        case .clock(let factor): return FormattedValue(number: clockText(value * factor, decimals: decimals))
        case .hoursMinutesSeconds(let days): return hoursMinutesSeconds(value, withDays: days)
        case .dateTime(let style): return FormattedValue(number: DateText.text(value, style: style, clock: clock))
        case .fromNow: return FormattedValue(number: DateText.fromNow(value, clock: clock))
        case .currency(let symbol, let isSuffix):
            var parts = scaled(
                value.magnitude, factor: 1000, units: ["", "K", "M", "B", "T"], offset: 0, decimals: decimals)
            if isSuffix { parts.suffix += symbol } else { parts.prefix = symbol }
            if value < 0 { parts.prefix = "-" + parts.prefix }
            return parts
        case .boolean(let yes, let no): return FormattedValue(number: value != 0 ? yes : no)
        case .hexadecimal(let prefix):
            return FormattedValue(number: hexadecimal(value, prefix: prefix, decimals: decimals))
        case .scientific: return FormattedValue(number: exponentText(value, decimals: decimals))
        case .grouped: return FormattedValue(number: groupedText(value, decimalsMax: decimals))
        case .plainText: return FormattedValue(number: numberText(value))
        }
    }

    /// As shown in a panel: without configured decimals, trailing zeros that nobody asked for go.
    ///
    /// Source: grafana-data displayProcessor.
    public static func display(
        _ value: Double, unit: String?, decimals: Int?, clock: DisplayClock = DisplayClock()
    ) -> FormattedValue {
        var parts = format(value, unit: unit, decimals: decimals, clock: clock)
        if decimals == nil, isNumeric(unit) { parts.number = withoutTrailingZeros(parts.number) }
        return parts
    }

    /// Labels of an axis: the same decimals for all of one unit, as few as tell them apart.
    public static func axisLabels(
        _ values: [Double], unit: String?, decimals: Int? = nil, clock: DisplayClock = DisplayClock()
    ) -> [FormattedValue] {
        if let decimals { return values.map { format($0, unit: unit, decimals: decimals, clock: clock) } }
        let plain = values.map { display($0, unit: unit, decimals: nil, clock: clock) }
        guard isNumeric(unit) else { return plain }
        for count in 0...3 {
            let labels = values.map { format($0, unit: unit, decimals: count, clock: clock) }
            // Enough decimals are reached when every label means its value and no two are the same.
            let exact = zip(labels, values).allSatisfy { label, value in
                label.number == "0" && value == 0
                    || withoutTrailingZeros(label.number)
                        == withoutTrailingZeros(format(value, unit: unit, decimals: 6, clock: clock).number)
            }
            if exact { return labels.map { zeroWithoutDecimals($0) } }
        }
        return plain
    }

    private static func zeroWithoutDecimals(_ label: FormattedValue) -> FormattedValue {
        guard let number = Double(label.number), number == 0 else { return label }
        return FormattedValue(prefix: label.prefix, number: "0", suffix: label.suffix)
    }

    /// Whether the unit's text is a number at all: dates, booleans and durations in words are not.
    static func isNumeric(_ unit: String?) -> Bool {
        switch UnitCatalog.style(unit) {
        case .duration, .clock, .hoursMinutesSeconds, .dateTime, .fromNow, .boolean, .hexadecimal, .plainText,
            .grouped, .scientific:
            false
        default: true
        }
    }

    static func withoutTrailingZeros(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: ".")), !text.utf8.contains(UInt8(ascii: "e")) else { return text }
        var text = text
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text == "-0" ? "0" : text
    }

    private static func scaled(
        _ value: Double, factor: Double, units: [String], offset: Int, decimals: Int?
    ) -> FormattedValue {
        guard value != 0 else { return FormattedValue(number: fixedText(0, decimals: decimals), suffix: units[offset]) }
        var power = Int((log10(value.magnitude) / log10(factor)).rounded(.down))
        power = min(max(power, -offset), units.count - 1 - offset)
        let divided = value / pow(factor, Double(power))
        return FormattedValue(number: fixedText(divided, decimals: decimals), suffix: units[offset + power])
    }

    private typealias Step = (below: Double, divisor: Double, suffix: String)
    private static let nanosecondSteps: [Step] = [
        (1e3, 1, " ns"), (1e6, 1e3, " µs"), (1e9, 1e6, " ms"), (6e10, 1e9, " s"), (36e11, 6e10, " min"),
        (864e11, 36e11, " hour"), (.infinity, 864e11, " day"),
    ]
    private static let microsecondSteps: [Step] = [(1e3, 1, " µs"), (1e6, 1e3, " ms"), (.infinity, 1e6, " s")]
    private static let millisecondSteps: [Step] = [
        (1e3, 1, " ms"), (6e4, 1e3, " s"), (36e5, 6e4, " min"), (864e5, 36e5, " hour"), (31_536e6, 864e5, " day"),
        (.infinity, 31_536e6, " year"),
    ]
    private static let minuteSteps: [Step] = [
        (60, 1, " min"), (1440, 60, " hour"), (10080, 1440, " day"), (604_800, 10080, " week"),
        (.infinity, 5.25948e5, " year"),
    ]
    private static let hourSteps: [Step] = [
        (24, 1, " hour"), (168, 24, " day"), (8760, 168, " week"), (.infinity, 8760, " year"),
    ]
    private static let daySteps: [Step] = [(7, 1, " day"), (365, 7, " week"), (.infinity, 365, " year")]
    private static let secondSteps: [Step] = [
        (60, 1, " s"), (3600, 60, " min"), (86400, 3600, " hour"), (604_800, 86400, " day"),
        (31_536_000, 604_800, " week"), (.infinity, 3.15569e7, " year"),
    ]

    private static func ladder(_ value: Double, _ decimals: Int?, _ steps: [Step]) -> FormattedValue {
        let step = steps.first { value.magnitude < $0.below } ?? (below: 0, divisor: 1, suffix: "")
        return FormattedValue(number: fixedText(value / step.divisor, decimals: decimals), suffix: step.suffix)
    }

    private static func seconds(_ value: Double, _ decimals: Int?) -> FormattedValue {
        if value == 0 { return FormattedValue(number: fixedText(0, decimals: decimals), suffix: " s") }
        if value.magnitude < 1e-6 {
            return FormattedValue(number: fixedText(value * 1e9, decimals: decimals), suffix: " ns")
        }
        if value.magnitude < 1e-3 {
            return FormattedValue(number: fixedText(value * 1e6, decimals: decimals), suffix: " µs")
        }
        if value.magnitude < 1 {
            return FormattedValue(number: fixedText(value * 1e3, decimals: decimals), suffix: " ms")
        }
        return ladder(value, decimals, secondSteps)
    }

    private static let durationUnits: [(name: String, milliseconds: Double)] = [
        ("year", 31_536e6), ("month", 2592e6), ("week", 6048e5), ("day", 864e5), ("hour", 36e5), ("minute", 6e4),
        ("second", 1e3), ("millisecond", 1),
    ]

    /// `3 hours, 2 minutes`; `decimals` is how many units follow the first one.
    private static func duration(_ value: Double, factor: Double, unit: String, decimals: Int?) -> FormattedValue {
        if value == 0 { return FormattedValue(number: "0", suffix: " \(unit)s") }
        if value < 0 {
            var parts = duration(-value, factor: factor, unit: unit, decimals: decimals)
            parts.suffix += " ago"
            return parts
        }
        var rest = value * factor
        var left = decimals ?? 0
        var words: [String] = []
        for (name, length) in durationUnits where left >= 0 {
            let count = rest / length
            guard count >= 1 || !words.isEmpty else { continue }
            let whole = count.rounded(.down)
            words.append("\(numberText(whole)) \(name)\(whole == 1 ? "" : "s")")
            rest = rest.truncatingRemainder(dividingBy: length)
            left -= 1
        }
        return FormattedValue(number: words.joined(separator: ", "))
    }

    private static func hoursMinutesSeconds(_ value: Double, withDays: Bool) -> FormattedValue {
        if value < 0 {
            var parts = hoursMinutesSeconds(-value, withDays: withDays)
            parts.suffix += " ago"
            return parts
        }
        var rest = Int64(saturating: value.rounded(.down))
        var text = ""
        if withDays, rest >= 86400 {
            text = "\(rest / 86400) d "
            rest %= 86400
        }
        return FormattedValue(
            number: text + twoDigits(rest / 3600) + ":" + twoDigits(rest % 3600 / 60) + ":" + twoDigits(rest % 60))
    }

    /// `05m:12s:045ms`; fewer decimals cut at the end.
    private static func clockText(_ milliseconds: Double, decimals: Int?) -> String {
        let total = Int64(saturating: milliseconds.rounded(.down))
        let ms = threeDigits((total % 1000 + 1000) % 1000) + "ms"
        let secondText = twoDigits(((total / 1000) % 60 + 60) % 60) + "s"
        let minuteText = twoDigits(((total / 60000) % 60 + 60) % 60) + "m"
        if total < 1000 { return ms }
        if total < 60000 { return decimals == 0 ? secondText : "\(secondText):\(ms)" }
        let tail: [String] =
            total < 3_600_000
            ? [minuteText, secondText, ms] : [twoDigits(total / 3_600_000) + "h", minuteText, secondText, ms]
        return tail.prefix(decimals.map { max(0, $0) + 1 } ?? tail.count).joined(separator: ":")
    }

    private static func hexadecimal(_ value: Double, prefix: String, decimals: Int?) -> String {
        let rounded = Double(fixedText(value, decimals: decimals)) ?? value
        let whole = rounded.magnitude.rounded(.down)
        var text = String(UInt64(min(whole, 0x1p63)), radix: 16, uppercase: true)
        var digits: [Int] = []
        var fraction = rounded.magnitude - whole
        // As many digits as tell the number from its neighbours, as JavaScript prints it.
        var half = max(rounded.magnitude.ulp / 2, .leastNonzeroMagnitude)
        while fraction >= half, digits.count < 300 {
            fraction *= 16
            half *= 16
            let digit = Int(fraction)
            digits.append(digit)
            fraction -= Double(digit)
            if fraction > 0.5 || (fraction == 0.5 && digit % 2 == 1), fraction + half > 1, digit < 15 {
                digits[digits.count - 1] += 1
                break
            }
        }
        if !digits.isEmpty { text += "." + digits.map { String($0, radix: 16, uppercase: true) }.joined() }
        return (rounded < 0 ? "-" : "") + prefix + text
    }
}

func twoDigits(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
func threeDigits(_ number: Int64) -> String { number < 10 ? "00\(number)" : number < 100 ? "0\(number)" : "\(number)" }
