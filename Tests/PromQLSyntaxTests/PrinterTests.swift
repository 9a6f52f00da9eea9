// Every form of the language in its printed form, which reads back to itself.
// Covers Lexer, Parser and Printer together.

import PromQLSyntax
import Testing

@Suite("Printed forms")
struct PrinterTests {
    /// Checks the printed form, and that it is a fixed point.
    private func check(_ query: String, _ printed: String) throws {
        let first = try Expression(parsing: query).description
        #expect(first == printed)
        #expect(try Expression(parsing: first).description == first)
    }

    @Test(
        "numbers print positionally",
        arguments: [
            ("1", "1"), ("1.50", "1.5"), (".5", "0.5"), ("5.", "5"), ("1e3", "1000"), ("1E-3", "0.001"), ("0x1F", "31"),
            ("0X_ff", "255"), ("010", "8"), ("08", "8"), ("1_000_000", "1000000"), (".123_456_789", "0.123456789"),
            ("inf", "+Inf"), ("-INF", "-Inf"), ("+Inf", "+Inf"), ("nAn", "NaN"), ("1e21", "1000000000000000000000"),
            ("123456789.123", "123456789.123"), ("1e-7", "0.0000001"), ("-0", "-0"), ("--1", "1"), ("+1", "1"),
            ("9007199254740993", "9007199254740992"), ("18446744073709551616", "18446744073709552000"),
            ("4.9e-324", "0." + String(repeating: "0", count: 323) + "5"),
        ] as [(String, String)])
    func numbers(query: String, printed: String) throws { try check(query, printed) }

    @Test(
        "durations are numbers of seconds that print as durations",
        arguments: [
            ("5m", "5m"), ("90s", "1m30s"), ("1h30m", "1h30m"), ("1y2w3d", "382d"), ("365d", "1y"), ("-5m", "-5m"),
            ("1500ms", "1s500ms"), ("0s", "0s"), ("5m + 1", "5m + 1"), ("14d", "2w"), ("15d", "15d"),
        ] as [(String, String)])
    func durations(query: String, printed: String) throws { try check(query, printed) }

    @Test(
        "strings of every quote print as Go quotes them",
        arguments: [
            (#""a""#, #""a""#), ("'a'", #""a""#), ("`a\\n`", #""a\\n""#), (#"'it\'s "x"'"#, #""it's \"x\"""#),
            (#""\a\b\f\n\r\t\v\\""#, #""\a\b\f\n\r\t\v\\""#), (#""\x41\102\u00e9\U0001F525""#, "\"ABé🔥\""),
            (#""\xc3\xa9""#, "\"é\""), ("`two\nlines`", #""two\nlines""#), (#""\x00\x7f""#, #""\x00\x7f""#),
            ("\"\u{a0}\u{200b}\"", #""\u00a0\u200b""#),
        ] as [(String, String)])
    func strings(query: String, printed: String) throws { try check(query, printed) }

    @Test(
        "selectors sort their matchers and keep quoted names",
        arguments: [
            ("x", "x"), ("a:b:c", "a:b:c"), (":x", ":x"), ("x{}", "x"), ("x{b='1',a=\"2\"}", #"x{a="2",b="1"}"#),
            (#"x{a!="1",b=~"2|3",c!~"4",}"#, #"x{a!="1",b=~"2|3",c!~"4"}"#), (#"{a="x"}"#, #"{a="x"}"#),
            (#"{"a.b"}"#, #"{__name__="a.b"}"#), (#"{"a.b","x y"="z",}"#, #"{"x y"="z",__name__="a.b"}"#),
            (#"{__name__="a"}"#, #"{__name__="a"}"#), (#"{__name__="",a="x"}"#, #"{__name__="",a="x"}"#),
            (#"{"_0"="1"}"#, #"{_0="1"}"#), ("{``=\"0\"}", #"{""="0"}"#),
            (#"x{sum="1",by="2",inf="3"}"#, #"x{by="2",inf="3",sum="1"}"#),
            ("x { # why\n a = '1' , }", #"x{a="1"}"#), (#"x{a="1",a!="2"}"#, #"x{a!="2",a="1"}"#),
            (#"{"foo","bar"}"#, #"{__name__="bar",__name__="foo"}"#),
            (#"x{日="1"}"#.replacing("日", with: "d"), #"x{d="1"}"#),
        ] as [(String, String)])
    func selectors(query: String, printed: String) throws { try check(query, printed) }

    @Test(
        "keywords name metrics where Prometheus lets them",
        arguments: [
            "sum", "by", "without", "offset", "and", "or", "unless", "count_values", "start", "end", "step", "range",
            "min_of", "max_of", "fill", "fill_left", "anchored", "smoothed", "limitk", "infinity", "rate",
        ])
    func keywordMetrics(name: String) throws {
        try check(name, name)
        try check("\(name){a=\"b\"}", "\(name){a=\"b\"}")
        try check("\(name) + \(name)", "\(name) + \(name)")
        try check("\(name)[5m]", "\(name)[5m]")
        try check("\(name) offset 1m", "\(name) offset 1m")
    }

    @Test("other keywords do not", arguments: ["bool", "on", "ignoring", "group_left", "group_right", "atan2"])
    func keywordsThatNameNothing(name: String) {
        #expect(throws: SyntaxError.self) { try Expression(parsing: name) }
    }

    @Test(
        "offsets and timestamps go in either order, before or after, and print in one",
        arguments: [
            ("x offset 5m", "x offset 5m"), ("x offset -5m", "x offset -5m"), ("x OFFSET 300", "x offset 5m"),
            ("x offset 0s", "x"), ("x offset +5m", "x offset 5m"), ("x @ 10", "x @ 10.000"), ("x @ -1.5", "x @ -1.500"),
            ("x @ start()", "x @ start()"), ("x @ END ( )", "x @ end()"), ("x offset 5m @ 10", "x @ 10.000 offset 5m"),
            ("x @ 10 offset 5m", "x @ 10.000 offset 5m"), ("x[5m] @ 1.0004 offset 1w", "x[5m] @ 1.000 offset 1w"),
            ("x[5m:1m] offset 5m @ end()", "x[5m:1m] @ end() offset 5m"), ("x @ 1e3", "x @ 1000.000"),
            ("x @ 0x10", "x @ 16.000"), ("x @ 5m", "x @ 300.000"), ("x offset 1.5", "x offset 1s500ms"),
            ("x @ 1.0005", "x @ 1.001"), ("-x offset 1m", "-x offset 1m"), ("x + y offset 1m", "x + y offset 1m"),
        ] as [(String, String)])
    func offsets(query: String, printed: String) throws { try check(query, printed) }

    @Test(
        "windows and subqueries",
        arguments: [
            ("x[5m]", "x[5m]"), ("x[300]", "x[5m]"), ("x [ 0.5 ]", "x[500ms]"), ("x[1h:5m]", "x[1h:5m]"),
            ("x[1h:]", "x[1h:]"), ("x[1h : 60]", "x[1h:1m]"), ("rate(x[1m])[10m:1m]", "rate(x[1m])[10m:1m]"),
            ("(a + b)[5m:]", "(a + b)[5m:]"),
            ("min_over_time(rate(x[1m])[5m:])[1h:]", "min_over_time(rate(x[1m])[5m:])[1h:]"),
            ("a + b[5m:]", "a + b[5m:]"),
        ] as [(String, String)])
    func windows(query: String, printed: String) throws {
        guard query != "a + b[5m:]" else {
            // The window binds to `b` alone, and then the operands do not fit.
            #expect(throws: SyntaxError.self) { try Expression(parsing: query) }
            return
        }
        try check(query, printed)
    }

    @Test(
        "anchored and smoothed follow a selector",
        arguments: [
            ("x anchored", "x anchored"), ("x[5m] smoothed", "x[5m] smoothed"), ("x anchored [5m]", "x[5m] anchored"),
            ("x[5m] @ start() offset 1m ANCHORED", "x[5m] anchored @ start() offset 1m"),
            ("x @ 1 offset 1m smoothed", "x @ 1.000 smoothed offset 1m"),
        ] as [(String, String)])
    func extended(query: String, printed: String) throws { try check(query, printed) }

    @Test(
        "duration expressions",
        arguments: [
            ("x[5m+1m]", "x[5m + 1m]"), ("x[step()*2]", "x[step() * 2]"),
            ("x[min_of(step(),1m)]", "x[min_of(step(), 1m)]"),
            ("x[range()]", "x[range()]"), ("x[-step()]", "x[-step()]"), ("x[(5)]", "x[(5)]"), ("x[((5m))]", "x[(5m)]"),
            ("x[-(step())]", "x[-(step())]"), ("x[2^3^2]", "x[2 ^ 3 ^ 2]"), ("x[-2^2]", "x[-2 ^ 2]"),
            ("x offset (5m)", "x offset (5m)"), ("x offset -(5)", "x offset -(5)"), ("x offset +(5)", "x offset (5)"),
            ("x offset step()", "x offset step()"),
            ("x offset -min_of(10s, +max_of(step()^2, 2))", "x offset -min_of(10s, max_of(step() ^ 2, 2))"),
            ("x[200-min_of(-step()^+step(),1)]", "x[200 - min_of(-step() ^ step(), 1)]"),
            ("x[5m:step()+1s]", "x[5m:step() + 1s]"),
            ("x offset 5m + y", "x offset 5m + y"), ("x offset -2^2", "x offset -2s ^ 2"),
            ("x offset (1m) * 2", "x offset (1m) * 2"),
            ("x offset STEP()", "x offset step()"), ("x[5m % 2m]", "x[5m % 2m]"),
        ] as [(String, String)])
    func durationExpressions(query: String, printed: String) throws { try check(query, printed) }

    @Test(
        "calls and aggregations",
        arguments: [
            ("time()", "time()"), ("rate(x[5m])", "rate(x[5m])"), ("round(x, 5)", "round(x, 5)"), ("hour()", "hour()"),
            ("sum(x)", "sum(x)"), ("SUM (x)", "sum(x)"), ("sum by (a, b,) (x)", "sum by (a, b) (x)"),
            ("sum(x) by (a)", "sum by (a) (x)"),
            ("sum by () (x)", "sum(x)"), ("sum without () (x)", "sum without () (x)"),
            ("sum(x) WITHOUT (a)", "sum without (a) (x)"),
            (#"sum by ("x y", a:b) (x)"#, #"sum by ("x y", "a:b") (x)"#), ("topk(5, x)", "topk(5, x)"),
            ("sum by (by, sum, on, bool, offset, start) (x)", "sum by (by, sum, on, bool, offset, start) (x)"),
            (#"count_values("v", x)"#, #"count_values("v", x)"#),
            ("quantile by (a) (0.9, x)", "quantile by (a) (0.9, x)"),
            ("limitk(2, x)", "limitk(2, x)"), ("limit_ratio(-0.5, x)", "limit_ratio(-0.5, x)"),
            ("start() + end()", "start() + end()"),
            ("min_of(1, 2)", "min_of(1, 2)"), (#"info(x, {a="b"})"#, #"info(x, {a="b"})"#),
            ("info(x, {})", "info(x, {})"),
            (#"label_join(x, "a", ",")"#, #"label_join(x, "a", ",")"#),
            (#"sort_by_label(x, "a", "b")"#, #"sort_by_label(x, "a", "b")"#),
            ("sum(sum(x) by (a))", "sum(sum by (a) (x))"),
        ] as [(String, String)])
    func calls(query: String, printed: String) throws { try check(query, printed) }

    @Test(
        "binary operators and their modifiers",
        arguments: [
            ("a+b", "a + b"), ("a==bool b", "a == bool b"), ("a - on() c", "a - on () c"),
            ("a - ignoring() c", "a - c"),
            ("a - on(b) group_left c", "a - on (b) group_left () c"),
            ("a - on(b) group_left() (c)", "a - on (b) group_left () (c)"),
            ("a - ignoring() group_right(x,y) c", "a - ignoring () group_right (x, y) c"), ("a AND b", "a and b"),
            ("a + fill(-23) b", "a + fill (-23) b"), ("a + fill_left(5) fill_right(5) b", "a + fill (5) b"),
            ("a + fill_right(1) fill_left(2) b", "a + fill_left (2) fill_right (1) b"),
            ("a + fill(1e6) b", "a + fill (1e+06) b"),
            ("a + on(b) group_left fill(0) c", "a + on (b) group_left () fill (0) c"), ("a </ 5", "a </ 5"),
            ("a >/ 5", "a >/ 5"),
            ("a atan2 b", "a atan2 b"), ("inf ^ x", "Inf ^ x"), ("inf * x", "+Inf * x"),
            ("a unless on(x) b or c", "a unless on (x) b or c"),
            ("1 == bool 2", "1 == bool 2"),
            ("1 + on() x", "1 + x"), ("fill + fill", "fill + fill"), ("a==on(x)b", "a == on (x) b"),
        ] as [(String, String)])
    func operators(query: String, printed: String) throws { try check(query, printed) }

    @Test(
        "precedence",
        arguments: [
            ("a + b * c", "(a + (b * c))"), ("a ^ b ^ c", "(a ^ (b ^ c))"), ("a - b - c", "((a - b) - c)"),
            ("a or b and c", "(a or (b and c))"), ("a and b unless c", "((a and b) unless c)"), ("-a ^ b", "-(a ^ b)"),
            ("-a * b", "(-a * b)"), ("a == b + c", "(a == (b + c))"), ("a * b atan2 c", "((a * b) atan2 c)"),
            ("inf ^ x", "(+Inf ^ x)"), ("2 ^ -1 ^ 2", "(2 ^ -(1 ^ 2))"), ("-1 ^ 2", "-(1 ^ 2)"),
            ("a > b </ c", "((a > b) </ c)"),
            ("a % b / c", "((a % b) / c)"),
        ] as [(String, String)])
    func precedence(query: String, expected: String) throws {
        func shape(_ expression: Expression) -> String {
            switch expression {
            case .binary(let node): "(\(shape(node.left)) \(node.operation.rawValue) \(shape(node.right)))"
            case .unary(let node): "\(node.isNegation ? "-" : "+")\(shape(node.expression))"
            default: expression.description
            }
        }
        #expect(try shape(Expression(parsing: query)) == expected)
    }

    @Test("a line of a hundred stays, a longer one is broken at its widest node")
    func pretty() throws {
        let name = String(repeating: "m", count: 40)
        let query = "sum by (job) (rate(\(name){a=\"b\"}[5m])) / on (job) group_left () max by (job) (\(name))"
        #expect(
            try Expression(parsing: query).prettyPrinted() == """
                  sum by (job) (rate(\(name){a="b"}[5m]))
                / on (job) group_left ()
                  max by (job) (\(name))
                """)
        #expect(
            try Expression(parsing: "topk(3, (\(name) + \(name) + \(name)))").prettyPrinted() == """
                topk(
                  3,
                  (
                      \(name) + \(name)
                    +
                      \(name)
                  )
                )
                """)
        let exact = "a + " + String(repeating: "b", count: 96)
        #expect(try Expression(parsing: exact).prettyPrinted() == exact)
        #expect(try Expression(parsing: exact + "b").prettyPrinted() == "  a\n+\n  \(exact.dropFirst(4))b")
    }
}
