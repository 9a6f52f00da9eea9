// What is dropped, and when: chunks and series past the retention time, and the oldest chunks over the byte limit.
// Run by whichever append finds it due; there is no thread and no clock, time is the newest sample's.

import MetricModel
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

struct RetentionState {
    var passes = 0
}

extension TimeSeriesStore {
    /// Drops what the limits no longer allow, at once. Appends do this by themselves often enough.
    public func enforceRetention() {
        maintenance.withLock { runRetention(&$0) }
    }

    /// Due each time the newest sample has moved on by a 32nd of the retention, and when the bytes are over the limit.
    func retainIfDue() {
        let newest = newest.load(ordering: .relaxed)
        let isOver = totalBytes > byteTrigger.load(ordering: .relaxed)
        guard newest >= nextRetention.load(ordering: .relaxed) || isOver else { return }
        _ = maintenance.withLockIfAvailable { runRetention(&$0) }
    }

    private func runRetention(_ state: inout RetentionState) {
        state.passes += 1
        let newestTime = Timestamp(milliseconds: newest.load(ordering: .relaxed))
        let pause = Milliseconds(max(1, min(limits.retention.count / 32, 300_000)))
        nextRetention.store((newestTime + pause).milliseconds, ordering: .relaxed)
        guard newestTime.milliseconds != .min else { return }
        var freed = drop(before: cutoff)
        let over = totalBytes - limits.bytesMax
        if over > 0, let cutoff = byteCutoff(toFree: over + limits.bytesMax / 16) {
            freed += drop(before: cutoff)
        }
        byteTrigger.store(max(limits.bytesMax, totalBytes + limits.bytesMax / 64), ordering: .relaxed)
        if freed > 8 << 20 { FreedMemory.giveBack() }
    }

    /// The time before which chunks must end to free so many bytes, nil when there is no sealed chunk.
    private func byteCutoff(toFree wanted: Int) -> Int64? {
        var ends: [(end: Int64, bytes: Int)] = []
        for stripe in stripes {
            stripe.state.withLock { state in
                for series in state.series where series.isLive {
                    for chunk in series.chunks { ends.append((chunk.end, chunk.byteCost)) }
                }
            }
        }
        ends.sort { $0.end < $1.end }
        var freed = 0
        for (end, bytes) in ends {
            freed += bytes
            if freed >= wanted { return end == .max ? end : end + 1 }
        }
        return ends.last.map { $0.end == .max ? $0.end : $0.end + 1 }
    }

    /// Drops chunks that end before the cutoff and series whose newest sample lies before it; returns the bytes freed.
    private func drop(before cutoff: Int64) -> Int {
        var freed = 0
        var oldestLeft = Int64.max
        var dead: [UInt32] = []
        for (number, stripe) in stripes.enumerated() {
            stripe.state.withLock { state in
                var freedHere = 0
                for local in state.series.indices where state.series[local].isLive {
                    if state.series[local].newest < cutoff {
                        dead.append(HeadLayout.slot(stripe: number, local: local))
                    } else {
                        freedHere += state.series[local].dropChunks(before: cutoff)
                        oldestLeft = min(oldestLeft, state.oldest(local))
                    }
                }
                state.bytes -= freedHere
                freed += freedHere
            }
        }
        bytes.subtract(freed, ordering: .relaxed)
        freed += drop(dead, before: cutoff)
        // Raised here; an append that lowers it meanwhile is only seen late, never a wrong sample.
        oldest.store(oldestLeft, ordering: .relaxed)
        return freed
    }

    private func drop(_ slots: [UInt32], before cutoff: Int64) -> Int {
        var freed = 0
        var start = 0
        // In parts, so that registering is not held up for long; each part costs a pass over the index' tables.
        while start < slots.count {
            let part = slots[start..<min(slots.count, start + 16_384)]
            start += part.count
            index.withLock { index in
                var removed: [UInt32] = []
                for slot in part {
                    let local = HeadLayout.local(of: slot)
                    let freedHere = stripes[HeadLayout.stripe(of: slot)].state.withLock { state -> Int? in
                        // A sample may have come since the series was found dead.
                        guard state.series[local].isLive, state.series[local].newest < cutoff else { return nil }
                        let before = state.bytes
                        state.end(local)
                        return before - state.bytes
                    }
                    guard let freedHere else { continue }
                    freed += freedHere
                    bytes.subtract(freedHere, ordering: .relaxed)
                    removed.append(slot)
                }
                index.remove(removed)
                indexBytes.store(index.byteCost, ordering: .relaxed)
                counters.seriesDropped.add(removed.count, ordering: .relaxed)
            }
        }
        return freed
    }
}

extension StripeState {
    /// Time of the oldest sample of a series, `Int64.max` when it has none.
    func oldest(_ local: Int) -> Int64 {
        if let chunk = series[local].chunks.first { return chunk.start }
        if series[local].openCount > 0 { return series[local].openStart }
        return openHistograms[local]?.times.first ?? .max
    }
}
