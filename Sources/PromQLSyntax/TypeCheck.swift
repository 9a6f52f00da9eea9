// What may stand where: the types of arguments, operands, parameters; Prometheus' rules in Prometheus' words.
// Runs over Parser's tree before anyone else sees it. Children are judged before their parents.

import MetricModel

struct TypeCheck {
    let bytes: [UInt8]

    /// - Returns: the type of a correct expression.
    func type(of expression: Expression) throws(SyntaxError) -> ValueType {
        switch expression {
        case .number: return .scalar
        case .string: return .string
        case .vectorSelector(let node):
            try check(node, mayMatchEverything: false)
            return .instantVector
        case .matrixSelector(let node):
            try check(node.selector, mayMatchEverything: false)
            return .rangeVector
        case .subquery(let node):
            let found = try type(of: node.expression)
            guard found == .instantVector else {
                throw SyntaxError(
                    range: node.range,
                    message: "subquery is only allowed on instant vector, got \(found.internalName) instead")
            }
            return .rangeVector
        case .call(let node): return try check(node)
        case .aggregation(let node): return try check(node)
        case .binary(let node): return try check(node)
        case .unary(let node):
            let found = try type(of: node.expression)
            guard found == .scalar || found == .instantVector else {
                throw SyntaxError(
                    range: node.range,
                    message: "unary expression only allowed on expressions of type scalar or instant vector, "
                        + "got \"\(found.rawValue)\"")
            }
            return found
        case .parenthesized(let node): return try type(of: node.expression)
        }
    }

    // MARK: Selectors

    /// A selector must have a matcher that refuses the empty value, so that no slip of the hand selects everything.
    func check(_ selector: VectorSelector, mayMatchEverything: Bool) throws(SyntaxError) {
        if let name = selector.metricName, !selector.isNameInBraces {
            let others = selector.matchers.dropFirst()
            if let other = others.first(where: { $0.name.isSameBytes(as: LabelSet.metricNameLabel) }) {
                throw SyntaxError(
                    range: selector.range,
                    message: "metric name must not be set twice: \(name.quotedForPrometheus) or "
                        + other.value.quotedForPrometheus)
            }
            return
        }
        guard !mayMatchEverything, selector.matchers.allSatisfy(\.matchesEmpty) else { return }
        throw SyntaxError(
            range: selector.range, message: "vector selector must contain at least one non-empty matcher",
            hint: selector.matchers.isEmpty ? "name a metric, or write a matcher such as {job=\"x\"}" : nil)
    }

    // MARK: Calls

    private func check(_ call: Call) throws(SyntaxError) -> ValueType {
        let signature = call.function.signature
        let count = call.arguments.count
        let name = "\"\(call.function.rawValue)\""
        if signature.argumentsMin == signature.argumentsMax, count != signature.argumentsMin {
            throw SyntaxError(
                range: call.range,
                message: "expected \(signature.argumentsMin) argument(s) in call to \(name), got \(count)")
        }
        if count < signature.argumentsMin {
            throw SyntaxError(
                range: call.range,
                message: "expected at least \(signature.argumentsMin) argument(s) in call to \(name), got \(count)")
        }
        if let most = signature.argumentsMax, count > most {
            throw SyntaxError(
                range: call.range, message: "expected at most \(most) argument(s) in call to \(name), got \(count)")
        }
        for (index, argument) in call.arguments.enumerated() {
            if call.function == .info, index == 1 {
                try checkInfoSelector(argument, of: call)
                continue
            }
            guard let wanted = signature.type(ofArgument: index) else { continue }
            try expect(wanted, argument, in: "call to function \(name)")
        }
        return signature.returnType
    }

    /// The second argument of info() selects labels, not a metric, and may match everything.
    private func checkInfoSelector(_ argument: Expression, of call: Call) throws(SyntaxError) {
        guard argument.type == .instantVector else {
            throw SyntaxError(
                range: call.range,
                message: "expected type instant vector in call to function \"info\", got \(argument.type.rawValue)")
        }
        guard case .vectorSelector(let selector) = argument else {
            throw SyntaxError(range: argument.range, message: "expected label selectors only")
        }
        guard selector.metricName == nil || selector.isNameInBraces else {
            throw SyntaxError(
                range: argument.range, message: "expected label selectors only, got vector selector instead")
        }
        try check(selector, mayMatchEverything: true)
    }

    private func expect(_ wanted: ValueType, _ expression: Expression, in context: String) throws(SyntaxError) {
        let found = try type(of: expression)
        guard found != wanted else { return }
        var hint: String?
        switch (wanted, found) {
        case (.rangeVector, .instantVector):
            if case .vectorSelector = expression { hint = "add a window: [5m]" } else { hint = "add a subquery: [5m:]" }
        case (.instantVector, .rangeVector):
            if case .matrixSelector = expression { hint = "drop the window, or take rate() of it" }
        case (.instantVector, .scalar): hint = "vector() makes one of a scalar"
        case (.scalar, .instantVector): hint = "scalar() makes one of a vector with one element"
        default: break
        }
        throw SyntaxError(
            range: expression.range, message: "expected type \(wanted.rawValue) in \(context), got \(found.rawValue)",
            hint: hint)
    }

    private func check(_ node: Aggregation) throws(SyntaxError) -> ValueType {
        try expect(.instantVector, node.expression, in: "aggregation expression")
        if let parameter = node.parameter {
            let wanted: ValueType = node.operation == .countValues ? .string : .scalar
            try expect(wanted, parameter, in: "aggregation parameter")
        }
        return .instantVector
    }

    // MARK: Binary operations

    private func check(_ node: BinaryOperation) throws(SyntaxError) -> ValueType {
        let left = try type(of: node.left)
        let right = try type(of: node.right)
        if node.returnsBool && !node.operation.isComparison {
            throw SyntaxError(
                range: node.operatorRange, message: "bool modifier can only be used on comparison operators")
        }
        if node.operation.isComparison && !node.returnsBool && left == .scalar && right == .scalar {
            throw SyntaxError(
                range: node.operatorRange, message: "comparisons between scalars must use BOOL modifier",
                hint: "write `\(node.operation.rawValue) bool`")
        }
        if let matching = node.matching, matching.isOn {
            for label in matching.labels where matching.include.contains(where: { $0.isSameBytes(as: label) }) {
                throw SyntaxError(
                    range: node.operatorRange,
                    message: "label \(label.quotedForPrometheus) must not occur in ON and GROUP clause at once")
            }
        }
        for (side, type) in [(node.left, left), (node.right, right)] where type != .scalar && type != .instantVector {
            throw SyntaxError(
                range: side.range, message: "binary expression must contain only scalar and instant vector types")
        }
        try checkMatching(node, isBetweenVectors: left == .instantVector && right == .instantVector)
        if node.operation.isSetOperation && (left == .scalar || right == .scalar) {
            throw SyntaxError(
                range: node.range,
                message: "set operator \"\(node.operation.rawValue)\" not allowed in binary scalar expression")
        }
        return left == .scalar && right == .scalar ? .scalar : .instantVector
    }

    private func checkMatching(_ node: BinaryOperation, isBetweenVectors: Bool) throws(SyntaxError) {
        guard let matching = node.matching else { return }
        let fills = matching.fillLeft != nil || matching.fillRight != nil
        if !isBetweenVectors {
            if !matching.labels.isEmpty {
                throw SyntaxError(
                    range: node.range, message: "vector matching only allowed between instant vectors")
            }
            if fills {
                throw SyntaxError(
                    range: node.range, message: "filling in missing series only allowed between instant vectors")
            }
        } else if node.operation.isSetOperation {
            if matching.cardinality != .manyToMany {
                throw SyntaxError(
                    range: node.range,
                    message: "no grouping allowed for \"\(node.operation.rawValue)\" operation")
            }
            if fills {
                throw SyntaxError(
                    range: node.range, message: "filling in missing series not allowed for set operators")
            }
        }
    }
}

extension ValueType {
    /// As Prometheus' API spells it.
    public var internalName: String {
        switch self {
        case .scalar: "scalar"
        case .instantVector: "vector"
        case .rangeVector: "matrix"
        case .string: "string"
        }
    }
}
