// The name somebody probably meant.
// Used for the hints of Parser's errors and of empty panels.

package enum NearestName {
    /// The candidate with the fewest edits from `name`, upper and lower case alike; nil when none is near enough:
    /// at most a third of the name's length and at most `editsMax`, so none for one or two letters. Of equally near
    /// ones the one that begins alike for longest wins: `rat` is an unfinished `rate` rather than a misspelt `rad`.
    package static func of(_ name: String, among candidates: some Sequence<String>, editsMax: Int = 3) -> String? {
        let wanted = Array(name.lowercased().utf8)
        guard wanted.count > 2, wanted.count <= 64 else { return nil }
        let limit = min(editsMax, wanted.count / 3)
        var best: (name: String, edits: Int, shared: Int)?
        for candidate in candidates {
            let other = Array(candidate.lowercased().utf8)
            guard abs(other.count - wanted.count) <= limit else { continue }
            let edits = distance(wanted, other)
            guard edits <= limit else { continue }
            let shared = zip(wanted, other).prefix { $0 == $1 }.count
            if best.map({ (edits, -shared) < ($0.edits, -$0.shared) }) ?? true { best = (candidate, edits, shared) }
        }
        return best?.name
    }

    /// Levenshtein's distance, a swap of neighbours counting as one edit. Cost: product of the lengths.
    package static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            current.reserveCapacity(right.count + 1)
            for column in right.indices {
                let replaced = last[column] + (left[row] == right[column] ? 0 : 1)
                var edits = min(replaced, last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    edits = min(edits, beforeLast[column - 1] + 1)
                }
                current.append(edits)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}
