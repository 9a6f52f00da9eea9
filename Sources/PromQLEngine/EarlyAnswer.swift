// The answer to a query or a list, given to who waits for it before what made it is cleared away.
// Between EmbeddedBackend, which waits, and Evaluator, which may know the end long before its frames are gone.

import LinearRegex
import Querying

/// One answer from a task of its own.
///
/// A query that is to end may hold millions of columns and label sets, and to give them back takes up to a second. So the
/// answer is given first, where the reason is found; the memory follows, in the task that made it. Of several answers the
/// first counts.
final class EarlyAnswer<Value: Sendable>: Sendable {
    typealias Answer = Result<Value, QueryFailure>

    private enum State {
        case open
        case awaited(CheckedContinuation<Answer, Never>)
        case given(Answer)
        case taken
    }
    private let state = Lock<State>(.open)

    /// Runs `work`, which must give an answer, and returns with the first. Cancelling this task cancels that one.
    ///
    /// - `whenCancelled`: the answer to a cancellation, given at once; nil when the work gives one itself.
    static func first(
        whenCancelled: QueryFailure? = nil, of work: @escaping @Sendable (EarlyAnswer) async -> Void
    ) async throws(QueryFailure) -> Value {
        let answer = EarlyAnswer()
        let task = Task { await work(answer) }
        return try await withTaskCancellationHandler {
            await answer.wait()
        } onCancel: {
            task.cancel()
            if let whenCancelled { answer.give(.failure(whenCancelled)) }
        }.get()
    }

    func give(_ answer: Answer) {
        let waiting: CheckedContinuation<Answer, Never>? = state.withLock { state in
            switch state {
            case .open: state = .given(answer)
            case .awaited(let continuation):
                state = .taken
                return continuation
            case .given, .taken: break
            }
            return nil
        }
        waiting?.resume(returning: answer)
    }

    private func wait() async -> Answer {
        await withCheckedContinuation { continuation in
            let given: Answer? = state.withLock { state in
                guard case .given(let answer) = state else {
                    state = .awaited(continuation)
                    return nil
                }
                state = .taken
                return answer
            }
            if let given { continuation.resume(returning: given) }
        }
    }
}
