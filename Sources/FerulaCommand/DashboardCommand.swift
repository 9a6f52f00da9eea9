// `ferula dashboard`: the shipped dashboards, and files between Grafana's JSON and the short form in YAML.
// Reads and prints; ShortForm does the work.

import ArgumentParser
import ShippedDashboards

struct DashboardCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dashboard", abstract: "List shipped dashboards, convert files of dashboards.",
        subcommands: [ListCommand.self, ConvertCommand.self])

    struct ListCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "List the dashboards that come with ferula.",
            discussion: """
                ferula dashboard list
                ferula localhost:9901/stats/prometheus -d envoy
                ferula --server localhost:9090 -d kubernetes
                ferula dashboard convert redis > redis.json     for Grafana

                A name stands wherever the file of a dashboard may stand; a file of the same name is written with its
                folder, ./redis.
                """)

        func run() throws {
            try Program.output(Array(Self.text.utf8))
        }

        /// A line for each: name, what it shows, other names.
        static var text: String {
            let width = ShippedDashboards.all.map(\.name.count).max() ?? 0
            return ShippedDashboards.all.map { shipped in
                let others = shipped.aliases.isEmpty ? "" : " Also: \(shipped.aliases.joined(separator: ", "))."
                let name = shipped.name + String(repeating: " ", count: width - shipped.name.count)
                return "\(name)  \(shipped.summary)\(others)\n"
            }.joined()
        }
    }

    struct ConvertCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "convert",
            abstract: "Write Grafana's JSON as the short form in YAML, or the short form as Grafana's JSON.",
            discussion: """
                ferula dashboard convert node.json > node.yml
                ferula dashboard convert node.yml > node.json

                What the short form has no word for stands under `grafana:` as Grafana writes it. docs/dashboards.md
                teaches the short form. Exit codes: 0 written, 1 the file cannot be read.
                """)

        @Argument(
            help: ArgumentHelp("A dashboard, or a shipped one's name; - is standard input.", valueName: "FILE"),
            completion: DashboardChoice.completion)
        var file: String

        func run() throws {
            let (bytes, name) = try DashboardFile.bytes(file)
            try Program.output(Array(DashboardFile.converted(bytes, name).utf8))
        }
    }
}
