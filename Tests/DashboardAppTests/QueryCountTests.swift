// How many queries a dashboard asks: those of the panels on the screen, and none of a closed row.

import Dashboards
import Frames
import MetricModel
import Querying
import Testing

@testable import DashboardApp

@Suite("Queries that are asked")
struct QueryCountTests {
    /// Six lines of two graphs with two queries and a hidden one each; between the third and the fourth a closed row
    /// that holds a hundred more, a text and a panel of another source.
    static func dashboard() throws -> Dashboard {
        func graph(_ name: String, _ x: Int, _ y: Int) -> String {
            """
            {"type": "timeseries", "title": "\(name)", "gridPos": {"x": \(x), "y": \(y), "w": 12, "h": 8}, "targets": [
              {"expr": "\(name)_a"}, {"expr": "\(name)_b"}, {"expr": "\(name)_hidden", "hide": true}]}
            """
        }
        var panels: [String] = []
        for line in 0..<6 {
            let y = line * 8 + (line >= 3 ? 10 : 0)
            panels += [graph("p\(line)l", 0, y), graph("p\(line)r", 12, y)]
        }
        let inside = (0..<100).map { graph("inside\($0)", 0, 30 + $0 * 8) }.joined(separator: ",")
        panels.append(
            #"{"type": "row", "title": "Closed", "collapsed": true, "gridPos": {"x": 0, "y": 24, "w": 24, "h": 1}, "panels": [\#(inside)]}"#
        )
        panels.append(
            #"{"type": "text", "gridPos": {"x": 0, "y": 25, "w": 24, "h": 2}, "options": {"content": "x"}, "targets": [{"expr": "text"}]}"#
        )
        panels.append(
            #"{"type": "logs", "gridPos": {"x": 0, "y": 27, "w": 24, "h": 2}, "targets": [{"expr": "logs"}]}"#)
        let text = "{\"title\": \"Counts\", \"panels\": [\(panels.joined(separator: ","))]}"
        return try Dashboard(grafanaJSON: Array(text.utf8), fileName: "counts.json")
    }

    static func expressions(_ effects: [Effect]) -> [String] {
        effects.questions.flatMap { $0.queries.map(\.expression) }
    }

    @Test("of 224 queries a small screen asks the eight that it shows, and scrolling those that come into sight")
    func visible() throws {
        let dashboard = try Self.dashboard()
        var state = Scene.state(width: 120, height: 24, dashboard: dashboard)
        let first = update(&state, .tick(moment, utcOffset: .zero))
        #expect(
            Self.expressions(first) == ["p0l_a", "p0l_b", "p0r_a", "p0r_b", "p1l_a", "p1l_b", "p1r_a", "p1r_b"])
        Scene.answer(first, in: &state)
        var asked = Self.expressions(first)
        for _ in 0..<40 {
            let more = press(&state, .pageDown)
            Scene.answer(more, in: &state)
            asked += Self.expressions(more)
        }
        #expect(asked.count == 24)
        #expect(Set(asked).count == 24)
        #expect(!asked.contains { $0.hasPrefix("inside") || $0.hasSuffix("hidden") || $0 == "text" || $0 == "logs" })
    }

    @Test("a row asks when it is opened, for what is then on the screen, and no more after it is closed")
    func rows() throws {
        let dashboard = try Self.dashboard()
        var state = Scene.state(width: 120, height: 24, dashboard: dashboard)
        Scene.answer(update(&state, .tick(moment, utcOffset: .zero)), in: &state)
        let row = try #require(dashboard.panels.first { if case .row = $0.kind { true } else { false } })
        state.focus = row.id
        let opened = press(&state, .enter)
        let inside = Self.expressions(opened).filter { $0.hasPrefix("inside") }
        #expect(inside.count < 8)
        #expect(state.shown.panels.count == 115)
        Scene.answer(opened, in: &state)
        press(&state, .enter)
        #expect(state.shown.panels.count == 15)
        let later = update(&state, .tick(moment + .minutes(10), utcOffset: .zero))
        #expect(!Self.expressions(later).contains { $0.hasPrefix("inside") })
    }

    @Test("the whole dashboard on one page asks its backend 24 times, nothing of the closed row")
    func page() async throws {
        let backend = ScriptedBackend()
        _ = await renderOnce(
            dashboard: try Self.dashboard(), backend: backend, status: ScriptedStatus(), width: 120,
            capabilities: TerminalCapabilities(), now: moment, limit: { await suspendUntilCancelled() })
        #expect(backend.asked.count == 24)
        #expect(Set(backend.asked).count == 24)
        #expect(!backend.asked.contains { $0.hasPrefix("inside") || $0.hasSuffix("hidden") })
    }
}
