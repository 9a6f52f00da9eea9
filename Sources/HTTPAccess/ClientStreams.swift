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
        let deadline = NIODeadline.now() + TimeAmount(wanted.timeout)
        var hop = try prepare(wanted)
        var way = RedirectWay(hop.request)
        var count = 1
        while true {
            do throws(AccessFailure) {
                if count > 1 { hop = try prepare(way.request) }
                let (answer, redirect) = try await streamOnce(hop, deadline, began, part)
                guard let redirect else { return answer }
                try way.follow(redirect, after: count)
            } catch {
                throw way.located(error)
            }
            count += 1
        }
    }

    /// One hop; nothing is handed on of a redirect.
    private func streamOnce(
        _ prepared: PreparedRequest, _ deadline: NIODeadline, _ began: (Int) -> Void,
        _ part: (Int, [UInt8]) async -> Bool
    ) async throws(AccessFailure) -> (Answer, Redirect?) {
        var request = HTTPClientRequest(url: prepared.message.url.absoluteString)
        request.headers = prepared.message.headers
        do {
            let response = try await (prepared.lane?.client ?? streams()).execute(request, deadline: deadline)
            let status = Int(response.status.code)
            let answer = Answer(
                status: status, reason: response.status.reasonPhrase,
                headers: response.headers.map { Header($0.name, $0.value) }, url: prepared.request.url)
            if prepared.request.followsRedirects,
                let redirect = Redirect(status: status, location: answer[header: "Location"])
            {
                return (answer, redirect)
            }
            began(status)
            guard Inflater.reads(answer[header: "Content-Encoding"]) else {
                for try await buffer in response.body {
                    guard await part(status, Array(buffer.readableBytesView)) else { break }
                }
                return (answer, nil)
            }
            try await inflate(response.body) { await part(status, $0) }
            return (answer, nil)
        } catch is Inflater.Damage {
            throw AccessFailure(url: prepared.request.url, kind: .protocolError, reason: "gzip body is damaged")
        } catch {
            if Task.isCancelled {
                throw AccessFailure(url: prepared.request.url, kind: .cancelled, reason: "cancelled")
            }
            throw (error as? AccessFailure) ?? explain(error, prepared.request)
        }
    }
    private static let inflatedPieceBytes = 64 << 10

    /// Until the end, or a piece is answered with false.
    private func inflate(_ body: HTTPClientResponse.Body, _ part: ([UInt8]) async -> Bool) async throws {
        let inflater = try Inflater()
        for try await buffer in body {
            var rest = Array(buffer.readableBytesView)[...]
            while true {
                var piece: [UInt8] = []
                let read = try rest.withUnsafeBytes { bytes throws(Inflater.Damage) in
                    try inflater.inflate(bytes, into: &piece, upTo: Self.inflatedPieceBytes)
                }
                rest = rest.dropFirst(read)
                guard !piece.isEmpty else { break }
                guard await part(piece) else { return }
            }
        }
        guard inflater.isWhole else { throw Inflater.Damage() }
    }
}
