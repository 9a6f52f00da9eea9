// What the program says while it runs: lines of the log, what is left out of it, and `ferula serve` itself.

import Foundation
import HTTPAccess
import HTTPService
import Logging
import MetricModel
import Synchronization
import Testing

@testable import DashboardApp
@testable import FerulaCommand

@Suite("lines of the log")
struct LogLineTests {
    private static let time = Timestamp(milliseconds: 1_700_000_000_123)

    @Test(
        "a message is one line of logfmt, quoted where it must be, without a control character",
        arguments: [
            ("plain", "plain"), ("two words", "\"two words\""), ("", "\"\""), ("a=b", "\"a=b\""),
            ("say \"x\" \\", "\"say \\\"x\\\" \\\\\""), ("a\nb\tc", "\"a\\nb\\tc\""),
            ("\u{1b}[31m", "\"\\u001b[31m\""), ("\u{9b}2J", "\"\\u009b2J\""), ("\u{202e}x", "\"\\u202ex\""),
            ("\u{2028}", "\"\\u2028\""), ("été", "été"),
        ])
    func quoting(text: String, written: String) {
        #expect(
            LogLine.text(.warning, text, at: Self.time) == "time=2023-11-14T22:13:20.123Z level=warn msg=\(written)")
    }

    @Test("fields follow the message; a number says how often it was left out")
    func fields() {
        #expect(
            LogLine.text(.error, "m", [("job", "a b"), ("n", "1")], at: Self.time, repeated: 3)
                == "time=2023-11-14T22:13:20.123Z level=error msg=m job=\"a b\" n=1 repeated=3")
        #expect(LogLine.text(.info, "m", at: Self.time) == "time=2023-11-14T22:13:20.123Z level=info msg=m")
    }

    @Test("the same message within a minute is counted, after a minute it is written with the count")
    func collapse() {
        var collapse = LogCollapse()
        #expect(collapse.admit("a", at: Self.time) == 0)
        #expect(collapse.admit("b", at: Self.time) == 0)
        #expect(collapse.admit("a", at: Self.time + Milliseconds(1)) == nil)
        #expect(collapse.admit("a", at: Self.time + Milliseconds(59_999)) == nil)
        #expect(collapse.admit("a", at: Self.time + Milliseconds(60_000)) == 2)
        #expect(collapse.admit("a", at: Self.time + Milliseconds(60_001)) == nil)
        // A clock that was set back.
        #expect(collapse.admit("a", at: Self.time) == 1)
    }

    @Test("as many different messages as are remembered are collapsed; one more, and all are written again")
    func collapseLimit() {
        var collapse = LogCollapse()
        for number in 0..<LogCollapse.messagesMax { #expect(collapse.admit("\(number)", at: Self.time) == 0) }
        #expect(collapse.admit("0", at: Self.time) == nil)
        #expect(collapse.admit("more", at: Self.time) == 0)
        #expect(collapse.admit("0", at: Self.time) == 0)
    }

    @Test("a dashboard is told what a log would say: once, and as an error what is one")
    func notices() {
        let told = Mutex<[Notice]>([])
        let logger = Logger.notices { notice in told.withLock { $0.append(notice) } }
        logger.debug("not this")
        logger.warning("connection refused", metadata: ["job": "a"])
        logger.warning("connection refused", metadata: ["job": "a"])
        logger.info("answers again")
        #expect(
            told.withLock { $0 } == [Notice("connection refused", isError: true), Notice("answers again")])
    }
}

@Suite("the log of ferula serve", .timeLimit(.minutes(2)))
struct ServeLogTests {
    /// A page that can be taken away.
    private final class Page: Sendable {
        let isThere = Atomic(true)
        var server: Server {
            Server(routes: [
                Route("/metrics") { [self] _ in
                    isThere.load(ordering: .relaxed) ? .text("a 1\n") : .text("no", status: 503)
                }
            ])
        }
    }

    private static func body(_ url: String) async throws -> String {
        let client = Client()
        var body: [UInt8] = []
        let result: Result<HTTPAccess.Answer, any Error>
        do {
            result = .success(try await client.send(Request(url: url), into: &body))
        } catch {
            result = .failure(error)
        }
        await client.shutdown()
        _ = try result.get()
        return String(decoding: body, as: UTF8.self)
    }

    /// Reads lines until one ends so; their times are left out.
    private static func next(_ lines: inout AsyncStream<String>.Iterator, ending end: String) async -> String {
        while let line = await lines.next() {
            if line.hasSuffix(end) { return String(line.drop { $0 != " " }.dropFirst()) }
        }
        return "the program ended before it said: \(end)"
    }

    @Test(
        "targets that fail, that answer again, that cannot be scraped, sources that fail, a bad configuration: each once"
    )
    func everything() async throws {
        let folder = NSTemporaryDirectory() + "ferula-log-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let page = Page()
        try await page.server.whileRunning { address in
            let file = folder + "/p.yml"
            try "{}".write(toFile: folder + "/t.json", atomically: true, encoding: .utf8)
            try """
            scrape_configs:
              - job_name: app
                scrape_interval: 1s
                static_configs: [{targets: ["\(address)", "127.0.0.1:1"]}]
                relabel_configs:
                  - {source_labels: [__address__], regex: "127.0.0.1:1", target_label: __address__, replacement: a/b}
              - job_name: found
                file_sd_configs: [{files: [t.json]}]
            """.write(toFile: file, atomically: true, encoding: .utf8)
            let status = try await RealBinary.whileRunning([
                "serve", "--listen", "127.0.0.1:0", "-c", file,
            ]) { lines, signal in
                // What happens at the start comes in any order.
                var first: Set<String> = []
                var server = ""
                while first.count < 2 || server.isEmpty, let line = await lines.next() {
                    if line.hasPrefix("listening on ") {
                        server = String(line.dropFirst(13))
                    } else {
                        first.insert(String(line.drop { $0 != " " }.dropFirst()))
                    }
                }
                #expect(
                    first == [
                        "level=error msg=\"target 127.0.0.1:1 of job app is not scraped: `a/b` is no host:port\"",
                        "level=warn msg=\"file discovery \(folder)/t.json: \(folder)/t.json:1:1: "
                            + "expected an array, found `{`\"",
                    ])
                page.isThere.store(false, ordering: .relaxed)
                let failing =
                    "level=warn msg=\"http://\(address)/metrics: HTTP status 503 Service Unavailable\" job=app"
                #expect(await Self.next(&lines, ending: "job=app") == failing)
                page.isThere.store(true, ordering: .relaxed)
                // The very next line: scrapes that went on failing have said nothing.
                #expect(
                    await lines.next()?.hasSuffix(
                        "Z level=info msg=\"http://\(address)/metrics: answers again\" job=app") == true)

                let targets = try await Self.body("\(server)/api/v1/targets?state=dropped")
                #expect(targets.contains(#""scrapePool":"app","reason":"`a/b` is no host:port"}]"#))
                #expect(targets.contains(#""droppedTargetCounts":{"app":1,"found":0}"#))

                try "scrape_config: []\n".write(toFile: file, atomically: true, encoding: .utf8)
                // Asked twice, told twice.
                for _ in 0..<2 {
                    signal(SIGHUP)
                    #expect(
                        await Self.next(&lines, ending: "stays\"")
                            == "level=error msg=\"\(file):1:1: unknown field `scrape_config` in the file; "
                            + "did you mean `scrape_configs`?; the configuration read before stays\"")
                }
            }
            #expect(status == 0)
        }
    }

    @Test("a level that is none is refused with those there are")
    func level() async throws {
        let outcome = try await RealBinary.run(["serve", "--log.level", "loud"])
        #expect(outcome.errors == "--log.level: `loud` is no level; wanted debug, info, warn or error\n")
        #expect(outcome.status == 2)
    }
}
