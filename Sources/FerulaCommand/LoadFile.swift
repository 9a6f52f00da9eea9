// Samples with timestamps from a file into a store, in pieces, for `--load`.
// Reads the file; SampleLoader of Ingestion does the rest.

import Exposition
import Glibc
import Ingestion
import MetricModel
import TimeSeriesStore

enum LoadFile {
    private static let pieceBytes = 4 << 20

    /// Loads OpenMetrics text (recognised by its `# EOF`) or the classic text format, plain or gzip, or what `--state` wrote;
    /// `-` is standard input.
    ///
    /// - `defaultTime`: for samples without a timestamp.
    /// - Throws: for the first malformed line, with its place; what came before it is in the store.
    static func load(
        _ path: String, into store: TimeSeriesStore, defaultTime: Timestamp
    ) throws(CommandFailure) -> LoadReport {
        let name = path == "-" ? "standard input" : path
        let descriptor = path == "-" ? dup(0) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CommandFailure("\(path): \(String(cString: strerror(errno)))") }
        var status = stat()
        let isFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        if path != "-", isFile {
            if isState(descriptor) {
                close(descriptor)
                return try state(path, into: store)
            }
            let isOpenMetrics =
                isGzip(descriptor) ? try unpackedHasEndMark(descriptor, name) : hasEndMark(descriptor)
            return try load(
                descriptor, name, loader(isOpenMetrics: isOpenMetrics, store, defaultTime), Int(status.st_size))
        }
        // What cannot be read twice is read whole: only its end says which format it is.
        var bytes: [UInt8] = []
        try pieces(descriptor, name) { piece, _ in bytes.append(contentsOf: piece) }
        var loader = loader(isOpenMetrics: endsWithMark(bytes.suffix(16)), store, defaultTime)
        do {
            try bytes.withUnsafeBufferPointer { piece throws(ExpositionError) in try loader.load(piece) }
            return try loader.finish()
        } catch {
            throw failure(name, error)
        }
    }

    private static func load(
        _ descriptor: Int32, _ name: String, _ loader: consuming SampleLoader, _ fileBytes: Int
    ) throws(CommandFailure) -> LoadReport {
        var loader = loader
        var progress = ProgressLine("loading \(name)")
        defer { progress.clear() }
        try pieces(descriptor, name) { piece, position throws(CommandFailure) in
            do throws(ExpositionError) {
                try loader.load(piece)
            } catch {
                throw failure(name, error)
            }
            progress.show(position, of: fileBytes)
        }
        do {
            return try loader.finish()
        } catch {
            throw failure(name, error)
        }
    }

    /// Unpacked pieces, each with the place in the file up to which it was read. Closes the descriptor.
    private static func pieces(
        _ descriptor: Int32, _ name: String,
        _ take: (UnsafeBufferPointer<UInt8>, Int) throws(CommandFailure) -> Void
    ) throws(CommandFailure) {
        let file = try GzipFile(reading: descriptor, name: name)
        let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: pieceBytes)
        defer { buffer.deallocate() }
        var isFirst = true
        do throws(CommandFailure) {
            while true {
                var count = try file.read(into: buffer)
                if count == 0 { break }
                // A pipe's first bytes may come one by one.
                while isFirst, count < StateFile.magic.count {
                    let more = try file.read(into: UnsafeMutableBufferPointer(rebasing: buffer[count...]))
                    if more == 0 { break }
                    count += more
                }
                if isFirst, buffer.prefix(count).starts(with: StateFile.magic) {
                    throw CommandFailure(
                        "\(name): what --state wrote, packed or through a pipe; give --load the file itself",
                        status: ExitStatus.usage)
                }
                isFirst = false
                try take(UnsafeBufferPointer(rebasing: buffer[..<count]), Int(lseek(descriptor, 0, SEEK_CUR)))
            }
        } catch {
            // The first failure is the one that is told.
            try? file.close()
            throw error
        }
        try file.close()
    }

    private static func isState(_ descriptor: Int32) -> Bool {
        var begin = [UInt8](repeating: 0, count: StateFile.magic.count)
        return pread(descriptor, &begin, begin.count, 0) == begin.count && begin == StateFile.magic
    }

    private static func state(_ path: String, into store: TimeSeriesStore) throws(CommandFailure) -> LoadReport {
        guard let contents = try StateFile.load(path, into: store, hint: "another copy of it is wanted") else {
            throw CommandFailure("\(path): \(String(cString: strerror(ENOENT)))")
        }
        var report = LoadReport()
        report.bytesRead = contents.bytes
        report.samplesRead = contents.samples
        report.seriesFound = contents.series
        report.outcome.appended = contents.samples
        return report
    }

    /// Whether the file is what `--save` writes, or empty; what cannot be read is not.
    static func isSaved(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return false }
        if status.st_size == 0 { return true }
        // `try?`: a damaged file is not what was written.
        return isGzip(descriptor) ? (try? unpackedHasEndMark(descriptor, path)) == true : hasEndMark(descriptor)
    }

    private static func isGzip(_ descriptor: Int32) -> Bool {
        var magic: [UInt8] = [0, 0]
        return pread(descriptor, &magic, 2, 0) == 2 && magic == [0x1f, 0x8b]
    }

    /// Unpacks the file once to see its end, and goes back to the beginning.
    private static func unpackedHasEndMark(_ descriptor: Int32, _ name: String) throws(CommandFailure) -> Bool {
        let copy = dup(descriptor)
        guard copy >= 0 else { throw CommandFailure("\(name): \(String(cString: strerror(errno)))") }
        var tail: [UInt8] = []
        try pieces(copy, name) { piece, _ in tail = Array((tail + piece.suffix(16)).suffix(16)) }
        lseek(descriptor, 0, SEEK_SET)
        return endsWithMark(tail[...])
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
