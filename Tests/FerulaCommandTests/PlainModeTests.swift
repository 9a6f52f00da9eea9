// `--plain` and the settings as the built program has them: lines in, sentences out.

import Foundation
import Testing

@testable import FerulaCommand

@Suite("Plain mode of the program", .timeLimit(.minutes(1)))
struct PlainModeTests {
    @Test("commands from a pipe are answered in their order, and quit ends it")
    func pipe() async throws {
        let outcome = try await RealBinary.run(
            ["--plain", "--interval", "200ms"],
            input: "panel load 1m\npanels\ntragets\nquit\nhelp\n", environment: ["FERULA_CONFIG_DIR": "/nowhere"])
        #expect(outcome.status == 0)
        #expect(outcome.errors == "")
        let lines = outcome.output.split(separator: "\n").map(String.init)
        #expect(lines.first?.hasPrefix("Host. The last ") == true)
        #expect(lines.first?.hasSuffix(" 1 of 1 target up.") == true)
        #expect(lines.contains { $0.hasPrefix("Load 1m: ") })
        #expect(lines.contains { $0.hasPrefix("Panel 2 of ") })
        #expect(lines.contains("2. Load 1m"))
        #expect(lines.last == "There is no command tragets. Did you mean targets?")
        #expect(!outcome.output.unicodeScalars.contains { (0x2500...0x28ff).contains($0.value) || $0 == "\u{1b}" })
    }

    @Test("the end of the input ends it")
    func end() async throws {
        let outcome = try await RealBinary.run(["--plain", "--interval", "200ms"])
        #expect(outcome.status == 0)
        #expect(outcome.output.hasSuffix("Enter says this again with new values; help lists the commands.\n"))
    }

    @Test("a mistake in the settings is told before anything starts")
    func settings() async throws {
        let folder = NSTemporaryDirectory() + "ferula-settings-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try "graph: dots\n".write(toFile: folder + "/ferula.yml", atomically: false, encoding: .utf8)
        let outcome = try await RealBinary.run(["--plain"], environment: ["FERULA_CONFIG_DIR": folder])
        #expect(outcome.status == 1)
        #expect(outcome.output == "")
        #expect(outcome.errors == "\(folder)/ferula.yml:1:8: graph: auto, braille, block or ascii is wanted\n")
    }

    @Test("every goes with plain, and not below a second")
    func every() async throws {
        #expect(try await RealBinary.run(["--every", "5s"]).status == 2)
        let outcome = try await RealBinary.run(["--plain", "--every", "999ms", "--server", "127.0.0.1:1"])
        #expect(outcome.status == 2)
        #expect(outcome.errors == "--every: at least 1s is wanted\n")
    }

    @Test("info names the settings and the themes")
    func info() async throws {
        let outcome = try await RealBinary.run(["info"], environment: ["FERULA_CONFIG_DIR": "/nowhere"])
        #expect(outcome.output.contains(" /nowhere/ferula.yml not found\n"))
        #expect(outcome.output.contains(" /nowhere/themes not found\n"))
        let none = try await RealBinary.run(["info"])
        #expect(none.output.contains(" none: neither FERULA_CONFIG_DIR nor HOME is set\n"))
    }
}
