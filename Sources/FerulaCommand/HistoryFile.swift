// Queries that were run, kept from one run of the program to the next: a line each, in the folder of the user's state.
// Read by the sessions at their start; written by the interface's thread, one line a query.

import Dispatch
import Glibc

/// A file that cannot be read or written costs the history, nothing else.
struct HistoryFile: Sendable {
    let path: String
    /// Queries kept when the file is read; it is written anew when it has grown to three times as many lines.
    static let queriesMost = 500
    private static let bytesMost = 8 << 20

    /// `$XDG_STATE_HOME/ferula/history`, else below `~/.local/state`. Nil without a home.
    static func standard(_ environment: (String) -> String? = OutputTerminal.environment) -> HistoryFile? {
        func folder(_ name: String) -> String? {
            // As the specification has it, a path that is not absolute is none.
            environment(name).flatMap { $0.hasPrefix("/") ? $0 : nil }
        }
        let state = folder("XDG_STATE_HOME") ?? folder("HOME").map { $0 + "/.local/state" }
        return state.map { HistoryFile(path: $0 + "/ferula/history") }
    }

    /// The oldest first.
    func read() -> [String] {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var about = stat()
        guard fstat(file, &about) == 0, about.st_mode & S_IFMT == S_IFREG else { return [] }
        // Of a file that grew beyond all measure, its end.
        let start = max(0, Int(about.st_size) - Self.bytesMost)
        var bytes = [UInt8](repeating: 0, count: min(Int(about.st_size), Self.bytesMost))
        let count = bytes.withUnsafeMutableBytes { pread(file, $0.baseAddress, $0.count, off_t(start)) }
        var lines = bytes.prefix(max(0, count)).split(separator: UInt8(ascii: "\n"))
        if start > 0, !lines.isEmpty { lines.removeFirst() }
        let kept = lines.suffix(Self.queriesMost).map { String(decoding: $0, as: UTF8.self) }
        if start > 0 || lines.count >= Self.queriesMost * 3 { rewrite(kept) }
        return kept
    }

    /// Returns at once: a slow disk must not hold up the keys. Lines go out in order.
    func appendSoon(_ query: String) { Self.queue.async { append(query) } }

    /// What was given to `appendSoon` is written when this returns.
    static func finish() { queue.sync {} }
    private static let queue = DispatchQueue(label: "history")

    /// Other sessions may write at the same time: a line goes out in one call.
    func append(_ query: String) {
        let line = query.filter { !$0.isNewline }
        guard !line.isEmpty else { return }
        makeFolders()
        // A pipe in its place must not wait for a reader.
        let file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o600)
        guard file >= 0 else { return }
        defer { close(file) }
        let bytes = Array((line + "\n").utf8)
        _ = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    }

    private func rewrite(_ lines: [String]) {
        let temporary = path + ".new"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { return }
        let bytes = Array(lines.map { $0 + "\n" }.joined().utf8)
        let written = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        close(file)
        // Only a whole file takes the place of the old one.
        if written == bytes.count { _ = rename(temporary, path) } else { unlink(temporary) }
    }

    /// For the user alone: queries name what is looked after.
    private func makeFolders() {
        var place = ""
        for part in path.split(separator: "/").dropLast() {
            place += "/" + part
            mkdir(place, 0o700)
        }
    }
}
