// The one door to async-http-client: requests out, bodies in, limits while reading.
// Comes after the scrape schedule; Ingestion reads the bytes it leaves in the caller's buffer.

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import Synchronization

/// The memory of one read, given back when the read has been dealt with.
///
/// A connection that kept its buffer would hold a body's worth of memory from scrape to scrape. It does keep the first
/// one that it is given, if it reads one message at a time; so the first is small.
private struct PassingReadBuffers: RecvByteBufferAllocator {
    /// A body of a hundred kilobytes in a read or two.
    private static let readBytes = 128 << 10
    private static let firstReadBytes = 1024

    private var isFirst = true

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        allocator.buffer(capacity: isFirst ? Self.firstReadBytes : Self.readBytes)
    }

    /// True: the kept buffer is not large enough for what may come.
    mutating func record(actualReadBytes: Int) -> Bool {
        isFirst = false
        return true
    }
}

/// A request made ready by `Client.prepare`.
package struct PreparedRequest: Sendable {
    /// What it was made from: while that stays the same, so may this.
    package let wanted: Request
    let request: Request
    let message: HTTPClient.Request
    /// Nil: the shared connections do.
    let lane: Lane?
}

/// Connections are kept alive and shared by all requests. `shutdown` must be called before the last reference goes.
package final class Client: Sendable {
    private let following: HTTPClient
    private let direct: HTTPClient
    private let userAgent: String
    /// For answers without an end, which keep their connections; made when the first one is asked for.
    private let streaming = Mutex<(following: HTTPClient, direct: HTTPClient)?>(nil)
    private let lanes = Mutex(Lanes())

    package init(userAgent: String = "ferula") {
        self.userAgent = userAgent
        following = HTTPClient(
            eventLoopGroupProvider: .singleton,
            configuration: Self.configuration(redirects: .follow(max: 10, allowCycles: false)))
        direct = HTTPClient(
            eventLoopGroupProvider: .singleton, configuration: Self.configuration(redirects: .disallow))
    }

    private static func configuration(
        redirects: HTTPClient.Configuration.RedirectConfiguration, connections: Int = connectionsMax
    ) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(redirectConfiguration: redirects)
        // Request.timeout governs; a scrape must say at once that nobody listens, not retry until its deadline.
        configuration.timeout = HTTPClient.Configuration.Timeout(connect: .seconds(30))
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.idleTimeout = .seconds(90)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connections
        // The count of decompressed bytes is kept by BodyCollector, part by part.
        configuration.decompression = .enabled(limit: .none)
        configuration.httpVersion = .http1Only
        // Nobody here collects traces, and a span costs its strings a request all the same.
        configuration.tracing.tracer = nil
        configuration.http1_1ConnectionDebugInitializer = { channel in
            channel.setOption(.maxMessagesPerRead, value: 1).flatMap {
                channel.setOption(.recvAllocator, value: PassingReadBuffers())
            }
        }
        return configuration
    }

    /// Closes every connection. Requests under way fail.
    package func shutdown() async {
        // A client that will not close cleanly has nothing left that a caller could do something about.
        try? await following.shutdown()
        try? await direct.shutdown()
        for lane in lanes.withLock({ $0.all }) { try? await lane.client.shutdown() }
        guard let streaming = streaming.withLock({ $0 }) else { return }
        try? await streaming.following.shutdown()
        try? await streaming.direct.shutdown()
    }

    private static let connectionsMax = 64
    private static let streamsMax = 4096

    func streams(followsRedirects: Bool) -> HTTPClient {
        let clients = streaming.withLock { known in
            let clients =
                known ?? (
                    HTTPClient(
                        eventLoopGroupProvider: .singleton,
                        configuration: Self.configuration(
                            redirects: .follow(max: 10, allowCycles: false), connections: Self.streamsMax)),
                    HTTPClient(
                        eventLoopGroupProvider: .singleton,
                        configuration: Self.configuration(redirects: .disallow, connections: Self.streamsMax))
                )
            known = clients
            return clients
        }
        return followsRedirects ? clients.0 : clients.1
    }

    /// Sends `wanted` and leaves the body, decompressed, in `body`: its capacity is kept from call to call.
    ///
    /// Cancelling the task ends the request with `.cancelled`.
    package func send(_ wanted: Request, into body: inout [UInt8]) async throws(AccessFailure) -> Answer {
        try await send(prepare(wanted), into: &body, on: NetworkLoop.next())
    }

    /// The same for a request that was made ready once and is sent many times. A new connection lives on `loop`: a task
    /// that always runs there is not moved to another thread.
    package func send(
        _ prepared: PreparedRequest, into body: inout [UInt8], on loop: NetworkLoop
    ) async throws(AccessFailure) -> Answer {
        let request = prepared.request
        let client = prepared.lane?.client ?? (request.followsRedirects ? following : direct)
        let collector = BodyCollector(request, lending: &body)
        let task = client.execute(
            request: prepared.message, delegate: collector, eventLoop: .delegate(on: loop.eventLoop),
            deadline: .now() + TimeAmount(request.timeout))
        var failure: (any Error)?
        do {
            try await withTaskCancellationHandler {
                try await task.get()
            } onCancel: {
                task.cancel()
            }
        } catch {
            failure = error
        }
        let answer = collector.finish(returning: &body)
        if Task.isCancelled { throw AccessFailure(url: request.url, kind: .cancelled, reason: "cancelled") }
        if let failure { throw (failure as? AccessFailure) ?? explain(failure, request) }
        guard let answer else {
            throw AccessFailure(url: request.url, kind: .protocolError, reason: "connection closed without an answer")
        }
        return answer
    }

    /// Makes a request ready: its URL is read and its headers are written once.
    package func prepare(_ wanted: Request) throws(AccessFailure) -> PreparedRequest {
        let request = wanted.withoutUserInformation
        var headers = HTTPHeaders()
        headers.add(name: "User-Agent", value: userAgent)
        if let authentication = request.authentication {
            headers.add(name: "Authorization", value: authentication.headerValue)
        }
        headers.add(name: "Accept-Encoding", value: request.acceptsGzip ? "gzip" : "identity")
        // The caller's headers take the place of those above, and a name may come several times among them.
        for header in request.headers { headers.remove(name: header.name) }
        for header in request.headers { headers.add(name: header.name, value: header.value) }
        let naming = Self.naming(of: request)
        if let naming, headers["Host"].isEmpty { headers.add(name: "Host", value: naming.authority) }
        var body: HTTPClient.Body?
        if let form = request.form {
            headers.replaceOrAdd(name: "Content-Type", value: "application/x-www-form-urlencoded")
            body = .string(formEncoded(form))
        }
        var tlsConfiguration: TLSConfiguration?
        if let tls = request.tls {
            do {
                tlsConfiguration = try Self.configuration(of: tls)
            } catch {
                throw AccessFailure(url: request.url, kind: .tls, reason: "TLS options: \(oneLine(error))")
            }
        }
        do {
            let message = try HTTPClient.Request(
                url: naming?.url ?? request.url, method: request.form == nil ? .GET : .POST, headers: headers,
                body: body, tlsConfiguration: tlsConfiguration)
            return PreparedRequest(
                wanted: wanted, request: request, message: message, lane: lane(of: request, naming?.key))
        } catch {
            throw explain(error, request)
        }
    }

    /// Nil when the shared connections do. A lane has room for streams as well.
    private func lane(of request: Request, _ naming: LaneKey.Naming?) -> Lane? {
        guard request.proxy != nil || naming != nil else { return nil }
        let key = LaneKey(proxy: request.proxy, naming: naming, followsRedirects: request.followsRedirects)
        return lanes.withLock { lanes in
            lanes.lane(key) {
                var configuration = Self.configuration(
                    redirects: key.followsRedirects ? .follow(max: 10, allowCycles: false) : .disallow,
                    connections: Self.streamsMax)
                configuration.proxy = key.proxy.map { HTTPClient.Configuration.Proxy($0) }
                if let naming = key.naming { configuration.dnsOverride = [naming.serverName: naming.host] }
                return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
            }
        }
    }

    /// How a request is written whose server has another name in TLS than in its URL: to that name, which the lane
    /// looks up as the host of the URL. Nil: the names are the same.
    private static func naming(
        of request: Request
    ) -> (key: LaneKey.Naming, url: String, authority: String)? {
        let scheme = "https://"
        guard let name = request.tls?.serverName, !name.isEmpty, request.url.hasPrefix(scheme) else { return nil }
        let rest = request.url.dropFirst(scheme.count)
        let authority = rest.prefix { !"/?#".contains($0) }
        guard let target = HostAndPort(String(authority)), target.host != name else { return nil }
        let url = "\(scheme)\(name)\(target.port.map { ":\($0)" } ?? "")\(rest.dropFirst(authority.count))"
        return (LaneKey.Naming(host: target.host, serverName: name), url, String(authority))
    }

    private static func configuration(of options: TLSOptions) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let file = options.authorityFile { configuration.trustRoots = .file(file) }
        if let text = options.authorityText {
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(text.utf8)))
        }
        if let text = options.certificateText {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(text.utf8)).map {
                .certificate($0)
            }
        }
        if let text = options.keyText {
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(text.utf8), format: .pem))
        }
        if let file = options.certificateFile {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(file).map { .certificate($0) }
        }
        if let file = options.keyFile {
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: file, format: .pem))
        }
        if options.skipsVerification { configuration.certificateVerification = .none }
        if let least = options.minVersion { configuration.minimumTLSVersion = TLSVersion(least) }
        if let most = options.maxVersion { configuration.maximumTLSVersion = TLSVersion(most) }
        return configuration
    }
}

extension TLSVersion {
    fileprivate init(_ version: TLSOptions.Version) {
        self =
            switch version {
            case .tls10: .tlsv1
            case .tls11: .tlsv11
            case .tls12: .tlsv12
            case .tls13: .tlsv13
            }
    }
}
