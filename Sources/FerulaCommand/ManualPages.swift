// Manual pages made from the commands themselves: what --help says, in the language of man.
// Pure; `ferula manual` writes them, `make install` puts them where man looks.

import Dashboards

struct ManualPage: Equatable {
    /// `ferula-query.1`
    var fileName: String
    var text: String

    /// One page a command that is shown, from ArgumentParser's description of the whole tree.
    static func pages(of help: JSONValue, version: String) -> [ManualPage] {
        guard let root = help["command"] else { return [] }
        return pages(root, parents: [], version: version)
    }

    private static func pages(_ command: JSONValue, parents: [String], version: String) -> [ManualPage] {
        guard let name = command["commandName"]?.looseString, command["shouldDisplay"]?.looseBool != false else {
            return []
        }
        let path = parents + [name]
        let subcommands = command.list("subcommands").filter { $0["commandName"]?.looseString != "help" }
        let shown = subcommands.flatMap { pages($0, parents: path, version: version) }
        let page = ManualPage(
            fileName: path.joined(separator: "-") + ".1",
            text: ManualWriter(command: command, path: path, subcommands: subcommands).page(version: version))
        return [page] + shown
    }
}

/// One page in troff's man macros.
private struct ManualWriter {
    var command: JSONValue
    var path: [String]
    var subcommands: [JSONValue]
    private var lines: [String] = []

    init(command: JSONValue, path: [String], subcommands: [JSONValue]) {
        self.command = command
        self.path = path
        self.subcommands = subcommands
    }

    private var arguments: [JSONValue] { command.list("arguments").filter { $0["shouldDisplay"]?.looseBool != false } }
    private func text(_ key: String) -> String { command[key]?.looseString ?? "" }

    func page(version: String) -> String {
        var writer = self
        writer.write(version)
        return writer.lines.joined(separator: "\n") + "\n"
    }

    private mutating func write(_ version: String) {
        let title = path.joined(separator: "-")
        lines.append(".TH \(Self.escaped(title.uppercased())) 1 \"\" \"ferula \(version)\" \"Ferula\"")
        lines += [".SH NAME", "\(Self.escaped(title)) \\- \(Self.escaped(text("abstract")))"]
        lines += [".SH SYNOPSIS", ".B \(Self.escaped(path.joined(separator: " ")))"]
        let positional = arguments.filter { $0["kind"]?.looseString == "positional" }
        if arguments.count > positional.count { lines.append("[\\fIoptions\\fR]") }
        for argument in positional { lines.append(Self.synopsis(argument)) }
        if !subcommands.isEmpty { lines.append("\\fIsubcommand\\fR") }
        writeDiscussion()
        if !positional.isEmpty {
            lines.append(".SH ARGUMENTS")
            for argument in positional { entry("\\fI\(Self.escaped(Self.valueName(argument)))\\fR", argument) }
        }
        writeOptions()
        if !subcommands.isEmpty {
            lines.append(".SH SUBCOMMANDS")
            for one in subcommands {
                let name = one["commandName"]?.looseString ?? ""
                lines += [
                    ".TP", ".BR \(Self.escaped((path + [name]).joined(separator: "-"))) (1)",
                    Self.escaped(one["abstract"]?.looseString ?? ""),
                ]
            }
        }
        guard path.count > 1 else { return }
        lines += [".SH SEE ALSO", ".BR \(Self.escaped(path.dropLast().joined(separator: "-"))) (1)"]
    }

    /// As it stands, line by line; the table of exit codes is a section of its own, as readers of man look for it.
    private mutating func writeDiscussion() {
        let all = text("discussion").split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let mark = all.firstIndex { $0.hasPrefix("Exit codes:") }
        literal("DESCRIPTION", Array(all[..<(mark ?? all.count)]))
        guard let mark else { return }
        let rest = all[mark].dropFirst("Exit codes:".count).drop { $0 == " " }
        literal("EXIT STATUS", (rest.isEmpty ? [] : [String(rest)]) + all[(mark + 1)...])
    }

    private mutating func literal(_ title: String, _ body: [String]) {
        var body = body[...]
        while body.last?.isEmpty == true { body.removeLast() }
        guard !body.isEmpty else { return }
        lines += [".SH \(title)", ".nf"] + body.map(Self.escaped) + [".fi"]
    }

    private mutating func writeOptions() {
        let options = arguments.filter { $0["kind"]?.looseString != "positional" }
        var sections: [String] = []
        for option in options {
            let section = option["sectionTitle"]?.looseString ?? ""
            if !sections.contains(section) { sections.append(section) }
        }
        for section in sections.sorted(by: { $0.isEmpty && !$1.isEmpty }) {
            lines.append(section.isEmpty ? ".SH OPTIONS" : ".SS \(Self.escaped(section))")
            for option in options where (option["sectionTitle"]?.looseString ?? "") == section {
                let names = option.list("names").map { name -> String in
                    let dashes = name["kind"]?.looseString == "long" ? "--" : "-"
                    return "\\fB\(Self.escaped(dashes + (name["name"]?.looseString ?? "")))\\fR"
                }
                let takesValue = option["kind"]?.looseString == "option"
                entry(
                    names.joined(separator: ", ")
                        + (takesValue ? " \\fI\(Self.escaped(Self.valueName(option)))\\fR" : ""), option)
            }
        }
    }

    private mutating func entry(_ head: String, _ argument: JSONValue) {
        var words = argument["abstract"]?.looseString ?? ""
        let values = argument.list("allValues").compactMap(\.looseString)
        if !values.isEmpty { words += " One of: \(values.joined(separator: ", "))." }
        if let value = argument["defaultValue"]?.looseString, !value.isEmpty { words += " Default: \(value)." }
        lines += [".TP", head, words.isEmpty ? "\\&" : Self.escaped(words)]
    }

    private static func valueName(_ argument: JSONValue) -> String { argument["valueName"]?.looseString ?? "value" }

    private static func synopsis(_ argument: JSONValue) -> String {
        let more = argument["isRepeating"]?.looseBool == true ? " ..." : ""
        let text = "\\fI\(escaped(valueName(argument)))\\fR\(more)"
        return argument["isOptional"]?.looseBool == true ? "[\(text)]" : text
    }

    /// No escape, no request at a line's beginning, and hyphens that can be copied into a shell.
    static func escaped(_ text: String) -> String {
        var result = text.first == "." || text.first == "'" ? "\\&" : ""
        for character in text {
            switch character {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "'": result += "\\(aq"
            case "`": result += "\\(ga"
            case "^": result += "\\(ha"
            case "~": result += "\\(ti"
            case "\n": result += " "
            default: result.append(character)
            }
        }
        return result
    }
}

extension JSONValue {
    /// Empty for what is no list.
    func list(_ key: String) -> [JSONValue] {
        if case .array(let values)? = self[key] { return values }
        return []
    }
}
