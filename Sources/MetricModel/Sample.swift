// Samples, staleness markers, and the columns in which samples travel from the store to a panel.
// Law: a column has a kind; whoever reads it handles every kind.

extension Double {
    /// The NaN that says "this series ended here". Source: Prometheus model/value, StaleNaN.
    public static let staleMarker = Double(bitPattern: 0x7ff0_0000_0000_0002)
    /// The ordinary NaN that Prometheus writes.
    public static let normalNaN = Double(bitPattern: 0x7ff8_0000_0000_0001)
    /// Only these very bits: arithmetic turns a marker into an ordinary NaN.
    @inlinable
    public var isStaleMarker: Bool { bitPattern == 0x7ff0_0000_0000_0002 }
}

/// What one sample is.
public enum SampleValue: Hashable, Sendable {
    /// A number, or a staleness marker.
    case float(Double)
    /// A native histogram, or a staleness marker of a series of them.
    case histogram(NativeHistogram)

    /// Whether it says that the series ended here.
    public var isStaleMarker: Bool {
        switch self {
        case .float(let value): value.isStaleMarker
        case .histogram(let histogram): histogram.isStaleMarker
        }
    }
}

/// Values of one series, in the order of its timestamps.
public enum SampleColumn: Hashable, Sendable {
    /// Numbers alone.
    case floats([Double])
    /// Native histograms alone.
    case histograms([NativeHistogram])
    /// A series that changed its kind within the window.
    case mixed([SampleValue])

    /// Samples.
    public var count: Int {
        switch self {
        case .floats(let values): values.count
        case .histograms(let values): values.count
        case .mixed(let values): values.count
        }
    }

    /// One sample; `index` must be below `count`.
    public subscript(index: Int) -> SampleValue {
        switch self {
        case .floats(let values): .float(values[index])
        case .histograms(let values): .histogram(values[index])
        case .mixed(let values): values[index]
        }
    }

    /// The floats, nil when any sample is a histogram.
    public var floats: [Double]? {
        if case .floats(let values) = self { return values }
        return nil
    }
}

/// One series and its samples in a window. `timestamps` ascend strictly and are as many as `samples`.
public struct Series: Hashable, Sendable {
    /// The labels that name the series.
    public var labels: LabelSet
    /// Of each sample.
    public var timestamps: [Timestamp]
    /// In the order of the timestamps.
    public var samples: SampleColumn
    /// When what each sample counts began to be counted; empty when nobody knows, else one for each sample, 0 for unknown.
    public var startTimestamps: [Timestamp]

    /// As many timestamps as samples, ascending.
    public init(
        labels: LabelSet, timestamps: [Timestamp], samples: SampleColumn, startTimestamps: [Timestamp] = []
    ) {
        precondition(timestamps.count == samples.count, "Series: as many timestamps as samples")
        self.labels = labels
        self.timestamps = timestamps
        self.samples = samples
        self.startTimestamps = startTimestamps
    }
}

/// What `# TYPE`, `# HELP` and `# UNIT` say of a metric family.
public struct Metadata: Hashable, Sendable {
    /// What a family's samples mean.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// Only grows, but for resets to zero.
        case counter
        /// Goes up and down.
        case gauge
        /// Counts by bucket, of something that is counted.
        case histogram
        /// Counts by bucket, of something that comes and goes.
        case gaugehistogram
        /// Quantiles, a sum and a count.
        case summary
        /// Always 1; its labels say something.
        case info
        /// 0 or 1 for each state.
        case stateset
        /// Nobody has said.
        case unknown
    }
    /// `unknown` when there was no `# TYPE`.
    public var kind: Kind
    /// Empty when there was no `# HELP`.
    public var help: String
    /// Empty when there was no `# UNIT`.
    public var unit: String

    /// What is not said is unknown or empty.
    public init(kind: Kind = .unknown, help: String = "", unit: String = "") {
        self.kind = kind
        self.help = help
        self.unit = unit
    }
}

/// A sample of another system's trace that a metric points to. Source: OpenMetrics 1.0, exemplars.
public struct Exemplar: Hashable, Sendable {
    /// Such as `trace_id`.
    public var labels: LabelSet
    /// The value that was observed.
    public var value: Double
    /// Nil when the exposition gave none; the sample's time is meant then.
    public var timestamp: Timestamp?

    /// An exemplar; without a time, that of its sample is meant.
    public init(labels: LabelSet, value: Double, timestamp: Timestamp? = nil) {
        self.labels = labels
        self.value = value
        self.timestamp = timestamp
    }
}

/// The exemplars of one series.
public struct SeriesExemplars: Hashable, Sendable {
    /// The labels that name the series.
    public var labels: LabelSet
    /// Oldest first.
    public var exemplars: [Exemplar]

    /// The exemplars of one series.
    public init(labels: LabelSet, exemplars: [Exemplar]) {
        self.labels = labels
        self.exemplars = exemplars
    }
}
