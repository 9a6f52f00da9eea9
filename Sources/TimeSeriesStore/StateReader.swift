// State bytes back into a store: checked block by block, refused with the place of the damage.
// Fed in pieces by whoever reads the file of `--state`.

import MetricModel

/// Restores what StateWriter wrote. After a failure the store holds the blocks before it: throw the store away, or say
/// what is missing.
public struct StateReader {
    private let store: TimeSeriesStore
    public private(set) var contents = StateContents()
    /// Series that the store's limits refused, and one of the reasons.
    public private(set) var seriesRefused = 0
    public private(set) var refusal: RegistrationRefusal?

    private var waiting: [UInt8] = []
    /// Where `waiting` begins in the state.
    private var offset = 0
    private var hasHeader = false
    private var hasEnded = false
    private var blocks = 0
    private var seriesRead = 0

    public init(into store: TimeSeriesStore) { self.store = store }

    public mutating func read(_ piece: UnsafeRawBufferPointer) throws(StateFailure) {
        contents.bytes += piece.count
        waiting.append(contentsOf: piece)
        var used = 0
        if !hasHeader {
            guard waiting.count >= StateFormat.headerBytes else { return }
            try readHeader()
            used = StateFormat.headerBytes
        }
        while let (kind, start, count) = try nextBlock(at: used) {
            let payload = Array(waiting[start..<start + count])
            try check(at: used, payload)
            try read(kind, StateCursor(payload, base: offset + start))
            used = start + count
            blocks += 1
        }
        offset += used
        waiting.removeFirst(used)
    }

    /// Must be called after the last piece.
    public mutating func finish() throws(StateFailure) -> StateContents {
        guard hasHeader else { throw StateFailure(offset: waiting.count, reason: "ends within the header") }
        guard hasEnded else {
            throw StateFailure(offset: offset + waiting.count, reason: "ends early: the last block is missing")
        }
        store.enforceRetention()
        return contents
    }

    // MARK: Blocks

    private mutating func readHeader() throws(StateFailure) {
        guard waiting.starts(with: StateFormat.magic) else {
            throw StateFailure(offset: 0, reason: "not a state of ferula")
        }
        let version = Self.number(waiting, at: 8)
        guard Self.number(waiting, at: 12) == waiting[..<12].withUnsafeBytes({ CRC32C.checksum($0) }) else {
            throw StateFailure(offset: 12, reason: "the header's checksum differs")
        }
        guard version == StateFormat.version else {
            throw StateFailure(
                offset: 8, reason: "version \(version), this program reads version \(StateFormat.version)")
        }
        hasHeader = true
    }

    private static func number(_ bytes: [UInt8], at offset: Int) -> UInt32 {
        bytes.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
    }

    /// The block at a place of `waiting`, nil when more bytes must come first.
    private func nextBlock(
        at place: Int
    ) throws(StateFailure) -> (kind: StateFormat.BlockKind, start: Int, count: Int)? {
        guard place < waiting.count else { return nil }
        if hasEnded { throw StateFailure(offset: offset + place, reason: "bytes after the last block") }
        guard waiting.count - place >= StateFormat.blockHeaderBytes else { return nil }
        guard let kind = StateFormat.BlockKind(rawValue: waiting[place]) else {
            throw StateFailure(offset: offset + place, reason: "no block kind: \(waiting[place])")
        }
        let count = Int(Self.number(waiting, at: place + 1))
        guard count <= StateFormat.blockBytesMax else {
            throw StateFailure(offset: offset + place + 1, reason: "a block of \(count) bytes")
        }
        let start = place + StateFormat.blockHeaderBytes
        return waiting.count - start >= count ? (kind, start, count) : nil
    }

    private func check(at place: Int, _ payload: [UInt8]) throws(StateFailure) {
        let head = waiting[place..<place + 5].withUnsafeBytes { CRC32C.checksum($0) }
        let found = payload.withUnsafeBytes { CRC32C.checksum($0, seed: head) }
        guard found == Self.number(waiting, at: place + 5) else {
            throw StateFailure(
                offset: offset + place, reason: "the checksum of a block of \(payload.count) bytes differs")
        }
    }

    private mutating func read(_ kind: StateFormat.BlockKind, _ cursor: StateCursor) throws(StateFailure) {
        var cursor = cursor
        switch kind {
        case .series: try readSeries(&cursor)
        case .metadata: try readMetadata(&cursor)
        case .exemplars: try readExemplars(&cursor)
        case .end:
            let counts = (try cursor.varint(), try cursor.varint(), try cursor.varint())
            guard counts.0 == UInt64(blocks), counts.1 == UInt64(seriesRead),
                counts.2 == UInt64(contents.samples)
            else { throw cursor.failure("blocks, series or samples are missing") }
            hasEnded = true
        }
        guard cursor.isAtEnd else { throw cursor.failure("bytes after the last entry of a block") }
    }

    // MARK: Series

    private mutating func readSeries(_ cursor: inout StateCursor) throws(StateFailure) {
        var texts: [String] = []
        let textCount = try cursor.count()
        texts.reserveCapacity(textCount)
        for _ in 0..<textCount { texts.append(try cursor.text()) }
        for _ in 0..<(try cursor.count(bytesEach: 3)) {
            let labels = try labels(&cursor, texts)
            let newest = try cursor.signed()
            let chunks = try chunks(&cursor)
            if let last = chunks.last, last.end != newest {
                throw cursor.failure("a series whose newest sample is not its last one")
            }
            seriesRead += 1
            contents.samples += chunks.reduce(0) { $0 + $1.count }
            do {
                try store.restore(labels, chunks)
                contents.series += 1
            } catch {
                seriesRefused += 1
                refusal = error
            }
        }
    }

    private func labels(_ cursor: inout StateCursor, _ texts: [String]) throws(StateFailure) -> LabelSet {
        var labels: [Label] = []
        for _ in 0..<(try cursor.count(bytesEach: 2)) {
            let name = try cursor.varint()
            let value = try cursor.varint()
            guard name < UInt64(texts.count), value < UInt64(texts.count) else {
                throw cursor.failure("a label that is not in the block's texts")
            }
            labels.append(Label(texts[Int(name)], texts[Int(value)]))
        }
        return try Self.labelSet(labels, cursor)
    }

    private static func labelSet(_ labels: [Label], _ cursor: StateCursor) throws(StateFailure) -> LabelSet {
        for (place, label) in labels.enumerated() {
            let isAfter = place == 0 || labels[place - 1].name.isBefore(label.name)
            guard isAfter, !label.value.isEmpty else { throw cursor.failure("labels out of order, or without a value") }
        }
        return LabelSet(sorted: labels)
    }

    private func chunks(_ cursor: inout StateCursor) throws(StateFailure) -> [SealedChunk] {
        var chunks: [SealedChunk] = []
        for _ in 0..<(try cursor.count(bytesEach: 2)) {
            let chunk: SealedChunk
            switch StateFormat.ChunkKind(rawValue: try cursor.byte()) {
            case .floats:
                let bytes = Array(try cursor.take(try cursor.count()))
                guard let floats = FloatChunk(validating: bytes) else {
                    throw cursor.failure("a chunk of \(bytes.count) bytes that none has written")
                }
                chunk = .floats(floats)
            case .histograms:
                let (times, histograms) = try cursor.histograms()
                chunk = .histograms(HistogramChunk(times: times, histograms: histograms))
            case nil: throw cursor.failure("no chunk kind")
            }
            if let last = chunks.last, last.end >= chunk.start { throw cursor.failure("chunks that do not ascend") }
            chunks.append(chunk)
        }
        return chunks
    }

    // MARK: The rest

    private func readMetadata(_ cursor: inout StateCursor) throws(StateFailure) {
        for _ in 0..<(try cursor.count(bytesEach: 2)) {
            let family = try cursor.text()
            for _ in 0..<(try cursor.count(bytesEach: 3)) {
                guard let kind = Metadata.Kind(rawValue: try cursor.text()) else {
                    throw cursor.failure("no kind of metric")
                }
                let metadata = Metadata(kind: kind, help: try cursor.text(), unit: try cursor.text())
                store.record([family: metadata])
            }
        }
    }

    private mutating func readExemplars(_ cursor: inout StateCursor) throws(StateFailure) {
        for _ in 0..<(try cursor.count(bytesEach: 11)) {
            let series = try textLabels(&cursor)
            let labels = try textLabels(&cursor)
            let exemplar = Exemplar(
                labels: labels, value: try cursor.double(), timestamp: Timestamp(milliseconds: try cursor.signed()))
            guard let slot = store.index.withLock({ index in index.slot(of: series).map { index.ref(of: $0) } }) else {
                continue  // refused by a limit
            }
            store.append(exemplar, for: slot)
            contents.exemplars += 1
        }
    }

    private func textLabels(_ cursor: inout StateCursor) throws(StateFailure) -> LabelSet {
        var labels: [Label] = []
        for _ in 0..<(try cursor.count(bytesEach: 2)) { labels.append(Label(try cursor.text(), try cursor.text())) }
        return try Self.labelSet(labels, cursor)
    }
}

extension TimeSeriesStore {
    /// Puts a series back with its chunks, which must ascend. A series that has samples already gets those that are
    /// newer, by the rules of `append`.
    func restore(_ labels: LabelSet, _ chunks: [SealedChunk]) throws(RegistrationRefusal) {
        let ref = try register(labels)
        guard let first = chunks.first, let last = chunks.last else { return }
        let local = HeadLayout.local(of: ref.slot)
        let added = stripes[HeadLayout.stripe(of: ref.slot)].state.withLock { state -> Int? in
            guard state.isLive(local, ref.generation), !state.series[local].hasSamples else { return nil }
            let before = state.bytes
            state.restore(local, chunks, newest: last.end)
            return state.bytes - before
        }
        guard let added else { return appendDecoded(chunks, ref) }
        bytes.add(added, ordering: .relaxed)
        counters.samplesAppended.add(chunks.reduce(0) { $0 + $1.count }, ordering: .relaxed)
        newest.max(last.end, ordering: .relaxed)
        oldest.min(first.start, ordering: .relaxed)
        // Past the byte limit the oldest chunks give way while the rest is read.
        if totalBytes > byteTrigger.load(ordering: .relaxed) { enforceRetention() }
    }

    private func appendDecoded(_ chunks: [SealedChunk], _ ref: SeriesRef) {
        var batch = AppendBatch()
        let columns = ChunkColumns()
        for chunk in chunks {
            switch chunk {
            case .floats(let chunk):
                chunk.decodeTimes(into: columns.times)
                chunk.decodeValues(into: columns.values)
                for index in 0..<chunk.count {
                    batch.append(ref, Timestamp(milliseconds: columns.times[index]), columns.values[index])
                }
            case .histograms(let chunk):
                for (time, histogram) in zip(chunk.times, chunk.histograms) {
                    batch.append(ref, Timestamp(milliseconds: time), histogram)
                }
            }
        }
        _ = append(batch)
    }
}

extension StripeState {
    fileprivate mutating func restore(_ local: Int, _ chunks: [SealedChunk], newest: Int64) {
        series[local].chunks = chunks
        series[local].newest = newest
        series[local].hasSamples = true
        switch chunks.last {
        case .floats(let last):
            series[local].lastIsHistogram = false
            let columns = ChunkColumns()
            last.decodeValues(into: columns.values)
            series[local].lastValue = columns.values[last.count - 1]
        case .histograms: series[local].lastIsHistogram = true
        case nil: break
        }
        for chunk in chunks { bytes += chunk.byteCost }
    }
}
