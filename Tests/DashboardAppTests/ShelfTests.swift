// Dashboards that come with the program: listed behind the loaded ones, read when chosen; and what is said of one over data
// that it was not made for.

import Dashboards
import MetricModel
import Querying
import Testing

@testable import DashboardApp

@Suite("Shelved dashboards")
struct ShelfTests {
    private static let shelf = [
        ShelvedDashboard(name: "jvm", aliases: ["java"], summary: "Java machines: heap, collections, threads."),
        ShelvedDashboard(name: "kubernetes", summary: "A Kubernetes cluster."),
        ShelvedDashboard(name: "kubernetes-pod", summary: "A Kubernetes pod."),
    ]

    private static func state() -> AppState {
        var state = Scene.started()
        state.library = [Scene.dashboard]
        state.shelf = shelf
        return state
    }

    private static func unshelved(_ effects: [Effect]) -> String? {
        for case .unshelve(let one) in effects { return one.name }
        return nil
    }

    @Test("they stand behind the loaded ones, and are found by their names, aliases and summaries")
    func listed() {
        var state = Self.state()
        press(&state, "g", "d")
        #expect(state.picker?.items.map(\.text) == ["Host", "jvm", "kubernetes", "kubernetes-pod"])
        press(&state, "j", "a", "v", "a")
        #expect(state.picker?.matches.count == 1)
        #expect(Self.unshelved(press(&state, .enter)) == "jvm")
        #expect(state.picker == nil)
    }

    @Test("one that is chosen is read with its companions, shown, and no longer offered")
    func chosen() {
        var state = Self.state()
        press(&state, "g", "d")
        press(&state, "k", "u", "b")
        #expect(Self.unshelved(press(&state, .enter)) == "kubernetes")
        let found = ["kubernetes", "kubernetes-pod"].map {
            UnshelvedDashboard(name: $0, dashboard: Dashboard(uid: $0, title: "K " + $0))
        }
        _ = update(&state, .unshelved(.success(found)))
        #expect(state.document.title == "K kubernetes")
        #expect(state.shelf.map(\.name) == ["jvm"])
        press(&state, "g", "d")
        #expect(state.picker?.items.map(\.text) == ["Host", "K kubernetes", "K kubernetes-pod", "jvm"])
        press(&state, .escape)
        press(&state, .backspace)
        #expect(state.document.title == "Host")
    }

    @Test("beside an edited copy of the same uid the one that was chosen is shown, from either list")
    func copy() {
        var state = Self.state()
        state.library.append(Dashboard(uid: "jvm", title: "Edited"))
        _ = update(
            &state,
            .unshelved(.success([UnshelvedDashboard(name: "jvm", dashboard: Dashboard(uid: "jvm", title: "JVM"))])))
        #expect(state.document.title == "JVM" && state.shelf.map(\.name) == ["kubernetes", "kubernetes-pod"])
        press(&state, .backspace)
        for title in ["Edited", "JVM"] {
            press(&state, "g", "d")
            for letter in title { press(&state, .character(letter)) }
            press(&state, .enter)
            #expect(state.document.title == title)
        }
    }

    @Test("a list that is open stays right while others leave the shelf")
    func changed() {
        var state = Self.state()
        press(&state, "g", "d")
        state.shelf.removeFirst()
        press(&state, "k", "u", "b")
        #expect(Self.unshelved(press(&state, .enter)) == "kubernetes")
        press(&state, "g", "d")
        state.shelf = []
        press(&state, "k", "u", "b")
        #expect(Self.unshelved(press(&state, .enter)) == nil)
    }

    @Test("one that cannot be read says so and stays on the list")
    func failed() {
        var state = Self.state()
        _ = update(&state, .unshelved(.failure(QueryFailure(.notFound, "jvm: no shipped dashboard"))))
        #expect(state.message?.isError == true && state.shelf.count == 3 && state.document.title == "Host")
    }
}

@Suite("Missing metrics")
struct MissingMetricsTests {
    private static let words =
        "4 of 6 panels have no data: this target exports none of their metrics; :auto draws what there is"

    /// Every panel on the screen was answered with nothing, and told why.
    private static func answered(
        _ reason: String, scrapes: Int = 2, but others: [Int: String] = [:]
    ) -> (state: AppState, effects: [Effect]) {
        var state = Scene.state()
        var effects = update(&state, .tick(moment, utcOffset: .zero))
        for second in 0..<Int64(scrapes) {
            effects += update(&state, .targets([Scene.target("http://a", .up, scraped: moment + .seconds(second))]))
        }
        let empty: PanelAnswers = ["A": .success(QueryResult(value: .matrix([])))]
        var after: [Effect] = []
        for question in effects.questions {
            after += update(
                &state,
                .answered(
                    panel: question.panel, generation: question.generation, answers: empty,
                    explanations: ["A": others[question.panel] ?? reason]))
        }
        return (state, after)
    }

    private static func asksNames(_ effects: [Effect]) -> Bool {
        effects.contains { if case .fetchMetrics = $0 { true } else { false } }
    }

    private static func metrics(_ names: String...) -> AppEvent {
        .metrics(.success(names.map { MetricEntry(name: $0, metadata: nil) }))
    }

    @Test("when most panels have no metric the names are asked for once, and how many panels are without is said")
    func said() {
        var (state, effects) = Self.answered("no metric busy")
        #expect(Self.asksNames(effects))
        _ = update(&state, Self.metrics("up", "busy", "cpu"))
        #expect(state.message?.text == Self.words)
        #expect(state.log.last?.notice.text == Self.words)
        press(&state, .escape)
        #expect(state.message == nil)
        let later = update(&state, .tick(moment + .seconds(60), utcOffset: .zero))
        #expect(!Self.asksNames(later))
    }

    @Test("the words go when a panel that was without gets data")
    func gone() throws {
        var (state, _) = Self.answered("no metric busy")
        _ = update(&state, Self.metrics("up", "busy", "cpu"))
        let effects = update(&state, .tick(moment + .seconds(5), utcOffset: .zero))
        // Of panel 1 the metric is there: its data are no news.
        Scene.answer(effects.filter { [$0].questions.first?.panel == 1 }, in: &state)
        #expect(state.message?.text == Self.words)
        Scene.answer(effects.filter { [$0].questions.first?.panel == 2 }, in: &state)
        #expect(state.message == nil)
    }

    @Test("nothing is asked before the second scrape, or where panels are empty for other reasons")
    func quiet() {
        #expect(!Self.asksNames(Self.answered("no metric busy", scrapes: 1).effects))
        #expect(!Self.asksNames(Self.answered("there is data, but `x > 5` holds for none of it").effects))
    }

    @Test("panels whose metric ended before the range are not counted")
    func ended() {
        let ended = "no cpu here: its newest sample is 2h earlier"
        var (state, effects) = Self.answered("no metric busy", but: [2: ended])
        #expect(Self.asksNames(effects))
        _ = update(&state, Self.metrics("up", "busy", "cpu"))
        // Three of six.
        #expect(state.message == nil)
    }

    @Test("names that nobody asked for and that do not come are no error, those of the list of metrics are")
    func failed() {
        var (state, effects) = Self.answered("no metric busy")
        #expect(Self.asksNames(effects))
        let failure = AppEvent.metrics(.failure(QueryFailure(.timeout, "too long")))
        _ = update(&state, failure)
        #expect(state.message == nil && state.log.isEmpty)
        effects = press(&state, "g", "m")
        effects += update(&state, .tick(moment + .seconds(60), utcOffset: .zero))
        #expect(Self.asksNames(effects))
        _ = update(&state, failure)
        #expect(state.message?.isError == true)
    }

    @Test("half of the panels is not most of them, and a list of names that was cut tells nothing")
    func limits() {
        var (state, _) = Self.answered("no metric busy")
        _ = update(&state, Self.metrics("busy", "cpu", "load"))
        #expect(state.message == nil)
        var (cut, _) = Self.answered("no metric busy")
        _ = update(
            &cut, .metrics(.success((0..<AppState.metricsMost).map { MetricEntry(name: "n\($0)", metadata: nil) })))
        #expect(cut.message == nil)
    }

    @Test(
        "a query has none when every metric it names is absent",
        arguments: [
            ("a / b", true), ("a or up", false), ("rate(a[1m]) + 1", true), (#"{job="x"}"#, false), ("1", false),
            ("nonsense(", false), (#"{__name__=~"a|b"}"#, true), (#"{a="b",__name__!~"u.*|c"}"#, false),
            (#"rate({__name__=~"u.+"}[1m])"#, false),
        ])
    func none(query: String, isWithout: Bool) {
        #expect(AppState.hasNone(query, of: ["up", "c"]) == isWithout)
    }
}
