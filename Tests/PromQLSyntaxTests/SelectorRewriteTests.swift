// Conditions put into every selector of a query.

import MetricModel
import Testing

@testable import PromQLSyntax

@Suite struct SelectorRewriteTests {
    @Test(
        "every selector of a query gets the matchers, once, and nothing else changes",
        arguments: [
            ("up", #"up{a="x",b!~"y|z"}"#),
            (#"up{job="api"}"#, #"up{a="x",b!~"y|z",job="api"}"#),
            (#"up{a="x"}"#, #"up{a="x",b!~"y|z"}"#),
            (#"{"a.b"}"#, #"{__name__="a.b",a="x",b!~"y|z"}"#),
            ("rate(up[5m] offset 1h)", #"rate(up{a="x",b!~"y|z"}[5m] offset 1h)"#),
            (
                "sum by (job) (rate(a[5m])) / on (job) group_left () -b",
                #"sum by (job) (rate(a{a="x",b!~"y|z"}[5m])) / on (job) group_left () -b{a="x",b!~"y|z"}"#
            ),
            ("max_over_time(up[1h:1m] @ end())", #"max_over_time(up{a="x",b!~"y|z"}[1h:1m] @ end())"#),
            ("topk(scalar(n), (up))", #"topk(scalar(n{a="x",b!~"y|z"}), (up{a="x",b!~"y|z"}))"#),
            (
                #"label_replace(up, "a", "$1", "b", "(.*)")"#,
                #"label_replace(up{a="x",b!~"y|z"}, "a", "$1", "b", "(.*)")"#
            ),
            ("vector(1) + time()", "vector(1) + time()"),
        ])
    func everySelector(query: String, result: String) throws {
        let added = [Matcher("a", equals: "x"), try Matcher("b", .notRegex, "y|z")]
        #expect(try Expression(parsing: query).addingMatchers(added).description == result)
    }

    @Test("no matchers leave the query as it is")
    func none() throws { #expect(try Expression(parsing: "sum(up)").addingMatchers([]).description == "sum(up)") }
}
