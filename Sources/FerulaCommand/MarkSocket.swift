// The socket through which other shells mark a moment on the screens of a running program: a line each, owner only.
// Session listens, MarkCommand connects; what arrives becomes a SessionMark of the dashboard.

import DashboardApp
import Frames
import Glibc
import MetricModel

/// Where every running program of this user has its socket, named by its process.
enum MarkFolder {
    /// Below the user's runtime folder, else a folder of this user's own among the temporary files.
    static var path: String {
        if let runtime = OutputTerminal.environment("XDG_RUNTIME_DIR"), runtime.hasPrefix("/"),
            FileSystem.isFolder(runtime)
        {
            return runtime + "/ferula"
        }
        let temporary = OutputTerminal.environment("TMPDIR").flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "/tmp"
        return "\(temporary)/ferula-\(getuid())"
    }

    static func socket(of process: pid_t, in folder: String) -> String { "\(folder)/\(process).sock" }

    /// Makes it if it is not there. A folder that others can write into, or that is a link, is not used.
    static func prepare(_ path: String) throws(CommandFailure) {
        if mkdir(path, 0o700) != 0, errno != EEXIST {
            throw CommandFailure("\(path): \(String(cString: strerror(errno)))")
        }
        try check(path)
    }

    static func check(_ path: String) throws(CommandFailure) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            throw CommandFailure("\(path): \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == getuid(), status.st_mode & 0o077 == 0 else {
            throw CommandFailure("\(path): not a folder that is this user's alone (mode 0700); it is not used")
        }
    }

    /// The processes that have a socket there, be they alive or not.
    static func processes(in folder: String) -> [pid_t] {
        // Where there is no folder, nobody listens.
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var found: [pid_t] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".sock"), let process = pid_t(name.dropLast(5)), process > 0 { found.append(process) }
        }
        return found.sorted()
    }
}

/// One line of the conversation: `mark MILLISECONDS TEXT`, with `-` for the moment it arrives.
enum MarkLine {
    static let bytesMost = 4096

    static func text(of mark: SessionMark) -> String {
        let time = mark.time.map { String($0.milliseconds) } ?? "-"
        return "mark \(time) \(mark.text.withoutControlCharacters)\n"
    }

    /// Nil for anything else.
    static func read(_ line: some Collection<UInt8>) -> SessionMark? {
        let text = String(decoding: line, as: UTF8.self)
        let parts = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "mark" else { return nil }
        let words = String(parts[2]).withoutControlCharacters
        if parts[1] == "-" { return SessionMark(words) }
        guard let milliseconds = Int64(parts[1]) else { return nil }
        return SessionMark(words, at: Timestamp(milliseconds: milliseconds))
    }
}

/// Listens on a thread of its own until it is stopped, one caller after the other.
final class MarkSocket: Sendable {
    private let descriptor: Int32
    private let path: String
    /// The reading end wakes the thread when the writing end is closed.
    private let stopping: (read: Int32, write: Int32)

    /// How long a caller may take to say its line.
    static let patienceMilliseconds: Int64 = 1000

    init(in folder: String = MarkFolder.path, process: pid_t = getpid()) throws(CommandFailure) {
        try MarkFolder.prepare(folder)
        let path = MarkFolder.socket(of: process, in: folder)
        self.path = path
        func failure() -> CommandFailure { CommandFailure("\(path): \(String(cString: strerror(errno)))") }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC | O_NONBLOCK, 0)
        guard descriptor >= 0 else { throw failure() }
        // Of a process that had this number before.
        unlink(path)
        guard let bound = UnixAddress.with(path, { Glibc.bind(descriptor, $0, $1) }) else {
            close(descriptor)
            throw CommandFailure("\(path): too long for the path of a socket")
        }
        var ends: [Int32] = [-1, -1]
        guard bound == 0, chmod(path, 0o600) == 0, listen(descriptor, 16) == 0, pipe(&ends) == 0 else {
            let reason = failure()
            close(descriptor)
            throw reason
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        self.descriptor = descriptor
        stopping = (ends[0], ends[1])
    }

    /// The thread closes what it used.
    func stop() {
        unlink(path)
        close(stopping.write)
    }

    func start(_ marked: @escaping @Sendable (SessionMark) -> Void) {
        let work = Unmanaged.passRetained(
            Work { [self] in
                while serveNext(marked) {}
                close(descriptor)
                close(stopping.read)
            })
        // Signals are for the thread that owns the terminal; a new thread inherits what is blocked here.
        var (all, before) = (sigset_t(), sigset_t())
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, &attributes,
            { work in
                if let work { Unmanaged<Work>.fromOpaque(work).takeRetainedValue().body() }
                return nil
            }, work.toOpaque())
        pthread_attr_destroy(&attributes)
        pthread_sigmask(SIG_SETMASK, &before, nil)
        if failure != 0 { work.release() }
    }

    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// False once it is stopped.
    private func serveNext(_ marked: (SessionMark) -> Void) -> Bool {
        var waiting = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: stopping.read, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&waiting, 2, -1) >= 0 || errno == EINTR else { return false }
        if waiting[1].revents != 0 { return false }
        guard waiting[0].revents != 0 else { return true }
        let caller = accept(descriptor, nil, nil)
        guard caller >= 0 else {
            // Without descriptors to spare it would be tried again at once, for ever.
            if errno != EAGAIN, errno != EINTR, errno != ECONNABORTED { usleep(100_000) }
            return true
        }
        defer { close(caller) }
        _ = fcntl(caller, F_SETFD, FD_CLOEXEC)
        guard fcntl(caller, F_SETFL, O_NONBLOCK) == 0 else { return true }
        let line = SocketLine.read(caller, most: MarkLine.bytesMost, milliseconds: Self.patienceMilliseconds)
        switch line {
        case .line(let bytes):
            guard let mark = MarkLine.read(bytes) else {
                SocketLine.write("error not understood\n", to: caller)
                return true
            }
            marked(mark)
            SocketLine.write("ok\n", to: caller)
        case .tooLong: SocketLine.write("error longer than \(MarkLine.bytesMost) bytes\n", to: caller)
        case .nothing: break
        }
        return true
    }
}

enum UnixAddress {
    /// Nil when the path is too long for an address.
    static func with<Result>(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}

/// Lines over a socket that does not block: bounded in length and in time.
enum SocketLine {
    enum Outcome {
        /// Without its end.
        case line([UInt8])
        case tooLong
        /// The other end is gone, or too slow.
        case nothing
    }

    static func read(_ descriptor: Int32, most: Int, milliseconds: Int64) -> Outcome {
        let deadline = Clock.monotonicMilliseconds() + milliseconds
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1024)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count > 0 {
                bytes += buffer.prefix(count)
                if let end = bytes.firstIndex(of: UInt8(ascii: "\n")), end < most { return .line(Array(bytes[..<end])) }
                if bytes.count >= most { return .tooLong }
                continue
            }
            guard count < 0, errno == EAGAIN || errno == EINTR else { return .nothing }
            let left = deadline - Clock.monotonicMilliseconds()
            guard left > 0 else { return .nothing }
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            poll(&waiting, 1, Int32(clamping: left))
        }
    }

    /// A line is shorter than what a socket takes at once; who does not read it does without.
    @discardableResult
    static func write(_ text: String, to descriptor: Int32) -> Bool {
        let bytes = Array(text.utf8)
        return send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }
}
