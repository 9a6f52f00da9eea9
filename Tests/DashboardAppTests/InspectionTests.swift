// The crosshair, series switched off, ranges chosen from a list or by the mouse.

import Dashboards
import Frames
import MetricModel
import Testing

@testable import DashboardApp

@Suite("Looking closer")
struct InspectionTests {
    /// The line on top without its padding.
    private func header(_ state: AppState) -> String {
        String(render(state).plainText.prefix { $0 != "\n" })
    }

    @Test("x puts the crosshair at the right edge, arrows move it by steps, all graphs share it, Esc ends it")
    func crosshair() throws {
        var state = Scene.started()
        press(&state, .down)
        press(&state, "x")
        #expect(state.crosshair == moment - Milliseconds(moment.milliseconds % 20_000))
        press(&state, .left)
        let first = try #require(state.crosshair)
        #expect(first == Timestamp(milliseconds: 1_769_895_580_000), "a step of 20 s before")
        press(&state, .shiftLeft)
        #expect(state.crosshair == first - .seconds(200))
        let text = render(state).plainText
        #expect(text.components(of: "21:36:20") == 2, "both graphs on the screen say the time: \n\(text)")
        press(&state, .shiftRight, .shiftRight, .shiftRight)
        #expect(state.crosshair == moment, "never past the range")
        #expect(state.fullScreen == nil)
        press(&state, .escape)
        #expect(state.crosshair == nil)
    }

    @Test("over a panel without a time axis there is no crosshair, which is said")
    func noGraph() {
        var state = Scene.started()
        press(&state, .enter)
        #expect(state.panel(state.fullScreen ?? 0)?.kind.isGraph == false)
        press(&state, "x")
        #expect(state.crosshair == nil && state.message?.text == "no graph on the screen")
    }

    @Test("arrows move the focus again when the crosshair is gone")
    func arrowsAfterwards() {
        var state = Scene.started()
        press(&state, "x", .right, "x")
        #expect(state.focus == 1)
        press(&state, .right)
        #expect(state.focus == 2)
    }

    @Test("a digit hides a series and shows it again, Alt with a digit leaves one alone, a shows all")
    func series() {
        var state = Scene.started()
        press(&state, .down)
        press(&state, "1")
        #expect(state.hiddenSeries == [3: ["{job=\"a\"}"]])
        press(&state, "1")
        #expect(state.hiddenSeries[3] == [])
        press(&state, "9")
        #expect(state.hiddenSeries[3] == [], "there is no ninth")
        press(&state, .alt("1"))
        #expect(state.hiddenSeries[3] == nil, "the others of one are none")
        press(&state, "1", "a")
        #expect(state.hiddenSeries[3] == nil)
    }

    @Test("hiding a series changes the picture of its panel and of no other")
    func hiddenPicture() {
        var state = Scene.started()
        press(&state, .down)
        let before = render(state)
        press(&state, "1")
        let after = render(state)
        let places = Dictionary(uniqueKeysWithValues: state.visiblePlacements.map { ($0.panel.id, $0.rect) })
        for (id, rect) in places {
            let isSame = (rect.y..<min(rect.maxY, before.size.height - 1)).allSatisfy { y in
                (rect.x..<rect.maxX).allSatisfy { before[$0, y] == after[$0, y] }
            }
            #expect(isSame == (id != 3), "panel \(id)")
        }
    }

    @Test("L puts the legends away and back")
    func legends() {
        var state = Scene.started()
        let before = render(state)
        press(&state, "L")
        #expect(render(state) != before)
        press(&state, "p", "l")
        #expect(render(state) == before)
    }

    @Test(
        "t t takes a preset or two times",
        arguments: [
            ("6 hours", "now-6h → now", true), ("15m", "now-15m → now", true), ("now-90s", "now-1m30s → now", true),
            ("today", "now-21h40m5s → now", true),
            ("2026-01-31 10:00 to 2026-01-31 12:30", "10:00:00 → 12:30:00", false),
            ("2026-01-30 10:00 to 2026-01-31 12:30", "2026-01-30 10:00:00 → 2026-01-31 12:30:00", false),
        ])
    func ranges(typed: String, shown: String, isLive: Bool) {
        var state = Scene.started()
        press(&state, "t", "t")
        #expect(render(state).plainText.contains("last 12 hours"))
        for character in typed { press(&state, .character(character)) }
        press(&state, .enter)
        #expect(state.picker == nil)
        #expect(header(state).contains(shown), "\(header(state))")
        #expect(state.time.isLive == isLive)
    }

    @Test(
        "what is no range is refused with its reason and changes nothing",
        arguments: [
            (
                "soon",
                "`soon` is no range (cannot read the time \"soon\" at byte 3; write now-1h, 15m, 2026-01-31 12:00 or Unix seconds); try 15m, now-6h, or 2026-01-31 10:00 to 2026-01-31 12:00"
            ),
            (
                "now to now-1h",
                "`now to now-1h` is no range (the start is not before the end); try 15m, now-6h, or 2026-01-31 10:00 to 2026-01-31 12:00"
            ),
            (
                "1h to 2h to 3h",
                "`1h to 2h to 3h` is no range (one start and one end are wanted); try 15m, now-6h, or 2026-01-31 10:00 to 2026-01-31 12:00"
            ),
        ])
    func refused(text: String, message: String) {
        var state = Scene.started()
        let before = state.time
        #expect(state.setRange(text) == false)
        #expect(state.message?.text == message)
        #expect(state.time == before)
    }

    @Test(
        "the last of all times are kept within reach: nothing overflows beside them",
        arguments: ["-9.2e18 to -9.1e18", "9.2233720368547750e18 to 1e19", "-1e19 to 1e19"])
    func farTimes(text: String) {
        var state = Scene.started()
        let effects = press(&state, "t", "t")
        #expect(effects.asked.isEmpty)
        for character in text { press(&state, .character(character)) }
        Scene.answer(press(&state, .enter), in: &state)
        guard case .history(let end) = state.time.anchor else {
            Issue.record("the range is taken, within reach")
            return
        }
        #expect(end == TimeView.endLeast || end == TimeView.endMost)
        press(&state, "x", .left, .shiftLeft, .right, "[", "]", "-", "+")
        #expect(render(state).size == state.size)
    }

    @Test("a drag over a graph takes that stretch of time, a click puts the crosshair there")
    func mouse() throws {
        var state = Scene.started()
        let rect = try #require(state.visiblePlacements.first { $0.panel.id == 3 }?.rect)
        func mouse(_ action: Mouse.Action, _ share: Double) {
            let x = rect.x + Int(Double(rect.width) * share)
            Scene.answer(
                update(&state, .input(.mouse(Mouse(action: action, x: x, y: rect.y + 4)))), in: &state)
        }
        mouse(.press, 0.5)
        mouse(.release, 0.5)
        let place = try #require(state.crosshair)
        #expect(abs((moment - .minutes(7) - place).count) < 60_000, "about the middle of 15 minutes: \(place)")
        #expect(state.focus == 3 && state.time.isLive)
        mouse(.press, 0.3)
        mouse(.drag, 0.5)
        mouse(.drag, 0.7)
        mouse(.release, 0.7)
        #expect(state.crosshair == nil)
        guard case .history(let end) = state.time.anchor else {
            Issue.record("the range is that of the drag")
            return
        }
        #expect(end < moment - .minutes(3) && end > moment - .minutes(6))
        #expect(abs(state.time.length.count - 380_000) < 60_000, "two fifths of 15 minutes: \(state.time.length)")
        mouse(.release, 0.1)
        #expect(state.crosshair == nil, "nothing was pressed")
    }

    @Test("t u shows UTC and local time in turn")
    func utc() {
        var state = Scene.state()
        Scene.answer(update(&state, .tick(moment, utcOffset: .hours(9))), in: &state)
        #expect(header(state).contains("06:40:05 +09:00"))
        press(&state, "t", "u")
        #expect(header(state).contains("21:40:05 +00:00"))
        _ = update(&state, .tick(moment, utcOffset: .hours(9)))
        #expect(header(state).contains("21:40:05 +00:00"), "a tick does not undo it")
        _ = state.run(command: "local")
        #expect(header(state).contains("06:40:05 +09:00"))
    }

    @Test("the time between refreshes is set by command")
    func refresh() {
        var state = Scene.started()
        _ = state.run(command: "refresh 30s")
        #expect(state.refresh == .seconds(30))
        _ = state.run(command: "refresh off")
        #expect(state.refresh == nil)
        _ = state.run(command: "refresh 50ms")
        #expect(
            state.refresh == nil && state.message?.text == ":refresh wants a length from 100ms on, such as 5s, or off")
    }
}

extension String {
    /// How often `part` occurs.
    fileprivate func components(of part: String) -> Int {
        let (whole, piece) = (Array(self), Array(part))
        guard whole.count >= piece.count else { return 0 }
        return (0...(whole.count - piece.count)).count { Array(whole[$0..<$0 + piece.count]) == piece }
    }
}
