// docs/tutorial.md as a shell runs it: every command of it, in its order, in an empty folder.

import Foundation
import Testing

@testable import FerulaCommand

@Suite("Tutorial", .timeLimit(.minutes(4)))
struct TutorialTests {
    private static let document = (#filePath as NSString).deletingLastPathComponent + "/../../docs/tutorial.md"

    /// The lines of all fenced blocks of one language, in their order.
    static func blocks(_ text: String, language: String) -> [String] {
        var lines: [String] = []
        var isInside = false
        for line in text.components(separatedBy: "\n") {
            if line.hasPrefix("```") {
                isInside = line == "```" + language
            } else if isInside {
                lines.append(line)
            }
        }
        return lines
    }

    @Test("every command of the tutorial does what it says, and leaves its pictures")
    func commands() async throws {
        let text = try String(contentsOfFile: Self.document, encoding: .utf8)
        let lines = Self.blocks(text, language: "sh")
        #expect(lines.count { $0.hasPrefix("ferula") } >= 10)
        let folder = NSTemporaryDirectory() + "ferula-tutorial-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (port, other) = (try Self.freePort(), try Self.freePort())
        let script = (["set -eu -o pipefail", "trap 'kill $(jobs -p) || true' EXIT"] + lines).joined(separator: "\n")
            .replacing("9099", with: "\(port)").replacing("9098", with: "\(other)")
        let outcome = try await Self.shell(script, in: folder)
        #expect(outcome.status == 0, "\(outcome.errors)\n\(outcome.output)")
        for picture in ["service.svg", "machines.svg"] {
            let drawn = try String(contentsOfFile: folder + "/" + picture, encoding: .utf8)
            #expect(drawn.hasPrefix("<svg") || drawn.hasPrefix("<?xml"), "\(picture)")
            #expect(drawn.utf8.count > 2000, "\(picture)")
        }
        let table = try String(contentsOfFile: folder + "/series.csv", encoding: .utf8)
        #expect(table.contains("process_resident_memory_bytes"))
        #expect(FileManager.default.fileExists(atPath: folder + "/kept.state"))
    }

    /// One that was free a moment ago.
    static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && getsockname(descriptor, address, &length) == 0
            }
        }
        try #require(isBound)
        return UInt16(bigEndian: address.sin_port)
    }

    static func shell(_ script: String, in folder: String) async throws -> RealBinary.Outcome {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-c", script]
        process.currentDirectoryURL = URL(filePath: folder)
        let programs = (RealBinary.path as NSString).deletingLastPathComponent
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        process.environment = ["PATH": programs + ":" + path, "TZ": "UTC", "LC_ALL": "C.UTF-8", "COLUMNS": "120"]
        for name in ["out", "err"] { _ = FileManager.default.createFile(atPath: folder + "/" + name, contents: nil) }
        process.standardOutput = FileHandle(forWritingAtPath: folder + "/out")
        process.standardError = FileHandle(forWritingAtPath: folder + "/err")
        process.standardInput = FileHandle.nullDevice
        let (ended, continuation) = AsyncStream<Void>.makeStream()
        process.terminationHandler = { _ in continuation.finish() }
        try process.run()
        for await _ in ended {}
        // The limit of the suite ends a wait in vain, and with it the shell.
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
        return RealBinary.Outcome(
            status: process.terminationStatus, output: try String(contentsOfFile: folder + "/out", encoding: .utf8),
            errors: try String(contentsOfFile: folder + "/err", encoding: .utf8))
    }
}
