// Schema v2: layouts of grids, rows and tabs within each other; variables, annotations and elements of its own kinds.

import MetricModel
import Testing

@testable import Dashboards

@Suite struct SchemaV2Tests {
    static let elementsJSON = """
        "elements": {
          "p": {"kind": "Panel", "spec": {"title": "P", "vizConfig": {"kind": "VizConfig", "group": "stat", "spec": {}},
            "data": {"kind": "QueryGroup", "spec": {"queries": [{"kind": "PanelQuery", "spec": {"refId": "A",
              "query": {"kind": "DataQuery", "group": "prometheus", "spec": {"expr": "up"}}}}],
              "transformations": [{"kind": "Transformation", "group": "limit", "spec": {"options": {"limitField": 1}}}],
              "queryOptions": {"maxDataPoints": 50, "interval": "1m"}}}}},
          "q": {"kind": "Panel", "spec": {"title": "Q", "vizConfig": {"kind": "text", "spec": {"options": {"content": "x"}}}}},
          "lib": {"kind": "LibraryPanel", "spec": {"title": "L", "libraryPanel": {"uid": "u", "name": "n"}}}}
        """

    static func load(layout: String, more: String = "") throws -> Dashboard {
        try ImportTests.load(
            "{\"kind\": \"Dashboard\", \"spec\": {\"title\": \"V2\", \(elementsJSON), \(more) \"layout\": \(layout)}}")
    }

    static func grid(_ name: String, _ x: Int = 0, _ y: Int = 0) -> String {
        """
        {"kind": "GridLayout", "spec": {"items": [{"kind": "GridLayoutItem", "spec": {"x": \(x), "y": \(y), "width": 6, "height": 4,
          "element": {"kind": "ElementReference", "name": "\(name)"}}}]}}
        """
    }
    static func section(_ kind: String, _ title: String, _ layout: String, _ more: String = "") -> String {
        #"{"kind": "\#(kind)", "spec": {"title": "\#(title)", \#(more) "layout": \#(layout)}}"#
    }
    static func tabsLayout(_ sections: [String]) -> String {
        #"{"kind": "TabsLayout", "spec": {"tabs": [\#(sections.joined(separator: ", "))]}}"#
    }
    static func rowsLayout(_ sections: [String]) -> String {
        #"{"kind": "RowsLayout", "spec": {"rows": [\#(sections.joined(separator: ", "))]}}"#
    }

    /// Rows with what they hold: `> ` open, `+ ` closed.
    static func outline(_ panels: [Panel]) -> [String] {
        panels.map { panel in
            let place = "\(panel.position.x),\(panel.position.y) \(panel.position.width)x\(panel.position.height)"
            guard case .row(let isCollapsed) = panel.kind else { return "\(panel.title) \(place)" }
            let inside = outline(panel.collapsedPanels)
            return (isCollapsed ? "+ " : "> ") + panel.title
                + (inside.isEmpty ? "" : " [\(inside.joined(separator: "; "))]")
        }
    }

    @Test("tabs have names, and each panel the place of its tab; rows within a tab are rows")
    func tabs() throws {
        let inner = Self.rowsLayout([
            Self.section("RowsLayoutRow", "A", Self.grid("p")),
            Self.section("RowsLayoutRow", "B", Self.grid("q"), #""collapse": true,"#),
        ])
        let dashboard = try Self.load(
            layout: Self.tabsLayout([
                Self.section("TabsLayoutTab", "One", Self.grid("p")), Self.section("TabsLayoutTab", "", inner),
                Self.section("TabsLayoutTab", "Three", Self.grid("q", 6)),
            ]))
        #expect(dashboard.tabs == ["One", "Tab 2", "Three"])
        #expect(
            Self.outline(dashboard.panels) == ["P 0,0 6x4", "> A", "P 0,5 6x4", "+ B [Q 0,10 6x4]", "Q 6,10 6x4"])
        #expect(dashboard.panels.map(\.tab) == [0, 1, 1, 1, 2])
        #expect(dashboard.notices == [])
    }

    @Test("in the short form, which has no tabs, they are rows, the first one open")
    func tabsAsRows() throws {
        let inner = Self.rowsLayout([
            Self.section("RowsLayoutRow", "A", Self.grid("p")), Self.section("RowsLayoutRow", "B", Self.grid("q")),
        ])
        let layout = Self.tabsLayout([
            Self.section("TabsLayoutTab", "One", Self.grid("p")), Self.section("TabsLayoutTab", "Two", inner),
            Self.section("TabsLayoutTab", "Three", Self.grid("q", 6)),
        ])
        let json =
            "{\"kind\": \"Dashboard\", \"spec\": {\"title\": \"V2\", \(Self.elementsJSON), \"layout\": \(layout)}}"
        let short = try ShortForm.write(grafanaJSON: Array(json.utf8), fileName: "x.json")
        let again = try Dashboard(grafana: try ShortForm.expand(short), fileName: "x.json")
        #expect(
            Self.outline(again.panels) == [
                "> One", "P 0,1 6x4", "+ Two / A [P 0,6 6x4]", "+ Two / B [Q 0,11 6x4]", "+ Three [Q 6,16 6x4]",
            ])
    }

    @Test("tabs are read to their limit, and none past it")
    func tabsLimit() throws {
        func many(_ count: Int) throws -> Int {
            try Self.load(
                layout: Self.tabsLayout(
                    (0..<count).map { Self.section("TabsLayoutTab", "\($0)", Self.grid("p")) })
            ).tabs.count
        }
        #expect(try many(Dashboard.tabsMax) == 100)
        #expect(try many(Dashboard.tabsMax + 1) == 100)
    }

    @Test("tabs within rows, and rows within rows, are rows under both headings")
    func nested() throws {
        let inner = Self.rowsLayout([
            Self.section("RowsLayoutRow", "A", Self.grid("p")),
            Self.section("RowsLayoutRow", "B", Self.grid("q"), #""collapse": true,"#),
        ])
        let tabs = Self.tabsLayout([
            Self.section("TabsLayoutTab", "One", inner), Self.section("TabsLayoutTab", "Two", inner),
        ])
        let dashboard = try Self.load(layout: Self.rowsLayout([Self.section("RowsLayoutRow", "R", tabs)]))
        #expect(
            Self.outline(dashboard.panels) == [
                "> R / One / A", "P 0,1 6x4", "+ R / One / B [Q 0,6 6x4]", "+ R / Two / A [P 0,7 6x4]",
                "+ R / Two / B [Q 0,8 6x4]",
            ])
        #expect(
            dashboard.notices.map(\.message) == [
                "tabs within a layout: rows below each other, the first one open"
            ])
        let deep = try Self.load(layout: Self.rowsLayout([Self.section("RowsLayoutRow", "R", inner)]))
        #expect(Self.outline(deep.panels) == ["> R / A", "P 0,1 6x4", "+ R / B [Q 0,6 6x4]"])
        #expect(deep.notices == [])
    }

    @Test("a heading that is hidden is left out; a row that is repeated says for which variable")
    func headings() throws {
        let dashboard = try Self.load(
            layout: Self.rowsLayout([
                Self.section("RowsLayoutRow", "", Self.grid("p"), #""hideHeader": true,"#),
                Self.section(
                    "RowsLayoutRow", "R", Self.grid("q"), #""repeat": {"mode": "variable", "value": "host"},"#),
            ]))
        #expect(Self.outline(dashboard.panels) == ["P 0,0 6x4", "> R", "Q 0,5 6x4"])
        #expect(dashboard.panels[1].repeating == PanelRepeat(variable: "host"))
    }

    @Test("automatic grids fill lines of as many columns as they have")
    func automatic() throws {
        let items = ["p", "q", "p", "q"].map {
            #"{"kind": "AutoGridLayoutItem", "spec": {"element": {"kind": "ElementReference", "name": "\#($0)"}}}"#
        }
        let dashboard = try Self.load(
            layout:
                #"{"kind": "AutoGridLayout", "spec": {"maxColumnCount": 3, "rowHeightMode": "short", "items": [\#(items.joined(separator: ","))]}}"#
        )
        #expect(Self.outline(dashboard.panels) == ["P 0,0 8x4", "Q 8,0 8x4", "P 16,0 8x4", "Q 0,4 8x4"])
    }

    @Test("nested layouts end somewhere: the deepest that is read, and one past it")
    func depth() throws {
        func nested(_ levels: Int) -> String {
            (0..<levels).reduce(Self.grid("p")) { inner, _ in
                Self.rowsLayout([Self.section("RowsLayoutRow", "r", inner)])
            }
        }
        #expect(try Self.load(layout: nested(7)).panels.count == 2)
        let refused = try Self.load(layout: nested(8))
        #expect(refused.panels.map(\.kind.isCollapsedRow) == [false])
        #expect(refused.notices.map(\.message) == ["layouts nested more than 8 deep are left out"])
    }

    @Test("elements: queries, steps and options; a library panel is named and not drawn")
    func elements() throws {
        let dashboard = try Self.load(
            layout: Self.rowsLayout([
                Self.section("RowsLayoutRow", "a", Self.grid("p")),
                Self.section("RowsLayoutRow", "b", Self.grid("lib")),
            ]))
        let panel = dashboard.panels[1]
        #expect(panel.targets.map(\.expression) == ["up"])
        #expect(panel.targets.map(\.foreignDatasource) == [nil])
        #expect(panel.transformations.map(\.id) == ["limit"])
        #expect(panel.maxDataPoints == 50)
        #expect(panel.interval == .minutes(1))
        #expect(dashboard.panels[3].title == "L")
        #expect(dashboard.panels[3].kind.label == "unsupported unknown")
        #expect(
            dashboard.notices.map(\.description) == [
                "spec.elements.lib: a library panel: the file holds its name alone",
                "spec.elements.lib: this panel has no type",
            ])
    }

    @Test("what is shown under a condition is always shown, and said so")
    func conditions() throws {
        let condition =
            #""conditionalRendering": {"kind": "ConditionalRenderingGroup", "spec": {"items": [{"kind": "ConditionalRenderingVariable"}]}},"#
        let dashboard = try Self.load(
            layout: Self.rowsLayout([Self.section("RowsLayoutRow", "a", Self.grid("q"), condition)]))
        #expect(Self.outline(dashboard.panels) == ["> a", "Q 0,1 6x4"])
        #expect(
            dashboard.notices.map(\.description) == [
                "spec.layout.spec.rows[0].spec.conditionalRendering: conditionalRendering: always shown"
            ])
    }

    @Test("variables of every kind, in the words of this schema")
    func variables() throws {
        let dashboard = try Self.load(
            layout: Self.grid("q"),
            more: """
                "variables": [
                  {"kind": "QueryVariable", "spec": {"name": "q", "hide": "hideVariable", "refresh": "onTimeRangeChanged", "sort": "naturalDesc",
                    "includeAll": true, "multi": true, "regex": "/x/", "current": {"text": ["All"], "value": ["$__all"]},
                    "query": {"kind": "DataQuery", "group": "prometheus", "spec": {"qryType": 3, "query": "up"}}}},
                  {"kind": "CustomVariable", "spec": {"name": "c", "query": "a,b", "current": {"text": "b", "value": "b"}, "hide": "dontHide"}},
                  {"kind": "IntervalVariable", "spec": {"name": "i", "query": "1m,5m", "auto": true, "auto_count": 30, "auto_min": "10s"}},
                  {"kind": "ConstantVariable", "spec": {"name": "k", "query": "42"}},
                  {"kind": "TextVariable", "spec": {"name": "t", "query": "x", "hide": "hideLabel"}},
                  {"kind": "DatasourceVariable", "spec": {"name": "d", "pluginId": "prometheus"}},
                  {"kind": "SwitchVariable", "spec": {"name": "s", "enabledValue": "on", "disabledValue": "off"}},
                  {"kind": "AdhocVariable", "group": "prometheus", "spec": {"name": "f", "filters": [{"key": "a", "operator": "!=", "value": "b"}]}},
                  {"kind": "AdhocVariable", "group": "loki", "spec": {"name": "g", "filters": [{"key": "a", "operator": "!=", "value": "b"}]}}],
                """)
        let variables = dashboard.variables
        #expect(variables.map(\.name) == ["q", "c", "i", "k", "t", "d", "s", "f", "g"])
        #expect(
            variables.map(\.kind) == [
                .query("query_result(up)"), .custom("a,b"), .interval("1m,5m"), .constant("42"), .textbox("x"),
                .datasource,
                .toggle(on: "on", off: "off"), .adhoc, .unsupported("loki"),
            ])
        #expect(variables[0].sort == 8 && variables[0].isHidden && variables[0].refresh == .onTimeChange)
        #expect(variables[0].current == ["$__all"])
        #expect(variables[1].current == ["b"])
        #expect(variables[7].filters == [AdHocFilter(key: "a", operation: "!=", value: "b")])
        #expect(dashboard.notices.map(\.message) == ["adhoc: data source \"loki\" is not asked"])
    }

    @Test("annotations wrap their query")
    func annotations() throws {
        let dashboard = try Self.load(
            layout: Self.grid("q"),
            more: """
                "annotations": [
                  {"kind": "AnnotationQuery", "spec": {"name": "Built in", "builtIn": true, "query": {"kind": "DataQuery", "group": "grafana", "spec": {}}}},
                  {"kind": "AnnotationQuery", "spec": {"name": "Restarts", "enable": true, "iconColor": "blue",
                    "query": {"kind": "DataQuery", "group": "prometheus", "spec": {"expr": "changes(up[1m]) > 0"}}}}],
                """)
        #expect(
            dashboard.annotations == [
                AnnotationQuery(name: "Restarts", expression: "changes(up[1m]) > 0", color: "blue")
            ])
    }
}
