// Samples with timestamps from a file into a store, in pieces, for `--load`.
// Reads the file; SampleLoader of Ingestion does the rest.

import Exposition
import Glibc
import Ingestion
import MetricModel
import TimeSeriesStore

enum LoadFile {
    private static let pieceBytes = 4 << 20

    /// Loads OpenMetrics text (recognised by its `# EOF`) or the classic text format; `-` is standard input.
    ///
    /// - `defaultTime`: for samples without a timestamp.
    /// - Throws: for the first malformed line, with its place; what came before it is in the store.
    static func load(
        _ path: String, into store: TimeSeriesStore, defaultTime: Timestamp
    ) throws(CommandFailure) -> LoadReport {
        if path == "-" {
            let bytes = try FileSystem.read(path)
            var loader = loader(isOpenMetrics: endsWithMark(bytes.suffix(16)), store, defaultTime)
            do {
                try bytes.withUnsafeBufferPointer { piece throws(ExpositionError) in try loader.load(piece) }
                return try loader.finish()
            } catch {
                throw failure("standard input", error)
            }
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CommandFailure("\(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var loader = loader(isOpenMetrics: hasEndMark(descriptor), store, defaultTime)
        let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: pieceBytes)
        defer { buffer.deallocate() }
        while true {
            let count = read(descriptor, buffer.baseAddress, pieceBytes)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw CommandFailure("\(path): \(String(cString: strerror(errno)))") }
            if count == 0 { break }
            do {
                try loader.load(UnsafeBufferPointer(start: buffer.baseAddress, count: count))
            } catch {
                throw failure(path, error)
            }
        }
        do {
            return try loader.finish()
        } catch {
            throw failure(path, error)
        }
    }

    private static func loader(
        isOpenMetrics: Bool, _ store: TimeSeriesStore, _ defaultTime: Timestamp
    ) -> SampleLoader {
        SampleLoader(sink: store, format: isOpenMetrics ? .openMetrics : .text, defaultTimestamp: defaultTime)
    }

    private static func failure(_ name: String, _ error: ExpositionError) -> CommandFailure {
        CommandFailure("\(name):\(error.rendered)")
    }

    /// Whether the file's last line is `# EOF`.
    private static func hasEndMark(_ descriptor: Int32) -> Bool {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size > 0 else { return false }
        var tail = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &tail, tail.count, max(0, status.st_size - tail.count))
        return endsWithMark(tail.prefix(max(0, count)))
    }

    static func endsWithMark(_ tail: ArraySlice<UInt8>) -> Bool {
        var trimmed = tail
        while let last = trimmed.last, last == 0x0a || last == 0x0d { trimmed = trimmed.dropLast() }
        let mark = Array("# EOF".utf8)
        guard trimmed.suffix(mark.count).elementsEqual(mark) else { return false }
        return trimmed.count == mark.count || trimmed.dropLast(mark.count).last == 0x0a
    }
}
