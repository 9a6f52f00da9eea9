// When work for someone who waits is to end: a deadline, and the counting of work between two looks at it.
// Used by the store while it selects and by the engine while it evaluates; long loops tell it what they have done.

/// A time after which nobody wants the answer any more, on a clock of the caller's.
public struct Deadline: Sendable {
    /// Of `now`.
    public let milliseconds: Int64
    private let now: @Sendable () -> Int64

    /// - `now`: milliseconds of a monotonic clock.
    public init(milliseconds: Int64, now: @escaping @Sendable () -> Int64) {
        self.milliseconds = milliseconds
        self.now = now
    }

    package var isOver: Bool { now() > milliseconds }
}

/// Counts work, and once in a few milliseconds of it looks whether the task was cancelled or the deadline has passed.
///
/// A unit of work is a few nanoseconds: a float looked at, a comparison of numbers. Callers give what takes longer a
/// multiple. Once the answer was "end" it stays so.
@usableFromInline
package struct WorkPace {
    @usableFromInline
    package enum Reason: Hashable, Sendable { case cancelled, timedOut }

    /// Units between two looks: about a millisecond's worth.
    @usableFromInline
    package static var unitsBetweenLooks: Int { 1 << 17 }

    private let deadline: Deadline?
    @usableFromInline
    var unitsDone = 0
    package private(set) var reason: Reason?

    /// Told the reason when it is found, once.
    private let whenEnding: (@Sendable (Reason) -> Void)?

    package init(deadline: Deadline?, whenEnding: (@Sendable (Reason) -> Void)? = nil) {
        self.deadline = deadline
        self.whenEnding = whenEnding
    }

    /// True when the work is to end.
    @inlinable
    @inline(__always)
    package mutating func isOver(after units: Int) -> Bool {
        unitsDone &+= units
        return unitsDone >= Self.unitsBetweenLooks && look() != nil
    }

    /// Looks at once, however little was done since the last time.
    @usableFromInline
    @inline(never)
    package mutating func look() -> Reason? {
        unitsDone = 0
        if reason == nil {
            if Task.isCancelled {
                reason = .cancelled
            } else if deadline?.isOver ?? false {
                reason = .timedOut
            }
            if let reason { whenEnding?(reason) }
        }
        return reason
    }
}

// MARK: Throwing

@usableFromInline
struct WorkEnded: Error {
    @usableFromInline
    init() {}
}

extension WorkPace {
    /// Counts units, and throws when the work is to end.
    @inlinable
    @inline(__always)
    package mutating func work(_ units: Int) throws(SourceFailure) {
        if isOver(after: units) { try check() }
    }

    /// Looks at once.
    @usableFromInline
    package mutating func check() throws(SourceFailure) {
        switch look() {
        case nil: return
        case .cancelled: throw .cancelled
        case .timedOut: throw .timedOut
        }
    }

    /// Sorts, and gives up within a comparison.
    ///
    /// - `cost`: units of one comparison.
    // Inlinable: the library's sort is slow when it is compiled for no type in particular.
    @inlinable
    package mutating func sorted<Element>(
        _ elements: [Element], cost: Int, _ isBefore: (Element, Element) -> Bool
    ) throws(SourceFailure) -> [Element] {
        do {
            return try elements.sorted { left, right in
                if isOver(after: cost) { throw WorkEnded() }
                return isBefore(left, right)
            }
        } catch {
            try check()
            return elements
        }
    }
}
