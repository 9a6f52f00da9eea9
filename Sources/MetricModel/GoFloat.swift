// Floats as Go's strconv prints them: the shortest digits that read back as the same number.
// Used by the exposition writer, le and quantile labels, PromQL's printer, the HTTP API and tables.

/// Shortest forms only: what Go's FormatFloat gives with precision -1.
package enum GoFloat {
    /// The HTTP API's form: plain digits, or an exponent below 1e-6 and from 1e21 on. `NaN`, `+Inf`, `-Inf`.
    package static func format(_ value: Double) -> String {
        let magnitude = value.magnitude
        if magnitude != 0, magnitude < 1e-6 || magnitude >= 1e21 { return exponential(value) }
        return plain(value)
    }

    /// Verb `f`: `1234567`, `0.000001`.
    package static func plain(_ value: Double) -> String {
        text(value) { digits, result in appendPlain(digits, to: &result) }
    }

    /// Verb `e`: `1.234567e+06`, `1e-09`.
    package static func exponential(_ value: Double) -> String {
        text(value) { digits, result in appendExponential(digits, to: &result) }
    }

    /// Verb `g`: an exponent below 1e-4 and from 1e6 on: `100000`, `1e+06`, `1.234567e+06`.
    package static func general(_ value: Double) -> String {
        text(value) { digits, result in appendGeneral(digits, exponentFrom: 6, to: &result) }
    }

    /// fmt's verb `v`: like `g` with the exponent from 1e21 on.
    package static func standard(_ value: Double) -> String {
        text(value) { digits, result in appendGeneral(digits, exponentFrom: 21, to: &result) }
    }

    /// Appends the form of `general`, which the text format uses.
    package static func append(_ value: Double, to bytes: inout [UInt8]) {
        // Most samples are small whole numbers.
        if let whole = Int32(exactly: value), whole.magnitude < 1_000_000, whole != 0 || value.sign == .plus {
            appendInteger(Int64(whole), to: &bytes)
            return
        }
        appendText(value, to: &bytes) { digits, result in appendGeneral(digits, exponentFrom: 6, to: &result) }
    }

    package static func appendInteger(_ value: Int64, to bytes: inout [UInt8]) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = value.magnitude
        let start = bytes.count
        repeat {
            bytes.append(0x30 + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }

    /// Verb `g` that always reads as a float: `1.0`, `0.005`, `1e+06`. Source: Prometheus, le and quantile labels since 3.0.
    package static func openMetrics(_ value: Double) -> String {
        var bytes: [UInt8] = []
        appendOpenMetrics(value, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    package static func appendOpenMetrics(_ value: Double, to bytes: inout [UInt8]) {
        let start = bytes.count
        append(value, to: &bytes)
        guard value.isFinite, !bytes[start...].contains(where: { $0 == 0x2e || $0 == 0x65 }) else { return }
        bytes.append(0x2e)
        bytes.append(0x30)
    }

    // MARK: Digits

    /// 0.d1d2d3... times ten to the power of `point`; no digits for zero.
    private struct Decimal {
        var isNegative = false
        /// At most 17 digits, as one number.
        var digits: UInt64 = 0
        var count = 0
        var point = 0

        /// From Swift's description, which has the same shortest digits in another arrangement.
        init(_ value: Double) {
            isNegative = value.sign == .minus
            var exponent = 0
            var exponentIsNegative = false
            var seenPoint = false
            var seenExponent = false
            // Zeros are added when a digit follows, so that none stands at the end.
            var zeros = 0
            for byte in value.magnitude.description.utf8 {
                switch byte {
                case 0x2e: seenPoint = true
                case 0x65: seenExponent = true
                case 0x2d: exponentIsNegative = true
                case 0x2b: break
                default:
                    if seenExponent {
                        exponent = exponent * 10 + Int(byte) - 0x30
                        continue
                    }
                    if byte == 0x30 {
                        if count > 0 { zeros += 1 }
                        if count == 0 && seenPoint { point -= 1 }
                        if count > 0 && !seenPoint { point += 1 }
                        continue
                    }
                    while zeros > 0 {
                        digits *= 10
                        count += 1
                        zeros -= 1
                    }
                    digits = digits * 10 + UInt64(byte - 0x30)
                    count += 1
                    if !seenPoint { point += 1 }
                }
            }
            point += exponentIsNegative ? -exponent : exponent
            if count == 0 { point = 0 }
        }

        /// The digits as text, `count` of them.
        func append(to bytes: inout [UInt8]) {
            let start = bytes.count
            var rest = digits
            for _ in 0..<count {
                bytes.append(0x30 + UInt8(rest % 10))
                rest /= 10
            }
            bytes[start...].reverse()
        }
    }

    private static func text(_ value: Double, _ body: (Decimal, inout [UInt8]) -> Void) -> String {
        var bytes: [UInt8] = []
        appendText(value, to: &bytes, body)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func appendText(
        _ value: Double, to bytes: inout [UInt8], _ body: (Decimal, inout [UInt8]) -> Void
    ) {
        if value.isNaN {
            bytes += Array("NaN".utf8)
        } else if value.isInfinite {
            bytes += Array((value > 0 ? "+Inf" : "-Inf").utf8)
        } else {
            let digits = Decimal(value)
            if digits.isNegative { bytes.append(0x2d) }
            body(digits, &bytes)
        }
    }

    private static func appendGeneral(_ value: Decimal, exponentFrom: Int, to bytes: inout [UInt8]) {
        let exponent = value.point - 1
        if value.count > 0, exponent < -4 || exponent >= exponentFrom {
            appendExponential(value, to: &bytes)
        } else {
            appendPlain(value, to: &bytes)
        }
    }

    private static func appendPlain(_ value: Decimal, to bytes: inout [UInt8]) {
        guard value.point > 0 else {
            bytes.append(0x30)
            guard value.count > 0 else { return }
            bytes.append(0x2e)
            for _ in 0..<(-value.point) { bytes.append(0x30) }
            value.append(to: &bytes)
            return
        }
        value.append(to: &bytes)
        if value.point < value.count {
            bytes.insert(0x2e, at: bytes.count - (value.count - value.point))
        } else {
            for _ in value.count..<value.point { bytes.append(0x30) }
        }
    }

    private static func appendExponential(_ value: Decimal, to bytes: inout [UInt8]) {
        if value.count == 0 { bytes.append(0x30) }
        value.append(to: &bytes)
        if value.count > 1 { bytes.insert(0x2e, at: bytes.count - (value.count - 1)) }
        bytes.append(0x65)
        let exponent = value.count == 0 ? 0 : value.point - 1
        bytes.append(exponent < 0 ? 0x2d : 0x2b)
        if exponent.magnitude < 10 { bytes.append(0x30) }
        appendInteger(Int64(exponent.magnitude), to: &bytes)
    }
}
