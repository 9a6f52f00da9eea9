// Every screen and every list over one, at three sizes, against files: glyph rows, then style rows.
// UPDATE_GOLDEN=1 writes them anew.

import Dashboards
import Frames
import MetricModel
import Querying
import Testing

@testable import DashboardApp

@Suite("Golden screens beside the dashboard")
struct ScreenGoldenTests {
    enum Shown: String, CaseIterable, CustomTestStringConvertible {
        case explore, proposals, metrics, targets, target, page, alerts, alert, log, palette, ranges, chord, help
        var testDescription: String { rawValue }
    }

    @Test("screens", arguments: Shown.allCases, [(120, 40), (80, 24), (40, 12)])
    func screens(shown: Shown, size: (width: Int, height: Int)) throws {
        var state = Scene.started(width: size.width, height: size.height)
        Self.fill(&state)
        open(shown, &state)
        let name = "screen-\(shown.rawValue)-\(size.width)x\(size.height)"
        try GoldenTests().compare(GoldenText.write(render(state)), with: name)
    }

    private static func fill(_ state: inout AppState) {
        var down = Scene.target("http://db-01:9187/metrics", .down, scraped: moment - .seconds(7))
        down.labels = ["instance": "db-01:9187", "job": "postgres"]
        var up = Scene.target("http://web-01:9100/metrics", .up, scraped: moment - .seconds(1))
        up.labels = ["instance": "web-01:9100", "job": "node", "zone": "漢字"]
        up.discoveredLabels = ["__address__": "web-01:9100", "__metrics_path__": "/metrics"]
        up.lastScrapeDuration = Milliseconds(12)
        up.samplesScraped = 1287
        let waiting = Scene.target("http://new:80/metrics", .unknown)
        _ = update(&state, .targets([down, up, waiting]))
        _ = update(&state, .notice(Notice("configuration read again")))
        _ = update(&state, .notice(Notice("file discovery t.json: no such file", isError: true)))
    }

    private func open(_ shown: Shown, _ state: inout AppState) {
        switch shown {
        case .explore:
            state.explore("sum by (job) (rate(http_requests_total[5m])) > 0.5")
            Scene.answer(update(&state, .tick(moment, utcOffset: .zero)), in: &state, value: 3)
            state.message = nil
        case .proposals:
            state.explore.taken = state.panels[1]?.plan?.queries.first?.expression
            press(&state, "e")
            _ = update(&state, .metrics(.success(Self.metrics)))
            press(&state, .control("u"))
            for character in "sum(rate(http_r" { press(&state, .character(character)) }
            press(&state, .down)
        case .metrics:
            press(&state, "g", "m")
            _ = update(&state, .metrics(.success(Self.metrics)))
            _ = update(&state, .courses(.success(Self.courses)))
            press(&state, .down)
        case .targets: press(&state, "g", "t")
        case .target: press(&state, "g", "t", .down, .enter)
        case .page:
            press(&state, "g", "t", .down, "w")
            let text = "# HELP up Is it.\n# TYPE up gauge\nup{job=\"a b\"} 1\nother 2\n"
            _ = update(
                &state,
                .page(
                    .success(PageLines(TargetPage(contentType: "text/plain", body: Array(text.utf8)))),
                    of: state.targets[1]))
        case .alerts, .alert:
            press(&state, "g", "a")
            _ = update(&state, .alerts(.success(Self.alerts)))
            if shown == .alert { press(&state, .enter) }
        case .log: press(&state, "g", "l")
        case .palette: press(&state, ":", "r", "e")
        case .ranges: press(&state, "t", "t")
        case .chord: press(&state, "t")
        case .help: press(&state, "?")
        }
    }

    private static let metrics = [
        MetricEntry(
            name: "http_requests_total", metadata: Metadata(kind: .counter, help: "Requests answered, by code.")),
        MetricEntry(name: "http_request_duration_seconds_bucket", metadata: Metadata(kind: .histogram, help: "Time.")),
        MetricEntry(name: "queue_length", metadata: Metadata(kind: .gauge, help: "Jobs that wait.")),
        MetricEntry(name: "odd", metadata: nil),
    ]
    private static let courses = [
        "http_requests_total": MetricCourse(series: 12, sums: (0..<24).map { Double($0 * $0) }, rate: 0.622),
        "queue_length": MetricCourse(series: 1, sums: (0..<24).map { Double(30 - $0) }),
        "odd": MetricCourse(series: 0, sums: []),
    ]
    private static let alerts = [
        AlertStatus(
            labels: ["alertname": "TargetDown", "job": "postgres", "severity": "page"],
            annotations: ["summary": "postgres on db-01 does not answer"], state: .firing,
            activeAt: moment - .seconds(300), value: 1),
        AlertStatus(
            labels: ["alertname": "DiskFills"], state: .pending, activeAt: moment - .seconds(30), value: 0.93),
    ]
}
