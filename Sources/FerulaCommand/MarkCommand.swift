// `ferula mark TEXT`: puts a mark on the graphs of the programs that show dashboards in terminals of this user.
// Talks to the sockets of MarkSocket.

import ArgumentParser
import DashboardApp
import Dashboards
import Glibc
import MetricModel

struct MarkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mark",
        abstract: "Mark a moment, such as a deployment, on the graphs of running dashboards.",
        discussion: """
            ferula mark deploy v3
            ferula mark --at '2026-01-31 21:40' the disk was changed

            All dashboards are told that this user has open in terminals of this machine, or the one of --pid.
            `ferula serve` has no screen and is not told. Marks last as long as the program that shows them.

            Exit codes: 0 every program that was meant has it, 1 none is running or one did not answer,
            2 wrong usage.
            """)

    @Argument(help: "What to say beside the mark, at most 200 characters.")
    var text: [String]

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The moment to mark, such as -5m or 21:40:05; default now.", valueName: "time"))
    var at: String?

    @Option(help: ArgumentHelp("Only the program with this process number.", valueName: "number"))
    var pid: Int32?

    static let textMost = 200

    func validate() throws {
        let words = text.joined(separator: " ")
        guard words.contains(where: { !$0.isWhitespace }) else { throw ValidationError("a mark wants a text") }
        guard words.count <= Self.textMost, words.utf8.count <= MarkLine.bytesMost / 2 else {
            throw ValidationError("the text has \(words.count) characters, at most \(Self.textMost) are shown")
        }
    }

    func run() throws {
        let now = Clock.now()
        var time = now
        if let at {
            do throws(TimeExpressionError) {
                time = try TimeExpression.parse(at, now: now, offset: Clock.localOffset(now))
            } catch {
                throw CommandFailure("--at: \(error)", status: ExitStatus.usage)
            }
        }
        let told = try Self.tell(SessionMark(text.joined(separator: " "), at: time), only: pid, in: MarkFolder.path)
        let programs = told.count == 1 ? "program" : "programs"
        let line = "marked \(TimeZoneChoice().text(time)) in \(told.count) \(programs)"
        try Program.output(Array((line + "\n").utf8))
    }

    /// Returns the processes that took it. Sockets that nobody listens to are taken away.
    static func tell(_ mark: SessionMark, only: pid_t?, in folder: String) throws(CommandFailure) -> [pid_t] {
        var told: [pid_t] = []
        var failures: [String] = []
        let known = MarkFolder.processes(in: folder)
        if !known.isEmpty { try MarkFolder.check(folder) }
        for process in known where only == nil || only == process {
            switch tell(mark, MarkFolder.socket(of: process, in: folder)) {
            case .taken: told.append(process)
            case .nobody: break
            case .failed(let reason): failures.append("process \(process): \(reason)")
            }
        }
        if !failures.isEmpty { throw CommandFailure("ferula mark: " + failures.joined(separator: "; ")) }
        guard told.isEmpty else { return told }
        let whom = only.map { "no dashboard is open in process \($0)" } ?? "no dashboard is open"
        throw CommandFailure("ferula mark: \(whom); looked in \(folder)")
    }

    private enum Outcome {
        case taken, nobody
        case failed(String)
    }

    private static func tell(_ mark: SessionMark, _ path: String) -> Outcome {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC | O_NONBLOCK, 0)
        guard descriptor >= 0 else { return .failed(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        guard let connected = UnixAddress.with(path, { connect(descriptor, $0, $1) }) else { return .nobody }
        if connected != 0 {
            let failure = errno
            if failure == ECONNREFUSED { unlink(path) }
            if failure == ECONNREFUSED || failure == ENOENT { return .nobody }
            return .failed(failure == EAGAIN ? "too busy to answer" : String(cString: strerror(failure)))
        }
        guard SocketLine.write(MarkLine.text(of: mark), to: descriptor) else {
            return .failed(String(cString: strerror(errno)))
        }
        switch SocketLine.read(descriptor, most: 256, milliseconds: 2 * MarkSocket.patienceMilliseconds) {
        case .line(let bytes):
            let answer = String(decoding: bytes, as: UTF8.self).withoutControlCharacters
            return answer == "ok" ? .taken : .failed(answer)
        case .tooLong: return .failed("an answer that is not understood")
        case .nothing: return .failed("no answer")
        }
    }
}
