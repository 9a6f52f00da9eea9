// The bar of time: when it is there, what it shows, how the mouse moves the window; zooming by the wheel.

import Dashboards
import Frames
import MetricModel
import Testing

@testable import DashboardApp

@Suite("Scrub bar")
struct ScrubBarTests {
    private static func bar(_ state: AppState) -> String {
        let lines = render(state).plainText.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.count > 2 ? String(lines[state.size.height - 2]) : ""
    }
    private static func mouse(_ state: inout AppState, _ action: Mouse.Action, _ x: Int, _ y: Int? = nil) {
        _ = update(&state, .input(.mouse(Mouse(action: action, x: x, y: y ?? state.size.height - 2))))
    }

    @Test("it is there in the past and in a pause, from 16 rows on, and panels stay where they are")
    func shown() {
        for (height, isThere) in [(15, false), (16, true)] {
            var state = Scene.started(height: height)
            #expect(!state.hasScrubBar)
            let before = state.placements.map(\.rect)
            press(&state, " ")
            #expect(state.hasScrubBar == isThere)
            #expect(state.placements.map(\.rect) == before)
            press(&state, ".")
            #expect(!state.hasScrubBar)
            press(&state, "[")
            #expect(state.hasScrubBar == isThere)
        }
    }

    @Test("of this process' data it reaches from their start to now; the window and marks are on it")
    func own() {
        var state = Scene.started(width: 81)
        state.dataStart = moment - .hours(1)
        state.time = TimeView(length: .minutes(15), anchor: .history(end: moment - .minutes(30)))
        state.mark("a", at: moment - .minutes(6))
        let text = Self.bar(state)
        // 66 columns: an hour is 65 steps, 15 minutes are 16 of them.
        #expect(
            text == " 20:40:05 ────────────────██████████████████─────────────────────────▲────── now",
            "\(text.count)")
    }

    @Test("of a server's data it shows the surroundings of the view")
    func remote() {
        var state = Scene.started(width: 81)
        state.time = TimeView(length: .minutes(10), anchor: .history(end: moment - .minutes(60)))
        #expect(Self.bar(state).hasPrefix(" 19:50:05 ──"))
        #expect(Self.bar(state).hasSuffix("── 21:20:05"))
        state.time = TimeView(length: .minutes(10), anchor: .history(end: moment - .hours(48)))
        #expect(Self.bar(state).hasPrefix(" 2026-01-29 20:50:05 ──"))
    }

    @Test("a click moves the window there, a drag takes it along, within what there is")
    func moved() {
        var state = Scene.started(width: 81)
        state.dataStart = moment - .hours(1)
        state.time = TimeView(length: .minutes(15), anchor: .paused(at: moment))
        Self.mouse(&state, .press, 43)
        Self.mouse(&state, .release, 43)
        let middle = state.time.range(now: state.now)
        #expect(middle.length == .minutes(15))
        #expect(abs((middle.end - (moment - .minutes(22))).count) < 60_000)
        Self.mouse(&state, .press, 43)
        Self.mouse(&state, .drag, 44)
        let next = state.time.range(now: state.now)
        #expect((next.end - middle.end).count / 1000 == 55)
        Self.mouse(&state, .drag, 0)
        #expect(state.time.range(now: state.now).start == moment - .hours(1))
        Self.mouse(&state, .drag, 80)
        #expect(state.time.range(now: state.now).end == moment)
        Self.mouse(&state, .release, 80)
        #expect(state.scrubDrag == nil)
    }

    @Test("beside the bar nothing moves; above it a drag is what it is without one")
    func beside() {
        var state = Scene.started(width: 81)
        press(&state, " ")
        let before = state.time
        Self.mouse(&state, .press, 2)
        Self.mouse(&state, .drag, 60)
        Self.mouse(&state, .release, 60)
        #expect(state.time == before && state.crosshair == nil)
    }

    @Test("with Control the wheel zooms about the pointer, full screen without it; else it scrolls")
    func wheel() throws {
        var state = Scene.started(height: 20)
        let graph = try #require(state.visiblePlacements.first { $0.panel.id == 3 }).rect
        let x = graph.x + graph.width / 2
        func wheel(_ action: Mouse.Action, _ modifiers: Mouse.Modifiers = []) {
            _ = update(&state, .input(.mouse(Mouse(action: action, x: x, y: graph.y + 2, modifiers: modifiers))))
        }
        wheel(.wheelDown)
        #expect(state.scroll == 3 && state.time.length == .minutes(15))
        wheel(.wheelUp)
        wheel(.wheelUp, .control)
        #expect(state.scroll == 0 && state.time.length == .seconds(450) && !state.time.isLive)
        wheel(.wheelDown, .control)
        #expect(state.time.length == .minutes(15) && state.time.isLive, "back where it was: it ends now")
        state.fullScreen = 3
        Scene.answer(state.questions(), in: &state)
        wheel(.wheelUp)
        #expect(state.time.length == .seconds(450))
    }

    @Test("zooming about a moment leaves it where it is")
    func zoom() {
        var view = TimeView(length: .minutes(40), anchor: .history(end: moment - .hours(1)))
        view.zoom(isIn: true, about: moment - .minutes(70), now: moment)
        #expect(view.range(now: moment) == TimeRange(start: moment - .minutes(85), end: moment - .minutes(65)))
        view.zoom(isIn: false, about: moment - .minutes(70), now: moment)
        #expect(view.range(now: moment) == TimeRange(start: moment - .minutes(100), end: moment - .minutes(60)))
        var longest = TimeView(length: TimeView.lengthMost)
        longest.zoom(isIn: false, about: moment, now: moment)
        #expect(longest.length == TimeView.lengthMost && longest.isLive)
    }

    @Test("a drag over a graph that fills the screen zooms as well")
    func fullScreenDrag() {
        var state = Scene.started()
        press(&state, .down, .enter)
        Scene.answer(state.questions(), in: &state)
        Self.mouse(&state, .press, 30, 10)
        Self.mouse(&state, .drag, 60, 10)
        Self.mouse(&state, .release, 60, 10)
        #expect(!state.time.isLive && state.time.length < .minutes(5))
    }
}
