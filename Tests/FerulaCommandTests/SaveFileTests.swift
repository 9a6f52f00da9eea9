// What --save may replace, and what --load recognises.

import Foundation
import MetricModel
import Testing
import TimeSeriesStore

@testable import FerulaCommand

@Suite("Files of samples", .timeLimit(.minutes(2)))
struct SaveFileTests {
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "ferula-save-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func file(_ name: String, _ text: String) throws -> String {
        try text.write(toFile: folder + "/" + name, atomically: true, encoding: .utf8)
        return folder + "/" + name
    }

    private static func filled() throws -> TimeSeriesStore {
        let store = TimeSeriesStore()
        let page = "up 1 1.7e9\nup 0 1700000015\n# EOF\n"
        let path = NSTemporaryDirectory() + "ferula-page-" + UUID().uuidString
        try page.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        _ = try LoadFile.load(path, into: store, defaultTime: Timestamp(milliseconds: 0))
        return store
    }

    @Test("a new file, an empty one and what a save has left may be replaced; another file is not")
    func replaces() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try Self.filled()
        for name in ["kept.om", "kept.om.gz"] {
            let path = folder + "/" + name
            try SaveFile.check(path)
            try await SaveFile.save(store, to: path)
            try SaveFile.check(path)
        }
        try SaveFile.check(try file("empty", ""))
        try SaveFile.check("/dev/null")
        try SaveFile.check(folder)
        for text in ["#!/usr/bin/env python3\n", "a 1\n", "# EOF x\n", "x# EOF\n"] {
            let path = try file("other", text)
            #expect {
                try SaveFile.check(path)
            } throws: { error in
                (error as? CommandFailure)?.description
                    == "--save \(path): this file is there, and is none that --save wrote\n"
                    + "  name another one, or move it away"
            }
        }
    }

    @Test("a program's own file is not overwritten by its samples, and the program does not start")
    func refused() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let script = try file("service.sh", "echo started\n")
        let outcome = try await RealBinary.run(["run", "--save", script, "--", "sh", script])
        #expect(outcome.status == 2 && outcome.output == "")
        #expect(outcome.errors.contains("is none that --save wrote"))
        #expect(try String(contentsOfFile: script, encoding: .utf8) == "echo started\n")
    }

    @Test(
        "what cannot be loaded or saved to ends the program with a message before anything runs",
        arguments: [["serve", "--listen", "127.0.0.1:0"], ["dash"]])
    func neverRuns(command: [String]) async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let script = try file("service.sh", "echo started\n")
        let missing = try await RealBinary.run(command + ["--load", folder + "/missing.om"])
        #expect(missing.status == 1 && missing.errors == "\(folder)/missing.om: No such file or directory\n")
        let other = try await RealBinary.run(command + ["--save", script])
        #expect(other.status == 2 && other.errors.hasPrefix("--save \(script): this file is there"))
    }

    @Test(
        "a damaged state says what may be done: of --state to begin without it, of --load to take another copy"
    )
    func damagedState() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/kept"
        try StateFile.write(path, try Self.filled())
        var bytes = Array(try Data(contentsOf: URL(filePath: path)))
        bytes.removeLast(3)
        try Data(bytes).write(to: URL(filePath: path))
        func words(_ read: () throws -> Void) -> String {
            do {
                try read()
                return ""
            } catch {
                return "\(error)"
            }
        }
        let kept = words { _ = try StateFile.load(path, into: TimeSeriesStore()) }
        #expect(kept.hasPrefix("\(path): ") && kept.hasSuffix("is damaged; move the file away to begin without it"))
        let loaded = words {
            _ = try LoadFile.load(path, into: TimeSeriesStore(), defaultTime: Timestamp(milliseconds: 0))
        }
        #expect(loaded.hasPrefix("\(path): ") && loaded.hasSuffix("is damaged; another copy of it is wanted"))
    }

    @Test("what --state wrote is loaded as what --save wrote; through a pipe it is refused with a hint")
    func state() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/kept"
        try StateFile.write(path, try Self.filled())
        let outcome = try await RealBinary.run(["query", "--load", path, "-q", "count_over_time(up[1m])"])
        #expect(outcome.status == 0 && outcome.output == "2\n", "\(outcome.errors)")
        let piped = try await RealBinary.run(
            ["-c", "cat '\(path)' | '\(RealBinary.path)' query -q up"], program: "/bin/sh")
        #expect(piped.status == 2)
        #expect(
            piped.errors
                == "standard input: what --state wrote, packed or through a pipe; give --load the file itself\n"
        )
        let packed = try await RealBinary.run(
            ["-c", "gzip -c '\(path)' > '\(path).gz'; '\(RealBinary.path)' query --load '\(path).gz' -q up"],
            program: "/bin/sh")
        #expect(packed.status == 2 && packed.errors.contains("kept.gz: what --state wrote, packed"), "\(packed.errors)")
        let bytes = try Data(contentsOf: URL(filePath: path))
        try bytes.prefix(bytes.count - 3).write(to: URL(filePath: path))
        let damaged = try await RealBinary.run(["query", "--load", path, "-q", "up"])
        #expect(damaged.status == 1 && damaged.errors.contains("the state is damaged"), "\(damaged.errors)")
    }
}

@Test(
    "an option that other subcommands have under another name is told by the name it has here",
    arguments: [
        (["query", "--at", "1h", "up"], "unknown option `--at`; did you mean `--time`?"),
        (["render", "host", "--time", "1h"], "unknown option `--time`; did you mean `--at`?"),
        (["query", "--from", "1h", "up"], "unknown option `--from`; did you mean `--start`?"),
        (["query", "--url", "x", "up"], "unknown option `--url`; did you mean `--server`?"),
        (["query", "--tiem", "1h", "up"], "unknown option `--tiem`; did you mean `--time`?"),
    ])
func synonyms(words: [String], message: String) throws {
    let unknown = try #require(UnknownWord(in: words, help: try ManualCommand.help()))
    #expect(unknown.refusal.description.hasPrefix(message + "\n"))
}
