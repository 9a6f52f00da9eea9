// The syntax tree of PromQL: what Parser makes, TypeCheck judges, Printer prints and the engine plans.
// Every node knows its bytes in the query, so that each later error and warning has a place.

import MetricModel

/// Half-open byte range in the query text.
public struct SourceRange: Hashable, Sendable {
    public var start: Int
    public var end: Int
    public init(_ start: Int, _ end: Int) {
        self.start = start
        self.end = end
    }
}

public enum ValueType: String, Hashable, Sendable {
    case scalar
    case instantVector = "instant vector"
    case rangeVector = "range vector"
    case string
}

public indirect enum Expression: Sendable {
    case number(NumberLiteral)
    case string(StringLiteral)
    case vectorSelector(VectorSelector)
    case matrixSelector(MatrixSelector)
    case subquery(Subquery)
    case call(Call)
    case aggregation(Aggregation)
    case binary(BinaryOperation)
    case unary(UnaryOperation)
    case parenthesized(Parenthesized)

    public var range: SourceRange {
        switch self {
        case .number(let node): node.range
        case .string(let node): node.range
        case .vectorSelector(let node): node.range
        case .matrixSelector(let node): node.range
        case .subquery(let node): node.range
        case .call(let node): node.range
        case .aggregation(let node): node.range
        case .binary(let node): node.range
        case .unary(let node): node.range
        case .parenthesized(let node): node.range
        }
    }
}

public struct NumberLiteral: Sendable {
    public var value: Double
    /// Written as a duration (`5m`): printed back as one.
    public var isDuration: Bool
    public var range: SourceRange
    public init(value: Double, isDuration: Bool = false, range: SourceRange) {
        self.value = value
        self.isDuration = isDuration
        self.range = range
    }
}

public struct StringLiteral: Sendable {
    public var value: String
    public var range: SourceRange
    public init(value: String, range: SourceRange) {
        self.value = value
        self.range = range
    }
}

/// `@ 1700000000`, `@ start()`, `@ end()`.
public enum AtModifier: Hashable, Sendable {
    case timestamp(Timestamp)
    case start
    case end
}

/// A length of time that may depend on the query's own step and range; a plain literal in nearly every query.
public indirect enum DurationExpression: Hashable, Sendable {
    case literal(Milliseconds)
    /// A bare number of seconds; kept apart from `literal` so that it prints back as a number.
    case seconds(Double)
    case step
    case range
    case negated(DurationExpression)
    case positive(DurationExpression)
    case minOf(DurationExpression, DurationExpression)
    case maxOf(DurationExpression, DurationExpression)
    case binary(ArithmeticOperator, DurationExpression, DurationExpression)
    case parenthesized(DurationExpression)
}

public enum ArithmeticOperator: String, Hashable, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case modulo = "%"
    case power = "^"
}

public struct VectorSelector: Sendable {
    /// The name written before the braces, or quoted inside them; nil when only matchers were given.
    public var metricName: String?
    /// All matchers, the one on `__name__` that `metricName` stands for included.
    public var matchers: [Matcher]
    /// Positive looks back.
    public var offset: DurationExpression?
    public var at: AtModifier?
    /// Extended range selectors: `anchored`, `smoothed`.
    public var isAnchored = false
    public var isSmoothed = false
    /// The name was quoted inside the braces, `{"a.b"}`, and prints as a matcher.
    public var isNameInBraces = false
    public var range: SourceRange
    public init(metricName: String?, matchers: [Matcher], range: SourceRange) {
        self.metricName = metricName
        self.matchers = matchers
        self.range = range
    }
}

public struct MatrixSelector: Sendable {
    public var selector: VectorSelector
    public var window: DurationExpression
    public var range: SourceRange
    public init(selector: VectorSelector, window: DurationExpression, range: SourceRange) {
        self.selector = selector
        self.window = window
        self.range = range
    }
}

public struct Subquery: Sendable {
    public var expression: Expression
    public var window: DurationExpression
    /// Nil: the engine's default resolution.
    public var step: DurationExpression?
    public var offset: DurationExpression?
    public var at: AtModifier?
    public var range: SourceRange
    public init(expression: Expression, window: DurationExpression, step: DurationExpression?, range: SourceRange) {
        self.expression = expression
        self.window = window
        self.step = step
        self.range = range
    }
}

public struct Call: Sendable {
    public var function: BuiltinFunction
    public var arguments: [Expression]
    public var range: SourceRange
    public init(function: BuiltinFunction, arguments: [Expression], range: SourceRange) {
        self.function = function
        self.arguments = arguments
        self.range = range
    }
}

public enum AggregationOperator: String, Hashable, Sendable, CaseIterable {
    case sum, min, max, avg, group, stddev, stdvar, count, topk, bottomk, quantile, limitk
    case countValues = "count_values"
    case limitRatio = "limit_ratio"
}

public struct Aggregation: Sendable {
    public var operation: AggregationOperator
    public var expression: Expression
    /// k, φ, ratio, or the label name of count_values.
    public var parameter: Expression?
    public var grouping: [String]
    public var isWithout: Bool
    public var range: SourceRange
    public init(
        operation: AggregationOperator, expression: Expression, parameter: Expression?, grouping: [String],
        isWithout: Bool, range: SourceRange
    ) {
        self.operation = operation
        self.expression = expression
        self.parameter = parameter
        self.grouping = grouping
        self.isWithout = isWithout
        self.range = range
    }
}

public enum BinaryOperator: String, Hashable, Sendable, CaseIterable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case modulo = "%"
    case power = "^"
    case atan2
    case equal = "=="
    case notEqual = "!="
    case greater = ">"
    case less = "<"
    case greaterOrEqual = ">="
    case lessOrEqual = "<="
    case and, or, unless
    /// `</` keeps what lies below a value, `>/` what lies above it (native histograms).
    case trimUpper = "</"
    case trimLower = ">/"

    public var isComparison: Bool {
        switch self {
        case .equal, .notEqual, .greater, .less, .greaterOrEqual, .lessOrEqual: true
        default: false
        }
    }
    public var isSetOperation: Bool { self == .and || self == .or || self == .unless }
}

public struct VectorMatching: Hashable, Sendable {
    public enum Cardinality: Hashable, Sendable { case oneToOne, manyToOne, oneToMany, manyToMany }
    public var cardinality: Cardinality = .oneToOne
    /// Labels of `on (...)` or `ignoring (...)`.
    public var labels: [String] = []
    public var isOn = false
    /// Labels that group_left or group_right copies from the "one" side.
    public var include: [String] = []
    /// `fill(x)`, `fill_left(x)`, `fill_right(x)`: the value of an element that finds no partner.
    public var fillLeft: Double?
    public var fillRight: Double?
    public init() {}
}

public struct BinaryOperation: Sendable {
    public var operation: BinaryOperator
    public var left: Expression
    public var right: Expression
    /// Nil unless both sides are instant vectors.
    public var matching: VectorMatching?
    public var returnsBool: Bool
    public var range: SourceRange
    /// The operator and its modifiers, without the blanks around them.
    public var operatorRange: SourceRange
    public init(
        operation: BinaryOperator, left: Expression, right: Expression, matching: VectorMatching?, returnsBool: Bool,
        range: SourceRange
    ) {
        self.operation = operation
        self.left = left
        self.right = right
        self.matching = matching
        self.returnsBool = returnsBool
        self.range = range
        operatorRange = SourceRange(left.range.end, right.range.start)
    }
}

public struct UnaryOperation: Sendable {
    public var isNegation: Bool
    public var expression: Expression
    public var range: SourceRange
    public init(isNegation: Bool, expression: Expression, range: SourceRange) {
        self.isNegation = isNegation
        self.expression = expression
        self.range = range
    }
}

public struct Parenthesized: Sendable {
    public var expression: Expression
    public var range: SourceRange
    public init(expression: Expression, range: SourceRange) {
        self.expression = expression
        self.range = range
    }
}
