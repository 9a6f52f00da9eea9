// What import makes of documents, and how it refuses.

import MetricModel
import Testing

@testable import Dashboards

@Suite struct ImportTests {
    static func load(_ text: String) throws -> Dashboard {
        try Dashboard(grafanaJSON: Array(text.utf8), fileName: "x.json")
    }

    @Test(
        "a document that is no dashboard is refused, with the place and what stands there",
        arguments: [
            ("", "x.json: the file is empty"),
            ("{\"panels\": [}", "x.json:1:13: expected a value, found `}`"),
            (
                "{\n  \"title\": \"a\"\n  \"panels\": []\n}",
                "x.json:3:3: expected a comma or a closing brace after a value, found `\"`"
            ),
            ("{\"a\": \"b", "x.json:1:7: this string has no end"),
            ("{\"a\": [1, 2,]}", "x.json:1:13: expected a value after the comma, found `]`"),
            ("{\"a\": 1,}", "x.json:1:9: expected a key after the comma, found `}`"),
            ("{\"a\" 1}", "x.json:1:6: expected a colon after a key, found `1`"),
            ("{'a': 1}", "x.json:1:2: expected a key in double quotes, found `'`"),
            ("{\"a\": 1.2.3}", "x.json:1:7: malformed number"),
            ("{\"a\": \"\\q\"}", "x.json:1:9: unknown escape after a backslash"),
            (
                "{\"panels\": []",
                "x.json:1:14: expected a comma or a closing brace after a value, found the end of the file"
            ),
            ("{} x", "x.json:1:4: expected the end after the document, found `x`"),
            ("[]", "x.json: not a dashboard: the document is an array, not an object"),
            ("{}", "x.json: not a dashboard: wanted `panels`, `rows` or `elements`, found an empty object"),
            (
                "{\"status\": \"success\", \"data\": {}}",
                "x.json: not a dashboard: wanted `panels`, `rows` or `elements`, found `status`, `data`; "
                    + "this looks like an answer of a query"
            ),
        ])
    func refuses(text: String, message: String) {
        #expect {
            try Self.load(text)
        } throws: { error in
            "\(error)" == message
        }
    }

    @Test("a refusal shows its line with a caret under the place")
    func diagnostic() throws {
        let error = #expect(throws: DashboardError.self) { try Self.load("{\n\t\"title\": nope\n}") }
        #expect(
            error?.diagnostic == "x.json:2:11: expected a value, found `n`\n   \"title\": nope\n            ^")
    }

    @Test("nesting is read to its limit and refused one past it")
    func depth() throws {
        func nested(_ levels: Int) -> String {
            "{\"panels\": [], \"x\": " + String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
                + "}"
        }
        _ = try Self.load(nested(JSONReader.depthMax - 1))
        #expect(throws: DashboardError.self) { try Self.load(nested(JSONReader.depthMax)) }
    }

    @Test("a wrong type is the default and a notice with its path")
    func wrongTypes() throws {
        let dashboard = try Self.load(
            """
            {"title": "T", "panels": [
              {"type": "stat", "title": ["x"], "gridPos": {"x": 0, "y": 0, "w": 4, "h": 4},
               "fieldConfig": {"defaults": {"max": {"a": 1}, "decimals": "2", "min": "low"}}, "targets": [7]},
              "panel"
            ]}
            """)
        #expect(dashboard.panels.count == 1)
        #expect(dashboard.panels[0].fields.decimals == 2)
        #expect(
            dashboard.notices.map(\.description) == [
                "panels[1]: expected an object, found a string", "panels[0].title: expected a string, found an array",
                "panels[0].fieldConfig.defaults.min: expected a number, found \"low\"",
                "panels[0].fieldConfig.defaults.max: expected a number, found an object",
                "panels[0].targets[0]: expected an object, found a number",
            ])
    }

    @Test("wrappings are opened")
    func wrappings() throws {
        let inner = #"{"title": "In", "panels": [{"type": "text", "options": {"content": "hi"}}]}"#
        for text in [
            "{\"dashboard\": \(inner), \"overwrite\": true}",
            "{\"apiVersion\": \"dashboard.grafana.app/v1\", \"kind\": \"Dashboard\", \"spec\": \(inner)}",
            "\u{feff}" + inner,
        ] {
            let dashboard = try Self.load(text)
            #expect(dashboard.title == "In")
            #expect(dashboard.panels.count == 1)
        }
    }

    @Test("panels without a place go below the others")
    func missingPositions() throws {
        let dashboard = try Self.load(
            """
            {"panels": [{"type": "timeseries"}, {"type": "stat", "gridPos": {"x": 0, "y": 0, "w": 24, "h": 3}},
             {"type": "timeseries"}, {"type": "timeseries"}]}
            """)
        #expect(
            dashboard.panels.map(\.position) == [
                GridPosition(x: 0, y: 0, width: 24, height: 3), GridPosition(x: 0, y: 3, width: 12, height: 8),
                GridPosition(x: 12, y: 3, width: 12, height: 8), GridPosition(x: 0, y: 11, width: 12, height: 8),
            ])
    }

    @Test("rows with spans become the grid: 250px are seven units, twelve spans a line")
    func legacyRows() throws {
        let dashboard = try Self.load(
            """
            {"title": "Old", "rows": [
              {"title": "One", "height": "250px", "showTitle": true, "panels": [
                {"type": "graph", "span": 8, "targets": [{"expr": "up"}]}, {"type": "graph", "span": 6, "targets": [{"expr": "a"}]}]},
              {"title": "Two", "collapse": true, "panels": [{"type": "singlestat", "span": 12}]}]}
            """)
        #expect(dashboard.panels.count == 4)
        #expect(dashboard.panels[1].position == GridPosition(x: 0, y: 1, width: 16, height: 7))
        #expect(dashboard.panels[2].position == GridPosition(x: 0, y: 8, width: 12, height: 7))
        #expect(dashboard.panels[3].kind.isCollapsedRow)
        #expect(dashboard.panels[3].collapsedPanels.count == 1)
    }

    @Test("a graph keeps its axes, stacking and series overrides")
    func legacyGraph() throws {
        let dashboard = try Self.load(
            """
            {"panels": [{"type": "graph", "fill": 2, "linewidth": 3, "stack": true, "nullPointMode": "connected",
              "yaxes": [{"format": "bytes", "min": "0", "logBase": 10}, {"format": "percent"}],
              "legend": {"show": true, "values": true, "max": true, "avg": true, "rightSide": true, "alignAsTable": true},
              "seriesOverrides": [{"alias": "/out/", "transform": "negative-Y"}, {"alias": "cpu", "yaxis": 2, "stack": false}],
              "aliasColors": {"cpu": "#ff0000"},
              "targets": [{"expr": "a", "legendFormat": "{{x}}", "intervalFactor": "2", "interval": ">5m"}]}]}
            """)
        let panel = dashboard.panels[0]
        #expect(panel.fields.unit == "bytes")
        #expect(panel.fields.min == 0)
        #expect(panel.fields.graph.fillOpacity == 20)
        #expect(panel.fields.graph.stacking == .normal)
        #expect(panel.fields.graph.spanNulls == .always)
        #expect(panel.fields.graph.logBase == 10)
        #expect(panel.targets[0].intervalFactor == 2)
        #expect(panel.targets[0].interval == .minutes(5))
        #expect(panel.overrides.map(\.matching) == [.name("cpu"), .regexp("/out/"), .name("cpu")])
        #expect(panel.overrides[2].apply == [.stacking(.none, group: "A"), .axis(.right), .unit("percent")])
        guard case .timeSeries(let options) = panel.kind else {
            Issue.record("not a time series")
            return
        }
        #expect(options.legend.placement == .right)
        #expect(options.legend.calculations == [.max, .mean])
    }

    @Test("singlestat: thresholds as one text between three colours, maps as strings, a gauge when it shows one")
    func singleStat() throws {
        let dashboard = try Self.load(
            """
            {"panels": [{"type": "singlestat", "format": "s", "thresholds": "50, 80", "colors": ["#111111", "orange", "red"],
              "colorValue": true, "valueName": "avg", "valueMaps": [{"value": "null", "text": "N/A"}, {"value": "1", "text": "Up"}],
              "targets": [{"expr": "up"}]},
             {"type": "singlestat", "gauge": {"show": true, "maxValue": 10}, "targets": [{"expr": "up"}]}]}
            """)
        let panel = dashboard.panels[0]
        #expect(panel.fields.thresholds.steps.map(\.value) == [-.infinity, 50, 80])
        #expect(panel.fields.thresholds.steps.map(\.color) == ["#111111", "orange", "red"])
        #expect(
            panel.fields.mappings == [
                .special("null", MappingResult(text: "N/A")), .value("1", MappingResult(text: "Up")),
            ])
        #expect(panel.kind.calculations == [.mean])
        guard case .gauge = dashboard.panels[1].kind else {
            Issue.record("not a gauge")
            return
        }
        #expect(dashboard.panels[1].fields.max == 10)
    }

    @Test("data sources: names and variables are ours, other kinds are named")
    func datasources() throws {
        let dashboard = try Self.load(
            """
            {"panels": [{"type": "timeseries", "datasource": {"type": "prometheus", "uid": "x"}, "targets": [
              {"expr": "a", "datasource": {"type": "loki"}}, {"expr": "b"}, {"expr": "c", "datasource": "$ds"},
              {"expr": "d", "datasource": {"uid": "${DS_X}"}}, {"refId": "A", "expr": "e", "hide": true}]}]}
            """)
        let targets = dashboard.panels[0].targets
        #expect(targets.map(\.foreignDatasource) == ["loki", nil, nil, nil, nil])
        #expect(targets.map(\.refID) == ["B", "C", "D", "E", "A"])
        #expect(dashboard.notices.map(\.description) == ["panels[0]: data source \"loki\" is not asked"])
    }

    @Test("schema v2: elements by name, rows and grids")
    func schemaV2() throws {
        let dashboard = try Self.load(
            """
            {"kind": "Dashboard", "spec": {"title": "V2", "timeSettings": {"from": "now-3h", "to": "now", "autoRefresh": "30s"},
             "elements": {"p1": {"kind": "Panel", "spec": {"title": "CPU", "vizConfig": {"kind": "timeseries", "spec": {
                "options": {}, "fieldConfig": {"defaults": {"unit": "s"}, "overrides": []}}},
                "data": {"kind": "QueryGroup", "spec": {"queries": [{"kind": "PanelQuery", "spec": {"refId": "Q", "hidden": false,
                  "query": {"kind": "prometheus", "spec": {"expr": "up"}}}}]}}}}},
             "layout": {"kind": "RowsLayout", "spec": {"rows": [{"kind": "RowsLayoutRow", "spec": {"title": "R", "collapse": false,
               "layout": {"kind": "GridLayout", "spec": {"items": [
                 {"kind": "GridLayoutItem", "spec": {"x": 2, "y": 0, "width": 10, "height": 5, "element": {"name": "p1"}}},
                 {"kind": "GridLayoutItem", "spec": {"x": 2, "y": 5, "width": 10, "height": 5, "element": {"name": "gone"}}}
               ]}}}}]}}}}
            """)
        #expect(dashboard.title == "V2")
        #expect(dashboard.refresh == .seconds(30))
        #expect(dashboard.panels.map(\.title) == ["R", "CPU"])
        #expect(dashboard.panels[1].position == GridPosition(x: 2, y: 1, width: 10, height: 5))
        #expect(dashboard.panels[1].targets.map(\.expression) == ["up"])
        #expect(dashboard.panels[1].fields.unit == "s")
        #expect(dashboard.notices.map(\.message) == ["there is no element \"gone\""])
    }
}
