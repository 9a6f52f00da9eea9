// Choosing values of variables by key: what the list shows, what is asked anew and what is not.

import Dashboards
import Frames
import MetricModel
import Testing

@testable import DashboardApp

@Suite("Choosing values of variables")
struct VariableChoiceTests {
    private static func dashboard() -> Dashboard {
        var job = DashboardVariable(name: "job", kind: .query("label_values(up, job)"))
        job.options = ["node", "etcd", "envoy"]
        job.current = ["node"]
        var instance = DashboardVariable(name: "instance", kind: .query("label_values(up{job=\"$job\"}, instance)"))
        instance.label = "Instance"
        instance.isMulti = true
        instance.includesAll = true
        instance.options = ["a:1", "b:1", "c:1"]
        instance.current = ["$__all"]
        var step = DashboardVariable(name: "step", kind: .custom("1m,5m"))
        step.options = ["1m", "5m"]
        step.current = ["1m"]
        var note = DashboardVariable(name: "note", kind: .textbox(""))
        note.current = ["old"]
        var mode = DashboardVariable(name: "mode", kind: .toggle(on: "fast", off: "slow"))
        mode.options = ["fast", "slow"]
        mode.current = ["slow"]
        var dashboard = Dashboard(
            title: "Jobs",
            panels: [
                Scene.panel(
                    1, .timeSeries(TimeSeriesOptions()), "Instances", 0, 0, 12, 8, "up{instance=~\"$instance\"}"),
                Scene.panel(2, .timeSeries(TimeSeriesOptions()), "Steps", 12, 0, 12, 8, "rate(x[$step])"),
                Scene.panel(3, .timeSeries(TimeSeriesOptions()), "Plain", 0, 8, 12, 8, "plain"),
                Scene.panel(
                    4, .timeSeries(TimeSeriesOptions()), "Noted", 12, 8, 12, 8, "y{note=\"$note\",mode=\"$mode\"}"),
            ])
        dashboard.variables = [job, instance, step, note, mode]
        dashboard.timeFrom = "now-15m"
        dashboard.refresh = .seconds(5)
        return dashboard
    }

    /// Every panel has its first answer, and variables are what the document says.
    private static func started() -> AppState {
        var state = Scene.state(dashboard: dashboard())
        _ = update(&state, .tick(moment, utcOffset: .zero))
        Scene.answer(
            update(&state, .variables(state.document.variables, notices: [])), in: &state)
        return state
    }

    private func type(_ text: String, _ state: inout AppState) {
        for character in text { press(&state, .character(character)) }
    }

    @Test("v lists the variables with their values; one is chosen, then its value; Esc goes back the same way")
    func lists() {
        var state = Self.started()
        press(&state, "v")
        var text = render(state).plainText
        for words in ["Variables", "job", "node", "Instance", "All", "step", "1m", "mode", "slow"] {
            #expect(text.contains(words), "\(words)")
        }
        type("ste", &state)
        #expect(!render(state).plainText.contains("Instance  "))
        press(&state, .enter)
        text = render(state).plainText
        #expect(text.contains("▸ 1m") && text.contains("  5m"))
        press(&state, .escape)
        #expect(render(state).plainText.contains(" Variables "))
        press(&state, .escape)
        #expect(state.picker == nil && !render(state).plainText.contains(" Variables "))
    }

    @Test("only panels whose questions became others are asked anew")
    func asksWhatDepends() {
        var state = Self.started()
        press(&state, "v")
        type("step", &state)
        press(&state, .enter)
        press(&state, .down)
        let effects = press(&state, .enter)
        #expect(state.document.variables[2].current == ["5m"])
        #expect(effects.asked == [2])
        #expect(effects.questions.first?.queries.first?.expression == "rate(x[5m])")
        #expect(effects.variableQuestions.isEmpty, "nothing is made from it")
        Scene.answer(effects, in: &state)
        #expect(update(&state, .tick(moment + Milliseconds(1), utcOffset: .zero)).asked.isEmpty)
    }

    @Test("what is made from the chosen one is asked for its options first, and nothing else")
    func resolvesDependents() throws {
        var state = Self.started()
        press(&state, "v")
        press(&state, .enter)
        type("env", &state)
        let effects = press(&state, .enter)
        #expect(state.document.variables[0].current == ["envoy"])
        #expect(effects.asked.isEmpty, "panels wait for the variables")
        let question = try #require(effects.variableQuestions.first)
        #expect(question.names == ["instance"])
        var variables = question.variables
        variables[1].options = ["d:1"]
        let asked = update(&state, .variables(variables, notices: [], generation: question.generation))
        #expect(asked.asked == [1])
        #expect(asked.questions.first?.queries.first?.expression == "up{instance=~\"d:1\"}")
    }

    @Test("a choice made while the variables are being asked for stays, and all are asked again")
    func duringResolution() throws {
        var state = Scene.state(dashboard: Self.dashboard())
        let first = try #require(update(&state, .tick(moment, utcOffset: .zero)).variableQuestions.first)
        press(&state, "v")
        type("step", &state)
        press(&state, .enter)
        press(&state, .down)
        let effects = press(&state, .enter)
        let second = try #require(effects.variableQuestions.first)
        #expect(second.names == nil, "the first answer is not waited for, so all are asked")
        _ = update(&state, .variables(first.variables, notices: [], generation: first.generation))
        #expect(state.document.variables[2].current == ["5m"], "an answer to the older question changes nothing")
        #expect(!state.areVariablesReady)
        _ = update(&state, .variables(second.variables, notices: [], generation: second.generation))
        #expect(state.document.variables[2].current == ["5m"] && state.areVariablesReady)
    }

    @Test("several values are ticked; All stands alone; without a tick Enter takes the line at hand")
    func multi() {
        var state = Self.started()
        func open() {
            press(&state, "v")
            type("inst", &state)
            press(&state, .enter)
        }
        open()
        press(&state, .down)
        press(&state, .tab)
        press(&state, " ")
        press(&state, .enter)
        #expect(state.document.variables[1].current == ["a:1", "b:1"])
        open()
        press(&state, .home)
        press(&state, " ")
        press(&state, .enter)
        #expect(state.document.variables[1].current == ["$__all"])
        open()
        press(&state, .end)
        press(&state, .enter)
        #expect(state.document.variables[1].current == ["c:1"])
        open()
        type("nothing like it", &state)
        #expect(render(state).plainText.contains("nothing matches"))
        press(&state, .enter)
        #expect(state.picker != nil, "there is nothing to take")
        press(&state, .control("u"))
        #expect(state.picker?.matches.count == 4)
    }

    @Test("a text is typed at the bottom, a switch is flipped at once")
    func textAndSwitch() {
        var state = Self.started()
        press(&state, "v")
        type("note", &state)
        press(&state, .enter)
        #expect(render(state).plainText.contains(" note old▏"))
        press(&state, .control("u"))
        type("x\"y", &state)
        var effects = press(&state, .enter)
        #expect(effects.asked == [4])
        #expect(effects.questions.first?.queries.first?.expression == "y{note=\"x\\\"y\",mode=\"slow\"}")
        press(&state, "v")
        type("mode", &state)
        effects = press(&state, .enter)
        #expect(state.document.variables[4].current == ["fast"])
        #expect(effects.asked == [4])
    }

    @Test("a click on the line of variables opens that one's values")
    func click() {
        var state = Self.started()
        let frame = render(state)
        let column = (0..<frame.size.width - 4).first { x in
            "step".enumerated().allSatisfy { frame[x + $0.offset, 1].text == $0.element }
        }
        _ = update(&state, .input(.mouse(Mouse(action: .press, x: (column ?? 0) + 1, y: 1))))
        #expect(state.picker?.subject == .values(of: "step"))
    }

    @Test("a dashboard without variables says so")
    func none() {
        var state = Scene.started()
        press(&state, "v")
        #expect(state.message?.text == "this dashboard has no variables")
    }
}
