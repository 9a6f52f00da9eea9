// Numbers as text, digit for digit as Grafana writes them, without a formatter of Foundation.
// UnitFormatter scales values and calls these; the import prints numbers that should have been strings.

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The shortest text that reads back as the same number, in JavaScript's form: `3`, `0.25`, `1e+21`, `1.5e-7`.
package func numberText(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-∞" : "∞" }
    if value == 0 { return "0" }
    if value.magnitude < 1e15, value == value.rounded() { return String(Int64(value)) }
    let (digits, exponent) = shortestDigits(value.magnitude)
    let sign = value < 0 ? "-" : ""
    let count = digits.utf8.count
    if exponent >= 21 || exponent < -6 {
        let tail = digits.dropFirst()
        let mantissa = tail.isEmpty ? String(digits.prefix(1)) : "\(digits.prefix(1)).\(tail)"
        return "\(sign)\(mantissa)e\(exponent < 0 ? "-" : "+")\(exponent.magnitude)"
    }
    if exponent < 0 { return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits }
    if count <= exponent + 1 { return sign + digits + String(repeating: "0", count: exponent + 1 - count) }
    return "\(sign)\(digits.prefix(exponent + 1)).\(digits.dropFirst(exponent + 1))"
}

/// Digits without leading or trailing zeros, and the power of ten of the first one. `value` is positive and finite.
private func shortestDigits(_ value: Double) -> (digits: String, exponent: Int) {
    var digits: [UInt8] = []
    var exponent = 0
    var pointAt: Int?
    var bytes = Substring(value.description).utf8
    if let mark = bytes.firstIndex(of: UInt8(ascii: "e")) {
        exponent = Int(Substring(bytes[bytes.index(after: mark)...])) ?? 0
        bytes = bytes[..<mark]
    }
    for byte in bytes {
        if byte == UInt8(ascii: ".") { pointAt = digits.count } else { digits.append(byte) }
    }
    exponent += (pointAt ?? digits.count) - 1
    while digits.count > 1, digits.first == UInt8(ascii: "0") {
        digits.removeFirst()
        exponent -= 1
    }
    while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }
    return (String(decoding: digits, as: UTF8.self), exponent)
}

/// How many decimals Grafana gives a value of its own accord: about three significant digits.
///
/// Source: grafana-data valueFormats, getDecimalsForValue.
package func automaticDecimals(_ value: Double) -> Int {
    guard value.isFinite, value != 0, value != value.rounded() else { return 0 }
    let power = Int(log10(value.magnitude).rounded(.down))
    var decimals = 1 - power
    // More than 2.25 in its leading digits, a number needs one decimal more to tell neighbours apart.
    if value / power10(-decimals) > 2.25 { decimals += 1 }
    return max(0, min(decimals, 100))
}

/// A number with so many decimals, rounded half up; nil: as many as `automaticDecimals` says.
///
/// Source: grafana-data valueFormats, toFixed.
package func fixedText(_ value: Double, decimals: Int? = nil) -> String {
    guard value.isFinite else { return numberText(value) }
    let decimals = max(0, min(decimals ?? automaticDecimals(value), 100))
    if value == 0 { return decimals == 0 ? "0" : "0." + String(repeating: "0", count: decimals) }
    let factor = power10(decimals)
    let rounded = (value * factor + 0.5).rounded(.down) / factor
    // A number so large or so small that the factor overflows is written as it is.
    let text = numberText(rounded.isFinite ? rounded : value)
    if text.utf8.contains(UInt8(ascii: "e")) || decimals == 0 { return text }
    let written = text.utf8.firstIndex(of: UInt8(ascii: ".")).map {
        text.utf8.distance(from: $0, to: text.utf8.endIndex) - 1
    }
    let missing = decimals - (written ?? 0)
    guard missing > 0 else { return text }
    return text + (written == nil ? "." : "") + String(repeating: "0", count: missing)
}

/// Scientific notation as JavaScript's toExponential: one digit, the decimals, a signed exponent.
package func exponentText(_ value: Double, decimals: Int?) -> String {
    guard value.isFinite else { return numberText(value) }
    if value == 0 { return fixedText(0, decimals: decimals) + "e+0" }
    var (digits, exponent) = shortestDigits(value.magnitude)
    if let decimals {
        var mantissa = (value.magnitude / power10(exponent) * power10(decimals)).rounded() / power10(decimals)
        if mantissa >= 10 {
            mantissa /= 10
            exponent += 1
        }
        digits = fixedText(mantissa, decimals: decimals)
    } else if digits.utf8.count > 1 {
        digits = "\(digits.prefix(1)).\(digits.dropFirst())"
    }
    return "\(value < 0 ? "-" : "")\(digits)e\(exponent < 0 ? "-" : "+")\(exponent.magnitude)"
}

/// Commas between thousands, as the English locale groups them.
package func groupedText(_ value: Double, decimalsMax: Int?) -> String {
    guard value.isFinite else { return numberText(value) }
    let decimals = max(0, min(decimalsMax ?? 3, 20))
    let factor = power10(decimals)
    let rounded = (value.magnitude * factor).rounded() / factor
    let text = numberText(rounded.isFinite ? rounded : value.magnitude)
    if text.utf8.contains(UInt8(ascii: "e")) { return value < 0 ? "-" + text : text }
    let parts = text.split(separator: ".", maxSplits: 1)
    var grouped = ""
    let whole = parts.first ?? "0"
    for (index, digit) in whole.enumerated() {
        if index > 0, (whole.utf8.count - index) % 3 == 0 { grouped += "," }
        grouped.append(digit)
    }
    if parts.count > 1 { grouped += "." + parts[1] }
    return value < 0 && rounded != 0 ? "-" + grouped : grouped
}

/// Exact up to 10^22.
func power10(_ exponent: Int) -> Double {
    if exponent < 0 { return 1 / power10(-exponent) }
    var result = 1.0
    for _ in 0..<min(exponent, 400) { result *= 10 }
    return result
}
