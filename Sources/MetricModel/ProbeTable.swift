// Hash tables of 32-bit numbers whose keys lie elsewhere, and the hash of label texts.
// The store's index and Ingestion's cache of lines find their entries through them: 4 bytes an entry, no key twice.

/// Open addressing with linear probing; an entry is a number, its hash is asked of the owner.
package struct ProbeTable: Sendable {
    package init() {}

    private var places: [UInt32] = Array(repeating: .max, count: 16)
    private var count = 0

    package var byteCost: Int { places.count * 4 }

    package func first(hash: UInt32, where isMatch: (UInt32) -> Bool) -> UInt32? {
        let mask = places.count - 1
        var place = Int(hash) & mask
        while true {
            let entry = places[place]
            if entry == .max { return nil }
            if isMatch(entry) { return entry }
            place = (place + 1) & mask
        }
    }

    /// `entry` must not be there yet and must not be `UInt32.max`.
    package mutating func insert(_ entry: UInt32, hash: UInt32, hashOf: (UInt32) -> UInt32) {
        if (count + 1) * 4 > places.count * 3 { resize(to: places.count * 2, hashOf) }
        put(entry, hash)
        count += 1
    }

    private mutating func put(_ entry: UInt32, _ hash: UInt32) {
        let mask = places.count - 1
        var place = Int(hash) & mask
        while places[place] != .max { place = (place + 1) & mask }
        places[place] = entry
    }

    private mutating func resize(to size: Int, _ hashOf: (UInt32) -> UInt32) {
        let old = places
        places = Array(repeating: .max, count: size)
        for entry in old where entry != .max { put(entry, hashOf(entry)) }
    }

    /// Closes the gap behind the removed entry, so that no marker of a removed one is needed.
    package mutating func remove(_ entry: UInt32, hash: UInt32, hashOf: (UInt32) -> UInt32) {
        let mask = places.count - 1
        var gap = Int(hash) & mask
        while places[gap] != entry {
            if places[gap] == .max { return }
            gap = (gap + 1) & mask
        }
        var place = gap
        while true {
            place = (place + 1) & mask
            let candidate = places[place]
            if candidate == .max { break }
            let home = Int(hashOf(candidate)) & mask
            // The candidate may fill the gap unless its home lies between the gap and its place.
            if (place - home) & mask >= (place - gap) & mask {
                places[gap] = candidate
                gap = place
            }
        }
        places[gap] = .max
        count -= 1
    }

    /// Starts anew with these entries, in no more room than they need.
    package mutating func rebuild(_ entries: [UInt32], hashOf: (UInt32) -> UInt32) {
        var size = 16
        while (entries.count + 1) * 4 > size * 3 { size *= 2 }
        places = Array(repeating: .max, count: size)
        for entry in entries { put(entry, hashOf(entry)) }
        count = entries.count
    }
}

/// A seeded hash of bytes: label texts come from the network, and nobody outside knows the seed.
package enum ByteHash {
    package static func hash(_ label: Label, seed: UInt64) -> UInt32 {
        let hash = hash(label.value, seed: hash(label.name, seed: seed))
        return UInt32(truncatingIfNeeded: hash ^ hash >> 32)
    }

    package static func hash(_ text: String, seed: UInt64) -> UInt64 {
        if let hash = text.utf8.withContiguousStorageIfAvailable({ hash(UnsafeRawBufferPointer($0), seed: seed) }) {
            return hash
        }
        return Array(text.utf8).withUnsafeBytes { hash($0, seed: seed) }
    }

    package static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
        var hash = mix(seed ^ UInt64(bytes.count) ^ 0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db)
        var offset = 0
        while offset + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            hash = mix(hash ^ word, 0x8ebc_6af0_9c88_c6e3)
            offset += 8
        }
        var tail: UInt64 = 0
        var shift: UInt64 = 0
        while offset < bytes.count {
            tail |= UInt64(bytes[offset]) << shift
            shift += 8
            offset += 1
        }
        return mix(hash ^ tail, 0x5899_65cc_7537_4cc3)
    }

    @inline(__always)
    private static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}
