// A dashboard, a backend and a state for the tests: values made by hand, times chosen.
// Used by every test of this target.

import Dashboards
import Frames
import MetricModel
import Querying
import Synchronization

@testable import DashboardApp

/// 2026-01-31 21:40:05 UTC
let moment = Timestamp(milliseconds: 1_769_895_605_000)

enum Scene {
    static func panel(
        _ id: Int, _ kind: PanelKind, _ title: String, _ x: Int, _ y: Int, _ width: Int, _ height: Int,
        _ expression: String? = nil
    ) -> Panel {
        var panel = Panel(
            id: id, kind: kind, title: title, position: GridPosition(x: x, y: y, width: width, height: height))
        panel.targets = [PanelTarget(refID: "A", expression: expression ?? "metric_\(id)")]
        if case .row = kind { panel.targets = [] }
        return panel
    }

    /// Two stats, two graphs side by side, a row with a graph under it.
    static var dashboard: Dashboard {
        var dashboard = Dashboard(
            title: "Host",
            panels: [
                panel(1, .stat(StatOptions()), "CPU busy", 0, 0, 12, 4, "busy"),
                panel(2, .stat(StatOptions()), "Load", 12, 0, 12, 4, "load"),
                panel(3, .timeSeries(TimeSeriesOptions()), "CPU by mode", 0, 4, 12, 10, "rate(cpu[1m])"),
                panel(4, .timeSeries(TimeSeriesOptions()), "Memory", 12, 4, 12, 10, "memory"),
                panel(5, .row(isCollapsed: false), "Disks", 0, 14, 24, 1),
                panel(6, .timeSeries(TimeSeriesOptions()), "Disk", 0, 15, 24, 30, "disk"),
                panel(7, .timeSeries(TimeSeriesOptions()), "Far below", 0, 45, 24, 30, "far"),
            ])
        dashboard.timeFrom = "now-15m"
        dashboard.refresh = .seconds(5)
        return dashboard
    }

    /// `dashboard` with thresholds that its values pass.
    static var stateful: Dashboard {
        var dashboard = dashboard
        for (index, color) in ["green", "red", "semi-dark-yellow"].enumerated() {
            var panel = dashboard.panels[index]
            panel.fields.thresholds.steps = [
                Thresholds.Step(value: -.infinity, color: "blue"), Thresholds.Step(value: 0.5, color: color),
            ]
            if !panel.kind.isGraph { panel.fields.color = .thresholds }
            panel.fields.graph.thresholdStyle = .line
            dashboard.panels[index] = panel
        }
        return dashboard
    }

    static func state(width: Int = 120, height: Int = 40, dashboard: Dashboard = dashboard) -> AppState {
        AppState(dashboard: dashboard, size: Size(width: width, height: height), now: moment)
    }

    /// The state after the first tick, with every first question answered.
    static func started(width: Int = 120, height: Int = 40, dashboard: Dashboard = dashboard) -> AppState {
        var state = state(width: width, height: height, dashboard: dashboard)
        answer(update(&state, .tick(moment, utcOffset: .zero)), in: &state)
        return state
    }

    /// Answers every question among the effects; returns what the answers gave rise to.
    @discardableResult
    static func answer(_ effects: [Effect], in state: inout AppState, value: Double = 1) -> [Effect] {
        effects.questions.flatMap { question in
            update(
                &state,
                .answered(
                    panel: question.panel, generation: question.generation,
                    answers: answers(question.queries, value: value)))
        }
    }

    static func answers(_ queries: [PlannedQuery], value: Double) -> PanelAnswers {
        Dictionary(uniqueKeysWithValues: queries.map { ($0.refID, .success(ScriptedBackend.result($0, value: value))) })
    }

    /// One planned query, for tests of what lies after the plan.
    static var query: PlannedQuery? {
        let range = TimeRange(start: moment - .minutes(1), end: moment)
        return PanelQueryPlan(
            panel: panel(1, .stat(StatOptions()), "One", 0, 0, 4, 4), range: range, widthColumns: 10,
            scrapeInterval: .seconds(1), variables: VariableContext(range: range)
        ).queries.first
    }

    static func target(_ url: String, _ health: TargetStatus.Health, scraped: Timestamp? = nil) -> TargetStatus {
        TargetStatus(
            scrapePool: "a", url: url, labels: .empty, discoveredLabels: .empty, health: health,
            lastError: health == .down ? "connection refused" : "", lastScrape: scraped, interval: .seconds(1),
            timeout: .seconds(1))
    }
}

extension [Effect] {
    var questions: [PanelQuestion] {
        compactMap { effect in
            if case .query(let question) = effect { return question }
            return nil
        }
    }
    var asked: [Int] { questions.map(\.panel) }
    var variableQuestions: [VariableQuestion] {
        compactMap { effect in
            if case .resolveVariables(let question) = effect { return question }
            return nil
        }
    }
    var quits: Bool {
        contains { effect in
            if case .quit = effect { return true }
            return false
        }
    }
}

@discardableResult
func press(_ state: inout AppState, _ keys: Key...) -> [Effect] {
    keys.flatMap { update(&state, .input(.key($0))) }
}

/// Answers every query with one series that rises to `value`; counts what it was asked.
final class ScriptedBackend: QueryBackend {
    private let log = Mutex<[String]>([])
    let failure: QueryFailure?
    /// Of questions about all time, which a big server refuses.
    let failureOfEver: QueryFailure?
    init(failure: QueryFailure? = nil, failureOfEver: QueryFailure? = nil) {
        self.failure = failure
        self.failureOfEver = failureOfEver
    }

    var asked: [String] { log.withLock { $0 } }

    func instant(_ request: InstantRequest) async throws(QueryFailure) -> QueryResult {
        log.withLock { $0.append(request.query) }
        if let failure { throw failure }
        return Self.instant(request, value: 1)
    }
    func range(_ request: RangeRequest) async throws(QueryFailure) -> QueryResult {
        log.withLock { $0.append(request.query) }
        if let failure { throw failure }
        return Self.range(request, value: 1)
    }
    func series(_ selectors: [String], start: Timestamp, end: Timestamp, limit: Int)
        async throws(QueryFailure) -> [LabelSet]
    {
        if let failureOfEver, start == .distantPast { throw failureOfEver }
        return []
    }
    func labelNames(_ selectors: [String], start: Timestamp, end: Timestamp, limit: Int)
        async throws(QueryFailure) -> [String]
    { [] }
    func labelValues(_ name: String, _ selectors: [String], start: Timestamp, end: Timestamp, limit: Int)
        async throws(QueryFailure) -> [String]
    {
        if let failureOfEver, start == .distantPast { throw failureOfEver }
        return ["web-01", "web-02"]
    }
    func metadata(metric: String?) async throws(QueryFailure) -> [String: [Metadata]] { [:] }

    static func result(_ query: PlannedQuery, value: Double) -> QueryResult {
        switch query.request {
        case .instant(let request): instant(request, value: value)
        case .range(let request): range(request, value: value)
        }
    }
    private static func instant(_ request: InstantRequest, value: Double) -> QueryResult {
        QueryResult(
            value: .vector([
                VectorElement(labels: ["job": "a"], timestamp: request.time, value: .float(value))
            ]))
    }
    /// A triangle wave between 0 and `value`, the same for the same times.
    private static func range(_ request: RangeRequest, value: Double) -> QueryResult {
        let times = (0..<request.grid.count).map { request.grid.timestamp($0) }
        let values = times.map { time in
            let place = Double(time.milliseconds / 1000 % 240) / 240
            return value * (place < 0.5 ? place * 2 : 2 - place * 2)
        }
        return QueryResult(
            value: .matrix([Series(labels: ["job": "a"], timestamps: times, samples: .floats(values))]))
    }
}

struct ScriptedStatus: StatusSource {
    var list: [TargetStatus] = [Scene.target("http://a", .up, scraped: moment)]
    func targets() async -> [TargetStatus] { list }
}
