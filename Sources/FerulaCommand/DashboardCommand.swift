// `ferula dashboard convert FILE`: a dashboard between Grafana's JSON and the short form in YAML.
// Reads and prints; ShortForm does the work.

import ArgumentParser

struct DashboardCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dashboard", abstract: "Work on files of dashboards.", subcommands: [ConvertCommand.self])

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
            help: ArgumentHelp("A dashboard; - is standard input.", valueName: "FILE"),
            completion: .file())
        var file: String

        func run() throws {
            let name = file == "-" ? "standard input" : file
            try Program.output(Array(DashboardFile.converted(try FileSystem.read(file), name).utf8))
        }
    }
}
