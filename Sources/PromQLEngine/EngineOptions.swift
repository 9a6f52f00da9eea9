// How the engine answers: limits and the points in which Prometheus itself can be configured.
// Given to EmbeddedBackend once; the planner and the evaluator read it.

import MetricModel

/// Everything an engine can be told. Two presets: `user`, what people get, and `promqltest`, what Prometheus' suite runs with.
public struct EngineOptions: Sendable {
    /// How far an instant selector looks back; a request may override it.
    public var lookback: Milliseconds = .minutes(5)
    /// Resolution of a subquery that names none.
    public var subqueryStep: Milliseconds = .minutes(1)
    /// Samples alive at once during evaluation; a native histogram counts by its size in memory over 16 bytes.
    public var samplesMax = 50_000_000
    /// Steps times series alive at once, whether a sample is there or not; nine bytes each, more with histograms. Label
    /// sets that operations make count by their bytes.
    public var cellsMax = 200_000_000
    /// Bytes of a label's value that label_replace or label_join makes.
    public var labelValueBytesMax = 1 << 20
    /// Steps of one subquery.
    public var subqueryStepsMax = 5_000_000
    /// Samples one fetch may bring.
    public var samplesFetchedMax = 50_000_000
    /// Steps of one range query.
    public var stepsMax = 11_000 * 100
    /// Evaluation ends with `.timeout` after this long, when `now` is given.
    public var timeout: Milliseconds? = .minutes(2)
    /// Names are taken off at the end of the query instead of in each function (promql-delayed-name-removal).
    public var delaysNameRemoval = false
    /// Counter resets and zero points are read from start timestamps where the source has them.
    public var usesStartTimestamps = false
    /// rate() and increase() judge "is this a counter" by the label `__type__` instead of the name.
    public var usesTypeAndUnitLabels = false
    /// Milliseconds of a monotonic clock; nil: no timeout is kept. The engine itself reads no clock.
    public var now: (@Sendable () -> Int64)?

    /// As users have it.
    public init() {}

    /// Prometheus' own defaults.
    public static let user = EngineOptions()

    /// Source: promql/promqltest of Prometheus 3.14, the engine of its built-in run.
    public static let promqltest: EngineOptions = {
        var options = EngineOptions()
        options.samplesMax = 10_000
        options.delaysNameRemoval = true
        options.usesStartTimestamps = true
        options.timeout = nil
        return options
    }()
}
