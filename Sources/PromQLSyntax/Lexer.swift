// UTF-8 bytes of a query to its words.
// First stretch of a query's way. Total: what is no word becomes an `.invalid` token, which Parser reports.

import MetricModel

struct Lexer {
    private let bytes: [UInt8]
    private var position = 0
    private var isInsideBraces = false
    private var isInsideBrackets = false
    private var openParentheses = 0

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The words in order; the last one is `.end` or `.invalid`. Comments and blanks are dropped. Cost: one pass.
    /// `stop` ends the list earlier, as its last word.
    static func tokens(of bytes: [UInt8], upTo stop: Token.Kind = .end) -> [Token] {
        var lexer = Lexer(bytes)
        var tokens: [Token] = []
        while true {
            let token = lexer.next()
            tokens.append(token)
            if token.kind == stop { return tokens }
            switch token.kind {
            case .end, .invalid: return tokens
            default: continue
            }
        }
    }

    private func byte(at index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }

    private func text(from start: Int) -> String { String(decoding: bytes[start..<position], as: UTF8.self) }

    private mutating func next() -> Token {
        skipBlanksAndComments()
        let start = position
        guard start < bytes.count else {
            if isInsideBraces { return invalid("unexpected end of input inside braces", from: start) }
            if openParentheses > 0 { return invalid("unclosed left parenthesis", from: start) }
            if isInsideBrackets { return invalid("unclosed left bracket", from: start) }
            return Token(kind: .end, range: SourceRange(start, start))
        }
        let kind = isInsideBraces ? nextInsideBraces() : nextOutsideBraces()
        return Token(kind: kind, range: SourceRange(start, position))
    }

    private func invalid(_ reason: String, from start: Int) -> Token {
        Token(kind: .invalid(reason), range: SourceRange(start, max(start, position)))
    }

    private mutating func skipBlanksAndComments() {
        while position < bytes.count {
            if bytes[position].isBlank {
                position += 1
            } else if bytes[position] == UInt8(ascii: "#") {
                while position < bytes.count, bytes[position] != 0x0a, bytes[position] != 0x0d { position += 1 }
            } else {
                return
            }
        }
    }

    private mutating func nextInsideBraces() -> Token.Kind {
        let first = bytes[position]
        switch first {
        case UInt8(ascii: ","): return take(1, .comma)
        case UInt8(ascii: "="):
            return byte(at: position + 1) == UInt8(ascii: "~") ? take(2, .matchesRegex) : take(1, .assign)
        case UInt8(ascii: "!"):
            switch byte(at: position + 1) {
            case UInt8(ascii: "~"): return take(2, .matchesNotRegex)
            case UInt8(ascii: "="): return take(2, .symbol(.notEqual))
            default: return unexpectedCharacter("unexpected character after '!' inside braces: ", skipping: 1)
            }
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): return string(quote: first)
        case UInt8(ascii: "{"): return take(1, .invalid("unexpected left brace '{'"))
        case UInt8(ascii: "}"):
            isInsideBraces = false
            return take(1, .rightBrace)
        default:
            guard first.isLetter else { return unexpectedCharacter("unexpected character inside braces: ") }
            while byte(at: position).isLetterOrDigit { position += 1 }
            return .identifier
        }
    }

    private mutating func nextOutsideBraces() -> Token.Kind {
        let first = bytes[position]
        let second = byte(at: position + 1)
        let isSecondEqual = second == UInt8(ascii: "=")
        switch first {
        case UInt8(ascii: ","): return take(1, .comma)
        case UInt8(ascii: "*"): return take(1, .symbol(.multiply))
        case UInt8(ascii: "/"): return take(1, .symbol(.divide))
        case UInt8(ascii: "%"): return take(1, .symbol(.modulo))
        case UInt8(ascii: "+"): return take(1, .symbol(.add))
        case UInt8(ascii: "-"): return take(1, .symbol(.subtract))
        case UInt8(ascii: "^"): return take(1, .symbol(.power))
        case UInt8(ascii: "@"): return take(1, .at)
        case UInt8(ascii: "("):
            openParentheses += 1
            return take(1, .leftParen)
        case UInt8(ascii: ")"):
            openParentheses -= 1
            return take(1, .rightParen)
        case UInt8(ascii: "="):
            if isSecondEqual { return take(2, .symbol(.equal)) }
            if second == UInt8(ascii: "~") { return take(2, .invalid("unexpected character after '=': '~'")) }
            return take(1, .assign)
        case UInt8(ascii: "!"):
            if isSecondEqual { return take(2, .symbol(.notEqual)) }
            return unexpectedCharacter("unexpected character after '!': ", skipping: 1)
        case UInt8(ascii: "<"):
            if isSecondEqual { return take(2, .symbol(.lessOrEqual)) }
            return second == UInt8(ascii: "/") ? take(2, .symbol(.trimUpper)) : take(1, .symbol(.less))
        case UInt8(ascii: ">"):
            if isSecondEqual { return take(2, .symbol(.greaterOrEqual)) }
            return second == UInt8(ascii: "/") ? take(2, .symbol(.trimLower)) : take(1, .symbol(.greater))
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): return string(quote: first)
        case UInt8(ascii: "{"):
            isInsideBraces = true
            return take(1, .leftBrace)
        case UInt8(ascii: "["):
            if isInsideBrackets { return take(1, .invalid("unexpected left bracket '['")) }
            isInsideBrackets = true
            return take(1, .leftBracket)
        case UInt8(ascii: "]"):
            guard isInsideBrackets else { return take(1, .invalid("unexpected right bracket ']'")) }
            isInsideBrackets = false
            return take(1, .rightBracket)
        default:
            if first.isDigit || (first == UInt8(ascii: ".") && second.isDigit) { return numberOrDuration() }
            if first == UInt8(ascii: ":") && isInsideBrackets { return take(1, .colon) }
            if first.isLetter || first == UInt8(ascii: ":") { return word() }
            return unexpectedCharacter("unexpected character: ")
        }
    }

    private mutating func take(_ count: Int, _ kind: Token.Kind) -> Token.Kind {
        position += count
        return kind
    }

    /// Quotes the character `skipping` bytes on, whole even when it is longer than a byte.
    private mutating func unexpectedCharacter(_ reason: String, skipping: Int = 0) -> Token.Kind {
        let index = position + skipping
        guard index < bytes.count else {
            position = bytes.count
            return .invalid(reason + "end of input")
        }
        position = index + 1
        while position < bytes.count, bytes[position] & 0xc0 == 0x80 { position += 1 }
        let character = String(decoding: bytes[index..<position], as: UTF8.self)
        return .invalid("\(reason)'\(character.quotedForPrometheus.dropFirst().dropLast())'")
    }

    private mutating func word() -> Token.Kind {
        let start = position
        var hasColon = false
        while byte(at: position).isLetterOrDigit || (byte(at: position) == UInt8(ascii: ":") && !isInsideBrackets) {
            if bytes[position] == UInt8(ascii: ":") { hasColon = true }
            position += 1
        }
        if hasColon { return .metricIdentifier }
        let lowered = text(from: start).lowercased()
        if lowered == "inf" || lowered == "nan" { return .number }
        guard let keyword = Keyword(rawValue: lowered) else { return .identifier }
        switch keyword {
        case .fill, .fillLeft, .fillRight:
            // These came late to the language: as a metric's name they keep working unless a parenthesis follows.
            var ahead = position
            while byte(at: ahead).isBlank { ahead += 1 }
            return byte(at: ahead) == UInt8(ascii: "(") ? .keyword(keyword) : .identifier
        default: return .keyword(keyword)
        }
    }

    /// From a quote to its partner. The content is judged when it is unquoted; here only its end is looked for.
    private mutating func string(quote: UInt8) -> Token.Kind {
        position += 1
        let isRaw = quote == UInt8(ascii: "`")
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == quote { return .string }
            if isRaw { continue }
            if byte == 0x0a {
                position -= 1
                return .invalid("unterminated quoted string")
            }
            if byte == UInt8(ascii: "\\") {
                guard position < bytes.count else { return .invalid("escape sequence not terminated") }
                if bytes[position] != 0x0a { position += 1 }
            }
        }
        return .invalid(isRaw ? "unterminated raw string" : "unterminated quoted string")
    }

    private mutating func numberOrDuration() -> Token.Kind {
        let start = position
        var isWellFormed = scanNumber()
        if isWellFormed && !byte(at: position).isLetterOrDigit { return .number }
        isWellFormed = isWellFormed && scanDurationUnits() && !byte(at: position).isLetterOrDigit
        if isWellFormed { return .duration }
        while byte(at: position).isLetterOrDigit || byte(at: position) == UInt8(ascii: ".") { position += 1 }
        return .invalid("bad number or duration syntax: \(text(from: start).quotedForPrometheus)")
    }

    /// False when what was read cannot be a number; stops behind the longest part that looks like one.
    private mutating func scanNumber() -> Bool {
        if byte(at: position) == UInt8(ascii: "0"), byte(at: position + 1) | 0x20 == UInt8(ascii: "x") {
            let first = position + 2
            position = first
            while byte(at: position).isHexDigit || byte(at: position) == UInt8(ascii: "_") { position += 1 }
            return NumberText.isSeparatedWell(bytes[first..<position], afterPrefix: true)
        }
        let whole = scanDigits()
        var fraction = true
        if byte(at: position) == UInt8(ascii: ".") {
            position += 1
            fraction = scanDigits()
            if byte(at: position) == UInt8(ascii: ".") { return false }
        }
        guard byte(at: position) | 0x20 == UInt8(ascii: "e") else { return whole && fraction }
        var ahead = position + 1
        if byte(at: ahead) == UInt8(ascii: "+") || byte(at: ahead) == UInt8(ascii: "-") { ahead += 1 }
        guard byte(at: ahead).isDigit else { return false }
        position = ahead
        return scanDigits() && whole && fraction
    }

    private mutating func scanDigits() -> Bool {
        let start = position
        while byte(at: position).isDigit || byte(at: position) == UInt8(ascii: "_") { position += 1 }
        return NumberText.isSeparatedWell(bytes[start..<position], afterPrefix: false)
    }

    private mutating func scanDurationUnits() -> Bool {
        while true {
            guard byte(at: position).isDurationUnit else { return false }
            position += 1
            if byte(at: position) == UInt8(ascii: "s") { position += 1 }
            guard byte(at: position).isDigit else { return true }
            while byte(at: position).isDigit { position += 1 }
        }
    }
}

extension UInt8 {
    var isBlank: Bool { self == 0x20 || self == 0x09 || self == 0x0a || self == 0x0d }
    var isDigit: Bool { self >= 0x30 && self <= 0x39 }
    var isHexDigit: Bool { isDigit || (self | 0x20 >= 0x61 && self | 0x20 <= 0x66) }
    var isLetter: Bool { (self | 0x20 >= 0x61 && self | 0x20 <= 0x7a) || self == 0x5f }
    var isLetterOrDigit: Bool { isLetter || isDigit }
    var isDurationUnit: Bool {
        switch self {
        case UInt8(ascii: "s"), UInt8(ascii: "m"), UInt8(ascii: "h"), UInt8(ascii: "d"), UInt8(ascii: "w"),
            UInt8(ascii: "y"):
            true
        default: false
        }
    }
}
