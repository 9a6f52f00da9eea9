// Lists of alerts and dashboards: what is asked, what is listed and in which order, what is said without any.

import MetricModel
import Querying
import Testing

@testable import Dashboards

@Suite struct ListTests {
    private static func options(_ json: String) throws -> AlertListOptions {
        let panel = try PanelDataTests.panel(#"{"type": "alertlist", \#(json)}"#)
        guard case .alertList(let options) = panel.kind else {
            Issue.record("no list of alerts")
            return AlertListOptions()
        }
        return options
    }

    @Test(
        "alerts are asked by state, name and labels at the end of the range",
        arguments: [
            ("{}", #"ALERTS{alertstate=~"firing|pending"}"#, "ALERTS_FOR_STATE"),
            (#"{"stateFilter": {"firing": true}}"#, #"ALERTS{alertstate="firing"}"#, "ALERTS_FOR_STATE"),
            (
                #"{"alertInstanceLabelFilter": "{job=~\"a|b\"}"}"#,
                #"ALERTS{alertstate=~"firing|pending",job=~"a|b"}"#, #"ALERTS_FOR_STATE{job=~"a|b"}"#
            ),
            (
                #"{"alertName": "Disk (", "alertInstanceLabelFilter": " severity=\"x\" "}"#,
                #"ALERTS{alertstate=~"firing|pending",alertname=~"(?i:.*Disk \\(.*)",severity="x"}"#,
                #"ALERTS_FOR_STATE{alertname=~"(?i:.*Disk \\(.*)",severity="x"}"#
            ),
        ])
    func queries(options: String, alerts: String, since: String) throws {
        let panel = try PanelDataTests.panel(#"{"type": "alertlist", "options": \#(options)}"#)
        let plan = PanelDataTests.plan(panel)
        let end = PanelDataTests.range.end
        #expect(
            plan.queries.map(\.request) == [
                .instant(InstantRequest(query: alerts, time: end)), .instant(InstantRequest(query: since, time: end)),
            ])
    }

    @Test(
        "the settings of before version 7 are read, too",
        arguments: [
            (
                #""limit": 5, "show": "current", "sortOrder": 3, "stateFilter": ["alerting"], "nameFilter": "x""#, 5,
                true, false
            ),
            (#""limit": 10, "stateFilter": ["pending", "ok"]"#, 10, false, true),
            (#""limit": 10, "stateFilter": []"#, 10, true, true),
        ])
    func legacy(json: String, limit: Int, firing: Bool, pending: Bool) throws {
        let options = try Self.options(json)
        #expect(options.limit == limit && options.showsFiring == firing && options.showsPending == pending)
        #expect(options.order == (limit == 5 ? .importance : .nameAscending))
        #expect(options.nameFilter == (limit == 5 ? "x" : ""))
    }

    private static func alert(_ name: String, _ state: String, _ job: String) -> (LabelSet, Double) {
        (LabelSet(metric: "ALERTS", ["alertname": name, "alertstate": state, "job": job]), 1)
    }

    @Test(
        "alerts stand in the panel's order, each with its beginning",
        arguments: [
            (AlertListOptions.Order.nameAscending, "A! a, B? b 30, C! a 20, C! b 10"),
            (.nameDescending, "C! a 20, C! b 10, B? b 30, A! a"), (.importance, "A! a, C! a 20, C! b 10, B? b 30"),
            (.oldestFirst, "C! b 10, C! a 20, B? b 30, A! a"), (.newestFirst, "B? b 30, C! a 20, C! b 10, A! a"),
        ])
    func order(order: AlertListOptions.Order, expected: String) {
        var options = AlertListOptions()
        options.order = order
        func since(_ name: String, _ job: String, _ time: Double) -> (LabelSet, Double) {
            (LabelSet(metric: "ALERTS_FOR_STATE", ["alertname": name, "job": job]), time)
        }
        let listing = options.listing([
            "ALERTS": PanelDataTests.vector([
                Self.alert("C", "firing", "b"), Self.alert("B", "pending", "b"), Self.alert("A", "firing", "a"),
                Self.alert("C", "firing", "a"),
            ]),
            "ALERTS_FOR_STATE": PanelDataTests.vector([
                since("C", "b", 10), since("C", "a", 20), since("B", "b", 30), since("A", "other", 5),
                since("A", "a", .nan),
            ]),
        ])
        let text = listing.alerts.map { alert in
            alert.name + (alert.state == .firing ? "! " : "? ") + (alert.labels["job"] ?? "")
                + (alert.since.map { " \($0.milliseconds / 1000)" } ?? "")
        }
        #expect(text.joined(separator: ", ") == expected)
        #expect(listing.firingCount == 3 && listing.pendingCount == 1)
    }

    @Test("a limit cuts the list and not the counts")
    func limit() {
        var options = AlertListOptions()
        options.limit = 2
        let listing = options.listing([
            "ALERTS": PanelDataTests.vector((0..<5).map { Self.alert("A\($0)", "firing", "a") })
        ])
        #expect(listing.alerts.map(\.name) == ["A0", "A1"])
        #expect(listing.firingCount == 5)
    }

    @Test("what is said without an alert is what is known of the rules")
    func emptyWords() throws {
        let all = AlertListOptions()
        #expect(all.emptyWords(rules: 0) == "no alerting rules loaded")
        #expect(all.emptyWords(rules: 1) == "no alert is firing")
        #expect(all.emptyWords(rules: nil) == "no alert is firing; whether there are rules is not known")
        let pending = try Self.options(#""options": {"stateFilter": {"pending": true}}"#)
        #expect(pending.emptyWords(rules: 1) == "no alert is pending")
        let chosen = try Self.options(#""options": {"alertName": "Disk"}"#)
        #expect(chosen.emptyWords(rules: 1) == "no alert is firing of those that the panel chooses")
        let none = try Self.options(#""options": {"stateFilter": {"normal": true}}"#)
        #expect(none.emptyWords(rules: 1) == "the panel shows neither firing nor pending alerts")
    }

    @Test("a panel says the words in its own place, and a failure as it is")
    func data() throws {
        let panel = try PanelDataTests.panel(#"{"type": "alertlist"}"#)
        let plan = PanelDataTests.plan(panel)
        let empty = PanelDataTests.vector([])
        let quiet = PanelDataBuilder.build(
            panel: panel, plan: plan, results: ["ALERTS": empty, "ALERTS_FOR_STATE": empty],
            explanations: ["ALERTS": "no alert is firing"])
        #expect(quiet.isEmpty && quiet.notices == ["no alert is firing"] && !quiet.isLoading)
        let failure = Result<QueryResult, QueryFailure>.failure(QueryFailure(.unavailable, "nobody there"))
        let failed = PanelDataBuilder.build(
            panel: panel, plan: plan, results: ["ALERTS": failure, "ALERTS_FOR_STATE": failure])
        #expect(failed.failure == "nobody there" && failed.notices == [])
        let loading = PanelDataBuilder.build(panel: panel, plan: plan, results: [:])
        #expect(loading.isLoading && loading.notices == [])
        let noState = try PanelDataTests.panel(
            #"{"type": "alertlist", "options": {"stateFilter": {"normal": true}}}"#)
        let nothing = PanelDataBuilder.build(panel: noState, plan: PanelDataTests.plan(noState), results: [:])
        #expect(nothing.notices == ["the panel shows neither firing nor pending alerts"])
    }

    // MARK: Dashboards

    private static let library = [("a", "Nodes", ["infra"]), ("b", "Node pools", ["infra", "k8s"]), ("c", "Shop", [])]
        .map { uid, title, tags in DashboardName(Dashboard(uid: uid, title: title, tags: tags)) }

    @Test(
        "dashboards are listed by title and tags, without the one that is shown",
        arguments: [
            (#""showSearch": true"#, "Search: Node pools, Shop"),
            (#""showSearch": true, "query": "nODE""#, "Search: Node pools"),
            (#""showSearch": true, "tags": ["infra", "k8s"]"#, "Search: Node pools"),
            (#""showSearch": true, "maxItems": 1"#, "Search: Node pools"),
            (#""showSearch": true, "tags": ["nope"]"#, "no other dashboard that is loaded has the tag nope"),
            (
                #""showSearch": true, "query": "$x", "tags": ["a", "b"]"#,
                #"no other dashboard that is loaded has "$x" in its title and the tag a and b"#
            ),
            (#""showRecentlyViewed": true"#, "Recently viewed: Shop"),
            (
                #""showRecentlyViewed": true, "showSearch": true, "showHeadings": false"#,
                ": Shop; : Node pools, Shop"
            ),
            ("", "which dashboards are starred is not known here"),
            (#""showStarred": false"#, "the panel lists nothing"),
        ])
    func dashboards(json: String, expected: String) throws {
        let panel = try PanelDataTests.panel(#"{"type": "dashlist", "options": {\#(json)}}"#)
        guard case .dashboardList(let options) = panel.kind else {
            Issue.record("no list of dashboards")
            return
        }
        let context = PanelDataTests.context
        let groups = options.groups(
            context, library: Self.library, recent: [Self.library[2], Self.library[0], Self.library[2]],
            shown: Self.library[0])
        let text = groups.map { $0.heading + ": " + $0.choices.map(\.title).joined(separator: ", ") }
        #expect((groups.isEmpty ? options.emptyWords(context) : text.joined(separator: "; ")) == expected)
    }

    @Test("a list of before version 7 is read, and links carry time and variables when they are to")
    func dashboardSettings() throws {
        let old = try PanelDataTests.panel(
            #"{"type": "dashlist", "headings": false, "limit": 3, "query": "q", "recent": true, "search": true, "starred": false, "tags": ["t"]}"#
        )
        var wanted = DashboardListOptions()
        (wanted.showsHeadings, wanted.limit, wanted.query, wanted.tags) = (false, 3, "q", ["t"])
        (wanted.showsRecent, wanted.showsFound) = (true, true)
        guard case .dashboardList(let options) = old.kind else {
            Issue.record("no list of dashboards")
            return
        }
        #expect(options == wanted)
        var carrying = DashboardListOptions()
        (carrying.showsFound, carrying.keepsTime) = (true, true)
        let groups = carrying.groups(
            PanelDataTests.context, library: Self.library, recent: [], shown: Self.library[0])
        #expect(groups.first?.choices.first?.url == "/d/b?from=0&to=60000")
    }
}
