// Numbers as Go reads and prints them: hex, octal by a leading zero, `_` between digits, shortest decimal forms.
// Used by Parser, Printer and SeriesNotation.

import MetricModel

enum NumberText {
    /// Whether each `_` stands between two digits (or behind the prefix of a hex number).
    static func isSeparatedWell(_ digits: ArraySlice<UInt8>, afterPrefix: Bool) -> Bool {
        var mayFollow = afterPrefix
        for byte in digits {
            if byte == UInt8(ascii: "_") {
                guard mayFollow else { return false }
                mayFollow = false
            } else {
                mayFollow = true
            }
        }
        return digits.isEmpty ? !afterPrefix : mayFollow
    }

    enum Refusal: Error { case malformed, outOfRange }

    /// Reads what the lexer took for a number. Source: Go, strconv.ParseInt with base 0, then strconv.ParseFloat.
    static func value(of text: String) throws(Refusal) -> Double {
        let plain = text.utf8.contains(UInt8(ascii: "_")) ? text.filter { $0 != "_" } : text
        switch plain.lowercased() {
        case "inf", "+inf": return .infinity
        case "nan": return .normalNaN
        default: break
        }
        if plain.hasPrefix("0x") || plain.hasPrefix("0X") {
            guard let value = Int64(plain.dropFirst(2), radix: 16) else { throw .malformed }
            return Double(value)
        }
        if plain.utf8.count > 1, plain.utf8.first == UInt8(ascii: "0"), let value = Int64(plain, radix: 8) {
            return Double(value)
        }
        if let value = Int64(plain) { return Double(value) }
        // Swift refuses a bare dot at either end, Go does not.
        var padded = plain
        if padded.hasPrefix(".") { padded = "0" + padded }
        if let dot = padded.firstIndex(of: ".") {
            let after = padded.index(after: dot)
            if after == padded.endIndex || padded[after] == "e" || padded[after] == "E" {
                padded.insert("0", at: after)
            }
        }
        guard let value = Double(padded) else { throw .malformed }
        guard value.isFinite else { throw .outOfRange }
        return value
    }

    /// Shortest decimal digits and the place of the point: value = 0.d1d2d3... x 10^point. Finite values only.
    private static func shortest(_ magnitude: Double) -> (digits: [UInt8], point: Int) {
        var digits: [UInt8] = []
        var point = 0
        var exponent = 0
        var hasPoint = false
        let text = magnitude.description
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte.isDigit {
                digits.append(byte)
                if !hasPoint { point += 1 }
            } else if byte == UInt8(ascii: ".") {
                hasPoint = true
            } else {
                exponent = Int(String(decoding: rest, as: UTF8.self)) ?? 0
                break
            }
        }
        while digits.last == 0x30 { digits.removeLast() }
        let zeros = digits.prefix { $0 == 0x30 }.count
        digits.removeFirst(zeros)
        return digits.isEmpty ? ([], 1) : (digits, point - zeros + exponent)
    }

    private static func special(_ value: Double) -> String? {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return nil
    }

    /// No exponent, shortest digits that read back to the value. Source: Go, strconv.FormatFloat(v, 'f', -1, 64).
    static func positional(_ value: Double) -> String {
        if let text = special(value) { return text }
        let (digits, point) = shortest(value.magnitude)
        let sign = value.sign == .minus ? "-" : ""
        if digits.isEmpty { return sign + "0" }
        let shown = String(decoding: digits, as: UTF8.self)
        if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + shown }
        if point >= digits.count { return sign + shown + String(repeating: "0", count: point - digits.count) }
        return sign + shown.prefix(point) + "." + shown.dropFirst(point)
    }

    /// With an exponent below 1e-4 and from 1e+06 on. Source: Go, fmt's %v of a float64.
    static func general(_ value: Double) -> String {
        if let text = special(value) { return text }
        let (digits, point) = shortest(value.magnitude)
        let exponent = point - 1
        if digits.isEmpty || (exponent >= -4 && exponent < 6) { return positional(value) }
        let shown = String(decoding: digits, as: UTF8.self)
        let fraction = digits.count > 1 ? "." + shown.dropFirst() : ""
        let magnitude = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
        return "\(value.sign == .minus ? "-" : "")\(shown.prefix(1))\(fraction)e\(exponent < 0 ? "-" : "+")\(magnitude)"
    }

    /// With so many decimals; further ones are cut off, missing ones are zeros.
    static func fixed(_ value: Double, decimals: Int) -> String {
        if let text = special(value) { return text }
        var text = positional(value)
        guard decimals > 0 else { return text }
        let dot = text.firstIndex(of: ".")
        let count = dot.map { text.utf8.distance(from: $0, to: text.endIndex) - 1 } ?? 0
        if dot == nil { text += "." }
        if count <= decimals { return text + String(repeating: "0", count: decimals - count) }
        return String(text.dropLast(count - decimals))
    }

    /// Whole thousandths with three decimals. Source: Go, strconv.FormatFloat(float64(ms)/1000, 'f', 3, 64).
    static func fixedThousandths(_ count: Int64) -> String {
        let (whole, rest) = count.magnitude.quotientAndRemainder(dividingBy: 1000)
        let digits = String(rest)
        return (count < 0 ? "-" : "") + "\(whole)." + String(repeating: "0", count: 3 - digits.utf8.count) + digits
    }
}
