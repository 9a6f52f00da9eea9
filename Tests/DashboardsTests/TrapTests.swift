// The traps of real dashboard files, a test for each by its number in the survey of 789 of them.
// 10 to 13 and 31 to 34 have tables of their own in VariableTests, LayoutTests, UnitTests and TransformationTests.

import MetricModel
import Querying
import Testing

@testable import Dashboards

@Suite struct TrapTests {
    static func load(_ text: String) throws -> Dashboard { try ImportTests.load(text) }
    static func panel(_ text: String) throws -> Panel { try PanelDataTests.panel(text) }
    static func notices(_ text: String) throws -> [String] { try load(text).notices.map(\.description) }
    /// A query as it is asked with these variables.
    static func query(_ text: String, _ variables: String, range: TimeRange = PanelDataTests.range) throws -> String {
        let dashboard = try load("{\"templating\": {\"list\": [\(variables)]}, \"panels\": []}")
        return VariableContext(dashboard: dashboard, range: range).interpolate(text, .query)
    }

    // MARK: File and JSON

    @Test(
        "1: wrappings, marks and escapes around a document",
        arguments: [
            #"{"dashboard": {"title": "T", "panels": [{"type": "text"}]}, "meta": {}, "overwrite": true, "folderId": 3}"#,
            #"{"apiVersion": "dashboard.grafana.app/v1beta1", "kind": "Dashboard", "metadata": {"name": "n"}, "spec": {"title": "T", "panels": [{"type": "text"}]}}"#,
            "\u{feff}{\"title\": \"T\", \"panels\": [{\"type\": \"text\"}], \"unheardOf\": {\"a\": [1]}}",
            #"{"kind": "ConfigMap", "apiVersion": "v1", "data": {"a.json": "{\"title\": \"T\", \"panels\": [{\"type\": \"text\"}]}"}}"#,
        ])
    func trap1(text: String) throws {
        let dashboard = try Self.load(text)
        #expect(dashboard.title == "T")
        #expect(dashboard.panels.count == 1)
    }

    @Test(
        "1: braces that a chart's templates would have eaten",
        arguments: [
            (#"{{ "{{" }}job{{ "}}" }} x"#, "{{job}} x"), (#"{{"{{"}}job{{"}}"}}"#, "{{job}}"),
            (#"{{ \"{{\" }}job{{ \"}}\" }}"#, "{{job}}"), ("{{`{{job}}`}}", "{{job}}"),
            ("{{- `{{ a }} {{ b }}` -}}", "{{ a }} {{ b }}"), ("{{job}}", "{{job}}"), ("{{ job", "{{ job"),
        ])
    func trap1Helm(legend: String, read: String) throws {
        let panel = try Self.panel(#"{"type": "timeseries", "targets": [{"expr": "a", "legendFormat": "\#(legend)"}]}"#)
        #expect(panel.targets.map(\.legendFormat) == [read])
    }

    @Test("1: a ConfigMap of several files says so")
    func trap1ConfigMap() throws {
        let error = #expect(throws: DashboardError.self) {
            try Self.load(#"{"kind": "ConfigMap", "data": {"a.json": "{}", "b.json": "{}"}}"#)
        }
        #expect(error?.description == "x.json: a ConfigMap of several files; extract the one that is meant")
    }

    @Test("2: a schema version is no word on the shape", arguments: [1, 14, 42, 999])
    func trap2(version: Int) throws {
        let dashboard = try Self.load(
            """
            {"schemaVersion": \(version), "panels": [
              {"type": "timeseries", "fieldConfig": {"defaults": {"unit": "s"}}}, {"type": "graph", "yaxes": [{"format": "ms"}]}]}
            """)
        #expect(dashboard.panels.map(\.kind.label) == ["timeseries", "timeseries"])
        #expect(dashboard.panels.map(\.fields.unit) == ["s", "ms"])
        #expect(dashboard.notices == [])
    }

    @Test("3: numbers as texts and texts as numbers")
    func trap3() throws {
        let dashboard = try Self.load(
            """
            {"title": 7, "refresh": "60s", "time": {"from": "now/M", "to": "now"}, "panels": [{"type": "timeseries", "interval": "60",
              "gridPos": {"x": 0.4, "y": 1.5, "w": 11.6, "h": "9"}, "maxDataPoints": "100", "timeFrom": "12M",
              "fieldConfig": {"defaults": {"decimals": "2", "min": "0", "max": "1e3", "custom": {"fillOpacity": 10.5, "lineWidth": "2"}}},
              "targets": [{"expr": "a", "intervalFactor": "2"}]}]}
            """)
        let panel = dashboard.panels[0]
        #expect(dashboard.title == "7")
        #expect(dashboard.refresh == .seconds(60))
        #expect(panel.interval == .seconds(60))
        #expect(panel.position == GridPosition(x: 0, y: 2, width: 12, height: 9))
        #expect(panel.maxDataPoints == 100)
        #expect(panel.fields.decimals == 2)
        #expect(panel.fields.min == 0 && panel.fields.max == 1000)
        #expect(panel.fields.graph.fillOpacity == 10.5 && panel.fields.graph.lineWidth == 2)
        #expect(panel.targets[0].intervalFactor == 2)
        #expect(dashboard.notices == [])
    }

    @Test(
        "3: a panel's own time in every form",
        arguments: [
            ("12M", 12 * 30 * 86_400), ("0m", 0), ("now-24h", 86_400), ("now/d", 79_200), ("1h", 3600), ("", 60),
            ("$nope", 60),
        ])
    func trap3Time(text: String, seconds: Int64) throws {
        let panel = try Self.panel(#"{"type": "timeseries", "timeFrom": "\#(text)", "targets": [{"expr": "a"}]}"#)
        let end = Timestamp(milliseconds: 1_700_000_000_000 - 1_700_000_000_000 % 86_400_000 + 79_200_000)
        let range = TimeRange(start: end - .minutes(1), end: end)
        let plan = PanelQueryPlan(
            panel: panel, range: range, widthColumns: 60, scrapeInterval: .seconds(15),
            variables: VariableContext(range: range))
        // A year back is a year by the calendar.
        if text == "12M" {
            #expect([365, 366].contains((plan.range.length.count + 43_200_000) / 86_400_000))
        } else {
            #expect(plan.range.length == .seconds(seconds))
        }
    }

    @Test("4: null, absent, empty text, empty object and empty list all mean the default")
    func trap4() throws {
        let variants = ["null", "\"\"", "{}", "[]"]
        for blank in variants {
            let dashboard = try Self.load(
                """
                {"title": "T", "tags": \(blank), "time": \(blank), "links": \(blank), "templating": {"list": [
                   {"name": "x", "type": "custom", "query": "a,b", "current": \(blank), "regex": \(blank), "allValue": \(blank), "options": \(blank)}]},
                 "panels": [{"type": "row", "panels": \(blank), "repeat": \(blank)}, {"type": "timeseries", "title": \(blank), "repeat": \(blank),
                   "fieldConfig": {"defaults": {"unit": \(blank), "min": \(blank), "color": \(blank), "thresholds": \(blank), "mappings": \(blank),
                     "custom": {"hideFrom": \(blank), "stacking": \(blank)}}, "overrides": \(blank)},
                   "options": \(blank), "transformations": \(blank), "targets": [{}, {"expr": ""}, {"expr": "a", "legendFormat": \(blank), "format": \(blank), "interval": \(blank)}]}]}
                """)
            #expect(dashboard.notices.map(\.description) == [], "\(blank)")
            #expect(dashboard.variables.map(\.current) == [["a"]], "\(blank)")
            let panel = try #require(dashboard.panels.last)
            #expect(panel.repeating == nil)
            #expect(panel.fields.unit == nil && panel.fields.min == nil)
            #expect(PanelDataTests.plan(panel).queries.map(\.expression) == ["a"])
        }
    }

    @Test("4: an override's colour that is null or a text")
    func trap4Color() throws {
        let panel = try Self.panel(
            """
            {"type": "timeseries", "fieldConfig": {"overrides": [
              {"matcher": {"id": "byName", "options": "a"}, "properties": [{"id": "color", "value": null}]},
              {"matcher": {"id": "byName", "options": "b"}, "properties": [{"id": "color", "value": "red"}]}]}}
            """)
        #expect(panel.overrides == [FieldOverride(matching: .name("b"), apply: [.color(.fixed("red"))])])
    }

    @Test("5: leftovers of the editor are no words; series hidden in the browser stay hidden")
    func trap5() throws {
        let dashboard = try Self.load(
            """
            {"editable": true, "style": "dark", "panels": [{"type": "timeseries", "$$hashKey": "object:1", "pluginVersion": "9.1", "renderer": "flot",
              "scopedVars": {}, "repeatedByRow": true, "editable": true, "fieldConfig": {"defaults": {}, "overrides": [
                {"__systemRef": "hideSeriesFrom", "matcher": {"id": "byNames", "options": {"mode": "exclude", "names": ["a"], "prefix": "All except:", "readOnly": true}},
                 "properties": [{"id": "custom.hideFrom", "value": {"legend": false, "tooltip": false, "viz": true}}]}]}}]}
            """)
        #expect(dashboard.notices == [])
        #expect(
            dashboard.panels[0].overrides == [FieldOverride(matching: .namesExcept(["a"]), apply: [.hideFromGraph])])
    }

    @Test("6: panels without a number, and with the same one, are told apart")
    func trap6() throws {
        let dashboard = try Self.load(
            #"{"panels": [{"type": "text", "id": 4}, {"type": "text", "id": 4}, {"type": "text"}, {"type": "text", "id": null}]}"#
        )
        #expect(Set(dashboard.panels.map(\.id)).count == 4)
    }

    // MARK: Data sources

    @Test(
        "7: every form of a data source that is ours",
        arguments: [
            #"{"type": "prometheus", "uid": "$datasource"}"#, #"{"type": "prometheus", "uid": "${DS_PROMETHEUS}"}"#,
            #"{"uid": "$datasource"}"#, #"{"uid": "abc"}"#, #"{"type": "prometheus"}"#, #""Prometheus EU""#,
            #""$datasource""#, #""${DS_PROMETHEUS}""#, "null", #""-- Mixed --""#,
            #"{"type": "datasource", "uid": "-- Mixed --"}"#,
            #"{"type": "grafana-amazonprometheus-datasource"}"#, #"{"type": "victoriametrics-metrics-datasource"}"#,
            #"{"type": "$type"}"#,
        ])
    func trap7(source: String) throws {
        let panel = try Self.panel(#"{"type": "stat", "datasource": \#(source), "targets": [{"expr": "a"}]}"#)
        #expect(panel.targets.map(\.foreignDatasource) == [nil])
    }

    @Test("7: a panel that shows another one's results asks that one's queries")
    func trap7Dashboard() throws {
        let dashboard = try Self.load(
            """
            {"panels": [{"id": 3, "type": "timeseries", "targets": [{"refId": "A", "expr": "up"}], "transformations": [{"id": "limit", "options": {}}]},
             {"type": "stat", "datasource": {"type": "datasource", "uid": "-- Dashboard --"}, "targets": [{"panelId": 3, "withTransforms": true}]},
             {"type": "stat", "datasource": "-- Dashboard --", "targets": [{"panelId": 9}]}]}
            """)
        #expect(dashboard.panels[1].targets.map(\.expression) == ["up"])
        #expect(dashboard.panels[1].transformations.map(\.id) == ["limit"])
        #expect(
            dashboard.notices.map(\.description) == ["panels[2]: there is no panel 9 whose results could be shown"])
    }

    @Test("8: a variable of data sources has a value; one of logs has none")
    func trap8() throws {
        let dashboard = try Self.load(
            """
            {"templating": {"list": [
              {"name": "datasource", "type": "datasource", "query": "prometheus", "regex": "/prod/", "current": {"text": "Old", "value": "old"}},
              {"name": "logs", "type": "datasource", "query": "loki"}]}, "panels": []}
            """)
        #expect(dashboard.variables.map(\.current) == [["prometheus"], [""]])
        #expect(dashboard.variables.map(\.texts) == [["old": "Old"], ["": "(none)"]])
    }

    @Test("9: targets of other sources are named, the rest is asked")
    func trap9() throws {
        let panel = try Self.panel(
            """
            {"type": "timeseries", "datasource": "-- Mixed --", "targets": [{"expr": "a", "datasource": {"type": "prometheus"}},
              {"expr": "{app=\\"x\\"} |= \\"e\\"", "datasource": {"type": "loki"}}, {"dimensions": {}, "datasource": {"type": "cloudwatch"}}]}
            """)
        let plan = PanelDataTests.plan(panel)
        #expect(plan.queries.map(\.expression) == ["a"])
        #expect(
            plan.notices == [
                "loki is not a Prometheus data source", "cloudwatch is not a Prometheus data source",
            ])
    }

    // MARK: Variables

    @Test(
        "10: queries of variables as text and as object",
        arguments: [
            (#""label_values(up, job)""#, "label_values(up, job)"),
            (#"{"query": "label_values(up, job)", "refId": "x", "qryType": 1}"#, "label_values(up, job)"),
            (#"{"query": "topk(3, up)", "qryType": 3}"#, "query_result(topk(3, up))"),
            (#"{"query": "query_result(up)", "qryType": 3}"#, "query_result(up)"),
            (#"{"query": "metrics(node_)", "qryType": 5}"#, "metrics(node_)"), (#"{"qryType": 0}"#, "label_names()"),
            (#"{"expr": "label_values(job)"}"#, "label_values(job)"), ("null", "shown"),
        ])
    func trap10(query: String, read: String) throws {
        let dashboard = try Self.load(
            #"{"templating": {"list": [{"name": "x", "type": "query", "query": \#(query), "definition": "shown"}]}, "panels": []}"#
        )
        #expect(dashboard.variables.map(\.kind) == [.query(read)])
    }

    @Test(
        "10: the label is behind the last comma outside of selectors, whatever white space there is",
        arguments: [
            (
                "label_values(\n  up{a=\"1,2\",\n    b=\"3\"},\n  job\n)",
                VariableQuery.labelValues(selector: "up{a=\"1,2\",\n    b=\"3\"}", label: "job")
            ),
            ("label_values({a=~\"x,y\", b='p,q'},c)", .labelValues(selector: "{a=~\"x,y\", b='p,q'}", label: "c")),
        ])
    func trap10Commas(text: String, query: VariableQuery) { #expect(VariableQuery(parsing: text) == query) }

    @Test("14: options that are never asked again are those of the file")
    func trap14() async throws {
        let dashboard = try Self.load(
            """
            {"templating": {"list": [{"name": "x", "type": "query", "query": "label_values(a)", "refresh": 0,
              "options": [{"text": "All", "value": "$__all"}, {"text": "One", "value": "1"}, {"text": "2", "value": "2"}],
              "current": {"text": "2", "value": "2"}}]}, "panels": []}
            """)
        #expect(dashboard.variables[0].refresh == .never)
        #expect(dashboard.variables[0].options == ["1", "2"])
        #expect(dashboard.variables[0].texts == ["1": "One"])
        let outcome = await VariableResolver.resolve(
            dashboard.variables, backend: RefusingBackend(), range: PanelDataTests.range)
        #expect(outcome.notices == [])
        #expect(outcome.variables[0].current == ["2"])
    }

    static let shapes = """
        {"name": "single", "type": "custom", "query": "a.b", "current": {"value": "a.b"}},
        {"name": "multi", "type": "custom", "query": "a.1,b", "multi": true, "current": {"value": ["a.1", "b"]}},
        {"name": "one", "type": "custom", "query": "a.1,b", "multi": true, "current": {"value": ["a.1"]}},
        {"name": "all", "type": "custom", "query": "a.1,b", "includeAll": true, "current": {"value": "$__all"}},
        {"name": "alone", "type": "custom", "query": "a.1,b", "includeAll": true, "current": {"value": "b"}},
        {"name": "wild", "type": "custom", "query": "a,b", "includeAll": true, "allValue": ".+", "multi": true, "current": {"value": ["$__all"]}},
        {"name": "path", "type": "textbox", "query": "C:\\\\x \\"q\\""},
        {"name": "metric", "type": "custom", "query": "up", "current": {"value": "up"}},
        {"name": "aggregation", "type": "custom", "query": "sum,avg", "current": {"value": "avg"}},
        {"name": "groupby", "type": "custom", "query": "job,pod", "multi": true, "current": {"value": ["job", "pod"]}},
        {"name": "window", "type": "interval", "query": "5m,1h", "current": {"value": "1h"}},
        {"name": "limit", "type": "textbox", "query": "5"},
        {"name": "match", "type": "constant", "query": "job=\\"api\\""},
        {"name": "cluster", "type": "custom", "query": "c", "current": {"value": "c"}},
        {"name": "cluster_id", "type": "custom", "query": "d", "current": {"value": "d"}},
        {"name": "named", "type": "custom", "query": "Shown : val,b", "current": {"text": "Shown", "value": "val"}}
        """

    @Test(
        "15: escapes, patterns and All in queries",
        arguments: [
            (#"{a="$single"}"#, #"{a="a.b"}"#), (#"{a=~"$multi"}"#, #"{a=~"(a\\.1|b)"}"#),
            (#"{a=~"$one"}"#, #"{a=~"a\\.1"}"#),
            (#"{a=~"$all"}"#, #"{a=~"(a\\.1|b)"}"#), (#"{a=~"$alone"}"#, #"{a=~"b"}"#),
            (#"{a=~"$wild"}"#, #"{a=~".+"}"#),
            (#"{a="$path"}"#, #"{a="C:\\x \"q\""}"#), (#"{a=~"($one)|$^"}"#, #"{a=~"(a\\.1)|$^"}"#),
            (#"{a=~`$one`}"#, #"{a=~`a\.1`}"#), (#"{a=~"x\$"}"#, #"{a=~"x\$"}"#), (#"{a=~"(x|$)"}"#, #"{a=~"(x|$)"}"#),
        ])
    func trap15(text: String, result: String) throws { #expect(try Self.query(text, Self.shapes) == result) }

    @Test(
        "16: variables hold names, functions, labels, lengths, numbers and whole conditions",
        arguments: [
            ("$metric{a=\"1\"}", "up{a=\"1\"}"), ("$aggregation(up)", "avg(up)"),
            ("sum by (${groupby:csv}) (up)", "sum by (job,pod) (up)"), ("rate(up[$window])", "rate(up[1h])"),
            ("up offset $window", "up offset 1h"), ("topk($limit, up)", "topk(5, up)"),
            ("up{$match}", #"up{job="api"}"#),
            ("${metric}_total", "up_total"), ("a:$metric:rate$window", "a:up:rate1h"),
        ])
    func trap16(text: String, result: String) throws { #expect(try Self.query(text, Self.shapes) == result) }

    @Test(
        "17: the longest name counts, in every way of writing; what is not declared stays",
        arguments: [
            ("$cluster_id", "d"), ("$cluster", "c"), ("${cluster}_id", "c_id"), ("$cluster.x", "c.x"),
            ("[[cluster]]x", "cx"),
            ("${named:text}", "Shown"), ("${named.text}", "Shown"), ("${named.value}", "val"), ("$named", "val"),
            ("${one:regex}", #"a\.1"#),
            ("${multi:pipe}", "a.1|b"), ("${multi:raw}", "a.1,b"),
            ("$nope ${nope} [[nope]] ${nope:csv}", "$nope ${nope} [[nope]] ${nope:csv}"),
        ])
    func trap17(text: String, result: String) throws { #expect(try Self.query(text, Self.shapes) == result) }

    @Test("18: a choice made in a parent makes its children stale, in order, wherever they stand in the file")
    func trap18() throws {
        let dashboard = try Self.load(
            """
            {"templating": {"list": [
              {"name": "pod", "type": "query", "query": "label_values(x{ns=~\\"$ns\\"}, pod)"},
              {"name": "ns", "type": "query", "query": {"query": "label_values(x{c=\\"$c\\"}, ns)"}},
              {"name": "c", "type": "query", "query": "label_values(c)"}, {"name": "other", "type": "custom", "query": "a"}]}, "panels": []}
            """)
        #expect(VariableResolver.dependents(of: "c", in: dashboard.variables) == ["ns", "pod"])
        #expect(VariableResolver.dependents(of: "ns", in: dashboard.variables) == ["pod"])
        #expect(VariableResolver.dependents(of: "other", in: dashboard.variables) == [])
    }

    @Test(
        "19: saved choices in every form; what is no option any more gives way",
        arguments: [
            (#""current": {"value": "b"}"#, ["b"]), (#""current": {"value": ["b"]}"#, ["b"]),
            (#""current": {"text": "b"}"#, ["b"]),
            (#""current": {"text": {"text": "b", "value": "b"}, "value": {"text": "b", "value": "b"}}"#, ["b"]),
            (#""current": {"value": "gone"}"#, ["a"]), (#""current": {"value": ["gone", "b"]}"#, ["b"]),
            (#""current": {}"#, ["a"]),
            (#""current": {"value": "gone"}, "includeAll": true"#, ["$__all"]),
            (#""current": {"value": "$__all"}, "includeAll": true"#, ["$__all"]),
            (#""current": {"value": ["$__all"]}, "includeAll": true, "multi": true"#, ["$__all"]),
            (#""current": {"text": "All", "value": ""}, "includeAll": true"#, ["$__all"]),
            (#""current": {"text": "All", "value": "all"}, "includeAll": true"#, ["$__all"]),
            (#""current": {"text": "All", "value": ".*"}, "includeAll": true"#, ["$__all"]),
            (#""current": {"text": ["All"], "value": ["$__all"]}, "includeAll": true"#, ["$__all"]),
            (#""current": {"value": "$__all"}"#, ["a"]),
        ])
    func trap19(json: String, current: [String]) throws {
        let dashboard = try Self.load(
            #"{"templating": {"list": [{"name": "x", "type": "custom", "query": "a,b,c", \#(json)}]}, "panels": []}"#)
        #expect(dashboard.variables[0].current == current)
    }

    @Test("20: hidden variables, intervals with auto, texts, constants, filters, switches")
    func trap20() throws {
        let dashboard = try Self.load(
            """
            {"templating": {"list": [
              {"name": "h", "type": "custom", "query": "a", "hide": 2}, {"name": "l", "type": "custom", "query": "a", "hide": 1},
              {"name": "i", "type": "interval", "query": "1m,5m", "auto": true, "auto_count": 10, "auto_min": "1m",
               "current": {"text": "auto", "value": "$__auto_interval_i"}},
              {"name": "t", "type": "textbox", "query": "web"}, {"name": "k", "type": "constant", "query": "42"},
              {"name": "f", "type": "adhoc", "filters": [{"key": "job", "operator": "=", "value": "api"}, {"key": "", "operator": "=", "value": ""},
                {"key": "pod", "operator": "=|", "value": "a", "values": ["a.1", "b"]}]},
              {"name": "s", "type": "switch", "enabledValue": "on", "disabledValue": "off", "current": {"value": "off"}}]}, "panels": []}
            """)
        #expect(dashboard.variables.map(\.isHidden) == [true, false, false, false, true, false, false])
        let range = TimeRange(start: Timestamp(milliseconds: 0), end: Timestamp(milliseconds: 3_600_000))
        let context = VariableContext(dashboard: dashboard, range: range)
        #expect(context.interpolate("$h $l $i $t $k $s $f", .query) == "a a 5m web 42 off $f")
        #expect(
            context.filters == [
                AdHocFilter(key: "job", operation: "=", value: "api"),
                AdHocFilter(key: "pod", operation: "=~", value: #"a\.1|b"#),
            ])
        let short = VariableContext(
            dashboard: dashboard, range: TimeRange(start: range.start, end: Timestamp(milliseconds: 60_000)))
        #expect(short.interpolate("$i", .query) == "1m")
        #expect(dashboard.notices == [])
    }

    @Test(
        "21: built-in variables, with the step's factor and the scrape's floor",
        arguments: [
            ("x[$__interval]", "", "x[30s]"), ("x[$__rate_interval]", "", "x[1m]"), ("x[$__range]", "", "x[3600s]"),
            ("$__interval_ms", "", "30000"), ("$__range_s", "", "3600"), ("$__range_ms", "", "3600000"),
            ("x[$__interval]", #", "intervalFactor": 10"#, "x[5m]"),
            ("x[$__rate_interval]", #", "intervalFactor": 10"#, "x[5m15s]"),
            ("x[$__interval]", #", "interval": "2m""#, "x[2m]"), ("x[$__interval]", #", "interval": ">2m""#, "x[2m]"),
            ("x[$__interval]", #", "step": 600"#, "x[30s]"), ("${__interval}", "", "30s"),
            ("x{d=\"$__dashboard\"}", "", "x{d=\"T\"}"), ("$__from $__to", "", "0 3600000"),
        ])
    func trap21(text: String, more: String, result: String) throws {
        let quoted = VariableFormat.jsonQuoted(text)
        let panel = try Self.panel(#"{"type": "timeseries", "targets": [{"expr": \#(quoted)\#(more)}]}"#)
        let range = TimeRange(start: Timestamp(milliseconds: 0), end: Timestamp(milliseconds: 3_600_000))
        var context = VariableContext(range: range)
        context.dashboardTitle = "T"
        let plan = PanelQueryPlan(
            panel: panel, range: range, widthColumns: 60, scrapeInterval: .seconds(15), variables: context)
        #expect(plan.queries.map(\.expression) == [result])
    }

    @Test("22: a variable whose query fails keeps its value, and the others go on")
    func trap22() async throws {
        let dashboard = try Self.load(
            """
            {"templating": {"list": [{"name": "x", "type": "query", "query": "label_values(a)", "current": {"value": "v"}},
              {"name": "y", "type": "custom", "query": "p,q"}]}, "panels": []}
            """)
        let outcome = await VariableResolver.resolve(
            dashboard.variables, backend: RefusingBackend(), range: PanelDataTests.range)
        #expect(outcome.notices == ["variable x: refused"])
        #expect(outcome.variables.map(\.current) == [["v"], ["p"]])
    }

    // MARK: Queries

    @Test("23: hidden targets are not asked; names are made where they are missing or repeated, in the file's order")
    func trap23() throws {
        let panel = try Self.panel(
            """
            {"type": "timeseries", "targets": [{"refId": "B", "expr": "b"}, {"refId": "A", "expr": "a", "hide": true}, {"expr": "c"},
              {"refId": "B", "expr": "d"}]}
            """)
        #expect(panel.targets.map(\.refID) == ["B", "A", "C", "D"])
        #expect(PanelDataTests.plan(panel).queries.map(\.expression) == ["b", "c", "d"])
    }

    @Test(
        "24: instant or range, and what a format means",
        arguments: [
            (#""instant": true"#, "instant series"), (#""instant": true, "range": true"#, "range series"),
            (#""range": true"#, "range series"),
            (#""format": """#, "range series"), (#""format": null"#, "range series"),
            (#""format": "time_series""#, "range series"),
            (#""format": "table", "instant": true"#, "instant table"), (#""format": "table""#, "range table"),
            (#""format": "heatmap""#, "range series"),
        ])
    func trap24(json: String, kind: String) throws {
        let panel = try Self.panel(#"{"type": "table", "targets": [{"expr": "a", \#(json)}]}"#)
        let request = try #require(PanelDataTests.plan(panel).queries.first?.request)
        let word = if case .instant = request { "instant" } else { "range" }
        #expect("\(word) \(panel.targets[0].isTable ? "table" : "series")" == kind)
    }

    @Test(
        "25: legends in every form",
        arguments: [
            ("__auto", "api"), ("", #"{job="api"}"#), ("-", "-"), (" ", " "), ("{{job}}", "api"),
            ("{{ job }}/{{nope}}", "api/"), ("{{$job}}", "api"),
            (#"{{"job"}}"#, "api"), ("{{@x.y}}", ""), ("fixed $v", "fixed 1"), ("{{le}}", ""), ("{{job", "{{job"),
        ])
    func trap25(format: String, name: String) throws {
        let panel = try Self.panel(
            #"{"type": "timeseries", "targets": [{"refId": "A", "expr": "x", "legendFormat": \#(VariableFormat.jsonQuoted(format))}]}"#
        )
        var context = PanelDataTests.context
        context.set("v", .init(values: ["1"]))
        let plan = PanelQueryPlan(
            panel: panel, range: PanelDataTests.range, widthColumns: 60, scrapeInterval: .seconds(1), variables: context
        )
        let answers = ["A": PanelDataTests.matrix([(["job": "api"], [1])])]
        let data = PanelDataBuilder.build(panel: panel, plan: plan, results: answers)
        #expect(PanelDataTests.fields(data).map(\.name) == [name])
    }

    @Test(
        "27: one point where a panel wants one; an old cap is a cap and no wish",
        arguments: [
            (1, 60, [Int64(60_000)]), (100, 400, [1000]), (100, 20, [2000]), (10_000, 20, [2000]),
        ])
    func trap27(most: Int, columns: Int, steps: [Int64]) throws {
        let panel = try Self.panel(#"{"type": "timeseries", "maxDataPoints": \#(most), "targets": [{"expr": "a"}]}"#)
        #expect(PanelDataTests.plan(panel, columns: columns).queries.map(\.step.count) == steps)
    }

    @Test("28: NaN is a gap in graphs, skipped by the last value, written in tables, and can be mapped")
    func trap28() throws {
        let panel = try Self.panel(
            """
            {"type": "stat", "targets": [{"refId": "A", "expr": "x"}], "options": {"reduceOptions": {"calcs": ["lastNotNull", "last"]}},
             "fieldConfig": {"defaults": {"mappings": [{"type": "special", "options": {"match": "null+nan", "result": {"text": "none"}}}]}}}
            """)
        let data = PanelDataBuilder.build(
            panel: panel, plan: PanelDataTests.plan(panel),
            results: ["A": PanelDataTests.matrix([(["a": "b"], [1, 2, .nan])])])
        let field = try #require(PanelDataTests.fields(data).first)
        #expect(field.reduced == [2, nil])
        #expect(field.configuration.text(of: field.reduced[1]).description == "none")
        #expect(FieldConfiguration().text(of: .nan).description == "NaN")
        #expect(FieldConfiguration().text(of: .infinity).description == "∞")
    }

    // MARK: Fields

    @Test(
        "29: thresholds unsorted, without colours, as texts, with a number in the first step, or none at all",
        arguments: [
            (
                #"{"steps": [{"color": "a", "value": null}, {"color": "c", "value": 9}, {"color": "b", "value": "5"}]}"#,
                "-inf a, 5.0 b, 9.0 c"
            ),
            (#"{"steps": [{"color": "a", "value": 3}, {"value": 5}]}"#, "-inf a, 5.0 text"),
            (#"{"mode": "percentage", "steps": [{"color": "a"}, {"color": "b", "value": 50}]}"#, "-inf a, 50.0 b"),
            (#"{"steps": []}"#, ""), ("{}", ""),
            (#"[{"color": "a", "value": null}, {"color": "b", "value": 1}]"#, "-inf a, 1.0 b"),
        ])
    func trap29(json: String, steps: String) throws {
        let panel = try Self.panel(#"{"type": "timeseries", "fieldConfig": {"defaults": {"thresholds": \#(json)}}}"#)
        #expect(MigrationTests.steps(panel.fields.thresholds) == steps)
    }

    @Test("30: mappings with texts for keys, in both ways of writing")
    func trap30() throws {
        let panel = try Self.panel(
            """
            {"type": "stat", "fieldConfig": {"defaults": {"mappings": [
              {"type": "value", "options": {"1": {"text": "up", "color": "green", "index": 0}, "true": {"text": "yes"}}},
              {"type": "special", "options": {"match": "null", "result": {"text": "gone"}}},
              {"id": 0, "op": "=", "type": 1, "value": "0", "text": "down"}, {"type": 2, "from": "5", "to": "9", "text": "some"}]}}}
            """)
        let fields = panel.fields
        #expect([1, 0, 7, nil].map { fields.text(of: $0).description } == ["up", "down", "some", "gone"])
        #expect(fields.display(.text("true")).text.description == "yes")
    }

    @Test("34: steps of a chain that are switched off are none")
    func trap34() throws {
        let panel = try Self.panel(
            #"{"type": "table", "transformations": [{"id": "merge", "disabled": true}, {"id": "organize", "options": {}}, {"id": "noSuch"}]}"#
        )
        #expect(panel.transformations.map(\.id) == ["organize", "noSuch"])
    }

    @Test("35: links carry variables, of the dashboard and of the field")
    func trap35() throws {
        let panel = try Self.panel(
            #"{"type": "timeseries", "links": [{"title": "t", "url": "/d/x?${job:queryparam}&${__url_time_range}"}]}"#)
        var context = PanelDataTests.context
        context.set("job", .init(values: ["a b"]))
        #expect(context.interpolate(panel.links[0].url) == "/d/x?var-job=a%20b&from=0&to=60000")
    }

    @Test("36: titles of any script come through as they are; control characters are the painters' business")
    func trap36() throws {
        let dashboard = try Self.load(
            #"{"title": "Übersicht 日本 🔥", "panels": [{"type": "text", "title": "a\u001b[31m"}]}"#)
        #expect(dashboard.title == "Übersicht 日本 🔥")
        #expect(dashboard.panels[0].title == "a\u{1b}[31m")
    }
}

/// Answers no question.
struct RefusingBackend: QueryBackend {
    private var refusal: QueryFailure { QueryFailure(.execution, "refused") }
    func instant(_: InstantRequest) async throws(QueryFailure) -> QueryResult { throw refusal }
    func range(_: RangeRequest) async throws(QueryFailure) -> QueryResult { throw refusal }
    func series(_: [String], start: Timestamp, end: Timestamp, limit: Int) async throws(QueryFailure) -> [LabelSet] {
        throw refusal
    }
    func labelNames(_: [String], start: Timestamp, end: Timestamp, limit: Int) async throws(QueryFailure) -> [String] {
        throw refusal
    }
    func labelValues(
        _: String, _: [String], start: Timestamp, end: Timestamp, limit: Int
    ) async throws(QueryFailure) -> [String] { throw refusal }
    func metadata(metric: String?) async throws(QueryFailure) -> [String: [Metadata]] { throw refusal }
}
