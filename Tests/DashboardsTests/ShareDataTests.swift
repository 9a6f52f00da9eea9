// Pies and bar charts from Grafana's JSON and answers to parts, categories and bars.

import MetricModel
import Querying
import Testing

@testable import Dashboards

@Suite struct ShareDataTests {
    static func bars(_ json: String, _ results: [String: Result<QueryResult, QueryFailure>]) throws -> PanelData {
        let panel = try PanelDataTests.panel(json)
        return PanelDataBuilder.build(panel: panel, plan: PanelDataTests.plan(panel), results: results)
    }

    static let jobs = PanelDataTests.vector([
        (["job": "api", "state": "up"], 4), (["job": "web", "state": "down"], .nan), (["job": "db", "state": "up"], 7),
    ])

    @Test("rows of a table are categories by their first text, a field that is asked for, or the time")
    func categoriesOfTables() throws {
        let target = #""targets": [{"refId": "A", "expr": "x", "format": "table", "instant": true}]"#
        var data = try Self.bars(#"{"type": "barchart", \#(target)}"#, ["A": Self.jobs])
        #expect(data.categories?.cells == [.text("api"), .text("web"), .text("db")])
        let fields = PanelDataTests.fields(data)
        #expect(fields.map(\.name) == ["Value"])
        #expect(fields[0].values.map { "\($0)" } == ["4.0", "nan", "7.0"])
        data = try Self.bars(#"{"type": "barchart", \#(target), "options": {"xField": "state"}}"#, ["A": Self.jobs])
        #expect(data.categories?.cells == [.text("up"), .text("down"), .text("up")])
        data = try Self.bars(#"{"type": "barchart", \#(target)}"#, ["A": PanelDataTests.vector([(.empty, 4)])])
        #expect(data.categories?.cells == [.time(Timestamp(milliseconds: 60_000))])
    }

    @Test("series are joined by their times; a moment that one has not is a gap")
    func joinedSeries() throws {
        func series(_ start: Int64, _ values: [Double]) -> Result<QueryResult, QueryFailure> {
            .success(
                QueryResult(
                    value: .matrix([
                        Series(
                            labels: ["job": "a"],
                            timestamps: values.indices.map { Timestamp(milliseconds: start + Int64($0) * 1000) },
                            samples: .floats(values))
                    ])))
        }
        let data = try Self.bars(
            """
            {"type": "barchart", "targets": [
              {"refId": "A", "expr": "x", "legendFormat": "one"}, {"refId": "B", "expr": "y", "legendFormat": "two"}]}
            """, ["A": series(0, [1, 2]), "B": series(1000, [3, 4])])
        #expect(
            data.categories?.cells == [
                .time(Timestamp(milliseconds: 0)), .time(Timestamp(milliseconds: 1000)),
                .time(Timestamp(milliseconds: 2000)),
            ])
        let fields = PanelDataTests.fields(data)
        #expect(fields.map(\.name) == ["one", "two"])
        #expect(fields.map { $0.values.map { "\($0)" } } == [["1.0", "2.0", "nan"], ["nan", "3.0", "4.0"]])
        #expect(fields.map(\.refID) == ["A", "B"])
        #expect(fields.map(\.color) == [RGB.palette(0), RGB.palette(1)])
    }

    @Test("another field's values colour the bars")
    func colorField() throws {
        let data = try Self.bars(
            """
            {"type": "barchart", "targets": [{"refId": "A", "expr": "x", "format": "table", "instant": true}],
             "options": {"colorByField": "state"}, "fieldConfig": {"defaults": {"mappings": [
               {"type": "value", "options": {"up": {"color": "#00ff00"}, "down": {"color": "#ff0000"}}}]}}}
            """, ["A": Self.jobs])
        #expect(data.categories?.colors == [RGB(0, 255, 0), RGB(255, 0, 0), RGB(0, 255, 0)])
    }

    @Test("two tables that nothing joins: the first one is drawn, and this is said")
    func twoTables() throws {
        let data = try Self.bars(
            """
            {"type": "barchart", "targets": [{"refId": "A", "expr": "x", "format": "table", "instant": true},
              {"refId": "B", "expr": "y", "format": "table", "instant": true}]}
            """, ["A": Self.jobs, "B": Self.jobs])
        #expect(data.notices == ["frame 1 of 2"])
        #expect(PanelDataTests.fields(data).map(\.name) == ["Value #A"])
    }

    @Test("a range is asked for a bar each four columns, at multiples of the step")
    func planning() throws {
        let panel = try PanelDataTests.panel(
            #"{"type": "barchart", "targets": [{"refId": "A", "expr": "x"}], "interval": "1s"}"#)
        let plan = PanelDataTests.plan(panel, columns: 48)
        guard case .range(let request)? = plan.queries.first?.request else {
            Issue.record("no range is asked")
            return
        }
        #expect(request.grid.step == .seconds(5))
        #expect(request.grid.end.milliseconds % 5000 == 0)
    }

    @Test("a pie keeps the order and colours of its queries; the painter sorts")
    func pie() throws {
        let data = try Self.bars(
            """
            {"type": "piechart", "targets": [{"refId": "A", "expr": "x", "legendFormat": "{{job}}", "instant": true}],
             "options": {"reduceOptions": {"calcs": ["max"]}}}
            """, ["A": Self.jobs])
        let fields = PanelDataTests.fields(data)
        #expect(fields.map(\.name) == ["api", "web", "db"])
        #expect(fields.map(\.reduced) == [[4], [nil], [7]])
        #expect(fields.map(\.color) == [RGB.palette(0), RGB.palette(1), RGB.palette(2)])
    }

    @Test("a row for each series keeps its course beside its number")
    func trends() throws {
        let data = try Self.bars(
            """
            {"type": "table", "targets": [{"refId": "A", "expr": "x"}],
             "transformations": [{"id": "timeSeriesTable", "options": {"A": {"stat": "mean"}}}]}
            """, ["A": PanelDataTests.matrix([(["job": "a"], [1, 2, 6]), (["job": "b"], [4])])])
        let columns = PanelDataTests.table(data).columns
        #expect(columns.map(\.name) == ["job", "Trend #A"])
        #expect(columns[1].cells == [.trend(3, [1, 2, 6]), .trend(4, [4])])
    }

    // MARK: Import

    @Test("options of today's pie are read")
    func pieOptions() throws {
        let panel = try PanelDataTests.panel(
            """
            {"type": "piechart", "options": {"pieType": "donut", "displayLabels": ["percent", "name"], "sort": "none",
              "reduceOptions": {"calcs": ["sum"], "values": true},
              "legend": {"placement": "right", "values": ["value", "percent"], "showLegend": true}}}
            """)
        var wanted = PieChartOptions()
        wanted.isDonut = true
        wanted.labels = [.percent, .name]
        wanted.order = .query
        wanted.reduce.calculations = [.sum]
        wanted.reduce.showsAllValues = true
        wanted.legendIsRight = true
        wanted.legendValues = [.value, .percent]
        guard case .pieChart(let options) = panel.kind else {
            Issue.record("no pie")
            return
        }
        #expect(options == wanted)
    }

    @Test("the old plugin's settings are read where today's are absent")
    func legacyPie() throws {
        let panel = try PanelDataTests.panel(
            """
            {"type": "grafana-piechart-panel", "format": "bytes", "decimals": 2, "valueName": "avg", "pieType": "donut",
             "legendType": "Right side", "legend": {"show": true, "values": true, "percentage": true},
             "aliasColors": {"api": "red"}}
            """)
        guard case .pieChart(let options) = panel.kind else {
            Issue.record("no pie")
            return
        }
        #expect(options.reduce.calculations == [.mean])
        #expect(options.legendValues == [.value, .percent])
        #expect((options.isDonut, options.legendIsRight) == (true, true))
        #expect((panel.fields.unit, panel.fields.decimals) == ("bytes", 2))
        #expect(panel.overrides == [FieldOverride(matching: .name("api"), apply: [.color(.fixed("red"))])])
    }

    @Test("options of a bar chart are read")
    func barOptions() throws {
        let panel = try PanelDataTests.panel(
            """
            {"type": "barchart", "options": {"orientation": "horizontal", "stacking": "percent", "showValue": "never",
              "xField": "job", "colorByField": "state", "legend": {"calcs": ["max"], "placement": "right"}}}
            """)
        var wanted = BarChartOptions()
        wanted.orientation = .horizontal
        wanted.stacking = .percent
        wanted.shownValues = .never
        wanted.categoryField = "job"
        wanted.colorField = "state"
        wanted.legend.calculations = [.max]
        wanted.legend.placement = .right
        guard case .barChart(let options) = panel.kind else {
            Issue.record("no bar chart")
            return
        }
        #expect(options == wanted)
    }
}
