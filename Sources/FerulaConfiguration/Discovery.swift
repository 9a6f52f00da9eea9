// Where targets come from when they are not written into the file: files, an HTTP server, DNS, Kubernetes.
// Read by DiscoveryReading, run by Scraping.

import MetricModel

/// One entry of a `*_sd_configs` list. Two equal ones are one source, whatever jobs they stand in.
package enum DiscoveryConfiguration: Hashable, Sendable {
    case file(FileDiscoveryConfiguration)
    case http(HTTPDiscoveryConfiguration)
    case dns(DNSDiscoveryConfiguration)
    case kubernetes(KubernetesDiscoveryConfiguration)

    /// The mechanism by Prometheus' name.
    package var mechanism: String {
        switch self {
        case .file: "file"
        case .http: "http"
        case .dns: "dns"
        case .kubernetes: "kubernetes"
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

package struct KubernetesDiscoveryConfiguration: Hashable, Sendable {
    package enum Role: String, Hashable, Sendable, CaseIterable {
        case node, service, pod, endpoints, endpointslice, ingress
    }
    package struct Selector: Hashable, Sendable {
        package var label: String
        package var field: String

        package init(label: String = "", field: String = "") {
            self.label = label
            self.field = field
        }
    }
    /// What else is looked up and added to the targets' labels.
    package struct Attachments: Hashable, Sendable {
        package var node = false
        package var namespace = false
        package var deployment = false
        package var job = false
        package var cronJob = false
    }

    package var role: Role
    /// Nil: a kubeconfig file, or the cluster this runs in.
    package var server: String?
    package var kubeconfigFile: String?
    /// With `server` only.
    package var client = HTTPClientConfiguration()
    /// Empty: all, unless the own one is wanted.
    package var namespaces: [String] = []
    package var includesOwnNamespace = false
    package var selectors: [Role: Selector] = [:]
    package var attaches = Attachments()

    package init(role: Role) { self.role = role }
}
