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

public enum SampleValue: Hashable, Sendable {
    case float(Double)
    case histogram(NativeHistogram)

    public var isStaleMarker: Bool {
        switch self {
        case .float(let value): value.isStaleMarker
        case .histogram(let histogram): histogram.isStaleMarker
        }
    }
}

/// Values of one series, in the order of its timestamps.
public enum SampleColumn: Hashable, Sendable {
    case floats([Double])
    case histograms([NativeHistogram])
    /// A series that changed its kind within the window.
    case mixed([SampleValue])

    public var count: Int {
        switch self {
        case .floats(let values): values.count
        case .histograms(let values): values.count
        case .mixed(let values): values.count
        }
    }

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
    public var labels: LabelSet
    public var timestamps: [Timestamp]
    public var samples: SampleColumn
    /// When what each sample counts began to be counted; empty when nobody knows, else one for each sample, 0 for unknown.
    public var startTimestamps: [Timestamp]

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
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case counter, gauge, histogram, gaugehistogram, summary, info, stateset, unknown
    }
    public var kind: Kind
    public var help: String
    public var unit: String

    public init(kind: Kind = .unknown, help: String = "", unit: String = "") {
        self.kind = kind
        self.help = help
        self.unit = unit
    }
}

/// A sample of another system's trace that a metric points to. Source: OpenMetrics 1.0, exemplars.
public struct Exemplar: Hashable, Sendable {
    public var labels: LabelSet
    public var value: Double
    /// Nil when the exposition gave none; the sample's time is meant then.
    public var timestamp: Timestamp?

    public init(labels: LabelSet, value: Double, timestamp: Timestamp? = nil) {
        self.labels = labels
        self.value = value
        self.timestamp = timestamp
    }
}

/// The exemplars of one series.
public struct SeriesExemplars: Hashable, Sendable {
    public var labels: LabelSet
    public var exemplars: [Exemplar]

    public init(labels: LabelSet, exemplars: [Exemplar]) {
        self.labels = labels
        self.exemplars = exemplars
    }
}
