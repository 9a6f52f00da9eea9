// The contract of QueryBackend as rows: a question, and the lines of its one right answer.
// Asked of every backend by BackendContractTests and PeerTests; a row names where another server differs, and why.

import MetricModel
import Querying

/// Who answers: the engine, the engine behind our own API server, and other people's servers.
package enum ContractSubject: Hashable, Sendable {
    case embedded, loopback, prometheus242, victoriaMetrics
}

package struct ContractRow: Sendable {
    package struct Difference: Sendable {
        package var subject: ContractSubject
        package var answer: [String]
        package var reason: String
    }

    package var name: String
    package var ask: @Sendable (any QueryBackend) async -> [String]
    package var answer: [String]
    package var differences: [Difference] = []

    package func answer(of subject: ContractSubject) -> [String] {
        differences.first { $0.subject == subject }?.answer ?? answer
    }

    func but(_ subject: ContractSubject, _ answer: [String], _ reason: String) -> ContractRow {
        var row = self
        row.differences.append(Difference(subject: subject, answer: answer, reason: reason))
        return row
    }
}

private func instant(
    _ query: String, at seconds: Double = 300, options: QueryOptions = QueryOptions(), isOrdered: Bool = false,
    _ answer: [String]
) -> ContractRow {
    ContractRow(
        name: "\(query) at \(seconds)",
        ask: { backend in
            await ContractText.of(isOrdered: isOrdered) { () async throws(QueryFailure) in
                let request = InstantRequest(query: query, time: ContractData.time(seconds), options: options)
                return ContractText.lines(try await backend.instant(request))
            }
        }, answer: answer)
}

private func range(
    _ query: String, _ start: Double, _ end: Double, step: Double, options: QueryOptions = QueryOptions(),
    _ answer: [String]
) -> ContractRow {
    ContractRow(
        name: "\(query) from \(start) to \(end) step \(step)",
        ask: { backend in
            await ContractText.of { () async throws(QueryFailure) in
                let grid = StepGrid(
                    start: ContractData.time(start), end: ContractData.time(end), step: Milliseconds(seconds: step))
                return ContractText.lines(
                    try await backend.range(RangeRequest(query: query, grid: grid, options: options)))
            }
        }, answer: answer)
}

/// The end of the data's two hours.
private let (first, last) = (ContractData.time(0), ContractData.time(7199))

private func series(
    _ selectors: [String], from start: Timestamp = first, to end: Timestamp = last, limit: Int = 0, _ answer: [String]
) -> ContractRow {
    ContractRow(
        name: "series \(selectors) limit \(limit)",
        ask: { backend in
            await ContractText.of(isOrdered: true) { () async throws(QueryFailure) in
                try await backend.series(selectors, start: start, end: end, limit: limit).map(\.description)
            }
        }, answer: answer)
}

private func names(
    _ selectors: [String], from start: Timestamp = first, to end: Timestamp = last, limit: Int = 0, _ answer: [String]
) -> ContractRow {
    ContractRow(
        name: "label names \(selectors) limit \(limit)",
        ask: { backend in
            await ContractText.of(isOrdered: true) { () async throws(QueryFailure) in
                try await backend.labelNames(selectors, start: start, end: end, limit: limit)
            }
        }, answer: answer)
}

private func values(
    _ name: String, of selectors: [String] = [], from start: Timestamp = first, to end: Timestamp = last,
    limit: Int = 0,
    _ answer: [String]
) -> ContractRow {
    ContractRow(
        name: "values of \(name) \(selectors) limit \(limit)",
        ask: { backend in
            await ContractText.of(isOrdered: true) { () async throws(QueryFailure) in
                try await backend.labelValues(name, selectors, start: start, end: end, limit: limit)
            }
        }, answer: answer)
}

private func metadata(_ metric: String?, _ answer: [String]) -> ContractRow {
    ContractRow(
        name: "metadata of \(metric ?? "everything")",
        ask: { backend in
            await ContractText.of { () async throws(QueryFailure) in
                try await backend.metadata(metric: metric).flatMap { name, entries in
                    entries.map { "\(name) \($0.kind.rawValue) \($0.help) \($0.unit)" }
                }
            }
        }, answer: answer)
}

package enum ContractRows {
    package static let all = instants + ranges + odd + failures + limits + labels + metadatas

    static let instants: [ContractRow] = [
        instant("1", ["scalar 1@300"])
            .but(.victoriaMetrics, ["{} 1@300"], "a scalar comes as a vector"),
        instant("\"a\\\"b\"", ["string a\"b@300"])
            .but(.victoriaMetrics, [], "strings are no values"),
        instant("vector(0.1)", at: 0.013, ["{} 0.1@0.013"]),
        instant("queue_length", ["queue_length{instance=\"a\"} 5.25@300", "queue_length{instance=\"b\"} 10.25@300"]),
        instant(
            "sort_desc(queue_length)", isOrdered: true,
            ["queue_length{instance=\"b\"} 10.25@300", "queue_length{instance=\"a\"} 5.25@300"]),
        instant("nothing", []),
        instant("queue_length{instance=~\"a|c\", code!=\"x\"}", ["queue_length{instance=\"a\"} 5.25@300"]),
        instant(
            "queue_length[30s]", at: 31,
            ["queue_length{instance=\"a\"} 13.25@15 9.25@30", "queue_length{instance=\"b\"} 1.25@15 14.25@30"]),
        instant(
            "sum by (code) (rate(requests_total[2m]))", at: 301,
            ["{code=\"200\"} 0.6666666666666665@301", "{code=\"500\"} 0.6952380952380952@301"]
        )
        .but(
            .victoriaMetrics, ["{code=\"200\"} 0.6583333333333333@301", "{code=\"500\"} 0.7@301"],
            "rates are not extrapolated and count from the sample before the window"),
        instant(
            "increase(requests_total{instance=\"b\",code=\"200\"}[5m])", at: 500,
            ["{code=\"200\", instance=\"b\"} 96.84210526315789@500"]
        )
        .but(
            .victoriaMetrics, ["{code=\"200\", instance=\"b\"} 94@500"],
            "rates are not extrapolated and count from the sample before the window"),
        instant("topk(1, queue_length)", ["queue_length{instance=\"b\"} 10.25@300"]),
        instant("count(queue_length > 6) or vector(7)", ["{} 1@300"]),
        instant(
            "requests_total / on (instance) group_left () queue_length",
            [
                "{code=\"200\", instance=\"a\"} 20.19047619047619@300",
                "{code=\"200\", instance=\"b\"} 10.048780487804878@300", "{code=\"500\", instance=\"a\"} 20@300",
                "{code=\"500\", instance=\"b\"} 9.951219512195122@300",
            ]),
        instant(
            "avg_over_time(queue_length[2m])", at: 301, ["{instance=\"a\"} 8.625@301", "{instance=\"b\"} 7.25@301"]
        )
        .but(
            .victoriaMetrics, ["queue_length{instance=\"a\"} 8.625@301", "queue_length{instance=\"b\"} 7.25@301"],
            "*_over_time keeps the metric's name"),
        instant("absent(nothing{a=\"b\"})", ["{a=\"b\"} 1@300"]),
        instant("late", at: 2999.999, []),
        instant("late", at: 3000, ["late 1@3000"]),
        instant("late", at: 3299.999, ["late 1@3299.999"]),
        instant("late", at: 3301, [])
            .but(.victoriaMetrics, ["late 1@3301"], "how long a sample lives is reckoned from the distance of samples"),
        instant("late", at: 3200, options: QueryOptions(lookback: .minutes(1)), [])
            .but(.prometheus242, ["late 1@3200"], "2.42 does not know lookback_delta")
            .but(.victoriaMetrics, ["late 1@3200"], "lookback_delta is not known"),
    ]

    static let ranges: [ContractRow] = [
        range(
            "queue_length{instance=\"a\"}", 0, 60, step: 15,
            ["queue_length{instance=\"a\"} 0.25@0 13.25@15 9.25@30 5.25@45 1.25@60"]),
        range(
            "queue_length{instance=\"a\"}", 0.5, 61, step: 20.25,
            ["queue_length{instance=\"a\"} 0.25@0.5 13.25@20.75 9.25@41"]),
        range("late", 2700, 3600, step: 150, ["late 1@3000 1@3150"])
            .but(.prometheus242, ["late 1@3000 1@3150 1@3300"], "windows of 2.42 include their left border"),
        range("2", 0, 2, step: 1, ["{} 2@0 2@1 2@2"]),
        range(
            "sum(rate(requests_total{code=\"200\"}[1m]))", 301, 361, step: 30,
            ["{} 0.5777777777777777@301 0.4888888888888888@331 0.6444444444444444@361"]
        )
        // Two series: the sum is the same in either order, and VictoriaMetrics adds in the order of their coming.
        .but(
            .victoriaMetrics, ["{} 0.6000000000000001@301 0.45@331 0.6666666666666667@361"],
            "rates are not extrapolated and count from the sample before the window"),
        range("nothing", 0, 60, step: 15, []),
        range(
            "queue_length{instance=\"a\"} > 9", 0, 120, step: 15,
            ["queue_length{instance=\"a\"} 13.25@15 9.25@30 14.25@75 10.25@90"]),
    ]

    static let odd: [ContractRow] = [
        instant(
            "special", at: 1,
            [
                "special{kind=\"huge\"} 1e+300@1", "special{kind=\"large\"} 2890021420083890000@1",
                "special{kind=\"minus_inf\"} -Inf@1", "special{kind=\"minus_zero\"} -0@1",
                "special{kind=\"nan\"} NaN@1", "special{kind=\"plus_inf\"} +Inf@1",
                "special{kind=\"third\"} 0.3333333333333333@1", "special{kind=\"tiny\"} 1e-09@1",
            ]
        )
        .but(
            .victoriaMetrics,
            [
                "special{kind=\"huge\"} 1e+300@1", "special{kind=\"large\"} 2890021420083890000@1",
                "special{kind=\"minus_inf\"} -Inf@1", "special{kind=\"minus_zero\"} 0@1",
                "special{kind=\"plus_inf\"} +Inf@1", "special{kind=\"third\"} 0.333333333333@1",
                "special{kind=\"tiny\"} 1e-09@1",
            ], "NaN and the sign of zero are not kept, and decimals are cut"),
        instant(
            "special", at: 0.013,
            [
                "special{kind=\"huge\"} 1e+300@0.013", "special{kind=\"large\"} 2890021420083890000@0.013",
                "special{kind=\"minus_inf\"} -Inf@0.013", "special{kind=\"minus_zero\"} -0@0.013",
                "special{kind=\"nan\"} NaN@0.013", "special{kind=\"plus_inf\"} +Inf@0.013",
                "special{kind=\"third\"} 0.3333333333333333@0.013", "special{kind=\"tiny\"} 1e-09@0.013",
            ]
        )
        .but(
            .victoriaMetrics,
            [
                "special{kind=\"huge\"} 1e+300@0.013", "special{kind=\"large\"} 2890021420083890000@0.013",
                "special{kind=\"minus_inf\"} -Inf@0.013", "special{kind=\"minus_zero\"} 0@0.013",
                "special{kind=\"plus_inf\"} +Inf@0.013", "special{kind=\"third\"} 0.333333333333@0.013",
                "special{kind=\"tiny\"} 1e-09@0.013",
            ], "NaN and the sign of zero are not kept, and decimals are cut"),
        instant("special", at: 0.012, []),
        instant(
            "odd", at: 299,
            [
                "odd{kind=\"backslash\", value=\"a\\\\b\"} 1@299", "odd{kind=\"brace\", value=\"}{,=\"} 1@299",
                "odd{kind=\"newline\", value=\"a\\nb\"} 1@299", "odd{kind=\"quote\", value=\"a\\\"b\"} 1@299",
                "odd{kind=\"space\", value=\" a  b \"} 1@299", "odd{kind=\"utf8\", value=\"é 😀\"} 1@299",
            ]),
        instant(
            "odd{value=\"a\\\"b\"} or odd{value=\"a\\nb\"} or odd{value='a\\\\b'} or odd{value=\"é 😀\"}", at: 299,
            [
                "odd{kind=\"backslash\", value=\"a\\\\b\"} 1@299", "odd{kind=\"newline\", value=\"a\\nb\"} 1@299",
                "odd{kind=\"quote\", value=\"a\\\"b\"} 1@299", "odd{kind=\"utf8\", value=\"é 😀\"} 1@299",
            ]),
        values("value", [" a  b ", "a\nb", "a\"b", "a\\b", "}{,=", "é 😀"]),
        series(
            ["odd{kind=~\"q.*|n.*\"}"],
            ["odd{kind=\"newline\", value=\"a\\nb\"}", "odd{kind=\"quote\", value=\"a\\\"b\"}"]),
    ]

    static let failures: [ContractRow] = [
        instant("sum(", ["failure bad_data at 4"])
            .but(.victoriaMetrics, ["failure execution"], "a malformed query is status 422, without a place"),
        instant("sum(rat(queue_length[5m]))", ["failure bad_data at 4"])
            .but(.victoriaMetrics, ["failure execution"], "a malformed query is status 422, without a place"),
        instant("queue_length +\n  /", ["failure bad_data at 17"])
            .but(.victoriaMetrics, ["failure execution"], "a malformed query is status 422, without a place"),
        instant("\"é\" + }", ["failure bad_data at 7"])
            .but(.victoriaMetrics, ["failure execution"], "a malformed query is status 422, without a place"),
        instant("", ["failure bad_data at 0"])
            .but(.victoriaMetrics, ["failure execution"], "a malformed query is status 422, without a place"),
        instant("queue_length + on (x) group_left () \"a\"", ["failure bad_data at 36"])
            .but(.victoriaMetrics, [], "MetricsQL takes more than PromQL"),
        instant("rate(queue_length)", ["failure bad_data at 5"])
            .but(
                .victoriaMetrics,
                ["{instance=\"a\"} 0.5358333333333334@300", "{instance=\"b\"} 0.5258333333333334@300"],
                "MetricsQL takes more than PromQL"),
        instant("queue_length + on () requests_total", ["failure execution at 0"])
            .but(.loopback, ["failure execution"], "the API carries no place of a failed execution")
            .but(.prometheus242, ["failure execution"], "the API carries no place of a failed execution")
            .but(.victoriaMetrics, ["failure execution"], "the API carries no place of a failed execution"),
        range("queue_length[1m]", 0, 60, step: 15, ["failure bad_data at 0"])
            .but(.prometheus242, ["failure bad_data"], "no place is given for a wrong type of the whole query")
            .but(
                .victoriaMetrics,
                [
                    "queue_length{instance=\"a\"} 0.25@0 13.25@15 9.25@30 5.25@45 1.25@60",
                    "queue_length{instance=\"b\"} 5.25@0 1.25@15 14.25@30 10.25@45 6.25@60",
                ], "MetricsQL takes more than PromQL"),
        range("\"a\"", 0, 60, step: 15, ["failure bad_data at 0"])
            .but(.prometheus242, ["failure bad_data"], "no place is given for a wrong type of the whole query")
            .but(.victoriaMetrics, [], "MetricsQL takes more than PromQL"),
        series(["queue_length{"], ["failure bad_data at 13"])
            .but(.victoriaMetrics, ["failure execution"], "a malformed query is status 422, without a place"),
        names(["rate(queue_length[1m])"], ["failure bad_data at 0"])
            .but(
                .loopback, ["failure bad_data at 4"],
                "only a selector is parsed here, as in Prometheus: the parenthesis is what is wrong"
            )
            .but(
                .prometheus242, ["failure bad_data at 4"],
                "only a selector is parsed here: the parenthesis is what is wrong"
            )
            .but(.victoriaMetrics, ["failure execution"], "a malformed query is status 422, without a place"),
    ]

    static let limits: [ContractRow] = [
        range(
            "requests_total", 300, 300, step: 15, options: QueryOptions(seriesLimit: 4),
            [
                "requests_total{code=\"200\", instance=\"a\"} 106@300",
                "requests_total{code=\"200\", instance=\"b\"} 103@300",
                "requests_total{code=\"500\", instance=\"a\"} 105@300",
                "requests_total{code=\"500\", instance=\"b\"} 102@300",
            ]),
        series(
            ["requests_total"], limit: 2,
            ["requests_total{code=\"200\", instance=\"a\"}", "requests_total{code=\"200\", instance=\"b\"}"]
        )
        .but(
            .victoriaMetrics,
            ["requests_total{code=\"200\", instance=\"a\"}", "requests_total{code=\"500\", instance=\"a\"}"],
            "the limit cuts before the series are sorted"),
        series(
            ["requests_total"], limit: 4,
            [
                "requests_total{code=\"200\", instance=\"a\"}", "requests_total{code=\"200\", instance=\"b\"}",
                "requests_total{code=\"500\", instance=\"a\"}", "requests_total{code=\"500\", instance=\"b\"}",
            ]),
        names([], limit: 2, ["__name__", "code"]),
        values("code", limit: 1, ["200"]),
        values("code", limit: 2, ["200", "500"]),
        ContractRow(
            name: "limit of a query's series",
            ask: { backend in
                await ContractText.of { () async throws(QueryFailure) in
                    let request = InstantRequest(
                        query: "requests_total", time: ContractData.time(300), options: QueryOptions(seriesLimit: 3))
                    let result = try await backend.instant(request)
                    guard case .vector(let elements) = result.value else { return ["no vector"] }
                    return ["\(elements.count) series"] + result.annotations.map(\.message)
                }
            }, answer: ["3 series", "results truncated due to limit"]),
    ]

    static let labels: [ContractRow] = [
        series(["queue_length", "late"], ["late", "queue_length{instance=\"a\"}", "queue_length{instance=\"b\"}"]),
        series(["late"], to: ContractData.time(2000), [])
            .but(.victoriaMetrics, ["late"], "series are found by day, not by the second"),
        series([], from: ContractData.time(2900), ["late"])
            .but(
                .victoriaMetrics,
                [
                    "late", "odd{kind=\"backslash\", value=\"a\\\\b\"}", "odd{kind=\"brace\", value=\"}{,=\"}",
                    "odd{kind=\"newline\", value=\"a\\nb\"}", "odd{kind=\"quote\", value=\"a\\\"b\"}",
                    "odd{kind=\"space\", value=\" a  b \"}", "odd{kind=\"utf8\", value=\"é 😀\"}",
                    "queue_length{instance=\"a\"}", "queue_length{instance=\"b\"}",
                    "requests_total{code=\"200\", instance=\"a\"}", "requests_total{code=\"200\", instance=\"b\"}",
                    "requests_total{code=\"500\", instance=\"a\"}", "requests_total{code=\"500\", instance=\"b\"}",
                    "special{kind=\"huge\"}", "special{kind=\"large\"}", "special{kind=\"minus_inf\"}",
                    "special{kind=\"minus_zero\"}", "special{kind=\"plus_inf\"}", "special{kind=\"third\"}",
                    "special{kind=\"tiny\"}",
                ], "series are found by day, not by the second"),
        series(["nothing"], []),
        names([], ["__name__", "code", "instance", "kind", "value"]),
        names(["requests_total"], ["__name__", "code", "instance"]),
        values("__name__", ["late", "odd", "queue_length", "requests_total", "special"]),
        values("instance", of: ["requests_total{code=\"500\"}"], ["a", "b"]),
        values("instance", of: ["nothing"], []),
        values("nolabel", []),
    ]

    static let metadatas: [ContractRow] = [
        metadata("queue_length", ["queue_length gauge Waiting. "])
            .but(.prometheus242, [], "metadata come from scrapes, and these samples are from a file")
            .but(.victoriaMetrics, [], "this version keeps no metadata"),
        metadata("requests", ["requests counter Requests \"served\". "])
            .but(.prometheus242, [], "metadata come from scrapes, and these samples are from a file")
            .but(.victoriaMetrics, [], "this version keeps no metadata"),
        metadata("nothing", []),
    ]
}
