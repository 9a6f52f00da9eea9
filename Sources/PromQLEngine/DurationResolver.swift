// Duration expressions to lengths of time, once the query's step and range are known.
// Used by Planner. Source: Prometheus promql/durations.go.

import MetricModel
import PromQLSyntax
import Querying

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

struct DurationResolver {
    /// Seconds; zero for an instant query.
    var step: Double
    /// Seconds from the query's start to its end.
    var range: Double

    func milliseconds(_ expression: DurationExpression) throws(QueryFailure) -> Int64 {
        if case .literal(let length) = expression { return length.count }
        let seconds = try seconds(expression)
        guard seconds.isFinite else { throw QueryFailure(.badData, "duration is NaN or infinite") }
        // Prometheus keeps nanoseconds in 64 bits.
        guard seconds.magnitude <= 0x1p63 / 1e9 else { throw QueryFailure(.badData, "duration is out of range") }
        return Int64((seconds * 1000).rounded(.towardZero))
    }

    func seconds(_ expression: DurationExpression) throws(QueryFailure) -> Double {
        switch expression {
        case .literal(let length): return length.seconds
        case .seconds(let seconds): return seconds
        case .step: return step
        case .range: return range
        case .negated(let inner): return -(try seconds(inner))
        case .positive(let inner), .parenthesized(let inner): return try seconds(inner)
        case .minOf(let left, let right): return goMin(try seconds(left), try seconds(right))
        case .maxOf(let left, let right): return goMax(try seconds(left), try seconds(right))
        case .binary(let operation, let left, let right):
            let one = try seconds(left)
            let other = try seconds(right)
            switch operation {
            case .add: return one + other
            case .subtract: return one - other
            case .multiply: return one * other
            case .divide:
                if other == 0 { throw QueryFailure(.badData, "division by zero") }
                return one / other
            case .modulo:
                if other == 0 { throw QueryFailure(.badData, "modulo by zero") }
                return fmod(one, other)
            case .power: return pow(one, other)
            }
        }
    }
}
