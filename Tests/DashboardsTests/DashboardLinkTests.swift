// Addresses of dashboards, and what links make of variables, times, series and tags.

import MetricModel
import Testing

@testable import Dashboards

@Suite struct DashboardLinkTests {
    @Test(
        "an address says which dashboard and what is chosen in it",
        arguments: [
            ("/d/abc", "abc - [] - -"), ("/d/abc/a-name?orgId=1", "abc - [] - -"),
            (
                "https://grafana.example:3000/sub/d/abc/x?var-job=a&var-job=b+c%2F&from=now-1h&to=now#x",
                "abc - [job=a, job=b c/] now-1h now"
            ),
            ("d/a%20b/?var-x=", "a b - [x=] - -"), ("/d-solo/u/x?panelId=1", "u - [] - -"),
            ("/dashboard/db/node-exporter?var-y=1%2", "- node-exporter [y=1%2] - -"),
            ("/d/u?var-x=%ff", "u - [x=\u{fffd}] - -"), ("/d/u?var-x=%+1%-0", "u - [x=% 1%-0] - -"),
            ("/d/u?&&=&var-=v", "u - [=v] - -"),
            ("/explore?left=x", "no dashboard"), ("", "no dashboard"), ("/d/", "no dashboard"), ("/d", "no dashboard"),
            ("https://example.org/db/x", "no dashboard"), ("#/d/u", "no dashboard"), ("?/d/u", "no dashboard"),
        ])
    func addresses(url: String, said: String) {
        let text = DashboardAddress(url).map { address in
            let chosen = address.variables.map { "\($0.name)=\($0.value)" }.joined(separator: ", ")
            return
                "\(address.uid ?? "-") \(address.slug ?? "-") [\(chosen)] \(address.from ?? "-") \(address.to ?? "-")"
        }
        #expect(text ?? "no dashboard" == said)
    }

    @Test("an address carries values to its limit, and none past it")
    func limit() {
        func address(_ count: Int) -> DashboardAddress? {
            DashboardAddress("/d/u?" + (0..<count).map { "var-x=\($0)" }.joined(separator: "&"))
        }
        #expect(address(DashboardAddress.valuesMax)?.variables.last?.value == "999")
        #expect(address(DashboardAddress.valuesMax + 1)?.variables.last?.value == "999")
    }

    @Test("an old address names a dashboard by its title")
    func slugs() {
        let name = DashboardName(Dashboard(uid: "u", title: "Node  Exporter / Full (v2)"))
        #expect(DashboardAddress("/dashboard/db/node-exporter-full-v2")?.names(name) == true)
        #expect(DashboardAddress("/dashboard/db/node-exporter")?.names(name) == false)
        #expect(DashboardAddress("/d/u/whatever")?.names(name) == true)
        #expect(DashboardAddress("/d/U")?.names(name) == false)
    }

    private static func imported(_ links: String) throws -> [DashboardLink] {
        try ImportTests.load("{\"panels\": [], \"links\": [\(links)]}").links
    }

    private static let library = [("self", ["a"]), ("one", ["a", "b"]), ("two", ["b"]), ("three", ["a", "b", "c"])].map
    {
        DashboardName(Dashboard(uid: $0.0, title: $0.0.uppercased(), tags: $0.1))
    }

    private static func urls(_ links: String, _ change: (inout VariableContext) -> Void = { _ in }) throws -> [String] {
        var context = InterpolationTests.context
        context.dashboardUID = "self"
        change(&context)
        return try imported(links).flatMap { $0.choices(context, library: library) }.map { "\($0.title): \($0.url)" }
    }

    @Test(
        "links of every kind lead where Grafana's do",
        arguments: [
            (#"{"type": "link", "title": "T $job", "url": "/d/x?var-job=${job}"}"#, ["T A B: /d/x?var-job=a.b"]),
            (#"{"title": "T", "url": "/d/x", "keepTime": true}"#, ["T: /d/x?from=1700000000000&to=1700003600000"]),
            (
                #"{"title": "T", "url": "/d/x?a=b", "includeVars": true}"#,
                [
                    "T: /d/x?a=b&var-all=$__all&var-every=$__all&var-hosts=a.1&var-hosts=b&var-job=a.b&var-match=job%3D%22api%22&var-one=a.1&var-path=C:%5Cx%20%22q%22"
                ]
            ),
            (#"{"title": "T", "url": "/d/x?p=$path"}"#, ["T: /d/x?p=C:%5Cx%20%22q%22"]),
            (
                #"{"title": "T", "url": "/d/x?${__url_time_range}&${hosts:queryparam}"}"#,
                ["T: /d/x?from=1700000000000&to=1700003600000&var-hosts=a.1&var-hosts=b"]
            ),
            (
                #"{"type": "dashboards", "title": "More", "tags": ["b"], "keepTime": true}"#,
                [
                    "ONE: /d/one?from=1700000000000&to=1700003600000",
                    "TWO: /d/two?from=1700000000000&to=1700003600000",
                    "THREE: /d/three?from=1700000000000&to=1700003600000",
                ]
            ),
            (#"{"type": "dashboards", "tags": ["a", "b"]}"#, ["ONE: /d/one", "THREE: /d/three"]),
            (
                #"{"type": "dashboard", "dashboard": "Node Full", "dashUri": "db/node-full", "params": "var-a=1", "title": "N"}"#,
                ["N: /dashboard/db/node-full?var-a=1"]
            ),
            (#"{"type": "dashboard", "dashboard": "Node Full"}"#, ["Node Full: /dashboard/db/node-full"]),
            (
                #"{"type": "absolute", "url": "https://example.org", "title": ""}"#,
                ["https://example.org: https://example.org"]
            ),
            (#"{"title": "nowhere"}"#, []),
        ])
    func kinds(link: String, choices: [String]) throws { #expect(try Self.urls(link) == choices) }

    @Test("a live range goes along as the words it is written in")
    func liveRange() throws {
        #expect(
            try Self.urls(#"{"title": "T", "url": "/d/x?$__url_time_range&a=$__from"}"#) {
                $0.rangeTexts = ("now-6h", "now")
            }
                == ["T: /d/x?from=now-6h&to=now&a=1700000000000"])
    }

    @Test(
        "a series' link speaks of the series",
        arguments: [
            ("${__field.labels.pod}", "a%20b"), (#"${__field.labels["pod"]}"#, "a%20b"), ("${__series.name}", "S"),
            ("${__field.name}", "S"), ("${__value.raw}", "1.5"), ("${__value.text}", "1.5%20s"),
            ("${__value.time}", "1700000000000"), (#"${__data.fields["pod"]}"#, "a%20b"), ("${__data.fields.none}", ""),
            ("${__field.labels.pod:raw}", "a b"), ("$__value", "1.5"), ("${__field.nonsense}", "${__field.nonsense}"),
        ])
    func series(text: String, result: String) {
        var context = InterpolationTests.context
        context.datum = LinkDatum(
            name: "S", labels: ["pod": "a b"], value: 1.5, time: Timestamp(milliseconds: 1_700_000_000_000),
            text: "1.5 s")
        #expect(context.interpolate("/d/x?a=" + text, .address) == "/d/x?a=" + result)
        #expect(LinkDatum.isMeant(by: DashboardLink(title: "", url: text)))
        #expect(!LinkDatum.isMeant(by: DashboardLink(title: "T", url: "/d/x?$__url_time_range")))
    }

    @Test("a row's link speaks of its cells, by name and by place")
    func rows() {
        var context = InterpolationTests.context
        context.datum = LinkDatum(name: "c", cells: [("pod", "p1"), ("Value #A", "5")])
        #expect(
            context.interpolate(
                #"${__data.fields.pod} ${__data.fields[1]} ${__data.fields["Value #A"].numeric} ${__data.fields[2]}"#,
                .plain)
                == "p1 5 5 ")
    }

    @Test("dashboards without a uid are listed by their titles")
    func unnamed() throws {
        let link = try #require(try Self.imported(#"{"type": "dashboards", "tags": ["a"]}"#).first)
        let library = ["Node Full", "Other"].map { DashboardName(Dashboard(uid: "", title: $0, tags: ["a"])) }
        let choices = link.choices(
            VariableContext(dashboard: Dashboard(title: "x"), range: PanelDataTests.range), library: library)
        #expect(choices.map(\.url) == ["/dashboard/db/node-full", "/dashboard/db/other"])
    }

    @Test("a dashboard takes over what an address carries, each variable as its kind allows")
    func choosing() throws {
        var dashboard = try ImportTests.load(
            """
            {"panels": [], "templating": {"list": [
              {"name": "one", "type": "query", "query": "label_values(a)", "current": {"value": "x"}},
              {"name": "many", "type": "query", "query": "label_values(a)", "multi": true, "includeAll": true},
              {"name": "every", "type": "custom", "query": "a,b", "includeAll": true, "allValue": ".*", "current": {"value": "a"}},
              {"name": "box", "type": "textbox", "query": "t"}, {"name": "fixed", "type": "constant", "query": "c"},
              {"name": "Filters", "type": "adhoc"}, {"name": "left", "type": "custom", "query": "a,b", "current": {"value": "b"}}]}}
            """)
        let address = try #require(
            DashboardAddress(
                "/d/x?var-one=1&var-one=2&var-many=a&var-many=b&var-every=All&var-box=w&var-fixed=n&var-Filters=k%7C%3D~%7Cv%7Cw&var-Filters=bad&var-unknown=u"
            ))
        dashboard.choose(address)
        #expect(dashboard.variables.map(\.current) == [["1"], ["a", "b"], ["$__all"], ["w"], [], [], ["b"]])
        #expect(dashboard.variables[5].filters == [AdHocFilter(key: "k", operation: "=~", value: "v|w")])
        let context = VariableContext(dashboard: dashboard, range: PanelDataTests.range)
        #expect(context.interpolate("$one $box $fixed ${every:regex}", .plain) == "1 w c .*")
    }
}
