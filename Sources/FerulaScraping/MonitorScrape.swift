// A server under test, scraped into a monitor: the one step of a test that needs a socket.
// Over HTTPAccess and Ingestion; apart from Ferula, so that only those who scrape build an HTTP client.

import Exposition
import Ferula
import HTTPAccess
import Ingestion
import MetricModel

/// Why a page could not be fetched or taken in: the URL and one line.
public struct ScrapeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// As it was asked, without a password.
    public let url: String
    /// `connection refused`, `404 Not Found`, or what is wrong with the page, with line and column.
    public let reason: String
    /// The status of an answer that was none of 2xx, else nil.
    public let status: Int?

    /// `URL: reason`.
    public var description: String { "\(url): \(reason)" }
}

extension Monitor {
    /// Fetches a page of metrics and takes it in as one scrape.
    ///
    /// ```swift
    /// try await monitor.scrape("http://127.0.0.1:\(port)/metrics", at: .second(15))
    /// ```
    ///
    /// Each URL is a target of its own: a series that its page no longer has ends. So do all of them when the scrape
    /// fails. There is no `up`, and no label but the monitor's and the given ones: an expected vector would have to
    /// know the port.
    ///
    /// - Parameters:
    ///   - url: `http` or `https`; without a scheme it is `http`, without a path `/metrics`: `localhost:8080`.
    ///   - time: of the samples; must ascend from call to call.
    ///   - labels: added to every series of this target, as `job` and `instance` would be; those of its first scrape
    ///     count.
    ///   - headers: sent as they are, in any order, such as `Authorization`.
    ///   - timeout: of the whole exchange.
    /// - Returns: what was in the page and what of it was stored.
    /// - Throws: `ScrapeError` when there is no answer, when its status is not 2xx, when its body is over 64 MiB or is
    ///   no page of metrics; and when samples of it were not stored, unless the monitor counts these. An answer without a
    ///   known content type is read as text.
    @discardableResult
    public func scrape(
        _ url: String, at time: Timestamp, labels: LabelSet = .empty, headers: [String: String] = [:],
        timeout: Milliseconds = .seconds(10)
    ) async throws(ScrapeError) -> IngestionReport {
        var request = Request(url: Self.completed(url))
        request.headers = [Header("Accept", AcceptHeader.value())]
        request.headers += headers.sorted { $0.key.isBefore($1.key) }.map { Header($0.key, $0.value) }
        request.timeout = .milliseconds(timeout.count)
        var body: [UInt8] = []
        let answer: Answer
        do throws(AccessFailure) {
            answer = try await ScrapeClient.shared.send(request, into: &body)
        } catch {
            endSeries(of: request.url, at: time)
            var status: Int?
            if case .status(let code) = error.kind { status = code }
            throw ScrapeError(url: error.url, reason: error.reason, status: status)
        }
        let format = (try? ExpositionFormat(contentType: answer.contentType)) ?? .text  // Said above.
        do throws(IngestionFailure) {
            return try ingest(body, at: time, format: format, target: request.url, adding: labels)
        } catch {
            throw ScrapeError(url: answer.url, reason: error.description, status: nil)
        }
    }

    /// `localhost:8080` as `http://localhost:8080/metrics`.
    package static func completed(_ url: String) -> String {
        let full = url.contains("://") ? url : "http://" + url
        guard let scheme = full.firstRange(of: "://") else { return full }
        return full[scheme.upperBound...].contains("/") ? full : full + "/metrics"
    }
}

/// Connections of all monitors of the process; they end with it.
private enum ScrapeClient {
    static let shared = Client(userAgent: "ferula-test")
}
