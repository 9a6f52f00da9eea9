// The HTTP API over a real store and engine, asked over a real socket: golden answers.
// Shapes and number forms: Prometheus docs, querying/api.

import HTTPAccess
import HTTPService
import Ingestion
import MetricModel
import PromQLEngine
import Querying
import Testing
import TimeSeriesStore

@testable import PrometheusAPI

@Suite("API answers", .timeLimit(.minutes(1)))
struct AnswerTests {
    @Test(
        "instant queries",
        arguments: [
            ("1", #"{"resultType":"scalar","result":[1700000015,"1"]}"#),
            ("1&time=1700000000.013", #"{"resultType":"scalar","result":[1700000000.013,"1"]}"#),
            ("1&time=2023-11-14T22:13:20Z", #"{"resultType":"scalar","result":[1700000000,"1"]}"#),
            ("%22x%22", #"{"resultType":"string","result":[1700000015,"x"]}"#),
            ("nothing", #"{"resultType":"vector","result":[]}"#),
            ("zero", #"{"resultType":"vector","result":[{"metric":{"__name__":"zero"},"value":[1700000015,"-0"]}]}"#),
            (
                "big",
                #"{"resultType":"vector","result":[{"metric":{"__name__":"big"},"value":[1700000015,"2.5e+21"]}]}"#
            ),
            (
                "notnumber",
                #"{"resultType":"vector","result":[{"metric":{"__name__":"notnumber"},"value":[1700000015,"NaN"]}]}"#
            ),
            (
                "infinite",
                #"{"resultType":"vector","result":[{"metric":{"__name__":"infinite"},"value":[1700000015,"+Inf"]}]}"#
            ),
            (
                "quoted",
                #"{"resultType":"vector","result":[{"metric":{"__name__":"quoted","v":"a\"b\nc"},"value":[1700000015,"1"]}]}"#
            ),
            (
                "http_requests_total%7Bcode=%22500%22%7D%5B1m%5D",
                #"{"resultType":"matrix","result":[{"metric":{"__name__":"http_requests_total","code":"500"},"#
                    + #""values":[[1700000000,"1e-09"],[1700000015,"2890021420083890000"]]}]}"#
            ),
        ])
    func instant(query: String, data: String) async throws {
        let answer = try await ask("/api/v1/query?query=\(query)")
        #expect(answer.body == success(data))
        #expect(answer.status == 200)
        #expect(answer.type == "application/json")
    }

    @Test("a range query by form, and a scalar as a matrix")
    func range() async throws {
        let form = [
            Header("query", "sum(http_requests_total{code=\"200\"})"), Header("start", "1700000000"),
            Header("end", "1700000015"), Header("step", "15s"),
        ]
        #expect(
            try await ask("/api/v1/query_range", form: form).body
                == success(
                    #"{"resultType":"matrix","result":[{"metric":{},"values":[[1700000000,"10"],[1700000015,"20"]]}]}"#)
        )
        #expect(
            try await ask("/api/v1/query_range?query=2&start=1&end=2&step=1").body
                == success(#"{"resultType":"matrix","result":[{"metric":{},"values":[[1,"2"],[2,"2"]]}]}"#))
    }

    @Test(
        "refusals: status, type and words",
        arguments: [
            (
                "query_range?query=1&start=2&end=1&step=1", 400,
                #"invalid parameter \"end\": end timestamp must not be before start time"#
            ),
            (
                "query_range?query=1&start=1&end=2&step=0", 400,
                #"invalid parameter \"step\": zero or negative query resolution step widths are not accepted. "#
                    + "Try a positive integer"
            ),
            (
                "query_range?query=1&start=0&end=11001&step=1", 400,
                "exceeded maximum resolution of 11,000 points per timeseries. "
                    + "Try decreasing the query resolution (?step=XX)"
            ),
            (
                "query?query=1&time=x", 400,
                #"invalid parameter \"time\": invalid time value for 'time': cannot parse \"x\" to a valid timestamp"#
            ),
            ("query?query=1&limit=-1", 400, #"invalid parameter \"limit\": limit must be non-negative"#),
            ("query?query=1&limit=x", 400, #"invalid parameter \"limit\": \"x\" is not a whole number"#),
            (
                "query_range?query=1&end=2&step=1", 400,
                #"invalid parameter \"start\": cannot parse \"\" to a valid timestamp"#
            ),
            (
                "query_range?query=1&start=1&end=2", 400,
                #"invalid parameter \"step\": cannot parse \"\" to a valid duration"#
            ),
            (
                "query?query=1&lookback_delta=x", 400,
                #"error parsing lookback delta duration: cannot parse \"x\" to a valid duration"#
            ),
            (
                "query?query=1&timeout=1e300", 400,
                #"invalid parameter \"timeout\": cannot parse \"1e300\" to a valid duration. It overflows int64"#
            ),
            ("labels?match%5B%5D=%7B%7D", 400, "match[] must contain at least one non-empty matcher"),
            (
                "series?match%5B%5D=%7Bx=~%22.*%22%7D", 400,
                #"invalid parameter \"match[]\": match[] must contain at least one non-empty matcher"#
            ),
            ("query_exemplars?query=up&start=2&end=1", 400, "end timestamp must not be before start timestamp"),
            ("rules?type=x", 400, #"invalid parameter \"type\": not supported value \"x\""#),
            ("rules?group_limit=0", 400, #"invalid parameter \"group_limit\": group_limit needs to be greater than 0"#),
            (
                "rules?group_next_token=x", 400,
                #"invalid parameter \"group_next_token\": group_limit needs to be present in order to paginate over the groups"#
            ),
            ("status/tsdb?limit=0", 400, "limit must be a positive number"),
            ("status/tsdb?limit=10001", 400, "limit must not exceed 10000"),
            ("series", 400, "no match[] parameter provided"),
        ])
    func refusals(target: String, status: Int, text: String) async throws {
        let answer = try await ask("/api/v1/\(target)")
        #expect(answer.body == failure("bad_data", text))
        #expect(answer.status == status)
    }

    @Test("11,000 steps between the ends are still answered")
    func stepsAtLimit() async throws {
        #expect(try await ask("/api/v1/query_range?query=1&start=0&end=11000&step=1").status == 200)
    }

    @Test("a malformed query is a 400 with its place")
    func malformedQuery() async throws {
        for query in ["", "sum(", "rat(up[5m])"] {
            let answer = try await ask("/api/v1/query?query=\(percentEncoded(query))")
            #expect(answer.status == 400)
            #expect(
                answer.body.hasPrefix(
                    #"{"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": "#))
        }
    }

    @Test("series, labels and label values, limited with a warning; the greatest limit is no trap")
    func labels() async throws {
        let selector = "match[]=http_requests_total"
        #expect(
            try await ask("/api/v1/series?\(selector)").body
                == success(
                    #"[{"__name__":"http_requests_total","code":"200"},{"__name__":"http_requests_total","code":"500"}]"#
                ))
        #expect(try await ask("/api/v1/labels").body == success(#"["__name__","code","v"]"#))
        #expect(try await ask("/api/v1/label/code/values?\(selector)").body == success(#"["200","500"]"#))
        #expect(try await ask("/api/v1/label/code/values?start=1800000000").body == success("[]"))
        #expect(
            try await ask("/api/v1/label/code/values?limit=1").body
                == #"{"status":"success","data":["200"],"warnings":["results truncated due to limit"]}"#)
        #expect(
            try await ask("/api/v1/label/code/values?limit=\(Int.max)").body == success(#"["200","500"]"#))
        #expect(try await ask("/api/v1/label/U__code/values").body == success(#"["200","500"]"#))
    }

    @Test("metadata, build information, empty rules and alerts, health")
    func status() async throws {
        #expect(
            try await ask("/api/v1/metadata?metric=http_requests_total").body
                == success(#"{"http_requests_total":[{"type":"counter","help":"Requests.","unit":""}]}"#))
        #expect(
            try await ask("/api/v1/status/buildinfo").body
                == success(
                    #"{"version":"1.2.3","revision":"","branch":"","buildUser":"","buildDate":"","goVersion":""}"#))
        #expect(try await ask("/api/v1/rules").body == success(#"{"groups":[]}"#))
        #expect(try await ask("/api/v1/alerts").body == success(#"{"alerts":[]}"#))
        #expect(
            try await ask("/").body
                == "Ferula 1.2.3: the Prometheus HTTP API is under /api/v1, own metrics at /metrics.\n")
        #expect(try await ask("/-/healthy").status == 200)
        #expect(try await ask("/-/ready").status == 200)
        #expect(try await ask("/metrics").body == "a 1\n")
    }

    @Test("targets, active and dropped")
    func targets() async throws {
        let active =
            #"[{"discoveredLabels":{"__address__":"a:1","job":"app"},"labels":{"instance":"a:1","job":"app"},"#
            + #""scrapePool":"app","scrapeUrl":"http://a:1/metrics","globalUrl":"http://a:1/metrics","#
            + #""lastError":"connection refused","lastScrape":"2023-11-14T22:13:20.013Z","health":"down","#
            + #""scrapeInterval":"15s","scrapeTimeout":"10s","lastScrapeDuration":0.002}]"#
        let dropped = #"[{"discoveredLabels":{"__address__":"b:1","job":"app"},"scrapePool":"app"}]"#
        let counts = #""droppedTargetCounts":{"app":1}"#
        #expect(
            try await ask("/api/v1/targets").body
                == success(#"{"activeTargets":\#(active),"droppedTargets":\#(dropped),\#(counts)}"#))
        #expect(
            try await ask("/api/v1/targets?state=active").body
                == success(#"{"activeTargets":\#(active),"droppedTargets":[],\#(counts)}"#))
        #expect(
            try await ask("/api/v1/targets?state=dropped&scrapePool=other").body
                == success(#"{"activeTargets":[],"droppedTargets":[],\#(counts)}"#))
        #expect(
            try await ask("/api/v1/targets?state=nonsense").body
                == success(#"{"activeTargets":[],"droppedTargets":[],\#(counts)}"#))
    }

    @Test("a pool that dropped nothing has its count of zero")
    func droppedCounts() async throws {
        struct OneTarget: StatusSource {
            func targets() async -> [TargetStatus] {
                [
                    TargetStatus(
                        scrapePool: "app", url: "http://a:1/metrics", labels: .empty, discoveredLabels: .empty,
                        interval: .seconds(15), timeout: .seconds(10))
                ]
            }
            func droppedTargets() async -> [DroppedTargetStatus] { [] }
        }
        let body = try await ask("/api/v1/targets", status: OneTarget()).body
        #expect(body.hasSuffix(#""droppedTargets":[],"droppedTargetCounts":{"app":0}}}"#))
    }

    @Test("a query is printed in its canonical form")
    func formatQuery() async throws {
        #expect(try await ask("/api/v1/format_query?query=sum(up)by(job)").body == success(#""sum by (job) (up)""#))
    }
}
