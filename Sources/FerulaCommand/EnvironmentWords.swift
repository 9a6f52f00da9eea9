// FERULA_NAME in the environment as the flag --name of the subcommand that runs, unless the command line gives it.
// After CommandWords, before ArgumentParser; pure: Program brings the environment and the description of the commands.

import Dashboards
import PromQLSyntax

struct EnvironmentWords {
    /// The words with what the environment adds.
    private(set) var words: [String]
    /// Variables that added something, for the message of what ArgumentParser refuses then.
    private(set) var used: [String] = []

    /// What is said of variables that are no flag of any command but nearly one.
    private(set) var doubts: [String] = []

    static let prefix = "FERULA_"

    /// Read elsewhere: by ServerOptions, which has an order of its own, and by the project's tests and build.
    private static let reserved: Set<String> = [
        "FERULA_SERVER", "FERULA_CONFIG_DIR", "FERULA_BINARY", "FERULA_PEERS", "FERULA_CORE",
    ]

    /// A flag of the command line keeps out those of the environment that it excludes.
    private static let excluded: [String: [String]] = [
        "scrape": ["server", "load"], "load": ["server", "scrape"], "time": ["start"], "start": ["time"],
        "range": ["from", "to"],
        "from": ["range"],
        "bearer-token-file": ["username", "password-file"], "username": ["bearer-token-file"],
        "password-file": ["bearer-token-file"],
    ]

    /// How a server is asked: a variable that says so stands for all commands, and is no mistake where none is asked.
    private static let ofServer: Set<String> = [
        "header", "bearer-token-file", "username", "password-file", "tls-ca-file", "tls-cert-file", "tls-key-file",
        "tls-skip-verify", "http.config.file", "server-timeout",
    ]

    /// What is asked or read in place of the server that the environment names: its credentials do not go there.
    private static let otherSources: Set<String> = [
        "scrape", "load", "state", "save", "c", "config", "config.file",
    ]

    /// Whether one of the words of a dashboard's command line is what it scrapes.
    private static func namesTarget(_ words: ArraySlice<String>, options: [JSONValue]) -> Bool {
        let flags = options.filter { $0["kind"]?.looseString == "flag" }
        let names = Set(flags.flatMap { $0.list("names").compactMap { $0["name"]?.looseString } })
        var isValue = false
        for word in words {
            if !isValue, word.hasPrefix("-"), word != "-" {
                isValue = !word.contains("=") && !names.contains(String(word.drop { $0 == "-" }))
                continue
            }
            if !isValue, word.contains("://") || FirstArgument.isHostAndPort(word) { return true }
            isValue = false
        }
        return false
    }

    /// - `isServerNamed`: whether the environment names a server to ask.
    /// - `help`: ArgumentParser's description of the whole tree; asked for only when a variable is set, as it costs
    ///   milliseconds.
    init(
        _ words: [String], environment: [(name: String, value: String)], isServerNamed: Bool = false,
        help: () throws(CommandFailure) -> JSONValue
    ) throws(CommandFailure) {
        self.words = words
        let variables = environment.filter {
            $0.name.hasPrefix(Self.prefix) && !$0.value.isEmpty && !Self.reserved.contains($0.name)
        }
        guard !variables.isEmpty, let root = try help()["command"] else { return }
        doubts = Self.doubts(variables.map(\.name), root)
        guard let (command, depth) = Self.command(of: words, in: root) else { return }
        let given = Self.names(in: words.dropFirst(depth))
        let asksServer =
            given.contains("server")
            || isServerNamed && given.isDisjoint(with: Self.otherSources)
                && variables.allSatisfy { !["FERULA_SCRAPE", "FERULA_LOAD"].contains($0.name) }
                && !(command["commandName"]?.looseString == "dash"
                    && Self.namesTarget(words.dropFirst(depth), options: command.list("arguments")))
        var added: [String] = []
        for option in command.list("arguments") {
            let kind = option["kind"]?.looseString
            let names = option.list("names").compactMap { $0["name"]?.looseString }
            let long = option.list("names").filter { $0["kind"]?.looseString == "long" }
                .compactMap { $0["name"]?.looseString }
            guard kind != "positional", !names.contains("help"), !names.contains("version"),
                given.isDisjoint(with: names),
                long.allSatisfy({ given.isDisjoint(with: Self.excluded[$0] ?? []) }),
                asksServer || Self.ofServer.isDisjoint(with: long),
                let (name, variable) = Self.first(of: variables, for: long)
            else { continue }
            if kind == "option" {
                added.append("--\(name)=\(variable.value)")
            } else if try Self.isOn(variable) {
                added.append("--\(name)")
            } else {
                continue
            }
            used.append(variable.name)
        }
        self.words.insert(contentsOf: added, at: depth)
    }

    /// `--web.listen-address` is FERULA_WEB_LISTEN_ADDRESS.
    static func variable(of flag: String) -> String {
        prefix + flag.uppercased().map { $0.isLetter || $0.isNumber ? String($0) : "_" }.joined()
    }

    private static func doubts(_ names: [String], _ root: JSONValue) -> [String] {
        func variables(_ command: JSONValue) -> [String] {
            let flags = command.list("arguments").flatMap { $0.list("names") }
                .filter { $0["kind"]?.looseString == "long" }.compactMap { $0["name"]?.looseString }
            return flags.map(variable) + command.list("subcommands").flatMap(variables)
        }
        let known = Set(variables(root))
        return names.filter { !known.contains($0) }.compactMap { name in
            let bare = known.map { String($0.dropFirst(prefix.count)) }.sorted()
            guard let near = NearestName.of(String(name.dropFirst(prefix.count)), among: bare) else { return nil }
            return "\(name) is not used; did you mean \(prefix)\(near)?"
        }
    }

    private static func first(
        of variables: [(name: String, value: String)], for flags: [String]
    ) -> (flag: String, variable: (name: String, value: String))? {
        for flag in flags {
            if let found = variables.first(where: { $0.name == variable(of: flag) }) { return (flag, found) }
        }
        return nil
    }

    /// The subcommand that the words name, and how many words that takes; dash when they name none; nil: no flags.
    private static func command(of words: [String], in root: JSONValue) -> (JSONValue, depth: Int)? {
        // `---completion` is how a shell's script asks.
        if let first = words.first, ["help", "--help", "-h", "--version"].contains(first) || first.hasPrefix("---") {
            return nil
        }
        var command = root
        var depth = 0
        while depth < words.count, let next = command.subcommand(words[depth]) {
            command = next
            depth += 1
        }
        return depth == 0 ? root.subcommand("dash").map { ($0, 0) } : (command, depth)
    }

    /// Names of the flags among the words: long ones, and each letter of `-qo`.
    private static func names(in words: ArraySlice<String>) -> Set<String> {
        var names: Set<String> = []
        for word in words.prefix(while: { $0 != "--" }) where word.hasPrefix("-") {
            if word.hasPrefix("--") {
                names.insert(String(word.dropFirst(2).prefix { $0 != "=" }))
            } else {
                names.formUnion(word.dropFirst().prefix(while: \.isLetter).map(String.init))
            }
        }
        return names
    }

    private static func isOn(_ variable: (name: String, value: String)) throws(CommandFailure) -> Bool {
        switch variable.value.lowercased() {
        case "1", "true", "yes", "on": return true
        case "0", "false", "no", "off": return false
        default:
            throw CommandFailure(
                "\(variable.name): `\(variable.value)` is neither true nor false", status: ExitStatus.usage)
        }
    }
}

extension JSONValue {
    fileprivate func subcommand(_ name: String) -> JSONValue? {
        list("subcommands").first { $0["commandName"]?.looseString == name && name != "help" }
    }
}
