// A Prometheus-compatible server as someone names it: address, path prefix, credentials.
// Made by the command line; RemoteBackend asks it.

import FerulaConfiguration
import HTTPAccess
import MetricModel

/// Where a server is and how it is asked. Equal servers are asked in the same way.
package struct RemoteServer: Hashable, Sendable, CustomStringConvertible {
    package static let timeoutDefault = Duration.seconds(30)
    package static let bodyBytesMaxDefault = 256 << 20

    /// `http://host:port/prefix`, without a slash at the end, without `/api/v1` and without user information.
    package let url: String
    /// Sent with each request, such as `X-Scope-OrgID`.
    package var headers: [Header] = []
    /// Secrets in files are read at each request, so that a rotated one counts at once.
    package var authentication: AuthenticationFields?
    package var tls: TLSOptions?
    /// Nil: the server is asked directly.
    package var proxies: ProxyRule?
    package var followsRedirects = true
    /// Of one request; the server is told and gives up by itself a moment earlier.
    package var timeout = RemoteServer.timeoutDefault
    /// Of one answer, after decompression.
    package var bodyBytesMax = RemoteServer.bodyBytesMaxDefault

    /// What is no URL: the reason, in one line.
    package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        package var description: String
    }

    /// Takes a URL, or `host:port` (then http); what a browser shows behind the prefix (`/api/v1/...`, `/graph`,
    /// `?query`, `#fragment`) is dropped. A name and password in it become the authentication.
    package init(_ text: String) throws(Refusal) {
        let parts = AddressParts(text)
        var address = parts.address
        if let scheme = address.range(of: "://") {
            let name = address[..<scheme.lowerBound].lowercased()
            guard name == "http" || name == "https" else {
                throw Refusal(description: "\(address): http or https is wanted, found `\(name)`")
            }
            address = name + address[scheme.lowerBound...]
        } else {
            address = "http://" + address
        }
        address = String(address.prefix { $0 != "?" && $0 != "#" })
        if let tail = address.range(of: "/api/v1") { address = String(address[..<tail.lowerBound]) }
        if address.hasSuffix("/graph") { address.removeLast("/graph".count) }
        while address.hasSuffix("/") { address.removeLast() }
        let authority = address.drop { $0 != ":" }.dropFirst(3).prefix { $0 != "/" }
        guard !authority.isEmpty, !address.contains(where: { $0.isWhitespace }), !address.hasSuffix(":") else {
            throw Refusal(description: "\(parts.address): a server's URL is wanted, such as http://localhost:9090")
        }
        do throws(HostAndPort.Refusal) {
            _ = try HostAndPort(authority)
        } catch {
            throw Refusal(description: "\(parts.address): \(error)")
        }
        url = address
        if case .basic(let name, let password)? = parts.authentication {
            authentication = AuthenticationFields(userName: .value(name), secret: .value(password))
        }
    }

    /// The URL; no secret.
    package var description: String { url }

    /// Host and port, for a line with little room.
    package var shortName: String { String(url.drop { $0 != ":" }.dropFirst(3)) }
}

extension String {
    fileprivate func range(of part: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(part) { return start..<index(start, offsetBy: part.count) }
            start = index(after: start)
        }
        return nil
    }
}
