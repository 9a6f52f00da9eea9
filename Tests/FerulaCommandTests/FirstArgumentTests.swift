// What the first word after `ferula` is taken for.

import Glibc
import Testing

@testable import FerulaCommand

@Suite("The first argument")
struct FirstArgumentTests {
    private static let names = ["dash", "query", "serve", "parse"]

    @Test(
        "is a subcommand, a target, a file or a mistake",
        arguments: [
            ("query", FirstArgument.subcommand("query")),
            ("http://host/metrics", .target("http://host/metrics")),
            ("https://host:9100", .target("https://host:9100")),
            ("localhost:9100", .target("localhost:9100")),
            (":9100", .target(":9100")),
            ("[::1]:9100", .target("[::1]:9100")),
            ("localhost:9100/custom", .target("localhost:9100/custom")),
            ("node.json", .file("node.json")),
            ("-", .file("-")),
            ("-d", .none),
            ("qurey", .unknown("qurey", nearest: "query")),
            ("ser", .unknown("ser", nearest: "serve")),
            ("localhost", .unknown("localhost", nearest: nil)),
            ("localhost:http", .unknown("localhost:http", nearest: nil)),
            ("localhost:99999", .unknown("localhost:99999", nearest: nil)),
            ("missing.json", .unknown("missing.json", nearest: nil)),
        ])
    func classification(text: String, expected: FirstArgument) {
        #expect(FirstArgument(text, subcommands: Self.names, fileExists: { $0 == "node.json" }) == expected)
    }

    @Test("nothing at all means the dashboard")
    func nothing() {
        #expect(FirstArgument(nil, subcommands: Self.names, fileExists: { _ in false }) == .none)
    }
}

@Test(
    "a first word that means nothing is told what it lacks",
    arguments: [
        ("a/b.json", "a/b.json: No such file or directory", 1),
        ("node.yml", "node.yml: No such file or directory", 1),
        (
            "localhost",
            "ferula: `localhost` is neither a subcommand, a URL, host:port nor a file; "
                + "a host needs its port, such as `ferula localhost:9100`", 2
        ),
        ("xyzzy", "ferula: `xyzzy` is neither a subcommand, a URL, host:port nor a file; see `ferula --help`", 2),
    ] as [(String, String, Int32)])
func refusals(word: String, message: String, status: Int32) {
    let refusal = FirstArgument.refusal(of: word, nearest: nil)
    #expect(refusal.description == message)
    #expect(refusal.status == status)
}

@Test("times may begin with a minus, as the help's own example has it")
func negativeTimes() throws {
    let command = try QueryCommand.parse(["--load", "x", "--start", "-1h", "--end", "-5m", "up"])
    #expect(command.times.start == "-1h")
    #expect(command.times.end == "-5m")
    #expect(try QueryCommand.parse(["--load", "x", "--time", "-30s", "up"]).times.time == "-30s")
}

@Test("a full disk is told apart from a written answer")
func fullDisk() {
    let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
    defer { close(full) }
    #expect(Program.write(bytes: [1], to: full) == ENOSPC)
    let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
    defer { close(null) }
    #expect(Program.write(bytes: [1], to: null) == nil)
}
