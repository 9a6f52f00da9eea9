// Pattern tree to program, from the end to the start: every piece is compiled knowing what comes after it.
// Called by LinearRegex.init.

struct ProgramCompiler {
    private var program = Program()
    private var hasWordAssertions = false
    private var hasLineAssertions = false
    /// Equal dispatch nodes are one, so that large classes share their tails.
    private var sharedNodes: [[ByteTransition]: UInt32] = [:]
    private let patternText: String

    /// `anchoredAtEnd`: the end of the text is required after the pattern.
    static func compile(
        _ node: RegexNode, groupCount: Int, anchoredAtEnd: Bool, pattern: String
    ) throws(RegexError) -> Program {
        var compiler = ProgramCompiler(patternText: pattern)
        var next = try compiler.emit(Instruction(operation: .match))
        next = try compiler.emit(Instruction(operation: .save, target: next, other: 1))
        if anchoredAtEnd {
            next = try compiler.emit(
                Instruction(operation: .assert, low: Assertion.textEnd.rawValue, target: next))
        }
        next = try compiler.compile(node, next)
        compiler.program.start = try compiler.emit(Instruction(operation: .save, target: next, other: 0))
        compiler.program.slotCount = 2 * groupCount
        compiler.program.finishClasses(
            distinguishingWords: compiler.hasWordAssertions, lines: compiler.hasLineAssertions)
        return compiler.program
    }

    private init(patternText: String) { self.patternText = patternText }

    private mutating func emit(_ instruction: Instruction) throws(RegexError) -> UInt32 {
        guard program.instructions.count + program.transitions.count < RegexLimits.instructionsMax else {
            throw RegexError(offset: 0, message: "expression too large: `\(patternText)`")
        }
        program.instructions.append(instruction)
        return UInt32(program.instructions.count - 1)
    }

    private mutating func compile(_ node: RegexNode, _ next: UInt32) throws(RegexError) -> UInt32 {
        switch node {
        case .empty: return next
        case .scalars(let set): return try compile(set, next)
        case .concatenation(let parts):
            var next = next
            for part in parts.reversed() { next = try compile(part, next) }
            return next
        case .alternation(let branches):
            var rest: UInt32?
            for branch in branches.reversed() {
                let entry = try compile(branch, next)
                guard let other = rest else {
                    rest = entry
                    continue
                }
                rest = try emit(Instruction(operation: .split, target: entry, other: other))
            }
            return rest ?? next
        case .capture(let group, let inner):
            let close = try emit(Instruction(operation: .save, target: next, other: UInt32(2 * group + 1)))
            let entry = try compile(inner, close)
            return try emit(Instruction(operation: .save, target: entry, other: UInt32(2 * group)))
        case .repetition(let inner, let min, let max, let greedy):
            return try compile(inner, min: min, max: max, greedy: greedy, next)
        case .assertion(let assertion):
            switch assertion {
            case .textStart: program.looksBehind = true
            case .lineStart, .lineEnd:
                program.looksBehind = true
                hasLineAssertions = true
            case .wordBoundary, .noWordBoundary:
                program.looksBehind = true
                hasWordAssertions = true
            case .textEnd: break
            }
            return try emit(Instruction(operation: .assert, low: assertion.rawValue, target: next))
        }
    }

    private mutating func compile(
        _ inner: RegexNode, min: Int, max: Int?, greedy: Bool, _ next: UInt32
    ) throws(RegexError) -> UInt32 {
        var entry = next
        var copies = min
        if let max {
            for _ in Swift.min(min, max)..<max {
                let body = try compile(inner, entry)
                entry = try emit(split(body, next, greedy))
            }
        } else {
            // A loop whose body can be empty is entered through `(body+)?`, which keeps Go's priorities.
            let loop = try emit(Instruction(operation: .split))
            let body = try compile(inner, loop)
            program.instructions[Int(loop)] = split(body, next, greedy)
            if min > 0 {
                entry = body
                copies -= 1
            } else {
                entry = inner.isNullable ? try emit(split(body, next, greedy)) : loop
            }
        }
        for _ in 0..<copies { entry = try compile(inner, entry) }
        return entry
    }

    private func split(_ body: UInt32, _ exit: UInt32, _ greedy: Bool) -> Instruction {
        greedy
            ? Instruction(operation: .split, target: body, other: exit)
            : Instruction(operation: .split, target: exit, other: body)
    }

    // MARK: Classes

    private mutating func compile(_ set: ScalarSet, _ next: UInt32) throws(RegexError) -> UInt32 {
        if let single = set.single, single < 0x80 {
            return try emit(Instruction(operation: .byte, low: UInt8(single), high: UInt8(single), target: next))
        }
        // Scalars by the length of their UTF-8 form; surrogates have none.
        let lengths: [(low: UInt32, high: UInt32, lead: UInt8, more: UInt32)] = [
            (0, 0x7f, 0, 0), (0x80, 0x7ff, 0xc0, 1), (0x800, 0xd7ff, 0xe0, 2), (0xe000, 0xffff, 0xe0, 2),
            (0x1_0000, 0x10_ffff, 0xf0, 3),
        ]
        var node: [ByteTransition] = []
        for length in lengths {
            let part = set.ranges.compactMap { range -> ScalarRange? in
                let low = max(range.low, length.low)
                let high = min(range.high, length.high)
                return low <= high ? ScalarRange(low: low, high: high) : nil
            }
            guard !part.isEmpty else { continue }
            node += try branches(part, more: length.more, lead: length.lead, next)
        }
        return try emit(dispatching: node)
    }

    /// Transitions by the leading byte of scalars whose UTF-8 form has `more` bytes after it.
    private mutating func branches(
        _ ranges: [ScalarRange], more: UInt32, lead: UInt8, _ next: UInt32
    ) throws(RegexError) -> [ByteTransition] {
        guard more > 0 else {
            return ranges.map {
                ByteTransition(low: lead + UInt8($0.low), high: lead + UInt8($0.high), target: next)
            }
        }
        let shift = 6 * more
        let mask = (UInt32(1) << shift) - 1
        var pieces: [(low: UInt32, high: UInt32, rest: [ScalarRange])] = []
        func add(_ low: UInt32, _ high: UInt32, _ rest: ScalarRange) {
            if let last = pieces.last, last.low == low, last.high == high {
                pieces[pieces.count - 1].rest.append(rest)
            } else {
                pieces.append((low, high, [rest]))
            }
        }
        for range in ranges {
            var first = range.low >> shift
            var last = range.high >> shift
            if first == last {
                add(first, first, ScalarRange(low: range.low & mask, high: range.high & mask))
                continue
            }
            var tail: ScalarRange?
            if range.low & mask != 0 {
                add(first, first, ScalarRange(low: range.low & mask, high: mask))
                first += 1
            }
            if range.high & mask != mask {
                tail = ScalarRange(low: 0, high: range.high & mask)
                last -= 1
            }
            if first <= last { add(first, last, ScalarRange(low: 0, high: mask)) }
            if let tail { add(range.high >> shift, range.high >> shift, tail) }
        }
        var result: [ByteTransition] = []
        for piece in pieces {
            let child = try emit(dispatching: branches(piece.rest, more: more - 1, lead: 0x80, next))
            result.append(
                ByteTransition(low: lead + UInt8(piece.low), high: lead + UInt8(piece.high), target: child))
        }
        return result
    }

    private mutating func emit(dispatching transitions: [ByteTransition]) throws(RegexError) -> UInt32 {
        var merged: [ByteTransition] = []
        for transition in transitions {
            if let last = merged.last, last.target == transition.target, Int(last.high) + 1 == Int(transition.low) {
                merged[merged.count - 1].high = transition.high
            } else {
                merged.append(transition)
            }
        }
        if let known = sharedNodes[merged] { return known }
        let entry: UInt32
        if merged.count == 1 {
            entry = try emit(
                Instruction(operation: .byte, low: merged[0].low, high: merged[0].high, target: merged[0].target))
        } else {
            let start = UInt32(program.transitions.count)
            program.transitions += merged
            entry = try emit(
                Instruction(operation: .dispatch, target: start, other: UInt32(program.transitions.count)))
        }
        sharedNodes[merged] = entry
        return entry
    }
}
