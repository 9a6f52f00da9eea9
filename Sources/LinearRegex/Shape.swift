// Shortcuts: what many patterns in practice are, a few words or words with `.*` between them.
// Found in the tree by LinearRegex.init, before any automaton is made.

/// Words in a row with gaps of any scalars between: `a.*b`, `.+`, `web-.*`.
struct WordsWithGaps: Sendable {
    /// Before the first gap.
    var prefix: [UInt8] = []
    /// Least bytes of a gap (0 or 1) and the word after it; the last word ends the text.
    var words: [(leastGap: Int, word: [UInt8])] = []

    func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard text.count >= prefix.count, Bytes.isEqual(text, 0, prefix) else { return false }
        var position = prefix.count
        for index in words.indices.dropLast() {
            guard let found = Bytes.firstPlace(of: words[index].word, in: text, from: position + words[index].leastGap)
            else { return false }
            position = found + words[index].word.count
        }
        guard let last = words.last else { return position == text.count }
        let place = text.count - last.word.count
        return place >= position + last.leastGap && Bytes.isEqual(text, place, last.word)
    }
}

/// A finite set of texts, looked up by hash.
struct WordSet: Sendable {
    let words: [[UInt8]]
    /// Open addressing: index of a word plus one, 0 for none. Empty for few words.
    private let slots: [UInt32]

    init(_ words: [[UInt8]]) {
        self.words = words
        guard words.count > 4 else {
            slots = []
            return
        }
        var size = 16
        while size < words.count * 2 { size *= 2 }
        var slots = [UInt32](repeating: 0, count: size)
        for (index, word) in words.enumerated() {
            var place = word.withUnsafeBufferPointer { Bytes.hash($0) } & (size - 1)
            while slots[place] != 0 { place = (place + 1) & (size - 1) }
            slots[place] = UInt32(index + 1)
        }
        self.slots = slots
    }

    func contains(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard !slots.isEmpty else {
            for word in words where word.count == text.count && Bytes.isEqual(text, 0, word) { return true }
            return false
        }
        let mask = slots.count - 1
        var place = Bytes.hash(text) & mask
        while slots[place] != 0 {
            let word = words[Int(slots[place]) - 1]
            if word.count == text.count, Bytes.isEqual(text, 0, word) { return true }
            place = (place + 1) & mask
        }
        return false
    }
}

enum Shape {
    /// Most texts that a product of alternatives may give; a plain `a|b|c` has no limit but the pattern's length.
    static let productMax = 1000
    static let charactersPerClassMax = 64

    /// The texts that match, when they are finitely many and few; in no special order, without repetition.
    static func words(_ node: RegexNode) -> [[UInt8]]? {
        guard let all = product(node) else { return nil }
        var seen = Set<[UInt8]>(minimumCapacity: all.count)
        return all.filter { seen.insert($0).inserted }
    }

    private static func product(_ node: RegexNode) -> [[UInt8]]? {
        switch node {
        case .empty: return [[]]
        case .assertion: return nil
        case .scalars(let set):
            guard set.count(upTo: charactersPerClassMax) <= charactersPerClassMax else { return nil }
            return set.ranges.flatMap { range in (range.low...range.high).compactMap { Bytes.utf8($0) } }
        case .capture(_, let inner): return product(inner)
        case .alternation(let branches):
            var all: [[UInt8]] = []
            for branch in branches {
                guard let words = product(branch) else { return nil }
                all += words
            }
            return all
        case .concatenation(let parts):
            var all: [[UInt8]] = [[]]
            for part in parts {
                guard let words = product(part), let joined = join(all, words) else { return nil }
                all = joined
            }
            return all
        case .repetition(let inner, let min, let max, _):
            guard let max, max <= 16, let words = product(inner) else { return nil }
            var all: [[UInt8]] = min == 0 ? [[]] : []
            var power: [[UInt8]] = [[]]
            for count in 0..<max {
                guard let joined = join(power, words) else { return nil }
                power = joined
                if count + 1 >= min { all += power }
                if all.count > productMax { return nil }
            }
            return max == 0 ? [[]] : all
        }
    }

    private static func join(_ heads: [[UInt8]], _ tails: [[UInt8]]) -> [[UInt8]]? {
        if heads.count == 1, heads[0].isEmpty { return tails }
        if tails.count == 1 {
            // The usual case, a word's next letter, in place.
            var heads = heads
            for index in heads.indices { heads[index] += tails[0] }
            return heads
        }
        guard heads.count * tails.count <= productMax else { return nil }
        return heads.flatMap { head in tails.map { head + $0 } }
    }

    /// Words and gaps, when the pattern is made of nothing else.
    static func wordsWithGaps(_ node: RegexNode) -> WordsWithGaps? {
        var parts: [RegexNode] = []
        flatten(node, into: &parts)
        var result = WordsWithGaps()
        for part in parts {
            switch part {
            case .scalars(let set):
                guard let single = set.single, let bytes = Bytes.utf8(single) else { return nil }
                if result.words.isEmpty {
                    result.prefix += bytes
                } else {
                    result.words[result.words.count - 1].word += bytes
                }
            case .repetition(.scalars(.all), let min, nil, _) where min <= 1:
                // `.*.+` is one gap; two of `.+` are two scalars and left to the automaton.
                if let last = result.words.last, last.word.isEmpty {
                    guard last.leastGap + min <= 1 else { return nil }
                    result.words[result.words.count - 1].leastGap += min
                } else {
                    result.words.append((min, []))
                }
            default: return nil
            }
        }
        return result
    }

    /// Bytes with which every match begins.
    static func prefix(_ node: RegexNode) -> [UInt8] {
        var parts: [RegexNode] = []
        flatten(node, into: &parts)
        var result: [UInt8] = []
        for part in parts {
            guard case .scalars(let set) = part, let single = set.single, let bytes = Bytes.utf8(single) else { break }
            result += bytes
        }
        return result
    }

    private static func flatten(_ node: RegexNode, into parts: inout [RegexNode]) {
        switch node {
        case .empty: break
        case .concatenation(let inner): for part in inner { flatten(part, into: &parts) }
        case .capture(_, let inner): flatten(inner, into: &parts)
        case .scalars, .alternation, .repetition, .assertion: parts.append(node)
        }
    }

    /// Without `^` at the start and `$` at the end, which an anchored pattern has anyway.
    static func withoutOuterAnchors(_ node: RegexNode) -> RegexNode { strip(strip(node, .textStart), .textEnd) }

    private static func strip(_ node: RegexNode, _ anchor: Assertion) -> RegexNode {
        switch node {
        case .assertion(anchor): return .empty
        case .capture(let group, let inner): return .capture(group, strip(inner, anchor))
        case .alternation(let branches): return .alternation(branches.map { strip($0, anchor) })
        case .concatenation(var parts):
            while let outer = anchor == .textStart ? parts.first : parts.last, outer == .assertion(anchor) {
                if anchor == .textStart { parts.removeFirst() } else { parts.removeLast() }
            }
            let index = anchor == .textStart ? 0 : parts.count - 1
            if parts.indices.contains(index) { parts[index] = strip(parts[index], anchor) }
            return .concatenating(parts)
        case .empty, .scalars, .repetition, .assertion: return node
        }
    }
}
