// What the parser accepts and refuses, one row a rule.

import MetricModel
import Testing

@testable import Exposition

/// Every entry of a body, in a readable form.
func read(_ bytes: [UInt8], _ format: ExpositionFormat) throws(ExpositionError) -> [String] {
    var failure: ExpositionError?
    let lines = bytes.withUnsafeBufferPointer { buffer -> [String] in
        var parser = ExpositionParser(buffer, format: format)
        var lines: [String] = []
        do throws(ExpositionError) {
            while true {
                switch try parser.next() {
                case .end: return lines
                case .comment: lines.append("comment \(parser.metadataText)")
                case .help: lines.append("help \(parser.metadataName): \(parser.metadataText)")
                case .type: lines.append("type \(parser.metadataName): \(parser.kind)")
                case .unit: lines.append("unit \(parser.metadataName): \(parser.metadataText)")
                case .series:
                    var line = "\(try parser.labels()) = \(GoFloat.format(parser.value))"
                    if let timestamp = parser.timestamp { line += " @\(timestamp.milliseconds)" }
                    if let exemplar = parser.exemplar() {
                        line += " # \(exemplar.labels) \(GoFloat.format(exemplar.value))"
                        if let timestamp = exemplar.timestamp { line += " @\(timestamp.milliseconds)" }
                    }
                    lines.append(line)
                }
            }
        } catch {
            failure = error
            return []
        }
    }
    if let failure { throw failure }
    return lines
}

struct ExpositionParserTests {
    @Test(
        "the text format takes what Prometheus' scrape parser takes",
        arguments: [
            ("", []), ("\n\n", []), ("a 1\n", ["a = 1"]), ("a 1", ["a = 1"]), ("a\t1\t2\t\n", ["a = 1 @2"]),
            ("\na 1\n\n\nb 2\n", ["a = 1", "b = 2"]), ("  \n", []), ("a-1\n", ["a = -1"]), ("a{}1\n", ["a = 1"]),
            ("a{b=\"c\"}1 2\n", ["a{b=\"c\"} = 1 @2"]),
            ("a { b = \"c\" , d = \"e\" , } 1 2 \n", ["a{b=\"c\", d=\"e\"} = 1 @2"]),
            ("a{b=\"c\"d=\"e\"} 1\n", ["a{b=\"c\", d=\"e\"} = 1"]),
            ("a{b=\"c\" d=\"e\"} 1\n", ["a{b=\"c\", d=\"e\"} = 1"]),
            ("a{b=\"\"} 1\n", ["a = 1"]), ("a{b=\"x\\ty\"} 1\n", ["a{b=\"x\\\\ty\"} = 1"]),
            ("a{b=\"\\\\\\\"\\n\"} 1\n", ["a{b=\"\\\\\\\"\\n\"} = 1"]), ("a{b=\"x\ny\"} 1\n", ["a{b=\"x\\ny\"} = 1"]),
            ("a{b=\"é\"} 1\n", ["a{b=\"é\"} = 1"]), ("a{b=\"}\"} 1\n", ["a{b=\"}\"} = 1"]),
            ("a:b_1 1\n", ["a:b_1 = 1"]),
            ("a nan\n", ["a = NaN"]), ("a +inf\n", ["a = +Inf"]), ("a -Infinity\n", ["a = -Inf"]),
            ("a 1e-400\n", ["a = 0"]),
            ("a .5\n", ["a = 0.5"]), ("a 5.\n", ["a = 5"]), ("a +1e3\n", ["a = 1000"]), ("a 01\n", ["a = 1"]),
            ("a 1 9223372036854775807\n", ["a = 1 @9223372036854775807"]),
            (
                "# hello\n#\n#HELP x y\n# HELP\n# TYPES a counter\n",
                [
                    "comment # hello", "comment #", "comment #HELP x y",
                    "comment # HELP", "comment # TYPES a counter",
                ]
            ),
            ("#  \tHELP \t a \\\\ \\n \\x \n", ["help a: \\ \n \\x "]),
            ("# HELP a\n# HELP a \n", ["help a: ", "help a: "]),
            (
                "# TYPE a counter\n# TYPE a gauge\na 1\n# TYPE a untyped",
                [
                    "type a: counter", "type a: gauge", "a = 1",
                    "type a: unknown",
                ]
            ),
            ("# TYPE \"a.b\" summary\n# HELP \"a\\\"\" x\n", ["type a.b: summary", "help a\": x"]),
            ("{\"a.b\"} 1\n", ["{\"a.b\"} = 1"]), ("{c=\"d\",\"a.b\",} 1\n", ["{\"a.b\", c=\"d\"} = 1"]),
            ("{\"a.b\",\"c.d\"=\"e\"} 1\n", ["{\"a.b\", \"c.d\"=\"e\"} = 1"]),
            ("a{\"c.d\"=\"e\"} 1\n", ["a{\"c.d\"=\"e\"} = 1"]),
            ("{\"a\\\\b\\\"\\n\"} 1\n", ["{\"a\\\\b\\\"\\n\"} = 1"]),
            (
                "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 1\nh_bucket{le=\"1000000\"} 1\n",
                [
                    "type h: histogram", "h_bucket{le=\"1.0\"} = 1", "h_bucket{le=\"+Inf\"} = 1",
                    "h_bucket{le=\"1e+06\"} = 1",
                ]
            ),
            (
                "# TYPE h summary\nh{quantile=\"0\"} 1\nh{le=\"1\"} 1\n",
                ["type h: summary", "h{quantile=\"0.0\"} = 1", "h{le=\"1\"} = 1"]
            ),
            ("# TYPE h gauge\nh{le=\"1\"} 1\n", ["type h: gauge", "h{le=\"1\"} = 1"]),
            ("a 1\n\u{0}rest", ["a = 1"]),
        ] as [(String, [String])])
    func acceptsText(body: String, entries: [String]) throws {
        #expect(try read(Array(body.utf8), .text) == entries)
    }

    @Test(
        "the text format refuses what Prometheus' scrape parser refuses, and says where and why",
        arguments: [
            (
                "a 1\r\n",
                "1:4: expected a value and the end of the line, found \"1\\r\": lines end in CRLF (\\r\\n); the format has line feeds alone"
            ),
            (
                "# TYPE a counter\r\n",
                "1:10: expected a metric type, found \"counter\\r\": lines end in CRLF (\\r\\n); the format has line feeds alone"
            ),
            ("a\n", "1:2: expected a value after the series, found the end of the line"),
            ("a", "1:2: expected a value after the series, found the end of the body"),
            (
                "x 1\n1a 2\n",
                "2:1: expected a metric name, `{` or `#`, found \"1a\": a metric name does not begin with a digit"
            ),
            ("a b\n", "1:3: expected a value, found \"b\""),
            ("a 0x1p3\n", "1:3: expected a value, found \"0x1p3\": hexadecimal floats are not accepted"),
            ("a 0x10\n", "1:3: expected a value, found \"0x10\": hexadecimal floats are not accepted"),
            ("a 1_000\n", "1:3: expected a value, found \"1_000\": underscores in numbers are not accepted"),
            ("a 1,5\n", "1:3: expected a value, found \"1,5\": a decimal point is written ."),
            ("a 1e400\n", "1:3: expected a value, found \"1e400\": it is larger than the largest 64-bit float"),
            ("a +nan\n", "1:3: expected a value, found \"+nan\""),
            ("a -NaN\n", "1:3: expected a value, found \"-NaN\""),
            ("a .\n", "1:3: expected a value, found \".\""), ("a 1e\n", "1:3: expected a value, found \"1e\""),
            ("a 1 -1\n", "1:5: expected a timestamp in milliseconds or the end of the line, found \"-1\""),
            (
                "a 1 1.5\n",
                "1:6: expected the end of the line after the timestamp, found \".5\": timestamps are whole milliseconds"
            ),
            (
                "a 1 1e3\n",
                "1:6: expected the end of the line after the timestamp, found \"e3\": timestamps are whole milliseconds"
            ),
            ("a 1 2 3\n", "1:7: expected the end of the line after the timestamp, found \"3\""),
            (
                "a 1 9223372036854775808\n",
                "1:5: expected a timestamp in milliseconds, found \"9223372036854775808\": it does not fit into 64 bits"
            ),
            (
                "a 1 # {b=\"c\"} 1\n",
                "1:5: expected a timestamp in milliseconds or the end of the line, found \"#\": exemplars are a part of OpenMetrics, not of the text format"
            ),
            (
                "a{b=\"c\",,} 1\n",
                "1:9: expected a label name or `}`, found \",\": one comma between labels, and at most one after the last"
            ),
            (
                "a{,b=\"c\"} 1\n",
                "1:3: expected a label name or `}`, found \",\": one comma between labels, and at most one after the last"
            ),
            ("a{b} 1\n", "1:4: expected `=` after the label name, found \"}\""),
            ("a{b='c'} 1\n", "1:5: expected a label value in double quotes, found \"'c'\""),
            (
                "a{b=\"c} 1",
                "1:10: expected a closing `\"` of the label value, found the end of the body: line feeds in a quoted text are written \\n"
            ),
            (
                "a{1b=\"c\"} 1\n",
                "1:3: expected a label name or `}`, found \"1b\": a label name does not begin with a digit"
            ),
            (
                "a{b=\"c\" 1\n",
                "1:9: expected a label name or `}`, found \"1\": a label name does not begin with a digit"
            ),
            ("a{b=\"c\"}\n", "1:9: expected a value after the series, found the end of the line"),
            ("a{}{} 1\n", "1:4: expected a value after the series, found \"{\""),
            ("a{", "1:3: expected a label name or `}`, found the end of the body"),
            (
                "# TYPE a Counter\n",
                "1:10: expected a metric type, found \"Counter\": counter, gauge, histogram, summary or untyped, and nothing after it"
            ),
            (
                "# TYPE a counter \n",
                "1:10: expected a metric type, found \"counter \": counter, gauge, histogram, summary or untyped, and nothing after it"
            ),
            (
                "# TYPE a  counter\n",
                "1:10: expected a metric type, found \" counter\": counter, gauge, histogram, summary or untyped, and nothing after it"
            ),
            (
                "# TYPE a unknown\n",
                "1:10: expected a metric type, found \"unknown\": counter, gauge, histogram, summary or untyped, and nothing after it"
            ),
            (
                "# TYPE a info\n",
                "1:10: expected a metric type, found \"info\": counter, gauge, histogram, summary or untyped, and nothing after it"
            ),
            (
                "# TYPE a\n",
                "1:9: expected a metric type, found \"\": counter, gauge, histogram, summary or untyped, and nothing after it"
            ),
            ("# TYPE 1a counter\n", "1:8: expected a metric name after TYPE, found \"1a\""),
            ("# HELP \n", "1:8: expected a metric name after HELP, found the end of the line"),
            ("{a=\"b\"} 1\n", "1:1: expected a metric name, found labels alone: {\"name\", ...} or name{...}"),
            ("{} 1\n", "1:1: expected a metric name, found labels alone: {\"name\", ...} or name{...}"),
            ("{\"a\",\"b\"} 1\n", "1:6: expected `=` after the label name, found a second metric name"),
            ("a{\"b\"} 1\n", "1:3: expected `=` after the label name, found a second metric name"),
            (
                "\"a\" 1\n",
                "1:1: expected a metric name, `{` or `#`, found \"\"\": a quoted metric name stands in braces: {\"name\"}"
            ),
            ("{\"\"} 1\n", "1:1: expected a metric name, found an empty one"),
            ("a{\"\"=\"x\"} 1\n", "1:1: expected a label name, found an empty one"),
            ("a{b=\"1\",b=\"2\"} 1\n", "1:1: expected each label name once, found \"b\" twice"),
            ("a{__name__=\"b\"} 1\n", "1:1: expected each label name once, found \"__name__\" twice"),
            ("<html>\n", "1:1: expected a metric name, `{` or `#`, found \"<html>\": this looks like HTML"),
            ("a.b 1\n", "1:2: expected a value, found \".b\""),
            (
                "a{b=\"\\\n\"} 1\n",
                "1:6: expected a closing `\"` of the label value, found \"\\\": line feeds in a quoted text are written \\n"
            ),
        ])
    func refusesText(body: String, message: String) {
        let error = #expect(throws: ExpositionError.self) { try read(Array(body.utf8), .text) }
        #expect(error?.description == message)
    }

    @Test("malformed UTF-8 in a value, a name or a help text is refused")
    func malformedUTF8() {
        let bodies: [[UInt8]] = [
            Array("a{b=\"".utf8) + [0xff] + Array("\"} 1\n".utf8), Array("{\"".utf8) + [0xc3] + Array("\"} 1\n".utf8),
            Array("# HELP a ".utf8) + [0xed, 0xa0, 0x80, 0x0a],
        ]
        let messages = bodies.map { body in
            #expect(throws: ExpositionError.self) { try read(body, .text) }?.description
        }
        #expect(
            messages == [
                "1:6: expected UTF-8 in the label value, found a malformed byte sequence",
                "1:3: expected UTF-8 in the name, found a malformed byte sequence",
                "1:10: expected UTF-8 in the help text, found a malformed byte sequence",
            ])
    }

    @Test(
        "OpenMetrics takes what Prometheus' scrape parser takes",
        arguments: [
            ("# EOF", []), ("# EOF\n", []), ("a 1\n# EOF\n", ["a = 1"]), ("a{} 1 2\n# EOF", ["a = 1 @2000"]),
            ("a 1 1.0005\n# EOF", ["a = 1 @1000"]), ("a 1 -1.5\n# EOF", ["a = 1 @-1500"]),
            ("a 1 1e3\n# EOF", ["a = 1 @1000000"]),
            ("a{b=\"c\",d=\"e\",} 1\n# EOF", ["a{b=\"c\", d=\"e\"} = 1"]),
            ("a 1 # {} 2\n# EOF", ["a = 1 # {} 2"]),
            ("a 1 2 # {b=\"c\"} 3 4.5\n# EOF", ["a = 1 @2000 # {b=\"c\"} 3 @4500"]),
            ("a 1 # {b=\"\\\"\",\"c.d\"=\"e\"} NaN\n# EOF", ["a = 1 # {b=\"\\\"\", \"c.d\"=\"e\"} NaN"]),
            (
                "# HELP a x \\\" \\n\n# TYPE a counter\na_total 1\na_created 5\n# EOF\n",
                ["help a: x \" \n", "type a: counter", "a_total = 1", "a_created = 5"]
            ),
            ("# HELP a \n# EOF", ["help a: "]), ("# UNIT a_s s\n# UNIT a \n# EOF", ["unit a_s: s", "unit a: "]),
            (
                "# TYPE a stateset\n# TYPE b info\n# TYPE c gaugehistogram\n# TYPE d unknown\n# EOF",
                ["type a: stateset", "type b: info", "type c: gaugehistogram", "type d: unknown"]
            ),
            ("# TYPE \"a.b\" counter\n{\"a.b\",c=\"d\"} 1\n# EOF", ["type a.b: counter", "{\"a.b\", c=\"d\"} = 1"]),
            ("# TYPE h histogram\nh_bucket{le=\"5\"} 1\n# EOF", ["type h: histogram", "h_bucket{le=\"5.0\"} = 1"]),
            ("a 1\na 1\n# TYPE a gauge\n# EOF", ["a = 1", "a = 1", "type a: gauge"]),
        ] as [(String, [String])])
    func acceptsOpenMetrics(body: String, entries: [String]) throws {
        #expect(try read(Array(body.utf8), .openMetrics) == entries)
    }

    @Test(
        "OpenMetrics refuses what Prometheus' scrape parser refuses, and says where and why",
        arguments: [
            (
                "",
                "1:1: expected `# EOF`, found the end of the body: an OpenMetrics body ends with the line # EOF; the answer may be cut off"
            ),
            (
                "a 1\n",
                "2:1: expected `# EOF`, found the end of the body: an OpenMetrics body ends with the line # EOF; the answer may be cut off"
            ),
            (
                "a 1",
                "1:4: expected `# EOF`, found the end of the body: an OpenMetrics body ends with the line # EOF; the answer may be cut off"
            ),
            ("# EOF\n\n", "2:1: expected nothing after # EOF, found the end of the line"),
            ("# EOF\na 1\n", "2:1: expected nothing after # EOF, found \"a\""),
            (
                "\n# EOF",
                "1:1: expected a metric name, `{` or `# `, found the end of the line: OpenMetrics has no blank lines"
            ),
            (
                " a 1\n# EOF",
                "1:1: expected a metric name, `{` or `# `, found a blank: OpenMetrics has no blanks at the start of a line"
            ),
            (
                "# hello\n# EOF",
                "1:3: expected HELP, TYPE, UNIT or EOF after `# `, found \"hello\": OpenMetrics has no comments"
            ),
            (
                "#\n# EOF",
                "1:1: expected `# HELP`, `# TYPE`, `# UNIT` or `# EOF`, found \"#\": OpenMetrics has no comments"
            ),
            ("a  1\n# EOF", "1:3: expected a value, found a blank: OpenMetrics has exactly one blank between tokens"),
            ("a\t1\n# EOF", "1:2: expected one blank and a value, found a tab: OpenMetrics has no tabs between tokens"),
            (
                "a 1 \n# EOF",
                "1:5: expected a timestamp, found the end of the line: OpenMetrics has exactly one blank between tokens"
            ),
            (
                "a{b=\"c\", d=\"e\"} 1\n# EOF",
                "1:9: expected a label name or `}`, found a blank: OpenMetrics has no blanks between the braces"
            ),
            ("a{b=\"c\"d=\"e\"} 1\n# EOF", "1:8: expected `,` or `}` after the label value, found \"d\""),
            ("a {b=\"c\"} 1\n# EOF", "1:3: expected a value, found \"{b=\"c\"}\""),
            (
                "a{b=\"x\ny\"} 1\n# EOF",
                "1:7: expected a closing `\"` of the label value, found the end of the line: line feeds in a quoted text are written \\n"
            ),
            ("a 1 NaN\n# EOF", "1:5: expected a finite timestamp, found \"NaN\""),
            (
                "a 1 2 3\n# EOF",
                "1:6: expected the end of the line or an exemplar, found a blank: an exemplar is ` # {labels} value`"
            ),
            ("a 1 #{b=\"c\"} 1\n# EOF", "1:5: expected a timestamp in seconds, found \"#{b=\"c\"}\""),
            ("a 1 # {\"b\"} 1\n# EOF", "1:11: expected `=` after the label name, found \"}\""),
            ("a 1 # {b=\"c\"}\n# EOF", "1:14: expected one blank and the exemplar's value, found the end of the line"),
            (
                "# TYPE a untyped\n# EOF",
                "1:10: expected a metric type, found \"untyped\": counter, gauge, histogram, gaugehistogram, summary, info, stateset or unknown, and nothing after it"
            ),
            ("# HELP a\n# EOF", "1:9: expected one blank and a text after the name, found the end of the line"),
            (
                "# TYPE a counter",
                "1:17: expected `# EOF`, found the end of the body: an OpenMetrics body ends with the line # EOF; the answer may be cut off"
            ),
            (
                "# UNIT a_s m\n# EOF",
                "1:12: expected a unit that ends the name after `_`, found \"m\": the family's name is \"a_s\""
            ),
            (
                "# UNIT s s\n# EOF",
                "1:10: expected a unit that ends the name after `_`, found \"s\": the family's name is \"s\""
            ),
            ("{a=\"b\"} 1\n# EOF", "1:1: expected a metric name, found labels alone: {\"name\",...} or name{...}"),
        ])
    func refusesOpenMetrics(body: String, message: String) {
        let error = #expect(throws: ExpositionError.self) { try read(Array(body.utf8), .openMetrics) }
        #expect(error?.description == message)
    }

    @Test("an error is shown with its line and a caret, and writes nothing but text to a terminal")
    func rendering() {
        let error = #expect(throws: ExpositionError.self) {
            try read(Array("ok 1\nm{a=\"\u{1b}[2J\"} x\n".utf8), .text)
        }
        #expect(error?.rendered == "2:13: expected a value, found \"x\"\n  m{a=\"\\x1b[2J\"} x\n                 ^")
    }
}
