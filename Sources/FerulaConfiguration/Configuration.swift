// prometheus.yml as values: what to scrape, how often, with which labels.
// Read here, run by Scraping; the position of every mistake is kept until it is reported.

import Exposition
import MetricModel
import Relabeling

package struct Configuration: Hashable, Sendable {
    package var global = GlobalConfiguration()
    package var scrapes: [ScrapeConfiguration] = []
    /// Parts of the file that belong to Prometheus but are not used here, one line each.
    package var warnings: [String] = []
    /// The file as YAML, with `<secret>` in place of each secret.
    package var publicText = ""
    /// The files it was read from, with their state just before.
    package var sources: [ConfigurationSource] = []
    /// Of `scrape_config_files`, absolute or relative to the working folder: a file that comes to match is one more source.
    package var sourcePatterns: [String] = []

    package init() {}
}

package struct ConfigurationSource: Hashable, Sendable {
    package var path: String
    /// Nil: there was no such file.
    package var stamp: FileStamp?

    package init(_ path: String) {
        self.path = path
        stamp = FileStamp(path)
    }
}

package struct GlobalConfiguration: Hashable, Sendable {
    package var scrapeInterval = Milliseconds.minutes(1)
    package var scrapeTimeout = Milliseconds.seconds(10)
    package var evaluationInterval = Milliseconds.minutes(1)
    package var externalLabels = LabelSet.empty
    package var limits = ScrapeLimits()
    package var protocols = ProtocolFields()
    package var reportsExtraMetrics = false

    package init() {}
}

/// Zero: no limit, as in the file.
package struct ScrapeLimits: Hashable, Sendable {
    package var samples = 0
    package var targets = 0
    /// How many targets that relabelling left out are kept to be shown, of each job.
    package var droppedTargets = 0
    package var labels = 0
    package var labelNameLength = 0
    package var labelValueLength = 0
    /// Of the body after decompression.
    package var bodyBytes = 0

    package init() {}
}

package struct ScrapeConfiguration: Hashable, Sendable {
    package var jobName: String
    package var interval: Milliseconds
    package var timeout: Milliseconds
    package var metricsPath = "/metrics"
    package var scheme = "http"
    /// In the order of the file; a name may have several values.
    package var parameters: [(name: String, values: [String])] = []
    package var honorsLabels = false
    package var honorsTimestamps = true
    /// Series with timestamps of their own get staleness markers, too.
    package var tracksTimestampsStaleness = false
    /// A scrape writes three more series about itself: its timeout, its limit of samples, the size of the body.
    package var reportsExtraMetrics = false
    package var acceptsGzip = true
    package var followsRedirects = true
    package var groups: [TargetGroup] = []
    package var discoveries: [DiscoveryConfiguration] = []
    package var relabeling: [RelabelRule] = []
    package var metricRelabeling: [RelabelRule] = []
    package var limits = ScrapeLimits()
    package var authentication: AuthenticationFields?
    package var tls: TLSFields?
    package var headers: [HeaderFields] = []
    /// Nil: targets are asked directly.
    package var proxy: ProxyFields?
    /// Read when a target does not say in a usable way what it sends; nil: such a scrape fails.
    package var fallbackProtocol: ScrapeProtocol?
    package var protocols = ProtocolFields()

    package init(jobName: String, interval: Milliseconds, timeout: Milliseconds) {
        self.jobName = jobName
        self.interval = interval
        self.timeout = timeout
    }

    package static func == (left: ScrapeConfiguration, right: ScrapeConfiguration) -> Bool {
        left.jobName == right.jobName && left.interval == right.interval && left.timeout == right.timeout
            && left.metricsPath == right.metricsPath && left.scheme == right.scheme
            && left.parameters.elementsEqual(right.parameters) { $0 == $1 }
            && left.honorsLabels == right.honorsLabels && left.honorsTimestamps == right.honorsTimestamps
            && left.tracksTimestampsStaleness == right.tracksTimestampsStaleness
            && left.reportsExtraMetrics == right.reportsExtraMetrics
            && left.acceptsGzip == right.acceptsGzip && left.followsRedirects == right.followsRedirects
            && left.groups == right.groups && left.discoveries == right.discoveries
            && left.relabeling == right.relabeling
            && left.metricRelabeling == right.metricRelabeling && left.limits == right.limits
            && left.authentication == right.authentication && left.tls == right.tls
            && left.headers == right.headers && left.proxy == right.proxy
            && left.fallbackProtocol == right.fallbackProtocol && left.protocols == right.protocols
    }
    package func hash(into hasher: inout Hasher) { hasher.combine(jobName) }
}

package struct TargetGroup: Hashable, Sendable {
    package var addresses: [String]
    package var labels: LabelSet
    package init(addresses: [String], labels: LabelSet = .empty) {
        self.addresses = addresses
        self.labels = labels
    }
}

/// A secret stands in the file or in a file of its own, read at each use.
package struct AuthenticationFields: Hashable, Sendable, CustomStringConvertible {
    package enum Secret: Hashable, Sendable {
        case value(String)
        case file(String)
    }
    /// Nil: not basic.
    package var userName: Secret?
    /// `Bearer` unless said otherwise; unused with a user name.
    package var type = "Bearer"
    package var secret: Secret

    package init(userName: Secret? = nil, type: String = "Bearer", secret: Secret) {
        self.userName = userName
        self.type = type
        self.secret = secret
    }
    package var description: String { userName == nil ? "\(type) <secret>" : "basic <secret>" }
}

package struct TLSFields: Hashable, Sendable {
    package var authorityFile: String?
    package var certificateFile: String?
    package var keyFile: String?
    package var skipsVerification = false
    /// PEM within the configuration, in place of the files.
    package var authorityText: String?
    package var certificateText: String?
    package var keyText: String?
    package var minVersion: WebConfiguration.TLSVersion?
    package var maxVersion: WebConfiguration.TLSVersion?
    /// The name the certificate must have; nil: the host of the address.
    package var serverName: String?
    package init() {}
}

/// Why a file is refused: where, what was found, what was wanted.
package struct ConfigurationFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package var file: String
    /// From 1; 0 when the failure has no place in the file.
    package var line: Int
    /// From 1, in characters.
    package var column: Int
    package var message: String
    package var hint: String?

    package init(file: String, line: Int = 0, column: Int = 0, _ message: String, hint: String? = nil) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
        self.hint = hint
    }
    package var description: String {
        let place = line > 0 ? "\(file):\(line):\(column)" : file
        return "\(place): \(message)" + (hint.map { "; \($0)" } ?? "")
    }
}
