// What the API says of the process, its store, its rules and its targets: golden answers.

import HTTPAccess
import HTTPService
import MetricModel
import Querying
import Testing
import TimeSeriesStore

@testable import PrometheusAPI

private let firing = AlertStatus(
    labels: ["alertname": "Down", "instance": "a:1"], annotations: ["summary": "a:1 is down"], state: .firing,
    activeAt: Timestamp(milliseconds: 1_700_000_000_000),
    keepFiringSince: Timestamp(milliseconds: 1_700_000_010_500), value: 0)

private struct RuledStatus: StatusSource {
    func targets() async -> [TargetStatus] { [] }
    func scrapePools() async -> [String] { ["app", "empty"] }
    func ruleGroups() async -> [RuleGroupStatus] {
        [
            RuleGroupStatus(
                name: "one", file: "a.yml", interval: .seconds(30), evaluationSeconds: 0.001,
                lastEvaluation: Timestamp(milliseconds: 1_700_000_000_000),
                rules: [
                    RuleStatus(
                        name: "Down", query: "up == 0", labels: ["severity": "page"], health: .ok,
                        evaluationSeconds: 0.0005, lastEvaluation: Timestamp(milliseconds: 1_700_000_000_000),
                        alerting: RuleStatus.Alerting(
                            state: .firing, holdDuration: .minutes(5), keepFiringFor: .seconds(10),
                            annotations: ["summary": "{{ $labels.instance }} is down"], alerts: [firing])),
                    RuleStatus(
                        name: "job:up:sum", query: "sum by (job) (up)", health: .failed, lastError: "no luck"),
                ]),
            RuleGroupStatus(
                name: "two", file: "b.yml", interval: .minutes(1), limit: 7,
                rules: [RuleStatus(name: "x", query: "1", labels: ["team": "b"])]),
        ]
    }
    func alertmanagers() async -> AlertmanagerStatus {
        AlertmanagerStatus(activeURLs: ["http://am:9093/api/v2/alerts"], droppedURLs: ["http://old:9093/api/v2/alerts"])
    }
}

private let alertJSON =
    #"{"labels":{"alertname":"Down","instance":"a:1"},"annotations":{"summary":"a:1 is down"},"state":"firing","#
    + #""activeAt":"2023-11-14T22:13:20.000Z","keepFiringSince":"2023-11-14T22:13:30.500Z","value":"0e+00"}"#
private func downJSON(alerts: String) -> String {
    #"{"state":"firing","name":"Down","query":"up == 0","duration":300,"keepFiringFor":10,"#
        + #""labels":{"severity":"page"},"annotations":{"summary":"{{ $labels.instance }} is down"},"#
        + #""alerts":[\#(alerts)],"health":"ok","evaluationTime":0.0005,"#
        + #""lastEvaluation":"2023-11-14T22:13:20.000Z","type":"alerting"}"#
}
private let recordJSON =
    #"{"name":"job:up:sum","query":"sum by (job) (up)","labels":{},"health":"err","lastError":"no luck","#
    + #""evaluationTime":0,"lastEvaluation":"0001-01-01T00:00:00Z","type":"recording"}"#
private func groupOne(_ rules: String...) -> String {
    #"{"name":"one","file":"a.yml","rules":[\#(rules.joined(separator: ","))],"interval":30,"limit":0,"#
        + #""evaluationTime":0.001,"lastEvaluation":"2023-11-14T22:13:20.000Z"}"#
}
private let groupTwo =
    #"{"name":"two","file":"b.yml","rules":[{"name":"x","query":"1","labels":{"team":"b"},"health":"unknown","#
    + #""evaluationTime":0,"lastEvaluation":"0001-01-01T00:00:00Z","type":"recording"}],"interval":60,"limit":7,"#
    + #""evaluationTime":0,"lastEvaluation":"0001-01-01T00:00:00Z"}"#

@Suite("API answers about the process", .timeLimit(.minutes(1)))
struct StatusAnswerTests {
    @Test(
        "rules, whole and filtered",
        arguments: [
            ("", [groupOne(downJSON(alerts: alertJSON), recordJSON), groupTwo]),
            ("?type=alert&exclude_alerts=true", [groupOne(downJSON(alerts: ""))]),
            ("?type=record", [groupOne(recordJSON), groupTwo]),
            ("?rule_name[]=x&rule_name[]=job:up:sum", [groupOne(recordJSON), groupTwo]),
            ("?rule_group[]=two", [groupTwo]),
            ("?file[]=a.yml&type=record", [groupOne(recordJSON)]),
            ("?match%5B%5D=%7Bteam=%22b%22%7D", [groupTwo]),
            ("?rule_name[]=nothing", []),
        ])
    func rules(query: String, groups: [String]) async throws {
        let answer = try await ask("/api/v1/rules\(query)", status: RuledStatus())
        #expect(answer.body == success(#"{"groups":[\#(groups.joined(separator: ","))]}"#))
    }

    @Test("rules by pages: the token of one page begins the next")
    func rulePages() async throws {
        let token = "622e796d6c3b74776f"  // `b.yml;two`
        #expect(
            try await ask("/api/v1/rules?group_limit=1&type=record", status: RuledStatus()).body
                == success(#"{"groups":[\#(groupOne(recordJSON))],"groupNextToken":"\#(token)"}"#))
        #expect(
            try await ask("/api/v1/rules?group_limit=1&group_next_token=\(token)", status: RuledStatus()).body
                == success(#"{"groups":[\#(groupTwo)]}"#))
        #expect(
            try await ask("/api/v1/rules?group_limit=1&group_next_token=ff", status: RuledStatus()).body
                == failure(
                    "bad_data",
                    #"invalid parameter \"group_next_token\": invalid group_next_token 'ff'. were rule groups changed?"#
                ))
    }

    @Test("alerts, alertmanagers and scrape pools")
    func alerts() async throws {
        #expect(
            try await ask("/api/v1/alerts", status: RuledStatus()).body == success(#"{"alerts":[\#(alertJSON)]}"#))
        #expect(
            try await ask("/api/v1/alertmanagers", status: RuledStatus()).body
                == success(
                    #"{"activeAlertmanagers":[{"url":"http://am:9093/api/v2/alerts"}],"#
                        + #""droppedAlertmanagers":[{"url":"http://old:9093/api/v2/alerts"}]}"#))
        #expect(
            try await ask("/api/v1/scrape_pools", status: RuledStatus()).body
                == success(#"{"scrapePools":["app","empty"]}"#))
        #expect(try await ask("/api/v1/scrape_pools").body == success(#"{"scrapePools":["app"]}"#))
    }

    @Test("configuration, flags and run of the process")
    func process() async throws {
        let prepare: (inout APIProcess, TimeSeriesStore) -> Void = { process, _ in
            process.configurationText = { "global:\n  scrape_interval: 1m\n" }
            process.flags = ["web.listen-address": "127.0.0.1:0", "config.file": "p.yml"]
            process.runtime = {
                var runtime = RuntimeStatus()
                runtime.startTime = Timestamp(milliseconds: 1_700_000_000_000)
                runtime.configurationTime = Timestamp(milliseconds: 1_700_000_001_000)
                runtime.isConfigurationRead = false
                runtime.workingFolder = "/srv"
                runtime.hostName = "here"
                runtime.processorCount = 2
                runtime.storageRetention = "1d or 1024MiB"
                return runtime
            }
        }
        #expect(
            try await ask("/api/v1/status/config", process: prepare).body
                == success(#"{"yaml":"global:\n  scrape_interval: 1m\n"}"#))
        #expect(
            try await ask("/api/v1/status/flags", process: prepare).body
                == success(#"{"config.file":"p.yml","web.listen-address":"127.0.0.1:0"}"#))
        #expect(
            try await ask("/api/v1/status/runtimeinfo", process: prepare).body
                == success(
                    #"{"startTime":"2023-11-14T22:13:20.000Z","CWD":"/srv","hostname":"here","#
                        + #""serverTime":"2023-11-14T22:13:35.000Z","reloadConfigSuccess":false,"#
                        + #""lastConfigTime":"2023-11-14T22:13:21.000Z","corruptionCount":0,"goroutineCount":0,"#
                        + #""GOMAXPROCS":2,"GOMEMLIMIT":9223372036854775807,"GOGC":"","GODEBUG":"","#
                        + #""storageRetention":"1d or 1024MiB"}"#))
    }

    @Test("status/tsdb: figures of the head, lists cut at the limit; without a head 404")
    func head() async throws {
        let prepare: (inout APIProcess, TimeSeriesStore) -> Void = { process, store in
            process.head = { limit in
                var head = HeadStatus()
                let cardinality = store.cardinality(limit: limit)
                head.seriesCount = store.statistics.seriesCount
                head.labelPairCount = cardinality.labelPairCount
                head.chunkCount = cardinality.chunkCount
                head.timeRange = store.timeRange
                head.seriesCountByMetricName = cardinality.seriesCountByMetricName.map {
                    .init(name: $0.name, count: $0.count)
                }
                return head
            }
        }
        let answer = try await ask("/api/v1/status/tsdb?limit=1", process: prepare)
        #expect(
            answer.body
                == success(
                    #"{"headStats":{"numSeries":7,"numLabelPairs":9,"chunkCount":0,"minTime":1700000000000,"#
                        + #""maxTime":1700000015000},"#
                        + #""seriesCountByMetricName":[{"name":"http_requests_total","value":2}],"#
                        + #""labelValueCountByLabelName":[],"memoryInBytesByLabelName":[],"#
                        + #""seriesCountByLabelValuePair":[]}"#))
        #expect(try await ask("/api/v1/status/tsdb?limit=10000", process: prepare).status == 200)
        let refused = try await ask("/api/v1/status/tsdb")
        #expect(refused.status == 404)
        #expect(refused.body == failure("not_found", "the store keeps no figures of its head"))
    }

    @Test("metadata by target: the families of the series it has")
    func targetMetadata() async throws {
        struct OneTarget: StatusSource {
            func targets() async -> [TargetStatus] {
                ["200", "404"].map { code in
                    TargetStatus(
                        scrapePool: "app", url: "http://a:1/metrics", labels: ["code": code],
                        discoveredLabels: .empty, interval: .seconds(15), timeout: .seconds(10))
                }
            }
        }
        let described = #""type":"counter","help":"Requests.","unit":"""#
        let ofTarget = #"{"target":{"code":"200"},"metric":"http_requests_total",\#(described)}"#
        #expect(
            try await ask("/api/v1/targets/metadata", status: OneTarget()).body == success("[\(ofTarget)]"))
        #expect(
            try await ask("/api/v1/targets/metadata?metric=http_requests_total", status: OneTarget()).body
                == success(#"[{"target":{"code":"200"},\#(described)}]"#))
        #expect(
            try await ask("/api/v1/targets/metadata?match_target=%7Bcode=%22404%22%7D", status: OneTarget()).body
                == success("[]"))
        #expect(
            try await ask("/api/v1/targets/metadata?match_target=%7B", status: OneTarget()).body
                .hasPrefix(
                    #"{"status":"error","errorType":"bad_data","error":"invalid parameter \"match_target\": 1:2:"#))
    }

    @Test("reload and quit are refused unless enabled, and GET never does them")
    func lifecycle() async throws {
        for path in ["/-/reload", "/-/quit"] {
            for method in ["POST", "PUT"] {
                let refused = try await ask(path, method: method)
                #expect(refused.status == 403)
                #expect(refused.body == "Lifecycle API is not enabled.")
            }
            let get = try await ask(path)
            #expect(get.status == 405)
            #expect(get["allow"] == "POST, PUT")
        }
        let enabled: (inout APIProcess, TimeSeriesStore) -> Void = { process, _ in
            process.lifecycle = APIProcess.Lifecycle(reload: { "p.yml:3:1: unknown field" }, quit: {})
        }
        let failed = try await ask("/-/reload", method: "POST", process: enabled)
        #expect(failed.status == 500)
        #expect(failed.body == "failed to reload config: p.yml:3:1: unknown field\n")
        #expect(try await ask("/-/quit", method: "PUT", process: enabled).body == "Requesting termination... Goodbye!")
    }

    @Test(
        "a web page changes nothing unless somebody has named its origin, whatever it may read",
        arguments: [
            (nil, nil, true), (nil, "http://evil.example", false), (nil, "null", false), (nil, "", false),
            ("https?://(a|b)\\.example", "https://a.example", true),
            ("https?://(a|b)\\.example", "https://a.example.evil", false),
            (".+", "https://a.example", false), ("https://.*", "https://a.example", false),
            ("http://.*", "http://a.example", false),
        ] as [(String?, String?, Bool)])
    func pages(pattern: String?, origin: String?, isTaken: Bool) async throws {
        let origins = try pattern.map { try AllowedOrigins(pattern: $0) } ?? .all
        let headers = origin.map { [Header("Origin", $0)] } ?? []
        for (path, answer) in [
            ("/api/v1/write", "written"), ("/-/reload", ""), ("/-/quit", "Requesting termination... Goodbye!"),
        ] {
            let answered = try await ask(path, method: "POST", headers: headers) { process, _ in
                process.allowedOrigins = origins
                process.writes = APIProcess.WriteReceiver { _ in .text("written") }
                process.lifecycle = APIProcess.Lifecycle(reload: { nil }, quit: {})
            }
            #expect(answered.status == (isTaken ? 200 : 403))
            let refusal =
                "a web page asks, and --web.cors.origin does not name its origin; the default .* is for reading\n"
            #expect(answered.body == (isTaken ? answer : refusal))
        }
    }

    @Test(
        "what is off or unknown is answered as Prometheus answers it",
        arguments: [
            (
                "/api/v1/write", "POST", 404,
                "remote write receiver needs to be enabled with --web.enable-remote-write-receiver\n"
            ),
            (
                "/api/v1/otlp/v1/metrics", "POST", 404,
                "otlp write receiver needs to be enabled with --web.enable-otlp-receiver\n"
            ),
            ("/api/v1/read", "POST", 404, "not found\n"),
            (
                "/api/v1/admin/tsdb/snapshot", "POST", 500,
                #"{"status":"error","errorType":"unavailable","error":"admin APIs disabled"}"#
            ),
            ("/api/v1/nonsense", "GET", 404, "404 page not found\n"),
            ("/api/v1", "GET", 404, "404 page not found\n"),
            ("/nonsense", "POST", 404, "404 page not found\n"),
            ("/api/v1/query", "DELETE", 405, "Method Not Allowed\n"),
            ("/api/v1/label/x/values", "POST", 405, "Method Not Allowed\n"),
        ])
    func refused(path: String, method: String, status: Int, body: String) async throws {
        let answer = try await ask(path, method: method)
        #expect(answer.status == status)
        #expect(answer.body == body)
    }

    @Test("a page of another origin may read answers when its origin matches; OPTIONS has no body")
    func crossOrigin() async throws {
        let origin = [Header("Origin", "https://grafana.example")]
        let any = try await ask("/api/v1/query?query=1", headers: origin)
        #expect(any["access-control-allow-origin"] == "*")
        #expect(any["access-control-allow-headers"] == "Accept, Authorization, Content-Type, Origin")
        #expect(any["access-control-allow-methods"] == "GET, POST, OPTIONS")
        #expect(any["access-control-expose-headers"] == "Date")
        #expect(any["vary"] == "Origin")
        #expect(try await ask("/api/v1/query?query=1")["access-control-allow-origin"] == nil)
        let pattern = try AllowedOrigins(pattern: #"https?://grafana\.example"#)
        let only: (inout APIProcess, TimeSeriesStore) -> Void = { process, _ in process.allowedOrigins = pattern }
        let named = try await ask("/api/v1/query?query=1", headers: origin, process: only)
        #expect(named["access-control-allow-origin"] == "https://grafana.example")
        let other = try await ask(
            "/api/v1/query?query=1", headers: [Header("Origin", "https://grafana.example.org")], process: only)
        #expect(other["access-control-allow-origin"] == nil)
        #expect(other.status == 200)
        let options = try await ask("/api/v1/query", method: "OPTIONS", headers: origin)
        #expect(options.status == 204)
        #expect(options.body.isEmpty)
        #expect(options["access-control-allow-origin"] == "*")
    }
}
