// The one door to async-http-client: requests out, bodies in, limits while reading.
// Comes after the scrape schedule; Ingestion reads the bytes it leaves in the caller's buffer.

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import Synchronization

/// Of one read from a socket.
private let readBytes = 128 << 10

/// Connections are kept alive and shared by all requests. `shutdown` must be called before the last reference goes.
package final class Client: Sendable {
    private let following: HTTPClient
    private let direct: HTTPClient
    private let userAgent: String

    package init(userAgent: String = "ferula") {
        self.userAgent = userAgent
        following = HTTPClient(
            eventLoopGroupProvider: .singleton,
            configuration: Self.configuration(redirects: .follow(max: 10, allowCycles: false)))
        direct = HTTPClient(
            eventLoopGroupProvider: .singleton, configuration: Self.configuration(redirects: .disallow))
    }

    private static func configuration(
        redirects: HTTPClient.Configuration.RedirectConfiguration
    ) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(redirectConfiguration: redirects)
        // Request.timeout governs; a scrape must say at once that nobody listens, not retry until its deadline.
        configuration.timeout = HTTPClient.Configuration.Timeout(connect: .seconds(30))
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.idleTimeout = .seconds(90)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        // The count of decompressed bytes is kept in `receive`, chunk by chunk.
        configuration.decompression = .enabled(limit: .none)
        configuration.httpVersion = .http1Only
        // A body of a hundred kilobytes in a read or two: each read wakes the task that waits for it.
        configuration.http1_1ConnectionDebugInitializer = { channel in
            channel.setOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: readBytes))
        }
        return configuration
    }

    /// Closes every connection. Requests under way fail.
    package func shutdown() async {
        // A client that will not close cleanly has nothing left that a caller could do something about.
        try? await following.shutdown()
        try? await direct.shutdown()
    }

    /// Sends `wanted` and leaves the body, decompressed, in `body`: its capacity is kept from call to call.
    ///
    /// Cancelling the task ends the request with `.cancelled`.
    package func send(_ wanted: Request, into body: inout [UInt8]) async throws(AccessFailure) -> Answer {
        let request = wanted.withoutUserInformation
        let message = try prepare(request)
        let client = request.followsRedirects ? following : direct
        let buffer = LentBuffer(&body)
        let outcome = await withTaskGroup(of: Outcome.self) { group in
            group.addTask { await Self.receive(message, request, client, into: buffer) }
            group.addTask {
                // Only cancellation ends this sleep early, and then the other task has ended too.
                try? await Task.sleep(for: request.timeout)
                return Outcome(result: nil, body: [])
            }
            var answered: Outcome?
            var isTimeout = false
            while let next = await group.next() {
                if next.result == nil { isTimeout = answered == nil } else { answered = next }
                group.cancelAll()
            }
            var outcome = answered ?? Outcome(result: nil, body: [])
            if isTimeout, !Task.isCancelled, case .failure = outcome.result {
                let reason = "timed out after \(describe(request.timeout))"
                outcome.result = .failure(AccessFailure(url: request.url, kind: .timeout, reason: reason))
            }
            return outcome
        }
        body = outcome.body
        guard let result = outcome.result else {
            throw AccessFailure(url: request.url, kind: .cancelled, reason: "cancelled")
        }
        return try result.get()
    }

    private struct Outcome: Sendable {
        var result: Result<Answer, AccessFailure>?
        var body: [UInt8]
    }

    /// Hands the caller's buffer to the receiving task so that nobody else refers to it: a second reference would have
    /// every answer copied into new memory.
    private final class LentBuffer: Sendable {
        private let bytes: Mutex<[UInt8]>

        init(_ body: inout [UInt8]) {
            var taken: [UInt8] = []
            swap(&taken, &body)
            taken.removeAll(keepingCapacity: true)
            bytes = Mutex(taken)
        }

        func take() -> [UInt8] {
            bytes.withLock { bytes in
                var taken: [UInt8] = []
                swap(&taken, &bytes)
                return taken
            }
        }
    }

    private static func receive(
        _ message: HTTPClientRequest, _ request: Request, _ client: HTTPClient, into buffer: LentBuffer
    ) async -> Outcome {
        var body = buffer.take()
        do {
            let response = try await client.execute(message, deadline: .now() + TimeAmount(request.timeout))
            let status = Int(response.status.code)
            let answer = Answer(
                status: status, reason: response.status.reasonPhrase,
                headers: response.headers.map { Header($0.name, $0.value) },
                url: response.url?.absoluteString ?? request.url)
            guard request.acceptsAnyStatus || (200..<300).contains(status) else {
                let reason = "HTTP status \(status) \(response.status.reasonPhrase)"
                return Outcome(
                    result: .failure(AccessFailure(url: request.url, kind: .status(status), reason: reason)), body: body
                )
            }
            for try await chunk in response.body {
                guard body.count + chunk.readableBytes <= request.bodyBytesMax else {
                    let reason = "body exceeds \(describe(bytes: request.bodyBytesMax))"
                    return Outcome(
                        result: .failure(AccessFailure(url: request.url, kind: .bodyTooLarge, reason: reason)),
                        body: body)
                }
                chunk.withUnsafeReadableBytes { body.append(contentsOf: $0) }
            }
            try Task.checkCancellation()
            return Outcome(result: .success(answer), body: body)
        } catch {
            return Outcome(result: .failure(explain(error, request)), body: body)
        }
    }

    private func prepare(_ request: Request) throws(AccessFailure) -> HTTPClientRequest {
        var message = HTTPClientRequest(url: request.url)
        var headers = HTTPHeaders()
        headers.add(name: "User-Agent", value: userAgent)
        if let authentication = request.authentication {
            headers.add(name: "Authorization", value: authentication.headerValue)
        }
        headers.add(name: "Accept-Encoding", value: request.acceptsGzip ? "gzip" : "identity")
        for header in request.headers { headers.replaceOrAdd(name: header.name, value: header.value) }
        if let form = request.form {
            message.method = .POST
            headers.replaceOrAdd(name: "Content-Type", value: "application/x-www-form-urlencoded")
            message.body = .bytes(ByteBuffer(string: formEncoded(form)))
        }
        message.headers = headers
        if let tls = request.tls {
            do {
                message.tlsConfiguration = try Self.configuration(of: tls)
            } catch {
                throw AccessFailure(url: request.url, kind: .tls, reason: "TLS options: \(oneLine(error))")
            }
        }
        return message
    }

    private static func configuration(of options: TLSOptions) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let file = options.authorityFile { configuration.trustRoots = .file(file) }
        if let file = options.certificateFile {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(file).map { .certificate($0) }
        }
        if let file = options.keyFile {
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: file, format: .pem))
        }
        if options.skipsVerification { configuration.certificateVerification = .none }
        return configuration
    }
}

extension TimeAmount {
    fileprivate init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        // Nanoseconds of 292 years overflow; nobody waits for a year.
        let bounded = min(max(0, seconds), 365 * 86_400)
        self = .nanoseconds(bounded * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
