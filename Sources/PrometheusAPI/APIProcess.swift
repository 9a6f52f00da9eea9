// What the API tells of the process around it, beyond queries and targets: a value of plain facts and questions.
// Filled by FerulaServer; what is left out is answered as Prometheus answers where a feature is off.

import HTTPService
import LinearRegex
import MetricModel

/// How many series share something; `count` is largest first.
package struct HeadStatus: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        package var name: String
        package var count: Int
        package init(name: String, count: Int) {
            self.name = name
            self.count = count
        }
    }
    package var seriesCount = 0
    package var labelPairCount = 0
    package var chunkCount = 0
    /// Nil for an empty store.
    package var timeRange: ClosedRange<Timestamp>?
    package var seriesCountByMetricName: [Entry] = []
    package var labelValueCountByLabelName: [Entry] = []
    package var memoryInBytesByLabelName: [Entry] = []
    /// Named `name=value`.
    package var seriesCountByLabelValuePair: [Entry] = []

    package init() {}
}

/// Source: Prometheus web, RuntimeInfo. What belongs to Go's runtime is left empty.
package struct RuntimeStatus: Hashable, Sendable {
    package var startTime = Timestamp(milliseconds: 0)
    package var workingFolder = ""
    package var hostName = ""
    package var isConfigurationRead = true
    package var configurationTime = Timestamp(milliseconds: 0)
    package var processorCount = 0
    /// `24h or 1GiB`.
    package var storageRetention = ""

    package init() {}
}

/// Which web pages of other origins may read answers.
package enum AllowedOrigins: Sendable {
    case all
    case matching(LinearRegex)

    /// A pattern that must match the whole origin. Throws for a malformed one.
    package init(pattern: String) throws(RegexError) {
        self = pattern == ".*" ? .all : .matching(try LinearRegex(anchored: pattern))
    }

    /// The value of `Access-Control-Allow-Origin`, nil when the origin is refused.
    func header(for origin: String) -> String? {
        switch self {
        case .all: "*"
        case .matching(let pattern): pattern.matches(origin) ? origin : nil
        }
    }

    /// Whether its pages may change something: only an origin that somebody has named. All may read by default.
    func mayChange(_ origin: String) -> Bool {
        switch self {
        case .all: false
        case .matching(let pattern):
            // A pattern that takes anybody in has named nobody.
            pattern.matches(origin) && !Self.strangers.contains(where: pattern.matches)
        }
    }

    private static let strangers = ["https://stranger.invalid", "http://stranger.invalid"]
}

package struct APIProcess: Sendable {
    package var version = "0.0.0"
    /// The evaluation time of queries that give none.
    package var now: @Sendable () -> Timestamp
    package var isReady: @Sendable () -> Bool = { true }
    /// The page of `/metrics`, text format 0.0.4.
    package var selfMetrics: @Sendable () async -> [UInt8] = { [] }
    package var allowedOrigins = AllowedOrigins.all

    /// Raw samples for `/federate`; nil: 404.
    package var source: (any SeriesSource)?
    /// What one `/federate` may read, from now on.
    package var limits: @Sendable () -> SelectionLimits = { SelectionLimits() }
    /// How far `/federate` looks back.
    package var lookback = Milliseconds.minutes(5)
    /// Added to what `/federate` gives.
    package var externalLabels: @Sendable () -> LabelSet = { .empty }
    /// Exemplars in the closed range of series that satisfy one of the matcher sets.
    package var exemplars: @Sendable ([[Matcher]], Timestamp, Timestamp) async -> [SeriesExemplars] = { _, _, _ in [] }

    /// The `limit` largest of each kind; nil: 404.
    package var head: (@Sendable (_ limit: Int) async -> HeadStatus)?
    /// YAML without secrets.
    package var configurationText: @Sendable () -> String = { "" }
    /// As they were given or are by default, without dashes.
    package var flags: [String: String] = [:]
    package var runtime: @Sendable () -> RuntimeStatus = { RuntimeStatus() }

    /// What POST to `/api/v1/write` does; nil: 404.
    package var writes: WriteReceiver?

    package struct WriteReceiver: Sendable {
        /// Asked before the body is read.
        package var refusal: @Sendable (Request) -> Response?
        package var answer: @Sendable (Request) async throws -> Response
        package init(
            refusal: @escaping @Sendable (Request) -> Response? = { _ in nil },
            answer: @escaping @Sendable (Request) async throws -> Response
        ) {
            self.refusal = refusal
            self.answer = answer
        }
    }

    /// What POST to `/-/reload` and `/-/quit` do; nil: they are refused.
    package var lifecycle: Lifecycle?

    package struct Lifecycle: Sendable {
        /// Nil when the configuration was read again, else why not.
        package var reload: @Sendable () async -> String?
        package var quit: @Sendable () async -> Void
        package init(reload: @escaping @Sendable () async -> String?, quit: @escaping @Sendable () async -> Void) {
            self.reload = reload
            self.quit = quit
        }
    }

    package init(now: @escaping @Sendable () -> Timestamp) { self.now = now }
}
