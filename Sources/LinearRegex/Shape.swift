// Shortcuts: what many patterns in practice are, a few words or words with `.*` between them.
// Found in the tree by LinearRegex.init, before any automaton is made.

/// Words in a row with gaps of any scalars between: `a.*b`, `.+`, `web-.*`.
final class WordsWithGaps: Sendable {
    /// Before the first gap.
    let prefix: [UInt8]
    /// Least bytes of a gap (0 or 1) and the word after it; the last word ends the text.
    let words: [(leastGap: Int, word: [UInt8])]

    init(prefix: [UInt8], words: [(leastGap: Int, word: [UInt8])]) {
        self.prefix = prefix
        self.words = words
    }

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

/// A finite set of texts, looked up by length and hash.
final class WordSet: Sendable {
    let words: [[UInt8]]
    /// All words in a row, and where each begins; one end more than there are words.
    private let arena: [UInt8]
    private let starts: [Int]
    /// Open addressing: index of a word plus one, 0 for none.
    private let slots: [UInt32]
    /// Bit n: some word has n bytes; bit 63: some has 63 or more.
    private let lengths: UInt64

    init(_ words: [[UInt8]]) {
        self.words = words
        var arena: [UInt8] = []
        var starts = [0]
        var lengths: UInt64 = 0
        var size = 16
        while size < words.count * 2 { size *= 2 }
        var slots = [UInt32](repeating: 0, count: size)
        for (index, word) in words.enumerated() {
            arena += word
            starts.append(arena.count)
            lengths |= 1 << UInt64(min(word.count, 63))
            var place = word.withUnsafeBufferPointer { Bytes.hash($0) } & (size - 1)
            while slots[place] != 0 { place = (place + 1) & (size - 1) }
            slots[place] = UInt32(index + 1)
        }
        self.arena = arena
        self.starts = starts
        self.slots = slots
        self.lengths = lengths
    }

    func contains(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard lengths & (1 << UInt64(min(text.count, 63))) != 0 else { return false }
        if words.count == 1 { return text.count == arena.count && Bytes.isEqual(text, 0, arena) }
        let mask = slots.count - 1
        var place = Bytes.hash(text) & mask
        while slots[place] != 0 {
            let word = Int(slots[place]) - 1
            let length = starts[word + 1] - starts[word]
            if length == text.count, arena.withUnsafeBufferPointer({ Bytes.isEqual(text, $0, at: starts[word]) }) {
                return true
            }
            place = (place + 1) & mask
        }
        return false
    }
}

/// The commonest pattern of all, `a|b|c`, maybe in one group, read without making a tree: dashboards send thousands of words.
struct PlainWords {
    var words: [[UInt8]] = []
    var hasGroup = false

    /// Nil when the pattern has anything else in it.
    init?(_ pattern: String) {
        var bytes = Array(pattern.utf8)[...]
        if bytes.first == UInt8(ascii: "^"), bytes.last == UInt8(ascii: "$"), bytes.dropFirst().first == 0x28 {
            bytes = bytes.dropFirst().dropLast()
        }
        if bytes.first == UInt8(ascii: "(") {
            guard bytes.last == UInt8(ascii: ")"), bytes.dropLast().last != UInt8(ascii: "\\") else { return nil }
            bytes = bytes.dropFirst().dropLast()
            hasGroup = true
            if bytes.starts(with: [0x3f, 0x3a]) {
                hasGroup = false
                bytes = bytes.dropFirst(2)
            }
        }
        var word: [UInt8] = []
        var seen = Set<[UInt8]>()
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "|"):
                if seen.insert(word).inserted { words.append(word) }
                word = []
            case UInt8(ascii: "\\"):
                guard index < bytes.endIndex, bytes[index] < 0x80, bytes[index] > 0x20, bytes[index] < 0x7f,
                    !RegexParser.isWord(bytes[index])
                else { return nil }
                word.append(bytes[index])
                index += 1
            case UInt8(ascii: "."), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "("),
                UInt8(ascii: ")"), UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: "^"), UInt8(ascii: "$"):
                return nil
            default: word.append(byte)
            }
        }
        if seen.insert(word).inserted { words.append(word) }
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
        var prefix: [UInt8] = []
        var words: [(leastGap: Int, word: [UInt8])] = []
        for part in parts {
            switch part {
            case .scalars(let set):
                guard let single = set.single, let bytes = Bytes.utf8(single) else { return nil }
                if words.isEmpty {
                    prefix += bytes
                } else {
                    words[words.count - 1].word += bytes
                }
            case .repetition(.scalars(.all), let min, nil, _) where min <= 1:
                // `.*.+` is one gap; two of `.+` are two scalars and left to the automaton.
                if let last = words.last, last.word.isEmpty {
                    guard last.leastGap + min <= 1 else { return nil }
                    words[words.count - 1].leastGap += min
                } else {
                    words.append((min, []))
                }
            default: return nil
            }
        }
        return WordsWithGaps(prefix: prefix, words: words)
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
