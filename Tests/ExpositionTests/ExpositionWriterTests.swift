// What the writer writes, and that the parser reads it back.

import MetricModel
import Testing

@testable import Exposition

struct ExpositionWriterTests {
    private func write(_ format: ExpositionFormat) -> String {
        var writer = ExpositionWriter(format)
        writer.family("http_requests_total", Metadata(kind: .counter, help: "All \"requests\",\nslash \\."))
        let labels: LabelSet = ["__name__": "http_requests_total", "path": "/a\"b\\c\nd", "code": "200"]
        writer.sample(
            labels, 1_027_000, timestamp: Timestamp(milliseconds: 1_700_000_000_013),
            exemplar: Exemplar(labels: ["trace_id": "x"], value: 0.5, timestamp: Timestamp(milliseconds: -1500)))
        writer.family("temp_celsius", Metadata(kind: .gauge, unit: "celsius"))
        writer.sample(["__name__": "temp_celsius"], -0.0)
        writer.family("h", Metadata(kind: .histogram))
        writer.sample(["__name__": "h"], suffix: "_bucket", extra: Label("le", "+Inf"), 3)
        writer.family("a.b", Metadata(kind: .unknown, unit: "s"))
        writer.sample(["__name__": "a.b", "c.d": "é"], .nan)
        writer.sample(["__name__": "a.b"], .infinity)
        writer.family("i", Metadata(kind: .info))
        writer.sample(["__name__": "i"], 1e21)
        writer.finish()
        writer.finish()
        return writer.text
    }

    @Test("families are written as text 0.0.4")
    func text() {
        #expect(
            write(.text) == #"""
                # HELP http_requests_total All "requests",\nslash \\.
                # TYPE http_requests_total counter
                http_requests_total{code="200",path="/a\"b\\c\nd"} 1.027e+06 1700000000013
                # TYPE temp_celsius gauge
                temp_celsius -0
                # TYPE h histogram
                h_bucket{le="+Inf"} 3
                # TYPE "a.b" untyped
                {"a.b","c.d"="é"} NaN
                {"a.b"} +Inf
                # TYPE i gauge
                i 1e+21

                """#)
    }

    @Test("families are written as OpenMetrics")
    func openMetrics() {
        #expect(
            write(.openMetrics) == #"""
                # HELP http_requests All \"requests\",\nslash \\.
                # TYPE http_requests counter
                http_requests_total{code="200",path="/a\"b\\c\nd"} 1.027e+06 1700000000.013 # {trace_id="x"} 0.5 -1.5
                # TYPE temp_celsius gauge
                # UNIT temp_celsius celsius
                temp_celsius -0.0
                # TYPE h histogram
                h_bucket{le="+Inf"} 3.0
                # TYPE "a.b" unknown
                {"a.b","c.d"="é"} NaN
                {"a.b"} +Inf
                # TYPE i info
                i 1e+21
                # EOF

                """#)
    }

    @Test("what is written is read back", arguments: [ExpositionFormat.text, .openMetrics])
    func roundTrip(format: ExpositionFormat) throws {
        let entries = try read(Array(write(format).utf8), format).filter { $0.contains(" = ") }
        let exemplar = format == .openMetrics ? " # {trace_id=\"x\"} 0.5 @-1500" : ""
        #expect(
            entries == [
                #"http_requests_total{code="200", path="/a\"b\\c\nd"} = 1027000 @1700000000013"# + exemplar,
                "temp_celsius = -0", "h_bucket{le=\"+Inf\"} = 3", "{\"a.b\", \"c.d\"=\"é\"} = NaN", "{\"a.b\"} = +Inf",
                "i = 1e+21",
            ])
    }

    @Test(
        "a Content-Type decides the format",
        arguments: [
            ("text/plain", .text), ("text/plain; version=0.0.4; charset=utf-8", .text), ("Text/Plain;", .text),
            ("application/openmetrics-text; version=1.0.0; escaping=allow-utf-8", .openMetrics),
            ("application/openmetrics-text;version=\"1.0.0\"", .openMetrics),
        ] as [(String, ExpositionFormat)])
    func contentType(value: String, format: ExpositionFormat) throws {
        #expect(try ExpositionFormat(contentType: value) == format)
    }

    @Test(
        "a Content-Type that does not decide fails without a fallback",
        arguments: [
            (
                "",
                "non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target"
            ),
            (
                "application/json",
                "received unsupported Content-Type \"application/json\" and no fallback_scrape_protocol specified for target"
            ),
            ("text/plain; =", "cannot parse Content-Type \"text/plain; =\" and no fallback_scrape_protocol for target"),
            ("a b/c", "cannot parse Content-Type \"a b/c\" and no fallback_scrape_protocol for target"),
        ])
    func contentTypeFailure(value: String, message: String) throws {
        let error = #expect(throws: ContentTypeError.self) { try ExpositionFormat(contentType: value) }
        #expect(error?.description == message)
        #expect(try ExpositionFormat(contentType: value, fallback: .openMetrics) == .openMetrics)
    }

    @Test("a scrape says what it accepts, and an answer follows what was asked")
    func negotiation() {
        #expect(
            AcceptHeader.value()
                == "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
        )
        #expect(AcceptHeader.value([.text004]) == "text/plain;version=0.0.4;q=0.6,*/*;q=0.5")
        #expect(
            AcceptHeader.value([.protobuf, .text004])
                == "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
                + "text/plain;version=0.0.4;q=0.5,*/*;q=0.4")
        #expect(AcceptHeader.preferredFormat(AcceptHeader.value()) == .openMetrics)
        #expect(AcceptHeader.preferredFormat("text/html, */*;q=0.8") == .text)
        #expect(AcceptHeader.preferredFormat("application/openmetrics-text;q=0.1,text/plain;q=0.5") == .text)
    }
}
