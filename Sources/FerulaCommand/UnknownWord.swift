// The option or subcommand that a command does not have, found among the words when ArgumentParser has refused them.
// ArgumentParser names it too, but says first what else is wrong, which may be a consequence of it.

import Dashboards

struct UnknownWord: Equatable {
    /// As typed; of an option without what follows a `=`.
    var name: String
    /// `ferula query`
    var command: String
    var nearest: String?

    /// The first one; nil when every word is known. `help`: ArgumentParser's description of the whole tree.
    init?(in words: [String], help: JSONValue) {
        guard let root = help["command"] else { return nil }
        let (command, path) = Self.command(of: words, in: root)
        let options = command.list("arguments").filter { $0["kind"]?.looseString != "positional" }
        var valued: Set<String> = []
        var flags: Set<String> = ["--help", "-h", "--version"]
        for option in options {
            let names = option.list("names").compactMap(Self.spelled)
            if option["kind"]?.looseString == "option" { valued.formUnion(names) } else { flags.formUnion(names) }
        }
        let rest = words.dropFirst(path.count)
        let subcommands = command.list("subcommands").compactMap { $0["commandName"]?.looseString }
        if !path.isEmpty, !subcommands.isEmpty, let word = rest.first, !word.hasPrefix("-"), word != "help" {
            name = word
            self.command = (["ferula"] + path).joined(separator: " ")
            nearest = FirstArgument.nearest(to: word, in: subcommands)
            return
        }
        var index = rest.startIndex
        while index < rest.endIndex, rest[index] != "--" {
            let word = rest[index]
            index += 1
            // One dash and several letters may be several flags, or a negative number.
            guard word.hasPrefix("--") else {
                if valued.contains(word) { index += 1 }
                continue
            }
            let name = String(word.prefix { $0 != "=" })
            if valued.contains(name) {
                if name == word { index += 1 }
            } else if !flags.contains(name) {
                self.name = name
                self.command = (["ferula"] + path).joined(separator: " ")
                let known = valued.union(flags).filter { $0.hasPrefix("--") }.map { String($0.dropFirst(2)) }
                nearest =
                    Self.synonyms[name]?.first { known.contains($0) }.map { "--" + $0 }
                    ?? FirstArgument.nearest(to: String(name.dropFirst(2)), in: known.sorted()).map { "--" + $0 }
                return
            }
        }
        return nil
    }

    /// What other subcommands and other programs call an option that is meant here.
    private static let synonyms: [String: [String]] = [
        "--at": ["time"], "--time": ["at"], "--from": ["start"], "--since": ["start"], "--to": ["end"],
        "--until": ["end"], "--url": ["server"], "--host": ["server"], "--file": ["load"], "--selector": ["match"],
        "--filter": ["match"],
    ]

    var refusal: CommandFailure {
        let near = nearest.map { "; did you mean `\($0)`?" } ?? ""
        let kind = name.hasPrefix("-") ? "option" : "subcommand"
        return CommandFailure(
            "unknown \(kind) `\(name)`\(near)\n  `\(command) --help` lists them all", status: ExitStatus.usage)
    }

    private static func spelled(_ name: JSONValue) -> String? {
        guard let text = name["name"]?.looseString else { return nil }
        return name["kind"]?.looseString == "long" ? "--\(text)" : "-\(text)"
    }

    /// The subcommand that the words name; without one the dashboard's options are meant.
    private static func command(of words: [String], in root: JSONValue) -> (JSONValue, path: [String]) {
        var command = root
        var path: [String] = []
        while path.count < words.count {
            let word = words[path.count]
            let next = command.list("subcommands").first { $0["commandName"]?.looseString == word }
            guard let next else { break }
            command = next
            path.append(word)
        }
        guard path.isEmpty else { return (command, path) }
        return (root.list("subcommands").first { $0["commandName"]?.looseString == "dash" } ?? root, [])
    }
}
