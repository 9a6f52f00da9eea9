// Alert lists: which series are asked, what becomes of them, and what is said when there is no alert.
// Planned by QueryPlanning, called by PanelDataBuilder; AlertListPainter draws the rows.

import MetricModel
import Querying

/// Alerts that are firing or pending, as Prometheus' series of them say.
public struct AlertListOptions: Hashable, Sendable {
    public enum Order: Hashable, Sendable { case nameAscending, nameDescending, importance, oldestFirst, newestFirst }
    public var showsFiring = true
    public var showsPending = true
    /// Rows at most.
    public var limit = 20
    public var order: Order = .nameAscending
    /// Matchers as in a selector, with or without braces; may hold variables.
    public var labelFilter = ""
    /// Part of a rule's name, in any case; may hold variables.
    public var nameFilter = ""
    public init() {}
}

public struct ListedAlert: Hashable, Sendable {
    public enum State: Hashable, Sendable { case firing, pending }
    public var name: String
    public var state: State
    /// Without its name and state.
    public var labels: LabelSet
    /// When its condition began to hold; nil where that is not known.
    public var since: Timestamp?
    public init(name: String, state: State, labels: LabelSet = .empty, since: Timestamp? = nil) {
        self.name = name
        self.state = state
        self.labels = labels
        self.since = since
    }
}

/// The alerts of one moment.
public struct AlertListing: Hashable, Sendable {
    /// In the panel's order, no more than its limit.
    public var alerts: [ListedAlert]
    public var firingCount: Int
    public var pendingCount: Int
    public init(_ alerts: [ListedAlert], limit: Int = .max) {
        self.alerts = Array(alerts.prefix(max(0, limit)))
        firingCount = alerts.count { $0.state == .firing }
        pendingCount = alerts.count - firingCount
    }
}

extension AlertListOptions {
    /// Names of the two questions.
    package static let alertsID = "ALERTS"
    static let sinceID = "ALERTS_FOR_STATE"

    private static let nameLabel = "alertname"
    private static let stateLabel = "alertstate"

    /// Both at one moment: which alerts there are, and since when.
    func queries(_ variables: VariableContext, at time: Timestamp, step: Milliseconds) -> [PlannedQuery] {
        var matchers: [String] = []
        let name = variables.interpolate(nameFilter).trimmingSpaces
        if !name.isEmpty {
            let pattern = "(?i:.*" + VariableFormat.regexEscaped(name) + ".*)"
            matchers.append(Self.nameLabel + "=~" + pattern.quotedForPrometheus)
        }
        var filter = variables.interpolate(labelFilter, .query).trimmingSpaces
        if filter.hasPrefix("{"), filter.hasSuffix("}") {
            filter = String(filter.dropFirst().dropLast()).trimmingSpaces
        }
        if !filter.isEmpty { matchers.append(filter) }
        let states = (showsFiring ? ["firing"] : []) + (showsPending ? ["pending"] : [])
        guard !states.isEmpty else { return [] }
        let state = states.count == 1 ? "=\"" + states[0] + "\"" : "=~\"" + states.joined(separator: "|") + "\""
        func query(_ metric: String, _ matchers: [String]) -> PlannedQuery {
            let selector = matchers.isEmpty ? metric : metric + "{" + matchers.joined(separator: ",") + "}"
            return PlannedQuery(
                refID: metric, request: .instant(InstantRequest(query: selector, time: time)), step: step)
        }
        return [query(Self.alertsID, [Self.stateLabel + state] + matchers), query(Self.sinceID, matchers)]
    }

    func listing(_ results: [String: Result<QueryResult, QueryFailure>]) -> AlertListing {
        var begins: [LabelSet: Timestamp] = [:]
        for (labels, value) in Self.elements(results[Self.sinceID]) where value.isFinite && value.magnitude < 1e12 {
            begins[Self.plain(labels)] = Timestamp(seconds: value)
        }
        var alerts: [ListedAlert] = []
        for (labels, _) in Self.elements(results[Self.alertsID]) {
            let state: ListedAlert.State = labels[Self.stateLabel] == "pending" ? .pending : .firing
            let plain = Self.plain(labels)
            alerts.append(
                ListedAlert(
                    name: labels[Self.nameLabel] ?? "", state: state,
                    labels: plain.without([Self.nameLabel]), since: begins[plain]))
        }
        alerts.sort { isBefore($0, $1) }
        return AlertListing(alerts, limit: limit)
    }

    private static func elements(_ result: Result<QueryResult, QueryFailure>?) -> [(LabelSet, Double)] {
        guard case .success(let found)? = result, case .vector(let elements) = found.value else { return [] }
        return elements.compactMap { element in
            if case .float(let value) = element.value { (element.labels, value) } else { nil }
        }
    }

    private static func plain(_ labels: LabelSet) -> LabelSet {
        labels.without([LabelSet.metricNameLabel, stateLabel])
    }

    /// Those alike by the order stand by name, then labels.
    private func isBefore(_ left: ListedAlert, _ right: ListedAlert) -> Bool {
        switch order {
        case .nameAscending: break
        case .nameDescending where left.name != right.name: return right.name.isBefore(left.name)
        case .nameDescending: break
        case .importance: if left.state != right.state { return left.state == .firing }
        case .oldestFirst, .newestFirst:
            // Unknown beginnings come last.
            guard left.since != right.since else { break }
            guard let first = left.since, let second = right.since else { return left.since != nil }
            return order == .oldestFirst ? first < second : second < first
        }
        if left.name != right.name { return left.name.isBefore(right.name) }
        return left.labels < right.labels
    }

    /// Said in the place of alerts.
    ///
    /// - `rules`: alerting rules that are loaded; nil where that is not known.
    package func emptyWords(rules: Int?) -> String {
        if rules == 0 { return "no alerting rules loaded" }
        if !showsFiring, !showsPending { return "the panel shows neither firing nor pending alerts" }
        var words = showsFiring ? "no alert is firing" : "no alert is pending"
        if !labelFilter.isEmpty || !nameFilter.isEmpty { words += " of those that the panel chooses" }
        return rules == nil ? words + "; whether there are rules is not known" : words
    }
}
