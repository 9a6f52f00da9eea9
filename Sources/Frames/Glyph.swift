// One grapheme as a cell keeps it: plain bits, so that frames are copied, filled and compared without counting references.
// Held by Cell; painters give literals or characters, writers and terminals take characters.

/// Up to six scalars of 21 bits each. What follows the sixth is left out: a terminal's cell takes five.
public struct Glyph: Hashable, Sendable, ExpressibleByUnicodeScalarLiteral {
    /// The first three scalars and the last three, lowest bits first.
    private var head: UInt64
    private var tail: UInt64 = 0

    public init(unicodeScalarLiteral scalar: Unicode.Scalar) { head = UInt64(scalar.value) }

    public init(_ scalar: Unicode.Scalar) { head = UInt64(scalar.value) }

    /// NUL, which nothing shows, becomes `\u{FFFD}`.
    public init(_ character: Character) {
        head = 0
        var count = 0
        for scalar in character.unicodeScalars where count < 6 {
            let bits = UInt64(scalar.value) << UInt64(count % 3 * Self.scalarBits)
            if count < 3 { head |= bits } else { tail |= bits }
            count += 1
        }
        if head == 0 { head = 0xfffd }
    }

    private init() { head = 0 }

    /// In the right half of a character two cells wide.
    public static let none = Glyph()

    private static let scalarBits = 21
    private static let scalarMask: UInt64 = 1 << 21 - 1

    public var isASCII: Bool { head < 0x80 && head > 0 }

    /// Nil when it is more than one scalar, or none.
    public var singleScalar: Unicode.Scalar? {
        head <= Self.scalarMask && head > 0 ? Unicode.Scalar(UInt32(truncatingIfNeeded: head)) : nil
    }

    public var character: Character? {
        if head == 0 { return nil }
        if let singleScalar { return Character(singleScalar) }
        var text = ""
        for place in 0..<6 {
            let half = place < 3 ? head : tail
            let value = half >> UInt64(place % 3 * Self.scalarBits) & Self.scalarMask
            guard value > 0, let scalar = Unicode.Scalar(UInt32(value)) else { break }
            text.unicodeScalars.append(scalar)
        }
        // Of a family that was cut: what joins would join the next cell.
        if text.unicodeScalars.count > 1, text.unicodeScalars.last == "\u{200d}" { text.unicodeScalars.removeLast() }
        return text.first
    }
}
