// Pages of metrics to families: kinds by TYPE, by endings where there is none, and by what the values say.

import AutomaticDashboards
import Dashboards
import Ferula
import Testing

/// What is made of a page.
private func survey(_ page: String, format: ExpositionFormat = .text) async throws -> MetricSurvey {
    let monitor = Monitor(labels: ["job": "j", "instance": "i:1"])
    try monitor.ingest(page, at: Timestamp(seconds: 1000), format: format)
    return try await MetricSurvey.ask(monitor.queryBackend, at: Timestamp(seconds: 1000))
}

private func families(_ page: String, format: ExpositionFormat = .text) async throws -> [MetricFamily] {
    try await survey(page, format: format).families
}

/// Panels of the dashboard of a page, those of rows included.
private func panels(_ page: String, format: ExpositionFormat = .text) async throws -> [Panel] {
    let made = AutomaticDashboard(title: "t", survey: try await survey(page, format: format)).dashboard()
    #expect(made.notices == [])
    return made.panels.flatMap { [$0] + $0.collapsedPanels }.filter { !$0.kind.isRow }
}

extension PanelKind {
    fileprivate var isRow: Bool { if case .row = self { true } else { false } }
}

@Suite("From a page to families and panels")
struct SurveyTests {
    @Test(
        "kinds come from TYPE, else from endings and values",
        arguments: [
            ("# TYPE a counter\na 1\n", .counter), ("# TYPE a gauge\na 1\n", .gauge), ("a_total 1\n", .counter),
            ("a 1.5\n", .gauge), ("# TYPE a_info gauge\na_info{v=\"1\"} 1\n", .info), ("a_info{v=\"1\"} 1\n", .info),
            ("a_info 2\n", .gauge), ("a_bucket{le=\"1\"} 1\na_bucket{le=\"+Inf\"} 2\n", .classicHistogram),
            ("a_sum 3\na_count 2\n", .summary(hasQuantiles: false)),
            ("# TYPE a summary\na{quantile=\"0.5\"} 1\na_sum 3\na_count 2\n", .summary(hasQuantiles: true)),
            ("# TYPE a gauge\na{state=\"on\"} 1\na{state=\"off\"} 0\n", .states(label: "state")),
            ("# TYPE a gauge\na{state=\"on\"} 1\na{state=\"off\"} 1\n", .gauge),
            ("# TYPE a gauge\na{state=\"on\"} 3\na{state=\"off\"} 0\n", .gauge),
            ("# TYPE a_up gauge\na_up 1\n", .flags), ("# TYPE a_up gauge\na_up 2\n", .gauge),
            ("# TYPE a_version gauge\na_version{version=\"3\"} 1\n", .info),
            ("node_vmstat_pgfault 10\n", .counter),
        ] as [(String, MetricFamily.Kind)])
    func kinds(page: String, kind: MetricFamily.Kind) async throws {
        let found = try await families(page)
        #expect(found.map(\.kind) == [kind])
    }

    @Test("OpenMetrics: totals, units, states and infos; when something began is left out")
    func openMetrics() async throws {
        let page = """
            # TYPE hits_bytes counter
            # UNIT hits_bytes bytes
            hits_bytes_total{code="200"} 5
            hits_bytes_created{code="200"} 900
            # TYPE door stateset
            door{door="open"} 1
            door{door="shut"} 0
            # TYPE build info
            build_info{version="1"} 1
            # EOF

            """
        let found = try await families(page, format: .openMetrics)
        #expect(found.map(\.name) == ["build", "door", "hits_bytes"])
        #expect(found.map(\.kind) == [.info, .states(label: "door"), .counter])
        #expect(found[2].metric == "hits_bytes_total")
        #expect(Measure(found[2]) == .bytes)
    }

    @Test("when a counter began is no panel, though clients call it a gauge; nor is what the scraper writes")
    func created() async throws {
        let found = try await families(
            "# TYPE a_total counter\na_total 1\n# TYPE a_created gauge\na_created 1.7e9\nup 1\nscrape_duration_seconds 1\n"
        )
        #expect(found.map(\.name) == ["a_total"])
    }

    @Test(
        "units by name, HELP and numbers",
        arguments: [
            ("a_bytes", "", 1, .bytes), ("a_seconds_total", "", 1, .seconds), ("jvm_memory_bytes_used", "", 1, .bytes),
            ("a_ratio", "", 1, .ratio), ("a_percent", "", 1, .percent), ("a", "Size in bytes.", 1, .bytes),
            ("a_last_timestamp_seconds", "", 1.7e9, .moment(perSecond: 1)),
            ("a_start_time_seconds", "", 1.7e9, .moment(perSecond: 1)), ("a_time_seconds", "", 3, .seconds),
            ("a_max_time", "", 1.7e12, .moment(perSecond: 1000)), ("a_temp_celsius", "", 1, .celsius),
            ("a_duration_ms", "", 1, .milliseconds), ("cpu_usage", "", 0.5, .ratio), ("cpu_usage", "", 50, .count("")),
            ("heap_size", "", 1e7, .bytes), ("heap_size", "", 10, .count("")),
            ("a_requests", "", 1, .count("requests")),
        ] as [(String, String, Double, Measure)])
    func units(name: String, help: String, value: Double, measure: Measure) {
        let family = MetricFamily(
            name: name, kind: .gauge, help: help, series: [SurveyedSeries(labels: .empty, value: value)])
        #expect(Measure(family) == measure)
    }

    @Test("a histogram is quantiles and a heatmap, a counter a rate by its best label, an info a table")
    func kindsOfPanels() async throws {
        let page = """
            # HELP wait_seconds How long they wait.
            # TYPE wait_seconds histogram
            wait_seconds_bucket{le="0.1"} 1
            wait_seconds_bucket{le="1"} 4
            wait_seconds_bucket{le="+Inf"} 5
            wait_seconds_sum 3
            wait_seconds_count 5
            # TYPE bytes_sent_total counter
            bytes_sent_total{device="a"} 5
            bytes_sent_total{device="b"} 7
            # TYPE app_info gauge
            app_info{version="2"} 1

            """
        let found = try await panels(page)
        let shown = found.map { "\($0.typeName) \($0.title): \($0.targets.map(\.expression).joined(separator: "; "))" }
        #expect(
            shown == [
                "timeseries sent by device: sum by (device) (rate(bytes_sent_total[$__rate_interval]))",
                "timeseries wait quantiles: "
                    + "histogram_quantile(0.99, sum by (le) (rate(wait_seconds_bucket[$__rate_interval]))); "
                    + "histogram_quantile(0.9, sum by (le) (rate(wait_seconds_bucket[$__rate_interval]))); "
                    + "histogram_quantile(0.5, sum by (le) (rate(wait_seconds_bucket[$__rate_interval])))",
                "heatmap wait heatmap: sum by (le) (rate(wait_seconds_bucket[$__rate_interval]))",
                "table app info: topk(50, app_info)",
            ])
        #expect(found[1].description == "How long they wait.")
        #expect(found[1].targets.map(\.legendFormat) == ["p99", "p90", "p50"])
        #expect(found[0].fields.unit == "binBps")
    }

    @Test("a native histogram is asked as a whole")
    func native() {
        let histogram = NativeHistogram()
        let survey = MetricSurvey(
            [
                VectorElement(
                    labels: ["__name__": "wait_seconds"], timestamp: Timestamp(seconds: 1), value: .histogram(histogram)
                )
            ], metadata: [:])
        #expect(survey.families.map(\.kind) == [.nativeHistogram])
        let made = AutomaticDashboard(title: "t", survey: survey).dashboard()
        let targets = made.panels.flatMap(\.targets)
        #expect(targets.last?.expression == "histogram_quantile(0.5, sum(rate(wait_seconds[$__rate_interval])))")
    }

    @Test("states become one row a thing, each state a number with its word and colour")
    func states() async throws {
        let page = """
            # TYPE server_status gauge
            server_status{server="a",state="UP"} 1
            server_status{server="a",state="DOWN"} 0
            server_status{server="b",state="UP"} 0
            server_status{server="b",state="DOWN"} 1

            """
        let found = try await panels(page)
        #expect(found.map(\.typeName) == ["state-timeline"])
        #expect(
            found[0].targets[0].expression
                == #"max without (state) (server_status{state="DOWN"} or 2 * server_status{state="UP"})"#)
        #expect(found[0].targets[0].legendFormat == "{{server}}")
    }

    @Test(
        "what of the traffic ended badly goes by its codes",
        arguments: [
            (["200", "500"], [#"code=~"5..""#, #"code=~"4..""#]), (["0", "200"], [#"code=~"5..""#, #"code=~"4..""#]),
            (["0", "1"], [#"code!="0""#]), (["0", "2", "5"], [#"code!="0""#]), (["0"], []),
            (["2", "5"], [#"code=~"5""#, #"code=~"4""#]),
            (["OK", "NotFound"], [#"code!="OK""#]), (["failed", "done"], [#"code=~"failed""#]),
        ])
    func badEnds(codes: [String], matchers: [String]) async throws {
        let lines = codes.map { "jobs_requests_total{code=\"\($0)\"} 50\n" }.joined()
        let page =
            "# TYPE jobs_requests_total counter\n" + lines + "# TYPE jobs_queue_length gauge\njobs_queue_length 4\n"
        let errors = try await panels(page).first { $0.title.hasPrefix("errors") }
        let expressions = errors?.targets.map(\.expression) ?? []
        #expect(expressions.count == matchers.count)
        for (expression, matcher) in zip(expressions, matchers) { #expect(expression.contains("{" + matcher)) }
    }

    @Test("the four signals come first, but only where a page has at least two of them")
    func golden() async throws {
        let page = """
            # TYPE shop_requests_total counter
            shop_requests_total{code="200",path="/a"} 50
            shop_requests_total{code="200",path="/b"} 40
            shop_requests_total{code="500",path="/b"} 3
            # TYPE shop_request_duration_seconds histogram
            shop_request_duration_seconds_bucket{le="0.1"} 50
            shop_request_duration_seconds_bucket{le="1"} 90
            shop_request_duration_seconds_bucket{le="+Inf"} 93
            shop_request_duration_seconds_sum 12
            shop_request_duration_seconds_count 93
            # TYPE shop_queue_length gauge
            shop_queue_length 4

            """
        let found = try await panels(page)
        #expect(
            found.prefix(4).map(\.title) == ["requests", "errors", "request duration", "queue length"])
        #expect(found.prefix(4).map(\.position.width) == [6, 6, 6, 6])
        #expect(
            found[1].targets.map(\.expression) == [
                #"sum(rate(shop_requests_total{code=~"5.."}[$__rate_interval])) or 0 * "#
                    + "sum(rate(shop_requests_total[$__rate_interval]))",
                #"sum(rate(shop_requests_total{code=~"4.."}[$__rate_interval])) or 0 * "#
                    + "sum(rate(shop_requests_total[$__rate_interval]))",
            ])
        let alone = try await panels("# TYPE a gauge\na 1\n# TYPE b gauge\nb 2\n")
        #expect(alone.map(\.title) == ["a, b"] || alone.map(\.title) == ["b, a"])
    }

    @Test("matchers stand in every selector")
    func matchers() async throws {
        let survey = try await survey("# TYPE a_total counter\na_total{code=\"1\"} 1\n# TYPE b gauge\nb 2\n")
        let made = AutomaticDashboard(
            title: "t", survey: survey, matchers: [Matcher("job", equals: "j")]
        ).dashboard()
        let targets = made.panels.flatMap { $0.targets + $0.collapsedPanels.flatMap(\.targets) }
        #expect(!targets.isEmpty)
        #expect(targets.allSatisfy { $0.expression.contains(#"{job="j""#) })
    }
}
