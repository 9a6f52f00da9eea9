// Sorted lists of series slots, one per label pair, and their set algebra.
// LabelIndex owns them; MatcherResolution combines them.

/// The slots of the series that carry one label pair, ascending. A pair of a single series costs no array.
enum Posting: Sendable {
    case none
    case one(UInt32)
    case many([UInt32])

    var count: Int {
        switch self {
        case .none: 0
        case .one: 1
        case .many(let slots): slots.count
        }
    }

    var slots: [UInt32] {
        switch self {
        case .none: []
        case .one(let slot): [slot]
        case .many(let slots): slots
        }
    }

    /// Most slots are new and greatest, and go to the end; a reused one is put at its place.
    mutating func insert(_ slot: UInt32) {
        switch self {
        case .none: self = .one(slot)
        case .one(let only): self = .many(only < slot ? [only, slot] : [slot, only])
        case .many(var slots):
            self = .none  // gives up the second reference, so that the array is changed in place
            if slots.count == slots.capacity { slots.reserveCapacity(slots.count + max(2, slots.count / 4)) }
            if let last = slots.last, last < slot {
                slots.append(slot)
            } else {
                slots.insert(slot, at: slots.lowerBound(of: slot))
            }
            self = .many(slots)
        }
    }

    /// Keeps the slots that are not in `dead`, in memory no larger than they need.
    mutating func remove(_ dead: SlotSet) {
        let kept = slots.filter { !dead.contains($0) }
        switch kept.count {
        case 0: self = .none
        case 1: self = .one(kept[0])
        default: self = .many(Array(kept))
        }
    }
}

extension [UInt32] {
    /// Place of the first element that is not less. The array must ascend.
    func lowerBound(of slot: UInt32) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < slot { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Elements of both ascending arrays. Cost: linear in the shorter one, times the logarithm of the longer one when
    /// the lengths differ much.
    func intersection(_ other: [UInt32]) -> [UInt32] {
        let (short, long) = count <= other.count ? (self, other) : (other, self)
        var result: [UInt32] = []
        result.reserveCapacity(short.count)
        if short.count * 16 < long.count {
            for slot in short {
                let place = long.lowerBound(of: slot)
                if place < long.count, long[place] == slot { result.append(slot) }
            }
            return result
        }
        var index = 0
        for slot in short {
            while index < long.count, long[index] < slot { index += 1 }
            if index == long.count { break }
            if long[index] == slot { result.append(slot) }
        }
        return result
    }
}

/// A set of slots as bits.
struct SlotSet: Sendable {
    private(set) var words: [UInt64]

    init(capacity: Int) { words = Array(repeating: 0, count: (capacity + 63) / 64) }

    @inline(__always)
    func contains(_ slot: UInt32) -> Bool {
        let word = Int(slot >> 6)
        return word < words.count && words[word] & (1 << UInt64(slot & 63)) != 0
    }

    @inline(__always)
    mutating func insert(_ slot: UInt32) {
        let word = Int(slot >> 6)
        if word >= words.count { words.append(contentsOf: repeatElement(0, count: word + 1 - words.count)) }
        words[word] |= 1 << UInt64(slot & 63)
    }

    mutating func remove(_ slot: UInt32) {
        let word = Int(slot >> 6)
        if word < words.count { words[word] &= ~(1 << UInt64(slot & 63)) }
    }

    mutating func insert(_ posting: Posting) {
        switch posting {
        case .none: break
        case .one(let slot): insert(slot)
        case .many(let slots): for slot in slots { insert(slot) }
        }
    }

    mutating func subtract(_ posting: Posting) {
        switch posting {
        case .none: break
        case .one(let slot): remove(slot)
        case .many(let slots): for slot in slots { remove(slot) }
        }
    }

    /// Ascending.
    var slots: [UInt32] {
        var result: [UInt32] = []
        result.reserveCapacity(words.reduce(0) { $0 + $1.nonzeroBitCount })
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                result.append(UInt32(index * 64 + rest.trailingZeroBitCount))
                rest &= rest - 1
            }
        }
        return result
    }
}
