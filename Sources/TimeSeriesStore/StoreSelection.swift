// The store as a SeriesSource: selectors in, whole columns out.
// Slots come from MatcherResolution; samples are snapshot under stripe locks and decoded outside.

import MetricModel
import Synchronization

extension TimeSeriesStore: SeriesSource {
    public func select(
        _ selections: [Selection], limits: SelectionLimits
    ) async throws(SourceFailure) -> [[Series]] {
        var reader = SeriesReader(store: self, limits: limits)
        var result: [[Series]] = []
        result.reserveCapacity(selections.count)
        for selection in selections {
            try reader.pace.check()
            result.append(try reader.read(selection))
        }
        return result
    }

    public func series(
        _ matcherSets: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int
    ) async throws(SourceFailure) -> [LabelSet] {
        var pace = WorkPace(deadline: nil)
        let found = try sortedSeries(try slotsWithData(matcherSets, start, end, &pace), &pace)
        var sets: [LabelSet] = []
        sets.reserveCapacity(limit > 0 ? min(limit, found.count) : found.count)
        for one in limit > 0 ? found.prefix(limit) : found[...] {
            try pace.work(40)
            sets.append(LabelSet(sorted: one.labels))
        }
        return sets
    }

    public func labelNames(
        _ matcherSets: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int
    ) async throws(SourceFailure) -> [String] {
        var pace = WorkPace(deadline: nil)
        let slots = try slotsWithData(matcherSets, start, end, &pace)
        // Strings would be compared as Unicode has it, labels are by bytes.
        var names: Set<Label> = []
        try inParts(slots, &pace) { index, part in
            var isUsed = Array(repeating: false, count: index.names.count)
            for slot in part where index.live.contains(slot) {
                for id in index.pairIDs(of: slot) { isUsed[Int(index.pairs[Int(id)].name)] = true }
            }
            for name in index.names.indices where isUsed[name] { names.insert(Label(index.names[name].name, "")) }
        }
        return try Self.sorted(names.map(\.name), limit: limit, &pace)
    }

    public func labelValues(
        _ name: String, _ matcherSets: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int
    ) async throws(SourceFailure) -> [String] {
        var pace = WorkPace(deadline: nil)
        let slots = try slotsWithData(matcherSets, start, end, &pace)
        var values: Set<Label> = []
        try inParts(slots, &pace) { index, part in
            guard let name = index.nameID(name) else { return }
            var last: UInt32?
            for slot in part where index.live.contains(slot) {
                for id in index.pairIDs(of: slot) where index.pairs[Int(id)].name == name {
                    if id == last { continue }
                    last = id
                    values.insert(Label("", index.pairs[Int(id)].label.value))
                }
            }
        }
        return try Self.sorted(values.map(\.value), limit: limit, &pace)
    }

    public func metadata(metric: String?) async throws(SourceFailure) -> [String: [Metadata]] {
        metadataTable.withLock { $0.families(metric: metric) }
    }

    private static func sorted(
        _ names: [String], limit: Int, _ pace: inout WorkPace
    ) throws(SourceFailure) -> [String] {
        let sorted = try pace.sorted(names, cost: 8) { $0.isBefore($1) }
        return limit > 0 ? Array(sorted.prefix(limit)) : sorted
    }

    /// Shows the index to `body` with a part of the slots at a time: writers wait for one part at most.
    private func inParts(
        _ slots: [UInt32], _ pace: inout WorkPace, _ body: (borrowing LabelIndex, ArraySlice<UInt32>) -> Void
    ) throws(SourceFailure) {
        var start = 0
        while start < slots.count {
            let part = slots[start..<min(slots.count, start + 4096)]
            start += part.count
            try pace.work(part.count * 30)
            index.withLock { index in body(index, part) }
        }
    }

    // MARK: Slots

    /// Slots that satisfy all of the matchers, ascending.
    func slots(matching matchers: [Matcher], _ pace: inout WorkPace) throws(SourceFailure) -> [UInt32] {
        let emptyMatches = matchers.map(\.matchesEmpty)
        let resolution = index.withLock { MatcherResolution(matchers, emptyMatches, $0) }
        try pace.check()
        return try resolution.slots(&pace)
    }

    /// Slots of series that satisfy one of the sets (every series for none) and have a sample in `start...end`.
    private func slotsWithData(
        _ matcherSets: [[Matcher]], _ start: Timestamp, _ end: Timestamp, _ pace: inout WorkPace
    ) throws(SourceFailure) -> [UInt32] {
        var union = SlotSet(capacity: 0)
        for matchers in matcherSets.isEmpty ? [[]] : matcherSets {
            for slot in try slots(matching: matchers, &pace) { union.insert(slot) }
        }
        let first = max(start.milliseconds, cutoff)
        guard first <= end.milliseconds else { return [] }
        var result: [UInt32] = []
        for slot in union.slots {
            // A lock, and at worst the times of a chunk.
            try pace.work(100)
            let local = HeadLayout.local(of: slot)
            let hasData = stripes[HeadLayout.stripe(of: slot)].state.withLock { state in
                state.hasSamples(local, first, end.milliseconds)
            }
            if hasData { result.append(slot) }
        }
        return result
    }

    /// Series of the slots with their labels, in the order of label sets. Slots that were dropped are left out.
    func sortedSeries(_ slots: [UInt32], _ pace: inout WorkPace) throws(SourceFailure) -> [SlotLabels] {
        var found: [SlotLabels] = []
        found.reserveCapacity(slots.count)
        // One array of all, not one a series: a million small ones that are given back hold up whoever next asks for a
        // large one.
        var pairs = SlotPairs()
        pairs.reserve(slots.count)
        var start = 0
        while start < slots.count {
            let part = slots[start..<min(slots.count, start + 256)]
            start += part.count
            try pace.work(part.count * 100)
            index.withLock { index in
                for slot in part where index.live.contains(slot) {
                    pairs.append(index.pairIDs(of: slot))
                    found.append(SlotLabels(ref: index.ref(of: slot), labels: index.labels(of: slot)))
                }
            }
        }
        let order = try found.withUnsafeBufferPointer { found throws(SourceFailure) in
            try pairs.order(found, &pace)
        }
        try pace.check()
        var sorted: [SlotLabels] = []
        sorted.reserveCapacity(found.count)
        for place in order {
            try pace.work(40)
            sorted.append(SlotLabels(ref: found[Int(place)].ref, labels: found[Int(place)].takeLabels()))
        }
        return sorted
    }

    // MARK: Cardinality

    /// The `limit` largest of each kind, largest first, then by name.
    public func cardinality(limit: Int = 10) -> StoreCardinality {
        let (names, pairs) = index.withLock { index in
            (
                index.names.map { ($0.name, $0.pairs.count, $0.pairs) },
                index.pairs.map { ($0.label, $0.posting.count) }
            )
        }
        func top(_ entries: [StoreCardinality.Entry]) -> [StoreCardinality.Entry] {
            let sorted = entries.filter { $0.count > 0 }.sorted {
                $0.count == $1.count ? $0.name.isBefore($1.name) : $0.count > $1.count
            }
            return Array(sorted.prefix(max(0, limit)))
        }
        var result = StoreCardinality()
        let live = pairs.filter { $0.1 > 0 }
        result.labelPairCount = live.count
        for stripe in stripes {
            result.chunkCount += stripe.state.withLock { $0.series.reduce(0) { $0 + $1.chunks.count } }
        }
        result.seriesCountByMetricName = top(
            live.filter { $0.0.name.isSameBytes(as: LabelSet.metricNameLabel) }.map {
                .init(name: $0.0.value, count: $0.1)
            })
        result.labelValueCountByLabelName = top(names.map { .init(name: $0.0, count: $0.1) })
        result.memoryInBytesByLabelName = top(
            names.map { name, _, ids in
                .init(name: name, count: ids.reduce(0) { $0 + pairs[Int($1)].0.value.utf8.count })
            })
        result.seriesCountByLabelValuePair = top(
            live.map { .init(name: "\($0.0.name)=\($0.0.value)", count: $0.1) })
        return result
    }
}

/// A slot with its labels outside the index.
struct SlotLabels {
    var ref: SeriesRef
    var labels: [Label]

    /// Leaves nothing here that is to be let go later.
    mutating func takeLabels() -> [Label] {
        let taken = labels
        labels = []
        return taken
    }
}
