// Lengths of time: plain ones, and expressions over step(), range(), min_of and max_of.
// Part of Parser.

import MetricModel

extension Parser {
    /// Inside brackets: an expression of any form; a plain length must be above zero.
    mutating func parsePositiveDuration(in context: String, _ wanted: String) throws(SyntaxError) -> DurationExpression
    {
        let start = current.range.start
        let duration = try parseDuration(minimum: 0, level: 0, in: context, wanted)
        switch duration {
        case .literal(let length) where length.count <= 0:
            throw SyntaxError(range: SourceRange(start, previousEnd), message: "duration must be greater than 0")
        case .seconds(let seconds):
            guard seconds > 0 else {
                throw SyntaxError(range: SourceRange(start, previousEnd), message: "duration must be greater than 0")
            }
            return .literal(Self.milliseconds(seconds))
        default: return duration
        }
    }

    /// After `offset` only a parenthesis opens an expression that goes on behind a sign of arithmetic:
    /// `x offset 5m + y` adds y, `x offset (5m) + 1m` is an offset of six minutes.
    mutating func parseOffsetDuration() throws(SyntaxError) -> DurationExpression {
        let context = "offset"
        let wanted = "number, duration, step(), or range()"
        var operand = following
        let isSigned = current.kind == .symbol(.subtract) || current.kind == .symbol(.add)
        if !isSigned { operand = current }
        let duration: DurationExpression
        switch operand.kind {
        case .symbol(.subtract), .symbol(.add):
            duration = try parseDuration(minimum: 0, level: 0, in: context, wanted)
        case .leftParen where !isSigned:
            duration = try parseDuration(minimum: 0, level: 0, in: context, wanted)
        default:
            duration = try parseSignedDuration(bindsPower: false, level: 0, in: context, wanted)
        }
        if case .seconds(let seconds) = duration { return .literal(Self.milliseconds(seconds)) }
        return duration
    }

    /// Whole milliseconds of what Prometheus rounds to nanoseconds first.
    private static func milliseconds(_ seconds: Double) -> Milliseconds {
        let nanoseconds = (seconds * 1e9).rounded(.toNearestOrAwayFromZero)
        return Milliseconds(Int64(saturating: (nanoseconds / 1e6).rounded(.towardZero)))
    }

    private mutating func parseDuration(
        minimum: Int, level: Int, in context: String, _ wanted: String
    ) throws(SyntaxError) -> DurationExpression {
        try checkNesting(level, at: current.range)
        var left = try parseSignedDuration(bindsPower: true, level: level, in: context, wanted)
        var height = level
        while case .symbol(let symbol) = current.kind, let operation = ArithmeticOperator(rawValue: symbol.rawValue),
            symbol.precedence >= minimum
        {
            let operatorRange = current.range
            advance()
            height += 1
            try checkNesting(height, at: operatorRange)
            let next = operation == .power ? symbol.precedence : symbol.precedence + 1
            let right = try parseDuration(minimum: next, level: height, in: context, wanted)
            if right.isZeroLiteral {
                if operation == .divide { throw SyntaxError(range: operatorRange, message: "division by zero") }
                if operation == .modulo { throw SyntaxError(range: operatorRange, message: "modulo by zero") }
            }
            left = .binary(operation, left, right)
        }
        return left
    }

    private mutating func parseSignedDuration(
        bindsPower: Bool, level: Int, in context: String, _ wanted: String
    ) throws(SyntaxError) -> DurationExpression {
        let isNegative = current.kind == .symbol(.subtract)
        guard isNegative || current.kind == .symbol(.add) else {
            return try parseDurationPrimary(level: level, in: context, wanted)
        }
        advance()
        // Inside brackets a sign binds weaker than `^`, behind `offset` stronger.
        let operand =
            bindsPower
            ? try parseDuration(
                minimum: BinaryOperator.power.precedence, level: level + 1, in: context, wanted)
            : try parseDurationPrimary(level: level, in: context, wanted)
        guard isNegative else { return operand }
        switch operand {
        case .literal(let length): return .literal(Milliseconds(-length.count))
        case .seconds(let seconds): return .seconds(-seconds)
        default: return .negated(operand)
        }
    }

    private mutating func parseDurationPrimary(
        level: Int, in context: String, _ wanted: String
    ) throws(SyntaxError) -> DurationExpression {
        let token = current
        switch token.kind {
        case .duration:
            let length = try duration(of: token)
            advance()
            return .literal(length)
        case .number:
            let seconds = try parseNumber().value
            // Infinity is out of range; a NaN is let through by Prometheus and refused here.
            guard seconds.magnitude <= 9_223_372_036.854_775 else {
                throw SyntaxError(range: token.range, message: "duration out of range")
            }
            return .seconds(seconds)
        case .leftParen:
            advance()
            let inner = try parseDuration(minimum: 0, level: level + 1, in: context, wanted)
            try expect(.rightParen, in: context, "\")\"")
            if case .parenthesized = inner { return inner }
            return .parenthesized(inner)
        case .keyword(let keyword) where keyword == .step || keyword == .range:
            advance()
            try expect(.leftParen, in: context, "\"(\"")
            try expect(.rightParen, in: context, "\")\"")
            return keyword == .step ? .step : .range
        case .keyword(let keyword) where keyword == .minOf || keyword == .maxOf:
            advance()
            try expect(.leftParen, in: context, "\"(\"")
            let first = try parseDuration(minimum: 0, level: level + 1, in: context, wanted)
            try expect(.comma, in: context, "\",\"")
            let second = try parseDuration(minimum: 0, level: level + 1, in: context, wanted)
            try expect(.rightParen, in: context, "\")\"")
            return keyword == .minOf ? .minOf(first, second) : .maxOf(first, second)
        default: throw unexpected(in: context, expected: wanted)
        }
    }
}

extension DurationExpression {
    fileprivate var isZeroLiteral: Bool { self == .literal(.zero) || self == .seconds(0) }
}
