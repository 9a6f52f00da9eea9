// What events do to the state and what they ask for: keys, questions, generations, targets.

import Dashboards
import Frames
import MetricModel
import Querying
import Testing

@testable import DashboardApp

@Suite("Update")
struct UpdateTests {
    @Test("the first tick asks for the targets and for the panels on the screen, no others")
    func firstTick() {
        var state = Scene.state(height: 16)
        let effects = update(&state, .tick(moment, utcOffset: .zero))
        #expect(effects.asked == [1, 2, 3, 4])
        #expect(effects.contains { if case .fetchTargets = $0 { true } else { false } })
    }

    @Test("an answer with an older number is dropped")
    func generations() {
        var state = Scene.state()
        let first = update(&state, .tick(moment, utcOffset: .zero)).questions
        let second = press(&state, "+").questions
        #expect(first[0].generation == 1)
        #expect(second[0].generation == 2)
        let answers = Scene.answers(first[0].queries, value: 1)
        _ = update(&state, .answered(panel: first[0].panel, generation: 1, answers: answers))
        #expect(state.panels[1]?.data == nil)
        #expect(state.panels[1]?.isInFlight == true)
        _ = update(&state, .answered(panel: first[0].panel, generation: 2, answers: answers))
        #expect(state.panels[1]?.data != nil)
        #expect(state.panels[1]?.isInFlight == false)
    }

    @Test("live asks again at each refresh, not before, and not while an answer is under way")
    func refreshing() {
        var state = Scene.started(height: 16)
        #expect(update(&state, .tick(moment + .seconds(1), utcOffset: .zero)).asked == [])
        let again = update(&state, .tick(moment + .seconds(5), utcOffset: .zero))
        #expect(again.asked == [1, 2, 3, 4])
        #expect(update(&state, .tick(moment + .seconds(15), utcOffset: .zero)).asked == [])
        // An answer that took longer than a refresh is followed by the next question at once.
        #expect(Scene.answer(again, in: &state).asked == [1, 2, 3, 4])
        #expect(state.panels[1]?.generation == 3)
    }

    @Test("the last picture stays while a new answer is under way")
    func lastPicture() {
        var state = Scene.started()
        press(&state, "-")
        #expect(state.panels[3]?.isInFlight == true)
        #expect(state.panels[3]?.data != nil)
    }

    @Test("a pause asks nothing more; going on asks at once")
    func pause() {
        var state = Scene.started(height: 16)
        #expect(press(&state, " ").asked == [1, 2, 3, 4])
        #expect(state.time.anchor == .paused(at: moment))
        #expect(update(&state, .tick(moment + .seconds(60), utcOffset: .zero)).asked == [])
        #expect(press(&state, ".").asked == [1, 2, 3, 4])
        #expect(state.time.isLive)
    }

    @Test(
        "keys of time change the view and ask anew",
        arguments: [
            (["+"], 450), (["="], 450), (["-"], 1800), (["t", "z"], 1800), (["t", "-"], 1800), (["t", "+"], 450),
        ] as [([Key], Int64)])
    func timeKeys(keys: [Key], seconds: Int64) {
        var state = Scene.started(height: 16)
        var asked: [Int] = []
        for key in keys { asked = press(&state, key).asked }
        #expect(state.time.length == .seconds(seconds))
        #expect(asked == [1, 2, 3, 4])
    }

    @Test("panning leaves live and a key comes back", arguments: ["." as Key, "0"])
    func panning(back: Key) {
        var state = Scene.started()
        press(&state, "[")
        #expect(state.time.anchor == .history(end: moment - .seconds(450)))
        press(&state, .shiftLeft)
        #expect(state.time.anchor == .history(end: moment - .seconds(900)))
        press(&state, "]")
        #expect(state.time.anchor == .history(end: moment - .seconds(450)))
        press(&state, back)
        #expect(state.time.isLive)
    }

    @Test("refresh asks again although nothing changed", arguments: [["r"], [.control("r")], ["d", "r"]] as [[Key]])
    func refreshKeys(keys: [Key]) {
        var state = Scene.started(height: 16)
        var effects: [Effect] = []
        for key in keys { effects = press(&state, key) }
        #expect(effects.asked == [1, 2, 3, 4])
    }

    @Test("quitting", arguments: [["q"], [.control("c")], [":", "q", .enter], ["?", "q", "q"]] as [[Key]])
    func quitting(keys: [Key]) {
        var state = Scene.started()
        var effects: [Effect] = []
        for key in keys {
            #expect(!effects.quits)
            effects = press(&state, key)
        }
        #expect(effects.quits)
    }

    @Test("the focus moves by where panels lie")
    func focusKeys() {
        var state = Scene.started()
        #expect(state.focus == 1)
        for (key, id) in [
            (.right, 2), ("j", 4), ("h", 3), ("k", 1), (.left, 1), (.tab, 2), (.tab, 3), (.backTab, 2), (.down, 4),
            (.down, 5), (.down, 6), (.up, 5), ("l", 5),
        ] as [(Key, Int)] {
            press(&state, key)
            #expect(state.focus == id, "after \(key)")
        }
    }

    @Test("the focused panel comes into view, and only then is asked")
    func focusScrolls() {
        var state = Scene.started(height: 16)
        #expect(state.scroll == 0)
        press(&state, .down, .down)
        #expect(state.focus == 5)
        let effects = press(&state, .down)
        #expect(state.focus == 6)
        #expect(state.scroll > 0)
        #expect(effects.asked.contains(6) || state.panels[6]?.isInFlight == true)
    }

    @Test("full screen shows and asks one panel at the whole width", arguments: [.enter, "f"] as [Key])
    func fullScreen(key: Key) {
        var state = Scene.started()
        press(&state, .down)
        let effects = press(&state, key)
        #expect(state.fullScreen == 3)
        #expect(effects.asked == [3])
        #expect(state.visiblePlacements.map(\.panel.id) == [3])
        #expect(state.visiblePlacements[0].rect.width == 120)
        press(&state, .tab)
        #expect(state.fullScreen == 4)
        press(&state, .escape)
        #expect(state.fullScreen == nil)
        #expect(state.focus == 4)
    }

    @Test("arrows and pages go through a table that fills the screen, Tab to the next panel; rows end at the last one")
    func tableScrolls() throws {
        var dashboard = Scene.dashboard
        dashboard.panels[2] = Scene.panel(3, .table(TableOptions()), "Table", 0, 4, 12, 10, "table")
        var state = Scene.started(dashboard: dashboard)
        press(&state, .down, .enter)
        #expect(state.fullScreen == 3)
        let rows = state.fullScreenRowCount
        try #require(rows > 60)
        press(&state, .down, .down, .up)
        #expect((state.panelRow, state.fullScreen) == (1, 3))
        press(&state, .pageDown)
        #expect(state.panelRow == 1 + state.body.height - 2)
        press(&state, "G")
        #expect(state.panelRow == rows - (state.fullScreenRect.height - 4))
        press(&state, .home)
        #expect(state.panelRow == 0)
        // Time and value: nothing lies behind the first column that could be passed over.
        press(&state, .right)
        #expect(state.panelColumn == 0)
        press(&state, .down, .tab)
        #expect((state.fullScreen, state.panelRow) == (4, 0))
    }

    @Test("the columns of a wide table move behind its first one")
    func tableColumns() {
        var dashboard = Scene.dashboard
        var table = Scene.panel(3, .table(TableOptions()), "Table", 0, 4, 12, 10, "table")
        table.targets = (0..<9).map { PanelTarget(refID: "\($0)", expression: "m\($0)", legendFormat: "metric \($0)") }
        table.transformations = [
            TransformationStep(id: "joinByField", options: .object(JSONObject(["byField": .string("Time")])))
        ]
        dashboard.panels[2] = table
        var state = Scene.started(width: 60, dashboard: dashboard)
        press(&state, .tab, .tab, .enter)
        #expect(state.fullScreen == 3)
        #expect(render(state).plainText.contains("metric 0"))
        press(&state, .right, .right)
        #expect(state.panelColumn == 2)
        #expect(!render(state).plainText.contains("metric 0"))
        #expect(render(state).plainText.contains("◂ metric 2"))
        press(&state, .left, .left, .left)
        #expect(state.panelColumn == 0)
    }

    @Test("Enter closes and opens a row; its panels are neither drawn nor asked")
    func rows() {
        var state = Scene.started()
        let before = state.contentHeight
        state.focus = 5
        press(&state, .enter)
        #expect(!state.shown.panels.contains { $0.id == 6 })
        #expect(!state.placements.contains { $0.panel.id == 7 })
        #expect(state.contentHeight < before)
        press(&state, "r")
        #expect(!state.visiblePlacements.contains { $0.panel.id == 6 })
        press(&state, .enter)
        #expect(state.contentHeight == before)
        press(&state, "d", "C")
        #expect(state.toggledRows == [5])
        #expect(render(state).plainText.contains(" 2 panels "))
        press(&state, "d", "E")
        #expect(state.toggledRows == [])
    }

    @Test("a collapsed row opens onto the panels it holds, and what follows moves down")
    func collapsedRow() {
        var row = Scene.panel(1, .row(isCollapsed: true), "Row", 0, 0, 24, 1)
        row.collapsedPanels = [Scene.panel(2, .stat(StatOptions()), "Inside", 0, 1, 12, 4)]
        let after = Scene.panel(3, .stat(StatOptions()), "After", 0, 1, 12, 4)
        var state = Scene.state(dashboard: Dashboard(title: "Rows", panels: [row, after]))
        #expect(state.shown.panels.map(\.id) == [1, 3])
        state.focus = 1
        press(&state, .enter)
        #expect(state.shown.panels.map(\.id) == [1, 2, 3])
        #expect(state.shown.panels.map(\.position.y) == [0, 1, 5])
    }

    @Test("variables are asked before the panels, fill queries and titles, and a repeat draws one panel a value")
    func variables() async throws {
        var dashboard = Scene.dashboard
        var variable = DashboardVariable(name: "host", kind: .query("label_values(up, host)"))
        variable.includesAll = true
        variable.isMulti = true
        variable.current = ["$__all"]
        dashboard.variables = [variable]
        var panel = Scene.panel(1, .stat(StatOptions()), "Load of $host", 0, 0, 24, 4, "load{host=\"$host\"}")
        panel.repeating = PanelRepeat(variable: "host")
        dashboard.panels = [panel]
        var state = Scene.state(dashboard: dashboard)
        let effects = update(&state, .tick(moment, utcOffset: .zero))
        #expect(effects.asked == [])
        let asked = try #require(effects.variableQuestions.first)
        let outcome = await VariableResolver.resolve(
            asked.variables, backend: ScriptedBackend(), range: asked.range)
        let questions = update(&state, .variables(outcome.variables, notices: outcome.notices)).questions
        #expect(questions.flatMap(\.queries).map(\.expression) == ["load{host=\"web-01\"}", "load{host=\"web-02\"}"])
        let text = render(state).plainText
        #expect(text.contains("Load of web-01") && text.contains("Load of web-02"))
        #expect(text.contains(" host: All"))
        #expect(update(&state, .variables(outcome.variables, notices: [])).asked == [])
    }

    @Test("a new width asks anew, a new height only for what came into view")
    func resize() {
        var state = Scene.started(height: 16)
        #expect(update(&state, .input(.resize(Size(width: 100, height: 16)))).asked == [1, 2, 3, 4])
        #expect(update(&state, .input(.resize(Size(width: 100, height: 80)))).asked.contains(6))
        for size in [Size(width: 0, height: 0), Size(width: 1, height: 1), Size(width: 400, height: 120)] {
            _ = update(&state, .input(.resize(size)))
            #expect(render(state).size == size)
        }
    }

    @Test("the wheel scrolls, a click focuses")
    func mouse() {
        var state = Scene.started(height: 16)
        _ = update(&state, .input(.mouse(Mouse(action: .wheelDown, x: 5, y: 5))))
        #expect(state.scroll == 3)
        _ = update(&state, .input(.mouse(Mouse(action: .wheelUp, x: 5, y: 5))))
        #expect(state.scroll == 0)
        let rect = state.visiblePlacements.first { $0.panel.id == 4 }?.rect ?? Rect(x: 0, y: 0, width: 0, height: 0)
        _ = update(&state, .input(.mouse(Mouse(action: .press, x: rect.x + 1, y: rect.y + 1))))
        #expect(state.focus == 4)
        _ = update(&state, .input(.mouse(Mouse(action: .press, x: -5, y: 9_999_999))))
        #expect(state.focus == 4)
    }

    @Test("scrolling stops at both ends")
    func scrolling() {
        var state = Scene.started(height: 16)
        let most = state.contentHeight - state.body.height
        press(&state, "G")
        #expect(state.scroll == most)
        press(&state, .pageDown)
        #expect(state.scroll == most)
        press(&state, "g", "g")
        #expect(state.scroll == 0)
        press(&state, .control("d"))
        #expect(state.scroll == state.body.height / 2)
        press(&state, .control("u"), .pageUp)
        #expect(state.scroll == 0)
    }

    @Test("panels that nobody looks at any more are no longer asked for, and asked again when somebody does")
    func leaving() {
        func canceled(_ effects: [Effect]) -> [Int] {
            effects.flatMap { if case .cancel(let panels) = $0 { panels.sorted() } else { [Int]() } }
        }
        var state = Scene.state()
        let asked = update(&state, .tick(moment, utcOffset: .zero)).asked
        #expect(canceled(press(&state, "g", "m")) == asked.sorted() && !asked.isEmpty)
        #expect(canceled(press(&state, .down)) == [])
        let back = press(&state, "g", "h")
        #expect(back.asked.sorted() == asked.sorted(), "asked anew")
        Scene.answer(back, in: &state)
        #expect(canceled(press(&state, "g", "m")) == [], "what is answered is not cancelled")
        var explore = Scene.started()
        explore.explore("sum(up)")
        _ = update(&explore, .tick(moment, utcOffset: .zero))
        #expect(
            canceled(press(&explore, .escape, "g", "h"))
                == [ExploreState.treeID, ExploreState.tableID, ExploreState.graphID])
    }

    @Test("Escape with a key right behind it, which looks like Alt, is both; where one types it is nothing")
    func escapeAndKey() {
        var state = Scene.started()
        press(&state, "?")
        press(&state, .alt("g"), "m")
        #expect(!state.isHelpOpen && state.screen == .metrics)
        press(&state, ":", "l", .alt("b"))
        #expect(state.prompt?.text == "l")
    }

    @Test("an unknown command and an unknown chord say so")
    func messages() {
        var state = Scene.started()
        press(&state, ":", "p", "s", .enter)
        #expect(state.message?.text == "unknown command `ps`; did you mean `:pause`?")
        press(&state, ":", "r", "n", "g", "e", .enter)
        #expect(state.message?.text == "unknown command `rnge`; did you mean `:range`?")
        press(&state, ":", "r", "x", .enter)
        #expect(state.message?.text == "unknown command `rx`; :help lists the keys")
        press(&state, "t", "9")
        #expect(state.message?.text == "t 9 means nothing here; ? lists the keys")
        for character in ":range 1h" { press(&state, .character(character)) }
        press(&state, .enter)
        #expect(state.time.length == .hours(1))
        #expect(state.message == nil)
    }

    @Test("suspend and redraw are asked of the terminal")
    func terminalKeys() {
        var state = Scene.started()
        #expect(press(&state, .control("z")).contains { if case .suspend = $0 { true } else { false } })
        #expect(press(&state, .control("l")).contains { if case .redraw = $0 { true } else { false } })
    }

    @Test("every key of the help does something")
    func helpIsTrue() {
        for binding in KeyMap.standard.bindings {
            for sequence in binding.sequences {
                #expect(KeyMap.standard.look(up: sequence) == .action(binding.action), "\(KeyMap.name(of: sequence))")
                if sequence.count == 2 { #expect(KeyMap.standard.look(up: [sequence[0]]) == .prefix) }
            }
        }
        #expect(Set(KeyMap.standard.bindings.map(\.action)) == Set(Action.allCases))
    }

    @Test("any keys, sizes and mice leave a state that draws")
    func anyInput() {
        let seed = UInt64.random(in: .min ... .max)
        var number = seed
        func next(_ count: Int) -> Int {
            number = number &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(number >> 33) % count
        }
        let keys = KeyMap.standard.bindings.flatMap(\.sequences).filter { !$0.contains(.control("c")) }
        var state = Scene.started()
        var renderer = Renderer()
        for step in 0..<400 {
            switch next(10) {
            case 0: _ = update(&state, .input(.resize(Size(width: next(130), height: next(50)))))
            case 1:
                let mouse = Mouse(action: next(2) == 0 ? .press : .wheelDown, x: next(200), y: next(60))
                _ = update(&state, .input(.mouse(mouse)))
            case 2, 3: Scene.answer(update(&state, .tick(moment + .seconds(Int64(step)), utcOffset: .zero)), in: &state)
            default: for key in keys[next(keys.count)] { press(&state, key) }
            }
            let frame = renderer.render(state)
            #expect(frame.size == state.size, "seed \(seed)")
            // What was drawn piece by piece is what would be drawn at once.
            #expect(frame == render(state), "seed \(seed), step \(step)")
        }
    }

    @Test("of a store of its own a seldom refreshed dashboard shows new samples as they come")
    func followsScrapes() {
        var dashboard = Scene.dashboard
        dashboard.refresh = .minutes(1)
        var state = Scene.state(dashboard: dashboard)
        #expect(state.refreshNow == .minutes(1))
        state.followsScrapes = true
        #expect(state.refreshNow == .seconds(1))
        _ = update(&state, .targets([Scene.target("http://a", .up, scraped: moment)]))
        state.targets[0].interval = .seconds(15)
        #expect(state.refreshNow == .seconds(15))
        state.refresh = nil
        #expect(state.refreshNow == nil)
    }

    @Test("targets are asked every second until one was scraped, whatever the refresh")
    func targetsAtTheStart() {
        var dashboard = Scene.dashboard
        dashboard.refresh = .minutes(1)
        var state = Scene.state(dashboard: dashboard)
        func fetches(after seconds: Int64) -> Bool {
            update(&state, .tick(moment + .seconds(seconds), utcOffset: .zero)).contains { effect in
                if case .fetchTargets = effect { return true }
                return false
            }
        }
        #expect(fetches(after: 0))
        _ = update(&state, .targets([Scene.target("http://a", .unknown)]))
        #expect(fetches(after: 1))
        _ = update(&state, .targets([Scene.target("http://a", .up, scraped: moment)]))
        #expect(!fetches(after: 2))
        #expect(fetches(after: 6))
    }

    @Test("a graph is asked again when its step brings a new point, a number at every refresh")
    func graphsWaitForAPoint() {
        var dashboard = Scene.dashboard
        dashboard.refresh = .seconds(1)
        dashboard.timeFrom = "now-1h"
        var state = Scene.started(dashboard: dashboard)
        let next = update(&state, .tick(moment + .seconds(1), utcOffset: .zero))
        #expect(next.asked == [1, 2])
        Scene.answer(next, in: &state)
        #expect(update(&state, .tick(moment + .seconds(60), utcOffset: .zero)).asked == [1, 2, 3, 4, 6])
    }

    @Test(
        "a server that does not answer makes no metric missing, and neither does a name that is excluded",
        arguments: [
            ("web_0", true, nil), (#"{__name__=~"web_.*"}"#, true, nil),
            (#"{__name__=~"web_.*"}"#, false, "no metric like web_.*"),
            (#"{job=~".+",__name__!~"web.*"}"#, false, nil),
            (#"{job=~".+",__name__!="a",__name__=~"b.*"}"#, false, "no metric like b.*"),
        ] as [(String, Bool, String?)])
    func unexplained(query: String, fails: Bool, words: String?) async {
        let backend = ScriptedBackend(failureOfEver: fails ? QueryFailure(.timeout, "too long") : nil)
        let found = await Explanation.of(query, backend: backend, start: moment - .minutes(1), end: moment)
        #expect(found == words)
    }

    @Test("a panel that stays empty says which metric does not exist")
    func explanation() async {
        #expect(
            await Explanation.of(
                "sum(rate(web_0[1m])) / other", backend: ScriptedBackend(), start: moment - .minutes(1), end: moment)
                == "no metric web_0")
        #expect(
            await Explanation.of(
                #"sum({__name__=~"web_0|web_00"})"#, backend: ScriptedBackend(), start: moment - .minutes(1),
                end: moment)
                == "no metric like web_0|web_00")
        #expect(
            Explanation.nearest(to: "node_boot_time", in: ["node_boot_time_seconds", "node_load1"])
                == "node_boot_time_seconds")
        #expect(Explanation.nearest(to: "node_laod1", in: ["node_boot_time_seconds", "node_load1"]) == "node_load1")
        var state = Scene.state()
        let question = update(&state, .tick(moment, utcOffset: .zero)).questions[0]
        let empty = PanelAnswers(
            uniqueKeysWithValues: question.queries.map { ($0.refID, .success(QueryResult(value: .matrix([])))) })
        _ = update(
            &state,
            .answered(
                panel: question.panel, generation: question.generation, answers: empty,
                explanations: ["A": "no metric busy"]))
        #expect(state.panels[question.panel]?.data?.notices == ["no metric busy"])
    }
}
