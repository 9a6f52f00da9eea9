// One request of RemoteBackend on its way: form or query string, credentials, deadline.
// Between RemoteBackend and HTTPAccess.

import FerulaConfiguration
import HTTPAccess
import MetricModel
import Querying
import Synchronization

/// An answer of any status, with its body.
struct RemoteAnswer: Sendable {
    var server: RemoteServer
    var head: Answer
    var body: [UInt8]
}

struct RemoteRequests: Sendable {
    /// The server ends a query at its own deadline; its words arrive within this much longer.
    static let grace = Duration.seconds(1)

    let server: RemoteServer
    let client: Client
    /// Set by the first refusal; then the fields stand in the URL.
    private let formsRefused = Shared()

    private final class Shared: Sendable {
        let isSet = Atomic(false)
    }

    init(server: RemoteServer, client: Client) {
        self.server = server
        self.client = client
    }

    /// - `endpoint`: behind `/api/v1/`.
    /// - `timeout`: of the query; nil is the server's own. Sent along.
    /// - `takesForms`: false for what is asked by GET only.
    func send(
        _ endpoint: String, _ fields: [Header], timeout: Milliseconds? = nil, takesForms: Bool = true
    ) async throws(QueryFailure) -> RemoteAnswer {
        let limit = timeout.map { Duration.milliseconds(max(1, $0.count)) } ?? server.timeout
        let fields = fields + [Header("timeout", seconds(limit.milliseconds))]
        let url = "\(server.url)/api/v1/\(endpoint)"
        if takesForms, !formsRefused.isSet.load(ordering: .relaxed) {
            let answer = try await exchange(url, form: fields, limit)
            // A proxy that lets reading through only refuses POST.
            guard [405, 501].contains(answer.head.status) else { return answer }
            formsRefused.isSet.store(true, ordering: .relaxed)
        }
        return try await exchange("\(url)?\(formEncoded(fields))", form: nil, limit)
    }

    private func exchange(
        _ url: String, form: [Header]?, _ limit: Duration
    ) async throws(QueryFailure) -> RemoteAnswer {
        var request = Request(url: url)
        request.form = form
        // A query asked again without its form would be another query.
        request.keepsForm = true
        request.followsRedirects = server.followsRedirects
        request.headers = [Header("Accept", "application/json")] + server.headers
        request.authentication = try authentication()
        request.tls = server.tls
        request.proxies = server.proxies
        request.timeout = limit + Self.grace
        request.bodyBytesMax = server.bodyBytesMax
        request.acceptsAnyStatus = true
        var body: [UInt8] = []
        do throws(AccessFailure) {
            return RemoteAnswer(server: server, head: try await client.send(request, into: &body), body: body)
        } catch {
            throw QueryFailure(error, server: server, limit: limit)
        }
    }

    private func authentication() throws(QueryFailure) -> Authentication? {
        guard let fields = server.authentication else { return nil }
        do {
            return try Authentication(fields)
        } catch {
            throw QueryFailure(.unavailable, "\(server.url): \(error)")
        }
    }
}

extension Duration {
    fileprivate var milliseconds: Milliseconds {
        let (seconds, attoseconds) = components
        return Milliseconds(max(1, seconds * 1000 + attoseconds / 1_000_000_000_000_000))
    }
}
