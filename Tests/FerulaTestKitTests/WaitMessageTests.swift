// What waits say when they end in vain, on a clock that stands for a real one; and what cancelled tasks are told.

import Ferula
import Synchronization
import Testing

@testable import FerulaTestKit

/// A clock that each sleep moves on at once.
final class HastyClock: Clock, Sendable {
    typealias Duration = Swift.Duration
    struct Instant: InstantProtocol {
        var passed = Swift.Duration.zero
        func advanced(by duration: Swift.Duration) -> Instant { Instant(passed: passed + duration) }
        func duration(to other: Instant) -> Swift.Duration { other.passed - passed }
        static func < (left: Instant, right: Instant) -> Bool { left.passed < right.passed }
    }
    private let time = Mutex(Instant())
    private let sleepsMax: Int
    private let sleeps = Mutex(0)

    /// One sleep more is cancelled.
    init(sleepsMax: Int = .max) { self.sleepsMax = sleepsMax }

    var now: Instant { time.withLock { $0 } }
    var minimumResolution: Swift.Duration { .zero }
    func sleep(until deadline: Instant, tolerance: Swift.Duration?) async throws {
        let count = sleeps.withLock { count in
            count += 1
            return count
        }
        guard count <= sleepsMax else { throw CancellationError() }
        time.withLock { $0 = max($0, deadline) }
    }
}

private struct Refused: Error, CustomStringConvertible { var description = "connection refused" }

@Suite("Messages of waits")
struct WaitMessageTests {
    @Test("a real clock: still another answer, at once and after many tries")
    func answers() async throws {
        try await golden("eventually-real") { file, line in
            try await shop().eventually(
                "sum(up)", .equals(2), on: HastyClock(), within: .seconds(1), fileID: file, line: line)
        }
        try await golden("eventually-once") { file, line in
            try await shop().eventually(
                "sum(up)", .equals(2), on: HastyClock(), within: .zero, fileID: file, line: line)
        }
        try await golden("eventually-manual-once") { file, line in
            try await shop().eventually(
                "sum(up)", .equals(2), on: ManualClock(), within: .zero, fileID: file, line: line)
        }
    }

    @Test("a real clock: the closure throws to the end; it throws an expectation's failure; the wait is cancelled")
    func closures() async throws {
        try await golden("eventually-real-threw") { file, line in
            try await shop().eventually(
                "sum(up)", .equals(2), on: HastyClock(), within: .milliseconds(120), from: .second(3), fileID: file,
                line: line, before: { _ in throw Refused() })
        }
        try await golden("eventually-real-inner") { file, line in
            try await shop().eventually("sum(up)", .equals(2), on: HastyClock()) { _ in
                try await Monitor().expect("up", .present, fileID: file, line: line)
            }
        }
        try await golden("eventually-cancelled") { file, line in
            try await shop().eventually(
                "sum(up)", .equals(2), on: HastyClock(sleepsMax: 2), fileID: file, line: line)
        }
        try await golden("eventually-cancelled-threw") { file, line in
            try await shop().eventually(
                "sum(up)", .equals(2), on: HastyClock(sleepsMax: 0), fileID: file, line: line,
                before: { _ in throw Refused() })
        }
    }

    @Test("what no wait changes is not waited out: a query that is none, an expectation that cannot be read")
    func hopeless() async throws {
        try await golden("eventually-query") { file, line in
            try await shop().eventually("sum(up", .equals(2), on: HastyClock(), fileID: file, line: line)
        }
        try await golden("eventually-unreadable") { file, line in
            try await shop().eventually("up", .vector("{} one"), on: ManualClock(), fileID: file, line: line)
        }
    }

    @Test("in a cancelled task the reason is said")
    func cancelled() async throws {
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await golden("guard-cancelled") { file, line in
                try await shop().expect(.neverLabel("user"), fileID: file, line: line)
            }
            let picture = try FailurePicture(store: shop().store, query: "up", time: .second(0))
            #expect(await picture.lines() == ["", "up: no graph, cancelled"])
            try await golden("query-cancelled") { file, line in
                try await shop().expect("up", .equals(1), fileID: file, line: line)
            }
        }
        try await task.value
    }
}
