// Lists of alerts and dashboards on the screen: what is asked of the rules, and where Enter leads.

import Dashboards
import Frames
import MetricModel
import Querying
import Testing

@testable import DashboardApp

@Suite("Lists")
struct ListTests {
    private static func library(_ count: Int) -> [Dashboard] {
        var options = DashboardListOptions()
        options.showsFound = true
        var list = Scene.panel(1, .dashboardList(options), "Go to", 0, 0, 12, 8)
        list.targets = []
        var first = Dashboard(uid: "first", title: "First", panels: [list])
        first.refresh = .seconds(5)
        return [first]
            + (0..<count).map { Dashboard(uid: "d\($0)", title: "Dashboard \($0)", panels: Scene.dashboard.panels) }
    }

    private static func started(_ count: Int) -> AppState {
        let library = library(count)
        var state = Scene.state(dashboard: library[0])
        state.library = library
        _ = update(&state, .tick(moment, utcOffset: .zero))
        return state
    }

    @Test("Enter on a list of dashboards opens the one that is chosen, and Backspace comes back")
    func choose() {
        var state = Self.started(3)
        let text = render(state).plainText
        #expect(text.contains("▸ Dashboard 0") && text.contains("▸ Dashboard 2"), "\(text)")
        #expect(text.contains("Enter choose"))
        press(&state, .enter)
        #expect(state.chooser?.choices.map(\.title) == ["Dashboard 0", "Dashboard 1", "Dashboard 2"])
        press(&state, .down, .enter)
        #expect(state.document.title == "Dashboard 1" && state.chooser == nil)
        press(&state, .backspace)
        #expect(state.document.title == "First")
    }

    @Test("the only dashboard of a list is opened at once; an empty list fills the screen like any panel")
    func few() {
        var one = Self.started(1)
        press(&one, .enter)
        #expect(one.document.title == "Dashboard 0")
        var none = Self.started(0)
        #expect(render(none).plainText.contains("no other dashboard is loaded"))
        press(&none, .enter)
        #expect(none.document.title == "First" && none.fullScreen == 1)
    }

    @Test("`o` has the dashboards of a focused list among the links")
    func links() {
        var state = Self.started(2)
        press(&state, "o")
        #expect(state.chooser?.choices.map(\.url) == ["/d/d0", "/d/d1"])
    }

    // MARK: Alerts

    private struct Rules: StatusSource {
        var count: Int?
        func targets() async -> [TargetStatus] { [] }
        func alertingRuleCount() async -> Int? { count }
    }

    private static var alerts: Dashboard {
        var list = Scene.panel(1, .alertList(AlertListOptions()), "Alerts", 0, 0, 24, 8)
        list.targets = []
        return Dashboard(title: "On call", panels: [list])
    }

    @Test(
        "a list without alerts says what the status source knows of the rules",
        arguments: [
            (Optional(0), "no alerting rules loaded"), (7, "no alert is firing"),
            (nil, "no alert is firing; whether there are rules is not known"),
        ])
    func noAlerts(rules: Int?, words: String) async {
        let frame = await renderOnce(
            dashboard: Self.alerts, backend: EmptyBackend(), status: Rules(count: rules), width: 120,
            capabilities: TerminalCapabilities(colors: .none), now: moment, limit: { await suspendUntilCancelled() })
        #expect(frame.plainText.contains(" \(words) "), "\(frame.plainText)")
    }

    @Test("groups of rules count their alerting ones")
    func ruleCount() async {
        struct Groups: StatusSource {
            func targets() async -> [TargetStatus] { [] }
            func ruleGroups() async -> [RuleGroupStatus] {
                [
                    RuleGroupStatus(
                        name: "g", file: "r.yml", interval: .seconds(15),
                        rules: [
                            RuleStatus(name: "a", query: "up"),
                            RuleStatus(name: "B", query: "up == 0", alerting: .init(state: .inactive)),
                        ])
                ]
            }
        }
        #expect(await Groups().alertingRuleCount() == 1)
        #expect(await ScriptedStatus().alertingRuleCount() == 0)
    }

    @Test("a target that comes or goes does not move the choice to another one; one that is gone leaves its place")
    func chosenTarget() {
        func targets(_ names: String...) -> AppEvent { .targets(names.map { Scene.target("http://\($0)", .up) }) }
        func chosen(_ state: AppState) -> String? { state.selectedIndex.map { state.listedTargets[$0].url } }
        var state = Scene.started()
        _ = update(&state, targets("b", "c", "d"))
        press(&state, "g", "t", .down)
        #expect(chosen(state) == "http://c")
        _ = update(&state, targets("a", "b", "c", "d"))
        #expect(chosen(state) == "http://c")
        _ = update(&state, targets("c", "d"))
        #expect(chosen(state) == "http://c")
        _ = update(&state, targets("b", "d"))
        #expect(chosen(state) == "http://b")
        press(&state, .down)
        #expect(chosen(state) == "http://d")
        _ = update(&state, targets())
        #expect(chosen(state) == nil)
    }

    @Test("Enter on a list without lines opens nothing")
    func nothingToOpen() {
        var state = Scene.started()
        press(&state, "g", "a", .enter)
        #expect(!state.isDetailOpen)
    }

    @Test("alerts that are gone leave the list although a target is down")
    func gone() {
        var state = Scene.state(dashboard: Self.alerts)
        var effects = update(&state, .tick(moment, utcOffset: .zero))
        let labels = LabelSet(metric: "ALERTS", ["alertname": "Down", "alertstate": "firing"])
        func answer(_ elements: [VectorElement]) {
            for question in effects.questions {
                let result = Result<QueryResult, QueryFailure>.success(QueryResult(value: .vector(elements)))
                let answers = Dictionary(uniqueKeysWithValues: question.queries.map { ($0.refID, result) })
                _ = update(
                    &state,
                    .answered(
                        panel: question.panel, generation: question.generation, answers: answers,
                        explanations: ["ALERTS": "no alert is firing"]))
            }
        }
        _ = update(&state, .targets([Scene.target("http://a", .down, scraped: moment)]))
        answer([VectorElement(labels: labels, timestamp: moment, value: .float(1))])
        #expect(render(state).plainText.contains("▲ Down"))
        effects = update(&state, .tick(moment + .seconds(10), utcOffset: .zero))
        #expect(effects.questions.map(\.panel) == [1])
        answer([])
        let text = render(state).plainText
        #expect(text.contains("no alert is firing") && !text.contains("▲ Down"), "\(text)")
    }
}
