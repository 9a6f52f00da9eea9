// `ferula run` as the built program, over a program of ours: found by its port, ended with its code.

import Foundation
import Testing

@testable import FerulaCommand

@Suite("Running a program", .timeLimit(.minutes(2)))
struct RunCommandTests {
    /// A shell that starts a server, waits for `seconds`, ends it and exits with a code of its own.
    private static func served(for seconds: Int, code: Int) -> [String] {
        let script = """
            "\(RealBinary.path)" serve --listen 127.0.0.1:0 & child=$!
            sleep \(seconds); kill $child; wait $child; exit \(code)
            """
        return ["--", "sh", "-c", script]
    }

    @Test("the metrics of what a program starts are found, kept, and its exit code is ours")
    func keeps() async throws {
        let file = NSTemporaryDirectory() + "ferula-run-\(UUID().uuidString).om"
        defer { try? FileManager.default.removeItem(atPath: file) }
        let outcome = try await RealBinary.run(
            ["run", "--interval", "200ms", "--save", file] + Self.served(for: 3, code: 5))
        #expect(outcome.status == 5)
        #expect(outcome.output == "")
        #expect(outcome.errors.contains("ferula: metrics at http://127.0.0.1:"), "\(outcome.errors)")
        #expect(outcome.errors.contains("saved "))
        let saved = try String(contentsOfFile: file, encoding: .utf8)
        #expect(saved.contains("ferula_build_info{") && saved.hasSuffix("# EOF\n"))
        let lines = saved.split(separator: "\n").count { $0.hasPrefix("ferula_build_info{") }
        #expect(lines >= 2, "\(lines) samples")
    }

    @Test(
        "a program without metrics ends with its code, one that is not there with 127, a signal with 128 and its number",
        arguments: [
            (["sh", "-c", "exit 7"], 7, "ferula: sh ended before it served metrics\n"),
            (["true"], 0, "ferula: true ended before it served metrics\n"),
            (["sh", "-c", "kill -9 $$"], 137, "ferula: sh ended before it served metrics\n"),
            (["/nowhere/program"], 127, "/nowhere/program: No such file or directory\n"),
            (["/"], 126, "/: Permission denied\n"),
        ] as [([String], Int32, String)])
    func ends(words: [String], status: Int32, errors: String) async throws {
        let outcome = try await RealBinary.run(["run", "--"] + words)
        #expect(outcome.status == status)
        #expect(outcome.errors == errors)
    }

    @Test("what the program writes goes where it always goes, and it reads what it always reads")
    func passes() async throws {
        let outcome = try await RealBinary.run(["run", "--", "sh", "-c", "read word; echo got $word"], input: "it\n")
        #expect(outcome.status == 0 && outcome.output == "got it\n")
    }

    @Test(
        "a signal goes to the program, whose end decides; one that was ignored stays so",
        arguments: [("", 3), ("trap '' TERM;", 0)])
    func signals(ignoring: String, status: Int32) async throws {
        // The shell around ignores the signal or not, before ferula is there; the program says whether it got it.
        let script = """
            \(ignoring) "\(RealBinary.path)" run -- sh -c 'trap "exit 3" TERM; echo ready; sleep 1; sleep 1; exit 0' &
            sleep 0.7; kill -TERM $!; wait $!
            """
        let outcome = try await RealBinary.run(["-c", script], program: "/bin/sh")
        #expect(outcome.output == "ready\n")
        #expect(outcome.status == status, "\(outcome.errors)")
    }

    @Test("without a program nothing runs")
    func usage() async throws {
        let outcome = try await RealBinary.run(["run"])
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("no program: ferula run -- CMD"))
    }

    @Test("the log exporter's codes are those of its help")
    func logExporter() async throws {
        let program = (RealBinary.path as NSString).deletingLastPathComponent + "/ferula-log-exporter"
        let usage = try await RealBinary.run([], program: program)
        #expect(usage.status == 2 && usage.output == "" && usage.errors.contains("--config.file"))
        let help = try await RealBinary.run(["--help"], program: program)
        #expect(help.status == 0 && help.output.contains("2 wrong usage") && help.errors == "")
        let missing = try await RealBinary.run(["-c", "/nowhere/log.yml"], program: program)
        #expect(missing.status == 1 && missing.errors.contains("/nowhere/log.yml"))
    }

    @Test("lines of /proc/net/tcp in state LISTEN and of the program's sockets are its ports")
    func ports() {
        let table = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 111 1 0
               1: 00000000:2384 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 222 1 0
               2: 0100007F:1F91 0100007F:2384 01 00000000:00000000 00:00000000 00000000  1000        0 111 1 0
               3: 0100007F:1F92 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 333 1 0
               4: 0100007F:FFFFF 00000000:0000 0A 0 0 0 0 0 111
               5: nonsense
            """
        let found = ListeningPorts.listening(table, [111, 222], isV6: false)
        #expect(
            found == [
                ListeningPorts.Endpoint(host: "127.0.0.1", port: 8080),
                ListeningPorts.Endpoint(host: "127.0.0.1", port: 9092),
            ])
        let six = """
            header
               0: 00000000000000000000000000000000:1F90 0:0 0A 0 0 0 0 0 1
               1: 00000000000000000000000001000000:1F91 0:0 0A 0 0 0 0 0 1
               2: 0000000000000000FFFF00000100007F:1F92 0:0 0A 0 0 0 0 0 1
               3: 123:1F93 0:0 0A 0 0 0 0 0 1
            """
        #expect(
            ListeningPorts.listening(six, [1], isV6: true) == [
                ListeningPorts.Endpoint(host: "127.0.0.1", port: 8080),
                ListeningPorts.Endpoint(host: "[0:0:0:0:0:0:0:1]", port: 8081),
                ListeningPorts.Endpoint(host: "127.0.0.1", port: 8082),
            ])
    }

    @Test("of what a program writes the newest bytes are kept, by whole lines")
    func captured() {
        var state = CapturedOutput.State()
        let line = Array("0123456789\n".utf8)
        for _ in 0..<100 { state.keep(line[...], most: 50) }
        #expect(state.bytes.count <= 62 && state.bytes.count >= 40)
        #expect(state.bytes.starts(with: Array("0123".utf8)))
        #expect(state.lost + state.bytes.count == 1100)
    }
}
