// What happens while the web configuration cannot be used: one line in the log, an alert to who begins a handshake.
// Beside ServerSecurity; used by Server.

import Logging
import NIOCore
import Synchronization

/// Says in the log why nobody is let in: once, however many ask, and again when the reason is another one or is back.
final class SecurityComplaints: Sendable {
    enum Part: Hashable, Sendable {
        /// The configuration itself.
        case configuration
        /// Certificates and keys that it names, which are read for each connection.
        case certificates
    }

    private let logger: Logger
    /// Guards what was said last of each part that is bad now.
    private let said = Mutex<[Part: String]>([:])

    init(_ logger: Logger) { self.logger = logger }

    func failed(_ part: Part, _ error: any Error) {
        let reason = "\(error)"
        let isNew = said.withLock { said in
            guard said[part] != reason else { return false }
            said[part] = reason
            return true
        }
        if isNew { logger.error("web configuration: \(reason); all are refused until it is right") }
    }

    func succeeded(_ part: Part) {
        let wasBad = said.withLock { $0.removeValue(forKey: part) != nil }
        if wasBad { logger.warning("web configuration: right again") }
    }

    /// `security` with what becomes of it in the log.
    func asked(_ security: @Sendable () throws -> ServerSecurity) throws -> ServerSecurity {
        do {
            let current = try security()
            succeeded(.configuration)
            return current
        } catch {
            failed(.configuration, error)
            throw error
        }
    }
}

/// In place of TLS: whoever says anything gets the alert of a server that has a problem, and the connection ends.
///
/// It waits for the client's words: closed with them unread, the connection would be reset and the alert lost.
final class HandshakeRefusal: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Record type alert, version 3.1, two bytes: fatal, internal_error. Source: RFC 8446, 5.1 and 6.
    static let alert: [UInt8] = [21, 3, 1, 0, 2, 2, 80]

    private var isOver = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isOver { return }
        isOver = true
        context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(bytes: Self.alert)), promise: nil)
        context.close(promise: nil)
    }
}
