// Lines to metrics: counting, values, labels and their limits, filters.

import LinearRegex
import LogMetrics
import MetricModel
import Testing

@Test("a counter counts the lines of its pattern, from 0")
func counts() throws {
    var log = Log(.none, [try counter("errors_total") { $0.pattern = try LinePattern("ERROR") }])
    #expect(log.page == ["errors_total 0"])
    let outcomes = log.read("ERROR a", "INFO b", "xERRORx")
    #expect(outcomes == [.matched, .unmatched, .matched])
    #expect(log.page == ["errors_total 2"])
}

@Test("a format that fits is a match, whether a metric wants the line or not")
func outcomes() throws {
    var log = Log(
        .logfmt, [try counter { $0.conditions = [.init(field: "level", pattern: try .init(anchored: "err.*"))] }])
    let outcomes = log.read("level=error", "level=info", "words", "level=xerror")
    #expect(outcomes == [.matched, .matched, .unmatched, .matched])
    #expect(log.page == ["lines_total 1"])
}

@Test("lines that are not wanted are ignored")
func filters() throws {
    let match = [try LinePattern("^GET"), try LinePattern("^PUT")], ignore = [try LinePattern("healthz")]
    var log = Log(.none, [counter()]) {
        $0.match = match
        $0.ignore = ignore
    }
    let outcomes = log.read("GET /a", "PUT /b", "POST /c", "GET /healthz")
    #expect(outcomes == [.matched, .matched, .ignored, .ignored])
    #expect(log.page == ["lines_total 2"])
}

@Test("counters add values, gauges set, add and subtract, histograms count")
func kinds() throws {
    var gauge = LogMetric(name: "last", kind: .gauge)
    gauge.value = "v"
    var open = LogMetric(name: "open", kind: .gauge)
    open.operation = .add
    var shut = open
    shut.operation = .subtract
    open.pattern = try LinePattern("op=in")
    shut.pattern = try LinePattern("op=out")
    var times = LogMetric(name: "took_seconds", kind: .histogram)
    times.value = "v"
    times.buckets = [1, 2.5]
    var log = Log(.logfmt, [counter("bytes_total") { $0.value = "v" }, gauge, open, shut, times])
    log.read("v=1 op=in", "v=2 op=in", "v=3 op=out", "v=x", "op=in")
    #expect(
        log.page == [
            "bytes_total 6", "last 3", "open 2", #"took_seconds_bucket{le="1.0"} 1"#,
            #"took_seconds_bucket{le="2.5"} 2"#, #"took_seconds_bucket{le="+Inf"} 3"#, "took_seconds_sum 6",
            "took_seconds_count 3",
        ])
    #expect(log.own("value_errors_total", "bytes_total") == 1)
    #expect(log.own("value_errors_total", "open") == 0)
}

@Test(
    "a value that the kind cannot have is counted as an error",
    arguments: [
        (LogMetric.Kind.counter, "-1", 1.0), (.counter, "NaN", 1), (.counter, "Inf", 1), (.counter, "-", 0),
        (.counter, "", 0), (.gauge, "-1", 0), (.gauge, "NaN", 0), (.histogram, "-1", 0), (.histogram, "Inf", 1),
    ])
func wrongValues(kind: LogMetric.Kind, value: String, errors: Double) {
    var metric = LogMetric(name: "m", kind: kind)
    metric.value = "v"
    var log = Log(.logfmt, [metric])
    log.read("v=\(value)")
    #expect(log.own("value_errors_total", "m") == errors)
}

@Test("labels are taken from fields, from the metric's own pattern, from the file and from the configuration")
func labels() throws {
    let metric = try counter {
        $0.pattern = try LinePattern("^(?P<route>/[^/?]*)")
        $0.subject = "path"
        $0.labels = [label("route"), label("code", "http.status"), label("gone")]
    }
    var log = Log(.json, [metric]) {
        $0.labels = [Label("service", "shop")]
        $0.fileLabel = "file"
    }
    log.read(#"{"path":"/cart/7?x=1","http":{"status":200}}"#, #"{"path":"x"}"#, #"{"http":{}}"#, file: "/a.log")
    log.read(#"{"path":"/cart/8","http":{"status":200}}"#, file: "/b.log")
    #expect(
        log.page == [
            #"lines_total{code="200",file="/a.log",route="/cart",service="shop"} 1"#,
            #"lines_total{code="200",file="/b.log",route="/cart",service="shop"} 1"#,
        ])
}

@Test("combinations over the limit share one series, which is counted")
func labelsMax() {
    var log = Log(
        .logfmt,
        [
            counter {
                $0.labels = [label("user"), label("code")]
                $0.labelsMax = 3
            }
        ])
    for user in 0..<3 { log.read("user=u\(user) code=1") }
    #expect(log.own("labels_over_limit_total", "lines_total") == 0)
    #expect(log.own("series", "lines_total") == 3)
    log.read("user=u3 code=1", "user=u4 code=2", "user=u0 code=1")
    #expect(
        log.page == [
            #"lines_total{code="1",user="u0"} 2"#, #"lines_total{code="1",user="u1"} 1"#,
            #"lines_total{code="1",user="u2"} 1"#, #"lines_total{code="other",user="other"} 2"#,
        ])
    #expect(log.own("labels_over_limit_total", "lines_total") == 2)
    #expect(log.own("series", "lines_total") == 4)
}

@Test("a label's value has 512 bytes at most, cut between characters")
func longLabels() {
    var log = Log(.logfmt, [counter { $0.labels = [label("a")] }])
    let limit = LogConfiguration.Limits.labelValueBytesMax
    let fits = String(repeating: "x", count: limit)
    let between = String(repeating: "x", count: limit - 1) + "é"
    log.read("a=\(fits)", "a=\(fits)y", "a=\(between)")
    #expect(
        log.page == [
            "lines_total{a=\"\(fits)\"} 2", "lines_total{a=\"\(String(repeating: "x", count: limit - 1))\"} 1",
        ])
}

@Test("two definitions of one name are one family")
func oneFamily() throws {
    let first = try counter { $0.pattern = try LinePattern("a") }
    let second = try counter { $0.pattern = try LinePattern("b") }
    var log = Log(.none, [first, second])
    log.read("a", "b", "ab", "c")
    #expect(log.page == ["lines_total 4"])
}

@Test("a pattern that would hang a backtracking engine takes time linear in the line")
func hostilePattern() throws {
    var log = Log(.none, [try counter { $0.pattern = try LinePattern("(?P<x>(a+)+)$") }])
    let clock = ContinuousClock()
    let line = String(repeating: "a", count: 20_000) + "b"
    #expect(clock.measure { log.read(line) } < .seconds(5))
    #expect(log.page == ["lines_total 0"])
}

@Test("random bytes are read, whatever the format", arguments: LogFormat.presets)
func randomLines(preset: String) throws {
    var generator = SystemRandomNumberGenerator()
    let seed = UInt64.random(in: 0 ... .max, using: &generator)
    var random = SplitMix(state: seed)
    var histogram = LogMetric(name: "took", kind: .histogram)
    histogram.value = "bytes"
    let metrics = [
        counter {
            $0.labels = [label("level"), label("a.b"), label("method")]; $0.labelsMax = 5
        }, histogram,
    ]
    var log = Log(try #require(LogFormat(preset: preset)), metrics)
    let pieces = [
        "{", "}", "\"", "\\", "=", " ", "[", "]", ":", ",", "level", "a", "b", "GET /", "1", "-", "\u{0}", "é", "\\u12",
        "bytes", "\\ud800",
    ]
    for _ in 0..<2000 {
        var bytes: [UInt8] = []
        for _ in 0..<random.below(40) {
            if random.below(4) == 0 {
                bytes.append(UInt8(random.below(256)))
            } else {
                bytes += Array(pieces[random.below(pieces.count)].utf8)
            }
        }
        log.read(String(decoding: bytes, as: UTF8.self))
    }
    #expect(log.own("series", "lines_total") ?? 0 <= 6, "seed \(seed)")
}

struct SplitMix {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
