// `ferula manual`: the manual page on standard output, or all pages into a folder.
// The pages are ManualPages'; here they meet the disk.

import ArgumentParser
import Dashboards
import Glibc

struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual",
        abstract: "Print a manual page, made from the commands themselves.",
        discussion: """
            ferula manual query | man -l -
            ferula manual --directory /usr/local/share/man/man1

            make install writes all of them.
            """)

    @Argument(help: ArgumentHelp("A subcommand; default: ferula itself.", valueName: "subcommand"))
    var words: [String] = []

    @Option(help: ArgumentHelp("Write all pages into this folder.", valueName: "DIR"), completion: .directory)
    var directory: String?

    func validate() throws {
        if directory != nil, !words.isEmpty { throw ValidationError("give either a subcommand or --directory") }
    }

    /// ArgumentParser's description of all commands.
    static func help() throws(CommandFailure) -> JSONValue {
        do {
            return try JSONReader.read(Array(FerulaCommand._dumpHelp().utf8), fileName: "help")
        } catch {
            throw CommandFailure("ferula: its own help is not understood: \(error.diagnostic)")
        }
    }

    static func pages() throws(CommandFailure) -> [ManualPage] {
        ManualPage.pages(of: try help(), version: Program.version)
    }

    func run() throws {
        let pages = try Self.pages()
        guard let directory else {
            let name = (["ferula"] + words).joined(separator: "-") + ".1"
            guard let page = pages.first(where: { $0.fileName == name }) else {
                let known = pages.map { String($0.fileName.dropLast(2)) }.joined(separator: ", ")
                throw CommandFailure("no manual page `\(name)`; there are \(known)", status: ExitStatus.usage)
            }
            return try Program.output(Array(page.text.utf8))
        }
        for page in pages {
            let path = "\(directory)/\(page.fileName)"
            let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw CommandFailure("\(path): \(String(cString: strerror(errno)))") }
            defer { close(descriptor) }
            if let failure = Program.write(bytes: Array(page.text.utf8), to: descriptor) {
                throw CommandFailure("\(path): \(String(cString: strerror(failure)))")
            }
        }
    }
}
