// The `*_sd_configs` lists of a job.
// Called by ScrapeReading for each job; a kind that is not ours is an error, since its targets would be missed silently.

import MetricModel
import Yams

extension ScrapeReader {
    /// Prometheus' kinds that are not ours. Source: Prometheus docs, configuration, `<scrape_config>`.
    private static let foreignKinds = [
        "aws", "azure", "consul", "digitalocean", "docker", "dockerswarm", "ec2", "ecs", "eureka", "gce", "hetzner",
        "ionos",
        "kuma", "lightsail", "linode", "marathon", "nerve", "nomad", "openstack", "outscale", "ovhcloud",
        "puppetdb", "scaleway", "serverset", "stackit", "triton", "uyuni", "vultr",
    ]

    func discoveries(
        _ fields: inout YAMLFields, job: String, _ warnings: inout [String]
    ) throws(ConfigurationFailure) -> [DiscoveryConfiguration] {
        var found: [DiscoveryConfiguration] = []
        for node in try fields.list("file_sd_configs") { found.append(.file(try fileDiscovery(node))) }
        for node in try fields.list("http_sd_configs") { found.append(.http(try httpDiscovery(node, &warnings))) }
        for node in try fields.list("dns_sd_configs") { found.append(.dns(try dnsDiscovery(node))) }
        for node in try fields.list("kubernetes_sd_configs") {
            found.append(.kubernetes(try kubernetesDiscovery(node, &warnings)))
        }
        for field in fields.skip(Self.foreignKinds.map { $0 + "_sd_configs" }) {
            throw document.failure(
                at: field.mark, "\(field.name) of job `\(job)`: this kind of discovery is not supported by ferula",
                hint: "static, file, http, dns and kubernetes are")
        }
        return found
    }

    private func fileDiscovery(_ node: Located<Node>) throws(ConfigurationFailure) -> FileDiscoveryConfiguration {
        var fields = try YAMLFields(node.value, section: "file_sd_configs", in: document)
        let files = try fields.texts("files")
        guard !files.isEmpty else { throw document.failure(at: node.mark, "file_sd_configs: files is missing") }
        for file in files where !Self.isTargetFilePattern(file.value) {
            throw document.failure(
                at: file.mark, "files: `\(file.value)` cannot name files of targets",
                hint: "they end in .json, .yml or .yaml, and a * stands in the last part only")
        }
        var discovery = FileDiscoveryConfiguration(patterns: files.map { absolute($0.value) })
        if let interval = try refreshInterval(&fields) { discovery.refreshInterval = interval }
        try fields.finish()
        return discovery
    }

    /// Source: Prometheus discovery/file, the expression of allowed patterns.
    private static func isTargetFilePattern(_ text: String) -> Bool {
        guard [".json", ".yml", ".yaml", ".JSON", ".YML", ".YAML"].contains(where: text.hasSuffix) else { return false }
        guard let star = text.firstIndex(of: "*") else { return true }
        return !text[star...].contains("/")
    }

    private func httpDiscovery(
        _ node: Located<Node>, _ warnings: inout [String]
    ) throws(ConfigurationFailure) -> HTTPDiscoveryConfiguration {
        var fields = try YAMLFields(node.value, section: "http_sd_configs", in: document)
        guard let url = try fields.text("url"), !url.value.isEmpty else {
            throw document.failure(at: node.mark, "http_sd_configs: url is missing")
        }
        try checkURL(url, "url")
        var discovery = HTTPDiscoveryConfiguration(url: url.value)
        if let interval = try refreshInterval(&fields) { discovery.refreshInterval = interval }
        discovery.client = try client(&fields, in: "http_sd_configs", &warnings)
        try fields.finish()
        return discovery
    }

    func checkURL(_ url: Located<String>, _ name: String) throws(ConfigurationFailure) {
        let rest = url.value.drop { $0 != ":" }
        let shown = PublicText.withoutUserInformation(url.value)
        guard url.value.hasPrefix("http://") || url.value.hasPrefix("https://") else {
            throw document.failure(at: url.mark, "\(name): `\(shown)` is no URL of http or https")
        }
        guard let first = rest.dropFirst(3).first, !"/?#:".contains(first) else {
            throw document.failure(at: url.mark, "\(name): `\(shown)` has no host")
        }
    }

    private func dnsDiscovery(_ node: Located<Node>) throws(ConfigurationFailure) -> DNSDiscoveryConfiguration {
        typealias RecordType = DNSDiscoveryConfiguration.RecordType
        var fields = try YAMLFields(node.value, section: "dns_sd_configs", in: document)
        let names = try fields.texts("names").map(\.value)
        guard !names.isEmpty else { throw document.failure(at: node.mark, "dns_sd_configs: names is missing") }
        var discovery = DNSDiscoveryConfiguration(names: names)
        if let type = try fields.text("type") {
            guard let known = RecordType(rawValue: type.value.uppercased()) else {
                throw document.failure(
                    at: type.mark, "type: `\(type.value)` is no record type that names targets",
                    hint: "SRV, A, AAAA, MX or NS")
            }
            discovery.type = known
        }
        let port = fields.names.first { $0.name == "port" }
        discovery.port = try fields.count("port") ?? 0
        guard discovery.port <= 65_535 else {
            throw document.failure(at: port?.value.place, "port: \(discovery.port) is no port")
        }
        if discovery.type != .srv, discovery.port == 0 {
            throw document.failure(
                at: node.mark, "dns_sd_configs: port is missing; records of type \(discovery.type.rawValue) have none")
        }
        if let interval = try refreshInterval(&fields) { discovery.refreshInterval = interval }
        try fields.finish()
        return discovery
    }

    private func refreshInterval(_ fields: inout YAMLFields) throws(ConfigurationFailure) -> Milliseconds? {
        guard let interval = try fields.duration("refresh_interval") else { return nil }
        return try positive(interval, "refresh_interval", document)
    }
}

// MARK: Files of targets

extension TargetGroup {
    /// Reads the YAML form of a file that `file_sd_configs` names: a list of groups. An empty file has none.
    package static func list(parsing text: String, file: String) throws(ConfigurationFailure) -> [TargetGroup] {
        let document = YAMLDocument(file: file)
        guard let root = try document.root(of: text) else { return [] }
        if case .scalar(let scalar) = root, scalar.string.isEmpty || scalar.string == "null" { return [] }
        guard case .sequence(let nodes) = root else {
            throw document.failure(at: root.place, "a list of target groups is wanted")
        }
        var groups: [TargetGroup] = []
        for node in nodes {
            var fields = try YAMLFields(node, section: "target group", in: document)
            let addresses = try fields.texts("targets").map(\.value)
            var labels = LabelSet.empty
            if let section = try fields.mapping("labels") { labels = try labelSet(of: section) }
            try fields.finish()
            groups.append(TargetGroup(addresses: addresses, labels: labels))
        }
        return groups
    }
}
