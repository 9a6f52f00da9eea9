// What a head series keeps of its past: immutable chunks of floats or of native histograms.
// Shared by the stripe that sealed them and by every reader that selected them.

import MetricModel

/// Native histograms of one series, kept whole.
final class HistogramChunk: Sendable {
    let times: [Int64]
    let histograms: [NativeHistogram]
    let byteCost: Int

    static let countMax = 32

    init(times: [Int64], histograms: [NativeHistogram]) {
        precondition(!times.isEmpty && times.count == histograms.count, "HistogramChunk: a time for each histogram")
        self.times = times
        self.histograms = histograms
        byteCost = histograms.reduce(64 + times.count * 8) { $0 + $1.byteCost }
    }
}

extension NativeHistogram {
    /// Bytes of memory, with the headers of its arrays.
    var byteCost: Int {
        let arrays = [
            positiveSpans.count * 8, negativeSpans.count * 8, positiveBuckets.count * 8, negativeBuckets.count * 8,
            customValues.count * 8,
        ]
        return arrays.reduce(MemoryLayout<NativeHistogram>.stride) {
            $1 == 0 ? $0 : $0 + $1 + FloatChunk.allocationBytes
        }
    }
}

enum SealedChunk: Sendable {
    case floats(FloatChunk)
    case histograms(HistogramChunk)

    var count: Int {
        switch self {
        case .floats(let chunk): chunk.count
        case .histograms(let chunk): chunk.times.count
        }
    }
    var start: Int64 {
        switch self {
        case .floats(let chunk): chunk.start
        case .histograms(let chunk): chunk.times.first ?? .max
        }
    }
    var end: Int64 {
        switch self {
        case .floats(let chunk): chunk.end
        case .histograms(let chunk): chunk.times.last ?? .min
        }
    }
    /// Bytes of memory, with the allocation's own share and the place in the series' list.
    var byteCost: Int {
        switch self {
        case .floats(let chunk): chunk.byteCost + 8
        case .histograms(let chunk): chunk.byteCost + 8
        }
    }
}
