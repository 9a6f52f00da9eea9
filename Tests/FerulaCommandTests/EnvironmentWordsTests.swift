// FERULA_* variables as flags: which subcommand takes them, what keeps them out, what is refused.

import Testing

@testable import FerulaCommand

@Suite("Flags of the environment")
struct EnvironmentWordsTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var words: String
        var environment: String
        var merged: String
        var testDescription: String { "\(environment): \(words)" }
    }

    private static func split(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }

    private static func merge(_ words: String, _ environment: String) throws -> EnvironmentWords {
        let variables = split(environment).map { entry in
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return (name: parts[0], value: parts[1])
        }
        return try EnvironmentWords(split(words), environment: variables, help: ManualCommand.help)
    }

    private static func row(_ environment: String, _ words: String, _ merged: String) -> Row {
        Row(words: words, environment: environment, merged: merged)
    }

    @Test(
        "what says how the environment's server is asked stays out where something else is asked",
        arguments: [
            ("query up", true), ("query --scrape u up", false), ("query --load f up", false),
            ("query --server s up", true), ("--range 5m", true), ("localhost:9100", false),
            ("--range 5m localhost:9100", false), ("--server localhost:9100", true),
            ("--tls-skip-verify localhost:9100", false), ("http://a", false), ("-c p.yml", false),
            ("-d a.json", true), ("dash localhost:9100", false),
        ])
    func secrets(words: String, goes: Bool) throws {
        let merged = try EnvironmentWords(
            Self.split(words), environment: [("FERULA_BEARER_TOKEN_FILE", "t")], isServerNamed: true,
            help: ManualCommand.help)
        #expect(merged.words.contains("--bearer-token-file=t") == goes)
    }

    @Test("a variable that is nearly a flag is named, one that is nothing like it is not")
    func doubts() throws {
        let doubts = try Self.merge("query up", "FERULA_OUPUT=json FERULA_OUTPUT=csv FERULA_MOOD=good FERULA_STATE=x")
            .doubts
        #expect(doubts == ["FERULA_OUPUT is not used; did you mean FERULA_OUTPUT?"])
    }

    static let rows = [
        row("FERULA_OUTPUT=json", "query up", "query --output=json up"),
        row("FERULA_FORMAT=json", "query up", "query --format=json up"),
        row("FERULA_OUTPUT=json FERULA_NO_HEADERS=1", "query up", "query --output=json --no-headers up"),
        row("FERULA_NO_HEADERS=false FERULA_RAW=off", "query up", "query up"),
        row(
            "FERULA_WEB_LISTEN_ADDRESS=127.0.0.1:0", "serve --web.enable-lifecycle",
            "serve --web.listen-address=127.0.0.1:0 --web.enable-lifecycle"),
        row("FERULA_WEB_CONFIG_FILE=w.yml", "serve", "serve --web.config.file=w.yml"),
        row("FERULA_LINT_FATAL=yes", "check metrics a.prom", "check metrics --lint-fatal a.prom"),
        row("FERULA_HEADER=X:y FERULA_OUTPUT=json", "query up", "query --output=json up"),
        row("FERULA_HEADER=X:y", "query --server u up", "query --header=X:y --server u up"),
        row("FERULA_SERVER_TIMEOUT=1s", "query --server=u up", "query --server-timeout=1s --server=u up"),
        row("FERULA_DASHBOARD=a.json", "localhost:9100", "--dashboard=a.json localhost:9100"),
        row("FERULA_QUERY_TIMEOUT=5s", "series up", "series --query.timeout=5s up"),
        // The credentials of a server do not go anywhere else.
        row("FERULA_HEADER=X:y", "query --scrape u up", "query --scrape u up"),
        // The command line goes first, under any name of the flag.
        row("FERULA_OUTPUT=json", "query -o csv up", "query -o csv up"),
        row("FERULA_OUTPUT=json", "query --format=csv up", "query --format=csv up"),
        row("FERULA_OUTPUT=json", "query -qo csv up", "query -qo csv up"),
        row("FERULA_OUTPUT=json", "query -- -o", "query --output=json -- -o"),
        // What it excludes stays out too.
        row("FERULA_LOAD=a.om", "query --scrape b up", "query --scrape b up"),
        row("FERULA_SCRAPE=b", "query --server s up", "query --server s up"),
        row("FERULA_TIME=now", "query --start 1h up", "query --start 1h up"),
        row(
            "FERULA_BEARER_TOKEN_FILE=t", "query --username a --password-file p up",
            "query --username a --password-file p up"),
        // Not flags of this subcommand, empty, or read elsewhere.
        row("FERULA_OUTPUT=json", "serve", "serve"), row("FERULA_OUTPUT=", "query up", "query up"),
        row("FERULA_SERVER=http://a FERULA_BINARY=b", "query up", "query up"),
        row("FERULA_HELP=1 FERULA_VERSION=1", "query up", "query up"),
        row("FERULA_OUTPUT=json", "help query", "help query"), row("FERULA_DASHBOARD=a", "--help", "--help"),
        row("FERULA_DASHBOARD=a", "---completion query", "---completion query"),
    ]

    @Test("a variable is the flag of its name where the command line has none", arguments: rows)
    func merged(row: Row) throws {
        #expect(try Self.merge(row.words, row.environment).words.joined(separator: " ") == row.merged)
    }

    @Test("a flag without a value is true or false, nothing else")
    func refused() throws {
        do throws(CommandFailure) {
            _ = try EnvironmentWords(
                ["query", "up"], environment: [("FERULA_RAW", "maybe")], help: ManualCommand.help)
            Issue.record("taken")
        } catch {
            #expect(error.description == "FERULA_RAW: `maybe` is neither true nor false")
            #expect(error.status == 2)
        }
    }

    @Test("what ArgumentParser then refuses names the variables")
    func origin() async throws {
        let outcome = try await RealBinary.run(["query", "up"], environment: ["FERULA_OUTPUT": "yaml"])
        #expect(outcome.status == 2)
        #expect(outcome.errors.hasSuffix("\nFlags were also taken from FERULA_OUTPUT\n"))
    }

    @Test("the real program takes them")
    func real() async throws {
        let outcome = try await RealBinary.run(
            ["query", "sum(a)"], input: "a 1\n", environment: ["FERULA_RAW": "true"])
        #expect(outcome.output == "1\n")
    }
}
