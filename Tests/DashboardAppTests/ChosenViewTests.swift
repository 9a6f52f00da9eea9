// Orders and filters that the reader chooses for one panel: legends, tables, clicks on both.

import Dashboards
import Frames
import MetricModel
import Panels
import Querying
import Testing

@testable import DashboardApp

@Suite("Chosen views")
struct ChosenViewTests {
    /// Series with levels of their own: `web` falls from 9 to 1, `db` stands at 5, `Cache` rises from 0 to 8.
    private static func levels(_ question: PanelQuestion) -> PanelAnswers {
        var answers: PanelAnswers = [:]
        for query in question.queries {
            guard case .range(let request) = query.request else {
                answers[query.refID] = .success(
                    QueryResult(
                        value: .vector(
                            [("web", 2.0), ("db", 30), ("Cache", 7)].map { name, value in
                                VectorElement(labels: ["job": name], timestamp: moment, value: .float(value))
                            })))
                continue
            }
            let times = (0..<request.grid.count).map { request.grid.timestamp($0) }
            func values(_ from: Double, _ to: Double) -> [Double] {
                times.indices.map { from + (to - from) * Double($0) / Double(max(1, times.count - 1)) }
            }
            answers[query.refID] = .success(
                QueryResult(
                    value: .matrix([
                        Series(labels: ["job": "web"], timestamps: times, samples: .floats(values(9, 1))),
                        Series(labels: ["job": "db"], timestamps: times, samples: .floats(values(5, 5))),
                        Series(labels: ["job": "Cache"], timestamps: times, samples: .floats(values(0, 8))),
                    ])))
        }
        return answers
    }

    private static var dashboard: Dashboard {
        var graph = Scene.panel(1, .timeSeries(TimeSeriesOptions()), "Load", 0, 0, 24, 10, "load")
        graph.targets[0].legendFormat = "{{job}}"
        var table = Scene.panel(2, .table(TableOptions()), "Jobs", 0, 10, 24, 10, "jobs")
        table.targets[0].isInstant = true
        table.targets[0].isTable = true
        var dashboard = Dashboard(title: "Jobs", panels: [graph, table])
        dashboard.timeFrom = "now-15m"
        return dashboard
    }

    private static func started(fullScreen: Int? = nil, width: Int = 100, height: Int = 30) -> AppState {
        var state = Scene.state(width: width, height: height, dashboard: dashboard)
        take(update(&state, .tick(moment, utcOffset: .zero)), &state)
        state.fullScreen = fullScreen
        state.focus = fullScreen ?? 1
        take(state.questions(), &state)
        return state
    }

    private static func take(_ effects: [Effect], _ state: inout AppState) {
        for question in effects.questions {
            _ = update(
                &state,
                .answered(panel: question.panel, generation: question.generation, answers: levels(question)))
        }
    }

    private static func lines(_ state: AppState) -> [String] {
        render(state).plainText.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// The names of the legend's series in their order.
    private static func legend(_ state: AppState) -> [String] {
        let line = lines(state).last { $0.contains("■") } ?? ""
        return line.split(separator: "■").dropFirst().map { String($0.split(separator: " ").first ?? "") }
    }

    /// The first words of the table's rows.
    private static func rows(_ state: AppState) -> [String] {
        lines(state).compactMap { line in
            line.split(separator: " ").first { ["web", "db", "Cache"].contains($0) }.map(String.init)
        }
    }

    private static func type(_ text: String, _ state: inout AppState) {
        for character in text { press(&state, .character(character)) }
    }

    // MARK: Legends

    @Test("s goes through last, max, mean, name and the panel's own order; S turns each round")
    func sorting() {
        var state = Self.started(fullScreen: 1)
        #expect(Self.legend(state) == ["web", "db", "Cache"])
        var orders: [[String]] = []
        var turned: [[String]] = []
        var words: [String?] = []
        for _ in 0..<4 {
            press(&state, "s")
            words.append(state.message?.text)
            orders.append(Self.legend(state))
            press(&state, "S")
            turned.append(Self.legend(state))
            press(&state, "S")
        }
        #expect(
            orders == [
                ["Cache", "db", "web"], ["web", "Cache", "db"], ["web", "db", "Cache"], ["Cache", "db", "web"],
            ])
        #expect(
            turned == orders.map { Array($0.reversed()) }.enumerated().map { $0 == 2 ? ["Cache", "web", "db"] : $1 })
        #expect(
            words == [
                "legend by last, the greatest first", "legend by max, the greatest first",
                "legend by mean, the greatest first", "legend by name",
            ])
        press(&state, "s")
        #expect(Self.legend(state) == ["web", "db", "Cache"] && state.message?.text == "in the panel's own order")
        press(&state, "S")
        #expect(state.message?.text == "nothing is sorted; s sorts")
    }

    @Test("what is sorted by is among the legend's values")
    func shown() {
        var state = Self.started(fullScreen: 1)
        press(&state, "s", "s")
        #expect(Self.lines(state).contains { $0.contains("web 1.00 max 9.00") || $0.contains("web 1 max 9") })
    }

    @Test("with the crosshair the values at its moment are sorted, the greatest first")
    func crosshair() throws {
        var state = Self.started(fullScreen: 1)
        press(&state, "x")
        #expect(Self.legend(state) == ["Cache", "db", "web"])
        state.crosshair = moment - .minutes(14)
        #expect(Self.legend(state) == ["web", "db", "Cache"])
    }

    @Test("a click on a legend's entry leaves that series alone, again all are back; Control hides it")
    func clicks() throws {
        var state = Self.started()
        let lines = Self.lines(state)
        let y = try #require(lines.firstIndex { $0.contains("■") })
        let x = try #require(Array(lines[y]).firstIndex(of: "d"))
        func click(_ modifiers: Mouse.Modifiers = []) {
            _ = update(&state, .input(.mouse(Mouse(action: .press, x: x, y: y, modifiers: modifiers))))
            _ = update(&state, .input(.mouse(Mouse(action: .release, x: x, y: y, modifiers: modifiers))))
        }
        click()
        #expect(state.hiddenSeries[1] == ["web", "Cache"] && state.crosshair == nil)
        click()
        #expect(state.hiddenSeries[1] == nil)
        click(.control)
        #expect(state.hiddenSeries[1] == ["db"])
        click(.alt)
        #expect(state.hiddenSeries[1] == [])
    }

    // MARK: Filters

    @Test("/ on a full-screen graph filters its series as one types, in any case without capitals; Esc shows all")
    func filter() {
        var state = Self.started(fullScreen: 1)
        press(&state, "/")
        Self.type("^c|^d", &state)
        #expect(state.paintedHidden(1) == ["web"])
        #expect(Self.lines(state).contains { $0.contains(" /^c|^d 2 of 3 ") }, "\n\(render(state).plainText)")
        press(&state, .enter)
        #expect(state.message?.text == "2 of 3 series match" && state.prompt == nil)
        press(&state, "/")
        #expect(state.prompt?.text == "^c|^d")
        press(&state, .escape)
        #expect(state.views.isEmpty)
        press(&state, "/")
        Self.type("Web", &state)
        #expect(state.paintedHidden(1) == ["web", "db", "Cache"], "capitals are meant")
    }

    @Test("a pattern that cannot be read leaves the one before while it is typed, and is refused in the end")
    func brokenFilter() {
        var state = Self.started(fullScreen: 1)
        press(&state, "/")
        Self.type("db", &state)
        #expect(state.paintedHidden(1) == ["web", "Cache"])
        Self.type("(", &state)
        #expect(state.paintedHidden(1) == ["web", "Cache"])
        press(&state, .enter)
        #expect(state.message?.text == "`db(`: error parsing regexp: missing closing ): `(?i)db(`")
        #expect(state.views.isEmpty)
    }

    @Test(":filter does the same for the panel with the focus, alone it shows all; a shows all too")
    func command() {
        var state = Self.started()
        _ = state.run(command: "filter web|db")
        #expect(state.paintedHidden(1) == ["Cache"] && state.message?.text == "2 of 3 series match")
        _ = state.run(command: "filter")
        #expect(state.paintedHidden(1) == [])
        _ = state.run(command: "filter web")
        press(&state, "a")
        #expect(state.paintedHidden(1) == [])
    }

    // MARK: Tables

    @Test(
        "s sorts a table by the next column, numbers from the greatest; S turns it round; columns past the last: none")
    func tableSorting() {
        var state = Self.started(fullScreen: 2)
        #expect(Self.rows(state) == ["web", "db", "Cache"])
        var seen: [String: [String]] = [:]
        for _ in 0..<4 {
            press(&state, "s")
            if let column = state.views[2]?.tableOrder?.column { seen[column] = Self.rows(state) }
        }
        #expect(seen["job"] == ["Cache", "db", "web"])
        #expect(seen.filter { $0.key.hasPrefix("Value") }.map(\.value) == [["db", "Cache", "web"]])
        while state.views[2]?.tableOrder != nil { press(&state, "s") }
        #expect(Self.rows(state) == ["web", "db", "Cache"])
        press(&state, "s")
        let before = Self.rows(state)
        press(&state, "S")
        #expect(Self.rows(state) == before.reversed() || state.views[2]?.tableOrder?.column == "Time")
    }

    @Test("a click on a heading sorts by it, again the other way round")
    func headings() throws {
        var state = Self.started(fullScreen: 2)
        let lines = Self.lines(state)
        let y = try #require(lines.firstIndex { $0.contains("job") && !$0.contains("jobs") })
        let x = try #require(Array(lines[y]).firstIndex(of: "j"))
        _ = update(&state, .input(.mouse(Mouse(action: .press, x: x, y: y))))
        #expect(state.views[2]?.tableOrder == TableOrder("job", isDescending: false))
        #expect(Self.rows(state) == ["Cache", "db", "web"])
        _ = update(&state, .input(.mouse(Mouse(action: .press, x: x, y: y))))
        #expect(Self.rows(state) == ["web", "db", "Cache"])
    }

    @Test("/ on a full-screen table keeps the rows with all words; without one it says so")
    func tableFilter() {
        var state = Self.started(fullScreen: 2)
        press(&state, "/")
        Self.type("c 7", &state)
        #expect(Self.rows(state) == ["Cache"] && state.fullScreenRowCount == 1)
        Self.type("x", &state)
        #expect(render(state).plainText.contains("no row has `c 7x`"))
        press(&state, .backspace, .enter)
        #expect(state.message?.text == "1 of 3 rows match")
    }

    @Test("the renderer draws what was chosen, and another dashboard begins without it")
    func renderer() {
        var state = Self.started(fullScreen: 1)
        var renderer = Renderer()
        for key in ["s", "S", "/"] as [Key] {
            press(&state, key)
            #expect(renderer.render(state) == render(state))
        }
        Self.type("d", &state)
        #expect(renderer.render(state) == render(state))
        press(&state, .enter)
        state.visit(Scene.dashboard, time: state.time)
        #expect(state.views.isEmpty)
    }
}

extension AppState {
    /// Names of the series that are not painted, in their order.
    fileprivate func paintedHidden(_ id: Int) -> [String] {
        guard let placement = visiblePlacements.first(where: { $0.panel.id == id }), let data = panels[id]?.data else {
            return []
        }
        let hidden = paintContext(of: placement, data).hiddenSeries
        return data.seriesNames.enumerated().filter { hidden.contains($0.offset) }.map(\.element)
    }
}
