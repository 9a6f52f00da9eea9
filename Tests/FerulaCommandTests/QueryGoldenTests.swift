// Every output form and exit code of the one-shot commands, by the real program over a fixed file.
// UPDATE_GOLDEN=1 writes the goldens anew: look at each one before it is committed.

import Foundation
import Testing

private struct Golden: Sendable, CustomTestStringConvertible {
    var name: String
    var arguments: [String]
    var input: String?
    var environment: [String: String] = [:]
    var testDescription: String { name }

    init(_ name: String, _ arguments: String..., input: String? = nil) {
        self.name = name
        self.arguments = arguments
        self.input = input
    }

    /// `query --load data.om` before the rest.
    static func query(_ name: String, _ arguments: String...) -> Golden {
        var golden = Golden(name)
        golden.arguments = ["query", "--load", "data.om"] + arguments
        return golden
    }

    /// In a locale whose characters are those of ASCII.
    var inASCII: Golden {
        var golden = self
        golden.environment = ["LC_ALL": "C"]
        return golden
    }

    static let wide = """
        build_info{version="3.14.0",revision="0123456789abcdef0123456789abcdef01234567",branch="release",go="go1.26.1"} 1
        up{job="node"} 1

        """
    static let rate = "rate(http_requests_total[1m])"
    static let forms = ["table", "graph", "json", "jsonl", "csv", "tsv", "md", "prom", "openmetrics", "promql"]

    static let all: [Golden] =
        forms.map { query("instant-\($0)", "temperature_celsius", "-o", $0) }
        + forms.map { query("range-\($0)", rate, "--start", "1m", "--step", "30s", "-o", $0) }
        + forms.map { query("scalar-\($0)", "1 / 3", "--time", "2023-11-14T22:15:00Z", "-o", $0) }
        + ["table", "json", "promql", "prom"].map { query("string-\($0)", "\"a\\tb\"", "-o", $0) }
        + ["table", "jsonl", "openmetrics", "promql"].map { query("strange-\($0)", "sort(strange)", "-o", $0) }
        + ["table", "json", "jsonl", "csv", "openmetrics", "promql", "graph"].map {
            query("file-\($0)", "--file", "queries.promql", "-o", $0)
        }
        + ["table", "csv", "tsv", "md"].map { query("headless-\($0)", "up", "-o", $0, "--no-headers") }
        + [
            query("unit-of-a-graph", "disk_bytes", "--start", "1m", "--step", "30s", "-o", "graph"),
            query("raw", "-q", "sum(http_requests_total)"),
            query("raw-range", "-q", "http_requests_total{code=\"500\"}", "--start", "1m", "--step", "30s"),
            query("default-of-a-range", "up", "--start", "2m", "--step", "30s"),
            query("time-zone-utc", "up", "--start", "30s", "--step", "30s", "-o", "table", "--utc"),
            query("plain-graph", "http_requests_total", "--start", "2m", "--step", "30s", "--color", "never"),
            query("ascii-graph", "http_requests_total", "--start", "2m", "--step", "30s").inASCII,
            query("coloured-graph", "up", "-o", "graph", "--color", "always"),
            Golden("standard-input", "query", "-q", "sum(jobs_total)", input: "jobs_total 2\njobs_total{a=\"b\"} 3\n"),
            Golden("standard-input-openmetrics", "query", "a", "-o", "csv", input: "a 2 1700000000.5\n# EOF\n"),
            // Empty answers.
            query("empty-metric", "http_request_total"),
            query("empty-json", "nothing", "-o", "json"),
            query("empty-csv", "nothing", "-o", "csv"),
            query("empty-matcher", "http_requests_total{code=\"404\"}"),
            query("empty-together", "disk_bytes{device=\"sda\",mount=\"/data\"}"),
            query("empty-side", "up and up{job=\"c\"}"),
            query("empty-aggregation", "topk(0, up)"),
            query("empty-comparison", "up > 5"),
            query("empty-matching", "up + on (job) http_requests_total{code=\"200\"}"),
            query("empty-rate", "rate(http_requests_total[20s])"),
            query("empty-before", "up", "--time", "2023-11-14"),
            query("empty-after", "up", "--time", "2023-12-14"),
            Golden(
                "empty-before-closely", "query", "a", "--time", "2023-11-14",
                input: "a 1 1700000010\na 2 1700000020\na 3 1700000030\n# EOF\n"),
            query("empty-fail", "nothing", "--fail-on-empty"),
            Golden("empty-page-rate", "query", "rate(a_total[1m])", input: "a_total 2\n"),
            // Assertions.
            query("assert-holds", "--assert", "up >= 0"),
            query("assert-false", "--assert", "up == 1"),
            query("assert-false-json", "--assert", "up == 1", "-o", "json"),
            query("assert-nothing", "--assert", "up{job=\"c\"} == 1"),
            query("assert-truth", "--assert", "up"),
            query("assert-vectors", "--assert", "up > up offset 30s"),
            query("assert-presence", "--assert", "up == 0 and up"),
            query("assert-for", "--assert", "http_requests_total > 0", "--for", "2m", "--interval", "30s"),
            query("assert-for-false", "--assert", "sum(http_requests_total) < 300", "--for", "2m", "--interval", "30s"),
            // Refusals.
            query("error-syntax", "sum(rat(up))"),
            query("error-evaluation", "up * on () up"),
            query("error-time", "up", "--time", "yesterday"),
            query("error-order", "up", "--start", "1m", "--end", "2m"),
            query("error-step", "up", "--start", "1m", "--step", "0"),
            query("error-points", "up", "--start", "30d", "--step", "1s"),
            query("error-two-times", "up", "--time", "now", "--start", "1m"),
            query("error-words", "up", "==", "0"),
            query("error-for", "up", "--for", "5m"),
            query("error-for-timeout", "--assert", "up", "--for", "5m", "--timeout", "300s"),
            query("error-option", "--sever", "localhost:9090", "up"),
            query("error-load-tls", "--tls-skip-verify", "up"),
            query("error-watch-file", "up", "--watch"),
            query("error-deadline", "--query.timeout", "50ms", "sum_over_time(vector(time())[4900000s:1s])"),
            query("error-no-deadline", "--query.timeout", "0", "up"),
            query("error-form", "up", "-o", "yaml"),
            query("error-file", "--file", "broken.promql"),
            Golden("error-no-file", "query", "--load", "missing.om", "up"),
            Golden("error-two-sources", "query", "--load", "data.om", "--scrape", "localhost:1", "up"),
            Golden("error-no-source", "query", "up"),
            Golden("error-empty-input", "query", "up", input: ""),
            Golden("error-subcommand", "check", "confg", "prometheus.yml"),
            Golden("error-page", "query", "up", input: "up{a=} 1\n"),
            query("assert-other-names", "--assert", "{__name__=~\"up|temperature_celsius\"} > 0"),
            // Listings.
            Golden("series", "series", "--load", "data.om", "http_requests_total", "up{job=\"a\"}"),
            Golden("series-json", "series", "--load", "data.om", "up", "-o", "json"),
            Golden("series-jsonl", "series", "--load", "data.om", "-o", "jsonl"),
            Golden("series-promql", "series", "--load", "data.om", "temperature_celsius", "-o", "promql"),
            Golden("series-empty", "series", "--load", "data.om", "upp", "--fail-on-empty"),
            Golden("labels", "labels", "--load", "data.om"),
            Golden("labels-of", "labels", "--load", "data.om", "code", "--match", "http_requests_total", "-o", "json"),
            Golden("series-wide", "series", "--load", "-", input: Self.wide),
            Golden("labels-typo", "labels", "--load", "data.om", "code", "--match", "http_request_total"),
            Golden("labels-none-matching", "labels", "--load", "data.om", "code", "--match", "up"),
            Golden("labels-empty", "labels", "--load", "data.om", "cod"),
            Golden("metadata", "metadata", "--load", "data.om"),
            Golden("metadata-json", "metadata", "--load", "data.om", "up", "-o", "json"),
            Golden("metadata-empty", "metadata", "--load", "data.om", "upp"),
            Golden("error-listing-form", "series", "--load", "data.om", "-o", "graph"),
        ]
}

@Suite("Goldens of the one-shot commands", .serialized, .timeLimit(.minutes(5)))
struct QueryGoldenTests {
    @Test("a command line prints its golden and ends with its code", arguments: Golden.all.map(\.name))
    func golden(name: String) async throws {
        let golden = try #require(Golden.all.first { $0.name == name })
        try await CommandGolden.compare(
            name, golden.arguments, input: golden.input, environment: golden.environment)
    }

    @Test("no two goldens share a name")
    func namesAreUnique() { #expect(Set(Golden.all.map(\.name)).count == Golden.all.count) }

    @Test("what -o openmetrics and -o prom print is loaded again", arguments: ["openmetrics", "prom"])
    func roundTrip(form: String) async throws {
        let arguments = [
            "query", "--load", "data.om", "{__name__=~\"http.*|temp.*\"}", "--start", "2m", "--step", "30s",
        ]
        let page = try await RealBinary.run(arguments + ["-o", form])
        let again = try await RealBinary.run(
            ["query", "--load", "-", "{__name__=~\"http.*|temp.*\"}", "--start", "2m", "--step", "30s", "-o", "csv"],
            input: page.output)
        let first = try await RealBinary.run(arguments + ["-o", "csv"])
        #expect(again.output == first.output)
        #expect(first.output.split(separator: "\n").count == 14)
    }
}
