// Ad hoc filters in the queries that panels ask.

import Dashboards
import MetricModel
import Querying
import Testing

@testable import DashboardApp

@Suite("Ad hoc filters")
struct AdHocFilterTests {
    /// What the panel of a dashboard with these filters asks, and what it says beside.
    static func asked(_ expression: String, filters: String, more: String = "") throws -> (
        texts: [String], notices: [String]
    ) {
        let text = """
            {"templating": {"list": [{"name": "f", "type": "adhoc", "datasource": {"type": "prometheus", "uid": "x"}, "filters": [\(filters)]}\(more)]},
             "panels": [{"type": "timeseries", "targets": [{"refId": "A", "expr": \"\(expression)\"}]}]}
            """
        let dashboard = try Dashboard(grafanaJSON: Array(text.utf8), fileName: "x.json")
        let state = Scene.state(dashboard: dashboard)
        let plan = state.plan(dashboard.panels[0], range: state.time.range(now: state.now), widthCells: 80)
        return (plan.queries.map(\.expression), plan.notices)
    }

    @Test(
        "each selector of each query gets every filter",
        arguments: [
            (#"{"key": "job", "operator": "=", "value": "api"}"#, #"sum(rate(a{job="api"}[1m])) / sum(b{job="api"})"#),
            (
                #"{"key": "job", "operator": "!=", "value": "a\"b"}"#,
                #"sum(rate(a{job!="a\"b"}[1m])) / sum(b{job!="a\"b"})"#
            ),
            (
                #"{"key": "job", "operator": "=~", "value": "a.*"}"#,
                #"sum(rate(a{job=~"a.*"}[1m])) / sum(b{job=~"a.*"})"#
            ),
            (
                #"{"key": "job", "operator": "=|", "value": "a.b", "values": ["a.b", "c"]}"#,
                #"sum(rate(a{job=~"a\\.b|c"}[1m])) / sum(b{job=~"a\\.b|c"})"#
            ),
            (
                #"{"key": "job", "operator": "!=|", "value": "a", "values": ["a", "c"]}, {"key": "dc", "operator": "!~", "value": "x"}"#,
                #"sum(rate(a{dc!~"x",job!~"a|c"}[1m])) / sum(b{dc!~"x",job!~"a|c"})"#
            ),
            (
                #"{"key": "job", "operator": "=", "value": ""}, {"key": "", "operator": "=", "value": "x"}"#,
                "sum(rate(a[1m])) / sum(b)"
            ),
        ])
    func applied(filters: String, query: String) throws {
        let (texts, notices) = try Self.asked("sum(rate(a[1m])) / sum(b)", filters: filters)
        #expect(texts == [query])
        #expect(notices == [])
    }

    @Test("variables in a filter's value and in the query are filled in before")
    func variables() throws {
        let more = #", {"name": "v", "type": "custom", "query": "x", "current": {"value": "x"}}"#
        let (texts, _) = try Self.asked(
            "sum($v)", filters: #"{"key": "job", "operator": "=", "value": "$v"}"#, more: more)
        #expect(texts == [#"sum(x{job="x"})"#])
    }

    @Test("filters that PromQL has no words for are said, the others are applied")
    func refused() throws {
        let (texts, notices) = try Self.asked(
            "up",
            filters:
                #"{"key": "a", "operator": "<", "value": "5"}, {"key": "b", "operator": "=~", "value": "("}, {"key": "c", "operator": "=", "value": "d"}"#
        )
        #expect(texts == [#"up{c="d"}"#])
        #expect(
            notices == [
                "filter a < 5: PromQL has no such condition on a label",
                "filter b =~ (: error parsing regexp: missing closing ): `(`",
            ])
    }

    @Test("a query that does not parse is asked as it is")
    func unparsed() throws {
        let (texts, _) = try Self.asked("sum(up", filters: #"{"key": "c", "operator": "=", "value": "d"}"#)
        #expect(texts == ["sum(up"])
    }

    @Test("filters of another data source are no business of these queries")
    func foreign() throws {
        let text = """
            {"templating": {"list": [{"name": "f", "type": "adhoc", "datasource": {"type": "loki"}, "filters": [{"key": "a", "operator": "=", "value": "b"}]}]},
             "panels": [{"type": "timeseries", "targets": [{"expr": "up"}]}]}
            """
        let dashboard = try Dashboard(grafanaJSON: Array(text.utf8), fileName: "x.json")
        let state = Scene.state(dashboard: dashboard)
        let plan = state.plan(dashboard.panels[0], range: state.time.range(now: state.now), widthCells: 80)
        #expect(plan.queries.map(\.expression) == ["up"])
        #expect(
            dashboard.notices.map(\.description) == ["templating.list[0]: adhoc: data source \"loki\" is not asked"])
    }
}
