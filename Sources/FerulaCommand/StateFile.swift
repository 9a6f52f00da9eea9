// The file of `--state`: loaded at the start, written every minute and at the end.
// The form of its bytes is the store's (StateWriter, StateReader); here it meets the disk.

import CursesTerminal
import FerulaServer
import Glibc
import TimeSeriesStore

enum StateFile {
    private static let pieceBytes = 4 << 20
    /// How each of them begins.
    static let magic = StateFormat.magic

    /// Restores the store. Nil when there is no file yet.
    ///
    /// - `hint`: for a file that is damaged.
    /// - Throws: for a file that is damaged, with the place; nothing of it should be used then.
    static func load(
        _ path: String, into store: TimeSeriesStore, hint: String = "move the file away to begin without it"
    ) throws(CommandFailure) -> StateContents? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0, errno == ENOENT { return nil }
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        var status = stat()
        let size = fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
        var progress = ProgressLine("loading \(path)")
        defer { progress.clear() }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceBytes, alignment: 16)
        defer { buffer.deallocate() }
        var reader = StateReader(into: store)
        do {
            while true {
                let count = read(descriptor, buffer.baseAddress, buffer.count)
                if count < 0 && errno == EINTR { continue }
                guard count >= 0 else { throw failure(path) }
                if count == 0 { break }
                try reader.read(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                progress.show(reader.contents.bytes, of: size)
            }
            let contents = try reader.finish()
            if reader.seriesRefused > 0, let refusal = reader.refusal {
                Program.write(line: "\(path): \(reader.seriesRefused) series left out: \(refusal)", to: 2)
            }
            return contents
        } catch let failure as StateFailure {
            throw CommandFailure(
                "\(path): \(failure)\n  the state is damaged; \(hint)")
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure("\(path): \(error)")
        }
    }

    /// The old file or the new one is there whenever the process ends.
    @discardableResult
    static func write(_ path: String, _ store: TimeSeriesStore, showsProgress: Bool = false) throws -> StateContents {
        var writer = StateWriter(store)
        var progress = ProgressLine("saving \(path)")
        let file = try TemporaryFile(beside: path)
        do {
            while let piece = writer.next() {
                try writeAll(piece, file.descriptor, path)
                if showsProgress { progress.show(writer.progress.done, of: writer.progress.total) }
            }
        } catch {
            file.discard()
            throw error
        }
        try file.commit()
        progress.clear()
        return writer.contents
    }

    private static func writeAll(_ bytes: [UInt8], _ descriptor: Int32, _ path: String) throws(CommandFailure) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: $0[done...]).baseAddress, $0.count - done)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw failure(path) }
            done += count
        }
    }

    private static func failure(_ path: String) -> CommandFailure {
        CommandFailure("\(path): \(String(cString: strerror(errno)))")
    }

    /// Writes the file again and again until the task is cancelled, each time on a thread of its own: scrapes go on.
    static func keep(
        _ path: String, _ store: TimeSeriesStore, every interval: Duration, _ say: @Sendable (String) -> Void
    ) async {
        var lastFailure = ""
        // A cancelled pause ends the loop.
        while (try? await Task.sleep(for: interval)) != nil {
            let failure = await InterfaceThread.run { () -> String in
                do {
                    try write(path, store)
                    return ""
                } catch {
                    return "\(error)"
                }
            }
            if !failure.isEmpty, failure != lastFailure {
                say("the state is not written: \(failure)")
            }
            lastFailure = failure
        }
    }
}

/// What `serve` and `dash` begin with and leave behind.
struct Kept {
    var state: String?
    var stateInterval: Duration = .seconds(60)
    var load: String?
    var save: String?
    /// What goes wrong while all runs is told this.
    var say: @Sendable (String) -> Void = { Program.write(line: $0, to: 2) }

    /// Before the process runs; where that fails it never does.
    func begin(_ process: FerulaProcess) async throws(CommandFailure) {
        do throws(CommandFailure) {
            try begin(process.store)
        } catch {
            await process.abandon()
            throw error
        }
    }

    /// Fills the store, before anything is scraped: the state first, then what is newer in `--load`.
    private func begin(_ store: TimeSeriesStore) throws(CommandFailure) {
        if let save { try SaveFile.check(save) }
        if let state, let contents = try StateFile.load(state, into: store) {
            Program.write(line: "\(state): \(contents.samples) samples of \(contents.series) series", to: 2)
        }
        if let load {
            let report = try LoadFile.load(load, into: store, defaultTime: Clock.now())
            Program.write(line: "loaded \(report.outcome.appended) samples of \(report.seriesFound) series", to: 2)
        }
    }

    /// Runs `body` while the state is written; then writes it, and what is to be saved, once more.
    func around(_ store: TimeSeriesStore, _ body: () async throws -> Void) async throws {
        let keeper = state.map { state in
            Task { [stateInterval, say] in await StateFile.keep(state, store, every: stateInterval, say) }
        }
        var failure: (any Error)?
        do { try await body() } catch { failure = error }
        await RunningProgram.current?.lastWords()
        keeper?.cancel()
        await keeper?.value
        if let state { try StateFile.write(state, store, showsProgress: true) }
        if let save { try await SaveFile.save(store, to: save) }
        if let failure { throw failure }
    }
}
