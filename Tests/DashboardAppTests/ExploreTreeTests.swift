// The tree of a query: its nodes and their words, what is asked for them and when, their results on the screen.

import Dashboards
import Frames
import MetricModel
import PromQLSyntax
import Querying
import Testing

@testable import DashboardApp

@Suite("Explore's tree")
struct ExploreTreeTests {
    private static func tree(_ text: String) throws -> ExpressionTree {
        ExpressionTree(try Expression(parsing: text), text: text)
    }

    @Test(
        "each node says what it adds; literals and parentheses stand within it",
        arguments: [
            ("up", ["up"]),
            ("sum by (mode) (rate(cpu[5m]))", ["sum by (mode)", "rate", "cpu[5m]"]),
            ("topk(3, up)", ["topk(3, …)", "up"]),
            (
                "histogram_quantile(0.9, sum without (pod) (b))",
                ["histogram_quantile(0.9, …)", "sum without (pod)", "b"]
            ),
            ("(a + b) / on (job) group_left () c > 0.5", ["> 0.5", "/ on (job) group_left ()", "+", "a", "b", "c"]),
            ("2 * a", ["2 *", "a"]), ("-a", ["-", "a"]), ("sum(a)[10m:1m]", ["[10m:1m]", "sum", "a"]),
            ("vector(1)", ["vector(1)"]), ("time()", ["time"]),
            ("label_replace(a, \"x\", \"$1\", \"y\", \"(.*)\")", [#"label_replace(…, "x", "$1", "y", "(.*)")"#, "a"]),
            ("count_values(\"v\", a)", ["count_values(\"v\", …)", "a"]),
        ])
    func words(text: String, words: [String]) throws {
        #expect(try Self.tree(text).nodes.map(\.words) == words)
    }

    @Test("sub-expressions are those of the text, with their place in the tree")
    func queries() throws {
        let tree = try Self.tree("sum(a)\n  / (b\n + c)")
        #expect(tree.nodes.map(\.query) == ["sum(a)\n  / (b\n + c)", "sum(a)", "a", "b\n + c", "b", "c"])
        #expect(tree.nodes.map(\.lastOnWay) == [[], [false], [false, true], [true], [true, false], [true, true]])
    }

    @Test("blanks within quotes stay in what is asked; of ranges the samples are counted where they are")
    func asked() throws {
        let quoted = try Self.tree("sum(up{job=\"a  b\"})")
        #expect(quoted.nodes.map(\.query) == ["sum(up{job=\"a  b\"})", "up{job=\"a  b\"}"])
        let ranges = try Self.tree("max_over_time(rate(a[5m])[1h:1m])")
        #expect(
            ranges.nodes.map(\.asked) == [
                "max_over_time(rate(a[5m])[1h:1m])", "count_over_time(rate(a[5m])[1h:1m])", "rate(a[5m])",
                "count_over_time(a[5m])",
            ])
        #expect(ranges.nodes.map(\.isRange) == [false, true, false, true])
        #expect(try Self.tree("rate(a[5m] smoothed)").nodes.last?.asked == "a[5m] smoothed")
    }

    @Test("what was found of another time is taken away at once; a server is asked every thirty seconds")
    func views() throws {
        var state = Self.explored("sum(up)")
        let question = try #require(Self.treeQuestion(update(&state, .tick(moment, utcOffset: .zero))))
        _ = update(
            &state,
            .answered(
                panel: question.panel, generation: question.generation,
                answers: Scene.answers(question.queries, value: 3)))
        #expect(state.explore.tree.results.count == 2)
        let again = press(&state, "[")
        #expect(state.explore.tree.results.isEmpty && Self.treeQuestion(again) != nil)
        var remote = Self.explored("sum(up)")
        remote.sourceName = "prometheus"
        let first = try #require(Self.treeQuestion(update(&remote, .tick(moment, utcOffset: .zero))))
        _ = update(
            &remote,
            .answered(
                panel: first.panel, generation: first.generation, answers: Scene.answers(first.queries, value: 3)))
        #expect(Self.treeQuestion(update(&remote, .tick(moment + Milliseconds(29_999), utcOffset: .zero))) == nil)
        #expect(Self.treeQuestion(update(&remote, .tick(moment + .seconds(30), utcOffset: .zero))) != nil)
    }

    @Test(
        "a query of several lines is one: a comment ends with its line, quotes keep their signs",
        arguments: [
            ("up\nunless\nfoo", "up unless foo"), ("sum(a) # total\n/ sum(b)", "sum(a)  / sum(b)"),
            ("a{b=\"x # y\"}\n# c", "a{b=\"x # y\"} "), ("a{b='\\'# '} #\n+ 1", "a{b='\\'# '}  + 1"),
            ("a # one line", "a # one line"),
            ("a\r\nb", "a b"),
        ])
    func lines(text: String, line: String) {
        var explore = ExploreState()
        explore.set(text)
        #expect(explore.text == line)
        var inserted = ExploreState()
        inserted.insert(text)
        #expect(inserted.text == line)
    }

    @Test("no more than forty parts")
    func bound() throws {
        let wide = try Self.tree((0..<30).map { "m\($0)" }.joined(separator: " + "))
        #expect(wide.nodes.count == 40 && wide.isCut)
        let fitting = try Self.tree((0..<20).map { "m\($0)" }.joined(separator: " + "))
        #expect(fitting.nodes.count == 39 && !fitting.isCut)
    }

    private static func explored(_ query: String, width: Int = 120, height: Int = 40) -> AppState {
        var state = Scene.started(width: width, height: height)
        state.explore(query)
        return state
    }

    private static func treeQuestion(_ effects: [Effect]) -> PanelQuestion? {
        effects.questions.first { $0.panel == ExploreState.treeID }
    }

    @Test("one instant query a node, at the end of the range; again after five seconds, not before")
    func asks() throws {
        var state = Self.explored("sum(rate(cpu[5m]))")
        let question = try #require(Self.treeQuestion(update(&state, .tick(moment, utcOffset: .zero))))
        #expect(
            question.queries.map(\.expression) == ["sum(rate(cpu[5m]))", "rate(cpu[5m])", "count_over_time(cpu[5m])"])
        for query in question.queries {
            guard case .instant(let request) = query.request else {
                Issue.record("a range is asked")
                return
            }
            #expect(request.time == moment)
        }
        _ = update(
            &state,
            .answered(
                panel: question.panel, generation: question.generation,
                answers: Scene.answers(question.queries, value: 3)))
        #expect(Self.treeQuestion(update(&state, .tick(moment + Milliseconds(4999), utcOffset: .zero))) == nil)
        #expect(Self.treeQuestion(update(&state, .tick(moment + .seconds(5), utcOffset: .zero))) != nil)
        // The last one is still under way.
        #expect(Self.treeQuestion(update(&state, .tick(moment + .seconds(11), utcOffset: .zero))) == nil)
    }

    @Test("nothing is asked for a query without parts, with a mistake, or on another screen")
    func asksNothing() {
        for query in ["up", "sum(", ""] {
            var state = Self.explored(query)
            #expect(Self.treeQuestion(update(&state, .tick(moment, utcOffset: .zero))) == nil, "\(query)")
        }
        var state = Self.explored("sum(up)")
        state.show(.dashboard)
        #expect(Self.treeQuestion(update(&state, .tick(moment, utcOffset: .zero))) == nil)
    }

    @Test(
        "results stand beside their nodes: series, samples, the one value, the time taken, what is empty, what failed")
    func results() throws {
        var state = Self.explored("sum(rate(cpu[5m])) + count(gone)")
        let question = try #require(Self.treeQuestion(update(&state, .tick(moment, utcOffset: .zero))))
        var answers: PanelAnswers = [:]
        answers["0"] = .failure(QueryFailure(.execution, "no partner"))
        answers["1"] = .success(
            QueryResult(value: .vector([VectorElement(labels: .empty, timestamp: moment, value: .float(1536))])))
        answers["2"] = .success(
            QueryResult(
                value: .vector(
                    (0..<2).map { VectorElement(labels: ["cpu": "\($0)"], timestamp: moment, value: .float(1)) })))
        answers["3"] = .success(
            QueryResult(
                value: .vector([VectorElement(labels: ["cpu": "0"], timestamp: moment, value: .float(2))])))
        answers["5"] = .success(QueryResult(value: .vector([])))
        _ = update(
            &state,
            .answered(
                panel: question.panel, generation: question.generation, answers: answers,
                took: ["1": Milliseconds(12), "2": .zero]))
        let rows = render(state).plainText.split(separator: "\n").map(String.init)
        let tree = rows.drop { !$0.contains(" Tree ") }.dropFirst().prefix(6).map { $0.prefix(48) }
        #expect(
            tree.map { $0.split(separator: " ").joined(separator: " ") } == [
                "│ + ✗ no partner", "│ ├─ sum 1 series = 1.54 K 12 ms", "│ │ └─ rate 2 series <1 ms",
                "│ │ └─ cpu[5m] 1 series 2 samples", "│ └─ count", "│ └─ gone 0 series",
            ])
    }

    @Test("an answer to an earlier question, or to another query, is dropped")
    func late() throws {
        var state = Self.explored("sum(up)")
        let first = try #require(Self.treeQuestion(update(&state, .tick(moment, utcOffset: .zero))))
        state.explore("max(up)")
        _ = update(&state, .tick(moment, utcOffset: .zero))
        _ = update(
            &state,
            .answered(
                panel: first.panel, generation: first.generation, answers: Scene.answers(first.queries, value: 3)))
        #expect(state.explore.tree.results.isEmpty)
    }

    @Test("arrows choose a part, Enter explores it; the whole query is in the history")
    func walks() {
        var state = Self.explored("sum(rate(cpu[5m]))")
        press(&state, .down, .down, .down, .down, .up)
        #expect(state.explore.tree.selected == 1)
        press(&state, .enter)
        #expect(state.explore.asked == "rate(cpu[5m])" && state.explore.history.last == "rate(cpu[5m])")
        #expect(state.explore.history.contains("sum(rate(cpu[5m]))"))
        #expect(!state.explore.isEditing && state.explore.tree.tree?.nodes.count == 2)
        press(&state, .enter)
        #expect(state.explore.isEditing)
    }

    @Test("newest values that do not fit are turned over by pages, as far as there are any")
    func pages() {
        var state = Self.explored("up", width: 80, height: 24)
        let effects = update(&state, .tick(moment, utcOffset: .zero))
        for question in effects.questions where question.panel == ExploreState.tableID {
            let elements = (10..<40).map {
                VectorElement(labels: ["n": "s\($0)"], timestamp: moment, value: .float(1))
            }
            let answer = PanelAnswers(
                uniqueKeysWithValues: question.queries.map {
                    ($0.refID, .success(QueryResult(value: .vector(elements))))
                })
            _ = update(
                &state, .answered(panel: question.panel, generation: question.generation, answers: answer))
        }
        #expect(render(state).plainText.contains("s10") && !render(state).plainText.contains("s39"))
        for _ in 0..<20 { press(&state, .pageDown) }
        #expect(render(state).plainText.contains("s39") && !render(state).plainText.contains("s10"))
        press(&state, .home)
        #expect(render(state).plainText.contains("s10"))
        press(&state, .end, .pageUp, .pageUp, .pageUp, .pageUp, .pageUp, .pageUp, .pageUp, .pageUp, .pageUp, .pageUp)
        #expect(render(state).plainText.contains("s10"))
    }

    @Test("on a narrow screen Tab changes the values for the tree and back")
    func narrow() {
        var state = Self.explored("sum(up)", width: 80, height: 24)
        func titles() -> [Bool] {
            let text = render(state).plainText
            return [text.contains(" Tree "), text.contains(" Newest values "), text.contains(" Graph ")]
        }
        #expect(titles() == [false, true, true])
        press(&state, .tab)
        #expect(titles() == [true, false, true])
        press(&state, .tab)
        #expect(titles() == [false, true, true])
        #expect(render(state).plainText.contains("Tab tree"))
    }

    @Test("earlier queries are those that begin like what is typed; those of another run come first")
    func history() {
        var state = Scene.started()
        state.explore.begin(with: ["rate(a[1m])", "up", "rate(b[1m])", ""])
        state.explore.set("rate")
        #expect(state.explore.history == ["rate(a[1m])", "up", "rate(b[1m])"])
        func walk(_ step: Int) -> String {
            state.explore.walkHistory(by: step)
            return state.explore.text
        }
        #expect(walk(-1) == "rate(b[1m])")
        #expect(walk(-1) == "rate(a[1m])")
        #expect(walk(-1) == "rate(a[1m])")
        #expect(walk(1) == "rate(b[1m])")
        #expect(walk(1) == "rate")
        state.explore.set("")
        #expect(walk(-1) == "rate(b[1m])")
        #expect(walk(-1) == "up")
    }

    @Test("each query that is run is given away once, to be kept for later runs")
    func remembers() {
        var state = Scene.started()
        state.explore("sum(up)")
        func kept(_ effects: [Effect]) -> [String] {
            effects.compactMap { if case .remember(let query) = $0 { query } else { nil } }
        }
        #expect(kept(update(&state, .tick(moment, utcOffset: .zero))) == ["sum(up)"])
        #expect(kept(update(&state, .tick(moment, utcOffset: .zero))) == [])
    }

    @Test("a query with wide characters is broken between them, and the cursor stands after the last")
    func wide() {
        var state = Scene.started(width: 24, height: 30)
        state.explore.set("{a=\"漢字漢字漢字漢字漢字\"}")
        state.show(.explore)
        let rows = render(state).plainText.split(separator: "\n").map(String.init)
        let box = rows.drop { !$0.contains(" Query ") }.dropFirst().prefix(2)
        #expect(Array(box) == ["│ {a=\"漢字漢字漢字漢字 │", "│ 漢字\"}               │"])
    }
}
