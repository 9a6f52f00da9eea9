// A log whose reader is stuck: nobody who logs waits, what is dropped is counted, and scraping goes on.

import Dispatch
import Foundation
import HTTPAccess
import HTTPService
import Synchronization
import Testing

@testable import FerulaCommand

/// Lets the other tasks run until it holds; the suite's time limit ends a wait in vain.
private func until(_ condition: () -> Bool) async {
    while !condition() { await Task.yield() }
}

@Suite("a log that nobody reads", .timeLimit(.minutes(2)))
struct LogQueueTests {
    /// Takes lines when it is let to.
    private final class Reader: Sendable {
        let turns = DispatchSemaphore(value: 0)
        let (begun, beginning) = AsyncStream<Void>.makeStream()
        private let seen = Mutex<[String]>([])
        var lines: [String] { seen.withLock { $0 } }
        func take(_ line: String) {
            beginning.yield()
            turns.wait()
            seen.withLock { $0.append(line) }
        }
    }

    @Test("as many lines as have room wait, one more is dropped; how many were is said where they would have stood")
    func lines() async {
        let reader = Reader()
        let queue = LogQueue { reader.take($0) }
        queue.add("first")
        var begun = reader.begun.makeAsyncIterator()
        await begun.next()
        for number in 0..<LogQueue.Limits.linesMax + 2 { queue.add("\(number)") }
        for _ in 0..<LogQueue.Limits.linesMax + 2 { reader.turns.signal() }
        await until { reader.lines.count == LogQueue.Limits.linesMax + 2 }
        queue.add("last")
        reader.turns.signal()
        await until { reader.lines.count == LogQueue.Limits.linesMax + 3 }
        #expect(Array(reader.lines.prefix(2)) == ["first", "0"])
        #expect(reader.lines.count == 1027)
        #expect(reader.lines[1024] == "1023")
        #expect(
            reader.lines[1025].hasSuffix(
                " level=warn msg=\"2 lines were dropped here: the log was not read in time\""))
        #expect(reader.lines[1026] == "last")
    }

    @Test("long lines wait up to a mebibyte in all; one that is longer goes alone")
    func bytes() async {
        let reader = Reader()
        let queue = LogQueue { reader.take($0) }
        queue.add("first")
        var begun = reader.begun.makeAsyncIterator()
        await begun.next()
        let half = String(repeating: "x", count: 1 << 19)
        for line in [half, half, "y"] { queue.add(line) }
        for _ in 0..<5 { reader.turns.signal() }
        await until { reader.lines.count == 4 }
        let sizes: [Int] = reader.lines.prefix(3).map { $0.utf8.count }
        #expect(sizes == [5, 524_288, 524_288])
        #expect(reader.lines[3].hasSuffix(" msg=\"1 line was dropped here: the log was not read in time\""))
        let long = half + half + "x"
        queue.add(long)
        await until { reader.lines.count == 5 }
        #expect(reader.lines.last == long)
    }

    /// Counts how often it is asked.
    private final class Page: Sendable {
        let (questions, asked) = AsyncStream<Void>.makeStream()
        var server: Server {
            Server(routes: [
                Route("/metrics") { [self] _ in
                    asked.yield()
                    return .text("a 1\n")
                }
            ])
        }
    }

    @Test("a reader of standard error that is stuck stops no scrape and no answer, and the program still ends")
    func stuckReader() async throws {
        let folder = NSTemporaryDirectory() + "ferula-stuck-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let page = Page()
        try await page.server.whileRunning { address in
            let file = folder + "/p.yml"
            // Each of them fails with a line of its own: far more than the pipe has room for.
            let dead = (0..<400).map { #"{targets: ["127.0.0.1:1"], labels: {__param_n: "\#($0)"}}"# }
            try """
            global: {scrape_interval: 1s}
            scrape_configs:
              - job_name: dead
                static_configs: [\(dead.joined(separator: ", "))]
              - job_name: good
                static_configs: [{targets: ["\(address)"]}]
            """.write(toFile: file, atomically: true, encoding: .utf8)
            let process = Process()
            process.executableURL = URL(filePath: RealBinary.path)
            process.arguments = ["serve", "--listen", "127.0.0.1:0", "-c", file]
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            let errors = Pipe()
            // F_SETPIPE_SZ, which Swift does not import.
            #expect(fcntl(errors.fileHandleForReading.fileDescriptor, 1031, 4096) == 4096)
            process.standardError = errors
            let (ended, ending) = AsyncStream<Void>.makeStream()
            process.terminationHandler = { _ in ending.finish() }
            try process.run()
            var questions = page.questions.makeAsyncIterator()
            for _ in 0..<5 { await questions.next() }
            process.terminate()
            for await _ in ended {}
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
            #expect(process.terminationReason == .exit)
            // The pipe is as full as it gets: its reader was stuck indeed.
            let rest = errors.fileHandleForReading.availableData
            #expect(rest.count > 3000)
        }
    }
}
