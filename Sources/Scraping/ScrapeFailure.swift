// Why a scrape failed, in one line.
// Made from the errors of HTTPAccess, Exposition and Ingestion; shown as a target's last error.

import Exposition
import HTTPAccess
import Ingestion
import MetricModel

package struct ScrapeFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package var url: String
    /// `connection refused`, `3:7: ...`.
    package var reason: String
    /// For a malformed body: the reason, then the line of the body and a caret under the place.
    package var excerpt: String?

    package init(url: String, reason: String, excerpt: String? = nil) {
        self.url = AddressParts(url).address
        self.reason = printable(reason)
        self.excerpt = excerpt
    }
    package init(_ failure: AccessFailure) { self.init(url: failure.url, reason: failure.reason) }
    package init(url: String, _ failure: IngestionFailure) {
        self.init(url: url, reason: failure.description)
        if case .malformed(let error) = failure.reason { excerpt = error.rendered }
    }

    package var description: String { "\(url): \(reason)" }
    /// For a terminal: with the excerpt where there is one.
    package var rendered: String { "\(url): \(excerpt ?? reason)" }
}
