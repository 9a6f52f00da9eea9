// `make install` into a folder of the test: what is put where, and that shells and man read it.
// Installs the debug build; the recipe is the one that releases use.

import Foundation
import Testing

@testable import FerulaCommand

private struct Shell {
    var status: Int32
    var output: String

    /// Standard error goes with standard output; standard input is empty.
    init(_ words: [String], environment: [String: String] = [:]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = words
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let pipe = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        status = process.terminationStatus
        output = String(decoding: bytes, as: UTF8.self)
    }

    static func has(_ program: String) -> Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
        }
    }
}

/// Installed once for all tests of this file.
private enum Installation {
    static let root =
        (((#filePath as NSString).deletingLastPathComponent as NSString).deletingLastPathComponent
        as NSString).deletingLastPathComponent
    static let destination = NSTemporaryDirectory() + "ferula-install-" + UUID().uuidString
    static let outcome = Result {
        try Shell([
            "make", "--no-print-directory", "-C", root, "-o", "build", "install", "PROGRAM=\(RealBinary.path)",
            "DESTDIR=\(destination)", "PREFIX=/usr",
        ])
    }

    /// The folder that stands for `/usr`.
    static func usr() throws -> String {
        let outcome = try outcome.get()
        guard outcome.status == 0 else { throw CommandFailure("make install: \(outcome.output)") }
        return destination + "/usr"
    }
}

@Suite("Installing", .serialized, .enabled(if: Shell.has("make")))
struct InstallTests {
    @Test("puts the program, its manual and the completions of three shells under DESTDIR and PREFIX")
    func files() throws {
        let usr = try Installation.usr()
        for path in [
            "bin/ferula", "share/man/man1/ferula.1", "share/man/man1/ferula-query.1", "share/man/man1/ferula-serve.1",
            "share/bash-completion/completions/ferula", "share/zsh/site-functions/_ferula",
            "share/fish/vendor_completions.d/ferula.fish",
        ] {
            #expect(FileManager.default.fileExists(atPath: "\(usr)/\(path)"), "\(path)")
        }
        #expect(FileManager.default.isExecutableFile(atPath: usr + "/bin/ferula"))
        let info = try Shell([usr + "/bin/ferula", "info"])
        #expect(info.output.contains("manual           \(usr)/share/man/man1/ferula.1 found\n"))
        #expect(info.output.contains("zsh completion   \(usr)/share/zsh/site-functions/_ferula found\n"))
    }

    @Test("bash completes subcommands, flags, values and functions", .enabled(if: Shell.has("bash")))
    func bash() throws {
        let usr = try Installation.usr()
        let script = """
            PATH="$1/bin:$PATH"; unset PROMETHEUS_URL; . "$1/share/bash-completion/completions/ferula"
            ask() {
              COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMPREPLY=()
              _ferula ferula "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
              echo "${COMPREPLY[*]}"
            }
            ask ferula qu; ask ferula query --fail; ask ferula query -o j; ask ferula completion z
            ask ferula query 'sum(rat'
            """
        let outcome = try Shell(["bash", "--norc", "-c", script, "bash", usr])
        #expect(outcome.output == "query\n--fail-on-empty\njson jsonl\nzsh\nsum(rate(\n")
    }

    @Test("zsh finds the completion", .enabled(if: Shell.has("zsh")))
    func zsh() throws {
        let usr = try Installation.usr()
        let script = """
            fpath=($1/share/zsh/site-functions $fpath); autoload -Uz compinit; compinit -u -D
            print -r -- $_comps[ferula]; autoload +X _ferula && print loaded
            """
        #expect(try Shell(["zsh", "-f", "-c", script, "zsh", usr]).output == "_ferula\nloaded\n")
    }

    @Test("fish completes subcommands", .enabled(if: Shell.has("fish")))
    func fish() throws {
        let usr = try Installation.usr()
        let script = "source '\(usr)/share/fish/vendor_completions.d/ferula.fish'; complete -C 'ferula qu'"
        let outcome = try Shell(["fish", "--no-config", "-c", script])
        #expect(outcome.output == "query\tAnswer one PromQL expression and exit.\n")
    }

    @Test("man shows every page without a warning", .enabled(if: Shell.has("man") && Shell.has("groff")))
    func manual() throws {
        let folder = try Installation.usr() + "/share/man/man1"
        let pages = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(pages.count > 10)
        for page in pages {
            let outcome = try Shell(
                ["man", "--warnings", "-l", "\(folder)/\(page)"], environment: ["MANWIDTH": "80", "PAGER": "cat"])
            #expect(outcome.status == 0)
            #expect(!outcome.output.contains("warning:"), "\(page): \(outcome.output.prefix(400))")
        }
    }
}

@Suite("Manual pages")
struct ManualPageTests {
    @Test("every subcommand that --help shows has a page, which names its options and exit codes")
    func pages() throws {
        let pages = try ManualCommand.pages()
        let query = try #require(pages.first { $0.fileName == "ferula-query.1" }?.text)
        #expect(query.hasPrefix(".TH FERULA\\-QUERY 1 \"\" \"ferula \(Program.version)\" \"Ferula\"\n.SH NAME\n"))
        #expect(query.contains("\n.TP\n\\fB\\-q\\fR, \\fB\\-\\-raw\\fR\nPrint the values alone, one a line.\n"))
        #expect(query.contains("\n.SH EXIT STATUS\n.nf\n  0      answered (also with an empty answer)\n"))
        for command in FerulaCommand.configuration.subcommands {
            let name = try #require(command.configuration.commandName)
            #expect(pages.contains { $0.fileName == "ferula-\(name).1" }, "\(name)")
        }
    }
}
