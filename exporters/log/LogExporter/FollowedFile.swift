// One open file that is read as it grows: where reading stands, and whether what was read is still there.
// Held by LogFollower; the descriptor outlives the name, so nothing written before a rotation is lost.

import LogMetrics

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file whatever its name is.
struct FileIdentity: Hashable, Sendable {
    var device: UInt64
    var inode: UInt64

    init(_ status: stat) {
        device = UInt64(truncatingIfNeeded: status.st_dev)
        inode = UInt64(status.st_ino)
    }
}

/// Why a file cannot be followed.
struct FileFailure: Error {
    var reason: String
    init(_ reason: String) { self.reason = reason }
    init(_ number: Int32) { reason = String(cString: strerror(number)) }
}

struct FollowedFile: Sendable {
    /// Bytes before the place of reading that are looked at again: a file that was cut and has grown past that place
    /// within one round is told from one that only grew.
    static let memoryBytes = 64
    /// How far back the begin of a last line is looked for.
    static let tailBytesMax = 1 << 20

    let name: FileName
    let identity: FileIdentity
    let descriptor: Int32
    private(set) var offset: Int
    private var memory: [UInt8] = []
    var splitter: LineSplitter
    /// Since when no name leads to it, in milliseconds of the follower's clock.
    var goneSince: Int?
    /// When something was last read.
    var readAt: Int

    /// `fromEnd`: the lines that are there already are passed over; one that has no end yet is read.
    init(_ name: FileName, lineBytesMax: Int, fromEnd: Bool, now: Int) throws(FileFailure) {
        // A pipe would wait for a writer.
        let descriptor = open(name.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileFailure(errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw FileFailure("is no regular file")
        }
        self.name = name
        self.descriptor = descriptor
        identity = FileIdentity(status)
        offset = 0
        splitter = LineSplitter(bytesMax: lineBytesMax)
        readAt = now
        guard fromEnd, status.st_size > 0 else { return }
        offset = Int(status.st_size)
        let tail = bytesBefore(offset, min(lineBytesMax, Self.tailBytesMax)) ?? []
        if let feed = tail.lastIndex(of: 0x0a) { offset -= tail.count - feed - 1 }
        memory = bytesBefore(offset, Self.memoryBytes) ?? []
    }

    func end() { close(descriptor) }

    enum Part {
        case bytes(Int)
        case end
        /// It is shorter than it was, or something else stands where reading was: it begins anew.
        case cut
    }

    /// The next bytes. Must be called until `.end`.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer, now: Int) throws(FileFailure) -> Part {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileFailure(errno) }
        guard Int(status.st_size) >= offset else { return .cut }
        guard Int(status.st_size) > offset else { return .end }
        guard isUnchanged() else { return .cut }
        let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
        guard count >= 0 else { throw FileFailure(errno) }
        guard count > 0 else { return .end }
        offset += count
        readAt = now
        let fresh = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        memory = Array((memory + fresh.suffix(Self.memoryBytes)).suffix(Self.memoryBytes))
        return .bytes(count)
    }

    /// From the first byte again.
    mutating func restart() {
        offset = 0
        memory = []
    }

    private func isUnchanged() -> Bool {
        guard !memory.isEmpty else { return true }
        return bytesBefore(offset, memory.count) == memory
    }

    private func bytesBefore(_ end: Int, _ countMax: Int) -> [UInt8]? {
        let count = min(countMax, end)
        var bytes = [UInt8](repeating: 0, count: count)
        let found = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, count, off_t(end - count)) }
        return found == count ? bytes : nil
    }
}
