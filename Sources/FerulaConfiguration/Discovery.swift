// Where targets come from when they are not written into the file: files, an HTTP server, DNS.
// Read by DiscoveryReading, run by Scraping.

import MetricModel

/// One entry of a `*_sd_configs` list. Two equal ones are one source, whatever jobs they stand in.
package enum DiscoveryConfiguration: Hashable, Sendable {
    case file(FileDiscoveryConfiguration)
    case http(HTTPDiscoveryConfiguration)
    case dns(DNSDiscoveryConfiguration)

    /// The mechanism by Prometheus' name.
    package var mechanism: String {
        switch self {
        case .file: "file"
        case .http: "http"
        case .dns: "dns"
        }
    }
}

package struct FileDiscoveryConfiguration: Hashable, Sendable {
    /// Absolute, or relative to the working folder; `*`, `?` and `[...]` in the last part.
    package var patterns: [String]
    package var refreshInterval = Milliseconds.minutes(5)

    package init(patterns: [String]) { self.patterns = patterns }
}

package struct HTTPDiscoveryConfiguration: Hashable, Sendable {
    package var url: String
    package var refreshInterval = Milliseconds.minutes(1)
    package var client = HTTPClientConfiguration()

    package init(url: String) { self.url = url }
}

package struct DNSDiscoveryConfiguration: Hashable, Sendable {
    package enum RecordType: String, Hashable, Sendable, CaseIterable {
        case a = "A", aaaa = "AAAA", srv = "SRV", mx = "MX", ns = "NS"
    }
    package var names: [String]
    package var type = RecordType.srv
    /// Used with every type but SRV, whose records have ports of their own.
    package var port = 0
    package var refreshInterval = Milliseconds.seconds(30)

    package init(names: [String]) { self.names = names }
}
