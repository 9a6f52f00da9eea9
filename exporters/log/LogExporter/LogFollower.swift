// Follows files by name: new ones are opened, grown ones read, rotated ones read to their end.
// One round at a time, called by LogExporter four times a second and by tests with a clock of their own.
//
// Looking is cheaper than being told: a stat a file costs a microsecond, works on every file system, and cannot lose
// an event when a queue is full.

import FerulaConfiguration
import LinearRegex
import LogMetrics

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

package struct LogFollower: Sendable {
    enum Limits {
        static let chunkBytes = 256 << 10
        /// Of one file in one round; the others get their turn.
        static let roundBytes = 16 << 20
        /// A file without a name is closed when nothing was written to it for so long, in milliseconds: a writer that
        /// was told to open its log anew may take a while.
        static let farewell = 60_000
    }

    private let shared: Lock<LogState>
    private let configuration: LogConfiguration
    private var files: [FollowedFile] = []
    /// The file that each name led to, and whether it led anywhere before.
    private var identities: [FileName: FileIdentity] = [:]
    /// Told once each.
    private var told: Set<String> = []
    private let tell: @Sendable (String) -> Void
    private var isFirstRound = true
    private let readsFromStart: Bool

    /// - `readsFromStart`: files that are there at the start are read whole, whatever the configuration says.
    /// - `tell`: gets one line for each trouble.
    init(_ shared: Lock<LogState>, readsFromStart: Bool, tell: @escaping @Sendable (String) -> Void) {
        self.shared = shared
        configuration = shared.withLock { $0.configuration }
        self.readsFromStart = readsFromStart
        self.tell = tell
    }

    /// One look at all names and all open files. True when there is more to read at once.
    package mutating func round(now: Int) -> Bool {
        look(now)
        var hasMore = false
        // Taken out while they change: a failure is told by the follower itself.
        var open = files
        files = []
        for index in open.indices where read(&open[index], now) { hasMore = true }
        files = open.filter { !endIfGone($0, now) }
        let names = Set(files.map(\.name)), count = files.count
        shared.withLock { state in
            state.followedCount = count
            state.forget(but: names)
        }
        isFirstRound = false
        return hasMore
    }

    /// Reads what has come, takes lines without an end for whole ones, and closes everything.
    package mutating func finish(now: Int) {
        while round(now: now) {}
        for var file in files {
            flush(&file)
            file.end()
        }
        files = []
    }

    // MARK: Names

    private mutating func look(_ now: Int) {
        var present: Set<FileOfLog> = []
        var open = Set(files.map { FileOfLog(log: $0.name.log, identity: $0.identity) })
        var overLimitCount = 0
        for (log, definition) in configuration.logs.enumerated() {
            var paths: [String] = []
            for pattern in definition.paths where pattern != "-" {
                // A name without signs is looked at by `stat` alone.
                let found =
                    pattern.contains { "*?[".contains($0) } ? FerulaConfiguration.files(matching: pattern) : [pattern]
                paths += found.filter { !paths.contains($0) }
            }
            for path in paths where !Self.isCompressed(path) {
                let name = FileName(log: log, path: path)
                var status = stat()
                guard stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else { continue }
                let file = FileOfLog(log: log, identity: FileIdentity(status))
                present.insert(file)
                guard open.insert(file).inserted else {
                    identities[name] = file.identity
                    continue
                }
                guard files.count < configuration.filesMax else {
                    overLimitCount += 1
                    continue
                }
                follow(name, file.identity, definition, now)
            }
        }
        let count = overLimitCount
        shared.withLock { $0.overLimitCount = count }
        for index in files.indices {
            let isPresent = present.contains(FileOfLog(log: files[index].name.log, identity: files[index].identity))
            files[index].goneSince = isPresent ? nil : files[index].goneSince ?? now
        }
        // Names whose file is gone are forgotten with it, or dated names would be kept for ever.
        if identities.count > configuration.filesMax * 2 {
            let followed = Set(files.map(\.name))
            identities = identities.filter { followed.contains($0.key) }
        }
    }

    /// Two logs may follow one file, each for itself.
    private struct FileOfLog: Hashable {
        var log: Int
        var identity: FileIdentity
    }

    private mutating func follow(_ name: FileName, _ identity: FileIdentity, _ log: LogDefinition, _ now: Int) {
        let fromEnd = isFirstRound && !readsFromStart && !log.readsFromStart
        do {
            let file = try FollowedFile(name, lineBytesMax: configuration.lineBytesMax, fromEnd: fromEnd, now: now)
            files.append(file)
            let isRotated = identities[name].map { $0 != identity } ?? false
            identities[name] = file.identity
            shared.withLock { $0.count(name) { if isRotated { $0.rotations += 1 } } }
        } catch {
            failed(name, error)
        }
    }

    private mutating func failed(_ name: FileName, _ failure: FileFailure) {
        shared.withLock { $0.count(name) { $0.errors += 1 } }
        let line = "\(name.path): \(failure.reason)"
        // Bounded: a name that changes each time is no reason to keep all of them.
        if told.count >= configuration.filesMax * 2 { told = [] }
        if told.insert(line).inserted { tell(line) }
    }

    static func isCompressed(_ path: String) -> Bool { path.hasSuffix(".gz") }

    // MARK: Bytes

    /// True when it was not read to its end.
    private mutating func read(_ file: inout FollowedFile, _ now: Int) -> Bool {
        var budget = Limits.roundBytes
        return withUnsafeTemporaryAllocation(byteCount: Limits.chunkBytes, alignment: 16) { buffer in
            while budget > 0 {
                do throws(FileFailure) {
                    switch try file.read(into: buffer, now: now) {
                    case .end: return false
                    case .cut:
                        flush(&file)
                        file.restart()
                        shared.withLock { $0.count(file.name) { $0.truncations += 1 } }
                    case .bytes(let count):
                        take(UnsafeRawBufferPointer(rebasing: buffer[..<count]), &file.splitter, file.name)
                        budget -= count
                    }
                } catch {
                    failed(file.name, error)
                    return false
                }
            }
            return true
        }
    }

    private func take(_ bytes: UnsafeRawBufferPointer, _ splitter: inout LineSplitter, _ name: FileName) {
        shared.withLock { state in
            let tooLong = splitter.read(bytes) { state.read($0, of: name) }
            state.count(name) { counts in
                counts.bytes += bytes.count
                counts.tooLong += tooLong
            }
        }
    }

    private func flush(_ file: inout FollowedFile) { flush(&file.splitter, file.name) }

    private func flush(_ splitter: inout LineSplitter, _ name: FileName) {
        shared.withLock { state in
            let tooLong = splitter.flush { state.read($0, of: name) }
            if tooLong > 0 { state.count(name) { $0.tooLong += tooLong } }
        }
    }

    /// True when it was closed.
    private func endIfGone(_ file: FollowedFile, _ now: Int) -> Bool {
        guard let since = file.goneSince, now - max(since, file.readAt) >= Limits.farewell else { return false }
        var file = file
        flush(&file)
        file.end()
        return true
    }

    // MARK: History

    /// Reads once what rotation has left: for each pattern also `PATTERN.*` and `PATTERN-*`, compressed or not, the
    /// oldest first. Must be called before the first round.
    package mutating func readHistory() {
        for (log, definition) in configuration.logs.enumerated() {
            for path in Self.history(of: definition) {
                let name = FileName(log: log, path: path)
                do {
                    try readWhole(name)
                } catch {
                    failed(name, error)
                }
            }
        }
    }

    /// What the patterns themselves match and is not compressed is followed, from its first line on.
    private static func history(of log: LogDefinition) -> [String] {
        var found: [(path: String, time: Int)] = []
        var seen: Set<FileIdentity> = []
        let patterns = log.paths.filter { $0 != "-" }
        for path in patterns.flatMap({ FerulaConfiguration.files(matching: $0) }) where !isCompressed(path) {
            var status = stat()
            if stat(path, &status) == 0 { seen.insert(FileIdentity(status)) }
        }
        for path in patterns.flatMap({ [$0, $0 + ".*", $0 + "-*"] }).flatMap({ FerulaConfiguration.files(matching: $0) }
        ) {
            var status = stat()
            guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
                seen.insert(FileIdentity(status)).inserted
            else { continue }
            #if canImport(Glibc)
                let time = status.st_mtim
            #else
                let time = status.st_mtimespec
            #endif
            found.append((path, time.tv_sec * 1000 + time.tv_nsec / 1_000_000))
        }
        return found.sorted { ($0.time, $0.path) < ($1.time, $1.path) }.map(\.path)
    }

    private func readWhole(_ name: FileName) throws(FileFailure) {
        let file = try InflatedFile(name.path)
        var splitter = LineSplitter(bytesMax: configuration.lineBytesMax)
        var buffer = [UInt8](repeating: 0, count: Limits.chunkBytes)
        var failure: FileFailure?
        while failure == nil {
            do {
                let count = try file.read(into: &buffer)
                if count == 0 { break }
                buffer.withUnsafeBytes { take(UnsafeRawBufferPointer(rebasing: $0[..<count]), &splitter, name) }
            } catch {
                failure = error
            }
        }
        file.close()
        flush(&splitter, name)
        if let failure { throw failure }
    }

}
