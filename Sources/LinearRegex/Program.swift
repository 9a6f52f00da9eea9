// The compiled form of a pattern: a nondeterministic automaton over UTF-8 bytes.
// Made by ProgramCompiler, run by LazyDFA (does it match?) and by CaptureMachine (where?).

struct Instruction: Hashable, Sendable {
    enum Operation: UInt8, Sendable {
        /// Consumes one byte in `low...high`, goes on at `target`.
        case byte
        /// Consumes one byte by the ranges `target..<other` of the program's table.
        case dispatch
        /// Goes on at `target`, with less priority at `other`.
        case split
        /// Stores the position in slot `other`.
        case save
        /// Goes on when the assertion with raw value `low` holds.
        case assert
        case match
    }
    var operation: Operation
    var low: UInt8 = 0
    var high: UInt8 = 0
    var target: UInt32 = 0
    var other: UInt32 = 0
}

struct ByteTransition: Hashable, Sendable {
    var low: UInt8
    var high: UInt8
    var target: UInt32
}

/// What stands at both sides of a position; a byte outside the text is nil.
struct PositionContext {
    var before: UInt8?
    var after: UInt8?

    func holds(_ assertion: Assertion) -> Bool {
        switch assertion {
        case .textStart: before == nil
        case .textEnd: after == nil
        case .lineStart: before == nil || before == 0x0a
        case .lineEnd: after == nil || after == 0x0a
        case .wordBoundary: Self.isWord(before) != Self.isWord(after)
        case .noWordBoundary: Self.isWord(before) == Self.isWord(after)
        }
    }

    private static func isWord(_ byte: UInt8?) -> Bool { byte.map { RegexParser.isWord($0) } ?? false }
}

struct Program: Sendable {
    var instructions: [Instruction] = []
    var transitions: [ByteTransition] = []
    var start: UInt32 = 0
    var slotCount = 2
    /// Whether a position's left side matters to some assertion.
    var looksBehind = false
    /// Class of each byte: bytes of one class are told apart nowhere in the program.
    var byteClasses: [UInt8] = []
    /// One byte of each class.
    var classRepresentatives: [UInt8] = []

    /// Target of a consuming instruction for a byte, nil when it does not match.
    @inline(__always)
    func step(_ instruction: Instruction, _ byte: UInt8) -> UInt32? {
        if instruction.operation == .byte {
            return instruction.low <= byte && byte <= instruction.high ? instruction.target : nil
        }
        var low = Int(instruction.target)
        var high = Int(instruction.other)
        while low < high {
            let middle = (low + high) >> 1
            if transitions[middle].high < byte { low = middle + 1 } else { high = middle }
        }
        guard low < Int(instruction.other), transitions[low].low <= byte else { return nil }
        return transitions[low].target
    }

    mutating func finishClasses(distinguishingWords: Bool, lines: Bool) {
        var startsClass = [Bool](repeating: false, count: 257)
        startsClass[0] = true
        func mark(_ low: UInt8, _ high: UInt8) {
            startsClass[Int(low)] = true
            startsClass[Int(high) + 1] = true
        }
        for instruction in instructions where instruction.operation == .byte { mark(instruction.low, instruction.high) }
        for transition in transitions { mark(transition.low, transition.high) }
        if lines { mark(0x0a, 0x0a) }
        if distinguishingWords {
            mark(0x30, 0x39)
            mark(0x41, 0x5a)
            mark(0x5f, 0x5f)
            mark(0x61, 0x7a)
        }
        byteClasses = []
        classRepresentatives = []
        for byte in 0..<256 {
            if startsClass[byte] { classRepresentatives.append(UInt8(byte)) }
            byteClasses.append(UInt8(classRepresentatives.count - 1))
        }
    }
}
