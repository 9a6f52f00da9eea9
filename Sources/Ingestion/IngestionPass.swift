// One walk over one body: what it fills before anything is stored.
// TargetIngestor makes one a scrape and stores its batch when the walk has reached the end.

import Exposition
import MetricModel

struct IngestionPass {
    struct MetadataLine {
        enum Content {
            case kind(Metadata.Kind)
            case help(String)
            case unit(String)
        }
        var family: String
        var content: Content
    }

    let scrapeNumber: UInt32
    let timestamp: Timestamp
    let latest: Timestamp
    let options: IngestionOptions
    /// After relabelling.
    private let samplesMax: Int

    var batch = AppendBatch()
    /// The line of each sample in the batch.
    var batchLines: [UInt32] = []
    var report = IngestionReport()
    /// New series, with the labels to register, and the samples that wait for their refs.
    var pending: [(line: UInt32, labels: LabelSet)] = []
    var pendingSamples: [(position: Int, line: UInt32)] = []
    /// Every line added to the cache by this body; taken back if it fails.
    var newLines: [UInt32] = []
    var newlyTracked: [UInt32] = []
    /// Had no timestamps of their own before and have now: their marker is due.
    var untracked: [UInt32] = []
    var exemplars: [(position: Int, exemplar: Exemplar)] = []
    var metadata: [MetadataLine] = []
    var newOrder: [UInt32] = []
    var hasDeviated = false
    /// The body has more samples than it may: the others are counted and not kept, neither lines nor samples.
    var isOverLimit = false

    init(scrapeNumber: UInt32, timestamp: Timestamp, options: IngestionOptions) {
        self.scrapeNumber = scrapeNumber
        self.timestamp = timestamp
        self.options = options
        samplesMax = options.limits.samplesMax > 0 ? options.limits.samplesMax : .max
        latest = timestamp + TargetIngestor.aheadMax
    }

    mutating func read(
        _ body: UnsafeBufferPointer<UInt8>, _ parser: inout ExpositionParser, _ cache: inout LineCache
    ) throws(IngestionRefusal) {
        var next = 0
        newLines = []
        batchLines.reserveCapacity(cache.order.count)
        do {
            var isDone = false
            while !isDone {
                next = try readKnown(&parser, &cache, from: next)
                isDone = try readOther(body, &parser, &cache, &next)
            }
        } catch let error as ExpositionError {
            throw IngestionRefusal(reason: .malformed(error))
        } catch let error as IngestionRefusal {
            throw error
        } catch {
            preconditionFailure("IngestionPass: an error of another kind")
        }
        try finishReading(at: next, cache)
    }

    /// At the end of a body: lines of the last one that did not come again, and the limit that only the whole body breaks.
    mutating func finishReading(at next: Int, _ cache: borrowing LineCache) throws(IngestionRefusal) {
        if next != cache.order.count && !hasDeviated { deviate(at: next, cache) }
        if isOverLimit { throw IngestionRefusal(reason: .sampleLimit(options.limits.samplesMax)) }
    }

    // MARK: Lines at their place

    /// Goes on as long as lines come in the order of the last body; returns the place of the first that does not.
    private mutating func readKnown(
        _ parser: inout ExpositionParser, _ cache: inout LineCache, from start: Int
    ) throws(ExpositionError) -> Int {
        var next = start
        let count = cache.order.count
        while next < count {
            let id = cache.order[next]
            let line = cache.lines[Int(id)]
            let offset = Int(line.keyOffset)
            let isHit: Bool
            switch line.role {
            case .series, .dropped:
                isHit = try cache.keys.withUnsafeBufferPointer { keys throws(ExpositionError) in
                    try parser.nextSeries(
                        ifEqualTo: UnsafeBufferPointer(rebasing: keys[offset..<offset + Int(line.keyCount)]))
                }
            case .type, .text:
                isHit = cache.keys.withUnsafeBufferPointer { keys in
                    parser.skipLine(
                        ifEqualTo: UnsafeBufferPointer(rebasing: keys[offset..<offset + Int(line.keyCount)]),
                        kind: line.role == .type ? line.kind : nil)
                }
            }
            guard isHit else { break }
            let isRepeated = line.lastSeen == scrapeNumber
            cache.lines[Int(id)].lastSeen = scrapeNumber
            if hasDeviated { newOrder.append(id) }
            next += 1
            if line.role == .series || line.role == .dropped { take(parser, id, line, isRepeated: isRepeated) }
        }
        return next
    }

    // MARK: Lines elsewhere

    /// Reads one line that is not where it was; true at the end of the body.
    private mutating func readOther(
        _ body: UnsafeBufferPointer<UInt8>, _ parser: inout ExpositionParser, _ cache: inout LineCache,
        _ next: inout Int
    ) throws -> Bool {
        let entry = try parser.next()
        let range: Range<Int>
        switch entry {
        case .end: return true
        case .series: range = parser.seriesRange
        case .type, .help, .unit, .comment: range = parser.lineRange
        }
        if !hasDeviated { deviate(at: next, cache) }
        let key = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(body)[range])
        let (known, hash) = cache.find(key)
        if let known {
            let line = cache.lines[Int(known)]
            cache.lines[Int(known)].lastSeen = scrapeNumber
            // Where this line was is where the next ones are likely to go on.
            if line.position != .max { next = Int(line.position) + 1 }
            if entry == .series { take(parser, known, line, isRepeated: line.lastSeen == scrapeNumber) }
            newOrder.append(known)
        } else if isOverLimit {
            if entry == .series {
                var absent: [String] = []
                count(try options.seriesLabels(try parser.labels(absent: &absent), absent: absent))
            }
        } else {
            newOrder.append(try add(entry, parser, &cache, key, hash))
        }
        return false
    }

    private mutating func add(
        _ entry: ExpositionParser.Entry, _ parser: borrowing ExpositionParser, _ cache: inout LineCache,
        _ key: UnsafeRawBufferPointer, _ hash: UInt32
    ) throws -> UInt32 {
        var role = CachedLine.Role.text
        var labels: LabelSet?
        switch entry {
        case .series:
            var absent: [String] = []
            labels = try options.seriesLabels(try parser.labels(absent: &absent), absent: absent)
            role = labels == nil ? .dropped : .series
        case .type:
            role = .type
            metadata.append(MetadataLine(family: parser.metadataName, content: .kind(parser.kind)))
        case .help:
            metadata.append(MetadataLine(family: parser.metadataName, content: .help(parser.metadataText)))
        case .unit:
            metadata.append(MetadataLine(family: parser.metadataName, content: .unit(parser.metadataText)))
        case .comment, .end: break
        }
        let id = cache.add(key, hash: hash, role: role, kind: parser.kind, seen: scrapeNumber)
        newLines.append(id)
        if let labels { pending.append((id, labels)) }
        if entry == .series {
            take(parser, id, cache.lines[Int(id)], isRepeated: false, isNew: true)
        }
        return id
    }

    mutating func deviate(at place: Int, _ cache: borrowing LineCache) {
        hasDeviated = true
        newOrder = Array(cache.order[..<place])
        newOrder.reserveCapacity(cache.order.count)
    }

    // MARK: Samples

    /// A new series of a body that is over its limit. Prometheus too says how many there were.
    mutating func count(_ labels: LabelSet?) {
        report.samplesScraped += 1
        if labels != nil { report.samplesPostRelabeling += 1 }
    }

    @inline(__always)
    private mutating func take(
        _ parser: borrowing ExpositionParser, _ id: UInt32, _ line: CachedLine, isRepeated: Bool, isNew: Bool = false
    ) {
        let explicit = options.honorTimestamps ? parser.timestamp : nil
        guard let time = admit(id, line, explicit, isRepeated: isRepeated, isNew: isNew) else { return }
        if parser.hasExemplar, let exemplar = parser.exemplar() { exemplars.append((batch.count, exemplar)) }
        batch.append(line.ref, time, parser.value)
        batchLines.append(id)
    }

    /// Counts a sample; the time under which it goes to the end of the batch, nil when it is not stored.
    @inline(__always)
    mutating func admit(
        _ id: UInt32, _ line: CachedLine, _ explicit: Timestamp?, isRepeated: Bool, isNew: Bool
    ) -> Timestamp? {
        report.samplesScraped += 1
        guard line.role == .series else { return nil }
        report.samplesPostRelabeling += 1
        guard report.samplesPostRelabeling <= samplesMax else {
            isOverLimit = true
            return nil
        }
        if isRepeated && explicit == nil {
            report.outcome.duplicates += 1
            return nil
        }
        let time = explicit ?? timestamp
        if explicit == nil || options.trackTimestampsStaleness {
            if !line.isTracked && !isRepeated { newlyTracked.append(id) }
        } else if line.isTracked && !isRepeated {
            untracked.append(id)
        }
        guard time <= latest else {
            report.tooFarAhead += 1
            return nil
        }
        if isNew || line.ref.rawValue == 0 { pendingSamples.append((batch.count, id)) }
        return time
    }
}
