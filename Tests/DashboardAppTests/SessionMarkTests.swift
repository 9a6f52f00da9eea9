// Moments that somebody marks: by command, by event, at the crosshair; on the graphs and in the log.

import Dashboards
import Frames
import MetricModel
import Testing

@testable import DashboardApp

@Suite("Marks")
struct SessionMarkTests {
    private static func run(_ state: inout AppState, _ command: String) {
        press(&state, ":")
        for character in command { press(&state, .character(character)) }
        press(&state, .enter)
    }

    @Test("a mark is now, on every graph: a line, an arrow and its text on the axis; and in the log")
    func marked() {
        var state = Scene.started()
        Self.run(&state, "mark deploy v3")
        #expect(state.sessionMarks == [SessionMark("deploy v3", at: moment)])
        #expect(state.message?.text == "marked 21:40:05: deploy v3")
        let text = render(state).plainText
        #expect(text.split(separator: "\n").count { $0.contains("deploy v3▲") } == 1, "\n\(text)")
        #expect(text.contains("┊"))
        #expect(state.log.map(\.notice.text) == ["mark deploy v3 at 21:40:05"])
    }

    @Test("with the crosshair it is the crosshair's moment")
    func atCrosshair() {
        var state = Scene.started()
        press(&state, .down, "x", .shiftLeft)
        let there = state.crosshair
        Self.run(&state, "mark here")
        #expect(there != nil && state.sessionMarks == [SessionMark("here", at: there)])
        press(&state, "x")
        #expect(render(state).plainText.contains("▲here"))
    }

    @Test("from elsewhere: at the given time or on arrival, control characters as blanks, no longer than 200")
    func event() {
        var state = Scene.started()
        _ = update(&state, .mark("one\u{1b}[31m\ntwo", at: nil))
        _ = update(&state, .mark(String(repeating: "x", count: 201), at: moment - .hours(48)))
        _ = update(&state, .mark("\u{7}", at: nil))
        #expect(state.sessionMarks.map(\.text) == ["one [31m two", String(repeating: "x", count: 200), "mark"])
        #expect(state.sessionMarks.map(\.time) == [moment, moment - .hours(48), moment])
        #expect(state.message?.text == "marked 21:40:05: mark")
        #expect(state.run(command: "mark  ").isEmpty && state.sessionMarks.count == 3)
        #expect(state.message?.text == ":mark wants a text, such as :mark deploy v3")
        #expect(state.markedMoments.map(\.text) == ["one [31m two", "mark"], "the other lies outside the range")
        #expect(state.log.last?.notice.text == "mark mark at 21:40:05")
        #expect(state.log.dropLast().last?.notice.text.hasSuffix(" at 2026-01-29 21:40:05") == true)
    }

    @Test("the newest thousand are kept")
    func limit() {
        var state = Scene.started()
        for number in 1...1001 { state.mark("\(number)", at: moment) }
        #expect(state.sessionMarks.count == 1000)
        #expect(state.sessionMarks.first?.text == "2" && state.sessionMarks.last?.text == "1001")
    }

    @Test("a mark asks nothing, and is a new picture of graphs")
    func picture() {
        var state = Scene.started()
        var renderer = Renderer()
        let before = renderer.render(state)
        #expect(update(&state, .mark("x", at: moment - .minutes(5))).questions.isEmpty)
        let after = renderer.render(state)
        #expect(after != before && after == render(state))
    }

    @Test("a name stands behind its arrow, or before it; the oldest is left out where neither has room")
    func crowded() {
        var state = Scene.started(width: 60, height: 40)
        for second in 0..<3 { state.mark("number \(second)", at: moment - .minutes(7) + .seconds(Int64(second))) }
        let text = render(state).plainText
        #expect(text.contains("number 1▲number 2") && !text.contains("number 0"))
    }
}
