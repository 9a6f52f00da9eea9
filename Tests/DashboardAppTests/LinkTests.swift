// Links followed from one dashboard to another, what goes along, and the way back.

import Dashboards
import Frames
import MetricModel
import Querying
import Testing

@testable import DashboardApp

@Suite("Links")
struct LinkTests {
    /// The first one has links of all kinds to the second, whose panels have the same numbers.
    private static var library: [Dashboard] {
        var first = Scene.dashboard
        first.uid = "first"
        var job = DashboardVariable(name: "job", kind: .custom("api,db"))
        job.options = ["api", "db"]
        job.current = ["db"]
        first.variables = [job]
        var there = DashboardLink(title: "Second of $job", url: "/d/second")
        there.keepsTime = true
        there.includesVariables = true
        first.links = [there, DashboardLink(title: "Docs", url: "https://example.org/docs")]
        for index in first.panels.indices where first.panels[index].id == 3 {
            first.panels[index].links = [DashboardLink(title: "Of the panel", url: "/d/second?from=now-6h&to=now")]
            first.panels[index].fields.links = [
                DashboardLink(title: "Host", url: "/d/second?var-job=${__field.labels.job}"),
                DashboardLink(title: "Same for all", url: "/d/nowhere"),
            ]
        }
        var second = Scene.dashboard
        second.uid = "second"
        second.title = "Other"
        second.timeFrom = "now-3h"
        second.variables = [job]
        second.variables[0].current = ["api"]
        second.panels = [Scene.panel(3, .stat(StatOptions()), "Of $job", 0, 0, 24, 4, "up{job=\"$job\"}")]
        return [first, second]
    }

    private static func started() -> AppState {
        var state = Scene.started(dashboard: library[0])
        state.library = library
        return state
    }

    @Test("the list has the focused panel's links, its series' and the dashboard's")
    func list() {
        var state = Self.started()
        state.focus = 3
        press(&state, "o")
        #expect(
            state.chooser?.choices.map { "\($0.title) > \($0.url)" } == [
                "Of the panel > /d/second?from=now-6h&to=now", "Host · {job=\"a\"} > /d/second?var-job=a",
                "Same for all > /d/nowhere", "Second of db > /d/second?from=now-15m&to=now&var-job=db",
                "Docs > https://example.org/docs",
            ])
        let text = render(state).plainText
        #expect(text.contains(" Links ") && text.contains("▸ Of the panel"))
        press(&state, .escape)
        #expect(state.chooser == nil)
    }

    @Test("a link is followed with its time and variables; Backspace comes back to what was left")
    func follow() throws {
        var state = Self.started()
        state.focus = 1
        press(&state, "+", "o")
        let effects = press(&state, .enter)
        #expect(state.document.title == "Other")
        #expect(state.time.length == .seconds(450))
        #expect(effects.questions.flatMap(\.queries).map(\.expression) == ["up{job=\"db\"}"])
        #expect(state.shown.panels.map(\.title) == ["Of db"])
        #expect(state.focus == 3)
        // Without a time in the address the other dashboard's own.
        let back = press(&state, .backspace)
        #expect(state.document.title == "Host" && state.focus == 1 && back.asked == [1, 2, 3, 4, 6])
        press(&state, .backspace)
        #expect(state.message?.text == "no dashboard before this one")
    }

    @Test("a view that still grows goes along as what it grows to, and grows on there")
    func growing() {
        var state = Self.started()
        state.dataStart = moment - .seconds(20)
        state.time.startGrowing(since: moment - .seconds(20), now: moment)
        state.focus = 1
        press(&state, "o")
        #expect(state.chooser?.choices.first?.url == "/d/second?from=now-15m&to=now&var-job=db")
        press(&state, .enter)
        #expect(state.time.length == .minutes(1) && state.time.growth?.goal == .minutes(15))
    }

    @Test("an answer to a question of the dashboard before is dropped")
    func lateAnswer() throws {
        var state = Self.started()
        let asked = press(&state, "r").questions
        let late = try #require(asked.first { $0.panel == 3 })
        state.focus = 1
        press(&state, "o", .enter)
        _ = update(
            &state,
            .answered(panel: 3, generation: late.generation, answers: Scene.answers(late.queries, value: 5)))
        #expect(state.panels[3]?.data == nil)
    }

    @Test("an address that is no loaded dashboard's is shown, without its control characters")
    func notLoaded() {
        var state = Self.started()
        state.focus = 3
        press(&state, "o", "j", "j", .enter)
        #expect(state.message?.text == "this dashboard is not loaded: /d/nowhere")
        #expect(state.document.title == "Host")
        state.document.links = [DashboardLink(title: "X", url: "https://x/\u{1b}[2J")]
        state.focus = 1
        press(&state, "o", .enter)
        #expect(state.message?.text == "no dashboard: https://x/[2J")
    }

    @Test("g d lists the loaded dashboards by their titles and opens one with its own time")
    func dashboards() {
        var state = Self.started()
        press(&state, "g", "d")
        #expect(state.picker?.items.map(\.text) == ["Host", "Other"])
        #expect(state.picker?.selectedItem?.text == "Host")
        press(&state, .down, .down, .down, .enter)
        #expect(state.document.title == "Other" && state.time.length == .hours(3))
        press(&state, "g", "d")
        #expect(state.picker?.selectedItem?.text == "Other")
        press(&state, .escape)
        #expect(state.document.variables[0].current == ["api"])
        press(&state, "o")
        #expect(state.message?.text == "no links here; g d lists the dashboards")
    }

    @Test("what is typed after g d searches the dashboards")
    func search() {
        var state = Self.started()
        press(&state, "g", "d", "O", "t", "H", .enter)
        #expect(state.document.title == "Other" && state.picker == nil)
        press(&state, "g", "d", "x", .enter)
        #expect(state.document.title == "Other" && state.picker?.matches.isEmpty == true)
    }

    @Test("the way back is as long as its limit, and no longer")
    func visits() {
        var state = Self.started()
        for _ in 0..<(AppState.visitsMax + 1) { press(&state, "g", "d", .enter) }
        #expect(state.visits.count == AppState.visitsMax)
    }

    @Test("a list longer than the screen is scrolled with the choice, on any size")
    func longList() {
        var state = Self.started()
        state.library = (0..<60).map { place in
            Dashboard(uid: "u\(place)", title: "Dashboard \(place < 10 ? "0" : "")\(place)")
        }
        press(&state, "g", "d", .end)
        let text = render(state).plainText
        #expect(text.contains("▸ Dashboard 59") && text.contains(" 60 ") && !text.contains("Dashboard 00"))
        for size in [Size(width: 0, height: 0), Size(width: 14, height: 5), Size(width: 400, height: 120)] {
            _ = update(&state, .input(.resize(size)))
            #expect(render(state).size == size)
        }
    }
}
