// A thread for handlers whose work blocks: tasks share one thread a core, and none of those may wait for a disk.
// Called by ExporterKit's routes.

import NIOPosix

/// Runs `body` on a thread that is kept for blocking work. Cancellation does not end a body under way.
package func onBlockingThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async throws -> Value {
    try await NIOThreadPool.singleton.runIfActive(body)
}
