// Answers without an end, or too long to keep: handed on part by part while they arrive.
// Beside Client.send, which leaves the whole body in a buffer; used to watch a Kubernetes API server.

import AsyncHTTPClient
import NIOCore
import NIOHTTP1

extension Client {
    /// Sends `wanted`, calls `began` with the answer's status, then `part` with the status and each part of the body,
    /// decompressed; waits for it, and reads no further meanwhile. False from `part` ends the request.
    ///
    /// `wanted.timeout` covers everything; `wanted.bodyBytesMax` does not count. Any status is an answer.
    package func stream(
        _ wanted: Request, began: (_ status: Int) -> Void = { _ in },
        part: (_ status: Int, _ bytes: [UInt8]) async -> Bool
    ) async throws(AccessFailure) -> Answer {
        let prepared = try prepare(wanted)
        var request = HTTPClientRequest(url: prepared.message.url.absoluteString)
        request.headers = prepared.message.headers
        request.tlsConfiguration = prepared.message.tlsConfiguration
        do {
            let client = prepared.lane?.client ?? streams(followsRedirects: wanted.followsRedirects)
            let response = try await client.execute(request, deadline: .now() + TimeAmount(wanted.timeout))
            let status = Int(response.status.code)
            began(status)
            for try await buffer in response.body {
                guard await part(status, Array(buffer.readableBytesView)) else { break }
            }
            return Answer(
                status: status, reason: response.status.reasonPhrase,
                headers: response.headers.map { Header($0.name, $0.value) }, url: prepared.request.url)
        } catch {
            if Task.isCancelled {
                throw AccessFailure(url: prepared.request.url, kind: .cancelled, reason: "cancelled")
            }
            throw (error as? AccessFailure) ?? explain(error, prepared.request)
        }
    }
}
