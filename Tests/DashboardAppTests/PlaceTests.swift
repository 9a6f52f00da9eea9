// Where `/` leads, where the ends of a dashboard are, what the lines at the bottom say whole, drags in one batch.

import Dashboards
import Frames
import MetricModel
import Testing

@testable import DashboardApp

@Suite("Places")
struct PlaceTests {
    private static func typed(_ text: String, in state: inout AppState) {
        for character in text { press(&state, .character(character)) }
    }

    private static var closed: Dashboard {
        var dashboard = Scene.dashboard
        dashboard.panels[4].kind = .row(isCollapsed: true)
        dashboard.panels[4].collapsedPanels = [
            Scene.panel(8, .timeSeries(TimeSeriesOptions()), "Disk latency", 0, 15, 12, 8)
        ]
        dashboard.panels.removeSubrange(5...)
        return dashboard
    }

    @Test("/ lists the panels in their order, then what closed rows hold, then the other dashboards")
    func list() {
        var state = Scene.started(dashboard: Self.closed)
        var other = Scene.dashboard
        other.title = "Other"
        other.uid = "other"
        state.library = [state.document, other]
        press(&state, "/")
        #expect(
            state.picker?.items.map { $0.text + " · " + $0.note } == [
                "CPU busy · ", "Load · ", "CPU by mode · ", "Memory · ", "Disks · row", "Disk latency · in Disks",
                "Other · dashboard",
            ])
    }

    @Test("a panel that is chosen has the focus and is on the screen; one of a closed row after it opened")
    func chosen() {
        var state = Scene.started(height: 20)
        press(&state, "/")
        Self.typed("far", in: &state)
        let asked = press(&state, .enter)
        #expect(state.focus == 7 && state.picker == nil)
        #expect(state.visiblePlacements.contains { $0.panel.id == 7 } && asked.asked.contains(7))
        var rows = Scene.started(dashboard: Self.closed)
        press(&rows, "/")
        Self.typed("latency", in: &rows)
        press(&rows, .enter)
        #expect(rows.focus == 8 && rows.toggledRows == [5])
    }

    @Test("another dashboard is shown, with a way back; Esc leaves everything as it was")
    func dashboards() {
        var state = Scene.started()
        var other = Scene.dashboard
        other.title = "Other"
        other.uid = "other"
        state.library = [state.document, other]
        press(&state, "/", .escape)
        #expect(state.picker == nil && state.document.title == "Host")
        press(&state, "/")
        Self.typed("other", in: &state)
        press(&state, .enter)
        #expect(state.document.title == "Other")
        press(&state, .backspace)
        #expect(state.document.title == "Host")
    }

    @Test("full screen, the panel that is chosen takes the screen: where there is nothing to filter")
    func fullScreen() {
        var state = Scene.started()
        press(&state, .enter, "/")
        Self.typed("memory", in: &state)
        press(&state, .enter)
        #expect(state.fullScreen == 4 && state.focus == 4)
    }

    @Test("G goes to the last panel, g g to the first, with the focus")
    func ends() {
        var state = Scene.started(height: 20)
        press(&state, "G")
        #expect(state.focus == 7 && state.scroll == state.contentHeight - state.body.height)
        press(&state, "g", "g")
        #expect(state.focus == 1 && state.scroll == 0)
    }

    @Test("the keys of the crosshair are said as long as it is there")
    func crosshair() {
        var state = Scene.started()
        press(&state, "x", .left, .left)
        let text = render(state).plainText
        #expect(text.contains("← → move  [ ] by ten  Esc end"))
        press(&state, .escape)
        #expect(!render(state).plainText.contains("by ten"))
    }

    @Test("an error that is wider than the screen takes the lines it needs")
    func longMessages() {
        var state = Scene.started(width: 60, height: 24)
        press(&state, "t", "t")
        Self.typed("soon", in: &state)
        press(&state, .enter)
        let lines = render(state).plainText.split(separator: "\n").map {
            String($0).trimmed
        }
        #expect(
            lines.suffix(3) == [
                "`soon` is no range (cannot read the time \"soon\" at byte 3;",
                "write now-1h, 15m, 2026-01-31 12:00 or Unix seconds); try",
                "15m, now-6h, or 2026-01-31 10:00 to 2026-01-31 12:00",
            ])
    }

    @Test(
        "text is broken at blanks, and within words only where it must be",
        arguments: [
            ("", 5, [""]), ("ab cd", 5, ["ab cd"]), ("ab cde", 5, ["ab", "cde"]), ("abcdefg", 3, ["abc", "def", "g"]),
            ("日本語", 4, ["日本", "語"]), ("a bcdef", 3, ["a", "bcd", "ef"]),
        ])
    func wrapping(text: String, cells: Int, lines: [String]) {
        #expect(text.wrapped(toCells: cells) == lines)
    }

    @Test("of drags that come together the last one counts; presses, keys and releases stay in their order")
    func drags() {
        func mouse(_ action: Mouse.Action, _ x: Int) -> InputEvent { .mouse(Mouse(action: action, x: x, y: 5)) }
        let events = [
            mouse(.press, 1), mouse(.drag, 2), mouse(.drag, 3), .key("x"), mouse(.drag, 4), mouse(.drag, 5),
            mouse(.release, 6), mouse(.drag, 7),
        ]
        #expect(
            InputEvent.withoutPassedDrags(events) == [
                mouse(.press, 1), mouse(.drag, 3), .key("x"), mouse(.drag, 5), mouse(.release, 6), mouse(.drag, 7),
            ])
        #expect(InputEvent.withoutPassedDrags([]) == [])
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return text
    }
}
