// How often and how long `ferula query --scrape` must scrape before an expression can be answered truthfully.
// A pure function of the syntax tree; QueryCommand does what it says.

import MetricModel
import PromQLSyntax

struct ScrapePlan: Equatable {
    /// Distance of two scrapes.
    var interval: Milliseconds
    /// At least 1.
    var scrapes: Int

    var duration: Milliseconds { Milliseconds(interval.count * Int64(scrapes - 1)) }

    /// - An instant selector needs one scrape.
    /// - A window `[w]` needs scrapes over the whole of `w`: a rate over a window that is filled only in part would be
    ///   too small. It is scraped at `interval`, by default every second, for short windows four times within them
    ///   (but not more often than ten times a second).
    /// - Offsets and subqueries add to the reach.
    init(for expression: Expression, interval wanted: Milliseconds? = nil) {
        self.init(for: [expression], interval: wanted)
    }

    /// What all of the expressions need, over a range of `length`.
    init(for expressions: [Expression], interval wanted: Milliseconds? = nil, length: Milliseconds = .zero) {
        let reach = Self.sum(expressions.map(Self.reach).max() ?? .zero, length)
        let windows = expressions.compactMap(Self.shortestWindow) + (length.count > 0 ? [length] : [])
        guard let shortest = windows.min(), reach.count > 0 else {
            interval = wanted ?? .seconds(1)
            scrapes = 1
            return
        }
        let quarter = Milliseconds(max(100, shortest.count / 4))
        interval = wanted ?? min(.seconds(1), quarter)
        let steps = reach.count.dividedReportingOverflow(by: max(1, interval.count)).partialValue
        scrapes = Int(clamping: max(1, steps)) &+ 1
    }

    /// As often as fits into `length`.
    init(over length: Milliseconds, interval: Milliseconds) {
        self.interval = interval
        scrapes = Int(clamping: length.count / max(1, interval.count)) &+ 1
    }

    /// How far before the evaluation time the expression reads, instant look-back not counted.
    static func reach(_ expression: Expression) -> Milliseconds {
        switch expression {
        case .number, .string: return .zero
        case .vectorSelector(let node): return length(node.offset)
        case .matrixSelector(let node): return sum(length(node.window), length(node.selector.offset))
        case .subquery(let node):
            return sum(sum(length(node.window), length(node.offset)), reach(node.expression))
        case .call(let node): return node.arguments.map(reach).max() ?? .zero
        case .aggregation(let node): return max(reach(node.expression), node.parameter.map(reach) ?? .zero)
        case .binary(let node): return max(reach(node.left), reach(node.right))
        case .unary(let node): return reach(node.expression)
        case .parenthesized(let node): return reach(node.expression)
        }
    }

    /// The shortest window any selector of the expression reads; nil when it has none.
    static func shortestWindow(_ expression: Expression) -> Milliseconds? {
        switch expression {
        case .number, .string: nil
        case .vectorSelector(let node): length(node.offset).count > 0 ? length(node.offset) : nil
        case .matrixSelector(let node): length(node.window)
        case .subquery(let node): [length(node.window), shortestWindow(node.expression)].compactMap(\.self).min()
        case .call(let node): node.arguments.compactMap(shortestWindow).min()
        case .aggregation(let node):
            [shortestWindow(node.expression), node.parameter.flatMap(shortestWindow)].compactMap(\.self).min()
        case .binary(let node): [shortestWindow(node.left), shortestWindow(node.right)].compactMap(\.self).min()
        case .unary(let node): shortestWindow(node.expression)
        case .parenthesized(let node): shortestWindow(node.expression)
        }
    }

    /// Literal lengths; an expression of step() or range() counts as nothing, an instant query has neither.
    private static func length(_ duration: DurationExpression?) -> Milliseconds {
        switch duration {
        case nil, .step, .range: .zero
        case .literal(let length): max(.zero, length)
        case .seconds(let seconds): max(.zero, Milliseconds(seconds: seconds))
        case .negated: .zero
        case .positive(let inner), .parenthesized(let inner): length(inner)
        case .minOf(let left, let right): min(length(left), length(right))
        case .maxOf(let left, let right): max(length(left), length(right))
        case .binary(let operation, let left, let right):
            combined(operation, length(left), length(right))
        }
    }

    private static func combined(
        _ operation: ArithmeticOperator, _ left: Milliseconds, _ right: Milliseconds
    ) -> Milliseconds {
        switch operation {
        case .add: sum(left, right)
        case .subtract: max(.zero, Milliseconds(left.count - right.count))
        case .multiply: Milliseconds(seconds: left.seconds * right.seconds)
        case .divide, .modulo, .power: left
        }
    }

    private static func sum(_ left: Milliseconds, _ right: Milliseconds) -> Milliseconds {
        let (sum, overflow) = left.count.addingReportingOverflow(right.count)
        return Milliseconds(overflow ? .max : sum)
    }
}
