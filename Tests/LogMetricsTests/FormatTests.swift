// Formats by name and by pattern: which fields a line has.

import LinearRegex
import MetricModel
import Testing

@testable import LogMetrics

private let combinedLine =
    #"192.0.2.7 - ann [10/Oct/2025:13:55:36 +0000] "GET /cart?id=1 HTTP/1.1" 200 2326 "https://example.org/" "curl/8.5 \"x\"""#

private func fields(_ line: String, _ preset: String, _ names: [String]) throws -> [String?]? {
    let format = try #require(LogFormat(preset: preset))
    var fields = LogFields()
    let slots = names.map { fields.slot(of: $0) }
    return fields.read(line, format) ? slots.map { fields[$0] } : nil
}

@Test(
    "the web servers' formats give their fields",
    arguments: [
        ("apache", #"192.0.2.7 - - [10/Oct/2025:13:55:36 +0000] "GET /a HTTP/1.0" 404 -"#, "GET /a 404 - nil nil"),
        ("apache", combinedLine, "GET /cart?id=1 200 2326 nil nil"),
        ("combined", combinedLine, #"GET /cart?id=1 200 2326 curl/8.5 \"x\" nil"#),
        ("combined", #"192.0.2.7 - - [t] "GET /a HTTP/1.0" 404 12"#, "unmatched"),
        ("nginx", combinedLine, #"GET /cart?id=1 200 2326 curl/8.5 \"x\" nil"#),
        ("nginx", combinedLine + " 0.012", #"GET /cart?id=1 200 2326 curl/8.5 \"x\" 0.012"#),
        ("nginx", combinedLine + #" rt=0.012 urt="0.011""#, #"GET /cart?id=1 200 2326 curl/8.5 \"x\" 0.012"#),
        // What a scanner sends is no request line.
        ("apache", #"192.0.2.7 - - [t] "\x16\x03\x01" 400 226"#, "nil nil 400 226 nil nil"),
        ("apache", #"192.0.2.7 - a b [t] "-" 408 0"#, "nil nil 408 0 nil nil"),
        ("apache", "", "unmatched"),
    ])
func presets(preset: String, line: String, expected: String) throws {
    let found = try fields(line, preset, ["method", "path", "status", "bytes", "user_agent", "request_time"])
    #expect((found?.map { $0 ?? "nil" }.joined(separator: " ") ?? "unmatched") == expected)
}

@Test(
    "JSON gives fields by path, after anything before the first brace",
    arguments: [
        (#"{"level":"error","http":{"status":503,"route":{"name":"/a"}},"ok":true}"#, "error 503 /a true"),
        (#"2025-10-10 app: {"level":"a b\nc"}"#, "a b\nc nil nil nil"),
        (#"{"http.status":1.5,"level":null,"ok":[1,{"level":"x"}]}"#, "nil 1.5 nil nil"),
        (#"{"level":"a","level":"b"}"#, "b nil nil nil"),
        (#"{}"#, "nil nil nil nil"),
        (#"{"level":"error""#, "unmatched"),
        (#"{"level":"error"} x"#, "unmatched"),
        ("level=error", "unmatched"),
        (#"["level"]"#, "unmatched"),
    ])
func json(line: String, expected: String) throws {
    let found = try fields(line, "json", ["level", "http.status", "http.route.name", "ok"])
    #expect((found?.map { $0 ?? "nil" }.joined(separator: " ") ?? "unmatched") == expected)
}

@Test("JSON may be 200 levels deep, not 201")
func depth() throws {
    for (levels, isRead) in [(200, true), (201, false)] {
        let line = String(repeating: #"{"a":"#, count: levels) + "1" + String(repeating: "}", count: levels)
        #expect(try (fields(line, "json", ["b"]) != nil) == isRead, "\(levels)")
        let path = Array(repeating: "a", count: levels).joined(separator: ".")
        #expect(try fields(line, "json", [path]) == (isRead ? ["1"] : nil))
    }
}

@Test(
    "logfmt gives keys, quoted values and bare keys",
    arguments: [
        (#"level=info msg="a \"b\"\tc" took=12ms"#, "info|a \"b\"\tc|12ms|nil"),
        ("ts=1 fast level=warn", "warn|nil|nil|true"),
        (#"msg="no end"#, "nil|no end|nil|nil"),
        ("level= msg=x=y", "|x=y|nil|nil"),
        ("only words", "unmatched"),
        ("=x", "unmatched"),
        ("", "unmatched"),
    ])
func logfmt(line: String, expected: String) throws {
    let found = try fields(line, "logfmt", ["level", "msg", "took", "fast"])
    #expect((found?.map { $0 ?? "nil" }.joined(separator: "|") ?? "unmatched") == expected)
}

@Test("of several patterns the first that fits gives the fields; a field of the line before is gone")
func severalPatterns() throws {
    let format = LogFormat.patterns([
        try LinePattern("^login (?P<user>[a-z]+)$"), try LinePattern("^(?P<user>[a-z]+) left after (?P<time>.+)$"),
    ])
    var fields = LogFields()
    let user = fields.slot(of: "user"), time = fields.slot(of: "time")
    let isLeft = fields.read("ann left after 3s", format)
    #expect(isLeft)
    #expect(fields[user] == "ann" && fields[time] == "3s")
    let isLogin = fields.read("login bob", format)
    #expect(isLogin)
    #expect(fields[user] == "bob" && fields[time] == nil)
    let isRead = fields.read("nobody", format)
    #expect(!isRead)
    #expect(fields[user] == nil)
    #expect(format.fields == ["user", "time"])
}

@Test("a name that stands in two branches takes the one that matched")
func branches() throws {
    let format = LogFormat.patterns([try LinePattern("a=(?P<n>[0-9]+)|b=(?P<n>[0-9]+)")])
    var fields = LogFields()
    let slot = fields.slot(of: "n")
    let isRead = fields.read("b=7", format)
    #expect(isRead)
    #expect(fields[slot] == "7")
}

@Test(
    "numbers with units are in seconds, bytes and ratios",
    arguments: [
        ("0.25", 0.25), ("12ms", 0.012), ("1m30.5s", 90.5), ("-2s", -2), ("250µs", 0.00025), ("10KiB", 10240),
        ("1.5 MB", 1_500_000), ("45%", 0.45), (" 7 ", 7), ("1e3", 1000), ("-", nil), ("", nil), ("12x", nil),
        ("ms", nil), ("1ms2", nil), ("1..5s", nil), (String(repeating: "1", count: 65), nil),
    ])
func numbers(text: String, expected: Double?) {
    let value = MeasuredText.value(text)
    if let expected {
        #expect(value.map { abs($0 - expected) <= 1e-12 * abs(expected) } == true, "\(text): \(value ?? .nan)")
    } else {
        #expect(value == nil)
    }
}

@Test("a number without a unit has the given one, a number with a unit its own")
func givenUnit() {
    let unit = MeasuredText.unit("ms")
    #expect(MeasuredText.value("12", unit: unit) == 0.012)
    #expect(MeasuredText.value("2s", unit: unit) == 2)
}
