// Lines of the log on their way to standard error, whose reader may be slow or stuck.
// Between Logger.lines, which is called from scrape loops and must never wait, and Program.write, which does.

import CursesTerminal
import Dispatch
import Synchronization

final class LogQueue: Sendable {
    enum Limits {
        static let linesMax = 1024
        /// Of all lines that wait. One line has room however long it is: Program.write shortens it.
        static let bytesMax = 1 << 20
        /// For the last lines, when the program ends.
        static let farewell = Duration.seconds(1)
    }

    private struct State {
        var lines: [String] = []
        var bytes = 0
        var droppedCount = 0
        /// The thread is writing; it looks for more before it waits again.
        var isWriting = false
        var waitingForEnd: [CheckedContinuation<Void, Never>] = []
    }
    /// Guards what waits. Held for a few instructions, never while something is written.
    private let state = Mutex(State())
    private let write: @Sendable (String) -> Void
    private let thread = Mutex(false)
    private let wake = DispatchSemaphore(value: 0)

    /// - `write`: called with one line after the other, on a thread of its own that may block.
    init(write: @escaping @Sendable (String) -> Void = { Program.write(line: $0, to: 2) }) { self.write = write }

    /// Never waits: over the limits the line is dropped and counted.
    func add(_ line: String) {
        let isFirst = state.withLock { state in
            let bytes = line.utf8.count
            let hasRoom = state.lines.count < Limits.linesMax && state.bytes + bytes <= Limits.bytesMax
            guard hasRoom || state.lines.isEmpty else {
                state.droppedCount += 1
                return false
            }
            state.lines.append(line)
            state.bytes += bytes
            defer { state.isWriting = true }
            return !state.isWriting
        }
        guard isFirst else { return }
        // One thread for good: where a process may have no more of them, a later one could not be had.
        let isStarted = thread.withLock { isStarted in
            defer { isStarted = true }
            return isStarted
        }
        if !isStarted {
            Task {
                await InterfaceThread.run { [self] in
                    while true {
                        wake.wait()
                        writeAll()
                    }
                }
            }
        }
        wake.signal()
    }

    private func writeAll() {
        while true {
            let taken = state.withLock { state -> State in
                let taken = state
                state = State(isWriting: !taken.lines.isEmpty)
                if state.isWriting { state.waitingForEnd = taken.waitingForEnd }
                return taken
            }
            if taken.lines.isEmpty {
                for waiting in taken.waitingForEnd { waiting.resume() }
                return
            }
            for line in taken.lines { write(line) }
            let droppedCount = taken.droppedCount
            if droppedCount > 0 {
                let what = droppedCount == 1 ? "1 line was" : "\(droppedCount) lines were"
                write(
                    LogLine.text(
                        .warning, "\(what) dropped here: the log was not read in time", at: Clock.now()))
            }
        }
    }

    /// Returns when every line is written, or after a moment when nobody reads them.
    func finish() async {
        let writing = Task {
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state in
                    if state.isWriting { state.waitingForEnd.append(continuation) }
                    return !state.isWriting
                }
                if isDone { continuation.resume() }
            }
        }
        let (moments, moment) = AsyncStream<Void>.makeStream()
        let ended = Task {
            await writing.value
            moment.finish()
        }
        let patience = Task {
            // A sleep fails when it is cancelled, and then nobody waits any more.
            try? await Task.sleep(for: Limits.farewell)
            moment.finish()
        }
        for await _ in moments {}
        patience.cancel()
        ended.cancel()
    }
}
