// `ferula diff` by the real program, over two saved pages and over times of one file.
// UPDATE_GOLDEN=1 writes the goldens anew: look at each one before it is committed.

import Foundation
import HTTPService
import Testing

private struct Row: Sendable, CustomTestStringConvertible {
    var name: String
    var arguments: [String]
    var input: String?
    var testDescription: String { name }

    init(_ name: String, _ arguments: String..., input: String? = nil) {
        self.name = name
        self.arguments = ["diff"] + arguments
        self.input = input
    }

    static let all = [
        Row("diff", "diff-a.prom", "diff-b.prom"),
        Row("diff-same", "diff-a.prom", "diff-a.prom", "--fail-on-change"),
        Row("diff-fail", "diff-a.prom", "diff-b.prom", "--fail-on-change", "--match", "{job=\"gone\"}"),
        Row(
            "diff-tolerance-holds", "diff-a.prom", "-", "--fail-on-change", "--tolerance", "10%", "--match",
            "temperature",
            input: "temperature 21\n"),
        Row(
            "diff-tolerance-broken", "diff-a.prom", "-", "--fail-on-change", "--tolerance", "4%", "--match",
            "temperature",
            input: "temperature 21\n"),
        Row("diff-top", "diff-a.prom", "diff-b.prom", "--top", "1"),
        Row("diff-csv", "diff-a.prom", "diff-b.prom", "-o", "csv"),
        Row("diff-json", "diff-a.prom", "diff-b.prom", "-o", "json"),
        Row("diff-ignore", "diff-a.prom", "diff-b.prom", "--ignore", "method", "--match", "http_requests_total"),
        Row("diff-times", "2023-11-14T22:14:00Z", "now", "--load", "data.om", "--window", "1m"),
        Row("diff-one-side", "diff-a.prom"),
        Row("diff-no-source", "diff-a.prom", "nothere"),
        Row("diff-twice-input", "-", "-"),
        Row("diff-bad-tolerance", "diff-a.prom", "diff-b.prom", "--tolerance", "much"),
        Row("diff-bad-selector", "diff-a.prom", "diff-b.prom", "--match", "rate(up[1m])"),
        Row("diff-bad-time", "yesterday", "now", "--load", "data.om"),
    ]
}

@Suite("ferula diff", .timeLimit(.minutes(2)))
struct DiffTests {
    @Test("pages, times, forms and refusals", arguments: Row.all)
    fileprivate func golden(row: Row) async throws {
        try await CommandGolden.compare(row.name, row.arguments, input: row.input)
    }

    @Test("two targets are scraped twice each: counters are compared by rates")
    func targets() async throws {
        let counts = Counts()
        func page(_ name: String, step: Int) -> Route {
            Route("/\(name)/metrics") { _ in
                let count = counts.next(name) * step
                return Response(
                    contentType: "text/plain; version=0.0.4",
                    body: .bytes(Array("# TYPE a_total counter\na_total \(count)\nsame 1\n".utf8)))
            }
        }
        let routes = [page("one", step: 10), page("other", step: 1000)]
        let outcome = try await Server(routes: routes).whileRunning { address in
            try await RealBinary.run([
                "diff", "http://\(address)/one/metrics", "http://\(address)/other/metrics", "--interval", "200ms", "-o",
                "csv", "--fail-on-change",
            ])
        }
        let lines = outcome.output.split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        #expect(lines.count == 2, "\(outcome)")
        let rate = try #require(lines.last)
        #expect(rate[0] == "rate" && rate[1] == "a_total", "\(outcome)")
        let (before, after) = (Double(rate[3]) ?? 0, Double(rate[4]) ?? 0)
        // A hundred times as fast, whatever the clock did.
        #expect(before > 0 && after > before * 20 && after < before * 500, "\(outcome)")
        #expect(outcome.status == 0, "values that moved are no change of structure")
    }
}

/// How often each page was asked for.
private final class Counts: Sendable {
    private let lock = NSLock()
    nonisolated(unsafe) private var counts: [String: Int] = [:]
    func next(_ name: String) -> Int {
        lock.withLock {
            counts[name, default: 0] += 1
            return counts[name] ?? 0
        }
    }
}
