// Bodies that grow when they are inflated, against `ferula serve` as a process of its own: its memory is nobody else's.

import Foundation
import HTTPService
import Testing

@Suite("bombs against ferula serve", .timeLimit(.minutes(2)))
struct BombTests {
    /// 256 MiB of zeros in 256 KiB, made by the gzip that the system has.
    private static func bomb(in folder: String) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", "head -c \(256 << 20) /dev/zero | gzip -9 > '\(folder)/bomb'"]
        try process.run()
        process.waitUntilExit()
        return Array(try Data(contentsOf: URL(filePath: folder + "/bomb")))
    }

    private static func peakMebibytes(_ identifier: Int32) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(identifier)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        let words = line.split(whereSeparator: { !$0.isNumber })
        return try #require(words.first.flatMap { Int($0) }) >> 10
    }

    @Test("ten targets that answer with bombs are ten failed scrapes, and cost no memory beyond their limit")
    func bombs() async throws {
        let folder = NSTemporaryDirectory() + "ferula-bombs-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let bytes = try Self.bomb(in: folder)
        #expect(bytes.count < 512 << 10)
        let route = Route("/:number") { _ in
            var response = Response(contentType: "text/plain", body: .bytes(bytes))
            response.headers.append(("Content-Encoding", "gzip"))
            return response
        }
        try await Server(routes: [route]).whileRunning { address in
            let file = folder + "/p.yml"
            let jobs = (0..<10).map { number in
                """
                  - job_name: "\(number)"
                    metrics_path: /\(number)
                    enable_compression: false
                    body_size_limit: 1MB
                    static_configs: [{targets: ["\(address)"]}]

                """
            }.joined()
            try "global: {scrape_interval: 1s}\nscrape_configs:\n\(jobs)".write(
                toFile: file, atomically: true, encoding: .utf8)
            let status = try await RealBinary.withProcess(
                ["serve", "--listen", "127.0.0.1:0", "-c", file],
                { lines, identifier in
                    var failed: Set<String> = []
                    while failed.count < 10, let line = await lines.next() {
                        if line.contains("body exceeds 1 MiB") { failed.insert(String(line.suffix(5))) }
                    }
                    #expect(failed == Set((0..<10).map { "job=\($0)" }))
                    // One alone would be more.
                    let peak = try Self.peakMebibytes(identifier)
                    print("ten bombs of 256 MiB: \(peak) MiB at the peak")
                    #expect(peak < 128)
                })
            #expect(status == 0)
        }
    }
}
