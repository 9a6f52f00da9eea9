import ArgumentParser

struct DashCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "dash")
    func run() async throws {}
}
