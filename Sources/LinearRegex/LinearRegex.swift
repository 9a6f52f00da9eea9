// RE2-syntax patterns matched in time linear in the text.
// The lowest row: matchers, relabel rules and label_replace come from users over the network.

/// Why a pattern was refused, with the place in it.
public struct RegexError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Byte offset in the pattern.
    public var offset: Int
    public var message: String

    public init(offset: Int, message: String) {
        self.offset = offset
        self.message = message
    }
    public var description: String { "error parsing regexp: \(message)" }
}

/// A compiled pattern. Copies share the program; equal when the pattern's bytes and the way of matching are.
public struct LinearRegex: Hashable, Sendable, CustomStringConvertible {
    public let pattern: String
    private let isSearching: Bool
    private let compiled: CompiledRegex
    /// For tests; nil when a shortcut answers everything.
    var program: Program? { compiled.program }

    /// Matches whole texts only; `.` matches line feeds. Source: Prometheus 3 matchers, `^(?s:PATTERN)$`.
    public init(anchored pattern: String) throws(RegexError) {
        self.pattern = pattern
        isSearching = false
        compiled = try CompiledRegex(pattern, searching: false)
    }

    /// Finds matches anywhere in a text; `.` does not match line feeds, as in Go's regexp.
    public init(searching pattern: String) throws(RegexError) {
        self.pattern = pattern
        isSearching = true
        compiled = try CompiledRegex(pattern, searching: true)
    }

    /// Whether the whole text matches; for a searching pattern, whether some part does.
    public func matches(_ text: String) -> Bool {
        isSearching ? firstMatch(in: text) != nil : Bytes.of(text) { compiled.matches($0) }
    }

    /// The same for UTF-8 bytes, which must be well formed.
    package func matches(utf8 bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        isSearching ? compiled.firstMatch(in: bytes, from: 0) != nil : compiled.matches(bytes)
    }

    /// What the groups hold, nil when the text does not match.
    public func captures(in text: String) -> Match? { firstMatch(in: text) }

    /// The leftmost match; the first alternative that matches wins there.
    public func firstMatch(in text: String) -> Match? { Bytes.of(text) { compiled.firstMatch(in: $0, from: 0) } }

    /// All texts that match, when they are finitely many and few; nil otherwise. Only for anchored patterns.
    package var literalSet: [String]? { compiled.literalSet }

    /// Text with which every match begins; nil when there is none. Only for anchored patterns.
    package var requiredPrefix: String? { compiled.requiredPrefix }

    /// Number of groups, the whole match not counted.
    public var groupCount: Int { compiled.groupNames.count - 1 }

    /// Names by group number, nil for numbered groups; at 0 stands the whole match.
    public var groupNames: [String?] { compiled.groupNames }

    /// Every match replaced by the expanded template. Source: Go's Regexp.ReplaceAllString.
    package func replacingAll(in text: String, with template: String) -> String {
        Bytes.of(text) { compiled.replacingAll(in: $0, with: template) }
    }

    public static func == (left: LinearRegex, right: LinearRegex) -> Bool {
        left.isSearching == right.isSearching && left.pattern.utf8.elementsEqual(right.pattern.utf8)
    }
    public func hash(into hasher: inout Hasher) {
        hasher.combine(isSearching)
        hasher.combine(pattern)
    }
    public var description: String { pattern }
}

/// Byte ranges of a match and of its groups.
public struct Match: Hashable, Sendable {
    /// At 0 the whole match; nil for a group that took no part.
    public let ranges: [Range<Int>?]
    public let names: [String?]

    public var range: Range<Int> { ranges[0] ?? 0..<0 }

    init(slots: [Int], names: [String?]) {
        ranges = stride(from: 0, to: slots.count, by: 2).map { index in
            slots[index] >= 0 && slots[index + 1] >= slots[index] ? slots[index]..<slots[index + 1] : nil
        }
        self.names = names
    }

    /// The group's part of the text that was searched; nil when it took no part or does not exist.
    public func group(_ number: Int, of text: String) -> String? {
        guard ranges.indices.contains(number), let range = ranges[number] else { return nil }
        return Bytes.of(text) { bytes in
            range.upperBound <= bytes.count ? String(decoding: bytes[range], as: UTF8.self) : nil
        }
    }
}

/// The shared, immutable part of a pattern, and the automata that are lent to one caller at a time.
final class CompiledRegex: Sendable {
    /// Automata kept for callers on other threads; more are made when needed and dropped afterwards.
    static let idleAutomataMax = 4

    private enum Strategy: Sendable {
        case words(WordSet)
        case wordsWithGaps(WordsWithGaps)
        case automaton
    }

    let groupNames: [String?]
    let literalSet: [String]?
    let requiredPrefix: String?
    private let strategy: Strategy
    /// Nil when a shortcut answers everything.
    let program: Program?
    let isSearching: Bool
    /// Made when groups are first asked for: most patterns only match.
    private let onePass = Lock<OnePassState>(.unknown)
    private enum OnePassState { case unknown, none, table(OnePass) }
    /// Guards the list alone; an automaton taken from it belongs to the caller until it is put back.
    private let idle = Lock<[LazyDFA]>([])

    init(_ pattern: String, searching: Bool) throws(RegexError) {
        isSearching = searching
        if !searching, let plain = PlainWords(pattern) {
            groupNames = plain.hasGroup ? [nil, nil] : [nil]
            strategy = .words(WordSet(plain.words))
            literalSet = plain.words.map { String(decoding: $0, as: UTF8.self) }
            requiredPrefix = plain.words.count == 1 ? literalSet?.first.flatMap { $0.isEmpty ? nil : $0 } : nil
            program = nil
            return
        }
        var parser = RegexParser(pattern, dotMatchesLineFeed: !searching)
        let tree = try parser.parse()
        groupNames = parser.groupNames
        guard !searching else {
            strategy = .automaton
            literalSet = nil
            requiredPrefix = nil
            program = try Self.compile(tree, groupNames.count, anchoredAtEnd: false, pattern)
            return
        }
        let bare = Shape.withoutOuterAnchors(tree)
        if let words = Shape.words(bare) {
            strategy = .words(WordSet(words))
            literalSet = words.map { String(decoding: $0, as: UTF8.self) }
        } else {
            literalSet = nil
            strategy = Shape.wordsWithGaps(bare).map { .wordsWithGaps($0) } ?? .automaton
        }
        let prefix = Shape.prefix(bare)
        requiredPrefix = prefix.isEmpty ? nil : String(decoding: prefix, as: UTF8.self)
        if case .automaton = strategy {
            program = try Self.compile(tree, groupNames.count, anchoredAtEnd: true, pattern)
        } else if groupNames.count > 1 {
            program = try Self.compile(tree, groupNames.count, anchoredAtEnd: true, pattern)
        } else {
            program = nil
        }
    }

    private static func compile(
        _ tree: RegexNode, _ groupCount: Int, anchoredAtEnd: Bool, _ pattern: String
    ) throws(RegexError) -> Program {
        let program = try ProgramCompiler.compile(
            tree, groupCount: groupCount, anchoredAtEnd: anchoredAtEnd, pattern: pattern)
        guard program.instructions.count * program.slotCount <= RegexLimits.captureCellsMax else {
            throw RegexError(offset: 0, message: "expression too large: `\(pattern)`")
        }
        return program
    }

    func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        switch strategy {
        case .words(let words): return words.contains(text)
        case .wordsWithGaps(let words): return words.matches(text)
        case .automaton:
            guard let automaton = idle.withLock({ $0.popLast() }) ?? makeAutomaton() else { return false }
            let result = automaton.matches(text)
            idle.withLock { if $0.count < Self.idleAutomataMax { $0.append(automaton) } }
            return result
        }
    }

    // Apart from `matches`, which would retain the program's arrays at every call.
    @inline(never)
    private func makeAutomaton() -> LazyDFA? { program.map { LazyDFA($0) } }

    private func onePass(_ program: Program) -> OnePass? {
        onePass.withLock { state in
            if case .unknown = state { state = OnePass(program).map { .table($0) } ?? OnePassState.none }
            if case .table(let table) = state { return table }
            return nil
        }
    }

    func firstMatch(in text: UnsafeBufferPointer<UInt8>, from start: Int) -> Match? {
        if let program, program.slotCount > 2, let table = onePass(program), !isSearching || table.beginsAtTextStart {
            return table.run(text, from: start).map { Match(slots: $0, names: groupNames) }
        }
        // Most texts do not match, and to say so is cheaper than to look for groups.
        if !isSearching && !matches(text) { return nil }
        guard let program, isSearching || program.slotCount > 2 else {
            // Without a program the only group that there can be is around everything.
            let slots = (0..<2 * groupNames.count).map { $0 % 2 == 0 ? 0 : text.count }
            return Match(slots: slots, names: groupNames)
        }
        var machine = CaptureMachine(program, text)
        return machine.run(from: start, searching: isSearching).map { Match(slots: $0, names: groupNames) }
    }
}
