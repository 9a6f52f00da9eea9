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

/// Metadata by family name. Targets may disagree; the few newest distinct ones are kept. Nothing is ever dropped, so that
/// what is new finds no place once the table is full.
struct MetadataTable {
    private var byFamily: [String: [Metadata]] = [:]
    private let familiesMax: Int
    private let bytesMax: Int
    static let distinctMax = 4
    /// Beside its texts, of a family and of each entry.
    static let entryBytes = 64

    /// What it holds, about.
    private(set) var byteCost = 0

    init(familiesMax: Int, bytesMax: Int) {
        self.familiesMax = familiesMax
        self.bytesMax = bytesMax
    }

    mutating func record(_ metadata: [String: Metadata]) {
        for (family, new) in metadata {
            let known = byFamily[family]
            if known?.last == new { continue }
            if known == nil, byFamily.count >= familiesMax { continue }
            let others = (known ?? []).filter { $0 != new }
            let rest = byteCost - Self.cost(family, known)
            // Before the newest is lost, those it takes the place of are.
            for entries in [others.suffix(Self.distinctMax - 1) + [new], [new]] {
                let cost = rest + Self.cost(family, entries)
                guard cost <= bytesMax else { continue }
                byFamily[family] = entries
                byteCost = cost
                break
            }
        }
    }

    private static func cost(_ family: String, _ entries: [Metadata]?) -> Int {
        guard let entries else { return 0 }
        return entries.reduce(family.utf8.count + entryBytes) {
            $0 + entryBytes + $1.help.utf8.count + $1.unit.utf8.count
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
