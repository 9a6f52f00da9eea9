import ArgumentParser

@main
struct FerulaCommand: AsyncParsableCommand {
    func run() async throws {}
}
