// Old kinds of panels and schema v2 in the short form: today's words for what they say, and the same picture.

import Testing

@testable import Dashboards

@Suite struct ModernPanelTests {
    static func yaml(_ panel: String) throws -> String {
        ShortForm.yaml(
            try ShortForm.write(
                grafanaJSON: Array("{\"title\": \"T\", \"panels\": [\(panel)]}".utf8), fileName: "x.json"))
    }

    @Test("a graph's settings are words of a time series")
    func graph() throws {
        let panel = """
            {"id": 4, "type": "graph", "title": "G", "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8}, "datasource": "$ds",
             "fill": 2, "linewidth": 2, "lines": true, "stack": true, "percentage": false, "steppedLine": true, "dashes": true,
             "nullPointMode": "connected", "pointradius": 5, "renderer": "flot", "spaceLength": 10, "dashLength": 10,
             "aliasColors": {"errors": "#BF1B00"}, "options": {"dataLinks": [{"title": "more", "url": "/d/x"}]},
             "seriesOverrides": [{"alias": "/in/", "transform": "negative-Y", "fill": 0}, {"alias": "b", "yaxis": 2, "legend": false}],
             "thresholds": [{"value": 80, "op": "gt", "colorMode": "critical", "line": true}],
             "legend": {"show": true, "rightSide": true, "alignAsTable": true, "values": true, "max": true, "avg": true, "sort": "max", "sortDesc": true},
             "tooltip": {"shared": true, "sort": 2, "value_type": "individual"}, "xaxis": {"mode": "time", "show": true},
             "yaxes": [{"format": "bytes", "min": 0, "label": "L", "logBase": 2, "show": true}, {"format": "percent", "max": "100"}],
             "targets": [{"refId": "A", "expr": "up", "intervalFactor": 2}]}
            """
        let short = try Self.yaml(panel)
        #expect(
            short == """
                title: T
                panels:
                  - title: G
                    queries:
                      - query: up
                        factor: 2
                    legend_at: right
                    legend_as: table
                    legend_calcs: [max, mean]
                    legend_sort: Max
                    legend_descending: true
                    tooltip_sort: desc
                    unit: bytes
                    min: 0
                    line: stepAfter
                    line_width: 2
                    fill: 20
                    gaps: true
                    axis_label: L
                    thresholds: [transparent, 80 red]
                    stack: normal
                    threshold_style: line
                    dash: dash
                    log: 2
                    overrides:
                      - match:
                          name: errors
                        color: "#BF1B00"
                      - match:
                          regex: /in/
                        fill: 0
                        negative: "y"
                      - match:
                          name: b
                        axis: right
                        unit: percent
                        max: 100
                        grafana:
                          custom.hideFrom:
                            legend: true
                    grafana:
                      fieldConfig:
                        defaults:
                          links:
                            - title: more
                              url: /d/x

                """)
    }

    @Test("a single stat's settings are words of a stat, or of a gauge where it had one")
    func singleStat() throws {
        let stat = """
            {"type": "singlestat", "title": "S", "gridPos": {"x": 0, "y": 0, "w": 4, "h": 3}, "format": "s", "decimals": 1, "valueName": "avg",
             "colorBackground": true, "colors": ["red", "#ffcc00", "green"], "thresholds": "1,2.5", "prefix": "up ", "postfix": "", "nullText": "none",
             "sparkline": {"show": false, "full": false}, "gauge": {"show": false}, "mappingType": 1,
             "valueMaps": [{"op": "=", "text": "N/A", "value": "null"}, {"op": "=", "text": "off", "value": "0"}], "rangeMaps": [],
             "targets": [{"expr": "up", "refId": "A"}]}
            """
        let short = try Self.yaml(stat)
        #expect(
            short == """
                title: T
                panels:
                  - title: S
                    type: stat
                    query: up
                    calc: mean
                    graph: none
                    color_mode: background
                    unit: s
                    decimals: 1
                    no_value: none
                    thresholds: [red, "1 #ffcc00", "2.5 green"]
                    grafana:
                      fieldConfig:
                        defaults:
                          mappings:
                            - type: special
                              options:
                                match: "null"
                                result:
                                  text: N/A
                                  index: 0
                            - type: value
                              options:
                                "0":
                                  text: "off"
                                  index: 1
                      prefix: "up "
                    width: 4
                    height: 3

                """)
        let gauge =
            #"{"type": "singlestat", "title": "", "format": "percent", "gauge": {"show": true, "minValue": 0, "maxValue": 50, "thresholdMarkers": false}, "thresholds": "", "colors": ["green"]}"#
        #expect(
            try Self.yaml(gauge) == """
                title: T
                panels:
                  - type: gauge
                    markers: false
                    unit: percent
                    min: 0
                    max: 50
                    thresholds: [green]

                """)
    }

    @Test("the least span of a repeat is how many stand beside each other, and nothing without one")
    func leastSpan() throws {
        let graph = { (more: String) in #"{"type": "graph", "title": "G", "minSpan": 3, \#(more) "targets": []}"# }
        let repeated = try Self.yaml(graph(#""repeat": "x","#))
        #expect(repeated.contains("    per_row: 4\n") && !repeated.contains("minSpan"))
        #expect(try Self.yaml(graph("")) == "title: T\npanels:\n  - title: G\n    fill: 10\n")
    }

    @Test("no old panel of the real dashboards keeps its old kind, and each draws the same")
    func realPanels() throws {
        var old = 0
        var kept: [String] = []
        func look(_ name: String, _ value: JSONValue) {
            if case .object = value, let type = value["type"]?.looseString, type == "graph" || type == "singlestat",
                value["targets"] != nil
            {
                old += 1
                if ModernPanel.panel(value) == nil {
                    let (one, other) = (
                        ModernPanel.meaning(value), ModernPanel.rewritten(value).map(ModernPanel.meaning) ?? ""
                    )
                    let place = zip(one, other).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? 0
                    let words = [one, other].map { $0.dropFirst(max(0, place - 60)).prefix(120) }
                    kept.append("\(name): \(words.joined(separator: " | "))")
                }
            }
            switch value {
            case .array(let items): for item in items { look(name, item) }
            case .object(let object): for item in object.values { look(name, item) }
            default: break
            }
        }
        for (name, bytes) in Files.corpus {
            look(name, try JSONReader.read(HelmEscapes.undone(bytes) ?? bytes, fileName: name))
        }
        #expect(kept == [])
        if !Files.corpus.isEmpty { #expect(old > 300) }
    }

    @Test("schema v2 comes in the short form and draws the same")
    func schemaV2() throws {
        let layout = SchemaV2Tests.rowsLayout([
            SchemaV2Tests.section("RowsLayoutRow", "One", SchemaV2Tests.grid("p", 3)),
            SchemaV2Tests.section("RowsLayoutRow", "Two", SchemaV2Tests.grid("q"), "\"collapse\": true,"),
        ])
        let more = """
            "description": "D", "tags": ["a"], "cursorSync": "Crosshair", "timeSettings": {"from": "now-3h", "to": "now", "autoRefresh": "10s", "timezone": "utc"},
            "links": [{"title": "t", "type": "link", "url": "/d/other"}],
            "variables": [{"kind": "QueryVariable", "spec": {"name": "job", "multi": true, "refresh": "onTimeRangeChanged", "sort": "alphabeticalDesc",
              "query": {"kind": "DataQuery", "group": "prometheus", "spec": {"query": "label_values(up, job)", "refId": "x"}}}}],
            "annotations": [{"kind": "AnnotationQuery", "spec": {"name": "n", "enable": true, "iconColor": "blue",
              "query": {"kind": "DataQuery", "group": "prometheus", "spec": {"expr": "x > 0"}}}}],
            """
        let json =
            "{\"kind\": \"Dashboard\", \"metadata\": {\"name\": \"u2\"}, \"spec\": {\"title\": \"V2\", \(SchemaV2Tests.elementsJSON), \(more) \"layout\": \(layout)}}"
        let short = try ShortForm.write(grafanaJSON: Array(json.utf8), fileName: "x.json")
        #expect(
            ShortForm.yaml(short) == """
                title: V2
                uid: u2
                description: D
                tags: a
                refresh: 10s
                timezone: utc
                crosshair: shared
                time: 3h
                variables:
                  - name: job
                    multi: true
                    sort: 2
                    refresh: time
                    query: label_values(up, job)
                annotations:
                  - name: "n"
                    query: x > 0
                    color: blue
                links:
                  - title: t
                    url: /d/other
                rows:
                  - title: One
                    panels:
                      - title: P
                        type: stat
                        query: up
                        interval: 1m
                        max_points: 50
                        transform:
                          - limit:
                              limitField: 1
                        x: 3
                  - title: Two
                    collapsed: true
                    panels:
                      - title: Q
                        type: text
                        content: x
                        width: 6
                        height: 4

                """)
        let before = try Dashboard(grafanaJSON: Array(json.utf8), fileName: "x.json")
        let after = try Dashboard(grafana: try ShortForm.expand(short), fileName: "x.json")
        #expect(ShortFormTests.meaning(after) == ShortFormTests.meaning(before))
    }

    @Test("a mapping whose result is no text stays as it is, and reads back")
    func oddMapping() throws {
        let panel =
            #"{"type": "stat", "fieldConfig": {"defaults": {"mappings": [{"type": "value", "options": {"1": {"text": []}}}]}}}"#
        let short = try ShortForm.write(
            grafanaJSON: Array("{\"title\": \"T\", \"panels\": [\(panel)]}".utf8), fileName: "x.json")
        #expect(ShortForm.yaml(short).contains("mappings:\n            - type: value"))
        #expect(throws: Never.self) { try ShortForm.expand(short) }
    }

    @Test("a dashboard that nobody put a panel on is one")
    func empty() throws {
        let short = try ShortForm.write(
            grafanaJSON: Array(#"{"title": "T", "schemaVersion": 39, "panels": []}"#.utf8), fileName: "x.json")
        #expect(ShortForm.yaml(short) == "title: T\npanels: []\n")
    }
}
