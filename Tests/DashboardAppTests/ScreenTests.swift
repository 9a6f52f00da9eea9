// The screens beside the dashboard: how one gets there, what they list, filter and open, and what they ask.

import Dashboards
import Frames
import MetricModel
import Querying
import Testing

@testable import DashboardApp

@Suite("Screens")
struct ScreenTests {
    private static func targets() -> [TargetStatus] {
        var up = Scene.target("http://web-01:9100/metrics", .up, scraped: moment - .seconds(3))
        up.scrapePool = "node"
        up.labels = ["instance": "web-01:9100", "job": "node"]
        up.discoveredLabels = ["__address__": "web-01:9100"]
        up.lastScrapeDuration = Milliseconds(12)
        up.samplesScraped = 1234
        var down = Scene.target("http://db:9187/metrics", .down, scraped: moment - .seconds(5))
        down.scrapePool = "postgres"
        return [up, down]
    }

    private static func started(width: Int = 120, height: Int = 24) -> AppState {
        var state = Scene.started(width: width, height: height)
        _ = update(&state, .targets(targets()))
        return state
    }

    private func rows(_ state: AppState) -> [String] {
        render(state).plainText.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            var line = line
            while line.last == " " { line.removeLast() }
            return String(line)
        }
    }

    @Test("g t lists the targets with health, age, samples and error; Enter shows the labels")
    func targets() {
        var state = Self.started()
        press(&state, "g", "t")
        var lines = rows(state)
        #expect(lines[0].hasPrefix(" ferula  Targets"))
        #expect(lines[1] == " State   Job       Target                      Scraped  Took  Samples  Error")
        #expect(lines[2] == " ● up    node      http://web-01:9100/metrics   3s ago  12ms     1234")
        #expect(
            lines[3] == " ✗ down  postgres  http://db:9187/metrics       5s ago    0s        0  connection refused")
        #expect(state.visiblePlacements.isEmpty, "no panel is asked while a list is shown")
        press(&state, .enter)
        lines = rows(state)
        #expect(lines.contains { $0.contains("Before relabelling") })
        #expect(lines.contains { $0.contains("instance  web-01:9100") })
        press(&state, .down)
        #expect(rows(state).contains { $0.contains("✗ connection refused") })
        press(&state, .escape)
        #expect(!state.isDetailOpen && state.screen == .targets)
        press(&state, .escape)
        #expect(state.screen == .dashboard)
    }

    @Test("/ filters a list by words in any case; Esc takes the filter away first")
    func filter() {
        var state = Self.started()
        press(&state, .function(5), "/")
        for character in "DOWN db" { press(&state, .character(character)) }
        press(&state, .enter)
        #expect(state.matches.count == 1)
        #expect(rows(state)[2].contains("http://db:9187"))
        press(&state, .enter)
        #expect(rows(state).contains { $0.contains("http://db:9187/metrics") })
        press(&state, .escape, .escape)
        #expect(state.matches.count == 2 && state.screen == .targets)
        press(&state, "/", "x", "y", .enter)
        #expect(rows(state)[2] == " nothing matches; Esc shows all")
    }

    @Test("the metrics are asked for by name, those on the screen for their series, and one is explored and left again")
    func metrics() throws {
        var state = Self.started()
        let effects = press(&state, "g", "m")
        #expect(effects.fetched == ["metrics"])
        #expect(rows(state)[2] == " asking for the metrics")
        let list = [
            MetricEntry(name: "http_requests_total", metadata: Metadata(kind: .counter, help: "Requests answered.")),
            MetricEntry(name: "latency_seconds_bucket", metadata: Metadata(kind: .histogram, help: "How long.")),
            MetricEntry(name: "odd\"name", metadata: nil),
        ]
        let asked = update(&state, .metrics(.success(list)))
        #expect(asked.fetched == ["courses http_requests_total latency_seconds_bucket odd\"name"])
        let again = update(
            &state,
            .courses(
                .success(["http_requests_total": MetricCourse(series: 12, sums: [0, 1, .nan, 4], rate: 0.133)])))
        #expect(again.fetched.isEmpty, "what was not answered waits for the next round")
        #expect(update(&state, .tick(moment + .seconds(4), utcOffset: .zero)).fetched.isEmpty)
        let round = update(&state, .tick(moment + .seconds(5), utcOffset: .zero))
        #expect(round.fetched == ["courses http_requests_total latency_seconds_bucket odd\"name"])
        #expect(
            update(&state, .tick(moment + .seconds(20), utcOffset: .zero)).fetched == ["metrics"],
            "one question of a kind")
        #expect(rows(state)[1] == " Metric                  Type       Series   Growth  Help")
        #expect(rows(state)[2] == " http_requests_total     counter        12  0.133/s  Requests answered.  ▁▃ █")
        press(&state, .enter)
        #expect(state.screen == .dashboard && state.document.title == "http_requests_total")
        #expect(state.document.panels.first?.targets.first?.expression.contains("rate(http_requests_total[") == true)
        press(&state, .escape)
        #expect(state.screen == .metrics, "back to the list")
        press(&state, .enter, "g", "h")
        #expect(state.screen == .dashboard && state.document.title == "Host", "home is the dashboard one came from")
        press(&state, "g", "m")
        press(&state, .end, .enter)
        let last = try #require(state.document.panels.last)
        #expect(last.targets[0].expression == "topk(200, {__name__=\"odd\\\"name\"})")
    }

    @Test("a failure of the server is said, and the list stays")
    func failure() {
        var state = Self.started()
        press(&state, "g", "m")
        _ = update(&state, .metrics(.success([MetricEntry(name: "up", metadata: nil)])))
        _ = update(&state, .metrics(.failure(QueryFailure(.unavailable, "connection refused"))))
        #expect(state.metrics.count == 1)
        #expect(state.message?.text == "connection refused" && state.message?.isError == true)
    }

    @Test("g a lists alerts, firing ones first, the oldest on top")
    func alerts() {
        var state = Self.started()
        let effects = press(&state, "g", "a")
        #expect(effects.fetched == ["alerts"])
        #expect(rows(state)[2] == " asking for the alerts")
        _ = update(&state, .alerts(.success([])))
        #expect(rows(state)[2] == " no alert is pending or firing")
        func alert(_ name: String, _ state: AlertStatus.State, _ age: Int64) -> AlertStatus {
            AlertStatus(
                labels: ["alertname": name, "severity": "page"], annotations: ["summary": "of \(name)"], state: state,
                activeAt: moment - .seconds(age), value: 1.5)
        }
        _ = update(
            &state, .alerts(.success([alert("A", .pending, 900), alert("B", .firing, 60), alert("C", .firing, 120)])))
        #expect(
            rows(state)[2...4].map { $0.split(separator: " ").dropFirst().prefix(4).joined(separator: " ") } == [
                "firing C 2m 1.5", "firing B 1m 1.5", "pending A 15m 1.5",
            ])
        press(&state, .enter)
        #expect(rows(state).contains { $0.contains("summary  of C") })
    }

    @Test("alerts of a server are those its series ALERTS tell of, with their beginning")
    func alertSeries() async throws {
        let found = try await activeAlerts(from: ScriptedStatus(), AlertBackend(), now: moment).get()
        let alert = try #require(found.first)
        #expect(found.count == 1 && alert.state == .pending && alert.value.isNaN)
        #expect(alert.labels == ["alertname": "Down", "job": "a"])
        #expect(alert.activeAt == Timestamp(seconds: 1_769_895_000))
        await #expect(throws: QueryFailure.self) {
            try await activeAlerts(
                from: ScriptedStatus(), ScriptedBackend(failure: QueryFailure(.unavailable, "nobody")), now: moment
            ).get()
        }
    }

    @Test("a failure is said once and kept in the log, and the next round asks again")
    func failedAlerts() {
        var state = Self.started()
        press(&state, "g", "a")
        for _ in 0..<3 { _ = update(&state, .alerts(.failure(QueryFailure(.unavailable, "nobody there")))) }
        #expect(state.log.map(\.notice.text) == ["nobody there"])
        #expect(rows(state)[2] == " asking for the alerts", "not known is not none")
        let effects = update(&state, .tick(moment + .seconds(5), utcOffset: .zero))
        #expect(effects.fetched == ["alerts"])
    }

    @Test("without a refresh the lists are asked on opening and by r alone")
    func withoutRefresh() {
        var state = Self.started()
        _ = state.run(command: "refresh off")
        #expect(press(&state, "g", "a").fetched == ["alerts"])
        _ = update(&state, .alerts(.success([])))
        #expect(update(&state, .tick(moment + .seconds(60), utcOffset: .zero)).fetched.isEmpty)
        #expect(press(&state, "r").fetched == ["alerts"])
    }

    @Test("what the program said is kept, the newest first, a thousand lines at the most")
    func log() {
        var state = Self.started()
        for number in 0..<1002 { _ = update(&state, .notice(Notice("line \(number)", isError: number == 1001))) }
        press(&state, "g", "l")
        #expect(rows(state)[2] == " 21:40:05  line 1001")
        #expect(state.log.count == 1000 && state.log.first?.notice.text == "line 2")
        press(&state, .end)
        #expect(rows(state).contains { $0.hasSuffix("line 2") })
    }

    @Test("a click chooses a line, a second one opens it; the wheel moves the choice")
    func mouse() {
        var state = Self.started()
        press(&state, "g", "t")
        func click(_ y: Int) { _ = update(&state, .input(.mouse(Mouse(action: .press, x: 4, y: y)))) }
        click(3)
        #expect(state.lists[.targets]?.selected == 1 && !state.isDetailOpen)
        click(3)
        #expect(state.isDetailOpen)
        _ = update(&state, .input(.mouse(Mouse(action: .wheelUp, x: 4, y: 3))))
        #expect(state.lists[.targets]?.selected == 0)
        click(200)
        click(-5)
        #expect(state.lists[.targets]?.selected == 0)
    }

    @Test("fifty thousand metrics are listed, filtered and walked through without a walk over all of them for each key")
    func manyMetrics() {
        var state = Self.started()
        press(&state, "g", "m")
        let many = (0..<50_000).map { MetricEntry(name: "metric_\($0)_total", metadata: Metadata(kind: .counter)) }
        _ = update(&state, .metrics(.success(many)))
        let revision = state.matchKey
        for _ in 0..<200 { press(&state, .down) }
        #expect(state.matchKey == revision && state.lists[.metrics]?.selected == 200)
        #expect(rows(state).contains { $0.contains("metric_200_total") })
        press(&state, "/")
        for character in "_49999_" { press(&state, .character(character)) }
        press(&state, .enter)
        #expect(state.matches == [49_999])
        press(&state, .escape, .end)
        #expect(rows(state).contains { $0.contains("metric_49999_total") })
    }

    @Test("every screen is drawn at every size, with nothing and with much on it")
    func sizes() {
        for screen in ScreenName.allCases {
            for width in [0, 1, 19, 20, 21, 40, 80, 400] {
                for height in [0, 1, 4, 5, 6, 12, 120] {
                    var state = Self.started()
                    state.show(screen)
                    state.isDetailOpen = true
                    _ = update(&state, .metrics(.success((0..<300).map { MetricEntry(name: "m\($0)", metadata: nil) })))
                    _ = update(&state, .notice(Notice(String(repeating: "日本", count: 300) + "\u{1b}[31m")))
                    _ = update(&state, .input(.resize(Size(width: width, height: height))))
                    press(&state, .end, .pageUp, .down)
                    let frame = render(state)
                    #expect(frame.size == Size(width: width, height: height))
                    #expect(!frame.plainText.contains("\u{1b}"))
                }
            }
        }
    }
    @Test("on the smallest screens, where panels are lines, the focus is seen as well")
    func focusOfLines() {
        var state = Scene.started(width: 40, height: 12)
        func turned() -> [Int] {
            let frame = render(state)
            return (0..<12).filter { frame[0, $0].style.attributes.contains(.reverse) }
        }
        #expect(turned() == [1])
        press(&state, .tab)
        #expect(turned() == [2])
        press(&state, .tab)
        #expect(turned() == [], "a graph has a border")
    }

    @Test(
        "growth is a second's of counters, as the rate of their sum, and the range's of the rest",
        arguments: [
            ("a_total", Metadata.Kind.counter, [0, 5], 1.5, "1.50/s"), ("a_total", .counter, [9, 1], nil, "—"),
            ("g", .gauge, [1, .nan, 2001], nil, "+2 K"), ("g", .gauge, [5, 2], nil, "-3"),
            ("g", .gauge, [5, 5], nil, "0"), ("g", .gauge, [.nan, 5], nil, "—"),
            ("h_count", .histogram, [], 1, "1/s"), ("h_sum", .histogram, [0, 10], nil, "+10"),
        ] as [(String, Metadata.Kind, [Double], Double?, String)])
    func growth(name: String, kind: Metadata.Kind, sums: [Double], rate: Double?, text: String) {
        var state = Scene.started()
        press(&state, "g", "m")
        _ = update(&state, .metrics(.success([MetricEntry(name: name, metadata: Metadata(kind: kind))])))
        _ = update(&state, .courses(.success([name: MetricCourse(series: 1, sums: sums, rate: rate)])))
        #expect(state.metricEntry(0).cells[3].runs.map(\.text) == [text])
    }
}

extension [Effect] {
    /// What the screens asked for, in words.
    fileprivate var fetched: [String] {
        compactMap { effect in
            switch effect {
            case .fetchAlerts: "alerts"
            case .fetchMetrics: "metrics"
            case .fetchCourses(let names, _, _): "courses " + names.joined(separator: " ")
            default: nil
            }
        }
    }
}

/// A server with one pending alert.
private struct AlertBackend: QueryBackend {
    func instant(_ request: InstantRequest) async throws(QueryFailure) -> QueryResult {
        let labels: LabelSet = ["alertname": "Down", "job": "a"]
        let element =
            request.query == "ALERTS"
            ? VectorElement(
                labels: labels.setting("alertstate", to: "pending").setting("__name__", to: "ALERTS"),
                timestamp: request.time, value: .float(1))
            : VectorElement(
                labels: labels.setting("__name__", to: "ALERTS_FOR_STATE"), timestamp: request.time,
                value: .float(1_769_895_000))
        return QueryResult(value: .vector([element]))
    }
    func range(_ request: RangeRequest) async throws(QueryFailure) -> QueryResult {
        throw QueryFailure(.execution, "not asked")
    }
    func series(_ selectors: [String], start: Timestamp, end: Timestamp, limit: Int)
        async throws(QueryFailure) -> [LabelSet]
    { [] }
    func labelNames(_ selectors: [String], start: Timestamp, end: Timestamp, limit: Int)
        async throws(QueryFailure) -> [String]
    { [] }
    func labelValues(_ name: String, _ selectors: [String], start: Timestamp, end: Timestamp, limit: Int)
        async throws(QueryFailure) -> [String]
    { [] }
    func metadata(metric: String?) async throws(QueryFailure) -> [String: [Metadata]] { [:] }
}
