// The API's handlers of rules, alerts and where alerts are sent.
// Between APIServer's routes and the status source, which has none until rules are evaluated.

import HTTPService
import MetricModel
import Querying

extension APIServer {
    @Sendable
    func rules(_ request: Request) async throws -> Response {
        let filter = try RuleFilter(request.parameters)
        let page = try RulePage(request.parameters)
        let groups = await status.ruleGroups()
        let (shown, next) = try page.cut(groups, filter)
        return Self.success { bytes in
            var object = JSONObject(&bytes)
            object.list("groups", shown) { group, bytes in
                var object = JSONObject(&bytes)
                object.text("name", group.name)
                object.text("file", group.file)
                object.list("rules", group.rules) { Self.append($0, filter, to: &$1) }
                object.number("interval", group.interval.seconds)
                object.raw("limit", "\(group.limit)")
                object.number("evaluationTime", group.evaluationSeconds)
                object.text("lastEvaluation", APITime.text(group.lastEvaluation))
                bytes = object.finished()
            }
            if let next { object.text("groupNextToken", next) }
            bytes = object.finished()
        }
    }

    private static func append(_ rule: RuleStatus, _ filter: RuleFilter, to bytes: inout [UInt8]) {
        var object = JSONObject(&bytes)
        if let alerting = rule.alerting { object.text("state", alerting.state.rawValue) }
        object.text("name", rule.name)
        object.text("query", rule.query)
        if let alerting = rule.alerting {
            object.number("duration", alerting.holdDuration.seconds)
            object.number("keepFiringFor", alerting.keepFiringFor.seconds)
        }
        object.labels("labels", rule.labels)
        if let alerting = rule.alerting {
            object.labels("annotations", alerting.annotations)
            object.list("alerts", filter.excludesAlerts ? [] : alerting.alerts, append)
        }
        object.text("health", rule.health.rawValue)
        if !rule.lastError.isEmpty { object.text("lastError", rule.lastError) }
        object.number("evaluationTime", rule.evaluationSeconds)
        object.text("lastEvaluation", APITime.text(rule.lastEvaluation))
        object.text("type", rule.alerting == nil ? "recording" : "alerting")
        bytes = object.finished()
    }

    @Sendable
    func alerts(_ request: Request) async throws -> Response {
        let alerts = await status.alerts()
        return Self.success { bytes in
            bytes += #"{"alerts":"#.utf8
            JSONText.list(alerts, to: &bytes, Self.append)
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func append(_ alert: AlertStatus, to bytes: inout [UInt8]) {
        var object = JSONObject(&bytes)
        object.labels("labels", alert.labels)
        object.labels("annotations", alert.annotations)
        object.text("state", alert.state.rawValue)
        if let activeAt = alert.activeAt { object.text("activeAt", APITime.text(activeAt)) }
        if let since = alert.keepFiringSince { object.text("keepFiringSince", APITime.text(since)) }
        object.text("value", GoFloat.exponential(alert.value))
        bytes = object.finished()
    }

    @Sendable
    func alertmanagers(_ request: Request) async throws -> Response {
        let known = await status.alertmanagers()
        return Self.success { bytes in
            var object = JSONObject(&bytes)
            object.list("activeAlertmanagers", known.activeURLs) { Self.object([("url", $0)], to: &$1) }
            object.list("droppedAlertmanagers", known.droppedURLs) { Self.object([("url", $0)], to: &$1) }
            bytes = object.finished()
        }
    }
}

/// Which rules a request asks for.
private struct RuleFilter {
    private let names: Set<String>
    private let groups: Set<String>
    private let files: Set<String>
    private let matcherSets: [[Matcher]]
    private let wantsAlerting: Bool
    private let wantsRecording: Bool
    let excludesAlerts: Bool

    init(_ parameters: Parameters) throws(APIError) {
        names = Set(parameters.all("rule_name[]"))
        groups = Set(parameters.all("rule_group[]"))
        files = Set(parameters.all("file[]"))
        matcherSets = try APIServer.matcherSets(parameters.all("match[]"))
        let type = (parameters["type"] ?? "").lowercased()
        guard ["", "alert", "record"].contains(type) else {
            throw .parameter("type", "not supported value \(type.quotedForPrometheus)")
        }
        wantsAlerting = type != "record"
        wantsRecording = type != "alert"
        switch (parameters["exclude_alerts"] ?? "").lowercased() {
        case "", "0", "f", "false": excludesAlerts = false
        case "1", "t", "true": excludesAlerts = true
        case let other:
            throw .parameter(
                "exclude_alerts", "error converting exclude_alerts: \(other.quotedForPrometheus) is no truth value")
        }
    }

    /// Nil when nothing of the group is asked for.
    func apply(_ group: RuleGroupStatus) -> RuleGroupStatus? {
        guard groups.isEmpty || groups.contains(group.name), files.isEmpty || files.contains(group.file) else {
            return nil
        }
        var kept = group
        kept.rules = group.rules.filter { rule in
            (rule.alerting == nil ? wantsRecording : wantsAlerting)
                && (names.isEmpty || names.contains(rule.name))
                && (matcherSets.isEmpty
                    || matcherSets.contains { set in set.allSatisfy { $0.matches(rule.labels) } })
        }
        return kept.rules.isEmpty ? nil : kept
    }
}

/// A part of the groups: how many, and with which the part begins.
private struct RulePage {
    /// Nil: all.
    private let groupsMax: Int?
    private let token: String?

    init(_ parameters: Parameters) throws(APIError) {
        let token = parameters["group_next_token"] ?? ""
        let limit = parameters["group_limit"] ?? ""
        guard token.isEmpty || !limit.isEmpty else {
            throw .parameter(
                "group_next_token", "group_limit needs to be present in order to paginate over the groups")
        }
        self.token = token.isEmpty ? nil : token
        if limit.isEmpty {
            groupsMax = nil
            return
        }
        guard let number = Int32(limit) else {
            throw .parameter(
                "group_limit",
                "group_limit needs to be a valid number: \(limit.quotedForPrometheus) is not a whole number")
        }
        guard number > 0 else { throw .parameter("group_limit", "group_limit needs to be greater than 0") }
        groupsMax = Int(number)
    }

    /// Names the first group of the next part; opaque to the client.
    private static func token(of group: RuleGroupStatus) -> String {
        "\(group.file);\(group.name)".utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    func cut(
        _ groups: [RuleGroupStatus], _ filter: RuleFilter
    ) throws(APIError) -> (groups: [RuleGroupStatus], next: String?) {
        var shown: [RuleGroupStatus] = []
        var isBegun = token == nil
        for group in groups {
            if !isBegun {
                guard Self.token(of: group) == token else { continue }
                isBegun = true
            }
            guard let kept = filter.apply(group) else { continue }
            if let groupsMax, shown.count == groupsMax { return (shown, Self.token(of: group)) }
            shown.append(kept)
        }
        if !isBegun, let token {
            throw .parameter(
                "group_next_token", "invalid group_next_token '\(token)'. were rule groups changed?")
        }
        return (shown, nil)
    }
}
