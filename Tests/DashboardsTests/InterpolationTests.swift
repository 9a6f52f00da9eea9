// Variables in texts, with every format, and into PromQL.

import MetricModel
import Testing

@testable import Dashboards

@Suite struct InterpolationTests {
    static var context: VariableContext {
        var context = VariableContext(
            range: TimeRange(
                start: Timestamp(milliseconds: 1_700_000_000_000), end: Timestamp(milliseconds: 1_700_003_600_000)))
        context.interval = .seconds(15)
        context.rateInterval = .seconds(75)
        context.set("job", .init(values: ["a.b"], texts: ["A B"]))
        context.set("path", .init(values: ["C:\\x \"q\""]))
        context.set("hosts", .init(values: ["a.1", "b"], isMulti: true))
        context.set("one", .init(values: ["a.1"], isMulti: true))
        context.set("all", .init(values: ["x", "y"], isMulti: true, isAll: true, allValue: ".*"))
        context.set("every", .init(values: ["x", "y+"], isMulti: true, isAll: true))
        context.set("match", .init(values: ["job=\"api\""]))
        return context
    }

    @Test(
        "queries get escaped values, patterns where several are possible",
        arguments: [
            (#"up{job="$job"}"#, #"up{job="a.b"}"#), (#"up{p="$path"}"#, #"up{p="C:\\x \"q\""}"#),
            (#"up{h=~"$hosts"}"#, #"up{h=~"(a\\.1|b)"}"#), (#"up{h=~"$one"}"#, #"up{h=~"a\\.1"}"#),
            (#"up{h=~"$all"}"#, #"up{h=~".*"}"#), (#"up{h=~"$every"}"#, #"up{h=~"(x|y\\+)"}"#),
            ("up{$match}", #"up{job="api"}"#), ("rate(x[$__rate_interval])", "rate(x[1m15s])"),
            ("rate(x[${__interval}])", "rate(x[15s])"), ("x / $__interval_ms", "x / 15000"),
            ("x[$__range]", "x[3600s]"), ("$__range_s $__range_ms", "3600 3600000"),
            ("[[job]] [[job:text]]", "a.b A B"), ("$jobs $unknown ${nope}", "$jobs $unknown ${nope}"),
            (#"a=~"($one)|$^""#, #"a=~"(a\\.1)|$^""#),
            (#"label_replace(x, "a", "$1", "b", "(.*)")"#, #"label_replace(x, "a", "$1", "b", "(.*)")"#),
            ("${hosts:pipe} ${hosts:csv} ${hosts:raw}", "a.1|b a.1,b a.1,b"),
        ])
    func query(text: String, result: String) { #expect(Self.context.interpolate(text, .query) == result) }

    @Test(
        "every format has its text",
        arguments: [
            ("${hosts}", "a.1 + b"), ("${hosts:glob}", "{a.1,b}"), ("${hosts:regex}", #"(a\.1|b)"#),
            ("${one:regex}", #"a\.1"#),
            ("${hosts:json}", #"["a.1","b"]"#), ("${job:json}", "a.b"), ("${hosts:distributed}", "a.1,hosts=b"),
            ("${hosts:lucene}", #"("a.1" OR "b")"#), ("${hosts:singlequote}", "'a.1','b'"),
            ("${hosts:doublequote}", #""a.1","b""#),
            ("${hosts:sqlstring}", "'a.1','b'"), ("${path:percentencode}", "C%3A%5Cx%20%22q%22"),
            ("${hosts:queryparam}", "var-hosts=a.1&var-hosts=b"), ("${hosts:customqueryparam:h}", "h=a.1&h=b"),
            ("${hosts:join: / }", "a.1 / b"), ("${job.text}", "A B"), ("${all:text}", "All"), ("$all", "All"),
            ("${path:html}", "C:\\x &quot;q&quot;"), ("${__from:date}", "2023-11-14T22:13:20.000Z"),
            ("${__from:date:seconds}", "1700000000"), ("${__to:date:YYYY-MM-DD}", "2023-11-14"),
            ("$__from", "1700000000000"),
            ("${hosts:csv}", "a.1,b"), ("${hosts:pipe}", "a.1|b"), ("${hosts:raw}", "a.1,b"),
            ("${hosts:value}", "{a.1,b}"),
            ("${hosts:text}", "a.1 + b"), ("${path:uriencode}", "C:%5Cx%20%22q%22"), ("${every:regex}", #"(x|y\+)"#),
            ("${all:regex}", ".*"), ("${all:csv}", ".*"), ("${every:queryparam}", "var-every=$__all"),
            ("${one:lucene}", #"("a.1")"#), ("${hosts:join}", "a.1,b"),
            ("${__to:date:iso}", "2023-11-14T23:13:20.000Z"),
            ("${__from:date:MMM D, HH:mm}", "Nov 14, 22:13"), ("${hosts:customqueryparam}", "hosts=a.1&hosts=b"),
            ("${hosts:nosuch}", "{a.1,b}"), ("100 $ and ${", "100 $ and ${"),
        ])
    func formats(text: String, result: String) { #expect(Self.context.interpolate(text, .text) == result) }

    /// Sources: grafana/scenes, packages/scenes/src/variables/interpolation/formatRegistry.ts, and for `queryparam`
    /// the url handlers of variables/variants/MultiValueVariable.ts with grafana-data's utils/url.ts.
    @Test(
        "one value, one of a list, several and none have each format's text",
        arguments: [
            ("json", "it's a \"b\"", #"["it's a \"b\""]"#, #"["x y","7"]"#, "[]"),
            ("raw", "it's a \"b\"", "it's a \"b\"", "x y,7", ""), ("csv", "it's a \"b\"", "it's a \"b\"", "x y,7", ""),
            ("pipe", "it's a \"b\"", "it's a \"b\"", "x y|7", ""),
            ("regex", "it's a \"b\"", "it's a \"b\"", "(x y|7)", "()"),
            ("lucene", #"it's\ a\ \"b\""#, #"("it's\ a\ \"b\"")"#, #"("x\ y" OR "7")"#, "__empty__"),
            ("distributed", "it's a \"b\"", "it's a \"b\"", "x y,v=7", ""),
            ("singlequote", #"'it\'s a "b"'"#, #"'it\'s a "b"'"#, "'x y','7'", ""),
            ("doublequote", #""it's a \"b\"""#, #""it's a \"b\"""#, #""x y","7""#, ""),
            ("sqlstring", #"'it''s a \"b\"'"#, #"'it''s a \"b\"'"#, "'x y','7'", ""),
            ("percentencode", "it%27s%20a%20%22b%22", "%7Bit%27s%20a%20%22b%22%7D", "%7Bx%20y%2C7%7D", "%7B%7D"),
            ("uriencode", "it%27s%20a%20%22b%22", "%7Bit%27s%20a%20%22b%22%7D", "%7Bx%20y,7%7D", "%7B%7D"),
            ("queryparam", "var-v=it's%20a%20%22b%22", "var-v=it's%20a%20%22b%22", "var-v=x%20y&var-v=7", "var-v="),
            (
                "customqueryparam:p q:n&", "p%20q=n%26it%27s%20a%20%22b%22", "p%20q=n%26it%27s%20a%20%22b%22",
                "p%20q=n%26x%20y&p%20q=n%267", ""
            ),
            ("html", "it&#39;s a &quot;b&quot;", "it&#39;s a &quot;b&quot;", "x y, 7", ""),
            ("join: | ", "it's a \"b\"", "it's a \"b\"", "x y | 7", ""),
            ("join:", "it's a \"b\"", "it's a \"b\"", "x y7", ""),
            ("glob", "it's a \"b\"", "it's a \"b\"", "{x y,7}", ""),
            ("nosuch", "it's a \"b\"", "it's a \"b\"", "{x y,7}", ""),
            ("text", "T", "T", "X + 7", ""), ("date", "NaN", "NaN", "NaN", "NaN"),
        ])
    func formatsOfShapes(format: String, single: String, listOfOne: String, several: String, none: String) {
        var context = Self.context
        let quoted = "it's a \"b\""
        for (choice, wanted) in [
            (VariableContext.Choice(values: [quoted], texts: ["T"]), single),
            (VariableContext.Choice(values: [quoted], texts: ["T"], isMulti: true), listOfOne),
            (VariableContext.Choice(values: ["x y", "7"], texts: ["X", "7"], isMulti: true), several),
            (VariableContext.Choice(values: [], isMulti: true), none),
        ] {
            context.set("v", choice)
            #expect(context.interpolate("${v:\(format)}", .text) == wanted)
        }
    }

    @Test(
        "what the author wrote for All goes in as it is, but for the formats that name it",
        arguments: [
            ("${all:json}", ".*"), ("${all:regex}", ".*"), ("${all:singlequote}", ".*"), ("${all:text}", "All"),
            ("${all:percentencode}", ".%2A"), ("${all:queryparam}", "var-all=$__all"),
            ("${hosts.1:json}", "b"), ("${hosts.2}", "a.1 + b"), ("${__from:date:ms}", "1700000000000"),
            ("${__url_time_range:percentencode}", "from=1700000000000&to=1700003600000"),
            ("${__from:date:HH:mm}", "22:13"), ("${__from:json}", "1700000000000"),
        ])
    func allAndFields(text: String, result: String) { #expect(Self.context.interpolate(text, .text) == result) }

    @Test("a variable with All and a single choice is a pattern in queries and no list in formats")
    func singleWithAll() {
        var variable = DashboardVariable(name: "x", kind: .custom("a.b,c"))
        variable.includesAll = true
        variable.current = ["a.b"]
        var context = Self.context
        context.set(variable)
        #expect(context.interpolate("${x:json} ${x:lucene}", .text) == "a.b a.b")
        #expect(context.interpolate(#"{x=~"$x"}"#, .query) == #"{x=~"a\\.b"}"#)
    }

    @Test("a choice of All without known options means everything")
    func unresolvedAll() {
        var variable = DashboardVariable(name: "x", kind: .query("label_values(x)"))
        variable.includesAll = true
        variable.current = ["$__all"]
        var context = Self.context
        context.set(variable)
        #expect(context.interpolate(#"{x=~"$x"}"#, .query) == #"{x=~".*"}"#)
    }

    @Test("an interval's auto is the range in so many parts, nicely rounded")
    func automaticInterval() {
        var variable = DashboardVariable(name: "step", kind: .interval("1m,5m"))
        variable.automaticCount = 30
        variable.automaticMinimum = .seconds(10)
        variable.current = ["$__auto_interval_step"]
        var context = Self.context
        context.set(variable)
        #expect(context.interpolate("[$step]", .query) == "[2m]")
    }
}
