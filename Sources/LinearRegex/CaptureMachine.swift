// Finds where a program matches and what its groups hold: all threads in step, one byte at a time.
// Called by LinearRegex.firstMatch and captures; the first alternative that can match wins, as in Perl and Go.

struct CaptureMachine {
    private let program: Program
    private let text: UnsafeBufferPointer<UInt8>
    private var stack: [(instruction: UInt32, restoreSlot: Int, restoreValue: Int)] = []
    private var slots: [Int]
    /// Instructions looked at so far, for tests of linearity.
    private(set) var stepCount = 0

    /// Threads in order of priority, with their slots.
    private struct ThreadList {
        var threads: SparseSet
        var slots: [Int]
        init(_ program: Program) {
            threads = SparseSet(capacity: program.instructions.count)
            slots = []
        }
    }

    init(_ program: Program, _ text: UnsafeBufferPointer<UInt8>) {
        self.program = program
        self.text = text
        slots = Array(repeating: -1, count: program.slotCount)
    }

    /// Byte positions of all groups, -1 for a group that took no part; nil without a match.
    ///
    /// `searching`: at the first place from `start` on, else at `start` only.
    mutating func run(from start: Int, searching: Bool) -> [Int]? {
        var found: [Int]?
        var position = start
        var current = ThreadList(program)
        var next = ThreadList(program)
        while true {
            // A match begins only between scalars, never inside of one.
            let isBoundary = position >= text.count || text[position] & 0xc0 != 0x80
            if found == nil, position == start || (searching && isBoundary) {
                for index in slots.indices { slots[index] = -1 }
                add(program.start, at: position, to: &current)
            }
            if current.threads.count == 0, found != nil || !searching { break }
            next.threads.removeAll()
            next.slots.removeAll(keepingCapacity: true)
            step(current, &next, at: position, &found)
            swap(&current, &next)
            guard position < text.count else { break }
            position += 1
        }
        return found
    }

    private mutating func step(
        _ current: borrowing ThreadList, _ next: inout ThreadList, at position: Int, _ found: inout [Int]?
    ) {
        let slotCount = program.slotCount
        stepCount += current.threads.count
        for index in 0..<current.threads.count {
            let instruction = program.instructions[Int(current.threads[index])]
            switch instruction.operation {
            case .match:
                // Threads of less priority are cut off.
                found = Array(current.slots[(index * slotCount)..<((index + 1) * slotCount)])
                return
            case .byte, .dispatch:
                guard position < text.count, let target = program.step(instruction, text[position]) else { continue }
                for slot in 0..<slotCount { slots[slot] = current.slots[index * slotCount + slot] }
                add(target, at: position + 1, to: &next)
            case .split, .save, .assert: continue
            }
        }
    }

    /// Adds a thread with `slots` and all that it reaches without a byte, in order of priority.
    private mutating func add(_ start: UInt32, at position: Int, to list: inout ThreadList) {
        let context = PositionContext(
            before: position > 0 ? text[position - 1] : nil, after: position < text.count ? text[position] : nil)
        stack.append((start, -1, 0))
        while let entry = stack.popLast() {
            if entry.restoreSlot >= 0 {
                slots[entry.restoreSlot] = entry.restoreValue
                continue
            }
            guard list.threads.insert(entry.instruction) else { continue }
            list.slots.append(contentsOf: slots)
            stepCount += 1
            let instruction = program.instructions[Int(entry.instruction)]
            switch instruction.operation {
            case .byte, .dispatch, .match: break
            case .split:
                stack.append((instruction.other, -1, 0))
                stack.append((instruction.target, -1, 0))
            case .save:
                let slot = Int(instruction.other)
                stack.append((0, slot, slots[slot]))
                slots[slot] = position
                stack.append((instruction.target, -1, 0))
            case .assert:
                if let assertion = Assertion(rawValue: instruction.low), context.holds(assertion) {
                    stack.append((instruction.target, -1, 0))
                }
            }
        }
    }
}
