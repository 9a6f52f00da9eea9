// Groups of a pattern in which each byte leaves one way: found by following a table, one row a byte.
// Built by LinearRegex for patterns with groups; where there are several ways CaptureMachine walks them all.

/// `(\S+) \[([^\]]+)\]` is such a pattern, and most patterns for lines of logs are; `(.*) (\S+)` is none, for a space may
/// end the first group or belong to it.
struct OnePass {
    /// Where a way is open.
    private struct Condition: OptionSet {
        let rawValue: UInt8
        static let textStart = Condition(rawValue: 1)
        static let textEnd = Condition(rawValue: 2)
    }

    /// What a byte does at a node; what a match does there.
    private struct Step {
        /// Negative: there is no such step.
        var node: Int32 = -1
        var condition: Condition = []
        /// A match has priority over this step.
        var isBelowMatch = false
        /// The slots that get the position before the byte, by bits.
        var saves: UInt64 = 0
    }

    /// More nodes times classes than this are left to CaptureMachine.
    static let stepsMax = 1 << 15
    /// And more instructions than this that are walked for all nodes together: one walk may be as long as the pattern.
    static let walkedMax = 1 << 17

    private let slotCount: Int
    private let classes: [UInt8]
    private let classCount: Int
    private var steps: [Step] = []
    private var matches: [Step] = []
    /// No way leads on from the start but at the beginning of a text: searching is trying there.
    private(set) var beginsAtTextStart = true

    /// Nil when some byte leaves several ways, or when the pattern asks for words, for lines or for too much.
    init?(_ program: Program) {
        guard program.slotCount <= 64 else { return nil }
        slotCount = program.slotCount
        classes = program.byteClasses
        classCount = program.classRepresentatives.count
        var nodes: [UInt32: Int32] = [program.start: 0]
        var instructions = [program.start]
        var next = 0
        var walked = 0
        while next < instructions.count {
            guard (next + 1) * classCount <= Self.stepsMax else { return nil }
            steps.append(contentsOf: repeatElement(Step(), count: classCount))
            matches.append(Step())
            let ways = Ways(from: instructions[next], program, atMost: Self.walkedMax - walked)
            guard let found = ways.found else { return nil }
            walked += ways.walked
            for way in found {
                if next == 0, !way.condition.contains(.textStart) { beginsAtTextStart = false }
                guard let instruction = way.instruction else {
                    matches[next] = Step(node: 0, condition: way.condition, saves: way.saves)
                    continue
                }
                // At the end of the text no byte comes.
                if way.condition.contains(.textEnd) { continue }
                for (index, byte) in program.classRepresentatives.enumerated() {
                    guard let target = program.step(instruction, byte) else { continue }
                    let place = next * classCount + index
                    guard steps[place].node < 0 else { return nil }
                    let node = nodes[target] ?? Int32(instructions.count)
                    if nodes[target] == nil {
                        nodes[target] = node
                        instructions.append(target)
                    }
                    steps[place] = Step(
                        node: node, condition: way.condition, isBelowMatch: matches[next].node >= 0, saves: way.saves)
                }
            }
            next += 1
        }
    }

    /// What can be reached without a byte, in order of priority.
    private struct Ways {
        struct Way {
            /// Nil: a match.
            var instruction: Instruction?
            var condition: Condition
            var saves: UInt64
        }
        /// Nil when one instruction is reached on two ways, or by an assertion that is none of text start and end, or when
        /// they are too many.
        private(set) var found: [Way]? = []
        /// Instructions looked at.
        private(set) var walked = 0

        init(from start: UInt32, _ program: Program, atMost walkedMax: Int) {
            var visited: Set<UInt32> = []
            var stack: [(at: UInt32, condition: Condition, saves: UInt64)] = [(start, [], 0)]
            while let way = stack.popLast() {
                walked += 1
                guard walked <= walkedMax, visited.insert(way.at).inserted else {
                    found = nil
                    return
                }
                let instruction = program.instructions[Int(way.at)]
                switch instruction.operation {
                case .byte, .dispatch:
                    found?.append(Way(instruction: instruction, condition: way.condition, saves: way.saves))
                case .match: found?.append(Way(instruction: nil, condition: way.condition, saves: way.saves))
                case .split:
                    stack.append((instruction.other, way.condition, way.saves))
                    stack.append((instruction.target, way.condition, way.saves))
                case .save:
                    stack.append((instruction.target, way.condition, way.saves | 1 << UInt64(instruction.other)))
                case .assert:
                    var condition = way.condition
                    switch Assertion(rawValue: instruction.low) {
                    case .textStart: condition.insert(.textStart)
                    case .textEnd: condition.insert(.textEnd)
                    default:
                        found = nil
                        return
                    }
                    stack.append((instruction.target, condition, way.saves))
                }
            }
        }
    }

    /// Byte positions of all groups, -1 for a group that took no part; nil without a match that begins at `start`.
    func run(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> [Int]? {
        var slots = Array(repeating: -1, count: slotCount)
        var found: [Int]?
        var node = 0
        var position = start
        return steps.withUnsafeBufferPointer { steps in
            while true {
                let match = matches[node]
                let isMatch = match.node >= 0 && holds(match.condition, position, text.count)
                if isMatch {
                    var matched = slots
                    Self.save(match.saves, position, &matched)
                    found = matched
                }
                guard position < text.count else { return found }
                let step = steps[node * classCount + Int(classes[Int(text[position])])]
                guard step.node >= 0, !(isMatch && step.isBelowMatch), holds(step.condition, position, text.count)
                else {
                    return found
                }
                if step.saves != 0 { Self.save(step.saves, position, &slots) }
                node = Int(step.node)
                position += 1
            }
        }
    }

    @inline(__always)
    private func holds(_ condition: Condition, _ position: Int, _ count: Int) -> Bool {
        if condition.rawValue == 0 { return true }
        return !(condition.contains(.textStart) && position > 0) && !(condition.contains(.textEnd) && position < count)
    }

    private static func save(_ saves: UInt64, _ position: Int, _ slots: inout [Int]) {
        var rest = saves
        while rest != 0 {
            slots[rest.trailingZeroBitCount] = position
            rest &= rest - 1
        }
    }
}
