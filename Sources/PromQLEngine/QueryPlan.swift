// What a query will read and do: selections with exact windows, and a tree whose times and durations are numbers.
// Made by Planner from the syntax tree, fetched for by EmbeddedBackend, walked by Evaluator.

import MetricModel
import PromQLSyntax
import Querying

struct QueryPlan: Sendable {
    var root: PlanNode
    var type: ValueType
    var grid: EvaluationGrid
    /// What one `select` has to bring; nodes name them by position.
    var selections: [Selection]
    var lookback: Int64
    /// The answer is one point a series, not a matrix.
    var isInstantQuery: Bool
}

indirect enum PlanNode: Sendable {
    case number(Double)
    case string(String)
    case selector(SelectorPlan)
    /// A range vector, which only functions and the top of an instant query read.
    case range(RangePlan)
    case call(CallPlan)
    case aggregation(AggregationPlan)
    case binary(BinaryPlan)
    case negation(PlanNode)
    /// The same at every step: evaluated once, then spread.
    case invariant(PlanNode)
}

struct SelectorPlan: Sendable {
    var selection: Int
    /// Replaces the step's time.
    var at: Int64?
    /// Positive looks back.
    var offset: Int64
    var isAnchored = false
    var isSmoothed = false
    var range: SourceRange

    /// The time looked up for the step at `time`.
    @inline(__always)
    func lookupTime(_ time: Int64) -> Int64 { (at ?? time) &- offset }
}

struct RangePlan: Sendable {
    enum Source: Sendable {
        case selector(SelectorPlan)
        case subquery(SubqueryPlan)
    }
    var source: Source
    /// Length of the left-open window.
    var window: Int64
    var range: SourceRange

    @inline(__always)
    func windowEnd(_ time: Int64) -> Int64 {
        switch source {
        case .selector(let plan): plan.lookupTime(time)
        case .subquery(let plan): (plan.at ?? time) &- plan.offset
        }
    }
    var isAnchored: Bool {
        if case .selector(let plan) = source { return plan.isAnchored }
        return false
    }
    var isSmoothed: Bool {
        if case .selector(let plan) = source { return plan.isSmoothed }
        return false
    }
    var isFixed: Bool {
        switch source {
        case .selector(let plan): plan.at != nil
        case .subquery(let plan): plan.at != nil
        }
    }
}

struct SubqueryPlan: Sendable {
    var node: PlanNode
    var grid: EvaluationGrid
    var at: Int64?
    var offset: Int64
}

struct CallPlan: Sendable {
    struct Argument: Sendable {
        var node: PlanNode
        var range: SourceRange
    }
    var function: BuiltinFunction
    var arguments: [Argument]
    /// Position of the range vector among the arguments.
    var rangeArgument: Int?
    var range: SourceRange
    /// Labels that absent() and absent_over_time() give their answer.
    var absentLabels: LabelSet = .empty
    var info: InfoPlan?
}

/// What info() joins with.
struct InfoPlan: Sendable {
    var selector: SelectorPlan
    /// On the metric's name, effective ones.
    var nameMatchers: [Matcher]
    /// The others, by label; nil when there is no second argument.
    var dataMatchers: [Matcher]
}

struct AggregationPlan: Sendable {
    var operation: AggregationOperator
    var input: PlanNode
    var inputRange: SourceRange
    var parameter: PlanNode?
    var parameterRange: SourceRange
    /// Sorted by bytes.
    var grouping: [String]
    var isWithout: Bool
    var range: SourceRange
}

struct BinaryPlan: Sendable {
    var operation: BinaryOperator
    var left: PlanNode
    var right: PlanNode
    var leftIsScalar: Bool
    var rightIsScalar: Bool
    var matching: VectorMatching
    var returnsBool: Bool
    var range: SourceRange
}
