// When variables are asked again: with the range, by a key, and what their answers change.

import Dashboards
import MetricModel
import Querying
import Testing

@testable import DashboardApp

@Suite("Variable questions")
struct VariableQuestionTests {
    /// One that follows the range, one made from it, one that is asked at the start alone.
    private static var dashboard: Dashboard {
        var dashboard = Scene.dashboard
        var pod = DashboardVariable(name: "pod", kind: .query("label_values(up, pod)"))
        pod.refresh = .onTimeChange
        let container = DashboardVariable(name: "container", kind: .query("label_values(up{pod=\"$pod\"}, container)"))
        let cluster = DashboardVariable(name: "cluster", kind: .query("label_values(up, cluster)"))
        dashboard.variables = [container, pod, cluster]
        dashboard.panels[2].targets[0].expression = "rate(cpu{pod=\"$pod\"}[1m])"
        dashboard.panels[3].targets[0].legendFormat = "of $container"
        return dashboard
    }

    private static func answer(_ question: VariableQuestion, _ state: inout AppState, pods: [String]) -> [Effect] {
        var variables = question.variables
        for index in variables.indices {
            variables[index].options = variables[index].name == "pod" ? pods : ["c"]
            variables[index].current = [variables[index].options[0]]
        }
        return update(&state, .variables(variables, notices: [], generation: question.generation))
    }

    private static func started() throws -> AppState {
        var state = Scene.state(height: 16, dashboard: dashboard)
        let first = try #require(update(&state, .tick(moment, utcOffset: .zero)).variableQuestions.first)
        #expect(first.names == nil)
        Scene.answer(answer(first, &state, pods: ["a"]), in: &state)
        return state
    }

    @Test("a new range asks those that follow it and those made from them, at once; the panels follow the answer")
    func newRange() throws {
        var state = try Self.started()
        let effects = press(&state, "-")
        let question = try #require(effects.variableQuestions.first)
        #expect(question.names == ["pod", "container"])
        #expect(question.range == TimeRange(start: moment - .minutes(30), end: moment))
        #expect(effects.asked == [1, 2, 3, 4])
        // One question at a time; what changed meanwhile is asked after it.
        #expect(press(&state, "-").variableQuestions.isEmpty)
        let next = Self.answer(question, &state, pods: ["b"])
        #expect(next.asked == [3], "the one whose question became another; the other's name stayed")
        #expect(next.variableQuestions.map(\.range.start) == [moment - .minutes(60)])
        #expect(state.document.variables[1].current == ["b"])
    }

    @Test("the same range asks nothing, and so does a dashboard whose variables do not follow it")
    func sameRange() throws {
        var state = try Self.started()
        #expect(press(&state, "j", "k", .enter, .escape).variableQuestions.isEmpty)
        var dashboard = Self.dashboard
        for index in dashboard.variables.indices { dashboard.variables[index].refresh = .onLoad }
        var other = Scene.state(height: 16, dashboard: dashboard)
        let first = try #require(update(&other, .tick(moment, utcOffset: .zero)).variableQuestions.first)
        _ = Self.answer(first, &other, pods: ["a"])
        #expect(press(&other, "-", "-", "[").variableQuestions.isEmpty)
    }

    @Test("a live view asks again after thirty seconds, not before; a pause not at all")
    func live() throws {
        var state = try Self.started()
        #expect(update(&state, .tick(moment + .seconds(29), utcOffset: .zero)).variableQuestions.isEmpty)
        let again = update(&state, .tick(moment + .seconds(30), utcOffset: .zero)).variableQuestions
        #expect(again.map(\.names) == [["pod", "container"]])
        _ = Self.answer(again[0], &state, pods: ["a"])
        let paused = press(&state, " ").variableQuestions
        #expect(paused.count == 1)
        _ = Self.answer(paused[0], &state, pods: ["a"])
        #expect(update(&state, .tick(moment + .seconds(300), utcOffset: .zero)).variableQuestions.isEmpty)
    }

    @Test("only the named variables are asked of the backend")
    func named() async {
        let range = TimeRange(start: moment - .minutes(30), end: moment)
        let backend = ScriptedBackend()
        let outcome = await VariableResolver.resolve(
            Self.dashboard.variables, only: ["cluster"], backend: backend, range: range)
        #expect(outcome.variables.map(\.options.isEmpty) == [true, true, false])
    }
}
