// Arithmetic and comparison of two numbers.
// Used by Planner to fold constants and by BinaryEvaluation for scalars and floats of vectors.

import PromQLSyntax

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

enum ScalarOperation {
    /// Comparisons give 1 or 0. Set operators and trims are not for scalars; the type rules keep them out.
    static func apply(_ operation: BinaryOperator, _ left: Double, _ right: Double) -> Double {
        operation.isComparison ? (compare(operation, left, right) ? 1 : 0) : calculate(operation, left, right)
    }

    @inline(__always)
    static func calculate(_ operation: BinaryOperator, _ left: Double, _ right: Double) -> Double {
        switch operation {
        case .add: left + right
        case .subtract: left - right
        case .multiply: left * right
        case .divide: left / right
        case .modulo: fmod(left, right)
        case .power: pow(left, right)
        case .atan2: atan2(left, right)
        case .equal, .notEqual, .greater, .less, .greaterOrEqual, .lessOrEqual, .and, .or, .unless, .trimUpper,
            .trimLower:
            .nan
        }
    }

    @inline(__always)
    static func compare(_ operation: BinaryOperator, _ left: Double, _ right: Double) -> Bool {
        switch operation {
        case .equal: left == right
        case .notEqual: left != right
        case .greater: left > right
        case .less: left < right
        case .greaterOrEqual: left >= right
        case .lessOrEqual: left <= right
        case .add, .subtract, .multiply, .divide, .modulo, .power, .atan2, .and, .or, .unless, .trimUpper, .trimLower:
            false
        }
    }
}

extension BinaryOperator {
    /// The result is another metric: the name goes.
    var changesMetric: Bool {
        switch self {
        case .add, .subtract, .multiply, .divide, .modulo, .power, .atan2: true
        case .equal, .notEqual, .greater, .less, .greaterOrEqual, .lessOrEqual, .and, .or, .unless, .trimUpper,
            .trimLower:
            false
        }
    }
}
