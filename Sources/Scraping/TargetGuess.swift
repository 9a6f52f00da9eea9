// What a user means by `localhost:9100`: the scheme and the path that answer with metrics.
// Used by `ferula TARGET` and `ferula query --scrape`; asks the network at most twice.

import Exposition
import FerulaConfiguration
import HTTPAccess
import MetricModel

/// An endpoint as the user wrote it, in parts.
package struct TargetText: Hashable, Sendable {
    /// Nil: not written.
    package var scheme: String?
    package var hostAndPort: String
    /// Without the name and password that may be written before the host.
    package var publicHostAndPort: String { AddressParts(hostAndPort).address }
    /// With the query; nil: not written, or `/` alone.
    package var path: String?

    /// Nil when there is no host.
    package init?(_ text: String) {
        var rest = text[...]
        if let separator = rest.range(of: "://") {
            scheme = rest[..<separator.lowerBound].lowercased()
            rest = rest[separator.upperBound...]
        }
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        hostAndPort = String(rest[..<end])
        if hostAndPort.hasPrefix(":") { hostAndPort = "localhost" + hostAndPort }
        if !["", "/"].contains(rest[end...]) { path = String(rest[end...]) }
        guard !hostAndPort.isEmpty else { return nil }
    }

    /// The URLs to try, in order.
    package var candidates: [String] {
        let path = path ?? "/metrics"
        return (scheme.map { [$0] } ?? ["http", "https"]).map { "\($0)://\(hostAndPort)\(path)" }
    }
}

extension StringProtocol {
    fileprivate func range(of other: String) -> Range<Index>? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(other), let end = self.index(index, offsetBy: other.count, limitedBy: endIndex)
            {
                return index..<end
            }
            index = self.index(after: index)
        }
        return nil
    }
}

/// Finds the URL that answers with metrics.
///
/// https is tried when the scheme was not written and the answer over http looks like a TLS server's.
package func findMetrics(
    _ text: String, client: Client, access: HTTPClientConfiguration = HTTPClientConfiguration(),
    timeout: Duration = .seconds(5)
) async throws(ScrapeFailure) -> String {
    guard let target = TargetText(text) else { throw ScrapeFailure(url: text, reason: "no URL and no host:port") }
    var first: ScrapeFailure?
    for url in target.candidates {
        do throws(ProbeFailure) {
            try await probe(url, target, client, access, timeout)
            return url
        } catch {
            first = first ?? error.failure
            guard error.looksLikeTLS else { break }
        }
    }
    throw first ?? ScrapeFailure(url: text, reason: "no answer")
}

private struct ProbeFailure: Error {
    var failure: ScrapeFailure
    var looksLikeTLS: Bool
}

private func probe(
    _ url: String, _ target: TargetText, _ client: Client, _ access: HTTPClientConfiguration, _ timeout: Duration
) async throws(ProbeFailure) {
    var request = Request(url: url)
    request.headers = [Header("Accept", AcceptHeader.value())]
    request.timeout = timeout
    request.acceptsAnyStatus = true
    do throws(ScrapeFailure) {
        try request.use(access)
    } catch {
        throw ProbeFailure(failure: error, looksLikeTLS: false)
    }
    var body: [UInt8] = []
    let answer: Answer
    do throws(AccessFailure) {
        answer = try await client.send(request, into: &body)
    } catch {
        throw ProbeFailure(failure: ScrapeFailure(error), looksLikeTLS: error.kind == .protocolError)
    }
    func fail(_ reason: String, looksLikeTLS: Bool = false) -> ProbeFailure {
        ProbeFailure(failure: ScrapeFailure(url: url, reason: reason), looksLikeTLS: looksLikeTLS)
    }
    let hint = target.path == nil ? "; if its metrics are at another path, give the whole URL" : ""
    guard (200..<300).contains(answer.status) else {
        let text = String(decoding: body.prefix(4096), as: UTF8.self).lowercased()
        throw fail(
            "HTTP status \(answer.status) \(answer.reason)\(answer.status == 404 ? hint : "")",
            looksLikeTLS: answer.status == 400 && text.contains("https"))
    }
    if answer.contentType.lowercased().hasPrefix("text/html") {
        throw fail("answers with an HTML page, not with metrics\(hint)")
    }
    do throws(ContentTypeError) {
        _ = try ExpositionFormat(contentType: answer.contentType)
    } catch {
        throw fail("\(error.description)\(hint)")
    }
}

extension Request {
    /// Secrets in files are read here.
    package mutating func use(_ access: HTTPClientConfiguration) throws(ScrapeFailure) {
        authentication = try access.authentication?.read(for: url)
        try add(access.headers)
        tls = access.tls.map { TLSOptions($0) }
        proxies = access.proxy.map { ProxyRule($0) }
        followsRedirects = access.followsRedirects
    }
}
