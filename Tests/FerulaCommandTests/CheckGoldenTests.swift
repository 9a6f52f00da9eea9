// `ferula check config`, `check dashboard` and `check relabel` by the real program.

import Testing

@Suite("Goldens of the checks of configurations and dashboards", .serialized, .timeLimit(.minutes(2)))
struct CheckGoldenTests {
    static let rows: [(name: String, arguments: [String])] = [
        ("check-config", ["check", "config", "relabel.yml"]),
        ("check-config-strict", ["check", "config", "relabel.yml", "--strict"]),
        ("check-config-expanded", ["check", "config", "relabel.yml", "--config.expand-env"]),
        ("check-config-missing", ["check", "config", "missing.yml", "relabel.yml"]),
        ("check-dashboard", ["check", "dashboard", "mixed-dashboard.json"]),
        ("check-dashboard-json", ["check", "dashboard", "mixed-dashboard.json", "-o", "json"]),
        ("check-dashboard-strict", ["check", "dashboard", "mixed-dashboard.json", "--strict"]),
        ("check-dashboard-refused", ["check", "dashboard", "data.om"]),
        ("check-dashboard-short", ["check", "dashboard", "web-dashboard.yml"]),
        ("check-dashboard-short-refused", ["check", "dashboard", "relabel.yml"]),
        ("dashboard-list", ["dashboard", "list"]),
        ("dashboard-convert-short", ["dashboard", "convert", "web-dashboard.yml"]),
        ("dashboard-convert-json", ["dashboard", "convert", "mixed-dashboard.json"]),
        ("dashboard-convert-refused", ["dashboard", "convert", "data.om"]),
        ("check-relabel", ["check", "relabel", "relabel.yml", "node"]),
        (
            "check-relabel-labels",
            [
                "check", "relabel", "relabel.yml", "node", "{__address__=\"b.example:80\",env=\"dev\"}",
            ]
        ),
        (
            "check-relabel-metric",
            [
                "check", "relabel", "relabel.yml", "node", "--metric", "requests_total{path=\"/user/17\"}",
            ]
        ),
        ("check-relabel-metric-dropped", ["check", "relabel", "relabel.yml", "node", "--metric", "go_threads"]),
        ("check-relabel-no-rules", ["check", "relabel", "relabel.yml", "alone", "{__address__=\"a\"}"]),
        ("check-relabel-discovered", ["check", "relabel", "relabel.yml", "files"]),
        ("check-relabel-job", ["check", "relabel", "relabel.yml", "nod"]),
        ("check-relabel-malformed", ["check", "relabel", "relabel.yml", "node", "a=b"]),
    ]

    @Test("a command line prints its golden and ends with its code", arguments: rows.map(\.name))
    func golden(name: String) async throws {
        let row = try #require(Self.rows.first { $0.name == name })
        try await CommandGolden.compare(name, row.arguments, environment: ["HOST": "h.example:1"])
    }

    @Test("an empty pipe is no page without problems")
    func emptyPage() async throws {
        let outcome = try await RealBinary.run(["check", "metrics"], input: "")
        #expect(outcome.output == "")
        #expect(outcome.errors == "standard input is empty\n")
        #expect(outcome.status == 1)
    }
}
