// What the first word after `ferula` means: a subcommand, something to scrape, a file, or a mistake.
// Decided here before ArgumentParser sees it, so that a mistyped subcommand is not taken for a host.

import Glibc
import ShippedDashboards

enum FirstArgument: Equatable {
    case subcommand(String)
    /// URL, `host:port`, `:port`, as typed.
    case target(String)
    case file(String)
    /// An option, or nothing at all.
    case none
    /// Neither of these, with the subcommand that comes closest.
    case unknown(String, nearest: String?)

    init(_ text: String?, subcommands: [String], fileExists: (String) -> Bool) {
        guard let text, !text.isEmpty else {
            self = .none
            return
        }
        if text == "-" {
            self = .file(text)
        } else if text.hasPrefix("-") {
            self = .none
        } else if subcommands.contains(text) {
            self = .subcommand(text)
        } else if text.hasPrefix("http://") || text.hasPrefix("https://") {
            self = .target(text)
        } else if fileExists(text) {
            self = .file(text)
        } else if Self.isHostAndPort(text) {
            self = .target(text)
        } else {
            self = .unknown(text, nearest: Self.nearest(to: text, in: subcommands))
        }
    }

    /// `host:9100`, `:9100`, `[::1]:9100`, each with an optional path behind it.
    static func isHostAndPort(_ text: String) -> Bool {
        let authority = text.prefix { $0 != "/" }
        guard let colon = authority.lastIndex(of: ":") else { return false }
        let port = authority[authority.index(after: colon)...]
        guard let number = Int(port), (1...65535).contains(number), port.allSatisfy(\.isASCII) else { return false }
        let host = authority[..<colon]
        if host.hasPrefix("[") { return host.hasSuffix("]") && host.count > 2 }
        return host.allSatisfy { $0.isLetter || $0.isNumber || $0 == "." || $0 == "-" || $0 == "_" }
    }

    /// What is said of a first word that means nothing: of a path that the file is missing, of a host that it has no port.
    static func refusal(of word: String, nearest: String?) -> CommandFailure {
        if word.contains("/") || [".json", ".yml", ".yaml"].contains(where: word.hasSuffix) {
            return CommandFailure("\(word): No such file or directory")
        }
        var hint = nearest.map { "did you mean `ferula \($0)`?" } ?? "see `ferula --help`"
        if ShippedDashboards.named(word) != nil { hint = "a shipped dashboard is shown by `ferula -d \(word)`" }
        if nearest == nil, word == "localhost" || word.contains(".") {
            hint = "a host needs its port, such as `ferula \(word):9100`"
        }
        return CommandFailure(
            "ferula: `\(word)` is neither a subcommand, a URL, host:port nor a file; \(hint)",
            status: ExitStatus.usage)
    }

    /// The candidate within two edits (a third of a long word), or one that the text is a beginning of.
    static func nearest(to text: String, in candidates: [String]) -> String? {
        if let begun = candidates.first(where: { text.count >= 2 && $0.hasPrefix(text) }) { return begun }
        let limit = max(2, text.count / 3)
        let ranked = candidates.map { ($0, editDistance(text, $0)) }.min { $0.1 < $1.1 }
        guard let (candidate, distance) = ranked, distance <= limit, distance < candidate.count else { return nil }
        return candidate
    }

    /// Levenshtein. Both words are short: they are typed by hand.
    static func editDistance(_ left: String, _ right: String) -> Int {
        let one = Array(left.utf8.prefix(64))
        let other = Array(right.utf8.prefix(64))
        var row = Array(0...other.count)
        for (index, byte) in one.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in other.indices {
                let substituted = diagonal + (byte == other[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(substituted, diagonal + 1, row[column] + 1)
            }
        }
        return row[other.count]
    }
}

enum Descriptors {
    /// Gives 0, 1 and 2 to the null device when the caller closed them: a socket that got such a number would be written
    /// to as standard output. Opened the wrong way round, so that using one still fails as a closed one does.
    static func occupyStandard() {
        for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) < 0 {
            let opened = open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
            if opened >= 0 && opened != descriptor { close(opened) }
        }
    }
}

enum FileSystem {
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// False for pipes and standard input, which are read once.
    static func isRegularFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Paths of the files that a folder holds, in order, without hidden ones; a pipe among them would never end.
    static func files(in folder: String) throws(CommandFailure) -> [String] {
        let prefix = folder.hasSuffix("/") ? folder : folder + "/"
        return try names(in: folder).map { prefix + $0 }.filter(isRegularFile)
    }

    /// Of all that a folder holds, in order, without hidden ones.
    static func names(in folder: String) throws(CommandFailure) -> [String] {
        guard let directory = opendir(folder) else {
            throw CommandFailure("\(folder): \(String(cString: strerror(errno)))")
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// The whole file, or standard input for `-`.
    static func read(_ path: String) throws(CommandFailure) -> [UInt8] {
        let name = path == "-" ? "standard input" : path
        let descriptor = path == "-" ? 0 : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CommandFailure("\(name): \(String(cString: strerror(errno)))") }
        defer { if path != "-" { close(descriptor) } }
        var bytes: [UInt8] = []
        var status = stat()
        if fstat(descriptor, &status) == 0, status.st_size > 0 { bytes.reserveCapacity(Int(status.st_size)) }
        let chunkBytes = 1 << 20
        while true {
            let before = bytes.count
            var failure: Int32 = 0
            let got = withUnsafeTemporaryAllocation(byteCount: chunkBytes, alignment: 16) { buffer -> Int in
                guard let base = buffer.baseAddress else { return 0 }
                let count = Glibc.read(descriptor, base, chunkBytes)
                if count < 0 { failure = errno }
                if count > 0 { bytes.append(contentsOf: UnsafeRawBufferPointer(start: base, count: count)) }
                return count
            }
            if got < 0 && failure == EINTR { continue }
            if got < 0 { throw CommandFailure("\(name): \(String(cString: strerror(failure)))") }
            if got == 0 || bytes.count == before { return bytes }
        }
    }
}
