// The one door to async-http-client: requests out, bodies in, limits while reading.
// Comes after the scrape schedule; Ingestion reads the bytes it leaves in the caller's buffer.

import AsyncHTTPClient
import MetricModel
import NIOCore
import NIOHTTP1
import PEMReading
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
    let identity: TLSIdentity?

    /// False: a file with a certificate was renewed, and the request must be made ready anew.
    package var isCurrent: Bool { identity?.isCurrent ?? true }
}

/// Connections are kept alive and shared by all requests. `shutdown` must be called before the last reference goes.
package final class Client: Sendable {
    private let shared: HTTPClient
    private let userAgent: String
    /// For answers without an end, which keep their connections; made when the first one is asked for.
    private let streaming = Mutex<HTTPClient?>(nil)
    private let lanes = Mutex(Lanes())

    package init(userAgent: String = "ferula") {
        self.userAgent = userAgent
        shared = HTTPClient(eventLoopGroupProvider: .singleton, configuration: Self.configuration())
    }

    private static func configuration() -> HTTPClient.Configuration {
        // `RedirectWay` follows them.
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        // Request.timeout governs; a scrape must say at once that nobody listens, not retry until its deadline.
        configuration.timeout = HTTPClient.Configuration.Timeout(connect: .seconds(30))
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.idleTimeout = .seconds(90)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connectionsMax
        // A read of a bomb would be inflated as a whole; `Inflater` stops at the limit.
        configuration.decompression = .disabled
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
        try? await shared.shutdown()
        for lane in lanes.withLock({ $0.all }) { try? await lane.client.shutdown() }
        try? await streaming.withLock({ $0 })?.shutdown()
    }

    /// To one host and port. Those of targets that hang must not keep others waiting, so that it is a limit of descriptors
    /// alone: a request that finds all of them in use waits for one.
    private static let connectionsMax = 4096

    func streams() -> HTTPClient {
        streaming.withLock { known in
            let client =
                known ?? HTTPClient(eventLoopGroupProvider: .singleton, configuration: Self.configuration())
            known = client
            return client
        }
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
        let deadline = NIODeadline.now() + TimeAmount(prepared.request.timeout)
        let (answer, redirect) = try await exchange(prepared, into: &body, on: loop, until: deadline)
        guard var redirect else { return answer }
        var way = RedirectWay(prepared.request)
        var count = 1
        while true {
            try way.follow(redirect, after: count)
            do throws(AccessFailure) {
                let (answer, next) = try await exchange(prepare(way.request), into: &body, on: loop, until: deadline)
                guard let next else { return answer }
                redirect = next
            } catch {
                throw way.located(error)
            }
            count += 1
        }
    }

    /// One hop.
    private func exchange(
        _ prepared: PreparedRequest, into body: inout [UInt8], on loop: NetworkLoop, until deadline: NIODeadline
    ) async throws(AccessFailure) -> (Answer, Redirect?) {
        let request = prepared.request
        let client = prepared.lane?.client ?? shared
        let collector = BodyCollector(request, lending: &body)
        let task = client.execute(
            request: prepared.message, delegate: collector, eventLoop: .delegate(on: loop.eventLoop),
            deadline: deadline)
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
        let arrived = collector.finish(returning: &body)
        if Task.isCancelled { throw AccessFailure(url: request.url, kind: .cancelled, reason: "cancelled") }
        // Where to go is known, whatever became of the body that nobody reads.
        if let arrived, let redirect = arrived.redirect { return (arrived.answer, redirect) }
        if let failure { throw (failure as? AccessFailure) ?? explain(failure, request) }
        guard let arrived else {
            throw AccessFailure(url: request.url, kind: .protocolError, reason: "connection closed without an answer")
        }
        return (arrived.answer, nil)
    }

    /// Makes a request ready: its URL is read and its headers are written once.
    package func prepare(_ wanted: Request) throws(AccessFailure) -> PreparedRequest {
        var request = wanted.withoutUserInformation
        let destination: Destination
        let naming: Naming?
        do throws(Destination.Refusal) {
            destination = try Destination(request.url)
            request.proxy = try request.proxies?.proxy(for: destination)
            naming = try Naming(destination, as: request.tls?.serverName)
        } catch {
            throw AccessFailure(url: request.url, kind: .badURL, reason: error.reason)
        }
        var headers = HTTPHeaders()
        headers.add(name: "User-Agent", value: userAgent)
        if let authentication = request.authentication {
            headers.add(name: "Authorization", value: authentication.headerValue)
        }
        headers.add(name: "Accept-Encoding", value: request.acceptsGzip ? "gzip" : "identity")
        // The caller's headers take the place of those above, and a name may come several times among them.
        for header in request.headers { headers.remove(name: header.name) }
        for header in request.headers { headers.add(name: header.name, value: header.value) }
        if naming != nil, headers["Host"].isEmpty { headers.add(name: "Host", value: destination.authority) }
        var body: HTTPClient.Body?
        if let form = request.form {
            headers.replaceOrAdd(name: "Content-Type", value: "application/x-www-form-urlencoded")
            body = .string(formEncoded(form))
        }
        let identity = request.tls.flatMap { $0 == TLSOptions() ? nil : TLSIdentity($0) }
        let lane: Lane?
        do throws(PEMFault) {
            lane = try self.lane(LaneKey(proxy: request.proxy, naming: naming?.key, identity: identity))
        } catch {
            throw AccessFailure(url: request.url, kind: .tls, reason: "TLS options: \(error)")
        }
        do {
            let message = try HTTPClient.Request(
                url: naming?.url ?? destination.url, method: request.form == nil ? .GET : .POST, headers: headers,
                body: body)
            return PreparedRequest(
                wanted: wanted, request: request, message: message,
                lane: lane, identity: identity)
        } catch {
            throw explain(error, request)
        }
    }

    /// Nil when the shared connections do. A lane has room for streams as well.
    private func lane(_ key: LaneKey) throws(PEMFault) -> Lane? {
        guard key != LaneKey() else { return nil }
        if let known = lanes.withLock({ $0.known(key) }) { return known }
        var configuration = Self.configuration()
        configuration.proxy = key.proxy.map { HTTPClient.Configuration.Proxy($0) }
        if let naming = key.naming { configuration.dnsOverride = [naming.serverName: naming.host] }
        if let identity = key.identity {
            // Read outside the lock, once for all requests of this kind.
            configuration.tlsConfiguration = try identity.options.configuration()
        }
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        return lanes.withLock { $0.add(key, client) }
    }

    /// How a request is written whose server has another name in TLS than in its URL: to that name, which the lane
    /// looks up as the host of the URL.
    private struct Naming {
        let key: LaneKey.Naming
        let url: String

        /// Nil: the names are the same.
        init?(_ destination: Destination, as name: String?) throws(Destination.Refusal) {
            guard let name, !name.isEmpty, destination.scheme == .https, destination.host != name else { return nil }
            var named = destination
            do throws(HostAndPort.Refusal) {
                // An address of IPv6 is written without brackets here.
                let isAddress = name.utf8.contains(UInt8(ascii: ":"))
                named.host = try HostAndPort(isAddress ? "[\(name)]" : name).host
            } catch {
                throw Destination.Refusal(reason: "server_name: \(error)")
            }
            key = LaneKey.Naming(host: destination.host, serverName: named.host)
            url = named.url
        }
    }
}
