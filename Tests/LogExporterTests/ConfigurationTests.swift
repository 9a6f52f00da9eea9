// The exporter's file: every field, every refusal word for word with its place.

import FerulaConfiguration
import LogMetrics
import MetricModel
import Testing

@Test("every field is read")
func everyField() throws {
    let configuration = try LogConfiguration(
        parsing: """
            line_bytes: 16KB
            files_max: 20
            logs:
              - name: web
                files: [/var/log/a.log, /var/log/b*.log]
                format: nginx
                match: ^[0-9]
                ignore: [healthz, 'kube-probe']
                from: start
                file_label: file
                labels: {service: shop}
                metrics:
                  - name: http_request_duration_seconds
                    kind: histogram
                    help: How long requests took.
                    unit: seconds
                    pattern: ^/(?P<route>[^/]*)
                    in: path
                    when: {status: '2..', route: 'a|b'}
                    value: request_time
                    value_unit: ms
                    labels: {verb: method, route: route}
                    labels_max: 50
                    buckets: [0.1, 250ms, 1]
                  - {name: open, kind: gauge, operation: subtract, value: bytes}
              - files: '-'
                format: json
                metrics:
                  - {name: lines_total, kind: counter, labels: [level, http.status]}
            """, file: "log.yml")
    #expect(configuration.lineBytesMax == 16 << 10)
    #expect(configuration.filesMax == 20)
    let log = try #require(configuration.logs.first)
    #expect(log.name == "web" && log.paths == ["/var/log/a.log", "/var/log/b*.log"])
    #expect(log.format == LogFormat(preset: "nginx"))
    #expect(log.match.count == 1 && log.ignore.count == 2 && log.readsFromStart)
    #expect(log.fileLabel == "file" && log.labels == [Label("service", "shop")])
    let metric = try #require(log.metrics.first)
    #expect(metric.kind == .histogram && metric.help == "How long requests took." && metric.unit == "seconds")
    #expect(metric.pattern?.fields == ["route"] && metric.subject == "path" && metric.conditions.count == 2)
    #expect(metric.value == "request_time" && metric.valueUnit == MeasuredText.unit("ms"))
    #expect(metric.labels == [.init(label: "verb", field: "method"), .init(label: "route", field: "route")])
    #expect(metric.labelsMax == 50 && metric.buckets == [0.1, 0.25, 1])
    #expect(log.metrics.last?.operation == .subtract)
    let input = try #require(configuration.logs.last)
    #expect(input.name == "-" && input.paths == ["-"])
    #expect(input.metrics.first?.labels.last == .init(label: "http_status", field: "http.status"))
}

@Test("the example in exporters/log is read")
func example() throws {
    let path = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let configuration = try LogConfiguration(file: "/\(path)/exporters/log/log-exporter.yml")
    #expect(configuration.logs.count == 3)
}

private func message(_ text: String) -> String {
    do {
        _ = try LogConfiguration(parsing: text, file: "log.yml")
        return "no failure"
    } catch {
        return "\(error)"
    }
}

@Test(
    "what is wrong with the file",
    arguments: [
        ("", "log.yml: an empty file: `logs:` is wanted"),
        ("logs: []", "log.yml:1:1: no logs: a list `logs:` is wanted"),
        ("log: []", "log.yml:1:1: unknown field `log` in the file; did you mean `logs`?"),
        ("line_bytes: 63\nlogs: []", "log.yml:1:13: line_bytes: `63` is no size; such as 10MB"),
        ("line_bytes: 63B\nlogs: []", "log.yml:1:13: line_bytes: 64 to 16777216 is wanted, found 63"),
        ("files_max: 0\nlogs: []", "log.yml:1:12: files_max: 1 to 10000 is wanted, found 0"),
        ("files_max: 10001\nlogs: []", "log.yml:1:12: files_max: 1 to 10000 is wanted, found 10001"),
        ("logs: [{}]", "log.yml:1:8: logs: `files` is missing; patterns, or - for standard input"),
        ("logs: [{files: ['']}]", "log.yml:1:17: files: an empty name"),
        ("logs: [{files: ['-', '-']}]", "log.yml:1:22: files: the standard input can be read once"),
        ("logs: [{files: a}]", "log.yml:1:8: log `a`: no metrics; a list `metrics:` is wanted"),
        (
            "logs: [{files: a, format: nginxx}]",
            "log.yml:1:27: format: `nginxx` is none of apache, combined, nginx, json, logfmt; did you mean `nginx`?"
        ),
        (
            "logs: [{files: a, format: json, patterns: [b]}]",
            "log.yml:1:27: format: stands beside `patterns`; one of both"
        ),
        (
            "logs: [{files: a, match: '(a'}]",
            "log.yml:1:26: match: error parsing regexp: missing closing ): `(a`"
        ),
        (
            "logs: [{files: a, file_label: 1a}]",
            "log.yml:1:31: `1a` is no name of a label; letters, digits and _, no digit first"
        ),
        ("logs: [{files: a, file_label: f, labels: {f: x}}]", "log.yml:1:43: labels: `f` is the file's label"),
        (
            "logs:\n- {files: a, metrics: [{name: x_total, kind: counter}]}\n- {files: a, metrics: []}",
            "log.yml:3:11: two logs are named `a`; give them a `name:` each"
        ),
    ])
func wrongFile(text: String, expected: String) {
    #expect(message(text) == expected)
}

@Test(
    "what is wrong with a metric",
    arguments: [
        ("kind: counter", "1:45: metrics: `name` is missing"),
        ("name: a", "1:45: metric `a`: `kind` is missing; counter, gauge or histogram"),
        (
            "name: a_total, kind: count",
            "1:67: kind: `count` is none of counter, gauge, histogram; did you mean `counter`?"
        ),
        ("name: 1a, kind: gauge", "1:52: `1a` is no name of a metric; letters, digits, _ and :"),
        ("name: a, kind: counter", "1:52: `a`: a counter's name ends with _total; `a_total`"),
        ("name: a_count, kind: gauge", "1:52: `a_count`: a gauge's name does not end with _count"),
        ("name: ferula_log_x, kind: gauge", "1:52: `ferula_log_x`: names with ferula_log_ are the exporter's own"),
        (
            "name: a_total, kind: counter, unit: bytes",
            "1:82: unit: the name `a_total` does not end with it; it would be `…_bytes_total`"
        ),
        ("name: a, kind: gauge", "1:45: metric `a`: `value` is missing; the field that holds the number"),
        ("name: a_total, kind: counter, value: bites", "1:83: no field `bites`; did you mean `bytes`?"),
        (
            "name: a_total, kind: counter, when: {verb: x}",
            "1:83: no field `verb`; there are client, identity, user, time, method, path, protocol, status, bytes"
        ),
        ("name: a_total, kind: counter, in: path", "1:80: in: there is no `pattern`"),
        ("name: a_total, kind: counter, operation: add", "1:87: operation: only a gauge has one"),
        ("name: a_total, kind: counter, value_unit: ms", "1:88: value_unit: there is no `value`"),
        (
            "name: a_total, kind: counter, value: bytes, value_unit: x",
            "1:102: value_unit: no unit `x`; one of ns us µs μs ms s m h d B KB kB MB GB TB KiB MiB GiB TiB %"
        ),
        ("name: a_total, kind: counter, labels: [method, method]", "1:93: labels: `method` stands twice"),
        ("name: a_total, kind: counter, labels_max: 0", "1:88: labels_max: 1 to 100000 is wanted, found 0"),
        ("name: a_total, kind: counter, labels_max: 100001", "1:88: labels_max: 1 to 100000 is wanted, found 100001"),
        ("name: a_total, kind: counter, buckets: [1]", "1:86: buckets: only a histogram has them"),
        ("name: a, kind: histogram, value: bytes, labels: {le: path}", "1:95: labels: `le` is the histogram's own"),
        ("name: a, kind: histogram, value: bytes, buckets: [1, x]", "1:99: buckets: `x` is no number"),
        ("name: a, kind: histogram, value: bytes, buckets: [1, 1]", "1:99: buckets: `1` is not above the one before"),
        ("name: a_total, kind: counter, colour: red", "1:76: unknown field `colour` in metrics"),
        ("name: a_total, kind: counter}, {name: a_total, kind: counter", "no failure"),
        (
            "name: a, kind: gauge, value: bytes}, {name: a, kind: histogram, value: bytes",
            "1:90: `a` stands twice, with another `kind`; they are one family"
        ),
    ])
func wrongMetric(text: String, expected: String) {
    let found = message("logs: [{files: a, format: apache, metrics: [{\(text)}]}]")
    #expect(found == (expected == "no failure" ? expected : "log.yml:\(expected)"))
}

@Test("without a format a field has nowhere to come from")
func noFormat() {
    #expect(
        message("logs: [{files: a, metrics: [{name: a_total, kind: counter, labels: [x]}]}]")
            == "log.yml:1:69: no field `x`; no pattern has a named group")
}

@Test("buckets, logs and metrics to their limits and one past")
func limits() {
    func buckets(_ count: Int) -> String {
        "logs: [{files: a, format: json, metrics: [{name: a, kind: histogram, value: x, buckets: ["
            + (1...count).map(String.init).joined(separator: ", ") + "]}]}]"
    }
    #expect(message(buckets(200)) == "no failure")
    #expect(message(buckets(201)).hasSuffix(": buckets: more than 200"))
    func logs(_ count: Int) -> String {
        "logs:\n" + (1...count).map { "- {files: f\($0), metrics: [{name: a_total, kind: counter}]}\n" }.joined()
    }
    #expect(message(logs(100)) == "no failure")
    #expect(message(logs(101)) == "log.yml:102:3: logs: more than 100")
    func metrics(_ count: Int) -> String {
        "logs:\n- files: a\n  metrics:\n"
            + (1...count).map { "  - {name: a\($0)_total, kind: counter}\n" }.joined()
    }
    #expect(message(metrics(1000)) == "no failure")
    #expect(message(metrics(1001)) == "log.yml:1004:5: metrics: more than 1000")
}
