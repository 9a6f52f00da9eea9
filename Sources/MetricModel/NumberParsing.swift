// Bytes to floats, as Go's ParseFloat reads decimal text; never looks at the locale.
// Used by the exposition parser once a sample, and by PromQL's lexer.

package enum NumberParsing {
    package enum Failure: Error, Hashable, Sendable {
        /// Not a number.
        case syntax
        /// A number, but larger than the largest float.
        case range
    }

    /// Reads all of `count` bytes: a decimal with optional sign, fraction and exponent, or `Inf`, `Infinity` (signed or
    /// not) or `NaN` (unsigned) in any case. No blanks, no hexadecimal, no underscores. Every NaN is `normalNaN`.
    ///
    /// Rounds to nearest; what is too small is zero. Cost: a few nanoseconds for up to 15 digits, one String otherwise.
    package static func float(_ start: UnsafePointer<UInt8>, _ count: Int) throws(Failure) -> Double {
        let end = start + count
        var cursor = start
        var isNegative = false
        if cursor < end, cursor.pointee == 0x2d || cursor.pointee == 0x2b {
            isNegative = cursor.pointee == 0x2d
            cursor += 1
        }
        let digitsStart = cursor
        var mantissa: UInt64 = 0
        while cursor < end {
            let digit = cursor.pointee &- 0x30
            if digit > 9 { break }
            mantissa = mantissa &* 10 &+ UInt64(digit)
            cursor += 1
        }
        var digitCount = cursor - digitsStart
        var exponent = 0
        if cursor < end, cursor.pointee == 0x2e {
            cursor += 1
            let fraction = cursor
            while cursor < end {
                let digit = cursor.pointee &- 0x30
                if digit > 9 { break }
                mantissa = mantissa &* 10 &+ UInt64(digit)
                cursor += 1
            }
            exponent = fraction - cursor
            digitCount += cursor - fraction
        }
        guard digitCount > 0 else { return try word(start, end) }
        if cursor < end, cursor.pointee | 0x20 == 0x65 {
            exponent += try readExponent(&cursor, end)
        }
        guard cursor == end else { throw .syntax }
        // 19 digits fit into 64 bits; up to 2^53 and 10^22 both factors are exact, so one operation rounds once.
        if digitCount <= 19, mantissa <= 1 << 53, exponent >= -22, exponent <= 22 {
            let magnitude =
                exponent < 0 ? Double(mantissa) / powerOfTen(-exponent) : Double(mantissa) * powerOfTen(exponent)
            return isNegative ? -magnitude : magnitude
        }
        // Nineteen digits never overflow; leading zeros only make the count larger than it is.
        if digitCount <= 19, exponent >= -19, exponent <= 19, mantissa != 0 {
            let magnitude = exponent < 0 ? quotient(mantissa, -exponent) : product(mantissa, exponent)
            return isNegative ? -magnitude : magnitude
        }
        return try slow(start, count)
    }

    /// `mantissa` divided by a power of ten up to 19, rounded once: the quotient has 64 bits and the rest says what is beyond.
    private static func quotient(_ mantissa: UInt64, _ power: Int) -> Double {
        let divisor = wholePower(power)
        let divisorShift = divisor.leadingZeroBitCount
        let mantissaShift = mantissa.leadingZeroBitCount
        let normalDivisor = divisor << UInt64(divisorShift)
        let normalMantissa = mantissa << UInt64(mantissaShift)
        // The high word must stay below the divisor.
        let halved = normalMantissa >= normalDivisor
        let high = halved ? normalMantissa >> 1 : normalMantissa
        let low = halved ? normalMantissa << 63 : 0
        let (quotient, remainder) = normalDivisor.dividingFullWidth((high, low))
        return rounded(
            quotient, hasMore: remainder != 0, exponent: divisorShift - mantissaShift - 64 + (halved ? 1 : 0))
    }

    private static func product(_ mantissa: UInt64, _ power: Int) -> Double {
        let (high, low) = mantissa.multipliedFullWidth(by: wholePower(power))
        guard high != 0 else { return Double(low) }
        let shift = UInt64(high.leadingZeroBitCount)
        let top = shift == 0 ? high : high << shift | low >> (64 - shift)
        return rounded(top, hasMore: low << shift != 0, exponent: 64 - Int(shift))
    }

    /// `bits * 2^exponent`, to nearest, ties to even; `hasMore`: something smaller than the last bit was cut off.
    private static func rounded(_ bits: UInt64, hasMore: Bool, exponent: Int) -> Double {
        // At least 63 bits stand here and 53 are kept, so that the lowest may say "there is more" without harm.
        Double(hasMore ? bits | 1 : bits) * Double(sign: .plus, exponent: exponent, significand: 1)
    }

    private static func wholePower(_ power: Int) -> UInt64 { wholePowers.withUnsafeBufferPointer { $0[power] } }

    private static let wholePowers: [UInt64] = (0...19).map { power in
        (0..<power).reduce(UInt64(1)) { product, _ in product * 10 }
    }

    package static func float(_ text: some StringProtocol) -> Double? {
        let bytes = Array(text.utf8)
        // Nil stands for either failure; who needs to tell them apart calls the other form.
        return bytes.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.flatMap { try? float($0, buffer.count) }
        }
    }

    /// At `e`; consumes the exponent. Saturates far outside of the range of floats.
    private static func readExponent(
        _ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
    ) throws(Failure) -> Int {
        cursor += 1
        var isNegative = false
        if cursor < end, cursor.pointee == 0x2d || cursor.pointee == 0x2b {
            isNegative = cursor.pointee == 0x2d
            cursor += 1
        }
        let start = cursor
        var number = 0
        while cursor < end {
            let digit = cursor.pointee &- 0x30
            if digit > 9 { break }
            number = min(number &* 10 &+ Int(digit), 1_000_000)
            cursor += 1
        }
        guard cursor > start else { throw .syntax }
        return isNegative ? -number : number
    }

    @inline(__always)
    private static func powerOfTen(_ exponent: Int) -> Double {
        powers.withUnsafeBufferPointer { $0[exponent] }
    }

    private static let powers: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]

    /// Well-formed decimals outside of the fast path. The standard library's reader does not depend on the locale.
    private static func slow(_ start: UnsafePointer<UInt8>, _ count: Int) throws(Failure) -> Double {
        let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
        guard let value = Double(text) else { throw .syntax }
        guard value.isFinite else { throw .range }
        return value
    }

    /// `NaN`, `Inf`, `Infinity`.
    private static func word(
        _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
    ) throws(Failure) -> Double {
        var cursor = start
        var isSigned = false
        var isNegative = false
        if cursor < end, cursor.pointee == 0x2d || cursor.pointee == 0x2b {
            isSigned = true
            isNegative = cursor.pointee == 0x2d
            cursor += 1
        }
        func isWord(_ text: StaticString) -> Bool {
            guard end - cursor == text.utf8CodeUnitCount else { return false }
            for index in 0..<text.utf8CodeUnitCount where cursor[index] | 0x20 != text.utf8Start[index] { return false }
            return true
        }
        if isWord("inf") || isWord("infinity") { return isNegative ? -.infinity : .infinity }
        if !isSigned, isWord("nan") { return .normalNaN }
        throw .syntax
    }
}
