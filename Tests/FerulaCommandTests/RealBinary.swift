// The built program as a subprocess: what it writes, and its exit code.
// Beside the test bundle by default; FERULA_BINARY names another one.

import Foundation
import Synchronization

enum RealBinary {
    struct Outcome {
        var status: Int32
        var output: String
        var errors: String
    }

    static let path: String = {
        if let path = ProcessInfo.processInfo.environment["FERULA_BINARY"] { return path }
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return (bundle as NSString).deletingLastPathComponent + "/ferula"
    }()

    static let goldenFolder = (#filePath as NSString).deletingLastPathComponent + "/Golden"

    /// Runs in the folder of the goldens, in UTC, 80 columns wide, without the caller's environment.
    ///
    /// - `input`: nil is the null device.
    ///
    /// Waits without a thread: those of the test process are one a core, and every other test runs on them.
    static func run(
        _ arguments: [String], input: String? = nil, environment: [String: String] = [:], program: String = path
    ) async throws -> Outcome {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: goldenFolder)
        process.environment = ["TZ": "UTC", "COLUMNS": "80", "LC_ALL": "C.UTF-8"].merging(environment) { $1 }
        let folder = NSTemporaryDirectory() + "ferula-command-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func file(_ name: String, _ text: String = "") throws -> String {
            try text.write(toFile: folder + "/" + name, atomically: false, encoding: .utf8)
            return folder + "/" + name
        }
        let output = try file("stdout")
        let errors = try file("stderr")
        process.standardOutput = FileHandle(forWritingAtPath: output)
        process.standardError = FileHandle(forWritingAtPath: errors)
        process.standardInput =
            try input.map { FileHandle(forReadingAtPath: try file("stdin", $0)) ?? .nullDevice }
            ?? FileHandle.nullDevice
        let (ended, continuation) = AsyncStream<Void>.makeStream()
        process.terminationHandler = { _ in continuation.finish() }
        try process.run()
        for await _ in ended {}
        // The limit of the suite ends a wait in vain, and with it the program.
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
        return Outcome(
            status: process.terminationReason == .uncaughtSignal
                ? 128 + process.terminationStatus : process.terminationStatus,
            output: try String(contentsOfFile: output, encoding: .utf8),
            errors: try String(contentsOfFile: errors, encoding: .utf8))
    }

    /// Runs until so many lines have been written, sends the signal, and waits: the lines, and the exit status.
    static func lines(
        _ count: Int, of arguments: [String], thenSignal signal: Int32
    ) async throws -> (lines: [String], status: Int32) {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.environment = ["TZ": "UTC", "COLUMNS": "80", "LC_ALL": "C.UTF-8"]
        let output = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        let (ended, ending) = AsyncStream<Void>.makeStream()
        process.terminationHandler = { _ in ending.finish() }
        let (pieces, writing) = AsyncStream<Data>.makeStream()
        output.fileHandleForReading.readabilityHandler = { handle in
            let piece = handle.availableData
            if piece.isEmpty { writing.finish() } else { writing.yield(piece) }
        }
        defer { output.fileHandleForReading.readabilityHandler = nil }
        try process.run()
        var bytes = Data()
        for await piece in pieces {
            bytes += piece
            if bytes.count(where: { $0 == 0x0a }) >= count { break }
        }
        kill(process.processIdentifier, signal)
        for await _ in ended {}
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").prefix(count).map(String.init)
        let isSignal = process.terminationReason == .uncaughtSignal
        return (lines, isSignal ? 128 + process.terminationStatus : process.terminationStatus)
    }

    /// Runs while `body` does, which is given each line of standard error as it comes, and a way to signal; then ends it
    /// by SIGTERM. Returns the exit status.
    static func whileRunning(
        _ arguments: [String],
        _ body: (_ lines: inout AsyncStream<String>.Iterator, _ signal: (Int32) -> Void)
            async throws -> Void
    ) async throws -> Int32 {
        try await withProcess(arguments) { lines, identifier in
            try await body(&lines) { kill(identifier, $0) }
        }
    }

    /// The same, with the number of the process.
    static func withProcess(
        _ arguments: [String],
        _ body: (_ lines: inout AsyncStream<String>.Iterator, _ identifier: Int32) async throws -> Void
    ) async throws -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.environment = ["TZ": "UTC", "COLUMNS": "80", "LC_ALL": "C.UTF-8"]
        let errors = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        let (ended, ending) = AsyncStream<Void>.makeStream()
        process.terminationHandler = { _ in ending.finish() }
        let (lines, writing) = AsyncStream<String>.makeStream()
        let rest = Mutex<[UInt8]>([])
        errors.fileHandleForReading.readabilityHandler = { handle in
            let piece = handle.availableData
            guard !piece.isEmpty else { return writing.finish() }
            rest.withLock { rest in
                rest += piece
                while let end = rest.firstIndex(of: 0x0a) {
                    writing.yield(String(decoding: rest[..<end], as: UTF8.self))
                    rest.removeSubrange(...end)
                }
            }
        }
        defer { errors.fileHandleForReading.readabilityHandler = nil }
        try process.run()
        var iterator = lines.makeAsyncIterator()
        let identifier = process.processIdentifier
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(&iterator, identifier))
        } catch {
            result = .failure(error)
        }
        process.terminate()
        for await _ in ended {}
        process.waitUntilExit()
        try result.get()
        return process.terminationReason == .uncaughtSignal
            ? 128 + process.terminationStatus : process.terminationStatus
    }
}
