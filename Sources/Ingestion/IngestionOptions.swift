// What a target's configuration says about its samples, what one body gave, and why one was refused.
// Given to TargetIngestor by scrape loops and by Monitor.

import Exposition
import MetricModel
import Relabeling

/// Limits of one scrape; 0 means none. Over one of them the whole scrape fails, as in Prometheus.
public struct IngestionLimits: Hashable, Sendable {
    /// Samples after relabelling.
    public var samplesMax: Int
    public var labelsMax: Int
    public var labelNameBytesMax: Int
    public var labelValueBytesMax: Int

    public init(samplesMax: Int = 0, labelsMax: Int = 0, labelNameBytesMax: Int = 0, labelValueBytesMax: Int = 0) {
        self.samplesMax = samplesMax
        self.labelsMax = labelsMax
        self.labelNameBytesMax = labelNameBytesMax
        self.labelValueBytesMax = labelValueBytesMax
    }
}

/// What is stored of native histograms.
public struct NativeHistogramOptions: Hashable, Sendable {
    /// False: bodies that have them are read as if they had the classic form only.
    public var isRead: Bool
    /// Store the classic form beside the native one.
    public var keepsClassic: Bool
    /// Make native histograms with custom buckets of classic ones.
    public var convertsClassic: Bool
    /// Buckets of both sides together, after making them coarser; 0 means no limit.
    public var bucketsMax: Int
    /// Finer histograms are made coarser.
    public var schemaMax: Int32

    public static let schemaMin: Int32 = -4
    public static let schemaMax: Int32 = 8

    public init(
        isRead: Bool = true, keepsClassic: Bool = false, convertsClassic: Bool = false, bucketsMax: Int = 0,
        schemaMax: Int32 = Self.schemaMax
    ) {
        self.isRead = isRead
        self.keepsClassic = keepsClassic
        self.convertsClassic = convertsClassic
        self.bucketsMax = bucketsMax
        self.schemaMax = schemaMax
    }
}

public struct IngestionOptions: Hashable, Sendable {
    /// Added to every series: `job`, `instance` and what discovery gave.
    public var targetLabels: LabelSet
    /// Keep a label of the body where a target label has its name; else it becomes `exported_NAME`.
    public var honorLabels: Bool
    /// Take the timestamps of the body; else every sample gets the scrape's time.
    public var honorTimestamps: Bool
    /// Write staleness markers for series with timestamps of their own, too.
    public var trackTimestampsStaleness: Bool
    /// A name outside of the classic alphabet fails the scrape.
    public var legacyNames: Bool
    public var metricRelabeling: [RelabelRule]
    public var limits: IngestionLimits
    public var histograms: NativeHistogramOptions
    /// Metric families of one target (or one loaded text) whose metadata is kept. The samples of more are kept all the
    /// same.
    public var familiesMax: Int

    public init(
        targetLabels: LabelSet = .empty, honorLabels: Bool = false, honorTimestamps: Bool = true,
        trackTimestampsStaleness: Bool = false, legacyNames: Bool = false, metricRelabeling: [RelabelRule] = [],
        limits: IngestionLimits = IngestionLimits(), histograms: NativeHistogramOptions = NativeHistogramOptions(),
        familiesMax: Int = 100_000
    ) {
        self.targetLabels = targetLabels
        self.honorLabels = honorLabels
        self.honorTimestamps = honorTimestamps
        self.trackTimestampsStaleness = trackTimestampsStaleness
        self.legacyNames = legacyNames
        self.metricRelabeling = metricRelabeling
        self.limits = limits
        self.histograms = histograms
        self.familiesMax = familiesMax
    }
}

/// What one body gave.
public struct IngestionReport: Hashable, Sendable {
    /// Samples in the body.
    public var samplesScraped = 0
    /// Samples that relabelling left.
    public var samplesPostRelabeling = 0
    /// Series that the scrape before did not have.
    public var seriesAdded = 0
    /// Of the body's samples; staleness markers are not counted. `duplicates` has those repeated within the body, too.
    public var outcome = AppendOutcome()
    /// Timestamps more than ten minutes ahead of the scrape; not stored.
    public var tooFarAhead = 0
    /// Samples not stored because the sink would not take their series, and one of its reasons.
    public var samplesRefused = 0
    /// Why series were not taken; nil when all were.
    public var refusal: RegistrationRefusal?
    /// Lines of metadata not kept because there were too many families.
    public var metadataRefused = 0
    /// Staleness markers written.
    public var staleMarkers = 0
    /// Series that could not be ended, because they have a sample at the time of the body or after it.
    public var staleMarkersDropped = 0

    /// Nothing yet.
    public init() {}
}

/// Why a body was refused as a whole. Nothing of it was stored; what the scrapes before had stored is marked as stale.
/// With `dropped` alone the rest of the body was stored.
public struct IngestionFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was wrong.
    public enum Reason: Hashable, Sendable {
        /// No page of metrics.
        case malformed(ExpositionError)
        /// A body that is no text.
        case damaged(BodyError)
        /// More samples than a scrape may have.
        case sampleLimit(Int)
        /// A series with more labels than it may have.
        case labelLimit(metric: String, count: Int, limit: Int)
        /// A label's name with more bytes than it may have.
        case labelNameLength(metric: String, name: String, length: Int, limit: Int)
        /// A label's value with more bytes than it may have.
        case labelValueLength(metric: String, name: String, value: String, length: Int, limit: Int)
        /// The coarsest form of a native histogram has more buckets.
        case bucketLimit(metric: String, limit: Int)
        /// Relabelling left a series without a name.
        case missingName(LabelSet)
        /// With names of the classic alphabet alone.
        case invalidName(LabelSet)
        /// One more target than are told apart.
        case targetLimit(Int)
        /// Samples of this body were not stored; the others were. Said by who asks for all or an error.
        case dropped(at: Timestamp)
    }
    /// What was wrong.
    public var reason: Reason
    /// Counted up to the failure.
    public var report: IngestionReport
    /// `Module/File.swift:12` of the call of a test; nil where none is known.
    public package(set) var place: String?

    package init(reason: Reason, report: IngestionReport, place: String? = nil) {
        self.reason = reason
        self.report = report
        self.place = place
    }

    /// The words are Prometheus' where it has some. With a place they follow it, and a malformed line is shown below.
    public var description: String {
        guard let place else { return words }
        guard case .malformed(let error) = reason else { return "\(place): \(words)" }
        return "\(place): the page is malformed at \(error.rendered)"
    }

    private var words: String {
        switch reason {
        case .targetLimit(let limit): "more than \(limit) targets"
        case .dropped(let time): "the page at second \(time): " + report.droppedSamples.joined(separator: "; ")
        case .malformed(let error): error.description
        case .damaged(let error): error.description
        case .sampleLimit(let limit): "sample limit exceeded: more than \(limit) samples after relabelling"
        case .labelLimit(let metric, let count, let limit):
            "label_limit exceeded (metric: \(metric.prefix(50)), number of labels: \(count), limit: \(limit))"
        case .labelNameLength(let metric, let name, let length, let limit):
            "label_name_length_limit exceeded (metric: \(metric.prefix(50)), label name: \(name.prefix(50)), "
                + "length: \(length), limit: \(limit))"
        case .labelValueLength(let metric, let name, let value, let length, let limit):
            "label_value_length_limit exceeded (metric: \(metric.prefix(50)), label name: \(name.prefix(50)), "
                + "value: \(String(value.prefix(50)).quotedForPrometheus), length: \(length), limit: \(limit))"
        case .bucketLimit(let metric, let limit):
            "native_histogram_bucket_limit exceeded (metric: \(metric.prefix(50)), limit: \(limit))"
        case .invalidName(let labels): "invalid metric name or label names: \(labels)"
        case .missingName(let labels): "missing metric name (__name__ label): \(labels)"
        }
    }
}
