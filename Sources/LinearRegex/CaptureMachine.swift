// Finds where a program matches and what its groups hold: all threads in step, one byte at a time.
// Called by LinearRegex.firstMatch and captures; the first alternative that can match wins, as in Perl and Go.

struct CaptureMachine {
    private let program: Program
    private let text: UnsafeBufferPointer<UInt8>
    private var stack: [Thread] = []
    private var blocks: SlotBlocks
    /// Instructions looked at so far, for tests of linearity.
    private(set) var stepCount = 0

    /// Where a thread stands, and the block with its slots.
    private struct Thread {
        var instruction: UInt32
        var block: Int32
    }

    /// Threads that wait for a byte or have matched, in order of priority.
    private struct ThreadList {
        var visited: SparseSet
        var threads: [Thread] = []

        init(_ program: Program) { visited = SparseSet(capacity: program.instructions.count) }

        mutating func removeAll() {
            visited.removeAll()
            threads.removeAll(keepingCapacity: true)
        }
    }

    init(_ program: Program, _ text: UnsafeBufferPointer<UInt8>) {
        self.program = program
        self.text = text
        blocks = SlotBlocks(slotCount: program.slotCount)
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
                add(program.start, blocks.make(), at: position, to: &current)
            }
            if current.threads.isEmpty, found != nil || !searching { break }
            next.removeAll()
            step(current.threads, &next, at: position, &found)
            swap(&current, &next)
            guard position < text.count else { break }
            position += 1
        }
        return found
    }

    private mutating func step(
        _ threads: [Thread], _ next: inout ThreadList, at position: Int, _ found: inout [Int]?
    ) {
        stepCount += threads.count
        for (index, thread) in threads.enumerated() {
            let instruction = program.instructions[Int(thread.instruction)]
            if instruction.operation == .match {
                found = blocks.slots(of: thread.block)
                // Threads of less priority are cut off.
                for other in threads[index...] { blocks.release(other.block) }
                return
            }
            if position < text.count, let target = program.step(instruction, text[position]) {
                add(target, thread.block, at: position + 1, to: &next)
            } else {
                blocks.release(thread.block)
            }
        }
    }

    /// Adds a thread and all that it reaches without a byte, in order of priority. Its share of the block goes over to them.
    private mutating func add(_ start: UInt32, _ block: Int32, at position: Int, to list: inout ThreadList) {
        stack.append(Thread(instruction: start, block: block))
        while let thread = stack.popLast() {
            guard list.visited.insert(thread.instruction) else {
                blocks.release(thread.block)
                continue
            }
            stepCount += 1
            let instruction = program.instructions[Int(thread.instruction)]
            switch instruction.operation {
            case .byte, .dispatch, .match: list.threads.append(thread)
            case .split:
                blocks.retain(thread.block)
                stack.append(Thread(instruction: instruction.other, block: thread.block))
                stack.append(Thread(instruction: instruction.target, block: thread.block))
            case .save:
                let saved = blocks.setting(Int(instruction.other), to: position, in: thread.block)
                stack.append(Thread(instruction: instruction.target, block: saved))
            case .assert:
                if let assertion = Assertion(rawValue: instruction.low), context(position).holds(assertion) {
                    stack.append(Thread(instruction: instruction.target, block: thread.block))
                } else {
                    blocks.release(thread.block)
                }
            }
        }
    }

    private func context(_ position: Int) -> PositionContext {
        PositionContext(
            before: position > 0 ? text[position - 1] : nil, after: position < text.count ? text[position] : nil)
    }
}

/// The slots of threads: a block is shared until one that has it writes. In a run of bytes of one group, which is most of
/// a log's line, nothing is copied.
private struct SlotBlocks {
    private let slotCount: Int
    private var values: [Int] = []
    /// How many threads have each block.
    private var shares: [Int32] = []
    private var free: [Int32] = []

    init(slotCount: Int) { self.slotCount = slotCount }

    /// A block of slots that hold nothing.
    mutating func make() -> Int32 {
        let block = take()
        let start = Int(block) * slotCount
        for index in start..<start + slotCount { values[index] = -1 }
        return block
    }

    private mutating func take() -> Int32 {
        if let block = free.popLast() {
            shares[Int(block)] = 1
            return block
        }
        values.append(contentsOf: repeatElement(-1, count: slotCount))
        shares.append(1)
        return Int32(shares.count - 1)
    }

    mutating func retain(_ block: Int32) { shares[Int(block)] += 1 }

    mutating func release(_ block: Int32) {
        shares[Int(block)] -= 1
        if shares[Int(block)] == 0 { free.append(block) }
    }

    /// The block with that slot set: a copy if others have the old one, whose share is given up.
    mutating func setting(_ slot: Int, to position: Int, in block: Int32) -> Int32 {
        var written = block
        if shares[Int(block)] > 1 {
            shares[Int(block)] -= 1
            written = take()
            let (from, to) = (Int(block) * slotCount, Int(written) * slotCount)
            for index in 0..<slotCount { values[to + index] = values[from + index] }
        }
        values[Int(written) * slotCount + slot] = position
        return written
    }

    func slots(of block: Int32) -> [Int] {
        Array(values[Int(block) * slotCount..<(Int(block) + 1) * slotCount])
    }
}
