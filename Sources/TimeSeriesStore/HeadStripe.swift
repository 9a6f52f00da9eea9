// A sixteenth of the head: the states of its series behind one lock.
// The store splits each append batch by stripe; readers copy what is open and retain what is sealed under the same lock.

import LinearRegex
import MetricModel

/// Where a series lives: slots are dealt to the stripes in blocks, so that a target's series, registered together, share
/// a stripe and lie side by side.
enum HeadLayout {
    static let stripeCount = 16
    static let blockShift: UInt32 = 8

    @inline(__always)
    static func stripe(of slot: UInt32) -> Int { Int((slot >> blockShift) & UInt32(stripeCount - 1)) }
    @inline(__always)
    static func local(of slot: UInt32) -> Int { Int((slot >> (blockShift + 4)) << blockShift | (slot & 255)) }
    static func slot(stripe: Int, local: Int) -> UInt32 {
        UInt32(local >> 8) << (blockShift + 4) | UInt32(stripe) << blockShift | UInt32(local & 255)
    }
}

extension SeriesRef {
    init(slot: UInt32, generation: UInt32) { self.init(rawValue: UInt64(generation) << 32 | UInt64(slot)) }
    var slot: UInt32 { UInt32(truncatingIfNeeded: rawValue) }
    var generation: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) }
}

/// The states of a stripe. Not copyable: it owns the open buffers.
struct StripeState: ~Copyable {
    var series: [HeadSeries] = []
    var openHistograms: [Int: OpenHistograms] = [:]
    let encoder = ChunkEncoder()
    /// Bytes of open samples, chunks and states.
    var bytes = 0

    deinit {
        for one in series {
            one.values?.deallocate()
            one.times?.deallocate()
        }
    }

    /// Begins a series at a free place.
    mutating func begin(_ ref: SeriesRef, newest: Int64) {
        let local = HeadLayout.local(of: ref.slot)
        if local >= series.count {
            let added = max(256, local + 1 - series.count)
            if series.capacity < series.count + added { series.reserveCapacity(series.count * 5 / 4 + added) }
            series.append(contentsOf: repeatElement(HeadSeries(), count: added))
            bytes += added * MemoryLayout<HeadSeries>.stride
        }
        series[local].generation = ref.generation
        series[local].isLive = true
        series[local].newest = newest
        series[local].beginInTurn(ref.slot)
    }

    /// Ends a series; the place may be begun again.
    mutating func end(_ local: Int) {
        bytes -= series[local].clear()
        if let open = openHistograms.removeValue(forKey: local) { bytes -= open.bytes }
    }

    func isLive(_ local: Int, _ generation: UInt32) -> Bool {
        local < series.count && series[local].isLive && series[local].generation == generation
    }

    mutating func append(_ local: Int, _ time: Int64, _ value: Double) -> HeadSeries.Verdict {
        if series[local].lastIsHistogram {
            // A staleness marker of a histogram series is a histogram. Source: Prometheus head appender.
            if value.isStaleMarker { return append(local, time, .stale) }
            if time <= series[local].newest { return time < series[local].newest ? .outOfOrder : .duplicate }
            sealHistograms(local)
        } else if let verdict = series[local].verdict(at: time, value) {
            return verdict
        }
        series[local].appendFloat(time, value, encoder, &bytes)
        return .appended
    }

    mutating func append(_ local: Int, _ time: Int64, _ histogram: NativeHistogram) -> HeadSeries.Verdict {
        if series[local].hasSamples, time <= series[local].newest {
            if time < series[local].newest { return .outOfOrder }
            guard series[local].lastIsHistogram, let last = lastHistogram(local) else { return .duplicate }
            return last.isSameBits(as: histogram) ? .unchanged : .duplicate
        }
        if !series[local].lastIsHistogram { series[local].seal(encoder, &bytes) }
        let cost = histogram.byteCost + 8
        openHistograms[local, default: OpenHistograms()].times.append(time)
        openHistograms[local, default: OpenHistograms()].histograms.append(histogram)
        openHistograms[local, default: OpenHistograms()].bytes += cost
        bytes += cost
        series[local].newest = time
        series[local].hasSamples = true
        series[local].lastIsHistogram = true
        if openHistograms[local]?.times.count == HistogramChunk.countMax { sealHistograms(local) }
        return .appended
    }

    private func lastHistogram(_ local: Int) -> NativeHistogram? {
        if let open = openHistograms[local]?.histograms.last { return open }
        if case .histograms(let chunk) = series[local].chunks.last { return chunk.histograms.last }
        return nil
    }

    private mutating func sealHistograms(_ local: Int) {
        guard let open = openHistograms.removeValue(forKey: local) else { return }
        bytes -= open.bytes
        series[local].sealHistograms(open, &bytes)
    }
}

extension NativeHistogram {
    /// Equality by bits: staleness markers are NaN and equal each other here.
    func isSameBits(as other: NativeHistogram) -> Bool {
        func same(_ left: [Double], _ right: [Double]) -> Bool {
            left.elementsEqual(right) { $0.bitPattern == $1.bitPattern }
        }
        return schema == other.schema && zeroThreshold.bitPattern == other.zeroThreshold.bitPattern
            && zeroCount.bitPattern == other.zeroCount.bitPattern && count.bitPattern == other.count.bitPattern
            && sum.bitPattern == other.sum.bitPattern && positiveSpans == other.positiveSpans
            && negativeSpans == other.negativeSpans && same(positiveBuckets, other.positiveBuckets)
            && same(negativeBuckets, other.negativeBuckets) && same(customValues, other.customValues)
    }
}

/// One stripe. The lock guards every state in it; sealed chunks are immutable and are read without it.
final class HeadStripe: Sendable {
    let state = Lock(StripeState())
}
