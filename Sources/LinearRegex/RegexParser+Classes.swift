// The parser's part for backslashes and bracket expressions.
// Called by RegexParser.parse.

extension RegexParser {
    /// At a backslash outside of brackets.
    mutating func parseBackslash() throws(RegexError) {
        switch at(1) {
        case UInt8(ascii: "A"): return push(.assertion(.textStart), width: 2)
        case UInt8(ascii: "z"): return push(.assertion(.textEnd), width: 2)
        case UInt8(ascii: "b"): return push(.assertion(.wordBoundary), width: 2)
        case UInt8(ascii: "B"): return push(.assertion(.noWordBoundary), width: 2)
        case UInt8(ascii: "C"): throw failure("invalid escape sequence", position, position + 2)
        case UInt8(ascii: "Q"):
            position += 2
            while position < bytes.count {
                if at(0) == UInt8(ascii: "\\"), at(1) == UInt8(ascii: "E") {
                    position += 2
                    return
                }
                pushLiteral(nextScalar())
            }
        default:
            if let set = try parseClassEscape() {
                push(.scalars(set), width: 0)
            } else {
                pushLiteral(try parseEscape())
            }
        }
    }

    /// `\d` and its like, `\pN`, `\p{Greek}`; nil, and nothing consumed, for another escape.
    private mutating func parseClassEscape() throws(RegexError) -> ScalarSet? {
        guard let letter = at(1) else { return nil }
        if letter | 0x20 == UInt8(ascii: "p") { return try parseUnicodeClass() }
        guard let set = NamedClasses.perl(letter | 0x20) else { return nil }
        position += 2
        let folded = flags.foldCase ? set.caseFolded : set
        return letter & 0x20 == 0 ? folded.inverted : folded
    }

    private mutating func parseUnicodeClass() throws(RegexError) -> ScalarSet {
        let start = position
        var isNegated = at(1) == UInt8(ascii: "P")
        position += 2
        var name: [UInt8]
        if at(0) == UInt8(ascii: "{") {
            guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "}")) else {
                throw failure("invalid character class range", start, bytes.count)
            }
            name = Array(bytes[(position + 1)..<end])
            position = end + 1
        } else {
            let nameStart = position
            if position < bytes.count { _ = nextScalar() }
            name = Array(bytes[nameStart..<position])
        }
        if name.first == UInt8(ascii: "^") {
            isNegated.toggle()
            name.removeFirst()
        }
        guard let set = NamedClasses.unicode(String(decoding: name, as: UTF8.self)) else {
            throw failure("invalid character class range", start, position)
        }
        let folded = flags.foldCase ? set.caseFolded : set
        return isNegated ? folded.inverted : folded
    }

    /// One escaped scalar.
    private mutating func parseEscape() throws(RegexError) -> UInt32 {
        let start = position
        position += 1
        guard position < bytes.count else {
            throw RegexError(offset: start, message: "trailing backslash at end of expression: ``")
        }
        let value = nextScalar()
        switch value {
        case 0x31...0x37 where at(0).map({ $0 >= 0x30 && $0 <= 0x37 }) != true: break
        case 0x30...0x37:
            var number = value - 0x30
            for _ in 0..<2 {
                guard let digit = at(0), digit >= 0x30, digit <= 0x37 else { break }
                number = number * 8 + UInt32(digit - 0x30)
                position += 1
            }
            return number
        case UInt32(UInt8(ascii: "x")):
            if let number = parseHexadecimal() { return number }
        case UInt32(UInt8(ascii: "a")): return 7
        case UInt32(UInt8(ascii: "f")): return 12
        case UInt32(UInt8(ascii: "n")): return 10
        case UInt32(UInt8(ascii: "r")): return 13
        case UInt32(UInt8(ascii: "t")): return 9
        case UInt32(UInt8(ascii: "v")): return 11
        case 0x5f: return value
        default:
            if value < 0x80, !Self.isWord(UInt8(value)) { return value }
        }
        throw failure("invalid escape sequence", start, position)
    }

    /// After `\x`: two digits, or digits in braces. Nil for anything else, with what was looked at consumed.
    private mutating func parseHexadecimal() -> UInt32? {
        guard position < bytes.count else { return nil }
        let first = nextScalar()
        if first == 0x7b {
            var number: UInt32 = 0
            var hasDigit = false
            while position < bytes.count {
                let next = nextScalar()
                if next == 0x7d { return hasDigit ? number : nil }
                guard let digit = Self.hexadecimal(next) else { return nil }
                number = number * 16 + digit
                guard number <= ScalarSet.scalarMax else { return nil }
                hasDigit = true
            }
            return nil
        }
        guard position < bytes.count else { return nil }
        let second = nextScalar()
        guard let high = Self.hexadecimal(first), let low = Self.hexadecimal(second) else { return nil }
        return high * 16 + low
    }

    private static func hexadecimal(_ value: UInt32) -> UInt32? {
        switch value {
        case 0x30...0x39: value - 0x30
        case 0x41...0x46: value - 0x41 + 10
        case 0x61...0x66: value - 0x61 + 10
        default: nil
        }
    }

    // MARK: Brackets

    /// At `[`; consumes up to and with `]`.
    mutating func parseClass() throws(RegexError) -> ScalarSet {
        let start = position
        position += 1
        var isNegated = false
        if at(0) == UInt8(ascii: "^") {
            isNegated = true
            position += 1
        }
        var ranges: [ScalarRange] = []
        // Only what is written as characters folds; classes with a name fold by themselves.
        var plain: [ScalarRange] = []
        var isFirst = true
        while at(0) != UInt8(ascii: "]") || isFirst {
            isFirst = false
            if at(0) == UInt8(ascii: "["), at(1) == UInt8(ascii: ":"), at(2) != nil,
                let set = try parsePOSIXClass()
            {
                ranges += set.ranges
                continue
            }
            if at(0) == UInt8(ascii: "\\"), let set = try parseClassEscape() {
                ranges += set.ranges
                continue
            }
            let rangeStart = position
            let low = try parseClassScalar(start)
            var high = low
            if at(0) == UInt8(ascii: "-"), let next = at(1), next != UInt8(ascii: "]") {
                position += 1
                high = try parseClassScalar(start)
                guard high >= low else { throw failure("invalid character class range", rangeStart, position) }
            }
            plain.append(ScalarRange(low: low, high: high))
        }
        position += 1
        let written = ScalarSet(plain)
        let set = ScalarSet(ranges + (flags.foldCase ? written.caseFolded : written).ranges)
        return isNegated ? set.inverted : set
    }

    private mutating func parseClassScalar(_ classStart: Int) throws(RegexError) -> UInt32 {
        guard position < bytes.count else { throw failure("missing closing ]", classStart, bytes.count) }
        return bytes[position] == UInt8(ascii: "\\") ? try parseEscape() : nextScalar()
    }

    /// `[:name:]` or `[:^name:]`; nil, and nothing consumed, when `:]` is missing.
    private mutating func parsePOSIXClass() throws(RegexError) -> ScalarSet? {
        var end = position + 2
        while end + 1 < bytes.count, bytes[end] != UInt8(ascii: ":") || bytes[end + 1] != UInt8(ascii: "]") { end += 1 }
        guard end + 1 < bytes.count else { return nil }
        let isNegated = bytes[position + 2] == UInt8(ascii: "^")
        let nameStart = position + (isNegated ? 3 : 2)
        let name = nameStart <= end ? String(decoding: bytes[nameStart..<end], as: UTF8.self) : ""
        guard let set = NamedClasses.posix(name) else {
            throw failure("invalid character class range", position, end + 2)
        }
        position = end + 2
        let folded = flags.foldCase ? set.caseFolded : set
        return isNegated ? folded.inverted : folded
    }
}
