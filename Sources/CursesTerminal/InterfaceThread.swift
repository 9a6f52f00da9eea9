// The one thread that owns ncurses and the state of the application, outside Swift's pool of workers.
// Started by the command; the session loop blocks in it, so it must be none that tasks need.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

package enum InterfaceThread {
    /// Runs `body` on a thread of its own and waits for it without holding a worker.
    package static func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            let work = Unmanaged.passRetained(
                Work {
                    // Workers of the pool block signals, and a new thread inherits that: this one has to take them.
                    var none = sigset_t()
                    sigemptyset(&none)
                    pthread_sigmask(SIG_SETMASK, &none, nil)
                    continuation.resume(returning: body())
                })
            var attributes = pthread_attr_t()
            pthread_attr_init(&attributes)
            pthread_attr_setstacksize(&attributes, stackBytes)
            pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
            #if canImport(Glibc)
                var thread = pthread_t()
                let failure = pthread_create(
                    &thread, &attributes,
                    { work in
                        if let work { Unmanaged<Work>.fromOpaque(work).takeRetainedValue().body() }
                        return nil
                    }, work.toOpaque())
            #else
                var thread: pthread_t?
                let failure = pthread_create(
                    &thread, &attributes,
                    { work in
                        Unmanaged<Work>.fromOpaque(work).takeRetainedValue().body()
                        return nil
                    }, work.toOpaque())
            #endif
            pthread_attr_destroy(&attributes)
            // Without threads the program could not have come this far.
            precondition(failure == 0, "InterfaceThread: no thread")
        }
    }

    /// As much as the main thread has: layouts and parsers of deep documents run here.
    private static let stackBytes = 8 << 20

    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
