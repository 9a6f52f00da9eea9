// Gives the terminal back when the process ends by a signal, a trap or exit(): what the normal way out cannot do.
// Armed by CursesTerminal while it holds the terminal; the signal handlers are installed by the command alone.

import CNcurses
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// All that a signal handler may touch: plain memory, written before `isArmed` is set and never freed.
///
/// Handlers run on any thread at any instruction, so they use atomics, write(2), tcsetattr(3), sigaction(2) and raise(3) only.
enum TerminalRestore {
    private static let isArmed = Atomic<Bool>(false)
    private static let sequence = Atomic<UInt>(0)
    private static let sequenceBytes = Atomic<Int>(0)
    private static let modes = Atomic<UInt>(0)
    private static let descriptor = Atomic<Int32>(-1)
    private static let wakeDescriptor = Atomic<Int32>(-1)
    /// The actions found for each signal number when ours were installed.
    private static let previousActions = Atomic<UInt>(0)

    static let hasResized = Atomic<Bool>(false)
    static let hasContinued = Atomic<Bool>(false)
    static let isAskedToStop = Atomic<Bool>(false)

    private static let signalMax: Int32 = 64
    private static let endings: [Int32] = [SIGTERM, SIGINT, SIGHUP, SIGQUIT]
    private static let traps: [Int32] = [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE]

    /// From here on an ending of the process writes `bytes` to `terminal` and sets `saved`.
    static func arm(terminal: Int32, saved: termios, bytes: [UInt8], wake: Int32) {
        let text = UnsafeMutableRawPointer.allocate(byteCount: max(bytes.count, 1), alignment: 1)
        text.copyMemory(from: bytes, byteCount: bytes.count)
        let settings = UnsafeMutablePointer<termios>.allocate(capacity: 1)
        settings.initialize(to: saved)
        // A few hundred bytes a call are not given back: a handler may be reading the older ones.
        sequence.store(UInt(bitPattern: text), ordering: .releasing)
        sequenceBytes.store(bytes.count, ordering: .releasing)
        modes.store(UInt(bitPattern: settings), ordering: .releasing)
        descriptor.store(terminal, ordering: .releasing)
        wakeDescriptor.store(wake, ordering: .releasing)
        isArmed.store(true, ordering: .sequentiallyConsistent)
    }

    /// True when this call was the one that disarmed: whoever got it restores, nobody else does.
    static func disarm() -> Bool { isArmed.exchange(false, ordering: .sequentiallyConsistent) }

    /// After a stop: the same terminal is held again.
    static func rearm() { isArmed.store(true, ordering: .sequentiallyConsistent) }

    static func wake() {
        let descriptor = wakeDescriptor.load(ordering: .acquiring)
        guard descriptor >= 0 else { return }
        var byte: UInt8 = 1
        // A full pipe wakes as well as a fuller one.
        _ = write(descriptor, &byte, 1)
    }

    static func restoreNow() {
        guard disarm() else { return }
        let terminal = descriptor.load(ordering: .acquiring)
        if let text = UnsafeRawPointer(bitPattern: sequence.load(ordering: .acquiring)) {
            var done = 0
            let count = sequenceBytes.load(ordering: .acquiring)
            while done < count {
                let written = write(terminal, text + done, count - done)
                if written <= 0 { break }
                done += written
            }
        }
        if let settings = UnsafePointer<termios>(bitPattern: modes.load(ordering: .acquiring)) {
            // A process in the background would be stopped by SIGTTOU for this; endings block it meanwhile.
            _ = tcsetattr(terminal, TCSANOW, settings)
        }
    }

    static func installHandlers() {
        guard previousActions.load(ordering: .acquiring) == 0 else { return }
        let actions = UnsafeMutablePointer<sigaction>.allocate(capacity: Int(signalMax) + 1)
        actions.initialize(repeating: sigaction(), count: Int(signalMax) + 1)
        previousActions.store(UInt(bitPattern: actions), ordering: .releasing)

        for signal in endings {
            // A shell's `nohup` ignores SIGHUP; what was ignored stays so.
            sigaction(signal, nil, actions + Int(signal))
            if isIgnored(actions[Int(signal)]) { continue }
            install(signal) { number in
                TerminalRestore.restoreNow()
                TerminalRestore.setDefault(number)
                raise(number)
            }
        }
        for signal in traps {
            sigaction(signal, nil, actions + Int(signal))
            // Whoever was there before (Swift's backtrace printer) sees the same signal, on a terminal that can show it.
            install(signal) { number in
                TerminalRestore.restoreNow()
                TerminalRestore.setPrevious(number)
                raise(number)
            }
        }
        installScreenHandlers()
        atexit { TerminalRestore.restoreNow() }
    }

    /// Size, stop and continue: a full-screen program needs these in any case.
    static func installScreenHandlers() {
        install(SIGWINCH) { _ in
            TerminalRestore.hasResized.store(true, ordering: .relaxed)
            TerminalRestore.wake()
        }
        install(SIGCONT) { _ in
            TerminalRestore.hasContinued.store(true, ordering: .relaxed)
            TerminalRestore.wake()
        }
        install(SIGTSTP) { _ in
            TerminalRestore.isAskedToStop.store(true, ordering: .relaxed)
            TerminalRestore.wake()
        }
    }

    /// Stops the process as an unhandled SIGTSTP does; returns once it goes on.
    static func stopProcess() {
        setDefault(SIGTSTP)
        var stop = sigset_t()
        var before = sigset_t()
        sigemptyset(&stop)
        sigaddset(&stop, SIGTSTP)
        pthread_sigmask(SIG_UNBLOCK, &stop, &before)
        raise(SIGTSTP)
        pthread_sigmask(SIG_SETMASK, &before, nil)
        installScreenHandlers()
    }

    private static func install(_ signal: Int32, _ body: @escaping @convention(c) (Int32) -> Void) {
        var action = sigaction()
        #if canImport(Glibc)
            action.__sigaction_handler.sa_handler = body
        #else
            action.__sigaction_u.__sa_handler = body
        #endif
        sigemptyset(&action.sa_mask)
        sigaddset(&action.sa_mask, SIGTTOU)
        // On the alternate stack when the thread has one: a stack overflow leaves no other.
        action.sa_flags = SA_RESTART | Int32(SA_ONSTACK)
        sigaction(signal, &action, nil)
    }

    private static func setDefault(_ signal: Int32) {
        var action = sigaction()
        #if canImport(Glibc)
            action.__sigaction_handler.sa_handler = SIG_DFL
        #else
            action.__sigaction_u.__sa_handler = SIG_DFL
        #endif
        sigaction(signal, &action, nil)
    }

    private static func setPrevious(_ signal: Int32) {
        let actions = UnsafePointer<sigaction>(bitPattern: previousActions.load(ordering: .acquiring))
        guard let actions else { return setDefault(signal) }
        sigaction(signal, actions + Int(signal), nil)
    }

    private static func isIgnored(_ action: sigaction) -> Bool {
        #if canImport(Glibc)
            let handler = action.__sigaction_handler.sa_handler
        #else
            let handler = action.__sigaction_u.__sa_handler
        #endif
        return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
