// What the first word after `ferula` is taken for.

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
