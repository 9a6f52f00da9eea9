// Lets so much costly work run at a time that scrapes are never late: queries, and the comparing of passwords.
// Passed by APIServer's handlers on the way to the backend, and by VerifiedPasswords.

package actor TurnGate {
    private let limit: Int
    private var running = 0
    /// In the order of their coming.
    private var waiting: [(number: Int, turn: CheckedContinuation<Void, any Error>)] = []
    private var nextNumber = 0

    /// `limit` is at least 1.
    package init(limit: Int) {
        precondition(limit > 0, "TurnGate: limit must be positive")
        self.limit = limit
    }

    /// Runs `body` when it is its turn; throws `CancellationError` when the task is cancelled while it waits.
    package nonisolated func through<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value
    {
        try await enter()
        do {
            let value = try await body()
            await leave()
            return value
        } catch {
            await leave()
            throw error
        }
    }

    private func enter() async throws {
        guard running >= limit else {
            running += 1
            return
        }
        let number = nextNumber
        nextNumber += 1
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (turn: CheckedContinuation<Void, any Error>) in
                // Cancelled before it stood in the queue.
                if Task.isCancelled {
                    turn.resume(throwing: CancellationError())
                } else {
                    waiting.append((number, turn))
                }
            }
        } onCancel: {
            Task { await self.giveUp(number) }
        }
    }

    private func giveUp(_ number: Int) {
        guard let index = waiting.firstIndex(where: { $0.number == number }) else { return }
        waiting.remove(at: index).turn.resume(throwing: CancellationError())
    }

    /// The place goes to the first that waits.
    private func leave() {
        if waiting.isEmpty {
            running -= 1
        } else {
            waiting.removeFirst().turn.resume()
        }
    }

    /// How many stand in the queue.
    var queueLength: Int { waiting.count }
}
