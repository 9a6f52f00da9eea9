// Real programs beside ours: started on a free loopback port, waited for, ended with the test.
// Run by `make test-peers`, which says in FERULA_PEERS where Debian's packages were unpacked.

import Foundation

struct PeerFailure: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

enum Peers {
    static let folder = ProcessInfo.processInfo.environment["FERULA_PEERS"]
    static let ferula = ProcessInfo.processInfo.environment["FERULA_BINARY"]
    static let isRequested = folder != nil && ferula != nil

    static func program(_ name: String, folder place: String = "bin") throws -> String {
        let path = (folder ?? "") + "/usr/\(place)/" + name
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw PeerFailure("\(path) is not there: run `make peers`")
        }
        return path
    }

    /// The folder of shared libraries, which is named by the processor.
    static func libraries() throws -> String {
        let path = (folder ?? "") + "/usr/lib"
        let names = try FileManager.default.contentsOfDirectory(atPath: path)
        guard let name = names.first(where: { $0.hasSuffix("-linux-gnu") }) else {
            throw PeerFailure("\(path) has no libraries: run `make peers`")
        }
        return "\(path)/\(name)"
    }

    static func ownProgram() throws -> String {
        guard let ferula, FileManager.default.isExecutableFile(atPath: ferula) else {
            throw PeerFailure("FERULA_BINARY names no program: run `make test-peers`")
        }
        return ferula
    }

    /// A port that was free a moment ago.
    static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw PeerFailure("no socket") }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
            }
        }
        guard bound else { throw PeerFailure("no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    static func temporaryFolder() throws -> String {
        let path = NSTemporaryDirectory() + "ferula-peers-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }
}

/// A running program; ended when released.
final class PeerProcess {
    private let process = Process()
    private let log: String
    let name: String

    private let endingSignal: Int32

    /// `libraries` is a folder of shared libraries that came with the program. A program that takes over the signal mask
    /// of the thread that starts it hears only SIGKILL.
    init(
        _ program: String, _ arguments: [String], log: String, libraries: String? = nil, endingSignal: Int32 = SIGTERM
    ) throws {
        self.endingSignal = endingSignal
        name = (program as NSString).lastPathComponent
        self.log = log
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        let output = FileHandle(forWritingAtPath: log)
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        if let libraries { process.environment = ["LD_LIBRARY_PATH": libraries] }
        try process.run()
    }

    deinit { end() }

    func end() {
        guard process.isRunning else { return }
        kill(process.processIdentifier, endingSignal)
        process.waitUntilExit()
    }

    /// The most memory it has had resident. Linux only, as the peers are.
    func peakResidentBytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kilobytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
        else { throw PeerFailure("no VmHWM of \(name)") }
        return kilobytes << 10
    }

    /// Throws when it has ended by itself, with the end of what it wrote.
    func check() throws {
        if !process.isRunning { throw PeerFailure("\(name) ended: \(tail())") }
    }

    /// Polls until the URL answers 200; a program that ended, or 30 s, is a failure with the log's end.
    func waitUntilReady(_ url: String) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            try check()
            if let answer = try? await Web.get(url), answer.status == 200 { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw PeerFailure("\(name) did not answer at \(url): \(tail())")
    }

    private func tail() -> String {
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").suffix(5).joined(separator: " | ")
    }

    /// Runs a program to its end.
    static func run(_ program: String, _ arguments: [String], input: String? = nil) throws -> (
        status: Int32, output: String, errors: String
    ) {
        let process = Process()
        let output = Pipe()
        let folder = try Peers.temporaryFolder()
        let errorPath = folder + "/stderr"
        _ = FileManager.default.createFile(atPath: errorPath, contents: nil)
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = FileHandle(forWritingAtPath: errorPath)
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let errors = (try? String(contentsOfFile: errorPath, encoding: .utf8)) ?? ""
        return (process.terminationStatus, String(decoding: data, as: UTF8.self), errors)
    }
}
