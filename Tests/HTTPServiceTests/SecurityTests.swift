// TLS, client certificates, users and headers of the server, asked by a real client over real sockets.
// The certificates under Certificates/ are valid from 2020 to 2120 and protect nothing.

import Glibc
import Logging
import MetricModel
import Synchronization
import Testing

@testable import HTTPAccess
@testable import HTTPService

private func certificate(_ name: String) -> String {
    let folder = #filePath.split(separator: "/").dropLast().joined(separator: "/")
    return "/\(folder)/Certificates/\(name)"
}

private func ask(
    _ security: @escaping @Sendable () throws -> ServerSecurity, scheme: String = "http", times: Int = 1,
    limits: ServerLimits = ServerLimits(),
    _ prepare: @Sendable @escaping (Int, inout HTTPAccess.Request) -> Void = { _, _ in }
) async throws -> [Result<Answer, AccessFailure>] {
    let server = Server(routes: [Route("/") { _ in .text("fennel") }], limits: limits, security: security)
    return try await server.whileRunning { address in
        var results: [Result<Answer, AccessFailure>] = []
        for number in 0..<times {
            // One client each: a client waits longer and longer before it connects again to who refused it.
            let client = Client()
            var request = HTTPAccess.Request(url: "\(scheme)://\(address)/")
            request.acceptsAnyStatus = true
            request.timeout = .seconds(50)
            prepare(number, &request)
            var body: [UInt8] = []
            do throws(AccessFailure) {
                results.append(.success(try await client.send(request, into: &body)))
            } catch {
                results.append(.failure(error))
            }
            await client.shutdown()
        }
        return results
    }
}

private func tls(_ clientCertificate: ServerSecurity.ClientCertificate) -> ServerSecurity {
    var security = ServerSecurity()
    security.tls = ServerSecurity.TLS(
        certificate: .file(certificate("server.crt")), key: .file(certificate("server.key")))
    security.tls?.clientAuthority = .file(certificate("authority.crt"))
    security.tls?.clientCertificate = clientCertificate
    return security
}

/// `fennel`, cost 4.
private let fennel = "$2b$04$KkCdWnMsGqfXvBzPyR5HeOHkS4J6mBd4bv/bfWgW.eGQOFiP1VAGe"

@Suite("who may ask a server", .timeLimit(.minutes(1)))
struct SecurityTests {
    @Test(
        "client certificates: none, one of the authority, one of a stranger",
        arguments: [
            (ServerSecurity.ClientCertificate.none, [true, true, true]),
            (.requested, [true, true, true]), (.required, [false, true, true]),
            (.verifiedIfGiven, [true, true, false]), (.verified, [false, true, false]),
        ])
    func clientCertificates(wanted: ServerSecurity.ClientCertificate, passes: [Bool]) async throws {
        let results = try await ask({ tls(wanted) }, scheme: "https", times: 3) { number, request in
            var options = TLSOptions()
            options.authorityFile = certificate("authority.crt")
            if number > 0 {
                let name = number == 1 ? "client" : "stranger"
                options.certificateFile = certificate("\(name).crt")
                options.keyFile = certificate("\(name).key")
            }
            request.tls = options
        }
        #expect(results.map { (try? $0.get())?.status == 200 } == passes)
    }

    @Test("a least version beyond what the client speaks; certificates in the text; a plain client gets nothing")
    func versions() async throws {
        let inline = PEMSource.text(try text(of: certificate("server.crt")))
        let results = try await ask(
            {
                var security = tls(.none)
                security.tls?.certificate = inline
                security.tls?.minVersion = .tls13
                return security
            }, scheme: "https"
        ) { _, request in
            request.tls = TLSOptions()
            request.tls?.authorityFile = certificate("authority.crt")
        }
        #expect(try results[0].get().status == 200)
        let plain = try await ask({ tls(.none) })
        #expect((try? plain[0].get()) == nil)
    }

    #if os(Linux)
        @Test("the name of a certificate may be another than the host's, and must be the right one")
        func serverName() async throws {
            let names = [nil, "localhost", "fennel.test", ""]
            let server = Server(routes: [Route("/") { _ in .text("fennel") }], security: { tls(.none) })
            // An address that is not in the certificate, which names localhost and 127.0.0.1.
            try await server.whileRunning(on: ListenAddress(host: "127.0.0.2", port: 0)) { address in
                // Of one client: what one name opened must not serve another.
                let client = Client()
                var outcomes: [String] = []
                for name in names + names {
                    var request = HTTPAccess.Request(url: "https://\(address)/")
                    request.timeout = .seconds(50)
                    request.tls = TLSOptions(authorityFile: certificate("authority.crt"))
                    request.tls?.serverName = name
                    var body: [UInt8] = []
                    do throws(AccessFailure) {
                        outcomes.append("\(try await client.send(request, into: &body).status)")
                    } catch {
                        outcomes.append(error.reason)
                    }
                }
                await client.shutdown()
                let wrong = "TLS: the server's certificate is for another host"
                #expect(outcomes == [wrong, "200", wrong, wrong, wrong, "200", wrong, wrong])
            }
        }
    #endif

    @Test("a certificate that cannot be read ends the start")
    func unreadable() async throws {
        let failure = await #expect(throws: ServiceFailure.self) {
            try await ask {
                var security = tls(.none)
                security.tls?.key = .file("/nowhere/key")
                return security
            }
        }
        #expect(failure?.reason == "TLS: /nowhere/key: No such file or directory")
    }

    @Test("a new certificate counts for the next connection; one that is gone refuses it")
    func reloaded() async throws {
        let isBroken = Mutex(false)
        let results = try await ask(
            {
                var security = tls(.none)
                if isBroken.withLock({ $0 }) { security.tls?.certificate = .file("/nowhere/certificate") }
                return security
            }, scheme: "https", times: 3
        ) { number, request in
            isBroken.withLock { $0 = number == 1 }
            request.tls = TLSOptions()
            request.tls?.authorityFile = certificate("authority.crt")
            request.headers = [Header("Connection", "close")]
        }
        #expect(results.map { (try? $0.get())?.status } == [200, nil, 200])
    }

    @Test("a connection that a bad configuration refuses gives its place back")
    func refusedConnections() async throws {
        let isBroken = Mutex(false)
        var limits = ServerLimits()
        limits.connectionsMax = 2
        let results = try await ask(
            {
                var security = tls(.none)
                if isBroken.withLock({ $0 }) { security.tls?.certificate = .file("/nowhere/certificate") }
                return security
            }, scheme: "https", times: 4, limits: limits
        ) { number, request in
            isBroken.withLock { $0 = number < 3 }
            request.tls = TLSOptions()
            request.tls?.authorityFile = certificate("authority.crt")
        }
        #expect(results.map { (try? $0.get())?.status } == [nil, nil, nil, 200])
    }

    @Test("users: the right password alone opens, every answer has the headers")
    func users() async throws {
        let given: [Authentication?] = [
            nil, .basic(name: "ann", password: "fennel"), .basic(name: "ann", password: "fennel "),
            .basic(name: "bob", password: "fennel"), .credentials(type: "Bearer", "fennel"),
            .basic(name: "ann", password: ""), .basic(name: "ann", password: "fennel"),
        ]
        let results = try await ask(
            {
                var security = ServerSecurity()
                security.users = ["ann": fennel]
                security.headers = [("X-Frame-Options", "deny")]
                return security
            }, times: given.count
        ) { number, request in request.authentication = given[number] }
        #expect(results.map { (try? $0.get())?.status } == [401, 200, 401, 401, 401, 401, 200])
        #expect(try results[0].get()[header: "www-authenticate"] == "Basic")
        #expect(try results.allSatisfy { try $0.get()[header: "x-frame-options"] == "deny" })
    }

    @Test("a configuration that went bad answers nothing but 500")
    func wentBad() async throws {
        let asked = Mutex(0)
        let results = try await ask {
            // The first question is that of the start.
            let isFirst = asked.withLock {
                $0 += 1
                return $0 == 1
            }
            if !isFirst { throw ServiceFailure("web.yml:1:1: bad") }
            return ServerSecurity()
        }
        #expect(try results[0].get().status == 500)
    }

    @Test("while it is bad the client is told so in plain text, and the log says why, once a reason")
    func badInWords() async throws {
        let lines = LogLines()
        let reasons = Mutex<[String?]>([nil, "a", "a", "b", nil, nil, "b"])
        let server = Server(
            routes: [Route("/") { _ in .text("fennel") }],
            security: {
                let reason = reasons.withLock { $0.removeFirst() }
                if let reason { throw ServiceFailure("web.yml:1:1: \(reason)") }
                return ServerSecurity()
            }, logger: lines.logger)
        let texts = try await server.whileRunning { address in
            let client = Client()
            var texts: [String] = []
            // The first question is that of the start.
            for _ in 0..<6 {
                var request = HTTPAccess.Request(url: "http://\(address)/")
                request.acceptsAnyStatus = true
                var body: [UInt8] = []
                let answer = try await client.send(request, into: &body)
                texts.append("\(answer.status) \(answer.contentType): \(String(decoding: body, as: UTF8.self))")
            }
            await client.shutdown()
            return texts
        }
        let bad =
            "500 text/plain; charset=utf-8: the web configuration of this server cannot be used; its log says why\n"
        #expect(texts.map { $0 == bad } == [true, true, true, false, false, true])
        #expect(
            lines.all == [
                "error: web configuration: web.yml:1:1: a; all are refused until it is right",
                "error: web configuration: web.yml:1:1: b; all are refused until it is right",
                "warning: web configuration: right again",
                "error: web configuration: web.yml:1:1: b; all are refused until it is right",
            ])
    }

    @Test("a handshake while the certificate is gone is refused by an alert, and the log names the file once")
    func refusedHandshake() async throws {
        let lines = LogLines()
        let isFirst = Mutex(true)
        let server = Server(
            routes: [Route("/") { _ in .text("fennel") }],
            security: {
                var security = tls(.none)
                let isStart = isFirst.withLock { first in
                    defer { first = false }
                    return first
                }
                if !isStart { security.tls?.certificate = .file("/nowhere/certificate") }
                return security
            }, logger: lines.logger)
        let reasons = try await server.whileRunning { address in
            var reasons: [String] = []
            for _ in 0..<2 {
                let client = Client()
                var request = HTTPAccess.Request(url: "https://\(address)/")
                request.tls = TLSOptions(authorityFile: certificate("authority.crt"))
                var body: [UInt8] = []
                do throws(AccessFailure) {
                    _ = try await client.send(request, into: &body)
                } catch {
                    reasons.append(error.reason)
                }
                await client.shutdown()
            }
            return reasons
        }
        let refused = "TLS: the server has a problem of its own: it refuses all handshakes"
        #expect(reasons == [refused, refused])
        #expect(
            lines.all == [
                "error: web configuration: /nowhere/certificate: No such file or directory; all are refused until it is right"
            ])
    }

    @Test("bcrypt: every prefix, a malformed hash, a password with a zero")
    func hashes() {
        for prefix in ["$2a$", "$2b$", "$2y$"] { #expect(PasswordHash.matches("fennel", prefix + fennel.dropFirst(4))) }
        #expect(!PasswordHash.matches("fennel", "fennel"))
        #expect(!PasswordHash.matches("fennel", ""))
        #expect(!PasswordHash.matches("fennel\0x", fennel))
        #expect(!PasswordHash.matches("anything", PasswordHash.nobody))
    }

    @Test("at most a hundred outcomes are kept")
    func cache() async throws {
        let passwords = VerifiedPasswords()
        for number in 0...VerifiedPasswords.entriesMax {
            #expect(try await !passwords.isRight("ann", "\(number)", users: ["ann": fennel]))
        }
        #expect(passwords.count == 100)
        // The right one drives out a guess, and guesses do not drive it out.
        #expect(try await passwords.isRight("ann", "fennel", users: ["ann": fennel]))
        for number in 200..<300 {
            #expect(try await !passwords.isRight("ann", "\(number)", users: ["ann": fennel]))
        }
        #expect(passwords.count == 100)
        #expect(passwords.isKnown("ann", "fennel", fennel))
        #expect(!passwords.isKnown("ann", "0", fennel))
        #expect(try await passwords.isRight("ann", "fennel", users: ["ann": fennel]))
        #expect(try await passwords.isRight("ann", "fennel", users: ["ann": fennel]))
        #expect(try await !passwords.isRight("ann", "fennel", users: ["ann": String(fennel.dropLast()) + "f"]))
    }

    @Test(
        "credentials of a header",
        arguments: [
            ("Basic YW5uOmZlbm5lbA==", "ann|fennel"), ("basic YW5uOmZlbm5lbA", "ann|fennel"),
            ("Basic YTpiOmM=", "a|b:c"), ("Basic Og==", "|"), ("Basic YW5u", nil), ("Basic !", nil), ("Basic", nil),
            ("Bearer YW5uOmZlbm5lbA==", nil), ("Basic /////w==", nil),
        ])
    func credentials(header: String, expected: String?) {
        #expect(basicCredentials(header).map { "\($0.name)|\($0.password)" } == expected)
    }
}

private func text(of path: String) throws -> String {
    let bytes = try #require(fopen(path, "r"))
    defer { fclose(bytes) }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    return String(decoding: buffer[..<fread(&buffer, 1, buffer.count, bytes)], as: UTF8.self)
}

/// Lines of a log.
private final class LogLines: Sendable {
    private let state = Mutex<[String]>([])
    var all: [String] { state.withLock { $0 } }
    var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }

    private struct Handler: LogHandler {
        var lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.warning
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) { lines.state.withLock { $0.append("\(event.level): \(event.message)") } }
    }
}
