// What a running process knows of its targets, as plain data, and the protocol by which it is asked.
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

/// A target that is not scraped.
public struct DroppedTargetStatus: Hashable, Sendable {
    public var scrapePool: String
    public var discoveredLabels: LabelSet
    /// Why it cannot be scraped; empty: relabelling left it out.
    public var reason: String
    public init(scrapePool: String, discoveredLabels: LabelSet, reason: String = "") {
        self.scrapePool = scrapePool
        self.discoveredLabels = discoveredLabels
        self.reason = reason
    }
}

/// One source of targets: a server, a set of files, names in DNS.
public struct DiscoveryStatus: Hashable, Sendable {
    /// `file discovery targets/*.json`
    public var title: String
    /// The jobs that take targets from it.
    public var scrapePools: [String]
    /// Before relabelling.
    public var targetCount: Int
    /// Empty: it answered when it was last asked. Otherwise its former targets are still scraped.
    public var lastError: String
    public init(title: String, scrapePools: [String], targetCount: Int, lastError: String = "") {
        self.title = title
        self.scrapePools = scrapePools
        self.targetCount = targetCount
        self.lastError = lastError
    }
}

/// Where alerts are sent.
public struct AlertmanagerStatus: Hashable, Sendable {
    public var activeURLs: [String]
    public var droppedURLs: [String]
    public init(activeURLs: [String] = [], droppedURLs: [String] = []) {
        self.activeURLs = activeURLs
        self.droppedURLs = droppedURLs
    }
}

public protocol StatusSource: Sendable {
    /// Sorted by pool, then URL.
    func targets() async -> [TargetStatus]
    /// In the order of the configuration.
    func droppedTargets() async -> [DroppedTargetStatus]
    /// By pool; may be more than are listed, since a pool may keep a few only.
    func droppedTargetCounts() async -> [String: Int]
    /// In the order of the configuration.
    func discoveries() async -> [DiscoveryStatus]
    /// Names of all jobs, those without a target too; sorted.
    func scrapePools() async -> [String]
    /// In the order of their files and within them.
    func ruleGroups() async -> [RuleGroupStatus]
    /// Nil where it is not known whether there are rules.
    func alertingRuleCount() async -> Int?
    func alertmanagers() async -> AlertmanagerStatus
    /// The targets as a list shows them: of a server, those that it tells of.
    func listedTargets() async throws(QueryFailure) -> [TargetStatus]
    /// What the target answers now, as it is scraped but as text. `target` is one of `targets()`.
    func page(of target: TargetStatus) async throws(QueryFailure) -> TargetPage
}

/// A target's answer, for people.
public struct TargetPage: Hashable, Sendable {
    public var contentType: String
    /// Decompressed.
    public var body: [UInt8]
    public init(contentType: String, body: [UInt8]) {
        self.contentType = contentType
        self.body = body
    }
    /// More is not read.
    public static let bodyBytesMax = 16 << 20
}

extension StatusSource {
    public func droppedTargets() async -> [DroppedTargetStatus] { [] }

    /// Of those that are listed.
    public func droppedTargetCounts() async -> [String: Int] {
        Dictionary(grouping: await droppedTargets(), by: \.scrapePool).mapValues(\.count)
    }

    public func discoveries() async -> [DiscoveryStatus] { [] }

    /// The pools that the targets name.
    public func scrapePools() async -> [String] {
        let active = await targets().map(\.scrapePool)
        let dropped = await droppedTargets().map(\.scrapePool)
        return Set(active + dropped).sorted { $0.isBefore($1) }
    }

    public func ruleGroups() async -> [RuleGroupStatus] { [] }

    /// Of the groups.
    public func alertingRuleCount() async -> Int? {
        await ruleGroups().flatMap(\.rules).count { $0.alerting != nil }
    }

    public func alertmanagers() async -> AlertmanagerStatus { AlertmanagerStatus() }

    public func listedTargets() async throws(QueryFailure) -> [TargetStatus] { await targets() }

    public func page(of target: TargetStatus) async throws(QueryFailure) -> TargetPage {
        throw QueryFailure(.notFound, "the page of \(target.url) cannot be had from here")
    }

    /// The active alerts of all rules, pending and firing.
    public func alerts() async -> [AlertStatus] { await ruleGroups().flatMap(\.rules).flatMap(\.alerts) }
}
