// From slots to columns: snapshot a few series under their stripe's lock, decode them outside.
// One reader serves one query; its scratch columns are reused from chunk to chunk.

import MetricModel

/// Room for the largest chunk, decoded.
final class ChunkColumns {
    let times = UnsafeMutablePointer<Int64>.allocate(capacity: FloatChunk.constantCountMax)
    let values = UnsafeMutablePointer<Double>.allocate(capacity: FloatChunk.constantCountMax)
    deinit {
        times.deallocate()
        values.deallocate()
    }
}

/// What a reader takes of one series while the lock is held.
private struct SeriesSnapshot {
    var chunks: [SealedChunk] = []
    var openTimes: [Int64] = []
    var openValues: [Double] = []
    var openHistograms: [NativeHistogram] = []
}

struct SeriesReader {
    private let store: TimeSeriesStore
    private let samplesMax: Int
    private let whenEnding: (@Sendable (SourceFailure) -> Void)?
    private var samplesRead = 0
    private let columns = ChunkColumns()
    var pace: WorkPace

    /// What a histogram counts against the limit of samples, before its buckets: its room over that of a float sample.
    static let histogramSamples = MemoryLayout<NativeHistogram>.stride / 16

    init(store: TimeSeriesStore, limits: SelectionLimits) {
        self.store = store
        samplesMax = limits.samplesMax
        let whenEnding = limits.whenEnding
        self.whenEnding = whenEnding
        pace = WorkPace(deadline: limits.deadline) { reason in
            whenEnding?(reason == .cancelled ? .cancelled : .timedOut)
        }
    }

    /// The series of one selection with a sample in the left-open window, sorted by labels.
    mutating func read(_ selection: Selection) throws(SourceFailure) -> [Series] {
        // Left-open: the first whole millisecond after the start, and none before the retention.
        guard selection.start < selection.end else { return [] }
        let first = max(selection.start.milliseconds + 1, store.cutoff)
        let last = selection.end.milliseconds
        guard first <= last else { return [] }
        var slots = try store.sortedSeries(try store.slots(matching: selection.matchers, &pace), &pace)
        var result: [Series] = []
        result.reserveCapacity(slots.count)
        for place in slots.indices {
            try pace.work(100)
            // Taken out: a million of them let go at once at the end would take long.
            let labels = slots[place].takeLabels()
            let snapshot = snapshot(slots[place].ref, first, last)
            guard let (timestamps, samples) = try decode(snapshot, first, last) else { continue }
            result.append(Series(labels: LabelSet(sorted: labels), timestamps: timestamps, samples: samples))
        }
        return result
    }

    private func snapshot(_ ref: SeriesRef, _ first: Int64, _ last: Int64) -> SeriesSnapshot {
        let local = HeadLayout.local(of: ref.slot)
        return store.stripes[HeadLayout.stripe(of: ref.slot)].state.withLock { state in
            var snapshot = SeriesSnapshot()
            guard state.isLive(local, ref.generation), state.series[local].hasSamples,
                state.series[local].newest >= first
            else { return snapshot }
            snapshot.chunks = state.series[local].chunks
            let count = Int(state.series[local].openCount)
            if count > 0, state.series[local].openStart <= last {
                snapshot.openTimes = Array(unsafeUninitializedCapacity: count) { times, initialized in
                    snapshot.openValues = Array(unsafeUninitializedCapacity: count) { values, initializedValues in
                        if let times = times.baseAddress, let values = values.baseAddress {
                            state.series[local].copyOpen(times: times, values: values)
                        }
                        initializedValues = count
                    }
                    initialized = count
                }
            } else if let open = state.openHistograms[local] {
                snapshot.openTimes = open.times
                snapshot.openHistograms = open.histograms
            }
            return snapshot
        }
    }

    private mutating func decode(
        _ snapshot: SeriesSnapshot, _ first: Int64, _ last: Int64
    ) throws(SourceFailure) -> ([Timestamp], SampleColumn)? {
        var builder = ColumnBuilder(first: first, last: last)
        let from = snapshot.chunks.partitioningIndex { $0.end >= first }
        var capacity = snapshot.openTimes.count
        for chunk in snapshot.chunks[from...] {
            if chunk.start > last { break }
            capacity += chunk.count
        }
        // Only the first and the last chunk may lie in the window in part.
        guard capacity - FloatChunk.constantCountMax * 2 <= samplesMax - samplesRead else {
            throw refusal()
        }
        builder.reserve(capacity)
        for chunk in snapshot.chunks[from...] {
            if chunk.start > last { break }
            try pace.work(chunk.count * 4)
            switch chunk {
            case .floats(let chunk):
                chunk.decodeTimes(into: columns.times)
                chunk.decodeValues(into: columns.values)
                builder.append(
                    UnsafeBufferPointer(start: columns.times, count: chunk.count),
                    UnsafeBufferPointer(start: columns.values, count: chunk.count))
            case .histograms(let chunk):
                builder.append(chunk.times, chunk.histograms)
            }
        }
        if snapshot.openHistograms.isEmpty {
            snapshot.openTimes.withUnsafeBufferPointer { times in
                snapshot.openValues.withUnsafeBufferPointer { builder.append(times, $0) }
            }
        } else {
            builder.append(snapshot.openTimes, snapshot.openHistograms)
        }
        guard !builder.timestamps.isEmpty else { return nil }
        samplesRead += builder.timestamps.count + builder.histogramCount * (Self.histogramSamples - 1)
        if samplesRead > samplesMax { throw refusal() }
        return (builder.timestamps, builder.column)
    }

    private func refusal() -> SourceFailure {
        let failure = SourceFailure.tooManySamples(limit: samplesMax)
        whenEnding?(failure)
        return failure
    }
}

/// Collects the samples of a window; turns to mixed values when the kind changes.
private struct ColumnBuilder {
    let first: Int64
    let last: Int64
    private(set) var timestamps: [Timestamp] = []
    private var floats: [Double] = []
    private var histograms: [NativeHistogram] = []
    private var mixed: [SampleValue] = []

    init(first: Int64, last: Int64) {
        self.first = first
        self.last = last
    }

    /// Also those among mixed values.
    private(set) var histogramCount = 0

    var column: SampleColumn {
        if !mixed.isEmpty { return .mixed(mixed) }
        return histograms.isEmpty ? .floats(floats) : .histograms(histograms)
    }

    mutating func reserve(_ capacity: Int) {
        timestamps.reserveCapacity(capacity)
        floats.reserveCapacity(capacity)
    }

    mutating func append(_ times: UnsafeBufferPointer<Int64>, _ values: UnsafeBufferPointer<Double>) {
        guard let range = window(times) else { return }
        for index in range { timestamps.append(Timestamp(milliseconds: times[index])) }
        if histograms.isEmpty && mixed.isEmpty {
            floats.append(contentsOf: values[range])
        } else {
            mix()
            mixed.append(contentsOf: values[range].map { .float($0) })
        }
    }

    mutating func append(_ times: [Int64], _ values: [NativeHistogram]) {
        guard let range = times.withUnsafeBufferPointer({ window($0) }) else { return }
        histogramCount += range.count
        for index in range { timestamps.append(Timestamp(milliseconds: times[index])) }
        if floats.isEmpty && mixed.isEmpty {
            histograms.append(contentsOf: values[range])
        } else {
            mix()
            mixed.append(contentsOf: values[range].map { .histogram($0) })
        }
    }

    private mutating func mix() {
        guard mixed.isEmpty else { return }
        mixed = floats.map { .float($0) } + histograms.map { .histogram($0) }
        floats = []
        histograms = []
    }

    private func window(_ times: UnsafeBufferPointer<Int64>) -> Range<Int>? {
        let start = times.partitioningIndex { $0 >= first }
        let end = times.partitioningIndex { $0 > last }
        return start < end ? start..<end : nil
    }
}

extension RandomAccessCollection where Index == Int {
    /// The first place whose element satisfies the test, which must hold for all after it.
    func partitioningIndex(where test: (Element) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = low + (high - low) / 2
            if test(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension StripeState {
    /// Whether a series has a sample in `first...last`. Decodes at most the times of one chunk.
    func hasSamples(_ local: Int, _ first: Int64, _ last: Int64) -> Bool {
        guard local < series.count, series[local].hasSamples, series[local].newest >= first else { return false }
        if series[local].newest <= last { return true }
        let chunks = series[local].chunks
        let place = chunks.partitioningIndex { $0.end >= first }
        if place < chunks.count {
            let chunk = chunks[place]
            if chunk.start > last { return false }
            if chunk.start >= first || chunk.end <= last { return true }
            switch chunk {
            case .floats(let chunk):
                if let step = chunk.step { return Self.meets(chunk.start, step, first, last) }
                chunk.decodeTimes(into: encoder.times)
                let times = UnsafeBufferPointer(start: encoder.times, count: chunk.count)
                return times.contains { $0 >= first && $0 <= last }
            case .histograms(let chunk): return chunk.times.contains { $0 >= first && $0 <= last }
            }
        }
        if let open = openHistograms[local] { return open.times.contains { $0 >= first && $0 <= last } }
        let count = Int(series[local].openCount)
        series[local].copyOpen(times: encoder.times, values: encoder.values)
        return UnsafeBufferPointer(start: encoder.times, count: count).contains { $0 >= first && $0 <= last }
    }

    /// Whether one of the times `start + k * step` lies in `first...last`; `start` lies before it and the run goes beyond.
    private static func meets(_ start: Int64, _ step: UInt64, _ first: Int64, _ last: Int64) -> Bool {
        guard step > 0 else { return false }
        let distance = UInt64(bitPattern: first &- start)
        let beyond = distance % step == 0 ? 0 : step - distance % step
        return beyond <= UInt64(bitPattern: last &- first)
    }
}
