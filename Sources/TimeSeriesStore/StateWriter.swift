// The whole store as bytes, piece by piece, without stopping whoever appends.
// FerulaCommand writes the pieces into the file of `--state`; StateReader takes them back.

import MetricModel

/// What a state holds.
public struct StateContents: Hashable, Sendable {
    public var series = 0
    public var samples = 0
    public var exemplars = 0
    public var bytes = 0

    public init() {}
}

/// Each series is as it was at one moment, but not all at the same one: series are copied 256 at a time under their
/// stripe's lock, and written outside of it.
public struct StateWriter {
    private let store: TimeSeriesStore
    public private(set) var contents = StateContents()
    /// Parts done and parts in all, for whoever shows progress.
    public private(set) var progress: (done: Int, total: Int)

    private enum Step {
        case header
        case series(stripe: Int, block: Int)
        case metadata
        case exemplars
        case end
        case done
    }
    private var step = Step.header
    private var blocks = 0
    /// Finished blocks of the present step, last one first.
    private var waiting: [[UInt8]] = []
    private let encoder = ChunkEncoder()

    static let seriesInStep = 256

    public init(_ store: TimeSeriesStore) {
        self.store = store
        let parts = store.stripes.reduce(0) { sum, stripe in
            sum + stripe.state.withLock { ($0.series.count + Self.seriesInStep - 1) / Self.seriesInStep }
        }
        progress = (0, parts + 1)
    }

    /// The next bytes of the state, nil after the last ones. A piece is about a megabyte or less; a series is never
    /// divided.
    public mutating func next() -> [UInt8]? {
        while true {
            if let block = waiting.popLast() {
                contents.bytes += block.count
                return block
            }
            switch step {
            case .header:
                waiting = [StateFormat.header()]
                step = .series(stripe: 0, block: 0)
            case .series(let stripe, let block): writeSeries(stripe, block)
            case .metadata:
                writeMetadata()
                step = .exemplars
            case .exemplars:
                writeExemplars()
                step = .end
            case .end:
                var payload = StateBytes()
                payload.count(blocks)
                payload.count(contents.series)
                payload.count(contents.samples)
                finish(.end, payload)
                progress.done = progress.total
                step = .done
            case .done: return nil
            }
        }
    }

    private mutating func finish(_ kind: StateFormat.BlockKind, _ payload: StateBytes) {
        waiting.insert(StateFormat.block(kind, payload.bytes), at: 0)
        blocks += 1
    }

    // MARK: Series

    private struct Copy {
        var slot: UInt32
        var generation: UInt32
        var newest: Int64
        var chunks: [SealedChunk]
        var openTimes: [Int64]
        var openValues: [Double]
        var openHistograms: [NativeHistogram]
    }

    private mutating func writeSeries(_ stripe: Int, _ block: Int) {
        let first = block * Self.seriesInStep
        let (copies, count) = store.stripes[stripe].state.withLock { state in
            let last = min(first + Self.seriesInStep, state.series.count)
            let copies = first < last ? (first..<last).compactMap { Self.copy($0, stripe, state) } : []
            return (copies, state.series.count)
        }
        let labels = store.index.withLock { index in
            copies.map { copy -> [Label]? in
                // The series may have been dropped since, and another one be at its place.
                guard index.live.contains(copy.slot), index.ref(of: copy.slot).generation == copy.generation else {
                    return nil
                }
                return index.labels(of: copy.slot)
            }
        }
        var part = SeriesPart()
        for (copy, labels) in zip(copies, labels) {
            guard let labels else { continue }
            contents.samples += part.append(labels, copy.newest) { body in Self.write(copy, encoder, &body) }
            contents.series += 1
            if part.byteCount >= StateFormat.blockBytes { finish(.series, part.take()) }
        }
        if part.seriesCount > 0 { finish(.series, part.take()) }
        progress.done = min(progress.done + 1, progress.total - 1)
        if first + Self.seriesInStep < count {
            step = .series(stripe: stripe, block: block + 1)
        } else if stripe + 1 < store.stripes.count {
            step = .series(stripe: stripe + 1, block: 0)
        } else {
            step = .metadata
        }
    }

    private static func copy(_ local: Int, _ stripe: Int, _ state: borrowing StripeState) -> Copy? {
        guard state.series[local].isLive else { return nil }
        var copy = Copy(
            slot: HeadLayout.slot(stripe: stripe, local: local), generation: state.series[local].generation,
            newest: state.series[local].newest, chunks: state.series[local].chunks, openTimes: [], openValues: [],
            openHistograms: [])
        if let open = state.openHistograms[local] {
            copy.openTimes = open.times
            copy.openHistograms = open.histograms
        } else {
            let count = Int(state.series[local].openCount)
            copy.openTimes = Array(repeating: 0, count: count)
            copy.openValues = Array(repeating: 0, count: count)
            copy.openTimes.withUnsafeMutableBufferPointer { times in
                copy.openValues.withUnsafeMutableBufferPointer { values in
                    guard count > 0, let times = times.baseAddress, let values = values.baseAddress else { return }
                    state.series[local].copyOpen(times: times, values: values)
                }
            }
        }
        return copy
    }

    /// Chunks as they are, and what is open as one more. Returns the number of samples.
    private static func write(_ copy: Copy, _ encoder: ChunkEncoder, _ body: inout StateBytes) -> Int {
        var samples = 0
        body.count(copy.chunks.count + (copy.openTimes.isEmpty ? 0 : 1))
        for chunk in copy.chunks {
            samples += chunk.count
            switch chunk {
            case .floats(let chunk): write(chunk, &body)
            case .histograms(let chunk):
                body.bytes.append(StateFormat.ChunkKind.histograms.rawValue)
                body.histograms(chunk.times, chunk.histograms)
            }
        }
        guard !copy.openTimes.isEmpty else { return samples }
        if copy.openHistograms.isEmpty {
            copy.openTimes.withUnsafeBufferPointer {
                if let base = $0.baseAddress { encoder.times.update(from: base, count: $0.count) }
            }
            copy.openValues.withUnsafeBufferPointer {
                if let base = $0.baseAddress { encoder.values.update(from: base, count: $0.count) }
            }
            write(encoder.encode(count: copy.openTimes.count), &body)
        } else {
            body.bytes.append(StateFormat.ChunkKind.histograms.rawValue)
            body.histograms(copy.openTimes, copy.openHistograms)
        }
        return samples + copy.openTimes.count
    }

    private static func write(_ chunk: FloatChunk, _ body: inout StateBytes) {
        body.bytes.append(StateFormat.ChunkKind.floats.rawValue)
        let bytes = chunk.standaloneBytes
        body.count(bytes.count)
        body.bytes.append(contentsOf: bytes)
    }

    // MARK: The rest

    private mutating func writeMetadata() {
        let families = store.metadataTable.withLock { $0.families(metric: nil) }
        guard !families.isEmpty else { return }
        var payload = StateBytes()
        payload.count(families.count)
        for (family, newestFirst) in families {
            payload.text(family)
            payload.count(newestFirst.count)
            for one in newestFirst.reversed() {
                payload.text(one.kind.rawValue)
                payload.text(one.help)
                payload.text(one.unit)
            }
        }
        finish(.metadata, payload)
    }

    private mutating func writeExemplars() {
        let entries = store.exemplarRing.withLock { $0.all(in: .distantPast ... .distantFuture) }
        let labels = store.index.withLock { index in
            entries.map { entry -> [Label]? in
                guard index.live.contains(entry.ref.slot), index.ref(of: entry.ref.slot) == entry.ref else {
                    return nil
                }
                return index.labels(of: entry.ref.slot)
            }
        }
        let live = zip(entries, labels).compactMap { entry, labels in labels.map { (entry.exemplar, $0) } }
        guard !live.isEmpty else { return }
        var payload = StateBytes()
        payload.count(live.count)
        for (exemplar, labels) in live {
            for set in [labels, exemplar.labels.labels] {
                payload.count(set.count)
                for label in set {
                    payload.text(label.name)
                    payload.text(label.value)
                }
            }
            payload.double(exemplar.value)
            payload.signed((exemplar.timestamp ?? Timestamp(milliseconds: 0)).milliseconds)
        }
        contents.exemplars = live.count
        finish(.exemplars, payload)
    }
}

/// A block of series that grows: each distinct text once, then the series.
private struct SeriesPart {
    private var texts = StateBytes()
    private var numbers: [Label: Int] = [:]
    private var series = StateBytes()
    private(set) var seriesCount = 0

    var byteCount: Int { texts.bytes.count + series.bytes.count }

    mutating func append(_ labels: [Label], _ newest: Int64, _ body: (inout StateBytes) -> Int) -> Int {
        series.count(labels.count)
        for label in labels {
            series.count(number(of: label.name))
            series.count(number(of: label.value))
        }
        series.signed(newest)
        seriesCount += 1
        return body(&series)
    }

    private mutating func number(of text: String) -> Int {
        // A Label compares by bytes, a String would not.
        let key = Label(text, "")
        if let known = numbers[key] { return known }
        let number = numbers.count
        numbers[key] = number
        texts.text(text)
        return number
    }

    mutating func take() -> StateBytes {
        var payload = StateBytes()
        payload.count(numbers.count)
        payload.bytes.append(contentsOf: texts.bytes)
        payload.count(seriesCount)
        payload.bytes.append(contentsOf: series.bytes)
        self = SeriesPart()
        return payload
    }
}
