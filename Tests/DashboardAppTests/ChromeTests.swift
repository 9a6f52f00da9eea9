// The lines around the panels, word for word, wide and narrow.

import Dashboards
import Frames
import MetricModel
import Querying
import Testing

@testable import DashboardApp

@Suite("Chrome")
struct ChromeTests {
    private func row(_ y: Int, of state: AppState) -> String {
        let lines = render(state).plainText.split(separator: "\n", omittingEmptySubsequences: false)
        return String(lines[y])
    }
    private func state(
        _ width: Int, up: Int = 3, down: Int = 0, unknown: Int = 0, prepare: (inout AppState) -> Void = { _ in }
    ) -> AppState {
        var state = Scene.started(width: width)
        state.utcOffset = .hours(9)
        let healths: [TargetStatus.Health] =
            Array(repeating: .up, count: up) + Array(repeating: .down, count: down)
            + Array(repeating: .unknown, count: unknown)
        _ = update(
            &state,
            .targets(healths.enumerated().map { Scene.target("http://\($0)", $1, scraped: moment) }))
        prepare(&state)
        return state
    }

    @Test("print")
    func show() {
        for width in [240, 120, 100, 80, 60, 40, 20] {
            var s = state(width)
            print(row(0, of: s) + "|"); print(row(39, of: s) + "|")
            press(&s, "[", "t"); print(row(0, of: s) + "|"); print(row(39, of: s) + "|")
            press(&s, .escape, ".", " ", .enter); _ = update(&s, .targets([Scene.target("a", .down), Scene.target("b", .up)]))
             print(row(0, of: s) + "|"); print(row(39, of: s) + "|")
        }
        var s = state(120); press(&s, "?"); print(render(s).plainText)
        s = state(60); press(&s, "?", .pageDown, ":"); print(render(s).plainText)
    }
}
