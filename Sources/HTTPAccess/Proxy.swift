// Which proxy a request goes through, if any, and how that proxy is spoken to.
// Scraping asks the rule once for each request it makes ready; Client opens the connection.

import MetricModel

/// A proxy that opens a connection to the wanted host: HTTP with CONNECT, whatever the scheme of the request, or SOCKS5.
package struct Proxy: Hashable, Sendable {
    package enum Kind: Hashable, Sendable { case http, socks5 }

    package var kind: Kind
    package var host: String
    package var port: Int
    /// Of HTTP proxies alone.
    package var authentication: Authentication?
    /// Sent with CONNECT.
    package var headers: [Header] = []

    /// `http://host:3128`, `http://name:password@host`, `socks5://host:1080`, `host:3128`. Nil: none that is spoken to
    /// here; a proxy that wants TLS itself is one of those.
    package init?(_ url: String) {
        let parts = AddressParts(url)
        var rest = Substring(parts.address)
        kind = .http
        if let mark = rest.firstRange(of: "://") {
            switch rest[..<mark.lowerBound].lowercased() {
            case "http": break
            case "socks5", "socks5h": kind = .socks5
            default: return nil
            }
            rest = rest[mark.upperBound...]
        }
        guard let target = HostAndPort(String(rest.prefix { $0 != "/" })) else { return nil }
        host = target.host
        port = target.port ?? (kind == .http ? 80 : 1080)
        authentication = parts.authentication
    }

    /// Without its secrets, as errors name it.
    package var name: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}

/// `host`, `host:9100`, `[::1]:9100`.
struct HostAndPort: Hashable, Sendable {
    /// Without brackets.
    var host: String
    var port: Int?

    init?(_ text: String) {
        var rest = Substring(text)
        if rest.hasPrefix("[") {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            host = String(rest[rest.index(after: rest.startIndex)..<end])
            rest = rest[rest.index(after: end)...]
        } else {
            host = String(rest.prefix { $0 != ":" })
            rest = rest.dropFirst(host.count)
        }
        guard !host.isEmpty else { return nil }
        guard !rest.isEmpty else { return }
        guard rest.hasPrefix(":"), let number = Int(rest.dropFirst()), (1...65_535).contains(number) else { return nil }
        port = number
    }
}

/// The proxies of one client.
package struct ProxyRule: Hashable, Sendable {
    private var forHTTP: Proxy?
    private var forHTTPS: Proxy?
    private var exceptions = ProxyExceptions("")

    /// One proxy for all but what `exceptions` names.
    package init(_ proxy: Proxy, exceptions: ProxyExceptions? = nil) {
        forHTTP = proxy
        forHTTPS = proxy
        self.exceptions = exceptions ?? ProxyExceptions("")
        if exceptions == nil { self.exceptions.areLocalHosts = false }
    }

    /// `http_proxy`, `https_proxy` and `no_proxy`, in small or capital letters; the small ones count first.
    /// Source: Go, golang.org/x/net/http/httpproxy.
    package init(environment: (String) -> String?) {
        func value(_ name: String) -> String {
            [name, name.uppercased()].lazy.compactMap(environment).first { !$0.isEmpty } ?? ""
        }
        forHTTP = Proxy(value("http_proxy"))
        forHTTPS = Proxy(value("https_proxy"))
        exceptions = ProxyExceptions(value("no_proxy"))
    }

    package mutating func add(headers: [Header]) {
        forHTTP?.headers += headers
        forHTTPS?.headers += headers
    }

    /// Nil: the host is asked directly.
    package func proxy(for url: String) -> Proxy? {
        let isTLS = url.hasPrefix("https://")
        guard isTLS || url.hasPrefix("http://") else { return nil }
        let authority = AddressParts(url).address.drop { $0 != ":" }.dropFirst(3).prefix { !"/?#".contains($0) }
        guard let target = HostAndPort(String(authority)) else { return nil }
        guard !exceptions.contain(target.host, port: target.port ?? (isTLS ? 443 : 80)) else { return nil }
        return isTLS ? forHTTPS : forHTTP
    }
}

/// The hosts of `no_proxy`: names with all that is below them, `.name` for what is below alone, addresses, networks
/// like `10.0.0.0/8`, each with a port if one is given; `*` for all.
/// Source: Go, golang.org/x/net/http/httpproxy, documentation of Config.
package struct ProxyExceptions: Hashable, Sendable {
    private enum Entry: Hashable, Sendable {
        case all
        case network(NetworkPrefix, port: Int?)
        /// `suffix` begins with a point.
        case name(suffix: String, matchesItself: Bool, port: Int?)
    }
    private var entries: [Entry] = []
    /// `localhost` and loopback addresses are asked directly.
    var areLocalHosts = true

    package init(_ text: String) {
        for word in text.split(separator: ",") {
            let entry = word.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed()
            add(String(entry).lowercased())
        }
    }

    private mutating func add(_ text: String) {
        guard !text.isEmpty else { return }
        if text == "*" {
            entries = [.all]
        } else if let network = NetworkPrefix(text) {
            entries.append(.network(network, port: nil))
        } else if let target = HostAndPort(text) {
            if let address = NetworkPrefix(target.host) {
                entries.append(.network(address, port: target.port))
            } else {
                let name = target.host.hasPrefix("*.") ? String(target.host.dropFirst()) : target.host
                entries.append(
                    .name(
                        suffix: name.hasPrefix(".") ? name : "." + name, matchesItself: !name.hasPrefix("."),
                        port: target.port))
            }
        }
    }

    func contain(_ host: String, port: Int) -> Bool {
        let address = NetworkPrefix(host)
        if areLocalHosts, host.lowercased() == "localhost" || address?.isLoopback == true { return true }
        let name = host.lowercased()
        return entries.contains { entry in
            switch entry {
            case .all: true
            case .network(let network, let wanted):
                address.map(network.contains) ?? false && (wanted == nil || wanted == port)
            case .name(let suffix, let matchesItself, let wanted):
                (name.hasSuffix(suffix) || matchesItself && "." + name == suffix) && (wanted == nil || wanted == port)
            }
        }
    }
}
