// A file that is there as it was or as it will be, never in between; and the line that says how far its writer is.
// StateFile and SaveFile write through it.

import Glibc

/// Written beside the file that it will replace; then forced to the disk, renamed, and the folder forced too.
struct TemporaryFile {
    let descriptor: Int32
    private let path: String
    private let folder: String
    private let temporary: String

    init(beside path: String) throws(CommandFailure) {
        self.path = path
        let name: String
        if let slash = path.lastIndex(of: "/") {
            folder = slash == path.startIndex ? "/" : String(path[..<slash])
            name = String(path[path.index(after: slash)...])
        } else {
            folder = "."
            name = path
        }
        temporary = "\(folder)/.\(name).new"
        descriptor = open(temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(path) }
    }

    /// For a writer that closes what it is given.
    func duplicate() throws(CommandFailure) -> Int32 {
        let copy = dup(descriptor)
        guard copy >= 0 else { throw Self.failure(path) }
        return copy
    }

    /// Must be called when all is written, or `discard` when that failed.
    func commit() throws(CommandFailure) {
        guard fsync(descriptor) == 0, rename(temporary, path) == 0 else {
            let failure = Self.failure(path)
            discard()
            throw failure
        }
        close(descriptor)
        let folderDescriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folderDescriptor >= 0 else { throw Self.failure(folder) }
        defer { close(folderDescriptor) }
        guard fsync(folderDescriptor) == 0 else { throw Self.failure(folder) }
    }

    func discard() {
        close(descriptor)
        unlink(temporary)
    }

    private static func failure(_ path: String) -> CommandFailure {
        CommandFailure("\(path): \(String(cString: strerror(errno)))")
    }
}

/// One line on a terminal that says how far a long load or save has come; nothing elsewhere, nothing within a second.
struct ProgressLine {
    private let what: String
    private let started = Clock.monotonicMilliseconds()
    private var shown: Int64 = 0
    private let isShown = isatty(2) == 1

    init(_ what: String) { self.what = what }

    mutating func show(_ done: Int, of total: Int) {
        let now = Clock.monotonicMilliseconds()
        guard isShown, total > 0, now - started > 1000, now - shown > 200 else { return }
        shown = now
        let percent = min(100, Int(Double(done) / Double(total) * 100))
        Program.write(bytes: Array("\r\(what): \(percent) %\u{1b}[K".utf8), to: 2)
    }

    mutating func clear() {
        if shown > 0 { Program.write(bytes: Array("\r\u{1b}[K".utf8), to: 2) }
        shown = 0
    }
}
