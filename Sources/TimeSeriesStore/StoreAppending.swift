// The store as a SampleSink: registering series and appending batches.
// Called by scrape loops at the same time; each stripe is locked once or a few times a batch, never once a sample.

import MetricModel
import Synchronization

extension TimeSeriesStore: SampleSink {
    public func register(_ labels: LabelSet) throws(RegistrationRefusal) -> SeriesRef {
        let answer = index.withLock { index -> Result<SeriesRef, RegistrationRefusal> in
            if let slot = index.slot(of: labels) { return .success(index.ref(of: slot)) }
            if let refusal = refusal(labels, seriesCount: index.seriesCount) { return .failure(refusal) }
            let slot = index.add(labels)
            indexBytes.store(index.byteCost, ordering: .relaxed)
            return .success(begin(index.ref(of: slot)))
        }
        switch answer {
        case .success(let ref):
            return ref
        case .failure(.byteLimit):
            return try registerAfterRetention(labels)
        case .failure(let refusal):
            counters.refusedSeries.add(1, ordering: .relaxed)
            throw refusal
        }
    }

    /// The byte limit is reached: old chunks may give way to a new series.
    private func registerAfterRetention(_ labels: LabelSet) throws(RegistrationRefusal) -> SeriesRef {
        // A pass costs a walk over every series: not for each of the many series that one scrape may bring.
        if totalBytes > byteTrigger.load(ordering: .relaxed) { enforceRetention() }
        let answer = index.withLock { index -> Result<SeriesRef, RegistrationRefusal> in
            if let slot = index.slot(of: labels) { return .success(index.ref(of: slot)) }
            if let refusal = refusal(labels, seriesCount: index.seriesCount) { return .failure(refusal) }
            let slot = index.add(labels)
            indexBytes.store(index.byteCost, ordering: .relaxed)
            return .success(begin(index.ref(of: slot)))
        }
        if case .failure = answer { counters.refusedSeries.add(1, ordering: .relaxed) }
        return try answer.get()
    }

    private func refusal(_ labels: LabelSet, seriesCount: Int) -> RegistrationRefusal? {
        if labels.count > limits.labelsMax { return .labelLimit(limits.labelsMax) }
        if seriesCount >= limits.seriesMax { return .seriesLimit(limits.seriesMax) }
        if totalBytes >= limits.bytesMax { return .byteLimit(limits.bytesMax) }
        return nil
    }

    /// Begins the state of a slot that the index has just given out; the index' lock is held.
    private func begin(_ ref: SeriesRef) -> SeriesRef {
        let newest = newest.load(ordering: .relaxed)
        let added = stripes[HeadLayout.stripe(of: ref.slot)].state.withLock { state in
            let before = state.bytes
            state.begin(ref, newest: newest)
            return state.bytes - before
        }
        bytes.add(added, ordering: .relaxed)
        counters.seriesCreated.add(1, ordering: .relaxed)
        return ref
    }

    public func append(_ batch: borrowing AppendBatch) -> AppendOutcome {
        var pass = AppendPass(cutoff: cutoff)
        let count = batch.refs.count
        precondition(
            batch.timestamps.count == count && batch.values.count == count, "AppendBatch: columns of one length")
        var stripesTouched: UInt32 = 0
        var runs = 0
        var last = -1
        for ref in batch.refs {
            let stripe = HeadLayout.stripe(of: ref.slot)
            if stripe != last { runs += 1 }
            last = stripe
            stripesTouched |= 1 << UInt32(stripe)
        }
        if runs <= stripesTouched.nonzeroBitCount * 2 {
            appendRuns(batch, &pass)
        } else {
            // Series of many stripes in turn: one walk a stripe is cheaper than one lock a sample.
            for stripe in 0..<HeadLayout.stripeCount where stripesTouched & (1 << UInt32(stripe)) != 0 {
                append(batch, 0..<count, toStripe: stripe, &pass)
            }
        }
        pass.outcome.unknownRefs.sort()
        counters.add(pass.outcome)
        bytes.add(pass.bytes, ordering: .relaxed)
        if pass.newest != .min {
            newest.max(pass.newest, ordering: .relaxed)
            oldest.min(pass.oldest, ordering: .relaxed)
            retainIfDue()
        }
        return pass.outcome
    }

    private func appendRuns(_ batch: borrowing AppendBatch, _ pass: inout AppendPass) {
        let count = batch.refs.count
        var start = 0
        while start < count {
            let stripe = HeadLayout.stripe(of: batch.refs[start].slot)
            var end = start + 1
            while end < count, HeadLayout.stripe(of: batch.refs[end].slot) == stripe { end += 1 }
            append(batch, start..<end, toStripe: stripe, &pass)
            start = end
        }
    }

    /// The part of `range` that belongs to the stripe, in order, under one lock.
    private func append(
        _ batch: borrowing AppendBatch, _ range: Range<Int>, toStripe stripe: Int, _ pass: inout AppendPass
    ) {
        let refs = batch.refs
        let timestamps = batch.timestamps
        let values = batch.values
        let histograms = batch.histograms
        stripes[stripe].state.withLock { state in
            let before = state.bytes
            for position in range {
                let ref = refs[position]
                guard HeadLayout.stripe(of: ref.slot) == stripe else { continue }
                let local = HeadLayout.local(of: ref.slot)
                guard state.isLive(local, ref.generation) else {
                    pass.outcome.unknownRefs.append(position)
                    continue
                }
                let time = timestamps[position].milliseconds
                guard time >= pass.cutoff else {
                    pass.outcome.tooOld += 1
                    continue
                }
                let isFirst = !state.series[local].hasSamples
                let verdict =
                    if !histograms.isEmpty, let histogram = histograms[position] {
                        state.append(local, time, histogram)
                    } else {
                        state.append(local, time, values[position])
                    }
                pass.count(verdict, time, isFirst: isFirst)
            }
            pass.bytes += state.bytes - before
        }
    }

    public func record(_ metadata: [String: Metadata]) {
        metadataTable.withLock { table in
            table.record(metadata)
            metadataBytes.store(table.byteCost, ordering: .relaxed)
        }
    }

    public func append(_ exemplar: Exemplar, for ref: SeriesRef) {
        let isKept = exemplarRing.withLock { $0.append(exemplar, for: ref) }
        if isKept { counters.exemplarsAppended.add(1, ordering: .relaxed) }
    }
}

/// What one batch did, summed while it is appended.
private struct AppendPass {
    let cutoff: Int64
    var outcome = AppendOutcome()
    var newest = Int64.min
    var oldest = Int64.max
    var bytes = 0

    init(cutoff: Int64) { self.cutoff = cutoff }

    @inline(__always)
    mutating func count(_ verdict: HeadSeries.Verdict, _ time: Int64, isFirst: Bool) {
        switch verdict {
        case .appended:
            outcome.appended += 1
            newest = max(newest, time)
            // Within a series only the first sample can be the store's oldest.
            if isFirst { oldest = min(oldest, time) }
        case .unchanged: break
        case .duplicate: outcome.duplicates += 1
        case .outOfOrder: outcome.outOfOrder += 1
        }
    }
}
