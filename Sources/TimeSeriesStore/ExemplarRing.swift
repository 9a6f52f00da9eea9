// The newest exemplars, up to a limit, and what scrapes said of metric families.
// Two small tables beside the head, each behind a lock of its own.

import MetricModel

/// A ring: the newest exemplar takes the place of the oldest.
struct ExemplarRing {
    struct Entry {
        var ref: SeriesRef
        var exemplar: Exemplar
    }
    private var entries: [Entry] = []
    private var next = 0
    private var newestOf: [SeriesRef: Timestamp] = [:]
    private let capacity: Int
    /// Source: OpenMetrics 1.0; longer label sets are not kept.
    static let labelCharactersMax = 128

    init(capacity: Int) { self.capacity = max(0, capacity) }

    /// False when it is not kept: not newer than the last one of its series, too long, or without a time.
    mutating func append(_ exemplar: Exemplar, for ref: SeriesRef) -> Bool {
        guard capacity > 0, let timestamp = exemplar.timestamp else { return false }
        var characters = 0
        for label in exemplar.labels.labels {
            characters += label.name.unicodeScalars.count + label.value.unicodeScalars.count
        }
        guard characters <= Self.labelCharactersMax else { return false }
        if let newest = newestOf[ref], timestamp <= newest { return false }
        let entry = Entry(ref: ref, exemplar: exemplar)
        if entries.count < capacity {
            entries.append(entry)
        } else {
            let old = entries[next]
            if newestOf[old.ref] == old.exemplar.timestamp { newestOf[old.ref] = nil }
            entries[next] = entry
            next = (next + 1) % capacity
        }
        newestOf[ref] = timestamp
        return true
    }

    /// Oldest first.
    func all(in range: ClosedRange<Timestamp>) -> [Entry] {
        (entries[next...] + entries[..<next]).filter { entry in
            entry.exemplar.timestamp.map { range.contains($0) } ?? false
        }
    }
}

/// Metadata by family name. Targets may disagree; the few newest distinct ones are kept.
struct MetadataTable {
    private var byFamily: [String: [Metadata]] = [:]
    private let familiesMax: Int
    static let distinctMax = 4

    init(familiesMax: Int) { self.familiesMax = familiesMax }

    mutating func record(_ metadata: [String: Metadata]) {
        for (family, new) in metadata {
            let known = byFamily[family]
            if known?.last == new { continue }
            if known == nil, byFamily.count >= familiesMax { continue }
            let others = (known ?? []).filter { $0 != new }
            byFamily[family] = others.suffix(Self.distinctMax - 1) + [new]
        }
    }

    /// The newest first.
    func families(metric: String?) -> [String: [Metadata]] {
        guard let metric else { return byFamily.mapValues { $0.reversed() } }
        return byFamily[metric].map { [metric: $0.reversed()] } ?? [:]
    }
}

extension TimeSeriesStore {
    /// Exemplars in the closed range of the series that satisfy one of the matcher sets, sorted by labels, oldest first.
    public func exemplars(_ matcherSets: [[Matcher]], start: Timestamp, end: Timestamp) -> [SeriesExemplars] {
        guard start <= end else { return [] }
        let entries = exemplarRing.withLock { $0.all(in: start...end) }
        var bySeries: [SeriesRef: [Exemplar]] = [:]
        for entry in entries { bySeries[entry.ref, default: []].append(entry.exemplar) }
        var result: [SeriesExemplars] = []
        for (ref, exemplars) in bySeries {
            let labels = index.withLock { index -> [Label]? in
                let isLive = stripes[HeadLayout.stripe(of: ref.slot)].state.withLock {
                    $0.isLive(HeadLayout.local(of: ref.slot), ref.generation)
                }
                return isLive ? index.labels(of: ref.slot) : nil
            }
            guard let labels else { continue }
            let labelSet = LabelSet(sorted: labels)
            let isWanted = matcherSets.contains { set in set.allSatisfy { $0.matches(labelSet) } }
            if isWanted { result.append(SeriesExemplars(labels: labelSet, exemplars: exemplars)) }
        }
        return result.sorted { $0.labels < $1.labels }
    }
}
