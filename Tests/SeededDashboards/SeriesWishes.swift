// What series a dashboard's queries want to find: by metric, the labels, their values, and what is done with them.
// Comes after the dashboard's import; SeededSeries makes samples of it.

import Dashboards
import MetricModel
import PromQLSyntax
import Querying

/// One selector of one query.
struct SelectorWish: Hashable {
    var name: String
    var matchers: [Matcher]
    /// Labels that a grouping, a legend or a matching names: series differ in them.
    var labels: Set<String>
    var isCounter = false
    var hint: ValueHint?
    /// How far back from the range it reads.
    var shift = Milliseconds.zero
    /// Labels that tell its series apart, on the side of a matching that has one of them for many.
    var unique: Set<String>?
}

/// What a comparison around a selector wants its values to be.
enum ValueHint: Hashable {
    case equal(Double)
    case above(Double)
    case below(Double)
    /// A moment, in seconds: `time()` is compared with it.
    case moment
}

struct SeriesWishes {
    private(set) var selectors: [SelectorWish] = []
    private var known: Set<SelectorWish> = []
    /// Metrics whose series have to have partners on the other side of an operation.
    private(set) var partners: [(String, String)] = []
    /// By label: values that come from outside of the queries, such as those that a variable's filter lets pass.
    private(set) var values: [String: [String]] = [:]

    private struct Surroundings {
        var labels: Set<String> = []
        var isCounter = false
        var hint: ValueHint?
        var shift = Milliseconds.zero
        var unique: Set<String>?
    }

    mutating func add(value: String, of label: String) {
        if values[label]?.contains(value) != true, (values[label]?.count ?? 0) < 12 {
            values[label, default: []].append(value)
        }
    }

    /// What does not parse wants nothing.
    mutating func add(query: String, labels: Set<String> = []) {
        guard let expression = try? Expression(parsing: query) else { return }
        visit(expression, Surroundings(labels: labels))
    }

    private mutating func visit(_ expression: Expression, _ around: Surroundings) {
        switch expression {
        case .number, .string: break
        case .parenthesized(let node): visit(node.expression, around)
        case .unary(let node): visit(node.expression, around)
        case .vectorSelector(let node): add(node, around)
        case .matrixSelector(let node): add(node.selector, around)
        case .subquery(let node):
            var inner = around
            inner.shift = Milliseconds(inner.shift.count + Self.length(node.offset))
            visit(node.expression, inner)
        case .call(let node): visit(node, around)
        case .aggregation(let node):
            var inner = around
            inner.hint = nil
            inner.unique = nil
            if node.isWithout { inner.labels.subtract(node.grouping) } else { inner.labels.formUnion(node.grouping) }
            visit(node.expression, inner)
            if let parameter = node.parameter { visit(parameter, Surroundings()) }
        case .binary(let node): visit(node, around)
        }
    }

    private mutating func visit(_ node: Call, _ around: Surroundings) {
        var inner = around
        switch node.function {
        case .rate, .increase, .irate, .resets: inner.isCounter = true
        case .histogramQuantile, .histogramQuantiles, .histogramFraction: inner.labels.insert("le")
        case .labelReplace:
            if case .string(let source)? = node.arguments.dropFirst(3).first { inner.labels.insert(source.value) }
        case .labelJoin:
            for case .string(let source) in node.arguments.dropFirst(3) { inner.labels.insert(source.value) }
        default: break
        }
        if node.function != .labelReplace, node.function != .clampMax, node.function != .clampMin {
            inner.hint = inner.hint == .moment ? .moment : nil
        }
        for argument in node.arguments { visit(argument, inner) }
    }

    private mutating func visit(_ node: BinaryOperation, _ around: Surroundings) {
        var left = around
        var right = around
        if let matching = node.matching {
            let labels = Set(matching.isOn ? matching.labels : []).union(matching.include)
            left.labels.formUnion(labels)
            right.labels.formUnion(labels)
            if matching.isOn {
                if matching.cardinality == .manyToOne { right.unique = Set(matching.labels) }
                if matching.cardinality == .oneToMany { left.unique = Set(matching.labels) }
            }
            if !matching.isOn {
                for one in Self.names(node.left) {
                    for other in Self.names(node.right) where one != other { partners.append((one, other)) }
                }
            }
        }
        if node.operation.isComparison {
            left.hint = Self.hint(node.operation, Self.constant(node.right), isLeft: true)
            right.hint = Self.hint(node.operation, Self.constant(node.left), isLeft: false)
        } else if Self.isTime(node.left) {
            right.hint = .moment
        } else if Self.isTime(node.right) {
            left.hint = .moment
        } else {
            left.hint = around.hint == .moment ? .moment : nil
            right.hint = left.hint
        }
        visit(node.left, left)
        visit(node.right, right)
    }

    private mutating func add(_ node: VectorSelector, _ around: Surroundings) {
        var names = node.metricName.map { [$0] } ?? []
        if names.isEmpty {
            for matcher in node.matchers where matcher.name == LabelSet.metricNameLabel {
                if matcher.operation == .equal { names.append(matcher.value) }
                if matcher.operation == .regex {
                    names += PatternSamples.of(matcher.value).filter { matcher.matches($0) && $0.isClassicMetricName }
                }
            }
        }
        for name in names.prefix(6) {
            var wish = SelectorWish(
                name: name, matchers: node.matchers.filter { $0.name != LabelSet.metricNameLabel },
                labels: around.labels)
            wish.isCounter = around.isCounter
            wish.hint = around.hint
            wish.unique = around.unique
            wish.shift = Milliseconds(around.shift.count + Self.length(node.offset))
            if known.insert(wish).inserted { selectors.append(wish) }
        }
    }

    // MARK: Looking at expressions

    private static func length(_ duration: DurationExpression?) -> Int64 {
        if case .literal(let length)? = duration { max(0, length.count) } else { 0 }
    }

    /// Metrics whose own labels reach the operation: those below an aggregation have only the labels it leaves.
    private static func names(_ expression: Expression) -> [String] {
        switch expression {
        case .number, .string, .aggregation: []
        case .vectorSelector(let node): node.metricName.map { [$0] } ?? []
        case .matrixSelector(let node): node.selector.metricName.map { [$0] } ?? []
        case .subquery(let node): names(node.expression)
        case .call(let node): node.arguments.flatMap(names)
        case .binary(let node): names(node.left) + names(node.right)
        case .unary(let node): names(node.expression)
        case .parenthesized(let node): names(node.expression)
        }
    }

    private static func constant(_ expression: Expression) -> Double? {
        switch expression {
        case .number(let node): node.value
        case .parenthesized(let node): constant(node.expression)
        case .unary(let node): constant(node.expression).map { node.isNegation ? -$0 : $0 }
        default: nil
        }
    }

    private static func isTime(_ expression: Expression) -> Bool {
        switch expression {
        case .call(let node): node.function == .time
        case .parenthesized(let node): isTime(node.expression)
        default: false
        }
    }

    private static func hint(_ operation: BinaryOperator, _ value: Double?, isLeft: Bool) -> ValueHint? {
        guard let value else { return nil }
        switch operation {
        case .equal: return .equal(value)
        case .greaterOrEqual, .lessOrEqual: return .equal(value)
        case .notEqual: return .above(value)
        case .greater: return isLeft ? .above(value) : .below(value)
        case .less: return isLeft ? .below(value) : .above(value)
        default: return nil
        }
    }
}
