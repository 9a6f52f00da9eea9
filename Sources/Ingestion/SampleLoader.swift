// Samples with timestamps from a text of any size, as `--load FILE` reads it.
// Fed with pieces by whoever reads the file; writes batches to any SampleSink.

import Exposition
import MetricModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What was loaded, and what was not.
public struct LoadReport: Hashable, Sendable {
    public var bytesRead = 0
    public var samplesRead = 0
    /// Series found in the text that relabelling keeps.
    public var seriesFound = 0
    /// What the sink did with the samples.
    public var outcome = AppendOutcome()
    /// Samples without a timestamp, when no time was given for them.
    public var samplesWithoutTimestamp = 0
    /// Samples that relabelling dropped.
    public var samplesDropped = 0
    /// Samples whose series the sink would not take, and one of its reasons.
    public var samplesRefused = 0
    public var refusal: RegistrationRefusal?

    public init() {}
}

/// Loads pieces in order; only the tail of a piece that is not a whole line is kept. Series may come in any order: one
/// after the other, or time by time. The samples of one series must ascend, as in the store.
///
/// A label value of the classic text may hold a raw line feed. Where a piece ends inside of such a value, its line waits for
/// the next piece.
public struct SampleLoader: Sendable {
    private let sink: any SampleSink
    private let format: ExpositionFormat
    private let options: IngestionOptions
    private let defaultTimestamp: Timestamp?
    private let lineBytesMax: Int
    public private(set) var report = LoadReport()

    private var cache = LineCache()
    private var last: UInt32?
    private var kind = Metadata.Kind.unknown
    private var families: [String: Metadata] = [:]
    private var hasNewMetadata = false
    /// The kind mark, then bytes that wait for the end of their line.
    private var buffer: [UInt8] = LineCache.kindMark
    private var linesBefore = 0
    private var hasEnded = false
    private var batch = AppendBatch()
    private var batchLines: [UInt32] = []
    private var exemplars: [(position: Int, exemplar: Exemplar)] = []

    /// Samples in one batch.
    static let batchMax = 16_384
    /// Bytes of series texts remembered; past them all are forgotten, and found again when they come.
    private let keyBytesMax: Int
    private static let endMark = Array("# EOF\n".utf8)

    /// - Parameters:
    ///   - defaultTimestamp: for samples without one; nil: they are counted and not loaded.
    ///   - lineBytesMax: a line that has not ended after so many bytes is refused; they are kept until it ends.
    ///   - keyBytesMax: of series texts remembered. Past it all are forgotten: series that come again are then counted
    ///     again in `seriesFound`.
    public init(
        sink: any SampleSink, format: ExpositionFormat, options: IngestionOptions = IngestionOptions(),
        defaultTimestamp: Timestamp? = nil, lineBytesMax: Int = 16 << 20, keyBytesMax: Int = 1 << 30
    ) {
        // Places in the texts are 32 bits wide; one text is at most a line.
        self.keyBytesMax = max(0, min(keyBytesMax, Int(UInt32.max) - lineBytesMax - (64 << 20)))
        self.lineBytesMax = lineBytesMax
        self.sink = sink
        self.format = format
        self.options = options
        self.defaultTimestamp = defaultTimestamp
    }

    /// Loads the whole lines of what has come so far. Pieces of a megabyte or more are best.
    ///
    /// - Throws: for the first line that is malformed, with its place in the whole text. What came before it stays.
    public mutating func load(_ piece: UnsafeBufferPointer<UInt8>) throws(ExpositionError) {
        report.bytesRead += piece.count
        buffer.append(contentsOf: piece)
        guard let lineFeed = buffer.lastIndex(of: 0x0a), lineFeed >= LineCache.kindMark.count else {
            return try checkLength(ofLine: buffer.count - LineCache.kindMark.count)
        }
        let tail = Array(buffer[(lineFeed + 1)...])
        buffer.removeSubrange((lineFeed + 1)...)
        // The last line of OpenMetrics is left for `finish`: only there it may be the end mark.
        if format == .openMetrics, tail.isEmpty, Self.ends(buffer, with: Self.endMark) { return }
        let unfinished = try loadBuffer()
        buffer = LineCache.kindMark + unfinished + tail
        try checkLength(ofLine: unfinished.count + tail.count)
    }

    private func checkLength(ofLine count: Int) throws(ExpositionError) {
        if count > lineBytesMax { throw ExpositionError(line: linesBefore + 1, longerThan: lineBytesMax) }
    }

    /// Loads the last line, which needs no line feed, and what waits in the batch.
    public mutating func finish() throws(ExpositionError) -> LoadReport {
        hasEnded = true
        if buffer.count > LineCache.kindMark.count || format == .openMetrics { _ = try loadBuffer() }
        flush()
        return report
    }

    private static func ends(_ bytes: [UInt8], with suffix: [UInt8]) -> Bool {
        bytes.count >= suffix.count && bytes[(bytes.count - suffix.count)...].elementsEqual(suffix)
    }

    /// Returns what of the buffer waits for more: a line whose label value goes on after the buffer's end.
    private mutating func loadBuffer() throws(ExpositionError) -> [UInt8] {
        var body = LineCache.kindMark
        swap(&body, &buffer)
        var lines = body.withUnsafeBufferPointer { Self.countLineFeeds($0) } - 1
        var unfinished: [UInt8] = []
        // A piece of OpenMetrics is a body of its own when it ends with the mark; the text's own mark is in the last.
        if format == .openMetrics, !hasEnded { body += Self.endMark }
        do {
            let start = try body.withUnsafeBufferPointer { body throws(ExpositionError) in try read(body) }
            if start < body.count {
                unfinished = Array(body[start...])
                lines -= unfinished.withUnsafeBufferPointer { Self.countLineFeeds($0) }
            }
        } catch {
            flush()
            var error = error
            error.line += linesBefore - 1  // the kind mark is a line, too
            throw error
        }
        linesBefore += lines
        return unfinished
    }

    /// Whether the lines from `start` on, of the classic text, end inside of a quoted label value.
    private static func endsInsideQuotes(_ body: UnsafeBufferPointer<UInt8>, from start: Int) -> Bool {
        var next = start
        while next < body.count {
            // A line: quotes mean something unless it is a comment.
            while next < body.count, body[next] == 0x20 || body[next] == 0x09 || body[next] == 0x0a { next += 1 }
            let isComment = next < body.count && body[next] == 0x23
            var isInside = false
            while next < body.count {
                let byte = body[next]
                next += 1
                if byte == 0x0a, !isInside { break }
                if isComment { continue }
                if byte == 0x22 {
                    isInside.toggle()
                } else if byte == 0x5c, isInside, next < body.count {
                    next += 1
                }
            }
            if isInside { return true }
        }
        return false
    }

    private static func countLineFeeds(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        guard var next = bytes.baseAddress.map({ UnsafeRawPointer($0) }) else { return 0 }
        let end = next + bytes.count
        var count = 0
        while next < end, let found = memchr(next, 0x0a, end - next) {
            count += 1
            next = UnsafeRawPointer(found) + 1
        }
        return count
    }

    // MARK: Lines

    /// Returns where the part begins that is not read: the count of the body, or a line that has no end in it yet.
    private mutating func read(_ body: UnsafeBufferPointer<UInt8>) throws(ExpositionError) -> Int {
        var parser = ExpositionParser(body, format: format)
        let mark = UnsafeBufferPointer(rebasing: body[..<LineCache.kindMark.count])
        _ = parser.skipLine(ifEqualTo: mark, kind: kind)
        while true {
            let start = parser.position
            let entry: ExpositionParser.Entry
            do throws(ExpositionError) {
                // Dumps repeat a series line by line, or all series time by time: what followed a line follows it again.
                if let last, try isNext(&parser, after: last) { continue }
                entry = try parser.next()
            } catch {
                guard format == .text, !hasEnded, Self.endsInsideQuotes(body, from: start) else { throw error }
                kind = parser.kind
                return start
            }
            switch entry {
            case .end:
                kind = parser.kind
                return body.count
            case .series: try takeOther(body, parser)
            case .type: note(parser.metadataName) { $0.kind = parser.kind }
            case .help:
                let text = parser.metadataText
                note(parser.metadataName) { $0.help = text }
            case .unit:
                let text = parser.metadataText
                note(parser.metadataName) { $0.unit = text }
            case .comment: break
            }
        }
    }

    private mutating func isNext(_ parser: inout ExpositionParser, after last: UInt32) throws(ExpositionError) -> Bool {
        let id = cache.lines[Int(last)].position
        guard id != .max else { return false }
        let line = cache.lines[Int(id)]
        let isHit = try cache.keys.withUnsafeBufferPointer { keys throws(ExpositionError) in
            let start = Int(line.keyOffset)
            return try parser.nextSeries(
                ifEqualTo: UnsafeBufferPointer(rebasing: keys[start..<start + Int(line.keyCount)]))
        }
        guard isHit else { return false }
        take(parser, id, line)
        return true
    }

    private mutating func takeOther(
        _ body: UnsafeBufferPointer<UInt8>, _ parser: borrowing ExpositionParser
    ) throws(ExpositionError) {
        let key = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(body)[parser.seriesRange])
        let (known, hash) = cache.find(key)
        let id: UInt32
        if let known {
            id = known
        } else {
            if cache.keys.count > keyBytesMax {
                flush()
                cache = LineCache()
                last = nil
            }
            var absent: [String] = []
            let exposed = try parser.labels(absent: &absent)
            // Limits of a scrape do not apply to a file; what they refuse is dropped like by a rule.
            let labels = (try? options.seriesLabels(exposed, absent: absent)) ?? nil
            id = cache.add(key, hash: hash, role: labels == nil ? .dropped : .series, kind: parser.kind, seen: 1)
            if let labels { register(labels, id) }
        }
        if let last { cache.lines[Int(last)].position = id }
        take(parser, id, cache.lines[Int(id)])
    }

    private mutating func register(_ labels: LabelSet, _ id: UInt32) {
        do {
            cache.lines[Int(id)].ref = try sink.register(labels)
            cache.lines[Int(id)].isTracked = true
            report.seriesFound += 1
        } catch {
            report.refusal = error
        }
    }

    @inline(__always)
    private mutating func take(_ parser: borrowing ExpositionParser, _ id: UInt32, _ line: CachedLine) {
        last = id
        report.samplesRead += 1
        guard line.role == .series else {
            report.samplesDropped += 1
            return
        }
        guard line.isTracked else {
            report.samplesRefused += 1
            return
        }
        guard let time = parser.timestamp ?? defaultTimestamp else {
            report.samplesWithoutTimestamp += 1
            return
        }
        if parser.hasExemplar, let exemplar = parser.exemplar() { exemplars.append((batch.count, exemplar)) }
        batch.append(line.ref, time, parser.value)
        batchLines.append(id)
        if batch.count == Self.batchMax { flush() }
    }

    private mutating func note(_ family: String, _ change: (inout Metadata) -> Void) {
        guard families[family] != nil || families.count < options.familiesMax else { return }
        change(&families[family, default: Metadata()])
        hasNewMetadata = true
    }

    // MARK: Batches

    private mutating func flush() {
        if hasNewMetadata { sink.record(families) }
        hasNewMetadata = false
        guard batch.count > 0 else { return }
        var outcome = sink.append(batch)
        let unknown = outcome.unknownRefs
        outcome.unknownRefs = []
        report.outcome += outcome
        if !unknown.isEmpty { repeatUnknown(unknown) }
        for (position, exemplar) in exemplars {
            var exemplar = exemplar
            exemplar.timestamp = exemplar.timestamp ?? batch.timestamps[position]
            sink.append(exemplar, for: batch.refs[position])
        }
        exemplars.removeAll()
        batch.removeAll()
        batchLines.removeAll(keepingCapacity: true)
    }

    /// The sink has dropped these series while the text was loaded.
    private mutating func repeatUnknown(_ positions: [Int]) {
        var again = AppendBatch()
        var renewed: Set<UInt32> = []
        for position in positions {
            let id = batchLines[position]
            if renewed.insert(id).inserted, let labels = cache.labels(of: id, format, options) {
                cache.lines[Int(id)].isTracked = false
                register(labels, id)
                if cache.lines[Int(id)].isTracked { report.seriesFound -= 1 }
            }
            guard cache.lines[Int(id)].isTracked else {
                report.samplesRefused += 1
                continue
            }
            again.append(cache.lines[Int(id)].ref, batch.timestamps[position], batch.values[position])
        }
        report.outcome += sink.append(again)
    }
}
