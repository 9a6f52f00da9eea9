// The series that a scrape writes about itself: up, scrape_duration_seconds and their like.
// The caller measures; TargetIngestor knows the target's labels and keeps the refs.

import MetricModel

/// What a scrape says about itself.
public struct ScrapeSummary: Hashable, Sendable {
    public var isUp: Bool
    public var durationSeconds: Double
    public var samplesScraped: Int
    public var samplesPostRelabeling: Int
    public var seriesAdded: Int
    /// With `extra_scrape_metrics`; nil leaves the series out.
    public var timeoutSeconds: Double?
    public var sampleLimit: Int?
    public var bodyBytes: Int?

    public init(
        isUp: Bool, durationSeconds: Double, report: IngestionReport = IngestionReport(),
        timeoutSeconds: Double? = nil, sampleLimit: Int? = nil, bodyBytes: Int? = nil
    ) {
        self.isUp = isUp
        self.durationSeconds = durationSeconds
        samplesScraped = report.samplesScraped
        samplesPostRelabeling = report.samplesPostRelabeling
        seriesAdded = report.seriesAdded
        self.timeoutSeconds = timeoutSeconds
        self.sampleLimit = sampleLimit
        self.bodyBytes = bodyBytes
    }

    var samples: [(name: String, value: Double)] {
        var samples: [(name: String, value: Double)] = [
            ("up", isUp ? 1 : 0),
            ("scrape_duration_seconds", durationSeconds),
            ("scrape_samples_scraped", Double(samplesScraped)),
            ("scrape_samples_post_metric_relabeling", Double(samplesPostRelabeling)),
            ("scrape_series_added", Double(seriesAdded)),
        ]
        if let timeoutSeconds { samples.append(("scrape_timeout_seconds", timeoutSeconds)) }
        if let sampleLimit { samples.append(("scrape_sample_limit", Double(sampleLimit))) }
        if let bodyBytes { samples.append(("scrape_body_size_bytes", Double(bodyBytes))) }
        return samples
    }
}

/// Refs of the synthetic series, by name.
struct SyntheticSeries: Sendable {
    var refs: [String: SeriesRef] = [:]
    /// Those of the ingestor before; the ones that this one does not write end with its first report.
    var inherited: Set<SeriesRef> = []
}

extension TargetIngestor {
    /// Writes the synthetic series, with the target's labels alone.
    @discardableResult
    public mutating func report(_ summary: ScrapeSummary, at timestamp: Timestamp) -> AppendOutcome {
        let outcome = append(summary.samples, at: timestamp, isRetry: false)
        if !synthetic.inherited.isEmpty {
            end(synthetic.inherited.subtracting(synthetic.refs.values), at: timestamp)
            synthetic.inherited = []
        }
        return outcome
    }

    /// Ends the synthetic series with staleness markers: the target is removed.
    public mutating func endSynthetic(at timestamp: Timestamp) {
        end(synthetic.inherited.union(synthetic.refs.values), at: timestamp)
        synthetic = SyntheticSeries()
    }

    private func end(_ refs: Set<SeriesRef>, at timestamp: Timestamp) {
        var markers = AppendBatch()
        for ref in refs { markers.append(ref, timestamp, .staleMarker) }
        if markers.count > 0 { _ = sink.append(markers) }
    }

    private mutating func append(
        _ samples: [(name: String, value: Double)], at timestamp: Timestamp, isRetry: Bool
    ) -> AppendOutcome {
        var batch = AppendBatch()
        var positions: [Int] = []
        for (number, sample) in samples.enumerated() {
            if synthetic.refs[sample.name] == nil {
                let labels = options.targetLabels.setting(LabelSet.metricNameLabel, to: sample.name)
                // A sink that is full counts the refusal itself; the scrape goes on without this series.
                synthetic.refs[sample.name] = try? sink.register(labels)
            }
            guard let ref = synthetic.refs[sample.name] else { continue }
            positions.append(number)
            batch.append(ref, timestamp, sample.value)
        }
        var outcome = sink.append(batch)
        guard !outcome.unknownRefs.isEmpty, !isRetry else { return outcome }
        let dropped = outcome.unknownRefs.map { samples[positions[$0]] }
        outcome.unknownRefs = []
        for sample in dropped { synthetic.refs[sample.name] = nil }
        outcome += append(dropped, at: timestamp, isRetry: true)
        return outcome
    }
}
