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
    private let child: Child
    private let log: String
    let name: String

    /// `libraries` is a folder of shared libraries that came with the program.
    init(_ program: String, _ arguments: [String], log: String, libraries: String? = nil) throws {
        name = (program as NSString).lastPathComponent
        self.log = log
        child = try Child(
            program, arguments, output: log, errors: nil,
            environment: libraries.map { ["LD_LIBRARY_PATH": $0] } ?? ProcessInfo.processInfo.environment)
    }

    deinit { end() }

    func end() { child.end() }

    /// The most memory it has had resident. Linux only, as the peers are.
    func peakResidentBytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(child.identifier)/status", encoding: .utf8)
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kilobytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
        else { throw PeerFailure("no VmHWM of \(name)") }
        return kilobytes << 10
    }

    /// Throws when it has ended by itself, with the end of what it wrote.
    func check() throws {
        if child.status() != nil { throw PeerFailure("\(name) ended: \(tail())") }
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

    /// Runs a program to its end, for two minutes at most.
    static func run(
        _ program: String, _ arguments: [String]
    ) async throws -> (status: Int32, output: String, errors: String) {
        let folder = try Peers.temporaryFolder()
        let child = try Child(
            program, arguments, output: folder + "/stdout", errors: folder + "/stderr",
            environment: ProcessInfo.processInfo.environment)
        defer { child.end() }
        let deadline = ContinuousClock.now + .seconds(120)
        while ContinuousClock.now < deadline {
            if let status = child.status() {
                return (
                    status, try String(contentsOfFile: folder + "/stdout", encoding: .utf8),
                    try String(contentsOfFile: folder + "/stderr", encoding: .utf8)
                )
            }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw PeerFailure("\(program) did not end: \(arguments)")
    }
}

/// A child of this process.
///
/// Not Foundation's Process: that one learns of an end when the last copy of a socket closes, and waits for the child in
/// the one thread that hears of all of them. A child that closes what it inherits (dnsmasq does) and runs on holds up
/// every other end. Children of Process also inherit blocked signals.
private final class Child {
    let identifier: pid_t
    /// Once it has ended.
    private var exitStatus: Int32?

    /// Standard input is the null device; `errors` nil: where the output goes.
    init(
        _ program: String, _ arguments: [String], output: String, errors: String?, environment: [String: String]
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let writing = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, writing, 0o644)
        if let errors {
            posix_spawn_file_actions_addopen(&actions, 2, errors, writing, 0o644)
        } else {
            posix_spawn_file_actions_adddup2(&actions, 1, 2)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t(), all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var words = ([program] + arguments).map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in words + variables { free(word) } }
        var identifier = pid_t()
        let error = posix_spawn(&identifier, program, &actions, &attributes, &words, &variables)
        guard error == 0 else { throw PeerFailure("\(program): \(String(cString: strerror(error)))") }
        self.identifier = identifier
    }

    /// Nil while it runs; of one that a signal ended 128 and the signal's number, as in a shell.
    func status() -> Int32? {
        if exitStatus == nil {
            var raw: Int32 = 0
            if waitpid(identifier, &raw, WNOHANG) == identifier {
                let signal = raw & 0x7f
                exitStatus = signal == 0 ? (raw >> 8) & 0xff : 128 + signal
            }
        }
        return exitStatus
    }

    /// Asks it to end; ten seconds later it has no choice.
    func end() {
        for round in 0..<2400 where status() == nil {
            if round == 0 { kill(identifier, SIGTERM) }
            if round == 2000 { kill(identifier, SIGKILL) }
            usleep(5000)
        }
    }
}
