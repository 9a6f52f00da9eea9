import ArgumentParser

@main
struct HostExporterCommand: AsyncParsableCommand {
    func run() async throws {}
}
