// `ferula parse FILE`: reads an exposition to its end and says how many samples it has.

import ArgumentParser
import Exposition

struct ParseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parse",
        abstract: "Read a page of metrics and print how many samples it has.",
        discussion: """
            The page is text format 0.0.4, or OpenMetrics 1.0 when it ends with `# EOF`. A mistake is shown with its line,
            column and a caret; the exit code is 1 then.
            """)

    @Argument(help: "File to read; - is standard input.", completion: .file())
    var file: String

    func run() throws {
        let bytes = try FileSystem.read(file)
        let isOpenMetrics = LoadFile.endsWithMark(bytes.suffix(16))
        let name = file == "-" ? "standard input" : file
        var samples = 0
        do throws(ExpositionError) {
            try bytes.withUnsafeBufferPointer { body throws(ExpositionError) in
                var parser = ExpositionParser(body, format: isOpenMetrics ? .openMetrics : .text)
                while true {
                    let entry = try parser.next()
                    if entry == .end { break }
                    if entry == .series { samples += 1 }
                }
            }
        } catch {
            throw CommandFailure("\(name):\(error.rendered)")
        }
        try Program.output(Array("\(samples) samples\n".utf8))
    }
}
