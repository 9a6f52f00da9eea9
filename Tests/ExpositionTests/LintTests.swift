// The linter: every rule with the words and the place of what it finds, and pages that it leaves alone.

import Testing

@testable import Exposition

private func lint(_ page: String, _ format: ExpositionFormat = .text) -> [String] {
    LintReport(Array(page.utf8), format: format).problems.map(\.description)
}

/// A family with help and type, and one sample.
private func family(_ name: String, _ type: String, _ samples: String) -> String {
    "# HELP \(name) x\n# TYPE \(name) \(type)\n\(samples)\n"
}

@Suite("Linter")
struct LintTests {
    @Test("a page as it should be has no problems")
    func clean() {
        let page =
            family("requests_total", "counter", "requests_total{code=\"200\"} 1\nrequests_total{code=\"500\"} 2")
            + family("queue_length", "gauge", "queue_length -1")
            + family(
                "latency_seconds", "histogram",
                "latency_seconds_bucket{le=\"0.1\"} 1\nlatency_seconds_bucket{le=\"+Inf\"} 2\nlatency_seconds_sum 0.3\nlatency_seconds_count 2"
            )
            + family(
                "rtt_seconds", "summary", "rtt_seconds{quantile=\"0.5\"} 1\nrtt_seconds_sum 1\nrtt_seconds_count 1")
        #expect(lint(page) == [])
    }

    @Test(
        "one family, one mistake",
        arguments: [
            ("# TYPE a gauge\na 1\n", ["1:8: a no help text"]),
            ("# HELP a\n# TYPE a gauge\na 1\n", ["1:8: a no help text"]),
            ("# HELP a x\na 1\n", ["1:8: a no type: a TYPE line says what can be asked of it"]),
            (family("a", "counter", "a 1"), ["2:8: a counter metrics should have \"_total\" suffix"]),
            (
                family("a_total", "gauge", "a_total 1"),
                ["2:8: a_total non-counter metrics should not have \"_total\" suffix"]
            ),
            (
                family("a_milliseconds", "gauge", "a_milliseconds 1"),
                ["2:8: a_milliseconds use base unit \"seconds\" instead of \"milliseconds\""]
            ),
            (family("a_bits_x", "gauge", "a_bits_x 1"), ["2:8: a_bits_x use base unit \"bytes\" instead of \"bits\""]),
            (
                family("a_bucket", "gauge", "a_bucket 1"),
                ["2:8: a_bucket non-histogram metrics should not have \"_bucket\" suffix"]
            ),
            (
                family("a_count", "gauge", "a_count 1"),
                ["2:8: a_count non-histogram and non-summary metrics should not have \"_count\" suffix"]
            ),
            (
                family("a_sum", "counter", "a_sum 1").replacing("a_sum", with: "b_sum"),
                [
                    "2:8: b_sum counter metrics should have \"_total\" suffix",
                    "2:8: b_sum non-histogram and non-summary metrics should not have \"_sum\" suffix",
                ]
            ),
            (family("a", "gauge", "a{le=\"1\"} 1"), ["3:3: a non-histogram metrics should not have \"le\" label"]),
            (
                family("a", "gauge", "a{x=\"le\",quantile=\"1\"} 1"),
                ["3:10: a non-summary metrics should not have \"quantile\" label"]
            ),
            (
                family("a_gauge_x", "gauge", "a_gauge_x 1"),
                ["2:8: a_gauge_x metric name should not include type 'gauge'"]
            ),
            (family("a:b", "gauge", "a:b 1"), ["2:8: a:b metric names should not contain ':'"]),
            (
                family("aB", "gauge", "aB 1"),
                ["2:8: aB metric names should be written in 'snake_case' not 'camelCase'"]
            ),
            (
                family("a", "gauge", "a{x=\"1\", yZ=\"2\"} 1\na{yZ=\"3\"} 1"),
                ["3:10: a label names should be written in 'snake_case' not 'camelCase'"]
            ),
            (family("a_ms", "gauge", "a_ms 1"), ["2:8: a_ms metric names should not contain abbreviated units"]),
            (
                family("a", "gauge", "a{__x=\"1\"} 1"),
                ["3:3: a label names beginning with \"__\" are reserved"]
            ),
            (
                family("a", "gauge", "a{job=\"1\"} 1"),
                ["3:3: a label \"job\" is set by the scrape: this one becomes \"exported_job\""]
            ),
            (
                family("a", "gauge", "a{x=\"1\"} 1\na{x=\"2\"} 1\na{x=\"1\"} 2"),
                ["5:1: a series a{x=\"1\"} stands twice, first in line 3: only one is kept"]
            ),
            (
                family("a", "gauge", "a 1 1700000000000"),
                ["3:1: a samples should not have timestamps: they hide when a target stops updating"]
            ),
            (
                family("a_total", "counter", "a_total -1"),
                ["3:1: a_total counters should not be negative or NaN, found -1"]
            ),
            (
                family("a", "summary", "a{quantile=\"99\"} 1\na_sum 1\na_count 1"),
                ["3:1: a quantiles should be between 0 and 1, found \"99.0\""]
            ),
            (
                "# HELP a x\n# TYPE a gauge\na 1\n# TYPE a gauge\n# HELP a y\n",
                ["4:8: a second TYPE line for metric name \"a\"", "5:8: a second HELP line for metric name \"a\""]
            ),
            ("# HELP a x\na 1\n# TYPE a gauge\n", ["3:8: a TYPE line stands after samples of the metric"]),
            (
                family("a", "gauge", "a{x=\"1\"} 1") + family("b", "gauge", "b 1") + "a{x=\"2\"} 1\n",
                ["7:1: a samples of one metric should stand together, without those of others between them"]
            ),
            (
                family("a", "gauge", "a 1") + "b{x=\"\n\"} x\n",
                ["5:4: expected a value, found \"x\""]
            ),
        ])
    func rules(page: String, problems: [String]) {
        #expect(lint(page) == problems)
    }

    @Test(
        "histograms",
        arguments: [
            (
                "h_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1",
                ["3:1: h histogram should have a bucket with le=\"+Inf\""]
            ),
            (
                "h_bucket{le=\"1\"} 3\nh_bucket{le=\"2\"} 2\nh_bucket{le=\"+Inf\"} 3\nh_sum 1\nh_count 3",
                ["4:1: h buckets should be cumulative: le=\"2\" has 2, le=\"1\" has 3"]
            ),
            (
                "h_bucket{x=\"a\",le=\"+Inf\"} 3\nh_sum{x=\"a\"} 1\nh_count{x=\"a\"} 4",
                ["3:1: h _count should equal the bucket le=\"+Inf\": 4 and 3 of {x=\"a\"}"]
            ),
            (
                "h_bucket{le=\"+Inf\"} 3\nh_bucket 1",
                [
                    "3:1: h histogram should have _count and _sum",
                    "4:1: h a bucket needs a label \"le\" with its upper bound",
                ]
            ),
        ])
    func histograms(samples: String, problems: [String]) {
        #expect(lint(family("h", "histogram", samples)) == problems)
    }

    @Test("OpenMetrics: a counter's samples have the suffix, its family has not")
    func openMetrics() {
        #expect(lint("# TYPE a counter\n# HELP a x\na_total 1\na_created 1\n# EOF\n", .openMetrics) == [])
        #expect(
            lint("# TYPE a_total counter\n# HELP a_total x\na_total 1\n# EOF\n", .openMetrics) == [
                "1:8: a_total the family of a counter is named without \"_total\"; its samples have the suffix"
            ])
    }

    @Test("a page that ends in a mistake is told from a whole one")
    func incomplete() {
        let report = LintReport(Array((family("a", "gauge", "a 1") + "b{ 1\n").utf8), format: .text)
        #expect(!report.isComplete)
        #expect(report.metricCount == 1)
        #expect(report.problems.map(\.rule) == [.syntax])
    }

    @Test("what a label costs: values, series that fall together, bytes")
    func costs() {
        let page =
            "a{p=\"1\",q=\"x\"} 1\na{p=\"1\",q=\"y\"} 1\na{p=\"2\",q=\"x\"} 1\na{p=\"2\",q=\"y\"} 1\na{p=\"2\",q=\"zz\"} 1\nb 1\n"
        let costs = LintReport(Array(page.utf8), format: .text, extended: true).costs
        // Lines of 17 bytes, one of 18. Without p the pairs of x and y fall together; without q, those of 1 and of 2.
        #expect(
            costs == [
                MetricCost(
                    name: "a", series: 5, bytes: 86,
                    labels: [
                        LabelCost(name: "q", values: 3, seriesSaved: 3, bytesSaved: 17 + 17 + 18 + 2 * 6),
                        LabelCost(name: "p", values: 2, seriesSaved: 2, bytesSaved: 2 * 17 + 3 * 6),
                    ]),
                MetricCost(name: "b", series: 1, bytes: 4, labels: []),
            ])
    }

    @Test("any bytes: no trap, and a report")
    func fuzz() {
        var random = SystemRandomNumberGenerator()
        let alphabet = Array("ab_{}=\",\\\n #TYPEHLcounterhistogm0123.+-eIf\u{e9}".utf8)
        let seed = UInt64.random(in: 0...UInt64.max, using: &random)
        var state = seed
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
        for _ in 0..<2000 {
            let bytes = (0..<next(120)).map { _ in alphabet[next(alphabet.count)] }
            for format in ExpositionFormat.allCases {
                let report = LintReport(bytes, format: format, extended: true)
                #expect(report.isComplete || !report.problems.isEmpty, "seed \(seed)")
            }
        }
    }
}
