// What failures say of answers of every kind, and of what a test wants of them, word for word.
// Beside FailureMessageTests, which has the messages that a test author meets first.

import Ferula
import Testing

@testable import FerulaTestKit

@Suite("Messages about answers")
struct AnswerMessageTests {
    @Test(
        "a number wanted, something else found",
        arguments: [
            ("number-less", #"sum(up)"#, Expected.equals(2.5)), ("number-nan", "0 / 0", .equals(1)),
            ("number-infinite", "1 / 0", .equals(1)), ("number-string", #""one""#, .equals(1)),
            ("number-histogram", "latency_seconds", .equals(5)), ("number-none", "up == 0", .equals(1)),
            ("number-exact", "sum(up) + 0.25", .equals(1, within: .exact)),
            ("number-absolute", "sum(up) + 1", .equals(1, within: .absolute(0.5))),
            ("number-tiny", "sum(up) + 1", .equals(1, within: .relative(0.0001))),
            ("number-range", "up[31s]", .equals(1.5)),
        ])
    func numbers(name: String, query: String, expected: Expected) async throws {
        try await golden(name) { file, line in
            try await shop().expect(query, expected, fileID: file, line: line)
        }
    }

    @Test(
        "a histogram wanted, something else found",
        arguments: [
            ("histogram-many", "http_requests_total"), ("histogram-number", "up"), ("histogram-none", "up == 0"),
        ])
    func histograms(name: String, query: String) async throws {
        try await golden(name) { file, line in
            try await shop().expect(
                query, .equals(histogram: "{{schema:0 sum:4 count:4 buckets:[1 3]}}"), fileID: file, line: line)
        }
    }

    @Test(
        "bounds of what is no number, and of nothing",
        arguments: [
            ("bound-none", "up == 0", Expected.atMost(1)), ("bound-histogram", "latency_seconds", .above(1)),
            ("bound-string", #""one""#, .atLeast(1)), ("bound-nan", "0 / 0", .below(1)),
        ])
    func bounds(name: String, query: String, expected: Expected) async throws {
        try await golden(name) { file, line in
            try await shop().expect(query, expected, fileID: file, line: line)
        }
    }

    @Test(
        "vectors: another value, none wanted, none found, a histogram for a number, the same element twice, of no vector",
        arguments: [
            ("vector-value", "sum by (code) (http_requests_total)", "{code=\"200\"} 99\n{code=\"500\"} 1"),
            ("vector-none-wanted", "up", ""), ("vector-none-found", "up == 0", "{} 1"),
            ("vector-histogram", "sum(latency_seconds)", "{} 3"), ("vector-twice", "sum(up)", "{} 1\n{} 1"),
            ("vector-of-string", #""one""#, "{} 1"), ("vector-of-range", "up[31s]", #"up{job="shop"} 2"#),
        ])
    func vectors(name: String, query: String, wanted: String) async throws {
        try await golden(name) { file, line in
            try await shop().expect(query, .vector(wanted), fileID: file, line: line)
        }
    }

    @Test("emptiness of a scalar, of a range vector and of a text")
    func emptiness() async throws {
        for (name, query) in [("scalar", "1"), ("range", "up[31s]"), ("string", #""one""#)] {
            try await golden("empty-\(name)") { file, line in
                try await shop().expect(query, .empty, fileID: file, line: line)
            }
        }
    }

    @Test("expectations that cannot be read: an element with two values, labels in a dictionary")
    func unreadable() async throws {
        try await golden("unreadable-two-values") { file, line in
            try await shop().expect("up", .vector(#"up{job="shop"} 1 2"#), fileID: file, line: line)
        }
        try await golden("unreadable-line") { file, line in
            try await shop().expect("up", .vector("{} 1\n\n  {x=y} 1\n"), fileID: file, line: line)
        }
        try await golden("unreadable-labels") { file, line in
            try await shop().expect("up", .vector(["up{job}": 1]), fileID: file, line: line)
        }
    }

    @Test("queries of several lines, with a note of the engine, and with no place for what is wrong")
    func queries() async throws {
        try await golden("query-note") { file, line in
            try await shop().expect(
                "rate(\n  queue_length[1m]\n\t)", .equals(1), at: .minute(2), fileID: file, line: line)
        }
        try await golden("query-execution") { file, line in
            try await shop().expect("up + on (x) http_requests_total", .present, fileID: file, line: line)
        }
        try await golden("query-limit") { file, line in
            var options = EngineOptions.user
            options.samplesMax = 1
            let monitor = Monitor(options: options)
            try monitor.load("up", "1x9", every: .seconds(1))
            try await monitor.expect("sum_over_time(up[1m])", .present, fileID: file, line: line)
        }
    }

    @Test("native histograms are written so that they can be pasted back")
    func notations() async throws {
        let notations = [
            "{{schema:0 count:9 sum:4 z_bucket:2 z_bucket_w:0.5 offset:1 buckets:[1 0 2] n_offset:-1 n_buckets:[4]}}",
            "{{schema:-53 count:3 sum:4 custom_values:[1 2.5] buckets:[1 2]}}",
        ]
        for (index, notation) in notations.enumerated() {
            try await golden("notation-\(index)") { file, line in
                let monitor = Monitor()
                try monitor.load("h", notation, every: .seconds(1))
                try await monitor.expect("h", .equals(histogram: notation))
                try await monitor.expect("h", .empty, fileID: file, line: line)
            }
        }
    }

    @Test("series with one sample, without a finite number, with one histogram, and pinned in time")
    func graphs() async throws {
        let monitor = Monitor()
        try monitor.load(
            every: .seconds(1), "one 3\nnone NaN Inf -Inf\nh {{schema:0 count:2 sum:3 buckets:[2]}}\ng 1 2 4 stale")
        for name in ["one", "none", "h"] {
            try await golden("graph-\(name)") { file, line in
                try await monitor.expect("\(name) == 77", .present, at: .second(2), fileID: file, line: line)
            }
        }
        try await golden("graph-pinned") { file, line in
            try await monitor.expect("g @ 1", .equals(1), at: .minute(60), fileID: file, line: line)
        }
        try await golden("graph-stale-alone") { file, line in
            try monitor.load("s", "stale stale", every: .seconds(1))
            try await monitor.expect("s", .present, fileID: file, line: line)
        }
    }

    @Test("no series: of the only one, of names by a pattern, of several reasons")
    func nearest() async throws {
        let rows = [
            ("only", #"up{job="stop"}"#), ("pattern", #"{__name__=~"down.*", job="shop"}"#),
            ("several", #"http_requests_total{code!="200",job!~"s.*",x="1"}"#),
        ]
        for (name, query) in rows {
            try await golden("nearest-\(name)") { file, line in
                try await shop().expect(query, .present, fileID: file, line: line)
            }
        }
    }
}
