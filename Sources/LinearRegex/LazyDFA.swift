// Answers whether a program matches a whole text; makes the states of a deterministic automaton when they are first needed.
// Owned by CompiledRegex, which lends one to a caller at a time.

/// One thread uses it at a time and hands it on through the Mutex of CompiledRegex, hence unchecked. The cache is bounded; when full it is emptied, so the cost stays linear.
final class LazyDFA: @unchecked Sendable {
    /// Bytes of cached states.
    static let cacheBytesMax = 1 << 20

    private struct Kernel: Hashable {
        /// Instructions reached by the last byte, sorted; what follows them without a byte is not yet gone through.
        var instructions: [UInt32]
        /// The byte to the left as far as assertions see it: 256 at the start of the text.
        var before: UInt16
    }

    private let program: Program
    private let classCount: Int
    private var kernels: [Kernel] = []
    private var stateByKernel: [Kernel: UInt32] = [:]
    /// For each state: 0 unknown, 1 no, 2 yes.
    private var accepts: [UInt8] = []
    /// Next state times `classCount` for state and class; `unknown` until asked for.
    private var table: UnsafeMutablePointer<UInt32>
    private var tableCapacity: Int
    private let classes: UnsafeMutablePointer<UInt8>
    /// The start's row, nil while the cache does not hold it.
    private var start: UInt32?
    private var cacheBytes = 0
    private(set) var emptiedCount = 0
    private var visited: SparseSet
    private var targets: SparseSet
    private var stack: [UInt32] = []
    /// Instructions looked at so far, for tests of linearity.
    private(set) var stepCount = 0

    private static let unknown = UInt32.max
    private static let dead = UInt32.max - 1

    init(_ program: Program) {
        self.program = program
        classCount = program.classRepresentatives.count
        tableCapacity = 16 * classCount
        table = .allocate(capacity: tableCapacity)
        classes = .allocate(capacity: 256)
        for byte in 0..<256 { classes[byte] = program.byteClasses[byte] }
        visited = SparseSet(capacity: program.instructions.count)
        targets = SparseSet(capacity: program.instructions.count)
    }

    deinit {
        table.deallocate()
        classes.deallocate()
    }

    func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        // In locals: a property of a class is looked up and guarded at every access.
        let classes = self.classes
        var state = Int(startState())
        var table = self.table
        for byte in text {
            // A class index is below classCount, a state is one of the table's rows.
            let byteClass = Int(classes[Int(byte)])
            var next = table[state &+ byteClass]
            if next >= Self.dead {
                if next == Self.dead { return false }
                next = advance(UInt32(state), UInt32(byteClass))
                if next == Self.dead { return false }
                table = self.table
            }
            state = Int(next)
        }
        return isAccepting(UInt32(state))
    }

    // MARK: States

    private func startState() -> UInt32 {
        if let start { return start }
        let row = state(for: Kernel(instructions: [program.start], before: program.looksBehind ? 256 : 0))
        start = row
        return row
    }

    /// A state's number times `classCount`.
    private func state(for kernel: Kernel) -> UInt32 {
        if let known = stateByKernel[kernel] { return known }
        let rowBytes = classCount * 4 + kernel.instructions.count * 8 + 96
        if cacheBytes + rowBytes > Self.cacheBytesMax, !kernels.isEmpty { removeAll() }
        cacheBytes += rowBytes
        let row = kernels.count * classCount
        if row + classCount > tableCapacity {
            let larger = UnsafeMutablePointer<UInt32>.allocate(capacity: tableCapacity * 2)
            larger.update(from: table, count: row)
            table.deallocate()
            table = larger
            tableCapacity *= 2
        }
        (table + row).update(repeating: Self.unknown, count: classCount)
        kernels.append(kernel)
        accepts.append(0)
        stateByKernel[kernel] = UInt32(row)
        return UInt32(row)
    }

    private func removeAll() {
        kernels.removeAll(keepingCapacity: true)
        stateByKernel.removeAll(keepingCapacity: true)
        accepts.removeAll(keepingCapacity: true)
        cacheBytes = 0
        emptiedCount += 1
        start = nil
    }

    /// Makes the transition that the table does not have yet.
    private func advance(_ state: UInt32, _ byteClass: UInt32) -> UInt32 {
        let kernel = kernels[Int(state) / classCount]
        let byte = program.classRepresentatives[Int(byteClass)]
        _ = close(kernel, after: byte)
        targets.removeAll()
        for index in 0..<visited.count {
            let instruction = program.instructions[Int(visited[index])]
            guard instruction.operation == .byte || instruction.operation == .dispatch else { continue }
            if let target = program.step(instruction, byte) { targets.insert(target) }
        }
        stepCount += visited.count
        let row = Int(state)
        guard targets.count > 0 else {
            table[row + Int(byteClass)] = Self.dead
            return Self.dead
        }
        let emptied = emptiedCount
        let next = self.state(
            for: Kernel(instructions: targets.sorted(), before: program.looksBehind ? UInt16(byte) : 0))
        // After the cache was emptied the row belongs to nobody.
        if emptied == emptiedCount { table[row + Int(byteClass)] = next }
        return next
    }

    private func isAccepting(_ state: UInt32) -> Bool {
        let index = Int(state) / classCount
        if accepts[index] == 0 { accepts[index] = close(kernels[index], after: nil) ? 2 : 1 }
        return accepts[index] == 2
    }

    /// Fills `visited` with all that is reached without a byte. Returns whether a match is among it.
    private func close(_ kernel: Kernel, after: UInt8?) -> Bool {
        let context = PositionContext(
            before: kernel.before > 255 ? nil : UInt8(kernel.before), after: after)
        visited.removeAll()
        var isMatch = false
        for start in kernel.instructions {
            stack.append(start)
            while let current = stack.popLast() {
                guard visited.insert(current) else { continue }
                let instruction = program.instructions[Int(current)]
                switch instruction.operation {
                case .byte, .dispatch: break
                case .match: isMatch = true
                case .save: stack.append(instruction.target)
                case .split:
                    stack.append(instruction.other)
                    stack.append(instruction.target)
                case .assert:
                    if let assertion = Assertion(rawValue: instruction.low), context.holds(assertion) {
                        stack.append(instruction.target)
                    }
                }
            }
        }
        return isMatch
    }
}

/// A set of small integers, emptied at no cost, in the order of insertion.
struct SparseSet {
    private var dense: [UInt32]
    private var sparse: [UInt32]
    private(set) var count = 0

    init(capacity: Int) {
        dense = Array(repeating: 0, count: capacity)
        sparse = Array(repeating: 0, count: capacity)
    }

    subscript(index: Int) -> UInt32 { dense[index] }

    func contains(_ value: UInt32) -> Bool {
        let place = Int(sparse[Int(value)])
        return place < count && dense[place] == value
    }

    /// False when it was there already.
    @discardableResult
    mutating func insert(_ value: UInt32) -> Bool {
        guard !contains(value) else { return false }
        dense[count] = value
        sparse[Int(value)] = UInt32(count)
        count += 1
        return true
    }

    mutating func removeAll() { count = 0 }

    func sorted() -> [UInt32] { dense[..<count].sorted() }
}
