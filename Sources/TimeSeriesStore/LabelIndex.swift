// Which series exist, by what labels, and which series carry a label pair.
// Written only when a series is registered or dropped; MatcherResolution and StoreSelection read it.

import MetricModel

/// Every distinct label pair is kept once and named by a number; a series is a run of such numbers in one flat array.
///
/// The store keeps the index behind one lock. Readers take arrays out (copies are made only when a writer changes one
/// that a reader still holds) and run patterns outside.
struct LabelIndex {
    struct Pair {
        var label: Label
        var posting: Posting
        var name: UInt32
        var placeInName: UInt32
        var hash: UInt32
    }

    struct Name {
        var name: String
        var pairs: [UInt32]
    }

    /// Where a series' pairs are in `runs`; `capacity` pairs may be stored there.
    private struct Run {
        var offset: UInt32 = 0
        var count: UInt16 = 0
        var capacity: UInt16 = 0
    }

    private(set) var pairs: [Pair] = []
    private(set) var names: [Name] = []
    private var nameIDs: [Label: UInt32] = [:]
    private var freePairs: [UInt32] = []
    private var freeNames: [UInt32] = []
    private var pairTable = ProbeTable()

    private var runs: [Run] = []
    private var runPairs: [UInt32] = []
    private var unusedRunPairs = 0
    private var seriesHashes: [UInt32] = []
    /// Tells the series apart that held a slot one after the other; never 0 for one that did.
    private var generations: [UInt32] = []
    private var seriesTable = ProbeTable()
    private(set) var live = SlotSet(capacity: 0)
    private var freeSlots: [UInt32] = []
    private(set) var seriesCount = 0
    private let seed = UInt64.random(in: .min ... .max)
    private var scratch: [UInt32] = []
    /// Bytes of label texts; the arrays are added in `byteCost`.
    private var textBytes = 0

    var slotCount: Int { runs.count }

    /// Bytes of memory, estimated from the sizes of the tables.
    var byteCost: Int {
        textBytes + pairs.count * (MemoryLayout<Pair>.stride + 4) + runs.count * 20 + runPairs.count * 8
            + seriesTable.byteCost + pairTable.byteCost
    }

    // MARK: Looking up

    /// The slot of the series with exactly these labels.
    func slot(of labels: LabelSet) -> UInt32? {
        var hash: UInt64 = 0
        var ids: [UInt32] = []
        ids.reserveCapacity(labels.count)
        for label in labels.labels {
            guard let id = pair(label) else { return nil }
            ids.append(id)
            hash = Self.combine(hash, id)
        }
        return slot(of: ids, hash: Self.finish(hash))
    }

    private func slot(of ids: [UInt32], hash: UInt32) -> UInt32? {
        seriesTable.first(hash: hash) { slot in
            seriesHashes[Int(slot)] == hash && pairIDs(of: slot).elementsEqual(ids)
        }
    }

    func pair(_ label: Label) -> UInt32? {
        let hash = ByteHash.hash(label, seed: seed)
        return pairTable.first(hash: hash) { id in
            pairs[Int(id)].hash == hash && pairs[Int(id)].label == label
        }
    }

    func nameID(_ name: String) -> UInt32? { nameIDs[Label(name, "")] }

    /// The pairs of a live series, in the order of label names.
    func pairIDs(of slot: UInt32) -> ArraySlice<UInt32> {
        let run = runs[Int(slot)]
        return runPairs[Int(run.offset)..<Int(run.offset) + Int(run.count)]
    }

    func ref(of slot: UInt32) -> SeriesRef { SeriesRef(slot: slot, generation: generations[Int(slot)]) }

    func labels(of slot: UInt32) -> [Label] { pairIDs(of: slot).map { pairs[Int($0)].label } }

    // MARK: Registering

    /// Adds a series that is not there yet and returns its slot.
    mutating func add(_ labels: LabelSet) -> UInt32 {
        var hash: UInt64 = 0
        scratch.removeAll(keepingCapacity: true)
        for label in labels.labels {
            let id = intern(label)
            scratch.append(id)
            hash = Self.combine(hash, id)
        }
        let slot = takeSlot()
        store(scratch, at: slot)
        for id in scratch { pairs[Int(id)].posting.insert(slot) }
        seriesHashes[Int(slot)] = Self.finish(hash)
        let last = generations[Int(slot)]
        generations[Int(slot)] = last == .max ? 1 : last + 1
        seriesTable.insert(slot, hash: Self.finish(hash)) { seriesHashes[Int($0)] }
        live.insert(slot)
        seriesCount += 1
        return slot
    }

    private mutating func intern(_ label: Label) -> UInt32 {
        if let id = pair(label) { return id }
        let nameKey = Label(label.name, "")
        let name: UInt32
        if let known = nameIDs[nameKey] {
            name = known
        } else {
            if let free = freeNames.popLast() {
                name = free
                names[Int(name)].name = label.name
            } else {
                name = UInt32(names.count)
                names.append(Name(name: label.name, pairs: []))
            }
            nameIDs[nameKey] = name
        }
        let hash = ByteHash.hash(label, seed: seed)
        let kept = Label(names[Int(name)].name, label.value)  // one copy of the name for all its values
        let pair = Pair(
            label: kept, posting: .none, name: name, placeInName: UInt32(names[Int(name)].pairs.count), hash: hash)
        let id: UInt32
        if let free = freePairs.popLast() {
            id = free
            pairs[Int(id)] = pair
        } else {
            id = UInt32(pairs.count)
            pairs.append(pair)
        }
        names[Int(name)].pairs.append(id)
        textBytes += label.value.utf8.count > 15 ? label.value.utf8.count + 40 : 0
        pairTable.insert(id, hash: hash) { pairs[Int($0)].hash }
        return id
    }

    private mutating func takeSlot() -> UInt32 {
        if let slot = freeSlots.popLast() { return slot }
        runs.append(Run())
        seriesHashes.append(0)
        generations.append(0)
        return UInt32(runs.count - 1)
    }

    private mutating func store(_ ids: [UInt32], at slot: UInt32) {
        var run = runs[Int(slot)]
        if Int(run.capacity) >= ids.count {
            for (index, id) in ids.enumerated() { runPairs[Int(run.offset) + index] = id }
        } else {
            unusedRunPairs += Int(run.capacity)
            run.offset = UInt32(runPairs.count)
            run.capacity = UInt16(ids.count)
            runPairs.append(contentsOf: ids)
        }
        run.count = UInt16(ids.count)
        runs[Int(slot)] = run
    }

    // MARK: Dropping

    /// Forgets series. Cost: linear in the pairs they carry and in the sizes of the tables; call it with many at once.
    mutating func remove(_ slots: [UInt32]) {
        guard !slots.isEmpty else { return }
        var dead = SlotSet(capacity: slotCount)
        var touched = SlotSet(capacity: pairs.count)
        for slot in slots where live.contains(slot) {
            dead.insert(slot)
            for id in pairIDs(of: slot) { touched.insert(id) }
            live.remove(slot)
            runs[Int(slot)].count = 0
            seriesCount -= 1
            freeSlots.append(slot)
        }
        // Lowest slots are taken first, so that live series gather at the front.
        freeSlots.sort(by: >)
        for id in touched.slots {
            pairs[Int(id)].posting.remove(dead)
            if pairs[Int(id)].posting.count == 0 { removePair(id) }
        }
        seriesTable.rebuild(live.slots) { seriesHashes[Int($0)] }
        compactRuns()
    }

    private mutating func removePair(_ id: UInt32) {
        let pair = pairs[Int(id)]
        textBytes -= pair.label.value.utf8.count > 15 ? pair.label.value.utf8.count + 40 : 0
        let name = Int(pair.name)
        if let last = names[name].pairs.popLast(), last != id {
            names[name].pairs[Int(pair.placeInName)] = last
            pairs[Int(last)].placeInName = pair.placeInName
        }
        if names[name].pairs.isEmpty {
            nameIDs[Label(names[name].name, "")] = nil
            names[name] = Name(name: "", pairs: [])
            freeNames.append(pair.name)
        }
        pairTable.remove(id, hash: pair.hash) { pairs[Int($0)].hash }
        pairs[Int(id)].label = Label("", "")
        freePairs.append(id)
    }

    /// Moves the runs together when more than half of their room is unused.
    private mutating func compactRuns() {
        var used = 0
        for slot in live.slots { used += Int(runs[Int(slot)].count) }
        guard runPairs.count > 4096, used * 2 < runPairs.count else { return }
        var compact: [UInt32] = []
        compact.reserveCapacity(used + used / 8)
        for slot in runs.indices {
            let run = runs[slot]
            guard run.count > 0 else {
                runs[slot] = Run()
                continue
            }
            let offset = compact.count
            compact.append(contentsOf: runPairs[Int(run.offset)..<Int(run.offset) + Int(run.count)])
            runs[slot] = Run(offset: UInt32(offset), count: run.count, capacity: run.count)
        }
        runPairs = compact
        unusedRunPairs = 0
    }

    @inline(__always)
    private static func combine(_ hash: UInt64, _ id: UInt32) -> UInt64 {
        let product = (hash ^ UInt64(id) ^ 0x9e37_79b9_7f4a_7c15).multipliedFullWidth(by: 0xd6e8_feb8_6659_fd93)
        return product.high ^ product.low
    }
    private static func finish(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash ^ hash >> 32) }
}
