// Pattern text to a tree, in RE2's syntax, with the error texts of Go's regexp/syntax.
// Called by LinearRegex.init; classes and escapes are in RegexParser+Classes.

/// Limits on patterns, which come from users.
enum RegexLimits {
    /// Largest count in `{n,m}`, and largest product of nested ones. Source: RE2, Go.
    static let repeatCountMax = 1000
    /// Groups and repeats inside each other.
    static let nestingMax = 250
    /// Instructions of one compiled pattern.
    static let instructionsMax = 1 << 18
    /// Instructions times the two positions of every group: what a search for groups keeps in memory.
    static let captureCellsMax = 1 << 21
}

struct RegexParser {
    struct Flags {
        var foldCase = false
        var multiLine = false
        var dotMatchesLineFeed = false
        var swapsGreed = false
    }

    /// What is open: a group, or the whole pattern at the bottom.
    private struct Frame {
        /// Nil for `(?:`, else the group's number.
        var capture: Int?
        /// Flags to go back to at the closing parenthesis.
        var outerFlags: Flags
        var branches: [RegexNode] = []
        var items: [(node: RegexNode, height: Int)] = []
        var height = 0

        mutating func closeBranch() {
            height = items.reduce(height) { max($0, $1.height) }
            branches.append(.concatenating(items.map(\.node)))
            items = []
        }

        mutating func close() -> RegexNode {
            closeBranch()
            guard branches.count > 1 else { return branches[0] }
            // One scalar or another is a class: order cannot matter.
            var ranges: [ScalarRange] = []
            for branch in branches {
                guard case .scalars(let set) = branch else { return .alternation(branches) }
                ranges += set.ranges
            }
            return .scalars(ScalarSet(ranges))
        }
    }

    let bytes: [UInt8]
    var position = 0
    var flags: Flags
    private var frames: [Frame] = []
    /// Name of every group, nil for a numbered one; the whole match is group 0.
    private(set) var groupNames: [String?] = [nil]

    init(_ pattern: String, dotMatchesLineFeed: Bool) {
        bytes = Array(pattern.utf8)
        flags = Flags(dotMatchesLineFeed: dotMatchesLineFeed)
    }

    mutating func parse() throws(RegexError) -> RegexNode {
        frames = [Frame(capture: nil, outerFlags: flags)]
        // Start of the repeat just read, nil after anything else.
        var lastRepeat: Int?
        while position < bytes.count {
            let start = position
            var isRepeat = false
            switch bytes[position] {
            case UInt8(ascii: "("): try openGroup()
            case UInt8(ascii: "|"):
                position += 1
                frames[frames.count - 1].closeBranch()
            case UInt8(ascii: ")"): try closeGroup()
            case UInt8(ascii: "^"): push(.assertion(flags.multiLine ? .lineStart : .textStart), width: 1)
            case UInt8(ascii: "$"): push(.assertion(flags.multiLine ? .lineEnd : .textEnd), width: 1)
            case UInt8(ascii: "."): push(.scalars(flags.dotMatchesLineFeed ? .all : .allButLineFeed), width: 1)
            case UInt8(ascii: "["): push(.scalars(try parseClass()), width: 0)
            case UInt8(ascii: "*"):
                try pushRepeat(from: start, width: 1, min: 0, max: nil, lastRepeat)
                isRepeat = true
            case UInt8(ascii: "+"):
                try pushRepeat(from: start, width: 1, min: 1, max: nil, lastRepeat)
                isRepeat = true
            case UInt8(ascii: "?"):
                try pushRepeat(from: start, width: 1, min: 0, max: 1, lastRepeat)
                isRepeat = true
            case UInt8(ascii: "{"):
                if let bounds = try readBounds() {
                    try pushRepeat(from: start, width: bounds.width, min: bounds.min, max: bounds.max, lastRepeat)
                    isRepeat = true
                } else {
                    pushLiteral(0x7b)
                    position += 1
                }
            case UInt8(ascii: "\\"): try parseBackslash()
            default: pushLiteral(nextScalar())
            }
            lastRepeat = isRepeat ? (lastRepeat ?? start) : nil
        }
        guard frames.count == 1, var whole = frames.popLast() else {
            throw failure("missing closing )", 0, bytes.count)
        }
        return whole.close()
    }

    // MARK: Pieces

    func failure(_ message: String, _ from: Int, _ to: Int) -> RegexError {
        let text = String(decoding: bytes[min(from, bytes.count)..<min(max(from, to), bytes.count)], as: UTF8.self)
        return RegexError(offset: from, message: "\(message): `\(text)`")
    }

    /// Reads one scalar; must not be at the end. The bytes are those of a String, so well formed.
    mutating func nextScalar() -> UInt32 {
        let lead = bytes[position]
        position += 1
        guard lead >= 0xc0 else { return UInt32(lead) }
        let more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1
        var value = UInt32(lead) & (0x3f >> UInt32(more))
        for _ in 0..<more where position < bytes.count {
            value = value << 6 | UInt32(bytes[position] & 0x3f)
            position += 1
        }
        return value
    }

    func at(_ offset: Int) -> UInt8? {
        let index = position + offset
        return index < bytes.count ? bytes[index] : nil
    }

    mutating func push(_ node: RegexNode, width: Int) {
        position += width
        frames[frames.count - 1].items.append((node, 1))
    }

    mutating func pushLiteral(_ value: UInt32) {
        let set = ScalarSet(value)
        push(.scalars(flags.foldCase ? set.caseFolded : set), width: 0)
    }

    private mutating func pushRepeat(
        from start: Int, width: Int, min: Int, max: Int?, _ lastRepeat: Int?
    ) throws(RegexError) {
        position = start + width
        var greedy = !flags.swapsGreed
        if at(0) == UInt8(ascii: "?") {
            position += 1
            greedy.toggle()
        }
        if let lastRepeat {
            throw failure("invalid nested repetition operator", lastRepeat, position)
        }
        guard let (node, height) = frames[frames.count - 1].items.popLast() else {
            throw failure("missing argument to repetition operator", start, position)
        }
        let repeated = RegexNode.repetition(node, min: min, max: max, greedy: greedy)
        guard height < RegexLimits.nestingMax else { throw failure("expression nests too deeply", 0, bytes.count) }
        if min >= 2 || (max ?? 0) >= 2, repeated.repeatProduct > RegexLimits.repeatCountMax {
            throw failure("invalid repeat count", start, position)
        }
        frames[frames.count - 1].items.append((repeated, height + 1))
    }

    /// `{n}`, `{n,}` or `{n,m}` at the position, not consumed; nil when it is not of that form and so a literal.
    private func readBounds() throws(RegexError) -> (width: Int, min: Int, max: Int?)? {
        var index = position + 1
        guard let min = readCount(&index), index < bytes.count else { return nil }
        var max: Int? = min
        if bytes[index] == UInt8(ascii: ",") {
            index += 1
            guard index < bytes.count else { return nil }
            if bytes[index] == UInt8(ascii: "}") {
                max = nil
            } else {
                guard let number = readCount(&index) else { return nil }
                max = number
            }
        }
        guard index < bytes.count, bytes[index] == UInt8(ascii: "}") else { return nil }
        let limit = RegexLimits.repeatCountMax
        if min > limit || (max ?? 0) > limit || (max.map { min > $0 } ?? false) {
            throw failure("invalid repeat count", position, index + 1)
        }
        return (index + 1 - position, min, max)
    }

    /// Decimal without leading zeros; saturates far above the limit.
    private func readCount(_ index: inout Int) -> Int? {
        let start = index
        var number = 0
        while index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39 {
            number = min(number * 10 + Int(bytes[index] - 0x30), 1_000_000)
            index += 1
        }
        guard index > start, index == start + 1 || bytes[start] != 0x30 else { return nil }
        return number
    }

    // MARK: Groups

    private mutating func openGroup() throws(RegexError) {
        guard at(1) == UInt8(ascii: "?") else {
            position += 1
            try open(capture: groupNames.count, flags)
            groupNames.append(nil)
            return
        }
        let start = position
        let nameStart: Int
        if at(2) == UInt8(ascii: "P"), at(3) == UInt8(ascii: "<"), at(4) != nil {
            nameStart = start + 4
        } else if at(2) == UInt8(ascii: "<"), at(3) != nil {
            nameStart = start + 3
        } else {
            return try parseFlags()
        }
        guard let end = bytes[nameStart...].firstIndex(of: UInt8(ascii: ">")) else {
            throw failure("invalid named capture", start, bytes.count)
        }
        let name = bytes[nameStart..<end]
        guard !name.isEmpty, name.allSatisfy({ Self.isWord($0) }) else {
            throw failure("invalid named capture", start, end + 1)
        }
        position = end + 1
        try open(capture: groupNames.count, flags)
        groupNames.append(String(decoding: name, as: UTF8.self))
    }

    static func isWord(_ byte: UInt8) -> Bool {
        (byte >= 0x30 && byte <= 0x39) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a) || byte == 0x5f
    }

    private mutating func open(capture: Int?, _ outer: Flags) throws(RegexError) {
        guard frames.count <= RegexLimits.nestingMax else {
            throw failure("expression nests too deeply", 0, bytes.count)
        }
        frames.append(Frame(capture: capture, outerFlags: outer))
    }

    private mutating func closeGroup() throws(RegexError) {
        guard frames.count > 1, var frame = frames.popLast() else {
            throw RegexError(
                offset: position, message: "unexpected ): `\(String(decoding: bytes, as: UTF8.self))`")
        }
        position += 1
        let node = frame.close()
        flags = frame.outerFlags
        guard frame.height < RegexLimits.nestingMax else {
            throw failure("expression nests too deeply", 0, bytes.count)
        }
        let closed = frame.capture.map { RegexNode.capture($0, node) } ?? node
        frames[frames.count - 1].items.append((closed, frame.height + 1))
    }

    /// `(?flags)` or `(?flags:`.
    private mutating func parseFlags() throws(RegexError) {
        let start = position
        position += 2
        var new = flags
        var isSet = true
        var sawFlag = false
        scan: while position < bytes.count {
            switch nextScalar() {
            case 0x69:
                new.foldCase = isSet
                sawFlag = true
            case 0x6d:
                new.multiLine = isSet
                sawFlag = true
            case 0x73:
                new.dotMatchesLineFeed = isSet
                sawFlag = true
            case 0x55:
                new.swapsGreed = isSet
                sawFlag = true
            case 0x2d:
                guard isSet else { break scan }
                isSet = false
                sawFlag = false
            case 0x3a:
                guard isSet || sawFlag else { break scan }
                try open(capture: nil, flags)
                flags = new
                return
            case 0x29:
                guard isSet || sawFlag else { break scan }
                flags = new
                return
            default: break scan
            }
        }
        throw failure("invalid or unsupported Perl syntax", start, position)
    }
}
