// What a store may hold, and what it says about itself.
// Given to TimeSeriesStore when it is made; statistics are read by the API and by the dashboard.

import MetricModel

/// Limits of one store. Past them new series are refused and old samples are dropped; nothing ever traps.
public struct StoreLimits: Hashable, Sendable {
    /// Series held at one time.
    public var seriesMax: Int
    /// Bytes of samples, states, index and metadata. Old chunks are dropped to stay below; when that does not suffice, new series
    /// are refused.
    public var bytesMax: Int
    /// Samples older than this, counted back from the newest sample held, are dropped; never from a clock.
    public var retention: Milliseconds
    /// Labels of one series.
    public var labelsMax: Int
    /// Exemplars held; the oldest give way.
    public var exemplarsMax: Int
    /// Metric families with metadata.
    public var metadataMax: Int
    /// Bytes of metadata, a sixteenth of all: it is never dropped, and must not drive out the samples.
    var metadataBytesMax: Int { bytesMax / 16 }

    /// The limits of a store; without any, ten million series, 1 GiB and 24 hours.
    public init(
        seriesMax: Int = 10_000_000, bytesMax: Int = 1 << 30, retention: Milliseconds = .hours(24),
        labelsMax: Int = 1_000, exemplarsMax: Int = 10_000, metadataMax: Int = 100_000
    ) {
        self.seriesMax = seriesMax
        self.bytesMax = bytesMax
        self.retention = retention
        self.labelsMax = min(labelsMax, Int(UInt16.max))
        self.exemplarsMax = exemplarsMax
        self.metadataMax = metadataMax
    }
}

/// Counters since the store was made, and what it holds now.
public struct StoreStatistics: Hashable, Sendable {
    public var seriesCount = 0
    /// Series registered since the start, dropped ones too.
    public var seriesCreated = 0
    public var seriesDropped = 0
    public var samplesAppended = 0
    /// Bytes of samples and series states.
    public var chunkBytes = 0
    /// Bytes of the label index, estimated from its tables.
    public var indexBytes = 0
    /// Bytes of metric families' metadata, estimated from its texts.
    public var metadataBytes = 0
    public var duplicates = 0
    public var outOfOrder = 0
    public var tooOld = 0
    /// Samples for series that the store had dropped.
    public var unknownRefs = 0
    /// Series not registered for a limit.
    public var refusedSeries = 0
    public var exemplarsAppended = 0

    public init() {}
}

/// How many series share something; the answer of `/api/v1/status/tsdb`.
public struct StoreCardinality: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        public var name: String
        public var count: Int
        public init(name: String, count: Int) {
            self.name = name
            self.count = count
        }
    }
    public var seriesCountByMetricName: [Entry] = []
    public var labelValueCountByLabelName: [Entry] = []
    public var memoryInBytesByLabelName: [Entry] = []
    /// Named `name=value`.
    public var seriesCountByLabelValuePair: [Entry] = []
    public var labelPairCount = 0
    /// Sealed chunks; the open samples of each series are one more.
    public var chunkCount = 0

    public init() {}
}
