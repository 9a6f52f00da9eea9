// The dashboard as sentences: what is said of each kind of panel, and what commands are answered with.

import Dashboards
import MetricModel
import Querying
import Synchronization
import Testing

@testable import DashboardApp

@Suite("Plain mode")
struct PlainSessionTests {
    private func session(
        _ dashboard: Dashboard = Scene.dashboard, backend: any QueryBackend = ScriptedBackend(),
        targets: [TargetStatus] = [], answers: Bool = true
    ) -> PlainSession {
        PlainSession(
            dashboard: dashboard, backend: backend, status: ScriptedStatus(list: targets),
            settings: SessionLoop.Settings(), now: { moment }, utcOffset: { _ in .zero },
            limit: { if answers { try? await Task.sleep(for: .seconds(60)) } })
    }

    @Test("at the start everything is said, from top to bottom")
    func begin() async {
        let lines = await session(targets: [Scene.target("http://a", .up, scraped: moment)]).begin().lines
        #expect(lines.first == "Host. The last 15 minutes, until 2026-01-31 21:40:05. 1 of 1 target up.")
        #expect(lines.contains { $0.hasPrefix("CPU busy: 0.0417") })
        #expect(lines.contains("Row Disks."))
        #expect(lines.contains { $0.hasPrefix("Far below: ") })
        #expect(lines.last == "Enter says this again with new values; help lists the commands.")
    }

    @Test("one panel is read by name, begin, part, number, and one after the other")
    func panels() async {
        let session = session()
        _ = await session.begin()
        for words in ["panel memory", "panel Mem", "panel emo", "panel 4", "PANEL 4"] {
            #expect(await session.answer(words).lines.first == "Panel 4 of 6.", "\(words)")
        }
        #expect(await session.answer("next").lines.first == "Panel 5 of 6.")
        #expect(await session.answer("n").lines.first == "Panel 6 of 6.")
        #expect(await session.answer("n").lines.first == "Panel 1 of 6.")
        #expect(await session.answer("previous").lines.first == "Panel 6 of 6.")
        #expect(await session.answer("").lines.first == "Panel 6 of 6.")
        #expect(await session.answer("all").lines.first?.hasPrefix("Host. ") == true)
        #expect(await session.answer("panel Memroy").lines == ["There is no panel Memroy. Did you mean Memory?"])
        #expect(await session.answer("panel xyz").lines == ["There is no panel xyz. panels lists them."])
        #expect(await session.answer("panels").lines.first == "1. CPU busy")
    }

    @Test("another range is taken, and one that is none is refused")
    func range() async {
        let session = session()
        _ = await session.begin()
        #expect(await session.answer("range 1h").lines.first == "Host. The last 1 hour, until 2026-01-31 21:40:05.")
        #expect(await session.answer("range").lines == ["The last 1 hour, until 2026-01-31 21:40:05."])
        #expect(await session.answer("range soon").lines.first?.hasPrefix("`soon` is no range") == true)
        #expect(
            await session.answer("range 2026-01-31 10:00 to 2026-01-31 12:00").lines.first
                == "Host. 2 hours until 2026-01-31 12:00:00.")
    }

    @Test("targets that are down come first, with why")
    func targets() async {
        let session = session(targets: [
            Scene.target("http://a", .up, scraped: moment - .seconds(65)),
            Scene.target("http://b", .down, scraped: moment),
        ])
        #expect(
            await session.answer("targets").lines == [
                "1 of 2 targets up.", "http://b is down, scraped 0 seconds ago: connection refused.",
                "http://a is up, scraped 1 minute 5 seconds ago.",
            ])
    }

    @Test("words that are no command are answered with the nearest; quit ends")
    func commands() async {
        let session = session()
        #expect(await session.answer("tragets").lines == ["There is no command tragets. Did you mean targets?"])
        #expect(await session.answer("fly \u{1b}[2J").lines == ["There is no command fly. help lists the commands."])
        #expect(await session.answer("help").lines.count == 16)
        #expect(await session.answer("every 10s").every == .seconds(10))
        #expect(await session.answer("every off").every == .zero)
        #expect(await session.answer("every 999ms").lines == ["every wants a length from 1s on, such as 1m, or off."])
        #expect(await session.answer("every 1s").every == .seconds(1))
        #expect(await session.answer("alerts").lines.first == "1 firing, 0 pending.")
        #expect(await session.answer("variables").lines == ["This dashboard has no variables."])
        #expect(await session.answer("quit").isEnd)
        #expect(await session.answer("q").isEnd)
    }

    @Test("a failure and silence are said in the panel's sentence")
    func failures() async {
        let failed = await session(backend: ScriptedBackend(failure: QueryFailure(.execution, "no such thing")))
            .begin().lines
        #expect(failed.contains("CPU busy: failed: no such thing"))
        let silent = await session(backend: GatedBackend(), answers: false).begin().lines
        #expect(silent.contains("CPU busy: no answer yet."))
    }

    // MARK: Sentences

    private static func field(
        _ name: String, _ values: [Double], _ change: (inout FieldConfiguration) -> Void = { _ in }
    )
        -> DataField
    {
        var configuration = FieldConfiguration()
        configuration.unit = "percent"
        change(&configuration)
        return DataField(
            name: name, refID: "A", labels: .empty,
            timestamps: values.indices.map { moment + .seconds(Int64($0)) }, values: values, step: .seconds(1),
            configuration: configuration, color: .text, reduced: [])
    }

    private static func lines(_ kind: PanelKind, _ content: PanelData.Content, notices: [String] = []) -> [String] {
        let panel = Scene.panel(1, kind, "CPU", 0, 0, 12, 4)
        let data = PanelData(content: content, start: moment, end: moment, notices: notices)
        return PanelSentences(panel: panel, data: data, clock: DisplayClock(now: moment, offset: .zero)).lines
    }

    @Test("a series is told by its value, extremes and trend")
    func series() {
        let graph = PanelKind.timeSeries(TimeSeriesOptions())
        #expect(
            Self.lines(graph, .fields([Self.field("user", [10, 12, 20, 30, 40, 51])]))
                == ["CPU: user 51%; least 10%, most 51%, rising."])
        #expect(Self.lines(graph, .fields([Self.field("user", [5, 5, 5])])) == ["CPU: user 5%; all the time."])
        #expect(
            Self.lines(graph, .fields([Self.field("user", [5, .nan]), Self.field("system", [.nan])]))
                == ["CPU: 2 series.", "  user: 5%.", "  system: no value."])
        let many = (1...8).map { Self.field("s\($0)", [Double($0)]) }
        #expect(Self.lines(graph, .fields(many)).count == 8)
        #expect(Self.lines(graph, .fields(many)).last == "  and 2 more.")
    }

    @Test("a series that ended while others go on is told with its end, one step before the newest is no end")
    func ended() {
        let graph = PanelKind.timeSeries(TimeSeriesOptions())
        let lines = Self.lines(
            graph,
            .fields([
                Self.field("old", [7, .nan, .nan, .nan]), Self.field("late", [1, 2, .nan, .nan]),
                Self.field("new", [1, 2, 3, 4]),
            ]))
        #expect(lines[1] == "  old: ended at 21:40:05 with 7%.")
        #expect(lines[2].hasPrefix("  late: 2%;") && lines[3].hasPrefix("  new: 4%;"))
    }

    @Test("tabs are listed and one is chosen by name, begin or number")
    func tabs() async {
        #expect(await session().answer("tabs").lines == ["This dashboard has no tabs."])
        var dashboard = Scene.dashboard
        dashboard.tabs = ["Overview", "Disks"]
        for index in dashboard.panels.indices { dashboard.panels[index].tab = dashboard.panels[index].id <= 4 ? 0 : 1 }
        let session = session(dashboard)
        let first = await session.begin().lines
        #expect(first.first?.hasPrefix("Host, tab Overview. ") == true)
        #expect(first.contains { $0.hasPrefix("CPU busy: ") })
        #expect(await session.answer("tabs").lines == ["1. Overview, the one that is read.", "2. Disks"])
        for words in ["tab disks", "tab Di", "tab 2"] {
            _ = await session.answer("tab 1")
            let lines = await session.answer(words).lines
            #expect(lines.first?.hasPrefix("Host, tab Disks. ") == true, "\(words)")
            #expect(!lines.contains { $0.hasPrefix("CPU busy: ") })
        }
        #expect(await session.answer("tab Dosks").lines == ["There is no tab Dosks. Did you mean Disks?"])
        #expect(await session.answer("tab").lines == ["Which tab? tabs lists them."])
    }

    @Test("a threshold that is or was passed is told")
    func thresholds() {
        func field(_ values: [Double]) -> DataField {
            Self.field("user", values) { configuration in
                configuration.color = .thresholds
                configuration.thresholds.steps = [
                    Thresholds.Step(value: -.infinity, color: "green"), Thresholds.Step(value: 50, color: "dark-red"),
                    Thresholds.Step(value: 90, color: "#ff0000"),
                ]
            }
        }
        let graph = PanelKind.timeSeries(TimeSeriesOptions())
        #expect(
            Self.lines(graph, .fields([field([40, 60])]))
                == ["CPU: user 60%; least 40%, most 60%, rising; at or above the threshold 50%, dark red."])
        #expect(
            Self.lines(graph, .fields([field([95, 40])]))
                == ["CPU: user 40%; least 40%, most 95%, falling; was above the threshold 90%."])
        #expect(
            Self.lines(.stat(StatOptions()), .fields([field([49])])) == ["CPU: 49%."])
    }

    @Test(
        "trends",
        arguments: [
            ([1, 2, 3], "rising"), ([3, 2, 1], "falling"), ([100, 101, 102], "steady"), ([1, 2], "rising"),
            ([1, 1], "steady"),
            ([0, 0, 0], "steady"), ([1], "steady"), ([], "steady"),
        ] as [([Double], String)])
    func trend(values: [Double], word: String) { #expect(PanelSentences.trend(of: values) == word) }

    @Test("tables, texts, emptiness and kinds that are not drawn")
    func others() {
        var unit = FieldConfiguration()
        unit.unit = "percent"
        let table = DataTable(columns: [
            DataTable.Column(name: "mount", configuration: FieldConfiguration(), cells: [.text("/"), .text("/a\tb")]),
            DataTable.Column(name: "use", configuration: unit, cells: [.number(72), .empty]),
        ])
        #expect(
            Self.lines(.table(TableOptions()), .table(table))
                == ["CPU: table of 2 rows.", "  mount /, use 72%.", "  mount /a b."])
        #expect(Self.lines(.text(TextOptions()), .text("One\u{1b}[1m line")) == ["CPU: One[1m line"])
        #expect(
            Self.lines(.stat(StatOptions()), .none, notices: ["no such metric"]) == ["CPU: no data: no such metric."])
        #expect(Self.lines(.stat(StatOptions()), .none) == ["CPU: no data."])
        #expect(Self.lines(.unsupported("geomap"), .none) == ["CPU: panels of the type geomap are not read."])
    }

    @Test(
        "lengths of time in words",
        arguments: [
            (0, "0 seconds"), (1000, "1 second"), (61_000, "1 minute 1 second"), (3_600_000, "1 hour"),
            (90_061_000, "1 day 1 hour"), (-5, "0 seconds"),
        ] as [(Int64, String)])
    func lengths(count: Int64, words: String) { #expect(Milliseconds(count).inWords == words) }
}
