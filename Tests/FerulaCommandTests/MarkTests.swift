// `ferula mark`: the line, the socket and its limits, and the built program against a listening one.
// The sockets are real, in folders of the test; a program on a screen is in .ci/journey.

import DashboardApp
import Foundation
import MetricModel
import Testing

@testable import FerulaCommand

@Suite("ferula mark", .timeLimit(.minutes(2)))
struct MarkTests {
    /// Short enough for the path of a socket, and owned by this test alone.
    private static func folder() throws -> String {
        let path = "/tmp/ferula-mark-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        return path
    }

    /// What arrives while `body` runs.
    private static func listening(
        in folder: String, process: pid_t, _ body: () async throws -> Void
    ) async throws -> [SessionMark] {
        let (marks, marked) = AsyncStream.makeStream(of: SessionMark.self)
        let socket = try MarkSocket(in: folder, process: process)
        socket.start { marked.yield($0) }
        let result: Result<Void, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        socket.stop()
        marked.finish()
        try result.get()
        var found: [SessionMark] = []
        for await mark in marks { found.append(mark) }
        return found
    }

    /// Says the bytes to the socket and returns what it answers.
    private static func say(_ bytes: [UInt8], to path: String, closing: Bool = false) throws -> String {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        let connected = UnixAddress.with(path) { connect(descriptor, $0, $1) }
        try #require(connected == 0)
        _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        if closing { shutdown(descriptor, Int32(SHUT_WR)) }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 512)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count <= 0 { break }
            answer += buffer.prefix(count)
        }
        return String(decoding: answer, as: UTF8.self)
    }

    @Test("a line has a time or none, and a text whose control characters are written out")
    func lines() {
        let mark = SessionMark("deploy v3\u{1b}[2J", at: Timestamp(milliseconds: 1_769_895_605_000))
        #expect(MarkLine.text(of: mark) == "mark 1769895605000 deploy v3\\x1b[2J\n")
        #expect(MarkLine.text(of: SessionMark("x")) == "mark - x\n")
        #expect(MarkLine.read(Array("mark 5 a b".utf8)) == SessionMark("a b", at: Timestamp(milliseconds: 5)))
        #expect(MarkLine.read(Array("mark - a\u{7}".utf8)) == SessionMark("a\\x07"))
        for bad in ["", "mark", "mark -", "mark x a", "Mark - a", "GET / HTTP/1.1", "mark 9223372036854775808 a"] {
            #expect(MarkLine.read(Array(bad.utf8)) == nil, "\(bad)")
        }
    }

    @Test("every program that listens is told, or the one that is named")
    func told() async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let third = try MarkSocket(in: folder, process: 4)
        third.start { _ in }
        let time = Timestamp(milliseconds: 1)
        try "x".write(toFile: folder + "/notes.txt", atomically: false, encoding: .utf8)
        var firsts: [SessionMark] = []
        let seconds = try await Self.listening(in: folder, process: 11) { () async throws -> Void in
            firsts = try await Self.listening(in: folder, process: 12) { () async throws -> Void in
                #expect(try MarkCommand.tell(SessionMark("both", at: time), only: nil, in: folder) == [4, 11, 12])
                #expect(try MarkCommand.tell(SessionMark("one", at: time), only: 12, in: folder) == [12])
                let none = #expect(throws: CommandFailure.self) {
                    try MarkCommand.tell(SessionMark("none"), only: 13, in: folder)
                }
                #expect(
                    none?.description == "ferula mark: no dashboard is open in process 13; looked in \(folder)")
            }
        }
        third.stop()
        #expect(firsts == [SessionMark("both", at: time), SessionMark("one", at: time)])
        #expect(seconds == [SessionMark("both", at: time)])
        #expect(MarkFolder.processes(in: folder) == [])
    }

    @Test("a socket whose program is gone is no program, and is gone afterwards")
    func stale() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // Bound, but nobody listens: what a killed program leaves behind.
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let path = MarkFolder.socket(of: 77, in: folder)
        #expect(UnixAddress.with(path) { bind(descriptor, $0, $1) } == 0)
        close(descriptor)
        #expect(MarkFolder.processes(in: folder) == [77])
        let failure = #expect(throws: CommandFailure.self) {
            try MarkCommand.tell(SessionMark("x"), only: nil, in: folder)
        }
        #expect(failure?.description == "ferula mark: no dashboard is open; looked in \(folder)")
        #expect(MarkFolder.processes(in: folder) == [])
    }

    @Test("a line of 4,095 bytes and its end is taken, one more is refused; nonsense is refused; silence is no harm")
    func limits() async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = MarkFolder.socket(of: 5, in: folder)
        let marks = try await Self.listening(in: folder, process: 5) { () async throws -> Void in
            let longest = Array("mark - ".utf8) + [UInt8](repeating: UInt8(ascii: "x"), count: 4088)
            #expect(try Self.say(longest + [10], to: path) == "ok\n")
            #expect(try Self.say([longest[0]] + longest + [10], to: path) == "error longer than 4096 bytes\n")
            #expect(try Self.say(Array("hello\n".utf8), to: path) == "error not understood\n")
            #expect(try Self.say([0xff, 0xfe, 10], to: path) == "error not understood\n")
            #expect(try Self.say(Array("mark - half".utf8), to: path, closing: true) == "")
            // Says nothing and waits: it is left after its second, and the next one has its turn.
            #expect(try Self.say([], to: path) == "")
            #expect(try Self.say(Array("mark - after\n".utf8), to: path) == "ok\n")
        }
        #expect(marks.map(\.text.count) == [4088, 5])
    }

    @Test("a folder that others may enter, or that is a link, is not used; a path too long is said")
    func folders() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func failure(_ path: String) -> String? {
            do throws(CommandFailure) {
                _ = try MarkSocket(in: path)
                return nil
            } catch {
                return error.description
            }
        }
        chmod(folder, 0o750)
        #expect(
            failure(folder) == "\(folder): not a folder that is this user's alone (mode 0700); it is not used")
        chmod(folder, 0o700)
        symlink(folder, folder + "/link")
        #expect(
            failure(folder + "/link")
                == "\(folder)/link: not a folder that is this user's alone (mode 0700); it is not used")
        let long = folder + "/" + String(repeating: "x", count: 80)
        #expect(failure(long) == "\(long)/\(getpid()).sock: too long for the path of a socket")
        #expect(failure(folder + "/a/b") == "\(folder)/a/b: No such file or directory")
        var status = stat()
        let socket = try MarkSocket(in: folder, process: 9)
        socket.start { _ in }
        #expect(stat(folder + "/9.sock", &status) == 0 && status.st_mode & 0o777 == 0o600)
        socket.stop()
    }

    @Test("the program says what it marked and where; without a dashboard it fails; a wrong time is wrong usage")
    func program() async throws {
        let runtime = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: runtime) }
        let environment = ["XDG_RUNTIME_DIR": runtime]
        let none = try await RealBinary.run(["mark", "x"], environment: environment)
        #expect(none.status == 1 && none.output.isEmpty)
        #expect(none.errors == "ferula mark: no dashboard is open; looked in \(runtime)/ferula\n")
        let marks = try await Self.listening(in: runtime + "/ferula", process: 21) { () async throws -> Void in
            let done = try await RealBinary.run(
                ["mark", "--at", "2026-01-31 21:40:05", "deploy", "v3"], environment: environment)
            #expect(done.output == "marked 2026-01-31 21:40:05 +00:00 in 1 program\n" && done.status == 0, "\(done)")
            let wrong = try await RealBinary.run(["mark", "--at", "soon", "x"], environment: environment)
            #expect(wrong.status == 2 && wrong.errors.hasPrefix("--at: "), "\(wrong.errors)")
            let empty = try await RealBinary.run(["mark", " "], environment: environment)
            #expect(empty.status == 2 && empty.errors.contains("a mark wants a text"))
            let long = try await RealBinary.run(
                ["mark", String(repeating: "x", count: 201)], environment: environment)
            #expect(long.status == 2 && long.errors.contains("the text has 201 characters, at most 200 are shown"))
        }
        #expect(marks == [SessionMark("deploy v3", at: Timestamp(milliseconds: 1_769_895_605_000))])
    }
}
