// Threads of their own for work that blocks or computes for long: tasks share one thread a core, and none of those
// may wait for a disk or belong to one query for seconds.
// Called by ExporterKit's routes, by PrometheusAPI for the evaluation of queries, and for comparing passwords.

import NIOCore
import NIOPosix

/// Runs `body` on a thread that is kept for blocking work. Cancellation does not end a body under way.
package func onBlockingThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async throws -> Value {
    try await NIOThreadPool.singleton.runIfActive(body)
}

/// Runs the jobs of tasks that prefer it on threads of its own. The system shares the cores between those and the
/// threads of all other tasks: who scrapes never stands behind who computes.
package final class ComputingThreads: TaskExecutor {
    package static let shared = ComputingThreads(threadCount: System.coreCount)

    private let pool: NIOThreadPool

    private init(threadCount: Int) {
        pool = NIOThreadPool(numberOfThreads: threadCount)
        pool.start()
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedTaskExecutor()
        pool.submit { _ in job.runSynchronously(on: executor) }
    }
}
