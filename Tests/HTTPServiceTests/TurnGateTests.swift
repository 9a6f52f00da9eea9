// The gate of concurrent queries, without a server.

import Synchronization
import Testing

@testable import HTTPService

/// Lets the other tasks run until it holds; the suite's time limit ends a wait in vain.
private func until(_ condition: () async -> Bool) async {
    while await !condition() { await Task.yield() }
}

/// How many are within at a time, and the most there ever were.
private final class Crowd: Sendable {
    private let counts = Mutex((now: 0, most: 0))
    var most: Int { counts.withLock { $0.most } }
    func enter() { counts.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) } }
    func leave() { counts.withLock { $0.now -= 1 } }
}

@Suite("gate of queries", .timeLimit(.minutes(1)))
struct TurnGateTests {
    @Test("at the limit a query runs, one past it waits until another has ended")
    func limit() async throws {
        let gate = TurnGate(limit: 2)
        let crowd = Crowd()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    try await gate.through {
                        crowd.enter()
                        await Task.yield()
                        crowd.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(crowd.most == 2)
    }

    @Test("a query that is cancelled while it waits leaves the queue, and takes no place")
    func cancellation() async throws {
        let gate = TurnGate(limit: 1)
        let (release, continuation) = AsyncStream<Void>.makeStream()
        let first = Task { try await gate.through { for await _ in release {} } }
        let second = Task { try await gate.through {} }
        await until { await gate.queueLength == 1 }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        #expect(await gate.queueLength == 0)
        continuation.finish()
        try await first.value
        try await gate.through {}
    }

    @Test("a query that fails gives its place back")
    func failure() async throws {
        struct Failure: Error {}
        let gate = TurnGate(limit: 1)
        await #expect(throws: Failure.self) { try await gate.through { throw Failure() } }
        try await gate.through {}
    }
}
