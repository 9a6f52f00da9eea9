// What a scrape takes and what it refuses: a real Prometheus, our program and our parser about the same bodies.
// Run by make test-peers; the bodies are served by our own HTTP server.

import Exposition
import Foundation
import HTTPService
import Ingestion
import MetricModel
import Testing
import TimeSeriesStore

struct VerdictRow: Sendable {
    enum Verdict: Sendable {
        case taken
        case refused
        /// We take it as 3.x does; Debian's 2.42 does not, for the reason given.
        case differs(String)
    }
    var rule: String
    var format: ExpositionFormat
    var body: [UInt8]
    var verdict: Verdict

    init(_ rule: String, _ format: ExpositionFormat, _ body: [UInt8], _ verdict: Verdict) {
        self.rule = rule
        self.format = format
        self.body = body
        self.verdict = verdict
    }

    var isTaken: Bool {
        if case .refused = verdict { return false }
        return true
    }
    var isTakenBy242: Bool {
        if case .taken = verdict { return true }
        return false
    }

    static let all: [VerdictRow] = [
        VerdictRow("a line", .text, Array("a 1\n".utf8), .taken),
        VerdictRow("no last line feed", .text, Array("a 1".utf8), .taken),
        VerdictRow("blank lines and tabs", .text, Array("\n\na\t1\t\n".utf8), .taken),
        VerdictRow("carriage return", .text, Array("a 1\r\n".utf8), .refused),
        VerdictRow("any comment", .text, Array("# anything\n#\na 1\n".utf8), .taken),
        VerdictRow("TYPE", .text, Array("# TYPE a counter\na 1\n".utf8), .taken),
        VerdictRow("TYPE in another case", .text, Array("# TYPE a Counter\na 1\n".utf8), .refused),
        VerdictRow("TYPE of OpenMetrics in text", .text, Array("# TYPE a info\na 1\n".utf8), .refused),
        VerdictRow("TYPE twice", .text, Array("# TYPE a counter\n# TYPE a gauge\na 1\n".utf8), .taken),
        VerdictRow("comma after the last label", .text, Array("a{b=\"c\",} 1\n".utf8), .taken),
        VerdictRow("no comma between labels", .text, Array("a{b=\"c\" d=\"e\"} 1\n".utf8), .taken),
        VerdictRow("leading comma", .text, Array("a{,b=\"c\"} 1\n".utf8), .refused),
        VerdictRow("two commas", .text, Array("a{b=\"c\",,d=\"e\"} 1\n".utf8), .refused),
        VerdictRow("unknown escape", .text, Array("a{b=\"x\\ty\"} 1\n".utf8), .taken),
        VerdictRow("raw line feed in a value", .text, Array("a{b=\"x\ny\"} 1\n".utf8), .taken),
        VerdictRow(
            "label value that is no UTF-8", .text, Array("a{b=\"".utf8) + [0xff] + Array("\"} 1\n".utf8), .refused),
        VerdictRow("a label twice", .text, Array("a{b=\"c\",b=\"d\"} 1\n".utf8), .refused),
        VerdictRow("NaN in any case", .text, Array("a nAn\n".utf8), .taken),
        VerdictRow("signed NaN", .text, Array("a -nan\n".utf8), .refused),
        VerdictRow("infinity in words", .text, Array("a +inFinity\n".utf8), .taken),
        VerdictRow("hexadecimal", .text, Array("a 0x1p4\n".utf8), .refused),
        VerdictRow("underscore in a number", .text, Array("a 1_000\n".utf8), .refused),
        VerdictRow("overflow", .text, Array("a 1e400\n".utf8), .refused),
        VerdictRow("underflow", .text, Array("a 1e-400\n".utf8), .taken),
        VerdictRow("fraction in a timestamp", .text, Array("a 1 1.5\n".utf8), .refused),
        VerdictRow("signed timestamp", .text, Array("a 1 -5\n".utf8), .refused),
        VerdictRow("a series twice", .text, Array("a 1\na 2\n".utf8), .taken),
        VerdictRow("no value", .text, Array("a\n".utf8), .refused),
        VerdictRow("digit first", .text, Array("1a 1\n".utf8), .refused),
        VerdictRow("value without quotes", .text, Array("a{b=c} 1\n".utf8), .refused),
        VerdictRow("open quote", .text, Array("a{b=\"c} 1\n".utf8), .refused),
        VerdictRow("quoted name", .text, Array("{\"m.x\",b=\"c\"} 1\n".utf8), .differs("UTF-8 names are not in 2.42")),
        VerdictRow("two quoted names", .text, Array("{\"m.x\",\"n\"} 1\n".utf8), .refused),
        VerdictRow("end mark", .openMetrics, Array("a 1\n# EOF\n".utf8), .taken),
        VerdictRow("no end mark", .openMetrics, Array("a 1\n".utf8), .refused),
        VerdictRow("no line feed after the end mark", .openMetrics, Array("a 1\n# EOF".utf8), .taken),
        VerdictRow("a line after the end mark", .openMetrics, Array("a 1\n# EOF\nb 1\n".utf8), .refused),
        VerdictRow("blank line", .openMetrics, Array("\na 1\n# EOF\n".utf8), .refused),
        VerdictRow("two blanks", .openMetrics, Array("a  1\n# EOF\n".utf8), .refused),
        VerdictRow("free comment", .openMetrics, Array("# comment\na 1\n# EOF\n".utf8), .refused),
        VerdictRow("TYPE info", .openMetrics, Array("# TYPE a info\na_info 1\n# EOF\n".utf8), .taken),
        VerdictRow("TYPE untyped", .openMetrics, Array("# TYPE a untyped\na 1\n# EOF\n".utf8), .refused),
        VerdictRow("timestamp in seconds", .openMetrics, Array("a 1 1.5\n# EOF\n".utf8), .taken),
        VerdictRow("timestamp NaN", .openMetrics, Array("a 1 NaN\n# EOF\n".utf8), .refused),
        VerdictRow(
            "exemplar on a counter", .openMetrics, Array("# TYPE a counter\na_total 1 # {t=\"x\"} 1\n# EOF\n".utf8),
            .taken),
        VerdictRow(
            "exemplar on a gauge", .openMetrics, Array("# TYPE a gauge\na 1 # {t=\"x\"} 1\n# EOF\n".utf8),
            .differs("2.42 takes exemplars on counters and buckets only")),
        VerdictRow("UNIT", .openMetrics, Array("# UNIT a_seconds seconds\na_seconds 1\n# EOF\n".utf8), .taken),
        VerdictRow("UNIT that is no suffix", .openMetrics, Array("# UNIT a seconds\na 1\n# EOF\n".utf8), .refused),
    ]
}

@Suite("Verdicts of a scrape", .enabled(if: Peers.isRequested, "run by make test-peers"), .serialized)
struct ScrapeVerdictTests {
    @Test("each rule has the same verdict in Prometheus, in ferula serve and in the parser; differences are named")
    func verdicts() async throws {
        let folder = try Peers.temporaryFolder()
        let (address, serving) = try await Self.serve(VerdictRow.all)
        defer { serving.cancel() }
        var configuration = "global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n"
        configuration += "  - job_name: verdicts\n    static_configs:\n"
        for number in VerdictRow.all.indices {
            configuration += "      - targets: [\"\(address)\"]\n"
            configuration += "        labels: {__metrics_path__: /row/\(number), row: \"\(number)\"}\n"
        }
        try configuration.write(toFile: folder + "/prometheus.yml", atomically: true, encoding: .utf8)
        let port = try Peers.freePort(), ownPort = try Peers.freePort()
        let prometheus = try PeerProcess(
            Peers.program("prometheus"),
            [
                "--config.file=\(folder)/prometheus.yml", "--storage.tsdb.path=\(folder)/tsdb", "--log.level=error",
                "--web.listen-address=127.0.0.1:\(port)",
            ], log: folder + "/prometheus.log")
        let ferula = try PeerProcess(
            Peers.ownProgram(),
            ["serve", "--config.file", folder + "/prometheus.yml", "--listen", "127.0.0.1:\(ownPort)"],
            log: folder + "/ferula.log")
        defer {
            prometheus.end()
            ferula.end()
        }
        let theirs = "http://127.0.0.1:\(port)", ours = "http://127.0.0.1:\(ownPort)"
        try await prometheus.waitUntilReady(theirs + "/-/ready")
        try await ferula.waitUntilReady(ours + "/-/ready")
        let up = try await Self.verdicts(theirs), ownUp = try await Self.verdicts(ours)
        for (number, row) in VerdictRow.all.enumerated() {
            #expect(up[number] == row.isTakenBy242, "Prometheus: \(row.rule)")
            #expect(ownUp[number] == row.isTaken, "ferula serve: \(row.rule)")
            #expect(Self.isTakenByParser(row) == row.isTaken, "parser: \(row.rule)")
        }
    }

    /// `up` by row, once every row was scraped.
    private static func verdicts(_ base: String) async throws -> [Int: Bool] {
        for _ in 0..<100 {
            var up: [Int: Bool] = [:]
            for (labels, points) in try await PrometheusAnswer.instant(base, "sum by (row) (up)") {
                guard let row = labels.split(separator: "=").last.flatMap({ Int($0) }) else { continue }
                up[row] = points.first?.value == 1
            }
            if up.count == VerdictRow.all.count { return up }
            try await Task.sleep(for: .milliseconds(200))
        }
        throw PeerFailure("\(base): not every target was scraped")
    }

    private static func isTakenByParser(_ row: VerdictRow) -> Bool {
        var ingestor = TargetIngestor(sink: TimeSeriesStore())
        do {
            _ = try ingestor.ingest(row.body, format: row.format, at: Timestamp(milliseconds: 1_700_000_000_000))
            return true
        } catch {
            return false
        }
    }

    /// Serves the bodies at /row/N until the task is cancelled.
    private static func serve(_ rows: [VerdictRow]) async throws -> (address: ListenAddress, task: Task<Void, Never>) {
        let route = Route("/row/:number") { request in
            guard let number = request.pathParameters["number"].flatMap({ Int($0) }), rows.indices.contains(number)
            else { return .text("no such row", status: 404) }
            let type =
                rows[number].format == .text
                ? "text/plain; version=0.0.4" : "application/openmetrics-text; version=1.0.0; charset=utf-8"
            return Response(contentType: type, body: .bytes(rows[number].body))
        }
        let (bound, continuation) = AsyncThrowingStream<ListenAddress, any Error>.makeStream()
        let task = Task {
            do {
                try await Server(routes: [route]).run(on: .loopback) { continuation.yield($0) }
                continuation.finish(throwing: CancellationError())
            } catch {
                continuation.finish(throwing: error)
            }
        }
        for try await address in bound { return (address, task) }
        throw PeerFailure("the server ended")
    }
}
