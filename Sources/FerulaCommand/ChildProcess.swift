// A program that `ferula run` starts: its output in a pipe or where ours goes, its end as an exit code.
// Used by RunCommand alone.

import Glibc
import Synchronization

/// A started program, and those that it starts itself.
final class ChildProcess: Sendable {
    /// How a program that is ended is given time to end by itself.
    static let patience = Duration.seconds(5)

    let pid: pid_t
    /// Whether it leads a process group of its own, so that all it started can be ended with it.
    private let leadsGroup: Bool
    private let status = Mutex<Int32?>(nil)

    /// - `output`: descriptor that its standard output and error go to; nil: where ours go. With one it has no standard
    ///   input and a process group of its own, since the terminal is somebody else's.
    /// - `ignored`: signals that whoever started this process had ignored, as `nohup` does; the program ignores them, too.
    init(_ words: [String], output: Int32?, ignored: Set<Int32> = []) throws(CommandFailure) {
        guard let program = words.first else { throw CommandFailure("no command", status: ExitStatus.usage) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // What this process ignores for its own reasons a child would ignore, too.
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for signal in [SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGTSTP] where !ignored.contains(signal) {
            sigaddset(&defaults, signal)
        }
        // Where ends of children are ignored, nobody learns their codes.
        Glibc.signal(SIGCHLD, SIG_DFL)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        var mask = sigset_t()
        sigemptyset(&mask)
        posix_spawnattr_setsigmask(&attributes, &mask)
        var flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        if let output {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
            posix_spawn_file_actions_adddup2(&actions, output, 1)
            posix_spawn_file_actions_adddup2(&actions, output, 2)
            flags |= POSIX_SPAWN_SETPGROUP
            posix_spawnattr_setpgroup(&attributes, 0)
        }
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        var pid: pid_t = 0
        let failure = posix_spawnp(&pid, program, &actions, &attributes, arguments, environ)
        guard failure == 0 else {
            // As shells have it: 127 is not found, 126 found but not to be run.
            throw CommandFailure(
                "\(program): \(String(cString: strerror(failure)))", status: failure == ENOENT ? 127 : 126)
        }
        self.pid = pid
        leadsGroup = output != nil
    }

    /// Its exit code, or 128 and the signal's number; nil while it runs.
    var exitCode: Int32? {
        status.withLock { status in
            if let status { return status }
            var word: Int32 = 0
            let waited = waitpid(pid, &word, WNOHANG)
            // Somebody else took its end: it is over, and how is not known.
            if waited < 0, errno == ECHILD { status = 1 }
            guard waited == pid else { return status }
            // Source: waitpid(2); the macros are not imported.
            let signal = word & 0x7f
            let code = signal == 0 ? (word >> 8) & 0xff : 128 + signal
            status = code
            return code
        }
    }

    /// Returns its exit code when it ends, or nil when the task is cancelled.
    func end() async -> Int32? {
        while true {
            if let code = exitCode { return code }
            // A sleep fails when the task is cancelled, and for nothing else.
            guard (try? await Task.sleep(for: .milliseconds(20))) != nil else { return nil }
        }
    }

    func signal(_ number: Int32) {
        // After it was waited for, its number may be another's.
        status.withLock { status in
            if status == nil { _ = kill(leadsGroup ? -pid : pid, number) }
        }
    }

    /// Asks it to end, waits a while, and ends it.
    func stop() async -> Int32 {
        signal(SIGTERM)
        let deadline = ContinuousClock.now + Self.patience
        while ContinuousClock.now < deadline {
            if let code = exitCode { return code }
            // Also when the task is cancelled the program must end.
            usleep(10_000)
        }
        signal(SIGKILL)
        while true {
            if let code = exitCode { return code }
            usleep(10_000)
        }
    }
}

/// What the program writes while the screen is not its own: the newest bytes, printed when the screen is given back.
final class CapturedOutput: Sendable {
    /// Older bytes are let go, by whole lines.
    static let bytesMax = 4 << 20

    struct State {
        var bytes: [UInt8] = []
        var isShown = true
        var isAtEnd = false
        var lost = 0
    }
    /// What is still in the pipe when the program has ended comes at once; a program of its own that it left behind may
    /// hold the pipe for ever.
    private static let patience = Duration.seconds(1)

    /// Guards what the reading thread collects.
    private let state = Mutex(State())
    private let descriptors: (read: Int32, write: Int32)

    init() throws(CommandFailure) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw CommandFailure("pipe: \(String(cString: strerror(errno)))") }
        // The program gets its end as its standard output, and no other.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        descriptors = (ends[0], ends[1])
    }

    var writeEnd: Int32 { descriptors.write }

    /// After the program has its end of the pipe: reads until the last writer is gone.
    func start() {
        close(descriptors.write)
        var thread = pthread_t()
        let box = Unmanaged.passRetained(self)
        let failure = pthread_create(
            &thread, nil,
            { pointer in
                if let pointer { Unmanaged<CapturedOutput>.fromOpaque(pointer).takeRetainedValue().readAll() }
                return nil
            }, box.toOpaque())
        if failure == 0 {
            pthread_detach(thread)
        } else {
            box.release()
            state.withLock { $0.isAtEnd = true }
        }
    }

    private func readAll() {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptors.read, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            let piece = buffer.prefix(count)
            let isShown = state.withLock { state in
                if !state.isShown { state.keep(piece, most: Self.bytesMax) }
                return state.isShown
            }
            if isShown { Program.write(bytes: Array(piece), to: 2) }
        }
        close(descriptors.read)
        state.withLock { $0.isAtEnd = true }
    }

    /// After the program's end: what it wrote last is shown, too, before this process ends.
    func finish() async {
        show()
        let deadline = ContinuousClock.now + Self.patience
        while ContinuousClock.now < deadline, !state.withLock({ $0.isAtEnd }) {
            // A cancelled wait ends with what came.
            guard (try? await Task.sleep(for: .milliseconds(5))) != nil else { return }
        }
    }

    /// From now on it is kept: the screen is somebody else's.
    func hide() { state.withLock { $0.isShown = false } }

    /// What was kept, on standard error; and from now on everything at once.
    private func show() {
        let (bytes, lost) = state.withLock { state in
            defer { (state.bytes, state.lost, state.isShown) = ([], 0, true) }
            return (state.bytes, state.lost)
        }
        if lost > 0 { Program.write(line: "ferula: the first \(lost) bytes of its output are not kept", to: 2) }
        if !bytes.isEmpty { Program.write(bytes: bytes, to: 2) }
    }
}

extension CapturedOutput.State {
    mutating func keep(_ piece: ArraySlice<UInt8>, most: Int) {
        bytes += piece
        guard bytes.count > most + (most >> 2) else { return }
        let cut = bytes.count - most
        let end = bytes[cut...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? cut
        lost += end
        bytes.removeFirst(end)
    }
}
