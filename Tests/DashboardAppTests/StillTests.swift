// One picture and what is said beside it: how each panel fared, which are below, and who kept silent.
// What `ferula render` decides its exit code by.

import Dashboards
import Frames
import MetricModel
import Querying
import Synchronization
import Testing

@testable import DashboardApp

private func still(_ dashboard: Dashboard = Scene.dashboard, width: Int = 120, height: Int? = nil) -> Still {
    Still(dashboard, width: width, height: height, capabilities: TerminalCapabilities(), now: moment)
}

private func picture(_ still: Still, _ backend: any QueryBackend = ScriptedBackend()) async -> StillPicture {
    await renderOnce(
        still, backend: backend, status: ScriptedStatus(list: []), limit: { await suspendUntilCancelled() })
}

@Suite(.timeLimit(.minutes(1))) struct StillTests {
    @Test("every panel of the picture says how it fared, from top to bottom")
    func outcomes() async {
        let picture = await picture(still())
        #expect(
            picture.panels.map(\.title) == ["CPU busy", "Load", "CPU by mode", "Memory", "Disk", "Far below"])
        #expect(picture.panels.allSatisfy { $0.state == .drawn })
        #expect(picture.panelsBelow == 0)
        #expect(picture.silence == nil)
    }

    @Test("a height that is given is a screen's: what is beneath is counted and not asked")
    func height() async {
        let backend = ScriptedBackend()
        let picture = await picture(still(height: 24), backend)
        #expect(picture.frame.size == Size(width: 120, height: 24))
        #expect(picture.panels.map(\.title) == ["CPU busy", "Load", "CPU by mode", "Memory"])
        #expect(picture.panelsBelow == 2)
        #expect(!backend.asked.contains("far"))
    }

    @Test("a dashboard shorter than the screen fills it")
    func fills() async {
        var dashboard = Scene.dashboard
        dashboard.panels = Array(dashboard.panels.prefix(4))
        let rows = await picture(still(dashboard, height: 31)).frame.plainText.split(
            separator: "\n", omittingEmptySubsequences: false)
        #expect(rows[30].hasPrefix("╰"), "\(rows[30])")
    }

    @Test("queries that fail are their panels' matter; when nobody answers any of them, that is said")
    func silence() async {
        let failure = QueryFailure(.execution, "too many samples")
        let failed = await picture(still(), ScriptedBackend(failure: failure))
        #expect(failed.panels.allSatisfy { $0.state == .failed("too many samples") })
        #expect(failed.silence == nil)
        let nobody = QueryFailure(.unavailable, "connection refused")
        #expect(await picture(still(), ScriptedBackend(failure: nobody)).silence == nobody)
    }

    @Test("a panel whose answer did not come in time says so")
    func unanswered() async {
        let picture = await renderOnce(
            still(), backend: GatedBackend(), status: ScriptedStatus(list: []), limit: {})
        #expect(picture.panels.allSatisfy { $0.state == .unanswered })
    }

    @Test("closed rows are opened when that is wanted, and their panels asked")
    func rows() async {
        var dashboard = Scene.dashboard
        dashboard.panels[4].kind = .row(isCollapsed: true)
        dashboard.panels[4].collapsedPanels = Array(dashboard.panels[5...])
        dashboard.panels.removeLast(2)
        #expect(await picture(still(dashboard)).panels.count == 4)
        var opened = still(dashboard)
        opened.opensRows = true
        #expect(await picture(opened).panels.map(\.title).suffix(2) == ["Disk", "Far below"])
    }

    @Test("a tab is chosen by its place")
    func tabs() async {
        var dashboard = Scene.dashboard
        dashboard.tabs = ["One", "Two"]
        for index in dashboard.panels.indices { dashboard.panels[index].tab = index < 2 ? 0 : 1 }
        var second = still(dashboard)
        second.tab = 1
        #expect(await picture(second).panels.map(\.title) == ["CPU by mode", "Memory", "Disk", "Far below"])
    }

    @Test("how many panels have their answers is told on the way, all of them at the end")
    func progress() async {
        let told = Mutex<[String]>([])
        _ = await renderOnce(
            still(), backend: ScriptedBackend(), status: ScriptedStatus(list: []),
            progress: { done, total in told.withLock { $0.append("\(done) of \(total)") } },
            limit: { await suspendUntilCancelled() })
        let words = told.withLock { $0 }
        #expect(words.first == "0 of 6")
        #expect(words.last == "6 of 6")
    }

    @Test("a picture as high as its dashboard ends at 2000 rows")
    func heightMost() async {
        var dashboard = Scene.dashboard
        dashboard.panels[6].position.height = 2000
        let picture = await picture(still(dashboard))
        #expect(picture.frame.size.height == 2000)
    }

    @Test("a picture of another day says which, once")
    func dated() async {
        var yesterday = still()
        yesterday.isDated = true
        yesterday.view = TimeView(length: .minutes(15), anchor: .history(end: moment - .hours(24)))
        #expect(await picture(yesterday).frame.plainText.contains("2026-01-30 21:25:05 → 21:40:05"))
        yesterday.view = TimeView(length: .hours(24), anchor: .history(end: moment))
        #expect(
            await picture(yesterday).frame.plainText.contains("2026-01-30 21:40:05 → 2026-01-31 21:40:05"))
    }
}
