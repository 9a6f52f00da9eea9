// Points in time and lengths of time, in whole milliseconds, as Prometheus stores them.
// Used on every stretch of the data's way; nothing here reads a clock.

/// Milliseconds since the Unix epoch, negative before it. Source: Prometheus storage, sample timestamps.
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Since the Unix epoch.
    public var milliseconds: Int64

    /// So many milliseconds after the Unix epoch.
    @inlinable
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Seconds with a fraction; truncated towards zero to whole milliseconds, saturating outside Int64.
    public init(seconds: Double) {
        milliseconds = Int64(saturating: (seconds * 1000).rounded(.towardZero))
    }

    /// Since the Unix epoch, with a fraction.
    public var seconds: Double { Double(milliseconds) / 1000 }

    /// So many seconds after the Unix epoch, as tests count: `.second(15)`. Lengths have the plural, `.seconds(15)`.
    public static func second(_ second: Double) -> Timestamp { Timestamp(seconds: second) }
    /// So many minutes after the Unix epoch.
    public static func minute(_ minute: Double) -> Timestamp { Timestamp(seconds: minute * 60) }

    /// Earlier than every other time.
    public static let distantPast = Timestamp(milliseconds: .min)
    /// Later than every other time.
    public static let distantFuture = Timestamp(milliseconds: .max)

    @inlinable
    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    /// Saturates at the ends of Int64 instead of trapping: windows may reach before the beginning of time.
    @inlinable
    public static func + (time: Timestamp, length: Milliseconds) -> Timestamp {
        let (sum, overflow) = time.milliseconds.addingReportingOverflow(length.count)
        guard overflow else { return Timestamp(milliseconds: sum) }
        return length.count > 0 ? .distantFuture : .distantPast
    }

    /// Saturates like `+`.
    @inlinable
    public static func - (time: Timestamp, length: Milliseconds) -> Timestamp {
        let (difference, overflow) = time.milliseconds.subtractingReportingOverflow(length.count)
        guard overflow else { return Timestamp(milliseconds: difference) }
        return length.count > 0 ? .distantPast : .distantFuture
    }

    /// How much later one time is than another; saturates like `+`.
    @inlinable
    public static func - (later: Timestamp, earlier: Timestamp) -> Milliseconds {
        let (difference, overflow) = later.milliseconds.subtractingReportingOverflow(earlier.milliseconds)
        guard overflow else { return Milliseconds(difference) }
        return Milliseconds(later.milliseconds > earlier.milliseconds ? .max : .min)
    }

    /// Seconds with up to three decimals, none when whole, as the Prometheus HTTP API prints them.
    public var description: String {
        let magnitude = milliseconds.magnitude
        let (whole, fraction) = magnitude.quotientAndRemainder(dividingBy: 1000)
        var text = milliseconds < 0 ? "-\(whole)" : "\(whole)"
        guard fraction != 0 else { return text }
        var digits = String(fraction)
        while digits.utf8.count < 3 { digits = "0" + digits }
        while digits.hasSuffix("0") { digits.removeLast() }
        text += "." + digits
        return text
    }
}

/// A length of time in whole milliseconds; may be negative (offsets).
public struct Milliseconds: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Milliseconds.
    public var count: Int64

    /// So many milliseconds.
    @inlinable
    public init(_ count: Int64) { self.count = count }

    /// Truncated towards zero to whole milliseconds, saturating outside Int64.
    public init(seconds: Double) {
        count = Int64(saturating: (seconds * 1000).rounded(.towardZero))
    }

    /// No length.
    public static let zero = Milliseconds(0)
    /// With a fraction.
    public var seconds: Double { Double(count) / 1000 }

    /// So many seconds; saturates.
    public static func seconds(_ seconds: Int64) -> Milliseconds {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        return Milliseconds(overflow ? (seconds > 0 ? .max : .min) : product)
    }
    /// So many minutes; saturates.
    public static func minutes(_ minutes: Int64) -> Milliseconds {
        let (product, overflow) = minutes.multipliedReportingOverflow(by: 60_000)
        return Milliseconds(overflow ? (minutes > 0 ? .max : .min) : product)
    }
    /// So many milliseconds.
    public static func milliseconds(_ count: Int64) -> Milliseconds { Milliseconds(count) }
    /// So many hours; saturates.
    public static func hours(_ hours: Int64) -> Milliseconds {
        let (product, overflow) = hours.multipliedReportingOverflow(by: 3_600_000)
        return Milliseconds(overflow ? (hours > 0 ? .max : .min) : product)
    }

    @inlinable
    public static func < (left: Milliseconds, right: Milliseconds) -> Bool { left.count < right.count }

    /// Prometheus' form, largest unit first, each unit once: `1h30m`, `15s`, `0s`, `-5m`.
    public var description: String {
        guard count != 0 else { return "0s" }
        var rest = count.magnitude
        var text = count < 0 ? "-" : ""
        for unit in Self.units {
            // Years and weeks are printed only when they divide the rest, as Prometheus does.
            if unit.exactOnly && rest % unit.milliseconds != 0 { continue }
            let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: unit.milliseconds)
            if quotient > 0 {
                text += "\(quotient)\(unit.name)"
                rest = remainder
            }
        }
        return text
    }

    /// Reads Prometheus' duration grammar: `1y2w3d4h5m6s7ms`, longest unit first, each at most once; `0` alone is allowed.
    ///
    /// Nil for anything else, and when the sum does not fit into Int64. Source: prometheus/common model.ParseDuration.
    public init?(parsing text: some StringProtocol) {
        let bytes = Array(text.utf8)
        if bytes == [UInt8(ascii: "0")] {
            self.init(0)
            return
        }
        guard !bytes.isEmpty else { return nil }
        var total: UInt64 = 0
        var index = 0
        var nextUnit = 0
        while index < bytes.count {
            var number: UInt64 = 0
            let start = index
            while index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39 {
                let (product, overflow) = number.multipliedReportingOverflow(by: 10)
                let (sum, carry) = product.addingReportingOverflow(UInt64(bytes[index] - 0x30))
                guard !overflow, !carry else { return nil }
                number = sum
                index += 1
            }
            guard index > start, nextUnit < Self.units.count else { return nil }
            let suffix = bytes[index...].prefix { $0 > 0x39 }
            let name = String(decoding: suffix, as: UTF8.self)
            guard let found = Self.units[nextUnit...].firstIndex(where: { $0.name == name }) else { return nil }
            let (product, overflow) = number.multipliedReportingOverflow(by: Self.units[found].milliseconds)
            let (sum, carry) = total.addingReportingOverflow(product)
            guard !overflow, !carry, sum <= UInt64(Int64.max) else { return nil }
            total = sum
            index += suffix.count
            nextUnit = found + 1
        }
        self.init(Int64(total))
    }

    private static let units: [(name: String, milliseconds: UInt64, exactOnly: Bool)] = [
        ("y", 31_536_000_000, true), ("w", 604_800_000, true), ("d", 86_400_000, false), ("h", 3_600_000, false),
        ("m", 60_000, false), ("s", 1000, false), ("ms", 1, false),
    ]
}

extension Int64 {
    /// The nearest Int64; zero for NaN.
    package init(saturating value: Double) {
        if value.isNaN {
            self = 0
        } else if value >= 0x1p63 {
            self = .max
        } else if value <= -0x1p63 {
            self = .min
        } else {
            self = Int64(value)
        }
    }
}
