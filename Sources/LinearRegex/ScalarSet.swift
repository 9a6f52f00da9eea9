// Sets of Unicode scalar values as sorted ranges, and their algebra.
// The parser builds character classes from them; the compiler splits them into UTF-8 byte ranges.

struct ScalarRange: Hashable, Sendable {
    var low: UInt32
    var high: UInt32
}

/// Sorted, disjoint, not adjacent.
struct ScalarSet: Hashable, Sendable {
    static let scalarMax: UInt32 = 0x10ffff
    private(set) var ranges: [ScalarRange]

    static let all = ScalarSet(sorted: [ScalarRange(low: 0, high: scalarMax)])
    static let allButLineFeed = ScalarSet(sorted: [
        ScalarRange(low: 0, high: 9), ScalarRange(low: 11, high: scalarMax),
    ])
    static let none = ScalarSet(sorted: [])

    init(sorted ranges: [ScalarRange]) { self.ranges = ranges }

    init(_ value: UInt32) { ranges = [ScalarRange(low: value, high: value)] }

    init(_ unsorted: [ScalarRange]) {
        var isSorted = true
        for index in unsorted.indices.dropFirst() where unsorted[index].low <= unsorted[index - 1].high &+ 1 {
            isSorted = false
            break
        }
        guard !isSorted else {
            ranges = unsorted
            return
        }
        var merged: [ScalarRange] = []
        for range in unsorted.sorted(by: { ($0.low, $0.high) < ($1.low, $1.high) }) {
            if let last = merged.last, range.low <= last.high &+ 1 {
                merged[merged.count - 1].high = max(last.high, range.high)
            } else {
                merged.append(range)
            }
        }
        ranges = merged
    }

    var isEmpty: Bool { ranges.isEmpty }

    /// The one member, nil for more or none.
    var single: UInt32? {
        guard ranges.count == 1, ranges[0].low == ranges[0].high else { return nil }
        return ranges[0].low
    }

    func contains(_ value: UInt32) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].high < value { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].low <= value
    }

    /// Number of members, counted up to `limit + 1`.
    func count(upTo limit: Int) -> Int {
        var total = 0
        for range in ranges {
            total += Int(range.high - range.low) + 1
            if total > limit { return limit + 1 }
        }
        return total
    }

    var inverted: ScalarSet {
        var result: [ScalarRange] = []
        var next: UInt32 = 0
        for range in ranges {
            if range.low > next { result.append(ScalarRange(low: next, high: range.low - 1)) }
            next = range.high + 1
        }
        if next <= Self.scalarMax { result.append(ScalarRange(low: next, high: Self.scalarMax)) }
        return ScalarSet(sorted: result)
    }

    func union(_ other: ScalarSet) -> ScalarSet { ScalarSet(ranges + other.ranges) }

    /// With every scalar that differs from a member only in case.
    var caseFolded: ScalarSet {
        var added: [ScalarRange] = []
        for range in ranges where range.low < 0x80 {
            for value in range.low...min(range.high, 0x7f) {
                let lower = value | 0x20
                guard lower >= 0x61, lower <= 0x7a else { continue }
                added.append(ScalarRange(low: value ^ 0x20, high: value ^ 0x20))
                if lower == 0x6b { added.append(ScalarRange(low: 0x212a, high: 0x212a)) }
                if lower == 0x73 { added.append(ScalarRange(low: 0x17f, high: 0x17f)) }
            }
        }
        if let last = ranges.last, last.high >= 0x80 {
            for orbit in CaseFolding.orbits where orbit.contains(where: { contains($0) }) {
                added += orbit.map { ScalarRange(low: $0, high: $0) }
            }
        }
        return added.isEmpty ? self : ScalarSet(ranges + added)
    }
}

/// Scalars that are one letter in different cases.
enum CaseFolding {
    /// Groups of two and more. Derived once from the simple case mappings; about 1,400 groups.
    static let orbits: [[UInt32]] = {
        var groups: [UInt32: [UInt32]] = [:]
        // Cased scalars live in these parts of the planes 0 and 1; the Han and Hangul blocks have none.
        for block in [0x41...0x33ff as ClosedRange<UInt32>, 0xa640...0xabff, 0xfb00...0xffff, 0x1_0400...0x1_ebff] {
            for value in block {
                guard let scalar = Unicode.Scalar(value), scalar.properties.changesWhenCaseMapped else { continue }
                // Dotless and dotted i have no simple folding.
                guard value != 0x130, value != 0x131 else { continue }
                groups[key(scalar), default: []].append(value)
            }
        }
        return groups.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
    }()

    /// The lower case of the upper case, each taken only where it is one scalar.
    private static func key(_ scalar: Unicode.Scalar) -> UInt32 {
        let upper = simple(scalar.properties.uppercaseMapping) ?? scalar
        let lower = simple(upper.properties.lowercaseMapping) ?? upper
        return lower.value
    }

    private static func simple(_ mapping: String) -> Unicode.Scalar? {
        let scalars = mapping.unicodeScalars
        guard scalars.count == 1 else { return nil }
        return scalars.first
    }
}
