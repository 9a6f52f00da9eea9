// Query text to a checked syntax tree, or one error with its place.
// Precedence climbing over Lexer's words; TypeCheck judges the result. Engine, API and dashboards start here.

import MetricModel

/// Limits of a query's text.
public enum SyntaxLimits {
    /// Greatest height of a syntax tree. Whoever walks a tree may recurse: no tree is higher than this.
    public static let nestingMax = 500
}

extension Expression {
    /// Parses and type-checks.
    public init(parsing query: String) throws(SyntaxError) {
        var parser = Parser(query)
        self = try parser.parseQuery()
        _ = try TypeCheck(bytes: parser.bytes).type(of: self)
    }

    /// Type of the value this expression evaluates to. Cost: height of the left spine of binary operations.
    public var type: ValueType {
        switch self {
        case .number: .scalar
        case .string: .string
        case .vectorSelector, .aggregation: .instantVector
        case .matrixSelector, .subquery: .rangeVector
        case .call(let call): call.function.signature.returnType
        case .unary(let node): node.expression.type
        case .parenthesized(let node): node.expression.type
        case .binary(let node):
            node.left.type == .scalar && node.right.type == .scalar ? .scalar : .instantVector
        }
    }
}

extension VectorSelector {
    /// A selector alone, as `match[]` of the API takes it: no offset, no window.
    public init(parsing text: String, mayMatchEverything: Bool = false) throws(SyntaxError) {
        var parser = Parser(text)
        let parsed = try parser.parseSelector()
        try parser.expectEnd()
        self = parsed
        try TypeCheck(bytes: parser.bytes).check(self, mayMatchEverything: mayMatchEverything)
    }
}

struct Parser {
    /// A piece of the tree with what its parent must know of it.
    struct Parsed {
        var node: Expression
        var type: ValueType
        var height = 1
    }

    let bytes: [UInt8]
    private let tokens: [Token]
    private var index = 0
    private var depth = 0

    init(_ query: String) {
        bytes = Array(query.utf8)
        tokens = Lexer.tokens(of: bytes)
    }

    // MARK: Words

    var current: Token { tokens[index] }

    /// The word after the current one; the last one stays the last.
    var following: Token { tokens[min(index + 1, tokens.count - 1)] }

    /// End of the word before the current one.
    var previousEnd: Int { index > 0 ? tokens[index - 1].range.end : 0 }

    mutating func advance() { index = min(index + 1, tokens.count - 1) }

    mutating func take(_ kind: Token.Kind) -> Bool {
        guard current.kind == kind else { return false }
        advance()
        return true
    }

    mutating func takeKeyword(_ keyword: Keyword) -> Bool { take(.keyword(keyword)) }

    func text(of token: Token) -> String {
        String(decoding: bytes[token.range.start..<token.range.end], as: UTF8.self)
    }

    /// The context of what stands between braces.
    static let matching = "label matching"

    /// The error for the current word, in Prometheus' words.
    func unexpected(in context: String? = nil, expected: String? = nil, hint: String? = nil) -> SyntaxError {
        if case .invalid(let reason) = current.kind {
            // Between braces Prometheus' words say what is wrong and not what would be right.
            let wanted = context == Self.matching ? expected.map { "expected \($0)" } : nil
            return SyntaxError(range: current.range, message: reason, hint: hint ?? wanted)
        }
        var message = "unexpected \(current.found(in: bytes))"
        if let context { message += " in \(context)" }
        if let expected { message += ", expected \(expected)" }
        return SyntaxError(range: current.range, message: message, hint: hint)
    }

    mutating func expect(_ kind: Token.Kind, in context: String? = nil, _ wanted: String) throws(SyntaxError) {
        guard take(kind) else { throw unexpected(in: context, expected: wanted) }
    }

    func expectEnd() throws(SyntaxError) {
        guard current.kind == .end else { throw unexpected(expected: "end of input") }
    }

    // MARK: Expressions

    mutating func parseQuery() throws(SyntaxError) -> Expression {
        if current.kind == .end {
            throw SyntaxError(range: SourceRange(0, bytes.count), message: "no expression found in input")
        }
        let parsed = try parseExpression(minimum: 0)
        guard current.kind == .end else { throw unexpectedAfterExpression() }
        return parsed.node
    }

    func unexpectedAfterExpression(expected: String = "an operator or end of input") -> SyntaxError {
        var hint: String?
        switch current.kind {
        case .assign: hint = "did you mean `==`?"
        case .rightParen: return SyntaxError(range: current.range, message: "unexpected right parenthesis ')'")
        case .identifier:
            let words: [Keyword] = [.and, .or, .unless, .atan2, .offset, .by, .without, .smoothed, .anchored]
            hint = NearestName.of(text(of: current), among: words.map(\.rawValue)).map { "did you mean `\($0)`?" }
        default: break
        }
        return unexpected(expected: expected, hint: hint)
    }

    /// Every way down the tree passes here, so that no text exhausts the stack.
    mutating func parseExpression(minimum: Int) throws(SyntaxError) -> Parsed {
        depth += 1
        defer { depth -= 1 }
        try checkNesting(depth, at: current.range)
        var left = try parseUnary()
        while let (operation, precedence) = currentOperator, precedence >= minimum {
            let operatorRange = current.range
            advance()
            let modifiers = try parseModifiers()
            // `^` alone groups to the right.
            let right = try parseExpression(minimum: operation == .power ? precedence : precedence + 1)
            left = try binary(operation, left, right, modifiers, operatorRange)
        }
        return left
    }

    func checkNesting(_ height: Int, at range: SourceRange) throws(SyntaxError) {
        guard height > SyntaxLimits.nestingMax else { return }
        throw SyntaxError(range: range, message: "expression nests more than \(SyntaxLimits.nestingMax) levels deep")
    }

    func parsed(_ node: Expression, _ type: ValueType, over heights: Int...) throws(SyntaxError) -> Parsed {
        let height = (heights.max() ?? 0) + 1
        try checkNesting(height, at: node.range)
        return Parsed(node: node, type: type, height: height)
    }

    private var currentOperator: (BinaryOperator, Int)? {
        switch current.kind {
        case .symbol(let operation): (operation, operation.precedence)
        case .keyword(let keyword): keyword.binaryOperator.map { ($0, $0.precedence) }
        default: nil
        }
    }

    private func binary(
        _ operation: BinaryOperator, _ left: Parsed, _ right: Parsed, _ modifiers: Modifiers, _ range: SourceRange
    ) throws(SyntaxError) -> Parsed {
        var matching: VectorMatching? = modifiers.matching
        if operation.isSetOperation, modifiers.matching.cardinality == .oneToOne {
            matching?.cardinality = .manyToMany
        }
        let isBetweenVectors = left.type == .instantVector && right.type == .instantVector
        let saysSomething =
            !modifiers.matching.labels.isEmpty || modifiers.matching.fillLeft != nil
            || modifiers.matching.fillRight != nil
        // What says nothing is dropped beside a scalar; what says something is left for TypeCheck to refuse.
        if !isBetweenVectors && !saysSomething { matching = nil }
        let whole = SourceRange(left.node.range.start, right.node.range.end)
        var node = BinaryOperation(
            operation: operation, left: left.node, right: right.node, matching: matching,
            returnsBool: modifiers.returnsBool, range: whole)
        node.operatorRange = SourceRange(range.start, max(range.end, modifiers.end))
        let type: ValueType = left.type == .scalar && right.type == .scalar ? .scalar : .instantVector
        return try parsed(.binary(node), type, over: left.height, right.height)
    }

    private mutating func parseUnary() throws(SyntaxError) -> Parsed {
        let sign = current
        guard sign.kind == .symbol(.subtract) || sign.kind == .symbol(.add) else { return try parsePostfix() }
        advance()
        let isNegation = sign.kind == .symbol(.subtract)
        // A sign binds like `*`: weaker than `^`, stronger than `+`.
        let operand = try parseExpression(minimum: BinaryOperator.power.precedence)
        let range = SourceRange(sign.range.start, operand.node.range.end)
        if case .number(var literal) = operand.node {
            if isNegation { literal.value = -literal.value }
            literal.range = range
            return try parsed(.number(literal), .scalar)
        }
        let node = UnaryOperation(isNegation: isNegation, expression: operand.node, range: range)
        return try parsed(.unary(node), operand.type, over: operand.height)
    }

    private mutating func parsePostfix() throws(SyntaxError) -> Parsed {
        var operand = try parsePrimary()
        while true {
            switch current.kind {
            case .leftBracket: operand = try parseWindow(of: operand)
            case .keyword(.offset): operand.node = try parseOffset(of: operand.node)
            case .at: operand.node = try parseAt(of: operand.node)
            case .keyword(.anchored), .keyword(.smoothed): operand.node = try parseExtension(of: operand.node)
            default: return operand
            }
        }
    }

    private mutating func parsePrimary() throws(SyntaxError) -> Parsed {
        let token = current
        switch token.kind {
        case .number, .duration: return try parsed(.number(try parseNumber()), .scalar)
        case .string:
            let value = try parseString()
            return try parsed(.string(StringLiteral(value: value, range: token.range)), .string)
        case .leftParen:
            advance()
            let inner = try parseExpression(minimum: 0)
            guard take(.rightParen) else { throw unexpectedAfterExpression(expected: "an operator or \")\"") }
            let node = Parenthesized(expression: inner.node, range: SourceRange(token.range.start, previousEnd))
            return try parsed(.parenthesized(node), inner.type, over: inner.height)
        case .identifier where following.kind == .leftParen: return try parseCall()
        case .keyword(let keyword) where keyword.isFunction && following.kind == .leftParen: return try parseCall()
        case .keyword(let keyword) where keyword.aggregation != nil:
            switch following.kind {
            case .leftParen, .keyword(.by), .keyword(.without): return try parseAggregation()
            default: return try parsed(.vectorSelector(try parseSelector()), .instantVector)
            }
        case .keyword(let keyword) where keyword.mayNameMetric:
            return try parsed(.vectorSelector(try parseSelector()), .instantVector)
        case .identifier, .metricIdentifier, .leftBrace:
            return try parsed(.vectorSelector(try parseSelector()), .instantVector)
        default: throw unexpected(expected: "an expression")
        }
    }

    // MARK: Literals

    mutating func parseNumber() throws(SyntaxError) -> NumberLiteral {
        let token = current
        if token.kind == .duration {
            let length = try duration(of: token)
            advance()
            return NumberLiteral(value: length.seconds, isDuration: true, range: token.range)
        }
        do {
            let value = try NumberText.value(of: text(of: token))
            advance()
            return NumberLiteral(value: value, range: token.range)
        } catch {
            let reason =
                switch error {
                case .malformed: "invalid syntax"
                case .outOfRange: "value out of range"
                }
            throw SyntaxError(
                range: token.range,
                message: "error parsing number: \(text(of: token).quotedForPrometheus): \(reason)")
        }
    }

    func duration(of token: Token) throws(SyntaxError) -> Milliseconds {
        let written = text(of: token)
        guard let length = Milliseconds(parsing: written) else {
            throw SyntaxError(
                range: token.range, message: "not a valid duration string: \(written.quotedForPrometheus)",
                hint: "units go from y, w, d, h, m, s to ms, each at most once, with whole numbers")
        }
        guard length.count <= Self.durationMax else {
            throw SyntaxError(range: token.range, message: "duration out of range")
        }
        return length
    }

    /// What Prometheus can hold: 2^63 nanoseconds, some 292 years.
    static let durationMax: Int64 = 9_223_372_036_854

    mutating func parseString() throws(SyntaxError) -> String {
        let token = current
        do {
            let value = try StringText.unquote(bytes[token.range.start..<token.range.end])
            advance()
            return value
        } catch {
            throw SyntaxError(
                range: SourceRange(token.range.start + error.start, token.range.start + error.end),
                message: "error unquoting string: \(error.reason)")
        }
    }
}

extension BinaryOperator {
    /// From 1, the weakest. Source: Prometheus docs, querying/operators.
    var precedence: Int {
        switch self {
        case .or: 1
        case .and, .unless: 2
        case .equal, .notEqual, .greater, .less, .greaterOrEqual, .lessOrEqual, .trimUpper, .trimLower: 3
        case .add, .subtract: 4
        case .multiply, .divide, .modulo, .atan2: 5
        case .power: 6
        }
    }
}
