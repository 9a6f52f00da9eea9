// Queries of variables, their filter, order and choice.

import MetricModel
import Querying
import Testing

@testable import Dashboards

@Suite struct VariableTests {
    @Test(
        "variable queries read",
        arguments: [
            ("label_values(up, job)", VariableQuery.labelValues(selector: "up", label: "job")),
            ("label_values(job)", .labelValues(selector: "", label: "job")),
            (
                " label_values( up{a=\"x,y\", b=~\"(1|2)\"} , job ) ",
                .labelValues(selector: "up{a=\"x,y\", b=~\"(1|2)\"}", label: "job")
            ),
            ("query_result(topk(5, up))", .queryResult("topk(5, up)")),
            ("metrics(node_.*)", .metrics(pattern: "node_.*")),
            ("label_names()", .labelNames(pattern: "")), ("up{job=\"a\"}", .series("up{job=\"a\"}")),
        ])
    func reads(text: String, query: VariableQuery) { #expect(VariableQuery(parsing: text) == query) }

    @Test("a query's result becomes the text that filters are written for")
    func queryResultText() {
        let labels: LabelSet = ["__name__": "up", "job": "api", "a": "b"]
        let element = VectorElement(labels: labels, timestamp: Timestamp(milliseconds: 1000), value: .float(1.5))
        #expect(VariableQuery.texts(.vector([element])) == [#"up{a="b",job="api"} 1.5 1000"#])
        let bare = VectorElement(labels: .empty, timestamp: Timestamp(milliseconds: 1000), value: .float(3))
        #expect(VariableQuery.texts(.vector([bare])) == ["{} 3 1000"])
    }

    typealias Option = VariableResolver.Option

    @Test("a filter lets pass, cuts out a group, or names text and value")
    func filters() {
        let raw = ["a-1", "b-2", "a-3", "a-1"]
        #expect(VariableResolver.filtered(raw, "").map(\.value) == ["a-1", "b-2", "a-3"])
        #expect(VariableResolver.filtered(raw, "/^a/").map(\.value) == ["a-1", "a-3"])
        #expect(VariableResolver.filtered(raw, "/^(.)-/").map(\.value) == ["a", "b"])
        #expect(VariableResolver.filtered(raw, "^(?!a).+").map(\.value) == ["b-2"])
        let named = VariableResolver.filtered(
            [#"x{,id="7",slug="seven"} 1"#], #"/,id="(?<value>[^"]+)|,slug="(?<text>[^"]+)/g"#)
        #expect(named == [Option(text: "seven", value: "7")])
    }

    @Test(
        "options are put in each of Grafana's orders",
        arguments: [
            (0, ["b10", "B2", "a1"]), (1, ["B2", "a1", "b10"]), (2, ["b10", "a1", "B2"]), (3, ["a1", "B2", "b10"]),
            (4, ["b10", "B2", "a1"]), (5, ["a1", "b10", "B2"]), (7, ["a1", "B2", "b10"]), (8, ["b10", "B2", "a1"]),
        ])
    func sorts(order: Int, result: [String]) {
        let options = ["b10", "B2", "a1"].map { Option(text: $0, value: $0) }
        #expect(VariableResolver.sorted(options, by: order).map(\.value) == result)
    }

    @Test("custom values may hold escaped commas and texts of their own")
    func custom() {
        let options = VariableResolver.custom(#"a, b\,c, shown : value, x:y"#)
        #expect(options.map(\.text) == ["a", "b,c", "shown", "x:y"])
        #expect(options.map(\.value) == ["a", "b,c", "value", "x:y"])
    }

    @Test(
        "the last colon between spaces parts text and value",
        arguments: [
            ("Basic :  , Detailed : \\,transport", ["Basic=", "Detailed=,transport"]), ("a : b : c", ["a : b=c"]),
            ("a :b", ["a :b=a :b"]), (" : b", [": b=: b"]), ("a :", ["a :=a :"]), (",, ,x", ["x=x"]), ("", []),
        ])
    func customPairs(text: String, options: [String]) {
        #expect(VariableResolver.custom(text).map { "\($0.text)=\($0.value)" } == options)
    }

    @Test("a saved value that is no option gives way to All, or to the first one")
    func staleChoice() {
        var variable = DashboardVariable(name: "x", kind: .query(""))
        variable.current = ["gone"]
        let options = ["p", "q"].map { Option(text: $0, value: $0) }
        VariableResolver.settle(&variable, options)
        #expect(variable.current == ["p"])
        variable.current = ["gone"]
        variable.includesAll = true
        VariableResolver.settle(&variable, options)
        #expect(variable.current == ["$__all"])
        variable.current = ["q"]
        VariableResolver.settle(&variable, options)
        #expect(variable.current == ["q"])
    }

    @Test("variables come after those they name, whatever their order in the file")
    func order() {
        let variables = [
            DashboardVariable(name: "pod", kind: .query("label_values(x{ns=\"$ns\"}, pod)")),
            DashboardVariable(name: "ns", kind: .query("label_values(x{cluster=\"${cluster}\"}, ns)")),
            DashboardVariable(name: "cluster", kind: .query("label_values(cluster)")),
        ]
        #expect(VariableResolver.order(variables) == [2, 1, 0])
        #expect(VariableResolver.dependents(of: "cluster", in: variables) == ["ns", "pod"])
        let ring = [
            DashboardVariable(name: "a", kind: .query("$b")), DashboardVariable(name: "b", kind: .query("$a")),
        ]
        #expect(VariableResolver.order(ring).sorted() == [0, 1])
    }
}

@Suite struct GivenVariableTests {
    private func dashboard(_ edit: (inout DashboardVariable) -> Void = { _ in }) -> Dashboard {
        var variable = DashboardVariable(name: "host", kind: .query("label_values(up, host)"))
        variable.options = ["a", "b"]
        variable.texts = ["b": "Beta"]
        variable.current = ["a"]
        edit(&variable)
        return Dashboard(variables: [variable])
    }

    @Test("a value that was asked for stays, whatever the options are")
    func stays() {
        var dashboard = dashboard()
        let isKnown = dashboard.give("host", ["z"])
        #expect(isKnown)
        VariableResolver.settle(&dashboard.variables[0], [VariableResolver.Option(text: "a", value: "a")])
        #expect(dashboard.variables[0].current == ["z"])
        #expect(dashboard.variables[0].strangeValues == ["z"])
    }

    @Test("an option may be called by what the reader sees, and All is all")
    func texts() {
        var dashboard = dashboard { $0.includesAll = true }
        dashboard.give("host", ["Beta"])
        #expect(dashboard.variables[0].current == ["b"])
        #expect(dashboard.variables[0].strangeValues == [])
        dashboard.give("host", ["All"])
        #expect(dashboard.variables[0].current == ["$__all"])
        #expect(dashboard.variables[0].strangeValues == [])
    }

    @Test("of a variable that takes one value the first counts, of another all")
    func several() {
        var one = dashboard()
        one.give("host", ["b", "a"])
        #expect(one.variables[0].current == ["b"])
        var many = dashboard { $0.isMulti = true }
        many.give("host", ["b", "a"])
        #expect(many.variables[0].current == ["b", "a"])
    }

    @Test("constants and texts take anything; a name that is none is refused")
    func others() {
        var dashboard = dashboard { $0.kind = .constant("x") }
        let isKnown = dashboard.give("host", ["y"])
        #expect(isKnown)
        #expect(dashboard.variables[0].kind == .constant("y"))
        #expect(dashboard.variables[0].strangeValues == [])
        let isOther = dashboard.give("hots", ["y"])
        #expect(!isOther)
    }
}
