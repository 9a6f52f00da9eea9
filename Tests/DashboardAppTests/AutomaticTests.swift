// `:auto` and `:write`: what is asked, what stays in its place, what is written and refused.

import AutomaticDashboards
import Dashboards
import Frames
import MetricModel
import Querying
import Synchronization
import Testing

@testable import DashboardApp

@Suite("Automatic dashboards on the screen")
struct AutomaticTests {
    /// Of counters called `shop_NUMBER_total`, and of as many of `GROUP_NUMBER_total` in a row of their own.
    private static func made(_ groups: [String]) -> Dashboard {
        let elements = groups.flatMap { group in
            (0..<8).flatMap { number in
                ["a", "b"].map { device in
                    VectorElement(
                        labels: ["__name__": "\(group)_n\(number)_total", "device": device], timestamp: moment,
                        value: .float(1))
                }
            }
        }
        return AutomaticDashboard(title: "shop:1", survey: MetricSurvey(elements, metadata: [:])).dashboard()
    }

    private func isMaking(_ effects: [Effect]) -> Bool {
        effects.contains { if case .makeAutomatic = $0 { true } else { false } }
    }

    @Test("from another dashboard it is visited, and there is a way back; one question at a time")
    func visited() {
        var state = Scene.started()
        #expect(isMaking(state.run(command: "auto")))
        #expect(!isMaking(state.run(command: "auto")))
        _ = update(&state, .automatic(.success(Self.made(["shop"]))))
        #expect(state.document.title == "shop:1")
        #expect(state.library.map(\.title) == ["shop:1"])
        press(&state, .backspace)
        #expect(state.document.title == "Host")
        #expect(isMaking(state.run(command: "auto")))
        _ = update(&state, .automatic(.failure(QueryFailure(.timeout, "too slow"))))
        #expect(state.message?.text == "too slow")
        #expect(state.document.title == "Host")
    }

    @Test("made anew it keeps the place: opened rows, focus, time, scroll; and takes in what came")
    func renewed() throws {
        var state = Scene.started(dashboard: Self.made(["shop", "store"]))
        let rows = state.document.panels.filter(\.isRow)
        #expect(rows.map(\.title) == ["Shop", "Store"])
        #expect(rows.map(\.kind.isCollapsedRow) == [false, true])
        state.toggledRows = Set(rows.map(\.id))
        let focused = try #require(state.placements.last { !$0.panel.isRow })
        state.focus = focused.panel.id
        state.time = TimeView(length: .minutes(7))
        state.scroll = 3
        _ = state.run(command: "auto")
        let effects = update(&state, .automatic(.success(Self.made(["shop", "store", "basket"]))))
        #expect(state.visits.isEmpty)
        let shown: [(String, Bool)] = state.placements.filter { $0.panel.isRow }.map {
            ($0.panel.title, $0.panel.kind.isCollapsedRow)
        }
        #expect(shown.map(\.0).contains("Basket"))
        #expect(shown.first { $0.0 == "Shop" }?.1 == true)
        #expect(shown.first { $0.0 == "Store" }?.1 == false)
        #expect(state.focus.flatMap { state.panel($0) }?.title == focused.panel.title)
        #expect(state.time == TimeView(length: .minutes(7)))
        #expect(state.scroll == 3)
        #expect(!effects.questions.isEmpty)
    }

    @Test("metrics that came since are told of once; nothing changes by itself")
    func newMetrics() {
        var state = Scene.state(dashboard: Self.made(["shop"]))
        var effects = update(&state, .tick(moment, utcOffset: .zero))
        func isFetching(_ effects: [Effect]) -> Bool {
            effects.contains { if case .fetchMetrics = $0 { true } else { false } }
        }
        #expect(!isFetching(effects), "before the first scrape there is nothing to find")
        effects = update(&state, .targets([Scene.target("http://a/", .up, scraped: moment)]))
        #expect(isFetching(effects))
        func entries(_ names: String...) -> [MetricEntry] { names.map { MetricEntry(name: $0, metadata: nil) } }
        _ = update(&state, .metrics(.success(entries("a", "b"))))
        #expect(state.message == nil)
        #expect(!isFetching(update(&state, .tick(moment + .seconds(14), utcOffset: .zero))))
        #expect(isFetching(update(&state, .tick(moment + .seconds(15), utcOffset: .zero))))
        let titles = state.document.panels.map(\.title)
        _ = update(&state, .metrics(.success(entries("a", "b", "c"))))
        #expect(state.message?.text == "1 new metric; :auto makes the dashboard anew")
        #expect(state.document.panels.map(\.title) == titles)
        state.message = nil
        _ = update(&state, .metrics(.success(entries("a", "b", "c"))))
        #expect(state.message == nil)
        _ = update(&state, .metrics(.success(entries("a", "c", "d", "e"))))
        #expect(state.message?.text == "2 new metrics; :auto makes the dashboard anew")
    }

    @Test("no other dashboard and no server is looked at for new metrics")
    func otherDashboards() {
        for (dashboard, source) in [(Scene.dashboard, nil), (Self.made(["shop"]), "server:9090")] {
            var state = Scene.state(dashboard: dashboard)
            state.sourceName = source
            _ = update(&state, .targets([Scene.target("http://a/", .up, scraped: moment)]))
            let effects = update(&state, .tick(moment + .seconds(30), utcOffset: .zero))
            #expect(!effects.contains { if case .fetchMetrics = $0 { true } else { false } })
        }
    }

    private func saved(_ effects: [Effect]) -> (text: String, path: String, replaces: Bool)? {
        for effect in effects {
            if case .save(let text, let path, let replaces) = effect { return (text, path, replaces) }
        }
        return nil
    }

    @Test("the short form, or JSON by the file's name; without a name the title's")
    func written() throws {
        var state = Scene.started(dashboard: Self.made(["shop"]))
        let short = try #require(saved(state.run(command: "write web.yml")))
        #expect(short.path == "web.yml" && !short.replaces)
        #expect(short.text.hasPrefix("title: "))
        #expect(short.text.contains("query: sum by (device) (rate(shop_n0_total[$__rate_interval]))"), "\(short.text)")
        let json = try #require(saved(state.run(command: "write! a b.JSON")))
        #expect(json.path == "a b.JSON" && json.replaces)
        let read = try Dashboard(grafanaJSON: Array(json.text.utf8), fileName: "a")
        #expect(read.panels.map(\.title) == state.document.panels.map(\.title))
        #expect(saved(state.run(command: "w"))?.path == "shop-1.yml")
    }

    @Test("a dashboard from a file is written as it was read")
    func unchanged() throws {
        let text = #"{"title": "X", "panels": [{"type": "stat", "title": "A", "odd": 1, "targets": [{"expr": "up"}]}]}"#
        var state = Scene.started(dashboard: try Dashboard(grafanaJSON: Array(text.utf8), fileName: "x.json"))
        #expect(saved(state.run(command: "write y.json"))?.text == text)
        #expect(saved(state.run(command: "write y.yml"))?.text.contains("odd: 1") == true)
    }

    @Test("what the program put together has no document, and says so")
    func nothingToWrite() {
        var state = Scene.started()
        #expect(saved(state.run(command: "write x.yml")) == nil)
        #expect(state.message?.text == "this dashboard has no document to write")
    }

    @Test("the loop makes and saves: what comes back is on the screen")
    func loop() async {
        let clock = Clock()
        let terminal = ScriptedTerminal(size: Size(width: 100, height: 30))
        var settings = SessionLoop.Settings()
        settings.save = { text, path, replaces in Notice("kept \(path) \(replaces) \(text.isEmpty)") }
        let loop = SessionLoop(
            dashboard: Self.made(["shop"]), terminal: terminal, backend: ScriptedBackend(), status: ScriptedStatus(),
            settings: settings, now: { clock.now })
        func type(_ text: String) {
            terminal.append([.key(.character(":"))] + text.map { .key(.character($0)) } + [.key(.enter)])
        }
        func turn(until condition: () -> Bool) async -> Bool {
            for _ in 0..<20_000 {
                loop.turn()
                if condition() { return true }
                clock.advance(Milliseconds(40))
                await Task.yield()
            }
            return false
        }
        type("write x.yml")
        #expect(await turn { loop.state.message?.text == "kept x.yml false false" })
        type("auto")
        #expect(await turn { loop.state.document.panels.isEmpty || loop.state.document.panels.count < 3 })
    }
}
