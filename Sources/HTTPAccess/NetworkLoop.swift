// One thread that waits for sockets and timers, as the executor of the tasks that wait with it.
// Handed out by Client: a scrape loop lives on one, so that a scrape crosses no thread.

import NIOCore
import NIOPosix
import Synchronization

/// A task that prefers this executor runs, sleeps and talks to its sockets on one thread: nothing is handed over, nobody
/// is woken. Work of more than a few milliseconds belongs elsewhere, or other targets' scrapes are late.
package final class NetworkLoop: TaskExecutor, Sendable {
    /// One a core; they live as long as the process.
    package static let all: [NetworkLoop] = MultiThreadedEventLoopGroup.singleton.makeIterator().map(NetworkLoop.init)

    /// One loop alone, for a process that asks once and ends: a thread less to make. Must come before the first use.
    package static func limitToOne() { NIOSingletons.groupLoopCountSuggestion = 1 }

    private static let turn = Atomic<Int>(0)

    /// The loops in turn.
    package static func next() -> NetworkLoop {
        let turn = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        return all[Int(UInt(bitPattern: turn) % UInt(all.count))]
    }

    let eventLoop: any EventLoop
    private let buffers = Mutex<[[UInt8]]>([])

    private init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    package func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }

    /// Waits on this loop's own timer; ends early, with an error, when the task is cancelled.
    package func sleep(for duration: Duration) async throws(CancellationError) {
        let wait = Wait()
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                guard wait.begin(continuation) else { return }
                wait.keep(eventLoop.scheduleTask(in: TimeAmount(duration)) { wait.end() })
            }
        } onCancel: {
            wait.end()
        }
        if Task.isCancelled { throw CancellationError() }
    }

    // MARK: Buffers

    private enum BufferLimits {
        static let countMax = 4
        static let bytesMax = 4 << 20
    }

    /// An empty buffer, with the room it had when it was last given back.
    ///
    /// A body is needed from its first byte until it is ingested: the targets of a loop share a few buffers instead of
    /// keeping one each.
    package func takeBuffer() -> [UInt8] { buffers.withLock { $0.popLast() } ?? [] }

    /// Takes the buffer back and leaves an empty one; frees it when it has grown large or enough others are there.
    package func giveBack(_ buffer: inout [UInt8]) {
        var taken: [UInt8] = []
        swap(&taken, &buffer)
        guard taken.capacity <= BufferLimits.bytesMax else { return }
        taken.removeAll(keepingCapacity: true)
        buffers.withLock { buffers in
            guard buffers.count < BufferLimits.countMax else { return }
            buffers.append([])
            swap(&buffers[buffers.count - 1], &taken)
        }
    }
}

/// One sleep: ended by its timer or by cancellation, whichever is first.
private final class Wait: Sendable {
    private struct State {
        var continuation: UnsafeContinuation<Void, Never>?
        var timer: Scheduled<Void>?
        var hasEnded = false
    }
    private let state = Mutex(State())

    /// False when it was over before it began.
    func begin(_ continuation: UnsafeContinuation<Void, Never>) -> Bool {
        let hasEnded = state.withLock { state in
            if !state.hasEnded { state.continuation = continuation }
            return state.hasEnded
        }
        if hasEnded { continuation.resume() }
        return !hasEnded
    }

    func keep(_ timer: Scheduled<Void>) {
        let hasEnded = state.withLock { state in
            state.timer = timer
            return state.hasEnded
        }
        if hasEnded { timer.cancel() }
    }

    func end() {
        let (continuation, timer) = state.withLock { state in
            defer { state = State(hasEnded: true) }
            return (state.continuation, state.timer)
        }
        timer?.cancel()
        continuation?.resume()
    }
}

extension TimeAmount {
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        // Nanoseconds of 292 years overflow; nobody waits for a year.
        let bounded = min(max(0, seconds), 365 * 86_400)
        self = .nanoseconds(bounded * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
