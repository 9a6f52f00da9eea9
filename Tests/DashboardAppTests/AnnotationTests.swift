// Annotations: asked beside the panels, marked on the time axes of graphs.

import Dashboards
import Frames
import MetricModel
import Querying
import Testing

@testable import DashboardApp

@Suite("Annotations")
struct AnnotationTests {
    static var dashboard: Dashboard {
        var dashboard = Scene.dashboard
        dashboard.annotations = [
            AnnotationQuery(name: "Restart", expression: "changes(up[$__interval]) > 0", color: "red"),
            AnnotationQuery(name: "Off", expression: "off", isEnabled: false),
            AnnotationQuery(name: "Deploy", expression: "deploy", color: "#0000ff"),
        ]
        return dashboard
    }

    static func series(_ grid: StepGrid, above places: [Int]) -> Result<QueryResult, QueryFailure> {
        let times = (0..<grid.count).map { grid.timestamp($0) }
        let values = times.indices.map { places.contains($0) ? 1.0 : 0 }
        return .success(
            QueryResult(value: .matrix([Series(labels: ["a": "b"], timestamps: times, samples: .floats(values))])))
    }

    /// The panels' first questions answered, that of the annotations open.
    static func started(height: Int) throws -> (state: AppState, question: PanelQuestion, request: RangeRequest) {
        var state = Scene.state(height: height, dashboard: dashboard)
        let effects = update(&state, .tick(moment, utcOffset: .zero))
        let (own, others) = (effects.questions.filter { $0.panel == -1 }, effects.questions.filter { $0.panel != -1 })
        Scene.answer(others.map { .query($0) }, in: &state)
        let question = try #require(own.first)
        guard case .range(let request)? = question.queries.first?.request else { throw NotARange() }
        return (state, question, request)
    }
    struct NotARange: Error {}

    @Test("those that are switched on are asked once with the panels on the screen, over the same range")
    func asked() throws {
        var state = Scene.state(height: 16, dashboard: Self.dashboard)
        let effects = update(&state, .tick(moment, utcOffset: .zero))
        #expect(effects.asked == [1, 2, 3, 4, -1])
        let question = try #require(effects.questions.last)
        #expect(question.queries.map(\.expression) == ["changes(up[5s]) > 0", "deploy"])
        #expect(update(&state, .tick(moment + .seconds(1), utcOffset: .zero)).asked == [])
    }

    @Test("without a graph on the screen, or without annotations, nothing is asked")
    func notAsked() {
        var dashboard = Self.dashboard
        dashboard.panels = Array(dashboard.panels.prefix(2))
        var state = Scene.state(dashboard: dashboard)
        #expect(update(&state, .tick(moment, utcOffset: .zero)).asked == [1, 2])
        var plain = Scene.state(height: 16)
        #expect(update(&plain, .tick(moment, utcOffset: .zero)).asked == [1, 2, 3, 4])
    }

    @Test("each run of points above zero is one mark in its colour, on graphs alone")
    func marks() throws {
        var (state, question, request) = try Self.started(height: 16)
        let answers = [
            "0": Self.series(request.grid, above: [3, 4, 5, 9]), "1": Self.series(request.grid, above: [6]),
            "none": Self.series(request.grid, above: [1]),
        ]
        _ = update(&state, .answered(panel: -1, generation: question.generation, answers: answers))
        let marks = state.shownData(of: state.shown.panels[2]).marks
        let (first, step) = (request.grid.start, request.grid.step)
        #expect(marks.map(\.time) == [3, 6, 9].map { first + Milliseconds(step.count * $0) })
        #expect(marks.map(\.color) == [RGB.named("red"), RGB(0, 0, 255), RGB.named("red")])
        #expect(state.shownData(of: state.shown.panels[0]).marks == [])
    }

    @Test("marks are on the time axis, and a new answer is a new picture")
    func painted() throws {
        var (state, question, request) = try Self.started(height: 30)
        var renderer = Renderer()
        #expect(!renderer.render(state).plainText.contains("▲"))
        let answers = ["0": Self.series(request.grid, above: [request.grid.count - 20])]
        _ = update(&state, .answered(panel: -1, generation: question.generation, answers: answers))
        let frame = renderer.render(state)
        #expect(frame.plainText.contains("▲"))
        #expect(frame == render(state))
    }
}
