// Calls, aggregations and what stands between a binary operator and its right side.
// Part of Parser.

import MetricModel

extension Parser {
    struct Modifiers {
        var returnsBool = false
        var matching = VectorMatching()
        /// End of the last modifier, 0 when there is none.
        var end = 0
    }

    // MARK: Calls

    mutating func parseCall() throws(SyntaxError) -> Parsed {
        let name = current
        let written = text(of: name)
        guard let function = BuiltinFunction(rawValue: written) else {
            let known = BuiltinFunction.allCases.map(\.rawValue) + AggregationOperator.allCases.map(\.rawValue)
            throw SyntaxError(
                range: name.range, message: "unknown function `\(written)`",
                hint: NearestName.of(written, among: known).map { "did you mean `\($0)`?" })
        }
        advance()
        let (arguments, height) = try parseArguments(in: nil)
        let range = SourceRange(name.range.start, previousEnd)
        let node = Call(function: function, arguments: arguments, range: range)
        return try parsed(.call(node), function.signature.returnType, over: height)
    }

    /// `(a, b)`. Returns the arguments and the height of the highest.
    private mutating func parseArguments(in context: String?) throws(SyntaxError) -> ([Expression], Int) {
        try expect(.leftParen, in: context, "\"(\"")
        var arguments: [Expression] = []
        var height = 0
        if take(.rightParen) { return (arguments, height) }
        while true {
            let argument = try parseExpression(minimum: 0)
            arguments.append(argument.node)
            height = max(height, argument.height)
            let comma = current
            if take(.comma) {
                guard current.kind != .rightParen else {
                    throw SyntaxError(
                        range: comma.range, message: "trailing commas not allowed in function call args")
                }
                continue
            }
            guard take(.rightParen) else {
                throw unexpectedAfterExpression(expected: "an operator, \",\" or \")\"")
            }
            return (arguments, height)
        }
    }

    // MARK: Aggregations

    mutating func parseAggregation() throws(SyntaxError) -> Parsed {
        let name = current
        guard case .keyword(let keyword) = name.kind, let operation = keyword.aggregation else {
            throw unexpected(in: "aggregation")
        }
        advance()
        var grouping = try parseGrouping()
        let (arguments, height) = try parseArguments(in: "aggregation")
        if grouping == nil { grouping = try parseGrouping() }
        let range = SourceRange(name.range.start, previousEnd)
        guard let last = arguments.last else {
            throw SyntaxError(range: range, message: "no arguments for aggregate expression provided")
        }
        let wanted = operation.takesParameter ? 2 : 1
        guard arguments.count == wanted else {
            throw SyntaxError(
                range: range,
                message: "wrong number of arguments for aggregate expression provided, "
                    + "expected \(wanted), got \(arguments.count)",
                hint: operation.parameterHint(arguments.count))
        }
        let node = Aggregation(
            operation: operation, expression: last, parameter: wanted == 2 ? arguments.first : nil,
            grouping: grouping?.labels ?? [], isWithout: grouping?.isWithout ?? false, range: range)
        return try parsed(.aggregation(node), .instantVector, over: height)
    }

    private mutating func parseGrouping() throws(SyntaxError) -> (labels: [String], isWithout: Bool)? {
        if takeKeyword(.by) { return (try parseLabels(), false) }
        if takeKeyword(.without) { return (try parseLabels(), true) }
        return nil
    }

    /// `(a, "b c", )`
    mutating func parseLabels() throws(SyntaxError) -> [String] {
        try expect(.leftParen, in: "grouping opts", "\"(\"")
        var labels: [String] = []
        while !take(.rightParen) {
            labels.append(try parseLabel())
            if current.kind == .rightParen { continue }
            try expect(.comma, in: "grouping opts", "\",\" or \")\"")
        }
        return labels
    }

    private mutating func parseLabel() throws(SyntaxError) -> String {
        let token = current
        switch token.kind {
        case .identifier, .metricIdentifier: break
        case .keyword(let keyword) where keyword.mayNameLabel: break
        case .string:
            let label = try parseString()
            guard !label.isEmpty else {
                throw SyntaxError(range: token.range, message: "invalid label name for grouping: \"\"")
            }
            return label
        default: throw unexpected(in: "grouping opts", expected: "label")
        }
        advance()
        return text(of: token)
    }

    // MARK: Between operator and right side

    mutating func parseModifiers() throws(SyntaxError) -> Modifiers {
        var modifiers = Modifiers()
        let start = current.range.start
        modifiers.returnsBool = takeKeyword(.bool)
        let isOn = takeKeyword(.on)
        if isOn || takeKeyword(.ignoring) {
            modifiers.matching.isOn = isOn
            modifiers.matching.labels = try parseLabels()
            let isLeft = takeKeyword(.groupLeft)
            if isLeft || takeKeyword(.groupRight) {
                modifiers.matching.cardinality = isLeft ? .manyToOne : .oneToMany
                if current.kind == .leftParen { modifiers.matching.include = try parseLabels() }
            }
        }
        if takeKeyword(.fill) {
            let value = try parseFillValue()
            modifiers.matching.fillLeft = value
            modifiers.matching.fillRight = value
        } else if takeKeyword(.fillLeft) {
            modifiers.matching.fillLeft = try parseFillValue()
            if takeKeyword(.fillRight) { modifiers.matching.fillRight = try parseFillValue() }
        } else if takeKeyword(.fillRight) {
            modifiers.matching.fillRight = try parseFillValue()
            if takeKeyword(.fillLeft) { modifiers.matching.fillLeft = try parseFillValue() }
        }
        if current.range.start > start { modifiers.end = previousEnd }
        return modifiers
    }

    private mutating func parseFillValue() throws(SyntaxError) -> Double {
        try expect(.leftParen, in: "fill modifier", "\"(\"")
        let isNegative = current.kind == .symbol(.subtract)
        if isNegative || current.kind == .symbol(.add) { advance() }
        guard current.kind == .number || current.kind == .duration else {
            throw unexpected(in: "fill modifier", expected: "number")
        }
        let value = try parseNumber().value
        try expect(.rightParen, in: "fill modifier", "\")\"")
        return isNegative ? -value : value
    }
}

extension AggregationOperator {
    /// Whether a parameter comes before the vector.
    public var takesParameter: Bool {
        switch self {
        case .topk, .bottomk, .quantile, .limitk, .limitRatio, .countValues: true
        case .sum, .min, .max, .avg, .group, .stddev, .stdvar, .count: false
        }
    }

    /// Behind a feature flag in Prometheus.
    public var isExperimental: Bool { self == .limitk || self == .limitRatio }

    fileprivate func parameterHint(_ count: Int) -> String? {
        guard count == 1, takesParameter else { return nil }
        switch self {
        case .quantile: return "`quantile(0.9, v)`: the quantile goes first"
        case .countValues: return "`count_values(\"label\", v)`: the new label goes first"
        default: return "`\(rawValue)(5, v)`: the parameter goes first"
        }
    }
}
