// What panels say at the start, when a target dies, and when a query fails.

import Dashboards
import Frames
import MetricModel
import Querying
import Testing

@testable import DashboardApp

@Suite("Panel states")
struct PanelStateTests {
    private let empty: PanelAnswers = ["A": .success(QueryResult(value: .matrix([])))]

    private func answerAll(_ effects: [Effect], with answers: PanelAnswers, in state: inout AppState) {
        for question in effects.questions {
            _ = update(&state, .answered(panel: question.panel, generation: question.generation, answers: answers))
        }
    }

    @Test("before the first scrape, and between the first and the second, panels say what they wait for")
    func start() {
        var state = Scene.state()
        let effects = update(&state, .tick(moment, utcOffset: .zero))
        _ = update(&state, .targets([Scene.target("http://a", .unknown)]))
        answerAll(effects, with: empty, in: &state)
        #expect(render(state).plainText.contains("waiting for the first scrape"))
        #expect(render(state).plainText.contains("… 0 of 1 targets up"))

        _ = update(&state, .targets([Scene.target("http://a", .up, scraped: moment)]))
        let text = render(state).plainText
        #expect(text.contains("first rate in 1 s"))
        #expect(!text.contains("waiting for the first scrape"))

        _ = update(&state, .targets([Scene.target("http://a", .up, scraped: moment + .seconds(1))]))
        #expect(!render(state).plainText.contains("first rate"))
    }

    @Test("a target that never came up says why in every panel")
    func neverUp() {
        var state = Scene.state()
        let effects = update(&state, .tick(moment, utcOffset: .zero))
        _ = update(&state, .targets([Scene.target("http://a", .down)]))
        answerAll(effects, with: empty, in: &state)
        #expect(render(state).plainText.contains("target down: connection refused"))
    }

    @Test("when the target dies panels keep their last picture and say how old it is")
    func stale() {
        var state = Scene.started()
        _ = update(&state, .targets([Scene.target("http://a", .up, scraped: moment)]))
        let before = state.panels[1]?.data?.content
        let later = moment + .seconds(12)
        let effects = update(&state, .tick(later, utcOffset: .zero))
        _ = update(&state, .targets([Scene.target("http://a", .down, scraped: later)]))
        answerAll(effects, with: empty, in: &state)
        #expect(state.panels[1]?.isKept == true)
        #expect(before != nil && state.panels[1]?.data?.isEmpty == false)
        let panel = Scene.dashboard.panels[2]
        #expect(state.shownData(of: panel).staleFor == .seconds(12))
        #expect(render(state).plainText.contains("stale 12 s"))

        // Up again: the mark goes at once, the picture with the next answer.
        _ = update(&state, .targets([Scene.target("http://a", .up, scraped: later)]))
        #expect(state.shownData(of: panel).staleFor == nil)
    }

    @Test("a failed query is told in its panel and leaves the others alone")
    func failure() {
        var state = Scene.state()
        let questions = update(&state, .tick(moment, utcOffset: .zero)).questions
        for question in questions {
            let answers: PanelAnswers =
                question.panel == 3
                ? ["A": .failure(QueryFailure(.badData, "unknown function `rat`"))]
                : Scene.answers(question.queries, value: 1)
            _ = update(&state, .answered(panel: question.panel, generation: question.generation, answers: answers))
        }
        #expect(state.panels[3]?.data?.failure == "unknown function `rat`")
        #expect(state.panels[4]?.data?.failure == nil)
        #expect(render(state).plainText.contains("unknown function `rat`"))
    }

    @Test("the targets' interval is the least step: learning it asks again")
    func scrapeInterval() {
        var state = Scene.started()
        let slow = Scene.target("http://a", .up, scraped: moment)
        var slower = slow
        slower.interval = .seconds(15)
        #expect(update(&state, .targets([slow])).asked == [])
        #expect(update(&state, .targets([slower])).questions.first?.queries.first?.step == .seconds(15))
    }

    @Test("one frame for a pipe has every panel, no keys, no focus, and no time left out")
    func renderedOnce() async {
        let frame = await renderOnce(
            dashboard: Scene.dashboard, backend: ScriptedBackend(), status: ScriptedStatus(), width: 120,
            capabilities: TerminalCapabilities(colors: .none), now: moment, limit: { await suspendUntilCancelled() })
        let text = frame.plainText
        for panel in Scene.dashboard.panels { #expect(text.contains(panel.title), "\(panel.title)") }
        #expect(text.hasPrefix(" ferula  Host "))
        #expect(text.contains("1 of 1 targets up"))
        #expect(!text.contains("quit"))
        #expect(frame.size.width == 120)
    }

    @Test("a question that a later one replaced is not waited for", .timeLimit(.minutes(1)))
    func replacedQuestion() async {
        let backend = GatedBackend(opensWhenCancelled: true)
        let frame = await renderOnce(
            dashboard: Scene.dashboard, backend: backend, status: SlowTargets(backend: backend), width: 120,
            capabilities: TerminalCapabilities(colors: .none), now: moment, limit: { await suspendUntilCancelled() })
        #expect(frame.plainText.contains("1 of 1 targets up"))
        #expect(!Task.isCancelled)
    }

    @Test("one frame is drawn although a backend never answers, once the limit has passed")
    func renderedInTime() async {
        let frame = await renderOnce(
            dashboard: Scene.dashboard, backend: GatedBackend(), status: ScriptedStatus(), width: 80, height: 30,
            capabilities: TerminalCapabilities(), now: moment, limit: {})
        #expect(frame.size == Size(width: 80, height: 30))
        #expect(frame.plainText.contains("CPU busy"))
    }
}

/// Targets that are known when a question is being answered; their interval asks every panel again.
private struct SlowTargets: StatusSource {
    let backend: GatedBackend
    func targets() async -> [TargetStatus] {
        while backend.waiting == 0, !Task.isCancelled { await Task.yield() }
        var target = Scene.target("http://a", .up, scraped: moment)
        target.interval = .seconds(60)
        return [target]
    }
}

/// Never returns by itself.
func suspendUntilCancelled() async {
    while !Task.isCancelled { await Task.yield() }
}
