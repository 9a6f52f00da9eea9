// docs/plot-and-diff.md as a shell runs it: every command of it, over a program of ours and stand-ins for what it names.

import Foundation
import Testing

@testable import FerulaCommand

@Suite("The page about plot and diff", .timeLimit(.minutes(4)))
struct PlotAndDiffTests {
    private static let document = (#filePath as NSString).deletingLastPathComponent + "/../../docs/plot-and-diff.md"

    /// What the page's commands call and a test must not: hosts elsewhere, programs without an end.
    private static let standIns: [String: String] = [
        "ping": """
        for n in 1 2 3 4; do echo "64 bytes from 192.0.2.1: icmp_seq=$n ttl=57 time=1$n.5 ms"; done
        """,
        "vmstat": """
        echo "procs ---memory--- ---cpu---"; echo " r  b   free us sy id"
        for n in 1 2 3 4; do echo " 1  0   1200 2$n  5 70"; done
        """,
        // Three rounds of a loop.
        "sleep": #"echo >> slept; [ "$(wc -l < slept)" -le 3 ]"#,
        "deploy": "exit 0",
    ]

    /// Of the last command of each line; others end with 0.
    private static func mayEnd(_ line: String, with status: Int32) -> Bool {
        // What differs between two moments of a program is told by 4.
        status == 0 || status == ExitStatus.assertionFalse && line.contains("--fail-on-change")
    }

    @Test("every command of the page does what it says")
    func commands() async throws {
        let text = try String(contentsOfFile: Self.document, encoding: .utf8)
        let lines = TutorialTests.blocks(text, language: "sh").filter { !$0.isEmpty }
        #expect(lines.count >= 9)
        let folder = NSTemporaryDirectory() + "ferula-page-" + UUID().uuidString
        let programs = folder + "/programs"
        try FileManager.default.createDirectory(atPath: programs, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (name, body) in Self.standIns {
            let path = programs + "/" + name
            try ("#!/bin/bash\n" + body + "\n").write(toFile: path, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        }
        let port = try TutorialTests.freePort()
        let begin = """
            set -u -o pipefail; shopt -s expand_aliases
            ferula serve --listen 127.0.0.1:\(port) 2> log & server=$!
            trap 'kill $server 2>/dev/null; true' EXIT
            for n in $(seq 100); do curl -sf localhost:\(port)/metrics > metrics.golden && break; command sleep 0.1; done
            PATH="$PWD/programs:$PATH"
            """
        let saved = """
            printf '# TYPE a counter\\na_total 1 %d\\na_total 5 %d\\n# EOF\\n' $(($(date +%s) - 3600)) $(date +%s) > saved.om
            """
        let steps = lines.map { line in
            """
            rm -f slept; ( \(line)
            ); echo "status $?"
            """
        }
        let script = ([begin, saved] + steps).joined(separator: "\n")
            .replacing("eth0", with: "lo").replacing("localhost:8080", with: "localhost:\(port)")
            .replacing("localhost:9090", with: "localhost:\(port)").replacing("staging:8080", with: "localhost:\(port)")
            .replacing("production:8080", with: "localhost:\(port)")
        let outcome = try await TutorialTests.shell(script, in: folder)
        let told = outcome.output.split(separator: "\n").filter { $0.hasPrefix("status ") }
            .compactMap { Int32($0.dropFirst(7)) }
        #expect(told.count == lines.count, "\(outcome.errors)\n\(outcome.output)")
        for (line, status) in zip(lines, told) {
            #expect(Self.mayEnd(line, with: status), "\(line): \(status)\n\(outcome.errors)")
        }
        // The legends of the three pipes, and the names that the page promises.
        for name in ["time", "in", "out", "us", "sy"] {
            #expect(
                outcome.output.split(whereSeparator: \.isWhitespace).contains { $0 == name },
                "\(name)\n\(outcome.output)")
        }
        let sine = try String(contentsOfFile: folder + "/sine.txt", encoding: .utf8)
        #expect(sine.contains("sine") && sine.split(separator: "\n").count > 10)
    }
}
