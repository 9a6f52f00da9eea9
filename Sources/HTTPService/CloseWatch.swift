// Ends the work for a client that is gone: nobody reads the answer of a query whose connection is closed.
// One stands in each connection's pipeline; Server runs every handler through it.

import Hummingbird
import NIOCore
import Synchronization

/// Hummingbird's own way (`consumeWithCancellationOnInboundClose`) closes the connection after each answer; this one
/// keeps it, since requests of one connection are answered one after the other.
final class CloseWatch: ChannelInboundHandler, Sendable {
    typealias InboundIn = NIOAny

    /// Guards whether the connection is closed, and what ends the handler that runs.
    private let state = Mutex<(isClosed: Bool, cancel: (@Sendable () -> Void)?)>((false, nil))

    /// `cancel` is called once, when the connection closes before `end`; at once when it is closed already.
    func begin(_ cancel: @escaping @Sendable () -> Void) {
        let isClosed = state.withLock { state in
            if !state.isClosed { state.cancel = cancel }
            return state.isClosed
        }
        if isClosed { cancel() }
    }

    func end() { state.withLock { $0.cancel = nil } }

    private func close() {
        let cancel = state.withLock { state in
            let cancel = state.cancel
            state = (true, nil)
            return cancel
        }
        cancel?()
    }

    func channelInactive(context: ChannelHandlerContext) {
        close()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // A client that shuts its side is done: Go's server, and so Prometheus, takes it for gone as well.
        if case .inputClosed? = event as? ChannelEvent { close() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { context.fireChannelRead(data) }
}

/// A request's context that knows its connection.
struct ConnectionContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }
}

/// Runs `body` in a task that is cancelled with the caller's, and when the connection closes.
func cancelledWhenClosed<Value: Sendable>(
    _ channel: any Channel, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    let watch = try await channel.pipeline.handler(type: CloseWatch.self).get()
    let task = Task { try await body() }
    watch.begin { task.cancel() }
    defer { watch.end() }
    return try await withTaskCancellationHandler {
        try await task.value
    } onCancel: {
        task.cancel()
    }
}
