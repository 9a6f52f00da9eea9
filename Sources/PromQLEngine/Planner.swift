// From the syntax tree to a plan: durations become milliseconds, `@` becomes times, constants fold, selectors get windows.
// Source: Prometheus promql, PreprocessExpr, FindMinMaxTime and subqueryTimeRange.

import MetricModel
import PromQLSyntax
import Querying

struct Planner {
    private struct Failure: Error {
        var failure: QueryFailure
    }

    let options: EngineOptions
    /// Of the whole query, whatever subquery the planner is in.
    let queryGrid: EvaluationGrid
    let queryStep: Int64
    let queryEnd: Int64
    let lookback: Int64
    private(set) var selections: [Selection] = []

    private init(options: EngineOptions, grid: EvaluationGrid, step: Int64, end: Int64, lookback: Int64) {
        self.options = options
        queryGrid = grid
        queryStep = step
        queryEnd = end
        self.lookback = lookback
    }

    /// - `step`: zero for an instant query.
    /// - `end`: of the request; the grid may end before it.
    static func plan(
        _ expression: Expression, grid: EvaluationGrid, step: Int64, end: Int64, lookback: Int64, isInstant: Bool,
        options: EngineOptions
    ) throws(QueryFailure) -> QueryPlan {
        var planner = Planner(options: options, grid: grid, step: step, end: end, lookback: lookback)
        let root = try planner.plan(expression, grid)
        return QueryPlan(
            root: root, type: expression.planType, grid: grid, selections: planner.selections, lookback: lookback,
            isInstantQuery: isInstant)
    }

    // MARK: Nodes

    private mutating func plan(_ expression: Expression, _ grid: EvaluationGrid) throws(QueryFailure) -> PlanNode {
        let expression = expression.unwrapped
        if grid.count > 1, isWorthOneEvaluation(expression), isInvariant(expression) {
            return .invariant(try plan(expression, grid.first))
        }
        switch expression {
        case .number(let literal): return .number(literal.value)
        case .string(let literal): return .string(literal.value)
        case .vectorSelector(let selector): return .selector(try plan(selector, grid, window: nil))
        case .matrixSelector, .subquery: return .range(try planRange(expression, grid))
        case .call(let call): return try plan(call, grid)
        case .aggregation(let aggregation): return .aggregation(try plan(aggregation, grid))
        case .binary(let binary): return try plan(binary, grid)
        case .unary(let unary):
            let inner = try plan(unary.expression, grid)
            guard unary.isNegation else { return inner }
            if case .number(let value) = inner { return .number(-value) }
            return .negation(inner)
        case .parenthesized(let inner): return try plan(inner.expression, grid)
        }
    }

    private mutating func plan(_ binary: BinaryOperation, _ grid: EvaluationGrid) throws(QueryFailure) -> PlanNode {
        let left = try plan(binary.left, grid)
        let right = try plan(binary.right, grid)
        if case .number(let one) = left, case .number(let other) = right {
            return .number(ScalarOperation.apply(binary.operation, one, other))
        }
        return .binary(
            BinaryPlan(
                operation: binary.operation, left: left, right: right,
                leftIsScalar: binary.left.planType == .scalar, rightIsScalar: binary.right.planType == .scalar,
                matching: binary.matching ?? VectorMatching(), returnsBool: binary.returnsBool, range: binary.range))
    }

    private mutating func plan(_ node: Aggregation, _ grid: EvaluationGrid) throws(QueryFailure) -> AggregationPlan {
        let inner = node.expression.unwrapped
        return AggregationPlan(
            operation: node.operation, input: try plan(inner, grid), inputRange: inner.range,
            parameter: try node.parameter.map { parameter throws(QueryFailure) in try plan(parameter, grid) },
            parameterRange: node.parameter?.unwrapped.range ?? node.range,
            grouping: node.grouping.sorted { $0.isBefore($1) }, isWithout: node.isWithout, range: node.range)
    }

    private mutating func plan(_ call: Call, _ grid: EvaluationGrid) throws(QueryFailure) -> PlanNode {
        switch call.function {
        case .start: return .number(Double(queryGrid.start) / 1000)
        case .end: return .number(Double(queryEnd) / 1000)
        case .range: return .number(Double(queryEnd &- queryGrid.start) / 1000)
        case .step: return .number(queryGrid.start == queryEnd ? 0 : Double(queryStep) / 1000)
        case .pi: return .number(.pi)
        default: break
        }
        var plan = CallPlan(function: call.function, arguments: [], range: call.range)
        for (index, argument) in call.arguments.enumerated() {
            let inner = argument.unwrapped
            if call.function == .info, index == 1 { continue }
            var node = try self.plan(inner, grid)
            if case .range(let range) = node {
                if plan.rangeArgument == nil { plan.rangeArgument = index }
                try checkModifiers(call.function, range)
            }
            // timestamp() of a selector reads the sample's own time: the wrapper would hide it.
            if case .invariant(.selector(let selector)) = node, call.function == .timestamp {
                node = .selector(selector)
            }
            plan.arguments.append(CallPlan.Argument(node: node, range: inner.range))
        }
        if call.function == .absent || call.function == .absentOverTime, let first = call.arguments.first {
            plan.absentLabels = Self.absentLabels(first.unwrapped)
        }
        if call.function == .info { plan.info = try planInfo(call, grid) }
        return .call(plan)
    }

    /// Source: Prometheus AnchoredSafeFunctions and SmoothedSafeFunctions.
    private func checkModifiers(_ function: BuiltinFunction, _ range: RangePlan) throws(QueryFailure) {
        let smoothed: [BuiltinFunction] = [.delta, .increase, .rate]
        let anchored: [BuiltinFunction] = [.changes, .delta, .increase, .rate, .resets]
        if range.isAnchored, !anchored.contains(function) {
            throw modifierFailure("anchored", anchored, function, range)
        }
        if range.isSmoothed, !smoothed.contains(function) {
            throw modifierFailure("smoothed", smoothed, function, range)
        }
    }

    private func modifierFailure(
        _ modifier: String, _ allowed: [BuiltinFunction], _ function: BuiltinFunction, _ range: RangePlan
    ) -> QueryFailure {
        let names = allowed.map(\.rawValue).joined(separator: ", ")
        return QueryFailure(
            .execution, "\(modifier) modifier can only be used with: \(names) - not with \(function.rawValue)",
            bytes: range.range.start..<max(range.range.start, range.range.end))
    }

    // MARK: Selectors

    private mutating func plan(
        _ selector: VectorSelector, _ grid: EvaluationGrid, window: Int64?
    ) throws(QueryFailure) -> SelectorPlan {
        let offset = try milliseconds(selector.offset)
        let at = time(of: selector.at)
        return add(
            matchers: selector.matchers, at: at, offset: offset, grid: grid, window: window,
            isAnchored: selector.isAnchored, isSmoothed: selector.isSmoothed, range: selector.range)
    }

    private mutating func add(
        matchers: [Matcher], at: Int64?, offset: Int64, grid: EvaluationGrid, window: Int64?, isAnchored: Bool = false,
        isSmoothed: Bool = false, range: SourceRange
    ) -> SelectorPlan {
        var start = saturating(saturating(at ?? grid.start, minus: offset), minus: window ?? lookback)
        var end = saturating(at ?? grid.end, minus: offset)
        if window != nil, isAnchored || isSmoothed { start = saturating(start, minus: lookback) }
        if isSmoothed { end = (Timestamp(milliseconds: end) + Milliseconds(lookback)).milliseconds }
        let selection = Selection(
            matchers: matchers, start: Timestamp(milliseconds: start), end: Timestamp(milliseconds: end))
        let index = selections.firstIndex(of: selection) ?? selections.count
        if index == selections.count { selections.append(selection) }
        return SelectorPlan(
            selection: index, at: at, offset: offset, isAnchored: isAnchored, isSmoothed: isSmoothed, range: range)
    }

    /// Windows may reach before the beginning of time.
    private func saturating(_ time: Int64, minus length: Int64) -> Int64 {
        (Timestamp(milliseconds: time) - Milliseconds(length)).milliseconds
    }

    private mutating func planRange(
        _ expression: Expression, _ grid: EvaluationGrid
    ) throws(QueryFailure) -> RangePlan {
        switch expression {
        case .matrixSelector(let matrix):
            let window = try positiveMilliseconds(matrix.window, matrix.range)
            let selector = try plan(matrix.selector, grid, window: window)
            return RangePlan(source: .selector(selector), window: window, range: matrix.range)
        case .subquery(let subquery):
            return try plan(subquery, grid)
        default:
            throw QueryFailure(.internalError, "not a range vector")
        }
    }

    private mutating func plan(_ subquery: Subquery, _ grid: EvaluationGrid) throws(QueryFailure) -> RangePlan {
        let window = try positiveMilliseconds(subquery.window, subquery.range)
        let offset = try milliseconds(subquery.offset)
        let at = time(of: subquery.at)
        var step = options.subqueryStep.count
        if let written = subquery.step {
            let resolved = try positiveMilliseconds(written, subquery.range)
            // Prometheus takes a step shorter than a millisecond for none.
            if resolved > 0 { step = resolved }
        }
        let end = saturating(at ?? grid.end, minus: offset)
        let open = saturating(saturating(at ?? grid.start, minus: offset), minus: window)
        var start = step &* (open / step)
        if start <= open { start &+= step }
        let (length, overflow) = end.subtractingReportingOverflow(start)
        let count = grid.count == 0 || end < start ? 0 : Int(length / step) &+ 1
        if overflow || count < 0 || count > min(options.samplesMax, options.subqueryStepsMax) {
            throw QueryFailure.tooManySamples
        }
        let inner = EvaluationGrid(start: start, step: step, count: count)
        let node = try plan(subquery.expression, inner)
        let plan = SubqueryPlan(node: node, grid: inner, at: at, offset: offset)
        return RangePlan(source: .subquery(plan), window: window, range: subquery.range)
    }

    /// Source: Prometheus promql/info.go.
    private mutating func planInfo(_ call: Call, _ grid: EvaluationGrid) throws(QueryFailure) -> InfoPlan {
        var names: [Matcher] = []
        var data: [Matcher] = []
        if call.arguments.count > 1, case .vectorSelector(let selector) = call.arguments[1].unwrapped {
            for matcher in selector.matchers {
                if matcher.name == LabelSet.metricNameLabel { names.append(matcher) } else { data.append(matcher) }
            }
        }
        if names.isEmpty {
            names = [Matcher(LabelSet.metricNameLabel, equals: "target_info")]
        } else if !names.contains(where: { $0.operation == .equal || $0.operation == .regex }) {
            do {
                names.insert(try Matcher(LabelSet.metricNameLabel, .regex, ".+_info"), at: 0)
            } catch {
                throw QueryFailure(.internalError, error.description)
            }
        }
        var at: Int64?
        var offset: Int64 = 0
        if let first = call.arguments.first { (at, offset) = try firstSelectorTime(first) ?? (nil, 0) }
        let selector = add(
            matchers: names + data, at: at, offset: offset, grid: grid, window: nil, range: call.range)
        return InfoPlan(selector: selector, nameMatchers: names, dataMatchers: data)
    }

    /// `@` and offset of the first selector, those of subqueries around it included.
    private func firstSelectorTime(_ expression: Expression) throws(QueryFailure) -> (Int64?, Int64)? {
        switch expression {
        case .number, .string: return nil
        case .vectorSelector(let selector): return (time(of: selector.at), try milliseconds(selector.offset))
        case .matrixSelector(let matrix):
            return (time(of: matrix.selector.at), try milliseconds(matrix.selector.offset))
        case .subquery(let subquery):
            guard var found = try firstSelectorTime(subquery.expression) else { return nil }
            if found.0 == nil {
                found.1 &+= try milliseconds(subquery.offset)
                found.0 = time(of: subquery.at)
            }
            return found
        case .call(let call):
            for argument in call.arguments {
                if let found = try firstSelectorTime(argument) { return found }
            }
            return nil
        case .aggregation(let aggregation):
            if let found = try firstSelectorTime(aggregation.expression) { return found }
            guard let parameter = aggregation.parameter else { return nil }
            return try firstSelectorTime(parameter)
        case .binary(let binary):
            if let found = try firstSelectorTime(binary.left) { return found }
            return try firstSelectorTime(binary.right)
        case .unary(let unary): return try firstSelectorTime(unary.expression)
        case .parenthesized(let inner): return try firstSelectorTime(inner.expression)
        }
    }

    private func time(of at: AtModifier?) -> Int64? {
        switch at {
        case nil: nil
        case .timestamp(let time): time.milliseconds
        case .start: queryGrid.start
        case .end: queryEnd
        }
    }

    // MARK: Durations

    private func milliseconds(_ expression: DurationExpression?) throws(QueryFailure) -> Int64 {
        guard let expression else { return 0 }
        let resolver = DurationResolver(
            step: Double(queryStep) / 1000, range: Double(queryEnd &- queryGrid.start) / 1000)
        return try resolver.milliseconds(expression)
    }

    private func positiveMilliseconds(
        _ expression: DurationExpression, _ range: SourceRange
    ) throws(QueryFailure) -> Int64 {
        let resolver = DurationResolver(
            step: Double(queryStep) / 1000, range: Double(queryEnd &- queryGrid.start) / 1000)
        if case .literal(let length) = expression { return length.count }
        let seconds = try resolver.seconds(expression)
        if seconds <= 0 {
            throw QueryFailure(
                .badData, "\(range.start):\(range.end): duration must be greater than 0", bytes: range.start..<range.end
            )
        }
        return try resolver.milliseconds(expression)
    }

    // MARK: Step invariance

    /// Literals and whole range vectors are not wrapped: nothing would be saved.
    private func isWorthOneEvaluation(_ expression: Expression) -> Bool {
        switch expression {
        case .number, .string, .matrixSelector, .subquery: false
        default: true
        }
    }

    private func isInvariant(_ expression: Expression) -> Bool {
        switch expression {
        case .number, .string: return true
        case .vectorSelector(let selector): return selector.at != nil
        case .matrixSelector(let matrix): return matrix.selector.at != nil
        case .subquery(let subquery): return subquery.at != nil
        // The parameter does not count: Prometheus reads it at the first step then.
        case .aggregation(let aggregation): return isInvariant(aggregation.expression)
        case .binary(let binary): return isInvariant(binary.left) && isInvariant(binary.right)
        case .unary(let unary): return isInvariant(unary.expression)
        case .parenthesized(let inner): return isInvariant(inner.expression)
        case .call(let call):
            switch call.function {
            case .start, .end, .range, .step: return true
            case .timestamp:
                if case .vectorSelector(let selector)? = call.arguments.first?.unwrapped { return selector.at != nil }
                return false
            case .daysInMonth, .dayOfMonth, .dayOfWeek, .dayOfYear, .hour, .minute, .month, .year, .predictLinear,
                .time:
                return false
            default: return call.arguments.allSatisfy(isInvariant)
            }
        }
    }

    /// Equality matchers that name a label once. Source: Prometheus createLabelsForAbsentFunction.
    private static func absentLabels(_ expression: Expression) -> LabelSet {
        let matchers: [Matcher]
        switch expression {
        case .vectorSelector(let selector): matchers = selector.matchers
        case .matrixSelector(let matrix): matchers = matrix.selector.matchers
        default: return .empty
        }
        var labels: [Label] = []
        var seen: Set<String> = []
        for matcher in matchers where matcher.name != LabelSet.metricNameLabel {
            if matcher.operation == .equal, seen.insert(matcher.name).inserted {
                labels.append(Label(matcher.name, matcher.value))
            } else {
                labels.removeAll { $0.name == matcher.name }
            }
        }
        return LabelSet(labels)
    }
}

extension Expression {
    var unwrapped: Expression {
        var expression = self
        while case .parenthesized(let inner) = expression { expression = inner.expression }
        return expression
    }

    /// The type of the value, as the type rules have it.
    var planType: ValueType {
        switch self {
        case .number: return .scalar
        case .string: return .string
        case .vectorSelector, .aggregation: return .instantVector
        case .matrixSelector, .subquery: return .rangeVector
        case .call(let call):
            switch call.function {
            case .time, .scalar, .pi, .start, .end, .step, .range, .minOf, .maxOf: return .scalar
            default: return .instantVector
            }
        case .binary(let binary):
            return binary.left.planType == .scalar && binary.right.planType == .scalar ? .scalar : .instantVector
        case .unary(let unary): return unary.expression.planType
        case .parenthesized(let inner): return inner.expression.planType
        }
    }
}

extension QueryFailure {
    static let cancelled = QueryFailure(.canceled, "query was canceled in expression evaluation")
    static let timedOut = QueryFailure(.timeout, "query timed out in expression evaluation")
    static let tooManySamples = QueryFailure(
        .execution, "query processing would load too many samples into memory in query execution")
    static let sameLabels = QueryFailure(.execution, "vector cannot contain metrics with the same labelset")
}
