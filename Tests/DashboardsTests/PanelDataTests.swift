// From answers to what a painter draws: names, overrides, colours, reductions, tables.

import MetricModel
import Querying
import Testing

@testable import Dashboards

@Suite struct PanelDataTests {
    static let range = TimeRange(start: Timestamp(milliseconds: 0), end: Timestamp(milliseconds: 60_000))
    static let context = VariableContext(range: range)

    static func panel(_ json: String) throws -> Panel {
        let text = "{\"panels\": [\(json)]}"
        return try #require(try Dashboard(grafanaJSON: Array(text.utf8), fileName: "p.json").panels.first)
    }

    static func plan(_ panel: Panel, columns: Int = 60) -> PanelQueryPlan {
        PanelQueryPlan(
            panel: panel, range: range, widthColumns: columns, scrapeInterval: .seconds(1), variables: context)
    }

    static func matrix(_ series: [(LabelSet, [Double])]) -> Result<QueryResult, QueryFailure> {
        .success(
            QueryResult(
                value: .matrix(
                    series.map { labels, values in
                        Series(
                            labels: labels,
                            timestamps: values.indices.map { Timestamp(milliseconds: Int64($0) * 1000) },
                            samples: .floats(values))
                    })))
    }

    static func vector(_ elements: [(LabelSet, Double)]) -> Result<QueryResult, QueryFailure> {
        .success(
            QueryResult(
                value: .vector(
                    elements.map {
                        VectorElement(labels: $0.0, timestamp: Timestamp(milliseconds: 60_000), value: .float($0.1))
                    })))
    }

    static func fields(_ data: PanelData) -> [DataField] {
        if case .fields(let fields) = data.content { return fields }
        return []
    }
    static func table(_ data: PanelData) -> DataTable {
        if case .table(let table) = data.content { return table }
        return DataTable(columns: [])
    }

    @Test(
        "series are named by their legend format",
        arguments: [
            ("{{job}} of {{ instance }}", "api of x"), ("{{nope}}!", "!"), ("", "up{instance=\"x\", job=\"api\"}"),
            ("__auto", "up{instance=\"x\", job=\"api\"}"), ("fixed", "fixed"), ("{{\"job\"}}", "api"),
            ("{{$instance}}", "x"),
        ])
    func names(format: String, name: String) {
        let labels: LabelSet = ["__name__": "up", "instance": "x", "job": "api"]
        #expect(FieldNaming.name(labels, format: format, expression: "e", singleLabel: nil) == name)
    }

    @Test("without labels the expression names the series; one common label names it by its value")
    func bareNames() {
        #expect(FieldNaming.name(.empty, format: "", expression: "sum(up)", singleLabel: nil) == "sum(up)")
        #expect(FieldNaming.name(.empty, format: "__auto", expression: "sum(up)", singleLabel: nil) == "sum(up)")
        let sets: [LabelSet] = [["mode": "idle"], ["mode": "user"]]
        #expect(FieldNaming.singleLabel(sets) == "mode")
        #expect(FieldNaming.name(sets[0], format: "__auto", expression: "", singleLabel: "mode") == "idle")
        #expect(FieldNaming.singleLabel([["a": "1"], ["b": "1"]]) == nil)
    }

    @Test(
        "overrides mean fields by name, pattern, refId, kind and value, later ones winning",
        arguments: [
            (#"{"id": "byName", "options": "api"}"#, ["s", nil]),
            (#"{"id": "byRegexp", "options": "/^w/"}"#, [nil, "s"]),
            (#"{"id": "byRegexp", "options": "A"}"#, [nil, nil]),
            (#"{"id": "byRegexp", "options": "/A/i"}"#, ["s", nil]),
            (#"{"id": "byFrameRefID", "options": "A"}"#, ["s", "s"]),
            (#"{"id": "byType", "options": "number"}"#, ["s", "s"]),
            (#"{"id": "byNames", "options": {"names": ["web", "x"]}}"#, [nil, "s"]),
            (#"{"id": "byNames", "options": {"mode": "exclude", "names": ["web"]}}"#, ["s", nil]),
            (#"{"id": "byValue", "options": {"reducer": "max", "op": "gte", "value": 3}}"#, [nil, "s"]),
        ])
    func overrides(matcher: String, units: [String?]) throws {
        let panel = try Self.panel(
            """
            {"type": "timeseries", "targets": [{"refId": "A", "expr": "x", "legendFormat": "{{job}}"}],
             "fieldConfig": {"defaults": {}, "overrides": [
               {"matcher": \(matcher), "properties": [{"id": "unit", "value": "ms"}]},
               {"matcher": \(matcher), "properties": [{"id": "unit", "value": "s"}]}]}}
            """)
        let answer = Self.matrix([(["job": "api"], [1, 2]), (["job": "web"], [3, 4])])
        let data = PanelDataBuilder.build(panel: panel, plan: Self.plan(panel), results: ["A": answer])
        #expect(Self.fields(data).map(\.configuration.unit) == units)
    }

    @Test("a stat takes one range query, reduces it and is coloured by its threshold")
    func stat() throws {
        let panel = try Self.panel(
            """
            {"type": "stat", "targets": [{"refId": "A", "expr": "x"}], "options": {"reduceOptions": {"calcs": ["lastNotNull", "max"]}},
             "fieldConfig": {"defaults": {"unit": "percent", "thresholds": {"mode": "absolute", "steps": [
               {"color": "green", "value": 0}, {"color": "red", "value": 80}]}}}}
            """)
        let plan = Self.plan(panel)
        #expect(plan.queries.count == 1)
        let data = PanelDataBuilder.build(
            panel: panel, plan: plan, results: ["A": Self.matrix([(["a": "b"], [10, 95, 85, .nan])])])
        let field = try #require(Self.fields(data).first)
        #expect(field.reduced == [85, 95])
        #expect(field.color == RGB(0xf2, 0x49, 0x5c))
        #expect(field.configuration.text(of: field.reduced[0]).description == "85%")
    }

    @Test("percentages of thresholds are relative to min and max, the first step reaches down for ever")
    func percentageThresholds() throws {
        var thresholds = Thresholds()
        thresholds.isPercentage = true
        thresholds.steps = [
            .init(value: -.infinity, color: "green"), .init(value: 50, color: "orange"), .init(value: 90, color: "red"),
        ]
        #expect(thresholds.step(for: 149, min: 100, max: 200)?.color == "green")
        #expect(thresholds.step(for: 150, min: 100, max: 200)?.color == "orange")
        #expect(thresholds.step(for: -5, min: 100, max: 200)?.color == "green")
        #expect(thresholds.limit(of: thresholds.steps[2], min: 100, max: 200) == 190)
    }

    @Test("mappings: values, ranges, patterns and special values, the first one counts")
    func mappings() throws {
        let panel = try Self.panel(
            """
            {"type": "stat", "fieldConfig": {"defaults": {"unit": "s", "noValue": "none", "mappings": [
              {"type": "value", "options": {"1": {"text": "Up", "color": "green", "index": 0}}},
              {"type": "range", "options": {"from": 5, "to": null, "result": {"text": "Many"}}},
              {"type": "regex", "options": {"pattern": "/^v(.*)$/", "result": {"text": "version $1"}}},
              {"type": "special", "options": {"match": "nan", "result": {"text": "n/a"}}}]}}}
            """)
        let fields = panel.fields
        #expect(fields.text(of: 1).description == "Up")
        #expect(fields.text(of: 7).description == "Many")
        #expect(fields.text(of: 2).description == "2 s")
        #expect(fields.text(of: .nan).description == "n/a")
        #expect(fields.text(of: nil).description == "none")
        #expect(fields.display(.text("v12")).text.description == "version 12")
        #expect(fields.display(.number(1)).color == RGB.named("green"))
    }

    @Test("tables: Time, labels, Value; several queries merge and are organized")
    func tables() throws {
        let panel = try Self.panel(
            """
            {"type": "table", "targets": [
              {"refId": "A", "expr": "size", "format": "table", "instant": true},
              {"refId": "B", "expr": "free", "format": "table", "instant": true}],
             "options": {"sortBy": [{"displayName": "size", "desc": true}]},
             "fieldConfig": {"defaults": {}, "overrides": [{"matcher": {"id": "byName", "options": "free"}, "properties": [
               {"id": "unit", "value": "bytes"}, {"id": "custom.cellOptions", "value": {"type": "gauge", "mode": "lcd"}}]}]},
             "transformations": [{"id": "merge", "options": {}}, {"id": "organize", "options": {
               "excludeByName": {"Time": true}, "indexByName": {"Value #B": 1, "Value #A": 2, "disk": 0},
               "renameByName": {"Value #A": "size", "Value #B": "free"}}}]}
            """)
        let plan = Self.plan(panel)
        guard case .instant(let request)? = plan.queries.first?.request else {
            Issue.record("not an instant query")
            return
        }
        #expect(request.time == Self.range.end)
        let data = PanelDataBuilder.build(
            panel: panel, plan: plan,
            results: [
                "A": Self.vector([(["disk": "a"], 10), (["disk": "b"], 20)]),
                "B": Self.vector([(["disk": "b"], 5), (["disk": "a"], 1)]),
            ])
        let table = Self.table(data)
        #expect(table.columns.map(\.name) == ["disk", "free", "size"])
        #expect(
            table.columns.map(\.cells) == [
                [.text("b"), .text("a")], [.number(5), .number(1)], [.number(20), .number(10)],
            ])
        #expect(table.columns[1].configuration.cellMode == .gauge)
        #expect(table.columns[1].configuration.cellGauge == .lcd)
        #expect(table.columns[1].configuration.max == 5)
        #expect(data.notices == [])
    }

    @Test("one table query keeps the plain name of its value")
    func singleTable() throws {
        let panel = try Self.panel(
            #"{"type": "table", "targets": [{"refId": "A", "expr": "x", "format": "table", "instant": true}]}"#)
        let data = PanelDataBuilder.build(
            panel: panel, plan: Self.plan(panel),
            results: ["A": Self.vector([(["b": "1", "a": "2", "__name__": "x"], 3)])])
        #expect(Self.table(data).columns.map(\.name) == ["Time", "__name__", "a", "b", "Value"])
    }

    @Test("a failed query is said and the other targets are still drawn")
    func failure() throws {
        let panel = try Self.panel(
            #"{"type": "timeseries", "targets": [{"refId": "A", "expr": "x"}, {"refId": "B", "expr": "y"}]}"#)
        let data = PanelDataBuilder.build(
            panel: panel, plan: Self.plan(panel),
            results: ["A": .failure(QueryFailure(.badData, "unknown function")), "B": Self.matrix([(["a": "b"], [1])])])
        #expect(data.failure == "A: unknown function")
        let refused = Result<QueryResult, QueryFailure>.failure(QueryFailure(.unavailable, "http://x: refused"))
        #expect(
            PanelDataBuilder.build(panel: panel, plan: Self.plan(panel), results: ["A": refused, "B": refused]).failure
                == "http://x: refused")
        #expect(Self.fields(data).count == 1)
        #expect(!data.isLoading)
    }

    @Test("an empty panel says why, in the words of who found out")
    func emptiness() throws {
        let panel = try Self.panel(#"{"type": "timeseries", "targets": [{"refId": "A", "expr": "x"}]}"#)
        let plan = Self.plan(panel)
        let loading = PanelDataBuilder.build(panel: panel, plan: plan, results: [:])
        #expect(loading.isLoading && loading.notices == [])
        let empty = PanelDataBuilder.build(panel: panel, plan: plan, results: ["A": Self.matrix([])])
        #expect(empty.notices == ["no data"])
        let told = PanelDataBuilder.build(
            panel: panel, plan: plan, results: ["A": Self.matrix([])], explanations: ["A": "no metric x"])
        #expect(told.notices == ["no metric x"])
    }

    @Test("the step is nice, at least the scrape interval, and graphs keep to its multiples")
    func steps() throws {
        let panel = try Self.panel(
            #"{"type": "timeseries", "targets": [{"refId": "A", "expr": "rate(x[$__rate_interval])"}]}"#)
        let range = TimeRange(start: Timestamp(milliseconds: 1_000_123), end: Timestamp(milliseconds: 4_600_123))
        let plan = PanelQueryPlan(
            panel: panel, range: range, widthColumns: 60, scrapeInterval: .seconds(15),
            variables: VariableContext(range: range))
        guard case .range(let request)? = plan.queries.first?.request else {
            Issue.record("not a range query")
            return
        }
        #expect(request.grid.step == .seconds(30))
        #expect(request.grid.start.milliseconds == 990_000)
        #expect(request.grid.end.milliseconds == 4_590_000)
        #expect(request.query == "rate(x[1m])")
    }

    @Test("hidden, empty and foreign targets are not asked; nor are rows and texts")
    func notAsked() throws {
        let panel = try Self.panel(
            """
            {"type": "timeseries", "targets": [{"expr": "a", "hide": true}, {"expr": ""}, {},
             {"expr": "{app=\\"x\\"}", "datasource": {"type": "loki"}}]}
            """)
        let plan = Self.plan(panel)
        #expect(plan.queries.isEmpty)
        #expect(plan.notices == ["loki is not a Prometheus data source"])
        #expect(Self.plan(try Self.panel(#"{"type": "row", "targets": [{"expr": "a"}]}"#)).queries.isEmpty)
    }

    @Test("a panel's own time moves its range")
    func timeOverride() throws {
        let panel = try Self.panel(
            #"{"type": "timeseries", "timeFrom": "30s", "timeShift": "10s", "targets": [{"expr": "a"}]}"#)
        let plan = Self.plan(panel)
        #expect(plan.range == TimeRange(start: Timestamp(milliseconds: 20_000), end: Timestamp(milliseconds: 50_000)))
    }
}
