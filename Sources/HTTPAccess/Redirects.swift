// Redirects, followed by ourselves: each hop is checked, and secrets stay with the server that they are for.
// Between Client, which sends each hop, and Destination, which checks it.

import MetricModel

/// What an answer says of where else to ask.
struct Redirect: Hashable, Sendable {
    var status: Int
    /// As the server wrote it.
    var location: String

    /// Nil: the answer is the answer. Source: Go, net/http, Client.Do.
    init?(status: Int, location: String?) {
        guard [301, 302, 303, 307, 308].contains(status), let location, !location.isEmpty else { return nil }
        self.status = status
        self.location = location
    }
}

/// One request on its way from server to server.
struct RedirectWay: Sendable {
    /// As Go's client: the tenth redirect is not followed.
    static let requestsMax = 10
    /// Of a redirect's own body, which nobody reads: a longer one ends the connection.
    static let bodyBytesMax = 64 << 10
    /// What any server may see. All other headers are the configuration's own, and may be secret.
    private static let publicHeaders: Set<String> = [
        "accept", "accept-encoding", "user-agent", "content-type", "x-prometheus-scrape-timeout-seconds",
        "x-prometheus-refresh-interval-seconds",
    ]

    /// To be sent next.
    private(set) var request: Request
    private let start: String
    private var visited: Set<String>

    init(_ request: Request) {
        self.request = request
        start = request.url
        visited = [request.url]
    }

    /// Turns `request` into the next one. Source: Go, net/http: redirectBehavior, shouldCopyHeaderOnRedirect.
    mutating func follow(_ redirect: Redirect, after count: Int) throws(AccessFailure) {
        let old: Destination
        let new: Destination
        let written = Self.parts(of: redirect.location)
        do throws(Destination.Refusal) {
            old = try Destination(request.url)
            new = try Self.destination(of: written.address, from: old)
        } catch {
            let place = Self.shown(written.address)
            throw AccessFailure(url: start, kind: .redirects, reason: "redirected to `\(place)`: \(error.reason)")
        }
        guard count < Self.requestsMax else {
            let reason = visited.contains(new.url) ? "redirect loop" : "stopped after \(Self.requestsMax) redirects"
            throw AccessFailure(url: start, kind: .redirects, reason: reason)
        }
        visited.insert(new.url)
        request.url = new.url
        if redirect.status == 303 || redirect.status < 303 && !request.keepsForm { request.form = nil }
        if !old.isTrustedWithSecrets(new) { dropSecrets() }
        if old.origin != new.origin { request.headers.removeAll { $0.name.lowercased() == "host" } }
        request.authentication = request.authentication ?? written.authentication
    }

    /// A later hop back to the first server does not bring them back.
    private mutating func dropSecrets() {
        request.authentication = nil
        request.headers.removeAll { !Self.publicHeaders.contains($0.name.lowercased()) }
        request.tls?.dropIdentity()
    }

    /// A failure on the way names the hop, for the target's own address answered.
    func located(_ failure: AccessFailure) -> AccessFailure {
        guard request.url != start, failure.kind != .cancelled, failure.kind != .redirects else { return failure }
        let place = Self.shown(request.url)
        return AccessFailure(url: start, kind: failure.kind, reason: "redirected to \(place): \(failure.reason)")
    }

    /// Servers repeat the query that they were asked with, and it may have secrets.
    private static func shown(_ address: String) -> String {
        printable(address.prefix { $0 != "?" }, charactersMax: 200)
    }

    // MARK: Locations

    /// Only behind two slashes an `@` has a name before it; in a path it is a letter like others.
    private static func parts(of location: String) -> AddressParts {
        var parts = AddressParts("")
        if location.hasPrefix("//") {
            let scheme = "http:"
            parts = AddressParts(scheme + location)
            parts.address.removeFirst(scheme.count)
        } else if location.prefix(while: { !"/?#".contains($0) }).hasSuffix(":") {
            parts = AddressParts(location)
        } else {
            parts.address = location
        }
        return parts
    }

    /// `location` without user information, relative to `base` or absolute. Source: RFC 3986, section 5.2.
    static func destination(of location: String, from base: Destination) throws(Destination.Refusal) -> Destination {
        let text = location.prefix { $0 != "#" }
        let plainScheme = base.scheme.isTLS ? "https" : "http"
        let isAbsolute = text.prefix { !"/?".contains($0) }.contains(":")
        if isAbsolute || text.hasPrefix("//") {
            var found = try Destination(isAbsolute ? String(text) : "\(plainScheme):\(text)")
            // No server may send a request into a socket of this machine.
            guard !found.scheme.isSocket else {
                throw Destination.Refusal(reason: "scheme is neither http nor https")
            }
            found.target = withoutDots(found.target)
            // The name under which a socket was asked.
            if base.scheme.isSocket, found.host == "localhost", found.port == nil {
                found.scheme = base.scheme
                found.host = base.host
            }
            return found
        }
        let target: String
        if text.isEmpty {
            target = base.target
        } else if text.hasPrefix("/") {
            target = String(text)
        } else if text.hasPrefix("?") {
            target = String(base.path) + text
        } else {
            // Beside the page that was asked for: all up to the last slash stays.
            let page = base.path.reversed().prefix { $0 != "/" }.count
            target = String(base.path.dropLast(page)) + text
        }
        var found = try Destination(base.origin + target)
        found.target = withoutDots(found.target)
        return found
    }

    /// `/a/./b/../c?d` is `/a/c?d`. Source: RFC 3986, section 5.2.4.
    private static func withoutDots(_ target: String) -> String {
        let path = target.prefix { $0 != "?" }
        guard path.contains("/.") else { return target }
        var kept: [Substring] = []
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for (index, part) in zip(parts.indices, parts) {
            let isLast = index == parts.endIndex - 1
            switch part {
            case ".":
                if isLast { kept.append("") }
            case "..":
                _ = kept.popLast()
                if isLast { kept.append("") }
            default: kept.append(part)
            }
        }
        return "/" + kept.joined(separator: "/") + target[path.endIndex...]
    }
}

extension TLSOptions {
    /// Whom this side is, and what the first server is called; whom it trusts stays.
    fileprivate mutating func dropIdentity() {
        (certificateFile, keyFile, certificateText, keyText, serverName) = (nil, nil, nil, nil, nil)
    }
}
