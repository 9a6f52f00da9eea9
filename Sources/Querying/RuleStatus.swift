// What a running process knows of its rules and alerts, as plain data.
// Filled by whoever evaluates rules, behind StatusSource; shown by the app and by /api/v1/rules and /api/v1/alerts.

import MetricModel

public struct AlertStatus: Hashable, Sendable {
    public enum State: String, Hashable, Sendable { case inactive, pending, firing }
    public var labels: LabelSet
    public var annotations: LabelSet
    public var state: State
    /// Nil for an alert that never was pending.
    public var activeAt: Timestamp?
    /// Since when it fires without its condition; nil while the condition holds.
    public var keepFiringSince: Timestamp?
    public var value: Double

    public init(
        labels: LabelSet, annotations: LabelSet = .empty, state: State, activeAt: Timestamp? = nil,
        keepFiringSince: Timestamp? = nil, value: Double
    ) {
        self.labels = labels
        self.annotations = annotations
        self.state = state
        self.activeAt = activeAt
        self.keepFiringSince = keepFiringSince
        self.value = value
    }
}

public struct RuleStatus: Hashable, Sendable {
    public enum Health: String, Hashable, Sendable {
        case ok, unknown
        case failed = "err"
    }
    /// What an alerting rule has beyond a recording one.
    public struct Alerting: Hashable, Sendable {
        public var state: AlertStatus.State
        public var holdDuration: Milliseconds
        public var keepFiringFor: Milliseconds
        public var annotations: LabelSet
        public var alerts: [AlertStatus]

        public init(
            state: AlertStatus.State, holdDuration: Milliseconds = .zero, keepFiringFor: Milliseconds = .zero,
            annotations: LabelSet = .empty, alerts: [AlertStatus] = []
        ) {
            self.state = state
            self.holdDuration = holdDuration
            self.keepFiringFor = keepFiringFor
            self.annotations = annotations
            self.alerts = alerts
        }
    }

    public var name: String
    /// In canonical form.
    public var query: String
    /// As the file has them, templates and all.
    public var labels: LabelSet
    public var health: Health
    /// Empty: none.
    public var lastError: String
    public var evaluationSeconds: Double
    /// Nil before the first.
    public var lastEvaluation: Timestamp?
    /// Nil for a recording rule.
    public var alerting: Alerting?

    public init(
        name: String, query: String, labels: LabelSet = .empty, health: Health = .unknown, lastError: String = "",
        evaluationSeconds: Double = 0, lastEvaluation: Timestamp? = nil, alerting: Alerting? = nil
    ) {
        self.name = name
        self.query = query
        self.labels = labels
        self.health = health
        self.lastError = lastError
        self.evaluationSeconds = evaluationSeconds
        self.lastEvaluation = lastEvaluation
        self.alerting = alerting
    }

    public var alerts: [AlertStatus] { alerting?.alerts ?? [] }
}

public struct RuleGroupStatus: Hashable, Sendable {
    public var name: String
    public var file: String
    public var interval: Milliseconds
    /// Alerts or series a rule may give; 0: any number.
    public var limit: Int
    public var evaluationSeconds: Double
    public var lastEvaluation: Timestamp?
    public var rules: [RuleStatus]

    public init(
        name: String, file: String, interval: Milliseconds, limit: Int = 0, evaluationSeconds: Double = 0,
        lastEvaluation: Timestamp? = nil, rules: [RuleStatus] = []
    ) {
        self.name = name
        self.file = file
        self.interval = interval
        self.limit = limit
        self.evaluationSeconds = evaluationSeconds
        self.lastEvaluation = lastEvaluation
        self.rules = rules
    }
}
