// The file of queries: where it lies, what is read back, how it stays small, and what a broken one costs.

import Testing

@testable import FerulaCommand

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("history of queries")
struct HistoryFileTests {
    private static func withFolder(_ body: (String) throws -> Void) throws {
        var template = Array("/tmp/ferula-history-XXXXXX".utf8CString)
        let folder = try #require(mkdtemp(&template).map { String(cString: $0) })
        defer { _ = system("rm -rf '\(folder)'") }
        try body(folder)
    }

    @Test("it lies in the folder of the user's state")
    func place() {
        func path(_ environment: [String: String]) -> String? { HistoryFile.standard { environment[$0] }?.path }
        #expect(path(["XDG_STATE_HOME": "/s", "HOME": "/h"]) == "/s/ferula/history")
        #expect(path(["HOME": "/h"]) == "/h/.local/state/ferula/history")
        #expect(path(["XDG_STATE_HOME": "relative", "HOME": "/h"]) == "/h/.local/state/ferula/history")
        #expect(path([:]) == nil)
    }

    @Test("what is appended is read back, also from a folder that was not there; for the user alone")
    func readsBack() throws {
        try Self.withFolder { folder in
            let file = HistoryFile(path: folder + "/a/b/history")
            #expect(file.read() == [])
            file.append("up")
            file.append("sum(\n rate(a[1m]))")
            file.append("")
            #expect(file.read() == ["up", "sum( rate(a[1m]))"])
            var about = stat()
            #expect(stat(file.path, &about) == 0 && about.st_mode & 0o777 == 0o600)
        }
    }

    @Test("the newest 500 are given; at 1,500 lines the file is written anew")
    func bound() throws {
        try Self.withFolder { folder in
            let file = HistoryFile(path: folder + "/history")
            for number in 0..<1499 { file.append("q\(number)") }
            #expect(file.read().first == "q999" && file.read().count == 500)
            #expect(Self.lines(file.path) == 1499)
            file.append("q1499")
            #expect(file.read().last == "q1499")
            #expect(Self.lines(file.path) == 500)
            #expect(file.read().first == "q1000" && file.read().count == 500)
        }
    }

    private static func lines(_ path: String) -> Int {
        let bytes: [UInt8] = (try? FileSystem.read(path)) ?? []
        return bytes.count { $0 == UInt8(ascii: "\n") }
    }

    @Test("of a file beyond 8 MiB its end is read and kept; a pipe in its place does not hold anything up")
    func huge() throws {
        try Self.withFolder { folder in
            let file = HistoryFile(path: folder + "/history")
            file.append("first")
            #expect(truncate(file.path, 9 << 20) == 0)
            // The line that the limit cuts is not among them.
            file.append("end of a long line")
            file.append("last")
            #expect(file.read() == ["last"])
            var about = stat()
            #expect(stat(file.path, &about) == 0 && about.st_size < 9 << 20)
            let pipe = HistoryFile(path: folder + "/pipe")
            #expect(mkfifo(pipe.path, 0o600) == 0)
            pipe.append("up")
            #expect(pipe.read() == [])
        }
    }

    @Test("what is given away is written in order")
    func inOrder() throws {
        try Self.withFolder { folder in
            let file = HistoryFile(path: folder + "/history")
            for number in 0..<20 { file.appendSoon("q\(number)") }
            HistoryFile.finish()
            #expect(file.read() == (0..<20).map { "q\($0)" })
        }
    }

    @Test("a folder in its place, or one that cannot be written, costs the history alone")
    func broken() throws {
        let file = HistoryFile(path: "/proc/ferula/history")
        file.append("up")
        #expect(file.read() == [])
        #expect(HistoryFile(path: "/tmp").read() == [])
    }
}
