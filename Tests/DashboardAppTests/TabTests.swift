// Tabs: one line of names, the panels of one of them, and what the others are not asked.

import Dashboards
import Frames
import MetricModel
import Testing

@testable import DashboardApp

@Suite("Tabs")
struct TabTests {
    private static var dashboard: Dashboard {
        var dashboard = Scene.dashboard
        dashboard.tabs = ["Overview", "Disks", "A tab with a name that is long"]
        for index in dashboard.panels.indices {
            dashboard.panels[index].tab = dashboard.panels[index].id <= 4 ? 0 : dashboard.panels[index].id <= 6 ? 1 : 2
        }
        return dashboard
    }

    @Test("the panels of the active tab alone are asked; the next one begins at its top")
    func asked() {
        var state = Scene.state(dashboard: Self.dashboard)
        let first = update(&state, .tick(moment, utcOffset: .zero))
        #expect(first.asked == [1, 2, 3, 4])
        Scene.answer(first, in: &state)
        let second = press(&state, ">")
        #expect(second.asked == [6])
        Scene.answer(second, in: &state)
        #expect(state.shown.panels.map(\.id) == [5, 6] && state.shown.panels.map(\.position.y) == [0, 1])
        #expect(state.focus == 6 && state.scroll == 0)
        let third = press(&state, ">")
        #expect(third.asked == [7])
        Scene.answer(third, in: &state)
        // What was asked already is there.
        #expect(press(&state, ">").asked == [])
        #expect(press(&state, "<").asked == [] && state.activeTab == 2)
    }

    @Test(
        "one line names the tabs, the active one reversed; a click chooses, and the line takes its row from the panels")
    func line() {
        var state = Scene.started(dashboard: Self.dashboard)
        let lines = render(state).plainText.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[1].hasPrefix("  Overview   Disks   A tab with a name that is long"))
        #expect(state.body.y == 2)
        #expect(render(state)[3, 1].style.attributes.contains(.reverse))
        #expect(!render(state)[14, 1].style.attributes.contains(.reverse))
        _ = update(&state, .input(.mouse(Mouse(action: .press, x: 14, y: 1))))
        #expect(state.activeTab == 1)
        _ = update(&state, .input(.mouse(Mouse(action: .press, x: 110, y: 1))))
        #expect(state.activeTab == 1)
        #expect(render(state)[14, 1].style.attributes.contains(.reverse))
    }

    @Test("on a narrow screen the line begins where the active tab is in sight; any size is drawn")
    func narrow() {
        var state = Scene.state(width: 34, height: 12, dashboard: Self.dashboard)
        press(&state, "<")
        let line = render(state).plainText.split(separator: "\n", omittingEmptySubsequences: false)[1]
        #expect(line.hasPrefix("  A tab with a name that is long"))
        for size in [Size(width: 0, height: 0), Size(width: 1, height: 1), Size(width: 3, height: 7)] {
            _ = update(&state, .input(.resize(size)))
            #expect(render(state).size == size)
        }
    }

    @Test("a dashboard without tabs says so")
    func none() {
        var state = Scene.started()
        press(&state, ">")
        #expect(state.message?.text == "this dashboard has no tabs")
        #expect(state.body.y == 1)
    }
}
