// What each function takes and returns, and a line of help for it.
// Read by TypeCheck, Completion and the help of the command; a function without a row does not compile.

/// Source: Prometheus 3.14, querying/functions.
public struct FunctionSignature: Hashable, Sendable {
    /// Types by position; arguments past the end have the last one's type.
    public var argumentTypes: [ValueType]
    public var argumentsMin: Int
    /// Nil: as many as one likes.
    public var argumentsMax: Int?
    public var returnType: ValueType
    /// Behind a feature flag in Prometheus.
    public var isExperimental: Bool

    fileprivate init(
        _ types: [ValueType], to returnType: ValueType = .instantVector, optional: Int = 0, isExperimental: Bool = false
    ) {
        argumentTypes = types
        argumentsMin = types.count - min(optional, 1)
        argumentsMax = argumentsMin + optional
        self.returnType = returnType
        self.isExperimental = isExperimental
    }

    /// The last argument may be left out or repeated without limit.
    fileprivate static func variadic(_ types: [ValueType], isExperimental: Bool = false) -> FunctionSignature {
        var signature = FunctionSignature(types, optional: 1, isExperimental: isExperimental)
        signature.argumentsMax = nil
        return signature
    }

    /// Nil when the function takes no arguments at all.
    public func type(ofArgument index: Int) -> ValueType? {
        index < argumentTypes.count ? argumentTypes[index] : argumentTypes.last
    }
}

extension BuiltinFunction {
    public var isExperimental: Bool { signature.isExperimental }

    public var signature: FunctionSignature {
        switch self {
        case .abs, .absent, .acos, .acosh, .asin, .asinh, .atan, .atanh, .ceil, .cos, .cosh, .deg, .exp, .floor,
            .histogramAvg, .histogramCount, .histogramStddev, .histogramStdvar, .histogramSum, .ln, .log10, .log2,
            .rad, .sgn, .sin, .sinh, .sort, .sortDesc, .sqrt, .tan, .tanh, .timestamp:
            FunctionSignature([.instantVector])
        case .dayOfMonth, .dayOfWeek, .dayOfYear, .daysInMonth, .hour, .minute, .month, .year:
            FunctionSignature([.instantVector], optional: 1)
        case .absentOverTime, .avgOverTime, .changes, .countOverTime, .delta, .deriv, .firstOverTime, .idelta,
            .increase, .irate, .lastOverTime, .maxOverTime, .minOverTime, .presentOverTime, .rate, .resets,
            .stddevOverTime, .stdvarOverTime, .sumOverTime:
            FunctionSignature([.rangeVector])
        case .madOverTime, .tsOfFirstOverTime, .tsOfLastOverTime, .tsOfMaxOverTime, .tsOfMinOverTime:
            FunctionSignature([.rangeVector], isExperimental: true)
        case .pi, .time: FunctionSignature([], to: .scalar)
        case .start, .end, .step, .range: FunctionSignature([], to: .scalar, isExperimental: true)
        case .minOf, .maxOf: FunctionSignature([.scalar, .scalar], to: .scalar, isExperimental: true)
        case .clamp: FunctionSignature([.instantVector, .scalar, .scalar])
        case .clampMax, .clampMin: FunctionSignature([.instantVector, .scalar])
        case .round: FunctionSignature([.instantVector, .scalar], optional: 1)
        case .scalar: FunctionSignature([.instantVector], to: .scalar)
        case .vector: FunctionSignature([.scalar])
        case .doubleExponentialSmoothing: FunctionSignature([.rangeVector, .scalar, .scalar], isExperimental: true)
        case .predictLinear: FunctionSignature([.rangeVector, .scalar])
        case .quantileOverTime: FunctionSignature([.scalar, .rangeVector])
        case .histogramFraction: FunctionSignature([.scalar, .scalar, .instantVector])
        case .histogramQuantile: FunctionSignature([.scalar, .instantVector])
        case .histogramQuantiles:
            FunctionSignature([.instantVector, .string, .scalar, .scalar], optional: 9, isExperimental: true)
        case .info: FunctionSignature([.instantVector, .instantVector], optional: 1, isExperimental: true)
        case .labelJoin: .variadic([.instantVector, .string, .string, .string])
        case .labelReplace: FunctionSignature([.instantVector, .string, .string, .string, .string])
        case .sortByLabel, .sortByLabelDesc: .variadic([.instantVector, .string], isExperimental: true)
        case .startTimestamp: FunctionSignature([.instantVector], isExperimental: true)
        }
    }
}
