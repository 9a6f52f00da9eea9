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

    @Test("a metric that is not there is no matter of the first rate, and a still picture waits for none")
    func noMetric() {
        func text(_ reason: String, isStill: Bool = false, laterBy: Milliseconds? = nil) -> String {
            var state = Scene.state()
            state.isStill = isStill
            let effects = update(&state, .tick(moment, utcOffset: .zero))
            _ = update(&state, .targets([Scene.target("http://a", .up, scraped: moment)]))
            for question in effects.questions {
                _ = update(
                    &state,
                    .answered(
                        panel: question.panel, generation: question.generation, answers: empty,
                        explanations: ["A": reason], laterBy: laterBy))
            }
            return render(state).plainText
        }
        #expect(text("no metric cpu, but cpus").contains("no metric cpu, but cpus"))
        #expect(!text("no metric cpu, but cpus").contains("first rate"))
        #expect(text("no cpu with a=\"b\"").contains("first rate in 1 s"))
        #expect(!text("no cpu with a=\"b\"", isStill: true).contains("first rate"))
        func later(_ distance: Milliseconds) -> (words: String, screen: String) {
            let reason = Explanation.Reason.outside("cpu", nearest: moment, distance: distance)
            return (reason.text(), text(reason.text(), laterBy: reason.laterBy))
        }
        let soon = later(Milliseconds(118))
        #expect(soon.words == "no cpu here: its oldest sample is 118ms later")
        #expect(soon.screen.contains("the first samples came just now; drawn within"))
        #expect(!soon.screen.contains("oldest"))
        // As of `offset 1d`: nothing comes within a step.
        let tomorrow = later(.minutes(24 * 60 - 1))
        #expect(tomorrow.screen.contains("oldest") && !tomorrow.screen.contains("just now"))
        #expect(Explanation.Reason.outside("cpu", nearest: moment, distance: .seconds(-1)).laterBy == nil)
    }

    @Test("where numbers are read and no target is scraped, that is what is waited for and named")
    func input() {
        var state = Scene.state()
        state.inputName = "standard input"
        let effects = update(&state, .tick(moment, utcOffset: .zero))
        var target = Scene.target("standard input", .up)
        _ = update(&state, .targets([target]))
        answerAll(effects, with: empty, in: &state)
        let text = render(state).plainText
        #expect(text.contains("waiting for the first number of standard input"))
        #expect(!text.contains("targets up"))
        target.lastError = "the input has ended"
        _ = update(&state, .targets([target]))
        #expect(render(state).plainText.contains("the input has ended"))
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

    private static let refused = QueryFailure(.unavailable, "http://prometheus.example:9090: connection refused")

    /// Over a server, with every first question answered at `moment`.
    private func overServer() -> AppState {
        var state = Scene.state()
        state.take(SessionLoop.Source(name: "prometheus.example:9090", scrapeInterval: .seconds(15)))
        Scene.answer(update(&state, .tick(moment, utcOffset: .zero)), in: &state)
        return state
    }

    private func fail(_ effects: [Effect], _ failure: QueryFailure, in state: inout AppState) {
        for question in effects.questions {
            let answers: PanelAnswers = Dictionary(
                uniqueKeysWithValues: question.queries.map { ($0.refID, .failure(failure)) })
            _ = update(&state, .answered(panel: question.panel, generation: question.generation, answers: answers))
        }
    }

    @Test("when the server goes, panels keep their last picture, and all say how old it is and why")
    func serverGone() {
        var state = overServer()
        let panel = Scene.dashboard.panels[0]
        let effects = update(&state, .tick(moment + .seconds(12), utcOffset: .zero))
        #expect(effects.asked.contains(panel.id))
        fail(effects, Self.refused, in: &state)
        let data = state.shownData(of: panel)
        #expect(!data.isEmpty)
        #expect(data.staleFor == .seconds(12))
        #expect(data.failure == "http://prometheus.example:9090: connection refused")
        let lines = render(state).plainText.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0].contains("○ stale 12s"))
        #expect(lines[0].contains("✗ prometheus.example:9090 unreachable"))
        #expect(lines.dropLast().last == " http://prometheus.example:9090: connection refused")
        #expect(lines[1].contains("CPU busy"))
        #expect(lines[1].contains("✗"))
        #expect(lines[1].contains("stale 12 s"))

        // Back again: the marks go with the answer.
        Scene.answer(update(&state, .tick(moment + .seconds(18), utcOffset: .zero)), in: &state)
        #expect(state.shownData(of: panel).staleFor == nil)
        #expect(state.shownData(of: panel).failure == nil)
        #expect(render(state).plainText.contains("● live"))
        #expect(state.message == nil)
    }

    @Test("a picture of another range or of other variables does not stand for the one that is missing")
    func otherPicture() {
        var state = overServer()
        fail(press(&state, .character("-")), Self.refused, in: &state)
        #expect(state.shownData(of: Scene.dashboard.panels[0]).isEmpty)
        #expect(state.panels[1]?.data?.failure == "http://prometheus.example:9090: connection refused")
    }

    @Test("a server that hangs is not called live, once a refresh was missed")
    func hanging() {
        var state = overServer()
        // Asked at five seconds; the refresh is five seconds as well.
        #expect(!update(&state, .tick(moment + .seconds(5), utcOffset: .zero)).asked.isEmpty)
        _ = update(&state, .tick(moment + Milliseconds(9_999), utcOffset: .zero))
        #expect(render(state).plainText.contains("● live"))
        _ = update(&state, .tick(moment + .seconds(10), utcOffset: .zero))
        let text = render(state).plainText
        #expect(text.contains("○ stale 10s"))
        #expect(text.contains("… prometheus.example:9090 does not answer"))
        #expect(state.shownData(of: Scene.dashboard.panels[0]).staleFor == .seconds(10))
    }

    @Test("a question that takes too long is its panel's matter while the server answers others")
    func slowQuestion() {
        var state = overServer()
        let asked = update(&state, .tick(moment + .seconds(6), utcOffset: .zero))
        _ = update(&state, .tick(moment + .seconds(8), utcOffset: .zero))
        Scene.answer(asked.filter { [$0].asked != [1] }, in: &state)
        let tooLong = QueryFailure(.timeout, "http://prometheus.example:9090: no answer within 30 s")
        fail(asked.filter { [$0].asked == [1] }, tooLong, in: &state)
        #expect(render(state).plainText.contains("● live"))
        #expect(state.shownData(of: Scene.dashboard.panels[0]).failure == tooLong.message)
        #expect(state.message == nil)
    }

    @Test("a server that never answered has no age")
    func neverAnswered() {
        var state = Scene.state()
        state.take(SessionLoop.Source(name: "a:9090", scrapeInterval: .seconds(15)))
        fail(
            update(&state, .tick(moment, utcOffset: .zero)),
            QueryFailure(.timeout, "http://a:9090: no answer within 30 s"),
            in: &state)
        let text = render(state).plainText
        #expect(text.contains("○ no answer"))
        #expect(text.contains("… a:9090 does not answer"))
        #expect(text.contains("no answer within 30 s"))
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
