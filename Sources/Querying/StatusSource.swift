// What a running process knows of its targets, rules and alerts, as plain data.
// Filled by Scraping and Rules; shown by the app and by /api/v1.

import MetricModel

public struct TargetStatus: Hashable, Sendable {
    public enum Health: String, Hashable, Sendable { case up, down, unknown }
    public var scrapePool: String
    public var url: String
    public var labels: LabelSet
    public var discoveredLabels: LabelSet
    public var health: Health
    public var lastError: String
    /// Nil before the first scrape.
    public var lastScrape: Timestamp?
    public var lastScrapeDuration: Milliseconds
    public var samplesScraped: Int
    public var interval: Milliseconds
    public var timeout: Milliseconds

    public init(
        scrapePool: String, url: String, labels: LabelSet, discoveredLabels: LabelSet, health: Health = .unknown,
        lastError: String = "", lastScrape: Timestamp? = nil, lastScrapeDuration: Milliseconds = .zero,
        samplesScraped: Int = 0, interval: Milliseconds, timeout: Milliseconds
    ) {
        self.scrapePool = scrapePool
        self.url = url
        self.labels = labels
        self.discoveredLabels = discoveredLabels
        self.health = health
        self.lastError = lastError
        self.lastScrape = lastScrape
        self.lastScrapeDuration = lastScrapeDuration
        self.samplesScraped = samplesScraped
        self.interval = interval
        self.timeout = timeout
    }
}

/// A target that relabelling left out.
public struct DroppedTargetStatus: Hashable, Sendable {
    public var scrapePool: String
    public var discoveredLabels: LabelSet
    public init(scrapePool: String, discoveredLabels: LabelSet) {
        self.scrapePool = scrapePool
        self.discoveredLabels = discoveredLabels
    }
}

public protocol StatusSource: Sendable {
    /// Sorted by pool, then URL.
    func targets() async -> [TargetStatus]
    /// In the order of the configuration.
    func droppedTargets() async -> [DroppedTargetStatus]
}

extension StatusSource {
    public func droppedTargets() async -> [DroppedTargetStatus] { [] }
}
