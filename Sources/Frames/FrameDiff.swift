// Which cells changed from one frame to the next, as runs within rows.
// Terminals write these and nothing else.

public struct FrameDiff: Sendable {
    public struct Run: Hashable, Sendable {
        public var x: Int
        public var y: Int
        public var width: Int
    }
    public private(set) var runs: [Run] = []

    /// Runs that are `joining` or fewer unchanged cells apart are one: moving the cursor costs more than some cells.
    /// Without an old frame, or one of another size, every row is a run.
    public init(from old: Frame?, to new: Frame, joining: Int = 3) {
        let width = new.size.width
        guard width > 0 else { return }
        guard let old, old.size == new.size else {
            runs = (0..<new.size.height).map { Run(x: 0, y: $0, width: width) }
            return
        }
        old.cells.withUnsafeBufferPointer { before in
            new.cells.withUnsafeBufferPointer { after in
                for y in 0..<new.size.height { appendRow(y, width, before, after, joining) }
            }
        }
    }

    private mutating func appendRow(
        _ y: Int, _ width: Int, _ before: UnsafeBufferPointer<Cell>, _ after: UnsafeBufferPointer<Cell>, _ joining: Int
    ) {
        var start = -1
        var end = 0
        for x in 0..<width where before[y * width + x] != after[y * width + x] {
            if start >= 0, x - end <= joining {
                end = x + 1
                continue
            }
            if start >= 0 { runs.append(Run(x: start, y: y, width: end - start)) }
            // A run must not begin in the right half of a wide character.
            start = x > 0 && after[y * width + x].glyph == .none ? x - 1 : x
            end = x + 1
        }
        if start >= 0 { runs.append(Run(x: start, y: y, width: end - start)) }
    }
}
