// Comparing with an earlier time: what is asked, when, and what is drawn and said of it.

import Dashboards
import Frames
import MetricModel
import Querying
import Testing

@testable import DashboardApp

@Suite("Comparison")
struct ComparisonTests {
    private static func top(_ state: AppState) -> String {
        String(render(state).plainText.prefix { $0 != "\n" })
    }

    /// The range of the only query of each question.
    private static func grids(_ effects: [Effect]) -> [StepGrid] {
        effects.questions.flatMap(\.queries).compactMap { query in
            guard case .range(let request) = query.request else { return nil }
            return request.grid
        }
    }

    @Test("c asks the graphs on the screen once more, each an hour earlier with the same steps, and nothing else")
    func asked() throws {
        var state = Scene.state(height: 16)
        let first = update(&state, .tick(moment, utcOffset: .zero))
        Scene.answer(first, in: &state)
        let effects = press(&state, "c")
        #expect(effects.asked == [3, 4].map { AppState.pastID(of: $0) })
        #expect(effects.questions.allSatisfy { !$0.wantsReasons })
        let present = Self.grids(first.questions.filter { $0.panel == 3 || $0.panel == 4 }.map { .query($0) })
        #expect(
            Self.grids(effects)
                == present.map {
                    StepGrid(start: $0.start - .hours(1), end: $0.end - .hours(1), step: $0.step)
                })
        Scene.answer(effects, in: &state)
        #expect(update(&state, .tick(moment + .seconds(1), utcOffset: .zero)).asked == [])
        let later = update(&state, .tick(moment + .seconds(30), utcOffset: .zero))
        #expect(later.asked == [1, 2, 3, 4, AppState.pastID(of: 3), AppState.pastID(of: 4)])
    }

    @Test("again: a day, a week, nothing; each is asked at once, and without it nothing of the past")
    func next() {
        var state = Scene.started(height: 16)
        var seen: [Milliseconds?] = []
        var asked: [Int] = []
        for _ in 0..<4 {
            let effects = press(&state, "c")
            asked.append(effects.asked.count)
            Scene.answer(effects, in: &state)
            seen.append(state.comparison)
        }
        #expect(seen == [.hours(1), .hours(24), .hours(168), nil])
        #expect(asked == [2, 2, 2, 0])
        #expect(update(&state, .tick(moment + .seconds(30), utcOffset: .zero)).asked == [1, 2, 3, 4])
    }

    @Test("samples stand over the moment they are compared with, under the same name and colour")
    func moved() throws {
        var state = Scene.started()
        Scene.answer(press(&state, "c"), in: &state)
        let panel = try #require(state.shown.panels.first { $0.id == 3 })
        let data = state.shownData(of: panel)
        guard case .fields(let fields) = data.content else { throw NoFields() }
        let past = try #require(data.past)
        #expect(past.words == "1h before")
        #expect(past.fields.map(\.timestamps) == fields.map(\.timestamps))
        // The wave repeats every four minutes: an hour before it was the same.
        #expect(past.fields.map(\.values) == fields.map(\.values))
        #expect(past.fields.map(\.labels) == fields.map(\.labels))
        let stat = try #require(state.shown.panels.first { $0.id == 1 })
        #expect(state.shownData(of: stat).past == nil)
    }
    struct NoFields: Error {}

    @Test("an answer to an older comparison is dropped")
    func late() throws {
        var state = Scene.started()
        let first = press(&state, "c")
        let second = press(&state, "c")
        Scene.answer(first, in: &state)
        let panel = try #require(state.shown.panels.first { $0.id == 3 })
        #expect(state.shownData(of: panel).past == nil)
        Scene.answer(second, in: &state)
        #expect(state.shownData(of: panel).past?.words == "1d before")
    }

    @Test("the top line says what is compared, and that there was nothing then")
    func header() {
        var state = Scene.started()
        let effects = press(&state, "c", "c")
        #expect(Self.top(state).contains("● live   vs 1d "))
        for question in effects.questions.suffix(3) {
            let nothing = question.queries.map { ($0.refID, Result<QueryResult, QueryFailure>.success(.nothing)) }
            _ = update(
                &state,
                .answered(
                    panel: question.panel, generation: question.generation,
                    answers: Dictionary(uniqueKeysWithValues: nothing)))
        }
        #expect(Self.top(state).contains("● live   no data 1d before"))
        #expect(!render(state).plainText.contains("no data\n"))
    }

    @Test("one entry for all of the past in a panel's legend; each by its name with the crosshair and full screen")
    func legends() {
        var state = Scene.started()
        Scene.answer(press(&state, "c"), in: &state)
        let compact = render(state).plainText
        #expect(compact.contains("┄ 1h before"))
        #expect(!compact.contains("{job=\"a\"} 1h before"))
        press(&state, .down, "x", .left)
        #expect(render(state).plainText.contains("┄ {job=\"a\"} 1h before 0.167"))
        press(&state, "x", .enter)
        #expect(render(state).plainText.contains("┄ {job=\"a\"} 1h before"))
    }

    @Test("what is hidden now is hidden then; the renderer draws the past as soon as it is there, and not after")
    func pictures() {
        var state = Scene.started()
        press(&state, .down)
        var renderer = Renderer()
        let before = renderer.render(state)
        Scene.answer(press(&state, "c"), in: &state)
        #expect(renderer.render(state) == render(state))
        press(&state, "1")
        #expect(renderer.render(state) == render(state))
        #expect(state.panels[3]?.data != nil)
        press(&state, "1", "c", "c", "c")
        #expect(renderer.render(state) == before)
    }

    @Test(
        ":compare takes lengths from a second to ten years, and off",
        arguments: [
            ("1s", Milliseconds.seconds(1)), ("3650d", .hours(24 * 3650)), ("2h30m", .minutes(150)), ("off", nil),
        ])
    func command(word: String, distance: Milliseconds?) {
        var state = Scene.started()
        press(&state, "c")
        _ = state.run(command: "compare " + word)
        #expect(state.comparison == distance && state.message == nil)
    }

    @Test("anything else is refused", arguments: ["0s", "999ms", "3651d", "-1h", "1x", "yesterday"])
    func refused(word: String) {
        var state = Scene.started()
        _ = state.run(command: "compare " + word)
        #expect(state.comparison == nil)
        #expect(state.message?.text == ":compare wants a length from 1s to 10y, such as 1d, or off")
    }

    @Test("a failure then leaves the picture of then that there was")
    func failed() throws {
        var state = Scene.started()
        Scene.answer(press(&state, "c"), in: &state)
        let effects = update(&state, .tick(moment + .seconds(30), utcOffset: .zero))
        for question in effects.questions where AppState.isPast(question.panel) {
            _ = update(
                &state,
                .answered(
                    panel: question.panel, generation: question.generation,
                    answers: ["A": .failure(QueryFailure(.execution, "too much"))]))
        }
        let panel = try #require(state.shown.panels.first { $0.id == 3 })
        #expect(state.shownData(of: panel).past?.fields.count == 1)
        #expect(state.shownData(of: panel).failure == nil)
    }
}

extension QueryResult {
    fileprivate static var nothing: QueryResult { QueryResult(value: .matrix([])) }
}
