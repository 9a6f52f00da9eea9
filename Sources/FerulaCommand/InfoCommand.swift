// `ferula info`: what this program found around it, and the defaults it works with.
// For the first question of a bug report.

import ArgumentParser
import Ferula
import Frames
import Glibc
import HTTPAccess
import PrometheusAPI

struct InfoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Print every path, environment variable and default, and what was found.",
        discussion: "No secret is printed: of tokens it is only said that they are set.")

    func run() throws {
        var lines: [String] = []
        for (title, rows) in Self.sections {
            lines.append(title)
            let width = rows.map(\.name.count).max() ?? 0
            for row in rows {
                let name = row.name + String(repeating: " ", count: width - row.name.count)
                lines.append("  \(name)  \(row.value.withoutControlCharacters)")
            }
            lines.append("")
        }
        try Program.output(Array(lines.dropLast().map { $0 + "\n" }.joined().utf8))
    }

    struct Row {
        var name: String
        var value: String
    }

    static var sections: [(title: String, rows: [Row])] {
        [
            ("ferula \(Program.version)", program), ("Paths", paths), ("Environment", environment),
            ("Defaults", defaults),
        ]
    }

    private static var executable: String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0 else { return "not known" }
        return String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static var program: [Row] {
        let output = OutputTerminal.detect()
        let colors =
            switch output.capabilities.colors {
            case .none: "no colours"
            case .ansi16: "16 colours"
            case .indexed256: "256 colours"
            case .trueColor: "true colour"
            }
        let place = isatty(1) == 1 ? "a terminal" : "no terminal"
        let glyphs = output.capabilities.isUnicode ? "UTF-8" : "ASCII"
        let now = Clock.now()
        return [
            Row(name: "program", value: executable),
            Row(name: "standard output", value: "\(place), \(output.columns) columns, \(colors), \(glyphs)"),
            Row(name: "time", value: TimeZoneChoice().text(now)),
        ]
    }

    /// Where `make install` puts what belongs to the program, seen from the program's own folder.
    private static var paths: [Row] {
        let folder = executable.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let prefix = folder.last == "bin" ? folder.dropLast().joined(separator: "/") : "/usr/local"
        func row(_ name: String, _ path: String) -> Row {
            Row(name: name, value: "\(path) \(FileSystem.exists(path) ? "found" : "not found")")
        }
        return [
            row("manual", "\(prefix)/share/man/man1/ferula.1"),
            row("bash completion", "\(prefix)/share/bash-completion/completions/ferula"),
            row("zsh completion", "\(prefix)/share/zsh/site-functions/_ferula"),
            row("fish completion", "\(prefix)/share/fish/vendor_completions.d/ferula.fish"),
        ] + settings + [
            HistoryFile.standard().map { row("history", $0.path) } ?? Row(name: "history", value: "none: no HOME"),
            Row(name: "mark sockets", value: MarkFolder.path),
            Row(name: "data", value: "none is kept unless --state or --save names a file"),
        ]
    }

    private static var settings: [Row] {
        guard let place = SettingsPlace.here else {
            return [Row(name: "settings", value: "none: neither FERULA_CONFIG_DIR nor HOME is set")]
        }
        // `try?`: a folder that cannot be read has no themes.
        let files = FileSystem.isFolder(place.themesFolder) ? (try? FileSystem.files(in: place.themesFolder)) ?? [] : []
        let themes = files.count { $0.hasSuffix(".yml") || $0.hasSuffix(".yaml") }
        return [
            Row(name: "settings", value: "\(place.file) \(FileSystem.exists(place.file) ? "found" : "not found")")
        ] + mistakes(in: place) + [
            Row(name: "themes", value: "\(place.themesFolder) \(themes == 0 ? "not found" : "\(themes) found")")
        ]
    }

    /// What the dashboard would refuse to start with.
    private static func mistakes(in place: SettingsPlace) -> [Row] {
        var told: [String] = []
        // `try?`: without arguments there are none to refuse.
        guard let options = try? AppearanceOptions.parse([]) else { return [] }
        do throws(CommandFailure) {
            _ = try options.chosen(place: place) { told.append($0) }
        } catch {
            told.append(error.description)
        }
        return told.map { Row(name: "mistake", value: $0) }
    }

    /// Name, what it does, whether its value is a secret.
    private static let variables: [(name: String, meaning: String, isSecret: Bool)] = [
        ("PROMETHEUS_URL", "the server that is asked without --server", false),
        ("FERULA_SERVER", "the same, before PROMETHEUS_URL", false),
        ("PROMETHEUS_BEARER_TOKEN", "sent to the server", true),
        ("FERULA_CONFIG_DIR", "the folder of ferula.yml and themes", false),
        ("XDG_CONFIG_HOME", "the same is in ferula below it", false),
        ("NO_COLOR", "no colours", false),
        ("CLICOLOR_FORCE", "colours without a terminal", false),
        ("FORCE_COLOR", "colours without a terminal", false),
        ("CLICOLOR", "0: no colours", false),
        ("TERM", "the terminal", false),
        ("COLORTERM", "truecolor: true colour", false),
        ("COLUMNS", "width of what is printed", false),
        ("TZ", "the time zone", false),
        ("LC_ALL", "UTF-8, or ASCII graphs", false),
        ("LC_CTYPE", "the same, after LC_ALL", false),
        ("LANG", "the same, after LC_CTYPE", false),
        ("TERMINFO_DIRS", "where terminals are described", false),
        ("TMPDIR", "where the description of a true-colour terminal is put", false),
        ("XDG_RUNTIME_DIR", "where sockets of `ferula mark` are", false),
    ]

    private static var environment: [Row] {
        let flags = Program.ferulaEnvironment.map(\.name).filter { $0 != "FERULA_SERVER" && $0 != "FERULA_CONFIG_DIR" }
            .sorted()
        let meaning = "(any flag: FERULA_NO_HEADERS=1 is --no-headers)"
        let row = Row(
            name: "FERULA_*", value: (flags.isEmpty ? "none set" : flags.joined(separator: " ")) + " " + meaning)
        return known + [row]
    }

    private static var known: [Row] {
        variables.map { variable in
            guard let value = OutputTerminal.environment(variable.name), !value.isEmpty else {
                return Row(name: variable.name, value: "not set (\(variable.meaning))")
            }
            // A URL may hold a name and a password.
            let shown = variable.isSecret ? "set" : value.contains("://") ? AddressParts(value).address : value
            return Row(name: variable.name, value: "\(shown) (\(variable.meaning))")
        }
    }

    private static var defaults: [Row] {
        let store = StoreLimits()
        let engine = EngineOptions.user
        return [
            Row(name: "serve listens on", value: "127.0.0.1:9090"),
            Row(name: "scrape interval", value: "1s"),
            Row(name: "scrape body", value: "at most \(describe(bytes: Request.bodyBytesMaxDefault))"),
            Row(name: "server timeout", value: describe(RemoteServer.timeoutDefault)),
            Row(name: "server answer", value: "at most \(describe(bytes: RemoteServer.bodyBytesMaxDefault))"),
            Row(name: "retention", value: "\(store.retention), at most \(describe(bytes: store.bytesMax))"),
            Row(name: "series", value: "at most \(store.seriesMax)"),
            Row(name: "look back", value: "\(engine.lookback)"),
            Row(name: "query", value: "at most \(engine.samplesMax) samples, \(engine.stepsMax) steps"),
            Row(name: "subquery step", value: "\(engine.subqueryStep)"),
            Row(name: "watch", value: "every \(CommandWords.watchDefault)"),
        ]
    }
}
