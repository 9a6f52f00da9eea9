// `--plain`: sentences on standard output, commands as lines on standard input.
// Called by DashCommand and RemoteDash in place of Session; PlainSession says what there is to say.

import CursesTerminal
import DashboardApp
import Dashboards
import Dispatch
import Glibc
import MetricModel
import Querying
import Synchronization

struct PlainDash: Sendable {
    var dashboard: Dashboard
    var backend: any QueryBackend
    var status: any StatusSource
    var settings: SessionLoop.Settings
    /// Nil: only when asked.
    var every: Milliseconds?
    /// For the answers of all panels.
    var patience: Duration

    private enum Input: Sendable { case line(String), time }
    /// Whether a tick waits to be answered.
    private final class TickFlag: Sendable {
        private let isRaised = Mutex(false)
        /// False when it was raised before.
        func raise() -> Bool {
            isRaised.withLock { isRaised in
                defer { isRaised = true }
                return !isRaised
            }
        }
        func lower() { isRaised.withLock { $0 = false } }
    }
    /// A longer line is no command.
    static let lineBytesMax = 10_000
    /// Lines that were read and not answered yet; the reader waits when there are more.
    private static let waitingMax = 64

    /// Until `quit`, or the end of the input.
    func run() async throws(CommandFailure) {
        let patience = patience
        let session = PlainSession(
            dashboard: dashboard, backend: backend, status: status, settings: settings, now: { Clock.now() },
            utcOffset: { Clock.localOffset($0) },
            // Cancelled as soon as every panel has its answer.
            limit: { try? await Task.sleep(for: patience) })
        // Bounded by the room for lines, and by one tick at most.
        let (inputs, continuation) = AsyncStream.makeStream(of: Input.self)
        // Begun at nothing: one that ends below where it began is taken for one in use.
        let room = DispatchSemaphore(value: 0)
        for _ in 0..<Self.waitingMax { room.signal() }
        let isTickWaiting = TickFlag()
        let reading = Task {
            await InterfaceThread.run {
                Self.readLines {
                    room.wait()
                    continuation.yield(.line($0))
                }
            }
            continuation.finish()
        }
        defer { reading.cancel() }
        var clock = every.map { Self.ticking($0, continuation, isTickWaiting) }
        defer { clock?.cancel() }
        try say(await session.begin())
        for await input in inputs {
            let reply: PlainSession.Reply
            switch input {
            case .line(let line):
                room.signal()
                reply = await session.answer(line)
            case .time:
                isTickWaiting.lower()
                reply = await session.answer("")
            }
            try say(reply)
            if reply.isEnd { return }
            if let length = reply.every {
                clock?.cancel()
                clock = length > .zero ? Self.ticking(length, continuation, isTickWaiting) : nil
            }
        }
    }

    private func say(_ reply: PlainSession.Reply) throws(CommandFailure) {
        guard !reply.lines.isEmpty else { return }
        try Program.output(Array((reply.lines.joined(separator: "\n") + "\n").utf8))
    }

    private static func ticking(
        _ length: Milliseconds, _ inputs: AsyncStream<Input>.Continuation, _ isWaiting: TickFlag
    ) -> Task<Void, Never> {
        Task {
            // A cancelled sleep ends the clock.
            while (try? await Task.sleep(for: .milliseconds(length.count))) != nil {
                // Answers that take longer than the interval must not heap up rounds before what is typed.
                if isWaiting.raise() { inputs.yield(.time) }
            }
        }
    }

    /// Blocks until the input ends.
    private static func readLines(_ take: (String) -> Void) {
        var line: [UInt8] = []
        var isTooLong = false
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(0, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            for byte in buffer.prefix(count) {
                if byte == 0x0a {
                    if !isTooLong { take(String(decoding: line, as: UTF8.self)) }
                    line = []
                    isTooLong = false
                } else if line.count < lineBytesMax {
                    line.append(byte)
                } else {
                    isTooLong = true
                }
            }
        }
        if !line.isEmpty, !isTooLong { take(String(decoding: line, as: UTF8.self)) }
    }
}
