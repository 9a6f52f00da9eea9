// How a client reaches its server beyond the address: a proxy, and headers of the user's own.
// Called by ScrapeReading and HTTPClientReading, whose sections have the same fields.

import MetricModel
import Yams

/// A header whose value stands in the file or in a file of its own, read at each use.
package struct HeaderFields: Hashable, Sendable {
    package var name: String
    package var value: AuthenticationFields.Secret

    package init(name: String, value: AuthenticationFields.Secret) {
        self.name = name
        self.value = value
    }
}

/// Which proxy is used for which hosts.
package struct ProxyFields: Hashable, Sendable {
    /// Nil: from the environment.
    package var url: String?
    /// Hosts that are asked directly, as in `no_proxy`; nil: none but what the environment says.
    package var exceptions: String?
    /// Sent to the proxy.
    package var headers: [HeaderFields] = []

    static let hint = "http://host:3128 or socks5://host:1080"

    /// What `HTTPAccess.Proxy` refuses; nil: an address of a proxy. It is not repeated: it may have a password.
    static func refusal(of url: String, needsScheme: Bool) -> String? {
        let none = "this is no address of a proxy"
        let mark = url.firstRange(of: "://")
        guard mark != nil || !needsScheme else { return none }
        let scheme = mark.map { url[..<$0.lowerBound].lowercased() } ?? "http"
        guard scheme != "https" else { return "a proxy that wants TLS itself is not supported by ferula" }
        guard ["http", "socks5", "socks5h"].contains(scheme) else { return none }
        var authority = url[(mark?.upperBound ?? url.startIndex)...].prefix { !"/?#".contains($0) }
        if let at = authority.lastIndex(of: "@") {
            guard scheme == "http" else { return "a name and password for a SOCKS proxy are not supported by ferula" }
            authority = authority[authority.index(after: at)...]
        }
        do throws(HostAndPort.Refusal) {
            _ = try HostAndPort(authority)
            return nil
        } catch {
            return "\(none): \(error)"
        }
    }
}

extension ScrapeReader {
    /// Source: Prometheus common, config/headers.go: what the client sets itself.
    private static let reservedHeaders: Set = [
        "authorization", "host", "content-encoding", "content-length", "content-type", "user-agent", "connection",
        "keep-alive", "proxy-authenticate", "proxy-authorization", "www-authenticate", "accept-encoding",
        "x-prometheus-remote-write-version", "x-prometheus-remote-read-version",
        "x-prometheus-scrape-timeout-seconds", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256",
    ]

    func headers(_ fields: inout YAMLFields) throws(ConfigurationFailure) -> [HeaderFields] {
        guard let headers = try fields.mapping("http_headers") else { return [] }
        var found: [HeaderFields] = []
        for (name, mark, node) in headers.names {
            guard !Self.reservedHeaders.contains(name.lowercased()) else {
                throw document.failure(
                    at: mark, "http_headers: `\(name)` is set by the client itself",
                    hint: name.lowercased() == "authorization"
                        ? "basic_auth or authorization says who asks" : nil)
            }
            var header = try YAMLFields(node, section: "http_headers", in: document)
            for value in try header.texts("values") + header.texts("secrets") {
                found.append(HeaderFields(name: name, value: .value(value.value)))
            }
            for file in try header.texts("files") {
                found.append(HeaderFields(name: name, value: .file(absolute(file.value))))
            }
            try header.finish()
        }
        return found
    }

    /// Nil: hosts are asked directly.
    func proxy(_ fields: inout YAMLFields) throws(ConfigurationFailure) -> ProxyFields? {
        let url = try fields.text("proxy_url").flatMap { $0.value.isEmpty ? nil : $0 }
        let exceptions = try fields.text("no_proxy").flatMap { $0.value.isEmpty ? nil : $0 }
        let environment = fields.names.first { $0.name == "proxy_from_environment" }?.mark
        let isFromEnvironment = try fields.flag("proxy_from_environment") ?? false
        let headers = try connectHeaders(&fields)
        if isFromEnvironment, url != nil || exceptions != nil {
            let other = url == nil ? "no_proxy" : "proxy_url"
            throw document.failure(at: environment, "proxy_from_environment and \(other) exclude each other")
        }
        guard isFromEnvironment || url != nil else {
            if let exceptions { throw document.failure(at: exceptions.mark, "no_proxy needs a proxy_url") }
            if let headers {
                throw document.failure(
                    at: headers.mark, "proxy_connect_header needs a proxy_url or proxy_from_environment")
            }
            return nil
        }
        if let url { try checkProxy(url, "proxy_url") }
        return ProxyFields(url: url?.value, exceptions: exceptions?.value, headers: headers?.value ?? [])
    }

    func checkProxy(_ url: Located<String>, _ name: String) throws(ConfigurationFailure) {
        if let reason = ProxyFields.refusal(of: url.value, needsScheme: true) {
            throw document.failure(at: url.mark, "\(name): \(reason)", hint: ProxyFields.hint)
        }
    }

    private func connectHeaders(
        _ fields: inout YAMLFields
    ) throws(ConfigurationFailure) -> Located<[HeaderFields]>? {
        guard var section = try fields.mapping("proxy_connect_header"), !section.names.isEmpty else { return nil }
        var headers: [HeaderFields] = []
        for (name, _, _) in section.names {
            headers += try section.texts(name).map { HeaderFields(name: name, value: .value($0.value)) }
        }
        return Located(value: headers, mark: section.mark)
    }
}
