// The one door to hummingbird: binds, routes, streams, compresses, and ends without dropping answers.
// PrometheusAPI and ExporterKit give it routes; the socket is on its other side.

import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import NIOHTTPTypesHTTP1
import NIOSSL
import ServiceLifecycle

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

package struct ServiceFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package var reason: String
    package init(_ reason: String) { self.reason = reason }
    package var description: String { reason }
}

package struct ServerLimits: Hashable, Sendable {
    /// Of one request's body; past it the answer is 413.
    package var requestBodyBytesMax = 8 << 20
    /// Bytes of all bodies that are held at one time, without the small ones; past it the answer is 503.
    package var heldBodyBytesMax = 64 << 20
    /// So much of a body always has room.
    package var smallBodyBytesMax = 64 << 10
    /// A body that is larger must arrive within this time, or its connection is closed.
    package var bodyTime: Duration = .seconds(60)
    /// How long answers under way may take when the server ends.
    package var drain: Duration = .seconds(5)
    /// A connection that sends nothing for so long is closed.
    package var idle: Duration = .seconds(300)
    /// Connections past it wait to be accepted until others end.
    package var connectionsMax = 512
    /// Smaller answers are not worth compressing.
    package var compressedBytesMin = 1024
    package init() {}
}

package struct Server: Sendable {
    private let routes: [Route]
    private let limits: ServerLimits
    private let security: (@Sendable () throws -> ServerSecurity)?
    private let passwords = VerifiedPasswords()
    let bodies: BodyBudget
    private let logger: Logger
    private let complaints: SecurityComplaints

    /// - `security`: asked at the start, and again for each connection and each request. Nil: plain HTTP for everybody.
    package init(
        routes: [Route], limits: ServerLimits = ServerLimits(),
        security: (@Sendable () throws -> ServerSecurity)? = nil, logger: Logger? = nil
    ) {
        self.routes = routes
        self.limits = limits
        bodies = BodyBudget(bytesMax: limits.heldBodyBytesMax)
        self.security = security
        // Silent unless asked: swift-log's own default writes to standard output, which a dashboard owns.
        self.logger = logger ?? Logger(label: "http") { _ in SwiftLogNoOpLogHandler() }
        complaints = SecurityComplaints(self.logger)
    }

    /// Listens until the task is cancelled, then lets answers under way finish.
    ///
    /// `ready` is called once, with the port that was bound, before the first connection is taken.
    package func run(
        on address: ListenAddress, ready: @escaping @Sendable (ListenAddress) async -> Void
    ) async throws(ServiceFailure) {
        let usesTLS = try isTLS()
        let application = Application(
            responder: CallbackResponder<ConnectionContext> { request, context in
                await respond(to: request, on: context.channel)
            },
            server: HTTPServerBuilder { [limits, security, complaints] responder in
                let configuration = HTTP1Channel.Configuration(idleTimeout: TimeAmount(limits.idle))
                return CompressingChannel(
                    base: HTTP1Channel(responder: responder, configuration: configuration),
                    security: usesTLS ? security : nil, complaints: complaints)
            },
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port),
                availableConnectionsDelegate: .maximum(limits.connectionsMax, logger: logger)),
            onServerRunning: { channel in
                await ready(ListenAddress(host: address.host, port: channel.localAddress?.port ?? address.port))
            },
            logger: logger)
        var configuration = ServiceGroupConfiguration(
            services: [ServiceGroupConfiguration.ServiceConfiguration(service: application)], logger: logger)
        configuration.maximumGracefulShutdownDuration = limits.drain
        let group = ServiceGroup(configuration: configuration)
        // Cancelling the group's own task would cut answers in the middle: the cancellation is turned into a
        // graceful shutdown, and the group runs in a task that nobody cancels.
        let running = Task { try await group.run() }
        let result = await withTaskCancellationHandler {
            await running.result
        } onCancel: {
            Task { await group.triggerGracefulShutdown() }
        }
        if case .failure(let error) = result, !Task.isCancelled {
            throw ServiceFailure("cannot listen on \(address): \(describe(error))")
        }
    }

    private func isTLS() throws(ServiceFailure) -> Bool {
        guard let security else { return false }
        let current: ServerSecurity
        do {
            current = try security()
        } catch {
            throw ServiceFailure("\(error)")
        }
        try current.check()
        return current.tls != nil
    }

    /// Runs the server around `body` and ends it when `body` returns.
    package func whileRunning<Value: Sendable>(
        on address: ListenAddress = .loopback, _ body: @Sendable (ListenAddress) async throws -> Value
    ) async throws -> Value {
        let (bound, continuation) = AsyncThrowingStream<ListenAddress, any Error>.makeStream()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do throws(ServiceFailure) {
                    try await run(on: address) { continuation.yield($0) }
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            var addresses = bound.makeAsyncIterator()
            guard let address = try await addresses.next() else { throw CancellationError() }
            defer { group.cancelAll() }
            return try await body(address)
        }
    }

    private func respond(to request: Hummingbird.Request, on channel: any Channel) async -> Hummingbird.Response {
        guard let security else { return await route(request, on: channel) }
        let isHead = request.method == .head
        let current: ServerSecurity
        do {
            current = try complaints.asked(security)
        } catch {
            return convert(Self.refusal, isHead: isHead)
        }
        do {
            var response =
                try await isAllowed(request, current, on: channel)
                ? await route(request, on: channel) : convert(Self.unauthorized, isHead: isHead)
            for header in current.headers {
                guard let name = HTTPField.Name(header.name) else { continue }
                response.headers[name] = header.value
            }
            return response
        } catch is CancellationError {
            return convert(.text("shutting down\n", status: 503), isHead: isHead)
        } catch {
            logger.error("passwords: \(error)")
            return convert(.text("internal error\n", status: 500), isHead: isHead)
        }
    }

    /// Nothing of the reason goes out: it quotes a file that is nobody else's business.
    private static let refusal = Response.text(
        "the web configuration of this server cannot be used; its log says why\n", status: 500)

    private func isAllowed(
        _ request: Hummingbird.Request, _ security: ServerSecurity, on channel: any Channel
    ) async throws -> Bool {
        guard !security.users.isEmpty else { return true }
        guard let header = request.headers[.authorization], let given = basicCredentials(header) else { return false }
        return try await cancelledWhenClosed(channel) { [passwords] in
            try await passwords.isRight(given.name, given.password, users: security.users)
        }
    }

    private static var unauthorized: Response {
        var response = Response.text("Unauthorized\n", status: 401)
        response.headers.append(("WWW-Authenticate", "Basic"))
        return response
    }

    private func route(_ request: Hummingbird.Request, on channel: any Channel) async -> Hummingbird.Response {
        let path = request.uri.path.utf8
        let parts = path.split(separator: UInt8(ascii: "/")).map { percentDecoded($0, plusIsSpace: false) }
        let method = request.method.rawValue
        var allowed: [String] = []
        for route in routes {
            guard let pathParameters = route.match(parts) else { continue }
            guard route.methods.contains(method) || (method == "HEAD" && route.methods.contains("GET")) else {
                allowed += route.methods.filter { !allowed.contains($0) }
                continue
            }
            return await answer(request, on: channel, with: route, pathParameters, isHead: method == "HEAD")
        }
        // A route that answers OPTIONS alone stands for all paths, known and unknown.
        guard allowed.contains(where: { $0 != "OPTIONS" }) else {
            return convert(.text("404 page not found\n", status: 404), isHead: method == "HEAD")
        }
        var refusal = Response.text("Method Not Allowed\n", status: 405)
        refusal.headers.append(("Allow", allowed.sorted().joined(separator: ", ")))
        return convert(refusal, isHead: method == "HEAD")
    }

    private func answer(
        _ request: Hummingbird.Request, on channel: any Channel, with route: Route,
        _ pathParameters: [String: String], isHead: Bool
    ) async -> Hummingbird.Response {
        var plain = Request(
            method: request.method.rawValue,
            path: percentDecoded(request.uri.path.utf8, plusIsSpace: false),
            query: Parameters(formEncoded: request.uri.query ?? ""),
            headers: request.headers.map { ($0.name.rawName, $0.value) },
            body: [], pathParameters: pathParameters)
        if let refusal = route.refusal(plain) { return convert(refusal, isHead: isHead) }
        var held = HeldBody(bodies, limits, channel)
        switch await read(request, into: &held) {
        case .success(let body): plain.body = body
        case .failure(let refusal): return convert(refusal.response, isHead: isHead)
        }
        let answer = await answer(plain, on: channel, with: route, isHead: isHead)
        // To here the bytes are held, also while the request waits for its turn.
        _ = consume held
        return answer
    }

    private struct BodyRefusal: Error {
        var response: Response
        init(_ text: String, _ status: Int) { response = .text(text + "\n", status: status) }
    }

    private func read(
        _ request: Hummingbird.Request, into held: inout HeldBody
    ) async -> Result<[UInt8], BodyRefusal> {
        let announced = request.headers[.contentLength].flatMap { Int($0) }
        guard announced ?? 0 <= limits.requestBodyBytesMax else {
            return .failure(BodyRefusal("request body too large", 413))
        }
        var body: [UInt8] = []
        do {
            for try await chunk in request.body {
                let count = body.count + chunk.readableBytes
                guard count <= limits.requestBodyBytesMax else {
                    return .failure(BodyRefusal("request body too large", 413))
                }
                guard held.grow(to: count) else {
                    var refusal = BodyRefusal("too many request bodies at one time, ask again later", 503)
                    refusal.response.headers.append(("Retry-After", "1"))
                    return .failure(refusal)
                }
                chunk.withUnsafeReadableBytes { body.append(contentsOf: $0) }
            }
        } catch {
            return .failure(BodyRefusal("request body cannot be read", 400))
        }
        // A connection that ends in the middle of a body ends the body.
        guard body.count == announced ?? body.count else {
            return .failure(BodyRefusal("request body cannot be read", 400))
        }
        held.hasArrived()
        return .success(body)
    }

    private func answer(
        _ request: Request, on channel: any Channel, with route: Route, isHead: Bool
    ) async -> Hummingbird.Response {
        do {
            return convert(
                try await cancelledWhenClosed(channel) { try await route.handler(request) }, isHead: isHead)
        } catch is CancellationError {
            return convert(.text("shutting down\n", status: 503), isHead: isHead)
        } catch {
            logger.error("\(route.path): \(error)")
            return convert(.text("internal error\n", status: 500), isHead: isHead)
        }
    }

    private func convert(_ response: Response, isHead: Bool) -> Hummingbird.Response {
        var headers = HTTPFields()
        for header in response.headers {
            guard let name = HTTPField.Name(header.name) else { continue }
            headers.append(HTTPField(name: name, value: header.value))
        }
        let body: ResponseBody
        switch response.body {
        case .bytes(let bytes):
            if bytes.count < limits.compressedBytesMin, let mark = CompressingChannel.plainMark {
                headers[mark] = "1"
            }
            if response.status != 204 { headers[.contentLength] = String(bytes.count) }
            body = isHead ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        case .stream(let write):
            body =
                isHead
                ? ResponseBody()
                : ResponseBody { writer in
                    var adapter: any BodyWriter = StreamWriter(base: writer)
                    try await write(&adapter)
                    try await writer.finish(nil)
                }
        }
        return Hummingbird.Response(
            status: HTTPResponse.Status(code: response.status), headers: headers, body: body)
    }

    private func describe(_ error: any Error) -> String {
        if let host = (error as? SocketAddressError.UnknownHost)?.host { return "no such host: \(host)" }
        if let error = error as? IOError { return String(cString: strerror(error.errnoCode)) }
        return String(describing: error).split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}

private struct StreamWriter: BodyWriter {
    var base: any ResponseBodyWriter
    mutating func write(_ bytes: [UInt8]) async throws {
        try await base.write(ByteBuffer(bytes: bytes))
    }
}

/// HTTP/1.1 with a gzip stage beneath hummingbird's own handlers, and TLS beneath that when `security` says so.
private struct CompressingChannel: ServerChildChannel, HTTPChannelHandler {
    typealias Value = HTTP1Channel.Value
    /// Set on answers that are too small to compress; taken off before they leave.
    static let plainMark = HTTPField.Name("x-ferula-plain")

    let base: HTTP1Channel
    /// Nil: plain HTTP. Asked for each connection.
    let security: (@Sendable () throws -> ServerSecurity)?
    let complaints: SecurityComplaints
    var responder: Responder { base.responder }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        do {
            if let security { try addTLS(security, to: channel) }
        } catch {
            // Nobody else closes a channel whose setup fails, and each would keep its place among the connections.
            channel.close(promise: nil)
            return channel.eventLoop.makeFailedFuture(error)
        }
        return base.setup(channel: channel, logger: logger).flatMapThrowing { value in
            let pipeline = channel.pipeline.syncOperations
            let codec = try pipeline.handler(type: HTTP1ToHTTPServerCodec.self)
            let compressor = HTTPResponseCompressor { head, _ in
                guard head.headers.contains(name: "x-ferula-plain") else { return .compressIfPossible }
                head.headers.remove(name: "x-ferula-plain")
                return .doNotCompress
            }
            try pipeline.addHandler(compressor, position: .before(codec))
            let parser = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(MalformedRequestHandler(), position: .after(parser))
            try pipeline.addHandler(CloseWatch(), position: .first)
            return value
        }
    }

    func handle(value: Value, logger: Logger) async { await base.handle(value: value, logger: logger) }

    /// A configuration that went bad, or lost its certificate, lets nobody in until it is right.
    private func addTLS(_ security: @Sendable () throws -> ServerSecurity, to channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        // What is wrong is said by `complaints`; the client is only told that something is.
        guard let current = try? complaints.asked(security) else { return try pipeline.addHandler(HandshakeRefusal()) }
        let handler: NIOSSLServerHandler
        do {
            guard let tls = current.tls else {
                throw ServiceFailure("it has no TLS any more, which was on at the start")
            }
            handler = try tls.handler()
        } catch {
            complaints.failed(.certificates, error)
            return try pipeline.addHandler(HandshakeRefusal())
        }
        complaints.succeeded(.certificates)
        try pipeline.addHandler(handler)
    }
}
