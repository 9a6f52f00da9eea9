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
        /// Then the body is of no interest, and counted alone.
        var redirect: Redirect?
        var redirectBytes = 0
        /// Of a compressed body.
        var inflater: Inflater?
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
    func finish(returning body: inout [UInt8]) -> (answer: Answer, redirect: Redirect?)? {
        let (head, redirect) = state.withLock { state in
            swap(&state.body, &body)
            state.isFinished = true
            return (state.head, state.redirect)
        }
        guard let head else { return nil }
        let answer = Answer(
            status: Int(head.status.code), reason: head.status.reasonPhrase,
            headers: head.headers.map { Header($0.name, $0.value) }, url: request.url)
        return (answer, redirect)
    }

    // MARK: HTTPClientResponseDelegate

    func didReceiveHead(task: HTTPClient.Task<Void>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        let status = Int(head.status.code)
        let redirect =
            request.followsRedirects
            ? Redirect(status: status, location: head.headers.first(name: "Location")) : nil
        let canRead = state.withLock { state in
            state.head = head
            state.redirect = redirect
            guard redirect == nil, Inflater.reads(head.headers.first(name: "Content-Encoding")) else { return true }
            // It fails for want of memory alone; compressed bytes must not be taken for a body.
            state.inflater = try? Inflater()
            return state.inflater != nil
        }
        guard canRead else { return task.eventLoop.makeFailedFuture(damaged) }
        guard redirect == nil else { return task.eventLoop.makeSucceededVoidFuture() }
        guard request.acceptsAnyStatus || (200..<300).contains(status) else {
            let reason = "HTTP status \(status) \(head.status.reasonPhrase)"
            return task.eventLoop.makeFailedFuture(
                AccessFailure(url: request.url, kind: .status(status), reason: reason))
        }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Void>, _ part: ByteBuffer) -> EventLoopFuture<Void> {
        do throws(AccessFailure) {
            try take(part)
            return task.eventLoop.makeSucceededVoidFuture()
        } catch {
            return task.eventLoop.makeFailedFuture(error)
        }
    }

    private func take(_ part: ByteBuffer) throws(AccessFailure) {
        try state.withLock { state throws(AccessFailure) in
            guard !state.isFinished else { return }
            let fits: Bool
            if state.redirect != nil {
                state.redirectBytes += part.readableBytes
                fits = state.redirectBytes <= RedirectWay.bodyBytesMax
            } else if let inflater = state.inflater {
                do throws(Inflater.Damage) {
                    // One byte more than may be shows that there is more.
                    fits = try part.withUnsafeReadableBytes { bytes throws(Inflater.Damage) in
                        _ = try inflater.inflate(bytes, into: &state.body, upTo: request.bodyBytesMax + 1)
                        return state.body.count <= request.bodyBytesMax
                    }
                } catch {
                    throw damaged
                }
            } else {
                fits = state.body.count + part.readableBytes <= request.bodyBytesMax
                if fits { part.withUnsafeReadableBytes { state.body.append(contentsOf: $0) } }
            }
            guard fits else {
                throw AccessFailure(
                    url: request.url, kind: .bodyTooLarge,
                    reason: "body exceeds \(describe(bytes: request.bodyBytesMax))")
            }
        }
    }

    func didFinishRequest(task: HTTPClient.Task<Void>) throws {
        let isWhole = state.withLock { $0.inflater?.isWhole ?? true }
        guard isWhole else { throw damaged }
    }

    private var damaged: AccessFailure {
        AccessFailure(url: request.url, kind: .protocolError, reason: "gzip body is damaged")
    }
}
