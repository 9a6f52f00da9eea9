// The tree of a pattern, as the parser leaves it.
// Comes from RegexParser; ShapeAnalysis looks for shortcuts in it, ProgramCompiler turns it into a program.

/// Zero-width conditions.
enum Assertion: UInt8, Hashable, Sendable {
    case textStart, textEnd, lineStart, lineEnd, wordBoundary, noWordBoundary
}

indirect enum RegexNode: Hashable, Sendable {
    case empty
    /// One scalar out of a set; the empty set never matches.
    case scalars(ScalarSet)
    case concatenation([RegexNode])
    /// Tried from left to right.
    case alternation([RegexNode])
    case capture(Int, RegexNode)
    /// `max` nil: without end.
    case repetition(RegexNode, min: Int, max: Int?, greedy: Bool)
    case assertion(Assertion)

    static func concatenating(_ nodes: [RegexNode]) -> RegexNode {
        switch nodes.count {
        case 0: .empty
        case 1: nodes[0]
        default: .concatenation(nodes)
        }
    }

    /// Whether the empty text can match, assertions taken as true.
    var isNullable: Bool {
        switch self {
        case .empty, .assertion: true
        case .scalars: false
        case .concatenation(let parts): parts.allSatisfy(\.isNullable)
        case .alternation(let branches): branches.contains { $0.isNullable }
        case .capture(_, let inner): inner.isNullable
        case .repetition(let inner, let min, _, _): min == 0 || inner.isNullable
        }
    }

    /// Largest product of nested bounded repeats, and the height of the tree.
    var repeatProduct: Int {
        switch self {
        case .empty, .scalars, .assertion: 1
        case .concatenation(let parts), .alternation(let parts): parts.reduce(1) { Swift.max($0, $1.repeatProduct) }
        case .capture(_, let inner): inner.repeatProduct
        case .repetition(let inner, let min, let max, _): inner.repeatProduct * Swift.max(1, max ?? min)
        }
    }

    var hasCaptures: Bool {
        switch self {
        case .empty, .scalars, .assertion: false
        case .concatenation(let parts), .alternation(let parts): parts.contains { $0.hasCaptures }
        case .capture: true
        case .repetition(let inner, _, _, _): inner.hasCaptures
        }
    }
}
