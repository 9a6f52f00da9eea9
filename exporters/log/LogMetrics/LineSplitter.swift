// Bytes of a file to its lines, however they were cut into reads; a line over the limit is passed over and counted.
// One for each followed file; holds at most one line that has no end yet.

package struct LineSplitter: Sendable {
    private let bytesMax: Int
    private var pending: [UInt8] = []
    /// The rest of a line that was too long is passed over.
    private var isSkipping = false

    /// `bytesMax`: of a line without its end.
    package init(bytesMax: Int) { self.bytesMax = max(1, bytesMax) }

    /// Whether a line has begun and not ended.
    package var hasPartial: Bool { !pending.isEmpty || isSkipping }

    /// Calls `line` for each complete line, without `\n` or `\r\n`. Returns how many were too long.
    package mutating func read(_ bytes: UnsafeRawBufferPointer, _ line: (String) -> Void) -> Int {
        var tooLongCount = 0
        var start = 0
        while let end = Self.lineFeed(in: bytes, from: start) {
            finish(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), &tooLongCount, line)
            start = end + 1
        }
        let rest = bytes[start...]
        guard !isSkipping, !rest.isEmpty else { return tooLongCount }
        // One more than allowed may be the carriage return before the line feed.
        if pending.count + rest.count > bytesMax + 1 {
            pending.removeAll()
            isSkipping = true
        } else {
            pending.append(contentsOf: rest)
        }
        return tooLongCount
    }

    /// The last line, when it has no end: the file is gone, or was cut.
    package mutating func flush(_ line: (String) -> Void) -> Int {
        guard hasPartial else { return 0 }
        var tooLongCount = 0
        finish(UnsafeRawBufferPointer(start: nil, count: 0), &tooLongCount, line)
        return tooLongCount
    }

    private mutating func finish(_ tail: UnsafeRawBufferPointer, _ tooLongCount: inout Int, _ line: (String) -> Void) {
        defer {
            pending.removeAll(keepingCapacity: pending.capacity <= 64 << 10)
            isSkipping = false
        }
        guard !isSkipping, pending.count + tail.count <= bytesMax + 1 else {
            tooLongCount += 1
            return
        }
        if pending.isEmpty {
            emit(tail[...], &tooLongCount, line)
        } else {
            pending.append(contentsOf: tail)
            pending.withUnsafeBytes { emit($0[...], &tooLongCount, line) }
        }
    }

    private func emit(_ bytes: Slice<UnsafeRawBufferPointer>, _ tooLongCount: inout Int, _ line: (String) -> Void) {
        var bytes = bytes
        if bytes.last == 0x0d { bytes = bytes.dropLast() }
        // Who writes on behind a cut without looking leaves a hole of zeros at its begin.
        bytes = bytes.drop { $0 == 0 }
        guard bytes.count <= bytesMax else {
            tooLongCount += 1
            return
        }
        line(String(decoding: bytes, as: UTF8.self))
    }

    private static func lineFeed(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        bytes[start...].firstIndex(of: 0x0a)
    }
}
