// Answers about a query's text, its cost and its exemplars, and federation: golden answers.
// The shapes of the tree: Prometheus 3.14, web/api/v1, translateAST.

import HTTPAccess
import Ingestion
import MetricModel
import Querying
import Testing
import TimeSeriesStore

@testable import PrometheusAPI

private func selector(
    _ name: String, matchers: String = "", offset: Int = 0, range: Int? = nil, at: String = "null",
    startOrEnd: String = "null", type: String = "vectorSelector"
) -> String {
    let named = #"{"name":"__name__","type":"=","value":"\#(name)"}"#
    let window = range.map { #""range":\#($0),"# } ?? ""
    return #"{"anchored":false,"matchers":[\#(named)\#(matchers)],"name":"\#(name)","offset":\#(offset),\#(window)"#
        + #""smoothed":false,"startOrEnd":\#(startOrEnd),"timestamp":\#(at),"type":"\#(type)"}"#
}

/// Concatenation that the compiler does not take minutes over.
private func joined(_ parts: String...) -> String { parts.joined() }

@Suite("API answers about expressions", .timeLimit(.minutes(1)))
struct ExpressionAnswerTests {
    @Test(
        "a query's tree as JSON",
        arguments: [
            ("1e3", #"{"type":"numberLiteral","val":"1000"}"#),
            ("-Inf", #"{"type":"numberLiteral","val":"-Inf"}"#),
            ("-x", #"{"expr":\#(selector("x")),"op":"-","type":"unaryExpr"}"#),
            (#""a\"b""#, #"{"type":"stringLiteral","val":"a\"b"}"#),
            ("(up)", #"{"expr":\#(selector("up")),"type":"parenExpr"}"#),
            (
                #"up{a!~"b"} @ 1.5 offset 1m"#,
                selector("up", matchers: #",{"name":"a","type":"!~","value":"b"}"#, offset: 60_000, at: "1500")
            ),
            ("up offset -30s", selector("up", offset: -30_000)),
            (
                "rate(x[5m] @ end())",
                joined(
                    #"{"args":[\#(selector("x", range: 300_000, startOrEnd: #""end""#, type: "matrixSelector"))],"#,
                    #""func":{"argTypes":["matrix"],"name":"rate","returnType":"vector","variadic":0},"type":"call"}"#)
            ),
            (
                "round(x)",
                joined(
                    #"{"args":[\#(selector("x"))],"#,
                    #""func":{"argTypes":["vector","scalar"],"name":"round","returnType":"vector","variadic":1},"type":"call"}"#
                )
            ),
            (
                "x[1h:5m] offset 1m",
                joined(
                    #"{"alignEvalTime":false,"expr":\#(selector("x")),"offset":60000,"range":3600000,"startOrEnd":null,"#,
                    #""step":300000,"timestamp":null,"type":"subquery"}"#)
            ),
            (
                "topk by (a) (2, x)",
                joined(
                    #"{"expr":\#(selector("x")),"grouping":["a"],"op":"topk","param":{"type":"numberLiteral","val":"2"},"#,
                    #""type":"aggregation","without":false}"#)
            ),
            (
                "sum(x)",
                joined(
                    #"{"expr":\#(selector("x")),"grouping":[],"op":"sum","param":null,"type":"aggregation","without":false}"#
                )
            ),
            (
                "x > bool 1",
                joined(
                    #"{"bool":true,"lhs":\#(selector("x")),"matching":null,"op":">","#,
                    #""rhs":{"type":"numberLiteral","val":"1"},"type":"binaryExpr"}"#)
            ),
            (
                "x * on (a) group_left (b) y",
                joined(
                    #"{"bool":false,"lhs":\#(selector("x")),"matching":{"card":"many-to-one","#,
                    #""fillValues":{"lhs":null,"rhs":null},"include":["b"],"labels":["a"],"on":true},"op":"*","#,
                    #""rhs":\#(selector("y")),"type":"binaryExpr"}"#)
            ),
            (
                "x and y",
                joined(
                    #"{"bool":false,"lhs":\#(selector("x")),"matching":{"card":"many-to-many","#,
                    #""fillValues":{"lhs":null,"rhs":null},"include":[],"labels":[],"on":false},"op":"and","#,
                    #""rhs":\#(selector("y")),"type":"binaryExpr"}"#)
            ),
        ])
    func parseQuery(query: String, tree: String) async throws {
        #expect(try await ask("/api/v1/parse_query?query=\(percentEncoded(query))").body == success(tree))
    }

    @Test("the tree of a query by form, and of none at all")
    func parseQueryForms() async throws {
        #expect(
            try await ask("/api/v1/parse_query", form: [Header("query", "1")]).body
                == success(#"{"type":"numberLiteral","val":"1"}"#))
        #expect(try await ask("/api/v1/parse_query").status == 400)
    }

    @Test("what a query cost is told when asked for; another word than true and all is warned of")
    func stats() async throws {
        func parts(_ query: String) async throws -> (stats: String, rest: String) {
            let body = try await ask("/api/v1/query?\(query)").body
            let halves = body.split(separator: #","stats":"#, maxSplits: 1)
            return (halves.count > 1 ? String(halves[1]) : "", String(halves.first ?? ""))
        }
        #expect(try await parts("query=http_requests_total").stats.isEmpty)
        for wanted in ["true", "all"] {
            let (stats, _) = try await parts("query=rate(http_requests_total%5B1m%5D)&stats=\(wanted)")
            #expect(stats.hasPrefix(#"{"timings":{"evalTotalTime":"#))
            #expect(
                stats.hasSuffix(
                    #""samples":{"totalQueryableSamples":4,"samplesRead":4,"peakSamples":2}}}}"#), "\(stats)")
        }
        #expect(
            try await parts("query=1&stats=1").stats.hasSuffix(
                #"}},"warnings":["value \"1\" for parameter \"stats\" is deprecated and will be rejected in the "#
                    + #"next major release, use \"true\" or \"all\""]}"#))
    }

    @Test("exemplars of the series a query selects; a query that selects nothing has no content")
    func exemplars() async throws {
        let store = TimeSeriesStore()
        var ingestor = TargetIngestor(sink: store)
        _ = try ingestor.ingest(
            Array(
                ("# TYPE a counter\na_total{code=\"1\"} 3 # {trace_id=\"x\"} 0.5 1700000000.25\n"
                    + "a_total{code=\"2\"} 3 # {trace_id=\"y\"} 1 1700000001\n# EOF\n").utf8),
            format: .openMetrics, at: Timestamp(milliseconds: 1_700_000_002_000))
        let prepare: (inout APIProcess, TimeSeriesStore) -> Void = { process, store in
            process.exemplars = { store.exemplars($0, start: $1, end: $2) }
        }
        let query = percentEncoded(#"rate(a_total{code="1"}[1m])"#)
        let found = try await ask("/api/v1/query_exemplars?query=\(query)", store: store, process: prepare)
        #expect(
            found.body
                == success(
                    #"[{"seriesLabels":{"__name__":"a_total","code":"1"},"#
                        + #""exemplars":[{"labels":{"trace_id":"x"},"value":"0.5","timestamp":1700000000.25}]}]"#))
        let later = try await ask(
            "/api/v1/query_exemplars?query=a_total&start=1700000002", store: store, process: prepare)
        #expect(later.body == success("[]"))
        let none = try await ask("/api/v1/query_exemplars?query=1", store: store, process: prepare)
        #expect(none.status == 204)
        #expect(none.body.isEmpty)
        #expect(
            try await ask("/api/v1/query_exemplars?query=sum(", store: store).body
                .hasPrefix(#"{"status":"error","errorType":"bad_data","error":"1:5: parse error: "#))
    }

    @Test("federation: newest samples by name, external labels added, an empty instance kept, stale series left out")
    func federation() async throws {
        let store = TimeSeriesStore()
        var ingestor = TargetIngestor(sink: store)
        _ = try ingestor.ingest(
            Array("b{instance=\"i\"} 1\na 1e-9\ngone 1\n".utf8), format: .text,
            at: Timestamp(milliseconds: 1_700_000_000_000))
        _ = try ingestor.ingest(
            Array("b{instance=\"i\"} 2\na 3\n".utf8), format: .text, at: Timestamp(milliseconds: 1_700_000_014_500))
        let prepare: (inout APIProcess, TimeSeriesStore) -> Void = { process, store in
            process.source = store
            process.externalLabels = { ["region": "eu", "a": "b"] }
        }
        let all = try await ask("/federate?match%5B%5D=%7B__name__=~%22.%2B%22%7D", store: store, process: prepare)
        #expect(all.type == "text/plain; version=0.0.4; charset=utf-8")
        #expect(
            all.body == """
                # TYPE a untyped
                a{a="b",region="eu",instance=""} 3 1700000014500
                # TYPE b untyped
                b{a="b",instance="i",region="eu"} 2 1700000014500

                """)
        #expect(
            try await ask("/federate?match[]=b&match[]=b", store: store, process: prepare).body.hasPrefix("# TYPE b"))
        #expect(try await ask("/federate", store: store, process: prepare).body.isEmpty)
        let accept = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
        let binary = try await ask(
            "/federate?match[]=a", headers: [Header("Accept", accept)], store: store, process: prepare)
        #expect(
            binary.type
                == "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited")
        // The family's length, then its name as field 1.
        #expect(binary.body.utf8.dropFirst().prefix(3).elementsEqual([0x0a, 1, 0x61]))
        #expect(binary.body.contains("region") && !binary.body.contains("__name__"))
        let bad = try await ask("/federate?match%5B%5D=b%5B5m%5D", store: store, process: prepare)
        #expect(bad.status == 400)
        #expect(bad.body.hasPrefix("1:2: parse error: "))
    }

    @Test("federation reads no more samples than a query may", arguments: [(2, 200), (1, 500)])
    func federationLimit(samplesMax: Int, status: Int) async throws {
        let store = TimeSeriesStore()
        var ingestor = TargetIngestor(sink: store)
        _ = try ingestor.ingest(
            Array("a 1\nb 2\n".utf8), format: .text, at: Timestamp(milliseconds: 1_700_000_014_500))
        let answer = try await ask("/federate?match%5B%5D=%7B__name__=~%22.%2B%22%7D", store: store) { process, store in
            process.source = store
            process.limits = { SelectionLimits(samplesMax: samplesMax) }
        }
        #expect(answer.status == status)
        if status == 500 { #expect(answer.body == "query selects more than 1 samples\n") }
    }
}
