// `make install` into a folder of the test: what is put where, and that shells and man read it.
// Installs the debug build; the recipe is the one that releases use.

import Foundation
import Testing

@testable import FerulaCommand

private struct Shell {
    var status: Int32
    var output: String

    /// Standard error goes with standard output; standard input is empty. Waits without a thread of the pool.
    static func run(_ words: [String], environment: [String: String] = [:]) async throws -> Shell {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = words
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let path = NSTemporaryDirectory() + "ferula-shell-" + UUID().uuidString
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        defer { try? FileManager.default.removeItem(atPath: path) }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: path)
        process.standardError = process.standardOutput
        let (ended, continuation) = AsyncStream<Void>.makeStream()
        process.terminationHandler = { _ in continuation.finish() }
        try process.run()
        for await _ in ended {}
        // The limit of the suite ends a wait in vain, and with it the program.
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
        return Shell(status: process.terminationStatus, output: try String(contentsOfFile: path, encoding: .utf8))
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
    private static let installing = Task {
        try await Shell.run([
            "make", "--no-print-directory", "-C", root, "-o", "build", "-o", "build-log-exporter", "install",
            "PROGRAM=\(RealBinary.path)", "LOG_EXPORTER=\(RealBinary.path)-log-exporter",
            "DESTDIR=\(destination)", "PREFIX=/usr",
        ])
    }

    /// The folder that stands for `/usr`.
    static func usr() async throws -> String {
        let outcome = try await installing.value
        guard outcome.status == 0 else { throw CommandFailure("make install: \(outcome.output)") }
        return destination + "/usr"
    }
}

@Suite("Installing", .serialized, .timeLimit(.minutes(5)), .enabled(if: Shell.has("make")))
struct InstallTests {
    @Test("puts the program, its manual and the completions of three shells under DESTDIR and PREFIX")
    func files() async throws {
        let usr = try await Installation.usr()
        for path in [
            "bin/ferula", "bin/ferula-log-exporter", "share/man/man1/ferula.1", "share/man/man1/ferula-query.1",
            "share/man/man1/ferula-serve.1",
            "share/bash-completion/completions/ferula", "share/zsh/site-functions/_ferula",
            "share/fish/vendor_completions.d/ferula.fish",
        ] {
            #expect(FileManager.default.fileExists(atPath: "\(usr)/\(path)"), "\(path)")
        }
        #expect(FileManager.default.isExecutableFile(atPath: usr + "/bin/ferula"))
        let info = try await Shell.run([usr + "/bin/ferula", "info"])
        #expect(info.output.contains("manual           \(usr)/share/man/man1/ferula.1 found\n"))
        #expect(info.output.contains("zsh completion   \(usr)/share/zsh/site-functions/_ferula found\n"))
    }

    @Test("uninstall removes what install has put there, and nothing else")
    func uninstall() async throws {
        let root = NSTemporaryDirectory() + "ferula-uninstall-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: root) }
        func make(_ goal: String) async throws -> Shell {
            try await Shell.run([
                "make", "--no-print-directory", "-C", Installation.root, "-o", "build", "-o", "build-log-exporter",
                goal,
                "PROGRAM=\(RealBinary.path)", "LOG_EXPORTER=\(RealBinary.path)-log-exporter", "DESTDIR=\(root)",
                "PREFIX=/usr",
            ])
        }
        #expect(try await make("install").status == 0)
        let kept = root + "/usr/share/man/man1/other.1"
        #expect(FileManager.default.createFile(atPath: kept, contents: nil))
        #expect(try await make("uninstall").status == 0)
        let left = try FileManager.default.subpathsOfDirectory(atPath: root).filter { path in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(root)/\(path)", isDirectory: &isFolder)
                && !isFolder.boolValue
        }
        #expect(left == ["usr/share/man/man1/other.1"])
    }

    @Test("bash completes subcommands, flags, values and functions", .enabled(if: Shell.has("bash")))
    func bash() async throws {
        let usr = try await Installation.usr()
        let script = """
            PATH="$1/bin:$PATH"; unset PROMETHEUS_URL; . "$1/share/bash-completion/completions/ferula"
            ask() {
              COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMPREPLY=()
              _ferula ferula "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
              echo "${COMPREPLY[*]}"
            }
            ask ferula qu; ask ferula query --fail; ask ferula query -o j; ask ferula completion z
            cd "$1/share"; touch dash.json
            ask ferula query "'sum(rat"; ask ferula query rat; ask ferula series "'ra"
            ask ferula query - | grep -c -e '-abs'
            ask ferula query --load da; ask ferula -c da; ask ferula query --tls-ca-file da; ask ferula check config da
            touch node.yml; ask ferula no; ask ferula --ran
            """
        let outcome = try await Shell.run(["bash", "--norc", "-c", script, "bash", usr])
        // A second proposal keeps bash from closing the quotes.
        #expect(
            outcome.output == """
                query
                --fail-on-empty
                json jsonl
                zsh
                sum(rate( sum(rate(range vector)
                'rate(

                0
                dash.json
                dash.json
                dash.json
                dash.json
                node.yml
                --range

                """)
    }

    @Test("zsh finds the completion", .enabled(if: Shell.has("zsh")))
    func zsh() async throws {
        let usr = try await Installation.usr()
        let script = """
            fpath=($1/share/zsh/site-functions $fpath); autoload -Uz compinit; compinit -u -D
            print -r -- $_comps[ferula]; autoload +X _ferula && print loaded
            """
        #expect(try await Shell.run(["zsh", "-f", "-c", script, "zsh", usr]).output == "_ferula\nloaded\n")
    }

    @Test("fish completes subcommands", .enabled(if: Shell.has("fish")))
    func fish() async throws {
        let usr = try await Installation.usr()
        let script = """
            set -x PATH '\(usr)/bin' $PATH; set -e PROMETHEUS_URL
            source '\(usr)/share/fish/vendor_completions.d/ferula.fish'
            for line in 'ferula qu' 'ferula query --as' 'ferula query --http.config.file x --fail' 'ferula query -o js'
                complete -C $line 2>/dev/null | string split -f 1 \\t
            end
            """
        let outcome = try await Shell.run([
            "sh", "-c", "exec timeout 100 fish --no-config -c \"$1\" 2>/dev/null", "sh", script,
        ])
        #expect(outcome.status == 0)
        #expect(outcome.output == "query\n--assert\n--fail-on-empty\njson\njsonl\n")
    }

    @Test("fish's script has no flag with a point where argparse reads it, and its loop ends on a refusal")
    func fishScript() {
        let lines = FishScript.mended(FerulaCommand.completionScript(for: .fish)).split(separator: "\n")
        let specifications = lines.filter { $0.contains("__ferula_parse_subcommand ") }
        #expect(specifications.count > 10)
        #expect(specifications.allSatisfy { !$0.contains(".") })
        #expect(specifications.contains { $0.contains("'http_config_file='") })
        let loop = lines.first { $0.contains("argparse -isn") }
        #expect(loop?.hasSuffix("2> /dev/null; or break") == true)
        // What is proposed keeps its name.
        let proposal = lines.first { $0.contains("\"ferula query\" http_config_file'") }
        #expect(proposal?.contains(" -l 'http.config.file' ") == true)
    }

    @Test("man shows every page without a warning", .enabled(if: Shell.has("man") && Shell.has("groff")))
    func manual() async throws {
        let folder = try await Installation.usr() + "/share/man/man1"
        let pages = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(pages.count > 10)
        for page in pages {
            let outcome = try await Shell.run(
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
