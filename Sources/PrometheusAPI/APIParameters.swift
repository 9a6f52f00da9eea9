// Parameters of the HTTP API: times, durations, limits, each with the error that names it.
// Comes before the handlers of APIServer.

import HTTPService
import MetricModel
import Querying

/// An answer that is an error: the envelope's errorType and text.
struct APIError: Error {
    var kind: QueryFailure.Kind
    var message: String

    static func parameter(_ name: String, _ reason: String) -> APIError {
        APIError(kind: .badData, message: "invalid parameter \"\(name)\": \(reason)")
    }

    /// Source: Prometheus web/api/v1, respondError.
    var status: Int {
        switch kind {
        case .badData: 400
        case .execution: 422
        case .canceled: 499
        case .timeout: 503
        case .internalError, .unavailable: 500
        case .notFound: 404
        }
    }
}

extension Parameters {
    /// A time that must be given.
    func time(_ name: String) throws(APIError) -> Timestamp {
        let text = self[name] ?? ""
        guard let time = APITime.parse(text) else {
            throw .parameter(name, "cannot parse \(text.quotedForPrometheus) to a valid timestamp")
        }
        return time
    }

    /// Nil when absent or empty.
    func optionalTime(_ name: String) throws(APIError) -> Timestamp? {
        guard let text = self[name], !text.isEmpty else { return nil }
        guard let time = APITime.parse(text) else {
            throw .parameter(
                name,
                "invalid time value for '\(name)': cannot parse \(text.quotedForPrometheus) to a valid timestamp")
        }
        return time
    }

    func duration(_ name: String) throws(APIError) -> Milliseconds? {
        guard let text = self[name], !text.isEmpty else { return nil }
        if let seconds = Double(text) {
            guard seconds.isFinite, abs(seconds) <= 9.2e15 else {
                throw .parameter(
                    name, "cannot parse \(text.quotedForPrometheus) to a valid duration. It overflows int64")
            }
            return Milliseconds(seconds: seconds)
        }
        guard let duration = Milliseconds(parsing: text) else {
            throw .parameter(name, "cannot parse \(text.quotedForPrometheus) to a valid duration")
        }
        return duration
    }

    /// 0 when absent, empty or zero: no limit.
    func limit(_ name: String = "limit") throws(APIError) -> Int {
        guard let text = self[name], !text.isEmpty else { return 0 }
        guard let limit = Int(text) else {
            throw .parameter(name, "\(text.quotedForPrometheus) is not a whole number")
        }
        guard limit >= 0 else { throw .parameter(name, "limit must be non-negative") }
        // One more than the limit is asked for, to know whether something is cut: the greatest Int has no successor.
        return min(limit, 1 << 40)
    }
}

/// Unix seconds with a fraction, or RFC 3339.
package enum APITime {
    static func parse(_ text: String) -> Timestamp? {
        if let seconds = Double(text), seconds.isFinite, abs(seconds) < 9.2e15 {
            // Go's form: whole seconds and a fraction rounded to milliseconds.
            let whole = seconds.rounded(.down)
            let fraction = ((seconds - whole) * 1000).rounded()
            return Timestamp(milliseconds: Int64(whole) * 1000 + Int64(fraction))
        }
        return rfc3339(Array(text.utf8))
    }

    private static func rfc3339(_ bytes: [UInt8]) -> Timestamp? {
        func number(_ range: Range<Int>) -> Int64? {
            guard range.upperBound <= bytes.count else { return nil }
            var value: Int64 = 0
            for byte in bytes[range] {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                value = value * 10 + Int64(byte - 0x30)
            }
            return value
        }
        func has(_ byte: Character, at index: Int) -> Bool {
            index < bytes.count && bytes[index] == byte.asciiValue
        }
        guard let year = number(0..<4), has("-", at: 4), let month = number(5..<7), has("-", at: 7),
            let day = number(8..<10), bytes.count > 10, bytes[10] | 0x20 == 0x74 || bytes[10] == 0x20,
            let hour = number(11..<13), has(":", at: 13), let minute = number(14..<16), has(":", at: 16),
            let second = number(17..<19), (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60,
            second <= 60
        else { return nil }
        var index = 19
        var milliseconds: Int64 = 0
        if has(".", at: index) {
            index += 1
            var scale: Int64 = 100
            let start = index
            while index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39 {
                milliseconds += Int64(bytes[index] - 0x30) * scale
                scale /= 10
                index += 1
            }
            guard index > start else { return nil }
        }
        var offsetMinutes: Int64 = 0
        if index < bytes.count, bytes[index] | 0x20 == 0x7a {
            index += 1
        } else {
            guard has("+", at: index) || has("-", at: index), let hours = number(index + 1..<index + 3),
                has(":", at: index + 3), let minutes = number(index + 4..<index + 6)
            else { return nil }
            offsetMinutes = (hours * 60 + minutes) * (has("-", at: index) ? -1 : 1)
            index += 6
        }
        guard index == bytes.count else { return nil }
        let days = daysFromCivil(year, month, day)
        let seconds = ((days * 24 + hour) * 60 + minute - offsetMinutes) * 60 + second
        return Timestamp(milliseconds: seconds * 1000 + milliseconds)
    }

    /// Days since 1970-01-01 in the proleptic Gregorian calendar: years counted from March, in eras of 400.
    private static func daysFromCivil(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// UTC, milliseconds: `2026-01-02T03:04:05.678Z`. Years outside 0...9999 are printed with all their digits.
    package static func rfc3339(_ time: Timestamp) -> String {
        let days = time.milliseconds.flooredQuotient(86_400_000)
        let rest = time.milliseconds - days * 86_400_000
        let shifted = days + 719_468
        let era = shifted.flooredQuotient(146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        func padded(_ value: Int64, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        return padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2) + "T"
            + padded(rest / 3_600_000, 2) + ":" + padded(rest / 60_000 % 60, 2) + ":"
            + padded(rest / 1000 % 60, 2) + "." + padded(rest % 1000, 3) + "Z"
    }
}

extension Int64 {
    fileprivate func flooredQuotient(_ divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
