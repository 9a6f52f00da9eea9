// Bodies of one target to append batches: known lines by comparison, new ones by parsing.
// Owned by one scrape loop (or by Monitor); writes to any SampleSink.

import Exposition
import MetricModel
import Relabeling

/// The body of a target barely changes between scrapes: the next line is compared with the line that came at this place
/// the last time, and on a hit only the number is parsed. A miss looks the line up by hash, then parses it in full.
///
/// A value with state: keep it in one variable, use it from one task at a time.
public struct TargetIngestor: Sendable {
    public private(set) var options: IngestionOptions
    let sink: any SampleSink
    var cache = LineCache()
    private var scrapeNumber: UInt32 = 0
    private var families: [String: Metadata] = [:]
    var synthetic = SyntheticSeries()
    /// Series that the ingestor before this one has left, and that this one has not ended or gone on with.
    private var inherited: [SeriesRef: Bool] = [:]

    /// Samples may be this far ahead of the scrape. Source: Prometheus scrape, maxAheadTime.
    static let aheadMax = Milliseconds.minutes(10)

    public init(sink: any SampleSink, options: IngestionOptions = IngestionOptions()) {
        self.sink = sink
        self.options = options
    }

    /// Appends the samples of a body; those without a timestamp get `timestamp`.
    ///
    /// Series of the body before that are not in this one get a staleness marker at `timestamp`. On failure nothing of
    /// the body is stored and every series gets its marker.
    public mutating func ingest(
        _ body: UnsafeBufferPointer<UInt8>, format: ExpositionFormat, at timestamp: Timestamp
    ) throws(IngestionFailure) -> IngestionReport {
        if options.histograms.convertsClassic { return try ingestConverting(body, format: format, at: timestamp) }
        var pass = beginPass(at: timestamp)
        do {
            var parser = ExpositionParser(body, format: format)
            try pass.read(body, &parser, &cache)
        } catch {
            throw giveUp(pass, error)
        }
        finish(&pass, format)
        return pass.report
    }

    /// The same for a body that is no text, by the same rules.
    package mutating func ingest(
        _ body: inout some StructuredBody, at timestamp: Timestamp
    ) throws(IngestionFailure) -> IngestionReport {
        guard options.histograms.convertsClassic else { return try read(&body, at: timestamp) }
        var converted = ConvertedBody(body, keepsClassic: options.histograms.keepsClassic)
        return try read(&converted, at: timestamp)
    }

    private mutating func ingestConverting(
        _ body: UnsafeBufferPointer<UInt8>, format: ExpositionFormat, at timestamp: Timestamp
    ) throws(IngestionFailure) -> IngestionReport {
        let text = TextBody(body, format: format)
        var converted = ConvertedBody(text, keepsClassic: options.histograms.keepsClassic)
        do throws(IngestionFailure) {
            return try read(&converted, at: timestamp)
        } catch {
            guard let failure = text.failure else { throw error }
            throw IngestionFailure(reason: .malformed(failure), report: error.report)
        }
    }

    private mutating func read(
        _ body: inout some StructuredBody, at timestamp: Timestamp
    ) throws(IngestionFailure) -> IngestionReport {
        var pass = beginPass(at: timestamp)
        do {
            try pass.read(&body, &cache)
        } catch {
            throw giveUp(pass, error)
        }
        finish(&pass, .text)
        return pass.report
    }

    private mutating func beginPass(at timestamp: Timestamp) -> IngestionPass {
        scrapeNumber = scrapeNumber == .max ? 1 : scrapeNumber + 1
        var pass = IngestionPass(scrapeNumber: scrapeNumber, timestamp: timestamp, options: options)
        // The columns live as long as the pass: thousands of targets would keep theirs for the next scrape.
        pass.batch.reserveCapacity(cache.order.count)
        return pass
    }

    /// Takes back what a refused body has added to the cache, and ends every series.
    private mutating func giveUp(_ pass: borrowing IngestionPass, _ refusal: IngestionRefusal) -> IngestionFailure {
        for id in pass.newLines { cache.remove(id) }
        cache.replaceOrder(with: cache.order)
        var report = pass.report
        report.staleMarkers = markAllStale(at: pass.timestamp)
        return IngestionFailure(reason: refusal.reason, report: report)
    }

    /// The same for a body in an array.
    public mutating func ingest(
        _ body: [UInt8], format: ExpositionFormat, at timestamp: Timestamp
    ) throws(IngestionFailure) -> IngestionReport {
        try body.withUnsafeBufferPointer { body throws(IngestionFailure) in
            try ingest(body, format: format, at: timestamp)
        }
    }

    /// Writes a staleness marker for every series that has none yet: after a failed scrape, and when the target is
    /// removed (then with `endSynthetic`). Returns how many.
    @discardableResult
    public mutating func markAllStale(at timestamp: Timestamp) -> Int {
        var markers = AppendBatch()
        for id in cache.lines.indices where cache.lines[id].isTracked {
            inherited[cache.lines[id].ref] = nil
            markers.appendStaleMarker(cache.lines[id], timestamp)
            cache.lines[id].isTracked = false
        }
        endInherited(&markers, at: timestamp)
        if markers.count > 0 { _ = sink.append(markers) }
        return markers.count
    }

    // MARK: In the place of another

    /// Takes the place of an ingestor for the same target, read in another way now. Series that both have go on; those
    /// that only `former` had get their staleness markers with the first body of this one, or its first failure.
    ///
    /// With options that make the same series of the same lines nothing has to be read anew. Must come before the
    /// first body.
    package mutating func goOn(from former: TargetIngestor) {
        var comparable = former.options
        comparable.limits.samplesMax = options.limits.samplesMax
        if comparable == options {
            let own = options
            self = former
            options = own
            return
        }
        inherited = former.inherited
        for line in former.cache.lines where line.isTracked { inherited[line.ref] = line.isHistogram }
        synthetic.inherited = former.synthetic.inherited.union(former.synthetic.refs.values)
    }

    private mutating func endInherited(_ markers: inout AppendBatch, at timestamp: Timestamp) {
        for (ref, isHistogram) in inherited {
            if isHistogram {
                markers.append(ref, timestamp, NativeHistogram.stale)
            } else {
                markers.append(ref, timestamp, .staleMarker)
            }
        }
        inherited = [:]
    }

    // MARK: After the last line

    private mutating func finish(_ pass: inout IngestionPass, _ format: ExpositionFormat) {
        register(&pass)
        record(&pass)
        pass.report.outcome += sink.append(pass.batch)
        if !pass.report.outcome.unknownRefs.isEmpty { repeatUnknown(&pass, format) }
        for (position, exemplar) in pass.exemplars {
            var exemplar = exemplar
            exemplar.timestamp = exemplar.timestamp ?? pass.batch.timestamps[position]
            sink.append(exemplar, for: pass.batch.refs[position])
        }
        for id in pass.newlyTracked where cache.lines[Int(id)].lastSeen != 0 { cache.lines[Int(id)].isTracked = true }
        markVanished(&pass)
    }

    /// Gives the new lines their refs; lines that the sink refuses leave the batch and the cache.
    private mutating func register(_ pass: inout IngestionPass) {
        guard !pass.pending.isEmpty else { return }
        var refused: Set<UInt32> = []
        for (id, labels) in pass.pending {
            do {
                cache.lines[Int(id)].ref = try sink.register(labels)
                pass.report.seriesAdded += 1
            } catch {
                refused.insert(id)
                pass.report.refusal = error
            }
        }
        for (position, id) in pass.pendingSamples { pass.batch.refs[position] = cache.lines[Int(id)].ref }
        guard !refused.isEmpty else { return }
        let refusedPositions = Set(pass.pendingSamples.filter { refused.contains($0.line) }.map(\.position))
        pass.report.samplesRefused += refusedPositions.count
        var kept = AppendBatch()
        var keptLines: [UInt32] = []
        var newPosition: [Int: Int] = [:]
        for position in pass.batch.refs.indices where !refusedPositions.contains(position) {
            newPosition[position] = kept.count
            kept.append(from: pass.batch, at: position)
            keptLines.append(pass.batchLines[position])
        }
        pass.batch = kept
        pass.batchLines = keptLines
        pass.exemplars = pass.exemplars.compactMap { position, exemplar in
            newPosition[position].map { ($0, exemplar) }
        }
        pass.newOrder.removeAll { refused.contains($0) }
        pass.newlyTracked.removeAll { refused.contains($0) }
        for id in refused { cache.remove(id) }
    }

    /// The sink has dropped these series since: parses their labels again, registers and appends them again.
    private mutating func repeatUnknown(_ pass: inout IngestionPass, _ format: ExpositionFormat) {
        let positions = pass.report.outcome.unknownRefs
        pass.report.outcome.unknownRefs = []
        var again = AppendBatch()
        for position in positions {
            let id = Int(pass.batchLines[position])
            guard let labels = cache.labels(of: pass.batchLines[position], format, options) else { continue }
            do {
                cache.lines[id].ref = try sink.register(labels)
            } catch {
                pass.report.samplesRefused += 1
                pass.report.refusal = error
                continue
            }
            pass.batch.refs[position] = cache.lines[id].ref
            again.append(from: pass.batch, at: position)
        }
        pass.report.outcome += sink.append(again)
    }

    private mutating func record(_ pass: inout IngestionPass) {
        guard !pass.metadata.isEmpty else { return }
        if pass.hasDeviated { forgetFamilies(notIn: pass) }
        var changed: [String: Metadata] = [:]
        for line in pass.metadata {
            guard families[line.family] != nil || families.count < options.familiesMax else {
                pass.report.metadataRefused += 1
                continue
            }
            var family = families[line.family] ?? Metadata()
            switch line.content {
            case .kind(let kind): family.kind = kind
            case .help(let help): family.help = help
            case .unit(let unit): family.unit = unit
            }
            families[line.family] = family
            changed[line.family] = family
        }
        sink.record(changed)
    }

    /// Families none of whose lines this body has, before its new ones come in. Looked for when lines of metadata are new:
    /// a target that only loses some keeps what it had.
    private mutating func forgetFamilies(notIn pass: borrowing IngestionPass) {
        var present: Set<String> = []
        for line in cache.lines where line.lastSeen == scrapeNumber && line.role.isMetadata {
            if let family = cache.family(of: line) { present.insert(family) }
        }
        families = families.filter { present.contains($0.key) }
    }

    /// Staleness markers for tracked series that this body does not have, which then leave the cache.
    private mutating func markVanished(_ pass: inout IngestionPass) {
        var markers = AppendBatch()
        for id in pass.untracked {
            markers.appendStaleMarker(cache.lines[Int(id)], pass.timestamp)
            cache.lines[Int(id)].isTracked = false
        }
        if pass.hasDeviated {
            for id in cache.lines.indices
            where cache.lines[id].lastSeen != 0 && cache.lines[id].lastSeen != scrapeNumber {
                if cache.lines[id].isTracked {
                    markers.appendStaleMarker(cache.lines[id], pass.timestamp)
                }
                cache.remove(UInt32(id))
            }
            cache.replaceOrder(with: pass.newOrder)
        }
        if !inherited.isEmpty {
            for line in cache.lines where line.isTracked { inherited[line.ref] = nil }
            endInherited(&markers, at: pass.timestamp)
        }
        guard markers.count > 0 else { return }
        let outcome = sink.append(markers)
        pass.report.staleMarkersDropped = outcome.duplicates + outcome.outOfOrder
        pass.report.staleMarkers = markers.count - pass.report.staleMarkersDropped
    }
}

extension AppendBatch {
    fileprivate mutating func append(from other: borrowing AppendBatch, at position: Int) {
        if let histogram = other.histograms[position] {
            append(other.refs[position], other.timestamps[position], histogram)
        } else {
            append(other.refs[position], other.timestamps[position], other.values[position])
        }
    }
}
