// kubernetes_sd_configs, and the kubeconfig files that they may name.
// Called by DiscoveryReading; Scraping reads a kubeconfig again whenever it connects.

import MetricModel
import Yams

extension ScrapeReader {
    typealias Role = KubernetesDiscoveryConfiguration.Role

    /// Source: Prometheus discovery/kubernetes, SDConfig.
    private static let selectableRoles: [Role: [Role]] = [
        .pod: [.pod, .node], .service: [.service], .endpointslice: [.pod, .service, .endpointslice],
        .endpoints: [.pod, .service, .endpoints], .node: [.node], .ingress: [.ingress],
    ]

    func kubernetesDiscovery(
        _ node: Located<Node>, _ warnings: inout [String]
    ) throws(ConfigurationFailure) -> KubernetesDiscoveryConfiguration {
        var fields = try YAMLFields(node.value, section: "kubernetes_sd_configs", in: document)
        guard let roleText = try fields.text("role"), !roleText.value.isEmpty else {
            throw document.failure(
                at: node.mark, "kubernetes_sd_configs: role is missing",
                hint: "node, service, pod, endpoints, endpointslice or ingress")
        }
        var discovery = KubernetesDiscoveryConfiguration(role: try role(roleText, "role"))
        let server = try fields.text("api_server")
        let kubeconfig = try fields.text("kubeconfig_file")
        if let server {
            try checkURL(server, "api_server")
            discovery.server = server.value
        }
        discovery.kubeconfigFile = kubeconfig.map { absolute($0.value) }
        if server != nil, let kubeconfig {
            throw document.failure(at: kubeconfig.mark, "kubeconfig_file and api_server exclude each other")
        }
        discovery.client = try client(&fields, in: "kubernetes_sd_configs", &warnings)
        if server == nil, discovery.client != HTTPClientConfiguration() {
            throw document.failure(
                at: node.mark,
                kubeconfig == nil
                    ? "kubernetes_sd_configs: options of the HTTP client need api_server"
                    : "kubernetes_sd_configs: kubeconfig_file and options of the HTTP client exclude each other")
        }
        if var section = try fields.mapping("namespaces") {
            discovery.namespaces = try section.texts("names").map(\.value)
            discovery.includesOwnNamespace = try section.flag("own_namespace") ?? false
            if discovery.includesOwnNamespace, server != nil || kubeconfig != nil {
                throw document.failure(
                    at: section.mark,
                    "namespaces: own_namespace and \(server == nil ? "kubeconfig_file" : "api_server") exclude each other"
                )
            }
            try section.finish()
        }
        for selector in try fields.list("selectors") { try readSelector(selector, into: &discovery) }
        if var section = try fields.mapping("attach_metadata") {
            discovery.attaches.node = try section.flag("node") ?? false
            discovery.attaches.namespace = try section.flag("namespace") ?? false
            discovery.attaches.deployment = try section.flag("deployment") ?? false
            discovery.attaches.job = try section.flag("job") ?? false
            discovery.attaches.cronJob = try section.flag("cronjob") ?? false
            try section.finish()
        }
        try fields.finish()
        return discovery
    }

    private func role(_ text: Located<String>, _ name: String) throws(ConfigurationFailure) -> Role {
        if let role = Role(rawValue: text.value) { return role }
        let near = nearestName(to: text.value, among: Role.allCases.map(\.rawValue))
        throw document.failure(
            at: text.mark, "\(name): `\(text.value)` is no role of Kubernetes discovery",
            hint: near.map { "did you mean `\($0)`?" } ?? "node, service, pod, endpoints, endpointslice or ingress")
    }

    private func readSelector(
        _ node: Located<Node>, into discovery: inout KubernetesDiscoveryConfiguration
    ) throws(ConfigurationFailure) {
        var fields = try YAMLFields(node.value, section: "selectors", in: document)
        guard let text = try fields.text("role") else {
            throw document.failure(at: node.mark, "selectors: role is missing")
        }
        let role = try role(text, "selectors")
        let allowed = Self.selectableRoles[discovery.role] ?? []
        guard allowed.contains(role) else {
            throw document.failure(
                at: text.mark,
                "selectors: \(role.rawValue) is none of role \(discovery.role.rawValue), which has "
                    + allowed.map(\.rawValue).joined(separator: ", "))
        }
        guard discovery.selectors[role] == nil else {
            throw document.failure(at: text.mark, "selectors: \(role.rawValue) has one already")
        }
        discovery.selectors[role] = KubernetesDiscoveryConfiguration.Selector(
            label: try fields.text("label")?.value ?? "", field: try fields.text("field")?.value ?? "")
        try fields.finish()
    }
}

/// How to reach an API server, from the current context of a kubeconfig file.
package struct Kubeconfig: Hashable, Sendable {
    package var server = ""
    package var authorityFile: String?
    /// PEM, as the next two.
    package var authorityText: String?
    package var certificateText: String?
    package var keyText: String?
    package var certificateFile: String?
    package var keyFile: String?
    package var skipsVerification = false
    /// The name that the server's certificate must have; nil: its host.
    package var serverName: String?
    package var proxy: ProxyFields?
    package var authentication: AuthenticationFields?

    /// Reads a file; relative paths in it are taken from its folder.
    package init(file path: String) throws(ConfigurationFailure) {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
        try self.init(parsing: Configuration.text(of: path), file: path, directory: folder)
    }

    package init(parsing text: String, file: String, directory: String = "") throws(ConfigurationFailure) {
        let document = YAMLDocument(file: file)
        guard let root = try document.root(of: text) else {
            throw document.failure(at: nil, "no kubeconfig: it is empty")
        }
        var fields = try YAMLFields(root, section: "the kubeconfig", in: document)
        guard let current = try fields.text("current-context"), !current.value.isEmpty else {
            throw document.failure(at: nil, "current-context is missing")
        }
        let reader = KubeconfigReader(document: document, directory: directory)
        var context = try reader.entry(&fields, "contexts", "context", current.value)
        guard let cluster = try context.text("cluster") else {
            throw document.failure(at: context.mark, "context `\(current.value)`: cluster is missing")
        }
        var clusterFields = try reader.entry(&fields, "clusters", "cluster", cluster.value)
        guard let url = try clusterFields.text("server"), !url.value.isEmpty else {
            throw document.failure(at: clusterFields.mark, "cluster `\(cluster.value)`: server is missing")
        }
        let scrapes = ScrapeReader(document: document, directory: directory, global: GlobalConfiguration())
        try scrapes.checkURL(url, "server")
        try reader.checkHost(url, "server")
        server = url.value
        authorityText = try reader.decoded(&clusterFields, "certificate-authority-data")
        authorityFile = authorityText == nil ? try reader.path(&clusterFields, "certificate-authority") : nil
        skipsVerification = try clusterFields.flag("insecure-skip-tls-verify") ?? false
        serverName = try clusterFields.text("tls-server-name").flatMap { $0.value.isEmpty ? nil : $0.value }
        if let url = try clusterFields.text("proxy-url"), !url.value.isEmpty {
            try scrapes.checkProxy(url, "proxy-url")
            proxy = ProxyFields(url: url.value)
        }
        guard let user = try context.text("user"), !user.value.isEmpty else { return }
        var userFields = try reader.entry(&fields, "users", "user", user.value)
        try readUser(&userFields, user.value, reader)
    }

    private mutating func readUser(
        _ fields: inout YAMLFields, _ name: String, _ reader: KubeconfigReader
    ) throws(ConfigurationFailure) {
        for kind in ["exec", "auth-provider"] {
            guard let found = fields.take(kind) else { continue }
            throw reader.document.failure(
                at: found.mark, "user `\(name)`: \(kind) is not supported, no program is started for credentials",
                hint: "use a token, tokenFile or a client certificate")
        }
        certificateText = try reader.decoded(&fields, "client-certificate-data")
        certificateFile = certificateText == nil ? try reader.path(&fields, "client-certificate") : nil
        keyText = try reader.decoded(&fields, "client-key-data")
        keyFile = keyText == nil ? try reader.path(&fields, "client-key") : nil
        if let file = try reader.path(&fields, "tokenFile") {
            authentication = AuthenticationFields(secret: .file(file))
        } else if let token = try fields.text("token")?.value, !token.isEmpty {
            authentication = AuthenticationFields(secret: .value(token))
        } else if let user = try fields.text("username")?.value, !user.isEmpty {
            let password = try fields.text("password")?.value ?? ""
            authentication = AuthenticationFields(userName: .value(user), secret: .value(password))
        }
    }
}

/// A kubeconfig has fields of many programs: those that are not ours are passed over.
private struct KubeconfigReader {
    let document: YAMLDocument
    let directory: String

    /// `contexts: [{name: x, context: {...}}]`: the inner mapping of the entry with that name.
    func entry(
        _ fields: inout YAMLFields, _ list: String, _ inner: String, _ name: String
    ) throws(ConfigurationFailure) -> YAMLFields {
        for item in try fields.list(list) {
            var entry = try YAMLFields(item.value, section: list, in: document)
            guard try entry.text("name")?.value == name else { continue }
            guard let found = try entry.mapping(inner) else {
                throw document.failure(at: item.mark, "\(list): `\(name)` has no \(inner)")
            }
            return found
        }
        throw document.failure(at: nil, "\(list): there is no `\(name)`")
    }

    /// A request would be refused for the same, without the place.
    func checkHost(_ url: Located<String>, _ name: String) throws(ConfigurationFailure) {
        let rest = url.value.drop { $0 != ":" }.dropFirst(3).prefix { !"/?#".contains($0) }
        do throws(HostAndPort.Refusal) {
            _ = try HostAndPort(rest.lastIndex(of: "@").map { rest[rest.index(after: $0)...] } ?? rest)
        } catch {
            throw document.failure(
                at: url.mark, "\(name): `\(PublicText.withoutUserInformation(url.value))`: \(error)")
        }
    }

    func path(_ fields: inout YAMLFields, _ name: String) throws(ConfigurationFailure) -> String? {
        guard let text = try fields.text(name)?.value, !text.isEmpty else { return nil }
        return text.hasPrefix("/") || directory.isEmpty ? text : "\(directory)/\(text)"
    }

    func decoded(_ fields: inout YAMLFields, _ name: String) throws(ConfigurationFailure) -> String? {
        guard let text = try fields.text(name), !text.value.isEmpty else { return nil }
        guard let bytes = base64Decoded(text.value), let decoded = String(validating: bytes, as: UTF8.self) else {
            throw document.failure(at: text.mark, "\(name): no base64")
        }
        return decoded
    }
}

/// Nil for what is no base64; line feeds and blanks are passed over.
private func base64Decoded(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    var isPadded = false
    for byte in text.utf8 {
        let value: UInt8
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): value = byte - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte + 4
        case UInt8(ascii: "+"): value = 62
        case UInt8(ascii: "/"): value = 63
        case UInt8(ascii: "="):
            isPadded = true
            continue
        case 0x20, 0x0a, 0x0d, 0x09: continue
        default: return nil
        }
        if isPadded { return nil }
        bits = bits << 6 | UInt32(value)
        count += 1
        if count % 4 == 0 { bytes += [UInt8(bits >> 16 & 255), UInt8(bits >> 8 & 255), UInt8(bits & 255)] }
    }
    switch count % 4 {
    case 0: return bytes
    case 2: return bytes + [UInt8(bits >> 4 & 255)]
    case 3: return bytes + [UInt8(bits >> 10 & 255), UInt8(bits >> 2 & 255)]
    default: return nil
    }
}
