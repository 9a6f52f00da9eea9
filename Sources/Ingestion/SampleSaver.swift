// Everything a source holds as OpenMetrics text with timestamps, as `--save FILE` writes it.
// The counterpart of SampleLoader, which reads it back; so does `promtool tsdb create-blocks-from openmetrics`.

import Exposition
import MetricModel

/// What was written, and what the format could not carry.
public struct SaveReport: Hashable, Sendable {
    public var series = 0
    public var samples = 0
    public var exemplars = 0
    /// OpenMetrics 1.0 text has no form for them.
    public var nativeHistograms = 0
    /// A NaN of special bits; text knows one NaN only.
    public var stalenessMarkers = 0
    /// Not on a counter or a bucket, or without a later sample to stand at.
    public var exemplarsLeftOut = 0
    /// Written as plain NaN.
    public var otherNaNs = 0
    /// Series without a metric name, with all their samples.
    public var samplesWithoutName = 0

    public init() {}

    /// A sentence for each kind of loss; empty when nothing was lost.
    public var losses: [String] {
        var losses: [String] = []
        func add(_ count: Int, _ what: String, _ why: String) {
            if count > 0 { losses.append("\(count) \(what) left out: \(why)") }
        }
        add(nativeHistograms, "native histogram samples", "OpenMetrics 1.0 text has no form for them")
        add(stalenessMarkers, "staleness markers", "OpenMetrics text has no form for them")
        add(samplesWithoutName, "samples of series without a metric name", "every line begins with one")
        add(exemplarsLeftOut, "exemplars", "they stand on counters and buckets, at a sample that is not older")
        if otherNaNs > 0 { losses.append("\(otherNaNs) NaNs lost their payload: text knows one NaN") }
        return losses
    }
}

/// Families in byte order, each with its metadata, its series one after the other, each series in the order of time.
public struct SampleSaver {
    private let source: any SeriesSource
    private var writer = ExpositionWriter(.openMetrics)
    public private(set) var report = SaveReport()
    private var exemplars: [LabelSet: [Exemplar]]

    /// Bytes that are collected before they are handed on.
    static let pieceBytes = 1 << 20

    /// - Parameter exemplars: of each series, oldest first.
    public init(_ source: any SeriesSource, exemplars: [LabelSet: [Exemplar]] = [:]) {
        self.source = source
        self.exemplars = exemplars
    }

    /// Calls `write` with pieces in order; `progress` with families done and in all.
    public mutating func save<Failure: Error>(
        progress: (Int, Int) -> Void = { _, _ in }, write: ([UInt8]) throws(Failure) -> Void
    ) async throws -> SaveReport {
        let names = try await source.labelValues(
            LabelSet.metricNameLabel, [], start: .distantPast, end: .distantFuture, limit: 0)
        let families = Self.families(of: names, try await source.metadata(metric: nil).compactMapValues(\.first))
        for (place, family) in families.enumerated() {
            progress(place, families.count)
            if let metadata = family.metadata { writer.family(family.name, metadata) }
            for name in family.series { try await save(seriesNamed: name, family, write) }
        }
        let nameless = [try Matcher(LabelSet.metricNameLabel, .equal, "")]
        for series in try await source.series([nameless], start: .distantPast, end: .distantFuture, limit: 0) {
            let matchers = try series.labels.map { try Matcher($0.name, .equal, $0.value) } + nameless
            for found in try await select(matchers) where found.labels == series {
                report.samplesWithoutName += found.timestamps.count
            }
        }
        writer.finish()
        try write(writer.drain())
        for (_, left) in exemplars { report.exemplarsLeftOut += left.count }
        return report
    }

    private func select(_ matchers: [Matcher]) async throws -> [Series] {
        let selection = Selection(matchers: matchers, start: .distantPast, end: .distantFuture)
        return try await source.select([selection], limits: SelectionLimits(samplesMax: .max / 2)).first ?? []
    }

    private mutating func save<Failure: Error>(
        seriesNamed name: String, _ family: Family, _ write: ([UInt8]) throws(Failure) -> Void
    ) async throws {
        for series in try await select([try Matcher(LabelSet.metricNameLabel, .equal, name)]) {
            append(series, takesExemplars: family.takesExemplars(name))
            if writer.bytes.count >= Self.pieceBytes { try write(writer.drain()) }
        }
    }

    private mutating func append(_ series: Series, takesExemplars: Bool) {
        var waiting = takesExemplars ? (exemplars.removeValue(forKey: series.labels) ?? [])[...] : []
        var written = 0
        for (place, timestamp) in series.timestamps.enumerated() {
            guard case .float(let value) = series.samples[place] else {
                report.nativeHistograms += 1
                continue
            }
            if value.isStaleMarker {
                report.stalenessMarkers += 1
                continue
            }
            if value.isNaN, value.bitPattern != Double.normalNaN.bitPattern { report.otherNaNs += 1 }
            var exemplar: Exemplar?
            if let first = waiting.first, (first.timestamp ?? timestamp) <= timestamp {
                exemplar = waiting.removeFirst()
                report.exemplars += 1
            }
            writer.sample(series.labels, value, timestamp: timestamp, exemplar: exemplar)
            written += 1
        }
        report.exemplarsLeftOut += waiting.count
        report.samples += written
        if written > 0 { report.series += 1 }
    }

    // MARK: Families

    struct Family {
        var name: String
        /// Nil: written without comment lines, because the names of its series do not fit the type.
        var metadata: Metadata?
        var series: [String] = []

        func takesExemplars(_ series: String) -> Bool {
            switch metadata?.kind {
            case .counter: series.hasSuffix("_total")
            case .histogram, .gaugehistogram: series.hasSuffix("_bucket")
            default: false
            }
        }
    }

    /// What the type adds to a family's name in the names of its series. Source: OpenMetrics 1.0, suffixes.
    private static func suffixes(_ kind: Metadata.Kind) -> [String] {
        switch kind {
        case .counter: ["_total", "_created"]
        case .histogram: ["_bucket", "_count", "_sum", "_created"]
        case .gaugehistogram: ["_bucket", "_gcount", "_gsum"]
        case .summary: ["", "_count", "_sum", "_created"]
        case .info: ["_info"]
        case .gauge, .stateset, .unknown: [""]
        }
    }

    /// Every name in just one family, no family twice. A classic counter's family is named like its only series, with
    /// `_total`; one that is not named so is written as unknown, since OpenMetrics has no such counter.
    static func families(of names: [String], _ metadata: [String: Metadata]) -> [Family] {
        // Names compare by bytes here, hence Label.
        var owner: [Label: Family] = [:]
        let known = Set(names.map { Label($0, "") })
        for (family, meta) in metadata.sorted(by: { $0.key.isBefore($1.key) }) {
            var base = family
            if meta.kind == .counter, base.hasSuffix("_total") { base = String(base.dropLast(6)) }
            var meta = meta
            var members = suffixes(meta.kind).map { base + $0 }.filter { known.contains(Label($0, "")) }
            if members.isEmpty, known.contains(Label(family, "")) {
                meta.kind = .unknown
                base = family
                members = [family]
            }
            for member in members where owner[Label(member, "")] == nil {
                owner[Label(member, "")] = Family(name: base, metadata: meta)
            }
        }
        var byName: [Label: Family] = [:]
        for name in names {
            let family = owner[Label(name, "")] ?? Family(name: name, metadata: nil)
            byName[Label(family.name, ""), default: family].series.append(name)
        }
        return byName.values.sorted { $0.name.isBefore($1.name) }
    }
}
