// Explore: typing a query with proposals, what is asked and when, history, and what is said of a bad query.

import Dashboards
import Frames
import MetricModel
import Querying
import Testing

@testable import DashboardApp

@Suite("Explore")
struct ExploreTests {
    private static let metrics = [
        MetricEntry(name: "node_cpu_seconds_total", metadata: Metadata(kind: .counter, help: "Seconds by mode.")),
        MetricEntry(name: "node_cpu_guest_seconds_total", metadata: Metadata(kind: .counter)),
        MetricEntry(name: "up", metadata: nil),
    ]

    private static func opened(width: Int = 100, height: Int = 30) -> AppState {
        var state = Scene.started(width: width, height: height)
        state.explore.taken = state.panels[1]?.plan?.queries.first?.expression
        press(&state, "g", "e")
        press(&state, .control("u"))
        _ = update(&state, .metrics(.success(metrics)))
        return state
    }

    @discardableResult
    private func type(_ text: String, _ state: inout AppState) -> [Effect] {
        text.flatMap { press(&state, .character($0)) }
    }

    @Test("it opens with the query of the panel at hand, asks for the metrics, and its graph and table are asked")
    func opens() {
        var state = Scene.started()
        press(&state, .down)
        let effects = press(&state, "e")
        #expect(state.screen == .explore && state.explore.text == "rate(cpu[1m])")
        #expect(effects.asked == [ExploreState.graphID, ExploreState.tableID, ExploreState.treeID])
        #expect(
            effects.questions.flatMap(\.queries).map(\.expression)
                == ["rate(cpu[1m])", "rate(cpu[1m])", "rate(cpu[1m])", "count_over_time(cpu[1m])"])
        Scene.answer(effects, in: &state)
        let text = render(state).plainText
        #expect(text.contains(" Query ") && text.contains(" Graph ") && text.contains(" Newest values "))
        #expect(text.contains("1 series"))
        press(&state, .escape, .escape)
        #expect(state.screen == .dashboard && state.focus == 3)
    }

    @Test("metrics are proposed with type and help; Tab takes the first, an arrow and Enter another")
    func proposals() {
        var state = Self.opened()
        type("sum(rate(node_c", &state)
        #expect(state.explore.proposals.map(\.text) == ["node_cpu_seconds_total", "node_cpu_guest_seconds_total"])
        var text = render(state).plainText
        #expect(text.contains("node_cpu_seconds_total        counter"))
        #expect(text.contains("Seconds by mode."))
        press(&state, .tab)
        #expect(state.explore.text == "sum(rate(node_cpu_seconds_total")
        type("[", &state)
        #expect(state.explore.proposals.map(\.text) == ["1m", "5m", "15m", "1h"])
        press(&state, .down, .down, .enter)
        #expect(state.explore.text == "sum(rate(node_cpu_seconds_total[5m")
        #expect(state.explore.asked.isEmpty, "Enter took the proposal and asked nothing")
        text = render(state).plainText
        #expect(text.contains("… 1:"), "the query is not finished: \(text)")
    }

    @Test("behind the bracket of a rate counters are proposed first, of a delta gauges, of others what is short")
    func kinds() {
        let metrics = [
            ("net_up", Metadata.Kind.gauge), ("net_bytes_total", .counter), ("my_net", .gauge),
            ("a_net_total", .counter),
        ]
        func proposed(_ query: String) -> [String] {
            var explore = ExploreState()
            explore.set(query)
            explore.propose(metrics.map { MetricEntry(name: $0.0, metadata: Metadata(kind: $0.1)) })
            return explore.proposals.map(\.text)
        }
        #expect(proposed("rate(net") == ["net_bytes_total", "net_up", "a_net_total", "my_net"])
        #expect(proposed("sum(increase( net") == ["net_bytes_total", "net_up", "a_net_total", "my_net"])
        #expect(proposed("delta(net") == ["net_up", "net_bytes_total", "my_net", "a_net_total"])
        #expect(proposed("max(net") == ["net_up", "net_bytes_total", "my_net", "a_net_total"])
        #expect(proposed("net").first == "net_up")
    }

    @Test("functions are proposed with how they are called")
    func functions() {
        var state = Self.opened()
        type("histogram_q", &state)
        #expect(state.explore.proposals.map(\.text) == ["histogram_quantile(", "histogram_quantiles("])
        #expect(render(state).plainText.contains("histogram_quantile(scalar, instant vector)"))
        press(&state, .tab)
        #expect(state.explore.text == "histogram_quantile(")
    }

    @Test("labels and values are asked of the selector at hand, each once, and proposed when they come")
    func words() throws {
        var state = Self.opened()
        var effects = type("up{", &state)
        let labels = try #require(effects.wordQuestions.first)
        #expect(labels == ExploreState.WordQuestion(label: nil, selector: "{__name__=\"up\"}"))
        #expect(effects.wordQuestions.count == 1)
        _ = update(&state, .words(["instance", "job"], of: labels))
        #expect(state.explore.proposals.map(\.text) == ["instance", "job"])
        press(&state, .down, .down, .tab)
        effects = type("=\"", &state)
        let values = try #require(effects.wordQuestions.first)
        #expect(values == ExploreState.WordQuestion(label: "job", selector: "{__name__=\"up\"}"))
        _ = update(&state, .words(["node", "a\"b"], of: values))
        #expect(state.explore.proposals.map(\.text) == ["node", "a\\\"b"])
        type("a", &state)
        press(&state, .tab)
        #expect(state.explore.text == "up{job=\"a\\\"b")
    }

    @Test("Enter asks; the same query is not asked again by typing; what is asked stays while one edits")
    func asks() {
        var state = Self.opened()
        #expect(type("up", &state).asked.isEmpty)
        press(&state, .escape)
        press(&state, "e")
        let effects = press(&state, .enter)
        #expect(effects.asked == [ExploreState.graphID, ExploreState.tableID])
        #expect(type(" > 0", &state).asked.isEmpty)
        #expect(state.explore.asked == "up")
        #expect(render(state).plainText.contains("Enter runs it"))
    }

    @Test("earlier queries come back by the arrows, and what was typed after them")
    func history() {
        var state = Self.opened()
        for query in ["a", "b", "a"] {
            press(&state, .control("u"))
            type(query, &state)
            press(&state, .escape)
            press(&state, "e")
            press(&state, .enter)
        }
        #expect(state.explore.history == ["b", "a"], "each once, the newest last")
        press(&state, .control("u"))
        type("draft", &state)
        press(&state, .up)
        #expect(state.explore.text == "a")
        press(&state, .up, .up, .up)
        #expect(state.explore.text == "b")
        press(&state, .down, .down)
        #expect(state.explore.text == "draft")
    }

    @Test("the line is edited as a shell's is")
    func editing() {
        var state = Self.opened()
        func text(_ keys: Key...) -> String {
            for key in keys { press(&state, key) }
            return state.explore.text
        }
        type("sum(日本)", &state)
        #expect(text(.left, .backspace) == "sum(日)")
        #expect(text(.home, .delete) == "um(日)")
        #expect(text(.end, .control("w")) == "um(日")
        #expect(text(.control("w"), .control("w")) == "um")
        #expect(text(.control("a"), .control("k")) == "")
        #expect(text(.backspace, .delete, .control("w"), .left, .right) == "")
        _ = update(&state, .input(.paste("sum by (job) (\n  rate(x[5m])\n)\u{1b}")))
        #expect(state.explore.text == "sum by (job) (   rate(x[5m]) )")
        _ = update(&state, .input(.paste(String(repeating: "x", count: 30_000))))
        #expect(state.explore.text.count == 30, "a text over the limit is not taken")
    }

    @Test("marks that join the character before them, and everything after them, are edited without a trap")
    func combining() {
        var state = Self.opened()
        for keys in [
            ["\u{301}", "a"], ["e", "\u{301}", "x"], ["🇩", "🇪", "🇩"], ["\u{1100}", "\u{1161}", "\u{11a8}"],
            ["👨", "\u{200d}", "👩"],
        ] as [[Character]] {
            for key in keys { press(&state, .character(key)) }
            #expect(state.explore.cursor == state.explore.text.count)
            press(&state, .backspace, .control("w"), .left, .left, .delete, .end, .control("w"), .backspace)
            press(&state, .home, .character("\u{301}"), .right, .delete, .control("k"), .control("u"))
            #expect(state.explore.cursor <= state.explore.text.count)
            _ = render(state)
        }
    }

    @Test("outside the editor keys leave the dashboard behind as it is")
    func hiddenDashboard() {
        var state = Self.opened()
        press(&state, .escape)
        let (focus, scroll, tab) = (state.focus, state.scroll, state.activeTab)
        press(&state, "f", "v", "o", .down, .tab, .pageDown, ">", "d", "E")
        #expect(state.fullScreen == nil && state.picker == nil && state.chooser == nil)
        #expect(state.focus == focus && state.scroll == scroll && state.activeTab == tab)
        #expect(state.toggledRows.isEmpty && state.screen == .explore)
    }

    @Test("words that did not come are asked for again after some seconds")
    func failedWords() throws {
        var state = Self.opened()
        let question = try #require(type("up{", &state).wordQuestions.first)
        _ = update(&state, .words(nil, of: question))
        #expect(press(&state, .left, .right).wordQuestions.isEmpty)
        #expect(update(&state, .tick(moment + .seconds(5), utcOffset: .zero)).wordQuestions == [question])
    }

    @Test("a query that does not parse says where and why, in the line beneath")
    func badQuery() {
        var state = Self.opened()
        type("rat(up[5m])", &state)
        let line = render(state).plainText.split(separator: "\n").first { $0.contains("✗") } ?? ""
        #expect(line.contains("✗ 1:1: unknown function `rat` (did you mean `rate`?)"), "\(line)")
    }

    @Test("it is drawn at every size, whatever is typed")
    func sizes() {
        for width in [0, 5, 12, 20, 24, 40, 400] {
            for height in [0, 3, 5, 6, 8, 12, 120] {
                var state = Self.opened(width: width, height: height)
                type("sum(no", &state)
                press(&state, .down)
                #expect(render(state).size == Size(width: width, height: height))
                _ = update(&state, .input(.paste(String(repeating: "日\"", count: 500))))
                press(&state, .home)
                #expect(render(state).size == Size(width: width, height: height))
            }
        }
    }
}

extension [Effect] {
    fileprivate var wordQuestions: [ExploreState.WordQuestion] {
        compactMap { effect in
            if case .fetchWords(let question, _) = effect { question } else { nil }
        }
    }
}
