// The walk over a body that is no text: each entry is looked for where it stood, then by its hash.
// The counterpart of IngestionPass.read for what PrometheusProtobuf decodes.

import Exposition
import MetricModel

extension IngestionPass {
    mutating func read(
        _ body: inout some StructuredBody, _ cache: inout LineCache
    ) throws(IngestionRefusal) {
        var next = 0
        var entry = BodyEntry()
        batchLines.reserveCapacity(cache.order.count)
        while true {
            do throws(BodyError) {
                guard try body.next(&entry) else { break }
            } catch {
                throw IngestionRefusal(reason: .damaged(error))
            }
            try read(entry, &cache, &next)
        }
        try finishReading(at: next, cache)
    }

    private mutating func read(
        _ entry: borrowing BodyEntry, _ cache: inout LineCache, _ next: inout Int
    ) throws(IngestionRefusal) {
        let id: UInt32
        var isNew = false
        var isRepeated = false
        if next < cache.order.count, cache.key(of: cache.order[next]) == entry.key[...] {
            id = cache.order[next]
            next += 1
            if hasDeviated { newOrder.append(id) }
        } else {
            if !hasDeviated { deviate(at: next, cache) }
            let (known, hash) = entry.key.withUnsafeBytes { cache.find($0) }
            if let known {
                id = known
                let position = cache.lines[Int(id)].position
                if position != .max { next = Int(position) + 1 }
            } else if isOverLimit {
                switch entry.content {
                case .kind, .help, .unit: break
                case .float, .histogram:
                    var absent: [String] = []
                    count(
                        try options.seriesLabels(try Self.exposedLabels(entry, absent: &absent), absent: absent))
                }
                return
            } else {
                id = try add(entry, hash, &cache)
                isNew = true
            }
            newOrder.append(id)
        }
        if !isNew {
            isRepeated = cache.lines[Int(id)].lastSeen == scrapeNumber
            cache.lines[Int(id)].lastSeen = scrapeNumber
        }
        try take(entry, id, &cache, isRepeated: isRepeated, isNew: isNew)
    }

    private mutating func add(
        _ entry: borrowing BodyEntry, _ hash: UInt32, _ cache: inout LineCache
    ) throws(IngestionRefusal) -> UInt32 {
        var role = CachedLine.Role.text
        var kind = entry.kind
        var labels: LabelSet?
        switch entry.content {
        case .kind(let stated):
            role = .type
            kind = stated
            metadata.append(MetadataLine(family: entry.family, content: .kind(stated)))
        case .help(let help): metadata.append(MetadataLine(family: entry.family, content: .help(help)))
        case .unit(let unit): metadata.append(MetadataLine(family: entry.family, content: .unit(unit)))
        case .float, .histogram:
            var absent: [String] = []
            labels = try options.seriesLabels(try Self.exposedLabels(entry, absent: &absent), absent: absent)
            role = labels == nil ? .dropped : .series
        }
        let id = entry.key.withUnsafeBytes { cache.add($0, hash: hash, role: role, kind: kind, seen: scrapeNumber) }
        newLines.append(id)
        if let labels { pending.append((id, labels)) }
        return id
    }

    /// The labels under the rules of the text format: each name once, none empty.
    private static func exposedLabels(
        _ entry: borrowing BodyEntry, absent: inout [String]
    ) throws(IngestionRefusal) -> LabelSet {
        let mark = LineCache.kindMark
        let line = mark + entry.key + Array(" 0\n".utf8)
        let place = entry.place
        let family = entry.family
        return try line.withUnsafeBufferPointer { line throws(IngestionRefusal) in
            var parser = ExpositionParser(line, format: .text)
            _ = parser.skipLine(ifEqualTo: UnsafeBufferPointer(rebasing: line[..<mark.count]), kind: entry.kind)
            do throws(ExpositionError) {
                if try parser.next() == .series { return try parser.labels(absent: &absent) }
            } catch {
                let problem = "expected \(error.wanted), found \(error.found)"
                throw IngestionRefusal(reason: .damaged(BodyError(offset: place, family: family, problem: problem)))
            }
            let problem = "expected a name and labels"
            throw IngestionRefusal(reason: .damaged(BodyError(offset: place, family: family, problem: problem)))
        }
    }

    private mutating func take(
        _ entry: borrowing BodyEntry, _ id: UInt32, _ cache: inout LineCache, isRepeated: Bool, isNew: Bool
    ) throws(IngestionRefusal) {
        let line = cache.lines[Int(id)]
        let explicit = options.honorTimestamps ? entry.timestamp : nil
        switch entry.content {
        case .kind, .help, .unit: return
        case .float(let value):
            guard let time = admit(id, line, explicit, isRepeated: isRepeated, isNew: isNew) else { return }
            cache.lines[Int(id)].isHistogram = false
            batch.append(line.ref, time, value)
        case .histogram(let histogram):
            guard let time = admit(id, line, explicit, isRepeated: isRepeated, isNew: isNew) else { return }
            cache.lines[Int(id)].isHistogram = true
            guard let fitting = options.histograms.fit(histogram) else {
                throw IngestionRefusal(reason: .bucketLimit(metric: entry.family, limit: options.histograms.bucketsMax))
            }
            batch.append(line.ref, time, fitting)
        }
        for exemplar in entry.exemplars { exemplars.append((batch.count - 1, exemplar)) }
        batchLines.append(id)
    }
}

extension NativeHistogramOptions {
    /// Within the limits, coarser where that is needed; nil when the coarsest has too many buckets still.
    ///
    /// Source: Prometheus scrape, bucketLimitAppender and maxSchemaAppender.
    func fit(_ histogram: NativeHistogram) -> NativeHistogram? {
        var result = histogram.schema > schemaMax ? histogram.reduced(toSchema: schemaMax) : histogram
        guard bucketsMax > 0 else { return result }
        while result.positiveBuckets.count + result.negativeBuckets.count > bucketsMax {
            guard !result.usesCustomBuckets, result.schema > Self.schemaMin else { return nil }
            result = result.reduced(toSchema: result.schema - 1)
        }
        return result
    }
}
