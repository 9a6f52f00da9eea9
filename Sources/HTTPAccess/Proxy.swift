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

    package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        package var description: String
    }

    /// `http://host:3128`, `http://name:password@host`, `socks5://host:1080`, `host:3128`.
    ///
    /// A proxy that wants TLS itself is not spoken to here, and none of SOCKS that wants a name and password.
    package init(_ url: String) throws(Refusal) {
        let parts = AddressParts(url)
        var rest = Substring(parts.address)
        kind = .http
        if let mark = rest.firstRange(of: "://") {
            switch rest[..<mark.lowerBound].lowercased() {
            case "http": break
            case "socks5", "socks5h": kind = .socks5
            case "https": throw Refusal(description: "a proxy that wants TLS itself is not supported by ferula")
            default: throw Refusal(description: "http or socks5 is wanted")
            }
            rest = rest[mark.upperBound...]
        }
        do throws(HostAndPort.Refusal) {
            let target = try HostAndPort(rest.prefix { !"/?#".contains($0) })
            host = target.host
            port = target.port ?? (kind == .http ? 80 : 1080)
        } catch {
            throw Refusal(description: error.description)
        }
        authentication = parts.authentication
        guard kind == .http || authentication == nil else {
            throw Refusal(description: "a name and password for a SOCKS proxy are not supported by ferula")
        }
    }

    /// Without its secrets, as errors name it.
    package var name: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}

/// The proxies of one client.
package struct ProxyRule: Hashable, Sendable {
    private enum Way: Hashable, Sendable {
        case direct
        case through(Proxy)
        /// Why the proxy that is wanted cannot be used. Whoever wants one is never asked without it.
        case refused(String)
    }
    private var forHTTP = Way.direct
    private var forHTTPS = Way.direct
    private var exceptions = ProxyExceptions("")

    /// One proxy, the value of `name`, for all but what `exceptions` names.
    package init(_ url: String, name: String, exceptions: ProxyExceptions? = nil) {
        forHTTP = Self.way(url, name)
        forHTTPS = forHTTP
        self.exceptions = exceptions ?? ProxyExceptions("")
        if exceptions == nil { self.exceptions.areLocalHosts = false }
    }

    /// `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, in capital or small letters; the capital ones count first.
    /// Source: Go, golang.org/x/net/http/httpproxy, FromEnvironment.
    package init(environment: (String) -> String?) {
        func value(_ name: String) -> (name: String, value: String)? {
            for name in [name, name.lowercased()] {
                if let value = environment(name), !value.isEmpty { return (name, value) }
            }
            return nil
        }
        if let found = value("HTTP_PROXY") { forHTTP = Self.way(found.value, found.name) }
        if let found = value("HTTPS_PROXY") { forHTTPS = Self.way(found.value, found.name) }
        exceptions = ProxyExceptions(value("NO_PROXY")?.value ?? "")
    }

    private static func way(_ url: String, _ name: String) -> Way {
        do throws(Proxy.Refusal) {
            return .through(try Proxy(url))
        } catch {
            return .refused("\(name) is no address of a proxy: \(error)")
        }
    }

    package mutating func add(headers: [Header]) {
        func added(_ way: Way) -> Way {
            guard case .through(var proxy) = way else { return way }
            proxy.headers += headers
            return .through(proxy)
        }
        forHTTP = added(forHTTP)
        forHTTPS = added(forHTTPS)
    }

    /// Why no request can be made; nil when each of the proxies can be asked.
    package var refusal: String? {
        for way in [forHTTP, forHTTPS] {
            if case .refused(let reason) = way { return reason }
        }
        return nil
    }

    /// Nil: the host is asked directly.
    package func proxy(for url: String) throws(Proxy.Refusal) -> Proxy? {
        do throws(Destination.Refusal) {
            return try proxy(for: Destination(AddressParts(url).address))
        } catch {
            throw Proxy.Refusal(description: error.reason)
        }
    }

    func proxy(for destination: Destination) throws(Destination.Refusal) -> Proxy? {
        guard !destination.scheme.isSocket else { return nil }
        guard !exceptions.contain(destination.host, port: destination.portOrDefault) else { return nil }
        switch destination.scheme.isTLS ? forHTTPS : forHTTP {
        case .direct: return nil
        case .through(let proxy): return proxy
        case .refused(let reason): throw Destination.Refusal(reason: reason)
        }
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
        } else if let target = try? HostAndPort(text.hasPrefix("*.") ? text.dropFirst() : text[...]) {
            // What is neither a network nor a host is none of the hosts that are asked.
            if let address = NetworkPrefix(target.host) {
                entries.append(.network(address, port: target.port))
            } else {
                let name = target.host
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
