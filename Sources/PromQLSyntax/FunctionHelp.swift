// A line of help for every function and aggregation, and how each is called.
// Shown by completion and by the command; what they compute is the engine's matter.

extension BuiltinFunction {
    /// `rate(v range vector)`, optional arguments in brackets.
    public var usage: String {
        let signature = self.signature
        var parts: [String] = []
        for (index, type) in signature.argumentTypes.enumerated() {
            parts.append(index < signature.argumentsMin ? type.rawValue : "[\(type.rawValue)]")
        }
        let isRepeatable = signature.argumentsMax.map { $0 > parts.count } ?? true
        return "\(rawValue)(\(parts.joined(separator: ", "))\(isRepeatable ? ", ..." : ""))"
    }

    /// One sentence.
    public var summary: String {
        switch self {
        case .abs: "Each value without its sign."
        case .absent: "1 when the vector is empty, nothing otherwise."
        case .absentOverTime: "1 when no series has a sample in the window, nothing otherwise."
        case .acos: "Arc cosine, in radians."
        case .acosh: "Inverse hyperbolic cosine."
        case .asin: "Arc sine, in radians."
        case .asinh: "Inverse hyperbolic sine."
        case .atan: "Arc tangent, in radians."
        case .atanh: "Inverse hyperbolic tangent."
        case .avgOverTime: "Mean of the samples in the window."
        case .ceil: "Next whole number up."
        case .changes: "How often the value changed within the window."
        case .clamp: "Values held between a lowest and a highest one."
        case .clampMax: "Values held below a highest one."
        case .clampMin: "Values held above a lowest one."
        case .cos: "Cosine of radians."
        case .cosh: "Hyperbolic cosine."
        case .countOverTime: "Number of samples in the window."
        case .dayOfMonth: "Day of the month of a Unix time, 1 to 31, in UTC."
        case .dayOfWeek: "Day of the week of a Unix time, 0 is Sunday, in UTC."
        case .dayOfYear: "Day of the year of a Unix time, 1 to 366, in UTC."
        case .daysInMonth: "Length in days of the month that a Unix time falls in."
        case .deg: "Radians to degrees."
        case .delta: "Difference of a gauge between both ends of the window, extrapolated to its borders."
        case .deriv: "Slope a second of a gauge, by least squares."
        case .doubleExponentialSmoothing: "Level of a gauge smoothed with a factor for it and one for its trend."
        case .end: "End of the evaluated time range, as a Unix time."
        case .exp: "e to the power of each value."
        case .firstOverTime: "Oldest sample in the window."
        case .floor: "Next whole number down."
        case .histogramAvg: "Mean of the observations in each native histogram."
        case .histogramCount: "Number of observations in each native histogram."
        case .histogramFraction: "Share of the observations between two bounds."
        case .histogramQuantile: "Value below which the given share of the observations lies."
        case .histogramQuantiles: "Several quantiles at once, each told by a label of the given name."
        case .histogramStddev: "Estimated standard deviation of the observations."
        case .histogramStdvar: "Estimated variance of the observations."
        case .histogramSum: "Sum of the observations in each native histogram."
        case .hour: "Hour of the day of a Unix time, 0 to 23, in UTC."
        case .idelta: "Difference of the last two samples of a gauge."
        case .increase: "Growth of a counter over the window, extrapolated to its borders."
        case .info: "Labels of matching info metrics added to each series."
        case .irate: "Growth a second of a counter between its last two samples."
        case .labelJoin: "A label made of the values of others, joined by a separator."
        case .labelReplace: "A label rewritten from a regular expression's match on another."
        case .lastOverTime: "Newest sample in the window."
        case .ln: "Natural logarithm."
        case .log10: "Logarithm to base 10."
        case .log2: "Logarithm to base 2."
        case .madOverTime: "Median distance of the samples in the window from their median."
        case .maxOf: "The greater of two scalars."
        case .maxOverTime: "Greatest sample in the window."
        case .minOf: "The smaller of two scalars."
        case .minOverTime: "Smallest sample in the window."
        case .minute: "Minute of the hour of a Unix time, 0 to 59."
        case .month: "Month of a Unix time, 1 to 12, in UTC."
        case .pi: "The number pi."
        case .predictLinear: "Value of a gauge so many seconds from now, by its linear trend."
        case .presentOverTime: "1 for each series with a sample in the window."
        case .quantileOverTime: "Value below which the given share of the samples in the window lies."
        case .rad: "Degrees to radians."
        case .range: "Length in seconds of the evaluated time range."
        case .rate: "Growth a second of a counter over the window, extrapolated to its borders."
        case .resets: "How often a counter fell within the window."
        case .round: "Nearest whole number, or nearest multiple of the second argument."
        case .scalar: "Value of the only element of a vector, NaN when there is not exactly one."
        case .sgn: "1, 0 or -1 after the sign of each value."
        case .sin: "Sine of radians."
        case .sinh: "Hyperbolic sine."
        case .sort: "Elements ordered by value, smallest first."
        case .sortByLabel: "Elements ordered by the values of labels, in natural order."
        case .sortByLabelDesc: "Elements ordered by the values of labels, in reverse natural order."
        case .sortDesc: "Elements ordered by value, greatest first."
        case .sqrt: "Square root."
        case .start: "Start of the evaluated time range, as a Unix time."
        case .startTimestamp: "Unix time since which each sample counts, where it is known."
        case .stddevOverTime: "Standard deviation of the samples in the window."
        case .stdvarOverTime: "Variance of the samples in the window."
        case .step: "Distance in seconds between two evaluated times."
        case .sumOverTime: "Sum of the samples in the window."
        case .tan: "Tangent of radians."
        case .tanh: "Hyperbolic tangent."
        case .time: "The evaluated time itself, as a Unix time."
        case .timestamp: "Unix time of each sample."
        case .tsOfFirstOverTime: "Unix time of the oldest sample in the window."
        case .tsOfLastOverTime: "Unix time of the newest sample in the window."
        case .tsOfMaxOverTime: "Unix time of the latest greatest sample in the window."
        case .tsOfMinOverTime: "Unix time of the latest smallest sample in the window."
        case .vector: "A scalar as a vector of one element without labels."
        case .year: "Year of a Unix time, in UTC."
        }
    }
}

extension AggregationOperator {
    /// One sentence.
    public var summary: String {
        switch self {
        case .sum: "Sum over the group."
        case .min: "Smallest value of the group."
        case .max: "Greatest value of the group."
        case .avg: "Mean of the group."
        case .group: "1 for each group."
        case .stddev: "Standard deviation over the group."
        case .stdvar: "Variance over the group."
        case .count: "Number of elements in the group."
        case .topk: "The k greatest elements of each group."
        case .bottomk: "The k smallest elements of each group."
        case .quantile: "Value below which the given share of the group lies."
        case .limitk: "k elements of each group, chosen by their labels."
        case .countValues: "How many elements have each value, told by a label of the given name."
        case .limitRatio: "The given share of the elements, chosen by their labels."
        }
    }
}
