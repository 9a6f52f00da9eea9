// Selectors and what follows them: windows, subqueries, offsets, `@`, anchored and smoothed.
// Part of Parser.

import LinearRegex
import MetricModel

extension Parser {
    // MARK: Selectors

    mutating func parseSelector() throws(SyntaxError) -> VectorSelector {
        let start = current.range.start
        var name: String?
        switch current.kind {
        case .identifier, .metricIdentifier: name = text(of: current)
        case .keyword(let keyword) where keyword.mayNameMetric: name = text(of: current)
        case .leftBrace: break
        default: throw unexpected(expected: "a selector")
        }
        var matchers: [Matcher] = []
        if let name {
            advance()
            matchers.append(Matcher(LabelSet.metricNameLabel, equals: name))
        }
        var quotedName: String?
        if take(.leftBrace) {
            while !take(.rightBrace) {
                let (matcher, isName) = try parseMatcher()
                matchers.append(matcher)
                if isName, quotedName == nil { quotedName = matcher.value }
                if current.kind == .rightBrace { continue }
                guard take(.comma) else { throw unexpected(in: Self.matching, expected: "\",\" or \"}\"") }
            }
        }
        var selector = VectorSelector(
            metricName: name ?? quotedName, matchers: matchers, range: SourceRange(start, previousEnd))
        selector.isNameInBraces = name == nil && quotedName != nil
        return selector
    }

    /// A matcher, or a quoted name that stands for one on `__name__`.
    private mutating func parseMatcher() throws(SyntaxError) -> (Matcher, isName: Bool) {
        let nameToken = current
        let name: String
        switch nameToken.kind {
        case .identifier:
            name = text(of: nameToken)
            advance()
        case .string:
            name = try parseString()
            if current.kind == .comma || current.kind == .rightBrace {
                return (Matcher(LabelSet.metricNameLabel, equals: name), true)
            }
        default: throw unexpected(in: Self.matching, expected: "identifier or \"}\"")
        }
        let operation: Matcher.Operation
        switch current.kind {
        case .assign: operation = .equal
        case .symbol(.notEqual): operation = .notEqual
        case .matchesRegex: operation = .regex
        case .matchesNotRegex: operation = .notRegex
        default:
            if nameToken.kind == .string { throw unexpected(in: Self.matching, expected: "\",\" or \"}\"") }
            throw unexpected(in: Self.matching, expected: "label matching operator")
        }
        advance()
        guard current.kind == .string else {
            let hint = current.kind == .identifier ? "put the value in quotes" : nil
            throw unexpected(in: Self.matching, expected: "string", hint: hint)
        }
        let valueToken = current
        let value = try parseString()
        do {
            return (try Matcher(name, operation, value), false)
        } catch {
            throw SyntaxError(range: place(of: error, in: valueToken, value), message: error.description)
        }
    }

    /// The byte of the pattern that is at fault where the text has no escapes, else the whole string.
    private func place(of error: RegexError, in token: Token, _ value: String) -> SourceRange {
        let start = token.range.start + 1 + error.offset
        guard token.range.end - token.range.start == value.utf8.count + 2, start < token.range.end - 1 else {
            return token.range
        }
        return SourceRange(start, token.range.end - 1)
    }

    // MARK: Windows

    mutating func parseWindow(of operand: Parsed) throws(SyntaxError) -> Parsed {
        let open = current.range
        advance()
        let wanted = "number, duration, step(), or range()"
        switch current.kind {
        case .rightBracket, .end: throw unexpected(in: "subquery or range selector", expected: wanted)
        case .colon:
            throw SyntaxError(
                range: current.range, message: "unexpected colon before duration in duration expression")
        default: break
        }
        let window = try parsePositiveDuration(in: "subquery or range selector", wanted)
        if take(.rightBracket) { return try matrixSelector(operand, window, open) }
        guard take(.colon) else { throw unexpected(in: "subquery or range", expected: "\":\" or \"]\"") }
        var step: DurationExpression?
        if current.kind != .rightBracket {
            step = try parsePositiveDuration(
                in: "subquery selector", "number, duration, step(), range(), or \"]\"")
        }
        try expect(.rightBracket, in: "subquery selector", "\"]\"")
        let node = Subquery(
            expression: operand.node, window: window, step: step,
            range: SourceRange(operand.node.range.start, previousEnd))
        return try parsed(.subquery(node), .rangeVector, over: operand.height)
    }

    private func matrixSelector(
        _ operand: Parsed, _ window: DurationExpression, _ open: SourceRange
    ) throws(SyntaxError) -> Parsed {
        let brackets = SourceRange(open.start, previousEnd)
        guard case .vectorSelector(let selector) = operand.node else {
            let isVector = operand.type == .instantVector
            throw SyntaxError(
                range: brackets, message: "ranges only allowed for vector selectors",
                hint: isVector ? "a subquery has a colon: [5m:]" : nil)
        }
        if selector.offset != nil {
            throw SyntaxError(
                range: brackets, message: "no offset modifiers allowed before range",
                hint: "the offset goes after the brackets")
        }
        if selector.at != nil {
            throw SyntaxError(
                range: brackets, message: "no @ modifiers allowed before range", hint: "`@` goes after the brackets")
        }
        let node = MatrixSelector(
            selector: selector, window: window, range: SourceRange(selector.range.start, previousEnd))
        return try parsed(.matrixSelector(node), .rangeVector, over: operand.height)
    }

    // MARK: Modifiers of selectors

    mutating func parseOffset(of operand: Expression) throws(SyntaxError) -> Expression {
        advance()
        let offset = try parseOffsetDuration()
        let end = previousEnd
        let isZero = offset == .literal(.zero)
        return try modifying(
            operand, until: end,
            refusal: "offset modifier must be preceded by an instant vector selector or range vector selector"
                + " or a subquery"
        ) { (current: inout DurationExpression?, _: inout AtModifier?) throws(SyntaxError) in
            guard current == nil else {
                throw SyntaxError(range: operand.range, message: "offset may not be set multiple times")
            }
            // No offset at all and an offset of zero are the same, in the printed form too.
            current = isZero ? nil : offset
        }
    }

    mutating func parseAt(of operand: Expression) throws(SyntaxError) -> Expression {
        advance()
        let at: AtModifier
        switch current.kind {
        case .keyword(.start), .keyword(.end):
            at = current.kind == .keyword(.start) ? .start : .end
            advance()
            try expect(.leftParen, in: "@", "timestamp")
            try expect(.rightParen, in: "@", "timestamp")
        default: at = .timestamp(try parseAtTimestamp(of: operand))
        }
        let end = previousEnd
        return try modifying(
            operand, until: end,
            refusal: "@ modifier must be preceded by an instant vector selector or range vector selector"
                + " or a subquery"
        ) { (_: inout DurationExpression?, current: inout AtModifier?) throws(SyntaxError) in
            guard current == nil else {
                throw SyntaxError(range: operand.range, message: "@ <timestamp> may not be set multiple times")
            }
            current = at
        }
    }

    private mutating func parseAtTimestamp(of operand: Expression) throws(SyntaxError) -> Timestamp {
        let isNegative = current.kind == .symbol(.subtract)
        if isNegative || current.kind == .symbol(.add) { advance() }
        guard current.kind == .number || current.kind == .duration else {
            throw unexpected(in: "@", expected: "timestamp")
        }
        let literal = try parseNumber()
        let seconds = isNegative ? -literal.value : literal.value
        guard seconds.magnitude < 0x1p63 else {
            throw SyntaxError(
                range: operand.range,
                message: "timestamp out of bounds for @ modifier: \(NumberText.fixed(seconds, decimals: 6))")
        }
        return Timestamp(milliseconds: Int64(saturating: (seconds * 1000).rounded(.toNearestOrAwayFromZero)))
    }

    /// Changes offset and `@` of a selector, a window or a subquery, and lets its range reach to `end`.
    private func modifying(
        _ operand: Expression, until end: Int, refusal: String,
        _ change: (inout DurationExpression?, inout AtModifier?) throws(SyntaxError) -> Void
    ) throws(SyntaxError) -> Expression {
        switch operand {
        case .vectorSelector(var node):
            try change(&node.offset, &node.at)
            node.range.end = end
            return .vectorSelector(node)
        case .matrixSelector(var node):
            try change(&node.selector.offset, &node.selector.at)
            node.range.end = end
            return .matrixSelector(node)
        case .subquery(var node):
            try change(&node.offset, &node.at)
            node.range.end = end
            return .subquery(node)
        default: throw SyntaxError(range: operand.range, message: refusal)
        }
    }

    mutating func parseExtension(of operand: Expression) throws(SyntaxError) -> Expression {
        let isAnchored = current.kind == .keyword(.anchored)
        let word = isAnchored ? "anchored" : "smoothed"
        advance()
        func mark(_ selector: inout VectorSelector) throws(SyntaxError) {
            if isAnchored { selector.isAnchored = true } else { selector.isSmoothed = true }
            guard selector.isAnchored && selector.isSmoothed else { return }
            throw SyntaxError(
                range: operand.range, message: "anchored and smoothed modifiers cannot be used together")
        }
        switch operand {
        case .vectorSelector(var node):
            try mark(&node)
            node.range.end = previousEnd
            return .vectorSelector(node)
        case .matrixSelector(var node):
            try mark(&node.selector)
            node.range.end = previousEnd
            return .matrixSelector(node)
        case .subquery:
            throw SyntaxError(range: operand.range, message: "\(word) modifier is not supported for subqueries")
        default: throw SyntaxError(range: operand.range, message: "\(word) modifier not implemented")
        }
    }
}
