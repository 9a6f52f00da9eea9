// What arrives for one request: status, headers and the body, counted while it comes.
// Called by async-http-client on the connection's loop; Client takes the result when the request is over.

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Synchronization

final class BodyCollector: HTTPClientResponseDelegate, Sendable {
    typealias Response = Void

    private struct State {
        var body: [UInt8] = []
        var head: HTTPResponseHead?
        var visits = 0
        /// After a redirect the URL that answered.
        var lastURL: String?
        /// The request is over: what still arrives is dropped.
        var isFinished = false
    }

    private let request: Request
    /// The loop fills it; the task that waits takes it, after the end or after a failure that may come at any time.
    private let state: Mutex<State>

    /// Takes over the caller's buffer: a second reference to it would have every part copied into new memory.
    init(_ request: Request, lending body: inout [UInt8]) {
        self.request = request
        var taken: [UInt8] = []
        swap(&taken, &body)
        taken.removeAll(keepingCapacity: true)
        state = Mutex(State(body: taken))
    }

    /// Gives the buffer back, with what has come of the body; nil when no head has come.
    func finish(returning body: inout [UInt8]) -> Answer? {
        let (head, url) = state.withLock { state in
            swap(&state.body, &body)
            state.isFinished = true
            return (state.head, state.lastURL)
        }
        guard let head else { return nil }
        return Answer(
            status: Int(head.status.code), reason: head.status.reasonPhrase,
            headers: head.headers.map { Header($0.name, $0.value) }, url: url ?? request.url)
    }

    // MARK: HTTPClientResponseDelegate

    func didVisitURL(task: HTTPClient.Task<Void>, _ visited: HTTPClient.Request, _ head: HTTPResponseHead) {
        state.withLock { state in
            state.visits += 1
            if state.visits > 1 { state.lastURL = visited.url.absoluteString }
        }
    }

    func didReceiveHead(task: HTTPClient.Task<Void>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        state.withLock { $0.head = head }
        let status = Int(head.status.code)
        guard request.acceptsAnyStatus || (200..<300).contains(status) else {
            let reason = "HTTP status \(status) \(head.status.reasonPhrase)"
            return task.eventLoop.makeFailedFuture(
                AccessFailure(url: request.url, kind: .status(status), reason: reason))
        }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Void>, _ part: ByteBuffer) -> EventLoopFuture<Void> {
        let fits = state.withLock { state in
            guard !state.isFinished else { return true }
            guard state.body.count + part.readableBytes <= request.bodyBytesMax else { return false }
            part.withUnsafeReadableBytes { state.body.append(contentsOf: $0) }
            return true
        }
        guard fits else {
            let reason = "body exceeds \(describe(bytes: request.bodyBytesMax))"
            return task.eventLoop.makeFailedFuture(
                AccessFailure(url: request.url, kind: .bodyTooLarge, reason: reason))
        }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didFinishRequest(task: HTTPClient.Task<Void>) throws {}
}
