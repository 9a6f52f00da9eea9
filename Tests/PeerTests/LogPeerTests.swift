// The log exporter beside Debian's mtail: one folder of logs, the same patterns, rotated and cut; the same counts.
// Run by `make test-peers`.

import Foundation
import Testing

@Suite("The log exporter beside mtail", .enabled(if: Peers.isRequested, "run by make test-peers"))
struct LogPeerTests {
    private static let pattern =
        #"^(?P<client>\S+) - - \[[^\]]+\] "(?P<method>[A-Z]+) (?P<path>\S+) [^"]*" (?P<status>\d\d\d) (?P<bytes>\d+) (?P<time>\d+\.\d+)$"#

    private static let program = """
        counter http_requests_total by method, status
        counter http_response_bytes_total
        counter timeouts_total
        histogram http_request_duration_seconds buckets 0.01, 0.1, 1

        /\(pattern)/ {
          http_requests_total[$method][$status]++
          http_response_bytes_total += $bytes
          http_request_duration_seconds = $time
        }
        /upstream timed out/ {
          timeouts_total++
        }

        """

    private static func configuration(_ folder: String) -> String {
        """
        logs:
          - files: \(folder)/*.log
            metrics:
              - {name: http_requests_total, kind: counter, pattern: '\(pattern)', labels: [method, status]}
              - {name: http_response_bytes_total, kind: counter, pattern: '\(pattern)', value: bytes}
              - name: http_request_duration_seconds
                kind: histogram
                pattern: '\(pattern)'
                value: time
                buckets: [0.01, 0.1, 1]
              - {name: timeouts_total, kind: counter, pattern: 'upstream timed out'}

        """
    }

    /// Lines of a web server, the same for a seed.
    private struct Lines {
        var state: UInt64 = 42
        var count = 0
        var methods: [String: Int] = [:]

        mutating func below(_ bound: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % bound
        }

        mutating func next() -> String {
            count += 1
            switch below(20) {
            case 0: return "[error] upstream timed out (110: Connection timed out)"
            case 1: return "garbage \(below(1 << 20)) \"GET"
            default:
                let method = ["GET", "POST", "PUT"][Int(below(3))], status = ["200", "404", "503"][Int(below(3))]
                methods[method, default: 0] += 1
                let time = "\(below(3)).\(100 + below(900))"
                return
                    "192.0.2.\(below(256)) - - [10/Oct/2025:13:55:36 +0000] \"\(method) /p/\(below(50)) HTTP/1.1\" \(status) \(below(9000)) \(time)"
            }
        }

        mutating func text(_ count: Int) -> Data { Data((0..<count).map { _ in next() + "\n" }.joined().utf8) }
    }

    /// Samples of the four metrics by name and labels, those of one program's own left out.
    private static func samples(_ url: String) async throws -> [String: Double] {
        let (status, body) = try await Web.get(url)
        guard status == 200 else { throw PeerFailure("\(url): \(status)") }
        var samples: [String: Double] = [:]
        for line in String(decoding: body, as: UTF8.self).split(separator: "\n") where !line.hasPrefix("#") {
            guard let blank = line.lastIndex(of: " "), let value = Double(line[line.index(after: blank)...]) else {
                continue
            }
            let series = line[..<blank]
            guard
                ["http_requests_total", "http_response_bytes_total", "http_request_duration", "timeouts_total"]
                    .contains(where: series.hasPrefix)
            else { continue }
            let name = String(series.prefix { $0 != "{" })
            let labels = series.dropFirst(name.count).split { "{},".contains($0) }
                .filter { !$0.hasPrefix("prog=") }
                // One writes 1, the other 1.0.
                .map { label in label.hasPrefix("le=") ? String(label.replacing(".0\"", with: "\"")) : String(label) }
            samples["\(name){\(labels.sorted().joined(separator: ","))}"] = value
        }
        return samples
    }

    private static func waitUntil(_ what: String, _ holds: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while try await !holds() {
            guard ContinuousClock.now < deadline else { throw PeerFailure("in vain: \(what)") }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private static func append(_ path: String, _ bytes: Data) throws {
        let file = open(path, O_WRONLY | O_APPEND | O_CREAT, 0o644)
        guard file >= 0 else { throw PeerFailure("\(path): cannot be written") }
        defer { close(file) }
        let written = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        guard written == bytes.count else { throw PeerFailure("\(path): written in part") }
    }

    @Test("the same log, the same patterns, renamed and truncated: the same counts", .timeLimit(.minutes(2)))
    func sameCounts() async throws {
        let folder = try Peers.temporaryFolder()
        for name in ["logs", "progs"] {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: false)
        }
        let logs = folder + "/logs", log = logs + "/web.log"
        try Self.program.write(toFile: folder + "/progs/web.mtail", atomically: true, encoding: .utf8)
        try Self.configuration(logs).write(toFile: folder + "/log.yml", atomically: true, encoding: .utf8)
        try Self.append(log, Data())
        let theirPort = try Peers.freePort(), ownPort = try Peers.freePort()
        let mtail = try PeerProcess(
            Peers.program("mtail"),
            [
                "-progs", folder + "/progs", "-logs", logs + "/*.log", "-address", "127.0.0.1", "-port", "\(theirPort)",
                "-logtostderr", "-poll_interval", "100ms", "-poll_log_interval", "100ms",
            ], log: folder + "/mtail.log")
        defer { mtail.end() }
        let own = (try Peers.ownProgram() as NSString).deletingLastPathComponent + "/ferula-log-exporter"
        let exporter = try PeerProcess(
            own, ["-c", folder + "/log.yml", "--listen", "127.0.0.1:\(ownPort)"], log: folder + "/exporter.log")
        defer { exporter.end() }
        let theirs = "http://127.0.0.1:\(theirPort)/metrics", ours = "http://127.0.0.1:\(ownPort)/metrics"
        try await mtail.waitUntilReady(theirs)
        try await exporter.waitUntilReady(ours)

        var lines = Lines()
        func expectBoth(_ what: String) async throws {
            let total = Double(lines.methods.values.reduce(0, +))
            for url in [theirs, ours] {
                try await Self.waitUntil("\(what): \(total) requests at \(url)") {
                    let samples = try await Self.samples(url)
                    return samples.filter { $0.key.hasPrefix("http_requests_total") }.values.reduce(0, +) == total
                }
            }
        }
        try Self.append(log, lines.text(100))
        try await expectBoth("the first lines")
        for round in 1...3 {
            // Renamed; what is written under the old name's file still counts.
            let old = open(log, O_WRONLY | O_APPEND)
            for _ in 0..<20 { try Self.append(log, lines.text(50)) }
            try #require(rename(log, logs + "/web.\(round)") == 0)
            let late = lines.text(25)
            _ = late.withUnsafeBytes { write(old, $0.baseAddress, $0.count) }
            close(old)
            try Self.append(log, lines.text(500))
            try await expectBoth("rename \(round)")
            // Copied and truncated, as a careful rotation does it: when all was read.
            try #require(truncate(log, 0) == 0)
            try await Task.sleep(for: .seconds(1))
            for _ in 0..<10 {
                try Self.append(log, lines.text(50))
                try await Task.sleep(for: .milliseconds(20))
            }
            try await expectBoth("truncation \(round)")
        }
        // mtail passes over what a file that comes later has already: empty first.
        try Self.append(logs + "/second.log", Data())
        try await Task.sleep(for: .milliseconds(1500))
        try Self.append(logs + "/second.log", lines.text(300))
        try await expectBoth("a file that comes later")
        let one = try await Self.samples(theirs), other = try await Self.samples(ours)
        print("\(lines.count) lines, \(other.count) samples")
        #expect(one.count > 15)
        #expect(one.mapValues { ($0 * 1000).rounded() } == other.mapValues { ($0 * 1000).rounded() })
    }
}
