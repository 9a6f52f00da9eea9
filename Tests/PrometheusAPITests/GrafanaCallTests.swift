// The requests of Grafana's Prometheus data source, as its sources send them, and the shape of what it reads back.
// Sources: grafana/grafana pkg/promlib/client/client.go (queries, forms), pkg/promlib/buffered and healthcheck
// (buildinfo), packages/grafana-prometheus/src/resource_clients.ts and constants.ts (labels, values, series, limits),
// packages/grafana-prometheus/src/language_provider.ts (metadata).

import HTTPAccess
import Testing

@testable import PrometheusAPI

@Suite("Grafana's calls", .timeLimit(.minutes(1)))
struct GrafanaCallTests {
    /// Sent with every question about labels and series; DEFAULT_SERIES_LIMIT.
    private static let bounds = [Header("start", "1699999980"), Header("end", "1700000040"), Header("limit", "40000")]

    @Test("the health check: build information, and one and one by POST")
    func health() async throws {
        let build = try await ask("/api/v1/status/buildinfo")
        #expect(build.status == 200)
        #expect(build.body.contains(#""version":"1.2.3""#))
        let sum = try await ask(
            "/api/v1/query", form: [Header("query", "1+1"), Header("time", "1700000015.25")])
        #expect(sum.body == success(#"{"resultType":"scalar","result":[1700000015.25,"2"]}"#))
    }

    @Test("label names by POST, alone and of a selector")
    func labelKeys() async throws {
        #expect(try await ask("/api/v1/labels", form: Self.bounds).body == success(#"["__name__","code","v"]"#))
        let selector = Self.bounds + [Header("match[]", "http_requests_total")]
        #expect(try await ask("/api/v1/labels", form: selector).body == success(#"["__name__","code"]"#))
    }

    @Test("label values by GET, of all metrics and of a selector, by an escaped name")
    func labelValues() async throws {
        let bounds = formEncoded(Self.bounds)
        let names = #"["big","http_requests_total","infinite","notnumber","quoted","zero"]"#
        #expect(try await ask("/api/v1/label/__name__/values?\(bounds)").body == success(names))
        let selector = formEncoded([Header("match[]", #"http_requests_total{code!="500"}"#)])
        #expect(try await ask("/api/v1/label/code/values?\(bounds)&\(selector)").body == success(#"["200"]"#))
        #expect(try await ask("/api/v1/label/U__http_2e_status/values?\(bounds)").body == success("[]"))
    }

    @Test("series by POST: every metric, and what a variable's query asks")
    func series() async throws {
        let all = try await ask(
            "/api/v1/series", form: Self.bounds + [Header("match[]", #"{__name__!=""}"#)])
        #expect(all.status == 200)
        #expect(
            all.body.hasPrefix(
                #"{"status":"success","data":[{"__name__":"big"},{"__name__":"http_requests_total","code":"200"},"#))
        let one = try await ask("/api/v1/series", form: Self.bounds + [Header("match[]", #"{__name__="quoted"}"#)])
        #expect(one.body == success(#"[{"__name__":"quoted","v":"a\"b\nc"}]"#))
    }

    @Test("metadata by GET, with the limit the editor sends")
    func metadata() async throws {
        #expect(
            try await ask("/api/v1/metadata?limit=40000").body
                == success(#"{"http_requests_total":[{"type":"counter","help":"Requests.","unit":""}]}"#))
    }

    @Test("a panel's queries by POST: range, instant and exemplars")
    func queries() async throws {
        let query = Header("query", #"sum by(code) (http_requests_total{code="200"})"#)
        let range = [Header("start", "1699999995"), Header("end", "1700000025"), Header("step", "15")]
        let answer = try await ask("/api/v1/query_range", form: [query] + range + [Header("timeout", "60s")])
        #expect(
            answer.body
                == success(
                    #"{"resultType":"matrix","result":[{"metric":{"code":"200"},"#
                        + #""values":[[1700000010,"10"],[1700000025,"20"]]}]}"#))
        #expect(
            try await ask("/api/v1/query", form: [query, Header("time", "1700000025.123")]).body
                == success(
                    #"{"resultType":"vector","result":[{"metric":{"code":"200"},"value":[1700000025.123,"20"]}]}"#))
        #expect(
            try await ask("/api/v1/query_exemplars", form: [query] + range.dropLast()).body == success("[]"))
    }

    @Test("what alerting reads: rules and alerts, empty but there")
    func alerting() async throws {
        #expect(try await ask("/api/v1/rules").body == success(#"{"groups":[]}"#))
        #expect(try await ask("/api/v1/alerts").body == success(#"{"alerts":[]}"#))
    }
}
