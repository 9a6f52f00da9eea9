// Writes the common kinds of times and numbers into bytes that are already there.
// Used by APIJSON for lists of points; what it cannot write the slower text functions do.

import MetricModel

struct ByteWriter {
    private let base: UnsafeMutableRawBufferPointer
    var count = 0

    init(_ base: UnsafeMutableRawBufferPointer) { self.base = base }

    @inline(__always)
    mutating func put(_ byte: UInt8) {
        base[count] = byte
        count &+= 1
    }

    /// `[1700000000.013,"1.5"]`. False, and nothing written, when the number or the time is of a rarer kind.
    mutating func put(_ time: Timestamp, _ number: Double) -> Bool {
        let start = count
        guard time.milliseconds >= 0 else { return false }
        put(UInt8(ascii: "["))
        let (seconds, milliseconds) = time.milliseconds.quotientAndRemainder(dividingBy: 1000)
        putWhole(seconds.magnitude)
        if milliseconds > 0 { putFraction(Int(milliseconds)) }
        put(UInt8(ascii: ","))
        put(UInt8(ascii: "\""))
        guard putNumber(number) else {
            count = start
            return false
        }
        put(UInt8(ascii: "\""))
        put(UInt8(ascii: "]"))
        return true
    }

    /// Milliseconds without zeros at the end.
    private mutating func putFraction(_ milliseconds: Int) {
        put(UInt8(ascii: "."))
        put(0x30 &+ UInt8(truncatingIfNeeded: milliseconds / 100))
        let rest = milliseconds % 100
        if rest == 0 { return }
        put(0x30 &+ UInt8(truncatingIfNeeded: rest / 10))
        if rest % 10 > 0 { put(0x30 &+ UInt8(truncatingIfNeeded: rest % 10)) }
    }

    private mutating func putWhole(_ value: UInt64) {
        var digits = 1
        var bound: UInt64 = 10
        while digits < 20, value >= bound {
            digits &+= 1
            if digits < 20 { bound &*= 10 }
        }
        var rest = value
        var place = count &+ digits
        count = place
        repeat {
            place &-= 1
            base[place] = 0x30 &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
    }

    /// Numbers whose shortest digits stand without an exponent, in Swift's description as in Prometheus' answers.
    private mutating func putNumber(_ number: Double) -> Bool {
        let magnitude = number.magnitude
        guard magnitude >= 1e-4, magnitude < 1e15 else {
            guard number == 0, number.sign == .plus else { return false }
            put(0x30)
            return true
        }
        if number < 0 { put(UInt8(ascii: "-")) }
        let whole = UInt64(magnitude)
        if Double(whole) == magnitude {
            putWhole(whole)
            return true
        }
        // A decimal of at most 15 digits that reads back as the number has its shortest digits.
        let scaled = (magnitude * 1000).rounded()
        if scaled < 1e15, scaled / 1000 == magnitude {
            let digits = UInt64(scaled)
            putWhole(digits / 1000)
            putFraction(Int(digits % 1000))
            return true
        }
        var text = magnitude.description
        text.withUTF8 { digits in
            for byte in digits { put(byte) }
        }
        return true
    }
}
