// The words of PromQL, each with its place.
// Made by Lexer, consumed by Parser; Completion reads them too.

/// Words that the language reserves, in any mixture of cases. Most may still name a metric or a label.
enum Keyword: String, Hashable, Sendable, CaseIterable {
    case and, or, unless, atan2
    case sum, avg, count, min, max, group, stddev, stdvar, topk, bottomk, quantile, limitk
    case countValues = "count_values"
    case limitRatio = "limit_ratio"
    case offset, smoothed, anchored, by, without, on, ignoring, bool, fill
    case groupLeft = "group_left"
    case groupRight = "group_right"
    case fillLeft = "fill_left"
    case fillRight = "fill_right"
    case start, end, step, range
    case maxOf = "max_of"
    case minOf = "min_of"

    var aggregation: AggregationOperator? { AggregationOperator(rawValue: rawValue) }

    var binaryOperator: BinaryOperator? {
        switch self {
        case .and: .and
        case .or: .or
        case .unless: .unless
        case .atan2: .atan2
        default: nil
        }
    }

    /// Followed by a parenthesis it is a call of the function of that name.
    var isFunction: Bool {
        switch self {
        case .start, .end, .step, .range, .maxOf, .minOf: true
        default: false
        }
    }

    /// Source: Prometheus, generated_parser.y, metric_identifier.
    var mayNameMetric: Bool {
        switch self {
        case .bool, .on, .ignoring, .groupLeft, .groupRight, .atan2: false
        default: true
        }
    }

    /// Source: Prometheus, generated_parser.y, maybe_label.
    var mayNameLabel: Bool { self != .without }
}

struct Token: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case end, comma, colon, at, assign, matchesRegex, matchesNotRegex
        case leftParen, rightParen, leftBrace, rightBrace, leftBracket, rightBracket
        case number, duration, string, identifier, metricIdentifier
        case symbol(BinaryOperator)
        case keyword(Keyword)
        /// Bytes that begin no word; says why.
        case invalid(String)
    }
    var kind: Kind
    var range: SourceRange
}

extension Token {
    /// As Prometheus names a word that it did not expect: `"}"`, `<op:*>`, `identifier "x"`.
    func found(in bytes: [UInt8]) -> String {
        let text = String(decoding: bytes[range.start..<range.end], as: UTF8.self)
        let quoted = text.utf8.count > 10 ? "\(Self.quote(String(text.prefix(10))))..." : Self.quote(text)
        switch kind {
        case .end: return "end of input"
        case .invalid(let reason): return reason
        case .identifier: return "identifier \(Self.quote(text))"
        case .metricIdentifier: return "metric identifier \(Self.quote(text))"
        case .string: return "string \(quoted)"
        case .number: return "number \(quoted)"
        case .duration: return "duration \(quoted)"
        case .symbol, .at, .matchesRegex, .matchesNotRegex: return "<op:\(text)>"
        case .keyword(let keyword):
            if keyword.aggregation != nil { return "<aggr:\(text)>" }
            if keyword.binaryOperator != nil { return "<op:\(text)>" }
            return keyword.isFunction ? quoted : "<\(text)>"
        case .comma, .colon, .assign, .leftParen, .rightParen, .leftBrace, .rightBrace, .leftBracket, .rightBracket:
            return quoted
        }
    }

    private static func quote(_ text: String) -> String { text.quotedForPrometheus }
}
