// The head: every series and sample this process keeps, in memory.
// Ingestion, rules and self-metrics write through SampleSink; the engine and the API read through SeriesSource.

import LinearRegex
import MetricModel
import Synchronization

/// Samples are appended a batch at a time, under one stripe's lock after the other; queries retain sealed chunks and copy
/// open samples under the same locks and decode outside. Locks are taken in this order: index, stripe.
public final class TimeSeriesStore: Sendable {
    public let limits: StoreLimits

    /// Guards which series exist. Held for registering, dropping and for taking postings out.
    let index = Lock(LabelIndex())
    let stripes: [HeadStripe]
    let metadataTable: Lock<MetadataTable>
    let exemplarRing: Lock<ExemplarRing>
    /// One retention pass at a time; whoever finds it taken goes on without.
    let maintenance = Lock(RetentionState())

    // Relaxed everywhere: each is a figure of its own, and what must agree is read under the locks.
    let newest = Atomic<Int64>(.min)
    let oldest = Atomic<Int64>(.max)
    /// Of samples and states; the other two are estimates of the index and of the metadata table, taken when they change.
    let bytes = Atomic<Int>(0)
    let indexBytes = Atomic<Int>(0)
    let metadataBytes = Atomic<Int>(0)
    /// A pass for the byte limit is due above this: the limit, or more when a pass could not get below it.
    let byteTrigger: Atomic<Int>
    let nextRetention = Atomic<Int64>(.min)
    let counters = StoreCounters()

    public init(limits: StoreLimits = StoreLimits()) {
        self.limits = limits
        byteTrigger = Atomic(limits.bytesMax)
        stripes = (0..<HeadLayout.stripeCount).map { _ in HeadStripe() }
        metadataTable = Lock(MetadataTable(familiesMax: limits.metadataMax, bytesMax: limits.metadataBytesMax))
        exemplarRing = Lock(ExemplarRing(capacity: limits.exemplarsMax))
    }

    /// Samples before this time are refused and not shown.
    var cutoff: Int64 {
        let newest = newest.load(ordering: .relaxed)
        guard newest != .min else { return .min }
        return (Timestamp(milliseconds: newest) - limits.retention).milliseconds
    }

    /// Times of the oldest and newest sample that a query can see, nil when there is none.
    public var timeRange: ClosedRange<Timestamp>? {
        let newest = newest.load(ordering: .relaxed)
        let oldest = max(oldest.load(ordering: .relaxed), cutoff)
        guard oldest <= newest, self.oldest.load(ordering: .relaxed) != .max else { return nil }
        return Timestamp(milliseconds: oldest)...Timestamp(milliseconds: newest)
    }

    /// What the byte limit is held against.
    var totalBytes: Int {
        bytes.load(ordering: .relaxed) + indexBytes.load(ordering: .relaxed) + metadataBytes.load(ordering: .relaxed)
    }

    public var statistics: StoreStatistics {
        var statistics = StoreStatistics()
        (statistics.seriesCount, statistics.indexBytes) = index.withLock { ($0.seriesCount, $0.byteCost) }
        counters.read(into: &statistics)
        statistics.chunkBytes = bytes.load(ordering: .relaxed)
        statistics.metadataBytes = metadataBytes.load(ordering: .relaxed)
        return statistics
    }
}

/// Counters that only grow.
final class StoreCounters: Sendable {
    let seriesCreated = Atomic<Int>(0)
    let seriesDropped = Atomic<Int>(0)
    let samplesAppended = Atomic<Int>(0)
    let duplicates = Atomic<Int>(0)
    let outOfOrder = Atomic<Int>(0)
    let tooOld = Atomic<Int>(0)
    let unknownRefs = Atomic<Int>(0)
    let refusedSeries = Atomic<Int>(0)
    let exemplarsAppended = Atomic<Int>(0)

    func add(_ outcome: AppendOutcome) {
        samplesAppended.add(outcome.appended, ordering: .relaxed)
        if outcome.duplicates > 0 { duplicates.add(outcome.duplicates, ordering: .relaxed) }
        if outcome.outOfOrder > 0 { outOfOrder.add(outcome.outOfOrder, ordering: .relaxed) }
        if outcome.tooOld > 0 { tooOld.add(outcome.tooOld, ordering: .relaxed) }
        if !outcome.unknownRefs.isEmpty { unknownRefs.add(outcome.unknownRefs.count, ordering: .relaxed) }
    }

    func read(into statistics: inout StoreStatistics) {
        statistics.seriesCreated = seriesCreated.load(ordering: .relaxed)
        statistics.seriesDropped = seriesDropped.load(ordering: .relaxed)
        statistics.samplesAppended = samplesAppended.load(ordering: .relaxed)
        statistics.duplicates = duplicates.load(ordering: .relaxed)
        statistics.outOfOrder = outOfOrder.load(ordering: .relaxed)
        statistics.tooOld = tooOld.load(ordering: .relaxed)
        statistics.unknownRefs = unknownRefs.load(ordering: .relaxed)
        statistics.refusedSeries = refusedSeries.load(ordering: .relaxed)
        statistics.exemplarsAppended = exemplarsAppended.load(ordering: .relaxed)
    }
}
