// Syntax tree to text: one line, in the canonical form that Prometheus prints.
// /api/v1/format_query, annotations and rule pages show it; parsing the text gives the same tree again.

import MetricModel

extension Expression: CustomStringConvertible {
    /// The canonical one-line form. Source: Prometheus, promql/parser/printer.go.
    public var description: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .number(let node): text += node.description
        case .string(let node): text += node.value.quotedAsGo
        case .vectorSelector(let node): text += node.description
        case .matrixSelector(let node): text += node.description
        case .subquery(let node):
            node.expression.write(to: &text)
            text += node.timeSuffix
        case .call(let node):
            text += node.function.rawValue + "("
            for (index, argument) in node.arguments.enumerated() {
                if index > 0 { text += ", " }
                argument.write(to: &text)
            }
            text += ")"
        case .aggregation(let node):
            text += node.head + "("
            if let parameter = node.parameter {
                parameter.write(to: &text)
                text += ", "
            }
            node.expression.write(to: &text)
            text += ")"
        case .binary(let node):
            if node.operation == .power, case .number(let literal) = node.left, literal.value == .infinity {
                // Prometheus writes `+Inf ^ x`, which reads back as a sign before a power.
                text += "Inf"
            } else {
                node.left.write(to: &text)
            }
            text += " " + node.middle + " "
            node.right.write(to: &text)
        case .unary(let node):
            text += node.isNegation ? "-" : "+"
            node.expression.write(to: &text)
        case .parenthesized(let node):
            text += "("
            node.expression.write(to: &text)
            text += ")"
        }
    }
}

extension NumberLiteral: CustomStringConvertible {
    public var description: String {
        guard isDuration else { return NumberText.positional(value) }
        return Milliseconds(Int64(saturating: (value * 1000).rounded(.toNearestOrAwayFromZero))).description
    }
}

extension VectorSelector: CustomStringConvertible {
    public var description: String {
        let extended = isAnchored ? " anchored" : isSmoothed ? " smoothed" : ""
        return bare + AtModifier.suffix(at) + extended + DurationExpression.offsetSuffix(offset)
    }

    /// Name and matchers alone, the matchers sorted as texts.
    var bare: String {
        let name = isNameInBraces ? "" : metricName ?? ""
        var shown: [String] = []
        for matcher in matchers {
            let isName =
                matcher.operation == .equal && matcher.name.isSameBytes(as: LabelSet.metricNameLabel)
                && matcher.value.isSameBytes(as: name)
            if isName && !name.isEmpty { continue }
            shown.append(matcher.canonicalText)
        }
        guard !shown.isEmpty else { return name.isEmpty ? "{}" : name }
        return name + "{" + shown.sorted { $0.isBefore($1) }.joined(separator: ",") + "}"
    }
}

extension Matcher {
    /// `name="value"`, a name outside the classic form in quotes.
    var canonicalText: String {
        let shown = name.isClassicLabelName ? name : name.quotedAsGo
        return shown + operation.rawValue + value.quotedAsGo
    }
}

extension MatrixSelector: CustomStringConvertible {
    public var description: String {
        let extended = selector.isAnchored ? " anchored" : selector.isSmoothed ? " smoothed" : ""
        return "\(selector.bare)[\(window)]\(extended)\(AtModifier.suffix(selector.at))"
            + DurationExpression.offsetSuffix(selector.offset)
    }
}

extension Subquery {
    /// `[window:step] @ t offset o`
    var timeSuffix: String {
        "[\(window):\(step?.description ?? "")]\(AtModifier.suffix(at))\(DurationExpression.offsetSuffix(offset))"
    }
}

extension AtModifier {
    fileprivate static func suffix(_ at: AtModifier?) -> String {
        switch at {
        case nil: ""
        case .start: " @ start()"
        case .end: " @ end()"
        case .timestamp(let time): " @ " + NumberText.fixedThousandths(time.milliseconds)
        }
    }
}

extension Aggregation {
    /// `sum by (a, b) ` or `sum`: all before the parenthesis.
    var head: String {
        if isWithout { return "\(operation.rawValue) without (\(Self.list(grouping))) " }
        if grouping.isEmpty { return operation.rawValue }
        return "\(operation.rawValue) by (\(Self.list(grouping))) "
    }

    static func list(_ labels: [String]) -> String {
        labels.map { $0.isClassicLabelName ? $0 : $0.quotedAsGo }.joined(separator: ", ")
    }
}

extension BinaryOperation {
    /// The operator with its modifiers.
    var middle: String {
        operation.rawValue + (returnsBool ? " bool" : "") + (matching?.canonicalText ?? "")
    }
}

extension VectorMatching {
    fileprivate var canonicalText: String {
        let isGrouped = cardinality == .manyToOne || cardinality == .oneToMany
        var text = ""
        if !labels.isEmpty || isOn || isGrouped {
            text += " \(isOn ? "on" : "ignoring") (\(Aggregation.list(labels)))"
        }
        if isGrouped {
            text += " group_\(cardinality == .manyToOne ? "left" : "right") (\(Aggregation.list(include)))"
        }
        if let left = fillLeft, let right = fillRight, left == right {
            return text + " fill (\(NumberText.general(left)))"
        }
        if let fillLeft { text += " fill_left (\(NumberText.general(fillLeft)))" }
        if let fillRight { text += " fill_right (\(NumberText.general(fillRight)))" }
        return text
    }
}

extension DurationExpression: CustomStringConvertible {
    public var description: String {
        switch self {
        case .literal(let length): length.description
        case .seconds(let seconds): NumberText.positional(seconds)
        case .step: "step()"
        case .range: "range()"
        case .negated(let operand): "-\(operand)"
        case .positive(let operand): operand.description
        case .minOf(let left, let right): "min_of(\(left), \(right))"
        case .maxOf(let left, let right): "max_of(\(left), \(right))"
        case .binary(let operation, let left, let right): "\(left) \(operation.rawValue) \(right)"
        case .parenthesized(let inner): "(\(inner))"
        }
    }

    fileprivate static func offsetSuffix(_ offset: DurationExpression?) -> String {
        offset.map { " offset \($0)" } ?? ""
    }
}
